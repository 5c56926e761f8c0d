//! What is remembered from run to run: one JSON file, replaced whole.

use super::proof::Proof;
use crate::model::{DAY, InputFault, Severity, Tries, Ts};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Version of the file's form.
const VERSION: u32 = 1;
/// Logs, captures and faults remembered; those that were not met for longest are forgotten first.
const MOST: usize = 1 << 16;
/// What was not met for this long is forgotten: 400 days, in nanoseconds.
const FORGET: Ts = 400 * DAY;
/// Sources whose failed log-ins are remembered, and how long after the last one: a week, in nanoseconds.
const TRIES: usize = 1 << 14;
const TRIES_FOR: Ts = 7 * DAY;

/// Why a state cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: String,
        /// What is wrong.
        source: io::Error,
    },
    /// The file is not a state of this version.
    #[error("{path}: {reason}; move it away to begin anew")]
    Content {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
}

/// A log, or what was read of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// Where it was when last met.
    pub path: String,
    /// Name shared by the files of its rotation.
    pub stem: String,
    /// What tells it from others, and how much was read.
    #[serde(flatten)]
    pub proof: Proof,
    /// Lines read.
    pub lines: u64,
    /// Stored size of a compressed file that was read whole: as long as it is the same, so is the rest.
    pub stored: Option<u64>,
    /// When it was last met.
    pub met: Ts,
}

/// A capture that was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capture {
    /// Where it was when last met.
    pub path: String,
    /// Fingerprint of its beginning up to the first packet, in hexadecimal digits.
    pub fingerprint: String,
    /// Size after decompression.
    pub size: u64,
    /// Size as stored.
    pub stored: u64,
    /// Packets counted.
    #[serde(default)]
    pub packets: u64,
    /// When it was last met.
    pub met: Ts,
}

/// An input that could not be read, as it was told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Path as given or found.
    pub path: String,
    /// What happened.
    pub reason: String,
    /// When it was told.
    pub since: Ts,
    /// When it was last met.
    pub met: Ts,
}

/// A finding, as far as the next report needs it to tell whether it is new.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Known {
    /// Name of the rule.
    pub rule: String,
    /// Who did it.
    pub subject: String,
    /// Name of its severity.
    pub severity: String,
    /// One sentence.
    pub title: String,
}

/// How many findings there are of each severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Severities {
    /// Someone got in.
    pub critical: u64,
    /// Deserve a look now.
    pub high: u64,
    /// Deserve a look today.
    pub medium: u64,
    /// Background noise.
    pub low: u64,
    /// Worth knowing.
    pub info: u64,
}

impl Severities {
    /// Counts them.
    pub fn of(findings: impl Iterator<Item = Severity>) -> Severities {
        let mut out = Severities::default();
        for severity in findings {
            *match severity {
                Severity::Critical => &mut out.critical,
                Severity::High => &mut out.high,
                Severity::Medium => &mut out.medium,
                Severity::Low => &mut out.low,
                Severity::Info => &mut out.info,
            } += 1;
        }
        out
    }
}

/// A report that was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// When its run began.
    pub at: Ts,
    /// Its files' names in the folder of reports.
    pub files: Vec<String>,
    /// Lines counted.
    pub lines: u64,
    /// Packets counted.
    pub packets: u64,
    /// Events in it.
    pub events: u64,
    /// Its findings.
    pub findings: Severities,
    /// What was new, in a few words.
    pub changes: Vec<String>,
}

/// What is remembered. Missing members are as if nothing had happened yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Form of the file.
    pub version: u32,
    /// Runs that were completed.
    pub runs: u64,
    /// What was read of logs.
    pub logs: Vec<Log>,
    /// Captures that were counted.
    pub captures: Vec<Capture>,
    /// What could not be read.
    pub faults: Vec<Fault>,
    /// What was met, by kind (`country`, `user` …): value and when it was last met.
    pub known: BTreeMap<String, BTreeMap<String, Ts>>,
    /// Findings of the last report.
    pub findings: Vec<Known>,
    /// Log-ins that failed and that no success followed yet, by service and source.
    pub tries: BTreeMap<String, Tries>,
    /// Reports that are kept, oldest first.
    pub reports: Vec<Kept>,
    /// Runs in a row whose report the hook did not take.
    pub untold: u64,
    /// Files that still have to get their name: where they lie and where they belong.
    pub pending: Vec<(PathBuf, PathBuf)>,
}

