//! MongoDB: requests with their responses, in OP_MSG, OP_COMPRESSED and the legacy operations.

mod bson;
mod fields;
mod message;
mod probe;
mod reply;
mod request;
#[cfg(test)]
mod tests;

use super::frame::{Frame, Frames};
use super::wire::Wire;
use super::{Dir, Emit, Options, Over, Parser, Protocol, Step};
use crate::model::Dataset;
use message::Head;
use reply::Reply;
use request::Request;
use std::collections::VecDeque;

const DOC: &str = "One MongoDB command or legacy operation with its response.";

/// One request.
pub static DATASET: Dataset = Dataset::queries("mongodb", DOC);

/// A log-in that was decided.
pub static LOGIN: Dataset = Dataset::database_logins("mongodb", DOC);

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "mongodb",
    doc: "MongoDB wire protocol: OP_MSG with document sequences and several responses to one request, OP_COMPRESSED \
          (Snappy, zlib, zstd), and the legacy operations up to server 5.0. Documents are shown as JSON with sorted \
          keys. Users of SCRAM and PLAIN log-ins are named, clear-text passwords and keys masked. Packetbeat shows \
          each OP_MSG as an event of its own named `msg`; here request and response are one event named by the \
          command. Checksums are not verified.",
    over: Over::Tcp,
    ports: &[27017, 27018, 27019],
    probe: probe::probe,
    start,
    datasets: &[&DATASET, &LOGIN],
    fields: fields::FIELDS,
    anomalies: &[
        ("mongodb.length", "A message claims to be shorter than its head or longer than 64 MiB."),
        ("mongodb.operation", "A message has an operation that does not exist."),
        ("mongodb.message", "A message does not parse."),
        ("mongodb.compressed", "A compressed message could not be unpacked."),
        ("mongodb.unsolicited", "A response came to a request nobody sent."),
        (
            "mongodb.gap",
            "Bytes between messages were not captured; requests that waited are told unanswered.",
        ),
        (
            "mongodb.pending",
            "Cap: more requests waited for their responses than are kept; the oldest is told unanswered.",
        ),
    ],
};

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(Mongodb::default())
}

#[derive(Default)]
struct Mongodb {
    frames: [Frames; 2],
    /// Where the next message begins is unknown.
    lost: [bool; 2],
    gapped: bool,
    heard: bool,
    waiting: VecDeque<Request>,
    /// Who is logging in.
    user: Option<String>,
}

impl Mongodb {
    fn frame(&mut self, dir: Dir, frame: &Frame<'_>, out: &mut Emit<'_>) {
        let mut wire = Wire::new(&frame.bytes);
        let Some(head) = Head::read(&mut wire) else { return };
        let (mut op, mut unpacked, mut compressor) = (head.op, None, None);
        if op == message::COMPRESSED {
            let Some((inner, name, bytes)) = message::unpack(wire.rest()) else {
                return out.anomaly("mongodb.compressed");
            };
            (op, compressor, unpacked) = (inner, Some(name), Some(bytes));
        }
        let Some(body) = message::body(op, unpacked.as_deref().unwrap_or(wire.rest())) else {
            return out.anomaly("mongodb.message");
        };
        if op == message::REPLY || (op == message::MSG && (head.to != 0 || dir == Dir::Server)) {
            let Some(mut reply) = Reply::new(&body, out) else { return };
            (reply.size, reply.start, reply.compressor) = (frame.size, frame.start, compressor);
            self.reply(&head, reply, out);
        } else if let Some(mut request) = Request::new(&body, &mut self.user, out) {
            (request.id, request.start, request.size) = (head.id, frame.start, frame.size);
            request.compressor = compressor;
            self.request(request, out);
        }
    }

    fn request(&mut self, request: Request, out: &mut Emit<'_>) {
        self.heard = true;
        if request.unanswered {
            return request.emit(None, out);
        }
        if self.waiting.len() >= out.limits().pending
            && let Some(oldest) = self.waiting.pop_front()
        {
            out.cap("mongodb.pending");
            oldest.emit(None, out);
        }
        self.waiting.push_back(request);
    }

    fn reply(&mut self, head: &Head, reply: Reply, out: &mut Emit<'_>) {
        let at = self.waiting.iter().position(|request| request.id == head.to);
        let Some(request) = at.and_then(|at| self.waiting.remove(at)) else {
            if self.heard && !self.gapped {
                out.anomaly("mongodb.unsolicited");
            }
            return;
        };
        if reply.more {
            self.waiting.push_back(request.again(head.id, out.now));
        }
        request.emit(Some(reply), out);
    }

    fn side(&mut self, dir: Dir) -> (&mut Frames, &mut bool) {
        let ([client, server], [client_lost, server_lost]) = (&mut self.frames, &mut self.lost);
        if dir == Dir::Client { (client, client_lost) } else { (server, server_lost) }
    }
}

impl Parser for Mongodb {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        let (_, lost) = self.side(dir);
        if *lost {
            if !probe::begins(bytes) {
                return Step::Took(bytes.len());
            }
            *lost = false;
        }
        let mut at = 0;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let gapped = self.gapped;
            let (frames, lost) = self.side(dir);
            match frames.read(rest, out.now, message::length) {
                Ok((used, None)) => return Step::Took(at + used),
                Ok((used, Some(frame))) => {
                    at += used;
                    self.frame(dir, &frame, out);
                }
                Err(_) if gapped => {
                    *lost = true;
                    return Step::Took(bytes.len());
                }
                Err(name) => return Step::Weird(name),
            }
        }
    }

    fn gap(&mut self, dir: Dir, missing: u64, out: &mut Emit<'_>) -> Step {
        let (frames, lost) = self.side(dir);
        if !frames.skip(missing) {
            *lost = true;
            self.gapped = true;
            out.anomaly("mongodb.gap");
            if dir == Dir::Server {
                self.give_up(out);
            }
        }
        Step::Took(0)
    }

    fn waiting(&self) -> usize {
        self.waiting.len()
    }

    fn give_up(&mut self, out: &mut Emit<'_>) {
        for request in std::mem::take(&mut self.waiting) {
            request.emit(None, out);
        }
    }
}
