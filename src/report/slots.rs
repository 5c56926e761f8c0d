//! The fields the report looks at. They are found by name once and by address from then on, in one
//! pass over an event's fields, so that forty tables cost one walk.

use crate::model::{Event, FieldRef, Value};
use foldhash::fast::FixedState;
use hashbrown::HashMap;

macro_rules! slots {
    ($($id:ident = $name:literal,)*) => {
        /// A field the report looks at.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Slot { $(#[doc = $name] $id,)* }
        static NAMES: &[(&str, Slot)] = &[$(($name, Slot::$id),)*];
        const COUNT: usize = [$(Slot::$id),*].len();
    };
}

slots! {
    SourceCountry = "source.geo.country_iso_code",
    SourceCountryName = "source.geo.country_name",
    SourceCity = "source.geo.city_name",
    SourceLocation = "source.geo.location",
    SourceAsn = "source.as.number",
    SourceAsName = "source.as.organization.name",
    SourceDomain = "source.domain",
    SourceAddress = "source.address",
    DestinationCountry = "destination.geo.country_iso_code",
    DestinationCountryName = "destination.geo.country_name",
    DestinationCity = "destination.geo.city_name",
    DestinationLocation = "destination.geo.location",
    DestinationAsn = "destination.as.number",
    DestinationAsName = "destination.as.organization.name",
    Line = "netlog.line",
    Protocol = "network.protocol",
    FlowFinal = "flow.final",
    FlowState = "netlog.flow.state",
    Tunnel = "netlog.tunnel.type",
    DnsName = "dns.question.name",
    DnsType = "dns.question.type",
    DnsCode = "dns.response_code",
    HttpMethod = "http.request.method",
    HttpStatus = "http.response.status_code",
    UrlDomain = "url.domain",
    UrlPath = "url.path",
    Agent = "user_agent.original",
    TlsVersion = "tls.version",
    TlsName = "tls.client.server_name",
    TlsJa4 = "tls.client.ja4",
    TlsAlpn = "tls.next_protocol",
    TlsCipher = "tls.cipher",
    TlsIssues = "tls.server.certificate_issues",
    TlsSubject = "tls.server.subject",
    TlsAlert = "tls.alert.description",
    SshClient = "ssh.client.software",
    SshServer = "ssh.server.software",
    SshHassh = "ssh.client.hassh",
    SshHasshServer = "ssh.server.hassh",
    IcmpRequest = "icmp.request.message",
    IcmpResponse = "icmp.response.message",
    AuthKind = "netlog.auth.kind",
    AuthCount = "netlog.count",
    UserName = "user.name",
    HostName = "host.name",
    ProcessName = "process.name",
    LogLevel = "log.level",
}

/// What each slot holds in one event.
#[derive(Debug)]
pub struct Seen<'e, 'a> {
    values: [Option<&'e Value<'a>>; COUNT],
}

impl<'e, 'a> Seen<'e, 'a> {
    /// The value of a slot.
    pub fn get(&self, slot: Slot) -> Option<&'e Value<'a>> {
        self.values.get(slot as usize).copied().flatten()
    }

    /// The text of a slot.
    pub fn text(&self, slot: Slot) -> Option<&'e str> {
        self.get(slot).and_then(Value::as_str)
    }
}

/// Which field is which slot.
#[derive(Debug, Default)]
pub struct Slots {
    known: HashMap<usize, Option<Slot>, FixedState>,
    /// By kind of event: the fields of the last one, which the next one mostly has in the same order.
    last: Vec<Vec<(usize, Option<Slot>)>>,
}

impl Slots {
    /// Puts the values of an event of the given kind into their slots.
    pub fn look<'e, 'a>(&mut self, kind: usize, event: &'e Event<'a>) -> Seen<'e, 'a> {
        if self.last.len() <= kind {
            self.last.resize_with(kind + 1, Vec::new);
        }
        let mut values = [None; COUNT];
        let Some(last) = self.last.get_mut(kind) else { return Seen { values } };
        last.resize(event.fields.len(), (0, None));
        for ((field, value), guess) in event.fields.iter().zip(last) {
            let address = std::ptr::from_ref(*field).addr();
            if guess.0 != address {
                *guess = (address, *self.known.entry(address).or_insert_with(|| by_name(field)));
            }
            if let Some(place) = guess.1.and_then(|slot| values.get_mut(slot as usize)) {
                *place = Some(value);
            }
        }
        Seen { values }
    }
}

fn by_name(field: FieldRef) -> Option<Slot> {
    NAMES.iter().find(|(name, _)| *name == field.name).map(|(_, slot)| *slot)
}
