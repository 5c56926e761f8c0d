//! TFTP (RFC 1350, 2347 to 2349): requests for files; blocks where server and client keep to one pair of ports.

use super::fields::{
    ACTION, ERROR_CODE, ERROR_MESSAGE, FILE_NAME, FILE_PATH, FILE_SIZE, METHOD, QUERY, STATUS,
};
use super::wire::Wire;
use super::{Dir, Draft, Emit, Options, Over, Parser, Probe, Protocol, Step, lines};
use crate::model::{Dataset, Outcome, Value};

/// Transfers.
pub static DATASET: Dataset =
    Dataset::requests("tftp", "One file asked for by TFTP, or the blocks of one on a flow of their own.");

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
    Box::new(Tftp { draft: None, blocks: 0, bytes: 0, last: 0, size: BLOCK, wanted: None })
}

/// Bytes of a block where nothing else is agreed on (RFC 1350).
const BLOCK: usize = 512;

/// The size of blocks among options (RFC 2348).
fn block_size(mut options: Wire<'_>) -> Option<usize> {
    while let Some((key, value)) = options.cstr().zip(options.cstr()) {
        if key.eq_ignore_ascii_case(b"blksize") {
            return lines::text(value, 8).parse().ok().filter(|size| (8..=65_464).contains(size));
        }
    }
    None
}

struct Tftp {
    draft: Option<Draft>,
    blocks: u64,
    bytes: u64,
    last: u16,
    /// Bytes of a whole block; less end the transfer.
    size: usize,
    /// Size of blocks that was asked for; a server that takes it says so.
    wanted: Option<usize>,
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
        [0, 5, 0, 0..=8, words @ .., 0]
            if words.len() >= 4 && words.iter().all(|b| (b' '..=b'~').contains(b)) =>
        {
            Probe::by(Dir::Server, dir)
        }
        [0, 6, rest @ ..] if rest.starts_with(b"blksize\0") || rest.starts_with(b"tsize\0") => {
            Probe::by(Dir::Server, dir)
        }
        _ => Probe::No,
    }
}

/// Names of error codes (RFC 1350 5, RFC 2347).
const ERRORS: &[&str] = &[
    "not_defined",
    "file_not_found",
    "access_violation",
    "disk_full",
    "illegal_operation",
    "unknown_transfer_id",
    "file_exists",
    "no_such_user",
    "options_refused",
];

impl Tftp {
    fn close(&mut self, out: &mut Emit<'_>) {
        let Some(mut draft) = self.draft.take() else { return };
        if self.blocks > 0 {
            draft.put(&BLOCKS, self.blocks).put(&BYTES, self.bytes);
        }
        draft.emit(out);
    }

    /// A transfer begins: [`request`] took its packet apart.
    fn begin(&mut self, bytes: &[u8], (name, mode, mut rest): (&[u8], &[u8], Wire<'_>), out: &Emit<'_>) {
        let read = bytes.get(1) == Some(&1);
        let method = if read { "RRQ" } else { "WRQ" };
        let mut draft = out.draft(&DATASET, out.now);
        let path = lines::text(name, 512);
        let file = path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        draft.put(&ACTION, if read { "tftp.read" } else { "tftp.write" }).put(&METHOD, Value::text(method));
        draft.put(&QUERY, format!("{method} {path}")).put(&FILE_PATH, path).put(&FILE_NAME, file);
        draft.put(&MODE, lines::text(mode, 16).to_ascii_lowercase()).bytes(Some(bytes.len() as u64), None);
        (self.blocks, self.bytes, self.size, self.wanted) = (0, 0, BLOCK, block_size(rest));
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
    }
}

impl Parser for Tftp {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        if let Some((name, mode, options)) = request(bytes) {
            self.close(out);
            self.begin(bytes, (name, mode, options), out);
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
                // Where the answer to the options was not seen, the first block tells.
                if self.blocks == 0 && (data.len() > self.size || self.wanted == Some(data.len())) {
                    self.size = data.len();
                }
                if self.blocks == 0 || block == self.last.wrapping_add(1) {
                    (self.last, self.blocks) = (block, self.blocks + 1);
                    self.bytes = self.bytes.saturating_add(data.len() as u64);
                }
                if data.len() < self.size && draft.event().get(&STATUS).is_none() {
                    draft.put(&STATUS, Value::text("OK")).outcome(Outcome::Success);
                }
            }
            (6, options) => self.size = block_size(Wire::new(options)).unwrap_or(BLOCK),
            (5, [high, low, text @ ..]) if draft.event().get(&ERROR_CODE).is_none() => {
                let code = u16::from_be_bytes([*high, *low]);
                let name =
                    ERRORS.get(usize::from(code)).map_or_else(|| code.to_string(), |n| (*n).to_owned());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Transport;
    use crate::proto::replay::Bench;

    fn block(number: u8, len: usize) -> Vec<u8> {
        [&[0, 3, 0, number][..], &vec![b'x'; len]].concat()
    }

    /// The status after each block of these lengths, behind these messages.
    fn told(begin: &[(Dir, &[u8])], blocks: &[usize]) -> Vec<bool> {
        let count = |n: usize| {
            let mut b = Bench::new(&PROTOCOL, Transport::Udp, true);
            for (dir, bytes) in begin {
                b.feed(*dir, 1, bytes);
            }
            for (number, len) in (1..).zip(&blocks[..n]) {
                b.feed(Dir::Server, 2, &block(number, *len));
            }
            b.end(3);
            b.events.last().is_some_and(|e| e.outcome == Outcome::Success)
        };
        (1..=blocks.len()).map(count).collect()
    }

    #[test]
    fn a_transfer_ends_with_a_block_that_is_not_full() {
        let asked = (Dir::Client, &b"\0\x01boot\0octet\0blksize\x00256\0"[..]);
        let agreed = (Dir::Server, &b"\0\x06blksize\x00256\0"[..]);
        assert_eq!(told(&[agreed], &[256, 256, 100]), [false, false, true]);
        assert_eq!(told(&[asked, agreed], &[256, 0]), [false, true]);
        assert_eq!(told(&[asked], &[256, 256, 3]), [false, false, true]);
        assert_eq!(told(&[asked, (Dir::Server, b"\0\x06tsize\x009\0")], &[512, 9]), [false, true]);
        assert_eq!(told(&[], &[512, 256]), [false, true]);
        assert_eq!(told(&[], &[100]), [true]);
        assert_eq!(told(&[], &[1428, 1428, 512]), [false, false, true]);
    }
}
