//! Whole conversations: when those that have a part in a span of time began and ended.

use super::{Asked, Wish};
use crate::model::{Origin, SECOND, Stamp, Ts};
use crate::net::dissect::dissect;
use crate::net::{FlowKey, Verdict};
use crate::source::PacketBatch;
use crate::source::discover::{Group, discover};
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

/// After such a silence, packets between the same ends are another conversation: five minutes, in nanoseconds.
const SILENCE: Ts = 300 * SECOND;
/// Flows whose stretches are remembered; of others the packets within the span are wanted.
const FLOWS: usize = 1 << 16;

/// Packets of a flow without a long silence between them: from, to.
type Stretch = (Ts, Ts);

/// The stretches of flows that have a part in a span.
#[derive(Debug)]
pub(super) struct Stretches {
    span: Stretch,
    flows: HashMap<FlowKey, Vec<Stretch>>,
    /// From the first to the last of all.
    all: Stretch,
}

impl Stretches {
    /// Those of the flows between the ends of `wish`. What cannot be read is told when packets are written.
    pub fn survey(inputs: &[String], wish: &Wish, span: Stretch) -> Stretches {
        let mut asked = Asked::new(wish, None);
        let mut flows: HashMap<FlowKey, Vec<Stretch>> = HashMap::new();
        let captures = discover(inputs, &|_, _| None, &mut Default::default()).into_iter().flat_map(
            |group| match group {
                Group::Capture(inputs) => inputs,
                Group::Log(_) => Vec::new(),
            },
        );
        for mut reader in captures.filter_map(|input| input.packets().ok()) {
            let mut batch = PacketBatch::default();
            let mut more = true;
            while more {
                more = reader.fill(&mut batch, super::ROUND);
                for raw in &batch.packets {
                    let start = raw.start as usize;
                    let bytes = batch.data.get(start..start + raw.caplen as usize).unwrap_or_default();
                    let stamp = Stamp { ts: raw.ts, origin: Origin::default() };
                    if let Verdict::Flow(packet) = dissect(raw.link, bytes, raw.origlen, stamp)
                        && asked.fits(&packet, bytes)
                    {
                        note(&mut flows, packet.key, raw.ts);
                    }
                }
            }
        }
        let apart = |(from, to): &Stretch| *to < span.0 || *from > span.1;
        flows.values_mut().for_each(|stretches| stretches.retain(|stretch| !apart(stretch)));
        flows.retain(|_, stretches| !stretches.is_empty());
        let all = flows.values().flatten().fold(span, |all, one| (all.0.min(one.0), all.1.max(one.1)));
        Stretches { span, flows, all }
    }

    /// Whether a packet of this flow at this time is part of one.
    pub fn has(&self, flow: FlowKey, ts: Ts) -> bool {
        let within = |(from, to): &Stretch| (*from..=*to).contains(&ts);
        self.flows.get(&flow).map_or_else(|| within(&self.span), |stretches| stretches.iter().any(within))
    }

    /// From the first to the last packet of all.
    pub fn all(&self) -> Stretch {
        self.all
    }
}

/// Adds a packet to the last stretch of its flow, or begins another one.
fn note(flows: &mut HashMap<FlowKey, Vec<Stretch>>, flow: FlowKey, ts: Ts) {
    let full = flows.len() >= FLOWS;
    let stretches = match flows.entry(flow) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(_) if full => return,
        Entry::Vacant(free) => free.insert(Vec::new()),
    };
    match stretches.last_mut() {
        Some((from, to)) if ts >= from.saturating_sub(SILENCE) && ts <= to.saturating_add(SILENCE) => {
            *from = (*from).min(ts);
            *to = (*to).max(ts);
        }
        _ => stretches.push((ts, ts)),
    }
}
