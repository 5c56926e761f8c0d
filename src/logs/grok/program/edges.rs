//! Conditions between parts that their neighbours already fulfil: `\b` between a letter and a slash.

use crate::logs::grok::syntax::{Assert, Node, word};
use regex_syntax::hir::ClassUnicode;

/// The row without the conditions that always hold there.
pub(super) fn without_certain(parts: Vec<Node>) -> Vec<Node> {
    let certain: Vec<bool> = (0..parts.len()).map(|at| is_certain(&parts, at)).collect();
    parts.into_iter().zip(certain).filter(|(_, certain)| !certain).map(|(part, _)| part).collect()
}

fn is_certain(parts: &[Node], at: usize) -> bool {
    let before = || row(parts.get(..at).unwrap_or_default().iter().rev(), false);
    let after = || row(parts.get(at + 1..).unwrap_or_default().iter(), true);
    match parts.get(at) {
        Some(Node::Assert(Assert::WordEdge)) => match (before(), after()) {
            (Some(before), Some(after)) => {
                let word = word();
                apart(&before, &word) && within(&after, &word)
                    || within(&before, &word) && apart(&after, &word)
            }
            _ => false,
        },
        Some(Node::Look { node, behind, negative }) => {
            let Node::Set(set) = node.as_ref() else { return false };
            let neighbour = if *behind { before() } else { after() };
            neighbour.is_some_and(|n| if *negative { apart(&n, set) } else { within(&n, set) })
        }
        _ => false,
    }
}

fn apart(a: &ClassUnicode, b: &ClassUnicode) -> bool {
    let mut both = a.clone();
    both.intersect(b);
    both.ranges().is_empty()
}

fn within(a: &ClassUnicode, b: &ClassUnicode) -> bool {
    let mut rest = a.clone();
    rest.difference(b);
    rest.ranges().is_empty()
}

/// The characters that are certainly next in a row; `None` if there may be none, or they are not known.
fn row<'n>(parts: impl Iterator<Item = &'n Node>, forward: bool) -> Option<ClassUnicode> {
    let mut all = ClassUnicode::empty();
    for part in parts {
        let (set, empty) = outer(part, forward)?;
        all.union(&set);
        if !empty {
            return Some(all);
        }
    }
    None
}

/// The first (or last) characters of a node, and whether it can be empty; `None` if not known.
fn outer(node: &Node, forward: bool) -> Option<(ClassUnicode, bool)> {
    match node {
        Node::Set(set) => Some((set.clone(), false)),
        Node::Empty | Node::Assert(_) | Node::Look { .. } => Some((ClassUnicode::empty(), true)),
        Node::Capture(_, inner) | Node::Atomic(inner) => outer(inner, forward),
        Node::Repeat { node, min, .. } => outer(node, forward).map(|(set, empty)| (set, empty || *min == 0)),
        Node::Alt(branches) => {
            branches.iter().try_fold((ClassUnicode::empty(), false), |(mut all, any), branch| {
                let (set, empty) = outer(branch, forward)?;
                all.union(&set);
                Some((all, any || empty))
            })
        }
        Node::Concat(parts) => {
            let mut all = ClassUnicode::empty();
            let mut at: Box<dyn Iterator<Item = &Node>> =
                if forward { Box::new(parts.iter()) } else { Box::new(parts.iter().rev()) };
            let empty = at.try_fold(true, |empty, part| {
                if !empty {
                    return Some(false);
                }
                let (set, can_be_empty) = outer(part, forward)?;
                all.union(&set);
                Some(can_be_empty)
            })?;
            Some((all, empty))
        }
        Node::Backref { .. } | Node::Conditional(..) => None,
    }
}
