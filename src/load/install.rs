//! The set-up on the server, and what the server says of itself.

use super::deliver::pause;
use super::{Answer, Client, LoadError};
use crate::schema::Schema;
use crate::setup::{self, NAME, Options, Target};
use serde_json::Value;

/// Tries of a request beside the documents; the waits between them add up to some three seconds.
const TRIES: u32 = 6;

/// Asks again where nothing answers or the server is busy: it may be on its way up. All these requests may be
/// sent twice.
fn asked(client: &Client, method: &str, path: &str, body: Option<&[u8]>) -> Result<Answer, LoadError> {
    let body = body.map(|bytes| ("application/json", bytes));
    let mut answer = client.call(method, path, body);
    for failed in 0..TRIES - 1 {
        if !matches!(&answer, Err(_) | Ok(Answer { status: 429 | 502 | 503 | 504, .. })) {
            break;
        }
        std::thread::sleep(pause(failed));
        answer = client.call(method, path, body);
    }
    let answer =
        answer.map_err(|e| LoadError::Unreachable { url: client.url.clone(), said: e.to_string() })?;
    match answer.status {
        401 | 403 => Err(LoadError::Refused { url: client.url.clone(), status: answer.status }),
        _ => Ok(answer),
    }
}

/// Which product and version it is.
///
/// # Errors
/// If nothing answers, or something else than a search engine.
pub fn target(client: &Client) -> Result<Target, LoadError> {
    let answer = asked(client, "GET", "", None)?;
    let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let text = |name: &str| said.pointer(name).and_then(Value::as_str);
    let number = text("/version/number").unwrap_or_default();
    let found = Target::of_server(text("/version/distribution"), number, text("/version/build_flavor"));
    found.ok_or_else(|| LoadError::Unknown { url: client.url.clone(), said: answer.said() })
}

/// Installs the set-up. Where `missing` is set, only if the server has none or another one. Returns
/// what the server cannot do, in words.
///
/// # Errors
/// If a template is refused.
pub fn install(
    client: &Client,
    schema: &Schema,
    options: &Options,
    missing: bool,
) -> Result<Vec<String>, LoadError> {
    let target = target(client)?;
    let requests = setup::requests(schema, target, options);
    if missing && requests.iter().rev().take(1).all(|last| installed(client, &last.body)) {
        return Ok(Vec::new());
    }
    let mut notes = Vec::new();
    for request in requests {
        let answer = asked(client, "PUT", &request.path, Some(request.body.to_string().as_bytes()))?;
        let policy = request.path.starts_with("_ilm/") || request.path.starts_with("_plugins/");
        match answer.status {
            200..300 => {}
            // OpenSearch has it from an earlier load; replacing it would take its sequence number.
            409 if policy => {}
            status if policy => {
                notes.push(format!("the server has no life-cycle policies (status {status})"))
            }
            status => return Err(LoadError::Setup { path: request.path, status, said: answer.said() }),
        }
    }
    Ok(notes)
}

/// Whether the index template on the server is this one.
fn installed(client: &Client, template: &Value) -> bool {
    let Ok(answer) = asked(client, "GET", &format!("_index_template/{NAME}"), None) else { return false };
    let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let there = said.pointer("/index_templates/0/index_template");
    let same = |name: &str| there.and_then(|t| t.get(name)) == template.get(name);
    answer.good() && same("index_patterns") && same("_meta")
}

/// Names of indices in one request: their names stand in its path.
const NAMES: usize = 20;

/// Documents in these indices, after a refresh.
///
/// # Errors
/// If the server does not say.
pub fn count<'n>(client: &Client, indices: impl Iterator<Item = &'n String>) -> Result<u64, LoadError> {
    let names: Vec<&str> = indices.map(String::as_str).collect();
    let mut all = 0;
    for some in names.chunks(NAMES) {
        let some = some.join(",");
        asked(client, "POST", &format!("{some}/_refresh?ignore_unavailable=true"), None)?;
        let path = format!("{some}/_count?ignore_unavailable=true");
        let answer = asked(client, "GET", &path, None)?;
        let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let count = said.get("count").and_then(Value::as_u64);
        all += count.ok_or_else(|| LoadError::Setup { path, status: answer.status, said: answer.said() })?;
    }
    Ok(all)
}
