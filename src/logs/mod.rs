//! Log lines to events, as told by pattern files: no format is compiled in.
//!
//! A line chunk is handled in two parallel steps with a cheap ordered one between, because RFC 3164
//! stamps carry no year:
//!
//! ```text
//! LineChunk ─ Parser::parse (parallel) ─▶ Parsed ─ YearClock::advance (in order) ─▶ Parsed::finish (parallel) ─▶ events
//! ```
//! ```

pub mod grok;
