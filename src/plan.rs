//! From arguments to a complete, checked plan: every path, format, span and output resolved, or a
//! usage error before any input is read.

mod indicators;
mod labels;
mod report;
mod search;

pub use report::Nightly;
pub use search::{connection, loading, search};

use crate::cli::{Analyze, Detail, Events, Extract, GrepAuth, Load, Merge, Packets, Reading};
use crate::config;
use crate::engine::{Job, Logs, Only};
use crate::enrich::{self, Net};
use crate::logs::{Hour, LogFormat, Wanted, Zone};
use crate::model::{SECOND, SPANS, Severity, Ts, rfc3339, span};
use crate::net::filter::Filter;
use crate::report::logins;
use crate::sink::{self, Needs};
use crate::{net, proto, setup};

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
    /// The configuration file is wrong.
    #[error(transparent)]
    Config(#[from] config::ConfigError),
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
    /// For search engines: product, names of indices.
    pub setup: setup::Options,
    /// How bulk files are cut.
    pub bulk: setup::Bulk,
}

impl Plan {
    /// Plan of `analyze`. `now` bounds inferred years.
    ///
    /// # Errors
    /// See [`UsageError`].
    pub fn analyze(args: &Analyze, now: Ts) -> Result<Plan, UsageError> {
        let outputs = outputs(&args.output, "text")?;
        let mut plan = Plan::plain(job(&args.reading, Some(&args.packets), now)?, outputs);
        plan.bulk =
            setup::Bulk { size: search::bytes("--bulk-size", &args.bulk_size)?, gzip: args.bulk_gzip };
        (plan.fail_on, plan.setup) = (args.fail_on, search(&args.search)?);
        plan.spare();
        Ok(plan)
    }

    /// Plan of `merge`: cases in, a case out.
    ///
    /// # Errors
    /// See [`UsageError`].
    pub fn merge(args: &Merge, now: Ts) -> Result<Plan, UsageError> {
        let path = Some(args.output.to_string_lossy().into_owned());
        let outputs = vec![Output { name: "case".into(), path }];
        Ok(Plan::plain(job(&args.reading, None, now)?, outputs))
    }

    /// Plan of `load`: what is read; where it goes is the caller's to add.
    ///
    /// # Errors
    /// See [`UsageError`].
    pub fn load(args: &Load, now: Ts) -> Result<Plan, UsageError> {
        let mut plan = Plan::plain(job(&args.reading, Some(&args.packets), now)?, Vec::new());
        plan.setup = search(&args.search)?;
        // Documents tell events and findings.
        (plan.job.hash, plan.job.needs) = (false, Needs::Findings);
        Ok(plan)
    }

    /// Plan of `events`.
    ///
    /// # Errors
    /// See [`UsageError`].
    pub fn events(args: &Events, now: Ts) -> Result<Plan, UsageError> {
        let outputs = vec![Output { name: "ndjson".into(), path: None }];
        let mut plan = Plan::plain(job(&args.reading, Some(&args.packets), now)?, outputs);
        plan.spare();
        Ok(plan)
    }

    /// Leaves out the work whose results none of the outputs tells.
    fn spare(&mut self) {
        let kinds = self.outputs.iter().filter_map(|output| sink::kind(&output.name));
        let least = self.fail_on.map(|_| Needs::Findings);
        self.job.hash &= kinds.clone().any(|kind| kind.hashes);
        self.job.needs = kinds.map(|kind| kind.needs).chain(least).max().unwrap_or(Needs::Report);
    }
}

impl Plan {
    /// Plan of `grep-auth`: logs only, and of those only what tells of log-ins.
    ///
    /// # Errors
    /// See [`UsageError`].
    pub fn grep_auth(args: &GrepAuth, now: Ts) -> Result<Plan, UsageError> {
        let outputs = outputs(&args.output, "text")?;
        if let Some(list) = args.reading.indicators.first() {
            let reason = "grep-auth looks for log-ins only: netlog analyze looks for indicators";
            return Err(value("--indicators", &list.display().to_string(), reason));
        }
        let mut job = job(&args.reading, None, now)?;
        job.only = Some(Only::Logs);
        job.hash = false;
        job.wanted = Some(Wanted {
            mark: logins::MARK,
            fields: logins::FIELDS,
            users: args.user.clone(),
            services: args.service.clone(),
        });
        Ok(Plan::plain(job, outputs))
    }

