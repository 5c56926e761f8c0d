//! Physical lines, where events have several: each is counted once, whatever became of the event.

use super::draft::Draft;
use super::parser::{Parsed, Parser, Scratch};
use super::time::Zone;
use crate::model::{Ledger, Origin};

/// A line without its end.
pub(super) fn unended(line: &str) -> &str {
    let end = line.bytes().rposition(|b| !matches!(b, b'\n' | b'\r')).map_or(0, |last| last + 1);
    line.get(..end).unwrap_or_default()
}

impl Parser<'_> {
    /// The zone that the format names where the user names none, for the notes of the report.
    pub fn zone_note(&self, user: &Zone) -> Option<String> {
        let zone = &self.context.zone;
        let note = || {
            format!(
                "stamps without a zone are taken as {}, as the format says; --timezone decides",
                zone.name()
            )
        };
        (zone.is_given() && !user.is_given()).then(note)
    }

    /// Lines in a text: one, unless lines are joined.
    #[inline]
    pub(super) fn count(&self, raw: &[u8]) -> u64 {
        if self.joining().is_none() { 1 } else { raw.split_inclusive(|b| *b == b'\n').count() as u64 }
    }

    /// Lines that no rule reads together: each on its own.
    pub(super) fn apart<'a>(
        &self,
        text: &'a str,
        raw: &[u8],
        mut origin: Origin,
        draft: &mut Draft<'a>,
        parsed: &mut Parsed<'a>,
        scratch: &mut Scratch,
    ) {
        let mut texts = text.split_inclusive('\n');
        for raw in raw.split_inclusive(|b| *b == b'\n') {
            // The text may have been cut, and lacks the NULs and line ends at its borders.
            self.line(texts.next().unwrap_or_default(), raw, origin, draft, parsed, scratch);
            origin.record += 1;
            origin.offset += raw.len() as u64;
        }
    }
}

/// Counts every line of a text as skipped.
pub(super) fn skip(ledger: &mut Ledger, reason: &'static str, mut origin: Origin, raw: &[u8]) {
    for line in raw.split_inclusive(|b| *b == b'\n') {
        ledger.lines.skip(reason, origin, line);
        origin.record += 1;
        origin.offset += line.len() as u64;
    }
}
