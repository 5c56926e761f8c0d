//! Two made-up protocols: enough to see what the dispatch does to parsers.

use crate::model::{Dataset, Stamp};
use crate::proto::{Dir, Emit, Options, Over, Parser, Probe, Protocol, Step};

crate::fields! {
    pub(super) FIELDS;
    ASKED: Keyword, "line.asked", "What was asked.";
    ANSWERED: Keyword, "line.answered", "What was answered.";
    MISSING: Long, "line.missing", "Bytes missing.";
    FIN: Keyword, "line.fin", "Who ended, with what left.";
    TOTAL: Long, "blob.total", "Bytes.";
}

static DATASET: Dataset =
    Dataset { name: "line", category: &[], types: &[], protocol: Some("line"), transaction: true, doc: "" };

/// Lines that are questions (`ASK x`), and their answers (`ANS x`). `UPGRADE` switches, `QUIT` is
/// done, anything else is weird.
pub(super) static LINE: Protocol = Protocol {
    name: "line",
    doc: "",
    over: Over::Both,
    ports: &[7000],
    probe: |dir, bytes| match (dir, bytes) {
        (Dir::Client, [b'A', b'S', b'K', ..]) | (Dir::Server, [b'A', b'N', b'S', ..]) => Probe::Yes,
        (Dir::Server, [b'A', b'S', b'K', ..]) | (Dir::Client, [b'A', b'N', b'S', ..]) => Probe::Swapped,
        (_, short) if b"ASK".starts_with(short) || b"ANS".starts_with(short) => Probe::More,
        _ => Probe::No,
    },
    start: |_: &Options| Box::new(Lines { asked: Vec::new() }),
    datasets: &[&DATASET],
    fields: FIELDS,
    anomalies: &[("line.weird", "Not a line.")],
};

struct Lines {
    asked: Vec<(String, Stamp)>,
}

impl Lines {
    fn event(&mut self, answer: Option<&str>, out: &mut Emit<'_>) {
        if self.asked.is_empty() {
            return;
        }
        let (asked, start) = self.asked.remove(0);
        let mut draft = out.draft(&DATASET, start);
        draft.put(&ASKED, asked).put_some(&ANSWERED, answer.map(str::to_owned)).end(out.now);
        draft.emit(out);
    }
}

impl Parser for Lines {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        let mut used = 0;
        for line in bytes.split_inclusive(|b| *b == b'\n') {
            let Some(text) = line.strip_suffix(b"\n") else { break };
            used += line.len();
            let text = std::str::from_utf8(text).unwrap();
            match (dir, text.split_once(' ').unwrap_or((text, ""))) {
                (Dir::Client, ("ASK", rest)) => self.asked.push((rest.to_owned(), out.now)),
                (Dir::Server, ("ANS", rest)) => self.event(Some(rest), out),
                (_, ("UPGRADE", _)) => return Step::Switch(used),
                (_, ("QUIT", _)) => return Step::Done,
                _ => return Step::Weird("line.weird"),
            }
        }
        Step::Took(used)
    }

    fn gap(&mut self, _: Dir, missing: u64, out: &mut Emit<'_>) -> Step {
        let mut draft = out.draft(&DATASET, out.now);
        draft.put(&MISSING, missing);
        draft.emit(out);
        Step::Took(0)
    }

    fn fin(&mut self, dir: Dir, rest: &[u8], out: &mut Emit<'_>) {
        let mut draft = out.draft(&DATASET, out.now);
        draft.put(&FIN, format!("{dir:?} {}", String::from_utf8_lossy(rest)));
        draft.emit(out);
    }

    fn waiting(&self) -> usize {
        self.asked.len()
    }

    fn give_up(&mut self, out: &mut Emit<'_>) {
        while !self.asked.is_empty() {
            self.event(None, out);
        }
    }
}

/// Anything that begins with byte 0x16; counts.
pub(super) static BLOB: Protocol = Protocol {
    name: "blob",
    doc: "",
    over: Over::Tcp,
    ports: &[],
    probe: |_, bytes| if bytes.first() == Some(&0x16) { Probe::Yes } else { Probe::No },
    start: |_: &Options| Box::new(Blob(0)),
    datasets: &[&DATASET],
    fields: FIELDS,
    anomalies: &[],
};

struct Blob(usize);

impl Parser for Blob {
    fn data(&mut self, _: Dir, bytes: &[u8], _: &mut Emit<'_>) -> Step {
        self.0 += bytes.len();
        Step::Took(bytes.len())
    }

    fn end(&mut self, out: &mut Emit<'_>) {
        let mut draft = out.draft(&DATASET, out.now);
        draft.put(&TOTAL, self.0);
        draft.emit(out);
    }
}

/// Never takes anything: buffers grow.
pub(super) static GLUTTON: Protocol = Protocol {
    name: "glutton",
    probe: |_, bytes| if bytes.first() == Some(&b'G') { Probe::Yes } else { Probe::No },
    start: |_: &Options| Box::new(Glutton),
    ..BLOB
};

struct Glutton;

impl Parser for Glutton {
    fn data(&mut self, _: Dir, _: &[u8], _: &mut Emit<'_>) -> Step {
        Step::Took(0)
    }

    fn end(&mut self, _: &mut Emit<'_>) {}
}

pub(super) static ALL: &[&Protocol] = &[&BLOB, &GLUTTON, &LINE];
