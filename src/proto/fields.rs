//! Fields that several protocols fill. Packetbeat's transaction fields, and the ECS ones that are about
//! the other end rather than about one protocol.

crate::fields! {
    pub FIELDS;
    STATUS: Keyword, "status", "How the transaction went: `OK`, `Error`, `Client Error`, `Server Error` (Packetbeat).";
    ERROR_MESSAGE: Text, "error.message", "What the peer or the protocol gave as the reason of a failure.";
    DESTINATION_DOMAIN: Keyword, "destination.domain", "Name by which the client called the destination (TLS server name, HTTP Host).";
    SERVER_DOMAIN: Keyword, "server.domain", "Name by which the client called the server; repeats `destination.domain`.";
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = super::FIELDS.iter().map(|f| f.name).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
