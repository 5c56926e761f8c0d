//! All integration tests in one binary, one module each.

mod config_command;
mod corpus_source;
mod dissect;
mod generated_docs;
mod geoip;
mod grep_auth;
mod grok_builtin;
mod grok_conformance;
mod layering;
mod licences;
mod load;
mod logs_after;
mod logs_formats;
mod logs_lines;
mod logs_multiline;
mod logs_truth;
mod mining;
mod mutations;
mod packetbeat;
mod packetbeat_flows;
mod patterns_command;
mod patterns_explain;
mod registry;
mod sinks;
mod tshark_web;
mod whole;
