//! Names and numbers. Sources: memcached's doc/protocol.txt, protocol_binary.h and BinaryProtocolRevamped;
//! names of operations, statuses and types as Packetbeat prints them.

/// What kind of thing a command does.
pub(super) const UNKNOWN: &str = "UNKNOWN";
pub(super) const LOAD: &str = "Load";
pub(super) const STORE: &str = "Store";
pub(super) const DELETE: &str = "Delete";
pub(super) const COUNTER: &str = "Counter";
pub(super) const INFO: &str = "Info";
pub(super) const SLABS: &str = "SlabCtrl";
pub(super) const LRU: &str = "LRUCrawler";
pub(super) const STATS: &str = "Stats";
pub(super) const AUTH: &str = "Auth";
pub(super) const SUCCESS: &str = "Success";
pub(super) const FAIL: &str = "Fail";

/// An operation of the binary protocol.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operation {
    pub code: u8,
    pub name: &'static str,
    /// The command of the text protocol.
    pub command: &'static str,
    pub kind: &'static str,
    pub quiet: bool,
    /// Bytes of extras in a request.
    pub extras: &'static [u8],
}

const fn op(
    code: u8,
    name: &'static str,
    command: &'static str,
    kind: &'static str,
    quiet: bool,
    extras: &'static [u8],
) -> Operation {
    Operation { code, name, command, kind, quiet, extras }
}

/// Operations by number.
pub(super) static OPERATIONS: &[Operation] = &[
    op(0x00, "Get", "get", LOAD, false, &[0]),
    op(0x01, "Set", "set", STORE, false, &[8]),
    op(0x02, "Add", "add", STORE, false, &[8]),
    op(0x03, "Replace", "replace", STORE, false, &[8]),
    op(0x04, "Delete", "delete", DELETE, false, &[0]),
    op(0x05, "Increment", "incr", COUNTER, false, &[20]),
    op(0x06, "Decrement", "decr", COUNTER, false, &[20]),
    op(0x07, "Quit", "quit", INFO, false, &[0]),
    op(0x08, "Flush", "delete", DELETE, false, &[0, 4]),
    op(0x09, "GetQ", "get", LOAD, true, &[0]),
    op(0x0a, "No-op", "noop", INFO, false, &[0]),
    op(0x0b, "Version", "version", INFO, false, &[0]),
    op(0x0c, "GetK", "get", LOAD, false, &[0]),
    op(0x0d, "GetKQ", "get", LOAD, true, &[0]),
    op(0x0e, "Append", "append", STORE, false, &[0]),
    op(0x0f, "Prepend", "prepend", STORE, false, &[0]),
    op(0x10, "Stat", "stats", STATS, false, &[0]),
    op(0x11, "SetQ", "set", STORE, true, &[8]),
    op(0x12, "AddQ", "add", STORE, true, &[8]),
    op(0x13, "ReplaceQ", "replace", STORE, true, &[8]),
    op(0x14, "DeleteQ", "delete", DELETE, true, &[0]),
    op(0x15, "IncrementQ", "incr", COUNTER, true, &[20]),
    op(0x16, "DecrementQ", "decr", COUNTER, true, &[20]),
    op(0x17, "QuitQ", "quit", INFO, true, &[0]),
    op(0x18, "FlushQ", "delete", DELETE, true, &[0, 4]),
    op(0x19, "AppendQ", "append", STORE, true, &[0]),
    op(0x1a, "PrependQ", "prepend", STORE, true, &[0]),
    op(0x1b, "Verbosity", "verbosity", INFO, false, &[4]),
    op(0x1c, "Touch", "touch", STORE, false, &[4]),
    op(0x1d, "GAT", UNKNOWN, UNKNOWN, false, &[4]),
    op(0x1e, "GATQ", UNKNOWN, UNKNOWN, true, &[4]),
    op(0x20, "SASL list mechs", "sasl_list", AUTH, false, &[0]),
    op(0x21, "SASL Auth", "sasl_auth", AUTH, false, &[0]),
    op(0x22, "SASL Step", "sasl_step", AUTH, false, &[0]),
    op(0x23, "GatK", UNKNOWN, UNKNOWN, false, &[4]),
    op(0x24, "GatKQ", UNKNOWN, UNKNOWN, true, &[4]),
    op(0x30, "RGet", UNKNOWN, UNKNOWN, false, &[]),
    op(0x31, "RSet", UNKNOWN, UNKNOWN, false, &[]),
    op(0x32, "RSetQ", UNKNOWN, UNKNOWN, true, &[]),
    op(0x33, "RAppend", UNKNOWN, UNKNOWN, false, &[]),
    op(0x34, "RAppendQ", UNKNOWN, UNKNOWN, true, &[]),
    op(0x35, "RPrepend", UNKNOWN, UNKNOWN, false, &[]),
    op(0x36, "RPrependQ", UNKNOWN, UNKNOWN, true, &[]),
    op(0x37, "RDelete", UNKNOWN, UNKNOWN, false, &[]),
    op(0x38, "RDeleteQ", UNKNOWN, UNKNOWN, true, &[]),
    op(0x39, "RIncr", UNKNOWN, UNKNOWN, false, &[]),
    op(0x3a, "RIncrQ", UNKNOWN, UNKNOWN, true, &[]),
    op(0x3b, "RDecr", UNKNOWN, UNKNOWN, false, &[]),
    op(0x3c, "RDecrQ", UNKNOWN, UNKNOWN, true, &[]),
    op(0x3d, "Set VBucket", UNKNOWN, UNKNOWN, false, &[]),
    op(0x3e, "Get VBucket", UNKNOWN, UNKNOWN, false, &[]),
    op(0x3f, "Del VBucket", UNKNOWN, UNKNOWN, false, &[]),
    op(0x40, "TAP Connect", UNKNOWN, UNKNOWN, false, &[]),
    op(0x41, "TAP Mutation", UNKNOWN, UNKNOWN, false, &[]),
    op(0x42, "TAP Delete", UNKNOWN, UNKNOWN, false, &[]),
    op(0x43, "TAP Flush", UNKNOWN, UNKNOWN, false, &[]),
    op(0x44, "TAP Opaque", UNKNOWN, UNKNOWN, false, &[]),
    op(0x45, "TAP VBucket Set", UNKNOWN, UNKNOWN, false, &[]),
    op(0x46, "TAP Checkpoint Start", UNKNOWN, UNKNOWN, false, &[]),
    op(0x47, "TAP Checkpoint End", UNKNOWN, UNKNOWN, false, &[]),
];

