//! SOCKS 4, 4a and 5 (RFC 1928, 1929): who asks to be connected where. What flows through is looked at anew.

use super::fields::{
    ACTION, AUTH_METHOD, DESTINATION_DOMAIN, ERROR_CODE, METHOD, QUERY, SERVER_DOMAIN, STATUS,
};
use super::sasl::put_login;
use super::wire::Wire;
use super::{Dir, Emit, Options, Over, Parser, Probe, Protocol, Step, lines};
use crate::model::{Dataset, Outcome, Stamp, Value};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const DOC: &str = "One request to a SOCKS proxy with its reply, or a log-in that it refuses.";
/// Requests without a log-in.
pub static DATASET: Dataset = Dataset::requests("socks", DOC);
/// Requests with one.
pub static LOGIN: Dataset = Dataset::logins("socks", DOC);

crate::fields! {
    pub FIELDS;
    VERSION: Keyword, "socks.version", "`4`, `4a` or `5`.";
    TARGET_IP: Ip, "socks.target.ip", "Address the client wants to reach.";
    TARGET_NAME: Keyword, "socks.target.domain", "Name the client wants to reach.";
    TARGET_PORT: Long, "socks.target.port", "Port the client wants to reach, 0 to 65535.";
    BOUND_IP: Ip, "socks.bound.ip", "Address the proxy uses or listens at.";
    BOUND_PORT: Long, "socks.bound.port", "Port the proxy uses or listens at.";
    OFFERED: Keyword, "socks.methods", "Ways to log in that the client offers: `none`, `gssapi`, `password`.";
}

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "socks",
    doc: "SOCKS 4, 4a and 5 (RFC 1928, 1929): methods offered and chosen, log-in by password with its outcome, the target \
          asked for and the proxy's reply. What is then sent through is looked at as a connection of its own.",
    over: Over::Tcp,
    ports: &[1080, 9050],
    probe,
    start,
    datasets: &[&DATASET, &LOGIN],
    fields: FIELDS,
    anomalies: &[
        ("socks.malformed", "A message does not parse."),
        ("socks.gap", "Bytes of the exchange were not captured; what followed was not read."),
    ],
};

/// RFC 1928 §6.
static REPLIES: &[&str] = &[
    "succeeded",
    "general_failure",
    "not_allowed",
    "network_unreachable",
    "host_unreachable",
    "connection_refused",
    "ttl_expired",
    "command_not_supported",
    "address_type_not_supported",
];

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(Socks::default())
}

fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    if dir == Dir::Server {
        return match bytes {
            [5] | [0] | [0, 0x5a..=0x5d] => Probe::More,
            [5, 0 | 1 | 2 | 0xff, ..] => Probe::More,
            [0, 0x5a..=0x5d, ..] if bytes.len() < 8 => Probe::More,
            [0, 0x5a..=0x5d, ..] if bytes.len() >= 8 => Probe::More,
            _ => Probe::No,
        };
    }
    match bytes {
        [5] | [5, 1..=9] => Probe::More,
        // The greeting stands alone until the proxy answers.
        [5, count @ 1..=9, rest @ ..] => {
            let ours = |m: &u8| matches!(m, 0..=9 | 0x80..=0x8f);
            let (methods, next) = rest.split_at_checked(usize::from(*count)).unwrap_or((rest, &[]));
            match next {
                _ if !methods.iter().all(ours) => Probe::No,
                [] if methods.len() < usize::from(*count) => Probe::More,
                // A log-in or a request, where others wanted to see more before.
                [] | [1] | [1, 1..=255, ..] | [5] | [5, 1..=3] | [5, 1..=3, 0, ..] => Probe::Yes,
                _ => Probe::No,
            }
        }
        [4] | [4, 1 | 2] => Probe::More,
        [4, 1 | 2, ..] if bytes.len() < 9 => Probe::More,
        [4, 1 | 2, _, _, _, _, _, _, user @ ..] => {
            let end = memchr::memchr(0, user);
            let name = user.get(..end.unwrap_or(user.len())).unwrap_or_default();
            match (name.iter().all(u8::is_ascii_graphic) && name.len() < 64, end) {
                (true, Some(_)) => Probe::Yes,
                (true, None) => Probe::More,
                (false, _) => Probe::No,
            }
        }
        _ => Probe::No,
    }
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Greeting,
    Method,
    Password,
    Verdict,
    Request,
    Reply,
    Reply4,
}

