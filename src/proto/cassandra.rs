//! Cassandra: requests of the native protocol with their responses, and events that were pushed.

mod envelope;
mod event;
mod fields;
mod message;
mod names;
#[cfg(test)]
mod tests;
mod wire;

use super::frame::{Frame, Frames, Length};
use super::wire::Wire;
use super::{Dir, Emit, Options, Over, Parser, Probe, Protocol, Step};
use crate::model::Dataset;
use envelope::Envelopes;
use event::Request;
use std::collections::VecDeque;
use wire::Head;

const DOC: &str =
    "One request of the Cassandra native protocol with its response, or an event the server pushed.";

/// One request.
pub static DATASET: Dataset = Dataset::queries("cassandra", DOC);

/// A log-in.
pub static LOGIN: Dataset = Dataset::database_logins("cassandra", DOC);

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "cassandra",
    doc: "Cassandra and Scylla native protocol (CQL), versions 3 to 5 with the outer frames of version 5, bodies \
          compressed with LZ4 or Snappy. Requests are paired by their stream numbers; Packetbeat pairs them in the \
          order of arrival, and reads the number of rows from the wrong place. Statements that were prepared on \
          the same connection are shown when executed. Checksums of outer frames are not verified.",
    over: Over::Tcp,
    ports: &[9042, 9142],
    probe,
    start,
    datasets: &[&DATASET, &LOGIN],
    fields: fields::FIELDS,
    anomalies: &[
        ("cassandra.head", "A frame has a version, operation or length that does not exist."),
        ("cassandra.body", "The body of a frame does not parse."),
        ("cassandra.compressed", "A compressed body could not be unpacked."),
        ("cassandra.unsolicited", "A response came to a request nobody sent."),
        ("cassandra.gap", "Bytes were not captured; requests that waited are told unanswered."),
        (
            "cassandra.pending",
            "Cap: more requests waited for their responses than are kept; the oldest is told unanswered.",
        ),
        ("cassandra.statements", "Cap: more prepared statements than are kept; the oldest is forgotten."),
    ],
};

fn start(options: &Options) -> Box<dyn Parser> {
    // What STARTUP says comes in its place.
    let compression = options.protocols.cassandra.compressor.clone();
    Box::new(Cassandra { compression, ..Cassandra::default() })
}

/// What the first bytes of a direction tell.
fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    let early =
        bytes.first().is_none_or(|v| matches!(v & 0x7f, 3..=5)) && bytes.get(1).is_none_or(|f| *f < 0x20);
    let mut wire = Wire::new(bytes);
    let Some(head) = Head::read(&mut wire) else {
        return if early { Probe::More } else { Probe::No };
    };
    if !head.is_plausible() || !begins_well(&head, wire) {
        return Probe::No;
    }
    // Event frames have the number -1, requests none below 0.
    if (head.stream < 0) != (head.op == 0x0c) {
        return Probe::No;
    }
    let from = if head.response { Dir::Server } else { Dir::Client };
    Probe::by(from, dir)
}

/// Whether the length fits the operation.
fn begins_well(head: &Head, mut wire: Wire<'_>) -> bool {
    let len = head.len;
    let packed = head.flags & 1 != 0;
    match head.op {
        0x02 => len <= if packed { 16 } else { 0 },
        0x05 => len == 0,
        0x01 => (4..512).contains(&len),
        0x07 | 0x09 if !packed && head.flags & 4 == 0 => {
            // A long string, and what goes with it.
            wire.u32().is_none_or(|text| text > 0 && u64::from(text) + 4 <= u64::from(len))
        }
        0x08 if head.flags == 0 => len >= 4 && wire.u32().is_none_or(|kind| (1..=5).contains(&kind)),
        _ => len >= 2,
    }
}

fn length(bytes: &[u8]) -> Length {
    match Head::read(&mut Wire::new(bytes)) {
        None => Length::More,
        Some(head) if !head.is_plausible() => Length::Bad("cassandra.head"),
        Some(head) => Length::Is(wire::HEAD as u64 + u64::from(head.len)),
    }
}

/// One direction.
#[derive(Default)]
struct Side {
    frames: Frames,
    /// Outer frames of version 5.
    outer: Envelopes,
    /// Where the next message begins is unknown.
    lost: bool,
}

#[derive(Default)]
struct Cassandra {
    client: Side,
    server: Side,
    /// Messages are in outer frames from now on.
    modern: bool,
    gapped: bool,
    heard: bool,
    waiting: VecDeque<Request>,
    compression: Option<String>,
    /// Prepared statements by identifier.
    statements: Vec<(String, String)>,
}

impl Cassandra {
    fn side(&mut self, dir: Dir) -> &mut Side {
        if dir == Dir::Client { &mut self.client } else { &mut self.server }
    }

