//! Component and index templates.

use super::{NAME, Options, Request, Target, leaves, mapping};
use crate::schema::Schema;
use serde_json::{Value, json};

/// Templates of others for `*` or `netlog-*` stand below this.
const PRIORITY: u32 = 500;
/// Mapped fields and objects beyond those of the schema: labels.
const LABELS: usize = 200;
/// What a search without a field name looks at; all fields would be more clauses than servers allow.
const SEARCHED: [&str; 16] = [
    "message",
    "event.dataset",
    "event.action",
    "source.ip",
    "destination.ip",
    "source.domain",
    "user.name",
    "host.name",
    "process.name",
    "url.domain",
    "url.path",
    "dns.question.name",
    "tls.client.server_name",
    "query",
    "error.message",
    "http.request.method",
];

/// The component templates, then the index template that is composed of them.
pub fn requests(schema: &Schema, target: Target, options: &Options) -> Vec<Request> {
    let mappings = mapping(schema, target, options.strict);
    let settings = settings(schema, target, options);
    let component = |part: &str, template: Value| Request {
        file: format!("component-{part}.json"),
        path: format!("_component_template/{NAME}-{part}"),
        body: json!({"template": template, "_meta": meta()}),
    };
    let index = json!({
        "index_patterns": [options.index.glob()],
        "composed_of": [format!("{NAME}-mappings"), format!("{NAME}-settings")],
        "priority": PRIORITY,
        "_meta": meta(),
    });
    vec![
        // The limit stands beside what needs it: servers try each component on its own.
        component("mappings", json!({"settings": limit(&mappings), "mappings": mappings})),
        component("settings", json!({"settings": settings})),
        Request { file: "template.json".into(), path: format!("_index_template/{NAME}"), body: index },
    ]
}

fn meta() -> Value {
    json!({"made_by": "netlog", "version": env!("CARGO_PKG_VERSION")})
}

/// Room for every field that is mapped.
fn limit(mappings: &Value) -> Value {
    let mapped = count(mappings) + LABELS;
    json!({"index": {"mapping": {"total_fields": {"limit": mapped.next_multiple_of(1000)}}}})
}

fn settings(schema: &Schema, target: Target, options: &Options) -> Value {
    let searched: Vec<&str> = SEARCHED.into_iter().filter(|name| schema.get(name).is_some()).collect();
    let mut index = json!({
        "number_of_shards": options.shards,
        "codec": "best_compression",
        "query": {"default_field": searched},
    });
    if let Some(replicas) = options.replicas {
        index["number_of_replicas"] = replicas.into();
    }
    if !target.is_opensearch() && target != Target::Es7Oss {
        index["lifecycle"] = json!({"name": NAME});
    }
    json!({"index": index})
}

/// Fields and objects, as the server counts them.
fn count(mappings: &Value) -> usize {
    let leaves = leaves(mappings);
    let mut objects: Vec<&str> = leaves.iter().flat_map(|(name, _)| parents(name)).collect();
    objects.sort_unstable();
    objects.dedup();
    leaves.len() + objects.len()
}

fn parents(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('.').filter_map(move |(at, _)| name.get(..at))
}
