//! How much of what tshark can name netlog names too, and the same.
//!
//! `testdata/tshark/classes.tsv` has the bytes that tshark attributes by flow, as `tshark -z io,phs` does by packet
//! (`make-classes.py` beside it); `src/schema/tshark.tsv` says which names are the same thing. So no tshark is needed here.

use super::corpus::captures;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Least share of the bytes that tshark names, percent.
const WANTED: f64 = 95.0;

fn table(name: &str) -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().filter(|line| !line.starts_with('#'));
    rows.map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

/// Names by capture, transport and flow.
fn flows(files: &[PathBuf]) -> BTreeMap<[String; 3], BTreeSet<String>> {
    let run =
        Command::new(env!("CARGO_BIN_EXE_netlog")).args(["events", "--quiet"]).args(files).output().unwrap();
    let mut all: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for line in
        String::from_utf8_lossy(&run.stdout).lines().filter(|line| line.contains("\"dataset\":\"flow\""))
    {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        let end = |side: &str| {
            let side = &event[side];
            format!("{},{}", side["ip"].as_str().unwrap_or_default(), side["port"])
        };
        let mut ends = [end("source"), end("destination")];
        ends.sort();
        let path = event["log"]["file"]["path"].as_str().unwrap_or_default();
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        let transport = event["network"]["transport"].as_str().unwrap_or_default().to_owned();
        let names = match &event["network"]["protocol"] {
            serde_json::Value::Array(all) => all.clone(),
            one => vec![one.clone()],
        };
        let names = names.iter().filter_map(|name| name.as_str().map(str::to_owned));
        all.entry([name, transport, ends.join(" ")]).or_default().extend(names);
    }
    all
}

#[test]
fn what_tshark_names_is_named() {
    let files = captures();
    if files.is_empty() {
        return;
    }
    let known = flows(&files);
    let same: BTreeSet<(String, String)> =
        table("src/schema/tshark.tsv").into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    let (mut sums, mut missed) = (BTreeMap::<String, (u64, u64)>::new(), BTreeMap::<_, u64>::new());
    for row in table("testdata/tshark/classes.tsv") {
        let [name, transport, flow, class, bytes] = &row[..] else { panic!("{row:?}") };
        let bytes: u64 = bytes.parse().unwrap();
        let names = known.get(&[name.clone(), transport.clone(), flow.clone()]).cloned().unwrap_or_default();
        let good = names.iter().any(|n| n == class || same.contains(&(n.clone(), class.clone())));
        let sum = sums.entry(transport.clone()).or_default();
        sum.0 += bytes;
        if good {
            sum.1 += bytes;
        } else {
            let names = names.into_iter().collect::<Vec<_>>().join(",");
            *missed.entry((transport.clone(), class.clone(), names, name.clone())).or_default() += bytes;
        }
    }
    let mut worst: Vec<_> = missed.iter().map(|(what, bytes)| (*bytes, what)).collect();
    worst.sort_unstable_by(|a, b| b.cmp(a));
    worst.iter().take(25).for_each(|(bytes, what)| println!("{bytes} {what:?}"));
    for (transport, (all, named)) in sums {
        let share = named as f64 * 100.0 / all as f64;
        println!("{transport}: {named} of {all} bytes, {share:.1} %");
        assert!(share >= WANTED, "{transport}: {share:.1} %");
    }
}
