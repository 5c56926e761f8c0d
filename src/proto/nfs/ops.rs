//! What calls say: the operation and the names in it.

use super::names;
use super::rpc::{Call, opaque, text};
use crate::proto::wire::Wire;

/// Longest name and file handle.
const NAME: u32 = 1024;
const HANDLE: u32 = 128;
/// Operations of a compound that are looked at.
const OPERATIONS: u32 = 64;

/// What a call asks.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub opcode: String,
    pub tag: Option<String>,
    pub minor: Option<u32>,
    pub operations: Vec<&'static str>,
    pub names: Vec<String>,
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

/// Version 4: the first operation that does something is the main one; a look at the rights before it is not.
fn compound(asked: &mut Asked, mut wire: Wire<'_>) -> Option<()> {
    asked.tag = Some(text(&mut wire, NAME)?);
    asked.minor = Some(wire.u32()?);
    let count = wire.u32()?;
    let mut access = false;
    for _ in 0..count.min(OPERATIONS) {
        let number = wire.u32()?;
        let Some(name) = names::operation(number) else {
            asked.opcode = format!("ILLEGAL ({number})");
            return Some(());
        };
        asked.operations.push(name);
        if !access {
            name.clone_into(&mut asked.opcode);
        }
        match name {
            "ACCESS" => {
                wire.u32()?;
                access = true;
            }
            "PUTFH" => drop(opaque(&mut wire, HANDLE)?),
            "GETATTR" => bitmap(&mut wire)?,
            // Session, sequence, slot, highest slot, cache.
            "SEQUENCE" => drop(wire.take(16 + 16)?),
            "LOOKUP" => asked.names.push(text(&mut wire, NAME)?),
            "GETFH" | "LOOKUPP" | "PUTPUBFH" | "PUTROOTFH" | "RESTOREFH" | "SAVEFH" => {}
            "VERIFY" | "NVERIFY" => {
                bitmap(&mut wire)?;
                opaque(&mut wire, 1 << 16)?;
            }
            _ => {
                name.clone_into(&mut asked.opcode);
                return main(asked, name, wire);
            }
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

/// Names in the main operation.
fn main(asked: &mut Asked, name: &str, mut wire: Wire<'_>) -> Option<()> {
    match name {
        "REMOVE" | "LINK" | "SECINFO" => asked.names.push(text(&mut wire, NAME)?),
        "RENAME" => {
            asked.names.push(text(&mut wire, NAME)?);
            asked.names.push(text(&mut wire, NAME)?);
        }
        "CREATE" => {
            // A link's target, or a device's numbers, precede the name.
            match wire.u32()? {
                5 => drop(opaque(&mut wire, NAME)?),
                3 | 4 => drop(wire.u64()?),
                _ => {}
            }
            asked.names.push(text(&mut wire, NAME)?);
        }
        "READ" | "WRITE" => {
            wire.take(16)?;
            asked.offset = Some(wire.u64()?);
            if name == "WRITE" {
                wire.u32()?;
            }
            asked.count = Some(wire.u32()?);
        }
        "OPEN" => open(asked, wire)?,
        _ => {}
    }
    Some(())
}

/// RFC 7530 section 16.16: sequence, access, deny, owner, how, claim.
fn open(asked: &mut Asked, mut wire: Wire<'_>) -> Option<()> {
    wire.take(12)?;
    wire.u64()?;
    opaque(&mut wire, NAME)?;
    if wire.u32()? == 1 {
        let mode = wire.u32()?;
        if matches!(mode, 2 | 3) {
            wire.u64()?;
        }
        if mode != 2 {
            bitmap(&mut wire)?;
            opaque(&mut wire, 1 << 16)?;
        }
    }
    match wire.u32()? {
        0 | 3 => asked.names.push(text(&mut wire, NAME)?),
        2 => {
            wire.take(16)?;
            asked.names.push(text(&mut wire, NAME)?);
        }
        _ => {}
    }
    Some(())
}
