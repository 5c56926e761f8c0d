//! What can be known about an event without the input: country and network of an address, its
//! class, the direction of the traffic, the community id; and the common fields every event carries.
//!
//! [`Enricher::complete`] is the last station before the sinks: it appends `@timestamp`, `event.*`,
//! `source.*`, `destination.*`, `network.*`, `log.*` to `Event::fields`, so that a sink writes
//! nothing but that list.

pub mod alerts;
mod class;
mod community;
mod complete;
pub mod fields;
mod geo;
pub mod indicators;
mod mmdb;
mod place;
#[cfg(test)]
mod tests;
pub mod web;

pub use crate::model::{Net, NetError};
pub use class::Class;
pub use community::community_id;
pub use geo::{Country, GeoError, GeoTable, countries};
pub use indicators::Indicators;
pub use mmdb::{Found, Mmdb, MmdbError};
pub use place::{Cache, Place};

use crate::model::{FieldRef, Sources};
use std::path::PathBuf;
use std::sync::Arc;

/// The user's settings.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// `--geoip-db`: databases asked before the built-in table, in this order.
    pub databases: Vec<PathBuf>,
    /// `--internal-net`: what counts as inside; empty = private, link-local, CGNAT and loopback.
    pub internal: Vec<Net>,
    /// `--indicators`: what is looked for in every event.
    pub indicators: Arc<Indicators>,
    /// `--label`: what every event carries.
    pub labels: Vec<Label>,
}

/// A field of the user's, `labels.KEY`, and its value.
pub type Label = (FieldRef, String);

/// Knows addresses; completes events. One for a run, shared by all workers.
#[derive(Debug)]
pub struct Enricher {
    databases: Vec<Mmdb>,
    internal: Vec<Net>,
    sources: Sources,
    indicators: Arc<Indicators>,
    labels: Vec<Label>,
}

impl Enricher {
    /// Opens the databases of `config`.
    ///
    /// # Errors
    /// The first database that cannot be used.
    pub fn new(config: &Config) -> Result<Enricher, MmdbError> {
        let databases = config.databases.iter().map(|p| Mmdb::open(p)).collect::<Result<_, _>>()?;
        Ok(Enricher {
            databases,
            internal: config.internal.clone(),
            sources: Sources::default(),
            indicators: Arc::clone(&config.indicators),
            labels: config.labels.clone(),
        })
    }

    /// Names the inputs that events will lead back to. Must precede [`Enricher::complete`].
    pub fn set_sources(&mut self, sources: Sources) {
        self.sources = sources;
    }

    /// The inputs as set.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Where answers come from, for the report: the given databases, then the table's date.
    pub fn origins(&self) -> Vec<String> {
        let built_in =
            GeoTable::built_on().map(|date| format!("built-in country and network table of {date}"));
        self.databases.iter().map(|db| db.label.clone()).chain(built_in).collect()
    }

    /// What is looked for in every event.
    pub fn indicators(&self) -> &Indicators {
        &self.indicators
    }
}
