//! Sessions with servers people run (testdata/make-servers.sh, make-stores.sh, make-tunnels.sh): golden events beside each capture
//! (`UPDATE=1` writes them), and the same values as tshark's decoding of the same file.

use crate::packetbeat::{events, json};
use crate::told::{compare_golden, testdata};
use crate::tshark;

/// Captures under testdata/proto, and the data set their golden files show.
const CAPTURES: &[(&str, &str)] = &[
    ("amqp/rabbitmq", "amqp"),
    ("dhcpv4/kea", "dhcpv4"),
    ("dhcpv6/kea", "dhcpv6"),
    ("dns/avahi", "mdns"),
    ("dns/bind", "dns"),
    ("dns/unbound", "dns"),
    ("ike/strongswan", "ike"),
    ("imap/dovecot", "imap"),
    ("kerberos/mit", "kerberos"),
    ("ldap/openldap", "ldap"),
    ("memcache/libmemcached", "memcache"),
    ("mount/ganesha", "mount"),
    ("mqtt/mosquitto", "mqtt"),
    ("nfs/ganesha", "nfs"),
    ("ntp/chrony", "ntp"),
    ("pop3/dovecot", "pop3"),
    ("portmap/rpcbind", "portmap"),
    ("radius/freeradius", "radius"),
    ("rdp/xrdp", "rdp"),
    ("sip/kamailio", "sip"),
    ("smb/samba", "smb"),
    ("smtp/postfix", "smtp"),
    ("snmp/netsnmp", "snmp"),
    ("socks/dante", "socks"),
    ("socks/microsocks", "socks"),
    ("ssdp/minidlna", "ssdp"),
    ("stun/coturn", "stun"),
    ("telnet/inetutils", "telnet"),
    ("tftp/hpa", "tftp"),
    ("thrift/python", "thrift"),
    ("wireguard/go", "wireguard"),
];

/// How the values of both sides are compared.
enum As {
    /// As often on both sides.
    Each,
    /// The same values, however often: a message names them again, or we tell one event of several messages.
    Set,
}
use As::{Each, Set};

