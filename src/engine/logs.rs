//! Logs one after the other, chunk by chunk, for commands that look at lines and make no events.

use crate::logs::FormatSet;
use crate::model::{Ledger, Origin, Ts};
use crate::source::LineChunk;
use crate::source::discover::{Group, discover};

/// What of a log comes next.
pub enum LogFile<'l> {
    /// A file begins.
    Begin {
        /// Its path; `-` for standard input.
        path: &'l str,
        /// Its first bytes, decompressed.
        sample: &'l [u8],
    },
    /// Whole lines of it, in order.
    Lines(&'l LineChunk),
}

/// Reads every log of `inputs` in the order in which `analyze` would. Captures are counted as not
/// wanted, and what cannot be read is a fault, in the ledger that comes back.
///
/// # Errors
/// The first one of `each`, which ends the reading.
pub fn each_log<E>(
    inputs: &[String],
    formats: &FormatSet,
    mut each: impl FnMut(LogFile<'_>) -> Result<(), E>,
) -> Result<Ledger, E> {
    let mut ledger = Ledger::default();
    let stamp = |sample: &[u8], mtime: Option<Ts>| formats.first_stamp(sample, mtime, &Default::default());
    for group in discover(inputs, &stamp, &mut ledger) {
        let logs = match group {
            Group::Log(logs) => logs,
            Group::Capture(captures) => {
                for input in captures {
                    ledger.stray("source.capture_not_wanted", Origin::default(), input.size.unwrap_or(0));
                }
                continue;
            }
        };
        for input in logs {
            each(LogFile::Begin { path: &input.path, sample: &input.sample })?;
            let mut reader = match input.lines() {
                Ok(reader) => reader,
                Err(fault) => {
                    ledger.faults.push(fault);
                    continue;
                }
            };
            let mut chunk = LineChunk::default();
            while reader.fill(&mut chunk) {
                each(LogFile::Lines(&chunk))?;
            }
            ledger.merge(reader.take_ledger());
            ledger.faults.extend(reader.fault());
        }
    }
    Ok(ledger)
}
