//! SQL as text: the verb, secrets in it, and rows as CSV; for the database protocols.

/// Verbs that begin statements, in upper case.
const VERBS: &[&str] = &[
    "ALTER",
    "ANALYZE",
    "BEGIN",
    "CALL",
    "CHANGE",
    "CHECK",
    "CLOSE",
    "COMMIT",
    "COPY",
    "CREATE",
    "DEALLOCATE",
    "DECLARE",
    "DELETE",
    "DESC",
    "DESCRIBE",
    "DISCARD",
    "DO",
    "DROP",
    "EXECUTE",
    "EXPLAIN",
    "FETCH",
    "FLUSH",
    "GRANT",
    "INSERT",
    "KILL",
    "LISTEN",
    "LOAD",
    "LOCK",
    "MERGE",
    "NOTIFY",
    "OPTIMIZE",
    "PREPARE",
    "REPAIR",
    "REPLACE",
    "RESET",
    "REVOKE",
    "ROLLBACK",
    "SAVEPOINT",
    "SELECT",
    "SET",
    "SHOW",
    "START",
    "STOP",
    "TRUNCATE",
    "UNLOCK",
    "UPDATE",
    "USE",
    "VACUUM",
    "VALUES",
    "WITH",
];

/// Whether text begins as a statement does, after white space, brackets and comments.
pub(super) fn is_statement(mut text: &[u8]) -> bool {
    loop {
        text = text.trim_ascii_start();
        if let Some(rest) = text.strip_prefix(b"/*") {
            let Some(end) = memchr::memmem::find(rest, b"*/") else { return false };
            text = rest.get(end + 2..).unwrap_or_default();
        } else if let Some(rest) = text.strip_prefix(b"(") {
            text = rest;
        } else {
            break;
        }
    }
    let word = text.split(|b| !b.is_ascii_alphabetic()).next().unwrap_or_default();
    VERBS.iter().any(|v| word.eq_ignore_ascii_case(v.as_bytes()))
}

/// Whether text is what people write: no control characters but white space.
pub(super) fn is_text(text: &[u8]) -> bool {
    text.iter().all(|b| matches!(b, b'\t' | b'\n' | b'\r' | b' '..=b'~' | 0x80..))
}

/// The first word in upper case.
pub(super) fn method(statement: &str) -> String {
    let text = statement.trim();
    let word = text.split_ascii_whitespace().next().unwrap_or_default();
    let plain = word.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
    if plain.is_empty() { word.to_uppercase() } else { plain.to_uppercase() }
}

/// Replaces string literals after `IDENTIFIED BY` and `PASSWORD`.
pub(super) fn mask(statement: &str) -> String {
    let lower = statement.to_ascii_lowercase();
    let mut out = String::with_capacity(statement.len());
    let mut at = 0;
    while let Some(rest) = lower.get(at..) {
        let found = ["identified by", "password"].map(|w| rest.find(w).map(|i| at + i + w.len()));
        let Some(end) = found.into_iter().flatten().min() else { break };
        let after = lower.get(end..).unwrap_or_default();
        let gap = after.len() - after.trim_start_matches([' ', '\t', '\n', '\r', '=', '(']).len();
        let open = end + gap;
        let quote = lower.as_bytes().get(open).copied().filter(|q| matches!(q, b'\'' | b'"'));
        let Some(quote) = quote else {
            out.push_str(statement.get(at..end).unwrap_or_default());
            at = end;
            continue;
        };
        out.push_str(statement.get(at..=open).unwrap_or_default());
        out.push_str("******");
        let rest = lower.as_bytes().get(open + 1..).unwrap_or_default();
        at = memchr::memchr(quote, rest).map_or(statement.len(), |i| open + 1 + i);
        if at < statement.len() {
            out.push(char::from(quote));
            at += 1;
        }
    }
    out.push_str(statement.get(at..).unwrap_or_default());
    out
}