/// (capture, tshark's filter, tshark's fields with `|` between them, our field, how).
const SAME: &[(&str, &str, &str, &str, As)] = &[
    ("amqp/rabbitmq", "amqp", "amqp.method.arguments.queue", "amqp.queue", Set),
    ("amqp/rabbitmq", "amqp", "amqp.method.arguments.routing_key", "amqp.routing-key", Each),
    ("amqp/rabbitmq", "amqp", "amqp.method.arguments.exchange", "amqp.exchange", Each),
    ("dhcpv4/kea", "dhcp", "dhcp.id", "dhcpv4.transaction_id", Each),
    ("dhcpv4/kea", "!(dhcp.ip.your == 0.0.0.0)", "dhcp.ip.your", "dhcpv4.assigned_ip", Each),
    ("dhcpv4/kea", "dhcp", "dhcp.option.requested_ip_address", "dhcpv4.option.requested_ip_address", Each),
    ("dhcpv4/kea", "dhcp", "dhcp.option.hostname", "dhcpv4.option.hostname", Each),
    ("dhcpv6/kea", "dhcpv6", "dhcpv6.xid", "dhcpv6.transaction_id", Each),
    ("dhcpv6/kea", "dhcpv6", "dhcpv6.iaaddr.ip", "dhcpv6.addresses", Each),
    ("dns/avahi", "mdns", "dns.resp.name", "dns.answers.name", Set),
    ("dns/bind", "dns.flags.response == 0", "dns.id", "dns.id", Each),
    ("dns/bind", "dns.flags.response == 0", "dns.qry.name", "dns.question.name", Each),
    ("dns/bind", "dns.flags.response == 1", "dns.flags.rcode", "dns.response_code", Each),
    ("dns/bind", "dns.flags.response == 1", "dns.count.answers", "dns.answers_count", Set),
    ("dns/unbound", "dns.flags.response == 0", "dns.id", "dns.id", Each),
    ("dns/unbound", "dns.flags.response == 0", "dns.qry.name", "dns.question.name", Each),
    ("dns/unbound", "dns.flags.response == 1", "dns.flags.rcode", "dns.response_code", Each),
    ("dns/unbound", "dns.flags.response == 1", "dns.count.answers", "dns.answers_count", Each),
    ("ike/strongswan", "isakmp", "isakmp.ispi", "ike.initiator.spi", Set),
    ("ike/strongswan", "isakmp.rspi != 00:00:00:00:00:00:00:00", "isakmp.rspi", "ike.responder.spi", Set),
    ("imap/dovecot", "imap", "imap.request_tag", "imap.tag", Each),
    ("imap/dovecot", "imap", "imap.response.status", "imap.reply.status", Set),
    ("imap/dovecot", "imf", "imf.subject", "email.subject", Each),
    ("kerberos/mit", "kerberos", "kerberos.error_code", "error.code", Each),
    ("kerberos/mit", "kerberos", "kerberos.e_text", "error.message", Each),
    ("ldap/openldap", "ldap", "ldap.resultCode", "ldap.result_code", Each),
    ("ldap/openldap", "tcp.dstport == 389", "ldap.messageID", "ldap.message_id", Each),
    (
        "memcache/libmemcached",
        "memcache.magic == 0x80",
        "memcache.opcode",
        "memcache.request.opcode_value",
        Each,
    ),
    ("memcache/libmemcached", "memcache.magic == 0x80", "memcache.opaque", "memcache.request.opaque", Each),
    ("mount/ganesha", "rpc.msgtyp == 0", "rpc.xid", "rpc.xid", Each),
    ("mount/ganesha", "mount", "mount.path", "path", Each),
    ("mount/ganesha", "mount", "mount.export.directory", "mount.exports", Each),
    ("mqtt/mosquitto", "mqtt", "mqtt.topic", "mqtt.topic", Each),
    ("mqtt/mosquitto", "mqtt", "mqtt.clientid", "mqtt.client_id", Set),
    ("mqtt/mosquitto", "mqtt", "mqtt.willtopic", "mqtt.will_topic", Each),
    ("mqtt/mosquitto", "mqtt.msgtype == 1", "mqtt.kalive", "mqtt.keep_alive", Each),
    ("nfs/ganesha", "nfs && rpc.msgtyp == 0", "rpc.xid", "rpc.xid", Each),
    ("nfs/ganesha", "rpc.msgtyp == 0", "nfs.name|nfs.pathname.component", "nfs.file_name", Set),
    ("ntp/chrony", "ntp.flags.mode == 4", "ntp.stratum", "ntp.stratum", Each),
    (
        "pop3/dovecot",
        "pop.request.command == \"RETR\" || pop.request.command == \"DELE\"",
        "pop.request.parameter",
        "pop3.argument",
        Set,
    ),
    ("pop3/dovecot", "pop.response.indicator == \"-ERR\"", "pop.response.description", "error.message", Each),
    ("portmap/rpcbind", "rpc.msgtyp == 0", "rpc.xid", "rpc.xid", Each),
    ("portmap/rpcbind", "portmap", "portmap.uaddr", "portmap.address", Each),
    ("radius/freeradius", "radius.code == 1 || radius.code == 4", "radius.User_Name", "user.name", Each),
    ("radius/freeradius", "radius.code == 1 || radius.code == 4", "radius.id", "radius.id", Each),
    ("radius/freeradius", "radius", "radius.Framed-IP-Address", "radius.framed_ip", Each),
    ("radius/freeradius", "radius", "radius.Acct_Session_Time", "radius.session_time", Each),
    ("rdp/xrdp", "rdp", "rdp.client.name", "rdp.client.name", Each),
    ("rdp/xrdp", "rdp", "rdp.client.build", "rdp.client.build", Each),
    ("sip/kamailio", "sip", "sip.Call-ID", "sip.call_id", Each),
    ("sip/kamailio", "sip", "sip.r-uri", "sip.uri.original", Each),
    ("sip/kamailio", "sip", "sip.Status-Code", "sip.code", Each),
    ("sip/kamailio", "sip", "sip.CSeq.method", "sip.cseq.method", Each),
    ("sip/kamailio", "sip", "sip.to.user", "sip.to.uri.username", Each),
    ("sip/kamailio", "sip", "sip.to.tag", "sip.to.tag", Each),
    ("sip/kamailio", "sip", "sip.contact.uri", "sip.contact.uri.original", Each),
    ("sip/kamailio", "sip", "sip.Via", "sip.via.original", Each),
    ("sip/kamailio", "sip.Authorization", "sip.auth.username", "user.name", Each),
    ("sip/kamailio", "sip", "sdp.owner.username", "sip.sdp.owner.username", Each),
    ("sip/kamailio", "sip", "sdp.media", "sip.sdp.media.description", Each),
    ("smb/samba", "smb2.nt_status || smb.nt_status", "smb2.nt_status", "smb.status", Set),
    ("smb/samba", "ntlmssp.auth.username", "ntlmssp.auth.username", "user.name", Set),
    ("smtp/postfix", "imf", "imf.subject", "email.subject", Each),
    // What asks for more, and a recipient refused among others, have no event of their own.
    (
        "smtp/postfix",
        "!(smtp.response.code in {334, 354, 550})",
        "smtp.response.code",
        "smtp.reply.code",
        Set,
    ),
    ("snmp/netsnmp", "udp.dstport == 161 || udp.dstport == 162", "snmp.name", "snmp.oids", Each),
    ("snmp/netsnmp", "snmp", "snmp.msgUserName", "user.name", Set),
    ("socks/microsocks", "socks", "socks.username", "user.name", Each),
    ("socks/microsocks", "socks", "socks.remote_name", "socks.target.domain", Each),
    ("ssdp/minidlna", "ssdp", "http.server", "ssdp.server", Set),
    ("ssdp/minidlna", "ssdp", "http.location", "ssdp.location", Set),
    ("stun/coturn", "stun.type.class == 0x11", "stun.att.error.reason", "error.message", Each),
    ("stun/coturn", "stun.type.class == 0", "stun.att.username", "user.name", Each),
    ("stun/coturn", "stun", "stun.att.realm", "stun.realm", Set),
    ("tftp/hpa", "tftp", "tftp.error.message", "error.message", Each),
    (
        "tftp/hpa",
        "tftp.opcode == 1 || tftp.opcode == 2",
        "tftp.source_file|tftp.destination_file",
        "file.path",
        Each,
    ),
    ("thrift/python", "thrift.mtype == 1 || thrift.mtype == 4", "thrift.method", "method", Each),
    ("wireguard/go", "wg.type == 1", "wg.sender", "wireguard.sender", Each),
    ("wireguard/go", "wg.type == 2", "wg.sender", "wireguard.receiver", Each),
];

