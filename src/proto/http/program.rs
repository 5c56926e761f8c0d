//! Programs in bodies: recognised by their content, whatever type the server says they are, and hashed.

use crate::proto::magic;
use sha2::{Digest, Sha256};

/// Types that machines run.
const PROGRAMS: [&str; 6] = [
    "application/vnd.microsoft.portable-executable",
    "application/x-executable",
    "application/x-mach-binary",
    "application/x-ms-shortcut",
    "application/vnd.android.dex",
    "text/x-shellscript",
];

/// Where a program for Windows says how far its own header is (PE format, "MS-DOS Stub"), and how far that may be.
const STUB: usize = 0x3c;
const FARTHEST: u32 = 4096;

/// A body that may be one.
#[derive(Debug)]
pub(super) struct Program {
    head: Vec<u8>,
    hash: Sha256,
}

impl Program {
    /// By the first bytes of a body; most are none by the first of all.
    pub fn begin(bytes: &[u8]) -> Option<Box<Program>> {
        let may_be = matches!(bytes.first(), Some(b'M' | 0x7f | 0xcf | b'L' | b'd' | b'#'));
        let mut program = may_be.then(|| Box::new(Program { head: Vec::new(), hash: Sha256::new() }))?;
        program.content(bytes);
        Some(program)
    }

    /// More of it.
    pub fn content(&mut self, bytes: &[u8]) {
        let room = magic::HEAD.saturating_sub(self.head.len());
        self.head.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        self.hash.update(bytes);
    }

    /// Whether it can no longer become one.
    pub fn is_none(&self) -> bool {
        self.head.len() >= magic::HEAD && self.kind().is_none()
    }

    /// What it is by its content.
    pub fn kind(&self) -> Option<&'static str> {
        let kind = magic::mime(&self.head).filter(|kind| PROGRAMS.contains(kind))?;
        // Two letters are no proof.
        (!self.head.starts_with(b"MZ") || self.is_portable_executable()).then_some(kind)
    }

    fn is_portable_executable(&self) -> bool {
        let Some(at) =
            self.head.get(STUB..).and_then(|rest| rest.first_chunk()).map(|four| u32::from_le_bytes(*four))
        else {
            return false;
        };
        let signature = usize::try_from(at).ok().and_then(|at| self.head.get(at..)?.get(..4));
        at <= FARTHEST && signature.is_none_or(|four| four == b"PE\0\0")
    }

    /// SHA-256 of what came, in hexadecimal digits.
    pub fn sha256(self) -> String {
        crate::proto::json_text::hex(&self.hash.finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::Program;
    use crate::model::Transport;
    use crate::proto::rig::Rig;
    use crate::proto::{Dir, Options, http};

    /// The beginning of a program for Windows whose own header is at 0x80.
    fn portable(len: usize) -> Vec<u8> {
        let mut program = vec![0; len];
        program[..2].copy_from_slice(b"MZ");
        program[0x3c] = 0x80;
        program[0x80..0x84].copy_from_slice(b"PE\0\0");
        program
    }

    #[test]
    fn by_content_alone() {
        let kind = |bytes: &[u8]| Program::begin(bytes).and_then(|program| program.kind());
        assert_eq!(kind(&portable(400)), Some("application/vnd.microsoft.portable-executable"));
        assert_eq!(kind(b"\x7fELF\x02\x01"), Some("application/x-executable"));
        assert_eq!(kind(b"#!/bin/sh\n"), Some("text/x-shellscript"));
        for other in [&b"MZ is what the text begins with, and it goes on for long enough to have a place for the header"[..], b"<html", b"", b"# a", b"\x89PNG\r\n\x1a\n"] {
            assert_eq!(kind(other), None);
        }
        let mut late = Program::begin(b"M").unwrap();
        late.content(&portable(600)[1..]);
        assert!(late.kind().is_some() && !late.is_none());
        let mut text = Program::begin(b"M").unwrap();
        text.content(&[b'x'; 600]);
        assert!(text.is_none());
    }

    #[test]
    fn a_program_in_a_response_is_told_with_its_hash() {
        let program = portable(2000);
        let mut rig = Rig::new(&http::PROTOCOL, Transport::Tcp, 80, Options::default());
        rig.stream(Dir::Client, b"GET /logo.png HTTP/1.1\r\n\r\n");
        rig.stream(
            Dir::Server,
            b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 2000\r\n\r\n",
        );
        for piece in program.chunks(700) {
            rig.stream(Dir::Server, piece);
        }
        rig.end();
        let whole = *Program::begin(&program).unwrap();
        assert_eq!(rig.text(0, "file.hash.sha256"), whole.sha256());
        assert_eq!(rig.text(0, "file.mime_type"), "application/vnd.microsoft.portable-executable");
        assert_eq!(rig.text(0, "netlog.http.response.content_type"), "image/png");
    }
}
