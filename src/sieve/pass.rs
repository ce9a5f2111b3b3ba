//! One block through the sieve.

use std::sync::Arc;

use super::dictionary::Dictionary;
use super::generalise::{Generaliser, Memo, kind_of};
use super::rows::{Kind, LayoutError, Rows, Values};
use super::subject::{Excluded, SubjectDigest};
use crate::config::{ColumnRef, Dataset, Generalise, MissingSubject, Pipeline, SubjectKind};
use crate::keys::SubjectKey;
use crate::schema::Logical;
use crate::validate::{FindingKind, Findings, Place, ValidBatch, View};

/// Which columns the rows of a dataset have behind the released ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Kinds of all columns: the released ones, then what is below.
    pub kinds: Vec<Kind>,
    /// Number of released columns.
    pub kept: usize,
    /// Column with a digest of the record.
    pub digest: Option<usize>,
    /// Column with the number of the record: file in the upper 24 bits, record in the lower 40.
    pub record: Option<usize>,
}

impl Layout {
    /// The layout of a dataset; `digest` and `record` where later stages want them.
    #[must_use]
    pub fn new(dataset: &Dataset, digest: bool, record: bool) -> Self {
        let mut kinds: Vec<Kind> = dataset.kept.iter().map(|k| kind_of(k.logical)).collect();
        let kept = kinds.len();
        let mut place = |wanted: bool| {
            wanted.then(|| {
                kinds.push(Kind::Word);
                kinds.len() - 1
            })
        };
        let (digest, record) = (place(digest), place(record));
        Self { kinds, kept, digest, record }
    }
}

/// The number of a record, see [`Layout::record`].
pub(crate) fn record_number(place: Place) -> u64 {
    u64::from(place.file) << 40 | place.record
}

/// The place behind a record number; the line is not kept and is 0.
#[must_use]
pub(crate) fn place_of(record: u64) -> Place {
    Place { file: (record >> 40) as u32, record: record & ((1 << 40) - 1), line: 0 }
}

/// Rows that hold nothing but what the pipeline names, under digests of persons. Only `sieve` can make one.
pub struct SievedBatch {
    dataset: usize,
    rows: Rows,
}

impl SievedBatch {
    pub(super) fn new(dataset: usize, rows: Rows) -> Self {
        Self { dataset, rows }
    }

    /// Position of the dataset in the pipeline.
    #[must_use]
    pub fn dataset(&self) -> usize {
        self.dataset
    }

    /// The rows, for the vault.
    #[must_use]
    pub(crate) fn rows(&self) -> &Rows {
        &self.rows
    }
}

/// What one thread remembers and counts.
pub struct SieveScratch {
    memos: Vec<Memo>,
    /// Findings of the sieve: records that say not whose they are.
    pub findings: Findings,
    /// Records left out because their person objected.
    pub excluded: u64,
    /// Records left out because they name no person.
    pub rejected: u64,
}

impl SieveScratch {
    /// Values that a hierarchy did not have, by position of the released column.
    pub fn not_in_hierarchy(&self) -> impl Iterator<Item = u64> {
        self.memos.iter().map(|m| m.not_in_hierarchy)
    }
}

/// The released columns of a dataset, ready to be computed. Used by the plain pass and behind a join.
pub(super) struct Columns {
    items: Vec<(ColumnRef, Option<ColumnRef>, Generaliser)>,
}

/// Kind of value behind a column reference.
pub(super) fn logical_of(pipeline: &Pipeline, dataset: &Dataset, column: ColumnRef) -> Logical {
    match column {
        ColumnRef::Own(f) => pipeline.sources[dataset.source].schema.fields[f].logical(),
        ColumnRef::Derived(d) => dataset.derived[d].logical,
        ColumnRef::Joined(f) => {
            let right = dataset.join.map_or(dataset.source, |j| pipeline.joins[j].right);
            pipeline.sources[right].schema.fields[f].logical()
        }
    }
}

impl Columns {
    /// `dictionaries`: one per released column.
    pub fn new(pipeline: &Pipeline, dataset: &Dataset, dictionaries: &[Arc<Dictionary>]) -> Self {
        let item = |(kept, dictionary): (&crate::config::Kept, &Arc<Dictionary>)| {
            let at = match kept.generalise {
                Generalise::Age { at } | Generalise::AgeBand { at, .. } => Some(at),
                _ => None,
            };
            let from = logical_of(pipeline, dataset, kept.from);
            let at_kind = at.map(|a| logical_of(pipeline, dataset, a));
            (kept.from, at, Generaliser::new(kept, from, at_kind, dictionary))
        };
        Self { items: dataset.kept.iter().zip(dictionaries).map(item).collect() }
    }

    pub fn scratch(&self, most_places: usize) -> SieveScratch {
        SieveScratch {
            memos: self.items.iter().map(|_| Memo::default()).collect(),
            findings: Findings::new(most_places),
            excluded: 0,
            rejected: 0,
        }
    }

