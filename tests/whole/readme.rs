//! The commands that README.md and docs/tutorial.md show run, and print something. `UPDATE=1` puts what
//! they print today below them.

use super::ROOT;
use std::path::Path;
use std::process::{Command, Output};

/// Runs a line of shell with the program in its path; `None` where it needs a tool that is not here.
fn shell(line: &str) -> Option<Output> {
    for tool in ["jq", "gzip"] {
        if line.contains(tool) && Command::new(tool).arg("--version").output().is_err() {
            crate::skipped(format_args!("no {tool} for: {line}"));
            return None;
        }
    }
    let folder = Path::new(env!("CARGO_BIN_EXE_netlog")).parent().expect("a folder");
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new("sh");
    command.current_dir(ROOT).args(["-c", line]).env("PATH", path).env_remove("NO_COLOR");
    Some(command.output().expect("a shell"))
}

/// The page with fresh output below every command; fails where a command fails or says nothing.
fn fresh(page: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for line in page.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if inside && !line.starts_with("$ ") {
            continue;
        }
        out.push_str(line);
        out.push('\n');
        let Some(command) = line.strip_prefix("$ ").filter(|_| inside) else { continue };
        let Some(ran) = shell(command) else { continue };
        let (text, error) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        assert!(ran.status.success() && error.is_empty(), "{command}\n{text}\n{error}");
        assert!(!text.trim().is_empty(), "prints nothing: {command}");
        out.push_str(text.trim_end());
        out.push('\n');
    }
    out
}

#[test]
fn shown_commands_run() {
    for name in ["README.md", "docs/tutorial.md"] {
        let path = Path::new(ROOT).join(name);
        let page = std::fs::read_to_string(&path).unwrap();
        let now = fresh(&page);
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, now).unwrap();
        }
    }
}
