//! Detections in three steps, so that neither the split of the input nor its order changes a finding:
//! *observe* an event (pure), *merge* observations per subject in a capped, commutative table, and
//! *judge* each subject's table at the end.
//!
//! A detector reads normalised fields (`event.category`, `event.outcome`, `source.ip` …), never
//! formats: a new log format or protocol gets every detector without code here.

mod allow;
mod cell;
mod config;
mod credentials;
pub mod docs;
mod flows;
mod service;
mod spelled;
#[cfg(test)]
mod tests;

pub use allow::{Allow, Severities};
pub use cell::{Burst, Cell, Mark, SET_MAX};
pub use config::Config;

use crate::model::{Allowed, Event, Finding, Ledger, Ran, SECOND, Shapes, Stamp, Tries};
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use hashbrown::hash_map::{Entry, EntryRef};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;
use std::borrow::Cow;
use std::cmp::Reverse;
use std::sync::{Arc, PoisonError, RwLock};

/// Subjects per detector whose tables are kept. Beyond it the subjects that come first in the order
/// of their names stay, which no split of the input can change; the report says that the cap was hit.
const SUBJECTS_MAX: usize = 7 << 13;
/// So many more are let in before a table is cut back: the more, the rarer.
const MARGIN: usize = SUBJECTS_MAX / 16;

/// What one event tells a detector.
#[derive(Debug, Default)]
pub struct Observation<'e> {
    /// Whom it is about; findings are per subject.
    pub subject: Cow<'e, str>,
    /// How many attempts it stands for (`message repeated 5 times`).
    pub weight: u64,
    /// Values whose distinct number matters, by the detector's own numbering.
    pub values: [Option<Cow<'e, str>>; 3],
    /// The opposite of what is counted: the log-in that worked.
    pub mark: bool,
}

/// Which events a detector is shown: a capture has far more flow records than anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// Flow records, of captures and of logs.
    Flows,
    /// Everything else.
    Others,
    /// Both.
    All,
}

/// Descriptor of one detector.
#[derive(Debug)]
pub struct Detector {
    /// Name; its rules' names begin with it.
    pub name: &'static str,
    /// What it finds, from which data, and when it stays silent; for the reference.
    pub doc: &'static str,
    /// What it cannot do without, for a report in which it had none of it.
    pub needs: &'static str,
    /// Which events it is shown.
    pub on: On,
    /// Whether the order of what it is told within a bucket matters: then time is kept to the millisecond, as long as
    /// there are few enough of them.
    pub ordered: bool,
    /// Names of the rules its findings carry; each is argued in docs/detections.md.
    pub rules: &'static [&'static str],
    /// Whether events of such a data set, with such fields, can tell anything. Asked once for all that are
    /// alike: it may not look at values.
    pub concerns: fn(&Event<'_>) -> bool,
    /// What the event tells, if anything. Pure; asked of events that concern it only.
    pub observe: fn(&Event<'_>, &mut dyn FnMut(Observation<'_>)),
    /// What a subject's observations amount to.
    pub judge: fn(&Config, &str, &Cell) -> Vec<Finding>,
}

/// Declares the modules and the registry: the one word a new detector adds.
macro_rules! detectors {
    ($($module:ident),* $(,)?) => {
        $(pub mod $module;)*
        /// Every detector.
        pub static ALL: &[&Detector] = &[$(&$module::DETECTOR),*];
    };
}

detectors![
    logins,
    local,
    scan,
    flood,
    web,
    dns,
    outbound,
    tls,
    cleartext,
    travel,
    files,
    errors,
    arp,
    dhcp,
    router,
    tcp,
    application,
    icmp,
    vpc,
    indicator
];

/// Which detectors events concern, by shape: most have no look at most.
#[derive(Debug, Default)]
pub struct Concerned {
    shapes: Shapes<Concern>,
}

