//! Log lines and the flows they belong to: by address, port and time, within a skew of the clocks that is
//! estimated from the lines themselves.

use crate::model::{Event, GOLDEN, HOUR, SECOND, Ts, fnv1a};
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Ends of connections remembered on each side. Beyond it those with the smallest hashes stay, which are
/// the same on both sides and for any order of the input.
const ENDS: usize = 1 << 14;
/// So many more are let in before the rest is dropped: the more, the rarer.
const MARGIN: usize = ENDS / 4;
/// Lines or flows remembered of one end: the first ones.
const EACH: usize = 16;
/// Clocks that are further apart than a day and a wrong zone are not compared: 38 hours, in nanoseconds.
const FAR: Ts = 38 * HOUR;
/// Lines that must agree on a skew.
const AGREE: usize = 3;
/// Packets with which a connection is a conversation: scans have fewer, and no lines.
const TALK: u64 = 3;

/// One end of a connection: the client's.
type End = (IpAddr, u16);

/// An end by its hash.
type Key = (u64, End);

/// Ends with the smallest hashes, and what is known of each.
#[derive(Debug)]
struct Sample<T> {
    ends: HashMap<Key, Vec<T>, FixedState>,
    /// The first key beyond those that stay: it and all after it are dropped.
    border: Option<Key>,
}

impl<T> Default for Sample<T> {
    fn default() -> Self {
        Sample { ends: HashMap::default(), border: None }
    }
}

/// FNV-1a over address and port, then mixed: order and clusters of addresses do not show.
fn hash((ip, port): End) -> u64 {
    let port = port.to_be_bytes().into_iter();
    let hash = match ip {
        IpAddr::V4(ip) => fnv1a(port.chain(ip.octets())),
        IpAddr::V6(ip) => fnv1a(port.chain(ip.octets())),
    };
    (hash ^ hash >> 32).wrapping_mul(GOLDEN)
}

impl<T: Ord> Sample<T> {
    fn add(&mut self, key: Key, item: T) {
        if self.border.is_some_and(|border| key >= border) {
            return;
        }
        let items = self.ends.entry(key).or_default();
        if let Err(at) = items.binary_search(&item) {
            items.insert(at, item);
            items.truncate(EACH);
        }
        if self.ends.len() >= ENDS + MARGIN {
            self.cut();
        }
    }

    /// Keeps no more than [`ENDS`].
    fn cut(&mut self) {
        self.border = self.last();
        if let Some(border) = self.border {
            self.ends.retain(|key, _| *key < border);
        }
    }

    /// The border if no more than [`ENDS`] are to stay.
    fn last(&self) -> Option<Key> {
        if self.ends.len() <= ENDS {
            return self.border;
        }
        let mut keys: Vec<Key> = self.ends.keys().copied().collect();
        Some(*keys.select_nth_unstable(ENDS).1)
    }

    /// Those that stay.
    fn kept(&self) -> impl Iterator<Item = (&Key, &Vec<T>)> {
        let border = self.last();
        self.ends.iter().filter(move |(key, _)| border.is_none_or(|border| **key < border))
    }

    /// Adds what was noted elsewhere. What is empty afterwards knows from now on what would be dropped anyway.
    fn merge(&mut self, later: &mut Sample<T>) {
        if let Some(border) = later.border.filter(|theirs| self.border.is_none_or(|mine| *theirs < mine)) {
            self.ends.retain(|key, _| *key < border);
            self.border = Some(border);
        }
        #[allow(clippy::iter_over_hash_type, reason = "what stays depends on the keys, not on their order")]
        for (key, items) in later.ends.drain() {
            for item in items {
                self.add(key, item);
            }
        }
        later.border = self.border;
    }
}

/// A connection as packets show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Flow {
    start: Ts,
    end: Ts,
}

/// A line that names the client's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    ts: Ts,
    source: u32,
}

/// Both sides.
#[derive(Debug, Default)]
pub struct Ties {
    flows: Sample<Flow>,
    lines: Sample<Line>,
}

