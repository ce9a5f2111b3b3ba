//! The second pass: how many persons are on each line of a column, before and after.

use super::Look;
use super::seen::Met;
use crate::pipeline::frame::NOT_DRAWN;
use crate::sample::Chance;
use crate::sieve::{Codebook, Rows};
use crate::vault::People;

/// Weights are summed in these parts of one, so that sums do not depend on their order.
const PARTS: f64 = 65_536.0;

/// The lines of one column.
#[derive(Clone)]
pub(super) struct Lines {
    pub before: Vec<Met>,
    pub after: Vec<Met>,
    /// Weights of those after, in parts.
    pub weights: Vec<u128>,
}

/// The lines of all columns of an output, and of age by sex.
#[derive(Clone)]
pub(in crate::pipeline) struct Spread {
    pub(super) columns: Vec<Lines>,
    pub(super) pyramid: Vec<Met>,
}

/// The rows of an output in one bucket.
pub(in crate::pipeline) struct Bucket<'a> {
    pub people: &'a People<'a>,
    /// What became of each row: its chance, or that it was not drawn.
    pub drawn: &'a [u32],
    /// What leaves, in the order of the rows that do.
    pub rows: &'a Rows,
    /// Which rows leave.
    pub leaves: &'a [bool],
    /// Chances of the draw.
    pub chances: &'a [Chance],
}

impl Spread {
    /// Nobody yet.
    pub fn new(look: &Look<'_>) -> Self {
        let lines = |column: &super::Column| Lines {
            before: vec![Met::default(); column.len()],
            after: vec![Met::default(); column.len()],
            weights: vec![0; column.len()],
        };
        let cells = look.pyramid.map_or(0, |(age, sex)| look.columns[age].len() * look.columns[sex].len());
        Self { columns: look.columns.iter().map(lines).collect(), pyramid: vec![Met::default(); cells] }
    }

    /// Takes in the rows of a bucket.
    pub fn look(&mut self, look: &Look<'_>, codebook: &Codebook, bucket: &Bucket<'_>) {
        let Bucket { people, drawn, rows, leaves, chances } = *bucket;
        let all = people.of_dataset(look.persons.dataset);
        let leaving: Vec<usize> = (0..leaves.len()).filter(|&row| leaves[row]).collect();
        let weight = |row: usize| -> u128 {
            let chance = chances.get(drawn[row] as usize).filter(|_| drawn[row] != NOT_DRAWN);
            chance.map_or(0, |chance| (chance.weight.max(0.0) * PARTS).round() as u128)
        };
        for (position, (column, lines)) in look.columns.iter().zip(&mut self.columns).enumerate() {
            if column.is_bare() {
                continue;
            }
            if column.has_before() {
                for (row, &person) in all.key.iter().enumerate() {
                    let word = codebook.key(look.persons.dataset, column.kept, all, row);
                    if let Some(line) = column.before(word) {
                        lines.before[line].meet(person);
                    }
                }
            }
            for (&row, &word) in leaving.iter().zip(rows.words(position)) {
                let line = column.after(word);
                if lines.after[line].meet(all.key[row]) && look.weighted {
                    lines.weights[line] += weight(row);
                }
            }
        }
        if let Some((age, sex)) = look.pyramid {
            let (ages, sexes) = (&look.columns[age], &look.columns[sex]);
            for ((&row, &one), &other) in leaving.iter().zip(rows.words(age)).zip(rows.words(sex)) {
                self.pyramid[ages.after(one) * sexes.len() + sexes.after(other)].meet(all.key[row]);
            }
        }
    }

    /// With what was counted in other buckets.
    pub fn merge(mut self, other: Self) -> Self {
        let add = |ours: &mut [Met], theirs: &[Met]| ours.iter_mut().zip(theirs).for_each(|(a, b)| a.add(b));
        for (ours, theirs) in self.columns.iter_mut().zip(&other.columns) {
            add(&mut ours.before, &theirs.before);
            add(&mut ours.after, &theirs.after);
            ours.weights.iter_mut().zip(&theirs.weights).for_each(|(a, b)| *a += b);
        }
        add(&mut self.pyramid, &other.pyramid);
        self
    }
}
