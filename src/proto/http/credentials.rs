//! What a request proves of who sends it (RFC 9110 section 11), and what of that may be shown.

use super::fields as f;
use crate::proto::fields::{USER_NAME, USER_PASSWORD};
use crate::proto::ntlm::Ntlm;
use crate::proto::{Draft, base64};

/// Credentials in a request.
#[derive(Debug)]
pub(in crate::proto) struct Credentials {
    scheme: String,
    user: Option<String>,
    password: Option<String>,
    ntlm: Ntlm,
}

impl Credentials {
    /// Scheme, and user and password where they can be read (RFC 7617, 7616, 4559).
    pub fn read(value: &[u8], limit: usize) -> Option<Credentials> {
        let at = value.iter().position(|b| *b == b' ')?;
        let (scheme, rest) = value.split_at_checked(at)?;
        let text = |bytes: &[u8]| super::message::text(bytes, limit);
        let rest = rest.trim_ascii();
        let (mut user, mut password, mut ntlm) = (None, None, Ntlm::default());
        let is = |other: &str| scheme.eq_ignore_ascii_case(other.as_bytes());
        if is("basic") {
            let plain = base64::decode(rest).unwrap_or_default();
            let (name, secret) = plain.split_at_checked(plain.iter().position(|b| *b == b':')?)?;
            user = Some(text(name));
            password = Some(text(secret.get(1..).unwrap_or_default()));
        } else if is("digest") {
            let rest = text(rest);
            let named = rest.split_once("username=\"").and_then(|(_, after)| after.split_once('"'));
            user = named.map(|(name, _)| name.to_owned());
        } else if is("ntlm") || is("negotiate") {
            ntlm.read(&base64::decode(rest).unwrap_or_default());
        }
        Some(Credentials { scheme: text(scheme), user, password, ntlm })
    }

    /// Puts them, the password only where `secrets` are shown.
    pub fn put(self, draft: &mut Draft, secrets: bool) {
        draft.put(&f::AUTHORIZATION, self.scheme).put_some(&USER_NAME, self.user);
        draft.put_some(&USER_PASSWORD, self.password.filter(|_| secrets));
        self.ntlm.put(draft);
    }
}

/// Whether a header holds credentials.
pub(super) fn secret(name: &str) -> bool {
    name.eq_ignore_ascii_case("authorization") || name.eq_ignore_ascii_case("proxy-authorization")
}

/// Credentials with nothing but their scheme.
pub(super) fn masked(value: &[u8]) -> String {
    let scheme = value.split(|b| *b == b' ').next().filter(|s| s.len() < value.len());
    let mut out = scheme.map(|s| String::from_utf8_lossy(s).into_owned() + " ").unwrap_or_default();
    out.push_str(super::url::MASK);
    out
}

#[cfg(test)]
mod tests {
    use super::super::PROTOCOL;
    use crate::model::{Transport, Value};
    use crate::proto::Dir;
    use crate::proto::replay::Bench;

    /// NTLM's first message names nobody, its third does (MS-NLMP section 2.2.1); the server asks by schemes.
    #[test]
    fn ntlm_and_challenges() {
        let mut b = Bench::new(&PROTOCOL, Transport::Tcp, false);
        let ask = |token: &str| format!("GET / HTTP/1.1\r\nAuthorization: NTLM {token}\r\n\r\n");
        let two = b"HTTP/1.1 401 U\r\nWWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n";
        b.feed(Dir::Client, 1, ask("TlRMTVNTUAABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").as_bytes());
        b.feed(Dir::Server, 2, two);
        // Domain `D`, user `bob`, host `H`, in OEM letters.
        let mut third = b"NTLMSSP\0\x03\0\0\0".to_vec();
        for (len, at) in [(0, 64u8), (24, 69), (1, 64), (3, 65), (1, 68), (0, 64)] {
            third.extend([len, 0, len, 0, at, 0, 0, 0]);
        }
        third.extend([0, 0, 0, 0]);
        third.extend(b"DbobH");
        third.extend([0; 24]);
        b.feed(Dir::Client, 3, ask(&base64(&third)).as_bytes());
        b.feed(Dir::Server, 4, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        let text = |n: usize, name| {
            b.events.get(n).and_then(|e| e.by_name(name)).and_then(Value::as_str).unwrap_or_default()
        };
        assert_eq!(
            (text(0, "user.name"), text(0, "netlog.http.response.challenge")),
            ("", "Negotiate, NTLM")
        );
        assert_eq!(
            (text(1, "user.name"), text(1, "user.domain"), text(1, "netlog.ntlm.version")),
            ("bob", "D", "NTLMv1")
        );
        assert_eq!(text(1, "netlog.http.request.authorization"), "NTLM");
    }

    fn base64(bytes: &[u8]) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let group = |three: &[u8]| {
            let bits = three.iter().fold(0u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - three.len()));
            let letter = |nth: usize| match nth <= three.len() {
                true => char::from(LETTERS[(bits >> (18 - 6 * nth) & 63) as usize]),
                false => '=',
            };
            (0..4).map(letter).collect::<String>()
        };
        bytes.chunks(3).map(group).collect()
    }
}
