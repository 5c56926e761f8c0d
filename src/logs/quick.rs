//! The short way through a set of formats of which little is wanted: most lines of a system log are
//! `Nov 21 09:07:01 host program[pid]: message`, and nobody asks for what stands before the message. Their
//! program's format reads the message at once. Whatever is not exactly so takes the long way, so the
//! result is the same.

use super::draft::Draft;
use super::parser::{LINE, Parsed, Parser, Scratch, unended};
use super::rule::{Format, Matcher, Rule};
use super::set::FormatSet;
use super::taker::Taker;
use super::target::{Capture, Target};
use super::time::{Form, Moment, YearBase, Yearless, is_leap};
use crate::model::{Dataset, Glimpse, Origin, Seq};
use hashbrown::HashMap;

/// Stamp, program and message of the lines that [`header`] reads, as a template.
const HEADER: &str = "%{@timestamp:rfc3164} %{host.name} %{process.name}[%{process.pid}]: %{message:rest}";

/// Formats by program. Looked up only, never walked.
#[derive(Debug)]
pub(super) struct Quick {
    programs: HashMap<Box<str>, usize>,
}

impl Quick {
    /// The short way for files read by these formats, if there is one.
    pub fn new(set: &FormatSet, roots: &[usize]) -> Option<Quick> {
        let root = set.format(*roots.first()?)?;
        if !set.narrowed || root.family.is_some() || root.null.iter().any(|null| null != "-") {
            return None;
        }
        let first = |byte: u8| root.dispatch.first(&[byte]) == Some((0, 0));
        if !b"JFMASOND".iter().all(|month| first(*month)) {
            return None;
        }
        let rule = root.rules.first()?;
        let Some(Matcher::Delimited(template)) = rule.matchers.first() else { return None };
        let [time, host, program, pid, message] = template.captures() else { return None };
        let dropped = |c: &Capture| matches!(c.target, Target::Skip | Target::Whole);
        let kept =
            |c: &Capture, name| matches!(c.target, Target::Field(f) if f.name == name) && c.check.is_none();
        let same = template.source() == HEADER
            && matches!(time.target, Target::Time(Form::Rfc3164))
            && dropped(host)
            && kept(program, "process.name")
            && dropped(pid)
            && kept(message, "message");
        if !same || !rule.plain() || rule.wanted || !rule.set.is_empty() {
            return None;
        }
        let leaf = |format: &Format| {
            let reads = format.from.is_some_and(|from| std::ptr::eq(from, set.message));
            reads && format.family.is_none() && format.null.is_empty() && format.children.is_empty()
        };
        let chosen = root.children.chosen_by("process.name");
        let programs = chosen.filter(|(_, format)| set.format(*format).is_some_and(leaf));
        Some(Quick { programs: programs.map(|(name, format)| (name.into(), format)).collect() })
    }

    /// Reads a line into an empty draft. `None` if it has to take the long way; the draft may then hold
    /// something.
    #[inline]
    pub fn read<'a>(
        &self,
        set: &FormatSet,
        text: &'a str,
        draft: &mut Draft<'a>,
        scratch: &mut Scratch,
    ) -> Option<(&'static Dataset, Yearless)> {
        let (when, program, message) = header(text)?;
        let format = set.format(*self.programs.get(program)?)?;
        let rule: &Rule = format.dispatch.apply(format, message, draft, scratch)?;
        if !rule.plain() {
            return None;
        }
        draft.wanted = rule.wanted;
        Some((rule.constants_into(draft), when))
    }
}

