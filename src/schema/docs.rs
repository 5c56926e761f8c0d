//! The reference pages, made from the declarations so that they cannot fall behind the code.

use super::{Part, Schema};
use crate::logs::FormatSet;
use crate::model::Transport;
use crate::model::{Dataset, FieldRef};
use crate::proto::config::{COMMON, OPTIONS, REFUSED};
use crate::proto::{Over, Protocol, shapes};
use std::fmt::{Result, Write};

const MADE: &str = "<!-- Made from the declarations in the source; see CONTRIBUTING.md. Do not edit. -->";

/// docs/fields.md: every field by who fills it.
///
/// # Errors
/// None in practice: a string takes everything.
pub fn fields(out: &mut String, schema: &Schema) -> Result {
    writeln!(out, "{MADE}\n\n# Fields\n")?;
    writeln!(
        out,
        "Names follow ECS 9 where it has one, else Packetbeat 7.17, else they are the protocol's or begin \
         with `netlog.`. Any field may hold a list of its type."
    )?;
    for part in schema.parts() {
        push_part(out, part)?;
    }
    Ok(())
}

fn push_part(out: &mut String, part: &Part) -> Result {
    let mut fields: Vec<FieldRef> = part.fields.clone();
    if fields.is_empty() {
        return Ok(());
    }
    fields.sort_by_key(|field| field.name);
    writeln!(out, "\n## {}\n\n| field | type | meaning |\n| --- | --- | --- |", part.name)?;
    for field in fields {
        writeln!(out, "| `{}` | {} | {} |", field.name, field.ty.name(), cell(field.doc))?;
    }
    Ok(())
}

/// docs/protocols.md: what is decoded.
///
/// # Errors
/// As [`fields`].
pub fn protocols(out: &mut String, all: &[&Protocol]) -> Result {
    writeln!(out, "{MADE}\n\n# Protocols\n")?;
    writeln!(out, "Recognised by content on any port; the ports are only asked first.")?;
    push_options(out)?;
    let mut sorted: Vec<&&Protocol> = all.iter().collect();
    sorted.sort_by_key(|protocol| protocol.name);
    for protocol in sorted {
        writeln!(out, "\n## {}\n\n{}\n", protocol.name, protocol.doc)?;
        let ports: Vec<String> = protocol.ports.iter().map(u16::to_string).collect();
        let ports = if ports.is_empty() { "none in particular".to_owned() } else { ports.join(", ") };
        writeln!(out, "- Over: {}\n- Usual ports: {ports}", over(protocol.over))?;
        push_datasets(out, protocol.datasets)?;
        let options =
            OPTIONS.iter().filter(|(name, _)| *name == protocol.name).flat_map(|(_, options)| *options);
        for (name, meaning) in options {
            writeln!(out, "- Option `{name}`:{meaning}")?;
        }
        for (name, meaning) in protocol.anomalies {
            writeln!(out, "- Anomaly `{name}`: {meaning}")?;
        }
    }
    push_named(out)?;
    out.write_str(NAMELESS)
}

/// Protocols that are only named, and what tshark calls the same.
fn push_named(out: &mut String) -> Result {
    writeln!(
        out,
        "\n## Named, not read\n\nFlows that no parser claims are looked at for a shape: their records have \
         `network.protocol`, there are no other events. \"only at\": the bytes alone would fit others too.\n\n\
         | name | what | over | ports |\n| --- | --- | --- | --- |"
    )?;
    let shapes = [Transport::Tcp, Transport::Udp].map(shapes::all);
    for shape in shapes.into_iter().flatten() {
        let Protocol { name, doc, over: carrier, ports, .. } = &shape.protocol;
        let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
        let only = if shape.strict { "only at " } else { "" };
        writeln!(out, "| `{name}` | {} | {} | {only}{} |", cell(doc), over(*carrier), ports.join(", "))?;
    }
    writeln!(
        out,
        "\n## Names beside tshark's\n\nWhat tshark calls differently (the first layer above TCP or UDP) and is the same \
         thing; names that are equal are not listed.\n\n| netlog | tshark | why |\n| --- | --- | --- |"
    )?;
    for row in TSHARK.lines().filter(|row| !row.starts_with('#')) {
        let parts: Vec<&str> = row.split('\t').collect();
        if let [ours, theirs, why] = parts[..] {
            writeln!(out, "| `{ours}` | `{theirs}` | {why} |")?;
        }
    }
    Ok(())
}

/// Names beside tshark's; `tests/dissect/attribution.rs` goes by the same table.
const TSHARK: &str = include_str!("tshark.tsv");

/// How options are given, and which of Packetbeat's are not taken.
fn push_options(out: &mut String) -> Result {
    writeln!(
        out,
        "\n## Options\n\nSections `[protocols.NAME]` of the configuration file (`netlog config show`) with Packetbeat's \
         names. What is not given is as --detail says: normal leaves contents out, full has them. Every protocol has:\n"
    )?;
    COMMON.iter().try_for_each(|(name, meaning)| writeln!(out, "- `{name}`: {meaning}"))?;
    writeln!(out, "\nOptions of Packetbeat that are refused, because they have no use offline:\n")?;
    REFUSED.iter().try_for_each(|(name, why)| writeln!(out, "- `{name}`: {why}."))
}

/// What parsers and shapes leave, as measured on captures of the kind that test suites of dissectors hold.
const NAMELESS: &str = "
## What stays without a name

All other flows are records without `network.protocol`; nothing of them is lost but the inside. In 360 captures made to
exercise dissectors, of the payload that tshark can name (the first layer above TCP or UDP of each packet, `data` and
segments of longer messages left out) netlog names 97 % of TCP and 99 % of UDP the same, by the table above. Of all
payload in them, named by tshark or not, 92 % belongs to flows with a name. The largest of the rest, and why:

- Obfuscated on purpose: Telegram, Shadowsocks, WhatsApp and TeamViewer on ports of their own. tshark calls such
  streams TLS where they run at port 443, without a record of TLS in them.
- Connections of known protocols that were captured from the middle on, where no message begins again: downloads over
  HTTP, blocks of BitTorrent.
- Media and games whose packets have no mark: Agora, KCP, Ethereum's peers.
- Fragments of datagrams whose rest was not captured are not put together, and counted in the ledger.
";

fn over(over: Over) -> &'static str {
    match over {
        Over::Tcp => "TCP",
        Over::Udp => "UDP",
        Over::Both => "TCP and UDP",
        Over::Icmp => "ICMP and ICMPv6",
        Over::Arp => "Ethernet",
    }
}

fn push_datasets(out: &mut String, datasets: &[&'static Dataset]) -> Result {
    datasets.iter().try_for_each(|d| writeln!(out, "- Events `{}`: {}", d.name, d.doc))
}

/// docs/formats.md: the logs that are understood.
///
/// # Errors
/// As [`fields`].
pub fn formats(out: &mut String, set: &FormatSet) -> Result {
    writeln!(out, "{MADE}\n\n# Log formats\n")?;
    writeln!(
        out,
        "Recognised by content; each is a file in `patterns/`. How to write one of your own, with its tests, says\n[patterns/README.md](../patterns/README.md); `--patterns DIR` lays it over these.\n"
    )?;
    writeln!(out, "| format | what |\n| --- | --- |")?;
    for (name, doc) in set.names() {
        writeln!(out, "| `{name}` | {} |", cell(doc))?;
    }
    writeln!(out, "\n## Events\n")?;
    let mut datasets = set.datasets().to_vec();
    datasets.sort_by_key(|dataset| dataset.name);
    push_datasets(out, &datasets)
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
