//! From records to units: one row per person, with what the draw looks at.

use super::Faults;
use super::columns::Columns;
use crate::config::{OnDuplicate, OnMissingStratum, OnStratumConflict, Sample, SampleUnit};
use crate::sieve::{Cell, Codebook, Rows};
use crate::vault::People;

/// A cluster, and the stratum in which a unit lies there.
pub(in super::super) type Link = (u64, Vec<u64>);

/// The units of one bucket.
pub(in super::super) struct Units {
    width: usize,
    strata: usize,
    /// `width` words a unit.
    words: Vec<u64>,
    /// Units that a policy leaves out of the frame.
    out: Vec<bool>,
    /// Clusters of each unit, where it may lie in several.
    links: Vec<Vec<Link>>,
    /// For each dataset, the unit of each row.
    pub of_row: Vec<Vec<u32>>,
    count: usize,
    pub faults: Faults,
}

impl Units {
    pub fn len(&self) -> usize {
        self.count
    }

    /// The words of a unit, one for each column of the frame.
    pub fn words(&self, unit: usize) -> &[u64] {
        &self.words[unit * self.width..(unit + 1) * self.width]
    }

    pub fn stratum(&self, unit: usize) -> &[u64] {
        &self.words(unit)[..self.strata]
    }

    /// Whether a policy leaves the unit out of the frame.
    pub fn is_out(&self, unit: usize) -> bool {
        self.out[unit]
    }

    /// The clusters of a unit that may lie in several.
    pub fn links(&self, unit: usize) -> &[Link] {
        self.links.get(unit).map_or(&[], Vec::as_slice)
    }
}

/// The units of a bucket.
pub(super) fn of(
    codebook: &Codebook,
    columns: &Columns,
    sample: Option<&Sample>,
    unit: SampleUnit,
    people: &People<'_>,
) -> Units {
    let mut units = match unit {
        SampleUnit::Person => Persons::new(columns, sample, people).read(codebook, people),
        SampleUnit::Record => records(codebook, columns, people),
    };
    leave_out(&mut units, codebook, sample, columns);
    units
}

/// The words of a row.
fn read(codebook: &Codebook, dataset: usize, columns: &Columns, rows: &Rows, row: usize, words: &mut Vec<u64>) {
    words.clear();
    words.extend(columns.of[dataset].iter().map(|&column| codebook.key(dataset, column, rows, row)));
    if let Some(latest) = columns.latest {
        // Whatever has a date is later than what has none; missing texts sort last elsewhere.
        let missing = codebook.cell(dataset, columns.of[dataset][latest], words[latest]) == Cell::Missing;
        words[latest] = if missing { 0 } else { words[latest].saturating_add(1) };
    }
}

/// Persons while their records are read.
struct Persons<'a> {
    columns: &'a Columns,
    on_duplicate: &'a OnDuplicate,
    words: Vec<u64>,
    links: Vec<Vec<Link>>,
    seen: Vec<bool>,
    duplicate: Vec<bool>,
    conflict: Vec<bool>,
    disagree: Vec<bool>,
}

impl<'a> Persons<'a> {
    fn new(columns: &'a Columns, sample: Option<&'a Sample>, people: &People<'_>) -> Self {
        let count = people.persons.len();
        let no = || vec![false; count];
        Self {
            columns,
            on_duplicate: sample.map_or(&OnDuplicate::CollapseIdentical, |sample| &sample.frame.on_duplicate),
            words: vec![0; count * columns.width()],
            links: if columns.shares_clusters { vec![Vec::new(); count] } else { Vec::new() },
            seen: no(),
            duplicate: no(),
            conflict: no(),
            disagree: no(),
        }
    }

