//! The command line, declared for clap; nothing is decided here. `--help`, the man page and the
//! completions all come from this file.

mod case;
mod extract;
mod patterns;
mod report;
mod search;

pub use case::{Format, Merge, Query};
pub use extract::{Extract, Host, Timeline};
pub use patterns::{Explain, Match, Mine, Patterns};
pub use report::Report;
pub use search::{Load, Search, Server, Setup};

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use std::path::PathBuf;

const EXIT_STATUS: &str = "\
Exit status:
  0  done (also when the reader of a pipe has had enough)
  1  --fail-on was given and a finding is at least that severe
  2  the command line, the configuration or a pattern file is wrong; nothing was read
  3  an input is not there, or could not be read to its end; all the rest was done
  4  an output could not be written";

/// Offline forensic analysis of packet captures and logs.
///
/// Who was it, where from, what did they do, what did they get: from captures (pcap, pcapng) and logs
/// (syslog, sshd, Apache, nginx …), plain or compressed, in one run, without a network or a service.
#[derive(Debug, Parser)]
#[command(name = "netlog", version, after_help = EXIT_STATUS, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read captures and logs and report what happened
    #[command(after_help = concat!("\
Examples:
  netlog analyze capture.pcapng                 a report on the terminal
  netlog analyze /var/log captures/ x.pcap.gz   everything, found by content
  tcpdump -w - | netlog analyze -               from a pipe
  netlog analyze case/ -o text -o ndjson=events.ndjson -o json=report.json
  netlog analyze big.pcap --filter 'host 203.0.113.7 and tcp port 443' --from 2026-03-01T10:00Z
  netlog analyze /var/log --fail-on high        exit status 1 if someone got in"))]
    Analyze(Analyze),
    /// Write every event as a line of JSON (short for: analyze -o ndjson=-)
    #[command(after_help = "\
Examples:
  netlog events capture.pcap | jq 'select(.event.dataset == \"dns\") | .dns.question.name'
  netlog events /var/log/auth.log | wc -l")]
    Events(Events),
    /// Report again and again, every night from cron: only what is new, and what changed
    #[command(
        mut_arg("inputs", |inputs| inputs.required(false)),
        after_help = "\
Each byte of each log is counted once, however it is rotated. See docs/nightly.md.

Examples:
  netlog report --config /etc/netlog.toml
  netlog report --state /var/lib/netlog '/var/log/auth.log*' '/var/log/nginx/access.log*'
  netlog report --state /var/lib/netlog --folder /var/www/netlog --quiet-unless changed /var/log"
    )]
    Report(Box<Report>),
    /// Write the packets of a finding, a flow or a host to a capture of their own, byte for byte
    #[command(
        group = clap::ArgGroup::new("what").required(true),
        after_help = "\
Captures of one kind give a pcap whose records are the same bytes; pcapng, or captures whose file headers
differ, give a pcapng with the same packets, times and link types (comments and options stay behind).

Examples:
  netlog extract --finding 1 -o finding.pcap case/
  netlog extract --flow 1:wCb3OG7yAFWelaUydu0D+125CLM= -o flow.pcap case/
  netlog extract --host 203.0.113.7 -o - big.pcap.zst | tshark -r -"
    )]
    Extract(Box<Extract>),
    /// What happened in the order of time: findings, log-ins, failures, first contacts
    #[command(after_help = "\
Examples:
  netlog timeline case/
  netlog timeline -o csv=story.csv --from 2026-03-01T10:00Z case/")]
    Timeline(Box<Timeline>),
    /// Everything known about one address: when, what, as whom, under which names
    #[command(after_help = "\
Examples:
  netlog host 203.0.113.7 case/
  netlog host 2001:db8::7 -o html=host.html captures/ /var/log")]
    Host(Box<Host>),
    /// Who failed to log in, from where, as whom, how often; and who got in after failing
    #[command(after_help = "\
Examples:
  netlog grep-auth /var/log/auth.log*
  journalctl -u ssh -o short-iso | netlog grep-auth -
  netlog grep-auth --min-failures 10 --since 2026-11-01 -o markdown /var/log/auth.log
  netlog grep-auth -o json auth.log | jq '.hosts[] | select(.accepted_after_failure)'")]
    GrepAuth(GrepAuth),
    /// Write what a search engine needs before documents come: templates, policy, dashboards
    #[command(after_help = "\
Examples:
  netlog setup templates/ --target opensearch-2
  netlog setup --url http://127.0.0.1:9200 --retention 90
  netlog analyze case/ -o bulk=out --target elasticsearch-9 && out/load.sh http://127.0.0.1:9200")]
    Setup(Setup),
    /// Load captures, logs or a bulk folder into Elasticsearch or OpenSearch
    #[command(after_help = "\
