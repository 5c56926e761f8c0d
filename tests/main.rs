//! All integration tests in one binary, one module each.

mod logs_formats;
mod logs_truth;
mod packetbeat_flows;
mod registry;
mod sinks;
