//! NTP and SNTP (RFC 5905, version 3: RFC 1305), with the control and private modes that are abused.

use super::fields::{ACTION, METHOD, STATUS};
use super::pairs::Pairs;
use super::{Dir, Draft, Emit, Options, Over, Parser, Probe, Protocol, Step};
use crate::model::{Dataset, Outcome, Value};

/// Requests.
pub static DATASET: Dataset =
    Dataset::requests("ntp", "One NTP request with its response, or a message that asks for none.");

crate::fields! {
    pub FIELDS;
    VERSION: Long, "ntp.version", "Version, 1 to 4.";
    MODE: Keyword, "ntp.mode", "`client`, `server`, `symmetric_active`, `broadcast`, `control`, `private` …";
    STRATUM: Long, "ntp.stratum", "Distance of the server from a reference clock, 0 to 15; 0 is a refusal.";
    REFERENCE: Keyword, "ntp.reference_id", "What the server is set by: a code at stratum 0 and 1, else an address or hash.";
    LEAP: Long, "ntp.leap", "Leap indicator, 3 = not synchronised.";
    DELAY: Double, "ntp.root_delay", "Round trip to the reference clock, seconds.";
    DISPERSION: Double, "ntp.root_dispersion", "Largest error against the reference clock, seconds.";
    TRANSMIT: Date, "ntp.transmit_time", "Time the server says it is.";
    OFFSET: Double, "ntp.offset", "Server's clock against the capture's at that packet, seconds.";
    OPCODE: Long, "ntp.opcode", "Operation of a control message, or request code of a private one (42 = monlist).";
    RESPONSES: Long, "ntp.responses", "Messages that one request brought.";
}

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "ntp",
    doc: "NTP versions 1 to 4 and SNTP (RFC 5905, 1305): requests with their responses, what the server's clock says \
          against the capture's, kiss-o'-death codes; control and private messages (monlist) with how many answers \
          they brought. Extensions and authentication are not read.",
    over: Over::Udp,
    ports: &[123],
    probe,
    start,
    datasets: &[&DATASET],
    fields: FIELDS,
    anomalies: &[
        ("ntp.malformed", "A message is too short or of version 0 or above 4."),
        ("ntp.unsolicited", "A response came without a request."),
        ("ntp.pending", "Cap: more requests waited for their responses than are kept."),
    ],
};

/// Seconds from 1900 to 1970.
const EPOCH: i64 = 2_208_988_800;

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(Ntp { pairs: Pairs::new("ntp.pending"), heard: false })
}

struct Ntp {
    pairs: Pairs<u64>,
    heard: bool,
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|b| u32::from_be_bytes(*b))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|b| u64::from_be_bytes(*b))
}

fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    match bytes.first().map(|first| first & 7) {
        Some(6) => return control(dir, bytes).unwrap_or(Probe::No),
        Some(7) => return private(dir, bytes).unwrap_or(Probe::No),
        _ => {}
    }
    let Some([first, stratum, poll, precision, ..]) = bytes.get(..48) else { return Probe::No };
    let version = first >> 3 & 7;
    let plausible = (2..=4).contains(&version)
        && *stratum <= 16
        && *poll <= 17
        // chrony's clients tell 32, so that nothing can be learned of them.
        && (*precision >= 0xd8 || matches!(*precision, 0 | 32))
        && matches!(bytes.len(), 48 | 52 | 56 | 60 | 64 | 68 | 72);
    // A request without a transmit time is none, nor a server's answer without one from this era.
    let recent = |at: usize| u32_at(bytes, at).is_some_and(|t| t > 0xa000_0000);
    // A client of SNTP need say no more than that it is one (RFC 4330 4), one of NTP tells the time it was set.
    let bare = bytes.len() == 48 && bytes.iter().skip(1).all(|b| *b == 0);
    match (first & 7, dir) {
        _ if !plausible => Probe::No,
        (3, _) if bare || (*stratum > 0 && (recent(16) || recent(40))) => Probe::by(Dir::Client, dir),
        (1 | 2 | 5, _) if recent(40) => Probe::Yes,
        (3, dir)
            if u64_at(bytes, 40).is_some_and(|t| t != 0)
                && *stratum == 0
                && u32_at(bytes, 4).is_some_and(|d| d < 0x10_0000) =>
        {
            Probe::by(Dir::Client, dir)
        }
        (4, dir) if recent(40) && recent(32) => Probe::by(Dir::Server, dir),
        _ => Probe::No,
    }
}

