//! GELF, Graylog's log format over the network: datagrams, compressed and in pieces, and streams.

mod chunks;

use super::carried::{self, Ended};
use super::{Dir, Emit, Options, Over, Parser, Probe, Protocol, Step};
use crate::model::{Dataset, Stamp, Transport};
use chunks::{Chunk, Chunks};
use std::io::Read;

/// A message that no log format has read yet.
pub static DATASET: Dataset = Dataset {
    name: "gelf",
    category: &["network"],
    types: &["info", "protocol"],
    protocol: Some("gelf"),
    transaction: false,
    doc: "A GELF message; its text is read by the log formats.",
};

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "gelf",
    doc: "GELF 1.0 and 1.1 over UDP (plain, gzip or zlib, whole or in up to 128 chunks) and TCP (a NUL behind each \
          message), as in the GELF payload specification. The log format `gelf` reads the message; the event leads \
          back to the packet (of chunks: to the first), and `log.source.address` says who sent it.",
    over: Over::Both,
    ports: &[12201],
    probe,
    start,
    datasets: &[&DATASET],
    fields: carried::FIELDS,
    anomalies: &[
        ("gelf.unread", "No log format reads the message; its text is in `event.original`."),
        (
            "gelf.chunk",
            "A chunk's number is not below their count, or the count is not that of the chunks before.",
        ),
        ("gelf.incomplete", "Chunks of a message did not arrive within 5 seconds: it is lost."),
        ("gelf.compression", "A message cannot be decompressed."),
        ("gelf.payload", "A datagram is neither a chunk nor compressed nor JSON."),
        ("gelf.gap", "Bytes of a stream were not captured: messages are lost."),
        ("gelf.chunks", "Cap: more chunks waited for others than are kept; the oldest message is lost."),
        ("gelf.length", "Cap: a message is longer than 64 KiB; the rest is left out."),
    ],
};

/// Names that every message has.
const NAMES: &[&str] = &["\"host\"", "\"short_message\""];
/// Bytes of a compressed message that the probe looks at.
const PEEK: u64 = 8192;

/// What a datagram is compressed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packing {
    Gzip,
    Zlib,
    Plain,
}

/// By the magic of gzip (RFC 1952 2.3.1) and the check bits of zlib (RFC 1950 2.2).
fn packing(bytes: &[u8]) -> Option<Packing> {
    match bytes {
        [0x1f, 0x8b, ..] => Some(Packing::Gzip),
        [a, b, ..] if a & 0x0f == 8 && (u16::from(*a) << 8 | u16::from(*b)) % 31 == 0 => Some(Packing::Zlib),
        [b'{', ..] => Some(Packing::Plain),
        _ => None,
    }
}

/// At most `limit` bytes of the message; `None` where it is broken.
fn unpack(bytes: &[u8], limit: u64) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    let whole = match packing(bytes)? {
        Packing::Gzip => flate2::read::GzDecoder::new(bytes).take(limit).read_to_end(&mut text),
        Packing::Zlib => flate2::read::ZlibDecoder::new(bytes).take(limit).read_to_end(&mut text),
        Packing::Plain => bytes.take(limit).read_to_end(&mut text),
    };
    whole.ok().map(|_| text)
}

fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    let verdict = match (Chunk::read(bytes), packing(bytes)) {
        (Some(chunk), _) => Some(chunk.is_likely() && (chunk.number > 0 || packing(chunk.data).is_some())),
        (None, Some(Packing::Plain)) => carried::names(bytes, NAMES, memchr::memchr(0, bytes).is_some()),
        (None, Some(_)) => unpack(bytes, PEEK).and_then(|text| carried::names(&text, NAMES, false)),
        (None, None) => Some(false),
    };
    match verdict {
        Some(true) if carried::sends(dir) => Probe::Yes,
        Some(true) => Probe::Swapped,
        Some(false) => Probe::No,
        None => Probe::More,
    }
}

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(Gelf::default())
}

#[derive(Default)]
struct Gelf {
    stream: Ended,
    chunks: Chunks,
}

/// Emits what one datagram, or all chunks of a message together, hold.
fn message(bytes: &[u8], start: Stamp, out: &mut Emit<'_>) {
    let longest = carried::LONGEST as u64 + 1;
    match unpack(bytes, longest) {
        Some(text) => {
            if text.len() > carried::LONGEST {
                out.cap("gelf.length");
            }
            carried::emit(&DATASET, &text, start, out);
        }
        None if packing(bytes).is_some() => out.anomaly("gelf.compression"),
        None => out.anomaly("gelf.payload"),
    }
}

impl Parser for Gelf {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        if !carried::sends(dir) {
            return Step::Took(bytes.len());
        }
        if out.flow.transport != Transport::Udp {
            let (used, cut) = self.stream.read(&DATASET, 0, bytes, out);
            if cut {
                out.cap("gelf.length");
            }
            return Step::Took(used);
        }
        match Chunk::read(bytes) {
            Some(chunk) => {
                if let Some((whole, start)) = self.chunks.take(&chunk, out) {
                    message(&whole, start, out);
                }
            }
            None => message(bytes, out.now, out),
        }
        Step::Took(bytes.len())
    }

    fn gap(&mut self, dir: Dir, _: u64, out: &mut Emit<'_>) -> Step {
        if carried::sends(dir) {
            out.anomaly("gelf.gap");
            self.stream.gap();
        }
        Step::Took(0)
    }

    fn fin(&mut self, dir: Dir, rest: &[u8], out: &mut Emit<'_>) {
        if carried::sends(dir) {
            self.stream.fin(&DATASET, rest, out);
        }
    }

    fn end(&mut self, out: &mut Emit<'_>) {
        self.chunks.end(out);
    }
}

#[cfg(test)]
mod tests;
