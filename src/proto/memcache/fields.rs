//! Fields of the memcached events, named as Packetbeat does.

crate::fields! {
    pub FIELDS;
    PROTOCOL_TYPE: Keyword, "memcache.protocol_type", "text or binary.";
    UDP_ID: Long, "memcache.udp.request_id", "Number the client gave a UDP request (0 to 65535).";
    Q_COMMAND: Keyword, "memcache.request.command", "Command, in the words of the text protocol.";
    Q_TYPE: Keyword, "memcache.request.type", "Load, Store, Delete, Counter, Info, Stats, SlabCtrl, LRUCrawler, Auth or UNKNOWN.";
    Q_OPCODE: Keyword, "memcache.request.opcode", "Operation of the binary protocol.";
    Q_OPCODE_VALUE: Long, "memcache.request.opcode_value", "Its number (0 to 255).";
    Q_OPAQUE: Long, "memcache.request.opaque", "Number the client gave a request, 32 bits.";
    Q_VBUCKET: Long, "memcache.request.vbucket", "Virtual bucket asked (0 to 65535).";
    Q_KEYS: Keyword, "memcache.request.keys", "Keys asked for or stored.";
    Q_COUNT: Long, "memcache.request.count_values", "Values sent.";
    Q_BYTES: Long, "memcache.request.bytes", "Bytes of the value sent.";
    Q_VALUES: Keyword, "memcache.request.values", "Values sent, base64; as many as option `maxvalues` says.";
    Q_FLAGS: Long, "memcache.request.flags", "Flags to be stored with the value, 32 bits.";
    Q_EXPTIME: Long, "memcache.request.exptime", "Seconds until the value expires, or an instant in Unix seconds; 0 is never.";
    Q_CAS: Long, "memcache.request.cas_unique", "The value must still have this version.";
    Q_DELTA: Long, "memcache.request.delta", "By how much a counter changes.";
    Q_INITIAL: Long, "memcache.request.initial", "What a counter begins with.";
    Q_VERBOSITY: Long, "memcache.request.verbosity", "How much the server shall log.";
    Q_AUTOMOVE: Long, "memcache.request.automove", "Whether slabs are moved automatically.";
    Q_SOURCE_CLASS: Long, "memcache.request.source_class", "Slab class that is taken from.";
    Q_DEST_CLASS: Long, "memcache.request.dest_class", "Slab class that is given to.";
    Q_SLEEP: Long, "memcache.request.sleep_us", "Microseconds the LRU crawler sleeps between items.";
    Q_RAW: Keyword, "memcache.request.raw_args", "Arguments as sent.";
    Q_NOREPLY: Boolean, "memcache.request.noreply", "The client wants no reply.";
    Q_QUIET: Boolean, "memcache.request.quiet", "The client wants a reply only if there is something to say.";
    R_COMMAND: Keyword, "memcache.response.command", "First word of the response; `<counter_op_res>` for a bare number.";
    R_TYPE: Keyword, "memcache.response.type", "Load, Counter, Stats, Info, Success or Fail.";
    R_OPCODE: Keyword, "memcache.response.opcode", "Operation of the binary protocol.";
    R_OPCODE_VALUE: Long, "memcache.response.opcode_value", "Its number (0 to 255).";
    R_OPAQUE: Long, "memcache.response.opaque", "Number of the request, 32 bits.";
    R_STATUS: Keyword, "memcache.response.status", "How it went, in the binary protocol.";
    R_STATUS_CODE: Long, "memcache.response.status_code", "Its number (0 to 65535).";
    R_KEYS: Keyword, "memcache.response.keys", "Keys of the values that came back.";
    R_COUNT: Long, "memcache.response.count_values", "Values that came back.";
    R_BYTES: Long, "memcache.response.bytes", "Bytes of these values.";
    R_VALUES: Keyword, "memcache.response.values", "Values that came back, base64; as many as option `maxvalues` says.";
    R_FLAGS: Long, "memcache.response.flags", "Flags of the first of them, 32 bits.";
    R_CAS: Long, "memcache.response.cas_unique", "Version of the value; of the first one.";
    R_VALUE: Long, "memcache.response.value", "Value of a counter.";
    R_ERROR: Text, "memcache.response.error_msg", "What the server gave as the reason.";
    R_VERSION: Keyword, "memcache.response.version", "Version of the server.";
    R_STATS: Object, "memcache.response.stats", "Statistics, one object each.";
    R_STAT_NAME: Keyword, "memcache.response.stats.name", "Name of one.";
    R_STAT_VALUE: Keyword, "memcache.response.stats.value", "Its value.";
}
