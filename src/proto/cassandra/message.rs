//! Bodies of frames: what they say, as fields.

use super::fields as f;
use super::names;
use super::wire::{self, Head};
use crate::model::{FieldRef, Value, cut};
use crate::proto::wire::Wire;
use crate::proto::{Limits, json_text, sql};

/// What a body says.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub fields: Vec<(FieldRef, Value<'static>)>,
    /// Statement of a request.
    pub statement: Option<String>,
    /// Identifier of a prepared statement that is executed, or was made.
    pub prepared: Option<String>,
    pub error: Option<String>,
    pub user: Option<String>,
    pub password: Option<String>,
    pub compression: Option<String>,
    /// A page of rows: rows and columns as far as they can be shown.
    pub text: String,
}

impl Said {
    fn put(&mut self, field: FieldRef, value: impl Into<Value<'static>>) {
        self.fields.push((field, value.into()));
    }

    fn put_some(&mut self, field: FieldRef, value: Option<impl Into<Value<'static>>>) {
        if let Some(value) = value {
            self.put(field, value);
        }
    }
}

/// Reads the body of a request. What is damaged ends the reading.
pub(super) fn request(head: &Head, body: &[u8], limits: &Limits, show: bool) -> Option<Said> {
    let mut wire = Wire::new(body);
    let mut said = Said::default();
    let statement = |text: String| {
        let text = cut(&text, limits.body).to_owned();
        if show { text } else { sql::mask(&text) }
    };
    if head.flags & 4 != 0 {
        skip_payload(&mut wire)?;
    }
    match head.op {
        0x01 => {
            for _ in 0..wire.u16()? {
                let (key, value) = (wire::string(&mut wire)?, wire::string(&mut wire)?);
                if key.eq_ignore_ascii_case("COMPRESSION") {
                    said.compression = Some(value.to_ascii_lowercase());
                }
            }
        }
        0x07 => {
            said.statement = Some(statement(wire::long_string(&mut wire)?));
            said.put_some(&f::Q_CONSISTENCY, wire.u16().map(names::consistency));
        }
        0x09 => said.statement = Some(statement(wire::long_string(&mut wire)?)),
        0x0a => {
            said.prepared = Some(wire::short_hex(&mut wire)?);
            if head.version >= 5 {
                wire::short_hex(&mut wire)?;
            }
            said.put_some(&f::Q_CONSISTENCY, wire.u16().map(names::consistency));
        }
        0x0d => {
            wire.u8()?;
            let count = wire.u16()?;
            let mut all = Vec::new();
            for _ in 0..count {
                match wire.u8()? {
                    0 => all.push(statement(wire::long_string(&mut wire)?)),
                    _ => all.push(wire::short_hex(&mut wire)?),
                }
                for _ in 0..wire.u16()? {
                    wire::bytes(&mut wire)?;
                }
                if all.len() > limits.list {
                    all.pop();
                }
            }
            said.statement = all.first().cloned();
            said.put(&f::Q_STATEMENTS, Value::texts(all));
        }
        0x0f => {
            // SASL PLAIN: authorization, user and password between NULs.
            let token = wire::bytes(&mut wire)?.unwrap_or_default();
            let mut parts = token.split(|b| *b == 0).skip(1).map(|p| String::from_utf8_lossy(p).into_owned());
            said.user = parts.next();
            said.password = parts.next();
        }
        _ => {}
    }
    Some(said)
}

fn skip_payload(wire: &mut Wire<'_>) -> Option<()> {
    for _ in 0..wire.u16()? {
        wire::string(wire)?;
        wire::bytes(wire)?;
    }
    Some(())
}

/// Reads the body of a response.
pub(super) fn response(head: &Head, body: &[u8], limits: &Limits) -> Option<Said> {
    let mut wire = Wire::new(body);
    let mut said = Said::default();
    if head.flags & 2 != 0 {
        wire.take(16)?;
    }
    if head.flags & 8 != 0 {
        said.put(&f::WARNINGS, Value::texts(wire::strings(&mut wire, limits.list)?));
    }
    if head.flags & 4 != 0 {
        skip_payload(&mut wire)?;
    }
    match head.op {
        0x00 => error(&mut said, &mut wire, head.version, limits)?,
        0x03 => said.put(&f::AUTH_CLASS, wire::string(&mut wire)?),
        0x06 => {
            let mut options = Vec::new();
            for _ in 0..wire.u16()? {
                let (key, values) = (wire::string(&mut wire)?, wire::strings(&mut wire, limits.list)?);
                if options.len() < limits.list {
                    options.push((key.into(), Value::texts(values)));
                }
            }
            said.put(&f::SUPPORTED, Value::Object(options));
        }
        0x08 => result(&mut said, &mut wire, head.version, limits)?,
        0x0c => event(&mut said, &mut wire, limits)?,
        _ => {}
    }
    Some(said)
}

