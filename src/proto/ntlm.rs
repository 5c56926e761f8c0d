//! NTLM messages (MS-NLMP §2.2.1), wherever a protocol carries them: who asks for what domain from which
//! machine, and what the server calls itself.

use super::Draft;
use super::fields::{AUTH_HOST, NTLM_SERVER, NTLM_TARGET, NTLM_VERSION, USER_DOMAIN, USER_NAME};

/// Begins every message.
pub(super) const SIGNATURE: &[u8] = b"NTLMSSP\0";
/// Longest name kept, bytes of UTF-16.
const NAME: usize = 512;

/// What the messages said so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Ntlm {
    pub user: Option<String>,
    pub domain: Option<String>,
    pub host: Option<String>,
    version: Option<&'static str>,
    target: Option<String>,
    server: Option<String>,
}

/// Whether anything was said.
pub(super) fn known(ntlm: &Ntlm) -> bool {
    ntlm.target.is_some() || ntlm.version.is_some()
}

/// Text of UTF-16, least significant byte first.
pub(super) fn utf16(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).map(|c| c.iter().rev().fold(0, |n, b| n << 8 | u16::from(*b)));
    char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|b| u16::from_le_bytes(*b))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|b| u32::from_le_bytes(*b))
}

/// What a field descriptor (length, room, offset) points at.
fn pointed(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let len = usize::from(u16_at(bytes, at)?);
    let from = usize::try_from(u32_at(bytes, at + 4)?).ok()?;
    bytes.get(from..from.checked_add(len)?)
}

impl Ntlm {
    /// A message, or a larger token (SPNEGO) with one in it. Whether it was one.
    pub fn read(&mut self, token: &[u8]) -> bool {
        let Some(bytes) = memchr::memmem::find(token, SIGNATURE).and_then(|at| token.get(at..)) else {
            return false;
        };
        match u32_at(bytes, 8) {
            Some(1) => true,
            Some(2) => {
                self.challenge(bytes);
                true
            }
            Some(3) => {
                self.authenticate(bytes);
                true
            }
            _ => false,
        }
    }

    fn challenge(&mut self, bytes: &[u8]) {
        let unicode = u32_at(bytes, 20).is_some_and(|flags| flags & 1 == 1);
        self.target = pointed(bytes, 12).map(|b| name(b, unicode));
        // AV_PAIRs (§2.2.2.1): 1 NetBIOS computer, 2 NetBIOS domain, 3 DNS computer.
        let mut rest = pointed(bytes, 40).unwrap_or_default();
        while let (Some(id @ 1..), Some(len)) = (u16_at(rest, 0), u16_at(rest, 2)) {
            let Some(value) = rest.get(4..4 + usize::from(len)) else { break };
            match id {
                1 if self.server.is_none() => self.server = Some(name(value, true)),
                2 => self.target = Some(name(value, true)),
                3 if !value.is_empty() => self.server = Some(name(value, true)),
                _ => {}
            }
            rest = rest.get(4 + usize::from(len)..).unwrap_or_default();
        }
    }

    fn authenticate(&mut self, bytes: &[u8]) {
        let unicode = u32_at(bytes, 60).is_some_and(|flags| flags & 1 == 1);
        let text = |at| pointed(bytes, at).map(|b| name(b, unicode)).filter(|t| !t.is_empty());
        (self.domain, self.user, self.host) = (text(28), text(36), text(44));
        let response = pointed(bytes, 20).map_or(0, <[u8]>::len);
        self.version = Some(match response {
            0 => "anonymous",
            24 => "NTLMv1",
            _ => "NTLMv2",
        });
    }

    /// Puts what is known; the user only if the protocol did not name one itself.
    pub fn put(&self, draft: &mut Draft) {
        let own = |text: &Option<String>| text.clone().filter(|t| !t.is_empty());
        if draft.event().get(&USER_NAME).is_none() {
            draft.put_some(&USER_NAME, own(&self.user));
        }
        draft.put_some(&USER_DOMAIN, own(&self.domain));
        draft.put_some(&AUTH_HOST, own(&self.host));
        draft.put_some(&NTLM_VERSION, self.version);
        draft.put_some(&NTLM_TARGET, own(&self.target));
        draft.put_some(&NTLM_SERVER, own(&self.server));
    }
}

fn name(bytes: &[u8], unicode: bool) -> String {
    let bytes = bytes.get(..NAME).unwrap_or(bytes);
    if unicode { utf16(bytes) } else { String::from_utf8_lossy(bytes).into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::base64;

    /// The messages of MS-NLMP §4.2.4 (NTLMv2), cut to what is read.
    #[test]
    fn published() {
        let challenge = "TlRMTVNTUAACAAAADAAMADgAAAAzgoriASNFZ4mrze8AAAAAAAAAACQAJABEAAAABgBwFwAAAA9TAGUAcgB2AGUAcgACAAwARABvAG0AYQBpAG4AAQAMAFMAZQByAHYAZQByAAAAAAA=";
        let mut ntlm = Ntlm::default();
        assert!(ntlm.read(&base64::decode(challenge.as_bytes()).unwrap()));
        assert_eq!((ntlm.target.as_deref(), ntlm.server.as_deref()), (Some("Domain"), Some("Server")));
        assert!(!ntlm.read(b"NTLMSSP\0\x09"));
    }
}
