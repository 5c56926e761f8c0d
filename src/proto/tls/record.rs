//! The record layer (RFC 8446 §5.1, RFC 5246 §6.2.1), and how to recognise it.

use super::names::known_alert;
use super::wire::Wire;
use crate::proto::{Dir, Probe};

/// Content types.
pub(super) const CHANGE_CIPHER_SPEC: u8 = 20;
pub(super) const ALERT: u8 = 21;
pub(super) const HANDSHAKE: u8 = 22;
pub(super) const APPLICATION_DATA: u8 = 23;
pub(super) const HEARTBEAT: u8 = 24;
/// Not a content type: a hello in the form of SSL 2.0.
pub(super) const SSLV2: u8 = 128;

/// 2^14 and what encryption or compression may add (RFC 5246 §6.2.3).
const MAX_LENGTH: usize = (1 << 14) + 2048;

/// One record.
#[derive(Clone, Copy)]
pub(super) struct Record<'a> {
    pub kind: u8,
    pub body: &'a [u8],
}

/// The bytes are not a record.
pub(super) struct NotTls;

/// What is known of one direction.
#[derive(Default)]
pub(super) struct Side {
    /// Anything came.
    pub seen: bool,
    /// It sent ChangeCipherSpec.
    pub ccs: bool,
    /// It sent an encrypted Finished, which only TLS 1.2 and older send as a handshake record.
    pub finished: bool,
    /// Records of application data so far.
    pub app: u32,
    /// Handshake bytes whose message is not complete.
    pub pending: Vec<u8>,
    /// Bytes to pass over of a handshake message that is not kept.
    pub skip: usize,
    /// Message boundaries are lost; handshake records are ignored.
    pub lost: bool,
    /// How much of the record that is being received has not come yet.
    pub partial: usize,
    /// Nothing was seen but a gap: the capture may lack this direction.
    pub adrift: bool,
    /// Bytes to pass over after a gap, up to the next record.
    pub resync: usize,
}

impl Side {
    /// Notes a gap; whether the next record can be found behind it: only if it lies within a record
    /// whose length is known. A direction of which nothing was seen yet may just not have been captured.
    pub fn lose(&mut self, missing: u64) -> bool {
        if !self.seen {
            self.adrift = true;
            return true;
        }
        let open = self.partial.max(self.resync);
        let Some(left) = usize::try_from(missing).ok().and_then(|m| open.checked_sub(m)) else {
            return false;
        };
        self.resync = left;
        self.partial = 0;
        self.lost = true;
        self.pending = Vec::new();
        open > 0
    }

    /// The bytes from the next record on.
    pub fn after_gap<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let pass = self.resync.min(bytes.len());
        self.resync -= pass;
        bytes.get(pass..).unwrap_or_default()
    }
}

/// The first record of `bytes` and what follows it; `None` until it is complete. Only the `first` one may
/// have the form of SSL 2.0.
pub(super) fn next(bytes: &[u8], first: bool) -> Result<Option<(Record<'_>, &[u8])>, NotTls> {
    if let (true, Some(length)) = (first, sslv2_length(bytes)) {
        let record = bytes.get(2..length.saturating_add(2));
        let tail = bytes.get(length.saturating_add(2)..);
        return Ok(record.zip(tail).map(|(body, tail)| (Record { kind: SSLV2, body }, tail)));
    }
    if !plausible(bytes) {
        return Err(NotTls);
    }
    let mut w = Wire(bytes);
    let (Some(kind), Some(_)) = (w.u8(), w.u16()) else { return Ok(None) };
    Ok(w.vec16().map(|body| (Record { kind, body: body.0 }, w.0)))
}

/// How many bytes the record at the start of `bytes` still lacks; 0 if its length is not known.
pub(super) fn missing(bytes: &[u8]) -> usize {
    let mut w = Wire(bytes);
    match (w.take(3), w.u16()) {
        (Some(_), Some(length)) => usize::from(length).saturating_sub(w.0.len()),
        _ => 0,
    }
}

