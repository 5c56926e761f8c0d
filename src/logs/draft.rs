//! The event that a line is becoming.

use super::after::Also;
use super::fields::Check;
use super::rule::Rule;
use super::target::{Capture, Side, Target};
use super::time::Moment;
use super::values::{address, allowed, convert, duration, hostname, outcome, port, socket, transport, whole};
use crate::model::{Endpoint, Event, FieldRef, Outcome, SECOND, Transport, Ts, Type, Value};
use std::borrow::Cow;

/// Fields that a line ordinarily has.
const FIELDS: usize = 16;

/// An event in the making.
#[derive(Debug, Default)]
pub(super) struct Draft<'a> {
    pub time: Option<Moment>,
    pub end: Option<Moment>,
    pub timing: Option<Timing>,
    pub outcome: Outcome,
    pub transport: Option<Transport>,
    pub source: Endpoint,
    pub destination: Endpoint,
    pub fields: Vec<(FieldRef, Value<'a>)>,
    /// Names of fields whose value is outside what the format allows.
    pub bad: Vec<&'static str>,
    /// A field may have been given twice: the last one counts.
    pub repeats: bool,
    /// A rule that matched makes it an event that is wanted.
    pub wanted: bool,
    /// Who was at the other end may stand on an earlier line of the same process.
    pub looks_back: bool,
    /// It repeats an earlier line.
    pub like_before: bool,
    /// It wraps a text that no format knows.
    pub strange: bool,
    /// Only the frame of its message was read.
    pub framed: bool,
    /// Second events from the same line.
    pub also: Vec<&'static Also>,
}

/// What a line tells of an event's time beside the stamp and where it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::logs) enum Timing {
    /// It lasted so many nanoseconds and ended at the stamp, as most logs are written when all is done.
    Ended(i64),
    /// It lasted so long and began at the stamp.
    Begun(i64),
    /// It began then, if it is told where it ended, too: the stamp is when that was written.
    Since(Ts),
    /// The stamp lacks a fraction of a second, in nanoseconds.
    Fraction(i64),
}

impl Timing {
    /// Gives the event, whose time is the stamp, begin and end.
    pub fn apply(self, event: &mut Event<'_>) {
        match self {
            Timing::Ended(nanos) => {
                event.end = Some(event.ts);
                event.ts = event.ts.saturating_sub(nanos);
            }
            Timing::Begun(nanos) => event.end = Some(event.ts.saturating_add(nanos)),
            Timing::Since(begin) if event.end.is_some_and(|end| begin <= end) => event.ts = begin,
            Timing::Since(_) => {}
            Timing::Fraction(nanos) => event.ts = event.ts.saturating_add(nanos),
        }
    }
}

/// Where to return to when a rule does not match after all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    time: Option<Moment>,
    end: Option<Moment>,
    timing: Option<Timing>,
    outcome: Outcome,
    transport: Option<Transport>,
    source: Endpoint,
    destination: Endpoint,
    fields: usize,
    bad: usize,
}

impl<'a> Draft<'a> {
    /// Empties it, keeping the memory.
    pub fn clear(&mut self) {
        (self.time, self.end, self.timing) = (None, None, None);
        self.outcome = Outcome::Unknown;
        self.transport = None;
        self.source = Endpoint::default();
        self.destination = Endpoint::default();
        self.fields.clear();
        if self.fields.capacity() == 0 {
            self.fields.reserve(FIELDS);
        }
        self.bad.clear();
        self.repeats = false;
        self.wanted = false;
        self.looks_back = false;
        self.like_before = false;
        self.strange = false;
        self.framed = false;
        self.also.clear();
    }

    /// What a rule that matched says of the event.
    #[inline]
    pub fn take(&mut self, rule: &Rule) {
        self.repeats |= rule.repeats;
        self.wanted |= rule.wanted;
        self.looks_back |= rule.looks_back;
        self.like_before |= rule.like_before;
    }

    /// Remembers the state.
    pub fn mark(&self) -> Mark {
        Mark {
            time: self.time,
            end: self.end,
            timing: self.timing,
            outcome: self.outcome,
            transport: self.transport,
            source: self.source,
            destination: self.destination,
            fields: self.fields.len(),
            bad: self.bad.len(),
        }
    }

    /// Returns to a remembered state.
    pub fn reset(&mut self, mark: &Mark) {
        (self.time, self.end, self.timing) = (mark.time, mark.end, mark.timing);
        self.outcome = mark.outcome;
        self.transport = mark.transport;
        self.source = mark.source;
        self.destination = mark.destination;
        self.fields.truncate(mark.fields);
        self.bad.truncate(mark.bad);
    }

