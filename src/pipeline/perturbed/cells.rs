//! The cells of a system of tables, as the methods want them.

use hashbrown::{HashMap, HashSet};

use super::super::error::RunError;
use super::super::run::Context;
use super::amounts::{AmountCell, Amounts};
use super::change::Counts;
use super::error::PerturbError;
use crate::config::{Linked, Measure, Perturb, SumChange};
use crate::protect::perturb::narrow::Sum;
use crate::sieve::{Cell as Code, Codebook, declared_paths};
use crate::summarise::{Amount, Ascents, Cell, CellKey, Cells, Grid, Layout, SummariseError, TOTAL, cell_key};

use super::super::tables::{Counted, layout};

/// Most cells that noise is drawn for.
const MOST: u64 = 1_000_000;

/// The cells that were counted and whoever they are made of. For noise: those that pipeline and schema declare, whatever was
/// counted.
pub(super) fn counts<'a>(
    ctx: &Context<'_>,
    linked: &'a Linked,
    perturb: &Perturb,
    (counted, left_over): (&Counted, Option<&Cells>),
    codebook: &Codebook,
) -> Result<(Grid<'a>, Counts), RunError> {
    let layout = layout(ctx, linked);
    let (grid, parts) = match perturb {
        Perturb::Noise(_) => declared(ctx, linked, counted, codebook)?,
        _ => {
            let grid = Grid::new(linked, counted.cells.iter().map(|(key, _)| key), &counted.ascents)?;
            let parts = grid.keys().iter().map(|key| counted.cells.get(key).into_iter().collect()).collect();
            (grid, parts)
        }
    };
    let parts: Vec<Vec<&Cell>> = parts;
    let counts: Vec<u64> = parts.iter().map(|parts| parts.iter().map(|cell| cell.persons).sum()).collect();
    let cells = 0..grid.keys().len();
    let shape = |cell: usize| &linked.shapes[grid.shape(cell)];
    let left = |cell: usize| left_over.map(|cells| cells.get(&grid.keys()[cell]).map_or(0, |cell| cell.persons));
    let seen = |cell: usize| left(cell).map_or(0, |left| counts[cell].saturating_sub(left));
    let keys = match perturb {
        Perturb::CellKey { .. } => {
            grid.keys().iter().map(|key| counted.cells.get(key).map_or(0, |cell| cell.keys.0)).collect()
        }
        _ => Vec::new(),
    };
    let sums = match perturb {
        // Noise is drawn cell by cell.
        Perturb::Noise(_) => Vec::new(),
        _ => sums(&grid, &counts)?,
    };
    let measured = |is: fn(&Measure) -> bool| {
        let mut all = linked.tables.iter().flat_map(|table| &ctx.pipeline.aggregates[*table].measures);
        all.any(|(_, measure)| is(measure))
    };
    let thresholds = linked.tables.iter().map(|table| ctx.pipeline.aggregates[*table].threshold.get());
    let mut counts = Counts {
        label: format!("{}/{}", ctx.pipeline.name, source(ctx, linked)),
        keys,
        names: cells.clone().map(|cell| names(ctx, &grid, cell, codebook)).collect(),
        shown: cells.clone().map(|cell| !shape(cell).shown.is_empty()).collect(),
        known: cells.clone().map(|cell| shape(cell).known).collect(),
        seen: cells.clone().map(seen).collect(),
        sums,
        shapes: linked.shapes.iter().filter(|shape| !shape.shown.is_empty()).count() as u32,
        threshold: thresholds.max().unwrap_or(0),
        before: Vec::new(),
        hidden: !measured(|measure| *measure == Measure::Persons),
        amounts: Vec::new(),
        counts,
    };
    for (at, column) in layout.amounts().iter().enumerate() {
        let name = &ctx.pipeline.datasets[linked.dataset].kept[*column].name;
        let Some(change) = perturb.sum_of(name) else {
            return Err(RunError::Bug("a sum is perturbed by no method"));
        };
        let amounts = amounts(change, (at, *column), (ctx, linked, &layout), (&parts, &grid), &counts)?;
        counts.amounts.push(amounts);
    }
    Ok((grid, counts))
}

