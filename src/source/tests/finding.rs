//! What is found, what it is taken for, and what belongs together.

use super::{chunks, file, find, inputs, names, one, packets, write};
use crate::model::Ledger;
use crate::source::Kind;
use crate::source::discover::{Group, discover};
use std::fs;

#[test]
fn content_counts_not_names() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    file(root, "a.log", &write::pcap(1, 1));
    file(root, "b.pcap", b"Jan  1 00:00:00 host sshd[1]: hello\n");
    file(root, ".hidden", b"a line\n");
    file(root, "c", &write::section(write::Order::Big, &[]));
    file(root, "empty.log", b"");
    file(root, "empty.gz", &write::compress("gzip", b""));
    file(root, "program", b"\x7fELF\x02\x01\x01\0\0\0\0\0");
    file(root, "wide", b"\xff\xfeh\0e\0l\0l\0o\0");
    file(root, "zip", b"PK\x03\x04....");
    fs::create_dir(root.join("sub")).unwrap();
    file(&root.join("sub"), "d", &write::compress("xz", &write::compress("gzip", &write::pcap(9, 1))));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(root, root.join("sub/loop")).unwrap();
        std::os::unix::fs::symlink("nowhere", root.join("sub/broken")).unwrap();
    }
    let (groups, ledger) = find(&[root]);
    assert_eq!(names(&groups), [[".hidden"], ["a.log"], ["b.pcap"], ["c"], ["d"]]);
    let kinds: Vec<_> = inputs(groups).iter().map(|i| (i.source, i.kind, i.codecs.clone())).collect();
    assert_eq!(kinds[..3].iter().map(|k| k.1).collect::<Vec<_>>(), [Kind::Text, Kind::Pcap, Kind::Text]);
    assert_eq!(kinds[3].1, Kind::PcapNg);
    assert_eq!(kinds[4], (4, Kind::Pcap, vec!["xz", "gzip"]));
    assert_eq!(ledger.faults, []);
    let counts: Vec<_> = ledger.blocks.iter().map(|(name, r)| (*name, r.count)).collect();
    let want = [
        ("source.broken_link", 1),
        ("source.empty", 2),
        ("source.not_recognised", 3),
        ("source.symlink_loop", 1),
    ];
    assert_eq!(counts, want);
    assert!(
        ledger.blocks["source.not_recognised"].samples[1]
            .text
            .ends_with("UTF-16 text: convert it to UTF-8 first")
    );
}

#[test]
fn what_was_named_must_be_something() {
    let dir = tempfile::tempdir().unwrap();
    let random: Vec<u8> = (0..4000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let random = file(dir.path(), "random", &random);
    let missing = dir.path().join("missing");
    let pattern = dir.path().join("*.none");
    let log = file(dir.path(), "log", b"a line\n");
    let (groups, ledger) = find(&[&random, &missing, &pattern, &log, &log, &dir.path().join("./log")]);
    assert_eq!(names(&groups), [["log"]]);
    let mut reasons: Vec<_> = ledger.faults.iter().map(|f| f.reason.as_str()).collect();
    reasons.sort_unstable();
    assert_eq!(reasons[..2], ["No such file or directory (os error 2)", "no file matches"]);
    assert!(reasons[2].starts_with("not a capture or a log: "), "{reasons:?}");
    assert_eq!(ledger.blocks["source.given_twice"].count, 2);
}

#[test]
fn text_with_odd_bytes_is_text() {
    let dir = tempfile::tempdir().unwrap();
    let mut hole = vec![0; 5000];
    hole.extend(b"after the machine lost power\n");
    for content in [
        hole.as_slice(),
        b"\x1b[31mred\x1b[0m\n",
        "Привет\n".as_bytes(),
        &[0xcf, 0xf0, 0xe8, b'\n'],
        b"\n",
        b"x",
    ] {
        assert_eq!(one(&file(dir.path(), "x", content)).kind, Kind::Text, "{content:?}");
    }
    for content in [[0; 100].as_slice(), b"h\0e\0l\0l\0o\0 \0w\0o\0r\0l\0d\0", &[1, 2, 3]] {
        let (groups, _) = find(&[&file(dir.path(), "x", content)]);
        assert!(groups.is_empty(), "{content:?}");
    }
}

#[test]
fn globs() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("sub")).unwrap();
    for name in ["one.txt", "two.txt", "sub/three.txt", "we[i]rd.txt"] {
        file(dir.path(), name, b"a line\n");
    }
    let found = |pattern: &str| names(&find(&[&dir.path().join(pattern)]).0).concat();
    assert_eq!(found("*o*.txt"), ["one.txt", "two.txt"]);
    assert_eq!(found("**/*.txt"), ["one.txt", "three.txt", "two.txt", "we[i]rd.txt"]);
    assert_eq!(found("we[i]rd.txt"), ["we[i]rd.txt"], "a file of that name is no pattern");
    assert_eq!(found("s*"), ["three.txt"], "a directory that matches is searched");
    let (_, ledger) = find(&[&dir.path().join("*")]);
    assert!(ledger.blocks.is_empty(), "what is in the folder, not the folder: {:?}", ledger.blocks);
    file(dir.path(), "sub/.hidden", b"a line\n");
    assert_eq!(found("sub/*"), ["three.txt"], "as a shell has it");
}

