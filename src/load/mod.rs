//! Documents straight to a search engine, so that in the end exactly those are there that one clean
//! load gives: whatever is busy, too large, broken or silent on the way.
//!
//! ```text
//! events ─ Upload (a sink) ─┐
//! bulk folder ─ folder ─────┴─▶ batches ─ queue ─▶ workers: deliver ─▶ client ─▶ server
//! ```

mod client;
mod deliver;
mod folder;
mod install;
mod queue;
mod sink;
mod tally;

pub use client::{Answer, Client, Connection, Secret};
pub use folder::Folder;
pub use install::{count, install, target};
pub use queue::Queue;
pub use sink::Upload;
pub use tally::{Tally, Totals};

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// How the documents are sent.
#[derive(Clone, Debug)]
pub struct Options {
    /// Requests at once, at least 1.
    pub workers: usize,
    /// Bytes of a request, before documents that do not fit any more.
    pub batch: usize,
    /// How long one request may wait in all before the load gives up.
    pub patience: Duration,
    /// Where documents go that the server refuses, with the reasons.
    pub rejected: PathBuf,
}

/// Why a load ended early. What was sent before is there; starting again goes on from it.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The address, a certificate or a secret's file cannot be used.
    #[error("{0}")]
    Connection(String),
    /// Nothing answers.
    #[error("{url}: {said}; is the server up, and is that its address?")]
    Unreachable {
        /// Where.
        url: String,
        /// What the last try gave.
        said: String,
    },
    /// The server wants other credentials.
    #[error("{url} refuses the credentials (status {status}); see --login, --api-key-file, --token-file")]
    Refused {
        /// Where.
        url: String,
        /// 401 or 403.
        status: u16,
    },
    /// What answers is no server netlog knows.
    #[error("{url} is no Elasticsearch 7 to 9 and no OpenSearch 1 to 3: {said}")]
    Unknown {
        /// Where.
        url: String,
        /// The beginning of what it said.
        said: String,
    },
    /// A template was refused.
    #[error("{path} was refused with status {status}: {said}")]
    Setup {
        /// Path of the request.
        path: String,
        /// Status of the answer.
        status: u16,
        /// The beginning of the answer.
        said: String,
    },
    /// What answers there does not take documents: another path, a proxy, something that forwards.
    #[error("{url}/_bulk answers with status {status}: {said}; is that the server's own address?")]
    Address {
        /// Where.
        url: String,
        /// Status of the answer.
        status: u16,
        /// The beginning of the answer.
        said: String,
    },
    /// A worker panicked: not all is there, and nobody but netlog is to blame.
    #[error("a worker failed in an unforeseen way (a bug in netlog); not everything was loaded")]
    Worker,
    /// It took too long.
    #[error("{url} did not take the documents for {} s: {last}; start again to go on", waited.as_secs())]
    Patience {
        /// Where.
        url: String,
        /// How long was waited.
        waited: Duration,
        /// What the last try gave.
        last: String,
    },
    /// A bulk folder is not whole or was changed.
    #[error("{}: {reason}", path.display())]
    Folder {
        /// The folder or part.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The beginning of an answer, for messages.
fn excerpt(body: &[u8]) -> String {
    String::from_utf8_lossy(body.get(..body.len().min(400)).unwrap_or_default()).into_owned()
}
