//! Tables over the same records are one system: what one shows and another hides can be found by adding and subtracting.
//!
//! A *shape* says at which level a cell stands in every dimension: department and sex, or region and total. The shapes of all
//! tables, and those where two of them meet (the totals that both add up to), are counted together; every cell of one shape
//! is the sum of cells of the next finer ones.

use super::lineage::{self, Dimension, NotNested};
use super::model::{Aggregate, Derived, Design, Kept, Over, Pipeline, Sample};
use super::perturb::Perturb;

/// At which level cells stand in each dimension, and where they are seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// For each dimension its level; 0 is the total.
    pub levels: Box<[usize]>,
    /// Positions among the system's tables of those that show these cells.
    pub shown: Vec<usize>,
    /// Whether an outsider is taken to know the counts without being shown them: the total of the table, sizes of strata, totals
    /// that weights were fitted to.
    pub known: bool,
}

/// Tables over the same records of one dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// Position in `datasets`.
    pub dataset: usize,
    /// Over whom they count.
    pub over: Over,
    /// Positions in `aggregates`.
    pub tables: Vec<usize>,
    /// Every column that a table is made by stands in one of them.
    pub dimensions: Vec<Dimension>,
    /// Every shape once, coarser ones before those that they are sums of.
    pub shapes: Vec<Shape>,
}

impl Shape {
    /// Whether cells of this shape are sums of cells of the other, or the same.
    fn is_coarser(&self, other: &Self) -> bool {
        self.levels.iter().zip(&other.levels).all(|(a, b)| a <= b)
    }
}

impl Linked {
    /// The shape with these levels.
    #[must_use]
    pub fn shape(&self, levels: &[usize]) -> Option<usize> {
        self.shapes.iter().position(|shape| *shape.levels == *levels)
    }

    /// Pairs of shapes, coarse and fine, with none between them: cells of the first are sums of cells of the second. All other
    /// sums follow from these.
    #[must_use]
    pub fn steps(&self) -> Vec<(usize, usize)> {
        let coarser = |a: &Shape, b: &Shape| a != b && a.is_coarser(b);
        let all = || self.shapes.iter().enumerate();
        let mut steps = Vec::new();
        for (coarse, above) in all() {
            for (fine, below) in all().filter(|(_, below)| coarser(above, below)) {
                if !self.shapes.iter().any(|between| coarser(above, between) && coarser(between, below)) {
                    steps.push((coarse, fine));
                }
            }
        }
        steps
    }

    /// Where a column of a table stands: its dimension and level there. `column` is a position in `kept`.
    #[must_use]
    pub fn place(&self, column: usize) -> Option<(usize, usize)> {
        let place = |(at, dimension): (usize, &Dimension)| dimension.level(column).map(|level| (at, level));
        self.dimensions.iter().enumerate().find_map(place)
    }
}

impl Pipeline {
    /// The systems of linked tables, in the order of their first table.
    #[must_use]
    pub fn linked(&self) -> Vec<Linked> {
        let mut systems: Vec<Linked> = Vec::new();
        for table in &self.aggregates {
            if systems.iter().any(|s| (s.dataset, s.over) == (table.dataset, table.over)) {
                continue;
            }
            let dataset = &self.datasets[table.dataset];
            // A pipeline with tables that are not nested was refused when it was read.
            let columns = (&*dataset.kept, &*dataset.derived);
            systems.extend(link(&self.aggregates, (table.dataset, table.over), columns, self.sample.as_ref()).ok());
        }
        systems
    }
}

/// Columns whose totals an outsider may know together: the strata, and each column that weights are fitted to or that the sample is
/// balanced on.
fn named(sample: Option<&Sample>) -> Vec<Vec<&String>> {
    let Some(sample) = sample else { return Vec::new() };
    let fitted = sample.calibration.iter().flat_map(|c| &c.margins).map(|margin| &margin.column);
    let balanced = match &sample.design {
        Design::Balanced { balance, .. } => balance.as_slice(),
        _ => &[],
    };
    let alone = fitted.chain(balanced).map(|column| vec![column]);
    [sample.strata.iter().collect()].into_iter().chain(alone).collect()
}

