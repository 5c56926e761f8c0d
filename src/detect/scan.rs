//! Scans: packets that never became conversations, to many ports, many hosts or many protocols.

pub(super) mod block;
mod probe;

use super::spelled::{Word, address, push_line};
use super::{Cell, Config, Detector, Observation, On, SET_MAX, flows};
use crate::model::{Event, Evidence, Finding, MINUTE, Severity, Transport, Ts};
use probe::{BANNER, CONNECT, REJECTED, STRAYS};
use std::borrow::Cow;
use std::net::IpAddr;

/// Targets named in a finding.
const NAMED: usize = 30;
/// In which hosts that do answer have to be asked to be a sweep. Who watches over hosts asks the same ones again, and
/// who has to do with many meets them in the course of a day.
const SWEEP: Ts = 2 * MINUTE;
/// Times that a host is asked by who wants to talk to it: Linux and Windows send a SYN three times and more, scanners once
/// or twice.
const PATIENT: u64 = 3;
/// Where the ports begin that nobody registers (RFC 6335 §6).
const DYNAMIC: u16 = 49152;
/// Where the ports begin that calls and conferences take for media.
const MEDIA: u16 = 10_000;

/// Descriptor.
pub static DETECTOR: Detector = Detector {
    name: "scan",
    doc: "Flows without a conversation, per source: TCP (SYN unanswered, refused or torn down, packets with flags that \
          no connection begins with, packets of connections that never were), UDP and SCTP without an answer, other \
          IP protocols without one, and what a firewall kept away (events of type `denied`: UFW and iptables, the Windows \
          firewall, VPC flow logs), if connections begin so: many ports or protocols of one \
          host, one port of many hosts, or the same ports of several hosts. TCP connections without a byte, pings, ARP requests and \
          datagrams without an answer: many hosts of one network or port within two minutes, hardly any of them twice. Connections that are torn \
          down at the first word of the server, and packets that no connection begins with of several kinds at once, per host.",
    needs: "flows in captures or logs (Zeek, Suricata), or logs of firewalls",
    on: On::All,
    ordered: false,
    rules: &[
        "scan.vertical",
        "scan.horizontal",
        "scan.stealth",
        "scan.protocols",
        "scan.block",
        "scan.fingerprint",
        "scan.ping_sweep",
        "scan.arp_sweep",
        "scan.udp_sweep",
    ],
    concerns: |event| {
        event.dataset.name == "arp" || flows::is_flow(event) || flows::is_judged(event, flows::DENIED)
    },
    observe,
    judge,
};

/// Which table a subject belongs to; the first letter of its key. Ports of one host …
const PORTS: &str = "v";
/// … of UDP …
const UDP: &str = "u";
/// … and of SCTP; hosts of one port …
const SCTP: &str = "s";
const HOSTS: &str = "h";
/// … packets with strange flags, protocols of one host, …
const STEALTH: &str = "x";
const PROTOCOLS: &str = "p";
/// … hosts that were pinged, and hosts of one network that ARP asked for.
const PINGS: &str = "i";
const ARP: &str = "a";
/// Behind these by name, so that they go first where there are too many subjects: ports of one host that introduced
/// themselves, kinds of strange packets to one host, hosts of one network that were asked by UDP, and hosts with
/// their ports.
const GREETED: &str = "y1";
const KINDS: &str = "y2";
const ASKED: &str = "y3";
const BLOCK: &str = "z";

fn observe(event: &Event<'_>, out: &mut dyn FnMut(Observation<'_>)) {
    let (Some(source), Some(target)) = (event.source.ip, event.destination.ip) else { return };
    let by = flows::teller(event);
    let mut teller = Teller { source, by, subject: String::with_capacity(64), out };
    match event.dataset.name {
        "arp" => teller.asked(event, target),
        _ if flows::is_flow(event) => teller.flow(event, target),
        _ if flows::is_judged(event, flows::DENIED) => teller.rejected(event, target),
        _ => {}
    }
}

/// Tells of one event's source. A scan has as many of these as it has probes.
struct Teller<'o, 'f> {
    source: IpAddr,
    by: Option<&'static str>,
    subject: String,
    out: &'o mut (dyn FnMut(Observation<'_>) + 'f),
}

impl Teller<'_, '_> {
    fn tell(&mut self, kind: &str, on: &str, values: [Option<&str>; 3]) {
        self.weigh(kind, on, values, 1);
    }

    fn weigh(&mut self, kind: &str, on: &str, values: [Option<&str>; 3], weight: u64) {
        self.subject.clear();
        push_line(&mut self.subject, &[Word::Text(kind), Word::Ip(self.source), Word::Text(on)]);
        if let Some(by) = self.by {
            self.subject.push('\t');
            self.subject.push_str(by);
        }
        (self.out)(Observation {
            subject: Cow::Borrowed(&self.subject),
            weight,
            values: values.map(|value| value.map(Cow::Borrowed)),
            mark: false,
        });
    }

