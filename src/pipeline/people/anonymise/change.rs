//! Methods that change values, column by column, before anything is counted.

use hashbrown::HashMap;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::config::{Anonymise, Change, ChangeMethod};
use crate::keys::{Domain, MasterKey, PerturbationKey, RUN, load_root};
use crate::pipeline::error::RunError;
use crate::pipeline::people::error::PersonsError;
use crate::pipeline::people::table::{Column, Table};
use crate::pipeline::readymade::decimal;
use crate::protect::persons::micro::{
    Beyond, Effect, Ends, PramFault, Transition, Words, cap, limits, mdav, noise, pram, round, round_at_random, swap,
};
use crate::protect::perturb::keyed::WordKey;

/// Most records that microaggregation takes: its time grows with their square.
const MOST_RECORDS: usize = 100_000;
/// Most values of a column that post-randomisation takes: its matrix grows with their square.
const MOST_VALUES: usize = 1_000;

/// Words of one change and column, by record.
struct Drawn(WordKey);

impl Words for Drawn {
    fn word(&self, record: u64, draw: u32) -> u64 {
        let name = [record.to_be_bytes().as_slice(), &draw.to_be_bytes()].concat();
        self.0.words(&name).word()
    }
}

/// Changes the table, and reports what each change did to each column.
pub(super) fn change(spec: &Anonymise, table: &mut Table) -> Result<Vec<Json>, RunError> {
    if spec.protection.changes.is_empty() {
        return Ok(Vec::new());
    }
    let root: MasterKey = match &spec.key {
        Some(source) => load_root(source)?,
        None => MasterKey::random()?,
    };
    let domain = Domain { epoch: RUN, recipient: "", dataset: "persons", identifier: "text" };
    let key = root.perturbation_key(&domain);
    let records = digests(table);
    Ok(changed(&spec.protection.changes, table, &records, &key)?)
}

/// Changes the columns of a table by draws of a key. `records` are digests of the records, of which no two are the same.
pub(in crate::pipeline) fn changed(
    changes: &[Change],
    table: &mut Table,
    records: &[u64],
    key: &PerturbationKey,
) -> Result<Vec<Json>, PersonsError> {
    let mut reports = Vec::new();
    for (number, change) in changes.iter().enumerate() {
        let done = apply(change, table, records, |column| words(key, number, column))?;
        reports.extend(done);
    }
    Ok(reports)
}

fn words(key: &PerturbationKey, number: usize, column: &str) -> Drawn {
    // Bound to the records alone: the same record is changed in the same way whatever else the file holds, so that two
    // releases of it do not average the change away.
    let purpose = format!("anonymise {number} {column}");
    Drawn(WordKey::new(&key.seed(&purpose, &[0; 32]), &purpose))
}

/// A digest for each record that no other has: of its cells, and of how many of the same came before. Records that are equal
/// are exchangeable, so that their order means nothing.
fn digests(table: &Table) -> Vec<u64> {
    let mut seen: HashMap<[u8; 32], u64> = HashMap::new();
    let mut columns: Vec<&Column> = table.columns.iter().collect();
    columns.sort_by(|one, two| one.name.cmp(&two.name));
    let digest = |record: usize| {
        let mut hash = Sha256::new();
        for cell in columns.iter().map(|column| column.text(record)) {
            hash.update((cell.len() as u64).to_be_bytes());
            hash.update(cell);
        }
        let cells: [u8; 32] = hash.finalize().into();
        let copies = seen.entry(cells).or_insert(0);
        let mut hash = Sha256::new();
        hash.update(cells);
        hash.update(copies.to_be_bytes());
        *copies += 1;
        hash.finalize().iter().take(8).fold(0_u64, |word, &byte| word << 8 | u64::from(byte))
    };
    (0..table.records()).map(digest).collect()
}

