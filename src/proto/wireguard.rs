//! WireGuard: handshakes, recognised by type and exact length (its protocol description, §5.4).

use super::fields::{ACTION, METHOD, STATUS};
use super::pairs::Pairs;
use super::{Dir, Emit, Options, Over, Parser, Probe, Protocol, Step};
use crate::model::{Dataset, Outcome, Value};

/// Handshakes.
pub static DATASET: Dataset = Dataset::requests("wireguard", "One WireGuard handshake.");

crate::fields! {
    pub FIELDS;
    SENDER: Keyword, "wireguard.sender", "Index the initiator chose, hexadecimal.";
    RECEIVER: Keyword, "wireguard.receiver", "Index the responder chose, hexadecimal.";
    COOKIE: Boolean, "wireguard.cookie", "The responder was under load and asked for a cookie.";
}

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "wireguard",
    doc: "WireGuard: a handshake's initiation with its response or the demand for a cookie. What is carried is encrypted \
          and only counted; handshakes come again every two minutes.",
    over: Over::Udp,
    ports: &[51820],
    probe,
    start,
    datasets: &[&DATASET],
    fields: FIELDS,
    anomalies: &[("wireguard.pending", "Cap: more handshakes waited for their responses than are kept.")],
};

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(WireGuard { pairs: Pairs::new("wireguard.pending") })
}

struct WireGuard {
    pairs: Pairs<[u8; 4]>,
}

/// Index at four bytes from the beginning, and at eight.
fn indexes(bytes: &[u8]) -> Option<([u8; 4], [u8; 4])> {
    Some((*bytes.get(4..)?.first_chunk()?, *bytes.get(8..)?.first_chunk()?))
}

fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    match (bytes, bytes.len()) {
        // The last sixteen bytes are zero unless a cookie was demanded before.
        ([1, 0, 0, 0, ..], 148) if bytes.ends_with(&[0; 16]) => Probe::by(Dir::Client, dir),
        ([2, 0, 0, 0, ..], 92) if bytes.ends_with(&[0; 16]) => Probe::by(Dir::Server, dir),
        _ => Probe::No,
    }
}

fn hex(index: [u8; 4]) -> String {
    format!("{:08x}", u32::from_le_bytes(index))
}

impl Parser for WireGuard {
    fn data(&mut self, _: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        let took = Step::Took(bytes.len());
        let Some((first, second)) = indexes(bytes) else { return took };
        match (bytes, bytes.len()) {
            ([1, 0, 0, 0, ..], 148) => {
                if let Some(draft) = self.pairs.waits(&first) {
                    draft.again();
                    return took;
                }
                let mut draft = out.draft(&DATASET, out.now);
                draft.put(&ACTION, Value::text("wireguard.handshake")).put(&METHOD, Value::text("HANDSHAKE"));
                draft.put(&SENDER, hex(first)).bytes(Some(148), None);
                self.pairs.ask(first, draft, out);
            }
            ([2, 0, 0, 0, ..], 92) => {
                let Some(mut draft) = self.pairs.answered(&second) else { return took };
                draft.put(&RECEIVER, hex(first)).put(&STATUS, Value::text("OK")).end(out.now);
                draft.outcome(Outcome::Success).bytes(Some(148), Some(92));
                draft.emit(out);
            }
            ([3, 0, 0, 0, ..], 64) => {
                let Some(mut draft) = self.pairs.answered(&first) else { return took };
                draft.put(&COOKIE, true).put(&STATUS, Value::text("Error")).end(out.now);
                draft.outcome(Outcome::Failure).bytes(Some(148), Some(64));
                draft.emit(out);
            }
            _ => {}
        }
        took
    }

    fn waiting(&self) -> usize {
        self.pairs.len()
    }

    fn give_up(&mut self, out: &mut Emit<'_>) {
        self.pairs.flush(out);
    }
}
