//! Names of numbers. Source: Apache Cassandra, doc/native_protocol_v3.spec to v5.spec; spelled as
//! Packetbeat prints them.

/// Name of an operation.
pub(super) const fn op(code: u8) -> Option<&'static str> {
    Some(match code {
        0x00 => "ERROR",
        0x01 => "STARTUP",
        0x02 => "READY",
        0x03 => "AUTHENTICATE",
        0x05 => "OPTIONS",
        0x06 => "SUPPORTED",
        0x07 => "QUERY",
        0x08 => "RESULT",
        0x09 => "PREPARE",
        0x0a => "EXECUTE",
        0x0b => "REGISTER",
        0x0c => "EVENT",
        0x0d => "BATCH",
        0x0e => "AUTH_CHALLENGE",
        0x0f => "AUTH_RESPONSE",
        0x10 => "AUTH_SUCCESS",
        _ => return None,
    })
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
    let name = match level {
        0x00 => "ANY",
        0x01 => "ONE",
        0x02 => "TWO",
        0x03 => "THREE",
        0x04 => "QUORUM",
        0x05 => "ALL",
        0x06 => "LOCAL_QUORUM",
        0x07 => "EACH_QUORUM",
        0x08 => "SERIAL",
        0x09 => "LOCAL_SERIAL",
        0x0a => "LOCAL_ONE",
        other => return format!("UNKNOWN_CONS_0x{other:x}"),
    };
    name.to_owned()
}

/// Name of an error.
pub(super) const fn error(code: u32) -> &'static str {
    match code {
        0x0000 => "errServer",
        0x000a => "errProtocol",
        0x0100 => "errCredentials",
        0x1000 => "errUnavailable",
        0x1001 => "errOverloaded",
        0x1002 => "errBootstrapping",
        0x1003 => "errTruncate",
        0x1100 => "errWriteTimeout",
        0x1200 => "errReadTimeout",
        0x1300 => "errReadFailure",
        0x1400 => "errFunctionFailure",
        0x1500 => "errWriteFailure",
        0x2000 => "errSyntax",
        0x2100 => "errUnauthorized",
        0x2200 => "errInvalid",
        0x2300 => "errConfig",
        0x2400 => "errAlreadyExists",
        0x2500 => "errUnprepared",
        _ => "ErrUnknown",
    }
}
