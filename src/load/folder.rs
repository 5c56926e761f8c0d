//! A folder that `-o bulk` wrote, as a source of documents.

use super::{LoadError, Queue};
use crate::sink::bulk::hex;
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

#[derive(Deserialize)]
struct Manifest {
    indices: BTreeMap<String, u64>,
    parts: Vec<Part>,
}

#[derive(Deserialize)]
struct Part {
    file: String,
    sha256: String,
}

/// Hands every document of the folder to the workers, or as many as these take before they fail.
/// Returns the documents by index.
///
/// # Errors
/// If the folder has no manifest, or a part is missing or not what the manifest says.
pub fn send(folder: &Path, queue: &Queue) -> Result<BTreeMap<String, u64>, LoadError> {
    let path = folder.join("manifest.json");
    let wrong = |reason: String| LoadError::Folder { path: path.clone(), reason };
    let text = fs::read(&path).map_err(|source| LoadError::File { path: path.clone(), source })?;
    let manifest: Manifest =
        serde_json::from_slice(&text).map_err(|e| wrong(format!("is not netlog's: {e}")))?;
    for part in &manifest.parts {
        if part.file.contains(['/', '\\']) {
            return Err(wrong(format!("'{}' is not in the folder", part.file)));
        }
        if !send_part(&folder.join(&part.file), &part.sha256, queue)? {
            break;
        }
    }
    Ok(manifest.indices)
}

fn send_part(path: &Path, sha256: &str, queue: &Queue) -> Result<bool, LoadError> {
    let failed = |source| LoadError::File { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    let packed = path.extension().is_some_and(|e| e == "gz");
    let raw: Box<dyn Read> = if packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    let mut reader = BufReader::with_capacity(1 << 18, raw);
    let mut hash = Sha256::new();
    let (mut batch, mut pair) = (Vec::new(), Vec::new());
    loop {
        pair.clear();
        reader.read_until(b'\n', &mut pair).map_err(failed)?;
        reader.read_until(b'\n', &mut pair).map_err(failed)?;
        hash.update(&pair);
        let full = !batch.is_empty() && batch.len() + pair.len() > queue.batch();
        if (full || pair.is_empty()) && !queue.send(std::mem::take(&mut batch)) {
            return Ok(false);
        }
        if pair.is_empty() {
            break;
        }
        batch.extend_from_slice(&pair);
    }
    if hex(hash) == sha256 {
        return Ok(true);
    }
    let reason = "is not what the manifest says: it was changed or cut after netlog wrote it".to_owned();
    Err(LoadError::Folder { path: path.to_owned(), reason })
}
