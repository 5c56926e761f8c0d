//! What the configuration file says of each protocol: section `[protocols.NAME]`, with Packetbeat's names.
//!
//! An option is one member of [`Section`] (or of a struct of its protocol in it), and a line in
//! `src/config/default.toml`.

use super::ALL;
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Options that every protocol has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Section {
    /// Server ports where it is looked for first; in place of the usual ones.
    pub ports: Option<Vec<u16>>,
}

/// Sections by protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Sections(BTreeMap<Name, Section>);

impl Sections {
    /// What is said of a protocol.
    pub fn of(&self, protocol: &str) -> Option<&Section> {
        self.0.iter().find(|(name, _)| name.0 == protocol).map(|(_, section)| section)
    }
}

/// The name of a protocol that there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Name(&'static str);

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
