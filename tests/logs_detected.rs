//! What detectors find in captures they find in logs that tell of the same: flows, packets that a firewall kept away,
//! names asked for, TLS.

use crate::guessing::rules;

/// So many lines of one, by number.
fn lines(count: u32, line: impl Fn(u32) -> String) -> String {
    (0..count).map(line).map(|line| line + "\n").collect()
}

fn found(lines: &str) -> Vec<String> {
    rules(lines).into_iter().map(|(rule, subject)| format!("{rule} {subject}")).collect()
}

/// A line of Zeek's conn.log, in columns.
fn conn(second: u32, ends: &str, proto: &str, (state, history): (&str, &str), counts: &str) -> String {
    let ends = ends.replace(' ', "\t");
    let counts = counts.replace(' ', "\t");
    format!(
        "{}.5\tC{second}\t{ends}\t{proto}\t-\t0.01\t-\t-\t{state}\t-\t-\t0\t{history}\t{counts}\t-",
        1_795_252_021 + second
    )
}

#[test]
fn zeek_flows_in_columns() {
    let ports = |state: (&'static str, &'static str)| {
        move |n: u32| conn(n, &format!("203.0.113.9 40000 192.0.2.1 {}", n + 1), "tcp", state, "1 60 1 44")
    };
    for state in [("S0", "S"), ("REJ", "Sr"), ("RSTO", "ShR")] {
        assert_eq!(found(&lines(25, ports(state))), ["scan.vertical 203.0.113.9"], "{state:?}");
        assert!(found(&lines(14, ports(state))).is_empty());
    }
    for talk in [("SF", "ShADadFf"), ("RSTO", "ShADadR"), ("OTH", "A"), ("SHR", "hf")] {
        assert!(found(&lines(60, ports(talk))).is_empty(), "{talk:?}");
    }
    let hosts =
        |n| conn(n, &format!("203.0.113.9 40000 192.0.2.{} 445", n + 1), "tcp", ("S0", "S"), "1 60 0 0");
    assert_eq!(found(&lines(20, hosts)), ["scan.horizontal 203.0.113.9"]);
    let connect = |n| {
        conn(n, &format!("203.0.113.9 40000 192.0.2.{} 445", n + 1), "tcp", ("SF", "ShAFf"), "4 216 2 112")
    };
    assert_eq!(found(&lines(20, connect)), ["scan.horizontal 203.0.113.9"]);
    let udp = |n| conn(0, &format!("203.0.113.9 40000 192.0.2.1 {}", n + 1), "udp", ("S0", "D"), "1 60 0 0");
    assert_eq!(found(&lines(25, udp)), ["scan.vertical 203.0.113.9"]);
    let ping = |n| conn(0, &format!("203.0.113.9 8 192.0.2.{} 0", n + 1), "icmp", ("OTH", "-"), "1 84 1 84");
    assert_eq!(found(&lines(20, ping)), ["scan.ping_sweep 203.0.113.9"]);
    let flood = |n| {
        conn(
            n / 10,
            &format!("198.51.100.{} {} 192.0.2.1 80", n % 250, 1024 + n),
            "tcp",
            ("S0", "S"),
            "1 60 0 0",
        )
    };
    assert_eq!(found(&lines(1000, flood)), ["flood.syn 192.0.2.1"]);
}

#[test]
fn zeek_flows_to_the_outside() {
    let call = |n: u32, sent: &str| {
        let ends = format!("10.0.0.5 {} 203.0.113.80 443", 40_000 + n);
        conn(60 * n, &ends, "tcp", ("SF", "ShADadFf"), &format!("10 {sent} 9 1200"))
    };
    assert_eq!(found(&lines(40, |n| call(n, "900"))), ["outbound.beacon 10.0.0.5"]);
    assert_eq!(found(&lines(1, |_| call(0, "209715200"))), ["outbound.exfiltration 10.0.0.5"]);
    let json = |n: u32| {
        format!(
            r#"{{"ts":{}.5,"uid":"C{n}","id.orig_h":"10.0.0.5","id.orig_p":{},"id.resp_h":"203.0.113.80","id.resp_p":123,"proto":"udp","service":"ntp","duration":0.01,"conn_state":"SF","history":"Dd","orig_pkts":1,"orig_ip_bytes":76,"resp_pkts":1,"resp_ip_bytes":76}}"#,
            1_795_252_021 + 64 * n,
            40_000 + n
        )
    };
    assert!(found(&lines(60, json)).is_empty(), "time synchronisation");
    let other = |n| json(n).replace("ntp", "dns").replace(":123,", ":53,");
    assert_eq!(found(&lines(60, other)), ["outbound.beacon 10.0.0.5"]);
    let long = conn(0, "10.0.0.5 40000 203.0.113.80 443", "tcp", ("SF", "ShADadFf"), "9 900 9 900")
        .replace("0.01", "40000.5");
    assert_eq!(found(&(long + "\n")), ["outbound.long_connection 10.0.0.5"]);
}

