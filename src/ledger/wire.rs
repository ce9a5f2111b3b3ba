//! Releases as events of a log, and back.
//!
//! `tables` opens a system, `codes` and `cells` bring what is in it, in as many lines as it takes, `release` says that all of it is
//! there and about to become visible; `published` or `withdrawn` says what became of it. What has no `release` was never visible.

use serde_json::{Map, Value};

use super::LedgerError;
use super::model::{Cell, Changed, ChangedBy, Counts, Fate, Hash, Release, Shape, Share, State, Sum, Tables, Told};
use crate::audit::{Entry, Fact};

/// Opens a system of tables.
pub(super) const TABLES: &str = "tables";
/// More codes of it.
pub(super) const CODES: &str = "codes";
/// More cells of it.
pub(super) const CELLS: &str = "cells";
/// All is there.
pub(super) const RELEASE: &str = "release";
/// It became visible.
pub(super) const PUBLISHED: &str = "published";
/// It did not.
pub(super) const WITHDRAWN: &str = "withdrawn";
/// It counts in spite of its withdrawal: no head counted the line that says so, and whoever can write to the file can write such a line.
pub(super) const KEPT: &str = "kept";
/// What a log says of itself after a crash.
const RECOVERED: &str = "recovered";

/// Hashes or numbers in one line, at most: well under the longest line of a log.
const IN_A_LINE: usize = 20_000;

type Event = (&'static str, Vec<(&'static str, Fact)>);

/// The events of a system of tables.
pub(super) fn events(tables: &Tables) -> Vec<Event> {
    let mut shapes = Vec::new();
    for shape in &tables.shapes {
        shapes.push(u64::from(shape.shown));
        for columns in [&shape.finest, &shape.path] {
            shapes.push(columns.len() as u64);
            shapes.extend(columns.iter().map(|column| u64::from(*column)));
        }
    }
    let mut head = vec![
        ("dataset", Fact::Hashes(vec![tables.dataset])),
        ("sample", Fact::Count(u64::from(tables.sample))),
        ("estimates", Fact::Count(u64::from(tables.estimates))),
        ("columns", Fact::Hashes(tables.columns.clone())),
        ("sums", Fact::Hashes(tables.sums.clone())),
        ("shares", Fact::Hashes(tables.shares.clone())),
        ("shapes", Fact::Numbers(shapes)),
    ];
    if tables.rows {
        head.push(("rows", Fact::Count(1)));
    }
    if let Some(Changed { by, size, parameters, draw, absent }) = tables.changed {
        let method = ChangedBy::ALL.iter().position(|other| *other == by).unwrap_or_default() as u64;
        let absent = absent.map_or_else(Vec::new, |(low, high)| vec![low, high]);
        head.push(("changed", Fact::Numbers([vec![method, size], absent].concat())));
        head.push(("drawn", Fact::Hashes(vec![parameters, draw])));
    }
    let mut events = vec![(TABLES, head)];
    events.extend(tables.codes.chunks(IN_A_LINE).map(|codes| (CODES, vec![("codes", Fact::Hashes(codes.to_vec()))])));
    let mut line = Vec::new();
    for cell in &tables.cells {
        write_cell(cell, &mut line);
        if line.len() >= IN_A_LINE {
            events.push((CELLS, vec![("cells", Fact::Numbers(std::mem::take(&mut line)))]));
        }
    }
    if !line.is_empty() {
        events.push((CELLS, vec![("cells", Fact::Numbers(line))]));
    }
    events
}

fn write_cell(cell: &Cell, line: &mut Vec<u64>) {
    line.push(u64::from(cell.shape));
    line.extend(cell.codes.iter().map(|code| u64::from(*code)));
    line.push(match cell.fate {
        Fate::Published => 0,
        Fate::Unsafe => 1,
        Fate::Hidden => 2,
        Fate::Tie => 3,
        Fate::Known => 4,
    });
    match (cell.counts, cell.within) {
        (Some(Counts { records, persons }), _) => line.extend([1, records, persons]),
        (None, Some((low, high))) => line.extend([2, low, high]),
        (None, None) => line.push(0),
    }
    for sum in &cell.sums {
        tell(sum, line, |sum| vec![sum.records, sum.persons, sum.bits]);
    }
    for share in &cell.shares {
        tell(share, line, |s| vec![s.records, s.persons, s.others, s.of_records, s.of_persons]);
    }
}

