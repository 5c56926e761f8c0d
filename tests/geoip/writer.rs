//! A writer of MaxMind DB files (format 2.0: binary search tree, data section, metadata), so that
//! the reader is tested with databases whose every answer is known.

use std::net::IpAddr;

/// A value of the data section.
pub enum Data {
    Text(&'static str),
    Double(f64),
    Unsigned(u32),
    Map(Vec<(&'static str, Data)>),
    List(Vec<Data>),
}

/// Numbers of the types in control bytes, from the format's table.
const TEXT: usize = 2;
const DOUBLE: usize = 3;
const UINT16: usize = 5;
const UINT32: usize = 6;
const MAP: usize = 7;
const UINT64: usize = 9;
const ARRAY: usize = 11;

fn control(out: &mut Vec<u8>, kind: usize, size: usize) {
    assert!(size < 29 + 256, "no larger sizes are needed here");
    let low = size.min(29) as u8;
    if kind <= 7 {
        out.push((kind as u8) << 5 | low);
    } else {
        out.extend([low, kind as u8 - 7]);
    }
    if size >= 29 {
        out.push((size - 29) as u8);
    }
}

fn text(out: &mut Vec<u8>, value: &str) {
    control(out, TEXT, value.len());
    out.extend(value.as_bytes());
}

fn number(out: &mut Vec<u8>, kind: usize, value: u64) {
    let bytes = value.to_be_bytes();
    let used = &bytes[value.leading_zeros() as usize / 8..];
    control(out, kind, used.len());
    out.extend(used);
}

impl Data {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Data::Text(value) => text(out, value),
            Data::Double(value) => {
                control(out, DOUBLE, 8);
                out.extend(value.to_be_bytes());
            }
            Data::Unsigned(value) => number(out, UINT32, u64::from(*value)),
            Data::Map(entries) => {
                control(out, MAP, entries.len());
                for (key, value) in entries {
                    text(out, key);
                    value.write(out);
                }
            }
            Data::List(items) => {
                control(out, ARRAY, items.len());
                items.iter().for_each(|item| item.write(out));
            }
        }
    }
}

/// What a record of the tree leads to.
#[derive(Clone, Copy)]
enum Leaf {
    Nothing,
    Node(usize),
    Data(usize),
}

/// The bytes of a database of `kind` in which each network has its data. Networks do not overlap.
pub fn database(kind: &str, networks: &[(&str, Data)]) -> Vec<u8> {
    let mut tree = vec![[Leaf::Nothing; 2]];
    let mut data = Vec::new();
    for (network, value) in networks {
        let at = data.len();
        value.write(&mut data);
        let (bits, length) = bits_of(network);
        let mut node = 0;
        for depth in 0..length {
            let side = usize::from(bits >> (127 - depth) & 1 == 1);
            if depth + 1 == length {
                tree[node][side] = Leaf::Data(at);
            } else if let Leaf::Node(next) = tree[node][side] {
                node = next;
            } else {
                tree.push([Leaf::Nothing; 2]);
                tree[node][side] = Leaf::Node(tree.len() - 1);
                node = tree.len() - 1;
            }
        }
    }
    let mut out = Vec::new();
    for leaf in tree.iter().flatten() {
        let record = match leaf {
            Leaf::Nothing => tree.len(),
            Leaf::Node(node) => *node,
            Leaf::Data(at) => tree.len() + 16 + at,
        };
        out.extend(&(record as u32).to_be_bytes()[1..]);
    }
    out.extend([0; 16]);
    out.extend(data);
    metadata(&mut out, kind, tree.len());
    out
}

/// The address as the tree sees it (IPv4 lives under ::/96) and the number of its network's bits.
fn bits_of(network: &str) -> (u128, usize) {
    let (address, length) = network.split_once('/').unwrap();
    let length: usize = length.parse().unwrap();
    match address.parse().unwrap() {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()), 96 + length),
        IpAddr::V6(v6) => (v6.to_bits(), length),
    }
}

fn metadata(out: &mut Vec<u8>, kind: &str, nodes: usize) {
    out.extend(b"\xab\xcd\xefMaxMind.com");
    control(out, MAP, 9);
    for (key, kind, value) in [
        ("node_count", UINT32, nodes as u64),
        ("record_size", UINT16, 24),
        ("ip_version", UINT16, 6),
        ("binary_format_major_version", UINT16, 2),
        ("binary_format_minor_version", UINT16, 0),
        ("build_epoch", UINT64, 1_767_225_600),
    ] {
        text(out, key);
        number(out, kind, value);
    }
    text(out, "database_type");
    text(out, kind);
    text(out, "languages");
    control(out, ARRAY, 0);
    text(out, "description");
    control(out, MAP, 0);
}
