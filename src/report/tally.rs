//! Counting events into what the report needs.

use super::auth::Auth;
use super::certificates::Certificates;
use super::facets::{Facets, Measure};
use super::hosts::Hosts;
use super::kinds::Kinds;
use super::model::{CountryPoint, Facts, Report, Series, SpotPoint};
use super::sections;
use super::slots::{Slot, Slots};
use super::stories::Stories;
use super::summary;
use super::visits::Visits;
use crate::model::{Dataset, Event, Finding, Ts, joined};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Places on the map.
const SPOTS: usize = 500;

/// The counts behind a report. Made per block of events, merged in output order.
#[derive(Debug, Default)]
pub struct Tally {
    pub(super) events: u64,
    pub(super) span: Option<(Ts, Ts)>,
    pub(super) kinds: Kinds,
    pub(super) hosts: Hosts,
    pub(super) facets: Facets,
    pub(super) auth: Auth,
    pub(super) certificates: Certificates,
    /// Records of cloud flow logs by action.
    actions: Kinds,
    pub(super) stories: Stories,
    pub(super) visits: Visits,
    slots: Slots,
    /// By index of the kind: the tables that concern it.
    roles: Vec<Vec<usize>>,
}

impl Tally {
    /// Nothing counted.
    pub fn new() -> Tally {
        Tally::default()
    }

    /// Counts one event that `enrich` has completed.
    pub fn observe(&mut self, event: &Event<'_>) {
        self.events += 1;
        self.span = joined(self.span, Some((event.ts, event.end.unwrap_or(event.ts).max(event.ts))));
        let seen = self.slots.look(event);
        let measure = Measure::of(event, &seen);
        let kind = self.kinds.observe(event, measure);
        while let Some(dataset) = self.kinds.dataset(self.roles.len()).filter(|_| self.roles.len() <= kind) {
            self.roles.push(Facets::of(dataset));
        }
        self.hosts.observe(event, &seen);
        self.visits.observe(event, &seen, measure);
        if let Some(facets) = self.roles.get(kind) {
            self.facets.observe(facets, event, &seen, measure);
        }
        self.stories.observe(event);
        self.certificates.observe(event, &seen);
        if let Some(action) = action(seen.text(Slot::VpcAction)) {
            self.actions.count(action, event, measure);
        }
        // By event: the rules of a log format may set other categories than its data set has.
        if event.dataset.category.contains(&"authentication") {
            self.auth.observe(event, &seen);
        }
    }

    /// Adds what came after, which is empty afterwards and keeps its memory. Blocks are of constant size and merged
    /// in output order, so that what the caps drop depends on the input only.
    pub fn merge(&mut self, later: &mut Tally) {
        self.events += std::mem::take(&mut later.events);
        self.span = joined(self.span, later.span.take());
        self.kinds.merge(std::mem::take(&mut later.kinds));
        // By index of the kinds.
        later.roles.clear();
        self.hosts.merge(&mut later.hosts);
        self.facets.merge(&mut later.facets);
        self.auth.merge(&mut later.auth);
        self.stories.merge(&mut later.stories);
        self.visits.merge(&mut later.visits);
        self.certificates.merge(&mut later.certificates);
        self.actions.merge(std::mem::take(&mut later.actions));
    }

    /// What a cloud's firewall did, over time.
    pub(super) fn actions(&self) -> Series {
        Series { id: "vpc.actions_over_time", title: "Records", lines: self.actions.clone().timeline() }
    }

    /// The report.
    pub fn finish(mut self, mut facts: Facts) -> Report {
        facts.findings.sort_by(by_severity);
        let timeline = self.kinds.timeline();
        let sections = sections::all(&self, &facts);
        let summary = summary::sentences(&self, &facts);
        Report {
            sections,
            summary,
            timeline,
            countries: countries(&self.hosts),
            spots: spots(&self.hosts),
            events: self.events,
            span: self.span,
            sources: facts.sources,
            ledger: facts.ledger,
            findings: facts.findings,
            alerts: facts.alerts,
            command: facts.command,
            version: facts.version,
            databases: facts.databases,
            settings: facts.settings,
            notes: facts.notes,
        }
    }
}

const fn action_kind(name: &'static str) -> Dataset {
    Dataset { name, category: &[], types: &[], protocol: None, transaction: false, doc: "" }
}
static ACCEPT: Dataset = action_kind("ACCEPT");
static REJECT: Dataset = action_kind("REJECT");

fn action(text: Option<&str>) -> Option<&'static Dataset> {
    match text? {
        "ACCEPT" => Some(&ACCEPT),
        "REJECT" => Some(&REJECT),
        _ => None,
    }
}

fn by_severity(a: &Finding, b: &Finding) -> std::cmp::Ordering {
    let key = |f: &Finding| (Reverse(f.severity), f.first.ts, f.rule);
    key(a).cmp(&key(b)).then_with(|| a.subject.cmp(&b.subject))
}

/// ISO code as text.
pub(super) fn code(country: [u8; 2]) -> String {
    String::from_utf8_lossy(&country).into_owned()
}

fn countries(hosts: &Hosts) -> Vec<CountryPoint> {
    let mut homes: BTreeMap<[u8; 2], u64> = BTreeMap::new();
    for (_, host) in hosts.hosts.rows() {
        if let Some(country) = host.country {
            *homes.entry(country).or_default() += 1;
        }
    }
    let ranked =
        hosts.countries.ranked(usize::MAX, |c| (c.traffic.requests + c.traffic.flows, c.traffic.sent));
    let point = |(country, row): (&[u8; 2], &super::hosts::Named)| CountryPoint {
        code: code(*country),
        name: row.name.to_string(),
        requests: row.traffic.requests,
        flows: row.traffic.flows,
        bytes: row.traffic.sent.saturating_add(row.traffic.received),
        failures: row.traffic.failures,
        hosts: homes.get(country).copied().unwrap_or(0),
    };
    ranked.into_iter().map(point).collect()
}

fn spots(hosts: &Hosts) -> Vec<SpotPoint> {
    let ranked = hosts.spots.ranked(SPOTS, |s| s.traffic.requests + s.traffic.flows);
    let point = |(place, row): (&(i32, i32), &super::hosts::Named)| SpotPoint {
        lat: place.0,
        lon: place.1,
        city: row.name.to_string(),
        events: row.traffic.requests + row.traffic.flows,
    };
    ranked.into_iter().take(SPOTS).map(point).collect()
}
