//! Names of procedures, operations and statuses. Sources: RFC 1094 (version 2), RFC 1813 (version 3),
//! RFC 7530, RFC 8881, RFC 7862 and RFC 8276 (version 4); RFC 5531 for RPC. Spelled as Packetbeat prints
//! them.

/// Procedures of version 2, by number.
pub(super) static V2: &[&str] = &[
    "NULL", "GETATTR", "SETATTR", "ROOT", "LOOKUP", "READLINK", "READ", "WRITECACHE", "WRITE", "CREATE", "REMOVE",
    "RENAME", "LINK", "SYMLINK", "MKDIR", "RMDIR", "READDIR", "STATFS",
];

/// Procedures of version 3, by number.
pub(super) static V3: &[&str] = &[
    "NULL",
    "GETATTR",
    "SETATTR",
    "LOOKUP",
    "ACCESS",
    "READLINK",
    "READ",
    "WRITE",
    "CREATE",
    "MKDIR",
    "SYMLINK",
    "MKNOD",
    "REMOVE",
    "RMDIR",
    "RENAME",
    "LINK",
    "READDIR",
    "READDIRPLUS",
    "FSSTAT",
    "FSINFO",
    "PATHINFO",
    "COMMIT",
];

/// Operations of version 4, from number 3 on.
pub(super) static V4: &[&str] = &[
    "ACCESS",
    "CLOSE",
    "COMMIT",
    "CREATE",
    "DELEGPURGE",
    "DELEGRETURN",
    "GETATTR",
    "GETFH",
    "LINK",
    "LOCK",
    "LOCKT",
    "LOCKU",
    "LOOKUP",
    "LOOKUPP",
    "NVERIFY",
    "OPEN",
    "OPENATTR",
    "OPEN_CONFIRM",
    "OPEN_DOWNGRADE",
    "PUTFH",
    "PUTPUBFH",
    "PUTROOTFH",
    "READ",
    "READDIR",
    "READLINK",
    "REMOVE",
    "RENAME",
    "RENEW",
    "RESTOREFH",
    "SAVEFH",
    "SECINFO",
    "SETATTR",
    "SETCLIENTID",
    "SETCLIENTID_CONFIRM",
    "VERIFY",
    "WRITE",
    "RELEASE_LOCKOWNER",
    "BACKCHANNEL_CTL",
    "BIND_CONN_TO_SESSION",
    "EXCHANGE_ID",
    "CREATE_SESSION",
    "DESTROY_SESSION",
    "FREE_STATEID",
    "GET_DIR_DELEGATION",
    "GETDEVICEINFO",
    "GETDEVICELIST",
    "LAYOUTCOMMIT",
    "LAYOUTGET",
    "LAYOUTRETURN",
    "SECINFO_NO_NAME",
    "SEQUENCE",
    "SET_SSV",
    "TEST_STATEID",
    "WANT_DELEGATION",
    "DESTROY_CLIENTID",
    "RECLAIM_COMPLETE",
    "ALLOCATE",
    "COPY",
    "COPY_NOTIFY",
    "DEALLOCATE",
    "IO_ADVISE",
    "LAYOUTERROR",
    "LAYOUTSTATS",
    "OFFLOAD_CANCEL",
    "OFFLOAD_STATUS",
    "READ_PLUS",
    "SEEK",
    "WRITE_SAME",
    "CLONE",
    "GETXATTR",
    "SETXATTR",
    "LISTXATTRS",
    "REMOVEXATTR",
];

/// The operation of version 4 that does not exist.
pub(super) const ILLEGAL: u32 = 10044;

/// Name of a procedure of version 2 or 3.
pub(super) fn procedure(version: u32, number: u32) -> String {
    let table = if version == 2 { V2 } else { V3 };
    let name = usize::try_from(number).ok().and_then(|at| table.get(at));
    name.map_or_else(|| format!("ILLEGAL ({number})"), |name| (*name).to_owned())
}

/// Name of an operation of version 4.
pub(super) fn operation(number: u32) -> Option<&'static str> {
    if number == ILLEGAL {
        return Some("ILLEGAL");
    }
    let at = usize::try_from(number.checked_sub(3)?).ok()?;
    V4.get(at).copied()
}

/// Statuses below 10000.
static LOW: &[(u32, &str)] = &[
    (0, "NFS_OK"),
    (1, "NFSERR_PERM"),
    (2, "NFSERR_NOENT"),
    (5, "NFSERR_IO"),
    (6, "NFSERR_NXIO"),
    (13, "NFSERR_ACCESS"),
    (17, "NFSERR_EXIST"),
    (18, "NFSERR_XDEV"),
    (19, "NFSERR_NODEV"),
    (20, "NFSERR_NOTDIR"),
    (21, "NFSERR_ISDIR"),
    (22, "NFSERR_INVAL"),
    (27, "NFSERR_FBIG"),
    (28, "NFSERR_NOSPC"),
    (30, "NFSERR_ROFS"),
    (31, "NFSERR_MLINK"),
    (63, "NFSERR_NAMETOOLONG"),
    (66, "NFSERR_NOTEMPTY"),
    (69, "NFSERR_DQUOT"),
    (70, "NFSERR_STALE"),
    (71, "NFSERR_REMOTE"),
    (99, "NFSERR_WFLUSH"),
];