/// Links the tables of a dataset over the same records.
pub(super) fn link(
    aggregates: &[Aggregate],
    (dataset, over): (usize, Over),
    (kept, derived): (&[Kept], &[Derived]),
    sample: Option<&Sample>,
) -> Result<Linked, NotNested> {
    let is_here = |table: &Aggregate| (table.dataset, table.over) == (dataset, over);
    let tables: Vec<usize> = (0..aggregates.len()).filter(|at| is_here(&aggregates[*at])).collect();
    let mut columns: Vec<usize> = Vec::new();
    for column in tables.iter().flat_map(|table| &aggregates[*table].by) {
        if !columns.contains(column) {
            columns.push(*column);
        }
    }
    let mut dimensions = lineage::dimensions(kept, derived, &columns)?;
    // Sizes that are known of a coarser column than any in the tables are totals of the tables too.
    for column in named(sample).iter().flatten().filter_map(|name| kept.iter().position(|kept| kept.name == **name)) {
        if let Some(dimension) =
            dimensions.iter_mut().find(|d| d.from == kept[column].from && !d.levels.contains(&column))
        {
            let levels: Vec<usize> = dimension.levels.iter().copied().chain([column]).collect();
            if let Ok([nested]) = lineage::dimensions(kept, derived, &levels).as_deref() {
                dimension.levels.clone_from(&nested.levels);
            }
        }
    }
    let mut system = Linked { dataset, over, tables, dimensions, shapes: Vec::new() };
    let shown =
        |at: usize| system.shapes_of(&aggregates[system.tables[at]]).into_iter().map(move |levels| (at, levels));
    let shown: Vec<(usize, Box<[usize]>)> = (0..system.tables.len()).flat_map(shown).collect();
    let controlled = |at: &usize| matches!(aggregates[*at].perturb, Some(Perturb::ControlledRounding { .. }));
    if system.tables.iter().any(controlled) {
        // All tables are added up from cells that all of them have in common.
        let finest = |at| shown.iter().map(|(_, levels)| levels[at]).max().unwrap_or(0);
        let finest = (0..system.dimensions.len()).map(finest).collect();
        system.shape_mut(finest);
    }
    let known = system.known(kept, sample);
    system.tie(shown, known);
    Ok(system)
}

impl Linked {
    /// A system of tables that are not those of a pipeline. `shown` gives every shape that a table shows: the table, by its
    /// number, and for each dimension the level. Where `whole`, the total over all dimensions is a cell that outsiders know, shown or not.
    #[must_use]
    pub fn of_shapes(dimensions: Vec<Dimension>, shown: Vec<(usize, Box<[usize]>)>, whole: bool) -> Self {
        let tables = 0..shown.iter().map(|(table, _)| table + 1).max().unwrap_or(0);
        let (dataset, over) = (0, Over::Population);
        let mut system = Self { dataset, over, tables: tables.collect(), dimensions, shapes: Vec::new() };
        let known = whole.then(|| vec![0; system.dimensions.len()].into());
        system.tie(shown, known.into_iter().collect());
        system
    }

    /// Adds shapes that no table shows, with those where they meet others: what earlier releases have shown. One that is not of this
    /// system's levels is left out.
    pub fn with_ties(&mut self, shapes: Vec<Box<[usize]>>) {
        let is_here = |levels: &[usize]| {
            levels.len() == self.dimensions.len()
                && levels.iter().zip(&self.dimensions).all(|(level, dimension)| *level <= dimension.levels.len())
        };
        let shapes: Vec<Box<[usize]>> = shapes.into_iter().filter(|levels| is_here(levels)).collect();
        for levels in shapes {
            self.shape_mut(levels);
        }
        self.close();
        self.sort();
    }

