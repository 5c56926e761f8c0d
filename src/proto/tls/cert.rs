//! X.509 certificates (RFC 5280) as the events tell them. Spelling of names, algorithms and the serial
//! number follows Packetbeat, so that existing dashboards keep working.

use super::fields::CertFields;
use super::fingerprint::hex;
use crate::model::{Ts, Value};
use crate::proto::config::Fingerprint;
use crate::proto::{Draft, Limits, base64};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::net::IpAddr;
use x509_parser::asn1_rs::{Oid, Tag};
use x509_parser::prelude::*;
use x509_parser::public_key::PublicKey;

/// Object identifier, member name and RFC 4514 short name of the name parts that have a field.
pub(super) const NAME_PARTS: [(&str, &str, &str); 6] = [
    ("2.5.4.3", "common_name", "CN"),
    ("2.5.4.6", "country", "C"),
    ("2.5.4.10", "organization", "O"),
    ("2.5.4.11", "organizational_unit", "OU"),
    ("2.5.4.7", "locality", "L"),
    ("2.5.4.8", "state_or_province", "ST"),
];

/// The other short names that are printed instead of an identifier.
const SHORT_NAMES: [(&str, &str); 7] = [
    ("2.5.4.5", "SERIALNUMBER"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.17", "POSTALCODE"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
    ("2.5.4.97", "organizationIdentifier"),
];

const SIGNATURES: [(&str, &str); 21] = [
    ("1.2.840.113549.1.1.2", "MD2-RSA"),
    ("1.2.840.113549.1.1.4", "MD5-RSA"),
    ("1.2.840.113549.1.1.5", "SHA1-RSA"),
    ("1.3.14.3.2.29", "SHA1-RSA"),
    ("1.2.840.113549.1.1.11", "SHA256-RSA"),
    ("1.2.840.113549.1.1.12", "SHA384-RSA"),
    ("1.2.840.113549.1.1.13", "SHA512-RSA"),
    ("1.2.840.113549.1.1.14", "SHA224-RSA"),
    ("1.2.840.113549.1.1.10", "RSAPSS"),
    ("1.2.840.10040.4.3", "DSA-SHA1"),
    ("2.16.840.1.101.3.4.3.2", "DSA-SHA256"),
    ("1.2.840.10045.4.1", "ECDSA-SHA1"),
    ("1.2.840.10045.4.3.1", "ECDSA-SHA224"),
    ("1.2.840.10045.4.3.2", "ECDSA-SHA256"),
    ("1.2.840.10045.4.3.3", "ECDSA-SHA384"),
    ("1.2.840.10045.4.3.4", "ECDSA-SHA512"),
    ("1.3.101.112", "Ed25519"),
    ("1.3.101.113", "Ed448"),
    ("2.16.840.1.101.3.4.3.17", "ML-DSA-44"),
    ("2.16.840.1.101.3.4.3.18", "ML-DSA-65"),
    ("2.16.840.1.101.3.4.3.19", "ML-DSA-87"),
];

const WEAK_SIGNATURES: [&str; 5] = ["MD2-RSA", "MD5-RSA", "SHA1-RSA", "DSA-SHA1", "ECDSA-SHA1"];

const KEYS: [(&str, &str); 6] = [
    ("1.2.840.113549.1.1.1", "RSA"),
    ("1.2.840.113549.1.1.10", "RSA"),
    ("1.2.840.10045.2.1", "ECDSA"),
    ("1.2.840.10040.4.1", "DSA"),
    ("1.3.101.112", "Ed25519"),
    ("1.3.101.113", "Ed448"),
];

/// Curves (RFC 5480, RFC 5639): identifier, ECS name, bits.
const CURVES: [(&str, &str, u64); 9] = [
    ("1.2.840.10045.3.1.1", "nistp192", 192),
    ("1.3.132.0.33", "nistp224", 224),
    ("1.2.840.10045.3.1.7", "nistp256", 256),
    ("1.3.132.0.34", "nistp384", 384),
    ("1.3.132.0.35", "nistp521", 521),
    ("1.3.132.0.10", "secp256k1", 256),
    ("1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1", 256),
    ("1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1", 384),
    ("1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1", 512),
];

/// A distinguished name: its parts in the order of [`NAME_PARTS`], and whole.
#[derive(Debug, Default)]
pub(super) struct Name {
    pub parts: [Vec<String>; 6],
    pub whole: String,
}

/// What of a certificate is told.
#[derive(Debug, Default)]
pub(super) struct Cert {
    pub subject: Name,
    pub issuer: Name,
    pub names: Vec<String>,
    pub serial: String,
    pub version: u32,
    pub not_before: Ts,
    pub not_after: Ts,
    pub signature: Cow<'static, str>,
    pub key: Cow<'static, str>,
    pub key_size: Option<u64>,
    pub key_curve: Option<Cow<'static, str>>,
    pub key_exponent: Option<u64>,
    pub self_signed: bool,
}

fn lookup(table: &[(&str, &'static str)], oid: &Oid<'_>) -> Cow<'static, str> {
    let id = oid.to_id_string();
    match table.iter().find(|(o, _)| *o == id) {
        Some((_, name)) => Cow::Borrowed(*name),
        None => Cow::Owned(id),
    }
}

impl Cert {
    /// Decodes one certificate; `None` if it is not one.
    pub fn parse(der: &[u8], limits: &Limits) -> Option<Cert> {
        let (_, x) = X509Certificate::from_der(der).ok()?;
        let mut cert = Cert {
            subject: name(x.subject(), limits),
            issuer: name(x.issuer(), limits),
            serial: serial(&x),
            version: x.version().0.saturating_add(1),
            not_before: nanos(x.validity().not_before.timestamp()),
            not_after: nanos(x.validity().not_after.timestamp()),
            signature: lookup(&SIGNATURES, &x.signature_algorithm.algorithm),
            self_signed: x.subject().as_raw() == x.issuer().as_raw(),
            ..Cert::default()
        };
        cert.public_key(x.public_key());
        if let Ok(Some(san)) = x.subject_alternative_name() {
            cert.names = san.value.general_names.iter().filter_map(alternative).take(limits.list).collect();
        }
        Some(cert)
    }

    fn public_key(&mut self, key: &SubjectPublicKeyInfo<'_>) {
        self.key = lookup(&KEYS, &key.algorithm.algorithm);
        match key.parsed() {
            Ok(PublicKey::RSA(rsa)) => {
                self.key_size = Some(bits(rsa.modulus));
                self.key_exponent = rsa.try_exponent().ok();
            }
            Ok(PublicKey::DSA(y)) => self.key_size = Some(bits(y).next_multiple_of(64)),
            Ok(PublicKey::EC(_)) => {
                let curve = key.algorithm.parameters.as_ref().and_then(|p| p.as_oid().ok());
                let id = curve.map(|c| c.to_id_string());
                let known = id.as_ref().and_then(|id| CURVES.iter().find(|(o, ..)| o == id));
                self.key_size = known.map(|(.., bits)| *bits);
                self.key_curve = known.map(|(_, name, _)| Cow::Borrowed(*name)).or(id.map(Cow::Owned));
            }
            _ => {}
        }
    }

    /// What is wrong with it at `now`, for a client that asked for `asked`.
    pub fn issues(&self, now: Ts, asked: Option<&str>) -> Vec<&'static str> {
        let floor = if self.key == "ECDSA" { 224 } else { 2048 };
        let checks = [
            (self.self_signed, "self_signed"),
            (now > self.not_after, "expired"),
            (now < self.not_before, "not_yet_valid"),
            (self.key_size.is_some_and(|bits| bits < floor), "weak_key"),
            (!self.self_signed && WEAK_SIGNATURES.contains(&self.signature.as_ref()), "weak_signature"),
            (asked.is_some_and(|name| !self.covers(name)), "name_mismatch"),
        ];
        checks.into_iter().filter(|(bad, _)| *bad).map(|(_, word)| word).collect()
    }

    /// Whether it is for this host (RFC 9525 §6.3; the common name counts if there are no others).
    fn covers(&self, host: &str) -> bool {
        let [common, ..] = &self.subject.parts;
        let names = if self.names.is_empty() { common } else { &self.names };
        names.iter().any(|pattern| match pattern.strip_prefix("*.") {
            Some(parent) => host.split_once('.').is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(parent)),
            None => pattern.eq_ignore_ascii_case(host),
        })
    }

    /// Fills one side's fields.
    pub fn put(&self, to: &CertFields, draft: &mut Draft) {
        draft.put(to.subject, self.subject.whole.clone());
        draft.put(to.issuer, self.issuer.whole.clone());
        for (field, ts) in [
            (to.not_before, self.not_before),
            (to.not_after, self.not_after),
            (to.x509_not_before, self.not_before),
            (to.x509_not_after, self.not_after),
        ] {
            draft.put(field, Value::Time(ts));
        }
        draft.put(to.serial, self.serial.clone());
        draft.put(to.version, self.version.to_string());
        draft.put(to.signature, self.signature.clone());
        draft.put(to.key, self.key.clone());
        draft.put_some(to.key_size, self.key_size);
        draft.put_some(to.key_curve, self.key_curve.clone());
        draft.put_some(to.key_exponent, self.key_exponent);
        if !self.names.is_empty() {
            draft.put(to.names, Value::texts(self.names.clone()));
        }
        put_name(&self.subject, &to.subject_parts, draft);
        put_name(&self.issuer, &to.issuer_parts, draft);
    }

    /// What ECS has under other names and Packetbeat goes on to print, too.
    pub fn put_old_names(&self, to: &CertFields, draft: &mut Draft) {
        draft.put(to.old_version, self.version.to_string());
        for (field, name) in to.old_provinces.into_iter().zip([&self.subject, &self.issuer]) {
            let [.., province] = &name.parts;
            draft.put_some(field, (!province.is_empty()).then(|| one_or_list(province)));
        }
    }

    /// The same as one value, for `tls.detailed`.
    pub fn object(&self) -> Value<'static> {
        let mut members: Vec<(Cow<'static, str>, Value<'static>)> = vec![
            ("serial_number".into(), self.serial.clone().into()),
            ("version_number".into(), u64::from(self.version).into()),
            ("version".into(), u64::from(self.version).into()),
            ("signature_algorithm".into(), self.signature.clone().into()),
            ("public_key_algorithm".into(), self.key.clone().into()),
            ("not_before".into(), Value::Time(self.not_before)),
            ("not_after".into(), Value::Time(self.not_after)),
            ("subject".into(), self.subject.object()),
            ("issuer".into(), self.issuer.object()),
        ];
        if let Some(size) = self.key_size {
            members.push(("public_key_size".into(), size.into()));
        }
        if !self.names.is_empty() {
            members.push(("alternative_names".into(), Value::texts(self.names.clone())));
        }
        Value::Object(members)
    }
}

