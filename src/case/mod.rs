//! Cases: events as Parquet in a directory, asked with SQL, read again as an input, merged.
//!
//! ```text
//! DIR/case.json                            version, how it was made, tables with their columns, inputs with hashes
//! DIR/ledger.json                          the accounts, whole, for reading the case again
//! DIR/findings.parquet  ledger.parquet  inputs.parquet
//! DIR/events/flow/part-00000.parquet       one data set per kind of event
//! DIR/events/sshd/day=2026-03-01/part-00000.parquet        by day (UTC) where there is much of it
//! ```

pub mod account;
#[cfg(feature = "case")]
mod ask;
pub mod columns;
#[cfg(feature = "case")]
mod fields;
mod open;
#[cfg(feature = "case")]
mod read;
#[cfg(feature = "case")]
pub mod scan;
#[cfg(feature = "case")]
mod words;

#[cfg(feature = "case")]
pub use ask::{AskError, Asker};
pub use columns::{Column, Kind, Part};
#[cfg(feature = "case")]
pub use fields::Binder;
pub use open::{Case, CaseError, Table, is_case};
#[cfg(feature = "case")]
pub use read::Reader;
#[cfg(feature = "case")]
pub use words::{Names, statements};

/// Version of the layout. A reader refuses what is newer than it knows.
pub const VERSION: u64 = 1;
/// The file that makes a directory a case.
pub const MANIFEST: &str = "case.json";
/// The accounts.
pub const LEDGER: &str = "ledger.json";
/// Folder of the data sets.
pub const EVENTS: &str = "events";
/// Column with what has no column of its own: a list where a single value was declared, an undeclared field.
pub const MORE: &str = "netlog.more";
/// Column with the position of the event in the output of the run, from 0.
pub const ROW: &str = "netlog.row";
