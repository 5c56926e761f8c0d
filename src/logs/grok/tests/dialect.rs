use super::{captured, compile};
use crate::logs::grok::{Engine, Library};

fn check(cases: &[(&str, &str, &str)]) {
    let library = Library::builtin();
    for (expression, line, want) in cases {
        assert_eq!(captured(&library, expression, line), *want, "{expression} on {line:?}");
    }
}

#[test]
fn names_and_types() {
    check(&[
        ("%{WORD}", "abc", "{}"),
        ("%{WORD:a}", "abc", r#"{"a":"abc"}"#),
        ("%{WORD:a.b.c}", "abc", r#"{"a.b.c":"abc"}"#),
        ("%{WORD:[a][b]}", "abc", r#"{"[a][b]":"abc"}"#),
        ("%{WORD:[@metadata][b]}", "abc", r#"{"[@metadata][b]":"abc"}"#),
        ("%{INT:n:int} %{NUMBER:f:float}", "12 1.50", r#"{"n":12,"f":1.5}"#),
        ("%{WORD:n:int}", "12abc", r#"{"n":12}"#),
        ("%{WORD:n:int} %{WORD:m:string}", "abc 7", r#"{"n":0,"m":"7"}"#),
        ("(?<n>\\d+)-(?<[a][b]>\\w+)", "x12-yz", r#"{"n":"12","[a][b]":"yz"}"#),
        ("(?<n:int>\\d+)", "x12", r#"{"n":12}"#),
        ("%{WORD - any text, even {here}:a}", "abc:a}", "{}"),
        ("100%%{INT:n}", "100%5", r#"{"n":"5"}"#),
        ("%{=x} %{ WORD}", "%{=x} %{ WORD}", "{}"),
        ("%{HEX=[0-9a-f]{4}} %{HEX:h}", "00ff 12ab", r#"{"h":"12ab"}"#),
        ("%{HEX:h=[0-9a-f]{4}}!", "00ff!", r#"{"h":"00ff"}"#),
    ]);
}

#[test]
fn repeated_names_make_lists_as_logstash_orders_them() {
    check(&[
        ("%{WORD:a} %{WORD:a}", "x y", r#"{"a":["x","y"]}"#),
        ("%{WORD:a} %{INT:a} %{WORD:a}", "x 5 y", r#"{"a":["x","y","5"]}"#),
        ("(?:%{INT:a:int}|%{WORD:a})", "zz", r#"{"a":"zz"}"#),
        ("(?:%{INT:a:int}|%{WORD:a})", "7", r#"{"a":7}"#),
        ("%{INT:a:int} %{INT:a:int}", "7 8", r#"{"a":7}"#),
        ("(?:%{WORD:a},?)+", "x,y,z", r#"{"a":"z"}"#),
        ("<%{DATA:a}><%{DATA:a}>", "<><q>", r#"{"a":"q"}"#),
        ("<%{DATA:a}>", "<>", "{}"),
    ]);
}

#[test]
fn ruby_places_and_lines() {
    check(&[
        ("^(?<a>b\\w+)", "a\nbcd", r#"{"a":"bcd"}"#),
        ("%{WORD:a}$", "abc\nde", r#"{"a":"abc"}"#),
        ("\\A(?<a>b\\w+)", "a\nbcd", "null"),
        ("(?<a>\\w+)\\Z", "abc\n", r#"{"a":"abc"}"#),
        ("(?<a>\\w+)\\z", "abc\n", "null"),
        ("a(?<a>.*)z", "a1\n2z", r#"{"a":"1\n2"}"#),
        ("(?-m)a(?<a>.*)", "a1\n2z", r#"{"a":"1"}"#),
        ("(?-m:a(?<a>.*))(?<b>.*)", "a1\n2z", r#"{"a":"1","b":"\n2z"}"#),
        ("\\Ga(?<a>.)", "xab", "null"),
        ("(?<a>\\w+)\\R(?<b>\\w+)", "x\r\ny", r#"{"a":"x","b":"y"}"#),
    ]);
}

#[test]
fn ruby_sets() {
    check(&[
        ("(?<a>\\h+)", "xyzBEEFg", r#"{"a":"BEEF"}"#),
        ("(?<a>\\H+)", "abXYc", r#"{"a":"XY"}"#),
        ("(?<a>[[:alpha:]]+)", "1äb2", r#"{"a":"äb"}"#),
        ("(?<a>[[:^digit:]]+)", "12ab34", r#"{"a":"ab"}"#),
        ("(?<a>\\w+)", "äb", r#"{"a":"b"}"#),
        ("(?<a>(?u)\\w+)", "äb", r#"{"a":"äb"}"#),
        ("\\b(?<a>\\w+)\\b", "äb cd", r#"{"a":"cd"}"#),
        ("(?<a>\\p{Lu}+)", "aÄBc", r#"{"a":"ÄB"}"#),
        ("(?<a>\\p{^Alpha}+)", "a12c", r#"{"a":"12"}"#),
        ("(?<a>[a-z&&[^aeiou]]+)", "aebcd", r#"{"a":"bcd"}"#),
        ("(?<a>[]x]+)", "a]x]", r#"{"a":"]x]"}"#),
        ("(?<a>[a\\-z]+)", "b-za", r#"{"a":"-za"}"#),
        ("(?<a>[\\w-]+)", "..a-b", r#"{"a":"a-b"}"#),
        ("(?<a>a{2,3})", "aaaa", r#"{"a":"aaa"}"#),
        ("(?<a>a{,2}b)", "aaab", r#"{"a":"aab"}"#),
        ("(?<a>a{x})", "a{x}", r#"{"a":"a{x}"}"#),
        ("(?<a>\\/\\-\\\"\\x41\\u00e4\\101\\t)", "/-\"AäA\t", r#"{"a":"/-\"AäA\t"}"#),
        ("(?i)(?<a>abc)|q", "xABC", r#"{"a":"ABC"}"#),
        ("x(?i)b|(?<a>c)", "xC", r#"{"a":"C"}"#),
        ("(?x) (?<a> \\d+ ) # digits", "a12", r#"{"a":"12"}"#),
        ("(?<a>.)(?<b>.)", "äö", r#"{"a":"ä","b":"ö"}"#),
    ]);
}

#[test]
fn constructs_beyond_regular() {
    check(&[
        ("(?<a>(?>a+))ab", "aaab", "null"),
        ("(?<a>a++)b", "aab", r#"{"a":"aa"}"#),
        ("(?<a>a*+)ab", "aab", "null"),
        ("(?<a>\\d+)(?=px)", "12em 34px", r#"{"a":"34"}"#),
        ("(?<a>\\d+)(?!px|\\d)", "12px 34em", r#"{"a":"34"}"#),
        ("(?<=id=)(?<a>\\w+)", "x=1 id=7", r#"{"a":"7"}"#),
        ("(?<!id=|\\w)(?<a>\\d+)", "id=1 7", r#"{"a":"7"}"#),
        ("(?<=a|bc)(?<a>\\d)", "x1bc2", r#"{"a":"2"}"#),
        ("(?=%{GREEDYDATA:all})%{WORD:w}", "ab cd", r#"{"all":"ab cd","w":"ab"}"#),
        ("(?!<[0-9])(?<a><.)", "<1<b", r#"{"a":"<b"}"#),
        ("(?<q>['\"])(?<a>.*?)\\k<q>", "it \"don't\" x", r#"{"q":"\"","a":"don't"}"#),
        ("(['\"])x\\1", "'x\" \"x\"", "{}"),
        ("(?<o>\\()?x(?(<o>)\\)|!)", "x) (x)", r#"{"o":"("}"#),
        ("a{2}+b", "aaaab", "{}"),
        ("(?:a?)*?(?:b*)*c", "aabbc", "{}"),
        ("(?#note)(?<a>b)", "b", r#"{"a":"b"}"#),
    ]);
}

#[test]
fn bytes_that_are_not_text_are_characters_too() {
    let grok = compile(&Library::builtin(), "u=%{NOTSPACE:a} %{GREEDYDATA:b}");
    let mut slots = crate::logs::grok::Slots::new();
    assert_eq!(grok.matches(b"u=caf\xe9 \xff\xfe!", &mut slots), Ok(true));
    assert_eq!((slots.get(0), slots.get(1)), (Some(2..6), Some(7..10)));
}

#[test]
fn engines_are_told_apart() {
    let library = Library::builtin();
    for (expression, engine) in [
        ("^%{INT:a} \\[%{HTTPDATE:t}\\] ", Engine::Sequence),
        ("%{DATA:a}(?:x|xy)z", Engine::Linear),
        ("(?<a>.)\\k<a>", Engine::Backtracking),
        ("(?=%{GREEDYDATA:a})x", Engine::Backtracking),
        ("(?<=ab)(?<a>\\d)", Engine::Linear),
    ] {
        assert_eq!(compile(&library, expression).engine(), engine, "{expression}");
    }
}

#[test]
fn texts_every_match_has() {
    let library = Library::builtin();
    let grok = compile(&library, "(?:Rejected|Accepted) %{WORD:m} for %{DATA:u} from %{IP:a}");
    assert_eq!(grok.required_literal(), Some(&b" from "[..]));
    assert_eq!(grok.required_any(), [b"Accepted".to_vec(), b"Rejected".to_vec()]);
    let grok = compile(&library, "(?:abc)?(?:x+yz)");
    assert_eq!(grok.required_literal(), Some(&b"yz"[..]));
    assert_eq!(compile(&library, "%{WORD:a}|b").required_any(), Vec::<Vec<u8>>::new());
}

#[test]
fn names_are_normalised() {
    let grok =
        compile(&Library::builtin(), "%{WORD:[source][ip]} %{WORD:source.port} %{WORD:[@metadata][x]}");
    let paths: Vec<&str> = grok.captures().iter().map(|c| c.path.as_str()).collect();
    assert_eq!(paths, ["source.ip", "source.port", "@metadata.x"]);
}
