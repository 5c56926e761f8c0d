//! What is written is what polars reads.

use super::build::{Builder, Cell};
use super::file::Parquet;
use super::press::Press;
use crate::case::{Column, Kind, Part};
use polars::prelude::{AnyValue, DataFrame, SerReader, Series};
use polars_io::parquet::read::ParquetReader;
use std::fs::File;

/// Rows of a row group: texts of some need several pages.
const ROWS: usize = 30_000;

/// Numbers that look like chance, and are the same ones each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// How values of a column come.
#[derive(Clone, Copy)]
struct Habit {
    /// Of a hundred rows so many have one, on average; they come in runs so long.
    there: u64,
    runs: u64,
    /// Different values.
    values: u64,
}

const HABITS: [Habit; 6] = [
    Habit { there: 100, runs: 1, values: 1 },
    Habit { there: 100, runs: 3, values: u64::MAX },
    Habit { there: 0, runs: 1, values: 1 },
    Habit { there: 50, runs: 1, values: 300 },
    Habit { there: 30, runs: 40, values: 2 },
    Habit { there: 97, runs: 20, values: 5_000 },
];

/// A value, and how it is told.
fn value(kind: Kind, number: u64, dice: &mut Dice) -> (Vec<u8>, String) {
    let text = |number: u64| format!("é{number}{}", "ü".repeat((number % 90) as usize));
    let cell = |text: &str| [&(text.len() as u32).to_le_bytes(), text.as_bytes()].concat();
    let list = |members: Vec<(Vec<u8>, String)>| {
        let (cells, told): (Vec<_>, Vec<_>) = members.into_iter().unzip();
        let count = (cells.len() as u16).to_le_bytes().to_vec();
        ([count, cells.concat()].concat(), format!("[{}]", told.join(" ")))
    };
    match kind {
        Kind::Text | Kind::Json => (cell(&text(number)), text(number)),
        Kind::Int | Kind::Time => {
            let wide = (number as i64).wrapping_mul(0x1234_5678_9abc_def1);
            (wide.to_le_bytes().to_vec(), wide.to_string())
        }
        Kind::Float => ((number as f64 / 8.0).to_le_bytes().to_vec(), (number as f64 / 8.0).to_string()),
        Kind::Bool => (vec![(number % 2) as u8], (number % 2 == 1).to_string()),
        Kind::Texts | Kind::Ints => {
            let one = if kind == Kind::Texts { Kind::Text } else { Kind::Int };
            list((0..dice.roll(4)).map(|more| value(one, number.wrapping_add(more), dice)).collect())
        }
    }
}

fn told(value: &AnyValue<'_>) -> String {
    match value {
        AnyValue::Null => "-".to_owned(),
        AnyValue::String(text) => (*text).to_owned(),
        AnyValue::StringOwned(text) => text.to_string(),
        AnyValue::Int64(number) | AnyValue::Datetime(number, ..) => number.to_string(),
        AnyValue::Float64(number) => number.to_string(),
        AnyValue::Boolean(flag) => flag.to_string(),
        AnyValue::List(members) => {
            let members: Vec<String> = members.iter().map(|member| told(&member)).collect();
            format!("[{}]", members.join(" "))
        }
        other => panic!("{other:?}"),
    }
}

/// Fills a row group; what is expected of it.
fn fill(builder: &mut Builder, kind: Kind, habit: Habit, dice: &mut Dice) -> Vec<String> {
    let (mut cells, mut bytes, mut expected) = (Vec::new(), Vec::new(), Vec::new());
    let (mut there, mut number) = (true, 0);
    for row in 0..ROWS {
        if dice.roll(habit.runs) == 0 {
            there = dice.roll(100) < habit.there;
            number = dice.roll(habit.values);
        }
        if there {
            let (cell, text) = value(kind, number, dice);
            cells.push(Cell { row: row as u32, at: bytes.len() as u32 });
            bytes.extend(cell);
            expected.push(text);
        } else {
            expected.push("-".to_owned());
        }
        if row % 700 == 699 || row + 1 == ROWS {
            builder.read(&mut cells, &bytes).unwrap();
            bytes.clear();
        }
    }
    expected
}

#[test]
fn columns_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    let kinds =
        [Kind::Text, Kind::Json, Kind::Int, Kind::Time, Kind::Float, Kind::Bool, Kind::Texts, Kind::Ints];
    let columns: Vec<Column> = kinds
        .iter()
        .flat_map(|kind| (0..HABITS.len()).map(move |habit| (*kind, habit)))
        .map(|(kind, habit)| Column { name: format!("{kind:?}{habit}"), kind, part: Part::Whole, field: None })
        .collect();
    let mut builders: Vec<Builder> = columns.iter().map(|column| Builder::new(column.kind)).collect();
    let (mut dice, mut press) = (Dice(1), Press::new().unwrap());
    let mut file = Parquet::create(&path, &columns).unwrap();
    let mut expected: Vec<Vec<String>> = columns.iter().map(|_| Vec::new()).collect();
    for _ in 0..2 {
        for (((builder, column), habit), expected) in
            builders.iter_mut().zip(&columns).zip(HABITS.iter().cycle()).zip(&mut expected)
        {
            expected.extend(fill(builder, column.kind, *habit, &mut dice));
        }
        file.write(ROWS, &columns, &mut builders, &mut press).unwrap();
    }
    file.finish().unwrap();
    let frame: DataFrame = ParquetReader::new(File::open(&path).unwrap()).finish().unwrap();
    for (column, expected) in columns.iter().zip(expected) {
        let series: &Series = frame.column(&column.name).unwrap().as_materialized_series();
        let found: Vec<String> = series.iter().map(|value| told(&value)).collect();
        assert!(found == expected, "{}", column.name);
    }
}