/// A control message (RFC 9327 2): an operation that is known, and as many bytes of data as it says.
fn control(dir: Dir, bytes: &[u8]) -> Option<Probe> {
    let [first, operation, _, _, status @ ..] = *bytes.first_chunk::<12>()?;
    let [s1, s2, _, _, o1, o2, c1, c2] = status;
    let count = usize::from(u16::from_be_bytes([c1, c2]));
    let known =
        matches!(operation & 0x1f, 1..=12 | 31) && (1..=4).contains(&(first >> 3 & 7)) && first >> 6 == 0;
    // Data come in words of four bytes; a code that authenticates them may follow.
    let whole = (count..count + 28).contains(&(bytes.len() - 12)) && count <= 480;
    let answer = operation & 0x80 != 0;
    let fresh = answer || ([s1, s2, o1, o2] == [0; 4] && operation & 0x60 == 0);
    (known && whole && fresh).then(|| Probe::by(if answer { Dir::Server } else { Dir::Client }, dir))
}

/// A private message of ntpd (its `ntp_request.h`): of version 2, of an implementation that is known, and as long as its
/// items are; a request of nothing but its code has no items.
fn private(dir: Dir, bytes: &[u8]) -> Option<Probe> {
    let [first, _, implementation, code, n1, n2, s1, s2] = *bytes.first_chunk::<8>()?;
    let known = first >> 3 & 7 == 2 && matches!(implementation, 0 | 2 | 3) && code <= 45;
    let low = |high: u8, low: u8| usize::from(u16::from_be_bytes([high & 0x0f, low]));
    let items = low(n1, n2) * low(s1, s2);
    let answer = first & 0x80 != 0;
    let whole = if answer {
        items > 0 && bytes.len() == 8 + items
    } else {
        items == 0 && first & 0x40 == 0 && bytes.iter().skip(4).all(|b| *b == 0)
    };
    (known && whole).then(|| Probe::by(if answer { Dir::Server } else { Dir::Client }, dir))
}

fn mode(first: u8) -> &'static str {
    match first & 7 {
        1 => "symmetric_active",
        2 => "symmetric_passive",
        3 => "client",
        4 => "server",
        5 => "broadcast",
        6 => "control",
        7 => "private",
        _ => "reserved",
    }
}

/// A time of NTP in nanoseconds since 1970; the era that begins in 2036 is taken for small values.
fn time(stamp: u64) -> i64 {
    let seconds = i64::try_from(stamp >> 32).unwrap_or(0);
    let era = if seconds < 0x8000_0000 { 1 << 32 } else { 0 };
    let nanos = i64::try_from(((stamp & 0xffff_ffff) * 1_000_000_000) >> 32).unwrap_or(0);
    (seconds + era - EPOCH).saturating_mul(1_000_000_000).saturating_add(nanos)
}

fn draft(bytes: &[u8], first: u8, out: &Emit<'_>) -> Draft {
    let mut draft = out.draft(&DATASET, out.now);
    draft.put(&ACTION, format!("ntp.{}", mode(first))).put(&METHOD, Value::text(mode(first)));
    draft.put(&MODE, Value::text(mode(first))).put(&VERSION, first >> 3 & 7);
    draft.bytes(Some(bytes.len() as u64), None);
    draft
}

/// What a server says of itself.
fn server(draft: &mut Draft, bytes: &[u8], out: &Emit<'_>) -> Option<()> {
    let [first, stratum, ..] = bytes else { return None };
    let id = bytes.get(12..16)?;
    draft.put(&LEAP, first >> 6).put(&STRATUM, *stratum);
    let code = id.split(|b| *b == 0).next().unwrap_or_default();
    let text = code.iter().all(u8::is_ascii_graphic) && *stratum < 2;
    draft.put(
        &REFERENCE,
        match (text, id) {
            (true, _) => String::from_utf8_lossy(code).into_owned(),
            (false, [a, b, c, d]) => format!("{a}.{b}.{c}.{d}"),
            _ => String::new(),
        },
    );
    for (field, at) in [(&DELAY, 4), (&DISPERSION, 8)] {
        draft.put(field, f64::from(u32_at(bytes, at)?) / 65536.0);
    }
    let transmit = u64_at(bytes, 40).filter(|t| *t != 0)?;
    let told = time(transmit);
    draft.put(&TRANSMIT, Value::Time(told));
    // Whole microseconds: more than a capture's clock knows.
    let micros = i32::try_from(told.saturating_sub(out.now.ts) / 1000).ok();
    draft.put_some(&OFFSET, micros.map(|m| f64::from(m) / 1e6));
    Some(())
}

