//! Arguments of `extract`, `timeline` and `host`.

use super::{Packets, Reading};
use clap::{Args, ValueHint};
use std::net::IpAddr;
use std::path::PathBuf;

/// `extract`
#[derive(Debug, Args)]
pub struct Extract {
    /// Packets of the finding with this number, from 1, as `-o json` lists them
    #[arg(long, value_name = "N", group = "what")]
    pub finding: Option<usize>,
    /// Packets of the flow with this Community ID (network.community_id)
    #[arg(long, value_name = "ID", group = "what")]
    pub flow: Option<String>,
    /// Packets to and from this address
    #[arg(long, value_name = "ADDRESS", group = "what")]
    pub host: Option<IpAddr>,
    /// The capture to write; - = standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: PathBuf,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print a comment as help")]
    pub reading: Reading,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print a comment as help")]
    pub packets: Packets,
}

/// `timeline`
#[derive(Debug, Args)]
pub struct Timeline {
    /// How to print: text, markdown, html, json, csv or ndjson, each with =PATH for a file
    #[arg(short, long = "output", value_name = "NAME[=PATH]")]
    pub output: Vec<String>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print a comment as help")]
    pub reading: Reading,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print a comment as help")]
    pub packets: Packets,
}

/// `host`
#[derive(Debug, Args)]
pub struct Host {
    /// The address
    #[arg(value_name = "ADDRESS")]
    pub address: IpAddr,
    /// How to print: text, markdown, html or json, each with =PATH for a file
    #[arg(short, long = "output", value_name = "NAME[=PATH]")]
    pub output: Vec<String>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print a comment as help")]
    pub reading: Reading,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print a comment as help")]
    pub packets: Packets,
}
