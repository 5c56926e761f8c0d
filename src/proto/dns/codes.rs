//! Numbers and their names. Source: IANA "Domain Name System (DNS) Parameters" and "Domain Name System
//! Security (DNSSEC) Algorithm Numbers"; spelled as Packetbeat prints them.

use std::borrow::Cow;

type Text = Cow<'static, str>;
type Table = &'static [(u16, &'static str)];

/// The name, or what stands for the number.
fn named(table: Table, number: u16, other: impl FnOnce() -> String) -> Text {
    find(table, number).map_or_else(|| Cow::Owned(other()), Cow::Borrowed)
}

fn find(table: Table, number: u16) -> Option<&'static str> {
    let at = table.binary_search_by_key(&number, |(n, _)| *n).ok()?;
    table.get(at).map(|(_, name)| *name)
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

static TYPES: Table = &[
    (1, "A"),
    (2, "NS"),
    (3, "MD"),
    (4, "MF"),
    (5, "CNAME"),
    (6, "SOA"),
    (7, "MB"),
    (8, "MG"),
    (9, "MR"),
    (10, "NULL"),
    (11, "WKS"),
    (12, "PTR"),
    (13, "HINFO"),
    (14, "MINFO"),
    (15, "MX"),
    (16, "TXT"),
    (17, "RP"),
    (18, "AFSDB"),
    (19, "X25"),
    (20, "ISDN"),
    (21, "RT"),
    (22, "NSAP"),
    (23, "NSAP-PTR"),
    (24, "SIG"),
    (25, "KEY"),
    (26, "PX"),
    (27, "GPOS"),
    (28, "AAAA"),
    (29, "LOC"),
    (30, "NXT"),
    (31, "EID"),
    (32, "NIMLOC"),
    (33, "SRV"),
    (34, "ATMA"),
    (35, "NAPTR"),
    (36, "KX"),
    (37, "CERT"),
    (38, "A6"),
    (39, "DNAME"),
    (40, "SINK"),
    (41, "OPT"),
    (42, "APL"),
    (43, "DS"),
    (44, "SSHFP"),
    (45, "IPSECKEY"),
    (46, "RRSIG"),
    (47, "NSEC"),
    (48, "DNSKEY"),
    (49, "DHCID"),
    (50, "NSEC3"),
    (51, "NSEC3PARAM"),
    (52, "TLSA"),
    (53, "SMIMEA"),
    (55, "HIP"),
    (56, "NINFO"),
    (57, "RKEY"),
    (58, "TALINK"),
    (59, "CDS"),
    (60, "CDNSKEY"),
    (61, "OPENPGPKEY"),
    (62, "CSYNC"),
    (63, "ZONEMD"),
    (64, "SVCB"),
    (65, "HTTPS"),
    (66, "DSYNC"),
    (99, "SPF"),
    (100, "UINFO"),
    (101, "UID"),
    (102, "GID"),
    (103, "UNSPEC"),
    (104, "NID"),
    (105, "L32"),
    (106, "L64"),
    (107, "LP"),
    (108, "EUI48"),
    (109, "EUI64"),
    (249, "TKEY"),
    (250, "TSIG"),
    (251, "IXFR"),
    (252, "AXFR"),
    (253, "MAILB"),
    (254, "MAILA"),
    (255, "ANY"),
    (256, "URI"),
    (257, "CAA"),
    (258, "AVC"),
    (259, "DOA"),
    (260, "AMTRELAY"),
    (261, "RESINFO"),
    (262, "WALLET"),
    (32768, "TA"),
    (32769, "DLV"),
];

static CLASSES: Table = &[(1, "IN"), (2, "CS"), (3, "CH"), (4, "HS"), (254, "NONE"), (255, "ANY")];

static OPCODES: Table =
    &[(0, "QUERY"), (1, "IQUERY"), (2, "STATUS"), (4, "NOTIFY"), (5, "UPDATE"), (6, "DSO")];