/// The operation of that number.
pub(super) fn operation(code: u8) -> Option<&'static Operation> {
    OPERATIONS.binary_search_by_key(&code, |op| op.code).ok().and_then(|at| OPERATIONS.get(at))
}

/// Name of a status.
pub(super) const fn status(code: u16) -> Option<&'static str> {
    Some(match code {
        0x00 => "Success",
        0x01 => "Key not found",
        0x02 => "Key exists",
        0x03 => "Value too large",
        0x04 => "Invalid arguments",
        0x05 => "Item not stored",
        0x06 => "Incr/Decr on non-numeric value.",
        0x07 => "The vbucket belongs to another server",
        0x20 => "Authentication error",
        0x21 => "Authentication continue",
        0x81 => "Unknown command",
        0x82 => "Out of memory",
        0x83 => "Not supported",
        0x84 => "Internal error",
        0x85 => "Busy",
        0x86 => "Temporary failure",
        _ => return None,
    })
}

/// Commands of the text protocol: word, kind, least number of words.
pub(super) static COMMANDS: &[(&str, &str, usize)] = &[
    ("add", STORE, 5),
    ("append", STORE, 5),
    ("cache_memlimit", INFO, 2),
    ("cas", STORE, 6),
    ("decr", COUNTER, 3),
    ("delete", DELETE, 2),
    ("flush_all", DELETE, 1),
    ("gat", LOAD, 3),
    ("gats", LOAD, 3),
    ("get", LOAD, 2),
    ("gets", LOAD, 2),
    ("incr", COUNTER, 3),
    ("lru", LRU, 2),
    ("lru_crawler", LRU, 2),
    ("ma", COUNTER, 2),
    ("md", DELETE, 2),
    ("me", INFO, 2),
    ("mg", LOAD, 2),
    ("mn", INFO, 1),
    ("ms", STORE, 3),
    ("prepend", STORE, 5),
    ("quit", INFO, 1),
    ("replace", STORE, 5),
    ("set", STORE, 5),
    ("shutdown", INFO, 1),
    ("slabs", SLABS, 2),
    ("stats", STATS, 1),
    ("touch", STORE, 3),
    ("verbosity", INFO, 1),
    ("version", INFO, 1),
    ("watch", INFO, 1),
];

/// Kind and least number of words of a command.
pub(super) fn command(word: &str) -> Option<(&'static str, usize)> {
    let at = COMMANDS.binary_search_by_key(&word, |c| c.0).ok()?;
    COMMANDS.get(at).map(|c| (c.1, c.2))
}

/// Responses of the text protocol and their kinds.
pub(super) static RESPONSES: &[(&str, &str)] = &[
    ("BADCLASS", FAIL),
    ("BUSY", FAIL),
    ("CLIENT_ERROR", FAIL),
    ("DELETED", SUCCESS),
    ("EN", LOAD),
    ("END", LOAD),
    ("ERROR", FAIL),
    ("EX", FAIL),
    ("EXISTS", SUCCESS),
    ("HD", SUCCESS),
    ("ME", INFO),
    ("MN", SUCCESS),
    ("NF", FAIL),
    ("NOSPARE", FAIL),
    ("NOTFULL", FAIL),
    ("NOT_FOUND", FAIL),
    ("NOT_STORED", FAIL),
    ("NS", FAIL),
    ("OK", SUCCESS),
    ("RESET", SUCCESS),
    ("SAME", FAIL),
    ("SERVER_ERROR", FAIL),
    ("STAT", STATS),
    ("STORED", SUCCESS),
    ("TOUCHED", SUCCESS),
    ("UNSAFE", FAIL),
    ("VA", LOAD),
    ("VALUE", LOAD),
    ("VERSION", INFO),
];

/// A response's word and kind.
pub(super) fn response(word: &str) -> Option<(&'static str, &'static str)> {
    let at = RESPONSES.binary_search_by_key(&word, |c| c.0).ok()?;
    RESPONSES.get(at).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted() {
        assert!(OPERATIONS.is_sorted_by_key(|op| op.code));
        assert!(COMMANDS.is_sorted_by_key(|c| c.0));
        assert!(RESPONSES.is_sorted_by_key(|c| c.0));
    }
}
