//! Names of Kerberos numbers; `None` for those without one.

use crate::proto::numbers::find;

include!(concat!(env!("OUT_DIR"), "/kerberos_numbers.rs"));

/// An encryption type.
pub(super) fn etype(number: i64) -> Option<&'static str> {
    find(ETYPES, number)
}

/// A kind of pre-authentication data.
pub(super) fn preauth(number: i64) -> Option<&'static str> {
    find(PREAUTH, number)
}

/// An error.
pub(super) fn error(number: i64) -> Option<&'static str> {
    find(ERRORS, number)
}