/// Whom events of one shape concern.
#[derive(Debug)]
struct Concern {
    flow: bool,
    /// Numbers of the detectors, and what they are.
    detectors: Box<[(usize, &'static Detector)]>,
}

impl Concern {
    fn of(event: &Event<'_>) -> Concern {
        let flow = flows::is_flow(event);
        let not_for_it = if flow { On::Others } else { On::Flows };
        let detectors = ALL.iter().copied().enumerate();
        let detectors = detectors.filter(|(_, d)| d.on != not_for_it && (d.concerns)(event)).collect();
        Concern { flow, detectors }
    }
}

/// Observations of one detector.
#[derive(Clone, Debug, Default)]
struct Table {
    /// Boxed: the table stays small while it grows, and cells of blocks are handed over as they are.
    cells: HashMap<String, Box<Cell>, FixedState>,
    seen: u64,
    full: bool,
    /// The first subject, by name, beyond the cap: it and all after it are dropped.
    border: Option<Arc<str>>,
}

/// The lowest borders so far, which new tables begin with. Beginning with an older one only costs time: a border drops
/// none of the subjects that are left at the end.
type Borders = Vec<RwLock<Option<Arc<str>>>>;

impl Table {
    fn add(&mut self, observation: &Observation<'_>, at: Stamp, bucket: i64) {
        self.seen += 1;
        if self.is_beyond(&observation.subject) {
            self.full = true;
            return;
        }
        match self.cells.entry_ref(&*observation.subject) {
            EntryRef::Occupied(mut known) => known.get_mut().add(observation, at),
            EntryRef::Vacant(free) => {
                free.insert(Box::new(Cell::new(bucket))).add(observation, at);
                self.trim();
            }
        }
    }

    fn merge(&mut self, other: Table) {
        self.seen += other.seen;
        self.full |= other.full;
        self.border = match (self.border.take(), other.border) {
            (Some(mine), Some(theirs)) => Some(mine.min(theirs)),
            (mine, theirs) => mine.or(theirs),
        };
        #[allow(clippy::iter_over_hash_type, reason = "merging cells commutes")]
        for (subject, cell) in other.cells {
            if self.is_beyond(&subject) {
                self.full = true;
                continue;
            }
            match self.cells.entry(subject) {
                Entry::Occupied(mut mine) => mine.get_mut().merge(*cell),
                Entry::Vacant(free) => {
                    free.insert(cell);
                }
            }
        }
        self.trim();
    }

    fn is_beyond(&self, subject: &str) -> bool {
        self.border.as_deref().is_some_and(|border| subject >= border)
    }

    /// Keeps the table near its cap; done somewhat above it so that the searching is rare.
    fn trim(&mut self) {
        if self.cells.len() >= SUBJECTS_MAX + MARGIN {
            self.cut();
        }
    }

    /// Keeps the table within its cap.
    fn cut(&mut self) {
        let mut subjects: Vec<&str> = self.cells.keys().map(String::as_str).collect();
        if subjects.len() <= SUBJECTS_MAX {
            return;
        }
        self.full = true;
        // Only the border matters, so nothing is sorted or copied but it.
        let (_, border, _) = subjects.select_nth_unstable(SUBJECTS_MAX);
        let border: Arc<str> = Arc::from(*border);
        self.cells.retain(|subject, _| **subject < *border);
        self.border = Some(border);
    }
}

/// The tables of all detectors.
#[derive(Debug)]
pub struct Tables {
    config: Arc<Config>,
    borders: Arc<Borders>,
    tables: Vec<Table>,
    /// Events shown: flow records, and others.
    flows: u64,
    others: u64,
}

/// What all observations amount to.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Worst first.
    pub findings: Vec<Finding>,
    /// What the configuration does not want to hear of.
    pub allowed: Vec<Allowed>,
    /// How each detector ran.
    pub ran: Vec<Ran>,
    /// What is left of log-ins for the next run, of those met in this one, where that is carried on.
    pub tries: Vec<(String, Option<Tries>)>,
}

impl Tables {
    /// Empty tables.
    pub fn new(config: &Config) -> Tables {
        let borders: Borders = ALL.iter().map(|_| RwLock::default()).collect();
        Tables::empty(Arc::new(config.clone()), Arc::new(borders))
    }

