//! Log-ins that fail too often, on too many names, or until one works.

mod guessed;
mod slow;

use super::spelled::{Padded, Word, address, line};
use super::{Cell, Config, Detector, Mark, Observation, On, SET_MAX, credentials, flows};
use crate::model::{Event, Evidence, Finding, MINUTE, Outcome, Severity, Tries, Value, login_attempts};
use std::borrow::Cow;

/// Targets named in a finding.
const NAMED: usize = 20;

/// Descriptor.
pub static DETECTOR: Detector = Detector {
    name: "login",
    doc: "Failed and successful log-ins per service and source, per service and user, and per service and server, from any log or \
          capture whose events are of category `authentication`; of RADIUS per calling station, or per access \
          server and user. SSH, RDP and VNC connections in captures, whose outcome is not seen, are counted as attempts, \
          and different SNMP communities that one host tries on another as well; HTTP requests in captures whose \
          credentials name a user (Basic, Digest, NTLM) fail with 401 and succeed with 2xx. Silent on sources without an \
          address or name.",
    needs: "log-ins in logs or captures",
    on: On::All,
    ordered: true,
    rules: &[
        "login.bruteforce",
        "login.spray",
        "login.success_after_failures",
        "login.distributed",
        "login.slow_bruteforce",
        "login.distributed_spray",
        "login.ssh_connections",
        "login.rdp_connections",
        "login.vnc_connections",
        "login.snmp_communities",
    ],
    concerns: |event| {
        let connection = match event.dataset.name {
            "rdp" | "ssh" => true,
            "snmp" => event.has("snmp.communities"),
            _ => flows::is_flow(event) && event.has("network.protocol"),
        };
        let login = event.dataset.category.contains(&"authentication") || event.has("event.category");
        connection || login || credentials::concerns(event)
    },
    observe,
    judge,
};

/// Which table a subject belongs to; the first letter of its key.
const BY_SOURCE: &str = "s";
const BY_USER: &str = "u";
const CONNECTIONS: &str = "c";
const COMMUNITIES: &str = "g";
/// Behind these by name, so that it goes first where there are too many subjects.
const BY_SERVER: &str = "w";

fn observe(event: &Event<'_>, out: &mut dyn FnMut(Observation<'_>)) {
    let login = event.dataset.category.contains(&"authentication")
        || event.by_name("event.category").is_some_and(is_authentication);
    let outcome = if login { Some(event.outcome) } else { credentials::login(event) };
    let Some(outcome) = outcome else {
        match event.dataset.name {
            // What an RDP connection request is answered with says nothing of the log-in that follows.
            "rdp" => connection("rdp", event, out),
            "ssh" if event.outcome == Outcome::Unknown => connection("ssh", event, out),
            "snmp" => community(event, out),
            _ if is_vnc(event) => connection("vnc", event, out),
            _ => {}
        }
        return;
    };
    if outcome == Outcome::Unknown || is_session(event) {
        return;
    }
    let Some(source) = source(event) else { return };
    let service = event.dataset.name;
    let user = event.by_name("user.name").and_then(Value::as_str).map(Cow::Borrowed);
    let host = event.by_name("host.name").and_then(Value::as_str).map(Cow::Borrowed);
    let host = host.or_else(|| event.destination.ip.map(|ip| address(ip).into()));
    let (weight, mark) = (login_attempts(event), outcome == Outcome::Success);
    // A check that is passed on the way is no log-in yet.
    if mark && weight == 0 {
        return;
    }
    // Whoever has the key guessed no password, and keys are offered one after the other by every client that has several.
    if event.by_name("sshd.method").and_then(Value::as_str) == Some("publickey") {
        return;
    }
    out(Observation {
        subject: line(&[Word::Text(BY_SOURCE), Word::Text(service), Word::Text(&source)]).into(),
        weight,
        values: [user.clone(), host.clone(), None],
        mark,
    });
    if let Some((user, host)) = user.clone().zip(host) {
        out(Observation {
            subject: line(&[Word::Text(BY_SERVER), Word::Text(service), Word::Text(&host)]).into(),
            weight,
            values: [Some(user), Some(source.clone()), None],
            mark,
        });
    }
    if let Some(user) = user {
        out(Observation {
            subject: line(&[Word::Text(BY_USER), Word::Text(service), Word::Text(&user)]).into(),
            weight,
            values: [Some(source), None, None],
            mark,
        });
    }
}

/// A session in a capture: what was said in it is encrypted, or not looked at.
fn connection(service: &str, event: &Event<'_>, out: &mut dyn FnMut(Observation<'_>)) {
    let (Some(source), Some(server)) = (event.source.ip, event.destination.ip) else { return };
    out(Observation {
        subject: line(&[Word::Text(CONNECTIONS), Word::Text(service), Word::Ip(source)]).into(),
        weight: 1,
        values: [None, Some(address(server).into()), None],
        mark: false,
    });
}

