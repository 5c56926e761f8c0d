//! tar archives as sequences of members, read in one pass: ustar, pax and GNU long names.
//!
//! POSIX.1-2017 pax, "ustar Interchange Format" and "pax Interchange Format"; GNU tar manual, "Basic
//! Tar Format".

use super::codec;
use super::window::Raw;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Unit of everything in a tar.
const BLOCK: usize = 512;
/// Longest extended header read; longer ones are passed over and the name in the plain header stands.
const MAX_EXTENDED: u64 = 64 << 10;

/// Recognises the first bytes of a tar: a header with the right checksum, perhaps behind zero blocks.
pub(super) fn is_header(head: &[u8]) -> bool {
    let mut blocks = head.chunks_exact(BLOCK);
    let first = blocks.find(|block| !is_blank(block));
    first.and_then(|block| block.first_chunk()).is_some_and(checksum_fits)
}

fn is_blank(block: &[u8]) -> bool {
    block.iter().all(|&b| b == 0)
}

fn checksum_fits(block: &[u8; BLOCK]) -> bool {
    let Some((before, rest)) = block.split_first_chunk::<148>() else { return false };
    let Some((sum, after)) = rest.split_first_chunk::<8>() else { return false };
    let total: u64 = before.iter().chain(b"        ").chain(after).map(|&b| u64::from(b)).sum();
    before.first() != Some(&0) && number(sum) == Some(total)
}

/// A numeric field: octal digits, or base 256 if the high bit of its first byte is set.
fn number(field: &[u8]) -> Option<u64> {
    if let Some((first, rest)) = field.split_first()
        && first & 0x80 != 0
    {
        let start = u64::from(first & 0x7f);
        return rest.iter().try_fold(start, |n, &b| Some(n.checked_mul(256)? | u64::from(b)));
    }
    let text = std::str::from_utf8(field).ok()?;
    let digits = text.trim_matches(['\0', ' ']);
    if digits.is_empty() { Some(0) } else { u64::from_str_radix(digits, 8).ok() }
}

fn text(field: &[u8]) -> String {
    let end = field.iter().position(|&b| b == 0).unwrap_or(field.len());
    String::from_utf8_lossy(field.get(..end).unwrap_or_default()).into_owned()
}

/// One regular file in an archive.
#[derive(Debug)]
pub(super) struct Entry {
    pub name: String,
    /// Bytes in the archive.
    pub size: u64,
    /// Modification time in seconds since the epoch.
    pub mtime: Option<u64>,
    /// Where its bytes begin in the decompressed archive.
    pub offset: u64,
    /// Its bytes are not its content: a sparse file.
    pub sparse: bool,
}

/// What a pass comes to.
#[derive(Debug)]
pub(super) enum Met {
    Member(Entry),
    /// Bytes behind an end mark that are not the end of the file, as archives written one behind the other have
    /// them.
    Passed {
        at: u64,
        bytes: u64,
        /// All of them are zero, and another header follows.
        zeros: bool,
    },
}

#[allow(clippy::large_enum_variant, reason = "one at a time, on the stack")]
enum Next {
    Header([u8; BLOCK]),
    Passed(Met),
    End,
}

/// Values of an extended header that replace those of the next plain one.
#[derive(Default)]
struct Extended {
    name: Option<String>,
    size: Option<u64>,
    mtime: Option<u64>,
    sparse: bool,
}

/// A pass over an archive. Reading gives the content of the current member.
pub(super) struct Walk<'a> {
    input: Raw<'a>,
    at: u64,
    /// End of the current member's content.
    content_end: u64,
    /// Where the next header is.
    next: u64,
    /// A header that was read to find the end of what is passed over.
    held: Option<[u8; BLOCK]>,
}

impl<'a> Walk<'a> {
    pub fn new(input: Raw<'a>) -> Self {
        Walk { input, at: 0, content_end: 0, next: 0, held: None }
    }

