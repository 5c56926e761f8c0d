//! SMB 1 (MS-CIFS §2.2.3, MS-SMB): one message, with the requests that are chained to its first.

use super::two::{u16_at, u32_at, u64_at};
use super::{Asked, Handle, Know, LOGIN, Open, Smb, draft, fields as f, finish, names, traffic};
use crate::model::Value;
use crate::proto::fields::{FILE_SIZE, USER_NAME};
use crate::proto::ntlm::{Ntlm, utf16};
use crate::proto::{Draft, Emit};

/// Requests chained in one message that are read.
const CHAIN: usize = 4;

/// A request or response taken apart: words of parameters and bytes of data.
pub(super) struct Parts<'a> {
    pub words: &'a [u8],
    pub data: &'a [u8],
    /// Where `data` begins in the message.
    pub from: usize,
    pub unicode: bool,
}

impl Parts<'_> {
    /// Text at `at` of the data up to its NUL, and where it ends.
    pub(super) fn text(&self, at: usize) -> (String, usize) {
        let rest = |at: usize| self.data.get(at..).unwrap_or_default();
        if !self.unicode {
            let end = memchr::memchr(0, rest(at)).unwrap_or(rest(at).len());
            let bytes = rest(at).get(..end.min(1024)).unwrap_or_default();
            return (String::from_utf8_lossy(bytes).into_owned(), at + end + 1);
        }
        // Aligned to two bytes from the message's beginning.
        let at = at + (self.from + at) % 2;
        let bytes = rest(at);
        let end = bytes.chunks_exact(2).position(|c| c == [0, 0]).map_or(bytes.len() & !1, |n| n * 2);
        (utf16(bytes.get(..end.min(2048)).unwrap_or_default()), at + end + 2)
    }
}

fn parts(message: &[u8], at: usize, unicode: bool) -> Option<Parts<'_>> {
    let count = usize::from(*message.get(at)?) * 2;
    let words = message.get(at + 1..at + 1 + count)?;
    let size = usize::from(u16_at(message, at + 1 + count)?);
    let from = at + 3 + count;
    let data = message.get(from..)?;
    Some(Parts { words, data: data.get(..size).unwrap_or(data), from, unicode })
}

/// Command and place of what is chained to a request or response (MS-CIFS §2.2.3.4): always further on.
fn chained(command: u8, parts: &Parts<'_>) -> Option<(u8, usize)> {
    let chains = matches!(command, 0x24 | 0x2d..=0x2f | 0x73..=0x75 | 0xa2);
    let next = *parts.words.first()?;
    let at = usize::from(u16_at(parts.words, 2)?);
    (chains && next != 0xff && at >= parts.from).then_some((next, at))
}

/// A file by the number it has in version 1.
pub(super) fn handle(number: u16) -> Handle {
    u128::from(number).to_le_bytes()
}

/// A message's head.
struct Head {
    status: u32,
    unicode: bool,
    tree: u16,
    user: u16,
    id: u16,
}

impl Head {
    /// By what request and response are joined.
    fn key(&self, command: u8) -> u64 {
        u64::from(self.id) | u64::from(command) << 16
    }
}

impl Smb {
    pub(super) fn one(&mut self, message: &[u8], size: u64, out: &mut Emit<'_>) -> Option<()> {
        let (mut command, mut at) = (*message.get(4)?, 32);
        names::old(command)?;
        let flags = u16_at(message, 10)?;
        let status = u32_at(message, 5)?;
        let reply = message.get(9)? & 0x80 != 0;
        let head = Head {
            // Without NT status the class of a DOS error stands in the first byte.
            status: if flags & 0x4000 != 0 || status == 0 { status } else { 0xc000_0001 },
            unicode: flags & 0x8000 != 0,
            tree: u16_at(message, 24)?,
            user: u16_at(message, 28)?,
            id: u16_at(message, 30)?,
        };
        self.heard |= !reply;
        for nth in 0..CHAIN {
            let parts = parts(message, at, head.unicode);
            let next = parts.as_ref().and_then(|parts| chained(command, parts)).filter(|_| nth + 1 < CHAIN);
            let end = next.map_or(size, |(_, at)| at as u64);
            let size = end.saturating_sub(if nth == 0 { 0 } else { at as u64 });
            if reply {
                // The status is that of the last one; the server goes no further than where it failed.
                let status = if next.is_some() { 0 } else { head.status };
                let answered = self.old_answer(&head, (command, status, size), parts, out);
                // An oplock break comes from the server.
                if !answered && nth == 0 && self.heard && head.id != 0xffff {
                    out.anomaly("smb.unsolicited");
                }
            } else {
                self.old_ask(&head, (command, size), message, &parts?, out)?;
            }
            let Some(next) = next else { break };
            (command, at) = next;
        }
        Some(())
    }

