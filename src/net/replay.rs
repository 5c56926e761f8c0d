//! Made-up conversations through a [`Shard`]: what the tests of all protocols, the benches and the
//! fuzzers stand on. The registry test (tests/registry) plays every script under testdata/proto
//! whole, cut short, in single bytes, with holes and with the roles exchanged.
//!
//! A script is text, one turn per line:
//!
//! ```text
//! # a comment
//! tcp 80                         or: udp 53, icmp, icmp6, arp
//! > "GET / HTTP/1.1\r\n\r\n"     the client sends; escapes \r \n \t \0 \\ \" \xNN
//! < 48 54 54 50                  the server sends; bytes in hexadecimal
//! + "/1.1 200 OK\r\n\r\n"        more of the turn above
//! ```

use super::{Config, FlowKey, Output, Packet, Shard, TcpHeader};
use crate::model::{Origin, Stamp, Transport};
use crate::proto::{Dir, Options, Protocol};
use std::net::Ipv4Addr;
use std::sync::Arc;

/// Largest segment or datagram a script's turn is sent in, as on Ethernet.
const SEGMENT: usize = 1460;
const CLIENT_PORT: u16 = 40_000;
/// Both directions wrap around: the first sequence numbers are just below 2^32.
const ISN: [u32; 2] = [u32::MAX - 100, u32::MAX - 7];

/// A conversation: who says what, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// Carrier: TCP, UDP, ICMP or ICMPv6.
    pub transport: Transport,
    /// The server's port; 0 for ICMP.
    pub port: u16,
    /// What is sent: for TCP a stretch of the stream, else one datagram each.
    pub turns: Vec<(Dir, Vec<u8>)>,
}

/// How a script is played.
#[derive(Clone, Copy, Debug)]
pub struct How {
    /// Largest TCP segment, bytes; at least 1.
    pub segment: usize,
    /// Ordinal of the one data packet that the capture lacks.
    pub lost: Option<usize>,
    /// The client says what the server should, and the other way round.
    pub swapped: bool,
    /// Begin with a SYN, as opposed to in the middle.
    pub handshake: bool,
    /// End with FIN on both sides, as opposed to the end of the capture.
    pub close: bool,
    /// What no parser reads is named by its shape; see [`Config::shapes`].
    pub shapes: bool,
    /// What all flows together may hold; see [`Config::room`].
    pub room: usize,
}

impl Default for How {
    fn default() -> Self {
        let room = Config::default().room;
        How { segment: SEGMENT, lost: None, swapped: false, handshake: true, close: true, shapes: true, room }
    }
}

impl Script {
    /// An empty conversation with a server at `port`.
    pub const fn new(transport: Transport, port: u16) -> Script {
        Script { transport, port, turns: Vec::new() }
    }

    /// The client sends.
    #[must_use]
    pub fn client(mut self, bytes: impl AsRef<[u8]>) -> Script {
        self.turns.push((Dir::Client, bytes.as_ref().to_vec()));
        self
    }

    /// The server sends.
    #[must_use]
    pub fn server(mut self, bytes: impl AsRef<[u8]>) -> Script {
        self.turns.push((Dir::Server, bytes.as_ref().to_vec()));
        self
    }

    /// Reads the text form described at the top of this module. Errors name the line.
    pub fn parse(text: &str) -> Result<Script, String> {
        let mut script: Option<Script> = None;
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let fault = |what: &str| format!("line {}: {what}", number + 1);
            let (head, rest) = line.split_once(' ').unwrap_or((line, ""));
            let Some(script) = &mut script else {
                let transport = match head {
                    "tcp" => Transport::Tcp,
                    "udp" => Transport::Udp,
                    "icmp" => Transport::Icmp,
                    "icmp6" => Transport::Icmp6,
                    "arp" => Transport::Arp,
                    _ => return Err(fault("expected tcp PORT, udp PORT, icmp, icmp6 or arp")),
                };
                let port = if rest.is_empty() { Ok(0) } else { rest.trim().parse() };
                script = Some(Script::new(transport, port.map_err(|_| fault("no port number"))?));
                continue;
            };
            let bytes =
                literal(rest.trim()).ok_or_else(|| fault("neither \"text\" nor hexadecimal bytes"))?;
            match (head, script.turns.last_mut()) {
                (">", _) => script.turns.push((Dir::Client, bytes)),
                ("<", _) => script.turns.push((Dir::Server, bytes)),
                ("+", Some((_, turn))) => turn.extend(bytes),
                _ => return Err(fault("expected >, < or +")),
            }
        }
        script.ok_or_else(|| "no tcp, udp or icmp line".to_owned())
    }

    /// The script cut after `len` bytes of its turns.
    #[must_use]
    pub fn prefix(&self, len: usize) -> Script {
        let mut left = len;
        let cut = |(dir, bytes): &(Dir, Vec<u8>)| {
            let part = bytes.get(..left).unwrap_or(bytes);
            left -= part.len();
            (!part.is_empty()).then(|| (*dir, part.to_vec()))
        };
        Script { turns: self.turns.iter().map_while(cut).collect(), ..Script::new(self.transport, self.port) }
    }

    /// Bytes of all turns.
    pub fn len(&self) -> usize {
        self.turns.iter().map(|(_, bytes)| bytes.len()).sum()
    }

    /// Whether nobody says anything.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Plays the script through a shard that knows `protocols`, with all events of its end.
    pub fn play(&self, how: &How, options: &Arc<Options>, protocols: &'static [&'static Protocol]) -> Output {
        let mut out = Output::default();
        let config = Config { shapes: how.shapes, room: how.room, ..Config::default() };
        let mut shard = Shard::with_protocols(&config, options, protocols);
        let mut last = Stamp::default();
        for (packet, data) in self.packets(how) {
            last = packet.stamp;
            shard.packet(&packet, &data, &mut out);
        }
        shard.finish(last, &mut out);
        out
    }

    /// The packets of the script with their payloads, one every millisecond.
    pub fn packets(&self, how: &How) -> Vec<(Packet, Vec<u8>)> {
        let mut wire = Wire { script: self, seq: ISN, number: 0, packets: Vec::new() };
        let tcp = self.transport == Transport::Tcp;
        if tcp && how.handshake {
            wire.control(0, 2);
            wire.control(1, 2 | 16);
            wire.control(0, 16);
        }
        let mut ordinal = 0;
        for (dir, bytes) in &self.turns {
            let side = if how.swapped { dir.flip().index() } else { dir.index() };
            let size = if tcp { how.segment.max(1) } else { bytes.len().max(1) };
            for part in bytes.chunks(size) {
                wire.send(side, part, how.lost == Some(ordinal));
                ordinal += 1;
            }
        }
        if tcp && how.close {
            wire.control(0, 1 | 16);
            wire.control(1, 1 | 16);
            wire.control(0, 16);
        }
        wire.packets
    }
}

