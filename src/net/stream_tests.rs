//! Reassembly against a model: whatever the order, duplication and cutting of the segments, the
//! stream comes out as it was, or with gaps exactly where bytes never came.

use super::{Carrier, Piece, Stream};
use proptest::prelude::*;

/// What came out, with `None` for a missing byte, and whether the end did.
#[derive(Default)]
struct Sink {
    bytes: Vec<Option<u8>>,
    fin: bool,
}

impl Sink {
    fn take(&mut self, piece: Piece<'_>) {
        assert!(!self.fin, "nothing follows the end");
        match piece {
            Piece::Data(data) => self.bytes.extend(data.iter().map(|b| Some(*b))),
            Piece::Gap(n) => self.bytes.extend(std::iter::repeat_n(None, usize::try_from(n).unwrap())),
            Piece::Fin => self.fin = true,
        }
    }

    fn text(&self) -> String {
        self.bytes.iter().map(|b| b.map_or('.', char::from)).collect()
    }
}

fn feed(stream: &mut Stream, sink: &mut Sink, seq: u32, data: &[u8]) {
    let len = u32::try_from(data.len()).unwrap();
    stream.segment(seq, data, len, None, Carrier::default(), &mut |p| sink.take(p)).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_gives_the_stream(
        isn in prop_oneof![any::<u32>(), (0u32..600).prop_map(|x| u32::MAX - x)],
        data in proptest::collection::vec(any::<u8>(), 1..600),
        cuts in proptest::collection::vec((0usize..600, 1usize..90), 0..60),
        order in any::<u64>(),
    ) {
        // Random, overlapping pieces, and enough to cover everything; then shuffled.
        let mut pieces: Vec<_> = cuts.iter().map(|(at, n)| (at % data.len(), *n)).collect();
        pieces.extend((0..data.len()).step_by(50).map(|at| (at, 50)));
        let mut state = order | 1;
        for i in (1..pieces.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            pieces.swap(i, usize::try_from(state >> 33).unwrap() % (i + 1));
        }
        let (mut stream, mut sink) = (Stream::default(), Sink::default());
        stream.start(isn);
        let end = isn.wrapping_add(u32::try_from(data.len()).unwrap());
        if order % 2 == 0 {
            stream.fin(end, None, &mut |p| sink.take(p)).unwrap();
        }
        for (at, n) in pieces {
            let part = &data[at..(at + n).min(data.len())];
            feed(&mut stream, &mut sink, isn.wrapping_add(u32::try_from(at).unwrap()), part);
        }
        stream.fin(end, None, &mut |p| sink.take(p)).unwrap();
        prop_assert!(sink.fin);
        prop_assert_eq!(sink.bytes, data.into_iter().map(Some).collect::<Vec<_>>());
        prop_assert_eq!(stream.held(), 0);
    }

    #[test]
    fn what_never_came_is_a_gap(
        isn in any::<u32>(),
        lost in proptest::collection::vec(any::<bool>(), 1..40),
        order in any::<u64>(),
    ) {
        let mut want = Vec::new();
        let mut segments = Vec::new();
        for (i, lost) in lost.iter().enumerate() {
            let byte = b'a' + u8::try_from(i % 26).unwrap();
            want.extend([if *lost { None } else { Some(byte) }; 10]);
            if !lost {
                segments.push((isn.wrapping_add(u32::try_from(i * 10).unwrap()), [byte; 10]));
            }
        }
        let turn = usize::try_from(order % 40).unwrap() % segments.len().max(1);
        segments.rotate_left(turn);
        let (mut stream, mut sink) = (Stream::default(), Sink::default());
        stream.start(isn);
        for (seq, data) in segments {
            feed(&mut stream, &mut sink, seq, &data);
        }
        stream.fin(isn.wrapping_add(u32::try_from(want.len()).unwrap()), None, &mut |p| sink.take(p)).unwrap();
        stream.flush(&mut |p| sink.take(p));
        prop_assert!(sink.fin);
        prop_assert_eq!(sink.bytes, want);
        prop_assert_eq!(stream.held(), 0);
    }
}

