//! One section per protocol or kind of log: its counts and latency, then its tables.

use super::{ROWS, section};
use crate::report::auth::Logins;
use crate::report::facets::{Facet, On, Only, SEPARATOR, split};
use crate::report::latency::Latency;
use crate::report::model::{Block, Cell, Column, Section, Table, Unit};
use crate::report::tally::{Tally, code};
use crate::report::top::{Count, Row, Top};
use std::collections::BTreeMap;

/// First names of a table that are few enough to sum up what is left out.
const FEW: usize = 4;

/// Name, heading and data sets of each.
static SECTIONS: &[(&str, &str, On)] = &[
    ("dns", "DNS", On::Set("dns")),
    ("http", "HTTP", On::Set("http")),
    ("tls", "TLS", On::Set("tls")),
    ("ssh", "SSH", On::Set("ssh")),
    ("icmp", "ICMP", On::Set("icmp")),
    ("databases", "Databases", On::Transactions { database: true }),
    ("applications", "Applications' requests", On::Set("")),
    ("others", "Other protocols", On::Transactions { database: false }),
    ("vpc", "Cloud flow logs", On::Set("aws.vpcflow")),
    ("logins", "Log-ins", On::Set("")),
    ("web", "Web servers' access logs", On::Access),
    ("weberror", "Web servers' error logs", On::Suffix(".error")),
    ("levels", "Levels of logs", On::Set("")),
    ("syslog", "System logs", On::Set("")),
];

/// Those that have data.
pub fn all(tally: &Tally) -> Vec<Section> {
    SECTIONS.iter().map(|(id, title, on)| one(tally, id, title, *on)).collect()
}

fn one(tally: &Tally, id: &'static str, title: &'static str, on: On) -> Section {
    let mut blocks = vec![Block::Facts(summary(tally, on))];
    if id == "logins" {
        blocks.extend(logins(tally));
    }
    if id == "http" || id == "web" {
        blocks.extend(classes(tally, id));
    }
    if id == "web" {
        blocks.extend(tally.visits.tables());
    }
    if id == "vpc" {
        blocks.push(Block::Series(tally.actions()));
    }
    if id == "tls" {
        blocks.push(tally.certificates.expiring());
    }
    blocks.extend(facets(tally, id));
    section(id, title, blocks)
}

/// Events, failures and latency of the data sets.
fn summary(tally: &Tally, on: On) -> Vec<(&'static str, Unit, Cell)> {
    let mut latency = Latency::default();
    let (mut events, mut failures, mut unanswered, mut bytes) = (0, 0, 0, 0u64);
    let mut asked = false;
    for kind in tally.kinds.sorted().into_iter().filter(|kind| on.covers(kind.dataset)) {
        events += kind.events;
        failures += kind.failures;
        unanswered += kind.unanswered;
        bytes = bytes.saturating_add(kind.bytes);
        asked |= kind.dataset.transaction;
        latency.merge(&kind.latency);
    }
    if events == 0 {
        return Vec::new();
    }
    let mut facts = vec![("Events", Unit::Count, events.into()), ("Failed", Unit::Count, failures.into())];
    if on == On::Access && bytes > 0 {
        facts.push(("Bytes sent", Unit::Bytes, bytes.into()));
    }
    if latency.count() > 0 {
        // Logs tell of what was answered.
        facts.extend(asked.then(|| ("Unanswered", Unit::Count, unanswered.into())));
        let names = ["Latency, median", "Latency, 95 %", "Latency, 99 %"];
        for (name, permille) in names.into_iter().zip([500, 950, 990]) {
            facts.push((name, Unit::Duration, latency.quantile(permille).into()));
        }
        facts.push(("Latency, longest", Unit::Duration, latency.max().into()));
    }
    facts
}

/// The counted values that belong to a section.
pub fn facets(tally: &Tally, section: &str) -> Vec<Block> {
    let mine = tally.facets.tables().filter(|(facet, top)| facet.section == section && !top.is_empty());
    mine.map(|(facet, top)| facet_table(facet, top)).collect()
}

fn facet_table(facet: &Facet, top: &Top<String, Count>) -> Block {
    let mut columns: Vec<Column> =
        facet.parts.iter().map(|part| Column::new(part.key, part.title, Unit::Text, 0)).collect();
    columns.push(Column::new("events", "Events", Unit::Count, 0));
    columns.push(Column::new("failures", "Failed", Unit::Count, 1));
    let slow = facet.only == Only::Slow;
    let ranked =
        top.ranked(ROWS, |count| if slow { (count.longest, count.events) } else { (count.events, 0) });
    // Only access logs tell both for each request: bytes of connections are the flows'.
    let shown = |has: fn(&Count) -> bool| facet.section == "web" && ranked.iter().any(|(_, c)| has(c));
    let (sized, timed) = (shown(|c| c.bytes > 0), shown(|c| c.timed > 0));
    if sized {
        columns.push(Column::new("bytes", "Bytes", Unit::Bytes, 2));
    }
    if timed {
        columns.push(Column::new("mean", "Mean", Unit::Duration, 3));
    }
    if slow || timed {
        columns.push(Column::new("longest", "Longest", Unit::Duration, 0));
    }
    let row = |key: &str, count: &Count| {
        let mut row: Vec<Cell> = split(key).map(Cell::text).collect();
        row.extend([count.events.into(), Cell::nonzero(count.failures)]);
        row.extend(sized.then(|| Cell::nonzero(count.bytes)));
        row.extend(timed.then(|| count.lasted.checked_div(count.timed).into()));
        row.extend((slow || timed).then(|| Cell::nonzero(count.longest)));
        row
    };
    let mut rows: Vec<Vec<Cell>> = ranked.iter().take(ROWS).map(|(key, count)| row(key, count)).collect();
    let mut distinct = top.distinct();
    if !slow
        && ranked.len() > ROWS
        && let Some(others) = others(&ranked)
    {
        rows.extend(others.iter().map(|(key, count)| row(key, count)));
        distinct = rows.len() as u64;
    }
    let (id, title) = (facet.id, facet.title);
    Block::Table(Table { id, title, columns, rows, distinct, exact: top.exact() })
}

