//! What flows hold: bytes out of order, unconsumed or being probed, and requests that wait. All flows of a shard
//! together have so much, and the one that holds something longest gives way.

use super::super::dispatch::App;
use super::super::flow::Flow;
use super::{Ctx, FLOWS, Shard};
use crate::model::Origin;

impl Shard {
    /// Brings the accounts of buffered bytes up to date after `id` was fed, and relieves the flow that
    /// has buffered longest while there are too many.
    pub(super) fn settle(&mut self, id: u32, ctx: &mut Ctx<'_>) {
        let Some(flow) = self.table.get_mut(id) else { return };
        let opened = flow.opened;
        let App::Live(live) = &mut flow.app else { return };
        let (before, held) = (live.charged, live.held());
        let queued = live.queued;
        live.charged = held;
        live.queued |= held > 0;
        if live.conversation.over() {
            flow.app = App::Over;
        }
        self.buffered = (self.buffered + held).saturating_sub(before);
        if !queued && held > 0 {
            self.buffering.push_back((id, opened));
        }
        while self.buffered > self.config.room {
            let Some((id, opened)) = self.buffering.pop_front() else { break };
            self.relieve(id, opened, ctx);
        }
        if self.buffering.len() > 2 * FLOWS {
            let table = &mut self.table;
            self.buffering.retain(|(id, opened)| match table.get_mut(*id).filter(|f| f.opened == *opened) {
                Some(Flow { app: App::Live(live), .. }) => {
                    live.queued = live.charged > 0;
                    live.queued
                }
                _ => false,
            });
        }
    }

    fn relieve(&mut self, id: u32, opened: Origin, ctx: &mut Ctx<'_>) {
        let Shard { options, registry, table, buffered, .. } = self;
        let Some(flow) = table.get_mut(id).filter(|f| f.opened == opened) else { return };
        let App::Live(live) = &mut flow.app else { return };
        live.queued = false;
        if live.charged == 0 {
            return;
        }
        flow.with_app((options, registry), (ctx.stamp, &mut ctx.seq, ctx.out), |app, sides, io| {
            let App::Live(live) = app else { return };
            if live.buffered() > 0 {
                io.ledger.cap("tcp.memory", io.stamp.origin);
                live.flush(sides, io);
            }
            if live.conversation.waiting() > 0 {
                io.ledger.cap("flow.waiting", io.stamp.origin);
                live.conversation.give_up(io);
            }
            if live.buffered() > 0 {
                live.end(sides, io);
            }
            *buffered = buffered.saturating_sub(live.charged);
            live.charged = 0;
            if live.conversation.over() {
                *app = App::Over;
            }
        });
    }
}
