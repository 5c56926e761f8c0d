//! Messages: the frames that follow a method, and their properties.

use super::fields as f;
use super::method::Method;
use super::table::{self, short};
use crate::model::{FieldRef, Stamp, Value};
use crate::proto::config::Amqp;
use crate::proto::wire::Wire;

/// Bytes of a message that are shown unless the configuration says otherwise, and at most.
const BODY: usize = 1000;
const MOST: usize = 128 << 10;

/// A message that is being put together.
#[derive(Debug)]
pub(super) struct Content {
    pub method: Method,
    pub start: Stamp,
    /// Bytes that are to come; known with the header.
    pub size: Option<u64>,
    /// Bytes that came.
    pub got: u64,
    pub body: Vec<u8>,
    /// Bytes of the body that are shown.
    room: usize,
    pub properties: Vec<(FieldRef, Value<'static>)>,
}

impl Content {
    /// Waits for what follows `method`.
    pub(super) fn new(method: Method, start: Stamp, said: &Amqp) -> Content {
        let room = said.max_body_length.unwrap_or(BODY).min(MOST);
        Content { method, start, size: None, got: 0, body: Vec::new(), room, properties: Vec::new() }
    }

    /// A header frame; whether it can be read.
    pub(super) fn header(&mut self, payload: &[u8]) -> bool {
        let mut wire = Wire::new(payload);
        let (Some(_), Some(size)) = (wire.u32(), wire.u64()) else { return false };
        self.size = Some(size);
        let properties = properties(wire.rest());
        let good = properties.is_some();
        self.properties = properties.unwrap_or_default();
        good
    }

    /// A body frame: its beginning, and its length.
    pub(super) fn more(&mut self, payload: &[u8], len: u64) {
        self.got += len;
        let room = (self.room + 1).saturating_sub(self.body.len());
        self.body.extend_from_slice(payload.get(..room).unwrap_or(payload));
    }

    /// Whether all of it is there.
    pub(super) fn is_complete(&self) -> bool {
        self.size.is_some_and(|size| self.got >= size)
    }

    /// The message as text; as decimal numbers if it is none.
    pub(super) fn text(&self) -> String {
        let value = |field: FieldRef| {
            let found = self.properties.iter().find(|(f, _)| std::ptr::eq(*f, field));
            found.and_then(|(_, value)| value.as_str()).unwrap_or_default()
        };
        let kind = value(&f::CONTENT_TYPE);
        let readable =
            value(&f::CONTENT_ENCODING).is_empty() && (kind.contains("text") || kind.contains("json"));
        let shown = self.body.get(..self.room.min(self.body.len())).unwrap_or_default();
        let mut text = if readable {
            String::from_utf8_lossy(shown).into_owned()
        } else {
            shown.iter().map(u8::to_string).collect::<Vec<_>>().join(" ")
        };
        if self.size.is_some_and(|size| size > shown.len() as u64) {
            text.push_str(" [...]");
        }
        text
    }
}

/// Properties of a message, from the flags on.
fn properties(bytes: &[u8]) -> Option<Vec<(FieldRef, Value<'static>)>> {
    let mut wire = Wire::new(bytes);
    let flags = wire.u16()?;
    let mut last = flags;
    while last & 1 == 1 {
        last = wire.u16()?;
    }
    let mut all: Vec<(FieldRef, Value<'static>)> = Vec::new();
    let has = |bit: u16| flags >> bit & 1 == 1;
    let texts: [(u16, FieldRef); 2] = [(15, &f::CONTENT_TYPE), (14, &f::CONTENT_ENCODING)];
    for (bit, field) in texts {
        if has(bit) {
            all.push((field, short(&mut wire)?.into()));
        }
    }
    if has(13) {
        let headers = table::table(&mut wire)?;
        if !table::is_empty(&headers) {
            all.push((&f::HEADERS, headers));
        }
    }
    if has(12) {
        match wire.u8()? {
            1 => all.push((&f::DELIVERY_MODE, Value::text("non-persistent"))),
            2 => all.push((&f::DELIVERY_MODE, Value::text("persistent"))),
            _ => {}
        }
    }
    if has(11) {
        all.push((&f::PRIORITY, wire.u8()?.into()));
    }
    let texts: [(u16, FieldRef); 4] =
        [(10, &f::CORRELATION_ID), (9, &f::REPLY_TO), (8, &f::EXPIRATION), (7, &f::MESSAGE_ID)];
    for (bit, field) in texts {
        if has(bit) {
            all.push((field, short(&mut wire)?.into()));
        }
    }
    if has(6) {
        all.push((&f::TIMESTAMP, table::time(wire.u64()?).into()));
    }
    let texts: [(u16, FieldRef); 3] = [(5, &f::TYPE), (4, &f::USER_ID), (3, &f::APP_ID)];
    for (bit, field) in texts {
        if has(bit) {
            all.push((field, short(&mut wire)?.into()));
        }
    }
    Some(all)
}
