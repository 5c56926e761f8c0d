//! Texts as typed values.

use super::fields::Check;
use super::swar;
use super::time::{Form, Moment};
use crate::model::{Outcome, Transport, Type, Value};
use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};

/// Whether a value is what the format allows.
pub(super) fn allowed(check: &Check, value: &Value<'_>) -> bool {
    let number = match value {
        // Ranges are for ports, codes and sizes: exact in a float.
        #[allow(clippy::cast_precision_loss, reason = "compared with a range written as float")]
        Value::Int(i) => Some(*i as f64),
        Value::Float(f) => Some(*f),
        _ => None,
    };
    let in_range = match (check.range, number) {
        (Some((low, high)), Some(n)) => (low..=high).contains(&n),
        _ => true,
    };
    in_range
        && (check.values.is_empty()
            || value.as_str().is_none_or(|s| check.values.iter().any(|allowed| allowed == s)))
}

/// A text as a value of a type; `None` if it is not one.
pub(super) fn convert(ty: Type, text: &str) -> Option<Value<'_>> {
    Some(match ty {
        Type::Keyword | Type::Wildcard | Type::Text => Value::Str(Cow::Borrowed(text)),
        Type::Long => Value::Int(text.parse().ok()?),
        Type::Double => Value::Float(text.parse().ok().filter(|f: &f64| f.is_finite())?),
        Type::Boolean => Value::Bool(match text {
            "true" | "yes" | "1" => true,
            "false" | "no" | "0" => false,
            _ => return None,
        }),
        Type::Ip => Value::Ip(address(text)?),
        Type::Date => match Form::Iso8601.whole(text)? {
            Moment::Utc(ts) | Moment::Local(ts) => Value::Time(ts),
            Moment::Yearless(_) => return None,
        },
        Type::GeoPoint | Type::Object | Type::Flattened => return None,
    })
}

/// Whether a text is a whole number.
pub(super) fn whole(text: &str) -> bool {
    // So many digits fit for certain.
    let few = (1..=18).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    few || text.parse::<i64>().is_ok()
}

/// A port number.
pub(super) fn port(text: &str) -> Option<u16> {
    let mut number = 0u32;
    for byte in text.bytes() {
        let digit = byte.wrapping_sub(b'0');
        // Nearly all are nothing but up to five digits.
        if digit > 9 || text.len() > 5 {
            return text.parse().ok();
        }
        number = number * 10 + u32::from(digit);
    }
    u16::try_from(number).ok().filter(|_| !text.is_empty())
}

/// An address, also with an IPv6 zone (`fe80::1%eth0`) or as IPv4 mapped into IPv6, which is taken as
/// the IPv4 address that the peer has.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    let first = *text.as_bytes().first()?;
    if !(first.is_ascii_hexdigit() || first == b':') {
        return None;
    }
    if let Some(ip) = ipv4(text.as_bytes()) {
        return Some(IpAddr::V4(ip));
    }
    // Without a colon it is a name.
    if !text.contains(':') {
        return None;
    }
    let bare = text.split_once('%').map_or(text, |(address, _)| address);
    bare.parse::<IpAddr>().ok().map(|ip| ip.to_canonical())
}

/// A dotted quad of decimal numbers without leading zeros; most addresses are one. How many digits a number
/// has is nothing that a processor could guess, so nothing depends on it but what is taken from where.
fn ipv4(text: &[u8]) -> Option<Ipv4Addr> {
    let len = u32::try_from(text.len()).ok().filter(|len| (7..=15).contains(len))?;
    // The last eight bytes overlap the first ones.
    let (head, tail) = match (text.first_chunk(), text.last_chunk()) {
        (Some(head), Some(tail)) => (*head, u64::from_le_bytes(*tail).unbounded_shr(8 * (16 - len))),
        _ => (swar::padded(text), 0),
    };
    let all = u128::from(u64::from_le_bytes(head)) | u128::from(tail) << 64;
    // Behind the last number stands a dot, too.
    let mut dots = swar::places(head, b'.') | swar::places(tail.to_le_bytes(), b'.') << 8 | 1 << len;
    let mut wrong = dots.count_ones() ^ 4;
    let (mut ip, mut begin) = (0, 0);
    for _ in 0..4 {
        let end = dots.trailing_zeros();
        dots &= dots.wrapping_sub(1);
        let digits = end.wrapping_sub(begin);
        wrong |= u32::from(digits.wrapping_sub(1) > 2);
        // Its bytes, the last one highest; digits are what is left of them below 10.
        let text = (all >> (8 * (begin & 15))) as u32;
        let number = (text ^ 0x3030_3030) << (8 * (4u32.wrapping_sub(digits) & 3));
        wrong |= (number.wrapping_add(0x7676_7600) | number) & 0x8080_8080;
        let value = 100 * (number >> 8 & 0xff) + 10 * (number >> 16 & 0xff) + (number >> 24);
        wrong |= u32::from(digits > 1 && text & 0xff == u32::from(b'0')) | u32::from(value > 255);
        ip = ip << 8 | value;
        begin = end + 1;
    }
    (wrong == 0).then(|| Ipv4Addr::from_bits(ip))
}

