//! Chunks of persons, made in parallel and written in order.

use std::io::Write;
use std::ops::Range;

use rayon::prelude::*;

use super::dataset::{Dataset, Event};
use super::dirty::{self, DirtyKind, Layout, Shape};
use super::draw::{Draw, Purpose, mix};
use super::person::World;
use super::row::Row;
use super::{SynthError, SynthOptions, SynthReport};
use crate::schema::TableSchema;

/// Persons of a chunk: the unit of work of a thread.
const CHUNK: u64 = 2_048;
/// Persons whose records are mixed among each other; small, so that small files too hold several records of one person.
const WINDOW: u64 = 256;
/// Chunks at work at a time, for each thread. With a few megabytes each they bound the memory.
const CHUNKS_PER_THREAD: usize = 2;
const DIRT_UNIT: u64 = 1 << 53;

/// Persons with their numbers in the population.
type Numbered<S> = Vec<(u64, S)>;

/// One record in a chunk's text.
struct Line {
    end: usize,
    /// Number of the person in the chunk.
    person: u16,
    dirty: Option<DirtyKind>,
}

struct Chunk {
    text: Vec<u8>,
    lines: Vec<Line>,
}

/// Everything that a chunk is made from.
struct Maker<'a, D> {
    dataset: &'a D,
    world: World,
    layout: Layout,
    options: &'a SynthOptions,
    persons: u64,
    /// Share of bad records in 2⁻⁵³.
    dirty: u64,
}

/// Writes the file.
pub(super) fn run<D: Dataset, W: Write>(
    dataset: &D,
    schema: &TableSchema,
    options: &SynthOptions,
    mut out: W,
) -> Result<SynthReport, SynthError> {
    let layout = Layout::new(schema, D::FIELDS)?;
    let world = World::new(options.seed);
    let all = dataset.subjects(&world);
    let persons = options.population.map_or(all, |population| population.min(all));
    // Between 0 and 2⁵³, exactly
    let dirty = (options.dirty * DIRT_UNIT as f64) as u64;
    write_header(schema, options.delimiter, &mut out)?;

    let maker = Maker { dataset, world, layout, options, persons, dirty };
    let chunks = persons.div_ceil(CHUNK);
    let wave = (rayon::current_num_threads() * CHUNKS_PER_THREAD) as u64;
    let mut report = SynthReport { records: 0, persons: 0, dirty: [0; DirtyKind::ALL.len()] };
    // One chunk first: a small file needs no more.
    let mut next = 0..chunks.min(1);
    let mut ready = maker.chunks(next.clone());
    while report.records < options.records && !ready.is_empty() {
        next = next.end..chunks.min(next.end + wave);
        let enough =
            report.records + ready.iter().map(|chunk| chunk.lines.len() as u64).sum::<u64>() >= options.records;
        let mut following = Vec::new();
        let mut written = Ok(());
        // The next wave is made while this one is written.
        rayon::in_place_scope(|scope| {
            if !enough {
                scope.spawn(|_| following = maker.chunks(next.clone()));
            }
            written = ready.iter().try_for_each(|chunk| write_chunk(chunk, options.records, &mut report, &mut out));
        });
        written?;
        ready = following;
    }
    out.flush()?;
    if report.records < options.records && options.population.is_none_or(|population| population > all) {
        return Err(SynthError::Exhausted { written: report.records });
    }
    Ok(report)
}

fn write_header<W: Write>(schema: &TableSchema, delimiter: u8, out: &mut W) -> Result<(), SynthError> {
    let names: Vec<&str> = schema.fields.iter().map(|field| field.name.as_str()).collect();
    let mut header = names.join(char::from(delimiter).encode_utf8(&mut [0; 4]));
    header.push('\n');
    Ok(out.write_all(header.as_bytes())?)
}

/// Writes as much of a chunk as is asked for, and counts it.
fn write_chunk<W: Write>(chunk: &Chunk, most: u64, report: &mut SynthReport, out: &mut W) -> Result<(), SynthError> {
    let wanted = usize::try_from(most - report.records).unwrap_or(usize::MAX);
    let lines = &chunk.lines[..chunk.lines.len().min(wanted)];
    let Some(last) = lines.last() else {
        return Ok(());
    };
    out.write_all(&chunk.text[..last.end])?;
    let mut seen = [false; CHUNK as usize];
    for line in lines {
        seen[usize::from(line.person)] = true;
        if let Some(kind) = line.dirty {
            report.dirty[kind as usize] += 1;
        }
    }
    report.records += lines.len() as u64;
    report.persons += seen.iter().filter(|seen| **seen).count() as u64;
    Ok(())
}

