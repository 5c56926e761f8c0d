//! Captures whose packets do not stand in the order they were sent in, as captures of several queues: what TCP
//! carried is told all the same. (Connections that were refused are not compared: a reset before its SYN is a flow of
//! its own.)

use crate::mutations::{Dice, captures};
use crate::packetbeat::events;
use netlog::model::{Event, Transport};
use std::collections::BTreeMap;
use std::fs;

/// Events per data set of what TCP carried.
fn told(records: &[&[u8]]) -> BTreeMap<&'static str, usize> {
    let path = std::env::temp_dir().join(format!("netlog-swapped-{}.pcap", std::process::id()));
    fs::write(&path, records.concat()).unwrap();
    let (events, _) = events(&path);
    fs::remove_file(&path).unwrap();
    let mut counts = BTreeMap::new();
    let carried = |e: &&Event<'_>| e.transport == Some(Transport::Tcp) && e.dataset.name != "flow";
    for event in events.iter().filter(carried) {
        *counts.entry(event.dataset.name).or_default() += 1;
    }
    counts
}

#[test]
fn neighbours_that_changed_places_lose_nothing() {
    let mut dice = Dice(3);
    let mut compared = 0;
    for (header, records) in captures() {
        let straight: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
        let mut places: Vec<(usize, &[u8])> = straight.iter().copied().enumerate().collect();
        for (place, _) in &mut places {
            *place = *place * 100 + dice.roll(200);
        }
        places.sort_by_key(|(place, _)| *place);
        let swapped: Vec<&[u8]> = places.into_iter().map(|(_, record)| record).collect();
        let both = [straight, swapped].map(|records| told(&[&[header.as_slice()], &*records].concat()));
        assert_eq!(both[0], both[1]);
        compared += both[0].values().sum::<usize>();
    }
    assert!(compared > 800, "{compared}");
}
