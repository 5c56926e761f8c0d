//! Where captured texts go: the names that format files give.

use super::PatternError;
use super::fields::{Check, Table};
use super::time::Form;
use crate::model::{FieldRef, Type};

/// One of the two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Source,
    Destination,
}

/// Where a value goes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target {
    /// Matched, not kept.
    Skip,
    /// `@timestamp`.
    Time(Form),
    /// `event.end`.
    End(Form),
    /// `event.start`, which is the event's time where `event.end` is told, too.
    Start(Form),
    /// `source.ip`.
    Ip(Side),
    /// `source.port`.
    Port(Side),
    /// `source.address`: an address goes to the endpoint, a name to `domain` and `address`.
    Address(Side, FieldRef, FieldRef),
    /// The same, with or without a port, where nothing else will do: of what is no address, only what a host can be
    /// called.
    Peer(Side, FieldRef, FieldRef),
    /// Any other field, of what a host can be called; an address may stand in brackets.
    Name(FieldRef),
    /// `source`: an address or name with or without a port.
    Socket(Side, FieldRef, FieldRef),
    /// `log.syslog.priority` with the facility and severity it is made of.
    Priority([FieldRef; 3]),
    /// `url.original` with path and query.
    Url([FieldRef; 3]),
    /// `http.response.status_code`, which also gives the outcome: failure from 400 on.
    Status(FieldRef),
    /// `source.bytes`.
    Bytes(Side),
    /// `source.packets`.
    Packets(Side),
    /// `event.outcome`.
    Outcome,
    /// `network.transport`.
    Transport,
    /// `network.iana_number`, which also gives the transport.
    Protocol(FieldRef),
    /// A whole number, not kept.
    Whole,
    /// `event.duration` in a unit of so many nanoseconds; whether the stamp is where it began.
    Lasted(i64, bool),
    /// `@timestamp.ns`: the fraction of a second that the stamp lacks.
    Fraction,
    /// Any other field.
    Field(FieldRef),
}

impl Target {
    /// The target of a field name in a format file. `@timestamp` needs its form instead.
    pub fn of(table: &Table, file: &str, place: &str, name: &str) -> Result<Target, PatternError> {
        let need = |name: &str| table.need(file, place, name);
        let (side, rest) = match name.split_once('.') {
            Some(("source", rest)) => (Side::Source, rest),
            Some(("destination", rest)) => (Side::Destination, rest),
            _ => (Side::Source, ""),
        };
        Ok(match rest {
            "ip" => Target::Ip(side),
            "port" => Target::Port(side),
            "bytes" => Target::Bytes(side),
            "packets" => Target::Packets(side),
            "address" if side == Side::Source => Target::Address(side, need("source.domain")?, need(name)?),
            "address" => Target::Address(side, need("destination.domain")?, need(name)?),
            _ => match name {
                "" => Target::Skip,
                "source" => Target::Socket(Side::Source, need("source.domain")?, need("source.address")?),
                "destination" => Target::Socket(
                    Side::Destination,
                    need("destination.domain")?,
                    need("destination.address")?,
                ),
                "log.syslog.priority" => Target::Priority([
                    need(name)?,
                    need("log.syslog.facility.code")?,
                    need("log.syslog.severity.code")?,
                ]),
                "url.original" => Target::Url([need(name)?, need("url.path")?, need("url.query")?]),
                "http.response.status_code" => Target::Status(need(name)?),
                "event.duration.s" => Target::Lasted(1_000_000_000, false),
                "event.duration.ms" => Target::Lasted(1_000_000, false),
                "event.duration.us" => Target::Lasted(1_000, false),
                "event.duration.ns" => Target::Lasted(1, false),
                "event.duration.s.begun" => Target::Lasted(1_000_000_000, true),
                "event.duration.ms.begun" => Target::Lasted(1_000_000, true),
                "event.duration.us.begun" => Target::Lasted(1_000, true),
                "event.duration.ns.begun" => Target::Lasted(1, true),
                "@timestamp.ns" => Target::Fraction,
                "event.outcome" => Target::Outcome,
                "network.transport" => Target::Transport,
                "network.iana_number" => Target::Protocol(need(name)?),
                _ => Target::Field(need(name)?),
            },
        })
    }

    /// The fields it fills beside the event's own members.
    pub fn fields(self) -> Vec<FieldRef> {
        match self {
            Target::Address(_, a, b) | Target::Socket(_, a, b) | Target::Peer(_, a, b) => vec![a, b],
            Target::Priority(fields) | Target::Url(fields) => fields.to_vec(),
            Target::Status(field) | Target::Field(field) | Target::Protocol(field) | Target::Name(field) => {
                vec![field]
            }
            _ => Vec::new(),
        }
    }

    /// Whether only digits can fill it.
    pub fn numeric(self) -> bool {
        match self {
            Target::Port(_)
            | Target::Bytes(_)
            | Target::Packets(_)
            | Target::Status(_)
            | Target::Priority(_) => true,
            Target::Field(field) => field.ty == Type::Long,
            _ => false,
        }
    }
}

/// A capture of a rule.
#[derive(Clone, Debug)]
pub(super) struct Capture {
    pub target: Target,
    pub check: Option<Check>,
}

impl Capture {
    /// The capture that a map names: a field, for `@timestamp`, `event.start` and `event.end` with the form
    /// of the stamp after a colon (`iso8601` unless given).
    pub fn named(
        table: &Table,
        format: &str,
        file: &str,
        place: &str,
        text: &str,
    ) -> Result<Capture, PatternError> {
        let (name, form) = text.split_once(':').map_or((text, "iso8601"), |(name, form)| (name, form));
        let form = || Form::named(form).map_err(|message| PatternError::format(file, place, message));
        let target = match name {
            "@timestamp" => Target::Time(form()?),
            "event.start" => Target::Start(form()?),
            "event.end" => Target::End(form()?),
            _ if text.contains(':') => {
                let message =
                    format!("`{text}`: only `@timestamp`, `event.start` and `event.end` have a form");
                return Err(PatternError::format(file, place, message));
            }
            _ => Target::of(table, file, place, name)?,
        };
        Ok(Capture { target, check: table.check(format, name) })
    }

    /// Whether a text is a number that the target cannot be, where anything may stand: a status that no server sends (-1
    /// and 0 say that none was sent, other numbers mean something else).
    pub fn is_impossible(&self, text: &str) -> bool {
        let status = |text: &str| text.parse::<i64>().is_ok_and(|number| !(100..=999).contains(&number));
        matches!(self.target, Target::Status(_)) && status(text)
    }
}
