//! What the header walk and a filter cost per packet.

use criterion::{Criterion, criterion_group, criterion_main};
use netlog::model::Stamp;
use netlog::net::{Filter, Verdict, dissect};
use std::hint::black_box;

/// Ethernet, IPv4, TCP with the usual timestamp option, 100 bytes of payload.
fn tcp4() -> Vec<u8> {
    let mut out = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
    out.extend_from_slice(&[0x45, 0, 0, 152, 0, 1, 0x40, 0, 64, 6, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2]);
    out.extend_from_slice(&[0x9c, 0x40, 0, 80, 0, 0, 0, 7, 0, 0, 0, 9, 0x80, 0x10, 1, 0, 0, 0, 0, 0]);
    out.extend_from_slice(&[1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2]);
    out.resize(14 + 152, b'x');
    out
}

/// Ethernet with a VLAN tag, IPv6, UDP.
fn udp6() -> Vec<u8> {
    let mut out = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x81, 0, 0, 5, 0x86, 0xdd];
    out.extend_from_slice(&[0x60, 0, 0, 0, 0, 48, 17, 64]);
    out.extend_from_slice(&[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    out.extend_from_slice(&[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    out.extend_from_slice(&[0x9c, 0x40, 0, 53, 0, 48, 0, 0]);
    out.resize(18 + 40 + 48, b'x');
    out
}

/// The first packet in VXLAN over IPv4.
fn vxlan() -> Vec<u8> {
    let inner = tcp4();
    let mut out = vec![2, 0, 0, 0, 0, 3, 2, 0, 0, 0, 0, 4, 8, 0];
    out.extend_from_slice(&[0x45, 0, 0, 202, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
    out.extend_from_slice(&[0xc0, 0, 0x12, 0xb5, 0, 182, 0, 0, 8, 0, 0, 0, 0, 0, 1, 0]);
    out.extend_from_slice(&inner);
    out
}

fn bench(c: &mut Criterion) {
    for (name, bytes) in [("eth_ip4_tcp", tcp4()), ("vlan_ip6_udp", udp6()), ("vxlan", vxlan())] {
        let wire = u32::try_from(bytes.len()).unwrap_or(0);
        c.bench_function(&format!("dissect/{name}"), |b| {
            b.iter(|| dissect(black_box(1), black_box(&bytes), wire, Stamp::default()));
        });
    }
    let filter = Filter::parse("tcp port 80 or 443 and not net 10.0.0.0/8").expect("a filter");
    let bytes = tcp4();
    let Verdict::Flow(packet) = dissect(1, &bytes, 166, Stamp::default()) else { return };
    c.bench_function("filter/ports_and_net", |b| b.iter(|| filter.matches(black_box(&packet))));
}

criterion_group!(benches, bench);
criterion_main!(benches);
