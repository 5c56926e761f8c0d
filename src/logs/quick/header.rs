//! How the usual line begins.

use super::super::swar::{self, Eight};
use super::super::time::{Stamps, Yearless};

/// Stamp, program, pid and message of `Nov 21 09:07:01 host program[pid]: message`, where `[pid]` may be
/// missing.
/// Says no to lines that another template could read in another way.
#[inline]
pub(super) fn header<'t>(
    text: &'t str,
    stamps: &mut Stamps,
) -> Option<(Yearless, &'t str, &'t [u8], &'t str)> {
    let bytes = text.as_bytes();
    let (when, stamp) = stamps.scan(bytes)?;
    let host = swar::first(bytes, stamp + 1, Eight::low);
    let program = swar::first(bytes, host + 1, |bytes| bytes.are(b'[').or(bytes.low()));
    let blanks = bytes.get(stamp) == Some(&b' ') && bytes.get(host) == Some(&b' ');
    if !blanks || host == stamp + 1 || program == host + 1 {
        return None;
    }
    let (name, number, message) = if bytes.get(program) == Some(&b'[') {
        let pid = swar::first(bytes, program + 1, Eight::other_than_digits);
        // A longer number may not fit.
        if !(2..=19).contains(&(pid - program)) || bytes.get(pid..)?.first_chunk() != Some(b"]: ") {
            return None;
        }
        (program, program + 1..pid, pid + 3)
    } else {
        if program == host + 2 || bytes.get(program - 1..)?.first_chunk() != Some(b": ") {
            return None;
        }
        (program - 1, program..program, program + 1)
    };
    let message = text.get(message..).filter(|message| !message.is_empty() && *message != "-")?;
    Some((when, text.get(host + 1..name)?, bytes.get(number)?, message))
}
