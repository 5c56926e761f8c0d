//! The searches behind the panels, as the engines take them.

use super::{Boards, Panel, both};
use crate::setup::Request;
use serde_json::{Value, json};

/// What each panel asks, to be sent with POST.
pub fn searches(boards: &Boards, glob: &str) -> Vec<Request> {
    let panels =
        boards.boards.iter().flat_map(|board| (1..).zip(&board.panels).map(move |(i, p)| (board, i, p)));
    panels
        .map(|(board, i, panel)| Request {
            file: format!("searches/{}-{i}.json", board.name),
            path: format!("{glob}/_search"),
            body: search(panel, &both(&board.filter, &panel.filter)),
        })
        .collect()
}

/// A text of KQL, as simple as those of the boards, in the language of the engines.
fn query(filter: &str) -> Value {
    match filter {
        "" => json!({"match_all": {}}),
        _ => json!({"query_string": {"query": filter.replace(" or ", " OR ").replace(" and ", " AND ")}}),
    }
}

/// The body of a `_search` request that returns what the panel draws.
fn search(panel: &Panel, filter: &str) -> Value {
    let mut inner = match panel.split.as_deref() {
        Some(field) => json!({"split": with(terms(panel, field), measured(panel))}),
        None => measured(panel),
    };
    if let Some(by) = panel.by.as_deref() {
        let group = if by == "time" { over_time(panel) } else { terms(panel, by) };
        inner = json!({"by": with(group, inner)});
    }
    json!({"size": 0, "track_total_hits": true, "query": query(filter), "aggs": inner})
}

fn with(mut group: Value, inner: Value) -> Value {
    if inner.as_object().is_some_and(|inner| !inner.is_empty()) {
        group["aggs"] = inner;
    }
    group
}

fn over_time(panel: &Panel) -> Value {
    match panel.interval.as_deref() {
        Some(step) => {
            json!({"date_histogram": {"field": "@timestamp", "fixed_interval": step, "min_doc_count": 1}})
        }
        None => json!({"auto_date_histogram": {"field": "@timestamp", "buckets": 60}}),
    }
}

fn terms(panel: &Panel, field: &str) -> Value {
    json!({"terms": {"field": field, "size": panel.top}})
}

/// The measure; nothing where events are counted, which the engines do anyway.
fn measured(panel: &Panel) -> Value {
    match panel.measure.field() {
        Some(field) => json!({"measure": {panel.measure.aggregation(): {"field": field}}}),
        None => json!({}),
    }
}
