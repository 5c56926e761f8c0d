//! What a request asks for (RFC 9112 §3.2), and hiding passwords in it.

use crate::proto::Options;
use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr};

/// Parameters whose values are secrets.
static HIDDEN: [&str; 6] = ["pass", "passwd", "password", "passphrase", "pwd", "passw"];
/// What stands in their place, as in Packetbeat.
pub(super) const MASK: &str = "xxxxx";

/// The parts of an address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Url {
    pub scheme: Option<&'static str>,
    pub domain: String,
    /// Not the scheme's own.
    pub port: Option<u16>,
    pub path: String,
    pub query: Option<String>,
}

impl Url {
    /// Puts together target, Host header, and the server's end of the connection.
    pub fn new(method: &str, target: &str, host: Option<&str>, server: (Option<IpAddr>, Option<u16>)) -> Url {
        if method == "CONNECT" {
            let (domain, port) = authority(target);
            return Url { domain: domain.to_owned(), port, ..Url::default() };
        }
        let (scheme, rest) = match target.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => ("https", Some(rest)),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => ("http", Some(rest)),
            _ => ("http", None),
        };
        let (named, origin) = match rest {
            Some(rest) => rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len())),
            None => (host.unwrap_or_default(), target),
        };
        let (domain, port) = authority(named);
        let domain = match (domain, server.0) {
            ("", Some(ip)) => ip.to_string(),
            _ => domain.to_owned(),
        };
        // A proxy's own port says nothing about the address in absolute form.
        let port = port.or(if rest.is_none() { server.1 } else { None });
        let own = if scheme == "https" { 443 } else { 80 };
        let (path, query) = match origin.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (origin, None),
        };
        let path = if path.is_empty() { "/" } else { path }.to_owned();
        Url { scheme: Some(scheme), domain, port: port.filter(|p| *p != own), path, query }
    }

    /// The whole address.
    pub fn full(&self) -> String {
        let mut out = self.scheme.map_or_else(String::new, |scheme| format!("{scheme}://"));
        if self.domain.parse::<Ipv6Addr>().is_ok() {
            out.push('[');
            out.push_str(&self.domain);
            out.push(']');
        } else {
            out.push_str(&self.domain);
        }
        if let Some(port) = self.port {
            out.push(':');
            out.push_str(&port.to_string());
        }
        out.push_str(&self.path);
        if let Some(query) = &self.query {
            out.push('?');
            out.push_str(query);
        }
        out
    }

    /// `html` of `/a/index.html`.
    pub fn extension(&self) -> Option<&str> {
        let last = self.path.rsplit('/').next()?;
        let (name, extension) = last.rsplit_once('.')?;
        let good = extension.len() <= 16 && extension.bytes().all(|b| b.is_ascii_alphanumeric());
        (!name.is_empty() && !extension.is_empty() && good).then_some(extension)
    }
}

/// `host`, `host:port`, `[::1]:port`, `user@host`.
fn authority(text: &str) -> (&str, Option<u16>) {
    let text = text.rsplit_once('@').map_or(text, |(_, host)| host).trim();
    if let Some((ip, rest)) = text.strip_prefix('[').and_then(|t| t.split_once(']')) {
        return (ip, rest.strip_prefix(':').and_then(|p| p.parse().ok()));
    }
    match text.split_once(':') {
        Some((host, port)) if !port.contains(':') => (host, port.parse().ok()),
        _ => (text, None),
    }
}

/// Which parameters are masked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hidden<'a> {
    /// The usual names of passwords.
    usual: bool,
    /// Names that the configuration adds.
    more: &'a [String],
}

impl<'a> Hidden<'a> {
    /// What the options say: those of the configuration stay hidden even with --show-secrets.
    pub fn new(options: &'a Options) -> Hidden<'a> {
        let more = options.protocols.http.hide_keywords.as_deref().unwrap_or_default();
        Hidden { usual: !options.show_secrets, more }
    }

    /// Nothing is.
    pub fn nothing(&self) -> bool {
        !self.usual && self.more.is_empty()
    }

    fn has(&self, name: &str) -> bool {
        (self.usual && HIDDEN.iter().any(|word| name.eq_ignore_ascii_case(word)))
            || self.more.iter().any(|word| name.eq_ignore_ascii_case(word))
    }
}

/// Masks the values of secret parameters in `a=1&password=2`.
pub(super) fn mask<'t>(pairs: &'t str, hidden: Hidden<'_>) -> Cow<'t, str> {
    let name = |pair: &str| pair.split_once('=').is_some_and(|(name, _)| hidden.has(name));
    if !pairs.split('&').any(name) {
        return Cow::Borrowed(pairs);
    }
    let masked = pairs.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if hidden.has(name) => Cow::Owned(format!("{name}={MASK}")),
        _ => Cow::Borrowed(pair),
    });
    Cow::Owned(masked.collect::<Vec<_>>().join("&"))
}

/// Masks the same in a target with path and query.
pub(super) fn mask_target<'t>(target: &'t str, hidden: Hidden<'_>) -> Cow<'t, str> {
    match target.split_once('?') {
        Some((path, query)) => match mask(query, hidden) {
            Cow::Owned(masked) => Cow::Owned(format!("{path}?{masked}")),
            Cow::Borrowed(_) => Cow::Borrowed(target),
        },
        None => Cow::Borrowed(target),
    }
}

/// Masks the values of secret members in JSON: `"password": "secret"`.
pub(super) fn mask_json<'t>(text: &'t str, hidden: Hidden<'_>) -> Cow<'t, str> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, from_name)) = rest.split_once('"') {
        let Some((name, after)) = quoted(from_name) else { break };
        let value = after.trim_start().strip_prefix(':').map(str::trim_start);
        let secret = value.and_then(|v| v.strip_prefix('"')).filter(|_| hidden.has(name)).and_then(quoted);
        out.extend([before, "\"", name, "\""]);
        rest = after;
        if let Some((_, behind)) = secret {
            out.extend([":\"", MASK, "\""]);
            rest = behind;
        }
    }
    if out.is_empty() {
        return Cow::Borrowed(text);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Text up to the next quote that is not escaped, and what follows it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let mut escaped = false;
    let end = text.char_indices().find(|(_, c)| {
        let found = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        found
    })?;
    Some((text.get(..end.0)?, text.get(end.0 + 1..)?))
}
