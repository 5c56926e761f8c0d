//! Lists as feeds write them, what is refused, and what of an event is found.

use super::*;
use crate::model::{Dataset, Field, Origin};

static ANY: Dataset = Dataset {
    name: "dns",
    category: &["network"],
    types: &["info"],
    protocol: None,
    transaction: true,
    doc: "",
};

fn list(text: &str) -> Indicators {
    let mut all = Indicators::default();
    read::text(&mut all, "list", text).unwrap();
    all
}

fn mark(
    indicators: &Indicators,
    fields: Vec<(&'static str, Value<'static>)>,
) -> Vec<(String, String, String)> {
    let mut event = Event::new(&ANY, Origin::default(), 0);
    for (name, value) in fields {
        let ty = if matches!(value, Value::Ip(_)) { Type::Ip } else { Type::Keyword };
        let field: &'static Field = Box::leak(Box::new(Field { name, ty, doc: "" }));
        event.push(field, value);
    }
    indicators.mark(&mut event, &mut Memory::default());
    let texts = |name: &str| match event.by_name(name) {
        Some(Value::List(items)) => items.iter().map(|v| v.as_str().unwrap().to_owned()).collect(),
        _ => Vec::new(),
    };
    let (names, kinds, about) = (texts(NAME.name), texts(KIND.name), texts(DESCRIPTION.name));
    names.into_iter().zip(kinds).zip(about).map(|((n, k), a)| (n, k, a)).collect()
}

fn names(indicators: &Indicators, field: &'static str, value: Value<'static>) -> Vec<String> {
    mark(indicators, vec![(field, value)]).into_iter().map(|(name, ..)| name).collect()
}

fn ip(text: &str) -> Value<'static> {
    Value::Ip(text.parse().unwrap())
}

