//! The answer as a report, for the sinks that draw one.

use super::{Counts, Host, Kind, Logins};
use crate::model::{Ledger, Ts};
use crate::report::{Block, Cell, Column, MadeRows, Report, Section, Table, Unit};
use std::borrow::Cow;
use std::fmt::Write;
use std::ops::Range;

/// Users named in a cell.
const USERS: usize = 6;

impl Logins<'_> {
    /// Who got in after failing, then every host, then what was read. The rows of both listings of hosts
    /// are left out: [`MadeRows`] has them.
    pub fn report(&self) -> Report {
        let sections = [self.intruded(), self.all(), self.at_home(), self.read()];
        Report {
            sections: sections.into_iter().filter(|s| !s.blocks.is_empty()).collect(),
            sources: self.facts.sources.clone(),
            ledger: self.facts.ledger.clone(),
            command: self.facts.command.clone(),
            version: self.facts.version.clone(),
            databases: self.facts.databases.clone(),
            settings: self.facts.settings.clone(),
            span: self.span,
            ..Report::default()
        }
    }

    fn intruded(&self) -> Section {
        let columns = [
            Column::new("host", "Host", Unit::Text, 0),
            Column::new("failures", "Failures", Unit::Count, 0),
            Column::new("accepted", "Let in", Unit::Count, 0),
            Column::new("accepted_users", "As", Unit::Text, 0),
            Column::new("last", "Last", Unit::Time, 0),
            Column::new("country", "Country", Unit::Text, 1),
            Column::new("network", "Network", Unit::Text, 2),
        ];
        let blocks = if self.intruders.is_empty() && self.distinct > 0 {
            vec![Block::Note("Nobody: no host was let in after it had failed.".to_owned())]
        } else {
            made("intruders", &columns, self.intruders.len() as u64)
        };
        Section { id: "intruders", title: "Who got in after failing", blocks }
    }

    fn all(&self) -> Section {
        let columns = [
            Column::new("host", "Host", Unit::Text, 0),
            Column::new("failed", "Failed", Unit::Count, 0),
            Column::new("pam_failed", "PAM", Unit::Count, 0),
            Column::new("invalid_user", "Unknown user", Unit::Count, 4),
            Column::new("accepted", "Let in", Unit::Count, 0),
            Column::new("users", "Users tried", Unit::Text, 0),
            Column::new("last", "Last", Unit::Time, 1),
            Column::new("first", "First", Unit::Time, 6),
            Column::new("country", "Country", Unit::Text, 2),
            Column::new("network", "Network", Unit::Text, 3),
            Column::new("preauth", "Left early", Unit::Count, 5),
        ];
        // With the row of the sums.
        let rows = if self.hosts.is_empty() { 0 } else { self.distinct + 1 };
        let mut blocks = made("hosts", &columns, rows);
        if blocks.is_empty() {
            let text = if self.distinct == 0 { "No log-in from a remote host." } else { "None selected." };
            blocks.push(Block::Note(text.to_owned()));
        }
        Section { id: "hosts", title: "Remote hosts by failed log-ins", blocks }
    }

    fn at_home(&self) -> Section {
        let columns = [
            Column::new("service", "Service", Unit::Text, 0),
            Column::new("user", "User", Unit::Text, 0),
            Column::new("failed", "Failed", Unit::Count, 0),
            Column::new("pam_failed", "PAM", Unit::Count, 0),
            Column::new("last", "Last", Unit::Time, 0),
        ];
        let row = |(service, user, counts, last): &(&'static str, &str, Counts, Ts)| {
            let (failed, pam) = (counts.failed().into(), counts.pam_failed().into());
            vec![(*service).into(), (*user).into(), failed, pam, Cell::Time(*last)]
        };
        let rows: Vec<_> = self.people.iter().map(row).collect();
        let count = rows.len() as u64;
        let blocks = listing("local", &columns, rows, count);
        Section { id: "local", title: "Failures without a remote host", blocks }
    }

    fn sums(&self) -> Vec<Cell> {
        vec![
            format!(
                "{} in all",
                if self.distinct == 1 { "1 host".to_owned() } else { format!("{} hosts", self.distinct) }
            )
            .into(),
            self.total.failed().into(),
            self.total.pam_failed().into(),
            self.total.of(Kind::InvalidUser).into(),
            self.total.of(Kind::Accepted).into(),
            format!("{} names", self.users).into(),
            time(self.span.map(|s| s.1)),
            time(self.span.map(|s| s.0)),
            Cell::Empty,
            Cell::Empty,
            self.total.of(Kind::Preauth).into(),
        ]
    }

    fn read(&self) -> Section {
        let mut facts = lines(&self.facts.ledger);
        let mut more = |label, n: u64| {
            if n > 0 {
                facts.push((label, Unit::Count, n.into()));
            }
        };
        more("Failures without a remote host", self.local.failures());
        more("Connections that named no user", self.idle);
        more("Failures of hosts beyond the cap", self.beyond.failures());
        let mut blocks = vec![Block::Facts(facts)];
        for source in &self.facts.sources.0 {
            blocks.extend(source.notes.iter().map(|note| Block::Note(format!("{}: {note}", source.path))));
        }
        for fault in &self.facts.ledger.faults {
            let at = fault.offset.map(|o| format!(" (at byte {o})")).unwrap_or_default();
            let text = format!("{} could not be read to its end: {}{at}", fault.path, fault.reason);
            blocks.push(Block::Note(text));
        }
        blocks
            .extend(self.facts.settings.iter().map(|(name, value)| Block::Note(format!("{name}: {value}"))));
        blocks.extend(self.facts.notes.iter().cloned().map(Block::Note));
        Section { id: "inputs", title: "What was read", blocks }
    }
}

