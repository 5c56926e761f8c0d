//! Log formats as servers write them in their configuration: Apache's `LogFormat`, nginx's `log_format`,
//! the `${…}` strings of AWS VPC flow logs. They become a format file like any other, with templates.
//!
//! A format that logs the request line gets two templates: one for requests that are one, and one for
//! what scanners send instead.

mod apache;
mod conf;
mod json;
mod nginx;

use super::fields::nearest;
use toml::{Table, Value};

/// The shipped format whose columns a `${…}` string reorders.
const VPC: &str = include_str!("../../../patterns/aws.vpcflow.toml");
/// Name of the format that is made.
const NAME: &str = "log-format";
/// Where a request line is kept that cannot be taken apart.
const REQUEST: &str = "apache.access.request";

/// A format that was pasted, or the formats of a server's configuration, as a format file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFormat(String);

/// A part of a format.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Field(Field),
    /// Method, target and version.
    Request,
}

/// Something that is logged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Field {
    /// Name in a template; nothing is kept without one.
    name: String,
    /// Form of a stamp.
    form: Option<String>,
    /// May hold blanks.
    blanks: bool,
    /// What it is, where no shipped format declares it.
    doc: Option<String>,
}

impl Field {
    fn of(name: &str) -> Piece {
        Piece::Field(Field { name: name.to_owned(), ..Field::default() })
    }

    fn stamp(form: &str) -> Piece {
        let form = Some(form.to_owned());
        Piece::Field(Field { name: "@timestamp".to_owned(), form, ..Field::default() })
    }

    fn wide(name: &str) -> Piece {
        Piece::Field(Field { name: name.to_owned(), blanks: true, ..Field::default() })
    }

    fn declared(name: &str, doc: &str) -> Piece {
        let doc = Some(doc.to_owned());
        Piece::Field(Field { name: name.to_owned(), doc, blanks: true, ..Field::default() })
    }

    /// A field for the value of a header, cookie or variable that has none of its own.
    fn other(place: &str, name: &str, doc: &str) -> Piece {
        let clean =
            |c: char| if c.is_ascii_alphanumeric() || c == '_' { c.to_ascii_lowercase() } else { '-' };
        let name: String = name.chars().map(clean).collect();
        Field::declared(&format!("{place}.{name}"), doc)
    }
}

/// Whose language a format is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    Apache,
    Nginx,
}

impl LogFormat {
    /// The format of a string.
    ///
    /// # Errors
    /// A sentence that tells what is wrong, and where.
    pub fn pasted(text: &str) -> Result<LogFormat, String> {
        let text = text.trim_matches(['\n', '\r']);
        if text.contains("${")
            && ["srcaddr", "dstaddr", "interface-id"].iter().any(|name| text.contains(name))
        {
            return vpc(text);
        }
        let dialect = match (text.contains('%'), text.contains('$')) {
            (true, _) => Dialect::Apache,
            (false, true) => Dialect::Nginx,
            (false, false) => match apache::nickname(text) {
                Some(known) => return made(&[(Dialect::Apache, known.to_owned())]),
                None => {
                    return Err(
                        "is neither an Apache LogFormat (%h …), an nginx log_format ($remote_addr …), \
                         a VPC flow log format (${srcaddr} …) nor one of common, combined, vhost_combined"
                            .to_owned(),
                    );
                }
            },
        };
        made(&[(dialect, text.to_owned())])
    }

    /// The formats that a server's configuration uses for its access logs.
    ///
    /// # Errors
    /// A sentence that tells what is wrong, and where.
    pub fn of_config(text: &str) -> Result<LogFormat, String> {
        made(&conf::formats(text)?)
    }

    /// The format file.
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// The format file of one or several formats.
fn made(formats: &[(Dialect, String)]) -> Result<LogFormat, String> {
    let texts = |pairs: &[(&str, &str)]| -> Table {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value))).collect()
    };
    let (mut rules, mut fields) = (Vec::new(), Table::new());
    for (dialect, text) in formats {
        let pieces = match dialect {
            Dialect::Apache => apache::pieces(text)?,
            Dialect::Nginx => nginx::pieces(text)?,
        };
        for field in
            pieces.iter().filter_map(|p| if let Piece::Field(field) = p { Some(field) } else { None })
        {
            if let Some(doc) = &field.doc {
                let keyword = [("type", "keyword"), ("doc", doc)];
                let declared = keyword.map(|(key, value)| (key.to_owned(), Value::from(value)));
                fields.insert(field.name.clone(), Value::Table(declared.into_iter().collect()));
            }
        }
        let request = pieces.contains(&Piece::Request);
        rules.extend((*dialect == Dialect::Nginx).then(|| json::rule(text)).flatten());
        rules.push(Value::Table(Table::from_iter([(
            "delimited".to_owned(),
            template(&pieces, true)?.into(),
        )])));
        if request {
            // Not by the book: as it is, and what can be made of it.
            let rule = [
                ("delimited".to_owned(), template(&pieces, false)?.into()),
                (
                    "step".to_owned(),
                    Value::Array(vec![texts(&[("field", REQUEST), ("do", "request")]).into()]),
                ),
            ];
            rules.push(Value::Table(rule.into_iter().collect()));
        }
    }
    let dataset = match formats.first() {
        Some((Dialect::Nginx, _)) => "nginx.access",
        _ => "apache.access",
    };
    let mut file = texts(&[
        ("name", NAME),
        ("doc", "As --log-format says."),
        ("dataset", dataset),
        ("protocol", "http"),
    ]);
    file.insert("null".to_owned(), Value::from(vec!["-", ""]));
    file.insert(
        "set".to_owned(),
        Value::Table(texts(&[("event.category", "web"), ("event.type", "access")])),
    );
    // What the user says outweighs what lines look like.
    file.insert("hints".to_owned(), Value::Table([(String::new(), Value::from(9.0))].into_iter().collect()));
    file.insert("fields".to_owned(), Value::Table(fields));
    file.insert("rule".to_owned(), Value::Array(rules));
    toml::to_string(&file).map(LogFormat).map_err(|e| e.to_string())
}

