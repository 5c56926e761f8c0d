//! MQTT 3.1, 3.1.1 and 5: log-ins of clients, subscriptions, and messages by topic.

use super::fields::{ACTION, AUTH_METHOD, ERROR_CODE, METHOD, QUERY, RESOURCE, STATUS};
use super::frame::{Both, Length};
use super::numbers::find;
use super::pairs::Pairs;
use super::sasl::put_login;
use super::wire::Wire;
use super::{Dir, Draft, Emit, Options, Over, Parser, Probe, Protocol, Step, lines};
use crate::model::{Dataset, Outcome, Value};

include!(concat!(env!("OUT_DIR"), "/mqtt_numbers.rs"));

const DOC: &str = "One MQTT packet that asks for something, with its acknowledgement; a message published.";
/// All but CONNECT.
pub static DATASET: Dataset = Dataset::requests("mqtt", DOC);
/// CONNECT.
pub static LOGIN: Dataset = Dataset::logins("mqtt", DOC);

crate::fields! {
    pub FIELDS;
    VERSION: Keyword, "mqtt.version", "`3.1`, `3.1.1` or `5.0`.";
    CLIENT_ID: Keyword, "mqtt.client_id", "Name the client gives itself.";
    KEEP_ALIVE: Long, "mqtt.keep_alive", "Seconds after which a silent client counts as gone.";
    CLEAN: Boolean, "mqtt.clean_session", "The client wants no state from before.";
    WILL: Wildcard, "mqtt.will_topic", "Topic of the client's last will.";
    TOPIC: Wildcard, "mqtt.topic", "Topic of a message, or the filters of a subscription.";
    QOS: Long, "mqtt.qos", "Quality of service, 0 to 2; of subscriptions the highest asked for.";
    RETAIN: Boolean, "mqtt.retain", "The message is kept for later subscribers.";
    DUPLICATE: Boolean, "mqtt.duplicate", "The message was sent before.";
    ID: Long, "mqtt.packet_id", "Number that joins a packet and its acknowledgement.";
    SIZE: Long, "mqtt.payload.bytes", "Bytes of the message.";
    PAYLOAD: Wildcard, "mqtt.payload.content", "The message, if it is text, with --detail full.";
    REASON: Long, "mqtt.reason_code", "Code of the acknowledgement; of several the worst.";
    PUSHED: Boolean, "mqtt.pushed", "The broker sent the message to this client.";
}

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "mqtt",
    doc: "MQTT 3.1, 3.1.1 and 5.0 (OASIS): CONNECT is a log-in with the client's name, user and last will; PUBLISH either \
          way, SUBSCRIBE and UNSUBSCRIBE with their acknowledgements; pings are left out. Properties of version 5 are \
          passed over.",
    over: Over::Tcp,
    ports: &[1883],
    probe,
    start,
    datasets: &[&DATASET, &LOGIN],
    fields: FIELDS,
    anomalies: &[
        ("mqtt.length", "A remaining length is longer than four bytes."),
        ("mqtt.type", "A packet of a type or with flags that there are not."),
        ("mqtt.malformed", "A packet does not parse."),
        ("mqtt.gap", "Bytes outside a long packet were not captured; what followed was not read."),
        ("mqtt.pending", "Cap: more packets waited for their acknowledgements than are kept."),
    ],
};

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(Mqtt {
        pairs: Pairs::new("mqtt.pending"),
        frames: Default::default(),
        five: false,
        user: None,
        client: None,
    })
}

struct Mqtt {
    /// By type of the acknowledgement, identifier, and who asked.
    pairs: Pairs<(u8, u16, Dir)>,
    frames: Both,
    five: bool,
    user: Option<String>,
    client: Option<String>,
}

/// Where the body begins, and its length; `None` if the head is not complete, `Some(Err)` if it is none.
fn remaining(bytes: &[u8]) -> Option<Result<(usize, u64), ()>> {
    let (mut value, mut shift) = (0u64, 0);
    for (i, byte) in bytes.iter().skip(1).enumerate() {
        if i > 3 {
            return Some(Err(()));
        }
        value |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            return Some(Ok((i + 2, value)));
        }
    }
    None
}

fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    match (dir, bytes) {
        (_, []) => Probe::More,
        (Dir::Server, [0x20]) => Probe::More,
        (Dir::Server, [0x20, _, ..]) => Probe::More,
        (Dir::Client, [0x10, rest @ ..]) => match remaining(bytes) {
            None if rest.len() < 5 => Probe::More,
            Some(Ok((at, size))) if size >= 10 => {
                let body = bytes.get(at..).unwrap_or_default();
                let names: [&[u8]; 2] = [b"\0\x04MQTT", b"\0\x06MQIsdp"];
                match names.iter().find(|n| n.starts_with(body.get(..n.len()).unwrap_or(body))) {
                    None => Probe::No,
                    Some(name) if body.len() < name.len() => Probe::More,
                    Some(_) => Probe::Yes,
                }
            }
            _ => Probe::No,
        },
        _ => Probe::No,
    }
}

