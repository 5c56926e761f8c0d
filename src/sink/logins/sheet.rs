//! The hosts as a table for spreadsheets.

use super::super::escape::csv as escape;
use super::super::output::Output;
use super::super::pieces;
use crate::model::rfc3339;
use crate::report::logins::{Host, Kind, Logins};
use std::io;

const COLUMNS: [&str; 16] = [
    "host",
    "failures",
    "failed",
    "pam_failed",
    "invalid_user",
    "preauth",
    "accepted",
    "accepted_after_failure",
    "users",
    "accepted_users",
    "first",
    "last",
    "country_iso_code",
    "country_name",
    "as_number",
    "as_organization_name",
];

/// The whole table.
pub(super) fn write(out: &mut Output, logins: &Logins<'_>) -> io::Result<()> {
    let mut head = Vec::new();
    escape::Table::new(&mut head).row(COLUMNS)?;
    out.write(&head)?;
    pieces::write(out, logins.hosts.len(), |range, text| rows(text, logins.hosts.some(range)))
}

fn rows<'l>(text: &mut Vec<u8>, hosts: impl Iterator<Item = Host<'l>>) -> io::Result<()> {
    let mut out = escape::Table::new(text);
    for host in hosts {
        let n = |n: u64| n.to_string();
        let names = |list: &[(&str, u64)]| {
            list.iter().map(|(name, n)| format!("{name}={n}")).collect::<Vec<_>>().join(";")
        };
        let time = |ts: Option<i64>| ts.map(rfc3339).unwrap_or_default();
        let country = host.place.country.unwrap_or_default();
        let (number, owner) = host
            .place
            .network
            .clone()
            .map_or_else(Default::default, |(number, name)| (n(number.into()), name.into_owned()));
        let cells: [String; 16] = [
            host.host.to_string(),
            n(host.counts.failures()),
            n(host.counts.failed()),
            n(host.counts.pam_failed()),
            n(host.counts.of(Kind::InvalidUser)),
            n(host.counts.of(Kind::Preauth)),
            n(host.counts.of(Kind::Accepted)),
            host.after_failure.to_string(),
            names(&host.users),
            names(&host.accepted),
            time(host.span.map(|s| s.0)),
            time(host.span.map(|s| s.1)),
            country.0.to_owned(),
            country.1.to_owned(),
            number,
            owner,
        ];
        out.row(cells.iter().map(|cell| escape::cell(cell).into_owned()))?;
    }
    out.flush()
}
