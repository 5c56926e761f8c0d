//! Values as they come: a machine with a stack that reads a struct token by token, in either coding, and
//! writes it down as Packetbeat does. Nothing is buffered but the beginning of one string.

use super::token::{Coding, LIST, MAP, Need, Read, SET, STRING, STRUCT};
use crate::proto::config::Thrift;
use crate::proto::json_text::hex;
use crate::proto::wire::Wire;

/// Structs, lists and maps within each other.
const DEPTH: usize = 32;
/// Members of a struct, list or map that are shown, and bytes of a string, unless the configuration says otherwise.
const SHOWN: u32 = 15;
const TEXT: usize = 200;
/// Fields of a struct; more are taken for a mistake, as Packetbeat does.
const FIELDS: u32 = 500;

/// How much is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    members: u32,
    text: usize,
    fields: u32,
    /// No string is shown.
    obfuscate: bool,
    /// Bytes of a field of the outermost struct.
    cap: usize,
}

impl Style {
    /// What the configuration says; strings and fields end soon after `cap` bytes in any case.
    pub(super) fn new(said: &Thrift, cap: usize) -> Style {
        Style {
            members: said.collection_max_size.unwrap_or(SHOWN),
            text: said.string_max_size.unwrap_or(TEXT).min(cap),
            fields: said.drop_after_n_struct_fields.unwrap_or(FIELDS),
            obfuscate: said.obfuscate_strings == Some(true),
            cap,
        }
    }
}

/// Something that is open.
#[derive(Debug)]
struct Level {
    kind: u8,
    key: u8,
    value: u8,
    /// Members to come; not used by structs.
    left: u32,
    seen: u32,
    /// Identifier of the last field.
    id: i16,
    /// The value of a pair is next.
    paired: bool,
    /// Not shown.
    muted: bool,
}

/// Reads one struct: the arguments of a call, or its result.
#[derive(Debug)]
pub(super) struct Reader {
    coding: Coding,
    stack: Vec<Level>,
    /// Bytes of a string to come, and its beginning.
    string: Option<(u64, Vec<u8>)>,
    /// The outermost struct: identifiers and values.
    fields: Vec<(i16, String)>,
    /// More fields than are shown.
    cut: bool,
    style: Style,
}

impl Reader {
    /// Shows what `style` says.
    pub(super) fn new(coding: Coding, style: Style) -> Reader {
        let mut reader =
            Reader { coding, stack: Vec::new(), string: None, fields: Vec::new(), cut: false, style };
        reader.open(STRUCT, 0, 0, 0, false);
        reader
    }

    fn open(&mut self, kind: u8, key: u8, value: u8, left: u32, muted: bool) {
        self.stack.push(Level { kind, key, value, left, seen: 0, id: 0, paired: false, muted });
    }

