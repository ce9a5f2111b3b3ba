//! Samples without a release: a design over any frame, and a draw that is made again.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

use super::documents;
use super::drawing::{self, Sampled};
use super::error::RunError;
use super::frame::{Frame, unit_of};
use super::intake::{Intake, intake};
use super::keys::RunKeys;
use super::passes::over_buckets;
use super::run::Context;
use super::watch::{Stage, Watch};
use crate::config::{FrameDesign, Pipeline, SampleUnit};
use crate::ingest::{self, SourceReader};
use crate::keys::{EpochChoice, MasterKey, Prn};
use crate::sample::{Chance, StratumKey};
use crate::schema::Logical;
use crate::sieve::SubjectDigest;
use crate::vault::{Budget, Vault};

/// The kinds of values in the columns of a frame: whole numbers, numbers or text, as all of their cells are.
///
/// # Errors
/// A file that cannot be read, or lacks one of the columns or `id`, which tells units apart.
pub fn columns_of_frame(design: &FrameDesign, file: OneFile<'_>, id: &str) -> Result<Vec<(String, Logical)>, RunError> {
    let names = design.columns();
    let with_id: Vec<&str> = names.iter().copied().chain([id]).collect();
    let mut kinds = vec![Kind::default(); names.len()];
    each_row(file, &with_id, |cells| {
        for (kind, cell) in kinds.iter_mut().zip(cells) {
            kind.meet(cell.unwrap_or_default());
        }
        Ok(())
    })?;
    Ok(names.into_iter().map(str::to_owned).zip(kinds.into_iter().map(Kind::logical)).collect())
}

/// What the cells of a column have been so far.
#[derive(Clone, Copy)]
struct Kind {
    integer: bool,
    number: bool,
    empty: bool,
}

impl Default for Kind {
    fn default() -> Self {
        Self { integer: true, number: true, empty: true }
    }
}

impl Kind {
    fn meet(&mut self, cell: &str) {
        if cell.is_empty() {
            return;
        }
        // A code with leading zeros is no number: 01 is not 1.
        let digits = cell.trim_start_matches(['-', '+']);
        let code = digits.len() > 1 && digits.starts_with('0') && !digits[1..].starts_with('.');
        self.empty = false;
        self.integer &= !code && cell.parse::<i64>().is_ok();
        self.number &= !code && cell.parse::<f64>().is_ok_and(f64::is_finite);
    }

    fn logical(self) -> Logical {
        match (self.empty, self.integer, self.number) {
            (true, ..) => Logical::Text,
            (_, true, _) => Logical::Integer,
            (_, _, true) => Logical::Number,
            _ => Logical::Text,
        }
    }
}

/// A file of records; of a workbook the named sheet.
#[derive(Debug, Clone, Copy)]
pub struct OneFile<'a> {
    /// Where it is.
    pub path: &'a Path,
    /// The sheet; `None`: the one that holds something.
    pub sheet: Option<&'a str>,
}

impl<'a, P: AsRef<Path> + ?Sized> From<&'a P> for OneFile<'a> {
    fn from(path: &'a P) -> Self {
        Self { path: path.as_ref(), sheet: None }
    }
}

/// The names of the columns of a file.
pub(super) fn labels<'f>(file: impl Into<OneFile<'f>>) -> Result<Vec<String>, RunError> {
    let OneFile { path, sheet } = file.into();
    let reader: SourceReader = ingest::open_one(path, sheet)?;
    Ok(reader.files().iter().flat_map(|f| f.labels.iter().cloned()).collect())
}

/// Goes through the rows of a file, with the cells of these columns.
pub(super) fn each_row<'f>(
    file: impl Into<OneFile<'f>>,
    columns: &[&str],
    mut look: impl FnMut(&[Option<&str>]) -> Result<(), RunError>,
) -> Result<(), RunError> {
    each_line(file, columns, |_, cells| look(cells))
}

