//! A format file to start from: rules out of templates, tests out of their lines.

use super::Mined;
use super::template::{Template, Variable};
use crate::logs::PatternError;
use crate::logs::check::show;
use crate::logs::parser::{Context, Parser, Scratch};
use crate::logs::set::FormatSet;
use crate::logs::time::{Form, YearClock};
use crate::source::LineChunk;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Letters and digits that a rule must have in common with its lines.
const CONSTANT: usize = 3;
/// Programs that a condition lists.
const PROGRAMS: usize = 32;
/// Fields that a test wants at most.
const WANTS: usize = 8;
/// Times that rules are left out and the rest is tried again.
const TRIES: usize = 8;

/// A field of the format: its type and what its values may be.
#[derive(Clone, Debug, PartialEq)]
struct Field {
    ty: &'static str,
    doc: String,
    range: Option<(i64, i64)>,
    values: BTreeSet<String>,
    /// Declared elsewhere.
    shared: bool,
}

/// A template as a rule.
struct Rule<'t> {
    template: &'t Template,
    /// Field of each variable.
    names: Vec<String>,
    /// Form of the stamp that its lines begin with.
    stamp: Option<&'static str>,
    delimited: Vec<String>,
    /// Lines with what must come out.
    tests: Vec<(String, Vec<(String, String)>)>,
}

impl Mined<'_> {
    /// A format file for the lines that format `over` leaves (`none`: for whole lines; not given: for where
    /// most of the lines are). `load` gives the formats that the file will stand among, with it.
    ///
    /// Only rules that read their lines then are written: what is left out is said in a comment.
    ///
    /// # Errors
    /// What `load` meets.
    pub fn format_file(
        &self,
        name: &str,
        over: Option<&str>,
        load: impl Fn(&str) -> Result<FormatSet, PatternError>,
    ) -> Result<String, PatternError> {
        let open = |t: &&Template| t.readers.iter().map(|(_, n)| n).sum::<u64>() < t.count;
        let mut lines: BTreeMap<Option<&str>, u64> = BTreeMap::new();
        for template in self.templates.iter().filter(open) {
            *lines.entry(template.over).or_default() += template.count;
        }
        let most = lines.iter().max_by_key(|(_, n)| **n).and_then(|(over, _)| *over);
        let over = match over {
            None => most,
            Some("none") => None,
            given => given,
        };
        let of = |t: &&Template| t.over == over && t.constant() >= CONSTANT;
        let mut templates: Vec<&Template> = self.templates.iter().filter(open).filter(of).collect();
        // What is the same in more of a line is tried before what is looser.
        templates.sort_by_key(|t| (t.variables().count().min(1), usize::MAX - t.constant(), t.id));
        let all = templates.len();
        let mut file = File { name, over, fields: BTreeMap::new(), rules: Vec::new() };
        for _ in 0..TRIES {
            file.plan(&templates);
            let set = load(&file.text(""))?;
            let kept = file.check(&set);
            if kept.len() == templates.len() {
                break;
            }
            templates = kept;
        }
        let mut head = format!(
            "# {} of {} lines are read by no format; {} templates, {} of them rules here.\n",
            self.lines - self.known,
            self.lines,
            self.templates.len(),
            templates.len()
        );
        if templates.len() < all {
            let _ = writeln!(head, "# {} templates gave no rule of their own.", all - templates.len());
        }
        for (other, n) in lines.iter().filter(|(other, _)| **other != over) {
            let what = other.map_or("are read by no format at all (--over none)".to_owned(), |other| {
                format!("stand in {other} (--over {other})")
            });
            let _ = writeln!(head, "# {n} more lines {what}.");
        }
        for (reader, n) in self.read_by() {
            let _ = writeln!(head, "# {n} lines are read by {reader} already.");
        }
        Ok(file.text(&head))
    }

    /// Lines of the templates that formats read already, by format.
    fn read_by(&self) -> BTreeMap<&'static str, u64> {
        let mut out = BTreeMap::new();
        for (reader, n) in self.templates.iter().flat_map(|t| &t.readers) {
            *out.entry(*reader).or_default() += n;
        }
        out
    }
}

/// The format file in the making.
struct File<'t> {
    name: &'t str,
    over: Option<&'t str>,
    fields: BTreeMap<String, Field>,
    rules: Vec<Rule<'t>>,
}