#[test]
fn the_first_copy_wins() {
    let (mut stream, mut sink) = (Stream::default(), Sink::default());
    stream.start(10);
    feed(&mut stream, &mut sink, 14, b"EF");
    feed(&mut stream, &mut sink, 12, b"cdefgh");
    feed(&mut stream, &mut sink, 10, b"ABC");
    feed(&mut stream, &mut sink, 10, b"xxxxxxxxij");
    assert_eq!(sink.text(), "ABcdEFghij");
}

#[test]
fn an_acknowledged_hole_is_a_gap_and_late_bytes_are_ignored() {
    let (mut stream, mut sink) = (Stream::default(), Sink::default());
    stream.start(u32::MAX - 1);
    feed(&mut stream, &mut sink, 3, b"FGH");
    stream.give_up_to(5, &mut |p| sink.take(p));
    assert_eq!(sink.text(), ".....FGH");
    feed(&mut stream, &mut sink, u32::MAX - 1, b"abcde");
    feed(&mut stream, &mut sink, 6, b"I");
    assert_eq!(sink.text(), ".....FGHI");
}

#[test]
fn bytes_the_snap_length_cut_are_gaps() {
    let (mut stream, mut sink) = (Stream::default(), Sink::default());
    stream.start(0);
    stream.segment(4, b"EF", 4, None, Carrier::default(), &mut |p| sink.take(p)).unwrap();
    stream.segment(0, b"A", 4, None, Carrier::default(), &mut |p| sink.take(p)).unwrap();
    assert_eq!(sink.text(), "A...EF..");
}

#[test]
fn a_segment_far_ahead_needs_an_acknowledgement() {
    let (mut stream, mut sink) = (Stream::default(), Sink::default());
    stream.start(0);
    assert!(stream.segment(1 << 25, b"x", 1, None, Carrier::default(), &mut |p| sink.take(p)).is_err());
    assert!(
        stream
            .segment((1 << 30) + 1, b"x", 1, Some(1 << 30), Carrier::default(), &mut |p| sink.take(p))
            .is_err()
    );
    assert!(
        stream.segment(1 << 25, b"x", 1, Some(1 << 25), Carrier::default(), &mut |p| sink.take(p)).is_ok()
    );
    assert_eq!((sink.bytes.len(), stream.waits()), (0, true));
}

#[test]
fn a_fin_outside_of_what_is_expected_ends_nothing() {
    let (mut stream, mut sink) = (Stream::default(), Sink::default());
    stream.start(1000);
    feed(&mut stream, &mut sink, 1000, b"ab");
    for seq in [900, 1001, 1002 + (1 << 25)] {
        assert_eq!(stream.fin(seq, None, &mut |p| sink.take(p)), Err("tcp.fin_out_of_window"), "{seq}");
    }
    // Ahead, but what was there goes on.
    assert_eq!(stream.fin(1004, None, &mut |p| sink.take(p)), Ok(()));
    feed(&mut stream, &mut sink, 1002, b"cdef");
    assert_eq!((sink.text().as_str(), stream.finished()), ("abcdef", false));
    assert_eq!(stream.fin(1006, None, &mut |p| sink.take(p)), Ok(()));
    assert!(stream.finished() && sink.fin);
    assert_eq!(
        stream.segment(1006, b"g", 1, None, Carrier::default(), &mut |p| sink.take(p)),
        Err("tcp.after_fin")
    );
    assert_eq!(
        stream.segment(1004, b"ef", 2, None, Carrier::default(), &mut |p| sink.take(p)),
        Ok(()),
        "sent again"
    );
}

#[test]
fn a_fin_is_known_though_it_was_acknowledged_before() {
    let (mut stream, mut sink) = (Stream::default(), Sink::default());
    stream.start(0);
    feed(&mut stream, &mut sink, 0, b"ab");
    stream.give_up_to(3, &mut |p| sink.take(p));
    assert_eq!(stream.fin(2, None, &mut |p| sink.take(p)), Ok(()));
    assert_eq!((sink.text().as_str(), stream.finished()), ("ab.", true));
}
