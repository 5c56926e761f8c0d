//! Speed of single expressions over single lines. The goals: a failed password in 150 ns, a combined access log
//! line of about 200 bytes in 250 ns.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use netlog::logs::grok::{Library, Slots};
use std::hint::black_box;

const FAILED: &str = "Failed %{WORD:sshd.method} for (?:invalid user )?%{USERNAME:user.name} from %{IP:source.ip} port %{INT:source.port}";
const FAILED_LINE: &str = "Failed password for invalid user admin from 203.0.113.77 port 40022 ssh2";
const OTHER_LINE: &str =
    "Accepted publickey for carol from 198.51.100.23 port 51234 ssh2: ED25519 SHA256:4kq8YxQ1cnQ";
const ACCESS_LINE: &str = "137.30.210.92 - - [01/Mar/2024:00:04:09 +0000] \"GET /themes/products/6oe4lk.json HTTP/1.1\" 301 27079 \"https://www.example.com/\" \"Mozilla/5.0 (Linux; Android 14; Pixel 8) Gecko/124.0.6367.82 Mobile Safari/537\"";
const SYSLOG_LINE: &str = "Jan  1 00:50:20 combo sshd[24945]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.172  user=root";
const FLOW: &str = "%{INT:version:int} %{NOTSPACE:account} %{NOTSPACE:interface} %{IP:source.ip} %{IP:destination.ip} %{INT:source.port:int} %{INT:destination.port:int} %{INT:protocol:int} %{INT:packets:int} %{INT:bytes:int} %{INT:start:int} %{INT:end:int} %{WORD:action} %{WORD:status}";
const FLOW_LINE: &str = "2 123456789010 eni-00275b5942cff7ce6 172.31.3.73 203.0.113.193 6379 58819 6 20 3540 1700000013 1700000034 ACCEPT OK";

fn lines(criterion: &mut Criterion) {
    let library = Library::builtin();
    let mut slots = Slots::new();
    let cases = [
        ("failed password", FAILED, FAILED_LINE, true),
        ("failed password, other line", FAILED, OTHER_LINE, false),
        ("combined access", "%{COMBINEDAPACHELOG}", ACCESS_LINE, true),
        ("syslog line", "^%{SYSLOGLINE}", SYSLOG_LINE, true),
        ("flow", FLOW, FLOW_LINE, true),
        ("address anywhere", "%{IP:ip}", SYSLOG_LINE, true),
    ];
    let mut group = criterion.benchmark_group("grok");
    for (name, expression, line, matches) in cases {
        let grok = library.compile(expression).expect("compiles");
        assert_eq!(grok.matches(line.as_bytes(), &mut slots), Ok(matches), "{name}");
        group.throughput(Throughput::Bytes(line.len() as u64));
        group.bench_function(name, |b| {
            b.iter(|| grok.matches(black_box(line.as_bytes()), &mut slots));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(std::time::Duration::from_secs(2))
        .warm_up_time(std::time::Duration::from_millis(500)).sample_size(20);
    targets = lines
}
criterion_main!(benches);
