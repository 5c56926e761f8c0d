//! Brings one batch to the server, whatever it takes: waits where it is busy, halves what is too
//! large, sends only those documents again that were turned away for the moment.

use super::{Answer, Client, LoadError, Options, Tally};
use serde::Deserialize;
use serde_json::{Value, json};
use std::fs::OpenOptions;
use std::io::Write;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// First wait; each following one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// Longest single wait.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// A request has at least so long, however little of the patience is left.
const SHORTEST_REQUEST: Duration = Duration::from_millis(500);
/// Only what is looked at comes back.
const PATH: &str =
    "_bulk?filter_path=items.*.status,items.*.error.type,items.*.error.reason,items.*.error.caused_by.reason";

/// The clock: what a server does is no evidence, and patience is measured in its time.
#[allow(clippy::disallowed_methods, reason = "the time requests take, which no output tells")]
fn now() -> Instant {
    Instant::now()
}

/// How long to wait after so many tries that failed before.
pub(super) fn pause(tries: u32) -> Duration {
    FIRST_WAIT.saturating_mul(1 << tries.min(10)).min(LONGEST_WAIT)
}

/// What one worker needs.
pub struct Courier<'l> {
    /// The server.
    pub client: &'l Client,
    /// Sizes and limits.
    pub options: &'l Options,
    /// Counts.
    pub tally: &'l Tally,
    /// Held while a refused document is written down.
    pub rejects: &'l Mutex<()>,
}

/// Documents that travel together.
struct Load {
    bytes: Vec<u8>,
    tries: u32,
    /// Time lost so far: requests that failed, and the waits after them.
    waited: Duration,
    /// Time the last request took.
    took: Duration,
}

#[derive(Deserialize)]
struct Reply {
    #[serde(default)]
    items: Vec<std::collections::BTreeMap<String, Item>>,
}

#[derive(Deserialize)]
struct Item {
    status: u16,
    #[serde(default)]
    error: Value,
}

/// The action line and the document, with their line ends.
fn pairs(bytes: &[u8]) -> Vec<&[u8]> {
    let ends: Vec<usize> = memchr::memchr_iter(b'\n', bytes).map(|at| at + 1).collect();
    let mut from = 0;
    let pair = |two: &[usize]| {
        let to = two.last().copied().unwrap_or(from);
        let pair = bytes.get(from..to).unwrap_or_default();
        from = to;
        pair
    };
    ends.chunks(2).map(pair).collect()
}

