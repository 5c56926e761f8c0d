//! SNMP v1, v2c and v3 (RFC 1157, 1901, 3416, 3412, 3414): requests with their responses by request identifier.

use super::ber::{self, Ber};
use super::fields::{ACTION, CLEAR_PASSWORD, ERROR_CODE, METHOD, QUERY, STATUS, USER_NAME, USER_PASSWORD};
use super::pairs::Pairs;
use super::{Dir, Draft, Emit, Options, Over, Parser, Probe, Protocol, Step, lines};
use crate::model::{Dataset, Outcome, Value, fnv1a};

const DOC: &str = "One SNMP request with its response, a notification, or an encrypted message.";
/// Requests.
pub static DATASET: Dataset = Dataset::requests("snmp", DOC);

crate::fields! {
    pub FIELDS;
    VERSION: Keyword, "snmp.version", "`1`, `2c` or `3`.";
    COMMUNITY: Keyword, "snmp.community", "Community of versions 1 and 2c; masked unless --show-secrets, but `public` and `private` are told.";
    COMMUNITIES: Long, "snmp.communities", "How many different communities the client had tried in this flow by then, with each that is new but the first; at most 256.";
    REQUEST_ID: Long, "snmp.request_id", "Number that joins request and response.";
    OIDS: Keyword, "snmp.oids", "Objects asked for or told, dotted, at most 64.";
    VALUES: Wildcard, "snmp.values", "Values of the response, with --detail full.";
    ERROR_INDEX: Long, "snmp.error_index", "Which of the objects the error is about, from 1.";
    ENGINE: Keyword, "snmp.engine_id", "Authoritative engine of a version 3 message, hexadecimal.";
    LEVEL: Keyword, "snmp.security_level", "`noAuthNoPriv`, `authNoPriv` or `authPriv`.";
    TRAP: Keyword, "snmp.trap", "Generic trap of version 1, or the enterprise's.";
    COUNT: Long, "snmp.response.count", "Objects in the response.";
}

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "snmp",
    doc: "SNMP v1, v2c and v3 over UDP (RFC 1157, 1901, 3416, 3412, 3414): get, next, bulk and set with their \
          responses, traps and informs, objects asked for, error status; user and engine of version 3, whose encrypted \
          messages are told as such. Communities are credentials: masked but for the two everybody knows.",
    over: Over::Udp,
    ports: &[161, 162],
    probe,
    start,
    datasets: &[&DATASET],
    fields: FIELDS,
    anomalies: &[
        ("snmp.malformed", "A message does not parse."),
        ("snmp.unsolicited", "A response came without a request."),
        ("snmp.pending", "Cap: more requests waited for their responses than are kept."),
    ],
};

include!(concat!(env!("OUT_DIR"), "/snmp_numbers.rs"));

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(Snmp { pairs: Pairs::new("snmp.pending"), heard: false, tried: Vec::new() })
}

/// Communities of a flow that are told from each other.
const TRIED_MAX: usize = 256;

struct Snmp {
    pairs: Pairs<i64>,
    heard: bool,
    /// Hashes of communities, sorted.
    tried: Vec<u64>,
}

impl Snmp {
    /// How many communities were tried, if this is a new one and not the first.
    fn tries(&mut self, community: &[u8]) -> Option<i64> {
        let hash = fnv1a(community.iter().copied());
        let Err(at) = self.tried.binary_search(&hash) else { return None };
        if self.tried.len() >= TRIED_MAX {
            return None;
        }
        self.tried.insert(at, hash);
        i64::try_from(self.tried.len()).ok().filter(|tried| *tried > 1)
    }
}

/// A message.
struct Message<'a> {
    version: &'static str,
    community: Option<&'a [u8]>,
    user: Option<&'a [u8]>,
    engine: &'a [u8],
    level: &'static str,
    id: i64,
    /// Tag and contents; `None` if encrypted.
    pdu: Option<(u8, Ber<'a>)>,
}

