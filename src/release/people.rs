//! Per-person rows with the plan applied: only drawn records of classes that the plan releases, under pseudonyms or in a
//! keyed shuffle, with their inclusion probability and design weight.

use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, Date32Builder, Float64Builder, Int64Builder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch, TimestampMicrosecondArray};

use super::{PSEUDONYM, ReleaseChunk, ReleaseError, ReleaseField, ReleaseResource, ResourceKind, code_text};
use crate::config::{Linkage, Persons, Pipeline};
use crate::keys::{PseudonymKey, ShuffleKey};
use crate::protect::persons::{PersonPlan, Written};
use crate::sample::Chance;
use crate::schema::{Logical, Role};
use crate::sieve::{Cell, Codebook, Kind, Rows, Values};
use crate::vault::People;

/// Name of the column with pseudonyms.
pub const PSEUDONYM_COLUMN: &str = "pseudonyme";
/// Name of the column with the inclusion probability, as a fraction.
pub const INCLUSION_COLUMN: &str = "proba_inclusion";
/// Name of the column with the design weight.
pub const WEIGHT_COLUMN: &str = "poids_sondage";

/// Name of the column with the weight that was fitted to margins.
pub const CALIBRATED_COLUMN: &str = "poids_cale";

/// [`ReleaseField::generalised`] of a column whose level was searched for.
const LEVELS: &str = "levels";

/// [`ReleaseField::generalised`] of a column whose values were changed.
const CHANGED: &str = "changed";

/// What ties rows together, and what they are ordered by.
pub enum RowOrder {
    /// Pseudonyms: rows of one person stand together.
    Pseudonym(PseudonymKey),
    /// A keyed shuffle of records: nothing ties two records of one person (R09).
    Shuffle(ShuffleKey),
}

/// A per-person output with its plan.
pub struct PeopleRelease<'a> {
    index: usize,
    resource: ReleaseResource,
    persons: &'a Persons,
    codebook: &'a Codebook,
    plan: &'a PersonPlan,
    /// Per column of the output, what its values become; `None` where they stay as they are.
    written: Vec<Option<&'a Written>>,
    order: RowOrder,
    /// Distinct chances of the draw, by the position that rows carry; empty where everyone is released.
    chances: Vec<Chance>,
    /// Whether weights were fitted to margins.
    calibrated: bool,
}

