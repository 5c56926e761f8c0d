//! A case on disk: its manifest, checked, and the files of its tables.

use super::account::{self, Names};
use super::{EVENTS, LEDGER, MANIFEST, VERSION};
use crate::model::{Ledger, SourceInfo};
use serde_json::Value;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

/// Largest manifest and ledger that are read.
const MOST: u64 = 64 << 20;

/// Why a directory cannot be read as a case.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// There is no manifest.
    #[error("{} is no case: there is no {MANIFEST} in it; netlog analyze INPUT -o case=DIR makes one", .0.display())]
    None(PathBuf),
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file has something else in it.
    #[error("{}: {reason}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// One data set of a case.
#[derive(Clone, Debug)]
pub struct Table {
    /// The data set.
    pub name: String,
    /// Its files, in the order of their names.
    pub files: Vec<PathBuf>,
    /// Names of its columns and what they hold, as the manifest says it.
    pub columns: Vec<(String, String)>,
    /// Types of the columns' fields, as [`crate::model::Type::name`] has them.
    pub types: Vec<Option<String>>,
    /// Rows it has.
    pub rows: u64,
}

/// A case.
#[derive(Clone, Debug)]
pub struct Case {
    /// The directory.
    pub folder: PathBuf,
    /// Its data sets, by name.
    pub tables: Vec<Table>,
    /// Events of all of them.
    pub events: u64,
    manifest: Value,
}

/// Whether the directory is a case.
pub fn is_case(path: &Path) -> bool {
    path.join(MANIFEST).is_file()
}

impl Case {
    /// Reads the manifest and looks for the files.
    ///
    /// # Errors
    /// Where there is none, or one that this version cannot read.
    pub fn open(folder: &Path) -> Result<Case, CaseError> {
        if !is_case(folder) {
            return Err(CaseError::None(folder.to_path_buf()));
        }
        let path = folder.join(MANIFEST);
        let manifest = document(&path)?;
        let wrong = |reason: &str| CaseError::Content { path: path.clone(), reason: reason.to_owned() };
        if manifest.get("format").and_then(Value::as_str) != Some("netlog case") {
            return Err(wrong("is not the manifest of a case"));
        }
        let version = manifest.get("version").and_then(Value::as_u64).unwrap_or(0);
        if version > VERSION {
            let newer = format!("has version {version} of the layout; this netlog reads up to {VERSION}");
            return Err(wrong(&newer));
        }
        let listed = manifest.get("tables").and_then(Value::as_array);
        let mut tables = Vec::new();
        for table in listed.ok_or_else(|| wrong("lists no tables"))? {
            tables
                .push(read_table(folder, table).ok_or_else(|| wrong("has a table that is not described"))??);
        }
        tables.sort_by(|a: &Table, b| a.name.cmp(&b.name));
        let events = tables.iter().map(|t| t.rows).sum();
        Ok(Case { folder: folder.to_path_buf(), tables, events, manifest })
    }

    /// Its inputs.
    pub fn inputs(&self, names: &mut Names) -> Result<Vec<SourceInfo>, CaseError> {
        let inputs = self.manifest.get("inputs").and_then(Value::as_array);
        let read = |all: &Vec<Value>| all.iter().map(|v| account::read_input(v, names)).collect();
        let wrong = || CaseError::Content {
            path: self.folder.join(MANIFEST),
            reason: "has inputs that are not described".to_owned(),
        };
        inputs.and_then(read).ok_or_else(wrong)
    }

    /// Its accounts, whose sources are numbered from `base`.
    ///
    /// # Errors
    /// Where they are missing or something else.
    pub fn ledger(&self, base: u32, names: &mut Names) -> Result<Ledger, CaseError> {
        let path = self.folder.join(LEDGER);
        let read = account::read_ledger(&document(&path)?, base, names);
        read.ok_or_else(|| CaseError::Content { path, reason: "is not the ledger of a case".to_owned() })
    }

    /// A text of the manifest: `command`, `netlog`.
    pub fn text(&self, key: &str) -> &str {
        self.manifest.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    /// Where the small tables lie, by name.
    pub fn small(&self) -> Vec<(&'static str, PathBuf)> {
        let of = |name| (name, self.folder.join(format!("{name}.parquet")));
        ["findings", "inputs", "ledger"].map(of).into_iter().filter(|(_, path)| path.is_file()).collect()
    }
}

fn document(path: &Path) -> Result<Value, CaseError> {
    let failed = |source| CaseError::Read { path: path.to_path_buf(), source };
    let mut text = Vec::new();
    File::open(path).and_then(|file| file.take(MOST).read_to_end(&mut text)).map_err(failed)?;
    serde_json::from_slice(&text)
        .map_err(|e| CaseError::Content { path: path.to_path_buf(), reason: format!("is no JSON: {e}") })
}

/// A table; its folder must lie in the case.
fn read_table(folder: &Path, table: &Value) -> Option<Result<Table, CaseError>> {
    let text = |value: &Value, key: &str| Some(value.get(key)?.as_str()?.to_owned());
    let place = text(table, "folder")?;
    let inside = Path::new(&place).components().all(|c| matches!(c, Component::Normal(_)));
    if !inside || !place.starts_with(EVENTS) {
        return None;
    }
    let columns = table.get("columns")?.as_array()?;
    let pair = |c: &Value| Some((text(c, "name")?, text(c, "holds")?));
    let mut files = Vec::new();
    let place = folder.join(place);
    if let Err(source) = find(&place, &mut files) {
        return Some(Err(CaseError::Read { path: place, source }));
    }
    files.sort();
    Some(Ok(Table {
        name: text(table, "name")?,
        files,
        columns: columns.iter().map(pair).collect::<Option<_>>()?,
        types: columns.iter().map(|c| text(c, "type")).collect(),
        rows: table.get("rows")?.as_u64()?,
    }))
}

/// Parquet files of a folder and of its folders of days.
fn find(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        let kind = entry.file_type()?;
        if kind.is_dir() && name.starts_with("day=") {
            for file in fs::read_dir(&path)? {
                files.push(file?.path());
            }
        } else if kind.is_file() && name.ends_with(".parquet") {
            files.push(path);
        }
    }
    files.retain(|file| file.extension().is_some_and(|e| e == "parquet"));
    Ok(())
}
