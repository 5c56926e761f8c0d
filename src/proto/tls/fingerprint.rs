//! JA3 and JA3S (salesforce/ja3) and JA4, the fingerprint of TLS clients (FoxIO, technical_details/JA4.md).

use super::hello::Hello;
use super::names::is_grease;
use md5::Md5;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for b in bytes {
        digit(&mut out, b >> 4);
        digit(&mut out, b & 15);
    }
    out
}

/// Without the formatter: a certificate alone has a hundred.
fn digit(out: &mut String, nibble: u8) {
    out.push(char::from(if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }));
}

fn dashed(out: &mut String, values: impl Iterator<Item = u16>) {
    for (i, v) in values.filter(|v| !is_grease(*v)).enumerate() {
        if i > 0 {
            out.push('-');
        }
        out.push_str(itoa::Buffer::new().format(v));
    }
}

/// What JA3 hashes: version, ciphers, extensions, groups and point formats, decimal, without GREASE.
pub(super) fn ja3_text(hello: &Hello) -> String {
    let mut text = format!("{},", hello.version);
    dashed(&mut text, hello.ciphers.iter().copied());
    text.push(',');
    dashed(&mut text, hello.extensions.iter().copied());
    text.push(',');
    dashed(&mut text, hello.groups.iter().copied());
    text.push(',');
    dashed(&mut text, hello.points.iter().map(|p| u16::from(*p)));
    text
}

/// What JA3S hashes: version, cipher and extensions of the ServerHello.
pub(super) fn ja3s_text(hello: &Hello) -> String {
    let mut text = format!("{},", hello.version);
    dashed(&mut text, hello.ciphers.iter().copied());
    text.push(',');
    dashed(&mut text, hello.extensions.iter().copied());
    text
}

/// MD5 as 32 lower-case digits.
pub(super) fn md5_hex(text: &str) -> String {
    hex(&Md5::digest(text.as_bytes()))
}

/// The JA4 of a ClientHello; `transport` is `t` for TCP, `d` for DTLS, `q` for QUIC.
pub(super) fn ja4(hello: &Hello, transport: char) -> String {
    let real = |list: &[u16]| list.iter().copied().filter(|v| !is_grease(*v)).collect::<Vec<_>>();
    let mut ciphers = real(&hello.ciphers);
    let mut extensions = real(&hello.extensions);
    let mut out = String::with_capacity(36);
    let _ = write!(
        out,
        "{transport}{}{}{:02}{:02}{}_",
        ja4_version(hello),
        if hello.has(0) { 'd' } else { 'i' },
        ciphers.len().min(99),
        extensions.len().min(99),
        ja4_alpn(hello.alpn.first().map_or(&[], Vec::as_slice)),
    );
    ciphers.sort_unstable();
    push_hash(&mut out, !ciphers.is_empty(), &codes(&ciphers));
    out.push('_');
    extensions.retain(|e| *e != 0 && *e != 16);
    extensions.sort_unstable();
    let mut text = codes(&extensions);
    let schemes = real(&hello.schemes);
    if !schemes.is_empty() {
        text.push('_');
        text.push_str(&codes(&schemes));
    }
    push_hash(&mut out, !extensions.is_empty(), &text);
    out
}

fn codes(list: &[u16]) -> String {
    let mut out = String::with_capacity(list.len() * 5);
    for (i, v) in list.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        for b in v.to_be_bytes() {
            digit(&mut out, b >> 4);
            digit(&mut out, b & 15);
        }
    }
    out
}

fn push_hash(out: &mut String, any: bool, text: &str) {
    if any {
        out.extend(hex(&Sha256::digest(text.as_bytes())).chars().take(12));
    } else {
        out.push_str("000000000000");
    }
}

fn ja4_version(hello: &Hello) -> &'static str {
    let offered = hello.versions.iter().copied().filter(|v| !is_grease(*v));
    // DTLS counts its versions downwards.
    let highest = offered.max_by_key(|v| if *v >= 0xfe00 { !*v } else { *v });
    match highest.unwrap_or(hello.version) {
        0x0304 => "13",
        0x0303 => "12",
        0x0302 => "11",
        0x0301 => "10",
        0x0300 => "s3",
        0x0002 => "s2",
        0xfeff => "d1",
        0xfefd => "d2",
        0xfefc => "d3",
        _ => "00",
    }
}

fn ja4_alpn(value: &[u8]) -> String {
    let (Some(first), Some(last)) = (value.first(), value.last()) else { return "00".to_owned() };
    if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() {
        return [char::from(*first), char::from(*last)].iter().collect();
    }
    hex(&[*first]).chars().take(1).chain(hex(&[*last]).chars().skip(1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(version: u16, ciphers: &[u16], extensions: &[u16]) -> Hello {
        Hello { version, ciphers: ciphers.to_vec(), extensions: extensions.to_vec(), ..Hello::default() }
    }

    /// The two examples of the JA3 description.
    #[test]
    fn ja3_published() {
        let mut h =
            hello(769, &[47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4], &[0x2a2a, 0, 10, 11]);
        h.groups = vec![0x1a1a, 23, 24, 25];
        h.points = vec![0];
        assert_eq!(ja3_text(&h), "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0");
        assert_eq!(md5_hex(&ja3_text(&h)), "ada70206e40642a3e4461f35503241d5");
        let h = hello(769, &[4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99], &[]);
        assert_eq!(ja3_text(&h), "769,4-5-10-9-100-98-3-6-19-18-99,,,");
        assert_eq!(md5_hex(&ja3_text(&h)), "de350869b8c85de67a350c8d186f11e6");
    }

    /// The example of the JA4 description, with GREASE put everywhere.
    #[test]
    fn ja4_published() {
        let mut h = hello(
            0x0303,
            &[
                0x3a3a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013,
                0xc014, 0x9c, 0x9d, 0x2f, 0x35,
            ],
            &[
                0xeaea, 0x1b, 0, 0x33, 0x10, 0x4469, 0x17, 0x2d, 0xd, 5, 0x23, 0x12, 0x2b, 0xff01, 0xb, 0xa,
                0x15, 0x5a5a,
            ],
        );
        h.schemes = vec![0x0403, 0x0804, 0x9a9a, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601];
        h.versions = vec![0xfafa, 0x0303, 0x0304];
        h.alpn = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        assert_eq!(ja4(&h, 't'), "t13d1516h2_8daaf6152771_e5627efa2ab1");
        h.schemes.clear();
        assert_eq!(ja4(&h, 't'), "t13d1516h2_8daaf6152771_6d807ffa2a79");
        assert_eq!(ja4(&hello(0xfefd, &[], &[]), 'd'), "dd2i000000_000000000000_000000000000");
    }

    #[test]
    fn ja4_alpn_published() {
        for (value, want) in [
            (&b""[..], "00"),
            (b"h2", "h2"),
            (b"http/1.1", "h1"),
            (b"x", "xx"),
            (&[0xab], "ab"),
            (&[0xab, 0xcd], "ad"),
            (&[0x30, 0xab], "3b"),
            (&[0x30, 0x31, 0xab, 0xcd], "3d"),
            (&[0x30, 0xab, 0xcd, 0x31], "01"),
        ] {
            assert_eq!(ja4_alpn(value), want, "{value:?}");
        }
    }
}
