//! Mappings, names and policies for every target.

use super::*;
use crate::logs::FormatSet;
use crate::model::{Dataset, Event, Origin};
use crate::schema;

static DNS: Dataset = Dataset {
    name: "dns",
    category: &["network"],
    types: &["protocol"],
    protocol: Some("dns"),
    transaction: true,
    doc: "",
};

fn schema() -> Schema {
    schema::all(&FormatSet::load(&[]).unwrap()).unwrap()
}

#[test]
fn every_field_is_mapped_for_every_target() {
    let schema = schema();
    for target in Target::all() {
        let leaves = leaves(&mapping(&schema, target, false));
        let covered = |name: &str| {
            leaves.iter().any(|(leaf, _)| leaf == name || name.starts_with(&format!("{leaf}.")))
                || leaves.iter().any(|(leaf, _)| leaf.starts_with(&format!("{name}.")))
        };
        for field in schema.fields() {
            let object = field.ty == crate::model::Type::Object;
            assert!(object || covered(field.name), "{target}: {} is not mapped", field.name);
        }
    }
}

#[test]
fn types_that_a_product_does_not_have_are_not_used() {
    let schema = schema();
    let kinds = |target: Target| {
        let mut kinds: Vec<String> =
            leaves(&mapping(&schema, target, false)).into_iter().map(|(_, kind)| kind).collect();
        kinds.sort();
        kinds.dedup();
        kinds
    };
    for target in [Target::Es7Oss, Target::Os1] {
        for licensed in ["wildcard", "flattened", "flat_object", "match_only_text"] {
            assert!(!kinds(target).iter().any(|kind| kind == licensed), "{target} has no {licensed}");
        }
    }
    assert!(kinds(Target::Es8).contains(&"wildcard".to_owned()));
    assert!(kinds(Target::Os2).contains(&"flat_object".to_owned()));
    assert!(!kinds(Target::Os2).contains(&"flattened".to_owned()));
}

#[test]
fn only_labels_may_grow() {
    let loose = mapping(&schema(), Target::Es8, false);
    assert_eq!(loose["dynamic"], false);
    assert_eq!(loose["properties"]["labels"]["dynamic"], true);
    assert_eq!(loose["properties"]["@timestamp"]["type"], "date_nanos");
    assert_eq!(
        loose["properties"]["source"]["properties"]["geo"]["properties"]["location"]["type"],
        "geo_point"
    );
    assert_eq!(mapping(&schema(), Target::Es8, true)["dynamic"], "strict");
}

#[test]
fn requests_come_in_an_order_that_works() {
    let schema = schema();
    for target in Target::all() {
        let requests = requests(&schema, target, &Options::default());
        let at = |what: &str| requests.iter().position(|r| r.path.starts_with(what));
        assert!(at("_component_template/") < at("_index_template/"));
        assert_eq!(at("_ilm/").is_some(), matches!(target, Target::Es7 | Target::Es8 | Target::Es9));
        assert_eq!(at("_plugins/_ism/").is_some(), target.is_opensearch());
    }
    let policy = |retention| {
        let options = Options { retention, ..Options::default() };
        requests(&schema, Target::Es8, &options)[0].body.to_string().contains("delete")
    };
    assert!(policy(Some(90)) && !policy(None));
}

#[test]
fn names_of_indices() {
    let name = |pattern: &str| pattern.parse::<IndexName>();
    let of = |pattern: &str| {
        // 2015-08-27T08:18:50Z
        let event = Event::new(&DNS, Origin::default(), 1_440_663_530_000_000_000);
        let mut out = String::new();
        name(pattern).unwrap().push(&mut out, &event);
        out
    };
    assert_eq!(of("netlog-{dataset}-{+yyyy.MM.dd}"), "netlog-dns-2015.08.27");
    assert_eq!(of("case7-{+yy-MM_HH}"), "case7-15-08_08");
    assert_eq!(of("case7-{host}-x"), "case7-none-x");
    assert_eq!(name("netlog-{dataset}-{+yyyy.MM}").unwrap(), IndexName::default());
    assert_eq!(name("netlog-{dataset}").unwrap().glob(), "netlog-*");
    assert_eq!(name("netlog").unwrap().glob(), "netlog");
    assert_eq!(name("{dataset}"), Err(IndexNameError::Prefix));
    assert_eq!(name("Netlog-x"), Err(IndexNameError::Name));
    assert_eq!(name("_netlog"), Err(IndexNameError::Name));
    assert_eq!(name("netlog-{dataset"), Err(IndexNameError::Brace(8)));
    assert_eq!(name("net}log"), Err(IndexNameError::Brace(4)));
    assert_eq!(name("netlog-{+YYYY}"), Err(IndexNameError::Date("YYYY".into())));
}

#[test]
fn targets_by_name_and_by_what_a_server_says() {
    for target in Target::all() {
        assert_eq!(target.name().parse(), Ok(target));
    }
    assert_eq!("es8".parse(), Ok(Target::Es8));
    assert_eq!("solr".parse::<Target>(), Err(TargetError));
    assert_eq!(Target::of_server(Some("opensearch"), "2.19.1", None), Some(Target::Os2));
    assert_eq!(Target::of_server(None, "7.10.2", Some("oss")), Some(Target::Es7Oss));
    assert_eq!(Target::of_server(None, "7.17.28", Some("default")), Some(Target::Es7));
    assert_eq!(Target::of_server(None, "9.1.0", None), Some(Target::Es9));
    assert_eq!(Target::of_server(None, "6.8.0", None), None);
}

#[test]
fn each_component_has_room_for_what_it_maps() {
    let schema = schema();
    for target in Target::all() {
        let requests = requests(&schema, target, &Options::default());
        let component = requests.iter().find(|r| r.file == "component-mappings.json").unwrap();
        let template = &component.body["template"];
        let limit = template["settings"]["index"]["mapping"]["total_fields"]["limit"].as_u64().unwrap();
        // Servers count objects too, and refuse the component, alone, if it has more.
        assert!(limit as usize > leaves(&template["mappings"]).len() + 200, "{target}: {limit}");
    }
}
