//! Rows of one table and one day, column by column: built by the renderers in parallel, added to
//! the table by the writer. A text that stands in several rows of a batch is in it once, mostly.
//!
//! ```text
//! part    number of rows u32, batches
//! batch   sheet u16, number of columns u16, number of rows u32, bytes that follow u32,
//!         first and last time i64, place of each row's event among those of the block u32, columns
//! column  number u16, number of values u32, where not all rows have one: which do, a bit each;
//!         of lists: members of each u16, of all u32; then by kind:
//!         text = bytes of the distinct texts u32, of each value which of them u32, the distinct texts
//!         number, time = 8 bytes each; truth = 1 byte each
//! text    hash u32 or 0, length u32, bytes
//! ```

use super::levels::{Bits, measured};
use super::texts::{NONE, hash, same};
use crate::case::{Column, Kind};
use crate::model::{Ts, joined, push_ip_bytes, scattered};
use std::net::IpAddr;

/// Members of a list that are kept in its column; a longer one goes to `netlog.more`.
pub const MEMBERS: usize = u16::MAX as usize;

/// Distinct texts of a column that are remembered, a power of two.
const REMEMBERED: usize = 32;
/// Addresses that are, a power of two.
const REMEMBERED_IPS: usize = 64;
/// Texts from which on it is known whether they are all different.
const ENOUGH: usize = 64;
/// Bytes of a text's hash and length, and those of its code.
const HEAD: usize = 8;
const CODE: usize = 4;

/// A batch being filled.
pub struct Batch {
    stacks: Vec<Stack>,
    /// Columns with values.
    used: Vec<u16>,
    places: Vec<u8>,
    rows: u32,
    span: Option<(Ts, Ts)>,
}

/// Where a text of a column is.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    hash: u32,
    code: u32,
    from: u32,
    len: u32,
}

/// The text of an address.
#[derive(Clone, Copy, Debug)]
struct KnownIp {
    ip: IpAddr,
    code: u32,
}

/// Values of one column.
#[derive(Debug)]
struct Stack {
    kind: Kind,
    /// Which rows have a value; nothing as long as all do.
    there: Bits,
    values: u32,
    counts: Vec<u8>,
    members: u32,
    /// Numbers; codes of texts.
    data: Vec<u8>,
    texts: Vec<u8>,
    distinct: u32,
    last: Known,
    known: Vec<Known>,
    /// Texts in the last batch were all different: hashes are worked out if somebody needs them.
    is_varied: bool,
    /// The last list that lives as long as the program, and where its codes begin.
    words: Option<(Words, usize)>,
    /// Addresses whose texts are there, and room for one.
    ips: Vec<Option<KnownIp>>,
    room: Vec<u8>,
}

/// Texts that live as long as the program.
type Words = &'static [&'static str];

impl Batch {
    /// An empty one for a table with these columns.
    pub fn new(columns: &[Column]) -> Batch {
        let stacks = columns.iter().map(|column| Stack::new(column.kind)).collect();
        Batch { stacks, used: Vec::new(), places: Vec::new(), rows: 0, span: None }
    }

    /// Rows in it.
    pub fn rows(&self) -> u32 {
        self.rows
    }

    /// Time of the first and last row.
    pub fn span(&self) -> Option<(Ts, Ts)> {
        self.span
    }

    /// Begins a row: the event at this place of the block, and its time.
    pub fn begin(&mut self, place: u32, ts: Ts) {
        self.places.extend_from_slice(&place.to_le_bytes());
        self.rows += 1;
        self.span = joined(self.span, Some((ts, ts)));
    }

    /// The column's values, if the row has none yet: of two values the first counts.
    fn stack(&mut self, column: u16) -> Option<&mut Stack> {
        let row = (self.rows as usize).saturating_sub(1);
        let stack = self.stacks.get_mut(usize::from(column))?;
        if stack.values == 0 {
            self.used.push(column);
        }
        stack.begin(row).then_some(stack)
    }

