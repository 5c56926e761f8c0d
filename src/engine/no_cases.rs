//! Cases as inputs, in a program that was built without Parquet: there are none, and one that is given is told.

use super::run::{EngineError, Shared, Totals};
use crate::case;
use crate::logs::FormatSet;
use crate::model::{InputFault, Ledger, SourceInfo};
use crate::report::Tallying;
use std::path::Path;

/// No cases.
pub(super) struct Cases;

impl Cases {
    /// Takes the cases out of the inputs; each is a fault.
    pub fn take(inputs: &[String], ledger: &mut Ledger) -> (Cases, Vec<String>) {
        let is_case = |input: &&String| case::is_case(Path::new(input));
        let (cases, others): (Vec<_>, Vec<_>) = inputs.iter().partition(is_case);
        ledger.faults.extend(cases.into_iter().map(|path| InputFault {
            path: path.clone(),
            offset: None,
            reason:
                "is a case; this netlog was built without the feature 'case' (Parquet and SQL)".to_owned(),
        }));
        (Cases, others.into_iter().cloned().collect())
    }

    /// Numbers nothing.
    ///
    /// # Errors
    /// None.
    pub fn number(&mut self, _: usize, _: &FormatSet, _: &mut Ledger) -> Result<(), EngineError> {
        Ok(())
    }

    /// Nothing.
    pub fn sources(&self) -> impl Iterator<Item = SourceInfo> + '_ {
        std::iter::empty()
    }

    /// Nothing to do.
    pub fn run<T: Tallying>(self, _: &Shared<'_, '_>, _: &mut Totals<T>) -> bool {
        true
    }
}
