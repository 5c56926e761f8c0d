//! SMB 1, 2 and 3 (MS-CIFS, MS-SMB, MS-SMB2): sessions, shares and files, with NT status and latency.

mod ask;
mod fields;
mod names;
mod one;
mod two;

use super::fields::{ACTION, ERROR_CODE, METHOD, STATUS, USER_NAME};
use super::frame::{Both, Length};
use super::ntlm::Ntlm;
use super::pairs::Pairs;
use super::{Dir, Draft, Emit, Options, Over, Parser, Probe, Protocol, Step};
use crate::model::{Dataset, Outcome, Stamp, Value};
use fields as f;
use std::collections::{BTreeMap, VecDeque};

const DOC: &str = "One SMB request with its response; closing a file tells what was read and written.";
/// Requests.
pub static DATASET: Dataset = Dataset::requests("smb", DOC);
/// Session setups that are granted or refused.
pub static LOGIN: Dataset = Dataset::logins("smb", DOC);

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "smb",
    doc: "SMB 1 to 3 (MS-CIFS, MS-SMB2) over TCP, with or without NetBIOS sessions: negotiation, session setups with \
          the account, domain and machine of NTLM as log-ins, shares, files opened (by whom, for what), what was read \
          from and written to them until they are closed, directories listed, renames and deletions, control codes, \
          the NT status of each; of SMB 1 also paths that are asked about and requests chained to others. Reads, writes, \
          queries of open files and locks are told one by one only when they fail. Contents of \
          pipes and files are not read; encrypted messages (SMB 3) are counted as such.",
    over: Over::Tcp,
    ports: &[445, 139],
    probe,
    start,
    datasets: &[&DATASET, &LOGIN],
    fields: f::FIELDS,
    anomalies: &[
        ("smb.malformed", "A message does not parse."),
        ("smb.length", "A NetBIOS header is impossible: the connection is no SMB, or not any more."),
        ("smb.unsolicited", "A response came without its request."),
        (
            "smb.gap",
            "Bytes outside a long message were not captured; requests that waited are told unanswered.",
        ),
        ("smb.pending", "Cap: more requests waited for their responses than are kept."),
        ("smb.handles", "Cap: more sessions, shares or open files than are kept."),
    ],
};

/// Sessions, shares and files kept per connection.
const HANDLES: usize = 1024;

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(Smb {
        pairs: Pairs::new("smb.pending"),
        frames: Default::default(),
        lost: [false; 2],
        heard: false,
        sealed: false,
        know: Know::default(),
    })
}

fn magic(bytes: &[u8]) -> bool {
    matches!(bytes, [0xfd..=0xff, b'S', b'M', b'B', ..])
}

fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    let [kind, high, rest @ ..] = bytes else { return Probe::More };
    match kind {
        0 if *high < 4 => match rest.get(2..6) {
            None => Probe::More,
            Some(head) if magic(head) => roles(dir, rest.get(2..).unwrap_or_default()),
            Some(_) => Probe::No,
        },
        // Session request and its answers (RFC 1002 §4.3.2 to 4.3.5).
        0x81 if *high == 0 => match rest {
            [0, 0x44, 0x20, b'A'..=b'P', ..] => Probe::by(Dir::Client, dir),
            [0, 0x44] | [0] | [] | [0, 0x44, 0x20] => Probe::More,
            _ => Probe::No,
        },
        0x82 if *high == 0 && rest.first().is_none_or(|b| *b == 0) => Probe::More,
        _ => Probe::No,
    }
}

/// Whether the message goes the way its own flags say.
fn roles(dir: Dir, message: &[u8]) -> Probe {
    let reply = match message.first() {
        Some(0xfe) => message.get(16).map(|b| b & 1 != 0),
        Some(0xff) => message.get(9).map(|b| b & 0x80 != 0),
        _ => Some(dir == Dir::Server),
    };
    match reply {
        None => Probe::More,
        Some(reply) if reply == (dir == Dir::Server) => Probe::Yes,
        Some(_) => Probe::Swapped,
    }
}