impl Parser<'_> {
    /// Tries the short way of a line that is counted and nothing else; `false` if there is none.
    #[inline]
    #[allow(clippy::too_many_arguments, reason = "the state of the loop over the lines")]
    pub(super) fn short<'a>(
        &self,
        text: &'a str,
        origin: Origin,
        year: YearBase,
        draft: &mut Draft<'a>,
        parsed: &mut Parsed<'a>,
        scratch: &mut Scratch,
        taker: &mut impl Taker<'a>,
    ) -> bool {
        let Some(quick) = self.quick.as_ref().filter(|_| text.len() <= LINE) else { return false };
        draft.clear();
        let Some((dataset, when)) = quick.read(self.set, unended(text), draft, scratch) else { return false };
        parsed.ledger.lines.decoded += 1;
        let turn = parsed.turns.step(when);
        if !draft.wanted || !self.set.of_wanted_user(draft) {
            return true;
        }
        let year = year.0.saturating_add(turn);
        if when.leap_day() && !is_leap(year) {
            parsed.ledger.anomaly("time.leap_day", origin);
        }
        if !draft.bad.is_empty() {
            parsed.ledger.anomaly_in("fmt.field", origin, unended(text).as_bytes());
        }
        taker.glance(Glimpse {
            seq: Seq { source: origin.source, record: origin.record, sub: 0 },
            ts: self.context.zone.resolve(when.in_year(year), &mut scratch.hour),
            dataset,
            outcome: draft.outcome,
            source: draft.source.ip,
            fields: &draft.fields,
        });
        true
    }
}

/// Stamp, program and message of `Nov 21 09:07:01 host program[pid]: message`. Says no to lines that
/// another template could read in another way.
#[inline]
fn header(text: &str) -> Option<(Yearless, &str, &str)> {
    let bytes = text.as_bytes();
    let (Moment::Yearless(when), host) = Form::Rfc3164.scan(bytes)? else { return None };
    let blank = |b: u8| b == b' ' || b == b'\t';
    let host = word(bytes, host.checked_add(1).filter(|_| bytes.get(host) == Some(&b' '))?, blank)?;
    let program = word(bytes, host.1 + 1, |b| b == b'[' || blank(b))?;
    if bytes.get(host.1) != Some(&b' ') || bytes.get(program.1) != Some(&b'[') {
        return None;
    }
    let pid = word(bytes, program.1 + 1, |b| !b.is_ascii_digit())?;
    let message = pid.1 + 3;
    // A longer number may not fit.
    if pid.1 - pid.0 > 18 || bytes.get(pid.1..message)? != b"]: " || message == bytes.len() {
        return None;
    }
    let message = text.get(message..).filter(|message| *message != "-")?;
    Some((when, text.get(program.0..program.1)?, message))
}

