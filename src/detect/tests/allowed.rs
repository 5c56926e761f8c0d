//! What the configuration does not want to hear of is counted, and nothing else is lost.

use super::{Config, Tables, failures, login, probe};
use crate::detect::{Concerned, Verdict};
use crate::model::{Event, Ledger, Outcome};

fn judged(text: &str, events: &[Event<'static>]) -> Verdict {
    let config: Config = toml::from_str(text).unwrap();
    let (mut tables, mut concerned) = (Tables::new(&config), Concerned::default());
    events.iter().for_each(|event| tables.observe(event, &mut concerned));
    tables.judge(&mut Ledger::default())
}

/// Rules told, and accounts of what was not.
fn sifted(text: &str, events: &[Event<'static>]) -> (Vec<&'static str>, Vec<(&'static str, u64)>) {
    let verdict = judged(text, events);
    let told = verdict.findings.iter().map(|f| f.rule).collect();
    (told, verdict.allowed.iter().map(|a| (a.rule, a.findings)).collect())
}

#[test]
fn by_address_network_user_rule_and_detector() {
    let guesses = failures(10, 1);
    let told = (vec!["login.bruteforce"], vec![]);
    let left_out = (vec![], vec![("login.bruteforce", 1)]);
    for (allow, want) in [
        ("", &told),
        ("addresses = [\"203.0.113.9\"]", &left_out),
        ("addresses = [\"203.0.113.8/31\"]", &left_out),
        ("addresses = [\"203.0.113.8\"]", &told),
        ("users = [\"root\"]", &told),
        ("rules = [\"login.bruteforce\"]", &left_out),
        ("rules = [\"login\"]", &left_out),
        ("rules = [\"scan\"]\naddresses = [\"203.0.113.9\"]", &told),
        ("rules = [\"login.spray\", \"login.bruteforce\"]\naddresses = [\"203.0.113.0/24\"]", &left_out),
    ] {
        let text = if allow.is_empty() { String::new() } else { format!("[[allow]]\n{allow}\n") };
        assert_eq!(&sifted(&text, &guesses), want, "{allow}");
    }
    let nothing = sifted("[[allow]]\nwhy = \"an entry that says of nobody\"\n", &guesses);
    assert_eq!(nothing, told);
}

#[test]
fn all_that_a_finding_names_or_none_of_it() {
    let scan = |hosts: u64| -> Vec<_> {
        (1..=hosts).map(|h| probe(h, &format!("192.0.2.{h}"), 22, "refused", &["syn"])).collect()
    };
    let few = "hosts = 5\n[[allow]]\naddresses = [\"192.0.2.0/29\"]\n";
    assert_eq!(sifted(few, &scan(7)), (vec![], vec![("scan.horizontal", 1)]));
    assert_eq!(sifted(few, &scan(9)).0, ["scan.horizontal"], "one of them is not allowed");
    // As many names as a finding shows may not be all there are.
    let wide = "hosts = 5\n[[allow]]\naddresses = [\"192.0.2.0/24\"]\n";
    assert_eq!(sifted(wide, &scan(19)).0.len(), 0);
    assert_eq!(sifted(wide, &scan(20)).0, ["scan.horizontal"]);
}

#[test]
fn users_and_reasons() {
    let spread: Vec<_> = (0..20u64)
        .map(|n| login(n, n.cast_signed(), &format!("198.51.100.{n}"), "backup", Outcome::Failure))
        .collect();
    let verdict = judged("[[allow]]\nusers = [\"backup\"]\nwhy = \"moved\"\n", &spread);
    assert!(verdict.findings.is_empty());
    assert_eq!((verdict.allowed[0].why.as_str(), verdict.allowed[0].count), ("moved", 20));
    assert_eq!(verdict.allowed[0].subjects, ["backup"]);
    let ran = verdict.ran.iter().find(|ran| ran.name == "login").unwrap();
    assert_eq!((ran.events, ran.observations, ran.findings), (20, 40, 1));
    assert!(verdict.ran.iter().any(|ran| ran.name == "tls" && ran.observations == 0));
}

#[test]
fn severities_are_the_users() {
    let text = "[severity]\n\"login.bruteforce\" = \"info\"\n";
    assert_eq!(judged(text, &failures(10, 1)).findings[0].severity.name(), "info");
    for (text, want) in [
        (
            "[severity]\n\"login.brutforce\" = \"info\"\n",
            "unknown field `login.brutforce`, expected one of `",
        ),
        ("[severity]\n\"login\" = \"info\"\n", "unknown field `login`"),
        ("[severity]\n\"scan.vertical\" = \"awful\"\n", "'awful' is no severity"),
        ("[[allow]]\nrules = [\"scanning\"]\n", "unknown field `scanning`"),
        ("[[allow]]\naddresses = [\"10.0.0.0/99\"]\n", "'10.0.0.0/99' is no network"),
    ] {
        let error = toml::from_str::<Config>(text).unwrap_err();
        assert!(error.message().contains(want), "{text}: {error}");
    }
}
