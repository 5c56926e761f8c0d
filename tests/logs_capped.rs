//! More distinct values than a table holds: bounded, said to be so, and wrong by no more than documented
//! (docs/architecture.md, "Memory").

use crate::whole::netlog;
use std::fmt::Write;

/// `report::facets::VALUES`, as the documentation has it.
const CAP: usize = 32_768;
const LINES: usize = 44_000;

#[test]
fn a_table_of_more_values_than_it_holds() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("access.log");
    let (mut data, mut heavy) = (String::new(), 0);
    for n in 0..LINES {
        let url = if n % 7 == 0 { "/heavy".to_owned() } else { format!("/page/{n}") };
        heavy += u64::from(n % 7 == 0);
        let ip = format!("10.{}.{}.{}", n >> 16, n >> 8 & 255, n & 255);
        let stamp = "[21/Nov/2026:09:07:01 +0000]";
        writeln!(data, "{ip} - - {stamp} \"GET {url} HTTP/1.1\" 200 {n} \"-\" \"curl/8\"").unwrap();
    }
    std::fs::write(&path, &data).unwrap();
    let path = path.to_str().unwrap();
    let ran = netlog(&["analyze", "-q", "-o", "json=-", path]);
    let tables = &ran.json()["tables"];
    let paths = &tables["web.paths"];
    assert_eq!((paths["exact"].as_bool(), paths["distinct"].as_u64()), (Some(false), Some(CAP as u64)));
    assert!(paths["rows"].as_array().unwrap().len() <= 50);
    let first = &paths["rows"][0];
    assert_eq!(first["path"], "/heavy");
    // Half of the values are dropped at a time: each time a value lost at most what the dropped ones had.
    let told = first["events"].as_u64().unwrap();
    let error = (LINES / (CAP / 2)) as u64;
    assert!(told <= heavy && heavy - told <= error, "{told} of {heavy}, at most {error} fewer");
    // Fewer values than its own cap: exact.
    let hosts = &tables["hosts.sources"];
    assert_eq!((hosts["exact"].as_bool(), hosts["distinct"].as_u64()), (Some(true), Some(LINES as u64)));
    let text = netlog(&["analyze", "-q", path]).text().to_owned();
    assert!(text.contains("counts are lower bounds"), "{text}");
}
