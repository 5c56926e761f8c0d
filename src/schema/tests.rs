use super::*;

crate::fields! {
    LIST;
    AB: Keyword, "a.b", "t";
    AB_LONG: Long, "a.b", "t";
    AB_AGAIN: Keyword, "a.b", "again";
    ABC: Keyword, "a.b.c", "t";
    A_BC: Keyword, "a.bc", "t";
    OBJECT: Object, "o.list", "t";
    MEMBER: Keyword, "o.list.name", "t";
    OTHER: Keyword, "z", "t";
}

static ONE: Dataset = Dataset {
    name: "one",
    category: &["network"],
    types: &["info"],
    protocol: None,
    transaction: false,
    doc: "t",
};

fn schema(parts: &[(&'static str, &[FieldRef])]) -> Result<Schema, SchemaError> {
    let part = |(name, fields): &(&'static str, &[FieldRef])| Part {
        name,
        datasets: if *name == "one" { vec![&ONE] } else { Vec::new() },
        fields: fields.to_vec(),
    };
    Schema::new(parts.iter().map(part).collect())
}

#[test]
fn two_types_of_one_name() {
    assert_eq!(LIST.len(), 8);
    assert!(schema(&[("x", &[&AB]), ("y", &[&AB_AGAIN, &A_BC])]).is_ok());
    let error = schema(&[("x", &[&AB]), ("y", &[&AB_LONG])]).unwrap_err();
    assert_eq!(error.to_string(), "field 'a.b' is declared as Keyword by x and as Long by y");
}

#[test]
fn a_value_that_would_be_an_object_too() {
    let error = schema(&[("x", &[&ABC]), ("y", &[&A_BC, &AB])]).unwrap_err();
    let text = "field 'a.b' (y) cannot hold a value and be the parent of 'a.b.c' (x)";
    assert_eq!(error.to_string(), text);
    assert!(schema(&[("x", &[&OBJECT, &MEMBER])]).is_ok());
}

#[test]
fn columns_of_a_data_set() {
    let schema =
        schema(&[("core", &[&OTHER]), ("one", &[&OBJECT, &MEMBER, &AB]), ("logs", &[&A_BC])]).unwrap();
    let names = |set| schema.columns(set).iter().map(|f| f.name).collect::<Vec<_>>();
    assert_eq!(names("one"), ["z", "a.b", "o.list"]);
    assert_eq!(names("unknown"), ["z", "a.bc"]);
    assert_eq!(schema.get("a.b").map(|f| f.ty), Some(Type::Keyword));
}

#[test]
fn what_is_declared_anywhere_makes_one_schema() {
    let formats = FormatSet::builtin().unwrap();
    let schema = all(&formats).unwrap_or_else(|error| panic!("{error}"));
    assert!(schema.get("@timestamp").is_some());
    assert!(schema.datasets().any(|d| d.name == "flow"));
    assert!(schema.datasets().any(|d| d.name == "sshd"));
    assert!(schema.columns("flow").iter().any(|f| f.name == "netlog.flow.state"));
}
