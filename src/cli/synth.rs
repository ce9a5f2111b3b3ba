//! `tamis synth`.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::args::{Format, SynthArgs};
use super::{Shell, french, show};
use crate::disk;
use crate::schema::TableSchema;
use crate::synth::{self, DirtyKind, SynthError, SynthOptions, SynthReport};

/// Writes synthetic records to a file or to standard output.
pub(super) fn synth(shell: &Shell, args: &SynthArgs) -> u8 {
    let schema = match TableSchema::read(&args.schema) {
        Ok(schema) => schema,
        Err(error) => return shell.complain(2, &french::of_schema(shell.lang, &error)),
    };
    let options = SynthOptions {
        records: args.records,
        seed: args.seed,
        dirty: args.dirty,
        delimiter: args.delimiter,
        population: args.population,
    };
    let outcome = match &args.output {
        Some(path) => write_file(path, &schema, &options),
        None => synth::write(&schema, &options, BufWriter::new(io::stdout().lock())),
    };
    match outcome {
        Ok(report) if args.output.is_some() => tell(shell, &report),
        Ok(_) => 0,
        Err(SynthError::Write(e)) if e.kind() == io::ErrorKind::BrokenPipe && args.output.is_none() => 0,
        Err(error) => {
            let code = if matches!(error, SynthError::Write(_)) { 6 } else { 2 };
            shell.complain(code, &show::with_causes(&error))
        }
    }
}

/// A new file, or none: one that could not be finished is taken away again.
fn write_file(path: &Path, schema: &TableSchema, options: &SynthOptions) -> Result<SynthReport, SynthError> {
    let file = disk::create_new(path)?;
    let report = fill(path, file, schema, options);
    if report.is_err() {
        // The first error is the one to tell.
        let _ = disk::remove_file(path);
    }
    report
}

fn fill(
    path: &Path,
    file: disk::DiskFile,
    schema: &TableSchema,
    options: &SynthOptions,
) -> Result<SynthReport, SynthError> {
    let mut out = BufWriter::new(file);
    if path.extension().is_some_and(|e| e == "gz") {
        let mut gz = GzEncoder::new(&mut out, Compression::default());
        let report = synth::write(schema, options, &mut gz)?;
        gz.finish()?;
        out.flush()?;
        return Ok(report);
    }
    let report = synth::write(schema, options, &mut out)?;
    out.flush()?;
    Ok(report)
}

fn tell(shell: &Shell, report: &SynthReport) -> u8 {
    let dirty = DirtyKind::ALL.into_iter().map(|kind| (kind.as_str(), report.dirty(kind)));
    match shell.format {
        Format::Json => {
            let dirty: serde_json::Map<String, serde_json::Value> =
                dirty.map(|(kind, count)| (kind.to_owned(), count.into())).collect();
            shell.print_json(&serde_json::json!({
                "records": report.records(), "persons": report.persons(), "invalid": report.invalid(), "dirty": dirty,
            }))
        }
        Format::Human => shell.print(&show::synthetic(shell.lang, report)),
    }
}
