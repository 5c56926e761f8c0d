//! Names of numbers, spelled as Packetbeat prints them.

use crate::proto::numbers::find;

include!(concat!(env!("OUT_DIR"), "/cassandra_numbers.rs"));

/// Name of an operation.
pub(super) fn op(code: u8) -> Option<&'static str> {
    find(OPERATIONS, code)
}

/// Sixteen bytes in hexadecimal as UUIDs are written (RFC 9562 section 4); others as they are.
pub(super) fn uuid(hex: &str) -> String {
    let part = |from: usize, to: usize| hex.get(from..to);
    let parts = [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)];
    if hex.len() != 32 {
        return hex.to_owned();
    }
    parts.into_iter().flatten().collect::<Vec<_>>().join("-")
}

/// Name of the flags of a head.
pub(super) fn flags(flags: u8) -> String {
    match flags {
        0 => "Default".to_owned(),
        1 => "Compress".to_owned(),
        2 => "Tracing".to_owned(),
        4 => "CustomPayload".to_owned(),
        8 => "Warning".to_owned(),
        other => format!("UnknownFlag_{other}"),
    }
}

/// Name of the flags of rows.
pub(super) fn rows(flags: u32) -> String {
    match flags {
        1 => "GlobalTableSpec".to_owned(),
        2 => "HasMorePages".to_owned(),
        4 => "NoMetaData".to_owned(),
        other => format!("FLAG_{other}"),
    }
}

/// Name of a consistency level.
pub(super) fn consistency(level: u16) -> String {
    find(LEVELS, level).map_or_else(|| format!("UNKNOWN_CONS_0x{level:x}"), str::to_owned)
}

/// Name of an error.
pub(super) fn error(code: u32) -> &'static str {
    find(ERRORS, code).unwrap_or("ErrUnknown")
}
