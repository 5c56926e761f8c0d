//! Fields of HTTP events.

crate::fields! {
    pub FIELDS;
    VERSION: Keyword, "http.version", "Version of the request, else of the response: `1.0`, `1.1` or `2`.";
    REQUEST_METHOD: Keyword, "http.request.method", "Method as sent: `GET`, `POST` …";
    REQUEST_BYTES: Long, "http.request.bytes", "Bytes of the request with its head and body as sent.";
    REQUEST_BODY_BYTES: Long, "http.request.body.bytes", "Bytes of its body without the framing of chunks; absent if there was none.";
    REQUEST_BODY: Wildcard, "http.request.body.content", "Its body, if it is text, with --detail full; passwords masked.";
    REQUEST_HEADERS: Flattened, "http.request.headers", "All its headers by lower-case name, with --detail full; credentials masked.";
    REFERRER: Keyword, "http.request.referrer", "Where the client says it came from.";
    STATUS_CODE: Long, "http.response.status_code", "Status code, 100 to 999.";
    STATUS_PHRASE: Keyword, "http.response.status_phrase", "What follows the code, in lower case (Packetbeat).";
    RESPONSE_BYTES: Long, "http.response.bytes", "Bytes of the response with its head and body as sent.";
    RESPONSE_BODY_BYTES: Long, "http.response.body.bytes", "Bytes of its body without the framing of chunks; absent if there was none.";
    RESPONSE_BODY: Wildcard, "http.response.body.content", "Its body, if it is text, uncompressed, with --detail full.";
    RESPONSE_HEADERS: Flattened, "http.response.headers", "All its headers by lower-case name, with --detail full.";
    REQUEST_TYPE: Keyword, "netlog.http.request.content_type", "Content-Type of the request.";
    RESPONSE_TYPE: Keyword, "netlog.http.response.content_type", "Content-Type of the response.";
    SERVER: Keyword, "netlog.http.response.server", "How the server describes itself.";
    LOCATION: Wildcard, "netlog.http.response.location", "Where a redirect points.";
    AUTHORIZATION: Keyword, "netlog.http.request.authorization", "Scheme of the credentials sent: `Basic`, `Bearer`, `Digest` …";
    SUSPICIOUS_HEADER: Wildcard, "netlog.http.request.suspicious_header", "Request headers that hold an expression, by lower-case name, from `${` or `%{(` on or all that begins with `() {`: `x-api-version: ${jndi:ldap://…}`.";
    CHALLENGE: Keyword, "netlog.http.response.challenge", "Credentials the server asks for, as sent: WWW-Authenticate and Proxy-Authenticate.";
    RESPONSE_START: Date, "netlog.http.response.start", "Time of the first packet of the response; Packetbeat's duration lasts until then.";
    STREAM: Long, "netlog.http.stream", "Number of the HTTP/2 stream, odd for those the client began.";
    RESET: Keyword, "netlog.http.reset.code", "Why the HTTP/2 stream was given up: `CANCEL`, `REFUSED_STREAM` …";
    RESET_BY: Keyword, "netlog.http.reset.by", "Who gave it up: `client` or `server`.";
    GRPC_SERVICE: Keyword, "grpc.service", "gRPC service with its package.";
    GRPC_METHOD: Keyword, "grpc.method", "gRPC method.";
    GRPC_STATUS: Keyword, "grpc.status", "How the gRPC call ended: `OK`, `NOT_FOUND` …, from its trailers.";
    GRPC_MESSAGE: Text, "grpc.message", "What the server said about it, percent-encoded as sent.";
    INFORMATIONAL: Long, "netlog.http.response.informational", "Codes of the 1xx responses that came before the final one.";
}
