//! A system of tables in the words of the ledger: before it is released, held against earlier ones, and as it was released.

use super::{Before, Held, added, is_estimated};
use crate::config::{self, Linked, Over};
use crate::ledger::{self, Cell, Changed, ChangedBy, Counts, Fate, Hash, Shape, Share, State, Sum, Tables, Told, tie};
use crate::pipeline::error::RunError;
use crate::pipeline::run::Context;
use crate::protect::tables::{
    Ahead, Between, Earlier, EarlierAmount, EarlierCell, EarlierFate, EarlierMeasure, EarlierShare, Shown, Status,
    SystemPlan, TableCell,
};
use crate::sieve::{Cell as Code, Codebook};
use crate::summarise::{Cells, Grid, Layout, Slot, TOTAL};

/// A system of tables in the words of the ledger.
pub(in crate::pipeline) struct Recorded {
    pub tables: Tables,
    /// Columns that are levels of one, coarse to fine.
    pub nested: Vec<Vec<u32>>,
    /// Of each column of shares, how many values are measured.
    pub shares: Vec<usize>,
}

impl Recorded {
    /// The cells of a grid with their definitions; what becomes of them is not known yet.
    pub fn new(ctx: &Context<'_>, universe: &str, grid: &Grid<'_>, layout: &Layout, codebook: &Codebook) -> Self {
        let (pipeline, system) = (ctx.pipeline, grid.system());
        let dataset = ledger::dataset(universe, pipeline, system.dataset);
        let column = |at: usize| ledger::column(dataset, pipeline, system.dataset, at);
        let places: Vec<(usize, usize, usize)> = (system.dimensions.iter().enumerate())
            .flat_map(|(at, d)| d.levels.iter().enumerate().map(move |(level, column)| (at, level + 1, *column)))
            .collect();
        let columns: Vec<Hash> = places.iter().map(|(.., at)| column(*at)).collect();
        let sums = layout.amounts().iter().map(|at| ledger::total_of(column(*at))).collect();
        let shares = layout.shares().iter().flat_map(|s| {
            let of = column(s.column);
            s.values.iter().map(move |value| ledger::code(of, value))
        });
        let sample = system.over == Over::Sample;
        let mut tables = Tables {
            dataset,
            sample,
            estimates: is_estimated(ctx, system),
            columns,
            sums,
            shares: shares.collect(),
            shapes: shapes(system, &places),
            ..Tables::default()
        };
        let mut numbers: hashbrown::HashMap<(usize, u64), u32> = hashbrown::HashMap::new();
        for cell in 0..grid.keys().len() {
            let shape = grid.shape(cell);
            let mut codes = Vec::with_capacity(tables.shapes[shape].path.len());
            for place in &tables.shapes[shape].path {
                let (dimension, level, column) = places[*place as usize];
                let key = grid.value(cell, dimension, level);
                let next = tables.codes.len() as u32;
                codes.push(*numbers.entry((column, key)).or_insert_with(|| {
                    let hash = code(codebook, (system.dataset, column), tables.columns[*place as usize], key);
                    tables.codes.push(hash);
                    next
                }));
            }
            let (sums, shares) = (vec![Told::Nothing; tables.sums.len()], vec![Told::Nothing; tables.shares.len()]);
            tables.cells.push(Cell {
                shape: shape as u32,
                codes: codes.into(),
                fate: Fate::Tie,
                counts: None,
                within: None,
                sums: sums.into(),
                shares: shares.into(),
            });
        }
        let mut next = 0_u32;
        let levels = |dimension: &config::Dimension| -> Vec<u32> {
            let first = next;
            next += dimension.levels.len() as u32;
            (first..next).collect()
        };
        let nested = system.dimensions.iter().map(levels).collect();
        Self { tables, nested, shares: layout.shares().iter().map(|share| share.values.len()).collect() }
    }

