//! The value of a field. Text may be borrowed from the input so that a log line costs no allocation.

use super::Ts;
use std::borrow::Cow;
use std::net::IpAddr;

/// A typed value. `'a` is the life of the input buffer it may borrow from.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Text. Input that is not UTF-8 has been converted with replacement characters and counted.
    Str(Cow<'a, str>),
    /// Signed integer.
    Int(i64),
    /// Float; never NaN or infinite (sinks print those as null).
    Float(f64),
    /// Boolean.
    Bool(bool),
    /// Address.
    Ip(IpAddr),
    /// Instant.
    Time(Ts),
    /// Latitude and longitude in degrees.
    Geo(f64, f64),
    /// Several texts that live as long as the program (categorisations): no allocation.
    Words(&'static [&'static str]),
    /// Several values of the field's type.
    List(Vec<Value<'a>>),
    /// Members by their last name part, in the order given.
    Object(Vec<(Cow<'a, str>, Value<'a>)>),
}

impl<'a> Value<'a> {
    /// Text that lives as long as the program.
    pub const fn text(s: &'static str) -> Value<'a> {
        Value::Str(Cow::Borrowed(s))
    }

    /// Text from bytes; what is not UTF-8 becomes U+FFFD.
    pub fn lossy(bytes: &'a [u8]) -> Value<'a> {
        Value::Str(String::from_utf8_lossy(bytes))
    }

    /// A list of texts.
    pub fn texts<I, S>(items: I) -> Value<'a>
    where
        I: IntoIterator<Item = S>,
        S: Into<Cow<'a, str>>,
    {
        Value::List(items.into_iter().map(|s| Value::Str(s.into())).collect())
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Str(s) => Some(s),
            _ => None,
        }
    }

    /// The values of a list, or the one value.
    pub fn items(&self) -> &[Value<'a>] {
        match self {
            Value::List(items) => items,
            one => std::slice::from_ref(one),
        }
    }

    /// The integer, if it is one.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Value::Int(i) => Some(*i),
            _ => None,
        }
    }

    /// The address, if it is one.
    pub fn as_ip(&self) -> Option<IpAddr> {
        match self {
            Value::Ip(ip) => Some(*ip),
            _ => None,
        }
    }

    /// The same value without a borrow.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Value::Str(s) => Value::Str(Cow::Owned(s.into_owned())),
            Value::Int(i) => Value::Int(i),
            Value::Float(f) => Value::Float(f),
            Value::Bool(b) => Value::Bool(b),
            Value::Ip(ip) => Value::Ip(ip),
            Value::Time(t) => Value::Time(t),
            Value::Geo(lat, lon) => Value::Geo(lat, lon),
            Value::Words(words) => Value::Words(words),
            Value::List(items) => Value::List(items.into_iter().map(Value::into_owned).collect()),
            Value::Object(members) => Value::Object(
                members.into_iter().map(|(k, v)| (Cow::Owned(k.into_owned()), v.into_owned())).collect(),
            ),
        }
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(s: &'a str) -> Self {
        Value::Str(Cow::Borrowed(s))
    }
}
impl From<String> for Value<'_> {
    fn from(s: String) -> Self {
        Value::Str(Cow::Owned(s))
    }
}
impl<'a> From<Cow<'a, str>> for Value<'a> {
    fn from(s: Cow<'a, str>) -> Self {
        Value::Str(s)
    }
}
impl From<i64> for Value<'_> {
    fn from(i: i64) -> Self {
        Value::Int(i)
    }
}
impl From<u64> for Value<'_> {
    /// Counts above `i64::MAX` saturate: no counter of ours gets there.
    fn from(i: u64) -> Self {
        Value::Int(i64::try_from(i).unwrap_or(i64::MAX))
    }
}
impl From<u32> for Value<'_> {
    fn from(i: u32) -> Self {
        Value::Int(i64::from(i))
    }
}
impl From<u16> for Value<'_> {
    fn from(i: u16) -> Self {
        Value::Int(i64::from(i))
    }
}
impl From<u8> for Value<'_> {
    fn from(i: u8) -> Self {
        Value::Int(i64::from(i))
    }
}
impl From<usize> for Value<'_> {
    fn from(i: usize) -> Self {
        Value::Int(i64::try_from(i).unwrap_or(i64::MAX))
    }
}
impl From<bool> for Value<'_> {
    fn from(b: bool) -> Self {
        Value::Bool(b)
    }
}
impl From<f64> for Value<'_> {
    fn from(f: f64) -> Self {
        Value::Float(f)
    }
}
impl From<IpAddr> for Value<'_> {
    fn from(ip: IpAddr) -> Self {
        Value::Ip(ip)
    }
}
