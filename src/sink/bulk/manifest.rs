//! What tells of a folder that netlog filled it, and with what.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Written last: a folder without it is not whole.
pub const NAME: &str = "manifest.json";
/// There while a folder is being filled: the parts begun so far, so that those of a run that broke off are known
/// from files that are somebody else's.
const UNFINISHED: &str = ".unfinished";
/// First line of that file.
const HEAD: &str = "netlog writes this folder; these files of it may be incomplete:";

/// The manifest of a folder.
#[derive(Debug, Deserialize)]
pub struct Manifest {
    /// Version that wrote it: nobody else's manifest has one.
    #[serde(rename = "netlog")]
    _netlog: String,
    /// Documents by index.
    pub indices: BTreeMap<String, u64>,
    /// The files, in order.
    pub parts: Vec<Named>,
}

/// What a manifest says of a part.
#[derive(Debug, Deserialize)]
pub struct Named {
    /// File name.
    pub file: String,
    /// SHA-256 of the bytes before compression, hexadecimal.
    pub sha256: String,
}

impl Manifest {
    /// Reads that of a folder.
    ///
    /// # Errors
    /// If it cannot be read, or is not netlog's ([`io::ErrorKind::InvalidData`]).
    pub fn read(folder: &Path) -> io::Result<Manifest> {
        let text = fs::read(folder.join(NAME))?;
        let wrong = |e| io::Error::new(io::ErrorKind::InvalidData, format!("is not netlog's: {e}"));
        serde_json::from_slice(&text).map_err(wrong)
    }
}

/// Whether a file could be a part, by its name.
fn is_part(name: &str) -> bool {
    name.starts_with("part-") && (name.ends_with(".ndjson") || name.ends_with(".ndjson.gz"))
}

/// Whether a folder is to be loaded as `-o bulk` wrote it, not read as evidence: many programs call a file
/// `manifest.json`. One that was netlog's and is damaged is seen by the part beside it.
pub fn is_bulk(folder: &Path) -> bool {
    match Manifest::read(folder) {
        Ok(_) => true,
        Err(_) => {
            let there = |name: &str| folder.join(name).is_file();
            let foreign = || {
                let text = fs::read(folder.join(NAME)).unwrap_or_default();
                serde_json::from_slice::<serde::de::IgnoredAny>(&text).is_ok()
            };
            let parts = there("part-000001.ndjson") || there("part-000001.ndjson.gz");
            there(NAME) && parts && !foreign()
        }
    }
}

/// The note of a folder being filled.
#[derive(Debug)]
pub struct Unfinished {
    file: File,
    path: PathBuf,
}

impl Unfinished {
    /// Takes away what earlier runs left in a folder and notes that it is being filled again. What netlog did not
    /// write for certain is not touched: then nothing is, and the error says what is in the way.
    pub fn begin(folder: &Path) -> io::Result<Unfinished> {
        let path = folder.join(UNFINISHED);
        let manifest = Manifest::read(folder);
        let noted = fs::read_to_string(&path).ok().filter(|text| text.starts_with(HEAD));
        let ours = manifest.is_ok() || noted.is_some();
        let mut known: Vec<String> =
            noted.iter().flat_map(|t| t.lines().skip(1)).map(str::to_owned).collect();
        known.extend(manifest.iter().flat_map(|m| &m.parts).map(|part| part.file.clone()));
        let mut old = Vec::new();
        for entry in fs::read_dir(folder)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            let foreign = match name.as_str() {
                NAME => manifest.is_err(),
                "load.sh" | "setup" | ".manifest.json" => !ours,
                UNFINISHED => noted.is_none(),
                part if is_part(part) => !known.contains(&name),
                _ => false,
            };
            if foreign {
                return Err(in_the_way(&name));
            }
            if is_part(&name) {
                old.push(name);
            }
        }
        // Known by this file before the manifest goes: whatever breaks off here, the next run knows the parts.
        let list: String = old.iter().map(|name| format!("{name}\n")).collect();
        fs::write(&path, format!("{HEAD}\n{list}"))?;
        if manifest.is_ok() {
            fs::remove_file(folder.join(NAME))?;
        }
        old.iter().try_for_each(|name| fs::remove_file(folder.join(name)))?;
        Ok(Unfinished { file: OpenOptions::new().append(true).open(&path)?, path })
    }

    /// Notes a part before it is made.
    pub fn part(&mut self, name: &str) -> io::Result<()> {
        self.file.write_all(format!("{name}\n").as_bytes())
    }

    /// The folder is whole and its manifest is there.
    pub fn end(self) -> io::Result<()> {
        fs::remove_file(self.path)
    }
}

fn in_the_way(name: &str) -> io::Error {
    let reason = format!(
        "{name} is there, and no manifest.json of netlog's says that netlog wrote it; it would be replaced. \
         Name another folder, or move it away"
    );
    io::Error::new(io::ErrorKind::AlreadyExists, reason)
}
