//! Prepared statements that are executed: the values of their parameters (MySQL client/server protocol,
//! COM_STMT_EXECUTE, "Binary Protocol Value").

use super::wire::{Take, lossy};

/// Bytes of a value that are shown.
const SHOWN: usize = 1024;
/// An unsigned number, in the second byte of a type.
const UNSIGNED: u8 = 0x80;
/// The command says itself how many parameters it has (query attributes).
const COUNTED: u64 = 8;

/// A prepared statement.
#[derive(Debug)]
pub(super) struct Statement {
    pub id: u32,
    pub text: String,
    /// How many parameters it has.
    pub parameters: usize,
    /// Types the client named last, with their flags; later executions may leave them out.
    types: Vec<(u8, u8)>,
    /// Parameters whose values were sent ahead.
    ahead: Vec<usize>,
}

impl Statement {
    pub(super) const fn new(id: u32, text: String, parameters: usize) -> Statement {
        Statement { id, text, parameters, types: Vec::new(), ahead: Vec::new() }
    }

    /// COM_STMT_SEND_LONG_DATA, after the command: statement, parameter, data.
    pub(super) fn sent(&mut self, body: &[u8], most: usize) {
        let mut body = Take(body);
        body.int(4);
        let parameter = body.int(2).and_then(|n| usize::try_from(n).ok());
        self.ahead.extend(parameter.filter(|n| self.ahead.len() < most && !self.ahead.contains(n)));
    }

    /// COM_STMT_RESET: what was sent ahead is forgotten.
    pub(super) fn reset(&mut self) {
        self.ahead.clear();
    }

    /// COM_STMT_EXECUTE, after the command: the values as text, in their order; `None` if they cannot be read. With
    /// query attributes each type has a name, and attributes follow the parameters.
    pub(super) fn values(&mut self, body: &[u8], attributes: bool, most: usize) -> Option<Vec<String>> {
        let ahead = std::mem::take(&mut self.ahead);
        let mut body = Take(body);
        body.int(4)?;
        let flags = body.int(1)?;
        body.int(4)?;
        let counted = attributes && flags & COUNTED != 0;
        let count = if counted { usize::try_from(body.lenenc()?).ok()? } else { self.parameters };
        if count == 0 || count > most {
            return None;
        }
        let nulls = body.bytes(count.div_ceil(8))?;
        if body.int(1)? == 1 {
            self.types.clear();
            for _ in 0..count {
                self.types.push((u8::try_from(body.int(1)?).ok()?, u8::try_from(body.int(1)?).ok()?));
                if attributes {
                    body.string()?;
                }
            }
        }
        let mut values = Vec::new();
        for (at, (kind, flags)) in self.types.iter().take(count).enumerate() {
            let null = nulls.get(at / 8).is_some_and(|byte| byte >> (at % 8) & 1 == 1);
            values.push(match null {
                true => "NULL".to_owned(),
                false if ahead.contains(&at) => "(sent ahead)".to_owned(),
                false => value(*kind, flags & UNSIGNED != 0, &mut body)?,
            });
        }
        values.truncate(self.parameters);
        (values.len() == self.parameters).then_some(values)
    }
}

/// A value of a type.
fn value(kind: u8, unsigned: bool, body: &mut Take<'_>) -> Option<String> {
    let width = match kind {
        0x01 => 1,
        0x02 | 0x0d => 2,
        0x03 | 0x09 | 0x04 => 4,
        0x08 | 0x05 => 8,
        0x06 => return Some("NULL".to_owned()),
        0x07 | 0x0a | 0x0c => return date(body),
        0x0b => return time(body),
        _ => {
            let bytes = body.string()?;
            return Some(lossy(bytes.get(..SHOWN).unwrap_or(bytes)));
        }
    };
    let number = body.int(width)?;
    Some(match kind {
        0x04 => f32::from_bits(u32::try_from(number).ok()?).to_string(),
        0x05 => f64::from_bits(number).to_string(),
        _ if unsigned => number.to_string(),
        _ => {
            // The sign stands in the value's own first bit.
            let shift = 64 - 8 * u32::try_from(width).ok()?;
            (number << shift).cast_signed().wrapping_shr(shift).to_string()
        }
    })
}