/// Numbers of tshark and the names by which we tell them.
const NAMES: &[(&str, &str, &str)] = &[
    ("dns.flags.rcode", "0", "NOERROR"),
    ("dns.flags.rcode", "2", "SERVFAIL"),
    ("dns.flags.rcode", "3", "NXDOMAIN"),
    ("dns.flags.rcode", "4", "NOTIMP"),
    ("dns.flags.rcode", "5", "REFUSED"),
    ("kerberos.error_code", "6", "KDC_ERR_C_PRINCIPAL_UNKNOWN"),
    ("kerberos.error_code", "7", "KDC_ERR_S_PRINCIPAL_UNKNOWN"),
    ("kerberos.error_code", "24", "KDC_ERR_PREAUTH_FAILED"),
    ("kerberos.error_code", "25", "KDC_ERR_PREAUTH_REQUIRED"),
    ("smb2.nt_status", "0x00000000", "STATUS_SUCCESS"),
    ("smb2.nt_status", "0x80000006", "STATUS_NO_MORE_FILES"),
    ("smb2.nt_status", "0xc0000016", "STATUS_MORE_PROCESSING_REQUIRED"),
    ("smb2.nt_status", "0xc0000034", "STATUS_OBJECT_NAME_NOT_FOUND"),
    ("smb2.nt_status", "0xc000006d", "STATUS_LOGON_FAILURE"),
    ("smb2.nt_status", "0xc0000225", "STATUS_NOT_FOUND"),
];

