//! Named patterns, from text, files and directories.

use super::error::{GrokError, Mistake, Place};
use super::expand::MAX_EXPANDED;
use std::collections::BTreeMap;
use std::path::Path;

/// A named pattern as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The expression, grok references and all.
    pub expression: String,
    /// File it was read from; `expression` where there is none.
    pub file: String,
    /// Line of the file, from 1.
    pub line: usize,
    /// Character of the line the expression starts at, from 1.
    pub column: usize,
}

impl Definition {
    pub(super) fn expression(text: &str) -> Definition {
        Definition { expression: text.to_owned(), file: "expression".to_owned(), line: 1, column: 1 }
    }

    /// The place of a byte of the expression.
    pub(super) fn place(&self, offset: usize) -> Place {
        let before = self.expression.get(..offset).unwrap_or(&self.expression);
        let lines = before.matches('\n').count();
        let last = before.rsplit('\n').next().unwrap_or_default().chars().count();
        let column = if lines == 0 { self.column + last } else { last + 1 };
        Place { file: self.file.clone(), line: self.line + lines, column }
    }
}

/// Named patterns. A later definition of a name replaces the earlier one.
#[derive(Clone, Debug, Default)]
pub struct Library {
    pub(super) definitions: BTreeMap<String, Definition>,
    /// Definitions that a later one of the name replaced.
    replaced: Vec<(String, Place)>,
    /// Lines of pattern files with a name and nothing behind it.
    empty: Vec<(String, Place)>,
}

impl Library {
    /// No pattern at all.
    pub fn empty() -> Library {
        Library::default()
    }

    /// Adds the definitions of a pattern file's text: `NAME expression` a line, `#` starts a comment line.
    /// A line with a name alone is skipped, as Logstash does. Blanks at the end of an expression belong to it.
    ///
    /// # Errors
    /// When a definition is longer than a written-out expression may be.
    pub fn add_text(&mut self, file: &str, text: &str) -> Result<(), GrokError> {
        for (number, line) in text.lines().enumerate() {
            let line = line.strip_suffix('\r').unwrap_or(line);
            let entry = line.trim_start();
            if entry.is_empty() || entry.starts_with('#') {
                continue;
            }
            let (name, rest) = entry.split_once(char::is_whitespace).unwrap_or((entry, ""));
            let expression = rest.trim_start();
            let column = line.chars().count() - expression.chars().count() + 1;
            let definition = Definition {
                expression: expression.to_owned(),
                file: file.to_owned(),
                line: number + 1,
                column,
            };
            if expression.is_empty() {
                self.empty.push((name.to_owned(), definition.place(0)));
                continue;
            }
            if expression.len() > MAX_EXPANDED {
                let mistake = Mistake::TooLarge("the definition", MAX_EXPANDED);
                return Err(GrokError { mistake, place: definition.place(0), within: vec![name.to_owned()] });
            }
            if let Some(old) = self.definitions.insert(name.to_owned(), definition) {
                self.replaced.push((name.to_owned(), old.place(0)));
            }
        }
        Ok(())
    }

    /// Adds every file of a directory, in the order of their names; folders in it and hidden files are skipped.
    ///
    /// # Errors
    /// When the directory or a file cannot be read, is not UTF-8, or has a definition that is refused.
    pub fn add_dir(&mut self, dir: &Path) -> Result<(), GrokError> {
        let unreadable = |path: &Path, why: &dyn std::fmt::Display| GrokError {
            mistake: Mistake::Unreadable(why.to_string()),
            place: Place { file: path.display().to_string(), line: 1, column: 1 },
            within: Vec::new(),
        };
        let entries = std::fs::read_dir(dir).map_err(|e| unreadable(dir, &e))?;
        let mut files = Vec::new();
        for entry in entries {
            let path = entry.map_err(|e| unreadable(dir, &e))?.path();
            let hidden = path.file_name().is_none_or(|n| n.to_string_lossy().starts_with('.'));
            if path.is_file() && !hidden {
                files.push(path);
            }
        }
        files.sort();
        for file in files {
            let text = std::fs::read_to_string(&file).map_err(|e| unreadable(&file, &e))?;
            self.add_text(&file.display().to_string(), &text)?;
        }
        Ok(())
    }

    /// Defines one name, replacing what it meant before.
    pub fn define(&mut self, name: &str, expression: &str) {
        self.definitions.insert(name.to_owned(), Definition::expression(expression));
    }

    /// Where the definitions stood that the present one of this name replaced, oldest first.
    pub fn replaced(&self, name: &str) -> impl Iterator<Item = &Place> {
        self.replaced.iter().filter(move |(n, _)| n == name).map(|(_, place)| place)
    }

    /// Names in pattern files that nothing follows: they define nothing, as in Logstash.
    pub fn empty_names(&self) -> impl Iterator<Item = (&str, &Place)> {
        self.empty.iter().map(|(name, place)| (name.as_str(), place))
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.definitions.keys().map(String::as_str)
    }

    /// What a name stands for.
    pub fn definition(&self, name: &str) -> Option<&Definition> {
        self.definitions.get(name)
    }
}
