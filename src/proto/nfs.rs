//! NFS versions 2 to 4 over ONC RPC: calls with their replies, over TCP and UDP.

mod fields;
mod names;
mod ops;
mod rpc;
#[cfg(test)]
mod tests;

use super::fields::{ACTION, ERROR_MESSAGE, METHOD, QUERY, RESOURCE, RESPONSE_START, STATUS};
use super::frame::{Frames, KEEP};
use super::json_text::cut;
use super::wire::Wire;
use super::{Dir, Emit, Options, Over, Parser, Probe, Protocol, Step};
use crate::model::{Dataset, Outcome, Stamp, Transport, Value};
use fields as f;
use ops::Asked;
use std::collections::VecDeque;

/// One call.
pub static DATASET: Dataset = Dataset {
    name: "nfs",
    category: &["network"],
    types: &["connection", "protocol"],
    protocol: Some("nfsv4"),
    transaction: true,
    doc: "One NFS call with its reply.",
};

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "nfs",
    doc: "NFS versions 2, 3 and 4 (with minor versions) over ONC RPC, in records over TCP or in datagrams: procedure \
          or main operation, names of files, who called by AUTH_SYS, status. `status` is that of the RPC call, as \
          in Packetbeat; event.outcome also tells whether NFS did what was asked. Arguments protected by \
          RPCSEC_GSS privacy are not read. Other RPC programs are not NFS.",
    over: Over::Both,
    ports: &[2049],
    probe,
    start,
    datasets: &[&DATASET],
    fields: fields::FIELDS,
    anomalies: &[
        ("nfs.record", "A record has a fragment longer than 16 MiB."),
        ("nfs.message", "A message is no RPC call and no reply."),
        ("nfs.unsolicited", "A reply came to a call nobody made."),
        ("nfs.gap", "Bytes between records were not captured; calls that waited are told unanswered."),
        ("nfs.pending", "Cap: more calls waited for their replies than are kept; the oldest is told unanswered."),
    ],
};

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(Nfs::default())
}

/// What the first bytes of a direction tell; only calls name their program.
fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    let (Some(first), rest) = (Wire::new(bytes).u32(), bytes.get(4..).unwrap_or_default()) else {
        return Probe::More;
    };
    let record = first & 0x8000_0000 != 0 && (24..=1 << 22).contains(&(first & 0x7fff_ffff));
    let verdicts = [if record { message(rest) } else { Probe::No }, message(bytes)];
    match verdicts {
        [Probe::Yes, _] | [_, Probe::Yes] if dir == Dir::Client => Probe::Yes,
        [Probe::Yes, _] | [_, Probe::Yes] => Probe::Swapped,
        [Probe::No, Probe::No] => Probe::No,
        _ => Probe::More,
    }
}

fn message(bytes: &[u8]) -> Probe {
    let mut wire = Wire::new(bytes);
    let words = [wire.u32(), wire.u32(), wire.u32(), wire.u32(), wire.u32(), wire.u32()];
    match words {
        [_, Some(0), Some(2), Some(rpc::NFS), Some(2..=4), Some(0..=21)] => Probe::Yes,
        [_, None | Some(0), None | Some(2), None | Some(rpc::NFS), None | Some(2..=4), None] => Probe::More,
        // A reply: its sender cannot be told by it.
        [_, Some(1), Some(0 | 1), ..] if bytes.len() < 512 => Probe::More,
        _ => Probe::No,
    }
}

/// A call that waits for its reply.
struct Call {
    head: rpc::Call,
    asked: Asked,
    start: Stamp,
    size: u64,
}

/// What came back.
struct Reply {
    /// How the call was accepted; `None` if it was denied.
    accepted: Option<u32>,
    /// NFS status, where the procedure has one.
    status: Option<u32>,
    start: Stamp,
    size: u64,
}

