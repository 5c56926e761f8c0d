//! SSH (RFC 4253): banners, key exchange, and by the sizes of what follows how the log-in went.

mod auth;
mod fields;
mod kex;
#[cfg(test)]
mod tests;

use super::fields::ERROR_MESSAGE;
use super::{Dir, Emit, Options, Over, Parser, Probe, Protocol, Step};
use crate::model::{Dataset, FieldRef, Outcome, Stamp, Value};
use auth::Auth;
use fields as f;
use kex::{Banner, KexInit};

const DOC: &str = "One SSH connection: software of both ends, algorithms, and whether the log-in succeeded.";

/// One SSH connection.
pub static DATASET: Dataset = Dataset::requests("ssh", DOC);

/// The same, when the sizes tell how the log-in went: what watches log-ins counts it as one.
pub static LOGIN: Dataset = Dataset::logins("ssh", DOC);

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "ssh",
    doc: "SSH 2 (RFC 4253): banners, key exchange algorithms offered and chosen, HASSH of both ends, the \
          server's host key; of SSH 1 only the banners. One event per connection, from the first banner to \
          the end of the key exchange. What follows is encrypted; the outcome of the log-in is inferred from \
          sizes (see `ssh.auth.failures`): a reply exactly as long as the only one-byte message is success, \
          one reply length repeated until the end is failure, anything else stays unknown. User names and \
          commands are not visible.",
    over: Over::Tcp,
    ports: &[22, 2222],
    probe,
    start,
    datasets: &[&DATASET, &LOGIN],
    fields: f::FIELDS,
    anomalies: &[
        ("ssh.banner", "The identification string is longer than 255 bytes or has no version."),
        ("ssh.packet", "A packet of the key exchange has an impossible length or padding."),
        ("ssh.kexinit", "A KEXINIT does not parse."),
        ("ssh.gap", "Bytes of one direction were not captured; what followed them was not read."),
    ],
};

/// Longest packet that OpenSSH accepts; RFC 4253 §6.1 asks for 35,000.
const MAX_PACKET: usize = 256 << 10;
/// Longest text that a server may send before its banner.
const MAX_GREETING: usize = 8192;

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(Ssh::default())
}

fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    const MAGIC: &[u8] = b"SSH-";
    let head = bytes.get(..MAGIC.len()).unwrap_or(bytes);
    match bytes.get(MAGIC.len()) {
        _ if !MAGIC.starts_with(head) => {}
        None => return Probe::More,
        Some(b'1' | b'2') => return Probe::Yes,
        Some(_) => return Probe::No,
    }
    // RFC 4253 §4.2: a server may send other lines first.
    let greeting = bytes.windows(6).any(|w| matches!(w, b"\nSSH-1" | b"\nSSH-2"));
    if dir == Dir::Server && greeting { Probe::Yes } else { Probe::No }
}

#[derive(Default)]
struct Side {
    banner: Option<Banner>,
    kex: Option<KexInit>,
    /// Sent NEWKEYS: all that follows is encrypted.
    encrypted: bool,
    /// Bytes are missing: the rest cannot be read.
    lost: bool,
}

impl Side {
    /// Nothing readable is to come.
    fn mute(&self) -> bool {
        self.encrypted || self.lost || self.banner.is_none()
    }
}

#[derive(Default)]
struct Ssh {
    sides: [Side; 2],
    start: Option<Stamp>,
    end: Option<Stamp>,
    host_key: Option<(String, String)>,
    disconnect: Option<String>,
    auth: Option<Auth>,
    closed: bool,
}

impl Ssh {
    fn side(&mut self, dir: Dir) -> &mut Side {
        dir.of(&mut self.sides)
    }

    fn both(&self, what: impl Fn(&Side) -> bool) -> bool {
        self.sides.iter().all(what)
    }

