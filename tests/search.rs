//! `netlog load` against a real server (tests/search/check), where one may be started: `NETLOG_SEARCH=jars` runs
//! OpenSearch from its jars, which Maven fetches once, `NETLOG_SEARCH=/opt/opensearch` an unpacked distribution, and
//! `NETLOG_SEARCH=http://…` uses a server that is there (its indices `netlog-*` are deleted). What a server does to
//! netlog without one is in `load`.

use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn a_real_server_has_exactly_the_documents_whatever_fails() {
    let Ok(server) = std::env::var("NETLOG_SEARCH") else {
        let why = "NETLOG_SEARCH is not set, no real OpenSearch was asked (CONTRIBUTING.md says how)";
        return crate::skipped(why);
    };
    let mut check = Command::new(format!("{ROOT}/tests/search/check"));
    check.arg(env!("CARGO_BIN_EXE_netlog")).arg(format!("{ROOT}/testdata"));
    match server.as_str() {
        "jars" => {}
        url if url.starts_with("http") => drop(check.env("SEARCH_URL", url)),
        folder => drop(check.env("SEARCH_HOME", folder)),
    }
    let output = check.output().expect("tests/search/check needs python3");
    println!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
