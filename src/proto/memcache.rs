//! memcached: requests with their responses, in the text and the binary protocol, over TCP and UDP.

mod binary;
mod codes;
mod event;
mod fields;
mod message;
mod probe;
#[cfg(test)]
mod tests;
mod text;

use super::frame::Frames;
use super::wire::Wire;
use super::{Dir, Emit, Options, Over, Parser, Protocol, Step};
use crate::model::{Dataset, Transport};
use message::{Keep, Message};
use std::collections::VecDeque;

const DOC: &str = "One memcached command with its response.";

/// One command.
pub static DATASET: Dataset = Dataset::queries("memcache", DOC);

/// A log-in.
pub static LOGIN: Dataset = Dataset::database_logins("memcache", DOC);

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "memcache",
    doc: "memcached: text protocol with the meta commands, and binary protocol with SASL PLAIN log-ins, over TCP and \
          UDP. Several values or statistics in response to one command are one event. A quiet command without a \
          response went well; it is told when a later command is answered or the flow ends. Responses over UDP that \
          come in more than one datagram are put together while they come in order. Packetbeat exchanges the bytes \
          of source and destination.",
    over: Over::Both,
    ports: &[11211],
    probe: probe::probe,
    start,
    datasets: &[&DATASET, &LOGIN],
    fields: fields::FIELDS,
    anomalies: &[
        ("memcache.line", "A line is longer than 64 KiB."),
        ("memcache.command", "A line begins with a word that cannot be a command."),
        ("memcache.response", "A line begins with a word that is no response, or its numbers are none."),
        ("memcache.binary", "The head of a binary message contradicts itself."),
        ("memcache.frame", "A datagram does not begin with a frame header, or comes out of order."),
        ("memcache.unsolicited", "A response came to a command nobody sent."),
        (
            "memcache.gap",
            "Bytes outside a value were not captured; commands that waited are told unanswered.",
        ),
        (
            "memcache.pending",
            "Cap: more commands waited for their responses than are kept; the oldest is told unanswered.",
        ),
    ],
};

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(Memcache::default())
}

/// One direction.
#[derive(Default)]
struct Side {
    text: text::Reader,
    binary: Frames,
    /// In the middle of a binary message.
    in_binary: bool,
    /// Where the next message begins is unknown.
    lost: bool,
    /// Datagrams of one message: request, next in order, all, bytes so far.
    parts: Option<(u16, u16, u16, Vec<u8>)>,
}

#[derive(Default)]
struct Memcache {
    client: Side,
    server: Side,
    gapped: bool,
    heard: bool,
    waiting: VecDeque<Message>,
    /// Requests told as unanswered whose responses are still to come, where nothing but the order tells whose they are.
    gone: u64,
    /// A response that consists of several parts, as far as it came.
    partial: Option<Message>,
}

impl Memcache {
    fn side(&mut self, dir: Dir) -> &mut Side {
        if dir == Dir::Client { &mut self.client } else { &mut self.server }
    }

