//! Fields of the TLS events. Names: ECS 9 `tls.*`; Packetbeat 7.17 `tls.detailed.*`; ours where neither
//! has one (JA4, alerts, certificate issues).

use crate::model::FieldRef;

crate::fields! {
    pub FIELDS;
    VERSION: Keyword, "tls.version", "Version agreed on: `2.0` and `3.0` (SSL), `1.0` to `1.3`. Without a ServerHello the one by which the ClientHello names itself, which is `1.2` for TLS 1.3.";
    VERSION_PROTOCOL: Keyword, "tls.version_protocol", "`ssl`, `tls` or `dtls`.";
    CIPHER: Keyword, "tls.cipher", "Cipher suite the server chose, IANA name.";
    CURVE: Keyword, "tls.curve", "Group of the key exchange, IANA name.";
    ESTABLISHED: Boolean, "tls.established", "Whether both sides finished the handshake.";
    RESUMED: Boolean, "tls.resumed", "Whether an earlier session was resumed (session id, ticket or pre-shared key).";
    NEXT_PROTOCOL: Keyword, "tls.next_protocol", "Application protocol the server chose (ALPN, RFC 7301); encrypted in TLS 1.3.";
    RETRY: Boolean, "tls.hello_retry_request", "The server asked for another ClientHello (TLS 1.3).";
    SERVER_NAME: Keyword, "tls.client.server_name", "Host name the client asked for (RFC 6066 §3).";
    SUPPORTED_CIPHERS: Keyword, "tls.client.supported_ciphers", "Cipher suites the client offered, in its order, without GREASE.";
    CLIENT_ALPN: Keyword, "tls.client.alpn", "Application protocols the client offered.";
    JA3: Keyword, "tls.client.ja3", "JA3 of the ClientHello.";
    JA4: Keyword, "tls.client.ja4", "JA4 of the ClientHello (FoxIO).";
    ECH: Boolean, "tls.client.encrypted_client_hello", "The ClientHello carries an encrypted one (or GREASE that looks so); the server name is then only the outer one.";
    JA3S: Keyword, "tls.server.ja3s", "JA3S of the ServerHello.";
    ALERT_LEVEL: Keyword, "tls.alert.level", "Level of each alert seen during the handshake: `warning`, `fatal`; `encrypted` for one only known by its size.";
    ALERT_DESCRIPTION: Keyword, "tls.alert.description", "Description of each alert seen during the handshake, as RFC 8446 §6 names them.";
    ALERT_SOURCE: Keyword, "tls.alert.source", "Who sent each alert: `client` or `server`.";
    CLIENT_SUBJECT: Keyword, "tls.client.subject", "Subject of the client's certificate, RFC 4514.";
    CLIENT_ISSUER: Keyword, "tls.client.issuer", "Issuer of the client's certificate, RFC 4514.";
    CLIENT_NOT_BEFORE: Date, "tls.client.not_before", "When the client's certificate begins to be valid.";
    CLIENT_NOT_AFTER: Date, "tls.client.not_after", "When the client's certificate ceases to be valid.";
    CLIENT_MD5: Keyword, "tls.client.hash.md5", "MD5 fingerprint of the client's certificate in DER form, upper-case hexadecimal.";
    CLIENT_SHA1: Keyword, "tls.client.hash.sha1", "SHA1 fingerprint of the client's certificate in DER form, upper-case hexadecimal.";
    CLIENT_SHA256: Keyword, "tls.client.hash.sha256", "SHA256 fingerprint of the client's certificate in DER form, upper-case hexadecimal.";
    CLIENT_CHAIN_LENGTH: Long, "tls.client.certificate_chain_length", "Certificates the client sent.";
    CLIENT_ISSUES: Keyword, "tls.client.certificate_issues", "What is wrong with the client's certificate at the time of the packet: `self_signed`, `expired`, `not_yet_valid`, `weak_key` (RSA or DSA below 2048 bits, curve below 224), `weak_signature` (MD2, MD5, SHA-1), `name_mismatch` (does not cover the name asked for), `malformed`.";
    CLIENT_PEM: Keyword, "tls.client.certificate_chain", "Certificates the client sent, PEM (`--detail full`).";
    CLIENT_X509_ALTERNATIVE_NAMES: Keyword, "tls.client.x509.alternative_names", "Subject alternative names: DNS names, addresses, e-mail addresses, URIs.";
    CLIENT_X509_SERIAL_NUMBER: Keyword, "tls.client.x509.serial_number", "Serial number, decimal as Packetbeat prints it.";
    CLIENT_X509_VERSION_NUMBER: Keyword, "tls.client.x509.version_number", "X.509 version, 1 to 3.";
    CLIENT_X509_SIGNATURE_ALGORITHM: Keyword, "tls.client.x509.signature_algorithm", "Signature algorithm, e.g. `SHA256-RSA`.";
    CLIENT_X509_PUBLIC_KEY_ALGORITHM: Keyword, "tls.client.x509.public_key_algorithm", "Public key algorithm: `RSA`, `ECDSA`, `DSA`, `Ed25519` …, else its object identifier.";
    CLIENT_X509_PUBLIC_KEY_SIZE: Long, "tls.client.x509.public_key_size", "Public key size, bits.";
    CLIENT_X509_PUBLIC_KEY_CURVE: Keyword, "tls.client.x509.public_key_curve", "Curve of an elliptic-curve key, e.g. `nistp256`.";
    CLIENT_X509_PUBLIC_KEY_EXPONENT: Long, "tls.client.x509.public_key_exponent", "Exponent of an RSA key.";
    CLIENT_X509_NOT_BEFORE: Date, "tls.client.x509.not_before", "Begin of validity.";
    CLIENT_X509_NOT_AFTER: Date, "tls.client.x509.not_after", "End of validity.";
    CLIENT_X509_SUBJECT_COMMON_NAME: Keyword, "tls.client.x509.subject.common_name", "Common name (CN) of the subject of the client's certificate.";
    CLIENT_X509_SUBJECT_COUNTRY: Keyword, "tls.client.x509.subject.country", "Country code (C) of the subject of the client's certificate.";
    CLIENT_X509_SUBJECT_ORGANIZATION: Keyword, "tls.client.x509.subject.organization", "Organization (O) of the subject of the client's certificate.";
    CLIENT_X509_SUBJECT_ORGANIZATIONAL_UNIT: Keyword, "tls.client.x509.subject.organizational_unit", "Organizational unit (OU) of the subject of the client's certificate.";
    CLIENT_X509_SUBJECT_LOCALITY: Keyword, "tls.client.x509.subject.locality", "Locality (L) of the subject of the client's certificate.";
    CLIENT_X509_SUBJECT_STATE_OR_PROVINCE: Keyword, "tls.client.x509.subject.state_or_province", "State or province (ST) of the subject of the client's certificate.";
    CLIENT_X509_SUBJECT_DISTINGUISHED_NAME: Keyword, "tls.client.x509.subject.distinguished_name", "Distinguished name, RFC 4514, of the subject of the client's certificate.";
    CLIENT_X509_ISSUER_COMMON_NAME: Keyword, "tls.client.x509.issuer.common_name", "Common name (CN) of the issuer of the client's certificate.";
    CLIENT_X509_ISSUER_COUNTRY: Keyword, "tls.client.x509.issuer.country", "Country code (C) of the issuer of the client's certificate.";
    CLIENT_X509_ISSUER_ORGANIZATION: Keyword, "tls.client.x509.issuer.organization", "Organization (O) of the issuer of the client's certificate.";
    CLIENT_X509_ISSUER_ORGANIZATIONAL_UNIT: Keyword, "tls.client.x509.issuer.organizational_unit", "Organizational unit (OU) of the issuer of the client's certificate.";
    CLIENT_X509_ISSUER_LOCALITY: Keyword, "tls.client.x509.issuer.locality", "Locality (L) of the issuer of the client's certificate.";
    CLIENT_X509_ISSUER_STATE_OR_PROVINCE: Keyword, "tls.client.x509.issuer.state_or_province", "State or province (ST) of the issuer of the client's certificate.";
    CLIENT_X509_ISSUER_DISTINGUISHED_NAME: Keyword, "tls.client.x509.issuer.distinguished_name", "Distinguished name, RFC 4514, of the issuer of the client's certificate.";
    SERVER_SUBJECT: Keyword, "tls.server.subject", "Subject of the server's certificate, RFC 4514.";
    SERVER_ISSUER: Keyword, "tls.server.issuer", "Issuer of the server's certificate, RFC 4514.";
    SERVER_NOT_BEFORE: Date, "tls.server.not_before", "When the server's certificate begins to be valid.";
    SERVER_NOT_AFTER: Date, "tls.server.not_after", "When the server's certificate ceases to be valid.";
    SERVER_MD5: Keyword, "tls.server.hash.md5", "MD5 fingerprint of the server's certificate in DER form, upper-case hexadecimal.";
    SERVER_SHA1: Keyword, "tls.server.hash.sha1", "SHA1 fingerprint of the server's certificate in DER form, upper-case hexadecimal.";
    SERVER_SHA256: Keyword, "tls.server.hash.sha256", "SHA256 fingerprint of the server's certificate in DER form, upper-case hexadecimal.";
    SERVER_CHAIN_LENGTH: Long, "tls.server.certificate_chain_length", "Certificates the server sent.";
    SERVER_ISSUES: Keyword, "tls.server.certificate_issues", "What is wrong with the server's certificate at the time of the packet: `self_signed`, `expired`, `not_yet_valid`, `weak_key` (RSA or DSA below 2048 bits, curve below 224), `weak_signature` (MD2, MD5, SHA-1), `name_mismatch` (does not cover the name asked for), `malformed`.";
    SERVER_PEM: Keyword, "tls.server.certificate_chain", "Certificates the server sent, PEM (`--detail full`).";
    SERVER_X509_ALTERNATIVE_NAMES: Keyword, "tls.server.x509.alternative_names", "Subject alternative names: DNS names, addresses, e-mail addresses, URIs.";
    SERVER_X509_SERIAL_NUMBER: Keyword, "tls.server.x509.serial_number", "Serial number, decimal as Packetbeat prints it.";
    SERVER_X509_VERSION_NUMBER: Keyword, "tls.server.x509.version_number", "X.509 version, 1 to 3.";
    SERVER_X509_SIGNATURE_ALGORITHM: Keyword, "tls.server.x509.signature_algorithm", "Signature algorithm, e.g. `SHA256-RSA`.";
    SERVER_X509_PUBLIC_KEY_ALGORITHM: Keyword, "tls.server.x509.public_key_algorithm", "Public key algorithm: `RSA`, `ECDSA`, `DSA`, `Ed25519` …, else its object identifier.";
    SERVER_X509_PUBLIC_KEY_SIZE: Long, "tls.server.x509.public_key_size", "Public key size, bits.";
    SERVER_X509_PUBLIC_KEY_CURVE: Keyword, "tls.server.x509.public_key_curve", "Curve of an elliptic-curve key, e.g. `nistp256`.";
    SERVER_X509_PUBLIC_KEY_EXPONENT: Long, "tls.server.x509.public_key_exponent", "Exponent of an RSA key.";
    SERVER_X509_NOT_BEFORE: Date, "tls.server.x509.not_before", "Begin of validity.";
    SERVER_X509_NOT_AFTER: Date, "tls.server.x509.not_after", "End of validity.";
    SERVER_X509_SUBJECT_COMMON_NAME: Keyword, "tls.server.x509.subject.common_name", "Common name (CN) of the subject of the server's certificate.";
    SERVER_X509_SUBJECT_COUNTRY: Keyword, "tls.server.x509.subject.country", "Country code (C) of the subject of the server's certificate.";
    SERVER_X509_SUBJECT_ORGANIZATION: Keyword, "tls.server.x509.subject.organization", "Organization (O) of the subject of the server's certificate.";
    SERVER_X509_SUBJECT_ORGANIZATIONAL_UNIT: Keyword, "tls.server.x509.subject.organizational_unit", "Organizational unit (OU) of the subject of the server's certificate.";
    SERVER_X509_SUBJECT_LOCALITY: Keyword, "tls.server.x509.subject.locality", "Locality (L) of the subject of the server's certificate.";
    SERVER_X509_SUBJECT_STATE_OR_PROVINCE: Keyword, "tls.server.x509.subject.state_or_province", "State or province (ST) of the subject of the server's certificate.";
    SERVER_X509_SUBJECT_DISTINGUISHED_NAME: Keyword, "tls.server.x509.subject.distinguished_name", "Distinguished name, RFC 4514, of the subject of the server's certificate.";
    SERVER_X509_ISSUER_COMMON_NAME: Keyword, "tls.server.x509.issuer.common_name", "Common name (CN) of the issuer of the server's certificate.";
    SERVER_X509_ISSUER_COUNTRY: Keyword, "tls.server.x509.issuer.country", "Country code (C) of the issuer of the server's certificate.";
    SERVER_X509_ISSUER_ORGANIZATION: Keyword, "tls.server.x509.issuer.organization", "Organization (O) of the issuer of the server's certificate.";
    SERVER_X509_ISSUER_ORGANIZATIONAL_UNIT: Keyword, "tls.server.x509.issuer.organizational_unit", "Organizational unit (OU) of the issuer of the server's certificate.";
    SERVER_X509_ISSUER_LOCALITY: Keyword, "tls.server.x509.issuer.locality", "Locality (L) of the issuer of the server's certificate.";
    SERVER_X509_ISSUER_STATE_OR_PROVINCE: Keyword, "tls.server.x509.issuer.state_or_province", "State or province (ST) of the issuer of the server's certificate.";
    SERVER_X509_ISSUER_DISTINGUISHED_NAME: Keyword, "tls.server.x509.issuer.distinguished_name", "Distinguished name, RFC 4514, of the issuer of the server's certificate.";
    D_VERSION: Keyword, "tls.detailed.version", "Version with the name of the protocol: `TLS 1.2`.";
    D_RESUMPTION: Keyword, "tls.detailed.resumption_method", "How the session was resumed: `id`, `ticket`, `psk`.";
    D_REQUESTED: Boolean, "tls.detailed.client_certificate_requested", "The server asked for a client certificate (TLS 1.2 and older; encrypted in TLS 1.3).";
    D_ALERTS: Keyword, "tls.detailed.alert_types", "Descriptions of the alerts.";
    CH_VERSION: Keyword, "tls.detailed.client_hello.version", "Version number in the hello: `3.3` is TLS 1.2.";
    CH_RANDOM: Keyword, "tls.detailed.client_hello.random", "Random value, hexadecimal: by it key logs name the connection.";
    CH_SESSION_ID: Keyword, "tls.detailed.client_hello.session_id", "Session id, hexadecimal.";
    CH_COMPRESSIONS: Keyword, "tls.detailed.client_hello.supported_compression_methods", "Compression methods offered.";
    CH_SNI: Keyword, "tls.detailed.client_hello.extensions.server_name_indication", "Host names asked for.";
    CH_ALPN: Keyword, "tls.detailed.client_hello.extensions.application_layer_protocol_negotiation", "Application protocols.";
    CH_GROUPS: Keyword, "tls.detailed.client_hello.extensions.supported_groups", "Key exchange groups, without GREASE.";
    CH_SCHEMES: Keyword, "tls.detailed.client_hello.extensions.signature_algorithms", "Signature schemes, without GREASE.";
    CH_POINTS: Keyword, "tls.detailed.client_hello.extensions.ec_points_formats", "Point formats.";
    CH_VERSIONS: Keyword, "tls.detailed.client_hello.extensions.supported_versions", "Versions, without GREASE.";
    CH_TICKET: Keyword, "tls.detailed.client_hello.extensions.session_ticket", "Session ticket: empty, or `(n bytes)`.";
    CH_UNPARSED: Keyword, "tls.detailed.client_hello.extensions._unparsed_", "Other extensions: Packetbeat name or number, without GREASE.";
    SH_VERSION: Keyword, "tls.detailed.server_hello.version", "Version number in the hello: `3.3` is TLS 1.2.";
    SH_RANDOM: Keyword, "tls.detailed.server_hello.random", "Random value, hexadecimal.";
    SH_SESSION_ID: Keyword, "tls.detailed.server_hello.session_id", "Session id, hexadecimal.";
    SH_COMPRESSIONS: Keyword, "tls.detailed.server_hello.selected_compression_method", "Compression method chosen.";
    SH_ALPN: Keyword, "tls.detailed.server_hello.extensions.application_layer_protocol_negotiation", "Application protocols.";
    SH_POINTS: Keyword, "tls.detailed.server_hello.extensions.ec_points_formats", "Point formats.";
    SH_VERSIONS: Keyword, "tls.detailed.server_hello.extensions.supported_versions", "Versions, without GREASE.";
    SH_TICKET: Keyword, "tls.detailed.server_hello.extensions.session_ticket", "Session ticket: empty, or `(n bytes)`.";
    SH_UNPARSED: Keyword, "tls.detailed.server_hello.extensions._unparsed_", "Other extensions: Packetbeat name or number, without GREASE.";
    CLIENT_X509_VERSION: Keyword, "tls.client.x509.version", "The same as `version_number`, under the name it had before ECS.";
    CLIENT_X509_SUBJECT_PROVINCE: Keyword, "tls.client.x509.subject.province", "The same as `state_or_province`, under the name it had before ECS.";
    CLIENT_X509_ISSUER_PROVINCE: Keyword, "tls.client.x509.issuer.province", "The same as `state_or_province`, under the name it had before ECS.";
    CLIENT_D_CERT: Flattened, "tls.detailed.client_certificate", "The client's certificate, members as in `tls.client.x509`.";
    CLIENT_D_CHAIN: Flattened, "tls.detailed.client_certificate_chain", "The certificates above the client's, members as in `tls.client.x509`.";
    SERVER_X509_VERSION: Keyword, "tls.server.x509.version", "The same as `version_number`, under the name it had before ECS.";
    SERVER_X509_SUBJECT_PROVINCE: Keyword, "tls.server.x509.subject.province", "The same as `state_or_province`, under the name it had before ECS.";
    SERVER_X509_ISSUER_PROVINCE: Keyword, "tls.server.x509.issuer.province", "The same as `state_or_province`, under the name it had before ECS.";
    SERVER_D_CERT: Flattened, "tls.detailed.server_certificate", "The server's certificate, members as in `tls.server.x509`.";
    SERVER_D_CHAIN: Flattened, "tls.detailed.server_certificate_chain", "The certificates above the server's, members as in `tls.server.x509`.";
}

