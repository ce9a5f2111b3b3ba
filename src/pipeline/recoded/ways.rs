//! How the values of each class are written: with one generalisation in one way for all, else class by class.

use std::collections::BTreeSet;

use hashbrown::HashMap;

use super::prepared::Prepared;
use crate::config::Persons;
use crate::pipeline::people::anonymise::{Fate, Plan};
use crate::protect::persons::hierarchy::EVERYTHING;
use crate::protect::persons::histogram::Histogram;
use crate::protect::persons::{Coder, Written};

/// The ways of a plan.
pub(super) struct Ways {
    /// Per quasi-identifier of the pipeline, what its values become; `None` where all stay as they are.
    pub written: Vec<Option<Written>>,
    /// Per quasi-identifier of the pipeline, for each way and code the group; `None` as above.
    groups: Vec<Option<Groups>>,
}

/// What codes of a column become.
struct Groups {
    /// The position of its level for each way.
    of_way: Vec<usize>,
    /// Per level that occurs, from a code to a group.
    levels: Vec<Vec<u32>>,
    /// What each group is called; no two have one name.
    labels: Vec<String>,
}

impl Ways {
    /// The ways of a plan, numbered by their levels.
    pub fn of(prepared: &Prepared, persons: &Persons, plan: &Plan) -> Self {
        let fates = plan.fates.ways();
        let groups: Vec<Option<Groups>> =
            (0..persons.quasi_identifiers.len()).map(|at| Groups::of(prepared, at, fates)).collect();
        let written =
            |(at, groups): (usize, &Option<Groups>)| groups.as_ref().map(|groups| groups.written(prepared, at));
        let written = groups.iter().enumerate().map(written).collect();
        Self { written, groups }
    }

    /// The classes that leave, as their values are written. The population has no levels that would be those of all of them.
    pub fn histogram(&self, prepared: &Prepared, plan: &Plan) -> Histogram {
        let some = prepared.ground.histogram.filter(&plan.fates.kept()).alone();
        let ways: Vec<u32> = (0..plan.fates.len()).filter_map(|class| plan.fates.way(class)).collect();
        let column = |at: usize| -> Vec<u32> {
            ways.iter().zip(some.column(at)).map(|(&way, &code)| self.group(at, way, code)).collect()
        };
        let columns: Vec<Vec<u32>> = (0..some.width()).map(column).collect();
        Histogram::canonical(&columns, some.classes())
    }

    /// What a code of a column becomes: columns that stay, and the inclusion probability, keep theirs.
    fn group(&self, at: usize, way: u32, code: u32) -> u32 {
        match self.groups.get(at).and_then(Option::as_ref) {
            None => code,
            Some(groups) => groups.levels[groups.of_way[way as usize]][code as usize],
        }
    }

    /// The key of a class in that histogram; `None` where its records do not leave.
    pub fn key(&self, prepared: &Prepared, plan: &Plan, class: usize) -> Option<Vec<u32>> {
        let way = plan.fates.way(class)?;
        let columns = prepared.ground.histogram.columns().iter().enumerate();
        Some(columns.map(|(at, codes)| self.group(at, way, codes[class])).collect())
    }
}

impl Groups {
    /// `None` where the values of the column stay in all ways.
    fn of(prepared: &Prepared, at: usize, fates: &[Fate]) -> Option<Self> {
        let used: BTreeSet<Option<usize>> = fates.iter().map(|fate| fate[at]).collect();
        if used.iter().all(|level| *level == Some(0)) {
            return None;
        }
        let tree = &prepared.ground.trees[at];
        let domain = tree.hierarchy.domain();
        let mut labels: Vec<String> = Vec::new();
        let mut numbers: HashMap<String, u32> = HashMap::new();
        let mut number = |label: &str| {
            *numbers.entry(label.to_owned()).or_insert_with(|| {
                labels.push(label.to_owned());
                labels.len() as u32 - 1
            })
        };
        let mut level = |level: &Option<usize>| -> Vec<u32> {
            let map = level.and_then(|level| Some((level, tree.hierarchy.map(level)?)));
            // A value that is left out is written as everything is.
            let label = |code: usize| match map {
                Some((level, map)) => tree.label(level, map[code]).unwrap_or_default(),
                None => EVERYTHING,
            };
            (0..domain).map(|code| number(label(code))).collect()
        };
        let levels: Vec<Vec<u32>> = used.iter().map(&mut level).collect();
        let place = |fate: &Fate| used.iter().position(|level| *level == fate[at]).unwrap_or(0);
        Some(Self { of_way: fates.iter().map(place).collect(), levels, labels })
    }

    fn written(&self, prepared: &Prepared, at: usize) -> Written {
        let level =
            |groups: &Vec<u32>| Coder::new(prepared.coded(at).map(|(word, code)| (word, groups[code as usize])));
        Written::new(self.levels.iter().map(level).collect(), self.of_way.clone(), self.labels.clone())
    }
}
