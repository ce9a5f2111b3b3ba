//! Judge every cell and every record against the schema. Findings say file, record, field and rule, never the value.

mod batch;
mod cell;
mod findings;
mod header;
mod interner;
mod references;
mod shape;
mod short;
mod unique;

pub use crate::schema::Value;
pub use crate::sql::SqlError;
pub use batch::ValidBatch;
pub(crate) use batch::View;
pub use cell::{CellJudge, Violation};
pub use findings::{Category, FindingKey, FindingKind, Findings, Found, Place};
pub use header::Layout;
pub use interner::{Interner, Texts};
pub use references::{KeyColumns, KeyEntry};
pub use shape::Shape;
pub use unique::{UniqueEntry, UniqueKeys, duplicates};

use crate::config::{Derived, Source};
use crate::ingest::{InputFile, Malformed, RawBatch};
use crate::schema::{FieldType, Logical};
use crate::sql::{Expressions, Input, Output};

use batch::Column;
use interner::{Known, Verdict};

/// A judge could not be made, or failed.
#[derive(Debug, thiserror::Error)]
pub enum ValidateError {
    /// The schema cannot be judged by.
    #[error("the schema of source `{source_name}` cannot be used: {problem}")]
    Schema {
        /// Source of the pipeline.
        source_name: String,
        /// What the schema room says.
        problem: crate::schema::SchemaError,
    },
    /// A rule, filter or derived column is wrong, or failed.
    #[error(transparent)]
    Sql(#[from] SqlError),
}

/// What later stages want of a source, besides its judgement.
#[derive(Default)]
pub struct Wants {
    /// Fields whose values are read later.
    pub fields: Vec<usize>,
    /// Columns to compute.
    pub derived: Vec<Derived>,
    /// SQL conditions to evaluate (see [`ValidBatch::condition`]).
    pub conditions: Vec<String>,
    /// Whether digests of whole records are needed.
    pub digests: bool,
    /// Whether judging is all that is done: findings then hold the masked form of wrong cells where it may be shown
    /// ([`Shape`]), and records with a finding are held against values that are unique as well.
    pub thorough: bool,
    /// Sets of fields whose values are looked up in a table, or that others are looked up in.
    pub keys: Vec<KeyColumns>,
}

/// How the cells of a field are judged.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Treatment {
    /// Each cell for itself; values are kept as text positions, if at all.
    Plain,
    /// Once per distinct text, whose codes later stages read.
    Interned,
    /// Once per distinct text while texts repeat, then each for itself; only judged.
    Remembered,
    /// Parsed values are kept; texts are remembered with theirs while they repeat.
    Typed,
}

/// Judges the records of one source. Made once, used by all threads.
pub struct Judge {
    source: Source,
    judges: Vec<CellJudge>,
    treatments: Vec<Treatment>,
    rule_names: Vec<String>,
    expressions: Expressions,
    /// Number of rules; then come the filter (if any), the conditions, the derived columns.
    rules: usize,
    filters: usize,
    conditions: usize,
    derived: Vec<Derived>,
    unique: UniqueKeys,
    digests: bool,
    thorough: bool,
    keys: Vec<KeyColumns>,
}

/// The memory of one thread between blocks.
pub struct Scratch {
    /// Clones, so that threads do not wait for one another's regular expressions.
    judges: Vec<CellJudge>,
    interners: Vec<Option<Interner>>,
    derived: Vec<Interner>,
    /// Findings of this thread.
    pub findings: Findings,
    /// Records seen, malformed ones included.
    pub read: u64,
    /// Records with a finding.
    pub rejected: u64,
    /// Records that the source's filter leaves out.
    pub filtered: u64,
}

impl Scratch {
    /// Counts the records of a block that is not judged: its file is another table.
    pub fn pass_over(&mut self, raw: &RawBatch) {
        let records = (raw.rows() + raw.malformed().len()) as u64;
        self.read += records;
        self.rejected += records;
    }
}