/// Whether the bytes, however few, could begin a record.
fn plausible(bytes: &[u8]) -> bool {
    let kind = bytes.first().is_none_or(|k| (CHANGE_CIPHER_SPEC..=HEARTBEAT).contains(k));
    let major = bytes.get(1).is_none_or(|v| *v == 3);
    let minor = bytes.get(2).is_none_or(|v| *v <= 4);
    let length = bytes.get(3..5).and_then(|b| b.try_into().ok()).map(u16::from_be_bytes);
    kind && major && minor && length.is_none_or(|n| (1..=MAX_LENGTH).contains(&usize::from(n)))
}

/// Length of an SSL 2.0 CLIENT-HELLO or SERVER-HELLO, without its two length bytes.
fn sslv2_length(bytes: &[u8]) -> Option<usize> {
    let mut w = Wire(bytes);
    let length = w.u16().filter(|n| n & 0x8000 != 0)? & 0x7fff;
    match w.u8()? {
        1 => {
            let version = w.u16()?;
            let (specs, session, challenge) = (w.u16()?, w.u16()?, w.u16()?);
            let sum = u32::from(specs) + u32::from(session) + u32::from(challenge) + 9;
            let sane = specs > 0 && specs % 3 == 0 && matches!(session, 0 | 16 | 32);
            let sane = sane && (16..=32).contains(&challenge) && u32::from(length) == sum;
            (sane && (version == 2 || (0x0300..=0x0303).contains(&version))).then_some(usize::from(length))
        }
        4 => {
            let (hit, kind, version) = (w.u8()?, w.u8()?, w.u16()?);
            (hit <= 1 && kind <= 1 && version == 2 && length > 10).then_some(usize::from(length))
        }
        _ => None,
    }
}

/// Recognises either side by its first record.
pub(super) fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    if matches!(bytes.get(1..3), Some([0xfe, _] | [1, 0])) {
        return super::dtls::probe(dir, bytes);
    }
    if bytes.first().is_some_and(|b| b & 0x80 != 0) {
        return probe_sslv2(dir, bytes);
    }
    if !plausible(bytes) {
        return Probe::No;
    }
    let mut w = Wire(bytes);
    let (Some(kind), Some(_), Some(length), Some(first)) = (w.u8(), w.u16(), w.u16(), w.u8()) else {
        return Probe::More;
    };
    match kind {
        HANDSHAKE => match (w.u24(), first) {
            (None, _) => Probe::More,
            (Some(n), 1) if (38..1 << 17).contains(&n) => role(dir, Dir::Client),
            (Some(n), 2) if (38..1 << 16).contains(&n) => role(dir, Dir::Server),
            // What a server goes on with, and a client.
            (Some(n), 11) if n > 10 => Probe::Yes,
            (Some(0), 14) if length == 4 => role(dir, Dir::Server),
            _ => Probe::No,
        },
        ALERT if length == 2 && matches!(first, 1 | 2) => match w.u8() {
            None => Probe::More,
            Some(code) if known_alert(code) && w.is_empty() => Probe::Yes,
            Some(code) if known_alert(code) && plausible(w.0) => Probe::Yes,
            Some(_) => Probe::No,
        },
        CHANGE_CIPHER_SPEC if length == 1 && first == 1 => match w.0 {
            [] => Probe::More,
            rest if plausible(rest) => Probe::Yes,
            _ => Probe::No,
        },
        // Encrypted from here on: one type byte, a version and a length that leads to another record.
        APPLICATION_DATA if bytes.get(2) != Some(&0) && length > 16 => {
            match bytes.get(usize::from(length).saturating_add(5)..) {
                Some(rest) if !plausible(rest) => Probe::No,
                _ => Probe::Yes,
            }
        }
        _ => Probe::No,
    }
}

pub(super) fn role(dir: Dir, expected: Dir) -> Probe {
    Probe::by(expected, dir)
}

fn probe_sslv2(dir: Dir, bytes: &[u8]) -> Probe {
    match (bytes.get(2), sslv2_length(bytes)) {
        (_, None) if bytes.len() < 11 && bytes.get(2).is_none_or(|t| matches!(t, 1 | 4)) => Probe::More,
        (Some(1), Some(_)) => role(dir, Dir::Client),
        (Some(4), Some(_)) => role(dir, Dir::Server),
        _ => Probe::No,
    }
}
