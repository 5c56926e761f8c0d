//! The set-up as files: what a server must be sent before documents come, and what may be imported after.

use crate::schema::Schema;
use crate::setup::boards::{self, Boards};
use crate::setup::{self, Request, Target};
use crate::sink::json;
use serde_json::Value;
use std::fs;
use std::io;
use std::path::Path;

/// Writes a folder per product and version with one file per request and `requests.txt`, a list of
/// them with their paths in the order in which they must be sent (PUT), `alerts.txt` with those that may be
/// sent (POST); and a folder `dashboards`, the same for all. Returns the targets.
///
/// # Errors
/// If a folder or file cannot be written.
pub fn write_setup(path: &Path, schema: &Schema, options: &setup::Options) -> io::Result<Vec<Target>> {
    let targets: Vec<Target> =
        Target::all().filter(|t| options.target.is_none_or(|only| only == *t)).collect();
    let (boards, glob) = (Boards::shipped().map_err(io::Error::other)?, options.index.glob());
    for target in &targets {
        let folder = path.join(target.name());
        write_list(&folder, "requests.txt", &setup::requests(schema, *target, options))?;
        write_list(&folder, "alerts.txt", &boards::alerts(&boards, *target, &glob))?;
    }
    let folder = path.join("dashboards");
    write_list(&folder, "searches.txt", &boards::searches(&boards, &glob))?;
    let lines: String = boards::objects(&boards, &glob).iter().map(|object| format!("{object}\n")).collect();
    fs::write(folder.join("dashboards.ndjson"), lines)?;
    Ok(targets)
}

/// Writes the requests and a list of them with their paths; nothing if there are none.
fn write_list(folder: &Path, list: &str, requests: &[Request]) -> io::Result<()> {
    let mut lines = String::new();
    for Request { file, path, body } in requests {
        write_json(&folder.join(file), body)?;
        lines.push_str(&format!("{file} {path}\n"));
    }
    if lines.is_empty() { Ok(()) } else { fs::write(folder.join(list), lines) }
}

fn write_json(path: &Path, body: &Value) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut text = Vec::new();
    json::push(&mut text, body, 0);
    text.push(b'\n');
    fs::write(path, text)
}
