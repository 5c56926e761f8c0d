//! The lines of a chunk, one by one.

use super::super::consumer::Consumer;
use super::super::draft::Draft;
use super::super::message_cache::Known;
use super::super::parser::{LINE, Parsed, Parser, Scratch};
use super::super::physical::unended;
use super::super::time::{YearBase, Yearless};
use super::{Head, Quick, Short};
use crate::model::{Glimpse, Origin, Seq, Ts};
use crate::source::LineChunk;
use std::ops::Range;

/// The result of counting one message.
#[derive(Clone, Copy)]
enum Told {
    /// The same, whenever it is read again: what was told under this number, or nothing.
    Again(Option<u32>),
    /// Something that depends on the line.
    Once,
}

/// When and where a line was written.
#[derive(Clone, Copy)]
struct At {
    when: Yearless,
    year: i16,
    origin: Origin,
}

impl Parser<'_> {
    /// Reads the lines of a chunk, those that can the short way.
    #[allow(clippy::too_many_arguments, reason = "the state of the loop over the lines")]
    pub(in crate::logs) fn quick_lines<'a>(
        &self,
        quick: &Quick,
        chunk: &'a LineChunk,
        whole: &'a str,
        scratch: &mut Scratch,
        parsed: &mut Parsed<'a>,
        year: YearBase,
        consumer: &mut impl Consumer<'a>,
    ) {
        let mut draft = Draft::default();
        let mut origin =
            Origin { source: self.context.source, record: chunk.first_line, offset: chunk.offset };
        let bytes = whole.as_bytes();
        let ends = memchr::memchr_iter(b'\n', bytes).map(|at| at + 1);
        let cut = Some(bytes.len()).filter(|_| bytes.last().is_some_and(|last| *last != b'\n'));
        scratch.recent.begin();
        scratch.heads.begin();
        scratch.cache.begin();
        let mut begin = 0;
        for end in ends.chain(cut) {
            // Already read as part of a group.
            if end <= begin {
                continue;
            }
            if matches!(bytes.get(end), Some(b' ' | b'\t')) {
                scratch.recent.line(begin);
                begin += self.group(chunk, Some(whole), begin, &mut origin, &mut draft, parsed, scratch);
                // None of its lines is entered.
                scratch.recent.line(begin - 1);
                self.hand_over(parsed, year, &mut draft, scratch, consumer);
                continue;
            }
            scratch.recent.line(begin);
            if !self.short(quick, whole, begin..end, origin, year, &mut draft, parsed, scratch, consumer) {
                let text = whole.get(begin..end).unwrap_or_default();
                self.line(text, text.as_bytes(), origin, &mut draft, parsed, scratch);
                self.hand_over(parsed, year, &mut draft, scratch, consumer);
            }
            parsed.ledger.lines.read += 1;
            parsed.ledger.lines.bytes += (end - begin) as u64;
            origin.record += 1;
            origin.offset += (end - begin) as u64;
            begin = end;
        }
    }

    /// The fast path of a line that is only counted; `false` if there is none.
    #[inline]
    #[allow(clippy::too_many_arguments, reason = "the state of the loop over the lines")]
    fn short<'a>(
        &self,
        quick: &Quick,
        whole: &'a str,
        line: Range<usize>,
        origin: Origin,
        year: YearBase,
        draft: &mut Draft<'a>,
        parsed: &mut Parsed<'a>,
        scratch: &mut Scratch,
        consumer: &mut impl Consumer<'a>,
    ) -> bool {
        let begin = line.start;
        let text = whole.get(line).unwrap_or_default();
        if text.len() > LINE || text.starts_with('\r') {
            return false;
        }
        let text = unended(text);
        let Some(Head { when, program, message }) = quick.head(text, scratch) else { return false };
        let (known, number) = (scratch.cache.find(scratch.program, message, whole), scratch.program);
        let mut short = None;
        if !matches!(known, Known::Before(_)) {
            draft.clear();
            short = quick.read(self.set, program, message, draft, scratch);
            if short.is_none() {
                return false;
            }
        }
        parsed.ledger.lines.decoded += 1;
        let at = At { when, year: year.0.saturating_add(parsed.turns.step(when)), origin };
        match (known, short) {
            (Known::Before(Some(told)), _) => consumer.again(told, self.moment(at, parsed, scratch)),
            (_, Some(short)) => {
                let told = self.tell(&short, at, text, draft, parsed, scratch, consumer);
                if let (Known::New(hash), Told::Again(told)) = (known, told) {
                    let start = begin + text.len() - message.len();
                    scratch.cache.enter(hash, number, start, message.len(), told);
                }
            }
            (_, None) => {}
        }
        true
    }

    /// The time of a wanted event.
    fn moment(&self, at: At, parsed: &mut Parsed<'_>, scratch: &mut Scratch) -> Ts {
        let year = scratch.calendar.turn(at.year);
        if at.when.leap_day() && !year.leap {
            parsed.ledger.anomaly("time.leap_day", at.origin);
        }
        self.context.zone.resolve(at.when.within(year), &mut scratch.hour)
    }

    /// Tells what a line says that was read the short way.
    #[allow(clippy::too_many_arguments, reason = "the state of the loop over the lines")]
    fn tell<'a>(
        &self,
        short: &Short<'_>,
        at: At,
        text: &str,
        draft: &mut Draft<'a>,
        parsed: &mut Parsed<'a>,
        scratch: &mut Scratch,
        consumer: &mut impl Consumer<'a>,
    ) -> Told {
        let origin = at.origin;
        let Some(ending) = short.ending.filter(|_| draft.wanted) else {
            let Some(unknown) = short.unknown else { return Told::Again(None) };
            parsed.ledger.anomaly(unknown, origin);
            return Told::Once;
        };
        let mut constants = &*ending.constants;
        if !self.set.users.is_empty() {
            draft.fields.extend(constants.iter().cloned());
            constants = &[];
            if !self.set.of_wanted_user(draft) {
                return Told::Again(None);
            }
        }
        let ts = self.moment(at, parsed, scratch);
        if !draft.bad.is_empty() {
            parsed.ledger.anomaly_in("fmt.field", origin, text.as_bytes());
        }
        let number = consumer.glance(Glimpse {
            seq: Seq { source: origin.source, record: origin.record, sub: 0 },
            ts,
            dataset: ending.dataset,
            outcome: ending.outcome.unwrap_or(draft.outcome),
            source: draft.source.ip,
            fields: &draft.fields,
            constants,
        });
        match number {
            Some(number) if draft.bad.is_empty() => Told::Again(Some(number)),
            _ => Told::Once,
        }
    }
}
