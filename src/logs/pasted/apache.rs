//! Apache's LogFormat (mod_log_config, 2.4).

use super::{Field, Piece};

/// Formats that Apache's own configuration files name.
pub(super) fn nickname(name: &str) -> Option<&'static str> {
    Some(match name {
        "common" => "%h %l %u %t \"%r\" %>s %b",
        "combined" => "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\"",
        "vhost_combined" => "%v:%p %h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\"",
        _ => return None,
    })
}

/// The parts of a format.
pub(super) fn pieces(format: &str) -> Result<Vec<Piece>, String> {
    let (mut out, mut text, mut rest) = (Vec::new(), String::new(), format);
    while let Some(c) = rest.chars().next() {
        let at = format.len() - rest.len() + 1;
        rest = rest.get(c.len_utf8()..).unwrap_or("");
        match (c, rest.chars().next()) {
            ('\\', Some(escaped)) => {
                text.push(match escaped {
                    't' => '\t',
                    'n' => '\n',
                    other => other,
                });
                rest = rest.get(escaped.len_utf8()..).unwrap_or("");
            }
            ('%', Some('%')) => {
                text.push('%');
                rest = rest.get(1..).unwrap_or("");
            }
            ('%', _) => {
                let (pieces, left) = directive(rest).map_err(|why| format!("at {at}: {why}"))?;
                rest = left;
                for piece in pieces {
                    match piece {
                        Piece::Text(more) => text.push_str(&more),
                        other => {
                            if !text.is_empty() {
                                out.push(Piece::Text(std::mem::take(&mut text)));
                            }
                            out.push(other);
                        }
                    }
                }
            }
            _ => text.push(c),
        }
    }
    if !text.is_empty() {
        out.push(Piece::Text(text));
    }
    let mut out = one_stamp(out)?;
    // `%U%q` is the path with its query.
    let query = Field::of("url.query");
    while let Some(at) = out.windows(2).position(|pair| pair == [Field::of("url.path"), query.clone()]) {
        out.splice(at..at + 2, [Field::of("url.original")]);
    }
    Ok(out)
}

/// A directive behind its percent sign, with what it stands for and what follows it.
fn directive(text: &str) -> Result<(Vec<Piece>, &str), String> {
    // Conditions on the status (`!200,304`) and the choice between requests (`<`, `>`).
    let text = text.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '!' | ',' | '<' | '>'));
    let (argument, rest) = match text.strip_prefix('{') {
        None => ("", text),
        Some(inner) => inner.split_once('}').ok_or("`%{` without `}`")?,
    };
    let (letter, rest) = match rest.strip_prefix("^t") {
        Some(more) => ("^", more.get(1..).unwrap_or("")),
        None => rest.split_at_checked(1).ok_or("`%` without a letter")?,
    };
    let piece = match (letter, argument) {
        ("t", _) => return Ok((time(argument)?, rest)),
        ("H", _) => return Ok((vec![Piece::Text("HTTP/".to_owned()), Field::of("http.version")], rest)),
        ("r", _) => Piece::Request,
        // The peer of the connection, which is a proxy where another directive tells the client (mod_remoteip).
        ("a", "c") => Field::of(""),
        ("h" | "a", _) => Field::of("source.address"),
        ("A", _) => Field::of("destination.address"),
        ("u", _) => Field::wide("user.name"),
        ("s", _) => Field::of("http.response.status_code"),
        ("b" | "B", _) => Field::of("http.response.body.bytes"),
        ("O", _) => Field::of("destination.bytes"),
        ("I", _) => Field::of("source.bytes"),
        ("D", _) | ("T", "us") => Field::of("event.duration.us.begun"),
        ("T", "ms") => Field::of("event.duration.ms.begun"),
        ("T", _) => Field::of("event.duration.s.begun"),
        ("m", _) => Field::of("http.request.method"),
        ("U", _) => Field::of("url.path"),
        ("v" | "V", _) => Field::wide("url.domain"),
        ("p", "remote") => Field::of("source.port"),
        ("p", _) => Field::of("destination.port"),
        ("P", "" | "pid") => Field::of("process.pid"),
        ("L", _) => Field::of("http.request.id"),
        ("f", _) => Field::wide("file.path"),
        ("i", name) => header(name),
        ("o", name) => {
            Field::other("http.response.headers", name, "Header of the response, by --log-format.")
        }
        ("C", name) => Field::other("http.request.cookies", name, "Cookie of the request, by --log-format."),
        ("e", name) => Field::other("apache.access.env", name, "Environment variable, by --log-format."),
        ("n", name) => Field::other("apache.access.note", name, "Note of a module, by --log-format."),
        ("x", name) => Field::other("apache.access.variable", name, "Variable of mod_ssl, by --log-format."),
        ("q", _) => Field::of("url.query"),
        ("l" | "k" | "X" | "R" | "S" | "P" | "^", _) => Field::of(""),
        (other, _) => return Err(format!("unknown directive `%{other}`")),
    };
    Ok((vec![piece], rest))
}

