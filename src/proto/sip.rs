//! SIP over UDP and TCP: one event per message, responses with the time of their request.

mod event;
mod fields;
mod message;
#[cfg(test)]
mod tests;
mod uri;

use super::{Dir, Draft, Emit, Options, Over, Parser, Probe, Protocol, Step};
use crate::model::{Dataset, Outcome, Stamp, Transport};
use event::Told;
use message::Message;
use std::collections::VecDeque;

/// One message.
pub static DATASET: Dataset = Dataset {
    name: "sip",
    category: &["network"],
    types: &["info", "protocol"],
    protocol: Some("sip"),
    transaction: true,
    doc: "One SIP request or response.",
};

/// A request with credentials.
pub static LOGIN: Dataset = Dataset {
    category: &["network", "authentication"],
    name: DATASET.name,
    types: DATASET.types,
    protocol: DATASET.protocol,
    transaction: DATASET.transaction,
    doc: DATASET.doc,
};

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "sip",
    doc: "SIP (RFC 3261) over UDP and TCP with session descriptions: each message is an event, as in Packetbeat, since \
          one request may have many responses; `netlog.sip.request.start` tells when the request was sent. A REGISTER or INVITE \
          with credentials is a log-in, told once it is answered: 2xx accepts them, 401, 403 and 407 refuse them, but \
          where the challenge says that only the nonce was stale. Packetbeat takes \
          the contact from To and leaves brackets in the private address; here both are as sent.",
    over: Over::Both,
    ports: &[5060],
    probe,
    start,
    datasets: &[&DATASET, &LOGIN],
    fields: fields::FIELDS,
    anomalies: &[
        ("sip.start", "A message begins with a line that is none of SIP."),
        ("sip.header", "A line in the head is no header."),
        ("sip.head", "A head is longer than 64 KiB."),
        ("sip.gap", "Bytes of a stream were not captured; reading goes on with the next message."),
        ("sip.pending", "Cap: more requests waited for responses than are kept; the oldest is forgotten."),
    ],
};

/// Longest head.
const HEAD: usize = 64 << 10;

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(Sip::default())
}

const METHODS: &[&str] = &[
    "ACK",
    "BYE",
    "CANCEL",
    "INFO",
    "INVITE",
    "MESSAGE",
    "NOTIFY",
    "OPTIONS",
    "PRACK",
    "PUBLISH",
    "REFER",
    "REGISTER",
    "SUBSCRIBE",
    "UPDATE",
];

/// What the first bytes of a direction tell; either side may ask.
fn probe(_: Dir, bytes: &[u8]) -> Probe {
    const RESPONSE: &[u8] = b"SIP/2.0 ";
    // Empty lines keep connections open.
    let blank = bytes.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
    let bytes = bytes.get(blank..).unwrap_or_default();
    let head = bytes.get(..bytes.len().min(RESPONSE.len())).unwrap_or_default();
    if RESPONSE.starts_with(head) {
        return if head.len() == RESPONSE.len() { Probe::Yes } else { Probe::More };
    }
    let word = bytes.split(|b| *b == b' ').next().unwrap_or_default();
    let whole = word.len() < bytes.len();
    let known =
        |method: &&str| if whole { method.as_bytes() == word } else { method.as_bytes().starts_with(word) };
    if !METHODS.iter().any(known) {
        return Probe::No;
    }
    let line = bytes.get(..bytes.len().min(2048)).unwrap_or_default();
    match memchr::memchr(b'\n', line) {
        Some(end) => {
            let line = line.get(..end).unwrap_or_default().trim_ascii_end();
            if line.ends_with(b" SIP/2.0") { Probe::Yes } else { Probe::No }
        }
        None if line.len() < 2048 => Probe::More,
        None => Probe::No,
    }
}

/// A message whose body is to come: its head, bytes left, what of the body is kept.
struct Open {
    head: Vec<u8>,
    left: u64,
    size: u64,
    body: Vec<u8>,
    start: Stamp,
}

/// A request that may be answered. CANCEL has the number of the request that it takes back.
struct Asked {
    call: String,
    number: u64,
    method: String,
    dir: Dir,
    start: Stamp,
    /// A log-in is told with its verdict.
    login: Option<Box<Draft>>,
}

#[derive(Default)]
struct Sip {
    open: [Option<Open>; 2],
    began: [Option<Stamp>; 2],
    lost: [bool; 2],
    gapped: bool,
    asked: VecDeque<Asked>,
}

/// Where the head ends: behind the empty line.
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let strict = memchr::memmem::find(bytes, b"\r\n\r\n").map(|at| at + 4);
    let loose = memchr::memmem::find(bytes, b"\n\n").map(|at| at + 2);
    strict.into_iter().chain(loose).min()
}

/// Tells the log-in that waited.
fn tell(asked: Option<Asked>, outcome: Outcome, out: &mut Emit<'_>) {
    if let Some(mut draft) = asked.and_then(|asked| asked.login) {
        draft.outcome(outcome);
        draft.emit(out);
    }
}

