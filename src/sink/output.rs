//! Where bytes go: a file that is made anew, or standard output.

use super::SinkError;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Bytes that are written at a time: copying 256 KiB at once takes some processors three times as long as copying
/// them in pieces.
pub const STEP: usize = 64 << 10;

/// A buffered file or standard output.
pub struct Output {
    inner: BufWriter<Box<dyn Write + Send>>,
}

impl Output {
    /// Opens `path`, or standard output.
    pub fn open(path: Option<&str>) -> Result<Output, SinkError> {
        match path {
            Some(path) => Output::create(Path::new(path)),
            None => Ok(Output { inner: BufWriter::with_capacity(STEP, Box::new(io::stdout())) }),
        }
    }

    /// Makes the file, or empties it.
    pub fn create(path: &Path) -> Result<Output, SinkError> {
        let file =
            File::create(path).map_err(|source| SinkError::Create { path: path.to_path_buf(), source })?;
        Ok(Output { inner: BufWriter::with_capacity(STEP, Box::new(file)) })
    }

    /// Appends.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        bytes.chunks(STEP).try_for_each(|piece| self.inner.write_all(piece))
    }

    /// For what writes piece by piece.
    pub fn writer(&mut self) -> &mut dyn Write {
        &mut self.inner
    }

    /// Everything out of our hands.
    pub fn finish(mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
