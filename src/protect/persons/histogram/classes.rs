//! What classes hold: records, distinct persons, weights, population, and persons per sensitive value.

use super::Grouping;

/// What to carry along when classes are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// The counts per sensitive value.
    pub sensitive: bool,
    /// The sums of the weights.
    pub weights: bool,
}

impl Needs {
    /// Everything.
    pub fn all() -> Self {
        Self { sensitive: true, weights: true }
    }
}

/// Persons per value of one sensitive column and class. A person with two values in a class counts for both, so that the
/// counts of a class may add up to more than its persons.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    /// Where the values of each class begin, and the end.
    pub(super) starts: Vec<usize>,
    pub(super) values: Vec<u32>,
    pub(super) persons: Vec<u64>,
}

/// Persons who stand in the same two or more classes with the same sensitive values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Path {
    /// Ascending, distinct.
    pub classes: Vec<u32>,
    /// Per sensitive column: class and value, ascending, distinct.
    pub values: Vec<Vec<(u32, u32)>>,
}

/// The content of classes without their keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Classes {
    pub(super) rows: Vec<u64>,
    pub(super) persons: Vec<u64>,
    pub(super) weights: Vec<u128>,
    pub(super) population: Option<Vec<u64>>,
    /// Persons of the population who stand in several classes: those, ascending and distinct, and how many persons.
    pub(super) outside: Vec<(Vec<u32>, u64)>,
    pub(super) sensitive: Vec<Counts>,
    /// Ascending by path, with the number of persons.
    pub(super) paths: Vec<(Path, u64)>,
}

/// One class, as a model sees it.
#[derive(Debug, Clone, Copy)]
pub struct Class<'a> {
    classes: &'a Classes,
    at: usize,
}

impl<'a> Class<'a> {
    /// Number of records.
    pub fn rows(&self) -> u64 {
        self.classes.rows[self.at]
    }

    /// Number of distinct persons.
    pub fn persons(&self) -> u64 {
        self.classes.persons[self.at]
    }

    /// Number of persons of the population in this class, where a population was given.
    pub fn population(&self) -> Option<u64> {
        self.classes.population.as_ref().map(|population| population[self.at])
    }

    /// The values of a sensitive column, ascending, and the persons who have each. Empty for a column that is not there.
    pub fn values(&self, column: usize) -> (&'a [u32], &'a [u64]) {
        self.classes.sensitive.get(column).map_or((&[], &[]), |counts| counts.of(self.at))
    }
}

impl Counts {
    /// Values and persons of one class; empty for one that is not there.
    pub fn of(&self, class: usize) -> (&[u32], &[u64]) {
        match (self.starts.get(class), self.starts.get(class + 1)) {
            (Some(&from), Some(&to)) => (&self.values[from..to], &self.persons[from..to]),
            _ => (&[], &[]),
        }
    }

    /// Persons per value over all classes; a person in two classes counts in both.
    fn totals(&self) -> Vec<u64> {
        let mut totals = vec![0; self.values.iter().max().map_or(0, |&value| value as usize + 1)];
        self.values.iter().zip(&self.persons).for_each(|(&value, &persons)| totals[value as usize] += persons);
        totals
    }

    /// Sums over groups: by a full table where that is small, else by sorting.
    fn grouped(&self, grouping: &Grouping) -> Self {
        let domain = self.values.iter().max().map_or(0, |&value| value as usize + 1);
        let pairs = grouping.of().iter().enumerate().flat_map(|(class, &group)| {
            let (values, persons) = self.of(class);
            values.iter().zip(persons).map(move |(&value, &persons)| (group, value, persons))
        });
        let mut all = Self { starts: vec![0], ..Self::default() };
        if grouping.len().saturating_mul(domain) <= 4 * self.values.len() + (1 << 14) {
            let mut table = vec![0_u64; grouping.len() * domain];
            pairs.for_each(|(group, value, persons)| table[group as usize * domain + value as usize] += persons);
            for row in table.chunks(domain.max(1)).take(grouping.len()) {
                row.iter().enumerate().filter(|(_, persons)| **persons > 0).for_each(|(value, &persons)| {
                    all.values.push(value as u32);
                    all.persons.push(persons);
                });
                all.starts.push(all.values.len());
            }
        } else {
            let mut sorted: Vec<(u32, u32, u64)> = pairs.collect();
            sorted.sort_unstable();
            for run in sorted.chunk_by(|one, two| (one.0, one.1) == (two.0, two.1)) {
                let (group, value, _) = run[0];
                while all.starts.len() <= group as usize {
                    all.starts.push(all.values.len());
                }
                all.values.push(value);
                all.persons.push(run.iter().map(|(_, _, persons)| persons).sum());
            }
        }
        // Classes without a value at the end, and all of them where the column is empty.
        while all.starts.len() <= grouping.len() {
            all.starts.push(all.values.len());
        }
        all
    }

