//! Counts the classes of one generalisation and judges them.
//!
//! Classes are counted from the smallest table at hand that is finer. Such tables are made on purpose: the columns that tell
//! records apart the most are brought to their levels first, the others left as they are, and what comes out serves all
//! generalisations that agree in those columns. There are few of those, and their tables are much smaller than the data.

use std::borrow::Cow;

use super::best::Solution;
use super::lattice::below_or_equal;
use super::task::{QuasiSet, SearchFault, Task};
use crate::protect::persons::histogram::{Classes, Coded, Grouping, Needs, Room};
use crate::protect::persons::loss::{Generalised, Prepared};
use crate::protect::persons::models::Model;

/// What one generalisation is like.
#[derive(Debug)]
pub(super) struct Verdict {
    /// Whether the rules hold that hold at all higher levels once they do at one.
    pub(super) passes: bool,
    /// A lower bound of the loss here and at all higher levels.
    pub(super) bound: f64,
    /// There, if all rules are met within the limit.
    pub(super) solution: Option<Solution>,
}

/// A table counted before.
#[derive(Debug)]
struct Source<'a> {
    levels: Vec<usize>,
    columns: Vec<Cow<'a, [u32]>>,
    classes: Cow<'a, Classes>,
    used: u64,
}

/// Most tables remembered, and most combinations of levels for which they are made.
const REMEMBERED: usize = 128;

/// Classes that remembered tables may have together, unless the data have more than half of this.
const ROOM: usize = 1 << 20;

/// Data of fewer classes are not worth a second table.
const SMALL: usize = 1 << 11;

/// Counts and judges.
#[derive(Debug)]
pub(super) struct Checker<'a> {
    task: &'a Task<'a>,
    pub(super) loss: Prepared<'a>,
    needs: Needs,
    /// Columns that are brought to their levels first.
    telling: Vec<usize>,
    /// The data first, then what is remembered.
    sources: Vec<Source<'a>>,
    room: Room,
    pub(super) checks: u64,
    /// Records that may be left out: none where a rule is not mended by leaving out.
    limit: u64,
    /// Whether it is enough that a union of classes that hold holds: nothing is left out, and classes share nobody.
    joined: bool,
    /// Whether some rule that holds may cease to hold at higher levels.
    partial: bool,
}

/// The classes of a generalisation, with the codes of their members in the table that they were counted from.
struct Node<'n> {
    classes: &'n Classes,
    grouping: &'n Grouping,
    columns: Vec<Coded<'n>>,
    kept: &'n [bool],
}

impl Generalised for Node<'_> {
    fn rows(&self) -> &[u64] {
        self.classes.rows()
    }

    fn group(&self, column: usize, class: usize) -> u32 {
        let coded = self.columns[column];
        coded.map[coded.codes[self.grouping.first()[class] as usize] as usize]
    }

    fn kept(&self, class: usize) -> bool {
        self.kept[class]
    }
}

impl<'a> Checker<'a> {
    /// Takes the data as the first source.
    pub(super) fn new(task: &'a Task<'a>) -> Result<Self, SearchFault> {
        task.validate()?;
        let loss = Prepared::new(task.loss, task.histogram, task.hierarchies)?;
        let mut models = task.sets.iter().flat_map(|set| &set.models);
        let classes = task.histogram.classes();
        let limit = if models.clone().all(|model| model.curable()) { task.limit } else { 0 };
        let joined = limit == 0 && !classes.overlapping();
        let partial = models.clone().any(|model| !(model.grows() || joined && model.joins()));
        let needs = Needs { sensitive: models.any(|model| model.sensitive()), weights: false };
        let maps = task.hierarchies.iter().map(|tree| tree.map(0).unwrap_or(&[]));
        let columns: Vec<Cow<'a, [u32]>> =
            task.histogram.columns().iter().zip(maps).map(|(codes, map)| finest(codes, map)).collect();
        let levels = vec![0; columns.len()];
        let telling = telling(&loss, task);
        let data = Source { levels, columns, classes: Cow::Borrowed(classes), used: u64::MAX };
        Ok(Self {
            task,
            loss,
            needs,
            telling,
            sources: vec![data],
            room: Room::default(),
            checks: 0,
            limit,
            joined,
            partial,
        })
    }

    /// Whether [`Verdict::passes`] alone makes a solution.
    pub(super) fn monotone(&self) -> bool {
        !self.partial
    }

