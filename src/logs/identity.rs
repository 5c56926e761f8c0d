//! What tells a line from another one at the same place of a similar file: its bytes, not its time,
//! which may have been inferred.

/// A number made of the bytes of a line, the same on every machine and in every version.
pub(super) fn identity(line: &[u8]) -> u64 {
    // Odd, without a pattern: the golden ratio in 64 bits, and a multiplier of Steele, Lea and Flood 2014.
    const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
    const FACTOR: u64 = 0xbf58_476d_1ce4_e5b9;
    let (words, rest) = line.as_chunks::<8>();
    let mut last = [0; 8];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    let words = words.iter().chain([&last]).map(|word| u64::from_le_bytes(*word));
    // The length tells apart what only ends in zeros; the high half of a product depends on every bit.
    let start = SEED ^ u64::try_from(line.len()).unwrap_or(u64::MAX);
    let hash = words.fold(start, |hash, word| {
        let mixed = (hash ^ word).wrapping_mul(FACTOR);
        mixed ^ mixed >> 32
    });
    hash.wrapping_mul(SEED)
}

#[cfg(test)]
mod tests {
    use super::identity;

    #[test]
    fn every_byte_and_the_length_count() {
        let line = b"Nov 21 09:07:01 web sshd[731]: Failed password for root";
        let whole = identity(line);
        for i in 0..line.len() {
            for bit in 0..8 {
                let mut other = line.to_vec();
                other[i] ^= 1 << bit;
                assert_ne!(identity(&other), whole, "{i} {bit}");
            }
            assert_ne!(identity(&line[..i]), whole, "{i}");
        }
        assert_ne!(identity(b"a"), identity(b"a\0"));
        // Ids are kept in other systems: the number must never change.
        assert_eq!(identity(b"hello, world"), EXPECTED);
    }

    const EXPECTED: u64 = 0xd29b_40dc_4289_0b76;
}
