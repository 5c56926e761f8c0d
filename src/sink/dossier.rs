//! Everything known about one address.

use super::notes::{Line, Lines, Note, Noted};
use crate::model::{Event, Outcome, Value, login_attempts};
use crate::report::{Block, Cell, Column, Report, Section, Table, Unit, evidence};
use std::net::IpAddr;
use std::sync::Arc;

/// Rows of a table.
const ROWS: usize = 100;

/// Kinds of notes, in the order of the report: name, heading, title of what is listed.
const KINDS: [(&str, &str, &str); 10] = [
    ("did", "What it did", "Event"),
    ("was asked", "What was asked of it", "Event"),
    ("service", "Services it answered on", "Service"),
    ("contact", "Services it used", "Service"),
    ("name", "Names it goes by", "Name"),
    ("asked", "Names it asked for", "Name"),
    ("agent", "How it describes itself", "Agent"),
    ("login", "Log-ins", "Log-in"),
    ("file", "Files", "File"),
    ("flow", "Flows", "Flow"),
];

/// Notes what an event says about `ip`.
pub fn about(ip: IpAddr) -> Arc<super::notes::Take> {
    Arc::new(move |event, notes| take(ip, event, notes))
}

fn take(ip: IpAddr, event: &Event<'_>, notes: &mut Vec<Note>) {
    let text = |name: &str| event.by_name(name).and_then(Value::as_str);
    let mut note = |kind: &str, what: &str| notes.push(Note::of(event, kind, what));
    let (acted, served) = (event.source.ip == Some(ip), event.destination.ip == Some(ip));
    if let Some(name) = text("dns.question.name")
        && event.by_name("dns.resolved_ip").is_some_and(|value| holds(value, ip))
    {
        note("name", &format!("{name} (DNS)"));
    }
    if !acted && !served {
        return;
    }
    let dataset = event.dataset.name;
    let outcome = match event.outcome {
        Outcome::Unknown => "",
        Outcome::Success => ", success",
        Outcome::Failure => ", failure",
    };
    note(if acted { "did" } else { "was asked" }, &format!("{dataset}{outcome}"));
    if dataset == "flow" {
        flow(event, acted, &mut note);
    }
    let names = [("tls.client.server_name", "TLS"), ("url.domain", "HTTP")];
    for (name, from) in names.into_iter().filter_map(|(field, from)| Some((text(field)?, from))) {
        note(if served { "name" } else { "asked" }, &format!("{name} ({from})"));
    }
    if acted && let Some(name) = text("dns.question.name") {
        note("asked", &format!("{name} (DNS)"));
    }
    let own = if acted {
        ["user_agent.original", "ssh.client.banner"]
    } else {
        ["netlog.http.response.server", "ssh.server.banner"]
    };
    for agent in own.into_iter().filter_map(text) {
        note("agent", agent);
    }
    for file in ["file.path", "file.name"].into_iter().filter_map(text).take(1) {
        note("file", file);
    }
    if event.dataset.category.contains(&"authentication") && event.outcome != Outcome::Unknown {
        let way = if acted { "" } else { "at it: " };
        let user = text("user.name").map(|user| format!(" as {user}")).unwrap_or_default();
        let how = if event.outcome == Outcome::Success { "accepted" } else { "failed" };
        let mut login = Note::of(event, "login", &format!("{way}{dataset}{user}, {how}"));
        login.weight = login_attempts(event);
        notes.extend(Some(login).filter(|login| login.weight > 0));
    }
}

/// Services and ends of a flow.
fn flow(event: &Event<'_>, acted: bool, note: &mut impl FnMut(&str, &str)) {
    let transport = event.by_name("network.transport").and_then(Value::as_str).unwrap_or("ip");
    let port = event.destination.port.map(|port| format!("/{port}")).unwrap_or_default();
    let spoken = event.by_name("network.protocol").and_then(Value::as_str);
    let spoken = spoken.map(|name| format!(" ({name})")).unwrap_or_default();
    let (Some(source), Some(destination)) = (event.source.ip, event.destination.ip) else { return };
    let answered = event.destination.packets.is_some_and(|n| n > 0);
    // What was not answered may not be there: that is among the flows.
    let kind = if acted { "contact" } else { "service" };
    if answered && event.outcome != Outcome::Failure {
        note(kind, &format!("{transport}{port}{spoken}"));
    }
    note("flow", &format!("{source} to {destination} {transport}{port}"));
}

fn holds(value: &Value<'_>, ip: IpAddr) -> bool {
    match value {
        Value::List(items) => items.iter().any(|item| holds(item, ip)),
        other => other.as_ip() == Some(ip),
    }
}

/// The dossier of `ip` as a report.
pub fn report(ip: IpAddr, report: &Report, noted: &Noted) -> Report {
    let lines = || noted.values().flat_map(|lines| lines.lines.values());
    let (first, last) = (lines().map(|l| l.first).min(), lines().map(|l| l.last).max());
    let word = ip.to_string();
    let concerns = |f: &crate::model::Finding| {
        f.subject.split([' ', ',']).any(|w| w == word)
            || f.targets.iter().any(|t| t.split([' ', ',']).any(|w| w == word))
    };
    let findings: Vec<_> = report.findings.iter().filter(|f| concerns(f)).cloned().collect();
    let mut facts = vec![("Address", Unit::Text, Cell::text(&*word))];
    for (name, at) in [("First seen", first), ("Last seen", last)] {
        if let Some(at) = at {
            facts.push((name, Unit::Time, Cell::Time(at.ts)));
            facts.push(("at", Unit::Text, evidence::place(at, &report.sources).into()));
        }
    }
    facts.push(("Findings", Unit::Count, Cell::Number(findings.len() as u64)));
    let mut blocks = vec![Block::Facts(facts)];
    if first.is_none() {
        blocks.push(Block::Note("Nothing was seen of this address.".to_owned()));
    }
    let mut sections = vec![Section { id: "host", title: "The address", blocks }];
    if !findings.is_empty() {
        sections.push(Section { id: "findings", title: "Findings", blocks: vec![Block::Findings] });
    }
    let tables =
        KINDS.iter().filter_map(|kind| Some(Block::Listing(table(kind, noted.get(kind.0)?, report))));
    sections.push(Section { id: "known", title: "What is known", blocks: tables.collect() });
    Report { sections, findings, summary: Vec::new(), ..report.clone() }
}

fn table(kind: &(&'static str, &'static str, &'static str), lines: &Lines, report: &Report) -> Table {
    let mut rows: Vec<(&String, &Line)> = lines.lines.iter().map(|((text, _), line)| (text, line)).collect();
    rows.sort_by_key(|(text, line)| (std::cmp::Reverse(line.count), *text));
    let row = |(text, line): &(&String, &Line)| {
        vec![
            Cell::text(text.as_str()),
            line.count.into(),
            Cell::Time(line.first.ts),
            Cell::Time(line.last.ts),
            evidence::place(line.first, &report.sources).into(),
        ]
    };
    Table {
        id: kind.0,
        title: kind.1,
        columns: vec![
            Column::new("text", kind.2, Unit::Text, 0),
            Column::new("count", "Count", Unit::Count, 0),
            Column::new("first", "First", Unit::Time, 1),
            Column::new("last", "Last", Unit::Time, 2),
            Column::new("place", "Where", Unit::Text, 3),
        ],
        rows: rows.iter().take(ROWS).map(row).collect(),
        distinct: rows.len() as u64 + lines.dropped,
        exact: lines.dropped == 0,
    }
}