/// By what an open file is known on the wire.
type Handle = [u8; 16];

/// An open file.
#[derive(Debug, Default)]
struct Open {
    path: String,
    /// Generation of the message that opened it.
    version: &'static str,
    read: [u64; 2],
    written: [u64; 2],
    share: Option<String>,
    user: Option<String>,
    since: Option<Stamp>,
}

/// What the connection has established.
#[derive(Default)]
struct Know {
    dialect: Option<String>,
    /// Users by session, shares by tree.
    users: BTreeMap<u64, String>,
    shares: BTreeMap<u32, String>,
    files: BTreeMap<Handle, Open>,
    ntlm: Ntlm,
    /// What open requests are about, by identifier.
    asked: VecDeque<(u64, Asked)>,
}

impl Know {
    fn keep<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: V, out: &mut Emit<'_>) {
        if map.len() < HANDLES || map.contains_key(&key) {
            map.insert(key, value);
        } else {
            out.cap("smb.handles");
        }
    }
}

/// What of a request its response needs.
#[derive(Clone, Debug, Default)]
enum Asked {
    #[default]
    Other,
    /// Told only if it fails.
    Quiet,
    Setup,
    Tree(String),
    Create(String),
    Close(Handle),
    Read(Handle),
}

/// Key of a request: generation and identifier.
type Key = (u8, u64);

struct Smb {
    pairs: Pairs<Key>,
    frames: Both,
    lost: [bool; 2],
    heard: bool,
    sealed: bool,
    know: Know,
}

/// A draft with what all requests have.
fn draft(command: &str, version: &'static str, size: u64, know: &Know, out: &Emit<'_>) -> Draft {
    let mut draft = out.draft(&DATASET, out.now);
    draft.put(&ACTION, format!("smb.{}", command.to_ascii_lowercase())).put(&METHOD, command.to_owned());
    draft.put(&f::VERSION, Value::text(version)).bytes(Some(size), None);
    draft.put_some(&f::DIALECT, know.dialect.clone());
    draft
}

/// Status, outcome and end.
fn finish(draft: &mut Draft, status: u32, size: u64, out: &Emit<'_>) {
    let name = names::status(status);
    // Severity 3 is an error; more processing is none.
    let good = status >> 30 != 3 || status == 0xc000_0016;
    draft.end(out.now).put(&STATUS, if good { "OK" } else { "Error" });
    draft.event().destination.bytes = Some(size);
    if status != 0xc000_0016 {
        draft.outcome(if good { Outcome::Success } else { Outcome::Failure });
    }
    if !good {
        draft.put(&ERROR_CODE, name.clone());
    }
    draft.put(&f::STATUS_NAME, name);
}

/// Puts what happened to a file while it was open.
fn traffic(draft: &mut Draft, open: &Open) {
    for (bytes, count, [sum, times]) in
        [(&f::READ_BYTES, &f::READS, open.read), (&f::WRITE_BYTES, &f::WRITES, open.written)]
    {
        if times > 0 {
            draft.put(bytes, sum).put(count, times);
        }
    }
}

/// Puts path and name.
fn file(draft: &mut Draft, path: &str) {
    use super::fields::{FILE_NAME, FILE_PATH};
    let name = path.rsplit('\\').next().unwrap_or(path);
    draft.put(&FILE_PATH, path.to_owned()).put(&FILE_NAME, name.to_owned());
}

