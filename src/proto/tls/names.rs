//! Numbers and their names. Source of the tables: IANA "Transport Layer Security (TLS) Parameters" and
//! "TLS ExtensionType Values" registries; the entries that IANA lacks (GOST 0x0080 to 0x0083, next
//! protocol negotiation, draft groups) are from the drafts that used them. GREASE values (RFC 8701) have
//! no name: see [`is_grease`].

use std::borrow::Cow;

include!(concat!(env!("OUT_DIR"), "/tls_numbers.rs"));

/// RFC 8701 §2: 0x0a0a, 0x1a1a, … 0xfafa.
pub(super) const fn is_grease(v: u16) -> bool {
    v & 0x0f0f == 0x0a0a && v >> 8 == v & 0xff
}

fn find(table: &'static [(u16, &'static str)], code: u16) -> Option<&'static str> {
    let at = table.binary_search_by_key(&code, |(k, _)| *k).ok()?;
    table.get(at).map(|(_, name)| *name)
}

fn name(table: &'static [(u16, &'static str)], code: u16) -> Cow<'static, str> {
    match find(table, code) {
        Some(name) => Cow::Borrowed(name),
        None => Cow::Owned(format!("(unknown:0x{code:04x})")),
    }
}

/// Name of a cipher suite; `(unknown:0xff85)` for one without.
pub(super) fn cipher(code: u16) -> Cow<'static, str> {
    name(CIPHERS, code)
}

/// Name of a key exchange group or curve.
pub(super) fn group(code: u16) -> Cow<'static, str> {
    name(GROUPS, code)
}

/// Whether the group is registered.
pub(super) fn known_group(code: u16) -> bool {
    find(GROUPS, code).is_some()
}

/// Name of a signature scheme (RFC 8446 §4.2.3); `rsa_pss_rsae_*` as Packetbeat spells them.
pub(super) fn scheme(code: u16) -> Cow<'static, str> {
    name(SCHEMES, code)
}

/// Name of an alert description (RFC 8446 §6).
pub(super) fn alert(code: u8) -> Cow<'static, str> {
    match find(ALERTS, u16::from(code)) {
        Some(name) => Cow::Borrowed(name),
        None => Cow::Owned(format!("(unknown:0x{code:02x})")),
    }
}

/// Whether the alert is registered.
pub(super) fn known_alert(code: u8) -> bool {
    find(ALERTS, u16::from(code)).is_some()
}

/// Name of a point format (RFC 8422 §5.1.2).
pub(super) fn point_format(code: u8) -> Cow<'static, str> {
    match code {
        0 => Cow::Borrowed("uncompressed"),
        1 => Cow::Borrowed("ansiX962_compressed_prime"),
        2 => Cow::Borrowed("ansiX962_compressed_char2"),
        other => Cow::Owned(format!("(unknown:0x{other:02x})")),
    }
}

/// Name of a compression method (RFC 3749).
pub(super) fn compression(code: u8) -> Cow<'static, str> {
    match code {
        0 => Cow::Borrowed("NULL"),
        1 => Cow::Borrowed("DEFLATE"),
        64 => Cow::Borrowed("LZS"),
        other => Cow::Owned(format!("(unknown:0x{other:02x})")),
    }
}

/// Label of an extension whose content is not listed: Packetbeat's names for the old ones, else the number.
pub(super) fn unlisted_extension(code: u16) -> Cow<'static, str> {
    match find(EXTENSIONS, code) {
        Some(name) => Cow::Borrowed(name),
        None => Cow::Owned(code.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_so_that_every_entry_is_found() {
        for table in [EXTENSIONS, ALERTS, GROUPS, SCHEMES, CIPHERS] {
            assert!(table.windows(2).all(|w| w[0].0 < w[1].0));
        }
        assert_eq!(cipher(0x1301), "TLS_AES_128_GCM_SHA256");
        assert_eq!(cipher(0xc02f), "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
        assert_eq!(cipher(0xff85), "(unknown:0xff85)");
        assert_eq!(alert(40), "handshake_failure");
        assert_eq!(group(0x11ec), "X25519MLKEM768");
    }

    #[test]
    fn grease_is_the_sixteen_values_of_rfc_8701() {
        let all: Vec<u16> = (0..=u16::MAX).filter(|v| is_grease(*v)).collect();
        assert_eq!(all.len(), 16);
        assert_eq!((all[0], all[15]), (0x0a0a, 0xfafa));
    }
}