impl<'t> File<'t> {
    /// Rules for these templates.
    fn plan(&mut self, templates: &[&'t Template]) {
        self.fields.clear();
        self.rules.clear();
        for template in templates {
            let stamp = if self.over.is_none() { leading_stamp(template) } else { None };
            let (mut names, mut host) = (Vec::new(), false);
            for variable in template.variables() {
                if stamp.is_some() && names.is_empty() {
                    names.push("@timestamp".to_owned());
                    continue;
                }
                let (name, field) = self.field(variable, &names, host);
                host |= name.starts_with("source.");
                match self.fields.get_mut(&name) {
                    Some(known) => known.widen(field),
                    None => drop(self.fields.insert(name.clone(), field)),
                }
                names.push(name);
            }
            self.rules.push(Rule { template, names, stamp, delimited: Vec::new(), tests: Vec::new() });
        }
        for rule in &mut self.rules {
            rule.delimited = rule.templates(&self.fields);
        }
    }

    /// The field of a variable, by its name and kind; `host`: the template has its source already.
    fn field(&self, variable: &Variable, taken: &[String], host: bool) -> (String, Field) {
        let base = variable.name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
        let near = ["from", "rhost", "client", "src", "source", "remote", "peer"].contains(&base);
        let known = match (base, variable.kind) {
            (_, "ip") if near && !host => Some("source.ip"),
            (_, "address") if near && !host => Some("source.address"),
            ("port" | "sport" | "spt", "int")
                if host && variable.range.is_some_and(|(a, b)| a >= 0 && b < 65536) =>
            {
                Some("source.port")
            }
            ("user" | "username" | "ruser", "word" | "enum") => Some("user.name"),
            ("pid", "int") => Some("process.pid"),
            _ => None,
        };
        let shared = known.filter(|name| !taken.iter().any(|t| t == name));
        let name = shared.map_or_else(|| format!("{}.{}", self.name, variable.name), str::to_owned);
        let ty = match variable.kind {
            "int" => "long",
            "float" => "double",
            "ip" => "ip",
            _ => "keyword",
        };
        let doc = format!("Seen as {} after the word `{base}`.", variable.kind);
        let values = variable.values.iter().cloned().collect();
        (name, Field { ty, doc, range: variable.range, values, shared: shared.is_some() })
    }

    /// Keeps the templates whose rules read their lines among the formats of `set`, with tests.
    fn check(&mut self, set: &FormatSet) -> Vec<&'t Template> {
        let mut kept = Vec::new();
        for (index, rule) in self.rules.iter_mut().enumerate() {
            for sample in &rule.template.samples {
                if let Some(want) = read(set, (self.name, index), sample, &rule.names) {
                    rule.tests.push((sample.clone(), want));
                }
            }
            if !rule.tests.is_empty() {
                kept.push(rule.template);
            }
        }
        kept
    }

    fn text(&self, head: &str) -> String {
        let mut out = format!("{head}name = {}\n", quoted(self.name));
        let _ = writeln!(out, "doc = \"Mined from lines; say here what they are.\"");
        if let Some(over) = self.over {
            let _ = writeln!(out, "over = {}", quoted(over));
        }
        let programs: BTreeSet<&str> =
            self.rules.iter().flat_map(|r| &r.template.programs).map(String::as_str).collect();
        let nameless = self.rules.iter().any(|r| r.template.nameless);
        if !programs.is_empty() && programs.len() <= PROGRAMS && !nameless {
            let list: Vec<String> = programs.into_iter().map(quoted).collect();
            let _ = writeln!(out, "when = {{ \"process.name\" = [{}] }}", list.join(", "));
        }
        for (name, field) in self.fields.iter().filter(|(_, f)| !f.shared) {
            let _ = writeln!(
                out,
                "\n[fields.{}]\ntype = \"{}\"\ndoc = {}",
                quoted(name),
                field.ty,
                quoted(&field.doc)
            );
            if let Some((a, b)) = field.range.filter(|_| field.ty == "long") {
                let _ = writeln!(out, "# seen: {a} to {b}; a limit would be\n# range = [{a}, {b}]");
            }
            if !field.values.is_empty() {
                let list: Vec<String> = field.values.iter().map(|v| quoted(v)).collect();
                let _ = writeln!(out, "# seen so far; a limit would be\n# values = [{}]", list.join(", "));
            }
        }
        for rule in &self.rules {
            rule.write(&self.fields, &mut out);
        }
        out
    }
}

impl Field {
    /// Makes it fit another variable of the same name, too.
    fn widen(&mut self, other: Field) {
        if self.ty != other.ty {
            (self.ty, self.range) = ("keyword", None);
            self.values.clear();
            self.doc = "Seen as values of several kinds.".to_owned();
            return;
        }
        self.range = match (self.range, other.range) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            _ => None,
        };
        if self.values.is_empty() || other.values.is_empty() {
            self.values.clear();
        } else {
            self.values.extend(other.values);
        }
    }
}

