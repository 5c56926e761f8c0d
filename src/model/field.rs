//! A field is declared once, beside the code that fills it, and is at the same time schema, output
//! name and documentation. Its identity is its address: compare with [`std::ptr::eq`].

/// The type of a field's values, in the words of Elasticsearch mappings. Every field may hold a list
/// of its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Type {
    /// Exact text, aggregatable.
    Keyword,
    /// Exact text that is long and searched by part: URLs, paths.
    Wildcard,
    /// Prose, searched by word.
    Text,
    /// Signed 64-bit integer.
    Long,
    /// 64-bit float.
    Double,
    /// true or false.
    Boolean,
    /// IPv4 or IPv6 address.
    Ip,
    /// An instant, printed as RFC 3339 with nanoseconds.
    Date,
    /// `{"lat": …, "lon": …}`.
    GeoPoint,
    /// A list of objects whose own members are declared as fields of their own (`dns.answers.name`).
    Object,
    /// An object with names that only the input knows (`http.request.headers`).
    Flattened,
}

impl Type {
    /// The word an Elasticsearch mapping has for it.
    pub const fn name(self) -> &'static str {
        match self {
            Type::Keyword => "keyword",
            Type::Wildcard => "wildcard",
            Type::Text => "text",
            Type::Long => "long",
            Type::Double => "double",
            Type::Boolean => "boolean",
            Type::Ip => "ip",
            Type::Date => "date",
            Type::GeoPoint => "geo_point",
            Type::Object => "object",
            Type::Flattened => "flattened",
        }
    }
}

/// One field of the event schema.
#[derive(Debug)]
pub struct Field {
    /// Dotted name: ECS 9 where ECS has one, else Packetbeat 7.17's, else `netlog.*` or the protocol's.
    pub name: &'static str,
    /// Type of its values.
    pub ty: Type,
    /// One sentence for the reference, with unit and range.
    pub doc: &'static str,
}

/// How fields are passed around.
pub type FieldRef = &'static Field;

/// Declares fields as statics together with the list that goes into the schema:
///
/// ```
/// netlog::fields! {
///     pub FIELDS;
///     QUESTION_NAME: Keyword, "dns.question.name", "The name asked for, lower case, without the final dot.";
/// }
/// assert_eq!(FIELDS[0].name, QUESTION_NAME.name);
/// ```
///
/// Fields that are declared elsewhere and belong into the list, too, follow its name: `pub FIELDS, &XID, &STATUS;`. With `_` for the
/// name there is no list: `pub _;`.
#[macro_export]
macro_rules! fields {
    ($vis:vis _; $($id:ident: $ty:ident, $name:literal, $doc:literal;)*) => {
        $(
            #[doc = $doc]
            $vis static $id: $crate::model::Field =
                $crate::model::Field { name: $name, ty: $crate::model::Type::$ty, doc: $doc };
        )*
    };
    ($vis:vis $list:ident $(, $also:expr)*; $($id:ident: $ty:ident, $name:literal, $doc:literal;)*) => {
        $crate::fields! { $vis _; $($id: $ty, $name, $doc;)* }
        /// Every field declared here, for the schema.
        $vis static $list: &[$crate::model::FieldRef] = &[$(&$id,)* $($also),*];
    };
}
