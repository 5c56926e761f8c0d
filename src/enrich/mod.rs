//! What can be known about an event without the input: country and network of an address, its
//! class, the direction of the traffic, the community id; and the common fields every event carries.
//!
//! [`Enricher::complete`] is the last station before the sinks: it appends `@timestamp`, `event.*`,
//! `source.*`, `destination.*`, `network.*`, `log.*` to [`Event::fields`](crate::model::Event::fields),
//! so that a sink writes nothing but that list.
