//! Tables of a case for polars: only the columns that a query needs are read, file by file, and rows that
//! its condition leaves out go before the next file is read.

use super::open::{Case, Table};
use polars::prelude::{
    AnonymousScan, AnonymousScanArgs, Column, DataFrame, DataType, Expr, IntoLazy, LazyFrame, PlSmallStr,
    PolarsResult, ScanArgsAnonymous, Schema, SchemaRef, TimeUnit, TimeZone, lit, polars_err,
};
use polars_io::SerReader;
use polars_io::parquet::read::ParquetReader;
use std::any::Any;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Name of the table over all data sets.
pub const ALL: &str = "events";

/// A file, and the columns that it has.
struct Part {
    path: PathBuf,
    schema: SchemaRef,
}

struct Scan {
    parts: Vec<Part>,
    /// All columns; where a file has one not, it is null.
    schema: SchemaRef,
}

impl Part {
    /// At most so many rows with these columns, all of which are in `all`.
    fn read(&self, wanted: &[PlSmallStr], all: &Schema, most: usize) -> PolarsResult<DataFrame> {
        let here = |name: &&PlSmallStr| self.schema.contains(name.as_str());
        let mut columns: Vec<String> = wanted.iter().filter(here).map(ToString::to_string).collect();
        if columns.is_empty() {
            // Any of them tells how many rows there are.
            columns.extend(self.schema.iter_names().next().map(ToString::to_string));
        }
        let mut frame = read(&self.path, Some(columns), most)?;
        for name in wanted.iter().filter(|name| !here(name)) {
            let dtype = all.try_get(name.as_str())?;
            frame.with_column(Column::full_null(name.clone(), frame.height(), dtype))?;
        }
        frame.select(wanted.iter().cloned())
    }
}

impl AnonymousScan for Scan {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn schema(&self, _: Option<usize>) -> PolarsResult<SchemaRef> {
        Ok(Arc::clone(&self.schema))
    }

    fn allows_predicate_pushdown(&self) -> bool {
        true
    }

    fn allows_projection_pushdown(&self) -> bool {
        true
    }

    fn scan(&self, wanted: AnonymousScanArgs) -> PolarsResult<DataFrame> {
        let columns: Vec<PlSmallStr> = match wanted.with_columns {
            Some(names) => names.iter().cloned().collect(),
            None => self.schema.iter_names().cloned().collect(),
        };
        let condition = wanted.predicate.map(whole).transpose()?;
        let mut left = wanted.n_rows.unwrap_or(usize::MAX);
        let mut all: Option<DataFrame> = None;
        for part in &self.parts {
            if left == 0 {
                break;
            }
            let mut frame = part.read(&columns, &self.schema, left)?;
            left = left.saturating_sub(frame.height());
            if let Some(condition) = &condition {
                frame = frame.lazy().filter(condition.clone()).collect()?;
            }
            match &mut all {
                None => all = Some(frame),
                Some(all) => drop(all.vstack_mut_owned(frame)?),
            }
        }
        all.map_or_else(|| DataFrame::empty_with_schema(&self.schema).select(columns), Ok)
    }
}

/// The condition without what polars adds to it while it sorts: a bound on the rows that can still be among
/// the first. It saves work and decides nothing, and it cannot be evaluated here.
fn whole(condition: Expr) -> PolarsResult<Expr> {
    let mut strange = false;
    let condition = condition.map_expr(|part| match part {
        Expr::Display { fmt_str, .. } if fmt_str.starts_with("dynamic_pred") => lit(true),
        Expr::Display { .. } => {
            strange = true;
            lit(true)
        }
        other => other,
    });
    if strange {
        return Err(polars_err!(ComputeError: "this condition cannot be evaluated while reading"));
    }
    Ok(condition)
}

/// Rows of a file.
pub fn read(path: &Path, columns: Option<Vec<String>>, most: usize) -> PolarsResult<DataFrame> {
    let file = File::open(path).map_err(|e| polars_err!(ComputeError: "{}: {e}", path.display()))?;
    ParquetReader::new(file).with_columns(columns).with_slice(Some((0, most))).finish()
}

/// Type of a column that holds what the manifest says.
fn dtype(holds: &str) -> DataType {
    match holds {
        "integer" => DataType::Int64,
        "float" => DataType::Float64,
        "boolean" => DataType::Boolean,
        "time" => DataType::Datetime(TimeUnit::Nanoseconds, Some(TimeZone::UTC)),
        "list of text" => DataType::List(Box::new(DataType::String)),
        "list of integer" => DataType::List(Box::new(DataType::Int64)),
        _ => DataType::String,
    }
}

/// A data set.
///
/// # Errors
/// What polars says of it.
pub fn table(table: &Table) -> PolarsResult<LazyFrame> {
    let schema = schema(table);
    lazy(parts(table, &schema).collect(), schema)
}

/// A small table: its file says what is in it.
///
/// # Errors
/// What polars says of it.
pub fn small(path: &Path) -> PolarsResult<LazyFrame> {
    let schema = Arc::clone(read(path, None, 0)?.schema());
    lazy(vec![Part { path: path.to_path_buf(), schema: Arc::clone(&schema) }], schema)
}

/// All data sets one after the other, as one table: polars' union of many cannot count their rows without a
/// type of number that nothing else here needs.
///
/// # Errors
/// What polars says of it.
pub fn all(case: &Case) -> PolarsResult<Option<LazyFrame>> {
    let (mut columns, mut files) = (Schema::default(), Vec::new());
    for table in &case.tables {
        let schema = schema(table);
        for (name, dtype) in schema.iter() {
            columns.insert(name.clone(), dtype.clone());
        }
        files.extend(parts(table, &schema));
    }
    if files.is_empty() { Ok(None) } else { lazy(files, Arc::new(columns)).map(Some) }
}

fn schema(table: &Table) -> SchemaRef {
    let columns = table.columns.iter().map(|(name, holds)| (name.as_str().into(), dtype(holds)));
    Arc::new(columns.collect::<Schema>())
}

fn parts(table: &Table, schema: &SchemaRef) -> impl Iterator<Item = Part> {
    table.files.iter().map(|path| Part { path: path.clone(), schema: Arc::clone(schema) })
}

fn lazy(parts: Vec<Part>, schema: SchemaRef) -> PolarsResult<LazyFrame> {
    let args = ScanArgsAnonymous { schema: Some(Arc::clone(&schema)), name: "case", ..Default::default() };
    LazyFrame::anonymous_scan(Arc::new(Scan { parts, schema }), args)
}
