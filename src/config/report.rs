//! Section `[report]`: what `netlog report` does when the command line does not say.

use crate::model::{Severity, Ts, positive_span};
use crate::nightly::{First, Loud, Window};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Options of `netlog report`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Report {
    /// Files, folders and globs; relative to the file's folder.
    pub inputs: Vec<String>,
    /// Folder that remembers what was counted; relative to the file's folder.
    pub state: Option<PathBuf>,
    /// Folder for the dated reports; relative to the file's folder.
    pub folder: Option<PathBuf>,
    /// How the dated reports are drawn.
    pub formats: Vec<String>,
    /// How long they are kept, nanoseconds.
    #[serde(deserialize_with = "optional_span")]
    pub keep: Option<Ts>,
    /// How far back the first run reaches.
    #[serde(deserialize_with = "word")]
    pub first: Option<First>,
    /// Which time a report is about.
    #[serde(deserialize_with = "word")]
    pub window: Option<Window>,
    /// How long something met is not called new, nanoseconds.
    #[serde(deserialize_with = "optional_span")]
    pub baseline: Option<Ts>,
    /// When standard output and the hook are told.
    #[serde(deserialize_with = "word")]
    pub quiet_unless: Option<Loud>,
    /// Severity that makes the exit status 1.
    #[serde(deserialize_with = "word")]
    pub fail_on: Option<Severity>,
    /// Shell command that gets the report on its standard input.
    pub exec: Option<String>,
    /// File for the summary, `-` = standard output; relative to the file's folder.
    pub json: Option<PathBuf>,
}

impl Report {
    /// Makes paths relative to `folder`.
    pub(super) fn rebase(&mut self, folder: &Path) {
        for input in &mut self.inputs {
            *input = folder.join(&*input).to_string_lossy().into_owned();
        }
        let json = self.json.as_mut().filter(|path| path.as_os_str() != "-");
        for path in self.state.as_mut().into_iter().chain(&mut self.folder).chain(json) {
            *path = folder.join(&*path);
        }
    }
}

fn optional_span<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Ts>, D::Error> {
    positive_span(input).map(Some)
}

fn word<'de, T: FromStr<Err = String>, D: Deserializer<'de>>(input: D) -> Result<Option<T>, D::Error> {
    let text = String::deserialize(input)?;
    text.parse().map(Some).map_err(D::Error::custom)
}
