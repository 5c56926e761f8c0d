use super::*;
use crate::logs::Start;
use crate::logs::parser::Parser;
use crate::logs::{Consumer, Context, Wanted};
use crate::model::{Event, FieldRef, Glimpse, Ts, Value};
use crate::source::LineChunk;
use crate::source::lines::BEFORE;

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
Jan  1 07:00:59 web sudo: pam_unix(sudo:session): session opened for user root by bob(uid=0)
Jan  1 07:59:60 web sudo: pam_unix(sudo:auth): authentication failure; logname=x uid=0 euid=0 tty=/dev/pts/1 ruser=x rhost=  user=x
Jan  1 07:59:59 web sudo:    bob : 3 incorrect password attempts ; TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/bin/sh
Jan  1 07:60:00 web sudo:    bob : TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/bin/sh
Jan  1 07:09:00 web sudo: : something new
Jan  1 07:09:01 web CRON[1]: something new
Jan  1 07:09:02 web a:b: something new
Jan  1 07:09:03 web sshd::: Accepted password for root from 203.0.113.7 port 1 ssh2
Jan  1 07:09:04 web : Accepted password for root from 203.0.113.7 port 1 ssh2
Jan  1 07:09:05 web sshd[x]: Accepted password for root from 203.0.113.7 port 1 ssh2
Jan  1 07:09:06 web sshd:
Jan  1 07:09:06 sshd[1]: Failed password for root from 203.0.113.7 port 1 ssh2
Jan  1 07:09:06 sshd[1]: error: Failed password for root from 203.0.113.7 port 1 ssh2
Jan  1 07:09:06 sshd: sshd[1]: Failed password for root from 203.0.113.7 port 1 ssh2
Jan  1 07:09:06 web: sshd: Accepted password for root from 203.0.113.7 port 1 ssh2
Jan  1 07:09:07 web login: ROOT LOGIN ON tty1 FROM h.example.net
Jan  1 07:09:07 web sshd[1]: message repeated 2 times: [ something new]
Jan  1 07:09:07 web sshd[1]: message repeated 2 times: [ message repeated 2 times: [ Failed none for root from 203.0.113.7 port 1 ssh2]]
Jan  1 07:00:00 web su[1]: FAILED SU (to root) bob on pts/1
Jan  1 07:00:00 web sshd[1]: Connection closed by 203.0.113.7 port 1 [preauth]
Jan  1 07:00:01 web sshd[1]: Connection closed by 203.0.113.7 port 65535 [preauth]
Jan  1 07:00:01 web sshd[1]: Connection closed by 203.0.113.7 port 65536 [preauth]
Jan  1 07:00:02 web sshd[1]: Invalid user bob port 5 from 203.0.113.7
Jan  1 07:00:02 web sshd[1]: Invalid user bob port 6 from 203.0.113.7
Jan  1 07:00:02 web sshd[1]: Invalid user bob from 203.0.113.7 port 5
Jan  1 07:00:02 web sshd[1]: Invalid user bob from 203.0.113.7 port 6
Jan  1 07:00:03 web sshd[1]: Failed password for invalid user a port 9 from 203.0.113.7 port 2 ssh2
Jan  1 07:00:03 web sshd[1]: Failed password for invalid user a port 8 from 203.0.113.7 port 2 ssh2
Jan  1 07:00:03 web sshd[1]: Failed password for invalid user a port 8 from 203.0.113.7 port 3 ssh2
Jan  1 07:00:03 web sshd[1]: Failed password for invalid user a port 8 from 203.0.113.7 port 4 ssh2
Jan  1 07:00:04 web sshd[1]: Failed password for bob from h port 9 from 203.0.113.7 port 2 ssh2
Jan  1 07:00:04 web sshd[1]: Failed password for bob from h port 8 from 203.0.113.7 port 2 ssh2
Jan  1 07:00:05 web sshd[1]: message repeated 3 times: [ Failed password for root from 203.0.113.7 port 2 ssh2]
Jan  1 07:00:05 web sshd[1]: message repeated 3 times: [ Failed password for root from 203.0.113.7 port 3 ssh2]
Jan  1 07:00:05 web sshd[2]: message repeated 4 times: [ Failed password for root from 203.0.113.7 port 3 ssh2]
Jan  1 07:00:06 web kernel: [  812.1] [UFW BLOCK] IN=eth0 OUT= MAC= SRC=203.0.113.7 DST=192.0.2.10 LEN=60 PROTO=TCP SPT=1 DPT=22 SYN
Jan  1 07:00:06 web kernel: [  812.1] [UFW BLOCK] IN=eth0 OUT= MAC= SRC=203.0.113.7 LEN=60
Jan  1 07:00:06 web kernel: [  812.1] a power SRC= of DST= no IN
Jan  1 07:00:06 web kernel[1]: device eth0 entered promiscuous mode
Jan  1 07:00:06 web kernel: -
";

