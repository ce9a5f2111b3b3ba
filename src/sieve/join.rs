//! Columns of one source attached to another by a key, inside the vault.
//!
//! Both sides are staged under a digest of the join key, in buckets; each bucket is joined alone, so memory does not grow with
//! the sources. What is generalised from both sides (an age from a birth date here and an event there) is computed after the
//! join; until then values lie typed in the encrypted store, and direct identifiers never do.

use std::sync::Arc;

use hashbrown::HashSet;

use super::dictionary::{Dictionary, Frozen};
use super::generalise::kind_of;
use super::pass::{Columns, Layout, SieveScratch, SievedBatch, logical_of, place_of, push_tail};
use super::rows::{Kind, LayoutError, MISSING_CODE, Rows, Values};
use super::subject::{Excluded, SubjectDigest};
use crate::config::{ColumnRef, Pipeline, SubjectKind};
use crate::keys::SubjectKey;
use crate::validate::{FindingKind, Findings, Place, ValidBatch, View};

/// Typed values of one side of a join, under digests of the join key. Only `sieve` can make one.
pub struct StagedBatch {
    rows: Rows,
}

impl StagedBatch {
    /// The rows, for the vault.
    #[must_use]
    pub(crate) fn rows(&self) -> &Rows {
        &self.rows
    }
}

/// A column that is staged.
struct Staged {
    column: ColumnRef,
    dictionary: Option<Dictionary>,
}

/// Stages one side of a join.
pub struct Stager<'k> {
    key_field: usize,
    subject_field: Option<usize>,
    digest: SubjectDigest<'k>,
    key: &'k SubjectKey,
    columns: Vec<Staged>,
    layout: Layout,
    objections: usize,
}

impl Stager<'_> {
    /// Layout of the staged rows.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Fields of the source that are read as values.
    #[must_use]
    pub fn fields(&self) -> Vec<usize> {
        let own = |s: &Staged| match s.column {
            ColumnRef::Own(f) | ColumnRef::Joined(f) => Some(f),
            ColumnRef::Derived(_) => None,
        };
        self.columns.iter().filter_map(own).collect()
    }

    /// Stages a block. Records without a join key are staged under a digest of their own and find no partner.
    pub fn pass(&self, batch: &ValidBatch<'_>, objected: &mut Excluded) -> Result<StagedBatch, LayoutError> {
        let rows = batch.rows();
        let key = rows.iter().map(|&row| self.join_key(batch.text(row, self.key_field))).collect();
        let mut columns = Vec::with_capacity(self.columns.len() + 3);
        for staged in &self.columns {
            let view = match staged.column {
                ColumnRef::Own(f) | ColumnRef::Joined(f) => batch.field(f),
                ColumnRef::Derived(d) => batch.derived(d),
            };
            columns.push(stage(&view.ok_or(LayoutError)?, rows, staged.dictionary.as_ref()).ok_or(LayoutError)?);
        }
        push_tail(&mut columns, &self.layout, batch, rows);
        if let Some(field) = self.subject_field {
            let person = |&row: &u32| {
                let person = self.digest.of(batch.text(row, field)).unwrap_or(NOBODY);
                if (0..self.objections).any(|c| batch.condition(c).get(row as usize) == Some(&true)) {
                    objected.add(person);
                }
                person
            };
            columns.push(Values::Digest(rows.iter().map(person).collect()));
        }
        Ok(StagedBatch { rows: Rows { key, columns } })
    }

    fn join_key(&self, text: Option<&str>) -> u128 {
        // The prefix keeps digests of join keys apart from digests of persons.
        let mut bytes = b"join\0".to_vec();
        bytes.extend_from_slice(text.unwrap_or_default().trim().as_bytes());
        self.key.subject(&bytes)
    }
}

/// The digest that stands for "no person": no HMAC gives it but with a probability of 2⁻¹²⁸.
const NOBODY: u128 = 0;

fn stage(view: &View<'_>, rows: &[u32], dictionary: Option<&Dictionary>) -> Option<Values> {
    Some(match view {
        View::Integer(v) => Values::Integer(rows.iter().map(|&r| v[r as usize]).collect()),
        View::Number(v) => Values::Number(rows.iter().map(|&r| v[r as usize]).collect()),
        View::Text(codes, texts) => {
            let dictionary = dictionary?;
            let mut known: hashbrown::HashMap<u32, u32> = hashbrown::HashMap::new();
            let code = |&r: &u32| match codes[r as usize] {
                MISSING_CODE => MISSING_CODE,
                code => *known.entry(code).or_insert_with(|| dictionary.code(texts.text(code))),
            };
            Values::Code(rows.iter().map(code).collect())
        }
    })
}

/// Who and what takes no part in a join.
#[derive(Clone, Copy)]
pub struct LeftOut<'a> {
    /// Persons who objected.
    pub persons: &'a Excluded,
    /// Numbers of right records that are wrong: they are no partners.
    pub right: &'a HashSet<u64>,
}

