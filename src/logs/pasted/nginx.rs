//! nginx's log_format (ngx_http_log_module, ngx_http_core_module, ngx_http_upstream_module).

use super::{Field, Piece, apache};

/// The parts of a format.
pub(super) fn pieces(format: &str) -> Result<Vec<Piece>, String> {
    let (mut out, mut text, mut rest) = (Vec::new(), String::new(), format);
    while let Some((before, after)) = rest.split_once('$') {
        let at = format.len() - after.len();
        text.push_str(before);
        let (name, left) = match after.strip_prefix('{') {
            Some(inner) => inner.split_once('}').ok_or_else(|| format!("at {at}: `${{` without `}}`"))?,
            None => {
                let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
                after.split_at(after.find(|c| !word(c)).unwrap_or(after.len()))
            }
        };
        if name.is_empty() {
            return Err(format!("at {at}: `$` without a name"));
        }
        rest = left;
        if name == "server_protocol" {
            text.push_str("HTTP/");
        }
        if !text.is_empty() {
            out.push(Piece::Text(std::mem::take(&mut text)));
        }
        out.push(variable(name));
    }
    text.push_str(rest);
    if !text.is_empty() {
        out.push(Piece::Text(text));
    }
    Ok(out)
}

fn variable(name: &str) -> Piece {
    match name {
        "time_local" => Field::stamp("httpdate"),
        "time_iso8601" => Field::stamp("iso8601"),
        "msec" => Field::stamp("epoch"),
        "request" => Piece::Request,
        "remote_addr" | "realip_remote_addr" => Field::of("source.address"),
        "remote_port" => Field::of("source.port"),
        "remote_user" => Field::wide("user.name"),
        "server_addr" => Field::of("destination.address"),
        "server_port" => Field::of("destination.port"),
        "status" => Field::of("http.response.status_code"),
        "body_bytes_sent" => Field::of("http.response.body.bytes"),
        "bytes_sent" => Field::of("destination.bytes"),
        "request_length" => Field::of("source.bytes"),
        "request_time" => Field::of("event.duration.s"),
        "request_method" => Field::of("http.request.method"),
        "request_uri" => Field::of("url.original"),
        "uri" | "document_uri" => Field::wide("url.path"),
        "args" | "query_string" => Field::of("url.query"),
        // Empty where the client names none.
        "host" | "http_host" | "server_name" => Field::wide("url.domain"),
        "server_protocol" => Field::of("http.version"),
        "request_id" => Field::of("http.request.id"),
        "request_filename" => Field::wide("file.path"),
        "hostname" => Field::of("host.name"),
        "pid" => Field::of("process.pid"),
        "scheme" => Field::of("url.scheme"),
        "http_referer" => apache::header("referer"),
        "http_user_agent" => apache::header("user-agent"),
        other => match other.split_once('_') {
            Some(("http", header)) => apache::header(&header.replace('_', "-")),
            Some(("cookie", cookie)) => {
                Field::other("http.request.cookies", cookie, "Cookie of the request, by --log-format.")
            }
            _ => Field::other("nginx.access.variable", other, "Variable of nginx, by --log-format."),
        },
    }
}
