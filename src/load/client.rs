//! One server: requests with a deadline, authorisation, certificates.

use super::{LoadError, excerpt};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use ureq::Agent;
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

/// Largest answer that is read, bytes: the statuses of one batch are far below.
const ANSWER: u64 = 64 << 20;

/// Text that must not come out in any message.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides a text; white space around it is not part of it.
    pub fn new(text: &str) -> Secret {
        Secret(text.trim().to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// How a server is reached.
#[derive(Clone, Debug)]
pub struct Connection {
    /// `http://host:port` or `https://…`, without credentials.
    pub url: String,
    /// User and password.
    pub basic: Option<(String, Secret)>,
    /// An API key, as the server gave it in base64.
    pub api_key: Option<Secret>,
    /// A bearer token.
    pub token: Option<Secret>,
    /// Authorities to trust instead of the system's, PEM.
    pub ca: Option<PathBuf>,
    /// Certificate and key to show, PEM.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// Time for one request; a server may never answer.
    pub timeout: Duration,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Body.
    pub body: Vec<u8>,
}

impl Answer {
    /// Whether it is a 2xx.
    pub fn good(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The beginning of the body.
    pub fn said(&self) -> String {
        excerpt(&self.body)
    }
}

/// A server.
#[derive(Clone, Debug)]
pub struct Client {
    agent: Agent,
    /// Without a slash at the end.
    pub url: String,
    authorization: Option<Arc<Secret>>,
    timeout: Duration,
}

impl Client {
    /// Reads certificates; connects with the first request.
    ///
    /// # Errors
    /// If the address is none, holds credentials, or a certificate cannot be used.
    pub fn new(connection: &Connection) -> Result<Client, LoadError> {
        let url = connection.url.trim_end_matches('/').to_owned();
        // Anywhere: a password may have a slash in it, and an address may lack what makes it one. The address is
        // not shown.
        if url.contains('@') {
            let reason = "credentials do not belong into the address, where logs show them, and no other '@' does; \
                          use --login and NETLOG_PASSWORD";
            return Err(LoadError::Connection(reason.to_owned()));
        }
        if !url.starts_with("http://") && !url.starts_with("https://") {
            let reason = "an address begins with http:// or https://";
            return Err(LoadError::Connection(format!("{url}: {reason}")));
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .tls_config(tls(connection)?)
            .user_agent(concat!("netlog/", env!("CARGO_PKG_VERSION")))
            .build();
        let authorization = authorization(connection).map(Arc::new);
        Ok(Client { agent: config.new_agent(), url, authorization, timeout: connection.timeout })
    }

    /// Sends a request; without a body where it is `None`.
    ///
    /// # Errors
    /// What broke, in words, if no whole answer came.
    pub fn call(&self, method: &str, path: &str, body: Option<(&str, &[u8])>) -> Result<Answer, String> {
        self.call_within(self.timeout, method, path, body)
    }

    /// As [`Client::call`], within less time than is usual.
    ///
    /// # Errors
    /// As there.
    pub fn call_within(
        &self,
        time: Duration,
        method: &str,
        path: &str,
        body: Option<(&str, &[u8])>,
    ) -> Result<Answer, String> {
        let builder = ureq::http::Request::builder().method(method).uri(format!("{}/{path}", self.url));
        let builder = match &self.authorization {
            Some(value) => builder.header("authorization", &value.0),
            None => builder,
        };
        let request = match body {
            Some((kind, bytes)) => builder.header("content-type", kind).body(bytes),
            None => builder.body(&[][..]),
        };
        let request = request.map_err(|e| e.to_string())?;
        let time = Some(time.min(self.timeout));
        let request = self.agent.configure_request(request).timeout_global(time).build();
        let mut answer = self.agent.run(request).map_err(|e| e.to_string())?;
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(ANSWER).read_to_vec().map_err(|e| e.to_string())?;
        Ok(Answer { status, body })
    }
}

fn authorization(connection: &Connection) -> Option<Secret> {
    let basic = |(user, password): &(String, Secret)| {
        Secret(format!("Basic {}", STANDARD.encode(format!("{user}:{}", password.0))))
    };
    let key = || connection.api_key.as_ref().map(|key| Secret(format!("ApiKey {}", key.0)));
    let token = || connection.token.as_ref().map(|token| Secret(format!("Bearer {}", token.0)));
    connection.basic.as_ref().map(basic).or_else(key).or_else(token)
}

fn tls(connection: &Connection) -> Result<TlsConfig, LoadError> {
    let mut tls = TlsConfig::builder();
    if let Some(path) = &connection.ca {
        let certificates = certificates(path)?;
        tls = tls.root_certs(RootCerts::new_with_certs(&certificates));
    } else {
        tls = tls.root_certs(RootCerts::PlatformVerifier);
    }
    if let Some((certificate, key)) = &connection.certificate {
        let chain = certificates(certificate)?;
        let key = PrivateKey::from_pem(&read(key)?).map_err(|_| wrong(key, "holds no private key in PEM"))?;
        tls = tls.client_cert(Some(ClientCert::new_with_certs(&chain, key)));
    }
    Ok(tls.build())
}

fn certificates(path: &Path) -> Result<Vec<Certificate<'static>>, LoadError> {
    let pem = read(path)?;
    let items = parse_pem(&pem).filter_map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    });
    let items: Vec<_> = items.collect();
    if items.is_empty() { Err(wrong(path, "holds no certificate in PEM")) } else { Ok(items) }
}

fn read(path: &Path) -> Result<Vec<u8>, LoadError> {
    fs::read(path).map_err(|source| LoadError::File { path: path.to_owned(), source })
}

fn wrong(path: &Path, reason: &str) -> LoadError {
    LoadError::Connection(format!("{} {reason}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_message_shows_what_may_be_a_password() {
        for url in [
            "elastic:secret@host:9200",
            "HTTPS://elastic:secret@host:9200",
            "http://elastic:secret@host:9200/",
            "http://elastic:se/cret@host:9200",
            "https://elastic:se?cret@host",
            "https://elastic:#secret@host",
        ] {
            let connection = Connection {
                url: url.to_owned(),
                basic: None,
                api_key: None,
                token: None,
                ca: None,
                certificate: None,
                timeout: Duration::from_secs(1),
            };
            let error = Client::new(&connection).unwrap_err().to_string();
            assert!(!error.contains("cret") && error.contains("--login"), "{url}: {error}");
        }
    }
}
