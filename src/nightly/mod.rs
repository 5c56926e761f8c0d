//! Reports that are made again and again: what was counted already, what is new since the last one, and
//! where reports are kept.
//!
//! ```text
//! lock ─▶ State ─▶ Counted::choose (engine) ─▶ run ─▶ Counted::absorb ─┐
//!                  Changes::between ◀─ Seen, findings ◀───────────────┤
//!         reports: beside their places ─▶ State::save ─▶ reports: into their places
//! ```
//!
//! The moment in which the new state takes the old one's place is the moment in which a night counts:
//! before it nothing is visible, after it whatever is missing is made up for by the next run.

mod changes;
mod counted;
mod lock;
mod proof;
pub mod reports;
mod seen;
mod settings;
mod state;
#[cfg(test)]
mod tests;

pub use changes::{Change, Changes};
pub use counted::{Counted, First};
pub use lock::{Lock, LockError};
pub use seen::Seen;
pub use settings::{Loud, Window};
pub use state::{Fault, Kept, Known, Severities, State, StateError};
