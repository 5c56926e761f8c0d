//! Lists of indicators, read before any input.

use super::{UsageError, value};
use crate::enrich::Indicators;
use std::path::PathBuf;
use std::sync::Arc;

/// The indicators of all lists.
///
/// # Errors
/// A list that cannot be read or holds none. Single lines that hold none are told by
/// `Indicators::lists`.
pub fn read(lists: &[PathBuf]) -> Result<Arc<Indicators>, UsageError> {
    let mut all = Indicators::default();
    for list in lists {
        let wrong = |e| value("--indicators", &list.display().to_string(), &format!("{e}"));
        all.add_file(list).map_err(wrong)?;
    }
    Ok(Arc::new(all))
}
