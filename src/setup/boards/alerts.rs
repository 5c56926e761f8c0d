//! Alerts, as the two products take them: OpenSearch's alerting monitors, Kibana's rules.

use super::{Alert, Boards};
use crate::setup::{Request, Target};
use serde_json::{Value, json};

/// The alerts of a target, each to be sent with POST: to the engine (OpenSearch) or to Kibana. None where the
/// product has no alerting.
pub fn alerts(boards: &Boards, target: Target, glob: &str) -> Vec<Request> {
    let request = |alert: &Alert| {
        let file = format!("alerts/{}.json", alert.name);
        match target {
            Target::Es7Oss => None,
            target if target.is_opensearch() => {
                Some(Request { file, path: "_plugins/_alerting/monitors".into(), body: monitor(alert, glob) })
            }
            _ => Some(Request { file, path: "api/alerting/rule".into(), body: rule(alert, glob) }),
        }
    };
    boards.alerts.iter().filter_map(request).collect()
}

/// Fields and values, all of which must hold.
fn conditions(alert: &Alert) -> Vec<Value> {
    alert.filter.iter().map(|(field, value)| json!({"term": {field: value}})).collect()
}

fn monitor(alert: &Alert, glob: &str) -> Value {
    let mut filter = conditions(alert);
    let from = format!("{{{{period_end}}}}||-{}m", alert.minutes);
    filter.push(
        json!({"range": {"@timestamp": {"gte": from, "lte": "{{period_end}}", "format": "epoch_millis"}}}),
    );
    json!({
        "type": "monitor",
        "name": format!("netlog: {}", alert.title),
        "monitor_type": "query_level_monitor",
        "enabled": true,
        "schedule": {"period": {"interval": alert.minutes, "unit": "MINUTES"}},
        "inputs": [{"search": {
            "indices": [glob],
            "query": {"size": 0, "track_total_hits": true, "query": {"bool": {"filter": filter}}},
        }}],
        "triggers": [{"query_level_trigger": {
            "name": alert.title,
            "severity": "2",
            "condition": {"script": {
                "lang": "painless",
                "source": format!("ctx.results[0].hits.total.value > {}", alert.more_than),
            }},
            "actions": [],
        }}],
    })
}

fn rule(alert: &Alert, glob: &str) -> Value {
    let query = json!({"query": {"bool": {"filter": conditions(alert)}}});
    json!({
        "name": format!("netlog: {}", alert.title),
        "rule_type_id": ".es-query",
        "consumer": "alerts",
        "tags": ["netlog"],
        "schedule": {"interval": format!("{}m", alert.minutes)},
        "notify_when": "onActionGroupChange",
        "params": {
            "index": [glob],
            "timeField": "@timestamp",
            "esQuery": query.to_string(),
            "size": 100,
            "threshold": [alert.more_than],
            "thresholdComparator": ">",
            "timeWindowSize": alert.minutes,
            "timeWindowUnit": "m",
        },
        "actions": [],
    })
}