impl Name {
    fn object(&self) -> Value<'static> {
        let parts = NAME_PARTS.iter().zip(&self.parts).filter(|(_, v)| !v.is_empty());
        let mut members: Vec<_> =
            parts.map(|((_, key, _), v)| (Cow::Borrowed(*key), one_or_list(v))).collect();
        let [.., province] = &self.parts;
        if !province.is_empty() {
            members.push((Cow::Borrowed("province"), one_or_list(province)));
        }
        members.push((Cow::Borrowed("distinguished_name"), self.whole.clone().into()));
        Value::Object(members)
    }
}

fn one_or_list(values: &[String]) -> Value<'static> {
    match values {
        [one] => one.clone().into(),
        many => Value::texts(many.to_vec()),
    }
}

fn put_name(name: &Name, fields: &[crate::model::FieldRef; 7], draft: &mut Draft) {
    let [parts @ .., whole] = fields;
    for (field, values) in parts.iter().zip(&name.parts).filter(|(_, v)| !v.is_empty()) {
        draft.put(field, one_or_list(values));
    }
    draft.put(whole, name.whole.clone());
}

/// The three fingerprints in the fields of one side.
pub(super) fn put_hashes(der: &[u8], to: &CertFields, only: Option<&[Fingerprint]>, draft: &mut Draft) {
    let wanted = |kind| only.is_none_or(|kinds| kinds.contains(&kind));
    if wanted(Fingerprint::Md5) {
        draft.put(to.md5, hex(&Md5::digest(der)).to_ascii_uppercase());
    }
    if wanted(Fingerprint::Sha1) {
        draft.put(to.sha1, hex(&Sha1::digest(der)).to_ascii_uppercase());
    }
    if wanted(Fingerprint::Sha256) {
        draft.put(to.sha256, hex(&Sha256::digest(der)).to_ascii_uppercase());
    }
}