    fn flow(&mut self, event: &Event<'_>, target: IpAddr) {
        match event.transport {
            Some(Transport::Tcp) => {
                if let Some(how) = probe::tcp(event) {
                    self.port(event, target, how);
                }
            }
            Some(Transport::Udp) if probe::udp(event) => self.datagrams(event, target),
            Some(Transport::Sctp) if probe::sctp(event) => self.ports(SCTP, event, target, "SCTP"),
            Some(Transport::Icmp | Transport::Icmp6) if probe::ping(event) => self.ping(target),
            _ => {
                if let Some(number) = probe::protocol(event) {
                    self.protocol(target, number);
                }
            }
        }
    }

    /// What a firewall kept away.
    fn rejected(&mut self, event: &Event<'_>, target: IpAddr) {
        match event.transport {
            Some(Transport::Udp) if flows::is_to_a_server(event) => self.ports(UDP, event, target, REJECTED),
            Some(Transport::Icmp | Transport::Icmp6) if probe::is_echo(event) => self.ping(target),
            Some(Transport::Other(number)) => self.protocol(target, number),
            None | Some(Transport::Tcp | Transport::Sctp) => {
                if let Some(how) = probe::rejected(event) {
                    self.port(event, target, how);
                }
            }
            _ => {}
        }
    }

    fn ping(&mut self, target: IpAddr) {
        self.tell(PINGS, "", [Some(&address(target)), None, None]);
    }

    fn protocol(&mut self, target: IpAddr, number: u8) {
        self.tell(PROTOCOLS, &address(target), [Some(itoa::Buffer::new().format(number)), None, None]);
    }

    /// Datagrams without an answer.
    fn datagrams(&mut self, event: &Event<'_>, target: IpAddr) {
        if probe::is_any_port(event) {
            self.ports(UDP, event, target, "UDP");
        }
        if let (IpAddr::V4(ip), Some(port)) = (target, event.destination.port) {
            let [a, b, c, _] = ip.octets();
            self.tell(ASKED, &format!("{port} of {a}.{b}.{c}.0/24"), [Some(&address(target)), None, None]);
        }
    }

    fn ports(&mut self, kind: &str, event: &Event<'_>, target: IpAddr, how: &str) {
        let Some(port) = event.destination.port else { return };
        self.tell(kind, &address(target), [Some(itoa::Buffer::new().format(port)), Some(how), None]);
    }

    fn port(&mut self, event: &Event<'_>, target: IpAddr, how: &str) {
        let Some(port) = event.destination.port else { return };
        let (target, mut digits) = (address(target), itoa::Buffer::new());
        let port = digits.format(port);
        if how == CONNECT {
            return self.tell(HOSTS, port, [Some(&target), Some(how), Some(&target)]);
        }
        if how == BANNER {
            return self.tell(GREETED, &target, [Some(port), Some(how), None]);
        }
        self.tell(PORTS, &target, [Some(port), Some(how), None]);
        // Connections older than the capture are to one port of many hosts, too.
        if STRAYS.contains(&how) {
            return;
        }
        // What is sent once more belongs to the same flow as long as it has the same ports.
        let silent = how == "SYN" && event.destination.packets.unwrap_or(0) == 0;
        let tries = if silent { event.source.packets.unwrap_or(1).clamp(1, PATIENT) } else { 1 };
        self.weigh(HOSTS, port, [Some(&target), Some(how), None], tries);
        if !matches!(how, "SYN" | REJECTED) {
            self.tell(STEALTH, how, [Some(&target), Some(how), None]);
            self.tell(KINDS, &target, [Some(how), None, None]);
        }
        let pair = [target.as_str(), port].join(" ");
        self.weigh(BLOCK, "", [Some(&pair), Some(how), None], tries);
    }

    /// An ARP request, by the /24 of what was asked for.
    fn asked(&mut self, event: &Event<'_>, target: IpAddr) {
        let IpAddr::V4(wanted) = target else { return };
        if self.source.is_unspecified() || self.source == target || !event.has("arp.requests") {
            return;
        }
        let [a, b, c, _] = wanted.octets();
        self.tell(ARP, &format!("{a}.{b}.{c}.0/24"), [Some(&address(target)), None, None]);
    }
}

