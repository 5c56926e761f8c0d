//! HTTP/2 in clear text (RFC 9113), with or without an upgrade from HTTP/1.1, and gRPC over it.

mod hpack;
mod stream;
mod table;

use super::wire::Wire;
use super::{Dir, Emit, Over, Parser, Probe, Protocol, Step, http};
use hpack::Table;
use stream::{Header, Streams};

/// Registry entry.
pub static PROTOCOL: Protocol = Protocol {
    name: "http2",
    doc: "HTTP/2 in clear text (RFC 9113), begun at once or by an upgrade, with its compressed headers (RFC 7541): a \
          request and its response are one event of the data set `http`, in the same fields and with the same options, \
          `http.version` 2; streams are paired by number. Pushed responses, interim ones and trailers are told; of gRPC \
          service, method, status and message. A stream that is reset is a failure with the name of its error. \
          Bodies are passed over without being kept, with `--detail full` as for HTTP/1. After lost bytes, other than \
          within a body, headers cannot be uncompressed any more: what is open is told and the flow is only counted, as \
          are connections captured from the middle on. Inside TLS nothing of this is seen.",
    over: Over::Tcp,
    ports: &[50051],
    probe,
    start: |_| Box::new(Http2::default()),
    datasets: &[&http::DATASET],
    fields: http::FIELDS,
    anomalies: &[
        ("http2.frame", "A frame that is impossible where it is, or too short for its kind."),
        ("http2.compression", "Headers that do not uncompress: nothing after them can be read."),
        ("http2.gap", "Bytes were not captured: headers after them cannot be uncompressed."),
        ("http2.going_away", "A side ended the connection with an error."),
        ("http2.block", "Cap: headers longer than are kept."),
        ("http2.headers", "Cap: more or longer headers in one message than are read."),
        ("http2.pending", "Cap: more requests waited for their responses than are kept."),
    ],
};

/// What a client begins with (RFC 9113 §3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Longest compressed headers of one message.
const BLOCK: usize = 1 << 16;
/// Longest frame of the other kinds that is looked into.
const SMALL: usize = 1 << 14;

fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    let yes = |sender| Probe::by(sender, dir);
    let shown = bytes.get(..PREFACE.len()).unwrap_or(bytes);
    if PREFACE.starts_with(shown) {
        return if shown.len() == PREFACE.len() { yes(Dir::Client) } else { Probe::More };
    }
    // A server begins with its settings: few, of low numbers.
    let len = bytes.get(2).copied().unwrap_or(6);
    let frame = [0, 0, len, 4, 0, 0, 0, 0, 0];
    let (head, settings) = bytes.split_at_checked(frame.len()).unwrap_or((bytes, &[]));
    let known = settings.chunks(6).take(usize::from(len / 6)).all(|setting| match setting {
        [high, low, ..] => *high == 0 && (1..=9).contains(low),
        _ => true,
    });
    if !frame.starts_with(head) || !(6..=54).contains(&len) || len % 6 != 0 || !known {
        return Probe::No;
    }
    if settings.len() < usize::from(len) { Probe::More } else { yes(Dir::Server) }
}

/// A frame whose payload goes by.
#[derive(Clone, Copy, Default)]
struct Passing {
    left: u64,
    /// Of these, padding at the end.
    padding: u64,
    /// Stream whose body it is; 0 = nobody's.
    stream: u32,
    last: bool,
}

/// Headers that are not whole yet.
struct Block {
    stream: u32,
    last: bool,
    /// What was promised stands apart from the stream that it came on.
    promised: bool,
    bytes: Vec<u8>,
}

#[derive(Default)]
struct Side {
    begun: bool,
    passing: Passing,
    block: Option<Block>,
    table: Table,
}

/// State of one connection.
#[derive(Default)]
struct Http2 {
    sides: [Side; 2],
    streams: Streams,
}

