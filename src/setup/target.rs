//! Products and versions: which field types and which policies each has.

use std::fmt;
use std::str::FromStr;

/// A search engine by product and version, as far as it makes a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// Elasticsearch 7.10 under the Apache licence: no licensed types, no life-cycle policies.
    Es7Oss,
    /// Elasticsearch 7.14 to 7.17.
    Es7,
    /// Elasticsearch 8.
    Es8,
    /// Elasticsearch 9.
    Es9,
    /// OpenSearch 1.
    Os1,
    /// OpenSearch 2 (`flat_object` needs 2.7).
    Os2,
    /// OpenSearch 3.
    Os3,
}

/// A target that does not exist.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("no search engine is called that; use one of {}", names().join(", "))]
pub struct TargetError;

const NAMES: [(&str, Target); 7] = [
    ("elasticsearch-7.10-oss", Target::Es7Oss),
    ("elasticsearch-7.17", Target::Es7),
    ("elasticsearch-8", Target::Es8),
    ("elasticsearch-9", Target::Es9),
    ("opensearch-1", Target::Os1),
    ("opensearch-2", Target::Os2),
    ("opensearch-3", Target::Os3),
];

fn names() -> Vec<&'static str> {
    NAMES.iter().map(|(name, _)| *name).collect()
}

impl Target {
    /// Every target, oldest first.
    pub fn all() -> impl Iterator<Item = Target> {
        NAMES.iter().map(|(_, target)| *target)
    }

    /// Name, as `--target` takes it.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, target)| *target == self).map_or("", |(name, _)| name)
    }

    /// What a server says of itself (`GET /`): `version.distribution`, `version.number` and
    /// `version.build_flavor`.
    pub fn of_server(distribution: Option<&str>, number: &str, flavor: Option<&str>) -> Option<Target> {
        let mut parts = number.split('.').map(|n| n.parse::<u32>().ok());
        let (major, minor) = (parts.next()??, parts.next().flatten().unwrap_or(0));
        match (distribution, major) {
            (Some("opensearch"), 1) => Some(Target::Os1),
            (Some("opensearch"), 2) => Some(Target::Os2),
            (Some("opensearch"), 3..) => Some(Target::Os3),
            (_, 7) if flavor == Some("oss") || minor < 14 => Some(Target::Es7Oss),
            (_, 7) => Some(Target::Es7),
            (_, 8) => Some(Target::Es8),
            (_, 9..) => Some(Target::Es9),
            _ => None,
        }
    }

    /// Whether it is OpenSearch.
    pub fn is_opensearch(self) -> bool {
        matches!(self, Target::Os1 | Target::Os2 | Target::Os3)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Target {
    type Err = TargetError;
    fn from_str(text: &str) -> Result<Target, TargetError> {
        let text = text.to_ascii_lowercase().replace("elasticsearch", "es").replace("opensearch", "os");
        let text = text.replace([' ', '-'], "");
        match text.as_str() {
            "es7.10oss" | "es7.10" | "es7oss" => Ok(Target::Es7Oss),
            "es7.17" | "es7" => Ok(Target::Es7),
            "es8" => Ok(Target::Es8),
            "es9" => Ok(Target::Es9),
            "os1" => Ok(Target::Os1),
            "os2" => Ok(Target::Os2),
            "os3" => Ok(Target::Os3),
            _ => Err(TargetError),
        }
    }
}
