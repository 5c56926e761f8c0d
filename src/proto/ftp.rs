//! FTP (RFC 959, 2228, 2428, 3659): commands with their replies, log-ins, transfers with the data address.

mod address;
pub mod data;

use super::fields::{ACTION, ERROR_MESSAGE, FILE_NAME, FILE_PATH, FILE_SIZE, METHOD, QUERY, STATUS};
use super::lines::{self, Line};
use super::sasl::Login;
use super::{Dir, Draft, Emit, Options, Over, Parser, Probe, Protocol, Step};
use crate::model::{Dataset, Outcome, Stamp, Value};
use address::{extended, six};
use std::collections::VecDeque;
use std::net::IpAddr;

const DOC: &str = "One FTP command with its last reply, or one log-in.";
/// Commands.
pub static DATASET: Dataset = Dataset::requests("ftp", DOC);
/// USER and PASS.
pub static LOGIN: Dataset = Dataset::logins("ftp", DOC);

crate::fields! {
    pub FIELDS;
    BANNER: Keyword, "ftp.banner", "What the server greets with.";
    ARGUMENT: Wildcard, "ftp.argument", "What follows the command word; never a password.";
    CODE: Long, "ftp.reply.code", "Code of the last reply, 100 to 599.";
    TEXT: Text, "ftp.reply.text", "Text of the last reply, its lines joined.";
    DATA_IP: Ip, "ftp.data.ip", "Address announced for the data connection.";
    DATA_PORT: Long, "ftp.data.port", "Port announced for the data connection.";
    DATA_PASSIVE: Boolean, "ftp.data.passive", "The server listens for the data connection (PASV, EPSV).";
    DATA_FOREIGN: Boolean, "ftp.data.foreign", "The address announced is of neither end: a bounce, or a translated address.";
    DIRECTORY: Wildcard, "ftp.cwd", "Directory the server named last (PWD, CWD).";
}

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "ftp",
    doc: "FTP (RFC 959 with 2228, 2428 and 3659): every command with its last reply; USER and PASS are one log-in; a \
          transfer carries the file's path, its size where the server tells it, and the address announced by PASV, \
          EPSV, PORT or EPRT. What comes over that address is told as ftp.transfer with size, type by content and \
          SHA-256, the transfer's command has them too, and the flow is called ftp-data; this takes the control \
          connection in the same capture, and its command before the end of the data. After AUTH TLS the connection \
          is looked at anew, and data connections stay TLS.",
    over: Over::Tcp,
    ports: &[21, 2121],
    probe,
    start,
    datasets: &[&DATASET, &LOGIN, &data::DATA],
    fields: FIELDS,
    anomalies: &[
        ("ftp.line", "A command or reply is longer than 64 KiB."),
        ("ftp.reply", "A reply has no three-digit code."),
        ("ftp.unsolicited", "A final reply came without a command."),
        ("ftp.address", "The address of a PORT or PASV does not parse."),
        ("ftp.bounce", "PORT or EPRT names an address that is not the client's."),
        ("ftp.gap", "Bytes were not captured; commands that waited are told unanswered."),
        (
            "ftp.transfers",
            "Cap: more data connections were announced than are kept; the oldest is forgotten.",
        ),
        ("ftp.pending", "Cap: more commands waited for their replies than are kept."),
    ],
};

static VERBS: &[&str] = &[
    "USER", "PASS", "ACCT", "CWD", "XCWD", "CDUP", "XCUP", "SMNT", "REIN", "QUIT", "PORT", "PASV", "TYPE",
    "STRU", "MODE", "RETR", "STOR", "STOU", "APPE", "ALLO", "REST", "RNFR", "RNTO", "ABOR", "DELE", "RMD",
    "XRMD", "MKD", "XMKD", "PWD", "XPWD", "LIST", "NLST", "SITE", "SYST", "STAT", "HELP", "NOOP", "FEAT",
    "OPTS", "AUTH", "ADAT", "PROT", "PBSZ", "CCC", "EPRT", "EPSV", "MDTM", "SIZE", "MLST", "MLSD", "LANG",
    "CLNT", "HASH", "MFMT", "HOST",
];
const TRANSFERS: &[&str] = &["RETR", "STOR", "STOU", "APPE", "LIST", "NLST", "MLSD"];

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(Ftp::default())
}

fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    let line = match lines::first(bytes, 600) {
        Ok(line) => line,
        Err(probe) => return probe,
    };
    if dir == Dir::Server {
        let Some((120 | 220 | 421 | 530, _, text)) = lines::reply(line) else { return Probe::No };
        let text = text.to_ascii_lowercase();
        return match memchr::memmem::find(&text, b"ftp") {
            Some(_) => Probe::Yes,
            None if memchr::memmem::find(&text, b"smtp").is_some() => Probe::No,
            None => asked_for_a_password(bytes),
        };
    }
    let (verb, rest) = lines::word(line);
    match (lines::upper(verb).as_str(), rest) {
        ("AUTH", b"TLS" | b"SSL" | b"TLS-C" | b"GSSAPI") => Probe::Yes,
        // IRC's USER has more arguments.
        ("USER", [_, ..]) if !rest.contains(&b' ') => lines::user_and_password(bytes),
        ("FEAT" | "SYST" | "PASV" | "EPSV", b"") => Probe::Yes,
        _ => Probe::No,
    }
}

/// What follows a greeting that could be a mail server's: `331` and `230` (RFC 959 4.2) are of FTP alone.
fn asked_for_a_password(bytes: &[u8]) -> Probe {
    let mut codes = bytes.split(|b| *b == b'\n').filter_map(|line| line.first_chunk::<3>());
    match codes.find(|code| matches!(*code, b"331" | b"332" | b"230" | b"250")) {
        Some(b"250") => Probe::No,
        Some(_) => Probe::Yes,
        None => Probe::More,
    }
}

struct Asked {
    verb: String,
    argument: Vec<u8>,
    start: Stamp,
    bytes: [u64; 2],
    data: Option<(IpAddr, u16, bool)>,
    login: Option<Login>,
}

#[derive(Default)]
struct Ftp {
    waiting: VecDeque<Asked>,
    user: Option<Login>,
    data: Option<(IpAddr, u16, bool)>,
    cwd: Option<String>,
    /// Code and lines of a reply that goes on.
    reply: Option<(u16, Vec<u8>)>,
    preliminary: Option<Vec<u8>>,
    bytes: u64,
    lost: [bool; 2],
    gapped: bool,
    greeted: bool,
}

impl Ftp {
    fn command(&mut self, line: &[u8], used: usize, out: &mut Emit<'_>) {
        // Telnet's interrupt and synch may come before ABOR.
        let line =
            line.iter().position(|b| b.is_ascii_alphabetic()).and_then(|at| line.get(at..)).unwrap_or(line);
        let (verb, rest) = lines::word(line);
        let verb = lines::upper(verb);
        if !VERBS.contains(&verb.as_str()) && self.gapped {
            return;
        }
        let (mut data, mut login) = (None, None);
        match verb.as_str() {
            "USER" => {
                self.user = Some(Login::user(rest, out.now));
                login.clone_from(&self.user);
            }
            "PASS" => {
                login = Some(Login::password(self.user.as_ref(), rest, out.now));
                if let Some(user) = self.waiting.back_mut().and_then(|asked| asked.login.as_mut()) {
                    user.half = true;
                }
            }
            "PORT" | "EPRT" => {
                let found = if verb == "PORT" {
                    six(rest)
                } else {
                    extended(rest).and_then(|(ip, p)| Some((ip?, p)))
                };
                match found {
                    None => out.anomaly("ftp.address"),
                    Some((ip, port)) => {
                        if out.flow.client.ip != Some(ip) {
                            out.anomaly("ftp.bounce");
                        }
                        self.data = Some((ip, port, false));
                        data = self.data;
                    }
                }
            }
            v if TRANSFERS.contains(&v) => data = self.data.take(),
            _ => {}
        }
        let expects = TRANSFERS.contains(&verb.as_str());
        if self.waiting.len() >= out.limits().pending
            && let Some(oldest) = self.waiting.pop_front()
        {
            out.cap("ftp.pending");
            self.told(oldest, None, out);
        }
        let argument =
            if verb == "PASS" || verb == "ADAT" { &[][..] } else { rest.get(..1024).unwrap_or(rest) };
        let argument = argument.to_vec();
        let asked = Asked { verb, argument, start: out.now, bytes: [used as u64, 0], data, login };
        if expects {
            self.expect(&asked, out);
        }
        self.waiting.push_back(asked);
    }

