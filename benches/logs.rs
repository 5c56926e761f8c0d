//! Lines to events, by file: `NETLOG_BENCH_LOGS` names a folder with `auth.log` and `access.log`
//! (shared/bench/gen-logs makes them); without it, lines of the formats' kind are made here.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use netlog::logs::{Context, FormatSet, Parser, Scratch, YearClock};
use netlog::source::LineChunk;
use std::hint::black_box;
use std::path::PathBuf;

const SIZE: usize = 1 << 20;

fn made(name: &str) -> Vec<u8> {
    let mut data = Vec::new();
    let mut n = 0u32;
    while data.len() < SIZE {
        n += 1;
        let (a, b) = (n % 223 + 1, n % 251);
        let line = if name == "auth.log" {
            format!(
                "Nov 21 09:{:02}:{:02} web sshd[{n}]: Failed password for invalid user u{b} from {a}.0.113.{b} port {} ssh2\n",
                n / 60 % 60,
                n % 60,
                n % 60_000 + 1024
            )
        } else {
            format!(
                "{a}.0.113.{b} - - [21/Nov/2026:09:{:02}:{:02} +0000] \"GET /a/{n}.html?x={b} HTTP/1.1\" 200 {n} \"-\" \"Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0\"\n",
                n / 60 % 60,
                n % 60
            )
        };
        data.extend_from_slice(line.as_bytes());
    }
    data
}

fn sample(name: &str) -> Vec<u8> {
    let given = std::env::var_os("NETLOG_BENCH_LOGS")
        .and_then(|dir| std::fs::read(PathBuf::from(dir).join(name)).ok());
    let mut data = given.unwrap_or_else(|| made(name));
    data.truncate(data.iter().take(4 * SIZE).rposition(|b| *b == b'\n').map_or(data.len(), |at| at + 1));
    data
}

fn parse(c: &mut Criterion) {
    let set = FormatSet::builtin().expect("shipped formats compile");
    for name in ["auth.log", "access.log"] {
        let chunk = LineChunk { data: sample(name), offset: 0, first_line: 1, ..LineChunk::default() };
        let detection = set.detect(&chunk.data);
        let context = Context { year: Some(2026), ..Context::default() };
        let mut group = c.benchmark_group("logs");
        group.throughput(Throughput::Bytes(chunk.data.len() as u64));
        group.bench_function(name, |b| {
            b.iter(|| {
                let parser = Parser::new(&set, &detection, context.clone());
                let mut clock = YearClock::new(&context, &[], &[]);
                let mut parsed = parser.parse(&chunk, &mut Scratch::default());
                let year = clock.advance(parsed.turns());
                parser.finish(&mut parsed, year);
                black_box(parsed.events.len())
            });
        });
        group.finish();
    }
}

/// Lines made to cost time, 64 KiB each (what comes behind is never looked at): the mean of a line is the time
/// told divided by the number in the name.
fn hostile(c: &mut Criterion) {
    let set = FormatSet::builtin().expect("shipped formats compile");
    let starts = [
        "",
        "Nov 21 09:07:01 web sshd[731]: Failed password for ",
        "Nov 21 09:07:01 web sshd[731]: pam_unix(sshd:auth): authentication failure; logname=",
        "203.0.113.7 - - [21/Nov/2026:09:07:01 +0000] \"GET ",
        "[Sat Nov 21 09:07:01.123456 2026] [core:error] [pid 7] [client 203.0.113.7:5000] ",
        "2026-11-21 14:24:43.648 UTC [28717] bob@shop ERROR:  ",
        "2026-11-21 09:07:01,123 ERROR [main] com.example.Main - ",
        "{\"level\":30,\"msg\":\"",
        "{\"id\":\"1\",\"timestamp\":1418530010000,\"message\":\"",
        "Nov 21 09:07:01 fw kernel: [UFW BLOCK] IN=eth0 OUT= MAC=",
    ];
    let fillers = [" ", "a", "1.", "::", "\"", "\\", "=", "[a=", "a b=\"", "{\"a\":"];
    let mut group = c.benchmark_group("logs");
    group.sample_size(10);
    for filler in fillers {
        let run = filler.repeat((64 << 10) / filler.len());
        let data: String = starts.iter().map(|start| format!("{start}{run}\n")).collect();
        let chunk = LineChunk { data: data.into_bytes(), offset: 0, first_line: 1, ..LineChunk::default() };
        let detection = set.detect(b"Nov 21 09:07:01 web sshd[731]: x\n");
        let parser = Parser::new(&set, &detection, Context::default());
        group.bench_function(format!("hostile {filler:?} x{}", starts.len()), |b| {
            b.iter(|| black_box(parser.parse(&chunk, &mut Scratch::default()).events.len()));
        });
    }
    group.finish();
}

criterion_group!(benches, parse, hostile);
criterion_main!(benches);
