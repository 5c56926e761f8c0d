//! The fields the report looks at. They are found by name once for all events that are alike, so that
//! forty tables cost one walk.

use crate::model::{Event, FieldRef, Shapes, Value};

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
    FlowPart = "netlog.flow.part",
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
    AgentName = "user_agent.name",
    AgentSystem = "user_agent.os.name",
    AgentDevice = "user_agent.device.name",
    Referrer = "http.request.referrer",
    BodyBytes = "http.response.body.bytes",
    Extension = "url.extension",
    TlsVersion = "tls.version",
    TlsName = "tls.client.server_name",
    TlsJa4 = "tls.client.ja4",
    TlsAlpn = "tls.next_protocol",
    TlsCipher = "tls.cipher",
    TlsIssues = "tls.server.certificate_issues",
    TlsSubject = "tls.server.subject",
    TlsNotAfter = "tls.server.not_after",
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
    Kind = "event.dataset",
    Action = "event.action",
    Method = "method",
    Query = "query",
    Resource = "resource",
    ErrorMessage = "error.message",
    Statement = "db.statement",
    ResponseTime = "http.response.time_ms",
    VpcAction = "aws.vpcflow.action",
    DestinationPort = "destination.port",
}

/// What each slot holds in one event.
#[derive(Debug)]
pub struct Seen<'e, 'a> {
    places: &'e Places,
    fields: &'e [(FieldRef, Value<'a>)],
}

impl<'e, 'a> Seen<'e, 'a> {
    /// The value of a slot.
    pub fn get(&self, slot: Slot) -> Option<&'e Value<'a>> {
        let place = *self.places.get(slot as usize)?;
        self.fields.get(usize::from(place)).map(|(_, value)| value)
    }

    /// The text of a slot.
    pub fn text(&self, slot: Slot) -> Option<&'e str> {
        self.get(slot).and_then(Value::as_str)
    }
}

/// By slot: which of an event's fields it is, [`NOWHERE`] if none.
type Places = [u16; COUNT];
const NOWHERE: u16 = u16::MAX;

/// Which field is which slot.
#[derive(Debug, Default)]
pub struct Slots {
    shapes: Shapes<Places>,
}

impl Slots {
    /// Finds the slots of an event.
    pub fn look<'e, 'a>(&'e mut self, event: &'e Event<'a>) -> Seen<'e, 'a> {
        Seen { places: self.shapes.of(event, places), fields: &event.fields }
    }
}

/// Of two fields of one name the last one counts.
fn places(event: &Event<'_>) -> Places {
    let mut places = [NOWHERE; COUNT];
    for (at, (field, _)) in (0..NOWHERE).zip(&event.fields) {
        let slot = NAMES.iter().find(|(name, _)| *name == field.name).map(|(_, slot)| *slot);
        if let Some(place) = slot.and_then(|slot| places.get_mut(slot as usize)) {
            *place = at;
        }
    }
    places
}