/// Whether a host may be called so: letters, digits, dots, dashes and underscores, not digits alone. nginx calls the
/// other end of a socket in the file system `unix:`.
pub(super) fn hostname(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let named = text.bytes().all(fits) && text.bytes().any(|byte| !byte.is_ascii_digit());
    (named && !text.starts_with('-')) || text == "unix:"
}

/// Splits `address:port`, `[address]:port` or a bare address; IPv6 without brackets is followed by a
/// port only when the whole is not an address itself.
pub(super) fn socket(text: &str) -> (&str, Option<u16>) {
    if address(text).is_some() {
        return (text, None);
    }
    match text.rsplit_once(':').map(|(host, port)| (host, port.parse())) {
        Some((host, Ok(port))) => {
            let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
            (bare, Some(port))
        }
        _ => (text, None),
    }
}

/// A decimal number of units of `unit` nanoseconds, to nanoseconds; digits below them are dropped. Below
/// zero (clocks that were set back) is no duration.
pub(super) fn duration(text: &str, unit: i64) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let mut nanos = whole.parse::<i64>().ok()?.checked_mul(unit)?;
    let mut scale = unit;
    for digit in fraction.bytes() {
        scale /= 10;
        nanos = nanos.checked_add(i64::from(digit - b'0') * scale)?;
    }
    Some(nanos)
}

/// A word for an outcome.
pub(super) fn outcome(text: &str) -> Option<Outcome> {
    Some(match text {
        "success" | "yes" => Outcome::Success,
        "failure" | "failed" | "no" => Outcome::Failure,
        "unknown" => Outcome::Unknown,
        _ => return None,
    })
}

/// A transport by name or IANA number.
pub(super) fn transport(text: &str) -> Option<Transport> {
    Some(match text {
        "tcp" | "TCP" | "6" => Transport::Tcp,
        "udp" | "UDP" | "17" => Transport::Udp,
        "icmp" | "ICMP" | "1" => Transport::Icmp,
        "icmpv6" | "ICMPv6" | "ipv6-icmp" | "58" => Transport::Icmp6,
        "sctp" | "SCTP" | "132" => Transport::Sctp,
        other => Transport::Other(other.parse().ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_the_standard_library_takes_for_one() {
        for text in
            ["", "0", "7", "65535", "65536", "00080", "000080", "+80", "-1", "8x", "99999", "123456", "1 "]
        {
            assert_eq!(port(text), text.parse().ok(), "{text}");
            assert_eq!(whole(text), text.parse::<i64>().is_ok(), "{text}");
        }
        let long = "999999999999999999";
        assert!(whole(long) && whole("9223372036854775807") && !whole("9223372036854775808"));
    }

    #[test]
    fn addresses_are_what_the_standard_library_takes_for_one() {
        for text in [
            "1.2.3.4",
            "0.0.0.0",
            "255.255.255.255",
            "256.1.1.1",
            "1.2.3",
            "1.2.3.4.",
            "1.2.3.4.5",
            ".1.2.3",
            "01.2.3.4",
            "1..2.3",
            "1.2.3.4x",
            "1.2.3.1000",
            "00.0.0.0",
            "10.20.30.400",
            "",
            "1",
            "a.b.c.d",
            "1.2.3.-4",
            "1,2,3,4",
            "1.2.3.4\n",
            "12.34.56.78",
            "123.123.123.123",
            "1.23.123.9",
            "1.2.3.é4",
            "9999.1.1",
            "1.1.1.256",
            "1.1.99999",
            "100.200.30.40",
            "1.2.3.00",
            "0.0.0.01",
            "1:2.3.4",
            "/.0.0.0",
            "1.2.3.:4",
        ] {
            assert_eq!(ipv4(text.as_bytes()), text.parse().ok(), "{text}");
        }
    }

    #[test]
    fn names_of_hosts_are_neither_stamps_nor_files() {
        for name in ["web", "web-1.example.net", "my_host", "1.2.3", "unix:"] {
            assert!(hostname(name), "{name}");
        }
        for other in
            ["", "22", "-", "|", "<190>Nov", "nginx:", "access.log:203.0.113.7", "2026-11-21T09:07:01Z"]
        {
            assert!(!hostname(other), "{other}");
        }
    }

    #[test]
    fn durations() {
        assert_eq!(duration("103.079", 1_000_000), Some(103_079_000));
        assert_eq!(duration("1", 1_000_000_000), Some(1_000_000_000));
        assert_eq!(duration("0.0000000019", 1_000_000_000), Some(1));
        for wrong in ["", "-1", "1e3", ".5", "1.2.3", "99999999999999999999"] {
            assert_eq!(duration(wrong, 1_000), None, "{wrong}");
        }
    }
}
