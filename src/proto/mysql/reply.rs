//! The result of a command, packet by packet.

use super::login::error;
use super::wire::{Packet, Take, lossy};
use crate::proto::{Limits, Options, sql};

const MORE_RESULTS: u64 = 8;
/// An end-of-rows packet is shorter than this.
const EOF: usize = 9;

#[derive(Debug, PartialEq, Eq)]
enum Expect {
    /// OK, error, or a number of columns.
    Head,
    /// Definitions of columns that are to come.
    Columns(u64),
    /// EOF after the definitions, or the first row if there is none.
    AfterColumns,
    Rows,
    /// Definitions of parameters and columns of a prepared statement; EOF packets that may come.
    Definitions(u64, u64),
    /// Definitions up to EOF, without their number before.
    List,
    /// One packet of any contents.
    Any,
}

/// What is known of the result.
#[derive(Debug)]
pub(super) struct Reply {
    expect: Expect,
    binary: bool,
    prepare: bool,
    full: bool,
    no_eof: bool,
    pub infile: bool,
    pub affected: u64,
    pub insert_id: u64,
    pub fields: u64,
    pub rows: u64,
    pub results: u64,
    pub tables: Vec<String>,
    pub csv: sql::Csv,
    pub error: Option<(u64, String)>,
    /// Number of the statement that was prepared.
    pub statement: Option<u32>,
    /// How many parameters it has.
    pub parameters: usize,
}

impl Reply {
    pub(super) fn new(command: &str, options: &Options) -> Reply {
        let said = &options.protocols.mysql;
        let expect = match command {
            "STATISTICS" => Expect::Any,
            "FIELD_LIST" => Expect::List,
            "STMT_FETCH" => Expect::Rows,
            _ => Expect::Head,
        };
        Reply {
            expect,
            binary: matches!(command, "STMT_EXECUTE" | "STMT_FETCH"),
            prepare: command == "STMT_PREPARE",
            full: options.wants(said.send_response),
            no_eof: false,
            infile: false,
            affected: 0,
            insert_id: 0,
            fields: 0,
            rows: 0,
            results: 0,
            tables: Vec::new(),
            csv: sql::Csv::new(said.max_rows, said.max_row_length),
            error: None,
            statement: None,
            parameters: 0,
        }
    }

    /// Takes one packet; whether it was the last. `None` if it does not parse.
    pub(super) fn packet(
        &mut self,
        packet: &Packet<'_>,
        no_eof: Option<bool>,
        limits: &Limits,
    ) -> Option<bool> {
        let payload = &packet.payload[..];
        let mut body = Take(payload);
        let head = *payload.first()?;
        if head == 0xff && self.expect != Expect::Any {
            body.int(1)?;
            let found = error(&mut body)?;
            // MariaDB reports progress as an error of this number.
            if found.0 == 0xffff {
                return Some(false);
            }
            self.error = Some(found);
            return Some(true);
        }
        let eof = head == 0xfe && payload.len() < EOF;
        match self.expect {
            Expect::Any => Some(true),
            Expect::Head => self.head(body, head, no_eof.unwrap_or(false)),
            Expect::Columns(left) => {
                self.column(body, limits)?;
                self.expect = if left > 1 { Expect::Columns(left - 1) } else { Expect::AfterColumns };
                if left <= 1 && self.full && self.results <= 1 {
                    self.csv.end();
                }
                Some(false)
            }
            Expect::AfterColumns if eof && no_eof != Some(true) => {
                self.expect = Expect::Rows;
                Some(false)
            }
            Expect::AfterColumns => {
                self.no_eof = true;
                self.expect = Expect::Rows;
                self.row(body, head, payload)
            }
            Expect::Rows if eof && !self.no_eof => {
                let status = Take(payload.get(3..)?).int(2).unwrap_or(0);
                Some(self.next(status))
            }
            Expect::Rows => self.row(body, head, payload),
            Expect::Definitions(left, ends) if eof => {
                self.expect = Expect::Definitions(left, ends.saturating_sub(1));
                Some(left == 0 && ends <= 1)
            }
            Expect::Definitions(left, ends) => {
                let left = left.saturating_sub(1);
                self.expect = Expect::Definitions(left, ends);
                Some(left == 0 && ends == 0)
            }
            Expect::List if eof => Some(true),
            Expect::List => {
                self.fields += 1;
                Some(false)
            }
        }
    }

    fn head(&mut self, mut body: Take<'_>, head: u8, no_eof: bool) -> Option<bool> {
        self.results += 1;
        match head {
            0 if self.prepare => {
                body.int(1)?;
                self.statement = u32::try_from(body.int(4)?).ok();
                let (columns, parameters) = (body.int(2)?, body.int(2)?);
                self.fields = columns;
                self.parameters = usize::try_from(parameters).unwrap_or(0);
                let ends = if no_eof { 0 } else { u64::from(columns > 0) + u64::from(parameters > 0) };
                self.expect = Expect::Definitions(columns + parameters, ends);
                Some(columns + parameters == 0)
            }
            0 => {
                body.int(1)?;
                let status = self.ok(&mut body)?;
                Some(self.next(status))
            }
            // EOF, as COM_SET_OPTION and COM_DEBUG are answered.
            0xfe => Some(true),
            0xfb => {
                self.infile = true;
                self.results -= 1;
                Some(false)
            }
            _ => {
                let columns = body.lenenc().filter(|n| (1..=65_535).contains(n))?;
                if self.results == 1 {
                    self.fields = columns;
                }
                self.no_eof = no_eof;
                self.expect = Expect::Columns(columns);
                Some(false)
            }
        }
    }

    /// Rows changed, the id made, and the status.
    fn ok(&mut self, body: &mut Take<'_>) -> Option<u64> {
        self.affected = self.affected.saturating_add(body.lenenc()?);
        let id = body.lenenc()?;
        if self.insert_id == 0 {
            self.insert_id = id;
        }
        body.int(2).or(Some(0))
    }

    /// After a result: whether it was the last.
    fn next(&mut self, status: u64) -> bool {
        self.expect = Expect::Head;
        status & MORE_RESULTS == 0
    }

    fn column(&mut self, mut body: Take<'_>, limits: &Limits) -> Option<()> {
        body.string()?;
        let (database, table, _) = (body.string()?, body.string()?, body.string()?);
        let name = body.string()?;
        let table = format!("{}.{}", lossy(database), lossy(table));
        if self.tables.len() < limits.list.min(64) && !self.tables.contains(&table) {
            self.tables.push(table);
        }
        if self.full && self.results <= 1 {
            self.csv.name(name);
        }
        Some(())
    }

    fn row(&mut self, mut body: Take<'_>, head: u8, payload: &[u8]) -> Option<bool> {
        if self.no_eof && head == 0xfe && payload.len() < super::wire::KEEP {
            body.int(1)?;
            let (affected, id) = (self.affected, self.insert_id);
            let status = self.ok(&mut body)?;
            (self.affected, self.insert_id) = (affected, id);
            return Some(self.next(status));
        }
        self.rows += 1;
        if !self.full || self.binary || self.results > 1 || !self.csv.open() {
            return Some(false);
        }
        while let Some(&first) = body.0.first() {
            if first == 0xfb {
                body.int(1)?;
                self.csv.value(b"NULL");
            } else if let Some(text) = body.string() {
                self.csv.value(text);
            } else if payload.len() >= super::wire::KEEP {
                // Cut; the beginning of the value is lost with its end.
                break;
            } else {
                return None;
            }
        }
        self.csv.end();
        Some(false)
    }
}