/// Statuses from 10001 on.
static HIGH: &[&str] = &[
    "NFSERR_BADHANDLE",
    "NFSERR_NOT_SYNC",
    "NFSERR_BAD_COOKIE",
    "NFSERR_NOTSUPP",
    "NFSERR_TOOSMALL",
    "NFSERR_SERVERFAULT",
    "NFSERR_BADTYPE",
    "NFSERR_DELAY",
    "NFSERR_SAME",
    "NFSERR_DENIED",
    "NFSERR_EXPIRED",
    "NFSERR_LOCKED",
    "NFSERR_GRACE",
    "NFSERR_FHEXPIRED",
    "NFSERR_SHARE_DENIED",
    "NFSERR_WRONGSEC",
    "NFSERR_CLID_INUSE",
    "NFSERR_RESOURCE",
    "NFSERR_MOVED",
    "NFSERR_NOFILEHANDLE",
    "NFSERR_MINOR_VERS_MISMATCH",
    "NFSERR_STALE_CLIENTID",
    "NFSERR_STALE_STATEID",
    "NFSERR_OLD_STATEID",
    "NFSERR_BAD_STATEID",
    "NFSERR_BAD_SEQID",
    "NFSERR_NOT_SAME",
    "NFSERR_LOCK_RANGE",
    "NFSERR_SYMLINK",
    "NFSERR_RESTOREFH",
    "NFSERR_LEASE_MOVED",
    "NFSERR_ATTRNOTSUPP",
    "NFSERR_NO_GRACE",
    "NFSERR_RECLAIM_BAD",
    "NFSERR_RECLAIM_CONFLICT",
    "NFSERR_BADXDR",
    "NFSERR_LOCKS_HELD",
    "NFSERR_OPENMODE",
    "NFSERR_BADOWNER",
    "NFSERR_BADCHAR",
    "NFSERR_BADNAME",
    "NFSERR_BAD_RANGE",
    "NFSERR_LOCK_NOTSUPP",
    "NFSERR_OP_ILLEGAL",
    "NFSERR_DEADLOCK",
    "NFSERR_FILE_OPEN",
    "NFSERR_ADMIN_REVOKED",
    "NFSERR_CB_PATH_DOWN",
    "NFSERR_BADIOMODE",
    "NFSERR_BADLAYOUT",
    "NFSERR_BAD_SESSION_DIGEST",
    "NFSERR_BADSESSION",
    "NFSERR_BADSLOT",
    "NFSERR_COMPLETE_ALREADY",
    "NFSERR_CONN_NOT_BOUND_TO_SESSION",
    "NFSERR_DELEG_ALREADY_WANTED",
    "NFSERR_BACK_CHAN_BUSY",
    "NFSERR_LAYOUTTRYLATER",
    "NFSERR_LAYOUTUNAVAILABLE",
    "NFSERR_NOMATCHING_LAYOUT",
    "NFSERR_RECALLCONFLICT",
    "NFSERR_UNKNOWN_LAYOUTTYPE",
    "NFSERR_SEQ_MISORDERED",
    "NFSERR_SEQUENCE_POS",
    "NFSERR_REQ_TOO_BIG",
    "NFSERR_REP_TOO_BIG",
    "NFSERR_REP_TOO_BIG_TO_CACHE",
    "NFSERR_RETRY_UNCACHED_REP",
    "NFSERR_UNSAFE_COMPOUND",
    "NFSERR_TOO_MANY_OPS",
    "NFSERR_OP_NOT_IN_SESSION",
    "NFSERR_HASH_ALG_UNSUPP",
    "",
    "NFSERR_CLIENTID_BUSY",
    "NFSERR_PNFS_IO_HOLE",
    "NFSERR_SEQ_FALSE_RETRY",
    "NFSERR_BAD_HIGH_SLOT",
    "NFSERR_DEADSESSION",
    "NFSERR_ENCR_ALG_UNSUPP",
    "NFSERR_PNFS_NO_LAYOUT",
    "NFSERR_NOT_ONLY_OP",
    "NFSERR_WRONG_CRED",
    "NFSERR_WRONG_TYPE",
    "NFSERR_DIRDELEG_UNAVAIL",
    "NFSERR_REJECT_DELEG",
    "NFSERR_RETURNCONFLICT",
    "NFSERR_DELEG_REVOKED",
    "NFSERR_PARTNER_NOTSUPP",
    "NFSERR_PARTNER_NO_AUTH",
    "NFSERR_UNION_NOTSUPP",
    "NFSERR_OFFLOAD_DENIED",
    "NFSERR_WRONG_LFS",
    "NFSERR_BADLABEL",
    "NFSERR_OFFLOAD_NO_REQS",
    "NFSERR_NOXATTR",
    "NFSERR_XATTR2BIG",
];

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

/// Name of an authentication flavour.
pub(super) fn flavor(number: u32) -> String {
    match number {
        0 => "none".to_owned(),
        1 => "unix".to_owned(),
        2 => "short".to_owned(),
        3 => "des".to_owned(),
        6 => "rpcsec_gss".to_owned(),
        other => format!("unknown ({other})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_end_where_they_should() {
        assert_eq!((operation(3), operation(75), operation(76)), (Some("ACCESS"), Some("REMOVEXATTR"), None));
        assert_eq!((operation(53), operation(71)), (Some("SEQUENCE"), Some("CLONE")));
        assert_eq!(procedure(3, 21), "COMMIT");
        assert_eq!((status(10044), status(10096)), (Some("NFSERR_OP_ILLEGAL"), Some("NFSERR_XATTR2BIG")));
        assert_eq!((status(70), status(10004), status(3)), (Some("NFSERR_STALE"), Some("NFSERR_NOTSUPP"), None));
        assert_eq!((status(10073), status(10074)), (None, Some("NFSERR_CLIENTID_BUSY")));
    }
}