    /// Takes away persons who were counted more than once.
    fn correct(&mut self, class: u32, value: u32, surplus: u64) {
        let (from, to) = (self.starts[class as usize], self.starts[class as usize + 1]);
        if let Ok(at) = self.values[from..to].binary_search(&value) {
            self.persons[from + at] -= surplus;
        }
    }
}

impl Classes {
    /// Number of classes.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no class.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// One class. The index must be below [`Classes::len`].
    pub fn class(&self, at: usize) -> Class<'_> {
        Class { classes: self, at }
    }

    /// Records per class.
    pub fn rows(&self) -> &[u64] {
        &self.rows
    }

    /// Distinct persons per class.
    pub fn persons(&self) -> &[u64] {
        &self.persons
    }

    /// Sums of the weights per class, in the unit in which they were given; empty where they were not carried along.
    pub fn weights(&self) -> &[u128] {
        &self.weights
    }

    /// Persons of the population per class, where one was given.
    pub fn population(&self) -> Option<&[u64]> {
        self.population.as_deref()
    }

    /// The sensitive columns.
    pub fn sensitive(&self) -> &[Counts] {
        &self.sensitive
    }

    /// Persons per value of a sensitive column over all classes: the distribution of the whole table. A person in several
    /// classes counts in each.
    pub fn reference(&self, column: usize) -> Vec<u64> {
        self.sensitive.get(column).map(Counts::totals).unwrap_or_default()
    }

    /// Number of records.
    pub fn all_rows(&self) -> u64 {
        self.rows.iter().sum()
    }

    /// Number of distinct persons.
    pub fn all_persons(&self) -> u64 {
        let twice: u64 = self.paths.iter().map(|(path, persons)| (path.classes.len() as u64 - 1) * persons).sum();
        self.persons.iter().sum::<u64>() - twice
    }

    /// Whether somebody stands in several classes.
    pub fn overlapping(&self) -> bool {
        !self.paths.is_empty()
    }

    /// Persons who stand in several classes: the classes, ascending, and how many persons take this path.
    pub fn paths(&self) -> impl Iterator<Item = (&[u32], u64)> {
        self.paths.iter().map(|(path, persons)| (path.classes.as_slice(), *persons))
    }

    /// The same without the population.
    pub(super) fn alone(&self) -> Self {
        Self { population: None, outside: Vec::new(), ..self.clone() }
    }

    /// The population as if it were the data, without sensitive values and weights; `None` where there is none.
    pub(super) fn of_population(&self) -> Option<Self> {
        let population = self.population.clone()?;
        let path = |classes: &Vec<u32>| Path { classes: classes.clone(), values: Vec::new() };
        Some(Self {
            rows: population.clone(),
            persons: population,
            weights: vec![0; self.len()],
            population: None,
            outside: Vec::new(),
            sensitive: Vec::new(),
            paths: united(self.outside.iter().map(|(classes, persons)| (path(classes), *persons)).collect()),
        })
    }

    /// The classes of the groups. A person in two classes of a group counts once there, also one of the population.
    pub fn grouped(&self, grouping: &Grouping, needs: Needs) -> Self {
        let (of, groups) = (grouping.of(), grouping.len());
        let mut all = Self {
            rows: sums(&self.rows, of, groups),
            persons: Vec::new(),
            weights: if needs.weights && !self.weights.is_empty() { sums(&self.weights, of, groups) } else { vec![] },
            population: self.population.as_ref().map(|population| sums(population, of, groups)),
            outside: Vec::new(),
            sensitive: match needs.sensitive {
                true => self.sensitive.iter().map(|counts| counts.grouped(grouping)).collect(),
                false => Vec::new(),
            },
            paths: Vec::new(),
        };
        // Mostly each person has one record: one pass is enough then.
        all.persons = if self.persons == self.rows { all.rows.clone() } else { sums(&self.persons, of, groups) };
        for (path, persons) in &self.paths {
            let (coarser, groups) = path.lifted(of);
            count_surplus(&groups, |group, times| all.persons[group as usize] -= times * persons);
            for (column, values) in coarser.values.iter().enumerate().filter(|_| needs.sensitive) {
                count_surplus(values, |(group, value), times| {
                    all.sensitive[column].correct(group, value, times * persons)
                });
            }
            if coarser.classes.len() > 1 {
                all.paths.push((coarser.distinct(), *persons));
            }
        }
        all.paths = united(all.paths);
        if let Some(population) = &mut all.population {
            all.outside = once_each(&self.outside, of, population);
        }
        all
    }

    /// Both one after the other; `None` if the sensitive columns differ. Persons must be disjoint.
    pub(super) fn beside(&self, other: &Self) -> Option<Self> {
        if self.sensitive.len() != other.sensitive.len() {
            return None;
        }
        let shift = self.len() as u32;
        let population = match (&self.population, &other.population) {
            (None, None) => None,
            (one, two) => {
                let fill = |given: &Option<Vec<u64>>, len| given.clone().unwrap_or_else(|| vec![0; len]);
                Some([fill(one, self.len()), fill(two, other.len())].concat())
            }
        };
        let sensitive = self.sensitive.iter().zip(&other.sensitive).map(|(one, two)| {
            let end = one.values.len();
            Counts {
                starts: one.starts.iter().copied().chain(two.starts.iter().skip(1).map(|start| start + end)).collect(),
                values: [one.values.as_slice(), &two.values].concat(),
                persons: [one.persons.as_slice(), &two.persons].concat(),
            }
        });
        let shifted_paths = other.paths.iter().map(|(path, persons)| (path.shifted(shift), *persons));
        Some(Self {
            rows: [self.rows.as_slice(), &other.rows].concat(),
            persons: [self.persons.as_slice(), &other.persons].concat(),
            weights: [self.weights.as_slice(), &other.weights].concat(),
            population,
            outside: {
                let shifted = |path: &Vec<u32>| path.iter().map(|class| class + shift).collect();
                let theirs = other.outside.iter().map(|(path, persons)| (shifted(path), *persons));
                self.outside.iter().cloned().chain(theirs).collect()
            },
            sensitive: sensitive.collect(),
            paths: self.paths.iter().cloned().chain(shifted_paths).collect(),
        })
    }

    /// The same classes with nobody of the data in those that are not kept. The population stays: it is not ours to change.
    pub fn emptied(&self, keep: &[bool]) -> Self {
        let kept = |class: usize| keep.get(class) == Some(&true);
        let only = |all: &[u64]| -> Vec<u64> {
            all.iter().enumerate().map(|(class, &count)| if kept(class) { count } else { 0 }).collect()
        };
        let sensitive = self.sensitive.iter().map(|counts| {
            let mut some = Counts { starts: vec![0], ..Counts::default() };
            for class in 0..self.len() {
                let (values, persons) = if kept(class) { counts.of(class) } else { (&[][..], &[][..]) };
                some.values.extend(values);
                some.persons.extend(persons);
                some.starts.push(some.values.len());
            }
            some
        });
        let place: Vec<Option<u32>> = (0..self.len()).map(|class| kept(class).then_some(class as u32)).collect();
        let paths = self.paths.iter().map(|(path, persons)| (path.cut(&place), *persons));
        Self {
            rows: only(&self.rows),
            persons: only(&self.persons),
            weights: self.weights.iter().enumerate().map(|(at, &sum)| if kept(at) { sum } else { 0 }).collect(),
            population: self.population.clone(),
            outside: self.outside.clone(),
            sensitive: sensitive.collect(),
            paths: united(paths.filter(|(path, _)| path.classes.len() > 1).collect()),
        }
    }

    /// Some of the classes, in their order.
    pub(super) fn filtered(&self, keep: &[bool]) -> Self {
        let kept: Vec<usize> = (0..self.len()).filter(|&class| keep.get(class) == Some(&true)).collect();
        let mut place = vec![None; self.len()];
        kept.iter().enumerate().for_each(|(at, &class)| place[class] = Some(at as u32));
        let sensitive = self.sensitive.iter().map(|counts| {
            let mut some = Counts { starts: vec![0], ..Counts::default() };
            for &class in &kept {
                let (values, persons) = counts.of(class);
                some.values.extend(values);
                some.persons.extend(persons);
                some.starts.push(some.values.len());
            }
            some
        });
        let paths = self.paths.iter().map(|(path, persons)| (path.cut(&place), *persons));
        Self {
            rows: kept.iter().map(|&class| self.rows[class]).collect(),
            persons: kept.iter().map(|&class| self.persons[class]).collect(),
            weights: kept.iter().filter_map(|&class| self.weights.get(class).copied()).collect(),
            population: self.population.as_ref().map(|all| kept.iter().map(|&class| all[class]).collect()),
            outside: {
                let cut = |path: &Vec<u32>| path.iter().filter_map(|&class| place[class as usize]).collect();
                several(self.outside.iter().map(|(path, persons)| (cut(path), *persons)).collect())
            },
            sensitive: sensitive.collect(),
            paths: united(paths.filter(|(path, _)| path.classes.len() > 1).collect()),
        }
    }
}

