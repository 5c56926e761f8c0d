//! RADIUS (RFC 2865, 2866, 5176): requests with their answers by identifier.

use super::fields::{ACTION, AUTH_METHOD, ERROR_MESSAGE, METHOD, QUERY, STATUS, USER_NAME};
use super::numbers::find;
use super::pairs::Pairs;
use super::{Dir, Draft, Emit, Options, Over, Parser, Probe, Protocol, Step, lines};
use crate::model::{Dataset, FieldRef, Outcome, Value};
use std::net::{IpAddr, Ipv4Addr};

include!(concat!(env!("OUT_DIR"), "/radius_numbers.rs"));

const DOC: &str = "One RADIUS request with its answer; a challenge leaves the outcome to what follows it.";
/// Accounting and the like.
pub static DATASET: Dataset = Dataset::requests("radius", DOC);
/// Access requests that are accepted or rejected.
pub static LOGIN: Dataset = Dataset::logins("radius", DOC);

crate::fields! {
    pub FIELDS;
    CODE: Keyword, "radius.code", "Kind of the request: `Access-Request`, `Accounting-Request` …";
    ANSWER: Keyword, "radius.answer", "Kind of the answer: `Access-Accept`, `Access-Reject`, `Access-Challenge` …";
    ID: Long, "radius.id", "Identifier that joins both, 0 to 255.";
    NAS_IP: Ip, "radius.nas.ip", "Address of the access server.";
    NAS_ID: Keyword, "radius.nas.identifier", "Name of the access server.";
    NAS_PORT: Long, "radius.nas.port", "Its physical port.";
    CALLING: Keyword, "radius.calling_station", "Where the user comes from: a MAC address, a telephone number.";
    CALLED: Keyword, "radius.called_station", "Where the user arrived: an access point with its network's name.";
    FRAMED_IP: Ip, "radius.framed_ip", "Address the user has or is given.";
    SESSION: Keyword, "radius.session_id", "Accounting session.";
    STATUS_TYPE: Keyword, "radius.status_type", "`Start`, `Stop`, `Interim-Update` … of accounting.";
    EAP: Keyword, "radius.eap.type", "Method of EAP: `Identity`, `PEAP`, `EAP-TLS` …";
    SECONDS: Long, "radius.session_time", "Duration of the session, seconds.";
    INPUT_OCTETS: Long, "radius.input_octets", "Bytes the user has sent so far in the session, gigawords included.";
    OUTPUT_OCTETS: Long, "radius.output_octets", "Bytes the user has received so far in the session, gigawords included.";
    INPUT_PACKETS: Long, "radius.input_packets", "Packets the user has sent so far in the session.";
    OUTPUT_PACKETS: Long, "radius.output_packets", "Packets the user has received so far in the session.";
    CAUSE: Keyword, "radius.terminate_cause", "Why the session ended: `User Request`, `Idle Timeout` …";
}

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "radius",
    doc: "RADIUS over UDP (RFC 2865, 2866, 3579, 5176): access requests are log-ins with the user, the access server and \
          the stations, the method (PAP, CHAP, MS-CHAP, EAP with its type); accounting with bytes, packets and why a \
          session ended (RFC 2869 for more than 4 GiB); changes of authorisation. \
          Passwords are hidden by the protocol and not read.",
    over: Over::Udp,
    ports: &[1812, 1813, 1645, 1646, 3799],
    probe,
    start,
    datasets: &[&DATASET, &LOGIN],
    fields: FIELDS,
    anomalies: &[
        ("radius.malformed", "A message does not parse."),
        ("radius.unsolicited", "An answer came without a request."),
        ("radius.pending", "Cap: more requests waited for their answers than are kept."),
    ],
};

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(Radius { pairs: Pairs::new("radius.pending"), heard: false })
}

struct Radius {
    pairs: Pairs<u8>,
    heard: bool,
}

/// (name, whether it asks) of a code.
fn code(number: u8) -> Option<(&'static str, bool)> {
    find(CODES, number.into()).map(|name| (name, matches!(number, 1 | 4 | 12 | 40 | 43)))
}

/// Attributes by number; `None` if they do not fill the message.
fn attributes(bytes: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    let size = usize::from(u16::from_be_bytes(*bytes.get(2..4)?.first_chunk()?));
    let mut rest = bytes.get(20..size)?;
    let mut all = Vec::new();
    while let [kind, len, tail @ ..] = rest {
        let (value, next) = tail.split_at_checked(usize::from(*len).checked_sub(2)?)?;
        if all.len() < 256 {
            all.push((*kind, value));
        }
        rest = next;
    }
    (rest.is_empty() && size <= 4096).then_some(all)
}

fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    let Some((_, asks)) = bytes.first().and_then(|b| code(*b)) else { return Probe::No };
    let exact = bytes
        .get(2..4)
        .is_some_and(|l| usize::from(l.iter().fold(0u16, |n, b| n << 8 | u16::from(*b))) == bytes.len());
    let Some(list) = attributes(bytes).filter(|_| exact) else { return Probe::No };
    // Without attributes nothing tells it from noise.
    let known = list.iter().all(|(kind, value)| (1..=191).contains(kind) && !value.is_empty());
    let name = |value: &[u8]| value.iter().all(|b| !b.is_ascii_control());
    if !known || list.is_empty() && asks || list.iter().any(|(k, v)| *k == 1 && !name(v)) {
        return Probe::No;
    }
    if asks == (dir == Dir::Client) { Probe::Yes } else { Probe::Swapped }
}

