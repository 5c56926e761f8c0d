//! Thresholds. The defaults are argued in docs/detections.md.

use super::allow::{Allow, Severities};
use crate::model::{HOUR, MINUTE, Tries, Ts, positive_span};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Declares the thresholds once: the section `[detect]` of the configuration file, the defaults and the
/// table of the reference. What is new here is shown in `src/config/default.toml` too; a test sees to that.
macro_rules! thresholds {
    ($(spans { $($span:ident = $length:expr, $span_doc:literal;)* })?
     $(counts { $($count:ident = $number:literal, $count_doc:literal;)* })?) => {
        /// When an observation becomes a finding.
        #[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct Config {
            $($(#[doc = concat!($span_doc, ", nanoseconds.")]
            #[serde(deserialize_with = "positive_span")]
            pub $span: Ts,)*)?
            $($(#[doc = concat!($count_doc, ".")]
            pub $count: u64,)*)?
            /// Findings that are counted, not told.
            pub allow: Vec<Allow>,
            /// How bad the findings of a rule are, where not as the detector says.
            pub severity: Severities,
            /// What earlier runs left of log-ins, by subject; `None` where nothing is carried from run to run.
            #[serde(skip)]
            pub earlier: Option<Arc<BTreeMap<String, Tries>>>,
        }

        impl Default for Config {
            fn default() -> Self {
                Config { $($($span: $length,)*)? $($($count: $number,)*)? allow: Vec::new(), severity: Severities::default(), earlier: None }
            }
        }

        impl Config {
            /// Name, value and meaning of each, for the reference.
            pub(super) fn rows(&self) -> Vec<(&'static str, String, &'static str)> {
                let span = |nanos: Ts| crate::detect::docs::spelled(nanos);
                vec![
                    $($((stringify!($span), span(self.$span), $span_doc),)*)?
                    $($((stringify!($count), self.$count.to_string(), $count_doc),)*)?
                ]
            }
        }
    };
}

thresholds! {
    spans {
        bucket = MINUTE, "Finest time resolution of rates";
        window = 10 * MINUTE, "Span in which attempts are counted";
        long_connection = 8 * HOUR, "Connection to the outside that lasts this long is told";
        beacon_interval = MINUTE / 12, "Shortest interval of calls to the outside that are called regular";
    }
    counts {
        failures = 10, "Failed log-ins from one source in the window that make a brute force";
        failures_before_success = 5, "Failed log-ins before a success that make it suspicious";
        users = 8, "Distinct users tried from one source that make a spray";
        sources = 20, "Sources that failed on one user that make a distributed attack";
        slow_failures = 100, "Failed log-ins from one source without a success, over an hour or more, that make a slow brute force";
        spray_sources = 50, "Sources, and names, that failed on one server in the window, hardly any of them twice, that make a distributed spray";
        connections = 30, "SSH, RDP or VNC connections from one source in the window, where the outcome cannot be seen";
        communities = 20, "Different SNMP communities one host tried on another that make a guessing";
        ports = 25, "Ports of one host without a conversation that make a vertical scan";
        quick_ports = 15, "Ports of one host without a conversation that make a scan where all are tried within two minutes, once or twice each";
        hosts = 20, "Hosts without a conversation on one port that make a horizontal scan";
        stealth = 5, "Packets with flags no TCP sends that make a stealth scan";
        protocols = 10, "IP protocols of one host without an answer that make a protocol scan";
        arp_hosts = 100, "Addresses of one /24 that one host asked for by ARP in two minutes that make a sweep";
        half_open = 1000, "Half-open connections to one port in the window that make a SYN flood";
        flood_packets = 1000, "Next to empty datagrams without an answer to one port, or pings without a pause to one host, in a minute that make a flood";
        web_attacks = 3, "Requests of one source with an attack in them that make a finding where none was answered with success";
        web_missing = 40, "Distinct paths one source asked for in vain that make a search for hidden paths";
        web_refused = 10, "Requests of one source in the window refused with 401 or 403 that make a guessing of passwords";
        dns_labels = 60, "Distinct long names under one domain from one source that make a tunnel";
        dns_short = 300, "Distinct short names of random letters under one domain from one source that make a tunnel";
        dns_forged = 20, "Answers with different ids for one question in a minute, which nobody asked, that make a forgery";
        dns_answers = 200, "Distinct names under one domain from one source in the window, answered with long texts, that make a download";
        dns_missing = 100, "Distinct names one source asked for in vain in the window that make an NXDOMAIN storm";
        beacon_calls = 12, "Calls to one place that are enough to judge their regularity";
        beacon_score = 80, "Score of regularity, 0 to 100, from which calls are a beacon";
        exfil_bytes = 104857600, "Bytes sent to one place outside that make an exfiltration, if far less came back";
        errors = 50, "Errors of one service in the window that make an error burst";
        arp_changes = 3, "Times an IP address moved between Ethernet addresses from which announcing it excuses nothing";
        starved = 100, "Clients that asked for an address in one minute, hardly any of which took one, or as many behind one Ethernet address, that make a starvation";
        icmp_payloads = 20, "Different data in echo requests of one pair of hosts that make a tunnel";
        rejected = 10, "Records of a flow log with REJECT before the first ACCEPT between two hosts that make it worth a look";
        quiet_lines = 500, "Lines without an error after which errors of a service are a change";
        restarts = 3, "Unexpected ends of one program in the window that make a crash loop";
        drops = 20, "WebSocket connections of one service lost in the window";
        pongs = 5, "Heartbeats of one service that were not answered in the window";
        travel_speed = 1000, "Kilometres per hour between two log-ins of a user that nobody travels";
    }
}
