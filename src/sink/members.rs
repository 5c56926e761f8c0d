//! JSON objects written member by member, without a tree of values in between: there can be a million.

use super::escape::json as escape;
use super::json::{self, new_line};
use crate::model::{Ts, push_rfc3339};
use serde_json::Value;

/// What stands before a member: a comma but before the first one, and the beginning of its line.
const BEFORE: &[u8] = b",\n                ";

/// An object being written.
pub struct Object<'o> {
    out: &'o mut Vec<u8>,
    /// How deep it stands, where members have lines of their own; `None` = all on one line.
    level: Option<usize>,
    empty: bool,
}

impl Object<'_> {
    /// Appends the object that `fill` makes; `level` as [`json::push`] has it, `None` for one line.
    pub fn write(out: &mut Vec<u8>, level: Option<usize>, fill: impl FnOnce(&mut Object<'_>)) {
        out.push(b'{');
        let mut object = Object { out, level, empty: true };
        fill(&mut object);
        let Object { out, empty, .. } = object;
        if let Some(level) = level.filter(|_| !empty) {
            new_line(out, level);
        }
        out.push(b'}');
    }

    fn name(&mut self, name: &str) {
        // The comma, the line's end and the usual indentation are written at once.
        let from = usize::from(self.empty);
        self.empty = false;
        match self.level {
            None => self.out.extend_from_slice(BEFORE.get(from..1).unwrap_or_default()),
            Some(level) => match BEFORE.get(from..2 + 2 * (level + 1)) {
                Some(before) => self.out.extend_from_slice(before),
                None => {
                    self.out.extend_from_slice(BEFORE.get(from..1).unwrap_or_default());
                    new_line(self.out, level + 1);
                }
            },
        }
        self.out.push(b'"');
        escape::push_bare(self.out, name);
        self.out.extend_from_slice(if self.level.is_some() { b"\": " } else { b"\":" });
    }

    /// A member that is an object.
    pub fn object(&mut self, name: &str, fill: impl FnOnce(&mut Object<'_>)) {
        self.name(name);
        Object::write(self.out, self.level.map(|level| level + 1), fill);
    }

    /// A member that is a list of objects.
    pub fn objects<T>(&mut self, name: &str, items: &[T], fill: impl Fn(&mut Object<'_>, &T)) {
        self.name(name);
        self.out.push(b'[');
        for (nth, item) in items.iter().enumerate() {
            if nth > 0 {
                self.out.push(b',');
            }
            if let Some(level) = self.level {
                new_line(self.out, level + 2);
            }
            Object::write(self.out, self.level.map(|level| level + 2), |object| fill(object, item));
        }
        if let Some(level) = self.level.filter(|_| !items.is_empty()) {
            new_line(self.out, level + 1);
        }
        self.out.push(b']');
    }

    /// A text.
    pub fn text(&mut self, name: &str, text: &str) {
        self.name(name);
        escape::push_string(self.out, text);
    }

    /// A number.
    pub fn number(&mut self, name: &str, number: u64) {
        self.name(name);
        self.out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    }

    /// A number with a fraction, perhaps.
    pub fn float(&mut self, name: &str, number: f64) {
        self.name(name);
        match number.is_finite() {
            true => self.out.extend_from_slice(zmij::Buffer::new().format_finite(number).as_bytes()),
            false => self.out.extend_from_slice(b"null"),
        }
    }

    /// True or false.
    pub fn flag(&mut self, name: &str, flag: bool) {
        self.name(name);
        self.out.extend_from_slice(if flag { b"true" } else { b"false" });
    }

    /// An instant in RFC 3339, or null.
    pub fn time(&mut self, name: &str, ts: Option<Ts>) {
        self.name(name);
        match ts {
            Some(ts) => {
                self.out.push(b'"');
                push_rfc3339(self.out, ts);
                self.out.push(b'"');
            }
            None => self.out.extend_from_slice(b"null"),
        }
    }

    /// Anything else.
    pub fn value(&mut self, name: &str, value: &Value) {
        self.name(name);
        match self.level {
            Some(level) => json::push(self.out, value, level + 1),
            None => json::push_line(self.out, value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_same_as_a_tree_of_values() {
        let tree = json!({
            "a\u{1b}": "x\"y", "n": 7, "f": true, "t": "1970-01-01T00:00:00.000000000Z", "none": null,
            "in": {"empty": {}, "deep": {"v": [1.5, {"k": []}]}}, "no": [], "all": [{"x": 0.5}, {"x": 1.0}],
        });
        let fill = |object: &mut Object<'_>| {
            object.text("a\u{1b}", "x\"y");
            object.number("n", 7);
            object.flag("f", true);
            object.time("t", Some(0));
            object.time("none", None);
            object.object("in", |inner| {
                inner.object("empty", |_| {});
                inner.object("deep", |deep| deep.value("v", &json!([1.5, {"k": []}])));
            });
            object.objects("no", &[], |_, (): &()| {});
            object.objects("all", &[0.5, 1.0], |each, x| each.float("x", *x));
        };
        for level in [None, Some(0), Some(3)] {
            let (mut want, mut got) = (Vec::new(), Vec::new());
            match level {
                Some(level) => json::push(&mut want, &tree, level),
                None => json::push_line(&mut want, &tree),
            }
            Object::write(&mut got, level, fill);
            assert_eq!(String::from_utf8(got), String::from_utf8(want));
        }
    }
}
