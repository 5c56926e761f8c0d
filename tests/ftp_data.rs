//! FTP's data connections and their control connection, which lie in different shards.

use std::io::Write;
use std::path::Path;
use std::process::Command;

/// A capture that is being written.
struct Pcap {
    bytes: Vec<u8>,
    micros: u32,
    seq: std::collections::HashMap<([u8; 5], [u8; 5]), u32>,
}

const CLIENT: [u8; 4] = [192, 0, 2, 5];
const SERVER: [u8; 4] = [192, 0, 2, 9];

impl Pcap {
    fn new() -> Pcap {
        let mut bytes = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0];
        bytes.extend_from_slice(&101u32.to_le_bytes());
        Pcap { bytes, micros: 0, seq: Default::default() }
    }

    /// One segment; the sequence goes on by itself.
    fn tcp(&mut self, from: ([u8; 4], u16), to: ([u8; 4], u16), flags: u8, payload: &[u8]) {
        let key = |(ip, port): ([u8; 4], u16)| [ip[2], ip[3], (port >> 8) as u8, port as u8, 0];
        let seq = *self.seq.entry((key(from), key(to))).or_insert(1000);
        let ack = self.seq.get(&(key(to), key(from))).copied().unwrap_or(0);
        let grows = payload.len() as u32 + u32::from(flags & 3 != 0);
        self.seq.insert((key(from), key(to)), seq + grows);
        let total = 40 + payload.len() as u16;
        let mut ip = vec![0x45, 0];
        ip.extend(total.to_be_bytes());
        ip.extend([0, 0, 0x40, 0, 64, 6, 0, 0]);
        ip.extend(from.0.iter().chain(&to.0));
        ip.extend(from.1.to_be_bytes().iter().chain(&to.1.to_be_bytes()));
        ip.extend(seq.to_be_bytes().iter().chain(&ack.to_be_bytes()));
        ip.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
        ip.extend(payload);
        self.micros += 100;
        for number in [1_700_000_000, self.micros, ip.len() as u32, ip.len() as u32] {
            self.bytes.extend(number.to_le_bytes());
        }
        self.bytes.extend(ip);
    }

    fn open(&mut self, from: ([u8; 4], u16), to: ([u8; 4], u16)) {
        self.tcp(from, to, 2, b"");
        self.tcp(to, from, 0x12, b"");
        self.tcp(from, to, 0x10, b"");
    }

    fn close(&mut self, from: ([u8; 4], u16), to: ([u8; 4], u16)) {
        self.tcp(from, to, 0x11, b"");
        self.tcp(to, from, 0x11, b"");
        self.tcp(from, to, 0x10, b"");
    }

    fn say(&mut self, from: ([u8; 4], u16), to: ([u8; 4], u16), text: &str) {
        self.tcp(from, to, 0x18, format!("{text}\r\n").as_bytes());
    }
}

/// A download over PASV, an upload over PORT, a connection nobody announced.
fn session() -> Pcap {
    let (client, server) = ((CLIENT, 40_000), (SERVER, 21));
    let mut p = Pcap::new();
    p.open(client, server);
    p.say(server, client, "220 FTP ready");
    p.say(client, server, "USER bob");
    p.say(server, client, "230 in");
    p.say(client, server, "PASV");
    p.say(server, client, "227 Entering Passive Mode (192,0,2,9,200,1)");
    p.say(client, server, "RETR /pub/tool.exe");
    let (from, to) = ((CLIENT, 40_001), (SERVER, 51_201));
    p.open(from, to);
    p.say(server, client, "150 here it comes");
    p.tcp(to, from, 0x18, b"MZ\x90\0");
    p.tcp(to, from, 0x18, &[b'a'; 1000]);
    p.close(to, from);
    p.say(server, client, "226 done");
    p.say(client, server, "PORT 192,0,2,5,200,2");
    p.say(server, client, "200 ok");
    p.say(client, server, "STOR notes.txt");
    let (from, to) = ((SERVER, 20), (CLIENT, 51_202));
    p.open(from, to);
    p.say(server, client, "150 go on");
    p.tcp(to, from, 0x18, b"hello");
    p.close(to, from);
    p.say(server, client, "226 done");
    let (from, to) = ((CLIENT, 40_009), (SERVER, 51_777));
    p.open(from, to);
    p.tcp(from, to, 0x18, b"something else that only one side says");
    p.close(from, to);
    p.close(client, server);
    p
}

