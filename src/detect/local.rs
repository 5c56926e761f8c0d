//! Passwords guessed on the machine itself: sudo, su, consoles and whatever else knows no address.

use super::logins::is_session;
use super::spelled::{Word, line};
use super::{Cell, Config, Detector, Observation, On};
use crate::model::{Event, Finding, MINUTE, Outcome, Severity, Value, login_attempts};
use std::borrow::Cow;

/// Descriptor.
pub static DETECTOR: Detector = Detector {
    name: "local",
    doc: "Failed log-ins that name a user and no address, per service, host and user: sudo, su, consoles, desktops; and \
          commands that sudo ran or users that su made afterwards. What PAM tells of sudo and su is left out, as they \
          tell it themselves.",
    needs: "logs of sudo, su or PAM",
    on: On::Others,
    ordered: true,
    rules: &["local.bruteforce", "local.success_after_failures"],
    concerns: |event| {
        let told = event.has("netlog.auth.kind") || event.has("user.effective.name");
        !event.dataset.transaction && told && event.has("user.name") && !event.has("source.address")
    },
    observe,
    judge,
};

fn observe(event: &Event<'_>, out: &mut dyn FnMut(Observation<'_>)) {
    let text = |name: &str| event.by_name(name).and_then(Value::as_str);
    let Some(user) = text("user.name").filter(|_| event.source.ip.is_none()) else { return };
    let service = text("pam.service").unwrap_or(event.dataset.name);
    let own = ["sudo", "su"].iter().any(|name| service.split('-').next() == Some(name));
    if own && event.dataset.name == "pam" || is_session(event) {
        return;
    }
    let (weight, mark) = match event.outcome {
        // A refusal that is about no password is none.
        Outcome::Failure if event.has("netlog.auth.kind") => (login_attempts(event), false),
        Outcome::Success => (1, true),
        _ => return,
    };
    let host = text("host.name").unwrap_or_default();
    out(Observation {
        subject: line(&[Word::Text(service), Word::Text(host), Word::Text(user)]).into(),
        weight,
        values: [text("user.effective.name").map(Cow::Borrowed), None, None],
        mark,
    });
}

fn judge(config: &Config, subject: &str, cell: &Cell) -> Vec<Finding> {
    let mut parts = subject.splitn(3, '\t');
    let (Some(service), Some(host), Some(user), Some((first, last))) =
        (parts.next(), parts.next(), parts.next(), cell.span)
    else {
        return Vec::new();
    };
    let host = if host.is_empty() { "the host" } else { host };
    let finding = |rule, severity, attack, title, last| Finding {
        rule,
        severity,
        attack,
        subject: host.to_owned(),
        title,
        advice: "Find out who sat at the keyboard, or which program ran as this user, and what it did next.",
        targets: vec![user.to_owned()],
        count: cell.count,
        first,
        last,
    };
    let (burst, minutes) = (cell.burst(config.window).count, config.window / MINUTE);
    let tried = (burst >= config.failures).then(|| {
        let title = format!(
            "{} passwords of {user} were refused by {service} on {host}, up to {burst} in {minutes} minutes",
            cell.count
        );
        finding("local.bruteforce", Severity::Medium, &["T1110.001", "T1548.003"], title, last)
    });
    let mut known = 0;
    let got_in = cell.marks.iter().find_map(|mark| {
        let all = cell.before(mark.at.ts);
        let failures = all - std::mem::replace(&mut known, all);
        (mark.at > first && failures >= config.failures_before_success).then_some((mark, failures))
    });
    let got_in = got_in.map(|(mark, failures)| {
        // Who mistypes gets three tries at a time.
        let severity = if failures >= config.failures { Severity::High } else { Severity::Medium };
        let title = format!(
            "{service} on {host} let {user} in after {failures} failures: the password may have been guessed"
        );
        finding("local.success_after_failures", severity, &["T1078", "T1548.003"], title, mark.at)
    });
    got_in.into_iter().chain(tried).collect()
}
