//! Is it DNS? Asked of the first datagram or stream bytes of any flow, so it has to be strict.

use super::codes;
use super::message::{Header, Message, Question};
use crate::proto::{Dir, Probe, nbns};

/// A datagram is a message; a stream begins with the message's length (RFC 1035 §4.2.2).
pub(super) fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    match verdict(bytes, false) {
        // Of the same form, with names of its own.
        Some(Verdict::Message { .. }) if nbns::is(bytes) => return Probe::No,
        Some(Verdict::Message { response }) => return role(dir, response),
        Some(Verdict::Short) | None => {}
    }
    let Some((length, body)) = bytes.split_first_chunk::<2>() else { return Probe::More };
    let length = usize::from(u16::from_be_bytes(*length));
    if length < 12 {
        return Probe::No;
    }
    let whole = body.get(..length);
    match verdict(whole.unwrap_or(body), whole.is_none()) {
        Some(Verdict::Message { response }) => role(dir, response),
        Some(Verdict::Short) if whole.is_none() => Probe::More,
        _ => Probe::No,
    }
}

/// Whether a message may begin here: used to find the way back after lost bytes.
pub(super) fn framed(bytes: &[u8]) -> bool {
    let Some((length, body)) = bytes.split_first_chunk::<2>() else { return false };
    let length = usize::from(u16::from_be_bytes(*length));
    let whole = body.get(..length);
    length >= 12 && matches!(verdict(whole.unwrap_or(body), whole.is_none()), Some(Verdict::Message { .. }))
}

fn role(dir: Dir, response: bool) -> Probe {
    match (response, dir) {
        (false, Dir::Client) | (true, Dir::Server) => Probe::Yes,
        _ => Probe::Swapped,
    }
}

enum Verdict {
    Message {
        response: bool,
    },
    /// Nothing against it yet.
    Short,
}

/// `cut`: more of the message follows.
fn verdict(bytes: &[u8], cut: bool) -> Option<Verdict> {
    let Some(header) = Header::read(bytes) else { return cut.then_some(Verdict::Short) };
    if !plausible(&header) {
        return None;
    }
    let found = Some(Verdict::Message { response: header.response() });
    let (questions, records) = (usize::from(header.counts[0]), header.records());
    if !cut && header.flags & 0x0200 == 0 && bytes.len() < 12 + questions * 5 + records * 11 {
        return None;
    }
    if header.counts == [0; 4] {
        // A refusal may be a bare header.
        let refusal = header.response() && (1..=5).contains(&header.rcode()) && bytes.len() == 12;
        return if refusal { found } else { None };
    }
    if exact(bytes) {
        return found;
    }
    if questions != 1 {
        return if cut && questions == 0 { Some(Verdict::Short) } else { None };
    }
    match Question::read(bytes, 12) {
        Ok(question) if !asked(bytes, &question) => None,
        Ok(_) if header.response() && (records > 0 || header.rcode() != 0) => found,
        Ok(_) if !header.response() && header.counts[1] == 0 && header.counts[2] == 0 => found,
        // Changes, notices and transfers since a serial say records in the question: all of them have to be sound.
        Ok(question) if !header.response() && (question.kind == 251 || header.opcode() >= 4) => {
            cut.then_some(Verdict::Short)
        }
        Ok(_) => None,
        Err(_) => cut.then_some(Verdict::Short),
    }
}

/// Reserved bit, operation, codes and counts as real messages have them.
fn plausible(header: &Header) -> bool {
    let counts = header.counts;
    header.flags & 0x0040 == 0
        && matches!(header.opcode(), 0..=2 | 4..=6)
        && (header.response() || header.rcode() == 0)
        && counts[0] <= 64
        && (header.response() || counts[1] <= 64 || header.opcode() != 0)
        && header.rcode() <= 11
}

/// Every part is sound, known, and nothing is left over.
fn exact(bytes: &[u8]) -> bool {
    let Ok(message) = Message::read(bytes) else { return false };
    if !message.questions().all(|q| asked(bytes, &q)) {
        return false;
    }
    let mut records = message.records();
    for record in records.by_ref() {
        let Ok(record) = record else { return false };
        let class = matches!(record.class & 0x7fff, 1..=4 | 254 | 255) || record.kind == 41;
        if !class || !(codes::known_type(record.kind) || record.kind >= 0xff00) {
            return false;
        }
    }
    records.at() == bytes.len()
}

/// A question that someone would ask of a name server. NetBIOS has the same format: names of one label
/// of 32 letters A to P, types 32 and 33 (RFC 1002 §4.2.1).
fn asked(bytes: &[u8], question: &Question) -> bool {
    let label = bytes.get(question.name_at + 1..question.name_at + 33).unwrap_or_default();
    let netbios = bytes.get(question.name_at) == Some(&32)
        && matches!(question.kind, 32 | 33)
        && label.iter().all(|b| (b'A'..=b'P').contains(b));
    let class = matches!(question.class & 0x7fff, 1 | 3 | 4 | 254 | 255);
    class && !netbios && (codes::known_type(question.kind) || question.kind >= 0xff00)
}