/// The template of a format; `split` takes the request line apart.
fn template(pieces: &[Piece], split: bool) -> Result<String, String> {
    let mut out = String::new();
    for (i, piece) in pieces.iter().enumerate() {
        let text = |at: Option<usize>| match at.and_then(|at| pieces.get(at)) {
            Some(Piece::Text(text)) => text.as_str(),
            _ => "",
        };
        let (before, after) = (text(i.checked_sub(1)), text(Some(i + 1)));
        if !matches!(piece, Piece::Text(_)) && after.is_empty() && i + 1 < pieces.len() {
            let number = i + 1;
            return Err(format!(
                "nothing stands between its parts {number} and {}: they cannot be told apart",
                number + 1
            ));
        }
        let quoted = before.ends_with('"') && after.starts_with('"');
        // Quotes within a value are escaped, brackets are not: the stamp in brackets that a quote follows is the last.
        let bracket = after.ends_with('[') && !after.contains('"') && stamped(pieces.get(i + 2..));
        match piece {
            Piece::Text(text) => out.push_str(&text.replace('%', "%%")),
            Piece::Request if split => {
                out.push_str("%{http.request.method} %{url.original} HTTP/%{http.version}")
            }
            Piece::Request => {
                let mode = if quoted { "quoted" } else { "text" };
                out.push_str(&format!("%{{{REQUEST}:{mode}}}"));
            }
            Piece::Field(Field { name, form: Some(form), .. }) => {
                out.push_str(&format!("%{{{name}:{form}}}"))
            }
            Piece::Field(Field { name, blanks, doc, .. }) => {
                let number = ["port", "bytes", "status_code", "pid"].iter().any(|n| name.ends_with(n));
                let mode = match (number || name.starts_with("event.duration"), quoted, blanks) {
                    (true, ..) => "",
                    // An address may hold colons itself.
                    _ if name.ends_with(".address") && after.starts_with(':') => ":host",
                    (false, false, true) if bracket => ":unquoted",
                    (false, true, _) => ":quoted",
                    // Headers are lists of items with ", " between (RFC 9110 5.6.1); no other text is.
                    (false, false, true) if doc.is_some() && after.starts_with(' ') => ":list",
                    (false, false, true) => ":text",
                    (false, false, false) => "",
                };
                out.push_str(&format!("%{{{name}{mode}}}"));
            }
        }
    }
    Ok(out)
}

/// Whether the pieces begin with a stamp, behind which come words and a quote.
fn stamped(pieces: Option<&[Piece]>) -> bool {
    let Some([Piece::Field(Field { form: Some(_), .. }), rest @ ..]) = pieces else { return false };
    let quote = rest.iter().position(|piece| matches!(piece, Piece::Text(text) if text.contains('"')));
    let words = |piece: &Piece| match piece {
        Piece::Field(field) => !field.blanks || field.name == "url.domain",
        other => matches!(other, Piece::Text(_)),
    };
    quote.and_then(|at| rest.get(..at)).is_some_and(|before| before.iter().all(words))
}

/// The shipped VPC format with another order of columns.
fn vpc(text: &str) -> Result<LogFormat, String> {
    let mut order = Vec::new();
    for (at, word) in text.split(' ').filter(|word| !word.is_empty()).enumerate() {
        let name = word.strip_prefix("${").and_then(|w| w.strip_suffix('}'));
        order.push(name.ok_or_else(|| format!("part {} (`{word}`) is no ${{field}}", at + 1))?);
    }
    let mut file: Table = VPC.parse().map_err(|e: toml::de::Error| e.to_string())?;
    known(&file, &order)?;
    for unused in ["test", "fields"] {
        file.remove(unused);
    }
    file.insert("name".to_owned(), Value::from(NAME));
    file.insert("dataset".to_owned(), Value::from("aws.vpcflow"));
    file.insert("hints".to_owned(), Value::Table([(String::new(), Value::from(9.0))].into_iter().collect()));
    let rules = file.get_mut("rule").and_then(Value::as_array_mut).into_iter().flatten();
    for columns in rules.filter_map(|rule| rule.get_mut("columns")).filter_map(Value::as_table_mut) {
        columns.insert("order".to_owned(), Value::from(order.join(" ")));
    }
    toml::to_string(&file).map(LogFormat).map_err(|e| e.to_string())
}

/// Tells a name that no column has, with the nearest that one has.
fn known(file: &Table, order: &[&str]) -> Result<(), String> {
    let rules = file.get("rule").and_then(Value::as_array).into_iter().flatten();
    let map = rules.filter_map(|rule| rule.get("columns")?.get("map")?.as_table()).next();
    let names: Vec<&str> = map.into_iter().flat_map(|map| map.keys().map(String::as_str)).collect();
    let Some((at, name)) = order.iter().enumerate().find(|(_, name)| !names.contains(name)) else {
        return Ok(());
    };
    let near = nearest(name, names.iter().copied());
    let near = near.map_or(String::new(), |near| format!("; did you mean `${{{near}}}`?"));
    Err(format!("part {} (`${{{name}}}`) is no field of flow logs{near}", at + 1))
}

#[cfg(test)]
mod tests;
