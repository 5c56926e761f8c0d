//! Arguments about search engines: how their indices are made, how they are reached, what is loaded.

use super::{Packets, Reading};
use clap::{Args, ValueHint};
use std::path::PathBuf;

/// What the documents of a search engine are stored in.
#[derive(Debug, Args)]
pub struct Search {
    /// Only for elasticsearch-7.10-oss, -7.17, -8, -9, opensearch-1, -2 or -3 [default: for each]
    #[arg(long, value_name = "NAME", help_heading = "Search engine")]
    pub target: Option<String>,
    /// Names of indices: {dataset}, {+yyyy.MM.dd} of the event, {host}, {env}, {any.field}
    #[arg(
        long,
        value_name = "PATTERN",
        default_value = "netlog-{dataset}-{+yyyy.MM}",
        help_heading = "Search engine"
    )]
    pub index: String,
    /// Primary shards of an index
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1024), help_heading = "Search engine")]
    pub shards: u32,
    /// Copies of each shard [default: the server's]
    #[arg(long, value_name = "N", help_heading = "Search engine")]
    pub replicas: Option<u32>,
    /// Delete indices after so many days [default: never]
    #[arg(long, value_name = "DAYS", help_heading = "Search engine")]
    pub retention: Option<u32>,
    /// Have the server refuse documents with a field that is not mapped
    #[arg(long, help_heading = "Search engine")]
    pub strict: bool,
}

/// How a search engine is reached.
#[derive(Debug, Args)]
pub struct Server {
    /// User; the password is taken from --password-file or NETLOG_PASSWORD
    #[arg(long = "login", value_name = "NAME", env = "NETLOG_USER", help_heading = "Connection")]
    pub login: Option<String>,
    /// File with the password
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Connection")]
    pub password_file: Option<PathBuf>,
    /// File with an API key (base64, as the server gave it); or NETLOG_API_KEY
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Connection")]
    pub api_key_file: Option<PathBuf>,
    /// File with a bearer token; or NETLOG_TOKEN
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Connection")]
    pub token_file: Option<PathBuf>,
    /// Certificates of the authorities to trust instead of the system's (PEM)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Connection")]
    pub ca_file: Option<PathBuf>,
    /// Certificate to show to the server (PEM)
    #[arg(long, value_name = "FILE", requires = "client_key", value_hint = ValueHint::FilePath, help_heading = "Connection")]
    pub client_cert: Option<PathBuf>,
    /// Its private key (PEM)
    #[arg(long, value_name = "FILE", requires = "client_cert", value_hint = ValueHint::FilePath, help_heading = "Connection")]
    pub client_key: Option<PathBuf>,
    /// Time for one request; a server may never answer
    #[arg(long, value_name = "TIME", default_value = "60s", help_heading = "Connection")]
    pub timeout: String,
}

/// `load`
#[derive(Debug, Args)]
pub struct Load {
    /// Address of the server: http://127.0.0.1:9200
    pub url: String,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print a comment as help")]
    pub reading: Reading,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print a comment as help")]
    pub packets: Packets,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print a comment as help")]
    pub search: Search,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print a comment as help")]
    pub server: Server,
    /// Requests at once
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64), help_heading = "Loading")]
    pub workers: u16,
    /// Size of a request (4m, 500k)
    #[arg(long, value_name = "BYTES", default_value = "4m", help_heading = "Loading")]
    pub batch: String,
    /// Give up when one request with documents has waited this long for a busy or absent server
    #[arg(long, value_name = "TIME", default_value = "10m", help_heading = "Loading")]
    pub patience: String,
    /// Where documents go that the server refuses, with its reasons
    #[arg(long, value_name = "FILE", default_value = "netlog-rejected.ndjson", help_heading = "Loading")]
    pub rejected: PathBuf,
    /// Print the counts as one JSON object
    #[arg(long, help_heading = "Loading")]
    pub json: bool,
}

/// `setup`
#[derive(Debug, Args)]
pub struct Setup {
    /// Folder for the files
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath, required_unless_present = "url")]
    pub folder: Option<PathBuf>,
    /// Install it on this server, which is asked what it is
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print a comment as help")]
    pub server: Server,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print a comment as help")]
    pub search: Search,
    /// Folder with pattern files of your own; may be given several times
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub patterns: Vec<PathBuf>,
}