/// The wire a script is sent over.
struct Wire<'a> {
    script: &'a Script,
    seq: [u32; 2],
    number: u64,
    packets: Vec<(Packet, Vec<u8>)>,
}

impl Wire<'_> {
    fn control(&mut self, side: usize, flags: u8) {
        let packet = self.packet(side, flags, 0);
        self.packets.push((packet, Vec::new()));
        if let Some(seq) = self.seq.get_mut(side) {
            *seq = seq.wrapping_add(u32::from(flags & 3 != 0));
        }
    }

    fn send(&mut self, side: usize, bytes: &[u8], lost: bool) {
        let len = u32::try_from(bytes.len()).unwrap_or(0);
        let packet = self.packet(side, 8 | 16, len);
        if !lost {
            self.packets.push((packet, bytes.to_vec()));
        }
        if let Some(seq) = self.seq.get_mut(side) {
            *seq = seq.wrapping_add(len);
        }
    }

    fn packet(&mut self, side: usize, flags: u8, len: u32) -> Packet {
        self.number += 1;
        let proto = match self.script.transport {
            Transport::Tcp => 6,
            Transport::Udp => 17,
            Transport::Icmp => 1,
            Transport::Icmp6 => 58,
            Transport::Sctp => 132,
            Transport::Arp => 0,
            Transport::Other(proto) => proto,
        };
        let ports = if matches!(proto, 1 | 58) { (0, 0) } else { (CLIENT_PORT, self.script.port) };
        let client = (Ipv4Addr::new(192, 0, 2, 1), ports.0);
        let server = (Ipv4Addr::new(198, 51, 100, 2), ports.1);
        let (src, dst) = if side == 0 { (client, server) } else { (server, client) };
        let (key, reverse) = match self.script.transport {
            Transport::Arp => FlowKey::arp(src.0, dst.0, [0; 2]),
            _ => FlowKey::new((src.0.into(), src.1), (dst.0.into(), dst.1), proto),
        };
        let [seq, ack] = if side == 0 { self.seq } else { [self.seq[1], self.seq[0]] };
        let tcp = (proto == 6).then_some(TcpHeader {
            seq,
            ack: if flags & 16 != 0 { ack } else { 0 },
            flags,
            window: 65_535,
        });
        let ts = i64::try_from(self.number).unwrap_or(0) * 1_000_000;
        Packet {
            stamp: Stamp {
                ts,
                origin: Origin { source: 0, record: self.number, offset: self.number * 2000 },
            },
            key,
            reverse,
            wire_len: 54 + len,
            payload: 0..len,
            payload_len: len,
            tcp,
            ttl: 64,
            id: 0,
            checksum: 0,
            macs: None,
            vlans: [0; 2],
            tunnel: None,
        }
    }
}

/// Text in quotes with escapes, or bytes in hexadecimal.
fn literal(text: &str) -> Option<Vec<u8>> {
    let Some(inner) = text.strip_prefix('"') else {
        let digits: Vec<u32> =
            text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(16)).collect::<Option<_>>()?;
        let byte = |pair: &[u32]| match pair {
            [high, low] => u8::try_from(high << 4 | low).ok(),
            _ => None,
        };
        return digits.chunks(2).map(byte).collect();
    };
    let mut chars = inner.strip_suffix('"')?.chars();
    let mut out = Vec::new();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        out.push(match chars.next()? {
            'r' => b'\r',
            'n' => b'\n',
            't' => b'\t',
            '0' => 0,
            '\\' => b'\\',
            '"' => b'"',
            'x' => {
                let (high, low) = (chars.next()?.to_digit(16)?, chars.next()?.to_digit(16)?);
                u8::try_from(high << 4 | low).ok()?
            }
            _ => return None,
        });
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_read() {
        let text = "# two turns\ntcp 80\n> \"a\\r\\n\\x00\"\n< 4142 43\n+ \"D\"\n";
        let want = Script::new(Transport::Tcp, 80).client(b"a\r\n\0").server("ABCD");
        assert_eq!(Script::parse(text), Ok(want.clone()));
        assert_eq!(want.prefix(5).turns, [(Dir::Client, b"a\r\n\0".to_vec()), (Dir::Server, b"A".to_vec())]);
        for bad in ["", "> \"x\"", "tcp x", "tcp 1\n+ 41", "tcp 1\n> 4", "tcp 1\n> \"\\q\""] {
            assert!(Script::parse(bad).is_err(), "{bad}");
        }
    }
}
