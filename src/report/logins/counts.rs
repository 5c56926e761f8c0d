//! What a line about a log-in counts as.

/// Declares the kinds with their keys in JSON.
macro_rules! kinds {
    ($($id:ident = $key:literal, $doc:literal;)*) => {
        /// What a line about a log-in tells.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind { $(#[doc = $doc] $id,)* }
        /// Every kind with its key in JSON.
        pub static KINDS: &[(&str, Kind)] = &[$(($key, Kind::$id),)*];
        const COUNT: usize = [$(Kind::$id),*].len();
    };
}

kinds! {
    Password = "password", "The service refused a password.";
    Publickey = "publickey", "The service refused a key.";
    Interactive = "keyboard_interactive", "The service refused an answer (keyboard-interactive, PAM).";
    NoMethod = "none", "The client asked to be let in without a credential (`Failed none`).";
    Other = "other", "The service refused another method.";
    Pam = "pam", "PAM refused.";
    PamMore = "pam_more", "PAM refused again, as it sums up at the end of a connection.";
    InvalidUser = "invalid_user", "The user does not exist.";
    Preauth = "preauth", "The client left, or was sent away, before it was in.";
    Accepted = "accepted", "The log-in was accepted.";
}

/// Attempts by kind, weighted: "message repeated 5 times" counts five times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    by_kind: [u64; COUNT],
    /// Of the pre-auth disconnects, those that name a user: a log-in was under way.
    pub named_preauth: u64,
}

impl Counts {
    /// Of one kind.
    pub fn of(&self, kind: Kind) -> u64 {
        self.by_kind.get(kind as usize).copied().unwrap_or(0)
    }

    /// Counts `n` more.
    pub fn add(&mut self, kind: Kind, n: u64) {
        if let Some(count) = self.by_kind.get_mut(kind as usize) {
            *count = count.saturating_add(n);
        }
    }

    /// Adds what was counted elsewhere.
    pub fn absorb(&mut self, other: &Counts) {
        for (mine, more) in self.by_kind.iter_mut().zip(other.by_kind) {
            *mine = mine.saturating_add(more);
        }
        self.named_preauth = self.named_preauth.saturating_add(other.named_preauth);
    }

    /// Refused by the service, by any method.
    pub fn failed(&self) -> u64 {
        let methods = [Kind::Password, Kind::Publickey, Kind::Interactive, Kind::NoMethod, Kind::Other];
        methods.iter().fold(0, |sum, kind| sum.saturating_add(self.of(*kind)))
    }

    /// Refused by PAM, with those it sums up.
    pub fn pam_failed(&self) -> u64 {
        self.of(Kind::Pam).saturating_add(self.of(Kind::PamMore))
    }

    /// Attempts that failed, at least: the largest of the kinds, since several tell of the same attempt.
    pub fn failures(&self) -> u64 {
        let kinds = [self.failed(), self.pam_failed(), self.of(Kind::InvalidUser), self.named_preauth];
        kinds.into_iter().max().unwrap_or(0)
    }

    /// Whether a log-in was tried at all; a connection closed before naming a user is none.
    pub fn tried(&self) -> bool {
        self.failures() > 0 || self.of(Kind::Accepted) > 0
    }
}

/// The same in half the memory, as long as the numbers are small.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FewCounts {
    by_kind: [u32; COUNT],
    named_preauth: u32,
}

impl FewCounts {
    /// Counts `n` more of one kind, and so many that left early but named a user. `false`, and nothing counted, if
    /// that is too much.
    #[inline]
    pub fn add(&mut self, kind: Kind, n: u32, named: u32) -> bool {
        let Some(count) = self.by_kind.get_mut(kind as usize) else { return false };
        let more = count.checked_add(n).zip(self.named_preauth.checked_add(named));
        more.map(|more| (*count, self.named_preauth) = more).is_some()
    }

    /// Adds what was counted elsewhere. `false`, and nothing counted, if that is too much.
    pub fn absorb(&mut self, other: &FewCounts) -> bool {
        let mut sums = *self;
        let add = |(mine, more): (&mut u32, u32)| mine.checked_add(more).map(|sum| *mine = sum).is_some();
        let fits = sums.by_kind.iter_mut().zip(other.by_kind).all(add)
            && add((&mut sums.named_preauth, other.named_preauth));
        if fits {
            *self = sums;
        }
        fits
    }

    /// The numbers as they are.
    pub fn all(&self) -> Counts {
        Counts { by_kind: self.by_kind.map(u64::from), named_preauth: self.named_preauth.into() }
    }
}