fn apply(
    change: &Change,
    table: &mut Table,
    records: &[u64],
    words: impl Fn(&str) -> Drawn,
) -> Result<Vec<Json>, PersonsError> {
    if let ChangeMethod::Microaggregate { k } = change.method {
        return microaggregate(change, table, records, k as usize);
    }
    let mut reports = Vec::new();
    for name in &change.columns {
        let Some(at) = table.columns.iter().position(|column| column.name == *name) else { continue };
        let (made, report) = match change.method {
            ChangeMethod::Pram { stay, invariant } => {
                randomise(&table.columns[at], records, (stay, invariant), &words(name))?
            }
            method => {
                let numbers = Numbers::of(table, &table.columns[at], method.numbers().collect())?;
                let (values, effect) = one(method, &numbers, records, &words(name))?;
                (numbers.column(&table.columns[at], &values), effect_json(name, method.word(), &effect, &numbers))
            }
        };
        table.columns[at] = made;
        reports.push(report);
    }
    Ok(reports)
}

/// A column as whole numbers in a unit of 10⁻ᵈ, d being the decimals that the column has.
struct Numbers {
    /// Of the records that have a value.
    values: Vec<i64>,
    /// Which records those are.
    present: Vec<usize>,
    /// Units of 10⁻⁹ in one.
    unit: i128,
}

impl Numbers {
    /// All cells are numbers or missing. `more` are numbers that have to be whole in the unit as well.
    fn of(table: &Table, column: &Column, more: Vec<f64>) -> Result<Self, PersonsError> {
        let refuse = |code: usize| PersonsError::Number {
            file: table.file.clone(),
            line: table.line_of(column, code as u32),
            column: column.name.clone(),
            needed: "a number of at most 18 digits, or nothing,",
        };
        let mut parsed = Vec::with_capacity(column.values.len());
        for (code, value) in column.values.iter().enumerate() {
            parsed.push(match value.is_empty() {
                true => None,
                false => Some(decimal::units(value).ok_or_else(|| refuse(code))?),
            });
        }
        let more = more.iter().filter_map(|number| decimal::units(&number.to_string()));
        let mut unit = decimal::ONE;
        for number in parsed.iter().flatten().copied().chain(more) {
            while number % unit != 0 {
                unit /= 10;
            }
        }
        let present: Vec<usize> =
            (0..column.codes.len()).filter(|&record| parsed[column.codes[record] as usize].is_some()).collect();
        let mut values = Vec::with_capacity(present.len());
        for &record in &present {
            let code = column.codes[record] as usize;
            let number = parsed[code].and_then(|units| i64::try_from(units / unit).ok());
            values.push(number.ok_or_else(|| refuse(code))?);
        }
        Ok(Self { values, present, unit })
    }

    /// A number of the file in the unit; `None` if it does not fit.
    fn whole(&self, number: f64) -> Option<i64> {
        i64::try_from(decimal::units(&number.to_string())? / self.unit).ok()
    }

    /// The digests of the records that have a value.
    fn records(&self, all: &[u64]) -> Vec<u64> {
        self.present.iter().map(|&record| all[record]).collect()
    }

    /// The column with new values where there were some.
    fn column(&self, old: &Column, values: &[i64]) -> Column {
        let mut texts: Vec<String> = vec![String::new(); old.codes.len()];
        for (&record, &value) in self.present.iter().zip(values) {
            texts[record] = decimal::shown(i128::from(value) * self.unit);
        }
        Column::of(&old.name, texts.iter().map(String::as_str))
    }
}

/// A method on the numbers of one column.
fn one(
    method: ChangeMethod,
    numbers: &Numbers,
    records: &[u64],
    words: &Drawn,
) -> Result<(Vec<i64>, Effect), PersonsError> {
    let (values, records) = (numbers.values.as_slice(), numbers.records(records));
    let bad = |name| PersonsError::Parameter { name, expected: "in the range of the method" };
    Ok(match method {
        ChangeMethod::Cap { bottom, top, at_least, mean } => {
            let end = |number: Option<f64>, name| match number {
                None => Ok(None),
                Some(number) => numbers.whole(number).map(Some).ok_or_else(|| bad(name)),
            };
            let ends = match at_least {
                Some(least) => limits(values, usize::try_from(least).unwrap_or(usize::MAX)),
                None => Ends { bottom: end(bottom, "bottom")?, top: end(top, "top")? },
            };
            let done = cap(values, ends, if mean { Beyond::Mean } else { Beyond::Limit });
            (done.values, done.effect)
        }
        ChangeMethod::Round { base, random } => {
            let base = numbers.whole(base).and_then(|base| u32::try_from(base).ok()).filter(|base| *base > 0);
            let base = base.ok_or_else(|| bad("base"))?;
            if random { round_at_random(values, base, &records, words) } else { round(values, base) }
        }
        ChangeMethod::Swap { share } => swap(values, &records, share, words).ok_or_else(|| bad("share"))?,
        ChangeMethod::Noise { share } => noise(values, &records, share, words).ok_or_else(|| bad("share"))?,
        ChangeMethod::Microaggregate { .. } | ChangeMethod::Pram { .. } => return Err(bad("method")),
    })
}

