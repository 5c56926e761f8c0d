//! Fields of the Thrift events, named as Packetbeat does.

crate::fields! {
    pub FIELDS;
    PARAMS: Text, "thrift.params", "Arguments by their identifiers: `(1: 5, 2: \"x\")`.";
    RETURN_VALUE: Text, "thrift.return_value", "What was returned; with `--detail full`.";
    EXCEPTIONS: Text, "thrift.exceptions", "The exception that was thrown, by its fields' identifiers.";
    PROTOCOL_TYPE: Keyword, "thrift.protocol_type", "Coding: binary or compact.";
    TRANSPORT_TYPE: Keyword, "thrift.transport_type", "framed, or socket if messages follow each other without lengths.";
    SEQUENCE: Long, "thrift.seq_id", "Number the client gave the call, signed 32 bits.";
    ONEWAY: Boolean, "thrift.oneway", "The call is not answered.";
}
