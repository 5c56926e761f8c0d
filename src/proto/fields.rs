//! Fields that several protocols fill. Packetbeat's transaction fields, and the ECS ones that are about
//! the other end rather than about one protocol.

use crate::model::Event;

crate::fields! {
    pub FIELDS;
    ACTION: Keyword, "event.action", "What was asked, with the protocol: `redis.get`, `nfs.READ`, `memcache.store`.";
    METHOD: Keyword, "method", "The verb of the request: HTTP method in lower case, DNS operation (Packetbeat).";
    QUERY: Wildcard, "query", "The request in one line: `GET /index.html`, `class IN, type A, example.com` (Packetbeat).";
    RESOURCE: Wildcard, "resource", "What the request is about: the name asked for (Packetbeat).";
    PATH: Wildcard, "path", "Path of the request; for ICMP the address that was probed (Packetbeat).";
    STATUS: Keyword, "status", "How the transaction went: `OK`, `Error`, `Client Error`, `Server Error` (Packetbeat).";
    REQUEST: Text, "request", "The request as text, with --detail full (Packetbeat).";
    RESPONSE: Text, "response", "The response as text, with --detail full (Packetbeat).";
    RESPONSE_START: Date, "netlog.response.start", "When the response began, where more packets were needed to complete it.";
    ERROR_MESSAGE: Text, "error.message", "What the peer or the protocol gave as the reason of a failure.";
    DESTINATION_DOMAIN: Keyword, "destination.domain", "Name by which the client called the destination (TLS server name, HTTP Host).";
    SERVER_DOMAIN: Keyword, "server.domain", "Name by which the client called the server; repeats `destination.domain`.";
    USER_NAME: Keyword, "user.name", "Account the client named.";
    USER_PASSWORD: Keyword, "netlog.user.password", "Clear-text password the client sent; only with --show-secrets.";
    CLEAR_PASSWORD: Boolean, "netlog.user.clear_password", "The client sent a password that whoever listens can read.";
    USER_DOMAIN: Keyword, "user.domain", "Domain or realm of the account.";
    AUTH_METHOD: Keyword, "netlog.auth.method", "How the client proved who it is: `PLAIN`, `NTLM`, `GSSAPI` …";
    AUTH_HOST: Keyword, "netlog.auth.host", "Name of the machine the client says it is (NTLM workstation).";
    NTLM_VERSION: Keyword, "netlog.ntlm.version", "Kind of the NTLM response: `NTLMv1`, `NTLMv2`, `anonymous`.";
    NTLM_TARGET: Keyword, "netlog.ntlm.target", "NetBIOS domain that the server names in its NTLM challenge.";
    NTLM_SERVER: Keyword, "netlog.ntlm.server", "Host name that the server gives in its NTLM challenge, DNS name before NetBIOS name.";
    RETRANSMISSIONS: Long, "netlog.retransmissions", "How often the request was sent again before its answer.";
    ERROR_CODE: Keyword, "error.code", "Code of the failure, by name where it has one.";
    FILE_NAME: Keyword, "file.name", "Name of the file that was carried or asked for.";
    FILE_PATH: Keyword, "file.path", "Path of that file, as the client wrote it.";
    FILE_SIZE: Long, "file.size", "Size of the file, bytes.";
    FILE_TYPE: Keyword, "file.mime_type", "Type of the file by its content; of several files the first.";
    FILE_SHA256: Keyword, "file.hash.sha256", "SHA-256 of the file; only where all its bytes were seen.";
    EMAIL_FROM: Keyword, "email.from.address", "Addresses of the From header.";
    EMAIL_TO: Keyword, "email.to.address", "Addresses of the To header.";
    EMAIL_CC: Keyword, "email.cc.address", "Addresses of the Cc header.";
    EMAIL_SENDER: Keyword, "email.sender.address", "Address of the Sender header.";
    EMAIL_REPLY_TO: Keyword, "email.reply_to.address", "Addresses of the Reply-To header.";
    EMAIL_SUBJECT: Keyword, "email.subject", "Subject, decoded.";
    EMAIL_ID: Wildcard, "email.message_id", "Message-ID without its brackets.";
    EMAIL_DATE: Keyword, "netlog.email.date", "Date header as written.";
    EMAIL_MAILER: Keyword, "email.x_mailer", "Program that wrote the mail: X-Mailer or User-Agent.";
    EMAIL_CONTENT: Keyword, "email.content_type", "Type of the mail as a whole: `multipart/mixed`.";
    EMAIL_RECEIVED: Long, "netlog.email.received", "Received headers: the hops before this one.";
    EMAIL_ORIGIN: Keyword, "netlog.email.x_originating_ip", "X-Originating-IP header as written.";
    ATTACHMENTS: Object, "email.attachments", "Files in the mail.";
    ATTACHMENT_NAME: Keyword, "email.attachments.file.name", "Name the sender gave the file.";
    ATTACHMENT_EXTENSION: Keyword, "email.attachments.file.extension", "What follows the last dot of that name, lower case.";
    ATTACHMENT_TYPE: Keyword, "email.attachments.file.mime_type", "Type by content, else as declared.";
    ATTACHMENT_SIZE: Long, "email.attachments.file.size", "Bytes after decoding.";
    ATTACHMENT_SHA256: Keyword, "email.attachments.file.hash.sha256", "SHA-256 after decoding; absent where bytes are missing.";
    FORWARDED_IP: Ip, "network.forwarded_ip", "Address of the original client, as a proxy wrote it into the request.";
    URL_FULL: Wildcard, "url.full", "Address asked for, put together from the parts; passwords masked.";
    URL_SCHEME: Keyword, "url.scheme", "Scheme of that address.";
    URL_DOMAIN: Keyword, "url.domain", "Host of that address.";
    URL_PORT: Long, "url.port", "Port of that address, 0 to 65535; absent where it is the scheme's own.";
    URL_PATH: Wildcard, "url.path", "Path of that address, as sent.";
    URL_QUERY: Keyword, "url.query", "What follows the question mark, as sent; passwords masked.";
    URL_EXTENSION: Keyword, "url.extension", "Extension of the last part of the path, without the dot.";
    VLAN_ID: Keyword, "network.vlan.id", "Outermost VLAN identifier (0 to 4095).";
    INNER_VLAN_ID: Keyword, "network.inner.vlan.id", "Inner VLAN identifier of a double-tagged frame (0 to 4095).";
    USER_AGENT: Keyword, "user_agent.original", "How the client describes itself.";
}

/// Puts the VLAN identifiers (IEEE 802.1Q, 802.1ad) of a frame, outer and inner; 0 = none.
pub fn put_vlans(event: &mut Event<'static>, [outer, inner]: [u16; 2]) {
    for (field, id) in [(&VLAN_ID, outer), (&INNER_VLAN_ID, inner)] {
        if id != 0 {
            event.push(field, id.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = super::FIELDS.iter().map(|f| f.name).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
