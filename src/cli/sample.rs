//! `tamis sample`.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use super::args::{Format, SampleCommand, SampleDrawArgs, SampleReplayArgs};
use super::progress::Bars;
use super::show::with_causes;
use super::signals::Signals;
use super::{Shell, french, keys};
use crate::audit;
use crate::config::{FrameDesign, Pipeline};
use crate::disk;
use crate::pipeline::{self, FrameSample, OneFile, Replay, RunError};
use crate::reception::RECORD;

/// Draws from any frame, or draws the sample of a run again.
pub(super) fn sample(shell: &Shell, command: &SampleCommand) -> u8 {
    let outcome = match command {
        SampleCommand::Draw(args) => draw(shell, args),
        SampleCommand::Replay(args) => replay(shell, args),
    };
    outcome.unwrap_or_else(|code| code)
}

fn fail(shell: &Shell) -> impl Fn(RunError) -> u8 + '_ {
    |error| shell.complain(error.exit_code(), &french::of_run(shell.lang, &error))
}

fn draw(shell: &Shell, args: &SampleDrawArgs) -> Result<u8, u8> {
    if disk::exists(&args.output) {
        return Err(shell.refuse_taken(&args.output));
    }
    if in_reception(&args.frame) {
        let told = shell.lang.pick(
            "lies in an opened release: nothing of it is written out again (R12)",
            "se trouve dans une transmission ouverte : rien n'en est réécrit (R12)",
        );
        return Err(shell.complain(4, &format!("{} {told}", args.frame.display())));
    }
    let design = FrameDesign::read(&args.design).map_err(|error| shell.refuse_pipeline(error))?;
    let frame = OneFile { path: &args.frame, sheet: args.sheet.as_deref() };
    let columns = pipeline::columns_of_frame(&design, frame, &args.id).map_err(fail(shell))?;
    let pipeline = design.over((frame.path, frame.sheet), &args.id, &columns);
    let pipeline = pipeline.map_err(|error| shell.refuse_pipeline(error))?;
    let kept = keys::for_draw(shell, args.root_key.as_deref(), None, &pipeline)?;
    let bars = Bars::new(shell.lang, Signals::listen());
    let drawn = pipeline::draw_frame(&pipeline, frame, kept.draw_key, shell.threads, &bars);
    bars.clear();
    let drawn = drawn.map_err(fail(shell))?;
    let written = disk::write_new(&args.output, csv(&args.id, &drawn).as_bytes());
    written.map_err(|error| {
        shell.complain(6, &format!("{}: {}", args.output.display(), french::of_kind(shell.lang, error.kind())))
    })?;
    let warning = telling(&drawn.report);
    if warning > 0 {
        let what = shell.lang.pick("strata are beyond the limits of", "strates dépassent les limites de");
        shell.warn(&format!("{warning} {what} [sample] disclosure"));
    }
    Ok(match shell.format {
        Format::Json => shell.print_json(&drawn.report),
        Format::Human => shell.print(&told(shell, &args.output, &drawn)),
    })
}

/// Whether a file lies in what was opened of a package.
pub(super) fn in_reception(file: &Path) -> bool {
    let real = disk::canonical(file).unwrap_or_else(|_| file.to_path_buf());
    real.ancestors().any(|folder| disk::exists(&folder.join(RECORD)))
}

fn telling(report: &Value) -> u64 {
    report["strata_beyond_disclosure_limits"].as_u64().unwrap_or_default()
}

