//! Inputs: finding them, recognising them by content, removing compression, and cutting them into
//! records. Knows nothing of what the records mean.
//!
//! ```text
//! paths ─ discover ─▶ Group (rotated log, ring of capture slices, or a single file)
//!            │ sniff: magic bytes through the compression
//!            └▶ capture::Reader ─▶ PacketBatch      lines::Reader ─▶ LineChunk
//! ```
//!
//! Files are read, not mapped: evidence that shrinks while it is read is then an error with an
//! offset instead of a SIGBUS, standard input takes the same way, and no `unsafe` is needed.

pub mod capture;
mod codec;
mod digest;
pub mod discover;
mod elements;
mod group;
mod input;
pub mod lines;
mod pattern;
mod pcap;
mod pcapng;
mod pcapng_options;
mod rotation;
mod sniff;
mod stretch;
mod tar;
mod window;

pub use sniff::is_capture;
pub use stretch::{PROOF, Part};

use crate::model::{Ledger, Ts};

/// What the content is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Classic pcap, any byte order and resolution, or the Kuznetzov variant.
    Pcap,
    /// pcapng.
    PcapNg,
    /// Lines of text.
    Text,
}

/// One round's raw packets: records in one buffer, in input order.
#[derive(Debug, Default)]
pub struct PacketBatch {
    /// The bytes the records point into.
    pub data: Vec<u8>,
    /// The records.
    pub packets: Vec<RawPacket>,
    /// What the reader could not deliver as packets, and `packets.read`/`bytes` of this batch.
    pub ledger: Ledger,
}

/// One captured packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawPacket {
    /// Capture time.
    pub ts: Ts,
    /// Packet number in its file, from 1, as Wireshark counts.
    pub number: u64,
    /// Byte offset of the record in the decompressed file.
    pub file_offset: u64,
    /// Where the captured bytes begin in [`PacketBatch::data`].
    pub start: u32,
    /// Captured bytes.
    pub caplen: u32,
    /// Bytes on the wire; never use it to size anything.
    pub origlen: u32,
    /// LINKTYPE_ value (high bits of the pcap link word removed).
    pub link: u16,
}

/// A stretch of whole lines. Chunk boundaries depend on the content only, never on threads or
/// round size.
#[derive(Debug, Default)]
pub struct LineChunk {
    /// The end of the text before `data`, at most [`lines::BEFORE`] bytes; empty unless it was asked for.
    pub before: Vec<u8>,
    /// Whole lines with their line ends; the last one of a file may lack it.
    pub data: Vec<u8>,
    /// Byte offset of `data` in the decompressed file.
    pub offset: u64,
    /// Number of the first line, from 1.
    pub first_line: u64,
}

#[cfg(test)]
mod tests;
