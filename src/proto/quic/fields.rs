//! Fields of the QUIC events; what the hellos say has the names of TLS.

use super::super::tls::fields as t;
use crate::model::FieldRef;

crate::fields! {
    pub FIELDS;
    VERSION: Keyword, "quic.version", "Version: `1`, `2`, `draft-29`, `Q046`, else the number in hexadecimal.";
    OFFERED: Keyword, "quic.offered_versions", "Versions the server offered because it did not know the client's.";
    INITIAL_ID: Keyword, "quic.initial_connection_id", "Connection identifier the client made up for the server, hexadecimal; the keys follow from it.";
    CLIENT_ID: Keyword, "quic.client.connection_id", "Connection identifier the client chose for itself, hexadecimal.";
    SERVER_ID: Keyword, "quic.server.connection_id", "Connection identifier the server chose, hexadecimal.";
    RETRY: Boolean, "quic.retry", "The server had the client prove its address first (Retry).";
    ZERO_RTT: Boolean, "quic.zero_rtt", "The client sent data before the handshake (0-RTT).";
    TOKEN: Long, "quic.token_length", "Length of the client's token, bytes: from Retry or from an earlier connection.";
    CLOSED_BY: Keyword, "quic.closed_by", "Who closed the connection during the handshake: `client` or `server`.";
}

/// With those of TLS that the two hellos fill.
pub static ALL: &[FieldRef] = &joined();

const fn joined() -> [FieldRef; FIELDS.len() + t::HELLOS.len()] {
    let mut all = [FIELDS[0]; FIELDS.len() + t::HELLOS.len()];
    let mut at = 0;
    while at < all.len() {
        all[at] = if at < FIELDS.len() { FIELDS[at] } else { t::HELLOS[at - FIELDS.len()] };
        at += 1;
    }
    all
}