/// Rows as comma-separated text, as Packetbeat writes responses: ten rows of at most 1,024 bytes each, unless the
/// configuration says otherwise.
#[derive(Debug)]
pub(super) struct Csv {
    text: String,
    /// Rows and bytes of each that are kept.
    most: usize,
    row: usize,
    rows: usize,
    /// Bytes of the current row.
    used: usize,
    first: bool,
}

impl Csv {
    const ROWS: usize = 10;
    const ROW: usize = 1024;
    /// Bytes of all column names.
    const HEADER: usize = 16 << 10;
    /// Bytes of everything, whatever the configuration says.
    const ALL: usize = 1 << 20;

    /// Keeps so many rows and bytes of each.
    pub(super) fn new(rows: Option<usize>, row: Option<usize>) -> Csv {
        let (most, row) = (rows.unwrap_or(Csv::ROWS), row.unwrap_or(Csv::ROW));
        Csv { text: String::new(), most, row, rows: 0, used: 0, first: false }
    }

    /// Adds a column name.
    pub(super) fn name(&mut self, name: &[u8]) {
        if self.used < Self::HEADER {
            self.used += name.len();
            self.field(&String::from_utf8_lossy(name));
        }
    }

    /// Adds a value of a row; beyond the caps nothing happens.
    pub(super) fn value(&mut self, value: &[u8]) {
        if self.open() && self.used < self.row {
            let room = self.row - self.used;
            let cut = value.get(..room).unwrap_or(value);
            self.used += cut.len();
            self.field(&String::from_utf8_lossy(cut));
        }
    }

    /// Whether another row is kept.
    pub(super) const fn open(&self) -> bool {
        self.rows <= self.most && self.text.len() < Self::ALL
    }

    /// Ends a row or the header.
    pub(super) fn end(&mut self) {
        if self.open() {
            self.text.push('\n');
        }
        self.rows += 1;
        self.used = 0;
        self.first = false;
    }

    fn field(&mut self, value: &str) {
        if std::mem::replace(&mut self.first, true) {
            self.text.push(',');
        }
        let value = value.replace('\n', "\\n").replace('\r', "\\r");
        let quoted = value.contains([',', '"']) || value == "\\." || value.starts_with(char::is_whitespace);
        if quoted {
            self.text.push('"');
            self.text.push_str(&value.replace('"', "\"\""));
            self.text.push('"');
        } else {
            self.text.push_str(&value);
        }
    }

    /// The text.
    pub(super) fn into_text(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs() {
        assert_eq!(method(" \n select\n1"), "SELECT");
        assert_eq!(method("COMMIT;"), "COMMIT");
        assert!(is_statement(b"/* x */ (select 1)"));
        assert!(!is_statement(b"selector 1"));
    }

    #[test]
    fn secrets_are_masked() {
        assert_eq!(
            mask("CREATE USER u IDENTIFIED BY 'it is' REQUIRE SSL"),
            "CREATE USER u IDENTIFIED BY '******' REQUIRE SSL"
        );
        assert_eq!(mask("set password = password(\"x\")"), "set password = password(\"******\")");
        assert_eq!(mask("alter role r password 'é"), "alter role r password '******");
        assert_eq!(mask("select password from t"), "select password from t");
    }

    #[test]
    fn rows_are_quoted_and_capped() {
        let mut csv = Csv::new(None, None);
        csv.name(b"a");
        csv.name(b"b,c");
        csv.end();
        for _ in 0..20 {
            csv.value(b"say \"x\"");
            csv.value(&[b'y'; 2000]);
            csv.end();
        }
        let text = csv.into_text();
        assert!(text.starts_with("a,\"b,c\"\n\"say \"\"x\"\"\",yyy"));
        assert_eq!(text.lines().count(), 11);
        assert_eq!(text.lines().nth(1).map(str::len), Some(1024 + 5));
    }
}
