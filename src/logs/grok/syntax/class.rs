//! Sets of characters: brackets, POSIX names, Unicode properties.

use super::{Failure, Flags, Parser, syntax};
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

/// Every character, or every one but the newline.
pub(super) fn any(newline: bool) -> ClassUnicode {
    let mut set = ClassUnicode::empty();
    if !newline {
        set.push(ClassUnicodeRange::new('\n', '\n'));
    }
    set.negate();
    set
}

/// One character, in both cases if wanted.
pub(super) fn single(c: char, fold: bool) -> ClassUnicode {
    folded(ranges(&[(c, c)]), fold)
}

fn ranges(list: &[(char, char)]) -> ClassUnicode {
    ClassUnicode::new(list.iter().map(|&(a, b)| ClassUnicodeRange::new(a, b)))
}

fn folded(mut set: ClassUnicode, fold: bool) -> ClassUnicode {
    if fold {
        // Fails only without Unicode tables; then ASCII is what there is.
        let _ = set.try_case_fold_simple();
    }
    set
}

fn negated(mut set: ClassUnicode, negate: bool) -> ClassUnicode {
    if negate {
        set.negate();
    }
    set
}

/// The set of a Unicode property by its name.
fn property(name: &str) -> Option<ClassUnicode> {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b' ' | b'-' | b'='));
    if !plain || name.is_empty() {
        return None;
    }
    match regex_syntax::parse(&format!("\\p{{{name}}}")).ok()?.into_kind() {
        HirKind::Class(Class::Unicode(set)) => Some(set),
        // A property of one character is read as a literal.
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?;
            text.chars().next().map(|c| single(c, false))
        }
        _ => None,
    }
}

fn union(names: &[&str], extra: &[(char, char)]) -> ClassUnicode {
    let mut set = ranges(extra);
    for name in names {
        if let Some(part) = property(name) {
            set.union(&part);
        }
    }
    set
}

/// A set by its POSIX name, which Ruby takes for properties too.
fn posix(name: &str, ascii: bool) -> Option<ClassUnicode> {
    let mut set = match name {
        "alnum" => union(&["Alphabetic", "Nd"], &[]),
        "alpha" => union(&["Alphabetic"], &[]),
        "ascii" => ranges(&[('\0', '\x7f')]),
        "blank" => union(&["Zs"], &[('\t', '\t')]),
        "cntrl" => union(&["Cc"], &[]),
        "digit" => union(&["Nd"], &[]),
        "graph" => negated(union(&["White_Space", "Cc", "Cn"], &[]), true),
        "lower" => union(&["Lowercase"], &[]),
        "print" => negated(union(&["Cc", "Cn", "Zl", "Zp"], &[]), true),
        "punct" => {
            let symbols =
                [('$', '$'), ('+', '+'), ('<', '>'), ('^', '^'), ('`', '`'), ('|', '|'), ('~', '~')];
            union(&["P"], &symbols)
        }
        "space" => union(&["White_Space"], &[]),
        "upper" => union(&["Uppercase"], &[]),
        "xdigit" => ranges(&[('0', '9'), ('A', 'F'), ('a', 'f')]),
        "word" => union(&["Alphabetic", "M", "Nd", "Pc"], &[]),
        _ => return None,
    };
    if ascii {
        set.intersect(&ranges(&[('\0', '\x7f')]));
    }
    Some(set)
}

/// Whether the set has every character.
pub(in crate::logs::grok) fn is_everything(set: &ClassUnicode) -> bool {
    *set == any(true)
}

/// What a character of a word is to `\b`.
pub(in crate::logs::grok) fn word() -> ClassUnicode {
    posix("word", false).unwrap_or_else(ClassUnicode::empty)
}

/// The set of `\w`, `\d`, `\s`, `\h` and their opposites in capitals.
pub(super) fn shorthand(c: char, flags: Flags) -> Option<ClassUnicode> {
    let ascii = !flags.unicode;
    let set = match c.to_ascii_lowercase() {
        'w' => posix("word", ascii)?,
        'd' => posix("digit", ascii)?,
        's' if ascii => ranges(&[('\t', '\r'), (' ', ' ')]),
        's' => posix("space", false)?,
        'h' => posix("xdigit", true)?,
        _ => return None,
    };
    Some(negated(set, c.is_ascii_uppercase()))
}

