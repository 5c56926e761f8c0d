//! Options of Packetbeat that have no meaning here, with the reason: who brings a configuration along is told why.

/// Name, and why.
pub static REFUSED: &[(&str, &str)] = &[
    ("cmdline", "there are no processes of this machine to look at"),
    ("fields", "events only have fields of the schema; use the output's own pipeline"),
    ("fields_under_root", "events only have fields of the schema; use the output's own pipeline"),
    ("idl_files", "parameters are shown by their numbers, interface files are not read"),
    ("index", "`netlog setup` and `-o bulk` name the indices"),
    ("keep_null", "a field without a value is always left out"),
    ("monitored", "there are no processes of this machine to look at"),
    ("parseunknown", "a command that is not known is always told, with its line in memcache.request.line"),
    ("processors", "use --filter, detect.allow or the output's own pipeline"),
    ("protocol_type", "binary and compact are told apart by content"),
    ("queue_max_bytes", "commands that wait are capped at 256 per connection"),
    ("queue_max_messages", "commands that wait are capped at 256 per connection"),
    ("tags", "events only have fields of the schema; use the output's own pipeline"),
    ("transaction_timeout", "a request waits for its response until its connection ends in the capture"),
    ("transport_type", "framed or not is told by content"),
    ("type", "write a section per protocol: [protocols.http]"),
    ("udptransactiontimeout", "a quiet command is told when a later one is answered or its flow ends"),
    ("use_tcp", "SIP is found over UDP and TCP alike"),
];

/// Why the option of that name is refused, if Packetbeat has it and there is no use for it offline.
pub fn refusal(option: &str) -> Option<&'static str> {
    REFUSED.iter().find(|(name, _)| *name == option).map(|(_, why)| *why)
}
