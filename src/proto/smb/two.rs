//! SMB 2 and 3 (MS-SMB2 §2.2): one message.

use super::{Asked, Know, LOGIN, Open, Smb, draft, fields as f, file, finish, names, traffic};
use crate::model::Value;
use crate::proto::fields::{AUTH_METHOD, FILE_SIZE, QUERY, USER_NAME};
use crate::proto::ntlm::{Ntlm, utf16};
use crate::proto::{Draft, Emit, json_text::hex};

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|b| u16::from_le_bytes(*b))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|b| u32::from_le_bytes(*b))
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|b| u64::from_le_bytes(*b))
}

fn handle(body: &[u8], at: usize) -> Option<[u8; 16]> {
    body.get(at..)?.first_chunk().copied()
}

/// What (offset from the message's beginning, length) at `at` of the body point to.
fn pointed(message: &[u8], at: usize) -> Option<&[u8]> {
    let from = usize::from(u16_at(message, 64 + at)?);
    let len = usize::from(u16_at(message, 66 + at)?);
    message.get(from..from + len)
}

fn path(bytes: &[u8]) -> String {
    utf16(bytes.get(..2048).unwrap_or(bytes))
}

const MINE: [u8; 16] = [0xff; 16];

/// Rights that matter.
pub(super) fn rights(mask: u32) -> Vec<&'static str> {
    [
        (0x0001_0000, "delete"),
        (0x0000_0001, "read"),
        (0x0000_0006, "write"),
        (0x0000_0020, "execute"),
        (0x0200_0000, "maximum"),
        (0xf000_0000, "generic"),
    ]
    .into_iter()
    .filter(|(bit, _)| mask & bit != 0)
    .map(|(_, name)| name)
    .collect()
}

/// A message's head.
struct Head {
    command: u16,
    status: u32,
    id: u64,
    tree: u32,
    session: u64,
    size: u64,
}

impl Smb {
    /// `related` is the file that the message before in the compound opened.
    pub(super) fn two(
        &mut self,
        message: &[u8],
        size: u64,
        related: &mut Option<[u8; 16]>,
        out: &mut Emit<'_>,
    ) -> Option<()> {
        let head = Head {
            command: u16_at(message, 12)?,
            status: u32_at(message, 8)?,
            id: u64_at(message, 24)?,
            tree: u32_at(message, 36)?,
            session: u64_at(message, 40)?,
            size,
        };
        let flags = u32_at(message, 16)?;
        let body = message.get(64..)?;
        if flags & 1 == 0 {
            self.heard = true;
            return self.ask(&head, message, body, related, out);
        }
        // Interim response, or a notification that nobody asked for.
        if head.status == 0x103 || head.id == u64::MAX {
            return Some(());
        }
        let Some((mut draft, asked)) = self.answered(&head) else {
            if self.heard {
                out.anomaly("smb.unsolicited");
            }
            return Some(());
        };
        finish(&mut draft, head.status, size, out);
        let tell = self.answer(&head, asked, &mut draft, message, body, out);
        if tell || head.status >> 30 == 3 {
            draft.emit(out);
        }
        Some(())
    }

    fn answered(&mut self, head: &Head) -> Option<(Draft, Asked)> {
        let (key, draft) = match self.pairs.answered(&(2, head.id)) {
            Some(draft) => (head.id, draft),
            // A negotiation that begins in version 1 is answered in version 2 (MS-SMB2 section 3.3.5.3).
            None if head.command == 0 => {
                let key = self.know.asked.iter().map(|a| a.0).find(|key| key >> 16 == 0x72)?;
                (key, self.pairs.answered(&(1, key))?)
            }
            None => return None,
        };
        let asked = self.know.asked.iter().position(|(id, _)| *id == key);
        let asked = asked.and_then(|at| self.know.asked.remove(at)).map(|a| a.1).unwrap_or_default();
        Some((draft, asked))
    }