fn ip(value: &[u8]) -> Option<IpAddr> {
    value.first_chunk::<4>().map(|b| Ipv4Addr::from(*b).into())
}

fn number(value: &[u8]) -> Option<u32> {
    value.first_chunk().map(|b| u32::from_be_bytes(*b))
}

/// Method of an EAP packet (RFC 3748 §4).
fn eap(value: &[u8]) -> Option<&'static str> {
    find(EAP_TYPES, u32::from(*value.get(4)?))
}

/// A counter of which the high half comes in an attribute of its own (RFC 2869 §5.1).
fn octets(list: &[(u8, &[u8])], low: u8, high: u8) -> Option<i64> {
    let part = |wanted| list.iter().find(|(kind, _)| *kind == wanted).and_then(|(_, value)| number(value));
    let whole = u64::from(part(high).unwrap_or(0)) << 32 | u64::from(part(low)?);
    i64::try_from(whole).ok()
}

fn put(draft: &mut Draft, list: &[(u8, &[u8])]) {
    let mut once = |field: FieldRef, value: Option<Value<'static>>| {
        if draft.event().get(field).is_none() {
            draft.put_some(field, value);
        }
    };
    for (field, low, high) in [(&INPUT_OCTETS, 42, 52), (&OUTPUT_OCTETS, 43, 53)] {
        once(field, octets(list, low, high).map(Value::from));
    }
    for (kind, value) in list {
        let text = || Some(Value::from(lines::text(value, 253)));
        match kind {
            1 => once(&USER_NAME, text()),
            2 => once(&AUTH_METHOD, Some(Value::text("PAP"))),
            3 => once(&AUTH_METHOD, Some(Value::text("CHAP"))),
            4 => once(&NAS_IP, ip(value).map(Value::from)),
            5 => once(&NAS_PORT, number(value).map(Value::from)),
            8 => once(&FRAMED_IP, ip(value).map(Value::from)),
            18 => once(&ERROR_MESSAGE, text()),
            // Microsoft's CHAP responses (RFC 2548).
            26 if number(value) == Some(311) && matches!(value.get(4), Some(1 | 25)) => {
                once(&AUTH_METHOD, Some(Value::text("MS-CHAP")));
            }
            30 => once(&CALLED, text()),
            31 => once(&CALLING, text()),
            32 => once(&NAS_ID, text()),
            40 => {
                once(&STATUS_TYPE, number(value).and_then(|n| find(STATUS_TYPES, n)).map(Value::text));
            }
            44 => once(&SESSION, text()),
            46 => once(&SECONDS, number(value).map(Value::from)),
            47 => once(&INPUT_PACKETS, number(value).map(Value::from)),
            48 => once(&OUTPUT_PACKETS, number(value).map(Value::from)),
            49 => once(&CAUSE, number(value).and_then(|n| find(CAUSES, n)).map(Value::text)),
            79 => {
                once(&AUTH_METHOD, Some(Value::text("EAP")));
                once(&EAP, eap(value).map(Value::text));
            }
            _ => {}
        }
    }
}

impl Parser for Radius {
    fn data(&mut self, _: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        let known = bytes.first().and_then(|b| code(*b));
        let (Some((name, asks)), Some(list), Some(id)) = (known, attributes(bytes), bytes.get(1)) else {
            out.anomaly("radius.malformed");
            return Step::Took(bytes.len());
        };
        if asks {
            self.heard = true;
            if let Some(draft) = self.pairs.waits(id) {
                draft.again();
                return Step::Took(bytes.len());
            }
            let mut draft = out.draft(&DATASET, out.now);
            draft
                .put(&ACTION, format!("radius.{}", name.to_ascii_lowercase()))
                .put(&METHOD, Value::text(name));
            draft.put(&CODE, Value::text(name)).put(&ID, *id).bytes(Some(bytes.len() as u64), None);
            put(&mut draft, &list);
            if let Some(user) = draft.event().get(&USER_NAME).and_then(Value::as_str).map(str::to_owned) {
                draft.put(&QUERY, format!("{name} {user}"));
            }
            self.pairs.ask(*id, draft, out);
            return Step::Took(bytes.len());
        }
        let Some(mut draft) = self.pairs.answered(id) else {
            if self.heard {
                out.anomaly("radius.unsolicited");
            }
            return Step::Took(bytes.len());
        };
        draft.end(out.now).put(&ANSWER, Value::text(name));
        draft.event().destination.bytes = Some(bytes.len() as u64);
        let bad = matches!(bytes.first(), Some(3 | 42 | 45));
        draft.put(&STATUS, if bad { "Error" } else { "OK" });
        if name != "Access-Challenge" {
            draft.outcome(if bad { Outcome::Failure } else { Outcome::Success });
        }
        if matches!(bytes.first(), Some(2 | 3)) {
            draft.event().dataset = &LOGIN;
        }
        let list: Vec<_> = list.into_iter().filter(|(kind, _)| bad || *kind != 18).collect();
        put(&mut draft, &list);
        draft.emit(out);
        Step::Took(bytes.len())
    }

    fn waiting(&self) -> usize {
        self.pairs.len()
    }

    fn give_up(&mut self, out: &mut Emit<'_>) {
        self.pairs.flush(out);
    }
}
