//! What follows a backslash outside brackets.

use super::{Assert, Failure, Mode, Node, Parser, class, syntax};

impl Parser<'_> {
    /// The escape whose backslash at `start` is read.
    pub(super) fn escape(&mut self, start: usize) -> Result<Node, Failure> {
        let Some(c) = self.next() else { return syntax(start, "the pattern ends in a backslash") };
        if let Some(set) = class::shorthand(c, self.flags) {
            return Ok(Node::Set(set));
        }
        Ok(match c {
            'A' => Node::Assert(Assert::TextStart),
            'z' => Node::Assert(Assert::TextEnd),
            'Z' => Node::Assert(Assert::TextEndNewline),
            'G' => Node::Assert(Assert::SearchStart),
            'b' => Node::Assert(Assert::WordEdge),
            'B' => Node::Assert(Assert::NotWordEdge),
            // Moves the start of the whole match, which no capture shows.
            'K' => Node::Empty,
            'N' => Node::Set(class::any(false)),
            'O' => Node::Set(class::any(true)),
            'R' => line_break(),
            'X' => grapheme(),
            'p' | 'P' => Node::Set(self.property(start, c == 'P')?),
            'k' => self.named_reference(start)?,
            'g' => {
                return syntax(
                    start,
                    "calls of groups (\\g) are not supported; name the pattern and use %{NAME}",
                );
            }
            '1'..='9' => self.numbered_reference(start, c)?,
            _ => {
                let c = self.code(start, c)?;
                self.literal(c)
            }
        })
    }

    /// The character an escape stands for; `c` after the backslash is read.
    pub(super) fn code(&mut self, start: usize, c: char) -> Result<char, Failure> {
        Ok(match c {
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'f' => '\u{c}',
            'v' => '\u{b}',
            'a' => '\u{7}',
            'e' => '\u{1b}',
            'x' if self.eat("{") => {
                let digits = self.until('}', "the character number")?;
                return self.character(start, &digits, 16);
            }
            'x' => {
                let digits = self.digits(2, 16);
                return self.character(start, &digits, 16);
            }
            'u' => {
                let digits = self.digits(4, 16);
                return self.character(start, &digits, 16);
            }
            '0'..='7' => {
                self.pos -= 1;
                let digits = self.digits(3, 8);
                return self.character(start, &digits, 8);
            }
            'c' => return self.control(start),
            'C' if self.eat("-") => return self.control(start),
            c => c,
        })
    }

    fn digits(&mut self, most: usize, radix: u32) -> String {
        let digits: String = self.rest().chars().take(most).take_while(|c| c.is_digit(radix)).collect();
        self.pos += digits.len();
        digits
    }

    fn character(&self, start: usize, digits: &str, radix: u32) -> Result<char, Failure> {
        let number = if digits.is_empty() { Ok(0) } else { u32::from_str_radix(digits, radix) };
        match number.ok().and_then(char::from_u32) {
            Some(c) => Ok(c),
            None => syntax(start, format!("there is no character number {digits}")),
        }
    }

    fn control(&mut self, start: usize) -> Result<char, Failure> {
        match self.next() {
            Some('?') => Ok('\u{7f}'),
            Some(c) if c.is_ascii() => Ok(char::from(u8::try_from(c).unwrap_or(0) & 0x1f)),
            _ => syntax(start, "a control character needs a letter"),
        }
    }

    fn numbered_reference(&mut self, start: usize, first: char) -> Result<Node, Failure> {
        let mut digits = String::from(first);
        digits.push_str(&self.digits(2, 10));
        let number: usize = digits.parse().unwrap_or(0);
        // More digits than there are groups for are a character number, as in Ruby.
        if number > self.plain.len() && digits.len() > 1 && digits.bytes().all(|b| b < b'8') {
            let c = self.character(start, &digits, 8)?;
            return Ok(self.literal(c));
        }
        match number.checked_sub(1).and_then(|n| self.plain.get(n)) {
            Some(&group) => Ok(Node::Backref { groups: vec![group], fold: self.flags.fold }),
            None => syntax(start, format!("there is no group {number} before this reference")),
        }
    }

    /// `<name>` or `'name'` after `\k`.
    fn named_reference(&mut self, start: usize) -> Result<Node, Failure> {
        let close = match self.next() {
            Some('<') => '>',
            Some('\'') => '\'',
            _ => return syntax(start, "\\k needs a name in < >"),
        };
        let name = self.until(close, "the group name")?;
        if let Some(first) = name.chars().next().filter(char::is_ascii_digit) {
            let groups = name.parse::<usize>().ok().and_then(|n| self.plain.get(n.checked_sub(1)?));
            return match groups {
                Some(&group) => Ok(Node::Backref { groups: vec![group], fold: self.flags.fold }),
                None => syntax(start, format!("there is no group {first} before this reference")),
            };
        }
        let groups: Vec<usize> = self.names.iter().filter(|(n, _)| *n == name).map(|(_, g)| *g).collect();
        if groups.is_empty() {
            return syntax(start, format!("no group before this reference is named {name}"));
        }
        Ok(Node::Backref { groups, fold: self.flags.fold })
    }
}

/// `\R`: a carriage return with its newline, or any one character that ends a line.
fn line_break() -> Node {
    let pair =
        Node::Concat(vec![Node::Set(class::single('\r', false)), Node::Set(class::single('\n', false))]);
    let mut one = class::single('\n', false);
    for c in ['\u{b}', '\u{c}', '\r', '\u{85}', '\u{2028}', '\u{2029}'] {
        one.union(&class::single(c, false));
    }
    Node::Atomic(Box::new(Node::Alt(vec![pair, Node::Set(one)])))
}

/// `\X`: a character with the marks that combine with it.
fn grapheme() -> Node {
    let marks = class::marks();
    let more = Node::Repeat { node: Box::new(Node::Set(marks)), min: 0, max: None, mode: Mode::Possessive };
    let one = Node::Concat(vec![Node::Set(class::any(true)), more]);
    let pair =
        Node::Concat(vec![Node::Set(class::single('\r', false)), Node::Set(class::single('\n', false))]);
    Node::Atomic(Box::new(Node::Alt(vec![pair, one])))
}
