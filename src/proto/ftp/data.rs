//! Data connections: nothing in them says what they are. A connection that only one side speaks on, and that nobody
//! recognises, may be one: what came is counted and hashed, and told as [`DATA`]. Which of these were announced on
//! a control connection is known where the events of all connections come together in order: [`EXPECTED`] tells
//! what a control connection waits for. The engine joins the two; what does not match is dropped there.

use super::{DATA_IP, DATA_PASSIVE, DATA_PORT};
use crate::model::{Dataset, Event, Outcome, Stamp, Value};
use crate::proto::fields::{FILE_SHA256, FILE_SIZE, FILE_TYPE};
use crate::proto::{Dir, Emit, Options, Over, Parser, Probe, Protocol, Step, magic};
use sha2::{Digest, Sha256};
use std::net::IpAddr;

/// What came over a data connection.
pub static DATA: Dataset =
    Dataset::requests("ftp", "What one FTP data connection carried, with the command it was for.");

/// What a control connection waits for; never told.
pub static EXPECTED: Dataset = Dataset::requests("ftp", "A data connection that was announced.");

/// The parser of what may be a data connection.
pub static PROTOCOL: Protocol = Protocol {
    name: "ftp-data",
    doc: "What an FTP data connection carries.",
    over: Over::Tcp,
    ports: &[20],
    probe: |_, _| Probe::No,
    start: |_: &Options| Box::new(Data::default()),
    datasets: &[&DATA],
    fields: &[],
    anomalies: &[],
};

/// Whether a connection between these ports may be one: the active server's port, or two of those that systems
/// give out.
pub fn may_be(ports: [u16; 2]) -> bool {
    ports.contains(&20) || ports.iter().all(|port| *port >= 1024)
}

/// The endpoint that an [`EXPECTED`] event or a command announces, and whether the server listens there.
pub fn announced(event: &Event<'_>) -> Option<(IpAddr, u16, bool)> {
    let value = |name: &str| event.by_name(name);
    let Some(Value::Ip(ip)) = value(DATA_IP.name) else { return None };
    let port = u16::try_from(value(DATA_PORT.name)?.as_int()?).ok()?;
    Some((*ip, port, matches!(value(DATA_PASSIVE.name), Some(Value::Bool(true)))))
}

#[derive(Default)]
struct Data {
    from: Option<Dir>,
    size: u64,
    head: Vec<u8>,
    hash: Sha256,
    /// Bytes are missing.
    torn: bool,
    times: Option<(Stamp, Stamp)>,
    /// Told, or no data connection at all.
    over: bool,
}

impl Data {
    fn tell(&mut self, out: &mut Emit<'_>) {
        let Some((start, end)) = self.times.filter(|_| !self.over) else { return };
        self.over = true;
        let mut draft = out.draft(&DATA, start);
        draft.end(end).outcome(Outcome::Success);
        let sizes = (Some(self.size), None);
        let (client, server) = if self.from == Some(Dir::Client) { sizes } else { (sizes.1, sizes.0) };
        draft.bytes(client, server).put(&FILE_SIZE, self.size);
        draft.put_some(&FILE_TYPE, magic::mime(&self.head));
        if !self.torn {
            let hash = std::mem::take(&mut self.hash).finalize();
            draft.put(&FILE_SHA256, crate::proto::json_text::hex(&hash));
        }
        draft.emit(out);
    }
}

impl Parser for Data {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        if *self.from.get_or_insert(dir) != dir {
            self.over = true;
            return Step::Done;
        }
        let start = self.times.map_or(out.now, |(start, _)| start);
        self.times = Some((start, out.now));
        let room = magic::HEAD.saturating_sub(self.head.len());
        self.head.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        self.size += bytes.len() as u64;
        if !self.torn {
            self.hash.update(bytes);
        }
        Step::Took(bytes.len())
    }

    fn gap(&mut self, _: Dir, missing: u64, _: &mut Emit<'_>) -> Step {
        self.size = self.size.saturating_add(missing);
        self.torn = true;
        Step::Took(0)
    }

    fn fin(&mut self, dir: Dir, _: &[u8], out: &mut Emit<'_>) {
        if self.from == Some(dir) {
            self.tell(out);
        }
    }

    fn end(&mut self, out: &mut Emit<'_>) {
        // Reset or cut: what came is not all there was.
        self.torn |= !self.over;
        self.tell(out);
    }
}
