//! The set of formats: the shipped ones, completed and overridden by files of the user.

use super::PatternError;
use super::columns::Columns;
use super::draft::Draft;
use super::expression::GrokRule;
use super::fields::{Table, leak, nearest};
use super::grok::Library;
use super::json::JsonRule;
use super::rule::{Children, Dispatch, Format, Matcher, Rule};
use super::sets::{Sets, cases};
use super::spec::{FormatSpec, RuleSpec};
use super::template::Template;
use super::time::Form;
use super::when::Cond;
use crate::model::{Dataset, Field, FieldRef};
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
        FormatSet::compile(&FormatSet::library(overlay)?, specs.into_values().collect())
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

    /// Compiles formats that are already read; (file, content).
    pub(super) fn compile(
        library: &Library,
        specs: Vec<(String, FormatSpec)>,
    ) -> Result<FormatSet, PatternError> {
        let mut table = Table::default();
        for (file, spec) in &specs {
            table.declare(file, spec)?;
        }
        let message = table.need("patterns", "fields", "message")?;
        let bad_fields = table.need("patterns", "fields", "netlog.bad_fields")?;
        let names: BTreeMap<String, usize> =
            specs.iter().enumerate().map(|(i, (_, spec))| (spec.name.clone(), i)).collect();
        let mut maker = Maker { table, library, names, columns: 0 };
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
            user: maker.table.get("user.name"),
            users: Vec::new(),
            narrowed: false,
            fields: maker.table.fields(),
            datasets,
            formats,
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

/// What compiling a format needs.
struct Maker<'m> {
    table: Table,
    library: &'m Library,
    names: BTreeMap<String, usize>,
    /// Numbers given to column rules.
    columns: usize,
}

impl Maker<'_> {
    /// The format of that name, or an error that names the nearest one.
    fn need(&self, file: &str, place: &str, name: &str) -> Result<usize, PatternError> {
        self.names.get(name).copied().ok_or_else(|| {
            let hint = nearest(name, self.names.keys().map(String::as_str))
                .map_or_else(String::new, |n| format!("; did you mean `{n}`?"));
            PatternError::format(file, place, format!("no format is called `{name}`{hint}"))
        })
    }
}

fn format(maker: &mut Maker<'_>, file: String, spec: FormatSpec) -> Result<Format, PatternError> {
    let parent = spec.over.as_ref().map(|over| maker.need(&file, "over", over)).transpose()?;
    let table = &maker.table;
    let from = spec.over.as_ref().map(|_| table.need(&file, "from", &spec.from)).transpose()?;
    let when = Cond::all(table, &file, &spec.when)?;
    let base = Sets::new(table, &file, "set", &spec.set)?;
    let mut rules = Vec::with_capacity(spec.rule.len());
    for (i, rule_spec) in spec.rule.iter().enumerate() {
        rules.push(rule(maker, &file, &spec, &base, i, rule_spec)?);
    }
    let family = spec.family.as_ref().map(|name| maker.need(&file, "family", name)).transpose()?;
    let dataset = base.dataset(&mut maker.table, &spec);
    Ok(Format {
        name: leak(&spec.name),
        doc: leak(&spec.doc),
        parent,
        family,
        from,
        when,
        dataset,
        dispatch: Dispatch::new(&rules),
        rules,
        children: Children::default(),
        unknown: leak(&format!("{}.unknown_message", spec.name)),
        hints: spec.hints.into_iter().collect(),
        null: spec.null,
        tests: spec.test,
        file,
    })
}

