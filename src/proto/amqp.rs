//! AMQP 0-9-1: methods with their answers, messages published and delivered, log-ins.

mod content;
mod event;
mod fields;
mod method;
mod names;
mod probe;
mod table;
#[cfg(test)]
mod tests;

use super::frame::{Frame, Frames, Length};
use super::wire::Wire;
use super::{Dir, Emit, Options, Over, Parser, Protocol, Step};
use crate::model::{Dataset, Outcome, Stamp};
use content::Content;
use event::Request;
use method::Method;
use names::Role;

const DOC: &str = "One AMQP method with its answer, or one message published, delivered or returned.";

/// One method or message.
pub static DATASET: Dataset = Dataset::requests("amqp", DOC);

/// A log-in.
pub static LOGIN: Dataset = Dataset::logins("amqp", DOC);

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "amqp",
    doc: "AMQP 0-9-1 with RabbitMQ's extensions: log-ins with user and outcome, methods with their answers, messages \
          with their properties. Bytes of source and destination are those of a method's frame, or of the message \
          itself. AMQP 1.0 and 0-10 are not read.",
    over: Over::Tcp,
    ports: &[5672],
    probe: probe::probe,
    start,
    datasets: &[&DATASET, &LOGIN],
    fields: fields::FIELDS,
    anomalies: &[
        (
            "amqp.frame",
            "A frame is of a type that does not exist, longer than 128 MiB, or does not end as it should.",
        ),
        ("amqp.method", "A method does not exist."),
        ("amqp.arguments", "Arguments of a method or properties of a message do not parse."),
        (
            "amqp.content",
            "A frame of a message came without its method, or a method before its message was complete.",
        ),
        ("amqp.unsolicited", "An answer came to a method nobody sent."),
        ("amqp.gap", "Bytes between frames were not captured; methods that waited are told unanswered."),
        (
            "amqp.pending",
            "Cap: more methods waited for their answers than are kept; the oldest is told unanswered.",
        ),
    ],
};

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(Amqp::default())
}

const METHOD: u8 = 1;
const HEADER: u8 = 2;
const BODY: u8 = 3;
const HEARTBEAT: u8 = 8;
/// Octet at the end of every frame.
const END: u8 = 0xce;
/// Longest frame.
const LONGEST: u32 = 128 << 20;

fn length(bytes: &[u8]) -> Length {
    if let Some(rest) = bytes.strip_prefix(b"A") {
        return if b"MQP".starts_with(rest.get(..rest.len().min(3)).unwrap_or_default()) {
            Length::Is(8)
        } else {
            Length::Bad("amqp.frame")
        };
    }
    let mut wire = Wire::new(bytes);
    match (wire.u8(), wire.u16(), wire.u32()) {
        (Some(kind), ..) if !matches!(kind, METHOD | HEADER | BODY | HEARTBEAT) => Length::Bad("amqp.frame"),
        (_, _, Some(len)) if len > LONGEST => Length::Bad("amqp.frame"),
        (_, _, Some(len)) => Length::Is(u64::from(len) + 8),
        _ => Length::More,
    }
}

#[derive(Default)]
struct Amqp {
    frames: [Frames; 2],
    /// Where the next frame begins is unknown.
    lost: [bool; 2],
    gapped: bool,
    heard: bool,
    waiting: Vec<Request>,
    /// Messages that are being put together, by sender and channel.
    contents: Vec<(Dir, u16, Content)>,
    /// A log-in that is not decided.
    login: Option<(Method, Stamp, u64)>,
}

