//! What the passes counted, brought together.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Mutex, PoisonError};

use super::super::certifying::KEY_REMOVED;
use super::super::error::RunError;
use super::super::exposure::Sizes;
use super::super::frame::Faults;
use super::super::intake::{Intake, layouts, tolerate};
use super::super::output::Collected;
use super::super::passes::Summary;
use super::super::run::Context;
use super::super::summary::SourceSummary;
use super::super::tables::Counted;
use super::super::utility::Values;
use super::forms::{CensusForm, Counts, LeftForm, SummaryForm, Texts, open, open_form, open_numbered, seal, seal_form};
use super::{ClusterError, Emit, Part, Parts, Pass, kind};
use crate::config::{Over, Pipeline};
use crate::destroy::Journal;
use crate::keys::PassageKey;
use crate::release::PeopleRelease;
use crate::sample::{Census, Draw, DrawPart, SampleError, Sizes as DrawSizes};
use crate::scan::Stripped;
use crate::sieve::{Dictionaries, Excluded};
use crate::summarise::Cells;
use crate::validate::Findings;
use crate::vault::{Store, Vault, rows_of_bytes};

/// What was counted so far, on all machines. No `Debug`.
pub struct Gathered {
    passage: PassageKey,
    /// Passes of which everything was gathered.
    plans: HashSet<Pass>,
    registers: Vec<u128>,
    texts: Vec<Vec<BTreeSet<String>>>,
    counts: Vec<Counts>,
    census: Option<CensusForm>,
    draws: Vec<DrawPart>,
    summary: Option<SummaryForm>,
    /// Fingerprints of what was stripped: read when they are wanted, for they are many.
    stripped: Mutex<Option<Parts>>,
    released: Option<Released>,
    /// Whether the key of the run outlives it.
    kept: bool,
    /// Destroys the file of the key of the run.
    end: Mutex<Option<End>>,
}

/// Destroys the file of the key of a run.
pub type End = Box<dyn FnOnce() -> Result<(), RunError> + Send>;

impl Gathered {
    pub(super) fn new(pipeline: &Pipeline, passage: PassageKey) -> Self {
        Self {
            passage,
            plans: HashSet::new(),
            registers: Vec::new(),
            texts: pipeline.datasets.iter().map(|d| vec![BTreeSet::new(); d.kept.len()]).collect(),
            counts: Vec::new(),
            census: None,
            draws: Vec::new(),
            summary: None,
            stripped: Mutex::default(),
            released: None,
            kept: false,
            end: Mutex::default(),
        }
    }

    /// Takes in a part, whose order among others does not matter.
    pub(super) fn take(&mut self, part: &Part) -> Result<(), RunError> {
        let key = &self.passage;
        match part.kind.as_str() {
            kind::PLAN => {
                let word = open(key, part)?;
                let pass = std::str::from_utf8(&word).ok().and_then(Pass::named).ok_or(ClusterError::Damaged)?;
                self.plans.insert(pass);
            }
            kind::KEPT => self.kept = open_form(key, part)?,
            kind::REGISTERS => self.registers.extend(open_form::<Vec<u128>>(key, part)?),
            kind::TEXTS => {
                for (dataset, column, texts) in open_form::<Vec<Texts>>(key, part)? {
                    let of = self.texts.get_mut(dataset).and_then(|columns| columns.get_mut(column));
                    of.ok_or(ClusterError::Damaged)?.extend(texts);
                }
            }
            kind::COUNTS => self.counts.push(open_form(key, part)?),
            kind::CENSUS => {
                let theirs: CensusForm = open_form(key, part)?;
                let ours = self.census.take().unwrap_or_default();
                self.census = Some(CensusForm {
                    census: ours.census.merge(theirs.census),
                    faults: ours.faults.merge(theirs.faults),
                    rows: ours.rows + theirs.rows,
                    objectors: ours.objectors + theirs.objectors,
                });
            }
            kind::DRAW => self.draws.push(open_form(key, part)?),
            kind::SUMMARY => {
                let theirs = open_form(key, part)?;
                self.summary = Some(match self.summary.take() {
                    Some(ours) => ours.merge(theirs)?,
                    None => theirs,
                });
            }
            _ => return Err(ClusterError::Damaged.into()),
        }
        Ok(())
    }

    /// Takes in all parts of a stream.
    pub(super) fn take_all(&mut self, parts: Parts) -> Result<(), RunError> {
        for part in parts {
            self.take(&part?)?;
        }
        Ok(())
    }

