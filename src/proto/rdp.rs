//! RDP (MS-RDPBCGR §2.2.1.1): the connection request with its cookie, and what security the server chooses.

use super::fields::{ACTION, ERROR_CODE, METHOD, STATUS, USER_NAME};
use super::{Dir, Draft, Emit, Options, Over, Parser, Probe, Protocol, Step, lines, ntlm};
use crate::model::{Dataset, Outcome, Value};

/// Connections.
pub static DATASET: Dataset =
    Dataset::requests("rdp", "One RDP connection request with the server's confirmation.");

crate::fields! {
    pub FIELDS;
    COOKIE: Keyword, "rdp.cookie", "User name the client gives for the balancer (mstshash), often cut to nine letters.";
    TOKEN: Keyword, "rdp.routing_token", "Routing token of a balancer (msts).";
    REQUESTED: Keyword, "rdp.requested", "Security the client offers besides the standard one: `tls`, `credssp`, `rdstls` …";
    SELECTED: Keyword, "rdp.selected", "Security the server chose: `standard`, `tls`, `credssp` …";
    RESTRICTED: Boolean, "rdp.restricted_admin", "The client wants a session without its credentials on the server.";
    CLIENT_NAME: Keyword, "rdp.client.name", "Name of the client's machine; only with standard security.";
    CLIENT_BUILD: Long, "rdp.client.build", "Build of the client; only with standard security.";
}

/// The protocol.
pub static PROTOCOL: Protocol = Protocol {
    name: "rdp",
    doc: "RDP (MS-RDPBCGR): the connection request with the user's cookie and the security offered, the server's choice \
          or refusal; with standard security the client's name and build. With TLS or CredSSP the connection is looked \
          at anew from there, as TLS.",
    over: Over::Tcp,
    ports: &[3389],
    probe,
    start,
    datasets: &[&DATASET],
    fields: FIELDS,
    anomalies: &[("rdp.malformed", "A packet does not parse, or the connection is no RDP any more.")],
};

/// Refusals (§2.2.1.2.2).
static FAILURES: &[&str] = &[
    "",
    "SSL_REQUIRED_BY_SERVER",
    "SSL_NOT_ALLOWED_BY_SERVER",
    "SSL_CERT_NOT_ON_SERVER",
    "INCONSISTENT_FLAGS",
    "HYBRID_REQUIRED_BY_SERVER",
    "SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER",
];

fn start(_: &Options) -> Box<dyn Parser> {
    Box::new(Rdp { draft: None, standard: false })
}

struct Rdp {
    draft: Option<Draft>,
    standard: bool,
}

fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    let want = [3, 0];
    if bytes.len() < 7 {
        return if want.starts_with(bytes.get(..2).unwrap_or(bytes)) { Probe::More } else { Probe::No };
    }
    // TPKT (RFC 1006), then an X.224 connection request or confirmation that fills it.
    let [3, 0, high, low, li, kind, dst, ..] = bytes else { return Probe::No };
    let size = u16::from_be_bytes([*high, *low]);
    if u16::from(*li) + 5 != size || *dst != 0 && *kind == 0xe0 {
        return Probe::No;
    }
    let Some(packet) = bytes.get(..usize::from(size)) else { return Probe::More };
    // Other users of TPKT (S7, H.323) have parameters of the transport class here.
    let rest = packet.get(11..).unwrap_or_default();
    // Of old clients the request has nothing at all: no user of TPKT but RDP leaves the sizes and names out too.
    let bare = rest.is_empty() && (*kind == 0xd0 || packet.ends_with(&[0; 5]));
    let mine = rest.starts_with(b"Cookie: ") || negotiation(rest).is_some() || bare;
    match (kind, dir) {
        _ if !mine => Probe::No,
        (0xe0, Dir::Client) | (0xd0, Dir::Server) => Probe::Yes,
        (0xe0 | 0xd0, _) => Probe::Swapped,
        _ => Probe::No,
    }
}

/// RDP_NEG_REQ, _RSP or _FAILURE: kind, flags, value.
fn negotiation(rest: &[u8]) -> Option<(u8, u8, u32)> {
    match rest.get(rest.len().checked_sub(8)?..)? {
        [kind @ 1..=3, flags, 8, 0, a, b, c, d] => {
            Some((*kind, *flags, u32::from_le_bytes([*a, *b, *c, *d])))
        }
        _ => None,
    }
}

/// Names of protocol flags.
fn protocols(mask: u32) -> Vec<&'static str> {
    let names = [(1, "tls"), (2, "credssp"), (4, "rdstls"), (8, "credssp_ex"), (16, "rdsaad")];
    let list: Vec<_> = names.into_iter().filter(|(bit, _)| mask & bit != 0).map(|(_, name)| name).collect();
    if list.is_empty() { vec!["standard"] } else { list }
}

