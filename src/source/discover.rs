//! From arguments to inputs: files, directories, globs, archives, pipes and standard input.

use super::digest::Digest;
use super::input::{Place, SAMPLE};
use super::pattern::Pattern;
use super::sniff::{self, Content};
use super::tar::{self, Archive};
use super::window::Raw;
use super::{codec, group};
use crate::model::{InputFault, Ledger, Origin, Reason, Sample, Ts};
use std::collections::BTreeSet;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

pub use super::group::{FirstStamp, Group};
pub use super::input::Input;

/// Bytes of samples kept of all inputs together; when they are used up, [`SHORT_SAMPLE`] is kept of each.
const SAMPLES: usize = 64 << 20;
const SHORT_SAMPLE: usize = 4 << 10;
/// Bytes of archive members kept in memory when an archive comes through a pipe.
const SPOOL: u64 = 64 << 20;

/// Finds and recognises all inputs named by `args`, and groups what belongs together.
///
/// An argument is a file, a directory (searched whole, in the order of names, hidden files included),
/// a glob if no file has that name, `-` for standard input, or a named pipe. tar archives are looked
/// into. A file named twice, by whatever path, is read once.
///
/// `stamp` tells the time of the first time stamp in a text sample, given the file's modification
/// time; rotated logs are ordered by it.
///
/// What cannot be opened, or was named and is neither a capture nor a log, becomes a fault in
/// `ledger`; files of directories and archives that are something else are counted as
/// `source.not_recognised`, empty ones as `source.empty`.
pub fn discover(args: &[String], stamp: &FirstStamp<'_>, ledger: &mut Ledger) -> Vec<Group> {
    let mut finder = Finder { ledger, inputs: Vec::new(), seen: BTreeSet::new(), samples: 0, notes: 0 };
    for arg in args {
        finder.argument(arg);
    }
    group::group(finder.inputs, stamp, ledger)
}

/// How an input came to be looked at.
#[derive(Clone, Copy, PartialEq)]
enum By {
    /// Named on the command line: being nothing netlog reads is a fault.
    Name,
    /// Found in a directory or an archive.
    Search,
}

struct Finder<'a> {
    ledger: &'a mut Ledger,
    inputs: Vec<Input>,
    seen: BTreeSet<PathBuf>,
    samples: usize,
    notes: u64,
}

/// What is known of a file beside its content.
#[derive(Default)]
struct About {
    size: Option<u64>,
    mtime: Option<Ts>,
}