Loading again adds nothing: the id of a document comes from the evidence. So after a broken line, a full
disk or a kill, run the same command once more.

Examples:
  netlog load http://127.0.0.1:9200 case/
  NETLOG_PASSWORD=… netlog load https://search.example:9200 out/ --login loader --ca-file ca.pem")]
    Load(Box<Load>),
    /// Ask a case in SQL: tables by data set, all of them as events
    #[command(after_help = "\
Tables are the data sets (sshd, flow, dns, apache.access …), events over all of them, findings, inputs and
ledger. Names with dots need no quotes. docs/cookbook.md has twenty questions.

Examples:
  netlog analyze -o case=case captures/ /var/log
  netlog query case 'SELECT source.ip, count(*) AS n FROM sshd GROUP BY source.ip ORDER BY n DESC LIMIT 10'
  netlog query case 'SELECT * FROM findings' --format json
  netlog query case 'SELECT * FROM dns' -o dns.parquet
  netlog query case                             a prompt with history and completion")]
    Query(Query),
    /// Make one case of several; events that two of them have are there once
    #[command(after_help = "Example:\n  netlog merge monday/ tuesday/ -o week/")]
    Merge(Box<Merge>),
    /// List the fields that events can carry
    Fields(Fields),
    /// Look at log formats and named patterns, check and test them, try an expression
    #[command(after_help = "\
Examples:
  netlog patterns show sshd
  netlog patterns test my-formats/
  netlog patterns match '%{IP:client} %{WORD:method}' access.log")]
    Patterns {
        /// What to do.
        #[command(subcommand)]
        command: Patterns,
    },
    /// Check a configuration file, or show one with all defaults to start from
    #[command(after_help = "\
Examples:
  netlog config show > netlog.toml
  netlog config check netlog.toml
  netlog analyze --config netlog.toml case/")]
    Config {
        /// What to do.
        #[command(subcommand)]
        command: Config,
    },
    /// Print the completion script of a shell
    #[command(after_help = "Example:\n  netlog completions bash > /etc/bash_completion.d/netlog")]
    Completions {
        /// bash, zsh, fish, elvish or powershell
        shell: clap_complete::Shell,
    },
    /// Print the manual page (for man -l -)
    Man,
}

/// `config`
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Say what is wrong with a file, with its place and what is likely meant
    Check {
        /// The file
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
    },
    /// Print all options with their defaults and what they mean
    Show,
}

/// `analyze`
#[derive(Debug, Args)]
pub struct Analyze {
    /// Where the answers go; may be given several times [default: text]
    ///
    /// text, markdown, html, json and graphite draw the report; ndjson, csv, bulk, mongo and case write the events.
    /// Without a path, or with `-`, to standard output.
    #[arg(short, long = "output", value_name = "NAME[=PATH]")]
    pub output: Vec<String>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print a comment as help")]
    pub reading: Reading,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print a comment as help")]
    pub packets: Packets,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print a comment as help")]
    pub search: Search,
    /// Largest part of -o bulk (10m, 500k)
    #[arg(long, value_name = "BYTES", default_value = "10m", help_heading = "Search engine")]
    pub bulk_size: String,
    /// Compress the parts of -o bulk with gzip
    #[arg(long, help_heading = "Search engine")]
    pub bulk_gzip: bool,
    /// Exit with status 1 if a finding is at least this severe: info, low, medium, high, critical
    #[arg(long, value_name = "SEVERITY")]
    pub fail_on: Option<crate::model::Severity>,
}

/// `events`
#[derive(Debug, Args)]
pub struct Events {
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print a comment as help")]
    pub reading: Reading,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print a comment as help")]
    pub packets: Packets,
}

/// `grep-auth`
#[derive(Debug, Args)]
pub struct GrepAuth {
    /// How to print: text, json, ndjson, csv or markdown, each with =PATH for a file
    #[arg(short, long = "output", value_name = "NAME[=PATH]")]
    pub output: Vec<String>,
    /// Only the N hosts with most failures
    #[arg(long, value_name = "N")]
    pub top: Option<usize>,
    /// Only hosts with at least N failures
    #[arg(long, value_name = "N")]
    pub min_failures: Option<u64>,
    /// Only attempts on this user; may be given several times
    #[arg(long, value_name = "NAME")]
    pub user: Vec<String>,
    /// Only attempts at this service (sshd, su, sudo, web, apache, nginx …); may be given several times
    #[arg(long, value_name = "NAME")]
    pub service: Vec<String>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print a comment as help")]
    pub reading: Reading,
}

/// `fields`
#[derive(Debug, Args)]
pub struct Fields {
    /// Folder with pattern files of your own; may be given several times
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub patterns: Vec<PathBuf>,
    /// Print as Markdown, as in docs/fields.md
    #[arg(long)]
    pub markdown: bool,
}

