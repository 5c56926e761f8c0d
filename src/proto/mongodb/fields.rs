//! Fields of the MongoDB events, named as Packetbeat does.

crate::fields! {
    pub FIELDS;
    COMMAND: Keyword, "mongodb.command", "Command or legacy operation, as sent: `find`, `isMaster`, `getMore`.";
    COLLECTION: Keyword, "mongodb.fullCollectionName", "Database and collection, with a dot between; `$cmd` for commands.";
    TO_SKIP: Long, "mongodb.numberToSkip", "Documents a legacy query skips.";
    TO_RETURN: Long, "mongodb.numberToReturn", "Documents a legacy query wants back, as an unsigned 32-bit number: 4294967295 is -1, one document and no cursor.";
    RETURNED: Long, "mongodb.numberReturned", "Documents that came back.";
    STARTING: Long, "mongodb.startingFrom", "Position of the first of them in the cursor.";
    CURSOR: Long, "mongodb.cursorId", "Cursor for more documents; 0 if there are none.";
    SELECTOR: Text, "mongodb.selector", "What a legacy update or delete selects, as JSON; with `--detail full`.";
    UPDATE: Text, "mongodb.update", "What a legacy update does, as JSON; with `--detail full`.";
    RETURN_SELECTOR: Text, "mongodb.returnFieldsSelector", "Members a legacy query wants back, as JSON.";
    ERROR: Text, "mongodb.error", "Error the server returned: a message, or write errors as JSON.";
    ERROR_CODE: Long, "mongodb.error_code", "Number of that error.";
    MECHANISM: Keyword, "mongodb.auth_mechanism", "SASL mechanism of a log-in.";
    COMPRESSOR: Keyword, "mongodb.compressor", "How the request or its response was compressed: snappy, zlib, zstd.";
    MORE: Boolean, "mongodb.more_to_come", "One of several responses to one request.";
}
