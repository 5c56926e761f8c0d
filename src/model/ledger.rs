//! Nothing vanishes: every packet, line and byte read is counted here as decoded, skipped or
//! malformed, with a reason and the first samples. Ledgers merge commutatively, so the split of the
//! work never shows.

use super::Origin;
use std::collections::BTreeMap;

/// How many samples of each reason are kept: those that come first in the input.
pub const SAMPLES: usize = 3;
/// A sample's text is cut at this many bytes.
pub const SAMPLE_BYTES: usize = 160;

/// Anomaly of a packet that was captured only up to the capture's limit (snaplen).
const CUT: &str = "packet.cut";

/// Where one example of a reason stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sample {
    /// File and packet or line.
    pub origin: Origin,
    /// What is there, lossily decoded, cut; empty for packets.
    pub text: String,
}

/// Count and first samples of one named reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reason {
    /// How often.
    pub count: u64,
    /// Bytes concerned.
    pub bytes: u64,
    /// The first ones.
    pub samples: Vec<Sample>,
}

impl Reason {
    fn merge(&mut self, other: Reason) {
        self.count += other.count;
        self.bytes += other.bytes;
        self.samples.extend(other.samples);
        self.samples.sort();
        self.samples.truncate(SAMPLES);
    }
}

/// Reasons by name.
pub type Reasons = BTreeMap<&'static str, Reason>;

/// The accounts of one kind of record (packets or lines). `read` always equals
/// `decoded + Σ skipped + Σ malformed`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Records there were.
    pub read: u64,
    /// Bytes of those records.
    pub bytes: u64,
    /// Records of which something was made.
    pub decoded: u64,
    /// Of these, lines of which only the frame (stamp, host, program) was read: no rule knows the message inside.
    pub framed: u64,
    /// Records that are well-formed but not netlog's business, by reason (for lines: `unmatched`, no
    /// format fits; `filtered` …).
    pub skipped: Reasons,
    /// Records that are broken, by reason.
    pub malformed: Reasons,
}

impl Counts {
    /// Counts one skipped record.
    pub fn skip(&mut self, reason: &'static str, origin: Origin, bytes: &[u8]) {
        note(&mut self.skipped, reason, origin, bytes);
    }

    /// Counts one malformed record.
    pub fn malformed(&mut self, reason: &'static str, origin: Origin, bytes: &[u8]) {
        note(&mut self.malformed, reason, origin, bytes);
    }

    /// Records that were left out because nobody asked for them.
    pub fn filtered(&self) -> u64 {
        self.skipped.get("filtered").map_or(0, |filtered| filtered.count)
    }

    /// Lines that name the columns of others, or that a rule says tell nothing (comments, ends of files).
    pub fn formal(&self) -> u64 {
        ["header", "dropped"]
            .iter()
            .filter_map(|name| self.skipped.get(name))
            .map(|reason| reason.count)
            .sum()
    }

    /// Records understood: read, and not only their frame.
    pub fn whole(&self) -> u64 {
        self.decoded.saturating_sub(self.framed)
    }

    /// How many of a thousand records that were asked for, and that tell anything, were understood.
    pub fn understood(&self) -> u64 {
        let asked = self.read.saturating_sub(self.filtered()).saturating_sub(self.formal());
        let share = u128::from(self.whole()) * 1000 / u128::from(asked.max(1));
        if asked == 0 { 1000 } else { u64::try_from(share).unwrap_or(1000) }
    }

    /// What `read` must equal.
    pub fn accounted(&self) -> u64 {
        let sum = |r: &Reasons| r.values().map(|x| x.count).sum::<u64>();
        self.decoded + sum(&self.skipped) + sum(&self.malformed)
    }

    fn merge(&mut self, other: Counts) {
        self.read += other.read;
        self.bytes += other.bytes;
        self.decoded += other.decoded;
        self.framed += other.framed;
        merge_reasons(&mut self.skipped, other.skipped);
        merge_reasons(&mut self.malformed, other.malformed);
    }
}

