//! One input: what was found out about it, and how to read it.

use super::digest::Digest;
use super::tar::Archive;
use super::window::Raw;
use super::{Kind, PacketBatch, Part, capture, codec, lines};
use crate::model::{InputFault, Ts, fnv1a};
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes looked at to recognise an input, and kept of a text as its sample.
pub const SAMPLE: usize = 64 << 10;
/// Bytes that go into a fingerprint at most.
const FINGERPRINT: usize = 4 << 10;
/// Bytes that must be the same when a file is opened again.
const HEAD: usize = 64;
/// Why a file is not read that is another one by now.
const CHANGED: &str = "changed while netlog was running";

/// A capture or a log, found and recognised, not yet read.
pub struct Input {
    /// Path as given or found; `-` for standard input, `archive.tar!member` for a file in an archive.
    pub path: Arc<str>,
    /// What the content is.
    pub kind: Kind,
    /// Layers that are removed on the way, outermost first: `gzip`, `zstd`, `xz`, `bzip2`, `lz4`, `tar`, `json-array`,
    /// `json-records`, `json-texts`.
    pub codecs: Vec<&'static str>,
    /// Size in bytes as stored, where known.
    pub size: Option<u64>,
    /// Time of the last change, where known.
    pub mtime: Option<Ts>,
    /// 64-bit FNV-1a of the first record: of a text the lines up to the first one that does not begin
    /// with `#`, of a capture everything up to the end of its first packet; at most 4 KiB. The same
    /// for a file that is renamed, compressed or grown.
    pub fingerprint: u64,
    /// The first bytes of a text after decompression, at most `SAMPLE`; less when there are very
    /// many inputs. Empty for captures.
    pub sample: Vec<u8>,
    /// Index into [`crate::model::Sources`] that readers put into their accounts. Discovery numbers
    /// the inputs in the order it returns them.
    pub source: u32,
    /// Time of the first packet of a capture.
    pub(super) first: Option<Ts>,
    /// The blocks of a capture before its first packet.
    pub(super) preamble: Vec<u8>,
    pub(super) place: Place,
    head: Vec<u8>,
    /// What is to be read of a log; all of it if `None`.
    part: Option<Part>,
    /// Of a stream: the hash of what is stored, as it is read.
    pub(super) digest: Option<Digest>,
    hash: bool,
    /// Packets at the beginning of a capture that are not wanted.
    pub(super) skip: u64,
}

/// The way to a hash, and how many bytes it is of, where known.
pub(super) type Total = (Digest, Option<u64>);

/// Where an input's bytes are.
pub(super) enum Place {
    File(PathBuf),
    /// In an archive: offset and size.
    Member(Arc<Archive>, u64, u64),
    /// Held in memory: a member of an archive that came through a pipe.
    Memory(Vec<u8>),
    /// Open and decompressed, from the first byte on.
    Stream(Raw<'static>),
}

impl Input {
    pub(super) fn new(
        path: &str,
        kind: Kind,
        codecs: Vec<&'static str>,
        sample: &[u8],
        place: Place,
    ) -> Self {
        let (mut first, mut preamble, mut text) = (None, Vec::new(), Vec::new());
        let record = match kind {
            Kind::Text => {
                text = sample.to_vec();
                first_line(sample)
            }
            Kind::Pcap | Kind::PcapNg => {
                let packet = first_packet(kind, sample);
                first = packet.map(|p| p.0);
                let start = packet.map_or(0, |p| p.1);
                preamble = sample.get(..start).unwrap_or_default().to_vec();
                sample.get(..packet.map_or(sample.len(), |p| p.2)).unwrap_or(sample)
            }
        };
        let fingerprint = fnv1a(record.get(..FINGERPRINT).unwrap_or(record).iter().copied());
        Input {
            path: Arc::from(path),
            kind,
            codecs,
            size: None,
            mtime: None,
            fingerprint,
            sample: text,
            source: 0,
            first,
            preamble,
            place,
            head: sample.get(..HEAD).unwrap_or(sample).to_vec(),
            part: None,
            digest: None,
            hash: true,
            skip: 0,
        }
    }

    /// There is a layer of compression between the stored bytes and the content.
    pub fn is_compressed(&self) -> bool {
        self.codecs.iter().any(|&codec| codec != "tar")
    }

    /// Reads the input as a capture.
    ///
    /// # Errors
    /// It cannot be opened any more, or is another file by now.
    pub fn packets(self) -> Result<capture::Reader, InputFault> {
        let (path, source, kind, skip) = (Arc::clone(&self.path), self.source, self.kind, self.skip);
        let (input, digest) = self.open()?;
        Ok(capture::Reader::new(path, source, kind, input).skipping(skip).hashed(digest))
    }

    /// Reads the input as text, or the part of it that was set.
    ///
    /// # Errors
    /// It cannot be opened any more, or is another file by now.
    pub fn lines(self) -> Result<lines::Reader, InputFault> {
        self.text(false)
    }

    /// The same; with `back`, chunks come with the end of the text before them.
    ///
    /// # Errors
    /// As [`Input::lines`].
    pub fn text(mut self, back: bool) -> Result<lines::Reader, InputFault> {
        let (path, source) = (Arc::clone(&self.path), self.source);
        let reader = match self.part.take() {
            None => {
                let (input, digest) = self.open()?;
                lines::Reader::new(path, source, input).hashed(digest)
            }
            Some(part) => {
                let left = part.end.map_or(u64::MAX, |end| end.saturating_sub(part.offset));
                let begin = if back { part.offset.saturating_sub(lines::BEFORE as u64) } else { part.offset };
                let mut input = self.open_at(begin)?;
                let mut before = Vec::new();
                // What cannot be read here fails again, and is told, where the part itself is read.
                let _ = input.by_ref().take(part.offset - begin).read_to_end(&mut before);
                lines::Reader::at(path, source, Box::new(input.take(left)), &part, Some(before))
            }
        };
        Ok(if back { reader.remember() } else { reader })
    }

