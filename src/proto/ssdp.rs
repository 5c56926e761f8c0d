//! SSDP (UPnP Device Architecture 2.0 §1): devices that announce themselves, and searches for them.

use super::fields::{ACTION, METHOD, QUERY, RESOURCE, STATUS, USER_AGENT};
use super::pairs::Pairs;
use super::{Dir, Emit, Options, Over, Parser, Probe, Protocol, Step, lines};
use crate::model::{Dataset, FieldRef, Outcome, Value};

/// Messages.
pub static DATASET: Dataset =
    Dataset::requests("ssdp", "One SSDP search, announcement or answer; the same again is counted.");

crate::fields! {
    pub FIELDS;
    TARGET: Keyword, "ssdp.target", "What is searched for or announced (ST, NT): `ssdp:all`, `upnp:rootdevice`, a device or service.";
    KIND: Keyword, "ssdp.notification", "`ssdp:alive`, `ssdp:byebye` or `ssdp:update` (NTS).";
    USN: Keyword, "ssdp.usn", "Name of the device and the service that no other has.";
    LOCATION: Wildcard, "ssdp.location", "Address of the device's description.";
    SERVER: Keyword, "ssdp.server", "System and product the device says it is.";
    WAIT: Long, "ssdp.max_wait", "Seconds within which answers are asked for (MX).";
    AGE: Keyword, "ssdp.cache_control", "How long the announcement holds.";
}

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "ssdp",
    doc: "SSDP over UDP (UPnP Device Architecture 2.0): searches, announcements and the answers of devices, with what and \
          where they say they are. A search goes to a group and its answers come from the devices, in flows of their own. \
          Devices repeat themselves: the same message of a flow is one event, `netlog.retransmissions` counts the others.",
    over: Over::Udp,
    ports: &[1900],
    probe,
    start,
    datasets: &[&DATASET],
    fields: FIELDS,
    anomalies: &[
        ("ssdp.malformed", "A datagram of the flow that is no SSDP message."),
        ("ssdp.pending", "Cap: more different messages of one flow than are kept to count the same again."),
    ],
};

/// What the messages begin with, their names, and who sends them.
static STARTS: [(&[u8], &str, Dir); 3] = [
    (b"M-SEARCH * HTTP/1.1\r\n", "search", Dir::Client),
    (b"NOTIFY * HTTP/1.1\r\n", "notify", Dir::Client),
    (b"HTTP/1.1 200 OK\r\n", "response", Dir::Server),
];

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(Ssdp { seen: Pairs::new("ssdp.pending") })
}

struct Ssdp {
    /// By what makes messages the same.
    seen: Pairs<(&'static str, String, String)>,
}

fn kind(bytes: &[u8]) -> Option<(&'static str, Dir, &[u8])> {
    STARTS.iter().find_map(|(start, name, from)| bytes.strip_prefix(*start).map(|rest| (*name, *from, rest)))
}

fn header<'a>(mut rest: &'a [u8], wanted: &str) -> Option<&'a [u8]> {
    while let lines::Line::Is(line, used) = lines::line(rest) {
        let colon = memchr::memchr(b':', line)?;
        let (name, value) = line.split_at_checked(colon)?;
        if name.trim_ascii().eq_ignore_ascii_case(wanted.as_bytes()) {
            return Some(value.get(1..)?.trim_ascii());
        }
        rest = rest.get(used..)?;
    }
    None
}

fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    match kind(bytes) {
        // An answer is told from other HTTP in datagrams by what it answers.
        Some(("response", _, rest)) if header(rest, "ST").is_none() || header(rest, "USN").is_none() => {
            Probe::No
        }
        Some((_, from, _)) if from == dir => Probe::Yes,
        Some(_) => Probe::Swapped,
        None => Probe::No,
    }
}

impl Parser for Ssdp {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        let took = Step::Took(bytes.len());
        let Some((name, _, rest)) = kind(bytes) else {
            out.anomaly("ssdp.malformed");
            return took;
        };
        let limit = out.limits().text;
        let text = |wanted: &str| header(rest, wanted).map(|value| lines::text(value, limit));
        let target = text("ST").or_else(|| text("NT")).unwrap_or_default();
        let (usn, notification) = (text("USN"), text("NTS"));
        let key = (
            name,
            target.clone(),
            format!("{}{}", usn.as_deref().unwrap_or_default(), notification.as_deref().unwrap_or_default()),
        );
        if let Some(draft) = self.seen.waits(&key) {
            draft.again();
            return took;
        }
        let mut draft = out.draft(&DATASET, out.now);
        if dir == Dir::Server {
            let event = draft.event();
            std::mem::swap(&mut event.source, &mut event.destination);
        }
        draft.bytes(Some(bytes.len() as u64), None).outcome(Outcome::Unknown);
        draft
            .put(&ACTION, format!("ssdp.{name}"))
            .put(&METHOD, Value::text(name))
            .put(&STATUS, Value::text("OK"));
        draft.put(&QUERY, format!("{name} {target}")).put(&RESOURCE, target.clone()).put(&TARGET, target);
        draft.put_some(&KIND, notification).put_some(&USN, usn);
        let others: [(FieldRef, &str); 4] = [
            (&LOCATION, "LOCATION"),
            (&SERVER, "SERVER"),
            (&AGE, "CACHE-CONTROL"),
            (&USER_AGENT, "USER-AGENT"),
        ];
        for (field, wanted) in others {
            draft.put_some(field, text(wanted));
        }
        draft.put_some(&WAIT, text("MX").and_then(|mx| mx.parse::<u16>().ok()));
        self.seen.ask(key, draft, out);
        took
    }

    fn end(&mut self, out: &mut Emit<'_>) {
        self.seen.flush(out);
    }
}
