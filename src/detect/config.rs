//! Thresholds. The defaults are argued in docs/detections.md.

use crate::model::{Ts, positive_span};
use serde::Deserialize;

const MINUTE: Ts = 60_000_000_000;

/// When an observation becomes a finding. Section `[detect]` of the configuration file: an option is declared
/// here and shown in `src/config/default.toml`, nowhere else.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Finest time resolution of rates, nanoseconds.
    #[serde(deserialize_with = "positive_span")]
    pub bucket: Ts,
    /// Span in which attempts are counted, nanoseconds.
    #[serde(deserialize_with = "positive_span")]
    pub window: Ts,
    /// Failed log-ins from one source in the window that make a brute force.
    pub failures: u64,
    /// Failed log-ins before a success that make it suspicious.
    pub failures_before_success: u64,
    /// Distinct users tried from one source that make a spray.
    pub users: u64,
    /// Sources that failed on one user that make a distributed attack.
    pub sources: u64,
    /// SSH connections from one source in the window, where the outcome cannot be seen.
    pub connections: u64,
    /// Ports of one host without a conversation that make a vertical scan.
    pub ports: u64,
    /// Hosts without a conversation on one port that make a horizontal scan.
    pub hosts: u64,
    /// Packets with flags no TCP sends that make a stealth scan.
    pub stealth: u64,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            bucket: MINUTE,
            window: 10 * MINUTE,
            failures: 10,
            failures_before_success: 5,
            users: 8,
            sources: 20,
            connections: 30,
            ports: 25,
            hosts: 20,
            stealth: 5,
        }
    }
}
