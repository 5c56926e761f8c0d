//! Syslog over UDP (RFC 5426, RFC 3164) and TCP (RFC 6587).

use super::carried::{self, Ended};
use super::{Dir, Emit, Options, Over, Parser, Probe, Protocol, Step};
use crate::model::{Dataset, Stamp, Transport};

/// A message that no log format has read yet.
pub static DATASET: Dataset = Dataset {
    name: "syslog",
    category: &["network"],
    types: &["info", "protocol"],
    protocol: Some("syslog"),
    transaction: false,
    doc: "A syslog message; its text is read by the log formats, as a line of a file would be.",
};

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "syslog",
    doc: "Syslog over UDP and TCP, the latter with lengths before the messages or a line end behind them (RFC 6587). \
          The log formats read the message (`syslog`, then the format of its program), and the event leads back to the \
          packet; a stamp without a year gets the one that puts it nearest to the packet, a message without a stamp \
          the packet's time. Who sent it is `log.source.address`. Syslog over TLS is not read.",
    over: Over::Both,
    ports: &[514, 601, 5514],
    probe,
    start,
    datasets: &[&DATASET],
    fields: carried::FIELDS,
    anomalies: &[
        ("syslog.unread", "No log format reads the message; its text is in `event.original`."),
        ("syslog.frame", "No length where a message of a stream begins."),
        ("syslog.gap", "Bytes of a stream were not captured: messages are lost."),
        ("syslog.length", "Cap: a message is longer than 64 KiB; the rest is left out."),
    ],
};

/// Digits of the longest length of a message that is believed.
const DIGITS: usize = 7;

/// What a message begins with: its priority, 0 to 191 (RFC 5424 6.2.1).
fn head(bytes: &[u8]) -> Probe {
    let Some(rest) = bytes.strip_prefix(b"<") else {
        return if bytes.is_empty() { Probe::More } else { Probe::No };
    };
    let digits = rest.iter().take(4).take_while(|b| b.is_ascii_digit()).count();
    let number = rest.iter().take(digits).fold(0u32, |n, b| n * 10 + u32::from(b - b'0'));
    match rest.get(digits) {
        _ if digits > 3 || number > 191 || (digits > 1 && rest.first() == Some(&b'0')) => Probe::No,
        Some(b'>') if digits > 0 => match rest.get(digits + 1) {
            None => Probe::More,
            Some(b' '..=b'~' | b'\t' | 0x80..) => Probe::Yes,
            Some(_) => Probe::No,
        },
        Some(_) => Probe::No,
        None => Probe::More,
    }
}

/// Length of a message and of the digits that say so with the blank behind them (RFC 6587 3.4.1); `None` where there
/// are none.
fn counted(bytes: &[u8]) -> Option<(usize, usize)> {
    let digits = bytes.iter().take(DIGITS + 1).take_while(|b| b.is_ascii_digit()).count();
    let text = std::str::from_utf8(bytes.get(..digits)?).ok()?;
    let number = text.parse().ok().filter(|_| digits <= DIGITS && !text.starts_with('0'))?;
    (bytes.get(digits) == Some(&b' ')).then_some((number, digits + 1))
}

fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    let verdict = match (bytes.first(), counted(bytes)) {
        (Some(b'<'), _) => head(bytes),
        (_, Some((_, at))) => head(bytes.get(at..).unwrap_or_default()),
        _ if bytes.len() <= DIGITS && bytes.iter().all(u8::is_ascii_digit) => Probe::More,
        _ => Probe::No,
    };
    match verdict {
        Probe::Yes if !carried::sends(dir) => Probe::Swapped,
        verdict => verdict,
    }
}

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(Syslog::default())
}

/// How a stream is cut into messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Counted,
    Ended,
}

#[derive(Default)]
struct Syslog {
    framing: Option<Framing>,
    ended: Ended,
    start: Option<Stamp>,
    /// Bytes left of a message of which enough is kept.
    skip: usize,
}

impl Syslog {
    /// Messages behind their lengths.
    fn counted(&mut self, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        let mut at = 0;
        loop {
            let skipped = self.skip.min(bytes.len().saturating_sub(at));
            self.skip -= skipped;
            at += skipped;
            let rest = bytes.get(at..).unwrap_or_default();
            if rest.is_empty() || self.skip > 0 {
                return Step::Took(at);
            }
            let start = *self.start.get_or_insert(out.now);
            // Some senders end counted messages with a line end all the same.
            if let [b'\n' | b'\r', ..] = rest {
                at += 1;
                continue;
            }
            let Some((length, digits)) = counted(rest) else {
                let more = rest.len() <= DIGITS && rest.iter().all(u8::is_ascii_digit);
                return if more { Step::Took(at) } else { Step::Weird("syslog.frame") };
            };
            let kept = length.min(carried::LONGEST);
            let Some(message) = rest.get(digits..digits + kept) else { return Step::Took(at) };
            if kept < length {
                out.cap("syslog.length");
            }
            carried::emit(&DATASET, message, start, out);
            self.start = None;
            self.skip = length - kept;
            at += digits + kept;
        }
    }
}

