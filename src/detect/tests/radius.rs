//! An access server speaks for all its users.

use super::each::{dataset, event, many};
use super::{judge, rules};
use crate::model::{Dataset, Event, Outcome, Value};

static RADIUS: Dataset = Dataset { category: &["authentication"], ..dataset("radius", true) };

fn asked(n: u64, user: &'static str, station: Option<&'static str>, outcome: Outcome) -> Event<'static> {
    let mut fields = vec![("user.name", Value::from(user))];
    fields.extend(station.map(|station| ("radius.calling_station", Value::from(station))));
    let mut event = event(&RADIUS, n, n.cast_signed(), &fields);
    event.outcome = outcome;
    event
}

#[test]
fn one_users_failures_are_not_anothers() {
    let two = |printer, staff| {
        move |n: u64| match n % 12 {
            11 => asked(n, "staff", staff, Outcome::Success),
            _ => asked(n, "printer", printer, Outcome::Failure),
        }
    };
    for (printer, staff) in [(Some("AA-BB-CC-00-00-07"), Some("AA-BB-CC-00-00-01")), (None, None)] {
        let found = judge(&[&many(24, two(printer, staff))]);
        assert_eq!(found.iter().map(|f| f.rule).collect::<Vec<_>>(), ["login.bruteforce"]);
        assert_eq!(found[0].subject, printer.unwrap_or("printer via 203.0.113.9"));
    }
    // Whoever tries several names from one station does not get away with it.
    let station = Some("AA-BB-CC-00-00-07");
    assert_eq!(rules(&many(12, two(station, station))), ["login.success_after_failures", "login.bruteforce"]);
    let guessed = |n: u64| asked(n, "bob", None, if n < 9 { Outcome::Failure } else { Outcome::Success });
    assert_eq!(rules(&many(10, guessed)), ["login.success_after_failures"]);
}