/// As [`each_row`], with the line of each row, from 1.
pub(super) fn each_line<'f>(
    file: impl Into<OneFile<'f>>,
    columns: &[&str],
    mut look: impl FnMut(u64, &[Option<&str>]) -> Result<(), RunError>,
) -> Result<(), RunError> {
    let OneFile { path, sheet } = file.into();
    let reader: SourceReader = ingest::open_one(path, sheet)?;
    let mut positions = Vec::with_capacity(columns.len());
    let files = reader.files();
    for column in columns {
        let labels = files.iter().flat_map(|f| f.labels.iter().enumerate());
        let at: Vec<usize> = labels.filter(|(_, label)| label == column).map(|(at, _)| at).collect();
        let path = || path.to_path_buf();
        positions.push(match at.as_slice() {
            [at] => *at,
            [] => return Err(ingest::IngestError::NoColumn { file: path(), column: (*column).to_owned() }.into()),
            _ => return Err(ingest::IngestError::RepeatedColumn { file: path(), column: (*column).to_owned() }.into()),
        });
    }
    for block in reader {
        let batch = block?.parse()?;
        if let Some(bad) = batch.malformed().iter().find(|m| m.what != ingest::Malformed::Blank) {
            return Err(RunError::FrameRecord { line: bad.line });
        }
        for row in 0..batch.rows() {
            let cells: Vec<Option<&str>> = positions.iter().map(|at| batch.cell(row, *at)).collect();
            look(batch.position(row).1, &cells)?;
        }
    }
    Ok(())
}

/// A sample of a frame.
pub struct FrameSample {
    /// Names of the columns of the strata.
    pub strata: Vec<String>,
    /// Whether weights were fitted to margins.
    pub calibrated: bool,
    /// The units that were drawn, ordered by their identifiers. These are the frame's own values: nothing here has passed
    /// the sieve.
    pub units: Vec<FrameUnit>,
    /// What is known of the draw, as a run keeps it in its dossier.
    pub report: Value,
    /// Units of the frame.
    pub frame: u64,
}

/// A unit that was drawn. No `Debug`.
pub struct FrameUnit {
    /// As it stands in the frame.
    pub id: String,
    /// Its stratum, as it would be written in a release.
    pub stratum: Vec<Option<String>>,
    /// How it came into the sample.
    pub chance: Chance,
}

/// Draws a sample from a file by a design, for whoever wants to use or check the designs alone.
///
/// # Errors
/// As a run fails where its sample cannot be drawn; also where a row has no identifier or cannot be read: to leave it out would
/// be another frame.
pub fn draw_frame(
    pipeline: &Pipeline,
    file: OneFile<'_>,
    draw_key: Option<MasterKey>,
    threads: Option<usize>,
    watch: &dyn Watch,
) -> Result<FrameSample, RunError> {
    if unit_of(pipeline) == SampleUnit::Record {
        return Err(RunError::FrameUnit);
    }
    let keys = RunKeys::new(pipeline, None, None, draw_key)?;
    within(pipeline, &keys, threads, watch, |ctx| {
        let Drawn { vault, sampled, digest, codebook, .. } = draw(ctx)?;
        let frame = Frame::new(ctx, &codebook, &vault);
        let found = found(ctx, &vault, &frame, &sampled)?;
        let meaning = frame.meaning();
        let subject = SubjectDigest { kind: pipeline.subject.kind, key: keys.subject() };
        let mut units: HashMap<u128, FrameUnit> = HashMap::with_capacity(found.len());
        each_row(file, &[&pipeline.subject.column], |cells| {
            let id = cells.first().copied().flatten();
            let Some((id, person)) = id.and_then(|id| Some((id, subject.of(Some(id))?))) else { return Ok(()) };
            if let Some((stratum, chance)) = found.get(&person) {
                let stratum = crate::sample::Names::stratum(&meaning, stratum);
                let chance = sampled.plan.chances()[*chance as usize];
                units.entry(person).or_insert_with(|| FrameUnit { id: id.trim().to_owned(), stratum, chance });
            }
            Ok(())
        })?;
        let mut units: Vec<FrameUnit> = units.into_values().collect();
        units.sort_by(|a, b| a.id.cmp(&b.id));
        let sample = pipeline.sample.as_ref();
        Ok(FrameSample {
            strata: sample.map(|s| s.strata.clone()).unwrap_or_default(),
            calibrated: sample.is_some_and(|s| s.calibration.is_some()),
            report: documents::sample_report(pipeline, &sampled, units.len() as u64, &digest, &codebook),
            frame: sampled.frame,
            units,
        })
    })
}

/// Stratum and position of the chance of everybody who was drawn.
fn found(
    ctx: &Context<'_>,
    vault: &Vault,
    frame: &Frame<'_>,
    sampled: &Sampled,
) -> Result<HashMap<u128, (StratumKey, u32)>, RunError> {
    over_buckets(
        ctx,
        vault,
        Stage::Release,
        HashMap::new,
        |found, people| {
            frame.drawn(people, &sampled.plan, |units, unit, _: &Prn, chance| {
                found.insert(people.persons[unit], (units.stratum(unit).into(), chance));
            })?;
            Ok(())
        },
        Ok,
        |mut a: HashMap<u128, (StratumKey, u32)>, b| {
            a.extend(b);
            Ok(a)
        },
    )
}