impl Path {
    /// The path through groups, values with repetitions, and the group of each class. Groups of the path are distinct.
    fn lifted(&self, of: &[u32]) -> (Self, Vec<u32>) {
        let mut groups: Vec<u32> = self.classes.iter().map(|&class| of[class as usize]).collect();
        groups.sort_unstable();
        let lift = |values: &Vec<(u32, u32)>| {
            let mut values: Vec<(u32, u32)> =
                values.iter().map(|&(class, value)| (of[class as usize], value)).collect();
            values.sort_unstable();
            values
        };
        let mut classes = groups.clone();
        classes.dedup();
        (Self { classes, values: self.values.iter().map(lift).collect() }, groups)
    }

    /// The path through the same classes under other numbers.
    pub(super) fn moved(&self, to: impl Fn(u32) -> u32) -> Self {
        let mut classes: Vec<u32> = self.classes.iter().map(|&class| to(class)).collect();
        classes.sort_unstable();
        let moved = |values: &Vec<(u32, u32)>| {
            let mut values: Vec<(u32, u32)> = values.iter().map(|&(class, value)| (to(class), value)).collect();
            values.sort_unstable();
            values
        };
        Self { classes, values: self.values.iter().map(moved).collect() }
    }

    /// Without the repetitions of values.
    fn distinct(mut self) -> Self {
        self.values.iter_mut().for_each(Vec::dedup);
        self
    }

