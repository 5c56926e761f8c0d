//! TFTP (RFC 1350, 2347 to 2349): requests for files; blocks where server and client keep to one pair of ports.

use super::fields::{ACTION, ERROR_CODE, ERROR_MESSAGE, FILE_NAME, FILE_PATH, FILE_SIZE, METHOD, QUERY, STATUS};
use super::wire::Wire;
use super::{Dir, Draft, Emit, Options, Over, Parser, Probe, Protocol, Step, lines};
use crate::model::{Dataset, Outcome, Value};

/// Transfers.
pub static DATASET: Dataset = Dataset::requests("tftp", "One file asked for by TFTP, or the blocks of one on a flow of their own.");

crate::fields! {
    pub FIELDS;
    MODE: Keyword, "tftp.mode", "`octet`, `netascii` or `mail`.";
    OPTIONS: Keyword, "tftp.options", "Options asked for: `blksize=1428`.";
    BLOCKS: Long, "tftp.blocks", "Blocks of data seen.";
    BYTES: Long, "tftp.bytes", "Bytes of data seen, blocks sent again not counted.";
}

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "tftp",
    doc: "TFTP (RFC 1350, 2347 to 2349): files asked for with mode and options, errors. A server answers from another \
          port, so that the blocks are a flow of their own: told as `tftp.data` with their number and size, or `tftp.error` where there are none. Contents \
          are not kept.",
    over: Over::Udp,
    ports: &[69],
    probe,
    start,
    datasets: &[&DATASET],
    fields: FIELDS,
    anomalies: &[("tftp.malformed", "A message does not parse.")],
};

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(Tftp { draft: None, blocks: 0, bytes: 0, last: 0, size: 512 })
}

struct Tftp {
    draft: Option<Draft>,
    blocks: u64,
    bytes: u64,
    last: u16,
    size: usize,
}

fn request(bytes: &[u8]) -> Option<(&[u8], &[u8], Wire<'_>)> {
    let mut wire = Wire::new(bytes);
    matches!(wire.u16()?, 1 | 2).then_some(())?;
    let (name, mode) = (wire.cstr()?, wire.cstr()?);
    let known = [&b"octet"[..], b"netascii", b"mail"].iter().any(|m| mode.eq_ignore_ascii_case(m));
    let good = (1..=512).contains(&name.len()) && !name.iter().any(u8::is_ascii_control);
    (known && good).then_some((name, mode, wire))
}

fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    if request(bytes).is_some() {
        return Probe::by(Dir::Client, dir);
    }
    match bytes {
        // The first block, of a size that the protocol begins with; the server sends it, and the flow begins so.
        [0, 3, 0, 1, rest @ ..] if rest.len() == 512 => Probe::by(Dir::Server, dir),
        // A refusal in words.
        [0, 5, 0, 0..=8, words @ .., 0] if words.len() >= 4 && words.iter().all(|b| (b' '..=b'~').contains(b)) => {
            Probe::by(Dir::Server, dir)
        }
        [0, 6, rest @ ..] if rest.starts_with(b"blksize\0") || rest.starts_with(b"tsize\0") => {
            Probe::by(Dir::Server, dir)
        }
        _ => Probe::No,
    }
}

impl Tftp {
    fn close(&mut self, out: &mut Emit<'_>) {
        let Some(mut draft) = self.draft.take() else { return };
        if self.blocks > 0 {
            draft.put(&BLOCKS, self.blocks).put(&BYTES, self.bytes);
        }
        draft.emit(out);
    }
}

impl Parser for Tftp {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        if let Some((name, mode, mut rest)) = request(bytes) {
            self.close(out);
            let read = bytes.get(1) == Some(&1);
            let method = if read { "RRQ" } else { "WRQ" };
            let mut draft = out.draft(&DATASET, out.now);
            let path = lines::text(name, 512);
            let file = path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
            draft.put(&ACTION, if read { "tftp.read" } else { "tftp.write" }).put(&METHOD, Value::text(method));
            draft.put(&QUERY, format!("{method} {path}")).put(&FILE_PATH, path).put(&FILE_NAME, file);
            draft.put(&MODE, lines::text(mode, 16).to_ascii_lowercase()).bytes(Some(bytes.len() as u64), None);
            let (mut options, mut size) = (Vec::new(), None);
            while let Some((key, value)) = rest.cstr().zip(rest.cstr()).filter(|_| options.len() < 16) {
                let value = lines::text(value, 64);
                if key.eq_ignore_ascii_case(b"tsize") && !read {
                    size = value.parse::<u64>().ok();
                }
                options.push(format!("{}={value}", lines::text(key, 64).to_ascii_lowercase()));
            }
            draft.put_some(&FILE_SIZE, size);
            if !options.is_empty() {
                draft.put(&OPTIONS, Value::texts(options));
            }
            self.draft = Some(draft);
            return Step::Took(bytes.len());
        }
        let (kind, rest) = match bytes {
            [0, kind @ 3..=6, rest @ ..] => (*kind, rest),
            _ => {
                out.anomaly("tftp.malformed");
                return Step::Took(bytes.len());
            }
        };
        let draft = self.draft.get_or_insert_with(|| {
            let mut draft = out.draft(&DATASET, out.now);
            let (action, method) = if kind == 5 { ("tftp.error", "ERROR") } else { ("tftp.data", "DATA") };
            draft.put(&ACTION, Value::text(action)).put(&METHOD, Value::text(method));
            draft
        });
        let end = if dir == Dir::Client { &mut draft.event().source } else { &mut draft.event().destination };
        end.bytes = Some(end.bytes.unwrap_or(0).saturating_add(bytes.len() as u64));
        draft.end(out.now);
        match (kind, rest) {
            (3, [high, low, data @ ..]) => {
                let block = u16::from_be_bytes([*high, *low]);
                if self.blocks == 0 {
                    self.size = data.len();
                }
                if self.blocks == 0 || block == self.last.wrapping_add(1) {
                    (self.last, self.blocks) = (block, self.blocks + 1);
                    self.bytes = self.bytes.saturating_add(data.len() as u64);
                }
                if (data.len() < self.size || data.len() < 512) && draft.event().get(&STATUS).is_none() {
                    draft.put(&STATUS, Value::text("OK")).outcome(Outcome::Success);
                }
            }
            (5, [high, low, text @ ..]) if draft.event().get(&ERROR_CODE).is_none() => {
                let names = ["not_defined", "file_not_found", "access_violation", "disk_full", "illegal_operation", "unknown_transfer_id", "file_exists", "no_such_user", "options_refused"];
                let code = u16::from_be_bytes([*high, *low]);
                let name = names.get(usize::from(code)).map_or_else(|| code.to_string(), |n| (*n).to_owned());
                draft.put(&ERROR_CODE, name).outcome(Outcome::Failure);
                draft.put_text(&ERROR_MESSAGE, text.split(|b| *b == 0).next().unwrap_or_default(), 512);
                if draft.event().get(&STATUS).is_none() {
                    draft.put(&STATUS, Value::text("Error"));
                }
            }
            _ => {}
        }
        Step::Took(bytes.len())
    }

    fn end(&mut self, out: &mut Emit<'_>) {
        self.close(out);
    }
}
