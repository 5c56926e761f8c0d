//! What a browser makes of outputs whose input wants to run a script: names, URLs, user agents, DNS names, SSH
//! banners and file names that would change the page's title.

use super::{Ran, netlog_in};
use pulldown_cmark::{Event, Options, Parser, Tag, html};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Ends what it may stand in, then fires in three ways, in HTML and in Markdown.
const FIRE: &str = "</td></pre></title><img src=x onerror=document.title='fired'><svg onload=document.title='fired'>](javascript:1)<javascript:1>\u{202e}|x|`[a](javascript:1)";
/// The same where no blank may stand.
const WORD: &str = "<svg/onload=document.title='fired'>";

fn packet(out: &mut Vec<u8>, second: u32, protocol: u8, (source, destination): (u8, u8), transport: &[u8]) {
    let length = u16::try_from(20 + transport.len()).unwrap();
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0];
    frame.extend(length.to_be_bytes());
    frame.extend([0, 0, 0x40, 0, 64, protocol, 0, 0, 192, 0, 2, source, 192, 0, 2, destination]);
    frame.extend(transport);
    let size = u32::try_from(frame.len()).unwrap();
    for word in [1_772_361_000 + second, 0, size, size] {
        out.extend(word.to_le_bytes());
    }
    out.extend(frame);
}

fn tcp(ports: (u16, u16), seq: u32, ack: u32, flags: u8, data: &str) -> Vec<u8> {
    let mut out = [ports.0.to_be_bytes(), ports.1.to_be_bytes()].concat();
    out.extend([seq.to_be_bytes(), ack.to_be_bytes()].concat());
    out.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    out.extend(data.as_bytes());
    out
}

/// A question for a name, an SSH greeting and an HTTP request.
fn capture() -> Vec<u8> {
    let mut out = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65535, 1] {
        out.extend(word.to_le_bytes());
    }
    let mut question = vec![0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, u8::try_from(WORD.len()).unwrap()];
    question.extend(WORD.as_bytes());
    question.extend(b"\x07example\x00\x00\x01\x00\x01");
    let udp = [
        &[0xc0, 0, 0, 53][..],
        &u16::try_from(8 + question.len()).unwrap().to_be_bytes(),
        &[0, 0],
        &question,
    ];
    packet(&mut out, 0, 17, (7, 1), &udp.concat());
    let request = format!(
        "GET /{WORD}?q={WORD} HTTP/1.1\r\nHost: {WORD}\r\nUser-Agent: {FIRE}\r\nReferer: {FIRE}\r\n\r\n"
    );
    let banner = format!("SSH-2.0-{FIRE}\r\n");
    for (ports, client, server) in
        [((40001, 22), banner.clone(), banner), ((40002, 80), request, String::new())]
    {
        let back = (ports.1, ports.0);
        packet(&mut out, 1, 6, (7, 1), &tcp(ports, 1, 0, 2, ""));
        packet(&mut out, 1, 6, (1, 7), &tcp(back, 9, 2, 18, ""));
        packet(&mut out, 1, 6, (7, 1), &tcp(ports, 2, 10, 24, &client));
        packet(&mut out, 2, 6, (1, 7), &tcp(back, 10, 2 + u32::try_from(client.len()).unwrap(), 24, &server));
    }
    out
}

fn case(folder: &Path) {
    let (mut access, mut auth) = (String::new(), String::new());
    for n in 0..12 {
        let _ = writeln!(
            access,
            "203.0.113.9 - {WORD} [01/Mar/2026:10:30:{n:02} +0000] \"GET /{WORD}?f=../../etc/passwd HTTP/1.1\" 404 9 \"http://{WORD}/\" \"{FIRE} sqlmap\""
        );
        let _ = writeln!(
            auth,
            "2026-03-01T10:30:{n:02}Z {WORD} sshd[7]: Failed password for invalid user {FIRE} from 203.0.113.9 port 40022 ssh2"
        );
    }
    fs::create_dir(folder.join("case")).unwrap();
    fs::write(folder.join("case").join(WORD.replace('/', " ")), access).unwrap();
    fs::write(folder.join("case/auth.log"), auth).unwrap();
    fs::write(folder.join("case/x.pcap"), capture()).unwrap();
}

fn chromium() -> Option<&'static str> {
    ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|o| o.status.success()))
}

/// The page as the browser has it after its scripts ran.
fn opened(chromium: &str, folder: &Path, page: &Path) -> String {
    let mut command = Command::new(chromium);
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=2000", "--dump-dom"]);
    command.arg(format!("--user-data-dir={}", folder.join("profile").display()));
    let output = command.arg(format!("file://{}", page.display())).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// Markdown as a forge or a wiki without any filter of its own would show it.
fn rendered(markdown: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::Html(markup) | Event::InlineHtml(markup) => panic!("markup of the input: {markup}"),
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                assert!(dest_url.starts_with("docs/"), "a link of the input: {dest_url}");
            }
            _ => {}
        }
    }
    let mut page = "<!DOCTYPE html><meta charset=utf-8><title>quiet</title>".to_owned();
    html::push_html(&mut page, Parser::new_ext(markdown, options));
    page
}

#[test]
fn pages_made_of_hostile_input_run_nothing() {
    let dir = tempfile::tempdir().unwrap();
    case(dir.path());
    let run = |args: &[&str]| -> Ran {
        let ran = netlog_in(dir.path(), args);
        assert_eq!(ran.code, 0, "{args:?}: {}", ran.err);
        ran
    };
    run(&["analyze", "case", "-o", "html=report.html", "-o", "markdown=report.md", "-o", "json=report.json"]);
    run(&["timeline", "case", "-o", "html=timeline.html", "-o", "markdown=timeline.md"]);
    run(&["host", "203.0.113.9", "case", "-o", "html=host.html", "-o", "markdown=host.md"]);
    run(&["report", "--state", "st", "--folder", "rep", "case"]);
    let text = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap();
    let json = text("report.json");
    for kind in ["\"ssh\"", "\"dns\"", "\"http\"", "\"apache.access\"", "\"sshd\""] {
        assert!(json.contains(kind), "the capture and the logs are read as meant: {kind}");
    }
    assert!(json.contains("onload=document.title"), "the texts arrive in the report");
    let mut pages: Vec<_> =
        ["report.html", "timeline.html", "host.html"].iter().map(|p| dir.path().join(p)).collect();
    for name in ["report", "timeline", "host"] {
        let page = dir.path().join(format!("{name}.md.html"));
        fs::write(&page, rendered(&text(&format!("{name}.md")))).unwrap();
        pages.push(page);
    }
    pages.extend(fs::read_dir(dir.path().join("rep")).unwrap().map(|entry| entry.unwrap().path()));
    let Some(chromium) = chromium() else {
        crate::skipped("no Chromium here, the pages are not opened in a browser");
        return;
    };
    // A page that does fire shows that the browser would.
    let trap = dir.path().join("trap.html");
    fs::write(&trap, format!("<title>quiet</title>{WORD}")).unwrap();
    assert!(opened(chromium, dir.path(), &trap).contains("<title>fired</title>"));
    for page in pages {
        let shown = opened(chromium, dir.path(), &page);
        assert!(!shown.contains("<title>fired"), "{}", page.display());
        assert!(!shown.contains("<img") && !shown.contains("<svg onload"), "{}", page.display());
    }
}
