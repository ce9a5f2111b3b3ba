//! Values of released columns as 64-bit keys that sort as the values do, and back.

use std::collections::HashMap;
use std::sync::Arc;

use super::declared::declared_paths;
use super::dictionary::{Dictionary, Frozen};
use super::rows::{MISSING_CODE, MISSING_INTEGER, Rows, Values};
use crate::config::{Perturb, Pipeline};
use crate::schema::Logical;

const SIGN: u64 = 1 << 63;

/// A released value.
#[derive(Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// No value.
    Missing,
    /// Text.
    Text(&'a str),
    /// Integer, date, date-time or boolean (0, 1).
    Integer(i64),
    /// Number.
    Number(f64),
}

/// The dictionaries of a run: columns of one name share one, so that strata are comparable across datasets.
pub struct Dictionaries {
    by_column: Vec<Vec<Arc<Dictionary>>>,
}

impl Dictionaries {
    /// One dictionary per name of a released column.
    #[must_use]
    pub fn new(pipeline: &Pipeline) -> Self {
        let mut by_name: HashMap<String, Arc<Dictionary>> = HashMap::new();
        let mut shared = |name| Arc::clone(by_name.entry(name).or_default());
        let mut by_column = Vec::with_capacity(pipeline.datasets.len());
        for dataset in &pipeline.datasets {
            by_column.push(dataset.kept.iter().map(|k| shared(k.name.clone())).collect());
        }
        let dictionaries = Self { by_column };
        dictionaries.declare(pipeline);
        dictionaries
    }

    /// Takes in every value that tables with noise show, whether a record has it or not.
    fn declare(&self, pipeline: &Pipeline) {
        let has_noise = |table: &usize| matches!(pipeline.aggregates[*table].perturb, Some(Perturb::Noise(_)));
        for linked in pipeline.linked().iter().filter(|linked| linked.tables.iter().any(has_noise)) {
            let kept = &pipeline.datasets[linked.dataset].kept;
            for levels in linked.dimensions.iter().map(|dimension| &dimension.levels) {
                for path in declared_paths(pipeline, linked.dataset, levels).into_iter().flatten() {
                    for (column, text) in levels.iter().zip(path) {
                        if let (Logical::Text, Some(text)) = (kept[*column].logical, text) {
                            self.by_column[linked.dataset][*column].code(&text);
                        }
                    }
                }
            }
        }
    }

    /// The dictionaries of a dataset, one per released column.
    #[must_use]
    pub fn of(&self, dataset: usize) -> &[Arc<Dictionary>] {
        &self.by_column[dataset]
    }

    /// All of them at rest.
    #[must_use]
    pub fn freeze(&self, pipeline: &Pipeline) -> Codebook {
        let mut frozen: Vec<(*const Dictionary, Arc<Frozen>)> = Vec::new();
        let mut at_rest = |dictionary: &Arc<Dictionary>| {
            let at = Arc::as_ptr(dictionary);
            if let Some((_, known)) = frozen.iter().find(|(p, _)| *p == at) {
                return Arc::clone(known);
            }
            let fresh = Arc::new(dictionary.freeze());
            frozen.push((at, Arc::clone(&fresh)));
            fresh
        };
        let columns = pipeline
            .datasets
            .iter()
            .zip(&self.by_column)
            .map(|(dataset, dictionaries)| {
                dataset.kept.iter().zip(dictionaries).map(|(k, d)| (k.logical, at_rest(d))).collect()
            })
            .collect();
        Codebook { columns }
    }
}

/// The meaning of keys, per dataset and released column.
pub struct Codebook {
    columns: Vec<Vec<(Logical, Arc<Frozen>)>>,
}

impl Codebook {
    /// The key of a value: keys sort as values do. Missing texts sort last, other missing values first.
    #[must_use]
    #[inline]
    pub fn key(&self, dataset: usize, column: usize, rows: &Rows, row: usize) -> u64 {
        match &rows.columns[column] {
            Values::Code(v) => u64::from(self.columns[dataset][column].1.rank(v[row])),
            Values::Integer(v) => (v[row] as u64) ^ SIGN,
            Values::Number(v) if v[row].is_nan() => 0,
            Values::Number(v) => {
                // -0 and 0 are one value.
                let bits = (v[row] + 0.0).to_bits();
                if bits & SIGN == 0 { bits | SIGN } else { !bits }
            }
            Values::Word(_) | Values::Digest(_) => 0,
        }
    }

