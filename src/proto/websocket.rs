//! WebSocket (RFC 6455, 7692): what is said after an HTTP connection was upgraded, counted.

use super::fields::{ERROR_CODE, ERROR_MESSAGE, REQUEST, RESPONSE, STATUS};
use super::wire::Wire;
use super::{Dir, Draft, Emit, Options, Over, Parser, Probe, Protocol, Step, lines};
use crate::model::{Dataset, FieldRef, Outcome, Stamp, Value};
use std::borrow::Cow;

/// Connections.
pub static DATASET: Dataset =
    Dataset::requests("websocket", "One WebSocket connection, from its first frame to its last.");

crate::fields! {
    pub FIELDS;
    CLIENT_MESSAGES: Long, "websocket.client.messages", "Messages the client sent; one may have several frames.";
    CLIENT_TEXT: Long, "websocket.client.text", "Of these, text.";
    CLIENT_BINARY: Long, "websocket.client.binary", "Of these, binary.";
    CLIENT_FRAMES: Long, "websocket.client.frames", "Frames the client sent, with those that control the connection.";
    CLIENT_PINGS: Long, "websocket.client.pings", "Pings and pongs of the client.";
    CLIENT_PAYLOAD: Long, "websocket.client.payload_bytes", "Bytes of the client's messages, compressed where they are.";
    SERVER_MESSAGES: Long, "websocket.server.messages", "Messages the server sent; one may have several frames.";
    SERVER_TEXT: Long, "websocket.server.text", "Of these, text.";
    SERVER_BINARY: Long, "websocket.server.binary", "Of these, binary.";
    SERVER_FRAMES: Long, "websocket.server.frames", "Frames the server sent, with those that control the connection.";
    SERVER_PINGS: Long, "websocket.server.pings", "Pings and pongs of the server.";
    SERVER_PAYLOAD: Long, "websocket.server.payload_bytes", "Bytes of the server's messages, compressed where they are.";
    COMPRESSED: Boolean, "websocket.compressed", "Messages are compressed (permessage-deflate).";
    CLOSE_CODE: Long, "websocket.close.code", "Why the connection was closed, 1000 to 4999.";
    CLOSE_REASON: Keyword, "websocket.close.reason", "The same in words of who closed it.";
    CLOSE_BY: Keyword, "websocket.close.by", "Who closed it first: `client` or `server`.";
}

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "websocket",
    doc: "WebSocket (RFC 6455): what follows an HTTP upgrade on the same connection, one event for all of it: messages, \
          frames and bytes of both sides by kind, the code and reason of the close. With `--detail full` the text of \
          messages, the mask taken off, up to the cap of a body; never with `--detail normal`. Compressed messages (RFC \
          7692) are counted, not uncompressed. Only found behind its upgrade: frames have no mark of their own. The \
          address asked for is in the event of the upgrade, with the same `network.community_id`.",
    over: Over::Tcp,
    ports: &[],
    probe: |_, _| Probe::No,
    start,
    datasets: &[&DATASET],
    fields: FIELDS,
    anomalies: &[
        (
            "websocket.opcode",
            "A frame of a kind that is not defined: the stream is not WebSocket, or not any more.",
        ),
        ("websocket.control", "A control frame that is longer than 125 bytes or in parts."),
        ("websocket.unmasked", "A frame of the client without a mask."),
        ("websocket.masked", "A frame of the server with a mask."),
        ("websocket.gap", "Bytes were not captured where a frame begins."),
    ],
};

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(WebSocket::default())
}

const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;

/// A frame whose payload goes by.
#[derive(Default)]
struct Frame {
    opcode: u8,
    left: u64,
    /// The message ends with it.
    last: bool,
    mask: Option<[u8; 4]>,
    /// Position in the mask.
    at: usize,
    /// The beginning of a close.
    control: Vec<u8>,
}

#[derive(Default)]
struct Side {
    frame: Option<Frame>,
    /// Opcode of the message that goes on in further frames.
    message: u8,
    messages: u64,
    text: u64,
    binary: u64,
    frames: u64,
    pings: u64,
    payload: u64,
    /// With --detail full.
    content: Vec<u8>,
}

#[derive(Default)]
struct WebSocket {
    sides: [Side; 2],
    begun: Option<Stamp>,
    last: Stamp,
    compressed: bool,
    close: Option<(u16, String, Dir)>,
}

/// Length, opcode with the bits before it, mask; `None` while it is not whole.
fn header(wire: &mut Wire<'_>) -> Option<(u8, u64, Option<[u8; 4]>)> {
    let (first, second) = (wire.u8()?, wire.u8()?);
    let len = match second & 0x7f {
        126 => u64::from(wire.u16()?),
        127 => wire.u64()?,
        len => u64::from(len),
    };
    let mask = if second & 0x80 != 0 { Some(wire.array()?) } else { None };
    Some((first, len, mask))
}