impl Judge {
    /// Compiles the schema of a source, its filter and what later stages want.
    pub fn new(source: &Source, wants: Wants, key: &[u8; 16]) -> Result<Self, ValidateError> {
        let schema = &source.schema;
        let problem = |problem| ValidateError::Schema { source_name: source.name.clone(), problem };
        let judges: Vec<CellJudge> =
            schema.fields.iter().map(|f| CellJudge::new(f, schema)).collect::<Result<_, _>>().map_err(problem)?;
        let table: Vec<(String, Logical)> = schema.fields.iter().map(|f| (f.name.clone(), f.logical())).collect();
        let mut wanted: Vec<(String, Option<Logical>)> = schema.rules.iter().map(|r| (r.sql.clone(), None)).collect();
        wanted.extend(source.filter.iter().map(|sql| (sql.clone(), None)));
        wanted.extend(wants.conditions.iter().map(|sql| (sql.clone(), None)));
        wanted.extend(wants.derived.iter().map(|d| (d.sql.clone(), Some(d.logical))));
        let expressions = Expressions::compile(&table, &wanted)?;
        let unique = UniqueKeys::new(schema, key);
        let needed: Vec<bool> = {
            let mut needed = vec![false; schema.fields.len()];
            wants.fields.iter().for_each(|&f| needed[f] = true);
            expressions.columns().filter_map(|n| schema.position(n)).for_each(|f| needed[f] = true);
            unique.typed_fields(schema).for_each(|f| needed[f] = true);
            wants.keys.iter().flat_map(KeyColumns::read).for_each(|f| needed[f] = true);
            needed
        };
        let treatments = schema
            .fields
            .iter()
            .zip(&needed)
            .map(|(field, &needed)| match (field.logical(), needed) {
                (Logical::Text, true) => Treatment::Interned,
                // A text that only a pattern or a list limits may repeat; free text, and identifiers that differ from
                // record to record, are cheaper cell by cell.
                (Logical::Text, false) => {
                    let c = &field.constraints;
                    let repeats = field.identifier.is_none() && (c.pattern.is_some() || c.allowed.is_some());
                    let costly = !matches!(field.ty, FieldType::String(crate::schema::StringFormat::Default));
                    if repeats || costly { Treatment::Remembered } else { Treatment::Plain }
                }
                (_, true) => Treatment::Typed,
                (_, false) => Treatment::Remembered,
            })
            .collect();
        Ok(Self {
            judges,
            treatments,
            rule_names: schema.rules.iter().map(|r| r.name.clone()).collect(),
            rules: schema.rules.len(),
            filters: usize::from(source.filter.is_some()),
            conditions: wants.conditions.len(),
            derived: wants.derived,
            expressions,
            digests: wants.digests || !unique.is_empty(),
            thorough: wants.thorough,
            keys: wants.keys,
            unique,
            source: source.clone(),
        })
    }

    /// Memory for one thread.
    #[must_use]
    pub fn scratch(&self, most_places: usize) -> Scratch {
        let interned = |t: &Treatment| (*t != Treatment::Plain).then(Interner::new);
        Scratch {
            judges: self.judges.clone(),
            interners: self.treatments.iter().map(interned).collect(),
            derived: self.derived.iter().map(|_| Interner::new()).collect(),
            findings: Findings::new(most_places),
            read: 0,
            rejected: 0,
            filtered: 0,
        }
    }

    /// Judges the header of a file; `None` where it does not fit the schema (the findings say why).
    pub fn layout(&self, file: &InputFile, findings: &mut Findings) -> Option<Layout> {
        header::layout(&self.source.schema, file, findings)
    }

    /// Judges the header of a file; where it does not fit the schema, gives what can be told for sure of its columns, so
    /// that the records are judged as well. `None` where no label is one of the schema's: it is another table.
    pub fn nearest_layout(&self, file: &InputFile, findings: &mut Findings) -> Option<Layout> {
        header::nearest(&self.source.schema, file, findings)
    }

