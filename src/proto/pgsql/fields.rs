//! Fields of the PostgreSQL events, named as Packetbeat does where it has them.

crate::fields! {
    pub FIELDS;
    NUM_FIELDS: Long, "pgsql.num_fields", "Columns of the result.";
    NUM_ROWS: Long, "pgsql.num_rows", "Rows of the result.";
    TAG: Keyword, "pgsql.command_tag", "What the server did: `INSERT 0 5`.";
    ERROR_CODE: Keyword, "pgsql.error_code", "SQLSTATE: `28P01` is a wrong password.";
    ERROR_MESSAGE: Text, "pgsql.error_message", "Message of the server.";
    ERROR_SEVERITY: Keyword, "pgsql.error_severity", "`ERROR`, `FATAL` or `PANIC`.";
    COMMAND: Keyword, "pgsql.command", "How the statement came: `Query`, `Execute`, `Parse`; `Startup`, `CancelRequest`, `SSLRequest`, `GSSENCRequest`.";
    COPIED: Long, "pgsql.copied_bytes", "Bytes of COPY data, in either direction.";
    DATABASE: Keyword, "pgsql.database", "Database asked for at log-in.";
    APPLICATION: Keyword, "pgsql.application_name", "Name the client gives itself.";
    VERSION: Keyword, "pgsql.server_version", "Version the server names.";
    PID: Long, "pgsql.process_id", "Process of the server that serves the connection, as in its logs.";
    AUTH: Keyword, "pgsql.auth_method", "Authentication asked for: `trust`, `password`, `md5`, `SCRAM-SHA-256`.";
}
