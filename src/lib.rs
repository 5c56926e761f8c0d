//! netlog: an offline forensic analysis of packet captures and logs.
//!
//! ```text
//! files ─ source ─▶ Packet ─ net ─▶ stream bytes ─ proto ─▶ Event ┐
//!       └ source ─▶ Line ─────────── logs (patterns/) ────▶ Event ┤─ enrich ─▶ Event ─┬─▶ sinks (rows, in Seq order)
//!                                                                 │                   └─▶ detect.observe ─▶ Table ─ judge ─▶ Finding ─▶ sinks, report
//! every stage ─▶ Ledger (counts + first samples of everything not decoded)
//! ```
//!
//! Who may import whom (tests/layering.rs enforces it):
//! `main → cli → plan → config → engine → {source net proto logs enrich detect report sink setup case schema} → model`,
//! beside the engine `load → {sink setup schema report}` and `nightly → {source report}`;
//! sideways only `net → proto`, `sink → {schema, setup, report, case}`, `setup → schema`, `case → schema`,
//! `schema → {proto, net, logs, enrich}`.

pub mod case;
pub mod cli;
pub mod command;
pub mod config;
pub mod detect;
pub mod engine;
pub mod enrich;
pub mod load;
pub mod logs;
pub mod model;
pub mod net;
pub mod nightly;
pub mod plan;
pub mod proto;
pub mod report;
pub mod schema;
pub mod setup;
pub mod sink;
pub mod source;
