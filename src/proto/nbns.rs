//! NetBIOS name service (RFC 1001, 1002): names of Windows machines before DNS, asked for and claimed by broadcast.

use super::fields::{ACTION, ERROR_CODE, METHOD, QUERY, RESOURCE, STATUS};
use super::pairs::Pairs;
use super::wire::Wire;
use super::{Dir, Draft, Emit, Options, Over, Parser, Probe, Protocol, Step, numbers};
use crate::model::{Dataset, Outcome, Value};
use std::net::{IpAddr, Ipv4Addr};

include!(concat!(env!("OUT_DIR"), "/nbns_numbers.rs"));

/// Requests.
pub static DATASET: Dataset =
    Dataset::requests("nbns", "One NetBIOS name request with its answer, or either alone.");

crate::fields! {
    pub FIELDS;
    ID: Long, "nbns.transaction_id", "Number that ties answers to requests, 0 to 65535.";
    OPCODE: Keyword, "nbns.opcode", "`query`, `registration`, `release`, `wack`, `refresh`.";
    NAME: Keyword, "nbns.name", "Name asked for or claimed, without what fills it up.";
    SUFFIX: Keyword, "nbns.suffix", "Sixteenth byte of the name, hexadecimal: what kind of service it names.";
    SERVICE: Keyword, "nbns.service", "The same in words: `workstation`, `file server`, `domain controllers` …";
    TYPE: Keyword, "nbns.type", "`NB` for a name, `NBSTAT` for all names of a machine.";
    BROADCAST: Boolean, "nbns.broadcast", "The request went to everybody.";
    ADDRESSES: Ip, "nbns.addresses", "Addresses given or claimed for the name.";
    GROUP: Boolean, "nbns.group", "The name is of a group of machines.";
    NAMES: Keyword, "nbns.names", "Names of a machine with their suffixes, as it tells them.";
    UNIT: Keyword, "nbns.unit_id", "Ethernet address the machine tells with its names.";
}

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "nbns",
    doc: "NetBIOS name service over UDP (RFC 1002): queries, registrations, refreshes and releases with their answers where \
          both go between the same two machines. Requests to everybody have no answer in their flow: who answers is \
          another flow, and an event of its own. Names are decoded with the kind of service they stand for; node status \
          gives all names and the Ethernet address of a machine.",
    over: Over::Udp,
    ports: &[137],
    probe,
    start,
    datasets: &[&DATASET],
    fields: FIELDS,
    anomalies: &[
        ("nbns.malformed", "A message that ends before what it announces, or a name that is none."),
        ("nbns.pending", "Cap: more requests waited for their answers than are kept."),
    ],
};

const NB: u16 = 0x20;
const NBSTAT: u16 = 0x21;

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(Nbns { pairs: Pairs::new("nbns.pending") })
}

struct Nbns {
    pairs: Pairs<u16>,
}

/// A name with its sixteenth byte (RFC 1001 §14.1: two letters a byte).
struct Name {
    text: String,
    suffix: u8,
}

fn trimmed(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end_matches([' ', '\0']).to_owned()
}

impl Name {
    fn read(wire: &mut Wire<'_>) -> Option<Name> {
        if wire.u8()? != 32 {
            return None;
        }
        let (pairs, _) = wire.take(32)?.as_chunks::<2>();
        let mut bytes = Vec::with_capacity(16);
        for [high, low] in pairs {
            let (high, low) = (high.wrapping_sub(b'A'), low.wrapping_sub(b'A'));
            if high > 15 || low > 15 {
                return None;
            }
            bytes.push(high << 4 | low);
        }
        // A scope may follow, as labels.
        for _ in 0..8 {
            let len = usize::from(wire.u8()?);
            if len == 0 {
                let suffix = bytes.pop()?;
                return Some(Name { text: trimmed(&bytes), suffix });
            }
            wire.take(len)?;
        }
        None
    }
}

/// What the sixteenth byte stands for.
fn service(suffix: u8) -> Option<&'static str> {
    numbers::find(SERVICES, suffix)
}

struct Message<'a> {
    id: u16,
    flags: u16,
    name: Name,
    kind: u16,
    /// Data of the first answer or additional record.
    data: Option<&'a [u8]>,
}

fn read(bytes: &[u8]) -> Option<Message<'_>> {
    let mut wire = Wire::new(bytes);
    let (id, flags) = (wire.u16()?, wire.u16()?);
    let counts = [wire.u16()?, wire.u16()?, wire.u16()?, wire.u16()?];
    let name = Name::read(&mut wire)?;
    let (kind, class) = (wire.u16()?, wire.u16()?);
    if !matches!(kind, NB | NBSTAT | 10) || class != 1 || counts.iter().any(|count| *count > 4) {
        return None;
    }
    // A request has its question first, a response begins with the record itself.
    if counts[0] == 0 {
        wire.u32()?;
        let len = usize::from(wire.u16()?);
        return Some(Message { id, flags, name, kind, data: Some(wire.take(len)?) });
    }
    let data = match wire.u16() {
        // The name once more, by a pointer.
        Some(pointer) if pointer & 0xc000 == 0xc000 => {
            let (_, _, _, len) = (wire.u16()?, wire.u16()?, wire.u32()?, usize::from(wire.u16()?));
            Some(wire.take(len)?)
        }
        _ => None,
    };
    Some(Message { id, flags, name, kind, data })
}

