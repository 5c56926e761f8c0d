//! Classic pcap: a 24-byte header, then records of 16 bytes (24 in Kuznetzov's variant) and the
//! captured bytes.
//!
//! draft-ietf-opsawg-pcap for the format; the magic numbers of the variants are those of libpcap's
//! sf-pcap.c and Wireshark's wiretap/libpcap.c.

use super::RawPacket;
use super::capture::{Lost, MAX_CAPLEN, Round, Search, USUAL_CAPLEN};
use crate::model::Ts;

/// Length of the file header.
pub(super) const HEADER: usize = 24;
/// Length of a record header, without the variant's extra fields.
const RECORD: usize = 16;
/// Records that must follow each other for a place to be taken as the start of one.
const CHAIN: usize = 3;
/// Places named at which files were joined.
const MAX_NOTES: usize = 8;
/// Seconds a record's time may differ from the last good one's when searching for records.
const SAME_CAPTURE: u32 = 366 * 86_400;

/// Recognises the first bytes of a pcap.
pub(super) fn is_magic(head: &[u8]) -> bool {
    head.first_chunk().is_some_and(|m| variant(*m).is_some())
}

/// Bytes of a record before the captured ones, in a pcap that begins with `head`.
pub(super) fn record_header(head: &[u8]) -> usize {
    head.first_chunk().and_then(|magic| variant(*magic)).map_or(0, |variant| variant.record)
}

#[derive(Clone, Copy, PartialEq)]
struct Variant {
    big: bool,
    /// Nanoseconds per unit of the fraction field.
    unit: i64,
    /// Bytes of a record header.
    record: usize,
}

fn variant(magic: [u8; 4]) -> Option<Variant> {
    let known = |value: u32| match value {
        0xa1b2_c3d4 => Some((1_000, RECORD)),
        0xa1b2_3c4d => Some((1, RECORD)),
        // Interface index, protocol, packet type and a pad byte follow the lengths.
        0xa1b2_cd34 => Some((1_000, RECORD + 8)),
        _ => None,
    };
    let (big, (unit, record)) = match known(u32::from_le_bytes(magic)) {
        Some(found) => (false, found),
        None => (true, known(u32::from_be_bytes(magic))?),
    };
    Some(Variant { big, unit, record })
}

#[derive(Clone, Copy)]
struct Header {
    variant: Variant,
    /// Largest plausible captured length.
    limit: u32,
    link: u16,
    lengths: Lengths,
}

/// Order of the two lengths of a record. Until version 2.3 it was the other way round; with 2.3
/// files of both kinds exist.
#[derive(Clone, Copy, PartialEq)]
enum Lengths {
    Captured,
    Original,
    Smaller,
}

struct Record {
    sec: u32,
    frac: u32,
    caplen: u32,
    origlen: u32,
}

impl Header {
    fn parse(head: &[u8; HEADER]) -> Option<Header> {
        let variant = variant(*head.first_chunk()?)?;
        let word = |at: usize| -> Option<u32> {
            let bytes = *head.get(at..)?.first_chunk()?;
            Some(if variant.big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
        };
        let version = word(4)?;
        let (low, high) = (version & 0xffff, version >> 16);
        let (major, minor) = if variant.big { (high, low) } else { (low, high) };
        let lengths = match (major, minor) {
            (2, 0..=2) | (543, 0) => Lengths::Original,
            (2, 3) => Lengths::Smaller,
            _ => Lengths::Captured,
        };
        let limit = word(16)?.clamp(USUAL_CAPLEN, MAX_CAPLEN);
        // The high half holds the FCS length and flags, not the link type.
        let link = u16::try_from(word(20)? & 0xffff).ok()?;
        Some(Header { variant, limit, link, lengths })
    }

    /// The header of another pcap in the place of a record, which `cat` and the parts of a compressed file make. Of a
    /// version that is written today, and with records as long, since where they begin is told from the file's start.
    fn joined(&self, head: &[u8; HEADER]) -> Option<Header> {
        let today = |h: &Header| h.lengths == Lengths::Captured && h.variant.record == self.variant.record;
        let [.., a, b, c, d, e, f, g, h, _, _, _, _, _, _, _, _] = *head;
        let zeros = [a, b, c, d, e, f, g, h] == [0; 8];
        Header::parse(head).filter(|next| zeros && today(next))
    }

    /// Whether the same records mean the same.
    fn is_like(&self, other: &Header) -> bool {
        (self.variant, self.link, self.lengths) == (other.variant, other.link, other.lengths)
    }

    #[inline]
    fn record(&self, bytes: &[u8; RECORD]) -> Record {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = *bytes;
        let word = |w: [u8; 4]| if self.variant.big { u32::from_be_bytes(w) } else { u32::from_le_bytes(w) };
        let (first, second) = (word([i, j, k, l]), word([m, n, o, p]));
        let swapped = match self.lengths {
            Lengths::Captured => false,
            Lengths::Original => true,
            Lengths::Smaller => first > second,
        };
        let (caplen, origlen) = if swapped { (second, first) } else { (first, second) };
        Record { sec: word([a, b, c, d]), frac: word([e, f, g, h]), caplen, origlen }
    }
}

/// Position in a pcap.
#[derive(Default)]
pub(super) struct Walker {
    header: Option<Header>,
    number: u64,
    last_sec: Option<u32>,
    lost: Option<Lost>,
    notes: Vec<String>,
    /// Where a pcap begins whose header says something else than the first one's.
    differs: Option<u64>,
}

impl Walker {
    /// What stands behind the file header is the middle of a record.
    pub fn start_lost(&mut self) {
        self.lost = Some(Lost { from: HEADER as u64, why: String::new() });
    }

