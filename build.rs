//! Lists the shipped formats: every `patterns/*.toml` becomes part of the program, so that a new
//! format is one new file.

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    let folder = Path::new(&root).join("patterns");
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".toml") {
            names.push(name);
        }
    }
    names.sort();
    let mut text =
        String::from("/// Shipped formats: file name and content.\nstatic BUILTIN: &[(&str, &str)] = &[\n");
    for name in &names {
        let path = folder.join(name);
        text.push_str(&format!("    ({name:?}, include_str!({:?})),\n", path.display().to_string()));
    }
    text.push_str("];\n");
    fs::write(Path::new(&out).join("patterns.rs"), text)?;
    println!("cargo:rerun-if-changed=patterns");
    Ok(())
}
