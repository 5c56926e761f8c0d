//! DHCPv4 and BOOTP: one event per message.

mod fields;
mod names;
#[cfg(test)]
mod tests;

use super::fields::{ERROR_MESSAGE, METHOD, QUERY, RESOURCE, STATUS};
use super::json_text::hex;
use super::wire::Wire;
use super::{Dir, Draft, Emit, Options, Over, Parser, Probe, Protocol, Step};
use crate::model::{Dataset, FieldRef, Outcome, Value};
use fields as f;
use std::net::{IpAddr, Ipv4Addr};

/// One message.
pub static DATASET: Dataset = Dataset::requests("dhcpv4", "One DHCPv4 or BOOTP message.");

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "dhcpv4",
    doc: "DHCPv4 (RFC 2131) and BOOTP: each message is an event, since request and reply have different addresses \
          and go to everybody; `dhcpv4.transaction_id` tells what belongs together. Options that are split or \
          continue in the fields of server name and boot file are put together.",
    over: Over::Udp,
    ports: &[67, 68, 4011],
    probe,
    start,
    datasets: &[&DATASET],
    fields: fields::FIELDS,
    anomalies: &[
        ("dhcpv4.message", "A datagram is no DHCP message."),
        ("dhcpv4.option", "An option is longer than the message, or not as long as its kind must be."),
    ],
};

/// RFC 2131 section 3: what options begin with.
const COOKIE: [u8; 4] = [99, 130, 83, 99];

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(Dhcp)
}

fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    let &[op, hardware, len, ..] = bytes else { return Probe::No };
    let cookie = bytes.get(236..240) == Some(&COOKIE[..]);
    if !matches!(op, 1 | 2) || hardware == 0 || len > 16 || !cookie {
        return Probe::No;
    }
    let from = if op == 1 { Dir::Client } else { Dir::Server };
    Probe::by(from, dir)
}

struct Dhcp;

/// The part before the options.
struct Head<'a> {
    op: u8,
    hardware: u8,
    len: u8,
    hops: u8,
    xid: u32,
    seconds: u16,
    flags: u16,
    addresses: [Ipv4Addr; 4],
    mac: &'a [u8],
    server: &'a [u8],
    file: &'a [u8],
}

impl<'a> Head<'a> {
    fn read(wire: &mut Wire<'a>) -> Option<Head<'a>> {
        let (op, hardware, len, hops) = (wire.u8()?, wire.u8()?, wire.u8()?, wire.u8()?);
        let (xid, seconds, flags) = (wire.u32()?, wire.u16()?, wire.u16()?);
        let mut address = || wire.array::<4>().map(Ipv4Addr::from);
        let addresses = [address()?, address()?, address()?, address()?];
        let (mac, server, file) = (wire.take(16)?, wire.take(64)?, wire.take(128)?);
        Some(Head { op, hardware, len, hops, xid, seconds, flags, addresses, mac, server, file })
    }

    fn describe(&self, draft: &mut Draft) {
        draft
            .put(&f::HARDWARE, names::hardware(self.hardware))
            .put(&f::HOPS, self.hops)
            .put(&f::XID, format!("0x{:08x}", self.xid))
            .put(&f::SECONDS, self.seconds);
        draft.put(&f::FLAGS, Value::text(if self.flags & 0x8000 != 0 { "broadcast" } else { "unicast" }));
        let fields: [FieldRef; 4] = [&f::CLIENT_IP, &f::ASSIGNED_IP, &f::SERVER_IP, &f::RELAY_IP];
        for (field, ip) in fields.into_iter().zip(self.addresses) {
            draft.put_some(field, (!ip.is_unspecified()).then_some(IpAddr::from(ip)));
        }
    }
}

fn text(bytes: &[u8]) -> String {
    let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
    String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned()
}

/// Options by number; parts of one that is split are joined (RFC 3396).
#[derive(Default)]
struct Opts {
    all: Vec<(u8, Vec<u8>)>,
    damaged: bool,
}

impl Opts {
    fn read(&mut self, bytes: &[u8]) {
        let mut wire = Wire::new(bytes);
        while let Some(code) = wire.u8() {
            match code {
                0 => {}
                255 => return,
                _ => {
                    let value = wire.u8().and_then(|len| wire.take(len.into()));
                    let Some(value) = value else {
                        self.damaged = true;
                        return;
                    };
                    match self.all.iter_mut().find(|(known, _)| *known == code) {
                        Some((_, whole)) => whole.extend_from_slice(value),
                        None => self.all.push((code, value.to_vec())),
                    }
                }
            }
        }
    }

    fn get(&self, code: u8) -> Option<&[u8]> {
        self.all.iter().find(|(known, _)| *known == code).map(|(_, value)| value.as_slice())
    }

    fn text(&self, code: u8) -> Option<String> {
        self.get(code).map(text).filter(|text| !text.is_empty())
    }

    fn number<const N: usize>(&mut self, code: u8) -> Option<[u8; N]> {
        let value = self.get(code)?;
        let number = value.try_into().ok();
        self.damaged |= number.is_none();
        number
    }

    fn ip(&mut self, code: u8) -> Option<IpAddr> {
        self.number::<4>(code).map(|ip| IpAddr::from(Ipv4Addr::from(ip)))
    }

    fn ips(&mut self, code: u8) -> Option<Value<'static>> {
        let value = self.get(code)?;
        let (all, rest) = value.as_chunks::<4>();
        let list = all.iter().map(|ip| Value::Ip(Ipv4Addr::from(*ip).into())).collect();
        let damaged = !rest.is_empty() || all.is_empty();
        self.damaged |= damaged;
        Some(Value::List(list))
    }
}

