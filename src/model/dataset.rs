//! A data set: one kind of event, with the ECS categorisation that all its events share.

/// `event.dataset` and what follows from it.
#[derive(Debug)]
pub struct Dataset {
    /// `event.dataset`: `flow`, `dns`, `http`, `sshd`, `apache.access` …
    pub name: &'static str,
    /// `event.category` values (ECS allowed values).
    pub category: &'static [&'static str],
    /// `event.type` values (ECS allowed values).
    pub types: &'static [&'static str],
    /// `network.protocol`, if the data set is of one application protocol.
    pub protocol: Option<&'static str>,
    /// A request with its response: `client.*` and `server.*` repeat source and destination,
    /// `event.start`, `event.end` and `event.duration` are set.
    pub transaction: bool,
    /// One sentence for the reference.
    pub doc: &'static str,
}
