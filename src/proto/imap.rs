//! IMAP4 (RFC 9051, 3501): commands with their tagged replies, log-ins, mails fetched or appended with their files.

mod string;

use super::fields::{ACTION, ERROR_MESSAGE, METHOD, QUERY, STATUS};
use super::lines::{self, Line};
use super::mail::Mail;
use super::sasl::{Sasl, put_login};
use super::{Dir, Emit, Options, Over, Parser, Probe, Protocol, Step};
use crate::model::{Dataset, Outcome, Stamp, Value};
use std::collections::VecDeque;
use string::{astring, is_mail, literal};

const DOC: &str = "One IMAP command with its reply, one log-in, or one whole mail that was fetched.";
/// Commands and mails.
pub static DATASET: Dataset = Dataset::requests("imap", DOC);
/// LOGIN and AUTHENTICATE.
pub static LOGIN: Dataset = Dataset::logins("imap", DOC);

crate::fields! {
    pub FIELDS;
    BANNER: Keyword, "imap.banner", "What the server greets with.";
    TAG: Keyword, "imap.tag", "Tag of the command.";
    ARGUMENT: Wildcard, "imap.argument", "What follows the command word, literals as their lengths; never a credential.";
    MAILBOX: Keyword, "imap.mailbox", "Mailbox the command names, or that is selected.";
    CONDITION: Keyword, "imap.reply.status", "OK, NO or BAD; PREAUTH or BYE in a greeting.";
    TEXT: Text, "imap.reply.text", "What follows it.";
    CODE: Keyword, "imap.reply.code", "Response code in brackets: `AUTHENTICATIONFAILED`.";
    UNTAGGED: Long, "imap.reply.untagged", "Untagged lines that came before the tagged reply.";
    EXISTS: Long, "imap.exists", "Mails in the mailbox, as the server last said.";
}

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "imap",
    doc: "IMAP4 (RFC 9051 and 3501): every command with its tagged reply; LOGIN and AUTHENTICATE (NTLM too) are \
          log-ins; every whole mail that is fetched or appended is an event as SMTP's are, with its files. After \
          STARTTLS the connection is looked at anew; after COMPRESS it is only counted.",
    over: Over::Tcp,
    ports: &[143],
    probe,
    start,
    datasets: &[&DATASET, &LOGIN],
    fields: FIELDS,
    anomalies: &[
        ("imap.line", "A line is longer than 64 KiB."),
        ("imap.tag", "A reply is for a tag that nobody used."),
        ("imap.gap", "Bytes outside a literal were not captured; commands that waited are told unanswered."),
        ("imap.pending", "Cap: more commands waited for their replies than are kept."),
    ],
};

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(Imap::default())
}

const VERBS: &[&str] =
    &["CAPABILITY", "LOGIN", "AUTHENTICATE", "STARTTLS", "NOOP", "ID", "LOGOUT", "SELECT", "EXAMINE", "LIST"];

fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    let plain = bytes.iter().take(256).all(|b| !b.is_ascii_control() || matches!(b, b'\r' | b'\n'));
    let Line::Is(line, _) = lines::line(bytes) else {
        let good = dir == Dir::Client || bytes.first() == Some(&b'*');
        return if good && plain && bytes.len() < 256 { Probe::More } else { Probe::No };
    };
    let (tag, rest) = lines::word(line);
    let (verb, _) = lines::word(rest);
    if dir == Dir::Server {
        let greets = tag == b"*" && matches!(verb, b"OK" | b"PREAUTH" | b"BYE" | b"CAPABILITY");
        return if greets { Probe::Yes } else { Probe::No };
    }
    let tagged = (1..=16).contains(&tag.len()) && tag.iter().all(u8::is_ascii_alphanumeric);
    if tagged && VERBS.contains(&lines::upper(verb).as_str()) { Probe::Yes } else { Probe::No }
}

struct Asked {
    tag: Vec<u8>,
    verb: String,
    argument: Vec<u8>,
    start: Stamp,
    bytes: [u64; 2],
    untagged: u64,
    exists: Option<u64>,
    login: Option<(String, String)>,
    sasl: Option<Sasl>,
}

/// A line with its literals, of one direction.
#[derive(Default)]
struct Side {
    line: Vec<u8>,
    left: u64,
    mail: Option<Mail>,
    begun: Option<Stamp>,
    bytes: u64,
    lost: bool,
}

#[derive(Default)]
struct Imap {
    sides: [Side; 2],
    waiting: VecDeque<Asked>,
    user: Option<String>,
    mailbox: Option<String>,
    gapped: bool,
    greeted: bool,
}

