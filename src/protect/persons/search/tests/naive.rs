//! Models and losses once more, record by record, as their papers have them, for comparison. Nothing here uses the library's
//! histogram or models.

use std::collections::{BTreeMap, BTreeSet};

use crate::protect::persons::loss::{Aggregate, Measure};

/// One record: person, key, sensitive value.
#[derive(Debug, Clone)]
pub struct Row {
    pub person: usize,
    pub key: Vec<u32>,
    pub value: u32,
}

/// A rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule {
    K(usize),
    Map(u64),
    AlphaK(f64, usize),
    Distinct(usize),
    Entropy(f64),
    Recursive(f64, usize),
    Equal(f64),
    Ordered(f64),
    Hierarchical(f64),
    Presence(f64, f64),
    Basic(f64),
    Enhanced(f64),
}

impl Rule {
    /// Rules under which a class that holds keeps holding when others join.
    pub fn grows(self) -> bool {
        matches!(self, Self::K(_) | Self::Map(_) | Self::Distinct(_))
    }
}

/// Values of the sensitive column; pairs are neighbours in the hierarchy of values: {0,1}, {2,3}, then all.
pub const VALUES: u32 = 4;

/// A table.
#[derive(Debug, Clone)]
pub struct Table {
    pub rows: Vec<Row>,
    pub population: Vec<(Vec<u32>, u64)>,
    /// Per column, per level: code to group.
    pub trees: Vec<Vec<Vec<u32>>>,
}

/// Persons who have each value.
fn shares(rows: &[&Row]) -> Vec<f64> {
    let pairs: BTreeSet<(usize, u32)> = rows.iter().map(|row| (row.person, row.value)).collect();
    let count = |value: u32| pairs.iter().filter(|(_, other)| *other == value).count() as f64;
    (0..VALUES).map(|value| count(value) / pairs.len().max(1) as f64).collect()
}

impl Table {
    fn lift(&self, key: &[u32], levels: &[usize]) -> Vec<u32> {
        key.iter().enumerate().map(|(at, &code)| self.trees[at][levels[at]][code as usize]).collect()
    }

    /// The reference: persons per value, once per *class of the data*, as the histogram counts it.
    pub fn reference(&self) -> Vec<u64> {
        let all: BTreeSet<(usize, Vec<u32>, u32)> =
            self.rows.iter().map(|row| (row.person, row.key.clone(), row.value)).collect();
        (0..VALUES).map(|value| all.iter().filter(|(_, _, other)| *other == value).count() as u64).collect()
    }