/// What the hellos fill, whatever carries them.
pub static HELLOS: &[FieldRef] = &[
    &CIPHER,
    &CURVE,
    &RETRY,
    &SERVER_NAME,
    &SUPPORTED_CIPHERS,
    &CLIENT_ALPN,
    &JA3,
    &JA4,
    &ECH,
    &JA3S,
    &NEXT_PROTOCOL,
    &CH_VERSION,
    &CH_RANDOM,
    &CH_SESSION_ID,
    &CH_COMPRESSIONS,
    &CH_SNI,
    &CH_ALPN,
    &CH_GROUPS,
    &CH_SCHEMES,
    &CH_POINTS,
    &CH_VERSIONS,
    &CH_TICKET,
    &CH_UNPARSED,
    &SH_VERSION,
    &SH_RANDOM,
    &SH_SESSION_ID,
    &SH_COMPRESSIONS,
    &SH_ALPN,
    &SH_POINTS,
    &SH_VERSIONS,
    &SH_TICKET,
    &SH_UNPARSED,
];

/// The fields of one side's certificate.
pub(super) struct CertFields {
    pub subject: FieldRef,
    pub issuer: FieldRef,
    pub not_before: FieldRef,
    pub not_after: FieldRef,
    pub md5: FieldRef,
    pub sha1: FieldRef,
    pub sha256: FieldRef,
    pub chain_length: FieldRef,
    pub issues: FieldRef,
    pub pem: FieldRef,
    pub names: FieldRef,
    pub serial: FieldRef,
    pub version: FieldRef,
    pub signature: FieldRef,
    pub key: FieldRef,
    pub key_size: FieldRef,
    pub key_curve: FieldRef,
    pub key_exponent: FieldRef,
    pub old_version: FieldRef,
    /// Of subject and issuer.
    pub old_provinces: [FieldRef; 2],
    pub x509_not_before: FieldRef,
    pub x509_not_after: FieldRef,
    pub detail: FieldRef,
    pub detail_chain: FieldRef,
    /// In the order of [`super::cert::NAME_PARTS`], then the whole name.
    pub subject_parts: [FieldRef; 7],
    pub issuer_parts: [FieldRef; 7],
}