/// VNC has no events of its own, only its name.
fn is_vnc(event: &Event<'_>) -> bool {
    let ended = !matches!(event.by_name("flow.final"), Some(Value::Bool(false)));
    ended && flows::is_flow(event) && flows::speaks(event, "vnc") && !flows::is_one_way(event)
}

/// A community that the client had not tried before: which one it is, is a secret.
fn community(event: &Event<'_>, out: &mut dyn FnMut(Observation<'_>)) {
    let (Some(source), Some(agent)) = (event.source.ip, event.destination.ip) else { return };
    let Some(tried) = event.by_name("snmp.communities").and_then(Value::as_int) else { return };
    let agent = address(agent);
    out(Observation {
        subject: line(&[Word::Text(COMMUNITIES), Word::Text(&agent), Word::Ip(source)]).into(),
        weight: 1,
        values: [Some(Padded::new(tried).as_str().into()), Some(Cow::Borrowed(&agent)), None],
        mark: false,
    });
}

/// Whether categories of an event name log-ins.
pub(super) fn is_authentication(value: &Value<'_>) -> bool {
    flows::names(value, "authentication")
}

/// `session opened` repeats what `Accepted` said.
pub(super) fn is_session(event: &Event<'_>) -> bool {
    event.by_name("event.action").and_then(Value::as_str).is_some_and(|a| a.starts_with("session"))
}

/// Who logs in. An access server asks a RADIUS server for all its users (RFC 2865 §2): whoever is behind it is told
/// by the station they call from, and where that is not told, one user's failures are not another's.
fn source<'e>(event: &'e Event<'_>) -> Option<Cow<'e, str>> {
    let text = |name: &str| event.by_name(name).and_then(Value::as_str);
    let name = || text("source.domain").or_else(|| text("source.address")).map(Cow::Borrowed);
    let asks = event.source.ip.map(|ip| address(ip).into()).or_else(name);
    if event.dataset.name != "radius" {
        return asks;
    }
    text("radius.calling_station")
        .map(Cow::Borrowed)
        .or_else(|| Some(format!("{} via {}", text("user.name")?, asks?).into()))
}

/// What is left of a source's tries for the next run, where that is carried on: nothing if it got in and failed no more.
pub(super) fn left(config: &Config, subject: &str, cell: &Cell) -> Option<(String, Option<Tries>)> {
    let earlier = config.earlier.as_ref()?.get(subject).copied().unwrap_or_default();
    if !subject.starts_with(BY_SOURCE) {
        return None;
    }
    let last = cell.span.map_or(earlier.last, |(_, last)| last.ts.max(earlier.last));
    let failures = match cell.marks.last() {
        Some(mark) => cell.count.saturating_sub(cell.before(mark.at.ts)),
        None => earlier.failures.saturating_add(cell.count),
    };
    Some((subject.to_owned(), (failures > 0).then_some(Tries { failures, last, met: 0 })))
}

fn judge(config: &Config, subject: &str, cell: &Cell) -> Vec<Finding> {
    let mut parts = subject.splitn(3, '\t');
    let (Some(kind), Some(service), Some(who)) = (parts.next(), parts.next(), parts.next()) else {
        return Vec::new();
    };
    // Who failed before this run only, and then got in, has nothing but successes.
    let earlier = config.earlier.as_ref().and_then(|earlier| earlier.get(subject)).copied();
    let got_in = cell.marks.first().filter(|_| earlier.is_some()).map(|mark| (mark.at, mark.at));
    let Some(span) = cell.span.or(got_in) else { return Vec::new() };
    let case = Case { config, service, who, cell, span, earlier: earlier.unwrap_or_default() };
    match kind {
        BY_SOURCE => {
            let spray = case.spray();
            let guesses = case.brute_force().or_else(|| case.slow().filter(|_| spray.is_none()));
            [case.success_after_failures(), guesses, spray]
        }
        BY_SERVER => [case.distributed_spray(), None, None],
        BY_USER => [case.distributed(), None, None],
        COMMUNITIES => [case.communities(), None, None],
        _ => [case.connections(), None, None],
    }
    .into_iter()
    .flatten()
    .collect()
}

struct Case<'c> {
    config: &'c Config,
    service: &'c str,
    who: &'c str,
    cell: &'c Cell,
    span: (Evidence, Evidence),
    /// What earlier runs saw.
    earlier: Tries,
}

