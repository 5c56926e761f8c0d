//! The set of formats: the shipped ones, completed and overridden by files of the user.

use super::PatternError;
use super::compile::{Maker, find_repeats, format, link};
use super::draft::Draft;
use super::fields::{Table, nearest};
use super::grok::{Engine, Library};
use super::rule::{Format, Matcher};
use super::spec::FormatSpec;
use crate::model::{Dataset, FieldRef};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

include!(concat!(env!("OUT_DIR"), "/patterns.rs"));

/// All formats, compiled.
#[derive(Debug)]
pub struct FormatSet {
    pub(super) formats: Vec<Format>,
    /// Formats without a parent, in the order of names.
    pub(super) roots: Vec<usize>,
    /// `message` and the list of bad fields.
    pub(super) message: FieldRef,
    pub(super) bad_fields: FieldRef,
    /// Byte offset of the earlier line that names the client.
    pub(super) client_line: FieldRef,
    /// Lines that go on with an event whose format knows only the first.
    pub(super) goes_on: FieldRef,
    /// Byte offset of the line in whose event this one goes on.
    pub(super) begun: FieldRef,
    /// How many happenings a line stands for, and the byte offset of the line that it repeats.
    pub(super) count: FieldRef,
    pub(super) repeated: FieldRef,
    pub(super) user: Option<FieldRef>,
    /// Only events of these users are made; empty = of all.
    pub(super) users: Vec<String>,
    /// Only what [`super::Wanted`] asks for is made.
    pub(super) narrowed: bool,
    fields: Vec<FieldRef>,
    datasets: Vec<&'static Dataset>,
}

impl FormatSet {
    /// The shipped formats.
    ///
    /// # Errors
    /// A mistake in a shipped format; tests rule it out.
    pub fn builtin() -> Result<FormatSet, PatternError> {
        FormatSet::load(&[])
    }

    /// The shipped formats with those of `overlay`: files, or folders whose `*.toml` (formats) and
    /// `*.grok` or files without extension (named patterns) are read in the order of names. A format or named pattern of the same
    /// name replaces the earlier one.
    ///
    /// # Errors
    /// The first file that cannot be read or holds a mistake.
    pub fn load(overlay: &[PathBuf]) -> Result<FormatSet, PatternError> {
        FormatSet::load_with(overlay, &[])
    }

    /// The same with formats that are in no file: name for messages and text.
    ///
    /// # Errors
    /// The first file or text that cannot be read or holds a mistake.
    pub fn load_with(overlay: &[PathBuf], more: &[(&str, &str)]) -> Result<FormatSet, PatternError> {
        let mut specs = BTreeMap::new();
        for (file, text) in BUILTIN {
            let spec = FormatSpec::read(file, text)?;
            specs.insert(spec.name.clone(), ((*file).to_owned(), spec));
        }
        for file in pattern_files(overlay)?.into_iter().filter(|file| is_format(file)) {
            let name = file.display().to_string();
            let spec = FormatSpec::read(&name, &read(&file)?)?;
            specs.insert(spec.name.clone(), (name, spec));
        }
        for (name, text) in more {
            let spec = FormatSpec::read(name, text)?;
            specs.insert(spec.name.clone(), ((*name).to_owned(), spec));
        }
        let shipped = overlay.is_empty() && more.is_empty();
        FormatSet::compile(&FormatSet::library(overlay)?, specs.into_values().collect(), shipped)
    }

    /// The shipped named patterns with those of `overlay`.
    ///
    /// # Errors
    /// The first file that cannot be read or holds a mistake.
    pub fn library(overlay: &[PathBuf]) -> Result<Library, PatternError> {
        let mut library = Library::builtin();
        for file in pattern_files(overlay)?.into_iter().filter(|file| !is_format(file)) {
            let name = file.display().to_string();
            library
                .add_text(&name, &read(&file)?)
                .map_err(|e| PatternError::Syntax { file: name, message: e.to_string() })?;
        }
        Ok(library)
    }