enum Target {
    Ip(IpAddr),
    Name(String),
}

#[derive(Default)]
struct Socks {
    phase: Phase,
    start: Option<Stamp>,
    version: &'static str,
    methods: Vec<&'static str>,
    chosen: Option<&'static str>,
    login: Option<(String, Option<String>)>,
    command: Option<&'static str>,
    target: Option<(Target, u16)>,
    bytes: [u64; 2],
    told: bool,
}

fn method(number: u8) -> &'static str {
    match number {
        0 => "none",
        1 => "gssapi",
        2 => "password",
        0xff => "unacceptable",
        _ => "other",
    }
}

fn command(number: u8) -> Option<&'static str> {
    ["CONNECT", "BIND", "UDP_ASSOCIATE"].get(usize::from(number).checked_sub(1)?).copied()
}

/// Address and port of version 5; the outer `None` asks for more bytes.
fn address(wire: &mut Wire<'_>) -> Option<Option<(Target, u16)>> {
    let target = match wire.u8()? {
        1 => Target::Ip(Ipv4Addr::from(wire.array::<4>()?).into()),
        3 => {
            let len = usize::from(wire.u8()?);
            Target::Name(lines::text(wire.take(len)?, 255))
        }
        4 => Target::Ip(Ipv6Addr::from(wire.array::<16>()?).into()),
        _ => return Some(None),
    };
    Some(Some((target, wire.u16()?)))
}

