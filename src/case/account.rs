//! The accounts and the inputs as JSON, whole, so that a report made from a case tells what the report made
//! from the evidence told.

use crate::model::{Counts, InputFault, Ledger, Origin, Reason, Reasons, Sample, SourceInfo, rfc3339};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Names of reasons that are taken from one case. netlog has some hundreds; a file that claims more was not
/// written by it.
const NAMES: usize = 10_000;

/// The accounts of what was left out or is odd, by name.
pub fn reasons_of(ledger: &Ledger) -> [(&'static str, &Reasons); 7] {
    [
        ("packets.skipped", &ledger.packets.skipped),
        ("packets.malformed", &ledger.packets.malformed),
        ("lines.skipped", &ledger.lines.skipped),
        ("lines.malformed", &ledger.lines.malformed),
        ("blocks", &ledger.blocks),
        ("anomalies", &ledger.anomalies),
        ("caps", &ledger.caps),
    ]
}

/// One account; `decoded` is what was understood is called.
pub fn counts(counts: &Counts, decoded: &str, reasons: impl Fn(&Reasons) -> Value) -> Value {
    json!({
        "read": counts.read,
        "bytes": counts.bytes,
        decoded: counts.decoded,
        "skipped": reasons(&counts.skipped),
        "malformed": reasons(&counts.malformed),
    })
}

/// The account of lines, with how many of those read are only read as far as their frame.
fn lines(lines: &Counts, decoded: &str, reasons: impl Fn(&Reasons) -> Value) -> Value {
    let mut account = counts(lines, decoded, reasons);
    if let Some(account) = account.as_object_mut() {
        account.insert("frame_only".to_owned(), lines.framed.into());
    }
    account
}

/// An input's faults.
pub fn fault(fault: &InputFault) -> Value {
    json!({"path": fault.path, "offset": fault.offset, "reason": fault.reason})
}

/// What was read of an input.
pub fn read_of(source: &SourceInfo) -> Map<String, Value> {
    let members = json!({
        "path": &*source.path,
        "kind": source.kind,
        "codec": source.codec,
        "size": source.size,
        "sha256": source.sha256,
        "bytes": source.bytes,
        "records": source.records,
        "first": source.span.map(|s| rfc3339(s.0)),
        "last": source.span.map(|s| rfc3339(s.1)),
        "notes": source.notes,
    });
    match members {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// The accounts.
pub fn ledger(ledger: &Ledger) -> Value {
    json!({
        "packets": counts(&ledger.packets, "decoded", reasons),
        "lines": lines(&ledger.lines, "decoded", reasons),
        "blocks": reasons(&ledger.blocks),
        "anomalies": reasons(&ledger.anomalies),
        "caps": reasons(&ledger.caps),
        "faults": ledger.faults.iter().map(fault).collect::<Vec<_>>(),
    })
}

fn reasons(reasons: &Reasons) -> Value {
    let sample = |s: &Sample| json!([s.origin.source, s.origin.record, s.origin.offset, s.text]);
    let reason = |(name, r): (&&str, &Reason)| {
        let samples: Vec<Value> = r.samples.iter().map(sample).collect();
        ((*name).to_owned(), json!({"count": r.count, "bytes": r.bytes, "samples": samples}))
    };
    reasons.iter().map(reason).collect::<Map<_, _>>().into()
}

/// An input.
pub fn input(source: &SourceInfo, sha256: Option<&str>) -> Value {
    let mut members = read_of(source);
    members.insert("fingerprint".to_owned(), format!("{:016x}", source.fingerprint).into());
    // A case made from a case hashes nothing: what is known of the evidence stays.
    if source.sha256.is_none() {
        members.insert("sha256".to_owned(), sha256.into());
    }
    members.insert("span".to_owned(), json!(source.span.map(|s| [s.0, s.1])));
    members.into()
}

/// Texts that live as long as the program, each kept once: what the model takes for names is part of the
/// program everywhere else.
#[derive(Debug, Default)]
pub struct Names(BTreeMap<String, &'static str>);

impl Names {
    /// The name, or `None` where a case has too many.
    pub fn keep(&mut self, name: &str) -> Option<&'static str> {
        if let Some(known) = self.0.get(name) {
            return Some(known);
        }
        if self.0.len() >= NAMES {
            return None;
        }
        let kept: &'static str = Box::leak(name.to_owned().into_boxed_str());
        self.0.insert(name.to_owned(), kept);
        Some(kept)
    }
}

/// Reads what [`ledger`] wrote; sources are numbered from `base`. `None` where it is something else.
pub fn read_ledger(value: &Value, base: u32, names: &mut Names) -> Option<Ledger> {
    let reasons = |value: &Value, names: &mut Names| read_reasons(value, base, names);
    let fault = |f: &Value| {
        Some(InputFault {
            path: text(f, "path")?,
            offset: f.get("offset").and_then(Value::as_u64),
            reason: text(f, "reason")?,
        })
    };
    Some(Ledger {
        packets: read_counts(value.get("packets")?, base, names)?,
        lines: read_counts(value.get("lines")?, base, names)?,
        blocks: reasons(value.get("blocks")?, names)?,
        anomalies: reasons(value.get("anomalies")?, names)?,
        caps: reasons(value.get("caps")?, names)?,
        faults: value.get("faults")?.as_array()?.iter().map(fault).collect::<Option<_>>()?,
    })
}

fn read_counts(value: &Value, base: u32, names: &mut Names) -> Option<Counts> {
    Some(Counts {
        read: number(value, "read")?,
        bytes: number(value, "bytes")?,
        decoded: number(value, "decoded")?,
        // Packets have none, nor have cases of before it was counted.
        framed: number(value, "frame_only").unwrap_or(0),
        skipped: read_reasons(value.get("skipped")?, base, names)?,
        malformed: read_reasons(value.get("malformed")?, base, names)?,
    })
}

fn read_reasons(value: &Value, base: u32, names: &mut Names) -> Option<Reasons> {
    let mut out = Reasons::new();
    for (name, reason) in value.as_object()? {
        let sample = |s: &Value| {
            Some(Sample {
                origin: Origin {
                    source: base.checked_add(u32::try_from(s.get(0)?.as_u64()?).ok()?)?,
                    record: s.get(1)?.as_u64()?,
                    offset: s.get(2)?.as_u64()?,
                },
                text: s.get(3)?.as_str()?.to_owned(),
            })
        };
        let samples = reason.get("samples")?.as_array()?.iter().map(sample).collect::<Option<_>>()?;
        let (count, bytes) = (number(reason, "count")?, number(reason, "bytes")?);
        out.insert(names.keep(name)?, Reason { count, bytes, samples });
    }
    Some(out)
}

/// Reads what [`input`] wrote.
pub fn read_input(value: &Value, names: &mut Names) -> Option<SourceInfo> {
    let texts = |key: &str| -> Option<Vec<String>> {
        value.get(key)?.as_array()?.iter().map(|v| Some(v.as_str()?.to_owned())).collect()
    };
    let span = value.get("span")?;
    Some(SourceInfo {
        path: text(value, "path")?.into(),
        fingerprint: u64::from_str_radix(&text(value, "fingerprint")?, 16).ok()?,
        kind: text(value, "kind")?,
        codec: texts("codec")?.iter().map(|name| names.keep(name)).collect::<Option<_>>()?,
        size: value.get("size").and_then(Value::as_u64),
        sha256: value.get("sha256").and_then(Value::as_str).map(str::to_owned),
        bytes: number(value, "bytes")?,
        records: number(value, "records")?,
        span: span.get(0).and_then(Value::as_i64).zip(span.get(1).and_then(Value::as_i64)),
        reached: None,
        notes: texts("notes")?,
    })
}

fn text(value: &Value, key: &str) -> Option<String> {
    Some(value.get(key)?.as_str()?.to_owned())
}

fn number(value: &Value, key: &str) -> Option<u64> {
    value.get(key)?.as_u64()
}