impl Parser<'_> {
    /// `{Name}` or `{^Name}` after `\p` or `\P`.
    pub(super) fn property(&mut self, start: usize, negate: bool) -> Result<ClassUnicode, Failure> {
        if !self.eat("{") {
            return syntax(start, "\\p needs a property name in braces");
        }
        let written = self.until('}', "the property name")?;
        let (name, inverted) = match written.strip_prefix('^') {
            Some(name) => (name, true),
            None => (written.as_str(), false),
        };
        let simple: String = name.chars().filter(|c| !matches!(c, ' ' | '_' | '-')).collect();
        let set = posix(&simple.to_ascii_lowercase(), false).or_else(|| {
            match simple.to_ascii_lowercase().as_str() {
                "any" => Some(any(true)),
                _ => property(name),
            }
        });
        let Some(set) = set else { return syntax(start, format!("there is no character property {name}")) };
        Ok(folded(negated(set, negate != inverted), self.flags.fold))
    }

    /// The rest of a bracket whose `[` at `start` is read.
    pub(super) fn bracket(&mut self, start: usize) -> Result<ClassUnicode, Failure> {
        self.depth += 1;
        if self.depth > super::MAX_NESTING {
            return syntax(start, "brackets are nested too deeply");
        }
        let negate = self.eat("^");
        let mut whole: Option<ClassUnicode> = None;
        let mut set = ClassUnicode::empty();
        let mut first = true;
        loop {
            let at = self.pos;
            if self.eat("&&") {
                whole = Some(intersection(whole, &set));
                set = ClassUnicode::empty();
                first = false;
                continue;
            }
            let Some(c) = self.next() else { return syntax(start, "the [ is not closed") };
            match c {
                // A bracket that closes at once would be empty, so it is a member.
                ']' if !first || !self.rest().contains(']') => break,
                '[' => match self.posix_bracket() {
                    Some(part) => set.union(&part),
                    None => {
                        let part = self.bracket(at)?;
                        set.union(&part);
                    }
                },
                _ => self.member(at, c, &mut set)?,
            }
            first = false;
        }
        self.depth -= 1;
        let set = match whole {
            Some(_) => intersection(whole, &set),
            None => set,
        };
        Ok(negated(folded(set, self.flags.fold), negate))
    }

    /// `[:name:]` or `[:^name:]` whose first bracket is read; `None` (nothing more read) if it is none.
    fn posix_bracket(&mut self) -> Option<ClassUnicode> {
        let body = self.rest().strip_prefix(':')?;
        let (name, _) = body.split_once(":]")?;
        let (plain, inverted) = match name.strip_prefix('^') {
            Some(plain) => (plain, true),
            None => (name, false),
        };
        let set = posix(plain, self.flags.ascii)?;
        self.pos += name.len() + 3;
        Some(negated(set, inverted))
    }

    /// A member or range that starts with `c`, which is read.
    fn member(&mut self, at: usize, c: char, set: &mut ClassUnicode) -> Result<(), Failure> {
        let from = match self.single(at, c)? {
            Item::Char(c) => c,
            Item::Set(part) => {
                set.union(&part);
                return Ok(());
            }
        };
        let dash =
            self.rest().strip_prefix('-').is_some_and(|after| !after.is_empty() && !after.starts_with(']'));
        if dash {
            let before = self.pos;
            self.pos += 1;
            let at = self.pos;
            // A range to a set is no range: the dash is a member.
            let to = match self.next() {
                Some('[') | None => None,
                Some(c) => match self.single(at, c)? {
                    Item::Char(c) => Some(c),
                    Item::Set(_) => None,
                },
            };
            match to {
                Some(to) if to < from => return syntax(at, format!("the range {from}-{to} runs backwards")),
                Some(to) => {
                    set.push(ClassUnicodeRange::new(from, to));
                    return Ok(());
                }
                None => {
                    self.pos = before + 1;
                    set.push(ClassUnicodeRange::new('-', '-'));
                }
            }
        }
        set.push(ClassUnicodeRange::new(from, from));
        Ok(())
    }

    fn single(&mut self, at: usize, c: char) -> Result<Item, Failure> {
        if c != '\\' {
            return Ok(Item::Char(c));
        }
        let Some(c) = self.next() else { return syntax(at, "the pattern ends in a backslash") };
        if let Some(set) = shorthand(c, self.flags) {
            return Ok(Item::Set(set));
        }
        match c {
            'p' | 'P' => self.property(at, c == 'P').map(Item::Set),
            'R' => Ok(Item::Set(ranges(&[('\n', '\r'), ('\u{85}', '\u{85}'), ('\u{2028}', '\u{2029}')]))),
            'b' => Ok(Item::Char('\u{8}')),
            _ => self.code(at, c).map(Item::Char),
        }
    }
}

enum Item {
    Char(char),
    Set(ClassUnicode),
}

fn intersection(left: Option<ClassUnicode>, right: &ClassUnicode) -> ClassUnicode {
    match left {
        None => right.clone(),
        Some(mut left) => {
            left.intersect(right);
            left
        }
    }
}

/// Characters that combine with the one before them.
pub(super) fn marks() -> ClassUnicode {
    union(&["M"], &[('\u{200d}', '\u{200d}')])
}