    /// Where files were joined.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Where a pcap was joined whose records cannot stand behind the file's first header, as far as was read.
    pub fn differs(&self) -> Option<u64> {
        self.differs
    }

    /// Takes the whole records at the front of the round's bytes; how many bytes that is.
    pub fn walk(&mut self, round: &mut Round<'_>) -> usize {
        let mut pos = 0;
        let mut header = match self.header {
            Some(header) => header,
            None => match round.data.first_chunk().and_then(Header::parse) {
                Some(header) => {
                    pos = HEADER;
                    *self.header.insert(header)
                }
                None if round.ended || round.data.len() >= HEADER => {
                    round.cut(0, "the file header", 0, "pcap.cut_short");
                    return round.data.len();
                }
                None => return 0,
            },
        };
        loop {
            if let Some(lost) = self.lost.take() {
                match self.search(&header, round, pos) {
                    Search::Found(at) => {
                        lost.close(round, self.number + 1, round.offset(at), "pcap.stray");
                        pos = at;
                    }
                    Search::More(at) => {
                        self.lost = Some(lost);
                        return at;
                    }
                }
            }
            pos = self.records(&mut header, round, pos);
            if self.lost.is_none() {
                break;
            }
        }
        if round.ended && pos < round.data.len() {
            let number = self.number + 1;
            round.cut(pos, &format!("packet {number}"), number, "pcap.cut_short");
            return round.data.len();
        }
        pos
    }

    /// The loop that every packet of every pcap goes through: no allocation but the growth of
    /// `packets`, no copy.
    fn records(&mut self, header: &mut Header, round: &mut Round<'_>, mut pos: usize) -> usize {
        let data = round.data;
        while let Some(head) = data.get(pos..).and_then(|rest| rest.first_chunk()) {
            let record = header.record(head);
            if record.caplen > header.limit {
                let number = self.number + 1;
                let why = format!(
                    "the record of packet {number} at byte {} claims {} captured bytes",
                    round.offset(pos),
                    record.caplen
                );
                self.lost = Some(Lost { from: round.offset(pos), why });
                return pos + 1;
            }
            if record.caplen == 0 && is_magic(head) {
                // As a record it would be one of December 2055 or June 2083 with nothing in it.
                match data.get(pos..).and_then(<[u8]>::first_chunk).map(|head| header.joined(head)) {
                    Some(Some(next)) => {
                        self.join(header, next, round.offset(pos));
                        pos += HEADER;
                        continue;
                    }
                    Some(None) => {}
                    None => break,
                }
            }
            let start = pos + header.variant.record;
            let end = start + record.caplen as usize;
            let Some(start) = u32::try_from(start).ok().filter(|_| end <= data.len()) else { break };
            self.number += 1;
            self.last_sec = Some(record.sec);
            round.packets.push(RawPacket {
                // At most 2^32 s and 2^32 µs: fits without clamping.
                ts: Ts::from(record.sec) * 1_000_000_000 + Ts::from(record.frac) * header.variant.unit,
                number: self.number,
                file_offset: round.base + pos as u64,
                start,
                caplen: record.caplen,
                origlen: record.origlen,
                link: header.link,
            });
            pos = end;
        }
        pos
    }

    /// Another pcap goes on where one has ended.
    fn join(&mut self, header: &mut Header, next: Header, offset: u64) {
        if self.notes.len() < MAX_NOTES {
            self.notes.push(format!("another capture begins at byte {offset}: files were joined"));
        }
        if !header.is_like(&next) {
            self.differs = self.differs.or(Some(offset));
        }
        *header = *self.header.insert(next);
    }

    /// Searches the next place where records follow each other; the end of the input if there is none.
    /// Linear, and never more than [`CHAIN`] usual records of look-ahead.
    fn search(&self, header: &Header, round: &Round<'_>, from: usize) -> Search {
        let mut at = from.min(round.data.len());
        while at < round.data.len() {
            match self.chain(header, round, at) {
                Some(false) => at += 1,
                Some(true) => return Search::Found(at),
                None => return Search::More(at),
            }
        }
        if round.ended { Search::Found(at) } else { Search::More(at) }
    }

    /// Whether [`CHAIN`] plausible records follow each other from `at` on, or fewer that end exactly
    /// at the end of the input; `None` if that needs more bytes.
    fn chain(&self, header: &Header, round: &Round<'_>, mut at: usize) -> Option<bool> {
        for seen in 0..CHAIN {
            let rest = round.from(at);
            let Some(head) = rest.first_chunk() else {
                let whole = seen > 0 && at == round.data.len();
                return round.ended.then_some(whole || seen + 1 == CHAIN);
            };
            let record = header.record(head);
            if !self.plausible(header, &record) {
                return Some(false);
            }
            at += header.variant.record + record.caplen as usize;
        }
        Some(at <= round.data.len() || !round.ended)
    }

    fn plausible(&self, header: &Header, record: &Record) -> bool {
        let fraction = if header.variant.unit == 1 { 1_000_000_000 } else { 1_000_000 };
        (1..=USUAL_CAPLEN).contains(&record.caplen)
            && record.caplen <= record.origlen
            && record.origlen <= MAX_CAPLEN
            && record.frac < fraction
            && self.last_sec.is_none_or(|last| last.abs_diff(record.sec) <= SAME_CAPTURE)
    }
}
