//! HASSH vectors, real sessions, and bytes that are none.

use super::*;
use crate::model::{Event, Transport};
use crate::proto::replay::{self, Bench};
use std::path::Path;

static ONLY: &[&Protocol] = &[&PROTOCOL];

fn text<'e>(event: &'e Event<'_>, field: FieldRef) -> &'e str {
    event.get(field).and_then(Value::as_str).unwrap_or("")
}

/// KEXINIT as a whole packet.
fn kexinit(lists: [&str; 10]) -> Vec<u8> {
    let mut payload = vec![20];
    payload.extend([7; 16]);
    for list in lists {
        payload.extend((list.len() as u32).to_be_bytes());
        payload.extend(list.as_bytes());
    }
    payload.extend([0; 5]);
    packet(&payload)
}

fn packet(payload: &[u8]) -> Vec<u8> {
    let mut out = (payload.len() as u32 + 5).to_be_bytes().to_vec();
    out.push(4);
    out.extend(payload);
    out.extend([0; 4]);
    out
}

/// The two examples of salesforce/hassh, whose server and client lists are published in full.
#[test]
fn hassh_published() {
    let client = KexInit {
        kex: "curve25519-sha256@libssh.org,diffie-hellman-group-exchange-sha256,ecdh-sha2-nistp521,\
              ecdh-sha2-nistp384,ecdh-sha2-nistp256,diffie-hellman-group-exchange-sha1,\
              diffie-hellman-group1-sha1,diffie-hellman-group14-sha1,diffie-hellman-group14-sha256,\
              diffie-hellman-group15-sha512,diffie-hellman-group16-sha512,diffie-hellman-group17-sha512,\
              diffie-hellman-group18-sha512,diffie-hellman-group14-sha256@ssh.com,\
              diffie-hellman-group15-sha256,diffie-hellman-group15-sha256@ssh.com,\
              diffie-hellman-group15-sha384@ssh.com,diffie-hellman-group16-sha256,\
              diffie-hellman-group16-sha384@ssh.com,diffie-hellman-group16-sha512@ssh.com,\
              diffie-hellman-group18-sha512@ssh.com"
            .into(),
        there: kex::Way {
            cipher:
                "aes128-cbc,aes128-ctr,aes192-cbc,aes192-ctr,aes256-cbc,aes256-ctr,blowfish-cbc,blowfish-ctr,\
             cast128-cbc,cast128-ctr,idea-cbc,idea-ctr,serpent128-cbc,serpent128-ctr,serpent192-cbc,\
             serpent192-ctr,serpent256-cbc,serpent256-ctr,3des-cbc,3des-ctr,twofish128-cbc,twofish128-ctr,\
             twofish192-cbc,twofish192-ctr,twofish256-cbc,twofish256-ctr,twofish-cbc,arcfour,arcfour128,\
             arcfour256"
                    .into(),
            mac: "hmac-sha1,hmac-sha1-96,hmac-md5,hmac-md5-96,hmac-sha2-256,hmac-sha2-512".into(),
            compression: "zlib@openssh.com,zlib,none".into(),
        },
        ..KexInit::default()
    };
    assert_eq!(kex::md5_hex(&client.hassh(Dir::Client)), "8a8ae540028bf433cd68356c1b9e8d5b");
}

#[test]
fn banners() {
    let b = Banner::parse(b"SSH-2.0-OpenSSH_7.4p1 Debian-10+deb9u7").unwrap();
    assert_eq!((b.protocol.as_str(), b.software.as_str()), ("2.0", "OpenSSH"));
    assert_eq!((b.version.as_deref(), b.comments.as_deref()), (Some("7.4p1"), Some("Debian-10+deb9u7")));
    let b = Banner::parse(b"SSH-1.99-Cisco-1.25").unwrap();
    assert_eq!((b.software.as_str(), b.version.as_deref(), b.old()), ("Cisco", Some("1.25"), false));
    assert!(Banner::parse(b"SSH-1.5-x").unwrap().old());
    assert_eq!(Banner::parse(b"SSH-2.0"), None);
}

