//! From what a handshake said to its event.

use super::DATASET;
use super::cert::{self, Cert};
use super::fields::{self as f, CertFields};
use super::fingerprint::{hex, ja3_text, ja3s_text, ja4, md5_hex};
use super::handshake::{Alert, Handshake};
use super::hello::Hello;
use super::names::{self, is_grease};
use crate::model::{FieldRef, Outcome, Value};
use crate::proto::fields::{DESTINATION_DOMAIN, ERROR_MESSAGE, SERVER_DOMAIN, STATUS};
use crate::proto::{Dir, Draft, Emit};
use std::borrow::Cow;

type Text = Cow<'static, str>;

/// Emits the event, if there is anything to tell.
pub(super) fn emit(h: &Handshake, out: &mut Emit<'_>) {
    let Some(start) = h.start.filter(|_| h.any) else { return };
    let mut draft = out.draft(&DATASET, start);
    draft.outcome(h.outcome);
    if let Some(end) = h.end {
        draft.end(end);
    }
    let established = h.outcome == Outcome::Success;
    draft.put(&STATUS, if established { "OK" } else { "Error" });
    draft.put(&f::ESTABLISHED, established);
    versions(h, &mut draft);
    let resumed = resumption(h);
    draft.put(&f::RESUMED, resumed.is_some());
    hellos(h, &mut draft, out);
    alerts(&h.alerts, &mut draft);
    let asked = h.client.as_ref().and_then(|c| c.server_names.first()).map(|n| String::from_utf8_lossy(n));
    let [client, server] = &h.chains;
    certificates(client, &f::CLIENT, None, &mut draft, out);
    certificates(server, &f::SERVER, asked.as_deref(), &mut draft, out);
    if out.options.wants(out.options.protocols.tls.include_detailed_fields) {
        detail(h, resumed, &mut draft, out);
    }
    draft.emit(out);
}

/// As JA4 names what carries the handshake.
const fn carrier(h: &Handshake) -> char {
    match (h.quic, h.datagrams) {
        (true, _) => 'q',
        (_, true) => 'd',
        _ => 't',
    }
}

/// What the two hellos say, for a protocol that carries them in its own way.
pub(in crate::proto) fn hellos(h: &Handshake, draft: &mut Draft, out: &mut Emit<'_>) {
    if h.retry {
        draft.put(&f::RETRY, true);
    }
    if let Some(client) = &h.client {
        client_hello(client, carrier(h), draft, out);
    }
    if let Some(server) = &h.server {
        server_hello(server, draft, out);
    }
    draft.put_some(&f::CURVE, h.curve.map(names::group));
    if out.options.wants(out.options.protocols.tls.include_detailed_fields) {
        if let Some(client) = &h.client {
            client_detail(client, draft, out);
        }
        if let Some(server) = &h.server {
            server_detail(server, draft, out);
        }
    }
}

/// A list field; counted if it is cut.
fn put_list<I: IntoIterator<Item = Text>>(field: FieldRef, items: I, draft: &mut Draft, out: &mut Emit<'_>) {
    let max = out.limits().list;
    let mut list: Vec<Text> = items.into_iter().take(max.saturating_add(1)).collect();
    if list.len() > max {
        list.truncate(max);
        out.cap("tls.list");
    }
    if !list.is_empty() {
        draft.put(field, Value::texts(list));
    }
}

fn lossy(bytes: &[u8], out: &Emit<'_>) -> Text {
    let cut = bytes.get(..out.limits().text).unwrap_or(bytes);
    Cow::Owned(String::from_utf8_lossy(cut).into_owned())
}

fn texts(items: &[Vec<u8>], out: &Emit<'_>) -> Vec<Text> {
    items.iter().map(|b| lossy(b, out)).collect()
}

fn real(values: &[u16]) -> impl Iterator<Item = u16> {
    values.iter().copied().filter(|v| !is_grease(*v))
}

/// `version_protocol` and `version`.
fn version_of(number: u16) -> (&'static str, Text) {
    let (protocol, version) = match number {
        0x0002 => ("ssl", "2.0"),
        0x0300 => ("ssl", "3.0"),
        0x0301 => ("tls", "1.0"),
        0x0302 => ("tls", "1.1"),
        0x0303 => ("tls", "1.2"),
        0x0304 | 0x7f00..=0x7fff => ("tls", "1.3"),
        0xfeff => ("dtls", "1.0"),
        0xfefd => ("dtls", "1.2"),
        0xfefc => ("dtls", "1.3"),
        other => return ("tls", Cow::Owned(format!("(unknown:0x{other:04x})"))),
    };
    (protocol, Cow::Borrowed(version))
}