impl Sip {
    fn told(
        &mut self,
        dir: Dir,
        message: &Message,
        (raw, body): (&[u8], &[u8]),
        (size, start): (u64, Stamp),
        out: &mut Emit<'_>,
    ) {
        if message.damaged {
            out.anomaly("sip.header");
        }
        let key = message.header("call-id").zip(message.cseq());
        let mine = |a: &Asked| {
            key.as_ref().is_some_and(|(call, (number, method))| {
                a.call == *call && a.number == *number && a.method == *method
            })
        };
        let answers = |a: &Asked| message.response.is_some() && a.dir != dir && mine(a);
        let asked = self.asked.iter().find(|a| answers(a)).map(|a| a.start);
        let draft = event::draft(&Told { message, raw, body, size, start, asked }, dir, out);
        match (&key, &message.response) {
            (_, Some((code, _))) => {
                if *code >= 200 {
                    let answered = self.asked.iter().position(answers).and_then(|at| self.asked.remove(at));
                    tell(answered, event::verdict(message), out);
                }
                draft.emit(out);
            }
            // A request that is sent again is not a new one, and nobody answers an ACK.
            (Some((call, (number, method))), None) if method != "ACK" && !self.asked.iter().any(mine) => {
                if self.asked.len() >= out.limits().pending {
                    out.cap("sip.pending");
                    tell(self.asked.pop_front(), Outcome::Unknown, out);
                }
                let (call, method) = ((*call).to_owned(), method.clone());
                let mut asked = Asked { call, number: *number, method, dir, start, login: None };
                match event::is_login(message, out) {
                    true => asked.login = Some(Box::new(draft)),
                    false => draft.emit(out),
                }
                self.asked.push_back(asked);
            }
            _ => draft.emit(out),
        }
    }

    /// At most one message off a stream; bytes dealt with.
    fn read(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Result<usize, &'static str> {
        if let Some(mut open) = dir.of(&mut self.open).take() {
            let used = usize::try_from(open.left).unwrap_or(usize::MAX).min(bytes.len());
            let room = out.limits().body.saturating_sub(open.body.len());
            open.body.extend_from_slice(bytes.get(..used.min(room)).unwrap_or_default());
            open.left -= used as u64;
            if open.left > 0 {
                *dir.of(&mut self.open) = Some(open);
                return Ok(used);
            }
            if let Some(message) = Message::parse(&open.head) {
                let raw = [open.head.as_slice(), &open.body].concat();
                self.told(dir, &message, (&raw, &open.body), (open.size, open.start), out);
            }
            return Ok(used);
        }
        // Empty lines keep connections open (RFC 5626 section 4.4.1).
        let blank = bytes.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        if blank > 0 {
            return Ok(blank);
        }
        let start = *dir.of(&mut self.began).get_or_insert(out.now);
        let Some(end) = end_of_head(bytes) else {
            return if bytes.len() > HEAD { Err("sip.head") } else { Ok(0) };
        };
        *dir.of(&mut self.began) = None;
        let head = bytes.get(..end).unwrap_or_default();
        let message = Message::parse(head).ok_or("sip.start")?;
        let left = message.number("content-length").unwrap_or(0);
        if left == 0 {
            self.told(dir, &message, (head, b""), (end as u64, start), out);
        } else {
            let size = left.saturating_add(end as u64);
            *dir.of(&mut self.open) = Some(Open { head: head.to_vec(), left, size, body: Vec::new(), start });
        }
        Ok(end)
    }
}

impl Parser for Sip {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        if out.flow.transport == Transport::Udp {
            let end = end_of_head(bytes).unwrap_or(bytes.len());
            let (head, body) = bytes.split_at_checked(end).unwrap_or((bytes, b""));
            match Message::parse(head) {
                Some(message) => self.told(dir, &message, (bytes, body), (bytes.len() as u64, out.now), out),
                // Keep-alives are empty lines or zeros.
                None if bytes.iter().all(|b| matches!(b, 0 | b'\r' | b'\n' | b' ')) => {}
                None => out.anomaly("sip.start"),
            }
            return Step::Took(bytes.len());
        }
        if *dir.of(&mut self.lost) {
            if probe(dir, bytes) != Probe::Yes {
                return Step::Took(bytes.len());
            }
            *dir.of(&mut self.lost) = false;
        }
        let mut at = 0;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            if rest.is_empty() {
                return Step::Took(at);
            }
            match self.read(dir, rest, out) {
                Ok(0) => return Step::Took(at),
                Ok(used) => at += used,
                Err(_) if self.gapped => {
                    *dir.of(&mut self.lost) = true;
                    return Step::Took(bytes.len());
                }
                Err(name) => return Step::Weird(name),
            }
        }
    }

    fn gap(&mut self, dir: Dir, missing: u64, out: &mut Emit<'_>) -> Step {
        match dir.of(&mut self.open) {
            Some(open) if open.left > missing => open.left -= missing,
            open => {
                *open = None;
                *dir.of(&mut self.began) = None;
                *dir.of(&mut self.lost) = true;
                self.gapped = true;
                out.anomaly("sip.gap");
            }
        }
        Step::Took(0)
    }

    fn waiting(&self) -> usize {
        self.asked.len()
    }

    fn give_up(&mut self, out: &mut Emit<'_>) {
        for asked in std::mem::take(&mut self.asked) {
            tell(Some(asked), Outcome::Unknown, out);
        }
    }
}
