//! Flow records: what both sides of a conversation sent, and how it went.
//!
//! A record closes when its flow was idle for [`Config::flow_timeout`](super::Config::flow_timeout).
//! With [`Config::flow_period`](super::Config::flow_period) a long flow reports in between; such
//! records count from the flow's start, so only records with `flow.final: true` may be summed.

mod names;

use super::copies::{Recent, Sight};
use super::dispatch::App;
use super::tcp::{State, Tcp};
use super::{FlowKey, Packet, Tunnel};
use crate::model::{Dataset, Endpoint, Event, FieldRef, Origin, Outcome, Seq, Ts, Value};
use crate::proto::Protocol;
use crate::proto::fields::{INNER_VLAN_ID, VLAN_ID, put_vlans};
use names::{flag_names, tunnel_name};

crate::fields! {
    pub FIELDS;
    ACTION: Keyword, "event.action", "What was done: network_flow for flow records.";
    FINAL: Boolean, "flow.final", "Whether this is the flow's last record; records that are not count from the flow's start, so only final ones may be summed.";
    VLAN: Long, "flow.vlan", "VLAN identifiers, outermost first (0 to 4095).";
    PROTOCOL: Keyword, "network.protocol", "Application protocol recognised by content; two where the flow switched (STARTTLS, CONNECT).";
    STATE: Keyword, "netlog.flow.state", "How a TCP connection stands: half_open (no complete handshake), refused (SYN answered by RST), aborted (reset by the client before the handshake was complete, as SYN scans do), established, half_closed, closed, reset, midstream (began before the capture).";
    PART: Long, "netlog.flow.part", "Ordinal of this final record among those of one connection that was idle in between; absent for the first.";
    CONNECTED: Date, "netlog.flow.connected", "When the connection began; absent in its first final record, which begins then.";
    INITIAL_RTT: Long, "netlog.flow.initial_rtt", "Nanoseconds from SYN to the ACK that completed the handshake.";
    TUNNEL_TYPE: Keyword, "netlog.tunnel.type", "Innermost encapsulation: gre, ipip, vxlan, geneve, gtp, pppoe or mpls.";
    TUNNEL_ID: Long, "netlog.tunnel.id", "Key, network identifier, tunnel endpoint, session or label of the tunnel.";
    ICMP_TYPE: Long, "icmp.request.type", "Type of the first ICMP message of the flow (0 to 255); its community id needs it.";
    ICMP_CODE: Long, "icmp.request.code", "Code of the first ICMP message of the flow (0 to 255).";
    SOURCE_FLAGS: Keyword, "netlog.flow.source.tcp_flags", "TCP flags the source set on any packet.";
    SOURCE_TTL: Long, "netlog.flow.source.ttl", "TTL or hop limit of the source's first packet (0 to 255).";
    SOURCE_RETRANSMISSIONS: Long, "netlog.flow.source.retransmissions", "Segments the source sent again; absent if none.";
    SOURCE_OUT_OF_ORDER: Long, "netlog.flow.source.out_of_order", "Segments of the source captured late; absent if none.";
    SOURCE_DUPLICATES: Long, "netlog.flow.source.duplicates", "Packets of the source that the capture holds once more, as mirror ports and captures on all interfaces do; bytes and packets count them; absent if none.";
    SOURCE_INCONSISTENT: Long, "netlog.flow.source.inconsistent_retransmissions", "Segments of the source with the sequence number of one before and other data, which one sender does not do; absent if none.";
    SOURCE_ZERO_WINDOWS: Long, "netlog.flow.source.zero_windows", "Packets by which the source closed its receive window; absent if none.";
    SOURCE_MISSING: Long, "netlog.flow.source.missing_bytes", "Bytes the source sent that were not captured; absent if none.";
    DESTINATION_FLAGS: Keyword, "netlog.flow.destination.tcp_flags", "TCP flags the destination set on any packet.";
    DESTINATION_TTL: Long, "netlog.flow.destination.ttl", "TTL or hop limit of the destination's first packet (0 to 255).";
    DESTINATION_RETRANSMISSIONS: Long, "netlog.flow.destination.retransmissions", "Segments the destination sent again; absent if none.";
    DESTINATION_OUT_OF_ORDER: Long, "netlog.flow.destination.out_of_order", "Segments of the destination captured late; absent if none.";
    DESTINATION_DUPLICATES: Long, "netlog.flow.destination.duplicates", "Packets of the destination that the capture holds once more, as mirror ports and captures on all interfaces do; bytes and packets count them; absent if none.";
    DESTINATION_INCONSISTENT: Long, "netlog.flow.destination.inconsistent_retransmissions", "Segments of the destination with the sequence number of one before and other data, which one sender does not do; absent if none.";
    DESTINATION_ZERO_WINDOWS: Long, "netlog.flow.destination.zero_windows", "Packets by which the destination closed its receive window; absent if none.";
    DESTINATION_MISSING: Long, "netlog.flow.destination.missing_bytes", "Bytes the destination sent that were not captured; absent if none.";
}

