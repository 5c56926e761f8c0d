//! The same captures as another engine, on random expressions and lines.

use super::compile;
use crate::logs::grok::exec::{self, UNSET};
use crate::logs::grok::{Grok, Library, Slots};
use proptest::prelude::*;
use std::ops::Range;

/// Random expressions in the syntax both engines read alike.
fn expression() -> impl Strategy<Value = String> {
    let atom = prop_oneof![
        5 => prop::sample::select(vec!["a", "b", "c", "1", " ", ":", "ab", "b:", "ä"]).prop_map(str::to_owned),
        4 => prop::sample::select(vec!["[ab]", "[^a]", "[^ :]", "[a-c1]", "[0-9]", "[^\"]", "[aä]", "."])
            .prop_map(str::to_owned),
        1 => prop::sample::select(vec!["(?<![a1])", "(?![b:])", "(?=[a ])", "(?<=b)", "\\A", "\\z"])
            .prop_map(str::to_owned),
    ];
    atom.prop_recursive(5, 40, 5, |inner| {
        let repeat = prop::sample::select(vec!["*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}", "{0,2}?", "*+", "++"]);
        prop_oneof![
            4 => prop::collection::vec(inner.clone(), 1..5).prop_map(|parts| parts.concat()),
            2 => prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("(?:{})", parts.join("|"))),
            3 => (inner.clone(), repeat).prop_map(|(part, repeat)| format!("(?:{part}){repeat}")),
            2 => inner.clone().prop_map(|part| format!("(?<NAME>{part})")),
            2 => inner.prop_map(|part| format!("(?>{part})")),
        ]
    })
}

fn line() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec!["a", "b", "c", "1", " ", ":", "\"", "ä", "ab", "aa", "1:b"]);
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// Gives each group its own name.
fn numbered(expression: &str) -> String {
    let mut out = String::new();
    for (i, part) in expression.split("(?<NAME>").enumerate() {
        if i > 0 {
            out.push_str(&format!("(?<g{}>", i - 1));
        }
        out.push_str(part);
    }
    out
}

type Places = Option<Vec<Option<Range<usize>>>>;

fn ours(grok: &Grok, line: &str, free: usize) -> Places {
    let mut slots = Slots::new();
    let found = exec::search_freely(grok.program().unwrap(), line.as_bytes(), &mut slots.scratch, free)
        .expect("in the limit");
    found.then(|| {
        let registers = &slots.scratch.registers;
        let place =
            |i: usize| (registers[2 * i + 1] != UNSET).then(|| registers[2 * i]..registers[2 * i + 1]);
        (0..grok.captures().len()).map(place).collect()
    })
}

fn theirs(regex: &fancy_regex::Regex, count: usize, line: &str) -> Option<Places> {
    let found = regex.captures(line).ok()?;
    Some(found.map(|c| (0..count).map(|i| c.name(&format!("g{i}")).map(|m| m.start()..m.end())).collect()))
}

/// Loops over what can be empty leave different captures in different engines; they are compared by match only.
fn loops_on_nothing(expression: &str) -> bool {
    // However many groups end before the loop's sign.
    let mut expression = expression.to_owned();
    while expression.contains("))") {
        expression = expression.replace("))", ")");
    }
    let inner = ["*)", "?)", "}?)", "+?)", "*+)", ")|", "|)"];
    inner
        .iter()
        .any(|part| expression.contains(&format!("{part}*")) || expression.contains(&format!("{part}+")))
        || expression.contains("])*")
        || expression.contains("])+")
        || expression.contains("A)")
        || expression.contains("z)")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_expressions_capture_what_the_other_engine_does(
        expression in expression(),
        lines in prop::collection::vec(line(), 1..6),
    ) {
        let expression = numbered(&expression);
        let Ok(grok) = Library::empty().compile(&expression) else { return Ok(()) };
        let Ok(regex) = fancy_regex::Regex::new(&format!("(?s){expression}")) else { return Ok(()) };
        let exact = !loops_on_nothing(&expression);
        for line in &lines {
            let free = ours(&grok, line, 1 << 20);
            let Some(want) = theirs(&regex, grok.captures().len(), line) else { continue };
            if exact {
                prop_assert_eq!(&free, &want, "{} on {:?}", expression, line);
            } else {
                prop_assert_eq!(free.is_some(), want.is_some(), "{} on {:?}", expression, line);
            }
            // Remembering outcomes from the first step on changes nothing.
            let remembered = ours(&grok, line, 0);
            prop_assert_eq!(remembered.is_some(), free.is_some(), "{} on {:?}", expression, line);
            if exact {
                prop_assert_eq!(&remembered, &free, "{} on {:?}", expression, line);
            }
        }
    }
}

#[test]
fn shipped_expressions_capture_what_the_other_engine_does() {
    let library = Library::builtin();
    let good = [
        "137.30.210.92 - bob [01/Mar/2024:00:04:09 +0000] \"GET /a/b?c=d HTTP/1.1\" 301 27079 \"https://e.org/\" \"M/5.0 (X; Y) Z\"",
        "Jan  1 00:50:20 combo sshd[24945]: Failed password for invalid user admin from 203.0.113.77 port 40022 ssh2",
        "2 1234 eni-00 172.31.3.73 2001:db8:f96b:929f::9712 443 32129 6 3 1608 1700000013 1700000069 REJECT OK",
        "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog 77 ID47 [a@32473 iut=\"3\" e=\"A \\\"pp\"] An event",
        "::ffff:1.2.3.4 fe80::1%eth0 1:2:3:4:5:6:7:8 255.255.255.256 00:11:22:33:44:55 -1.5e3 .5 +7 0x1F",
        "Mon, 25 Dec 1995 13:30:45 +0430 12/31/99 31.12.2099-23:59:60 http://u:p@h.example:8080/p/q?x=[1] 'it\\'s' `x`",
    ];
    for name in library.names().map(str::to_owned).collect::<Vec<_>>() {
        let grok = compile(&library, &format!("%{{{name}:whole}}"));
        let plain = crate::logs::grok::expand::expand(&library, &format!("(?<g0>%{{{name}}})"))
            .expect("expands")
            .text;
        // Fields are not compared here, only where the whole is.
        let other = plain.split(super::super::expand::FIELD_MARK).enumerate().fold(
            String::new(),
            |all, (i, part)| {
                if i == 0 { all + part } else { format!("{all}f{i}x{part}") }
            },
        );
        let other = other.replace("(?<url.original>", "(?:").replace("(?<apache.error.code>", "(?:");
        let other = other.replace("[[:alnum:]_", "[\\p{Alphabetic}\\p{Nd}_");
        let regex = fancy_regex::Regex::new(&format!("(?s){other}")).expect("the other engine takes it");
        for line in good {
            for cut in (0..line.len()).filter(|i| line.is_char_boundary(*i)).step_by(5) {
                let near = format!("{}~{}", &line[..cut], &line[cut..]);
                for line in [&near, &line[cut..], &line[..cut]] {
                    let ours = ours(&grok, line, 1 << 20).map(|places| places[0].clone());
                    let Some(theirs) = theirs(&regex, 1, line) else { panic!("{name}: {other}") };
                    assert_eq!(ours, theirs.map(|places| places[0].clone()), "{name} on {line:?}");
                }
            }
        }
    }
}
