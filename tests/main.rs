//! All integration tests in one binary, one module each.

mod carried;
#[cfg(feature = "case")]
mod case;
mod config_command;
mod corpus_source;
mod dissect;
mod documents;
mod examples;
mod exports;
mod extract;
mod found;
mod generated_docs;
mod geoip;
mod grep_auth;
mod grok_builtin;
mod grok_conformance;
mod indicators;
mod layering;
mod licences;
mod load;
mod logs_after;
mod logs_formats;
mod logs_hostile;
mod logs_lines;
mod logs_multiline;
mod logs_process;
mod logs_truth;
mod mining;
mod mutations;
mod nightly;
#[cfg(not(feature = "case"))]
mod no_case;
mod options;
mod packetbeat;
mod packetbeat_flows;
mod patterns_command;
mod patterns_explain;
mod registry;
mod search;
mod sinks;
mod story;
mod told;
mod tshark_databases;
mod tshark_incidents;
mod tshark_web;
mod whole;