    /// Whether the plan of a pass is there.
    pub(super) fn need(&self, pass: Pass) -> Result<(), ClusterError> {
        if self.plans.contains(&pass) { Ok(()) } else { Err(ClusterError::Missing { pass }) }
    }

    /// What was gathered of a pass, as its plan. `sizes` are those of the draw, where there is one.
    pub(super) fn emit(self, pass: Pass, sizes: Option<&DrawSizes>, emit: Emit<'_>) -> Result<(), RunError> {
        let key = &self.passage;
        emit(seal(key, kind::PLAN, 0, pass.word().as_bytes())?)?;
        let mut of_source: Vec<&Counts> = self.counts.iter().collect();
        of_source.sort_by_key(|counts| counts.source);
        for counts in of_source.chunk_by(|a, b| a.source == b.source) {
            emit(seal_form(key, kind::COUNTS, 0, &added(counts)?)?)?;
        }
        match pass {
            Pass::Begin => {
                emit(seal_form(key, kind::KEPT, 0, &self.kept)?)?;
                emit(seal_form(key, kind::REGISTERS, 0, &self.registers)?)?;
            }
            Pass::Sieve => {
                let columns = self.texts.iter().enumerate();
                let texts = columns.flat_map(|(d, columns)| {
                    let columns = columns.iter().enumerate();
                    columns.map(move |(c, texts)| (d, c, texts.iter().cloned().collect()))
                });
                emit(seal_form(key, kind::TEXTS, 0, &texts.collect::<Vec<Texts>>())?)?;
            }
            Pass::Census => emit(seal_form(key, kind::CENSUS, 0, &self.census.unwrap_or_default())?)?,
            Pass::Draw => {
                if let (Some(sizes), false) = (sizes, self.draws.is_empty()) {
                    let draw = all_drawn(&self.draws, sizes)?;
                    emit(seal_form(key, kind::DRAW, 0, &draw.into_part())?)?;
                }
            }
            Pass::Summary => {
                if let Some(summary) = &self.summary {
                    emit(seal_form(key, kind::SUMMARY, 0, summary)?)?;
                }
            }
            Pass::Unique | Pass::Release => {}
        }
        Ok(())
    }

    /// Rows that the sieve let through, by the counts gathered so far.
    pub(super) fn rows_of_sieve(&self) -> u64 {
        let out = |counts: &Counts| counts.rejected + counts.filtered + counts.excluded;
        let (read, out) =
            self.counts.iter().fold((0, 0), |(read, all), counts| (read + counts.read, all + out(counts)));
        read.saturating_sub(out)
    }

    /// Whether every row that the sieve let through was met once in a pass: an engine that loses a part, or gives it twice, is not
    /// believed.
    pub(super) fn whole(&self, pass: Pass, sieved: u64) -> Result<(), ClusterError> {
        let census = self.census.as_ref().map_or(0, |census| census.rows);
        match pass {
            Pass::Census => met(sieved, census),
            Pass::Summary => met(census, self.summary.as_ref().map_or(0, |summary| summary.rows)),
            _ => Ok(()),
        }
    }

    /// The dictionaries of the run, with every text of it.
    pub(super) fn dictionaries(&self, pipeline: &Pipeline) -> Dictionaries {
        let dictionaries = Dictionaries::new(pipeline);
        for (dataset, columns) in self.texts.iter().enumerate() {
            for (dictionary, texts) in dictionaries.of(dataset).iter().zip(columns) {
                for text in texts {
                    dictionary.code(text);
                }
            }
        }
        dictionaries
    }

    /// Persons whom a register names.
    pub(super) fn registered(&self) -> Excluded {
        let mut excluded = Excluded::default();
        self.registers.iter().for_each(|person| excluded.add(*person));
        excluded
    }

    pub(super) fn passage(&self) -> &PassageKey {
        &self.passage
    }

    pub(super) fn sources(&self, pipeline: &Pipeline) -> Result<Vec<SourceSummary>, ClusterError> {
        let mut sources: Vec<SourceSummary> =
            pipeline.sources.iter().map(|source| SourceSummary::new(&source.name, &[])).collect();
        for source in &mut sources {
            source.findings = Findings::new(pipeline.limits.places);
        }
        for counts in &self.counts {
            let source = sources.get_mut(counts.source).ok_or(ClusterError::Damaged)?;
            source.read += counts.read;
            source.rejected += counts.rejected;
            source.filtered += counts.filtered;
            source.excluded += counts.excluded;
            for (column, count) in &counts.not_in_hierarchy {
                *source.not_in_hierarchy.entry(column.clone()).or_default() += count;
            }
            source.findings.merge(counts.findings(pipeline.limits.places)?);
        }
        Ok(sources)
    }