impl Side {
    /// Takes what is there of the payload; the frame is over when nothing is left of it.
    fn payload(&mut self, bytes: &[u8], out: &Emit<'_>) -> (usize, Option<Frame>) {
        let Some(frame) = &mut self.frame else { return (0, None) };
        let take = usize::try_from(frame.left).unwrap_or(usize::MAX).min(bytes.len());
        let part = bytes.get(..take).unwrap_or_default();
        let room = match frame.opcode {
            CLOSE => 125usize.saturating_sub(frame.control.len()),
            TEXT if out.options.full => out.limits().body.saturating_sub(self.content.len()),
            _ => 0,
        };
        let mask = frame.mask.unwrap_or_default();
        let kept =
            part.iter().take(room).zip(mask.iter().cycle().skip(frame.at)).map(|(byte, mask)| byte ^ mask);
        if frame.opcode == CLOSE {
            frame.control.extend(kept)
        } else {
            self.content.extend(kept)
        }
        frame.at = (frame.at + take) % 4;
        frame.left -= take as u64;
        let over = frame.left == 0;
        (take, if over { self.frame.take() } else { None })
    }
}

impl WebSocket {
    fn begin(
        &mut self,
        dir: Dir,
        (first, len, mask): (u8, u64, Option<[u8; 4]>),
        out: &mut Emit<'_>,
    ) -> Option<()> {
        let (last, opcode) = (first & 0x80 != 0, first & 15);
        if matches!(opcode, 3..=7 | 11..) || first & 0x30 != 0 {
            return None;
        }
        if opcode >= CLOSE && (len > 125 || !last) {
            out.anomaly("websocket.control");
        }
        match (dir, mask) {
            (Dir::Client, None) => out.anomaly("websocket.unmasked"),
            (Dir::Server, Some(_)) => out.anomaly("websocket.masked"),
            _ => {}
        }
        self.compressed |= first & 0x40 != 0;
        let squeezed = self.compressed;
        let side = self.sides.get_mut(dir.index())?;
        side.frames += 1;
        match opcode {
            TEXT => (side.text, side.message) = (side.text + 1, TEXT),
            BINARY => (side.binary, side.message) = (side.binary + 1, BINARY),
            9 | 10 => side.pings += 1,
            _ => {}
        }
        if opcode < CLOSE {
            side.payload = side.payload.saturating_add(len);
            side.messages += u64::from(last);
        }
        // A text that goes on is text; what is compressed is none.
        let kind = match opcode {
            0 => side.message,
            other => other,
        };
        let kind = if squeezed && kind == TEXT { BINARY } else { kind };
        side.frame = Some(Frame { opcode: kind, left: len, last, mask, ..Frame::default() });
        Some(())
    }

    fn over(&mut self, dir: Dir, frame: &Frame) {
        if frame.opcode == CLOSE && self.close.is_none() {
            let mut wire = Wire::new(&frame.control);
            // No code is told as 1005 (RFC 6455 §7.4.1).
            let code = wire.u16().unwrap_or(1005);
            self.close = Some((code, lines::text(wire.rest(), 125), dir));
        }
        if let Some(side) = self.sides.get_mut(dir.index())
            && frame.opcode == TEXT
            && frame.last
            && !side.content.is_empty()
        {
            side.content.push(b'\n');
        }
    }

    fn tell(&mut self, out: &mut Emit<'_>) {
        let Some(begun) = self.begun.take() else { return };
        let mut draft = out.draft(&DATASET, begun);
        draft.end(self.last);
        let [client, server] = &self.sides;
        draft.bytes(Some(client.payload), Some(server.payload));
        put(
            &mut draft,
            client,
            [&CLIENT_MESSAGES, &CLIENT_TEXT, &CLIENT_BINARY, &CLIENT_FRAMES, &CLIENT_PINGS, &CLIENT_PAYLOAD],
        );
        put(
            &mut draft,
            server,
            [&SERVER_MESSAGES, &SERVER_TEXT, &SERVER_BINARY, &SERVER_FRAMES, &SERVER_PINGS, &SERVER_PAYLOAD],
        );
        if self.compressed {
            draft.put(&COMPRESSED, true);
        }
        if let Some((code, reason, by)) = self.close.take() {
            let good = matches!(code, 1000 | 1001 | 1005);
            draft.outcome(if good { Outcome::Success } else { Outcome::Failure });
            draft.put(&STATUS, Value::text(if good { "OK" } else { "Error" })).put(&CLOSE_CODE, code);
            if !good {
                draft.put(&ERROR_CODE, name(code));
                draft.put_some(&ERROR_MESSAGE, (!reason.is_empty()).then(|| reason.clone()));
            }
            draft.put_some(&CLOSE_REASON, (!reason.is_empty()).then_some(reason));
            draft.put(&CLOSE_BY, Value::text(if by == Dir::Client { "client" } else { "server" }));
        }
        for (field, side) in [(&REQUEST, client), (&RESPONSE, server)] {
            if !side.content.is_empty() {
                draft.put_text(field, side.content.trim_ascii_end(), out.limits().body);
            }
        }
        draft.emit(out);
    }
}

