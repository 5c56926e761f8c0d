//! What single flows and messages ask for, if they are probes.

use super::super::flows::{Flags, is_one_way, is_to_a_server};
use crate::model::{Event, Transport, Value};

/// What a firewall kept away.
pub const REJECTED: &str = "rejected";
/// Connections that were opened and closed without a byte.
pub const CONNECT: &str = "connect";
/// Connections that were torn down once the server had introduced itself.
pub const BANNER: &str = "banner";
/// Packets of connections that never were, which a reset answers.
pub const STRAYS: [&str; 2] = ["ACK", "Maimon"];

/// Hops that traceroute tries.
const HOPS: i64 = 30;
/// Bytes of a packet without a payload, with room for options and tags.
const EMPTY: u64 = 100;
/// Bytes of what a server says at most before it is asked.
const GREETING: u64 = 1024;
/// So many times nonsense is sent from one port to one: who finds out a system by it asks some times.
const REPEATED: u64 = 20;
/// Ports below are those of services that everybody knows.
const KNOWN: u16 = 1024;

/// Whether flow records hold at most this many packets from the source, but some.
fn sent(event: &Event<'_>, most: u64) -> bool {
    event.source.packets.is_some_and(|packets| (1..=most).contains(&packets))
}

fn is_unanswered(event: &Event<'_>) -> bool {
    event.destination.packets.unwrap_or(0) == 0 && !is_one_way(event)
}

/// Kind of probe a packet or connection over TCP is that a firewall kept away, if it is one: what is left of
/// connections that the firewall has forgotten is none.
pub fn rejected(event: &Event<'_>) -> Option<&'static str> {
    let flags = Flags::of_source(event);
    match flags.begin() {
        true => Some(REJECTED),
        false if flags.has("ack") || flags.has("rst") || flags.has("syn") => None,
        false => strange(&flags),
    }
}

/// Kind of probe a TCP flow is, if it is one.
pub fn tcp(event: &Event<'_>) -> Option<&'static str> {
    // Looked at first: most flows are conversations. Of some only the answers were captured.
    if !sent(event, REPEATED) {
        return None;
    }
    let flags = Flags::of_source(event);
    let silent = event.destination.bytes.unwrap_or(0) == 0;
    if (silent || sent(event, 5)) && !["syn", "ack", "rst"].iter().any(|flag| flags.has(flag)) {
        // Of logs it is not known that there were none.
        let null = || (flags.is_none() && event.dataset.name == "flow").then_some("NULL");
        return strange(&flags).or_else(null);
    }
    if !sent(event, 5) {
        return None;
    }
    let few = sent(event, 3);
    if flags.has("syn") {
        let state = event.by_name("netlog.flow.state").and_then(Value::as_str)?;
        return match state {
            "half_open" | "refused" | "aborted" => few.then_some("SYN"),
            "closed" | "reset" if is_empty(event, &flags) => Some(CONNECT),
            "reset" => is_greeted(event, &flags).then_some(BANNER),
            _ => None,
        };
    }
    if few { stray(event, &flags) } else { None }
}

/// Flags that no connection begins with.
fn strange(flags: &Flags<'_>) -> Option<&'static str> {
    match (flags.has("fin"), flags.has("psh") && flags.has("urg")) {
        (true, true) => Some("Xmas"),
        (true, false) => Some("FIN"),
        (false, _) => None,
    }
}

/// A connection on which nobody said anything: a handshake and its end.
fn is_empty(event: &Event<'_>, flags: &Flags<'_>) -> bool {
    let answers = Flags::of_destination(event);
    let small = [&event.source, &event.destination]
        .iter()
        .all(|end| end.bytes.unwrap_or(0) <= end.packets.unwrap_or(0).saturating_mul(EMPTY));
    let few = event.destination.packets.is_some_and(|packets| packets <= 3);
    few && small && answers.are(&["syn"], &["psh"]) && !flags.has("psh")
}

/// A connection whose client said nothing, and tore it down once the server had introduced itself.
fn is_greeted(event: &Event<'_>, flags: &Flags<'_>) -> bool {
    let answers = Flags::of_destination(event);
    let greeting = event.destination.bytes.is_some_and(|bytes| bytes <= GREETING);
    greeting && flags.are(&["rst"], &["psh", "fin"]) && answers.are(&["syn", "psh"], &["rst"])
}

/// A packet of a connection that never was, and nothing but a reset for it. Connections older than the capture end
/// like this too: what counts is that they are to many ports of one host, and not to those of clients.
fn stray(event: &Event<'_>, flags: &Flags<'_>) -> Option<&'static str> {
    let answers = Flags::of_destination(event);
    if !flags.are(&["ack"], &["psh", "rst", "urg"])
        || !answers.are(&["rst"], &["syn", "psh", "fin"])
        || !is_to_a_server(event)
    {
        return None;
    }
    let [ack, maimon] = STRAYS;
    Some(if flags.has("fin") { maimon } else { ack })
}

/// Whether a flow of UDP asks somebody who does not answer.
pub fn udp(event: &Event<'_>) -> bool {
    let hops = event.by_name("netlog.flow.source.ttl").and_then(Value::as_int);
    sent(event, 3) && is_unanswered(event) && is_to_a_server(event) && hops.is_none_or(|hops| hops > HOPS)
}

/// Whether it may be one of many ports that are tried. Where the content is known it is somebody's question, but
/// scanners speak to each known port what is spoken there.
pub fn is_any_port(event: &Event<'_>) -> bool {
    !event.has("network.protocol") || event.destination.port.is_some_and(|port| port < KNOWN)
}

/// Whether a flow of SCTP never became an association: that takes two packets of each side (RFC 9260 §5.1).
pub fn sctp(event: &Event<'_>) -> bool {
    sent(event, 3)
        && event.destination.packets.unwrap_or(0) <= 1
        && is_to_a_server(event)
        && !is_one_way(event)
}

/// Number of the IP protocol that was tried in vain.
pub fn protocol(event: &Event<'_>) -> Option<u8> {
    match event.transport {
        Some(Transport::Other(number)) => (sent(event, 3) && is_unanswered(event)).then_some(number),
        _ => None,
    }
}

/// Whether it is a ping, or a few of them, answered or not. Programs that repeat what is lost do so three times.
pub fn ping(event: &Event<'_>) -> bool {
    is_echo(event) && sent(event, 4)
}

/// Whether ICMP asks for an echo.
pub fn is_echo(event: &Event<'_>) -> bool {
    matches!(event.by_name("icmp.request.type").and_then(Value::as_int), Some(8 | 128))
}