    fn frame(&mut self, dir: Dir, frame: &Frame<'_>, out: &mut Emit<'_>) {
        let mut wire = Wire::new(&frame.bytes);
        let Some(head) = Head::read(&mut wire) else { return };
        let mut unpacked = None;
        if head.flags & 1 != 0 && head.version < 5 && head.len > 0 && head.op != 0x01 {
            let compression = self.compression.as_deref();
            unpacked = envelope::unpack(wire.rest(), compression);
            if unpacked.is_none() {
                out.anomaly("cassandra.compressed");
            }
        }
        let body = unpacked.as_deref().unwrap_or(wire.rest());
        let readable = head.flags & 1 == 0 || head.version >= 5 || unpacked.is_some() || head.op == 0x01;
        if dir == Dir::Client {
            self.request(&head, body, readable, frame, out);
        } else {
            self.response(&head, body, readable, frame, out);
        }
    }

    fn request(&mut self, head: &Head, body: &[u8], readable: bool, frame: &Frame<'_>, out: &mut Emit<'_>) {
        self.heard = true;
        let show = out.options.show_secrets;
        let said = if readable { message::request(head, body, out.limits(), show) } else { None };
        if said.is_none() && readable {
            out.anomaly("cassandra.body");
        }
        let mut said = said.unwrap_or_default();
        if let Some(compression) = said.compression.take() {
            self.compression = Some(compression);
        }
        if let Some(id) = &said.prepared {
            said.statement =
                self.statements.iter().find(|(known, _)| known == id).map(|(_, text)| text.clone());
        }
        let request = Request { head: *head, said, start: frame.start, size: frame.size };
        if self.waiting.len() >= out.limits().pending
            && let Some(oldest) = self.waiting.pop_front()
        {
            out.cap("cassandra.pending");
            oldest.emit(None, self.compression.as_deref(), out);
        }
        self.waiting.push_back(request);
    }

    fn response(&mut self, head: &Head, body: &[u8], readable: bool, frame: &Frame<'_>, out: &mut Emit<'_>) {
        let said = if readable { message::response(head, body, out.limits()) } else { None };
        if said.is_none() && readable {
            out.anomaly("cassandra.body");
        }
        let response =
            Request { head: *head, said: said.unwrap_or_default(), start: frame.start, size: frame.size };
        if head.version >= 5 && matches!(head.op, 0x02 | 0x03) {
            self.modern = true;
        }
        if head.op == 0x0c {
            return response.push(out);
        }
        let at = self.waiting.iter().position(|request| request.head.stream == head.stream);
        let Some(request) = at.and_then(|at| self.waiting.remove(at)) else {
            if self.heard && !self.gapped {
                out.anomaly("cassandra.unsolicited");
            }
            return;
        };
        if let (0x09, Some(id), Some(text)) =
            (request.head.op, &response.said.prepared, &request.said.statement)
        {
            if self.statements.len() >= out.limits().pending {
                out.cap("cassandra.statements");
                self.statements.remove(0);
            }
            self.statements.push((id.clone(), text.clone()));
        }
        request.emit(Some(response), self.compression.as_deref(), out);
    }

    /// Takes messages off a stream of frames; how many bytes are dealt with.
    fn read(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Result<usize, &'static str> {
        let mut at = 0;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let (used, frame) = self.side(dir).frames.read(rest, out.now, length)?;
            at += used;
            let Some(frame) = frame else { return Ok(at) };
            let was = self.modern;
            self.frame(dir, &frame, out);
            if self.modern != was {
                return Ok(at);
            }
        }
    }

    /// The same in outer frames.
    fn read_outer(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Result<usize, &'static str> {
        let mut at = 0;
        let packed = self.compression.as_deref() == Some("lz4");
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let side = self.side(dir);
            let used = side.outer.read(rest, packed)?;
            if used == 0 {
                return Ok(at);
            }
            at += used;
            let inner = side.outer.take();
            let done = self.read(dir, &inner, out)?;
            self.side(dir).outer.keep(inner.get(done..).unwrap_or_default());
        }
    }
}

impl Parser for Cassandra {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        if self.side(dir).lost {
            let head = Head::read(&mut Wire::new(bytes));
            if self.modern || !head.is_some_and(|head| head.is_plausible()) {
                return Step::Took(bytes.len());
            }
            self.side(dir).lost = false;
        }
        let mut at = 0;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let modern = self.modern;
            let read = if modern { self.read_outer(dir, rest, out) } else { self.read(dir, rest, out) };
            match read {
                Ok(used) => {
                    at += used;
                    if modern == self.modern || at >= bytes.len() {
                        return Step::Took(at);
                    }
                }
                Err(_) if self.gapped => {
                    *self.side(dir) = Side { lost: true, ..Side::default() };
                    return Step::Took(bytes.len());
                }
                Err(name) => return Step::Weird(name),
            }
        }
    }

    fn gap(&mut self, dir: Dir, missing: u64, out: &mut Emit<'_>) -> Step {
        let modern = self.modern;
        let side = self.side(dir);
        if modern || !side.frames.skip(missing) {
            *side = Side { lost: true, ..Side::default() };
            self.gapped = true;
            out.anomaly("cassandra.gap");
            if dir == Dir::Server {
                self.give_up(out);
            }
        }
        // Within outer frames nothing tells where the next one begins.
        if modern { Step::Done } else { Step::Took(0) }
    }

    fn waiting(&self) -> usize {
        self.waiting.len()
    }

    fn give_up(&mut self, out: &mut Emit<'_>) {
        for request in std::mem::take(&mut self.waiting) {
            request.emit(None, self.compression.as_deref(), out);
        }
    }
}