/// What joining did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JoinCounts {
    /// Left records without a partner.
    pub unmatched: u64,
    /// Right records whose key another right record has.
    pub ambiguous: u64,
    /// Left records whose person is unknown.
    pub nobody: u64,
    /// Left records whose person objected.
    pub excluded: u64,
}

/// A join of two staged sides.
pub struct JoinPlan<'k> {
    dataset: usize,
    /// How the left side is staged.
    pub left: Stager<'k>,
    /// How the right side is staged.
    pub right: Stager<'k>,
    columns: Columns,
    layout: Layout,
    subject_is_joined: bool,
    left_name: String,
    right_key: String,
    subject_name: String,
}

impl<'k> JoinPlan<'k> {
    /// The join of the dataset at that position; `None` if it has none.
    #[must_use]
    pub fn new(
        pipeline: &Pipeline,
        dataset: usize,
        layout: Layout,
        key: &'k SubjectKey,
        kind: SubjectKind,
        dictionaries: &[Arc<Dictionary>],
        objections: [usize; 2],
    ) -> Option<Self> {
        let data = &pipeline.datasets[dataset];
        let join = &pipeline.joins[data.join?];
        let columns = Columns::new(pipeline, data, dictionaries);
        let mut left: Vec<ColumnRef> = columns
            .sources(|c| if let ColumnRef::Own(f) = c { Some(f) } else { None })
            .into_iter()
            .map(ColumnRef::Own)
            .collect();
        left.extend(
            columns
                .sources(|c| if let ColumnRef::Derived(d) = c { Some(d) } else { None })
                .into_iter()
                .map(ColumnRef::Derived),
        );
        let right: Vec<ColumnRef> = columns
            .sources(|c| if let ColumnRef::Joined(f) = c { Some(f) } else { None })
            .into_iter()
            .map(ColumnRef::Joined)
            .collect();
        let stager = |refs: Vec<ColumnRef>, key_field, subject_field: Option<usize>, digest, record, objections| {
            let kinds = refs.iter().map(|&c| kind_of(logical_of(pipeline, data, c))).collect::<Vec<_>>();
            let columns = refs
                .into_iter()
                .zip(&kinds)
                .map(|(column, kind)| Staged { column, dictionary: (*kind == Kind::Code).then(Dictionary::default) })
                .collect();
            let layout = Layout::staged(kinds, digest, record, subject_field.is_some());
            let digest = SubjectDigest { kind, key };
            Stager { key_field, subject_field, digest, key, columns, layout, objections }
        };
        let (own, joined) = match data.subject {
            Some(ColumnRef::Own(f)) => (Some(f), None),
            Some(ColumnRef::Joined(f)) => (None, Some(f)),
            Some(ColumnRef::Derived(_)) | None => return None,
        };
        let names = |source: usize, field: usize| pipeline.sources[source].schema.fields[field].name.clone();
        Some(Self {
            dataset,
            left: stager(left, join.left_key, own, layout.digest.is_some(), true, objections[0]),
            right: stager(right, join.right_key, joined, true, true, objections[1]),
            columns,
            subject_is_joined: joined.is_some(),
            left_name: names(join.left, join.left_key),
            right_key: names(join.right, join.right_key),
            subject_name: pipeline.subject.column.clone(),
            layout,
        })
    }

    /// Memory for one thread.
    #[must_use]
    pub fn scratch(&self, most_places: usize) -> SieveScratch {
        self.columns.scratch(most_places)
    }

    /// The dictionaries of both sides at rest; to be made once when both sides are staged.
    #[must_use]
    pub fn freeze(&self) -> [Vec<Option<Frozen>>; 2] {
        let freeze = |s: &Stager<'_>| s.columns.iter().map(|c| c.dictionary.as_ref().map(Dictionary::freeze)).collect();
        [freeze(&self.left), freeze(&self.right)]
    }