    /// Tells the engine which data connection is to come, and what for.
    fn expect(&self, asked: &Asked, out: &mut Emit<'_>) {
        let Some((ip, port, passive)) = asked.data else { return };
        let mut draft = out.draft(&data::EXPECTED, asked.start);
        draft.put(&ACTION, "ftp.transfer").put(&METHOD, asked.verb.clone());
        draft.put(
            &QUERY,
            format!("{} {}", asked.verb, lines::text(&asked.argument, 1024)).trim_end().to_owned(),
        );
        draft.put(&DATA_IP, ip).put(&DATA_PORT, port).put(&DATA_PASSIVE, passive);
        if let Some(user) = &self.user {
            user.put(&mut draft, out);
        }
        file(asked, None, None, &mut draft);
        draft.emit(out);
    }

    /// A whole reply; whether the connection is TLS from here on.
    fn answer(&mut self, code: u16, text: Vec<u8>, out: &mut Emit<'_>) -> bool {
        let bytes = std::mem::take(&mut self.bytes);
        if !std::mem::replace(&mut self.greeted, true) && self.waiting.is_empty() {
            let mut draft = out.draft(&DATASET, out.now);
            draft.put(&METHOD, Value::text("CONNECT")).put_text(&BANNER, &text, 512).bytes(None, Some(bytes));
            finish(&mut draft, code, &text, out);
            draft.emit(out);
            return false;
        }
        if code < 200 {
            if let Some(front) = self.waiting.front_mut() {
                front.bytes[1] += bytes;
                self.preliminary = Some(text);
            }
            return false;
        }
        let Some(mut asked) = self.waiting.pop_front() else {
            if !self.gapped && code != 421 {
                out.anomaly("ftp.unsolicited");
            }
            return false;
        };
        asked.bytes[1] += bytes;
        match (asked.verb.as_str(), code) {
            ("PASV", 227) => {
                self.data = six(text.get(memchr::memchr(b'(', &text).unwrap_or(0)..).unwrap_or_default())
                    .map(|(ip, port)| (ip, port, true));
                asked.data = self.data;
            }
            ("EPSV", 229) => {
                let inner = memchr::memchr(b'(', &text).and_then(|at| text.get(at + 1..)).and_then(extended);
                let server = out.flow.server.ip;
                self.data = inner.and_then(|(ip, port)| Some((ip.or(server)?, port, true)));
                asked.data = self.data;
            }
            ("PWD" | "XPWD" | "CWD", 200..=299) => {
                let mut quoted = text.split(|b| *b == b'"');
                self.cwd = quoted.nth(1).map(|d| lines::text(d, 1024)).or(self.cwd.take());
            }
            _ => {}
        }
        if matches!((asked.verb.as_str(), code), ("PASV", 227) | ("EPSV", 229)) && asked.data.is_none() {
            out.anomaly("ftp.address");
        }
        let tls = asked.verb == "AUTH" && code == 234;
        self.told(asked, Some((code, text)), out);
        tls
    }

    fn told(&mut self, asked: Asked, reply: Option<(u16, Vec<u8>)>, out: &mut Emit<'_>) {
        let preliminary = self.preliminary.take();
        let code = reply.as_ref().map(|r| r.0);
        // The log-in is told once the server has decided, or with PASS where no answer was captured.
        let half = asked.login.as_ref().is_some_and(|login| login.half);
        if asked.verb == "USER" && code.map_or(half, |c| (300..400).contains(&c)) {
            return;
        }
        let login = asked.login.is_some();
        let start = asked.login.as_ref().map_or(asked.start, |login| login.start);
        let mut draft = out.draft(if login { &LOGIN } else { &DATASET }, start);
        draft.put(
            &ACTION,
            if login { "ftp.login".to_owned() } else { format!("ftp.{}", asked.verb.to_ascii_lowercase()) },
        );
        draft.put(&METHOD, asked.verb.clone());
        if !asked.argument.is_empty() {
            draft.put(&QUERY, format!("{} {}", asked.verb, lines::text(&asked.argument, 1024)));
            draft.put_text(&ARGUMENT, &asked.argument, 1024);
        }
        if let Some(login) = asked.login.as_ref().or(self.user.as_ref()) {
            login.put(&mut draft, out);
        }
        if let Some((ip, port, passive)) = asked.data {
            let ends = [out.flow.client.ip, out.flow.server.ip];
            draft.put(&DATA_IP, ip).put(&DATA_PORT, port).put(&DATA_PASSIVE, passive);
            draft.put(&DATA_FOREIGN, !ends.contains(&Some(ip)));
        }
        file(&asked, reply.as_ref(), preliminary.as_deref(), &mut draft);
        draft.put_some(&DIRECTORY, self.cwd.clone());
        draft.bytes(Some(asked.bytes[0]), reply.as_ref().map(|_| asked.bytes[1]));
        if let Some((code, text)) = reply {
            finish(&mut draft, code, &text, out);
        }
        draft.emit(out);
    }
}