/// What to read and how.
#[derive(Debug, Args)]
pub struct Reading {
    /// Files, directories, globs, or - for standard input; recognised by content, never by name
    #[arg(required = true, value_name = "INPUT", value_hint = ValueHint::AnyPath)]
    pub inputs: Vec<String>,
    /// Only what happened at or after TIME (2026-03-01, 2026-03-01T10:30, …Z, or seconds since 1970)
    #[arg(long, visible_alias = "since", value_name = "TIME", help_heading = "Reading")]
    pub from: Option<String>,
    /// Only what happened before TIME
    #[arg(long, visible_alias = "until", value_name = "TIME", help_heading = "Reading")]
    pub to: Option<String>,
    /// Zone of log stamps (and of --from and --to) that name none: UTC, local, Europe/Berlin, +02:00
    /// [default: UTC]
    #[arg(long, value_name = "ZONE", help_heading = "Reading")]
    pub timezone: Option<String>,
    /// Year of the first log stamp that has none; inferred from file time and neighbours if not given
    #[arg(long, value_name = "YEAR", help_heading = "Reading")]
    pub year: Option<i16>,
    /// Folder with pattern files of your own, laid over the built-in ones; may be given several times
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = "Reading")]
    pub patterns: Vec<PathBuf>,
    /// Format of access logs: an Apache LogFormat, nginx log_format or VPC flow log format as a text, or
    /// @ and the path of an httpd.conf or nginx.conf
    #[arg(long, value_name = "STRING|@FILE", help_heading = "Reading")]
    pub log_format: Option<String>,
    /// Read all logs as this format instead of recognising it
    #[arg(long, value_name = "NAME", help_heading = "Reading")]
    pub format: Option<String>,
    /// MaxMind database asked before the built-in table (City, Country, ASN, IPinfo); may be repeated
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Enrichment")]
    pub geoip_db: Vec<PathBuf>,
    /// Network that counts as inside, for network.direction; may be repeated [default: private ranges]
    #[arg(long, value_name = "CIDR", help_heading = "Enrichment")]
    pub internal_net: Vec<String>,
    /// List of addresses, networks, domains, JA3, JA4 or hashes to look for, plain or CSV; may be repeated
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Enrichment")]
    pub indicators: Vec<PathBuf>,
    /// Text that every event carries as labels.KEY, for {env} in names of indices; may be repeated
    #[arg(long = "label", value_name = "KEY=VALUE", help_heading = "Enrichment")]
    pub labels: Vec<String>,
    /// Configuration file; the command line wins over it (see netlog config show)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Running")]
    pub config: Option<PathBuf>,
    /// Do not take the SHA-256 of each input
    #[arg(long, help_heading = "Running")]
    pub no_hash: bool,
    /// Decoding threads; the output is the same for any number [default: all cores]
    #[arg(short = 'j', long, value_name = "N", help_heading = "Running")]
    pub threads: Option<usize>,
    /// Bytes read ahead per round; the output is the same for any size
    #[arg(long, value_name = "BYTES", hide = true, default_value_t = 2 << 20)]
    pub round_size: usize,
    /// When to use colour; auto honours NO_COLOR
    #[arg(long, value_name = "WHEN", default_value = "auto", help_heading = "Running")]
    pub color: ColorWhen,
    /// No progress on standard error
    #[arg(short, long, help_heading = "Running")]
    pub quiet: bool,
}

/// How captures are decoded.
#[derive(Debug, Args)]
pub struct Packets {
    /// Only packets that match, in the everyday part of tcpdump's language
    ///
    /// host, net, port, portrange with src/dst and tcp/udp, protocol names, vlan, less, greater, and, or,
    /// not, parentheses.
    #[arg(long, value_name = "EXPRESSION", help_heading = "Packets")]
    pub filter: Option<String>,
    /// A flow record ends after this much silence (30s, 5m) [default: 30s]
    #[arg(long, value_name = "TIME", help_heading = "Packets")]
    pub flow_timeout: Option<String>,
    /// Write a record of each running flow this often (10s); 0 = only when it ends [default: 0]
    #[arg(long, value_name = "TIME", help_heading = "Packets")]
    pub flow_period: Option<String>,
    /// Count flows, decode no application protocol
    #[arg(long, help_heading = "Packets")]
    pub flows_only: bool,
    /// normal leaves contents out; full has requests and responses, all headers, certificates [default: normal]
    #[arg(long, value_name = "HOW", help_heading = "Packets")]
    pub detail: Option<Detail>,
    /// Do not mask clear-text passwords
    #[arg(long, help_heading = "Packets")]
    pub show_secrets: bool,
}

/// `--detail`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Detail {
    /// Without contents.
    Normal,
    /// With contents.
    Full,
}

/// `--color`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}