    /// Takes the banner off `bytes`; returns how many bytes that were.
    fn banner(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Result<usize, &'static str> {
        let mut at = 0;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let Some(end) = memchr::memchr(b'\n', rest) else {
                return if bytes.len() > MAX_GREETING { Err("ssh.banner") } else { Ok(at) };
            };
            let line = rest.get(..end).unwrap_or_default();
            at += end + 1;
            if !line.starts_with(b"SSH-") {
                if at > MAX_GREETING || dir == Dir::Client {
                    return Err("ssh.banner");
                }
                continue;
            }
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let banner = Banner::parse(line);
            if banner.is_none() || line.len() > 253 {
                out.anomaly("ssh.banner");
            }
            self.side(dir).banner = Some(banner.unwrap_or_default());
            return Ok(at);
        }
    }

    /// Takes one packet of the key exchange off `bytes`; 0 if it is not complete.
    fn packet(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Result<usize, &'static str> {
        let Some((head, rest)) = bytes.split_at_checked(4) else { return Ok(0) };
        let length = head.iter().fold(0usize, |n, b| n << 8 | usize::from(*b));
        if !(2..=MAX_PACKET).contains(&length) {
            return Err("ssh.packet");
        }
        let Some([padding, body @ ..]) = rest.get(..length) else { return Ok(0) };
        let Some(payload) = body.len().checked_sub(usize::from(*padding)).and_then(|n| body.get(..n)) else {
            return Err("ssh.packet");
        };
        self.message(dir, payload, out);
        Ok(length + 4)
    }

    fn message(&mut self, dir: Dir, payload: &[u8], out: &mut Emit<'_>) {
        let Some((kind, body)) = payload.split_first() else { return };
        match (*kind, dir) {
            (1, _) => {
                let text = body.get(4..).and_then(|b| kex::string(&mut { b }).map(String::from_utf8_lossy));
                let who = if dir == Dir::Client { "client" } else { "server" };
                self.disconnect = text.map(|t| format!("{who} disconnected: {t}"));
            }
            (20, _) if self.side(dir).kex.is_none() => {
                self.side(dir).kex = KexInit::parse(body);
                if self.side(dir).kex.is_none() {
                    out.anomaly("ssh.kexinit");
                }
            }
            (21, _) => {
                self.side(dir).encrypted = true;
                if self.both(|s| s.encrypted) {
                    self.end = Some(out.now);
                    self.auth = self.chosen(|k| &k.back.cipher).map(|cipher| {
                        let mac = self.chosen(|k| &k.back.mac);
                        let compression = self.chosen(|k| &k.back.compression);
                        Auth::new(cipher, mac.unwrap_or_default(), compression.unwrap_or_default())
                    });
                }
            }
            // Replies of Diffie-Hellman and elliptic-curve exchanges, and of group exchange.
            (31 | 33, Dir::Server) if self.host_key.is_none() => self.host_key = kex::host_key(body),
            _ => {}
        }
    }

    /// The algorithm that both agree on (RFC 4253 §7.1).
    fn chosen(&self, list: impl Fn(&KexInit) -> &String) -> Option<&str> {
        let [client, server] = &self.sides;
        kex::choose(list(client.kex.as_ref()?), list(server.kex.as_ref()?))
    }

    fn encrypted(&mut self, dir: Dir, count: usize, out: &mut Emit<'_>) -> Step {
        let over = match &mut self.auth {
            Some(auth) => auth.bytes(dir, count),
            // One side only, or algorithms unknown: nothing to be learnt.
            None => self.both(Side::mute),
        };
        if over {
            self.close(out);
            return Step::Done;
        }
        Step::Took(count)
    }

    fn close(&mut self, out: &mut Emit<'_>) {
        if std::mem::replace(&mut self.closed, true) {
            return;
        }
        let Some(start) = self.start else { return };
        let outcome = match &mut self.auth {
            _ if self.disconnect.is_some() => Outcome::Failure,
            Some(auth) => auth.finish(),
            None => Outcome::Unknown,
        };
        let login = outcome != Outcome::Unknown && self.disconnect.is_none();
        let mut draft = out.draft(if login { &LOGIN } else { &DATASET }, start);
        draft.outcome(outcome);
        if let Some(end) = self.end {
            draft.end(end);
        }
        draft.put(&f::ESTABLISHED, self.end.is_some());
        let full = out.options.full;
        for (side, to) in self.sides.iter().zip([&f::CLIENT, &f::SERVER]) {
            if let Some(banner) = &side.banner {
                banner.put(to, &mut draft);
            }
            if let Some(kex) = &side.kex {
                let text = kex.hassh(to.index);
                draft.put(to.hassh, kex::md5_hex(&text));
                if full {
                    draft.put(to.algorithms, text);
                }
            }
        }
        self.algorithms(&mut draft);
        if let Some((kind, fingerprint)) = self.host_key.take() {
            draft.put(&f::HOST_KEY_TYPE, kind);
            draft.put(&f::HOST_KEY, fingerprint);
        }
        if let Some(auth) = self.auth.as_ref().filter(|a| a.told()) {
            draft.put(&f::FAILURES, auth.failures());
        }
        draft.put_some(&ERROR_MESSAGE, self.disconnect.take());
        draft.emit(out);
        self.sides = Default::default();
    }

    fn algorithms(&self, draft: &mut super::Draft) {
        let put = |draft: &mut super::Draft, field: FieldRef, there: Option<&str>, back: Option<&str>| match (
            there, back,
        ) {
            (Some(a), Some(b)) if a != b => {
                draft.put(field, Value::texts([a.to_owned(), b.to_owned()]));
            }
            (a, b) => {
                draft.put_some(field, a.or(b).map(str::to_owned));
            }
        };
        put(draft, &f::KEX, self.chosen(|k| &k.kex), None);
        put(draft, &f::HOST_KEY_ALGORITHM, self.chosen(|k| &k.host_keys), None);
        let (there, back) = (self.chosen(|k| &k.there.cipher), self.chosen(|k| &k.back.cipher));
        put(draft, &f::CIPHER, there, back);
        let mac =
            |cipher: Option<&str>, mac| if cipher.is_some_and(auth::aead) { Some("implicit") } else { mac };
        let there = mac(there, self.chosen(|k| &k.there.mac));
        let back = mac(back, self.chosen(|k| &k.back.mac));
        put(draft, &f::MAC, there, back);
        let (there, back) = (self.chosen(|k| &k.there.compression), self.chosen(|k| &k.back.compression));
        put(draft, &f::COMPRESSION, there, back);
        if let [Some(client), Some(server)] = self.sides.each_ref().map(|s| s.kex.as_ref()) {
            let strict = kex::offers(&client.kex, "kex-strict-c-v00@openssh.com")
                && kex::offers(&server.kex, "kex-strict-s-v00@openssh.com");
            draft.put(&f::STRICT, strict);
        }
    }
}