fn events(file: &Path, more: &[&str]) -> (Vec<u8>, Vec<serde_json::Value>) {
    let run = Command::new(env!("CARGO_BIN_EXE_netlog")).arg("events").args(more).arg(file).output().unwrap();
    let lines = String::from_utf8(run.stdout.clone()).unwrap();
    (run.stdout, lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

#[test]
fn files_are_tied_to_their_commands() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ftp.pcap");
    std::fs::File::create(&path).unwrap().write_all(&session().bytes).unwrap();
    let (bytes, all) = events(&path, &[]);
    // sha256sum of the same bytes.
    let tool = "90edfebd3866313cd67bf985b99437143573aaf0594af5eadefcda897bc69f98";
    let hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    let of = |action: &str| -> Vec<&serde_json::Value> {
        all.iter().filter(|e| e["event"]["action"] == action).collect()
    };
    let came = of("ftp.transfer");
    assert_eq!(came.len(), 2, "{came:?}");
    for (event, method, name, size, hash, port) in [
        (came[0], "RETR", "tool.exe", 1004, tool, 51_201),
        (came[1], "STOR", "notes.txt", 5, hello, 51_202),
        (of("ftp.retr")[0], "RETR", "tool.exe", 1004, tool, 21),
        (of("ftp.stor")[0], "STOR", "notes.txt", 5, hello, 21),
    ] {
        assert_eq!((&event["method"], &event["file"]["name"]), (&method.into(), &name.into()));
        assert_eq!(event["file"]["size"], size);
        assert_eq!(event["file"]["hash"]["sha256"], hash, "{method}");
        assert_eq!(event["destination"]["port"], port);
        assert_eq!(event["user"]["name"], "bob");
    }
    assert_eq!(came[0]["file"]["mime_type"], "application/vnd.microsoft.portable-executable");
    assert_eq!(
        (&came[0]["destination"]["bytes"], &came[1]["source"]["bytes"]),
        (&1004.into(), &serde_json::Value::Null)
    );
    let flows: Vec<_> = all.iter().filter(|e| e["event"]["dataset"] == "flow").collect();
    let name = |port: u16| {
        let flow = flows.iter().find(|f| f["destination"]["port"] == port).unwrap();
        flow["network"]["protocol"].as_str().map(str::to_owned)
    };
    assert_eq!(name(51_201).as_deref(), Some("ftp-data"));
    assert_eq!(name(51_202).as_deref(), Some("ftp-data"));
    assert_eq!(name(51_777), None);
    for more in [&["-j1"][..], &["-j2", "--round-size", "1024"], &["-j8", "--round-size", "65536"]] {
        assert!(events(&path, more).0 == bytes, "{more:?}");
    }
}

/// vsftpd and curl: the files are those that were sent, the arguments those that tshark reads.
#[test]
fn real_transfers_are_as_tshark_sees_them() {
    use std::collections::BTreeSet;
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/cases/ftp-files/input.pcap"));
    let (_, all) = events(path, &[]);
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let came: Vec<_> = all.iter().filter(|e| e["event"]["action"] == "ftp.transfer").collect();
    let told: Vec<_> = came.iter().map(|e| (text(&e["query"]), text(&e["file"]["mime_type"]))).collect();
    let want = [("RETR report.gz", "application/gzip"), ("LIST", ""), ("STOR up.pdf", "application/pdf")];
    assert_eq!(told, want.map(|(query, kind)| (query.to_owned(), kind.to_owned())));
    // `seq 1 2000 | gzip -n | sha256sum`, and that of the 28 bytes that were sent.
    let hashes = [
        "650f9cdb549cdbb286bbc1fa9dbde0c0663c172ee1a6192f36930bde7261440b",
        "031671f276cfb0ff340c91c87ffd6f4ce17650f88c7f1f028e621684a15a6183",
    ];
    let found = [came[0], came[2]].map(|e| text(&e["file"]["hash"]["sha256"]));
    assert_eq!(found, hashes.map(str::to_owned));
    let tshark = |args: &[&str]| Command::new("tshark").arg("-r").arg(path).args(args).output();
    if tshark(&["-q"]).is_err() {
        return crate::skipped("tshark is not installed");
    }
    let fields = tshark(&[
        "-Y",
        "ftp.request.arg",
        "-T",
        "fields",
        "-e",
        "ftp.request.command",
        "-e",
        "ftp.request.arg",
    ]);
    let fields = String::from_utf8(fields.unwrap().stdout).unwrap();
    let theirs: BTreeSet<String> = fields.lines().map(|line| line.replace('\t', " ")).collect();
    let queries: BTreeSet<String> = all.iter().map(|e| text(&e["query"])).collect();
    // The log-in is one event of two commands, and never tells the password.
    for query in theirs.iter().filter(|q| !q.starts_with("USER") && !q.starts_with("PASS")) {
        assert!(queries.contains(query), "{query}: {queries:?}");
    }
}
