//! What a file's name says about its place in a rotation. Used to group and order, never to
//! recognise content.

use std::cmp::Reverse;

/// Endings of compressed files.
const COMPRESSED: &[&str] = &[".gz", ".bz2", ".xz", ".zst", ".lz4", ".z", ".Z"];

/// Age of a rotated file by its name, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// The digits of a date and time.
    Dated(u64),
    /// `.1` is younger than `.2`.
    Numbered(Reverse<u64>),
    /// The file being written.
    Current,
}

/// The name all files of a rotated log share, with its directory, and the rank in the rotation:
/// `access.log` for `access.log`, `access.log.2.gz`, `access.log-20260101` and `access-20260101.log`.
pub(super) fn log(path: &str) -> (String, Rank) {
    let plain = without_compression(path);
    let (directory, name) = split_directory(plain);
    if let Some((stem, rank)) = rotation_at_end(name) {
        return (format!("{directory}{stem}"), rank);
    }
    if let Some((base, extension)) = name.rsplit_once('.')
        && extension.bytes().all(|b| b.is_ascii_alphabetic())
        && let Some((stem, rank)) = rotation_at_end(base)
    {
        return (format!("{directory}{stem}.{extension}"), rank);
    }
    (plain.to_owned(), Rank::Current)
}

/// The pattern the names of a capture's slices share, with the directory: every number a `#`.
pub(super) fn capture(path: &str) -> String {
    let (directory, name) = split_directory(without_compression(path));
    let mut pattern = String::from(directory);
    for c in name.chars() {
        if !c.is_ascii_digit() {
            pattern.push(c);
        } else if !pattern.ends_with('#') {
            pattern.push('#');
        }
    }
    // tcpdump -C names its slices x.pcap, x.pcap1, x.pcap2.
    let ring = pattern.strip_suffix('#').filter(|p| p.ends_with(|c: char| c.is_ascii_alphabetic()));
    ring.map(str::to_owned).unwrap_or(pattern)
}

fn without_compression(path: &str) -> &str {
    COMPRESSED.iter().find_map(|ending| path.strip_suffix(ending)).unwrap_or(path)
}

/// A member of an archive is in the archive as in a directory.
fn split_directory(path: &str) -> (&str, &str) {
    let start = path.rfind(['/', '!']).map_or(0, |at| at + 1);
    path.split_at_checked(start).unwrap_or(("", path))
}

/// Takes a date or a rotation number off the end of a name. What is left must have a letter: the
/// files `10.0.0.1` and `10.0.0.2` are not one log.
fn rotation_at_end(name: &str) -> Option<(&str, Rank)> {
    const BETWEEN: [char; 5] = ['-', '_', '.', 'T', ':'];
    let lettered = |stem: &&str| stem.contains(|c: char| c.is_ascii_alphabetic());
    let mut best = None;
    let mut digits = String::new();
    let mut rest = name;
    while let Some(at) = rest.rfind(BETWEEN) {
        let part = rest.get(at + 1..)?;
        if part.is_empty() || part.len() > 14 || !part.bytes().all(|b| b.is_ascii_digit()) {
            break;
        }
        digits.insert_str(0, part);
        let first = best.is_none() && digits.len() == part.len();
        rest = rest.get(..at)?;
        if let Some(date) = date(&digits) {
            best = Some((rest, Rank::Dated(date)));
        } else if first && part.len() <= 4 && name.get(at..)?.starts_with('.') {
            best = Some((rest, Rank::Numbered(Reverse(part.parse().ok()?))));
        }
        if digits.len() >= 14 {
            break;
        }
    }
    best.filter(|(stem, _)| lettered(stem))
}

/// YYYYMMDD with optional hour, minute and second, or seconds since the epoch; comparable among
/// those of one rotation, which have the same form.
fn date(digits: &str) -> Option<u64> {
    let value: u64 = digits.parse().ok()?;
    let part = |from: usize| digits.get(from..from + 2)?.parse::<u32>().ok();
    let calendar = matches!(digits.len(), 8 | 10 | 12 | 14)
        && matches!(digits.get(..2), Some("19" | "20"))
        && (1..=12).contains(&part(4)?)
        && (1..=31).contains(&part(6)?);
    let epoch = digits.len() == 10 && (1_000_000_000..2_000_000_000).contains(&value);
    (calendar || epoch).then_some(value)
}
