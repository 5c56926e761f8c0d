//! Packets in a datagram: long headers (RFC 9000 §17.2, RFC 9369 §3.2), version negotiation, Retry.

use super::super::wire::Wire;
use std::borrow::Cow;

/// Longest connection identifier of the versions known (RFC 9000 §17.2).
const IDENTIFIER: usize = 20;
/// Versions of a negotiation that are kept.
const VERSIONS: usize = 32;

pub(super) const V1: u32 = 1;
pub(super) const V2: u32 = 0x6b33_43cf;

/// A packet with a long header and a length.
#[derive(Debug)]
pub(super) struct Long<'a> {
    pub version: u32,
    pub destination: &'a [u8],
    pub source: &'a [u8],
    /// Length of the token of an Initial packet.
    pub token: usize,
    /// The whole packet, from the first byte on.
    pub bytes: &'a [u8],
    /// Where the packet number begins in it.
    pub number_at: usize,
}

#[derive(Debug)]
pub(super) enum Packet<'a> {
    Initial(Long<'a>),
    ZeroRtt(Long<'a>),
    Handshake(Long<'a>),
    Retry {
        version: u32,
    },
    Negotiation {
        versions: Vec<u32>,
    },
    /// A long header of a version that is not known.
    Unknown(u32),
    Short,
}

/// Whether packets of a version have the form of version 1: it, 2, the drafts from 22 on, and Facebook's
/// numbers for them.
pub(super) const fn known(version: u32) -> bool {
    matches!(version, V1 | V2 | 0xff00_0016..=0xff00_0022 | 0xface_b001 | 0xface_b002 | 0xface_b00e | 0xface_b010..=0xface_b01f)
}

/// Reserved so that servers practise negotiation (RFC 9000 §15).
pub(super) const fn reserved(version: u32) -> bool {
    version & 0x0f0f_0f0f == 0x0a0a_0a0a
}

/// A version as people write it.
pub(super) fn version(number: u32) -> Cow<'static, str> {
    match number {
        V1 => "1".into(),
        V2 => "2".into(),
        0xff00_0000..=0xff00_00ff => format!("draft-{}", number & 0xff).into(),
        _ => match number.to_be_bytes() {
            bytes @ [b'Q' | b'T', b'0'..=b'9', b'0'..=b'9', b'0'..=b'9'] => {
                bytes.map(char::from).iter().collect::<String>().into()
            }
            _ => format!("0x{number:08x}").into(),
        },
    }
}

/// The version of a first packet of Google's own QUIC: the public header of Q043 and before, or the long one after.
pub(super) fn google(bytes: &[u8]) -> Option<u32> {
    let version = match bytes {
        [first, rest @ ..] if first & 0xc9 == 0x09 => rest.get(8..)?.first_chunk::<4>()?,
        [first, rest @ ..] if first & 0xc0 == 0xc0 => rest.first_chunk::<4>()?,
        _ => return None,
    };
    let digits = matches!(version, [b'Q' | b'T', b'0', b'2'..=b'5', b'0'..=b'9']);
    (digits && bytes.len() >= 1000).then(|| u32::from_be_bytes(*version))
}

/// Name of an error code (RFC 9000 §20.1), alerts by their number (RFC 9001 §4.8).
pub(super) fn error(code: u64) -> Cow<'static, str> {
    const NAMES: [&str; 18] = [
        "NO_ERROR",
        "INTERNAL_ERROR",
        "CONNECTION_REFUSED",
        "FLOW_CONTROL_ERROR",
        "STREAM_LIMIT_ERROR",
        "STREAM_STATE_ERROR",
        "FINAL_SIZE_ERROR",
        "FRAME_ENCODING_ERROR",
        "TRANSPORT_PARAMETER_ERROR",
        "CONNECTION_ID_LIMIT_ERROR",
        "PROTOCOL_VIOLATION",
        "INVALID_TOKEN",
        "APPLICATION_ERROR",
        "CRYPTO_BUFFER_EXCEEDED",
        "KEY_UPDATE_ERROR",
        "AEAD_LIMIT_REACHED",
        "NO_VIABLE_PATH",
        "VERSION_NEGOTIATION_ERROR",
    ];
    match code {
        0x100..=0x1ff => format!("CRYPTO_ERROR {}", code & 0xff).into(),
        _ => match usize::try_from(code).ok().and_then(|at| NAMES.get(at)) {
            Some(name) => (*name).into(),
            None => format!("0x{code:x}").into(),
        },
    }
}