    /// Whether a class holds. `rows` may be empty where only the population has the class.
    fn holds(&self, rule: Rule, rows: &[&Row], population: u64) -> bool {
        let persons = rows.iter().map(|row| row.person).collect::<BTreeSet<_>>().len();
        if let Rule::Presence(least, most) = rule {
            let share = if population > 0 {
                persons as f64 / population as f64
            } else if persons == 0 {
                return true;
            } else {
                f64::NAN
            };
            return share >= least && share <= most;
        }
        if rows.is_empty() {
            return true;
        }
        let q = shares(rows);
        let all: u64 = self.reference().iter().sum();
        let p: Vec<f64> = self.reference().iter().map(|&count| count as f64 / all as f64).collect();
        let mut sorted: Vec<f64> = q.iter().copied().filter(|share| *share > 0.0).collect();
        sorted.sort_by(|one, two| two.total_cmp(one));
        let present = (0..VALUES as usize).filter(|&value| q[value] > 0.0);
        match rule {
            Rule::K(k) => persons >= k,
            Rule::Map(k) => population >= k,
            Rule::AlphaK(alpha, k) => persons >= k && q.iter().all(|share| *share <= alpha + 1e-12),
            Rule::Distinct(l) => sorted.len() >= l,
            Rule::Entropy(l) => -sorted.iter().map(|share| share * share.ln()).sum::<f64>() >= l.ln() - 1e-9,
            Rule::Recursive(c, l) => sorted[0] + 1e-12 < c * sorted.iter().skip(l - 1).sum::<f64>(),
            Rule::Equal(t) => p.iter().zip(&q).map(|(p, q)| (p - q).abs()).sum::<f64>() / 2.0 <= t + 1e-12,
            Rule::Ordered(t) => {
                let partial = |end: usize| (0..=end).map(|at| q[at] - p[at]).sum::<f64>().abs();
                (0..VALUES as usize).map(partial).sum::<f64>() / f64::from(VALUES - 1) <= t + 1e-12
            }
            Rule::Hierarchical(t) => {
                // Half of what cannot be settled between neighbours crosses the whole tree, at 1; the rest moves at ½.
                let pair = |at: usize| (q[at] - p[at], q[at + 1] - p[at + 1]);
                let inside = |(one, two): (f64, f64)| if one * two < 0.0 { one.abs().min(two.abs()) } else { 0.0 };
                let across = |(one, two): (f64, f64)| (one + two).abs();
                let moved = 0.5 * (inside(pair(0)) + inside(pair(2))) + across(pair(0));
                moved <= t + 1e-12
            }
            Rule::Basic(beta) => present.into_iter().all(|at| (q[at] - p[at]) / p[at] <= beta + 1e-12),
            Rule::Enhanced(beta) => {
                present.into_iter().all(|at| (q[at] - p[at]) / p[at] <= beta.min(-p[at].ln()) + 1e-12)
            }
            Rule::Presence(..) => unreachable!("judged above"),
        }
    }

    /// Which rows stay at a node, if the rules can be met there: sets of columns with rules, the growing ones first.
    pub fn kept(&self, levels: &[usize], sets: &[(Vec<usize>, Vec<Rule>)], limit: usize) -> Option<Vec<bool>> {
        let rules = || sets.iter().flat_map(|set| &set.1);
        let limit =
            if rules().any(|rule| matches!(rule, Rule::Presence(least, _) if *least > 0.0)) { 0 } else { limit };
        let mut kept = vec![true; self.rows.len()];
        for growing in [true, false] {
            loop {
                let before = kept.clone();
                for (columns, rules) in sets {
                    let chosen: Vec<Rule> = rules.iter().copied().filter(|rule| !growing || rule.grows()).collect();
                    let bad = self.bad(levels, columns, &chosen, &kept)?;
                    for (at, row) in self.rows.iter().enumerate() {
                        let key = self.lift(&row.key, levels);
                        kept[at] &= !bad.contains(&columns.iter().map(|&column| key[column]).collect::<Vec<u32>>());
                    }
                }
                if kept.iter().filter(|kept| !**kept).count() > limit {
                    return None;
                }
                if kept == before {
                    break;
                }
            }
        }
        Some(kept)
    }

    /// Keys of classes that do not hold; `None` if one cannot be mended.
    fn bad(&self, levels: &[usize], columns: &[usize], rules: &[Rule], kept: &[bool]) -> Option<BTreeSet<Vec<u32>>> {
        let part = |key: &[u32]| -> Vec<u32> {
            let key = self.lift(key, levels);
            columns.iter().map(|&column| key[column]).collect()
        };
        let mut classes: BTreeMap<Vec<u32>, (Vec<&Row>, u64)> = BTreeMap::new();
        for (row, _) in self.rows.iter().zip(kept).filter(|(_, kept)| **kept) {
            classes.entry(part(&row.key)).or_default().0.push(row);
        }
        for (key, persons) in &self.population {
            classes.entry(part(key)).or_default().1 += persons;
        }
        let mut bad = BTreeSet::new();
        for (key, (rows, population)) in classes {
            for &rule in rules {
                if !self.holds(rule, &rows, population) {
                    if matches!(rule, Rule::Presence(least, _) if least > 0.0) {
                        return None;
                    }
                    bad.insert(key.clone());
                }
            }
        }
        Some(bad)
    }

