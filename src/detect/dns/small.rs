//! Tunnels that stay below the limits of one domain and of one name: little in each name, or a few names under each of
//! several domains.

use super::{VARIED, below, entropy, is_fresh, is_reversed_address, mean, shape, unescaped};
use crate::detect::spelled::{Word, line};
use crate::detect::{Cell, Config, Observation, SET_MAX};
use crate::model::{Finding, Severity};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Kinds of subjects: short names under one domain, and long ones under any.
pub(super) const SHORT: &str = "x";
pub(super) const SPREAD: &str = "y";
/// Letters that are too few to carry anything.
const LEAST: usize = 12;
/// Letters that are made of data if they are so varied, bits a letter.
const RANDOM: f64 = 3.0;
/// Letters of a name that is one of a few.
const FULL: usize = 40;
/// Names under one domain that make it one of several, and how many of these are one tunnel: whoever goes through the pages of the world
/// meets long names under many more.
const EACH: u64 = 20;
const DOMAINS: std::ops::RangeInclusive<usize> = 2..=20;
/// So many times as many names as under one domain.
const TIMES: u64 = 3;

pub(super) fn observe(
    source: IpAddr,
    name: &str,
    domain: &str,
    by: &str,
    out: &mut dyn FnMut(Observation<'_>),
) {
    // Escapes make more letters of a byte, so that those that are few are few.
    if name.len() < LEAST {
        return;
    }
    let mut tell = |kind, domain, value| {
        out(Observation {
            subject: line(&[Word::Text(kind), Word::Ip(source), Word::Text(domain), Word::Text(by)]).into(),
            weight: 1,
            values: [Some(value), None, None],
            mark: false,
        });
    };
    if name.len() < super::LONG {
        if name.bytes().any(|byte| byte.is_ascii_digit()) && !is_reversed_address(name) {
            tell(SHORT, domain, Cow::Borrowed(name));
        }
    } else if name.len() >= FULL && unescaped(name).len() >= FULL {
        tell(SPREAD, "", Cow::Owned([domain, "\t", name].concat()));
    }
}

/// Short names that are all different.
pub(super) fn short(config: &Config, source: &str, domain: &str, cell: &Cell) -> Option<Finding> {
    let names = cell.values(0, SET_MAX);
    if (names.len() as u64) < config.dns_short || !is_fresh(cell) {
        return None;
    }
    let labels: Vec<Vec<u8>> = names.iter().map(|name| unescaped(name)).collect();
    let random = mean(labels.iter().map(|label| entropy(label)));
    if random < RANDOM || shape::carriers(&names, LEAST) < config.dns_short {
        return None;
    }
    let title = format!(
        "{source} asked for {} different names under {domain} of {random:.1} bits a letter, none long: a tunnel that says little at a time, or a \
         program that looks up sums of what it checks",
        names.len()
    );
    below("dns.tunnel", Severity::Low, source, domain, title, cell)
}

/// Long names under several domains, too few under each.
pub(super) fn spread(config: &Config, source: &str, cell: &Cell) -> Option<Finding> {
    let all = cell.values(0, SET_MAX);
    if (all.len() as u64) < config.dns_labels.saturating_mul(TIMES) || !is_fresh(cell) {
        return None;
    }
    let mut domains: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (domain, name) in all.iter().filter_map(|name| name.split_once('\t')) {
        domains.entry(domain).or_default().push(name.to_owned());
    }
    let carried = |names: &Vec<String>| {
        let varied = mean(names.iter().map(|name| entropy(&unescaped(name)))) >= VARIED;
        if varied { shape::carriers(names, super::LONG) } else { 0 }
    };
    let counts: BTreeMap<&str, u64> =
        domains.iter().map(|(domain, names)| (*domain, carried(names))).collect();
    let each: Vec<(&&str, &u64)> = counts.iter().filter(|(_, count)| **count >= EACH).collect();
    let carried: u64 = each.iter().map(|(_, count)| **count).sum();
    // What is enough under one domain is told of that.
    let told = counts.values().any(|count| *count >= config.dns_labels);
    if told || !DOMAINS.contains(&each.len()) || carried < config.dns_labels.saturating_mul(TIMES) {
        return None;
    }
    let title = format!(
        "{source} asked for {carried} different names of {FULL} letters or more, spread over {} domains",
        each.len()
    );
    let mut found = super::finding("dns.tunnel", Severity::Medium, source, title, cell)?;
    found.targets = each.iter().map(|(domain, _)| (**domain).to_owned()).collect();
    Some(found)
}
