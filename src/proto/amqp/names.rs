//! Methods and what answers them.

use crate::proto::numbers::find;

include!(concat!(env!("OUT_DIR"), "/amqp_numbers.rs"));

/// What a method is in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// It is answered.
    Request,
    /// It answers.
    Response,
    /// Neither.
    Alone,
    /// A message follows.
    Content,
}

/// Name and role of a method.
pub(super) fn known(class: u16, method: u16) -> Option<(&'static str, Role)> {
    let name = find(METHODS, u32::from(class) << 16 | u32::from(method))?;
    let role = match name {
        "basic.publish" | "basic.return" | "basic.deliver" | "basic.get-ok" => Role::Content,
        "connection.blocked" | "connection.unblocked" => Role::Alone,
        "basic.ack" | "basic.nack" | "basic.reject" | "basic.recover-async" => Role::Alone,
        _ if name.ends_with("-ok") || name == "basic.get-empty" => Role::Response,
        _ => Role::Request,
    };
    Some((name, role))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_have_roles() {
        assert_eq!(known(60, 40), Some(("basic.publish", Role::Content)));
        assert_eq!(known(60, 71), Some(("basic.get-ok", Role::Content)));
        assert_eq!(known(60, 72), Some(("basic.get-empty", Role::Response)));
        assert_eq!(known(60, 80), Some(("basic.ack", Role::Alone)));
        assert_eq!(known(50, 11), Some(("queue.declare-ok", Role::Response)));
        assert_eq!((known(90, 30), known(1, 1)), (Some(("tx.rollback", Role::Request)), None));
    }
}
