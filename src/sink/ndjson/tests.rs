use super::*;
use crate::model::{Dataset, Origin, Value};
use serde_json::json;
use std::net::IpAddr;

crate::fields! {
    TEST;
    STAMP: Date, "@timestamp", "t";
    B_C: Keyword, "b.c", "t";
    B_C_D: Long, "b.d.e", "t";
    B_DASH: Keyword, "b-x", "t";
    A: Double, "a", "t";
    AB: Ip, "ab.list", "t";
    GEO: GeoPoint, "b.geo", "t";
    HEAD: Flattened, "http.headers", "t";
    DIGIT: Boolean, "0.flag", "t";
}

static SET: Dataset = Dataset {
    name: "test",
    category: &["network"],
    types: &["info"],
    protocol: None,
    transaction: false,
    doc: "t",
};

fn event<'a>(fields: Vec<(crate::model::FieldRef, Value<'a>)>) -> Event<'a> {
    let mut event = Event::new(&SET, Origin::default(), 0);
    event.fields = fields;
    event
}

fn line(lines: &mut Lines, event: &Event<'_>) -> String {
    let mut out = Vec::new();
    lines.push(&mut out, event);
    String::from_utf8(out).unwrap()
}

#[test]
fn nested_sorted_time_first() {
    assert_eq!(TEST.len(), 9);
    let ip: IpAddr = "2001:db8::1".parse().unwrap();
    let event = event(vec![
        (&B_DASH, "x".into()),
        (&B_C_D, 7i64.into()),
        (&DIGIT, true.into()),
        (&AB, Value::List(vec![ip.into(), Value::Ip("203.0.113.107".parse().unwrap())])),
        (&A, 1.5.into()),
        (&HEAD, Value::Object(vec![("x.y".into(), "1".into()), ("z".into(), Value::Words(&["p", "q"]))])),
        (&STAMP, Value::Time(-1)),
        (&B_C, "q\"".into()),
        (&GEO, Value::Geo(-33.5, 151.25)),
    ]);
    assert_eq!(
        line(&mut Lines::default(), &event),
        concat!(
            r#"{"@timestamp":"1969-12-31T23:59:59.999999999Z","0":{"flag":true},"a":1.5,"#,
            r#""ab":{"list":["2001:db8::1","203.0.113.107"]},"b":{"c":"q\"","d":{"e":7},"#,
            r#""geo":{"lat":-33.5,"lon":151.25}},"b-x":"x","#,
            r#""http":{"headers":{"x.y":"1","z":["p","q"]}}}"#,
            "\n"
        )
    );
}

#[test]
fn a_known_shape_with_other_values_and_a_new_shape() {
    let mut lines = Lines::default();
    assert_eq!(
        line(&mut lines, &event(vec![(&A, 1.0.into()), (&B_C, "x".into())])),
        "{\"a\":1.0,\"b\":{\"c\":\"x\"}}\n"
    );
    assert_eq!(
        line(&mut lines, &event(vec![(&A, f64::NAN.into()), (&B_C, "y".into())])),
        "{\"a\":null,\"b\":{\"c\":\"y\"}}\n"
    );
    assert_eq!(
        line(&mut lines, &event(vec![(&B_C, "y".into()), (&A, 2e300.into())])),
        "{\"a\":2e+300,\"b\":{\"c\":\"y\"}}\n"
    );
    assert_eq!(line(&mut lines, &event(vec![])), "{}\n");
}

#[test]
fn a_field_named_twice_keeps_what_came_last() {
    static AGAIN: crate::model::Field =
        crate::model::Field { name: "a", ty: crate::model::Type::Double, doc: "t" };
    let text = line(&mut Lines::default(), &event(vec![(&A, 1.0.into()), (&AGAIN, 2.0.into())]));
    assert_eq!(text, "{\"a\":2.0}\n");
}

#[test]
fn instants_of_many_seconds() {
    let mut lines = Lines::default();
    for ts in [0, 999_999_999, 1_000_000_000, -1, 1_440_663_530_064_000_000, i64::MIN, i64::MAX, 5] {
        let got: serde_json::Value =
            serde_json::from_str(&line(&mut lines, &event(vec![(&STAMP, Value::Time(ts))]))).unwrap();
        assert_eq!(got, json!({"@timestamp": crate::model::rfc3339(ts)}));
    }
}

#[test]
fn addresses_as_the_standard_library_spells_them() {
    let mut lines = Lines::default();
    for ip in ["0.0.0.0", "255.255.255.255", "10.9.100.1", "::", "::ffff:1.2.3.4", "fe80::1"] {
        let ip: IpAddr = ip.parse().unwrap();
        let text = line(&mut lines, &event(vec![(&AB, ip.into())]));
        assert_eq!(text, format!("{{\"ab\":{{\"list\":\"{ip}\"}}}}\n"));
    }
}
