//! What happened: the unit that enrichers complete, detectors observe and sinks write.

use super::{Dataset, FieldRef, Origin, Seq, Ts, Value};
use std::net::IpAddr;

/// Fields that an ordinary event has before it is completed: room for them from the start saves moves of a
/// growing list. Not more: thousands of events wait for their completion.
const FIELDS: usize = 16;

/// One end of a communication.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// Address, where the record has one.
    pub ip: Option<IpAddr>,
    /// TCP, UDP or SCTP port.
    pub port: Option<u16>,
    /// Ethernet address.
    pub mac: Option<[u8; 6]>,
    /// Bytes sent by this end.
    pub bytes: Option<u64>,
    /// Packets sent by this end.
    pub packets: Option<u64>,
}

/// `event.outcome`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The record does not say, or there is none (no answer seen).
    #[default]
    Unknown,
    /// It worked.
    Success,
    /// It was refused or failed.
    Failure,
}

impl Outcome {
    /// The ECS word.
    pub const fn name(self) -> &'static str {
        match self {
            Outcome::Unknown => "unknown",
            Outcome::Success => "success",
            Outcome::Failure => "failure",
        }
    }
}

/// `network.transport`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// RFC 9293.
    Tcp,
    /// RFC 768.
    Udp,
    /// RFC 792.
    Icmp,
    /// RFC 4443.
    Icmp6,
    /// RFC 9260.
    Sctp,
    /// RFC 826: no transport, but what asks for addresses stands where one would.
    Arp,
    /// Another IP protocol, by IANA number.
    Other(u8),
}

impl Transport {
    /// Number of the IP protocol (IANA); 255, which is reserved, for what is not IP.
    pub const fn number(self) -> u8 {
        match self {
            Transport::Icmp => 1,
            Transport::Tcp => 6,
            Transport::Udp => 17,
            Transport::Icmp6 => 58,
            Transport::Sctp => 132,
            Transport::Arp => 255,
            Transport::Other(number) => number,
        }
    }
}

/// One event. Built by a protocol parser or a log format, completed by `enrich`, which appends the
/// common fields (`@timestamp`, `event.*`, `source.*` …) so that a sink sees nothing but `fields`.
#[derive(Clone, Debug)]
pub struct Event<'a> {
    /// Order in the output.
    pub seq: Seq,
    /// The record it leads back to (a transaction: where its request began).
    pub origin: Origin,
    /// Ordinal among the events that lead back to the same record; part of `event.id`.
    pub ordinal: u32,
    /// What tells the record from one at the same place in a similar input, for `event.id`: the packet
    /// time, or a hash of the line. Never an inferred time: the id must outlive a better inference.
    pub identity: u64,
    /// `@timestamp`: when it began.
    pub ts: Ts,
    /// When it ended, for what lasts.
    pub end: Option<Ts>,
    /// What kind it is.
    pub dataset: &'static Dataset,
    /// How it ended.
    pub outcome: Outcome,
    /// Who acted: the client, the sender, the remote host of a log-in.
    pub source: Endpoint,
    /// On whom: the server.
    pub destination: Endpoint,
    /// Transport, where packets or the log say.
    pub transport: Option<Transport>,
    /// Everything else, in the order found. A field appears at most once.
    pub fields: Vec<(FieldRef, Value<'a>)>,
}

/// What counting needs of an event, without making one.
#[derive(Clone, Copy, Debug)]
pub struct Glimpse<'e, 'a> {
    /// Order in the output.
    pub seq: Seq,
    /// `@timestamp`: when it began.
    pub ts: Ts,
    /// What kind it is.
    pub dataset: &'static Dataset,
    /// How it ended.
    pub outcome: Outcome,
    /// Address of who acted.
    pub source: Option<IpAddr>,
    /// Everything else. Of a field that appears twice the last value counts.
    pub fields: &'e [(FieldRef, Value<'a>)],
    /// What follows from the kind of the event, after `fields`. The same list, at the same place in memory,
    /// for all events that a rule makes.
    pub constants: &'e [(FieldRef, Value<'static>)],
}

impl<'e, 'a> From<&'e Event<'a>> for Glimpse<'e, 'a> {
    fn from(event: &'e Event<'a>) -> Self {
        Glimpse {
            seq: event.seq,
            ts: event.ts,
            dataset: event.dataset,
            outcome: event.outcome,
            source: event.source.ip,
            fields: &event.fields,
            constants: &[],
        }
    }
}

impl<'a> Event<'a> {
    /// An event of `dataset` that leads back to `origin` at `ts`; everything else empty.
    pub fn new(dataset: &'static Dataset, origin: Origin, ts: Ts) -> Event<'a> {
        Event::with_fields(dataset, origin, ts, Vec::with_capacity(FIELDS))
    }

    /// The same with a list of fields that is already there.
    pub fn with_fields(
        dataset: &'static Dataset,
        origin: Origin,
        ts: Ts,
        fields: Vec<(FieldRef, Value<'a>)>,
    ) -> Event<'a> {
        Event {
            seq: Seq { source: origin.source, record: origin.record, sub: 0 },
            origin,
            ordinal: 0,
            identity: ts.cast_unsigned(),
            ts,
            end: None,
            dataset,
            outcome: Outcome::Unknown,
            source: Endpoint::default(),
            destination: Endpoint::default(),
            transport: None,
            fields,
        }
    }

    /// Appends a field.
    pub fn push(&mut self, field: FieldRef, value: impl Into<Value<'a>>) {
        self.fields.push((field, value.into()));
    }

    /// The value of a field known by its declaration.
    pub fn get(&self, field: FieldRef) -> Option<&Value<'a>> {
        self.fields.iter().find(|(f, _)| std::ptr::eq(*f, field)).map(|(_, v)| v)
    }

    /// The value of a field known by its name; for formats whose fields come from pattern files.
    pub fn by_name(&self, name: &str) -> Option<&Value<'a>> {
        // Names of one length differ in the end more often than in the beginning, and comparing all takes a call.
        let end = name.as_bytes().last();
        let same =
            |f: FieldRef| f.name.len() == name.len() && f.name.as_bytes().last() == end && f.name == name;
        self.fields.iter().find(|(f, _)| same(f)).map(|(_, v)| v)
    }

    /// Whether there is a field of that name.
    pub fn has(&self, name: &str) -> bool {
        self.by_name(name).is_some()
    }

    /// Removes a borrow on the input.
    pub fn into_owned(self) -> Event<'static> {
        Event {
            seq: self.seq,
            origin: self.origin,
            ordinal: self.ordinal,
            identity: self.identity,
            ts: self.ts,
            end: self.end,
            dataset: self.dataset,
            outcome: self.outcome,
            source: self.source,
            destination: self.destination,
            transport: self.transport,
            fields: self.fields.into_iter().map(|(f, v)| (f, v.into_owned())).collect(),
        }
    }
}