fn tell<T>(told: &Told<T>, line: &mut Vec<u64>, numbers: impl Fn(&T) -> Vec<u64>) {
    match told {
        Told::Nothing => line.push(0),
        Told::Withheld => line.push(1),
        Told::Shown(measure) => {
            line.push(2);
            line.extend(numbers(measure));
        }
    }
}

/// Numbers that are taken one after the other; `None` where there are no more.
struct Taken(std::vec::IntoIter<u64>);

impl Taken {
    fn one(&mut self) -> Option<u64> {
        self.0.next()
    }

    fn count(&mut self) -> Option<u64> {
        self.one().filter(|count| *count <= MOST)
    }

    /// A position under `end`.
    fn position(&mut self, end: usize) -> Option<u32> {
        self.one().filter(|at| *at < end as u64).and_then(|at| u32::try_from(at).ok())
    }

    fn positions(&mut self, end: usize) -> Option<Vec<u32>> {
        let count = self.one()?;
        (0..count).map(|_| self.position(end)).collect()
    }

    fn flag(&mut self) -> Option<bool> {
        self.one().filter(|flag| *flag < 2).map(|flag| flag == 1)
    }

    fn told<T>(&mut self, read: impl Fn(&mut Self) -> Option<T>) -> Option<Told<T>> {
        match self.one()? {
            0 => Some(Told::Nothing),
            1 => Some(Told::Withheld),
            2 => read(self).map(Told::Shown),
            _ => None,
        }
    }
}

fn read_cell(tables: &Tables, taken: &mut Taken) -> Option<Cell> {
    let shape = taken.position(tables.shapes.len())?;
    let codes = tables.shapes[shape as usize].path.iter().map(|_| taken.position(tables.codes.len()));
    let codes = codes.collect::<Option<_>>()?;
    let fate = match taken.one()? {
        0 => Fate::Published,
        1 => Fate::Unsafe,
        2 => Fate::Hidden,
        3 => Fate::Tie,
        4 => Fate::Known,
        _ => return None,
    };
    let (counts, within) = match taken.one()? {
        0 => (None, None),
        1 => (Some(Counts { records: taken.count()?, persons: taken.count()? }), None),
        2 => (None, Some(limits(taken.one()?, taken.one()?)?)),
        _ => return None,
    };
    let sum = |taken: &mut Taken| Some(Sum { records: taken.count()?, persons: taken.count()?, bits: taken.one()? });
    let sums = tables.sums.iter().map(|_| taken.told(sum)).collect::<Option<_>>()?;
    let share = |taken: &mut Taken| {
        let (records, persons, others) = (taken.count()?, taken.count()?, taken.count()?);
        Some(Share { records, persons, others, of_records: taken.count()?, of_persons: taken.count()? })
    };
    let shares = tables.shares.iter().map(|_| taken.told(share)).collect::<Option<_>>()?;
    // A count stands beside what is published, or known, and beside nothing else.
    let open = matches!(fate, Fate::Published | Fate::Known);
    let told = counts.is_some() || within.is_some();
    (open || !told).then_some(Cell { shape, codes, fate, counts, within, sums, shares })
}

/// Limits of a count, the lower one first.
fn limits(low: u64, high: u64) -> Option<(u64, u64)> {
    (low <= high).then_some((low, high))
}

/// How numbers were changed, where they were; the outer `None` for what no ledger says.
fn changed(fields: &Map<String, Value>) -> Option<Option<Changed>> {
    if !fields.contains_key("changed") {
        return Some(None);
    }
    let (mut taken, hashes) = (numbers(fields, "changed")?, hashes(fields, "drawn")?);
    let by = *ChangedBy::ALL.get(usize::try_from(taken.one()?).ok()?)?;
    let size = taken.one()?;
    let absent = match (taken.one(), taken.one()) {
        (Some(low), Some(high)) => Some(limits(low, high)?),
        (None, _) => None,
        _ => return None,
    };
    let [parameters, draw] = hashes[..] else { return None };
    Some(Some(Changed { by, size, parameters, draw, absent }))
}

/// Counts above this are no counts of a file.
const MOST: u64 = 1 << 53;

