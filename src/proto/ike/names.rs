//! Number tables of IKE. Sources: IANA "Internet Key Exchange Version 2 (IKEv2) Parameters" and "Internet Key
//! Exchange (IKE) Attributes" registries; vendor identifiers: MD5 of what the vendors publish.

use std::borrow::Cow;

include!(concat!(env!("OUT_DIR"), "/ike_numbers.rs"));

type Names = &'static [(u16, &'static str)];

/// Name by number, else the number.
pub(super) fn name(table: Names, number: u16) -> Cow<'static, str> {
    match table.iter().find(|(known, _)| *known == number) {
        Some((_, name)) => Cow::Borrowed(name),
        None => Cow::Owned(number.to_string()),
    }
}

/// IKEv2 transform type 2.
pub(super) static PRF: Names = &[
    (1, "PRF_HMAC_MD5"),
    (2, "PRF_HMAC_SHA1"),
    (4, "PRF_AES128_XCBC"),
    (5, "PRF_HMAC_SHA2_256"),
    (6, "PRF_HMAC_SHA2_384"),
    (7, "PRF_HMAC_SHA2_512"),
    (8, "PRF_AES128_CMAC"),
];
/// IKEv1 attribute 2.
pub(super) static HASH1: Names =
    &[(1, "MD5"), (2, "SHA1"), (3, "TIGER"), (4, "SHA2_256"), (5, "SHA2_384"), (6, "SHA2_512")];

/// Vendor identifiers by how they begin.
static VENDORS: &[(&[u8], &str)] = &[
    (b"\x88\x2f\xe5\x6d\x6f\xd2\x0d\xbc\x22\x51\x61\x3b\x2e\xbe\x5b\xeb", "strongSwan"),
    (b"\xaf\xca\xd7\x13\x68\xa1\xf1\xc9\x6b\x86\x96\xfc\x77\x57", "dead peer detection"),
    (b"\x09\x00\x26\x89\xdf\xd6\xb7\x12", "XAUTH"),
    (b"\x12\xf5\xf2\x8c\x45\x71\x68\xa9\x70\x2d\x9f\xe2\x74\xcc", "Cisco Unity"),
    (b"\x4a\x13\x1c\x81\x07\x03\x58\x45\x5c\x57\x28\xf2\x0e\x95\x45\x2f", "RFC 3947 NAT-T"),
    (b"\x1e\x2b\x51\x69\x05\x99\x1c\x7d\x7c\x96\xfc\xbf\xb5\x87\xe4\x61", "Microsoft"),
    (b"\x40\x48\xb7\xd5\x6e\xbc\xe8\x85\x25\xe7\xde\x7f\x00\xd6\xc2\xd3", "fragmentation"),
];

/// Name of a vendor identifier, if it is known.
pub(super) fn vendor(id: &[u8]) -> Option<&'static str> {
    VENDORS.iter().find(|(start, _)| id.starts_with(start)).map(|(_, name)| *name)
}
