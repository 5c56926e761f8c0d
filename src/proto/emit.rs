//! What a parser may do to the world: read the time, emit events, report anomalies.

use super::config::Sections;
use super::fields;
use crate::model::{Dataset, Endpoint, Event, FieldRef, Ledger, Outcome, Seq, Stamp, Transport, Value};

/// Caps that keep the state of one flow bounded, whatever the peer sends.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Unconsumed bytes kept per direction.
    pub buffer: usize,
    /// Bytes shown to probes before a direction counts as unknown.
    pub probe_bytes: usize,
    /// Requests waiting for their response on one flow; the oldest is emitted unanswered beyond it.
    pub pending: usize,
    /// Longest text kept in one field, bytes.
    pub text: usize,
    /// Longest list kept in one field.
    pub list: usize,
    /// Longest body kept with `--detail full`, bytes.
    pub body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { buffer: 1 << 20, probe_bytes: 4096, pending: 256, text: 8192, list: 512, body: 1 << 17 }
    }
}

/// What the user asked of the protocols.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `--detail full`: contents too (requests and responses as text, all headers, bodies,
    /// certificates), as Packetbeat's `send_*` options.
    pub full: bool,
    /// `--show-secrets`: clear-text passwords are not masked.
    pub show_secrets: bool,
    /// Caps.
    pub limits: Limits,
    /// `[protocols.NAME]` of the configuration file.
    pub protocols: Sections,
}

impl Options {
    /// Whether something is told that `option` switches on or off, and that --detail full has.
    pub fn wants(&self, option: Option<bool>) -> bool {
        option.unwrap_or(self.full)
    }
}

/// The flow a parser works on, as far as it may know it.
#[derive(Clone, Copy, Debug)]
pub struct FlowView {
    /// The end that began the flow.
    pub client: Endpoint,
    /// The other end.
    pub server: Endpoint,
    /// Transport.
    pub transport: Transport,
    /// VLAN identifiers of its first packet, outer and inner; 0 = none.
    pub vlans: [u16; 2],
}

/// Handed to every parser call. Stamps events with time, order and endpoints.
pub struct Emit<'c> {
    /// Packet that is being processed: time and place.
    pub now: Stamp,
    /// The flow.
    pub flow: &'c FlowView,
    /// The user's wishes and the caps.
    pub options: &'c Options,
    events: &'c mut Vec<Event<'static>>,
    ledger: &'c mut Ledger,
    seq: &'c mut Seq,
}

impl<'c> Emit<'c> {
    /// Used by the network layer and by tests: events go to `events`, numbered from `seq` on.
    pub fn new(
        now: Stamp,
        flow: &'c FlowView,
        options: &'c Options,
        events: &'c mut Vec<Event<'static>>,
        ledger: &'c mut Ledger,
        seq: &'c mut Seq,
    ) -> Emit<'c> {
        Emit { now, flow, options, events, ledger, seq }
    }

    /// Caps of the run.
    pub fn limits(&self) -> &Limits {
        &self.options.limits
    }

    /// Begins an event that started at `start` (the first packet of the request). It is emitted by
    /// [`Draft::emit`].
    pub fn draft(&self, dataset: &'static Dataset, start: Stamp) -> Draft {
        let mut event = Event::new(dataset, start.origin, start.ts);
        event.source = Endpoint { bytes: None, packets: None, ..self.flow.client };
        event.destination = Endpoint { bytes: None, packets: None, ..self.flow.server };
        event.transport = Some(self.flow.transport);
        // Whose address is whose is a matter of one network; other protocols' flows have a record that says it.
        if matches!(self.flow.transport, Transport::Arp | Transport::Icmp6) {
            fields::put_vlans(&mut event, self.flow.vlans);
        }
        Draft { event }
    }

    /// Counts a named anomaly; the name must be declared in [`super::Protocol::anomalies`] as is:
    /// `dns.name_loop`.
    pub fn anomaly(&mut self, name: &'static str) {
        self.ledger.anomaly(name, self.now.origin);
    }

    /// Counts a cap that made the parser drop something: `http.pending`.
    pub fn cap(&mut self, name: &'static str) {
        self.ledger.cap(name, self.now.origin);
    }
}

/// An event being filled.
#[derive(Debug)]
pub struct Draft {
    event: Event<'static>,
}

impl Draft {
    /// Adds a field.
    pub fn put(&mut self, field: FieldRef, value: impl Into<Value<'static>>) -> &mut Draft {
        self.event.push(field, value);
        self
    }

    /// Adds a field if there is a value.
    pub fn put_some(&mut self, field: FieldRef, value: Option<impl Into<Value<'static>>>) -> &mut Draft {
        if let Some(value) = value {
            self.event.push(field, value);
        }
        self
    }

    /// Adds text from bytes: lossy, cut at the `limit` (bytes).
    pub fn put_text(&mut self, field: FieldRef, bytes: &[u8], limit: usize) -> &mut Draft {
        let cut = bytes.get(..limit).unwrap_or(bytes);
        self.event.push(field, String::from_utf8_lossy(cut).into_owned());
        self
    }

    /// Sets `event.outcome`.
    pub fn outcome(&mut self, outcome: Outcome) -> &mut Draft {
        self.event.outcome = outcome;
        self
    }

    /// When the response was complete; gives `event.end` and `event.duration`.
    pub fn end(&mut self, end: Stamp) -> &mut Draft {
        // Packets of the two sides are captured in any order.
        self.event.end = Some(end.ts.max(self.event.ts));
        self
    }

    /// Payload bytes of request and response.
    pub fn bytes(&mut self, request: Option<u64>, response: Option<u64>) -> &mut Draft {
        self.event.source.bytes = request;
        self.event.destination.bytes = response;
        self
    }

    /// The same request was sent once more.
    pub fn again(&mut self) -> &mut Draft {
        let fields = &mut self.event.fields;
        match fields.iter_mut().find(|(f, _)| std::ptr::eq(*f, &super::fields::RETRANSMISSIONS)) {
            Some((_, value)) => *value = Value::Int(value.as_int().unwrap_or(0).saturating_add(1)),
            None => self.event.push(&super::fields::RETRANSMISSIONS, 1u32),
        }
        self
    }

    /// The event so far, for what the setters do not cover.
    pub fn event(&mut self) -> &mut Event<'static> {
        &mut self.event
    }

    /// Sends it on.
    pub fn emit(mut self, out: &mut Emit<'_>) {
        self.event.seq = *out.seq;
        out.seq.sub += 1;
        out.events.push(self.event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::icmp;

    /// Who has which address is a matter of one network: such events say which.
    #[test]
    fn claims_of_addresses_name_their_vlan() {
        let told = |transport, vlans| {
            let flow =
                FlowView { client: Endpoint::default(), server: Endpoint::default(), transport, vlans };
            let (options, mut events, mut ledger, mut seq) = Default::default();
            let mut out = Emit::new(Stamp::default(), &flow, &options, &mut events, &mut ledger, &mut seq);
            out.draft(icmp::PROTOCOL.datasets[0], Stamp::default()).emit(&mut out);
            let id =
                |name: &str| events[0].by_name(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            [id("network.vlan.id"), id("network.inner.vlan.id")]
        };
        assert_eq!(told(Transport::Arp, [7, 0]), ["7", ""]);
        assert_eq!(told(Transport::Icmp6, [7, 9]), ["7", "9"]);
        assert_eq!(told(Transport::Tcp, [7, 9]), ["", ""]);
    }
}
