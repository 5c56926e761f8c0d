//! The fields of an event that are looked at.

use super::Kind;
use crate::model::{Field, FieldRef, Glimpse, MOST_TIMES, Outcome, Value};

/// The field that makes an event one about a log-in.
const KIND: &str = "netlog.auth.kind";
/// That field, and its values that are counted: not probes and sessions, which are no attempts.
pub const MARK: (&str, &[&str]) =
    (KIND, &["failed", "pam", "pam_more", "invalid_user", "preauth", "accepted"]);
/// Everything that is looked at.
pub const FIELDS: &[&str] = &[KIND, "netlog.count", "sshd.method", "user.name", "source.domain"];

/// What an event tells.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen<'e> {
    pub kind: Option<Kind>,
    pub weight: u32,
    pub user: Option<&'e str>,
    pub name: Option<&'e str>,
    /// The address is from an earlier line: what this line calls the host is its name.
    pub found: bool,
}

#[derive(Clone, Copy, Debug)]
enum Role {
    Mark,
    Count,
    Method,
    User,
    Name,
    Found,
    Nothing,
}

/// What a mark says.
#[derive(Clone, Copy, Debug)]
enum Mark {
    Is(Kind),
    /// The method tells.
    Failed,
    /// No attempt.
    Nothing,
}

/// Which field is which, by address: names are compared once.
#[derive(Clone, Debug, Default)]
pub(super) struct Roles {
    known: Vec<(usize, Role)>,
    /// Addresses of the two that nearly every line has.
    user: usize,
    method: usize,
    /// What lists of constants say, each with its address, at a place that follows from it. Those that meet there
    /// forget each other.
    said: Vec<(usize, Said)>,
}

/// Lists of constants that are remembered.
const SAID: usize = 256;

/// What a list of constants says.
#[derive(Clone, Copy, Debug)]
enum Said {
    /// A mark or not, and nothing else that is looked at.
    Mark(Option<Mark>),
    /// More than that.
    More,
}

impl Roles {
    /// Reads an event.
    pub fn look<'e>(&mut self, event: &Glimpse<'e, '_>) -> Seen<'e> {
        let mut seen = Seen { weight: 1, ..Seen::default() };
        // A constant comes after what was captured.
        let (constants, constant) = match self.said(event.constants) {
            Said::Mark(mark) => (&[] as &[_], mark),
            Said::More => (event.constants, None),
        };
        let (mut method, mut mark) = (None, None);
        for (field, value) in event.fields.iter().chain(constants) {
            let address = std::ptr::from_ref::<Field>(field).addr();
            // Conditions can be guessed better than where a table leads.
            if address == self.user {
                seen.user = value.as_str();
                continue;
            }
            if address == self.method {
                method = value.as_str();
                continue;
            }
            match self.role(field) {
                Role::Mark => mark = value.as_str().map(Mark::of),
                Role::Count => {
                    let count = value.as_int().unwrap_or(1).clamp(1, MOST_TIMES);
                    seen.weight = u32::try_from(count).unwrap_or(1);
                }
                Role::Method => method = value.as_str(),
                Role::User => seen.user = value.as_str(),
                Role::Name => seen.name = Value::as_str(value),
                Role::Found => seen.found = true,
                Role::Nothing => {}
            }
        }
        seen.kind = match constant.or(mark) {
            Some(Mark::Is(kind)) => Some(kind),
            Some(Mark::Failed) => Some(failed(method)),
            Some(Mark::Nothing) => None,
            None => outcome(event),
        };
        seen
    }

    /// What a list of constants says.
    fn said(&mut self, constants: &[(FieldRef, Value<'static>)]) -> Said {
        if constants.is_empty() {
            return Said::Mark(None);
        }
        if self.said.is_empty() {
            self.said.resize(SAID, (0, Said::More));
        }
        let address = constants.as_ptr().addr();
        // Nothing lies closer together than the memory that one constant takes.
        let place = address / size_of::<(FieldRef, Value<'_>)>() % SAID;
        if let Some((_, said)) = self.said.get(place).filter(|(known, _)| *known == address) {
            return *said;
        }
        let mut said = Said::Mark(None);
        for (field, value) in constants {
            said = match (said, self.role(field)) {
                (Said::Mark(_), Role::Mark) => Said::Mark(value.as_str().map(Mark::of)),
                (said, Role::Nothing) => said,
                _ => Said::More,
            };
        }
        self.said.get_mut(place).into_iter().for_each(|slot| *slot = (address, said));
        said
    }

    fn role(&mut self, field: FieldRef) -> Role {
        let address = std::ptr::from_ref(field).addr();
        if let Some((_, role)) = self.known.iter().find(|(known, _)| *known == address) {
            return *role;
        }
        let role = match field.name {
            KIND => Role::Mark,
            "netlog.count" => Role::Count,
            "sshd.method" => {
                self.method = address;
                Role::Method
            }
            "user.name" => {
                self.user = address;
                Role::User
            }
            "source.domain" => Role::Name,
            "netlog.client_line.offset" => Role::Found,
            _ => Role::Nothing,
        };
        self.known.push((address, role));
        role
    }
}

/// The kind of an event of a format that is not explicit about log-ins.
fn outcome(event: &Glimpse<'_, '_>) -> Option<Kind> {
    let about = event.dataset.category.contains(&"authentication");
    match event.outcome {
        Outcome::Success if about => Some(Kind::Accepted),
        Outcome::Failure if about => Some(Kind::Other),
        _ => None,
    }
}

impl Mark {
    fn of(mark: &str) -> Mark {
        match mark {
            "failed" => Mark::Failed,
            "pam" => Mark::Is(Kind::Pam),
            "pam_more" => Mark::Is(Kind::PamMore),
            "invalid_user" => Mark::Is(Kind::InvalidUser),
            "preauth" => Mark::Is(Kind::Preauth),
            "accepted" => Mark::Is(Kind::Accepted),
            _ => Mark::Nothing,
        }
    }
}

/// The kind of a refusal by the method it names.
fn failed(method: Option<&str>) -> Kind {
    match method {
        Some("password") => Kind::Password,
        Some("publickey") => Kind::Publickey,
        Some("none") => Kind::NoMethod,
        Some(method) if method.starts_with("keyboard-interactive") => Kind::Interactive,
        _ => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_what_is_counted() {
        let (_, asked) = MARK;
        for mark in asked {
            assert!(!matches!(Mark::of(mark), Mark::Nothing), "{mark}");
        }
        for mark in ["probe", "session_open", "session_close"] {
            assert!(!asked.contains(&mark) && matches!(Mark::of(mark), Mark::Nothing), "{mark}");
        }
    }
}
