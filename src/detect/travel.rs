//! Log-ins of one user from places that lie too far apart.

use super::logins::is_authentication;
use super::{Cell, Config, Detector, Mark, Observation, On};
use crate::model::{Event, Finding, MINUTE, Outcome, Severity, Value};

/// Distance below which places are the same for a table of countries, kilometres.
const NEAR: f64 = 500.0;
/// Mean radius of the Earth, kilometres (IUGG).
const RADIUS: f64 = 6371.0;
/// Log-ins from one country after which another country is new.
const KNOWN: usize = 5;

/// Descriptor.
pub static DETECTOR: Detector = Detector {
    name: "travel",
    doc: "Successful log-ins with a user name and a place: two of one user from different countries between which \
          nobody travels so fast, and the first one from a new country after five from others. The first and the last 128 log-ins \
          of a user are compared. Without a city database a place is the middle of its country.",
    needs: "successful log-ins with a user name from public addresses",
    on: On::Others,
    ordered: false,
    rules: &["travel.impossible", "travel.new_country"],
    concerns: |event| {
        let place = event.has("source.geo.country_iso_code") && event.has("source.geo.location");
        place && event.has("user.name")
    },
    observe,
    judge,
};

fn observe(event: &Event<'_>, out: &mut dyn FnMut(Observation<'_>)) {
    if event.outcome != Outcome::Success || event.source.ip.is_none() {
        return;
    }
    let text = |name: &str| event.by_name(name).and_then(Value::as_str);
    let Some(country) = text("source.geo.country_iso_code") else { return };
    let (Some(user), Some(Value::Geo(lat, lon))) = (text("user.name"), event.by_name("source.geo.location"))
    else {
        return;
    };
    let login = event.by_name("event.category").is_some_and(is_authentication);
    if !login || text("event.action").is_some_and(|action| action.starts_with("session")) {
        return;
    }
    let at = event.source.ip.map_or_else(String::new, |ip| ip.to_string());
    let place = format!("{country} {lat:.3} {lon:.3} {at}");
    let value = || Some(place.clone().into());
    let subject = || format!("{}\t{user}", event.dataset.name).into();
    out(Observation { subject: subject(), weight: 1, values: [value(), None, None], mark: false });
    out(Observation { subject: subject(), weight: 1, values: [value(), None, None], mark: true });
}

/// A log-in, taken apart again.
struct Login<'m> {
    mark: &'m Mark,
    country: &'m str,
    lat: f64,
    lon: f64,
    from: &'m str,
}

fn login(mark: &Mark) -> Option<Login<'_>> {
    let mut parts = mark.value.split(' ');
    let (country, lat, lon, from) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    Some(Login { mark, country, lat: lat.parse().ok()?, lon: lon.parse().ok()?, from })
}

/// Kilometres along the great circle.
fn distance(a: &Login<'_>, b: &Login<'_>) -> f64 {
    let (la, lb) = (a.lat.to_radians(), b.lat.to_radians());
    let (dlat, dlon) = (lb - la, (b.lon - a.lon).to_radians());
    let h = (dlat / 2.0).sin().powi(2) + la.cos() * lb.cos() * (dlon / 2.0).sin().powi(2);
    2.0 * RADIUS * h.sqrt().min(1.0).asin()
}

fn judge(config: &Config, subject: &str, cell: &Cell) -> Vec<Finding> {
    let Some((service, user)) = subject.split_once('\t') else { return Vec::new() };
    let logins: Vec<Login<'_>> = cell.marks.iter().filter_map(login).collect();
    [impossible(config, service, user, &logins), new_country(service, user, &logins)]
        .into_iter()
        .flatten()
        .collect()
}

fn finding(
    rule: &'static str,
    severity: Severity,
    user: &str,
    title: String,
    pair: (&Login<'_>, &Login<'_>),
) -> Finding {
    Finding {
        rule,
        severity,
        attack: &["T1078"],
        subject: user.to_owned(),
        title,
        advice: "Ask the user whether both log-ins were theirs; proxies and mobile networks explain some.",
        targets: vec![pair.0.from.to_owned(), pair.1.from.to_owned()],
        count: 2,
        first: pair.0.mark.at,
        last: pair.1.mark.at,
    }
}

fn impossible(config: &Config, service: &str, user: &str, logins: &[Login<'_>]) -> Option<Finding> {
    let pairs = logins.iter().zip(logins.iter().skip(1));
    let fast = |(a, b): &(&Login<'_>, &Login<'_>)| {
        let far = distance(a, b);
        let hours = b.mark.at.ts.saturating_sub(a.mark.at.ts).max(1) as f64 / 3.6e12;
        a.country != b.country && far > NEAR && far / hours > config.travel_speed as f64
    };
    let (a, b) = pairs.into_iter().find(fast)?;
    let minutes = b.mark.at.ts.saturating_sub(a.mark.at.ts) / MINUTE;
    let title = format!(
        "{user} logged in to {service} from {} in {} and {minutes} minutes later from {} in {}, {:.0} km away",
        a.from,
        a.country,
        b.from,
        b.country,
        distance(a, b)
    );
    Some(finding("travel.impossible", Severity::High, user, title, (a, b)))
}

fn new_country(service: &str, user: &str, logins: &[Login<'_>]) -> Option<Finding> {
    let new = logins
        .iter()
        .enumerate()
        .skip(KNOWN)
        .find(|(i, login)| logins.iter().take(*i).all(|before| before.country != login.country));
    let (at, login) = new?;
    let before = logins.get(at.checked_sub(1)?)?;
    let title = format!(
        "{user} logged in to {service} from {} in {}, a new country after {at} log-ins from others",
        login.from, login.country
    );
    Some(finding("travel.new_country", Severity::Low, user, title, (before, login)))
}
