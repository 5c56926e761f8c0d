//! JSON that is not a line per event: one array of objects, alone or in `{"Records": […]}` as AWS CloudTrail delivers it,
//! or objects written over several lines, as exports, `jq` and `journalctl -o json-pretty` write them. Read as lines, byte for byte in place: behind an element stands a line end,
//! within one there is none, and what stands around them are carriage returns: with a blank in front, a line looks as if it
//! went on with the one before. So what stands at a place of the file
//! stays there, and the number of an element's line is its number. Of several `{"Records": […]}` behind each other (files joined
//! by `cat`) the second and later beginnings, `{"Records":`, are lines of their own.

use super::window::Raw;
use std::io::{self, Read};

/// How the elements of a text stand in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// One array of them.
    Array,
    /// One array of them, the member `Records` of an object.
    Records,
    /// Behind each other, each over several lines.
    Texts,
}

/// What stands in the place of what separates elements.
const FILLER: u8 = b'\r';
/// How such a text begins, without blanks.
const RECORDS: &[u8] = b"{\"Records\":[";

/// What stands behind `{"Records":`, if a text begins so.
fn records(text: &[u8]) -> Option<&[u8]> {
    let inner = text.strip_prefix(b"{")?.trim_ascii_start().strip_prefix(b"\"Records\"")?;
    Some(inner.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start())
}

impl Layout {
    /// What the beginning of a text says, if it is one of these.
    pub fn of(sample: &[u8]) -> Option<Layout> {
        let text = sample.strip_prefix(b"\xef\xbb\xbf").unwrap_or(sample).trim_ascii_start();
        let array = records(text);
        let (layout, body) = match (array.unwrap_or(text).split_first()?, array) {
            ((b'[', body), Some(_)) => match body.trim_ascii_start() {
                // One without a record may stand before others.
                [b']', behind @ ..] => {
                    let next = behind.trim_ascii_start().strip_prefix(b"}")?;
                    return Layout::of(next).filter(|next| *next == Layout::Records);
                }
                body => (Layout::Records, body),
            },
            ((b'[', body), None) => (Layout::Array, body.trim_ascii_start()),
            ((b'{', _), None) => (Layout::Texts, text),
            _ => return None,
        };
        if !matches!(body.strip_prefix(b"{")?.trim_ascii_start().first(), Some(b'"' | b'}')) {
            return None;
        }
        let mut walk = Walk::default();
        let end = body.iter().position(|byte| {
            walk.step(*byte);
            walk.depth == 0
        });
        match (layout, end) {
            // An object that is larger than what is looked at.
            (Layout::Array | Layout::Records, None) => Some(layout),
            (Layout::Array | Layout::Records, Some(end)) => {
                let behind = body.get(end + 1..)?.trim_ascii_start();
                matches!(behind.first(), None | Some(b',' | b']')).then_some(layout)
            }
            (Layout::Texts, end) => {
                // One alone is a document, whose parts are the events.
                let (first, behind) = body.split_at_checked(end? + 1)?;
                let next = behind.trim_ascii_start();
                (first.contains(&b'\n') && next.first() == Some(&b'{') && next.len() < behind.len())
                    .then_some(layout)
            }
        }
    }

    /// Its name as a layer.
    pub fn name(self) -> &'static str {
        match self {
            Layout::Array => "json-array",
            Layout::Records => "json-records",
            Layout::Texts => "json-texts",
        }
    }

    /// What stands around elements and not in them.
    fn separates(self, byte: u8) -> bool {
        match byte {
            b',' | b'[' | b']' => self != Layout::Texts,
            b'}' => self == Layout::Records,
            _ => byte.is_ascii_whitespace(),
        }
    }
}

/// Where in a JSON text one stands (RFC 8259).
#[derive(Default)]
struct Walk {
    depth: usize,
    string: bool,
    escaped: bool,
}

