//! Requests of web servers' access logs by hour of the day and by day, and who made them.

use super::facets::Measure;
use super::model::{Block, Cell, Column, Table, Unit};
use super::slots::{Seen, Slot};
use super::top::{Count, Row, Top};
use super::units;
use crate::model::{Event, Outcome, SECOND, Ts};
use foldhash::fast::FixedState;
use std::hash::BuildHasher;

const HOUR: Ts = 3600 * SECOND;
const DAY: Ts = 24 * HOUR;
/// Days counted exactly: more than ten years.
const DAYS: usize = 1 << 12;
/// Visitors counted exactly, of all days together.
const VISITORS: usize = 1 << 16;

/// An address with a user agent on one day.
#[derive(Debug, Default)]
struct Visitor {
    robot: bool,
}

impl Row for Visitor {
    fn absorb(&mut self, later: Visitor) {
        self.robot |= later.robot;
    }
}

/// What access logs tell by time.
#[derive(Debug)]
pub struct Visits {
    /// By hour of the day, UTC.
    hours: [Count; 24],
    /// By number of the day since the epoch, UTC.
    days: Top<Ts, Count>,
    /// By day and hash of address and user agent: texts of so many would be the most of a report's memory.
    visitors: Top<(Ts, u64), Visitor>,
}

impl Default for Visits {
    fn default() -> Self {
        Visits { hours: [Count::default(); 24], days: Top::new(DAYS), visitors: Top::new(VISITORS) }
    }
}

impl Visits {
    /// Counts an event if it is a request of an access log.
    pub fn observe(&mut self, event: &Event<'_>, seen: &Seen<'_, '_>, measure: Measure) {
        if !event.dataset.is_access_log() {
            return;
        }
        let one = measure.count(event.outcome == Outcome::Failure);
        let day = event.ts.div_euclid(DAY);
        let hour = usize::try_from(event.ts.rem_euclid(DAY) / HOUR).ok();
        if let Some(hour) = hour.and_then(|hour| self.hours.get_mut(hour)) {
            hour.absorb(one);
        }
        self.days.row(day).absorb(one);
        if let Some(ip) = event.source.ip {
            let who = FixedState::default().hash_one((ip, seen.text(Slot::Agent)));
            self.visitors.row((day, who)).robot |= robot(seen);
        }
    }

    /// Adds what was counted later in the input, which is empty afterwards.
    pub fn merge(&mut self, later: &mut Visits) {
        for (into, from) in self.hours.iter_mut().zip(&mut later.hours) {
            into.absorb(std::mem::take(from));
        }
        self.days.merge(&mut later.days);
        self.visitors.merge(&mut later.visitors);
    }

    /// The tables: by day, by hour of the day.
    pub fn tables(&self) -> [Block; 2] {
        [self.by_day(), self.by_hour()]
    }

    fn by_day(&self) -> Block {
        let mut who = std::collections::BTreeMap::<Ts, [u64; 2]>::new();
        for ((day, _), visitor) in self.visitors.rows() {
            if let Some(n) = who.entry(*day).or_default().get_mut(usize::from(visitor.robot)) {
                *n += 1;
            }
        }
        let rows = self.days.ranked(usize::MAX, |_| ()).into_iter().map(|(day, count)| {
            let text = units::time(day.saturating_mul(DAY));
            let date = text.split_once(' ').map_or(text.as_str(), |(date, _)| date);
            let [people, robots] = who.get(day).copied().unwrap_or_default();
            let mut row = vec![Cell::text(date)];
            row.extend(counted(count));
            row.extend([Cell::nonzero(people), Cell::nonzero(robots)]);
            row
        });
        let mut columns = columns("day", "Day (UTC)");
        // So many that only some were kept: the days and their requests are exact all the same.
        let [visitors, robots] = match self.visitors.exact() {
            true => ["Visitors", "Robots"],
            false => ["Visitors, at least", "Robots, at least"],
        };
        columns.push(Column::new("visitors", visitors, Unit::Count, 0));
        columns.push(Column::new("robots", robots, Unit::Count, 0));
        Block::Listing(Table {
            id: "web.days",
            title: "Days",
            columns,
            rows: rows.collect(),
            distinct: self.days.distinct(),
            exact: self.days.exact(),
        })
    }

    fn by_hour(&self) -> Block {
        let met = self.hours.iter().enumerate().filter(|(_, count)| count.events > 0);
        let rows: Vec<Vec<Cell>> = met
            .map(|(hour, count)| {
                let mut row = vec![Cell::text(format!("{hour:02}"))];
                row.extend(counted(count));
                row
            })
            .collect();
        let (columns, distinct) = (columns("hour", "Hour (UTC)"), rows.len() as u64);
        let (id, title) = ("web.hours", "Hours of the day");
        Block::Listing(Table { id, title, columns, rows, distinct, exact: true })
    }
}

/// Whether the user agent names itself a robot.
pub fn robot(seen: &Seen<'_, '_>) -> bool {
    seen.text(Slot::AgentDevice) == Some("Spider")
}

