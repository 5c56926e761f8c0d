//! The outputs of `grep-auth`: the same words as the sinks of events and reports, one host a row.

use super::escape::csv as escape;
use super::output::Output;
use super::{SinkError, json, markdown, text};
use crate::model::{Ts, rfc3339};
use crate::report::logins::{Counts, Host, KINDS, Kind, Logins, Place};
use serde_json::{Map, Value, json};
use std::io;

/// How it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text { width: Option<usize>, color: bool },
    Json,
    Ndjson,
    Csv,
    Markdown,
}

/// An output that waits for the answer.
pub struct Opened {
    form: Form,
    output: Output,
}

/// Opens the output `name` on `path`; `None` and `-` are standard output, for whose `width` (columns)
/// and `color` text is laid out.
///
/// # Errors
/// If there is no such output or its file cannot be made.
pub fn open(name: &str, path: Option<&str>, width: Option<usize>, color: bool) -> Result<Opened, SinkError> {
    let path = path.filter(|p| *p != "-");
    let form = match name {
        "text" => Form::Text { width: width.filter(|_| path.is_none()), color: color && path.is_none() },
        "json" => Form::Json,
        "ndjson" => Form::Ndjson,
        "csv" => Form::Csv,
        "markdown" => Form::Markdown,
        _ => return Err(SinkError::Unknown { name: name.to_owned() }),
    };
    Ok(Opened { form, output: Output::open(path)? })
}

impl Opened {
    /// Writes the answer and closes.
    ///
    /// # Errors
    /// Whatever the file or pipe says.
    pub fn close(mut self, logins: &Logins<'_>) -> io::Result<()> {
        let out = &mut self.output;
        match self.form {
            Form::Text { width, color } => {
                out.write(text::draw_made(&logins.report(), logins, text::page(width), color).as_bytes())?;
            }
            Form::Json => document(out, logins)?,
            Form::Ndjson => lines(out, logins)?,
            Form::Csv => out.write(&sheet(logins)?)?,
            Form::Markdown => {
                out.write(
                    markdown::draw_made(&logins.report(), logins).map_err(io::Error::other)?.as_bytes(),
                )?;
            }
        }
        self.output.finish()
    }
}

fn lines(out: &mut Output, logins: &Logins<'_>) -> io::Result<()> {
    let mut line = Vec::new();
    for each in &logins.hosts {
        line.clear();
        json::push_line(&mut line, &host(each));
        line.push(b'\n');
        out.write(&line)?;
    }
    Ok(())
}

/// The whole answer. There can be a million hosts, so they are written one by one.
fn document(out: &mut Output, logins: &Logins<'_>) -> io::Result<()> {
    let facts = &logins.facts;
    let settings: Map<String, Value> =
        facts.settings.iter().map(|(k, v)| (k.clone(), v.as_str().into())).collect();
    let about = json!({
        "version": facts.version,
        "command": facts.command,
        "databases": facts.databases,
        "settings": settings,
        "notes": facts.notes,
    });
    let mut text = b"{\n  \"netlog\": ".to_vec();
    json::push(&mut text, &about, 1);
    text.extend_from_slice(b",\n  \"hosts\": [");
    for (i, each) in logins.hosts.iter().enumerate() {
        text.extend_from_slice(if i == 0 { b"\n    " } else { b",\n    " });
        json::push(&mut text, &host(each), 2);
        out.write(&text)?;
        text.clear();
    }
    let rest = [
        ("totals", totals(logins)),
        ("local", logins.people.iter().map(person).collect::<Vec<_>>().into()),
        ("inputs", facts.sources.0.iter().map(json::input).collect::<Vec<_>>().into()),
        ("ledger", json::ledger(&facts.ledger, &facts.sources)),
    ];
    text.extend_from_slice(if logins.hosts.is_empty() { b"]" } else { b"\n  ]" });
    for (name, value) in rest {
        text.extend_from_slice(format!(",\n  \"{name}\": ").as_bytes());
        json::push(&mut text, &value, 1);
    }
    text.extend_from_slice(b"\n}\n");
    out.write(&text)
}