    /// The last value given to a field. (A child's value comes after its parent's.)
    pub fn get(&self, field: FieldRef) -> Option<&Value<'a>> {
        self.fields.iter().rev().find(|(f, _)| std::ptr::eq(*f, field)).map(|(_, v)| v)
    }

    /// Text of a field, as long as it is borrowed from the line.
    pub fn text(&self, field: FieldRef) -> Option<&'a str> {
        match self.get(field)? {
            Value::Str(Cow::Borrowed(text)) => Some(text),
            _ => None,
        }
    }

    /// Puts a captured text where it belongs; false if it is not of the target's type.
    pub fn put(&mut self, capture: &Capture, text: &'a str) -> bool {
        match capture.target {
            Target::Skip => true,
            Target::Whole => whole(text),
            Target::Time(form) => form.whole(text).map(|at| self.time = Some(at)).is_some(),
            Target::End(form) => form.whole(text).map(|at| self.end = Some(at)).is_some(),
            Target::Field(field) => self.put_field(field, capture.check.as_ref(), text),
            Target::Ip(side) => address(text).map(|ip| self.end(side).ip = Some(ip)).is_some(),
            Target::Port(side) => port(text).map(|port| self.end(side).port = Some(port)).is_some(),
            Target::Bytes(side) => text.parse().map(|n| self.end(side).bytes = Some(n)).is_ok(),
            Target::Packets(side) => text.parse().map(|n| self.end(side).packets = Some(n)).is_ok(),
            Target::Address(side, domain, named) => {
                match address(text) {
                    Some(ip) => self.end(side).ip = Some(ip),
                    // A list of them is neither.
                    None if text.contains(',') => return false,
                    None => self.distant(side, domain, named, text),
                }
                true
            }
            Target::Peer(side, domain, named) => self.peer(side, domain, named, text),
            Target::Name(field) => {
                let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
                let name = bare.filter(|bare| address(bare).is_some()).unwrap_or(text);
                let fits = address(name).is_some() || hostname(name);
                fits && self.put_field(field, capture.check.as_ref(), name)
            }
            Target::Socket(side, domain, named) => {
                let (host, port) = socket(text);
                self.end(side).port = port;
                match address(host) {
                    Some(ip) => self.end(side).ip = Some(ip),
                    None => self.name(domain, named, host),
                }
                true
            }
            Target::Priority([priority, facility, severity]) => {
                if !self.put_field(priority, capture.check.as_ref(), text) {
                    return false;
                }
                if let Some(value @ 0..=191) = self.fields.last().and_then(|(_, v)| v.as_int()) {
                    self.fields.push((facility, Value::Int(value / 8)));
                    self.fields.push((severity, Value::Int(value % 8)));
                }
                true
            }
            Target::Url(fields) => {
                self.url(fields, text);
                true
            }
            Target::Status(field) => self.put_status(field, capture.check.as_ref(), text),
            Target::Lasted(..) | Target::Start(_) | Target::Fraction => self.put_timing(capture.target, text),
            Target::Outcome => outcome(text).map(|o| self.outcome = o).is_some(),
            Target::Transport => transport(text).map(|t| self.transport = Some(t)).is_some(),
            Target::Protocol(field) => {
                let known = transport(text).map(|t| self.transport = Some(t)).is_some();
                known && self.put_field(field, capture.check.as_ref(), text)
            }
        }
    }

    fn end(&mut self, side: Side) -> &mut Endpoint {
        match side {
            Side::Source => &mut self.source,
            Side::Destination => &mut self.destination,
        }
    }

    /// Who was at the other end, if that can be one; with or without a port.
    #[inline]
    fn peer(&mut self, side: Side, domain: FieldRef, named: FieldRef, text: &'a str) -> bool {
        if let Some(ip) = address(text) {
            self.end(side).ip = Some(ip);
            return true;
        }
        let (host, port) = socket(text);
        match address(host) {
            Some(ip) => (self.end(side).ip, self.end(side).port) = (Some(ip), port),
            None if hostname(text) => self.name(domain, named, text),
            None => return false,
        }
        true
    }

    /// An address with its port or in brackets, or a name, which may have a port, too.
    fn distant(&mut self, side: Side, domain: FieldRef, named: FieldRef, text: &'a str) {
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
        let (host, port) = bare.map_or_else(|| socket(text), |bare| (bare, None));
        match address(host) {
            Some(ip) => self.end(side).ip = Some(ip),
            None if port.is_some() && hostname(host) => self.name(domain, named, host),
            None => return self.name(domain, named, text),
        }
        self.end(side).port = port.or(self.end(side).port);
    }

    fn name(&mut self, domain: FieldRef, named: FieldRef, text: &'a str) {
        if !text.is_empty() {
            self.fields.push((named, text.into()));
            self.fields.push((domain, text.into()));
        }
    }

    /// A request target as the client sent it (RFC 9112 3.2), with its path and query. What is not
    /// origin-form or absolute-form has neither.
    fn url(&mut self, [original, path, query]: [FieldRef; 3], text: &'a str) {
        self.fields.push((original, text.into()));
        let local = if text.starts_with('/') {
            text
        } else {
            let after = text.find("://").and_then(|at| text.get(at + 3..)).unwrap_or("");
            after.find('/').and_then(|at| after.get(at..)).unwrap_or("")
        };
        let (before, after) = local.split_once('?').map_or((local, None), |(p, q)| (p, Some(q)));
        if !before.is_empty() {
            self.fields.push((path, before.into()));
        }
        if let Some(after) = after.filter(|q| !q.is_empty()) {
            self.fields.push((query, after.into()));
        }
    }

    /// A status of HTTP, and what it says of the outcome.
    fn put_status(&mut self, field: FieldRef, check: Option<&Check>, text: &'a str) -> bool {
        let put = self.put_field(field, check, text);
        if let Some(status) = self.fields.last().and_then(|(_, v)| v.as_int()) {
            self.outcome = match status {
                // Nothing was answered.
                ..100 => Outcome::Unknown,
                100..400 => Outcome::Success,
                _ => Outcome::Failure,
            };
        }
        put
    }

    /// Apart from the rest, which is quicker without it: few lines tell it.
    #[cold]
    fn put_timing(&mut self, target: Target, text: &str) -> bool {
        let timing = match target {
            Target::Lasted(unit, true) => duration(text, unit).map(Timing::Begun),
            Target::Lasted(unit, false) => duration(text, unit).map(Timing::Ended),
            Target::Start(form) => match form.whole(text) {
                Some(Moment::Utc(begin)) => Some(Timing::Since(begin)),
                _ => None,
            },
            Target::Fraction => {
                text.parse().ok().filter(|nanos| (0..SECOND).contains(nanos)).map(Timing::Fraction)
            }
            _ => None,
        };
        self.timing = timing.or(self.timing);
        // A beginning is kept with what has no field, too: without an end it is told nowhere else.
        timing.is_some() && !matches!(target, Target::Start(_))
    }

    fn put_field(&mut self, field: FieldRef, check: Option<&Check>, text: &'a str) -> bool {
        // Most are nothing but text, and made where they stay.
        if check.is_none() && matches!(field.ty, Type::Keyword | Type::Wildcard | Type::Text) {
            self.fields.push((field, Value::Str(Cow::Borrowed(text))));
            return true;
        }
        let Some(value) = convert(field.ty, text) else { return false };
        if check.is_some_and(|c| !allowed(c, &value)) {
            self.bad.push(field.name);
        }
        self.fields.push((field, value));
        true
    }
}

