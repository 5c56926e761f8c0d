//! The life-cycle policy: indices that get no more documents are merged; they are deleted only where
//! a retention was asked for, because evidence is not netlog's to delete.

use super::{NAME, Options, Request, Target};
use serde_json::{Value, json};

/// Days until an index of past days is merged.
const WARM: u32 = 7;

/// The policy; none where the product has no such thing.
pub fn request(target: Target, options: &Options) -> Option<Request> {
    let file = "policy.json".to_owned();
    match target {
        Target::Es7Oss => None,
        target if target.is_opensearch() => {
            let path = format!("_plugins/_ism/policies/{NAME}");
            Some(Request { file, path, body: index_state(options) })
        }
        _ => Some(Request { file, path: format!("_ilm/policy/{NAME}"), body: life_cycle(options) }),
    }
}

/// Elasticsearch: index life-cycle management.
fn life_cycle(options: &Options) -> Value {
    let mut phases = json!({
        "hot": {"actions": {"set_priority": {"priority": 100}}},
        "warm": {"min_age": format!("{WARM}d"), "actions": {
            "set_priority": {"priority": 50},
            "forcemerge": {"max_num_segments": 1},
        }},
    });
    if let Some(days) = options.retention {
        phases["delete"] = json!({"min_age": format!("{days}d"), "actions": {"delete": {}}});
    }
    json!({"policy": {"phases": phases}})
}

/// OpenSearch: index state management.
fn index_state(options: &Options) -> Value {
    let mut after_merge = Vec::new();
    let mut states = vec![json!({
        "name": "hot",
        "actions": [],
        "transitions": [{"state_name": "warm", "conditions": {"min_index_age": format!("{WARM}d")}}],
    })];
    if let Some(days) = options.retention {
        after_merge
            .push(json!({"state_name": "delete", "conditions": {"min_index_age": format!("{days}d")}}));
    }
    states.push(json!({
        "name": "warm",
        "actions": [{"force_merge": {"max_num_segments": 1}}],
        "transitions": after_merge,
    }));
    if options.retention.is_some() {
        states.push(json!({"name": "delete", "actions": [{"delete": {}}], "transitions": []}));
    }
    json!({"policy": {
        "description": "netlog: merge what gets no more documents",
        "default_state": "hot",
        "states": states,
        "ism_template": [{"index_patterns": [options.index.glob()], "priority": 200}],
    }})
}