/// The options Packetbeat shows, and some more.
fn describe(draft: &mut Draft, options: &mut Opts) {
    if let Some(list) = options.get(55) {
        draft.put(&f::REQUESTED, Value::texts(list.iter().map(|code| names::option(*code))));
    }
    let addresses: [(u8, FieldRef); 4] =
        [(50, &f::REQUESTED_IP), (54, &f::SERVER_ID), (28, &f::BROADCAST), (1, &f::MASK)];
    for (code, field) in addresses {
        draft.put_some(field, options.ip(code));
    }
    let lists: [(u8, FieldRef); 4] = [(6, &f::DNS), (3, &f::ROUTER), (4, &f::TIME_SERVERS), (42, &f::NTP)];
    for (code, field) in lists {
        draft.put_some(field, options.ips(code));
    }
    let texts: [(u8, FieldRef); 6] = [
        (60, &f::CLASS),
        (15, &f::DOMAIN),
        (12, &f::HOSTNAME),
        (12, &f::HOST_NAME),
        (56, &f::MESSAGE),
        (67, &f::BOOT_OPTION),
    ];
    for (code, field) in texts {
        draft.put_some(field, options.text(code));
    }
    let seconds: [(u8, FieldRef); 3] = [(51, &f::LEASE), (58, &f::RENEWAL), (59, &f::REBINDING)];
    for (code, field) in seconds {
        draft.put_some(field, options.number::<4>(code).map(u32::from_be_bytes).filter(|n| *n != 0));
    }
    draft.put_some(&f::OFFSET, options.number::<4>(2).map(|n| i64::from(i32::from_be_bytes(n))));
    draft.put_some(&f::MAX_SIZE, options.number::<2>(57).map(u16::from_be_bytes));
    draft.put_some(&f::CLIENT_ID, options.get(61).map(hex));
    // RFC 4702: flags and two results, then the name.
    draft.put_some(
        &f::FQDN,
        options.get(81).and_then(|v| v.get(3..)).map(text).filter(|name| !name.is_empty()),
    );
    if let Some(relay) = options.get(82) {
        let mut inner = Opts::default();
        inner.read(relay);
        draft.put_some(&f::CIRCUIT, inner.get(1).map(hex)).put_some(&f::REMOTE, inner.get(2).map(hex));
    }
    if let Some(mut wire) = options.get(124).map(Wire::new) {
        let mut vendors = Vec::new();
        while let (Some(id), Some(len)) = (wire.u32(), wire.u8()) {
            let data = wire.take(len.into()).unwrap_or_default();
            vendors.push(Value::Object(vec![("id".into(), id.into()), ("data".into(), hex(data).into())]));
        }
        draft.put(&f::VENDOR_OPTIONS, Value::List(vendors));
    }
}

impl Parser for Dhcp {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        let mut wire = Wire::new(bytes);
        let Some(head) = Head::read(&mut wire).filter(|head| matches!(head.op, 1 | 2)) else {
            out.anomaly("dhcpv4.message");
            return Step::Took(bytes.len());
        };
        let mut options = Opts::default();
        if wire.array() == Some(COOKIE) {
            options.read(wire.rest());
        }
        let overload = options.get(52).and_then(|v| v.first()).copied().unwrap_or(0);
        if overload & 1 != 0 {
            options.read(head.file);
        }
        if overload & 2 != 0 {
            options.read(head.server);
        }
        let kind = options.get(53).and_then(|v| v.first()).copied().map(names::message);
        let mut draft = out.draft(&DATASET, out.now);
        if dir == Dir::Server {
            let event = draft.event();
            std::mem::swap(&mut event.source, &mut event.destination);
        }
        draft.bytes(Some(bytes.len() as u64), None);
        let op = if head.op == 1 { "bootrequest" } else { "bootreply" };
        draft.put(&METHOD, kind.clone().unwrap_or_else(|| op.to_owned()));
        let [_, assigned, ..] = head.addresses;
        let mac = head.mac.get(..usize::from(head.len.min(16))).unwrap_or_default();
        let mac = mac.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(":");
        let wanted = options.ip(50).filter(|ip| !ip.is_unspecified());
        let about = if assigned.is_unspecified() { wanted } else { Some(IpAddr::from(assigned)) };
        draft.put_some(&RESOURCE, about.map(|ip| ip.to_string()));
        draft.put(&QUERY, format!("{} {mac}", kind.as_deref().unwrap_or(op)));
        let refused = matches!(kind.as_deref(), Some("nak" | "decline"));
        draft.outcome(match kind.as_deref() {
            Some("ack") => Outcome::Success,
            _ if refused => Outcome::Failure,
            _ => Outcome::Unknown,
        });
        draft.put(&STATUS, Value::text(if refused { "Error" } else { "OK" }));
        if refused {
            draft.put_some(&ERROR_MESSAGE, options.text(56));
        }
        draft.put(&f::OP, Value::text(op));
        head.describe(&mut draft);
        draft.put(&f::CLIENT_MAC, mac).put_some(&f::TYPE, kind);
        for (field, bytes, used) in [(&f::SERVER_NAME, head.server, 2), (&f::BOOT_FILE, head.file, 1)] {
            let name = text(bytes);
            if !name.is_empty() && overload & used == 0 {
                draft.put(field, name);
            }
        }
        describe(&mut draft, &mut options);
        draft.emit(out);
        if options.damaged {
            out.anomaly("dhcpv4.option");
        }
        Step::Took(bytes.len())
    }

    fn end(&mut self, _: &mut Emit<'_>) {}
}
