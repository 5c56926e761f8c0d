//! Reads filters: words, then a descent. As in pcap-filter(7), `and` and `or` bind equally and to the
//! left, `not` binds tighter, and an identifier without qualifiers takes those of the one before.

use super::words::{Family, family, is_identifier, mac, prefix, protocol, range, words};
use super::{Expr, FilterError, Net, Side, number, services};
use std::net::{IpAddr, Ipv4Addr};

/// Parentheses and `not` may nest this deep.
const MAX_NESTING: usize = 64;
/// Terms a filter may have.
const MAX_TERMS: usize = 1024;

pub(super) fn parse(text: &str) -> Result<Option<Expr>, FilterError> {
    let words = words(text);
    if words.is_empty() {
        return Ok(None);
    }
    let mut parser = Parser { text, words, next: 0, last: Quals::default(), terms: 0 };
    let expr = parser.expr(0)?;
    match parser.peek() {
        None => Ok(Some(expr)),
        Some(word) => Err(parser.here(format!("expected `and`, `or` or the end, found `{word}`"))),
    }
}

/// What kind of identifier follows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Host,
    Net,
    Port,
    PortRange,
    Proto,
}

/// The qualifiers of an identifier.
#[derive(Clone, Copy, Default)]
struct Quals {
    /// `ip`, `tcp`, `ether` …, as in [`family`].
    family: Option<Family>,
    side: Option<Side>,
    kind: Option<Kind>,
}

struct Parser<'a> {
    text: &'a str,
    words: Vec<(usize, &'a str)>,
    next: usize,
    /// Qualifiers of the identifier before.
    last: Quals,
    terms: usize,
}

