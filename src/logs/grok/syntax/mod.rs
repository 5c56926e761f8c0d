//! Regular expressions in Ruby's (Oniguruma's) syntax, read into a tree.
//!
//! Source: Oniguruma `doc/RE` as Ruby configures it; grok compiles with Ruby's `m` option, so the dot matches
//! newlines, and `^` and `$` match at every line.

mod class;
mod escape;
mod group;

pub(super) use class::{is_everything, word};

use super::error::Mistake;
use super::expand::{Expanded, Field};
use regex_syntax::hir::ClassUnicode;

/// Depth of groups within groups.
const MAX_NESTING: usize = 250;
/// Largest count in braces, as in Oniguruma.
const MAX_COUNT: u32 = 100_000;

/// A part of an expression.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Empty,
    /// One character of a set.
    Set(ClassUnicode),
    Concat(Vec<Node>),
    Alt(Vec<Node>),
    Repeat {
        node: Box<Node>,
        min: u32,
        max: Option<u32>,
        mode: Mode,
    },
    /// A group whose place is remembered; the number counts from 0 in the order of opening.
    Capture(usize, Box<Node>),
    Atomic(Box<Node>),
    Look {
        node: Box<Node>,
        behind: bool,
        negative: bool,
    },
    Assert(Assert),
    /// The text one of the groups captured: the last of them that took part.
    Backref {
        groups: Vec<usize>,
        fold: bool,
    },
    /// Takes the first branch if the group took part, else the second.
    Conditional(usize, Box<Node>, Box<Node>),
}

/// How a repetition chooses its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Greedy,
    Lazy,
    Possessive,
}

/// A condition on a place between characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Assert {
    TextStart,
    TextEnd,
    /// Before a final newline, or at the end.
    TextEndNewline,
    LineStart,
    LineEnd,
    WordEdge,
    NotWordEdge,
    /// Where the search began: the start of the line, as there is one search.
    SearchStart,
    Never,
}

/// A parsed expression.
#[derive(Debug)]
pub(super) struct Tree {
    pub root: Node,
    /// The field of each remembered group; `None` where only back references read it.
    pub groups: Vec<Option<Field>>,
}

/// What is switched on where a part is read.
#[derive(Clone, Copy, Debug)]
struct Flags {
    fold: bool,
    extended: bool,
    dot_all: bool,
    /// `\w`, `\d`, `\s` and `\h` know only ASCII (Ruby's default) unless `(?u)`.
    unicode: bool,
    /// POSIX brackets and `\b` know only ASCII: `(?a)`.
    ascii: bool,
}

/// A mistake and the byte it is at.
type Failure = (usize, Mistake);

pub(super) struct Parser<'e> {
    text: &'e str,
    pos: usize,
    flags: Flags,
    depth: usize,
    fields: &'e [Field],
    groups: Vec<Option<Field>>,
    names: Vec<(String, usize)>,
    /// Numbers of the groups without a name.
    plain: Vec<usize>,
    /// Groups without a name are remembered only if something refers to them by number.
    numbered: bool,
    expanded: &'e Expanded,
    /// The first parenthesis that is not closed in the definition it is written in; the likely cause should the
    /// expression turn out wrong.
    suspect: Option<Failure>,
}

/// Parses a written-out expression.
pub(super) fn parse(expanded: &Expanded) -> Result<Tree, super::GrokError> {
    let flags = Flags { fold: false, extended: false, dot_all: true, unicode: false, ascii: false };
    let text = expanded.text.as_str();
    let digits = text.as_bytes().windows(2).any(|w| matches!(w, [b'\\', b'1'..=b'9']));
    let mut parser = Parser {
        text,
        pos: 0,
        flags,
        depth: 0,
        fields: &expanded.fields,
        groups: Vec::new(),
        names: Vec::new(),
        plain: Vec::new(),
        expanded,
        suspect: None,
        numbered: digits || text.contains("(?("),
    };
    let root = parser.whole().map_err(|failure| {
        let (at, mistake) = parser.suspect.take().unwrap_or(failure);
        expanded.error(at, mistake)
    })?;
    Ok(Tree { root, groups: parser.groups })
}

fn syntax<T>(at: usize, what: impl Into<String>) -> Result<T, Failure> {
    Err((at, Mistake::Syntax(what.into())))
}

