//! The progress line on standard error.

use crate::engine::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Scope;
use std::time::Duration;

const TICK: Duration = Duration::from_millis(150);

/// Draws until `done`; erases itself.
pub(super) fn draw<'s>(scope: &'s Scope<'s, '_>, progress: &'s Progress, done: &'s AtomicBool) {
    scope.spawn(move || {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let known = "{bar:24} {percent:>3}% {bytes_per_sec:>12} {eta:>5} left  {msg}";
        let style =
            |text| ProgressStyle::with_template(text).unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style("{bytes} {bytes_per_sec}  {msg}"));
        let mut sized = false;
        while !done.load(Ordering::Relaxed) {
            let total = progress.total();
            if total > 0 && !sized {
                bar.set_length(total);
                bar.set_style(style(known));
                sized = true;
            }
            bar.set_position(progress.read());
            let input = progress.input();
            bar.set_message(format!("{} events, {input}", progress.events()));
            std::thread::sleep(TICK);
        }
        bar.finish_and_clear();
    });
}
