//! Which format a file is in, by its content.

use super::columns::Layout;
use super::draft::Draft;
use super::parser::{Context, NO_TIME, Parser, Scratch};
use super::rule::{Format, Matcher};
use super::set::FormatSet;
use super::time::{YearClock, Zone};
use crate::model::Ts;
use crate::source::LineChunk;
use std::sync::Arc;

/// Lines of a sample that are looked at.
const LINES: usize = 256;
/// A format whose score comes this near to the best one's could be the right one too.
const NEAR: f64 = 0.9;

/// What a sample looks like.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Detection {
    /// (format, share of the sample's lines it reads, weighted), best first.
    scores: Vec<(usize, &'static str, f64)>,
    /// Orders of columns that headers tell.
    pub(super) layouts: Arc<[Layout]>,
    /// Pairs of formats that read the same lines to the same fields.
    twins: Vec<(usize, usize)>,
    /// Some lines are of another format than the best.
    pub(super) mixed: bool,
}

impl Detection {
    /// Takes the path of the file into account, where twins (formats of the same lines and fields) both fit: the one
    /// whose product the path names comes first.
    pub fn at(mut self, path: &str) -> Detection {
        let best = self.scores.first().map(|(index, ..)| *index);
        let limit = self.score() * NEAR;
        let product = |name: &str| name.split('.').next().is_some_and(|product| path.contains(product));
        let other = self.scores.iter().skip(1).position(|(index, name, score)| {
            *score >= limit && best.is_some_and(|best| self.are_twins(best, *index)) && product(name)
        });
        if let (Some(other), false) = (other, self.name().is_some_and(product)) {
            self.scores.swap(0, other + 1);
        }
        self
    }

    fn are_twins(&self, a: usize, b: usize) -> bool {
        self.twins.contains(&(a, b)) || self.twins.contains(&(b, a))
    }

    /// The best format.
    pub fn name(&self) -> Option<&'static str> {
        self.scores.first().map(|(_, name, _)| *name)
    }

    /// Share of the sample's lines that the best format reads; texts that tell formats apart add to a
    /// line's weight, so it can exceed 1. 0 when no format fits.
    pub fn score(&self) -> f64 {
        self.scores.first().map_or(0.0, |(_, _, score)| *score)
    }

    /// Other formats that fit nearly as well, without the best one's twins.
    pub fn ambiguous(&self) -> impl Iterator<Item = &'static str> {
        let limit = self.score() * NEAR;
        let best = self.scores.first().map_or(usize::MAX, |(index, ..)| *index);
        let others = self.scores.iter().skip(1);
        others
            .filter(move |(index, _, s)| *s >= limit && !self.are_twins(best, *index))
            .map(|(_, name, _)| *name)
    }

    /// All formats that read some line, best first: what one does not read is offered to the next.
    pub(super) fn formats(&self) -> impl Iterator<Item = usize> {
        self.scores.iter().map(|(index, _, _)| *index)
    }
}