/// PEM form (RFC 7468).
pub(super) fn pem(der: &[u8]) -> String {
    let mut out = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in der.chunks(48) {
        base64::push(&mut out, line, true);
        out.push('\n');
    }
    out.push_str("-----END CERTIFICATE-----\n");
    out
}

/// A serial number is at most 20 bytes (RFC 5280 §4.1.2.2). Decimal conversion is quadratic, so a longer
/// one is printed in hexadecimal.
fn serial(x: &X509Certificate<'_>) -> String {
    let raw = x.raw_serial();
    match raw.get(..65) {
        Some(head) => format!("0x{}", hex(head)),
        None => x.tbs_certificate.serial.to_string(),
    }
}

fn nanos(seconds: i64) -> Ts {
    seconds.saturating_mul(1_000_000_000)
}

fn bits(number: &[u8]) -> u64 {
    let skip = number.iter().take_while(|b| **b == 0).count();
    let zeros = number.get(skip).map_or(0, |b| u64::from(b.leading_zeros()));
    ((number.len().saturating_sub(skip)) as u64).saturating_mul(8).saturating_sub(zeros)
}

fn alternative(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(s) | GeneralName::RFC822Name(s) | GeneralName::URI(s) => Some((*s).to_owned()),
        GeneralName::IPAddress(b) => <[u8; 4]>::try_from(*b)
            .map(IpAddr::from)
            .or_else(|_| <[u8; 16]>::try_from(*b).map(IpAddr::from))
            .ok()
            .map(|ip| ip.to_string()),
        _ => None,
    }
}

