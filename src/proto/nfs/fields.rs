//! Fields of the NFS events, named as Packetbeat does, and those of every RPC call.

crate::fields! {
    pub FIELDS, &XID, &RPC_STATUS, &FLAVOR, &UID, &GID, &GIDS, &STAMP, &MACHINE, &HOSTNAME, &DOMAIN, &USER_ID, &GROUP_ID;
    VERSION: Long, "nfs.version", "Version of NFS (2 to 4).";
    MINOR_VERSION: Long, "nfs.minor_version", "Minor version of NFS 4.";
    TAG: Keyword, "nfs.tag", "Tag of a compound.";
    OPCODE: Keyword, "nfs.opcode", "Procedure, or the main operation of a compound.";
    OPERATIONS: Keyword, "nfs.operations", "Operations of a compound, in order, 64 at most; up to the first whose arguments are not read.";
    STATUS: Keyword, "nfs.status", "How it went: NFS_OK, NFSERR_NOENT …";
    FILE_NAME: Keyword, "nfs.file_name", "Names in the call: what is looked up, made, removed; old and new.";
    COUNT: Long, "nfs.count", "Bytes to be read or written.";
    OFFSET: Long, "nfs.offset", "Where in the file.";
}

crate::fields! {
    pub _;
    XID: Keyword, "rpc.xid", "Number of the call, in hexadecimal.";
    RPC_STATUS: Keyword, "rpc.status", "How the server took the call: success, prog_unavail, prog_mismatch, proc_unavail, garbage_args, system_err, denied.";
    FLAVOR: Keyword, "rpc.auth_flavor", "How the caller is known: none, unix, short, des, rpcsec_gss.";
    UID: Long, "rpc.cred.uid", "User of the caller, in its own words.";
    GID: Long, "rpc.cred.gid", "Group of the caller, in its own words.";
    GIDS: Long, "rpc.cred.gids", "Further groups.";
    STAMP: Long, "rpc.cred.stamp", "Number the caller's machine gave.";
    MACHINE: Keyword, "rpc.cred.machinename", "Name the caller's machine gives itself; its address if it gives none.";
    HOSTNAME: Keyword, "host.hostname", "Name the caller's machine gives itself.";
    DOMAIN: Keyword, "source.domain", "Name the caller's machine gives itself.";
    USER_ID: Keyword, "user.id", "User of the caller, in its own words.";
    GROUP_ID: Keyword, "group.id", "Group of the caller, in its own words.";
}