impl Parser for Ntp {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        let Some(first) = bytes.first().filter(|b| (1..=4).contains(&(*b >> 3 & 7)) && bytes.len() >= 8)
        else {
            out.anomaly("ntp.malformed");
            return Step::Took(bytes.len());
        };
        let long = bytes.len() >= 48;
        match (first & 7, dir) {
            (3, _) if long => {
                self.heard = true;
                let key = u64_at(bytes, 40).unwrap_or(0);
                match self.pairs.waits(&key) {
                    Some(draft) => {
                        draft.again();
                    }
                    None => self.pairs.ask(key, draft(bytes, *first, out), out),
                }
            }
            (4, _) if long => match self.pairs.answered(&u64_at(bytes, 24).unwrap_or(0)) {
                Some(mut draft) => {
                    // A kiss-o'-death is a refusal.
                    let good = bytes.get(1).is_some_and(|s| *s != 0);
                    draft.end(out.now).put(&STATUS, if good { "OK" } else { "Error" });
                    draft.outcome(if good { Outcome::Success } else { Outcome::Failure });
                    draft.event().destination.bytes = Some(bytes.len() as u64);
                    server(&mut draft, bytes, out);
                    draft.emit(out);
                }
                None if self.heard => out.anomaly("ntp.unsolicited"),
                None => {}
            },
            (6 | 7, _) => self.control(*first, bytes, out),
            (1 | 2 | 5, _) if long => {
                let mut draft = draft(bytes, *first, out);
                server(&mut draft, bytes, out);
                draft.emit(out);
            }
            _ => out.anomaly("ntp.malformed"),
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

impl Ntp {
    /// Modes 6 (RFC 9327) and 7 (ntpd's own): one request, many answers, kept together until the flow ends.
    fn control(&mut self, first: u8, bytes: &[u8], out: &mut Emit<'_>) {
        let private = first & 7 == 7;
        let (answer, code) = match bytes {
            [a, _, _, code, ..] if private => (a & 0x80 != 0, *code),
            [_, b, ..] => (b & 0x80 != 0, b & 0x1f),
            _ => return,
        };
        // Apart from the times of the other modes.
        let key = u64::from(first & 7) << 8 | u64::from(code);
        if !answer {
            let mut draft = draft(bytes, first, out);
            draft.put(&OPCODE, code);
            return self.pairs.ask(key, draft, out);
        }
        let now = out.now;
        let Some(draft) = self.pairs.waits(&key) else { return };
        draft.end(now).outcome(Outcome::Success);
        let had = draft.event().destination.bytes.unwrap_or(0);
        draft.event().destination.bytes = Some(had.saturating_add(bytes.len() as u64));
        match draft.event().fields.iter_mut().find(|(f, _)| std::ptr::eq(*f, &RESPONSES)) {
            Some((_, value)) => *value = Value::Int(value.as_int().unwrap_or(0).saturating_add(1)),
            None => draft.event().push(&RESPONSES, 1u32),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_of_all_modes_are_known_by_their_form() {
        let padded = |head: &[u8], len: usize| {
            let mut bytes = head.to_vec();
            bytes.resize(len, 0);
            bytes
        };
        // A client of SNTP that says nothing else, and one that is set by a server of stratum 2.
        let bare = padded(&[0x1b], 48);
        let mut set = padded(&[0x23, 3, 6, 0xe9], 48);
        set[16..20].copy_from_slice(&0xee00_0000_u32.to_be_bytes());
        let monlist = padded(&[0x17, 0, 3, 42], 8);
        let readvar = padded(&[0x16, 2, 0, 1], 12);
        for request in [&bare, &set, &monlist, &readvar] {
            assert_eq!(probe(Dir::Client, request), Probe::Yes, "{request:x?}");
            assert_eq!(probe(Dir::Server, request), Probe::Swapped, "{request:x?}");
        }
        let answer = padded(&[0xd7, 0, 3, 42, 0, 6, 0, 72], 8 + 6 * 72);
        assert_eq!(probe(Dir::Server, &answer), Probe::Yes);
        for other in [
            padded(&[0x17, 0, 3, 42, 1], 8),
            padded(&[0xd7, 0, 3, 42, 0, 6, 0, 72], 400),
            padded(&[0x16, 2], 40),
            padded(&[0x1b], 12),
        ] {
            assert_eq!(probe(Dir::Client, &other), Probe::No, "{other:x?}");
        }
    }

    /// RFC 5905 figure 4: 1 January 1970 and the first day of era 1.
    #[test]
    fn eras() {
        assert_eq!(time(2_208_988_800 << 32), 0);
        assert_eq!(time(63_104 << 32), 2_086_041_600_000_000_000);
    }
}
