//! Log lines to events, as told by pattern files: no format is compiled in.
//!
//! A line chunk is handled in two parallel steps with a cheap ordered one between, because RFC 3164
//! stamps carry no year:
//!
//! ```text
//! LineChunk ─ Parser::parse (parallel) ─▶ Parsed ─ YearClock::advance (in order) ─▶ Parser::finish (parallel) ─▶ events
//! ```
//!
//! A format is one TOML file of `patterns/`, embedded at build time and overlaid by files of the user
//! ([`FormatSet::load`]). Formats form a tree: a root reads the line, its children read the field that
//! it leaves (usually `message`) when their conditions hold: `syslog` → `sshd`.
//!
//! What the formats mean in common, so that detectors need not know them:
//! - `event.category`, `event.type`, `event.outcome`, `event.action`, `source.ip` or `source.domain`,
//!   `user.name` as in ECS;
//! - `netlog.count`: how many happenings the line stands for ("message repeated 5 times"); 1 where absent;
//! - `netlog.auth.kind`: what a log-in line tells, see `patterns/common.toml`;
//! - `netlog.bad_fields`: fields whose value is outside the range or value set their format declares.
//!
//! Every line is counted once: decoded; skipped as `unmatched`, `blank`, `dropped` (by a rule) or
//! `filtered` (by the time window); malformed as `nul`. A message inside a known format that no rule of
//! its service reads is still an event, and counted as anomaly `<format>.unknown_message`.

mod after;
mod carried;
mod check;
mod columns;
mod compile;
mod consumer;
mod continuity;
mod detect;
mod dispatch;
mod draft;
mod error;
pub mod explain;
mod expression;
mod fields;
pub mod grok;
mod identity;
mod joins;
mod journal;
mod json;
mod kv;
mod line;
mod message_cache;
pub mod mine;
mod multi;
mod parser;
mod pasted;
mod physical;
mod process;
mod quick;
mod repeated;
mod rule;
mod set;
mod sets;
mod spec;
mod step;
mod swar;
mod target;
mod template;
mod time;
mod toml_mistake;
mod values;
mod wanted;
mod when;

pub use carried::{Carried, Message};
pub use check::{TestFailure, TestReport};
pub use consumer::Consumer;
pub use continuity::{Continuity, Sequel, Start};
pub use detect::Detection;
pub use error::PatternError;
pub use joins::Joins;
pub use multi::Division;
pub use parser::{Context, Parsed, Parser, Scratch};
pub use pasted::LogFormat;
pub use set::FormatSet;
pub use time::{Form, Hour, Moment, Turns, YearBase, YearClock, Yearless, Zone, ZoneError};
pub use toml_mistake::toml_mistake;
pub use wanted::Wanted;