/// Fields of flow records that transactions have, too.
pub static SHARED: &[FieldRef] = &[&VLAN_ID, &INNER_VLAN_ID];

/// Flow records.
pub static FLOW: Dataset = Dataset {
    name: "flow",
    category: &["network_traffic", "network"],
    types: &["connection", "end"],
    protocol: None,
    transaction: false,
    doc: "What the two ends of a conversation sent each other: packets, bytes, flags, state, losses.",
};

/// Records of flows that go on: the same data set, but no end of a connection.
static INTERIM: Dataset = Dataset { types: &["connection"], ..FLOW };

/// Marks the ordinals of flow records apart from those of the protocols' events.
const RECORD_ORDINAL: u32 = 1 << 31;

/// What one side sent during a record.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Side {
    pub(super) bytes: u64,
    pub(super) packets: u64,
    pub(super) missing: u64,
    pub(super) retransmissions: u32,
    pub(super) out_of_order: u32,
    pub(super) zero_windows: u32,
    pub(super) mac: Option<[u8; 6]>,
    pub(super) ttl: u8,
    pub(super) flags: u8,
    duplicates: u32,
    inconsistent: u32,
    recent: Recent,
}

/// What a flow record will say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record {
    /// Sides by place in the key: 0 = `key.a()`, 1 = `key.b()`.
    pub(super) sides: [Side; 2],
    first: Origin,
    start: Ts,
    end: Ts,
    reported: Ts,
    pub(super) vlans: [u16; 2],
    tunnel: Option<Tunnel>,
    /// Type and code of the first ICMP message.
    icmp: Option<(u8, u8)>,
}

impl Record {
    fn new(packet: &Packet, payload: &[u8]) -> Record {
        let side = usize::from(packet.reverse);
        let mut sides = [Side::default(); 2];
        if let Some((src, dst)) = packet.macs {
            let (from, to) = if side == 0 { (0, 1) } else { (1, 0) };
            set_mac(&mut sides, from, src);
            set_mac(&mut sides, to, dst);
        }
        let ts = packet.stamp.ts;
        Record {
            sides,
            first: packet.stamp.origin,
            start: ts,
            end: ts,
            reported: ts,
            vlans: packet.vlans,
            tunnel: packet.tunnel,
            icmp: payload
                .first()
                .copied()
                .zip(payload.get(1).copied())
                .filter(|_| is_icmp(packet.key.proto())),
        }
    }
}

const fn is_icmp(proto: u8) -> bool {
    matches!(proto, 1 | 58)
}

fn set_mac(sides: &mut [Side; 2], at: usize, mac: [u8; 6]) {
    if let Some(side) = sides.get_mut(at) {
        side.mac = Some(mac);
    }
}

/// One flow: the open record, and of TCP the connection it belongs to.
#[derive(Debug)]
pub(super) struct Flow {
    pub(super) key: FlowKey,
    /// Which side (0 or 1) is the client.
    pub(super) client: usize,
    /// First packet of the connection.
    pub(super) opened: Origin,
    connected: Ts,
    /// Time of the packet that arrived last.
    pub(super) last: Ts,
    /// The open record; `None` while the connection sleeps. Most flows in memory do: they must be small.
    pub(super) record: Option<Box<Record>>,
    /// Records written that were final.
    parts: u32,
    /// Records written.
    written: u32,
    pub(super) tcp: Option<Box<Tcp>>,
    pub(super) app: App,
    /// First and latest protocol recognised.
    pub(super) protocols: [Option<&'static Protocol>; 2],
    /// Events the parsers of this flow emitted.
    pub(super) events: u32,
}

impl Flow {
    /// A flow that begins with `packet`, which is not yet counted.
    pub(super) fn new(packet: &Packet, client: usize) -> Flow {
        Flow {
            key: packet.key,
            client,
            opened: packet.stamp.origin,
            connected: packet.stamp.ts,
            last: packet.stamp.ts,
            record: None,
            parts: 0,
            written: 0,
            tcp: (packet.key.proto() == 6).then(Box::default),
            app: App::Fresh,
            protocols: [None; 2],
            events: 0,
        }
    }

