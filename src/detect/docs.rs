//! The generated parts of docs/detections.md: what each detector looks at, and the thresholds.

use super::{ALL, Config};
use crate::model::Ts;
use std::fmt::{Result, Write};

/// One section a detector, then the thresholds with their defaults.
///
/// # Errors
/// None in practice: a string takes everything.
pub fn detectors(out: &mut String) -> Result {
    for detector in ALL {
        writeln!(out, "- **`{}`**: {}", detector.name, detector.doc)?;
    }
    Ok(())
}

/// The thresholds as a table.
///
/// # Errors
/// As [`detectors`].
pub fn thresholds(out: &mut String, config: &Config) -> Result {
    writeln!(out, "| threshold | default | meaning |\n| --- | ---: | --- |")?;
    config.rows().iter().try_for_each(|(name, value, what)| writeln!(out, "| `{name}` | {value} | {what} |"))
}

/// A span of time in its largest whole unit.
pub(super) fn spelled(nanos: Ts) -> String {
    let seconds = nanos / 1_000_000_000;
    match (seconds % 3600, seconds % 60) {
        (0, _) => format!("{} h", seconds / 3600),
        (_, 0) => format!("{} min", seconds / 60),
        _ => format!("{seconds} s"),
    }
}