    fn old_ask(
        &mut self,
        head: &Head,
        (command, size): (u8, u64),
        message: &[u8],
        parts: &Parts<'_>,
        out: &mut Emit<'_>,
    ) -> Option<()> {
        // Nobody answers these.
        if matches!(command, 0xa4 | 0x26 | 0x33 | 0xa1) {
            return Some(());
        }
        let transaction =
            (command == 0x32).then(|| u16_at(parts.words, 28)).flatten().and_then(names::transaction);
        let name = transaction.or_else(|| names::old(command))?;
        let mut draft = draft(name, "1", size, &self.know, out);
        let asked = self.old_request((command, name), message, parts, &mut draft);
        let session = u64::from(head.user);
        draft.put(&f::SESSION, format!("{session:04x}"));
        if command != 0x73 && draft.event().get(&USER_NAME).is_none() {
            draft.put_some(&USER_NAME, self.know.users.get(&session).cloned());
        }
        if !matches!(command, 0x72..=0x75 | 0x2b) {
            draft.put_some(&f::SHARE, self.know.shares.get(&u32::from(head.tree)).cloned());
        }
        if self.know.asked.len() >= out.limits().pending {
            self.know.asked.pop_front();
        }
        let key = head.key(command);
        self.know.asked.push_back((key, asked));
        self.pairs.ask((1, key), draft, out);
        Some(())
    }

    /// Whether a request waited for this.
    fn old_answer(
        &mut self,
        head: &Head,
        (command, status, size): (u8, u32, u64),
        parts: Option<Parts<'_>>,
        out: &mut Emit<'_>,
    ) -> bool {
        let key = head.key(command);
        let Some(mut draft) = self.pairs.answered(&(1, key)) else { return false };
        let at = self.know.asked.iter().position(|(k, _)| *k == key);
        let asked = at.and_then(|at| self.know.asked.remove(at)).map(|a| a.1).unwrap_or_default();
        finish(&mut draft, status, size, out);
        // Of a session that was set up in the same message.
        if command != 0x73 && draft.event().get(&USER_NAME).is_none() {
            draft.put_some(&USER_NAME, self.know.users.get(&u64::from(head.user)).cloned());
        }
        let good = status >> 30 != 3;
        let words = parts.as_ref().map(|parts| parts.words).unwrap_or_default();
        let tell = match asked {
            Asked::Quiet => false,
            Asked::Setup => {
                self.old_setup(head, status, parts, &mut draft, out);
                true
            }
            Asked::Tree(share) => {
                if good {
                    Know::keep(&mut self.know.shares, u32::from(head.tree), share, out);
                }
                true
            }
            Asked::Create(path) => {
                if good {
                    self.old_opened(head, command, words, path, &mut draft, out);
                }
                true
            }
            Asked::Close(id) => self.know.files.remove(&id).is_some_and(|open| {
                traffic(&mut draft, &open);
                true
            }),
            Asked::Read(id) => {
                if let Some(open) = self.know.files.get_mut(&id).filter(|_| good) {
                    let low = u16_at(words, if command == 0x2e { 10 } else { 0 }).unwrap_or(0);
                    let high = u16_at(words, 14).filter(|_| command == 0x2e).unwrap_or(0);
                    open.read[0] = open.read[0].saturating_add(u64::from(high) << 16 | u64::from(low));
                    open.read[1] += 1;
                }
                false
            }
            Asked::Other => true,
        };
        if tell || !good {
            draft.emit(out);
        }
        true
    }

    /// A file was opened: remembers it by its number (MS-CIFS §2.2.4.2, .3, .41, .64).
    fn old_opened(
        &mut self,
        head: &Head,
        command: u8,
        words: &[u8],
        path: String,
        draft: &mut Draft,
        out: &mut Emit<'_>,
    ) {
        let (number, size) = match command {
            0xa2 => (u16_at(words, 5), u64_at(words, 55)),
            0x2d => (u16_at(words, 4), u32_at(words, 12).map(u64::from)),
            0x02 => (u16_at(words, 0), u32_at(words, 8).map(u64::from)),
            _ => (u16_at(words, 0), None),
        };
        let Some(number) = number else { return };
        if command == 0xa2 {
            let action = u32_at(words, 7).and_then(|a| usize::try_from(a).ok());
            draft.put_some(&f::CREATED, action.and_then(|a| names::ACTIONS.get(a)).copied());
        }
        draft.put_some(&FILE_SIZE, size);
        let open = Open {
            path,
            version: "1",
            share: self.know.shares.get(&u32::from(head.tree)).cloned(),
            user: self.know.users.get(&u64::from(head.user)).cloned(),
            since: Some(out.now),
            ..Open::default()
        };
        Know::keep(&mut self.know.files, handle(number), open, out);
    }

    fn old_setup(
        &mut self,
        head: &Head,
        status: u32,
        parts: Option<Parts<'_>>,
        draft: &mut Draft,
        out: &mut Emit<'_>,
    ) {
        let good = status >> 30 != 3;
        if let Some(parts) = parts {
            self.know.ntlm.read(parts.data);
            draft.put_some(&f::GUEST, u16_at(parts.words, 4).map(|a| a & 1 != 0).filter(|_| good));
        }
        if status != 0xc000_0016 {
            draft.event().dataset = &LOGIN;
            let user = draft.event().get(&USER_NAME).and_then(Value::as_str).map(str::to_owned);
            self.know.ntlm = Ntlm::default();
            if let Some(user) = user.filter(|_| good) {
                Know::keep(&mut self.know.users, u64::from(head.user), user, out);
            }
        }
    }
}