    /// The released columns at `rows`, of columns that `view` shows.
    pub fn apply<'v>(
        &self,
        view: impl Fn(ColumnRef) -> Option<View<'v>>,
        rows: &[u32],
        scratch: &mut SieveScratch,
    ) -> Result<Vec<Values>, LayoutError> {
        let mut out = Vec::with_capacity(self.items.len() + 2);
        for ((from, at, generaliser), memo) in self.items.iter().zip(&mut scratch.memos) {
            let from = view(*from).ok_or(LayoutError)?;
            let at = match at {
                Some(at) => Some(view(*at).ok_or(LayoutError)?),
                None => None,
            };
            out.push(generaliser.apply(&from, at.as_ref(), rows, memo).ok_or(LayoutError)?);
        }
        Ok(out)
    }

    /// Columns of one side that are read: `pick` says which field it is.
    pub fn sources(&self, pick: impl Fn(ColumnRef) -> Option<usize>) -> Vec<usize> {
        let all = self.items.iter().flat_map(|(from, at, _)| [Some(*from), *at]).flatten();
        let mut fields: Vec<usize> = all.filter_map(pick).collect();
        fields.sort_unstable();
        fields.dedup();
        fields
    }
}

/// The sieve of a dataset that stands alone (for joined ones see [`super::Stager`]).
pub struct Sieve<'k> {
    dataset: usize,
    /// The field that tells persons apart, and its name; `None` where each record is somebody else's.
    subject: Option<(usize, String)>,
    digest: SubjectDigest<'k>,
    columns: Columns,
    layout: Layout,
    /// Conditions under which a person objects, by their number in the batch.
    objections: usize,
    /// Whether a record without identifier counts as its own person.
    alone: bool,
}

impl<'k> Sieve<'k> {
    /// The sieve of the dataset at that position. `None` if its subject comes from a joined source.
    #[must_use]
    pub fn new(
        pipeline: &Pipeline,
        dataset: usize,
        layout: Layout,
        key: &'k SubjectKey,
        kind: SubjectKind,
        dictionaries: &[Arc<Dictionary>],
        objections: usize,
    ) -> Option<Self> {
        let data = &pipeline.datasets[dataset];
        let subject = match data.subject {
            Some(ColumnRef::Own(field)) => {
                Some((field, pipeline.sources[data.source].schema.fields[field].name.clone()))
            }
            Some(ColumnRef::Joined(_) | ColumnRef::Derived(_)) => return None,
            None => None,
        };
        Some(Self {
            dataset,
            subject,
            digest: SubjectDigest { kind, key },
            columns: Columns::new(pipeline, data, dictionaries),
            layout,
            objections,
            alone: pipeline.subject.missing == MissingSubject::Alone,
        })
    }

    /// Fields of the source that [`Sieve::pass`] reads as values.
    #[must_use]
    pub fn fields(&self) -> Vec<usize> {
        self.columns.sources(|c| if let ColumnRef::Own(f) = c { Some(f) } else { None })
    }

    /// Memory for one thread.
    #[must_use]
    pub fn scratch(&self, most_places: usize) -> SieveScratch {
        self.columns.scratch(most_places)
    }

    /// Whose record it is; `None` where it does not say.
    pub(crate) fn person(&self, batch: &ValidBatch<'_>, row: u32) -> Option<u128> {
        let Some((subject, _)) = self.subject else {
            // By its place: records that are alike are several, each somebody's.
            return Some(self.digest.alone(record_number(batch.place(row))));
        };
        let text = batch.text(row, subject);
        if self.alone && text.is_none_or(|t| t.trim().is_empty()) {
            return batch.digests().get(row as usize).map(|record| self.digest.alone(*record));
        }
        self.digest.of(text)
    }

    /// Sieves a block. Persons in `excluded` are left out at once; persons who object in this block are added to
    /// `objected`, and their records fall out when the vault is read.
    pub fn pass(
        &self,
        batch: &ValidBatch<'_>,
        excluded: &Excluded,
        objected: &mut Excluded,
        scratch: &mut SieveScratch,
    ) -> Result<SievedBatch, LayoutError> {
        let mut rows = Vec::with_capacity(batch.rows().len());
        let mut key = Vec::with_capacity(batch.rows().len());
        for &row in batch.rows() {
            let Some(person) = self.person(batch, row) else {
                let name = self.subject.as_ref().map(|(_, name)| name.as_str());
                scratch.findings.add(FindingKind::MissingSubject, name, None, batch.place(row));
                scratch.rejected += 1;
                continue;
            };
            if (0..self.objections).any(|c| batch.condition(c).get(row as usize) == Some(&true)) {
                objected.add(person);
            }
            if excluded.contains(person) {
                scratch.excluded += 1;
                continue;
            }
            rows.push(row);
            key.push(person);
        }
        let view = |column| match column {
            ColumnRef::Own(f) => batch.field(f),
            ColumnRef::Derived(d) => batch.derived(d),
            ColumnRef::Joined(_) => None,
        };
        let mut columns = self.columns.apply(view, &rows, scratch)?;
        push_tail(&mut columns, &self.layout, batch, &rows);
        Ok(SievedBatch::new(self.dataset, Rows { key, columns }))
    }
}

/// Appends digest and number of the records, where the layout has them.
pub(super) fn push_tail(columns: &mut Vec<Values>, layout: &Layout, batch: &ValidBatch<'_>, rows: &[u32]) {
    if layout.digest.is_some() {
        let digests = batch.digests();
        columns.push(Values::Word(rows.iter().map(|&r| digests.get(r as usize).copied().unwrap_or(0)).collect()));
    }
    if layout.record.is_some() {
        columns.push(Values::Word(rows.iter().map(|&r| record_number(batch.place(r))).collect()));
    }
}