impl Courier<'_> {
    /// Delivers every document of a batch, or says why that cannot be.
    ///
    /// # Errors
    /// If the server refuses the credentials, or stays busy or silent beyond the patience.
    pub fn deliver(&self, bytes: Vec<u8>) -> Result<(), LoadError> {
        self.tally.sent(pairs(&bytes).len() as u64);
        let mut loads = vec![Load { bytes, tries: 0, waited: Duration::ZERO, took: Duration::ZERO }];
        while let Some(mut load) = loads.pop() {
            let left = self.options.patience.saturating_sub(load.waited).max(SHORTEST_REQUEST);
            let begin = now();
            let body = Some(("application/x-ndjson", load.bytes.as_slice()));
            let answer = self.client.call_within(left, "POST", PATH, body);
            load.took = begin.elapsed();
            match answer {
                Err(broken) => loads.push(self.wait(load, &broken)?),
                Ok(answer) => self.answered(load, &answer, &mut loads)?,
            }
        }
        Ok(())
    }

    fn answered(&self, load: Load, answer: &Answer, loads: &mut Vec<Load>) -> Result<(), LoadError> {
        match answer.status {
            200 => match serde_json::from_slice::<Reply>(&answer.body) {
                Ok(reply) => self.items(load, &reply, loads),
                Err(error) => {
                    loads.push(self.wait(load, &format!("the answer is not what it should be: {error}"))?);
                    Ok(())
                }
            },
            401 | 403 => Err(LoadError::Refused { url: self.client.url.clone(), status: answer.status }),
            // Busy as a whole: smaller requests pass sooner.
            429 => self.halve(load, answer, loads, true),
            408 | 500..600 => {
                loads.push(self.wait(load, &format!("status {}", answer.status))?);
                Ok(())
            }
            // Too large, or something in it makes the server refuse all of it.
            400 | 413 => self.halve(load, answer, loads, false),
            // Every document would meet the same.
            status => {
                let (url, said) = (self.client.url.clone(), answer.said());
                Err(LoadError::Address { url, status, said })
            }
        }
    }

    fn halve(&self, load: Load, answer: &Answer, loads: &mut Vec<Load>, busy: bool) -> Result<(), LoadError> {
        let documents = pairs(&load.bytes);
        if let [one] = documents.as_slice()
            && !busy
        {
            return self.reject(one, answer.status, &json!({"reason": answer.said()}));
        }
        let (left, right) = documents.split_at(documents.len() / 2);
        let halves = [right.concat(), left.concat()].into_iter().filter(|half| !half.is_empty());
        let halves: Vec<Vec<u8>> = halves.collect();
        let Load { tries, waited, took, .. } = match busy {
            true => self.wait(load, "status 429")?,
            false => load,
        };
        loads.extend(halves.into_iter().map(|bytes| Load { bytes, tries, waited, took }));
        Ok(())
    }

    fn items(&self, load: Load, reply: &Reply, loads: &mut Vec<Load>) -> Result<(), LoadError> {
        let documents = pairs(&load.bytes);
        let silent = "the answer does not speak of every document";
        if reply.items.len() != documents.len() {
            loads.push(self.wait(load, silent)?);
            return Ok(());
        }
        let mut again = Vec::new();
        let mut last = String::new();
        for (document, item) in documents.iter().zip(&reply.items) {
            match item.values().next() {
                None => {
                    silent.clone_into(&mut last);
                    again.extend_from_slice(document);
                }
                Some(Item { status: 200 | 201, .. }) => self.tally.created(),
                Some(Item { status: 409, .. }) => self.tally.existing(),
                Some(Item { status: status @ (429 | 500 | 502 | 503 | 504), .. }) => {
                    last = format!("status {status} for single documents");
                    again.extend_from_slice(document);
                }
                Some(Item { status, error }) => self.reject(document, *status, error)?,
            }
        }
        if !again.is_empty() {
            loads.push(self.wait(Load { bytes: again, ..load }, &last)?);
        }
        Ok(())
    }

    /// Waits before the next try, longer each time.
    fn wait(&self, mut load: Load, last: &str) -> Result<Load, LoadError> {
        let pause = pause(load.tries);
        load.waited += std::mem::take(&mut load.took);
        if load.waited + pause > self.options.patience {
            let (url, waited, last) = (self.client.url.clone(), load.waited, last.to_owned());
            return Err(LoadError::Patience { url, waited, last });
        }
        std::thread::sleep(pause);
        self.tally.retried(pairs(&load.bytes).len() as u64);
        load.tries += 1;
        load.waited += pause;
        Ok(load)
    }

    /// Writes down a document that is refused for good.
    fn reject(&self, pair: &[u8], status: u16, error: &Value) -> Result<(), LoadError> {
        self.tally.rejected();
        let mut lines = pair.split(|b| *b == b'\n');
        let mut next = || lines.next().and_then(|line| serde_json::from_slice::<Value>(line).ok());
        let (action, document) = (next(), next());
        let line = json!({"status": status, "error": error, "action": action, "document": document});
        let path = &self.options.rejected;
        let failed = |source| LoadError::File { path: path.clone(), source };
        let _one_at_a_time = self.rejects.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut file = OpenOptions::new().create(true).append(true).open(path).map_err(failed)?;
        file.write_all(format!("{line}\n").as_bytes()).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::pairs;

    #[test]
    fn pairs_are_whole() {
        assert_eq!(pairs(b"a\nb\nc\nd\n"), [b"a\nb\n", b"c\nd\n"]);
        assert!(pairs(b"").is_empty());
    }
}