#[derive(Default)]
struct Nfs {
    frames: [Frames; 2],
    /// Fragments of a record so far: beginning, size, first packet.
    parts: [Option<(Vec<u8>, u64, Stamp)>; 2],
    /// Where the next record begins is unknown.
    lost: [bool; 2],
    gapped: bool,
    heard: bool,
    waiting: VecDeque<Call>,
}

fn pick<T>(both: &mut [T; 2], dir: Dir) -> &mut T {
    let [client, server] = both;
    if dir == Dir::Client { client } else { server }
}

impl Nfs {
    fn record(&mut self, bytes: &[u8], size: u64, start: Stamp, out: &mut Emit<'_>) {
        let mut wire = Wire::new(bytes);
        if bytes.get(4..8) == Some(&[0, 0, 0, 0]) {
            let Some(head) = rpc::call(&mut wire) else { return out.anomaly("nfs.message") };
            self.heard = true;
            if head.program != rpc::NFS {
                return;
            }
            let asked = ops::read(&head, wire);
            if self.waiting.len() >= out.limits().pending
                && let Some(oldest) = self.waiting.pop_front()
            {
                out.cap("nfs.pending");
                oldest.emit(None, out);
            }
            self.waiting.push_back(Call { head, asked, start, size });
            return;
        }
        let Some((xid, accepted)) = rpc::reply(&mut wire) else { return out.anomaly("nfs.message") };
        let at = self.waiting.iter().position(|call| call.head.xid == xid);
        let Some(call) = at.and_then(|at| self.waiting.remove(at)) else {
            if self.heard && !self.gapped {
                out.anomaly("nfs.unsolicited");
            }
            return;
        };
        let has = accepted == Some(0) && call.head.procedure != 0 && !call.head.hidden;
        if has && call.head.flavor == 6 {
            // Integrity: length and sequence precede the results. Without it this is their beginning.
            let integrity = wire.rest().len() > 8 && Wire::new(wire.rest()).u32().is_some_and(|n| n > 10_100);
            if integrity {
                wire.u64();
            }
        }
        let status = if has { wire.u32() } else { None };
        call.emit(Some(Reply { accepted, status, start, size }), out);
    }

    /// Records off a stream.
    fn stream(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Result<usize, &'static str> {
        let mut at = 0;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let (used, frame) = pick(&mut self.frames, dir).read(rest, out.now, rpc::length)?;
            at += used;
            let Some(frame) = frame else { return Ok(at) };
            let last = frame.bytes.first().is_some_and(|b| b & 0x80 != 0);
            let payload = frame.bytes.get(4..).unwrap_or_default();
            // The record mark is the stream's, not the message's.
            let len = frame.size.saturating_sub(4);
            match pick(&mut self.parts, dir).take() {
                None if last => self.record(payload, len, frame.start, out),
                open => {
                    let (mut kept, size, start) = open.unwrap_or((Vec::new(), 0, frame.start));
                    let room = KEEP.saturating_sub(kept.len());
                    kept.extend_from_slice(payload.get(..room).unwrap_or(payload));
                    let size = size + len;
                    if last {
                        self.record(&kept, size, start, out);
                    } else {
                        *pick(&mut self.parts, dir) = Some((kept, size, start));
                    }
                }
            }
        }
    }

    fn flush(&mut self, out: &mut Emit<'_>) {
        for call in std::mem::take(&mut self.waiting) {
            call.emit(None, out);
        }
    }
}

