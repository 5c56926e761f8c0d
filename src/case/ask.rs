//! Questions in SQL, put to polars.

use super::open::Case;
use super::scan;
use super::words::Names;
use polars::prelude::{DataFrame, LazyFrame, PolarsError, PolarsResult};
use polars::sql::SQLContext;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What is wrong with a question, for a person.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct AskError(String);

/// A case ready to be asked.
pub struct Asker {
    context: SQLContext,
    names: Names,
}

impl Asker {
    /// Makes the tables known: each data set by its name, with `_` for the dots as well, all of them as
    /// `events`, and `findings`, `inputs` and `ledger`. Nothing is read yet.
    ///
    /// # Errors
    /// A small table that is no Parquet.
    pub fn new(case: &Case) -> Result<Asker, AskError> {
        let failed = |e: PolarsError| AskError(first_line(&e.to_string()));
        let context = SQLContext::new();
        let mut names = Names::default();
        let mut add = |name: &str, frame: LazyFrame| {
            context.register(name, frame);
            names.tables.push(name.to_owned());
        };
        for table in &case.tables {
            add(&table.name, scan::table(table).map_err(failed)?);
            if table.name.contains('.') {
                add(&table.name.replace('.', "_"), scan::table(table).map_err(failed)?);
            }
        }
        if let Some(all) = scan::all(case).map_err(failed)? {
            add(scan::ALL, all);
        }
        let mut columns: Vec<String> =
            case.tables.iter().flat_map(|t| t.columns.iter().map(|c| c.0.clone())).collect();
        for (name, path) in case.small() {
            let mut frame = scan::small(&path).map_err(failed)?;
            let schema = frame.collect_schema().map_err(failed)?;
            columns.extend(schema.iter_names().map(ToString::to_string));
            add(name, frame);
        }
        columns.sort();
        columns.dedup();
        names.columns = columns;
        Ok(Asker { context, names })
    }

    /// What a question may name.
    pub const fn names(&self) -> &Names {
        &self.names
    }

    fn plan(&self, question: &str) -> Result<LazyFrame, AskError> {
        let question = self.names.quoted(question.trim().trim_end_matches(';'));
        if question.trim().is_empty() {
            return Err(AskError("nothing is asked; try: SELECT * FROM events LIMIT 10".to_owned()));
        }
        // A question that fails leaves its aliases behind: each gets a context of its own.
        self.context.clone().execute(&question).map_err(|e| self.explained(&e))
    }

    /// The answer.
    ///
    /// # Errors
    /// What is wrong with the question.
    pub fn ask(&self, question: &str) -> Result<DataFrame, AskError> {
        self.guarded(question, LazyFrame::collect)
    }

    /// How the answer would be found.
    ///
    /// # Errors
    /// What is wrong with the question.
    pub fn explain(&self, question: &str) -> Result<String, AskError> {
        self.guarded(question, |plan| plan.explain(true))
    }

    /// A question that polars stumbles over must not end the session.
    fn guarded<T>(
        &self,
        question: &str,
        work: impl FnOnce(LazyFrame) -> PolarsResult<T>,
    ) -> Result<T, AskError> {
        let answer = catch_unwind(AssertUnwindSafe(|| {
            let plan = self.plan(question)?;
            work(plan).map_err(|e| self.explained(&e))
        }));
        answer.unwrap_or_else(|_| Err(AskError("polars cannot answer this (a bug there)".to_owned())))
    }

    /// The error in words that help: what is not known, and what is meant, perhaps.
    fn explained(&self, error: &PolarsError) -> AskError {
        let text = error.to_string();
        let unknown = quoted_name(&text);
        let missing = matches!(error, PolarsError::ColumnNotFound(_) | PolarsError::SchemaFieldNotFound(_));
        let table = text.contains("relation") && text.contains("not found");
        let what = match (&unknown, table, missing || text.contains("unable to find column")) {
            (Some(name), true, _) => format!("there is no table {name}"),
            (Some(name), _, true) => format!("there is no column {name}"),
            _ => return AskError(first_line(&text)),
        };
        if unknown.as_ref().is_some_and(|name| self.names.columns.contains(name)) {
            // Elsewhere there is one of this name.
            return AskError(format!("{what} at this place of the question"));
        }
        let near = unknown.map_or_else(Vec::new, |name| self.names.nearest(&name));
        let more = match (near.is_empty(), table) {
            (false, _) => format!("; did you mean {}?", near.join(", ")),
            (true, true) => format!("; there are {}", self.names.tables.join(", ")),
            (true, false) => {
                "; netlog fields lists all, .columns TABLE at the prompt those of a table".to_owned()
            }
        };
        AskError(what + &more)
    }
}

fn first_line(text: &str) -> String {
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("polars gives no reason");
    line.trim().to_owned()
}

/// What the message has in quotes.
fn quoted_name(text: &str) -> Option<String> {
    let at = text.find(['"', '\'', '`'])?;
    let (_, rest) = text.split_at_checked(at)?;
    let quote = rest.chars().next()?;
    let rest = rest.get(1..)?;
    let end = rest.find(quote)?;
    rest.get(..end).map(str::to_owned)
}