impl MadeRows for Logins<'_> {
    fn rows(&self, id: &str) -> Option<usize> {
        match id {
            "intruders" => Some(self.intruders.len()),
            // With the row of the sums.
            "hosts" => Some(self.hosts.len() + 1),
            _ => None,
        }
    }

    fn look_ahead(&self, id: &str, range: Range<usize>) {
        // Of the others there are few.
        if id == "hosts" {
            self.hosts.look_ahead(range);
        }
    }

    fn row(&self, id: &str, nth: usize) -> Vec<Cell> {
        match id {
            "intruders" => {
                let host = self.intruders.get(nth).and_then(|number| self.hosts.host(*number));
                host.map(|host| intruder(&host)).unwrap_or_default()
            }
            _ => self.hosts.get(nth).map_or_else(|| self.sums(), |host| row(&host)),
        }
    }
}

fn intruder(host: &Host<'_>) -> Vec<Cell> {
    vec![
        (*host.host).into(),
        host.counts.failures().into(),
        host.counts.of(Kind::Accepted).into(),
        named(&host.accepted).into(),
        time(host.span.map(|s| s.1)),
        country(host),
        network(host),
    ]
}

fn row(host: &Host<'_>) -> Vec<Cell> {
    vec![
        (*host.host).into(),
        host.counts.failed().into(),
        host.counts.pam_failed().into(),
        host.counts.of(Kind::InvalidUser).into(),
        host.counts.of(Kind::Accepted).into(),
        named(&host.users).into(),
        time(host.span.map(|s| s.1)),
        time(host.span.map(|s| s.0)),
        country(host),
        network(host),
        Cell::nonzero(host.counts.of(Kind::Preauth)),
    ]
}

/// A listing whose rows are made as they are drawn, if there are any.
fn made(id: &'static str, columns: &[Column], distinct: u64) -> Vec<Block> {
    let table = Table { id, title: "", columns: columns.to_vec(), rows: Vec::new(), distinct, exact: true };
    if distinct == 0 { Vec::new() } else { vec![Block::Listing(table)] }
}

fn listing(id: &'static str, columns: &[Column], rows: Vec<Vec<Cell>>, distinct: u64) -> Vec<Block> {
    if rows.is_empty() {
        return Vec::new();
    }
    vec![Block::Listing(Table { id, title: "", columns: columns.to_vec(), rows, distinct, exact: true })]
}

fn lines(ledger: &Ledger) -> Vec<(&'static str, Unit, Cell)> {
    let lines = &ledger.lines;
    vec![
        ("Lines read", Unit::Count, lines.read.into()),
        ("Lines understood", Unit::Count, lines.decoded.into()),
        ("Share of lines understood", Unit::Permille, lines.understood().into()),
    ]
}

/// Names with counts, the first few. The names are kept apart by commas; a sink escapes them.
fn named(users: &[(&str, u64)]) -> String {
    let mut out = String::new();
    for (nth, (name, count)) in users.iter().take(USERS).enumerate() {
        out.push_str(if nth > 0 { ", " } else { "" });
        out.push_str(if name.is_empty() { "(empty)" } else { name });
        if *count > 1 {
            out.push_str(" (");
            out.push_str(itoa::Buffer::new().format(*count));
            out.push(')');
        }
    }
    if users.len() > USERS {
        // Writing to a string cannot fail.
        let _ = write!(out, ", {} more", users.len() - USERS);
    }
    out
}

fn time(ts: Option<Ts>) -> Cell {
    ts.map_or(Cell::Empty, Cell::Time)
}

fn country(host: &Host<'_>) -> Cell {
    host.place.country.map(|(code, _)| code).into()
}

fn network(host: &Host<'_>) -> Cell {
    let named = |(number, name): &(u32, Cow<'_, str>)| {
        ["AS", itoa::Buffer::new().format(*number), " ", &**name].concat()
    };
    host.place.network.as_ref().map(named).into()
}
