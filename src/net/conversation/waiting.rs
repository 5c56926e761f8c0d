//! Requests of a conversation that wait for their responses.

use super::super::dispatch::Io;
use super::{Conversation, Phase};

impl Conversation {
    /// How many there are.
    pub(in crate::net) fn waiting(&self) -> usize {
        match &self.phase {
            Phase::Parsing(parser) => parser.waiting(),
            Phase::Probing { .. } | Phase::Over => 0,
        }
    }

    /// Has them told as unanswered, and gives back the memory they were in.
    pub(in crate::net) fn give_up(&mut self, io: &mut Io<'_>) {
        self.call(io, |parser, out| {
            parser.give_up(out);
            parser.idle();
        });
    }
}
