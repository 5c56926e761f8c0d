//! The keys of Initial packets (RFC 9001 §5.2, RFC 9369 §3.3) and what they open.

use super::super::Dir;
use super::packet::{Long, V2};
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::aes::Aes128;
use aes_gcm::aes::cipher::BlockCipherEncrypt;
use aes_gcm::{Aes128Gcm, Nonce};
use hkdf::Hkdf;
use sha2::Sha256;

/// Salts by version. Drafts: draft-ietf-quic-tls-22 to -34 §5.2.
fn salt(version: u32) -> [u8; 20] {
    match version {
        V2 => *b"\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9",
        0xff00_0016 | 0xface_b001 => {
            *b"\x7f\xbc\xdb\x0e\x7c\x66\xbb\xe9\x19\x3a\x96\xcd\x21\x51\x9e\xbd\x7a\x02\x64\x4a"
        }
        0xff00_0017..=0xff00_001c | 0xface_b002 | 0xface_b00e | 0xface_b010..=0xface_b01f => {
            *b"\xc3\xee\xf7\x12\xc7\x2e\xbb\x5a\x11\xa7\xd2\x43\x2b\xb4\x63\x65\xbe\xf9\xf5\x02"
        }
        0xff00_001d..=0xff00_0020 => {
            *b"\xaf\xbf\xec\x28\x99\x93\xd2\x4c\x9e\x97\x86\xf1\x9c\x61\x11\xe0\x43\x90\xa8\x99"
        }
        _ => *b"\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a",
    }
}

/// HKDF-Expand-Label of TLS 1.3 (RFC 8446 §7.1) with an empty context.
fn expand<const N: usize>(secret: &[u8], label: &str) -> Option<[u8; N]> {
    let mut info = Vec::with_capacity(32);
    info.extend_from_slice(&u16::try_from(N).ok()?.to_be_bytes());
    info.push(u8::try_from(label.len() + 6).ok()?);
    info.extend_from_slice(b"tls13 ");
    info.extend_from_slice(label.as_bytes());
    info.push(0);
    let mut out = [0; N];
    Hkdf::<Sha256>::from_prk(secret).ok()?.expand(&info, &mut out).ok()?;
    Some(out)
}

/// What one side's packets are opened with.
struct Side {
    cipher: Aes128Gcm,
    iv: [u8; 12],
    header: Aes128,
    /// Largest packet number so far.
    largest: u64,
}

impl Side {
    fn new(initial: &[u8], side: &str, version: u32) -> Option<Side> {
        let secret: [u8; 32] = expand(initial, side)?;
        let [key, iv, header] = if version == V2 {
            ["quicv2 key", "quicv2 iv", "quicv2 hp"]
        } else {
            ["quic key", "quic iv", "quic hp"]
        };
        let (key, iv, header): ([u8; 16], [u8; 12], [u8; 16]) =
            (expand(&secret, key)?, expand(&secret, iv)?, expand(&secret, header)?);
        Some(Side {
            cipher: Aes128Gcm::new(&key.into()),
            iv,
            header: Aes128::new(&header.into()),
            largest: 0,
        })
    }

    /// Takes the header protection off (RFC 9001 §5.4) and opens the packet; `None` if the tag does not fit.
    fn open(&mut self, long: &Long<'_>) -> Option<Vec<u8>> {
        let at = long.number_at;
        let sample: [u8; 16] = *long.bytes.get(at + 4..)?.first_chunk()?;
        let mut mask = sample.into();
        self.header.encrypt_block(&mut mask);
        let mask: [u8; 16] = mask.into();
        let mut header = long.bytes.get(..at)?.to_vec();
        let first = header.first_mut()?;
        *first ^= mask.first()? & 0x0f;
        let len = usize::from(*first & 3) + 1;
        let mut number = 0u64;
        for (byte, mask) in long.bytes.get(at..at + len)?.iter().zip(mask.iter().skip(1)) {
            header.push(byte ^ mask);
            number = number << 8 | u64::from(byte ^ mask);
        }
        let number = whole(number, len, self.largest);
        let mut nonce = self.iv;
        for (byte, part) in nonce.iter_mut().skip(4).zip(number.to_be_bytes()) {
            *byte ^= part;
        }
        let payload = Payload { msg: long.bytes.get(at + len..)?, aad: &header };
        let opened = self.cipher.decrypt(&Nonce::from(nonce), payload).ok()?;
        self.largest = self.largest.max(number);
        Some(opened)
    }
}

/// The packet number whose last `len` bytes are `cut`: the one nearest to what is expected (RFC 9000 §A.3).
fn whole(cut: u64, len: usize, largest: u64) -> u64 {
    let window = 1u64 << (8 * len.min(4));
    let expected = largest + 1;
    let candidate = expected & !(window - 1) | cut;
    if candidate + window / 2 <= expected {
        candidate + window
    } else if candidate > expected + window / 2 && candidate >= window {
        candidate - window
    } else {
        candidate
    }
}

/// The keys of both sides.
pub(super) struct Keys {
    version: u32,
    id: Vec<u8>,
    sides: [Side; 2],
}

impl Keys {
    /// From the identifier that the client made up for the server. `None` never happens with lengths that are constant.
    pub fn new(version: u32, id: &[u8]) -> Option<Keys> {
        let (initial, _) = Hkdf::<Sha256>::extract(Some(&salt(version)), id);
        let side = |name| Side::new(&initial, name, version);
        Some(Keys { version, id: id.to_vec(), sides: [side("client in")?, side("server in")?] })
    }

    /// Opens an Initial packet. A server that answers in another version uses that version's keys (RFC 9369 §4.1).
    pub fn open(&mut self, dir: Dir, long: &Long<'_>) -> Option<Vec<u8>> {
        if self.version != long.version && dir == Dir::Server {
            let mut other = Keys::new(long.version, &self.id)?;
            return other.side(dir).open(long);
        }
        self.side(dir).open(long)
    }

    fn side(&mut self, dir: Dir) -> &mut Side {
        dir.of(&mut self.sides)
    }
}

#[cfg(test)]
mod tests {
    use super::super::packet::V1;
    use super::*;

    /// RFC 9000 §A.3.
    #[test]
    fn packet_numbers() {
        assert_eq!(whole(0x9b32, 2, 0xa82f_30ea), 0xa82f_9b32);
        assert_eq!(whole(0, 1, 0), 0);
        assert_eq!(whole(1, 4, 0), 1);
        assert_eq!(whole(0, 1, 255), 256);
    }

    /// RFC 9001 §A.1 and RFC 9369 §A.1.
    #[test]
    fn published_keys() {
        let id = [0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08];
        let keys = Keys::new(V1, &id).unwrap();
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        assert_eq!(hex(&keys.sides[0].iv), "fa044b2f42a3fd3b46fb255c");
        assert_eq!(hex(&keys.sides[1].iv), "0ac1493ca1905853b0bba03e");
        let keys = Keys::new(V2, &id).unwrap();
        assert_eq!(hex(&keys.sides[0].iv), "91f73e2351d8fa91660e909f");
        assert_eq!(hex(&keys.sides[1].iv), "dd13c276499c0249d3310652");
    }
}
