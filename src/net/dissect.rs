//! The header walk: from the link header of a captured packet to the innermost 5-tuple.
//!
//! Every layer works on a `Walk`: the captured bytes that belong to it, and where it ends as the
//! enclosing headers claim. The two differ when the snap length cut the packet; lengths in headers
//! then still say how much there was, and only captured bytes are ever read.

use super::{FlowKey, Packet, TcpHeader, Tunnel, Verdict, link};
use crate::model::Stamp;
use std::net::{IpAddr, Ipv4Addr};

/// Encapsulations followed before a packet is given up as `tunnel.depth`. Real stacks have two or
/// three; without a bound a crafted packet of 64 KiB nests thousands.
pub(super) const MAX_DEPTH: u8 = 8;

/// Walks the headers of one captured packet. `link` is a `LINKTYPE_` number, `bytes` what was
/// captured, `wire_len` the length on the wire. Allocates nothing and never panics.
///
/// An encapsulation whose content is no IP flow (ARP in VXLAN, LCP in GRE, GTP-U echo) leaves the
/// packet to the flow of the encapsulating IP header. A tunnel over UDP is believed only when what it
/// carries is consistent; otherwise the packet is an ordinary UDP packet.
///
/// A packet cut by the snap length before the end of its TCP header still has its ports; `tcp` is then
/// `None`. A first fragment that was cut can never be reassembled and counts as a packet of its flow.
pub fn dissect(link: u16, bytes: &[u8], wire_len: u32, stamp: Stamp) -> Verdict {
    let wire = usize::try_from(wire_len).unwrap_or(usize::MAX);
    let mut walk = Walk {
        data: bytes,
        at: 0,
        claim: wire.max(bytes.len()),
        depth: 0,
        strict: false,
        wire_len,
        stamp,
        macs: None,
        vlans: [0; 2],
        tunnel: None,
    };
    link::dispatch(&mut walk, link)
}

/// Where the header walk stands.
#[derive(Clone, Copy)]
pub(super) struct Walk<'a> {
    /// Captured bytes of the current layer, without what lies behind its claimed end.
    pub data: &'a [u8],
    /// Where `data` begins in the captured packet.
    pub at: usize,
    /// Where the current layer ends as the headers before it claim; may lie beyond the capture.
    pub claim: usize,
    /// Encapsulations passed.
    pub depth: u8,
    /// Inside a tunnel that is only a guess from a port: lengths must be consistent.
    pub strict: bool,
    wire_len: u32,
    stamp: Stamp,
    macs: Option<([u8; 6], [u8; 6])>,
    vlans: [u16; 2],
    tunnel: Option<Tunnel>,
}

impl Walk<'_> {
    /// Steps over a header of `n` bytes; `None`, and nothing moves, when they were not captured.
    pub fn advance(&mut self, n: usize) -> Option<()> {
        self.data = self.data.get(n..)?;
        self.at += n;
        Some(())
    }

    /// The current layer is `n` bytes long. It may claim more than the layer around it.
    pub fn limit(&mut self, n: usize) {
        self.claim = self.at.saturating_add(n);
        self.data = self.data.get(..n).unwrap_or(self.data);
    }

    /// Drops `n` bytes (a checksum) from the end of the layer.
    pub fn trim(&mut self, n: usize) {
        self.limit(self.left().saturating_sub(n));
    }

    /// Bytes the current layer claims to have from here on.
    pub fn left(&self) -> usize {
        self.claim.saturating_sub(self.at)
    }

    /// Whether the snap length cut the current layer.
    pub fn is_cut(&self) -> bool {
        self.data.len() < self.left()
    }

    /// Notes the addresses of a frame; only the outermost count.
    pub fn frame(&mut self, src: [u8; 6], dst: [u8; 6]) {
        self.macs.get_or_insert((src, dst));
    }

    /// Notes a VLAN tag; only the two outermost outside of tunnels count.
    pub fn vlan(&mut self, id: u16) {
        if self.depth == 0
            && let Some(slot) = self.vlans.iter_mut().find(|v| **v == 0)
        {
            *slot = id;
        }
    }

    /// Steps over the `header` bytes of an encapsulation and goes on with `next`.
    pub fn enter(&self, tunnel: Tunnel, header: usize, next: impl FnOnce(&mut Self) -> Verdict) -> Verdict {
        if self.depth >= MAX_DEPTH {
            return Verdict::Malformed("tunnel.depth");
        }
        let mut inner = *self;
        inner.depth += 1;
        inner.tunnel = Some(tunnel);
        match inner.advance(header) {
            Some(()) => next(&mut inner),
            None => Verdict::Malformed("tunnel.truncated"),
        }
    }

    /// The packet is an ARP message between these addresses.
    pub fn arp(&mut self, sender: Ipv4Addr, target: Ipv4Addr, len: usize) -> Verdict {
        self.limit(len);
        let none = Ip { src: sender.into(), dst: target.into(), ttl: 0, id: 0, proto: 0 };
        self.placed(FlowKey::arp(sender, target, self.vlans), &none, 0, None)
    }

    /// The packet belongs to the flow of these ends; its payload begins `header` bytes on.
    pub fn flow(&self, ip: &Ip, ports: (u16, u16), header: usize, tcp: Option<TcpHeader>) -> Verdict {
        self.placed(FlowKey::new((ip.src, ports.0), (ip.dst, ports.1), ip.proto), ip, header, tcp)
    }

    fn placed(
        &self,
        (key, reverse): (FlowKey, bool),
        ip: &Ip,
        header: usize,
        tcp: Option<TcpHeader>,
    ) -> Verdict {
        let end = self.at + self.data.len();
        let start = self.at + header.min(self.data.len());
        Verdict::Flow(Packet {
            stamp: self.stamp,
            key,
            reverse,
            wire_len: self.wire_len,
            payload: position(start)..position(end),
            payload_len: position(self.left().saturating_sub(header)),
            tcp,
            ttl: ip.ttl,
            id: ip.id,
            checksum: self.checksum(ip.proto),
            macs: self.macs,
            vlans: self.vlans,
            tunnel: self.tunnel,
        })
    }
}

impl Walk<'_> {
    /// The checksum in the header of the transport (RFC 9293 §3.1, RFC 768, RFC 792, RFC 4443).
    fn checksum(&self, proto: u8) -> u16 {
        let at = match proto {
            6 => 16,
            17 => 6,
            1 | 58 => 2,
            _ => return 0,
        };
        self.data.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |sum| u16::from_be_bytes(*sum))
    }
}

/// What an IP header says about the packet.
pub(super) struct Ip {
    /// Source address.
    pub src: IpAddr,
    /// Destination address.
    pub dst: IpAddr,
    /// Time to live or hop limit.
    pub ttl: u8,
    /// Identification; 0 of IPv6.
    pub id: u16,
    /// Protocol number after the extension headers.
    pub proto: u8,
}

/// A position in the captured bytes as the contracts spell it. No capture record reaches 4 GiB.
pub(super) fn position(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
