//! What calls say: the operation and the names in it.

use super::names;
use super::rpc::{Call, opaque, text};
use crate::proto::wire::Wire;

/// Longest name and file handle.
const NAME: u32 = 1024;
const HANDLE: u32 = 128;
/// Longest attributes, owners and the like.
const BYTES: u32 = 1 << 16;
/// Operations of a compound that are looked at.
const OPERATIONS: u32 = 64;

/// What a call asks.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub opcode: String,
    pub tag: Option<String>,
    pub minor: Option<u32>,
    pub operations: Vec<&'static str>,
    /// Names up to the main operation, and those of the operations after it.
    pub names: Vec<String>,
    pub later: Vec<String>,
    pub offset: Option<u64>,
    pub count: Option<u32>,
}

/// Reads the arguments of a call; as far as they go.
pub(super) fn read(call: &Call, wire: Wire<'_>) -> Asked {
    let mut asked = Asked::default();
    if call.version < 4 {
        asked.opcode = names::procedure(call.version, call.procedure);
        if !call.hidden {
            let _ = old(&mut asked, call, wire);
        }
        return asked;
    }
    asked.opcode = if call.procedure == 0 { "NULL" } else { "COMPOUND" }.to_owned();
    if call.procedure == 1 && !call.hidden {
        let _ = compound(&mut asked, wire);
    }
    asked
}

/// Versions 2 and 3: a handle, and often a name in that directory.
fn old(asked: &mut Asked, call: &Call, mut wire: Wire<'_>) -> Option<()> {
    let handle = |wire: &mut Wire<'_>| {
        if call.version == 2 { wire.take(32).map(drop) } else { opaque(wire, HANDLE).map(drop) }
    };
    match asked.opcode.as_str() {
        "LOOKUP" | "CREATE" | "MKDIR" | "SYMLINK" | "MKNOD" | "REMOVE" | "RMDIR" => {
            handle(&mut wire)?;
            asked.names.push(text(&mut wire, NAME)?);
        }
        "RENAME" => {
            for _ in 0..2 {
                handle(&mut wire)?;
                asked.names.push(text(&mut wire, NAME)?);
            }
        }
        "LINK" => {
            handle(&mut wire)?;
            handle(&mut wire)?;
            asked.names.push(text(&mut wire, NAME)?);
        }
        "READ" | "WRITE" if call.version == 3 => {
            handle(&mut wire)?;
            asked.offset = Some(wire.u64()?);
            asked.count = Some(wire.u32()?);
        }
        _ => {}
    }
    Some(())
}

/// Operations that only say where: a main one follows, or the last of these is what was wanted.
fn leads(name: &str) -> bool {
    matches!(
        name,
        "ACCESS"
            | "GETATTR"
            | "GETFH"
            | "LOOKUP"
            | "LOOKUPP"
            | "NVERIFY"
            | "PUTFH"
            | "PUTPUBFH"
            | "PUTROOTFH"
            | "RESTOREFH"
            | "SAVEFH"
            | "SEQUENCE"
            | "VERIFY"
    )
}

/// Version 4: the first operation that does something is the main one; a look at the rights before it is not.
fn compound(asked: &mut Asked, mut wire: Wire<'_>) -> Option<()> {
    asked.tag = Some(text(&mut wire, NAME)?);
    asked.minor = Some(wire.u32()?);
    let count = wire.u32()?;
    let (mut access, mut done) = (false, false);
    for _ in 0..count.min(OPERATIONS) {
        let number = wire.u32()?;
        let Some(name) = names::operation(number) else {
            if !done {
                asked.opcode = format!("ILLEGAL ({number})");
            }
            return Some(());
        };
        asked.operations.push(name);
        if !(done || access && leads(name)) {
            name.clone_into(&mut asked.opcode);
        }
        access |= name == "ACCESS";
        let main = !leads(name);
        let later = if done { Some(std::mem::take(&mut asked.names)) } else { None };
        let read = arguments(asked, names::arguments(number), &mut wire);
        if let Some(before) = later {
            let after = std::mem::replace(&mut asked.names, before);
            asked.later.extend(after);
        }
        done |= main;
        read?;
    }
    Some(())
}

/// Reads what follows an operation by its layout; the letters are explained where the layouts are.
fn arguments(asked: &mut Asked, layout: &str, wire: &mut Wire<'_>) -> Option<()> {
    for letter in layout.bytes() {
        match letter {
            b'-' => {}
            b'4' => drop(wire.u32()?),
            b'8' => drop(wire.u64()?),
            b's' => drop(wire.take(16)?),
            b'o' => drop(opaque(wire, BYTES)?),
            b'n' => asked.names.push(text(wire, NAME)?),
            b'b' => bitmap(wire)?,
            b'f' => attributes(wire)?,
            b'O' => drop(asked.offset.get_or_insert(wire.u64()?)),
            b'C' => drop(asked.count.get_or_insert(wire.u32()?)),
            b'D' => {
                asked.count.get_or_insert(Wire::new(wire.rest()).u32()?);
                opaque(wire, u32::MAX)?;
            }
            b'p' => open(asked, wire)?,
            b't' => match wire.u32()? {
                // A link's target, or a device's numbers, precede the name.
                5 => drop(opaque(wire, BYTES)?),
                3 | 4 => drop(wire.u64()?),
                _ => {}
            },
            b'l' => lock_owner(wire)?,
            b'r' if wire.u32()? == 1 => {
                wire.take(8 + 8 + 16)?;
                opaque(wire, BYTES)?;
            }
            b'r' => {}
            b'v' => {
                for _ in 0..wire.u32()? {
                    wire.take(16)?;
                }
            }
            // How state is protected, and copies between servers: only the plain ones are read on.
            b'x' | b'a' => drop(wire.u32().filter(|n| *n == 0)?),
            b'i' if wire.u32().filter(|n| *n <= 1)? == 1 => {
                opaque(wire, BYTES)?;
                opaque(wire, BYTES)?;
                wire.take(8 + 4)?;
            }
            b'i' => {}
            _ => return None,
        }
    }
    Some(())
}

fn bitmap(wire: &mut Wire<'_>) -> Option<()> {
    for _ in 0..wire.u32().filter(|n| *n <= 16)? {
        wire.u32()?;
    }
    Some(())
}

/// Which attributes, and their values.
fn attributes(wire: &mut Wire<'_>) -> Option<()> {
    bitmap(wire)?;
    opaque(wire, BYTES).map(drop)
}

/// RFC 7530 section 16.10: a new owner with what opened the file, or the state of a lock before.
fn lock_owner(wire: &mut Wire<'_>) -> Option<()> {
    if wire.u32()? == 0 {
        return wire.take(16 + 4).map(drop);
    }
    wire.take(4 + 16 + 4 + 8)?;
    opaque(wire, NAME).map(drop)
}

/// RFC 7530 section 16.16, RFC 8881 section 18.16: sequence, access, deny, owner, how, claim.
fn open(asked: &mut Asked, wire: &mut Wire<'_>) -> Option<()> {
    wire.take(12)?;
    wire.u64()?;
    opaque(wire, NAME)?;
    if wire.u32()? == 1 {
        let mode = wire.u32()?;
        if matches!(mode, 2 | 3) {
            wire.u64()?;
        }
        if mode != 2 {
            attributes(wire)?;
        }
    }
    match wire.u32()? {
        0 | 3 => asked.names.push(text(wire, NAME)?),
        1 => drop(wire.u32()?),
        2 => {
            wire.take(16)?;
            asked.names.push(text(wire, NAME)?);
        }
        5 => drop(wire.take(16)?),
        _ => {}
    }
    Some(())
}
