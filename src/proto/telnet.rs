//! Telnet (RFC 854): log-ins by what the server prompts for, and the terminal's options.

use super::fields::{ACTION, METHOD, STATUS};
use super::sasl::put_login;
use super::{Dir, Emit, Options, Over, Parser, Probe, Protocol, Step, lines};
use crate::model::{Dataset, Outcome, Stamp, Value};

const DOC: &str = "One log-in over Telnet, or a session without one that was recognised.";
/// Sessions.
pub static DATASET: Dataset = Dataset::requests("telnet", DOC);
/// Log-ins.
pub static LOGIN: Dataset = Dataset::logins("telnet", DOC);

crate::fields! {
    pub FIELDS;
    BANNER: Text, "telnet.banner", "What the server shows before it asks for a name, at most 512 bytes.";
    TERMINAL: Keyword, "telnet.terminal", "Terminal the client says it is.";
    COMMANDS: Wildcard, "telnet.commands", "Lines the client typed after the log-in, at most 64, with --detail full.";
    LINES: Long, "telnet.lines", "Lines the client typed after the log-in.";
}

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "telnet",
    doc: "Telnet (RFC 854, 1091): option negotiation, the terminal's name, and log-ins inferred from prompts: a name \
          typed after `login:` or `Username:`, what follows `Password:`, and whether the server then prompts anew, says \
          that it failed, or goes on. Lines typed after it are counted, with --detail full shown.",
    over: Over::Tcp,
    ports: &[23, 2323],
    probe,
    start,
    datasets: &[&DATASET, &LOGIN],
    fields: FIELDS,
    anomalies: &[
        ("telnet.subnegotiation", "A subnegotiation is longer than 4 KiB."),
        ("telnet.gap", "Bytes were not captured; a log-in under way is told without its outcome."),
    ],
};

const IAC: u8 = 255;
/// Longest text of a screen or line that is kept.
const KEEP: usize = 512;

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(Telnet::default())
}

fn probe(_: Dir, bytes: &[u8]) -> Probe {
    // Two negotiations, or one alone in the shape of the first packet.
    let negotiation = |at: usize| match bytes.get(at..at + 3) {
        Some([IAC, 251..=254, option]) => *option <= 49 || *option == 255,
        _ => false,
    };
    match bytes {
        [] | [IAC] | [IAC, 251..=254] => Probe::More,
        [IAC, 251..=254, ..] if !negotiation(0) => Probe::No,
        [_, _, _] | [_, _, _, IAC] | [_, _, _, IAC, _] if negotiation(0) => Probe::More,
        [_, _, _, IAC, 250..=254, ..] if negotiation(0) => Probe::Yes,
        [_, _, _, text @ ..]
            if negotiation(0)
                && text.iter().take(32).all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace()) =>
        {
            Probe::Yes
        }
        _ => Probe::No,
    }
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Before,
    Name,
    Password,
    Verdict,
    Shell,
}

#[derive(Default)]
struct Telnet {
    phase: Phase,
    start: Option<Stamp>,
    /// Latest text of each side: the screen since the client's last line, the line being typed.
    screen: Vec<u8>,
    typed: Vec<u8>,
    /// A CR was seen: its NUL or LF is no line.
    cr: bool,
    banner: Vec<u8>,
    user: String,
    password: String,
    terminal: Option<String>,
    commands: Vec<String>,
    lines: u64,
    told: bool,
    failed: bool,
    bytes: [u64; 2],
}