/// What was looked at, a line each; and what each was, but for its time.
#[derive(Default)]
struct Events(String, Vec<String>);

impl<'a> Consumer<'a> for Events {
    fn take(&mut self, event: Event<'a>) -> Vec<(FieldRef, Value<'a>)> {
        self.glance((&event).into());
        Vec::new()
    }

    fn again(&mut self, number: u32, ts: Ts) {
        self.0 += &format!("{ts} {}", self.1[number as usize]);
    }

    fn glance(&mut self, event: Glimpse<'_, 'a>) -> Option<u32> {
        let looked = ["netlog.auth.kind", "user.name", "netlog.count", "source.domain", "sshd.method"];
        let value = |name: &&str| {
            event.fields.iter().chain(event.constants).rev().find(|(f, _)| f.name == *name).map(|(_, v)| v)
        };
        let values: Vec<_> = looked.iter().map(value).collect();
        let what = format!("{:?} {} {:?} {values:?}\n", event.source, event.dataset.name, event.outcome);
        self.0 += &format!("{} {what}", event.ts);
        self.1.push(what);
        u32::try_from(self.1.len() - 1).ok()
    }
}

/// What a set makes of lines, by either way.
fn read(set: &FormatSet, lines: &str, short: bool) -> (String, String) {
    let context = Context { year: Some(2020), ..Context::default() };
    let mut parser = Parser::new(set, &set.detect(lines.as_bytes()), context);
    assert!(parser.quick.is_some());
    parser.quick = parser.quick.filter(|_| short);
    let chunk =
        LineChunk { data: lines.as_bytes().to_vec(), offset: 0, first_line: 1, ..LineChunk::default() };
    let year = crate::logs::YearBase(2020);
    let mut events = Events::default();
    let parsed = parser.read(&chunk, &mut Scratch::default(), &Start::of_file(&parser, year), &mut events);
    (events.0, format!("{:?} {:?}", parsed.ledger, parsed.turns))
}

fn log_ins() -> FormatSet {
    let wanted = Wanted {
        mark: ("netlog.auth.kind", &["failed", "pam", "pam_more", "accepted", "session_open"]),
        fields: &["netlog.auth.kind", "netlog.count", "sshd.method", "user.name", "source.domain"],
        users: Vec::new(),
        services: Vec::new(),
    };
    FormatSet::builtin().unwrap().narrowed(&wanted)
}

#[test]
fn both_ways_lead_to_the_same() {
    let set = log_ins();
    let (long, short) = (read(&set, LINES, false), read(&set, LINES, true));
    assert!(long.0.lines().count() > 10, "{}", long.0);
    assert_eq!(short.0, long.0);
    assert_eq!(short.1, long.1);
    // What was known makes no difference, in whatever order it came.
    let again = LINES.repeat(3);
    let backwards: String = again.lines().rev().map(|line| format!("{line}\n")).collect();
    assert_eq!(read(&set, &backwards, true), read(&set, &backwards, false));
    assert_eq!(read(&set, &again, true), read(&set, &again, false));
}