fn judge(config: &Config, subject: &str, cell: &Cell) -> Vec<Finding> {
    let mut parts = subject.splitn(4, '\t');
    let (Some(kind), Some(source), Some(on)) = (parts.next(), parts.next(), parts.next()) else {
        return Vec::new();
    };
    let Some(span) = cell.span else { return Vec::new() };
    let case = Case { config, source, on, cell, span, distinct: cell.distinct(0) };
    match kind {
        PORTS | SCTP => case.vertical(config.ports).or_else(|| case.quick(DYNAMIC)),
        // Who speaks of many things in a day may meet many ports that are closed by then.
        UDP if cell.burst(config.window).count >= config.ports && case.distinct >= config.ports => {
            case.vertical(config.ports)
        }
        UDP => case.quick(MEDIA),
        GREETED if case.is_once() => case.vertical(config.ports),
        KINDS => case.fingerprint(),
        ASKED if case.is_sweep(config.hosts) => case.unanswered(),
        BLOCK => case.block(),
        HOSTS => case.horizontal(),
        STEALTH if cell.count >= config.stealth => case.stealth(),
        PROTOCOLS if case.distinct >= config.protocols => case.protocols(),
        PINGS if case.is_sweep(config.hosts) => case.pings(),
        ARP if case.is_sweep(config.arp_hosts) => case.asked(),
        _ => None,
    }
    .into_iter()
    .collect()
}

struct Case<'c> {
    config: &'c Config,
    source: &'c str,
    on: &'c str,
    cell: &'c Cell,
    span: (Evidence, Evidence),
    distinct: u64,
}

impl Case<'_> {
    fn counted(&self) -> String {
        let more = if self.distinct >= SET_MAX as u64 { "at least " } else { "" };
        format!("{more}{}", self.distinct)
    }

    fn how(&self) -> String {
        self.cell.values(1, 4).join(", ")
    }

    /// Whether hardly anything was asked more than once or twice: who watches over something asks again and again.
    fn is_once(&self) -> bool {
        self.distinct >= SET_MAX as u64 || self.cell.count <= self.distinct.saturating_mul(2)
    }

    /// Whether so many hosts were asked in one go, and not again and again.
    fn is_sweep(&self, hosts: u64) -> bool {
        self.distinct >= hosts && self.is_once() && self.cell.burst(SWEEP).count >= hosts
    }

    fn vertical(&self, ports: u64) -> Option<Finding> {
        let title = || {
            format!("{} probed {} ports of {} ({} scan)", self.source, self.counted(), self.on, self.how())
        };
        (self.distinct >= ports).then(|| self.finding("scan.vertical", Severity::Medium, title()))
    }

    fn horizontal(&self) -> Option<Finding> {
        let silent = self.distinct.saturating_sub(self.cell.distinct(2));
        let patient =
            self.distinct < SET_MAX as u64 && self.cell.count >= self.distinct.saturating_mul(PATIENT);
        let offered = self.on.parse::<u16>().is_ok_and(|port| port < DYNAMIC);
        let severity = match silent >= self.config.hosts {
            // Clients that get no answer ask again and again, and peers meet at ports that no service has.
            true if patient || !offered => Severity::Low,
            true => Severity::Medium,
            false if self.is_sweep(self.config.hosts) => Severity::Low,
            false => return None,
        };
        let title = format!(
            "{} probed port {} of {} hosts ({} scan)",
            self.source,
            self.on,
            self.counted(),
            self.how()
        );
        Some(self.finding("scan.horizontal", severity, title))
    }

    fn stealth(&self) -> Option<Finding> {
        let title = format!(
            "{} sent {} {} probes to {} hosts: packets no connection begins with",
            self.source,
            self.cell.count,
            self.on,
            self.counted()
        );
        Some(self.finding("scan.stealth", Severity::Medium, title))
    }

    fn protocols(&self) -> Option<Finding> {
        let title = format!("{} tried {} IP protocols on {} in vain", self.source, self.counted(), self.on);
        Some(self.finding("scan.protocols", Severity::Medium, title))
    }

    fn pings(&self) -> Option<Finding> {
        let title = format!("{} pinged {} hosts, hardly any of them twice", self.source, self.counted());
        Some(self.sweep("scan.ping_sweep", title))
    }

    fn asked(&self) -> Option<Finding> {
        let title = format!(
            "{} asked by ARP for {} addresses of {}, hardly any of them twice",
            self.source,
            self.counted(),
            self.on
        );
        Some(self.sweep("scan.arp_sweep", title))
    }

    fn unanswered(&self) -> Option<Finding> {
        let title = format!(
            "{} asked port {} by UDP: {} hosts did not answer, hardly any of them was asked twice",
            self.source,
            self.on,
            self.counted()
        );
        Some(self.sweep("scan.udp_sweep", title))
    }

    fn sweep(&self, rule: &'static str, title: String) -> Finding {
        let mut finding = self.finding(rule, Severity::Low, title);
        finding.attack = &["T1018", "T1595.001"];
        finding.advice = "See whether the source watches over these hosts, and whether it came back to those that answered.";
        finding
    }

    fn finding(&self, rule: &'static str, severity: Severity, title: String) -> Finding {
        Finding {
            rule,
            severity,
            attack: &["T1046", "T1595.001"],
            subject: self.source.to_owned(),
            title,
            advice: "See which of the probed ports answered, and whether the source came back to them.",
            targets: self.cell.values(0, NAMED),
            count: self.cell.count,
            first: self.span.0,
            last: self.span.1,
        }
    }
}
