//! Capture inputs as batches of packets: what pcap and pcapng have in common.

use super::input::{Input, Place, Total};
use super::window::{Raw, Window};
use super::{Kind, PacketBatch, RawPacket, pcap, pcapng};
use crate::model::{InputFault, Ledger, Origin, Ts};
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

/// Least and most bytes of a batch, whatever the caller asks for.
const TARGET: std::ops::RangeInclusive<usize> = (64 << 10)..=(1 << 30);
/// Captured bytes of a packet above which a record header is taken for garbage when the capture does
/// not announce a larger snapshot length: Wireshark's WTAP_MAX_PACKET_SIZE_STANDARD.
pub(super) const USUAL_CAPLEN: u32 = 262_144;
/// Captured bytes of a packet that are never exceeded, whatever the capture announces.
pub(super) const MAX_CAPLEN: u32 = 16 << 20;
/// Damaged places named one by one; further ones are only counted.
const MAX_FAULTS: u32 = 8;
/// Bytes at the end of a capture in which its last packet is searched.
const TAIL: usize = 1 << 20;
/// Stored size up to which a compressed capture is read whole to find its last packet.
const READ_WHOLE: u64 = 64 << 20;

/// Reads packets from one capture.
pub struct Reader {
    path: Arc<str>,
    source: u32,
    window: Window,
    walker: Walker,
    faults: u32,
    done: bool,
    total: Option<Total>,
    skip: u64,
}

enum Walker {
    Pcap(pcap::Walker),
    PcapNg(pcapng::Walker),
}

impl Reader {
    /// A reader of decompressed bytes, as [`Input::packets`] opens one; `path` is for messages.
    pub fn new(path: Arc<str>, source: u32, kind: Kind, input: Box<dyn Read + Send>) -> Self {
        let walker = match kind {
            Kind::PcapNg => Walker::PcapNg(pcapng::Walker::default()),
            Kind::Pcap | Kind::Text => Walker::Pcap(pcap::Walker::default()),
        };
        Reader {
            path,
            source,
            window: Window::new(input),
            walker,
            faults: 0,
            done: false,
            total: None,
            skip: 0,
        }
    }

    /// Leaves out the first packets; those behind them keep their numbers.
    pub(super) fn skipping(self, skip: u64) -> Self {
        Reader { skip, ..self }
    }

    pub(super) fn hashed(self, total: Option<Total>) -> Self {
        Reader { total, ..self }
    }

    /// SHA-256 of the input as it is stored, once it was read to its end.
    pub fn sha256(&self) -> Option<String> {
        self.total.as_ref().and_then(|(digest, size)| digest.value(*size))
    }

    /// Replaces what `batch` held with the next packets, about `target` bytes of records. False when
    /// the input is at its end; `batch` may still hold its last packets then.
    ///
    /// The batch's ledger has `packets.read` and `packets.bytes` (captured bytes) of this batch, the
    /// blocks without a packet, and the faults: where the capture is damaged or cut short. Batch
    /// boundaries depend on `target` and the content only.
    pub fn fill(&mut self, batch: &mut PacketBatch, target: usize) -> bool {
        batch.packets.clear();
        batch.ledger = Ledger::default();
        if self.done {
            batch.data.clear();
            return false;
        }
        let mut want = target.clamp(*TARGET.start(), *TARGET.end());
        loop {
            self.window.load(&mut batch.data, want);
            let used = self.walk(batch);
            let ended = self.window.ended();
            self.window.keep(&mut batch.data, used);
            let known = usize::try_from(self.skip).unwrap_or(usize::MAX).min(batch.packets.len());
            batch.packets.drain(..known);
            self.skip -= known as u64;
            if ended || !batch.packets.is_empty() {
                self.done = ended;
                let counts = &mut batch.ledger.packets;
                counts.read = batch.packets.len() as u64;
                counts.bytes = batch.packets.iter().map(|p| u64::from(p.caplen)).sum();
                for packet in batch.packets.iter().filter(|p| p.caplen < p.origlen) {
                    let origin =
                        Origin { source: self.source, record: packet.number, offset: packet.file_offset };
                    batch.ledger.cut(origin, u64::from(packet.origlen - packet.caplen));
                }
                return !ended;
            }
            if used == 0 {
                // A record larger than the batch. The walkers refuse those beyond MAX_CAPLEN.
                want = want.saturating_mul(2);
            }
        }
    }

    /// Bytes taken from the input so far, after decompression.
    pub fn bytes_read(&self) -> u64 {
        self.window.bytes_read()
    }

    /// What the capture says about itself, as far as it was read: comments, interface names, the
    /// capturing application, drop counts (pcapng), and where files were joined. Capped in number and length.
    pub fn notes(&self) -> Vec<String> {
        let notes = match &self.walker {
            Walker::Pcap(walker) => walker.notes(),
            Walker::PcapNg(walker) => walker.notes(),
        };
        notes.to_vec()
    }

    /// Where a pcap was joined to this one whose records cannot stand behind the same file header, as far as was read.
    pub fn differs(&self) -> Option<u64> {
        match &self.walker {
            Walker::Pcap(walker) => walker.differs(),
            Walker::PcapNg(_) => None,
        }
    }

