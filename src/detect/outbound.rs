//! Calls from inside to the outside: regular ones, long ones, and those that carry much away.

pub(super) mod requests;

use super::spelled::{Padded, Word, line};
use super::{Cell, Config, Detector, Observation, On, SET_MAX, flows};
use crate::model::{Event, Evidence, Finding, HOUR, SECOND, Severity, Transport, Ts, Value};
use std::borrow::Cow;

/// Descriptor.
pub static DETECTOR: Detector = Detector {
    name: "outbound",
    doc: "Finished flows from inside to the outside (by --internal-net), per source and server port: calls, or requests by HTTP in captures, at \
          regular intervals (a beacon, with its score broken down), connections that last for hours, and much \
          more sent than received. Connections that a firewall's log says it let through are calls without sizes. Records of running flows, where --flow-period asks for them, and time synchronisation (NTP) are left out; Zabbix' agents are no beacons, and what asks a vendor whether there is a network is told as that.",
    needs: "flows in captures or logs (Zeek, Suricata, firewalls) from inside (private addresses or --internal-net) to the outside",
    on: On::All,
    ordered: false,
    rules: &["outbound.beacon", "outbound.long_connection", "outbound.exfiltration"],
    concerns: |event| {
        let call = flows::is_flow(event) || flows::is_judged(event, flows::ALLOWED);
        event.has("network.direction") && (call || requests::concerns(event))
    },
    observe,
    judge,
};

/// What a flow sends must be this many times what it receives to count as carried away.
const ONE_SIDED: u64 = 10;

fn observe(event: &Event<'_>, out: &mut dyn FnMut(Observation<'_>)) {
    if requests::concerns(event) {
        return requests::observe(event, out);
    }
    let text = |name: &str| event.by_name(name).and_then(Value::as_str);
    if text("network.direction") != Some("outbound")
        || matches!(event.by_name("flow.final"), Some(Value::Bool(false)))
        // Clocks are set at regular intervals, and carry nothing away.
        || flows::speaks(event, "ntp")
        || !(flows::is_flow(event) || is_let_through(event))
        || matches!(text("netlog.flow.state"), Some("half_open" | "refused"))
    {
        return;
    }
    let (Some(source), Some(server), Some(port)) =
        (event.source.ip, event.destination.ip, event.destination.port)
    else {
        return;
    };
    let (sent, received) = (event.source.bytes.unwrap_or(0), event.destination.bytes.unwrap_or(0));
    // A connection that was idle in between has several records, and is one call.
    let connected = match event.by_name("netlog.flow.connected") {
        Some(Value::Time(begin)) => Some(*begin),
        _ => None,
    };
    let lasted = event.end.unwrap_or(event.ts).saturating_sub(connected.unwrap_or(event.ts)).max(0);
    let halved = flows::is_one_way(event);
    if halved && !flows::is_to_a_server(event) {
        return;
    }
    // A conversation in both directions carries nothing away.
    let told = flows::is_flow(event) && !halved;
    let carried = if told && sent / ONE_SIDED >= received { sent } else { 0 };
    // Numbers of equal length sort as texts do, so that a capped set keeps the first calls.
    let [call, size, length] =
        [event.ts, i64::try_from(sent).unwrap_or(i64::MAX), Ts::MAX - lasted].map(Padded::new);
    // Agents of a monitoring report at regular intervals: that is what they are for.
    let counts = connected.is_none() && !flows::speaks(event, "zabbix");
    let of_call = |value| counts.then_some(Cow::Borrowed(value));
    out(Observation {
        subject: line(&[
            Word::Ip(source),
            Word::Ip(server),
            Word::Port(port),
            Word::Text(flows::teller(event).unwrap_or_default()),
        ])
        .into(),
        weight: carried,
        values: [of_call(call.as_str()), of_call(size.as_str()), Some(length.as_str().into())],
        mark: false,
    });
}

/// Whether a firewall tells that it let a connection begin. A record with an end sums up many packets or connections,
/// and begins when its counting did.
fn is_let_through(event: &Event<'_>) -> bool {
    event.transport == Some(Transport::Tcp)
        && event.end.is_none()
        && flows::is_judged(event, flows::ALLOWED)
        && flows::Flags::of_source(event).begin()
}

fn judge(config: &Config, subject: &str, cell: &Cell) -> Vec<Finding> {
    let mut parts = subject.split('\t');
    let (Some(source), Some(server), Some(port)) = (parts.next(), parts.next(), parts.next()) else {
        return Vec::new();
    };
    let Some(span) = cell.span else { return Vec::new() };
    let requests = parts.next() == Some(requests::REQUESTS);
    let call = Call { source, server, port, cell, span, requests };
    [call.beacon(config), call.long(config), call.exfiltration(config)].into_iter().flatten().collect()
}

