//! Lines in chunks, and the layers of compression around them.

use super::{chunks, file, find, one, write};
use crate::source::lines::{CHUNK, MAX_LINE};

/// Lines of every length that matters, without repetition.
fn text(size: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(size + 400);
    let mut i = 0_usize;
    while out.len() < size {
        out.extend(format!("line {i} {}\n", "x".repeat(i * 7 % 300)).bytes());
        i += 1;
    }
    out
}

fn check(content: &[u8], around: &[u8]) {
    let dir = tempfile::tempdir().unwrap();
    let (all, fault, _) = chunks(one(&file(dir.path(), "x", around)).lines().unwrap());
    assert_eq!(fault, None);
    let mut line = 1;
    let mut offset = 0;
    for (i, chunk) in all.iter().enumerate() {
        assert_eq!((chunk.first_line, chunk.offset), (line, offset));
        line += chunk.data.iter().filter(|&&b| b == b'\n').count() as u64;
        offset += chunk.data.len() as u64;
        if i + 1 < all.len() {
            assert!(chunk.data.len() >= CHUNK && chunk.data.ends_with(b"\n"));
            let before_last = &chunk.data[..chunk.data.len() - 1];
            assert!(!before_last[CHUNK - 1..].contains(&b'\n'), "ends with the first line end it can");
        }
    }
    assert!(all.iter().flat_map(|c| &c.data).eq(content));
}

#[test]
fn chunks_are_whole_lines() {
    let big = text(3 * CHUNK + 12345);
    check(&big, &big);
    check(&big[..big.len() - 3], &big[..big.len() - 3]);
    let odd = b"crlf\r\nlatin \xe9\xe8\nnul \0\0 in the middle of a line of text\n\n\nno end".repeat(40_000);
    check(&odd, &odd);
    let mut long = b"short\n".to_vec();
    long.extend(vec![b'y'; 3 * CHUNK]);
    long.extend(b"\nend\n");
    check(&long, &long);
}

#[test]
fn a_line_without_end_is_cut_and_counted() {
    let dir = tempfile::tempdir().unwrap();
    let mut content = b"first\nsecond\n".to_vec();
    content.extend(vec![b'z'; MAX_LINE + 2 * CHUNK]);
    content.extend(b"\nlast");
    let (all, fault, caps) = chunks(one(&file(dir.path(), "x", &content)).lines().unwrap());
    assert_eq!(fault, None);
    assert!(all.iter().flat_map(|c| &c.data).eq(&content));
    let shape: Vec<_> = all.iter().map(|c| (c.first_line, c.data.len())).collect();
    assert_eq!(shape, [(1, 13), (3, MAX_LINE), (3, 2 * CHUNK + 1), (4, 4)]);
    assert_eq!(caps.caps["lines.too_long"].count, 1);
    assert_eq!(caps.caps["lines.too_long"].samples[0].origin.record, 3);
}

#[test]
fn every_compression_and_two_of_them() {
    let plain = text(300_000);
    for outer in ["gzip", "zstd", "xz", "bzip2", "lz4"] {
        let packed = write::compress(outer, &plain);
        check(&plain, &packed);
        // Several members behind each other, and padding.
        let (a, b) = plain.split_at(100_000);
        let mut members = write::compress(outer, a);
        members.extend(write::compress(outer, b));
        check(&plain, &members);
        for inner in ["gzip", "zstd", "xz", "bzip2", "lz4"] {
            check(&plain, &write::compress(outer, &write::compress(inner, &plain)));
        }
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(one(&file(dir.path(), "x", &packed)).codecs, [outer]);
    }
    let mut padded = write::compress("gzip", &plain);
    padded.extend([0; 5000]);
    check(&plain, &padded);
}

#[test]
fn broken_compression_gives_what_came_before_and_a_fault() {
    let plain = text(2_000_000);
    for codec in ["gzip", "zstd", "xz", "bzip2", "lz4"] {
        let packed = write::compress(codec, &plain);
        let dir = tempfile::tempdir().unwrap();
        let (all, fault, _) =
            chunks(one(&file(dir.path(), "x", &packed[..packed.len() - 9])).lines().unwrap());
        let got: Vec<u8> = all.into_iter().flat_map(|c| c.data).collect();
        assert!(plain.starts_with(&got) && got.len() > 500_000, "{codec} gave {} bytes", got.len());
        let fault = fault.expect(codec);
        assert!(fault.reason.starts_with(codec) && fault.offset == Some(got.len() as u64), "{fault:?}");
    }
    let mut garbage = write::compress("gzip", b"a line\n");
    garbage.extend(b"something else");
    let dir = tempfile::tempdir().unwrap();
    let (_, fault, _) = chunks(one(&file(dir.path(), "x", &garbage)).lines().unwrap());
    assert_eq!(fault.unwrap().reason, "gzip: unknown bytes behind the last member");
}

#[test]
fn too_many_layers() {
    let mut bytes = b"a line\n".to_vec();
    for _ in 0..5 {
        bytes = write::compress("gzip", &bytes);
    }
    let dir = tempfile::tempdir().unwrap();
    let (groups, ledger) = find(&[&file(dir.path(), "x", &bytes)]);
    assert!(groups.is_empty());
    assert_eq!(ledger.faults[0].reason, "more than 4 layers of compression");
}

#[test]
fn the_end_of_a_plain_file_can_be_read_ahead() {
    let dir = tempfile::tempdir().unwrap();
    let short = one(&file(dir.path(), "short", b"first\nlast\n")).tail();
    assert_eq!(short, b"first\nlast\n");
    let long: String = (0..20_000).map(|n| format!("line {n}\n")).collect();
    let tail = one(&file(dir.path(), "long", long.as_bytes())).tail();
    assert!(tail.len() > 60_000 && long.as_bytes().ends_with(&tail) && tail.starts_with(b"line "));
    let packed = write::compress("gzip", long.as_bytes());
    assert!(one(&file(dir.path(), "packed", &packed)).tail().is_empty());
}