/// Begin and end of what stands from `begin` to the first `border`; never empty.
#[inline]
fn word(bytes: &[u8], begin: usize, border: impl Fn(u8) -> bool) -> Option<(usize, usize)> {
    let len = bytes.get(begin..)?.iter().position(|b| border(*b)).filter(|len| *len > 0)?;
    Some((begin, begin + len))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::{Context, Wanted};
    use crate::model::{Event, FieldRef, Value};
    use crate::source::LineChunk;

    const LINES: &str = "\
Feb 29 07:00:00 web sshd[1]: Failed password for root from 203.0.113.7 port 1 ssh2
Dec 10 07:00:00 web sshd[1]: Failed password for invalid user a b from 203.0.113.7 port 1 ssh2
Dec 10 07:00:00 web sshd[1]: Failed magic for root from 203.0.113.7 port 1 ssh2
Dec 10 07:00:00 web sshd[1]: Failed password for root from 999.0.113.7 port 1 ssh2
Dec 10 07:00:00 web sshd[1]: Failed password for root from 203.0.113.7 port 99999 ssh2
Dec 10 07:00:00 web sshd[1]: message repeated 3 times: [ Failed password for root from 203.0.113.7 port 1 ssh2]
Dec 10 07:00:00 web sshd[1]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=h.example.net  user=root
Dec 10 07:00:00 web sshd[1]: PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.7  user=x
Dec 10 07:00:00 web sshd[1]: something new
Dec 10 07:00:00 web sshd[1]: -
Dec 10 07:00:00 web sshd[1]: 
Dec 10 07:00:00 web sshd[99999999999999999999]: Failed password for root from 203.0.113.7 port 1 ssh2
Dec 10 07:00:00 web sshd: Failed password for root from 203.0.113.7 port 1 ssh2
Dec 10 07:00:00 web -[1]: Failed password for root from 203.0.113.7 port 1 ssh2
Dec 10 07:00:00 - sshd[1]: Accepted password for root from 203.0.113.7 port 1 ssh2
Dec 10 07:00:00 we\tb sshd[1]: Accepted password for root from 203.0.113.7 port 1 ssh2
Dec 10 07:00:00.5 web sshd[1]: Accepted password for root from 203.0.113.7 port 1 ssh2
Dec 10 07:00:00 2014 web sshd[1]: Accepted password for root from 203.0.113.7 port 1 ssh2
Dec 10 2014 07:00:00 web sshd[1]: Accepted password for root from 203.0.113.7 port 1 ssh2
Dec 10 07:00:00 2014-db sshd[1]: Accepted password for root from 203.0.113.7 port 1 ssh2
Dec 32 07:00:00 web sshd[1]: Accepted password for root from 203.0.113.7 port 1 ssh2
Jan  1 07:00:00 web CRON[1]: pam_unix(cron:session): session opened for user root by (uid=0)
Jan  1 07:00:00 web su[1]: FAILED SU (to root) bob on pts/1
Jan  1 07:00:00 web sshd[1]: Connection closed by 203.0.113.7 port 1 [preauth]
";

    /// What was looked at, a line each.
    struct Events(String);

    impl<'a> Taker<'a> for Events {
        fn take(&mut self, event: Event<'a>) -> Vec<(FieldRef, Value<'a>)> {
            self.glance((&event).into());
            Vec::new()
        }

        fn glance(&mut self, event: Glimpse<'_, 'a>) {
            let looked = ["netlog.auth.kind", "user.name", "netlog.count", "source.domain", "sshd.method"];
            let value =
                |name: &&str| event.fields.iter().rev().find(|(f, _)| f.name == *name).map(|(_, v)| v);
            let values: Vec<_> = looked.iter().map(value).collect();
            self.0 += &format!(
                "{:?} {} {:?} {} {:?} {values:?}\n",
                event.seq, event.ts, event.source, event.dataset.name, event.outcome
            );
        }
    }

    /// What a set makes of the lines, by either way.
    fn read(set: &FormatSet, short: bool) -> (String, String) {
        let context = Context { year: Some(2020), ..Context::default() };
        let mut parser = Parser::new(set, &set.detect(LINES.as_bytes()), context);
        assert!(parser.quick.is_some());
        parser.quick = parser.quick.filter(|_| short);
        let chunk = LineChunk { data: LINES.as_bytes().to_vec(), offset: 0, first_line: 1 };
        let year = crate::logs::YearBase(2020);
        let mut events = Events(String::new());
        let parsed = parser.read(&chunk, &mut Scratch::default(), year, &mut events);
        (events.0, format!("{:?} {:?}", parsed.ledger, parsed.turns))
    }

    #[test]
    fn both_ways_lead_to_the_same() {
        let wanted = Wanted {
            mark: "netlog.auth.kind",
            fields: &["netlog.auth.kind", "netlog.count", "sshd.method", "user.name", "source.domain"],
            users: Vec::new(),
            services: Vec::new(),
        };
        let set = FormatSet::builtin().unwrap().narrowed(&wanted);
        let (long, short) = (read(&set, false), read(&set, true));
        assert!(long.0.lines().count() > 10, "{}", long.0);
        assert_eq!(short.0, long.0);
        assert_eq!(short.1, long.1);
    }

    #[test]
    fn only_the_usual_line_is_read() {
        let usual =
            header("Dec 10 07:00:00 web sshd[12]: a b").map(|(_, program, message)| (program, message));
        assert_eq!(usual, Some(("sshd", "a b")));
        for line in
            LINES.lines().filter(|l| l.contains("\t") || l.contains(" 2014 ") || l.contains(" sshd: "))
        {
            assert_eq!(header(line), None, "{line}");
        }
    }
}
