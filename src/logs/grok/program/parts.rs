//! Which parts of an expression are matched by table.

use super::dfa::{self, Dfa};
use super::emit::{Emitter, number};
use super::{Op, simplify};
use crate::logs::grok::error::Mistake;
use crate::logs::grok::syntax::Node;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A row of parts of the tree, by where it is in memory.
pub(super) type Key = (usize, usize);

/// Rows that may be matched by table.
#[derive(Default)]
pub(super) struct Parts {
    pub enabled: bool,
    pub refused: BTreeSet<Key>,
    pub built: BTreeMap<Key, Option<Arc<Dfa>>>,
}

impl Emitter<'_> {
    /// Emits as many of the parts as can be matched by one table; how many.
    pub(super) fn by_table(&mut self, parts: &[Node]) -> Result<usize, Mistake> {
        if !self.parts.enabled || self.looks > 0 || self.atomics > 0 {
            return Ok(0);
        }
        let plain = parts.iter().take_while(|part| dfa::is_plain(part)).count();
        for count in (1..=plain).rev() {
            let row = parts.get(..count).unwrap_or_default();
            let trailing = row
                .last()
                .is_some_and(|last| matches!(last, Node::Set(set) if simplify::text_of(set).is_some()));
            if trailing || !dfa::pays(row) {
                continue;
            }
            let key = (row.as_ptr().addr(), count);
            if self.parts.refused.contains(&key) {
                continue;
            }
            let built = self.parts.built.entry(key).or_insert_with(|| dfa::build(row).map(Arc::new)).clone();
            let Some(dfa) = built else { continue };
            self.program.dfas.push(dfa);
            self.keys.push(key);
            self.op(Op::Dfa(number(self.program.dfas.len() - 1)))?;
            return Ok(count);
        }
        Ok(0)
    }
}
