//! One stage of a design: a quadratic form of weighted values.

use super::super::numeric::{Rows, Sum};
use super::balanced::Balanced;

/// A variance, or a part of it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spread {
    pub variance: f64,
    /// Strata with a single unit that the domain touches and whose part is missing.
    pub unknown: u32,
    /// Whether anything that the domain touches was left to chance.
    pub random: bool,
}

impl Spread {
    pub fn plus(self, other: Self) -> Self {
        Self {
            variance: self.variance + other.variance,
            unknown: self.unknown + other.unknown,
            random: self.random || other.random,
        }
    }
}

/// What values are measured from.
#[derive(Debug, Clone)]
pub(super) enum Centring {
    /// Zero: units are drawn independently.
    Zero,
    /// The mean of their group.
    Group,
    /// A regression on balancing variables.
    Balanced(Balanced),
}

/// Items that were drawn together.
#[derive(Debug, Clone, Default)]
pub(super) struct Group {
    /// How many there are.
    pub items: usize,
    /// Their coefficients, summed.
    pub coefficients: f64,
    /// Whether a single one was left to chance, so that nothing can be said of the group's variance.
    pub lonely: bool,
}

/// How the part of a lonely group is made up for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alone {
    /// It is missing, and counted.
    Missing,
    /// Measured from the mean of all items.
    Centred,
}

/// A stage: units make up items (clusters, or single units), items were drawn in groups.
#[derive(Debug, Clone)]
pub(super) struct Level {
    /// The item of each position; items rise with positions, groups with items.
    pub item: Vec<u32>,
    /// The coefficient *a* of each item.
    pub coefficient: Vec<f64>,
    /// The group of each item.
    pub group: Vec<u32>,
    pub groups: Vec<Group>,
    pub centring: Centring,
    pub alone: Alone,
}

/// An item that a domain touches, with its total.
pub(super) type Item = (usize, f64);

impl Level {
    /// A stage whose groups are filled in from its items: the coefficients are *chance · n/(n − 1)*, *n* counting the
    /// items of the group with a chance above 0; `scale` multiplies them afterwards.
    pub fn fixed(item: Vec<u32>, group: Vec<u32>, chance: &[f64], scale: impl Fn(usize) -> f64, alone: Alone) -> Self {
        let count = group.last().map_or(0, |&last| last as usize + 1);
        let (mut groups, mut open) = (vec![Group::default(); count], vec![0_usize; count]);
        for (&group, &chance) in group.iter().zip(chance) {
            groups[group as usize].items += 1;
            open[group as usize] += usize::from(chance > 0.0);
        }
        let correction = |n: usize| if n > 1 { n as f64 / (n as f64 - 1.0) } else { 1.0 };
        let coefficient: Vec<f64> = (group.iter().zip(chance).enumerate())
            .map(|(item, (&group, &chance))| scale(item) * chance * correction(open[group as usize]))
            .collect();
        groups.iter_mut().zip(&open).for_each(|(group, &open)| group.lonely = open == 1);
        let mut level = Self { item, coefficient, group, groups, centring: Centring::Group, alone };
        level.sum_coefficients();
        level
    }

    /// Brings the sums of coefficients up to date.
    pub fn sum_coefficients(&mut self) {
        let mut sums = vec![Sum::default(); self.groups.len()];
        self.group.iter().zip(&self.coefficient).for_each(|(&group, &a)| sums[group as usize].add(a));
        self.groups.iter_mut().zip(sums).for_each(|(group, sum)| group.coefficients = sum.value());
    }

    /// The groups of which nothing can be said.
    pub fn lonely(&self) -> impl Iterator<Item = usize> {
        let centred = matches!(self.centring, Centring::Group);
        let lonely = move |(at, group): (usize, &Group)| (centred && group.lonely).then_some(at);
        self.groups.iter().enumerate().filter_map(lonely)
    }

