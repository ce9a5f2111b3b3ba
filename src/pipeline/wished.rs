//! What tables wish of their cells: decisions by hand, cells of nobody, lines that tell about everybody in them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::error::RunError;
use crate::config::{Decision, Linked, Pipeline, Wish, Zeros};
use crate::protect::tables::TableError;
use crate::protect::tables::rules::{GroupPart, GroupRule, Protection, RuleError, Sensitive};
use crate::release::code_text;
use crate::sieve::Codebook;
use crate::summarise::{Ascents, CellKey, Cells, Grid, Layout, TOTAL, cell_key};

/// Most cells that tables with cells of nobody may have.
const MOST_CELLS: usize = 2_000_000;

/// Dimension, level and column of a code.
type Place = (usize, usize, usize);

/// What is decided about the cells of a system of tables.
pub(super) struct Wished<'a> {
    pipeline: &'a Pipeline,
    system: &'a Linked,
    codebook: &'a Codebook,
}

impl<'a> Wished<'a> {
    pub fn new(pipeline: &'a Pipeline, system: &'a Linked, codebook: &'a Codebook) -> Self {
        Self { pipeline, system, codebook }
    }

    /// What the codes of the cells mean.
    pub fn codebook(&self) -> &'a Codebook {
        self.codebook
    }

    fn zeros(&self) -> Zeros {
        // All tables of a system say the same.
        self.system.tables.first().map_or(Zeros::default(), |table| self.pipeline.aggregates[*table].wishes.zeros)
    }

    /// Where cells of nobody are shown, the counted cells with all that the codes met make, but those that cannot be.
    pub fn complete(&self, cells: &Cells, ascents: &Ascents, layout: &Layout) -> Result<Option<Cells>, RunError> {
        let counted = Grid::new(self.system, cells.iter().map(|(key, _)| key), ascents)?;
        // Every cell that was counted has somebody in it.
        if self.impossible(&counted).contains(&true) {
            return Err(RunError::Impossible);
        }
        if self.zeros() == Zeros::Absent {
            return Ok(None);
        }
        let met = self.met(&counted);
        let mut keys: HashSet<CellKey> = HashSet::new();
        for (at, shape) in self.system.shapes.iter().enumerate() {
            let values: Vec<Vec<u64>> = (shape.levels.iter().enumerate())
                .map(
                    |(dimension, &level)| {
                        if level == 0 { vec![TOTAL] } else { met[dimension][level - 1].iter().copied().collect() }
                    },
                )
                .collect();
            let count = values.iter().try_fold(1_usize, |product, values| product.checked_mul(values.len()));
            if count.and_then(|count| count.checked_add(keys.len())).is_none_or(|all| all > MOST_CELLS) {
                return Err(RunError::ManyCells { most: MOST_CELLS });
            }
            let mut places = vec![Vec::new()];
            for values in &values {
                let with = |place: &Vec<u64>, value: u64| place.iter().copied().chain([value]).collect();
                places = places.iter().flat_map(|place| values.iter().map(move |value| with(place, *value))).collect();
            }
            let mut key = Vec::new();
            for place in places {
                cell_key(self.system, at, |dimension, _| place[dimension], &mut key);
                keys.insert(key.as_slice().into());
            }
        }
        let grid = Grid::new(self.system, keys.iter().map(|key| &**key), ascents)?;
        let impossible = self.impossible(&grid);
        let possible = grid.keys().iter().zip(&impossible).filter(|(_, impossible)| !**impossible);
        Ok(Some(cells.clone().with_empty(possible.map(|(key, _)| key), layout)))
    }

    /// The values that were met, for each dimension, for each level.
    fn met(&self, grid: &Grid<'_>) -> Vec<Vec<BTreeSet<u64>>> {
        let levels = |dimension: usize| 1..=self.system.dimensions[dimension].levels.len();
        let of = |dimension: usize| {
            let values = |level: usize| (0..grid.keys().len()).map(move |cell| grid.value(cell, dimension, level));
            levels(dimension).map(|level| values(level).filter(|value| *value != TOTAL).collect()).collect()
        };
        (0..self.system.dimensions.len()).map(of).collect()
    }

    /// Which cells lie in one that is declared impossible.
    fn impossible(&self, grid: &Grid<'_>) -> Vec<bool> {
        // For each declared cell the levels and texts that it says; those that say the same columns are looked up together.
        let mut declared: HashMap<Vec<Place>, HashSet<Vec<&str>>> = HashMap::new();
        for &table in &self.system.tables {
            let aggregate = &self.pipeline.aggregates[table];
            let places: Vec<Place> = (aggregate.by.iter())
                .filter_map(|&column| self.system.place(column).map(|(dimension, level)| (dimension, level, column)))
                .collect();
            let out = aggregate.wishes.decided.iter().filter(|(_, wish)| wish.decision == Decision::Impossible);
            for (codes, _) in out {
                let said = places.iter().zip(codes).filter(|(_, code)| *code != crate::release::TOTAL_CODE);
                let (places, codes) = said.map(|(place, code)| (*place, code.as_str())).unzip();
                declared.entry(places).or_default().insert(codes);
            }
        }
        let mut impossible = vec![false; grid.keys().len()];
        for (places, codes) in &declared {
            for (cell, out) in impossible.iter_mut().enumerate() {
                let texts = places.iter().map(|(dimension, level, column)| {
                    code_text(self.codebook, self.system.dataset, *column, grid.value(cell, *dimension, *level))
                });
                let texts: Vec<String> = texts.collect();
                *out |= codes.contains(&texts.iter().map(String::as_str).collect::<Vec<_>>());
            }
        }
        impossible
    }

    /// What is decided about each cell, and how many decisions meet none.
    pub fn decisions(&self, grid: &Grid<'_>) -> (Vec<Wish>, u64) {
        let mut wishes = vec![Wish::default(); grid.keys().len()];
        let mut met_none = 0;
        for (place, &table) in self.system.tables.iter().enumerate() {
            let aggregate = &self.pipeline.aggregates[table];
            if aggregate.wishes.decided.is_empty() {
                continue;
            }
            let mut open: BTreeMap<&Vec<String>, &Wish> = aggregate.wishes.decided.iter().collect();
            for (cell, wish) in wishes.iter_mut().enumerate() {
                if !self.system.shapes[grid.shape(cell)].shown.contains(&place) {
                    continue;
                }
                let code = |column: &usize| {
                    let (dimension, level) = self.system.place(*column)?;
                    Some(code_text(self.codebook, self.system.dataset, *column, grid.value(cell, dimension, level)))
                };
                let Some(codes) = aggregate.by.iter().map(code).collect::<Option<Vec<String>>>() else { continue };
                if let Some(said) = open.remove(&codes) {
                    *wish = stronger(*wish, *said);
                }
            }
            met_none += open.values().filter(|wish| wish.decision != Decision::Impossible).count() as u64;
        }
        (wishes, met_none)
    }

    /// How far cells must stay unsure that tell about everybody of their line.
    pub fn groups(
        &self,
        grid: &Grid<'_>,
        relations: &[(u32, Vec<u32>)],
        (cells, thresholds): (&Cells, &[u64]),
    ) -> Result<Vec<Option<Protection>>, RunError> {
        let mut found: Vec<Option<Protection>> = vec![None; grid.keys().len()];
        let columns = self.system.tables.iter().flat_map(|table| &self.pipeline.aggregates[*table].wishes.group);
        let places: HashSet<(usize, usize)> = columns.filter_map(|column| self.system.place(*column)).collect();
        let persons = |cell: u32| cells.get(&grid.keys()[cell as usize]).map_or(0, |cell| cell.persons);
        for (total, parts) in relations {
            let Some(first) = parts.first() else { continue };
            let (above, below) = (grid.shape(*total as usize), grid.shape(*first as usize));
            let levels = |shape: usize| &self.system.shapes[shape].levels;
            let differ: Vec<usize> =
                (0..levels(above).len()).filter(|d| levels(above)[*d] != levels(below)[*d]).collect();
            let [along] = differ.as_slice() else { continue };
            if !places.contains(&(*along, levels(below)[*along])) {
                continue;
            }
            // All but so few that these are suppressed anyway; that nobody is in a part only where that must not be known.
            let few = thresholds[*first as usize].saturating_sub(1).max(1);
            let none = (self.zeros() == Zeros::Unsafe).then_some(few);
            let wrong = |error: RuleError| RunError::Tables(TableError::Rules(error));
            let rule = GroupRule::new(Sensitive::Every, Some(few), none).map_err(wrong)?;
            let counts: Vec<u64> = parts.iter().map(|part| persons(*part)).collect();
            // One whose parts are few in all is unsafe itself, and so are they.
            for finding in rule.line(&GroupPart::of_line(persons(*total), &counts).map_err(wrong)?) {
                let known = &mut found[parts[finding.part] as usize];
                *known = Some(known.map_or(finding.protection, |before| before.widest(finding.protection)));
            }
        }
        Ok(found)
    }
}

/// Of two decisions the one that is more careful, and the larger cost.
fn stronger(one: Wish, other: Wish) -> Wish {
    let rank = |decision: Decision| match decision {
        Decision::Unsafe => 5,
        Decision::Publish => 4,
        Decision::PreferPublish => 3,
        Decision::PreferSuppress => 2,
        Decision::Impossible => 1,
        Decision::None => 0,
    };
    let decision = if rank(other.decision) > rank(one.decision) { other.decision } else { one.decision };
    Wish { decision, cost: one.cost.max(other.cost) }
}
