//! Numbers and their names. Source: IANA "Domain Name System (DNS) Parameters" and "Domain Name System
//! Security (DNSSEC) Algorithm Numbers"; spelled as Packetbeat prints them.

use crate::proto::numbers::find;
use std::borrow::Cow;

include!(concat!(env!("OUT_DIR"), "/dns_numbers.rs"));

type Text = Cow<'static, str>;
type Table = &'static [(u16, &'static str)];

/// The name, or what stands for the number.
fn named(table: Table, number: u16, other: impl FnOnce() -> String) -> Text {
    find(table, number).map_or_else(|| Cow::Owned(other()), Cow::Borrowed)
}

/// Whether IANA lists the type.
pub(super) fn known_type(number: u16) -> bool {
    find(TYPES, number).is_some()
}

/// `A`, `MX` … or `TYPE65280` (RFC 3597).
pub(super) fn kind(number: u16) -> Text {
    named(TYPES, number, || format!("TYPE{number}"))
}

/// `IN` … or `CLASS5` (RFC 3597).
pub(super) fn class(number: u16) -> Text {
    named(CLASSES, number, || format!("CLASS{number}"))
}

/// `QUERY` … or the number.
pub(super) fn opcode(number: u16) -> Text {
    named(OPCODES, number, || number.to_string())
}

/// `NOERROR` … or the number. Takes the code with the extension of EDNS.
pub(super) fn rcode(number: u16) -> Text {
    named(RCODES, number, || number.to_string())
}

/// `RSASHA256` … or the number.
pub(super) fn algorithm(number: u8) -> Text {
    named(ALGORITHMS, u16::from(number), || number.to_string())
}

/// `SHA256` … or the number.
pub(super) fn digest(number: u8) -> Text {
    named(DIGESTS, u16::from(number), || number.to_string())
}

/// Name of an EDNS option.
pub(super) fn option(number: u16) -> Text {
    named(OPTIONS, number, || format!("OPT{number}"))
}

/// Extended DNS error (RFC 8914).
pub(super) fn extended_error(number: u16) -> Text {
    named(EXTENDED_ERRORS, number, || number.to_string())
}

/// Service parameter key of SVCB and HTTPS (RFC 9460), or `key65280`.
pub(super) fn service_key(number: u16) -> Text {
    named(SERVICE_KEYS, number, || format!("key{number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_without_a_name_are_written_as_numbers() {
        assert_eq!(kind(65), "HTTPS");
        assert_eq!(kind(65280), "TYPE65280");
        assert_eq!(rcode(23), "BADCOOKIE");
    }
}
