//! Options about search engines: names of indices, secrets, sizes.

use super::{UsageError, duration, parse, value};
use crate::cli::{Load, Search, Server};
use crate::load::{self, Connection, Secret};
use crate::setup;
use std::path::PathBuf;
use std::time::Duration;

/// How the indices are to be made.
///
/// # Errors
/// If the pattern of their names is none.
pub fn search(args: &Search) -> Result<setup::Options, UsageError> {
    Ok(setup::Options {
        target: args.target.as_deref().map(|t| parse("--target", t)).transpose()?,
        index: parse("--index", &args.index)?,
        shards: args.shards,
        replicas: args.replicas,
        retention: args.retention,
        strict: args.strict,
    })
}

/// How a server is reached, with the secrets from files or the environment.
///
/// # Errors
/// If a file cannot be read, or a user comes without a password.
pub fn connection(url: &str, args: &Server) -> Result<Connection, UsageError> {
    let secret = |option: &'static str, file: Option<&PathBuf>, variable: &str| match file {
        Some(path) => std::fs::read_to_string(path)
            .map(|text| Some(Secret::new(&text)))
            .map_err(|e| value(option, &path.display().to_string(), &e.to_string())),
        None => Ok(std::env::var(variable).ok().map(|text| Secret::new(&text))),
    };
    let password = secret("--password-file", args.password_file.as_ref(), "NETLOG_PASSWORD")?;
    let basic = match (&args.login, password) {
        (Some(login), Some(password)) => Some((login.clone(), password)),
        (Some(login), None) => {
            return Err(value("--login", login, "needs a password: --password-file or NETLOG_PASSWORD"));
        }
        (None, _) => None,
    };
    Ok(Connection {
        url: url.to_owned(),
        basic,
        api_key: secret("--api-key-file", args.api_key_file.as_ref(), "NETLOG_API_KEY")?,
        token: secret("--token-file", args.token_file.as_ref(), "NETLOG_TOKEN")?,
        ca: args.ca_file.clone(),
        certificate: args.client_cert.clone().zip(args.client_key.clone()),
        timeout: waiting("--timeout", &args.timeout)?,
    })
}

/// How documents are sent.
///
/// # Errors
/// If a size or a time span is none.
pub fn loading(args: &Load) -> Result<load::Options, UsageError> {
    Ok(load::Options {
        workers: usize::from(args.workers),
        batch: usize::try_from(bytes("--batch", &args.batch)?).unwrap_or(usize::MAX),
        patience: waiting("--patience", &args.patience)?,
        rejected: args.rejected.clone(),
    })
}

fn waiting(option: &'static str, text: &str) -> Result<Duration, UsageError> {
    let nanos = u64::try_from(duration(option, text)?).unwrap_or(0);
    if nanos == 0 {
        return Err(value(option, text, "must be longer than nothing"));
    }
    Ok(Duration::from_nanos(nanos))
}

/// `500k`, `10m`, `1g`, in units of 1024; a bare number is bytes. At least 1.
pub(super) fn bytes(option: &'static str, text: &str) -> Result<u64, UsageError> {
    let wrong = || value(option, text, "write a size like 500k, 10m or 1048576");
    let lower = text.to_ascii_lowercase();
    let number = lower.trim_end_matches("ib").trim_end_matches('b').trim_end();
    let (digits, shift) = match number.chars().last() {
        Some('k') => (number.trim_end_matches('k'), 10),
        Some('m') => (number.trim_end_matches('m'), 20),
        Some('g') => (number.trim_end_matches('g'), 30),
        _ => (number, 0),
    };
    let size: u64 = digits.trim_end().parse().map_err(|_| wrong())?;
    size.checked_mul(1 << shift).filter(|size| *size > 0).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes() {
        for (text, size) in
            [("500k", 512_000), ("10m", 10 << 20), ("10MiB", 10 << 20), ("7", 7), ("1 GB", 1 << 30)]
        {
            assert_eq!(bytes("--bulk-size", text).unwrap(), size, "{text}");
        }
        for bad in ["", "0", "m", "-1", "99999999999g", "1x"] {
            assert!(bytes("--bulk-size", bad).is_err(), "{bad}");
        }
    }
}
