//! Subjects and values as texts, put together without `format!`: this runs for every flow.

use crate::model::push_ip;
use std::net::IpAddr;

/// A word of a subject.
#[derive(Clone, Copy, Debug)]
pub enum Word<'a> {
    /// As it is.
    Text(&'a str),
    /// An address.
    Ip(IpAddr),
    /// A port.
    Port(u16),
}

/// The words, with tabs between them.
pub fn line(words: &[Word<'_>]) -> String {
    let mut line = String::with_capacity(48);
    push_line(&mut line, words);
    line
}

/// Appends them.
pub fn push_line(line: &mut String, words: &[Word<'_>]) {
    for (nth, word) in words.iter().enumerate() {
        if nth > 0 {
            line.push('\t');
        }
        match word {
            Word::Text(text) => line.push_str(text),
            Word::Ip(ip) => push_ip(line, *ip),
            Word::Port(port) => line.push_str(itoa::Buffer::new().format(*port)),
        }
    }
}

/// An address.
pub fn address(ip: IpAddr) -> String {
    line(&[Word::Ip(ip)])
}

/// Letters of a padded number.
const WIDE: usize = 20;

/// A number with zeros before it: those that are not negative sort as numbers do.
#[derive(Clone, Copy, Debug)]
pub struct Padded([u8; WIDE]);

impl Padded {
    /// Of a number.
    pub fn new(number: i64) -> Padded {
        let mut text = [b'0'; WIDE];
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(number.unsigned_abs()).as_bytes();
        text.iter_mut().rev().zip(digits.iter().rev()).for_each(|(slot, digit)| *slot = *digit);
        if number < 0 {
            text[0] = b'-';
        }
        Padded(text)
    }

    /// Its letters.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_formatting_does() {
        for number in [0, 7, -7, 1_448_000_000_123_456_789, i64::MAX, i64::MIN] {
            assert_eq!(Padded::new(number).as_str(), format!("{number:020}"));
        }
        let ips: [IpAddr; 2] = ["10.0.200.3".parse().unwrap(), "2001:db8::1".parse().unwrap()];
        for ip in ips {
            assert_eq!(line(&[Word::Text("v"), Word::Ip(ip), Word::Port(443)]), format!("v\t{ip}\t443"));
            assert_eq!(address(ip), ip.to_string());
        }
        assert_eq!(line(&[Word::Text("n"), Word::Text("")]), "n\t");
    }
}
