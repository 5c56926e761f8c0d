//! Kerberos 5 (RFC 4120): AS and TGS requests with their replies or errors, over UDP and TCP.

mod names;

use super::ber::Ber;
use super::fields::{ACTION, ERROR_CODE, ERROR_MESSAGE, METHOD, QUERY, STATUS, USER_DOMAIN, USER_NAME};
use super::frame::{Both, Length};
use super::pairs::Pairs;
use super::{Dir, Draft, Emit, Options, Over, Parser, Probe, Protocol, Step, lines};
use crate::model::{Dataset, Outcome, Transport, Value};

const DOC: &str = "One request to a Kerberos key distribution centre with its reply or error.";
/// Tickets for services, and what is only asked back.
pub static DATASET: Dataset = Dataset::requests("kerberos", DOC);
/// AS requests that are granted or refused.
pub static LOGIN: Dataset = Dataset::logins("kerberos", DOC);

crate::fields! {
    pub FIELDS;
    TYPE: Keyword, "kerberos.request_type", "`AS` for a first ticket, `TGS` for a service's, `AP` for its use.";
    CLIENT: Keyword, "kerberos.client", "Principal of the client with its realm: `alice/EXAMPLE.ORG`.";
    SERVICE: Keyword, "kerberos.service", "Principal of the service: `krbtgt/EXAMPLE.ORG`, `cifs/server`.";
    REALM: Keyword, "kerberos.realm", "Realm asked.";
    ETYPES: Keyword, "kerberos.etypes", "Encryption types the client offers, its favourite first.";
    TICKET_ETYPE: Keyword, "kerberos.ticket.etype", "Encryption of the ticket granted; `rc4-hmac` can be attacked off line.";
    REPLY_ETYPE: Keyword, "kerberos.reply.etype", "Encryption of the reply to the client.";
    PREAUTH: Keyword, "kerberos.preauth", "Pre-authentication the client sent.";
    TILL: Keyword, "kerberos.till", "End of validity asked for, as sent: `20370913024805Z`.";
    FORWARDABLE: Boolean, "kerberos.forwardable", "A ticket that may be forwarded was asked for.";
    RENEWABLE: Boolean, "kerberos.renewable", "A ticket that may be renewed was asked for.";
    NO_PREAUTH: Boolean, "kerberos.without_preauth", "A first ticket was granted without pre-authentication: it can be attacked off line.";
}

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "kerberos",
    doc: "Kerberos 5 (RFC 4120) over UDP and TCP: AS and TGS requests with who asks for which service, the encryption \
          offered and granted, and the reply or error. An AS exchange that is granted or refused is a log-in; being \
          asked for pre-authentication is not. Nothing is decrypted.",
    over: Over::Both,
    ports: &[88],
    probe,
    start,
    datasets: &[&DATASET, &LOGIN],
    fields: FIELDS,
    anomalies: &[
        ("kerberos.malformed", "A message does not parse."),
        ("kerberos.length", "A message over TCP has an impossible length."),
        ("kerberos.unsolicited", "A reply came without a request."),
        ("kerberos.gap", "Bytes of one direction were not captured; what followed was not read."),
        ("kerberos.pending", "Cap: more requests waited for their replies than are kept."),
    ],
};

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(Kerberos { pairs: Pairs::new("kerberos.pending"), frames: Default::default(), heard: false })
}

struct Kerberos {
    pairs: Pairs<u8>,
    frames: Both,
    heard: bool,
}

const AS_REQ: u8 = 0x6a;
const TGS_REQ: u8 = 0x6c;
const ERROR: u8 = 0x7e;

/// The tag of a message if it is one: application tag, sequence, version 5, its own type again.
fn kind(bytes: &[u8]) -> Option<u8> {
    let mut all = Ber(bytes);
    let (tag, inner) = all.next()?;
    let request = matches!(tag, AS_REQ | TGS_REQ);
    if !(request || matches!(tag, 0x6b | 0x6d | ERROR)) {
        return None;
    }
    let mut seq = Ber(Ber(inner).tagged(0x30)?);
    let first = if request { 0xa1 } else { 0xa0 };
    let version = Ber(seq.tagged(first)?).int()?;
    let own = Ber(seq.tagged(first + 1)?).int()?;
    (version == 5 && own == i64::from(tag & 0x1f)).then_some(tag)
}

/// The same from the first bytes only: a message may be longer than what is shown to probes.
fn looks(bytes: &[u8]) -> Option<u8> {
    let tag = *bytes.first()?;
    let head = |b: &[u8]| match b.get(1)? {
        0..=0x7f => Some(2),
        n @ 0x81..=0x84 => Some(2 + usize::from(n & 0x7f)),
        _ => None,
    };
    let seq = bytes.get(head(bytes)?..)?;
    let body = seq.get(head(seq)?..).filter(|_| seq.first() == Some(&0x30))?;
    let first = if matches!(tag, AS_REQ | TGS_REQ) { 0xa1 } else { 0xa0 };
    let want = [first, 3, 2, 1, 5, first + 1, 3, 2, 1, tag & 0x1f];
    (matches!(tag, 0x6a..=0x6d | ERROR) && body.starts_with(&want)).then_some(tag)
}

fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    let framed = bytes.first().is_some_and(|b| *b == 0);
    let message = if framed { bytes.get(4..).unwrap_or_default() } else { bytes };
    if message.len() < 24 {
        let begins = message.first().is_none_or(|b| matches!(b, 0x6a..=0x6d | &ERROR));
        return if begins && framed { Probe::More } else { Probe::No };
    }
    match looks(message) {
        None => Probe::No,
        Some(tag) if matches!(tag, AS_REQ | TGS_REQ) == (dir == Dir::Client) => Probe::Yes,
        Some(_) => Probe::Swapped,
    }
}

/// Element `[n]` of a sequence's contents.
fn part(seq: &[u8], n: u8) -> Option<&[u8]> {
    let mut seq = Ber(seq);
    while let Some((tag, contents)) = seq.next() {
        if tag == 0xa0 + n {
            return Some(contents);
        }
    }
    None
}

fn inner(contents: &[u8]) -> Option<&[u8]> {
    Ber(contents).next().map(|(_, c)| c)
}

fn text(seq: &[u8], n: u8) -> Option<String> {
    part(seq, n).and_then(inner).map(|t| lines::text(t, 256))
}

fn principal(seq: &[u8], n: u8) -> Option<String> {
    let mut list = Ber(inner(part(inner(part(seq, n)?)?, 1)?)?);
    let mut parts = Vec::new();
    while let Some((_, name)) = list.next().filter(|_| parts.len() < 8) {
        parts.push(lines::text(name, 256));
    }
    Some(parts.join("/"))
}

fn number(seq: &[u8], n: u8) -> Option<i64> {
    part(seq, n).and_then(|c| Ber(c).int())
}

fn join(client: Option<&str>, realm: Option<&str>) -> Option<String> {
    client.map(|c| realm.map_or_else(|| c.to_owned(), |r| format!("{c}/{r}")))
}

fn request(tag: u8, message: &[u8], size: u64, out: &Emit<'_>) -> Option<Draft> {
    let seq = inner(inner(message)?)?;
    let body = inner(part(seq, 4)?)?;
    let mut draft = out.draft(&DATASET, out.now);
    let (kind, method) = if tag == AS_REQ { ("AS", "AS-REQ") } else { ("TGS", "TGS-REQ") };
    draft.put(&ACTION, if tag == AS_REQ { "kerberos.as" } else { "kerberos.tgs" });
    draft.put(&TYPE, Value::text(kind)).put(&METHOD, Value::text(method)).bytes(Some(size), None);
    let (client, realm, service) = (principal(body, 1), text(body, 2), principal(body, 3));
    draft.put_some(&CLIENT, join(client.as_deref(), realm.as_deref()));
    draft.put_some(&USER_NAME, client);
    draft.put_some(&USER_DOMAIN, realm.clone()).put_some(&REALM, realm);
    draft.put_some(&QUERY, service.as_ref().map(|s| format!("{method} {s}"))).put_some(&SERVICE, service);
    draft.put_some(&TILL, text(body, 5));
    if let Some([_, a, b, ..]) = part(body, 0).and_then(inner) {
        draft.put(&FORWARDABLE, a & 0x40 != 0).put(&RENEWABLE, b & 0x80 != 0 || a & 0x01 != 0);
    }
    let list = |contents: Option<&[u8]>,
                each: fn(&mut Ber<'_>) -> Option<i64>,
                name: fn(i64) -> Option<&'static str>| {
        let (mut list, mut all) = (Ber(contents.unwrap_or_default()), Vec::new());
        while let Some(n) = each(&mut list).filter(|_| all.len() < 32) {
            all.push(name(n).map_or_else(|| n.to_string(), str::to_owned));
        }
        all
    };
    let etypes = list(part(body, 8).and_then(inner), |b| b.int(), names::etype);
    let preauth = |b: &mut Ber<'_>| b.tagged(0x30).and_then(|p| number(p, 1));
    let preauth = list(part(seq, 3).and_then(inner), preauth, names::preauth);
    for (field, values) in [(&ETYPES, etypes), (&PREAUTH, preauth)] {
        if !values.is_empty() {
            draft.put(field, Value::texts(values));
        }
    }
    Some(draft)
}

