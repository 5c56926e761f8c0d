//! Application protocols: one file each, and one word in `protocols!` at the end of this file.
//!
//! A protocol is a static [`Protocol`]: its name and documentation, the port hints, a `probe` that
//! recognises it by content on any port, the fields its events carry, and `start`, which makes a
//! [`Parser`] for one flow. The parser is handed the bytes of both directions in order, is told about
//! gaps and the end, and emits events; it never sees packets, and never panics whatever it is fed.

mod base64;
mod ber;
pub mod carried;
mod emit;
pub mod fields;
mod frame;
mod json_text;
mod lines;
mod magic;
mod mail;
mod ntlm;
mod numbers;
mod pairs;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod rig;
mod sasl;
mod sql;
mod wire;

pub mod config;
pub mod shapes;

pub use emit::{Draft, Emit, FlowView, Limits, Options};

use crate::model::{Dataset, FieldRef, Transport};

/// Who speaks. [`Dir::Client`] bytes travel from the flow's client to its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dir {
    /// Client to server.
    Client,
    /// Server to client.
    Server,
}

impl Dir {
    /// The other one.
    pub const fn flip(self) -> Dir {
        match self {
            Dir::Client => Dir::Server,
            Dir::Server => Dir::Client,
        }
    }

    /// 0 for the client, 1 for the server.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// That of this direction.
    pub fn of<T>(self, [client, server]: &mut [T; 2]) -> &mut T {
        match self {
            Dir::Client => client,
            Dir::Server => server,
        }
    }
}

/// A probe's verdict on the first bytes that one direction of a flow sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// Mine, and `dir` is who we thought.
    Yes,
    /// Mine, but these bytes come from the other role: the flow was picked up in the middle or its
    /// first packet was lost. The flow's client and server change places.
    Swapped,
    /// Not mine.
    No,
    /// Could be; show me more bytes (asked again up to [`Limits::probe_bytes`]).
    More,
}

impl Probe {
    /// Mine, by bytes that only `sender` sends, of the direction `dir`.
    pub fn by(sender: Dir, dir: Dir) -> Probe {
        if sender == dir { Probe::Yes } else { Probe::Swapped }
    }
}

/// What a parser did with the bytes it was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// This many bytes are dealt with (0..=len). The rest is shown again with what follows appended,
    /// as long as it is below [`Limits::buffer`]; beyond it the flow is given up and counted.
    Took(usize),
    /// No more of this flow is wanted, in either direction: reassembly stops, the flow is only counted.
    Done,
    /// Not the protocol any more: counted under this name as an anomaly; parsing ends as with `Done`.
    Weird(&'static str),
    /// From here on the flow speaks another protocol (STARTTLS, CONNECT, upgrade): `.0` bytes are dealt
    /// with, the rest and all that follows are probed anew.
    Switch(usize),
    /// As `Switch`, to the protocol of this name: what follows has no mark of its own but the agreement
    /// that this parser saw (WebSocket after its upgrade).
    Become(usize, &'static str),
}

/// The state of one protocol on one flow.
pub trait Parser: Send {
    /// Bytes of one direction, in order. For datagrams: one whole payload, and the return is not a
    /// count but only `Done` or `Weird` matter.
    fn data(&mut self, dir: Dir, bytes: &[u8], out: &mut Emit<'_>) -> Step;

    /// `missing` bytes of one direction were never captured; the next `data` continues after them.
    /// What was unconsumed before the gap has been dropped. Default: give up on the flow.
    fn gap(&mut self, dir: Dir, missing: u64, out: &mut Emit<'_>) -> Step {
        let _ = (dir, missing, out);
        Step::Done
    }

    /// One direction is finished (FIN); no more `data` for it will come. `rest` is what was unconsumed.
    fn fin(&mut self, dir: Dir, rest: &[u8], out: &mut Emit<'_>) {
        let _ = (dir, rest, out);
    }

    /// The flow fell silent and may stay so for an hour: memory that holds nothing should be given back.
    /// Nothing else may change.
    fn idle(&mut self) {}

    /// Requests that wait for their responses, where there may be more than one of them.
    fn waiting(&self) -> usize {
        0
    }

    /// Memory is short: those that wait are emitted as unanswered, but for what is in the middle of being answered.
    /// The flow goes on.
    fn give_up(&mut self, out: &mut Emit<'_>) {
        let _ = out;
    }

    /// The flow ended: closed, reset, timed out, or the input did. Emit what is still open (an
    /// unanswered request is an event too; the default). Called exactly once, also after `Done`.
    fn end(&mut self, out: &mut Emit<'_>) {
        self.give_up(out);
    }
}

/// What a protocol runs over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Byte stream.
    Tcp,
    /// Datagrams.
    Udp,
    /// Both; the parser is told by [`FlowView::transport`].
    Both,
    /// ICMP or ICMPv6 messages, from the ICMP header on.
    Icmp,
    /// ARP messages.
    Arp,
}

impl Over {
    /// Whether flows of this transport are shown to the protocol.
    pub const fn carries(self, transport: Transport) -> bool {
        matches!(
            (self, transport),
            (Over::Tcp | Over::Both, Transport::Tcp)
                | (Over::Udp | Over::Both, Transport::Udp)
                | (Over::Icmp, Transport::Icmp | Transport::Icmp6)
                | (Over::Arp, Transport::Arp)
        )
    }
}

/// Descriptor of one protocol: registration, documentation and schema in one.
#[derive(Debug)]
pub struct Protocol {
    /// Short name, as in `network.protocol`.
    pub name: &'static str,
    /// One paragraph for docs/protocols.md: what is decoded, what is not, the specification.
    pub doc: &'static str,
    /// Transport.
    pub over: Over,
    /// Server ports where it usually lives: probed first there, and the only hint when one packet
    /// could be two protocols.
    pub ports: &'static [u16],
    /// Recognises the protocol by the first bytes of one direction (for UDP: one datagram).
    pub probe: fn(Dir, &[u8]) -> Probe,
    /// Makes the parser of one flow.
    pub start: fn(&Options) -> Box<dyn Parser>,
    /// Data sets of its events.
    pub datasets: &'static [&'static Dataset],
    /// Fields of its events, besides the shared ones of [`fields::FIELDS`].
    pub fields: &'static [FieldRef],
    /// Names of the anomalies it reports, with their meaning.
    pub anomalies: &'static [(&'static str, &'static str)],
}

/// Declares the modules and the registry: the one word a new protocol adds.
macro_rules! protocols {
    ($($module:ident),* $(,)?) => {
        $(pub mod $module;)*
        /// Every protocol, in the order probes are asked when no port gives a hint.
        pub static ALL: &[&Protocol] = &[$(&$module::PROTOCOL),*];
    };
}

protocols! {
    amqp,
    arp,
    cassandra,
    dhcpv4,
    dhcpv6,
    dns,
    ftp,
    gelf,
    http,
    http2,
    icmp,
    ike,
    imap,
    kerberos,
    ldap,
    logstash,
    memcache,
    mongodb,
    mount,
    mqtt,
    mysql,
    nbns,
    nfs,
    ntp,
    openvpn,
    pgsql,
    pop3,
    portmap,
    quic,
    radius,
    rdp,
    redis,
    sip,
    smb,
    smtp,
    snmp,
    socks,
    ssdp,
    ssh,
    stun,
    syslog,
    telnet,
    tftp,
    thrift,
    tls,
    websocket,
    wireguard,
}