    /// The next regular file, or what stands before it and is none; `None` at the end of the file.
    ///
    /// # Errors
    /// A header is damaged, or the archive ends in the middle.
    pub fn next(&mut self) -> io::Result<Option<Met>> {
        let mut extended = Extended::default();
        loop {
            let gap = self.next.saturating_sub(self.at);
            self.at += skip(&mut self.input, gap)?;
            let block = match self.header()? {
                Next::Header(block) => block,
                Next::Passed(passed) => return Ok(Some(passed)),
                Next::End => return Ok(None),
            };
            let field = |from: usize, len: usize| block.get(from..from + len).unwrap_or_default();
            let plain_size = number(field(124, 12)).ok_or_else(|| damaged(self.at))?;
            let kind = field(156, 1).first().copied().unwrap_or(0);
            let own = matches!(kind, b'x' | b'g' | b'L' | b'K');
            let size = extended.size.filter(|_| !own).unwrap_or(plain_size);
            self.content_end = self.at.checked_add(size).ok_or_else(|| damaged(self.at))?;
            self.next =
                self.content_end.checked_next_multiple_of(BLOCK as u64).ok_or_else(|| damaged(self.at))?;
            match kind {
                b'x' => self.pax(&mut extended)?,
                b'L' => extended.name = self.extended()?.map(|name| text(&name)),
                b'g' | b'K' => {}
                b'0' | 0 | b'7' | b'S' => {
                    let (prefix, name) = (text(field(345, 155)), text(field(0, 100)));
                    let ustar = field(257, 6) == b"ustar\0" && !prefix.is_empty();
                    let plain = if ustar { format!("{prefix}/{name}") } else { name };
                    return Ok(Some(Met::Member(Entry {
                        name: extended.name.unwrap_or(plain),
                        size,
                        mtime: extended.mtime.or_else(|| number(field(136, 12))),
                        offset: self.at,
                        sparse: extended.sparse || kind == b'S',
                    })));
                }
                _ => extended = Extended::default(),
            }
        }
    }

    /// The header at the current place. Two zero blocks end an archive (POSIX), but not the file: as with GNU
    /// tar's `-i`, reading goes on at the next header, and what stands between is told.
    fn header(&mut self) -> io::Result<Next> {
        if let Some(block) = self.held.take() {
            return Ok(Next::Header(block));
        }
        let (at, mut ended, mut zeros) = (self.at, false, true);
        loop {
            let (block, len) = self.block()?;
            let header = len == BLOCK && checksum_fits(&block);
            if header && !ended {
                return Ok(Next::Header(block));
            }
            if header || len == 0 {
                if !header && zeros {
                    return Ok(Next::End);
                }
                self.held = header.then_some(block);
                let bytes = self.at - at - if header { BLOCK as u64 } else { 0 };
                return Ok(Next::Passed(Met::Passed { at, bytes, zeros }));
            }
            let blank = is_blank(&block);
            if !blank && !ended {
                return Err(if len < BLOCK { cut_short() } else { damaged(self.at) });
            }
            ended = true;
            zeros &= blank;
        }
    }

