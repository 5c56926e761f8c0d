//! MOUNT (RFC 1094 Appendix A, RFC 1813 Appendix I): who asked for which file system, and what is exported to whom.
//! RPC itself is read by the parser of NFS.

use super::fields::{ACTION, METHOD, PATH, QUERY, RESOURCE};
use super::nfs::{self, fields as rpc_fields, rpc};
use super::wire::Wire;
use super::{Draft, Emit, Over, Protocol, numbers};
use crate::model::cut;
use crate::model::{Dataset, Value};

include!(concat!(env!("OUT_DIR"), "/mount_numbers.rs"));

crate::fields! {
    pub FIELDS, &rpc_fields::XID, &rpc_fields::RPC_STATUS, &rpc_fields::FLAVOR, &rpc_fields::UID, &rpc_fields::GID,
        &rpc_fields::GIDS, &rpc_fields::STAMP, &rpc_fields::MACHINE, &rpc_fields::HOSTNAME, &rpc_fields::DOMAIN,
        &rpc_fields::USER_ID, &rpc_fields::GROUP_ID;
    VERSION: Long, "mount.version", "Version of MOUNT (1 to 3).";
    STATUS: Keyword, "mount.status", "How a mount went: MNT3_OK, MNT3ERR_ACCES …";
    FLAVORS: Keyword, "mount.auth_flavors", "How callers of the file system may be known: `unix`, `rpcsec_gss` …";
    EXPORTS: Keyword, "mount.exports", "What the server exports, with whom it is for: `/home trusted,10.0.0.0/8`; nobody named is everybody.";
    MOUNTS: Keyword, "mount.mounts", "What the server believes is mounted: `host:/path`.";
}

/// One call.
pub static DATASET: Dataset = Dataset {
    name: "mount",
    category: &["network"],
    types: &["connection", "protocol"],
    protocol: Some("mount"),
    transaction: true,
    doc: "One call of the MOUNT protocol with its reply.",
};

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "mount",
    doc: "MOUNT versions 1 to 3 over ONC RPC (RFC 1094, 1813): the path that is mounted or given back, who called by \
          AUTH_SYS, status; lists of exports and of mounts. Its anomalies are those of nfs, whose parser it shares.",
    over: Over::Both,
    // Where Linux and NFS-Ganesha put it if nothing else is said.
    ports: &[20048],
    probe: |dir, bytes| nfs::probe(rpc::Program::Mount, dir, bytes),
    start: nfs::start,
    datasets: &[&DATASET],
    fields: FIELDS,
    anomalies: &[],
};

/// Longest path and name (MNTPATHLEN), and how many of a list are read.
const PATHS: u32 = 1024;
const READ: usize = 4096;

/// What a call asks.
pub(super) struct Asked {
    name: String,
    path: Option<String>,
}

/// Reads the arguments of a call.
pub(super) fn read(call: &rpc::Call, mut wire: Wire<'_>) -> Asked {
    let name = rpc::procedure(PROCEDURES, call.procedure);
    let asks = matches!(name.as_str(), "MNT" | "UMNT" | "PATHCONF") && !call.hidden;
    let path = if asks { rpc::text(&mut wire, PATHS) } else { None };
    Asked { name, path }
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
        draft.put(&ACTION, format!("mount.{}", self.name)).put(&METHOD, self.name.clone());
        let query = format!("{} {}", self.name, self.path.as_deref().unwrap_or_default());
        draft.put(&QUERY, cut(query.trim_end(), out.limits().text).to_owned());
        draft.put_some(&PATH, self.path.clone()).put_some(&RESOURCE, self.path);
        draft.put(&VERSION, head.version);
        let mut wire = results?;
        let most = out.limits().list;
        match self.name.as_str() {
            "MNT" => {
                let status = wire.u32()?;
                let name = numbers::name(STATUSES, status);
                draft.put(&STATUS, name.clone());
                if status != 0 {
                    return Some(name);
                }
                if head.version == 3 {
                    rpc::opaque(&mut wire, 64)?;
                    let count = usize::try_from(wire.u32()?).ok()?;
                    let flavors = (0..count.min(most)).map_while(|_| wire.u32()).map(rpc::flavor);
                    draft.put(&FLAVORS, Value::texts(flavors.collect::<Vec<_>>()));
                }
            }
            "DUMP" => drop(draft.put(&MOUNTS, Value::texts(mounts(&mut wire, most)))),
            "EXPORT" | "EXPORTALL" => drop(draft.put(&EXPORTS, Value::texts(exports(&mut wire, most)))),
            _ => {}
        }
        None
    }
}

/// Host and path of each mount.
fn mounts(wire: &mut Wire<'_>, most: usize) -> Vec<String> {
    rpc::chain(wire, most, |wire| Some(format!("{}:{}", rpc::text(wire, PATHS)?, rpc::text(wire, PATHS)?)))
}

/// Path of each export and whom it is for.
fn exports(wire: &mut Wire<'_>, most: usize) -> Vec<String> {
    rpc::chain(wire, most, |wire| {
        let path = rpc::text(wire, PATHS)?;
        let mut groups = rpc::chain(wire, READ, |wire| rpc::text(wire, PATHS));
        groups.truncate(most);
        Some(format!("{path} {}", groups.join(",")).trim_end().to_owned())
    })
}
