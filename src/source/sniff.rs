//! What a decompressed input is, told by its first bytes, never by its name.

use super::input::SAMPLE;
use super::{Kind, pcap, pcapng};
use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// What the first bytes of an input say it is.
#[derive(Debug, PartialEq)]
pub(super) enum Content {
    Known(Kind),
    /// A tar archive.
    Tar,
    /// Nothing at all.
    Empty,
    /// Something netlog does not read, and why it thinks so.
    Other(Cow<'static, str>),
}

/// Magic numbers at the start of things that turn up beside captures and logs.
const FOREIGN: &[(&[u8], &str)] = &[
    (b"PK\x03\x04", "a zip archive (unpack it first)"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive (unpack it first)"),
    (b"Rar!\x1a\x07", "a RAR archive (unpack it first)"),
    (b"\x1f\x9d", "compressed with compress(1) (unpack it first)"),
    (b"LZIP", "compressed with lzip (unpack it first)"),
    (b"070701", "a cpio archive (unpack it first)"),
    (b"!<arch>\n", "an ar archive"),
    (b"ElfFile\0", "a Windows event log (.evtx): export it as text or JSON first"),
    (b"LPKSHHRH", "a systemd journal: export it with journalctl first"),
    (b"snoop\0\0\0", "a snoop capture: convert it with editcap first"),
    (b"XCP\0", "a NetXRay capture: convert it with editcap first"),
    (b"GMBU", "a Network Monitor capture: convert it with editcap first"),
    (b"\x1c\0\x01\xac", "an IXIA capture: convert it with editcap first"),
    (b"\x1c\0\x01\xab", "an IXIA capture: convert it with editcap first"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90\0", "a program"),
    (b"SQLite format 3\0", "a SQLite database"),
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG\r\n", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"PAR1", "a Parquet file"),
    (b"\xff\xfe", "UTF-16 text: convert it to UTF-8 first"),
    (b"\xfe\xff", "UTF-16 text: convert it to UTF-8 first"),
];

/// Whether a file is a capture, as it lies there.
pub fn is_capture(path: &Path) -> bool {
    // A pipe would be waited for.
    if !path.is_file() {
        return false;
    }
    let mut begin = [0; 32];
    let read = File::open(path).and_then(|mut file| file.read(&mut begin)).unwrap_or(0);
    let begin = begin.get(..read).unwrap_or_default();
    pcap::is_magic(begin) || pcapng::is_magic(begin)
}

/// Recognises the content of an input by its first bytes.
pub(super) fn recognise(sample: &[u8]) -> Content {
    if sample.is_empty() {
        return Content::Empty;
    }
    if pcap::is_magic(sample) {
        return Content::Known(Kind::Pcap);
    }
    if pcapng::is_magic(sample) {
        return Content::Known(Kind::PcapNg);
    }
    if super::tar::is_header(sample) {
        return Content::Tar;
    }
    if let Some((_, what)) = FOREIGN.iter().find(|(magic, _)| sample.starts_with(magic)) {
        return Content::Other(Cow::Borrowed(what));
    }
    match not_text(sample) {
        None => Content::Known(Kind::Text),
        Some(why) => Content::Other(why),
    }
}

/// NULs in a row that are a hole: what a file system or a truncated file leaves, not what a program writes.
const HOLE: usize = 256;

/// Why a sample is not lines of text; `None` if it is.
///
/// Logs have stray bytes: a run of NULs where a machine lost power or a file was truncated while
/// being written, terminal colours, Latin-1. So leading NULs and holes are passed over, and what remains may
/// have a tenth of control bytes, or a fiftieth if much of it is not UTF-8 either. Random bytes have
/// an eighth of control bytes, and nearly half are not UTF-8.
fn not_text(sample: &[u8]) -> Option<Cow<'static, str>> {
    let zeros = sample.iter().take_while(|&&b| b == 0).count();
    let body = sample.get(zeros..).unwrap_or_default();
    if body.is_empty() {
        // A log that was truncated while its writer kept the old position begins with a hole of any size.
        let goes_on = sample.len() >= SAMPLE;
        return (!goes_on).then_some(Cow::Borrowed("nothing but NUL bytes"));
    }
    let nul_at = |odd: usize| body.iter().skip(odd).step_by(2).filter(|&&b| b == 0).count();
    let half = body.len() / 2;
    if half >= 8
        && (nul_at(0) * 10 > half * 7 || nul_at(1) * 10 > half * 7)
        && nul_at(0).min(nul_at(1)) * 10 < half
    {
        return Some(Cow::Borrowed("UTF-16 text: convert it to UTF-8 first"));
    }
    let control =
        body.iter().filter(|&&b| b == 0x7f || (b < 0x20 && !b"\t\n\x0b\x0c\r\x08\x1b".contains(&b))).count();
    let holes: usize = body
        .chunk_by(|a, b| a == b)
        .filter(|run| run.first() == Some(&0))
        .map(<[u8]>::len)
        .filter(|len| *len >= HOLE)
        .sum();
    let (control, text) = (control - holes, body.len() - holes);
    let invalid: usize = body.utf8_chunks().map(|c| c.invalid().len()).sum();
    let binary = control * 10 > text || (control * 50 > text && invalid * 5 > text);
    binary.then(|| {
        let percent = control * 100 / text;
        Cow::Owned(format!("{percent} % of the first {} bytes are control bytes", sample.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hole_is_no_reason_not_to_read_a_log() {
        let lines = b"Dec 26 13:20:00 w sshd[1]: Connection closed\n".repeat(50);
        let holed = |hole: usize| [&lines[..], &vec![0; hole], &lines].concat();
        for hole in [0, 100, 5000, 50_000] {
            assert_eq!(recognise(&holed(hole)), Content::Known(Kind::Text), "{hole}");
        }
        let numbers: Vec<u8> = (0..4096).flat_map(|n: u32| n.to_le_bytes()).collect();
        assert!(matches!(recognise(&numbers), Content::Other(_)));
        assert!(matches!(recognise(&[0; 999]), Content::Other(_)));
        assert_eq!(recognise(&vec![0; SAMPLE]), Content::Known(Kind::Text));
    }
}
