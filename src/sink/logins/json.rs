//! The answer as data.

use super::super::members::Object;
use super::super::output::Output;
use super::super::{json, pieces};
use crate::model::Ts;
use crate::report::logins::{Counts, Host, KINDS, Kind, Logins, Place};
use serde_json::{Map, Value, json};
use std::io;

/// One host a line.
pub(super) fn lines(out: &mut Output, logins: &Logins<'_>) -> io::Result<()> {
    let draw = |text: &mut Vec<u8>, _, each: &Host<'_>| {
        Object::write(text, None, |object| host(object, each));
        text.push(b'\n');
    };
    hosts(out, logins, draw)
}

/// Has every host drawn, with its number.
fn hosts(
    out: &mut Output,
    logins: &Logins<'_>,
    draw: impl Fn(&mut Vec<u8>, usize, &Host<'_>) + Sync,
) -> io::Result<()> {
    pieces::write(out, logins.hosts.len(), |range, text| {
        let some = logins.hosts.some(range.clone());
        range.zip(some).for_each(|(nth, each)| draw(text, nth, &each));
        Ok(())
    })
}

/// The whole answer.
pub(super) fn document(out: &mut Output, logins: &Logins<'_>) -> io::Result<()> {
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
    out.write(&text)?;
    hosts(out, logins, |text, nth, each| {
        text.extend_from_slice(if nth == 0 { b"\n    " } else { b",\n    " });
        Object::write(text, Some(2), |object| host(object, each));
    })?;
    text.clear();
    Object::write(&mut text, Some(0), |rest| {
        rest.object("totals", |object| totals(object, logins));
        rest.objects("local", &logins.people, person);
        rest.value("inputs", &facts.sources.0.iter().map(json::input).collect::<Vec<_>>().into());
        rest.value("ledger", &json::ledger(&facts.ledger, &facts.sources));
    });
    out.write(if logins.hosts.is_empty() { b"]," } else { b"\n  ]," })?;
    // It goes on with the object begun above.
    out.write(text.get(1..).unwrap_or_default())?;
    out.write(b"\n")
}

fn totals(out: &mut Object<'_>, logins: &Logins<'_>) {
    out.number("hosts", logins.distinct);
    out.number("listed", logins.hosts.len() as u64);
    put_counts(out, &logins.total);
    out.number("accepted_after_failure", logins.intruders.len() as u64);
    out.number("users", logins.users);
    out.time("first", logins.span.map(|s| s.0));
    out.time("last", logins.span.map(|s| s.1));
    out.number("connections_without_user", logins.idle);
    out.object("without_host", |out| put_counts(out, &logins.local));
    out.object("beyond_cap", |out| put_counts(out, &logins.beyond));
}

/// Who failed at the machine itself.
fn person(out: &mut Object<'_>, (service, user, counts, last): &(&'static str, &str, Counts, Ts)) {
    out.text("service", service);
    out.text("user", user);
    put_counts(out, counts);
    out.time("last", Some(*last));
}

fn host(out: &mut Object<'_>, host: &Host<'_>) {
    out.text("host", &host.host);
    put_counts(out, &host.counts);
    out.flag("accepted_after_failure", host.after_failure);
    let put_names = |out: &mut Object<'_>, list: &[(&str, u64)]| {
        list.iter().for_each(|(name, n)| out.number(name, *n));
    };
    out.object("users", |out| put_names(out, &host.users));
    out.number("users_left_out", host.unlisted);
    out.object("accepted_users", |out| put_names(out, &host.accepted));
    out.time("first", host.span.map(|s| s.0));
    out.time("last", host.span.map(|s| s.1));
    out.object("geo", |out| put_geo(out, &host.place));
    out.object("as", |out| {
        if let Some((number, name)) = &host.place.network {
            out.number("number", u64::from(*number));
            out.object("organization", |out| out.text("name", name));
        }
    });
}

/// `failures`, `failed`, `pam_failed`, `invalid_user`, `accepted`, and `kinds` with all of them.
fn put_counts(out: &mut Object<'_>, counts: &Counts) {
    out.number("failures", counts.failures());
    out.number("failed", counts.failed());
    out.number("pam_failed", counts.pam_failed());
    out.number("invalid_user", counts.of(Kind::InvalidUser));
    out.number("accepted", counts.of(Kind::Accepted));
    out.object("kinds", |out| {
        let others = KINDS.iter().filter(|(_, kind)| !matches!(kind, Kind::InvalidUser | Kind::Accepted));
        others.for_each(|(key, kind)| out.number(key, counts.of(*kind)));
    });
}

fn put_geo(out: &mut Object<'_>, place: &Place<'_>) {
    if let Some((code, name)) = place.country {
        out.text("country_iso_code", code);
        out.text("country_name", name);
    }
    if let Some(city) = &place.city {
        out.text("city_name", city);
    }
    if let Some((lat, lon)) = place.location {
        out.object("location", |out| {
            out.float("lat", lat);
            out.float("lon", lon);
        });
        out.flag("location_is_centroid", place.centroid);
    }
}
