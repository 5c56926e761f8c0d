//! The message format (RFC 1035 §4): header, questions, records. Nothing is copied; records are walked
//! when asked for.

use super::name;
use crate::proto::wire::Wire;
use std::ops::Range;

/// What is wrong with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Truncated,
    NameLoop,
    NameLong,
    LabelType,
    RdataLength,
    Trailing,
}

impl Fault {
    /// The name it is counted under.
    pub const fn anomaly(self) -> &'static str {
        match self {
            Fault::Truncated => "dns.truncated",
            Fault::NameLoop => "dns.name_loop",
            Fault::NameLong => "dns.name_long",
            Fault::LabelType => "dns.label_type",
            Fault::RdataLength => "dns.rdata_length",
            Fault::Trailing => "dns.trailing",
        }
    }
}

/// The first twelve bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub id: u16,
    pub flags: u16,
    /// Questions, answers, authorities, additionals.
    pub counts: [u16; 4],
}

impl Header {
    pub fn read(bytes: &[u8]) -> Option<Header> {
        let mut wire = Wire::new(bytes);
        let (id, flags) = (wire.u16()?, wire.u16()?);
        Some(Header { id, flags, counts: [wire.u16()?, wire.u16()?, wire.u16()?, wire.u16()?] })
    }

    pub const fn response(&self) -> bool {
        self.flags & 0x8000 != 0
    }

    pub const fn opcode(&self) -> u16 {
        self.flags >> 11 & 15
    }

    pub const fn rcode(&self) -> u16 {
        self.flags & 15
    }

    /// Records of all sections.
    pub fn records(&self) -> usize {
        self.counts.iter().skip(1).map(|n| usize::from(*n)).sum()
    }
}

/// One question.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question {
    pub name_at: usize,
    pub kind: u16,
    pub class: u16,
    /// Where what follows begins.
    pub end: usize,
}

impl Question {
    pub fn read(bytes: &[u8], at: usize) -> Result<Question, Fault> {
        let after = name::skip(bytes, at)?;
        let mut wire = Wire::new(bytes.get(after..).ok_or(Fault::Truncated)?);
        let kind = wire.u16().ok_or(Fault::Truncated)?;
        let class = wire.u16().ok_or(Fault::Truncated)?;
        Ok(Question { name_at: at, kind, class, end: after + 4 })
    }
}

/// Where a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Answer,
    Authority,
    Additional,
}

/// One resource record.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub section: Section,
    pub name_at: usize,
    pub kind: u16,
    pub class: u16,
    pub ttl: u32,
    pub rdata: Range<usize>,
}

/// A message whose header is there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message<'a> {
    pub bytes: &'a [u8],
    pub header: Header,
    /// The first question.
    pub question: Option<Question>,
    /// What is wrong with a question; the records behind it cannot be reached.
    fault: Option<Fault>,
    records_at: usize,
}

impl<'a> Message<'a> {
    pub fn read(bytes: &'a [u8]) -> Result<Message<'a>, Fault> {
        let header = Header::read(bytes).ok_or(Fault::Truncated)?;
        let mut at = 12;
        let (mut question, mut fault) = (None, None);
        for _ in 0..header.counts[0] {
            match Question::read(bytes, at) {
                Ok(next) => {
                    at = next.end;
                    question.get_or_insert(next);
                }
                Err(found) => {
                    fault = Some(found);
                    break;
                }
            }
        }
        Ok(Message { bytes, header, question, fault, records_at: at })
    }

    /// All questions, as far as the message goes.
    pub fn questions(&self) -> impl Iterator<Item = Question> {
        let bytes = self.bytes;
        let mut at = 12;
        (0..self.header.counts[0]).map_while(move |_| {
            let question = Question::read(bytes, at).ok()?;
            at = question.end;
            Some(question)
        })
    }

    /// The first question as on the wire, for comparing.
    pub fn question_bytes(&self) -> &'a [u8] {
        self.question.and_then(|q| self.bytes.get(q.name_at..q.end)).unwrap_or_default()
    }

    /// Walks the records; ends after the first fault.
    pub fn records(&self) -> Records<'a> {
        let (bytes, header, fault) = (self.bytes, self.header, self.fault);
        Records { bytes, at: self.records_at, section: 0, done: 0, header, fault }
    }
}

/// See [`Message::records`].
pub(super) struct Records<'a> {
    bytes: &'a [u8],
    at: usize,
    section: usize,
    done: u16,
    header: Header,
    fault: Option<Fault>,
}

impl Records<'_> {
    fn read(&mut self, section: Section) -> Result<Record, Fault> {
        let after = name::skip(self.bytes, self.at)?;
        let mut wire = Wire::new(self.bytes.get(after..).ok_or(Fault::Truncated)?);
        let mut fixed = || Some((wire.u16()?, wire.u16()?, wire.u32()?, wire.u16()?));
        let (kind, class, ttl, len) = fixed().ok_or(Fault::Truncated)?;
        let start = after + 10;
        let rdata = start..start + usize::from(len);
        if rdata.end > self.bytes.len() {
            return Err(Fault::Truncated);
        }
        let name_at = self.at;
        self.at = rdata.end;
        Ok(Record { section, name_at, kind, class, ttl, rdata })
    }

    /// Where the walk stands; after the last record, the end of the message.
    pub fn at(&self) -> usize {
        self.at
    }
}

impl Iterator for Records<'_> {
    type Item = Result<Record, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        let sections = [Section::Answer, Section::Authority, Section::Additional];
        if let Some(fault) = self.fault.take() {
            self.section = sections.len();
            return Some(Err(fault));
        }
        loop {
            let section = *sections.get(self.section)?;
            if self.done < *self.header.counts.get(self.section + 1)? {
                self.done += 1;
                let record = self.read(section);
                if record.is_err() {
                    self.section = sections.len();
                }
                return Some(record);
            }
            self.section += 1;
            self.done = 0;
        }
    }
}
