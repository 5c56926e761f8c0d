//! Heads of messages, and how to tell them.

use super::token::{Coding, Need, varint};
use crate::proto::wire::Wire;
use crate::proto::{Dir, Probe};

/// Longest name of a method; frames are as long as servers allow.
const NAME: usize = 256;
const FRAME: u32 = 256 << 20;

pub(super) const CALL: u8 = 1;
pub(super) const EXCEPTION: u8 = 3;
pub(super) const ONEWAY: u8 = 4;

/// What precedes the struct of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub coding: Coding,
    /// Length that the frame claims.
    pub frame: Option<u32>,
    pub kind: u8,
    pub method: String,
    pub seq: i32,
    /// Its bytes, the frame's length not counted.
    pub len: usize,
}

/// Reads a head; `None` if it is none.
///
/// # Errors
/// More bytes are needed.
pub(super) fn read(bytes: &[u8]) -> Result<Option<Head>, ()> {
    match bare(bytes) {
        Err(Need::More) => return Err(()),
        Ok(head) => return Ok(Some(head)),
        Err(Need::Bad(_)) => {}
    }
    let mut wire = Wire::new(bytes);
    let Some(frame) = wire.u32() else { return Err(()) };
    if !(5..=FRAME).contains(&frame) {
        return Ok(None);
    }
    match bare(wire.rest()) {
        Err(Need::More) => Err(()),
        Ok(head) => {
            let fits = usize::try_from(frame).is_ok_and(|frame| frame > head.len);
            Ok(fits.then_some(Head { frame: Some(frame), ..head }))
        }
        Err(Need::Bad(_)) => Ok(None),
    }
}

/// A head without a frame: strict binary, compact, or binary of old.
fn bare(bytes: &[u8]) -> Result<Head, Need> {
    const NONE: Need = Need::Bad("");
    let mut wire = Wire::new(bytes);
    let head = |wire: &Wire<'_>, coding, kind, name: &[u8], seq: u32| Head {
        coding,
        frame: None,
        kind,
        method: String::from_utf8_lossy(name).into_owned(),
        seq: seq.cast_signed(),
        len: bytes.len() - wire.rest().len(),
    };
    match wire.u8().ok_or(Need::More)? {
        0x80 => {
            let (version, _, kind) = (wire.u8().ok_or(Need::More)?, wire.u8(), wire.u8().ok_or(Need::More)?);
            if version != 1 || !(CALL..=ONEWAY).contains(&kind) {
                return Err(NONE);
            }
            let len = wire.u32().ok_or(Need::More)?;
            let name = name(&mut wire, len.into())?;
            let seq = wire.u32().ok_or(Need::More)?;
            Ok(head(&wire, Coding::Binary, kind, name, seq))
        }
        0x82 => {
            let second = wire.u8().ok_or(Need::More)?;
            if second & 0x1f != 1 || !(CALL..=ONEWAY).contains(&(second >> 5)) {
                return Err(NONE);
            }
            let seq = u32::try_from(varint(&mut wire)? & 0xffff_ffff).unwrap_or_default();
            let len = varint(&mut wire)?;
            let name = name(&mut wire, len)?;
            Ok(head(&wire, Coding::Compact, second >> 5, name, seq))
        }
        0 => {
            // Binary without a version begins with the length of the name.
            let mut wire = Wire::new(bytes);
            let len = wire.u32().ok_or(Need::More)?;
            let name = name(&mut wire, len.into())?;
            let kind = wire.u8().ok_or(Need::More)?;
            if !(CALL..=ONEWAY).contains(&kind) {
                return Err(NONE);
            }
            let seq = wire.u32().ok_or(Need::More)?;
            Ok(head(&wire, Coding::Binary, kind, name, seq))
        }
        _ => Err(NONE),
    }
}

/// A method's name; services may be put before it with a colon.
fn name<'a>(wire: &mut Wire<'a>, len: u64) -> Result<&'a [u8], Need> {
    let len = usize::try_from(len).ok().filter(|len| (1..=NAME).contains(len)).ok_or(Need::Bad(""))?;
    let there = wire.rest().get(..len).unwrap_or(wire.rest());
    let good = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':' | b'$' | b'-');
    if !there.iter().all(good) || there.first().is_some_and(u8::is_ascii_digit) {
        return Err(Need::Bad(""));
    }
    wire.take(len).ok_or(Need::More)
}

/// What the first bytes of a direction tell.
pub(super) fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    match read(bytes) {
        Err(()) => Probe::More,
        Ok(None) => Probe::No,
        Ok(Some(head)) => {
            let from = if is_request(head.kind) { Dir::Client } else { Dir::Server };
            Probe::by(from, dir)
        }
    }
}

/// Whether a message of this kind comes from a client.
pub(super) const fn is_request(kind: u8) -> bool {
    matches!(kind, CALL | ONEWAY)
}