impl Rdp {
    fn request(&mut self, packet: &[u8], out: &Emit<'_>) {
        let rest = packet.get(11..).unwrap_or_default();
        let mut draft = out.draft(&DATASET, out.now);
        draft.put(&ACTION, Value::text("rdp.connect")).put(&METHOD, Value::text("CONNECT"));
        draft.bytes(Some(packet.len() as u64), None);
        if let lines::Line::Is(line, _) = lines::line(rest) {
            if let Some(user) = line.strip_prefix(b"Cookie: mstshash=") {
                draft.put_text(&COOKIE, user, 256).put_text(&USER_NAME, user, 256);
            } else if let Some(token) = line.strip_prefix(b"Cookie: msts=") {
                draft.put_text(&TOKEN, token, 256);
            }
        }
        let asked = negotiation(rest).filter(|n| n.0 == 1);
        draft.put(&REQUESTED, Value::texts(protocols(asked.map_or(0, |n| n.2))));
        draft.put_some(&RESTRICTED, asked.map(|n| n.1 & 1 != 0));
        self.draft = Some(draft);
    }

    /// Whether what follows is TLS; `None` if the connection is refused or stays as it is.
    fn confirm(&mut self, packet: &[u8], out: &mut Emit<'_>) -> Option<bool> {
        let answer = negotiation(packet.get(11..).unwrap_or_default());
        let Some(draft) = &mut self.draft else { return Some(answer.is_some_and(|n| n.2 != 0)) };
        draft.end(out.now).event().destination.bytes = Some(packet.len() as u64);
        match answer {
            Some((3, _, code)) => {
                let name = usize::try_from(code).ok().and_then(|c| FAILURES.get(c)).map(|n| (*n).to_owned());
                draft
                    .put(&ERROR_CODE, name.unwrap_or_else(|| code.to_string()))
                    .put(&STATUS, Value::text("Error"));
                draft.outcome(Outcome::Failure);
                None
            }
            other => {
                let selected = other.map_or(0, |n| n.2);
                draft.put(&SELECTED, protocols(selected).first().copied().unwrap_or_default());
                draft.put(&STATUS, Value::text("OK")).outcome(Outcome::Success);
                Some(selected != 0)
            }
        }
    }

    /// Client core data (§2.2.1.3.2) within the MCS Connect Initial.
    fn core(&mut self, packet: &[u8]) {
        let Some(draft) = &mut self.draft else { return };
        // Type CS_CORE, its length, and a version of RDP.
        let at = packet.windows(8).position(|w| matches!(w, [1, 0xc0, _, 0, _, 0, 8, 0]));
        let Some(core) = at.and_then(|at| packet.get(at..)) else { return };
        let build = core.get(20..).and_then(|b| b.first_chunk()).map(|b| u32::from_le_bytes(*b));
        draft.put_some(&CLIENT_BUILD, build);
        let name = core.get(24..56).map(ntlm::utf16);
        draft.put_some(&CLIENT_NAME, name.map(|n| n.split('\0').next().unwrap_or_default().to_owned()));
    }

    fn close(&mut self, out: &mut Emit<'_>) {
        if let Some(draft) = self.draft.take() {
            draft.emit(out);
        }
    }
}

impl Parser for Rdp {
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step {
        let mut at = 0;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let size = match rest {
                [3, 0, high, low, _, _, _, ..] => usize::from(u16::from_be_bytes([*high, *low])),
                [3, 0, ..] | [3] | [] => return Step::Took(at),
                _ => {
                    self.close(out);
                    return Step::Weird("rdp.malformed");
                }
            };
            let Some(packet) = rest.get(..size.max(7)) else { return Step::Took(at) };
            at += packet.len();
            match (packet.get(5), dir) {
                (Some(0xe0), Dir::Client) if self.draft.is_none() => self.request(packet, out),
                (Some(0xd0), Dir::Server) if !self.standard => match self.confirm(packet, out) {
                    Some(true) => {
                        self.close(out);
                        return Step::Switch(at);
                    }
                    Some(false) => self.standard = true,
                    None => {
                        self.close(out);
                        return Step::Done;
                    }
                },
                (Some(0xf0), Dir::Client) => {
                    self.core(packet);
                    self.close(out);
                    return Step::Done;
                }
                _ => {}
            }
        }
    }

    fn end(&mut self, out: &mut Emit<'_>) {
        self.close(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_with_nothing_in_it_is_one() {
        let request = [3, 0, 0, 11, 6, 0xe0, 0, 0, 0, 0, 0];
        let confirm = [3, 0, 0, 11, 6, 0xd0, 0, 0, 0x12, 0x34, 0];
        assert!(matches!(probe(Dir::Client, &request), Probe::Yes));
        assert!(matches!(probe(Dir::Server, &confirm), Probe::Yes));
        assert!((2..11).all(|end| matches!(probe(Dir::Client, &request[..end]), Probe::More)));
        // S7: sizes and names of the transport class stand behind it.
        let other = [3, 0, 0, 14, 9, 0xe0, 0, 0, 0, 1, 0, 0xc0, 1, 10];
        assert!(matches!(probe(Dir::Client, &other), Probe::No));
    }
}
