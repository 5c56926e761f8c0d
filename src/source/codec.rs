//! Compression: recognised by magic bytes, removed layer by layer while streaming. Below it JSON may have a layer of its
//! own ([`Elements`]).

use super::elements::{Elements, Layout};
use super::input::SAMPLE;
use super::window::Raw;
use std::io::{self, BufRead, BufReader, Cursor, Read};

/// Layers of compression that are removed before giving up: legitimate inputs have one or two.
pub(super) const MAX_LAYERS: usize = 4;
/// Bytes looked at to recognise a layer.
const MAGIC: usize = 16;
/// Compressed bytes read at a time.
const BUFFER: usize = 128 << 10;
/// Memory an xz stream may ask for: `xz -9` needs 65 MiB, the format allows 4 GiB.
const XZ_LIMIT_KIB: u32 = 256 << 10;
/// Largest zstd window taken, as a power of two: what `zstd --ultra -22` writes.
const ZSTD_WINDOW_LOG: u32 = 27;

/// Removes every layer of compression. The names of the layers come back, outermost first.
///
/// # Errors
/// When a decompressor cannot be set up, or there are more than [`MAX_LAYERS`] layers. Errors in the
/// compressed data surface when reading.
pub(super) fn unwrap(mut input: Raw<'_>) -> io::Result<(Raw<'_>, Vec<&'static str>)> {
    let mut names = Vec::new();
    loop {
        let prefix;
        (prefix, input) = peek(input, MAGIC);
        let Some(name) = recognise(&prefix) else { return Ok(elements(&prefix, input, names)) };
        if names.len() == MAX_LAYERS {
            let text = format!("more than {MAX_LAYERS} layers of compression");
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        names.push(name);
        let inner = decoder(name, BufReader::with_capacity(BUFFER, input))?;
        input = Box::new(Named { name, inner });
    }
}

/// Takes JSON that is not a line per event apart, where the first bytes say that it may be such.
fn elements<'a>(prefix: &[u8], input: Raw<'a>, mut names: Vec<&'static str>) -> (Raw<'a>, Vec<&'static str>) {
    let text = prefix.strip_prefix(b"\xef\xbb\xbf").unwrap_or(prefix).trim_ascii_start();
    if !matches!(text.first(), None | Some(b'[' | b'{')) || prefix.is_empty() {
        return (input, names);
    }
    let (sample, input) = peek(input, SAMPLE);
    let Some(layout) = Layout::of(&sample) else { return (input, names) };
    names.push(layout.name());
    (Box::new(Elements::new(input, layout)), names)
}

/// Reads up to `len` bytes and puts them back. An error on the way is put back too, behind the bytes
/// that came before it.
pub(super) fn peek(mut input: Raw<'_>, len: usize) -> (Vec<u8>, Raw<'_>) {
    let mut prefix = Vec::new();
    let error = input.by_ref().take(len as u64).read_to_end(&mut prefix).err();
    let front = Cursor::new(prefix.clone());
    let rest: Raw<'_> = match error {
        Some(error) => Box::new(front.chain(Failed(Some(error)))),
        None => Box::new(front.chain(input)),
    };
    (prefix, rest)
}

/// The compression `prefix` starts with.
fn recognise(prefix: &[u8]) -> Option<&'static str> {
    match prefix {
        [0x1f, 0x8b, 8, ..] => Some("gzip"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some("zstd"),
        // A skippable frame, which pzstd writes first.
        [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some("zstd"),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some("xz"),
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..] => Some("bzip2"),
        [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, ..] => Some("bzip2"),
        [0x04, 0x22, 0x4d, 0x18, ..] => Some("lz4"),
        _ => None,
    }
}

fn decoder<'a>(name: &str, input: BufReader<Raw<'a>>) -> io::Result<Raw<'a>> {
    Ok(match name {
        "gzip" => Box::new(Frames::<Gzip<_>>::new(input)),
        "lz4" => Box::new(Frames::<Lz4<_>>::new(input)),
        "xz" => Box::new(lzma_rust2::XzReader::new_mem_limit(input, true, XZ_LIMIT_KIB)),
        "bzip2" => Box::new(bzip2::bufread::MultiBzDecoder::new(input)),
        _ => {
            let mut zstd = zstd::stream::read::Decoder::with_buffer(input)?;
            zstd.window_log_max(ZSTD_WINDOW_LOG)?;
            Box::new(zstd)
        }
    })
}

