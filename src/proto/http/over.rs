//! How messages end: whole, cut short, lost, or without an answer.

use super::call::Call;
use super::event::emit;
use super::{Dir, Emit, Http, Side, State};
use crate::model::Stamp;

impl Http {
    /// The message of a direction is over.
    pub(super) fn complete(&mut self, dir: Dir, end: Stamp, out: &mut Emit<'_>) {
        if dir == Dir::Client {
            self.uploading = false;
            return;
        }
        let Some(response) = self.response.take() else { return };
        let request = match self.gone.checked_sub(1) {
            Some(left) => {
                self.gone = left;
                None
            }
            None => self.requests.pop_front(),
        };
        if self.requests.is_empty() {
            // An upload that goes on after its answer belongs to no request that is kept.
            self.uploading = false;
        }
        let informational = std::mem::take(&mut self.informational);
        emit(request, Some((*response, end)), informational, Call::default(), out);
    }

    /// The connection ended inside a body.
    pub(super) fn cut(&mut self, dir: Dir, out: &mut Emit<'_>) {
        let side = self.side(dir);
        let (state, last) = (side.state, side.last);
        side.state = State::Lost;
        if state != State::Close {
            out.anomaly("http.body_cut");
            if let Some(part) = self.part(dir) {
                part.cut = true;
            }
        }
        self.complete(dir, last, out);
    }

    /// Bytes lack, and it is not known where the next message begins: what is open is emitted as it is.
    pub(super) fn lose(&mut self, dir: Dir, out: &mut Emit<'_>) {
        if let Some(part) = self.part(dir) {
            part.lost = true;
        }
        self.leave(dir, true, out);
    }

    /// The same where nothing lacks, but what came is no HTTP.
    pub(super) fn puzzled(&mut self, dir: Dir, out: &mut Emit<'_>) {
        if let Some(part) = self.part(dir) {
            part.broken = true;
        }
        self.leave(dir, false, out);
    }

    fn leave(&mut self, dir: Dir, torn: bool, out: &mut Emit<'_>) {
        let side = self.side(dir);
        let last = side.last;
        *side = Side { state: State::Lost, last, torn, ..Side::default() };
        self.complete(dir, last, out);
    }

    /// Tells the oldest request. Its response, if there is one, comes before those of the others.
    pub(super) fn unanswered(&mut self, out: &mut Emit<'_>) {
        let oldest = self.requests.pop_front();
        self.gone += 1;
        emit(oldest, None, Vec::new(), Call::default(), out);
    }
}
