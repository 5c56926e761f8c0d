//! `--geoip-db` with real database files of every layout, through the program.

mod writer;

use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;
use writer::Data::{self, Double, List, Map, Text, Unsigned};
use writer::database;

/// Failed log-ins from these addresses, one each.
fn log(addresses: &[&str]) -> String {
    let line = |a: &&str| {
        format!("2026-03-01T10:00:00Z web sshd[9]: Failed password for root from {a} port 40022 ssh2\n")
    };
    addresses.iter().map(line).collect()
}

/// The events that `netlog events` makes of the log with these databases, in order.
fn events(databases: &[(&str, Vec<u8>)], addresses: &[&str]) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(at("auth.log"), log(addresses)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_netlog"));
    command.arg("events").arg(at("auth.log"));
    for (name, bytes) in databases {
        fs::write(at(name), bytes).unwrap();
        command.args(["--geoip-db", &at(name)]);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout.split(|b| *b == b'\n').filter(|l| !l.is_empty()).map(parsed).collect()
}

fn parsed(line: &[u8]) -> Value {
    serde_json::from_slice(line).unwrap()
}

fn english(name: &'static str) -> Data {
    Map(vec![("names", Map(vec![("en", Text(name)), ("de", Text("anders"))]))])
}

/// A record in the layout of GeoIP2 and GeoLite2 City.
fn city_record(iso: &'static str, city: &'static str, at: (f64, f64)) -> Data {
    Map(vec![
        ("country", Map(vec![("iso_code", Text(iso))])),
        ("city", english(city)),
        ("subdivisions", List(vec![english("First"), english("Second")])),
        ("location", Map(vec![("latitude", Double(at.0)), ("longitude", Double(at.1))])),
    ])
}

#[test]
fn a_city_database_gives_the_place_and_overrides_the_built_in_country() {
    let networks = [
        ("8.8.8.0/24", city_record("IS", "Reykjavík", (64.15, -21.95))),
        ("2001:4860::/32", city_record("NO", "Oslo", (59.91, 10.75))),
    ];
    let city = database("GeoLite2-City", &networks);
    let events = events(&[("city.mmdb", city)], &["8.8.8.8", "2001:4860:4860::8888", "8.8.9.1"]);
    let geo = &events[0]["source"]["geo"];
    assert_eq!(geo["country_iso_code"], "IS");
    assert_eq!(geo["city_name"], "Reykjavík");
    assert_eq!(geo["region_name"], "First");
    assert_eq!(geo["location"], json!({"lat": 64.15, "lon": -21.95}));
    assert_eq!(events[1]["source"]["geo"]["city_name"], "Oslo");
    let outside = &events[2]["source"]["geo"];
    assert_eq!(outside["country_iso_code"], "US", "what the file does not know, the built-in table answers");
    assert_eq!(outside["city_name"], Value::Null);
    assert_ne!(outside, geo);
}

#[test]
fn a_network_database_gives_owner_only_and_the_country_stays() {
    let record = Map(vec![
        ("autonomous_system_number", Unsigned(64_500)),
        ("autonomous_system_organization", Text("Example")),
    ]);
    let events = events(&[("asn.mmdb", database("GeoLite2-ASN", &[("8.8.8.0/24", record)]))], &["8.8.8.8"]);
    assert_eq!(events[0]["source"]["as"]["number"], 64_500);
    assert_eq!(events[0]["source"]["as"]["organization"]["name"], "Example");
    assert_eq!(events[0]["source"]["geo"]["country_iso_code"], "US");
}

#[test]
fn several_databases_complete_each_other_and_the_first_given_wins() {
    let country = |iso| Map(vec![("country", Map(vec![("iso_code", Text(iso))]))]);
    let owner = Map(vec![("autonomous_system_number", Unsigned(64_501))]);
    let files = [
        ("first.mmdb", database("GeoLite2-Country", &[("8.8.8.0/24", country("SE"))])),
        ("second.mmdb", database("GeoLite2-Country", &[("8.8.0.0/16", country("FI"))])),
        ("asn.mmdb", database("GeoLite2-ASN", &[("8.8.8.0/24", owner)])),
    ];
    let events = events(&files, &["8.8.8.8", "8.8.9.1"]);
    assert_eq!(events[0]["source"]["geo"]["country_iso_code"], "SE");
    assert_eq!(events[0]["source"]["as"]["number"], 64_501);
    assert_eq!(events[1]["source"]["geo"]["country_iso_code"], "FI");
}

#[test]
fn the_flat_layout_of_ipinfo_is_read() {
    let record = Map(vec![
        ("country", Text("Iceland")),
        ("country_code", Text("IS")),
        ("city", Text("Akureyri")),
        ("lat", Text("65.68")),
        ("lng", Text("-18.1")),
        ("asn", Text("AS64502")),
        ("as_name", Text("Example Net")),
    ]);
    let events = events(&[("ipinfo.mmdb", database("ipinfo lite", &[("8.8.8.0/24", record)]))], &["8.8.8.8"]);
    let source = &events[0]["source"];
    assert_eq!(source["geo"]["country_iso_code"], "IS");
    assert_eq!(source["geo"]["city_name"], "Akureyri");
    assert_eq!(source["geo"]["location"], json!({"lat": 65.68, "lon": -18.1}));
    assert_eq!(source["as"]["number"], 64_502);
    assert_eq!(source["as"]["organization"]["name"], "Example Net");
}

#[test]
fn a_private_address_is_never_looked_up() {
    let city = database("GeoLite2-City", &[("10.0.0.0/8", city_record("IS", "Nowhere", (1.0, 1.0)))]);
    let events = events(&[("city.mmdb", city)], &["10.1.2.3"]);
    assert_eq!(events[0]["source"]["geo"], Value::Null);
}

#[test]
fn a_database_cut_short_is_refused_before_anything_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut city = database("GeoLite2-City", &[("8.8.8.0/24", city_record("IS", "X", (1.0, 1.0)))]);
    city.truncate(city.len() / 2);
    let path = folder.path().join("cut.mmdb");
    fs::write(&path, city).unwrap();
    let refused = |p: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_netlog"));
        command.args(["events", "/dev/null", "--geoip-db"]).arg(p).output().unwrap()
    };
    let output = refused(&path);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cut.mmdb"));
}
