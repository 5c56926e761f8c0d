//! The short way through a set of formats of which little is wanted: most lines of a system log are
//! `Nov 21 09:07:01 host program[pid]: message`, and nobody asks for what stands before the message. Their
//! program's formats read the message at once. Whatever is not exactly so takes the long way, so the
//! result is the same.

mod header;
mod lines;

use super::draft::Draft;
use super::parser::Scratch;
use super::rule::{Child, Constant, Format, Matcher, Rule};
use super::set::FormatSet;
use super::target::{Capture, Target};
use super::time::{Form, Yearless};
use super::when::Cond;
use crate::model::{Dataset, FieldRef, Outcome, Value};
use hashbrown::HashMap;
pub(in crate::logs) use header::Heads;
use header::{Header, Name};

/// Stamp, program and message of the lines that [`Heads`] reads, as templates in the order they are tried.
const HEADERS: [&str; 2] = [
    "%{@timestamp:rfc3164} %{host.name:host} %{process.name}[%{process.pid}]: %{message:rest}",
    "%{@timestamp:rfc3164} %{host.name:host} %{process.name}: %{message:rest}",
];

/// Programs whose messages are read the short way.
#[derive(Debug)]
pub(super) struct Quick {
    programs: Vec<Program>,
    /// Numbers of the programs by name. Looked up only, never walked.
    by_name: HashMap<Box<str>, usize>,
    /// Per format that is read, what follows from each rule.
    endings: Vec<Box<[Ending]>>,
}

/// Who reads the messages of a program.
#[derive(Debug)]
struct Program {
    name: Box<str>,
    /// In the order they are tried.
    readers: Box<[Reader]>,
}

/// A format that reads the messages of a program.
#[derive(Debug)]
struct Reader {
    format: usize,
    /// What must hold for the message.
    conds: Box<[Cond]>,
    /// Under which name a message is counted that no format knows.
    unknown: Option<&'static str>,
}

/// What follows from a match.
#[derive(Debug)]
struct Ending {
    then: Then,
    wanted: bool,
    /// A line that names no client takes the long way, which looks for one.
    looks_back: bool,
    dataset: &'static Dataset,
    outcome: Option<Outcome>,
    constants: Box<[(FieldRef, Value<'static>)]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// An event.
    Event,
    /// The message in the message is read by the same format.
    Again,
    /// More than the short way knows of.
    More,
}

/// The beginning of a line, and what stands behind it.
struct Head<'q, 'a> {
    when: Yearless,
    program: &'q Program,
    message: &'a str,
}

/// What a message read the short way says.
struct Short<'q> {
    /// No format knows the message, which is counted under this name, if any.
    unknown: Option<&'static str>,
    ending: Option<&'q Ending>,
}

impl Ending {
    fn new(rule: &Rule) -> Ending {
        let then = match rule.plain_but_again() {
            true if rule.again => Then::Again,
            true => Then::Event,
            false => Then::More,
        };
        let mut ending = Ending {
            then,
            wanted: rule.wanted,
            looks_back: rule.looks_back,
            dataset: rule.dataset,
            outcome: None,
            constants: Box::default(),
        };
        let mut constants = Vec::new();
        for constant in &rule.set {
            match constant {
                Constant::Outcome(outcome) => ending.outcome = Some(*outcome),
                Constant::Transport(_) => ending.then = Then::More,
                Constant::Field(field, value) => constants.push((*field, value.clone())),
            }
        }
        ending.constants = constants.into();
        ending
    }

    fn put(&self, draft: &mut Draft<'_>) {
        draft.outcome = self.outcome.unwrap_or(draft.outcome);
        draft.fields.extend(self.constants.iter().cloned());
    }
}

impl Quick {
    /// The short way for files read by these formats, if there is one.
    pub fn new(set: &FormatSet, roots: &[usize]) -> Option<Quick> {
        let root = set.format(*roots.first()?)?;
        if !set.narrowed || root.family.is_some() || root.null.iter().any(|null| null != "-") {
            return None;
        }
        let first = |byte: u8| root.dispatch.tried(&[byte]).take(2).eq([(0, 0), (0, 1)]);
        if !b"JFMASOND".iter().all(|month| first(*month)) {
            return None;
        }
        let rule = root.rules.first()?;
        let known = |(matcher, header): (&Matcher, &str)| usual(matcher, header);
        let same = rule.matchers.len() >= HEADERS.len() && rule.matchers.iter().zip(HEADERS).all(known);
        if !same || !rule.plain() || rule.wanted || !rule.set.is_empty() {
            return None;
        }
        let (field, names) = root.children.choosing().filter(|(field, _)| field.name == "process.name")?;
        let mut programs: Vec<Program> =
            names.filter_map(|name| Program::new(set, root, field, name)).collect();
        programs.sort_by(|a, b| a.name.cmp(&b.name));
        let by_name = programs.iter().map(|program| program.name.clone()).zip(0..).collect();
        let read =
            |i: usize| programs.iter().any(|program| program.readers.iter().any(|reader| reader.format == i));
        let endings = |(i, format): (usize, &Format)| match read(i) {
            true => format.rules.iter().map(Ending::new).collect(),
            false => Box::default(),
        };
        let endings = set.formats.iter().enumerate().map(endings).collect();
        Some(Quick { programs, by_name, endings })
    }

