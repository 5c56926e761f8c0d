//! Hashes that are the same on every machine and in every version.

/// Odd, without a pattern: the golden ratio in 64 bits.
pub const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Which of `places`, a power of two, a number belongs to; numbers that lie together go to different ones.
#[inline]
pub fn scattered(number: u64, places: usize) -> usize {
    (number.wrapping_mul(GOLDEN) >> (u64::BITS - places.ilog2())) as usize
}

/// 64-bit FNV-1a (Fowler, Noll and Vo, draft-eastlake-fnv).
pub fn fnv1a(bytes: impl IntoIterator<Item = u8>) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Test vectors of the authors.
    #[test]
    fn the_published_values() {
        assert_eq!(fnv1a(*b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(*b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(*b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn neighbours_are_scattered() {
        let mut taken = [0; 64];
        (0..640).for_each(|number| taken[scattered(number, 64)] += 1);
        assert!(taken.iter().all(|numbers| (8..=12).contains(numbers)), "{taken:?}");
    }
}
