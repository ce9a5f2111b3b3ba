//! Linked tables as one system: their rows, numbers, decisions, and what is known of contributors.

use std::collections::{BTreeMap, BTreeSet};

use super::cells::{Codes, ReadymadeError, Row, Tables, Tied};
use super::decimal::{ONE, float};
use super::input::{self, Content, ReadCell};
use super::judge::{Common, Judge, rules_error};
use super::micro::Micro;
use super::nesting::Nesting;
use super::noted;
use crate::config::{Decision, ReadyForm, ReadyMeasure, ReadyTable, ReadyTables};
use crate::pipeline::earlier::Before;
use crate::pipeline::error::RunError;
use crate::protect::tables::Relation;
use crate::protect::tables::rules::{CellSize, Signs, Value};

/// Tables that are tied together: of one number, and with columns of one name.
pub(super) struct Group<'a> {
    /// Positions of the tables in the file.
    pub numbers: Vec<usize>,
    pub tables: Vec<&'a ReadyTable>,
    /// All columns, each once.
    pub by: Vec<String>,
    pub hierarchies: Hierarchies,
    /// Columns that are levels of one another, the coarsest first; every column stands in one.
    pub chains: Vec<Vec<usize>>,
    pub tied: Tied,
    /// For each row of the system, its table (among these) and what it says.
    pub rows: Vec<(usize, ReadCell)>,
    /// For each cell, in units of 10⁻⁹.
    pub values: Vec<i128>,
    pub decisions: Vec<Decision>,
    pub judges: Vec<Judge>,
    pub signs: Signs,
    /// For each cell, its one contributor, where it has one.
    pub singletons: Vec<Option<u64>>,
    /// What was read, table by table.
    pub contents: Vec<Content>,
}

/// Columns that are levels of one another, the finest first.
pub(super) struct Hierarchies {
    /// By their codes, which may be so by chance.
    pub found: Vec<Vec<String>>,
    /// Those by which the tables were tied.
    pub used: Vec<Vec<String>>,
}

fn names(by: &[String], chains: &[Vec<usize>]) -> Vec<Vec<String>> {
    let several = chains.iter().filter(|chain| chain.len() > 1);
    several.map(|chain| chain.iter().rev().map(|column| by[*column].clone()).collect()).collect()
}

/// The tables that are linked, each by their positions.
pub(super) fn linked(spec: &ReadyTables) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (at, table) in spec.tables.iter().enumerate() {
        let meets = |other: &usize| table.is_linked(&spec.tables[*other]);
        let (with, without): (Vec<_>, Vec<_>) = groups.into_iter().partition(|group| group.iter().any(meets));
        groups = without;
        groups.push(with.into_iter().flatten().chain([at]).collect());
    }
    groups.iter_mut().for_each(|group| group.sort_unstable());
    groups.sort();
    groups
}

impl<'a> Group<'a> {
    /// Reads linked tables, after earlier releases where a ledger is kept.
    pub fn read(spec: &'a ReadyTables, numbers: Vec<usize>, before: Option<&Before>) -> Result<Self, RunError> {
        let tables: Vec<&ReadyTable> = numbers.iter().map(|at| &spec.tables[*at]).collect();
        let mut by: Vec<String> = Vec::new();
        for column in tables.iter().flat_map(|table| &table.by) {
            if !by.contains(column) {
                by.push(column.clone());
            }
        }
        let mut contents: Vec<Content> =
            tables.iter().map(|table| input::read(table, &by)).collect::<Result<_, _>>()?;
        let told = spec.hierarchies.as_deref();
        let follows = fill(&tables, &by, &mut contents, told);
        let finest = finest(&by, &contents);
        let (found, chains) = (finest.dimensions(), finest.chains(told)?);
        let rows = rows(&tables, &by, &contents, (&follows, &chains))?;
        let shown =
            |(_, cell): &(usize, ReadCell)| Row { codes: cell.codes.clone(), value: None, status: String::new() };
        let table = rows.iter().map(|(table, _)| *table).collect();
        let shown = Tables { by: by.clone(), rows: rows.iter().map(shown).collect(), table };
        let chains = shown.chains(told)?;
        // Of suppressed cells the audit adds what is known; changed ones are held against the whole, which everybody may know.
        let perturbed = tables.iter().any(|table| table.perturb.is_some());
        let earlier = before.filter(|_| !perturbed).map(|before| noted::earlier_shapes(before, &tables, &by, &chains));
        let tied = shown.tie_along(&chains, perturbed, earlier.unwrap_or_default())?;
        let values = values(&tables, &tied, &rows)?;
        let decisions = decisions(&tables, &tied, &rows)?;
        let signed = |content: &Content| match content {
            Content::Cells(cells) => cells.iter().any(|cell| cell.value < 0 || cell.largest.iter().any(|one| *one < 0)),
            Content::Micro(micro) => micro.signed(),
        };
        let signs = if contents.iter().any(signed) { Signs::Signed(CellSize::SizeOfTotal) } else { Signs::NonNegative };
        let common = Common { tied: &tied, values: &values, decisions: &decisions, signs, range: &spec.safety_range };
        let judges = judges(&tables, &by, (&contents, &follows), &common, &rows)?;
        agree(&judges, &tied, &rows, &values)?;
        let singletons = singletons(&contents, &judges, &tied);
        let hierarchies = Hierarchies { found: names(&by, &found), used: names(&by, &chains) };
        Ok(Self {
            numbers,
            tables,
            by,
            hierarchies,
            chains,
            tied,
            rows,
            values,
            decisions,
            judges,
            signs,
            singletons,
            contents,
        })
    }
}

