//! Local recoding: different levels for different classes, by searching again among what the search left out. After
//! Prasser, Bild, Eicher, Spengler and Kuhn, *Lightning / local recoding in ARX* (IEEE CBMS 2015; "An open source tool for
//! game theoretic health data de-identification", § local transformation).
//!
//! The first pass may leave out any number of records; what it left out is a table of its own, for which a coarser
//! generalisation is found, and so on. A class that leaves has all its records at one combination of levels, and holds by
//! itself. Records at other levels do not count for it, even if they could be meant: it is safe without them.

use crate::protect::persons::histogram::{Grouping, Histogram, Needs};
use crate::protect::persons::models::Model;
use crate::protect::persons::search::{Effort, SearchFault, Task, apply, best};

/// Levels class by class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recoded {
    /// Per class of the data: its levels, or `None` if its records are left out.
    pub levels: Vec<Option<Vec<usize>>>,
    /// Levels of each pass, and the records that it let go.
    pub passes: Vec<(Vec<usize>, u64)>,
    /// Records left out in the end.
    pub suppressed: u64,
}

/// Recodes in at most so many passes. Each pass must let at least one record in `share` of what is left go (so 100 means one
/// per cent), or it is the last. If more records are left out in the end than the task allows, all get the same levels, in one
/// pass; `None` if that cannot be either.
///
/// The models judge each pass by the references that they were made with. Rules that compare with a population see, in each
/// pass, only the population of the classes that are still there, which is the careful side for k-map; a rule that is not
/// mended by leaving records out cannot be met class by class, and gives `None`. A result that [`verify_recoded`] does
/// not confirm is given up for one pass, too.
///
/// # Errors
/// [`SearchFault`].
pub fn recode(task: &Task, effort: Effort, passes: usize, share: u64) -> Result<Option<Recoded>, SearchFault> {
    if task.sets.iter().flat_map(|set| &set.models).any(|model| !model.curable()) {
        return Ok(None);
    }
    let classes = task.histogram.len();
    let mut found = Recoded { levels: vec![None; classes], passes: Vec::new(), suppressed: 0 };
    let mut open: Vec<usize> = (0..classes).collect();
    for _ in 0..passes {
        let mut keep = vec![false; classes];
        open.iter().for_each(|&class| keep[class] = true);
        let rest = task.histogram.filter(&keep);
        let rows = rest.classes().all_rows();
        if rows == 0 {
            break;
        }
        let least = rows.div_ceil(share.max(1)).max(1);
        let part = Task { histogram: &rest, limit: rows - least, ..task.clone() };
        let Some(solution) = best(&part, Effort { keep: 1, ..effort })?.solutions.into_iter().next() else { break };
        let Some(applied) = apply(&part, &solution.levels)? else { break };
        for (&class, _) in open.iter().zip(&applied.kept).filter(|(_, kept)| **kept) {
            found.levels[class] = Some(solution.levels.clone());
        }
        open = open.iter().zip(&applied.kept).filter(|(_, kept)| !**kept).map(|(&class, _)| class).collect();
        found.passes.push((solution.levels, rows - solution.suppressed));
    }
    let open = found.levels.iter().zip(task.histogram.classes().rows()).filter(|(levels, _)| levels.is_none());
    found.suppressed = open.map(|(_, rows)| rows).sum();
    // Proved by construction for classes that share no person; counted afresh for all.
    if found.suppressed <= task.limit && verify_recoded(task, &found) { Ok(Some(found)) } else { once(task, effort) }
}

/// One generalisation for all: what is left where passes leave too many records behind.
fn once(task: &Task, effort: Effort) -> Result<Option<Recoded>, SearchFault> {
    let found = best(task, Effort { keep: 1, ..effort })?;
    let Some(solution) = found.solutions.into_iter().next() else { return Ok(None) };
    let Some(applied) = apply(task, &solution.levels)? else { return Ok(None) };
    let levels = applied.kept.iter().map(|kept| kept.then(|| solution.levels.clone())).collect();
    let rows = task.histogram.classes().all_rows() - solution.suppressed;
    Ok(Some(Recoded { levels, passes: vec![(solution.levels, rows)], suppressed: solution.suppressed }))
}

/// Whether every class that leaves holds, counted afresh from what leaves: classes with equal values at equal levels are one.
pub fn verify_recoded(task: &Task, found: &Recoded) -> bool {
    let kept: Vec<bool> = found.levels.iter().map(Option::is_some).collect();
    let left = task.histogram.filter(&kept);
    let levels: Vec<&Vec<usize>> = found.levels.iter().flatten().collect();
    task.sets.iter().all(|set| {
        let columns: Vec<Vec<u32>> =
            set.columns.iter().flat_map(|&column| published(task, &left, &levels, column)).collect();
        let grouping = Grouping::sorted(&columns, left.len());
        let classes = left.classes().grouped(&grouping, Needs::all());
        let holds = |model: &&dyn Model, at: usize| model.holds(&classes.class(at));
        (0..classes.len()).all(|at| set.models.iter().all(|model| holds(model, at)))
    })
}

/// A column as it leaves: level and group.
fn published(task: &Task, left: &Histogram, levels: &[&Vec<usize>], column: usize) -> [Vec<u32>; 2] {
    let tree = &task.hierarchies[column];
    let group = |(levels, &code): (&&Vec<usize>, &u32)| {
        tree.map(levels[column]).and_then(|map| map.get(code as usize)).copied().unwrap_or(0)
    };
    let groups = levels.iter().zip(left.column(column)).map(group).collect();
    [levels.iter().map(|levels| levels[column] as u32).collect(), groups]
}
