//! Where events go that are not kept.

use crate::model::{Event, FieldRef, Glimpse, Value};

/// Who gets the events as they are made.
pub trait Taker<'a> {
    /// Takes an event; gives back memory for the fields of the next one.
    fn take(&mut self, event: Event<'a>) -> Vec<(FieldRef, Value<'a>)>;

    /// Counts an event that was asked for by [`super::Wanted`] and need not be made.
    fn glance(&mut self, glimpse: Glimpse<'_, 'a>);
}

/// Nobody takes events: they stay where they are.
pub(super) struct Nobody;

impl<'a> Taker<'a> for Nobody {
    fn take(&mut self, event: Event<'a>) -> Vec<(FieldRef, Value<'a>)> {
        event.fields
    }

    fn glance(&mut self, _: Glimpse<'_, 'a>) {}
}
