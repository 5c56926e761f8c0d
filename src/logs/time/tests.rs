use super::*;
use crate::logs::{Context, Parsed};
use crate::model::rfc3339;

fn utc(form: Form, text: &str) -> String {
    match form.scan(text.as_bytes()) {
        Some((Moment::Utc(ts), n)) => format!("{} {n}", rfc3339(ts)),
        Some((Moment::Local(ts), n)) => format!("{} local {n}", rfc3339(ts)),
        Some((Moment::Yearless(y), n)) => format!("{} yearless {n}", rfc3339(y.in_year(2024))),
        None => "none".to_owned(),
    }
}

#[test]
fn forms() {
    let cases = [
        (Form::Rfc3164, "Nov 21 09:07:01 web", "2024-11-21T09:07:01.000000000Z yearless 15"),
        (Form::Rfc3164, "Feb  9 23:59:59.25 x", "2024-02-09T23:59:59.250000000Z yearless 18"),
        (Form::Rfc3164, "Jun 1 04:00:00 x", "2024-06-01T04:00:00.000000000Z yearless 14"),
        (Form::Rfc3164, "Jun 01 2015 04:00:00 x", "2015-06-01T04:00:00.000000000Z local 20"),
        (Form::Rfc3164, "Jun  1 04:00:00 2015 x", "2015-06-01T04:00:00.000000000Z local 20"),
        (Form::Rfc3164, "Jun  1 04:00:00 2015web x", "2024-06-01T04:00:00.000000000Z yearless 15"),
        (Form::Rfc3164, "Feb 30 04:00:00 x", "none"),
        (Form::Rfc3164, "Jun  1 24:00:00 x", "none"),
        (Form::Iso8601, "2003-10-11T22:14:15.003Z", "2003-10-11T22:14:15.003000000Z 24"),
        // RFC 5424 6.2.3.1, example 3
        (Form::Iso8601, "2003-08-24T05:14:15.000003-07:00", "2003-08-24T12:14:15.000003000Z 32"),
        (Form::Iso8601, "2026-11-21 09:07:01,123 x", "2026-11-21T09:07:01.123000000Z local 23"),
        (Form::Iso8601, "2026-11-21 09:07:01 +0200 x", "2026-11-21T07:07:01.000000000Z 25"),
        (Form::Iso8601, "2026-11-21T09:07Z", "2026-11-21T09:07:00.000000000Z 17"),
        (Form::Iso8601, "2023-02-29T00:00:00Z", "none"),
        (Form::Iso8601, "2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000000Z 20"),
        (Form::Iso8601, "2026-11-21T09:07:01-", "2026-11-21T09:07:01.000000000Z local 19"),
        (Form::HttpDate, "10/Oct/2000:13:55:36 -0700]", "2000-10-10T20:55:36.000000000Z 26"),
        (Form::HttpDate, "10/Oct/2000:13:55:36]", "2000-10-10T13:55:36.000000000Z local 20"),
        (Form::Asctime, "Sun Dec 04 04:47:44 2005]", "2005-12-04T04:47:44.000000000Z local 24"),
        (Form::Asctime, "Fri Sep 09 10:42:29.902022 2011]", "2011-09-09T10:42:29.902022000Z local 31"),
        (Form::Slashed, "2024/01/02 03:04:05 [error]", "2024-01-02T03:04:05.000000000Z local 19"),
        (Form::Epoch, "1700000000.5 x", "2023-11-14T22:13:20.500000000Z 12"),
        (Form::EpochMs, "1700000000123", "2023-11-14T22:13:20.123000000Z 13"),
        (Form::EpochUs, "1700000000123456", "2023-11-14T22:13:20.123456000Z 16"),
        (Form::Epoch, "99999999999999999999", "none"),
        (Form::Epoch, "-1", "none"),
    ];
    for (form, text, want) in cases {
        assert_eq!(utc(form, text), want, "{form:?} {text}");
    }
}

#[test]
fn every_prefix_of_a_stamp_is_harmless() {
    for (_, form) in Form::ALL {
        for text in ["Nov 21 09:07:01.5 2026 ", "2026-11-21T09:07:01.123+02:00", "Sat Nov 21 09:07:01 2026"] {
            for end in 0..text.len() {
                let _ = form.scan(&text.as_bytes()[..end]);
            }
        }
    }
}

#[test]
fn days_agree_with_jiff() {
    for year in [1678i16, 1900, 1970, 2000, 2023, 2024, 2100, 2261] {
        for (month, day) in [(1i8, 1i8), (2, 28), (3, 1), (12, 31)] {
            let want = jiff::civil::date(year, month, day).to_zoned(jiff::tz::TimeZone::UTC).unwrap();
            let got = Yearless::new(month as u8, day as u8, 0, 0).unwrap().in_year(year);
            assert_eq!(i128::from(got), want.timestamp().as_nanosecond(), "{year}-{month}-{day}");
            assert_eq!(year_of(got), year);
        }
    }
}