    /// The next block and how much of it is there.
    fn block(&mut self) -> io::Result<([u8; BLOCK], usize)> {
        let mut block = [0; BLOCK];
        let mut filled = 0;
        while let Some(room) = block.get_mut(filled..).filter(|room| !room.is_empty()) {
            match self.input.read(room) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        self.at += filled as u64;
        Ok((block, filled))
    }

    /// The content of an extended header; `None` if it is too long to be read.
    fn extended(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.content_end - self.at > MAX_EXTENDED {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        self.read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    /// Records `length key=value\n` of a pax header.
    fn pax(&mut self, into: &mut Extended) -> io::Result<()> {
        let bytes = self.extended()?.unwrap_or_default();
        let mut rest = bytes.as_slice();
        while let Some(space) = rest.iter().position(|&b| b == b' ') {
            let digits = rest.get(..space).and_then(|d| std::str::from_utf8(d).ok());
            let Some(len) = digits.and_then(|d| d.parse::<usize>().ok()) else { break };
            let Some(record) = rest.get(space + 1..len.saturating_sub(1)) else { break };
            let Some(equals) = record.iter().position(|&b| b == b'=') else { break };
            let (key, value) = record.split_at(equals);
            let value = String::from_utf8_lossy(value.get(1..).unwrap_or_default());
            match key {
                b"path" => into.name = Some(value.into_owned()),
                b"size" => into.size = value.parse().ok(),
                b"mtime" => into.mtime = value.split('.').next().and_then(|s| s.parse().ok()),
                _ => into.sparse |= key.starts_with(b"GNU.sparse."),
            }
            rest = rest.get(len..).unwrap_or_default();
        }
        Ok(())
    }
}

impl Read for Walk<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = read_part(&mut self.input, out, self.content_end.saturating_sub(self.at))?;
        self.at += n as u64;
        Ok(n)
    }
}

/// Reads at most `left` bytes, which must be there.
fn read_part(input: &mut Raw<'_>, out: &mut [u8], left: u64) -> io::Result<usize> {
    let room = usize::try_from(left).unwrap_or(usize::MAX).min(out.len());
    let n = input.read(out.get_mut(..room).unwrap_or_default())?;
    if n == 0 && room > 0 { Err(cut_short()) } else { Ok(n.min(room)) }
}

fn skip(input: &mut Raw<'_>, len: u64) -> io::Result<u64> {
    let done = io::copy(&mut input.by_ref().take(len), &mut io::sink())?;
    if done < len { Err(cut_short()) } else { Ok(done) }
}

fn damaged(at: u64) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("tar: damaged header before byte {at}"))
}

fn cut_short() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "tar: the archive is cut short")
}

/// An archive whose members are read later. A compressed one cannot be sought in; so the reader
/// that stands behind the member read last is parked here, and reading the members in their order
/// decompresses the archive once, not once per member.
pub(super) struct Archive {
    path: PathBuf,
    compressed: bool,
    parked: Mutex<Option<Parked>>,
}

struct Parked {
    input: Raw<'static>,
    at: u64,
}

impl Archive {
    pub fn new(path: PathBuf, compressed: bool) -> Arc<Self> {
        Arc::new(Archive { path, compressed, parked: Mutex::new(None) })
    }

    /// A reader for the `size` bytes at `offset`.
    ///
    /// # Errors
    /// Whatever opening the archive and getting there may meet.
    pub fn member(self: &Arc<Self>, offset: u64, size: u64) -> io::Result<Raw<'static>> {
        let parked = self.parked.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut parked = match parked.filter(|p| p.at <= offset) {
            Some(parked) => parked,
            None => self.open(offset)?,
        };
        parked.at += skip(&mut parked.input, offset.saturating_sub(parked.at))?;
        Ok(Box::new(Member { archive: Arc::clone(self), parked: Some(parked), left: size }))
    }

    fn open(&self, offset: u64) -> io::Result<Parked> {
        let mut file = File::open(&self.path)?;
        if self.compressed {
            let (input, _) = codec::unwrap(Box::new(file))?;
            return Ok(Parked { input, at: 0 });
        }
        let at = file.seek(SeekFrom::Start(offset))?;
        Ok(Parked { input: Box::new(file), at })
    }
}

struct Member {
    archive: Arc<Archive>,
    parked: Option<Parked>,
    left: u64,
}

impl Read for Member {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let Some(parked) = &mut self.parked else { return Ok(0) };
        let n = read_part(&mut parked.input, out, self.left)?;
        parked.at += n as u64;
        self.left -= n as u64;
        Ok(n)
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        if self.archive.compressed {
            let mut parked = self.archive.parked.lock().unwrap_or_else(PoisonError::into_inner);
            *parked = self.parked.take();
        }
    }
}