/// Who was let in stands on an earlier line of the process, if it is near enough: of 8, not of 7, nor of
/// 4104, whose number ends as that of 8 does.
#[test]
fn both_ways_look_back_as_far() {
    let line = |program: &str, message: &str| format!("Jan  1 07:00:00 web {program}: {message}\n");
    let accepted = |pid, ip| line(pid, &format!("Accepted password for bob from {ip} port 1 ssh2"));
    let opened = |pid| line(pid, "pam_unix(sshd:session): session opened for user bob by (uid=0)");
    let log = [
        accepted("sshd[7]", "203.0.113.7"),
        line("CRON[5]", "(root) CMD (true)").repeat(BEFORE / 40),
        opened("sshd[7]"),
        accepted("sshd[8]", "203.0.113.8"),
        opened("sshd[8]"),
        opened("sshd[4104]"),
        "Jan  1 07:00:00 2014 web sshd[9]: Accepted password for bob from 203.0.113.9 port 1 ssh2\n".into(),
        opened("sshd[9]"),
    ]
    .concat();
    let set = log_ins();
    let (long, short) = (read(&set, &log, false), read(&set, &log, true));
    assert_eq!(short, long);
    let found: Vec<_> = short.0.lines().map(|event| event.contains("203.0.113")).collect();
    assert_eq!(found, [true, false, true, true, false, true, true], "{}", short.0);
}

/// Program, process id and message of a line.
fn usual<'t>(heads: &mut Heads, line: &'t str) -> Option<(&'t str, &'t [u8], &'t str)> {
    let read = heads.read(line)?;
    let program = match read.program {
        Name::New(name, part) => {
            heads.enter(line, part, name.len());
            name
        }
        Name::Known(len) => {
            let brackets = if read.pid.is_empty() { 2 } else { 4 + read.pid.len() };
            let end = line.len() - read.message.len() - brackets;
            &line[end - len..end]
        }
    };
    Some((program, read.pid, read.message))
}

#[test]
fn only_the_usual_line_is_read() {
    let read = usual(&mut Heads::default(), "Dec 10 07:00:00 web sshd[12]: a b");
    assert_eq!(read, Some(("sshd", &b"12"[..], "a b")));
    for line in LINES.lines().filter(|l| l.contains("\t") || l.contains(" 2014 ")) {
        assert_eq!(usual(&mut Heads::default(), line), None, "{line}");
    }
}

#[test]
fn how_lines_began_before_changes_nothing() {
    let mut heads = Heads::default();
    let more = "\
Jan  1 07:00:00 web a:b: c
Jan  1 07:00:00 web a: c
Jan  1 07:00:00 web a:b: c
Jan  1 07:00:00 web a:\tc
Jan  1 07:00:00 web a[1]: c
Jan  1 07:00:00 web a[1: c
Jan  1 07:00:00 web a[1]:c
Jan  1 07:00:00 we:b a: c
Jan  1 07:00:00 we[b a[2]: c
Jan  1 07:00:60 web a: c
Jan  1 07:00:61 web a: c
Jan  1 07:00:00  a: c
Jan  1 07:00:00 the-longest-name-that-a-host-ever-had.example.net a[1]: c
";
    for line in [more, LINES, more, LINES].iter().flat_map(|lines| lines.lines()) {
        let known = usual(&mut heads, line);
        assert_eq!(known, usual(&mut Heads::default(), line), "{line}");
        let when = |heads: &mut Heads| heads.read(line).map(|read| read.when);
        assert_eq!(when(&mut heads), when(&mut Heads::default()), "{line}");
    }
    let last = heads.read("Jan  1 07:00:00 web sudo: x");
    assert!(last.is_some_and(|read| matches!(read.program, Name::Known(4))));
}
