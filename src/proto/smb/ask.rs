//! What requests of SMB 1 ask for (MS-CIFS §2.2.4, §2.2.6).

use super::one::{Parts, handle};
use super::two::{login, rights, u16_at, u32_at};
use super::{Asked, Handle, Smb, fields as f, file, names};
use crate::model::Value;
use crate::proto::Draft;
use crate::proto::fields::{AUTH_METHOD, QUERY, USER_DOMAIN, USER_NAME};

/// Commands that are told only if they fail.
const fn is_quiet(command: u8) -> bool {
    matches!(
        command,
        0x05 | 0x08 | 0x0a..=0x0d | 0x11..=0x14 | 0x1a..=0x25 | 0x27 | 0x28 | 0x2b | 0x2e..=0x30 | 0x34 | 0x35
            | 0x80 | 0x82 | 0x84 | 0xa0 | 0xc1
    )
}

impl Smb {
    /// Puts what is asked; says what the response needs to know.
    pub(super) fn old_request(
        &mut self,
        (command, name): (u8, &str),
        message: &[u8],
        parts: &Parts<'_>,
        draft: &mut Draft,
    ) -> Asked {
        match command {
            0x72 => {
                let names = parts.data.split(|b| *b == 0).filter_map(|d| d.strip_prefix(b"\x02")).take(32);
                draft.put(&f::DIALECTS, Value::texts(names.map(|n| String::from_utf8_lossy(n).into_owned())));
            }
            0x73 => {
                self.old_login(parts, draft);
                return Asked::Setup;
            }
            0x75 => {
                let share = parts.text(u16_at(parts.words, 6).map_or(0, usize::from)).0;
                draft.put(&f::SHARE, share.clone()).put(&QUERY, format!("TREE_CONNECT {share}"));
                return Asked::Tree(share);
            }
            0xa2 | 0x2d => return create(command, parts, draft),
            0x02 | 0x03 | 0x0f => return Asked::Create(named(name, parts, draft)),
            // Names with a byte for their kind before them.
            0x00 | 0x01 | 0x06 | 0x08..=0x09 | 0x10 | 0x81 => {
                named(name, parts, draft);
                if command == 0x06 {
                    draft.put(&f::DELETE, true);
                }
            }
            0x07 | 0xa5 => {
                let (path, next) = parts.text(1);
                file(draft, &path);
                draft.put(&f::RENAMED, parts.text(next + 1).0);
            }
            0x04 => return self.opened(u16_at(parts.words, 0), draft).map_or(Asked::Quiet, Asked::Close),
            0x0a => return self.opened(u16_at(parts.words, 0), draft).map_or(Asked::Quiet, Asked::Read),
            0x2e => return self.opened(u16_at(parts.words, 4), draft).map_or(Asked::Quiet, Asked::Read),
            0x0b => self.written(u16_at(parts.words, 0), u16_at(parts.words, 2), None, draft),
            0x2f => {
                self.written(u16_at(parts.words, 4), u16_at(parts.words, 20), u16_at(parts.words, 18), draft)
            }
            0x32 => return self.transaction(name, message, parts, draft),
            _ => {}
        }
        if is_quiet(command) { Asked::Quiet } else { Asked::Other }
    }

    fn old_login(&mut self, parts: &Parts<'_>, draft: &mut Draft) {
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
    }

    /// Puts the path of an open file, if it is known.
    fn opened(&self, number: Option<u16>, draft: &mut Draft) -> Option<Handle> {
        let id = handle(number?);
        if let Some(open) = self.know.files.get(&id) {
            file(draft, &open.path);
        }
        Some(id)
    }

    fn written(&mut self, number: Option<u16>, low: Option<u16>, high: Option<u16>, draft: &mut Draft) {
        let id = self.opened(number, draft);
        if let Some(open) = id.and_then(|id| self.know.files.get_mut(&id)) {
            let size = u64::from(high.unwrap_or(0)) << 16 | u64::from(low.unwrap_or(0));
            open.written[0] = open.written[0].saturating_add(size);
            open.written[1] += 1;
        }
    }

    /// TRANSACTION2 (§2.2.6): its parameters begin where the words say.
    fn transaction(&self, name: &str, message: &[u8], parts: &Parts<'_>, draft: &mut Draft) -> Asked {
        let place = |at: usize| {
            let (size, from) = (u16_at(parts.words, at)?, u16_at(parts.words, at + 2)?);
            let rest = message.get(usize::from(from)..)?;
            Some((usize::from(from), rest.get(..usize::from(size)).unwrap_or(rest)))
        };
        let (from, parameters) = place(18).unwrap_or_default();
        let data = place(22).unwrap_or_default().1;
        let inner = Parts { words: &[], data: parameters, from, unicode: parts.unicode };
        let path = |at: usize| inner.text(at).0;
        match name {
            "TRANS2_FIND_FIRST2" => {
                let whole = path(12);
                draft.put(&QUERY, format!("{name} {whole}"));
                let (folder, pattern) = whole.rsplit_once('\\').unwrap_or(("", &whole));
                if !folder.is_empty() {
                    file(draft, folder);
                }
                draft.put(&f::PATTERN, pattern.to_owned());
            }
            "TRANS2_QUERY_PATH_INFORMATION" | "TRANS2_SET_PATH_INFORMATION" => about(name, &path(6), draft),
            "TRANS2_CREATE_DIRECTORY" => about(name, &path(4), draft),
            "TRANS2_GET_DFS_REFERRAL" => about(name, &path(2), draft),
            // After flags, rights, attributes, time, mode and size.
            "TRANS2_OPEN2" => about(name, &path(28), draft),
            "TRANS2_SET_FILE_INFORMATION" => {
                self.opened(u16_at(parameters, 0), draft);
                // FileDispositionInformation, also as it is passed through.
                if matches!(u16_at(parameters, 2), Some(0x0102 | 1013)) {
                    draft.put(&f::DELETE, data.first() == Some(&1));
                }
            }
            _ => return Asked::Quiet,
        }
        Asked::Other
    }
}

/// Puts the path that a request is about.
fn about(name: &str, path: &str, draft: &mut Draft) {
    draft.put(&QUERY, format!("{name} {path}"));
    file(draft, path);
}

/// A path with a byte for its kind before it; gives it.
fn named(name: &str, parts: &Parts<'_>, draft: &mut Draft) -> String {
    let path = parts.text(1).0;
    about(name, &path, draft);
    path
}

/// NT_CREATE_ANDX and OPEN_ANDX.
fn create(command: u8, parts: &Parts<'_>, draft: &mut Draft) -> Asked {
    let path = parts.text(0).0;
    about(if command == 0xa2 { "CREATE" } else { "OPEN_ANDX" }, &path, draft);
    if command == 0xa2 {
        let disposition = u32_at(parts.words, 35).and_then(|d| usize::try_from(d).ok());
        draft.put_some(&f::DISPOSITION, disposition.and_then(|d| names::DISPOSITIONS.get(d)).copied());
        draft.put_some(&f::ACCESS, u32_at(parts.words, 15).map(|mask| Value::texts(rights(mask))));
        // FILE_DELETE_ON_CLOSE.
        if u32_at(parts.words, 39).is_some_and(|options| options & 0x1000 != 0) {
            draft.put(&f::DELETE, true);
        }
    }
    Asked::Create(path)
}
