//! The columns of a data set: what follows from the schema table, whatever the data are.

use super::{MORE, ROW};
use crate::model::{FieldRef, Type};
use crate::schema::{Schema, is_list};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text; addresses are text as well.
    Text,
    /// A list of texts.
    Texts,
    /// 64-bit integers.
    Int,
    /// A list of 64-bit integers.
    Ints,
    /// 64-bit floats.
    Float,
    /// true or false.
    Bool,
    /// Nanoseconds since 1970, UTC.
    Time,
    /// An object or a list of objects, as JSON text.
    Json,
}

/// Which part of a value a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// Degrees of latitude of a place; the column after it holds the longitude.
    Latitude,
    /// Degrees of longitude of a place.
    Longitude,
}

/// One column.
#[derive(Clone, Debug)]
pub struct Column {
    /// Name: the field's; `.lat` and `.lon` below it for a place.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// Part of the field's value.
    pub part: Part,
    /// The field; `None` for the two columns that only cases have.
    pub field: Option<FieldRef>,
}

impl Column {
    const fn own(name: String, kind: Kind) -> Column {
        Column { name, kind, part: Part::Whole, field: None }
    }

    /// What it holds, as case.json says it.
    pub const fn word(&self) -> &'static str {
        match self.kind {
            Kind::Text => "text",
            Kind::Texts => "list of text",
            Kind::Int => "integer",
            Kind::Ints => "list of integer",
            Kind::Float => "float",
            Kind::Bool => "boolean",
            Kind::Time => "time",
            Kind::Json => "json",
        }
    }
}

/// What a field's values are in a table.
pub fn kind(field: FieldRef) -> Kind {
    match (field.ty, is_list(field.name)) {
        (Type::Keyword | Type::Wildcard | Type::Text | Type::Ip, true) => Kind::Texts,
        (Type::Keyword | Type::Wildcard | Type::Text | Type::Ip, false) => Kind::Text,
        (Type::Long, true) => Kind::Ints,
        (Type::Long, false) => Kind::Int,
        (Type::Double | Type::GeoPoint, _) => Kind::Float,
        (Type::Boolean, _) => Kind::Bool,
        (Type::Date, _) => Kind::Time,
        (Type::Object | Type::Flattened, _) => Kind::Json,
    }
}

/// The columns of a data set: the fields all events share, its own by name, then what only cases have.
pub fn of(schema: &Schema, dataset: &str) -> Vec<Column> {
    let mut columns = Vec::new();
    for field in schema.columns(dataset) {
        let column = |name: String, part| Column { name, kind: kind(field), part, field: Some(field) };
        if field.ty == Type::GeoPoint {
            columns.push(column(format!("{}.lat", field.name), Part::Latitude));
            columns.push(column(format!("{}.lon", field.name), Part::Longitude));
        } else {
            columns.push(column(field.name.to_owned(), Part::Whole));
        }
    }
    columns.push(Column::own(MORE.to_owned(), Kind::Json));
    columns.push(Column::own(ROW.to_owned(), Kind::Int));
    columns
}
