//! Where a finding's evidence lies, and the commands that show it.

use crate::model::{Evidence, Finding, Sources};

/// `file:record`: packet number of a capture, line number of a log.
pub fn place(evidence: Evidence, sources: &Sources) -> String {
    format!("{}:{}", sources.path(evidence.origin.source), evidence.origin.record)
}

/// Commands for a POSIX shell that print the first and the last record a finding rests on. None for
/// records of standard input, which is gone.
pub fn commands(finding: &Finding, sources: &Sources) -> Vec<String> {
    let mut commands: Vec<String> =
        [finding.first, finding.last].into_iter().filter_map(|e| command(e, sources)).collect();
    commands.dedup();
    commands
}

fn command(evidence: Evidence, sources: &Sources) -> Option<String> {
    let origin = evidence.origin;
    let source = usize::try_from(origin.source).ok().and_then(|i| sources.0.get(i))?;
    let (archive, member) = parts(&source.path);
    if archive == "-" {
        return None;
    }
    let file = quoted(archive);
    let record = origin.record;
    let packets = source.kind.starts_with("pcap");
    let show =
        if packets { format!("tshark -V -Y frame.number=={record} -r") } else { format!("sed -n {record}p") };
    let unpack = match (member, source.codec.first().copied()) {
        (Some(member), _) => Some(format!("tar -xOf {file} {}", quoted(member))),
        (None, Some("gzip")) if !packets => Some(format!("zcat {file}")),
        (None, Some("zstd")) => Some(format!("zstdcat {file}")),
        (None, Some("xz")) => Some(format!("xzcat {file}")),
        (None, Some("bzip2")) => Some(format!("bzcat {file}")),
        (None, Some("lz4")) => Some(format!("lz4cat {file}")),
        _ => None,
    };
    // Lines are elements there.
    let elements = source.codec.last().and_then(|codec| match *codec {
        "json-array" => Some("jq -c '.[]'"),
        "json-records" => Some("jq -c '.Records[]'"),
        "json-texts" => Some("jq -c ."),
        _ => None,
    });
    let unpack = match (unpack, elements) {
        (Some(unpack), Some(jq)) => Some(format!("{unpack} | {jq}")),
        (None, Some(jq)) => Some(format!("{jq} {file}")),
        (unpack, None) => unpack,
    };
    Some(match (unpack, packets) {
        (Some(unpack), true) => format!("{unpack} | {show} -"),
        (Some(unpack), false) => format!("{unpack} | {show}"),
        (None, _) => format!("{show} {file}"),
    })
}

/// The file and, if it is an archive, the member. An exclamation mark alone may be part of a name.
fn parts(path: &str) -> (&str, Option<&str>) {
    match path.split_once('!') {
        Some((archive, member)) if archive.contains(".t") => (archive, Some(member)),
        _ => (path, None),
    }
}

/// A word of a shell's command line, whatever it holds.
fn quoted(word: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/._-+:,@%".contains(&b);
    let lead = if word.starts_with('-') { "./" } else { "" };
    if !word.is_empty() && word.bytes().all(plain) {
        return format!("{lead}{word}");
    }
    format!("'{lead}{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Origin, Severity, SourceInfo};

    fn shown(path: &str, kind: &str, codec: &[&'static str]) -> Vec<String> {
        let source = SourceInfo {
            path: path.into(),
            kind: kind.into(),
            codec: codec.to_vec(),
            ..SourceInfo::default()
        };
        let at = |record| Evidence { ts: 0, origin: Origin { source: 0, record, offset: 0 } };
        let finding = Finding {
            rule: "r",
            severity: Severity::Low,
            attack: &[],
            subject: String::new(),
            title: String::new(),
            advice: "",
            targets: Vec::new(),
            count: 2,
            first: at(3),
            last: at(9),
        };
        commands(&finding, &Sources(vec![source]))
    }

    #[test]
    fn a_command_for_every_way_a_file_may_be_kept() {
        assert_eq!(
            shown("a.pcap", "pcap", &[]),
            ["tshark -V -Y frame.number==3 -r a.pcap", "tshark -V -Y frame.number==9 -r a.pcap"]
        );
        assert_eq!(shown("log/auth.log", "syslog", &[])[1], "sed -n 9p log/auth.log");
        assert_eq!(shown("auth.log.1.gz", "syslog", &["gzip"])[0], "zcat auth.log.1.gz | sed -n 3p");
        assert_eq!(
            shown("a b.pcap.zst", "pcapng", &["zstd"])[0],
            "zstdcat 'a b.pcap.zst' | tshark -V -Y frame.number==3 -r -"
        );
        assert_eq!(
            shown("c.tar.gz!d/e.log", "syslog", &["gzip"])[0],
            "tar -xOf c.tar.gz d/e.log | sed -n 3p"
        );
        assert_eq!(shown("a.json", "json", &["json-array"])[0], "jq -c '.[]' a.json | sed -n 3p");
        assert_eq!(shown("a.json", "json", &["json-records"])[0], "jq -c '.Records[]' a.json | sed -n 3p");
        assert_eq!(
            shown("a.json.gz", "json", &["gzip", "json-texts"])[0],
            "zcat a.json.gz | jq -c . | sed -n 3p"
        );
        assert!(shown("-", "pcap", &[]).is_empty());
    }

    #[test]
    fn no_file_name_runs_anything() {
        assert_eq!(shown("a';rm -rf ~;'.log", "syslog", &[])[0], r"sed -n 3p 'a'\'';rm -rf ~;'\''.log'");
        assert_eq!(shown("$(id)`id`", "syslog", &[])[0], "sed -n 3p '$(id)`id`'");
        assert_eq!(shown("-n", "syslog", &[])[0], "sed -n 3p ./-n");
    }
}