/// As the server writes it: `2026-11-21 10:00:00.000001`, as far as it was sent.
fn date(body: &mut Take<'_>) -> Option<String> {
    let len = usize::try_from(body.int(1)?).ok()?;
    let mut part = Take(body.bytes(len)?);
    if len == 0 {
        return Some("0000-00-00 00:00:00".to_owned());
    }
    let (year, month, day) = (part.int(2)?, part.int(1)?, part.int(1)?);
    let date = format!("{year:04}-{month:02}-{day:02}");
    let Some(hour) = part.int(1) else { return Some(date) };
    Some(format!("{date} {}", clock(hour, &mut part)?))
}

/// Minute, second and microsecond after an hour.
fn clock(hour: u64, part: &mut Take<'_>) -> Option<String> {
    let (minute, second) = (part.int(1)?, part.int(1)?);
    let micro = part.int(4).map(|micro| format!(".{micro:06}")).unwrap_or_default();
    Some(format!("{hour:02}:{minute:02}:{second:02}{micro}"))
}

/// `-26:30:00`: days are hours.
fn time(body: &mut Take<'_>) -> Option<String> {
    let len = usize::try_from(body.int(1)?).ok()?;
    let mut part = Take(body.bytes(len)?);
    if len == 0 {
        return Some("00:00:00".to_owned());
    }
    let sign = if part.int(1)? == 1 { "-" } else { "" };
    let (days, hour) = (part.int(4)?, part.int(1)?);
    Some(format!("{sign}{}", clock(days * 24 + hour, &mut part)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::rig::hex;

    fn values(statement: &mut Statement, body: &str, attributes: bool) -> Option<Vec<String>> {
        statement.values(&hex(&format!("01000000 00 01000000 {body}")), attributes, 512)
    }

    /// The example of the protocol's documentation is one string; the others are put together from its tables.
    #[test]
    fn values_of_all_kinds() {
        let mut one = Statement::new(1, String::new(), 1);
        assert_eq!(values(&mut one, "00 01 0f00 03 666f6f", false).unwrap(), ["foo"]);
        // Types are remembered.
        assert_eq!(values(&mut one, "00 00 03 626172", false).unwrap(), ["bar"]);
        assert_eq!(values(&mut one, "01 00", false).unwrap(), ["NULL"]);
        let mut many = Statement::new(1, String::new(), 9);
        let types = "0100 0180 0200 0300 0800 0500 0c00 0b00 0600";
        let body = format!(
            "0000 01 {types} ff ff feff 2a000000 0000000000000080 000000000000f83f
             0b ea07 0b15 0a0b0c 01000000 0c 01 01000000 02 1e 00 01000000"
        );
        assert_eq!(
            values(&mut many, &body, false).unwrap(),
            [
                "-1",
                "255",
                "-2",
                "42",
                "-9223372036854775808",
                "1.5",
                "2026-11-21 10:11:12.000001",
                "-26:30:00.000001",
                "NULL"
            ]
        );
        assert_eq!(date(&mut Take(&hex("04 ea07 0102"))).unwrap(), "2026-01-02");
    }

    #[test]
    fn what_was_sent_ahead_is_not_in_the_command() {
        let mut two = Statement::new(1, String::new(), 2);
        two.sent(&hex("01000000 0000 6c6f6e67"), 512);
        assert_eq!(values(&mut two, "00 01 fc00 0300 07000000", false).unwrap(), ["(sent ahead)", "7"]);
        two.sent(&hex("01000000 0000 6c6f6e67"), 512);
        two.reset();
        assert_eq!(values(&mut two, "00 00 01 78 07000000", false).unwrap(), ["x", "7"]);
    }

    #[test]
    fn attributes_are_not_parameters() {
        let mut one = Statement::new(1, String::new(), 1);
        let body = hex("01000000 08 01000000 02 00 01 0300 00 fe00 01 6b 05000000 01 76");
        assert_eq!(one.values(&body, true, 512).unwrap(), ["5"]);
    }

    #[test]
    fn damage_is_survived() {
        let mut one = Statement::new(1, String::new(), 1);
        for cut in ["", "00", "00 01", "00 01 0f00", "00 01 0f00 09 66", "00 00"] {
            assert_eq!(values(&mut one, cut, false), None, "{cut}");
        }
        assert_eq!(values(&mut Statement::new(1, String::new(), 0), "00 01", false), None);
        assert_eq!(values(&mut Statement::new(1, String::new(), 9999), "00 01", false), None);
    }
}
