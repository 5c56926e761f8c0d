//! The sections with options of their own; names and meaning are those of packetbeat.reference.yml 7.17.

use super::{Others, Section};
use serde::Deserialize;
use serde::de::MapAccess;

/// Declares the sections, and the table of them for docs/protocols.md.
macro_rules! sections {
    ($($(#[doc = $about:literal])* $name:ident: $kind:ident {
        $($(#[doc = $doc:literal])* $option:ident: $type:ty,)*
    })*) => {
        $(
            $(#[doc = $about])*
            #[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
            #[serde(deny_unknown_fields, default)]
            pub struct $kind {
                /// Whether it is looked for at all.
                pub enabled: Option<bool>,
                /// Server ports where it is looked for first; in place of the usual ones.
                pub ports: Option<Vec<u16>>,
                $($(#[doc = $doc])* pub $option: Option<$type>,)*
            }
        )*

        /// Sections by protocol.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Sections {
            $($(#[doc = $about])* pub $name: $kind,)*
            others: Others,
        }

        impl Sections {
            /// Reads the section of a protocol.
            pub(super) fn read<'de, A: MapAccess<'de>>(
                &mut self,
                protocol: &'static str,
                map: &mut A,
            ) -> Result<(), A::Error> {
                match protocol {
                    $(stringify!($name) => self.$name = map.next_value()?,)*
                    _ => drop(self.others.insert(protocol, map.next_value()?)),
                }
                Ok(())
            }

            /// What every section may say of a protocol: `enabled` and `ports`.
            pub(super) fn common(&self, protocol: &str) -> (Option<bool>, Option<&[u16]>) {
                match protocol {
                    $(stringify!($name) => (self.$name.enabled, self.$name.ports.as_deref()),)*
                    _ => {
                        let other = self.others.get(protocol);
                        let ports = |section: &'_ Section| section.enabled;
                        (other.and_then(ports), other.and_then(|section| section.ports.as_deref()))
                    }
                }
            }
        }

        /// Options by protocol, with their meaning.
        pub static OPTIONS: &[(&str, &[(&str, &str)])] = &[
            $((stringify!($name), &[$((stringify!($option), concat!($($doc,)*)),)*]),)*
        ];
    };
}

sections! {
    /// AMQP.
    amqp: Amqp {
        /// The request as text; as --detail says.
        send_request: bool,
        /// The response as text; as --detail says.
        send_response: bool,
        /// Bytes of a message in these texts; 1000.
        max_body_length: usize,
        /// Whether the properties of messages are told; true.
        parse_headers: bool,
        /// Whether the arguments of declarations are told; true.
        parse_arguments: bool,
        /// Whether methods of the connection, log-ins among them, are left out; false.
        hide_connection_information: bool,
    }
    /// Cassandra.
    cassandra: Cassandra {
        /// Fields of the request; true. The statement as text: as --detail says.
        send_request: bool,
        /// Fields of its head; true.
        send_request_header: bool,
        /// Fields of the response; true. Its rows as text: as --detail says.
        send_response: bool,
        /// Fields of its head; true.
        send_response_header: bool,
        /// How bodies are compressed where the beginning of the connection is missing: snappy or lz4.
        compressor: String,
        /// Operations that are not told: OPTIONS, SUPPORTED, REGISTER; those of the request count.
        ignored_ops: Vec<String>,
    }
    /// DNS.
    dns: Dns {
        /// The query as text; as --detail says.
        send_request: bool,
        /// The response as text; as --detail says.
        send_response: bool,
        /// Authority records; as --detail says.
        include_authorities: bool,
        /// Additional records; as --detail says.
        include_additionals: bool,
    }
    /// HTTP, version 2 too.
    http: Http {
        /// The request as text; as --detail says.
        send_request: bool,
        /// The response as text; as --detail says.
        send_response: bool,
        /// Parameters of addresses and forms whose values are masked, besides the usual names of passwords; in any case.
        hide_keywords: Vec<String>,
        /// Names of the headers that are told.
        send_headers: Vec<String>,
        /// All headers; as --detail says.
        send_all_headers: bool,
        /// Headers whose values are replaced by REDACTED.
        redact_headers: Vec<String>,
        /// Types of content, or beginnings of them, whose bodies are told; those that are text, with --detail full.
        include_body_for: Vec<String>,
        /// The same for requests.
        include_request_body_for: Vec<String>,
        /// The same for responses.
        include_response_body_for: Vec<String>,
        /// Whether compressed bodies are uncompressed; true.
        decode_body: bool,
        /// Whether cookies are told one by one; false.
        split_cookie: bool,
        /// The header with the address of the client behind a proxy; X-Forwarded-For, X-Real-IP or Forwarded.
        real_ip_header: String,
        /// Bytes of a message that are kept, 10485760 at most; 131072.
        max_message_size: usize,
    }
    /// memcached.
    memcache: Memcache {
        /// The request as text; as --detail says.
        send_request: bool,
        /// The response as text; as --detail says.
        send_response: bool,
        /// Values told per message, in base64: -1 all, 0 none; 0.
        maxvalues: i64,
        /// Bytes of each of them; 8192, which is also the most.
        maxbytespervalue: usize,
    }
    /// MongoDB.
    mongodb: Mongodb {
        /// The request with its documents; as --detail says.
        send_request: bool,
        /// Documents of the response; as --detail says.
        send_response: bool,
        /// Documents of a response that are told; 10.
        max_docs: usize,
        /// Bytes of each of them, 0 for all that are kept; 5000.
        max_doc_length: usize,
    }
    /// MySQL and MariaDB.
    mysql: Mysql {
        /// The statement as text; as --detail says.
        send_request: bool,
        /// Rows of the result as text; as --detail says.
        send_response: bool,
        /// Rows in that text; 10.
        max_rows: usize,
        /// Bytes of each of them; 1024.
        max_row_length: usize,
    }
    /// PostgreSQL.
    pgsql: Pgsql {
        /// The statement as text; as --detail says.
        send_request: bool,
        /// Rows of the result as text; as --detail says.
        send_response: bool,
        /// Rows in that text; 10.
        max_rows: usize,
        /// Bytes of each of them; 1024.
        max_row_length: usize,
    }
    /// Redis.
    redis: Redis {
        /// The command as text; as --detail says.
        send_request: bool,
        /// The reply as text; as --detail says.
        send_response: bool,
    }
    /// SIP.
    sip: Sip {
        /// Credentials and who they are of; true.
        parse_authorization: bool,
        /// Session descriptions; true.
        parse_body: bool,
        /// The message as text; as --detail says.
        keep_original: bool,
    }
    /// Thrift.
    thrift: Thrift {
        /// The call as text; as --detail says.
        send_request: bool,
        /// The result as text; as --detail says.
        send_response: bool,
        /// Bytes of a string that are shown; 200.
        string_max_size: usize,
        /// Members of a list, set, map or struct that are shown; 15.
        collection_max_size: u32,
        /// Whether results are read at all; true.
        capture_reply: bool,
        /// Whether * stands in the place of every string; false.
        obfuscate_strings: bool,
        /// Fields of a struct beyond which the connection is given up; 500.
        drop_after_n_struct_fields: u32,
    }
    /// TLS, DTLS and the handshakes inside QUIC.
    tls: Tls {
        /// What certificates say; true.
        send_certificates: bool,
        /// Certificates as PEM; as --detail says.
        include_raw_certificates: bool,
        /// `tls.detailed.*`; as --detail says.
        include_detailed_fields: bool,
        /// Hashes of certificates, of md5, sha1, sha256; all three.
        fingerprints: Vec<Fingerprint>,
    }
}

/// A hash of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fingerprint {
    /// MD5.
    Md5,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
}
