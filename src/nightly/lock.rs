//! One run at a time per state folder.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

/// Why there is no lock.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another run has it.
    #[error("another run is at work on {0}; nothing was read")]
    Held(String),
    /// The folder cannot be used.
    #[error("{path}: {source}")]
    Folder {
        /// The file or folder.
        path: String,
        /// What is wrong.
        source: io::Error,
    },
}

/// The right to change what is in the folder, until it is dropped or the process ends, however it ends:
/// the operating system takes the lock back.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of `folder`, which is made if need be.
    ///
    /// # Errors
    /// Another run has it, or the folder cannot be written.
    pub fn take(folder: &Path) -> Result<Lock, LockError> {
        let path = folder.join("lock");
        let wrong = |source| LockError::Folder { path: path.display().to_string(), source };
        std::fs::create_dir_all(folder).map_err(wrong)?;
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(wrong)?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(LockError::Held(folder.display().to_string())),
            Err(TryLockError::Error(e)) => Err(wrong(e)),
        }
    }
}
