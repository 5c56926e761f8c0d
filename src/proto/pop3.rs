//! POP3 (RFC 1939, 2449, 2595, 5034): commands with their replies, log-ins, mails with their files.

use super::fields::{ACTION, AUTH_METHOD, ERROR_MESSAGE, METHOD, QUERY, STATUS};
use super::lines::{self, Line};
use super::mail::Mail;
use super::sasl::{Asked, Login, Sasl};
use super::{Dir, Emit, Options, Over, Parser, Probe, Protocol, Step};
use crate::model::{Dataset, Outcome, Value};
use std::collections::VecDeque;

const DOC: &str = "One POP3 command with its reply, or one log-in; RETR with the mail it fetched.";
/// Commands.
pub static DATASET: Dataset = Dataset::requests("pop3", DOC);
/// USER and PASS, APOP, AUTH.
pub static LOGIN: Dataset = Dataset::logins("pop3", DOC);

crate::fields! {
    pub FIELDS;
    BANNER: Keyword, "pop3.banner", "What the server greets with.";
    ARGUMENT: Keyword, "pop3.argument", "What follows the command word; never a credential.";
    TEXT: Text, "pop3.reply.text", "What follows +OK or -ERR.";
    LINES: Long, "pop3.reply.lines", "Lines of a reply of several lines.";
}

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "pop3",
    doc: "POP3 (RFC 1939 with 2449, 2595 and 5034): every command with its reply; USER and PASS, APOP or AUTH are one \
          log-in; a mail fetched with RETR or TOP is told as SMTP's are, with its files. After STLS the connection is \
          looked at anew.",
    over: Over::Tcp,
    ports: &[110],
    probe,
    start,
    datasets: &[&DATASET, &LOGIN],
    fields: FIELDS,
    anomalies: &[
        ("pop3.line", "A line is longer than 64 KiB."),
        ("pop3.reply", "A reply is neither +OK nor -ERR."),
        ("pop3.unsolicited", "A reply came without a command."),
        ("pop3.gap", "Bytes were not captured; commands that waited are told unanswered."),
        ("pop3.pending", "Cap: more commands waited for their replies than are kept."),
    ],
};

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(Pop3::default())
}

fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    let begins = |word: &[u8]| bytes.get(..word.len().min(bytes.len())).is_some_and(|b| word.starts_with(b));
    if dir == Dir::Server && !begins(b"+OK") && !begins(b"-ERR ") {
        return Probe::No;
    }
    let line = match lines::first(bytes, 520) {
        Ok(line) => line,
        Err(probe) => return probe,
    };
    if dir == Dir::Server {
        // Redis answers `+OK` too, but says nothing more.
        let told = line.strip_prefix(b"+OK ").is_some_and(|text| !text.trim_ascii().is_empty());
        return if told { Probe::Yes } else { Probe::More };
    }
    match (lines::upper(lines::word(line).0).as_str(), lines::word(line).1) {
        ("CAPA" | "STLS" | "UIDL" | "AUTH", b"") | ("APOP", [_, ..]) => Probe::Yes,
        ("USER", [_, ..]) => lines::user_and_password(bytes),
        _ => Probe::No,
    }
}

impl Asked {
    /// Whether a positive reply has more lines.
    fn several(&self) -> bool {
        match self.verb.as_str() {
            "RETR" | "TOP" | "CAPA" => true,
            "LIST" | "UIDL" => self.argument.is_empty(),
            "AUTH" => self.argument.is_empty() && self.sasl.is_none(),
            _ => false,
        }
    }
}

/// A reply whose lines pass.
#[derive(Default)]
struct Body {
    text: Vec<u8>,
    lines: u64,
    bytes: u64,
    mail: Option<Mail>,
}

#[derive(Default)]
struct Pop3 {
    waiting: VecDeque<Asked>,
    body: Option<Body>,
    user: Option<Login>,
    lost: [bool; 2],
    gapped: bool,
    greeted: bool,
}

