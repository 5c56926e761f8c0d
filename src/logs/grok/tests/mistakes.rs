use crate::logs::grok::{Library, Mistake};

fn mistake(library: &Library, expression: &str) -> String {
    library.compile(expression).map(|_| ()).expect_err("is a mistake").to_string()
}

#[test]
fn unknown_names_are_reported_with_place_and_nearest_name() {
    let mut library = Library::builtin();
    library.add_text("my.grok", "# mine\nOUTER a %{INNER:x}\nINNER %{WROD} b\n").expect("loads");
    assert_eq!(
        mistake(&library, "x %{WROD:a}"),
        "expression:1:3: no pattern is named WROD; did you mean WORD?"
    );
    assert_eq!(
        mistake(&library, "%{OUTER}"),
        "my.grok:3:7: no pattern is named WROD; did you mean WORD? (reached by OUTER -> INNER)"
    );
    assert_eq!(mistake(&library, "%{NOTHINGLIKEIT}"), "expression:1:1: no pattern is named NOTHINGLIKEIT");
}

#[test]
fn recursion_is_reported_with_its_path() {
    let mut library = Library::empty();
    library.add_text("r.grok", "A x%{B}\nB y%{C:c}\nC %{B}\nSELF %{SELF}").expect("loads");
    let error = library.compile("%{A}").map(|_| ()).expect_err("is a mistake");
    assert_eq!(error.mistake, Mistake::Recursion(vec!["B".into(), "C".into(), "B".into()]));
    assert_eq!((error.place.file.as_str(), error.place.line, error.place.column), ("r.grok", 3, 3));
    assert!(mistake(&library, "%{SELF}").contains("SELF -> SELF"));
}

#[test]
fn syntax_is_reported_where_it_was_written() {
    let mut library = Library::empty();
    library.add_text("s.grok", "GOOD \\d+\nBAD a(?:b").expect("loads");
    for (expression, want) in [
        ("%{GOOD}[a", "expression:1:8: the [ is not closed"),
        ("a)%{GOOD}", "expression:1:2: a ) closes nothing"),
        ("a|*b", "expression:1:3: there is nothing to repeat here"),
        ("[z-a]", "expression:1:4: the range z-a runs backwards"),
        ("\\p{Nope}", "expression:1:1: there is no character property Nope"),
        ("a{3,2}", "expression:1:2: the smallest count is above the largest"),
        ("(?<a>b)\\k<c>", "expression:1:8: no group before this reference is named c"),
        ("a\\", "expression:1:2: the pattern ends in a backslash"),
        ("ä(?<=a+)b", "expression:1:1: a look-behind needs a text of limited length"),
    ] {
        assert_eq!(mistake(&library, expression), want, "{expression}");
    }
    assert!(
        mistake(&library, "%{BAD}").starts_with("s.grok:2:6: the ( is not closed"),
        "{}",
        mistake(&library, "%{BAD}")
    );
}

#[test]
fn growth_is_limited() {
    let mut library = Library::empty();
    library.define("A0", "aaaaaaaaaa");
    for level in 1..12 {
        library.define(&format!("A{level}"), &format!("%{{A{}}}", level - 1).repeat(10));
    }
    assert!(mistake(&library, "%{A11}").contains("exceeds the limit"));
    assert!(mistake(&library, "(?:(?:(?:ab{1000}c){1000}d){1000}e){1000}").contains("exceeds the limit"));
    assert!(mistake(&library, &"(".repeat(5000)).contains("exceeds the limit"));
    assert!(mistake(&library, "a{200000}").contains("exceeds the limit"));
}

#[test]
fn later_definitions_win_and_files_are_read_as_logstash_reads_them() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("a"), "ONE 1\r\n  TWO   2 x\n# NO 3\nEMPTY\n").expect("written");
    std::fs::write(dir.path().join("b"), "ONE uno").expect("written");
    std::fs::write(dir.path().join(".hidden"), "ONE never").expect("written");
    let mut library = Library::empty();
    library.add_dir(dir.path()).expect("loads");
    assert_eq!(library.names().collect::<Vec<_>>(), ["ONE", "TWO"]);
    assert_eq!(library.definition("ONE").map(|d| d.expression.as_str()), Some("uno"));
    assert_eq!(
        library.definition("TWO").map(|d| (d.expression.as_str(), d.line, d.column)),
        Some(("2 x", 2, 9))
    );
    assert!(library.add_dir(&dir.path().join("missing")).is_err());
}