    /// Names of the sets of fields whose values are unique, in the order of [`UniqueEntry::set`].
    #[must_use]
    pub fn unique_keys(&self) -> &UniqueKeys {
        &self.unique
    }

    /// Judges a block.
    pub fn judge<'a>(
        &self,
        raw: &'a RawBatch,
        layout: &'a Layout,
        scratch: &'a mut Scratch,
    ) -> Result<ValidBatch<'a>, ValidateError> {
        scratch.interners.iter_mut().flatten().chain(&mut scratch.derived).for_each(Interner::breathe);
        self.report_malformed(raw, layout, scratch);
        let mut bad = vec![false; raw.rows()];
        let mut columns = Vec::with_capacity(self.judges.len());
        for field in 0..self.judges.len() {
            columns.push(self.judge_column(raw, layout, field, scratch, &mut bad));
        }
        let mut outputs = self.run_expressions(raw, &columns, scratch)?;
        self.apply_rules(raw, &outputs[..self.rules], scratch, &mut bad);
        let mut keep = vec![true; raw.rows()];
        if let Some(Output::Condition(filter)) = outputs.get(self.rules).filter(|_| self.filters == 1) {
            keep.iter_mut().zip(filter).for_each(|(k, f)| *k = *f == Some(true));
        }
        let derived_outputs = outputs.split_off((self.rules + self.filters + self.conditions).min(outputs.len()));
        let conditions = outputs.drain(..).skip(self.rules + self.filters).map(truth).collect();
        let derived = self.keep_derived(derived_outputs, scratch);
        let digests = if self.digests { self.unique.digests(raw, layout) } else { Vec::new() };
        let mut keys = references::entries(&self.keys, &self.unique, raw, layout, &columns, scratch);
        let mut unique = self.unique.entries(raw, layout, &columns, scratch, &mut bad, self.thorough);

        let rejected = bad.iter().filter(|b| **b).count();
        let rows: Vec<u32> = (0..raw.rows() as u32).filter(|&r| !bad[r as usize] && keep[r as usize]).collect();
        scratch.read += (raw.rows() + raw.malformed().len()) as u64;
        scratch.rejected += (rejected + raw.malformed().len()) as u64;
        scratch.filtered += (raw.rows() - rejected - rows.len()) as u64;
        keys.iter_mut().for_each(|e| e.bad = bad[e.row as usize]);
        // What the filter leaves out is not part of the table: it refers to nothing and repeats nothing.
        keys.retain(|e| !e.refers || keep[e.row as usize]);
        if self.thorough {
            unique.retain(|e| keep[e.row as usize]);
            unique.iter_mut().for_each(|e| e.bad = bad[e.row as usize]);
        } else {
            unique.retain(|e| !bad[e.row as usize] && keep[e.row as usize]);
        }
        Ok(ValidBatch { raw, layout, scratch, rows, columns, derived, conditions, digests, unique, keys })
    }

    fn report_malformed(&self, raw: &RawBatch, layout: &Layout, scratch: &mut Scratch) {
        for record in raw.malformed() {
            let place = Place { file: raw.file().index, record: record.record, line: record.line };
            let mut add = |kind, field: Option<&str>| scratch.findings.add(kind, field, None, place);
            match record.what {
                Malformed::Blank => add(FindingKind::BlankRow, None),
                Malformed::Long(_) => add(FindingKind::ExtraCell, None),
                Malformed::Encoding => add(FindingKind::EncodingError, None),
                Malformed::Nul => add(FindingKind::NulByte, None),
                Malformed::NotAnObject => add(FindingKind::NotAnObject, None),
                Malformed::OtherResource => add(FindingKind::OtherResource, None),
                Malformed::NotOneValue(at) => add(FindingKind::NotOneValue, self.field_at(layout, at)),
                Malformed::Reference(at) => add(FindingKind::UnresolvedReference, self.field_at(layout, at)),
                Malformed::Short(cells) => {
                    for (field, column) in self.source.schema.fields.iter().zip(&layout.columns) {
                        if column.is_some_and(|c| c >= cells) {
                            add(FindingKind::MissingCell, Some(&field.name));
                        }
                    }
                }
            }
        }
    }

    /// The field that a column of the file is.
    fn field_at(&self, layout: &Layout, column: usize) -> Option<&str> {
        let at = layout.columns.iter().position(|c| *c == Some(column))?;
        self.source.schema.fields.get(at).map(|field| field.name.as_str())
    }

    fn judge_column(
        &self,
        raw: &RawBatch,
        layout: &Layout,
        field: usize,
        scratch: &mut Scratch,
        bad: &mut [bool],
    ) -> Column {
        let rows = raw.rows();
        let column = layout.columns[field];
        let cell = |row: usize| column.and_then(|c| raw.cell(row, c));
        let Scratch { judges, interners, findings, .. } = scratch;
        let judge = &judges[field];
        let told = layout.absent[field];
        let mut reject = |row: usize, violation: Violation| {
            // That the column is not there was said of the file, once.
            if !told {
                let text = || cell(row).filter(|_| self.thorough);
                self.report(raw, field, row, violation, text, findings);
            }
            bad[row] = true;
        };
        let is_number = self.source.schema.fields[field].logical() == Logical::Number;
        let typed = self.treatments[field] == Treatment::Typed;
        let nothing = if is_number { f64::NAN.to_bits() } else { i64::MIN as u64 };
        let judged = |cell: Option<&str>| match judge.judge(cell) {
            Ok(Some(value)) if typed => Known { verdict: Verdict::Good, value: bits(&value) },
            Ok(Some(_)) => Known::bare(Verdict::Good),
            Ok(None) => Known { verdict: Verdict::Missing, value: nothing },
            Err(violation) => Known { verdict: Verdict::Bad(violation), value: nothing },
        };
        match (self.treatments[field], interners[field].as_mut()) {
            (Treatment::Interned, Some(interner)) => {
                let mut codes = Vec::with_capacity(rows);
                for row in 0..rows {
                    let (code, verdict) = match cell(row) {
                        Some(text) => {
                            let code = interner.code(text, |t| judged(Some(t)));
                            (code, interner.known(code).verdict)
                        }
                        None => (u32::MAX, judged(None).verdict),
                    };
                    codes.push(if verdict == Verdict::Good { code } else { u32::MAX });
                    if let Verdict::Bad(violation) = verdict {
                        reject(row, violation);
                    }
                }
                Column::Code(codes)
            }
            (Treatment::Remembered | Treatment::Typed, Some(interner)) => {
                let mut values = Vec::with_capacity(if typed { rows } else { 0 });
                let before = interner.len();
                let remembers = interner.is_of_use();
                for row in 0..rows {
                    let known = match cell(row) {
                        Some(text) if remembers => {
                            let code = interner.code(text, |t| judged(Some(t)));
                            interner.known(code)
                        }
                        cell => judged(cell),
                    };
                    if typed {
                        values.push(known.value);
                    }
                    if let Verdict::Bad(violation) = known.verdict {
                        reject(row, violation);
                    }
                }
                if remembers {
                    interner.learn(rows, interner.len() - before);
                }
                match typed {
                    false => Column::Judged,
                    true if is_number => Column::Number(values.into_iter().map(f64::from_bits).collect()),
                    true => Column::Integer(values.into_iter().map(|value| value as i64).collect()),
                }
            }
            _ => {
                for row in 0..rows {
                    // Length is known without a look at the text, which would have to be fetched first.
                    if column.is_some_and(|c| judge.passes(raw.cell_bytes(row, c))) {
                        continue;
                    }
                    if let Err(violation) = judge.judge(cell(row)) {
                        reject(row, violation);
                    }
                }
                Column::Judged
            }
        }
    }

    fn report<'a>(
        &self,
        raw: &RawBatch,
        field: usize,
        row: usize,
        violation: Violation,
        text: impl FnOnce() -> Option<&'a str>,
        findings: &mut Findings,
    ) {
        let (record, line) = raw.position(row);
        let place = Place { file: raw.file().index, record, line };
        let field = &self.source.schema.fields[field];
        let shape = || text().and_then(|text| Shape::of(field, violation, text));
        let (kind, rule) = match violation {
            Violation::Type => (FindingKind::TypeError, None),
            other => (FindingKind::ConstraintError, Some(other.rule())),
        };
        findings.add_cell(kind, Some(&field.name), rule, place, shape);
    }

    fn run_expressions(
        &self,
        raw: &RawBatch,
        columns: &[Column],
        scratch: &Scratch,
    ) -> Result<Vec<Output>, ValidateError> {
        let schema = &self.source.schema;
        let inputs = self.expressions.columns().filter_map(|name| schema.position(name)).map(|field| {
            match (&columns[field], &scratch.interners[field]) {
                (Column::Code(codes), Some(interner)) => {
                    Input::Text(Box::new(codes.iter().map(|&c| (c != u32::MAX).then(|| interner.text(c)))))
                }
                (Column::Integer(v), _) => Input::Integer(v),
                (Column::Number(v), _) => Input::Number(v),
                // Every column of an expression is needed, so it is never only judged.
                _ => Input::Text(Box::new(std::iter::repeat_n(None, raw.rows()))),
            }
        });
        Ok(self.expressions.run(raw.rows(), inputs.collect())?)
    }

    fn apply_rules(&self, raw: &RawBatch, outputs: &[Output], scratch: &mut Scratch, bad: &mut [bool]) {
        for (name, output) in self.rule_names.iter().zip(outputs) {
            let Output::Condition(holds) = output else { continue };
            // A cell that is bad already was taken for missing here: only what holds for sure is reported.
            for (row, _) in holds.iter().enumerate().filter(|(_, h)| **h == Some(false)) {
                if !bad[row] {
                    let (record, line) = raw.position(row);
                    let place = Place { file: raw.file().index, record, line };
                    scratch.findings.add(FindingKind::RowConstraint, None, Some(name), place);
                }
            }
        }
        for output in outputs {
            let Output::Condition(holds) = output else { continue };
            bad.iter_mut().zip(holds).for_each(|(b, h)| *b |= *h == Some(false));
        }
    }

    fn keep_derived(&self, outputs: Vec<Output>, scratch: &mut Scratch) -> Vec<Column> {
        outputs
            .into_iter()
            .zip(&mut scratch.derived)
            .map(|(output, interner)| match output {
                Output::Integer(v) => Column::Integer(v),
                Output::Number(v) => Column::Number(v),
                Output::Text(cells) => Column::Code(
                    cells
                        .iter()
                        .map(|c| {
                            c.as_deref().map_or(u32::MAX, |text| interner.code(text, |_| Known::bare(Verdict::Good)))
                        })
                        .collect(),
                ),
                Output::Condition(c) => Column::Integer(c.into_iter().map(|x| x.map_or(i64::MIN, i64::from)).collect()),
            })
            .collect()
    }
}

/// A value in the form in which typed columns hold it.
fn bits(value: &Value<'_>) -> u64 {
    let integer = match value {
        Value::Number(x) => return x.to_bits(),
        Value::Integer(i) => *i,
        Value::Boolean(b) => i64::from(*b),
        Value::Date(days) => i64::from(*days),
        Value::Datetime(micros) => *micros,
        Value::Text(_) => i64::MIN,
    };
    integer as u64
}

fn truth(output: Output) -> Vec<bool> {
    match output {
        Output::Condition(c) => c.into_iter().map(|x| x == Some(true)).collect(),
        _ => Vec::new(),
    }
}
