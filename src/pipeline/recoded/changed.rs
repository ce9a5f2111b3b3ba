//! Values of a per-person output that are changed before anything is counted: `change` in `protect`.
//!
//! The methods are those of `tamis anonymise`. Some look at a whole column, so that the values of the columns that change are held
//! in memory for all drawn records. Records come in the order of digests of who and what they are, which neither buckets nor threads
//! nor the order of the input change.

use hashbrown::HashMap;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use super::prepared::text;
use crate::config::{Change, ChangeMethod, Persons};
use crate::pipeline::blocks::stopped;
use crate::pipeline::error::RunError;
use crate::pipeline::frame::NOT_DRAWN;
use crate::pipeline::output::Found;
use crate::pipeline::people::PersonsError;
use crate::pipeline::people::anonymise::changed as change_values;
use crate::pipeline::people::table::{Column, Table};
use crate::pipeline::run::Context;
use crate::vault::People;

/// Most drawn records of an output whose values are changed: their values are held in memory.
const MOST_RECORDS: usize = 1 << 23;

/// What values became. It has no `Debug`: it is values of records.
pub(in crate::pipeline) struct Changed {
    /// Positions in `kept` of the columns that change.
    columns: Vec<usize>,
    /// Per bucket and column, the words of the drawn rows.
    words: Vec<Vec<Vec<u64>>>,
    /// What each change did.
    reports: Vec<Json>,
}

/// The drawn rows of a bucket.
struct Bucket {
    /// Of each row, whose and what it is; no two are the same.
    digests: Vec<[u8; 32]>,
    /// Per column that changes, the words.
    words: Vec<Vec<u64>>,
}

impl Changed {
    /// Changes the values of an output; `None` where all stay.
    pub fn make(ctx: &Context<'_>, found: &Found<'_>, persons: &Persons) -> Result<Option<Self>, RunError> {
        let changes = persons.protection.as_ref().map_or(&[][..], |protection| &protection.changes);
        if changes.is_empty() {
            return Ok(None);
        }
        let kept = &ctx.pipeline.datasets[persons.dataset].kept;
        let is_changed = |column: &usize| changes.iter().any(|change| change.columns.contains(&kept[*column].name));
        let columns: Vec<usize> = persons.columns.iter().copied().filter(is_changed).collect();
        let read = |bucket| -> Result<Bucket, RunError> {
            stopped(ctx.watch)?;
            Bucket::read(found, persons, &columns, &People::of(found.vault, bucket)?)
        };
        let buckets: Vec<Bucket> =
            (0..found.vault.buckets()).into_par_iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let records: usize = buckets.iter().map(|bucket| bucket.digests.len()).sum();
        if records == 0 {
            return Ok(None);
        }
        if records > MOST_RECORDS {
            let expected = "left out where more than 8,388,608 records are drawn: their values are held in memory";
            return Err(PersonsError::Parameter { name: "change", expected }.into());
        }
        let order = in_order(&buckets);
        let read = |(at, &column): (usize, &usize)| {
            let words = order.iter().map(|&(bucket, row)| buckets[bucket].words[at][row]);
            gathered(&kept[column].name, words, |word| text(found.codebook, persons.dataset, column, word))
        };
        let read: Vec<Column> = columns.iter().enumerate().map(read).collect();
        let mut table = Table { file: std::path::PathBuf::new(), columns: read, lines: vec![0; order.len()] };
        let digests: Vec<u64> = order.iter().map(|&(bucket, row)| short(&buckets[bucket].digests[row])).collect();
        let reports = change_values(changes, &mut table, &digests, &ctx.keys.changes()).map_err(without_lines)?;
        let mut words: Vec<Vec<Vec<u64>>> =
            buckets.iter().map(|bucket| vec![vec![0; bucket.digests.len()]; columns.len()]).collect();
        for (at, (&column, changed)) in columns.iter().zip(&table.columns).enumerate() {
            let word = |value: &String| word(found, persons.dataset, column, value);
            let of_code: Vec<u64> = changed.values.iter().map(word).collect::<Result<_, _>>()?;
            for (&(bucket, row), &code) in order.iter().zip(&changed.codes) {
                words[bucket][at][row] = of_code[code as usize];
            }
        }
        Ok(Some(Self { columns, words, reports }))
    }

    /// What a value became, by its bucket, its column among those kept, and the position of its row among the drawn ones;
    /// `None` for a column whose values stay.
    pub fn word(&self, bucket: usize, column: usize, number: usize) -> Option<u64> {
        let at = self.columns.iter().position(|other| *other == column)?;
        self.words.get(bucket)?.get(at)?.get(number).copied()
    }

    /// What each change did, for the sender.
    pub fn reports(&self) -> &[Json] {
        &self.reports
    }
}

