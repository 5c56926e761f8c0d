//! Writing events as NDJSON: a flow and a request as enrich completes them.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use netlog::enrich::{Cache, Config, Enricher};
use netlog::model::{Dataset, Event, Field, Origin, SourceInfo, Sources, Transport, Type, Value};
use netlog::report::Tally;
use netlog::sink::Render;
use netlog::sink::ndjson::Lines;
use std::hint::black_box;

static FLOW: Dataset = Dataset {
    name: "flow",
    category: &["network"],
    types: &["connection", "end"],
    protocol: None,
    transaction: false,
    doc: "",
};
static DNS: Dataset = Dataset {
    name: "dns",
    category: &["network"],
    types: &["connection", "protocol"],
    protocol: Some("dns"),
    transaction: true,
    doc: "",
};
static ACTION: Field = Field { name: "event.action", ty: Type::Keyword, doc: "" };
static FINAL: Field = Field { name: "flow.final", ty: Type::Boolean, doc: "" };
static QUESTION: Field = Field { name: "dns.question.name", ty: Type::Keyword, doc: "" };
static CODE: Field = Field { name: "dns.response_code", ty: Type::Keyword, doc: "" };
static ANSWERS: Field = Field { name: "dns.answers", ty: Type::Object, doc: "" };

/// Events per iteration.
const BLOCK: i64 = 1000;

fn event(dataset: &'static Dataset, i: i64) -> Event<'static> {
    let mut event =
        Event::new(dataset, Origin { source: 0, record: 7 + i.unsigned_abs(), offset: 4096 }, i * 1_234_567);
    event.end = Some(event.ts + 1_000_000);
    event.source.ip = "192.168.1.20".parse().ok();
    event.source.port = Some(40_000 + (i % 999) as u16);
    event.source.bytes = Some(1234);
    event.source.packets = Some(7);
    event.destination.ip = "8.8.8.8".parse().ok();
    event.destination.port = Some(53);
    event.destination.bytes = Some(123_456);
    event.destination.packets = Some(9);
    event.transport = Some(Transport::Udp);
    if dataset.transaction {
        event.push(&QUESTION, format!("host{}.example.com", i % 50));
        event.push(&CODE, "NOERROR");
        let answer = vec![("name".into(), Value::text("www.example.com")), ("ttl".into(), Value::Int(300))];
        event.push(&ANSWERS, Value::List(vec![Value::Object(answer)]));
    } else {
        event.source.mac = Some([2, 0, 0, 0, 0, 1]);
        event.push(&ACTION, "network_flow");
        event.push(&FINAL, true);
    }
    event
}

fn bench(c: &mut Criterion) {
    let Ok(mut enricher) = Enricher::new(&Config::default()) else { return };
    let source = SourceInfo { path: "captures/mixed.pcap".into(), ..SourceInfo::default() };
    enricher.set_sources(Sources(vec![source]));
    let mut cache = Cache::default();
    for (name, dataset) in [("flow", &FLOW), ("dns", &DNS)] {
        let mut events: Vec<Event<'_>> = (0..BLOCK).map(|i| event(dataset, i)).collect();
        events.iter_mut().for_each(|event| enricher.complete(event, true, &mut cache));
        let fields = events.first().map_or(0, |e| e.fields.len());
        let mut group = c.benchmark_group(format!("{name}, {fields} fields"));
        group.throughput(Throughput::Elements(BLOCK.unsigned_abs()));
        let mut lines = Lines::default();
        group.bench_function("ndjson", |b| b.iter(|| black_box(lines.render(&events))));
        group.bench_function("tally", |b| {
            b.iter(|| {
                let mut tally = Tally::new();
                events.iter().for_each(|event| tally.observe(event));
                black_box(tally)
            });
        });
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