/// Of the client.
pub(super) static CLIENT: CertFields = CertFields {
    subject: &CLIENT_SUBJECT,
    issuer: &CLIENT_ISSUER,
    not_before: &CLIENT_NOT_BEFORE,
    not_after: &CLIENT_NOT_AFTER,
    md5: &CLIENT_MD5,
    sha1: &CLIENT_SHA1,
    sha256: &CLIENT_SHA256,
    chain_length: &CLIENT_CHAIN_LENGTH,
    issues: &CLIENT_ISSUES,
    pem: &CLIENT_PEM,
    names: &CLIENT_X509_ALTERNATIVE_NAMES,
    serial: &CLIENT_X509_SERIAL_NUMBER,
    version: &CLIENT_X509_VERSION_NUMBER,
    signature: &CLIENT_X509_SIGNATURE_ALGORITHM,
    key: &CLIENT_X509_PUBLIC_KEY_ALGORITHM,
    key_size: &CLIENT_X509_PUBLIC_KEY_SIZE,
    key_curve: &CLIENT_X509_PUBLIC_KEY_CURVE,
    key_exponent: &CLIENT_X509_PUBLIC_KEY_EXPONENT,
    old_version: &CLIENT_X509_VERSION,
    old_provinces: [&CLIENT_X509_SUBJECT_PROVINCE, &CLIENT_X509_ISSUER_PROVINCE],
    x509_not_before: &CLIENT_X509_NOT_BEFORE,
    x509_not_after: &CLIENT_X509_NOT_AFTER,
    detail: &CLIENT_D_CERT,
    detail_chain: &CLIENT_D_CHAIN,
    subject_parts: [
        &CLIENT_X509_SUBJECT_COMMON_NAME,
        &CLIENT_X509_SUBJECT_COUNTRY,
        &CLIENT_X509_SUBJECT_ORGANIZATION,
        &CLIENT_X509_SUBJECT_ORGANIZATIONAL_UNIT,
        &CLIENT_X509_SUBJECT_LOCALITY,
        &CLIENT_X509_SUBJECT_STATE_OR_PROVINCE,
        &CLIENT_X509_SUBJECT_DISTINGUISHED_NAME,
    ],
    issuer_parts: [
        &CLIENT_X509_ISSUER_COMMON_NAME,
        &CLIENT_X509_ISSUER_COUNTRY,
        &CLIENT_X509_ISSUER_ORGANIZATION,
        &CLIENT_X509_ISSUER_ORGANIZATIONAL_UNIT,
        &CLIENT_X509_ISSUER_LOCALITY,
        &CLIENT_X509_ISSUER_STATE_OR_PROVINCE,
        &CLIENT_X509_ISSUER_DISTINGUISHED_NAME,
    ],
};