    fn read(mut self, codebook: &Codebook, people: &People<'_>) -> Units {
        let mut words = Vec::with_capacity(self.columns.width());
        for dataset in 0..people.person.len() {
            let rows = people.of_dataset(dataset);
            for (row, &person) in people.person[dataset].iter().enumerate() {
                read(codebook, dataset, self.columns, rows, row, &mut words);
                self.meet(person as usize, &words);
            }
        }
        let count = |flags: &[bool]| flags.iter().filter(|flag| **flag).count() as u64;
        let faults = Faults {
            duplicates: count(&self.duplicate),
            conflicts: count(&self.conflict),
            disagree: count(&self.disagree),
            ..Faults::default()
        };
        let count = people.persons.len();
        Units {
            width: self.columns.width(),
            strata: self.columns.strata,
            words: self.words,
            // For now those in several strata; the policy decides.
            out: self.conflict,
            links: self.links,
            of_row: people.person.clone(),
            count,
            faults,
        }
    }

    /// One more record of a person. What is kept does not depend on the order of records.
    fn meet(&mut self, person: usize, words: &[u64]) {
        let Columns { strata, latest, cluster, shares_clusters, .. } = *self.columns;
        if let (true, Some(cluster)) = (shares_clusters, cluster) {
            let link = (words[cluster], words[..strata].to_vec());
            if !self.links[person].contains(&link) {
                self.links[person].push(link);
            }
        }
        let mine = &mut self.words[person * words.len()..(person + 1) * words.len()];
        if !std::mem::replace(&mut self.seen[person], true) {
            mine.copy_from_slice(words);
            return;
        }
        self.duplicate[person] = true;
        if let (OnDuplicate::Latest(_), Some(latest)) = (self.on_duplicate, latest) {
            match words[latest].cmp(&mine[latest]) {
                std::cmp::Ordering::Less => return,
                std::cmp::Ordering::Greater => {
                    mine.copy_from_slice(words);
                    // What earlier records disagreed about counts no more.
                    self.conflict[person] = false;
                    self.disagree[person] = false;
                    return;
                }
                std::cmp::Ordering::Equal => {}
            }
        }
        let apart = |column: usize| Some(column) != cluster || !shares_clusters;
        if (strata..words.len()).any(|column| apart(column) && words[column] != mine[column]) {
            self.disagree[person] = true;
        }
        // Whoever lies in several clusters may lie in several strata of clusters.
        if mine[..strata] != words[..strata] && !shares_clusters {
            self.conflict[person] = true;
        }
        if words[..strata] < mine[..strata] {
            mine[..strata].copy_from_slice(&words[..strata]);
        }
    }
}

fn records(codebook: &Codebook, columns: &Columns, people: &People<'_>) -> Units {
    let mut all = Vec::new();
    let mut of_row = Vec::with_capacity(people.person.len());
    let mut count = 0usize;
    let mut words = Vec::with_capacity(columns.width());
    let mut links = Vec::new();
    for dataset in 0..people.person.len() {
        let rows = people.of_dataset(dataset);
        for row in 0..rows.len() {
            read(codebook, dataset, columns, rows, row, &mut words);
            all.extend_from_slice(&words);
            if let (true, Some(cluster)) = (columns.shares_clusters, columns.cluster) {
                links.push(vec![(words[cluster], words[..columns.strata].to_vec())]);
            }
        }
        of_row.push((count as u32..(count + rows.len()) as u32).collect());
        count += rows.len();
    }
    Units {
        width: columns.width(),
        strata: columns.strata,
        words: all,
        out: vec![false; count],
        links,
        of_row,
        count,
        faults: Faults::default(),
    }
}

/// Applies the policies on conflicts and on missing strata.
fn leave_out(units: &mut Units, codebook: &Codebook, sample: Option<&Sample>, columns: &Columns) {
    let Some(sample) = sample else { return units.out.fill(false) };
    let policy = &sample.frame;
    if policy.on_stratum_conflict != OnStratumConflict::Exclude {
        units.out.fill(false);
    }
    let missing = |unit: usize| {
        let values = units.words(unit)[..columns.strata].iter().zip(&columns.of[0]);
        values.into_iter().any(|(key, column)| codebook.cell(0, *column, *key) == Cell::Missing)
    };
    let without: Vec<usize> = (0..units.count).filter(|unit| missing(*unit)).collect();
    units.faults.missing = without.len() as u64;
    if policy.on_missing_stratum == OnMissingStratum::Exclude {
        without.into_iter().for_each(|unit| units.out[unit] = true);
    }
    units.faults.excluded = units.out.iter().filter(|out| **out).count() as u64;
}