#[test]
fn probes() {
    assert_eq!(probe(Dir::Client, b"SS"), Probe::More);
    assert_eq!(probe(Dir::Client, b"SSH-2.0-x\r\n"), Probe::Yes);
    assert_eq!(probe(Dir::Server, b"welcome\r\nSSH-2.0-x\r\n"), Probe::Yes);
    assert_eq!(probe(Dir::Client, b"welcome\r\nSSH-2.0-x\r\n"), Probe::No);
    assert_eq!(probe(Dir::Client, b"SSH-x"), Probe::No);
    assert_eq!(probe(Dir::Client, b"GET / HTTP/1.1"), Probe::No);
}

/// Six log-ins at a real server, whose outcomes are known; HASSH as tshark 4.0 computes them.
#[test]
fn logins_of_a_real_server() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/cases/ssh-logins/input.pcap");
    let events = replay::capture(ONLY, &path, false).events;
    let mut by_port: Vec<_> = events.iter().map(|e| (e.source.port, e.outcome)).collect();
    by_port.sort();
    let (good, bad) = (Outcome::Success, Outcome::Failure);
    let want = [(36492, good), (36500, bad), (36508, good), (36510, bad), (36516, good), (36524, bad)];
    assert_eq!(by_port, want.map(|(p, o)| (Some(p), o)));
    let find = |port| events.iter().find(|e| e.source.port == Some(port)).unwrap();
    let first = find(36492);
    assert_eq!(text(first, &f::CLIENT_HASSH), "472b5de333ad665af5cbf10ff892c4df");
    assert_eq!(text(first, &f::SERVER_HASSH), "425d29fe50d8e4f5e37efb6e24bcf660");
    assert_eq!(text(first, &f::SERVER_SOFTWARE), "OpenSSH");
    assert_eq!(text(first, &f::CIPHER), "chacha20-poly1305@openssh.com");
    assert_eq!(text(first, &f::MAC), "implicit");
    assert_eq!(text(first, &f::KEX), "sntrup761x25519-sha512");
    assert_eq!(text(first, &f::HOST_KEY_TYPE), "ssh-ed25519");
    // ssh-keygen -l -f of the host key that the server used.
    assert_eq!(text(first, &f::HOST_KEY), "SHA256:kaDI+u7IORMyqsz77nHtwVqnilu6KggqNCC8H3TU7SI");
    assert_eq!(text(find(36516), &f::MAC), "hmac-sha2-256-etm@openssh.com");
    assert_eq!(text(find(36524), &f::CLIENT_HASSH), "34812ef47d5b92c07b7e849c24ac3eca");
    assert_eq!(find(36510).get(&f::FAILURES).and_then(Value::as_int), Some(4));
    assert!(first.end.is_some_and(|end| end > first.ts));
}

const LISTS: [&str; 10] =
    ["k", "h", "aes128-ctr", "aes128-ctr", "hmac-sha1", "hmac-sha1", "none", "none", "", ""];

/// A whole key exchange, by side.
fn exchange() -> [(Dir, Vec<u8>); 6] {
    let newkeys = packet(&[21]);
    [
        (Dir::Server, b"hello\r\nSSH-2.0-srv_1 x\r\n".to_vec()),
        (Dir::Client, b"SSH-2.0-cli\r\n".to_vec()),
        (Dir::Client, kexinit(LISTS)),
        (Dir::Server, kexinit(LISTS)),
        (Dir::Client, newkeys.clone()),
        (Dir::Server, newkeys),
    ]
}

