//! The folder of reports: files named by date, which appear when their run counts, stay as long as wanted,
//! and are listed by an index page.

use super::state::{State, sync_folder};
use crate::model::{Ts, rfc3339};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Begin of the reports' names.
const NAME: &str = "netlog-";

/// `netlog-20261121T031500Z`: the name of the report of a run that began at `at`, without ending. Sorts by
/// time.
pub fn name(at: Ts) -> String {
    let time = rfc3339(at);
    let digits: String = time.chars().take(19).filter(|c| !matches!(c, '-' | ':')).collect();
    format!("{NAME}{digits}Z")
}

/// Where a file waits until its run counts: beside its place, hidden.
pub fn waiting(place: &Path) -> PathBuf {
    let name = place.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    place.with_file_name(format!(".{name}.part"))
}

/// Writes a file that waits for its place, onto the disk.
///
/// # Errors
/// It cannot be written.
pub fn lay(state: &mut State, place: &Path, text: &[u8]) -> io::Result<()> {
    let part = waiting(place);
    let mut file = File::create(&part)?;
    file.write_all(text)?;
    file.sync_all()?;
    state.pending.push((part, place.to_path_buf()));
    Ok(())
}

/// Remembers a file that was written to [`waiting`] by others; sees to it that it is on the disk.
///
/// # Errors
/// It cannot be opened.
pub fn laid(state: &mut State, place: &Path) -> io::Result<()> {
    let part = waiting(place);
    File::open(&part)?.sync_all()?;
    state.pending.push((part, place.to_path_buf()));
    Ok(())
}

/// Gives the files that wait their names. A run that was ended between the state and this is made up
/// for by the next one; a file that has its name already is none the worse for it.
///
/// # Errors
/// A name cannot be given.
pub fn publish(state: &State) -> io::Result<()> {
    for (part, place) in &state.pending {
        match fs::rename(part, place) {
            Ok(()) => sync_folder(place)?,
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

/// Takes the reports out of the state that are older than `keep` nanoseconds, but never the last one;
/// gives the names of their files.
pub fn expire(state: &mut State, now: Ts, keep: Ts) -> Vec<String> {
    let last = state.reports.len().saturating_sub(1);
    let mut files = Vec::new();
    let mut at = 0;
    state.reports.retain_mut(|kept| {
        let stays = at >= last || now.saturating_sub(kept.at) <= keep;
        at += 1;
        if !stays {
            files.append(&mut kept.files);
        }
        stays
    });
    files
}

/// Removes reports from `folder`. Only what has a report's name is touched, wherever the state came from.
///
/// # Errors
/// A file cannot be removed.
pub fn remove(folder: &Path, files: &[String]) -> io::Result<()> {
    for file in files.iter().filter(|f| f.starts_with(NAME) && !f.contains(['/', '\\'])) {
        match fs::remove_file(folder.join(file)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
    }
    Ok(())
}

/// Removes what a run that was ended left waiting in `folder`. The caller has the lock, and has given
/// what counts its place.
///
/// # Errors
/// The folder cannot be read, or a file in it cannot be removed.
pub fn sweep(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(&format!(".{NAME}")) && name.ends_with(".part") {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
