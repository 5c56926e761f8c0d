//! The consumer of events that are only counted.

use crate::model::{Event, FieldRef, Glimpse, Ts, Value};

/// Who gets the events as they are made.
pub trait Consumer<'a> {
    /// Takes an event; gives back memory for the fields of the next one.
    fn take(&mut self, event: Event<'a>) -> Vec<(FieldRef, Value<'a>)>;

    /// Counts an event that was asked for by [`super::Wanted`] and need not be made. Gives the number under
    /// which the same can be counted again, if it can be.
    fn glance(&mut self, glimpse: Glimpse<'_, 'a>) -> Option<u32>;

    /// Counts what was counted under this number once more, for an event at another time.
    fn again(&mut self, number: u32, ts: Ts);
}

/// Nobody takes events: they stay where they are.
pub(super) struct Nobody;

impl<'a> Consumer<'a> for Nobody {
    fn take(&mut self, event: Event<'a>) -> Vec<(FieldRef, Value<'a>)> {
        event.fields
    }

    fn glance(&mut self, _: Glimpse<'_, 'a>) -> Option<u32> {
        None
    }

    fn again(&mut self, _: u32, _: Ts) {}
}