fn version_text(number: u16) -> Text {
    let (protocol, version) = version_of(number);
    Cow::Owned(format!("{} {version}", protocol.to_ascii_uppercase()))
}

fn number(h: &Handshake) -> Option<u16> {
    if h.sslv2_server {
        return Some(0x0002);
    }
    h.server.as_ref().map(Hello::agreed).or(h.client.as_ref().map(|c| c.version))
}

fn versions(h: &Handshake, draft: &mut Draft) {
    if let Some((protocol, version)) = number(h).map(version_of) {
        draft.put(&f::VERSION, version);
        draft.put(&f::VERSION_PROTOCOL, protocol);
    }
}

/// How an earlier session was resumed, if it was.
fn resumption(h: &Handshake) -> Option<&'static str> {
    let server = h.server.as_ref()?;
    if h.tls13() {
        return server.psk().then_some("psk");
    }
    let client = h.client.as_ref()?;
    let same_id = !client.session_id.is_empty() && client.session_id == server.session_id;
    let ticket = client.ticket.is_some_and(|n| n > 0);
    match (h.full, ticket, same_id) {
        (true, ..) | (false, false, false) => None,
        // Without the id it takes the finished handshake to know that the server accepted.
        (false, true, _) if same_id || h.outcome == Outcome::Success => Some("ticket"),
        (false, true, _) => None,
        (false, false, true) => Some("id"),
    }
}

fn client_hello(hello: &Hello, carrier: char, draft: &mut Draft, out: &mut Emit<'_>) {
    if let Some(name) = hello.server_names.first() {
        let name = lossy(name, out);
        draft.put(&f::SERVER_NAME, name.clone());
        draft.put(&DESTINATION_DOMAIN, name.clone());
        draft.put(&SERVER_DOMAIN, name);
    }
    if !hello.sslv2 {
        draft.put(&f::JA3, md5_hex(&ja3_text(hello)));
        draft.put(&f::JA4, ja4(hello, carrier));
    }
    put_list(&f::SUPPORTED_CIPHERS, real(&hello.ciphers).map(names::cipher), draft, out);
    put_list(&f::CLIENT_ALPN, texts(&hello.alpn, out), draft, out);
    if hello.ech() {
        draft.put(&f::ECH, true);
    }
}

fn server_hello(hello: &Hello, draft: &mut Draft, out: &mut Emit<'_>) {
    draft.put_some(&f::CIPHER, hello.ciphers.first().map(|c| names::cipher(*c)));
    draft.put(&f::JA3S, md5_hex(&ja3s_text(hello)));
    draft.put_some(&f::NEXT_PROTOCOL, hello.alpn.first().map(|p| lossy(p, out)));
}

fn description(alert: &Alert) -> Text {
    alert.clear.map_or(Cow::Borrowed("encrypted"), |(_, code)| names::alert(code))
}

fn source(alert: &Alert) -> &'static str {
    if alert.from == Dir::Client { "client" } else { "server" }
}

fn alerts(alerts: &[Alert], draft: &mut Draft) {
    let Some(last) = alerts.last() else { return };
    let level = |a: &Alert| match a.clear {
        Some((1, _)) => "warning",
        Some(_) => "fatal",
        None => "encrypted",
    };
    draft.put(&f::ALERT_LEVEL, Value::texts(alerts.iter().map(level)));
    draft.put(&f::ALERT_DESCRIPTION, Value::texts(alerts.iter().map(description)));
    draft.put(&f::ALERT_SOURCE, Value::texts(alerts.iter().map(source)));
    if draft.event().outcome == Outcome::Failure {
        draft.put(&ERROR_MESSAGE, format!("{} sent alert {}", source(last), description(last)));
    }
}