/// Pairs of columns of a table: of its own, and of one that it does not have and that follows from it.
type Follows = Vec<(usize, usize)>;

/// Writes into the codes of every table those that follow from them; for each table, which these are.
fn fill(tables: &[&ReadyTable], by: &[String], contents: &mut [Content], told: Option<&[Vec<String>]>) -> Vec<Follows> {
    let mut nesting = Nesting::default();
    for content in contents.iter() {
        match content {
            Content::Cells(cells) => cells.iter().for_each(|cell| nesting.meet(&cell.codes)),
            Content::Micro(micro) => nesting.merge(&micro.nesting),
        }
    }
    // Where hierarchies are told, nothing else follows.
    let chain = |column: usize| told.unwrap_or_default().iter().position(|chain| chain.contains(&by[column]));
    let may = |fine: usize, coarse: usize| told.is_none() || chain(fine).is_some_and(|at| chain(coarse) == Some(at));
    let fill_one = |(table, content): (&&ReadyTable, &mut Content)| {
        let own = input::own(table, by);
        match content {
            Content::Cells(cells) => {
                let follows = nesting.follow(&own, by.len(), cells.iter().map(|cell| &cell.codes), may);
                cells.iter_mut().for_each(|cell| nesting.fill(&mut cell.codes, &follows));
                follows
            }
            Content::Micro(micro) => {
                let follows = nesting.follow(&own, by.len(), micro.finest().iter(), may);
                micro.fill(&nesting, &follows);
                follows
            }
        }
    };
    tables.iter().zip(contents).map(fill_one).collect()
}

/// Columns with those that follow from them.
fn with_following(columns: &[usize], follows: &Follows) -> Vec<usize> {
    let mut all = columns.to_vec();
    all.extend(follows.iter().filter(|(fine, _)| columns.contains(fine)).map(|(_, coarse)| *coarse));
    all
}

/// The codes of all files, before margins are made.
fn finest(by: &[String], contents: &[Content]) -> Tables {
    let mut finest = Tables { by: by.to_vec(), rows: Vec::new(), table: Vec::new() };
    for content in contents {
        let codes: Vec<Codes> = match content {
            Content::Cells(cells) => cells.iter().map(|cell| cell.codes.clone()).collect(),
            Content::Micro(micro) => micro.finest().to_vec(),
        };
        finest.rows.extend(codes.into_iter().map(|codes| Row { codes, value: None, status: String::new() }));
    }
    finest
}

/// The rows of all tables; those of microdata are made.
fn rows(
    tables: &[&ReadyTable],
    by: &[String],
    contents: &[Content],
    (follows, chains): (&[Follows], &[Vec<usize>]),
) -> Result<Vec<(usize, ReadCell)>, RunError> {
    let mut rows = Vec::new();
    for (at, (table, content)) in tables.iter().zip(contents).enumerate() {
        match content {
            Content::Cells(cells) => rows.extend(cells.iter().map(|cell| (at, cell.clone()))),
            Content::Micro(micro) => {
                for columns in shapes(table, by, chains) {
                    for (codes, people) in &micro.gather(&with_following(&columns, &follows[at])).cells {
                        let value = micro.value(people).map_err(rules_error)?;
                        rows.push((at, made(codes.clone(), value)));
                    }
                }
            }
        }
    }
    // In an order that the order of lines cannot change.
    rows.sort_by(|(a, one), (b, two)| (a, &one.codes).cmp(&(b, &two.codes)));
    Ok(rows)
}

