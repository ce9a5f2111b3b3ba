//! The lines of a column's distribution: values, ranges of numbers, and what stands together.

use chrono::{DateTime, Datelike, NaiveDate};
use serde_json::{Value as Json, json};

use super::rounded::listed;
use super::seen::{MOST_VALUES, Seen, Values};
use super::{in_table, meaning};
use crate::config::{Persons, Pipeline};
use crate::protect::persons::{Coder, PersonPlan, Written};
use crate::schema::Logical;
use crate::sieve::{Cell, Codebook};

/// Numbers with more distinct values are told in ranges.
const MOST_NUMBERS: usize = 24;
/// About as many ranges are made of a column.
const RANGES: f64 = 10.0;
const DAY: f64 = 86_400_000_000.0;

/// What a line is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Label {
    Value(String),
    /// From the first, without the second; open where there is none.
    Range(Option<String>, Option<String>),
    Other,
    Missing,
}

impl Label {
    pub fn to_json(&self) -> Json {
        match self {
            Self::Value(value) => json!({ "value": value }),
            Self::Range(from, to) => json!({ "from": from, "to": to }),
            Self::Other => json!({ "is": "other" }),
            Self::Missing => json!({ "is": "missing" }),
        }
    }
}

/// From the word of a value to its line.
enum Of {
    Words(Coder),
    /// Words at which the next range begins, ascending.
    Edges(Vec<u64>),
    /// By the number of its group.
    Groups(Vec<usize>),
}

/// How a column is counted. Behind its lines stand those of all other values and of missing ones.
pub(super) struct Column {
    /// Position in the dataset's `kept`.
    pub kept: usize,
    /// What it is about.
    pub is: &'static str,
    pub labels: Vec<Label>,
    before: Option<Of>,
    after: Of,
    missing: u64,
    /// Whether so many miss the value that this is a line of its own.
    has_missing: bool,
    /// Whether its lines are values as tables would have them.
    pub as_it_is: bool,
    /// Why nothing is told of it before, or nothing at all.
    pub why: Option<&'static str>,
}

impl Column {
    pub fn new(
        pipeline: &Pipeline,
        codebook: &Codebook,
        values: &Values,
        (persons, plan): (&Persons, &PersonPlan),
        kept: usize,
    ) -> Self {
        let dataset = persons.dataset;
        let mut column = Self {
            kept,
            is: meaning(&pipeline.datasets[dataset].kept[kept]),
            labels: Vec::new(),
            before: None,
            after: Of::Edges(Vec::new()),
            missing: codebook.missing_key(dataset, kept),
            has_missing: true,
            as_it_is: false,
            why: in_table(pipeline, dataset, kept).then_some("table"),
        };
        let quasi = persons.quasi_identifiers.iter().position(|quasi| *quasi == kept);
        let written = quasi.and_then(|at| plan.written(at));
        let Some(seen) = values.of(dataset, kept) else { return column.bare("many") };
        let (logical, threshold) = (codebook.logical(dataset, kept), persons.k.get());
        let words = seen.words().filter(|words| {
            matches!(logical, Logical::Text | Logical::Boolean) || written.is_some() || words.len() <= MOST_NUMBERS
        });
        match (written, words) {
            (Some(written), words) => column.groups(written, words.as_deref(), (seen, threshold)),
            (None, Some(words)) => {
                let text = |word: u64| text_of(codebook, dataset, kept, word);
                let mut lines: Vec<(String, u64, u64)> = words.into_iter().map(|(w, n)| (text(w), w, n)).collect();
                lines.sort_by(|one, two| natural(&one.0).cmp(&natural(&two.0)));
                column.words(&lines, (seen, threshold))
            }
            (None, None) if logical == Logical::Text => column.bare("many"),
            (None, None) => match edges(codebook, (dataset, kept), seen, threshold) {
                Some((edges, labels)) => {
                    column.before = column.why.is_none().then(|| Of::Edges(edges.clone()));
                    Self { after: Of::Edges(edges), labels: with_rest(labels), ..column }
                }
                None => column.bare("few"),
            },
        }
    }

    /// Values as they are.
    fn words(mut self, lines: &[(String, u64, u64)], (seen, threshold): (&Seen, u64)) -> Self {
        let mut keep = vec![true; lines.len()];
        if self.why.is_none() {
            let mut persons: Vec<u64> = lines.iter().map(|(_, _, persons)| *persons).collect();
            persons.push(seen.missing.persons);
            keep = listed(&persons, threshold);
            self.has_missing = keep.pop().unwrap_or(false) || seen.missing.persons == 0;
        }
        let kept = || lines.iter().zip(&keep).filter(|(_, keep)| **keep).map(|(line, _)| line);
        let coder = || Of::Words(Coder::new(kept().map(|(_, word, _)| *word).zip(0..)));
        self.labels = with_rest(kept().map(|(text, _, _)| Label::Value(text.clone())).collect());
        self.before = self.why.is_none().then(coder);
        Self { after: coder(), as_it_is: true, ..self }
    }

