//! The configuration file: what holds for every run, in TOML. The command line wins over it.
//!
//! A section is the structure of the module that it is for ([`crate::detect::Config`],
//! [`crate::proto::config`]), so that an option is declared once. `default.toml` shows all of them with
//! their defaults; a test compares it with the structures.

mod mistakes;
mod report;

pub use report::Report;

use crate::detect;
use crate::enrich::Net;
use crate::logs::{Zone, toml_mistake};
use crate::model::{SPANS, Ts, positive_span, span};
use crate::proto::config::{Sections, refusal};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// All options with their defaults and what they mean: a file to start from.
pub const DEFAULT: &str = include_str!("default.toml");

/// A configuration file. What it does not say is as if there were none.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct File {
    /// Networks that count as inside; empty = private, link-local, CGNAT and loopback.
    #[serde(deserialize_with = "nets")]
    pub internal_net: Vec<Net>,
    /// MaxMind databases, asked in this order; relative to the file's folder.
    pub geoip_db: Vec<PathBuf>,
    /// Lists of indicators; relative to the file's folder.
    pub indicators: Vec<PathBuf>,
    /// Labels of every event: name and value.
    pub labels: BTreeMap<String, String>,
    /// Zone of stamps that name none.
    #[serde(deserialize_with = "zone")]
    pub timezone: Option<String>,
    /// Year of the first stamp without one.
    pub year: Option<i16>,
    /// Files and folders of formats and named patterns; relative to the file's folder.
    pub patterns: Vec<PathBuf>,
    /// How captures are decoded.
    pub packets: Packets,
    /// Thresholds of the detectors.
    pub detect: detect::Config,
    /// What `netlog report` does.
    pub report: Report,
    /// Options of protocols.
    pub protocols: Sections,
}

/// Section `[packets]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Packets {
    /// A flow record ends after this much silence, nanoseconds.
    #[serde(deserialize_with = "timeout")]
    pub flow_timeout: Option<Ts>,
    /// Time between records of a running flow, nanoseconds; 0 = only when it ends.
    #[serde(deserialize_with = "period")]
    pub flow_period: Option<Ts>,
    /// Count flows, decode no application protocol.
    pub flows_only: bool,
    /// Contents, too.
    pub detail: Option<Detail>,
    /// Do not mask clear-text passwords.
    pub show_secrets: bool,
}

/// `packets.detail`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Detail {
    /// Without contents.
    Normal,
    /// With contents.
    Full,
}

/// What is wrong with a configuration file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file.
    pub file: String,
    /// Line and column in characters, from 1; `None` if it cannot be read at all.
    pub place: Option<(usize, usize)>,
    /// What is wrong, with what is likely meant.
    pub message: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Some((line, column)) => write!(f, "{}:{line}:{column}: {}", self.file, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

impl std::error::Error for ConfigError {}

impl File {
    /// Reads a file; paths in it are then relative to where the program runs.
    ///
    /// # Errors
    /// It cannot be read, is not TOML, or says something that there is not.
    pub fn read(path: &Path) -> Result<File, ConfigError> {
        let (name, text) = content(path)?;
        let mut file = File::parse(&name, &text)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        for path in file.geoip_db.iter_mut().chain(&mut file.patterns).chain(&mut file.indicators) {
            *path = folder.join(&*path);
        }
        file.report.rebase(folder);
        Ok(file)
    }

    /// Reads the text of file `name`.
    ///
    /// # Errors
    /// As [`File::read`].
    pub fn parse(name: &str, text: &str) -> Result<File, ConfigError> {
        toml::from_str(text).map_err(|error| {
            let (line, column, mut message) = toml_mistake(text, &error);
            // Only sections of protocols begin with these two.
            let section = error.message().contains("`enabled`, `ports`")
                || error.message().contains("`enabled` or `ports`");
            let option = error.message().split('`').nth(1).filter(|_| section);
            if let Some((option, why)) = option.and_then(|o| refusal(o).map(|why| (o, why))) {
                message = format!("`{option}` of Packetbeat has no use here: {why}");
            }
            ConfigError { file: name.to_owned(), place: Some((line, column)), message }
        })
    }
}

/// Name and text of a file.
fn content(path: &Path) -> Result<(String, String), ConfigError> {
    let name = path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => Ok((name, text)),
        Err(e) => Err(ConfigError { file: name, place: None, message: e.to_string() }),
    }
}

fn nets<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<Net>, D::Error> {
    let texts = Vec::<String>::deserialize(input)?;
    let net = |text: String| text.parse::<Net>().map_err(|e| D::Error::custom(format!("{text}: {e}")));
    texts.into_iter().map(net).collect()
}

fn zone<'de, D: Deserializer<'de>>(input: D) -> Result<Option<String>, D::Error> {
    let name = String::deserialize(input)?;
    Zone::named(&name).map_err(|e| D::Error::custom(format!("{name}: {e}")))?;
    Ok(Some(name))
}

fn timeout<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Ts>, D::Error> {
    positive_span(input).map(Some)
}

fn period<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Ts>, D::Error> {
    let text = String::deserialize(input)?;
    span(&text).map(Some).ok_or_else(|| D::Error::custom(SPANS))
}

#[cfg(test)]
mod tests;