fn rule(
    maker: &mut Maker<'_>,
    file: &str,
    spec: &FormatSpec,
    base: &Sets,
    index: usize,
    rule: &RuleSpec,
) -> Result<Rule, PatternError> {
    let place = format!("rule {}", index + 1);
    let mut matchers = Vec::new();
    for text in rule.delimited.iter().flat_map(|d| d.all()) {
        matchers.push(Matcher::Delimited(Template::new(&maker.table, &spec.name, file, &place, text)?));
    }
    let mut times = Vec::new();
    for name in rule.time.iter().flat_map(|t| t.all()) {
        let unknown = || PatternError::format(file, &place, format!("unknown form of a stamp `{name}`"));
        times.push(Form::by_name(name).ok_or_else(unknown)?);
    }
    for text in rule.grok.iter().flat_map(|g| g.all()) {
        let grok = GrokRule::new(&maker.table, maker.library, &spec.name, file, &place, (text, &times))?;
        matchers.push(Matcher::Grok(Box::new(grok)));
    }
    if let Some(columns) = &rule.columns {
        let columns = Columns::new(&maker.table, &spec.name, file, &place, (columns, maker.columns))?;
        maker.columns += 1;
        matchers.push(Matcher::Columns(Box::new(columns)));
    }
    if let Some(json) = &rule.json {
        let json = JsonRule::new(&maker.table, &spec.name, file, &place, json)?;
        matchers.push(Matcher::Json(Box::new(json)));
    }
    if matchers.is_empty() {
        let message = "has neither `delimited`, `grok`, `columns` nor `json`";
        return Err(PatternError::format(file, place, message));
    }
    let mut sets = base.clone();
    sets.extend(Sets::new(&maker.table, file, &place, &rule.set)?);
    let dataset = sets.dataset(&mut maker.table, spec);
    let mut all = cases(&mut maker.table, file, "case", spec, (&sets, &spec.case))?;
    all.extend(cases(&mut maker.table, file, &place, spec, (&sets, &rule.case))?);
    let inside = rule.inside.as_ref().map(|name| maker.table.need(file, &place, name)).transpose()?;
    Ok(Rule {
        matchers,
        set: sets.constants(),
        cases: all,
        dataset,
        again: rule.again,
        inside,
        drop: rule.drop,
        repeats: false,
        wanted: true,
    })
}

/// Enters every format into its parent's list; refuses circles.
fn link(formats: &mut [Format]) -> Result<(), PatternError> {
    for index in 0..formats.len() {
        let parent_of = |i: usize| formats.get(i).and_then(|f| f.parent);
        let depth =
            std::iter::successors(parent_of(index), |i| parent_of(*i)).take(formats.len() + 1).count();
        let Some(format) = formats.get(index) else { continue };
        if depth > formats.len() {
            return Err(PatternError::format(&format.file, "over", "a format cannot be over itself"));
        }
        let (parent, when) = (format.parent, format.when.clone());
        if let Some(parent) = parent.and_then(|p| formats.get_mut(p)) {
            parent.children.add(index, &when);
        }
    }
    Ok(())
}

/// Marks the rules that can give a field twice: within themselves, or after an ancestor did.
fn find_repeats(formats: &mut [Format]) {
    let addresses = |fields: &mut dyn Iterator<Item = FieldRef>| -> Vec<*const Field> {
        fields.map(std::ptr::from_ref).collect()
    };
    let own: Vec<Vec<*const Field>> =
        formats.iter().map(|f| addresses(&mut f.rules.iter().flat_map(Rule::fields))).collect();
    let parents: Vec<Option<usize>> = formats.iter().map(|f| f.parent).collect();
    for (index, format) in formats.iter_mut().enumerate() {
        let parent_of = |i: &usize| parents.get(*i).copied().flatten();
        let above: Vec<*const Field> = std::iter::successors(parent_of(&index), parent_of)
            .filter_map(|i| own.get(i))
            .flatten()
            .copied()
            .collect();
        for rule in &mut format.rules {
            let constants = addresses(&mut rule.constants());
            let twice = |captured: &[*const Field]| {
                captured.iter().enumerate().any(|(i, field)| {
                    captured.iter().skip(i + 1).chain(&constants).chain(&above).any(|other| other == field)
                })
            };
            let any = rule
                .matchers
                .iter()
                .any(|m| twice(&addresses(&mut m.captures().flat_map(|c| c.target.fields()))));
            let cases = addresses(&mut rule.cases.iter().flat_map(|case| case.fields()));
            let own = addresses(&mut rule.fields());
            let replaced = cases.iter().any(|field| own.contains(field) || above.contains(field));
            rule.repeats =
                any || replaced || rule.again || constants.iter().any(|field| above.contains(field));
        }
    }
}