fn parse(bytes: &[u8]) -> Option<Message<'_>> {
    let mut all = Ber(bytes);
    let mut m = Ber(all.tagged(0x30)?);
    let version = match m.int()? {
        0 => "1",
        1 => "2c",
        3 => "3",
        _ => return None,
    };
    let mut message =
        Message { version, community: None, user: None, engine: &[], level: "", id: 0, pdu: None };
    if version != "3" {
        message.community = Some(m.tagged(4)?);
        let (tag, pdu) = m.next()?;
        message.id = if tag == 0xa4 { 0 } else { Ber(pdu).int()? };
        message.pdu = Some((tag, Ber(pdu)));
        return (0xa0..=0xa8).contains(&tag).then_some(message);
    }
    let mut head = Ber(m.tagged(0x30)?);
    message.id = head.int()?;
    head.int()?;
    let flags = *head.tagged(4)?.first()?;
    message.level = match flags & 3 {
        0 => "noAuthNoPriv",
        1 => "authNoPriv",
        _ => "authPriv",
    };
    if head.int()? == 3 {
        let mut security = Ber(m.tagged(4)?);
        let mut security = Ber(security.tagged(0x30)?);
        message.engine = security.tagged(4)?;
        security.int()?;
        security.int()?;
        message.user = security.tagged(4);
    } else {
        m.next()?;
    }
    match m.next()? {
        (0x30, scoped) => {
            let mut scoped = Ber(scoped);
            scoped.tagged(4)?;
            scoped.tagged(4)?;
            let (tag, pdu) = scoped.next()?;
            message.pdu = Some((tag, Ber(pdu)));
            (0xa0..=0xa8).contains(&tag).then_some(message)
        }
        (4, _) => Some(message),
        _ => None,
    }
}

fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    let whole = ber::size(bytes) == ber::Size::Is(bytes.len() as u64);
    let Some(message) = parse(bytes).filter(|_| whole) else { return Probe::No };
    // A response or report from the client: the roles are the other way round.
    let answer = matches!(message.pdu, Some((0xa2 | 0xa8, _)));
    if answer == (dir == Dir::Server) || message.pdu.is_none() { Probe::Yes } else { Probe::Swapped }
}

fn operation(tag: u8) -> &'static str {
    match tag {
        0xa0 => "GetRequest",
        0xa1 => "GetNextRequest",
        0xa2 => "Response",
        0xa3 => "SetRequest",
        0xa4 => "TrapV1",
        0xa5 => "GetBulkRequest",
        0xa6 => "InformRequest",
        0xa7 => "TrapV2",
        _ => "Report",
    }
}

/// Names and values of a list of bindings.
fn bindings(list: &[u8]) -> (Vec<String>, Vec<String>, u64) {
    let (mut names, mut values, mut count) = (Vec::new(), Vec::new(), 0);
    let mut list = Ber(list);
    while let Some(pair) = list.tagged(0x30) {
        count += 1;
        let mut pair = Ber(pair);
        let Some(name) = pair.tagged(6).and_then(ber::oid).filter(|_| names.len() < 64) else { continue };
        names.push(name);
        values.push(match pair.next() {
            Some((2 | 0x41 | 0x42 | 0x43 | 0x46 | 0x47, v)) => {
                ber::int(v).map_or(String::new(), |n| n.to_string())
            }
            Some((4, v)) => lines::text(v, 256),
            Some((6, v)) => ber::oid(v).unwrap_or_default(),
            Some((0x40, [a, b, c, d])) => format!("{a}.{b}.{c}.{d}"),
            Some((0x80, _)) => "noSuchObject".to_owned(),
            Some((0x81, _)) => "noSuchInstance".to_owned(),
            Some((0x82, _)) => "endOfMibView".to_owned(),
            _ => String::new(),
        });
    }
    (names, values, count)
}