fn certificates(
    chain: &[Vec<u8>],
    to: &CertFields,
    asked: Option<&str>,
    draft: &mut Draft,
    out: &mut Emit<'_>,
) {
    let [leaf, above @ ..] = chain else { return };
    let said = &out.options.protocols.tls;
    cert::put_hashes(leaf, to, said.fingerprints.as_deref(), draft);
    draft.put(to.chain_length, chain.len());
    if said.send_certificates == Some(false) {
        return;
    }
    let (detail, raw) =
        (out.options.wants(said.include_detailed_fields), out.options.wants(said.include_raw_certificates));
    match Cert::parse(leaf, out.limits()) {
        None => {
            out.anomaly("tls.certificate");
            draft.put(to.issues, Value::Words(&["malformed"]));
        }
        Some(leaf) => {
            leaf.put(to, draft);
            let issues = leaf.issues(out.now.ts, asked);
            if !issues.is_empty() {
                draft.put(to.issues, Value::texts(issues));
            }
            if detail {
                draft.put(to.detail, leaf.object());
                leaf.put_old_names(to, draft);
            }
        }
    }
    if raw {
        draft.put(to.pem, Value::texts(chain.iter().map(|der| cert::pem(der))));
    }
    if detail {
        let rest: Vec<_> = above.iter().filter_map(|der| Cert::parse(der, out.limits())).collect();
        if !rest.is_empty() {
            draft.put(to.detail_chain, Value::List(rest.iter().map(Cert::object).collect()));
        }
    }
}

fn detail(h: &Handshake, resumed: Option<&'static str>, draft: &mut Draft, out: &mut Emit<'_>) {
    draft.put_some(&f::D_VERSION, number(h).map(version_text));
    draft.put_some(&f::D_RESUMPTION, resumed);
    draft.put(&f::D_REQUESTED, h.requested);
    put_list(&f::D_ALERTS, h.alerts.iter().map(description).collect::<Vec<_>>(), draft, out);
}

/// `3.3` for 0x0303.
fn dotted(version: u16) -> String {
    let [major, minor] = version.to_be_bytes();
    format!("{major}.{minor}")
}

fn ticket(length: usize) -> Text {
    if length == 0 { Cow::Borrowed("") } else { Cow::Owned(format!("({length} bytes)")) }
}

fn client_detail(hello: &Hello, draft: &mut Draft, out: &mut Emit<'_>) {
    draft.put(&f::CH_VERSION, dotted(hello.version));
    draft.put_some(&f::CH_RANDOM, (!hello.sslv2).then(|| hex(&hello.random)));
    draft.put_some(&f::CH_SESSION_ID, Some(hex(&hello.session_id)).filter(|s| !s.is_empty()));
    put_list(
        &f::CH_COMPRESSIONS,
        hello.compressions.iter().map(|c| names::compression(*c)).collect::<Vec<_>>(),
        draft,
        out,
    );
    put_list(&f::CH_SNI, texts(&hello.server_names, out), draft, out);
    put_list(&f::CH_ALPN, texts(&hello.alpn, out), draft, out);
    put_list(&f::CH_GROUPS, real(&hello.groups).map(names::group), draft, out);
    put_list(&f::CH_SCHEMES, real(&hello.schemes).map(names::scheme), draft, out);
    put_list(&f::CH_POINTS, hello.points.iter().map(|p| names::point_format(*p)), draft, out);
    put_list(&f::CH_VERSIONS, real(&hello.versions).map(version_text), draft, out);
    draft.put_some(&f::CH_TICKET, hello.ticket.map(ticket));
    let listed = |e: &u16| matches!(e, 0 | 10 | 11 | 13 | 16 | 35 | 43);
    let others = real(&hello.extensions).filter(|e| !listed(e)).map(names::unlisted_extension);
    put_list(&f::CH_UNPARSED, others, draft, out);
}

fn server_detail(hello: &Hello, draft: &mut Draft, out: &mut Emit<'_>) {
    draft.put(&f::SH_VERSION, dotted(hello.version)).put(&f::SH_RANDOM, hex(&hello.random));
    draft.put_some(&f::SH_SESSION_ID, Some(hex(&hello.session_id)).filter(|s| !s.is_empty()));
    draft.put_some(&f::SH_COMPRESSIONS, hello.compressions.first().map(|c| names::compression(*c)));
    put_list(&f::SH_ALPN, texts(&hello.alpn, out), draft, out);
    put_list(&f::SH_POINTS, hello.points.iter().map(|p| names::point_format(*p)), draft, out);
    draft.put_some(&f::SH_VERSIONS, hello.versions.first().map(|v| version_text(*v)));
    draft.put_some(&f::SH_TICKET, hello.ticket.map(ticket));
    let listed = |e: &u16| matches!(e, 11 | 16 | 35 | 43);
    let others = real(&hello.extensions).filter(|e| !listed(e)).map(names::unlisted_extension);
    put_list(&f::SH_UNPARSED, others, draft, out);
}
