//! Fields of the SSH events. Names after Zeek and Suricata where they agree; ECS has none.

use crate::model::FieldRef;
use crate::proto::Dir;

crate::fields! {
    pub FIELDS;
    ESTABLISHED: Boolean, "ssh.established", "Whether the key exchange was completed by both ends.";
    CLIENT_BANNER: Keyword, "ssh.client.banner", "Identification string of the client, without line end.";
    CLIENT_PROTOCOL: Keyword, "ssh.client.protocol_version", "Protocol version of the client: `2.0`, `1.99`, `1.5`.";
    CLIENT_SOFTWARE: Keyword, "ssh.client.software", "Software of the client, without version.";
    CLIENT_VERSION: Keyword, "ssh.client.version", "Version of the client's software.";
    CLIENT_COMMENTS: Keyword, "ssh.client.comments", "Comments of the client's identification string.";
    CLIENT_HASSH: Keyword, "ssh.client.hassh", "HASSH: MD5 of the algorithms the client offers.";
    CLIENT_ALGORITHMS: Wildcard, "ssh.client.hassh_algorithms", "What HASSH hashes (`--detail full`).";
    SERVER_BANNER: Keyword, "ssh.server.banner", "Identification string of the server, without line end.";
    SERVER_PROTOCOL: Keyword, "ssh.server.protocol_version", "Protocol version of the server: `2.0`, `1.99`, `1.5`.";
    SERVER_SOFTWARE: Keyword, "ssh.server.software", "Software of the server, without version.";
    SERVER_VERSION: Keyword, "ssh.server.version", "Version of the server's software.";
    SERVER_COMMENTS: Keyword, "ssh.server.comments", "Comments of the server's identification string.";
    SERVER_HASSH: Keyword, "ssh.server.hassh", "HASSHserver: MD5 of the algorithms the server offers.";
    SERVER_ALGORITHMS: Wildcard, "ssh.server.hassh_algorithms", "What HASSHserver hashes (`--detail full`).";
    KEX: Keyword, "ssh.kex_algorithm", "Key exchange method chosen.";
    HOST_KEY_ALGORITHM: Keyword, "ssh.host_key_algorithm", "Signature algorithm of the host key chosen.";
    CIPHER: Keyword, "ssh.cipher", "Encryption chosen; two values, client to server first, if they differ.";
    MAC: Keyword, "ssh.mac", "Message authentication chosen; `implicit` if the cipher brings its own.";
    COMPRESSION: Keyword, "ssh.compression", "Compression chosen.";
    STRICT: Boolean, "ssh.strict_key_exchange", "Both ends support strict key exchange, the cure for CVE-2023-48795.";
    HOST_KEY_TYPE: Keyword, "ssh.server.host_key.type", "Type of the server's host key.";
    HOST_KEY: Keyword, "ssh.server.host_key.fingerprint", "Fingerprint of the server's host key as OpenSSH prints it (SHA-256).";
    FAILURES: Long, "ssh.auth.failures", "Replies to log-in requests that by their size look like refusals; most clients begin with a request that is meant to be refused.";
}

/// The fields of one end.
pub(super) struct SideFields {
    pub index: Dir,
    pub banner: FieldRef,
    pub protocol: FieldRef,
    pub software: FieldRef,
    pub version: FieldRef,
    pub comments: FieldRef,
    pub hassh: FieldRef,
    pub algorithms: FieldRef,
}

/// Of the client.
pub(super) static CLIENT: SideFields = SideFields {
    index: Dir::Client,
    banner: &CLIENT_BANNER,
    protocol: &CLIENT_PROTOCOL,
    software: &CLIENT_SOFTWARE,
    version: &CLIENT_VERSION,
    comments: &CLIENT_COMMENTS,
    hassh: &CLIENT_HASSH,
    algorithms: &CLIENT_ALGORITHMS,
};

/// Of the server.
pub(super) static SERVER: SideFields = SideFields {
    index: Dir::Server,
    banner: &SERVER_BANNER,
    protocol: &SERVER_PROTOCOL,
    software: &SERVER_SOFTWARE,
    version: &SERVER_VERSION,
    comments: &SERVER_COMMENTS,
    hassh: &SERVER_HASSH,
    algorithms: &SERVER_ALGORITHMS,
};
