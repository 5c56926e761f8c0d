//! Rounds: read k+1 ∥ decode k ∥ write k−1. Work is handed out here; what is left when
//! the rounds are over (findings to judge, long listings to draw) goes to the same workers where it is done.
//!
//! ```text
//! reader thread ─ batch ─▶ workers: dissect ─▶ 64 shards ─▶ events ─ sort ─ blocks ─▶ workers: complete,
//!               ─ chunk ─▶ workers: parse lines ────────────────────────────────▶   tally, observe, render
//!                                                              in order: merge, ─▶ writer thread
//! ```
//!
//! What comes out depends on the input alone: shards are a constant number, a block is a constant
//! number of events (or one chunk of lines), and blocks are merged in order.

mod block;
mod carried;
#[cfg(feature = "case")]
mod cases;
#[cfg(not(feature = "case"))]
#[path = "no_cases.rs"]
mod cases;
mod extract;
mod lines;
mod logs;
mod packets;
mod progress;
mod queue;
mod run;
mod transfers;
mod workers;
mod writer;

pub use crate::source::is_capture;
pub use extract::{ExtractError, Extracted, Wish, extract};
pub use logs::{LogFile, each_log};
pub use progress::Progress;
pub use run::{EngineError, Job, Logs, Only, Outcome, run, run_chosen, run_with};