/// Says in an error message which layer it comes from.
struct Named<'a> {
    name: &'static str,
    inner: Raw<'a>,
}

impl Read for Named<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.inner.read(out).map_err(|e| match e.kind() {
            io::ErrorKind::Interrupted => e,
            kind @ io::ErrorKind::UnexpectedEof => {
                io::Error::new(kind, format!("{}: the compressed data is cut short", self.name))
            }
            kind => io::Error::new(kind, format!("{}: {e}", self.name)),
        })
    }
}

/// An error met while peeking, given when its place is reached.
struct Failed(Option<io::Error>);

impl Read for Failed {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// The decoder of one member of a format whose files may be several of them behind each other.
trait Frame: Read {
    type Input: BufRead;
    /// First byte of a member.
    const FIRST: u8;
    fn open(input: Self::Input) -> Self;
    /// The input behind the member; an error if the member was not complete.
    fn close(self) -> io::Result<Self::Input>;
}

/// All members of a file as one stream. Zero padding behind the last one (tapes, block devices) is
/// passed over, anything else there is an error: it is content that would go unseen.
enum Frames<F: Frame> {
    Inside(F),
    Between(F::Input),
    Done,
}

impl<F: Frame> Frames<F> {
    fn new(input: F::Input) -> Self {
        Frames::Inside(F::open(input))
    }

    fn next(mut input: F::Input) -> io::Result<Self> {
        loop {
            let ahead = input.fill_buf()?;
            if ahead.is_empty() {
                return Ok(Frames::Done);
            }
            if ahead.first() == Some(&F::FIRST) {
                return Ok(Frames::Inside(F::open(input)));
            }
            if ahead.iter().any(|&b| b != 0) {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "unknown bytes behind the last member",
                ));
            }
            let zeros = ahead.len();
            input.consume(zeros);
        }
    }
}

impl<F: Frame> Read for Frames<F> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            *self = match std::mem::replace(self, Frames::Done) {
                Frames::Inside(mut frame) => match frame.read(out) {
                    Ok(0) => Frames::Between(frame.close()?),
                    other => {
                        *self = Frames::Inside(frame);
                        return other;
                    }
                },
                Frames::Between(input) => Self::next(input)?,
                Frames::Done => return Ok(0),
            }
        }
    }
}

struct Gzip<R>(flate2::bufread::GzDecoder<R>);

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.read(out)
    }
}

impl<R: BufRead> Frame for Gzip<R> {
    type Input = R;
    const FIRST: u8 = 0x1f;

    fn open(input: R) -> Self {
        Gzip(flate2::bufread::GzDecoder::new(input))
    }

    fn close(self) -> io::Result<R> {
        Ok(self.0.into_inner())
    }
}

struct Lz4<R: Read>(lz4_flex::frame::FrameDecoder<Watched<R>>);

impl<R: BufRead> Read for Lz4<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.read(out)
    }
}

impl<R: BufRead> Frame for Lz4<R> {
    type Input = R;
    const FIRST: u8 = 0x04;

    fn open(input: R) -> Self {
        Lz4(lz4_flex::frame::FrameDecoder::new(Watched { input, ended: false }))
    }

    /// The decoder takes the end of the input between two blocks for the end of the frame. A frame
    /// that is complete never meets the end of the input.
    fn close(self) -> io::Result<R> {
        let watched = self.0.into_inner();
        if watched.ended {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the frame has no end mark"));
        }
        Ok(watched.input)
    }
}

/// Remembers whether the end of the input was met.
struct Watched<R> {
    input: R,
    ended: bool,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.input.read(out)?;
        self.ended |= n == 0 && !out.is_empty();
        Ok(n)
    }
}