fn put(draft: &mut Draft, side: &Side, [messages, text, binary, frames, pings, payload]: [FieldRef; 6]) {
    draft.put(messages, side.messages).put(frames, side.frames).put(payload, side.payload);
    for (field, count) in [(text, side.text), (binary, side.binary), (pings, side.pings)] {
        draft.put_some(field, (count > 0).then_some(count));
    }
}

/// Name of a close code (RFC 6455 §7.4.1, IANA "WebSocket Close Code Number Registry").
fn name(code: u16) -> Cow<'static, str> {
    match code {
        1002 => "protocol error".into(),
        1003 => "unsupported data".into(),
        1007 => "invalid payload".into(),
        1008 => "policy violation".into(),
        1009 => "message too big".into(),
        1010 => "mandatory extension".into(),
        1011 => "internal error".into(),
        1012 => "service restart".into(),
        1013 => "try again later".into(),
        1014 => "bad gateway".into(),
        other => other.to_string().into(),
    }
}

impl Parser for WebSocket {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        self.begun.get_or_insert(out.now);
        self.last = out.now;
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let Some(side) = self.sides.get_mut(dir.index()) else { break };
            if side.frame.is_none() {
                let mut wire = Wire::new(rest);
                let Some(header) = header(&mut wire) else { break };
                at += rest.len() - wire.rest().len();
                if self.begin(dir, header, out).is_none() {
                    return Step::Weird("websocket.opcode");
                }
            }
            let Some(side) = self.sides.get_mut(dir.index()) else { break };
            let (used, over) = side.payload(bytes.get(at..).unwrap_or_default(), out);
            at += used;
            if let Some(frame) = over {
                self.over(dir, &frame);
            }
        }
        Step::Took(at)
    }

    fn gap(&mut self, dir: Dir, missing: u64, out: &mut Emit<'_>) -> Step {
        let frame = self.sides.get_mut(dir.index()).and_then(|side| side.frame.as_mut());
        match frame.filter(|frame| frame.left > missing) {
            Some(frame) => {
                frame.left -= missing;
                frame.at = (frame.at + usize::try_from(missing % 4).unwrap_or(0)) % 4;
                Step::Took(0)
            }
            None => {
                out.anomaly("websocket.gap");
                Step::Done
            }
        }
    }

    fn end(&mut self, out: &mut Emit<'_>) {
        self.tell(out);
    }
}

#[cfg(test)]
mod tests {
    use super::super::rig::{Rig, hex};
    use super::*;
    use crate::model::Transport;

    /// The examples of RFC 6455 §5.7: a masked text, one in two frames, a ping with its pong, binary.
    #[test]
    fn published() {
        let options = Options { full: true, ..Options::default() };
        let mut rig = Rig::new(&PROTOCOL, Transport::Tcp, 80, options);
        rig.stream(Dir::Client, &hex("81 85 37 fa 21 3d 7f 9f 4d 51 58"));
        rig.stream(Dir::Server, &hex("01 03 48 65 6c"));
        rig.stream(Dir::Server, &hex("80 02 6c 6f"));
        rig.stream(Dir::Server, &hex("89 05 48 65 6c 6c 6f"));
        rig.stream(Dir::Client, &hex("8a 85 37 fa 21 3d 7f 9f 4d 51 58"));
        rig.stream(Dir::Server, &[&hex("82 7e 01 00")[..], &[7; 256]].concat());
        rig.stream(Dir::Server, &hex("88 02 03 f0"));
        rig.end();
        assert_eq!((rig.text(0, "request"), rig.text(0, "response")), ("Hello".into(), "Hello".into()));
        assert_eq!(rig.text(0, "websocket.server.messages"), "2");
        assert_eq!(rig.text(0, "websocket.server.frames"), "5");
        assert_eq!(rig.text(0, "websocket.server.payload_bytes"), "261");
        assert_eq!(
            (rig.text(0, "websocket.client.pings"), rig.text(0, "websocket.server.pings")),
            ("1".into(), "1".into())
        );
        assert_eq!(
            (rig.text(0, "websocket.close.code"), rig.text(0, "error.code")),
            ("1008".into(), "policy violation".into())
        );
        assert!(rig.anomalies().is_empty());
    }

    #[test]
    fn text_is_not_told_by_default() {
        let mut rig = Rig::new(&PROTOCOL, Transport::Tcp, 80, Options::default());
        rig.stream(Dir::Client, &hex("81 85 37 fa 21 3d 7f 9f 4d 51 58"));
        rig.stream(Dir::Client, &hex("81 05 48 65 6c 6c 6f"));
        rig.end();
        assert_eq!(rig.text(0, "request"), "");
        assert_eq!(rig.anomalies(), ["websocket.unmasked"]);
        let mut rig = Rig::new(&PROTOCOL, Transport::Tcp, 80, Options::default());
        assert_eq!(rig.stream(Dir::Client, &hex("83 80 00 00 00 00")), Step::Weird("websocket.opcode"));
    }
}
