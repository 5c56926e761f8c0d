//! LDAP (RFC 4511) over TCP and UDP: operations with their results by message identifier.

mod filter;

use super::ber::{self, Ber, Size};
use super::fields::{ACTION, AUTH_METHOD, ERROR_CODE, ERROR_MESSAGE, METHOD, QUERY, STATUS, USER_NAME};
use super::frame::{Both, Length};
use super::ntlm::Ntlm;
use super::pairs::Pairs;
use super::sasl::put_login;
use super::{Dir, Draft, Emit, Options, Over, Parser, Probe, Protocol, Step, lines};
use crate::model::{Dataset, Outcome, Transport, Value};

const DOC: &str = "One LDAP operation with its result; a search with what it found counted.";
/// Operations.
pub static DATASET: Dataset = Dataset::requests("ldap", DOC);
/// Binds.
pub static LOGIN: Dataset = Dataset::logins("ldap", DOC);

crate::fields! {
    pub FIELDS;
    ID: Long, "ldap.message_id", "Number that joins operation and result.";
    VERSION: Long, "ldap.version", "Version the client binds with, 2 or 3.";
    DN: Wildcard, "ldap.dn", "Name the operation is about: of a bind who binds, of a search its base.";
    SCOPE: Keyword, "ldap.scope", "`base`, `one` or `subtree`.";
    FILTER: Wildcard, "ldap.filter", "Filter of a search in the notation of RFC 4515.";
    ATTRIBUTES: Keyword, "ldap.attributes", "Attributes asked for.";
    ENTRIES: Long, "ldap.entries", "Entries found.";
    REFERENCES: Long, "ldap.references", "References to other servers.";
    FOUND: Wildcard, "ldap.found", "Names of the entries found, at most 32.";
    MATCHED: Wildcard, "ldap.matched_dn", "How far the name was known, in a result.";
    EXTENSION: Keyword, "ldap.extension", "Object identifier of an extended operation.";
    RESULT: Long, "ldap.result_code", "Result code, 0 for success.";
}

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "ldap",
    doc: "LDAP v2 and v3 (RFC 4511, 4515) over TCP, connectionless over UDP: every operation with its result; binds are \
          log-ins (simple, SASL, NTLM inside), searches carry base, scope, filter and the number of entries. After \
          StartTLS the connection is looked at anew; a connection sealed by SASL is read up to there.",
    over: Over::Both,
    ports: &[389, 3268],
    probe,
    start,
    datasets: &[&DATASET, &LOGIN],
    fields: FIELDS,
    anomalies: &[
        ("ldap.malformed", "A message does not parse."),
        ("ldap.length", "A message has an impossible length, or the connection is no LDAP any more."),
        ("ldap.unsolicited", "A result came without its operation."),
        ("ldap.gap", "Bytes outside a long message were not captured; what followed was not read."),
        ("ldap.pending", "Cap: more operations waited for their results than are kept."),
    ],
};

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(Ldap {
        pairs: Pairs::new("ldap.pending"),
        frames: Default::default(),
        user: None,
        ntlm: Ntlm::default(),
        sealed: false,
        heard: false,
    })
}

struct Ldap {
    pairs: Pairs<i64>,
    frames: Both,
    user: Option<String>,
    ntlm: Ntlm,
    /// A SASL bind succeeded: what follows may be sealed.
    sealed: bool,
    heard: bool,
}

/// (number of the result's tag, what it is called).
fn operation(tag: u8) -> Option<(u8, &'static str)> {
    Some(match tag {
        0x60 => (0x61, "bind"),
        0x63 => (0x65, "search"),
        0x66 => (0x67, "modify"),
        0x68 => (0x69, "add"),
        0x4a => (0x6b, "delete"),
        0x6c => (0x6d, "modifyDN"),
        0x6e => (0x6f, "compare"),
        0x77 => (0x78, "extended"),
        0x42 => (0, "unbind"),
        0x50 => (0, "abandon"),
        _ => return None,
    })
}