    /// Joins a bucket: both sides sorted by key. Findings on the right side go to `right_findings`.
    pub fn join(
        &self,
        left: &Rows,
        right: &Rows,
        frozen: &[Vec<Option<Frozen>>; 2],
        left_out: LeftOut<'_>,
        scratch: &mut SieveScratch,
        right_findings: &mut Findings,
    ) -> Result<(SievedBatch, JoinCounts), LayoutError> {
        let mut counts = JoinCounts::default();
        let partners = self.unique_right(right, left_out.right, &mut counts, right_findings);
        let (mut left_rows, mut right_rows, mut key) = (Vec::new(), Vec::new(), Vec::new());
        let record = |rows: &Rows, layout: &Layout, row: usize| -> Place {
            place_of(layout.record.and_then(|c| rows.words(c).get(row).copied()).unwrap_or(0))
        };
        let mut at = 0;
        for (row, k) in left.key.iter().enumerate() {
            while at < partners.len() && right.key[partners[at] as usize] < *k {
                at += 1;
            }
            let Some(&partner) = partners.get(at).filter(|&&p| right.key[p as usize] == *k) else {
                counts.unmatched += 1;
                let place = record(left, self.left.layout(), row);
                scratch.findings.add(FindingKind::ForeignKey, Some(&self.left_name), None, place);
                continue;
            };
            let person = if self.subject_is_joined {
                right.digests(self.right.layout.kinds.len() - 1).get(partner as usize)
            } else {
                left.digests(self.left.layout.kinds.len() - 1).get(row)
            };
            match person.copied().unwrap_or(NOBODY) {
                NOBODY => {
                    counts.nobody += 1;
                    let place = record(left, self.left.layout(), row);
                    scratch.findings.add(FindingKind::MissingSubject, Some(&self.subject_name), None, place);
                }
                person if left_out.persons.contains(person) => counts.excluded += 1,
                person => {
                    left_rows.push(row as u32);
                    right_rows.push(partner);
                    key.push(person);
                }
            }
        }
        let columns = self.released(left, right, &left_rows, &right_rows, frozen, scratch)?;
        Ok((SievedBatch::new(self.dataset, Rows { key, columns }), counts))
    }

    /// Right rows with one key each: of several, the one with the smallest digest stays.
    fn unique_right(
        &self,
        right: &Rows,
        rejected: &HashSet<u64>,
        counts: &mut JoinCounts,
        findings: &mut Findings,
    ) -> Vec<u32> {
        let layout = &self.right.layout;
        let (digests, records) =
            (layout.digest.map_or(&[][..], |c| right.words(c)), layout.record.map_or(&[][..], |c| right.words(c)));
        // A record that is left out already is no partner, and must not push out one that could be.
        let mut rows: Vec<u32> =
            (0..right.len() as u32).filter(|&r| !rejected.contains(&records[r as usize])).collect();
        let of = |words: &[u64]| rows.iter().map(|&r| words[r as usize]).collect::<Vec<u64>>();
        let keys: Vec<u128> = rows.iter().map(|&r| right.key[r as usize]).collect();
        let surplus = crate::validate::duplicates(&keys, &of(digests), &of(records));
        for &at in &surplus {
            counts.ambiguous += 1;
            let place = place_of(records[rows[at] as usize]);
            findings.add(FindingKind::UniqueError, Some(&self.right_key), Some("join"), place);
        }
        let mut surplus = surplus.into_iter().peekable();
        let mut at = 0;
        rows.retain(|_| {
            let stays = surplus.next_if_eq(&at).is_none();
            at += 1;
            stays
        });
        rows
    }

    fn released(
        &self,
        left: &Rows,
        right: &Rows,
        left_rows: &[u32],
        right_rows: &[u32],
        frozen: &[Vec<Option<Frozen>>; 2],
        scratch: &mut SieveScratch,
    ) -> Result<Vec<Values>, LayoutError> {
        let left_values: Vec<Values> = left.columns.iter().map(|c| c.gather(left_rows)).collect();
        let right_values: Vec<Values> =
            right.columns[..self.right.columns.len()].iter().map(|c| c.gather(right_rows)).collect();
        let find = |stager: &Stager<'_>, column| stager.columns.iter().position(|s| s.column == column);
        let view = |column| {
            let (values, side, at) = match column {
                ColumnRef::Joined(_) => (&right_values, 1, find(&self.right, column)?),
                _ => (&left_values, 0, find(&self.left, column)?),
            };
            Some(match &values[at] {
                Values::Code(codes) => View::Text(codes, frozen[side][at].as_ref()?),
                Values::Integer(v) => View::Integer(v),
                Values::Number(v) => View::Number(v),
                Values::Word(_) | Values::Digest(_) => return None,
            })
        };
        let all: Vec<u32> = (0..left_rows.len() as u32).collect();
        let mut columns = self.columns.apply(view, &all, scratch)?;
        let digest = self.layout.digest.and(self.left.layout.digest);
        let record = self.layout.record.and(self.left.layout.record);
        columns.extend([digest, record].into_iter().flatten().map(|at| left_values[at].clone()));
        Ok(columns)
    }
}

impl Layout {
    /// The layout of staged rows: values, then digest and number of the record, then the person.
    fn staged(mut kinds: Vec<Kind>, digest: bool, record: bool, subject: bool) -> Self {
        let kept = kinds.len();
        let mut place = |wanted: bool, kind| {
            wanted.then(|| {
                kinds.push(kind);
                kinds.len() - 1
            })
        };
        let (digest, record) = (place(digest, Kind::Word), place(record, Kind::Word));
        place(subject, Kind::Digest);
        Self { kinds, kept, digest, record }
    }
}
