//! Mistakes in TOML files, told with their place and what is likely meant.

use super::fields::nearest;

/// Line and column (in characters, from 1) of a mistake in `text`, and what is wrong there: the key, and the
/// nearest of the names that would be right.
pub fn toml_mistake(text: &str, error: &toml::de::Error) -> (usize, usize, String) {
    let at = error.span().map_or(0, |span| span.start);
    let before = text.get(..at).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let key = key(text.get(at..).unwrap_or_default(), before);
    (line, column, suggest(error.message(), key))
}

/// The key whose value begins at a place, if one does.
fn key<'t>(from: &'t str, before: &'t str) -> Option<&'t str> {
    let line = before.rsplit('\n').next()?;
    let (key, rest) = line.split_once('=')?;
    let value = rest.trim().is_empty() || rest.trim_start().starts_with('[');
    (value && !from.is_empty()).then(|| key.trim())
}

/// The message, with the key and with the nearest of the names that are expected in place of all of them.
fn suggest(message: &str, key: Option<&str>) -> String {
    let mut names = message.split('`').skip(1).step_by(2);
    if let Some(wrong) = names.next().filter(|_| message.starts_with("unknown field")) {
        let known: Vec<&str> = names.collect();
        let mut sorted = known.clone();
        sorted.sort_unstable();
        return match nearest(wrong, known.iter().copied()) {
            Some(near) => format!("there is no option `{wrong}` here; did you mean `{near}`?"),
            None => format!("there is no option `{wrong}` here, but {}", sorted.join(", ")),
        };
    }
    let message = message.trim_end().replace('\n', "; ");
    key.map_or(message.clone(), |key| format!("{key}: {message}"))
}
