//! A flow for unit tests: feeds a parser as the network layer does, with a clock of its own.

use super::{Dir, Emit, FlowView, Options, Parser, Protocol, Step};
use crate::model::{Endpoint, Event, Ledger, Origin, Seq, Stamp, Transport, Value};

/// One flow between two documentation addresses.
pub(super) struct Rig {
    pub parser: Box<dyn Parser>,
    pub flow: FlowView,
    pub options: Options,
    pub events: Vec<Event<'static>>,
    pub ledger: Ledger,
    pub record: u64,
    buffers: [Vec<u8>; 2],
    seq: Seq,
}

impl Rig {
    pub fn new(protocol: &Protocol, transport: Transport, port: u16, options: Options) -> Rig {
        let end = |ip: &str, port| Endpoint { ip: ip.parse().ok(), port, ..Endpoint::default() };
        let ips = if transport == Transport::Icmp6 {
            ["2001:db8::1", "2001:db8::2"]
        } else {
            ["192.0.2.1", "198.51.100.2"]
        };
        Rig {
            parser: (protocol.start)(&options),
            flow: FlowView {
                client: end(ips[0], Some(40000)),
                server: end(ips[1], Some(port)),
                transport,
                vlans: [0; 2],
            },
            options,
            events: Vec::new(),
            ledger: Ledger::default(),
            record: 0,
            buffers: [Vec::new(), Vec::new()],
            seq: Seq::default(),
        }
    }

    fn call<R>(&mut self, f: impl FnOnce(&mut dyn Parser, &mut Emit<'_>) -> R) -> R {
        self.record += 1;
        let origin = Origin { source: 0, record: self.record, offset: self.record * 100 };
        let now = Stamp { ts: i64::try_from(self.record).unwrap() * 1_000_000, origin };
        let (events, ledger) = (&mut self.events, &mut self.ledger);
        let mut out = Emit::new(now, &self.flow, &self.options, events, ledger, &mut self.seq);
        f(&mut *self.parser, &mut out)
    }

    /// One datagram.
    pub fn datagram(&mut self, dir: Dir, bytes: &[u8]) -> Step {
        self.call(|p, out| p.data(dir, bytes, out))
    }

    /// Stream bytes of one packet; what is not taken is kept and shown again.
    pub fn stream(&mut self, dir: Dir, bytes: &[u8]) -> Step {
        let mut buffer = std::mem::take(&mut self.buffers[dir.index()]);
        buffer.extend_from_slice(bytes);
        let step = self.call(|p, out| p.data(dir, &buffer, out));
        if let Step::Took(n) = step {
            assert!(n <= buffer.len(), "took {n} of {}", buffer.len());
            buffer.drain(..n);
        }
        self.buffers[dir.index()] = buffer;
        step
    }

    pub fn gap(&mut self, dir: Dir, missing: u64) -> Step {
        self.buffers[dir.index()].clear();
        self.call(|p, out| p.gap(dir, missing, out))
    }

    pub fn fin(&mut self, dir: Dir) {
        let rest = std::mem::take(&mut self.buffers[dir.index()]);
        self.call(|p, out| p.fin(dir, &rest, out));
    }

    pub fn end(&mut self) {
        self.call(|p, out| p.end(out));
    }

    /// A field of the `i`-th event as text; empty if it has none.
    pub fn text(&self, i: usize, field: &str) -> String {
        self.events[i].by_name(field).map(show).unwrap_or_default()
    }

    pub fn anomalies(&self) -> Vec<&'static str> {
        self.ledger.anomalies.keys().copied().collect()
    }
}

/// A value as a test writes it.
pub(super) fn show(value: &Value<'_>) -> String {
    match value {
        Value::Str(s) => s.to_string(),
        Value::Int(i) => i.to_string(),
        Value::Bool(b) => b.to_string(),
        Value::Ip(ip) => ip.to_string(),
        Value::List(items) => items.iter().map(show).collect::<Vec<_>>().join(" | "),
        Value::Object(members) => {
            members.iter().map(|(k, v)| format!("{k}={}", show(v))).collect::<Vec<_>>().join("; ")
        }
        other => format!("{other:?}"),
    }
}

/// Bytes of a hex string; blanks are ignored.
pub(super) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|c| u8::from_str_radix(std::str::from_utf8(c).unwrap(), 16).unwrap()).collect()
}
