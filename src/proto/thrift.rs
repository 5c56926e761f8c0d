//! Apache Thrift: calls with their results, in the binary and the compact protocol, framed or not.

mod fields;
mod head;
#[cfg(test)]
mod tests;
mod token;
mod value;

use super::fields::{ERROR_MESSAGE, METHOD, QUERY, REQUEST, RESPONSE, RESPONSE_START, STATUS};
use super::{Dir, Emit, Options, Over, Parser, Protocol, Step};
use crate::model::{Dataset, Outcome, Stamp, Value};
use fields as f;
use head::Head;
use std::collections::VecDeque;
use token::Coding;
use value::{Reader, Style};

/// One call.
pub static DATASET: Dataset = Dataset::requests("thrift", "One Thrift call with its result.");

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "thrift",
    doc: "Apache Thrift RPC: the binary protocol with and without version, the compact protocol, framed or straight \
          on the stream. Arguments and results are shown by the identifiers of their fields, as Packetbeat does \
          without an interface file; whole numbers have a sign, which Packetbeat leaves out. THeader, JSON and Thrift \
          inside HTTP are not read.",
    over: Over::Tcp,
    ports: &[9090],
    probe: head::probe,
    start,
    datasets: &[&DATASET],
    fields: fields::FIELDS,
    anomalies: &[
        ("thrift.head", "Bytes where a message should begin are none."),
        ("thrift.kind", "A value is of a kind that does not exist."),
        ("thrift.length", "A string or list claims to be longer than 2^31 - 1."),
        ("thrift.varint", "A number of the compact protocol is too long."),
        ("thrift.depth", "Values are nested deeper than 32 levels."),
        ("thrift.fields", "A struct has more than 500 fields."),
        ("thrift.frame", "A message is not as long as its frame."),
        ("thrift.unsolicited", "A result came to a call nobody made."),
        ("thrift.gap", "Bytes were not captured; calls that waited are told unanswered."),
        (
            "thrift.pending",
            "Cap: more calls waited for their results than are kept; the oldest is told unanswered.",
        ),
    ],
};

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(Thrift::default())
}

/// A message that is being read.
struct Message {
    head: Head,
    reader: Reader,
    start: Stamp,
    size: u64,
}

/// A call that waits for its result.
struct Call {
    head: Head,
    params: String,
    start: Stamp,
    size: u64,
}

#[derive(Default)]
struct Thrift {
    open: [Option<Message>; 2],
    began: [Option<Stamp>; 2],
    /// Where the next message begins is unknown.
    lost: [bool; 2],
    gapped: bool,
    heard: bool,
    waiting: VecDeque<Call>,
}

impl Thrift {
    /// Bytes of one direction: at most one message.
    fn read(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Result<usize, &'static str> {
        let mut at = 0;
        if dir.of(&mut self.open).is_none() {
            let start = *dir.of(&mut self.began).get_or_insert(out.now);
            let head = match head::read(bytes) {
                Err(()) => return Ok(0),
                Ok(None) => return Err("thrift.head"),
                Ok(Some(head)) => head,
            };
            *dir.of(&mut self.began) = None;
            at = head.len + if head.frame.is_some() { 4 } else { 0 };
            let reader =
                Reader::new(head.coding, Style::new(&out.options.protocols.thrift, out.limits().text));
            *dir.of(&mut self.open) = Some(Message { size: head.len as u64, head, reader, start });
        }
        let Some(message) = dir.of(&mut self.open) else { return Ok(at) };
        let (used, done) = message.reader.read(bytes.get(at..).unwrap_or_default())?;
        message.size += used as u64;
        if done && let Some(message) = dir.of(&mut self.open).take() {
            if message.head.frame.is_some_and(|frame| u64::from(frame) != message.size) {
                return Err("thrift.frame");
            }
            self.message(message, out);
        }
        Ok(at + used)
    }

    fn message(&mut self, message: Message, out: &mut Emit<'_>) {
        let kind = message.head.kind;
        if !head::is_request(kind) {
            return self.result(&message, out);
        }
        self.heard = true;
        let params = message.reader.text();
        let call = Call { head: message.head, params, start: message.start, size: message.size };
        if kind == head::ONEWAY {
            return emit(call, None, out);
        }
        if self.waiting.len() >= out.limits().pending
            && let Some(oldest) = self.waiting.pop_front()
        {
            out.cap("thrift.pending");
            emit(oldest, None, out);
        }
        self.waiting.push_back(call);
    }