    /// Plan of `timeline` and `host`.
    ///
    /// # Errors
    /// See [`UsageError`].
    pub fn story(
        output: &[String],
        reading: &Reading,
        packets: &Packets,
        now: Ts,
    ) -> Result<Plan, UsageError> {
        let mut job = job(reading, Some(packets), now)?;
        job.hash = false;
        Ok(Plan::plain(job, outputs(output, "text")?))
    }

    /// Plan of `extract`: what is read to find the finding that is meant.
    ///
    /// # Errors
    /// See [`UsageError`].
    pub fn extract(args: &Extract, now: Ts) -> Result<Plan, UsageError> {
        Ok(Plan::plain(job(&args.reading, Some(&args.packets), now)?, Vec::new()))
    }

    fn plain(job: Job, outputs: Vec<Output>) -> Plan {
        let (setup, bulk) = (setup::Options::default(), setup::Bulk::default());
        Plan { job, outputs, fail_on: None, setup, bulk }
    }

    /// The settings that shape the result, for the report: label and value.
    pub fn settings(&self) -> Vec<(String, String)> {
        let job = &self.job;
        let mut out = Vec::new();
        let mut tell = |label: &str, value: Option<String>| {
            if let Some(value) = value {
                out.push((label.to_owned(), value));
            }
        };
        tell("from", job.window.0.map(rfc3339));
        tell("to", job.window.1.map(rfc3339));
        tell("filter", job.filter_text.clone());
        tell("time zone of stamps without one", Some(job.logs.zone.name().to_owned()));
        tell("year of the first stamp without one", job.logs.year.map(|y| y.to_string()));
        let inside: Vec<_> = job.enrich.internal.iter().map(ToString::to_string).collect();
        tell("internal networks", (!inside.is_empty()).then(|| inside.join(", ")));
        out
    }
}

fn job(reading: &Reading, packets: Option<&Packets>, now: Ts) -> Result<Job, UsageError> {
    let file = match &reading.config {
        Some(path) => config::File::read(path)?,
        None => config::File::default(),
    };
    let zone = match reading.timezone.as_deref().or(file.timezone.as_deref()) {
        Some(zone) => Zone::named(zone).map_err(|e| value("--timezone", zone, &e.to_string()))?,
        None => Zone::utc(),
    };
    let window =
        (moment("--from", reading.from.as_deref(), &zone)?, moment("--to", reading.to.as_deref(), &zone)?);
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
        filter_text: packets.and_then(|p| p.filter.clone()),
        net: packets.map_or_else(|| Ok(net::Config::default()), |p| flows(p, &file.packets))?,
        options: packets.map_or_else(proto::Options::default, |p| proto::Options {
            full: p.detail.map_or(file.packets.detail == Some(config::Detail::Full), |d| d == Detail::Full),
            show_secrets: p.show_secrets || file.packets.show_secrets,
            protocols: file.protocols.clone(),
            ..proto::Options::default()
        }),
        enrich: enrich::Config {
            databases: given(&reading.geoip_db, &file.geoip_db),
            internal: given(&internal.collect::<Result<Vec<_>, _>>()?, &file.internal_net),
            labels: labels::read(&reading.labels, &file.labels)?,
            indicators: indicators::read(&given(&reading.indicators, &file.indicators))?,
        },
        logs: Logs {
            zone,
            year: reading.year.or(file.year),
            // The later one of a name counts.
            patterns: file.patterns.iter().chain(&reading.patterns).cloned().collect(),
            format: reading.format.clone(),
            log_format: reading.log_format.as_deref().map(log_format).transpose()?,
        },
        detect: file.detect,
        hash: !reading.no_hash,
        needs: Needs::Report,
        only: None,
        wanted: None,
    })
}

