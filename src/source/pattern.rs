//! Patterns of file names, as shells have them, for shells that do not.

use globset::{Glob, GlobBuilder, GlobMatcher};
use std::io;
use std::path::{Path, PathBuf};

/// A pattern, looked for once.
pub(super) struct Pattern<'a> {
    arg: &'a str,
    /// Where the search begins, and how much of the pattern stands behind it.
    base: &'a str,
    rest: &'a str,
    matcher: GlobMatcher,
}

/// What a search met.
#[derive(Default)]
pub(super) struct Matches {
    /// What fits, in the order of names.
    pub paths: Vec<PathBuf>,
    /// What could not be looked at and fits, or may hold what fits.
    pub errors: Vec<walkdir::Error>,
}

/// As shells have it, a name that begins with a dot has to be asked for.
fn dotted(name: &str) -> bool {
    name.starts_with('.') && !matches!(name, "." | "..")
}

fn glob(text: &str) -> Result<Glob, globset::Error> {
    GlobBuilder::new(text).literal_separator(true).backslash_escape(true).build()
}

impl<'a> Pattern<'a> {
    /// Whether it is one at all.
    pub fn is(arg: &str) -> bool {
        arg.contains(['*', '?', '[', '{'])
    }

    /// Reads a pattern; in words what is wrong with it.
    pub fn parse(arg: &'a str) -> Result<Self, String> {
        let wrong = |e: globset::Error| format!("no such file, and as a pattern: {}", e.kind());
        let matcher = glob(arg).map_err(wrong)?.compile_matcher();
        let fixed = arg.find(['*', '?', '[', '{']).and_then(|meta| arg.get(..meta)).unwrap_or_default();
        let (base, rest) = arg.split_at(fixed.rfind('/').map_or(0, |slash| slash + 1));
        Ok(Pattern { arg, base: if base.is_empty() { "." } else { base }, rest, matcher })
    }

    /// Where the search begins.
    pub fn base(&self) -> &'a Path {
        Path::new(self.base)
    }

    /// Looks for what fits.
    pub fn find(&self) -> Matches {
        let depth = if self.rest.contains("**") { usize::MAX } else { self.rest.matches('/').count() + 1 };
        let asked = self.rest.split('/').any(dotted);
        let hidden = |name: Option<&str>| !asked && name.is_some_and(dotted);
        let mut found = Matches::default();
        let walk = walkdir::WalkDir::new(self.base).min_depth(1).max_depth(depth).follow_links(true);
        let shown = |entry: &walkdir::DirEntry| entry.depth() == 0 || !hidden(entry.file_name().to_str());
        for entry in walk.sort_by_file_name().into_iter().filter_entry(shown) {
            match entry {
                Ok(entry) => {
                    let path = self.spelled(entry.path());
                    if self.matcher.is_match(path) {
                        found.paths.push(path.to_path_buf());
                    }
                }
                Err(e) if e.path().is_some_and(|path| hidden(path.file_name().and_then(|n| n.to_str()))) => {}
                Err(e) if self.concerns(&e) => found.errors.push(e),
                Err(_) => {}
            }
        }
        found
    }

    /// A path as the pattern would spell it.
    fn spelled<'p>(&self, path: &'p Path) -> &'p Path {
        if self.base == "." { path.strip_prefix(".").unwrap_or(path) } else { path }
    }

    /// Whether what could not be looked at fits, or may hold what fits.
    fn concerns(&self, error: &walkdir::Error) -> bool {
        let Some(path) = error.path() else { return true };
        if path == self.base() {
            return error.io_error().is_none_or(|e| e.kind() != io::ErrorKind::NotFound);
        }
        let path = self.spelled(path);
        if self.matcher.is_match(path) {
            return true;
        }
        let broken = path.is_symlink() && !path.exists() && error.loop_ancestor().is_none();
        !broken && self.leads_on(path)
    }

    /// Whether a folder lies on the way to what fits; if in doubt, it does.
    fn leads_on(&self, path: &Path) -> bool {
        let depth = path.to_string_lossy().split('/').count();
        let pieces: Vec<&str> = self.arg.split('/').collect();
        if self.arg.contains("**") {
            return true;
        }
        let Some(way) = pieces.get(..depth).filter(|way| way.len() < pieces.len()) else { return false };
        glob(&way.join("/")).map_or(true, |glob| glob.compile_matcher().is_match(path))
    }
}
