//! `netlog merge`: several cases become one.

use super::{CommandError, Status, Terminal, analyze};
use crate::case::{CaseError, is_case};
use crate::cli::Merge;
use crate::model::Ts;
use crate::plan::Plan;
use std::path::Path;

/// Writes the events of all cases as one; the detectors look at all of them together.
pub(super) fn run(args: &Merge, now: Ts, terminal: &Terminal) -> Result<Status, CommandError> {
    if let Some(other) = args.reading.inputs.iter().map(Path::new).find(|path| !is_case(path)) {
        return Err(CaseError::None(other.to_path_buf()).into());
    }
    analyze::run(Plan::merge(args, now)?, &args.reading, terminal)
}