/// A format as a server's configuration writes it, or `@` and the configuration's path.
fn log_format(text: &str) -> Result<LogFormat, UsageError> {
    let wrong = |why: &str| value("--log-format", text, why);
    match text.strip_prefix('@') {
        None => LogFormat::pasted(text).map_err(|why| wrong(&why)),
        Some(path) => {
            let config = std::fs::read(path).map_err(|e| wrong(&e.to_string()))?;
            LogFormat::of_config(&String::from_utf8_lossy(&config)).map_err(|why| wrong(&why))
        }
    }
}

fn threads(wanted: Option<usize>) -> Result<usize, UsageError> {
    match wanted {
        Some(0) => Err(value("--threads", "0", "there must be at least one")),
        Some(n) => Ok(n.min(256)),
        None => Ok(std::thread::available_parallelism().map_or(1, usize::from)),
    }
}

/// The list of the command line, if it has any, else that of the file.
fn given<T: Clone>(arguments: &[T], file: &[T]) -> Vec<T> {
    if arguments.is_empty() { file.to_vec() } else { arguments.to_vec() }
}

fn flows(packets: &Packets, file: &config::Packets) -> Result<net::Config, UsageError> {
    let duration = |option, text: &Option<String>| text.as_deref().map(|t| duration(option, t)).transpose();
    let timeout = duration("--flow-timeout", &packets.flow_timeout)?;
    if timeout == Some(0) {
        return Err(value("--flow-timeout", "0", "must be longer than nothing"));
    }
    let period = duration("--flow-period", &packets.flow_period)?.or(file.flow_period).unwrap_or(0);
    Ok(net::Config {
        flow_timeout: timeout.or(file.flow_timeout).unwrap_or(net::Config::default().flow_timeout),
        flow_period: (period > 0).then_some(period),
        flows_only: packets.flows_only || file.flows_only,
        shapes: true,
        ..net::Config::default()
    })
}

fn filter(text: &str) -> Result<Filter, UsageError> {
    Filter::parse(text).map_err(|e| UsageError::Filter(e.to_string()))
}

fn duration(option: &'static str, text: &str) -> Result<Ts, UsageError> {
    span(text).ok_or_else(|| value(option, text, SPANS))
}

fn moment(option: &'static str, text: Option<&str>, zone: &Zone) -> Result<Option<Ts>, UsageError> {
    let Some(text) = text else { return Ok(None) };
    let reason = "write a time like 2026-03-01, 2026-03-01T10:30, 2026-03-01T10:30:00Z or 1772361000";
    instant(text, zone).map(Some).ok_or_else(|| value(option, text, reason))
}

fn instant(text: &str, zone: &Zone) -> Option<Ts> {
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return seconds(text);
    }
    if let Ok(exact) = text.parse::<jiff::Timestamp>() {
        return Ts::try_from(exact.as_nanosecond()).ok();
    }
    let wall = text.parse::<jiff::civil::DateTime>().ok()?;
    let wall = wall.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_nanosecond();
    Some(zone.resolve(Ts::try_from(wall).ok()?, &mut Hour::default()))
}

/// Seconds since 1970, with a fraction of at most nine digits, exactly. Four digits are rather meant as a year.
fn seconds(text: &str) -> Option<Ts> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if whole.len() == 4 || fraction.is_empty() || fraction.len() > 9 {
        return None;
    }
    let nanos = Ts::try_from(fraction.parse::<u64>().ok()?).ok()?
        * Ts::pow(10, 9 - u32::try_from(fraction.len()).ok()?);
    whole.parse::<Ts>().ok()?.checked_mul(SECOND)?.checked_add(nanos)
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
    fn seconds_are_exact() {
        let at = |text: &str| instant(text, &Zone::default());
        assert_eq!(at("1436720900.730104"), Some(1_436_720_900_730_104_000));
        assert_eq!(at("1772361000"), Some(1_772_361_000_000_000_000));
        for text in ["2015", "1e9", "1.", ".5", "1.0123456789", "99999999999999"] {
            assert_eq!(at(text), None, "{text}");
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
