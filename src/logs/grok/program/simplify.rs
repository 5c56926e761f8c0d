//! Equivalent, simpler trees; and what can be said of a tree without running it.

use crate::logs::grok::syntax::Node;
use regex_syntax::hir::ClassUnicode;

/// Flattens rows and branches, and takes what branches start with in common out of them.
pub(super) fn simplify(node: Node) -> Node {
    match node {
        Node::Concat(parts) => {
            let mut flat = Vec::new();
            for part in parts {
                match simplify(part) {
                    Node::Empty => {}
                    Node::Concat(inner) => flat.extend(inner),
                    other => flat.push(other),
                }
            }
            row(super::edges::without_certain(flat))
        }
        Node::Alt(branches) => {
            let mut flat = Vec::new();
            for branch in branches {
                match simplify(branch) {
                    Node::Alt(inner) => flat.extend(inner),
                    other => flat.push(other),
                }
            }
            factor(flat)
        }
        Node::Repeat { node, min, max, mode } => match simplify(*node) {
            Node::Empty => Node::Empty,
            inner if min == 1 && max == Some(1) => inner,
            inner => Node::Repeat { node: Box::new(inner), min, max, mode },
        },
        Node::Capture(group, inner) => Node::Capture(group, Box::new(simplify(*inner))),
        Node::Atomic(inner) => match simplify(*inner) {
            // One character leaves nothing to come back to.
            one @ (Node::Set(_) | Node::Empty) => one,
            // What can end in one place only and captures nothing has nothing to come back to either.
            one if super::dfa::is_plain(&one) && length(&one).1 == Some(length(&one).0) => one,
            inner => Node::Atomic(Box::new(inner)),
        },
        Node::Look { node, behind, negative } => {
            Node::Look { node: Box::new(simplify(*node)), behind, negative }
        }
        Node::Conditional(group, yes, no) => {
            Node::Conditional(group, Box::new(simplify(*yes)), Box::new(simplify(*no)))
        }
        other => other,
    }
}

fn row(mut parts: Vec<Node>) -> Node {
    match parts.len() {
        0 => Node::Empty,
        1 => parts.pop().unwrap_or(Node::Empty),
        _ => Node::Concat(parts),
    }
}

/// Branches next to each other that start with the same set become one branch: the order in which ways are
/// tried stays the same, as a set takes one character in one way only.
fn factor(branches: Vec<Node>) -> Node {
    let mut out: Vec<Node> = Vec::new();
    let mut group: Option<(ClassUnicode, Vec<Node>)> = None;
    for branch in branches {
        let (head, tail) = split(branch);
        match (head, &mut group) {
            (Some(head), Some((common, tails))) if head == *common => tails.push(tail),
            (head, _) => {
                close(group.take(), &mut out);
                match head {
                    Some(head) => group = Some((head, vec![tail])),
                    None => out.push(tail),
                }
            }
        }
    }
    close(group, &mut out);
    if out.len() > 1 && out.iter().all(|n| matches!(n, Node::Set(_))) {
        let mut all = ClassUnicode::empty();
        for node in &out {
            if let Node::Set(set) = node {
                all.union(set);
            }
        }
        return Node::Set(all);
    }
    match out.len() {
        1 => out.pop().unwrap_or(Node::Empty),
        _ => Node::Alt(out),
    }
}

/// The set a branch starts with and the rest; or nothing and the branch.
fn split(branch: Node) -> (Option<ClassUnicode>, Node) {
    match branch {
        Node::Set(set) => (Some(set), Node::Empty),
        Node::Concat(mut parts) => match parts.first() {
            Some(Node::Set(set)) => {
                let set = set.clone();
                parts.remove(0);
                (Some(set), row(parts))
            }
            _ => (None, Node::Concat(parts)),
        },
        other => (None, other),
    }
}

fn close(group: Option<(ClassUnicode, Vec<Node>)>, out: &mut Vec<Node>) {
    let Some((head, mut tails)) = group else { return };
    let tail = match tails.len() {
        1 => tails.pop().unwrap_or(Node::Empty),
        _ => factor(tails),
    };
    out.push(match tail {
        Node::Empty => Node::Set(head),
        Node::Concat(parts) => {
            let mut all = vec![Node::Set(head)];
            all.extend(parts);
            Node::Concat(all)
        }
        tail => Node::Concat(vec![Node::Set(head), tail]),
    });
}

/// The text of a set of one character.
pub(super) fn text_of(class: &ClassUnicode) -> Option<String> {
    match class.ranges() {
        [one] if one.start() == one.end() => Some(one.start().to_string()),
        _ => None,
    }
}

/// Whether the node can match without taking anything.
pub(super) fn nullable(node: &Node) -> bool {
    length(node).0 == 0
}

/// Fewest and most characters the node takes; no most if there is no limit.
pub(super) fn length(node: &Node) -> (usize, Option<usize>) {
    match node {
        Node::Set(_) => (1, Some(1)),
        Node::Concat(parts) => parts.iter().map(length).fold((0, Some(0)), |(low, high), (min, max)| {
            (low.saturating_add(min), high.zip(max).map(|(a, b)| a.saturating_add(b)))
        }),
        Node::Alt(branches) => {
            let lengths: Vec<_> = branches.iter().map(length).collect();
            let min = lengths.iter().map(|l| l.0).min().unwrap_or(0);
            (min, lengths.iter().try_fold(0, |high, l| l.1.map(|max| high.max(max))))
        }
        Node::Repeat { node, min, max, .. } => {
            let (low, high) = length(node);
            let count = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
            let high = match (high, max) {
                (Some(0), _) => Some(0),
                (high, max) => high.zip(*max).map(|(high, max)| high.saturating_mul(count(max))),
            };
            (low.saturating_mul(count(*min)), high)
        }
        Node::Capture(_, inner) | Node::Atomic(inner) => length(inner),
        Node::Empty | Node::Look { .. } | Node::Assert(_) => (0, Some(0)),
        Node::Backref { .. } => (0, None),
        Node::Conditional(_, yes, no) => {
            let ((a, b), (c, d)) = (length(yes), length(no));
            (a.min(c), b.zip(d).map(|(b, d)| b.max(d)))
        }
    }
}

/// Whether there is a repetition without limit in another: the number of ways may grow with every byte.
pub(super) fn nests_loops(node: &Node) -> bool {
    match node {
        Node::Repeat { node, max, .. } => nests_loops(node) || max.is_none() && length(node).1.is_none(),
        Node::Concat(parts) | Node::Alt(parts) => parts.iter().any(nests_loops),
        Node::Capture(_, inner) | Node::Atomic(inner) => nests_loops(inner),
        Node::Look { node, .. } => nests_loops(node),
        Node::Conditional(_, yes, no) => nests_loops(yes) || nests_loops(no),
        Node::Empty | Node::Set(_) | Node::Assert(_) | Node::Backref { .. } => false,
    }
}