fn totals(logins: &Logins<'_>) -> Value {
    let mut out = Map::new();
    out.insert("hosts".to_owned(), logins.distinct.into());
    out.insert("listed".to_owned(), logins.hosts.len().into());
    put_counts(&mut out, &logins.total);
    out.insert("accepted_after_failure".to_owned(), logins.intruders.len().into());
    out.insert("users".to_owned(), logins.users.into());
    out.insert("first".to_owned(), logins.span.map(|s| rfc3339(s.0)).into());
    out.insert("last".to_owned(), logins.span.map(|s| rfc3339(s.1)).into());
    out.insert("connections_without_user".to_owned(), logins.idle.into());
    let of = |counts: &Counts| {
        let mut out = Map::new();
        put_counts(&mut out, counts);
        Value::from(out)
    };
    out.insert("without_host".to_owned(), of(&logins.local));
    out.insert("beyond_cap".to_owned(), of(&logins.beyond));
    out.into()
}

/// Who failed at the machine itself.
fn person((service, user, counts, last): &(&'static str, &str, Counts, Ts)) -> Value {
    let mut out = Map::new();
    out.insert("service".to_owned(), (*service).into());
    out.insert("user".to_owned(), (*user).into());
    put_counts(&mut out, counts);
    out.insert("last".to_owned(), rfc3339(*last).into());
    out.into()
}

fn host(host: &Host<'_>) -> Value {
    let mut out = Map::new();
    out.insert("host".to_owned(), (*host.host).into());
    put_counts(&mut out, &host.counts);
    out.insert("accepted_after_failure".to_owned(), host.after_failure.into());
    let names = |list: &[(&str, u64)]| -> Value {
        list.iter().map(|(name, n)| ((*name).to_owned(), Value::from(*n))).collect::<Map<_, _>>().into()
    };
    out.insert("users".to_owned(), names(&host.users));
    out.insert("users_left_out".to_owned(), host.unlisted.into());
    out.insert("accepted_users".to_owned(), names(&host.accepted));
    out.insert("first".to_owned(), host.span.map(|s| rfc3339(s.0)).into());
    out.insert("last".to_owned(), host.span.map(|s| rfc3339(s.1)).into());
    out.insert("geo".to_owned(), geo(&host.place));
    out.insert("as".to_owned(), network(&host.place));
    out.into()
}

/// `failures`, `failed`, `pam_failed`, `invalid_user`, `accepted`, and `kinds` with all of them.
fn put_counts(out: &mut Map<String, Value>, counts: &Counts) {
    let kinds: Map<String, Value> = KINDS
        .iter()
        .filter(|(_, kind)| !matches!(kind, Kind::InvalidUser | Kind::Accepted))
        .map(|(key, kind)| ((*key).to_owned(), counts.of(*kind).into()))
        .collect();
    out.insert("failures".to_owned(), counts.failures().into());
    out.insert("failed".to_owned(), counts.failed().into());
    out.insert("pam_failed".to_owned(), counts.pam_failed().into());
    out.insert("invalid_user".to_owned(), counts.of(Kind::InvalidUser).into());
    out.insert("accepted".to_owned(), counts.of(Kind::Accepted).into());
    out.insert("kinds".to_owned(), kinds.into());
}

fn geo(place: &Place<'_>) -> Value {
    let mut out = Map::new();
    if let Some((code, name)) = place.country {
        out.insert("country_iso_code".to_owned(), code.into());
        out.insert("country_name".to_owned(), name.into());
    }
    if let Some(city) = &place.city {
        out.insert("city_name".to_owned(), city.as_str().into());
    }
    if let Some((lat, lon)) = place.location {
        out.insert("location".to_owned(), json!({"lat": lat, "lon": lon}));
        out.insert("location_is_centroid".to_owned(), place.centroid.into());
    }
    out.into()
}

fn network(place: &Place<'_>) -> Value {
    let network = place.network.as_ref();
    network
        .map_or_else(|| json!({}), |(number, name)| json!({"number": number, "organization": {"name": name}}))
}

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

fn sheet(logins: &Logins<'_>) -> io::Result<Vec<u8>> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(COLUMNS)?;
    for host in &logins.hosts {
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
        out.write_record(cells.iter().map(|cell| escape::cell(cell).into_owned()))?;
    }
    out.into_inner().map_err(|e| io::Error::other(e.to_string()))
}