    fn walk(&mut self, batch: &mut PacketBatch) -> usize {
        let mut round = Round {
            data: &batch.data,
            base: self.window.base(),
            ended: self.window.ended(),
            packets: &mut batch.packets,
            ledger: &mut batch.ledger,
            source: self.source,
            path: &self.path,
            faults: &mut self.faults,
            error: self.window.error(),
        };
        let used = match &mut self.walker {
            Walker::Pcap(walker) => walker.walk(&mut round),
            Walker::PcapNg(walker) => walker.walk(&mut round),
        };
        if let Some(error) = round.error.take() {
            // The walker ended between two records and so did not report it.
            let at = round.base + round.data.len() as u64;
            round.fault(at, error.to_owned());
        }
        used
    }
}

/// When the last packet of a capture was.
pub(super) enum Last {
    At(Ts),
    /// Reading it would take about as long as the analysis.
    Expensive,
    Unknown,
}

/// The time of the last packet, from the end of the file where it can be sought in, else by reading
/// all of it if it is not large.
pub(super) fn last_time(input: &Input) -> Last {
    let tail = match &input.place {
        Place::File(path) if !input.is_compressed() => tail(path, &input.preamble),
        _ if input.size.is_none_or(|size| size > READ_WHOLE) => return Last::Expensive,
        place => place.open().map(|raw| (raw, false)),
    };
    let Ok((raw, lost)) = tail else { return Last::Unknown };
    let mut reader = Reader::new(Arc::clone(&input.path), 0, input.kind, raw);
    if let Walker::Pcap(walker) = &mut reader.walker
        && lost
    {
        walker.start_lost();
    }
    let mut batch = PacketBatch::default();
    let mut last = None;
    loop {
        let more = reader.fill(&mut batch, TAIL);
        last = last.max(batch.packets.iter().map(|p| p.ts).max());
        if !more {
            return last.map_or(Last::Unknown, Last::At);
        }
    }
}

/// The blocks before the first packet and the end of the file; whether there is a gap between.
fn tail(path: &Path, preamble: &[u8]) -> io::Result<(Raw<'static>, bool)> {
    let mut file = File::open(path)?;
    let len = file.metadata()?.len();
    if len <= (TAIL + preamble.len()) as u64 {
        return Ok((Box::new(file), false));
    }
    file.seek(SeekFrom::Start(len - TAIL as u64))?;
    Ok((Box::new(Cursor::new(preamble.to_vec()).chain(file)), true))
}

/// What a walker sees of the input, and where its results go.
pub(super) struct Round<'a> {
    /// The bytes at hand.
    pub data: &'a [u8],
    /// Offset of the first of them in the input.
    pub base: u64,
    /// Nothing comes behind them.
    pub ended: bool,
    pub packets: &'a mut Vec<RawPacket>,
    pub ledger: &'a mut Ledger,
    pub source: u32,
    pub path: &'a str,
    pub faults: &'a mut u32,
    /// Why the input ended before its time, if it did.
    pub error: Option<&'a str>,
}

impl<'a> Round<'a> {
    /// The bytes from `pos` on; borrows from the buffer, not from the round.
    pub fn from(&self, pos: usize) -> &'a [u8] {
        self.data.get(pos..).unwrap_or_default()
    }

    /// Offset in the input of the byte at `pos`.
    pub fn offset(&self, pos: usize) -> u64 {
        self.base + pos as u64
    }

    pub fn origin(&self, record: u64, offset: u64) -> Origin {
        Origin { source: self.source, record, offset }
    }

    /// Names a damaged place.
    pub fn fault(&mut self, offset: u64, reason: String) {
        if *self.faults < MAX_FAULTS {
            self.ledger.faults.push(InputFault { path: self.path.to_owned(), offset: Some(offset), reason });
        }
        *self.faults += 1;
    }

    /// The input ends inside the record at `pos`.
    pub fn cut(&mut self, pos: usize, what: &str, number: u64, name: &'static str) {
        let (start, end) = (self.offset(pos), self.offset(self.data.len()));
        let why = self.error.take().map(|e| format!("{e}; ")).unwrap_or_default();
        let reason =
            format!("{why}cut short in the middle of {what} at byte {end} (it begins at byte {start})");
        self.ledger.stray(name, self.origin(number, start), end - start);
        self.fault(end, reason);
    }
}

/// A stretch that is no record, while the search for the next record goes on.
pub(super) struct Lost {
    /// Where it begins.
    pub from: u64,
    /// What is wrong there.
    pub why: String,
}

impl Lost {
    /// The stretch ends at `until`, where a record begins or the input ends.
    pub fn close(self, round: &mut Round<'_>, number: u64, until: u64, name: &'static str) {
        let len = until.saturating_sub(self.from);
        round.ledger.stray(name, round.origin(number, self.from), len);
        let found = round.ended && until == round.offset(round.data.len());
        let then = if found { "no packet found behind it" } else { "reading went on behind it" };
        let why = round.error.take().filter(|_| found).map(|e| format!("; {e}")).unwrap_or_default();
        round.fault(self.from, format!("{}: {len} bytes are not readable, {then}{why}", self.why));
    }
}

/// The outcome of searching for the next record.
pub(super) enum Search {
    /// A record begins at this position of the buffer.
    Found(usize),
    /// Not before this position; that it begins there needs more bytes to tell.
    More(usize),
}

/// Nanoseconds that do not fit are clamped; whether they were comes along.
pub(super) fn clamp(ns: i128) -> (Ts, bool) {
    match Ts::try_from(ns) {
        Ok(ts) => (ts, false),
        Err(_) => (if ns < 0 { Ts::MIN } else { Ts::MAX }, true),
    }
}
