//! The greeting, the answer to it, and how the log-in goes.

use super::wire::{Packet, Take, lossy};
use super::{DATASET, LOGIN, fields as f};
use crate::model::{Outcome, Stamp, Value};
use crate::proto::fields::{ERROR_MESSAGE, METHOD, STATUS};
use crate::proto::sasl::put_login;
use crate::proto::{Draft, Emit};

/// What a packet leads to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Turn {
    On,
    Tls,
    Done,
}

const COMPRESS: u64 = 0x20;
const WITH_DATABASE: u64 = 0x08;
const PROTOCOL_41: u64 = 0x200;
const SSL: u64 = 0x800;
const PLUGIN_AUTH: u64 = 0x8_0000;
const LENENC_AUTH: u64 = 0x20_0000;
const NO_EOF: u64 = 0x100_0000;
const ZSTD: u64 = 0x400_0000;
const ATTRIBUTES: u64 = 0x800_0000;
/// The plugin that sends the password as it is.
const CLEAR: &str = "mysql_clear_password";

/// The log-in of a connection.
#[derive(Debug, Default)]
pub(super) struct Login {
    greeted: bool,
    answered: bool,
    done: bool,
    begun: Option<Stamp>,
    start: Option<Stamp>,
    server: u64,
    client: u64,
    version: Option<String>,
    connection: Option<u64>,
    plugin: Option<String>,
    user: Option<String>,
    database: Option<String>,
    password: Option<String>,
    sizes: [u64; 2],
}

impl Login {
    /// Between the greeting and the verdict.
    pub(super) const fn open(&self) -> bool {
        self.greeted && !self.done
    }

    /// A greeting was seen.
    pub(super) const fn seen(&self) -> bool {
        self.greeted
    }

    /// Results end with OK instead of EOF; `None` if the log-in was not seen.
    pub(super) fn no_eof(&self) -> Option<bool> {
        self.answered.then_some(self.server & self.client & NO_EOF != 0)
    }

    /// Statements come with attributes.
    pub(super) const fn attributes(&self) -> bool {
        self.server & self.client & ATTRIBUTES != 0
    }

    /// The client's next packet begins here.
    pub(super) fn mark(&mut self, now: Stamp) {
        self.begun.get_or_insert(now);
    }

    /// The client's packet is complete.
    pub(super) const fn unmark(&mut self) {
        self.begun = None;
    }

    /// When the client's current packet began.
    pub(super) fn began(&self, out: &Emit<'_>) -> Stamp {
        self.begun.unwrap_or(out.now)
    }