impl Case<'_> {
    fn finding(&self, rule: &'static str, severity: Severity, title: String) -> Finding {
        Finding {
            rule,
            severity,
            attack: &["T1110.001", "T1110"],
            subject: self.who.to_owned(),
            title,
            advice: "Block the source, and forbid passwords where keys will do.",
            targets: self.cell.values(1, NAMED),
            count: self.cell.count,
            first: self.span.0,
            last: self.span.1,
        }
    }

    fn brute_force(&self) -> Option<Finding> {
        let burst = self.cell.burst(self.config.window);
        if burst.count < self.config.failures {
            return None;
        }
        let minutes = self.config.window / MINUTE;
        let title = format!(
            "{} failed {} log-ins from {}, up to {} in {minutes} minutes{}",
            self.cell.count,
            self.service,
            self.who,
            burst.count,
            self.on_users(),
        );
        Some(self.finding("login.bruteforce", Severity::Medium, title))
    }

    /// User names, where the log or protocol tells them.
    fn on_users(&self) -> String {
        match self.cell.distinct(0) {
            0 => String::new(),
            1 => ", on 1 user name".to_owned(),
            users => format!(", on {} user names", counted(users)),
        }
    }

    fn spray(&self) -> Option<Finding> {
        let users = self.cell.distinct(0);
        // Many names with few tries each: guessing passwords for one name looks different.
        if users < self.config.users || self.cell.count > users.saturating_mul(5) {
            return None;
        }
        let title = format!(
            "{} tried {} user names on {}, {} passwords in all",
            self.who,
            counted(users),
            self.service,
            self.cell.count
        );
        let mut finding = self.finding("login.spray", Severity::Medium, title);
        finding.attack = &["T1110.003", "T1110"];
        finding.targets = self.cell.values(0, NAMED);
        Some(finding)
    }

    fn distributed(&self) -> Option<Finding> {
        let sources = self.cell.distinct(0);
        if sources < self.config.sources {
            return None;
        }
        let title = format!(
            "{} sources failed {} log-ins as {} on {}",
            counted(sources),
            self.cell.count,
            self.who,
            self.service,
        );
        let (severity, title, last) = match self.got_in() {
            Some((mark, true)) => {
                let what =
                    format!("{title}, until {} got in: the password may have been guessed", mark.value);
                (Severity::High, what, mark.at)
            }
            Some((mark, false)) => {
                let what = format!("{title}; then {} got in, which had not before", mark.value);
                (Severity::Medium, what, mark.at)
            }
            None => (Severity::Low, title, self.span.1),
        };
        let mut finding = self.finding("login.distributed", severity, title);
        finding.last = last;
        finding.targets = self.cell.values(0, NAMED);
        finding.advice = "Make sure this account cannot log in with a password from outside.";
        Some(finding)
    }

    /// The first success of a source that had none before the failures began, once there were enough of these; and
    /// whether that source had failed, too. Whoever owns the account gets in from where they did before.
    fn got_in(&self) -> Option<(&Mark, bool)> {
        let (first, failed) = (self.span.0, self.cell.values(0, SET_MAX));
        let known = |mark: &&Mark| {
            let before = self.cell.marks.iter().take_while(|other| other.at < first);
            before.into_iter().any(|other| other.value == mark.value)
        };
        let late = |mark: &&Mark| mark.at > first && self.cell.before(mark.at.ts) >= self.config.sources;
        let guessed = |mark: &Mark| failed.contains(&mark.value);
        let mut strangers = self.cell.marks.iter().filter(|mark| late(mark) && !known(mark));
        let stranger = strangers.clone().next()?;
        Some(strangers.find(|mark| guessed(mark)).map_or((stranger, false), |mark| (mark, true)))
    }

    fn connections(&self) -> Option<Finding> {
        let burst = self.cell.burst(self.config.window);
        if burst.count < self.config.connections {
            return None;
        }
        let (name, rule, advice) = match self.service {
            "ssh" => (
                "SSH",
                "login.ssh_connections",
                "Look into the servers' auth.log for this address: netlog grep-auth.",
            ),
            "rdp" => (
                "RDP",
                "login.rdp_connections",
                "Look into the servers' security log for this address (events 4625 and 4624).",
            ),
            _ => (
                "VNC",
                "login.vnc_connections",
                "See how the last of these connections went on: one that stayed open got in.",
            ),
        };
        let title = format!(
            "{} opened {} {name} connections, up to {} in {} minutes, to {} servers: guessing passwords?",
            self.who,
            self.cell.count,
            burst.count,
            self.config.window / MINUTE,
            counted(self.cell.distinct(1)),
        );
        let mut finding = self.finding(rule, Severity::Medium, title);
        finding.advice = advice;
        Some(finding)
    }

    fn communities(&self) -> Option<Finding> {
        let tried = self.cell.values(0, SET_MAX).last().and_then(|most| most.parse::<u64>().ok())?;
        // All but the first of a flow are counted; who asks now and then may try the same two each time.
        let burst = self.cell.burst(self.config.window).count.saturating_add(1);
        if tried.min(burst) < self.config.communities {
            return None;
        }
        let title = format!(
            "{} tried {tried} or more different SNMP communities on {}: guessing?",
            self.who, self.service
        );
        let mut finding = self.finding("login.snmp_communities", Severity::Medium, title);
        finding.advice = "See whether the agent answered one of them, and let it speak version 3 with authentication only.";
        Some(finding)
    }
}

fn counted(distinct: u64) -> String {
    if distinct >= SET_MAX as u64 { format!("at least {distinct}") } else { distinct.to_string() }
}