/// All columns together: records without a value in one of them cannot be placed.
fn microaggregate(change: &Change, table: &mut Table, records: &[u64], k: usize) -> Result<Vec<Json>, PersonsError> {
    if table.records() > MOST_RECORDS {
        let expected = "left out of files of more than 100,000 records: its time grows with their square";
        return Err(PersonsError::Parameter { name: "microaggregate", expected });
    }
    let places: Vec<usize> =
        change.columns.iter().filter_map(|name| table.columns.iter().position(|column| column.name == *name)).collect();
    let mut all = Vec::with_capacity(places.len());
    for &at in &places {
        let column = &table.columns[at];
        if let Some(code) = column.values.iter().position(String::is_empty) {
            return Err(PersonsError::Number {
                file: table.file.clone(),
                line: table.line_of(column, code as u32),
                column: column.name.clone(),
                needed: "a number",
            });
        }
        all.push(Numbers::of(table, column, Vec::new())?);
    }
    let values: Vec<Vec<i64>> = all.iter().map(|numbers| numbers.values.clone()).collect();
    let bad = PersonsError::Parameter { name: "k", expected: "at least 1" };
    let done = mdav(&values, records, k).ok_or(bad)?;
    let mut reports = Vec::new();
    for (((&at, numbers), values), effect) in places.iter().zip(&all).zip(&done.columns).zip(&done.effects) {
        let name = table.columns[at].name.clone();
        table.columns[at] = numbers.column(&table.columns[at], values);
        let mut report = effect_json(&name, change.method.word(), effect, numbers);
        report["lost"] = json!(done.lost);
        reports.push(report);
    }
    Ok(reports)
}

/// Each value becomes another with a known probability. A missing value is a value.
fn randomise(
    column: &Column,
    records: &[u64],
    (stay, invariant): (f64, bool),
    words: &Drawn,
) -> Result<(Column, Json), PersonsError> {
    let size = column.values.len();
    if size > MOST_VALUES {
        let expected = "left out of columns of more than 1,000 values";
        return Err(PersonsError::Parameter { name: "pram", expected });
    }
    let fault = |fault: PramFault| PersonsError::Rules(fault.to_string());
    let mut matrix = Transition::uniform(size, stay).map_err(fault)?;
    if invariant {
        let mut counts = vec![0; size];
        column.codes.iter().for_each(|&code| counts[code as usize] += 1);
        matrix = matrix.invariant(&counts).map_err(fault)?;
    }
    let done = pram(&column.codes, records, &matrix, words).map_err(fault)?;
    let texts = done.codes.iter().map(|&code| column.values[code as usize].as_str());
    let made = Column::of(&column.name, texts);
    let moved: u64 = done.before.iter().zip(&done.after).map(|(one, two)| one.abs_diff(*two)).sum();
    let report = json!({
        "method": "pram",
        "column": column.name,
        "records": column.codes.len(),
        "changed": done.changed,
        "frequencies_moved": moved,
        "stay": stay,
        "invariant": invariant,
    });
    Ok((made, report))
}

fn finite(number: f64) -> Json {
    if number.is_finite() { json!(number) } else { Json::Null }
}

fn effect_json(name: &str, method: &str, effect: &Effect, numbers: &Numbers) -> Json {
    let one = decimal::float(numbers.unit);
    json!({
        "method": method,
        "column": name,
        "records": effect.records,
        "changed": effect.changed,
        "mean_before": finite(effect.mean_before * one),
        "mean_after": finite(effect.mean_after * one),
        "variance_before": finite(effect.variance_before * one * one),
        "variance_after": finite(effect.variance_after * one * one),
        "mean_change": finite(effect.mean_change * one),
        "largest_change": finite(effect.largest_change as f64 * one),
        "correlation": finite(effect.correlation),
    })
}
