//! Fields of SMB events.

crate::fields! {
    pub FIELDS;
    VERSION: Keyword, "smb.version", "Generation of the message: `1` or `2` (which SMB 3 also speaks).";
    DIALECT: Keyword, "smb.dialect", "Dialect agreed on: `NT LM 0.12`, `2.1`, `3.1.1`.";
    DIALECTS: Keyword, "smb.dialects", "Dialects the client offers.";
    STATUS_NAME: Keyword, "smb.status", "NT status of the response, by name where it has one.";
    SESSION: Keyword, "smb.session_id", "Session, hexadecimal.";
    SHARE: Wildcard, "smb.share", "Share the request goes to: `\\\\server\\name`.";
    SHARE_TYPE: Keyword, "smb.share_type", "`disk`, `pipe` or `print`.";
    DISPOSITION: Keyword, "smb.disposition", "What to do if the file exists or not: `open`, `create`, `overwrite_if` …";
    CREATED: Keyword, "smb.create_action", "What opening did: `opened`, `created`, `overwritten`, `superseded`.";
    ACCESS: Keyword, "smb.access", "Rights asked for that matter: `read`, `write`, `delete`, `execute`, `maximum`, `generic`.";
    DELETE: Boolean, "smb.delete", "The file is to be deleted, at once or when closed.";
    RENAMED: Wildcard, "smb.renamed_to", "New path of a file that is renamed.";
    PATTERN: Keyword, "smb.pattern", "Names asked for in a directory.";
    CONTROL: Keyword, "smb.control_code", "Control code of an IOCTL, by name where it has one.";
    READ_BYTES: Long, "smb.read.bytes", "Bytes read from the file while it was open.";
    READS: Long, "smb.read.count", "Reads that succeeded.";
    WRITE_BYTES: Long, "smb.write.bytes", "Bytes written to the file while it was open.";
    WRITES: Long, "smb.write.count", "Writes asked for.";
    SIGNING: Boolean, "smb.signing_required", "The server demands signatures.";
    SERVER_GUID: Keyword, "smb.server_guid", "The server's identity, hexadecimal as on the wire.";
    GUEST: Boolean, "smb.guest", "The session is a guest's or nobody's.";
}
