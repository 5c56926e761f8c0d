//! What a request's texts tell by themselves: program, system and device behind a user agent, extension of a path,
//! registered domain of a host. The same for web server logs and for HTTP in captures.

use crate::model::{Agent, Event, FieldRef, Shapes, Value};
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use std::borrow::Cow;
use std::ops::Range;

crate::fields! {
    pub FIELDS;
    AGENT_NAME: Keyword, "user_agent.name", "Name of the user agent.";
    AGENT_VERSION: Keyword, "user_agent.version", "Version of the user agent.";
    OS_NAME: Keyword, "user_agent.os.name", "Operating system that the user agent names.";
    OS_VERSION: Keyword, "user_agent.os.version", "Its version.";
    DEVICE: Keyword, "user_agent.device.name", "Device that the user agent names; Spider for robots.";
    EXTENSION: Keyword, "url.extension", "Extension of the last part of the path, without the dot.";
    REGISTERED: Keyword, "url.registered_domain", "The part of the host that was registered, by the public suffix list.";
}

/// User agents kept per worker before the memory starts anew, and the longest that is kept, bytes.
const AGENTS: usize = 1024;
const LONGEST: usize = 512;
/// Longest extension, bytes.
const ENDING: usize = 16;

/// A part of what a user agent tells.
#[derive(Clone, Debug)]
enum Part {
    /// A text of ours.
    Fixed(&'static str),
    /// A stretch of the user agent.
    Slice(Range<usize>),
    /// Made of one.
    Made(Box<str>),
}

/// What a user agent tells, in the order of the first fields above.
type Parts = [Option<Part>; 5];

/// User agents met lately.
#[derive(Debug, Default)]
struct Agents {
    known: HashMap<Box<str>, Parts, FixedState>,
}

fn part(of: &str, text: &str) -> Part {
    if let Some(fixed) = Agent::fixed(text) {
        return Part::Fixed(fixed);
    }
    match of.find(text) {
        Some(at) => Part::Slice(at..at + text.len()),
        None => Part::Made(text.into()),
    }
}

fn parts(text: &str) -> Parts {
    let agent = Agent::read(text);
    let of = |value: &Option<Cow<'_, str>>| value.as_ref().map(|value| part(text, value));
    [of(&agent.name), of(&agent.version), agent.os.map(Part::Fixed), of(&agent.os_version), of(&agent.device)]
}

/// A stretch of a text, without copying where the text is borrowed.
fn slice<'a>(text: &Cow<'a, str>, range: Range<usize>) -> Option<Value<'a>> {
    match text {
        Cow::Borrowed(text) => text.get(range).map(Value::from),
        Cow::Owned(text) => text.get(range).map(|part| part.to_owned().into()),
    }
}

impl Agents {
    fn push<'a>(&mut self, text: Cow<'a, str>, event: &mut Event<'a>) {
        let fresh;
        let parts = match self.known.get(text.as_ref()) {
            Some(parts) => parts,
            None if text.len() > LONGEST => {
                fresh = parts(&text);
                &fresh
            }
            None => {
                if self.known.len() >= AGENTS {
                    self.known.clear();
                }
                self.known.entry(text.as_ref().into()).or_insert_with(|| parts(&text))
            }
        };
        let fields: [FieldRef; 5] = [&AGENT_NAME, &AGENT_VERSION, &OS_NAME, &OS_VERSION, &DEVICE];
        for (field, part) in fields.into_iter().zip(parts) {
            let value = match part {
                Some(Part::Fixed(text)) => Some(Value::text(text)),
                Some(Part::Slice(range)) => slice(&text, range.clone()),
                Some(Part::Made(text)) => Some(Value::from(text.to_string())),
                None => None,
            };
            event.fields.extend(value.map(|value| (field, value)));
        }
    }
}

/// Where the extension of a path stands: letters and digits behind the last dot of its last part.
fn extension(path: &str) -> Option<Range<usize>> {
    let tail = path.len().saturating_sub(ENDING + 1);
    let dot = tail + path.as_bytes().get(tail..)?.iter().rposition(|b| !b.is_ascii_alphanumeric())?;
    let named = path.as_bytes().get(dot.checked_sub(1)?).is_some_and(|before| *before != b'/');
    (path.as_bytes().get(dot) == Some(&b'.') && named && dot + 1 < path.len()).then_some(dot + 1..path.len())
}