impl Pop3 {
    fn command(&mut self, line: &[u8], used: usize, out: &mut Emit<'_>) {
        if let Some(asked) = self.waiting.back_mut()
            && let Some(sasl) = &mut asked.sasl
        {
            asked.bytes += used as u64;
            return sasl.client_text(line);
        }
        let (verb, rest) = lines::word(line);
        let verb = lines::upper(verb);
        let (first, second) = lines::word(rest);
        let (mut sasl, mut login) = (None, None);
        match verb.as_str() {
            "USER" | "APOP" => {
                self.user = Some(Login::user(if verb == "USER" { rest } else { first }, out.now));
                login.clone_from(&self.user);
            }
            "PASS" => {
                login = Some(Login::password(self.user.as_ref(), rest, out.now));
                if let Some(user) = self.waiting.back_mut().and_then(|asked| asked.login.as_mut()) {
                    user.half = true;
                }
            }
            "AUTH" if !rest.is_empty() => {
                let mut begun = Sasl::new(first);
                if !second.is_empty() {
                    begun.client_text(second);
                }
                sasl = Some(begun);
            }
            _ => {}
        }
        if self.waiting.len() >= out.limits().pending
            && let Some(oldest) = self.waiting.pop_front()
        {
            out.cap("pop3.pending");
            self.told(oldest, None, out);
        }
        let argument = match verb.as_str() {
            "PASS" | "APOP" => &[][..],
            "AUTH" => first,
            _ => rest.get(..512).unwrap_or(rest),
        };
        let argument = argument.to_vec();
        self.waiting.push_back(Asked { verb, argument, start: out.now, bytes: used as u64, sasl, login });
    }

    /// A line of the server outside of a body; whether TLS follows. `None` if it is no reply.
    fn reply(&mut self, line: &[u8], used: usize, out: &mut Emit<'_>) -> Option<bool> {
        let (good, text) = match (line.strip_prefix(b"+OK"), line.strip_prefix(b"-ERR")) {
            (Some(text), _) => (true, text.trim_ascii()),
            (None, Some(text)) => (false, text.trim_ascii()),
            (None, None) => {
                let text = line.strip_prefix(b"+")?.trim_ascii();
                if let Some(sasl) = self.waiting.front_mut().and_then(|a| a.sasl.as_mut()) {
                    sasl.server_text(text);
                }
                return Some(false);
            }
        };
        let body =
            Body { text: text.get(..1024).unwrap_or(text).to_vec(), bytes: used as u64, ..Body::default() };
        if !std::mem::replace(&mut self.greeted, true) && self.waiting.is_empty() {
            let mut draft = out.draft(&DATASET, out.now);
            draft
                .put(&METHOD, Value::text("CONNECT"))
                .put_text(&BANNER, text, 512)
                .bytes(None, Some(used as u64));
            draft.outcome(if good { Outcome::Success } else { Outcome::Failure });
            draft.emit(out);
            return Some(false);
        }
        if good && let Some(asked) = self.waiting.front().filter(|a| a.several()) {
            let mail = matches!(asked.verb.as_str(), "RETR" | "TOP").then(Mail::default);
            self.body = Some(Body { mail, ..body });
            return Some(false);
        }
        let Some(asked) = self.waiting.pop_front() else {
            if !self.gapped {
                out.anomaly("pop3.unsolicited");
            }
            return Some(false);
        };
        let tls = good && asked.verb == "STLS";
        self.told(asked, Some((good, body)), out);
        Some(tls)
    }

    fn told(&mut self, asked: Asked, reply: Option<(bool, Body)>, out: &mut Emit<'_>) {
        let good = reply.as_ref().map(|r| r.0);
        // The log-in is told with PASS, also where no answer was captured.
        let half = asked.login.as_ref().is_some_and(|login| login.half);
        if asked.verb == "USER" && (good == Some(true) || good.is_none() && half) {
            return;
        }
        let login = asked.sasl.is_some() || asked.login.is_some();
        let start = asked.login.as_ref().map_or(asked.start, |login| login.start);
        let mut draft = out.draft(if login { &LOGIN } else { &DATASET }, start);
        draft.put(
            &ACTION,
            if login { "pop3.login".to_owned() } else { format!("pop3.{}", asked.verb.to_ascii_lowercase()) },
        );
        draft.put(&METHOD, asked.verb.clone());
        if !asked.argument.is_empty() {
            draft.put(&QUERY, format!("{} {}", asked.verb, lines::text(&asked.argument, 512)));
            draft.put_text(&ARGUMENT, &asked.argument, 512);
        }
        if let Some(sasl) = &asked.sasl {
            sasl.put(&mut draft, out);
        } else if let Some(login) = asked.login.as_ref().or(self.user.as_ref()) {
            login.put(&mut draft, out);
        }
        if asked.verb == "APOP" {
            draft.put(&AUTH_METHOD, Value::text("APOP"));
        }
        draft.bytes(Some(asked.bytes), reply.as_ref().map(|r| r.1.bytes));
        if let Some((good, body)) = reply {
            draft.put_text(&TEXT, &body.text, 1024).end(out.now);
            draft.put(&STATUS, if good { "OK" } else { "Error" });
            draft.outcome(if good { Outcome::Success } else { Outcome::Failure });
            if !good {
                draft.put_text(&ERROR_MESSAGE, &body.text, 1024);
            }
            if body.lines > 0 {
                draft.put(&LINES, body.lines);
            }
            if let Some(mail) = body.mail {
                mail.put(&mut draft, out);
            }
        }
        draft.emit(out);
    }

