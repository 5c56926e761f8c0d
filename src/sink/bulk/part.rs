//! One part: a file that counts and hashes what goes through it.

use crate::sink::output::STEP;
use flate2::{Compression, GzBuilder, write::GzEncoder};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// What the manifest says of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// File name.
    pub name: String,
    /// Documents in it.
    pub documents: u64,
    /// Bytes before compression.
    pub bytes: u64,
    /// SHA-256 of the bytes before compression, hexadecimal.
    pub sha256: String,
}

enum Target {
    Plain(BufWriter<File>),
    Gzip(Box<GzEncoder<BufWriter<File>>>),
}

/// The digest as the manifest writes it.
pub fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The file name of the part with this number, from 1.
pub fn name(number: u32, gzip: bool) -> String {
    format!("part-{number:06}.ndjson{}", if gzip { ".gz" } else { "" })
}

/// A part being written.
pub struct Part {
    name: String,
    target: Target,
    documents: u64,
    /// Bytes so far, before compression.
    pub bytes: u64,
    hash: Sha256,
}

impl Part {
    /// Makes the file.
    pub fn create(folder: &Path, name: String, gzip: bool) -> io::Result<Part> {
        // Pieces are larger than this and go to the system as they are; what gzip makes of them is collected.
        let file = BufWriter::with_capacity(1 << 14, File::create(folder.join(&name))?);
        // No time and no name inside: the same documents are the same bytes.
        let target = match gzip {
            true => Target::Gzip(Box::new(GzBuilder::new().write(file, Compression::new(4)))),
            false => Target::Plain(file),
        };
        Ok(Part { name, target, documents: 0, bytes: 0, hash: Sha256::new() })
    }

    /// Appends documents.
    pub fn write(&mut self, documents: u32, bytes: &[u8]) -> io::Result<()> {
        self.documents += u64::from(documents);
        self.bytes += bytes.len() as u64;
        // What was just hashed is still near when the system copies it.
        for piece in bytes.chunks(STEP) {
            self.hash.update(piece);
            match &mut self.target {
                Target::Plain(file) => file.write_all(piece)?,
                Target::Gzip(file) => file.write_all(piece)?,
            }
        }
        Ok(())
    }

    /// Ends the file.
    pub fn finish(self) -> io::Result<Summary> {
        match self.target {
            Target::Plain(mut file) => file.flush()?,
            Target::Gzip(file) => file.finish()?.flush()?,
        }
        let sha256 = hex(self.hash);
        Ok(Summary { name: self.name, documents: self.documents, bytes: self.bytes, sha256 })
    }
}
