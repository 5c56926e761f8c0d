//! NFS versions 2 to 4 over ONC RPC, and the parser of RPC that the programs beside it share: calls with their
//! replies, over TCP and UDP. MOUNT and the port mapper are in files of their own.

mod event;
pub(super) mod fields;
mod names;
mod ops;
pub(super) mod rpc;
#[cfg(test)]
mod tests;

use super::frame::{Frames, KEEP};
use super::wire::Wire;
use super::{Dir, Emit, Options, Over, Parser, Probe, Protocol, Step, mount, portmap};
use crate::model::{Dataset, Stamp, Transport};
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
          or main operation, all operations of a compound, names of files, who called by AUTH_SYS, status. `status` is that of the RPC call, as \
          in Packetbeat; event.outcome also tells whether NFS did what was asked. Arguments protected by \
          RPCSEC_GSS privacy are not read. MOUNT and the port mapper are told by their own names, here and where they \
          have connections of their own.",
    over: Over::Both,
    ports: &[2049],
    probe: |dir, bytes| probe(rpc::Program::Nfs, dir, bytes),
    start,
    datasets: &[&DATASET],
    fields: fields::FIELDS,
    anomalies: &[
        ("nfs.record", "A record has a fragment longer than 16 MiB."),
        ("nfs.message", "A message is no RPC call and no reply."),
        ("nfs.unsolicited", "A reply came to a call nobody made."),
        ("nfs.gap", "Bytes between records were not captured; calls that waited are told unanswered."),
        (
            "nfs.pending",
            "Cap: more calls waited for their replies than are kept; the oldest is told unanswered.",
        ),
    ],
};

pub(super) fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(Rpc::default())
}

/// What the first bytes of a direction tell; only calls name their program.
pub(super) fn probe(program: rpc::Program, dir: Dir, bytes: &[u8]) -> Probe {
    let (Some(first), rest) = (Wire::new(bytes).u32(), bytes.get(4..).unwrap_or_default()) else {
        return Probe::More;
    };
    let record = first & 0x8000_0000 != 0 && (24..=1 << 22).contains(&(first & 0x7fff_ffff));
    let verdicts = [if record { message(program, rest) } else { Probe::No }, message(program, bytes)];
    match verdicts {
        [Probe::Yes, _] | [_, Probe::Yes] if dir == Dir::Client => Probe::Yes,
        [Probe::Yes, _] | [_, Probe::Yes] => Probe::Swapped,
        [Probe::No, Probe::No] => Probe::No,
        _ => Probe::More,
    }
}

fn message(program: rpc::Program, bytes: &[u8]) -> Probe {
    let mut wire = Wire::new(bytes);
    let words = [wire.u32(), wire.u32(), wire.u32(), wire.u32(), wire.u32(), wire.u32()];
    let (versions, procedures) = program.known();
    let [_, kind, rpc, number, version, procedure] = words;
    let fits = |word: Option<u32>, wanted: u32| word.is_none_or(|word| word == wanted);
    match kind {
        // A reply: its sender cannot be told by it.
        Some(1) => {
            if matches!(rpc, Some(0 | 1)) && bytes.len() < 512 {
                Probe::More
            } else {
                Probe::No
            }
        }
        None | Some(0) if fits(rpc, 2) && fits(number, program.number()) => match (version, procedure) {
            (Some(version), _) if !versions.contains(&version) => Probe::No,
            (_, None) => Probe::More,
            (_, Some(procedure)) if procedures.contains(&procedure) => Probe::Yes,
            _ => Probe::No,
        },
        _ => Probe::No,
    }
}

/// What a call asks of its program.
enum Asked {
    Nfs(ops::Asked),
    Mount(mount::Asked),
    Portmap(portmap::Asked),
}

/// A call that waits for its reply.
struct Call {
    head: rpc::Call,
    asked: Asked,
    start: Stamp,
    size: u64,
}

/// What came back.
struct Reply<'a> {
    /// How the call was accepted; `None` if it was denied.
    accepted: Option<u32>,
    /// What the procedure returned, where it can be read.
    results: Option<Wire<'a>>,
    start: Stamp,
    size: u64,
}