/// Where the texts stand among an event's fields that tell something which it does not say itself.
#[derive(Clone, Copy, Debug)]
struct Texts {
    agent: Option<usize>,
    path: Option<usize>,
    domain: Option<usize>,
}

impl Texts {
    fn of(event: &Event<'_>) -> Texts {
        let place = |text: &str, told: &str| {
            let place = event.fields.iter().rposition(|(field, _)| field.name == text);
            place.filter(|_| !event.has(told))
        };
        Texts {
            agent: place("user_agent.original", "user_agent.name"),
            path: place("url.path", "url.extension"),
            domain: place("url.domain", "url.registered_domain"),
        }
    }
}

/// What one worker remembers.
#[derive(Debug, Default)]
pub(super) struct Memory {
    agents: Agents,
    texts: Shapes<Texts>,
}

/// Adds what the event's texts tell and it does not say itself.
pub(super) fn complete<'a>(event: &mut Event<'a>, memory: &mut Memory) {
    let Texts { agent, path, domain } = *memory.texts.of(event, Texts::of);
    let text = |at: Option<usize>| match event.fields.get(at?) {
        Some((_, Value::Str(text))) => Some(text.clone()),
        _ => None,
    };
    let [agent, path, domain] = [text(agent), text(path), text(domain)];
    if let Some(text) = agent {
        memory.agents.push(text, event);
    }
    if let Some(path) = path {
        let value = extension(&path).and_then(|range| slice(&path, range));
        event.fields.extend(value.map(|value| (&EXTENSION as FieldRef, value)));
    }
    if let Some(domain) = domain {
        let is_name = domain.bytes().next_back().is_some_and(|b| b.is_ascii_alphabetic());
        let found = if is_name { psl::domain_str(&domain).map(str::len) } else { None };
        let value = found.and_then(|len| slice(&domain, domain.len().checked_sub(len)?..domain.len()));
        event.fields.extend(value.map(|value| (&REGISTERED as FieldRef, value)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Dataset, Origin};
    use crate::proto::fields as f;

    static DATASET: Dataset =
        Dataset { name: "x", category: &[], types: &[], protocol: None, transaction: false, doc: "" };

    fn told(memory: &mut Memory, agent: &str, path: &str, domain: &str) -> String {
        let mut event = Event::new(&DATASET, Origin::default(), 0);
        event.push(&f::USER_AGENT, agent);
        event.push(&f::URL_PATH, path);
        event.push(&f::URL_DOMAIN, domain);
        complete(&mut event, memory);
        let texts = event.fields.iter().skip(3).map(|(field, v)| {
            let last = field.name.trim_start_matches("user_agent.").trim_start_matches("url.");
            format!("{last}={}", v.as_str().unwrap())
        });
        texts.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_same_from_memory_and_when_it_is_full() {
        let firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:120.0) Gecko/20100101 Firefox/120.0";
        let want = "name=Firefox version=120.0 os.name=Windows os.version=10 extension=php registered_domain=example.co.uk";
        let mut memory = Memory::default();
        for round in 0..3 {
            assert_eq!(told(&mut memory, firefox, "/a/b.php", "www.example.co.uk"), want, "{round}");
            for i in 0..AGENTS {
                told(&mut memory, &format!("tool{i}/1"), "/", "");
            }
            assert!(memory.agents.known.len() <= AGENTS);
        }
        let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1_2 like Mac OS X) Version/17.1.2 Mobile/15E148 Safari/604.1";
        let want = "name=Mobile Safari version=17.1.2 os.name=iOS os.version=17.1.2 device.name=iPhone";
        assert_eq!(told(&mut memory, iphone, "/", "192.0.2.7"), want);
        let long = format!("{}/2", "x".repeat(LONGEST));
        assert!(told(&mut memory, &long, "/", "localhost").ends_with(" version=2"));
    }

    #[test]
    fn extensions() {
        let of = |path: &str| extension(path).map(|range| path[range].to_owned());
        assert_eq!(of("/a/b.tar.gz").as_deref(), Some("gz"));
        assert_eq!(of("x.html").as_deref(), Some("html"));
        for none in ["/a.b/c", "/.htaccess", "/a.", "/", "", "/a.b%20c", "/a.abcdefghijklmnopq", "/caf\u{e9}"]
        {
            assert_eq!(of(none), None, "{none}");
        }
    }
}