impl Socks {
    fn tell(&mut self, reply: Option<(Option<&'static str>, Option<(Target, u16)>)>, out: &mut Emit<'_>) {
        if std::mem::replace(&mut self.told, true) {
            return;
        }
        let set = if self.login.is_some() && reply.is_some() { &LOGIN } else { &DATASET };
        let mut draft = out.draft(set, self.start.unwrap_or(out.now));
        let name = self.command.unwrap_or("GREETING");
        draft.put(&ACTION, format!("socks.{}", name.to_ascii_lowercase())).put(&METHOD, Value::text(name));
        draft.put(&VERSION, Value::text(self.version)).put_some(&AUTH_METHOD, self.chosen);
        if !self.methods.is_empty() {
            draft.put(&OFFERED, Value::texts(self.methods.clone()));
        }
        if let Some((user, password)) = &self.login {
            put_login(&mut draft, Some(user), password.as_deref(), out);
        }
        if let Some((target, port)) = self.target.take() {
            let text = match target {
                Target::Ip(ip) => {
                    draft.put(&TARGET_IP, ip);
                    ip.to_string()
                }
                Target::Name(name) => {
                    draft.put(&TARGET_NAME, name.clone()).put(&DESTINATION_DOMAIN, name.clone());
                    draft.put(&SERVER_DOMAIN, name.clone());
                    name
                }
            };
            draft.put(&TARGET_PORT, port).put(&QUERY, format!("{name} {text}:{port}"));
        }
        draft.bytes(Some(self.bytes[0]), reply.as_ref().map(|_| self.bytes[1]));
        if let Some((error, bound)) = reply {
            draft.end(out.now).put(&STATUS, if error.is_none() { "OK" } else { "Error" });
            draft.outcome(if error.is_none() { Outcome::Success } else { Outcome::Failure });
            draft.put_some(&ERROR_CODE, error);
            if let Some((Target::Ip(ip), port)) = bound {
                draft.put(&BOUND_IP, ip).put(&BOUND_PORT, port);
            }
        }
        draft.emit(out);
    }

    /// One message; how many bytes it took, `None` for more.
    fn client(&mut self, bytes: &[u8]) -> Option<Result<usize, ()>> {
        let mut wire = Wire::new(bytes);
        let version = wire.u8()?;
        match (self.phase, version) {
            (Phase::Greeting, 5) => {
                let count = usize::from(wire.u8()?);
                self.methods = wire.take(count)?.iter().take(16).map(|m| method(*m)).collect();
                (self.version, self.phase) = ("5", Phase::Method);
            }
            (Phase::Greeting, 4) => {
                let name = command(wire.u8()?);
                let (port, ip) = (wire.u16()?, wire.array::<4>()?);
                let user = lines::text(wire.cstr()?, 64);
                // 4a: an address of 0.0.0.x announces a name.
                let by_name = matches!(ip, [0, 0, 0, last] if last > 0);
                let target = if by_name {
                    Target::Name(lines::text(wire.cstr()?, 255))
                } else {
                    Target::Ip(Ipv4Addr::from(ip).into())
                };
                self.version = if by_name { "4a" } else { "4" };
                (self.command, self.target) = (name, Some((target, port)));
                self.login = Some((user, None)).filter(|l| !l.0.is_empty());
                self.phase = Phase::Reply4;
            }
            (Phase::Password, 1) => {
                let len = usize::from(wire.u8()?);
                let user = lines::text(wire.take(len)?, 255);
                let len = usize::from(wire.u8()?);
                self.login = Some((user, Some(lines::text(wire.take(len)?, 255))));
                self.phase = Phase::Verdict;
            }
            (Phase::Request, 5) => {
                self.command = command(wire.u8()?);
                wire.u8()?;
                let Some(target) = address(&mut wire)? else { return Some(Err(())) };
                (self.target, self.phase) = (Some(target), Phase::Reply);
            }
            // Sent ahead of the proxy's answer: waits for it.
            (Phase::Method | Phase::Verdict | Phase::Reply | Phase::Reply4, _) => return None,
            _ => return Some(Err(())),
        }
        Some(Ok(bytes.len() - wire.rest().len()))
    }

    /// The same of the proxy, and what the flow does next.
    fn server(&mut self, bytes: &[u8], out: &mut Emit<'_>) -> Option<Result<(usize, Option<Step>), ()>> {
        let mut wire = Wire::new(bytes);
        let (first, second) = (wire.u8()?, wire.u8()?);
        let mut next = None;
        match (self.phase, first) {
            (Phase::Method, 5) => {
                self.chosen = Some(method(second));
                self.phase = match second {
                    0 => Phase::Request,
                    2 => Phase::Password,
                    _ => {
                        let error = (second == 0xff).then_some("no_acceptable_method");
                        self.bytes[1] += 2;
                        self.tell(error.map(|e| (Some(e), None)), out);
                        next = Some(Step::Done);
                        Phase::Request
                    }
                };
            }
            (Phase::Verdict, _) if second == 0 => self.phase = Phase::Request,
            (Phase::Verdict, _) => {
                self.bytes[1] += 2;
                self.tell(Some((Some("authentication_failed"), None)), out);
                next = Some(Step::Done);
            }
            (Phase::Reply, 5) => {
                wire.u8()?;
                let Some(bound) = address(&mut wire)? else { return Some(Err(())) };
                let error = REPLIES.get(usize::from(second)).copied().unwrap_or("unassigned");
                self.bytes[1] += (bytes.len() - wire.rest().len()) as u64;
                self.tell(Some(((second != 0).then_some(error), Some(bound))), out);
                next = Some(if second == 0 { Step::Switch(0) } else { Step::Done });
            }
            (Phase::Reply4, 0) => {
                let (port, ip) = (wire.u16()?, wire.array::<4>()?);
                let error = match second {
                    0x5a => None,
                    0x5c => Some("no_identd"),
                    0x5d => Some("identd_mismatch"),
                    _ => Some("general_failure"),
                };
                self.bytes[1] += 8;
                self.tell(Some((error, Some((Target::Ip(Ipv4Addr::from(ip).into()), port)))), out);
                next = Some(if error.is_none() { Step::Switch(0) } else { Step::Done });
            }
            _ => return Some(Err(())),
        }
        Some(Ok((bytes.len() - wire.rest().len(), next)))
    }
}

impl Parser for Socks {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        self.start.get_or_insert(out.now);
        let mut at = 0;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let read = match dir {
                Dir::Client => self.client(rest).map(|r| r.map(|used| (used, None))),
                Dir::Server => self.server(rest, out),
            };
            let (used, next) = match read {
                None => return Step::Took(at),
                Some(Err(())) => {
                    self.tell(None, out);
                    return Step::Weird("socks.malformed");
                }
                Some(Ok(read)) => read,
            };
            at += used;
            if let Some(count) = self.bytes.get_mut(dir.index()) {
                *count += used as u64;
            }
            match next {
                Some(Step::Switch(_)) => return Step::Switch(at),
                Some(step) => return step,
                None => {}
            }
        }
    }

    fn gap(&mut self, _: Dir, _: u64, out: &mut Emit<'_>) -> Step {
        out.anomaly("socks.gap");
        self.tell(None, out);
        Step::Done
    }

    fn end(&mut self, out: &mut Emit<'_>) {
        if self.start.is_some() {
            self.tell(None, out);
        }
    }
}