impl Imap {
    fn command(&mut self, line: &[u8], used: u64, out: &mut Emit<'_>) {
        if let Some(asked) = self.waiting.back_mut()
            && let Some(sasl) = &mut asked.sasl
        {
            asked.bytes[0] += used;
            return sasl.client_text(line);
        }
        let (tag, rest) = lines::word(line);
        // `DONE` ends IDLE.
        if rest.is_empty() && tag.eq_ignore_ascii_case(b"DONE") || tag.is_empty() {
            return;
        }
        let (verb, mut rest) = lines::word(rest);
        let mut verb = lines::upper(verb);
        if verb == "UID" {
            let (second, tail) = lines::word(rest);
            (verb, rest) = (format!("UID {}", lines::upper(second)), tail);
        }
        let (mut login, mut sasl, mut argument) = (None, None, rest.get(..1024).unwrap_or(rest).to_vec());
        match verb.as_str() {
            "LOGIN" => {
                argument.clear();
                login =
                    astring(rest).map(|(user, rest)| (user, astring(rest).map_or(String::new(), |p| p.0)));
                self.user = login.as_ref().map(|l| l.0.clone());
            }
            "AUTHENTICATE" => {
                let (mechanism, initial) = lines::word(rest);
                argument = mechanism.get(..64).unwrap_or(mechanism).to_vec();
                let mut s = Sasl::new(mechanism);
                if !initial.is_empty() {
                    s.client_text(initial);
                }
                sasl = Some(s);
            }
            "SELECT" | "EXAMINE" => self.mailbox = astring(rest).map(|m| m.0),
            _ => {}
        }
        if self.waiting.len() >= out.limits().pending
            && let Some(oldest) = self.waiting.pop_front()
        {
            out.cap("imap.pending");
            self.told(oldest, None, out);
        }
        let tag = tag.get(..64).unwrap_or(tag).to_vec();
        let bytes = [used, 0];
        self.waiting.push_back(Asked {
            tag,
            verb,
            argument,
            start: out.now,
            bytes,
            untagged: 0,
            exists: None,
            login,
            sasl,
        });
    }