    /// A number, a time, or the bits of a float.
    pub fn word(&mut self, column: u16, word: u64) {
        if let Some(stack) = self.stack(column) {
            stack.data.extend_from_slice(&word.to_le_bytes());
        }
    }

    /// A truth.
    pub fn flag(&mut self, column: u16, flag: bool) {
        if let Some(stack) = self.stack(column) {
            stack.data.push(flag.into());
        }
    }

    /// A text.
    pub fn text(&mut self, column: u16, text: &[u8]) {
        if let Some(stack) = self.stack(column) {
            stack.text(text);
        }
    }

    /// An address.
    pub fn ip(&mut self, column: u16, ip: IpAddr) {
        if let Some(stack) = self.stack(column) {
            stack.ip(ip);
        }
    }

    /// A list of at most [`MEMBERS`] addresses.
    pub fn ips(&mut self, column: u16, members: usize, ips: impl Iterator<Item = IpAddr>) {
        if let Some(stack) = self.stack(column) {
            stack.list(members);
            ips.for_each(|ip| stack.ip(ip));
        }
    }

    /// A list of at most [`MEMBERS`] texts that live as long as the program.
    pub fn lasting(&mut self, column: u16, words: Words) {
        if let Some(stack) = self.stack(column) {
            stack.lasting(words);
        }
    }

    /// A list of at most [`MEMBERS`] texts, which `each` is to tell one after the other.
    pub fn texts(&mut self, column: u16, members: usize, each: impl FnOnce(&mut dyn FnMut(&[u8]))) {
        if let Some(stack) = self.stack(column) {
            stack.list(members);
            each(&mut |text| stack.text(text));
        }
    }

    /// A list of at most [`MEMBERS`] numbers.
    pub fn words(&mut self, column: u16, words: impl ExactSizeIterator<Item = i64>) {
        if let Some(stack) = self.stack(column) {
            stack.list(words.len());
            words.for_each(|word| stack.data.extend_from_slice(&word.to_le_bytes()));
        }
    }

    /// Appends it as that of this sheet; it is empty afterwards.
    pub fn bind(&mut self, sheet: u16, out: &mut Vec<u8>) {
        let (first, last) = self.span.take().unwrap_or_default();
        out.extend_from_slice(&sheet.to_le_bytes());
        out.extend_from_slice(&(self.used.len() as u16).to_le_bytes());
        out.extend_from_slice(&self.rows.to_le_bytes());
        measured(out, |out| {
            out.extend_from_slice(&first.to_le_bytes());
            out.extend_from_slice(&last.to_le_bytes());
            out.append(&mut self.places);
            for column in self.used.drain(..) {
                out.extend_from_slice(&column.to_le_bytes());
                if let Some(stack) = self.stacks.get_mut(usize::from(column)) {
                    stack.bind(self.rows, out);
                }
            }
        });
        self.rows = 0;
    }
}

impl Stack {
    fn new(kind: Kind) -> Stack {
        Stack {
            kind,
            there: Bits::default(),
            values: 0,
            counts: Vec::new(),
            members: 0,
            data: Vec::new(),
            texts: Vec::new(),
            distinct: 0,
            last: Known::default(),
            known: Vec::new(),
            is_varied: false,
            words: None,
            ips: Vec::new(),
            room: Vec::new(),
        }
    }

    /// A value for this row comes, if none did.
    fn begin(&mut self, row: usize) -> bool {
        let values = self.values as usize;
        let is_whole = self.there.len() == 0;
        if is_whole && values == row {
            self.values += 1;
            return true;
        }
        if self.there.len() > row || is_whole && values > row {
            return false;
        }
        if is_whole {
            self.there.extend(values);
        }
        self.there.fill(row);
        self.there.push();
        self.values += 1;
        true
    }

    fn list(&mut self, members: usize) {
        let count = u16::try_from(members).unwrap_or(u16::MAX);
        self.counts.extend_from_slice(&count.to_le_bytes());
        self.members += u32::from(count);
    }