#[test]
fn fingerprints_stay() {
    let dir = tempfile::tempdir().unwrap();
    let print = |content: &[u8]| one(&file(dir.path(), "x", content)).fingerprint;
    // FNV-1a of "a line", computed with another implementation: it must never change.
    assert_eq!(print(b"a line\nmore\n"), 0x2738_4d89_3ba1_f2b6);
    assert_eq!(print(b"a line\n"), print(&write::compress("zstd", b"a line\nand another\n")));
    assert_ne!(print(b"#fields a\n1\n"), print(b"#fields a\n2\n"));
    let capture = write::pcap(5, 3);
    assert_eq!(print(&capture), print(&capture[..24 + 76]));
    assert_ne!(print(&capture), print(&write::pcap(6, 3)));
}

#[test]
fn rotated_logs_are_one() {
    let dir = tempfile::tempdir().unwrap();
    let line = |day: u32| format!("2026-01-{day:02} something\n").into_bytes();
    for (name, day) in
        [("x.log", 9), ("x.log.1", 8), ("x.log-20260103", 3), ("x-20260102.log", 2), ("y.log", 1)]
    {
        file(dir.path(), name, &line(day));
    }
    file(dir.path(), "x.log.2.gz", &write::compress("gzip", &line(7)));
    file(dir.path(), "x.log.1.gz", &write::compress("gzip", &line(8)));
    file(dir.path(), "10.0.0.1", b"a line\n");
    file(dir.path(), "10.0.0.2", b"a line\n");
    let (groups, ledger) = find(&[dir.path()]);
    let rotated =
        ["x-20260102.log", "x.log-20260103", "x.log.2.gz", "x.log.1", "x.log"].map(str::to_owned).to_vec();
    let want = [vec!["10.0.0.1".to_owned()], vec!["10.0.0.2".to_owned()], rotated, vec!["y.log".to_owned()]];
    assert_eq!(names(&groups), want);
    assert_eq!(ledger.blocks["source.duplicate"].count, 1);
    // The time of the first line goes before the name.
    let stamp = |sample: &[u8], _| Some(-i64::from(sample[8]) * 10 - i64::from(sample[9]));
    let args = [dir.path().to_str().unwrap().to_owned()];
    let groups = discover(&args, &stamp, &mut Ledger::default());
    assert_eq!(names(&groups)[2].first().unwrap(), "x.log");
    assert_eq!(inputs(groups).iter().map(|i| i.source).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn slices_are_one_capture() {
    let dir = tempfile::tempdir().unwrap();
    for (name, start, count) in [
        ("ring.pcap0", 3000, 100),
        ("ring.pcap1", 1000, 1000),
        ("ring.pcap2", 2000, 1000),
        ("case1.pcap", 1000, 10),
        ("case2.pcap", 900_000, 10),
        ("eth0.pcap", 1000, 1000),
        ("eth1.pcap", 1500, 1000),
        ("day_00002_20260102.pcap", 10, 200),
        ("day_00001_20260101.pcap", 1, 9),
    ] {
        file(dir.path(), name, &write::pcap(start, count));
    }
    // Large enough that only the end is read.
    // Longer than a day, too.
    let long: Vec<u8> = write::pcap(100_000, 90_000);
    assert!(long.len() > 3 << 20);
    file(dir.path(), "long", &long);
    file(dir.path(), "long1", &write::compress("zstd", &write::pcap(190_001, 5)));
    let (groups, _) = find(&[dir.path()]);
    let mut got: Vec<String> = names(&groups).iter().map(|g| g.join(" ")).collect();
    got.sort();
    let want = [
        "case1.pcap",
        "case2.pcap",
        "day_00001_20260101.pcap day_00002_20260102.pcap",
        "eth0.pcap",
        "eth1.pcap",
        "long long1",
        "ring.pcap1 ring.pcap2 ring.pcap0",
    ];
    assert_eq!(got, want);
}

#[test]
fn archives_are_looked_into() {
    let dir = tempfile::tempdir().unwrap();
    let long_name = format!("{}/deep.log", "d".repeat(120));
    let record = format!(" path={long_name}\n");
    let pax = format!("{}{record}", record.len() + 3);
    let mut tar = write::tar_member("logs/", b'5', b"");
    tar.extend(write::tar_member("logs/a.log", b'0', b"in the archive\n"));
    tar.extend(write::tar_member("logs/a.log.1.gz", b'0', &write::compress("gzip", b"older\n")));
    tar.extend(write::tar_member("PaxHeader", b'x', pax.as_bytes()));
    tar.extend(write::tar_member("short", b'0', b"deep\n"));
    tar.extend(write::tar_member("cap", b'0', &write::pcap(7, 5)));
    tar.extend(write::tar_member("junk", b'0', b"\x7fELF"));
    tar.extend([0; 1024]);
    for (name, bytes) in [("t.tar", tar.clone()), ("t.tgz", write::compress("gzip", &tar))] {
        let path = file(dir.path(), name, &bytes);
        let (groups, ledger) = find(&[&path]);
        assert_eq!(names(&groups), [vec!["a.log.1.gz", "a.log"], vec!["deep.log"], vec!["cap"]]);
        assert_eq!(ledger.blocks["source.not_recognised"].count, 1);
        let mut all = inputs(groups);
        assert_eq!(&*all[1].path, format!("{}!logs/a.log", path.display()));
        assert_eq!(all[1].mtime, Some(0o14000000000 * 1_000_000_000));
        assert_eq!(all[0].codecs.last(), Some(&"gzip"));
        let capture = all.remove(3);
        assert_eq!(packets(capture.packets().unwrap()).packets.len(), 5);
        let texts: Vec<_> = all.into_iter().map(|i| chunks(i.lines().unwrap()).0.remove(0).data).collect();
        assert_eq!(texts, [b"older\n".to_vec(), b"in the archive\n".to_vec(), b"deep\n".to_vec()]);
    }
    // In the middle of the second member's header, then of its content.
    for (at, faults) in [(1536 + 5, 1), (1536 + 512 + 5, 2)] {
        let cut = file(dir.path(), "cut.tar", &tar[..at]);
        let (groups, ledger) = find(&[&cut]);
        assert_eq!(names(&groups), [["a.log"]]);
        assert_eq!(ledger.faults.len(), faults, "{:?}", ledger.faults);
        assert!(ledger.faults.iter().any(|f| f.reason == "tar: the archive is cut short"));
    }
}

#[test]
fn archives_behind_an_end_mark_are_read_and_what_is_none_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    let member = |name: &str| write::tar_member(name, b'0', format!("in {name}\n").as_bytes());
    let (a, b) = (member("a.log"), member("b.log"));
    let (end, junk) = ([0; 1024], [b'x'; 700]);
    // Pieces; members, bytes passed over inside, bytes that are no tar.
    type Case<'a> = (Vec<&'a [u8]>, Vec<Vec<&'a str>>, u64, u64);
    let cases: [Case<'_>; 6] = [
        (vec![&a, &end, &b, &end], vec![vec!["a.log"], vec!["b.log"]], 1024, 0),
        (vec![&[0; 512], &a, &end], vec![vec!["a.log"]], 512, 0),
        (vec![&a, &end[..512], &b], vec![vec!["a.log"], vec!["b.log"]], 512, 0),
        (vec![&a, &end, &[0; 9000]], vec![vec!["a.log"]], 0, 0),
        (vec![&a, &end, &junk], vec![vec!["a.log"]], 0, 1724),
        (vec![&a, &end, &junk, &[0; 324], &b, &end], vec![vec!["a.log"], vec!["b.log"]], 0, 2048),
    ];
    for (pieces, want, zeros, unread) in cases {
        for packed in [false, true] {
            let tar = pieces.concat();
            let bytes = if packed { write::compress("gzip", &tar) } else { tar };
            let path = file(dir.path(), "t.tar", &bytes);
            let (groups, ledger) = find(&[&path]);
            assert_eq!(names(&groups), want);
            assert_eq!(ledger.faults, []);
            let bytes = |name| ledger.blocks.get(name).map_or(0, |r: &crate::model::Reason| r.bytes);
            assert_eq!((bytes("source.tar_goes_on"), bytes("source.tar_unread")), (zeros, unread));
            for input in inputs(groups) {
                let want = format!("in {}\n", input.path.rsplit('!').next().unwrap());
                assert_eq!(chunks(input.lines().unwrap()).0[0].data, want.as_bytes());
            }
        }
    }
}

#[test]
fn a_name_too_long_to_read_leaves_the_plain_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut tar = write::tar_member("././@LongLink", b'L', &vec![b'n'; 70_000]);
    tar.extend(write::tar_member("plain.log", b'0', b"a line\n"));
    let path = file(dir.path(), "t.tar", &tar);
    assert_eq!(names(&find(&[&path]).0), [["plain.log"]]);
}