impl<'a> PeopleRelease<'a> {
    /// The output at position `index` among the resources of the release. `chances` is `None` where nobody was drawn because
    /// everyone is released. `told` is what the descriptor says of a plan that makes columns coarser.
    #[must_use]
    pub fn new(
        pipeline: &Pipeline,
        index: usize,
        persons: &'a Persons,
        codebook: &'a Codebook,
        (plan, told): (&'a PersonPlan, Option<&serde_json::Value>),
        order: RowOrder,
        chances: Option<&[Chance]>,
    ) -> Self {
        let dataset = &pipeline.datasets[persons.dataset];
        let schema = &pipeline.sources[dataset.source].schema;
        let mut fields = Vec::new();
        fields.extend(pseudonym_field(pipeline));
        let quasi = |column: &usize| persons.quasi_identifiers.iter().position(|quasi| quasi == column);
        let written: Vec<Option<&Written>> =
            persons.columns.iter().map(|column| quasi(column).and_then(|at| plan.written(at))).collect();
        for (&column, written) in persons.columns.iter().zip(&written) {
            let field = super::field_of(pipeline, persons.dataset, column);
            let kept = &dataset.kept[column].name;
            let changes = persons.protection.iter().flat_map(|protection| &protection.changes);
            let changed = changes.flat_map(|change| &change.columns).any(|name| name == kept);
            fields.push(match (written, changed) {
                (Some(_), true) => coarser(altered(field)),
                (Some(_), false) => coarser(field),
                (None, true) => altered(field),
                (None, false) => field,
            });
        }
        let calibrated = pipeline.sample.as_ref().is_some_and(|sample| sample.calibration.is_some());
        if chances.is_some() {
            let computed = |name: &str, logical, title: &str, description: &str| ReleaseField {
                name: name.to_owned(),
                logical,
                title: Some(title.to_owned()),
                description: Some(description.to_owned()),
                role: None,
                origin: None,
                generalised: "computed",
                why: None,
            };
            let of = "probabilité d'être tiré, en fraction là où elle en est une";
            fields.push(computed(INCLUSION_COLUMN, Logical::Text, "Probabilité d'inclusion", of));
            let of = "nombre d'unités de la base de sondage que celle-ci représente, par le plan de sondage";
            fields.push(computed(WEIGHT_COLUMN, Logical::Number, "Poids de sondage", of));
            if calibrated {
                let of = "poids de sondage ajusté à des marges connues";
                fields.push(computed(CALIBRATED_COLUMN, Logical::Number, "Poids calé", of));
            }
        }
        let quasi: Vec<&str> = persons.quasi_identifiers.iter().map(|&c| dataset.kept[c].name.as_str()).collect();
        let plain = serde_json::json!({
            "model": "k-anonymity", "k": persons.k.get(), "quasi_identifiers": quasi, "counted_over": "distinct persons",
            "method": "records of classes under k are left out",
        });
        let protection = told.cloned().unwrap_or(plain);
        let resource = ReleaseResource {
            name: persons.name.clone(),
            kind: ResourceKind::Persons,
            title: schema.title.clone(),
            fields,
            protection,
        };
        let chances = chances.map(<[_]>::to_vec).unwrap_or_default();
        Self { index, resource, persons, codebook, plan, written, order, chances, calibrated }
    }

    /// The description of the resource.
    #[must_use]
    pub fn resource(&self) -> &ReleaseResource {
        &self.resource
    }

    /// Kinds of the columns that [`PeopleRelease::select`] gives.
    #[must_use]
    pub fn kinds(&self) -> Vec<Kind> {
        vec![Kind::Word; self.persons.columns.len() + 1]
    }

    /// The rows of a bucket that leave: under their pseudonym or place in the shuffle, with one word a column. `drawn` gives
    /// the position of each row's inclusion probability, `u32::MAX` for rows that were not drawn; `digest` is the column
    /// with digests of records. `changed` gives the word that a value became, by its column among those kept and the position
    /// of its row among the drawn ones. Also tells, for every row of the bucket, whether it leaves.
    #[must_use]
    pub fn select(
        &self,
        people: &People<'_>,
        drawn: &[u32],
        digest: Option<usize>,
        changed: impl Fn(usize, usize) -> Option<u64>,
    ) -> (Rows, Vec<bool>) {
        let dataset = self.persons.dataset;
        let rows = people.of_dataset(dataset);
        let digests = digest.map_or(&[][..], |column| rows.words(column));
        let mut key = Vec::new();
        let mut columns: Vec<Vec<u64>> = vec![Vec::new(); self.persons.columns.len() + 1];
        let mut class = Vec::with_capacity(self.persons.quasi_identifiers.len() + 1);
        let mut last: Option<(u128, u128)> = None;
        let mut leaves = vec![false; drawn.len()];
        let met = drawn.iter().enumerate().filter(|(_, i)| **i != u32::MAX).enumerate();
        for (number, (row, &inclusion)) in met {
            let became = |column| changed(column, number);
            super::class_key(self.persons, self.codebook, rows, row, inclusion, became, &mut class);
            let Some(way) = self.plan.way(&class) else { continue };
            leaves[row] = true;
            let subject = rows.key[row];
            key.push(match (&self.order, last) {
                (RowOrder::Pseudonym(_), Some((known, pseudonym))) if known == subject => pseudonym,
                (RowOrder::Pseudonym(k), _) => k.pseudonym(subject),
                (RowOrder::Shuffle(k), _) => k.order(subject, digests.get(row).copied().unwrap_or(0)),
            });
            last = key.last().map(|pseudonym| (subject, *pseudonym));
            for ((values, &column), written) in columns.iter_mut().zip(&self.persons.columns).zip(&self.written) {
                let word = became(column).unwrap_or_else(|| self.codebook.key(dataset, column, rows, row));
                // Every value of a class that leaves was counted; one that was not has no group, and is written as missing.
                values.push(written.map_or(word, |written| u64::from(written.group(way, word).unwrap_or(u32::MAX))));
            }
            if let Some(values) = columns.last_mut() {
                values.push(u64::from(inclusion));
            }
        }
        (Rows { key, columns: columns.into_iter().map(Values::Word).collect() }, leaves)
    }

    /// Whether a column, by its position in the output, shows what its value was: `word` there, `value` in a row that was selected.
    #[must_use]
    pub fn shows(&self, position: usize, word: u64, value: u64) -> bool {
        let Some(column) = self.persons.columns.get(position) else { return false };
        match self.written.get(position).copied().flatten() {
            None => value == word,
            Some(written) => {
                let label = u32::try_from(value).ok().and_then(|group| written.label(group)).unwrap_or_default();
                label == code_text(self.codebook, self.persons.dataset, *column, word)
            }
        }
    }

    /// Rows in the order in which they leave: by pseudonym or shuffle, then by their values, so that nothing of the order
    /// of the input is left.
    pub fn chunk(&self, rows: &Rows) -> Result<ReleaseChunk, ReleaseError> {
        let words: Vec<&[u64]> = (0..rows.columns.len()).map(|c| rows.words(c)).collect();
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_unstable_by(|&a, &b| {
            let values =
                || words.iter().map(|w| w[a].cmp(&w[b])).find(|o| o.is_ne()).unwrap_or(std::cmp::Ordering::Equal);
            rows.key[a].cmp(&rows.key[b]).then_with(values)
        });
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.resource.fields.len());
        if matches!(self.order, RowOrder::Pseudonym(_)) {
            let mut texts = StringBuilder::with_capacity(order.len(), order.len() * 32);
            order.iter().for_each(|&row| texts.append_value(format!("{:032x}", rows.key[row])));
            arrays.push(Arc::new(texts.finish()));
        }
        for (position, &column) in self.persons.columns.iter().enumerate() {
            let keys = order.iter().map(|&row| words[position][row]);
            if let Some(written) = self.written[position] {
                arrays.push(labels(written, keys));
                continue;
            }
            arrays.push(super::array(self.codebook, self.persons.dataset, column, keys));
        }
        if self.chances.is_empty() {
            return super::chunk_of(self.index, &self.resource, arrays);
        }
        let carried = words.last().copied().unwrap_or_default();
        let (mut fractions, mut weights) = (StringBuilder::new(), Float64Builder::with_capacity(order.len()));
        let mut fitted = Float64Builder::with_capacity(order.len());
        for row in &order {
            let chance = self.chances.get(carried[*row] as usize).ok_or_else(|| self.lost())?;
            fractions.append_value(chance.inclusion.to_string());
            weights.append_value(chance.design_weight);
            fitted.append_value(chance.weight);
        }
        arrays.push(Arc::new(fractions.finish()));
        arrays.push(Arc::new(weights.finish()));
        if self.calibrated {
            arrays.push(Arc::new(fitted.finish()));
        }
        super::chunk_of(self.index, &self.resource, arrays)
    }

