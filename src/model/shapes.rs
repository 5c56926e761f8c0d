//! What is worked out once for all events that are alike: of one data set, with the same fields in the same
//! order (their *shape*).

use super::{Dataset, Event, FieldRef, GOLDEN, Value};
use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// Shapes kept; a run has some hundreds, an input that varies its fields on purpose starts anew.
const SHAPES: usize = 4096;

/// Shapes that are looked for first, without working out a hash.
const LATEST: usize = 6;

/// What is known of the shapes met so far.
#[derive(Debug)]
pub struct Shapes<T> {
    known: Vec<Known<T>>,
    /// Numbers of those known, by hash.
    by_hash: HashMap<u64, usize, FixedState>,
    /// Numbers of some that were met lately; one that is met again moves forward.
    latest: Vec<usize>,
}

#[derive(Debug)]
struct Known<T> {
    dataset: usize,
    fields: Box<[usize]>,
    what: T,
}

impl<T> Default for Shapes<T> {
    fn default() -> Self {
        Shapes { known: Vec::new(), by_hash: HashMap::default(), latest: Vec::new() }
    }
}

impl<T> Shapes<T> {
    /// What `make` says, or said, of an event of this shape. It may look at the data set and at which fields
    /// there are, at no value.
    pub fn of(&mut self, event: &Event<'_>, make: impl Fn(&Event<'_>) -> T) -> &T {
        let number = self.lately(event).unwrap_or_else(|| self.any(event, &make));
        // A number is the place of what is known.
        &self.known[number].what
    }

    fn fits(&self, number: usize, event: &Event<'_>) -> bool {
        self.known.get(number).is_some_and(|known| known.fits(event))
    }

    fn lately(&mut self, event: &Event<'_>) -> Option<usize> {
        let at = self.latest.iter().position(|number| self.fits(*number, event))?;
        if let Some(before) = at.checked_sub(1) {
            self.latest.swap(before, at);
            return self.latest.get(before).copied();
        }
        self.latest.first().copied()
    }

    fn any(&mut self, event: &Event<'_>, make: impl Fn(&Event<'_>) -> T) -> usize {
        let hash = shape(event);
        let known = self.by_hash.get(&hash).copied().filter(|number| self.fits(*number, event));
        let number = known.unwrap_or_else(|| {
            if self.known.len() >= SHAPES {
                self.known.clear();
                self.by_hash.clear();
                self.latest.clear();
            }
            // A hash proves nothing: of two with the same one the later is found from now on.
            self.by_hash.insert(hash, self.known.len());
            self.known.push(Known::new(event, make));
            self.known.len() - 1
        });
        self.latest.truncate(LATEST - 1);
        self.latest.push(number);
        number
    }
}

impl<T> Known<T> {
    fn new(event: &Event<'_>, make: impl Fn(&Event<'_>) -> T) -> Known<T> {
        let fields = event.fields.iter().map(|(field, _)| address(field)).collect();
        Known { dataset: kind(event.dataset), fields, what: make(event) }
    }

    fn fits(&self, event: &Event<'_>) -> bool {
        let same = |(known, (field, _)): (&usize, &(FieldRef, Value<'_>))| *known == address(field);
        self.dataset == kind(event.dataset)
            && self.fields.len() == event.fields.len()
            && self.fields.iter().zip(&event.fields).all(same)
    }
}

fn address(field: FieldRef) -> usize {
    std::ptr::from_ref(field).addr()
}

fn kind(dataset: &'static Dataset) -> usize {
    std::ptr::from_ref(dataset).addr()
}

/// Four lanes, so that no multiplication waits for the one before.
fn shape(event: &Event<'_>) -> u64 {
    let step =
        |hash: u64, field: FieldRef| (hash.rotate_left(5) ^ address(field) as u64).wrapping_mul(GOLDEN);
    let mut lanes = [event.fields.len() as u64, kind(event.dataset) as u64, 2, 3];
    let (fours, rest) = event.fields.as_chunks::<4>();
    for four in fours {
        for (lane, (field, _)) in lanes.iter_mut().zip(four) {
            *lane = step(*lane, field);
        }
    }
    let tail = rest.iter().fold(0, |hash, (field, _)| step(hash, field));
    lanes.into_iter().fold(tail, |hash, lane| (hash ^ lane).rotate_left(23).wrapping_mul(GOLDEN))
}

#[cfg(test)]
mod tests {
    use super::super::{Field, Origin, Type};
    use super::*;

    static A: Field = Field { name: "a", ty: Type::Long, doc: "" };
    static B: Field = Field { name: "b", ty: Type::Long, doc: "" };
    static ONE: Dataset =
        Dataset { name: "one", category: &[], types: &[], protocol: None, transaction: false, doc: "" };
    static TWO: Dataset = Dataset { name: "two", ..ONE };

    fn event(dataset: &'static Dataset, fields: &[FieldRef]) -> Event<'static> {
        let mut event = Event::new(dataset, Origin { source: 0, record: 0, offset: 0 }, 0);
        fields.iter().for_each(|field| event.push(field, Value::Int(1)));
        event
    }

    #[test]
    fn asked_once_for_each_shape() {
        let asked = std::cell::Cell::new(0);
        let mut shapes = Shapes::default();
        let mut look = |dataset, fields: &[FieldRef]| {
            *shapes.of(&event(dataset, fields), |event| {
                asked.set(asked.get() + 1);
                (event.dataset.name, event.fields.len())
            })
        };
        for _ in 0..3 {
            assert_eq!(look(&ONE, &[&A, &B]), ("one", 2));
            assert_eq!(look(&ONE, &[&B, &A]), ("one", 2));
            assert_eq!(look(&TWO, &[&A, &B]), ("two", 2));
            assert_eq!(look(&TWO, &[&A, &B, &A, &B, &A]), ("two", 5));
            assert_eq!(look(&TWO, &[]), ("two", 0));
        }
        assert_eq!(asked.get(), 5);
    }
}
