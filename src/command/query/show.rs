//! Answers as tables, CSV, JSON or Parquet. What comes from the evidence is hostile here too.

use crate::cli::Format;
use crate::model::{DAY, rfc3339};
use crate::sink::escape::csv::{Table, cell};
use crate::sink::escape::text::{fit, visible, width};
use crate::sink::json;
use polars::prelude::{AnyValue, DataFrame, TimeUnit};
use polars_io::parquet::write::ParquetWriter;
use serde_json::{Map, Value};
use std::io::{self, Write};

/// Widest column of a table on a terminal, in characters.
const WIDEST: usize = 60;
/// Answers of more columns are shown without those in which there is nothing.
const MANY: usize = 50;
/// Columns of the page that a column takes at least, with the gap: where not even this is left, rows stand below each other.
const LEAST: usize = 8;

/// How an answer is printed.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Which way.
    pub format: Format,
    /// Columns of the terminal; `None` where text goes elsewhere and nothing is cut.
    pub width: Option<usize>,
    /// Whether text may carry colours.
    pub color: bool,
}

/// Writes an answer.
///
/// # Errors
/// Whatever the file or pipe says.
pub fn write(mut answer: DataFrame, shape: Shape, out: &mut dyn Write) -> io::Result<()> {
    match shape.format {
        Format::Parquet => {
            ParquetWriter::new(out).finish(&mut answer).map_err(io::Error::other)?;
            return Ok(());
        }
        Format::Table => table(&answer, shape, out)?,
        Format::Csv => csv(&answer, out)?,
        Format::Json => objects(&answer, out, true)?,
        Format::Ndjson => objects(&answer, out, false)?,
    }
    out.flush()
}

/// A plan of polars, harmless.
pub fn plan(text: &str) -> String {
    text.lines().map(visible).collect::<Vec<_>>().join("\n")
}

fn names(answer: &DataFrame) -> Vec<String> {
    answer.get_column_names().iter().map(ToString::to_string).collect()
}

fn row(answer: &DataFrame, at: usize) -> Vec<Value> {
    answer.columns().iter().map(|column| column.get(at).map_or(Value::Null, |v| value(&v))).collect()
}

/// A value of polars as JSON has it; instants as everywhere in netlog.
fn value(any: &AnyValue<'_>) -> Value {
    match any {
        AnyValue::Null => Value::Null,
        AnyValue::Boolean(flag) => (*flag).into(),
        AnyValue::String(text) => (*text).into(),
        AnyValue::StringOwned(text) => text.as_str().into(),
        AnyValue::Datetime(n, unit, _) => rfc3339(nanos(*n, *unit)).into(),
        AnyValue::DatetimeOwned(n, unit, _) => rfc3339(nanos(*n, *unit)).into(),
        AnyValue::Date(days) => {
            let text = rfc3339(i64::from(*days).saturating_mul(DAY));
            text.split('T').next().unwrap_or_default().into()
        }
        AnyValue::Duration(n, unit) => nanos(*n, *unit).into(),
        AnyValue::List(items) => items.iter().map(|item| value(&item)).collect(),
        AnyValue::Float32(n) => float(f64::from(*n)),
        AnyValue::Float64(n) => float(*n),
        other => match other.extract::<i64>() {
            Some(n) => n.into(),
            None => other.extract::<u64>().map_or_else(|| other.to_string().into(), Value::from),
        },
    }
}

fn float(number: f64) -> Value {
    serde_json::Number::from_f64(number).map_or(Value::Null, Value::Number)
}

const fn nanos(n: i64, unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Nanoseconds => n,
        TimeUnit::Microseconds => n.saturating_mul(1000),
        TimeUnit::Milliseconds => n.saturating_mul(1_000_000),
    }
}

/// A value on one line, as it is; members of lists with a comma between them.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn objects(answer: &DataFrame, out: &mut dyn Write, array: bool) -> io::Result<()> {
    let names = names(answer);
    let mut line = Vec::new();
    if array {
        out.write_all(b"[")?;
    }
    for at in 0..answer.height() {
        line.clear();
        if array {
            line.extend_from_slice(if at > 0 { b",\n  " } else { b"\n  " });
        }
        let object: Map<String, Value> = names.iter().cloned().zip(row(answer, at)).collect();
        json::push_line(&mut line, &object.into());
        if !array {
            line.push(b'\n');
        }
        out.write_all(&line)?;
    }
    if array { out.write_all(b"\n]\n") } else { Ok(()) }
}