/// The header of a frame (RFC 9113 §4.1).
struct Frame {
    len: usize,
    kind: u8,
    flags: u8,
    stream: u32,
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const PUSH_PROMISE: u8 = 5;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const PADDED: u8 = 8;
const PRIORITY: u8 = 32;

impl Frame {
    fn read(wire: &mut Wire<'_>) -> Option<Frame> {
        let [a, b, c] = wire.array::<3>()?;
        let len = usize::try_from(u32::from_be_bytes([0, a, b, c])).ok()?;
        Some(Frame { len, kind: wire.u8()?, flags: wire.u8()?, stream: wire.u32()? & 0x7fff_ffff })
    }

    const fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Whether the whole payload is needed at once.
    const fn whole(&self) -> bool {
        matches!(self.kind, HEADERS | PUSH_PROMISE | CONTINUATION)
            || (matches!(self.kind, RST_STREAM | GOAWAY) && self.len <= SMALL)
    }
}

/// A payload without its padding (RFC 9113 §6.1).
fn unpadded<'a>(frame: &Frame, payload: &'a [u8]) -> Option<&'a [u8]> {
    if !frame.has(PADDED) {
        return Some(payload);
    }
    let (pad, rest) = payload.split_first()?;
    rest.get(..rest.len().checked_sub(usize::from(*pad))?)
}

impl Http2 {
    fn side(&mut self, dir: Dir) -> &mut Side {
        dir.of(&mut self.sides)
    }

    /// What goes by: bodies, and frames nobody asks about.
    fn pass(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> usize {
        let passing = &mut self.side(dir).passing;
        let take = usize::try_from(passing.left).unwrap_or(usize::MAX).min(bytes.len());
        let Passing { left, padding, stream, last } = *passing;
        passing.left = left - take as u64;
        let over = passing.left == 0;
        if over {
            *passing = Passing::default();
        }
        let content = usize::try_from(left.saturating_sub(padding)).unwrap_or(usize::MAX).min(take);
        if stream != 0 {
            self.streams.body(dir, stream, bytes.get(..content).unwrap_or_default(), out);
            if over && last {
                self.streams.done(dir, stream, out);
            }
        }
        take
    }

    /// Deals with the frame at the start of `bytes`; `None` = not whole yet.
    fn frame(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Result<Option<usize>, &'static str> {
        let mut wire = Wire::new(bytes);
        let Some(frame) = Frame::read(&mut wire) else { return Ok(None) };
        let head = bytes.len() - wire.rest().len();
        if self.side(dir).block.is_some() != (frame.kind == CONTINUATION) {
            return Err("http2.frame");
        }
        if !frame.whole() {
            return self.begin(dir, &frame, wire, head, out);
        }
        if frame.len > BLOCK {
            out.cap("http2.block");
            return Err("http2.compression");
        }
        let Some(payload) = wire.take(frame.len) else { return Ok(None) };
        self.payload(dir, &frame, payload, out).ok_or("http2.frame")??;
        Ok(Some(head + frame.len))
    }

    /// A frame whose payload is not waited for.
    fn begin(
        &mut self,
        dir: Dir,
        frame: &Frame,
        mut wire: Wire<'_>,
        head: usize,
        out: &mut Emit<'_>,
    ) -> Result<Option<usize>, &'static str> {
        let mut passing = Passing { left: frame.len as u64, ..Passing::default() };
        let mut used = head;
        if frame.kind == DATA {
            if frame.stream == 0 {
                return Err("http2.frame");
            }
            (passing.stream, passing.last) = (frame.stream, frame.has(END_STREAM));
            if frame.has(PADDED) {
                let Some(padding) = wire.u8() else { return Ok(None) };
                passing.left = passing.left.checked_sub(1).ok_or("http2.frame")?;
                passing.padding = u64::from(padding).min(passing.left);
                used += 1;
            }
            if passing.left == 0 && passing.last {
                self.streams.done(dir, frame.stream, out);
            }
        }
        self.side(dir).passing = if passing.left > 0 { passing } else { Passing::default() };
        Ok(Some(used))
    }

