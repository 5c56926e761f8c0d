//! The packet filter against tcpdump's, on captures without tags, tunnels and fragments, where both
//! look at the same headers.

use super::corpus::{Fate, captures, installed, walk};
use netlog::net::Filter;
use std::path::Path;
use std::process::Command;

const FILES: &[&str] = &["1kxun.pcap", "alexa-app.pcapng", "lru_ipv6_caches.pcapng", "wa_voice.pcap"];

/// Only for IP packets: others are no flows here.
const EXPRESSIONS: &[&str] = &[
    "tcp",
    "udp",
    // tcpdump does not look behind the hop-by-hop header of multicast listener reports.
    "icmp or icmp6 and not dst host ff02::16",
    "ip",
    "ip6 and udp",
    "port 53",
    "tcp port https or 80",
    "udp src port 53 or dst port 5353",
    "src port 53 or tcp and ip",
    "portrange 1-1023",
    "udp dst portrange 1024-65535",
    "src net 192.168.0.0/16 and not dst net 192.168.0.0/16",
    "ip net 10 or 192.168.2",
    "net 10.0.0.0 mask 255.0.0.0 and tcp",
    "ip and not (tcp or udp)",
    "ip && ! port 443 && !icmp",
    "ip6 and dst net ff00::/8",
    "ip and less 100",
    "tcp and greater 1000",
    "ip proto 17 and dst net 224.0.0.0/4",
    "tcp and src or dst port 80",
    "src host (192.168.2.16 or 192.168.115.8) and tcp",
    "host 192.168.2.16 or 192.168.115.8 and udp",
    "ether host ff:ff:ff:ff:ff:ff and ip",
];

fn tcpdump(file: &Path, expression: &str) -> u64 {
    let out =
        Command::new("tcpdump").args(["-n", "--count", "-r"]).arg(file).arg(expression).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout);
    let count = text.split_whitespace().next().and_then(|n| n.parse().ok());
    count.unwrap_or_else(|| panic!("{expression}: {text}{}", String::from_utf8_lossy(&out.stderr)))
}

#[test]
fn counts_as_tcpdump_does() {
    if !installed("tcpdump") {
        return;
    }
    let filters: Vec<Filter> = EXPRESSIONS.iter().map(|e| Filter::parse(e).unwrap()).collect();
    let mut matched = vec![0u64; filters.len()];
    for file in captures() {
        if !FILES.contains(&file.file_name().unwrap().to_str().unwrap()) {
            continue;
        }
        let mut ours = vec![0u64; filters.len()];
        walk(&file, |fate| {
            if let Fate::Flow(packet) = fate {
                for (count, filter) in ours.iter_mut().zip(&filters) {
                    *count += u64::from(filter.matches(&packet));
                }
            }
        });
        for ((expression, ours), sum) in EXPRESSIONS.iter().zip(ours).zip(&mut matched) {
            assert_eq!(ours, tcpdump(&file, expression), "{expression} on {}", file.display());
            *sum += ours;
        }
    }
    println!("matched: {matched:?}");
}
