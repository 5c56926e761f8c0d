//! From the bytes of a packet to flows and ordered stream bytes. Packet time only; no clock, no
//! threads, no I/O.
//!
//! ```text
//! dissect(link, bytes) ─▶ Packet (addresses, ports, payload range) ─▶ Shard::packet
//!        │ fragment                                                     flow table ─ tcp ─ parsers ─▶ events
//!        └▶ Defrag ─▶ whole datagram ─▶ dissect again
//! ```
//!
//! The engine dissects packets in parallel, hands each to the shard that [`FlowKey::shard`] names,
//! and every shard sees its packets in input order. The number of shards is a constant, so nothing
//! here depends on the number of threads.

mod conversation;
mod copies;
pub mod defrag;
mod dispatch;
pub mod dissect;
mod early;
mod feed;
pub mod filter;
pub mod flow;
mod ip;
pub mod key;
mod link;
pub mod replay;
mod rest;
pub mod shard;
mod stream;
mod table;
mod tcp;
mod transport;
mod tunnel;

pub use defrag::Defrag;
pub use dissect::dissect;
pub use filter::{Filter, FilterError};
pub use key::FlowKey;
pub use shard::{Output, Shard};

use crate::model::{Stamp, Transport, Ts};
use std::ops::Range;

/// Number of shards; a constant so that results never depend on the machine.
pub const SHARDS: usize = 64;

/// `LINKTYPE_RAW`: the packet begins with its IP header, of either version. Reassembled datagrams do.
pub const RAW_IP: u16 = 101;

/// A packet after the link, network and transport headers, as the shard sees it. Positions are into
/// the captured bytes of the packet (or of the reassembled datagram).
#[derive(Clone, Debug)]
pub struct Packet {
    /// Time and place.
    pub stamp: Stamp,
    /// Flow, direction-independent.
    pub key: FlowKey,
    /// The packet travels from `key.b` to `key.a`.
    pub reverse: bool,
    /// Bytes on the wire, from the link header on (`orig_len`).
    pub wire_len: u32,
    /// Transport payload that was captured.
    pub payload: Range<u32>,
    /// Transport payload as the headers claim it; larger than `payload` when the snap length cut it.
    pub payload_len: u32,
    /// TCP header values.
    pub tcp: Option<TcpHeader>,
    /// Time to live or hop limit of the innermost IP header.
    pub ttl: u8,
    /// Identification of the innermost IPv4 header; 0 of IPv6, which has none.
    pub id: u16,
    /// Checksum of the transport as it stands there; 0 where there is none or it was not captured.
    pub checksum: u16,
    /// Ethernet source and destination of the outermost frame.
    pub macs: Option<([u8; 6], [u8; 6])>,
    /// Outermost VLAN identifiers, outer first; 0 = none.
    pub vlans: [u16; 2],
    /// Encapsulations passed, innermost last.
    pub tunnel: Option<Tunnel>,
}

/// What of a TCP header the flow and the reassembly need (RFC 9293 §3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpHeader {
    /// Sequence number.
    pub seq: u32,
    /// Acknowledgement number.
    pub ack: u32,
    /// FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128.
    pub flags: u8,
    /// Window, unscaled.
    pub window: u16,
}

/// The innermost encapsulation a packet came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tunnel {
    /// RFC 2784 / 2890, with the key.
    Gre(u32),
    /// IPv4 or IPv6 in IP (RFC 2003, 4213, 2473).
    IpIp,
    /// RFC 7348 and draft-ietf-nvo3-vxlan-gpe, network identifier.
    Vxlan(u32),
    /// RFC 8926, network identifier.
    Geneve(u32),
    /// 3GPP TS 29.281, tunnel endpoint identifier.
    GtpU(u32),
    /// RFC 2516, session.
    Pppoe(u16),
    /// RFC 3032, bottom label.
    Mpls(u32),
}

/// Why a packet is not (yet) a flow's packet.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// Its place in a flow.
    Flow(Packet),
    /// A fragment: goes to the defragmenter. Range of the IP header and payload in the captured bytes.
    Fragment(Range<u32>),
    /// Understood, but carries no IP flow (STP, LLDP …): counted as skipped under this name.
    Skip(&'static str),
    /// Broken: counted under this name.
    Malformed(&'static str),
}

/// User-visible settings of flows.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Idle time after which a flow record is final, nanoseconds. Packetbeat: 30 s.
    pub flow_timeout: Ts,
    /// Period of intermediate flow records, nanoseconds; `None` = only the final one.
    pub flow_period: Option<Ts>,
    /// Only flows, no application protocols.
    pub flows_only: bool,
    /// Flows that no parser reads are looked at for a name by their shape, and data connections of FTP are told.
    pub shapes: bool,
    /// What all flows of a shard may hold, bytes; see [`shard::BUFFERED`].
    pub room: usize,
}

impl Default for Config {
    fn default() -> Self {
        let room = shard::BUFFERED;
        Config { flow_timeout: 30_000_000_000, flow_period: None, flows_only: false, shapes: true, room }
    }
}

/// `network.transport` of an IP protocol number.
const fn transport(proto: u8) -> Transport {
    match proto {
        1 => Transport::Icmp,
        6 => Transport::Tcp,
        17 => Transport::Udp,
        58 => Transport::Icmp6,
        132 => Transport::Sctp,
        other => Transport::Other(other),
    }
}

#[cfg(test)]
mod tests;