/// The last relative name first, as RFC 4514 §2.1 wants it.
fn name(x: &X509Name<'_>, limits: &Limits) -> Name {
    let mut out = Name::default();
    let mut rdns = Vec::new();
    for rdn in x.iter_rdn().take(limits.list) {
        let mut text = String::new();
        for attribute in rdn.iter().take(limits.list) {
            let id = attribute.attr_type().to_id_string();
            let value = text_of(attribute.attr_value().tag(), attribute.as_slice());
            let part = NAME_PARTS.iter().position(|(o, ..)| *o == id);
            if let Some(values) = part.and_then(|i| out.parts.get_mut(i)) {
                values.push(value.clone());
            }
            let known = part.and_then(|i| NAME_PARTS.get(i)).map(|(.., short)| *short);
            let short = known.or_else(|| SHORT_NAMES.iter().find(|(o, _)| *o == id).map(|(_, s)| *s));
            if !text.is_empty() {
                text.push('+');
            }
            text.push_str(short.unwrap_or(&id));
            text.push('=');
            escape(&mut text, &value);
        }
        rdns.push(text);
    }
    rdns.reverse();
    out.whole = rdns.join(",");
    out
}

fn text_of(tag: Tag, bytes: &[u8]) -> String {
    match tag {
        Tag::BmpString => {
            let units = bytes.chunks_exact(2).filter_map(|c| Some(u16::from_be_bytes(c.try_into().ok()?)));
            char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect()
        }
        Tag::T61String => bytes.iter().copied().map(char::from).collect(),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// RFC 4514 §2.4.
fn escape(out: &mut String, value: &str) {
    let last = value.chars().count().saturating_sub(1);
    for (i, c) in value.chars().enumerate() {
        let special = matches!(c, ',' | '+' | '"' | '\\' | '<' | '>' | ';')
            || (i == 0 && matches!(c, '#' | ' '))
            || (i == last && c == ' ');
        if special {
            out.push('\\');
        }
        out.push(c);
    }
}
