//! Methods and what answers them. Source: amqp0-9-1.xml of AMQP 0-9-1, and RabbitMQ's extensions to it.

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

/// Class, method, name, role.
type Row = (u16, u16, &'static str, Role);

/// All methods, sorted.
static METHODS: &[Row] = &[
    (10, 10, "connection.start", Role::Request),
    (10, 11, "connection.start-ok", Role::Response),
    (10, 20, "connection.secure", Role::Request),
    (10, 21, "connection.secure-ok", Role::Response),
    (10, 30, "connection.tune", Role::Request),
    (10, 31, "connection.tune-ok", Role::Response),
    (10, 40, "connection.open", Role::Request),
    (10, 41, "connection.open-ok", Role::Response),
    (10, 50, "connection.close", Role::Request),
    (10, 51, "connection.close-ok", Role::Response),
    (10, 60, "connection.blocked", Role::Alone),
    (10, 61, "connection.unblocked", Role::Alone),
    (10, 70, "connection.update-secret", Role::Request),
    (10, 71, "connection.update-secret-ok", Role::Response),
    (20, 10, "channel.open", Role::Request),
    (20, 11, "channel.open-ok", Role::Response),
    (20, 20, "channel.flow", Role::Request),
    (20, 21, "channel.flow-ok", Role::Response),
    (20, 40, "channel.close", Role::Request),
    (20, 41, "channel.close-ok", Role::Response),
    (40, 10, "exchange.declare", Role::Request),
    (40, 11, "exchange.declare-ok", Role::Response),
    (40, 20, "exchange.delete", Role::Request),
    (40, 21, "exchange.delete-ok", Role::Response),
    (40, 30, "exchange.bind", Role::Request),
    (40, 31, "exchange.bind-ok", Role::Response),
    (40, 40, "exchange.unbind", Role::Request),
    (40, 51, "exchange.unbind-ok", Role::Response),
    (50, 10, "queue.declare", Role::Request),
    (50, 11, "queue.declare-ok", Role::Response),
    (50, 20, "queue.bind", Role::Request),
    (50, 21, "queue.bind-ok", Role::Response),
    (50, 30, "queue.purge", Role::Request),
    (50, 31, "queue.purge-ok", Role::Response),
    (50, 40, "queue.delete", Role::Request),
    (50, 41, "queue.delete-ok", Role::Response),
    (50, 50, "queue.unbind", Role::Request),
    (50, 51, "queue.unbind-ok", Role::Response),
    (60, 10, "basic.qos", Role::Request),
    (60, 11, "basic.qos-ok", Role::Response),
    (60, 20, "basic.consume", Role::Request),
    (60, 21, "basic.consume-ok", Role::Response),
    (60, 30, "basic.cancel", Role::Request),
    (60, 31, "basic.cancel-ok", Role::Response),
    (60, 40, "basic.publish", Role::Content),
    (60, 50, "basic.return", Role::Content),
    (60, 60, "basic.deliver", Role::Content),
    (60, 70, "basic.get", Role::Request),
    (60, 71, "basic.get-ok", Role::Content),
    (60, 72, "basic.get-empty", Role::Response),
    (60, 80, "basic.ack", Role::Alone),
    (60, 90, "basic.reject", Role::Alone),
    (60, 100, "basic.recover-async", Role::Alone),
    (60, 110, "basic.recover", Role::Request),
    (60, 111, "basic.recover-ok", Role::Response),
    (60, 120, "basic.nack", Role::Alone),
    (85, 10, "confirm.select", Role::Request),
    (85, 11, "confirm.select-ok", Role::Response),
    (90, 10, "tx.select", Role::Request),
    (90, 11, "tx.select-ok", Role::Response),
    (90, 20, "tx.commit", Role::Request),
    (90, 21, "tx.commit-ok", Role::Response),
    (90, 30, "tx.rollback", Role::Request),
    (90, 31, "tx.rollback-ok", Role::Response),
];

/// Name and role of a method.
pub(super) fn known(class: u16, method: u16) -> Option<(&'static str, Role)> {
    let at = METHODS.binary_search_by_key(&(class, method), |row| (row.0, row.1)).ok()?;
    METHODS.get(at).map(|row| (row.2, row.3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_sorted() {
        assert!(METHODS.is_sorted_by_key(|row| (row.0, row.1)));
        assert_eq!(known(60, 40), Some(("basic.publish", Role::Content)));
    }
}
