//! Names of SMB numbers. Sources: MS-SMB2 §2.2.1.2, §2.2.13, §2.2.31; MS-CIFS §2.2.2.1; MS-ERREF §2.3.1;
//! MS-FSCC §2.3.

use crate::proto::numbers::find;

include!(concat!(env!("OUT_DIR"), "/smb_numbers.rs"));

/// A command of SMB 1.
pub(super) fn old(command: u8) -> Option<&'static str> {
    find(OLD, command)
}

/// A subcommand of SMB 1's TRANSACTION2.
pub(super) fn transaction(number: u16) -> Option<&'static str> {
    find(TRANS2, number)
}

/// A dialect of SMB 2 and 3.
pub(super) fn dialect(number: u16) -> String {
    match number {
        0x0202 => "2.0.2".to_owned(),
        0x0210 => "2.1".to_owned(),
        0x0300 => "3.0".to_owned(),
        0x0302 => "3.0.2".to_owned(),
        0x0311 => "3.1.1".to_owned(),
        0x02ff => "2.?".to_owned(),
        other => format!("0x{other:04x}"),
    }
}

/// CreateDisposition.
pub(super) static DISPOSITIONS: &[&str] =
    &["supersede", "open", "create", "open_if", "overwrite", "overwrite_if"];
/// CreateAction.
pub(super) static ACTIONS: &[&str] = &["superseded", "opened", "created", "overwritten"];

/// A control code.
pub(super) fn control(code: u32) -> String {
    find(CONTROLS, code).map_or_else(|| format!("0x{code:08x}"), str::to_owned)
}

/// A status.
pub(super) fn status(code: u32) -> String {
    find(STATUSES, code).map_or_else(|| format!("0x{code:08x}"), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_names() {
        assert_eq!((old(0xa2), transaction(1)), (Some("NT_CREATE_ANDX"), Some("TRANS2_FIND_FIRST2")));
        assert_eq!((status(0), control(1)), ("STATUS_SUCCESS".to_owned(), "0x00000001".to_owned()));
    }
}
