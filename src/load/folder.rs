//! A folder that `-o bulk` wrote, as a source of documents.

use super::{LoadError, Queue};
use crate::sink::bulk::{MANIFEST, Manifest, hex};
use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// A folder whose parts are what its manifest says.
pub struct Folder {
    path: PathBuf,
    manifest: Manifest,
}

impl Folder {
    /// Reads all of it once, so that nothing is sent of a folder that is refused.
    ///
    /// # Errors
    /// If the folder has no manifest, or a part is missing or not what the manifest says.
    pub fn check(folder: &Path) -> Result<Folder, LoadError> {
        let path = folder.join(MANIFEST);
        let manifest = Manifest::read(folder).map_err(|source| match source.kind() {
            io::ErrorKind::InvalidData => wrong(&path, source.to_string()),
            _ => LoadError::File { path: path.clone(), source },
        })?;
        if let Some(part) = manifest.parts.iter().find(|part| part.file.contains(['/', '\\'])) {
            return Err(wrong(&path, format!("'{}' is not in the folder", part.file)));
        }
        let folder = Folder { path: folder.to_owned(), manifest };
        folder.pairs(&mut |_| true)?;
        Ok(folder)
    }

    /// Hands every document to the workers, or as many as these take before they fail. Returns the documents by
    /// index.
    ///
    /// # Errors
    /// If a part was changed since it was checked.
    pub fn send(self, queue: &Queue) -> Result<BTreeMap<String, u64>, LoadError> {
        let mut batch = Vec::new();
        let taken = self.pairs(&mut |pair| {
            let full = !batch.is_empty() && batch.len() + pair.len() > queue.batch();
            let goes_on = !full || queue.send(std::mem::take(&mut batch));
            batch.extend_from_slice(pair);
            goes_on
        })?;
        if taken {
            queue.send(batch);
        }
        Ok(self.manifest.indices)
    }

    /// Shows every pair of lines to `take`, until that wants no more. Whether it took all.
    fn pairs(&self, take: &mut dyn FnMut(&[u8]) -> bool) -> Result<bool, LoadError> {
        for part in &self.manifest.parts {
            if !part_pairs(&self.path.join(&part.file), &part.sha256, take)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn wrong(path: &Path, reason: String) -> LoadError {
    LoadError::Folder { path: path.to_owned(), reason }
}

fn part_pairs(path: &Path, sha256: &str, take: &mut dyn FnMut(&[u8]) -> bool) -> Result<bool, LoadError> {
    let failed = |source| LoadError::File { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    let packed = path.extension().is_some_and(|e| e == "gz");
    let raw: Box<dyn Read> = if packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    let mut reader = BufReader::with_capacity(1 << 18, raw);
    let (mut hash, mut pair) = (Sha256::new(), Vec::new());
    loop {
        pair.clear();
        reader.read_until(b'\n', &mut pair).map_err(failed)?;
        reader.read_until(b'\n', &mut pair).map_err(failed)?;
        if pair.is_empty() {
            break;
        }
        hash.update(&pair);
        if !take(&pair) {
            return Ok(false);
        }
    }
    if hex(hash) == sha256 {
        return Ok(true);
    }
    Err(wrong(path, "is not what the manifest says: it was changed or cut after netlog wrote it".to_owned()))
}