/// Head of a message as far as it is there: identifier and the operation's tag.
fn head(bytes: &[u8]) -> Option<(i64, u8)> {
    let skip = match bytes {
        [0x30, 0..=0x7f, ..] => 2,
        [0x30, n @ 0x81..=0x84, ..] => 2 + usize::from(n & 0x7f),
        _ => return None,
    };
    let mut rest = Ber(bytes.get(skip..)?);
    let id = rest.int()?;
    (0..=i64::from(i32::MAX)).contains(&id).then_some(())?;
    Some((id, *rest.0.first()?))
}

fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    let begins = bytes.first() == Some(&0x30);
    if begins && bytes.len() < 18 && ber::size(bytes) != Size::Is(bytes.len() as u64) {
        return Probe::More;
    }
    let Some((_, tag)) = head(bytes) else { return Probe::No };
    let skip = bytes.iter().position(|b| *b == tag).unwrap_or(0);
    let body = bytes.get(skip..).unwrap_or_default();
    // Contents of the operation begin as they must.
    let inner = match body.get(1) {
        Some(0..=0x7f) => body.get(2..),
        Some(n @ 0x81..=0x84) => body.get(2 + usize::from(n & 0x7f)..),
        _ => None,
    };
    let Some(inner) = inner else { return Probe::No };
    let request = match tag {
        0x60 => matches!(inner, [2, 1, 2 | 3, 4, ..]),
        0x63 => inner.first() == Some(&4),
        0x77 => matches!(inner, [0x80, _, b'1' | b'2', b'.', ..]),
        _ => false,
    };
    let response = match tag {
        0x61 | 0x65 | 0x78 => matches!(inner, [0x0a, 1, _, 4, ..]),
        0x64 => inner.first() == Some(&4) && bytes.len() > 30,
        _ => false,
    };
    match dir {
        Dir::Client if request => Probe::Yes,
        Dir::Server if response => Probe::Yes,
        _ if request || response => Probe::Swapped,
        _ => Probe::No,
    }
}

impl Ldap {
    fn message(&mut self, bytes: &[u8], size: u64, out: &mut Emit<'_>) -> Option<Step> {
        let mut all = Ber(bytes);
        // Of a long message only the beginning is kept.
        let (id, tag) = head(bytes)?;
        let mut rest = match all.tagged(0x30) {
            Some(contents) => Ber(contents),
            None => return Some(Step::Took(0)),
        };
        rest.int()?;
        let (_, body) = rest.next()?;
        if let Some((answer, name)) = operation(tag) {
            self.heard = true;
            let draft = self.request(id, tag, name, body, size, out)?;
            if answer == 0 {
                draft.emit(out);
            } else {
                self.pairs.ask(id, draft, out);
            }
            return Some(Step::Took(0));
        }
        if matches!(tag, 0x64 | 0x73 | 0x79) {
            if let Some(draft) = self.pairs.waits(&id) {
                found(draft, tag, body, size);
            }
            return Some(Step::Took(0));
        }
        let Some(mut draft) = self.pairs.answered(&id) else {
            if self.heard && id != 0 {
                out.anomaly("ldap.unsolicited");
            }
            return Some(Step::Took(0));
        };
        let step = self.result(&mut draft, body, size, out);
        draft.emit(out);
        Some(step.unwrap_or(Step::Took(0)))
    }

