//! From calls and their replies to events.

use super::fields as f;
use super::{Asked, Call, DATASET, Reply, names, ops, rpc};
use crate::model::cut;
use crate::model::{Outcome, Value};
use crate::proto::fields::{ACTION, ERROR_MESSAGE, METHOD, QUERY, RESOURCE, RESPONSE_START, STATUS};
use crate::proto::wire::Wire;
use crate::proto::{Draft, Emit, mount, portmap};

impl Call {
    /// Tells what is known.
    pub(super) fn emit(self, reply: Option<Reply<'_>>, out: &mut Emit<'_>) {
        let head = self.head;
        let dataset = match &self.asked {
            Asked::Nfs(_) => &DATASET,
            Asked::Mount(_) => &mount::DATASET,
            Asked::Portmap(_) => &portmap::DATASET,
        };
        let mut draft = out.draft(dataset, self.start);
        draft.bytes(Some(self.size), reply.as_ref().map(|r| r.size));
        let results = reply.as_ref().and_then(|r| r.results);
        let refused = match self.asked {
            Asked::Nfs(asked) => tell(asked, &head, results, &mut draft, out),
            Asked::Mount(asked) => asked.tell(&head, results, &mut draft, out),
            Asked::Portmap(asked) => asked.tell(&head, results, &mut draft, out),
        };
        caller(head, &mut draft);
        if let Some(reply) = reply {
            draft.end(out.now);
            let began = (reply.start.ts != out.now.ts).then_some(Value::Time(reply.start.ts));
            draft.put_some(&RESPONSE_START, began);
            let accepted = reply.accepted.and_then(|n| usize::try_from(n).ok()).map(|n| names::ACCEPT.get(n));
            let taken = accepted.map_or("denied", |name| name.copied().unwrap_or("unknown"));
            draft.put(&f::RPC_STATUS, Value::text(taken));
            draft.put(&STATUS, Value::text(if taken == "success" { "OK" } else { "Error" }));
            let failed = taken != "success" || refused.is_some();
            draft.outcome(if failed { Outcome::Failure } else { Outcome::Success });
            if failed {
                draft.put(&ERROR_MESSAGE, refused.unwrap_or_else(|| taken.to_owned()));
            }
        }
        draft.emit(out);
    }
}

/// Number and caller of a call.
fn caller(head: rpc::Call, draft: &mut Draft) {
    draft.put(&f::XID, format!("{:08x}", head.xid)).put(&f::FLAVOR, rpc::flavor(head.flavor));
    let Some(cred) = head.cred else { return };
    draft.put(&f::UID, cred.uid).put(&f::GID, cred.gid).put(&f::STAMP, cred.stamp);
    draft.put(&f::GIDS, Value::List(cred.gids.into_iter().map(Value::from).collect()));
    draft.put(&f::USER_ID, cred.uid.to_string()).put(&f::GROUP_ID, cred.gid.to_string());
    if cred.machine.is_empty() {
        let address = draft.event().source.ip.map(|ip| ip.to_string());
        draft.put_some(&f::MACHINE, address);
    } else {
        draft.put(&f::HOSTNAME, cred.machine.clone()).put(&f::DOMAIN, cred.machine.clone());
        draft.put(&f::MACHINE, cred.machine);
    }
}

/// What NFS was asked, and its status; gives the reason if it refused.
fn tell(
    asked: ops::Asked,
    head: &rpc::Call,
    results: Option<Wire<'_>>,
    draft: &mut Draft,
    out: &Emit<'_>,
) -> Option<String> {
    draft.put(&ACTION, format!("nfs.{}", asked.opcode)).put(&METHOD, asked.opcode.clone());
    let name = asked.names.join(" ");
    let query = format!("{} {name}", asked.opcode);
    draft.put(&QUERY, cut(query.trim_end(), out.limits().text).to_owned());
    draft.put_some(&RESOURCE, asked.names.last().cloned());
    let names: Vec<_> = asked.names.into_iter().chain(asked.later).collect();
    if !names.is_empty() {
        draft.put(&f::FILE_NAME, Value::texts(names));
    }
    draft.put(&f::VERSION, head.version).put(&f::OPCODE, asked.opcode);
    draft.put_some(&f::MINOR_VERSION, asked.minor).put_some(&f::TAG, asked.tag);
    draft.put_some(&f::OFFSET, asked.offset).put_some(&f::COUNT, asked.count);
    if asked.operations.len() > 1 {
        draft.put(&f::OPERATIONS, Value::texts(asked.operations));
    }
    // The empty procedure returns nothing, which is all it can (as Packetbeat has it).
    let mut results = results?;
    let status = if head.procedure == 0 { 0 } else { results.u32()? };
    let name = names::status(status).map_or_else(|| status.to_string(), str::to_owned);
    draft.put(&f::STATUS, name.clone());
    (status != 0).then_some(name)
}