fn request(m: &Message<'_>, size: usize, out: &Emit<'_>) -> Draft {
    let mut draft = out.draft(&DATASET, out.now);
    let method = m.pdu.map_or("encrypted", |p| operation(p.0));
    draft.put(&ACTION, format!("snmp.{method}")).put(&METHOD, Value::text(method));
    draft.put(&VERSION, Value::text(m.version)).bytes(Some(size as u64), None);
    // A trap of version 1 has none.
    if !matches!(m.pdu, Some((0xa4, _))) {
        draft.put(&REQUEST_ID, m.id);
    }
    if let Some(community) = m.community {
        let known = out.options.show_secrets || matches!(community, b"public" | b"private");
        draft.put(&COMMUNITY, if known { lines::text(community, 256) } else { "*****".to_owned() });
        draft.put(&CLEAR_PASSWORD, true);
        if out.options.show_secrets {
            draft.put_text(&USER_PASSWORD, community, 256);
        }
    }
    if m.version == "3" {
        draft
            .put(&LEVEL, Value::text(m.level))
            .put(&ENGINE, super::json_text::hex(m.engine.get(..32).unwrap_or(m.engine)));
        draft.put_some(&USER_NAME, m.user.filter(|u| !u.is_empty()).map(|u| lines::text(u, 256)));
    }
    if let Some((tag, mut pdu)) = m.pdu {
        if tag == 0xa4 {
            let enterprise = pdu.tagged(6).and_then(ber::oid);
            pdu.next();
            let kind = pdu.int().and_then(|n| usize::try_from(n).ok());
            let named = kind.and_then(|n| TRAPS.get(n)).map(|t| (*t).to_owned());
            draft.put_some(&TRAP, named.or(enterprise));
            pdu.int();
            pdu.next();
        } else {
            pdu.int();
            pdu.int();
            pdu.int();
        }
        let names = bindings(pdu.tagged(0x30).unwrap_or_default()).0;
        if let Some(first) = names.first() {
            draft.put(&QUERY, format!("{method} {first}")).put(&OIDS, Value::texts(names));
        }
    }
    draft
}

fn response(draft: &mut Draft, m: &Message<'_>, size: usize, out: &Emit<'_>) {
    draft.end(out.now).event().destination.bytes = Some(size as u64);
    let Some((tag, mut pdu)) = m.pdu else { return };
    pdu.int();
    let status = pdu.int().unwrap_or(0);
    let index = pdu.int().unwrap_or(0);
    let (names, values, count) = bindings(pdu.tagged(0x30).unwrap_or_default());
    let good = status == 0 && tag != 0xa8;
    draft.put(&STATUS, if good { "OK" } else { "Error" }).put(&COUNT, count);
    draft.outcome(if good { Outcome::Success } else { Outcome::Failure });
    if !good {
        let name = usize::try_from(status).ok().and_then(|n| ERRORS.get(n)).map(|e| (*e).to_owned());
        let report = names.first().cloned().filter(|_| tag == 0xa8);
        draft
            .put(&ERROR_CODE, report.or(name).unwrap_or_else(|| status.to_string()))
            .put(&ERROR_INDEX, index);
    }
    if out.options.full && !values.is_empty() {
        draft.put(&VALUES, Value::texts(values));
    }
}

impl Parser for Snmp {
    fn data(&mut self, _: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        let Some(m) = parse(bytes) else {
            out.anomaly("snmp.malformed");
            return Step::Took(bytes.len());
        };
        let tag = m.pdu.map(|p| p.0);
        match tag {
            Some(0xa2 | 0xa8) => match self.pairs.answered(&m.id) {
                Some(mut draft) => {
                    response(&mut draft, &m, bytes.len(), out);
                    draft.emit(out);
                }
                None if self.heard => out.anomaly("snmp.unsolicited"),
                None => {}
            },
            Some(0xa4 | 0xa7) => request(&m, bytes.len(), out).emit(out),
            // Encrypted: which of the two it is only the identifier tells.
            None if self.pairs.waits(&m.id).is_some() => {
                if let Some(mut draft) = self.pairs.answered(&m.id) {
                    response(&mut draft, &m, bytes.len(), out);
                    draft.emit(out);
                }
            }
            _ => {
                self.heard = true;
                let id = m.id;
                match self.pairs.waits(&id) {
                    Some(draft) => {
                        draft.again();
                    }
                    None => {
                        let mut draft = request(&m, bytes.len(), out);
                        draft.put_some(&COMMUNITIES, m.community.and_then(|community| self.tries(community)));
                        self.pairs.ask(id, draft, out);
                    }
                }
            }
        }
        Step::Took(bytes.len())
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

    #[test]
    fn new_communities_are_counted_and_not_told() {
        let mut snmp = Snmp { pairs: Pairs::new("snmp.pending"), heard: false, tried: Vec::new() };
        let tries = [&b"public"[..], b"public", b"private", b"cisco", b"private"]
            .map(|community| snmp.tries(community));
        assert_eq!(tries, [None, None, Some(2), Some(3), None]);
        let many: Vec<_> = (0..300u32).filter_map(|n| snmp.tries(&n.to_be_bytes())).collect();
        assert_eq!(many.last(), Some(&256), "capped");
    }
}