    /// Leaves out the first packets of a capture: they were read before.
    pub fn skip_packets(&mut self, packets: u64) {
        self.skip = packets;
    }

    /// Takes no hash of what is stored.
    pub fn without_hash(&mut self) {
        self.hash = false;
        if let Some(digest) = self.digest.take() {
            digest.stop();
        }
    }

    /// Sets which part of a log is read.
    pub fn set_part(&mut self, part: Part) {
        self.part = Some(part);
    }

    /// The first bytes that are read, as [`Input::sample`] is of the whole.
    pub fn first_read(&self) -> &[u8] {
        self.part.as_ref().map_or(&self.sample, |part| &part.sample)
    }

    /// The last bytes of a plain file, at most `SAMPLE`, from the start of a line on; empty for what can
    /// only be read from its beginning (pipes, compressed files, members of archives) and for what cannot
    /// be read.
    pub fn tail(&self) -> Vec<u8> {
        let Place::File(path) = &self.place else { return Vec::new() };
        if !self.codecs.is_empty() { Vec::new() } else { end_of(path).unwrap_or_default() }
    }

    /// Opens the input behind its first `offset` bytes.
    fn open_at(self, offset: u64) -> Result<Raw<'static>, InputFault> {
        let fault = |path: &str, e: io::Error| InputFault {
            path: path.to_owned(),
            offset: Some(offset),
            reason: e.to_string(),
        };
        let path = Arc::clone(&self.path);
        let Some(mut file) = self.plain().map_err(|e| fault(&path, e))? else {
            let mut input = self.open()?.0;
            let skipped = io::copy(&mut input.by_ref().take(offset), &mut io::sink());
            return skipped.map(|_| input).map_err(|e| fault(&path, e));
        };
        let mut head = Vec::new();
        let read = file.by_ref().take(self.head.len() as u64).read_to_end(&mut head);
        read.and_then(|_| file.seek(SeekFrom::Start(offset))).map_err(|e| fault(&path, e))?;
        if head != self.head {
            return Err(InputFault { path: path.to_string(), offset: None, reason: CHANGED.to_owned() });
        }
        Ok(Box::new(file))
    }

    fn open(self) -> Result<(Raw<'static>, Option<Total>), InputFault> {
        let size = self.size;
        let fault = |reason: String| InputFault { path: self.path.to_string(), offset: None, reason };
        if let Place::Stream(input) = self.place {
            return Ok((input, self.digest.map(|digest| (digest, size))));
        }
        let mut raw = self.place.raw().map_err(|e| fault(e.to_string()))?;
        let mut digest = None;
        if self.hash {
            let hashed = Digest::of(raw);
            raw = hashed.0;
            digest = Some((hashed.1, size));
        }
        let input = codec::unwrap(raw).map_err(|e| fault(e.to_string()))?.0;
        let (head, input) = codec::peek(input, self.head.len());
        if head == self.head { Ok((input, digest)) } else { Err(fault(CHANGED.to_owned())) }
    }
}

impl Place {
    /// Opens the place anew, decompressed.
    ///
    /// # Errors
    /// What opening meets; a stream cannot be opened twice.
    pub fn open(&self) -> io::Result<Raw<'static>> {
        codec::unwrap(self.raw()?).map(|(input, _)| input)
    }

    /// Opens the place anew, as it is stored.
    fn raw(&self) -> io::Result<Raw<'static>> {
        Ok(match self {
            Place::File(path) => Box::new(File::open(path)?),
            Place::Member(archive, offset, size) => archive.member(*offset, *size)?,
            Place::Memory(bytes) => Box::new(Cursor::new(bytes.clone())),
            Place::Stream(_) => return Err(io::Error::from(io::ErrorKind::NotSeekable)),
        })
    }
}

/// The last lines of a file that fit into a sample.
fn end_of(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    let begin = size.saturating_sub(SAMPLE as u64);
    file.seek(SeekFrom::Start(begin))?;
    let mut end = Vec::with_capacity(SAMPLE);
    // A file that grows meanwhile is read no further than it was.
    file.take(size - begin).read_to_end(&mut end)?;
    if begin > 0 {
        // The first line is a part of one, unless the cut fell by chance on a line's end.
        let whole = memchr::memchr(b'\n', &end).map_or(end.len(), |at| at + 1);
        end.drain(..whole);
    }
    Ok(end)
}

/// The lines up to the first one that is not a comment: logs with a `#` preamble share its first lines.
fn first_line(sample: &[u8]) -> &[u8] {
    let mut end = 0;
    for line in sample.split_inclusive(|&b| b == b'\n') {
        end += line.len();
        if !line.starts_with(b"#") {
            break;
        }
    }
    let record = sample.get(..end).unwrap_or(sample);
    record.strip_suffix(b"\n").unwrap_or(record)
}

/// Time, start of the record and end of the captured bytes of the first packet.
fn first_packet(kind: Kind, sample: &[u8]) -> Option<(Ts, usize, usize)> {
    let mut reader = capture::Reader::new(Arc::from(""), 0, kind, Box::new(Cursor::new(sample.to_vec())));
    let mut batch = PacketBatch::default();
    reader.fill(&mut batch, SAMPLE);
    let packet = batch.packets.first()?;
    let end = usize::try_from(packet.start).ok()? + usize::try_from(packet.caplen).ok()?;
    Some((packet.ts, usize::try_from(packet.file_offset).ok()?, end))
}
