//! A statement, and what is known of it until its result is complete.

use super::wire::{Message, Take, lossy};
use super::{DATASET, fields as f};
use crate::model::{Outcome, Stamp, Value};
use crate::proto::fields::{ERROR_MESSAGE, METHOD, QUERY, REQUEST, RESPONSE, STATUS};
use crate::proto::{Draft, Emit, sql};

/// How a statement came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Query,
    /// Parsed and perhaps described, not executed.
    Parse,
    Execute,
    Function,
}

impl Way {
    const fn name(self) -> &'static str {
        match self {
            Way::Query => "Query",
            Way::Parse => "Parse",
            Way::Execute => "Execute",
            Way::Function => "FunctionCall",
        }
    }
}

/// What ErrorResponse says.
#[derive(Debug, Default)]
pub(super) struct Failure {
    severity: Option<String>,
    code: Option<String>,
    message: Option<String>,
}

impl Failure {
    pub(super) fn parse(body: &mut Take<'_>) -> Failure {
        let mut failure = Failure::default();
        while let Some(kind) = body.int(1).filter(|kind| *kind != 0) {
            let text = body.text();
            let text = lossy(text.get(..2048).unwrap_or(text));
            match u8::try_from(kind) {
                Ok(b'S') => failure.severity = Some(text),
                Ok(b'C') => failure.code = Some(text),
                Ok(b'M') => failure.message = Some(text),
                _ => {}
            }
        }
        failure
    }

    pub(super) fn put(self, draft: &mut Draft) {
        draft.put_some(&f::ERROR_SEVERITY, self.severity).put_some(&f::ERROR_CODE, self.code);
        draft.put_some(&f::ERROR_MESSAGE, self.message.clone()).put_some(&ERROR_MESSAGE, self.message);
    }
}

/// A statement that waits for its result.
#[derive(Debug)]
pub(super) struct Request {
    pub way: Way,
    statement: String,
    start: Stamp,
    /// Bytes of the messages that made it.
    pub size: u64,
    back: u64,
    end: Option<Stamp>,
    /// Number of the batch it was sent in.
    pub batch: u64,
    /// Bytes of the result are missing.
    pub lost: bool,
    fields: u32,
    rows: u64,
    tag: Option<String>,
    copied: Option<u64>,
    failure: Option<Failure>,
    csv: sql::Csv,
}

impl Request {
    pub(super) fn new(way: Way, text: &[u8], start: Stamp, size: u64, out: &Emit<'_>) -> Request {
        let text = lossy(text.get(..out.limits().text).unwrap_or(text));
        let said = &out.options.protocols.pgsql;
        Request {
            way,
            statement: if out.options.show_secrets { text } else { sql::mask(&text) },
            start,
            size,
            back: 0,
            end: None,
            batch: 0,
            lost: false,
            fields: 0,
            rows: 0,
            tag: None,
            copied: None,
            failure: None,
            csv: sql::Csv::new(said.max_rows, said.max_row_length),
        }
    }

    pub(super) fn statement(&self) -> &str {
        &self.statement
    }

    /// COPY data, in either direction.
    pub(super) fn copied(&mut self, bytes: u64) {
        self.copied = Some(self.copied.unwrap_or(0).saturating_add(bytes));
    }

    /// The server is done with the batch, whether it answered this or not.
    pub(super) fn ready(&mut self, now: Stamp) {
        if self.way == Way::Parse {
            self.end.get_or_insert(now);
        }
    }

    /// Takes one message of the result; whether it was the last.
    pub(super) fn answer(&mut self, message: &Message<'_>, out: &Emit<'_>) -> Result<bool, &'static str> {
        self.back += message.size;
        self.end = Some(out.now);
        let mut body = Take(&message.body);
        match message.kind {
            b'T' => {
                self.fields = body.int(2).ok_or("pgsql.field")?;
                if out.options.wants(out.options.protocols.pgsql.send_response) {
                    self.columns(body);
                }
            }
            b'D' => {
                self.rows += 1;
                if out.options.wants(out.options.protocols.pgsql.send_response) && self.csv.open() {
                    self.row(body).ok_or("pgsql.field")?;
                }
            }
            b'd' => self.copied(message.size - 5),
            b'C' => {
                self.tag = Some(lossy(body.text()));
                return Ok(true);
            }
            b'I' | b's' | b'V' => return Ok(true),
            b'E' => {
                self.failure = Some(Failure::parse(&mut body));
                return Ok(true);
            }
            _ => {}
        }
        Ok(false)
    }

    fn columns(&mut self, mut body: Take<'_>) {
        for _ in 0..self.fields {
            let name = body.text();
            if body.bytes(18).is_none() {
                break;
            }
            self.csv.name(name);
        }
        self.csv.end();
    }

    fn row(&mut self, mut body: Take<'_>) -> Option<()> {
        let cut = body.0.len() >= super::wire::KEEP - 16;
        for _ in 0..body.int(2)? {
            let value = match body.int(4) {
                Some(u32::MAX) => Some(&b""[..]),
                Some(len) => usize::try_from(len).ok().and_then(|len| body.bytes(len)),
                None => None,
            };
            match value {
                Some(value) => self.csv.value(value),
                None if cut => break,
                None => return None,
            }
        }
        self.csv.end();
        Some(())
    }

    /// Tells what is known.
    pub(super) fn emit(self, out: &mut Emit<'_>) {
        let said = &out.options.protocols.pgsql;
        let mut draft = out.draft(&DATASET, self.start);
        let method = sql::method(&self.statement);
        draft.put(&METHOD, if method.is_empty() { self.way.name().to_owned() } else { method });
        draft.put(&f::COMMAND, Value::text(self.way.name()));
        let query = self.statement.trim_matches([' ', '\r', '\n', '\t']).to_owned();
        if out.options.wants(said.send_request) {
            draft.put(&REQUEST, query.clone());
        }
        draft.put(&QUERY, query);
        draft.bytes(Some(self.size), (self.end.is_some() && !self.lost).then_some(self.back));
        if let Some(end) = self.end {
            let failed = self.failure.is_some();
            draft.end(end).outcome(if failed { Outcome::Failure } else { Outcome::Success });
            draft.put(&STATUS, Value::text(if failed { "Error" } else { "OK" }));
            draft.put(&f::NUM_FIELDS, self.fields).put(&f::NUM_ROWS, self.rows);
            draft.put_some(&f::TAG, self.tag).put_some(&f::COPIED, self.copied);
            if out.options.wants(said.send_response) {
                draft.put(&RESPONSE, self.csv.into_text());
            }
        }
        match self.failure {
            Some(failure) => failure.put(&mut draft),
            None if self.lost => {
                draft.put(&ERROR_MESSAGE, Value::text("Packet loss while capturing the response"));
            }
            None => {}
        }
        draft.emit(out);
    }
}