    /// The payload of a frame that had to be whole; `None` if it is too short for its kind.
    fn payload(
        &mut self,
        dir: Dir,
        frame: &Frame,
        payload: &[u8],
        out: &mut Emit<'_>,
    ) -> Option<Result<(), &'static str>> {
        let mut wire = Wire::new(payload);
        match frame.kind {
            RST_STREAM => self.streams.reset(dir, frame.stream, wire.u32()?, out),
            GOAWAY => {
                let (_, code) = (wire.u32()?, wire.u32()?);
                if code != 0 {
                    out.anomaly("http2.going_away");
                }
            }
            CONTINUATION => {
                let block = self.side(dir).block.as_mut()?;
                if block.stream != frame.stream || block.bytes.len() + payload.len() > BLOCK {
                    out.cap("http2.block");
                    return None;
                }
                block.bytes.extend_from_slice(payload);
            }
            _ => {
                let mut wire = Wire::new(unpadded(frame, payload)?);
                let promised = frame.kind == PUSH_PROMISE;
                let mut stream = frame.stream;
                if promised {
                    stream = wire.u32()? & 0x7fff_ffff;
                } else if frame.has(PRIORITY) {
                    wire.take(5)?;
                }
                let last = !promised && frame.has(END_STREAM);
                let block = Block { stream, last, promised, bytes: wire.rest().to_vec() };
                self.side(dir).block = Some(block);
            }
        }
        let ends = matches!(frame.kind, HEADERS | PUSH_PROMISE | CONTINUATION) && frame.has(END_HEADERS);
        Some(if ends { self.headers(dir, out) } else { Ok(()) })
    }

    fn headers(&mut self, dir: Dir, out: &mut Emit<'_>) -> Result<(), &'static str> {
        let side = self.side(dir);
        let Some(block) = side.block.take() else { return Ok(()) };
        let mut header = Header::new(block.bytes.len());
        side.table
            .read(&block.bytes, &mut |name, value| header.add(name, value))
            .map_err(|_| "http2.compression")?;
        if header.full {
            out.cap("http2.headers");
        }
        // A promise is the request that the server answers unasked.
        let from = if block.promised { Dir::Client } else { dir };
        self.streams.header(from, block.stream, &header, out);
        if block.last {
            self.streams.done(dir, block.stream, out);
        }
        Ok(())
    }
}

impl Parser for Http2 {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        let mut at = 0;
        if !self.side(dir).begun {
            if dir == Dir::Client {
                if bytes.len() < PREFACE.len() && PREFACE.starts_with(bytes) {
                    return Step::Took(0);
                }
                if !bytes.starts_with(PREFACE) {
                    return Step::Weird("http2.frame");
                }
                at = PREFACE.len();
            }
            self.side(dir).begun = true;
        }
        while let Some(rest @ [_, ..]) = bytes.get(at..) {
            if self.side(dir).passing.left > 0 {
                at += self.pass(dir, rest, out);
                continue;
            }
            match self.frame(dir, rest, out) {
                Ok(Some(used)) => at += used,
                Ok(None) => break,
                Err(name) => return Step::Weird(name),
            }
        }
        Step::Took(at)
    }

    fn gap(&mut self, dir: Dir, missing: u64, out: &mut Emit<'_>) -> Step {
        let side = self.side(dir);
        if side.passing.left > missing {
            side.passing.left -= missing;
            let stream = side.passing.stream;
            self.streams.missing(dir, stream, missing);
            return Step::Took(0);
        }
        out.anomaly("http2.gap");
        Step::Done
    }

    fn waiting(&self) -> usize {
        self.streams.len()
    }

    fn give_up(&mut self, out: &mut Emit<'_>) {
        self.streams.give_up(out);
    }

    fn end(&mut self, out: &mut Emit<'_>) {
        self.streams.flush(out);
    }
}