/// Whether a datagram is of this protocol; DNS has messages of the same form, and other names.
pub(super) fn is(bytes: &[u8]) -> bool {
    read(bytes).is_some()
}

fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    match read(bytes) {
        Some(message) if (message.flags & 0x8000 != 0) == (dir == Dir::Server) => Probe::Yes,
        Some(_) => Probe::Swapped,
        None => Probe::No,
    }
}

fn opcode(flags: u16) -> String {
    numbers::name(OPCODES, flags >> 11 & 15)
}

/// Name of a response code.
fn code(rcode: u16) -> String {
    numbers::name(RCODES, rcode)
}

fn describe(message: &Message<'_>, out: &Emit<'_>) -> Draft {
    let mut draft = out.draft(&DATASET, out.now);
    let what = opcode(message.flags);
    let kind = match message.kind {
        NB => "NB",
        NBSTAT => "NBSTAT",
        _ => "NULL",
    };
    let Name { text, suffix } = &message.name;
    draft.put(&ACTION, format!("nbns.{}", what.replace(' ', "_"))).put(&METHOD, what.to_uppercase());
    draft.put(&QUERY, format!("{what} {kind} {text}<{suffix:02x}>")).put(&RESOURCE, text.clone());
    draft
        .put(&ID, message.id)
        .put(&OPCODE, what)
        .put(&NAME, text.clone())
        .put(&SUFFIX, format!("{suffix:02x}"));
    draft.put_some(&SERVICE, service(*suffix).filter(|_| message.kind == NB)).put(&TYPE, kind);
    if message.flags & 0x10 != 0 {
        draft.put(&BROADCAST, true);
    }
    draft
}

/// What a record says: addresses, or the names of a machine.
fn data(message: &Message<'_>, draft: &mut Draft, out: &mut Emit<'_>) {
    let Some(bytes) = message.data else { return };
    if message.kind == NB {
        let (all, _) = bytes.as_chunks::<6>();
        let ips = all
            .iter()
            .take(out.limits().list)
            .map(|[_, _, a, b, c, d]| Value::Ip(IpAddr::V4(Ipv4Addr::new(*a, *b, *c, *d))));
        draft.put(&ADDRESSES, Value::List(ips.collect()));
        draft.put(&GROUP, all.iter().any(|[flags, ..]| flags & 0x80 != 0));
    } else if message.kind == NBSTAT {
        let mut wire = Wire::new(bytes);
        let count = wire.u8().unwrap_or(0);
        let mut names = Vec::new();
        for _ in 0..count {
            let (Some(name), Some(suffix), Some(_)) = (wire.take(15), wire.u8(), wire.u16()) else {
                out.anomaly("nbns.malformed");
                break;
            };
            names.push(format!("{}<{suffix:02x}>", trimmed(name)));
        }
        draft.put(&NAMES, Value::texts(names));
        let unit = wire.array::<6>().filter(|unit| *unit != [0; 6]);
        draft.put_some(&UNIT, unit.map(|unit| unit.map(|byte| format!("{byte:02X}")).join("-")));
    }
}

impl Parser for Nbns {
    fn data(&mut self, _: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        let took = Step::Took(bytes.len());
        let Some(message) = read(bytes) else {
            out.anomaly("nbns.malformed");
            return took;
        };
        let size = Some(bytes.len() as u64);
        if message.flags & 0x8000 == 0 {
            if let Some(draft) = self.pairs.waits(&message.id) {
                draft.again();
                return took;
            }
            let mut draft = describe(&message, out);
            draft.bytes(size, None);
            data(&message, &mut draft, out);
            self.pairs.ask(message.id, draft, out);
            return took;
        }
        let asked = self.pairs.answered(&message.id);
        let mut draft = asked.unwrap_or_else(|| describe(&message, out));
        // What is claimed was told with the request.
        if draft.event().get(&ADDRESSES).is_none() {
            data(&message, &mut draft, out);
        }
        let rcode = message.flags & 15;
        draft.put_some(&ERROR_CODE, (rcode != 0).then(|| code(rcode)));
        draft.outcome(if rcode == 0 { Outcome::Success } else { Outcome::Failure });
        draft.put(&STATUS, Value::text(if rcode == 0 { "OK" } else { "Error" })).end(out.now);
        draft.event().destination.bytes = size;
        draft.emit(out);
        took
    }

    fn waiting(&self) -> usize {
        self.pairs.len()
    }

    fn give_up(&mut self, out: &mut Emit<'_>) {
        self.pairs.flush(out);
    }
}
