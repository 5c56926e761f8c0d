//! Names and contents made to deceive a terminal do not reach it raw.

use super::{demo, netlog_in};
use std::fs;

/// Bytes that a terminal would act on, except line ends.
fn raw(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let odd = |c: char| (c.is_control() && c != '\n' && c != '\t') || ('\u{202a}'..='\u{202e}').contains(&c);
    text.lines().find(|line| line.chars().any(odd)).map(|line| format!("{line:?}"))
}

const NAMES: &[&str] = &[
    "\u{1b}[2J\u{1b}[31mfake.log",
    "two\nlines: all is well.log",
    "back\rforth.log",
    "\u{202e}gol.evil",
    "title\u{1b}]0;owned\u{7}.log",
    "-rf.log",
];

#[test]
fn file_names() {
    let dir = tempfile::tempdir().unwrap();
    for name in NAMES {
        fs::copy(demo("auth.log"), dir.path().join(name)).unwrap();
    }
    for sink in ["text", "markdown", "json", "ndjson", "csv"] {
        let ran = netlog_in(dir.path(), &["analyze", ".", "-o", sink, "--color", "never"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert_eq!(raw(&ran.out), None, "{sink}");
        assert_eq!(raw(ran.err.as_bytes()), None, "{sink}");
    }
    let ran = netlog_in(dir.path(), &["analyze", ".", "-o", "json"]);
    assert_eq!(ran.json()["inputs"].as_array().unwrap().len(), NAMES.len());
}

#[test]
fn names_in_messages() {
    let dir = tempfile::tempdir().unwrap();
    for name in NAMES {
        let missing = format!("./{name}");
        let ran = netlog_in(dir.path(), &["analyze", &missing]);
        assert_eq!(ran.code, 3, "{}", ran.err);
        assert_eq!(raw(ran.err.as_bytes()), None);
        assert_eq!(raw(&ran.out), None);
        assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
        let cut = dir.path().join(name);
        fs::write(&cut, &fs::read(demo("capture.pcap")).unwrap()[..5000]).unwrap();
        let ran = netlog_in(dir.path(), &["analyze", &missing]);
        assert_eq!(ran.code, 3, "{}", ran.err);
        assert_eq!(raw(ran.err.as_bytes()), None);
        assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
        for args in
            [["-o", &format!("json=no/{name}")], ["--timezone", name], ["--filter", name], ["-o", name]]
        {
            let ran = netlog_in(dir.path(), &[&["analyze", missing.as_str()], &args[..]].concat());
            assert!(ran.code == 2 || ran.code == 4, "{args:?}: {}", ran.err);
            assert_eq!(raw(ran.err.as_bytes()), None, "{args:?}");
        }
        fs::remove_file(&cut).unwrap();
    }
}

#[test]
fn contents() {
    let dir = tempfile::tempdir().unwrap();
    let line = "Nov 21 09:07:01 web sshd[731]: Failed password for invalid user \u{1b}[2J\u{202e}\u{7}bob from 203.0.113.7 port 40022 ssh2\n";
    let junk = "\u{1b}]0;owned\u{7} not a log line at all \u{1b}[31m\n";
    fs::write(dir.path().join("auth.log"), [line.repeat(30), junk.to_owned()].concat()).unwrap();
    for sink in ["text", "markdown", "json", "ndjson", "csv"] {
        let ran = netlog_in(dir.path(), &["analyze", "auth.log", "-o", sink, "--color", "never"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert_eq!(raw(&ran.out), None, "{sink}");
    }
}

/// What each output would act on: markup, formulas, control sequences, marks that turn the direction.
static TEXTS: &[&str] = &[
    "<script>document.title='owned'</script>",
    "<svg onload=alert(1)>",
    "![x](http://203.0.113.7/)",
    "=HYPERLINK(1)",
    "@SUM(A1)",
    "a|b|c",
    "\u{1b}[2J\u{1b}[31m",
    "\u{202e}txt.exe",
    "\u{2066}x\u{2069}",
    "x\u{9b}31m",
    "`id`$(id)",
];

/// A log, a list and a configuration full of them, as the folder `case`.
fn case(dir: &std::path::Path) {
    use std::fmt::Write;
    let (mut access, mut list, mut auth) = (String::new(), String::new(), String::new());
    for (n, text) in TEXTS.iter().enumerate() {
        let user = text.replace(' ', "_");
        for repeat in 0..12 {
            let _ = writeln!(
                access,
                "203.0.113.{n} - {user} [01/Mar/2026:10:00:{repeat:02} +0000] \"GET /{text}?f=../../etc/passwd HTTP/1.1\" 404 9 \"http://{text}/\" \"{text} sqlmap\""
            );
            let _ = writeln!(
                auth,
                "Mar  1 10:00:{repeat:02} web sshd[7]: Failed password for invalid user {text} from 203.0.113.{n} port 40022 ssh2"
            );
        }
        let _ = writeln!(list, "203.0.113.{n} {text}\n{text} no indicator");
    }
    fs::create_dir(dir.join("case")).unwrap();
    fs::write(
        dir.join("case/access.log"),
        [access.into_bytes(), b"\xff\xfe not text \x80\n".to_vec()].concat(),
    )
    .unwrap();
    fs::write(dir.join("case/auth.log"), auth).unwrap();
    fs::write(dir.join("list.txt"), list).unwrap();
    let why = TEXTS.concat().replace('\'', "").replace('\u{1b}', "\\u001b").replace('\u{9b}', "\\u009b");
    let allow = format!(
        "indicators = [\"list.txt\"]\n[[detect.allow]]\naddresses = [\"203.0.113.3\"]\nwhy = \"{why}\"\n"
    );
    fs::write(dir.join("netlog.toml"), allow).unwrap();
}

#[test]
fn every_output_of_every_command() {
    let dir = tempfile::tempdir().unwrap();
    case(dir.path());
    let analyze = ["text", "markdown", "json", "ndjson", "csv", "html", "mongo", "graphite"];
    let commands: Vec<Vec<&str>> = analyze
        .iter()
        .map(|sink| vec!["analyze", "-o", sink, "--color", "always"])
        .chain(["text", "csv", "ndjson", "markdown", "html"].iter().map(|sink| vec!["timeline", "-o", sink]))
        .chain(
            ["text", "markdown", "html", "json"].iter().map(|sink| vec!["host", "203.0.113.0", "-o", sink]),
        )
        .chain([vec!["report", "--state", "st", "--folder", "rep"], vec!["grep-auth"]])
        .collect();
    for mut args in commands {
        let sink = args.last().copied().unwrap_or_default();
        let colored = args.contains(&"always");
        args.extend(["--year", "2026", "case"]);
        if args[0] != "grep-auth" {
            args.extend(["--config", "netlog.toml"]);
        }
        let ran = netlog_in(dir.path(), &args);
        assert_eq!(ran.code, 0, "{args:?}: {}", ran.err);
        let own = |text: &str| text.replace("\u{1b}[0m", "").replace("\u{1b}[1m", "");
        let out = if colored { strip(&ran.out) } else { ran.out.clone() };
        assert_eq!(raw(&out), None, "{args:?}");
        assert_eq!(raw(ran.err.as_bytes()), None, "{args:?}");
        let text = own(&String::from_utf8(out).expect("UTF-8"));
        if args.contains(&"html") {
            assert!(!text.contains("<script>document") && !text.contains("<svg onload"), "{args:?}");
        }
        if sink == "csv" {
            let mut table =
                csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
            for cell in
                table.records().flat_map(|row| row.unwrap().iter().map(str::to_owned).collect::<Vec<_>>())
            {
                assert!(cell == "@timestamp" || !cell.starts_with(['=', '@']), "{args:?}: {cell}");
            }
        }
    }
    let pages =
        fs::read_dir(dir.path().join("rep")).unwrap().map(|e| fs::read_to_string(e.unwrap().path()).unwrap());
    let pages: Vec<String> = pages.collect();
    assert_eq!(pages.len(), 2, "the report and the index");
    for page in pages {
        assert_eq!(raw(page.as_bytes()), None);
        assert!(!page.contains("<script>document") && !page.contains("<svg onload"));
    }
}

/// Files below a folder.
fn below(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] }).collect()
}

#[test]
fn every_file_of_every_folder() {
    let dir = tempfile::tempdir().unwrap();
    case(dir.path());
    let index = "netlog-{user.name}-{host}-{dataset}";
    let args =
        ["analyze", "--year", "2026", "--config", "netlog.toml", "-o", "bulk=out/bulk", "-o", "csv=out/csv"];
    let ran =
        netlog_in(dir.path(), &[&args[..], &["-o", "mongo=out/mongo", "--index", index, "case"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    let files = below(&dir.path().join("out"));
    assert!(files.len() > 20, "{files:?}");
    let mut documents = 0;
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
        assert!(name.chars().all(plain), "a file's name by the input: {name}");
        let bytes = fs::read(&file).unwrap();
        assert_eq!(raw(&bytes), None, "{name}");
        if name.starts_with("part-") {
            for line in bytes.split(|b| *b == b'\n').step_by(2).filter(|line| !line.is_empty()) {
                let action: serde_json::Value = serde_json::from_slice(line).unwrap();
                let index = action["create"]["_index"].as_str().unwrap();
                assert!(index.chars().all(|c| plain(c) && !c.is_ascii_uppercase()), "{index}");
                documents += 1;
            }
        }
        if name.ends_with(".csv") {
            let mut table = csv::Reader::from_reader(&bytes[..]);
            for cell in
                table.records().flat_map(|row| row.unwrap().iter().map(str::to_owned).collect::<Vec<_>>())
            {
                assert!(!cell.starts_with(['=', '@']), "{name}: {cell}");
            }
        }
    }
    assert!(documents > 200, "{documents}");
}

/// Without the colours that are ours: SGR sequences of digits and semicolons (ECMA-48 §8.3.117).
fn strip(out: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(out);
    let mut parts = text.split("\u{1b}[");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(0);
        let rest = part.get(end..).unwrap_or_default();
        match rest.strip_prefix('m') {
            // A colour of the input would come out as text of more than ours: ours are few.
            Some(rest) if ["0", "1", "2", "31", "33", "32", "36", "1;31", "1;33"].contains(&&part[..end]) => {
                kept.push_str(rest)
            }
            _ => {
                kept.push_str("\u{1b}[");
                kept.push_str(part);
            }
        }
    }
    kept.into_bytes()
}