    fn result(&mut self, message: &Message, out: &mut Emit<'_>) {
        let named = |call: &Call| call.head.method == message.head.method;
        let numbered = self.waiting.iter().position(|call| call.head.seq == message.head.seq && named(call));
        let at = numbered.or_else(|| self.waiting.iter().position(named));
        match at.and_then(|at| self.waiting.remove(at)) {
            Some(call) => emit(call, Some(message), out),
            None if self.heard && !self.gapped => out.anomaly("thrift.unsolicited"),
            None => {}
        }
    }
}

fn emit(call: Call, result: Option<&Message>, out: &mut Emit<'_>) {
    let said = &out.options.protocols.thrift;
    let full = out.options.wants(said.send_response);
    let mut draft = out.draft(&DATASET, call.start);
    let query = format!("{}{}", call.head.method, call.params);
    draft.put(&METHOD, call.head.method).put(&QUERY, query.clone());
    if out.options.wants(said.send_request) {
        draft.put(&REQUEST, query);
    }
    draft.put(&f::PARAMS, call.params).put(&f::SEQUENCE, i64::from(call.head.seq));
    let coding = if call.head.coding == Coding::Binary { "binary" } else { "compact" };
    let transport = if call.head.frame.is_some() { "framed" } else { "socket" };
    draft.put(&f::PROTOCOL_TYPE, Value::text(coding)).put(&f::TRANSPORT_TYPE, Value::text(transport));
    draft.bytes(Some(call.size), result.map(|r| r.size));
    if call.head.kind == head::ONEWAY {
        draft.put(&f::ONEWAY, true).put(&STATUS, Value::text("OK"));
    }
    if let Some(result) = result {
        draft.end(out.now);
        draft.put_some(
            &RESPONSE_START,
            (result.start.ts != out.now.ts).then_some(Value::Time(result.start.ts)),
        );
        let first = result.reader.first();
        let failed = result.head.kind == head::EXCEPTION || first.is_some_and(|(id, _)| *id != 0);
        draft.outcome(if failed { Outcome::Failure } else { Outcome::Success });
        draft.put(&STATUS, Value::text(if failed { "Error" } else { "OK" }));
        if said.capture_reply == Some(false) {
            // Only whether it went well.
        } else if failed {
            let text = result.reader.text();
            if full {
                draft.put(&RESPONSE, format!("Exceptions: {text}"));
            }
            draft.put(&ERROR_MESSAGE, text.clone()).put(&f::EXCEPTIONS, text);
        } else if full {
            let value = first.map(|(_, value)| value.clone()).unwrap_or_default();
            draft.put(&f::RETURN_VALUE, value.clone()).put(&RESPONSE, value);
        }
    }
    draft.emit(out);
}

impl Parser for Thrift {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        let lost = dir.of(&mut self.lost);
        if *lost {
            if !matches!(head::read(bytes), Ok(Some(_))) {
                return Step::Took(bytes.len());
            }
            *lost = false;
        }
        let mut at = 0;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            if rest.is_empty() {
                return Step::Took(at);
            }
            match self.read(dir, rest, out) {
                Ok(0) => return Step::Took(at),
                Ok(used) => at += used,
                Err(_) if self.gapped => {
                    *dir.of(&mut self.lost) = true;
                    *dir.of(&mut self.open) = None;
                    return Step::Took(bytes.len());
                }
                Err(name) => return Step::Weird(name),
            }
        }
    }

    fn gap(&mut self, dir: Dir, _: u64, out: &mut Emit<'_>) -> Step {
        out.anomaly("thrift.gap");
        self.gapped = true;
        *dir.of(&mut self.lost) = true;
        *dir.of(&mut self.open) = None;
        *dir.of(&mut self.began) = None;
        if dir == Dir::Server {
            self.give_up(out);
        }
        Step::Took(0)
    }

    fn waiting(&self) -> usize {
        self.waiting.len()
    }

    fn give_up(&mut self, out: &mut Emit<'_>) {
        for call in std::mem::take(&mut self.waiting) {
            emit(call, None, out);
        }
    }
}
