//! CSV (RFC 4180): cells that a spreadsheet does not take for formulas, one record on one line, and a writer that
//! quotes what another separator than the comma would divide.

use super::{is_hidden, text};
use std::borrow::Cow;
use std::io::{self, Write};

/// What begins a formula (OWASP "CSV Injection", with the fullwidth forms).
const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// Text as a cell: hidden characters spelled out, and an apostrophe before what would begin a formula.
pub fn cell(value: &str) -> Cow<'_, str> {
    let formula = value.starts_with(FORMULA);
    if !formula && !value.chars().any(is_hidden) {
        return divided(value);
    }
    let visible = text::visible(value);
    let visible = divided(&visible);
    Cow::Owned(if formula { format!("'{visible}") } else { visible.into_owned() })
}

/// Text whose parts begin no formula either where `;` separates cells: spreadsheets of half of Europe divide a line
/// there, and quotes do not hold them back, which count only where the cell before ended with a `;`, too.
pub fn divided(value: &str) -> Cow<'_, str> {
    // What else a part may begin with and still be a formula: quotes are taken off, blanks perhaps.
    let formula = |part: &str| part.trim_start_matches(['"', ' ']).starts_with(FORMULA);
    if !value.split(';').skip(1).any(formula) {
        return Cow::Borrowed(value);
    }
    let mut out = String::with_capacity(value.len() + 8);
    for (i, part) in value.split(';').enumerate() {
        if i > 0 {
            out.push(';');
            if formula(part) {
                out.push('\'');
            }
        }
        out.push_str(part);
    }
    Cow::Owned(out)
}

/// A cell as it stands in the file: in quotes where a comma, a semicolon or a tab would end it, whichever a program
/// that reads the file divides at.
fn quoted(cell: &[u8]) -> Cow<'_, [u8]> {
    if !cell.iter().any(|b| matches!(b, b',' | b';' | b'\t' | b'"' | b'\r' | b'\n')) {
        return Cow::Borrowed(cell);
    }
    let mut out = Vec::with_capacity(cell.len() + 2);
    out.push(b'"');
    for &byte in cell {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
    Cow::Owned(out)
}

/// Writes records. The cells are made harmless before.
pub struct Table<W: Write>(::csv::Writer<W>);

impl<W: Write> Table<W> {
    /// A table that goes there.
    pub fn new(to: W) -> Self {
        // The quotes are ours.
        Table(::csv::WriterBuilder::new().quote_style(::csv::QuoteStyle::Never).from_writer(to))
    }

    /// Appends a cell to the current record.
    ///
    /// # Errors
    /// Whatever the target says.
    pub fn field(&mut self, cell: &[u8]) -> ::csv::Result<()> {
        self.0.write_field(quoted(cell))
    }

    /// Ends the current record.
    ///
    /// # Errors
    /// Whatever the target says; if the record has another number of cells than the first.
    pub fn end(&mut self) -> ::csv::Result<()> {
        self.0.write_record(None::<&[u8]>)
    }

    /// Appends a record.
    ///
    /// # Errors
    /// As [`Table::end`].
    pub fn row<C: AsRef<[u8]>>(&mut self, cells: impl IntoIterator<Item = C>) -> ::csv::Result<()> {
        cells.into_iter().try_for_each(|cell| self.field(cell.as_ref()))?;
        self.end()
    }

    /// Hands over what is buffered.
    ///
    /// # Errors
    /// Whatever the target says.
    pub fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }

    /// The target, with everything in it.
    ///
    /// # Errors
    /// Whatever the target says.
    pub fn into_inner(self) -> io::Result<W> {
        self.0.into_inner().map_err(|e| io::Error::other(e.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_text() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "＝1"] {
            assert_eq!(cell(text), format!("'{text}"));
        }
        assert_eq!(cell("\t=1"), "'\\t=1");
        assert_eq!(cell("\r=1"), "'\\r=1");
        assert_eq!(cell("a=1"), "a=1");
        assert_eq!(cell("a\nb\x1b"), "a\\nb\\x1b");
        assert_eq!(cell(""), "");
    }

    #[test]
    fn nor_are_the_parts_of_what_another_separator_divides() {
        assert_eq!(cell("a;=1;b;@c"), "a;'=1;b;'@c");
        assert_eq!(cell("=a;-1\n"), "'=a;'-1\\n");
        assert_eq!(cell("a;\"=1"), "a;'\"=1");
        assert_eq!(cell("a; =1"), "a;' =1");
        assert_eq!(cell("a;b=1;"), "a;b=1;");
    }

    #[test]
    fn every_separator_is_quoted() {
        let mut table = Table::new(Vec::new());
        table.row(["a", "b;c", "d\te", "f,g", "h\"i", ""]).unwrap();
        assert_eq!(table.into_inner().unwrap(), b"a,\"b;c\",\"d\te\",\"f,g\",\"h\"\"i\",\n");
    }
}