    /// Empty ones for another part of the same input.
    pub fn part(&self) -> Tables {
        Tables::empty(Arc::clone(&self.config), Arc::clone(&self.borders))
    }

    fn empty(config: Arc<Config>, borders: Arc<Borders>) -> Tables {
        let table = |border: &RwLock<Option<Arc<str>>>| {
            let border = border.read().unwrap_or_else(PoisonError::into_inner).clone();
            Table { border, ..Table::default() }
        };
        let tables = borders.iter().map(table).collect();
        Tables { config, borders, tables, flows: 0, others: 0 }
    }

    /// Shows an event to every detector that it concerns.
    pub fn observe(&mut self, event: &Event<'_>, concerned: &mut Concerned) {
        let at = Stamp { ts: event.ts, origin: event.origin };
        let concerned = concerned.shapes.of(event, Concern::of);
        *(if concerned.flow { &mut self.flows } else { &mut self.others }) += 1;
        for (nth, detector) in &concerned.detectors {
            let Some(table) = self.tables.get_mut(*nth) else { continue };
            let bucket = if detector.ordered { SECOND / 1000 } else { self.config.bucket };
            (detector.observe)(event, &mut |observation| table.add(&observation, at, bucket));
        }
    }

    /// Adds the observations of another part of the input. The order does not matter.
    pub fn merge(&mut self, other: Tables) {
        self.flows += other.flows;
        self.others += other.others;
        for ((mine, theirs), lowest) in self.tables.iter_mut().zip(other.tables).zip(&*self.borders) {
            let before = mine.border.clone();
            mine.merge(theirs);
            if mine.border != before {
                lowest.write().unwrap_or_else(PoisonError::into_inner).clone_from(&mine.border);
            }
        }
    }

    /// The findings, worst first, and what else the tables tell; caps that were hit are counted in `ledger`.
    pub fn judge(self, ledger: &mut Ledger) -> Verdict {
        let (mut findings, mut ran, mut tries) = (Vec::new(), Vec::new(), Vec::new());
        for (detector, mut table) in ALL.iter().zip(self.tables) {
            table.cut();
            if table.full {
                ledger.cap("detect.subjects", Stamp::default().origin);
            }
            let before = findings.len();
            let mut cells: Vec<_> = table.cells.into_iter().collect();
            cells.par_sort_unstable_by(|a, b| a.0.cmp(&b.0));
            if std::ptr::eq(*detector, &logins::DETECTOR) {
                tries =
                    cells.iter().filter_map(|(name, cell)| logins::left(&self.config, name, cell)).collect();
            }
            let judge = |(subject, cell): (String, Box<Cell>)| {
                let found = (detector.judge)(&self.config, &subject, &cell);
                debug_assert!(found.iter().all(|f| detector.rules.contains(&f.rule)), "{found:?}");
                found
            };
            let found: Vec<Vec<Finding>> = cells.into_par_iter().map(judge).collect();
            let found = found.into_iter().flatten().collect();
            findings.extend(match detector.name {
                "arp" => arp::without_shared(found),
                "scan" => scan::block::without_parts(found),
                "outbound" => outbound::requests::without_repeated(found),
                _ => found,
            });
            ran.push(Ran {
                name: detector.name,
                needs: detector.needs,
                events: match detector.on {
                    On::Flows => self.flows,
                    On::Others => self.others,
                    On::All => self.flows + self.others,
                },
                observations: table.seen,
                findings: (findings.len() - before) as u64,
            });
        }
        let (mut findings, allowed) = allow::sift(findings, &self.config.allow, &self.config.severity);
        findings.sort_by(|a, b| order(a).cmp(&order(b)));
        Verdict { findings, allowed, ran, tries }
    }
}

/// Worst first, then by time, rule and subject.
fn order(f: &Finding) -> (Reverse<crate::model::Severity>, crate::model::Evidence, &str, &str) {
    (Reverse(f.severity), f.first, f.rule, &f.subject)
}
