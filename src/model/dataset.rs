//! A data set: one kind of event, with the ECS categorisation that all its events share.

/// `event.dataset` and what follows from it.
#[derive(Debug)]
pub struct Dataset {
    /// `event.dataset`: `flow`, `dns`, `http`, `sshd`, `apache.access` …
    pub name: &'static str,
    /// `event.category` values (ECS allowed values).
    pub category: &'static [&'static str],
    /// `event.type` values (ECS allowed values).
    pub types: &'static [&'static str],
    /// `network.protocol`, if the data set is of one application protocol.
    pub protocol: Option<&'static str>,
    /// A request with its response: `client.*` and `server.*` repeat source and destination,
    /// `event.start`, `event.end` and `event.duration` are set.
    pub transaction: bool,
    /// One sentence for the reference.
    pub doc: &'static str,
}

impl Dataset {
    /// The requests of an application protocol with their responses.
    pub const fn requests(name: &'static str, doc: &'static str) -> Dataset {
        let (category, types) = (&["network"], &["connection", "protocol"]);
        Dataset { name, category, types, protocol: Some(name), transaction: true, doc }
    }

    /// The same for those that present a credential: what watches log-ins counts them.
    pub const fn logins(name: &'static str, doc: &'static str) -> Dataset {
        Dataset { category: &["network", "authentication"], ..Dataset::requests(name, doc) }
    }

    /// The requests of a database.
    pub const fn queries(name: &'static str, doc: &'static str) -> Dataset {
        Dataset { category: &["network", "database"], ..Dataset::requests(name, doc) }
    }

    /// Whether its events are requests that a log tells of: every web server's, proxy's or balancer's access log, and
    /// what Zeek saw of HTTP.
    pub fn is_access_log(&self) -> bool {
        self.name.ends_with(".access") || matches!(self.name, "access.json" | "aws.elb" | "zeek.http")
    }

    /// The log-ins at a database.
    pub const fn database_logins(name: &'static str, doc: &'static str) -> Dataset {
        Dataset { category: &["network", "authentication", "database"], ..Dataset::requests(name, doc) }
    }
}

#[cfg(test)]
mod tests {
    use super::Dataset;

    #[test]
    fn requests_that_logs_tell_of() {
        let is = |name| Dataset::requests(name, "").is_access_log();
        assert!(
            ["nginx.access", "haproxy.access", "access.json", "aws.elb", "zeek.http"].into_iter().all(is)
        );
        assert!(!["http", "nginx.error", "zeek.conn", "aws.vpcflow"].into_iter().any(is));
    }
}