impl Telnet {
    /// Tells a log-in, or the session.
    fn tell(&mut self, outcome: Outcome, end: Stamp, out: &mut Emit<'_>) {
        // Switches and routers ask for a password alone.
        let named = !self.user.is_empty() || !self.password.is_empty();
        let login = self.phase != Phase::Before && named;
        let mut draft =
            out.draft(if login { &LOGIN } else { &DATASET }, self.start.take().unwrap_or(out.now));
        draft.put(&ACTION, if login { "telnet.login" } else { "telnet.session" });
        draft.put(&METHOD, if login { "LOGIN" } else { "SESSION" }).end(end).outcome(outcome);
        match outcome {
            Outcome::Success => drop(draft.put(&STATUS, Value::text("OK"))),
            Outcome::Failure => drop(draft.put(&STATUS, Value::text("Error"))),
            Outcome::Unknown => {}
        }
        let password = Some(self.password.as_str()).filter(|p| !p.is_empty());
        put_login(&mut draft, Some(&self.user), password, out);
        if !self.banner.is_empty() {
            draft.put_text(&BANNER, self.banner.trim_ascii(), KEEP);
        }
        draft.put_some(&TERMINAL, self.terminal.clone()).bytes(Some(self.bytes[0]), Some(self.bytes[1]));
        if self.lines > 0 {
            draft.put(&LINES, self.lines);
            if out.options.full && !self.commands.is_empty() {
                draft.put(&COMMANDS, Value::texts(std::mem::take(&mut self.commands)));
            }
        }
        draft.emit(out);
        self.told = true;
        self.password.clear();
        self.bytes = [0; 2];
    }

    /// A byte of the server's text.
    fn shown(&mut self, byte: u8, out: &mut Emit<'_>) {
        // NUL is a no-operation (RFC 854).
        if byte == 0 {
            return;
        }
        if self.screen.len() >= KEEP {
            self.screen.drain(..KEEP / 2);
        }
        self.screen.push(byte);
        if self.phase == Phase::Before && self.banner.len() < KEEP {
            self.banner.push(byte);
        }
        // Prompts end so; nothing else is looked at, whatever the segment's end.
        if !matches!(byte, b':' | b' ' | b'$' | b'#' | b'>' | b'%' | b'\n') {
            return;
        }
        let text = self.screen.to_ascii_lowercase();
        let has = |word: &str| memchr::memmem::find(&text, word.as_bytes()).is_some();
        let last = text.rsplit(|b| matches!(b, b'\n' | b'\r')).next().unwrap_or_default().trim_ascii();
        let asks = |words: &[&str]| words.iter().any(|w| last.ends_with(w.as_bytes()));
        let name = byte == b':'
            && asks(&["login:", "username:", "user name:", "user:", "account:"])
            && !asks(&["last login:"]);
        match self.phase {
            Phase::Before | Phase::Shell | Phase::Verdict if name => {
                if self.phase == Phase::Verdict {
                    self.tell(Outcome::Failure, out.now, out);
                    (self.failed, self.start) = (true, None);
                }
                self.phase = Phase::Name;
                self.start.get_or_insert(out.now);
                self.screen.clear();
            }
            Phase::Before | Phase::Name | Phase::Shell
                if byte == b':' && asks(&["password:", "passwort:"]) =>
            {
                self.phase = Phase::Password;
                self.start.get_or_insert(out.now);
                self.screen.clear();
            }
            Phase::Verdict => {
                let refused =
                    ["incorrect", "failed", "failure", "denied", "invalid", "bad password", "wrong"];
                let refused =
                    refused.iter().any(|w| has(w)) && !has("last ") || byte == b':' && asks(&["password:"]);
                let prompt = matches!(byte, b'$' | b'#' | b'>' | b'%') && last.len() > 1;
                let welcome = byte == b'\n' && ["last login", "welcome"].iter().any(|w| has(w));
                if refused {
                    self.tell(Outcome::Failure, out.now, out);
                    self.phase = if asks(&["password:"]) { Phase::Password } else { Phase::Name };
                    self.screen.clear();
                } else if prompt || welcome {
                    self.tell(Outcome::Success, out.now, out);
                    self.phase = Phase::Shell;
                }
            }
            _ => {}
        }
    }

