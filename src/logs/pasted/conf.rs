//! The formats in httpd.conf and nginx.conf. Included files are not looked for.

use super::{Dialect, apache};

/// The format that nginx uses where `access_log` names none.
const COMBINED: &str = "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent \
     \"$http_referer\" \"$http_user_agent\"";

/// A word, or a sign that ends a statement.
#[derive(Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    End,
}

/// The formats that the configuration's access logs use; all that it defines if it has no access log.
pub(super) fn formats(text: &str) -> Result<Vec<(Dialect, String)>, String> {
    // As the first word of a statement: Apache's logs are often files of the name access_log.
    let nginx = text
        .split(['\n', ';', '{', '}'])
        .filter_map(|statement| statement.split_whitespace().next())
        .any(|directive| matches!(directive, "log_format" | "access_log"));
    let dialect = if nginx { Dialect::Nginx } else { Dialect::Apache };
    let statements = statements(text, nginx);
    let found = if nginx { of_nginx(&statements)? } else { of_apache(&statements)? };
    if found.is_empty() {
        return Err(
            "has no LogFormat, CustomLog, log_format or access_log; included files are not read".to_owned()
        );
    }
    Ok(found.into_iter().map(|format| (dialect, format)).collect())
}

fn of_apache(statements: &[Vec<String>]) -> Result<Vec<String>, String> {
    let (mut named, mut used): (Vec<(&str, &str)>, Vec<&str>) = (Vec::new(), Vec::new());
    for words in statements {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            [name, format, nick] if name.eq_ignore_ascii_case("LogFormat") => named.push((nick, format)),
            [name, format] if name.eq_ignore_ascii_case("LogFormat") => used.push(format),
            [name, _, format, ..] if name.eq_ignore_ascii_case("CustomLog") => used.push(format),
            _ => {}
        }
    }
    let known = |name: &str| {
        let own = named.iter().rev().find(|(nick, _)| *nick == name).map(|(_, format)| *format);
        own.or_else(|| apache::nickname(name))
    };
    resolve(&named, &used, |format| {
        if format.contains('%') { Some(format.to_owned()) } else { known(format).map(str::to_owned) }
    })
}

fn of_nginx(statements: &[Vec<String>]) -> Result<Vec<String>, String> {
    let (mut named, mut used) = (Vec::new(), Vec::new());
    for words in statements {
        match words.as_slice() {
            [directive, name, texts @ ..] if directive == "log_format" => {
                let texts = texts.iter().filter(|text| !text.starts_with("escape="));
                named.push((name.as_str(), texts.cloned().collect::<String>()));
            }
            [directive, path, rest @ ..] if directive == "access_log" && path != "off" => {
                let name = rest.first().map(String::as_str).filter(|word| !word.contains('='));
                used.push(name.unwrap_or("combined"));
            }
            _ => {}
        }
    }
    let named: Vec<(&str, &str)> = named.iter().map(|(name, format)| (*name, format.as_str())).collect();
    resolve(&named, &used, |name| {
        let own = named.iter().rev().find(|(n, _)| *n == name).map(|(_, format)| (*format).to_owned());
        own.or_else(|| (name == "combined").then(|| COMBINED.to_owned()))
    })
}

/// The formats of the names in use, each once, in order.
fn resolve(
    named: &[(&str, &str)],
    used: &[&str],
    find: impl Fn(&str) -> Option<String>,
) -> Result<Vec<String>, String> {
    let mut out: Vec<String> = Vec::new();
    let all: Vec<&str> = match used {
        [] => named.iter().map(|(name, _)| *name).collect(),
        used => used.to_vec(),
    };
    for name in all {
        let format = find(name).ok_or_else(|| {
            let near = crate::logs::fields::nearest(name, named.iter().map(|(n, _)| *n));
            let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            format!("uses the format `{name}`, which it does not define{hint}")
        })?;
        if !out.contains(&format) {
            out.push(format);
        }
    }
    Ok(out)
}

/// The statements of a configuration: nginx ends them with a semicolon or brace, Apache with the line.
fn statements(text: &str, nginx: bool) -> Vec<Vec<String>> {
    let (mut out, mut now, mut rest) = (Vec::new(), Vec::new(), text);
    while let Some((token, left)) = token(rest, nginx) {
        rest = left;
        match token {
            Token::Word(word) => now.push(word),
            Token::End if now.is_empty() => {}
            Token::End => out.push(std::mem::take(&mut now)),
        }
    }
    out.push(now);
    out
}

/// The next token and what follows it.
fn token(mut text: &str, nginx: bool) -> Option<(Token, &str)> {
    loop {
        text = text.trim_start_matches(|c: char| matches!(c, ' ' | '\t' | '\r') || nginx && c == '\n');
        text = match text {
            t if nginx && t.starts_with('#') => t.split_once('\n')?.1,
            t if t.starts_with("\\\n") || t.starts_with("\\\r\n") => t.split_once('\n')?.1,
            _ => break,
        };
    }
    let skip = |n: usize| text.get(n..).unwrap_or("");
    let ends = |c: char| if nginx { matches!(c, ';' | '{' | '}') } else { c == '\n' };
    match text.chars().next()? {
        '#' => Some((Token::End, text.split_once('\n')?.1)),
        c if ends(c) => Some((Token::End, skip(c.len_utf8()))),
        quote @ ('"' | '\'') => {
            let mut word = String::new();
            let mut chars = skip(1).char_indices();
            while let Some((at, c)) = chars.next() {
                match c {
                    '\\' => match chars.next() {
                        Some((_, escaped)) if escaped == quote || nginx && escaped == '\\' => {
                            word.push(escaped)
                        }
                        Some((_, other)) => word.extend(['\\', other]),
                        None => word.push('\\'),
                    },
                    c if c == quote => return Some((Token::Word(word), skip(at + 2))),
                    c => word.push(c),
                }
            }
            Some((Token::Word(word), ""))
        }
        _ => {
            let len = text.find(|c: char| c.is_whitespace() || ends(c)).unwrap_or(text.len());
            Some((Token::Word(text.get(..len)?.to_owned()), skip(len)))
        }
    }
}
