//! The shard as a whole: flows, connections, dispatch, time, caps.

mod dispatch;
mod flows;
mod toy;

use super::{Config, FlowKey, Output, Packet, Shard, TcpHeader};
use crate::model::{Event, Origin, Stamp, Ts, Value};
use std::net::IpAddr;
use std::sync::Arc;

const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const ACK: u8 = 16;
const MS: Ts = 1_000_000;
const SECOND: Ts = 1000 * MS;

/// A shard with the toy protocols, and a pen for packets.
struct Lab {
    shard: Shard,
    out: Output,
    number: u64,
    ports: (u16, u16),
    proto: u8,
    /// Identification, checksum and time to live of the packets.
    header: (u16, u16, u8),
}

impl Lab {
    fn new() -> Lab {
        Lab::with(Config { shapes: false, ..Config::default() })
    }

    fn with(config: Config) -> Lab {
        let shard = Shard::with_protocols(&config, &Arc::default(), toy::ALL);
        Lab { shard, out: Output::default(), number: 0, ports: (50_000, 6000), proto: 6, header: (0, 0, 60) }
    }

    /// One packet: from the client (`true`) or the server, with flags, sequence and acknowledgement
    /// numbers, and payload.
    fn tcp(&mut self, ts: Ts, client: bool, flags: u8, seq: u32, ack: u32, data: &str) -> &mut Lab {
        self.packet(ts, client, Some(TcpHeader { seq, ack, flags, window: 1000 }), data)
    }

    fn udp(&mut self, ts: Ts, client: bool, data: &str) -> &mut Lab {
        self.proto = 17;
        self.packet(ts, client, None, data)
    }

    fn packet(&mut self, ts: Ts, client: bool, tcp: Option<TcpHeader>, data: &str) -> &mut Lab {
        let (c, s): (IpAddr, IpAddr) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let (c, s) = ((c, self.ports.0), (s, self.ports.1));
        let (key, reverse) =
            if client { FlowKey::new(c, s, self.proto) } else { FlowKey::new(s, c, self.proto) };
        self.number += 1;
        let len = u32::try_from(data.len()).unwrap();
        let (id, checksum, ttl) = self.header;
        let packet = Packet {
            stamp: Stamp { ts, origin: Origin { source: 0, record: self.number, offset: 0 } },
            key,
            reverse,
            wire_len: 54 + len,
            payload: 0..len,
            payload_len: len,
            tcp,
            ttl,
            id,
            checksum,
            macs: None,
            vlans: [0; 2],
            tunnel: None,
        };
        self.shard.packet(&packet, data.as_bytes(), &mut self.out);
        self
    }

    /// SYN, SYN/ACK, ACK at 0, 10 and 30 ms; initial sequence numbers 100 and 500.
    fn handshake(&mut self) -> &mut Lab {
        self.tcp(0, true, SYN, 100, 0, "");
        self.tcp(10 * MS, false, SYN | ACK, 500, 101, "");
        self.tcp(30 * MS, true, ACK, 101, 501, "")
    }

    fn finish(&mut self) -> &mut Lab {
        let last = Stamp { ts: 0, origin: Origin { source: 0, record: self.number, offset: 0 } };
        self.shard.finish(last, &mut self.out);
        self
    }

    fn flows(&self) -> Vec<&Event<'static>> {
        self.out.events.iter().filter(|e| e.dataset.name == "flow").collect()
    }

    /// The events of parsers, each as its field values.
    fn said(&self) -> Vec<String> {
        let events = self.out.events.iter().filter(|e| e.dataset.name != "flow");
        events.map(|e| e.fields.iter().map(|(_, v)| show(v)).collect::<Vec<_>>().join("=")).collect()
    }
}

fn show(value: &Value<'_>) -> String {
    match value {
        Value::Str(s) => s.to_string(),
        Value::Int(i) => i.to_string(),
        Value::Bool(b) => b.to_string(),
        Value::Words(words) => words.join("|"),
        Value::List(list) => list.iter().map(show).collect::<Vec<_>>().join("|"),
        other => format!("{other:?}"),
    }
}

fn field(event: &Event<'_>, name: &str) -> String {
    event.by_name(name).map(show).unwrap_or_default()
}
