//! Grok: named, nested regular expressions that take log lines apart, in the dialect of Logstash.

mod builtin;
mod convert;
mod error;
mod exec;
mod expand;
pub mod json;
mod library;
mod program;
mod slots;
mod syntax;

#[cfg(test)]
mod tests;

pub use convert::{to_float, to_int};
pub use error::{GrokError, Mistake, Place, StepLimit};
pub use library::{Definition, Library};
pub use slots::Slots;
use std::sync::OnceLock;

/// What a captured text is turned into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaptureType {
    /// The text as it is.
    Text,
    /// Integer by the digits the text starts with; 0 if there are none.
    Int,
    /// Floating point number by the digits the text starts with; 0.0 if there are none.
    Float,
}

impl CaptureType {
    /// The type a suffix asks for; Logstash leaves what it does not know as text.
    fn named(suffix: &str) -> CaptureType {
        match suffix {
            "int" => CaptureType::Int,
            "float" => CaptureType::Float,
            _ => CaptureType::Text,
        }
    }
}

/// A field an expression can fill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    /// The name as written: `source.ip`, `[source][ip]`, `clientip`.
    pub name: String,
    /// The name with dots between its parts, however it was written: `source.ip`.
    pub path: String,
    /// Asked-for type (of the first place, where a name is captured in several).
    pub ty: CaptureType,
}

/// The kinds of matching, from the fastest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Engine {
    /// Each choice is decided by the next byte: one pass, no search.
    Sequence,
    /// Choices are searched, in time linear in the line.
    Linear,
    /// Needs look-around, back references or the like: searched with a step limit.
    Backtracking,
}

/// A compiled expression. Immutable and shared between threads; each thread brings its own [`Slots`].
#[derive(Debug)]
pub struct Grok {
    captures: Vec<Capture>,
    source: program::Source,
    /// Nothing where it cannot be compiled, which only [`Library::compile`] tells.
    program: OnceLock<Option<program::Program>>,
    /// Further places of captures whose name is written several times.
    repeats: Vec<Repeat>,
}

/// A place that adds to a capture.
#[derive(Clone, Copy, Debug)]
struct Repeat {
    capture: usize,
    /// Number of the place's register pair.
    place: usize,
    ty: CaptureType,
}

impl Library {
    /// Compiles an expression with the names of this library.
    ///
    /// # Errors
    /// With the place in the expression or pattern file: unknown names, recursion, syntax, size limits.
    pub fn compile(&self, expression: &str) -> Result<Grok, GrokError> {
        let (expanded, grok) = self.read(expression)?;
        let program = grok.source.compile().map_err(|mistake| expanded.error(0, mistake))?;
        Ok(Grok { program: Some(program).into(), ..grok })
    }

    /// The same, but the program is made when a line is first matched: for expressions that are known to compile.
    /// One that turns out to be too large matches nothing.
    ///
    /// # Errors
    /// As [`Library::compile`], but for size limits of the program.
    pub fn compile_later(&self, expression: &str) -> Result<Grok, GrokError> {
        Ok(self.read(expression)?.1)
    }

    fn read(&self, expression: &str) -> Result<(expand::Expanded, Grok), GrokError> {
        let expanded = expand::expand(self, expression)?;
        let tree = syntax::parse(&expanded)?;
        let Layout { captures, repeats, place_of } = Layout::new(&tree.groups);
        let source = program::Source::new(tree, place_of);
        Ok((expanded, Grok { captures, repeats, source, program: OnceLock::new() }))
    }
}

/// Which register pair each group writes: the first place of each capture has the capture's number.
struct Layout {
    captures: Vec<Capture>,
    repeats: Vec<Repeat>,
    place_of: Vec<usize>,
}

impl Layout {
    fn new(groups: &[Option<expand::Field>]) -> Layout {
        // Logstash hands captures out by the whole text they are written with (`IP:client`), in the order
        // these first appear; fields of one name are then gathered into a list.
        let mut keys: Vec<&str> = Vec::new();
        let mut order: Vec<(usize, usize, &expand::Field)> = Vec::new();
        for (group, field) in groups.iter().enumerate() {
            let Some(field) = field else { continue };
            let rank = keys.iter().position(|k| *k == field.key).unwrap_or(keys.len());
            if rank == keys.len() {
                keys.push(&field.key);
            }
            order.push((rank, group, field));
        }
        order.sort_by_key(|(rank, group, _)| (*rank, *group));
        let mut captures: Vec<Capture> = Vec::new();
        let mut first: Vec<(usize, usize)> = Vec::new();
        let mut repeated = Vec::new();
        for (_, group, field) in order {
            match captures.iter().position(|c| c.name == field.name) {
                Some(capture) => repeated.push((group, capture, field.ty)),
                None => {
                    first.push((group, captures.len()));
                    captures.push(Capture::new(&field.name, field.ty));
                }
            }
        }
        let mut place_of = vec![usize::MAX; groups.len()];
        let mut put = |group: usize, place: usize| {
            if let Some(slot) = place_of.get_mut(group) {
                *slot = place;
            }
        };
        first.into_iter().for_each(|(group, place)| put(group, place));
        let mut next = captures.len();
        let mut repeats = Vec::new();
        for (group, capture, ty) in repeated {
            put(group, next);
            repeats.push(Repeat { capture, place: next, ty });
            next += 1;
        }
        for place in place_of.iter_mut().filter(|place| **place == usize::MAX) {
            *place = next;
            next += 1;
        }
        Layout { captures, repeats, place_of }
    }
}

impl Capture {
    fn new(name: &str, ty: CaptureType) -> Capture {
        let inner = name.strip_prefix('[').and_then(|n| n.strip_suffix(']'));
        let path = inner.map_or_else(|| name.to_owned(), |inner| inner.replace("][", "."));
        Capture { name: name.to_owned(), path, ty }
    }
}

impl Grok {
    /// The fields, each name once, in the order Logstash sets them.
    pub fn captures(&self) -> &[Capture] {
        &self.captures
    }

    /// How this expression is matched.
    pub fn engine(&self) -> Engine {
        match self.program() {
            Some(p) if p.history || p.unbounded => Engine::Backtracking,
            Some(p) if p.deterministic => Engine::Sequence,
            _ => Engine::Linear,
        }
    }

    #[inline]
    fn program(&self) -> Option<&program::Program> {
        self.program.get_or_init(|| self.source.compile().ok()).as_ref()
    }

    /// The longest text every matching line has, if one is known.
    pub fn required_literal(&self) -> Option<&[u8]> {
        self.source.literals.one.as_deref()
    }

    /// Texts of which every matching line has at least one; empty if none are known. The choice of those
    /// the expression requires whose shortest text is longest.
    pub fn required_any(&self) -> &[Vec<u8>] {
        &self.source.literals.any
    }

    /// Looks for the expression in `line` and leaves the places of the captures in `slots`.
    ///
    /// # Errors
    /// When the step limit is reached; the line counts as not matched.
    pub fn matches(&self, line: &[u8], slots: &mut Slots) -> Result<bool, StepLimit> {
        slots.forget();
        slots.scratch.steps = 0;
        let sought = self.source.literals.finder.as_ref();
        if sought.is_some_and(|finder| finder.find(line).is_none()) {
            return Ok(false);
        }
        let Some(program) = self.program() else { return Ok(false) };
        let found = exec::search(program, line, &mut slots.scratch);
        slots.add_up();
        let found = found?;
        if found {
            slots.keep(self);
        }
        Ok(found)
    }
}