    /// Whether a record was written: the roles are fixed from then on.
    pub(super) const fn reported(&self) -> bool {
        self.written > 0
    }

    /// Counts a packet in the open record, or opens one. Returns what it is beside those before it.
    pub(super) fn count(&mut self, packet: &Packet, payload: &[u8]) -> Sight {
        let ts = packet.stamp.ts;
        self.last = ts;
        let record = self.record.get_or_insert_with(|| Box::new(Record::new(packet, payload)));
        record.start = record.start.min(ts);
        record.end = record.end.max(ts);
        let Some(side) = record.sides.get_mut(usize::from(packet.reverse)) else { return Sight::New };
        if side.packets == 0 {
            side.ttl = packet.ttl;
            // Behind two routers the address it is reached by may not be the one it sends from.
            side.mac = packet.macs.map(|(src, _)| src).or(side.mac);
        }
        side.bytes += u64::from(packet.wire_len);
        side.packets += 1;
        if let Some(tcp) = packet.tcp {
            side.flags |= tcp.flags;
        }
        let sight = side.recent.see(packet, payload);
        side.duplicates += u32::from(sight == Sight::Copy);
        side.inconsistent += u32::from(sight == Sight::Differs);
        sight
    }

    /// Whether an interim record is due at `ts`.
    pub(super) fn due(&self, ts: Ts, period: Option<Ts>) -> bool {
        let Some((record, period)) = self.record.as_ref().zip(period) else { return false };
        ts.saturating_sub(record.reported) >= period
    }

    /// Writes what was counted so far; the record stays open.
    pub(super) fn interim(&mut self, now: Ts, seq: &mut Seq) -> Option<Event<'static>> {
        let record = self.record.as_mut().filter(|_| !self.key.is_arp())?;
        record.reported = now;
        let record = **record;
        Some(self.event(&record, false, seq))
    }

