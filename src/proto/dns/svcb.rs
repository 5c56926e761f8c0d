//! SVCB and HTTPS records (RFC 9460).

use super::codes;
use super::message::Fault;
use super::rdata::{Part, Rdata, hex};
use crate::proto::base64;
use crate::proto::wire::Wire;
use std::fmt::Display;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Priority and parameters as members, the target as data.
pub(super) fn render(rdata: &mut Rdata<'_>) -> Part<()> {
    let priority = rdata.u16()?;
    rdata.part("priority", priority);
    let target = rdata.name()?;
    let mut wire = Wire::new(rdata.rest());
    let mut params = Vec::new();
    while !wire.rest().is_empty() {
        let key = wire.u16().ok_or(Fault::RdataLength)?;
        let len = wire.u16().ok_or(Fault::RdataLength)?;
        let value = wire.take(usize::from(len)).ok_or(Fault::RdataLength)?;
        let name = codes::service_key(key);
        params.push(if value.is_empty() {
            name.into_owned()
        } else {
            format!("{name}={}", text(key, value))
        });
    }
    if !params.is_empty() {
        rdata.part("params", params.join(" "));
    }
    rdata.data(target)
}

fn text(key: u16, value: &[u8]) -> String {
    let shown = match key {
        0 => Some(list(value.as_chunks::<2>().0, |k| codes::service_key(u16::from_be_bytes(*k)))),
        1 => Some(alpn(value)),
        3 => Wire::new(value).u16().map(|port| port.to_string()),
        4 => Some(list(value.as_chunks::<4>().0, |ip| Ipv4Addr::from(*ip))),
        5 => Some(base64::encode(value)),
        6 => Some(list(value.as_chunks::<16>().0, |ip| Ipv6Addr::from(*ip))),
        7 => std::str::from_utf8(value).ok().map(str::to_owned),
        _ => None,
    };
    shown.unwrap_or_else(|| hex(value))
}

fn list<T, D: Display>(items: &[T], show: impl Fn(&T) -> D) -> String {
    items.iter().map(|item| show(item).to_string()).collect::<Vec<_>>().join(",")
}

fn alpn(value: &[u8]) -> String {
    let mut wire = Wire::new(value);
    let mut names = Vec::new();
    while let Some(name) = wire.u8().and_then(|len| wire.take(usize::from(len))) {
        names.push(String::from_utf8_lossy(name));
    }
    names.join(",")
}