    /// Takes what it can off `bytes`; whether the struct is complete.
    ///
    /// # Errors
    /// The anomaly to count.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Result<(usize, bool), &'static str> {
        let mut at = 0;
        while !self.stack.is_empty() {
            let mut wire = Wire::new(bytes.get(at..).unwrap_or_default());
            let before = wire.rest().len();
            let step = self.step(&mut wire);
            match step {
                Ok(()) => at += before - wire.rest().len(),
                Err(Need::More) => {
                    // Only a string may have taken a part.
                    if self.string.is_some() {
                        at += before - wire.rest().len();
                    }
                    return Ok((at, false));
                }
                Err(Need::Bad(name)) => return Err(name),
            }
        }
        Ok((at, true))
    }

    /// One token. Nothing changes unless it is complete.
    fn step(&mut self, wire: &mut Wire<'_>) -> Read<()> {
        if let Some((left, kept)) = &mut self.string {
            let used = usize::try_from(*left).unwrap_or(usize::MAX).min(wire.rest().len());
            let part = wire.take(used).unwrap_or_default();
            // One more than is shown tells that there is more.
            let room = (self.style.text + 1).saturating_sub(kept.len());
            kept.extend_from_slice(part.get(..room).unwrap_or(part));
            *left -= used as u64;
            if *left > 0 {
                return Err(Need::More);
            }
            let text = if self.style.obfuscate { "\"*\"".to_owned() } else { quote(kept, self.style.text) };
            self.string = None;
            self.write(&text);
            return Ok(());
        }
        let Some(level) = self.stack.last() else { return Ok(()) };
        if level.kind == STRUCT {
            return self.field(wire);
        }
        if level.left == 0 {
            self.close();
            return Ok(());
        }
        let kind = if level.paired { level.value } else { level.key };
        self.value(wire, kind, |reader| reader.member())
    }

    fn field(&mut self, wire: &mut Wire<'_>) -> Read<()> {
        let last = self.stack.last().map_or(0, |level| level.id);
        let Some(field) = self.coding.field(wire, last)? else {
            self.close();
            return Ok(());
        };
        let begin = |reader: &mut Reader| reader.begin_field(field.id);
        match field.value {
            Some(value) => {
                begin(self);
                self.write(if value { "true" } else { "false" });
            }
            None => self.value(wire, field.kind, begin)?,
        }
        match self.stack.iter().any(|level| level.seen > self.style.fields && level.kind == STRUCT) {
            true => Err(Need::Bad("thrift.fields")),
            false => Ok(()),
        }
    }

    /// Reads a value or its head; `begin` is called once it is known to be complete.
    fn value(&mut self, wire: &mut Wire<'_>, kind: u8, begin: impl FnOnce(&mut Reader)) -> Read<()> {
        match kind {
            STRING => {
                let len = self.coding.length(wire)?;
                begin(self);
                self.string = Some((len, Vec::new()));
            }
            STRUCT | MAP | SET | LIST => {
                if self.stack.len() >= DEPTH {
                    return Err(Need::Bad("thrift.depth"));
                }
                let (key, value, left) =
                    if kind == STRUCT { (0, 0, 0) } else { self.coding.collection(wire, kind)? };
                begin(self);
                match kind {
                    STRUCT => self.write("("),
                    MAP => self.write("{"),
                    _ if left == 0 => {}
                    SET => self.write("{"),
                    _ => self.write("["),
                }
                let muted = self.muted();
                self.open(kind, key, value, left, muted);
            }
            _ => {
                let text = self.coding.scalar(wire, kind)?;
                begin(self);
                self.write(&text);
            }
        }
        Ok(())
    }

    fn begin_field(&mut self, id: i16) {
        let top = self.stack.len() == 1;
        let Some(level) = self.stack.last_mut() else { return };
        let at = level.seen;
        level.seen += 1;
        level.id = id;
        if top {
            level.muted = at >= self.style.members;
            if level.muted {
                self.cut = true;
            } else {
                self.fields.push((id, String::new()));
            }
            return;
        }
        self.separate(at);
        self.write(&format!("{id}: "));
    }

    fn member(&mut self) {
        let Some(level) = self.stack.last_mut() else { return };
        if level.paired {
            level.paired = false;
            level.left -= 1;
            return self.write(": ");
        }
        let at = level.seen;
        level.seen += 1;
        match level.kind {
            MAP => level.paired = true,
            _ => level.left -= 1,
        }
        self.separate(at);
    }

    /// Before the member at `at`: a comma, or an end of what is shown.
    fn separate(&mut self, at: u32) {
        if at == self.style.members {
            self.write(", ...");
        } else if at > 0 {
            self.write(", ");
        }
        let below = self.stack.len().checked_sub(2).and_then(|i| self.stack.get(i)).is_some_and(|l| l.muted);
        if let Some(level) = self.stack.last_mut() {
            level.muted = below || at >= self.style.members;
        }
    }

    fn close(&mut self) {
        let Some(level) = self.stack.pop() else { return };
        let end = match level.kind {
            STRUCT => ")",
            MAP => "}",
            _ if level.seen == 0 => "",
            SET => "}",
            _ => "]",
        };
        if !self.stack.is_empty() {
            self.write(end);
        }
    }

    fn muted(&self) -> bool {
        self.stack.last().is_some_and(|level| level.muted)
    }

    fn write(&mut self, text: &str) {
        if self.muted() {
            return;
        }
        if let Some((_, out)) = self.fields.last_mut().filter(|(_, out)| out.len() < self.style.cap) {
            out.push_str(text);
        }
    }

    /// The whole: `(1: a, 2: b)`.
    pub(super) fn text(&self) -> String {
        let mut parts: Vec<_> = self.fields.iter().map(|(id, value)| format!("{id}: {value}")).collect();
        if self.cut {
            parts.push("...".to_owned());
        }
        format!("({})", parts.join(", "))
    }

    /// The first field: a result is that with identifier 0, an exception another.
    pub(super) fn first(&self) -> Option<&(i16, String)> {
        self.fields.first()
    }
}