impl Bucket {
    fn read(found: &Found<'_>, persons: &Persons, columns: &[usize], people: &People<'_>) -> Result<Self, RunError> {
        let drawn = found.frame.drawn(people, &found.sampled.plan, |_, _, _, _| {})?;
        let rows = people.of_dataset(persons.dataset);
        let of = |column: usize, row: usize| found.codebook.key(persons.dataset, column, rows, row);
        let cells = |mut hash: Sha256, columns: &[usize], row: usize| -> [u8; 32] {
            for &column in columns {
                let cell = text(found.codebook, persons.dataset, column, of(column, row));
                hash.update((cell.len() as u64).to_be_bytes());
                hash.update(cell);
            }
            hash.finalize().into()
        };
        let drawn: Vec<usize> = drawn.rows[persons.dataset]
            .iter()
            .enumerate()
            .filter(|(_, i)| **i != NOT_DRAWN)
            .map(|(row, _)| row)
            .collect();
        let mut all = Self { digests: vec![[0; 32]; drawn.len()], words: Vec::new() };
        // A person's values draw the same whatever else the output shows of them; among records with the same values the whole
        // record decides who is first. Those that are equal in everything are exchangeable.
        let whole = |row: usize| cells(Sha256::new(), &persons.columns, row);
        let mut order: Vec<([u8; 32], usize)> = drawn.iter().map(|&row| whole(row)).zip(0..).collect();
        order.sort_unstable();
        // Persons lie in one bucket, so that all copies do.
        let mut seen: HashMap<[u8; 32], u64> = HashMap::new();
        for (_, number) in order {
            let row = drawn[number];
            let values = cells(Sha256::new().chain_update(rows.key[row].to_be_bytes()), columns, row);
            let copies = seen.entry(values).or_insert(0);
            all.digests[number] =
                Sha256::new().chain_update(values).chain_update(copies.to_be_bytes()).finalize().into();
            *copies += 1;
        }
        all.words = columns.iter().map(|&column| drawn.iter().map(|&row| of(column, row)).collect()).collect();
        Ok(all)
    }
}

/// The records of all buckets in ascending order of their digests.
fn in_order(buckets: &[Bucket]) -> Vec<(usize, usize)> {
    let places = buckets.iter().enumerate();
    let mut order: Vec<(usize, usize)> =
        places.flat_map(|(bucket, held)| (0..held.digests.len()).map(move |row| (bucket, row))).collect();
    order.sort_unstable_by_key(|&(bucket, row)| buckets[bucket].digests[row]);
    order
}

/// A column of words as one of texts.
fn gathered(name: &str, words: impl Iterator<Item = u64> + Clone, text: impl Fn(u64) -> String) -> Column {
    let mut texts: HashMap<u64, String> = HashMap::new();
    for word in words.clone() {
        texts.entry(word).or_insert_with(|| text(word));
    }
    let mut values: Vec<String> = texts.values().cloned().collect();
    values.sort_unstable();
    values.dedup();
    let place = |text: &String| values.partition_point(|value| value < text) as u32;
    let codes: HashMap<u64, u32> = texts.iter().map(|(word, text)| (*word, place(text))).collect();
    Column { name: name.to_owned(), codes: words.filter_map(|word| codes.get(&word).copied()).collect(), values }
}

/// The first eight bytes.
fn short(digest: &[u8; 32]) -> u64 {
    digest.iter().take(8).fold(0, |word, &byte| word << 8 | u64::from(byte))
}

/// The word of a value as it is written.
fn word(found: &Found<'_>, dataset: usize, column: usize, value: &str) -> Result<u64, RunError> {
    if value.is_empty() {
        return Ok(found.codebook.missing_key(dataset, column));
    }
    let word = found.codebook.key_of_text(dataset, column, value);
    word.ok_or(RunError::Bug("a changed value is none of its column"))
}

/// Records of a run have no lines any more.
fn without_lines(error: PersonsError) -> RunError {
    match error {
        PersonsError::Number { column, .. } => {
            let what = "a missing value, or a number of more than 18 digits, which this change cannot take";
            PersonsError::Strange { column, what }.into()
        }
        other => other.into(),
    }
}

/// What the recipient is told of a change: the method and its parameters, nothing of the values.
pub(super) fn told(change: &Change) -> Json {
    let parameters = match change.method {
        ChangeMethod::Cap { bottom, top, at_least, mean } => {
            json!({ "bottom": bottom, "top": top, "at_least": at_least, "beyond": if mean { "mean" } else { "limit" } })
        }
        ChangeMethod::Round { base, random } => json!({ "base": base, "random": random }),
        ChangeMethod::Microaggregate { k } => json!({ "k": k }),
        ChangeMethod::Swap { share } | ChangeMethod::Noise { share } => json!({ "share": share }),
        ChangeMethod::Pram { stay, invariant } => json!({ "stay": stay, "invariant": invariant }),
    };
    json!({ "columns": change.columns, "method": change.method.word(), "parameters": parameters })
}