    pub(super) fn stripped_from(&mut self, parts: Parts) {
        self.stripped = Mutex::new(Some(parts));
    }

    pub(super) fn ends_by(&mut self, end: End) {
        self.end = Mutex::new(Some(end));
    }

    /// Whether the key of the run outlives it.
    pub(in super::super) fn under_kept_key(&self) -> bool {
        self.kept
    }

    /// The release stands: what is left of the run elsewhere is worth nothing any more, and its key least of all.
    pub(in super::super) fn end(&self, journal: &mut Journal) -> Result<(), RunError> {
        if let Some(end) = self.end.lock().unwrap_or_else(PoisonError::into_inner).take() {
            end()?;
            journal.note(KEY_REMOVED, &[])?;
        }
        Ok(())
    }

    pub(super) fn released_from(&mut self, parts: Parts) {
        self.released = Some(Released { parts: Mutex::new(Some(parts)), rows: self.rows() });
    }

    /// What would have come of the input, were it read here: a vault without rows.
    pub(in super::super) fn intake(&self, ctx: &Context<'_>) -> Result<Intake, RunError> {
        let pipeline = ctx.pipeline;
        let vault = Vault::new(layouts(ctx), ctx.buckets, &ctx.budget, &ctx.spill)?;
        let stripped = Stripped::shared(&self.passage, pipeline, ctx.buckets, &ctx.budget, &ctx.spill)?;
        let parts = self.stripped.lock().unwrap_or_else(PoisonError::into_inner).take();
        for part in parts.ok_or(RunError::Bug("fingerprints are read twice"))? {
            let part = part?;
            if part.kind != kind::STRIPPED {
                return Err(ClusterError::Damaged.into());
            }
            stripped.bring(open_form(&self.passage, &part)?)?;
        }
        let sources = self.sources(pipeline)?;
        tolerate(ctx, &sources)?;
        let objectors = self.census.as_ref().map_or(0, |census| census.objectors);
        Ok(Intake {
            vault,
            codebook: self.dictionaries(pipeline).freeze(pipeline),
            sources,
            stripped,
            digests: Vec::new(),
            objections: self.registered().len() as u64 + objectors,
            releases: Vec::new(),
            drivers: Vec::new(),
            queries: Vec::new(),
        })
    }

    /// The frame as it was counted; `None` while it is being counted.
    pub(in super::super) fn census(&self) -> Option<(Census, Faults)> {
        self.census.as_ref().map(|form| (form.census.clone(), form.faults))
    }

    /// The draw over all units, if it was made.
    pub(in super::super) fn drawn<'s>(&self, sizes: &'s DrawSizes) -> Result<Option<Draw<'s>>, SampleError> {
        if self.draws.is_empty() { Ok(None) } else { all_drawn(&self.draws, sizes).map(Some) }
    }

    /// Cells and classes, if they were counted.
    pub(in super::super) fn summary(&self) -> Option<Summary> {
        self.summary.clone().map(SummaryForm::open)
    }

    /// The rows that leave, if they were selected.
    pub(in super::super) fn released(&self) -> Option<(&Released, &PassageKey)> {
        self.released.as_ref().map(|released| (released, &self.passage))
    }

    fn rows(&self) -> u64 {
        self.census.as_ref().map_or(0, |census| census.rows)
    }
}

/// As many rows as there are.
fn met(expected: u64, found: u64) -> Result<(), ClusterError> {
    if expected == found { Ok(()) } else { Err(ClusterError::Lost { expected, found }) }
}

/// What several machines drew.
fn all_drawn<'s>(parts: &[DrawPart], sizes: &'s DrawSizes) -> Result<Draw<'s>, SampleError> {
    parts.iter().try_fold(Draw::new(sizes), |draw, part| Ok(draw.merge(Draw::of_part(sizes, part.clone())?)))
}

/// The sum of counts of one source.
fn added(all: &[&Counts]) -> Result<Counts, ClusterError> {
    let mut sum = Counts::of_source(all.first().map_or(0, |counts| counts.source));
    let mut findings = Findings::new(0);
    for counts in all {
        sum.read += counts.read;
        sum.rejected += counts.rejected;
        sum.filtered += counts.filtered;
        sum.excluded += counts.excluded;
        for (column, count) in &counts.not_in_hierarchy {
            *sum.not_in_hierarchy.entry(column.clone()).or_default() += count;
        }
        findings.merge(counts.findings(0)?);
    }
    sum.take_findings(&findings);
    Ok(sum)
}