#[test]
fn one_byte_segments_are_the_whole() {
    let run = |step: usize| {
        let mut bench = Bench::new(&PROTOCOL, Transport::Tcp, true);
        for (dir, bytes) in exchange() {
            bytes.chunks(step).for_each(|c| assert!(matches!(bench.feed(dir, 1, c), Step::Took(_))));
        }
        for (dir, n) in [(Dir::Client, 52), (Dir::Server, 52), (Dir::Client, 84), (Dir::Server, 36)] {
            (0..n).step_by(step).for_each(|at| {
                bench.feed(dir, 2, &vec![9; step.min(n - at)]);
            });
        }
        bench.end(3);
        bench.events.iter().map(|e| format!("{:?} {:?}", e.outcome, e.fields)).collect::<Vec<_>>()
    };
    let whole = run(4096);
    assert_eq!(whole.len(), 1);
    assert!(whole[0].starts_with("Success"), "{whole:?}");
    assert_eq!(whole, run(1));
}

/// One direction was not captured at all: the other still tells what it can.
#[test]
fn one_side_is_enough_for_its_hassh() {
    let mut bench = Bench::new(&PROTOCOL, Transport::Tcp, true);
    for (dir, bytes) in exchange() {
        match dir {
            Dir::Client => bench.feed(dir, 1, &bytes),
            Dir::Server => bench.gap(dir, 1, 99),
        };
    }
    assert_eq!(bench.feed(Dir::Client, 2, &[1; 44]), Step::Done);
    assert_eq!(bench.end(3)[0].outcome, Outcome::Unknown);
    assert_eq!(text(&bench.events[0], &f::CLIENT_HASSH), kex::md5_hex("k;aes128-ctr;hmac-sha1;none"));
    assert_eq!(bench.events[0].get(&f::SERVER_HASSH), None);
}

#[test]
fn anomalies_are_named() {
    let mut bench = Bench::new(&PROTOCOL, Transport::Tcp, false);
    bench.feed(Dir::Client, 1, b"SSH-2.0-x\r\n");
    assert_eq!(bench.feed(Dir::Client, 1, &[0xff; 8]), Step::Weird("ssh.packet"));
    assert_eq!(bench.end(2).len(), 1);
    let mut bench = Bench::new(&PROTOCOL, Transport::Tcp, false);
    bench.feed(Dir::Client, 1, b"SSH-2.0-x\r\n");
    bench.feed(Dir::Client, 1, &packet(&[20, 1, 2]));
    assert_eq!((bench.anomalies("ssh.kexinit"), bench.gap(Dir::Client, 1, 7)), (1, Step::Done));
    assert_eq!((bench.anomalies("ssh.gap"), bench.end(2).len()), (1, 1));
    let mut bench = Bench::new(&PROTOCOL, Transport::Tcp, false);
    assert_eq!(bench.feed(Dir::Client, 1, &[b'a'; 9000]), Step::Weird("ssh.banner"));
    let mut bench = Bench::new(&PROTOCOL, Transport::Tcp, false);
    bench.feed(Dir::Server, 1, b"SSH-2.0-x\r\n");
    let mut bye = vec![1, 0, 0, 0, 12, 0, 0, 0, 3];
    bye.extend(b"busy");
    assert_eq!(bench.feed(Dir::Server, 1, &packet(&bye)), Step::Done);
    assert_eq!(bench.events[0].outcome, Outcome::Failure);
    assert_eq!(text(&bench.events[0], &ERROR_MESSAGE), "server disconnected: bus");
}

proptest::proptest! {
    #[test]
    fn nothing_panics(chunks in proptest::collection::vec((0..2usize, proptest::collection::vec(0..=255u8, 0..80)), 0..20), cut in 0..6usize) {
        let mut bench = Bench::new(&PROTOCOL, Transport::Tcp, true);
        for (dir, bytes) in exchange().into_iter().take(cut) {
            bench.feed(dir, 0, &bytes);
        }
        for (dir, bytes) in chunks {
            bench.feed([Dir::Client, Dir::Server][dir], 1, &bytes);
        }
        bench.end(2);
        proptest::prop_assert!(bench.events.len() <= 1);
    }
}
