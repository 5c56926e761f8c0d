//! What follows an opening parenthesis.

use super::{Failure, Flags, Node, Parser, syntax};
use crate::logs::grok::CaptureType;
use crate::logs::grok::expand::{FIELD_MARK, Field};

/// What a parenthesis turned out to be.
pub(super) enum Group {
    Node(Node),
    /// `(?i)`: switches for the rest of the enclosing group.
    Options(Flags),
    Comment,
}

impl Parser<'_> {
    /// The group at the opening parenthesis.
    pub(super) fn group(&mut self) -> Result<Group, Failure> {
        let start = self.pos;
        self.pos += 1;
        if !self.eat("?") {
            return self.plain_group(start).map(Group::Node);
        }
        if self.eat("#") {
            return self.comment().map(|()| Group::Comment);
        }
        let node = if self.eat(":") {
            self.body(start)?
        } else if self.eat(">") {
            Node::Atomic(Box::new(self.body(start)?))
        } else if self.eat("=") {
            self.look(start, false, false)?
        } else if self.eat("!") {
            self.look(start, false, true)?
        } else if self.eat("<=") {
            self.look(start, true, false)?
        } else if self.eat("<!") {
            self.look(start, true, true)?
        } else if self.eat("<") || self.eat("P<") {
            self.named(start, '>')?
        } else if self.eat("'") {
            self.named(start, '\'')?
        } else if self.eat("(") {
            self.conditional(start)?
        } else {
            return self.options(start);
        };
        Ok(Group::Node(node))
    }

    /// A comment up to its parenthesis; one behind a backslash does not close it.
    fn comment(&mut self) -> Result<(), Failure> {
        let (start, mut escaped) = (self.pos, false);
        let end = self.rest().char_indices().find(|(_, c)| {
            let closes = !escaped && *c == ')';
            escaped = !escaped && *c == '\\';
            closes
        });
        let Some((len, _)) = end else { return syntax(start, "the comment is not closed with )") };
        self.pos += len + 1;
        Ok(())
    }

    /// The branches of a group and its closing parenthesis.
    fn body(&mut self, start: usize) -> Result<Node, Failure> {
        let node = self.alternatives()?;
        let (opened, closed) =
            (self.expanded.opens.contains(&start), self.expanded.closes.contains(&self.pos));
        if opened != closed && self.suspect.is_none() {
            let suspect: Result<(), Failure> = if closed {
                syntax(start, "the ( is not closed")
            } else {
                syntax(self.pos, "a ) closes nothing")
            };
            self.suspect = suspect.err();
        }
        match self.eat(")") {
            true => Ok(node),
            false => syntax(start, "the ( is not closed"),
        }
    }

    fn plain_group(&mut self, start: usize) -> Result<Node, Failure> {
        if !self.numbered {
            return self.body(start);
        }
        let group = self.groups.len();
        self.groups.push(None);
        self.plain.push(group);
        Ok(Node::Capture(group, Box::new(self.body(start)?)))
    }

    fn look(&mut self, start: usize, behind: bool, negative: bool) -> Result<Node, Failure> {
        let node = Box::new(self.body(start)?);
        Ok(Node::Look { node, behind, negative })
    }

    fn named(&mut self, start: usize, close: char) -> Result<Node, Failure> {
        let name = self.until(close, "the group name")?;
        let marked = name.strip_prefix(FIELD_MARK).and_then(|n| n.parse::<usize>().ok());
        let field = match marked.and_then(|i| self.fields.get(i)) {
            Some(field) => field.clone(),
            None => inline(&name),
        };
        if field.name.is_empty() {
            return syntax(start, "the group has no name");
        }
        let group = self.groups.len();
        self.names.push((field.name.clone(), group));
        self.groups.push(Some(field));
        Ok(Node::Capture(group, Box::new(self.body(start)?)))
    }

    /// `(?(1)yes|no)` and `(?(<name>)yes|no)`, whose second parenthesis is read.
    fn conditional(&mut self, start: usize) -> Result<Node, Failure> {
        let written = self.until(')', "the condition")?;
        let name = written.trim_matches(['<', '>', '\'']);
        let group = match name.parse::<usize>() {
            Ok(number) => number.checked_sub(1).and_then(|n| self.plain.get(n)).copied(),
            Err(_) => self.names.iter().rev().find(|(n, _)| n == name).map(|(_, g)| *g),
        };
        let Some(group) = group else {
            return syntax(start, format!("the condition asks for no group: {written}"));
        };
        let (yes, no) = match self.body(start)? {
            Node::Alt(mut branches) if branches.len() == 2 => {
                let no = branches.pop().unwrap_or(Node::Empty);
                (branches.pop().unwrap_or(Node::Empty), no)
            }
            Node::Alt(_) => return syntax(start, "a condition has at most two branches"),
            yes => (yes, Node::Empty),
        };
        Ok(Node::Conditional(group, Box::new(yes), Box::new(no)))
    }

    /// `(?imx-imx)` or `(?imx-imx:…)`.
    fn options(&mut self, start: usize) -> Result<Group, Failure> {
        let mut flags = self.flags;
        let mut on = true;
        loop {
            match self.next() {
                Some('-') => on = false,
                Some('i') => flags.fold = on,
                Some('m') => flags.dot_all = on,
                Some('x') => flags.extended = on,
                Some('u') if on => (flags.unicode, flags.ascii) = (true, false),
                Some('a') if on => (flags.unicode, flags.ascii) = (false, true),
                Some('d') if on => (flags.unicode, flags.ascii) = (false, false),
                Some(')') => return Ok(Group::Options(flags)),
                Some(':') => break,
                Some('~') => return syntax(start, "absent groups (?~) are not supported"),
                _ => return syntax(start, "what follows (? is not known"),
            }
        }
        let outer = std::mem::replace(&mut self.flags, flags);
        let node = self.body(start)?;
        self.flags = outer;
        Ok(Group::Node(node))
    }
}

/// The field of a group named in the expression itself. A type may follow the name.
fn inline(name: &str) -> Field {
    let (plain, ty) = match name.rsplit_once(':') {
        Some((plain, "int")) => (plain, CaptureType::Int),
        Some((plain, "float")) => (plain, CaptureType::Float),
        _ => (name, CaptureType::Text),
    };
    Field { key: name.to_owned(), name: plain.to_owned(), ty }
}
