//! The port mapper and its successor rpcbind (RFC 1833): which program is where. RPC itself is read by the parser of NFS.

use super::fields::{ACTION, METHOD, QUERY, RESOURCE};
use super::nfs::{self, fields as rpc_fields, rpc};
use super::wire::Wire;
use super::{Draft, Emit, Over, Protocol, numbers};
use crate::model::cut;
use crate::model::{Dataset, Value};

include!(concat!(env!("OUT_DIR"), "/portmap_numbers.rs"));

crate::fields! {
    pub FIELDS, &rpc_fields::XID, &rpc_fields::RPC_STATUS, &rpc_fields::FLAVOR, &rpc_fields::UID, &rpc_fields::GID,
        &rpc_fields::GIDS, &rpc_fields::STAMP, &rpc_fields::MACHINE, &rpc_fields::HOSTNAME, &rpc_fields::DOMAIN,
        &rpc_fields::USER_ID, &rpc_fields::GROUP_ID;
    VERSION: Long, "portmap.version", "Version of the port mapper: 2, or 3 and 4 of rpcbind.";
    PROGRAM: Keyword, "portmap.program", "Program the call is about, by name where it has one: `nfs`, `mountd`.";
    PROGRAM_VERSION: Long, "portmap.program_version", "Version of that program.";
    PROTOCOL_NAME: Keyword, "portmap.protocol", "Transport it is to be spoken over: `tcp`, `udp`, `tcp6` …";
    PORT: Long, "portmap.port", "Port it has, 0 to 65535; 0 if it is not registered.";
    ADDRESS: Keyword, "portmap.address", "Its universal address (rpcbind): `10.0.0.1.8.1` is port 2049.";
    SERVICES: Keyword, "portmap.services", "What is registered: `nfs 3 tcp 2049`.";
}

/// One call.
pub static DATASET: Dataset = Dataset {
    name: "portmap",
    category: &["network"],
    types: &["connection", "protocol"],
    protocol: Some("portmap"),
    transaction: true,
    doc: "One call of the port mapper with its reply.",
};

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "portmap",
    doc: "The port mapper (version 2) and rpcbind (versions 3 and 4) over ONC RPC (RFC 1833): which program is looked \
          for, registered or withdrawn, and where it is; the list of all. A program that is not registered is a failure. \
          Its anomalies are those of nfs, whose parser it shares.",
    over: Over::Both,
    ports: &[111],
    probe: |dir, bytes| nfs::probe(rpc::Program::Portmap, dir, bytes),
    start: nfs::start,
    datasets: &[&DATASET],
    fields: FIELDS,
    anomalies: &[],
};

/// Longest network identifier, address and owner.
const TEXT: u32 = 1024;

/// What a call asks.
pub(super) struct Asked {
    name: String,
    what: Option<Mapping>,
}

/// A program and where it is; what is not said is empty.
#[derive(Default)]
struct Mapping {
    program: String,
    version: u32,
    transport: Option<String>,
    /// A port or a universal address.
    place: String,
}

impl Mapping {
    /// Program and version.
    fn called(wire: &mut Wire<'_>) -> Option<Mapping> {
        let number = wire.u32()?;
        let program = numbers::name(PROGRAMS, number);
        Some(Mapping { program, version: wire.u32()?, ..Mapping::default() })
    }

    /// As version 2 (`pmap`) or the later ones (`rpcb`) write it.
    fn read(wire: &mut Wire<'_>, old: bool) -> Option<Mapping> {
        let called = Mapping::called(wire)?;
        if old {
            let transport = match wire.u32()? {
                6 => "tcp".to_owned(),
                17 => "udp".to_owned(),
                other => other.to_string(),
            };
            return Some(Mapping { transport: Some(transport), place: wire.u32()?.to_string(), ..called });
        }
        let (transport, place) = (rpc::text(wire, TEXT)?, rpc::text(wire, TEXT)?);
        rpc::text(wire, TEXT)?;
        Some(Mapping { transport: Some(transport).filter(|t| !t.is_empty()), place, ..called })
    }
}

/// Reads the arguments of a call.
pub(super) fn read(call: &rpc::Call, mut wire: Wire<'_>) -> Asked {
    let name = rpc::procedure(if call.version == 2 { V2 } else { V4 }, call.procedure);
    let what = match name.as_str() {
        _ if call.hidden => None,
        "SET" | "UNSET" | "GETPORT" | "GETADDR" | "GETVERSADDR" | "GETADDRLIST" => {
            Mapping::read(&mut wire, call.version == 2)
        }
        "CALLIT" | "BCAST" | "INDIRECT" => Mapping::called(&mut wire),
        _ => None,
    };
    Asked { name, what }
}

/// The port that a universal address ends with (RFC 5665 section 5.2.3.3).
fn port(address: &str) -> Option<u16> {
    let mut parts = address.rsplit('.');
    let (low, high) = (parts.next()?.parse::<u8>().ok()?, parts.next()?.parse::<u8>().ok()?);
    Some(u16::from_be_bytes([high, low]))
}

impl Asked {
    /// Puts what was asked and returned; gives the reason if it was refused.
    pub(super) fn tell(
        self,
        head: &rpc::Call,
        results: Option<Wire<'_>>,
        draft: &mut Draft,
        out: &Emit<'_>,
    ) -> Option<String> {
        draft.put(&ACTION, format!("portmap.{}", self.name)).put(&METHOD, self.name.clone());
        draft.put(&VERSION, head.version);
        let mut query = self.name.clone();
        if let Some(what) = self.what {
            query = format!("{query} {} {}", what.program, what.version);
            if let Some(transport) = what.transport {
                query = format!("{query} {transport}");
                draft.put(&PROTOCOL_NAME, transport);
            }
            draft.put(&RESOURCE, what.program.clone()).put(&PROGRAM, what.program);
            draft.put(&PROGRAM_VERSION, what.version);
            if self.name == "SET" {
                place(draft, &what.place);
            }
        }
        draft.put(&QUERY, cut(&query, out.limits().text).to_owned());
        returned(&self.name, head.version == 2, results?, draft, out)
    }
}

/// Puts a port, or an address and its port.
fn place(draft: &mut Draft, place: &str) {
    if let Ok(number) = place.parse::<u16>() {
        draft.put(&PORT, number);
    } else {
        draft.put_some(&PORT, port(place)).put(&ADDRESS, place.to_owned());
    }
}

fn returned(name: &str, old: bool, mut wire: Wire<'_>, draft: &mut Draft, out: &Emit<'_>) -> Option<String> {
    let found = match name {
        "GETPORT" => {
            let number = wire.u32()?;
            place(draft, &number.to_string());
            number != 0
        }
        "GETADDR" | "GETVERSADDR" => {
            let address = rpc::text(&mut wire, TEXT)?;
            if !address.is_empty() {
                place(draft, &address);
            }
            !address.is_empty()
        }
        "SET" | "UNSET" => {
            return (wire.u32()? == 0).then(|| "refused".to_owned());
        }
        "DUMP" => {
            let all = rpc::chain(&mut wire, out.limits().list, |wire| {
                let one = Mapping::read(wire, old)?;
                Some(format!(
                    "{} {} {} {}",
                    one.program,
                    one.version,
                    one.transport.unwrap_or_default(),
                    one.place
                ))
            });
            draft.put(&SERVICES, Value::texts(all));
            true
        }
        _ => true,
    };
    (!found).then(|| "not registered".to_owned())
}
