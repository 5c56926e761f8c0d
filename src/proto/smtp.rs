//! SMTP (RFC 5321): commands with their replies, log-ins, mails with their headers and files.

mod fields;
mod mail_event;
#[cfg(test)]
mod tests;

use super::fields::{ACTION, ERROR_MESSAGE, METHOD, QUERY, STATUS};
use super::lines::{self, Line};
use super::sasl::{Asked, Sasl};
use super::{Dir, Draft, Emit, Options, Over, Parser, Probe, Protocol, Step};
use crate::model::{Dataset, Outcome, Stamp, Value};
use fields as f;
use mail_event::Envelope;
use std::collections::VecDeque;

const DOC: &str =
    "One SMTP command with its reply, one log-in, or one mail from MAIL to the reply to its contents.";
/// Commands and mails.
pub static DATASET: Dataset = Dataset::requests("smtp", DOC);
/// AUTH.
pub static LOGIN: Dataset = Dataset::logins("smtp", DOC);

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "smtp",
    doc: "SMTP and LMTP (RFC 5321, 2033): the greeting, EHLO, and every other command with its reply; AUTH (RFC 4954) \
          with the account, NTLM too; a mail is one event with its envelope, the recipients refused, subject, \
          addresses, and each file's name, type by content, size and SHA-256. After STARTTLS the connection is looked \
          at anew. Contents of mails are not kept.",
    over: Over::Tcp,
    ports: &[25, 587, 2525, 24],
    probe,
    start,
    datasets: &[&DATASET, &LOGIN],
    fields: f::FIELDS,
    anomalies: &[
        ("smtp.line", "A command or reply is longer than 64 KiB."),
        ("smtp.reply", "A reply has no three-digit code."),
        ("smtp.unsolicited", "A reply came without a command."),
        ("smtp.gap", "Bytes were not captured; commands that waited are told unanswered."),
        ("smtp.pending", "Cap: more commands waited for their replies than are kept."),
    ],
};

static VERBS: &[&str] = &[
    "HELO", "EHLO", "LHLO", "MAIL", "RCPT", "DATA", "BDAT", "RSET", "NOOP", "QUIT", "VRFY", "EXPN", "HELP",
    "AUTH", "STARTTLS", "XCLIENT", "XFORWARD", "ETRN", "TURN",
];

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(Smtp::default())
}

fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    let line = match lines::first(bytes, 600) {
        Ok(line) => line,
        Err(probe) => return probe,
    };
    if dir == Dir::Server {
        let Some((220 | 421 | 554, _, text)) = lines::reply(line) else { return Probe::No };
        let told = [&b"SMTP"[..], b"LMTP"].iter().any(|w| memchr::memmem::find(text, w).is_some());
        return if told { Probe::Yes } else { Probe::More };
    }
    let (verb, rest) = lines::word(line);
    match lines::upper(verb).as_str() {
        "EHLO" | "HELO" | "LHLO" if !rest.is_empty() => Probe::Yes,
        "MAIL" if rest.get(..6).is_some_and(|r| r.eq_ignore_ascii_case(b"FROM:<")) => Probe::Yes,
        _ => Probe::No,
    }
}

/// What the client's bytes are.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Mode {
    #[default]
    Commands,
    Auth,
    Data,
    Chunk(u64),
}

#[derive(Default)]
struct Smtp {
    mode: Mode,
    waiting: VecDeque<Asked>,
    /// Lines of the reply so far.
    reply: Vec<u8>,
    reply_bytes: u64,
    lost: [bool; 2],
    gapped: bool,
    greeted: bool,
    start: Option<Stamp>,
    envelope: Envelope,
}

impl Smtp {
    fn command(&mut self, line: &[u8], used: usize, out: &mut Emit<'_>) {
        let (verb, rest) = lines::word(line);
        let verb = lines::upper(verb);
        if !VERBS.contains(&verb.as_str()) && self.gapped {
            return;
        }
        let mut sasl = None;
        match verb.as_str() {
            "MAIL" => {
                // One before that was neither sent nor taken back.
                if !self.waiting.iter().any(|asked| matches!(asked.verb.as_str(), "." | "BDAT")) {
                    self.mail(None, out);
                }
                self.envelope = Envelope::new(rest, out.now);
            }
            "DATA" => self.mode = Mode::Data,
            "BDAT" => {
                let (size, _) = lines::word(rest);
                let size = std::str::from_utf8(size).ok().and_then(|s| s.parse().ok()).unwrap_or(0);
                self.mode = if size > 0 { Mode::Chunk(size) } else { Mode::Commands };
            }
            "AUTH" => {
                let (mechanism, initial) = lines::word(rest);
                let mut login = Sasl::new(mechanism);
                if !initial.is_empty() {
                    login.client_text(initial);
                }
                sasl = Some(login);
                self.mode = Mode::Auth;
            }
            _ => {}
        }
        if self.waiting.len() >= out.limits().pending
            && let Some(oldest) = self.waiting.pop_front()
        {
            out.cap("smtp.pending");
            self.told(oldest, None, out);
        }
        let argument = if sasl.is_some() { Vec::new() } else { rest.get(..1024).unwrap_or(rest).to_vec() };
        self.waiting.push_back(Asked {
            verb,
            argument,
            start: out.now,
            bytes: used as u64,
            sasl,
            login: None,
        });
    }

