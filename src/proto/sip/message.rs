//! Messages: start line, headers, body (RFC 3261 section 7).

/// Headers kept.
const HEADERS: usize = 128;

/// A message.
#[derive(Debug, Default)]
pub(super) struct Message {
    /// Method and address of a request.
    pub request: Option<(String, String)>,
    /// Code and phrase of a response.
    pub response: Option<(u16, String)>,
    pub version: String,
    /// By their full names, lower case.
    headers: Vec<(String, String)>,
    /// A line that is no header.
    pub damaged: bool,
}

/// Full names of the short ones (section 7.3.3 and the extensions that define more).
fn full(name: &str) -> String {
    let lower = name.trim().to_ascii_lowercase();
    let long = match lower.as_str() {
        "v" => "via",
        "f" => "from",
        "t" => "to",
        "i" => "call-id",
        "m" => "contact",
        "l" => "content-length",
        "c" => "content-type",
        "e" => "content-encoding",
        "k" => "supported",
        "s" => "subject",
        "u" => "allow-events",
        _ => return lower,
    };
    long.to_owned()
}

impl Message {
    /// Reads a head, up to the empty line. `None` if its first line is none of SIP.
    pub(super) fn parse(head: &[u8]) -> Option<Message> {
        let text = String::from_utf8_lossy(head);
        let mut lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
        let first = lines.next()?;
        let mut message = Message::default();
        if let Some(rest) = first.strip_prefix("SIP/") {
            let mut parts = rest.splitn(3, ' ');
            message.version = parts.next()?.to_owned();
            let code = parts.next()?.parse().ok().filter(|code| (100..700).contains(code))?;
            message.response = Some((code, parts.next().unwrap_or_default().trim().to_owned()));
        } else {
            let mut parts = first.splitn(3, ' ');
            let (method, uri) = (parts.next()?.to_owned(), parts.next()?.to_owned());
            message.version = parts.next()?.trim().strip_prefix("SIP/")?.to_owned();
            message.request = Some((method, uri));
        }
        for line in lines.take_while(|line| !line.is_empty()) {
            if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = message.headers.last_mut() {
                    value.push(' ');
                    value.push_str(line.trim());
                }
                continue;
            }
            match line.split_once(':') {
                Some((name, value)) if message.headers.len() < HEADERS => {
                    message.headers.push((full(name), value.trim().to_owned()));
                }
                Some(_) => {}
                None => message.damaged = true,
            }
        }
        Some(message)
    }

    /// The first header of that name.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All headers of that name.
    pub(super) fn all<'m>(&'m self, name: &'m str) -> impl Iterator<Item = &'m str> {
        self.headers.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A number.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.header(name).and_then(|value| value.parse().ok())
    }

    /// Members of a list, one header or several.
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        let parts = self.all(name).flat_map(|value| value.split(','));
        parts.map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
    }

    /// Number and method of CSeq.
    pub(super) fn cseq(&self) -> Option<(u64, String)> {
        let mut parts = self.header("cseq")?.split_ascii_whitespace();
        Some((parts.next()?.parse().ok()?, parts.next()?.to_ascii_uppercase()))
    }
}

/// Parameters of an Authorization header: scheme, then `key=value`, quoted or not.
pub(super) fn authorization(value: &str) -> Option<(String, Vec<(String, String)>)> {
    let (scheme, rest) = value.trim().split_once(' ')?;
    let params = rest.split(',').filter_map(|part| part.split_once('='));
    let clean = |text: &str| text.trim().trim_matches(['"', '\'']).to_owned();
    Some((
        scheme.to_owned(),
        params.map(|(key, value)| (key.trim().to_ascii_lowercase(), clean(value))).collect(),
    ))
}
