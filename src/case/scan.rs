//! Tables of a case for polars: only the columns that a query needs are read, file by file, and rows that
//! its condition leaves out go before the next file is read.

use super::open::{Case, Table};
use polars::prelude::{
    AnonymousScan, AnonymousScanArgs, DataFrame, DataType, Expr, IntoLazy, LazyFrame, PolarsResult,
    ScanArgsAnonymous, Schema, SchemaRef, TimeUnit, TimeZone, UnionArgs, concat_lf_diagonal, lit, polars_err,
};
use polars_io::SerReader;
use polars_io::parquet::read::ParquetReader;
use std::any::Any;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Name of the table over all data sets.
pub const ALL: &str = "events";

struct Scan {
    files: Vec<PathBuf>,
    schema: SchemaRef,
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
        let columns: Option<Vec<String>> =
            wanted.with_columns.as_ref().map(|names| names.iter().map(ToString::to_string).collect());
        let condition = wanted.predicate.map(whole).transpose()?;
        let mut left = wanted.n_rows.unwrap_or(usize::MAX);
        let mut all: Option<DataFrame> = None;
        for path in &self.files {
            if left == 0 {
                break;
            }
            let mut frame = read(path, columns.clone(), left)?;
            left = left.saturating_sub(frame.height());
            if let Some(condition) = &condition {
                frame = frame.lazy().filter(condition.clone()).collect()?;
            }
            match &mut all {
                None => all = Some(frame),
                Some(all) => drop(all.vstack_mut_owned(frame)?),
            }
        }
        if let Some(all) = all {
            return Ok(all);
        }
        let none = DataFrame::empty_with_schema(&self.schema);
        columns.map_or(Ok(none.clone()), |columns| none.select(columns))
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
    let columns = table.columns.iter().map(|(name, holds)| (name.as_str().into(), dtype(holds)));
    let schema: SchemaRef = Arc::new(columns.collect::<Schema>());
    lazy(table.files.clone(), schema)
}

/// A small table: its file says what is in it.
///
/// # Errors
/// What polars says of it.
pub fn small(path: &Path) -> PolarsResult<LazyFrame> {
    let schema = Arc::clone(read(path, None, 0)?.schema());
    lazy(vec![path.to_path_buf()], schema)
}

fn lazy(files: Vec<PathBuf>, schema: SchemaRef) -> PolarsResult<LazyFrame> {
    let args = ScanArgsAnonymous { schema: Some(Arc::clone(&schema)), name: "case", ..Default::default() };
    LazyFrame::anonymous_scan(Arc::new(Scan { files, schema }), args)
}

/// All data sets one after the other; columns that a data set has not are null there.
///
/// # Errors
/// What polars says of it.
pub fn all(case: &Case) -> PolarsResult<Option<LazyFrame>> {
    let frames = case.tables.iter().map(table).collect::<PolarsResult<Vec<_>>>()?;
    if frames.is_empty() {
        return Ok(None);
    }
    let args = UnionArgs { rechunk: false, parallel: false, ..UnionArgs::default() };
    concat_lf_diagonal(frames, args).map(Some)
}
