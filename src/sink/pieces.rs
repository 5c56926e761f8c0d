//! Long listings drawn by all threads, piece by piece in their order.

use super::output::Output;
use rayon::iter::{
    IndexedParallelIterator, IntoParallelIterator, IntoParallelRefMutIterator, ParallelIterator,
};
use std::io;
use std::ops::Range;

/// Rows of a piece: enough to be worth handing out, few enough to stay in the cache.
const ROWS: usize = 128;
/// Pieces for each thread at a time; what they come to is kept until it was taken. Enough that waiting for the
/// last of them is a small part of it.
const PER_THREAD: usize = 16;

/// Has `draw` make pieces of `0..rows`, and gives them to `take` in order until that fails. What a listing
/// comes to must not depend on where a piece ends.
pub fn in_order<P: Send, E>(
    rows: usize,
    draw: impl Fn(Range<usize>) -> P + Sync,
    mut take: impl FnMut(P) -> Result<(), E>,
) -> Result<(), E> {
    let pieces = rows.div_ceil(ROWS);
    let piece = |nth: usize| draw(nth * ROWS..rows.min((nth + 1) * ROWS));
    if pieces <= 1 {
        return (0..pieces).map(piece).try_for_each(take);
    }
    let at_once = rayon::current_num_threads() * PER_THREAD;
    for first in (0..pieces).step_by(at_once) {
        let some: Vec<P> = (first..pieces.min(first + at_once)).into_par_iter().map(piece).collect();
        some.into_iter().try_for_each(&mut take)?;
    }
    Ok(())
}

/// Has `draw` append pieces of `0..rows` to buffers, which are used again, and writes them in order.
///
/// # Errors
/// What `draw` or the output says.
pub fn write(
    out: &mut Output,
    rows: usize,
    draw: impl Fn(Range<usize>, &mut Vec<u8>) -> io::Result<()> + Sync,
) -> io::Result<()> {
    let mut buffers = vec![Vec::new(); rayon::current_num_threads() * PER_THREAD];
    let at_once = buffers.len() * ROWS;
    for first in (0..rows).step_by(at_once) {
        let draw = |(nth, buffer): (usize, &mut Vec<u8>)| {
            buffer.clear();
            let from = rows.min(first + nth * ROWS);
            draw(from..rows.min(from + ROWS), buffer)
        };
        buffers.par_iter_mut().enumerate().try_for_each(draw)?;
        buffers.iter().try_for_each(|buffer| out.write(buffer))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_once_and_in_order() {
        for rows in [0, 1, ROWS, ROWS + 1, 37 * ROWS + 5] {
            let mut all = Vec::new();
            let done: Result<(), ()> = in_order(
                rows,
                |range| range,
                |piece| {
                    all.extend(piece);
                    Ok(())
                },
            );
            assert_eq!(done, Ok(()));
            assert!(all.into_iter().eq(0..rows), "{rows}");
        }
        let mut taken = 0;
        let failed = in_order(
            9 * ROWS,
            |range| range.start,
            |_| {
                taken += 1;
                if taken == 3 { Err("full") } else { Ok(()) }
            },
        );
        assert_eq!((failed, taken), (Err("full"), 3));
    }

    #[test]
    fn buffers_that_are_used_again_hold_nothing_of_before() {
        let dir = tempfile::tempdir().unwrap();
        for rows in [0, 1, ROWS, 37 * ROWS + 5] {
            let path = dir.path().join(rows.to_string());
            let mut out = Output::create(&path).unwrap();
            let draw = |range: Range<usize>, text: &mut Vec<u8>| {
                range.for_each(|row| text.extend(format!("{row}\n").bytes()));
                Ok(())
            };
            write(&mut out, rows, draw).unwrap();
            out.finish().unwrap();
            let want: String = (0..rows).map(|row| format!("{row}\n")).collect();
            assert!(std::fs::read_to_string(path).unwrap() == want, "{rows}");
        }
        let mut out = Output::create(&dir.path().join("failed")).unwrap();
        assert!(write(&mut out, 9 * ROWS, |_, _| Err(io::Error::other("no"))).is_err());
    }
}
