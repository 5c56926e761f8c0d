//! SQL as people write it: dotted names of columns and tables need no quotes here. What is quoted already,
//! texts and comments stay as they are.

use std::collections::BTreeSet;

/// Names a query may use.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Tables.
    pub tables: Vec<String>,
    /// Columns of all of them, sorted.
    pub columns: Vec<String>,
}

/// A piece of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'q> {
    /// Words with dots between them.
    Name(&'q str),
    /// Everything else.
    Other(&'q str),
}

const fn begins(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || c == '@'
}

const fn goes_on(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '@')
}

/// Bytes of the piece that begins with `c`.
fn length(rest: &str, c: char) -> usize {
    let until = |end: &str, from: usize| {
        rest.get(from..).and_then(|tail| tail.find(end)).map_or(rest.len(), |at| from + at + end.len())
    };
    match c {
        '\'' | '"' | '`' => until(&c.to_string(), 1),
        _ if rest.starts_with("--") => until("\n", 2),
        _ if rest.starts_with("/*") => until("*/", 2),
        _ if begins(c) => rest.find(|c| !goes_on(c)).unwrap_or(rest.len()),
        // A number with its point is no name.
        _ if c.is_ascii_digit() => {
            rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(rest.len())
        }
        _ => c.len_utf8(),
    }
}

fn pieces(query: &str) -> Vec<Piece<'_>> {
    let (mut out, mut rest) = (Vec::new(), query);
    while let Some(c) = rest.chars().next() {
        let (piece, tail) = rest.split_at(length(rest, c));
        out.push(if begins(c) { Piece::Name(piece) } else { Piece::Other(piece) });
        rest = tail;
    }
    out
}

/// The questions of a text, which have `;` between them, without the empty ones.
pub fn statements(text: &str) -> Vec<&str> {
    let (mut out, mut from, mut at) = (Vec::new(), 0, 0);
    for piece in pieces(text) {
        let (Piece::Name(part) | Piece::Other(part)) = piece;
        if part == ";" {
            out.push(text.get(from..at).unwrap_or_default());
            from = at + 1;
        }
        at += part.len();
    }
    out.push(text.get(from..).unwrap_or_default());
    out.retain(|question| !question.trim().is_empty());
    out
}

impl Names {
    /// The query with quotes around the names that need them.
    pub fn quoted(&self, query: &str) -> String {
        let mut out = String::with_capacity(query.len() + 32);
        let pieces = pieces(query);
        // What stands for a table was given as a word of its own somewhere.
        let words: BTreeSet<&str> = pieces
            .iter()
            .filter_map(|p| if let Piece::Name(word) = p { Some(*word) } else { None })
            .collect();
        for piece in &pieces {
            match piece {
                Piece::Other(text) => out.push_str(text),
                Piece::Name(text) => self.push(&mut out, text, &words),
            }
        }
        out
    }

    fn is_known(&self, name: &str) -> bool {
        self.columns.binary_search_by(|c| c.as_str().cmp(name)).is_ok()
    }

    fn push(&self, out: &mut String, name: &str, words: &BTreeSet<&str>) {
        let plain = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let quote = |name: &str| if plain(name) { name.to_owned() } else { format!("\"{name}\"") };
        if plain(name) {
            return out.push_str(name);
        }
        if self.is_known(name) || self.tables.iter().any(|t| t == name) {
            return out.push_str(&quote(name));
        }
        // A table or what stands for it, a dot, and one of its columns.
        for (at, _) in name.match_indices('.') {
            let (table, column) =
                (name.get(..at).unwrap_or_default(), name.get(at + 1..).unwrap_or_default());
            let stands = words.contains(table) && plain(table);
            if stands || (self.tables.iter().any(|t| t == table) && self.is_known(column)) {
                out.push_str(&quote(table));
                out.push('.');
                return out.push_str(&if column.is_empty() { String::new() } else { quote(column) });
            }
        }
        // Not known: quoted, so that the message names all of it.
        out.push_str(&if name.ends_with('.') { name.to_owned() } else { quote(name) });
    }

    /// Names that look like `name`, the nearest first, at most three.
    pub fn nearest(&self, name: &str) -> Vec<&str> {
        let wanted = name.to_lowercase();
        let limit = 2 + wanted.chars().count() / 4;
        let score = |known: &str| -> Option<(usize, usize)> {
            let lower = known.to_lowercase();
            let inside = wanted.len() > 2 && (lower.ends_with(&wanted) || lower.starts_with(&wanted));
            let far = distance(&wanted, &lower);
            (inside || far <= limit).then_some((if inside { far.min(1) } else { far }, known.len()))
        };
        let known = self.tables.iter().chain(&self.columns);
        let mut all: Vec<_> = known.filter_map(|name| Some((score(name)?, name.as_str()))).collect();
        all.sort_unstable();
        all.dedup();
        all.into_iter().map(|(_, name)| name).take(3).collect()
    }
}

/// Letters to put in, take out or change (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let (mut left, mut corner) = (i + 1, i);
        for (y, slot) in b.iter().zip(row.iter_mut().skip(1)) {
            let best = (corner + usize::from(x != *y)).min(left + 1).min(*slot + 1);
            corner = std::mem::replace(slot, best);
            left = best;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        let mut columns: Vec<String> =
            ["@timestamp", "source.ip", "source.port", "url.path", "user.name"].map(str::to_owned).to_vec();
        columns.sort();
        Names { tables: ["sshd", "apache.access", "events"].map(str::to_owned).to_vec(), columns }
    }

    #[test]
    fn dotted_names_need_no_quotes() {
        for (query, want) in [
            ("select source.ip from sshd", "select \"source.ip\" from sshd"),
            ("SELECT s.source.ip FROM sshd s", "SELECT s.\"source.ip\" FROM sshd s"),
            ("from apache.access", "from \"apache.access\""),
            ("apache.access.url.path", "\"apache.access\".\"url.path\""),
            ("min(@timestamp)", "min(\"@timestamp\")"),
            ("'source.ip' \"source.ip\" 1.5", "'source.ip' \"source.ip\" 1.5"),
            ("-- source.ip\n/* source.ip */ source.port", "-- source.ip\n/* source.ip */ \"source.port\""),
            ("sorce.ip", "\"sorce.ip\""),
            ("select a.names from t as a", "select a.names from t as a"),
            ("sshd.source.ip from sshd", "sshd.\"source.ip\" from sshd"),
            ("'it''s source.ip' source.ip", "'it''s source.ip' \"source.ip\""),
            ("é source.ip 'open", "é \"source.ip\" 'open"),
        ] {
            assert_eq!(names().quoted(query), want);
        }
    }

    #[test]
    fn questions_end_with_semicolons() {
        assert_eq!(statements("select 1; select ';' ;\n"), ["select 1", " select ';' "]);
        assert!(statements(" ;; ").is_empty());
    }

    #[test]
    fn slips_of_the_keyboard() {
        assert_eq!(names().nearest("sorce.ip"), ["source.ip"]);
        assert_eq!(names().nearest("usr.name"), ["user.name"]);
        assert_eq!(names().nearest("timestamp"), ["@timestamp"]);
        assert_eq!(names().nearest("ssh"), ["sshd"]);
        assert!(names().nearest("nothing.like.it").is_empty());
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