fn response(tag: u8, message: &[u8], draft: &mut Draft, out: &Emit<'_>) -> Option<()> {
    draft.end(out.now);
    let seq = inner(inner(message)?)?;
    let first = draft.event().get(&TYPE).and_then(Value::as_str) == Some("AS");
    let missing = |draft: &mut Draft, field, value: Option<String>| {
        if draft.event().get(field).is_none() {
            draft.put_some(field, value);
        }
    };
    if tag == ERROR {
        let code = number(seq, 6)?;
        let name = names::error(code).map_or_else(|| code.to_string(), str::to_owned);
        // The client is only asked to prove itself.
        let asked_back = matches!(code, 25 | 52);
        draft.put(&ERROR_CODE, name).put(&STATUS, if asked_back { "OK" } else { "Error" });
        draft.put_some(&ERROR_MESSAGE, text(seq, 11).filter(|t| !t.is_empty()));
        if !asked_back {
            draft.outcome(Outcome::Failure);
        }
        if first && !asked_back {
            draft.event().dataset = &LOGIN;
        }
        missing(draft, &SERVICE, principal(seq, 10));
        return Some(());
    }
    let ticket = part(seq, 5).and_then(inner).and_then(inner);
    let etype = |seq: &[u8], n| part(seq, n).and_then(inner).and_then(|e| number(e, 0));
    let name = |n: i64| names::etype(n).map_or_else(|| n.to_string(), str::to_owned);
    draft.put_some(&TICKET_ETYPE, ticket.and_then(|t| etype(t, 3)).map(name));
    draft.put_some(&REPLY_ETYPE, etype(seq, 6).map(name));
    let client = principal(seq, 4);
    let realm = text(seq, 3);
    missing(draft, &CLIENT, join(client.as_deref(), realm.as_deref()));
    missing(draft, &USER_NAME, client);
    draft.put(&STATUS, Value::text("OK")).outcome(Outcome::Success);
    if first {
        let proven = matches!(draft.event().get(&PREAUTH), Some(Value::List(l)) if
            l.iter().any(|v| matches!(v.as_str(), Some("PA-ENC-TIMESTAMP" | "PA-PK-AS-REQ" | "PA-ENCRYPTED-CHALLENGE" | "PA-FX-FAST"))));
        draft.put(&NO_PREAUTH, !proven);
        draft.event().dataset = &LOGIN;
    }
    Some(())
}

impl Kerberos {
    fn message(&mut self, bytes: &[u8], out: &mut Emit<'_>) {
        let size = bytes.len() as u64;
        match kind(bytes) {
            Some(tag @ (AS_REQ | TGS_REQ)) => {
                self.heard = true;
                match request(tag, bytes, size, out) {
                    Some(draft) => self.pairs.ask(tag, draft, out),
                    None => out.anomaly("kerberos.malformed"),
                }
            }
            Some(tag) => {
                let found = match tag {
                    ERROR => self.pairs.oldest().map(|p| p.1),
                    _ => self.pairs.answered(&(tag - 1)),
                };
                let Some(mut draft) = found else {
                    if self.heard {
                        out.anomaly("kerberos.unsolicited");
                    }
                    return;
                };
                draft.event().destination.bytes = Some(size);
                if response(tag, bytes, &mut draft, out).is_none() {
                    out.anomaly("kerberos.malformed");
                }
                draft.emit(out);
            }
            None => out.anomaly("kerberos.malformed"),
        }
    }
}

fn length(bytes: &[u8]) -> Length {
    match bytes.first_chunk::<4>().map(|b| u32::from_be_bytes(*b)) {
        None => Length::More,
        Some(n @ 10..=0x00ff_ffff) => Length::Is(u64::from(n) + 4),
        Some(_) => Length::Bad("kerberos.length"),
    }
}

impl Parser for Kerberos {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        if out.flow.transport != Transport::Tcp {
            self.message(bytes, out);
            return Step::Took(bytes.len());
        }
        let mut at = 0;
        loop {
            match self.frames.next(dir, (bytes, &mut at), out.now, length) {
                Ok(Some(frame)) => self.message(frame.bytes.get(4..).unwrap_or_default(), out),
                Ok(None) => {}
                Err(step) => return step,
            }
        }
    }

    fn gap(&mut self, _: Dir, _: u64, out: &mut Emit<'_>) -> Step {
        out.anomaly("kerberos.gap");
        Step::Done
    }

    fn waiting(&self) -> usize {
        self.pairs.len()
    }

    fn give_up(&mut self, out: &mut Emit<'_>) {
        self.pairs.flush(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::ber;

    #[test]
    fn probes_are_strict() {
        let head = [
            0x6a, 0x1a, 0x30, 0x18, 0xa1, 3, 2, 1, 5, 0xa2, 3, 2, 1, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            0, 0,
        ];
        assert_eq!(probe(Dir::Client, &head), Probe::Yes);
        assert_eq!(probe(Dir::Server, &head), Probe::Swapped);
        assert_eq!(probe(Dir::Client, &[0x6a; 28]), Probe::No);
        assert_eq!(ber::size(&head), ber::Size::Is(28));
    }
}