    /// The value of a key.
    #[must_use]
    pub fn cell(&self, dataset: usize, column: usize, key: u64) -> Cell<'_> {
        let (logical, texts) = &self.columns[dataset][column];
        match logical {
            Logical::Text => {
                u32::try_from(key).ok().and_then(|rank| texts.of_rank(rank)).map_or(Cell::Missing, Cell::Text)
            }
            Logical::Number if key == 0 => Cell::Missing,
            Logical::Number => Cell::Number(f64::from_bits(if key & SIGN == 0 { !key } else { key ^ SIGN })),
            _ => match (key ^ SIGN) as i64 {
                MISSING_INTEGER => Cell::Missing,
                value => Cell::Integer(value),
            },
        }
    }

    /// The key of a value as it is written in the release; `None` where no record has it.
    #[must_use]
    pub fn key_of_text(&self, dataset: usize, column: usize, text: &str) -> Option<u64> {
        let (logical, texts) = &self.columns[dataset][column];
        match logical {
            Logical::Text => texts.rank_of(text).map(u64::from),
            Logical::Boolean => match text {
                "true" => Some(1 ^ SIGN),
                "false" => Some(SIGN),
                _ => None,
            },
            Logical::Number => text.parse::<f64>().ok().filter(|x| x.is_finite()).map(|x| {
                let bits = (x + 0.0).to_bits();
                if bits & SIGN == 0 { bits | SIGN } else { !bits }
            }),
            _ => text.parse::<i64>().ok().map(|i| (i as u64) ^ SIGN),
        }
    }

    /// The key of a missing value.
    #[must_use]
    pub fn missing_key(&self, dataset: usize, column: usize) -> u64 {
        match self.columns[dataset][column].0 {
            Logical::Text => MISSING_TEXT_KEY,
            // `MISSING_INTEGER` and NaN sort before everything.
            _ => 0,
        }
    }

    /// All texts of a column, ascending; none where it holds no texts.
    pub fn texts(&self, dataset: usize, column: usize) -> impl Iterator<Item = &str> {
        self.columns[dataset][column].1.texts()
    }

    /// The kind of value of a column.
    #[must_use]
    pub fn logical(&self, dataset: usize, column: usize) -> Logical {
        self.columns[dataset][column].0
    }
}

/// The missing key of a text column.
pub const MISSING_TEXT_KEY: u64 = MISSING_CODE as u64;

#[cfg(test)]
mod tests {
    use super::*;

    fn book(logical: Logical) -> Codebook {
        let dictionary = Dictionary::default();
        dictionary.code("31");
        dictionary.code("2A");
        Codebook { columns: vec![vec![(logical, Arc::new(dictionary.freeze()))]] }
    }

    fn keys(logical: Logical, values: Values) -> Vec<u64> {
        let rows = Rows { key: vec![0; values.len()], columns: vec![values] };
        (0..rows.len()).map(|r| book(logical).key(0, 0, &rows, r)).collect()
    }

    #[test]
    fn keys_sort_as_values_and_lead_back() {
        let numbers = [f64::NAN, -2.5, -0.5, 0.0, 3.0];
        let k = keys(Logical::Number, Values::Number(numbers.to_vec()));
        assert!(k.is_sorted());
        let b = book(Logical::Number);
        assert!(b.cell(0, 0, k[0]) == Cell::Missing && b.cell(0, 0, k[1]) == Cell::Number(-2.5));
        let k = keys(Logical::Integer, Values::Integer(vec![MISSING_INTEGER, -7, 0, i64::MAX]));
        assert!(k.is_sorted());
        let b = book(Logical::Integer);
        assert!(b.cell(0, 0, k[0]) == Cell::Missing && b.cell(0, 0, k[3]) == Cell::Integer(i64::MAX));
        let k = keys(Logical::Text, Values::Code(vec![1, 0, MISSING_CODE]));
        assert!(k.is_sorted());
        let b = book(Logical::Text);
        assert!(b.cell(0, 0, k[0]) == Cell::Text("2A") && b.cell(0, 0, k[2]) == Cell::Missing);
        assert_eq!(b.key_of_text(0, 0, "31"), Some(k[1]));
        assert_eq!(b.key_of_text(0, 0, "75"), None);
    }
}
