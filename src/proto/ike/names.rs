//! Number tables of IKE. Sources: IANA "Internet Key Exchange Version 2 (IKEv2) Parameters" and "Internet Key
//! Exchange (IKE) Attributes" registries; vendor identifiers: MD5 of what the vendors publish.

use std::borrow::Cow;

type Names = &'static [(u16, &'static str)];

/// Name by number, else the number.
pub(super) fn name(table: Names, number: u16) -> Cow<'static, str> {
    match table.iter().find(|(known, _)| *known == number) {
        Some((_, name)) => Cow::Borrowed(name),
        None => Cow::Owned(number.to_string()),
    }
}

/// IKEv2 transform type 1.
pub(super) static ENCRYPTION: Names = &[
    (2, "DES"),
    (3, "3DES"),
    (7, "BLOWFISH"),
    (11, "NULL"),
    (12, "AES_CBC"),
    (13, "AES_CTR"),
    (14, "AES_CCM_8"),
    (15, "AES_CCM_12"),
    (16, "AES_CCM_16"),
    (18, "AES_GCM_8"),
    (19, "AES_GCM_12"),
    (20, "AES_GCM_16"),
    (23, "CAMELLIA_CBC"),
    (28, "CHACHA20_POLY1305"),
];
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
/// IKEv2 transform type 3.
pub(super) static INTEGRITY: Names = &[
    (0, "NONE"),
    (1, "HMAC_MD5_96"),
    (2, "HMAC_SHA1_96"),
    (5, "AES_XCBC_96"),
    (8, "AES_CMAC_96"),
    (12, "HMAC_SHA2_256_128"),
    (13, "HMAC_SHA2_384_192"),
    (14, "HMAC_SHA2_512_256"),
];
/// IKEv2 transform type 4, and the groups of IKEv1.
pub(super) static GROUP: Names = &[
    (1, "MODP_768"),
    (2, "MODP_1024"),
    (5, "MODP_1536"),
    (14, "MODP_2048"),
    (15, "MODP_3072"),
    (16, "MODP_4096"),
    (17, "MODP_6144"),
    (18, "MODP_8192"),
    (19, "ECP_256"),
    (20, "ECP_384"),
    (21, "ECP_521"),
    (22, "MODP_1024_160"),
    (23, "MODP_2048_224"),
    (24, "MODP_2048_256"),
    (25, "ECP_192"),
    (26, "ECP_224"),
    (31, "CURVE_25519"),
    (32, "CURVE_448"),
];
/// IKEv1 attribute 1.
pub(super) static ENCRYPTION1: Names =
    &[(1, "DES"), (2, "IDEA"), (3, "BLOWFISH"), (4, "RC5"), (5, "3DES"), (6, "CAST"), (7, "AES_CBC"), (8, "CAMELLIA_CBC")];
/// IKEv1 attribute 2.
pub(super) static HASH1: Names =
    &[(1, "MD5"), (2, "SHA1"), (3, "TIGER"), (4, "SHA2_256"), (5, "SHA2_384"), (6, "SHA2_512")];
/// IKEv1 attribute 3.
pub(super) static AUTHENTICATION1: Names = &[
    (1, "PSK"),
    (2, "DSS"),
    (3, "RSA"),
    (4, "RSA_ENC"),
    (5, "RSA_ENC_REV"),
    (9, "ECDSA_256"),
    (10, "ECDSA_384"),
    (11, "ECDSA_521"),
    (64221, "HYBRID_RSA"),
    (65001, "XAUTH_PSK"),
    (65005, "XAUTH_RSA"),
];
/// Exchange types of both versions.
pub(super) static EXCHANGE: Names = &[
    (1, "BASE"),
    (2, "MAIN_MODE"),
    (3, "AUTHENTICATION_ONLY"),
    (4, "AGGRESSIVE_MODE"),
    (5, "INFORMATIONAL"),
    (6, "TRANSACTION"),
    (32, "QUICK_MODE"),
    (33, "NEW_GROUP_MODE"),
    (34, "IKE_SA_INIT"),
    (35, "IKE_AUTH"),
    (36, "CREATE_CHILD_SA"),
    (37, "INFORMATIONAL"),
    (38, "IKE_SESSION_RESUME"),
    (43, "IKE_INTERMEDIATE"),
];
/// Notifications of IKEv2; those below 16384 are errors. IKEv1 shares some numbers with other names.
pub(super) static NOTIFY: Names = &[
    (1, "UNSUPPORTED_CRITICAL_PAYLOAD"),
    (4, "INVALID_IKE_SPI"),
    (5, "INVALID_MAJOR_VERSION"),
    (7, "INVALID_SYNTAX"),
    (9, "INVALID_MESSAGE_ID"),
    (11, "INVALID_SPI"),
    (14, "NO_PROPOSAL_CHOSEN"),
    (17, "INVALID_KE_PAYLOAD"),
    (24, "AUTHENTICATION_FAILED"),
    (34, "SINGLE_PAIR_REQUIRED"),
    (43, "TEMPORARY_FAILURE"),
    (16384, "INITIAL_CONTACT"),
    (16388, "NAT_DETECTION_SOURCE_IP"),
    (16389, "NAT_DETECTION_DESTINATION_IP"),
    (16390, "COOKIE"),
    (16404, "MULTIPLE_AUTH_SUPPORTED"),
    (16406, "REDIRECT_SUPPORTED"),
    (16407, "REDIRECT"),
    (16418, "CHILDLESS_IKEV2_SUPPORTED"),
    (16430, "IKEV2_FRAGMENTATION_SUPPORTED"),
    (16431, "SIGNATURE_HASH_ALGORITHMS"),
];
/// Errors of IKEv1 (RFC 2408 §3.14.1).
pub(super) static NOTIFY1: Names = &[
    (14, "NO_PROPOSAL_CHOSEN"),
    (16, "PAYLOAD_MALFORMED"),
    (18, "INVALID_ID_INFORMATION"),
    (23, "INVALID_HASH_INFORMATION"),
    (24, "AUTHENTICATION_FAILED"),
    (25, "INVALID_SIGNATURE"),
    (24576, "RESPONDER_LIFETIME"),
    (24578, "INITIAL_CONTACT"),
    (36136, "R_U_THERE"),
    (36137, "R_U_THERE_ACK"),
];

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
