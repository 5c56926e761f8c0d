//! The fields of an event that are looked at.

use super::Kind;
use crate::model::{FieldRef, Glimpse, Outcome, Value};

/// The field that makes an event one about a log-in.
pub const MARK: &str = "netlog.auth.kind";
/// Everything that is looked at.
pub const FIELDS: &[&str] = &[MARK, "netlog.count", "sshd.method", "user.name", "source.domain"];

/// Most happenings that a line is believed to stand for: the range of `netlog.count`.
const WEIGHT: i64 = 1_000_000;

/// What an event tells.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen<'e> {
    pub kind: Option<Kind>,
    pub weight: u64,
    pub user: Option<&'e str>,
    pub name: Option<&'e str>,
}

#[derive(Clone, Copy, Debug)]
enum Role {
    Mark,
    Count,
    Method,
    User,
    Name,
    Nothing,
}

/// Which field is which, by address: names are compared once.
#[derive(Clone, Debug, Default)]
pub(super) struct Roles {
    known: Vec<(usize, Role)>,
}

impl Roles {
    /// Reads an event.
    pub fn look<'e>(&mut self, event: &Glimpse<'e, '_>) -> Seen<'e> {
        let mut seen = Seen { weight: 1, ..Seen::default() };
        let (mut mark, mut method) = (None, None);
        for (field, value) in event.fields {
            match self.role(field) {
                Role::Mark => mark = value.as_str(),
                Role::Count => {
                    let count = value.as_int().unwrap_or(1).clamp(1, WEIGHT);
                    seen.weight = u64::try_from(count).unwrap_or(1);
                }
                Role::Method => method = value.as_str(),
                Role::User => seen.user = value.as_str(),
                Role::Name => seen.name = Value::as_str(value),
                Role::Nothing => {}
            }
        }
        seen.kind = mark.map_or_else(|| outcome(event), |mark| kind(mark, method));
        seen
    }

    fn role(&mut self, field: FieldRef) -> Role {
        let address = std::ptr::from_ref(field).addr();
        if let Some((_, role)) = self.known.iter().find(|(known, _)| *known == address) {
            return *role;
        }
        let role = match field.name {
            MARK => Role::Mark,
            "netlog.count" => Role::Count,
            "sshd.method" => Role::Method,
            "user.name" => Role::User,
            "source.domain" => Role::Name,
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

/// The kind of a line by its mark and the method it names; `None` for what is no attempt.
fn kind(mark: &str, method: Option<&str>) -> Option<Kind> {
    Some(match mark {
        "failed" => match method {
            Some("password") => Kind::Password,
            Some("publickey") => Kind::Publickey,
            Some("none") => Kind::NoMethod,
            Some(method) if method.starts_with("keyboard-interactive") => Kind::Interactive,
            _ => Kind::Other,
        },
        "pam" => Kind::Pam,
        "pam_more" => Kind::PamMore,
        "invalid_user" => Kind::InvalidUser,
        "preauth" => Kind::Preauth,
        "accepted" => Kind::Accepted,
        _ => return None,
    })
}