/// The releases that the events of a log tell of, of whose lines its head counts the first `covered`.
///
/// # Errors
/// [`LedgerError::NotALedger`] where an event is not one of a ledger.
pub(super) fn releases(entries: Vec<Entry>, covered: u64) -> Result<Vec<Release>, LedgerError> {
    let (mut releases, mut open): (Vec<Release>, Vec<Tables>) = (Vec::new(), Vec::new());
    let mut run = None;
    for entry in entries {
        let bad = || LedgerError::NotALedger { line: entry.seq };
        // What another run began, and did not finish, was never visible.
        if run != entry.run {
            open.clear();
            run.clone_from(&entry.run);
        }
        let fields = &entry.fields;
        match entry.event.as_str() {
            TABLES => open.push(tables(fields).ok_or_else(bad)?),
            CODES => {
                let codes = hashes(fields, "codes").ok_or_else(bad)?;
                open.last_mut().ok_or_else(bad)?.codes.extend(codes);
            }
            CELLS => {
                let tables = open.last_mut().ok_or_else(bad)?;
                let mut taken = numbers(fields, "cells").ok_or_else(bad)?;
                while taken.0.len() > 0 {
                    let cell = read_cell(tables, &mut taken).ok_or_else(bad)?;
                    tables.cells.push(cell);
                }
            }
            RELEASE => {
                let plain = |text: &&str| text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:".contains(c));
                let text =
                    |key| fields.get(key).and_then(Value::as_str).filter(plain).map(str::to_owned).ok_or_else(bad);
                let all = fields.get("tables").and_then(Value::as_u64);
                // What an announcement that broke off left before is not part of this one.
                let first = all.and_then(|all| open.len().checked_sub(usize::try_from(all).ok()?)).ok_or_else(bad)?;
                releases.push(Release {
                    line: entry.seq,
                    time: entry.time,
                    run: entry.run.clone().ok_or_else(bad)?,
                    pipeline: text("pipeline")?,
                    universe: text("universe")?,
                    state: State::Pending,
                    doubted: false,
                    tables: open.split_off(first),
                });
                open.clear();
            }
            PUBLISHED | WITHDRAWN | KEPT => {
                let of = releases.last_mut().filter(|last| Some(&last.run) == entry.run.as_ref()).ok_or_else(bad)?;
                // It is settled once.
                let next = match (entry.event.as_str(), of.state) {
                    (PUBLISHED, State::Pending) => State::Published,
                    (WITHDRAWN, State::Pending) if entry.seq > covered => {
                        of.doubted = true;
                        State::Pending
                    }
                    (WITHDRAWN, State::Pending) => State::Withdrawn,
                    (KEPT, State::Withdrawn | State::Pending) => {
                        of.doubted = false;
                        State::Pending
                    }
                    _ => return Err(bad()),
                };
                of.state = next;
            }
            RECOVERED => {}
            _ => return Err(bad()),
        }
    }
    Ok(releases)
}

fn tables(fields: &Map<String, Value>) -> Option<Tables> {
    let columns = hashes(fields, "columns")?;
    let flag = |key| fields.get(key).and_then(Value::as_u64).filter(|flag| *flag < 2).map(|flag| flag == 1);
    let mut taken = numbers(fields, "shapes")?;
    let mut shapes = Vec::new();
    while taken.0.len() > 0 {
        let shown = taken.flag()?;
        let finest = taken.positions(columns.len())?;
        shapes.push(Shape { shown, finest, path: taken.positions(columns.len())? });
    }
    let dataset = hashes(fields, "dataset")?;
    Some(Tables {
        dataset: *dataset.first()?,
        sample: flag("sample")?,
        estimates: flag("estimates")?,
        rows: fields.contains_key("rows") && flag("rows")?,
        changed: changed(fields)?,
        sums: hashes(fields, "sums")?,
        shares: hashes(fields, "shares")?,
        columns,
        shapes,
        ..Tables::default()
    })
}

fn numbers(fields: &Map<String, Value>, key: &str) -> Option<Taken> {
    let numbers = fields.get(key)?.as_array()?.iter().map(Value::as_u64);
    numbers.collect::<Option<Vec<u64>>>().map(|numbers| Taken(numbers.into_iter()))
}

fn hashes(fields: &Map<String, Value>, key: &str) -> Option<Vec<Hash>> {
    fields.get(key)?.as_array()?.iter().map(|hash| hash.as_str().and_then(of_hexadecimal)).collect()
}

fn of_hexadecimal(text: &str) -> Option<Hash> {
    let digits = text.as_bytes();
    let digit = |at: usize| digits.get(at).and_then(|digit| char::from(*digit).to_digit(16));
    let mut hash = Hash::default();
    for (at, byte) in hash.iter_mut().enumerate() {
        *byte = (digit(2 * at)? << 4 | digit(2 * at + 1)?) as u8;
    }
    (digits.len() == 32).then_some(hash)
}
