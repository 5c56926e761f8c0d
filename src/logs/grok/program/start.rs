//! Where in a line a match can start, and which texts a line must have to match at all.

use super::{Bit, Op, Program, simplify};
use crate::logs::grok::syntax::{Assert, Mode, Node};
use memchr::memmem::Finder;

/// Literals an any-of list may have.
const MAX_ANY: usize = 24;
/// Bytes of a text worth looking for before anything else.
const MIN_SOUGHT: usize = 4;

/// The places to try.
#[derive(Clone, Debug)]
pub(in crate::logs::grok) enum Start {
    /// The start of the line only.
    Beginning,
    /// The start, and after each newline.
    LineStarts,
    /// Where this text is.
    Text(Box<Finder<'static>>),
    /// Where a byte of this set is.
    Anywhere(Bit),
}

/// Texts that every match has.
#[derive(Clone, Debug, Default)]
pub(in crate::logs::grok) struct Literals {
    /// The longest text that is in every match.
    pub one: Option<Vec<u8>>,
    /// Texts of which every match has at least one.
    pub any: Vec<Vec<u8>>,
    /// Looks for a text before the program is run, where that pays.
    pub finder: Option<Finder<'static>>,
}

/// Where matches of the tree can start. `first` tells the bytes it can start with.
pub(super) fn start(root: &Node, first: Bit) -> Start {
    let mut text = String::new();
    let mut open = true;
    prefix(root, &mut text, &mut open);
    if !text.is_empty() {
        return Start::Text(Box::new(Finder::new(text.as_bytes()).into_owned()));
    }
    match leading(root) {
        Some(Node::Assert(Assert::TextStart | Assert::SearchStart)) => Start::Beginning,
        Some(Node::Assert(Assert::LineStart)) => Start::LineStarts,
        // What does not match after "anything" from the beginning does not match from later on.
        Some(Node::Repeat { node, min: 0, max: None, mode }) if *mode != Mode::Possessive => {
            match node.as_ref() {
                Node::Set(set) if crate::logs::grok::syntax::is_everything(set) => Start::Beginning,
                _ => Start::Anywhere(first),
            }
        }
        _ => Start::Anywhere(first),
    }
}

/// The first part of a tree that is not branched.
fn leading(node: &Node) -> Option<&Node> {
    match node {
        Node::Concat(parts) => leading(parts.first()?),
        Node::Capture(_, inner) => leading(inner),
        other => Some(other),
    }
}

/// The set of the unlimited greedy run a program starts with.
pub(super) fn leading_run(program: &Program) -> Option<u32> {
    let op = program.ops.iter().find(|op| !matches!(op, Op::Save(_)))?;
    let Op::Run(run) = op else { return None };
    let run = program.runs.get(usize::try_from(*run).ok()?)?;
    (run.max == u32::MAX && run.mode != Mode::Lazy && run.min < 2 && !program.history).then_some(run.set)
}

/// Collects the text a tree starts with; `open` while it may go on.
fn prefix(node: &Node, text: &mut String, open: &mut bool) {
    match node {
        _ if !*open => {}
        Node::Set(set) => match simplify::text_of(set) {
            Some(one) => text.push_str(&one),
            None => *open = false,
        },
        Node::Concat(parts) => parts.iter().for_each(|part| prefix(part, text, open)),
        Node::Capture(_, inner) => prefix(inner, text, open),
        Node::Empty => {}
        _ => *open = false,
    }
}

/// The texts a match of the tree must have.
pub(super) fn literals(root: &Node) -> Literals {
    let mut collector = Collector::default();
    collector.visit(root);
    collector.flush();
    let one =
        collector.clauses.iter().filter(|c| c.len() == 1).filter_map(|c| c.first()).max_by_key(|t| t.len());
    let shortest = |clause: &[Vec<u8>]| clause.iter().map(Vec::len).min().unwrap_or(0);
    let best = collector.clauses.iter().max_by_key(|c| (shortest(c), std::cmp::Reverse(c.len())));
    // Short texts are in most lines; looking for them would only cost.
    let finder = one.filter(|t| t.len() >= MIN_SOUGHT).map(|t| Finder::new(t).into_owned());
    Literals { one: one.cloned(), any: best.cloned().unwrap_or_default(), finder }
}

/// Gathers clauses: of the texts of each, a match has at least one.
#[derive(Default)]
struct Collector {
    text: Vec<u8>,
    clauses: Vec<Vec<Vec<u8>>>,
}

impl Collector {
    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.clauses.push(vec![std::mem::take(&mut self.text)]);
        }
    }

    fn visit(&mut self, node: &Node) {
        match node {
            Node::Set(set) => match simplify::text_of(set) {
                Some(one) => self.text.extend_from_slice(one.as_bytes()),
                None => self.flush(),
            },
            Node::Concat(parts) => parts.iter().for_each(|part| self.visit(part)),
            Node::Capture(_, inner) | Node::Atomic(inner) => self.visit(inner),
            Node::Repeat { node, min, .. } => {
                self.flush();
                if *min > 0 {
                    self.visit(node);
                    self.flush();
                }
            }
            Node::Alt(branches) => {
                self.flush();
                self.alternatives(branches);
            }
            Node::Backref { .. } | Node::Conditional(..) => self.flush(),
            Node::Empty | Node::Look { .. } | Node::Assert(_) => {}
        }
    }

    fn alternatives(&mut self, branches: &[Node]) {
        let mut all = Vec::new();
        for branch in branches {
            let found = literals(branch).any;
            if found.is_empty() || all.len() + found.len() > MAX_ANY {
                return;
            }
            all.extend(found);
        }
        all.sort();
        all.dedup();
        if !all.is_empty() {
            self.clauses.push(all);
        }
    }
}