fn error(said: &mut Said, wire: &mut Wire<'_>, version: u8, limits: &Limits) -> Option<()> {
    let (code, message) = (wire.u32()?, wire::string(wire)?);
    said.put(&f::ERR_CODE, code);
    said.put(&f::ERR_MSG, message.clone());
    said.put(&f::ERR_TYPE, Value::text(names::error(code)));
    said.error = Some(message);
    if matches!(code, 0x1000 | 0x1100 | 0x1200 | 0x1300 | 0x1500) {
        said.put(&f::ERR_CONSISTENCY, names::consistency(wire.u16()?));
        let fields = if code == 0x1000 {
            [&f::ERR_REQUIRED, &f::ERR_ALIVE]
        } else {
            [&f::ERR_RECEIVED, &f::ERR_BLOCKFOR]
        };
        for field in fields {
            said.put(field, wire.u32()?);
        }
    }
    match code {
        0x1300 | 0x1500 => {
            let failures = wire.u32()?;
            said.put(&f::ERR_FAILURES, failures);
            for _ in 0..if version >= 5 { failures } else { 0 } {
                let len = wire.u8()?;
                wire.take(len.into())?;
                wire.u16()?;
            }
        }
        0x1400 => {
            said.put(&f::ERR_KEYSPACE, wire::string(wire)?);
            said.put(&f::ERR_FUNCTION, wire::string(wire)?);
            said.put(&f::ERR_ARGS, Value::texts(wire::strings(wire, limits.list)?));
        }
        0x2400 => {
            said.put(&f::ERR_KEYSPACE, wire::string(wire)?);
            said.put(&f::ERR_TABLE, wire::string(wire)?);
        }
        0x2500 => said.put(&f::ERR_STATEMENT, wire::short_hex(wire)?),
        _ => {}
    }
    match code {
        0x1100 | 0x1500 => said.put(&f::ERR_WRITE_TYPE, wire::string(wire)?),
        0x1200 | 0x1300 => said.put(&f::ERR_DATA, wire.u8()? != 0),
        _ => {}
    }
    Some(())
}

fn result(said: &mut Said, wire: &mut Wire<'_>, version: u8, limits: &Limits) -> Option<()> {
    let kind = match wire.u32()? {
        1 => "void",
        2 => "rows",
        3 => "set_keyspace",
        4 => "prepared",
        5 => "schemaChanged",
        _ => return None,
    };
    said.put(&f::TYPE, Value::text(kind));
    match kind {
        "rows" => {
            let columns = metadata(said, wire, &ROWS, limits)?;
            said.put(&f::NUM_ROWS, wire.u32()?);
            rows(said, wire, columns, limits);
        }
        "set_keyspace" => said.put(&f::KEYSPACE, wire::string(wire)?),
        "prepared" => {
            let id = wire::short_hex(wire)?;
            if version >= 5 {
                wire::short_hex(wire)?;
            }
            said.put(&f::PREPARED, names::uuid(&id));
            said.prepared = Some(id);
            // The identifier is told even if what follows is not there.
            let _ = prepared(said, wire, version, limits);
        }
        "schemaChanged" => change(said, wire, &CHANGE, limits)?,
        _ => {}
    }
    Some(())
}

/// Where the parts of metadata are told.
struct Meta {
    flags: FieldRef,
    columns: FieldRef,
    paging: FieldRef,
    keyspace: FieldRef,
    table: FieldRef,
    /// The partition key's columns precede the rest (`PREPARED` of version 4 on).
    keys: Option<FieldRef>,
}

static ROWS: Meta = Meta {
    flags: &f::META_FLAGS,
    columns: &f::META_COLUMNS,
    paging: &f::META_PAGING,
    keyspace: &f::META_KEYSPACE,
    table: &f::META_TABLE,
    keys: None,
};

static BOUND: Meta = Meta {
    flags: &f::REQ_FLAGS,
    columns: &f::REQ_COLUMNS,
    paging: &f::REQ_PAGING,
    keyspace: &f::REQ_KEYSPACE,
    table: &f::REQ_TABLE,
    keys: Some(&f::REQ_KEYS),
};

static RETURNED: Meta = Meta {
    flags: &f::RESP_FLAGS,
    columns: &f::RESP_COLUMNS,
    paging: &f::RESP_PAGING,
    keyspace: &f::RESP_KEYSPACE,
    table: &f::RESP_TABLE,
    keys: None,
};

/// What a prepared statement asks for and will return.
fn prepared(said: &mut Said, wire: &mut Wire<'_>, version: u8, limits: &Limits) -> Option<()> {
    let bound = if version >= 4 { &BOUND } else { &Meta { keys: None, ..BOUND } };
    metadata(said, wire, bound, limits)?;
    metadata(said, wire, &RETURNED, limits)?;
    // Names of columns are the text of rows, and there are none.
    said.text.clear();
    Some(())
}

