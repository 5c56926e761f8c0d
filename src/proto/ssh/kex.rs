//! The identification string (RFC 4253 §4.2), KEXINIT (§7.1) and the fingerprints made of them.

use super::fields::SideFields;
use crate::proto::{Dir, Draft, base64};
use md5::Md5;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Longest list of algorithm names that is kept.
const MAX_LIST: usize = 16 << 10;

/// `SSH-2.0-OpenSSH_9.2p1 Debian-2` in its parts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Banner {
    pub protocol: String,
    pub software: String,
    pub version: Option<String>,
    pub comments: Option<String>,
    pub whole: String,
}

impl Banner {
    /// A line that begins with `SSH-`.
    pub fn parse(line: &[u8]) -> Option<Banner> {
        let line = line.get(..255).unwrap_or(line);
        let whole = String::from_utf8_lossy(line).into_owned();
        let (protocol, rest) = whole.strip_prefix("SSH-")?.split_once('-')?;
        let (product, comments) = match rest.split_once(' ') {
            Some((product, comments)) => (product, Some(comments.trim().to_owned())),
            None => (rest, None),
        };
        let (software, version) = split(product);
        Some(Banner {
            protocol: protocol.to_owned(),
            software: software.to_owned(),
            version: version.map(str::to_owned),
            comments: comments.filter(|c| !c.is_empty()),
            whole: whole.clone(),
        })
    }

    /// SSH 1 only: the packets are of another form.
    pub fn old(&self) -> bool {
        self.protocol.starts_with("1.") && self.protocol != "1.99"
    }

    pub fn put(&self, to: &SideFields, draft: &mut Draft) {
        draft.put(to.banner, self.whole.clone());
        draft.put_some(to.protocol, Some(self.protocol.clone()).filter(|p| !p.is_empty()));
        draft.put_some(to.software, Some(self.software.clone()).filter(|p| !p.is_empty()));
        draft.put_some(to.version, self.version.clone());
        draft.put_some(to.comments, self.comments.clone());
    }
}

/// `OpenSSH_9.2p1` is OpenSSH, version 9.2p1.
fn split(product: &str) -> (&str, Option<&str>) {
    let digit = |s: &str| s.starts_with(|c: char| c.is_ascii_digit());
    let cuts = product.match_indices(['_', '-', '/']);
    let parts = cuts.filter_map(|(at, _)| product.get(..at).zip(product.get(at + 1..)));
    let found = parts.into_iter().find(|(name, version)| !name.is_empty() && digit(version));
    found.map_or((product, None), |(name, version)| (name, Some(version)))
}

/// A string with its length (RFC 4251 §5), taken off `bytes`.
pub(super) fn string<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (head, rest) = bytes.split_first_chunk::<4>()?;
    let (value, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*head)).ok()?)?;
    *bytes = rest;
    Some(value)
}

/// Algorithms for one direction, names with commas.
#[derive(Debug, Default)]
pub(super) struct Way {
    pub cipher: String,
    pub mac: String,
    pub compression: String,
}

/// Algorithms one end offers, as they stand on the wire.
#[derive(Debug, Default)]
pub(super) struct KexInit {
    pub kex: String,
    pub host_keys: String,
    /// Client to server.
    pub there: Way,
    /// Server to client.
    pub back: Way,
}

impl KexInit {
    /// The message after its number.
    pub fn parse(body: &[u8]) -> Option<KexInit> {
        let mut rest = body.get(16..)?;
        let mut list = || {
            let text = string(&mut rest)?;
            Some(String::from_utf8_lossy(text.get(..MAX_LIST).unwrap_or(text)).into_owned())
        };
        let (kex, host_keys) = (list()?, list()?);
        let (mut there, mut back) = (Way::default(), Way::default());
        (there.cipher, back.cipher) = (list()?, list()?);
        (there.mac, back.mac) = (list()?, list()?);
        (there.compression, back.compression) = (list()?, list()?);
        Some(KexInit { kex, host_keys, there, back })
    }

    /// What HASSH (client) and HASSHserver hash (salesforce/hassh): each end's own direction.
    pub fn hassh(&self, side: Dir) -> String {
        let way = if side == Dir::Client { &self.there } else { &self.back };
        [&self.kex, &way.cipher, &way.mac, &way.compression].map(String::as_str).join(";")
    }
}

/// MD5 as 32 lower-case digits.
pub(super) fn md5_hex(text: &str) -> String {
    let mut out = String::with_capacity(32);
    for b in Md5::digest(text.as_bytes()) {
        let _ = write!(out, "{b:02x}");
    }
    out
}

/// Whether a name is on a list.
pub(super) fn offers(list: &str, name: &str) -> bool {
    list.split(',').any(|n| n == name)
}

/// The first of the client's names that is on the server's list too. At most 64 names are tried.
pub(super) fn choose<'a>(client: &'a str, server: &str) -> Option<&'a str> {
    client.split(',').take(64).find(|name| !name.is_empty() && offers(server, name))
}

/// Type and OpenSSH fingerprint of the host key in a key exchange reply.
pub(super) fn host_key(body: &[u8]) -> Option<(String, String)> {
    let key = string(&mut { body })?;
    let kind = std::str::from_utf8(string(&mut { key })?).ok()?;
    let known = ["ssh-", "ecdsa-", "sk-", "rsa-", "x509v3-"].iter().any(|p| kind.starts_with(p));
    if !known || kind.len() > 64 {
        return None;
    }
    let mut fingerprint = String::from("SHA256:");
    base64::push(&mut fingerprint, &Sha256::digest(key), false);
    Some((kind.to_owned(), fingerprint))
}
