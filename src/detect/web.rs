//! Attacks on web servers, from captures and from any log that tells of requests.

mod meant;
mod signs;
mod sql;

use super::spelled::address;
use super::{Cell, Config, Detector, Observation, On, SET_MAX, credentials};
use crate::model::{Event, Finding, Severity, Value};
use meant::{Grade, Part};
use signs::Sign;
use std::borrow::Cow;

/// Targets named in a finding.
const NAMED: usize = 20;
/// Longest path kept, characters.
const PATH: usize = 100;

/// Descriptor.
pub static DETECTOR: Detector = Detector {
    name: "web",
    doc: "Requests with an attack in the address, the referrer, the user agent or, in captures, any header with an \
          expression (path traversal, SQL \
          injection, cross-site scripting, commands, expressions, Log4Shell, calls to addresses of a cloud, web shells, files nobody links to, scanners by \
          name), many paths asked for in vain, and refused log-ins, per source; from any event with an HTTP \
          status. In captures a 401 or 403 refuses a log-in only if the request had credentials, or was a POST that \
          nothing challenged. Bodies are not looked at. Where a log does not say who asked, all who asked the service count as one, and \
          guesses need five times as many.",
    needs: "requests in captures (not inside TLS) or in logs of web servers",
    on: On::Others,
    ordered: false,
    rules: &[
        "web.traversal",
        "web.sql_injection",
        "web.cross_site_scripting",
        "web.command_injection",
        "web.log4shell",
        "web.server_side_request",
        "web.shell",
        "web.secret_files",
        "web.scanner",
        "web.hidden_paths",
        "web.refused",
    ],
    concerns: |event| event.has("url.original") || event.has("url.path"),
    observe,
    judge,
};

/// Begins the name of a source that the log does not tell.
const UNKNOWN: &str = "clients of ";
/// Thresholds of time are for one client; many of them together need more.
const CROWD: u64 = 5;

fn crowd(source: &str) -> u64 {
    if source.starts_with(UNKNOWN) { CROWD } else { 1 }
}

const MISSING: &str = "missing";
const REFUSED: &str = "refused";

/// Before the text of a sign that has the syntax of an attack, and of one that may be a word.
const STRONG: char = '!';
const WEAK: char = '?';

fn observe(event: &Event<'_>, out: &mut dyn FnMut(Observation<'_>)) {
    let text = |name: &str| event.by_name(name).and_then(Value::as_str);
    let original = text("url.original");
    let Some(target) = original.or_else(|| text("url.path")) else { return };
    if event.source.ip.is_none() && event.dataset.transaction {
        return;
    }
    // Nearly all requests tell nothing: what is told is put together only for the others.
    let source = || match event.source.ip {
        Some(ip) => address(ip),
        // Many an application's log does not say who asked: then all who asked it are one.
        None => format!("{UNKNOWN}{}", text("service.name").unwrap_or(event.dataset.name)),
    };
    let status = event.by_name("http.response.status_code").and_then(Value::as_int);
    let mut tell = |kind: &str, mark: bool, sign: Option<String>| {
        let host = text("url.domain").or_else(|| text("host.name"));
        let path = target.char_indices().nth(PATH).and_then(|(end, _)| target.get(..end)).unwrap_or(target);
        out(Observation {
            subject: format!("{kind}\t{}", source()).into(),
            weight: 1,
            values: [Some(Cow::Borrowed(path)), host.map(Cow::Borrowed), sign.map(Cow::Owned)],
            mark,
        });
    };
    // As it was sent it has its query.
    let query = if original.is_none() { text("url.query") } else { None };
    let agent = text("user_agent.original");
    let texts = [
        Some((Part::Address, target)),
        query.map(|query| (Part::Query, query)),
        agent.map(|agent| (Part::Header, agent)),
        text("http.request.referrer").map(|referrer| (Part::Address, referrer)),
    ];
    let headers =
        event.by_name("netlog.http.request.suspicious_header").map(Value::items).unwrap_or_default();
    let headers = headers.iter().filter_map(Value::as_str).map(|header| (Part::Header, header));
    signs::find(texts.into_iter().flatten().chain(headers), |sign, sought, grade| {
        // Who clones asks for the insides of a repository.
        let clones = sought == "/.git/" && agent.is_some_and(|agent| agent.starts_with("git/"));
        let strong = grade == Grade::Strong && !clones;
        tell(sign.name(), false, Some(format!("{}{sought}", if strong { STRONG } else { WEAK })));
        // A server that answers an attack with success may have carried it out.
        if sign.dangerous() && status.is_some_and(|s| (200..300).contains(&s)) {
            tell(sign.name(), true, None);
        }
    });
    match status {
        Some(404 | 410) => tell(MISSING, false, None),
        Some(401 | 403) if credentials::refused(event) => tell(REFUSED, false, None),
        _ => {}
    }
}