fn text<'a>(wire: &mut Wire<'a>) -> Option<&'a [u8]> {
    let len = usize::from(wire.u16()?);
    wire.take(len)
}

/// Passes over the properties of version 5.
fn properties(wire: &mut Wire<'_>, five: bool) -> Option<()> {
    if five {
        let mut head = vec![0];
        head.extend_from_slice(wire.rest().get(..4).unwrap_or(wire.rest()));
        let (at, size) = remaining(&head)?.ok()?;
        wire.take(at - 1)?;
        wire.take(usize::try_from(size).ok()?)?;
    }
    Some(())
}

/// Codes of CONNACK, versions 3 and 5.
fn refusal(code: u8) -> String {
    find(REASONS, code).map_or_else(|| format!("0x{code:02x}"), str::to_owned)
}

impl Mqtt {
    fn draft(&self, method: &'static str, size: u64, dir: Dir, out: &Emit<'_>) -> Draft {
        let mut draft = out.draft(if method == "CONNECT" { &LOGIN } else { &DATASET }, out.now);
        draft.put(&ACTION, format!("mqtt.{}", method.to_ascii_lowercase())).put(&METHOD, Value::text(method));
        if method != "CONNECT" {
            draft.put_some(&CLIENT_ID, self.client.clone());
            put_login(&mut draft, self.user.as_deref(), None, out);
        }
        let sizes = if dir == Dir::Client { (Some(size), None) } else { (None, Some(size)) };
        draft.bytes(sizes.0, sizes.1);
        draft
    }

    fn packet(&mut self, dir: Dir, bytes: &[u8], size: u64, out: &mut Emit<'_>) -> Option<()> {
        let first = *bytes.first()?;
        let (at, length) = remaining(bytes)?.ok()?;
        let mut wire = Wire::new(bytes.get(at..)?);
        match first >> 4 {
            1 => self.connect(&mut wire, size, dir, out),
            2 => {
                let code = wire.rest().get(1)?;
                self.acknowledged((2, 0, dir.flip()), *code, size, out);
                Some(())
            }
            3 => self.publish(first, &mut wire, length, size, dir, out),
            8 | 10 => self.subscribe(first >> 4, &mut wire, size, dir, out),
            kind @ (4 | 7 | 9 | 11) => {
                let id = wire.u16()?;
                let mut code = 0;
                if matches!(kind, 9 | 11) {
                    properties(&mut wire, self.five)?;
                    code = wire.rest().iter().copied().max().unwrap_or(0);
                } else if self.five {
                    code = wire.u8().unwrap_or(0);
                }
                self.acknowledged((kind, id, dir.flip()), code, size, out);
                Some(())
            }
            14 => {
                self.draft("DISCONNECT", size, dir, out).emit(out);
                Some(())
            }
            _ => Some(()),
        }
    }

    fn acknowledged(&mut self, key: (u8, u16, Dir), code: u8, size: u64, out: &mut Emit<'_>) {
        let Some(mut draft) = self.pairs.answered(&key) else { return };
        // 0x80 and above refuse; CONNACK of version 3 counts from 1.
        let bad = code >= 0x80 || key.0 == 2 && code > 0;
        draft.end(out.now).put(&REASON, code).put(&STATUS, if bad { "Error" } else { "OK" });
        draft.outcome(if bad { Outcome::Failure } else { Outcome::Success });
        if bad {
            draft.put(&ERROR_CODE, refusal(code));
        }
        let other =
            if key.2 == Dir::Client { &mut draft.event().destination } else { &mut draft.event().source };
        other.bytes = Some(size);
        draft.emit(out);
    }

    fn connect(&mut self, wire: &mut Wire<'_>, size: u64, dir: Dir, out: &mut Emit<'_>) -> Option<()> {
        text(wire)?;
        let (level, flags, alive) = (wire.u8()?, wire.u8()?, wire.u16()?);
        self.five = level == 5;
        let version = match level {
            3 => "3.1",
            4 => "3.1.1",
            5 => "5.0",
            _ => "other",
        };
        properties(wire, self.five)?;
        let id = lines::text(text(wire)?, 256);
        let mut draft = self.draft("CONNECT", size, dir, out);
        draft.put(&VERSION, Value::text(version)).put(&KEEP_ALIVE, alive).put(&CLEAN, flags & 2 != 0);
        draft.put(&QUERY, format!("CONNECT {id}").trim_end().to_owned());
        draft.put_some(&CLIENT_ID, Some(id.clone()).filter(|id| !id.is_empty()));
        if flags & 4 != 0 {
            properties(wire, self.five)?;
            draft.put_text(&WILL, text(wire)?, 512);
            text(wire)?;
        }
        let user = if flags & 0x80 != 0 { Some(lines::text(text(wire)?, 256)) } else { None };
        let password = if flags & 0x40 != 0 { Some(lines::text(text(wire)?, 256)) } else { None };
        draft.put(&AUTH_METHOD, if user.is_some() { "password" } else { "anonymous" });
        put_login(&mut draft, user.as_deref(), password.as_deref(), out);
        (self.user, self.client) = (user, Some(id));
        self.pairs.ask((2, 0, dir), draft, out);
        Some(())
    }