impl FormatSet {
    /// Tries every format without a parent on the lines of a sample (the beginning of the file; a last
    /// line without its end is left out when there are others).
    pub fn detect(&self, sample: &[u8]) -> Detection {
        let whole = match memchr::memrchr(b'\n', sample) {
            Some(end) => sample.get(..=end).unwrap_or(sample),
            None => sample,
        };
        let text = String::from_utf8_lossy(whole);
        let lines: Vec<&str> = text
            .strip_prefix(super::physical::MARK)
            .unwrap_or(&text)
            .lines()
            .map(|l| l.trim_matches(['\r', '\0']))
            .filter(|l| !l.trim().is_empty())
            .take(LINES)
            .collect();
        let formats = self.roots.iter().filter_map(|root| self.format(*root));
        let rules = formats.flat_map(|format| &format.rules).flat_map(|rule| &rule.matchers);
        let layouts: Arc<[Layout]> = rules
            .filter_map(|matcher| match matcher {
                Matcher::Columns(columns) => columns.layout(lines.iter().copied()),
                _ => None,
            })
            .collect();
        let mut scratch = Scratch { layouts: Arc::clone(&layouts), ..Scratch::default() };
        let mut known = |root| lines.iter().map(|line| self.knows(root, line, &mut scratch)).collect();
        let known: Vec<Vec<bool>> = self.roots.iter().map(|root| known(*root)).collect();
        let mut scores = Vec::new();
        for (nth, &root) in self.roots.iter().enumerate() {
            let Some(format) = self.format(root) else { continue };
            let foreign = |line: usize| {
                let knows = |of: &Vec<bool>| of.get(line) == Some(&true);
                !known.get(nth).is_some_and(knows) && known.iter().any(knows)
            };
            let own = known.get(nth).map_or(&[][..], Vec::as_slice);
            let (score, read) = share(format, &lines, &layouts, own, foreign);
            if score > 0.0 {
                scores.push((root, format.name, score, read));
            }
        }
        scores.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.1.cmp(b.1)));
        let mixed = scores.split_first().is_some_and(|(best, others)| {
            let missed = |line: &usize| best.3.get(*line) == Some(&false);
            (0..lines.len()).filter(missed).any(|line| others.iter().any(|o| o.3.get(line) == Some(&true)))
        });
        let scores: Vec<_> = scores.into_iter().map(|(root, name, score, _)| (root, name, score)).collect();
        let twin = |root: &usize| Some((*root, self.format(*root)?.twin?));
        let twins = self.roots.iter().filter_map(twin).collect();
        Detection { scores, layouts, twins, mixed }
    }

    /// Time of the first line that has one: orders the files of a rotation set.
    pub fn first_stamp(&self, sample: &[u8], mtime: Option<Ts>, zone: &Zone) -> Option<Ts> {
        let detection = self.detect(sample);
        let context = Context { mtime, zone: zone.clone(), ..Context::default() };
        let mut clock = YearClock::new(&context, sample, &[]);
        let parser = Parser::new(self, &detection, context);
        let mut rest = sample;
        for _ in 0..LINES {
            let len = parser.joins().group(rest, &mut Scratch::default()).bytes;
            let (line, after) = rest.split_at_checked(len).unwrap_or((rest, &[]));
            if line.is_empty() {
                break;
            }
            rest = after;
            let chunk = LineChunk { data: line.to_vec(), ..LineChunk::default() };
            let mut parsed = parser.parse(&chunk, &mut Scratch::default());
            if parsed.ledger.anomalies.contains_key(NO_TIME) {
                continue;
            }
            let year = clock.advance(parsed.turns());
            parser.finish(&mut parsed, year);
            if let Some(event) = parsed.events.first() {
                return Some(event.ts);
            }
        }
        None
    }
}

impl Format {
    /// How loudly a line that the format reads speaks for it.
    pub(super) fn score(&self, line: &str) -> f64 {
        let hints = self.hints.iter().filter(|(text, _)| line.contains(text.as_str()));
        1.0 + hints.map(|(_, weight)| weight).sum::<f64>()
    }
}

/// The weighted share of the lines that a format reads, and which they are. It knows lines one by one as
/// `known` says; lines that are `foreign` begin something else, unless the format says what its continuations look
/// like.
fn share(
    format: &Format,
    lines: &[&str],
    layouts: &Arc<[Layout]>,
    known: &[bool],
    foreign: impl Fn(usize) -> bool,
) -> (f64, Vec<bool>) {
    let (mut sum, mut count) = (0.0, 0.0);
    let mut which = Vec::with_capacity(lines.len());
    let mut scratch = Scratch { layouts: Arc::clone(layouts), ..Scratch::default() };
    let mut read = |text: &str| {
        let found = format.dispatch.apply(format, text, &mut Draft::default(), &mut scratch).is_some();
        if found { format.score(text) } else { 0.0 }
    };
    let mut at = 0;
    while let Some(first) = lines.get(at) {
        let Some(joining) = &format.joining else {
            let score = if known.get(at) == Some(&true) { format.score(first) } else { 0.0 };
            (sum, count, at) = (sum + score, count + 1.0, at + 1);
            which.push(score > 0.0);
            continue;
        };
        // Of a line that holds several events, each counts.
        if let Some(division) = joining.division() {
            let mut begin = 0;
            while let Some(end) = division.next(first.as_bytes(), begin) {
                (sum, count) = (sum + read(first.get(begin..end).unwrap_or_default()), count + 1.0);
                begin = end;
            }
            if begin > 0 {
                at += 1;
                which.push(sum > 0.0);
                continue;
            }
        }
        let goes_on = |(nth, pair): (usize, &[&str])| {
            let [before, line] = pair else { return false };
            let (before, line) = (before.as_bytes(), line.as_bytes());
            let strange = joining.alone || !foreign(at + nth + 1);
            joining.claims(before, line) || (joining.continues(before, line) && strange)
        };
        let rest = lines.get(at..).unwrap_or_default();
        let len = 1 + rest.windows(2).enumerate().take_while(|pair| goes_on(*pair)).count();
        let text = rest.get(..len).unwrap_or_default().join("\n");
        let score = read(&text);
        #[allow(clippy::cast_precision_loss, reason = "a few hundred at most")]
        let own = len as f64;
        (sum, count, at) = (sum + own * score, count + own, at + len);
        which.extend(std::iter::repeat_n(score > 0.0, len));
    }
    (if count > 0.0 { sum / count } else { 0.0 }, which)
}
