//! Labels of the user's: `--label KEY=VALUE`, or `[labels]` of the configuration.

use super::{UsageError, value};
use crate::enrich::Label;
use crate::model::{Field, Type};
use std::collections::BTreeMap;

/// Those of the file, replaced and joined by those of the command line. A field lives as long as the program;
/// there are as many as the user typed.
///
/// # Errors
/// A text without `=`, or a name that is none.
pub(super) fn read(given: &[String], file: &BTreeMap<String, String>) -> Result<Vec<Label>, UsageError> {
    let mut all = file.clone();
    for text in given {
        let pair = text.split_once('=').ok_or_else(|| value("--label", text, "write KEY=VALUE"))?;
        all.insert(pair.0.to_owned(), pair.1.to_owned());
    }
    all.into_iter().map(|(key, text)| Ok((field(&key)?, text))).collect()
}

fn field(key: &str) -> Result<&'static Field, UsageError> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if key.is_empty() || !key.chars().all(good) {
        return Err(value("--label", key, "a key has letters, digits, _ and -"));
    }
    let name: &'static str = format!("labels.{key}").leak();
    Ok(Box::leak(Box::new(Field { name, ty: Type::Keyword, doc: "A label of the user's." })))
}

#[cfg(test)]
mod tests {
    use super::read;
    use std::collections::BTreeMap;

    #[test]
    fn keys_and_values() {
        let file =
            BTreeMap::from([("env".to_owned(), "test".to_owned()), ("site".to_owned(), "b".to_owned())]);
        let given = ["env=prod=1".to_owned(), "x-1=".to_owned()];
        let labels = read(&given, &file).unwrap();
        let told: Vec<(&str, &str)> = labels.iter().map(|(f, text)| (f.name, text.as_str())).collect();
        assert_eq!(told, [("labels.env", "prod=1"), ("labels.site", "b"), ("labels.x-1", "")]);
        for bad in ["env", "a.b=c", "=x", "\u{1b}=x"] {
            assert!(read(&[bad.to_owned()], &BTreeMap::new()).is_err(), "{bad:?}");
        }
    }
}
