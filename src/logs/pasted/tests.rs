use super::*;
use crate::logs::{Context, FormatSet, Parser, Scratch};
use crate::model::{Event, rfc3339};
use crate::source::LineChunk;

/// Reads lines by a format; each must be an event of it.
fn read<T>(format: &LogFormat, lines: &str, check: impl FnOnce(&[Event<'_>]) -> T) -> T {
    let set = FormatSet::load_with(&[], &[(NAME, format.text())])
        .unwrap_or_else(|e| panic!("{e}\n{}", format.text()));
    let detection = set.detect(lines.as_bytes());
    assert_eq!(detection.name(), Some(NAME), "{}", format.text());
    let parser = Parser::new(&set, &detection, Context::default());
    let chunk =
        LineChunk { data: lines.as_bytes().to_vec(), offset: 0, first_line: 1, ..LineChunk::default() };
    let parsed = parser.parse(&chunk, &mut Scratch::default());
    assert!(parsed.ledger.lines.skipped.is_empty(), "{:?}", parsed.ledger.lines.skipped);
    check(&parsed.events)
}

fn text<'e>(event: &'e Event<'_>, name: &str) -> &'e str {
    event.by_name(name).and_then(|v| v.as_str()).unwrap_or("nothing")
}

const APACHE: &str = r#"%v:%{remote}p %a (%{X-Forwarded-For}i) %u [%{%Y-%m-%dT%T%z}t] \"%r\" %>s %I/%O %D \"%{Referer}i\" \"%!200{User-Agent}i\" %% %{SSL_PROTOCOL}x"#;
const LINES: &str = "shop.example:40022 203.0.113.7 (192.0.2.1, 192.0.2.2) bob x [2026-11-21T09:07:01+0100] \"GET /a?b=c HTTP/2.0\" 404 120/4567 1500 \"-\" \"Mozilla \\\"5\\\"\" % TLSv1.3\n\
shop.example:40022 203.0.113.7 (-) - [2026-11-21T09:07:02+0100] \"\\x16\\x03 no request\" 400 3/5 0 \"-\" \"-\" % -\n";

fn check_apache(events: &[Event<'_>]) {
    let [first, second] = events else { panic!("{}", events.len()) };
    assert_eq!(
        (rfc3339(first.ts), first.end),
        ("2026-11-21T08:07:01.000000000Z".to_owned(), Some(first.ts + 1_500_000))
    );
    assert_eq!(
        (first.source.port, first.source.bytes, first.destination.bytes),
        (Some(40022), Some(120), Some(4567))
    );
    assert_eq!(text(first, "user.name"), "bob x");
    assert_eq!(text(first, "http.request.headers.x-forwarded-for"), "192.0.2.1, 192.0.2.2");
    assert_eq!(text(first, "apache.access.variable.ssl_protocol"), "TLSv1.3");
    assert_eq!((text(first, "url.path"), text(first, "url.query")), ("/a", "b=c"));
    assert_eq!(text(first, "user_agent.original"), "Mozilla \\\"5\\\"");
    assert_eq!(text(second, "apache.access.request"), "\\x16\\x03 no request");
    assert_eq!(text(second, "http.request.method"), "nothing");
}

#[test]
fn apache_formats() {
    read(&LogFormat::pasted(APACHE).unwrap(), LINES, check_apache);
    read(
        &LogFormat::pasted("%h %l %u %t %m %U%q %H %s %b %{ms}T").unwrap(),
        "c.example - - [21/Nov/2026:09:07:01 +0000] GET /a%20b?c HTTP/1.1 200 5 12\n",
        |events| {
            assert_eq!((text(&events[0], "http.version"), text(&events[0], "url.query")), ("1.1", "c"));
            assert_eq!(events[0].end, Some(events[0].ts + 12_000_000));
        },
    );
}

#[test]
fn nginx_formats() {
    let format = "$remote_addr - $remote_user [$time_local] \"$request\" $status ${body_bytes_sent}b \"$http_referer\" \
         \"$http_user_agent\" rt=$request_time uct=\"$upstream_connect_time\" $http_x_request_id $upstream_addr";
    let lines = "203.0.113.7 - - [21/Nov/2026:09:07:01 +0000] \"POST /x HTTP/1.1\" 201 7b \"-\" \"curl/8\" rt=0.250 uct=\"0.001, 0.002\" r1 10.0.0.1:80, 10.0.0.2:80\n";
    read(&LogFormat::pasted(format).unwrap(), lines, |events| {
        let event = &events[0];
        assert_eq!(rfc3339(event.ts), "2026-11-21T09:07:00.750000000Z");
        assert_eq!(event.dataset.name, "nginx.access");
        assert_eq!(text(event, "nginx.access.variable.upstream_connect_time"), "0.001, 0.002");
        assert_eq!(text(event, "nginx.access.variable.upstream_addr"), "10.0.0.1:80, 10.0.0.2:80");
        assert_eq!(text(event, "http.request.headers.x-request-id"), "r1");
    });
}

#[test]
fn a_header_without_quotes_leaves_what_follows_alone() {
    let lines = "10.0.0.1 192.0.2.1, 192.0.2.2 - bob [21/Nov/2026:09:07:01 +0000] \"GET /x HTTP/1.1\" 200 5\n\
                 10.0.0.1 - - bob x [21/Nov/2026:09:07:01 +0000] \"GET /x HTTP/1.1\" 200 5\n";
    let format = "%h %{X-Forwarded-For}i %l %u %t \"%r\" %>s %b";
    read(&LogFormat::pasted(format).unwrap(), lines, |events| {
        assert_eq!(text(&events[0], "http.request.headers.x-forwarded-for"), "192.0.2.1, 192.0.2.2");
        assert_eq!([&events[0], &events[1]].map(|event| text(event, "user.name")), ["bob", "bob x"]);
    });
    let lines =
        "10.0.0.1 de, en;q=0.5 192.0.2.1, 192.0.2.2 200 5 [21/Nov/2026:09:07:01 +0000] \"GET /x HTTP/1.1\"\n";
    let format = "%h %{Accept-Language}i %{X-Forwarded-For}i %>s %b %t \"%r\"";
    read(&LogFormat::pasted(format).unwrap(), lines, |events| {
        assert_eq!(text(&events[0], "http.request.headers.accept-language"), "de, en;q=0.5");
    });
}

#[test]
fn a_stamp_in_parts_is_one() {
    let line = |stamp: &str| format!("10.0.0.1 - bob [{stamp}] \"GET /x HTTP/1.1\" 200 5\n");
    for (parts, stamp, want) in [
        ("%{%d/%b/%Y %T}t.%{msec_frac}t %{%z}t", "21/Nov/2026 09:07:01.123 +0100", "08:07:01.123"),
        ("%{sec}t.%{usec_frac}t", "1795252021.123456", "09:07:01.123456"),
        ("%{%Y-%m-%d}tT%{%T}t", "2026-11-21T09:07:01", "09:07:01.000"),
    ] {
        let format = format!("%h %l %u [{parts}] \"%r\" %>s %b");
        read(&LogFormat::pasted(&format).unwrap(), &line(stamp), |events| {
            assert!(
                rfc3339(events[0].ts).starts_with(&format!("2026-11-21T{want}")),
                "{}",
                rfc3339(events[0].ts)
            );
        });
    }
    // What is told again further on.
    let format = "%h %t \"%r\" %>s %b %{msec_frac}t %{%z}t";
    let lines = "10.0.0.1 [21/Nov/2026:09:07:01 +0000] \"GET /x HTTP/1.1\" 200 5 123 +0000\n";
    read(&LogFormat::pasted(format).unwrap(), lines, |events| assert_eq!(events.len(), 1));
    assert!(LogFormat::pasted("%h %{%z}t").unwrap_err().contains("lacks a month"));
}

#[test]
fn nginx_escapes_json() {
    let format = r#"log_format main escape=json '{"time":"$time_iso8601","net":{"ip":"$remote_addr"},"req":"$request","status":$status,"up":$upstream_response_time,'
        '"ua":"$http_user_agent","rt":"$request_time","site":"a $host","proto":"$server_protocol"}';
        access_log /a.log main;"#;
    let line = |req: &str, up: &str| {
        format!(
            r#"{{"time":"2026-11-21T09:07:01+00:00","net":{{"ip":"203.0.113.7"}},"req":"{req}","status":400,"up":{up},"ua":"Mozilla \"5\" \u00e9","rt":"0.250","site":"a b","proto":"HTTP/1.1"}}"#
        ) + "\n"
    };
    let lines = line(r#"GET /a?q=\"x\" HTTP/1.1"#, "0.1") + &line(r"\u0016\u0003\\x", "0.2") + &line("", "");
    read(&LogFormat::of_config(format).unwrap(), &lines, |events| {
        let [first, second, third] = events else { panic!("{}", events.len()) };
        assert_eq!((text(first, "url.path"), text(first, "url.query")), ("/a", "q=\"x\""));
        assert_eq!(text(first, "user_agent.original"), "Mozilla \"5\" é");
        assert_eq!(first.source.ip.map(|ip| ip.to_string()).as_deref(), Some("203.0.113.7"));
        assert_eq!(text(second, "apache.access.request"), "\u{16}\u{3}\\x");
        assert!(third.source.ip.is_some(), "a line that is no JSON");
    });
}

#[test]
fn no_user_name_hides_a_line() {
    for (format, address) in [
        ("%h %l %u %t \"%r\" %>s %b", "h.example.net"),
        ("$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent", "203.0.113.7"),
    ] {
        let users = ["a [", "a [b", "a [x] b", "a [21/Nov/2026:09:07:01 +0000] \\\"GET / HTTP/1.1", "-", "b"];
        let line = |user: &str| {
            format!("{address} - {user} [21/Nov/2026:09:07:01 +0000] \"GET /x [y HTTP/1.1\" 200 5\n")
        };
        let lines: String = users.iter().map(|user| line(user)).collect();
        read(&LogFormat::pasted(format).unwrap(), &lines, |events| {
            assert_eq!(events.len(), users.len());
            for (event, user) in events.iter().zip(users) {
                assert_eq!(text(event, "user.name"), if user == "-" { "nothing" } else { user });
                assert_eq!(text(event, "url.path"), "/x [y");
            }
        });
    }
}

#[test]
fn a_request_for_no_host_and_an_address_with_colons_are_read() {
    let format = "$remote_addr:$remote_port - $remote_user [$time_iso8601] $scheme $host $server_port \"$request\" $status";
    let lines = "::1:40022 - a [b [2026-11-21T09:07:01+00:00] http  80 \"GET /x HTTP/1.1\" 400\n\
                 203.0.113.7:40022 - - [2026-11-21T09:07:01+00:00] http a.example 80 \"GET /x HTTP/1.1\" 200\n";
    read(&LogFormat::pasted(format).unwrap(), lines, |events| {
        let [first, second] = events else { panic!("{}", events.len()) };
        assert_eq!(first.source.ip.map(|ip| ip.to_string()).as_deref(), Some("::1"));
        assert_eq!((first.source.port, second.source.port), (Some(40022), Some(40022)));
        assert_eq!((text(first, "user.name"), text(first, "url.domain")), ("a [b", "nothing"));
        assert_eq!(text(second, "url.domain"), "a.example");
    });
}

#[test]
fn vpc_formats() {
    let format = "${srcaddr} ${dstaddr} ${srcport} ${dstport} ${action} ${start} ${vpc-id}";
    let lines = "203.0.113.7 192.0.2.1 40022 22 REJECT 1795252021 vpc-1\n";
    read(&LogFormat::pasted(format).unwrap(), lines, |events| {
        assert_eq!((events[0].source.port, events[0].destination.port), (Some(40022), Some(22)));
        assert_eq!(text(&events[0], "aws.vpcflow.vpc_id"), "vpc-1");
        assert_eq!(rfc3339(events[0].ts), "2026-11-21T09:07:01.000000000Z");
    });
    assert!(LogFormat::pasted("${srcaddr} x${dstaddr}").unwrap_err().contains("part 2"));
}

#[test]
fn formats_of_configurations() {
    let httpd = format!(
        "# LogFormat \"%h\" no\nServerName x\nLogFormat \"{}\" \\\n  mine\nLogFormat \"%h %t\" unused\n<VirtualHost *:80>\n  CustomLog logs/a.log mine env=!no\n  customlog logs/b.log mine\n</VirtualHost>\n",
        APACHE
    );
    let format = LogFormat::of_config(&httpd).unwrap();
    read(&format, LINES, check_apache);
    assert!(!format.text().contains("unused") && format.text().matches("do = \"request\"").count() == 1);
    let nginx = "http {\n  log_format main '$remote_addr [$time_local] ' # why\n     '\"$request\" $status';\n  access_log /var/log/a.log main buffer=32k;\n  server { access_log off; }\n  server { access_log /b.log; }\n}\n";
    let both = "203.0.113.7 [21/Nov/2026:09:07:01 +0000] \"POST /x HTTP/1.1\" 201\n\
        203.0.113.7 - - [21/Nov/2026:09:07:01 +0000] \"POST /x HTTP/1.1\" 201 5 \"-\" \"curl/8\"\n";
    read(&LogFormat::of_config(nginx).unwrap(), both, |events| assert_eq!(events.len(), 2));
}

#[test]
fn mistakes_are_told_with_their_place() {
    let wrong = |text: &str| LogFormat::pasted(text).unwrap_err();
    assert_eq!(wrong("%h %Z"), "at 4: unknown directive `%Z`");
    assert_eq!(wrong("%h %{Referer i"), "at 4: `%{` without `}`");
    assert!(wrong("%{%Y %Q}t").contains("unknown conversion `%Q`"));
    assert!(wrong("%h%u %t").contains("parts 1 and 2"));
    assert_eq!(wrong("$remote_addr $ x"), "at 14: `$` without a name");
    assert!(wrong("hello").contains("neither"));
    let config = |text: &str| LogFormat::of_config(text).unwrap_err();
    assert!(config("access_log /x min; log_format main '$status';").contains("did you mean `main`?"));
    assert!(config("user www;").contains("no LogFormat"));
}

#[test]
fn a_column_that_does_not_exist_is_told_with_the_nearest() {
    let told = LogFormat::pasted("${srcaddr} ${dstadr}").unwrap_err();
    assert_eq!(told, "part 2 (`${dstadr}`) is no field of flow logs; did you mean `${dstaddr}`?");
}
