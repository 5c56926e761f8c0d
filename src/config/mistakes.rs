//! All mistakes of a file: what is wrong is taken out, and the rest looked at again.

use super::{ConfigError, File, content};
use std::path::Path;

/// Mistakes that are told.
const MOST: usize = 100;

impl File {
    /// Everything that is wrong with a file, from top to bottom, up to a hundred mistakes. Nothing behind
    /// one that keeps the file from being TOML at all.
    pub fn mistakes(path: &Path) -> Vec<ConfigError> {
        content(path).map_or_else(|error| vec![error], |(name, text)| mistakes(&name, text))
    }
}

fn mistakes(name: &str, mut text: String) -> Vec<ConfigError> {
    let mut found = Vec::new();
    while let Err(error) = File::parse(name, &text) {
        let line = error.place.map(|(line, _)| line);
        found.push(error);
        match line.and_then(|line| without(&text, line)).filter(|_| found.len() < MOST) {
            Some(rest) => text = rest,
            None => break,
        }
    }
    found.sort_by_key(|error| error.place);
    found
}

/// The text without what begins in a line (from 1), an entry or a section; the lines stay where they are.
/// `None` if there is no such text, or it was no TOML before.
fn without(text: &str, line: usize) -> Option<String> {
    let toml = |text: &str| text.parse::<toml::Table>().is_ok();
    let lines: Vec<&str> = text.split('\n').collect();
    let first = line.checked_sub(1).filter(|_| toml(text))?;
    let header = |nth: usize| lines.get(nth).map(|line| line.trim_start().starts_with('['));
    // What stands in a section that there is not belongs nowhere.
    let next = (first + 1..lines.len()).find(|nth| header(*nth) == Some(true)).unwrap_or(lines.len());
    let least = if header(first)? { next } else { first + 1 };
    // A value can have several lines.
    let rests = (least..=lines.len()).map(|end| {
        let kept =
            lines.iter().enumerate().map(|(nth, line)| if (first..end).contains(&nth) { "" } else { line });
        kept.collect::<Vec<_>>().join("\n")
    });
    rests.filter(|rest| rest != text).find(|rest| toml(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_told_once_and_in_order() {
        let text = "\
yeer = 2026
internal_net = [
  \"10.0.0.0/8\",
  \"10.0.0.0/99\",
]
timezone = \"UTC\"
[detect]
failurs = 3
window = \"0s\"
[protocols.htpp]
ports = [
  80,
]
port = 1
[protocols.http]
ports = [80]
port = [80]
";
        let places: Vec<_> = mistakes("x", text.to_owned()).into_iter().filter_map(|e| e.place).collect();
        let lines: Vec<usize> = places.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [1, 2, 8, 9, 10, 17], "{places:?}");
    }

    #[test]
    fn what_is_no_toml_is_one_mistake() {
        assert_eq!(mistakes("x", "yeer = 2026\n[detect\nfailurs = 3\n".to_owned()).len(), 1);
        assert_eq!(mistakes("x", "year = 2026\nyear = 2027\n".to_owned()).len(), 1);
        assert_eq!(mistakes("x", "year = 2026\n".to_owned()), []);
        let many: String = (0..500).map(|n| format!("x{n} = 1\n")).collect();
        assert_eq!(mistakes("x", many).len(), MOST);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_one() {
        let found = File::mistakes(Path::new("/nonexistent/x.toml"));
        assert!(matches!(found.as_slice(), [error] if error.place.is_none()));
    }
}