    fn ask(
        &mut self,
        head: &Head,
        message: &[u8],
        body: &[u8],
        related: &Option<[u8; 16]>,
        out: &mut Emit<'_>,
    ) -> Option<()> {
        let name = names::COMMANDS.get(usize::from(head.command)).copied()?;
        // Cancels are not answered.
        if name == "CANCEL" {
            return Some(());
        }
        let mut draft = draft(name, "2", head.size, &self.know, out);
        if head.session != 0 {
            draft.put(&f::SESSION, format!("{:016x}", head.session));
            draft.put_some(
                &USER_NAME,
                self.know.users.get(&head.session).cloned().filter(|_| name != "SESSION_SETUP"),
            );
        }
        if !matches!(name, "TREE_CONNECT" | "NEGOTIATE" | "SESSION_SETUP" | "LOGOFF" | "ECHO") {
            draft.put_some(&f::SHARE, self.know.shares.get(&head.tree).cloned());
        }
        let asked = match name {
            "NEGOTIATE" => {
                let count = usize::from(u16_at(body, 2)?).min(64);
                let list = (0..count).filter_map(|i| u16_at(body, 36 + 2 * i)).map(names::dialect);
                draft.put(&f::DIALECTS, Value::texts(list));
                Asked::Other
            }
            "SESSION_SETUP" => {
                let token = pointed(message, 12).unwrap_or_default();
                self.know.ntlm.read(token);
                login(&mut draft, token, &self.know.ntlm);
                Asked::Setup
            }
            "TREE_CONNECT" => {
                let share = path(pointed(message, 4)?);
                draft.put(&f::SHARE, share.clone()).put(&QUERY, format!("TREE_CONNECT {share}"));
                Asked::Tree(share)
            }
            "CREATE" => create(&mut draft, message, body)?,
            _ => self.ask_of_file(name, &mut draft, message, body, *related)?,
        };
        if self.know.asked.len() >= out.limits().pending {
            self.know.asked.pop_front();
        }
        self.know.asked.push_back((head.id, asked));
        self.pairs.ask((2, head.id), draft, out);
        Some(())
    }

    /// A request about a file that is open.
    fn ask_of_file(
        &mut self,
        name: &str,
        draft: &mut Draft,
        message: &[u8],
        body: &[u8],
        related: Option<[u8; 16]>,
    ) -> Option<Asked> {
        let own = |at| handle(body, at).map(|h| if h == MINE { related.unwrap_or(h) } else { h });
        let mut asked = Asked::Other;
        let about = match name {
            "CLOSE" => {
                asked = own(8).map_or(Asked::Other, Asked::Close);
                own(8)
            }
            "READ" | "WRITE" => {
                let id = own(16)?;
                if name == "READ" {
                    asked = Asked::Read(id);
                } else if let Some(open) = self.know.files.get_mut(&id) {
                    open.written[0] = open.written[0].saturating_add(u64::from(u32_at(body, 4)?));
                    open.written[1] += 1;
                }
                Some(id)
            }
            "QUERY_DIRECTORY" => {
                draft.put_some(&f::PATTERN, pointed(message, 24).map(path));
                own(8)
            }
            "SET_INFO" => {
                self.set_info(draft, message, body, own(16));
                None
            }
            "IOCTL" => {
                draft.put(&f::CONTROL, names::control(u32_at(body, 4)?));
                own(8)
            }
            _ => None,
        };
        if let Some(open) = about.and_then(|id| self.know.files.get(&id)) {
            file(draft, &open.path);
        }
        Some(asked)
    }

    /// Renames and deletions (MS-FSCC §2.4).
    fn set_info(&self, draft: &mut Draft, message: &[u8], body: &[u8], id: Option<[u8; 16]>) {
        if let Some(open) = id.and_then(|id| self.know.files.get(&id)) {
            file(draft, &open.path);
        }
        let data = u16_at(body, 8).and_then(|at| message.get(usize::from(at)..)).unwrap_or_default();
        match (body.get(2), body.get(3)) {
            (Some(1), Some(10)) => {
                let len = u32_at(data, 16).and_then(|n| usize::try_from(n).ok());
                draft
                    .put_some(&f::RENAMED, len.and_then(|n| data.get(20..20usize.checked_add(n)?)).map(path));
            }
            (Some(1), Some(13)) => drop(draft.put(&f::DELETE, data.first() == Some(&1))),
            _ => {}
        }
    }

