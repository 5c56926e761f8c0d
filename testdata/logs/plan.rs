//! From arguments to a complete, checked plan: every path, format, span and output resolved, or a
//! usage error before any input is read.

use crate::cli::{Analyze, Detail, Events, GrepAuth, Packets, Reading};
use crate::engine::{Job, Logs, Only};
use crate::enrich::{self, Net};
use crate::logs::Zone;
use crate::model::{Severity, Ts};
use crate::net::filter::Filter;
use crate::{detect, net, proto};

/// What the command line or a file it names has wrong. Exit status 2.
#[derive(Debug, thiserror::Error)]
pub enum UsageError {
    /// An option's value makes no sense.
    #[error("{option} {value}: {reason}")]
    Value {
        /// The option as typed.
        option: &'static str,
        /// Its value.
        value: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// The packet filter does not parse; the message points at the place.
    #[error("--filter: {0}")]
    Filter(String),
    /// Two outputs would write to the same place.
    #[error("two outputs go to {0}; give one of them a file: -o NAME=PATH")]
    SameTarget(String),
}

/// One `-o`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Name of the sink.
    pub name: String,
    /// File or directory; `None` is standard output.
    pub path: Option<String>,
}

/// A run to be made.
pub struct Plan {
    /// What to read and how.
    pub job: Job,
    /// Where the answers go.
    pub outputs: Vec<Output>,
    /// Severity that makes the exit status 1.
    pub fail_on: Option<Severity>,
}

impl Plan {
    /// Plan of `analyze`. `now` bounds inferred years.
    ///
    /// # Errors
    /// See [`UsageError`].
    pub fn analyze(args: &Analyze, now: Ts) -> Result<Plan, UsageError> {
        let outputs = outputs(&args.output, "text")?;
        Ok(Plan { job: job(&args.reading, Some(&args.packets), now)?, outputs, fail_on: args.fail_on })
    }

    /// Plan of `events`.
    ///
    /// # Errors
    /// See [`UsageError`].
    pub fn events(args: &Events, now: Ts) -> Result<Plan, UsageError> {
        let outputs = vec![Output { name: "ndjson".into(), path: None }];
        Ok(Plan { job: job(&args.reading, Some(&args.packets), now)?, outputs, fail_on: None })
    }

    /// Plan of `grep-auth`: logs only, and of those only what tells of log-ins.
    ///
    /// # Errors
    /// See [`UsageError`].
    pub fn grep_auth(args: &GrepAuth, now: Ts) -> Result<Plan, UsageError> {
        let outputs = outputs(&args.output, "text")?;
        let mut job = job(&args.reading, None, now)?;
        job.only = Some(Only::Logs);
        Ok(Plan { job, outputs, fail_on: None })
    }
}

fn job(reading: &Reading, packets: Option<&Packets>, now: Ts) -> Result<Job, UsageError> {
    let zone: Zone = parse("--timezone", &reading.timezone)?;
    let window = (moment("--from", reading.from.as_deref(), &zone)?, moment("--to", reading.to.as_deref(), &zone)?);
    if let (Some(from), Some(to)) = window
        && from >= to
    {
        return Err(value("--to", reading.to.as_deref().unwrap_or_default(), "is not after --from"));
    }
    let internal = reading.internal_net.iter().map(|n| parse::<Net>("--internal-net", n));
    Ok(Job {
        inputs: reading.inputs.clone(),
        threads: threads(reading.threads)?,
        round: reading.round_size.clamp(64 << 10, 256 << 20),
        run_start: now,
        window,
        filter: packets.and_then(|p| p.filter.as_deref()).map(filter).transpose()?,
        net: packets.map_or_else(|| Ok(net::Config::default()), flows)?,
        options: packets.map_or_else(proto::Options::default, |p| proto::Options {
            full: p.detail == Detail::Full,
            show_secrets: p.show_secrets,
            ..proto::Options::default()
        }),
        enrich: enrich::Config {
            databases: reading.geoip_db.clone(),
            internal: internal.collect::<Result<_, _>>()?,
        },
        logs: Logs {
            zone,
            year: reading.year,
            patterns: reading.patterns.clone(),
            format: reading.format.clone(),
        },
        detect: detect::Config::default(),
        only: None,
    })
}