/// A value of tshark's as we write it.
fn ours(field: &str, value: &str) -> String {
    let name = NAMES.iter().find(|(f, number, _)| *f == field && *number == value);
    let bare = matches!(field, "rpc.xid" | "wg.sender");
    match name {
        Some((_, _, name)) => (*name).to_owned(),
        None if bare => value.trim_start_matches("0x").to_owned(),
        None if field == "dns.id" => {
            let id = u16::from_str_radix(value.trim_start_matches("0x"), 16);
            id.map_or_else(|_| value.to_owned(), |id| id.to_string())
        }
        None if field == "sip.auth.username" => value.trim_matches('"').to_owned(),
        None => value.to_owned(),
    }
}

/// Values of a field in the order of packets; `None` without tshark.
fn theirs(capture: &str, filter: &str, field: &str) -> Option<Vec<String>> {
    let decode = ["tcp.port==1080-1081,socks", "tcp.port==9090-9091,thrift"];
    let fields: Vec<&str> = field.split('|').collect();
    let values =
        tshark::values(&testdata(&format!("proto/{capture}.pcap")), &decode, filter, &fields, false)?;
    Some(values.iter().map(|value| ours(field, value)).collect())
}

/// The values at a path, through lists of objects too.
fn gather(value: &serde_json::Value, rest: &str, into: &mut Vec<String>) {
    match value {
        serde_json::Value::Array(list) => list.iter().for_each(|v| gather(v, rest, into)),
        serde_json::Value::Object(map) => drop(map.get(rest).map(|v| gather(v, "", into))),
        serde_json::Value::String(text) => into.push(text.clone()),
        other => into.push(other.to_string()),
    }
}

#[test]
fn golden_events() {
    CAPTURES
        .iter()
        .for_each(|(capture, dataset)| compare_golden(&format!("proto/{capture}.pcap"), &[dataset]));
}

#[test]
fn the_same_as_tshark() {
    let mut differ = Vec::new();
    for (capture, filter, field, name, how) in SAME {
        let Some(mut want) = theirs(capture, filter, field) else { return };
        let dataset = CAPTURES.iter().find(|(c, _)| c == capture).map_or("", |(_, dataset)| *dataset);
        let (head, rest) =
            name.strip_prefix("dns.answers.").map_or((*name, ""), |rest| ("dns.answers", rest));
        let mut got = Vec::new();
        for event in events(&testdata(&format!("proto/{capture}.pcap"))).0 {
            if let Some(value) = event.by_name(head).filter(|_| event.dataset.name == dataset) {
                gather(&json(value), rest, &mut got);
            }
        }
        for side in [&mut want, &mut got] {
            side.sort();
            if matches!(how, Set) {
                side.dedup();
            }
        }
        assert!(!want.is_empty(), "{capture} has no {field}");
        if want != got {
            differ.push(format!("{capture} {field}: ours {got:?}, tshark's {want:?}"));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

/// What was done while recording: log-ins that were refused and let in, in their order.
#[test]
fn log_ins() {
    let cases: &[(&str, &str, &str, &[&str])] = &[
        ("amqp/rabbitmq", "method", "connection.start-ok", &["failure", "success"]),
        ("amqp/rabbitmq", "method", "queue.declare", &["success", "failure"]),
        (
            "memcache/libmemcached",
            "method",
            "delete",
            &["success", "failure", "success", "failure", "success"],
        ),
        ("mount/ganesha", "method", "MNT", &["success", "failure"]),
        (
            "kerberos/mit",
            "event.action",
            "kerberos.tgs",
            &["success", "failure", "failure", "success", "failure", "failure"],
        ),
        ("radius/freeradius", "method", "Access-Request", &["success", "failure", "success"]),
        ("telnet/inetutils", "method", "LOGIN", &["failure", "success"]),
        ("ike/strongswan", "method", "IKE_AUTH", &["unknown", "success"]),
        ("ntp/chrony", "ntp.mode", "client", &["success"; 3]),
        ("wireguard/go", "method", "HANDSHAKE", &["success", "unknown", "unknown"]),
    ];
    for (capture, field, value, want) in cases {
        let mut all = events(&testdata(&format!("proto/{capture}.pcap"))).0;
        all.sort_by_key(|e| (e.ts, e.seq));
        let of = |e: &&netlog::model::Event<'_>| e.by_name(field).and_then(|v| v.as_str()) == Some(*value);
        let got: Vec<_> = all.iter().filter(of).map(|e| e.outcome.name()).collect();
        assert_eq!(got, *want, "{capture}");
    }
}
