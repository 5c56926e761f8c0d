//! Record data as text (RFC 1035 §3.3 and the RFC of each type). As Packetbeat does, `data` holds the
//! part that a record is about (the exchange of an MX, the digest of a DS), its other parts are members
//! of their own. Unknown types are written as RFC 3597 §5 says.

use super::codes;
use super::message::{Fault, Record};
use super::name;
use super::svcb;
use crate::model::Value;
use crate::proto::base64;
use crate::proto::wire::Wire;
use std::borrow::Cow;
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A rendered record: `data`, the address if it is one, and the other parts by member name.
#[derive(Debug, Default)]
pub(super) struct Rendered {
    pub data: String,
    pub ip: Option<IpAddr>,
    pub parts: Vec<(Cow<'static, str>, Value<'static>)>,
}

/// Reads through record data; names may point anywhere before in the message.
pub(super) struct Rdata<'a> {
    message: &'a [u8],
    at: usize,
    end: usize,
    out: Rendered,
}

/// Renders a record. Data that does not fit its type is rendered as of unknown type, with the fault.
pub(super) fn render(message: &[u8], record: &Record) -> (Rendered, Option<Fault>) {
    let rdata = record.rdata.clone();
    let mut reader = Rdata { message, at: rdata.start, end: rdata.end, out: Rendered::default() };
    // Updates and prerequisites of RFC 2136 carry empty data of any type.
    let known = if rdata.is_empty() && record.ttl == 0 { None } else { reader.known(record.kind) };
    match known {
        Some(Ok(())) if reader.at == reader.end => (reader.out, None),
        Some(Ok(())) => (reader.out, Some(Fault::RdataLength)),
        Some(Err(fault)) => (unknown(message, record), Some(fault)),
        None => (unknown(message, record), None),
    }
}

fn unknown(message: &[u8], record: &Record) -> Rendered {
    let bytes = message.get(record.rdata.clone()).unwrap_or_default();
    let mut data = format!("\\# {}", bytes.len());
    if !bytes.is_empty() {
        data.push(' ');
        data.push_str(&hex(bytes));
    }
    Rendered { data, ..Rendered::default() }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            out.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0').to_ascii_uppercase());
        }
    }
    out
}

/// The outcome of one part; the fault is that the data is too short or holds a bad name.
pub(super) type Part<T> = Result<T, Fault>;

