//! Addresses (RFC 3261 section 19.1), and headers that hold one (section 20.10).

use crate::model::cut;

/// Bytes of an address that are kept.
const LONGEST: usize = 1024;

/// An address in parts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Uri {
    pub original: String,
    pub scheme: String,
    pub user: String,
    pub host: String,
    pub port: Option<u16>,
    pub params: Vec<(String, String)>,
}

impl Uri {
    /// Takes an address apart; what has no scheme is a host.
    pub(super) fn parse(text: &str) -> Uri {
        let text = cut(text.trim(), LONGEST);
        let (scheme, rest) = text.split_once(':').unwrap_or(("", text));
        let (rest, tail) = rest.split_once([';', '?']).unwrap_or((rest, ""));
        let (user, place) = rest.rsplit_once('@').unwrap_or(("", rest));
        let (name, password) = user.split_once(':').unwrap_or((user, ""));
        let after = place.rfind(']').map_or(0, |at| at + 1);
        let colon = place.get(after..).and_then(|rest| rest.find(':')).map(|at| after + at);
        let (host, port) = match colon {
            Some(at) => {
                (place.get(..at).unwrap_or_default(), place.get(at + 1..).and_then(|p| p.parse().ok()))
            }
            None => (place, None),
        };
        let original = if password.is_empty() {
            text.to_owned()
        } else {
            text.replacen(&format!("{name}:{password}@"), &format!("{name}:******@"), 1)
        };
        let part = |text: &str| text.trim().to_owned();
        let params = tail.split(';').filter_map(|p| p.split_once('='));
        let params = params.map(|(key, value)| (key.trim().to_ascii_lowercase(), part(value))).collect();
        Uri { original, scheme: part(scheme), user: part(name), host: part(host), port, params }
    }

    pub(super) fn param(&self, key: &str) -> Option<String> {
        find(&self.params, key)
    }
}

fn find(params: &[(String, String)], key: &str) -> Option<String> {
    params.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone())
}

/// A name for people, an address, and parameters of the header.
#[derive(Debug, Default)]
pub(super) struct Party {
    pub display: String,
    pub uri: Uri,
    params: Vec<(String, String)>,
}

impl Party {
    pub(super) fn parse(text: &str) -> Party {
        let text = text.trim();
        let (display, inner, tail) = match text.split_once('<') {
            Some((display, rest)) => {
                let (inner, tail) = rest.split_once('>').unwrap_or((rest, ""));
                (display, inner, tail)
            }
            None => {
                let (inner, tail) = text.split_once(';').unwrap_or((text, ""));
                ("", inner, tail)
            }
        };
        // A list goes on with a comma.
        let tail = tail.split(',').next().unwrap_or_default();
        let params = tail.split(';').filter_map(|p| p.split_once('='));
        let params = params.map(|(key, value)| (key.trim().to_ascii_lowercase(), value.trim().to_owned()));
        Party {
            display: display.trim().trim_matches(['"', '\'', ' ', '\t']).to_owned(),
            uri: Uri::parse(inner),
            params: params.collect(),
        }
    }

    pub(super) fn param(&self, key: &str) -> Option<String> {
        find(&self.params, key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Addresses of RFC 3261 section 19.1.3, and one with IPv6.
    #[test]
    fn addresses_in_parts() {
        let parts = |text: &str| {
            let uri = Uri::parse(text);
            (uri.scheme, uri.user, uri.host, uri.port)
        };
        let own = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        let ((a, b, c, d), want) = (parts("sip:alice@atlanta.com"), own("sip", "alice", "atlanta.com"));
        assert_eq!(((a, b, c), d), (want, None));
        let (a, b, c, d) = parts("sips:alice@atlanta.com:5061;transport=tcp?subject=x");
        assert_eq!(((a, b, c), d), (own("sips", "alice", "atlanta.com"), Some(5061)));
        let (a, b, c, d) = parts("sip:[2001:db8::1]:5060");
        assert_eq!(((a, b, c), d), (own("sip", "", "[2001:db8::1]"), Some(5060)));
        let uri = Uri::parse("sip:alice:secretword@atlanta.com;transport=tcp");
        assert_eq!(
            (uri.user.as_str(), uri.original.as_str()),
            ("alice", "sip:alice:******@atlanta.com;transport=tcp")
        );
        assert_eq!(uri.param("transport").as_deref(), Some("tcp"));
        let party =
            Party::parse("\"Mr. Watson\" <sip:watson@bell.com;line=3>;q=0.7; expires=3600, <sip:x@y>");
        assert_eq!((party.display.as_str(), party.param("expires").as_deref()), ("Mr. Watson", Some("3600")));
        assert_eq!(
            (party.param("q").as_deref(), party.uri.param("line").as_deref()),
            (Some("0.7"), Some("3"))
        );
    }
}
