//! PostgreSQL: log-ins and statements with their results.

mod event;
mod fields;
mod login;
mod probe;
#[cfg(test)]
mod tests;
mod wire;

use super::{Dir, Emit, Options, Over, Parser, Protocol, Step};
use crate::model::{Dataset, Stamp};
use event::{Request, Way};
use login::Login;
use std::collections::VecDeque;
use wire::{Message, Messages, Take, lossy};

const DOC: &str = "One PostgreSQL statement with its result, a log-in, or a request to cancel.";

/// One statement.
pub static DATASET: Dataset = Dataset::queries("pgsql", DOC);

/// A log-in.
pub static LOGIN: Dataset = Dataset::database_logins("pgsql", DOC);

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "pgsql",
    doc: "PostgreSQL (protocol 3): log-in with user, database, method and outcome; statements of the simple and \
          the extended protocol, COPY, errors with SQLSTATE. A simple query of several statements gives one event \
          each. Bytes of a response leave out ParseComplete, BindComplete and ReadyForQuery, as Packetbeat's do. \
          Connections that go on with TLS are read as TLS; GSSAPI encryption and replication are not read. \
          Passwords in statements are masked.",
    over: Over::Tcp,
    ports: &[5432, 5433, 6432],
    probe: probe::probe,
    start,
    datasets: &[&DATASET, &LOGIN],
    fields: fields::FIELDS,
    anomalies: &[
        ("pgsql.message", "A message has an impossible type or length."),
        ("pgsql.field", "A message is shorter than its fields."),
        ("pgsql.unsolicited", "A result came without a statement."),
        ("pgsql.gap", "Bytes were not captured; reading goes on with the next statement."),
        ("pgsql.pending", "Cap: more statements waited than are kept; the oldest is told unanswered."),
        ("pgsql.statements", "Cap: more prepared statements than are kept; the oldest is forgotten."),
    ],
};

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(Pgsql::default())
}

#[derive(Default)]
struct Pgsql {
    messages: [Messages; 2],
    login: Login,
    /// First byte of the client's current message, and of the current extended batch.
    begun: Option<Stamp>,
    batch: Option<(Stamp, u64)>,
    waiting: VecDeque<Request>,
    /// Batches that ended with a simple query or Sync, and the one the server works at.
    batches: u64,
    answering: Option<u64>,
    /// Prepared statements by name, and what the last Bind chose.
    statements: Vec<(String, String)>,
    bound: Option<String>,
    lost: [bool; 2],
    gapped: bool,
    heard: bool,
}

impl Pgsql {
    fn push(&mut self, mut request: Request, out: &mut Emit<'_>) {
        self.heard = true;
        request.batch = self.batches;
        if self.waiting.len() >= out.limits().pending
            && let Some(oldest) = self.waiting.pop_front()
        {
            out.cap("pgsql.pending");
            oldest.emit(out);
        }
        self.waiting.push_back(request);
    }

    fn client(&mut self, message: &Message<'_>, out: &mut Emit<'_>) {
        let began = self.begun.take().unwrap_or(out.now);
        let mut body = Take(&message.body);
        if matches!(message.kind, b'Q' | b'P' | b'B') {
            self.lost = [false; 2];
        }
        if matches!(message.kind, b'P' | b'B' | b'D' | b'E' | b'C' | b'H') {
            self.batch.get_or_insert((began, 0)).1 += message.size;
        }
        match message.kind {
            b'Q' => {
                let text = body.text();
                let mut parts = wire::statements(text, out.limits().pending);
                if parts.is_empty() {
                    parts.push(text);
                }
                for part in parts {
                    self.push(Request::new(Way::Query, part, began, message.size, out), out);
                }
                self.batches += 1;
            }
            b'P' => {
                let (name, text) = (lossy(body.text()), body.text());
                let (start, size) = self.batch.unwrap_or((began, message.size));
                let request = Request::new(Way::Parse, text, start, size, out);
                self.remember(name, request.statement().to_owned(), out);
                self.bound = Some(request.statement().to_owned());
                self.push(request, out);
            }
            b'B' => {
                body.text();
                let name = lossy(body.text());
                self.bound = self.statements.iter().find(|(n, _)| *n == name).map(|(_, text)| text.clone());
            }
            b'E' => self.execute(began, out),
            b'S' => {
                self.batches += 1;
                let (_, size) = self.batch.take().unwrap_or((began, 0));
                if let Some(last) = self.waiting.back_mut().filter(|last| last.way != Way::Query) {
                    last.size = size + message.size;
                }
            }
            b'F' => self.push(Request::new(Way::Function, b"", began, message.size, out), out),
            b'd' => {
                if let Some(first) = self.waiting.front_mut() {
                    first.copied(message.size - 5);
                }
            }
            b'p' => self.login.secret(message),
            _ => {}
        }
    }

    fn execute(&mut self, began: Stamp, out: &mut Emit<'_>) {
        let text = self.bound.clone().unwrap_or_default();
        let (start, size) = self.batch.unwrap_or((began, 0));
        match self.waiting.back_mut() {
            Some(last) if last.way == Way::Parse && last.statement() == text => {
                last.way = Way::Execute;
                last.size = size;
            }
            _ => {
                let request = Request::new(Way::Execute, text.as_bytes(), start, size, out);
                self.push(request, out);
            }
        }
    }

    fn remember(&mut self, name: String, text: String, out: &mut Emit<'_>) {
        self.statements.retain(|(other, _)| *other != name);
        if self.statements.len() >= out.limits().pending {
            out.cap("pgsql.statements");
            self.statements.remove(0);
        }
        self.statements.push((name, text));
    }

