//! ClientHello and ServerHello: RFC 8446 §4.1, RFC 5246 §7.4.1, RFC 6101 appendix E (the form that SSL 2.0
//! servers understand). Unknown and repeated extensions are kept by number, in order: fingerprints need it.

use super::names::is_grease;
use super::wire::Wire;

/// The random value that marks a ServerHello as HelloRetryRequest (RFC 8446 §4.1.3).
const RETRY: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2,
    0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// What either hello says. Lists are as on the wire, GREASE included; their size is bounded by the
/// message.
#[derive(Debug, Default, Clone)]
pub(in crate::proto) struct Hello {
    /// `legacy_version`.
    pub version: u16,
    pub random: [u8; 32],
    pub session_id: Vec<u8>,
    /// Offered, or the one chosen.
    pub ciphers: Vec<u16>,
    /// Offered, or the one chosen.
    pub compressions: Vec<u8>,
    /// Extension numbers in order.
    pub extensions: Vec<u16>,
    pub server_names: Vec<Vec<u8>>,
    pub alpn: Vec<Vec<u8>>,
    pub groups: Vec<u16>,
    pub points: Vec<u8>,
    pub schemes: Vec<u16>,
    /// `supported_versions`: offered, or the one chosen.
    pub versions: Vec<u16>,
    /// Length of the session ticket, if the extension is there.
    pub ticket: Option<usize>,
    /// Group of the server's key share.
    pub key_share: Option<u16>,
    /// A ServerHello that asks for another ClientHello.
    pub retry: bool,
    /// The form of SSL 2.0.
    pub sslv2: bool,
    /// Something did not parse; what did is kept.
    pub broken: bool,
}

impl Hello {
    pub fn has(&self, extension: u16) -> bool {
        self.extensions.contains(&extension)
    }

    /// Encrypted ClientHello (RFC 9849; 0xfe0d) or its predecessor with an encrypted name (0xffce).
    pub fn ech(&self) -> bool {
        self.has(0xfe0d) || self.has(0xffce)
    }

    /// Resumption by pre-shared key (TLS 1.3).
    pub fn psk(&self) -> bool {
        self.has(41)
    }

    pub fn early_data(&self) -> bool {
        self.has(42)
    }

    /// The version agreed on, or for a ClientHello the one it names itself by.
    pub fn agreed(&self) -> u16 {
        match self.versions.first() {
            Some(v) if self.versions.len() == 1 && !is_grease(*v) => *v,
            _ => self.version,
        }
    }

    /// Body of a ClientHello message; `cookie` for the datagram form (RFC 6347 §4.2.1).
    pub fn client(body: &[u8], cookie: bool) -> Option<Hello> {
        let mut w = Wire(body);
        let version = w.u16()?;
        let random = *w.take(32)?.first_chunk()?;
        let session_id = w.vec8()?.0.to_vec();
        if cookie {
            w.vec8()?;
        }
        let ciphers = w.vec16()?.numbers();
        let compressions = w.vec8()?.0.to_vec();
        let mut hello = Hello { version, random, session_id, ciphers, compressions, ..Hello::default() };
        hello.extensions_of(w, true);
        Some(hello)
    }

    /// Body of a ServerHello message.
    pub fn server(body: &[u8]) -> Option<Hello> {
        let mut w = Wire(body);
        let version = w.u16()?;
        let random = *w.take(32)?.first_chunk()?;
        let retry = random == RETRY;
        let session_id = w.vec8()?.0.to_vec();
        let ciphers = vec![w.u16()?];
        let compressions = vec![w.u8()?];
        let mut hello =
            Hello { version, random, session_id, ciphers, compressions, retry, ..Hello::default() };
        hello.extensions_of(w, false);
        Some(hello)
    }

    /// An SSL 2.0 CLIENT-HELLO, after its two length bytes.
    pub fn sslv2(body: &[u8]) -> Option<Hello> {
        let mut w = Wire(body);
        w.u8().filter(|t| *t == 1)?;
        let version = w.u16()?;
        let (specs, session, challenge) = (w.u16()?, w.u16()?, w.u16()?);
        let specs = w.take(usize::from(specs))?;
        let session_id = w.take(usize::from(session))?.to_vec();
        w.take(usize::from(challenge))?;
        let ciphers = specs
            .chunks_exact(3)
            .filter_map(|c| match c {
                [0, a, b] => Some(u16::from_be_bytes([*a, *b])),
                _ => None,
            })
            .collect();
        Some(Hello { version, session_id, ciphers, sslv2: true, ..Hello::default() })
    }

    fn extensions_of(&mut self, mut w: Wire<'_>, client: bool) {
        if w.is_empty() {
            return;
        }
        let Some(mut list) = w.vec16() else {
            self.broken = true;
            return;
        };
        while !list.is_empty() {
            let (Some(code), Some(body)) = (list.u16(), list.vec16()) else {
                self.broken = true;
                return;
            };
            self.extensions.push(code);
            if self.extension(code, body, client).is_none() {
                self.broken = true;
            }
        }
    }

    fn extension(&mut self, code: u16, mut body: Wire<'_>, client: bool) -> Option<()> {
        match code {
            0 if client && !body.is_empty() => {
                let mut names = body.vec16()?;
                while !names.is_empty() {
                    let (kind, name) = (names.u8()?, names.vec16()?);
                    if kind == 0 {
                        self.server_names.push(name.0.to_vec());
                    }
                }
            }
            10 => self.groups = body.vec16()?.numbers(),
            11 => self.points = body.vec8()?.0.to_vec(),
            13 => self.schemes = body.vec16()?.numbers(),
            16 => {
                let mut names = body.vec16()?;
                while !names.is_empty() {
                    self.alpn.push(names.vec8()?.0.to_vec());
                }
            }
            35 => self.ticket = Some(body.0.len()),
            43 if client => self.versions = body.vec8()?.numbers(),
            43 => self.versions = vec![body.u16()?],
            51 if !client => self.key_share = Some(body.u16()?),
            _ => {}
        }
        Some(())
    }
}
