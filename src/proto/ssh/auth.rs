//! How a log-in went, by the sizes of encrypted messages.
//!
//! During the log-in (RFC 4252) the two ends take turns. SSH_MSG_USERAUTH_SUCCESS has a payload of one
//! byte, so its packet is the shortest there is, and its length follows from the algorithms. Refusals
//! repeat the same list of methods and are of equal length. The sizes are taken of whole turns, which do
//! not depend on how the stream was cut into segments.

use crate::model::Outcome;
use crate::proto::Dir;

/// Bytes after which it cannot be a log-in any more: key offers and signatures take some dozen KiB.
const TOO_MUCH: usize = 128 << 10;
/// Turns of the server after which no decision is hoped for.
const TURNS: u32 = 64;

/// Whether a cipher brings its own integrity protection.
pub(super) fn aead(cipher: &str) -> bool {
    cipher.starts_with("chacha20-poly1305") || cipher.contains("-gcm")
}

/// Size of the packet with a one-byte payload; `None` for algorithms not known here.
fn shortest(cipher: &str, mac: &str) -> Option<usize> {
    let block = match cipher {
        c if c.starts_with("chacha20-poly1305") => 8,
        c if c.starts_with("3des") || c.starts_with("blowfish") || c.starts_with("cast") => 8,
        c if c.starts_with("arcfour") || c.starts_with("des-") => 8,
        c if ["aes", "camellia", "twofish", "serpent", "AEAD_AES"].iter().any(|p| c.starts_with(p)) => 16,
        c if c.starts_with("rijndael") => 16,
        _ => return None,
    };
    let tag = match mac {
        _ if aead(cipher) => 16,
        m if m.starts_with("hmac-sha2-256") => 32,
        m if m.starts_with("hmac-sha2-512") => 64,
        m if m.contains("-96") => 12,
        m if m.starts_with("hmac-sha1") || m.starts_with("hmac-ripemd160") => 20,
        m if m.starts_with("hmac-md5") || m.starts_with("umac-128") => 16,
        m if m.starts_with("umac-64") => 8,
        "none" => 0,
        _ => return None,
    };
    // Padding length, payload, at least four bytes of padding; the length itself is only part of what is
    // aligned if it is encrypted with the rest (RFC 4253 §6, RFC 5647, OpenSSH PROTOCOL).
    let apart = aead(cipher) || mac.contains("-etm");
    let aligned: usize = if apart { 6 } else { 10 };
    Some(aligned.next_multiple_of(block) + if apart { 4 } else { 0 } + tag)
}

/// The turns of one connection after the key exchange.
#[derive(Debug)]
pub(super) struct Auth {
    success: Option<usize>,
    /// Anything came from the client.
    asked: bool,
    /// Length of the server's turn so far.
    turn: usize,
    turns: u32,
    total: usize,
    /// Length of the reply to the first request, and how often it came.
    refusal: usize,
    refusals: u64,
    accepted: bool,
}

impl Auth {
    /// `compression` is the server's: one that begins before the log-in hides all sizes.
    pub fn new(cipher: &str, mac: &str, compression: &str) -> Auth {
        let success = shortest(cipher, mac).filter(|_| compression != "zlib");
        Auth { success, asked: false, turn: 0, turns: 0, total: 0, refusal: 0, refusals: 0, accepted: false }
    }

    /// Takes account of encrypted bytes; whether nothing more is to be learnt.
    pub fn bytes(&mut self, dir: Dir, count: usize) -> bool {
        let Some(_) = self.success else { return true };
        self.total = self.total.saturating_add(count);
        match dir {
            Dir::Client => {
                self.asked = true;
                self.turn_over();
            }
            // Before the client's first request there are only extensions (RFC 8308).
            Dir::Server if self.asked => self.turn = self.turn.saturating_add(count),
            Dir::Server => {}
        }
        if self.total > TOO_MUCH {
            self.accepted = true;
        }
        self.accepted || self.turns >= TURNS
    }

    fn turn_over(&mut self) {
        let length = std::mem::take(&mut self.turn);
        if length == 0 {
            return;
        }
        self.turns += 1;
        match self.turns {
            // The service is accepted.
            1 => {}
            _ if Some(length) == self.success => self.accepted = true,
            2 => (self.refusal, self.refusals) = (length, 1),
            _ if length == self.refusal => self.refusals += 1,
            _ => {}
        }
    }

    /// Whether the sizes mean anything.
    pub fn told(&self) -> bool {
        self.success.is_some() && self.turns >= 2
    }

    /// Replies that look like refusals.
    pub fn failures(&self) -> u64 {
        self.refusals
    }

    /// The verdict at the end.
    pub fn finish(&mut self) -> Outcome {
        self.turn_over();
        match self.refusals {
            _ if self.accepted => Outcome::Success,
            0 | 1 => Outcome::Unknown,
            _ => Outcome::Failure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Measured on OpenSSH 9.2.
    #[test]
    fn shortest_packets() {
        assert_eq!(shortest("chacha20-poly1305@openssh.com", "x"), Some(28));
        assert_eq!(shortest("aes128-ctr", "hmac-sha2-256-etm@openssh.com"), Some(52));
        assert_eq!(shortest("aes256-gcm@openssh.com", ""), Some(36));
        assert_eq!(shortest("aes128-cbc", "hmac-sha1"), Some(36));
        assert_eq!(shortest("3des-cbc", "hmac-md5"), Some(32));
        assert_eq!(shortest("none", "none"), None);
    }

    #[test]
    fn turns_do_not_depend_on_segments() {
        let mut auth = Auth::new("chacha20-poly1305@openssh.com", "", "none");
        for (dir, n) in [(Dir::Client, 44), (Dir::Server, 44), (Dir::Client, 60), (Dir::Server, 76)] {
            (0..n).for_each(|_| assert!(!auth.bytes(dir, 1)));
        }
        assert!(!auth.bytes(Dir::Client, 140));
        (0..28).for_each(|_| assert!(!auth.bytes(Dir::Server, 1)));
        assert!(auth.bytes(Dir::Client, 112));
        assert_eq!((auth.finish(), auth.failures()), (Outcome::Success, 1));
    }
}
