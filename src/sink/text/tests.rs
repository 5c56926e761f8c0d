use super::write;
use crate::report::{Block, Cell, Column, MadeRows, NoRows, Report, Section, Table, Unit};
use std::io::{self, Write};

const ROWS: usize = 5000;

/// Rows whose text is hostile and wider than any page.
struct Many;

impl MadeRows for Many {
    fn rows(&self, id: &str) -> Option<usize> {
        (id == "many").then_some(ROWS)
    }

    fn look_ahead(&self, _: &str, range: std::ops::Range<usize>) {
        assert!(range.end <= ROWS);
    }

    fn row(&self, _: &str, nth: usize) -> Vec<Cell> {
        vec![format!("{nth:06}\u{1b}[2J\r{}", "w".repeat(200)).into(), (nth as u64).into()]
    }
}

fn report() -> Report {
    let columns = [Column::new("text", "Text", Unit::Text, 0), Column::new("n", "Number", Unit::Count, 0)];
    let distinct = ROWS as u64;
    let table =
        Table { id: "many", title: "", columns: columns.to_vec(), rows: Vec::new(), distinct, exact: true };
    let sections = vec![Section { id: "all", title: "All", blocks: vec![Block::Listing(table)] }];
    Report { sections, ..Report::default() }
}

#[test]
fn long_listings_are_written_whole_in_order_and_fit_the_page() {
    for width in [60, 80, 160] {
        let mut out = Vec::new();
        write(&report(), &Many, width, false, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.lines().all(|line| line.chars().count() <= width), "{width}");
        assert!(!text.contains(['\u{1b}', '\r']), "control characters of a value reached the page");
        let numbers: Vec<usize> =
            text.lines().filter_map(|line| line.get(..6).and_then(|n| n.parse().ok())).collect();
        assert!(numbers.into_iter().eq(0..ROWS), "{width}");
    }
}

#[test]
fn colours_only_where_they_are_asked_for() {
    let drawn = |color| {
        let mut out = Vec::new();
        write(&report(), &NoRows, 80, color, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    assert!(drawn(true).contains("\u{1b}[") && !drawn(false).contains('\u{1b}'));
}

#[test]
fn a_full_disk_is_told() {
    struct Full(usize);
    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or_else(|| io::Error::other("full"))?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    for room in [0, 1000, 100_000] {
        assert!(write(&report(), &Many, 80, false, &mut Full(room)).is_err(), "{room}");
    }
}

#[test]
fn a_sentence_goes_on_below_instead_of_being_cut() {
    let told = "captures, or flow logs of a cloud, whose records name both ends and what became of them";
    let columns = [Column::new("name", "Name", Unit::Text, 0), Column::new("needs", "Needs", Unit::Prose, 0)];
    let rows = vec![vec!["scan".into(), told.into()], vec!["web".into(), "requests".into()]];
    let table =
        Table { id: "t", columns: columns.to_vec(), rows, distinct: 2, exact: true, ..Table::default() };
    let sections = vec![Section { id: "all", title: "All", blocks: vec![Block::Table(table)] }];
    let mut out = Vec::new();
    write(&Report { sections, ..Report::default() }, &NoRows, 40, false, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.lines().all(|line| line.chars().count() <= 40), "{text}");
    let words: Vec<&str> = text.split_whitespace().skip_while(|word| *word != "captures,").collect();
    assert_eq!(words.join(" "), format!("{told} web requests"));
    assert!(text.lines().any(|line| line.starts_with("      ") && line.contains("what became")), "{text}");
}