    /// Writes and closes the open record.
    pub(super) fn close(&mut self, seq: &mut Seq) -> Option<Event<'static>> {
        // The events of ARP count its packets already.
        let record = self.record.take().filter(|_| !self.key.is_arp() || self.events == 0)?;
        let event = self.event(&record, true, seq);
        self.parts += 1;
        Some(event)
    }

    /// Both ends as events name them, by side.
    pub(super) fn ends(&self) -> [Endpoint; 2] {
        let ports =
            !is_icmp(self.key.proto()) && !self.key.is_arp() && (self.key.a().1 | self.key.b().1) != 0;
        let macs = self.record.as_ref().map_or([None; 2], |r| r.sides.map(|s| s.mac));
        let end = |(ip, port), mac| Endpoint {
            ip: Some(ip),
            port: ports.then_some(port),
            mac,
            bytes: None,
            packets: None,
        };
        let [mac_a, mac_b] = macs;
        [end(self.key.a(), mac_a), end(self.key.b(), mac_b)]
    }

    fn event(&mut self, record: &Record, last: bool, seq: &mut Seq) -> Event<'static> {
        let mut event = Event::new(&FLOW, record.first, record.start);
        if !last {
            event.dataset = &INTERIM;
        }
        event.seq = *seq;
        seq.sub += 1;
        event.ordinal = RECORD_ORDINAL | self.written;
        self.written = self.written.saturating_add(1) & !RECORD_ORDINAL;
        event.end = Some(record.end);
        event.transport = Some(self.key.transport());
        let counted = |end: Endpoint, side: &Side| Endpoint {
            mac: side.mac,
            bytes: (side.packets > 0).then_some(side.bytes),
            packets: (side.packets > 0).then_some(side.packets),
            ..end
        };
        let [a, b] = self.ends();
        let [side_a, side_b] = &record.sides;
        let (a, b) = (counted(a, side_a), counted(b, side_b));
        let (source, destination) = if self.client == 0 {
            (event.source, event.destination) = (a, b);
            (side_a, side_b)
        } else {
            (event.source, event.destination) = (b, a);
            (side_b, side_a)
        };
        event.push(&ACTION, "network_flow");
        event.push(&FINAL, last);
        self.describe(&mut event, record);
        put_side(&mut event, source, &SOURCE);
        put_side(&mut event, destination, &DESTINATION);
        event
    }

    fn describe(&self, event: &mut Event<'static>, record: &Record) {
        if self.parts > 0 {
            event.push(&PART, self.parts + 1);
            event.push(&CONNECTED, Value::Time(self.connected));
        }
        match self.protocols {
            [Some(first), Some(latest)] if first.name != latest.name => {
                event.push(&PROTOCOL, Value::texts([first.name, latest.name]));
            }
            [Some(first), _] => event.push(&PROTOCOL, first.name),
            _ => {}
        }
        match record.vlans {
            [0, _] => {}
            [outer, 0] => event.push(&VLAN, outer),
            [outer, inner] => event.push(&VLAN, Value::List(vec![outer.into(), inner.into()])),
        }
        put_vlans(event, record.vlans);
        if let Some((kind, code)) = record.icmp {
            event.push(&ICMP_TYPE, kind);
            event.push(&ICMP_CODE, code);
        }
        if let Some(tunnel) = record.tunnel {
            let (name, id) = tunnel_name(tunnel);
            event.push(&TUNNEL_TYPE, name);
            if let Some(id) = id {
                event.push(&TUNNEL_ID, id);
            }
        }
        if let Some(tcp) = &self.tcp {
            let state = tcp.state(self.client);
            event.outcome = match state {
                State::Refused | State::HalfOpen => Outcome::Failure,
                State::Established | State::HalfClosed | State::Closed => Outcome::Success,
                State::Aborted | State::Reset | State::Midstream => Outcome::Unknown,
            };
            event.push(&STATE, state.name());
            if let Some(rtt) = tcp.initial_rtt() {
                event.push(&INITIAL_RTT, rtt);
            }
        }
    }
}

/// Fields of one side.
struct SideFields {
    flags: FieldRef,
    ttl: FieldRef,
    retransmissions: FieldRef,
    out_of_order: FieldRef,
    duplicates: FieldRef,
    inconsistent: FieldRef,
    zero_windows: FieldRef,
    missing: FieldRef,
}

static SOURCE: SideFields = SideFields {
    flags: &SOURCE_FLAGS,
    ttl: &SOURCE_TTL,
    retransmissions: &SOURCE_RETRANSMISSIONS,
    out_of_order: &SOURCE_OUT_OF_ORDER,
    duplicates: &SOURCE_DUPLICATES,
    inconsistent: &SOURCE_INCONSISTENT,
    zero_windows: &SOURCE_ZERO_WINDOWS,
    missing: &SOURCE_MISSING,
};

static DESTINATION: SideFields = SideFields {
    flags: &DESTINATION_FLAGS,
    ttl: &DESTINATION_TTL,
    retransmissions: &DESTINATION_RETRANSMISSIONS,
    out_of_order: &DESTINATION_OUT_OF_ORDER,
    duplicates: &DESTINATION_DUPLICATES,
    inconsistent: &DESTINATION_INCONSISTENT,
    zero_windows: &DESTINATION_ZERO_WINDOWS,
    missing: &DESTINATION_MISSING,
};

fn put_side(event: &mut Event<'static>, side: &Side, fields: &SideFields) {
    if side.packets > 0 {
        event.push(fields.ttl, side.ttl);
    }
    if side.flags != 0 {
        event.push(fields.flags, Value::Words(flag_names(side.flags)));
    }
    let counts = [
        (fields.retransmissions, u64::from(side.retransmissions)),
        (fields.out_of_order, u64::from(side.out_of_order)),
        (fields.duplicates, u64::from(side.duplicates)),
        (fields.inconsistent, u64::from(side.inconsistent)),
        (fields.zero_windows, u64::from(side.zero_windows)),
        (fields.missing, side.missing),
    ];
    for (field, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
        event.push(field, count);
    }
}