    fn flush(&mut self, out: &mut Emit<'_>) {
        let mut body = self.body.take();
        for asked in std::mem::take(&mut self.waiting) {
            self.told(asked, body.take().map(|b| (true, b)), out);
        }
    }
}

impl Parser for Pop3 {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        let mut at = 0;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let (line, used) = match lines::line(rest) {
                Line::Is(line, used) => (line, used),
                Line::More => return Step::Took(at),
                Line::Long if dir == Dir::Server && self.body.is_some() => {
                    (rest.get(..lines::LONGEST).unwrap_or(rest), lines::LONGEST)
                }
                Line::Long => return Step::Weird("pop3.line"),
            };
            at += used;
            let reply = self.body.is_none() && (line.starts_with(b"+OK") || line.starts_with(b"-ERR"));
            if lines::passed_over(&mut self.lost, dir, reply) {
                continue;
            }
            if dir == Dir::Client {
                self.command(line, used, out);
                continue;
            }
            if let Some(body) = &mut self.body {
                body.bytes += used as u64;
                if line == b"." {
                    let (body, asked) = (self.body.take().unwrap_or_default(), self.waiting.pop_front());
                    if let Some(asked) = asked {
                        self.told(asked, Some((true, body)), out);
                    }
                    continue;
                }
                body.lines += 1;
                if let Some(mail) = &mut body.mail {
                    mail.line(line.strip_prefix(b".").unwrap_or(line));
                }
                continue;
            }
            match self.reply(line, used, out) {
                Some(true) => return Step::Switch(at),
                Some(false) => {}
                None if self.gapped => {}
                None => return Step::Weird("pop3.reply"),
            }
        }
    }

    fn gap(&mut self, dir: Dir, _: u64, out: &mut Emit<'_>) -> Step {
        out.anomaly("pop3.gap");
        *dir.of(&mut self.lost) = true;
        (self.gapped, self.greeted) = (true, true);
        if dir == Dir::Server
            && let Some(mail) = self.body.as_mut().and_then(|b| b.mail.as_mut())
        {
            mail.tear();
            return Step::Took(0);
        }
        self.flush(out);
        Step::Took(0)
    }

    fn waiting(&self) -> usize {
        self.waiting.len()
    }

    fn give_up(&mut self, out: &mut Emit<'_>) {
        // The first is being answered where a body is coming.
        let answered = usize::from(self.body.is_some()).min(self.waiting.len());
        for asked in self.waiting.split_off(answered) {
            self.told(asked, None, out);
        }
    }

    fn end(&mut self, out: &mut Emit<'_>) {
        self.flush(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Transport;
    use crate::proto::replay::Bench;

    #[test]
    fn a_greeting_says_something() {
        let server = |text: &[u8]| probe(Dir::Server, text);
        assert_eq!(server(b"+OK Hello there.\r\n"), Probe::Yes);
        assert_eq!(server(b"+OK <1896.697170952@dbc.mtview.ca.us>\r\n"), Probe::Yes);
        assert_eq!(server(b"+OK\r\n"), Probe::More, "Redis");
    }

    #[test]
    fn a_client_alone_is_read() {
        let client = |text: &[u8]| probe(Dir::Client, text);
        assert_eq!((client(b"USER bob\r\n"), client(b"USER bob\r\nPA")), (Probe::More, Probe::More));
        assert_eq!(client(b"USER bob\r\nPASS x\r\n"), Probe::Yes);
        let mut b = Bench::new(&PROTOCOL, Transport::Tcp, false);
        b.feed(Dir::Client, 1, b"USER bob\r\n");
        b.feed(Dir::Client, 2, b"PASS x\r\nUSER eve\r\nPASS y\r\nSTAT\r\n");
        b.end(3);
        let told: Vec<_> = b
            .events
            .iter()
            .map(|event| {
                let text = |name| event.by_name(name).and_then(Value::as_str).unwrap_or_default();
                (text("event.action"), text("user.name"), event.has("netlog.user.clear_password"))
            })
            .collect();
        assert_eq!(
            told,
            [("pop3.login", "bob", true), ("pop3.login", "eve", true), ("pop3.stat", "eve", false)]
        );
        assert_eq!((b.events[0].ts, b.events[0].outcome), (1, Outcome::Unknown));
    }
}