impl Amqp {
    /// `Err` if the flow cannot be understood any more.
    fn frame(&mut self, dir: Dir, frame: &Frame<'_>, out: &mut Emit<'_>) -> Result<(), &'static str> {
        let bytes: &[u8] = &frame.bytes;
        if bytes.starts_with(b"AMQP") {
            return Ok(());
        }
        let whole = bytes.len() as u64 == frame.size;
        let payload = bytes.get(7..).unwrap_or_default();
        let payload = if whole { payload.strip_suffix(&[END]).ok_or("amqp.frame")? } else { payload };
        let mut wire = Wire::new(bytes);
        let (Some(kind), Some(channel)) = (wire.u8(), wire.u16()) else { return Ok(()) };
        match kind {
            METHOD => self.method(dir, channel, payload, frame, out),
            HEADER | BODY => self.content(dir, channel, kind, payload, frame.size, out),
            _ => {}
        }
        Ok(())
    }

    fn method(&mut self, dir: Dir, channel: u16, payload: &[u8], frame: &Frame<'_>, out: &mut Emit<'_>) {
        let mut wire = Wire::new(payload);
        let (Some(class), Some(number)) = (wire.u16(), wire.u16()) else {
            return out.anomaly("amqp.arguments");
        };
        let Some((name, role)) = names::known(class, number) else { return out.anomaly("amqp.method") };
        let Some(method) = method::read(class, number, name, wire.rest()) else {
            return out.anomaly("amqp.arguments");
        };
        self.heard = true;
        if class == 10 && number < 40 {
            return self.handshake(number, method, frame, out);
        }
        if number == 50
            && class == 10
            && let Some((code, text)) = &method.reply
            && *code >= 300
        {
            self.decided(Outcome::Failure, Some(text.clone()), out);
        }
        self.refused(dir, channel, &method, out);
        let request = Request { method, dir, channel, start: frame.start, size: frame.size };
        match role {
            Role::Content => {
                if self.contents.iter().any(|(d, c, _)| (*d, *c) == (dir, channel)) {
                    out.anomaly("amqp.content");
                    self.contents.retain(|(d, c, _)| (*d, *c) != (dir, channel));
                }
                if self.contents.len() < out.limits().pending {
                    self.contents.push((
                        dir,
                        channel,
                        Content::new(request.method, request.start, &out.options.protocols.amqp),
                    ));
                }
            }
            Role::Alone => request.emit(None, out),
            Role::Request if request.method.no_wait => request.emit(None, out),
            Role::Request => {
                if self.waiting.len() >= out.limits().pending {
                    out.cap("amqp.pending");
                    self.waiting.remove(0).emit(None, out);
                }
                self.waiting.push(request);
            }
            Role::Response => match self.asked(dir, channel, name) {
                Some(first) => first.emit(Some(request), out),
                None if !self.gapped => out.anomaly("amqp.unsolicited"),
                None => {}
            },
        }
    }

    /// The method that `answer` on this channel belongs to.
    fn asked(&mut self, dir: Dir, channel: u16, answer: &str) -> Option<Request> {
        let name = answer.trim_end_matches("-ok").trim_end_matches("-empty");
        let mine = |r: &Request| r.channel == channel && r.dir != dir && r.method.name == name;
        let at = self.waiting.iter().position(mine)?;
        Some(self.waiting.remove(at))
    }

    /// A channel or connection that is closed over a method has refused it.
    fn refused(&mut self, dir: Dir, channel: u16, close: &Method, out: &mut Emit<'_>) {
        let (Some((class, number)), Some((code, text))) = (close.blames, &close.reply) else { return };
        if *code >= 300
            && let Some((name, _)) = names::known(class, number)
            && let Some(mut first) = self.asked(dir, channel, name)
        {
            first.method.reply = Some((*code, text.clone()));
            first.emit(None, out);
        }
    }

    /// start, start-ok, secure, tune: a log-in.
    fn handshake(&mut self, number: u16, method: Method, frame: &Frame<'_>, out: &mut Emit<'_>) {
        match number {
            11 => self.login = Some((method, frame.start, frame.size)),
            30 => self.decided(Outcome::Success, None, out),
            _ => {}
        }
    }

    fn decided(&mut self, outcome: Outcome, reason: Option<String>, out: &mut Emit<'_>) {
        if let Some((method, start, size)) = self.login.take() {
            event::login(method, (start, size), outcome, reason, out);
        }
    }

    fn content(&mut self, dir: Dir, channel: u16, kind: u8, payload: &[u8], size: u64, out: &mut Emit<'_>) {
        let at = self.contents.iter().position(|(d, c, _)| (*d, *c) == (dir, channel));
        let Some((_, _, content)) = at.and_then(|at| self.contents.get_mut(at)) else {
            if !self.gapped && self.heard {
                out.anomaly("amqp.content");
            }
            return;
        };
        if kind == BODY {
            content.more(payload, size.saturating_sub(8));
        } else if !content.header(payload) {
            out.anomaly("amqp.arguments");
        }
        if content.is_complete()
            && let Some(at) = at
        {
            let (_, _, content) = self.contents.remove(at);
            let asked =
                (content.method.name == "basic.get-ok").then(|| self.asked(dir, channel, "basic.get-ok"));
            event::message(content, asked.flatten(), channel, out);
        }
    }

    fn side(&mut self, dir: Dir) -> (&mut Frames, &mut bool) {
        let ([client, server], [client_lost, server_lost]) = (&mut self.frames, &mut self.lost);
        if dir == Dir::Client { (client, client_lost) } else { (server, server_lost) }
    }

    fn flush(&mut self, out: &mut Emit<'_>) {
        self.decided(Outcome::Unknown, None, out);
        self.give_up(out);
        for (_, channel, content) in std::mem::take(&mut self.contents) {
            event::message(content, None, channel, out);
        }
    }
}

impl Parser for Amqp {
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
            let result = match self.side(dir).0.read(rest, out.now, length) {
                Ok((used, None)) => return Step::Took(at + used),
                Ok((used, Some(frame))) => {
                    at += used;
                    self.frame(dir, &frame, out)
                }
                Err(name) => Err(name),
            };
            match result {
                Ok(()) => {}
                Err(_) if self.gapped => {
                    *self.side(dir).1 = true;
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
            out.anomaly("amqp.gap");
            self.flush(out);
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

    fn end(&mut self, out: &mut Emit<'_>) {
        self.flush(out);
    }
}