impl State {
    /// The state in `folder`; empty if there is none yet.
    ///
    /// # Errors
    /// The file cannot be read, or is none.
    pub fn load(folder: &Path) -> Result<State, StateError> {
        let path = folder.join("state.json");
        let name = || path.display().to_string();
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(State::default()),
            Err(source) => return Err(StateError::File { path: name(), source }),
        };
        let wrong = |reason: String| StateError::Content { path: name(), reason };
        let state: State = serde_json::from_slice(&text).map_err(|e| wrong(e.to_string()))?;
        match state.version {
            VERSION => Ok(state),
            other => Err(wrong(format!("it is of version {other}, this netlog knows {VERSION}"))),
        }
    }

    /// Takes over what a run saw of log-ins; where nothing is left the source got in.
    pub fn tried(&mut self, tries: Vec<(String, Option<Tries>)>, now: Ts) {
        for (subject, left) in tries {
            match left {
                Some(left) => self.tries.insert(subject, Tries { met: now, ..left }),
                None => self.tries.remove(&subject),
            };
        }
        self.tries.retain(|_, left| now.saturating_sub(left.met) < TRIES_FOR);
        let beyond = self.tries.len().saturating_sub(TRIES);
        if beyond > 0 {
            let mut oldest: Vec<(Ts, Ts, String)> =
                self.tries.iter().map(|(subject, left)| (left.met, left.last, subject.clone())).collect();
            oldest.sort();
            for (.., subject) in oldest.iter().take(beyond) {
                self.tries.remove(subject);
            }
        }
    }

    /// Puts the state into `folder` in place of the one that is there: either the old or the new one is
    /// read by the next run, whatever happens on the way.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&mut self, folder: &Path, now: Ts) -> Result<(), StateError> {
        self.version = VERSION;
        forget(&mut self.logs, |log| log.met, now);
        forget(&mut self.captures, |capture| capture.met, now);
        forget(&mut self.faults, |fault| fault.met, now);
        let path = folder.join("state.json");
        let wrong = |source| StateError::File { path: path.display().to_string(), source };
        let mut text = serde_json::to_vec_pretty(self).map_err(|e| wrong(e.into()))?;
        text.push(b'\n');
        replace(&path, &text).map_err(wrong)
    }

    /// Takes faults out of `faults` that were told before; gives those back. Remembers the others.
    pub fn told(&mut self, faults: &mut Vec<InputFault>, now: Ts) -> Vec<Fault> {
        let mut before = Vec::new();
        for fault in std::mem::take(faults) {
            let same = |known: &&mut Fault| known.path == fault.path && known.reason == fault.reason;
            match self.faults.iter_mut().find(same) {
                Some(known) => {
                    known.met = now;
                    before.push(known.clone());
                }
                None => {
                    let InputFault { path, reason, .. } = fault.clone();
                    self.faults.push(Fault { path, reason, since: now, met: now });
                    faults.push(fault);
                }
            }
        }
        // What can be read again is told again when it cannot.
        self.faults.retain(|known| known.met == now);
        before
    }
}

/// Drops what was not met for long, and the oldest where there is too much.
fn forget<T>(list: &mut Vec<T>, met: impl Fn(&T) -> Ts, now: Ts) {
    list.retain(|one| now.saturating_sub(met(one)) < FORGET);
    if list.len() > MOST {
        // Stable: of those met in the same run the later ones stay.
        list.sort_by_key(&met);
        list.drain(..list.len() - MOST);
    }
}

/// Writes a file beside `path`, makes sure that it is on the disk, and gives it the name.
fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let fresh = path.with_extension("json.new");
    let mut file = File::create(&fresh)?;
    file.write_all(text)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    sync_folder(path)
}

/// Makes a change of names in the folder of `path` last, where the system can.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix)
        && let Some(folder) = path.parent()
    {
        // A name without a folder is in the one that the program runs in.
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}