/// A header of the request.
pub(super) fn header(name: &str) -> Piece {
    match name.to_ascii_lowercase().as_str() {
        "referer" => Field::wide("http.request.referrer"),
        "user-agent" => Field::wide("user_agent.original"),
        "host" => Field::of("url.domain"),
        other => Field::other("http.request.headers", other, "Header of the request, by --log-format."),
    }
}

/// What the fraction of a second is called in the form of a stamp.
const FRACTION: &str = "%f";

/// Makes one stamp of the parts that several `%{…}t` are: `%{%d/%b/%Y %T}t.%{msec_frac}t %{%z}t`. What stands
/// elsewhere is no stamp by itself.
fn one_stamp(pieces: Vec<Piece>) -> Result<Vec<Piece>, String> {
    use crate::logs::time::Form;
    let form = |piece: &Piece| match piece {
        Piece::Field(Field { form: Some(form), .. }) => Some(form.replace("epoch", "%s")),
        _ => None,
    };
    let stamps: Vec<usize> =
        (0..pieces.len()).filter(|at| pieces.get(*at).and_then(form).is_some()).collect();
    let (Some(first), Some(last)) = (stamps.first(), stamps.last()) else { return Ok(pieces) };
    let between = pieces.get(*first..=*last).unwrap_or_default();
    let near = |piece: &Piece| matches!(piece, Piece::Text(_)) || form(piece).is_some();
    if stamps.len() > 1 && between.iter().all(near) {
        let part = |piece: &Piece| match piece {
            Piece::Text(text) => text.replace('%', "%%"),
            other => form(other).unwrap_or_default(),
        };
        let whole: String = between.iter().map(part).collect();
        if Form::named(&whole).is_ok() {
            let mut pieces = pieces;
            pieces.splice(*first..=*last, [Field::stamp(&whole)]);
            return Ok(pieces);
        }
    }
    let mut told = None;
    let alone = |piece: Piece| match &piece {
        Piece::Field(Field { form: Some(form), .. }) => match (Form::named(form), told.is_some()) {
            (Ok(_), false) => {
                told = Some(());
                Ok(piece)
            }
            (Err(why), false) if form != FRACTION && stamps.len() == 1 => Err(why),
            _ => Ok(Field::wide("")),
        },
        _ => Ok(piece),
    };
    pieces.into_iter().map(alone).collect()
}

/// `%t` with an argument: a form of strftime, or a number.
fn time(argument: &str) -> Result<Vec<Piece>, String> {
    let argument = ["begin:", "end:"].iter().find_map(|p| argument.strip_prefix(p)).unwrap_or(argument);
    Ok(match argument {
        "" => {
            vec![Piece::Text("[".to_owned()), Field::stamp("httpdate"), Piece::Text("]".to_owned())]
        }
        "sec" => vec![Field::stamp("epoch")],
        "msec" => vec![Field::stamp("epoch_ms")],
        "usec" => vec![Field::stamp("epoch_us")],
        "msec_frac" | "usec_frac" => vec![Field::stamp(FRACTION)],
        form => {
            let form = [("%T", "%H:%M:%S"), ("%F", "%Y-%m-%d"), ("%D", "%m/%d/%y"), ("%R", "%H:%M")]
                .iter()
                .fold(form.to_owned(), |form, (short, long)| form.replace(short, long));
            // What stands before the first conversion is not part of the stamp.
            let (before, stamp) = form.split_at(form.find('%').ok_or("%{…}t has no conversion")?);
            vec![Piece::Text(before.to_owned()), Field::stamp(stamp)]
        }
    })
}