    fn request(
        &mut self,
        id: i64,
        tag: u8,
        name: &'static str,
        body: &[u8],
        size: u64,
        out: &Emit<'_>,
    ) -> Option<Draft> {
        let mut draft = out.draft(if tag == 0x60 { &LOGIN } else { &DATASET }, out.now);
        draft
            .put(&ACTION, format!("ldap.{name}"))
            .put(&METHOD, Value::text(name))
            .put(&ID, id)
            .bytes(Some(size), None);
        let mut b = Ber(body);
        let mut subject = None;
        match tag {
            0x60 => {
                draft.put_some(&VERSION, b.int());
                let dn = b.tagged(4)?;
                subject = Some(lines::text(dn, 512));
                self.bind(&mut draft, dn, b, out);
            }
            0x63 => {
                subject = Some(lines::text(b.tagged(4)?, 512));
                let scope = b.tagged(0x0a).and_then(ber::int);
                let name = |s| ["base", "one", "subtree"].get(usize::try_from(s).ok()?).copied();
                draft.put_some(&SCOPE, scope.and_then(name));
                b.next();
                b.int();
                b.int();
                b.next();
                let (kind, contents) = b.next()?;
                let text = filter::text(kind, contents);
                draft.put(&QUERY, format!("search {} {text}", subject.as_deref().unwrap_or_default()));
                draft.put(&FILTER, text);
                let (mut list, mut names) = (Ber(b.tagged(0x30).unwrap_or_default()), Vec::new());
                while let Some(name) = list.tagged(4).filter(|_| names.len() < 64) {
                    names.push(lines::text(name, 128));
                }
                if !names.is_empty() {
                    draft.put(&ATTRIBUTES, Value::texts(names));
                }
            }
            0x4a => subject = Some(lines::text(body, 512)),
            0x77 => drop(draft.put_some(&EXTENSION, b.tagged(0x80).map(|o| lines::text(o, 128)))),
            0x66 | 0x68 | 0x6c | 0x6e => subject = b.tagged(4).map(|dn| lines::text(dn, 512)),
            _ => {}
        }
        if let Some(dn) = subject {
            if tag != 0x63 {
                draft.put(&QUERY, format!("{name} {dn}"));
            }
            draft.put(&DN, dn);
        }
        if tag != 0x60 {
            draft.put_some(&USER_NAME, self.user.clone());
        }
        Some(draft)
    }

    fn bind(&mut self, draft: &mut Draft, dn: &[u8], mut b: Ber<'_>, out: &Emit<'_>) {
        let name = lines::text(dn, 512);
        self.sealed = false;
        self.user = Some(name.clone()).filter(|n| !n.is_empty());
        let (tag, contents) = b.next().unwrap_or_default();
        match tag {
            0x80 => {
                let anonymous = dn.is_empty() && contents.is_empty();
                draft.put(&AUTH_METHOD, if anonymous { "anonymous" } else { "simple" });
                let password = lines::text(contents, 256);
                let password = Some(password.as_str()).filter(|p| !p.is_empty());
                put_login(draft, Some(&name), password, out);
            }
            0xa3 => {
                let mut sasl = Ber(contents);
                let mechanism = sasl.tagged(4).unwrap_or_default();
                let token = sasl.tagged(4).unwrap_or_default();
                self.sealed = true;
                let mut login = super::sasl::Sasl::new(mechanism);
                if self.ntlm.read(token) && self.ntlm.user.is_some() {
                    draft.put(&AUTH_METHOD, Value::text("NTLM"));
                    self.ntlm.put(draft);
                } else {
                    login.client(token);
                    login.put(draft, out);
                    if draft.event().get(&USER_NAME).is_none() {
                        put_login(draft, Some(&name), None, out);
                    }
                }
            }
            // MS-ADTS §5.1.1.1.3: sicily.
            0x89..=0x8b => {
                draft.put(&AUTH_METHOD, Value::text("NTLM"));
                self.ntlm.read(contents);
                self.ntlm.put(draft);
                self.sealed = true;
            }
            _ => {}
        }
        if let Some(Value::Str(user)) = draft.event().get(&USER_NAME) {
            self.user = Some(user.to_string());
        }
    }

