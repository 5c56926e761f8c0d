//! A search engine as far as `netlog load` sees one, with faults on demand: documents by id, answers
//! as OpenSearch 2.19 gives them.

use serde_json::{Value, json};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What happens to the next bulk request.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// This status for the whole request; nothing is stored.
    Status(u16),
    /// Every second document is turned away with 429.
    HalfBusy,
    /// Everything is stored, then the connection breaks before the answer.
    Broken,
    /// Everything is stored, the answer never comes.
    Silent,
    /// Nothing is stored and nothing said of the first document.
    Mute,
}

#[derive(Default)]
struct State {
    documents: BTreeMap<(String, String), Value>,
    faults: VecDeque<Fault>,
    /// Largest request taken, bytes.
    limit: Option<usize>,
    /// Ids refused for good.
    refused: Vec<String>,
    /// Whether every request must carry this header.
    authorization: Option<String>,
    installed: BTreeMap<String, Value>,
    asked: usize,
}

pub struct Server {
    pub url: String,
    state: Arc<Mutex<State>>,
}

impl Server {
    pub fn start(faults: &[Fault]) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state =
            Arc::new(Mutex::new(State { faults: faults.iter().copied().collect(), ..State::default() }));
        let shared = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let state = shared.clone();
                std::thread::spawn(move || serve(stream.unwrap(), &state));
            }
        });
        Server { url, state }
    }

    pub fn limit(self, bytes: usize) -> Server {
        self.state.lock().unwrap().limit = Some(bytes);
        self
    }

    pub fn refuse(&self, id: &str) {
        self.state.lock().unwrap().refused.push(id.to_owned());
    }

    pub fn demand(&self, authorization: &str) {
        self.state.lock().unwrap().authorization = Some(authorization.to_owned());
    }

    pub fn ids(&self) -> Vec<String> {
        self.state.lock().unwrap().documents.keys().map(|(_, id)| id.clone()).collect()
    }

    pub fn installed(&self) -> Vec<String> {
        self.state.lock().unwrap().installed.keys().cloned().collect()
    }

    /// Bulk requests seen.
    pub fn asked(&self) -> usize {
        self.state.lock().unwrap().asked
    }

    pub fn faults_left(&self) -> usize {
        self.state.lock().unwrap().faults.len()
    }
}

fn serve(stream: TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    loop {
        let (mut line, mut length, mut authorization) = (String::new(), 0, String::new());
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).unwrap();
            if header.trim().is_empty() {
                break;
            }
            let (name, value) = header.split_once(':').unwrap();
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().unwrap(),
                "authorization" => authorization = value.trim().to_owned(),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let mut words = line.split(' ');
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        let mut state = state.lock().unwrap();
        let denied = state.authorization.as_ref().is_some_and(|wanted| *wanted != authorization);
        let answer = if denied { Some((401, json!({}))) } else { answer(&mut state, method, path, &body) };
        drop(state);
        let Some((status, answer)) = answer else { return };
        let text = answer.to_string();
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            text.len()
        );
        if stream.write_all((head + &text).as_bytes()).is_err() {
            return;
        }
    }
}

fn answer(state: &mut State, method: &str, path: &str, body: &[u8]) -> Option<(u16, Value)> {
    match (method, path.split('?').next().unwrap()) {
        ("GET", "/") => Some((200, json!({"version": {"distribution": "opensearch", "number": "2.19.5"}}))),
        ("POST", "/_bulk") => bulk(state, body),
        ("PUT", path) => {
            state.installed.insert(path.to_owned(), serde_json::from_slice(body).unwrap());
            Some((200, json!({"acknowledged": true})))
        }
        ("GET", path) if path.starts_with("/_index_template/") => match state.installed.get(path) {
            Some(template) => Some((200, json!({"index_templates": [{"index_template": template}]}))),
            None => Some((404, json!({}))),
        },
        ("GET", path) if path.ends_with("/_count") => {
            let names: Vec<&str> = path.trim_matches('/').trim_end_matches("/_count").split(',').collect();
            let count = state.documents.keys().filter(|(index, _)| names.contains(&index.as_str())).count();
            Some((200, json!({"count": count})))
        }
        _ => Some((200, json!({}))),
    }
}

fn bulk(state: &mut State, body: &[u8]) -> Option<(u16, Value)> {
    state.asked += 1;
    if state.limit.is_some_and(|limit| body.len() > limit) {
        return Some((413, json!({})));
    }
    let fault = state.faults.pop_front();
    if let Some(Fault::Status(status)) = fault {
        return Some((status, json!({"error": "rejected_execution_exception"})));
    }
    let lines: Vec<Value> = body
        .split(|b| *b == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    let mut items = Vec::new();
    for (i, pair) in lines.chunks(2).enumerate() {
        let text = |name: &str| pair[0]["create"][name].as_str().unwrap().to_owned();
        let key = (text("_index"), text("_id"));
        if matches!(fault, Some(Fault::Mute)) && i == 0 {
            items.push(json!({}));
            continue;
        }
        let status = if state.refused.contains(&key.1) {
            400
        } else if matches!(fault, Some(Fault::HalfBusy)) && i % 2 == 1 {
            429
        } else if let Entry::Vacant(free) = state.documents.entry(key) {
            free.insert(pair[1].clone());
            201
        } else {
            409
        };
        items.push(json!({"create": {"status": status, "error": {"reason": "because"}}}));
    }
    match fault {
        Some(Fault::Broken) => None,
        Some(Fault::Silent) => {
            std::thread::sleep(Duration::from_secs(3));
            None
        }
        _ => Some((200, json!({"items": items}))),
    }
}
