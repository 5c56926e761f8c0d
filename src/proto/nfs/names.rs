//! Names of procedures, operations and statuses. Sources: RFC 1094 (version 2), RFC 1813 (version 3),
//! RFC 7530, RFC 8881, RFC 7862 and RFC 8276 (version 4); RFC 5531 for RPC. Spelled as Packetbeat prints
//! them.

include!(concat!(env!("OUT_DIR"), "/nfs_numbers.rs"));

/// The operation of version 4 that does not exist.
pub(super) const ILLEGAL: u32 = 10044;

/// Name of a procedure of version 2 or 3.
pub(super) fn procedure(version: u32, number: u32) -> String {
    super::rpc::procedure(if version == 2 { V2 } else { V3 }, number)
}

/// Name of an operation of version 4.
pub(super) fn operation(number: u32) -> Option<&'static str> {
    if number == ILLEGAL {
        return Some("ILLEGAL");
    }
    let at = usize::try_from(number.checked_sub(3)?).ok()?;
    V4.get(at).copied()
}

/// Layout of the arguments of an operation of version 4, in the letters that the table explains.
pub(super) fn arguments(number: u32) -> &'static str {
    let at = number.checked_sub(3).and_then(|at| usize::try_from(at).ok());
    at.and_then(|at| ARGUMENTS.get(at)).copied().unwrap_or("?")
}

/// Name of a status; `None` if it does not exist.
pub(super) fn status(number: u32) -> Option<&'static str> {
    if let Ok(at) = LOW.binary_search_by_key(&number, |row| row.0) {
        return LOW.get(at).map(|row| row.1);
    }
    let at = usize::try_from(number.checked_sub(10_001)?).ok()?;
    HIGH.get(at).copied().filter(|name| !name.is_empty())
}

/// How a call was accepted (RFC 5531 section 9).
pub(super) static ACCEPT: &[&str] =
    &["success", "prog_unavail", "prog_mismatch", "proc_unavail", "garbage_args", "system_err"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_end_where_they_should() {
        assert_eq!((operation(3), operation(75), operation(76)), (Some("ACCESS"), Some("REMOVEXATTR"), None));
        assert_eq!((operation(53), operation(71)), (Some("SEQUENCE"), Some("CLONE")));
        assert_eq!((V4.len(), arguments(75), arguments(76)), (ARGUMENTS.len(), "o", "?"));
        assert_eq!(procedure(3, 21), "COMMIT");
        assert_eq!((status(10044), status(10096)), (Some("NFSERR_OP_ILLEGAL"), Some("NFSERR_XATTR2BIG")));
        assert_eq!(
            (status(70), status(10004), status(3)),
            (Some("NFSERR_STALE"), Some("NFSERR_NOTSUPP"), None)
        );
        assert_eq!((status(10073), status(10074)), (None, Some("NFSERR_CLIENTID_BUSY")));
    }
}