impl<D: Dataset> Maker<'_, D> {
    fn chunks(&self, numbers: Range<u64>) -> Vec<Chunk> {
        numbers.into_par_iter().map(|number| self.chunk(number)).collect()
    }

    fn chunk(&self, number: u64) -> Chunk {
        let mut chunk = Chunk { text: Vec::new(), lines: Vec::new() };
        let (first, end) = (number * CHUNK, self.persons.min((number + 1) * CHUNK));
        let mut order = Draw::new(self.options.seed, Purpose::Order, number * 16 + D::PURPOSE as u64);
        // Every chunk goes on in the rotation somewhere else.
        let mut turn = number as usize * 5;
        let mut row = Row::default();
        let mut key = Vec::new();
        for start in (first..end).step_by(WINDOW as usize) {
            let (subjects, planned) = self.plan(start..end.min(start + WINDOW), &mut order);
            for (place, event) in planned {
                let (index, subject) = &subjects[place];
                let stream = index * 8 + u64::from(event.record);
                let mut draw = Draw::new(self.options.seed, D::PURPOSE, stream);
                row.clear();
                self.dataset.fill(&mut row, *index, subject, event, &mut draw);
                let dirt = self.soil(&mut row, stream, &mut turn, &key);
                self.write_row(&row, dirt.map_or(Shape::Whole, |(_, shape)| shape), &mut chunk.text);
                // Below CHUNK, so it fits.
                let person = (index - first) as u16;
                chunk.lines.push(Line { end: chunk.text.len(), person, dirty: dirt.map(|(kind, _)| kind) });
                key.clear();
                // Only the key of a right record can be doubled: a rejected one may not count as having it.
                if let (Some(cell), true) = (self.layout.key(), dirt.is_none_or(|(kind, _)| kind.is_legal())) {
                    key.extend_from_slice(row.get(cell));
                }
            }
        }
        chunk
    }

    /// The persons of a window that have records, and their records, mixed.
    fn plan(&self, indices: Range<u64>, order: &mut Draw) -> (Numbered<D::Subject>, Vec<(usize, Event)>) {
        let (mut subjects, mut planned, mut events) = (Vec::new(), Vec::new(), Vec::new());
        for index in indices {
            if let Some(subject) = self.dataset.plan(&self.world, index, &mut events) {
                planned.extend(events.drain(..).map(|event| (subjects.len(), event)));
                subjects.push((index, subject));
            }
        }
        order.shuffle(&mut planned);
        (subjects, planned)
    }

    /// Makes the share of records bad that was asked for; `key` is that of the record before, empty if it has none.
    fn soil(&self, row: &mut Row, stream: u64, turn: &mut usize, key: &[u8]) -> Option<(DirtyKind, Shape)> {
        let tag = stream ^ ((D::PURPOSE as u64) << 56);
        if mix(self.options.seed.rotate_left(31) ^ mix(tag)) >> 11 >= self.dirty {
            return None;
        }
        let mut draw = Draw::new(self.options.seed, Purpose::Dirt, tag);
        let before = (!key.is_empty()).then_some(key);
        let mut try_kind = |kind, draw: &mut Draw| {
            let broken = |row: &mut Row, draw: &mut Draw| self.dataset.break_rule(row, draw);
            dirty::apply(kind, row, &self.layout, before, broken, draw).map(|shape| (kind, shape))
        };
        // Corsican NIRs are so rare that they do not wait for their turn.
        if draw.chance(5_000)
            && let Some(done) = try_kind(DirtyKind::LowerCaseNir, &mut draw)
        {
            return Some(done);
        }
        for _ in DirtyKind::ALL {
            let kind = DirtyKind::ALL[*turn % DirtyKind::ALL.len()];
            *turn += 1;
            if let Some(done) = try_kind(kind, &mut draw) {
                return Some(done);
            }
        }
        None
    }

    fn write_row(&self, row: &Row, shape: Shape, out: &mut Vec<u8>) {
        let delimiter = self.options.delimiter;
        let cells = &self.layout.order[..row.len() - usize::from(shape == Shape::MissingCell)];
        for (place, &cell) in cells.iter().enumerate() {
            if place > 0 {
                out.push(delimiter);
            }
            if shape != Shape::Blank {
                row.write_cell(cell, delimiter, out);
            }
        }
        if shape == Shape::ExtraCell {
            out.push(delimiter);
            out.extend_from_slice(b"surplus");
        }
        out.push(b'\n');
    }
}