#[cfg(unix)]
#[test]
fn what_a_pattern_cannot_look_at_is_counted() {
    use std::os::unix::fs::symlink;
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    for sub in ["web1", "web2", "other"] {
        fs::create_dir(root.join(sub)).unwrap();
        file(&root.join(sub), "a.log", format!("of {sub}\n").as_bytes());
        symlink("nowhere", root.join(sub).join("b.log")).unwrap();
        symlink("nowhere", root.join(sub).join("unasked")).unwrap();
        symlink("nowhere", root.join(sub).join(".hidden.log")).unwrap();
    }
    symlink(root, root.join("web-loop")).unwrap();
    symlink(root, root.join("other-loop")).unwrap();
    let (groups, ledger) = find(&[&root.join("web*/*.log")]);
    assert_eq!(names(&groups), [["a.log"], ["a.log"]]);
    assert_eq!(ledger.faults, []);
    let counts: Vec<_> = ledger.blocks.iter().map(|(name, r)| (*name, r.count)).collect();
    assert_eq!(counts, [("source.broken_link", 2), ("source.symlink_loop", 1)]);
}

#[cfg(unix)]
#[test]
fn a_named_pipe_streams() {
    let dir = tempfile::tempdir().unwrap();
    for (content, name) in
        [(write::pcap(1, 50_000), "plain"), (write::compress("gzip", &write::pcap(1, 50_000)), "gz")]
    {
        let path = dir.path().join(name);
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let writer = std::thread::spawn({
            let path = path.clone();
            move || fs::write(path, content).unwrap()
        });
        // Found in a directory it would wait for a writer: it is passed over.
        let (groups, ledger) = find(&[dir.path(), &path]);
        assert!(ledger.blocks["source.special_file"].count >= 1);
        let Group::Capture(mut inputs) = groups.into_iter().next().unwrap() else { panic!("not a capture") };
        let seen = packets(inputs.remove(0).packets().unwrap());
        assert_eq!((seen.packets.len(), seen.ledger.faults.len()), (50_000, 0));
        writer.join().unwrap();
    }
}

#[test]
fn a_file_that_changes_after_it_was_found() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(dir.path(), "x", b"a line\n");
    let (before, removed) = (one(&path), one(&path));
    file(dir.path(), "x", b"another\n");
    assert_eq!(before.lines().err().unwrap().reason, "changed while netlog was running");
    fs::remove_file(&path).unwrap();
    assert_eq!(removed.lines().err().unwrap().reason, "No such file or directory (os error 2)");
}