    /// Counts and judges a generalisation.
    pub(super) fn check(&mut self, levels: &[usize]) -> Verdict {
        self.checks += 1;
        let at = self.source(levels);
        let source = &self.sources[at];
        let columns = coded(self.task, source, levels);
        let grouping = Grouping::within(&mut self.room, &columns, source.classes.len());
        let classes = source.classes.grouped(&grouping, self.needs);
        let (passes, kept) = self.judge(&classes, &grouping, &columns);
        let all = vec![true; classes.len()];
        let node = Node { classes: &classes, grouping: &grouping, columns, kept: kept.as_deref().unwrap_or(&all) };
        let bound = self.loss.bound_of(levels, &node);
        let solution = kept.as_ref().map(|kept| Solution {
            levels: levels.to_vec(),
            loss: self.loss.of(levels, &node),
            suppressed: left_out(&classes, kept),
            classes: (0..kept.len()).filter(|&class| kept[class] && classes.rows()[class] > 0).count() as u64,
            smallest: smallest_kept(&classes, kept),
        });
        Verdict { passes, bound, solution }
    }

    /// The smallest table from which a generalisation can be counted; one is made if there is none but the data.
    fn source(&mut self, levels: &[usize]) -> usize {
        let mut first = vec![0; levels.len()];
        self.telling.iter().for_each(|&column| first[column] = levels[column]);
        if self.sources[0].classes.len() >= SMALL && self.sources.iter().all(|source| source.levels != first) {
            let source = &self.sources[self.smallest(&first)];
            let columns = coded(self.task, source, &first);
            let grouping = Grouping::within(&mut self.room, &columns, source.classes.len());
            let classes = Cow::Owned(source.classes.grouped(&grouping, self.needs));
            let columns = columns.iter().map(|coded| Cow::Owned(lifted(coded, grouping.first()))).collect();
            self.remember(Source { levels: first, columns, classes, used: self.checks });
        }
        let at = self.smallest(levels);
        if at > 0 {
            self.sources[at].used = self.checks;
        }
        at
    }

    /// The smallest table at hand that is finer.
    fn smallest(&self, levels: &[usize]) -> usize {
        let fits = |at: &usize| below_or_equal(&self.sources[*at].levels, levels);
        (0..self.sources.len()).filter(fits).min_by_key(|&at| (self.sources[at].classes.len(), at)).unwrap_or(0)
    }

    /// For each class of the data, whether it stays at a generalisation; `None` if the rules cannot be met.
    pub(super) fn kept(&self, levels: &[usize]) -> Option<Vec<bool>> {
        let source = &self.sources[0];
        let columns = coded(self.task, source, levels);
        let grouping = Grouping::new(&columns, source.classes.len());
        let classes = source.classes.grouped(&grouping, self.needs);
        let kept = self.judge(&classes, &grouping, &columns).1?;
        Some(grouping.of().iter().map(|&group| kept[group as usize]).collect())
    }

    /// Which classes stay, for the rules on which the search builds first, then for all. `None` if too many have to go.
    fn judge(&self, classes: &Classes, grouping: &Grouping, columns: &[Coded]) -> (bool, Option<Vec<bool>>) {
        let alone = |set: &QuasiSet| set.columns.len() == columns.len() && self.task.sets.len() == 1;
        let parts: Vec<Option<Grouping>> =
            self.task.sets.iter().map(|set| (!alone(set)).then(|| part(set, grouping, columns))).collect();
        let grows = |model: &dyn Model| model.grows() || self.joined && model.joins();
        let all = vec![true; classes.len()];
        match self.stable(classes, &parts, all, &grows) {
            None => (false, None),
            Some(kept) if self.partial => (true, self.stable(classes, &parts, kept, &|_| true)),
            Some(kept) => (true, Some(kept)),
        }
    }

    /// Leaves out classes that do not hold, in one set or another, until all that is left holds. With rules under which
    /// classes that grow keep holding, this is the largest part of the table that can stay.
    fn stable(
        &self,
        classes: &Classes,
        parts: &[Option<Grouping>],
        mut kept: Vec<bool>,
        chosen: &dyn Fn(&dyn Model) -> bool,
    ) -> Option<Vec<bool>> {
        loop {
            let mut changed = false;
            for (set, part) in self.task.sets.iter().zip(parts) {
                let models: Vec<&dyn Model> = set.models.iter().copied().filter(|model| chosen(*model)).collect();
                match part {
                    // Each class by itself: one pass settles it.
                    None => return alone(classes, &models, kept, self.limit),
                    Some(part) => {
                        let shared = classes.emptied(&kept).grouped(part, self.needs);
                        let good = holding(&shared, &models)?;
                        for (keep, &group) in kept.iter_mut().zip(part.of()) {
                            changed |= *keep && !good[group as usize];
                            *keep &= good[group as usize];
                        }
                    }
                }
            }
            if left_out(classes, &kept) > self.limit {
                return None;
            }
            if !changed {
                return Some(kept);
            }
        }
    }

