//! Events as Parquet, one data set per kind, in a directory that is a case of its own: `netlog query` asks
//! it, `netlog analyze` reads it again, and so do polars, DuckDB, Spark and pandas.

#[cfg(feature = "case")]
mod batch;
#[cfg(feature = "case")]
mod build;
#[cfg(feature = "case")]
mod cursor;
#[cfg(feature = "case")]
mod file;
#[cfg(feature = "case")]
mod filler;
#[cfg(feature = "case")]
mod folder;
#[cfg(feature = "case")]
mod group;
#[cfg(feature = "case")]
mod levels;
#[cfg(feature = "case")]
mod manifest;
#[cfg(feature = "case")]
mod numbers;
#[cfg(feature = "case")]
mod pages;
#[cfg(feature = "case")]
mod row;
#[cfg(feature = "case")]
mod table;
#[cfg(all(test, feature = "case"))]
mod tests;
#[cfg(feature = "case")]
mod texts;

use super::{Kind, Needs};

/// Descriptor.
pub static KIND: Kind = Kind {
    name: "case",
    doc: "A folder of Parquet tables, one per kind of event, to ask with netlog query and to analyze again.",
    rows: true,
    needs: Needs::Findings,
    hashes: true,
    open,
};

#[cfg(feature = "case")]
use folder::open;

#[cfg(not(feature = "case"))]
fn open(_: Option<&str>, _: &super::SinkContext) -> Result<Box<dyn super::Sink>, super::SinkError> {
    let reason = "this netlog was built without the feature 'case' (Parquet and SQL)";
    Err(super::SinkError::Target { name: KIND.name, reason })
}