impl<'a> Draft<'a> {
    /// Takes over what was read from a text of its own memory.
    pub fn merge(&mut self, inner: Draft<'_>) {
        self.time = match (inner.time, self.time) {
            // Whoever wrapped the line knew the year.
            (Some(Moment::Yearless(when)), Some(Moment::Utc(ts))) => Some(Moment::Local(when.near(ts))),
            (inner, own) => inner.or(own),
        };
        self.end = inner.end.or(self.end);
        self.timing = inner.timing.or(self.timing);
        if inner.outcome != Outcome::Unknown {
            self.outcome = inner.outcome;
        }
        self.transport = inner.transport.or(self.transport);
        for (mine, theirs) in [(&mut self.source, inner.source), (&mut self.destination, inner.destination)] {
            mine.ip = theirs.ip.or(mine.ip);
            mine.port = theirs.port.or(mine.port);
            mine.bytes = theirs.bytes.or(mine.bytes);
            mine.packets = theirs.packets.or(mine.packets);
        }
        self.fields.extend(inner.fields.into_iter().map(|(field, value)| (field, value.into_owned())));
        self.bad.extend(inner.bad);
        self.repeats |= inner.repeats;
        self.also.extend(inner.also);
        self.wanted |= inner.wanted;
        self.looks_back |= inner.looks_back;
        self.framed |= inner.framed;
    }
}

/// Keeps the last of several values of a field: a child's, or a constant's, replaces its parent's. It
/// stays where the first one stood.
pub(super) fn last_wins(fields: &mut Vec<(FieldRef, Value<'_>)>) {
    let mut at = 1;
    while at < fields.len() {
        let (before, rest) = fields.split_at_mut(at);
        let again = rest.first_mut().and_then(|(field, value)| {
            let old = before.iter_mut().find(|(f, _)| std::ptr::eq(*f, *field))?;
            std::mem::swap(&mut old.1, value);
            Some(())
        });
        match again {
            Some(()) => drop(fields.remove(at)),
            None => at += 1,
        }
    }
}