impl Parser for Ssh {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        if self.closed {
            return Step::Done;
        }
        self.start.get_or_insert(out.now);
        let mut at = 0;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            if rest.is_empty() {
                return Step::Took(at);
            }
            let side = self.side(dir);
            if side.lost {
                return Step::Took(bytes.len());
            }
            if side.encrypted {
                return match self.encrypted(dir, rest.len(), out) {
                    Step::Took(n) => Step::Took(at + n),
                    other => other,
                };
            }
            let step = match &side.banner {
                None => self.banner(dir, rest, out),
                Some(banner) if banner.old() => {
                    self.close(out);
                    return Step::Done;
                }
                Some(_) => self.packet(dir, rest, out),
            };
            match step {
                Ok(0) => return Step::Took(at),
                Ok(n) => at += n,
                Err(name) => {
                    self.close(out);
                    return Step::Weird(name);
                }
            }
            if self.disconnect.is_some() {
                self.close(out);
                return Step::Done;
            }
        }
    }

    fn gap(&mut self, dir: Dir, _: u64, out: &mut Emit<'_>) -> Step {
        if self.closed {
            return Step::Done;
        }
        if !std::mem::replace(&mut self.side(dir).lost, true) {
            out.anomaly("ssh.gap");
        }
        // Sizes are not to be trusted any more.
        let encrypted = self.auth.take().is_some();
        if encrypted || (self.start.is_some() && self.both(Side::mute)) {
            self.close(out);
            return Step::Done;
        }
        Step::Took(0)
    }

    fn end(&mut self, out: &mut Emit<'_>) {
        self.close(out);
    }
}
