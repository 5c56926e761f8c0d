//! Payloads in clear text (RFC 7296 §3.2 ff., RFC 2408 §3.4 ff.).

use super::super::json_text::hex;
use super::super::{lines, wire::Wire};
use super::names::{self, name};
use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

type Text = Cow<'static, str>;

/// Values kept of each list.
const MOST: usize = 64;

/// What one end said in clear text.
#[derive(Default)]
pub(super) struct Seen {
    pub proposals: Vec<Text>,
    pub authentication: Vec<Text>,
    pub vendors: Vec<Text>,
    pub notify: Vec<u16>,
    pub identity: Option<String>,
}

fn once(list: &mut Vec<Text>, value: Text) {
    if list.len() < MOST && !list.contains(&value) {
        list.push(value);
    }
}

impl Seen {
    /// Reads the payloads from kind `next` on; `None` if they do not fit.
    pub fn read(&mut self, v2: bool, mut next: u8, bytes: &[u8]) -> Option<()> {
        let mut wire = Wire::new(bytes);
        while next != 0 {
            let (kind, after, _) = (next, wire.u8()?, wire.u8()?);
            let len = usize::from(wire.u16()?).checked_sub(4)?;
            let body = wire.take(len)?;
            next = after;
            match (v2, kind) {
                // Encrypted: what follows is inside.
                (true, 46 | 53) => return Some(()),
                (true, 33) => self.proposals2(body)?,
                (false, 1) => self.proposals1(body)?,
                (true, 41) => self.note(Wire::new(body.get(2..)?).u16()?),
                (false, 11) => self.note(Wire::new(body.get(6..)?).u16()?),
                (true, 43) | (false, 13) => {
                    let known = names::vendor(body).map(Cow::Borrowed);
                    once(
                        &mut self.vendors,
                        known.unwrap_or_else(|| Cow::Owned(hex(body.get(..32).unwrap_or(body)))),
                    );
                }
                (false, 5) => self.identity = self.identity.take().or_else(|| identity(body)),
                _ => {}
            }
        }
        Some(())
    }

    fn note(&mut self, number: u16) {
        if self.notify.len() < MOST {
            self.notify.push(number);
        }
    }

    /// Proposals with their transforms (RFC 7296 §3.3).
    fn proposals2(&mut self, bytes: &[u8]) -> Option<()> {
        let mut wire = Wire::new(bytes);
        while !wire.rest().is_empty() {
            wire.u16()?;
            let len = usize::from(wire.u16()?).checked_sub(4)?;
            let mut proposal = Wire::new(wire.take(len)?);
            let (_, _, spi, count) = (proposal.u8()?, proposal.u8()?, proposal.u8()?, proposal.u8()?);
            proposal.take(usize::from(spi))?;
            for _ in 0..count {
                proposal.u16()?;
                let len = usize::from(proposal.u16()?).checked_sub(4)?;
                let mut transform = Wire::new(proposal.take(len)?);
                let (kind, _, id) = (transform.u8()?, transform.u8()?, transform.u16()?);
                // The only attribute there is: the length of the key.
                let bits = transform.u16().filter(|kind| *kind == 0x800e).and_then(|_| transform.u16());
                let text = match kind {
                    1 => sized(name(names::ENCRYPTION, id), bits),
                    2 => name(names::PRF, id),
                    3 => name(names::INTEGRITY, id),
                    4 => name(names::GROUP, id),
                    _ => continue,
                };
                once(&mut self.proposals, text);
            }
        }
        Some(())
    }

    /// The same of IKEv1: a domain of interpretation and a situation before it, attributes in each transform
    /// (RFC 2408 §3.4 to 3.6, RFC 2409 appendix A).
    fn proposals1(&mut self, bytes: &[u8]) -> Option<()> {
        let mut wire = Wire::new(bytes.get(8..)?);
        while !wire.rest().is_empty() {
            wire.u16()?;
            let len = usize::from(wire.u16()?).checked_sub(4)?;
            let mut proposal = Wire::new(wire.take(len)?);
            let (_, protocol, spi, count) = (proposal.u8()?, proposal.u8()?, proposal.u8()?, proposal.u8()?);
            proposal.take(usize::from(spi))?;
            for _ in 0..count {
                proposal.u16()?;
                let len = usize::from(proposal.u16()?).checked_sub(4)?;
                let mut transform = Wire::new(proposal.take(len)?);
                transform.u32()?;
                if protocol == 1 {
                    self.attributes1(transform)?;
                }
            }
        }
        Some(())
    }

    fn attributes1(&mut self, mut wire: Wire<'_>) -> Option<()> {
        let (mut cipher, mut bits) = (None, None);
        while !wire.rest().is_empty() {
            let (kind, value) = (wire.u16()?, wire.u16()?);
            if kind & 0x8000 == 0 {
                wire.take(usize::from(value))?;
                continue;
            }
            match kind & 0x7fff {
                1 => cipher = Some(name(names::ENCRYPTION1, value)),
                2 => once(&mut self.proposals, name(names::HASH1, value)),
                3 => once(&mut self.authentication, name(names::AUTHENTICATION1, value)),
                4 => once(&mut self.proposals, name(names::GROUP, value)),
                14 => bits = Some(value),
                _ => {}
            }
        }
        if let Some(cipher) = cipher {
            once(&mut self.proposals, sized(cipher, bits));
        }
        Some(())
    }
}

fn sized(cipher: Text, bits: Option<u16>) -> Text {
    match bits {
        Some(bits) => Cow::Owned(format!("{cipher}_{bits}")),
        None => cipher,
    }
}

/// An identification (RFC 2407 §4.6.2): kind, protocol, port, then what it is.
fn identity(body: &[u8]) -> Option<String> {
    let mut wire = Wire::new(body);
    let (kind, _, _) = (wire.u8()?, wire.u8()?, wire.u16()?);
    let data = wire.rest();
    match kind {
        1 => data.first_chunk::<4>().map(|ip| Ipv4Addr::from(*ip).to_string()),
        5 => data.first_chunk::<16>().map(|ip| Ipv6Addr::from(*ip).to_string()),
        2 | 3 => Some(lines::text(data, 256)),
        _ => Some(hex(data.get(..64).unwrap_or(data))),
    }
}