/// A draw, made again, beside what is on record of the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// What was compared, and whether it is the same.
    pub compared: Vec<(&'static str, bool)>,
    /// Units of the frame, now.
    pub frame: u64,
    /// Units drawn, now.
    pub drawn: u64,
}

impl Replay {
    /// Whether the draw is the same in everything.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.compared.iter().all(|(_, same)| *same)
    }
}

/// Draws the sample of a run again, from the same files under the same key, and holds it against the run's `sample.json`.
/// `laid_down` is what the log of the run says of key and frame from before the draw.
///
/// # Errors
/// [`RunError::NoReplay`] where the record is not one of a draw that can be repeated; else as a run fails.
pub fn replay(
    pipeline: &Pipeline,
    record: &Value,
    laid_down: Option<(&str, &str)>,
    (key, epoch, draw_key): (Option<MasterKey>, Option<EpochChoice>, Option<MasterKey>),
    threads: Option<usize>,
    watch: &dyn Watch,
) -> Result<Replay, RunError> {
    let text = |name: &str| record.get(name).and_then(Value::as_str);
    let nonce = text("nonce").and_then(bytes_of_hex).ok_or(RunError::NoReplay)?;
    let keys = RunKeys::new(pipeline, key, epoch, draw_key)?;
    within(pipeline, &keys, threads, watch, |ctx| {
        let Drawn { sampled, digest, codebook, drawn, .. } = draw(ctx)?;
        let now = documents::sample_report(pipeline, &sampled, drawn, &digest, &codebook);
        let same = |name: &str| record.get(name) == now.get(name);
        // The nonce of the record: the key may be the same where the frame is another.
        let key = text("commitment").and_then(bytes_of_hex) == Some(ctx.keys.sampling().commitment(&nonce));
        let mut compared = vec![
            ("pipeline", same("pipeline_sha256")),
            ("design", same("design")),
            ("key", key),
            ("frame", same("frame_sha256")),
            ("strata", same("strata")),
            ("sample", same("sample_sha256")),
        ];
        if let Some((key, frame)) = laid_down {
            compared.push(("log", text("commitment") == Some(key) && text("frame_sha256") == Some(frame)));
        }
        Ok(Replay { compared, frame: sampled.frame, drawn })
    })
}

fn bytes_of_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(bytes)
}

/// Threads, vault and keys for work that releases nothing.
pub(super) fn within<T: Send>(
    pipeline: &Pipeline,
    keys: &RunKeys,
    threads: Option<usize>,
    watch: &dyn Watch,
    work: impl FnOnce(&Context<'_>) -> Result<T, RunError> + Send,
) -> Result<T, RunError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0));
    let pool = pool.build().map_err(|_| RunError::Threads)?;
    let ctx = Context::new(pipeline, keys, watch, Budget::new(pipeline.limits.memory));
    let outcome = pool.install(|| work(&ctx));
    pool.broadcast(|_| crate::keys::scrub_stack());
    outcome
}

/// A sample with what it was drawn from.
struct Drawn {
    vault: Vault,
    codebook: crate::sieve::Codebook,
    sampled: Sampled,
    digest: [u8; 32],
    drawn: u64,
}

/// From the files to the sample.
fn draw(ctx: &Context<'_>) -> Result<Drawn, RunError> {
    let Intake { vault, codebook, sources, .. } = intake(ctx)?;
    let rejected: u64 = sources.iter().map(|source| source.rejected).sum();
    // A frame has no tolerance: to leave rows out would be another frame.
    if rejected > 0 && ctx.pipeline.persons.is_empty() && ctx.pipeline.aggregates.is_empty() {
        return Err(RunError::FrameRows { rows: rejected });
    }
    let frame = Frame::new(ctx, &codebook, &vault);
    frame.sample.ok_or(RunError::NoReplay)?;
    let sampled = drawing::sample(ctx, &vault, &frame, &mut |_, _| Ok(()))?;
    let gathered = drawing::digest(ctx, &vault, &frame, &sampled.plan)?;
    let (digest, drawn) = (gathered.finish(&sampled.plan), gathered.units());
    Ok(Drawn { vault, codebook, sampled, digest, drawn })
}