static RCODES: Table = &[
    (0, "NOERROR"),
    (1, "FORMERR"),
    (2, "SERVFAIL"),
    (3, "NXDOMAIN"),
    (4, "NOTIMP"),
    (5, "REFUSED"),
    (6, "YXDOMAIN"),
    (7, "YXRRSET"),
    (8, "NXRRSET"),
    (9, "NOTAUTH"),
    (10, "NOTZONE"),
    (11, "DSOTYPENI"),
    (16, "BADVERS"),
    (17, "BADKEY"),
    (18, "BADTIME"),
    (19, "BADMODE"),
    (20, "BADNAME"),
    (21, "BADALG"),
    (22, "BADTRUNC"),
    (23, "BADCOOKIE"),
];

static ALGORITHMS: Table = &[
    (1, "RSAMD5"),
    (2, "DH"),
    (3, "DSA"),
    (5, "RSASHA1"),
    (6, "DSA-NSEC3-SHA1"),
    (7, "RSASHA1-NSEC3-SHA1"),
    (8, "RSASHA256"),
    (10, "RSASHA512"),
    (12, "ECC-GOST"),
    (13, "ECDSAP256SHA256"),
    (14, "ECDSAP384SHA384"),
    (15, "ED25519"),
    (16, "ED448"),
    (17, "SM2SM3"),
    (23, "ECC-GOST12"),
    (252, "INDIRECT"),
    (253, "PRIVATEDNS"),
    (254, "PRIVATEOID"),
];

static DIGESTS: Table =
    &[(1, "SHA1"), (2, "SHA256"), (3, "GOST94"), (4, "SHA384"), (5, "GOST12"), (6, "SM3")];

static OPTIONS: Table = &[
    (1, "LLQ"),
    (2, "UL"),
    (3, "NSID"),
    (5, "DAU"),
    (6, "DHU"),
    (7, "N3U"),
    (8, "ECS"),
    (9, "EXPIRE"),
    (10, "COOKIE"),
    (11, "KEEPALIVE"),
    (12, "PADDING"),
    (13, "CHAIN"),
    (14, "KEYTAG"),
    (15, "EDE"),
    (16, "CLIENTTAG"),
    (17, "SERVERTAG"),
    (18, "REPORTCHANNEL"),
    (19, "ZONEVERSION"),
    (26946, "DEVICEID"),
];

static EXTENDED_ERRORS: Table = &[
    (0, "Other Error"),
    (1, "Unsupported DNSKEY Algorithm"),
    (2, "Unsupported DS Digest Type"),
    (3, "Stale Answer"),
    (4, "Forged Answer"),
    (5, "DNSSEC Indeterminate"),
    (6, "DNSSEC Bogus"),
    (7, "Signature Expired"),
    (8, "Signature Not Yet Valid"),
    (9, "DNSKEY Missing"),
    (10, "RRSIGs Missing"),
    (11, "No Zone Key Bit Set"),
    (12, "NSEC Missing"),
    (13, "Cached Error"),
    (14, "Not Ready"),
    (15, "Blocked"),
    (16, "Censored"),
    (17, "Filtered"),
    (18, "Prohibited"),
    (19, "Stale NXDomain Answer"),
    (20, "Not Authoritative"),
    (21, "Not Supported"),
    (22, "No Reachable Authority"),
    (23, "Network Error"),
    (24, "Invalid Data"),
    (25, "Signature Expired before Valid"),
    (26, "Too Early"),
    (27, "Unsupported NSEC3 Iterations Value"),
    (28, "Unable to conform to policy"),
    (29, "Synthesized"),
    (30, "Invalid Query Type"),
];

static SERVICE_KEYS: Table = &[
    (0, "mandatory"),
    (1, "alpn"),
    (2, "no-default-alpn"),
    (3, "port"),
    (4, "ipv4hint"),
    (5, "ech"),
    (6, "ipv6hint"),
    (7, "dohpath"),
    (8, "ohttp"),
    (9, "tls-supported-groups"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_so_that_the_search_works() {
        let tables = [
            TYPES,
            CLASSES,
            OPCODES,
            RCODES,
            ALGORITHMS,
            DIGESTS,
            OPTIONS,
            EXTENDED_ERRORS,
            SERVICE_KEYS,
        ];
        for table in tables {
            assert!(table.is_sorted_by(|a, b| a.0 < b.0));
        }
        assert_eq!(kind(65), "HTTPS");
        assert_eq!(kind(65280), "TYPE65280");
        assert_eq!(rcode(23), "BADCOOKIE");
    }
}
