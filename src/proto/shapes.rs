//! Protocols that are recognised by the shape of their first bytes and not read: their flows have a name, and no
//! events. They are asked after all parsers have said no.
//!
//! A shape is one entry in `tcp.rs` or `udp.rs`. Where the bytes alone would also fit others, it only holds at the
//! usual ports; where one datagram says too little, two of one direction have to agree.

mod tcp;
mod udp;

use super::{Emit, Options, Over, Parser, Probe, Protocol, Step};
use crate::model::Transport;
use crate::proto::Dir;

/// Bytes of each direction of a stream that shapes are shown; and of the datagram before.
pub const SEEN: usize = 64;

/// A protocol that is only named.
#[derive(Debug)]
pub struct Shape {
    /// Name, what it is, ports; the parser stops at once.
    pub protocol: Protocol,
    /// It only holds at one of the ports.
    pub strict: bool,
    test: fn(&Sight<'_>) -> bool,
}

/// What a shape is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Sight<'a> {
    /// A datagram, or the first bytes of one direction.
    pub bytes: &'a [u8],
    /// The beginning of the datagram before, of the same direction.
    pub before: &'a [u8],
    /// Both ports.
    pub ports: [u16; 2],
}

impl Sight<'_> {
    fn u8(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    fn u16(&self, at: usize) -> Option<u16> {
        self.bytes.get(at..).and_then(|b| b.first_chunk()).map(|b| u16::from_be_bytes(*b))
    }

    fn u32(&self, at: usize) -> Option<u32> {
        self.bytes.get(at..).and_then(|b| b.first_chunk()).map(|b| u32::from_be_bytes(*b))
    }

    fn u32_le(&self, at: usize) -> Option<u32> {
        self.u32(at).map(u32::swap_bytes)
    }

    fn has(&self, at: usize, bytes: &[u8]) -> bool {
        self.bytes.get(at..).is_some_and(|b| b.starts_with(bytes))
    }

    fn begins(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.bytes.starts_with(word.as_bytes()))
    }

    fn within(&self, text: &str) -> bool {
        memchr::memmem::find(self.bytes, text.as_bytes()).is_some()
    }

    /// Whether `at` holds the length of what comes `after` it, in all that is there.
    fn long(&self, length: Option<u32>, after: usize) -> bool {
        let rest = self.bytes.len().checked_sub(after).and_then(|n| u32::try_from(n).ok());
        length.zip(rest).is_some_and(|(length, rest)| length == rest)
    }
}

impl Shape {
    const fn new(
        name: &'static str,
        doc: &'static str,
        over: Over,
        ports: &'static [u16],
        strict: bool,
        test: fn(&Sight<'_>) -> bool,
    ) -> Shape {
        let protocol = Protocol {
            name,
            doc,
            over,
            ports,
            probe: |_, _| Probe::No,
            start: |_: &Options| Box::new(Named),
            datasets: &[],
            fields: &[],
            anomalies: &[],
        };
        Shape { protocol, strict, test }
    }

    fn is(&self, sight: &Sight<'_>) -> bool {
        (!self.strict || sight.ports.iter().any(|port| self.protocol.ports.contains(port)))
            && (self.test)(sight)
    }
}

/// The shape of these bytes, if they have one.
pub fn find(transport: Transport, sight: &Sight<'_>) -> Option<&'static Protocol> {
    all(transport).iter().find(|shape| shape.is(sight)).map(|shape| &shape.protocol)
}

/// All shapes over a transport.
pub fn all(transport: Transport) -> &'static [Shape] {
    match transport {
        Transport::Tcp => tcp::ALL,
        Transport::Udp => udp::ALL,
        _ => &[],
    }
}

/// Reads nothing.
struct Named;

impl Parser for Named {
    fn data(&mut self, _: Dir, _: &[u8], _: &mut Emit<'_>) -> Step {
        Step::Done
    }

    fn end(&mut self, _: &mut Emit<'_>) {}
}

/// Declares shapes: name, ports (`at`: only there; `near`: usually), test, what it is.
macro_rules! shapes {
    ($over:ident; $($name:literal $place:ident [$($port:literal),*], $doc:literal, $test:expr;)*) => {
        /// All of this transport.
        pub(super) static ALL: &[Shape] = &[
            $(Shape::new($name, $doc, Over::$over, &[$($port),*], shapes!(@ $place), $test),)*
        ];
    };
    (@ at) => { true };
    (@ near) => { false };
}
use shapes;

#[cfg(test)]
mod tests {
    use super::*;

    /// Text, lengths and zeroes, that is what most of unknown traffic is, has no shape.
    #[test]
    fn what_has_no_shape_gets_none() {
        let mut noise = vec![0u8; 400];
        let mut x = 7u32;
        for transport in [Transport::Tcp, Transport::Udp] {
            for round in 0..4000u32 {
                for byte in &mut noise {
                    x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    *byte = x.to_be_bytes()[0];
                }
                let (before, bytes) = noise.split_at(100);
                let sight = Sight { bytes, before, ports: [40_000, 50_000] };
                let found = find(transport, &sight).map(|p| p.name);
                assert_eq!(found, None, "round {round}: {:?}", bytes.get(..16));
            }
            for bytes in [&b"hello world, how are you today?\r\n"[..], &[0; 64], &[0xff; 12], b"{\"a\": 1}"] {
                let sight = Sight { bytes, before: bytes, ports: [40_000, 50_000] };
                assert_eq!(find(transport, &sight).map(|p| p.name), None, "{bytes:?}");
            }
        }
    }

    #[test]
    fn media_need_two_packets_that_agree() {
        let packet =
            |seq: u8, ssrc: u8| [&[0x80, 0x08, 0, seq, 0, 0, 0, 1, 9, 9, 9, ssrc][..], &[0x55; 160]].concat();
        let name = |a: &[u8], b: &[u8]| {
            find(Transport::Udp, &Sight { bytes: b, before: a, ports: [40_000, 50_000] }).map(|p| p.name)
        };
        assert_eq!(name(&packet(1, 1), &packet(2, 1)), Some("rtp"));
        assert_eq!(name(&[], &packet(2, 1)), None);
        assert_eq!(name(&packet(1, 2), &packet(2, 1)), None);
        assert_eq!(name(&packet(9, 1), &packet(2, 1)), None);
    }
}