    fn server(&mut self, message: &Message<'_>, out: &mut Emit<'_>) -> Result<(), &'static str> {
        let mut body = Take(&message.body);
        match message.kind {
            b'R' => return self.login.request(body, message.size).ok_or("pgsql.field"),
            b'S' => self.login.parameter(body),
            b'K' => self.login.process(body),
            b'E' if self.login.open() => {
                self.login.refused(event::Failure::parse(&mut body), message.size, out)
            }
            b'Z' => {
                self.login.ready(out);
                self.ready(out);
            }
            b'T' | b'D' | b'C' | b'I' | b's' | b'E' | b'd' | b'G' | b'H' | b'W' | b'V' => {
                return self.result(message, out);
            }
            _ => {}
        }
        Ok(())
    }

    fn result(&mut self, message: &Message<'_>, out: &mut Emit<'_>) -> Result<(), &'static str> {
        // Statements that were only parsed are described, but not completed.
        if matches!(message.kind, b'D' | b'C' | b'I' | b's' | b'V') {
            while self.waiting.len() > 1 && self.waiting.front().is_some_and(|first| first.way == Way::Parse)
            {
                self.waiting.pop_front().into_iter().for_each(|first| first.emit(out));
            }
        }
        let Some(first) = self.waiting.front_mut() else {
            if self.heard && !self.gapped && matches!(message.kind, b'C' | b'D' | b'T') {
                out.anomaly("pgsql.unsolicited");
            }
            return Ok(());
        };
        self.answering = Some(first.batch);
        if first.answer(message, out)?
            && let Some(first) = self.waiting.pop_front()
        {
            first.emit(out);
        }
        Ok(())
    }

    /// The server waits for the next statement: what it did not answer it skipped.
    fn ready(&mut self, out: &mut Emit<'_>) {
        let Some(batch) = self.answering.take().or(self.waiting.front().map(|first| first.batch)) else {
            return;
        };
        while self.waiting.front().is_some_and(|first| first.batch <= batch)
            && let Some(mut request) = self.waiting.pop_front()
        {
            request.ready(out.now);
            request.emit(out);
        }
    }

    fn parts(&mut self, dir: Dir) -> (&mut Messages, &mut bool) {
        let ([client, server], [client_lost, server_lost]) = (&mut self.messages, &mut self.lost);
        if dir == Dir::Client { (client, client_lost) } else { (server, server_lost) }
    }

    fn flush(&mut self, out: &mut Emit<'_>) {
        self.login.close(out);
        self.give_up(out);
    }

    /// Messages before the log-in; `None` if there are none (any more).
    fn before(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Option<Step> {
        if dir == Dir::Server && self.login.asked() {
            return match bytes.first() {
                None => None,
                Some(b'S') => {
                    self.login.tls(out);
                    Some(Step::Switch(1))
                }
                Some(b'G') => {
                    self.login.tls(out);
                    Some(Step::Done)
                }
                Some(b'N') => {
                    self.login.declined();
                    Some(Step::Took(1))
                }
                Some(_) => None,
            };
        }
        if dir == Dir::Server || self.heard || self.login.seen() || bytes.first() != Some(&0) {
            return None;
        }
        let began = self.begun.unwrap_or(out.now);
        let (used, message) = match self.messages[0].read(bytes, true) {
            Ok((used, Some(message))) => (used, message),
            Ok((used, None)) => return Some(Step::Took(used)),
            Err(name) => return Some(Step::Weird(name)),
        };
        self.begun = None;
        match self.login.startup(&message, began, out) {
            None => Some(Step::Weird("pgsql.field")),
            Some(true) => Some(Step::Done),
            Some(false) => Some(Step::Took(used)),
        }
    }
}

impl Parser for Pgsql {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        if *self.parts(dir).1 {
            if dir == Dir::Server || !probe::is_request(bytes) {
                return Step::Took(bytes.len());
            }
            *self.parts(dir).1 = false;
        }
        let mut at = 0;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            if rest.is_empty() {
                return Step::Took(at);
            }
            if dir == Dir::Client {
                self.begun.get_or_insert(out.now);
            }
            match self.before(dir, rest, out) {
                Some(Step::Took(0)) => return Step::Took(at),
                Some(Step::Took(n)) => {
                    at += n;
                    continue;
                }
                Some(Step::Switch(n)) => return Step::Switch(at + n),
                Some(other) => return other,
                None => {}
            }
            let (used, message) = match self.parts(dir).0.read(rest, false) {
                Ok(read) => read,
                Err(_) if self.gapped => {
                    *self.parts(dir).1 = true;
                    return Step::Took(bytes.len());
                }
                Err(name) => return Step::Weird(name),
            };
            at += used;
            let Some(message) = message else { return Step::Took(at) };
            if dir == Dir::Client {
                self.client(&message, out);
            } else if let Err(name) = self.server(&message, out) {
                return Step::Weird(name);
            }
        }
    }

    fn gap(&mut self, dir: Dir, _: u64, out: &mut Emit<'_>) -> Step {
        out.anomaly("pgsql.gap");
        self.gapped = true;
        if dir == Dir::Server
            && let Some(first) = self.waiting.front_mut()
        {
            first.lost = true;
        }
        self.flush(out);
        self.batch = None;
        self.begun = None;
        *self.parts(dir).0 = Messages::default();
        *self.parts(dir).1 = true;
        *self.parts(Dir::Server).0 = Messages::default();
        *self.parts(Dir::Server).1 = true;
        Step::Took(0)
    }

    fn waiting(&self) -> usize {
        self.waiting.len()
    }

    fn give_up(&mut self, out: &mut Emit<'_>) {
        for request in std::mem::take(&mut self.waiting) {
            request.emit(out);
        }
    }

    fn end(&mut self, out: &mut Emit<'_>) {
        self.flush(out);
    }
}
