//! RADIUS (RFC 2865, 2866, 5176): requests with their answers by identifier.

use super::fields::{ACTION, AUTH_METHOD, ERROR_MESSAGE, METHOD, QUERY, STATUS, USER_NAME};
use super::pairs::Pairs;
use super::{Dir, Draft, Emit, Options, Over, Parser, Probe, Protocol, Step, lines};
use crate::model::{Dataset, FieldRef, Outcome, Value};
use std::net::{IpAddr, Ipv4Addr};

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
}

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "radius",
    doc: "RADIUS over UDP (RFC 2865, 2866, 3579, 5176): access requests are log-ins with the user, the access server and \
          the stations, the method (PAP, CHAP, MS-CHAP, EAP with its type); accounting; changes of authorisation. \
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
    Some(match number {
        1 => ("Access-Request", true),
        2 => ("Access-Accept", false),
        3 => ("Access-Reject", false),
        4 => ("Accounting-Request", true),
        5 => ("Accounting-Response", false),
        11 => ("Access-Challenge", false),
        12 => ("Status-Server", true),
        40 => ("Disconnect-Request", true),
        41 => ("Disconnect-ACK", false),
        42 => ("Disconnect-NAK", false),
        43 => ("CoA-Request", true),
        44 => ("CoA-ACK", false),
        45 => ("CoA-NAK", false),
        _ => return None,
    })
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
    let exact = bytes.get(2..4).is_some_and(|l| usize::from(l.iter().fold(0u16, |n, b| n << 8 | u16::from(*b))) == bytes.len());
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

/// RFC 3748 §5 and IANA's "Method Types".
fn eap(value: &[u8]) -> Option<&'static str> {
    Some(match value.get(4)? {
        1 => "Identity",
        3 => "Nak",
        4 => "EAP-MD5",
        6 => "GTC",
        13 => "EAP-TLS",
        17 => "LEAP",
        18 => "EAP-SIM",
        21 => "EAP-TTLS",
        23 => "EAP-AKA",
        25 => "PEAP",
        26 => "MS-CHAPv2",
        43 => "EAP-FAST",
        50 => "EAP-AKA'",
        52 => "EAP-PWD",
        55 => "TEAP",
        _ => return None,
    })
}

fn put(draft: &mut Draft, list: &[(u8, &[u8])]) {
    let mut once = |field: FieldRef, value: Option<Value<'static>>| {
        if draft.event().get(field).is_none() {
            draft.put_some(field, value);
        }
    };
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
                let kinds = ["Start", "Stop", "Interim-Update"];
                let name = number(value).and_then(|n| usize::try_from(n).ok()?.checked_sub(1));
                once(&STATUS_TYPE, name.and_then(|n| kinds.get(n)).map(|n| Value::text(n)));
            }
            44 => once(&SESSION, text()),
            46 => once(&SECONDS, number(value).map(Value::from)),
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
            draft.put(&ACTION, format!("radius.{}", name.to_ascii_lowercase())).put(&METHOD, Value::text(name));
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

    fn end(&mut self, out: &mut Emit<'_>) {
        self.pairs.flush(out);
    }
}
