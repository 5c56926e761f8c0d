//! Format files compiled: names resolved, rules built, formats linked to their parents.

use super::PatternError;
use super::after::{After, Also};
use super::columns::Columns;
use super::dispatch::Dispatch;
use super::expression::GrokRule;
use super::fields::{Table, leak, nearest};
use super::grok::Library;
use super::json::JsonRule;
use super::kv::KvRule;
use super::multi::Joining;
use super::rule::{Children, Format, Matcher, Rule};
use super::sets::{Sets, cases};
use super::spec::{FormatSpec, RuleSpec};
use super::template::Template;
use super::time::{Form, Zone};
use super::when::Cond;
use crate::model::{Field, FieldRef};
use std::collections::BTreeMap;

/// What compiling a format needs.
pub(super) struct Maker<'m> {
    pub table: Table,
    pub library: &'m Library,
    /// Formats by name.
    pub names: BTreeMap<String, usize>,
    /// All of it is shipped, and known to compile: each rule has a test.
    pub shipped: bool,
    /// Numbers given to column rules.
    pub columns: usize,
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

/// Compiles a format file.
pub(super) fn format(maker: &mut Maker<'_>, file: String, spec: FormatSpec) -> Result<Format, PatternError> {
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
    let zone = spec.zone.as_deref().map(Zone::named).transpose();
    let zone = zone.map_err(|wrong| PatternError::format(&file, "zone", wrong.to_string()))?;
    if zone.is_some() && parent.is_some() {
        return Err(PatternError::format(&file, "zone", "only a format that reads whole lines has a zone"));
    }
    let twin = spec.twin.as_ref().map(|name| maker.need(&file, "twin", name)).transpose()?;
    let dataset = base.dataset(&mut maker.table, &spec);
    let joining = spec.multiline.as_ref().map(|multi| Joining::new(&file, multi)).transpose()?;
    if joining.is_some() && parent.is_some() {
        return Err(PatternError::format(
            &file,
            "multiline",
            "only a format that reads whole lines can join them",
        ));
    }
    Ok(Format {
        name: leak(&spec.name),
        doc: leak(&spec.doc),
        parent,
        family,
        twin,
        zone,
        frame: spec.frame,
        client_by_process: spec.client_by_process,
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
        joining,
        file,
    })
}

/// The second events that a rule makes, and what they have beside what all of the rule's have.
fn also(
    table: &mut Table,
    file: &str,
    place: &str,
    (spec, rule): (&FormatSpec, &RuleSpec),
    sets: &Sets,
) -> Result<Vec<Also>, PatternError> {
    let mut made = Vec::with_capacity(rule.also.len());
    for second in &rule.also {
        let own = Sets::new(table, file, place, &second.set)?;
        let mut all = sets.clone();
        all.extend(own.clone());
        let removed = second.remove.iter().map(|name| table.need(file, place, name));
        made.push(Also {
            when: Cond::all(table, file, &second.when)?,
            remove: removed.collect::<Result<_, _>>()?,
            dataset: all.named(second.dataset.as_deref(), table, spec),
            set: own.constants(),
        });
    }
    Ok(made)
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
        times.push(Form::named(name).map_err(|message| PatternError::format(file, &place, message))?);
    }
    for text in rule.grok.iter().flat_map(|g| g.all()) {
        let grok = match maker.shipped {
            true => maker.library.compile_later(text),
            false => maker.library.compile(text),
        };
        let grok = grok.map_err(|e| PatternError::format(file, &place, e.to_string()))?;
        let grok = GrokRule::new(&maker.table, &spec.name, file, &place, grok, &times)?;
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
    if let Some(kv) = &rule.kv {
        let kv = KvRule::new(&maker.table, &spec.name, file, &place, kv)?;
        matchers.push(Matcher::Kv(Box::new(kv)));
    }
    if matchers.is_empty() {
        let message = "has neither `delimited`, `grok`, `columns`, `json` nor `kv`";
        return Err(PatternError::format(file, place, message));
    }
    let mut sets = base.clone();
    sets.extend(Sets::new(&maker.table, file, &place, &rule.set)?);
    let dataset = sets.dataset(&mut maker.table, spec);
    let mut all = cases(&mut maker.table, file, "case", spec, (&sets, &spec.case))?;
    all.extend(cases(&mut maker.table, file, &place, spec, (&sets, &rule.case))?);
    let also = also(&mut maker.table, file, &place, (spec, rule), &sets)?;
    let after = After::new(&maker.table, file, &place, (spec, rule), also)?;
    let inside = rule.inside.as_ref().map(|name| maker.table.need(file, &place, name)).transpose()?;
    Ok(Rule {
        set: sets.constants(),
        cases: all,
        dataset,
        again: rule.again,
        like_before: rule.like_before,
        after,
        inside,
        drop: rule.drop,
        repeats: false,
        wanted: true,
        looks_back: spec.client_by_process,
        matchers,
    })
}

/// Enters every format into its parent's list; refuses circles.
pub(super) fn link(formats: &mut [Format]) -> Result<(), PatternError> {
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
pub(super) fn find_repeats(formats: &mut [Format]) {
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