    /// Holds earlier releases against these cells.
    pub fn held(
        &self,
        before: &Before,
        cells: &[TableCell<'_>],
        relations: &[(u32, Vec<u32>)],
    ) -> Result<Held, RunError> {
        let (releases, earlier): (Vec<usize>, Vec<Earlier>) = self.earlier(before, relations).into_iter().unzip();
        Ok(Held { releases, ahead: Ahead::new(cells, relations, &earlier)? })
    }

    /// The earlier releases, as far as they are tied to these cells: with the position of each.
    fn earlier(&self, before: &Before, relations: &[(u32, Vec<u32>)]) -> Vec<(usize, Earlier)> {
        let tied = before.of(&self.tables).filter_map(|(at, earlier)| {
            let tied = tie(&self.tables, &self.nested, relations, earlier)?;
            let seen = |(at, same): (usize, &Option<u32>)| self.seen(earlier, at, *same);
            let mut cells: Vec<EarlierCell> = tied.same.iter().enumerate().map(seen).collect();
            let ledger::Tied { relations, absent, gone, loose, .. } = tied;
            added::measures(&mut cells, earlier.cells.len(), &relations);
            for (cell, parts) in loose {
                cells[cell as usize].perhaps = parts.into();
            }
            // That all of a cell are among the rows is not seen from the rows.
            let certain = before.releases[at].state == State::Published && !earlier.rows;
            Some((at, Earlier { certain, cells, relations, absent, gone }))
        });
        tied.collect()
    }

    /// An earlier cell in terms of the new layout; those after the cells of the ledger are sums of these.
    fn seen(&self, earlier: &Tables, at: usize, same: Option<u32>) -> EarlierCell {
        let cell = earlier.cells.get(at);
        let fate = match cell.map(|cell| (cell.fate, cell.counts)) {
            Some((Fate::Published | Fate::Known, Some(Counts { records, persons }))) => {
                EarlierFate::Known(records, persons)
            }
            Some((Fate::Unsafe, _)) => EarlierFate::Unsafe,
            _ => EarlierFate::Hidden,
        };
        let amounts = self.tables.sums.iter().map(|hash| {
            let place = earlier.sums.iter().position(|sum| sum == hash);
            match cell.zip(place).map(|(cell, place)| cell.sums[place]) {
                Some(Told::Shown(Sum { records, persons, bits })) => {
                    let persons = Between::exactly(persons);
                    EarlierMeasure::Shown(EarlierAmount { records, persons, sum: f64::from_bits(bits), error: 0.0 })
                }
                Some(Told::Withheld) => EarlierMeasure::Withheld,
                Some(Told::Nothing) | None => EarlierMeasure::Nothing,
            }
        });
        let mut shares = self.tables.shares.iter().map(|hash| {
            let place = earlier.shares.iter().position(|share| share == hash);
            match cell.zip(place).map(|(cell, place)| cell.shares[place]) {
                Some(Told::Shown(Share { records, persons, others, of_records, of_persons })) => {
                    let [persons, others, of_persons] = [persons, others, of_persons].map(Between::exactly);
                    EarlierMeasure::Shown(EarlierShare { records, persons, others, of_records, of_persons })
                }
                Some(Told::Withheld) => EarlierMeasure::Withheld,
                Some(Told::Nothing) | None => EarlierMeasure::Nothing,
            }
        });
        let of_column = |values: usize| (&mut shares).take(values).collect();
        let shares = self.shares.iter().copied().map(of_column).collect();
        EarlierCell { same, fate, perhaps: [].into(), amounts: amounts.collect(), shares }
    }

    /// Writes down what becomes of the cells. Cells that no table shows, and that are not sums of shown ones, are left out: that somebody
    /// is in them was told to nobody.
    pub fn settle(
        mut self,
        grid: &Grid<'_>,
        counted: &Cells,
        (shown, plan): (&[Shown], &SystemPlan),
    ) -> Result<Tables, RunError> {
        let system = grid.system();
        let lost = || RunError::Bug("a cell of a table is lost");
        for (at, cell) in self.tables.cells.iter_mut().enumerate() {
            let shape = &system.shapes[grid.shape(at)];
            let tally = counted.get(&grid.keys()[at]).ok_or_else(lost)?;
            cell.fate = match (shape.shown.is_empty(), plan.status(at)) {
                (false, Status::Published) => Fate::Published,
                (false, _) if plan.is_unsafe(at) => Fate::Unsafe,
                (false, _) => Fate::Hidden,
                (true, _) if plan.is_unsafe(at) => Fate::Unsafe,
                (true, _) if shape.known => Fate::Known,
                (true, _) => Fate::Tie,
            };
            let counts = Counts { records: tally.records, persons: tally.persons };
            cell.counts = matches!(cell.fate, Fate::Published | Fate::Known).then_some(counts);
            let seen = &shown[grid.shape(at)];
            for ((told, tally), (number, shown)) in
                cell.sums.iter_mut().zip(&tally.amounts).zip(seen.amounts.iter().enumerate())
            {
                let sum = Sum { records: tally.records, persons: tally.persons, bits: tally.sum.to_f64().to_bits() };
                *told = told_of(*shown, plan.publishes(at, Slot::Sum(number)), sum);
            }
            let mut shares = cell.shares.iter_mut();
            for (column, (tally, shown)) in tally.shares.iter().zip(&seen.shares).enumerate() {
                for (value, (shown, found)) in shown.iter().zip(&tally.categories).enumerate() {
                    let share = Share {
                        records: found.records,
                        persons: found.persons,
                        others: found.others,
                        of_records: tally.records,
                        of_persons: tally.persons,
                    };
                    if let Some(told) = shares.next() {
                        *told = told_of(*shown, plan.publishes(at, Slot::Share { column, value }), share);
                    }
                }
            }
        }
        only_told(&mut self.tables);
        Ok(self.tables)
    }
}

impl Recorded {
    /// Writes down tables whose counts were changed: for each cell the limits that its published number leaves, `None` where it is
    /// in no table. Which cells of noise have anybody in them was told to nobody, so none of these stands there.
    pub fn changed(mut self, how: Changed, published: &[Option<(u64, u64)>]) -> Tables {
        let tables = &mut self.tables;
        for (cell, limits) in tables.cells.iter_mut().zip(published) {
            (cell.fate, cell.within) = (Fate::Published, *limits);
        }
        let mut shown = published.iter().map(|limits| limits.is_some() && how.by != ChangedBy::Noise);
        tables.cells.retain(|_| shown.next().unwrap_or_default());
        let shapes = &tables.shapes;
        tables.cells.retain(|cell| shapes[cell.shape as usize].shown);
        tables.changed = Some(how);
        only_told(tables);
        self.tables
    }
}

pub(in crate::pipeline) fn told_of<T>(shown: bool, published: bool, measure: T) -> Told<T> {
    match (shown, published) {
        (false, _) => Told::Nothing,
        (true, false) => Told::Withheld,
        (true, true) => Told::Shown(measure),
    }
}

/// Takes out the cells of shapes that are finer than any that is shown.
pub(in crate::pipeline) fn only_told(tables: &mut Tables) {
    let shapes = &tables.shapes;
    let told = |shape: &Shape| {
        shapes.iter().any(|other| other.shown && shape.finest.iter().all(|column| other.path.contains(column)))
    };
    let told: Vec<bool> = shapes.iter().map(told).collect();
    tables.cells.retain(|cell| told[cell.shape as usize]);
    only_used(&mut tables.codes, tables.cells.iter_mut().flat_map(|cell| cell.codes.iter_mut()).collect());
    let mut next = 0;
    let places: Vec<u32> = told
        .iter()
        .map(|told| {
            next += u32::from(*told);
            next.saturating_sub(1)
        })
        .collect();
    tables.cells.iter_mut().for_each(|cell| cell.shape = places[cell.shape as usize]);
    let mut told = told.into_iter();
    tables.shapes.retain(|_| told.next().unwrap_or_default());
    let columns = tables.shapes.iter_mut().flat_map(|shape| shape.finest.iter_mut().chain(&mut shape.path));
    only_used(&mut tables.columns, columns.collect());
}

/// Takes out hashes that no position says, and makes the positions those of what stays: who guesses a code can check its hash.
fn only_used(hashes: &mut Vec<Hash>, positions: Vec<&mut u32>) {
    let mut used = vec![false; hashes.len()];
    positions.iter().for_each(|at| used[**at as usize] = true);
    let mut stay = 0;
    let place: Vec<u32> = used
        .iter()
        .map(|used| {
            stay += u32::from(*used);
            stay.saturating_sub(1)
        })
        .collect();
    positions.into_iter().for_each(|at| *at = place[*at as usize]);
    let mut used = used.into_iter();
    hashes.retain(|_| used.next().unwrap_or_default());
}

fn shapes(system: &Linked, places: &[(usize, usize, usize)]) -> Vec<Shape> {
    let shape = |shape: &crate::config::Shape| {
        let here = |keep: &dyn Fn(usize, usize) -> bool| {
            let all = (0_u32..).zip(places).filter(|(_, (dimension, level, _))| keep(*level, shape.levels[*dimension]));
            all.map(|(at, _)| at).collect()
        };
        Shape {
            finest: here(&|level, finest| level == finest),
            path: here(&|level, finest| level <= finest),
            shown: !shape.shown.is_empty(),
        }
    };
    system.shapes.iter().map(shape).collect()
}

/// The hash of a code, as the release writes it.
pub(super) fn code(codebook: &Codebook, (dataset, column): (usize, usize), of: Hash, key: u64) -> Hash {
    match codebook.cell(dataset, column, key) {
        _ if key == TOTAL => ledger::missing(of),
        Code::Missing => ledger::missing(of),
        Code::Text(text) => ledger::code(of, text),
        Code::Integer(i) => ledger::code(of, &i.to_string()),
        Code::Number(x) => ledger::code(of, &x.to_string()),
    }
}