    /// Values that leave under the names of groups.
    fn groups(mut self, written: &Written, words: Option<&[(u64, u64)]>, (seen, threshold): (&Seen, u64)) -> Self {
        let names = written.labels();
        if names.len() > MOST_VALUES {
            return self.bare("many");
        }
        let (single, words) = (written.single(), words.unwrap_or_default());
        self.why = self.why.or_else(|| (single.is_none() || words.is_empty()).then_some("levels"));
        let mut order: Vec<usize> = (0..names.len()).filter(|&at| !names[at].is_empty()).collect();
        order.sort_by(|&one, &two| natural(&names[one]).cmp(&natural(&names[two])));
        let group = |word: u64| single.and_then(|coder| coder.code(word)).map(|group| group as usize);
        if self.why.is_none() {
            // Where persons have several values, a sum counts some twice: the largest is certain.
            let one = have_one(seen);
            let mut persons = vec![0_u64; names.len()];
            for (word, count) in words {
                if let Some(group) = group(*word).and_then(|group| persons.get_mut(group)) {
                    *group = if one { *group + count } else { *count.max(group) };
                }
            }
            let persons: Vec<u64> = order.iter().map(|&group| persons[group]).collect();
            let keep = listed(&persons, threshold);
            // What has no group stands with missing values and with the rare ones.
            self.has_missing = false;
            order = order.into_iter().zip(keep).filter(|(_, keep)| *keep).map(|(group, _)| group).collect();
        }
        let mut lines = vec![order.len(); names.len()];
        order.iter().enumerate().for_each(|(line, &group)| lines[group] = line);
        let missing = order.len() + usize::from(self.has_missing);
        (0..names.len()).filter(|&at| names[at].is_empty()).for_each(|at| lines[at] = missing);
        let line = |&(word, _): &(u64, u64)| {
            let line = group(word).and_then(|group| lines.get(group).copied());
            Some((word, u32::try_from(line.filter(|line| *line < order.len())?).ok()?))
        };
        self.before = self.why.is_none().then(|| Of::Words(Coder::new(words.iter().filter_map(line))));
        self.labels = with_rest(order.iter().map(|&group| Label::Value(names[group].clone())).collect());
        Self { after: Of::Groups(lines), ..self }
    }

    fn bare(self, why: &'static str) -> Self {
        Self { why: Some(why), labels: Vec::new(), before: None, ..self }
    }

    /// Whether nothing at all is told of it.
    pub fn is_bare(&self) -> bool {
        self.labels.is_empty()
    }

    /// Number of lines.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether it is counted before.
    pub fn has_before(&self) -> bool {
        self.before.is_some()
    }

    /// The line of a value before; `None` where it is not counted.
    pub fn before(&self, word: u64) -> Option<usize> {
        self.before.as_ref().map(|of| self.line(of, word))
    }

    /// The line of what leaves.
    pub fn after(&self, word: u64) -> usize {
        self.line(&self.after, word)
    }

    fn line(&self, of: &Of, word: u64) -> usize {
        let other = self.labels.len().saturating_sub(2);
        let missing = other + usize::from(self.has_missing);
        match of {
            Of::Groups(lines) => usize::try_from(word).ok().and_then(|at| lines.get(at)).copied().unwrap_or(missing),
            _ if word == self.missing => missing,
            Of::Words(coder) => coder.code(word).map_or(other, |line| line as usize),
            Of::Edges(edges) => edges.partition_point(|edge| *edge <= word),
        }
    }
}

/// Whether everybody has one value, so that sums over values count nobody twice.
fn have_one(seen: &Seen) -> bool {
    let sum = seen.words().map(|words| words.iter().map(|(_, persons)| persons).sum::<u64>());
    sum == Some(seen.all.persons) && seen.missing.persons == 0
}

fn with_rest(mut labels: Vec<Label>) -> Vec<Label> {
    labels.extend([Label::Other, Label::Missing]);
    labels
}

/// Bands in the order of their numbers, those under the first before it; texts in theirs.
pub(super) fn natural(text: &str) -> (i64, bool, &str) {
    let bare = text.trim_start_matches(['<', '≥', '>', '[', ']', ' ', '=']);
    let digits: String = bare.chars().take_while(|c| c.is_ascii_digit()).collect();
    let under = text.starts_with('<');
    // Codes such as 2A stand between 29 and 30 only as texts do.
    let rest = &bare[digits.len()..];
    let is_band = rest.is_empty() || rest.starts_with(['-', '+', ';', '.', ',']);
    let number = digits.parse::<i64>().ok().filter(|_| is_band && !(digits.starts_with('0') && digits.len() > 1));
    (number.unwrap_or(i64::MAX), !under, text)
}