/// What rows consist of; gives the number of columns.
fn metadata(said: &mut Said, wire: &mut Wire<'_>, to: &Meta, limits: &Limits) -> Option<u32> {
    let (flags, columns) = (wire.u32()?, wire.u32()?);
    said.put(to.flags, names::rows(flags));
    said.put(to.columns, columns);
    if let Some(field) = to.keys {
        let count = usize::try_from(wire.u32()?).ok()?;
        let mut keys = Vec::new();
        for _ in 0..count {
            let key = wire.u16()?;
            if keys.len() < limits.list {
                keys.push(Value::from(key));
            }
        }
        if !keys.is_empty() {
            said.put(field, Value::List(keys));
        }
    }
    if flags & 2 != 0 {
        let state = wire::bytes(wire)?.unwrap_or_default();
        said.put(to.paging, json_text::hex(state).to_ascii_uppercase());
    }
    if flags & 8 != 0 {
        wire::short_hex(wire)?;
    }
    if flags & 4 != 0 {
        return Some(columns);
    }
    let global = flags & 1 != 0;
    if global {
        said.put(to.keyspace, wire::string(wire)?);
        said.put(to.table, wire::string(wire)?);
    }
    let mut names = Vec::new();
    for _ in 0..columns {
        if !global {
            wire::string(wire)?;
            wire::string(wire)?;
        }
        let name = wire::string(wire)?;
        if names.len() < limits.list {
            names.push(name);
        }
        wire::skip_type(wire, 16)?;
    }
    said.text = names.join(",");
    Some(columns)
}

/// The first rows: text where it is, else hexadecimal.
fn rows(said: &mut Said, wire: &mut Wire<'_>, columns: u32, limits: &Limits) {
    const ROWS: usize = 10;
    for _ in 0..ROWS {
        if columns == 0 || wire.rest().is_empty() || said.text.len() >= limits.text {
            return;
        }
        said.text.push('\n');
        for column in 0..columns {
            let Some(value) = wire::bytes(wire) else { return };
            if column > 0 {
                said.text.push(',');
            }
            let value = value.unwrap_or(b"null");
            let shown = value.get(..value.len().min(1024)).unwrap_or_default();
            match std::str::from_utf8(shown) {
                Ok(text) if sql::is_text(shown) => said.text.push_str(text),
                _ => said.text.push_str(&json_text::hex(shown)),
            }
            if said.text.len() >= limits.text {
                return;
            }
        }
    }
}

struct Change {
    change: FieldRef,
    target: FieldRef,
    keyspace: FieldRef,
    object: FieldRef,
    name: FieldRef,
    args: FieldRef,
}

static CHANGE: Change = Change {
    change: &f::CHANGE,
    target: &f::CHANGE_TARGET,
    keyspace: &f::CHANGE_KEYSPACE,
    object: &f::CHANGE_OBJECT,
    name: &f::CHANGE_NAME,
    args: &f::CHANGE_ARGS,
};

static PUSHED: Change = Change {
    change: &f::EVENT_SCHEMA_CHANGE,
    target: &f::EVENT_SCHEMA_TARGET,
    keyspace: &f::EVENT_SCHEMA_KEYSPACE,
    object: &f::EVENT_SCHEMA_OBJECT,
    name: &f::EVENT_SCHEMA_NAME,
    args: &f::EVENT_SCHEMA_ARGS,
};

fn change(said: &mut Said, wire: &mut Wire<'_>, to: &Change, limits: &Limits) -> Option<()> {
    said.put(to.change, wire::string(wire)?);
    let target = wire::string(wire)?;
    said.put(to.target, target.clone());
    said.put(to.keyspace, wire::string(wire)?);
    match target.as_str() {
        "TABLE" | "TYPE" => said.put(to.object, wire::string(wire)?),
        "FUNCTION" | "AGGREGATE" => {
            said.put(to.name, wire::string(wire)?);
            said.put(to.args, Value::texts(wire::strings(wire, limits.list)?));
        }
        _ => {}
    }
    Some(())
}

fn event(said: &mut Said, wire: &mut Wire<'_>, limits: &Limits) -> Option<()> {
    let kind = wire::string(wire)?;
    said.put(&f::EVENT_TYPE, kind.clone());
    if kind == "SCHEMA_CHANGE" {
        return change(said, wire, &PUSHED, limits);
    }
    said.put(&f::EVENT_CHANGE, wire::string(wire)?);
    let (host, port) = wire::inet(wire)?;
    said.put(&f::EVENT_HOST, host.to_string());
    said.put(&f::EVENT_PORT, port);
    Some(())
}