/// A string in quotes; in hexadecimal if it is not UTF-8. Longer ones are cut.
fn quote(kept: &[u8], most: usize) -> String {
    let mut bytes = kept.get(..most.min(kept.len())).unwrap_or_default().to_vec();
    if kept.len() > most {
        bytes.extend_from_slice(b"...");
    }
    let Ok(text) = std::str::from_utf8(&bytes) else { return hex(&bytes) };
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0b' => out.push_str("\\v"),
            '\x0c' => out.push_str("\\f"),
            '\0'..='\x1f' | '\x7f' => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::rig;

    fn read(coding: Coding, bytes: &[u8]) -> String {
        let mut whole = Reader::new(coding, Style::new(&Thrift::default(), 10_000));
        assert_eq!(whole.read(bytes), Ok((bytes.len(), true)));
        // The same byte by byte.
        let mut parts = Reader::new(coding, Style::new(&Thrift::default(), 10_000));
        let mut kept = Vec::new();
        for byte in bytes {
            kept.push(*byte);
            let (used, _) = parts.read(&kept).unwrap();
            kept.drain(..used);
        }
        assert_eq!(parts.text(), whole.text());
        whole.text()
    }

    #[test]
    fn binary_and_compact_agree() {
        let binary = rig::hex(
            "02 0001 01  03 0002 81  06 0003 fffe  08 0004 0000002a  0a 0005 ffffffffffffffff
             04 0006 3ff8000000000000  0b 0007 00000002 6869  0f 0008 08 00000002 00000001 00000002
             0e 0009 02 00000000  0d 000a 0b 02 00000001 00000001 6b 01  0c 000b 06 0001 0003 00  00",
        );
        let compact = rig::hex(
            "11 13 81 14 03 15 54 16 01 17 000000000000f83f 18 02 6869 19 25 02 04 1a 01 1b 01 81 01 6b 01
             1c 14 06 00 00",
        );
        let text = read(Coding::Binary, &binary);
        assert_eq!(
            text,
            "(1: true, 2: -127, 3: -2, 4: 42, 5: -1, 6: 1.5, 7: \"hi\", 8: [1, 2], 9: , 10: {\"k\": true}, \
             11: (1: 3))"
        );
        assert_eq!(read(Coding::Compact, &compact), text);
    }

    #[test]
    fn long_things_are_cut() {
        let mut list = rig::hex("0f 0001 03 00000014");
        list.extend([7; 20]);
        list.extend(rig::hex("0b 0002 00000100"));
        list.extend([b'x'; 256]);
        list.push(0);
        let text = read(Coding::Binary, &list);
        assert_eq!(text, format!("(1: [{}...], 2: \"{}...\")", "7, ".repeat(15), "x".repeat(200)));
        let deep = rig::hex(&"0c 0001".repeat(40));
        assert_eq!(
            Reader::new(Coding::Binary, Style::new(&Thrift::default(), 250)).read(&deep),
            Err("thrift.depth")
        );
        assert_eq!(
            Reader::new(Coding::Binary, Style::new(&Thrift::default(), 250)).read(&[0x55]).map(|r| r.1),
            Ok(false)
        );
        assert_eq!(
            Reader::new(Coding::Binary, Style::new(&Thrift::default(), 250)).read(&[0x55, 0, 1]),
            Err("thrift.kind")
        );
    }
}