fn made(codes: Codes, value: i128) -> ReadCell {
    let (contributors, largest, decision, cost) = (None, Vec::new(), Decision::None, None);
    ReadCell { codes, line: 0, value, contributors, largest, decision, cost }
}

/// The columns of each shape that a table of microdata shows: along each hierarchy its finest column, and with margins also what
/// is left when the finest columns are taken off one after the other.
fn shapes(table: &ReadyTable, by: &[String], chains: &[Vec<usize>]) -> BTreeSet<Vec<usize>> {
    let ReadyForm::Microdata { margins, .. } = &table.form else { return BTreeSet::new() };
    let own = input::own(table, by);
    let margin = |column: usize| own.iter().zip(margins).any(|(at, margin)| *at == column && *margin);
    let mut shapes: Vec<Vec<usize>> = vec![Vec::new()];
    for chain in chains {
        let here: Vec<usize> = chain.iter().copied().filter(|column| own.contains(column)).collect();
        let deepest = here.iter().rposition(|column| !margin(*column)).map_or(0, |at| at + 1);
        let depths = || (deepest..=here.len()).map(|depth| &here[..depth]);
        shapes = shapes.iter().flat_map(|shape| depths().map(|more| [shape.as_slice(), more].concat())).collect();
    }
    shapes.into_iter().collect()
}

/// Numbers of all cells: read, or of a cell that no table has, the sum of those under it.
fn values(tables: &[&ReadyTable], tied: &Tied, rows: &[(usize, ReadCell)]) -> Result<Vec<i128>, RunError> {
    let place = |row: usize| {
        let (table, cell) = &rows[row];
        let table = tables[*table];
        (table.file.clone(), cell.line, table.value_label().to_owned())
    };
    let mut values: Vec<Option<i128>> = vec![None; tied.system.cells()];
    for (at, (_, row)) in rows.iter().enumerate() {
        let value = values[tied.place[at] as usize].get_or_insert(row.value);
        if *value != row.value {
            let (file, line, column) = place(at);
            return Err(ReadymadeError::TwoNumbers { file, line, column }.into());
        }
    }
    let lines = 0..tied.system.relations() as u32;
    // Finer sums stand behind coarser ones.
    loop {
        let before = values.iter().flatten().count();
        for Relation { total, parts } in lines.clone().map(|line| tied.system.relation(line)) {
            let sum: Option<i128> = parts.iter().map(|part| values[*part as usize]).sum();
            values[total as usize] = values[total as usize].or(sum);
        }
        if values.iter().flatten().count() == before {
            break;
        }
    }
    let values: Vec<i128> = values.into_iter().collect::<Option<_>>().ok_or(ReadymadeError::Contradiction)?;
    for Relation { total, parts } in lines.map(|line| tied.system.relation(line)) {
        let sum: i128 = parts.iter().map(|part| values[*part as usize]).sum();
        let value = values[total as usize];
        // What is lost when decimals are cut off, or came of floating point.
        let close = (parts.len() as i128 + 1).max(value.abs() / 1_000_000_000_000);
        let whole = tables.iter().all(|table| table.measure == ReadyMeasure::Count);
        if (sum - value).abs() > if whole && value % ONE == 0 { 0 } else { close } {
            return Err(match tied.row[total as usize].filter(|row| rows[*row].1.line > 0) {
                None => ReadymadeError::Contradiction,
                Some(row) => {
                    let (file, line, column) = place(row);
                    ReadymadeError::AddUp { file, line, column }
                }
            }
            .into());
        }
    }
    Ok(values)
}

/// The decision about each cell. One to publish and one against it are a mistake; either goes before a preference.
fn decisions(tables: &[&ReadyTable], tied: &Tied, rows: &[(usize, ReadCell)]) -> Result<Vec<Decision>, RunError> {
    let rank = |decision: Decision| match decision {
        Decision::None => 0,
        Decision::PreferPublish | Decision::PreferSuppress => 1,
        Decision::Publish | Decision::Unsafe | Decision::Impossible => 2,
    };
    let mut decisions = vec![Decision::None; tied.system.cells()];
    for (place, (table, row)) in tied.place.iter().zip(rows) {
        let known = &mut decisions[*place as usize];
        if *known != row.decision && rank(*known) == rank(row.decision) {
            return Err(ReadymadeError::Decisions { file: tables[*table].file.clone(), line: row.line }.into());
        }
        if rank(row.decision) > rank(*known) {
            *known = row.decision;
        }
    }
    Ok(decisions)
}

