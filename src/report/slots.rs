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

/// Shapes remembered per kind of event.
const SHAPES: usize = 16;

/// The fields of an event, in their order.
#[derive(Debug, Default)]
struct Shape {
    addresses: Vec<usize>,
    /// Which of them are slots.
    slots: Vec<(usize, Slot)>,
}

impl Shape {
    fn fits(&self, event: &Event<'_>) -> bool {
        self.addresses.len() == event.fields.len()
            && self.addresses.iter().zip(&event.fields).all(|(known, (field, _))| *known == address(field))
    }
}

/// Which field is which slot.
#[derive(Debug, Default)]
pub struct Slots {
    known: HashMap<usize, Option<Slot>, FixedState>,
    /// By kind of event, the shapes met lately, the last one first: few differ.
    shapes: Vec<Vec<Shape>>,
}

impl Slots {
    /// Puts the values of an event of the given kind into their slots.
    pub fn look<'e, 'a>(&mut self, kind: usize, event: &'e Event<'a>) -> Seen<'e, 'a> {
        if self.shapes.len() <= kind {
            self.shapes.resize_with(kind + 1, Vec::new);
        }
        let mut values = [None; COUNT];
        let Some(shapes) = self.shapes.get_mut(kind) else { return Seen { values } };
        match shapes.iter().position(|shape| shape.fits(event)) {
            Some(at) => shapes.swap(0, at),
            None => {
                shapes.truncate(SHAPES - 1);
                let known = &mut self.known;
                let mut slot =
                    |field: FieldRef| *known.entry(address(field)).or_insert_with(|| by_name(field));
                let slots = event.fields.iter().map(|(field, _)| slot(field)).enumerate();
                let slots = slots.filter_map(|(i, slot)| Some((i, slot?))).collect();
                let addresses = event.fields.iter().map(|(field, _)| address(field)).collect();
                shapes.insert(0, Shape { addresses, slots });
            }
        }
        for (i, slot) in shapes.first().map(|shape| &*shape.slots).unwrap_or_default() {
            if let (Some(place), Some((_, value))) = (values.get_mut(*slot as usize), event.fields.get(*i)) {
                *place = Some(value);
            }
        }
        Seen { values }
    }
}

fn address(field: FieldRef) -> usize {
    std::ptr::from_ref(field).addr()
}

fn by_name(field: FieldRef) -> Option<Slot> {
    NAMES.iter().find(|(name, _)| *name == field.name).map(|(_, slot)| *slot)
}
