//! Redis: commands with their replies, in RESP2, RESP3 and inline.

mod event;
mod fields;
mod probe;
mod reader;
#[cfg(test)]
mod tests;

use super::{Dir, Emit, Options, Over, Parser, Protocol, Step};
use crate::model::Dataset;
use event::Request;
use reader::{Message, Reader};
use std::collections::VecDeque;

const DOC: &str = "One Redis command with its reply, or a message that a channel pushed.";

/// One command.
pub static DATASET: Dataset = Dataset::queries("redis", DOC);

/// A command that presents a credential.
pub static LOGIN: Dataset = Dataset::database_logins("redis", DOC);

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "redis",
    doc: "Redis and Valkey (RESP2, RESP3 and inline commands): every command with its reply, pipelined or not; \
          messages of channels as events of their own. Passwords of AUTH, HELLO, ACL, CONFIG, SENTINEL and \
          MIGRATE are masked, and so is what CONFIG GET answers about them. Replication (SYNC, PSYNC) and MONITOR end the decoding once they are accepted. Replies of unknown \
          length (RESP3 `?`) are not read.",
    over: Over::Tcp,
    ports: &[6379, 6380, 26379],
    probe: probe::probe,
    start,
    datasets: &[&DATASET, &LOGIN],
    fields: fields::FIELDS,
    anomalies: &[
        ("redis.type", "A reply begins with a byte that is no type of RESP."),
        ("redis.length", "A length or count is not a number or beyond what Redis allows."),
        ("redis.line", "A line is longer than 64 KiB."),
        ("redis.depth", "A value is nested deeper than 32 levels."),
        ("redis.request", "A command is not an array of strings."),
        ("redis.unsolicited", "A reply came without a command."),
        ("redis.cut", "Bytes of a string were not captured; the string is told up to there."),
        ("redis.gap", "Bytes outside a string were not captured; commands that waited are told unanswered."),
        (
            "redis.pending",
            "Cap: more commands waited for their replies than are kept; the oldest is told unanswered.",
        ),
    ],
};

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(Redis {
        readers: [Reader::new(true), Reader::new(false)],
        lost: [false; 2],
        gapped: false,
        heard: false,
        silent: Silent::No,
        waiting: VecDeque::new(),
        gone: 0,
    })
}

/// Whether commands are answered (`CLIENT REPLY`).
#[derive(PartialEq, Eq)]
enum Silent {
    No,
    Next,
    Off,
}

struct Redis {
    readers: [Reader; 2],
    /// Where the next message begins is unknown.
    lost: [bool; 2],
    /// Something was lost on this flow: replies are not taken at their word.
    gapped: bool,
    /// A command was seen, so that replies have one to belong to.
    heard: bool,
    silent: Silent,
    waiting: VecDeque<Request>,
    /// Requests before those, told as unanswered, whose replies are still to come.
    gone: u64,
}

impl Redis {
    fn request(&mut self, message: Message, out: &mut Emit<'_>) {
        let Some(request) = Request::new(message, out) else { return };
        self.heard = true;
        // After a gap the replies are in step again with the next command.
        self.lost = [false; 2];
        match (&self.silent, request.reply_mode()) {
            (_, Some(b"ON")) => self.silent = Silent::No,
            (_, Some(b"OFF")) => self.silent = Silent::Off,
            (Silent::No, Some(_)) => self.silent = Silent::Next,
            (Silent::No, None) => {}
            (Silent::Next, _) => {
                self.silent = Silent::No;
                return request.emit(None, out);
            }
            (Silent::Off, _) => return request.emit(None, out),
        }
        if self.silent != Silent::No {
            return request.emit(None, out);
        }
        if self.waiting.len() >= out.limits().pending
            && let Some(oldest) = self.waiting.pop_front()
        {
            out.cap("redis.pending");
            self.gone += 1;
            oldest.emit(None, out);
        }
        self.waiting.push_back(request);
    }

    /// Whether the flow goes on.
    fn reply(&mut self, message: Message, out: &mut Emit<'_>) -> bool {
        if event::is_push(&message) {
            event::push(message, out);
            return true;
        }
        if let Some(left) = self.gone.checked_sub(1) {
            self.gone = left;
            return true;
        }
        match self.waiting.front_mut() {
            None if self.heard && !self.gapped => out.anomaly("redis.unsolicited"),
            None => {}
            Some(request) => {
                if request.more(&message) {
                    return true;
                }
                let Some(request) = self.waiting.pop_front() else { return true };
                let last = request.is_last() && !matches!(message.kind, b'-' | b'!');
                request.emit(Some(message), out);
                return !last;
            }
        }
        true
    }

    fn flush(&mut self, out: &mut Emit<'_>) {
        self.give_up(out);
        self.gone = 0;
    }

    /// Where reading can go on after a gap; the length of `bytes` if nowhere.
    fn resume(&mut self, dir: Dir, bytes: &[u8]) -> usize {
        let begins = |at: &usize| probe::command(bytes.get(*at..).unwrap_or_default()).is_ok();
        let after = memchr::memchr_iter(b'\n', bytes).map(|at| at + 1);
        match std::iter::once(0).chain(after).find(begins) {
            Some(at) if dir == Dir::Client => {
                self.lost = [false, self.lost[1]];
                at
            }
            _ => bytes.len(),
        }
    }
}

impl Parser for Redis {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        let [client_lost, server_lost] = self.lost;
        let lost = if dir == Dir::Client { client_lost } else { server_lost };
        let mut at = if lost { self.resume(dir, bytes) } else { 0 };
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            if rest.is_empty() {
                return Step::Took(at);
            }
            let reader = dir.of(&mut self.readers);
            let message = match reader.read(rest, out.now, &out.options.limits) {
                Ok((used, None)) => return Step::Took(at + used),
                Ok((used, Some(message))) => {
                    at += used;
                    message
                }
                Err(_) if self.gapped => {
                    self.drop(dir);
                    return Step::Took(bytes.len());
                }
                Err(name) => return Step::Weird(name),
            };
            if dir == Dir::Client {
                self.request(message, out);
            } else if !self.reply(message, out) {
                return Step::Done;
            }
        }
    }

    fn gap(&mut self, dir: Dir, missing: u64, out: &mut Emit<'_>) -> Step {
        let reader = dir.of(&mut self.readers);
        if reader.skip(missing) {
            out.anomaly("redis.cut");
        } else {
            out.anomaly("redis.gap");
            self.gapped = true;
            self.flush(out);
            self.drop(dir);
            // Replies can only be told apart again from a new command on.
            self.drop(Dir::Server);
        }
        Step::Took(0)
    }

    fn idle(&mut self) {
        self.waiting.shrink_to_fit();
    }

    fn waiting(&self) -> usize {
        self.waiting.len()
    }

    fn give_up(&mut self, out: &mut Emit<'_>) {
        self.gone += self.waiting.len() as u64;
        for request in std::mem::take(&mut self.waiting) {
            request.emit(None, out);
        }
    }
}

impl Redis {
    fn drop(&mut self, dir: Dir) {
        let ([client, server], [client_lost, server_lost]) = (&mut self.readers, &mut self.lost);
        let (reader, lost) = if dir == Dir::Client { (client, client_lost) } else { (server, server_lost) };
        *reader = Reader::new(dir == Dir::Client);
        *lost = true;
    }
}