/// A variable-length integer (RFC 9000 §16).
pub(super) fn number(wire: &mut Wire<'_>) -> Option<u64> {
    let first = wire.u8()?;
    let mut value = u64::from(first & 0x3f);
    for _ in 1..1usize << (first >> 6) {
        value = value << 8 | u64::from(wire.u8()?);
    }
    Some(value)
}

fn length(wire: &mut Wire<'_>) -> Option<usize> {
    usize::try_from(number(wire)?).ok()
}

/// The first packet of a datagram, and what follows it. Zeros that pad a datagram are no packet.
pub(super) fn next(bytes: &[u8]) -> Option<(Packet<'_>, &[u8])> {
    let mut wire = Wire::new(bytes);
    let first = wire.u8()?;
    if first & 0x80 == 0 {
        return (first & 0x40 != 0).then_some((Packet::Short, &[][..]));
    }
    let version = wire.u32()?;
    let destination = usize::from(wire.u8()?);
    let destination = wire.take(destination)?;
    let source = usize::from(wire.u8()?);
    let source = wire.take(source)?;
    if version == 0 {
        let (all, rest) = wire.rest().as_chunks::<4>();
        let versions: Vec<u32> = all.iter().take(VERSIONS).map(|v| u32::from_be_bytes(*v)).collect();
        return (rest.is_empty() && !versions.is_empty())
            .then_some((Packet::Negotiation { versions }, &[][..]));
    }
    if !known(version) {
        return Some((Packet::Unknown(version), &[]));
    }
    // Whether the fixed bit is set tells nothing here: who has offered it may clear it (RFC 9287).
    if destination.len() > IDENTIFIER || source.len() > IDENTIFIER {
        return None;
    }
    // Version 2 counts the types from Retry on.
    let kind = if version == V2 { (first >> 4 & 3).wrapping_sub(1) & 3 } else { first >> 4 & 3 };
    if kind == 3 {
        // What is left are the token and sixteen bytes of integrity tag.
        return (wire.rest().len() > 16).then_some((Packet::Retry { version }, &[][..]));
    }
    let token = if kind == 0 { length(&mut wire)? } else { 0 };
    wire.take(token)?;
    let len = length(&mut wire)?;
    let number_at = bytes.len() - wire.rest().len();
    // A packet number and what makes the sample of the header protection.
    wire.take(len).filter(|_| len >= 20)?;
    let long = Long { version, destination, source, token, bytes: bytes.get(..number_at + len)?, number_at };
    let packet = match kind {
        0 => Packet::Initial(long),
        1 => Packet::ZeroRtt(long),
        _ => Packet::Handshake(long),
    };
    Some((packet, wire.rest()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cleared_fixed_bit_hides_no_handshake() {
        // A Handshake packet of version 1 with identifiers of one byte, and as many bytes as a sample takes.
        let mut bytes = vec![0xe0, 0, 0, 0, 1, 1, 0xaa, 1, 0xbb, 20];
        bytes.resize(30, 0x5c);
        for first in [0xe0, 0xa0] {
            bytes[0] = first;
            assert!(matches!(next(&bytes), Some((Packet::Handshake(_), []))), "{first:x}");
        }
        // Padding is no packet with a short header.
        assert!(next(&[0; 40]).is_none());
    }
}