fn threads(wanted: Option<usize>) -> Result<usize, UsageError> {
    match wanted {
        Some(0) => Err(value("--threads", "0", "there must be at least one")),
        Some(n) => Ok(n.min(256)),
        None => Ok(std::thread::available_parallelism().map_or(1, usize::from)),
    }
}

fn flows(packets: &Packets) -> Result<net::Config, UsageError> {
    let timeout = duration("--flow-timeout", &packets.flow_timeout)?;
    if timeout == 0 {
        return Err(value("--flow-timeout", &packets.flow_timeout, "must be longer than nothing"));
    }
    let period = duration("--flow-period", &packets.flow_period)?;
    Ok(net::Config {
        flow_timeout: timeout,
        flow_period: (period > 0).then_some(period),
        flows_only: packets.flows_only,
    })
}

fn filter(text: &str) -> Result<Filter, UsageError> {
    Filter::parse(text).map_err(|e| UsageError::Filter(e.to_string()))
}

/// `30s`, `1.5m`, `250ms`, `2h`, `1d`; a bare number is seconds. Nanoseconds.
fn duration(option: &'static str, text: &str) -> Result<Ts, UsageError> {
    let wrong = || value(option, text, "write a time span like 30s, 5m or 250ms");
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let unit = match unit.trim() {
        "" | "s" => 1e9,
        "ms" => 1e6,
        "us" => 1e3,
        "ns" => 1.0,
        "m" | "min" => 60e9,
        "h" => 3600e9,
        "d" => 86_400e9,
        _ => return Err(wrong()),
    };
    let nanos = number * unit;
    // 292 years is where nanoseconds end.
    if nanos.is_finite() && nanos < 9.2e18 { Ok(nanos as Ts) } else { Err(wrong()) }
}

fn moment(option: &'static str, text: Option<&str>, zone: &Zone) -> Result<Option<Ts>, UsageError> {
    let Some(text) = text else { return Ok(None) };
    let reason = "write a time like 2026-03-01, 2026-03-01T10:30, 2026-03-01T10:30:00Z or 1772361000";
    zone.moment(text).map(Some).ok_or_else(|| value(option, text, reason))
}

fn outputs(given: &[String], default: &str) -> Result<Vec<Output>, UsageError> {
    let one = |text: &str| match text.split_once('=') {
        Some((name, path)) if path != "-" => Output { name: name.into(), path: Some(path.into()) },
        Some((name, _)) => Output { name: name.into(), path: None },
        None => Output { name: text.into(), path: None },
    };
    let all: Vec<Output> =
        if given.is_empty() { vec![one(default)] } else { given.iter().map(|t| one(t)).collect() };
    for (i, output) in all.iter().enumerate() {
        if all.iter().skip(i + 1).any(|other| other.path == output.path) {
            let place = output.path.clone().unwrap_or_else(|| "standard output".into());
            return Err(UsageError::SameTarget(place));
        }
    }
    Ok(all)
}

fn parse<T>(option: &'static str, text: &str) -> Result<T, UsageError>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|e: T::Err| value(option, text, &e.to_string()))
}

fn value(option: &'static str, value: &str, reason: &str) -> UsageError {
    UsageError::Value { option, value: value.into(), reason: reason.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_time() {
        for (text, nanos) in [("30s", 30e9), ("1.5m", 90e9), ("10", 10e9), ("250ms", 250e6), ("0", 0.0)] {
            assert_eq!(duration("--flow-timeout", text).unwrap(), nanos as Ts, "{text}");
        }
        for bad in ["", "s", "5 parsecs", "-3s", "1e99d", "99999999999999d"] {
            assert!(duration("--flow-timeout", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn outputs_do_not_share_a_target() {
        let given = |o: &[&str]| outputs(&o.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>(), "text");
        assert_eq!(given(&[]).unwrap(), [Output { name: "text".into(), path: None }]);
        assert_eq!(given(&["csv=a=b"]).unwrap()[0].path.as_deref(), Some("a=b"));
        assert!(given(&["text", "json"]).is_err());
        assert!(given(&["text", "json=-"]).is_err());
        assert!(given(&["text", "json=x", "ndjson=y"]).is_ok());
    }
}
