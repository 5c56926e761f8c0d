//! Corners of the dialect: what Logstash's grok filter (jls-grok over Joni, Ruby syntax) documents or does.
//!
//! Oniguruma's RE document (doc/RE, Ruby syntax) is the source for the constructs, jls-grok's own pattern
//! for `%{…}` for the names.

use super::captured;
use crate::logs::grok::Library;

fn check(cases: &[(&str, &str, &str)]) {
    let library = Library::builtin();
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(expression, line, want)| {
            let got = captured(&library, expression, line);
            (got != *want).then(|| format!("{expression} on {line:?}: got {got}, want {want}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn references() {
    check(&[
        ("%{WORD:[a][b][c]}", "x", r#"{"[a][b][c]":"x"}"#),
        ("%{INT:[a][b]:int}", "-7", r#"{"[a][b]":-7}"#),
        ("%{NUMBER:[a]:float}", "-.5", r#"{"[a]":-0.5}"#),
        ("%{INT:[@metadata][n]:int}", "+7", r#"{"[@metadata][n]":7}"#),
        ("%{WORD:@metadata}", "x", r#"{"@metadata":"x"}"#),
        ("%{WORD:a-b.c_d}", "x", r#"{"a-b.c_d":"x"}"#),
        ("%{WORD:a:integer}", "5", r#"{"a":"5"}"#),
        ("%{WORD:a:int:b}", "5", r#"{"a":5}"#),
        ("%{WORD:a }", "x", r#"{"a":"x"}"#),
        ("%{WORD:a b}", "x", r#"{"a":"x"}"#),
        ("%{WORD some remark}", "x", "{}"),
        ("%%{WORD:a}", "%x", r#"{"a":"x"}"#),
        ("%{}", "%{}", "{}"),
        ("%{ }x", "%{ }x", "{}"),
        ("(?<a>%{WORD})-%{WORD:b}", "x-y", r#"{"a":"x","b":"y"}"#),
        ("(?<[a][b]>x)(?<[a][c]>y)", "xy", r#"{"[a][b]":"x","[a][c]":"y"}"#),
        ("(?<@metadata.x>x)", "x", r#"{"@metadata.x":"x"}"#),
        ("%{WORD:a}|%{INT:b}", "x", r#"{"a":"x"}"#),
        ("(?:%{WORD:a} )?%{INT:n}", "5", r#"{"n":"5"}"#),
        ("%{WORD:a},%{WORD:b},%{WORD:a}", "x,y,z", r#"{"a":["x","z"],"b":"y"}"#),
        ("%{WORD:a} %{WORD:a} %{WORD:a}", "x y z", r#"{"a":["x","y","z"]}"#),
        ("(?<a>x)(?<a>y)", "xy", r#"{"a":["x","y"]}"#),
        ("(?<a>x)|(?<a>y)", "y", r#"{"a":"y"}"#),
    ]);
}

#[test]
fn classes_and_escapes() {
    check(&[
        ("(?<a>[[:xdigit:]]+)", "zzBeef9", r#"{"a":"Beef9"}"#),
        ("(?<a>[[:upper:][:digit:]]+)", "abCD12", r#"{"a":"CD12"}"#),
        ("(?<a>[^[:space:]]+)", " \t ab c", r#"{"a":"ab"}"#),
        ("(?<a>[[:punct:]]+)", "ab!?c", r#"{"a":"!?"}"#),
        ("(?<a>[[:blank:]]+)x", "a \tx", r#"{"a":" \t"}"#),
        ("(?<a>[[:alnum:]_]+)", "-a_1-", r#"{"a":"a_1"}"#),
        ("(?<a>[[:cntrl:]])", "a\u{1}", "{\"a\":\"\\u0001\"}"),
        ("(?<a>[[:graph:]]+)", " ab ", r#"{"a":"ab"}"#),
        ("(?<a>[\\h:]+)", "xx:ab", r#"{"a":":ab"}"#),
        ("(?<a>[^\\h]+)", "abxyc", r#"{"a":"xy"}"#),
        ("(?<a>[\\d&&[^5]]+)", "5456", r#"{"a":"4"}"#),
        ("(?<a>[a-c[x-z]]+)", "mbxm", r#"{"a":"bx"}"#),
        ("(?<a>[^a-c[x-z]]+)", "amx", r#"{"a":"m"}"#),
        ("(?<a>[\\]\\[]+)", "a][", r#"{"a":"]["}"#),
        ("(?<a>[-a]+)", "b-a-", r#"{"a":"-a-"}"#),
        ("(?<a>[a-]+)", "b-a-", r#"{"a":"-a-"}"#),
        ("(?<a>[\\s\\S]+)", "a\nb", "{\"a\":\"a\\nb\"}"),
        ("(?<a>\\p{Alnum}+)", "-é1-", r#"{"a":"é1"}"#),
        ("(?<a>\\p{Greek}+)", "abγδ", r#"{"a":"γδ"}"#),
        ("(?<a>\\P{Digit}+)", "12ab", r#"{"a":"ab"}"#),
        ("(?<a>\\x{41}\\x42)", "AB", r#"{"a":"AB"}"#),
        ("(?<a>\\u0041)", "A", r#"{"a":"A"}"#),
        ("(?<a>\\Qab\\E)", "QabE", r#"{"a":"QabE"}"#),
        ("(?<a>\\e\\[)", "\u{1b}[", "{\"a\":\"\\u001b[\"}"),
        ("(?<a>a\\.b)", "axb a.b", r#"{"a":"a.b"}"#),
    ]);
}

#[test]
fn options_places_and_repeats() {
    check(&[
        ("(?m)a(?<a>.)b", "a\nb", "{\"a\":\"\\n\"}"),
        ("(?m:a(?<a>.))b", "a\nb", "{\"a\":\"\\n\"}"),
        ("a(?-m:(?<a>.))b", "a\nb", "null"),
        ("(?i:A)(?<a>b)", "ab", r#"{"a":"b"}"#),
        ("(?i:A)(?<a>B)", "ab", "null"),
        ("(?i)a(?-i)(?<a>B)", "Ab", "null"),
        ("(?x: (?<a> a b ) )", "ab", r#"{"a":"ab"}"#),
        ("(?x)a\\ (?<a>[ ]b)", "a  b", r#"{"a":" b"}"#),
        ("(?mi-x)A(?<a>.)", "a\n", "{\"a\":\"\\n\"}"),
        ("^(?<a>\\w+)$", "x y\nz\n", r#"{"a":"z"}"#),
        ("\\A(?<a>\\w+)\\Z", "x\n", r#"{"a":"x"}"#),
        ("\\B(?<a>\\w)", "abc", r#"{"a":"b"}"#),
        ("(?<a>a+?)a*b", "aaab", r#"{"a":"a"}"#),
        ("(?<a>a??)ab", "aab", r#"{"a":"a"}"#),
        ("(?<a>a{2})", "aaa", r#"{"a":"aa"}"#),
        ("(?<a>a{2,})", "aaa", r#"{"a":"aaa"}"#),
        ("(?<a>a{1,2}?)", "aaa", r#"{"a":"a"}"#),
        ("(?<a>{)", "{", r#"{"a":"{"}"#),
        ("(?<a>a{,3})b", "aaaab", r#"{"a":"aaa"}"#),
        ("(?<a>(?:ab){2})", "ababab", r#"{"a":"abab"}"#),
        ("(?<a>a|ab)(?<b>c|bcd)(?<c>d*)", "abcd", r#"{"a":"a","b":"bcd"}"#),
        ("(?:(?<a>a)|b)*", "ab", r#"{"a":"a"}"#),
        ("(?:|(?<a>a))+b", "ab", r#"{"a":"a"}"#),
    ]);
}

#[test]
fn look_around_atoms_and_calls() {
    check(&[
        ("(?<a>\\w+)(?=;)", "ab cd;", r#"{"a":"cd"}"#),
        ("(?<a>\\w+)(?!;)\\b", "ab; cd", r#"{"a":"cd"}"#),
        ("(?<=\\[)(?<a>\\w+)(?=\\])", "a [b] c", r#"{"a":"b"}"#),
        ("(?<!\\d)(?<a>\\d{2})(?!\\d)", "123 45", r#"{"a":"45"}"#),
        ("(?<=a{2})(?<a>b)", "ab aab", r#"{"a":"b"}"#),
        ("(?=(?<a>\\w+))\\w{2}", "abcd", r#"{"a":"abcd"}"#),
        ("(?!.*x)(?<a>.+)", "axb", r#"{"a":"b"}"#),
        ("(?>(?<a>a|ab))c", "abc", "null"),
        ("(?>ab|a)(?<a>.)", "abc", r#"{"a":"c"}"#),
        ("(?<a>\\w*+)x", "abx", "null"),
        ("(?<a>\\d?+)\\d", "5", "null"),
        ("(?<a>[^;]*+);", "ab;", r#"{"a":"ab"}"#),
        ("(?<a>\\w)\\k<a>", "abb", r#"{"a":"b"}"#),
        ("(?<a>\\w)(?<b>\\w)\\k<b>\\k<a>", "xabba", r#"{"a":"a","b":"b"}"#),
        ("(?i)(?<a>\\w)\\k<a>", "xAa", r#"{"a":"A"}"#),
        ("(?<a>\\w)\\k'a'", "abb", r#"{"a":"b"}"#),
        ("(?'a'x)", "x", r#"{"a":"x"}"#),
        ("(?#remark \\) here)(?<a>x)", "x", r#"{"a":"x"}"#),
        ("x\\K(?<a>y)", "xy", r#"{"a":"y"}"#),
        ("(?:(?=a)|(?<a>b))+", "b", r#"{"a":"b"}"#),
    ]);
}

/// Logstash writes a reference out behind a backslash, too, which then escapes the parenthesis around it.
#[test]
fn a_backslash_before_a_reference_breaks_it_as_in_logstash() {
    let error = Library::builtin().compile("\\%{WORD:a}").map(|_| ()).expect_err("is a mistake");
    assert!(error.to_string().contains("a ) closes nothing"), "{error}");
}