    /// Keeps a table for coarser ones, and forgets what was used longest ago where there is too much.
    fn remember(&mut self, source: Source<'a>) {
        self.sources.push(source);
        let room = ROOM.max(2 * self.sources[0].classes.len());
        let held = |sources: &[Source]| sources[1..].iter().map(|source| source.classes.len()).sum::<usize>();
        while self.sources.len() > REMEMBERED + 1 || held(&self.sources) > room {
            let oldest = (1..self.sources.len()).min_by_key(|&at| self.sources[at].used);
            match oldest {
                Some(at) => _ = self.sources.remove(at),
                None => break,
            }
        }
    }
}

/// Columns with the most information first, as long as they have few combinations of levels.
fn telling(loss: &Prepared, task: &Task) -> Vec<usize> {
    let bits = |column: usize| loss.bits(column);
    let mut columns: Vec<usize> = (0..task.hierarchies.len()).collect();
    columns.sort_by(|&one, &two| bits(two).total_cmp(&bits(one)).then(one.cmp(&two)));
    let mut combinations = 1;
    columns
        .into_iter()
        .take_while(|&column| {
            combinations *= task.hierarchies[column].levels();
            combinations <= REMEMBERED
        })
        .collect()
}

/// Codes as they are at the first level: mostly the same.
fn finest<'a>(codes: &'a [u32], map: &[u32]) -> Cow<'a, [u32]> {
    match map.iter().zip(0..).all(|(&group, code)| group == code) {
        true => Cow::Borrowed(codes),
        false => codes.iter().map(|&code| map[code as usize]).collect(),
    }
}

/// The columns of a table, and what their codes become at other levels.
fn coded<'n>(task: &'n Task, source: &'n Source<'_>, levels: &[usize]) -> Vec<Coded<'n>> {
    let column = |(column, &level): (usize, &usize)| {
        let tree = &task.hierarchies[column];
        Coded {
            codes: &source.columns[column],
            map: tree.lift(source.levels[column], level).unwrap_or(&[]),
            size: tree.groups(level) as u32,
        }
    };
    levels.iter().enumerate().map(column).collect()
}

/// The codes of one class per group, mapped.
fn lifted(coded: &Coded, first: &[u32]) -> Vec<u32> {
    first.iter().map(|&class| coded.map[coded.codes[class as usize] as usize]).collect()
}

/// The classes of a generalisation, grouped by the columns of one set.
fn part(set: &QuasiSet, grouping: &Grouping, columns: &[Coded]) -> Grouping {
    let codes: Vec<Vec<u32>> = set.columns.iter().map(|&column| lifted(&columns[column], grouping.first())).collect();
    let maps: Vec<Vec<u32>> = set.columns.iter().map(|&column| (0..columns[column].size).collect()).collect();
    let coded: Vec<Coded> =
        codes.iter().zip(&maps).map(|(codes, map)| Coded { codes, map, size: map.len() as u32 }).collect();
    Grouping::new(&coded, grouping.len())
}

/// Leaves out the classes that do not hold; `None` if they have too many records, or leaving them out does not help.
fn alone(classes: &Classes, models: &[&dyn Model], mut kept: Vec<bool>, limit: u64) -> Option<Vec<bool>> {
    let mut out = left_out(classes, &kept);
    for (at, keep) in kept.iter_mut().enumerate().filter(|(_, keep)| **keep) {
        let class = classes.class(at);
        for model in models {
            if (*keep || !model.curable()) && !model.holds(&class) {
                out += if *keep { class.rows() } else { 0 };
                *keep = false;
                if out > limit || !model.curable() {
                    return None;
                }
            }
        }
    }
    (out <= limit).then_some(kept)
}

/// Which classes hold; `None` if one fails a rule that leaving out does not mend.
fn holding(classes: &Classes, models: &[&dyn Model]) -> Option<Vec<bool>> {
    let mut good = vec![true; classes.len()];
    for (at, good) in good.iter_mut().enumerate() {
        let class = classes.class(at);
        let failed: Vec<&&dyn Model> = models.iter().filter(|model| !model.holds(&class)).collect();
        if failed.iter().any(|model| !model.curable()) {
            return None;
        }
        *good = failed.is_empty();
    }
    Some(good)
}

/// Records of the classes that are not kept.
fn left_out(classes: &Classes, kept: &[bool]) -> u64 {
    classes.rows().iter().zip(kept).filter(|(_, kept)| !**kept).map(|(rows, _)| rows).sum()
}

/// Persons of the smallest class that is kept and has any.
fn smallest_kept(classes: &Classes, kept: &[bool]) -> u64 {
    let persons = classes.persons().iter().zip(kept).filter(|(persons, kept)| **kept && **persons > 0);
    persons.map(|(persons, _)| *persons).min().unwrap_or(0)
}