    /// The loss of a node, record by record.
    pub fn loss(
        &self,
        levels: &[usize],
        kept: &[bool],
        measure: Measure,
        aggregate: Aggregate,
        weights: &[f64],
        prices: (f64, f64),
    ) -> f64 {
        let n = self.rows.len() as f64;
        let keys: Vec<Vec<u32>> = self.rows.iter().map(|row| self.lift(&row.key, levels)).collect();
        let size = |at: usize| keys.iter().filter(|key| **key == keys[at]).count() as f64;
        let suppressed = kept.iter().filter(|kept| !**kept).count() as f64;
        let leaves = |column: usize, group: u32| {
            self.trees[column][levels[column]].iter().filter(|other| **other == group).count() as f64
        };
        let domain = |column: usize| self.trees[column][0].len() as f64;
        let rows = 0..self.rows.len();
        let columns: Vec<f64> = match measure {
            Measure::Discernibility { suppression } => {
                return rows.map(|at| if kept[at] || !suppression { size(at) } else { n }).sum();
            }
            Measure::ClassSize => {
                let classes = rows.filter(|&at| kept[at]).map(|at| &keys[at]).collect::<BTreeSet<_>>().len() as f64;
                return n / (classes + if suppressed > 0.0 { 1.0 } else { 0.0 });
            }
            Measure::Ambiguity => {
                return rows
                    .map(|at| {
                        let cells =
                            |column: usize| if kept[at] { leaves(column, keys[at][column]) } else { domain(column) };
                        (0..keys[at].len()).map(cells).product::<f64>()
                    })
                    .sum();
            }
            Measure::Granularity => (0..levels.len())
                .map(|column| {
                    let share = |at: usize| leaves(column, keys[at][column]) / domain(column);
                    let cost = |at: usize| {
                        if kept[at] { prices.0 * share(at) } else { share(at) + prices.1 * (1.0 - share(at)) }
                    };
                    let least = prices.0 * n / domain(column);
                    ((rows.clone().map(cost).sum::<f64>() - least) / (n - least)).max(0.0)
                })
                .collect(),
            Measure::Entropy { suppression } => (0..levels.len())
                .map(|column| {
                    let same = |at: usize, of: &dyn Fn(usize) -> u32, some: &dyn Fn(usize) -> bool| {
                        rows.clone().filter(|&other| some(other) && of(other) == of(at)).count() as f64
                    };
                    let (raw, new) = (|at: usize| self.rows[at].key[column], |at: usize| keys[at][column]);
                    let bits = |at: usize| (same(at, &new, &|_| true) / same(at, &raw, &|_| true)).log2();
                    let out = |at: usize| {
                        if kept[at] { 0.0 } else { (suppressed / same(at, &new, &|other| !kept[other])).log2() }
                    };
                    rows.clone()
                        .map(|at| prices.0 * bits(at) + if suppression { prices.1 * out(at) } else { 0.0 })
                        .sum()
                })
                .collect(),
            Measure::Precision { suppression } => (0..levels.len())
                .map(|column| {
                    let height = levels[column] as f64 / (self.trees[column].len() - 1) as f64;
                    let cost = |at: usize| if kept[at] || !suppression { prices.0 * height } else { prices.1 };
                    rows.clone().map(cost).sum::<f64>() / n
                })
                .collect(),
        };
        let largest = weights.iter().copied().fold(0.0, f64::max);
        let terms: Vec<f64> = columns.iter().zip(weights).map(|(loss, weight)| loss * weight / largest).collect();
        match aggregate {
            Aggregate::Sum => terms.iter().sum(),
            Aggregate::Mean => terms.iter().sum::<f64>() / terms.len() as f64,
            Aggregate::GeometricMean => {
                terms.iter().map(|term| 1.0 + term).product::<f64>().powf(1.0 / terms.len() as f64) - 1.0
            }
            Aggregate::Maximum => terms.iter().copied().fold(0.0, f64::max),
        }
    }
}
