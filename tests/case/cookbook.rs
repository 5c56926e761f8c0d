//! The questions of docs/cookbook.md, asked.

use super::{DEMO, made};
use netlog::case::{Asker, Case, statements};
use std::path::Path;

#[test]
fn twenty_questions_have_answers() {
    let page = include_str!("../../docs/cookbook.md");
    let (_folder, case) = made(&[DEMO]);
    let case = Case::open(Path::new(&case)).unwrap();
    let asker = Asker::new(&case).unwrap();
    let mut failed = Vec::new();
    let mut questions = 0;
    for part in page.split("\n## ").skip(1) {
        let title = part.lines().next().unwrap();
        let sql = part.split("```sql\n").nth(1).and_then(|rest| rest.split("```").next());
        questions += 1;
        for question in statements(sql.unwrap_or_else(|| panic!("{title} has no SQL"))) {
            match asker.ask(question) {
                Ok(answer) if answer.height() > 0 => {}
                Ok(_) => failed.push(format!("{title}: no rows")),
                Err(error) => failed.push(format!("{title}: {error}")),
            }
        }
    }
    assert_eq!(questions, 20);
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
