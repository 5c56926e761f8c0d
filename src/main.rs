//! The netlog command: parse, run, map the outcome to an exit code.

use clap::Parser;
use netlog::cli::Cli;
use netlog::command::{self, Status, Terminal};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let status = match command::run(&Cli::parse(), now(), &Terminal::ask()) {
        Ok(status) => status,
        Err(error) => {
            let status = error.status();
            if status != Status::Done {
                anstream::eprintln!("netlog: {}", error.message());
            }
            status
        }
    };
    ExitCode::from(status as u8)
}

/// Nanoseconds since the epoch. The only look at the clock: it bounds inferred years.
#[allow(clippy::disallowed_methods, reason = "the one place where the clock enters")]
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}