    /// The same path where all classes have moved up.
    fn shifted(&self, by: u32) -> Self {
        Self {
            classes: self.classes.iter().map(|class| class + by).collect(),
            values: self
                .values
                .iter()
                .map(|all| all.iter().map(|&(class, value)| (class + by, value)).collect())
                .collect(),
        }
    }

    /// The path through the classes that have a place.
    fn cut(&self, place: &[Option<u32>]) -> Self {
        let new = |class: u32| place[class as usize];
        Self {
            classes: self.classes.iter().filter_map(|&class| new(class)).collect(),
            values: self
                .values
                .iter()
                .map(|all| all.iter().filter_map(|&(class, value)| Some((new(class)?, value))).collect())
                .collect(),
        }
    }
}

/// Sums of `values` per group.
fn sums<T: Copy + Default + std::ops::AddAssign>(values: &[T], of: &[u32], groups: usize) -> Vec<T> {
    let mut sums = vec![T::default(); groups];
    values.iter().zip(of).for_each(|(&value, &group)| sums[group as usize] += value);
    sums
}

/// Calls `surplus` for each item of a sorted slice that comes more than once, with how often too much.
fn count_surplus<T: Copy + PartialEq>(sorted: &[T], mut surplus: impl FnMut(T, u64)) {
    sorted
        .chunk_by(|one, two| one == two)
        .filter(|run| run.len() > 1)
        .for_each(|run| surplus(run[0], run.len() as u64 - 1));
}

/// Takes persons of the population who stand in several classes of a group out of its count but once, and gives their paths
/// through the groups.
fn once_each(paths: &[(Vec<u32>, u64)], of: &[u32], population: &mut [u64]) -> Vec<(Vec<u32>, u64)> {
    let mut lifted = Vec::new();
    for (path, persons) in paths {
        let mut groups: Vec<u32> = path.iter().map(|&class| of[class as usize]).collect();
        groups.sort_unstable();
        count_surplus(&groups, |group, times| population[group as usize] -= times * persons);
        groups.dedup();
        lifted.push((groups, *persons));
    }
    several(lifted)
}

/// Equal paths become one; those through a single class are none.
pub(super) fn several(mut paths: Vec<(Vec<u32>, u64)>) -> Vec<(Vec<u32>, u64)> {
    paths.retain(|(path, _)| path.len() > 1);
    paths.sort_unstable();
    paths.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        kept.1 += if same { next.1 } else { 0 };
        same
    });
    paths
}

/// Equal paths become one.
pub(super) fn united(mut paths: Vec<(Path, u64)>) -> Vec<(Path, u64)> {
    paths.sort_unstable();
    paths.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
    paths
}