    pub(super) fn server(&mut self, packet: &Packet<'_>, out: &mut Emit<'_>) -> Result<Turn, &'static str> {
        if !self.greeted {
            return self.greeting(packet, out);
        }
        self.sizes[1] += packet.size;
        let mut body = Take(&packet.payload);
        match body.int(1) {
            Some(0) => {
                let compressed = self.server & self.client & (COMPRESS | ZSTD) != 0;
                self.verdict(None, out);
                Ok(if compressed { Turn::Done } else { Turn::On })
            }
            Some(0xff) => {
                let error = error(&mut body).ok_or("mysql.greeting")?;
                self.verdict(Some(error), out);
                Ok(Turn::On)
            }
            Some(0xfe) => {
                let plugin = body.text();
                let name = if plugin.is_empty() { "mysql_old_password".to_owned() } else { lossy(plugin) };
                self.plugin = Some(name);
                Ok(Turn::On)
            }
            Some(1) => Ok(Turn::On),
            _ => Err("mysql.greeting"),
        }
    }

    fn greeting(&mut self, packet: &Packet<'_>, out: &mut Emit<'_>) -> Result<Turn, &'static str> {
        let mut body = Take(&packet.payload);
        match body.int(1) {
            Some(0xff) if packet.seq == 0 => {
                self.greeted = true;
                self.start = Some(out.now);
                self.sizes[1] = packet.size;
                let error = error(&mut body).ok_or("mysql.greeting")?;
                self.verdict(Some(error), out);
                return Ok(Turn::On);
            }
            Some(10) if packet.seq == 0 => {}
            // Picked up late: answers to what was not seen.
            _ => return Ok(Turn::On),
        }
        self.greeted = true;
        self.version = Some(lossy(body.text()));
        self.connection = body.int(4);
        let mut read = |body: &mut Take<'_>| {
            body.bytes(9)?;
            let low = body.int(2)?;
            let Some(more) = body.bytes(5) else { return Some(low) };
            let high =
                more.get(3..).unwrap_or_default().iter().rev().fold(0u64, |n, b| n << 8 | u64::from(*b));
            let salt = usize::try_from(body.int(1)?).ok()?.saturating_sub(8).max(13);
            body.bytes(10)?;
            if (low | high << 16) & PLUGIN_AUTH != 0 {
                body.bytes(salt)?;
                let plugin = body.text();
                self.plugin = (!plugin.is_empty()).then(|| lossy(plugin));
            }
            Some(low | high << 16)
        };
        self.server = read(&mut body).ok_or("mysql.greeting")?;
        Ok(Turn::On)
    }

    pub(super) fn client(&mut self, packet: &Packet<'_>, out: &mut Emit<'_>) -> Result<Turn, &'static str> {
        self.sizes[0] += packet.size;
        if self.answered {
            if self.plugin.as_deref() == Some(CLEAR) {
                self.password = Some(lossy(Take(&packet.payload).text()));
            }
            return Ok(Turn::On);
        }
        self.start = Some(self.began(out));
        self.answered = true;
        let mut body = Take(&packet.payload);
        self.client = body.int(2).ok_or("mysql.greeting")?;
        if self.client & PROTOCOL_41 == 0 {
            body.bytes(3).ok_or("mysql.greeting")?;
            self.user = Some(lossy(body.text()));
            return Ok(Turn::On);
        }
        self.client |= body.int(2).ok_or("mysql.greeting")? << 16;
        body.bytes(28).ok_or("mysql.greeting")?;
        if body.0.is_empty() && self.client & SSL != 0 {
            self.tell(Outcome::Unknown, out, |draft| {
                draft.put(&f::TLS, true);
            });
            return Ok(Turn::Tls);
        }
        self.user = Some(lossy(body.text()));
        let secret = if self.client & LENENC_AUTH != 0 {
            body.string()
        } else {
            body.int(1).and_then(|n| body.bytes(usize::try_from(n).ok()?))
        };
        self.rest(&mut body, secret);
        Ok(Turn::On)
    }

    fn rest(&mut self, body: &mut Take<'_>, secret: Option<&[u8]>) {
        if self.client & WITH_DATABASE != 0 {
            let name = body.text();
            self.database = (!name.is_empty()).then(|| lossy(name));
        }
        if self.client & PLUGIN_AUTH != 0 {
            let name = body.text();
            self.plugin = (!name.is_empty()).then(|| lossy(name)).or(self.plugin.take());
        }
        if self.plugin.as_deref() == Some(CLEAR) {
            self.password = secret.map(|s| lossy(Take(s).text()));
        }
    }

    /// COM_CHANGE_USER: another log-in on the same connection.
    pub(super) fn change(&mut self, packet: &Packet<'_>, out: &Emit<'_>) {
        let mut body = Take(packet.payload.get(1..).unwrap_or_default());
        self.greeted = true;
        self.answered = true;
        self.done = false;
        self.sizes = [packet.size, 0];
        self.start = Some(self.began(out));
        self.user = Some(lossy(body.text()));
        let secret = body.int(1).and_then(|n| body.bytes(usize::try_from(n).ok()?));
        let name = body.text();
        self.database = (!name.is_empty()).then(|| lossy(name));
        if body.bytes(2).is_some() && self.client & PLUGIN_AUTH != 0 {
            self.plugin = Some(lossy(body.text()));
        }
        if self.plugin.as_deref() == Some(CLEAR) {
            self.password = secret.map(lossy);
        }
    }

    fn verdict(&mut self, error: Option<(u64, String)>, out: &mut Emit<'_>) {
        let outcome = if error.is_some() { Outcome::Failure } else { Outcome::Success };
        let compressed = self.server & self.client & (COMPRESS | ZSTD) != 0;
        self.tell(outcome, out, |draft| {
            draft.put(&STATUS, Value::text(if error.is_some() { "Error" } else { "OK" }));
            if let Some((code, message)) = error {
                draft.put(&f::ERROR_CODE, code).put(&ERROR_MESSAGE, message.clone());
                draft.put(&f::ERROR_MESSAGE, message);
            } else if compressed {
                draft.put(&f::COMPRESSED, true);
            }
        });
    }

    /// The log-in stays without verdict.
    pub(super) fn close(&mut self, out: &mut Emit<'_>) {
        if self.open() {
            self.start = self.start.or(Some(out.now));
            self.tell(Outcome::Unknown, out, |_| ());
        }
    }

    fn tell(&mut self, outcome: Outcome, out: &mut Emit<'_>, more: impl FnOnce(&mut Draft)) {
        self.done = true;
        let login = self.user.is_some() && outcome != Outcome::Unknown;
        let start = self.start.unwrap_or(out.now);
        let mut draft = out.draft(if login { &LOGIN } else { &DATASET }, start);
        draft.outcome(outcome).put(&METHOD, Value::text("LOGIN"));
        draft.bytes(Some(self.sizes[0]), (self.sizes[1] > 0).then_some(self.sizes[1]));
        put_login(&mut draft, self.user.as_deref(), self.password.take().as_deref(), out);
        draft.put_some(&f::DATABASE, self.database.clone());
        draft.put_some(&f::PLUGIN, self.plugin.clone());
        draft.put_some(&f::VERSION, self.version.clone()).put_some(&f::CONNECTION, self.connection);
        more(&mut draft);
        if outcome != Outcome::Unknown {
            draft.end(out.now);
        }
        draft.emit(out);
    }
}

/// Number and `SQLSTATE: message` of an error packet, after its first byte.
pub(super) fn error(body: &mut Take<'_>) -> Option<(u64, String)> {
    let code = body.int(2)?;
    let text = match body.0 {
        [b'#', rest @ ..] if rest.len() >= 5 => {
            let (state, message) = rest.split_at(5);
            format!("{}: {}", lossy(state), lossy(message.get(..2048).unwrap_or(message)))
        }
        rest => lossy(rest.get(..2048).unwrap_or(rest)),
    };
    Some((code, text))
}
