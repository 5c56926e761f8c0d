//! Against the loghub samples and the counts that were made of them by other means.

use super::{adds_up, answer};
use serde_json::Value;
use std::path::PathBuf;

fn shared(file: &str) -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus/logs")).join(file);
    if !path.exists() {
        crate::skipped(format_args!("{} is not here", path.display()));
        return None;
    }
    Some(path)
}

/// What the counters of the truth file are called here.
fn counters(host: &Value) -> Vec<(&'static str, u64)> {
    let n = |v: &Value| v.as_u64().unwrap();
    let kinds = &host["kinds"];
    vec![
        ("failed_attempts", n(&host["failed"])),
        ("failed_password_attempts", n(&kinds["password"])),
        ("failed_none", n(&kinds["none"])),
        ("pam_auth_failure_lines", n(&kinds["pam"])),
        ("pam_more_attempts", n(&kinds["pam_more"])),
        ("invalid_user_lines", n(&host["invalid_user"])),
        ("accepted", n(&host["accepted"])),
    ]
}

#[test]
fn every_host_and_every_count_of_the_loghub_samples() {
    let Some(truth) = shared("openssh-truth.json") else { return };
    let truth: Value = serde_json::from_slice(&std::fs::read(truth).unwrap()).unwrap();
    for (key, file) in
        [("openssh_2k", "loghub/OpenSSH/OpenSSH_2k.log"), ("linux_2k_sshd", "loghub/Linux/Linux_2k.log")]
    {
        let Some(path) = shared(file) else { return };
        let got = answer(&path, &[]);
        let want = truth[key]["rhosts"].as_object().unwrap();
        let hosts = got["hosts"].as_array().unwrap();
        assert_eq!(hosts.len(), want.len(), "{key}: {:?}", super::names(&got));
        for host in hosts {
            let name = host["host"].as_str().unwrap();
            let want = want.get(name).unwrap_or_else(|| panic!("{key}: {name} is not there"));
            for (counter, n) in counters(host) {
                assert_eq!(want[counter].as_u64().unwrap_or(0), n, "{key}: {name}: {counter}");
            }
            let pam = want["pam_auth_failure_lines"].as_u64().unwrap_or(0)
                + want["pam_more_attempts"].as_u64().unwrap_or(0);
            assert_eq!(host["pam_failed"].as_u64(), Some(pam), "{key}: {name}");
            assert_eq!(host["users"], want["users"], "{key}: {name}: users");
            for end in ["first", "last"] {
                let stamp = host[end].as_str().unwrap();
                assert_eq!(&stamp[5..19], want[end].as_str().unwrap(), "{key}: {name}: {end}");
            }
        }
        for (counter, n) in counters(&got["totals"]) {
            assert_eq!(truth[key]["totals"][counter].as_u64().unwrap_or(0), n, "{key}: totals: {counter}");
        }
        adds_up(&got["ledger"]);
        assert_eq!(got["ledger"]["lines"]["read"], 2000);
    }
}
