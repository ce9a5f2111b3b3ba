//! Tables beside those of earlier releases: as the ledger writes them down, and as the plan sees them.

mod added;
mod limits;
mod recorded;
mod rows;
mod written;

use std::collections::BTreeSet;

use serde_json::{Value, json};

pub(super) use limits::Limits;
pub(super) use recorded::{Recorded, only_told, told_of};
pub(super) use rows::{few_without_rows, rows};
pub(super) use written::{take_written, written};

use super::run::Context;
use super::summary::{EarlierRelease, EarlierSummary};
use crate::config::{self, Linked, Over};
use crate::ledger::{self, Hash, Ledger, Release, State, Tables};
use crate::protect::tables::Ahead;

/// The earlier releases that a run has to reckon with.
pub(super) struct Before {
    /// What releases can be compared with.
    pub universe: String,
    /// Other universes of the ledger.
    others: Vec<String>,
    /// The releases, the earliest first.
    pub releases: Vec<Release>,
}

impl Before {
    /// What a ledger has of the universe of a pipeline.
    pub fn new(book: &Ledger, of: &config::Ledger) -> Self {
        let others: BTreeSet<&String> =
            book.releases().iter().map(|release| &release.universe).filter(|other| **other != of.universe).collect();
        Self {
            universe: of.universe.clone(),
            others: others.into_iter().cloned().collect(),
            releases: book.of_universe(&of.universe).cloned().collect(),
        }
    }

    /// The tables over one dataset.
    fn of_dataset<'b>(&'b self, tables: &'b Tables) -> impl Iterator<Item = &'b Tables> {
        let all = self.releases.iter().flat_map(|release| &release.tables);
        all.filter(|earlier| earlier.dataset == tables.dataset)
    }

    /// The releases that show tables of a dataset as counts: their positions, and the tables.
    pub fn of<'b>(&'b self, tables: &'b Tables) -> impl Iterator<Item = (usize, &'b Tables)> {
        let all =
            self.releases.iter().enumerate().flat_map(|(at, release)| release.tables.iter().map(move |t| (at, t)));
        // Numbers that were changed are not subtracted. Of estimates the units that were drawn are: weights that are known tell them.
        all.filter(move |(_, earlier)| earlier.changed.is_none() && earlier.dataset == tables.dataset)
    }
}

impl Before {
    /// The shapes in which releases have cells of a dataset, as levels of its dimensions, whose columns are given coarse to fine.
    pub fn shapes(&self, of: Hash, dimensions: &[Vec<Hash>]) -> Vec<Box<[usize]>> {
        let mut shapes = Vec::new();
        for earlier in self.releases.iter().flat_map(|release| &release.tables).filter(|t| t.dataset == of) {
            for shape in &earlier.shapes {
                let has = |hash: &Hash| shape.path.iter().any(|at| earlier.columns[*at as usize] == *hash);
                let level = |levels: &Vec<Hash>| levels.iter().rposition(has).map_or(0, |at| at + 1);
                shapes.push(dimensions.iter().map(level).collect());
            }
        }
        shapes
    }
}

/// Whether tables estimate the frame: what they show are no counts, and the ledger has those of the drawn units.
fn is_estimated(ctx: &Context<'_>, linked: &Linked) -> bool {
    linked.over == Over::Sample && ctx.pipeline.sample.is_some()
}

/// What became of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Published,
    /// Suppressed for its own sake.
    Primary,
    /// Suppressed for the sake of others, or of earlier releases.
    Otherwise,
}

/// Earlier releases held against the cells of a system.
#[derive(Default)]
pub(super) struct Held {
    /// For each release that is tied to them, its position.
    releases: Vec<usize>,
    /// What they make of the cells.
    pub ahead: Ahead,
}

impl Before {
    /// The releases, and nothing yet that they make of tables.
    pub fn summary(&self) -> EarlierSummary {
        let release = |release: &Release| EarlierRelease {
            run: release.run.clone(),
            pipeline: release.pipeline.clone(),
            time: release.time,
            certain: release.state == State::Published,
            ..EarlierRelease::default()
        };
        EarlierSummary {
            universe: self.universe.clone(),
            others: self.others.clone(),
            releases: self.releases.iter().map(release).collect(),
            ..EarlierSummary::default()
        }
    }

    /// What the releases make of the cells of a system that tables show: by their numbers, with what became of each.
    pub fn judged(&self, held: &Held, cells: impl Iterator<Item = (usize, Outcome)>) -> EarlierSummary {
        let mut summary = self.summary();
        for (at, outcome) in cells {
            let Some(before) = held.ahead.before(at) else { continue };
            summary.known += u64::from(before.known);
            summary.known_suppressed += u64::from(before.known && outcome != Outcome::Published);
            let release = |of: usize| held.releases[of];
            // A cell of few persons is suppressed for that, whatever was released before.
            match (before.near, before.then) {
                _ if !before.is_unsafe() || outcome == Outcome::Primary => {}
                (Some(near), _) => summary.releases[release(near.release)].differing += 1,
                (None, Some(then)) => summary.releases[release(then)].unsafe_then += 1,
                (None, None) => {}
            }
        }
        summary
    }

    /// Which earlier release a cell is unsafe for, and why; `None` where for none.
    pub fn because(&self, held: &Held, cell: u32) -> Option<Value> {
        let before = held.ahead.before(cell as usize).filter(|before| before.is_unsafe())?;
        let (at, why) = match (before.near, before.then) {
            (Some(near), _) => (near.release, "differs from its number by few"),
            (None, then) => (then?, "was unsafe in it and may hold the same"),
        };
        let release = &self.releases[held.releases[at]];
        Some(json!({ "run": release.run, "time": release.time.to_rfc3339(), "why": why }))
    }
}

/// Adds to linked tables the shapes that earlier tables have as well: what was released of them is compared with what is there now,
/// whether it is shown again or not.
pub(super) fn with_earlier_shapes(ctx: &Context<'_>, before: &Before, linked: &mut Linked) {
    let pipeline = ctx.pipeline;
    // Cells of what is perturbed decide how it is changed.
    if linked.tables.iter().any(|table| pipeline.aggregates[*table].perturb.is_some()) {
        return;
    }
    let of = ledger::dataset(&before.universe, pipeline, linked.dataset);
    let column = |column: usize| ledger::column(of, pipeline, linked.dataset, column);
    let columns: Vec<Vec<Hash>> =
        linked.dimensions.iter().map(|d| d.levels.iter().map(|level| column(*level)).collect()).collect();
    linked.with_ties(before.shapes(of, &columns));
}