struct Call<'c> {
    source: &'c str,
    server: &'c str,
    port: &'c str,
    cell: &'c Cell,
    span: (Evidence, Evidence),
    /// Whether it is about requests, not about connections.
    requests: bool,
}

fn numbers(cell: &Cell, set: usize) -> Vec<i64> {
    cell.values(set, SET_MAX).iter().filter_map(|text| text.parse().ok()).collect()
}

/// The middle of sorted numbers; 0 for none.
fn median(sorted: &[i64]) -> i64 {
    sorted.get(sorted.len() / 2).copied().unwrap_or(0)
}

/// How far numbers lie from their middle, as a share of it: 0 = all the same, 1 = as far as it is large.
fn spread(numbers: &[i64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    let middle = median(&sorted);
    let mut away: Vec<i64> = sorted.iter().map(|n| n.saturating_sub(middle).saturating_abs()).collect();
    away.sort_unstable();
    if middle <= 0 { 1.0 } else { (median(&away) as f64 / middle as f64).min(1.0) }
}

impl Call<'_> {
    fn finding(
        &self,
        rule: &'static str,
        severity: Severity,
        attack: &'static [&'static str],
        title: String,
    ) -> Finding {
        Finding {
            rule,
            severity,
            attack,
            subject: self.source.to_owned(),
            title,
            advice: "Find the program behind it, and whether the other side is one you know.",
            targets: vec![format!("{} port {}", self.server, self.port)],
            count: self.cell.distinct(0),
            first: self.span.0,
            last: self.span.1,
        }
    }

    /// Regular intervals, regular sizes, and long enough: 60, 20 and 20 points.
    fn beacon(&self, config: &Config) -> Option<Finding> {
        let times = numbers(self.cell, 0);
        if (times.len() as u64) < config.beacon_calls {
            return None;
        }
        let mut gaps: Vec<i64> = times.windows(2).filter_map(|w| Some(w.last()? - w.first()?)).collect();
        let regular = 60.0 * (1.0 - spread(&gaps) * 2.0).max(0.0);
        gaps.sort_unstable();
        let interval = median(&gaps);
        let sizes = 20.0 * (1.0 - spread(&numbers(self.cell, 1)) * 2.0).max(0.0);
        let lasting = 20.0 * (times.len() as f64 / (4 * config.beacon_calls) as f64).min(1.0);
        let score = (regular + sizes + lasting).round() as u64;
        if interval < config.beacon_interval || score < config.beacon_score {
            return None;
        }
        // Anybody may write such a name into a request, so it is told all the same.
        let check = requests::asked(self.cell, times.len());
        // Pages that bring themselves up to date ask regularly, and in clear anybody may look what it is.
        let (severity, what) = match (&check, self.requests) {
            (Some(_), _) => (Severity::Info, "called"),
            (None, true) => (Severity::Low, "sent requests to"),
            (None, false) => (Severity::Medium, "called"),
        };
        let title = format!(
            "{} {what} {} port {} {}{} times, about every {} s{}: score {score} of 100 (intervals {regular:.0} of 60, sizes {sizes:.0} of 20, number of calls {lasting:.0} of 20)",
            self.source,
            self.server,
            self.port,
            if times.len() < SET_MAX { "" } else { "at least " },
            times.len(),
            interval / SECOND,
            check.map_or_else(String::new, |host| format!(", to ask {host} whether there is a network"))
        );
        Some(self.finding("outbound.beacon", severity, &["T1071", "T1029"], title))
    }

    fn long(&self, config: &Config) -> Option<Finding> {
        let longest = numbers(self.cell, 2).first().map(|rest| Ts::MAX - rest)?;
        if longest < config.long_connection {
            return None;
        }
        let hours = longest / HOUR;
        let title = format!(
            "{} kept a connection to {} port {} for {hours} hours",
            self.source, self.server, self.port
        );
        Some(self.finding("outbound.long_connection", Severity::Low, &["T1571", "T1219"], title))
    }

    fn exfiltration(&self, config: &Config) -> Option<Finding> {
        let sent = self.cell.count;
        if sent < config.exfil_bytes {
            return None;
        }
        let mebibytes = sent >> 20;
        let title = format!(
            "{} sent {mebibytes} MiB to {} port {}, and a tenth of it or less came back",
            self.source, self.server, self.port
        );
        Some(self.finding("outbound.exfiltration", Severity::Medium, &["T1048", "T1041"], title))
    }
}