impl Smb {
    fn message(&mut self, bytes: &[u8], size: u64, out: &mut Emit<'_>) {
        match bytes.first() {
            Some(0xfe) => {
                let mut rest = bytes;
                let mut related = None;
                // Compounded messages.
                for _ in 0..64 {
                    let next =
                        two::u32_at(rest, 20).and_then(|n| usize::try_from(n).ok()).filter(|n| *n >= 64);
                    let (one, tail) =
                        rest.split_at_checked(next.unwrap_or(rest.len())).unwrap_or((rest, &[]));
                    let size =
                        if next.is_none() && rest.len() == bytes.len() { size } else { one.len() as u64 };
                    if self.two(one, size, &mut related, out).is_none() {
                        out.anomaly("smb.malformed");
                    }
                    if tail.is_empty() {
                        break;
                    }
                    rest = tail;
                }
            }
            Some(0xff) => {
                if self.one(bytes, size, out).is_none() {
                    out.anomaly("smb.malformed");
                }
            }
            _ => {
                if !std::mem::replace(&mut self.sealed, true) {
                    let mut draft = draft("ENCRYPTED", "2", size, &self.know, out);
                    draft.put_some(&USER_NAME, self.know.users.values().next().cloned());
                    draft.emit(out);
                }
            }
        }
    }

    fn flush(&mut self, out: &mut Emit<'_>) {
        self.pairs.flush(out);
        for (_, open) in std::mem::take(&mut self.know.files) {
            if open.read[1] + open.written[1] > 0 {
                let mut draft = out.draft(&DATASET, open.since.unwrap_or(out.now));
                draft.put(&ACTION, Value::text("smb.open")).put(&METHOD, Value::text("OPEN"));
                draft.put(&f::VERSION, Value::text(open.version));
                file(&mut draft, &open.path);
                traffic(&mut draft, &open);
                draft.put_some(&f::SHARE, open.share).put_some(&USER_NAME, open.user);
                draft.emit(out);
            }
        }
    }
}

fn length(bytes: &[u8]) -> Length {
    match bytes {
        [0, a, b, c, rest @ ..] => {
            let size = u64::from(u32::from_be_bytes([0, *a, *b, *c]));
            match rest.get(..4) {
                Some(head) if !magic(head) => Length::Bad("smb.length"),
                Some(_) => Length::Is(size + 4),
                None => Length::More,
            }
        }
        [0x81..=0x85, 0, a, b, ..] => Length::Is(u64::from(u16::from_be_bytes([*a, *b])) + 4),
        [0 | 0x81..=0x85] | [0 | 0x81..=0x85, _] | [0 | 0x81..=0x85, _, _] | [] => Length::More,
        _ => Length::Bad("smb.length"),
    }
}

impl Parser for Smb {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        let mut at = 0;
        if let Some(lost) = self.lost.get_mut(dir.index()).filter(|l| **l) {
            let found = memchr::memmem::find_iter(bytes, b"SMB").find_map(|p| {
                let from = p.checked_sub(5)?;
                let head = bytes.get(from..)?;
                (head.first() == Some(&0) && head.get(4..).is_some_and(magic)).then_some(from)
            });
            let Some(from) = found else { return Step::Took(bytes.len()) };
            (at, *lost) = (from, false);
        }
        loop {
            let frame = match self.frames.next(dir, (bytes, &mut at), out.now, length) {
                Ok(frame) => frame,
                Err(step) => return step,
            };
            let Some(frame) = frame else { continue };
            if frame.bytes.first() == Some(&0) {
                self.message(frame.bytes.get(4..).unwrap_or_default(), frame.size, out);
            }
        }
    }

    fn gap(&mut self, dir: Dir, missing: u64, out: &mut Emit<'_>) -> Step {
        if !self.frames.skip(dir, missing) {
            out.anomaly("smb.gap");
            self.pairs.flush(out);
            self.heard = false;
            if let Some(lost) = self.lost.get_mut(dir.index()) {
                *lost = true;
            }
        }
        Step::Took(0)
    }

    fn waiting(&self) -> usize {
        self.pairs.len()
    }

    fn give_up(&mut self, out: &mut Emit<'_>) {
        self.pairs.flush(out);
    }

    fn end(&mut self, out: &mut Emit<'_>) {
        self.flush(out);
    }
}
