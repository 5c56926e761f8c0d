//! Log-ins of mail protocols and LDAP by SASL (RFC 4422): who, by which mechanism, and a password where the
//! mechanism shows one.

use super::fields::{AUTH_METHOD, CLEAR_PASSWORD, USER_NAME, USER_PASSWORD};
use super::ntlm::{self, Ntlm};
use super::{Draft, Emit, base64};
use crate::model::Stamp;

/// Longest user name or password kept, bytes.
const NAME: usize = 256;

/// What the client showed of itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Sasl {
    pub mechanism: String,
    user: Option<String>,
    password: Option<String>,
    ntlm: Ntlm,
    /// Client messages so far.
    step: u8,
}

fn short(bytes: &[u8]) -> String {
    super::lines::text(bytes, NAME)
}

/// Puts who logs in, and that a password could be read.
pub(super) fn put_login(draft: &mut Draft, user: Option<&str>, password: Option<&str>, out: &Emit<'_>) {
    draft.put_some(&USER_NAME, user.filter(|u| !u.is_empty()).map(str::to_owned));
    if let Some(password) = password {
        draft.put(&CLEAR_PASSWORD, true);
        if out.options.show_secrets {
            draft.put(&USER_PASSWORD, short(password.as_bytes()));
        }
    }
}

/// USER, or PASS with the USER it belongs to, as FTP and POP3 have them.
#[derive(Clone, Debug, Default)]
pub(super) struct Login {
    user: Option<String>,
    password: Option<String>,
    /// When it began.
    pub start: Stamp,
    /// PASS came after this USER: together they are one log-in.
    pub half: bool,
}

impl Login {
    /// USER.
    pub fn user(name: &[u8], start: Stamp) -> Login {
        Login { user: Some(short(name)), start, ..Login::default() }
    }

    /// PASS, after `user` if that was seen.
    pub fn password(user: Option<&Login>, password: &[u8], now: Stamp) -> Login {
        let user = user.cloned().unwrap_or_else(|| Login { start: now, ..Login::default() });
        Login { password: Some(short(password)), ..user }
    }

    /// Puts what is known.
    pub fn put(&self, draft: &mut Draft, out: &Emit<'_>) {
        put_login(draft, self.user.as_deref(), self.password.as_deref(), out);
    }
}

/// A command of a mail protocol that waits, with the log-in it may begin.
pub(super) struct Asked {
    pub verb: String,
    pub argument: Vec<u8>,
    pub start: Stamp,
    pub bytes: u64,
    pub sasl: Option<Sasl>,
    pub login: Option<Login>,
}

impl Sasl {
    /// A log-in by `mechanism` begins.
    pub fn new(mechanism: &[u8]) -> Sasl {
        Sasl { mechanism: super::lines::upper(mechanism), ..Sasl::default() }
    }

    /// One message of the client in base64; `=` and `*` are an empty one and a cancellation.
    pub fn client_text(&mut self, line: &[u8]) {
        match line {
            b"=" => self.client(b""),
            line => {
                if let Some(bytes) = base64::decode(line) {
                    self.client(&bytes);
                }
            }
        }
    }

    /// One message of the server in base64.
    pub fn server_text(&mut self, line: &[u8]) {
        if self.mechanism == "NTLM"
            && let Some(bytes) = base64::decode(line)
        {
            self.ntlm.read(&bytes);
        }
    }

    /// One message of the client.
    pub fn client(&mut self, bytes: &[u8]) {
        self.step = self.step.saturating_add(1);
        match (self.mechanism.as_str(), self.step) {
            ("PLAIN", 1) => {
                let mut parts = bytes.splitn(3, |b| *b == 0);
                let (_, user, password) = (parts.next(), parts.next(), parts.next());
                self.user = user.map(short);
                self.password = password.map(short);
            }
            ("LOGIN", 1) => self.user = Some(short(bytes)),
            ("LOGIN", 2) => self.password = Some(short(bytes)),
            // RFC 2195: name, blank, digest.
            ("CRAM-MD5", _) => {
                let end = memchr::memrchr(b' ', bytes).unwrap_or(bytes.len());
                self.user = bytes.get(..end).map(short);
            }
            ("DIGEST-MD5", 1) => self.user = quoted(bytes, b"username=\""),
            ("XOAUTH2" | "OAUTHBEARER", 1) => {
                let mut parts = bytes.split(|b| matches!(b, 1 | b','));
                let name = parts.find_map(|p| p.strip_prefix(b"user=").or(p.strip_prefix(b"a=")));
                self.user = name.map(short);
            }
            (m, 1) if m.starts_with("SCRAM-") => {
                self.user = bytes.split(|b| *b == b',').find_map(|p| p.strip_prefix(b"n=")).map(short);
            }
            ("NTLM", _) => drop(self.ntlm.read(bytes)),
            _ => {}
        }
    }

    /// Puts what is known.
    pub fn put(&self, draft: &mut Draft, out: &Emit<'_>) {
        draft.put(&AUTH_METHOD, self.mechanism.clone());
        put_login(draft, self.user.as_deref(), self.password.as_deref(), out);
        if self.mechanism == "NTLM" || ntlm::known(&self.ntlm) {
            self.ntlm.put(draft);
        }
    }
}

fn quoted(bytes: &[u8], name: &[u8]) -> Option<String> {
    let at = memchr::memmem::find(bytes, name)? + name.len();
    let rest = bytes.get(at..)?;
    rest.get(..memchr::memchr(b'"', rest)?).map(short)
}
