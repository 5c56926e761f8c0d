//! Lines beside a log-in that are none: keys that are offered, checks on the way, levels of refusals.

use super::each::{event, many};
use super::*;

static KIND: Field = Field { name: "netlog.auth.kind", ty: Type::Keyword, doc: "" };
static METHOD: Field = Field { name: "sshd.method", ty: Type::Keyword, doc: "" };
static SERVER: Dataset = Dataset { name: "postgresql", types: &["info"], category: &["database"], ..SSHD };

fn refused(n: u64, method: &'static str) -> Event<'static> {
    let mut event = login(n, n.cast_signed(), "203.0.113.9", "bob", Outcome::Failure);
    event.push(&METHOD, method);
    event
}

#[test]
fn keys_that_an_agent_offers_are_no_guesses() {
    let got_in = |method| {
        let mut all = many(6, |n| refused(n, method));
        all.push(login(9, 30, "203.0.113.9", "bob", Outcome::Success));
        rules(&all)
    };
    assert!(got_in("publickey").is_empty());
    assert_eq!(got_in("password"), ["login.success_after_failures"]);
}

#[test]
fn a_check_that_is_passed_is_no_log_in() {
    let mut all = failures(6, 1);
    let mut passed = login(9, 30, "203.0.113.9", "root", Outcome::Success);
    passed.push(&KIND, "step");
    all.push(passed);
    assert!(rules(&all).is_empty());
    all.push(login(10, 31, "203.0.113.9", "root", Outcome::Success));
    assert_eq!(rules(&all), ["login.success_after_failures"]);
}

#[test]
fn a_refused_password_does_not_end_a_service() {
    let line = |kind: Option<&'static str>| {
        let mut line = event(&SERVER, 1, 1, &[("log.level", "FATAL".into())]);
        kind.into_iter().for_each(|kind| line.push(&KIND, kind));
        rules(&[line])
    };
    assert_eq!(line(None), ["errors.fatal"]);
    assert!(line(Some("failed")).is_empty());
}