    /// Whether the event is worth telling.
    fn answer(
        &mut self,
        head: &Head,
        asked: Asked,
        draft: &mut Draft,
        message: &[u8],
        body: &[u8],
        out: &mut Emit<'_>,
    ) -> bool {
        let good = head.status >> 30 != 3;
        match (head.command, asked) {
            (0, _) if good => {
                let dialect = u16_at(body, 4).map(names::dialect);
                draft.put_some(&f::SIGNING, u16_at(body, 2).map(|m| m & 2 != 0));
                draft.put_some(&f::SERVER_GUID, handle(body, 8).map(|g| hex(&g)));
                if draft.event().get(&f::DIALECT).is_none() {
                    draft.put_some(&f::DIALECT, dialect.clone());
                }
                // The wildcard is agreed on for as long as another negotiation takes.
                self.know.dialect = dialect.filter(|_| u16_at(body, 4) != Some(0x02ff));
                true
            }
            (_, Asked::Setup) => {
                self.setup(head, draft, message, body, out);
                true
            }
            (_, Asked::Tree(share)) => {
                if good {
                    let kinds = ["disk", "pipe", "print"];
                    let kind = body.get(2).and_then(|k| kinds.get(usize::from(*k).checked_sub(1)?));
                    draft.put_some(&f::SHARE_TYPE, kind.copied());
                    Know::keep(&mut self.know.shares, head.tree, share, out);
                }
                true
            }
            (_, Asked::Create(path)) => {
                if good && let Some(id) = handle(body, 64) {
                    self.created(head, id, path, draft, body, out);
                }
                true
            }
            (_, Asked::Close(id)) => {
                let Some(open) = self.know.files.remove(&id) else { return false };
                traffic(draft, &open);
                true
            }
            (_, Asked::Read(id)) => {
                if let Some(open) = self.know.files.get_mut(&id).filter(|_| good) {
                    open.read[0] = open.read[0].saturating_add(u64::from(u32_at(body, 4).unwrap_or(0)));
                    open.read[1] += 1;
                }
                // The end of a file is no failure worth telling.
                if head.status == 0xc000_0011 {
                    draft.event().dataset = &super::DATASET;
                }
                false
            }
            (2 | 4 | 14 | 17 | 11, _) => true,
            _ => false,
        }
    }

    fn created(
        &mut self,
        head: &Head,
        id: [u8; 16],
        path: String,
        draft: &mut Draft,
        body: &[u8],
        out: &mut Emit<'_>,
    ) {
        let action = u32_at(body, 4).and_then(|a| usize::try_from(a).ok());
        draft.put_some(&f::CREATED, action.and_then(|a| names::ACTIONS.get(a)).copied());
        draft.put_some(&FILE_SIZE, u64_at(body, 48));
        let open = Open {
            path,
            version: "2",
            share: self.know.shares.get(&head.tree).cloned(),
            user: self.know.users.get(&head.session).cloned(),
            since: Some(out.now),
            ..Open::default()
        };
        Know::keep(&mut self.know.files, id, open, out);
    }

    fn setup(&mut self, head: &Head, draft: &mut Draft, message: &[u8], body: &[u8], out: &mut Emit<'_>) {
        let token = pointed(message, 4).unwrap_or_default();
        if head.status == 0xc000_0016 {
            self.know.ntlm.read(token);
            return;
        }
        draft.event().dataset = &LOGIN;
        if head.status >> 30 == 3 {
            self.know.ntlm = Ntlm::default();
            return;
        }
        let flags = u16_at(body, 2).unwrap_or(0);
        draft.put(&f::GUEST, flags & 3 != 0);
        if draft.event().get(&f::SESSION).is_none() {
            draft.put(&f::SESSION, format!("{:016x}", head.session));
        }
        let user = std::mem::take(&mut self.know.ntlm).user;
        if let Some(user) = user {
            Know::keep(&mut self.know.users, head.session, user, out);
        }
    }
}

/// A file that is asked to be opened or made.
fn create(draft: &mut Draft, message: &[u8], body: &[u8]) -> Option<Asked> {
    let path = path(pointed(message, 44).unwrap_or_default());
    draft.put(&QUERY, format!("CREATE {path}"));
    file(draft, &path);
    let disposition = u32_at(body, 36).and_then(|d| usize::try_from(d).ok());
    draft.put_some(&f::DISPOSITION, disposition.and_then(|d| names::DISPOSITIONS.get(d)).copied());
    draft.put(&f::ACCESS, Value::texts(rights(u32_at(body, 24)?)));
    // FILE_DELETE_ON_CLOSE.
    if u32_at(body, 40)? & 0x1000 != 0 {
        draft.put(&f::DELETE, true);
    }
    Some(Asked::Create(path))
}

/// Who logs in, by NTLM or Kerberos.
pub(super) fn login(draft: &mut Draft, token: &[u8], ntlm: &Ntlm) {
    // The object identifier of Kerberos 5, as SPNEGO offers it and as Microsoft once misspelled it.
    let kerberos = [&b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02"[..], b"\x2a\x86\x48\x82\xf7\x12\x01\x02\x02"];
    if memchr::memmem::find(token, crate::proto::ntlm::SIGNATURE).is_some() {
        draft.put(&AUTH_METHOD, Value::text("NTLM"));
        ntlm.put(draft);
    } else if kerberos.iter().any(|oid| memchr::memmem::find(token, oid).is_some()) {
        draft.put(&AUTH_METHOD, Value::text("Kerberos"));
    }
}