    /// A byte of the client's text.
    fn key(&mut self, byte: u8) {
        match byte {
            b'\n' | 0 if std::mem::take(&mut self.cr) => {}
            b'\r' | b'\n' => {
                self.cr = byte == b'\r';
                let line = lines::text(&std::mem::take(&mut self.typed), KEEP);
                self.screen.clear();
                match self.phase {
                    Phase::Name => self.user = line,
                    Phase::Password => (self.password, self.phase) = (line, Phase::Verdict),
                    Phase::Shell => {
                        self.lines += 1;
                        if self.commands.len() < 64 {
                            self.commands.push(line);
                        }
                    }
                    Phase::Before | Phase::Verdict => {}
                }
            }
            8 | 127 => drop(self.typed.pop()),
            21 => self.typed.clear(),
            other if self.typed.len() < KEEP => self.typed.push(other),
            _ => {}
        }
    }
}

impl Parser for Telnet {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            let rest = bytes.get(at..).unwrap_or_default();
            let used = match rest {
                [IAC] | [IAC, 251..=254] => return Step::Took(at),
                [IAC, 251..=254, _, ..] => 3,
                [IAC, 250, ..] => match memchr::memmem::find(rest, &[IAC, 240]) {
                    Some(end) => {
                        // TERMINAL-TYPE IS (RFC 1091).
                        if let (Dir::Client, Some([24, 0, name @ ..])) = (dir, rest.get(2..end)) {
                            self.terminal = Some(lines::text(name, 64));
                        }
                        end + 2
                    }
                    None if rest.len() > 4096 => return Step::Weird("telnet.subnegotiation"),
                    None => return Step::Took(at),
                },
                [IAC, IAC, ..] | [IAC, _, ..] => 2,
                _ => {
                    if dir == Dir::Server {
                        self.shown(*byte, out)
                    } else {
                        self.key(*byte)
                    }
                    1
                }
            };
            if let Some(count) = self.bytes.get_mut(dir.index()) {
                *count += used as u64;
            }
            at += used;
        }
        Step::Took(at)
    }

    fn gap(&mut self, _: Dir, _: u64, out: &mut Emit<'_>) -> Step {
        out.anomaly("telnet.gap");
        if matches!(self.phase, Phase::Password | Phase::Verdict | Phase::Name) {
            self.tell(Outcome::Unknown, out.now, out);
        }
        self.phase = Phase::Shell;
        Step::Took(0)
    }

    fn end(&mut self, out: &mut Emit<'_>) {
        match self.phase {
            // A server that closes after the password has refused it.
            Phase::Verdict => self.tell(Outcome::Unknown, out.now, out),
            _ if !self.told || self.lines > 0 => {
                self.phase = Phase::Before;
                self.tell(Outcome::Unknown, out.now, out);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Transport;
    use crate::proto::rig::Rig;

    /// Switches ask for a password and no name.
    #[test]
    fn a_password_alone_is_a_log_in() {
        let mut rig = Rig::new(&PROTOCOL, Transport::Tcp, 23, Options::default());
        rig.stream(Dir::Server, b"\xff\xfb\x01\r\nUser Access Verification\r\n\r\nPassword: ");
        for _ in 0..2 {
            rig.stream(Dir::Client, b"guess\r\n");
            rig.stream(Dir::Server, b"\r\n% Bad passwords\r\nPassword: ");
        }
        rig.stream(Dir::Client, b"right\r\n");
        rig.stream(Dir::Server, b"\r\nswitch>");
        rig.end();
        let seen: Vec<_> =
            rig.events.iter().map(|event| (event.dataset.category.first().copied(), event.outcome)).collect();
        let login = |outcome| (LOGIN.category.first().copied(), outcome);
        assert_eq!(seen[..2], [login(Outcome::Failure); 2]);
        assert_eq!(seen.last(), Some(&login(Outcome::Success)));
        assert!(rig.events.iter().all(|event| !event.has("user.name")));
        // Nobody typed anything.
        let mut rig = Rig::new(&PROTOCOL, Transport::Tcp, 23, Options::default());
        rig.stream(Dir::Server, b"\xff\xfb\x01Password: ");
        rig.end();
        assert_eq!(rig.text(0, "event.action"), "telnet.session");
    }
}
