//! The file with the defaults, and the words for mistakes.

use super::*;
use crate::nightly::{First, Loud, Window};

#[test]
fn the_default_file_says_the_defaults() {
    let file = File::parse("default.toml", DEFAULT).unwrap();
    assert_eq!(file.detect, detect::Config::default());
    let flows = crate::net::Config::default();
    assert_eq!(file.packets.flow_timeout, Some(flows.flow_timeout));
    assert_eq!(file.packets.flow_period, Some(flows.flow_period.unwrap_or(0)));
    assert_eq!((file.packets.detail, file.packets.show_secrets), (Some(Detail::Normal), false));
    assert_eq!((file.timezone.as_deref(), file.year), (Some("UTC"), None));
    let day = 86_400_000_000_000;
    let report = Report {
        formats: vec!["html".to_owned()],
        keep: Some(90 * day),
        first: Some(First::All),
        window: Some(Window::New),
        baseline: Some(30 * day),
        quiet_unless: Some(Loud::Always),
        ..Report::default()
    };
    assert_eq!(file.report, report);
    assert!(file.internal_net.is_empty() && file.geoip_db.is_empty() && file.patterns.is_empty());
}

/// Every option of a section stands in the default file: the reader itself says which there are.
#[test]
fn the_default_file_has_every_option() {
    let protocols = crate::proto::config::OPTIONS.iter().map(|(name, _)| format!("[protocols.{name}]\n"));
    let sections = ["", "[packets]\n", "[report]\n", "[detect]\n"].map(str::to_owned);
    for section in sections.into_iter().chain(protocols) {
        let part = DEFAULT.split(section.trim_end()).nth(1).filter(|_| section.contains("protocols"));
        let part = part.map_or(DEFAULT, |part| part.split("\n[").next().unwrap());
        let error = toml::from_str::<File>(&format!("{section}zzzzzzzzzzzzzzzz = 1\n")).unwrap_err();
        let names: Vec<&str> = error.message().split('`').skip(3).step_by(2).collect();
        assert!(!names.is_empty(), "{section}: {error}");
        for name in names {
            let there = part.lines().any(|line| {
                let line = line.trim_start_matches("# ");
                ["", "[", "[detect.", "[[detect."].iter().any(|before| {
                    let head = format!("{before}{name}");
                    line.strip_prefix(&head).is_some_and(|rest| rest.starts_with([' ', ']', '.']))
                })
            });
            assert!(there, "{section}{name} is missing in default.toml");
        }
    }
}

#[test]
fn mistakes_are_told_with_place_key_and_suggestion() {
    for (text, place, want) in [
        (
            "timezone = \"UTC\"\ninternal_nets = []\n",
            (2, 1),
            "no option `internal_nets` here; did you mean `internal_net`?",
        ),
        ("[detect]\n  failurs = 3\n", (2, 3), "no option `failurs` here; did you mean `failures`?"),
        ("[detect]\nfailures = \"many\"\n", (2, 12), "failures: invalid type: string \"many\", expected u64"),
        ("[detect]\nfailures = -1\n", (2, 12), "failures: invalid value: integer `-1`"),
        ("[detect]\nwindow = \"5 parsecs\"\n", (2, 10), "window: write a time span like 30s"),
        ("[detect]\nwindow = \"0s\"\n", (2, 10), "window: must be longer than nothing"),
        ("[packets]\nflow_timeout = 30\n", (2, 16), "flow_timeout: invalid type: integer `30`"),
        (
            "[packets]\ndetail = \"ful\"\n",
            (2, 10),
            "detail: unknown variant `ful`, expected `normal` or `full`",
        ),
        ("internal_net = [\"10.0.0.0/8\", \"10.0.0.0/99\"]\n", (1, 16), "internal_net: 10.0.0.0/99: "),
        ("timezone = \"Mars/Olympus\"\n", (1, 12), "timezone: Mars/Olympus: "),
        ("[protocols.htpp]\nports = [80]\n", (1, 12), "no option `htpp` here; did you mean `http`?"),
        ("[protocols.http]\nport = [80]\n", (2, 1), "no option `port` here; did you mean `ports`?"),
        ("[protocols.http]\nports = [80, 70000]\n", (2, 14), "ports: invalid value: integer `70000`"),
        (
            "[protocols.http]\nenabled = true\nkeep_null = true\n",
            (3, 1),
            "`keep_null` of Packetbeat has no use here: a field without a value is always left out",
        ),
        (
            "[protocols.ssh]\ntransaction_timeout = \"9s\"\n",
            (2, 1),
            "`transaction_timeout` of Packetbeat has no use",
        ),
        (
            "[protocols.thrift]\nidl_files = []\n",
            (2, 1),
            "`idl_files` of Packetbeat has no use here: parameters are",
        ),
        ("[protocols.mysql]\nmax_row = 5\n", (2, 1), "no option `max_row` here; did you mean `max_rows`?"),
        ("[protocols.tls]\nfingerprints = [\"sha3\"]\n", (2, 17), "fingerprints: unknown variant `sha3`"),
        ("year = 2026\nyear = 2027\n", (2, 1), "duplicate key"),
        ("[detect\n", (1, 8), "unclosed table"),
    ] {
        let error = File::parse("x.toml", text).unwrap_err();
        assert!(error.message.contains(want), "{text}: {error}");
        assert_eq!(error.place, Some(place), "{text}: {error}");
        assert!(error.to_string().starts_with(&format!("x.toml:{}:{}: ", place.0, place.1)));
    }
    let error = File::read(Path::new("/nonexistent/x.toml")).unwrap_err();
    assert!(error.to_string().starts_with("/nonexistent/x.toml: "), "{error}");
}
