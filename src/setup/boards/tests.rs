//! Every field that a dashboard uses exists, with a type that its drawing needs.

use super::*;
use crate::logs::FormatSet;
use crate::model::Type;
use crate::schema::{self, Schema};
use crate::setup::Target;
use serde_json::Value;

fn schema() -> Schema {
    schema::all(&FormatSet::load(&[]).unwrap()).unwrap()
}

/// Names of fields in a KQL text.
fn named(filter: &str) -> Vec<&str> {
    filter
        .split(|c: char| c.is_whitespace() || "()".contains(c))
        .filter_map(|word| word.strip_suffix(':'))
        .collect()
}

#[test]
fn fields_exist_with_the_types_that_drawings_need() {
    let (schema, boards) = (schema(), Boards::shipped().unwrap());
    let ty = |name: &str| schema.get(name).unwrap_or_else(|| panic!("{name} is no field")).ty;
    let grouped = |name: &str| {
        matches!(ty(name), Type::Keyword | Type::Wildcard | Type::Ip | Type::Long | Type::Boolean)
    };
    for board in &boards.boards {
        for name in &board.list {
            ty(name);
        }
        for panel in &board.panels {
            for name in named(&board.filter).into_iter().chain(named(&panel.filter)) {
                ty(name);
            }
            let groups = panel.by.iter().chain(&panel.split).filter(|by| *by != "time");
            groups.for_each(|name| assert!(grouped(name), "{}: {name}", panel.title));
            match &panel.measure {
                Measure::Sum(name) | Measure::Average(name) | Measure::Percentile(name) => {
                    assert!(matches!(ty(name), Type::Long | Type::Double), "{}: {name}", panel.title);
                }
                Measure::Distinct(name) => assert!(grouped(name), "{}: {name}", panel.title),
                Measure::Count => {}
            }
        }
    }
    for alert in &boards.alerts {
        alert
            .filter
            .keys()
            .for_each(|name| assert!(matches!(ty(name), Type::Keyword | Type::Long), "{name}"));
    }
}

#[test]
fn values_of_datasets_exist() {
    let (schema, boards) = (schema(), Boards::shipped().unwrap());
    let known: Vec<&str> = schema.datasets().map(|dataset| dataset.name).collect();
    let mut looked = 0;
    for filter in boards.boards.iter().map(|board| board.filter.as_str()) {
        let Some(values) = filter.strip_prefix("event.dataset: ") else { continue };
        for value in values.trim_matches(['(', ')']).split(" or ") {
            assert!(known.contains(&value), "{value} is no data set");
            looked += 1;
        }
    }
    assert!(looked > 10);
}

#[test]
fn every_reference_leads_to_an_object() {
    let objects = objects(&Boards::shipped().unwrap(), "netlog-*");
    let key = |o: &Value| (o["type"].to_string(), o["id"].to_string());
    let all: Vec<_> = objects.iter().map(key).collect();
    let mut references = 0;
    for reference in objects.iter().flat_map(|o| o["references"].as_array().unwrap()) {
        assert!(all.contains(&key(reference)), "{reference}");
        references += 1;
    }
    assert!(references > 60, "{references}");
    let mut ids = all.clone();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all.len(), "an id is given twice");
}

#[test]
fn panels_do_not_lie_on_each_other() {
    for object in objects(&Boards::shipped().unwrap(), "netlog-*").iter().filter(|o| o["type"] == "dashboard")
    {
        let panels: Value =
            serde_json::from_str(object["attributes"]["panelsJSON"].as_str().unwrap()).unwrap();
        let place = |p: &Value| ["x", "y", "w", "h"].map(|k| p["gridData"][k].as_u64().unwrap());
        let places: Vec<_> = panels.as_array().unwrap().iter().map(place).collect();
        for (i, [x, y, w, h]) in places.iter().copied().enumerate() {
            assert!(x + w <= 48, "{object}");
            let apart = |[a, b, c, d]: &[u64; 4]| x + w <= *a || a + c <= x || y + h <= *b || b + d <= y;
            assert!(places.iter().skip(i + 1).all(apart), "{}", object["id"]);
        }
    }
}

#[test]
fn products_without_alerting_get_none() {
    let boards = Boards::shipped().unwrap();
    assert!(alerts(&boards, Target::Es7Oss, "netlog-*").is_empty());
    for target in Target::all().filter(|target| *target != Target::Es7Oss) {
        assert_eq!(alerts(&boards, target, "netlog-*").len(), boards.alerts.len(), "{target}");
    }
}

#[test]
fn a_measure_that_is_none_is_refused() {
    assert!("median x".parse::<Measure>().unwrap_err().contains("percentile FIELD"));
    assert_eq!("sum a.b".parse(), Ok(Measure::Sum("a.b".to_owned())));
}
