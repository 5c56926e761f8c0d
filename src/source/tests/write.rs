//! Writers of the formats, by their specifications.

use std::io::Write;

/// Byte order of a written file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Order {
    Little,
    Big,
}

impl Order {
    pub fn u16(self, v: u16) -> [u8; 2] {
        if self == Order::Big { v.to_be_bytes() } else { v.to_le_bytes() }
    }

    pub fn u32(self, v: u32) -> [u8; 4] {
        if self == Order::Big { v.to_be_bytes() } else { v.to_le_bytes() }
    }

    pub fn u64(self, v: u64) -> [u8; 8] {
        if self == Order::Big { v.to_be_bytes() } else { v.to_le_bytes() }
    }
}

/// A pcap file header, version 2.4.
pub(super) fn pcap_header(order: Order, magic: u32, snaplen: u32, link: u32) -> Vec<u8> {
    let mut out = order.u32(magic).to_vec();
    out.extend(order.u16(2));
    out.extend(order.u16(4));
    out.extend([0; 8]);
    out.extend(order.u32(snaplen));
    out.extend(order.u32(link));
    out
}

pub(super) fn pcap_record(out: &mut Vec<u8>, order: Order, sec: u32, frac: u32, body: &[u8]) {
    for word in [sec, frac, body.len() as u32, body.len() as u32] {
        out.extend(order.u32(word));
    }
    out.extend(body);
}

/// A pcap of `count` packets, a second apart from `start` on, with bodies of different lengths.
pub(super) fn pcap(start: u32, count: u32) -> Vec<u8> {
    let mut out = pcap_header(Order::Little, 0xa1b2_c3d4, 65535, 1);
    for i in 0..count {
        pcap_record(&mut out, Order::Little, start + i, 7, &vec![i as u8; 60 + i as usize % 50]);
    }
    out
}

/// A pcapng block.
pub(super) fn block(order: Order, kind: u32, body: &[u8]) -> Vec<u8> {
    let padded = body.len().next_multiple_of(4);
    let len = order.u32(padded as u32 + 12);
    let mut out = order.u32(kind).to_vec();
    out.extend(len);
    out.extend(body);
    out.resize(8 + padded, 0);
    out.extend(len);
    out
}

pub(super) fn option(order: Order, code: u16, value: &[u8]) -> Vec<u8> {
    let mut out = order.u16(code).to_vec();
    out.extend(order.u16(value.len() as u16));
    out.extend(value);
    out.resize(4 + value.len().next_multiple_of(4), 0);
    out
}

pub(super) fn section(order: Order, options: &[u8]) -> Vec<u8> {
    let mut body = order.u32(0x1a2b_3c4d).to_vec();
    body.extend(order.u16(1));
    body.extend(order.u16(0));
    body.extend([0xff; 8]);
    body.extend(options);
    block(order, 0x0a0d_0d0a, &body)
}

pub(super) fn interface(order: Order, link: u16, snaplen: u32, options: &[u8]) -> Vec<u8> {
    let mut body = order.u16(link).to_vec();
    body.extend([0; 2]);
    body.extend(order.u32(snaplen));
    body.extend(options);
    block(order, 1, &body)
}

pub(super) fn enhanced(order: Order, interface: u32, ticks: u64, data: &[u8], options: &[u8]) -> Vec<u8> {
    let mut body = order.u32(interface).to_vec();
    body.extend(order.u32((ticks >> 32) as u32));
    body.extend(order.u32(ticks as u32));
    body.extend(order.u32(data.len() as u32));
    body.extend(order.u32(data.len() as u32 + 10));
    body.extend(data);
    body.resize(body.len().next_multiple_of(4), 0);
    body.extend(options);
    block(order, 6, &body)
}

pub(super) fn compress(name: &str, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    match name {
        "gzip" => {
            let mut w = flate2::write::GzEncoder::new(&mut out, flate2::Compression::fast());
            w.write_all(content).unwrap();
            w.finish().unwrap();
        }
        "zstd" => out = zstd::encode_all(content, 1).unwrap(),
        "xz" => {
            let mut w = lzma_rust2::XzWriter::new(&mut out, lzma_rust2::XzOptions::with_preset(1)).unwrap();
            w.write_all(content).unwrap();
            w.finish().unwrap();
        }
        "bzip2" => {
            let mut w = bzip2::write::BzEncoder::new(&mut out, bzip2::Compression::fast());
            w.write_all(content).unwrap();
            w.finish().unwrap();
        }
        _ => {
            let info = lz4_flex::frame::FrameInfo::new().block_size(lz4_flex::frame::BlockSize::Max64KB);
            let mut w = lz4_flex::frame::FrameEncoder::with_frame_info(info, &mut out);
            w.write_all(content).unwrap();
            w.finish().unwrap();
        }
    }
    out
}

/// A ustar header and content.
pub(super) fn tar_member(name: &str, kind: u8, content: &[u8]) -> Vec<u8> {
    let mut head = vec![0; 512];
    head[..name.len()].copy_from_slice(name.as_bytes());
    head[100..107].copy_from_slice(b"0000644");
    head[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    head[136..147].copy_from_slice(b"14000000000");
    head[148..156].copy_from_slice(b"        ");
    head[156] = kind;
    head[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = head.iter().map(|&b| u32::from(b)).sum();
    head[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    head.extend(content);
    head.resize(head.len().next_multiple_of(512), 0);
    head
}
