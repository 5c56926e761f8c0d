//! Fields of the MySQL events, named as Packetbeat does where it has them.

crate::fields! {
    pub FIELDS;
    AFFECTED_ROWS: Long, "mysql.affected_rows", "Rows the statement changed, as the server says.";
    INSERT_ID: Long, "mysql.insert_id", "First AUTO_INCREMENT value the statement made; 0 if none.";
    NUM_FIELDS: Long, "mysql.num_fields", "Columns of the first result.";
    NUM_ROWS: Long, "mysql.num_rows", "Rows of all results, as far as captured.";
    RESULTS: Long, "mysql.results", "Results of the statement, if more than one.";
    ERROR_CODE: Long, "mysql.error_code", "Error number of the server: 1045 is a refused log-in.";
    ERROR_MESSAGE: Text, "mysql.error_message", "SQLSTATE and message of the server.";
    COMMAND: Keyword, "mysql.command", "Command of the protocol, without `COM_`: `QUERY`, `STMT_EXECUTE`.";
    STATEMENT: Long, "mysql.statement_id", "Number of the prepared statement.";
    PARAMS: Keyword, "params", "Values of the parameters of an executed statement, in their order; with `--detail full`.";
    VERSION: Keyword, "mysql.server_version", "Version the server greets with.";
    CONNECTION: Long, "mysql.connection_id", "Number of the connection, as in the server's own logs.";
    PLUGIN: Keyword, "mysql.auth_plugin", "Authentication method that was used last.";
    DATABASE: Keyword, "mysql.database", "Database asked for at log-in.";
    TLS: Boolean, "mysql.tls", "The client went on with TLS.";
    COMPRESSED: Boolean, "mysql.compressed", "What follows the log-in is compressed and not read.";
}
