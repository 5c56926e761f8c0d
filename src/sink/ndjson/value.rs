//! Values as JSON.

use super::super::escape::json;
use crate::model::{SECOND, Ts, Value, push_ip_bytes, push_rfc3339};

/// Length of `2015-08-27T08:18:50.`, which all instants of one second share.
const STEM: usize = 20;

/// Writes values; remembers the last second it spelled out.
#[derive(Debug)]
pub struct Writer {
    second: Ts,
    stem: Vec<u8>,
}

impl Default for Writer {
    fn default() -> Self {
        let mut stem = Vec::with_capacity(32);
        push_rfc3339(&mut stem, 0);
        Writer { second: 0, stem }
    }
}

impl Writer {
    /// Appends a value.
    pub fn push(&mut self, out: &mut Vec<u8>, value: &Value<'_>) {
        match value {
            Value::Str(_) | Value::Ip(_) | Value::Time(_) => {
                out.push(b'"');
                self.push_bare(out, value);
                out.push(b'"');
            }
            Value::Int(number) => out.extend_from_slice(itoa::Buffer::new().format(*number).as_bytes()),
            Value::Float(number) => push_float(out, *number),
            Value::Bool(true) => out.extend_from_slice(b"true"),
            Value::Bool(false) => out.extend_from_slice(b"false"),
            Value::Geo(lat, lon) => push_place(out, *lat, *lon),
            Value::Words(words) => push_all(out, *words, |out, word| json::push_string(out, word)),
            Value::List(items) => push_all(out, items, |out, item| self.push(out, item)),
            Value::Object(members) => self.push_object(out, members),
        }
    }

    /// Appends a value without the quotes that stand around it, if any do.
    #[inline]
    pub fn push_bare(&mut self, out: &mut Vec<u8>, value: &Value<'_>) {
        match value {
            Value::Str(text) => json::push_bare(out, text),
            Value::Ip(ip) => push_ip_bytes(out, *ip),
            Value::Time(ts) => self.push_time(out, *ts),
            value => self.push(out, value),
        }
    }

    fn push_object(&mut self, out: &mut Vec<u8>, members: &[(std::borrow::Cow<'_, str>, Value<'_>)]) {
        out.push(b'{');
        for (i, (name, value)) in members.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            json::push_string(out, name);
            out.push(b':');
            self.push(out, value);
        }
        out.push(b'}');
    }

    fn push_time(&mut self, out: &mut Vec<u8>, ts: Ts) {
        let second = ts.div_euclid(SECOND);
        if second != self.second {
            self.second = second;
            self.stem.clear();
            push_rfc3339(&mut self.stem, ts);
        }
        let mut text = *b"0000-00-00T00:00:00.000000000Z";
        if let (Some(to), Some(stem)) = (text.get_mut(..STEM), self.stem.first_chunk::<STEM>()) {
            to.copy_from_slice(stem);
        }
        let mut rest = ts.rem_euclid(SECOND).unsigned_abs() as u32;
        for digit in text.iter_mut().skip(STEM).take(9).rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        out.extend_from_slice(&text);
    }
}

fn push_all<T>(out: &mut Vec<u8>, items: impl IntoIterator<Item = T>, mut push: impl FnMut(&mut Vec<u8>, T)) {
    out.push(b'[');
    for (i, item) in items.into_iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        push(out, item);
    }
    out.push(b']');
}

fn push_float(out: &mut Vec<u8>, number: f64) {
    if number.is_finite() {
        out.extend_from_slice(zmij::Buffer::new().format_finite(number).as_bytes());
    } else {
        out.extend_from_slice(b"null");
    }
}

fn push_place(out: &mut Vec<u8>, lat: f64, lon: f64) {
    out.extend_from_slice(b"{\"lat\":");
    push_float(out, lat);
    out.extend_from_slice(b",\"lon\":");
    push_float(out, lon);
    out.push(b'}');
}