type Parsed<T> = Result<T, FilterError>;

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.words.get(self.next).map(|(_, word)| *word)
    }

    fn take(&mut self, wanted: &[&str]) -> bool {
        let found = self.peek().is_some_and(|word| wanted.contains(&word));
        self.next += usize::from(found);
        found
    }

    /// An error at the next word, or at the end.
    fn here(&self, problem: String) -> FilterError {
        let at = self.words.get(self.next).map_or(self.text.len(), |(at, _)| *at);
        let column = self.text.get(..at).map_or(0, |before| before.chars().count());
        FilterError { text: self.text.to_owned(), column, problem }
    }

    fn expected(&self, what: &str) -> FilterError {
        self.here(match self.peek() {
            Some(word) => format!("expected {what}, found `{word}`"),
            None => format!("expected {what}, found the end"),
        })
    }

    fn expr(&mut self, depth: usize) -> Parsed<Expr> {
        let mut left = self.term(depth)?;
        loop {
            if self.take(&["and", "&&"]) {
                left = Expr::And(Box::new(left), Box::new(self.term(depth)?));
            } else if self.take(&["or", "||"]) {
                left = Expr::Or(Box::new(left), Box::new(self.term(depth)?));
            } else {
                return Ok(left);
            }
        }
    }

    fn term(&mut self, depth: usize) -> Parsed<Expr> {
        self.terms += 1;
        if depth > MAX_NESTING || self.terms > MAX_TERMS {
            return Err(self.here("the filter is too long or nested too deep".to_owned()));
        }
        if self.take(&["not", "!"]) {
            return Ok(Expr::Not(Box::new(self.term(depth + 1)?)));
        }
        if self.take(&["("]) {
            return self.group(depth);
        }
        self.primitive(depth)
    }

    /// What follows an opening parenthesis.
    fn group(&mut self, depth: usize) -> Parsed<Expr> {
        let inner = self.expr(depth + 1)?;
        match self.take(&[")"]) {
            true => Ok(inner),
            false => Err(self.expected("`and`, `or` or `)`")),
        }
    }

    fn primitive(&mut self, depth: usize) -> Parsed<Expr> {
        if self.take(&["vlan"]) {
            return self.vlan();
        }
        if self.take(&["less"]) {
            return self.number("a length").map(Expr::Less);
        }
        if self.take(&["greater"]) {
            return self.number("a length").map(Expr::Greater);
        }
        let quals = self.quals()?;
        let Quals { family, side, kind } = quals;
        if let (Some(family), None, None) = (family, side, kind) {
            let identifier = self.peek().is_some_and(|w| is_identifier(w) || w == "(");
            if !identifier && family != Family::Ether {
                return Ok(alone(family));
            }
        }
        if family.is_some() || side.is_some() || kind.is_some() {
            self.last = quals;
            if self.take(&["("]) {
                return self.group(depth);
            }
        }
        self.identifier(self.last)
    }

    fn quals(&mut self) -> Parsed<Quals> {
        let mut quals = Quals::default();
        if let Some(family) = self.peek().and_then(family) {
            quals.family = Some(family);
            self.next += 1;
        }
        quals.side = self.side();
        let kinds = [
            ("host", Kind::Host),
            ("net", Kind::Net),
            ("port", Kind::Port),
            ("portrange", Kind::PortRange),
            ("proto", Kind::Proto),
        ];
        if let Some((_, kind)) = kinds.into_iter().find(|(word, _)| self.peek() == Some(word)) {
            quals.kind = Some(kind);
            self.next += 1;
        }
        let ported = matches!(quals.family, Some(Family::Transport(6 | 17 | 132)));
        let fits = match (quals.family, quals.kind) {
            (Some(Family::Transport(_)), Some(Kind::Port | Kind::PortRange)) => ported,
            (Some(Family::Transport(_)), Some(_)) => false,
            (Some(Family::Ether), Some(Kind::Host) | None) => true,
            (Some(Family::Ether), _) => false,
            (Some(Family::Arp), Some(Kind::Port | Kind::PortRange | Kind::Proto)) => false,
            _ => true,
        };
        match fits {
            true => Ok(quals),
            false => {
                self.next -= 1;
                Err(self.expected("a qualifier that the protocol before it has"))
            }
        }
    }

    fn side(&mut self) -> Option<Side> {
        let (side, other) = match self.peek()? {
            "src" => (Side::Src, "dst"),
            "dst" => (Side::Dst, "src"),
            _ => return None,
        };
        self.next += 1;
        let ahead = |n: usize| self.words.get(self.next + n).map(|(_, word)| *word);
        let both = match ahead(0) {
            Some("or" | "||") => Side::Either,
            Some("and" | "&&") => Side::Both,
            _ => return Some(side),
        };
        if ahead(1) != Some(other) {
            return Some(side);
        }
        self.next += 2;
        Some(both)
    }

    fn vlan(&mut self) -> Parsed<Expr> {
        match self.peek().is_some_and(|w| w.starts_with(|c: char| c.is_ascii_digit())) {
            true => match self.number("a VLAN identifier")? {
                id @ 0..=4095 => Ok(Expr::Vlan(u16::try_from(id).ok())),
                _ => {
                    self.next -= 1;
                    Err(self.expected("a VLAN identifier (0 to 4095)"))
                }
            },
            false => Ok(Expr::Vlan(None)),
        }
    }

    fn number(&mut self, what: &str) -> Parsed<u32> {
        let value = self.peek().and_then(|w| w.parse().ok());
        let value = value.ok_or_else(|| self.expected(what))?;
        self.next += 1;
        Ok(value)
    }

    fn identifier(&mut self, quals: Quals) -> Parsed<Expr> {
        let Some(word) = self.peek().filter(|w| is_identifier(w) || quals.kind == Some(Kind::Proto)) else {
            return Err(self.expected("a primitive such as `host 192.0.2.1`, `port 80` or `tcp`"));
        };
        let side = quals.side.unwrap_or(Side::Either);
        let expr = match (quals.family, quals.kind) {
            (Some(Family::Ether), _) => {
                let mac = mac(word).ok_or_else(|| self.expected("a hardware address"))?;
                Expr::Mac(side, mac)
            }
            (family, Some(Kind::Port)) => {
                let port = services::port(word)
                    .ok_or_else(|| self.expected("a port number (0 to 65535) or service name"))?;
                with(with_ports(family), Expr::Port(side, port, port))
            }
            (family, Some(Kind::PortRange)) => {
                let (first, last) =
                    range(word).ok_or_else(|| self.expected("a port range such as `1-1023`"))?;
                with(with_ports(family), Expr::Port(side, first, last))
            }
            (family, Some(Kind::Proto)) => {
                let name = word.trim_start_matches('\\');
                let proto = protocol(name).or_else(|| name.parse().ok());
                let proto = proto.ok_or_else(|| self.expected("a protocol number (0 to 255) or name"))?;
                with(family.map(alone), Expr::Proto(proto))
            }
            (Some(Family::Transport(_)), kind) => {
                let what =
                    if kind.is_none() { "`port`, `portrange`, `and`, `or` or the end" } else { "a port" };
                return Err(self.expected(what));
            }
            (family, kind) => with(family.map(alone), Expr::Net(side, self.net(word, kind)?)),
        };
        self.next += 1;
        Ok(expr)
    }

    /// A host or a network, with `/len` or `mask M` where the kind allows it.
    fn net(&mut self, word: &str, kind: Option<Kind>) -> Parsed<Net> {
        let error = |p: &Self| p.expected("an IP address (names are not looked up)");
        let partial = kind == Some(Kind::Net);
        let (address, length) = match word.split_once('/') {
            Some(_) if kind == Some(Kind::Host) => return Err(self.expected("an address without a mask")),
            Some((address, length)) => (address, Some(length)),
            None => (word, None),
        };
        let (ip, given) = match address.parse::<IpAddr>() {
            Ok(ip) => (ip, None),
            Err(_) if partial || length.is_some() => {
                let (ip, bits) = prefix(address).ok_or_else(|| error(self))?;
                (IpAddr::V4(ip), Some(bits))
            }
            Err(_) => return Err(error(self)),
        };
        let width: u32 = if ip.is_ipv4() { 32 } else { 128 };
        let all = u128::MAX >> (128 - width);
        let bits = match length {
            Some(length) => length.parse().ok().filter(|n| *n <= width),
            None => Some(given.unwrap_or(width)),
        };
        let bits = bits.ok_or_else(|| self.expected("a prefix length within the address"))?;
        let mut mask = all & !all.checked_shr(bits).unwrap_or(0);
        if partial && length.is_none() && ip.is_ipv4() {
            mask = self.mask()?.unwrap_or(mask);
        }
        if number(ip) & !mask != 0 {
            return Err(self.expected("a network with no bits set beyond its mask"));
        }
        Ok(Net { v4: ip.is_ipv4(), bits: number(ip), mask })
    }

    /// `mask 255.255.0.0` after the address that comes next; the address stays the next word's
    /// neighbour, so that the caller steps over the last word taken.
    fn mask(&mut self) -> Parsed<Option<u128>> {
        if self.words.get(self.next + 1).map(|(_, w)| *w) != Some("mask") {
            return Ok(None);
        }
        self.next += 2;
        let mask = self.peek().and_then(|w| w.parse::<Ipv4Addr>().ok());
        mask.map(|m| Some(u128::from(m.to_bits()))).ok_or_else(|| self.expected("a mask such as 255.255.0.0"))
    }
}

/// A protocol name without anything after it.
fn alone(family: Family) -> Expr {
    match family {
        Family::Ip(v4) => Expr::V4(v4),
        Family::Transport(proto) => Expr::Proto(proto),
        Family::Arp => Expr::Arp,
        Family::Ether | Family::Never => Expr::Never,
    }
}

/// The condition of a port's family: one transport, or all that have ports.
fn with_ports(family: Option<Family>) -> Option<Expr> {
    match family {
        Some(Family::Ip(v4)) => Some(Expr::And(Box::new(Expr::V4(v4)), Box::new(Expr::Ported))),
        Some(other) => Some(alone(other)),
        None => Some(Expr::Ported),
    }
}

fn with(condition: Option<Expr>, expr: Expr) -> Expr {
    match condition {
        Some(condition) => Expr::And(Box::new(condition), Box::new(expr)),
        None => expr,
    }
}