    /// Values by position, rising, as totals of items.
    pub fn items(&self, values: &[(u32, f64)]) -> Vec<Item> {
        let runs = values.chunk_by(|a, b| self.item[a.0 as usize] == self.item[b.0 as usize]);
        let total = |run: &[(u32, f64)]| {
            let item = self.item[run.first()?.0 as usize] as usize;
            Some((item, super::super::numeric::sum(run.iter().map(|value| value.1))))
        };
        runs.filter_map(total).collect()
    }

    /// The stage's part of the variance of the sum of the values; positions not listed have zero.
    pub fn spread(&self, values: &[(u32, f64)]) -> Spread {
        let items = self.items(values);
        let random = items.iter().any(|&(item, _)| self.coefficient[item] > 0.0);
        match &self.centring {
            Centring::Zero => {
                let terms = items.iter().map(|&(item, total)| self.coefficient[item] * total * total);
                Spread { variance: super::super::numeric::sum(terms), unknown: 0, random }
            }
            Centring::Balanced(balanced) => {
                Spread { variance: balanced.variance(&self.coefficient, &items), unknown: 0, random }
            }
            Centring::Group => Spread { random, ..self.within_groups(&items) },
        }
    }

    fn within_groups(&self, items: &[Item]) -> Spread {
        let mut variance = Sum::default();
        let mut alone: Vec<Item> = Vec::new();
        for run in items.chunk_by(|a, b| self.group[a.0] == self.group[b.0]) {
            let Some(group) = run.first().map(|first| &self.groups[self.group[first.0] as usize]) else { continue };
            if group.lonely {
                alone.extend(run.iter().filter(|&&(item, _)| self.coefficient[item] > 0.0));
            } else if group.coefficients > 0.0 {
                self.around_mean(run, group, &mut variance);
            }
        }
        let mut unknown = 0;
        match self.alone {
            Alone::Missing => unknown = alone.iter().filter(|&&(_, total)| total != 0.0).count() as u32,
            Alone::Centred => self.around_overall_mean(items, &alone, &mut variance),
        }
        Spread { variance: variance.value(), unknown, random: false }
    }

    /// *Σ a (t − t̄)²*; the items not listed have *t = 0* and are known by their number.
    fn around_mean(&self, run: &[Item], group: &Group, variance: &mut Sum) {
        let (mut weighted, mut listed) = (Sum::default(), Sum::default());
        for &(item, total) in run {
            weighted.add(self.coefficient[item] * total);
            listed.add(self.coefficient[item]);
        }
        let mean = weighted.value() / group.coefficients;
        for &(item, total) in run {
            variance.add(self.coefficient[item] * (total - mean) * (total - mean));
        }
        if run.len() < group.items {
            variance.add((group.coefficients - listed.value()).max(0.0) * mean * mean);
        }
    }

    fn around_overall_mean(&self, items: &[Item], alone: &[Item], variance: &mut Sum) {
        let mean = super::super::numeric::sum(items.iter().map(|item| item.1)) / self.coefficient.len() as f64;
        let mut rest = Sum::default();
        self.lonely().for_each(|group| rest.add(self.groups[group].coefficients));
        for &(item, total) in alone {
            variance.add(self.coefficient[item] * (total - mean) * (total - mean));
            rest.add(-self.coefficient[item]);
        }
        variance.add(rest.value().max(0.0) * mean * mean);
    }

    /// The rows of positions, each times its factor, summed by item.
    pub fn rows(&self, rows: &Rows, factor: impl Fn(usize) -> f64, unit_at: &[u32]) -> Rows {
        let mut items = Rows::new(rows.columns());
        let positions: Vec<usize> = (0..self.item.len()).collect();
        for run in positions.chunk_by(|&a, &b| self.item[a] == self.item[b]) {
            let entries = run.iter().flat_map(|&position| {
                let factor = factor(position);
                rows.row(unit_at[position] as usize).iter().map(move |&(column, value)| (column, factor * value))
            });
            items.push(entries);
        }
        items
    }
}