/// A flow of Suricata's.
fn flow(second: u32, (source, port): (&str, u32), (to, at): (&str, u32), more: &str) -> String {
    let when =
        format!("2026-11-21T{:02}:{:02}:{:02}.5+0000", 9 + second / 3600, second / 60 % 60, second % 60);
    let more = more.replace("WHEN", &format!(r#""start":"{when}","end":"{when}""#));
    format!(
        r#"{{"timestamp":"{when}","flow_id":{second},"src_ip":"{source}","src_port":{port},"dest_ip":"{to}","dest_port":{at},{more}}}"#
    )
}

const COUNTS: &str =
    r#""flow":{"pkts_toserver":1,"pkts_toclient":1,"bytes_toserver":60,"bytes_toclient":54,WHEN}"#;

#[test]
fn suricata_flows() {
    let probe = |client: &str, server: &str| {
        let (client, server) = (client.to_owned(), server.to_owned());
        move |n: u32| {
            let tcp = format!(
                r#""proto":"TCP","event_type":"flow",{COUNTS},"tcp":{{"tcp_flags_ts":"{client}","tcp_flags_tc":"{server}","state":"closed"}}"#
            );
            flow(n, ("203.0.113.9", 40_000), ("192.0.2.1", n + 1), &tcp)
        }
    };
    for (client, server) in [("02", "00"), ("02", "14"), ("06", "12"), ("c2", "14")] {
        assert_eq!(
            found(&lines(25, probe(client, server))),
            ["scan.vertical 203.0.113.9"],
            "{client} {server}"
        );
    }
    for (client, server) in [("1b", "1b"), ("13", "1b"), ("10", "10")] {
        assert!(found(&lines(60, probe(client, server))).is_empty(), "{client} {server}");
    }
    let half = r#""proto":"TCP","event_type":"netflow","netflow":{"pkts":1,"bytes":60,WHEN},"tcp":{"tcp_flags":"02"}"#;
    let ports = |n| flow(n, ("203.0.113.9", 40_000), ("192.0.2.1", n + 1), half);
    assert_eq!(found(&lines(25, ports)), ["scan.vertical 203.0.113.9"]);
    let udp = r#""proto":"UDP","event_type":"netflow","netflow":{"pkts":1,"bytes":60,WHEN}"#;
    assert!(
        found(&lines(60, |n| flow(0, ("203.0.113.9", 40_000), ("192.0.2.1", n + 1), udp))).is_empty(),
        "halves"
    );
    let talk = format!(
        r#""proto":"TCP","app_proto":"tls","event_type":"flow",{COUNTS},"tcp":{{"tcp_flags_ts":"1b","tcp_flags_tc":"1b","state":"closed"}}"#
    );
    let call = |n: u32| flow(60 * n, ("10.0.0.5", 40_000 + n), ("203.0.113.80", 443), &talk);
    assert_eq!(found(&lines(40, call)), ["outbound.beacon 10.0.0.5"]);
    let much = talk.replace(r#""bytes_toserver":60"#, r#""bytes_toserver":209715200"#);
    assert_eq!(
        found(&lines(1, |_| flow(0, ("10.0.0.5", 40_000), ("203.0.113.80", 443), &much))),
        ["outbound.exfiltration 10.0.0.5"]
    );
    let halves = half.replace("\"02\"", "\"1b\"").replace("\"bytes\":60", "\"bytes\":209715200");
    let away = flow(0, ("10.0.0.5", 40_000), ("203.0.113.80", 443), &halves);
    assert!(found(&(away + "\n")).is_empty(), "what came back is not known");
}

/// A packet that netfilter logged.
fn ufw(n: u32, rule: &str, ends: &str, rest: &str) -> String {
    format!(
        "Nov 21 09:{:02}:{:02} gw kernel: [{n}.5] [{rule}] IN=eth0 OUT= {ends} LEN=60 TTL=51 ID=1 DF {rest} ",
        n / 60,
        n % 60
    )
}

/// `N` becomes the number of the line.
fn numbered(n: u32, text: &str) -> String {
    text.replace('N', &(n + 1).to_string())
}

const ENDS: &str = "SRC=203.0.113.9 DST=192.0.2.1";

#[test]
fn packets_that_a_firewall_kept_away() {
    let one = ["scan.vertical 203.0.113.9"];
    let packet = |rest: &'static str| move |n| ufw(n, "UFW BLOCK", ENDS, &numbered(n, rest));
    let syn = "PROTO=TCP SPT=40000 DPT=N WINDOW=64240 RES=0x00 SY URGP=0".replace("SY", "SYN");
    let probe = move |n| ufw(n, "UFW BLOCK", ENDS, &syn.replacen('N', &(n + 1).to_string(), 1));
    assert_eq!(found(&lines(25, &probe)), one);
    assert!(found(&lines(14, &probe)).is_empty());
    let allowed = |n| probe(n).replace("BLOCK", "ALLOW");
    assert!(found(&lines(60, allowed)).is_empty());
    // What is left of connections, and answers of name servers.
    assert!(
        found(&lines(60, packet("PROTO=TCP SPT=443 DPT=N WINDOW=501 RES=0x00 ACK FI URGP=0"))).is_empty()
    );
    assert!(found(&lines(60, packet("PROTO=UDP SPT=53 DPT=N LE=24"))).is_empty());
    assert_eq!(found(&lines(25, packet("PROTO=UDP SPT=40000 DPT=N LE=24"))), one);
    let hosts = |n: u32| {
        let rest = "PROTO=TCP SPT=40000 DPT=22 WINDOW=64240 RES=0x00 SYN URGP=0";
        ufw(n, "FORWARD DROP", &format!("SRC=203.0.113.9 DST=192.0.2.{}", n + 1), rest)
    };
    assert_eq!(found(&lines(20, hosts)), ["scan.horizontal 203.0.113.9"]);
    let ping = |n: u32| {
        ufw(
            0,
            "UFW BLOCK",
            &format!("SRC=203.0.113.9 DST=192.0.2.{}", n + 1),
            "PROTO=ICMP TYPE=8 CODE=0 ID=7 SEQ=1",
        )
    };
    assert_eq!(found(&lines(20, ping)), ["scan.ping_sweep 203.0.113.9"]);
    let windows = |rest: &'static str| {
        move |n: u32| {
            let what = numbered(n, rest);
            format!("2026-11-21 09:00:{:02} {what}", n % 60)
        }
    };
    assert_eq!(
        found(&lines(25, windows("DROP TCP 203.0.113.9 192.0.2.10 40022 N 52 S 1 0 64240 - - - RECEIVE 4"))),
        one
    );
    assert!(
        found(&lines(60, windows("DROP TCP 203.0.113.9 192.0.2.10 443 N 52 FA 1 0 64240 - - - RECEIVE 4")))
            .is_empty()
    );
    assert!(
        found(&lines(60, windows("ALLOW TCP 203.0.113.9 192.0.2.10 40022 N 0 - 0 0 0 - - - RECEIVE 4")))
            .is_empty()
    );
}

#[test]
fn connections_that_a_firewall_let_out() {
    let call = |n: u32| {
        format!(
            "2026-11-21 {:02}:{:02}:26 ALLOW TCP 10.0.0.5 203.0.113.80 {} 443 0 - 0 0 0 - - - SEND 4",
            9 + n / 60,
            n % 60,
            40_000 + n
        )
    };
    assert_eq!(found(&lines(60, call)), ["outbound.beacon 10.0.0.5"]);
    assert!(
        found(&lines(60, |n| call(n).replace("TCP", "UDP"))).is_empty(),
        "packets of one conversation, for all it tells"
    );
    let packets = |n: u32| {
        let rest = "PROTO=TCP SPT=40000 DPT=443 WINDOW=501 RES=0x00 ACK URGP=0";
        ufw(60 * n, "UFW ALLOW", "SRC=10.0.0.5 DST=203.0.113.80", rest)
    };
    assert!(found(&lines(59, packets)).is_empty(), "packets of one connection");
    let records = |n: u32| {
        format!(
            "2 123456789010 eni-1235b8ca123456789 10.0.0.5 203.0.113.80 40000 443 6 9 900 {} {} ACCEPT OK",
            1_795_252_021 + 60 * n,
            1_795_252_071 + 60 * n
        )
    };
    assert!(found(&lines(60, records)).is_empty(), "parts of one connection");
}

/// Twenty-four letters that look made up.
fn label(n: u32) -> String {
    let mut x = u64::from(n) + 1;
    (0..24)
        .map(|_| {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(b'a' + (x >> 59) as u8 % 26)
        })
        .collect()
}

/// A line of a log about a question of 10.0.0.5: name, type, code, and what the answer holds.
type Question = fn(u32, &str, &str, &str, &str) -> String;

fn zeek_dns(n: u32, name: &str, kind: &str, code: &str, answer: &str) -> String {
    format!(
        "{}.25\tC{n}\t10.0.0.5\t36844\t192.0.2.53\t53\tudp\t{n}\t-\t{name}\t1\tC_INTERNET\t1\t{kind}\t0\t{code}\tF\tF\tT\tT\t0\t{answer}\t-\tF",
        1_795_252_021 + n
    )
}

fn zeek_dns_json(n: u32, name: &str, kind: &str, code: &str, answer: &str) -> String {
    format!(
        r#"{{"ts":{}.25,"uid":"C{n}","id.orig_h":"10.0.0.5","id.orig_p":36844,"id.resp_h":"192.0.2.53","id.resp_p":53,"proto":"udp","trans_id":{n},"query":"{name}","qtype_name":"{kind}","rcode_name":"{code}","answers":["{answer}"]}}"#,
        1_795_252_021 + n
    )
}

/// As Suricata 7 has it, from whom the packet is.
fn suricata_dns(n: u32, name: &str, kind: &str, code: &str, answer: &str) -> String {
    let answer = answer.split_once("TXT 200 ").map_or(answer, |(_, text)| text);
    let dns = format!(
        r#""proto":"UDP","event_type":"dns","dns":{{"type":"answer","id":{n},"rrname":"{name}","rrtype":"{kind}","rcode":"{code}","answers":[{{"rrname":"{name}","rrtype":"{kind}","ttl":1,"rdata":"{answer}"}}]}}"#
    );
    flow(n, ("192.0.2.53", 53), ("10.0.0.5", 36_844), &dns)
}

#[test]
fn names_asked_for() {
    let logs: [(&str, Question); 3] =
        [("columns", zeek_dns), ("json", zeek_dns_json), ("suricata", suricata_dns)];
    for (log, question) in logs {
        let tunnel = |n| question(n, &format!("{}.t.example.com", label(n)), "A", "NOERROR", "192.0.2.7");
        assert_eq!(found(&lines(60, tunnel)), ["dns.tunnel 10.0.0.5"], "{log}");
        assert!(found(&lines(59, tunnel)).is_empty(), "{log}");
        let storm = |n| question(n, &format!("host{n}.corp.example.com"), "A", "NXDOMAIN", "-");
        assert_eq!(found(&lines(100, storm)), ["dns.nxdomain_storm 10.0.0.5"], "{log}");
        let made_up = |n| question(n, &format!("{}.com", &label(n)[..14]), "A", "NXDOMAIN", "-");
        assert_eq!(found(&lines(100, made_up)), ["dns.generated_names 10.0.0.5"], "{log}");
        let piece = |n| {
            let text = format!("TXT 200 {}", label(n).repeat(8));
            question(n, &format!("{n}.f.example.com"), "TXT", "NOERROR", &text)
        };
        assert_eq!(found(&lines(200, piece)), ["dns.download 10.0.0.5"], "{log}");
    }
    let bind = |n: u32| {
        let name = format!("{}.t.example.com", label(n));
        format!(
            "2026-11-23T09:00:{:02}.243Z queries: info: client @0x7f4a32c6d098 10.0.0.5#60885 ({name}): query: {name} IN A +E(0)K (192.0.2.53)",
            n % 60
        )
    };
    assert_eq!(found(&lines(60, bind)), ["dns.tunnel 10.0.0.5"]);
}

#[test]
fn weak_protection() {
    let zeek = |version: &str, established: &str, status: &str| {
        format!(
            "1795252021.25\tC1\t10.0.0.5\t36844\t192.0.2.10\t443\t{version}\tTLS_RSA_WITH_AES_128_CBC_SHA\t-\twww.example.com\tF\t-\t-\t{established}\tCsxknGIi\t-\t{status}\n"
        )
    };
    assert_eq!(found(&zeek("TLSv10", "T", "ok")), ["tls.old_version 192.0.2.10"]);
    assert!(found(&zeek("TLSv10", "F", "ok")).is_empty());
    assert!(found(&zeek("TLSv12", "T", "ok")).is_empty());
    assert_eq!(found(&zeek("TLSv12", "T", "self signed certificate")), ["tls.certificate 192.0.2.10"]);
    let suricata = |version: &str, subject: &str, end: &str| {
        let tls = format!(
            r#""proto":"TCP","event_type":"tls","tls":{{"subject":"{subject}","issuerdn":"CN=b","version":"{version}","notbefore":"2024-01-01T00:00:00","notafter":"{end}"}}"#
        );
        flow(0, ("10.0.0.5", 40_000), ("192.0.2.10", 443), &tls) + "\n"
    };
    assert!(found(&suricata("TLS 1.2", "CN=a", "2030-01-01T00:00:00")).is_empty());
    assert_eq!(found(&suricata("TLSv1", "CN=a", "2030-01-01T00:00:00")), ["tls.old_version 192.0.2.10"]);
    assert_eq!(found(&suricata("TLS 1.2", "CN=b", "2030-01-01T00:00:00")), ["tls.certificate 192.0.2.10"]);
    assert_eq!(found(&suricata("TLS 1.2", "CN=a", "2025-01-01T00:00:00")), ["tls.certificate 192.0.2.10"]);
}

#[test]
fn names_and_passwords_that_zeek_saw() {
    let asked = |n: u32, status: u32| {
        format!(
            "{}.25\tC{n}\t203.0.113.7\t36844\t192.0.2.10\t80\t1\tGET\twww.example.com\t/a\t-\t1.1\tcurl/8.5.0\t-\t0\t1234\t{status}\tx\t-\t-\t(empty)\tbob\t-\t-\t-\t-\t-\t-\t-\n",
            1_795_252_021 + n
        )
    };
    let refused: String = (0..12).map(|n| asked(n, 401)).collect();
    let clear = "cleartext.credentials 192.0.2.10".to_owned();
    assert_eq!(found(&refused), ["login.bruteforce 203.0.113.7".to_owned(), clear.clone()]);
    let critical = "login.success_after_failures 203.0.113.7".to_owned();
    assert_eq!(found(&(refused + &asked(20, 200)))[0], critical);
    assert_eq!(found(&asked(0, 404)), [clear]);
}

#[test]
fn two_logs_of_the_same_neither_add_up_nor_hide_it() {
    let talk = format!(
        r#""proto":"TCP","app_proto":"tls","event_type":"flow",{COUNTS},"tcp":{{"tcp_flags_ts":"1b","tcp_flags_tc":"1b","state":"closed"}}"#
    );
    let one = lines(40, |n| flow(60 * n, ("10.0.0.5", 40_000 + n), ("203.0.113.80", 443), &talk));
    let other = lines(40, |n| {
        let ts = 1_795_251_600 + 60 * n;
        format!(
            r#"{{"ts":{ts}.75,"uid":"C{n}","id.orig_h":"10.0.0.5","id.orig_p":{},"id.resp_h":"203.0.113.80","id.resp_p":443,"proto":"tcp","conn_state":"SF","history":"ShADadFf","orig_pkts":9,"orig_ip_bytes":900,"resp_pkts":9,"resp_ip_bytes":900}}"#,
            40_000 + n
        )
    });
    assert_eq!(found(&(one + &other)), ["outbound.beacon 10.0.0.5", "outbound.beacon 10.0.0.5"]);
}
