use super::*;
use crate::logs::spec::FormatSpec;
use crate::model::Value;

const FIELDS: &str = r#"
name = "t"
doc = "t"
[fields."user.name"]
type = "keyword"
doc = "u"
[fields."n"]
type = "long"
doc = "n"
range = [0, 10]
[fields."word"]
type = "keyword"
doc = "w"
values = ["a", "b"]
"#;

fn table() -> Table {
    let mut table = Table::default();
    table.declare("t.toml", &FormatSpec::read("t.toml", FIELDS).unwrap()).unwrap();
    table
}

fn template(text: &str) -> Result<Template, String> {
    Template::new(&table(), "t", "t.toml", "rule 1", text).map_err(|e| e.to_string())
}

/// The captures of a match as `name=value`, with the source's address and port.
fn run(pattern: &str, text: &str) -> Option<String> {
    let mut draft = Draft::default();
    let null = ["-".to_owned()];
    template(pattern).unwrap().apply(text, &null, &mut draft, &mut Walk::default(), 0).ok().map(|()| {
        let mut out: Vec<String> = draft
            .fields
            .iter()
            .map(|(f, v)| match v {
                Value::Str(s) => format!("{}={s}", f.name),
                Value::Int(i) => format!("{}={i}", f.name),
                other => format!("{}={other:?}", f.name),
            })
            .collect();
        out.extend(draft.source.ip.map(|ip| format!("ip={ip}")));
        out.extend(draft.source.port.map(|port| format!("port={port}")));
        out.extend(draft.bad.iter().map(|name| format!("bad={name}")));
        out.join(" ")
    })
}

const FAILED: &str = "Failed for %{user.name:rest} from %{source.ip} port %{source.port} ssh2";

#[test]
fn what_follows_the_rest_is_matched_from_the_end() {
    let cases = [
        ("Failed for bob from 192.0.2.1 port 22 ssh2", "user.name=bob ip=192.0.2.1 port=22"),
        ("Failed for  from 192.0.2.1 port 22 ssh2", "user.name= ip=192.0.2.1 port=22"),
        (
            "Failed for x from 198.51.100.9 port 1 ssh2 from 192.0.2.1 port 22 ssh2",
            "user.name=x from 198.51.100.9 port 1 ssh2 ip=192.0.2.1 port=22",
        ),
        ("Failed for  a \"b\" from 2001:db8::1 port 22 ssh2", "user.name= a \"b\" ip=2001:db8::1 port=22"),
        ("Failed for käse from ::ffff:192.0.2.1 port 22 ssh2", "user.name=käse ip=192.0.2.1 port=22"),
    ];
    for (text, want) in cases {
        assert_eq!(run(FAILED, text).as_deref(), Some(want), "{text}");
    }
    for text in [
        "Failed for bob from 192.0.2.1 port x ssh2",
        "Failed for bob from nowhere port 22 ssh2",
        "Failed for bob from 192.0.2.1 port 70000 ssh2",
        "Failed for bob from 192.0.2.1 port 22 ssh2 ",
        "Failed for ",
        "from 192.0.2.1 port 22 ssh2",
        "",
    ] {
        assert_eq!(run(FAILED, text), None, "{text}");
    }
}

#[test]
fn modes() {
    assert_eq!(run("%{word} %{n}", "a 5").as_deref(), Some("word=a n=5"));
    assert_eq!(run("%{word} %{n}", "c 50").as_deref(), Some("word=c n=50 bad=word bad=n"));
    assert_eq!(run("%{word} %{n}", "- -").as_deref(), Some(""));
    assert_eq!(run("%{word} %{n}", "a 5x"), None);
    assert_eq!(run("%{word}[%{n}]: x", "a b[5]: x"), None);
    assert_eq!(run("x=%{word:text}, y=%{n}", "x=, y=1").as_deref(), Some("word= n=1 bad=word"));
    assert_eq!(
        run("\"%{word:quoted}\" %{n}", r#""a \" b" 1"#).as_deref(),
        Some("word=a \\\" b n=1 bad=word")
    );
    assert_eq!(run("\"%{word:quoted}\"", r#""a\"#), None);
    assert_eq!(run("%{:blanks}%{n}%%", "  \t7%").as_deref(), Some("n=7"));
    assert_eq!(run("%{} %{n}", "skip 7").as_deref(), Some("n=7"));
    assert_eq!(run("a %{user.name:rest}", "a ").as_deref(), Some("user.name="));
}

#[test]
fn mistakes_are_named() {
    let fails = |text: &str| template(text).unwrap_err();
    assert!(fails("%{user.nam} x").contains("did you mean `user.name`"));
    assert!(fails("%{user.name").contains("without `}`"));
    assert!(fails("%{user.name:rst}").contains("did you mean `rest`"));
    assert!(fails("%{user.name}%{word}").contains("followed by literal"));
    assert!(fails("a%{user.name:rest}%{word}").contains("between `rest`"));
    assert!(fails("a%{user.name:rest} %{word:rest}").contains("more than one"));
    assert!(fails("%{@timestamp:iso8602} x").contains("did you mean `iso8601`"));
}

#[test]
fn no_text_makes_it_panic() {
    let text = "Failed for käse \"x\\\" from 192.0.2.1 port 22 ssh2";
    let templates =
        [FAILED, "%{word} %{n}", "\"%{word:quoted}\" %{n}", "%{user.name:text}for%{:blanks}%{word:text}"];
    for pattern in templates {
        for (begin, _) in text.char_indices() {
            for (end, _) in text.char_indices().filter(|(end, _)| *end >= begin) {
                let _ = run(pattern, &text[begin..end]);
            }
        }
    }
}

#[test]
fn what_is_remembered_of_a_text_changes_nothing() {
    let mut template =
        template("a %{:text} b=%{} c=%{n} d=%{:text} e=%{user.name:text} f %{word:rest}").unwrap();
    template.change_captures(|capture| {
        if matches!(capture.target, Target::Field(field) if field.name == "n") {
            capture.target = Target::Whole;
        }
    });
    assert!(template.dull >= DULL);
    let mut walk = Walk::default();
    let mut matches = 0;
    for text in [
        "a x b=y c=1 d=z e=bob f a",
        "a x b=y c=1 d=z e=eve f b",
        "a x b=y c=1 d=z e=eve g b",
        "a x b=y c=1 d=z e= f ",
        "a x b=y c=1 d=z e",
        "a x b=y c=12 d=z e=bob f a",
        "a x b=y c=x d=z e=bob f a",
        "a x b=y c=12 d= e=bob f a",
        "a x b= b=y c=12 d= e= e= f a",
        "a x b=y c=1 d=z e=bob f a",
    ] {
        let (mut warm, mut cold) = (Draft::default(), Draft::default());
        let remembering = template.apply(text, &[], &mut warm, &mut walk, 0);
        assert_eq!(remembering, template.apply(text, &[], &mut cold, &mut Walk::default(), 0), "{text}");
        assert_eq!(format!("{warm:?}"), format!("{cold:?}"), "{text}");
        matches += usize::from(remembering.is_ok());
    }
    assert_eq!(matches, 6);
}