impl Parser<'_> {
    fn whole(&mut self) -> Result<Node, Failure> {
        let root = self.alternatives()?;
        match self.peek() {
            None => Ok(root),
            Some(_) => syntax(self.pos, "a ) closes nothing"),
        }
    }

    fn rest(&self) -> &str {
        self.text.get(self.pos..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.pos += c.len_utf8();
        Some(c)
    }

    fn eat(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.pos += text.len();
        }
        found
    }

    /// The text up to `end`, which is passed over too.
    fn until(&mut self, end: char, what: &str) -> Result<String, Failure> {
        let start = self.pos;
        let Some(len) = self.rest().find(end) else {
            return syntax(start, format!("{what} is not closed with {end}"));
        };
        let text = self.rest().get(..len).unwrap_or_default().to_owned();
        self.pos += len + end.len_utf8();
        Ok(text)
    }

    /// Branches up to the end of the group.
    fn alternatives(&mut self) -> Result<Node, Failure> {
        self.depth += 1;
        if self.depth > MAX_NESTING {
            return Err((self.pos, Mistake::TooLarge("the nesting of groups", MAX_NESTING)));
        }
        let outer = self.flags;
        let mut branches = vec![self.branch()?];
        while self.eat("|") {
            branches.push(self.branch()?);
        }
        self.flags = outer;
        self.depth -= 1;
        Ok(match branches.len() {
            1 => branches.pop().unwrap_or(Node::Empty),
            _ => Node::Alt(branches),
        })
    }

    fn branch(&mut self) -> Result<Node, Failure> {
        let mut parts = Vec::new();
        loop {
            if self.flags.extended {
                self.skip_blanks();
            }
            let start = self.pos;
            let atom = match self.peek() {
                None | Some('|' | ')') => break,
                Some('*' | '+' | '?') => return syntax(start, "there is nothing to repeat here"),
                Some('(') => match self.group()? {
                    group::Group::Node(node) => node,
                    // Options without a colon hold for the rest of the group, branches included.
                    group::Group::Options(flags) => {
                        let outer = std::mem::replace(&mut self.flags, flags);
                        parts.push(self.alternatives()?);
                        self.flags = outer;
                        break;
                    }
                    group::Group::Comment => continue,
                },
                Some(_) => self.atom()?,
            };
            parts.push(self.quantified(atom)?);
        }
        Ok(match parts.len() {
            0 => Node::Empty,
            1 => parts.pop().unwrap_or(Node::Empty),
            _ => Node::Concat(parts),
        })
    }

    fn skip_blanks(&mut self) {
        while let Some(c) = self.peek() {
            if c == '#' {
                let len = self.rest().find('\n').unwrap_or(self.rest().len());
                self.pos += len;
            } else if c.is_ascii_whitespace() {
                self.pos += 1;
            } else {
                break;
            }
        }
    }

    fn atom(&mut self) -> Result<Node, Failure> {
        let start = self.pos;
        match self.next() {
            Some('[') => {
                let set = self.bracket(start)?;
                Ok(Node::Set(set))
            }
            Some('.') => Ok(Node::Set(class::any(self.flags.dot_all))),
            Some('^') => Ok(Node::Assert(Assert::LineStart)),
            Some('$') => Ok(Node::Assert(Assert::LineEnd)),
            Some('\\') => self.escape(start),
            Some(c) => Ok(self.literal(c)),
            None => Ok(Node::Empty),
        }
    }

    fn literal(&self, c: char) -> Node {
        Node::Set(class::single(c, self.flags.fold))
    }

    fn quantified(&mut self, mut node: Node) -> Result<Node, Failure> {
        loop {
            let start = self.pos;
            let (min, max, braces) = match self.peek() {
                Some('*') => (0, None, false),
                Some('+') => (1, None, false),
                Some('?') => (0, Some(1), false),
                Some('{') => match self.count()? {
                    Some((min, max)) => (min, max, true),
                    None => return Ok(node),
                },
                _ => return Ok(node),
            };
            if !braces {
                self.pos += 1;
            }
            if max.is_some_and(|max| max < min) {
                return syntax(start, "the smallest count is above the largest");
            }
            node = self.repeat(node, min, max, braces);
        }
    }

    /// Applies a count and the `?` or `+` after it.
    fn repeat(&mut self, node: Node, min: u32, max: Option<u32>, braces: bool) -> Node {
        let exact = braces && max == Some(min);
        let make = |node, min, max, mode| Node::Repeat { node: Box::new(node), min, max, mode };
        if self.eat("?") {
            if exact {
                // Ruby reads x{3}? as (?:x{3})?
                return make(make(node, min, max, Mode::Greedy), 0, Some(1), Mode::Greedy);
            }
            return make(node, min, max, Mode::Lazy);
        }
        // Ruby has no possessive counts in braces: the plus after them repeats.
        if !braces && self.eat("+") {
            return make(node, min, max, Mode::Possessive);
        }
        make(node, min, max, Mode::Greedy)
    }

    /// `{n}`, `{n,}`, `{,m}` or `{n,m}`; `None` (and nothing read) if the brace stands for itself.
    fn count(&mut self) -> Result<Option<(u32, Option<u32>)>, Failure> {
        let Some(body) = self.rest().get(1..).and_then(|r| r.split_once('}')).map(|(b, _)| b) else {
            return Ok(None);
        };
        let number = |digits: &str| -> Option<u32> {
            let fits = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            fits.then(|| digits.parse().unwrap_or(u32::MAX))
        };
        let counts = match body.split_once(',') {
            None => number(body).map(|n| (n, Some(n))),
            Some(("", "")) => None,
            Some(("", max)) => number(max).map(|m| (0, Some(m))),
            Some((min, "")) => number(min).map(|m| (m, None)),
            Some((min, max)) => number(min).zip(number(max)).map(|(n, m)| (n, Some(m))),
        };
        let Some((min, max)) = counts else { return Ok(None) };
        if min.max(max.unwrap_or(0)) > MAX_COUNT {
            let limit = usize::try_from(MAX_COUNT).unwrap_or(usize::MAX);
            return Err((self.pos, Mistake::TooLarge("a repeat count", limit)));
        }
        self.pos += body.len() + 2;
        Ok(Some((min, max)))
    }
}