fn text_of(codebook: &Codebook, dataset: usize, column: usize, word: u64) -> String {
    match (codebook.cell(dataset, column, word), codebook.logical(dataset, column)) {
        (Cell::Missing, _) => String::new(),
        (Cell::Text(text), _) => text.to_owned(),
        (Cell::Integer(i), Logical::Boolean) => (i != 0).to_string(),
        (Cell::Integer(i), Logical::Date) => day(i as f64),
        (Cell::Integer(i), Logical::Datetime) => day((i as f64 / DAY).floor()),
        (Cell::Integer(i), _) => i.to_string(),
        (Cell::Number(x), _) => x.to_string(),
    }
}

fn day(days: f64) -> String {
    let date = DateTime::from_timestamp(days as i64 * 86_400, 0);
    date.map(|date| date.format("%Y-%m-%d").to_string()).unwrap_or_default()
}

/// Words at which ranges begin, and what they are called. Neither end lies beyond where a hundredth of the records lie, or as
/// many as the threshold.
fn edges(
    codebook: &Codebook,
    (dataset, column): (usize, usize),
    seen: &Seen,
    threshold: u64,
) -> Option<(Vec<u64>, Vec<Label>)> {
    let records = seen.records();
    let total: u64 = records.iter().map(|(_, records)| records).sum();
    let tail = threshold.max(total / 100);
    if seen.all.persons < 4 * threshold || total < 4 * tail {
        return None;
    }
    let at = |rank: u64| {
        let mut before = 0;
        let found = records.iter().find(|(_, records)| {
            before += records;
            before >= rank
        });
        match codebook.cell(dataset, column, found?.0) {
            Cell::Integer(i) => Some(i as f64),
            Cell::Number(x) => Some(x),
            _ => None,
        }
    };
    let (low, high) = (at(tail)?, at(total - tail)?);
    let logical = codebook.logical(dataset, column);
    let unit = if logical == Logical::Datetime { DAY } else { 1.0 };
    let cuts: Vec<(f64, String)> = match logical {
        Logical::Date | Logical::Datetime => {
            calendar(low / unit, high / unit).into_iter().map(|d| (d * unit, day(d))).collect()
        }
        _ => {
            let whole = logical == Logical::Integer;
            nice(low, high, whole).into_iter().map(|cut| (cut, shown(cut))).collect()
        }
    };
    let word = |cut: f64| codebook.key_of_text(dataset, column, &shown(cut));
    let words: Vec<u64> = cuts.iter().map(|(cut, _)| word(*cut)).collect::<Option<_>>()?;
    let name = |at: usize| cuts.get(at).map(|(_, name)| name.clone());
    let labels = (0..=cuts.len()).map(|at| Label::Range(at.checked_sub(1).and_then(name), name(at))).collect();
    Some((words, labels))
}

/// As short as it can be read back.
fn shown(number: f64) -> String {
    // Steps are decimal: what floating point adds to them is cut off.
    let text = format!("{number:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Round numbers that cut a range into about ten parts.
fn nice(low: f64, high: f64, whole: bool) -> Vec<f64> {
    let raw = ((high - low) / RANGES).max(if whole { 1.0 } else { 1e-6 });
    let power = 10_f64.powf(raw.log10().floor());
    let step =
        [1.0, 2.0, 5.0, 10.0].into_iter().map(|by| by * power).find(|step| *step >= raw * 0.999).unwrap_or(power);
    let first = (low / step).floor() as i64;
    let cuts = (1..=2 * RANGES as i64).map(|at| (first + at) as f64 * step).take_while(|cut| *cut < high);
    let cuts: Vec<f64> = cuts.collect();
    if cuts.is_empty() { vec![first as f64 * step + step] } else { cuts }
}

/// First days of months or years that cut a range of days into about ten parts.
fn calendar(low: f64, high: f64) -> Vec<f64> {
    let date = |days: f64| DateTime::from_timestamp(days as i64 * 86_400, 0).map(|date| date.date_naive());
    let (Some(from), Some(to)) = (date(low), date(high)) else { return Vec::new() };
    let months = |date: NaiveDate| i64::from(date.year()) * 12 + i64::from(date.month0());
    let span = months(to) - months(from);
    let by = [1, 3, 6, 12, 24, 60, 120].into_iter().find(|by| span <= by * 12).unwrap_or(240);
    let first = months(from).div_euclid(by) + 1;
    let start = |month: i64| {
        let (year, month) = (i32::try_from(month.div_euclid(12)).ok()?, month.rem_euclid(12) as u32 + 1);
        let date = NaiveDate::from_ymd_opt(year, month, 1)?;
        Some(date.signed_duration_since(NaiveDate::default()).num_days() as f64)
    };
    (first..).map(|at| at * by).take_while(|month| *month <= months(to)).take(60).filter_map(start).collect()
}
