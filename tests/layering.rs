//! The direction of the arrows: which module may import which. The picture is in src/lib.rs.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Modules, and what each may import besides itself and `model`.
static MAY: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("source", &[]),
    ("proto", &[]),
    ("net", &["proto"]),
    ("logs", &["source"]),
    ("enrich", &[]),
    ("detect", &[]),
    ("report", &[]),
    ("schema", &["proto", "net", "logs", "enrich"]),
    ("setup", &["schema"]),
    ("case", &["schema"]),
    ("sink", &["schema", "setup", "report", "case"]),
    ("engine", &["source", "net", "proto", "logs", "enrich", "detect", "report", "sink", "schema", "case"]),
    ("load", &["schema", "setup", "sink", "report"]),
    ("nightly", &["source", "report"]),
    ("cli", &[]),
    ("config", &["detect", "enrich", "logs", "nightly", "proto"]),
    (
        "plan",
        &[
            "cli", "config", "engine", "net", "proto", "logs", "enrich", "detect", "report", "setup", "sink",
            "load", "nightly",
        ],
    ),
    (
        "command",
        &[
            "cli", "config", "plan", "detect", "engine", "enrich", "logs", "report", "schema", "setup",
            "sink", "load", "nightly", "case",
        ],
    ),
];

fn rust_files(dir: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

fn files() -> Vec<(String, PathBuf)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    rust_files(&src, &mut all);
    all.into_iter()
        .filter_map(|path| {
            let first = path.strip_prefix(&src).unwrap().components().next()?;
            let module = first.as_os_str().to_str()?.trim_end_matches(".rs").to_owned();
            (module != "lib" && module != "main").then_some((module, path))
        })
        .collect()
}

/// Names behind `crate::` in the code, tests and comments left out.
fn imports(text: &str) -> BTreeSet<String> {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = code.lines().filter(|l| !l.trim_start().starts_with("//"));
    let mut out = BTreeSet::new();
    for line in lines {
        for part in line.split("crate::").skip(1) {
            let name: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            out.insert(name);
        }
    }
    out
}

/// Whether a file is only there for tests: by its name, or because its parent declares it so.
fn is_test(path: &Path) -> bool {
    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
    let parent = fs::read_to_string(path.with_file_name("mod.rs")).unwrap_or_default();
    name.contains("tests") || parent.contains(&format!("#[cfg(test)]\nmod {name};"))
}

/// Numbers and their names: long by nature.
fn is_table(path: &Path) -> bool {
    path.file_name().is_some_and(|n| n == "names.rs") || path.components().any(|c| c.as_os_str() == "tables")
}

#[test]
fn arrows_point_one_way() {
    let mut wrong = Vec::new();
    for (module, path) in files() {
        if is_test(&path) {
            continue;
        }
        let may = MAY.iter().find(|(m, _)| *m == module);
        let Some((_, may)) = may else { panic!("{module} is a new room: add it to the picture and to MAY") };
        for import in imports(&fs::read_to_string(&path).unwrap()) {
            let known = MAY.iter().any(|(m, _)| *m == import);
            if known && import != module && import != "model" && !may.contains(&import.as_str()) {
                wrong.push(format!("{}: {module} imports {import}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_are_short() {
    let long: Vec<_> = files()
        .into_iter()
        .map(|(_, path)| (fs::read_to_string(&path).unwrap().lines().count(), path))
        .filter(|(lines, path)| *lines > 400 && !is_table(path))
        .map(|(lines, path)| format!("{}: {lines} lines", path.display()))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}
