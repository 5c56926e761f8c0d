//! What a report met that may be new: countries, users who got in, ports that answered, hosts.

use crate::model::{Endpoint, Event, Outcome, Value};
use crate::report::Tallying;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Values remembered of a kind in one run; beyond it the first in their order stay, so that no split of
/// the input changes the set.
const MOST: usize = 10_000;

/// Values met, by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// ISO codes of countries that anything came from.
    pub countries: BTreeSet<String>,
    /// Names that log-ins worked for.
    pub users: BTreeSet<String>,
    /// TCP ports of the inside that were connected to, with their host: `192.168.10.10 tcp/22`.
    pub ports: BTreeSet<String>,
    /// Addresses that got in, and those of the inside.
    pub hosts: BTreeSet<String>,
}

impl Seen {
    /// The kinds with their names, one and many, and values.
    pub fn kinds(&self) -> [(&'static str, &'static str, &BTreeSet<String>); 4] {
        [
            ("country", "countries", &self.countries),
            ("user", "users", &self.users),
            ("port", "ports", &self.ports),
            ("host", "hosts", &self.hosts),
        ]
    }
}

impl Tallying for Seen {
    fn observe(&mut self, event: &Event<'_>) {
        let (mut country, mut user, mut login, mut state) = (None, None, false, None);
        for (field, value) in &event.fields {
            match field.name {
                "source.geo.country_iso_code" => country = value.as_str(),
                "user.name" => user = value.as_str(),
                "netlog.flow.state" => state = value.as_str(),
                "event.category" => login = has(value, "authentication"),
                _ => {}
            }
        }
        let login = login || event.dataset.category.contains(&"authentication");
        if let Some(country) = country {
            add(&mut self.countries, country);
        }
        if login && event.outcome == Outcome::Success {
            if let Some(user) = user {
                add(&mut self.users, user);
            }
            if let Some(ip) = event.source.ip {
                add(&mut self.hosts, &ip.to_string());
            }
        }
        if event.dataset.name == "flow" {
            self.flow(event, state);
        }
    }

    fn merge(&mut self, other: Seen) {
        let Seen { countries, users, ports, hosts } = other;
        for (mine, theirs) in [
            (&mut self.countries, countries),
            (&mut self.users, users),
            (&mut self.ports, ports),
            (&mut self.hosts, hosts),
        ] {
            mine.extend(theirs);
            trim(mine);
        }
    }
}

impl Seen {
    /// Hosts of the inside, and their TCP ports that took part in a connection.
    fn flow(&mut self, event: &Event<'_>, state: Option<&str>) {
        let inside = |ip: IpAddr| match ip {
            IpAddr::V4(ip) => ip.is_private(),
            IpAddr::V6(ip) => ip.is_unique_local(),
        };
        // What sent nothing may not exist: a scan asks for every address there is.
        let sent = |end: Endpoint| end.ip.filter(|ip| inside(*ip) && end.packets.is_some_and(|n| n > 0));
        for ip in [event.source, event.destination].into_iter().filter_map(sent) {
            add(&mut self.hosts, &ip.to_string());
        }
        let connected = matches!(state, Some("established" | "half_closed" | "closed" | "reset"));
        if let (true, Some(ip), Some(port)) = (connected, sent(event.destination), event.destination.port) {
            add(&mut self.ports, &format!("{ip} tcp/{port}"));
        }
    }
}

fn has(value: &Value<'_>, word: &str) -> bool {
    match value {
        Value::Str(text) => text == word,
        Value::Words(words) => words.contains(&word),
        Value::List(items) => items.iter().any(|item| has(item, word)),
        _ => false,
    }
}

fn add(set: &mut BTreeSet<String>, value: &str) {
    if !set.contains(value) {
        set.insert(value.to_owned());
        trim(set);
    }
}

fn trim(set: &mut BTreeSet<String>) {
    while set.len() > MOST {
        set.pop_last();
    }
}
