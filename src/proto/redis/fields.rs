//! Fields of the Redis events, named as Packetbeat does.

crate::fields! {
    pub FIELDS;
    RETURN_VALUE: Wildcard, "redis.return_value", "What the server returned; strings and lists only with `--detail full`.";
    ERROR: Text, "redis.error", "Error the server returned.";
    ARGUMENTS: Long, "redis.arguments", "Arguments of the command, its name not counted.";
    PUSHED: Boolean, "redis.pushed", "The server sent this unasked: a message of a channel subscribed to.";
}