fn judge(config: &Config, subject: &str, cell: &Cell) -> Vec<Finding> {
    let Some((kind, source)) = subject.split_once('\t') else { return Vec::new() };
    let finding = match kind {
        MISSING => missing(config, source, cell),
        REFUSED => refused(config, source, cell),
        name => Sign::named(name).and_then(|sign| attack(config, sign, source, cell)),
    };
    finding.into_iter().collect()
}

fn finding(
    rule: &'static str,
    severity: Severity,
    attack: &'static [&'static str],
    (source, title): (&str, String),
    cell: &Cell,
) -> Option<Finding> {
    let (first, last) = cell.span?;
    let advice = "Look at what the server answered and did; block the source if it is not yours.";
    let (subject, targets) = (source.to_owned(), cell.values(0, NAMED));
    Some(Finding { rule, severity, attack, subject, title, advice, targets, count: cell.count, first, last })
}

fn attack(config: &Config, sign: Sign, source: &str, cell: &Cell) -> Option<Finding> {
    let answered = cell.marks.len();
    if answered == 0 && cell.count < sign.least(config) {
        return None;
    }
    let signs = cell.values(2, SET_MAX);
    // Words that are searched for are none, one by one; who tries several kinds means it.
    let sure = signs.iter().any(|s| s.starts_with(STRONG)) || signs.len() as u64 >= config.web_attacks;
    let severity = match answered {
        _ if !sure => Severity::Low,
        0 => sign.severity(),
        _ => Severity::High,
    };
    let end = match answered {
        0 => String::new(),
        n => format!("; {n} or more were answered with success"),
    };
    let end = if sure { end } else { format!("{end}; it may be no more than a word") };
    let title = format!("{source} sent {} requests with {}{end}", cell.count, sign.doc());
    finding(sign.rule(), severity, sign.attack(), (source, title), cell)
}

fn missing(config: &Config, source: &str, cell: &Cell) -> Option<Finding> {
    let paths = cell.distinct(0);
    // A broken page asks for the same few paths again and again.
    if paths < config.web_missing.saturating_mul(crowd(source))
        || paths.saturating_mul(3) < cell.count.min(SET_MAX as u64)
    {
        return None;
    }
    let most = cell.burst(config.window).count;
    let title =
        format!("{source} asked for {paths} paths that are not there, up to {most} requests in the window");
    // Who guesses asks for pages, folders and back-ups; pictures that are gone are old links.
    let gone = cell.values(0, SET_MAX).iter().filter(|path| meant::is_picture(path)).count() as u64;
    let severity = if gone * 10 >= paths * 9 { Severity::Low } else { Severity::Medium };
    finding("web.hidden_paths", severity, &["T1595.003"], (source, title), cell)
}

fn refused(config: &Config, source: &str, cell: &Cell) -> Option<Finding> {
    let most = cell.burst(config.window).count;
    if most < config.web_refused.saturating_mul(crowd(source)) {
        return None;
    }
    let title =
        format!("{source} was refused {} times with 401 or 403, up to {most} in the window", cell.count);
    finding("web.refused", Severity::Medium, &["T1110"], (source, title), cell)
}
