//! The generated parts of docs/detections.md: what each detector looks at, and the thresholds.

use super::{ALL, Config};
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
    let minutes = |span: i64| format!("{} min", span / 60_000_000_000);
    let rows = [
        ("bucket", minutes(config.bucket), "finest resolution of rates"),
        ("window", minutes(config.window), "stretch in which attempts are counted"),
        ("failures", config.failures.to_string(), "failed log-ins of one source in the window"),
        (
            "failures_before_success",
            config.failures_before_success.to_string(),
            "failed log-ins of a source before one that worked",
        ),
        ("users", config.users.to_string(), "distinct user names tried by one source"),
        ("sources", config.sources.to_string(), "sources that failed on one user name"),
        ("connections", config.connections.to_string(), "SSH connections of one source in the window"),
        ("ports", config.ports.to_string(), "ports of one host without a conversation"),
        ("hosts", config.hosts.to_string(), "hosts without a conversation on one port"),
        ("stealth", config.stealth.to_string(), "packets with flags that begin no connection"),
    ];
    writeln!(out, "| threshold | default | counts |\n| --- | ---: | --- |")?;
    rows.iter().try_for_each(|(name, value, what)| writeln!(out, "| `{name}` | {value} | {what} |"))
}