    /// A row carries a chance that the draw does not know: a bug.
    fn lost(&self) -> ReleaseError {
        let columns = self.resource.fields.len();
        ReleaseError::Width { resource: self.resource.name.clone(), expected: columns, found: columns }
    }
}

/// A column whose values became coarser is one of texts.
fn coarser(field: ReleaseField) -> ReleaseField {
    let note = "Valeurs regroupées.";
    let description = field.description.map_or_else(|| note.to_owned(), |text| format!("{text} {note}"));
    ReleaseField { logical: Logical::Text, generalised: LEVELS, description: Some(description), ..field }
}

/// A column whose values were changed.
fn altered(field: ReleaseField) -> ReleaseField {
    let note = "Valeurs modifiées pour protéger les personnes.";
    let description = field.description.map_or_else(|| note.to_owned(), |text| format!("{text} {note}"));
    ReleaseField { generalised: CHANGED, description: Some(description), ..field }
}

/// What groups are called.
fn labels(written: &Written, groups: impl ExactSizeIterator<Item = u64>) -> ArrayRef {
    let mut values = StringBuilder::with_capacity(groups.len(), groups.len() * 8);
    groups.for_each(|group| values.append_option(u32::try_from(group).ok().and_then(|group| written.label(group))));
    Arc::new(values.finish())
}

