//! Packets as a capture file: records copied byte for byte where all come from pcap files with the same
//! header; else a pcapng (draft-ietf-opsawg-pcapng) with the same bytes, lengths, link types and times.

use super::SinkError;
use super::output::Output;
use std::collections::BTreeMap;
use std::io;

/// Block types.
const SECTION: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const PACKET: u32 = 6;
/// Options of an interface: resolution of times (10^-9 s), and the end.
const NANOSECONDS: [u8; 12] = [9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0];

/// One packet.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'p> {
    /// The record as stored in a pcap; not needed for pcapng.
    pub record: &'p [u8],
    /// The captured bytes.
    pub bytes: &'p [u8],
    /// Nanoseconds since the epoch.
    pub ts: i64,
    /// Bytes on the wire.
    pub origlen: u32,
    /// LINKTYPE_ value.
    pub link: u16,
}

/// A capture file being written.
pub struct Packets {
    output: Output,
    /// Interfaces announced, by link type.
    interfaces: BTreeMap<u16, u32>,
    pcap: bool,
}

impl Packets {
    /// Opens `path` (standard output if `None`) as a pcap with this file header, or as a pcapng.
    ///
    /// # Errors
    /// The file cannot be made or written.
    pub fn open(path: Option<&str>, header: Option<&[u8]>) -> Result<Packets, SinkError> {
        let output = Output::open(path)?;
        let mut packets = Packets { output, interfaces: BTreeMap::new(), pcap: header.is_some() };
        let begun = match header {
            Some(header) => packets.output.write(header),
            None => packets.section(),
        };
        let wrong = |source| SinkError::Create { path: path.unwrap_or("standard output").into(), source };
        begun.map_err(wrong)?;
        Ok(packets)
    }

    /// Appends a packet.
    ///
    /// # Errors
    /// What writing meets.
    pub fn write(&mut self, packet: &Packet<'_>) -> io::Result<()> {
        if self.pcap {
            return self.output.write(packet.record);
        }
        let next = u32::try_from(self.interfaces.len()).unwrap_or(u32::MAX);
        let interface = match self.interfaces.get(&packet.link) {
            Some(interface) => *interface,
            None => {
                let mut body = packet.link.to_le_bytes().to_vec();
                // Two reserved bytes, and no limit of the captured length.
                body.extend([0; 6]);
                body.extend(NANOSECONDS);
                self.block(INTERFACE, &[&body])?;
                self.interfaces.insert(packet.link, next);
                next
            }
        };
        let ticks = packet.ts.cast_unsigned();
        let caplen = u32::try_from(packet.bytes.len()).unwrap_or(u32::MAX);
        let words = [interface, (ticks >> 32) as u32, ticks as u32, caplen, packet.origlen];
        let head: Vec<u8> = words.into_iter().flat_map(u32::to_le_bytes).collect();
        let padding = [0; 3];
        let padding = padding.get(..packet.bytes.len().wrapping_neg() % 4).unwrap_or_default();
        self.block(PACKET, &[&head, packet.bytes, padding])
    }

    /// Everything out of our hands.
    ///
    /// # Errors
    /// What writing meets.
    pub fn finish(self) -> io::Result<()> {
        self.output.finish()
    }

    fn section(&mut self) -> io::Result<()> {
        let mut body = 0x1a2b_3c4d_u32.to_le_bytes().to_vec();
        // Version 1.0, length of the section not given.
        body.extend([1, 0, 0, 0]);
        body.extend([0xff; 8]);
        self.block(SECTION, &[&body])
    }

    fn block(&mut self, kind: u32, parts: &[&[u8]]) -> io::Result<()> {
        let len: usize = parts.iter().map(|part| part.len()).sum();
        let len = u32::try_from(len + 12).unwrap_or(u32::MAX).to_le_bytes();
        self.output.write(&kind.to_le_bytes())?;
        self.output.write(&len)?;
        for part in parts {
            self.output.write(part)?;
        }
        self.output.write(&len)
    }
}