fn note(reasons: &mut Reasons, reason: &'static str, origin: Origin, bytes: &[u8]) {
    let entry = reasons.entry(reason).or_default();
    entry.count += 1;
    entry.bytes += bytes.len() as u64;
    let before_last = entry.samples.last().is_none_or(|s| origin < s.origin);
    if entry.samples.len() < SAMPLES || before_last {
        let cut = bytes.get(..SAMPLE_BYTES).unwrap_or(bytes);
        entry.samples.push(Sample { origin, text: String::from_utf8_lossy(cut).into_owned() });
        entry.samples.sort();
        entry.samples.truncate(SAMPLES);
    }
}

fn merge_reasons(into: &mut Reasons, from: Reasons) {
    for (name, reason) in from {
        into.entry(name).or_default().merge(reason);
    }
}

/// An input that could not be read, or not to its end. Makes the exit status 3.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InputFault {
    /// Path as given or found.
    pub path: String,
    /// Byte offset where reading stopped, if it had begun.
    pub offset: Option<u64>,
    /// What happened, for a person.
    pub reason: String,
}

/// All accounts of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Packets of captures.
    pub packets: Counts,
    /// Lines of logs.
    pub lines: Counts,
    /// Blocks and records of a capture file that carry no packet (pcapng statistics, unknown blocks),
    /// and bytes between records, by name.
    pub blocks: Reasons,
    /// Named anomalies in records that were decoded, by `protocol.name` (Zeek calls them weirds).
    pub anomalies: Reasons,
    /// Caps that were reached, by name: what was closed or dropped early to keep memory bounded.
    pub caps: Reasons,
    /// Inputs that could not be read, or not to the end.
    pub faults: Vec<InputFault>,
}

impl Ledger {
    /// Counts a named anomaly, with what it was seen in as a sample.
    pub fn anomaly_in(&mut self, name: &'static str, origin: Origin, bytes: &[u8]) {
        note(&mut self.anomalies, name, origin, bytes);
    }

    /// Counts a named anomaly.
    pub fn anomaly(&mut self, name: &'static str, origin: Origin) {
        note(&mut self.anomalies, name, origin, &[]);
    }

    /// Counts a packet of which the file holds only the beginning; so many bytes that were on the wire are missing.
    pub fn cut(&mut self, origin: Origin, missing: u64) {
        self.anomaly(CUT, origin);
        if let Some(reason) = self.anomalies.get_mut(CUT) {
            reason.bytes += missing;
        }
    }

    /// Packets of which the file holds only the beginning, and the bytes that are missing.
    pub fn in_part(&self) -> Option<(u64, u64)> {
        self.anomalies.get(CUT).map(|reason| (reason.count, reason.bytes))
    }

    /// Counts a cap that was reached.
    pub fn cap(&mut self, name: &'static str, origin: Origin) {
        note(&mut self.caps, name, origin, &[]);
    }

    /// Counts a block or stretch of bytes without a packet.
    pub fn block(&mut self, name: &'static str, origin: Origin, bytes: &[u8]) {
        note(&mut self.blocks, name, origin, bytes);
    }

    /// Counts a stretch of `len` bytes that belongs to no record.
    pub fn stray(&mut self, name: &'static str, origin: Origin, len: u64) {
        note(&mut self.blocks, name, origin, &[]);
        if let Some(reason) = self.blocks.get_mut(name) {
            reason.bytes += len;
        }
    }

    /// Adds another ledger. The order of merging does not matter.
    pub fn merge(&mut self, other: Ledger) {
        self.packets.merge(other.packets);
        self.lines.merge(other.lines);
        merge_reasons(&mut self.blocks, other.blocks);
        merge_reasons(&mut self.anomalies, other.anomalies);
        merge_reasons(&mut self.caps, other.caps);
        self.faults.extend(other.faults);
        self.faults.sort();
    }
}