#[test]
fn plain_lines_with_comments_and_disguises() {
    let all = list(
        "# bad ones\n\n203.0.113.7   C2 of X\n198.51.100.0/24 # hosting\nevil[.]example\n*.cdn.example ; wild\n\
         2001:db8:bad::/48\n[2001:db8::7]:443 port\n192.0.2.9:8080,proxy\n0.0.0.0 hosts.example\n::ffff:192.0.2.64/122\n",
    );
    assert_eq!(all.lists[0].indicators, 9);
    let found = mark(&all, vec![("source.ip", ip("203.0.113.7"))]);
    assert_eq!(found, [("203.0.113.7".into(), "ipv4-addr".into(), "C2 of X".into())]);
    for (address, want) in [
        ("198.51.100.0", "198.51.100.0/24"),
        ("198.51.100.255", "198.51.100.0/24"),
        ("2001:db8:bad:1::1", "2001:db8:bad::/48"),
        ("2001:db8::7", "[2001:db8::7]:443"),
        ("192.0.2.9", "192.0.2.9:8080"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("192.0.2.70", "::ffff:192.0.2.64/122"),
    ] {
        let got = names(&all, "destination.ip", ip(address));
        assert!(got == [want], "{address}: {got:?}");
    }
    for address in ["203.0.113.8", "198.51.101.0", "2001:db8:bae::1", "192.0.2.128", "::7"] {
        assert!(names(&all, "source.ip", ip(address)).is_empty(), "{address}");
    }
    for (domain, hits) in [
        ("evil.example", 1),
        ("EVIL.Example.", 1),
        ("a.b.evil.example", 1),
        ("notevil.example", 0),
        ("example", 0),
        ("evil.example.org", 0),
        ("x.cdn.example", 1),
        ("hosts.example", 1),
    ] {
        assert_eq!(names(&all, "dns.question.name", domain.into()).len(), hits, "{domain}");
    }
}

#[test]
fn the_smallest_block_and_the_longest_name_win() {
    let all =
        list("10.0.0.0/8 wide\n10.1.0.0/16 narrow\n10.1.2.3 one\nexample.org all\nmail.example.org mail\n");
    let about = |field, value| mark(&all, vec![(field, value)])[0].2.clone();
    assert_eq!(about("source.ip", ip("10.9.9.9")), "wide");
    assert_eq!(about("source.ip", ip("10.1.9.9")), "narrow");
    assert_eq!(about("source.ip", ip("10.1.2.3")), "one");
    assert_eq!(about("url.domain", "www.example.org".into()), "all");
    assert_eq!(about("url.domain", "mail.example.org".into()), "mail");
}

#[test]
fn columns_of_feeds() {
    let all = list(
        "################\n# Feed of today, all rights reserved\n\
         # \"first_seen_utc\",\"ioc_id\",\"ioc_value\",\"ioc_type\",\"malware_printable\"\n\
         \"2026-03-01 10:00:00\", \"1\", \"203.0.113.5:443\", \"ip:port\", \"Some, RAT\"\n\
         \"2026-03-01 10:00:00\", \"2\", \"bad.example\", \"domain\", \"Other\"\n",
    );
    let found = mark(&all, vec![("source.ip", ip("203.0.113.5")), ("url.domain", "bad.example".into())]);
    assert_eq!(found[0].2, "Some, RAT");
    assert_eq!(found[1].1, "domain-name");
    let ja3 = list(
        "# ja3_md5,Firstseen,Lastseen,Listingreason\n16efcf0e00504ddfedde13bfea997952,2026,2026,Malware\n",
    );
    let found = mark(&ja3, vec![("tls.client.ja3", "16EFCF0E00504DDFEDDE13BFEA997952".into())]);
    assert_eq!(found[0].1, "tls-fingerprint");
    assert_eq!(found[0].2, "Malware");
    let semicolons = list("domain;comment\nx.example;because\n");
    assert_eq!(mark(&semicolons, vec![("url.domain", "x.example".into())])[0].2, "because");
}

#[test]
fn fingerprints_hashes_and_answers() {
    let sha = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let all = list(&format!(
        "t13d1516h2_8daaf6152771_b186095e22b6 chrome\nt130200_1301_a56c5b993250 server\n{sha} empty\nbad.example\n203.0.113.1\n"
    ));
    assert_eq!(names(&all, "tls.client.ja4", "t13d1516h2_8daaf6152771_b186095e22b6".into()).len(), 1);
    let kinds = |field| mark(&all, vec![(field, sha.into())]).first().map(|found| found.1.clone());
    assert_eq!(kinds("file.hash.sha256").as_deref(), Some("file"));
    assert_eq!(kinds("tls.server.hash.sha256").as_deref(), Some("x509-certificate"));
    assert_eq!(kinds("event.hash"), None);
    let answer = |data: &'static str| {
        Value::Object(vec![("name".into(), "a.example".into()), ("data".into(), data.into())])
    };
    let answers = Value::List(vec![answer("ok.example"), answer("x.bad.example.")]);
    assert_eq!(names(&all, "dns.answers", answers), ["bad.example"]);
    // The same one twice is told once; addresses that repeat the ends are not looked at.
    let twice = vec![("source.ip", ip("203.0.113.1")), ("destination.ip", ip("203.0.113.1"))];
    assert_eq!(mark(&all, twice).len(), 1);
    assert!(names(&all, "related.ip", ip("203.0.113.1")).is_empty());
}

#[test]
fn a_bad_line_is_told_with_its_place_and_the_rest_counts() {
    let all = list(
        "203.0.113.1\nfoo bar\nhttp://x.example/a\n10.0.0.0/40\ndeadbeefdeadbeefdead\nme@x.example\nok.example\n",
    );
    let told: Vec<String> = all.lists[0].samples.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "list:2: 'foo' is no address, network, domain, fingerprint or hash",
            "list:3: 'http://x.example/a' is a URL: list its domain, if all of it is bad",
            "list:4: '10.0.0.0/40' is no network; write it like 10.0.0.0/8 or fd00::/8",
            "list:5: 'deadbeefdeadbeefdead' has the letters of a hash but the length of none (MD5 32, SHA-1 40, SHA-256 64, SHA-512 128)",
            "list:6: 'me@x.example' is an address of mail, which is not looked for",
        ]
    );
    assert_eq!((all.lists[0].indicators, all.lists[0].mistakes), (2, 5));
    assert!(matches!(read::text(&mut Indicators::default(), "x", "# nothing\n"), Err(ListError::Empty)));
}