impl Walk {
    fn step(&mut self, byte: u8) {
        match byte {
            // No string goes on over a line end: it is broken, and what comes next is looked at anew.
            b'\n' if self.string => *self = Walk::default(),
            _ if self.escaped => self.escaped = false,
            b'\\' if self.string => self.escaped = true,
            b'"' => self.string = !self.string,
            _ if self.string => {}
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }

    fn between(&self) -> bool {
        self.depth == 0 && !self.string
    }
}

/// Reads elements as lines.
pub(super) struct Elements<'a> {
    input: Raw<'a>,
    layout: Layout,
    walk: Walk,
    /// The last byte was of an element.
    within: bool,
    /// The array did not begin yet.
    ahead: bool,
    /// How much of [`RECORDS`] the current element begins with.
    again: usize,
}

impl<'a> Elements<'a> {
    pub fn new(input: Raw<'a>, layout: Layout) -> Self {
        let ahead = layout == Layout::Records;
        Elements { input, layout, walk: Walk::default(), within: false, ahead, again: 0 }
    }

    /// Whether another array begins with this byte of an element.
    fn begins_again(&mut self, byte: u8) -> bool {
        let blank = byte.is_ascii_whitespace() && !self.walk.string;
        match RECORDS.get(self.again) {
            Some(next) if *next == byte && (self.again > 0 || self.walk.between()) => self.again += 1,
            Some(_) if blank => {}
            _ => self.again = if self.walk.between() { 0 } else { usize::MAX },
        }
        self.again == RECORDS.len()
    }

    /// What a byte is in a line.
    fn turn(&mut self, byte: u8) -> u8 {
        if self.ahead {
            self.ahead = byte != b'[';
            return FILLER;
        }
        if self.walk.between() && self.layout.separates(byte) {
            // The first one behind an element ends its line, whichever it is: what is appended to an array later
            // changes nothing before.
            self.again = 0;
            return if std::mem::take(&mut self.within) { b'\n' } else { FILLER };
        }
        if self.layout == Layout::Records && self.begins_again(byte) {
            (self.walk, self.within, self.again) = (Walk::default(), false, 0);
            return b'\n';
        }
        self.within = true;
        self.walk.step(byte);
        match byte {
            b'\n' if self.walk.between() => {
                self.within = false;
                byte
            }
            b'\n' | b'\r' => b' ',
            _ => byte,
        }
    }
}

