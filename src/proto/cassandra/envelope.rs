//! What lies around messages: the outer frames of version 5 (native_protocol_v5.spec section 2), and
//! compression of bodies before it.

use crate::proto::wire::Wire;

/// Bodies are unpacked up to here.
const UNPACKED: usize = 1 << 20;
/// LZ4 makes at most this of a byte.
const RATIO: usize = 255;

/// Payload of outer frames of one direction that is not yet read.
#[derive(Debug, Default)]
pub(super) struct Envelopes {
    inner: Vec<u8>,
}

impl Envelopes {
    /// Takes one outer frame off; 0 if it is not complete.
    ///
    /// # Errors
    /// The anomaly to count.
    pub(super) fn read(&mut self, bytes: &[u8], packed: bool) -> Result<usize, &'static str> {
        let mut wire = Wire::new(bytes);
        let head = if packed { 5 } else { 3 };
        let Some(bits) = wire.take(head) else { return Ok(0) };
        let bits = bits.iter().rev().fold(0u64, |n, b| n << 8 | u64::from(*b));
        let low = |n: u64| usize::try_from(n & 0x1_ffff).unwrap_or_default();
        let (len, size) = (low(bits), if packed { low(bits >> 17) } else { 0 });
        let (Some(_), Some(payload), Some(_)) = (wire.take(3), wire.take(len), wire.take(4)) else {
            return Ok(0);
        };
        if size > 0 {
            let fits = size <= payload.len().saturating_mul(RATIO);
            let whole = if fits { lz4_flex::block::decompress(payload, size).ok() } else { None };
            self.inner.extend(whole.ok_or("cassandra.compressed")?);
        } else {
            self.inner.extend_from_slice(payload);
        }
        Ok(head + 3 + len + 4)
    }

    /// The payload that waits to be read.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.inner)
    }

    /// Puts back what was not read.
    pub(super) fn keep(&mut self, rest: &[u8]) {
        self.inner = rest.to_vec();
    }
}

/// A body without its compression; either kind is tried if none is known.
pub(super) fn unpack(body: &[u8], compression: Option<&str>) -> Option<Vec<u8>> {
    match compression {
        Some("lz4") => lz4(body),
        Some("snappy") => snappy(body),
        _ => lz4(body).or_else(|| snappy(body)),
    }
}

fn lz4(body: &[u8]) -> Option<Vec<u8>> {
    let mut wire = Wire::new(body);
    let size = usize::try_from(wire.u32()?).ok()?;
    let packed = wire.rest();
    if size > UNPACKED || size > packed.len().saturating_mul(RATIO) {
        return None;
    }
    lz4_flex::block::decompress(packed, size).ok()
}

fn snappy(body: &[u8]) -> Option<Vec<u8>> {
    let size = snap::raw::decompress_len(body).ok()?;
    if size > UNPACKED || size > body.len().saturating_mul(64) {
        return None;
    }
    snap::raw::Decoder::new().decompress_vec(body).ok()
}
