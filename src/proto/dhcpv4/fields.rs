//! Fields of the DHCP events, named as Packetbeat does.

crate::fields! {
    pub FIELDS;
    OP: Keyword, "dhcpv4.op_code", "bootrequest or bootreply.";
    HARDWARE: Keyword, "dhcpv4.hardware_type", "Kind of the client's hardware address.";
    HOPS: Long, "dhcpv4.hops", "Relays the message passed (0 to 255).";
    XID: Keyword, "dhcpv4.transaction_id", "Number the client chose, by which replies are told: 0x and eight digits.";
    SECONDS: Long, "dhcpv4.seconds", "Seconds since the client began (0 to 65535).";
    FLAGS: Keyword, "dhcpv4.flags", "How replies shall be sent: unicast or broadcast.";
    CLIENT_IP: Ip, "dhcpv4.client_ip", "Address the client has.";
    ASSIGNED_IP: Ip, "dhcpv4.assigned_ip", "Address the client gets.";
    SERVER_IP: Ip, "dhcpv4.server_ip", "Server to boot from next.";
    RELAY_IP: Ip, "dhcpv4.relay_ip", "Relay that passed the message on.";
    CLIENT_MAC: Keyword, "dhcpv4.client_mac", "Hardware address of the client.";
    SERVER_NAME: Keyword, "dhcpv4.server_name", "Name of the server.";
    BOOT_FILE: Keyword, "dhcpv4.boot_file_name", "File to boot from.";
    TYPE: Keyword, "dhcpv4.option.message_type", "discover, offer, request, decline, ack, nak, release, inform …";
    REQUESTED: Keyword, "dhcpv4.option.parameter_request_list", "Options the client wants, by their names.";
    REQUESTED_IP: Ip, "dhcpv4.option.requested_ip_address", "Address the client wants.";
    SERVER_ID: Ip, "dhcpv4.option.server_identifier", "Server that is meant.";
    BROADCAST: Ip, "dhcpv4.option.broadcast_address", "Broadcast address of the client's network.";
    MAX_SIZE: Long, "dhcpv4.option.max_dhcp_message_size", "Longest message the client takes, bytes.";
    CLASS: Keyword, "dhcpv4.option.class_identifier", "Vendor and kind of the client.";
    DOMAIN: Keyword, "dhcpv4.option.domain_name", "Domain of the client.";
    DNS: Ip, "dhcpv4.option.dns_servers", "Name servers.";
    VENDOR_OPTIONS: Object, "dhcpv4.option.vendor_identifying_options", "Vendor classes (RFC 3925).";
    VENDOR_ID: Long, "dhcpv4.option.vendor_identifying_options.id", "Enterprise number of a vendor.";
    VENDOR_DATA: Keyword, "dhcpv4.option.vendor_identifying_options.data", "What it says, in hexadecimal.";
    MASK: Ip, "dhcpv4.option.subnet_mask", "Mask of the client's network.";
    OFFSET: Long, "dhcpv4.option.utc_time_offset_sec", "Seconds the client's zone is east of UTC.";
    ROUTER: Ip, "dhcpv4.option.router", "Routers.";
    TIME_SERVERS: Ip, "dhcpv4.option.time_servers", "Time servers (RFC 868).";
    NTP: Ip, "dhcpv4.option.ntp_servers", "NTP servers.";
    HOSTNAME: Keyword, "dhcpv4.option.hostname", "Name of the client.";
    LEASE: Long, "dhcpv4.option.ip_address_lease_time_sec", "Seconds the address may be used.";
    MESSAGE: Text, "dhcpv4.option.message", "Why the server refuses, or the client declines.";
    RENEWAL: Long, "dhcpv4.option.renewal_time_sec", "Seconds until the lease is renewed.";
    REBINDING: Long, "dhcpv4.option.rebinding_time_sec", "Seconds until any server is asked to renew it.";
    BOOT_OPTION: Keyword, "dhcpv4.option.boot_file_name", "File to boot from, as an option.";
    CLIENT_ID: Keyword, "dhcpv4.option.client_identifier", "Identifier of the client, in hexadecimal.";
    FQDN: Keyword, "dhcpv4.option.fqdn", "Full name of the client.";
    CIRCUIT: Keyword, "dhcpv4.option.relay.circuit_id", "Where the relay got the message from, in hexadecimal (RFC 3046).";
    REMOTE: Keyword, "dhcpv4.option.relay.remote_id", "Who is at that end, in hexadecimal.";
    HOST_NAME: Keyword, "host.hostname", "Name of the client.";
}