/// What stands below the rows shown, summed up under each first name, where there are few of these: then
/// the table is whole, and its shares are those of everything.
fn others(ranked: &[(&String, &Count)]) -> Option<BTreeMap<String, Count>> {
    let first = |key: &str| key.split_once(SEPARATOR).map(|(first, _)| first.to_owned());
    let mut names: Vec<String> = ranked.iter().map(|(key, _)| first(key)).collect::<Option<_>>()?;
    names.sort_unstable();
    names.dedup();
    if names.len() > FEW {
        return None;
    }
    let mut sums: BTreeMap<String, Count> = BTreeMap::new();
    for (key, count) in ranked.iter().skip(ROWS) {
        let name = format!("{}{SEPARATOR}(others)", first(key)?);
        sums.entry(name).or_default().absorb(**count);
    }
    Some(sums)
}

/// Status codes by their first digit (RFC 9110 §15).
fn classes(tally: &Tally, section: &'static str) -> Option<Block> {
    let (id, source) = match section {
        "http" => ("http.classes", "http.status"),
        _ => ("web.classes", "web.status"),
    };
    let (_, top) = tally.facets.tables().find(|(facet, _)| facet.id == source)?;
    let names =
        ["1xx informational", "2xx success", "3xx redirection", "4xx client error", "5xx server error"];
    let mut sums = [(0u64, 0u64); 5];
    for (key, count) in top.rows() {
        let class = key.bytes().next().filter(|_| key.len() == 3).and_then(|b| b.checked_sub(b'1'));
        if let Some(sum) = class.and_then(|c| sums.get_mut(usize::from(c))) {
            sum.0 += count.events;
            sum.1 = sum.1.saturating_add(count.bytes);
        }
    }
    let sized = section == "web" && sums.iter().any(|(_, bytes)| *bytes > 0);
    let rows = names.iter().zip(sums).filter(|(_, (n, _))| *n > 0).map(|(name, (n, bytes))| {
        let mut row = vec![Cell::text(*name), n.into()];
        row.extend(sized.then(|| Cell::nonzero(bytes)));
        row
    });
    let rows = rows.collect();
    let mut columns =
        vec![Column::new("class", "Status", Unit::Text, 0), Column::new("events", "Events", Unit::Count, 0)];
    columns.extend(sized.then(|| Column::new("bytes", "Bytes", Unit::Bytes, 0)));
    Some(super::whole(id, "Status classes", &columns, rows))
}

fn logins(tally: &Tally) -> Vec<Block> {
    let auth = &tally.auth;
    if auth.told.is_empty() {
        return Vec::new();
    }
    let hosts = [
        Column::new("host", "Remote host", Unit::Text, 0),
        Column::new("told", "As told by", Unit::Text, 0),
        Column::new("country", "From", Unit::Text, 1),
    ];
    let users =
        [Column::new("user", "User", Unit::Text, 0), Column::new("told", "As told by", Unit::Text, 0)];
    let told = [Column::new("told", "As told by", Unit::Text, 0)];
    let after = auth.hosts.ranked(usize::MAX, attempts).into_iter().filter(|(_, row)| row.after_failure());
    let after = after.take(ROWS).map(|(key, row)| login_row(key, row, true)).collect();
    let sums = auth.told.iter().map(|(told, row)| login_row(told, row, false)).collect();
    vec![
        super::whole("logins.sums", "All", &login_columns(&told), sums),
        super::whole("logins.after", "Accepted after failures", &login_columns(&hosts), after),
        login_table(("logins.hosts", "By remote host"), &hosts, &auth.hosts),
        login_table(("logins.users", "By user"), &users, &auth.users),
    ]
}

/// Attempts that failed, whoever recorded them, then those that did not.
fn attempts(row: &Logins) -> (u64, u64) {
    (row.failed.max(row.pam), row.accepted)
}

fn login_columns(keys: &[Column]) -> Vec<Column> {
    let mut columns = keys.to_vec();
    columns.extend([
        Column::new("failed", "Failed", Unit::Count, 0),
        Column::new("pam", "PAM", Unit::Count, 0),
        Column::new("accepted", "Accepted", Unit::Count, 0),
        Column::new("first", "First", Unit::Time, 2),
        Column::new("last", "Last", Unit::Time, 3),
    ]);
    columns
}

fn login_row(key: &str, row: &Logins, place: bool) -> Vec<Cell> {
    let mut cells: Vec<Cell> = split(key).map(Cell::text).collect();
    if place {
        cells.push(row.country.map(code).into());
    }
    cells.extend([row.failed, row.pam, row.accepted].map(Cell::nonzero));
    cells.extend([row.span.map(|s| s.0), row.span.map(|s| s.1)].map(|t| t.map_or(Cell::Empty, Cell::Time)));
    cells
}

fn login_table(
    (id, title): (&'static str, &'static str),
    keys: &[Column],
    top: &Top<String, Logins>,
) -> Block {
    let ranked = top.ranked(ROWS, attempts).into_iter().take(ROWS);
    let rows = ranked.map(|(key, row)| login_row(key, row, keys.len() > 2)).collect();
    let columns = login_columns(keys);
    Block::Table(Table { id, title, columns, rows, distinct: top.distinct(), exact: top.exact() })
}