fn csv(answer: &DataFrame, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = Table::new(out);
    writer.row(names(answer).iter().map(|name| cell(name).into_owned()))?;
    for at in 0..answer.height() {
        let cells = row(answer, at).into_iter().map(|value| match &value {
            // Numbers are no formulas, whatever they begin with.
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            other => cell(&text(other)).into_owned(),
        });
        writer.row(cells)?;
    }
    writer.flush()
}

/// What a table shows of an answer.
struct Shown {
    heads: Vec<String>,
    rows: Vec<Vec<String>>,
    /// Which columns hold numbers.
    right: Vec<bool>,
    /// Columns left out.
    empty: usize,
}

impl Shown {
    fn of(answer: &DataFrame, widest: usize) -> Shown {
        let heads: Vec<String> = names(answer).iter().map(|name| visible(name)).collect();
        let rows: Vec<Vec<Value>> = (0..answer.height()).map(|at| row(answer, at)).collect();
        let known = |i: &usize| rows.iter().filter_map(|row| row.get(*i)).any(|value| !value.is_null());
        // Nobody asked by name for so many: `*` gives the columns of all formats and protocols.
        let kept: Vec<usize> = (0..heads.len()).filter(|i| heads.len() <= MANY || known(i)).collect();
        let right = |i: &usize| {
            let mut values = rows.iter().filter_map(|row| row.get(*i)).filter(|v| !v.is_null()).peekable();
            values.peek().is_some() && values.all(Value::is_number)
        };
        let spell = |row: &Vec<Value>| {
            let values = kept.iter().filter_map(|i| row.get(*i));
            values.map(|value| fit(&visible(&text(value)), widest)).collect()
        };
        Shown {
            rows: rows.iter().map(spell).collect(),
            right: kept.iter().map(right).collect(),
            empty: heads.len() - kept.len(),
            heads: kept.iter().filter_map(|i| heads.get(*i).cloned()).collect(),
        }
    }

    fn lines(&self, shape: Shape, out: &mut dyn Write) -> io::Result<()> {
        let size = |i: usize, head: &String| {
            let cells = self.rows.iter().filter_map(|row| row.get(i));
            cells.map(|cell| width(cell)).chain([width(head)]).max().unwrap_or(0)
        };
        let sizes: Vec<usize> = self.heads.iter().enumerate().map(|(i, head)| size(i, head)).collect();
        let line = |cells: &[String]| -> String {
            let cells = cells.iter().zip(&sizes).zip(&self.right).map(|((cell, size), right)| {
                let pad = " ".repeat(size.saturating_sub(width(cell)));
                if *right { format!("{pad}{cell}") } else { format!("{cell}{pad}") }
            });
            let line = cells.collect::<Vec<_>>().join("  ");
            let line = line.trim_end().to_owned();
            shape.width.map_or(line.clone(), |columns| fit(&line, columns))
        };
        writeln!(out, "{}", bold(shape, &line(&self.heads)))?;
        let rule = sizes.iter().map(|size| "-".repeat(*size)).collect::<Vec<_>>();
        writeln!(out, "{}", line(&rule))?;
        self.rows.iter().try_for_each(|row| writeln!(out, "{}", line(row)))
    }

    /// A row below the other, a value a line: for what is many times as wide as the page.
    fn records(&self, shape: Shape, page: usize, out: &mut dyn Write) -> io::Result<()> {
        let size = self.heads.iter().map(|head| width(head)).max().unwrap_or(0);
        for (n, row) in self.rows.iter().enumerate() {
            writeln!(out, "{}", bold(shape, &format!("Row {}", n + 1)))?;
            for (head, cell) in self.heads.iter().zip(row).filter(|(_, cell)| !cell.is_empty()) {
                let pad = " ".repeat(size.saturating_sub(width(head)));
                writeln!(out, "{}", fit(&format!("  {head}{pad}  {cell}"), page))?;
            }
        }
        Ok(())
    }
}

fn bold(shape: Shape, text: &str) -> String {
    if shape.color { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
}

fn table(answer: &DataFrame, shape: Shape, out: &mut dyn Write) -> io::Result<()> {
    let shown = Shown::of(answer, if shape.width.is_some() { WIDEST } else { usize::MAX });
    match shape.width.filter(|page| shown.heads.len() * LEAST > *page) {
        Some(page) => shown.records(shape, page, out)?,
        None if shown.heads.is_empty() => {}
        None => shown.lines(shape, out)?,
    }
    let rows = shown.rows.len();
    let empty = match shown.empty {
        0 => String::new(),
        some => format!("; {some} columns without a value left out"),
    };
    writeln!(out, "({rows} row{}{empty})", if rows == 1 { "" } else { "s" })
}
