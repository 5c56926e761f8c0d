//! The nouns of netlog: what flows between the stages. No input or output, no imports of ours.

mod address;
mod agent;
mod ahead;
mod dataset;
mod event;
mod field;
mod finding;
mod hash;
mod ledger;
mod login;
mod net;
mod origin;
mod shapes;
mod span;
mod text;
mod time;
mod value;

pub use address::{V4Text, push_ip, push_ip_bytes};
pub use agent::Agent;
pub use ahead::look_at;
pub use dataset::Dataset;
pub use event::{Endpoint, Event, Glimpse, Outcome, Transport};
pub use field::{Field, FieldRef, Type};
pub use finding::{Allowed, Evidence, Finding, Ran, Severity};
pub use hash::{GOLDEN, fnv1a, scattered};
pub use ledger::{Counts, InputFault, Ledger, Reason, Reasons, Sample};
pub use login::{MOST_TIMES, Tries, login_attempts, times};
pub use net::{Net, NetError};
pub use origin::{Origin, Seq, SourceInfo, Sources, Stamp};
pub use shapes::Shapes;
pub use span::{SPANS, positive_span, span};
pub use text::cut;
pub use time::{DAY, HOUR, MINUTE, SECOND, Ts, joined, push_rfc3339, push_time, rfc3339};
pub use value::Value;