    /// Brings all shapes together, with those where two of them meet.
    fn tie(&mut self, shown: Vec<(usize, Box<[usize]>)>, known: Vec<Box<[usize]>>) {
        for (table, levels) in shown {
            self.shape_mut(levels).shown.push(table);
        }
        for levels in known {
            self.shape_mut(levels).known = true;
        }
        // Where the strata are the finest cells of the tables, each cell is alone in its stratum: its size is told by the
        // weights, suppressed or not, and nothing in the tables adds to it.
        for at in 0..self.shapes.len() {
            let finer = |other: &Shape| *other != self.shapes[at] && self.shapes[at].is_coarser(other);
            let shows_finer = self.shapes.iter().any(|other| !other.shown.is_empty() && finer(other));
            self.shapes[at].known &= shows_finer;
        }
        self.close();
        self.sort();
    }

    fn sort(&mut self) {
        self.shapes
            .sort_by(|a, b| (a.levels.iter().sum::<usize>(), &a.levels).cmp(&(b.levels.iter().sum(), &b.levels)));
    }

    fn shape_mut(&mut self, levels: Box<[usize]>) -> &mut Shape {
        let at = self.shape(&levels).unwrap_or_else(|| {
            self.shapes.push(Shape { levels, shown: Vec::new(), known: false });
            self.shapes.len() - 1
        });
        &mut self.shapes[at]
    }

    /// The shapes of a table: along each dimension its finest column, and with margins also what is left when the finest columns
    /// are taken off one after the other.
    fn shapes_of(&self, table: &Aggregate) -> Vec<Box<[usize]>> {
        let mut shapes: Vec<Vec<usize>> = vec![Vec::new()];
        for dimension in &self.dimensions {
            let mut depths: Vec<(usize, bool)> = (table.by.iter().zip(&table.margins))
                .filter_map(|(column, margin)| dimension.level(*column).map(|level| (level, *margin)))
                .collect();
            depths.sort_unstable_by(|a, b| b.cmp(a));
            let mut levels = vec![depths.first().map_or(0, |(level, _)| *level)];
            for (place, (_, margin)) in depths.iter().enumerate() {
                if !margin {
                    break;
                }
                levels.push(depths.get(place + 1).map_or(0, |(level, _)| *level));
            }
            shapes = shapes
                .iter()
                .flat_map(|shape| levels.iter().map(|level| shape.iter().copied().chain([*level]).collect()))
                .collect();
        }
        shapes.into_iter().map(Into::into).collect()
    }

    /// Shapes whose counts follow from elsewhere: the whole; the strata, whose sizes follow from published weights; each column
    /// that weights are fitted to, or that the sample is balanced on. A column that is finer than what the tables show tells of
    /// the level above it; columns of no dimension add up.
    fn known(&self, kept: &[Kept], sample: Option<&Sample>) -> Vec<Box<[usize]>> {
        let shape = |columns: &[&String]| -> Box<[usize]> {
            let level = |dimension: &Dimension| {
                let told = |level: &usize| {
                    let named = kept.iter().filter(|kept| columns.contains(&&kept.name));
                    named.into_iter().any(|told| lineage::follows(&kept[*level], told))
                };
                dimension.levels.iter().rposition(told).map_or(0, |at| at + 1)
            };
            self.dimensions.iter().map(level).collect()
        };
        [Vec::new()].iter().chain(&named(sample)).map(|columns| shape(columns)).collect()
    }

    /// Adds the shapes where two shapes meet, until there are no more.
    fn close(&mut self) {
        let mut at = 0;
        while at < self.shapes.len() {
            for other in 0..at {
                let (a, b) = (&self.shapes[at].levels, &self.shapes[other].levels);
                let meet = a.iter().zip(b).map(|(a, b)| *a.min(b)).collect();
                self.shape_mut(meet);
            }
            at += 1;
        }
    }
}
