//! SMB 1 (MS-CIFS §2.2.3, MS-SMB): one message.

use super::two::{login, u16_at, u32_at};
use super::{Asked, Know, LOGIN, Smb, draft, fields as f, file, finish, names};
use crate::model::Value;
use crate::proto::fields::{AUTH_METHOD, QUERY, USER_DOMAIN, USER_NAME};
use crate::proto::ntlm::{Ntlm, utf16};
use crate::proto::{Draft, Emit};

/// A message taken apart: words of parameters and bytes of data.
struct Parts<'a> {
    words: &'a [u8],
    data: &'a [u8],
    /// Where `data` begins in the message.
    from: usize,
    unicode: bool,
}

impl Parts<'_> {
    /// Text at `at` of the data up to its NUL, and where it ends.
    fn text(&self, at: usize) -> (String, usize) {
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

fn parts(message: &[u8], unicode: bool) -> Option<Parts<'_>> {
    let count = usize::from(*message.get(32)?) * 2;
    let words = message.get(33..33 + count)?;
    let size = usize::from(u16_at(message, 33 + count)?);
    let from = 35 + count;
    let data = message.get(from..)?;
    Some(Parts { words, data: data.get(..size).unwrap_or(data), from, unicode })
}

impl Smb {
    pub(super) fn one(&mut self, message: &[u8], size: u64, out: &mut Emit<'_>) -> Option<()> {
        let command = *message.get(4)?;
        let status = u32_at(message, 5)?;
        let reply = message.get(9)? & 0x80 != 0;
        let flags = u16_at(message, 10)?;
        let (tree, user, id) = (u16_at(message, 24)?, u16_at(message, 28)?, u16_at(message, 30)?);
        let name = names::old(command)?;
        let key = u64::from(id) | u64::from(command) << 16;
        let session = u64::from(user);
        if !reply {
            self.heard = true;
            // Nobody answers these.
            if matches!(command, 0xa4 | 0x26 | 0x33 | 0xa1) {
                return Some(());
            }
            let parts = parts(message, flags & 0x8000 != 0)?;
            let mut draft = draft(name, "1", size, &self.know, out);
            let asked = self.old_request(command, &parts, &mut draft);
            draft.put(&f::SESSION, format!("{session:04x}"));
            if command != 0x73 && draft.event().get(&USER_NAME).is_none() {
                draft.put_some(&USER_NAME, self.know.users.get(&session).cloned());
            }
            if !matches!(command, 0x72..=0x75 | 0x2b) {
                draft.put_some(&f::SHARE, self.know.shares.get(&u32::from(tree)).cloned());
            }
            if self.know.asked.len() >= out.limits().pending {
                self.know.asked.pop_front();
            }
            self.know.asked.push_back((key, asked));
            self.pairs.ask((1, key), draft, out);
            return Some(());
        }
        let Some(mut draft) = self.pairs.answered(&(1, key)) else {
            // An oplock break comes from the server.
            if self.heard && id != 0xffff {
                out.anomaly("smb.unsolicited");
            }
            return Some(());
        };
        let at = self.know.asked.iter().position(|(k, _)| *k == key);
        let asked = at.and_then(|at| self.know.asked.remove(at)).map(|a| a.1).unwrap_or_default();
        // Without NT status the class of a DOS error stands in the first byte.
        let status = if flags & 0x4000 != 0 || status == 0 { status } else { 0xc000_0001 };
        finish(&mut draft, status, size, out);
        let good = status >> 30 != 3;
        match asked {
            Asked::Setup => {
                if let Some(parts) = parts(message, flags & 0x8000 != 0) {
                    self.know.ntlm.read(parts.data);
                    draft.put_some(&f::GUEST, u16_at(parts.words, 4).map(|a| a & 1 != 0).filter(|_| good));
                }
                if status != 0xc000_0016 {
                    draft.event().dataset = &LOGIN;
                    let user = draft.event().get(&USER_NAME).and_then(Value::as_str).map(str::to_owned);
                    self.know.ntlm = Ntlm::default();
                    if let Some(user) = user.filter(|_| good) {
                        Know::keep(&mut self.know.users, session, user, out);
                    }
                }
            }
            Asked::Tree(share) if good => Know::keep(&mut self.know.shares, u32::from(tree), share, out),
            _ => {}
        }
        let quiet = matches!(command, 0x08 | 0x0a | 0x0b | 0x1d | 0x24 | 0x25 | 0x2b | 0x2e | 0x2f | 0x32 | 0x34 | 0x80 | 0xa0);
        if !quiet || !good {
            draft.emit(out);
        }
        Some(())
    }

    fn old_request(&mut self, command: u8, parts: &Parts<'_>, draft: &mut Draft) -> Asked {
        match command {
            0x72 => {
                let names = parts.data.split(|b| *b == 0).filter_map(|d| d.strip_prefix(b"\x02")).take(32);
                draft.put(&f::DIALECTS, Value::texts(names.map(|n| String::from_utf8_lossy(n).into_owned())));
            }
            0x73 => {
                let blob = u16_at(parts.words, 14).map(usize::from);
                if parts.words.len() == 24 {
                    let token = blob.and_then(|n| parts.data.get(..n)).unwrap_or_default();
                    self.know.ntlm.read(token);
                    login(draft, token, &self.know.ntlm);
                } else if parts.words.len() == 26 {
                    // Two responses, then account and domain.
                    let skip = blob.unwrap_or(0) + u16_at(parts.words, 16).map_or(0, usize::from);
                    let (account, next) = parts.text(skip);
                    let (domain, _) = parts.text(next);
                    draft.put(&AUTH_METHOD, Value::text("NTLM"));
                    draft.put_some(&USER_NAME, Some(account).filter(|a| !a.is_empty()));
                    draft.put_some(&USER_DOMAIN, Some(domain).filter(|d| !d.is_empty()));
                }
                return Asked::Setup;
            }
            0x75 => {
                let share = parts.text(u16_at(parts.words, 6).map_or(0, usize::from)).0;
                draft.put(&f::SHARE, share.clone()).put(&QUERY, format!("TREE_CONNECT {share}"));
                return Asked::Tree(share);
            }
            0xa2 => {
                let path = parts.text(0).0;
                draft.put(&QUERY, format!("CREATE {path}"));
                file(draft, &path);
            }
            // Names with a byte for their kind before them.
            0x00 | 0x01 | 0x06 | 0x10 => {
                let path = parts.text(1).0;
                draft.put(&QUERY, format!("{} {path}", names::old(command).unwrap_or_default()));
                file(draft, &path);
                if command == 0x06 {
                    draft.put(&f::DELETE, true);
                }
            }
            0x07 => {
                let (path, next) = parts.text(1);
                file(draft, &path);
                draft.put(&f::RENAMED, parts.text(next + 1).0);
            }
            _ => {}
        }
        Asked::Other
    }
}
