//! Logs read in parts: from where an earlier run stopped, up to the end of the last whole line.

use super::Kind;
use super::discover::Group;
use super::input::{Input, Place, SAMPLE};
use super::{pcap, rotation};
use std::cmp::Ordering;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// Bytes at the beginning and at the end of what was read that tell a content from any other.
pub const PROOF: usize = 4 << 10;
/// Bytes looked at when two contents are compared.
const BLOCK: usize = 64 << 10;

/// What is to be read of a log. Offsets are in the decompressed content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// First byte to read.
    pub offset: u64,
    /// Number of the line that begins there, from 1.
    pub line: u64,
    /// Byte behind the last one to read; to the end if `None`.
    pub end: Option<u64>,
    /// The first bytes from `offset` on, at most a sample.
    pub sample: Vec<u8>,
}

impl Group {
    /// The inputs, in order.
    pub fn into_inputs(self) -> Vec<Input> {
        match self {
            Group::Capture(inputs) | Group::Log(inputs) => inputs,
        }
    }
}

impl Input {
    /// Whether it is lines of text.
    pub fn is_text(&self) -> bool {
        self.kind == Kind::Text
    }

    /// The file header of a classic pcap that has packets.
    pub fn file_header(&self) -> Option<&[u8]> {
        // Behind it may stand another one, where an empty capture was joined to one with packets.
        self.preamble.get(..pcap::HEADER).filter(|_| self.kind == Kind::Pcap)
    }

    /// Bytes of a classic pcap's record before the captured ones.
    pub fn record_header(&self) -> usize {
        pcap::record_header(&self.preamble)
    }

    /// The name that all files of its rotation share, with the directory.
    pub fn stem(&self) -> String {
        rotation::log(&self.path).0
    }

    /// It can be read once only: standard input, a pipe.
    pub fn is_stream(&self) -> bool {
        matches!(self.place, Place::Stream(_))
    }

    /// The file, open, where its bytes are the content as it is.
    ///
    /// # Errors
    /// It cannot be opened.
    pub(super) fn plain(&self) -> io::Result<Option<File>> {
        match &self.place {
            Place::File(path) if self.codecs.is_empty() => File::open(path).map(Some),
            _ => Ok(None),
        }
    }

    /// Up to `len` bytes of the content from `from` on, fewer where it ends before.
    ///
    /// # Errors
    /// What reading meets.
    pub fn stretch(&self, from: u64, len: usize) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        match self.plain()? {
            Some(mut file) => {
                file.seek(SeekFrom::Start(from))?;
                file.take(len as u64).read_to_end(&mut out)?;
            }
            None => {
                let mut input = self.place.open()?;
                io::copy(&mut input.by_ref().take(from), &mut io::sink())?;
                // What is there of data that is cut short is as good as the rest.
                match input.take(len as u64).read_to_end(&mut out) {
                    Err(e) if e.kind() != io::ErrorKind::UnexpectedEof => return Err(e),
                    _ => {}
                }
            }
        }
        Ok(out)
    }

    /// The part from `offset`, where line `line` begins, to `end`.
    ///
    /// # Errors
    /// What reading its first bytes meets.
    pub fn part(&self, offset: u64, line: u64, end: Option<u64>) -> io::Result<Part> {
        let sample = if offset == 0 { self.sample.clone() } else { self.stretch(offset, SAMPLE)? };
        Ok(Part { offset, line, end, sample })
    }

    /// Size of the content after decompression, as far as it can be read.
    ///
    /// # Errors
    /// What opening and reading meets, other than compressed data that is cut short.
    pub fn content_size(&self) -> io::Result<u64> {
        match self.plain()? {
            Some(file) => Ok(file.metadata()?.len()),
            None => self.survey(None).map(|(_, _, size)| size),
        }
    }

    /// Where the last whole line of a plain file of `size` bytes ends; not before `from`.
    ///
    /// # Errors
    /// What reading meets.
    pub fn last_line_end(&self, from: u64, size: u64) -> io::Result<u64> {
        let mut end = size;
        while end > from {
            let begin = end.saturating_sub(BLOCK as u64).max(from);
            let block = self.stretch(begin, usize::try_from(end - begin).unwrap_or(BLOCK))?;
            if let Some(at) = memchr::memrchr(b'\n', &block) {
                return Ok(begin + at as u64 + 1);
            }
            end = begin;
        }
        Ok(from)
    }

    /// Where the last whole line ends of compressed data that is cut short; `None` if it is all there.
    ///
    /// # Errors
    /// What opening and reading meets, other than the cut.
    pub fn cut_line_end(&self) -> io::Result<Option<u64>> {
        let mut input = self.place.open()?;
        let (mut buffer, mut at, mut end) = (vec![0; BLOCK], 0u64, 0u64);
        loop {
            let read = match input.read(&mut buffer) {
                Ok(0) => return Ok(None),
                Ok(read) => read,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(Some(end)),
                Err(e) => return Err(e),
            };
            if let Some(last) = memchr::memrchr(b'\n', buffer.get(..read).unwrap_or_default()) {
                end = at + last as u64 + 1;
            }
            at += read as u64;
        }
    }

    /// How two contents that begin alike compare in length; `None` if they differ somewhere.
    ///
    /// # Errors
    /// What opening and reading meets, other than compressed data that is cut short.
    pub fn alike(&self, other: &Input) -> io::Result<Option<Ordering>> {
        let (mut mine, mut theirs) = (self.place.open()?, other.place.open()?);
        loop {
            let (a, b) = (block(&mut mine)?, block(&mut theirs)?);
            let both = a.len().min(b.len());
            if a.get(..both) != b.get(..both) {
                return Ok(None);
            }
            if both < BLOCK {
                return Ok(Some(a.len().cmp(&b.len())));
            }
        }
    }

    /// Lines in the content before `end` (all of it if `None`), its last bytes, and its size.
    ///
    /// # Errors
    /// What reading meets.
    pub fn survey(&self, end: Option<u64>) -> io::Result<(u64, Vec<u8>, u64)> {
        let mut input = self.place.open()?.take(end.unwrap_or(u64::MAX));
        let (mut lines, mut tail, mut size) = (0, Vec::new(), 0);
        loop {
            let block = block(&mut input)?;
            lines += memchr::memchr_iter(b'\n', &block).count() as u64;
            size += block.len() as u64;
            let ended = block.len() < BLOCK;
            tail.extend_from_slice(&block);
            tail.drain(..tail.len().saturating_sub(PROOF));
            if ended {
                return Ok((lines, tail, size));
            }
        }
    }
}

/// The next bytes; fewer than [`BLOCK`] only at the end.
fn block(input: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    match input.take(BLOCK as u64).read_to_end(&mut out) {
        Err(e) if e.kind() != io::ErrorKind::UnexpectedEof => Err(e),
        _ => Ok(out),
    }
}