/// The sums of a column, and where a mean is shown the persons who have a value. `parts` are what each cell is made of.
fn amounts(
    change: &SumChange,
    (at, column): (usize, usize),
    (ctx, linked, layout): (&Context<'_>, &Linked, &Layout),
    (parts, grid): (&[Vec<&Cell>], &Grid<'_>),
    counts: &Counts,
) -> Result<Amounts, RunError> {
    let cell = |parts: &Vec<&Cell>| {
        let mut made = AmountCell::default();
        for cell in parts {
            let tally = &cell.amounts[at];
            made.sum = made.sum.checked_add(tally.sum.units()).ok_or(SummariseError::TooLarge)?;
            made.contributors += tally.persons;
            // The first number of a cell is that of its records.
            if let Some(contributions) = &cell.contributions {
                made.is_signed |= contributions.negative(at + 1);
                let largest = contributions.persons(at + 1).map(|largest| largest.found()).unwrap_or_default();
                made.largest.extend(largest.iter().map(|amount: &Amount| (amount.units(), 0)));
            }
            if layout.keyed().is_some() {
                let keyed = cell.keyed.get(at).ok_or(SummariseError::Layout)?;
                made.keys = made.keys.wrapping_add(keyed.keys());
                made.largest = keyed.found().map(|(amount, key)| (amount.units(), key)).collect();
            }
        }
        Ok::<_, RunError>(made)
    };
    let cells: Vec<AmountCell> = parts.iter().map(cell).collect::<Result<_, _>>()?;
    let is_mean = |(_, measure): &(String, Measure)| *measure == Measure::Mean(column);
    let mut tables = linked.tables.iter().map(|table| &ctx.pipeline.aggregates[*table]);
    let persons = if tables.any(|table| table.measures.iter().any(is_mean)) {
        let with_value: Vec<u64> = cells.iter().map(|cell| cell.contributors).collect();
        let sums = if counts.sums.is_empty() { Vec::new() } else { sums(grid, &with_value)? };
        Some(Box::new(Counts {
            label: counts.label.clone(),
            keys: if counts.keys.is_empty() { Vec::new() } else { cells.iter().map(|cell| cell.keys).collect() },
            names: counts.names.clone(),
            shown: counts.shown.clone(),
            known: vec![false; cells.len()],
            seen: vec![0; cells.len()],
            sums,
            shapes: counts.shapes,
            threshold: counts.threshold,
            counts: with_value,
            ..Counts::default()
        }))
    } else {
        None
    };
    Ok(Amounts { change: change.clone(), cells, persons })
}

/// The name of the dataset.
fn source<'c>(ctx: &'c Context<'_>, linked: &Linked) -> &'c str {
    &ctx.pipeline.sources[ctx.pipeline.datasets[linked.dataset].source].name
}

fn sums(grid: &Grid<'_>, counts: &[u64]) -> Result<Vec<Sum>, RunError> {
    let adds_up = |total: u32, parts: &[u32]| {
        let sum: u128 = parts.iter().map(|part| u128::from(counts[*part as usize])).sum();
        sum == u128::from(counts[total as usize])
    };
    let sum = |(total, parts): (u32, Vec<u32>)| Sum { adds_up: adds_up(total, &parts), total, parts };
    Ok(grid.relations()?.into_iter().map(sum).collect())
}

/// Columns and codes of a cell: of each hierarchy the finest one that is not totalled.
fn names(ctx: &Context<'_>, grid: &Grid<'_>, cell: usize, codebook: &Codebook) -> Vec<(String, String)> {
    let linked = grid.system();
    let kept = &ctx.pipeline.datasets[linked.dataset].kept;
    let mut names = Vec::new();
    for (dimension, level) in linked.shapes[grid.shape(cell)].levels.iter().enumerate().filter(|(_, level)| **level > 0)
    {
        let column = linked.dimensions[dimension].levels[level - 1];
        let code = match codebook.cell(linked.dataset, column, grid.value(cell, dimension, *level)) {
            // No text begins with the character 0.
            Code::Missing => "\0".to_owned(),
            Code::Text(text) => text.to_owned(),
            Code::Integer(value) => value.to_string(),
            Code::Number(value) => format!("{:016x}", value.to_bits()),
        };
        names.push((kept[column].name.clone(), code));
    }
    names
}

/// Every cell of the declared values, with the counted cells that it is made of. A person whose value is not among the declared ones counts as one
/// without a value: which cells there are does not depend on any record.
fn declared<'a, 'c>(
    ctx: &Context<'_>,
    linked: &'a Linked,
    counted: &'c Counted,
    codebook: &Codebook,
) -> Result<(Grid<'a>, Vec<Vec<&'c Cell>>), RunError> {
    let lost = || RunError::Bug("a column with noise has no declared values");
    let mut ascents = Ascents::new(linked);
    let mut paths: Vec<Vec<Vec<u64>>> = Vec::new();
    for (at, dimension) in linked.dimensions.iter().enumerate() {
        let declared = declared_paths(ctx.pipeline, linked.dataset, &dimension.levels).ok_or_else(lost)?;
        let key = |(column, text): (&usize, &Option<String>)| match text {
            None => Some(codebook.missing_key(linked.dataset, *column)),
            Some(text) => codebook.key_of_text(linked.dataset, *column, text),
        };
        let path =
            |path: &Vec<Option<String>>| dimension.levels.iter().zip(path).map(key).collect::<Option<Vec<u64>>>();
        let keys: Vec<Vec<u64>> = declared.iter().map(path).collect::<Option<_>>().ok_or_else(lost)?;
        for path in &keys {
            ascents.meet(at, path)?;
        }
        paths.push(keys);
    }
    let mut keys: Vec<CellKey> = Vec::new();
    for (shape, levels) in linked.shapes.iter().enumerate().filter(|(_, shape)| !shape.shown.is_empty()) {
        let mut prefixes: Vec<Vec<u64>> = vec![vec![shape as u64]];
        for (paths, level) in paths.iter().zip(&levels.levels) {
            let mut values: Vec<u64> = match level {
                0 => vec![TOTAL],
                level => paths.iter().map(|path| path[level - 1]).collect(),
            };
            values.sort_unstable();
            values.dedup();
            if (prefixes.len() as u64).saturating_mul(values.len() as u64).saturating_add(keys.len() as u64) > MOST {
                return Err(PerturbError::TooManyCells { most: MOST }.into());
            }
            let with = |prefix: &Vec<u64>| {
                let prefix = prefix.clone();
                values.iter().map(move |value| [prefix.as_slice(), &[*value]].concat()).collect::<Vec<_>>()
            };
            prefixes = prefixes.iter().flat_map(with).collect();
        }
        keys.extend(prefixes.into_iter().map(Into::into));
    }
    let grid = Grid::new(linked, keys.iter().map(|key| &**key), &ascents)?;
    let counts = gathered(linked, counted, &grid, &paths)?;
    Ok((grid, counts))
}

/// The values of every dimension, path by path, the one without values last.
type Paths = [Vec<Vec<u64>>];

/// The counted cells of each declared one: nobody is in two of them, as each person counts by one record.
fn gathered<'c>(
    linked: &Linked,
    counted: &'c Counted,
    grid: &Grid<'_>,
    paths: &Paths,
) -> Result<Vec<Vec<&'c Cell>>, RunError> {
    let number: HashMap<&[u64], usize> = grid.keys().iter().enumerate().map(|(at, key)| (&**key, at)).collect();
    // For each dimension and level the declared values, and the missing one.
    let levels = |paths: &Vec<Vec<u64>>| -> Vec<(HashSet<u64>, u64)> {
        let missing = paths.last().map_or(&[][..], Vec::as_slice);
        missing.iter().enumerate().map(|(at, key)| (paths.iter().map(|path| path[at]).collect(), *key)).collect()
    };
    let known: Vec<Vec<(HashSet<u64>, u64)>> = paths.iter().map(levels).collect();
    let mut parts = vec![Vec::new(); grid.keys().len()];
    let mut place = Vec::new();
    for (key, cell) in counted.cells.iter() {
        let shape = usize::try_from(key[0]).map_err(|_| SummariseError::Layout)?;
        if linked.shapes.get(shape).ok_or(SummariseError::Layout)?.shown.is_empty() {
            continue;
        }
        let declared = |dimension: usize, level: usize| {
            let (values, missing) = &known[dimension][level - 1];
            let value = key[dimension + 1];
            if values.contains(&value) { value } else { *missing }
        };
        cell_key(linked, shape, declared, &mut place);
        parts[*number.get(place.as_slice()).ok_or(SummariseError::Layout)?].push(cell);
    }
    Ok(parts)
}