    fn publish(
        &mut self,
        first: u8,
        wire: &mut Wire<'_>,
        length: u64,
        size: u64,
        dir: Dir,
        out: &mut Emit<'_>,
    ) -> Option<()> {
        let before = wire.rest().len();
        let topic = lines::text(text(wire)?, 1024);
        let qos = first >> 1 & 3;
        let mut draft = self.draft("PUBLISH", size, dir, out);
        draft.put(&QUERY, format!("PUBLISH {topic}")).put(&RESOURCE, topic.clone()).put(&TOPIC, topic);
        draft.put(&QOS, qos).put(&RETAIN, first & 1 != 0).put(&PUSHED, dir == Dir::Server);
        if first & 8 != 0 {
            draft.put(&DUPLICATE, true);
        }
        let id = if qos > 0 { Some(wire.u16()?) } else { None };
        draft.put_some(&ID, id);
        properties(wire, self.five)?;
        draft.put(&SIZE, length.saturating_sub((before - wire.rest().len()) as u64));
        let content = wire.rest().get(..out.limits().body).unwrap_or(wire.rest());
        if out.options.full
            && let Ok(text) = std::str::from_utf8(content)
        {
            draft.put(&PAYLOAD, text.to_owned());
        }
        match id {
            Some(id) => self.pairs.ask((if qos == 1 { 4 } else { 7 }, id, dir), draft, out),
            None => draft.emit(out),
        }
        Some(())
    }

    fn subscribe(
        &mut self,
        kind: u8,
        wire: &mut Wire<'_>,
        size: u64,
        dir: Dir,
        out: &mut Emit<'_>,
    ) -> Option<()> {
        let id = wire.u16()?;
        properties(wire, self.five)?;
        let (mut topics, mut qos) = (Vec::new(), 0);
        while !wire.rest().is_empty() && topics.len() < out.limits().list {
            topics.push(lines::text(text(wire)?, 512));
            if kind == 8 {
                qos = qos.max(wire.u8()? & 3);
            }
        }
        let mut draft = self.draft(if kind == 8 { "SUBSCRIBE" } else { "UNSUBSCRIBE" }, size, dir, out);
        let query =
            topics.first().map(|t| format!("{} {t}", if kind == 8 { "SUBSCRIBE" } else { "UNSUBSCRIBE" }));
        draft.put_some(&QUERY, query).put(&TOPIC, Value::texts(topics)).put(&ID, id);
        if kind == 8 {
            draft.put(&QOS, qos);
        }
        self.pairs.ask((kind + 1, id, dir), draft, out);
        Some(())
    }
}

fn length(bytes: &[u8]) -> Length {
    let kind = bytes.first().map_or(1, |b| b >> 4);
    let fixed = match bytes.first() {
        Some(b) if matches!(kind, 6 | 8 | 10) => b & 15 == 2,
        Some(b) if kind != 3 => b & 15 == 0,
        _ => true,
    };
    if kind == 0 || !fixed {
        return Length::Bad("mqtt.type");
    }
    match remaining(bytes) {
        None => Length::More,
        Some(Err(())) => Length::Bad("mqtt.length"),
        Some(Ok((at, size))) => Length::Is(at as u64 + size),
    }
}

impl Parser for Mqtt {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        let mut at = 0;
        loop {
            let frame = match self.frames.next(dir, (bytes, &mut at), out.now, length) {
                Ok(frame) => frame,
                Err(step) => return step,
            };
            if let Some(frame) = frame
                && self.packet(dir, &frame.bytes, frame.size, out).is_none()
            {
                out.anomaly("mqtt.malformed");
            }
        }
    }

    fn gap(&mut self, dir: Dir, missing: u64, out: &mut Emit<'_>) -> Step {
        if self.frames.skip(dir, missing) {
            return Step::Took(0);
        }
        out.anomaly("mqtt.gap");
        Step::Done
    }

    fn waiting(&self) -> usize {
        self.pairs.len()
    }

    fn give_up(&mut self, out: &mut Emit<'_>) {
        self.pairs.flush(out);
    }
}
