//! A command, and what is known of it until its result is complete.

use super::params::Statement;
use super::reply::Reply;
use super::wire::{Packet, Take, lossy};
use super::{DATASET, fields as f};
use crate::model::{Outcome, Stamp, Value};
use crate::proto::fields::{ERROR_MESSAGE, METHOD, PATH, QUERY, REQUEST, RESPONSE, STATUS};
use crate::proto::{Emit, sql};

include!(concat!(env!("OUT_DIR"), "/mysql_numbers.rs"));

/// The name of a command.
pub(super) fn command(number: u8) -> Option<&'static str> {
    COMMANDS.get(usize::from(number)).copied()
}

/// A command that waits for its result.
#[derive(Debug)]
pub(super) struct Request {
    command: &'static str,
    statement: Option<String>,
    /// Values of the parameters of an executed statement.
    values: Option<Vec<String>>,
    id: Option<u64>,
    start: Stamp,
    /// Bytes of the command and of the result.
    pub size: u64,
    pub back: u64,
    /// When the last packet of the result came.
    end: Option<Stamp>,
    seq: Option<u8>,
    reply: Reply,
    lost: bool,
}

impl Request {
    /// `None` if there is no such command.
    pub(super) fn new(
        packet: &Packet<'_>,
        statements: &mut [Statement],
        attributes: bool,
        start: Stamp,
        out: &Emit<'_>,
    ) -> Option<Request> {
        let (&number, body) = packet.payload.split_first()?;
        let command = command(number)?;
        let id = || Take(body).int(4);
        let text = |bytes: &[u8]| {
            let cut = lossy(bytes.get(..out.limits().text).unwrap_or(bytes));
            if out.options.show_secrets { cut } else { sql::mask(&cut) }
        };
        let mut values = None;
        let (statement, id) = match command {
            "QUERY" => {
                let bare =
                    if attributes || body.starts_with(&[0, 1]) { body.strip_prefix(&[0, 1]) } else { None };
                (Some(text(bare.unwrap_or(body))), None)
            }
            "STMT_PREPARE" | "INIT_DB" | "CREATE_DB" | "DROP_DB" => (Some(text(body)), None),
            "FIELD_LIST" => (Some(text(Take(body).text())), None),
            "STMT_EXECUTE" | "STMT_CLOSE" | "STMT_RESET" | "STMT_FETCH" | "STMT_SEND_LONG_DATA" => {
                let id = id()?;
                let mut known = statements.iter_mut().find(|known| u64::from(known.id) == id);
                if let Some(known) = &mut known {
                    let most = out.limits().list;
                    match command {
                        "STMT_EXECUTE" => values = known.values(body, attributes, most),
                        "STMT_SEND_LONG_DATA" => known.sent(body, most),
                        "STMT_RESET" => known.reset(),
                        _ => {}
                    }
                }
                (known.map(|known| known.text.clone()), Some(id))
            }
            "PROCESS_KILL" => (None, id()),
            _ => (None, None),
        };
        let reply = Reply::new(command, out.options);
        Some(Request {
            command,
            statement,
            values,
            id,
            start,
            size: packet.size,
            back: 0,
            end: None,
            seq: None,
            reply,
            lost: false,
        })
    }

    pub(super) fn is_login(&self) -> bool {
        self.command == "CHANGE_USER"
    }

    /// The server sends no result.
    pub(super) fn is_unanswered(&self) -> bool {
        matches!(self.command, "QUIT" | "STMT_CLOSE" | "STMT_SEND_LONG_DATA")
    }

    /// The connection is a stream of events from here on.
    pub(super) fn is_last(&self) -> bool {
        matches!(self.command, "BINLOG_DUMP" | "BINLOG_DUMP_GTID" | "TABLE_DUMP" | "CLONE")
    }

    /// The prepared statement that this gives back.
    pub(super) fn closed(&self) -> Option<u32> {
        self.id.filter(|_| self.command == "STMT_CLOSE").and_then(|id| u32::try_from(id).ok())
    }

    /// The prepared statement that this made.
    pub(super) fn prepared(&self) -> Option<Statement> {
        Some(Statement::new(self.reply.statement?, self.statement.clone()?, self.reply.parameters))
    }

    /// Bytes of the result are missing.
    pub(super) const fn lose(&mut self) {
        self.lost = true;
    }

    /// Whether a packet of the result has the number that follows.
    pub(super) fn in_step(&mut self, seq: u8) -> bool {
        let expected = self.seq.replace(seq).map(|last| last.wrapping_add(1));
        // LOAD DATA LOCAL: the client's packets count too.
        expected.is_none_or(|e| e == seq || self.reply.infile)
    }

    /// Takes one packet of the result; whether it was the last.
    pub(super) fn reply(
        &mut self,
        packet: &Packet<'_>,
        no_eof: Option<bool>,
        out: &Emit<'_>,
    ) -> Result<bool, &'static str> {
        self.back += packet.size;
        self.end = Some(out.now);
        self.reply.packet(packet, no_eof, out.limits()).ok_or("mysql.reply")
    }

    /// Tells what is known.
    pub(super) fn emit(self, out: &mut Emit<'_>) {
        let (text, said) = (out.limits().text, &out.options.protocols.mysql);
        let mut draft = out.draft(&DATASET, self.start);
        let verb = match self.command {
            "QUERY" | "STMT_PREPARE" | "STMT_EXECUTE" => self.statement.as_deref().map(sql::method),
            _ => None,
        };
        draft.put(&METHOD, verb.filter(|v| !v.is_empty()).unwrap_or_else(|| self.command.to_owned()));
        draft.put(&f::COMMAND, Value::text(self.command));
        if let Some(statement) = &self.statement {
            draft.put_text(&QUERY, statement.trim_matches([' ', '\r', '\n', '\t']).as_bytes(), text);
            if out.options.wants(said.send_request) {
                draft.put(&REQUEST, statement.clone());
            }
        }
        if let Some(values) = self.values.filter(|_| out.options.wants(said.send_request)) {
            draft.put(&f::PARAMS, Value::texts(values));
        }
        let id = self.id.or(self.reply.statement.map(u64::from));
        draft.put_some(&f::STATEMENT, id);
        let back = (self.back > 0 && !self.lost).then_some(self.back);
        draft.bytes(Some(self.size), back);
        let reply = self.reply;
        if let Some(end) = self.end {
            draft.end(end);
            let failed = reply.error.is_some();
            draft.outcome(if failed { Outcome::Failure } else { Outcome::Success });
            draft.put(&STATUS, Value::text(if failed { "Error" } else { "OK" }));
            if !reply.tables.is_empty() {
                draft.put(&PATH, reply.tables.join(", "));
            }
            draft.put(&f::AFFECTED_ROWS, reply.affected).put(&f::INSERT_ID, reply.insert_id);
            draft.put(&f::NUM_FIELDS, reply.fields).put(&f::NUM_ROWS, reply.rows);
            draft.put_some(&f::RESULTS, (reply.results > 1).then_some(reply.results));
            if out.options.wants(said.send_response) {
                draft.put(&RESPONSE, reply.csv.into_text());
            }
        }
        match reply.error {
            Some((code, message)) => {
                draft.put(&f::ERROR_CODE, code).put(&f::ERROR_MESSAGE, message.clone());
                draft.put(&ERROR_MESSAGE, message);
            }
            None if self.lost => {
                draft.put(&ERROR_MESSAGE, Value::text("Packet loss while capturing the response"));
            }
            None => {}
        }
        draft.emit(out);
    }
}
