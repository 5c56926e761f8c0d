//! What is data and becomes part of the program: the shipped formats (every `patterns/*.toml`), and the tables of
//! numbers and their names (every `src/proto/numbers/*.tsv`, with its source in the first line).

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let out = PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?);
    patterns(&Path::new(&root).join("patterns"), &out)?;
    let folder = Path::new(&root).join("src/proto/numbers");
    for name in names(&folder, ".tsv")? {
        let text = fs::read_to_string(folder.join(&name))?;
        let made = numbers(&text).map_err(|e| io::Error::other(format!("{name}: {e}")))?;
        fs::write(out.join(name.replace(".tsv", "_numbers.rs")), made)?;
    }
    println!("cargo:rerun-if-changed=patterns");
    println!("cargo:rerun-if-changed=src/proto/numbers");
    Ok(())
}

/// Files of a folder by the end of their name, sorted.
fn names(folder: &Path, end: &str) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(end) {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn patterns(folder: &Path, out: &Path) -> io::Result<()> {
    let mut text =
        String::from("/// Shipped formats: file name and content.\nstatic BUILTIN: &[(&str, &str)] = &[\n");
    for name in names(folder, ".toml")? {
        // By the folder that is built: a clone elsewhere with the same cache is not this one.
        let path = format!("concat!(env!(\"CARGO_MANIFEST_DIR\"), {:?})", format!("/patterns/{name}"));
        text.push_str(&format!("    ({name:?}, include_str!({path})),\n"));
    }
    text.push_str("];\n");
    fs::write(out.join("patterns.rs"), text)
}

/// Tables: `[NAME u16]` begins one of pairs, `[NAME list]` one that is told by place; rows are number and name with a
/// tab between, in order (`0x` for hexadecimal); `#` before a table is its documentation.
fn numbers(text: &str) -> Result<String, String> {
    let (mut out, mut doc, mut list, mut open, mut next) = (String::new(), String::new(), false, false, 0);
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix('#') {
            doc += &format!("///{comment}\n");
        } else if let Some(head) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            let mut words = head.split(' ');
            let (name, kind, scope) = (words.next(), words.next(), words.next().unwrap_or_default());
            let (Some(name), Some(kind)) = (name, kind) else { return Err(format!("no table: {line}")) };
            (list, next) = (kind == "list", if kind == "list" { 0 } else { i64::MIN });
            let kind = if list { "&str".to_owned() } else { format!("({kind}, &str)") };
            let end = if open { "];\n" } else { "" };
            open = true;
            writeln!(out, "{end}{doc}{scope} static {name}: &[{kind}] = &[").map_err(|e| e.to_string())?;
        } else if let Some((number, name)) = line.split_once('\t') {
            let hex = number.strip_prefix("0x").map(|digits| i64::from_str_radix(digits, 16));
            let value = hex.unwrap_or_else(|| number.parse()).map_err(|e| format!("{e}: {line}"))?;
            if list && value != next {
                return Err(format!("{next} is missing before {line}"));
            }
            if value < next {
                return Err(format!("not in order: {line}"));
            }
            next = value + 1;
            let row = if list { format!("{name:?},\n") } else { format!("({number}, {name:?}),\n") };
            out.push_str(&row);
        } else if line.is_empty() {
            doc.clear();
        } else {
            return Err(format!("no row: {line}"));
        }
    }
    out.push_str(if open { "];\n" } else { "" });
    Ok(out)
}
