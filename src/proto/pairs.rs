//! Requests that wait for their responses, with the event that will tell of both.

use super::{Draft, Emit};
use std::collections::VecDeque;

/// Requests of one flow by key, oldest first.
#[derive(Debug)]
pub(super) struct Pairs<K> {
    waiting: VecDeque<(K, Draft)>,
    /// Counted when the oldest has to give way.
    cap: &'static str,
}

impl<K: PartialEq> Pairs<K> {
    /// None yet; `cap` is the anomaly's name for too many.
    pub const fn new(cap: &'static str) -> Pairs<K> {
        Pairs { waiting: VecDeque::new(), cap }
    }

    /// A request was sent.
    pub fn ask(&mut self, key: K, draft: Draft, out: &mut Emit<'_>) {
        if self.waiting.len() >= out.limits().pending
            && let Some((_, oldest)) = self.waiting.pop_front()
        {
            out.cap(self.cap);
            oldest.emit(out);
        }
        self.waiting.push_back((key, draft));
    }

    /// The oldest request with this key.
    pub fn answered(&mut self, key: &K) -> Option<Draft> {
        let at = self.waiting.iter().position(|(k, _)| k == key)?;
        self.waiting.remove(at).map(|(_, draft)| draft)
    }

    /// The same, left where it is.
    pub fn waits(&mut self, key: &K) -> Option<&mut Draft> {
        self.waiting.iter_mut().find(|(k, _)| k == key).map(|(_, draft)| draft)
    }

    /// The oldest of all.
    pub fn oldest(&mut self) -> Option<(K, Draft)> {
        self.waiting.pop_front()
    }

    /// Requests that wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Tells all that is left as unanswered.
    pub fn flush(&mut self, out: &mut Emit<'_>) {
        for (_, draft) in std::mem::take(&mut self.waiting) {
            draft.emit(out);
        }
    }
}