impl SummaryForm {
    pub(super) fn of(summary: Summary, rows: u64) -> Self {
        Self {
            rows,
            tables: summary.tables.into_iter().map(|table| (table.cells, table.ascents)).collect(),
            classes: summary.classes,
            sampled: summary.sampled,
            drawn: summary.drawn,
            digest: summary.digest,
        }
    }

    fn open(self) -> Summary {
        let table = |(cells, ascents)| Counted { cells, ascents, ..Counted::default() };
        Summary {
            tables: self.tables.into_iter().map(table).collect(),
            classes: self.classes,
            sampled: self.sampled,
            drawn: self.drawn,
            digest: self.digest,
            members: Vec::new(),
            estimates: Vec::new(),
            values: Values::default(),
        }
    }

    fn merge(self, other: Self) -> Result<Self, RunError> {
        if (self.tables.len(), self.classes.len()) != (other.tables.len(), other.classes.len()) {
            return Err(ClusterError::Damaged.into());
        }
        let both = |((cells, ascents), (more, above)): ((Cells, _), (Cells, _))| -> Result<_, RunError> {
            let ascents: crate::summarise::Ascents = ascents;
            Ok((cells.merge(more)?, ascents.merge(above)?))
        };
        Ok(Self {
            rows: self.rows + other.rows,
            tables: self.tables.into_iter().zip(other.tables).map(both).collect::<Result<_, _>>()?,
            classes: self.classes.into_iter().zip(other.classes).map(|(a, b)| a.merge(b)).collect(),
            sampled: self.sampled.iter().zip(&other.sampled).map(|(a, b)| a + b).collect(),
            drawn: self.drawn + other.drawn,
            digest: self.digest.merge(other.digest),
        })
    }
}

/// Rows that leave, as they come.
pub(in super::super) struct Released {
    parts: Mutex<Option<Parts>>,
    /// Rows of the run.
    rows: u64,
}

impl Released {
    /// What the release pass brought together on all machines.
    pub fn collected(
        &self,
        key: &PassageKey,
        ctx: &Context<'_>,
        outputs: &[PeopleRelease<'_>],
    ) -> Result<Collected, RunError> {
        let new = |output: &PeopleRelease<'_>| {
            Store::new(output.kinds(), ctx.buckets, std::sync::Arc::clone(&ctx.budget), &ctx.spill)
        };
        let stores: Vec<Store> = outputs.iter().map(new).collect::<Result<_, _>>()?;
        // The same as where nothing was counted on one machine.
        let beside = |linked: &crate::config::Linked| {
            let of_rows = ctx.pipeline.persons.iter().any(|persons| persons.dataset == linked.dataset);
            (of_rows && linked.over == Over::Population).then(Cells::default)
        };
        let mut left_over: Vec<Option<Cells>> = ctx.linked.iter().map(beside).collect();
        let mut sizes = vec![Sizes::default(); outputs.len()];
        let (mut given, mut leave) = (0, vec![0; outputs.len()]);
        let parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner).take();
        for part in parts.ok_or(RunError::Bug("released rows are read twice"))? {
            let part = part?;
            match part.kind.as_str() {
                kind::RELEASED => {
                    let (output, bytes) = open_numbered(key, &part)?;
                    let (store, output) = stores.get(output).zip(outputs.get(output)).ok_or(ClusterError::Damaged)?;
                    store.append(&rows_of_bytes(&bytes, &output.kinds())?)?;
                }
                kind::LEFT => {
                    let left: LeftForm = open_form(key, &part)?;
                    let lengths = (left.left_over.len(), left.sizes.len(), left.released.len());
                    if lengths != (left_over.len(), sizes.len(), leave.len()) {
                        return Err(ClusterError::Damaged.into());
                    }
                    given += left.rows;
                    leave.iter_mut().zip(&left.released).for_each(|(all, some)| *all += some);
                    for (ours, theirs) in left_over.iter_mut().zip(left.left_over) {
                        *ours = match (ours.take(), theirs) {
                            (Some(ours), Some(theirs)) => Some(ours.merge(theirs)?),
                            (ours, theirs) => ours.or(theirs),
                        };
                    }
                    for (ours, theirs) in sizes.iter_mut().zip(left.sizes) {
                        *ours = std::mem::take(ours).merge(theirs);
                    }
                }
                _ => return Err(ClusterError::Damaged.into()),
            }
        }
        met(self.rows, given)?;
        for (store, leave) in stores.iter().zip(leave) {
            met(leave, store.rows())?;
        }
        Ok(Collected { stores, left_over, sizes, spreads: Vec::new(), written: Vec::new() })
    }
}