    /// Reads the beginning of a line. `None` if it has to take the long way.
    #[inline]
    fn head<'q, 'a>(&'q self, text: &'a str, scratch: &mut Scratch) -> Option<Head<'q, 'a>> {
        let Header { when, program, pid, message } = scratch.heads.read(text)?;
        scratch.recent.enter(pid);
        scratch.program = match program {
            Name::Known(number) => number,
            Name::New(name, part) => {
                let number = self.by_name.get(name).copied().unwrap_or(usize::MAX);
                scratch.heads.enter(text, part, number);
                number
            }
        };
        Some(Head { when, program: self.programs.get(scratch.program)?, message })
    }

    /// Reads a message into an empty draft. `None` if its line has to take the long way; the draft may then
    /// hold something.
    fn read<'q, 'a>(
        &'q self,
        set: &FormatSet,
        program: &Program,
        message: &'a str,
        draft: &mut Draft<'a>,
        scratch: &mut Scratch,
    ) -> Option<Short<'q>> {
        let mut unknown = None;
        for reader in &program.readers {
            if !reader.conds.iter().all(|cond| cond.fits(message)) {
                continue;
            }
            let format = set.format(reader.format)?;
            let Some(rule) = format.dispatch.find(format, message, draft, scratch) else {
                unknown = unknown.or(reader.unknown);
                continue;
            };
            let endings = self.endings.get(reader.format)?;
            let mut ending = endings.get(rule)?;
            let mut looks_back = ending.looks_back;
            draft.wanted = ending.wanted;
            if ending.then == Then::Again {
                let again = draft.text(set.message)?;
                ending.put(draft);
                let rule = format.dispatch.find(format, again, draft, scratch)?;
                ending = endings.get(rule)?;
                draft.wanted |= ending.wanted;
                looks_back |= ending.looks_back;
            }
            let more = ending.then != Then::Event || (looks_back && draft.source.ip.is_none());
            return (!more).then_some(Short { unknown: None, ending: Some(ending) });
        }
        Some(Short { unknown, ending: None })
    }
}

/// Whether a matcher is a header that is read by hand, of which only the message is kept.
fn usual(matcher: &Matcher, header: &str) -> bool {
    let Matcher::Delimited(template) = matcher else { return false };
    let kept =
        |c: &Capture, name| matches!(c.target, Target::Field(f) if f.name == name) && c.check.is_none();
    let dropped = |c: &Capture| matches!(c.target, Target::Skip | Target::Whole);
    let (time, host, program, pid, message) = match template.captures() {
        [time, host, program, pid, message] => (time, host, program, Some(pid), message),
        [time, host, program, message] => (time, host, program, None, message),
        _ => return false,
    };
    template.source() == header
        && matches!(time.target, Target::Time(Form::Rfc3164))
        && dropped(host)
        && kept(program, "process.name")
        && pid.is_none_or(dropped)
        && kept(message, "message")
}

impl Program {
    /// Who reads the messages of the program `name`; `None` if that depends on more than the name and the
    /// message, or if they do more than the short way can.
    fn new(set: &FormatSet, root: &Format, field: FieldRef, name: &str) -> Option<Program> {
        let mut draft = Draft::default();
        draft.fields.push((field, name.to_owned().into()));
        let mut readers = Vec::new();
        for Child { format: number, conds } in root.children.candidates(&draft) {
            let (about, others): (Vec<_>, Vec<_>) =
                conds.iter().partition(|cond| std::ptr::eq(cond.field, field));
            if !others.iter().all(|cond| std::ptr::eq(cond.field, set.message)) {
                return None;
            }
            if !about.iter().all(|cond| cond.holds(&draft)) {
                continue;
            }
            let format = set.format(*number)?;
            let reads = format.from.is_some_and(|from| std::ptr::eq(from, set.message));
            let mut matchers = format.rules.iter().flat_map(|rule| &rule.matchers);
            let simple = matchers.all(|matcher| matches!(matcher, Matcher::Delimited(_) | Matcher::Kv(_)));
            if !reads || !simple || format.is_parent() {
                return None;
            }
            let unknown = (!format.when.is_empty()).then_some(format.unknown);
            readers.push(Reader { format: *number, conds: others.into_iter().cloned().collect(), unknown });
        }
        Some(Program { name: name.into(), readers: readers.into() })
    }
}

#[cfg(test)]
mod tests;
