//! Lines that no format knows, grouped into templates by the Drain method: He, Zhu, Zheng, Lyu, "Drain:
//! an online log parsing approach with fixed depth tree", ICWS 2017.
//!
//! The header of a line is what its parent format reads (`syslog`: stamp, host, program); the text that
//! is left is cut into tokens with the values masked (`mask`). A tree of fixed depth (parent, number of
//! tokens, first and second token) leads to a few clusters; the line joins the most similar one, or
//! founds its own. Two things are added to the paper: words right of an equals sign tell kinds apart
//! while they are few, and statements that differ in nothing but one of their first tokens, in many
//! ways, are one.
//!
//! Memory is bounded by the caps here and in `cluster` and `values`; the same lines give the same
//! templates.

mod cluster;
mod list;
mod look;
mod mask;
mod template;
mod values;
mod write;

pub use template::{Template, Variable};

use super::set::FormatSet;
use crate::source::LineChunk;
use cluster::{Cluster, Fact};
use look::Look;
use mask::{MASK, Token, tokens};
use std::collections::BTreeMap;

/// Different first (or second) tokens below one node of the tree; further ones share a path.
const CHILDREN: usize = 100;
/// Statements that differ in one of the first tokens only and are this many are one.
const VARIETY: usize = 16;

/// What decides how lines are grouped.
#[derive(Clone, Debug)]
pub struct Settings {
    /// All lines, not only those that no format reads.
    pub all: bool,
    /// Share of tokens that must be alike, 0 to 1.
    pub similarity: f64,
    /// Words right of an equals sign that tell kinds of a statement apart; more are a value.
    pub kinds: usize,
    /// Most clusters that are kept; lines that fit none of so many are left out and counted.
    pub clusters: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { all: false, similarity: 0.7, kinds: 4, clusters: 2000 }
    }
}

/// Second tokens below a first one, and the clusters there.
type Branch = BTreeMap<String, Vec<usize>>;

/// Groups lines, file by file.
pub struct Miner<'f> {
    set: &'f FormatSet,
    settings: Settings,
    look: Look<'f>,
    files: usize,
    clusters: Vec<Cluster>,
    tree: BTreeMap<(Option<usize>, usize), BTreeMap<String, Branch>>,
    lines: u64,
    known: u64,
    left_out: u64,
}

/// What came of it.
pub struct Mined<'f> {
    set: &'f FormatSet,
    look: Look<'f>,
    files: usize,
    all: bool,
    clusters: Vec<(Cluster, Vec<usize>)>,
    /// The templates, the most frequent first.
    pub templates: Vec<Template>,
    /// Lines read, blank ones left out.
    pub lines: u64,
    /// Lines that a format reads already; they are in no template unless all lines were asked for.
    pub known: u64,
    /// Lines that fit none of the most clusters that are kept.
    pub left_out: u64,
}

impl<'f> Miner<'f> {
    /// Begins.
    pub fn new(set: &'f FormatSet, settings: Settings) -> Miner<'f> {
        Miner {
            set,
            settings,
            look: Look::new(set, b"", None, 0),
            files: 0,
            clusters: Vec::new(),
            tree: BTreeMap::new(),
            lines: 0,
            known: 0,
            left_out: 0,
        }
    }

    /// A file follows that begins with `sample`; `format` is the user's choice.
    pub fn begin(&mut self, sample: &[u8], format: Option<&str>) {
        self.look = Look::new(self.set, sample, format, self.files);
        self.files += 1;
    }

    /// Lines of the file, in order.
    pub fn add(&mut self, chunk: &LineChunk) {
        let mut look = std::mem::replace(&mut self.look, Look::new(self.set, b"", None, 0));
        look.lines(chunk, |under, text, fact| self.line(under, text, fact));
        self.look = look;
    }

    fn line(&mut self, under: Option<usize>, text: &str, fact: &Fact<'_>) {
        self.lines += 1;
        self.known += u64::from(fact.reader.is_some());
        if fact.reader.is_some() && !self.settings.all {
            return;
        }
        let (tokens, end) = tokens(text);
        let leaf = leaf(&mut self.tree, under, &tokens);
        let found = best(leaf.iter().copied(), &self.clusters, &tokens, self.settings.similarity);
        let index = match found {
            Some(index) => index,
            None if self.clusters.len() >= self.settings.clusters => {
                self.left_out += 1;
                return;
            }
            None => {
                leaf.push(self.clusters.len());
                self.clusters.push(Cluster::new(under, &tokens));
                self.clusters.len() - 1
            }
        };
        if let Some(cluster) = self.clusters.get_mut(index) {
            cluster.add(&tokens, end, fact, self.settings.kinds);
        }
    }

    /// Ends: joins what differs in its first tokens only, and numbers the templates.
    pub fn finish(self) -> Mined<'f> {
        let clusters = [0, 1].into_iter().fold(self.clusters, |c, at| join(c, at, self.settings.kinds));
        let mut order: Vec<(u64, (usize, u64), usize, Vec<Box<str>>)> = Vec::new();
        for (c, cluster) in clusters.iter().enumerate() {
            let variants = cluster.variants.iter();
            order.extend(variants.map(|(key, v)| (v.count, v.first, c, key.clone())));
        }
        order.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)).then(a.3.cmp(&b.3)));
        let mut templates = Vec::with_capacity(order.len());
        let mut numbers: BTreeMap<(usize, Vec<Box<str>>), usize> = BTreeMap::new();
        for (_, _, c, key) in order {
            let Some((cluster, variant)) =
                clusters.get(c).and_then(|cluster| Some((cluster, cluster.variants.get(&key)?)))
            else {
                continue;
            };
            templates.push(Template::new(self.set, templates.len() + 1, cluster, &key, variant));
            numbers.insert((c, key), templates.len());
        }
        let numbered = |(c, cluster): (usize, Cluster)| {
            let of = |key: &Vec<Box<str>>| numbers.get(&(c, key.clone())).copied().unwrap_or(0);
            let list = cluster.variants.keys().map(of).collect();
            (cluster, list)
        };
        Mined {
            set: self.set,
            look: self.look,
            files: 0,
            all: self.settings.all,
            clusters: clusters.into_iter().enumerate().map(numbered).collect(),
            templates,
            lines: self.lines,
            known: self.known,
            left_out: self.left_out,
        }
    }
}