#[test]
fn zones() {
    let berlin = Zone::named("Europe/Berlin").unwrap();
    let mut hour = Hour::default();
    let wall = |text: &str| match Form::Iso8601.scan(text.as_bytes()) {
        Some((Moment::Local(ts), _)) => ts,
        other => panic!("{other:?}"),
    };
    let cases = [
        ("2026-07-01T12:00:00", "2026-07-01T10:00:00.000000000Z"),
        ("2026-01-01T12:00:00", "2026-01-01T11:00:00.000000000Z"),
        // Skipped: 02:30 does not exist on 29 March; read with the offset before the change.
        ("2026-03-29T02:30:00", "2026-03-29T01:30:00.000000000Z"),
        // Twice: 02:30 on 25 October; the first one, in summer time.
        ("2026-10-25T02:30:00", "2026-10-25T00:30:00.000000000Z"),
        ("2026-10-25T03:00:00", "2026-10-25T02:00:00.000000000Z"),
    ];
    for (text, want) in cases {
        assert_eq!(rfc3339(berlin.resolve(wall(text), &mut hour)), want, "{text}");
        assert_eq!(rfc3339(berlin.resolve(wall(text), &mut hour)), want, "{text} remembered");
    }
    let fixed = Zone::named("-0330").unwrap();
    assert_eq!(
        rfc3339(fixed.resolve(wall("2026-01-01T00:00:00"), &mut Hour::default())),
        "2026-01-01T03:30:00.000000000Z"
    );
    assert!(Zone::named("Mars/Olympus").is_err());
}

fn chunk(stamps: &[&str]) -> Parsed<'static> {
    let mut parsed = Parsed::default();
    for text in stamps {
        let Some((Moment::Yearless(when), _)) = Form::Rfc3164.scan(text.as_bytes()) else { panic!("{text}") };
        let turn = parsed.turns.step(when);
        parsed.pending.push(Pending { event: 0, when, turn, timing: None });
    }
    parsed
}

/// The years the clock gives to each stamp of each chunk.
fn years(context: &Context, tail: &str, chunks: &[&[&str]]) -> (Vec<i16>, Vec<String>) {
    let mut clock = YearClock::new(context, b"", tail.as_bytes());
    let mut out = Vec::new();
    for stamps in chunks {
        let parsed = chunk(stamps);
        let base = clock.advance(parsed.turns());
        out.extend(parsed.pending.iter().map(|p| base.0 + p.turn));
    }
    (out, clock.notes())
}

fn at(text: &str) -> Context {
    let Some((Moment::Utc(ts), _)) = Form::Iso8601.scan(text.as_bytes()) else { panic!("{text}") };
    Context { mtime: Some(ts), ..Context::default() }
}

#[test]
fn year_by_modification_time() {
    let context = at("2026-01-05T00:00:00Z");
    assert_eq!(years(&context, "", &[&["Jan  2 00:00:00", "Jan  4 00:00:00"]]).0, [2026, 2026]);
    assert_eq!(years(&context, "", &[&["Mar  2 00:00:00"], &["Mar  3 00:00:00"]]).0, [2025, 2025]);
    // Later than the bound by less than a day: a zone, not a year.
    assert_eq!(years(&context, "", &[&["Jan  5 12:00:00"]]).0, [2026]);
}

#[test]
fn new_year_within_and_between_chunks() {
    let context = at("2026-01-05T00:00:00Z");
    let (got, notes) = years(
        &context,
        "Jan  4 00:00:00 x\n",
        &[
            &["Dec 30 00:00:00", "Dec 31 23:59:59", "Jan  1 00:00:01", "Dec 31 23:59:58", "Jan  1 00:00:02"],
            &["Jan  1 00:00:01", "Jan  4 00:00:00"],
        ],
    );
    assert_eq!(got, [2025, 2025, 2026, 2025, 2026, 2026, 2026]);
    assert_eq!(notes.len(), 1);
    assert!(notes[0].contains("2025") && notes[0].contains("2026-01-05"), "{notes:?}");
    let (got, _) = years(&context, "", &[&["Dec 31 23:59:59"], &["Jan  1 00:00:00"]]);
    assert_eq!(got, [2025, 2026]);
}

#[test]
fn seconds_out_of_order_are_no_new_year() {
    let context = at("2025-06-05T00:00:00Z");
    let (got, _) =
        years(&context, "Jun  4 10:00:00 x", &[&["Jun  4 10:00:03", "Jun  4 10:00:01", "Jun  4 10:00:02"]]);
    assert_eq!(got, [2025, 2025, 2025]);
}

#[test]
fn leap_day_moves_the_file_to_a_leap_year() {
    let context = at("2026-11-21T00:00:00Z");
    let (got, notes) = years(&context, "", &[&["Feb 28 00:00:00", "Feb 29 00:00:00"]]);
    assert_eq!(got, [2024, 2024]);
    assert!(notes[0].contains("29 February"));
    let (got, _) = years(&context, "", &[&["Dec 28 00:00:00", "Feb 29 00:00:00"]]);
    assert_eq!(got, [2023, 2024]);
}

#[test]
fn newer_file_of_the_set_bounds_the_year() {
    let mut context = at("2026-11-21T00:00:00Z");
    let Some((Moment::Utc(ts), _)) = Form::Iso8601.scan(b"2025-02-01T00:00:00Z") else { panic!() };
    context.before = Some(ts);
    assert_eq!(years(&context, "", &[&["Mar  2 00:00:00"]]).0, [2024]);
}

#[test]
fn year_given_or_unknown() {
    let context = Context { year: Some(2005), ..Context::default() };
    assert_eq!(years(&context, "", &[&["Dec 31 00:00:00", "Jan  1 00:00:00"]]).0, [2005, 2006]);
    let (got, notes) = years(&Context::default(), "", &[&["Jan  1 00:00:00"]]);
    assert_eq!(got, [1970]);
    assert!(notes[0].contains("--year"));
}

#[test]
fn a_file_longer_than_a_year_is_said() {
    let context = at("2026-01-05T00:00:00Z");
    let (_, notes) =
        years(&context, "", &[&["Jan  1 00:00:00", "Aug 10 00:00:00", "Dec 10 00:00:00", "Jan  4 00:00:00"]]);
    assert!(notes.iter().any(|n| n.contains("more than a year")), "{notes:?}");
}
