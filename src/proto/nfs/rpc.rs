//! ONC RPC version 2 (RFC 5531): records, calls and replies.

use crate::proto::frame::Length;
use crate::proto::wire::Wire;
use std::ops::RangeInclusive;

/// Programs that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::proto) enum Program {
    Nfs,
    Mount,
    Portmap,
}

impl Program {
    pub const ALL: [Program; 3] = [Program::Nfs, Program::Mount, Program::Portmap];

    /// Its number, as IANA has it.
    pub const fn number(self) -> u32 {
        match self {
            Program::Nfs => 100_003,
            Program::Mount => 100_005,
            Program::Portmap => 100_000,
        }
    }

    /// Its versions and the numbers of its procedures.
    pub const fn known(self) -> (RangeInclusive<u32>, RangeInclusive<u32>) {
        match self {
            Program::Nfs => (2..=4, 0..=21),
            Program::Mount => (1..=3, 0..=7),
            Program::Portmap => (2..=4, 0..=12),
        }
    }
}

/// Longest fragment: servers take writes of a few MiB at most.
const FRAGMENT: u32 = 16 << 20;
/// Further groups that AUTH_SYS allows.
const GROUPS: u32 = 16;

/// For [`crate::proto::frame::Frames`]: one fragment of a record.
pub(super) fn length(bytes: &[u8]) -> Length {
    match Wire::new(bytes).u32() {
        None => Length::More,
        Some(mark) if mark & 0x7fff_ffff > FRAGMENT => Length::Bad("nfs.record"),
        Some(mark) => Length::Is(u64::from(mark & 0x7fff_ffff) + 4),
    }
}

/// Variable-length opaque data; padded to four bytes.
pub(in crate::proto) fn opaque<'a>(wire: &mut Wire<'a>, most: u32) -> Option<&'a [u8]> {
    let len = wire.u32().filter(|len| *len <= most)?;
    let len = usize::try_from(len).ok()?;
    let data = wire.take(len)?;
    wire.take(len.next_multiple_of(4) - len)?;
    Some(data)
}

/// Text, as sent.
pub(in crate::proto) fn text(wire: &mut Wire<'_>, most: u32) -> Option<String> {
    opaque(wire, most).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
}

/// Name of a procedure by its number.
pub(in crate::proto) fn procedure(table: &[&'static str], number: u32) -> String {
    let name = usize::try_from(number).ok().and_then(|at| table.get(at));
    name.map_or_else(|| format!("ILLEGAL ({number})"), |name| (*name).to_owned())
}

/// A linked list (XDR's optional data, RFC 4506 section 4.19): at most so many members, each behind a 1.
pub(in crate::proto) fn chain<T>(
    wire: &mut Wire<'_>,
    most: usize,
    mut one: impl FnMut(&mut Wire<'_>) -> Option<T>,
) -> Vec<T> {
    let next = |_| {
        wire.u32().filter(|more| *more == 1)?;
        one(wire)
    };
    (0..most).map_while(next).collect()
}

/// Who calls, by AUTH_SYS (appendix A).
#[derive(Debug)]
pub(in crate::proto) struct Cred {
    pub stamp: u32,
    pub machine: String,
    pub uid: u32,
    pub gid: u32,
    pub gids: Vec<u32>,
}

/// Head of a call.
#[derive(Debug)]
pub(in crate::proto) struct Call {
    pub xid: u32,
    pub program: u32,
    pub version: u32,
    pub procedure: u32,
    pub flavor: u32,
    pub cred: Option<Cred>,
    /// The arguments cannot be read: they are encrypted.
    pub hidden: bool,
}

impl Call {
    /// The program, if it is one that is read.
    pub fn program(&self) -> Option<Program> {
        Program::ALL.into_iter().find(|program| program.number() == self.program)
    }
}

/// Reads a call from the number on; the reader stands at the arguments then.
pub(super) fn call(wire: &mut Wire<'_>) -> Option<Call> {
    let (xid, kind, rpc) = (wire.u32()?, wire.u32()?, wire.u32()?);
    if kind != 0 || rpc != 2 {
        return None;
    }
    let (program, version, procedure) = (wire.u32()?, wire.u32()?, wire.u32()?);
    let flavor = wire.u32()?;
    let body = opaque(wire, 400)?;
    wire.u32()?;
    opaque(wire, 400)?;
    let mut hidden = false;
    if flavor == 6 {
        // RPCSEC_GSS (RFC 2203 section 5): version, procedure, sequence, service.
        let mut gss = Wire::new(body);
        let (_, procedure, _, service) = (gss.u32()?, gss.u32()?, gss.u32()?, gss.u32()?);
        match (procedure, service) {
            (0, 1) => {}
            (0, 2) => {
                // Length and sequence precede the arguments.
                wire.u64()?;
            }
            _ => hidden = true,
        }
    }
    let cred = if flavor == 1 { credential(body) } else { None };
    Some(Call { xid, program, version, procedure, flavor, cred, hidden })
}

fn credential(body: &[u8]) -> Option<Cred> {
    let mut wire = Wire::new(body);
    let stamp = wire.u32()?;
    let machine = text(&mut wire, 255)?;
    let (uid, gid) = (wire.u32()?, wire.u32()?);
    let count = wire.u32().filter(|n| *n <= GROUPS)?;
    let mut gids = Vec::new();
    for _ in 0..count {
        gids.push(wire.u32()?);
    }
    Some(Cred { stamp, machine, uid, gid, gids })
}

/// Head of a reply: its number, and how the call was accepted; `None` there if it was denied. The reader
/// stands at the results then.
pub(super) fn reply(wire: &mut Wire<'_>) -> Option<(u32, Option<u32>)> {
    let (xid, kind, verdict) = (wire.u32()?, wire.u32()?, wire.u32()?);
    if kind != 1 {
        return None;
    }
    if verdict != 0 {
        return Some((xid, None));
    }
    wire.u32()?;
    opaque(wire, 400)?;
    Some((xid, Some(wire.u32()?)))
}

/// Name of an authentication flavour.
pub(in crate::proto) fn flavor(number: u32) -> String {
    match number {
        0 => "none".to_owned(),
        1 => "unix".to_owned(),
        2 => "short".to_owned(),
        3 => "des".to_owned(),
        6 => "rpcsec_gss".to_owned(),
        other => format!("unknown ({other})"),
    }
}