    /// A line of the client.
    fn client(&mut self, line: &[u8], used: usize, out: &mut Emit<'_>) {
        match self.mode {
            Mode::Commands => self.command(line, used, out),
            Mode::Auth => {
                let asked = self.waiting.back_mut().filter(|a| a.sasl.is_some());
                match asked {
                    Some(asked) => {
                        asked.bytes += used as u64;
                        if let Some(sasl) = &mut asked.sasl {
                            sasl.client_text(line);
                        }
                    }
                    None => {
                        self.mode = Mode::Commands;
                        self.command(line, used, out);
                    }
                }
            }
            Mode::Data if line == b"." => {
                self.mode = Mode::Commands;
                let asked = Asked {
                    verb: ".".to_owned(),
                    argument: Vec::new(),
                    start: out.now,
                    bytes: used as u64,
                    sasl: None,
                    login: None,
                };
                self.waiting.push_back(asked);
            }
            Mode::Data => self.envelope.line(line.strip_prefix(b".").unwrap_or(line)),
            Mode::Chunk(left) => {
                self.envelope.line(line);
                let left = left.saturating_sub(used as u64);
                self.mode = if left > 0 { Mode::Chunk(left) } else { Mode::Commands };
            }
        }
    }

    /// A whole reply; what the flow does next.
    fn answer(&mut self, code: u16, out: &mut Emit<'_>) -> Option<&'static str> {
        let (text, bytes) = (std::mem::take(&mut self.reply), std::mem::take(&mut self.reply_bytes));
        if !std::mem::replace(&mut self.greeted, true) && self.waiting.is_empty() {
            let mut draft = out.draft(&DATASET, self.start.unwrap_or(out.now));
            draft.put(&METHOD, Value::text("CONNECT"));
            finish(&mut draft, code, &text, out);
            draft.put_text(&f::BANNER, &text, 512).bytes(None, Some(bytes));
            draft.emit(out);
            return None;
        }
        let go_on = matches!(code, 334 | 354);
        if go_on && let Some(sasl) = self.waiting.front_mut().and_then(|f| f.sasl.as_mut()) {
            sasl.server_text(&text);
            return None;
        }
        let Some(asked) = self.waiting.pop_front() else {
            if !self.gapped && code != 421 {
                out.anomaly("smtp.unsolicited");
            }
            return None;
        };
        match asked.verb.as_str() {
            "DATA" if code != 354 && self.mode == Mode::Data => self.mode = Mode::Commands,
            "AUTH" => self.mode = Mode::Commands,
            _ => {}
        }
        let next = (asked.verb == "STARTTLS" && code == 220).then_some("tls");
        self.told(asked, Some((code, text, bytes)), out);
        next
    }

    fn told(&mut self, asked: Asked, reply: Option<(u16, Vec<u8>, u64)>, out: &mut Emit<'_>) {
        let code = reply.as_ref().map(|r| r.0);
        match asked.verb.as_str() {
            "MAIL" if code.is_none_or(|c| c < 400) => return,
            "RCPT" => {
                return self.envelope.recipient(&asked.argument, reply.map(|(code, text, _)| (code, text)));
            }
            // Nobody was to get the mail, or its client thought better of it.
            "RSET" => self.mail(None, out),
            "DATA" if code == Some(354) => return,
            "." | "DATA" if self.envelope.is_some() => return self.mail(reply, out),
            "BDAT"
                if asked.argument.to_ascii_uppercase().ends_with(b"LAST")
                    || code.is_none_or(|c| c >= 400) =>
            {
                return self.mail(reply, out);
            }
            "BDAT" => return,
            _ => {}
        }
        let set = if asked.sasl.is_some() { &LOGIN } else { &DATASET };
        let mut draft = out.draft(set, asked.start);
        draft.put(&ACTION, format!("smtp.{}", asked.verb.to_ascii_lowercase()));
        draft.put(&METHOD, asked.verb.clone()).bytes(Some(asked.bytes), None);
        if !asked.argument.is_empty() {
            let query = format!("{} {}", asked.verb, lines::text(&asked.argument, 1024));
            draft.put(&QUERY, query).put_text(&f::ARGUMENT, &asked.argument, 1024);
        }
        if matches!(asked.verb.as_str(), "EHLO" | "HELO" | "LHLO") {
            draft.put_text(&f::HELLO, &asked.argument, 256);
        }
        if let Some(sasl) = &asked.sasl {
            sasl.put(&mut draft, out);
        }
        if let Some((code, text, bytes)) = reply {
            draft.bytes(Some(asked.bytes), Some(bytes));
            finish(&mut draft, code, &text, out);
        }
        draft.emit(out);
    }

    fn mail(&mut self, reply: Option<(u16, Vec<u8>, u64)>, out: &mut Emit<'_>) {
        let mut envelope = std::mem::take(&mut self.envelope);
        let refusal = envelope.refusal();
        let Some(mut draft) = envelope.draft(&DATASET, out) else { return };
        if let Some((code, text, bytes)) = reply {
            draft.event().destination.bytes = Some(bytes);
            finish(&mut draft, code, &text, out);
        } else if let Some((code, text)) = refusal {
            finish(&mut draft, code, &text, out);
        }
        draft.emit(out);
    }

    fn flush(&mut self, out: &mut Emit<'_>) {
        self.give_up(out);
        self.mail(None, out);
    }
}

/// Code, text, outcome and end.
fn finish(draft: &mut Draft, code: u16, text: &[u8], out: &Emit<'_>) {
    let good = code < 400;
    draft.put(&f::CODE, code).put_text(&f::TEXT, text, 1024).end(out.now);
    draft.put(&STATUS, if good { "OK" } else { "Error" });
    draft.outcome(if good { Outcome::Success } else { Outcome::Failure });
    if !good {
        draft.put_text(&ERROR_MESSAGE, text, 1024);
    }
}

impl Parser for Smtp {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        self.start.get_or_insert(out.now);
        let mut at = 0;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let body = dir == Dir::Client && matches!(self.mode, Mode::Data | Mode::Chunk(_));
            let (line, used) = match (lines::line(rest), self.mode) {
                (_, Mode::Chunk(left))
                    if body && (rest.len() as u64) < left && rest.len() < lines::LONGEST =>
                {
                    // A chunk's last line may lack its end: wait for the whole line or chunk.
                    match lines::line(rest) {
                        Line::Is(line, used) => (line, used),
                        _ => return Step::Took(at),
                    }
                }
                (Line::Is(_, used), Mode::Chunk(left)) if body && used as u64 > left => {
                    let end = usize::try_from(left).unwrap_or(usize::MAX);
                    (rest.get(..end).unwrap_or(rest), end)
                }
                (Line::More, Mode::Chunk(left)) if body && rest.len() as u64 >= left => {
                    let end = usize::try_from(left).unwrap_or(usize::MAX);
                    (rest.get(..end).unwrap_or(rest), end)
                }
                (Line::Is(line, used), _) => (line, used),
                (Line::More, _) => return Step::Took(at),
                (Line::Long, _) if body => (rest.get(..lines::LONGEST).unwrap_or(rest), lines::LONGEST),
                (Line::Long, _) => return Step::Weird("smtp.line"),
            };
            at += used;
            if lines::passed_over(&mut self.lost, dir, lines::reply(line).is_some()) {
                continue;
            }
            if dir == Dir::Client {
                self.client(line, used, out);
                continue;
            }
            let Some((code, more, text)) = lines::reply(line) else {
                if self.gapped {
                    continue;
                }
                return Step::Weird("smtp.reply");
            };
            self.reply_bytes += used as u64;
            if self.reply.len() < 8192 {
                if !self.reply.is_empty() {
                    self.reply.push(b'\n');
                }
                self.reply.extend_from_slice(text.get(..1024).unwrap_or(text));
            }
            if !more && self.answer(code, out).is_some() {
                return Step::Switch(at);
            }
        }
    }

    fn gap(&mut self, dir: Dir, _: u64, out: &mut Emit<'_>) -> Step {
        out.anomaly("smtp.gap");
        *dir.of(&mut self.lost) = true;
        (self.gapped, self.greeted) = (true, true);
        self.reply.clear();
        if dir == Dir::Client && self.mode == Mode::Data {
            self.envelope.tear();
            return Step::Took(0);
        }
        self.mode = Mode::Commands;
        self.flush(out);
        Step::Took(0)
    }

    fn waiting(&self) -> usize {
        self.waiting.len()
    }

    fn give_up(&mut self, out: &mut Emit<'_>) {
        for asked in std::mem::take(&mut self.waiting) {
            self.told(asked, None, out);
        }
    }

    fn end(&mut self, out: &mut Emit<'_>) {
        self.flush(out);
    }
}