impl Read for Elements<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let len = self.input.read(out)?;
        out.iter_mut().take(len).for_each(|byte| *byte = self.turn(*byte));
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Gives so many bytes at a time.
    struct Slowly<'t>(&'t [u8], usize);

    impl Read for Slowly<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let len = self.1.min(out.len());
            self.0.read(out.get_mut(..len).unwrap_or_default())
        }
    }

    fn read(text: &str, layout: Layout, step: usize) -> String {
        let mut out = String::new();
        let input = Box::new(Slowly(text.as_bytes(), step));
        Elements::new(input, layout).read_to_string(&mut out).unwrap();
        assert_eq!(out.len(), text.len());
        out
    }

    /// Lines, without the blanks around them, and where their elements begin.
    fn lines(text: &str, layout: Layout) -> Vec<(usize, String)> {
        let whole = read(text, layout, 1 << 16);
        for step in [1, 2, 7] {
            assert_eq!(read(text, layout, step), whole, "{step} bytes at a time");
        }
        let mut begin = 0;
        let line = |line: &str| {
            let at = begin + line.len() - line.trim_start().len();
            begin += line.len();
            (at, line.trim().to_owned())
        };
        whole.split_inclusive('\n').map(line).filter(|(_, line)| !line.is_empty()).collect()
    }

    #[test]
    fn elements_of_an_array_are_lines() {
        let text =
            "[\n  {\n    \"a\": \"x,]\\\"{\",\r\n    \"b\": [1,\n 2]\n  },\n  {\"a\": {}},{\"c\":1}\n]\n";
        assert_eq!(Layout::of(text.as_bytes()), Some(Layout::Array));
        let lines = lines(text, Layout::Array);
        let want = ["{     \"a\": \"x,]\\\"{\",      \"b\": [1,  2]   }", "{\"a\": {}}", "{\"c\":1}"];
        assert_eq!(lines.iter().map(|line| line.1.as_str()).collect::<Vec<_>>(), want);
        assert!(lines.iter().all(|(at, line)| text[*at..].starts_with(&line[..1])));
        assert_eq!(read("[1,\"a\",{}]", Layout::Array, 1), "\r1\n\"a\"\n{}\n");
        assert_eq!(read("[{}][{}]", Layout::Array, 1), "\r{}\n\r{}\n");
        let (grown, whole) = (read("[{},\n{}]\n", Layout::Array, 1), read("[{}\n]\n", Layout::Array, 1));
        assert_eq!(grown[..4], whole[..4]);
    }

    #[test]
    fn records_of_an_object_are_lines() {
        let text = "{\n \"Records\" : [{\"a\": [1]},\n  {\"b\":\n {}}]}\n";
        assert_eq!(Layout::of(text.as_bytes()), Some(Layout::Records));
        let lines = lines(text, Layout::Records);
        assert_eq!(
            lines.iter().map(|line| line.1.as_str()).collect::<Vec<_>>(),
            ["{\"a\": [1]}", "{\"b\":  {}}"]
        );
        assert!(lines.iter().all(|(at, line)| text[*at..].starts_with(&line[..1])));
        assert_eq!(Layout::of(b"{\"Records\":[{\"eventVersion\":\"1"), Some(Layout::Records));
        // Files joined, the first of them without a record.
        let text =
            "{\"Records\":[]}\n{\"Records\":[{\"a\":1},{\"Records\":1}]}{ \"Records\" :\n [{\"b\":[]}]}";
        assert_eq!(Layout::of(text.as_bytes()), Some(Layout::Records));
        let want = ["{\"Records\":", "{\"a\":1}", "{\"Records\":1}", "{ \"Records\" :", "{\"b\":[]}"];
        let told = self::lines(text, Layout::Records);
        assert_eq!(told.iter().map(|line| line.1.as_str()).collect::<Vec<_>>(), want);
        for text in [
            "{\"Records\":[1]}",
            "{\"Records\":{\"a\":1}}",
            "{\"records\":[{\"a\":1}]}",
            "{\"Records\":[]}",
            "{\"Records\"",
        ] {
            assert_eq!(Layout::of(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn objects_over_several_lines_are_lines() {
        let text = "{\n  \"a\": 1\n}\n{\n  \"a\": 2\n}\n\n{}";
        assert_eq!(Layout::of(text.as_bytes()), Some(Layout::Texts));
        let lines = lines(text, Layout::Texts);
        assert_eq!(lines.iter().map(|line| line.0).collect::<Vec<_>>(), [0, 13, 27]);
    }

    #[test]
    fn what_is_lines_or_one_document_stays_as_it_is() {
        for text in [
            "{\"a\":1}\n{\"a\":2}\n",
            "{\n \"events\": [\n  {\"a\": 1},\n  {\"a\": 2}\n ]\n}\n",
            "{\"a\":1}{\n}\n",
            "[21/Nov/2026] {\"a\"}",
            "[{now}] a log\n",
            "[\"a\", \"b\"]",
            "{",
            "",
        ] {
            assert_eq!(Layout::of(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Layout::of(b"\xef\xbb\xbf [{\"a\": \"cut"), Some(Layout::Array));
    }

    #[test]
    fn a_broken_element_costs_little_else() {
        let text = "[\n{\"a\": 1},\n{\"a\": \"unended,\n \"b\": {\n},\n{\"a\": 2},\n{\"a\": 3}\n]\n";
        let lines = lines(text, Layout::Array);
        let whole = |line: &&(usize, String)| line.1.starts_with("{\"a\": ") && line.1.ends_with('}');
        assert_eq!(lines.iter().filter(whole).count(), 3, "{lines:?}");
    }

    proptest! {
        #[test]
        fn every_byte_is_there(bytes in prop::collection::vec(prop::sample::select(&b"[]{},:\"\\\n\r a1"[..]), 0..200), which in 0..3usize) {
            let text = String::from_utf8(bytes).unwrap();
            let layout = [Layout::Array, Layout::Records, Layout::Texts][which];
            let whole = read(&text, layout, 1 << 16);
            prop_assert_eq!(&read(&text, layout, 3), &whole);
            for (was, is) in text.bytes().zip(whole.bytes()) {
                // What stands ahead of the array is read over.
                let over = layout == Layout::Records || b"[], \n\r".contains(&was);
                prop_assert!(was == is || matches!(is, b' ' | b'\r' | b'\n') && over);
            }
        }
    }
}