    /// Names of the formats that came from files of the user, in order.
    pub fn overlaid(&self) -> impl Iterator<Item = &'static str> {
        self.formats.iter().filter(|f| builtin_text(&f.file).is_none()).map(|f| f.name)
    }

    /// The file that a format was read from.
    pub fn text(&self, name: &str) -> Option<Result<String, PatternError>> {
        let format = self.formats.iter().find(|f| f.name == name)?;
        Some(match builtin_text(&format.file) {
            Some(text) => Ok(text.to_owned()),
            None => read(Path::new(&format.file)),
        })
    }

    /// Compiles formats that are already read; (file, content). Programs of those that are `shipped` are made when
    /// they are first run.
    pub(super) fn compile(
        library: &Library,
        specs: Vec<(String, FormatSpec)>,
        shipped: bool,
    ) -> Result<FormatSet, PatternError> {
        let mut table = Table::default();
        for (file, spec) in &specs {
            table.declare(file, spec)?;
        }
        let message = table.need("patterns", "fields", "message")?;
        let bad_fields = table.need("patterns", "fields", "netlog.bad_fields")?;
        let client_line = table.need("patterns", "fields", "netlog.client_line.offset")?;
        let goes_on = table.need("patterns", "fields", "netlog.continuation")?;
        let begun = table.need("patterns", "fields", "netlog.begun_line.offset")?;
        let count = table.need("patterns", "fields", "netlog.count")?;
        let repeated = table.need("patterns", "fields", "netlog.repeated_line.offset")?;
        let names: BTreeMap<String, usize> =
            specs.iter().enumerate().map(|(i, (_, spec))| (spec.name.clone(), i)).collect();
        let mut maker = Maker { table, library, names, shipped, columns: 0 };
        let mut formats = Vec::with_capacity(specs.len());
        for (file, spec) in specs {
            formats.push(format(&mut maker, file, spec)?);
        }
        link(&mut formats)?;
        find_repeats(&mut formats);
        let roots = formats.iter().enumerate().filter(|(_, f)| f.parent.is_none() && !f.rules.is_empty());
        let mut datasets: Vec<&'static Dataset> = Vec::new();
        for dataset in formats.iter().filter(|f| !f.rules.is_empty()).map(|f| f.dataset) {
            if !datasets.iter().any(|d| d.name == dataset.name) {
                datasets.push(dataset);
            }
        }
        Ok(FormatSet {
            roots: roots.map(|(i, _)| i).collect(),
            message,
            bad_fields,
            client_line,
            goes_on,
            begun,
            count,
            repeated,
            user: maker.table.get("user.name"),
            users: Vec::new(),
            narrowed: false,
            fields: maker.table.fields(),
            datasets,
            formats,
        })
    }

    /// Format, number of the rule (from 1) and engine of each grok expression in a rule.
    pub fn engines(&self) -> impl Iterator<Item = (&'static str, usize, Engine)> {
        let rules =
            self.formats.iter().flat_map(|f| f.rules.iter().zip(1..).map(move |(r, n)| (f.name, n, r)));
        rules.flat_map(|(name, n, rule)| {
            rule.matchers.iter().filter_map(move |matcher| match matcher {
                Matcher::Grok(grok) => Some((name, n, grok.engine())),
                _ => None,
            })
        })
    }

    /// Every field that the formats declare, by name.
    pub fn fields(&self) -> &[FieldRef] {
        &self.fields
    }

    /// Every data set, one per name. (Events may carry another one of the same name with the
    /// categories that their rule sets.)
    pub fn datasets(&self) -> &[&'static Dataset] {
        &self.datasets
    }

    /// Names of the formats with their documentation, in order.
    pub fn names(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.formats.iter().filter(|f| !f.rules.is_empty()).map(|f| (f.name, f.doc))
    }

    /// Whether the event is of a user that is asked for.
    #[inline]
    pub(super) fn of_wanted_user(&self, draft: &Draft<'_>) -> bool {
        if self.users.is_empty() {
            return true;
        }
        let user = self.user.and_then(|field| draft.get(field)).and_then(|v| v.as_str());
        user.is_some_and(|user| self.users.iter().any(|u| u == user))
    }

    pub(super) fn format(&self, index: usize) -> Option<&Format> {
        self.formats.get(index)
    }

    /// Index of the format of that name.
    pub(super) fn index(&self, name: &str) -> Option<usize> {
        self.formats.iter().position(|f| f.name == name)
    }

    /// The name nearest to one that does not exist; for messages.
    pub fn nearest(&self, name: &str) -> Option<&'static str> {
        nearest(name, self.formats.iter().map(|f| f.name))
            .and_then(|n| self.formats.iter().map(|f| f.name).find(|f| *f == n))
    }
}

fn builtin_text(file: &str) -> Option<&'static str> {
    BUILTIN.iter().find(|(name, _)| *name == file).map(|(_, text)| *text)
}

fn read(file: &Path) -> Result<String, PatternError> {
    std::fs::read_to_string(file).map_err(|error| PatternError::Read { path: file.to_owned(), error })
}

/// Formats are `*.toml`; everything else that is read holds named patterns.
fn is_format(file: &Path) -> bool {
    file.extension().is_some_and(|e| e == "toml")
}

/// The files given, and of folders the formats (`*.toml`) and named patterns (`*.grok`, or no extension,
/// as the reference pattern set has them) in the order of names.
fn pattern_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, PatternError> {
    let mut all = Vec::new();
    for path in paths {
        let failed = |error| PatternError::Read { path: path.clone(), error };
        if !std::fs::metadata(path).map_err(failed)?.is_dir() {
            all.push(path.clone());
            continue;
        }
        let mut files = Vec::new();
        for entry in std::fs::read_dir(path).map_err(failed)? {
            let file = entry.map_err(failed)?.path();
            let hidden = file.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
            let wanted = file.extension().is_none_or(|e| e == "toml" || e == "grok");
            if wanted && !hidden && file.is_file() {
                files.push(file);
            }
        }
        files.sort();
        all.extend(files);
    }
    Ok(all)
}