    /// At most one message off a stream.
    fn read(
        &mut self,
        dir: Dir,
        bytes: &[u8],
        out: &Emit<'_>,
    ) -> Result<(usize, Option<Message>), &'static str> {
        let (now, limits) = (out.now, out.limits());
        let keep = Keep::new(dir == Dir::Client, out.options);
        let side = self.side(dir);
        if !side.in_binary && !matches!(bytes.first(), Some(&(binary::REQUEST | binary::RESPONSE))) {
            return side.text.read(dir == Dir::Client, bytes, now, limits, keep);
        }
        if !side.in_binary && side.text.is_open() {
            return side.text.read(dir == Dir::Client, bytes, now, limits, keep);
        }
        let (used, frame) = side.binary.read(bytes, now, binary::length)?;
        side.in_binary = frame.is_none() && used > 0;
        let Some(frame) = frame else { return Ok((used, None)) };
        binary::message(&frame, keep).map(|message| (used, Some(message))).ok_or("memcache.binary")
    }

    fn message(&mut self, dir: Dir, message: Message, out: &mut Emit<'_>) {
        if dir == Dir::Client { self.request(message, out) } else { self.response(message, out) }
    }

    fn request(&mut self, request: Message, out: &mut Emit<'_>) {
        self.heard = true;
        if request.noreply || (!request.binary && request.command == "quit") {
            return event::emit(request, None, out);
        }
        if self.waiting.len() >= out.limits().pending
            && let Some(oldest) = self.waiting.pop_front()
        {
            if !oldest.quiet {
                out.cap("memcache.pending");
            }
            self.unanswered(oldest, out);
        }
        self.waiting.push_back(request);
    }

    fn response(&mut self, part: Message, out: &mut Emit<'_>) {
        let (list, text) = (out.limits().list, out.limits().text);
        let response = match self.partial.take() {
            Some(mut first) if !part.binary || first.opaque == part.opaque => {
                first.join(part, list, text);
                first
            }
            _ => part,
        };
        if response.more {
            self.partial = Some(response);
            return;
        }
        if self.gone > 0 && !response.binary && response.udp.is_none() {
            self.gone -= 1;
            return;
        }
        let mine = |request: &Message| {
            if request.udp != response.udp || request.binary != response.binary {
                return false;
            }
            match request.binary {
                true => request.opaque == response.opaque && request.code == response.code,
                // MN ends what was asked quietly before it.
                false => response.command != "MN" || request.command == "mn",
            }
        };
        let Some(at) = self.waiting.iter().position(mine) else {
            if self.heard && !self.gapped {
                out.anomaly("memcache.unsolicited");
            }
            return;
        };
        // Quiet commands before it will not be answered any more.
        let ended = response.binary || response.command == "MN";
        let mut left = VecDeque::new();
        for (i, request) in std::mem::take(&mut self.waiting).into_iter().enumerate() {
            if i < at && request.quiet && ended && request.udp == response.udp {
                event::emit(request, None, out);
            } else {
                left.push_back((i, request));
            }
        }
        let mut found = None;
        for (i, request) in left {
            if i == at { found = Some(request) } else { self.waiting.push_back(request) }
        }
        if let Some(request) = found {
            event::emit(request, Some((response, out.now)), out);
        }
    }

    fn unanswered(&mut self, request: Message, out: &mut Emit<'_>) {
        let in_order = !request.binary && !request.quiet && request.udp.is_none();
        self.gone += u64::from(in_order);
        event::emit(request, None, out);
    }

    fn flush(&mut self, out: &mut Emit<'_>) {
        self.give_up(out);
        (self.partial, self.gone) = (None, 0);
    }

    /// One datagram with its frame header.
    fn datagram(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        let mut wire = Wire::new(bytes);
        let (Some(id), Some(seq), Some(total), Some(_)) = (wire.u16(), wire.u16(), wire.u16(), wire.u16())
        else {
            return Step::Weird("memcache.frame");
        };
        let (room, side) = (out.limits().buffer, self.side(dir));
        let whole = match (side.parts.take(), seq, total) {
            (_, 0, 0 | 1) => wire.rest().to_vec(),
            (_, 0, _) => {
                side.parts = Some((id, 1, total, wire.rest().to_vec()));
                return Step::Took(bytes.len());
            }
            (Some((open, next, all, mut kept)), _, _) if open == id && next == seq => {
                kept.extend_from_slice(
                    wire.rest().get(..room.saturating_sub(kept.len())).unwrap_or(wire.rest()),
                );
                if kept.len() >= room {
                    kept.truncate(room);
                }
                if next + 1 < all {
                    side.parts = Some((id, next + 1, all, kept));
                    return Step::Took(bytes.len());
                }
                kept
            }
            _ => {
                out.anomaly("memcache.frame");
                return Step::Took(bytes.len());
            }
        };
        (side.text, side.binary, side.in_binary) = Default::default();
        let mut at = 0;
        while let Some(rest) = whole.get(at..).filter(|rest| !rest.is_empty()) {
            match self.read(dir, rest, out) {
                Ok((0, None)) => break,
                Ok((used, None)) => at += used,
                Ok((used, Some(mut message))) => {
                    at += used;
                    message.udp = Some(id);
                    self.message(dir, message, out);
                }
                Err(name) => {
                    out.anomaly(name);
                    break;
                }
            }
        }
        Step::Took(bytes.len())
    }
}

impl Parser for Memcache {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        if out.flow.transport == Transport::Udp {
            return self.datagram(dir, bytes, out);
        }
        if self.side(dir).lost {
            if !probe::resumes(dir, bytes) {
                return Step::Took(bytes.len());
            }
            self.side(dir).lost = false;
        }
        let mut at = 0;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            if rest.is_empty() {
                return Step::Took(at);
            }
            match self.read(dir, rest, out) {
                Ok((0, None)) => return Step::Took(at),
                Ok((used, message)) => {
                    at += used;
                    message.into_iter().for_each(|message| self.message(dir, message, out));
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
        let side = self.side(dir);
        let within = if side.in_binary { side.binary.skip(missing) } else { side.text.skip(missing) };
        if !within {
            *side = Side { lost: true, ..Side::default() };
            out.anomaly("memcache.gap");
            self.gapped = true;
            self.flush(out);
        }
        Step::Took(0)
    }

    fn waiting(&self) -> usize {
        self.waiting.len()
    }

    fn give_up(&mut self, out: &mut Emit<'_>) {
        for request in std::mem::take(&mut self.waiting) {
            self.unanswered(request, out);
        }
    }
}