    /// A line of the server; what the flow does next.
    fn reply(&mut self, line: &[u8], used: u64, out: &mut Emit<'_>) -> Option<&'static str> {
        let (tag, rest) = lines::word(line);
        let (word, text) = lines::word(rest);
        if !std::mem::replace(&mut self.greeted, true) && tag == b"*" && self.waiting.is_empty() {
            let mut draft = out.draft(&DATASET, out.now);
            draft.put(&METHOD, Value::text("CONNECT")).put_text(&BANNER, text, 512).bytes(None, Some(used));
            draft.put_text(&CONDITION, word, 16);
            draft.outcome(if word == b"BYE" { Outcome::Failure } else { Outcome::Success });
            draft.emit(out);
            return None;
        }
        if tag == b"*" || tag == b"+" {
            if let Some(front) = self.waiting.front_mut() {
                front.bytes[1] += used;
                front.untagged += u64::from(tag == b"*");
                if text == b"EXISTS" {
                    front.exists = std::str::from_utf8(word).ok().and_then(|n| n.parse().ok());
                }
                if let Some(sasl) = front.sasl.as_mut().filter(|_| tag == b"+") {
                    sasl.server_text(rest);
                }
            }
            return None;
        }
        let Some(at) = self.waiting.iter().position(|a| a.tag == tag) else {
            if !self.gapped {
                out.anomaly("imap.tag");
            }
            return None;
        };
        let mut asked = self.waiting.remove(at)?;
        asked.bytes[1] += used;
        let good = word == b"OK";
        let next = match asked.verb.as_str() {
            "STARTTLS" if good => Some("tls"),
            "COMPRESS" if good => Some("compressed"),
            _ => None,
        };
        self.told(asked, Some((word, text)), out);
        next
    }

    fn told(&mut self, asked: Asked, reply: Option<(&[u8], &[u8])>, out: &mut Emit<'_>) {
        let login = matches!(asked.verb.as_str(), "LOGIN" | "AUTHENTICATE");
        let mut draft = out.draft(if login { &LOGIN } else { &DATASET }, asked.start);
        let action =
            if login { "login".to_owned() } else { asked.verb.to_ascii_lowercase().replace(' ', "_") };
        draft
            .put(&ACTION, format!("imap.{action}"))
            .put(&METHOD, asked.verb.clone())
            .put_text(&TAG, &asked.tag, 64);
        if !asked.argument.is_empty() {
            let argument = lines::text(&asked.argument, 1024);
            draft.put(&QUERY, format!("{} {argument}", asked.verb)).put(&ARGUMENT, argument);
        }
        match (&asked.sasl, &asked.login) {
            (Some(sasl), _) => sasl.put(&mut draft, out),
            (None, Some((user, password))) => put_login(&mut draft, Some(user), Some(password), out),
            (None, None) => put_login(&mut draft, self.user.as_deref(), None, out),
        }
        let named =
            matches!(asked.verb.as_str(), "SELECT" | "EXAMINE" | "CREATE" | "DELETE" | "APPEND" | "STATUS");
        let mailbox = if named { astring(&asked.argument).map(|m| m.0) } else { None };
        draft.put_some(&MAILBOX, mailbox.or_else(|| self.mailbox.clone().filter(|_| !login)));
        draft.put_some(&EXISTS, asked.exists).bytes(Some(asked.bytes[0]), reply.map(|_| asked.bytes[1]));
        if asked.untagged > 0 {
            draft.put(&UNTAGGED, asked.untagged);
        }
        if let Some((condition, text)) = reply {
            let good = condition == b"OK";
            draft.put_text(&CONDITION, condition, 16).put_text(&TEXT, text, 1024).end(out.now);
            let code = text.strip_prefix(b"[").and_then(|t| t.split(|b| matches!(b, b' ' | b']')).next());
            draft.put_some(&CODE, code.map(|c| lines::text(c, 64)));
            draft.put(&STATUS, if good { "OK" } else { "Error" });
            draft.outcome(if good { Outcome::Success } else { Outcome::Failure });
            if !good {
                draft.put_text(&ERROR_MESSAGE, text, 1024);
            }
        }
        draft.emit(out);
    }

    /// Takes what it can of a literal; the count.
    fn literal(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> usize {
        let side = dir.of(&mut self.sides);
        let end = usize::try_from(side.left).unwrap_or(usize::MAX).min(bytes.len());
        let mut part = bytes.get(..end).unwrap_or(bytes);
        if side.mail.is_some() {
            // Whole lines, so that the cut into segments does not show.
            let last = memchr::memrchr(b'\n', part).map(|at| at + 1);
            if (part.len() as u64) < side.left && part.len() < lines::LONGEST {
                part = part.get(..last.unwrap_or(0)).unwrap_or_default();
            }
            if let Some(mail) = &mut side.mail {
                let text = part.strip_suffix(b"\n").unwrap_or(part);
                let lines = text.split(|b| *b == b'\n').map(|l| l.strip_suffix(b"\r").unwrap_or(l));
                lines.filter(|_| !part.is_empty()).for_each(|line| mail.line(line));
            }
        } else if side.line.len() + part.len() <= lines::LONGEST {
            side.line.extend_from_slice(part);
        }
        side.left -= part.len() as u64;
        side.bytes += part.len() as u64;
        if side.left == 0
            && let Some(mail) = side.mail.take()
        {
            let mut draft = out.draft(&DATASET, side.begun.take().unwrap_or(out.now));
            let (action, method) = match dir {
                Dir::Client => ("imap.append", "APPEND"),
                Dir::Server => ("imap.message", "FETCH"),
            };
            draft.put(&ACTION, Value::text(action)).put(&METHOD, Value::text(method)).end(out.now);
            draft.put_some(&MAILBOX, self.mailbox.clone());
            put_login(&mut draft, self.user.as_deref(), None, out);
            draft.outcome(Outcome::Success);
            mail.put(&mut draft, out);
            draft.emit(out);
        }
        part.len()
    }
}

impl Parser for Imap {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        let mut at = 0;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let side = dir.of(&mut self.sides);
            if side.left > 0 {
                match self.literal(dir, rest, out) {
                    0 => return Step::Took(at),
                    used => at += used,
                }
                continue;
            }
            let (line, used) = match lines::line(rest) {
                Line::Is(line, used) => (line, used),
                Line::More => return Step::Took(at),
                Line::Long => return Step::Weird("imap.line"),
            };
            at += used;
            // What begins with a star is an answer from its beginning on.
            if std::mem::take(&mut side.lost) && (dir == Dir::Client || !line.starts_with(b"* ")) {
                continue;
            }
            side.bytes += used as u64;
            if side.line.len() + line.len() <= lines::LONGEST {
                side.line.extend_from_slice(line);
            }
            if let Some(left @ 1..) = literal(line) {
                side.left = left;
                if is_mail(dir, line) {
                    (side.mail, side.begun) = (Some(Mail::default()), Some(out.now));
                }
                continue;
            }
            let (whole, size) = (std::mem::take(&mut side.line), std::mem::take(&mut side.bytes));
            if dir == Dir::Client {
                self.command(&whole, size, out);
                continue;
            }
            match self.reply(&whole, size, out) {
                Some("tls") => return Step::Switch(at),
                Some(_) => return Step::Done,
                None => {}
            }
        }
    }

    fn gap(&mut self, dir: Dir, missing: u64, out: &mut Emit<'_>) -> Step {
        let side = dir.of(&mut self.sides);
        self.gapped = true;
        if side.left > missing {
            side.left -= missing;
            if let Some(mail) = &mut side.mail {
                mail.tear();
            }
            return Step::Took(0);
        }
        *side = Side { lost: true, ..Side::default() };
        out.anomaly("imap.gap");
        self.greeted = true;
        self.give_up(out);
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
}
