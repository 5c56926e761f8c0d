//! What the configuration file says of each protocol: section `[protocols.NAME]`, with Packetbeat's names.
//!
//! An option is one line in `sections.rs`, and one in `src/config/default.toml`. Where an option is not given,
//! `--detail` decides, or what the option's line says.

mod refused;
mod sections;

pub use refused::{REFUSED, refusal};
pub use sections::*;

use super::ALL;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;

/// Options that every protocol has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Section {
    /// Whether it is looked for at all.
    pub enabled: Option<bool>,
    /// Server ports where it is looked for first; in place of the usual ones.
    pub ports: Option<Vec<u16>>,
}

/// The two of them, for docs/protocols.md.
pub static COMMON: &[(&str, &str)] = &[
    ("enabled", "Whether it is looked for at all."),
    ("ports", "Server ports where it is looked for first; in place of the usual ones."),
];

/// The name of a protocol that there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name(&'static str);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Name, D::Error> {
        let text = String::deserialize(input)?;
        let known = ALL.iter().find(|p| p.name == text);
        known.map(|p| Name(p.name)).ok_or_else(|| {
            let names: Vec<String> = ALL.iter().map(|p| format!("`{}`", p.name)).collect();
            D::Error::custom(format!("unknown field `{text}`, expected one of {}", names.join(", ")))
        })
    }
}

impl<'de> Deserialize<'de> for Sections {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Sections, D::Error> {
        struct Table;
        impl<'de> Visitor<'de> for Table {
            type Value = Sections;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table of protocols")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Sections, A::Error> {
                let mut all = Sections::default();
                while let Some(Name(name)) = map.next_key()? {
                    all.read(name, &mut map)?;
                }
                Ok(all)
            }
        }
        input.deserialize_map(Table)
    }
}

impl Sections {
    /// What is said of a protocol's ports.
    pub fn ports(&self, protocol: &str) -> Option<&[u16]> {
        self.common(protocol).1
    }

    /// Whether a protocol is looked for.
    pub fn enabled(&self, protocol: &str) -> bool {
        self.common(protocol).0 != Some(false)
    }
}

/// Sections of protocols without options of their own.
pub(super) type Others = BTreeMap<&'static str, Section>;
