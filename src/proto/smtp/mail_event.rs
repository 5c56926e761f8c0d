//! A mail with its envelope.

use super::fields as f;
use crate::model::{Dataset, Stamp, Value};
use crate::proto::fields::{ACTION, METHOD, QUERY};
use crate::proto::mail::Mail;
use crate::proto::{Draft, Emit, lines};

/// From MAIL on.
#[derive(Debug, Default)]
pub(super) struct Envelope {
    start: Option<Stamp>,
    from: String,
    to: Vec<String>,
    refused: Vec<String>,
    /// The last refusal of a recipient.
    refusal: Option<(u16, Vec<u8>)>,
    mail: Mail,
}

/// The address of `FROM:<a@b> SIZE=1`.
fn address(argument: &[u8]) -> String {
    let after = argument.splitn(2, |b| *b == b':').nth(1).unwrap_or(argument).trim_ascii();
    let bare = match after.strip_prefix(b"<") {
        Some(rest) => rest.split(|b| *b == b'>').next().unwrap_or_default(),
        None => lines::word(after).0,
    };
    if bare.is_empty() { "<>".to_owned() } else { lines::text(bare, 320) }
}

impl Envelope {
    pub fn new(argument: &[u8], start: Stamp) -> Envelope {
        Envelope { start: Some(start), from: address(argument), ..Envelope::default() }
    }

    pub fn is_some(&self) -> bool {
        self.start.is_some()
    }

    /// A recipient, and how the server answered.
    pub fn recipient(&mut self, argument: &[u8], reply: Option<(u16, Vec<u8>)>) {
        let accepted = reply.as_ref().is_some_and(|(code, _)| *code < 400);
        let list = if accepted { &mut self.to } else { &mut self.refused };
        self.refusal = reply.filter(|_| !accepted).or(self.refusal.take());
        if list.len() < 512 {
            list.push(address(argument));
        }
    }

    /// Why nobody got it: the last recipient was refused, as were all before.
    pub fn refusal(&mut self) -> Option<(u16, Vec<u8>)> {
        self.refusal.take().filter(|_| self.to.is_empty())
    }

    pub fn line(&mut self, line: &[u8]) {
        self.mail.line(line);
    }

    pub fn tear(&mut self) {
        self.mail.tear();
    }

    /// The event; `None` if there was no MAIL.
    pub fn draft(self, set: &'static Dataset, out: &mut Emit<'_>) -> Option<Draft> {
        let mut draft = out.draft(set, self.start?);
        draft.put(&ACTION, Value::text("smtp.mail")).put(&METHOD, Value::text("MAIL"));
        draft.put(&QUERY, format!("MAIL FROM:<{}>", self.from.trim_matches(['<', '>'])));
        draft.put(&f::MAIL_FROM, self.from);
        for (field, list) in [(&f::RCPT_TO, self.to), (&f::REFUSED, self.refused)] {
            if !list.is_empty() {
                draft.put(field, Value::texts(list));
            }
        }
        if self.mail.size > 0 {
            draft.put(&f::SIZE, self.mail.size).bytes(Some(self.mail.size), None);
        }
        self.mail.put(&mut draft, out);
        Some(draft)
    }
}
