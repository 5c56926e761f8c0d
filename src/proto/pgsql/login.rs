//! Startup, authentication, and how the log-in ends.

use super::event::Failure;
use super::wire::{Message, Take, lossy};
use super::{DATASET, LOGIN, fields as f};
use crate::model::{Outcome, Stamp, Value};
use crate::proto::fields::{METHOD, STATUS};
use crate::proto::sasl::put_login;
use crate::proto::{Draft, Emit};

/// The log-in of a connection.
#[derive(Debug, Default)]
pub(super) struct Login {
    start: Option<Stamp>,
    /// An encryption request waits for its one-byte answer: which, when it began.
    asked: Option<(&'static str, Stamp)>,
    done: bool,
    user: Option<String>,
    database: Option<String>,
    application: Option<String>,
    version: Option<String>,
    process: Option<u32>,
    method: Option<String>,
    password: Option<String>,
    sizes: [u64; 2],
    accepted: bool,
}

impl Login {
    /// Between the startup and the verdict.
    pub(super) const fn open(&self) -> bool {
        self.start.is_some() && !self.done
    }

    pub(super) const fn seen(&self) -> bool {
        self.start.is_some()
    }

    pub(super) const fn asked(&self) -> bool {
        self.asked.is_some()
    }

    /// A message before the log-in; whether it is the last that is read. `None` if it does not parse.
    pub(super) fn startup(
        &mut self,
        message: &Message<'_>,
        start: Stamp,
        out: &mut Emit<'_>,
    ) -> Option<bool> {
        let mut body = Take(&message.body);
        match body.int(4)? {
            80_877_102 => {
                let process = body.int(4)?;
                let mut draft = out.draft(&DATASET, start);
                draft.put(&METHOD, Value::text("CANCEL")).put(&f::COMMAND, Value::text("CancelRequest"));
                draft.put(&f::PID, process).bytes(Some(message.size), None);
                draft.emit(out);
                return Some(true);
            }
            80_877_103 => self.asked = Some(("SSLRequest", start)),
            80_877_104 => self.asked = Some(("GSSENCRequest", start)),
            _ => {
                self.start = Some(start);
                self.sizes[0] = message.size;
                loop {
                    let (name, value) = (body.text(), body.text());
                    let value = Some(lossy(value.get(..256).unwrap_or(value)));
                    match name {
                        b"" => break,
                        b"user" => self.user = value,
                        b"database" => self.database = value,
                        b"application_name" => self.application = value,
                        _ => {}
                    }
                }
                if self.database.is_none() {
                    self.database = self.user.clone();
                }
            }
        }
        Some(false)
    }

    /// The server agreed to encryption.
    pub(super) fn tls(&mut self, out: &mut Emit<'_>) {
        let Some((command, start)) = self.asked.take() else { return };
        let mut draft = out.draft(&DATASET, start);
        draft.put(&METHOD, Value::text("ENCRYPT")).put(&f::COMMAND, Value::text(command));
        draft.put(&STATUS, Value::text("OK")).outcome(Outcome::Success);
        draft.bytes(Some(8), Some(1)).end(out.now);
        draft.emit(out);
    }

    /// The server refused encryption; the client may go on without.
    pub(super) const fn declined(&mut self) {
        self.asked = None;
    }

    /// What the server asks for; `None` if it does not parse.
    pub(super) fn request(&mut self, mut body: Take<'_>, size: u64) -> Option<()> {
        self.sizes[1] += size;
        let name = match body.int(4)? {
            0 => {
                self.accepted = true;
                self.method.get_or_insert_with(|| "trust".to_owned());
                return Some(());
            }
            2 => "kerberos5",
            3 => "password",
            5 => "md5",
            7 => "gss",
            9 => "sspi",
            10 => {
                self.method = Some(lossy(body.text()));
                return Some(());
            }
            _ => return Some(()),
        };
        self.method = Some(name.to_owned());
        Some(())
    }

    /// What the client answers.
    pub(super) fn secret(&mut self, message: &Message<'_>) {
        self.sizes[0] += message.size;
        if self.method.as_deref() == Some("password") {
            self.password = Some(lossy(Take(&message.body).text()));
        } else if self.method.as_deref().is_some_and(|m| m.starts_with("SCRAM"))
            && message.body.starts_with(b"SCRAM")
        {
            self.method = Some(lossy(Take(&message.body).text()));
        }
    }

    pub(super) fn parameter(&mut self, mut body: Take<'_>) {
        if body.text() == b"server_version" {
            self.version = Some(lossy(body.text()));
        }
    }

    pub(super) fn process(&mut self, mut body: Take<'_>) {
        self.process = body.int(4);
    }

    /// The server waits for statements.
    pub(super) fn ready(&mut self, out: &mut Emit<'_>) {
        if self.open() && self.accepted {
            self.tell(Outcome::Success, None, out);
        }
    }

    pub(super) fn refused(&mut self, failure: Failure, size: u64, out: &mut Emit<'_>) {
        self.sizes[1] += size;
        self.tell(Outcome::Failure, Some(failure), out);
    }

    /// The log-in stays without verdict, or was accepted and went no further.
    pub(super) fn close(&mut self, out: &mut Emit<'_>) {
        if let Some((command, start)) = self.asked.take() {
            let mut draft = out.draft(&DATASET, start);
            draft.put(&METHOD, Value::text("ENCRYPT")).put(&f::COMMAND, Value::text(command));
            draft.bytes(Some(8), None);
            draft.emit(out);
        }
        if self.open() {
            self.tell(if self.accepted { Outcome::Success } else { Outcome::Unknown }, None, out);
        }
    }

    fn tell(&mut self, outcome: Outcome, failure: Option<Failure>, out: &mut Emit<'_>) {
        self.done = true;
        let Some(start) = self.start else { return };
        let mut draft: Draft = out.draft(if outcome == Outcome::Unknown { &DATASET } else { &LOGIN }, start);
        draft.outcome(outcome).put(&METHOD, Value::text("LOGIN")).put(&f::COMMAND, Value::text("Startup"));
        let [request, response] = self.sizes;
        draft.bytes(Some(request), (response > 0).then_some(response));
        put_login(&mut draft, self.user.as_deref(), self.password.take().as_deref(), out);
        draft.put_some(&f::DATABASE, self.database.clone());
        draft.put_some(&f::APPLICATION, self.application.clone());
        draft.put_some(&f::VERSION, self.version.clone()).put_some(&f::PID, self.process);
        draft.put_some(&f::AUTH, self.method.clone());
        if outcome != Outcome::Unknown {
            let status = if outcome == Outcome::Failure { "Error" } else { "OK" };
            draft.put(&STATUS, Value::text(status)).end(out.now);
        }
        if let Some(failure) = failure {
            failure.put(&mut draft);
        }
        draft.emit(out);
    }
}