    fn result(&mut self, draft: &mut Draft, body: &[u8], size: u64, out: &Emit<'_>) -> Option<Step> {
        let mut b = Ber(body);
        draft.end(out.now);
        let had = draft.event().destination.bytes.unwrap_or(0);
        draft.event().destination.bytes = Some(had.saturating_add(size));
        let code = b.tagged(0x0a).and_then(ber::int)?;
        let (matched, message) = (b.tagged(4)?, b.tagged(4)?);
        // A referral, true and false are no failures; of a SASL bind there is more to come.
        let (good, more) = (matches!(code, 0 | 5 | 6 | 10), code == 14);
        draft.put(&RESULT, code).put(&STATUS, if good || more { "OK" } else { "Error" });
        if !matched.is_empty() {
            draft.put_text(&MATCHED, matched, 512);
        }
        if more {
            if let Some(token) = b.tagged(0x87) {
                self.ntlm.read(token);
            }
            draft.event().dataset = &DATASET;
            return None;
        }
        draft.outcome(if good { Outcome::Success } else { Outcome::Failure });
        if !good {
            let name = usize::try_from(code).ok().and_then(filter::result);
            draft.put(&ERROR_CODE, name.map_or_else(|| code.to_string(), str::to_owned));
            if !message.is_empty() {
                draft.put_text(&ERROR_MESSAGE, message, 512);
            }
            if draft.event().dataset.category.len() > 1 {
                self.user = None;
            }
        }
        let tls = draft.event().get(&EXTENSION).and_then(Value::as_str) == Some("1.3.6.1.4.1.1466.20037");
        (tls && code == 0).then_some(Step::Switch(0))
    }
}

/// Notes an entry, a reference or an intermediate response.
fn found(draft: &mut Draft, tag: u8, body: &[u8], size: u64) {
    let had = draft.event().destination.bytes.unwrap_or(0);
    draft.event().destination.bytes = Some(had.saturating_add(size));
    let mut count = |field: crate::model::FieldRef| {
        let had = draft.event().fields.iter_mut().find(|(f, _)| std::ptr::eq(*f, field));
        match had {
            Some((_, value)) => *value = Value::Int(value.as_int().unwrap_or(0).saturating_add(1)),
            None => draft.event().push(field, 1u32),
        }
    };
    match tag {
        0x64 => count(&ENTRIES),
        0x73 => count(&REFERENCES),
        _ => {}
    }
    let Some(dn) = Ber(body).tagged(4).filter(|_| tag == 0x64) else { return };
    let dn = Value::from(lines::text(dn, 512));
    match draft.event().fields.iter_mut().find(|(f, _)| std::ptr::eq(*f, &FOUND)) {
        Some((_, Value::List(list))) if list.len() < 32 => list.push(dn),
        Some(_) => {}
        None => draft.event().push(&FOUND, Value::List(vec![dn])),
    }
}

fn length(bytes: &[u8]) -> Length {
    match (bytes.first(), ber::size(bytes)) {
        (Some(0x30) | None, Size::More) => Length::More,
        (Some(0x30), Size::Is(size)) if size < 1 << 28 => Length::Is(size),
        _ => Length::Bad("ldap.length"),
    }
}

impl Parser for Ldap {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        if out.flow.transport != Transport::Tcp {
            if self.message(bytes, bytes.len() as u64, out).is_none() {
                out.anomaly("ldap.malformed");
            }
            return Step::Took(bytes.len());
        }
        let mut at = 0;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            // RFC 4422 §3.7: sealed messages begin with their length in four bytes.
            if self.sealed && rest.first() == Some(&0) {
                return Step::Done;
            }
            let frame = match self.frames.next(dir, (bytes, &mut at), out.now, length) {
                Ok(Some(frame)) => frame,
                Ok(None) => continue,
                Err(step) => return step,
            };
            match self.message(&frame.bytes, frame.size, out) {
                None => out.anomaly("ldap.malformed"),
                Some(Step::Switch(_)) => return Step::Switch(at),
                Some(_) => {}
            }
        }
    }

    fn gap(&mut self, dir: Dir, missing: u64, out: &mut Emit<'_>) -> Step {
        if self.frames.skip(dir, missing) {
            return Step::Took(0);
        }
        out.anomaly("ldap.gap");
        Step::Done
    }

    fn waiting(&self) -> usize {
        self.pairs.len()
    }

    fn give_up(&mut self, out: &mut Emit<'_>) {
        self.pairs.flush(out);
    }
}