fn columns(key: &'static str, title: &'static str) -> Vec<Column> {
    vec![
        Column::new(key, title, Unit::Text, 0),
        Column::new("events", "Requests", Unit::Count, 0),
        Column::new("failures", "Failed", Unit::Count, 1),
        Column::new("bytes", "Bytes", Unit::Bytes, 1),
    ]
}

fn counted(count: &Count) -> [Cell; 3] {
    [count.events.into(), Cell::nonzero(count.failures), Cell::nonzero(count.bytes)]
}

#[cfg(test)]
mod tests {
    use crate::model::{Dataset, Event, Field, FieldRef, Origin, Outcome, Type, Value};
    use crate::report::{Block, Cell, Facts, Report, Tally};
    use std::net::{IpAddr, Ipv4Addr};

    static ACCESS: Dataset = Dataset {
        name: "nginx.access",
        category: &["web"],
        types: &["access"],
        protocol: None,
        transaction: false,
        doc: "t",
    };
    macro_rules! field {
        ($($id:ident = $name:literal;)*) => {
            $(static $id: Field = Field { name: $name, ty: Type::Keyword, doc: "t" };)*
        };
    }
    field! {
        LINE = "netlog.line"; STATUS = "http.response.status_code"; BODY = "http.response.body.bytes";
        TIME = "http.response.time_ms"; PATH = "url.path"; REFERRER = "http.request.referrer";
        AGENT = "user_agent.original"; BROWSER = "user_agent.name"; DEVICE = "user_agent.device.name";
    }

    /// Thirty hours, one request each: three clients, each third request by a robot, each fifth not found.
    fn log() -> Vec<Event<'static>> {
        let request = |i: i64| {
            let mut event = Event::new(&ACCESS, Origin::default(), i * super::HOUR);
            event.source.ip = Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, (i % 3) as u8)));
            let (robot, lost) = (i % 3 == 0, i % 5 == 0);
            event.outcome = if lost { Outcome::Failure } else { Outcome::Success };
            let fields: [(FieldRef, Value<'static>); 8] = [
                (&LINE, i.into()),
                (&STATUS, if lost { 404i64 } else { 200 }.into()),
                (&BODY, 100i64.into()),
                (&TIME, Value::Float(i as f64)),
                (&PATH, format!("/p{}<script>", i % 2).into()),
                (&REFERRER, "https://user:pw@news.example/a?secret=1".to_string().into()),
                (&AGENT, if robot { "bot" } else { "fox" }.to_string().into()),
                (&BROWSER, if robot { "Robot" } else { "Fox" }.to_string().into()),
            ];
            event.fields.extend(fields);
            if robot {
                event.fields.push((&DEVICE, "Spider".to_string().into()));
            }
            event
        };
        (0..30).map(request).collect()
    }

    fn report(cuts: usize) -> Report {
        let mut whole = Tally::new();
        for block in log().chunks(cuts) {
            let mut tally = Tally::new();
            block.iter().for_each(|event| tally.observe(event));
            whole.merge(&mut tally);
        }
        whole.finish(Facts::default())
    }

    fn rows(report: &Report, id: &str) -> Vec<Vec<Cell>> {
        let blocks = report.sections.iter().flat_map(|section| &section.blocks);
        let table = blocks.filter_map(|block| match block {
            Block::Table(table) | Block::Listing(table) => Some(table),
            _ => None,
        });
        table.filter(|table| table.id == id).flat_map(|table| table.rows.clone()).collect()
    }

    #[test]
    fn known_numbers() {
        let report = report(30);
        let n = Cell::Number;
        let days = rows(&report, "web.days");
        let day = |name: &str, cells: [u64; 5]| {
            std::iter::once(Cell::text(name)).chain(cells.map(n)).collect::<Vec<_>>()
        };
        assert_eq!(days, [day("1970-01-01", [24, 5, 2400, 2, 1]), day("1970-01-02", [6, 1, 600, 2, 1])]);
        assert_eq!(rows(&report, "web.hours").len(), 24);
        assert_eq!(rows(&report, "web.hours")[5], [Cell::text("05"), n(2), n(1), n(200)]);
        assert_eq!(rows(&report, "web.hours")[6], [Cell::text("06"), n(1), Cell::Empty, n(100)]);
        let ms = 1_000_000;
        let path = &rows(&report, "web.paths")[0];
        assert_eq!(path[..], [Cell::text("/p0<script>"), n(15), n(3), n(1500), n(14 * ms), n(28 * ms)]);
        assert_eq!(rows(&report, "web.referrers")[0][..2], [Cell::text("news.example"), n(30)]);
        assert_eq!(rows(&report, "web.browsers")[0][..2], [Cell::text("Fox"), n(20)]);
        assert_eq!(rows(&report, "web.robots")[0][..2], [Cell::text("Robot"), n(10)]);
        let classes = rows(&report, "web.classes");
        assert_eq!(classes[1], [Cell::text("4xx client error"), n(6), n(600)]);
        assert_eq!(rows(&report, "web.systems"), Vec::<Vec<Cell>>::new(), "nothing told, no table");
    }

    #[test]
    fn any_cut_gives_the_same() {
        let whole = report(30).sections;
        for cuts in [1, 2, 7, 29] {
            assert_eq!(report(cuts).sections, whole, "{cuts}");
        }
    }
}
