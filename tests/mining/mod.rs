//! `patterns mine`: grouping accuracy against the loghub samples' structured files.

mod command;

use netlog::logs::FormatSet;
use netlog::logs::mine::{Miner, Settings};
use netlog::source::LineChunk;
use std::collections::BTreeMap;
use std::path::PathBuf;

fn loghub(name: &str, suffix: &str) -> Option<Vec<u8>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus/logs/loghub");
    let path = PathBuf::from(folder).join(name).join(format!("{name}_2k.log{suffix}"));
    let data = std::fs::read(&path).ok();
    if data.is_none() {
        crate::skipped(format_args!("{} is missing", path.display()));
    }
    data
}

/// The template of each line.
fn groups(set: &FormatSet, data: Vec<u8>) -> (Vec<usize>, Vec<String>) {
    let chunk = LineChunk { data, offset: 0, first_line: 1, ..LineChunk::default() };
    let mut miner = Miner::new(set, Settings { all: true, ..Settings::default() });
    miner.begin(&chunk.data, None);
    miner.add(&chunk);
    let mut mined = miner.finish();
    let mut out = Vec::new();
    mined.begin(&chunk.data, None);
    mined.assign(&chunk, |_, template| out.push(template));
    (out, mined.templates.iter().map(|t| format!("{} {}", t.count, t.text())).collect())
}

/// Share of the lines whose group has exactly the lines of their true group.
fn accuracy(got: &[usize], want: &[String]) -> f64 {
    let mut true_groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut mined: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (line, (group, event)) in got.iter().zip(want).enumerate() {
        true_groups.entry(event).or_default().push(line);
        mined.entry(*group).or_default().push(line);
    }
    let right: usize = true_groups.values().filter(|g| mined.values().any(|m| m == *g)).map(Vec::len).sum();
    for (event, group) in &true_groups {
        if !mined.values().any(|m| m == group) {
            println!("  {event}: {} lines are grouped otherwise", group.len());
        }
    }
    right as f64 / want.len() as f64
}

#[test]
fn grouping_accuracy_on_the_loghub_samples() {
    let set = FormatSet::builtin().unwrap();
    for name in ["Apache", "Linux", "OpenSSH"] {
        let (Some(log), Some(truth)) = (loghub(name, ""), loghub(name, "_structured.csv")) else { continue };
        let mut rows = csv::Reader::from_reader(truth.as_slice());
        let column = rows.headers().unwrap().iter().position(|h| h == "EventId").unwrap();
        let want: Vec<String> = rows.records().map(|r| r.unwrap()[column].to_owned()).collect();
        let (got, templates) = groups(&set, log);
        assert_eq!(got.len(), want.len(), "{name}");
        let accuracy = accuracy(&got, &want);
        println!("{name}: grouping accuracy {accuracy:.4}, {} templates", templates.len());
        if std::env::var_os("NETLOG_SHOW").is_some() {
            templates.iter().for_each(|t| println!("    {t}"));
        }
        assert!(accuracy >= 0.95, "{name}: {accuracy}");
    }
}
