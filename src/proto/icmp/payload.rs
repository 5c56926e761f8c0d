//! What the data of an echo looks like: ping repeats a pattern behind a time stamp, a tunnel never says the
//! same twice.

use super::{PAYLOAD_ENTROPY, PAYLOAD_FINGERPRINT, PAYLOAD_RETURNED};
use crate::model::{Value, fnv1a};
use crate::proto::Draft;

/// Where ping keeps the time; data without more is not looked at.
const STAMP: usize = 16;
/// Least data that tells anything.
const LEAST: usize = STAMP + 8;

/// The data of an echo request, or of a reply without one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Payload {
    whole: u64,
    tail: u64,
    /// Hundredths of a bit per byte.
    entropy: u32,
}

/// Entropy of the steps from byte to byte, hundredths of a bit.
fn entropy(bytes: &[u8]) -> u32 {
    let mut counts = [0u32; 256];
    let mut all = 0u32;
    for pair in bytes.windows(2) {
        let &[before, after] = pair else { continue };
        if let Some(count) = counts.get_mut(usize::from(after.wrapping_sub(before))) {
            *count += 1;
            all += 1;
        }
    }
    let share = |n: u32| f64::from(n) / f64::from(all.max(1));
    let bits: f64 = counts.iter().filter(|n| **n > 0).map(|n| -share(*n) * share(*n).log2()).sum();
    // At most 8 bits.
    (bits * 100.0).round().clamp(0.0, 800.0) as u32
}

impl Payload {
    /// Of data that is long enough to tell something.
    pub fn of(data: &[u8]) -> Option<Payload> {
        let tail = data.get(STAMP..).filter(|_| data.len() >= LEAST)?;
        Some(Payload {
            whole: fnv1a(data.iter().copied()),
            tail: fnv1a(tail.iter().copied()),
            entropy: entropy(tail),
        })
    }

    /// Adds what is known of a request, and of the reply if there was one.
    pub fn put(request: Option<Payload>, reply: Option<&[u8]>, draft: &mut Draft) {
        let Some(payload) = request else { return };
        draft.put(&PAYLOAD_FINGERPRINT, format!("{:016x}", payload.tail));
        draft.put(&PAYLOAD_ENTROPY, Value::Float(f64::from(payload.entropy) / 100.0));
        if let Some(data) = reply {
            draft.put(&PAYLOAD_RETURNED, fnv1a(data.iter().copied()) == payload.whole);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_ping_and_others() {
        let linux: Vec<u8> = (0..56).map(|i| if i < 16 { 7 } else { i }).collect();
        let windows = b"abcdefghijklmnopqrstuvwabcdefghi";
        assert_eq!(Payload::of(&linux).unwrap().entropy, 0);
        assert!(Payload::of(windows).unwrap().entropy < 100);
        let random: Vec<u8> =
            (0..256u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8 ^ (i * i) as u8).collect();
        assert!(Payload::of(&random).unwrap().entropy > 500);
        assert!(Payload::of(&linux[..23]).is_none());
        // The time is another one each time, the rest is not.
        let later: Vec<u8> = linux.iter().enumerate().map(|(i, b)| if i < 16 { 9 } else { *b }).collect();
        let (a, b) = (Payload::of(&linux).unwrap(), Payload::of(&later).unwrap());
        assert!(a.tail == b.tail && a.whole != b.whole);
        // The test vectors of the hash's authors.
        assert_eq!((fnv1a(*b""), fnv1a(*b"foobar")), (0xcbf2_9ce4_8422_2325, 0x8594_4171_f739_67e8));
    }
}
