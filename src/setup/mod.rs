//! What a search engine must know before netlog's documents come: mappings of every field, index
//! templates, life-cycle policy, dashboards. All of it is made from the one schema table, for the
//! product and version at hand.
//!
//! ```text
//! Schema ─ mapping ─▶ component template ┐
//! IndexName ─ glob ─▶ index template ────┼─▶ [Request], in the order in which they must be sent
//! Target ── policy ─▶ life cycle ────────┘
//! boards.toml ─ boards ─▶ saved objects, searches and alerts, for whoever imports them
//! ```

pub mod boards;
mod index;
mod mapping;
mod policy;
mod target;
mod template;
#[cfg(test)]
mod tests;

pub use index::{IndexName, IndexNameError};
pub use mapping::{leaves, mapping};
pub use target::{Target, TargetError};

use crate::schema::Schema;
use serde_json::Value;

/// Name of the templates and of the policy.
pub const NAME: &str = "netlog";

/// How the indices are to be made.
#[derive(Clone, Debug)]
pub struct Options {
    /// Product and version; `None` = every one, for whoever loads to choose from.
    pub target: Option<Target>,
    /// How the indices are named.
    pub index: IndexName,
    /// Primary shards of an index, 1 to 1024.
    pub shards: u32,
    /// Copies of each shard; `None` = the server's default.
    pub replicas: Option<u32>,
    /// Days after which the policy deletes an index; `None` = never.
    pub retention: Option<u32>,
    /// Refuse documents with fields that are not mapped, instead of leaving those unsearchable.
    pub strict: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            target: None,
            index: IndexName::default(),
            shards: 1,
            replicas: None,
            retention: None,
            strict: false,
        }
    }
}

/// How the files of bulk requests are cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bulk {
    /// Largest part, bytes before compression. A single larger document is a part of its own.
    pub size: u64,
    /// Whether parts are compressed with gzip.
    pub gzip: bool,
}

impl Default for Bulk {
    fn default() -> Self {
        Bulk { size: 10 << 20, gzip: false }
    }
}

/// One thing to install.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Name of its file below the set-up's folder.
    pub file: String,
    /// Where it is sent, below the server's address.
    pub path: String,
    /// What is sent.
    pub body: Value,
}

/// Everything the server needs, in the order in which it must be sent.
pub fn requests(schema: &Schema, target: Target, options: &Options) -> Vec<Request> {
    let mut all = Vec::new();
    all.extend(policy::request(target, options));
    all.extend(template::requests(schema, target, options));
    all
}
