//! How far texts walked down the trees before: most texts begin like one of the last ones did, and comparing so much
//! is done in one go, where every step down a tree waits for the one before it.

use crate::model::scattered;

/// Words of eight bytes that are compared.
const WORDS: usize = 3;
/// Bytes that are compared.
pub(super) const LONGEST: usize = 8 * WORDS;
/// Ways that are remembered; those that meet at a place forget each other.
const SLOTS: usize = 64;

/// The ways of the last texts: memory to work in.
#[derive(Debug)]
pub(in crate::logs) struct Walked {
    ways: Vec<Way>,
}

/// Texts that begin like this come to that node of a tree.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
struct Way {
    /// Address of the tree's nodes; 0 if there is none.
    tree: usize,
    text: [u64; WORDS],
    /// Which bits of the text lead there.
    mask: [u64; WORDS],
    len: u32,
    node: u32,
}

/// The beginning of a text that is long enough to be compared.
#[derive(Clone, Copy, Debug)]
pub(in crate::logs) struct Beginning {
    tree: usize,
    text: [u64; WORDS],
    place: usize,
}

impl Default for Walked {
    fn default() -> Self {
        Walked { ways: vec![Way::default(); SLOTS] }
    }
}

impl Beginning {
    /// The beginning of a text that walks down a tree, by the address of its nodes.
    #[inline]
    pub fn new(tree: usize, text: &[u8]) -> Option<Beginning> {
        let bytes = text.first_chunk::<LONGEST>()?;
        let (words, _) = bytes.as_chunks::<8>();
        let mut text = [0; WORDS];
        text.iter_mut().zip(words).for_each(|(word, bytes)| *word = u64::from_le_bytes(*bytes));
        // What clients choose mostly stands behind these bytes.
        let [first, second, _] = text;
        Some(Beginning { tree, text, place: scattered(first ^ (second >> 32), SLOTS) })
    }
}

impl Walked {
    /// The node that texts with this beginning come to, and behind how many bytes.
    #[inline]
    pub fn find(&self, beginning: &Beginning) -> Option<(u32, usize)> {
        let way = self.ways.get(beginning.place)?;
        let words = way.text.iter().zip(&way.mask).zip(beginning.text);
        let other = words.fold(0, |other, ((want, mask), word)| other | ((want ^ word) & mask));
        (way.tree == beginning.tree && other == 0).then_some((way.node, way.len as usize))
    }

    /// Remembers that texts come to a node that begin with the first `len` bytes of this one, at most
    /// [`LONGEST`].
    pub fn enter(&mut self, beginning: &Beginning, len: usize, node: u32) {
        let Some(way) = self.ways.get_mut(beginning.place) else { return };
        let inside = |word: usize| match len.saturating_sub(8 * word) {
            0 => 0,
            bytes @ 1..8 => u64::MAX >> (64 - 8 * bytes),
            _ => u64::MAX,
        };
        let mask = [inside(0), inside(1), inside(2)];
        *way = Way { tree: beginning.tree, text: beginning.text, mask, len: len as u32, node };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_that_lead_there_decide() {
        let text = b"Failed password for root from";
        let find = |walked: &Walked, tree, text: &[u8]| walked.find(&Beginning::new(tree, text)?);
        for len in 0..=LONGEST {
            let mut walked = Walked::default();
            assert_eq!(find(&walked, 7, text), None);
            Beginning::new(7, text).iter().for_each(|beginning| walked.enter(beginning, len, 5));
            assert_eq!(find(&walked, 7, text), Some((5, len)));
            assert_eq!(find(&walked, 8, text), None, "another tree");
            for changed in 0..LONGEST {
                let mut other = *text;
                other[changed] ^= 1;
                let found = find(&walked, 7, &other);
                // Where the beginning decides the place, it is not found there either.
                assert!(found.is_none() || changed >= len, "{len} {changed}");
                assert!(found.is_some() || changed < len || changed < 8 || (12..16).contains(&changed));
            }
        }
        assert!(Beginning::new(7, &text[..LONGEST - 1]).is_none());
    }
}