/// The column with pseudonyms; `None` where nothing ties records together.
fn pseudonym_field(pipeline: &Pipeline) -> Option<ReleaseField> {
    let (description, why) = match pipeline.subject.linkage {
        Linkage::None => return None,
        Linkage::Release => (
            "Numéro volatil d'une personne, propre à ce fichier",
            "relie les enregistrements d'une même personne dans ce fichier seulement",
        ),
        Linkage::Longitudinal => (
            "Numéro d'une personne, le même dans les transmissions d'une époque à ce destinataire",
            "relie les enregistrements d'une même personne d'une transmission à l'autre, pendant une époque",
        ),
    };
    Some(ReleaseField {
        name: PSEUDONYM_COLUMN.to_owned(),
        logical: Logical::Text,
        title: Some("Pseudonyme".to_owned()),
        description: Some(description.to_owned()),
        role: Some(Role::SubjectIdentifier),
        origin: Some(pipeline.subject.column.clone()),
        generalised: PSEUDONYM,
        why: Some(why.to_owned()),
    })
}

/// The values behind keys as an Arrow column.
pub(super) fn array(
    codebook: &Codebook,
    dataset: usize,
    column: usize,
    keys: impl ExactSizeIterator<Item = u64>,
) -> ArrayRef {
    let integer = |key| match codebook.cell(dataset, column, key) {
        Cell::Integer(i) => Some(i),
        _ => None,
    };
    match codebook.logical(dataset, column) {
        Logical::Text => {
            let mut values = StringBuilder::with_capacity(keys.len(), keys.len() * 8);
            for key in keys {
                match codebook.cell(dataset, column, key) {
                    Cell::Text(text) => values.append_value(text),
                    _ => values.append_null(),
                }
            }
            Arc::new(values.finish())
        }
        Logical::Number => {
            let mut values = Float64Builder::with_capacity(keys.len());
            for key in keys {
                match codebook.cell(dataset, column, key) {
                    Cell::Number(x) => values.append_value(x),
                    _ => values.append_null(),
                }
            }
            Arc::new(values.finish())
        }
        Logical::Integer => {
            let mut values = Int64Builder::with_capacity(keys.len());
            keys.for_each(|key| values.append_option(integer(key)));
            Arc::new(values.finish())
        }
        Logical::Boolean => {
            let mut values = BooleanBuilder::with_capacity(keys.len());
            keys.for_each(|key| values.append_option(integer(key).map(|i| i != 0)));
            Arc::new(values.finish())
        }
        Logical::Date => {
            let mut values = Date32Builder::with_capacity(keys.len());
            keys.for_each(|key| values.append_option(integer(key).and_then(|i| i32::try_from(i).ok())));
            Arc::new(values.finish())
        }
        Logical::Datetime => {
            let values: TimestampMicrosecondArray = keys.map(integer).collect();
            Arc::new(values.with_timezone("UTC"))
        }
    }
}

/// Columns under the names of the resource, as rows that may leave.
pub(super) fn chunk_of(
    index: usize,
    resource: &ReleaseResource,
    arrays: Vec<ArrayRef>,
) -> Result<ReleaseChunk, ReleaseError> {
    let (expected, found) = (resource.fields.len(), arrays.len());
    let width = || ReleaseError::Width { resource: resource.name.clone(), expected, found };
    if expected != found {
        return Err(width());
    }
    let named = resource.fields.iter().zip(arrays).map(|(f, a)| (f.name.as_str(), a, true));
    let rows = RecordBatch::try_from_iter_with_nullable(named).map_err(|_| width())?;
    ReleaseChunk::new(index, resource, rows)
}
