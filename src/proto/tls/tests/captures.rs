//! Against what other programs make of the same captures.

use super::{ONLY, plain, text};
use crate::model::{Event, Outcome};
use crate::proto::replay::{capture, corpus, skipped};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::process::Command;

/// Where Packetbeat is not followed: field, and why.
const DIFFERENCES: [(&str, &str); 3] = [
    ("tls.detailed.resumption_method", "TLS 1.3 resumes by pre-shared key, not by the id that is echoed"),
    ("tls.detailed.server_certificate", "one flattened object here; the same members as tls.server.x509"),
    ("tls.detailed.server_certificate_chain", "the same"),
];

fn leaves(prefix: &str, json: &Json, out: &mut BTreeMap<String, String>) {
    if DIFFERENCES.iter().any(|(name, _)| *name == prefix) {
        return;
    }
    let mut put = |text: String| {
        out.insert(prefix.to_owned(), text);
    };
    match json {
        Json::Object(members) => {
            for (key, value) in members {
                leaves(&format!("{prefix}.{key}"), value, out);
            }
        }
        Json::Array(items) => {
            put(items.iter().map(|i| i.as_str().unwrap_or("?")).collect::<Vec<_>>().join(" "));
        }
        Json::String(s) => put(s.clone()),
        other => put(other.to_string()),
    }
}

/// Packetbeat's expected TLS events, field by field.
#[test]
fn packetbeat() {
    for name in ["tls-sample1", "tls-sample2", "tls-version-13", "http2-16-ssl"] {
        let Some(expected) = corpus(&format!("packetbeat/expected/{name}.ndjson")) else { return };
        let Some(pcap) = corpus(&format!("packetbeat/pcaps/{name}.pcap")) else { return };
        let expected = std::fs::read_to_string(expected).unwrap();
        let expected: Vec<Json> = expected.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        let expected: Vec<&Json> = expected.iter().filter(|e| e["type"] == "tls").collect();
        let events = capture(ONLY, &pcap, true).events;
        assert_eq!(events.len(), expected.len(), "{name}");
        for (event, json) in events.iter().zip(expected) {
            compare(name, event, json);
        }
    }
}

fn compare(name: &str, event: &Event<'_>, json: &Json) {
    let mut want = BTreeMap::new();
    leaves("tls", &json["tls"], &mut want);
    for field in ["status", "destination.domain", "server.domain"] {
        let path = field.replace('.', "/");
        want.insert(field.into(), json.pointer(&format!("/{path}")).unwrap().as_str().unwrap().into());
    }
    for (field, want) in want {
        let got = event.by_name(&field).map(plain).unwrap_or_else(|| "(none)".into());
        // Packetbeat prints milliseconds.
        let same = got == want || (want.ends_with(".000Z") && got == want.replace(".000Z", ".000000000Z"));
        assert!(same, "{name} {field}: {got:?}, Packetbeat {want:?}");
    }
    let millis = |ts: i64| crate::model::rfc3339(ts)[..23].to_owned() + "Z";
    assert_eq!(millis(event.ts), json["@timestamp"].as_str().unwrap(), "{name}");
    let duration = event.end.map(|end| end - event.ts);
    assert_eq!(duration, json["event"]["duration"].as_i64(), "{name}");
}

/// Captures whose ClientHellos each open a connection of their own, so that tshark's list is ours.
const COMPARED: [&str; 20] = [
    "1kxun.pcap",
    "4in6tunnel.pcap",
    "chrome.pcap",
    "forticlient.pcap",
    "google_ssl.pcap",
    "instagram.pcap",
    "iphone.pcap",
    "ja3_lots_of_cipher_suites.pcap",
    "ja3_lots_of_cipher_suites_2_anon.pcap",
    "long_tls_certificate.pcap",
    "netflix.pcap",
    "no_sni.pcap",
    "safari.pcap",
    "signal.pcap",
    "tls_alert.pcap",
    "tls_certificate_too_long.pcap",
    "tls_ech.pcapng",
    "tls_with_huge_ch.pcapng",
    "webex.pcap",
    "yandex.pcapng",
];

/// The columns as tshark fills them in the hellos over TCP, each as a sorted list.
fn tshark(path: &std::path::Path, columns: &[(&str, &str)]) -> Option<Vec<Vec<String>>> {
    let mut command = Command::new("tshark");
    command.args(["-n", "-r"]).arg(path).args(["-Y", "tls.handshake.type<=2 && tcp", "-T", "fields"]);
    command.args(["-E", "occurrence=a"]);
    columns.iter().for_each(|(theirs, _)| {
        command.args(["-e", theirs]);
    });
    let Ok(run) = command.output() else {
        skipped("tshark is not installed");
        return None;
    };
    let mut lists = vec![Vec::new(); columns.len()];
    for line in String::from_utf8(run.stdout).unwrap().lines() {
        for (list, cell) in lists.iter_mut().zip(line.split('\t')) {
            list.extend(cell.split(',').filter(|s| !s.is_empty()).map(str::to_owned));
        }
    }
    lists.iter_mut().for_each(|l| l.sort());
    Some(lists)
}