impl Finder<'_> {
    fn argument(&mut self, arg: &str) {
        if arg == "-" {
            if self.seen.insert(PathBuf::from(arg)) {
                self.stream(arg, Box::new(io::stdin()));
            }
            return;
        }
        let path = Path::new(arg);
        match fs::metadata(path) {
            Ok(about) => self.entry(path, &about),
            Err(e) if e.kind() == io::ErrorKind::NotFound && Pattern::is(arg) => self.glob(arg),
            Err(e) => self.fault(arg, e.to_string()),
        }
    }

    /// Something named on the command line, or matched by a glob there.
    fn entry(&mut self, path: &Path, about: &Metadata) {
        if about.is_dir() {
            self.directory(path);
        } else if about.is_file() {
            self.file(path, about, By::Name);
        } else {
            match File::open(path) {
                Ok(pipe) => self.stream(&path.to_string_lossy(), Box::new(pipe)),
                Err(e) => self.fault(&path.to_string_lossy(), e.to_string()),
            }
        }
    }

    fn directory(&mut self, path: &Path) {
        for entry in walkdir::WalkDir::new(path).min_depth(1).follow_links(true).sort_by_file_name() {
            match entry {
                Ok(entry) if entry.file_type().is_dir() => {}
                Ok(entry) => match entry.metadata() {
                    Ok(about) if about.is_file() => self.file(entry.path(), &about, By::Search),
                    // Opening a pipe or a device that nobody named could wait for ever.
                    Ok(_) => self.note("source.special_file", &entry.path().to_string_lossy(), 0),
                    Err(e) => self.fault(&entry.path().to_string_lossy(), e.to_string()),
                },
                Err(e) => self.unwalkable(path, &e),
            }
        }
    }

    fn unwalkable(&mut self, root: &Path, error: &walkdir::Error) {
        let path = error.path().unwrap_or(root);
        let shown = path.to_string_lossy();
        if error.loop_ancestor().is_some() {
            self.note("source.symlink_loop", &shown, 0);
        } else if path.is_symlink() && !path.exists() {
            self.note("source.broken_link", &shown, 0);
        } else {
            let reason = error.io_error().map_or_else(|| error.to_string(), io::Error::to_string);
            self.fault(&shown, reason);
        }
    }

    fn glob(&mut self, arg: &str) {
        let pattern = match Pattern::parse(arg) {
            Ok(pattern) => pattern,
            Err(reason) => return self.fault(arg, reason),
        };
        let found = pattern.find();
        if found.paths.is_empty() {
            self.fault(arg, "no file matches".to_owned());
        }
        for error in &found.errors {
            self.unwalkable(pattern.base(), error);
        }
        for path in found.paths {
            match fs::metadata(&path) {
                Ok(about) => self.entry(&path, &about),
                Err(e) => self.fault(&path.to_string_lossy(), e.to_string()),
            }
        }
    }

    fn file(&mut self, path: &Path, about: &Metadata, by: By) {
        let shown = path.to_string_lossy();
        let identity = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        if !self.seen.insert(identity) {
            return self.note("source.given_twice", &shown, 0);
        }
        let raw = match File::open(path) {
            Ok(file) => Box::new(file),
            Err(e) => return self.fault(&shown, e.to_string()),
        };
        let known = About { size: Some(about.len()), mtime: about.modified().ok().map(ts) };
        let Some((content, codecs, sample, rest)) = self.look(&shown, raw, Vec::new(), &known, by) else {
            return;
        };
        match content {
            Found::Input(kind) => {
                let place = Place::File(path.to_path_buf());
                self.add(Input::new(&shown, kind, codecs, &sample, place), known);
            }
            Found::Archive => {
                let archive = Archive::new(path.to_path_buf(), !codecs.is_empty());
                self.archive(&shown, &codecs, rest, Some(&archive));
            }
        }
    }

    fn stream(&mut self, path: &str, raw: Raw<'static>) {
        let known = About::default();
        let (raw, digest) = Digest::of(raw);
        let Some((content, codecs, sample, rest)) = self.look(path, raw, Vec::new(), &known, By::Name) else {
            return;
        };
        match content {
            Found::Input(kind) => {
                let mut input = Input::new(path, kind, codecs, &sample, Place::Stream(rest));
                input.digest = Some(digest);
                self.add(input, known);
            }
            Found::Archive => self.archive(path, &codecs, rest, None),
        }
    }

    /// Looks into a tar archive. The members of one that cannot be opened again are kept in memory.
    fn archive(&mut self, path: &str, codecs: &[&'static str], raw: Raw<'_>, again: Option<&Arc<Archive>>) {
        let mut codecs = codecs.to_vec();
        codecs.push("tar");
        let mut walk = tar::Walk::new(raw);
        let mut spool = SPOOL;
        loop {
            match walk.next() {
                Ok(Some(tar::Met::Member(entry))) => {
                    let name = format!("{path}!{}", entry.name);
                    if let Err(reason) = self.member(&name, &codecs, &mut walk, &entry, (again, &mut spool)) {
                        self.fault(&name, reason);
                    }
                }
                Ok(Some(tar::Met::Passed { at, bytes, zeros: true })) => {
                    let text =
                        format!("{path}: {bytes} zero bytes at byte {at}, and more of the archive behind");
                    self.note("source.tar_goes_on", &text, bytes);
                }
                Ok(Some(tar::Met::Passed { at, bytes, zeros: false })) => {
                    let text = format!(
                        "{path}: {bytes} bytes at byte {at}: an end mark, and what is no tar behind it"
                    );
                    self.note("source.tar_unread", &text, bytes);
                }
                Ok(None) => return,
                Err(e) => return self.fault(path, e.to_string()),
            }
        }
    }

    /// One file of an archive; or why it is not read.
    fn member(
        &mut self,
        name: &str,
        codecs: &[&'static str],
        walk: &mut tar::Walk<'_>,
        entry: &tar::Entry,
        (again, spool): (Option<&Arc<Archive>>, &mut u64),
    ) -> Result<(), String> {
        if entry.sparse {
            return Err("a sparse file in an archive: unpack it first".to_owned());
        }
        let place = match again {
            Some(archive) => Place::Member(Arc::clone(archive), entry.offset, entry.size),
            None if entry.size > *spool => {
                let why = "the archive comes through a pipe and its files are too large to keep";
                return Err(format!("{why}: give it as a file"));
            }
            None => {
                let mut bytes = Vec::new();
                walk.read_to_end(&mut bytes).map_err(|e| e.to_string())?;
                *spool -= entry.size;
                Place::Memory(bytes)
            }
        };
        let raw: Raw<'_> = match &place {
            Place::Memory(bytes) => Box::new(bytes.as_slice()),
            _ => Box::new(walk),
        };
        let mtime =
            entry.mtime.and_then(|s| i64::try_from(s).ok()).and_then(|s| s.checked_mul(1_000_000_000));
        let known = About { size: Some(entry.size), mtime };
        let looked = self.look(name, raw, codecs.to_vec(), &known, By::Search);
        match looked.map(|(found, codecs, sample, _)| (found, codecs, sample)) {
            Some((Found::Input(kind), codecs, sample)) => {
                self.add(Input::new(name, kind, codecs, &sample, place), known);
            }
            Some((Found::Archive, ..)) => {
                self.note("source.not_recognised", &format!("{name}: an archive in an archive"), entry.size);
            }
            None => {}
        }
        Ok(())
    }

    /// Recognises what `raw` is. `None` if it is nothing to read, which is then accounted for.
    fn look<'r>(
        &mut self,
        path: &str,
        raw: Raw<'r>,
        mut codecs: Vec<&'static str>,
        known: &About,
        by: By,
    ) -> Option<(Found, Vec<&'static str>, Vec<u8>, Raw<'r>)> {
        let (input, names) = match codec::unwrap(raw) {
            Ok(unwrapped) => unwrapped,
            Err(e) => {
                self.fault(path, e.to_string());
                return None;
            }
        };
        codecs.extend(names);
        let (sample, mut rest) = codec::peek(input, SAMPLE);
        let size = known.size.unwrap_or(sample.len() as u64);
        match sniff::recognise(&sample) {
            Content::Known(kind) => return Some((Found::Input(kind), codecs, sample, rest)),
            Content::Tar => return Some((Found::Archive, codecs, sample, rest)),
            Content::Empty => match rest.read(&mut [0]) {
                Err(e) => self.fault(path, e.to_string()),
                Ok(_) => self.note("source.empty", path, size),
            },
            Content::Other(why) if by == By::Name => {
                self.fault(path, format!("not a capture or a log: {why}"))
            }
            Content::Other(why) => self.note("source.not_recognised", &format!("{path}: {why}"), size),
        }
        None
    }

    fn add(&mut self, mut input: Input, known: About) {
        input.size = known.size;
        input.mtime = known.mtime;
        if self.samples > SAMPLES {
            input.sample.truncate(SHORT_SAMPLE);
        }
        input.sample.shrink_to_fit();
        self.samples += input.sample.len();
        self.inputs.push(input);
    }

    fn fault(&mut self, path: &str, reason: String) {
        self.ledger.faults.push(InputFault { path: path.to_owned(), offset: None, reason });
    }

    fn note(&mut self, name: &'static str, text: &str, bytes: u64) {
        self.notes += 1;
        note(self.ledger, name, self.notes, text, bytes);
    }
}

/// What is worth reading.
enum Found {
    Input(super::Kind),
    Archive,
}

/// Counts a file that is not read. It has no [`Origin`] in the sources; `order` keeps the first ones.
pub(super) fn note(ledger: &mut Ledger, name: &'static str, order: u64, text: &str, bytes: u64) {
    let origin = Origin { source: u32::MAX, record: order, offset: 0 };
    let sample = Sample { origin, text: text.to_owned() };
    let one = Reason { count: 1, bytes, samples: vec![sample] };
    ledger.merge(Ledger { blocks: [(name, one)].into(), ..Ledger::default() });
}

/// A file time as nanoseconds since the epoch, clamped.
fn ts(time: SystemTime) -> Ts {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => Ts::try_from(after.as_nanos()).unwrap_or(Ts::MAX),
        Err(before) => Ts::try_from(before.duration().as_nanos()).map_or(Ts::MIN, |ns| -ns),
    }
}