impl Mined<'_> {
    /// The files once more, to tell which line is of which template: the next one, as in [`Miner::begin`].
    pub fn begin(&mut self, sample: &[u8], format: Option<&str>) {
        self.look = Look::new(self.set, sample, format, self.files);
        self.files += 1;
    }

    /// Gives for each line its number and its template's, 0 for one of no template.
    pub fn assign(&mut self, chunk: &LineChunk, mut each: impl FnMut(u64, usize)) {
        let (clusters, all) = (&self.clusters, self.all);
        self.look.lines(chunk, |under, text, fact| {
            let wanted = all || fact.reader.is_none();
            each(fact.at.1, if wanted { template_of(clusters, under, text) } else { 0 });
        });
    }
}

fn template_of(clusters: &[(Cluster, Vec<usize>)], under: Option<usize>, text: &str) -> usize {
    let (tokens, _) = tokens(text);
    let fits = |c: &Cluster| {
        c.under == under
            && c.shapes.len() == tokens.len()
            && c.shapes.iter().zip(&tokens).take(2).all(|(s, t)| s.as_ref().is_none_or(|s| *s == t.shape))
    };
    let mut best: Option<(f64, usize, usize)> = None;
    for (cluster, numbers) in clusters.iter().filter(|(c, _)| fits(c)) {
        let key = cluster.key(&tokens);
        let Some(at) = cluster.variants.keys().position(|k| *k == key) else { continue };
        let Some((share, wild)) = cluster.similarity(&tokens) else { continue };
        let number = numbers.get(at).copied().unwrap_or(0);
        if best.is_none_or(|(s, w, _)| share > s || (share >= s && wild < w)) {
            best = Some((share, wild, number));
        }
    }
    best.map_or(0, |(_, _, number)| number)
}

/// The clusters that the tree leads to.
fn leaf<'t>(
    tree: &'t mut BTreeMap<(Option<usize>, usize), BTreeMap<String, Branch>>,
    under: Option<usize>,
    tokens: &[Token<'_>],
) -> &'t mut Vec<usize> {
    let shape = |at: usize| tokens.get(at).map_or("", |t| t.shape.as_str());
    let name = |known: bool, count: usize, shape: &str| match known || count < CHILDREN {
        true => shape.to_owned(),
        false => MASK.to_string(),
    };
    let node = tree.entry((under, tokens.len())).or_default();
    let first = name(node.contains_key(shape(0)), node.len(), shape(0));
    let node = node.entry(first).or_default();
    let second = name(node.contains_key(shape(1)), node.len(), shape(1));
    node.entry(second).or_default()
}

/// The most similar cluster; of several the one with fewer open places, then the oldest.
fn best(
    candidates: impl Iterator<Item = usize>,
    clusters: &[Cluster],
    tokens: &[Token<'_>],
    least: f64,
) -> Option<usize> {
    let mut best: Option<(f64, usize, usize)> = None;
    for index in candidates {
        let Some((share, wild)) = clusters.get(index).and_then(|c| c.similarity(tokens)) else { continue };
        if share >= least && best.is_none_or(|(s, w, _)| share > s || (share >= s && wild < w)) {
            best = Some((share, wild, index));
        }
    }
    best.map(|(_, _, index)| index)
}

/// Joins clusters that differ in the token `at` only, where they are many.
fn join(clusters: Vec<Cluster>, at: usize, kinds: usize) -> Vec<Cluster> {
    let rest = |c: &Cluster| {
        let mut shapes = c.shapes.clone();
        shapes.get_mut(at)?.take();
        // Something must be left that makes them alike.
        let words = shapes.iter().flatten().filter(|s| s.chars().any(char::is_alphabetic)).count();
        (words >= 2).then_some((c.under, shapes))
    };
    let mut alike: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (i, cluster) in clusters.iter().enumerate() {
        if let Some(rest) = rest(cluster) {
            alike.entry(rest).or_default().push(i);
        }
    }
    let mut into: BTreeMap<usize, usize> = BTreeMap::new();
    for group in alike.values().filter(|group| group.len() > VARIETY) {
        if let Some((first, others)) = group.split_first() {
            into.extend(others.iter().map(|i| (*i, *first)));
        }
    }
    let mut out: BTreeMap<usize, Cluster> = BTreeMap::new();
    for (i, cluster) in clusters.into_iter().enumerate() {
        match into.get(&i).and_then(|first| out.get_mut(first)) {
            Some(first) => first.absorb(cluster, kinds),
            None => drop(out.insert(i, cluster)),
        }
    }
    out.into_values().collect()
}