/// Of the server.
pub(super) static SERVER: CertFields = CertFields {
    subject: &SERVER_SUBJECT,
    issuer: &SERVER_ISSUER,
    not_before: &SERVER_NOT_BEFORE,
    not_after: &SERVER_NOT_AFTER,
    md5: &SERVER_MD5,
    sha1: &SERVER_SHA1,
    sha256: &SERVER_SHA256,
    chain_length: &SERVER_CHAIN_LENGTH,
    issues: &SERVER_ISSUES,
    pem: &SERVER_PEM,
    names: &SERVER_X509_ALTERNATIVE_NAMES,
    serial: &SERVER_X509_SERIAL_NUMBER,
    version: &SERVER_X509_VERSION_NUMBER,
    signature: &SERVER_X509_SIGNATURE_ALGORITHM,
    key: &SERVER_X509_PUBLIC_KEY_ALGORITHM,
    key_size: &SERVER_X509_PUBLIC_KEY_SIZE,
    key_curve: &SERVER_X509_PUBLIC_KEY_CURVE,
    key_exponent: &SERVER_X509_PUBLIC_KEY_EXPONENT,
    old_version: &SERVER_X509_VERSION,
    old_provinces: [&SERVER_X509_SUBJECT_PROVINCE, &SERVER_X509_ISSUER_PROVINCE],
    x509_not_before: &SERVER_X509_NOT_BEFORE,
    x509_not_after: &SERVER_X509_NOT_AFTER,
    detail: &SERVER_D_CERT,
    detail_chain: &SERVER_D_CHAIN,
    subject_parts: [
        &SERVER_X509_SUBJECT_COMMON_NAME,
        &SERVER_X509_SUBJECT_COUNTRY,
        &SERVER_X509_SUBJECT_ORGANIZATION,
        &SERVER_X509_SUBJECT_ORGANIZATIONAL_UNIT,
        &SERVER_X509_SUBJECT_LOCALITY,
        &SERVER_X509_SUBJECT_STATE_OR_PROVINCE,
        &SERVER_X509_SUBJECT_DISTINGUISHED_NAME,
    ],
    issuer_parts: [
        &SERVER_X509_ISSUER_COMMON_NAME,
        &SERVER_X509_ISSUER_COUNTRY,
        &SERVER_X509_ISSUER_ORGANIZATION,
        &SERVER_X509_ISSUER_ORGANIZATIONAL_UNIT,
        &SERVER_X509_ISSUER_LOCALITY,
        &SERVER_X509_ISSUER_STATE_OR_PROVINCE,
        &SERVER_X509_ISSUER_DISTINGUISHED_NAME,
    ],
};