/// Path, name and size of what a command is about.
fn file(asked: &Asked, reply: Option<&(u16, Vec<u8>)>, preliminary: Option<&[u8]>, draft: &mut Draft) {
    let about =
        matches!(asked.verb.as_str(), "RETR" | "STOR" | "APPE" | "DELE" | "SIZE" | "MDTM" | "RNFR" | "RNTO");
    if !about || asked.argument.is_empty() {
        return;
    }
    draft.put_text(&FILE_PATH, &asked.argument, 1024);
    let name = asked.argument.rsplit(|b| matches!(b, b'/' | b'\\')).next().unwrap_or_default();
    draft.put_text(&FILE_NAME, name, 256);
    let number = |text: &[u8]| std::str::from_utf8(text).ok().and_then(|t| t.trim().parse::<u64>().ok());
    let size = match (asked.verb.as_str(), reply) {
        ("SIZE", Some((213, text))) => number(text),
        // `Opening BINARY mode data connection for x (1234 bytes).`
        ("RETR", Some(_)) => preliminary.and_then(|text| {
            let at = memchr::memrchr(b'(', text)? + 1;
            number(lines::word(text.get(at..)?).0)
        }),
        _ => None,
    };
    draft.put_some(&FILE_SIZE, size);
}

fn finish(draft: &mut Draft, code: u16, text: &[u8], out: &Emit<'_>) {
    let good = code < 400;
    draft.put(&CODE, code).put_text(&TEXT, text, 1024).end(out.now);
    draft.put(&STATUS, if good { "OK" } else { "Error" });
    draft.outcome(if good { Outcome::Success } else { Outcome::Failure });
    if !good {
        draft.put_text(&ERROR_MESSAGE, text, 1024);
    }
}

impl Parser for Ftp {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        let mut at = 0;
        loop {
            let (line, used) = match lines::line(bytes.get(at..).unwrap_or_default()) {
                Line::Is(line, used) => (line, used),
                Line::More => return Step::Took(at),
                Line::Long => return Step::Weird("ftp.line"),
            };
            at += used;
            if lines::passed_over(&mut self.lost, dir, lines::reply(line).is_some()) {
                continue;
            }
            if dir == Dir::Client {
                self.command(line, used, out);
                continue;
            }
            self.bytes += used as u64;
            let (code, more, text) = match (lines::reply(line), self.reply.take()) {
                // RFC 959 §4.2: lines within a reply may look like anything.
                (found, Some((code, mut text))) => {
                    let end = found.filter(|f| f.0 == code && !f.1);
                    if text.len() < 4096 {
                        text.push(b'\n');
                        text.extend_from_slice(end.map_or(line, |f| f.2).get(..512).unwrap_or(line));
                    }
                    (code, end.is_none(), text)
                }
                (Some((code, more, text)), None) => (code, more, text.get(..1024).unwrap_or(text).to_vec()),
                (None, None) if self.gapped || line.is_empty() => continue,
                (None, None) => return Step::Weird("ftp.reply"),
            };
            if more {
                self.reply = Some((code, text));
            } else if self.answer(code, text, out) {
                return Step::Switch(at);
            }
        }
    }

    fn gap(&mut self, dir: Dir, _: u64, out: &mut Emit<'_>) -> Step {
        out.anomaly("ftp.gap");
        *dir.of(&mut self.lost) = true;
        (self.gapped, self.greeted, self.reply) = (true, true, None);
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

#[cfg(test)]
mod tests;
