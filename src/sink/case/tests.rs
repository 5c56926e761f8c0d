//! What is written is what polars reads.

use super::batch::Batch;
use super::cursor::Cursor;
use super::file::Parquet;
use super::group::Group;
use super::pages::PageWriter;
use crate::case::{Column, Kind, Part, ROW};
use polars::prelude::{AnyValue, DataFrame, SerReader, Series};
use polars_io::parquet::read::ParquetReader;
use std::fs::File;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Rows of a row group: texts of some need several pages.
const ROWS: usize = 30_000;
/// Rows of a batch: no multiple of eight, and the last one of a row group is shorter.
const SHEAF: usize = 701;

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

/// Appends a value; how it is told.
fn put(batch: &mut Batch, column: u16, kind: Kind, number: u64, dice: &mut Dice) -> String {
    let text = |number: u64| format!("é{number}{}", "ü".repeat((number % 90) as usize));
    let wide = |number: u64| (number as i64).wrapping_mul(0x1234_5678_9abc_def1);
    let list = |members: Vec<String>| format!("[{}]", members.join(" "));
    let ip = |number: u64| match number % 2 {
        0 => IpAddr::V4(Ipv4Addr::from_bits(number as u32)),
        _ => IpAddr::V6(Ipv6Addr::from_bits(u128::from(number) << 70 | 1)),
    };
    match kind {
        Kind::Text if number.is_multiple_of(5) => {
            batch.ip(column, ip(number));
            ip(number).to_string()
        }
        Kind::Text | Kind::Json => {
            batch.text(column, text(number).as_bytes());
            text(number)
        }
        Kind::Int | Kind::Time => {
            batch.word(column, wide(number).cast_unsigned());
            wide(number).to_string()
        }
        Kind::Float => {
            batch.word(column, (number as f64 / 8.0).to_bits());
            (number as f64 / 8.0).to_string()
        }
        Kind::Bool => {
            batch.flag(column, number % 2 == 1);
            (number % 2 == 1).to_string()
        }
        Kind::Texts if number.is_multiple_of(3) => {
            let words: &'static [&'static str] =
                [&[][..], &["tcp", "udp"], &["tcp"]][number as usize / 3 % 3];
            batch.lasting(column, words);
            list(words.iter().map(|word| (*word).to_owned()).collect())
        }
        Kind::Texts if number.is_multiple_of(5) => {
            let members: Vec<IpAddr> = (0..dice.roll(4)).map(|more| ip(number.wrapping_add(more))).collect();
            batch.ips(column, members.len(), members.iter().copied());
            list(members.iter().map(IpAddr::to_string).collect())
        }
        Kind::Texts => {
            let members: Vec<String> =
                (0..dice.roll(4)).map(|more| text(number.wrapping_add(more))).collect();
            batch.texts(column, members.len(), |each| {
                members.iter().for_each(|member| each(member.as_bytes()))
            });
            list(members)
        }
        Kind::Ints => {
            let members: Vec<i64> = (0..dice.roll(4)).map(|more| wide(number.wrapping_add(more))).collect();
            batch.words(column, members.iter().copied());
            list(members.iter().map(i64::to_string).collect())
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

/// What a column has in the next row.
#[derive(Clone, Copy, Default)]
struct State {
    there: bool,
    number: u64,
}

/// Fills a row group; what is expected of its columns.
fn fill(group: &mut Group, columns: &[Column], states: &mut [State], dice: &mut Dice) -> Vec<Vec<String>> {
    let mut expected: Vec<Vec<String>> = columns.iter().map(|_| Vec::new()).collect();
    let (mut batch, mut bound) = (Batch::new(columns), Vec::new());
    for row in 0..ROWS {
        batch.begin(row as u32, 0);
        let columns = (0..).zip(columns).zip(states.iter_mut()).zip(&mut expected).zip(HABITS.iter().cycle());
        for ((((at, column), state), expected), habit) in columns {
            if column.name == ROW {
                expected.push((7 + row).to_string());
                continue;
            }
            if dice.roll(habit.runs) == 0 {
                *state = State { there: dice.roll(100) < habit.there, number: dice.roll(habit.values) };
            }
            expected.push(match state.there {
                true => put(&mut batch, at, column.kind, state.number, dice),
                false => "-".to_owned(),
            });
            // Of two values for one row the first counts.
            if state.there && column.kind == Kind::Text {
                batch.text(at, b"another");
            }
        }
        if row % SHEAF == SHEAF - 1 || row + 1 == ROWS {
            batch.bind(3, &mut bound);
        }
    }
    let mut cursor = Cursor(&bound);
    while !cursor.0.is_empty() {
        let batch = cursor.batch().unwrap();
        assert_eq!(batch.sheet, 3);
        group.push(7, &batch).unwrap();
    }
    assert_eq!(group.rows, ROWS);
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
        .map(|(kind, habit)| (format!("{kind:?}{habit}"), kind))
        .chain([(ROW.to_owned(), Kind::Int)])
        .map(|(name, kind)| Column { name, kind, part: Part::Whole, field: None })
        .collect();
    let (mut group, mut states) = (Group::new(&columns, 0), vec![State::default(); columns.len()]);
    let (mut dice, mut writer) = (Dice(1), PageWriter::new().unwrap());
    let mut file = Parquet::create(&path, &columns).unwrap();
    let mut expected: Vec<Vec<String>> = columns.iter().map(|_| Vec::new()).collect();
    for _ in 0..2 {
        let more = fill(&mut group, &columns, &mut states, &mut dice);
        expected.iter_mut().zip(more).for_each(|(expected, more)| expected.extend(more));
        group.write(&mut file, &columns, &mut writer).unwrap();
    }
    file.finish().unwrap();
    let frame: DataFrame = ParquetReader::new(File::open(&path).unwrap()).finish().unwrap();
    for (column, expected) in columns.iter().zip(expected) {
        let series: &Series = frame.column(&column.name).unwrap().as_materialized_series();
        let found: Vec<String> = series.iter().map(|value| told(&value)).collect();
        assert!(found == expected, "{}", column.name);
    }
}

#[test]
fn what_is_cut_short_is_not_taken() {
    let columns = [Kind::Text, Kind::Texts, Kind::Int, Kind::Bool, Kind::Ints, Kind::Int]
        .map(|kind| Column { name: format!("{kind:?}"), kind, part: Part::Whole, field: None });
    let (mut batch, mut bound) = (Batch::new(&columns), Vec::new());
    for row in 0..20 {
        batch.begin(row, 1);
        for (at, column) in (0..).zip(&columns).take(5) {
            put(&mut batch, at, column.kind, u64::from(row % 7), &mut Dice(row.into()));
        }
    }
    batch.bind(0, &mut bound);
    assert!(Cursor(&bound).batch().is_some_and(|batch| Group::new(&columns, 0).push(0, &batch).is_some()));
    for len in 0..bound.len() {
        assert!(Cursor(&bound[..len]).batch().is_none(), "{len}");
    }
    // Nothing in it makes anything panic.
    let mut dice = Dice(9);
    for _ in 0..5_000 {
        let mut wrong = bound.clone();
        let at = 12 + dice.roll(wrong.len() as u64 - 12) as usize;
        wrong[at] ^= 1 << dice.roll(8);
        if let Some(batch) = Cursor(&wrong).batch() {
            let _ = Group::new(&columns, 0).push(0, &batch);
        }
    }
}