/// JA3, JA3S and server names of every handshake.
#[test]
fn tshark_agrees() {
    const COLUMNS: [(&str, &str); 3] = [
        ("tls.handshake.ja3", "tls.client.ja3"),
        ("tls.handshake.ja3s", "tls.server.ja3s"),
        ("tls.handshake.extensions_server_name", "tls.client.server_name"),
    ];
    let mut different = Vec::new();
    for name in COMPARED {
        let Some(path) = corpus(&format!("captures/{name}")) else { return };
        let Some(wanted) = tshark(&path, &COLUMNS) else { return };
        let events = capture(ONLY, &path, false).events;
        for ((theirs, ours), want) in COLUMNS.into_iter().zip(wanted) {
            let mut got: Vec<String> =
                events.iter().map(|e| text(e, ours)).filter(|s| !s.is_empty()).collect();
            got.sort();
            // tshark gives up on a stream with late retransmissions.
            if got != want && (name, ours) != ("google_ssl.pcap", "tls.server.ja3s") {
                different.push(format!("{name} {theirs}: {got:?}, tshark {want:?}"));
            }
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// JA4 as nDPI's published test results name them.
#[test]
fn ndpi_agrees_on_ja4() {
    for (name, want) in [
        ("tls_alert.pcap", &["t10d0909h2_61c4dbd01224_cc731f12afbb"][..]),
        ("tls_ech.pcapng", &["t13d1516h2_8daaf6152771_02713d6af862"]),
        ("yandex.pcapng", &["t13d1516h2_8daaf6152771_e5627efa2ab1"]),
        ("safari.pcap", &["t12d200800_2a284e3b0c56_6e2cce1a33e5", "t12d2010h2_2a284e3b0c56_f05fdf8c38a9"]),
        (
            "dtls_certificate_fragments.pcap",
            &["dd2i120700_7c0e62f61317_d9dd6182da81", "dd2i800500_9cedc1f1428b_a1e935682795"],
        ),
    ] {
        let Some(path) = corpus(&format!("captures/{name}")) else { return };
        let events = capture(ONLY, &path, false).events;
        let mut got: Vec<String> =
            events.iter().map(|e| text(e, "tls.client.ja4")).filter(|s| !s.is_empty()).collect();
        got.sort();
        got.dedup();
        assert_eq!(got, want, "{name}");
    }
}

/// Facts about single captures, checked with tshark and nDPI's results.
#[test]
fn facts() {
    let get = |name: &str| corpus(&format!("captures/{name}")).map(|p| capture(ONLY, &p, false).events);
    let Some(alert) = get("tls_alert.pcap") else { return };
    assert!(alert.iter().any(|e| e.outcome == Outcome::Failure && text(e, "tls.version") == "1.0"));
    let Some(ech) = get("tls_ech.pcapng") else { return };
    assert_eq!(text(&ech[0], "tls.client.encrypted_client_hello"), "true");
    assert_eq!(text(&ech[0], "tls.client.server_name"), "performance.radar.cloudflare.com");
    assert_eq!(text(&ech[0], "tls.version"), "1.3");
    let Some(dtls) = get("dtls_certificate_fragments.pcap") else { return };
    let opera = dtls.iter().find(|e| e.source.port == Some(39347)).unwrap();
    assert_eq!(text(opera, "tls.server.hash.sha1"), "2F5F3393DE4E8BEA8719431A7A28C233FB10B3A0");
    assert_eq!(text(opera, "tls.version_protocol"), "dtls");
    let Some(safari) = get("safari.pcap") else { return };
    let full = safari.iter().find(|e| e.by_name("tls.server.subject").is_some()).unwrap();
    assert_eq!(text(full, "tls.server.hash.sha1"), "C4F698757E205CB63314593FCF269638D04B7369");
    assert_eq!(
        text(full, "tls.server.subject"),
        "CN=www.iit.cnr.it,OU=IIT,O=Consiglio Nazionale delle Ricerche,L=Roma,ST=Lazio,C=IT"
    );
    assert!(safari.iter().filter(|e| text(e, "tls.resumed") == "true").count() >= 4);
    let Some(one) = get("tls_1.2_unidirectional_client_no_cert.pcapng") else { return };
    assert_eq!((one.len(), one[0].outcome), (1, Outcome::Success));
    let Some(one) = get("tls_1.2_unidirectional_server_no_cert.pcapng") else { return };
    assert_eq!((one.len(), one[0].outcome), (1, Outcome::Success));
    assert!(one[0].by_name("tls.server.ja3s").is_some());
}
