//! Fields that several protocols fill. Packetbeat's transaction fields, and the ECS ones that are about
//! the other end rather than about one protocol.

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
    FORWARDED_IP: Ip, "network.forwarded_ip", "Address of the original client, as a proxy wrote it into the request.";
    URL_FULL: Wildcard, "url.full", "Address asked for, put together from the parts; passwords masked.";
    URL_SCHEME: Keyword, "url.scheme", "Scheme of that address.";
    URL_DOMAIN: Keyword, "url.domain", "Host of that address.";
    URL_PORT: Long, "url.port", "Port of that address, 0 to 65535; absent where it is the scheme's own.";
    URL_PATH: Wildcard, "url.path", "Path of that address, as sent.";
    URL_QUERY: Keyword, "url.query", "What follows the question mark, as sent; passwords masked.";
    URL_EXTENSION: Keyword, "url.extension", "Extension of the last part of the path, without the dot.";
    USER_AGENT: Keyword, "user_agent.original", "How the client describes itself.";
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