impl Parser for Syslog {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        if !carried::sends(dir) {
            return Step::Took(bytes.len());
        }
        if out.flow.transport == Transport::Udp {
            carried::emit(&DATASET, bytes, out.now, out);
            return Step::Took(bytes.len());
        }
        let counts = bytes.first().is_some_and(u8::is_ascii_digit);
        match *self.framing.get_or_insert(if counts { Framing::Counted } else { Framing::Ended }) {
            Framing::Counted => self.counted(bytes, out),
            Framing::Ended => {
                let (used, cut) = self.ended.read(&DATASET, b'\n', bytes, out);
                if cut {
                    out.cap("syslog.length");
                }
                Step::Took(used)
            }
        }
    }

    fn gap(&mut self, dir: Dir, missing: u64, out: &mut Emit<'_>) -> Step {
        if !carried::sends(dir) {
            return Step::Took(0);
        }
        let missing = usize::try_from(missing).unwrap_or(usize::MAX);
        if self.framing == Some(Framing::Counted) && missing <= self.skip {
            self.skip -= missing;
            return Step::Took(0);
        }
        out.anomaly("syslog.gap");
        self.ended.gap();
        // Where the next length stands is unknown.
        if self.framing == Some(Framing::Ended) { Step::Took(0) } else { Step::Done }
    }

    fn fin(&mut self, dir: Dir, rest: &[u8], out: &mut Emit<'_>) {
        if carried::sends(dir) && self.framing == Some(Framing::Ended) {
            self.ended.fin(&DATASET, rest, out);
        }
    }

    fn end(&mut self, _: &mut Emit<'_>) {}
}

#[cfg(test)]
mod tests {
    use super::super::rig::Rig;
    use super::*;

    fn rig(transport: Transport) -> Rig {
        Rig::new(&PROTOCOL, transport, 514, Options::default())
    }

    fn texts(rig: &Rig) -> Vec<String> {
        (0..rig.events.len()).map(|i| rig.text(i, "event.original")).collect()
    }

    #[test]
    fn priorities_are_recognised() {
        for yes in ["<34>Oct 11", "<0>x", "<191>1 -", "83 <34>1 2003", "7 <1>x"] {
            assert_eq!(probe(Dir::Client, yes.as_bytes()), Probe::Yes, "{yes}");
            assert_eq!(probe(Dir::Server, yes.as_bytes()), Probe::Swapped, "{yes}");
        }
        for more in ["<", "<3", "<34>", "83", "83 ", "83 <"] {
            assert_eq!(probe(Dir::Client, more.as_bytes()), Probe::More, "{more}");
        }
        for no in [
            "<192>x",
            "<034>x",
            "<>x",
            "<a>",
            "<html>",
            "GET / HTTP",
            "12345678 <1>x",
            "0 <1>x",
            "<1>\0",
            "<1111>",
        ] {
            assert_eq!(probe(Dir::Client, no.as_bytes()), Probe::No, "{no}");
        }
    }

    #[test]
    fn streams_are_cut_into_messages() {
        let mut ended = rig(Transport::Tcp);
        assert_eq!(ended.stream(Dir::Client, b"<1>one\n<2>two\r\n<3>thr"), Step::Took(15));
        ended.stream(Dir::Client, b"ee");
        ended.fin(Dir::Client);
        assert_eq!(texts(&ended), ["<1>one", "<2>two", "<3>three"]);
        assert_eq!(ended.text(0, "log.source.address"), "192.0.2.1:40000");
        let mut counted = rig(Transport::Tcp);
        counted.stream(Dir::Client, b"7 <1>a\nb\n7 <2>cde\n");
        assert_eq!(texts(&counted), ["<1>a\nb\n".trim_end(), "<2>cde"]);
        assert_eq!(counted.stream(Dir::Client, b"x"), Step::Weird("syslog.frame"));
    }

    #[test]
    fn long_messages_are_cut_and_what_follows_is_read() {
        let long = "x".repeat(carried::LONGEST + 10);
        let mut counted = rig(Transport::Tcp);
        counted.stream(Dir::Client, format!("{} <1>{long}7 <2>cdef", long.len() + 3).as_bytes());
        assert_eq!(texts(&counted)[1], "<2>cdef");
        let mut ended = rig(Transport::Tcp);
        ended.stream(Dir::Client, format!("<1>{long}").as_bytes());
        ended.stream(Dir::Client, b"still the first\n<2>cdef\n");
        assert_eq!(texts(&ended)[1], "<2>cdef");
        for rig in [&counted, &ended] {
            assert_eq!(texts(rig)[0].len(), carried::LONGEST);
            assert_eq!(rig.ledger.caps["syslog.length"].count, 1);
        }
    }

    #[test]
    fn a_hole_costs_what_it_tears() {
        let mut ended = rig(Transport::Tcp);
        ended.stream(Dir::Client, b"<1>one\n<2>tw");
        assert_eq!(ended.gap(Dir::Client, 5), Step::Took(0));
        ended.stream(Dir::Client, b"ee\n<4>four\n");
        assert_eq!(texts(&ended), ["<1>one", "<4>four"]);
        assert_eq!(ended.anomalies(), ["syslog.gap"]);
    }
}