fn judges(
    tables: &[&ReadyTable],
    by: &[String],
    (contents, follows): (&[Content], &[Follows]),
    common: &Common<'_>,
    rows: &[(usize, ReadCell)],
) -> Result<Vec<Judge>, RunError> {
    let judge = |(at, (table, content)): (usize, (&&ReadyTable, &Content))| match content {
        Content::Cells(_) => {
            let own = common.tied.place.iter().zip(rows).filter(|(_, (table, _))| *table == at);
            let own: Vec<(u32, ReadCell)> = own.map(|(place, (_, cell))| (*place, cell.clone())).collect();
            Judge::of_cells(table, common, &own)
        }
        Content::Micro(micro) => {
            let known = with_following(&input::own(table, by), &follows[at]);
            Judge::of_micro(table, common, micro, &known)
        }
    };
    tables.iter().zip(contents).enumerate().map(judge).collect()
}

/// What microdata give for a cell is what other tables show of it.
fn agree(judges: &[Judge], tied: &Tied, rows: &[(usize, ReadCell)], values: &[i128]) -> Result<(), RunError> {
    for (cell, value) in values.iter().enumerate() {
        for judge in judges {
            let told = judge.facts[cell].as_ref().map(|facts| match facts.value {
                Value::Count(count) => i128::from(count) * ONE,
                Value::Amount(amount) => amount.units(),
            });
            if told.is_some_and(|told| told != *value) {
                // Sums of weighted contributions are cut off one by one.
                let shown = tied.row[cell].map(|row| rows[row].1.line).filter(|line| *line > 0);
                if shown.is_some() || float((told.unwrap_or_default() - value).abs()) > 1e-3 {
                    return Err(ReadymadeError::Contradiction.into());
                }
            }
        }
    }
    Ok(())
}

/// The single contributors: by name where they have one, else by the cell that they are alone in, and all cells of which that
/// follows from the numbers of contributors.
fn singletons(contents: &[Content], judges: &[Judge], tied: &Tied) -> Vec<Option<u64>> {
    let cells = tied.system.cells();
    let alone = |cell: usize| {
        let counts = judges.iter().filter_map(|judge| judge.facts[cell].as_ref()?.persons.as_ref());
        counts.map(|persons| persons.tally.most()).max() == Some(1)
    };
    // A total of one contributor is his in every part where anybody is.
    let mut id: Vec<usize> = (0..cells).collect();
    loop {
        let before = id.clone();
        for Relation { total, parts } in (0..tied.system.relations() as u32).map(|line| tied.system.relation(line)) {
            let total = total as usize;
            for part in parts.iter().map(|part| *part as usize).filter(|part| alone(total) && alone(*part)) {
                let first = id[total].min(id[part]);
                (id[total], id[part]) = (first, first);
            }
        }
        if id == before {
            break;
        }
    }
    let mut ids: Vec<Option<u64>> = (0..cells).map(|cell| alone(cell).then_some(id[cell] as u64)).collect();
    let mut names: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (content, judge) in contents.iter().zip(judges) {
        let Content::Micro(micro) = content else { continue };
        for (cell, name) in named(micro, tied).into_iter().filter(|(cell, _)| judge.facts[*cell].is_some()) {
            names.entry(name).or_default().push(cell);
        }
    }
    for (at, cells_of) in (cells as u64..).zip(names.into_values()) {
        for cell in cells_of {
            ids[cell] = ids[cell].map(|_| at);
        }
    }
    ids
}

/// Cells of one named contributor.
fn named(micro: &Micro, tied: &Tied) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (columns, cells) in tied.by_shape() {
        let shaped = micro.gather(&columns);
        for cell in cells {
            let people = shaped.cells.get(&tied.finest[cell]).filter(|people| people.len() == 1);
            let name = people.and_then(|people| micro.name(people.first()?.0));
            found.extend(name.map(|name| (cell, name.to_owned())));
        }
    }
    found
}