#[derive(Default)]
struct Rpc {
    frames: [Frames; 2],
    /// Fragments of a record so far: beginning, size, first packet.
    parts: [Option<(Vec<u8>, u64, Stamp)>; 2],
    /// Where the next record begins is unknown.
    lost: [bool; 2],
    gapped: bool,
    heard: bool,
    waiting: VecDeque<Call>,
}

/// Whether a message begins here that calls a program which is read.
fn calls(bytes: &[u8]) -> bool {
    rpc::Program::ALL.iter().any(|program| message(*program, bytes) == Probe::Yes)
}

impl Rpc {
    fn record(&mut self, bytes: &[u8], size: u64, start: Stamp, out: &mut Emit<'_>) {
        let mut wire = Wire::new(bytes);
        if bytes.get(4..8) == Some(&[0, 0, 0, 0]) {
            let Some(head) = rpc::call(&mut wire) else { return out.anomaly("nfs.message") };
            self.heard = true;
            let asked = match head.program() {
                Some(rpc::Program::Nfs) => Asked::Nfs(ops::read(&head, wire)),
                Some(rpc::Program::Mount) => Asked::Mount(mount::read(&head, wire)),
                Some(rpc::Program::Portmap) => Asked::Portmap(portmap::read(&head, wire)),
                None => return,
            };
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
        let has = accepted == Some(0) && !call.head.hidden;
        if has && call.head.flavor == 6 {
            // Integrity: length and sequence precede the results. Without it this is their beginning.
            let integrity = wire.rest().len() > 8 && Wire::new(wire.rest()).u32().is_some_and(|n| n > 10_100);
            if integrity {
                wire.u64();
            }
        }
        let results = has.then_some(wire);
        call.emit(Some(Reply { accepted, results, start, size }), out);
    }

    /// Records off a stream.
    fn stream(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Result<usize, &'static str> {
        let mut at = 0;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let (used, frame) = dir.of(&mut self.frames).read(rest, out.now, rpc::length)?;
            at += used;
            let Some(frame) = frame else { return Ok(at) };
            let last = frame.bytes.first().is_some_and(|b| b & 0x80 != 0);
            let payload = frame.bytes.get(4..).unwrap_or_default();
            // The record mark is the stream's, not the message's.
            let len = frame.size.saturating_sub(4);
            match dir.of(&mut self.parts).take() {
                None if last => self.record(payload, len, frame.start, out),
                open => {
                    let (mut kept, size, start) = open.unwrap_or((Vec::new(), 0, frame.start));
                    let room = KEEP.saturating_sub(kept.len());
                    kept.extend_from_slice(payload.get(..room).unwrap_or(payload));
                    let size = size + len;
                    if last {
                        self.record(&kept, size, start, out);
                    } else {
                        *dir.of(&mut self.parts) = Some((kept, size, start));
                    }
                }
            }
        }
    }
}

impl Parser for Rpc {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        if out.flow.transport == Transport::Udp {
            self.record(bytes, bytes.len() as u64, out.now, out);
            return Step::Took(bytes.len());
        }
        let lost = dir.of(&mut self.lost);
        if *lost {
            // A record mark and a call, or a reply to one that waits.
            let mut wire = Wire::new(bytes.get(4..).unwrap_or_default());
            let reply = wire.u32().is_some_and(|xid| self.waiting.iter().any(|call| call.head.xid == xid));
            if !(reply || dir == Dir::Client && calls(bytes.get(4..).unwrap_or_default())) {
                return Step::Took(bytes.len());
            }
            *lost = false;
        }
        match self.stream(dir, bytes, out) {
            Ok(used) => Step::Took(used),
            Err(_) if self.gapped => {
                *dir.of(&mut self.lost) = true;
                Step::Took(bytes.len())
            }
            Err(name) => Step::Weird(name),
        }
    }

    fn gap(&mut self, dir: Dir, missing: u64, out: &mut Emit<'_>) -> Step {
        if !dir.of(&mut self.frames).skip(missing) {
            *dir.of(&mut self.lost) = true;
            *dir.of(&mut self.parts) = None;
            self.gapped = true;
            out.anomaly("nfs.gap");
            if dir == Dir::Server {
                self.give_up(out);
            }
        }
        Step::Took(0)
    }

    fn waiting(&self) -> usize {
        self.waiting.len()
    }

    fn give_up(&mut self, out: &mut Emit<'_>) {
        for call in std::mem::take(&mut self.waiting) {
            call.emit(None, out);
        }
    }
}
