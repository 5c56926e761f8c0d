//! Who tried to log in, from where, as whom: what `netlog grep-auth` counts.
//!
//! ```text
//! event ─ Kind, weight ─▶ Told (rows of a block) ─ in output order ─▶ Hosts (rows, added up) ─ finish(Selection) ─▶ Logins
//! ```
//!
//! A service and PAM tell of the same attempt in lines of their own, so the kinds are never added up:
//! [`Counts::failures`] is the largest of them, a lower bound of the attempts that failed.

mod answer;
mod counts;
mod draw;
mod fields;
mod intern;
mod listing;
mod row;
mod tally;
#[cfg(test)]
mod tests;
mod told;

pub use answer::{Host, Logins, Place, Selection};
pub use counts::{Counts, KINDS, Kind};
pub use fields::{FIELDS, MARK};
pub use listing::Listing;
pub use tally::AuthTally;