impl<'a> Rdata<'a> {
    pub fn take(&mut self, n: usize) -> Part<&'a [u8]> {
        let end = self.at.checked_add(n).filter(|end| *end <= self.end).ok_or(Fault::RdataLength)?;
        let bytes = self.message.get(self.at..end).ok_or(Fault::RdataLength)?;
        self.at = end;
        Ok(bytes)
    }

    pub fn array<const N: usize>(&mut self) -> Part<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| Fault::RdataLength)
    }

    pub fn u8(&mut self) -> Part<u8> {
        self.array().map(|[b]: [u8; 1]| b)
    }

    pub fn u16(&mut self) -> Part<u16> {
        self.array().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Part<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub fn rest(&mut self) -> &'a [u8] {
        let bytes = self.message.get(self.at..self.end).unwrap_or_default();
        self.at = self.end;
        bytes
    }

    pub fn name(&mut self) -> Part<String> {
        let mut out = String::new();
        self.at = name::read(self.message, self.at, false, &mut out)?;
        if self.at <= self.end { Ok(out) } else { Err(Fault::RdataLength) }
    }

    /// One counted string (RFC 1035 §3.3).
    fn string(&mut self) -> Part<String> {
        let len = self.u8()?;
        Ok(String::from_utf8_lossy(self.take(usize::from(len))?).into_owned())
    }

    pub fn part(&mut self, name: &'static str, value: impl Into<Value<'static>>) {
        self.out.parts.push((Cow::Borrowed(name), value.into()));
    }

    pub fn data(&mut self, text: impl Into<String>) -> Part<()> {
        self.out.data = text.into();
        Ok(())
    }

    fn numbers<const N: usize>(&mut self, names: [&'static str; N]) -> Part<()> {
        for name in names {
            let number = self.u16()?;
            self.part(name, number);
        }
        Ok(())
    }

    fn bytes<const N: usize>(&mut self, names: [&'static str; N]) -> Part<()> {
        for name in names {
            let number = self.u8()?;
            self.part(name, number);
        }
        Ok(())
    }

    fn name_data(&mut self) -> Part<()> {
        let name = self.name()?;
        self.data(name)
    }

    fn hex_data(&mut self) -> Part<()> {
        let bytes = self.rest();
        self.data(hex(bytes))
    }

    fn address(&mut self, ip: IpAddr) -> Part<()> {
        self.out.ip = Some(ip);
        self.data(ip.to_string())
    }

    /// `None`: not a type we know the form of.
    fn known(&mut self, kind: u16) -> Option<Part<()>> {
        Some(match kind {
            1 => self.array::<4>().and_then(|ip| self.address(IpAddr::V4(Ipv4Addr::from(ip)))),
            28 => self.array::<16>().and_then(|ip| self.address(IpAddr::V6(Ipv6Addr::from(ip)))),
            2..=5 | 7..=9 | 12 | 39 => self.name_data(),
            6 => self.soa(),
            13 => self.hinfo(),
            15 | 18 | 21 | 36 => self.numbers(["preference"]).and_then(|()| self.name_data()),
            14 | 17 => self.mailboxes(),
            16 | 56 | 99 | 258 | 261 | 262 => self.texts(),
            33 => self.numbers(["priority", "weight", "port"]).and_then(|()| self.name_data()),
            35 => self.naptr(),
            43 | 59 | 32769 => self.ds(),
            44 => self.sshfp(),
            24 | 46 => self.rrsig(),
            47 => self.nsec(),
            25 | 48 | 60 => self.dnskey(),
            50 => self.nsec3(),
            51 => self.nsec3param(),
            52 | 53 => self.bytes(["usage", "selector", "matching_type"]).and_then(|()| self.hex_data()),
            61 => {
                let key = base64::encode(self.rest());
                self.data(key)
            }
            64 | 65 => svcb::render(self),
            256 => self.uri(),
            257 => self.caa(),
            _ => return None,
        })
    }

    fn soa(&mut self) -> Part<()> {
        self.name_data()?;
        let rname = self.name()?;
        self.part("rname", rname);
        for name in ["serial", "refresh", "retry", "expire", "minimum"] {
            let number = self.u32()?;
            self.part(name, number);
        }
        Ok(())
    }

    fn hinfo(&mut self) -> Part<()> {
        let (cpu, os) = (self.string()?, self.string()?);
        self.data(format!("{cpu} {os}"))
    }

    fn mailboxes(&mut self) -> Part<()> {
        let (first, second) = (self.name()?, self.name()?);
        self.data(format!("{first} {second}"))
    }

    /// Long texts are cut into strings of 255 bytes; what they say is all of them together.
    fn texts(&mut self) -> Part<()> {
        let mut all = Vec::new();
        while self.at < self.end {
            let len = self.u8()?;
            all.extend_from_slice(self.take(usize::from(len))?);
        }
        self.data(String::from_utf8_lossy(&all))
    }

    fn naptr(&mut self) -> Part<()> {
        self.numbers(["order", "preference"])?;
        for name in ["flags", "service", "regexp"] {
            let text = self.string()?;
            self.part(name, text);
        }
        self.name_data()
    }

    fn ds(&mut self) -> Part<()> {
        let tag = self.u16()?;
        self.part("key_tag", tag.to_string());
        let algorithm = self.u8()?;
        self.part("algorithm", codes::algorithm(algorithm));
        let digest = self.u8()?;
        self.part("digest_type", codes::digest(digest));
        self.hex_data()
    }

    fn sshfp(&mut self) -> Part<()> {
        let algorithm = self.u8()?;
        let names = ["0", "RSA", "DSA", "ECDSA", "Ed25519", "5", "Ed448"];
        let name =
            names.get(usize::from(algorithm)).map_or_else(|| algorithm.to_string(), |n| (*n).to_owned());
        self.part("algorithm", name);
        let digest = self.u8()?;
        self.part("digest_type", codes::digest(digest));
        self.hex_data()
    }

    fn rrsig(&mut self) -> Part<()> {
        let covered = self.u16()?;
        self.part("type_covered", codes::kind(covered));
        let algorithm = self.u8()?;
        self.part("algorithm", codes::algorithm(algorithm));
        let labels = self.u8()?;
        self.part("labels", labels);
        let ttl = self.u32()?;
        self.part("original_ttl", ttl);
        for name in ["expiration", "inception"] {
            let time = self.u32()?;
            self.part(name, instant(time));
        }
        let tag = self.u16()?;
        self.part("key_tag", tag.to_string());
        let signer = self.name()?;
        self.part("signer_name", signer);
        let signature = base64::encode(self.rest());
        self.data(signature)
    }

    fn dnskey(&mut self) -> Part<()> {
        let flags = self.u16()?;
        self.part("flags", flags.to_string());
        let protocol = self.u8()?;
        self.part("protocol", protocol);
        let algorithm = self.u8()?;
        self.part("algorithm", codes::algorithm(algorithm));
        let key = base64::encode(self.rest());
        self.data(key)
    }

    fn nsec(&mut self) -> Part<()> {
        self.name_data()?;
        self.type_bits()
    }

    /// Gives the salt.
    fn nsec3_head(&mut self) -> Part<String> {
        let hash = self.u8()?;
        self.part("hash", codes::digest(hash));
        let flags = self.u8()?;
        self.part("flags", flags.to_string());
        self.numbers(["iterations"])?;
        let len = self.u8()?;
        let salt = self.take(usize::from(len))?;
        let salt = if salt.is_empty() { "-".to_owned() } else { hex(salt) };
        self.part("salt", salt.clone());
        Ok(salt)
    }

    fn nsec3(&mut self) -> Part<()> {
        self.nsec3_head()?;
        let len = self.u8()?;
        let next = base64::base32hex(self.take(usize::from(len))?);
        self.type_bits()?;
        self.data(next)
    }

    fn nsec3param(&mut self) -> Part<()> {
        let salt = self.nsec3_head()?;
        self.data(salt)
    }

    /// Windows of bits (RFC 4034 §4.1.2).
    fn type_bits(&mut self) -> Part<()> {
        let mut text = String::new();
        while self.at < self.end {
            let window = u16::from(self.u8()?) << 8;
            let len = self.u8()?;
            let bits = self.take(usize::from(len))?;
            for (byte, base) in bits.iter().zip((0u16..256).step_by(8)) {
                for bit in (0u16..8).filter(|bit| byte & 0x80 >> bit != 0) {
                    if !text.is_empty() {
                        text.push(' ');
                    }
                    text.push_str(&codes::kind(window + base + bit));
                }
            }
        }
        self.part("type_bits", text);
        Ok(())
    }

    fn uri(&mut self) -> Part<()> {
        self.numbers(["priority", "weight"])?;
        let target = String::from_utf8_lossy(self.rest()).into_owned();
        self.data(target)
    }

    fn caa(&mut self) -> Part<()> {
        let flags = self.u8()?;
        self.part("flags", flags.to_string());
        let tag = self.string()?;
        self.part("tag", tag);
        let value = String::from_utf8_lossy(self.rest()).into_owned();
        self.data(value)
    }
}

/// `20130207154924`, as signatures' times are written (RFC 4034 §3.2).
fn instant(seconds: u32) -> String {
    let text = crate::model::rfc3339(i64::from(seconds) * 1_000_000_000);
    text.chars().take(19).filter(char::is_ascii_digit).collect()
}

/// Options of an OPT record (RFC 6891 §6.1.2), each as `NAME=value`.
pub(super) fn options(rdata: &[u8]) -> Vec<String> {
    let mut wire = Wire::new(rdata);
    let mut all = Vec::new();
    while let (Some(code), Some(len)) = (wire.u16(), wire.u16()) {
        let Some(body) = wire.take(usize::from(len)) else { break };
        let mut text = codes::option(code).into_owned();
        text.push('=');
        option(code, body, &mut text);
        all.push(text);
    }
    all
}

fn option(code: u16, body: &[u8], text: &mut String) {
    let mut wire = Wire::new(body);
    match code {
        3 if !body.is_empty() && body.iter().all(u8::is_ascii_graphic) => {
            text.extend(body.iter().map(|b| char::from(*b)));
        }
        8 => match subnet(body) {
            Some(subnet) => text.push_str(&subnet),
            None => text.push_str(&hex(body)),
        },
        12 => _ = write!(text, "{}", body.len()),
        15 => {
            let number = wire.u16().unwrap_or_default();
            text.push_str(&codes::extended_error(number));
            if !wire.rest().is_empty() {
                _ = write!(text, ": {}", String::from_utf8_lossy(wire.rest()));
            }
        }
        _ => text.push_str(&hex(body)),
    }
}

/// Client subnet (RFC 7871 §6).
fn subnet(body: &[u8]) -> Option<String> {
    let mut wire = Wire::new(body);
    let (family, source, scope) = (wire.u16()?, wire.u8()?, wire.u8()?);
    let mut octets = [0u8; 16];
    octets.iter_mut().zip(wire.rest()).for_each(|(o, i)| *o = *i);
    let ip = match family {
        1 => IpAddr::V4(Ipv4Addr::from(*octets.first_chunk::<4>()?)),
        2 => IpAddr::V6(Ipv6Addr::from(octets)),
        _ => return None,
    };
    Some(format!("{ip}/{source}/{scope}"))
}