fn told(shell: &Shell, output: &Path, drawn: &FrameSample) -> String {
    let lang = shell.lang;
    let mut text = String::new();
    let units = lang.pick("units drawn of", "unités tirées sur");
    let _ = writeln!(text, "{} {units} {} → {}", drawn.units.len(), drawn.frame, output.display());
    for line in drawn.report["strata"].as_array().into_iter().flatten() {
        let values = line["stratum"].as_array().into_iter().flatten().map(|value| match value {
            Value::Null => "—".to_owned(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        let stratum = values.collect::<Vec<_>>().join(" · ");
        let sizes = format!("  {:>8} / {:<8} {stratum}", line["drawn"].to_string(), line["frame"].to_string());
        let _ = writeln!(text, "{}", sizes.trim_end());
    }
    let small = &drawn.report["strata_under_threshold"];
    if small["strata"].as_u64().unwrap_or_default() > 0 {
        let others = lang.pick("small strata together", "petites strates ensemble");
        let _ = writeln!(
            text,
            "  {:>8} / {:<8} {} {others}",
            small["drawn"].to_string(),
            small["frame"].to_string(),
            small["strata"]
        );
    }
    text
}

/// The drawn units as CSV (RFC 4180), ordered by identifier.
fn csv(id: &str, drawn: &FrameSample) -> String {
    let mut text = String::new();
    let mut header = vec![id.to_owned()];
    header.extend(drawn.strata.iter().filter(|column| *column != id).cloned());
    header.extend(["proba_inclusion", "proba_inclusion_decimale", "poids_sondage"].map(str::to_owned));
    header.extend(drawn.calibrated.then(|| "poids_cale".to_owned()));
    pipeline::csv_line(&mut text, header.iter().map(String::as_str));
    for unit in &drawn.units {
        let stratum = drawn.strata.iter().zip(&unit.stratum).filter(|(column, _)| *column != id);
        let mut cells = vec![unit.id.clone()];
        cells.extend(stratum.map(|(_, value)| value.clone().unwrap_or_default()));
        cells.push(unit.chance.inclusion.to_string());
        cells.push(unit.chance.inclusion.value().to_string());
        cells.push(unit.chance.design_weight.to_string());
        cells.extend(drawn.calibrated.then(|| unit.chance.weight.to_string()));
        pipeline::csv_line(&mut text, cells.iter().map(String::as_str));
    }
    text
}

fn replay(shell: &Shell, args: &SampleReplayArgs) -> Result<u8, u8> {
    let mut pipeline = Pipeline::read(&args.pipeline).map_err(|error| shell.refuse_pipeline(error))?;
    keys::credentials(shell, &mut pipeline, &args.credentials)?;
    let record = record(shell, &args.run)?;
    let kept = keys::for_draw(shell, Some(&args.root_key), args.epochs.as_deref(), &pipeline)?;
    let bars = Bars::new(shell.lang, Signals::listen());
    let keys::Kept { key, epoch, draw_key } = kept;
    let logged = laid_down(shell, &args.run)?;
    let logged = logged.as_ref().map(|(key, frame)| (key.as_str(), frame.as_str()));
    let replay = pipeline::replay(&pipeline, &record, logged, (key, epoch, draw_key), shell.threads, &bars);
    bars.clear();
    let replay = replay.map_err(fail(shell))?;
    let printed = match shell.format {
        Format::Json => shell.print_json(&json!({
            "same": replay.is_same(),
            "compared": replay.compared.iter().map(|(word, same)| ((*word).to_owned(), json!(same))).collect::<serde_json::Map<_, _>>(),
            "frame": replay.frame,
            "drawn": replay.drawn,
        })),
        Format::Human => shell.print(&compared(shell, &replay)),
    };
    // Another sample than the one on record: what was said of it does not hold.
    Ok(if printed == 0 && !replay.is_same() { 4 } else { printed })
}

fn record(shell: &Shell, run: &Path) -> Result<Value, u8> {
    let file =
        if run.extension().is_some_and(|e| e == "json") { run.to_path_buf() } else { run.join("dossier/sample.json") };
    let read = disk::read(&file);
    let bytes = read.map_err(|error| {
        shell.complain(6, &format!("{}: {}", file.display(), french::of_kind(shell.lang, error.kind())))
    })?;
    serde_json::from_slice(&bytes).map_err(|_| fail(shell)(RunError::NoReplay))
}

/// What the log of the run says of key and frame, from before the draw; `None` where the record alone was named. A log that
/// says nothing of them is held against the record as well, and found wanting.
fn laid_down(shell: &Shell, run: &Path) -> Result<Option<(String, String)>, u8> {
    if run.extension().is_some_and(|e| e == "json") {
        return Ok(None);
    }
    let entries = audit::read(&run.join("dossier/audit.jsonl"));
    let entries = entries.map_err(|error| shell.complain(6, &with_causes(&error)))?;
    let fact = |name: &str| {
        let draw = entries.iter().find(|entry| entry.event == "draw")?;
        draw.fields.get(name).and_then(Value::as_str).map(str::to_owned)
    };
    Ok(Some((fact("key").unwrap_or_default(), fact("frame").unwrap_or_default())))
}

fn compared(shell: &Shell, replay: &Replay) -> String {
    let lang = shell.lang;
    let mut text = String::new();
    for (word, same) in &replay.compared {
        let word = match *word {
            "pipeline" => lang.pick("pipeline file", "fichier de pipeline"),
            "design" => lang.pick("design", "plan de sondage"),
            "key" => lang.pick("key", "clé"),
            "frame" => lang.pick("frame", "base de sondage"),
            "strata" => lang.pick("strata", "strates"),
            "log" => lang.pick("log before the draw", "journal avant tirage"),
            _ => lang.pick("sample", "échantillon"),
        };
        let verdict = if *same { lang.pick("the same", "identique") } else { lang.pick("ANOTHER", "DIFFÉRENT") };
        let _ = writeln!(text, "  {word:<20} {verdict}");
    }
    let units = lang.pick("units drawn of", "unités tirées sur");
    let _ = writeln!(text, "  {} {units} {}", replay.drawn, replay.frame);
    text
}
