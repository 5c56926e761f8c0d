//! Every crate in the program must be under a licence that lets it be given away with ours.

use std::process::Command;

/// Licences that ask for no more than naming them.
static GOOD: &[&str] = &[
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "0BSD",
    "Unlicense",
    "CC0-1.0",
    "BSL-1.0",
    "Unicode-3.0",
    "MIT-0",
    "CDLA-Permissive-2.0",
    "bzip2-1.0.6",
];

/// Whether one side of every `AND` is fully good; `OR` needs one good side.
fn good(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    expression.split(" AND ").all(|part| {
        part.trim_matches(|c| c == '(' || c == ')')
            .split(" OR ")
            .any(|name| GOOD.contains(&name.trim().trim_matches(|c| c == '(' || c == ')')))
    })
}

/// The platform tests run on, as rustc calls it.
fn host() -> String {
    let out = Command::new("rustc").arg("-vV").output().expect("rustc runs").stdout;
    let text = String::from_utf8_lossy(&out).into_owned();
    text.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host").to_owned()
}

#[test]
fn licences_of_the_tree() {
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        // Crates for other systems are not in this program, and not on this machine.
        .args(["--filter-platform", &host()])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let tree: serde_json::Value = serde_json::from_slice(&out.stdout).expect("cargo metadata is JSON");
    let packages = tree["packages"].as_array().expect("packages");
    assert!(packages.len() > 50);
    let bad: Vec<_> = packages
        .iter()
        .map(|p| (p["name"].as_str().unwrap_or("?"), p["license"].as_str().unwrap_or("none named")))
        .filter(|(_, licence)| !good(licence))
        .collect();
    assert!(bad.is_empty(), "{bad:?}");
}

#[test]
fn expressions_are_read_right() {
    assert!(good("MIT OR GPL-3.0"));
    assert!(good("MIT/Apache-2.0"));
    assert!(good("(MIT OR Apache-2.0) AND Unicode-3.0"));
    assert!(!good("MIT AND GPL-3.0"));
    assert!(!good("AGPL-3.0"));
}