    fn lasting(&mut self, words: Words) {
        self.list(words.len());
        if let Some((_, from)) = self.words.filter(|(last, _)| std::ptr::eq(*last, words)) {
            self.data.extend_from_within(from..from + CODE * words.len());
            return;
        }
        self.words = Some((words, self.data.len()));
        words.iter().for_each(|word| self.text(word.as_bytes()));
    }

    fn text(&mut self, text: &[u8]) {
        if self.distinct == 0 || !self.is(self.last, text) {
            self.last = if self.is_varied { self.add(NONE, text) } else { self.look_up(text) };
        }
        self.data.extend_from_slice(&self.last.code.to_le_bytes());
    }

    fn ip(&mut self, ip: IpAddr) {
        if self.ips.is_empty() {
            self.ips = vec![None; REMEMBERED_IPS];
        }
        let at = match ip {
            IpAddr::V4(ip) => ip.to_bits().into(),
            IpAddr::V6(ip) => ip.to_bits() as u64,
        };
        let at = scattered(at, REMEMBERED_IPS);
        let known = self.ips.get(at).copied().flatten().filter(|known| known.ip == ip);
        if let Some(known) = known {
            self.data.extend_from_slice(&known.code.to_le_bytes());
            return;
        }
        let mut text = std::mem::take(&mut self.room);
        text.clear();
        push_ip_bytes(&mut text, ip);
        self.text(&text);
        self.room = text;
        if let Some(slot) = self.ips.get_mut(at) {
            *slot = Some(KnownIp { ip, code: self.last.code });
        }
    }

    fn look_up(&mut self, text: &[u8]) -> Known {
        let hash = hash(text);
        let at = hash as usize % REMEMBERED;
        let known = self.known.get(at).copied().filter(|known| known.hash == hash);
        if let Some(known) = known.filter(|known| self.is(*known, text)) {
            return known;
        }
        let known = self.add(hash, text);
        if self.known.is_empty() {
            self.known = vec![Known::default(); REMEMBERED];
        }
        if let Some(slot) = self.known.get_mut(at) {
            *slot = known;
        }
        known
    }

    fn is(&self, known: Known, text: &[u8]) -> bool {
        let from = known.from as usize + HEAD;
        known.len as usize == text.len()
            && self.texts.get(from..from + text.len()).is_some_and(|entry| same(entry, text))
    }

    fn add(&mut self, hash: u32, text: &[u8]) -> Known {
        // A longer one would not fit into a page either.
        let len = u32::try_from(text.len()).unwrap_or(0);
        let known = Known { hash, code: self.distinct, from: self.texts.len() as u32, len };
        self.distinct += 1;
        let head = u64::from(len) << u32::BITS | u64::from(hash);
        self.texts.extend_from_slice(&head.to_le_bytes());
        self.texts.extend_from_slice(text.get(..len as usize).unwrap_or_default());
        known
    }

    /// Appends it as that of a batch with so many rows; it is empty afterwards.
    fn bind(&mut self, rows: u32, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.values.to_le_bytes());
        if self.values < rows {
            if self.there.len() == 0 {
                self.there.extend(self.values as usize);
            }
            self.there.fill(rows as usize);
            out.extend_from_slice(self.there.bytes());
        }
        if matches!(self.kind, Kind::Texts | Kind::Ints) {
            out.append(&mut self.counts);
            out.extend_from_slice(&self.members.to_le_bytes());
        }
        if matches!(self.kind, Kind::Text | Kind::Texts | Kind::Json) {
            out.extend_from_slice(&(self.texts.len() as u32).to_le_bytes());
        }
        // A few may be alike by chance; where there are few nothing is known.
        let texts = self.data.len() / CODE;
        self.is_varied = texts >= ENOUGH && self.distinct as usize > texts / 8 * 7;
        self.words = None;
        out.append(&mut self.data);
        out.append(&mut self.texts);
        self.there.clear();
        (self.values, self.members, self.distinct) = (0, 0, 0);
        self.known.fill(Known::default());
        self.ips.fill(None);
    }
}