impl Call {
    /// Tells what is known.
    fn emit(self, reply: Option<Reply>, out: &mut Emit<'_>) {
        let text = out.limits().text;
        let (head, asked) = (self.head, self.asked);
        let mut draft = out.draft(&DATASET, self.start);
        draft.bytes(Some(self.size), reply.as_ref().map(|r| r.size));
        draft.put(&ACTION, format!("nfs.{}", asked.opcode)).put(&METHOD, asked.opcode.clone());
        let name = asked.names.join(" ");
        draft.put(&QUERY, cut(format!("{} {name}", asked.opcode).trim_end(), text).to_owned());
        if let Some(last) = asked.names.last() {
            draft.put(&RESOURCE, last.clone());
            draft.put(&f::FILE_NAME, Value::texts(asked.names.clone()));
        }
        draft.put(&f::VERSION, head.version).put(&f::OPCODE, asked.opcode);
        draft.put_some(&f::MINOR_VERSION, asked.minor).put_some(&f::TAG, asked.tag);
        draft.put_some(&f::OFFSET, asked.offset).put_some(&f::COUNT, asked.count);
        if asked.operations.len() > 1 {
            draft.put(&f::OPERATIONS, Value::texts(asked.operations));
        }
        draft.put(&f::XID, format!("{:08x}", head.xid)).put(&f::FLAVOR, names::flavor(head.flavor));
        if let Some(cred) = head.cred {
            draft.put(&f::UID, cred.uid).put(&f::GID, cred.gid).put(&f::STAMP, cred.stamp);
            draft.put(&f::GIDS, Value::List(cred.gids.into_iter().map(Value::from).collect()));
            draft.put(&f::USER_ID, cred.uid.to_string()).put(&f::GROUP_ID, cred.gid.to_string());
            if !cred.machine.is_empty() {
                draft.put(&f::HOSTNAME, cred.machine.clone()).put(&f::DOMAIN, cred.machine.clone());
            }
            draft.put(&f::MACHINE, cred.machine);
        }
        if let Some(reply) = reply {
            draft.end(out.now);
            let began = (reply.start.ts != out.now.ts).then_some(Value::Time(reply.start.ts));
            draft.put_some(&RESPONSE_START, began);
            let accepted = reply.accepted.and_then(|n| usize::try_from(n).ok()).map(|n| names::ACCEPT.get(n));
            let taken = accepted.map_or("denied", |name| name.copied().unwrap_or("unknown"));
            draft.put(&f::RPC_STATUS, Value::text(taken));
            draft.put(&STATUS, Value::text(if taken == "success" { "OK" } else { "Error" }));
            let status = reply.status.map(|n| (n, names::status(n).map_or_else(|| n.to_string(), str::to_owned)));
            let failed = taken != "success" || status.as_ref().is_some_and(|(n, _)| *n != 0);
            draft.outcome(if failed { Outcome::Failure } else { Outcome::Success });
            if failed {
                draft.put(&ERROR_MESSAGE, status.as_ref().map_or(taken, |(_, name)| name).to_owned());
            }
            draft.put_some(&f::STATUS, status.map(|(_, name)| name));
        }
        draft.emit(out);
    }
}

impl Parser for Nfs {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        if out.flow.transport == Transport::Udp {
            self.record(bytes, bytes.len() as u64, out.now, out);
            return Step::Took(bytes.len());
        }
        let lost = pick(&mut self.lost, dir);
        if *lost {
            // A record mark and a call, or a reply to one that waits.
            let mut wire = Wire::new(bytes.get(4..).unwrap_or_default());
            let reply = wire.u32().is_some_and(|xid| self.waiting.iter().any(|call| call.head.xid == xid));
            if !(reply || dir == Dir::Client && message(bytes.get(4..).unwrap_or_default()) == Probe::Yes) {
                return Step::Took(bytes.len());
            }
            *lost = false;
        }
        match self.stream(dir, bytes, out) {
            Ok(used) => Step::Took(used),
            Err(_) if self.gapped => {
                *pick(&mut self.lost, dir) = true;
                Step::Took(bytes.len())
            }
            Err(name) => Step::Weird(name),
        }
    }

    fn gap(&mut self, dir: Dir, missing: u64, out: &mut Emit<'_>) -> Step {
        if !pick(&mut self.frames, dir).skip(missing) {
            *pick(&mut self.lost, dir) = true;
            *pick(&mut self.parts, dir) = None;
            self.gapped = true;
            out.anomaly("nfs.gap");
            if dir == Dir::Server {
                self.flush(out);
            }
        }
        Step::Took(0)
    }

    fn end(&mut self, out: &mut Emit<'_>) {
        self.flush(out);
    }
}
