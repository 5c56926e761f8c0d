//! Outputs that are inputs: evidence is not written over.

use crate::engine;
use crate::plan::{Plan, UsageError};

/// What is read must not be written over meanwhile.
pub(super) fn onto_itself(plan: &Plan) -> Result<(), UsageError> {
    for output in &plan.outputs {
        if let Some(path) = output.path.as_deref().filter(|path| is_read(path, &plan.job.inputs)) {
            return Err(read_as_well(format!("{}={path}", output.name)));
        }
    }
    Ok(())
}

/// The error for an output that is an input.
pub(super) fn read_as_well(value: String) -> UsageError {
    let reason = "is read as well, and evidence is not written over; choose another name".to_owned();
    UsageError::Value { option: "-o", value, reason }
}

/// Whether a file or folder is one of the inputs, or a capture in one of them. (A report in a folder that is read is
/// made anew every night.)
pub(super) fn is_read(path: &str, inputs: &[String]) -> bool {
    let real = |path: &str| std::fs::canonicalize(path).ok();
    let Some(to) = real(path) else { return false };
    let mut inputs = inputs.iter().filter_map(|input| real(input));
    inputs.any(|input| input == to || (to.starts_with(&input) && engine::is_capture(&to)))
}