impl Rule<'_> {
    /// The templates of the rule: one for each way in which blanks stand.
    fn templates(&self, fields: &BTreeMap<String, Field>) -> Vec<String> {
        let names: BTreeMap<&str, &str> = self
            .template
            .variables()
            .map(|v| v.name.as_str())
            .zip(self.names.iter().map(String::as_str))
            .collect();
        let one = |v: &Variable| {
            let name = names.get(v.name.as_str()).copied().unwrap_or_default();
            if let Some(form) = self.stamp.filter(|_| name == "@timestamp") {
                return format!("%{{@timestamp:{form}}}");
            }
            let number = fields.get(name).is_some_and(|f| f.ty == "long");
            // Blanks may stand inside, or nothing at all.
            let open = v.empty || matches!(v.kind, "text" | "time");
            let mode = if open && !number { ":text" } else { "" };
            format!("%{{{name}{mode}}}")
        };
        let text = |text: &str| text.replace('%', "%%");
        let all: BTreeSet<String> =
            self.template.blanks.iter().map(|b| self.template.render(b, text, one)).collect();
        all.into_iter().collect()
    }

    fn write(&self, fields: &BTreeMap<String, Field>, out: &mut String) {
        let t = self.template;
        let by = if t.programs.is_empty() { String::new() } else { format!(" by {}", t.programs.join(", ")) };
        let _ = writeln!(out, "\n# {} lines{}: {}", t.count, comment(&by), comment(&t.text()));
        match self.delimited.as_slice() {
            [one] => {
                let _ = writeln!(out, "[[rule]]\ndelimited = {}", quoted(one));
            }
            many => {
                let list: Vec<String> = many.iter().map(|d| format!("  {},\n", quoted(d))).collect();
                let _ = writeln!(out, "[[rule]]\ndelimited = [\n{}]", list.concat());
            }
        }
        for (line, want) in &self.tests {
            let value = |name: &str, value: &str| match fields.get(name) {
                Some(f) if f.ty == "long" && value.parse::<i64>().is_ok() => value.to_owned(),
                _ => quoted(value),
            };
            let list: Vec<String> =
                want.iter().take(WANTS).map(|(n, v)| format!("{} = {}", quoted(n), value(n, v))).collect();
            let _ = writeln!(out, "[[test]]\nline = {}\nwant = {{ {} }}", quoted(line), list.join(", "));
        }
    }
}

/// The form of the stamp that all samples of a template begin with.
fn leading_stamp(template: &Template) -> Option<&'static str> {
    let variable = template.variables().next().filter(|v| v.kind == "time")?;
    let whole = template.text();
    let before = whole.split(&format!("<{}>", variable.name)).next()?;
    let fits = |form: &Form| {
        let scan =
            |s: &String| s.strip_prefix(before).is_some_and(|rest| form.scan(rest.as_bytes()).is_some());
        !template.samples.is_empty() && template.samples.iter().all(scan)
    };
    let forms = ["iso8601", "asctime", "httpdate", "slashed", "rfc3164"].into_iter();
    forms
        .filter_map(|name| Some((name, Form::named(name).ok()?)))
        .find(|(_, form)| fits(form))
        .map(|(name, _)| name)
}

/// What the rule of a format makes of a line, if it is read by that.
fn read(set: &FormatSet, rule: (&str, usize), line: &str, names: &[String]) -> Option<Vec<(String, String)>> {
    let chunk =
        LineChunk { data: line.as_bytes().to_vec(), offset: 0, first_line: 1, ..LineChunk::default() };
    let context = Context { year: Some(2026), ..Context::default() };
    let mut clock = YearClock::new(&context, &[], &[]);
    let parser = Parser::new(set, &set.detect(&chunk.data), context);
    let mut scratch = Scratch { trace: Some(Vec::new()), ..Scratch::default() };
    let mut parsed = parser.parse(&chunk, &mut scratch);
    let year = clock.advance(parsed.turns());
    parser.finish(&mut parsed, year);
    if scratch.trace?.last().is_none_or(|read| *read != rule) {
        return None;
    }
    let event = parsed.events.first()?;
    Some(names.iter().filter_map(|name| Some((name.clone(), show(event, name)?))).collect())
}

/// A TOML basic string; whatever a terminal would not show is escaped.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        let _ = match c {
            '"' => out.write_str("\\\""),
            '\\' => out.write_str("\\\\"),
            '\t' => out.write_str("\\t"),
            c if hidden(c) => write!(out, "\\U{:08X}", u32::from(c)),
            c => out.write_char(c),
        };
    }
    out.push('"');
    out
}

/// Text in a comment: one line, nothing hidden.
fn comment(text: &str) -> String {
    text.chars().map(|c| if hidden(c) { '\u{FFFD}' } else { c }).collect()
}

/// Control characters, and those that change how others are shown.
fn hidden(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c), 0xAD | 0x61C | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0xFEFF | 0xE0000..=0xE007F)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_safe_to_print_and_read_back() {
        for text in ["a\"b\\c\td", "\u{1b}[2J\r\n\u{202e}x\u{feff}", "grün %{x} 東京"] {
            let quoted = quoted(text);
            assert!(!quoted.chars().any(hidden), "{quoted}");
            let table: toml::Table = toml::from_str(&format!("x = {quoted}")).unwrap();
            assert_eq!(table["x"].as_str(), Some(text));
        }
    }
}
