//! Memory that is looked at before it is needed.

use std::hint::black_box;
use std::ops::BitXor;

/// Looks at these, one of each that will be needed: what does not wait for anything else waits for memory together,
/// where each would wait by itself once it is needed.
#[inline]
pub fn look_at<T: BitXor<Output = T> + Default>(ahead: impl Iterator<Item = T>) {
    black_box(ahead.fold(T::default(), |sum, seen| sum ^ seen));
}
