//! Lines by which the writer of a log says that the message before came so many times more, as syslogd does. Each
//! becomes an event like the one that it repeats.

use super::draft::Draft;
use super::line::Fate;
use super::parser::{Parser, Scratch};
use super::physical::unended;
use super::process::{BACK, Before, TRIES};
use super::time::Form;
use crate::model::{Dataset, Origin, Value};
use crate::source::LineChunk;

impl Parser<'_> {
    /// Makes such a line's draft one of what it repeats, at its own time: the nearest earlier line of the same host
    /// that says something itself. Gives that one's data set; `None` if there is no such line near, or it is no event.
    pub(super) fn repeat(
        &self,
        text: &str,
        origin: Origin,
        draft: &mut Draft<'_>,
        chunk: Option<&LineChunk>,
        scratch: &mut Scratch,
    ) -> Option<&'static Dataset> {
        let before = Before::line(chunk?, origin.offset)?;
        // The host may be left out.
        let told = host(text).filter(|word| *word != "last");
        let (mut found, mut tries) = (None, TRIES);
        for (line, offset) in before.nearest().take(BACK) {
            let line = unended(std::str::from_utf8(line).ok()?);
            // What goes on for hours is told every ten minutes: such lines are not read to be passed by.
            if alike(line, text) || (told.is_some() && host(line) != told) {
                continue;
            }
            if tries == 0 {
                break;
            }
            tries -= 1;
            match self.reread(line, scratch)? {
                (_, own) if own.like_before => {}
                (Fate::Event(dataset), own) => {
                    found = Some((dataset, own, offset));
                    break;
                }
                _ => break,
            }
        }
        let (dataset, mut own, offset) = found?;
        let count = |draft: &Draft<'_>| draft.get(self.set.count).and_then(Value::as_int).unwrap_or(1);
        let times = count(draft).saturating_mul(count(&own));
        (own.time, own.end, own.timing) = (None, None, None);
        draft.merge(own);
        draft.fields.push((self.set.count, Value::Int(times)));
        draft.fields.push((self.set.repeated, Value::Int(i64::try_from(offset).unwrap_or(i64::MAX))));
        draft.repeats = true;
        Some(dataset)
    }
}

/// Whether nothing but numbers makes lines differ.
fn alike(one: &str, other: &str) -> bool {
    let words = |text| str::bytes(text).filter(|b| !b.is_ascii_digit());
    words(one).eq(words(other))
}

/// The word behind a line's stamp: the host, in a syslog.
fn host(line: &str) -> Option<&str> {
    let (_, len) = [Form::Rfc3164, Form::Iso8601].into_iter().find_map(|form| form.scan(line.as_bytes()))?;
    line.get(len..)?.split_ascii_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_stands_behind_the_stamp() {
        for line in [
            "Nov 21 09:07:01 web sshd[7]: a",
            "Nov  1 09:07:01 web last",
            "2026-11-21T09:07:01.5+01:00 web a",
        ] {
            assert_eq!(host(line), Some("web"), "{line}");
        }
        assert_eq!(host("web sshd[7]: a"), None);
        assert_eq!(host("Nov 21 09:07:01"), None);
        assert!(alike("Nov 21 09:07:01 web last 3", "Nov 22 10:08:02 web last 12"));
        assert!(!alike("Nov 21 09:07:01 web last 3", "Nov 21 09:07:01 db last 3"));
    }
}
