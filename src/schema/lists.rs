//! Fields that always hold a list. A table with typed columns needs to know before the first value comes.
//! A test reads every capture and log of the repository and fails where a field that is not named here
//! holds nothing but lists.

/// By name.
pub static LISTS: &[&str] = &[
    "dhcpv4.option.dns_servers",
    "dhcpv4.option.ntp_servers",
    "dhcpv4.option.parameter_request_list",
    "dhcpv4.option.router",
    "dns.header_flags",
    "dns.resolved_ip",
    "event.category",
    "event.type",
    "kerberos.etypes",
    "kerberos.preauth",
    "memcache.request.keys",
    "memcache.response.keys",
    "netlog.dns.options",
    "netlog.dns.questions",
    "netlog.flow.destination.tcp_flags",
    "netlog.flow.source.tcp_flags",
    "netlog.http.response.informational",
    "netlog.icmp.prefixes",
    "nfs.file_name",
    "nfs.operations",
    "quic.offered_versions",
    "rdp.requested",
    "related.ip",
    "rpc.cred.gids",
    "sip.allow",
    "sip.sdp.media.description",
    "sip.supported",
    "sip.via.original",
    "smb.dialects",
    "smtp.rcpt_to",
    "snmp.oids",
    "snmp.values",
    "socks.methods",
    "telnet.commands",
    "tftp.options",
    "tls.alert.description",
    "tls.alert.level",
    "tls.alert.source",
    "tls.client.alpn",
    "tls.client.certificate_chain",
    "tls.client.certificate_issues",
    "tls.client.supported_ciphers",
    "tls.server.certificate_chain",
    "tls.server.certificate_issues",
    "tls.server.x509.alternative_names",
];

/// Whether the field always holds a list.
pub fn is_list(name: &str) -> bool {
    LISTS.binary_search(&name).is_ok()
}
