//! MySQL and MariaDB: log-ins and commands with their results.

mod fields;
mod login;
mod params;
mod probe;
mod reply;
mod request;
#[cfg(test)]
mod tests;
mod wire;

use super::{Dir, Emit, Options, Over, Parser, Protocol, Step};
use crate::model::Dataset;
use login::{Login, Turn};
use params::Statement;
use request::Request;
use wire::{Packet, Packets};

const DOC: &str = "One MySQL or MariaDB command with its result, or a log-in.";

/// One command.
pub static DATASET: Dataset = Dataset::queries("mysql", DOC);

/// A log-in.
pub static LOGIN: Dataset = Dataset::database_logins("mysql", DOC);

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "mysql",
    doc: "MySQL and MariaDB (client/server protocol 10): greeting and log-in with user, database, method and \
          outcome; every command with its result, several results and prepared statements included. Rows of prepared \
          statements are counted, their binary values are not shown; those of parameters are, with `--detail full` \
          (`params`). Compressed connections are named and not \
          read, connections that go on with TLS are read as TLS. Passwords in statements are masked. A connection \
          that was picked up late is recognised by its first statement.",
    over: Over::Tcp,
    ports: &[3306, 3307],
    probe: probe::probe,
    start,
    datasets: &[&DATASET, &LOGIN],
    fields: fields::FIELDS,
    anomalies: &[
        ("mysql.greeting", "The greeting or the answer to it does not parse."),
        ("mysql.command", "A command that does not exist."),
        ("mysql.reply", "A packet of a result does not parse."),
        ("mysql.sequence", "Packets are not numbered as they should: something is missing."),
        ("mysql.unsolicited", "The server sent a packet nobody asked for."),
        ("mysql.gap", "Bytes were not captured; reading goes on with the next command."),
        ("mysql.statements", "Cap: more prepared statements than are kept; the oldest is forgotten."),
    ],
};

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(Mysql::default())
}

#[derive(Default)]
struct Mysql {
    packets: [Packets; 2],
    login: Login,
    request: Option<Request>,
    /// Where the next packet begins is unknown.
    lost: [bool; 2],
    /// Something was lost: what does not fit is not held against the peers.
    gapped: bool,
    /// A command was seen.
    heard: bool,
    /// Prepared statements by number.
    statements: Vec<Statement>,
}

impl Mysql {
    fn client(&mut self, packet: &Packet<'_>, out: &mut Emit<'_>) -> Result<Turn, &'static str> {
        if self.login.open() {
            return self.login.client(packet, out);
        }
        if packet.continued || packet.seq != 0 {
            // Contents of LOAD DATA LOCAL, or the rest of a long statement.
            if let Some(request) = &mut self.request {
                request.size += packet.size;
            }
            return Ok(Turn::On);
        }
        if let Some(request) = self.request.take() {
            request.emit(out);
        }
        self.lost = [false; 2];
        self.heard = true;
        let start = self.login.began(out);
        let Some(request) = Request::new(packet, &mut self.statements, self.login.attributes(), start, out)
        else {
            return Err("mysql.command");
        };
        if request.is_login() {
            self.login.change(packet, out);
            return Ok(Turn::On);
        }
        if let Some(closed) = request.closed() {
            self.statements.retain(|statement| statement.id != closed);
        }
        if request.is_unanswered() {
            request.emit(out);
            return Ok(Turn::On);
        }
        if request.is_last() {
            request.emit(out);
            return Ok(Turn::Done);
        }
        self.request = Some(request);
        Ok(Turn::On)
    }

    fn server(&mut self, packet: &Packet<'_>, out: &mut Emit<'_>) -> Result<Turn, &'static str> {
        if !self.heard && self.request.is_none() && (self.login.open() || !self.login.seen()) {
            return self.login.server(packet, out);
        }
        if self.login.open() {
            return self.login.server(packet, out);
        }
        let Some(request) = &mut self.request else {
            if !self.gapped {
                out.anomaly("mysql.unsolicited");
            }
            return Ok(Turn::On);
        };
        if packet.continued {
            request.back += packet.size;
            return Ok(Turn::On);
        }
        if !request.in_step(packet.seq) && !std::mem::replace(&mut self.gapped, true) {
            out.anomaly("mysql.sequence");
        }
        if !request.reply(packet, self.login.no_eof(), out)? {
            return Ok(Turn::On);
        }
        if let Some(request) = self.request.take() {
            if let Some(made) = request.prepared() {
                if self.statements.len() >= out.limits().pending {
                    out.cap("mysql.statements");
                    self.statements.remove(0);
                }
                self.statements.retain(|other| other.id != made.id);
                self.statements.push(made);
            }
            request.emit(out);
        }
        Ok(Turn::On)
    }

    fn flag(&mut self, dir: Dir) -> (&mut Packets, &mut bool) {
        let ([client, server], [client_lost, server_lost]) = (&mut self.packets, &mut self.lost);
        if dir == Dir::Client { (client, client_lost) } else { (server, server_lost) }
    }
}

impl Parser for Mysql {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        if *self.flag(dir).1 {
            if dir == Dir::Server || !probe::is_command(bytes) {
                return Step::Took(bytes.len());
            }
            *self.flag(dir).1 = false;
        }
        let mut at = 0;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            if dir == Dir::Client && !rest.is_empty() {
                self.login.mark(out.now);
            }
            let (used, packet) = self.flag(dir).0.read(rest);
            at += used;
            let Some(packet) = packet else { return Step::Took(at) };
            let turn = if dir == Dir::Client { self.client(&packet, out) } else { self.server(&packet, out) };
            if dir == Dir::Client {
                self.login.unmark();
            }
            match turn {
                Ok(Turn::On) => {}
                Ok(Turn::Tls) => return Step::Switch(at),
                Ok(Turn::Done) => return Step::Done,
                Err(_) if self.gapped => {
                    *self.flag(dir).1 = true;
                    return Step::Took(bytes.len());
                }
                Err(name) => return Step::Weird(name),
            }
        }
    }

    fn gap(&mut self, dir: Dir, _: u64, out: &mut Emit<'_>) -> Step {
        out.anomaly("mysql.gap");
        self.gapped = true;
        if self.login.open() {
            self.login.close(out);
        }
        if let Some(mut request) = self.request.take() {
            if dir == Dir::Server {
                request.lose();
            }
            request.emit(out);
        }
        *self.flag(dir).0 = Packets::default();
        *self.flag(dir).1 = true;
        *self.flag(Dir::Server).0 = Packets::default();
        *self.flag(Dir::Server).1 = true;
        Step::Took(0)
    }

    fn end(&mut self, out: &mut Emit<'_>) {
        self.login.close(out);
        if let Some(request) = self.request.take() {
            request.emit(out);
        }
    }
}
