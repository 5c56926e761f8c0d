//! The folder: parts one after the other, then the manifest, by which a folder is known to be whole.

use super::manifest::{self, Unfinished};
use super::part::{self, Part, Summary};
use super::setup::write_setup;
use crate::report::Report;
use crate::setup::{self, Target};
use crate::sink::{SinkContext, json};
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

/// The script that loads the folder.
static SCRIPT: &str = include_str!("load.sh");

/// A folder being filled.
pub struct Folder {
    path: PathBuf,
    options: setup::Bulk,
    part: Option<Part>,
    done: Vec<Summary>,
    /// Tells the next run what is netlog's, should this one break off.
    unfinished: Unfinished,
    /// Writes the set-up, which is ready long before the last document.
    setup: JoinHandle<io::Result<Vec<Target>>>,
}

impl Folder {
    /// Makes the folder, takes away what an earlier run left in it, writes the set-up. Refuses, before anything is
    /// written, a folder where files would be lost that are not netlog's.
    pub fn create(path: &Path, context: &SinkContext) -> io::Result<Folder> {
        fs::create_dir_all(path)?;
        let unfinished = Unfinished::begin(path)?;
        write_script(&path.join("load.sh"))?;
        let (folder, schema, options) =
            (path.join("setup"), Arc::clone(&context.schema), context.setup.clone());
        let setup = std::thread::spawn(move || write_setup(&folder, &schema, &options));
        let options = context.bulk.clone();
        Ok(Folder { path: path.to_owned(), options, part: None, done: Vec::new(), unfinished, setup })
    }

    /// Appends documents, to a new part where the last one would grow too large.
    pub fn write(&mut self, documents: u32, bytes: &[u8]) -> io::Result<()> {
        let full = |part: &Part| part.bytes > 0 && part.bytes + bytes.len() as u64 > self.options.size;
        if self.part.as_ref().is_some_and(full) {
            self.end_part()?;
        }
        let number = u32::try_from(self.done.len() + 1).map_err(io::Error::other)?;
        let part = match &mut self.part {
            Some(part) => part,
            none => {
                let name = part::name(number, self.options.gzip);
                self.unfinished.part(&name)?;
                none.insert(Part::create(&self.path, name, self.options.gzip)?)
            }
        };
        part.write(documents, bytes)
    }

    fn end_part(&mut self) -> io::Result<()> {
        if let Some(part) = self.part.take() {
            self.done.push(part.finish()?);
        }
        Ok(())
    }

    /// Ends the last part and writes the manifest.
    pub fn finish(mut self, indices: &BTreeMap<String, u64>, report: &Report) -> io::Result<()> {
        self.end_part()?;
        let failed = |_| Err(io::Error::other("the set-up failed in an unforeseen way (a bug in netlog)"));
        self.setup.join().unwrap_or_else(failed)?;
        let part = |p: &Summary| json!({"file": p.name, "documents": p.documents, "bytes": p.bytes, "sha256": p.sha256});
        let manifest = json!({
            "netlog": report.version,
            "documents": self.done.iter().map(|p| p.documents).sum::<u64>(),
            "bytes": self.done.iter().map(|p| p.bytes).sum::<u64>(),
            "indices": indices,
            "parts": self.done.iter().map(part).collect::<Vec<_>>(),
        });
        let mut text = Vec::new();
        json::push(&mut text, &manifest, 0);
        text.push(b'\n');
        // Under another name first: a crash leaves no half manifest.
        let draft = self.path.join(".manifest.json");
        fs::write(&draft, text)?;
        fs::rename(draft, self.path.join(manifest::NAME))?;
        self.unfinished.end()
    }
}

fn write_script(path: &Path) -> io::Result<()> {
    fs::write(path, SCRIPT)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}