/// How a log's clock stands to the capture's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skew {
    /// Index of the log among the inputs.
    pub source: u32,
    /// Its lines that name an end of which a flow was seen at all.
    pub lines: u64,
    /// Of these, tied to a flow once the skew is taken off.
    pub tied: u64,
    /// By how much its clock is ahead, nanoseconds: from, to. `None` if too few lines agree.
    pub ahead: Option<(Ts, Ts)>,
}

impl Ties {
    pub fn observe(&mut self, ip: IpAddr, event: &Event<'_>) {
        let Some(port) = event.source.port else { return };
        let end = (ip, port);
        if event.dataset.name == "flow" {
            if event.source.packets.is_some_and(|n| n > TALK) {
                let flow = Flow { start: event.ts, end: event.end.unwrap_or(event.ts) };
                self.flows.add((hash(end), end), flow);
            }
        } else if !event.dataset.transaction {
            self.lines.add((hash(end), end), Line { ts: event.ts, source: event.origin.source });
        }
    }

    /// Adds what was noted elsewhere, which is empty afterwards.
    pub fn merge(&mut self, later: &mut Ties) {
        self.flows.merge(&mut later.flows);
        self.lines.merge(&mut later.lines);
    }

    /// Whether there were more ends than are remembered.
    pub fn sampled(&self) -> bool {
        self.flows.last().is_some() || self.lines.last().is_some()
    }

    /// The skew of every log, by its index.
    pub fn skews(&self) -> Vec<Skew> {
        // Per log and line, the skews by which the line falls into one of the flows of its end.
        let mut logs: BTreeMap<u32, Vec<Vec<(Ts, Ts)>>> = BTreeMap::new();
        let flows: BTreeMap<&Key, &Vec<Flow>> = self.flows.kept().collect();
        for (key, lines) in self.lines.kept() {
            let Some(flows) = flows.get(key) else { continue };
            for line in lines {
                let fits = |flow: &Flow| {
                    let from = line.ts.saturating_sub(flow.end);
                    // A stamp of whole seconds may lie before its event.
                    let to = line.ts.saturating_add(SECOND).saturating_sub(flow.start);
                    (from <= FAR && to >= -FAR).then_some((from, to))
                };
                logs.entry(line.source).or_default().push(flows.iter().filter_map(fits).collect());
            }
        }
        logs.into_iter().map(|(source, lines)| skew(source, &lines)).collect()
    }
}

/// The span of skews by which most lines fall into a flow; of several the one nearest to none.
fn skew(source: u32, lines: &[Vec<(Ts, Ts)>]) -> Skew {
    let mut borders: Vec<(Ts, i32)> = Vec::new();
    for (from, to) in lines.iter().flat_map(|spans| joined(spans)) {
        borders.push((from, 1));
        borders.push((to, -1));
    }
    // Where one begins and another ends, both hold.
    borders.sort_by_key(|(at, step)| (*at, -step));
    let (mut depth, mut best): (i32, Option<(i32, Ts, Ts)>) = (0, None);
    for (i, (from, step)) in borders.iter().enumerate() {
        depth += step;
        let Some((to, _)) = borders.get(i + 1).filter(|_| *step > 0) else { continue };
        let away = |from: Ts, to: Ts| if from <= 0 && to >= 0 { 0 } else { from.abs().min(to.abs()) };
        let better =
            best.is_none_or(|(most, a, b)| depth > most || (depth == most && away(*from, *to) < away(a, b)));
        if better {
            best = Some((depth, *from, *to));
        }
    }
    let tied = best.map_or(0, |(most, ..)| usize::try_from(most).unwrap_or(0));
    let ahead = best.filter(|_| tied >= AGREE && tied * 2 >= lines.len()).map(|(_, from, to)| (from, to));
    let tied = if ahead.is_some() { tied as u64 } else { 0 };
    Skew { source, lines: lines.len() as u64, tied, ahead }
}

/// Spans that overlap, as one: a line counts once, whatever of its flows it fits.
fn joined(spans: &[(Ts, Ts)]) -> Vec<(Ts, Ts)> {
    let mut sorted = spans.to_vec();
    sorted.sort_unstable();
    let mut out: Vec<(Ts, Ts)> = Vec::new();
    for (from, to) in sorted {
        match out.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => out.push((from, to)),
        }
    }
    out
}
