//! Where a thing was seen, and in which order: the way back to the evidence.

use super::Ts;
use std::sync::Arc;

/// The record an event or finding leads back to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// Index into [`Sources`].
    pub source: u32,
    /// Packet number as Wireshark counts it, or line number; both from 1.
    pub record: u64,
    /// Byte offset of the record in the (decompressed) input.
    pub offset: u64,
}

/// Position in the output: the order a run with one thread produces. Unique per event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seq {
    /// Source being read when the event came out.
    pub source: u32,
    /// Record that completed the event; `u64::MAX` for what the end of the input completed.
    pub record: u64,
    /// Order among the events of one record.
    pub sub: u64,
}

/// An instant together with the record that carried it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    /// Time of the record.
    pub ts: Ts,
    /// The record.
    pub origin: Origin,
}

/// One input as the report and the events name it.
#[derive(Clone, Debug, Default)]
pub struct SourceInfo {
    /// Path as given or found; `-` for standard input.
    pub path: Arc<str>,
    /// 64-bit fingerprint of the first record. Together with a record's position and time it makes
    /// `event.id`, so an id survives renaming, compression and growth of the file.
    pub fingerprint: u64,
    /// What the content was recognised as: `pcap`, `pcapng`, or a log format's name.
    pub kind: String,
    /// Compression that was removed, outermost first: `gzip`, `zstd` …
    pub codec: Vec<&'static str>,
    /// Size in bytes as stored, where known.
    pub size: Option<u64>,
    /// SHA-256 of what is stored, in hexadecimal digits; of what was read to its end.
    pub sha256: Option<String>,
    /// Bytes read after decompression.
    pub bytes: u64,
    /// Packets or lines read.
    pub records: u64,
    /// Earliest and latest record time.
    pub span: Option<(Ts, Ts)>,
    /// Of a log of which a part was read: number of the line behind it, and its last bytes.
    pub reached: Option<(u64, Vec<u8>)>,
    /// Things the reader of a report must know: the year that was inferred and why, a zone assumed …
    pub notes: Vec<String>,
}

/// All inputs of a run, by [`Origin::source`].
#[derive(Clone, Debug, Default)]
pub struct Sources(pub Vec<SourceInfo>);

impl Sources {
    /// The path of a source; `?` for one that does not exist.
    pub fn path(&self, source: u32) -> &str {
        usize::try_from(source).ok().and_then(|i| self.0.get(i)).map_or("?", |s| &s.path)
    }
}
