//! Byte order and options of pcapng blocks, and what is worth telling a reader of the report.

/// Notes kept of one capture.
const MAX_NOTES: usize = 64;
/// Characters kept of one note's text.
const MAX_TEXT: usize = 256;

/// Byte order of a section.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Order {
    Little,
    Big,
}

impl Order {
    /// From the four bytes of a section header's byte-order magic.
    pub fn from_magic(bytes: &[u8]) -> Option<Order> {
        match bytes.first_chunk()? {
            [0x4d, 0x3c, 0x2b, 0x1a] => Some(Order::Little),
            [0x1a, 0x2b, 0x3c, 0x4d] => Some(Order::Big),
            _ => None,
        }
    }

    pub fn u16(self, bytes: [u8; 2]) -> u16 {
        if self == Order::Little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) }
    }

    pub fn u32(self, bytes: [u8; 4]) -> u32 {
        if self == Order::Little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) }
    }

    pub fn u64(self, bytes: [u8; 8]) -> u64 {
        if self == Order::Little { u64::from_le_bytes(bytes) } else { u64::from_be_bytes(bytes) }
    }

    pub fn u16_at(self, bytes: &[u8], at: usize) -> Option<u16> {
        bytes.get(at..)?.first_chunk().map(|b| self.u16(*b))
    }

    pub fn u32_at(self, bytes: &[u8], at: usize) -> Option<u32> {
        bytes.get(at..)?.first_chunk().map(|b| self.u32(*b))
    }
}

/// The options of a block: code and value each. Ends at the end-of-options mark or at the first
/// option that does not fit.
#[derive(Clone)]
pub(super) struct Options<'a> {
    order: Order,
    rest: &'a [u8],
}

impl<'a> Options<'a> {
    pub fn new(order: Order, rest: &'a [u8]) -> Self {
        Options { order, rest }
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let code = self.order.u16_at(self.rest, 0).filter(|&code| code != 0)?;
        let len = usize::from(self.order.u16_at(self.rest, 2)?);
        let value = self.rest.get(4..4 + len)?;
        self.rest = self.rest.get(4 + len.next_multiple_of(4)..).unwrap_or_default();
        Some((code, value))
    }
}

/// Things a capture says about itself.
#[derive(Default)]
pub(super) struct Notes(Vec<String>);

impl Notes {
    pub fn lines(&self) -> &[String] {
        &self.0
    }

    fn add(&mut self, about: &str, value: &[u8]) {
        if self.0.len() < MAX_NOTES {
            let text = String::from_utf8_lossy(value);
            let shown = |c: char| if c.is_control() { ' ' } else { c };
            let text: String = text.chars().take(MAX_TEXT).map(shown).collect();
            let note = format!("{about}: {}", text.trim());
            if !self.0.contains(&note) {
                self.0.push(note);
            }
        }
    }

    /// Comments (option 1) about something.
    pub fn comments(&mut self, about: &str, options: Options<'_>) {
        for (_, value) in options.filter(|(code, _)| *code == 1) {
            self.add(&format!("comment on {about}"), value);
        }
    }

    /// shb_hardware, shb_os, shb_userappl.
    pub fn section(&mut self, options: Options<'_>) {
        for (code, value) in options {
            match code {
                1 => self.add("comment on the capture", value),
                2 => self.add("captured on", value),
                3 => self.add("captured under", value),
                4 => self.add("captured by", value),
                _ => {}
            }
        }
    }

    /// if_name, if_description, if_filter (its first byte says which kind of filter; 0 is text).
    pub fn interface(&mut self, index: usize, options: Options<'_>) {
        for (code, value) in options {
            match (code, value) {
                (1, _) => self.add(&format!("comment on interface {index}"), value),
                (2, _) => self.add(&format!("interface {index}"), value),
                (3, _) => self.add(&format!("interface {index} description"), value),
                (11, [0, filter @ ..]) => self.add(&format!("interface {index} capture filter"), filter),
                _ => {}
            }
        }
    }

    /// isb_ifdrop and isb_osdrop: what the capture missed.
    pub fn statistics(&mut self, interface: u32, options: Options<'_>) {
        let order = options.order;
        for (code, value) in options {
            let count = value.first_chunk().map(|v| order.u64(*v)).filter(|&n| n != 0);
            match (code, count) {
                (5, Some(n)) => {
                    self.add(&format!("interface {interface} dropped"), format!("{n} packets").as_bytes())
                }
                (7, Some(n)) => {
                    self.add(
                        &format!("the system dropped on interface {interface}"),
                        format!("{n} packets").as_bytes(),
                    );
                }
                _ => {}
            }
        }
    }
}
