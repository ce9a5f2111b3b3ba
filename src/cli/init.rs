//! `tamis init`: a folder with a pipeline that works at once.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::args::Format;
use super::sample::in_reception;
use super::{Shell, french, show};
use crate::config::Pipeline;
use crate::disk;
use crate::infer;
use crate::scaffold::{self, Of, Place, Scaffold, ScaffoldError, Wanted};
use crate::words::Words;

/// Arguments of `tamis init`.
#[derive(Debug, clap::Args)]
pub struct InitArgs {
    /// Folder to make, or to fill; nothing in it is overwritten.
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    /// Fit pipeline and schema to this: a Table Schema (.json), or a file of records (CSV, Parquet, Arrow), which is read and not
    /// copied.
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// Sheet of that file, where it is a workbook (XLSX, ODS) that holds more than one.
    #[arg(long, value_name = "NAME", requires = "from")]
    pub sheet: Option<String>,
    /// The column that tells persons apart, where neither schema nor content says it.
    #[arg(long, value_name = "COLUMN", requires = "from")]
    pub subject: Option<String>,
}

/// Makes the folder and says what to do next.
pub(super) fn init(shell: &Shell, args: &InitArgs) -> u8 {
    let words = Words::new(shell.lang);
    made(shell, args, &words).unwrap_or_else(|code| code)
}

fn made(shell: &Shell, args: &InitArgs, words: &Words) -> Result<u8, u8> {
    let told = |key: &str, path: &Path| words.tell(key, &[("path", (&path.display().to_string()).into())]);
    if disk::metadata_of_target(&args.dir).is_ok_and(|found| !found.is_dir()) {
        return Err(shell.complain(2, &told("init-not-a-folder", &args.dir)));
    }
    let absolute = std::path::absolute(&args.dir);
    let absolute = absolute.map_err(|error| {
        shell.complain(6, &format!("{}: {}", args.dir.display(), french::of_kind(shell.lang, error.kind())))
    })?;
    // `..` says nothing about the name of the folder.
    let folder = disk::canonical(&absolute).unwrap_or(absolute);
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("/usr/bin/tamis"));
    let scaffold = {
        let read = args.from.as_deref().map(|from| read(shell, (from, args.sheet.as_deref()), words)).transpose()?;
        let of = match &read {
            None => Of::Sample,
            Some((schema, None)) => Of::Schema(schema.clone()),
            Some((schema, Some(path))) => Of::Files { schema: schema.clone(), path, sheet: args.sheet.as_deref() },
        };
        let place = Place { folder: &folder, program: &program };
        let wanted = Wanted { of, subject: args.subject.as_deref(), folder: &name, place, lang: shell.lang };
        scaffold::make(wanted).map_err(|error| refuse(shell, &error, words))?
    };
    for file in &scaffold.files {
        let path = args.dir.join(&file.path);
        if disk::exists(&path) {
            return Err(shell.complain(2, &told("init-taken", &path)));
        }
    }
    for file in &scaffold.files {
        let path = args.dir.join(&file.path);
        let parent = path.parent().unwrap_or(&args.dir);
        let written = disk::ensure_folder(parent).and_then(|()| disk::write_new(&path, &file.bytes));
        written.map_err(|error| {
            let (path, why) = (path.display().to_string(), french::of_kind(shell.lang, error.kind()));
            shell.complain(6, &words.tell("init-not-written", &[("path", (&path).into()), ("why", (&why).into())]))
        })?;
    }
    // The folders that the page and the service speak of.
    for folder in ["inbox", "out"] {
        let path = args.dir.join(folder);
        disk::ensure_folder(&path).map_err(|error| {
            shell.complain(6, &format!("{}: {}", path.display(), french::of_kind(shell.lang, error.kind())))
        })?;
    }
    let printed = match shell.format {
        Format::Human => shell.print(&human(&args.dir, &scaffold, words)),
        Format::Json => shell.print_json(&to_json(&args.dir, &scaffold)),
    };
    // A schema from elsewhere may hold what no pipeline takes, such as a rule that is no SQL: said at once.
    match Pipeline::read(&args.dir.join("pipeline.toml")) {
        Ok(_) => Ok(printed),
        Err(error) => Err(shell.refuse_pipeline(error)),
    }
}

/// The schema to start from; of a file of records also its absolute path.
fn read(shell: &Shell, (from, sheet): (&Path, Option<&str>), words: &Words) -> Result<(Value, Option<String>), u8> {
    let shown = from.display().to_string();
    if in_reception(from) {
        return Err(shell.complain(4, &words.tell("init-reception", &[("path", (&shown).into())])));
    }
    let unreadable =
        |kind: std::io::ErrorKind| shell.complain(6, &format!("{shown}: {}", french::of_kind(shell.lang, kind)));
    if from.extension().is_some_and(|e| e == "json") {
        let text = disk::read(from).map_err(|error| unreadable(error.kind()))?;
        // The message of the parser names a place and no value; a schema holds none anyway.
        let schema = serde_json::from_slice(&text).map_err(|e| shell.complain(2, &format!("{shown}: {e}")))?;
        return Ok((schema, None));
    }
    let stem = from.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let path = disk::canonical(from).map_err(|error| unreadable(error.kind()))?;
    let path = path.to_str().map(str::to_owned);
    let path = path.ok_or_else(|| shell.complain(2, &words.tell("init-path", &[("path", (&shown).into())])))?;
    match infer::infer(&[from.to_owned()], sheet, &stem) {
        Ok(proposal) => Ok((proposal.schema, Some(path))),
        Err(error @ infer::InferError::Ingest(_)) => Err(shell.complain(6, &french::of_inference(shell.lang, &error))),
        Err(error) => Err(shell.complain(1, &french::of_inference(shell.lang, &error))),
    }
}

fn refuse(shell: &Shell, error: &ScaffoldError, words: &Words) -> u8 {
    let list = |columns: &[String]| columns.join(", ");
    let told = match error {
        ScaffoldError::NoSubject { columns } => words.tell("init-no-subject", &[("columns", (&list(columns)).into())]),
        ScaffoldError::UnknownColumn { column, columns } => {
            words.tell("init-unknown-column", &[("column", column.into()), ("columns", (&list(columns)).into())])
        }
        ScaffoldError::NothingLeaves => words.say("init-nothing-leaves"),
        ScaffoldError::Schema(_) | ScaffoldError::Synth(_) => show::with_causes(error),
    };
    shell.complain(2, &told)
}

/// The commands to go on with, as they are typed, each with what it tells (a key of the messages).
fn next(dir: &Path) -> [(String, &'static str); 5] {
    let path = |name: &str| {
        let path = dir.join(name).display().to_string();
        let path = path.strip_prefix("./").unwrap_or(&path).to_owned();
        let plain = |c: char| c.is_alphanumeric() || "/._-".contains(c);
        if path.chars().all(plain) { path } else { format!("'{}'", path.replace('\'', "'\\''")) }
    };
    let pipeline = path("pipeline.toml");
    [
        (format!("tamis doctor {pipeline}"), "init-then-doctor"),
        (format!("tamis validate --pipeline {pipeline}"), "init-then-validate"),
        (format!("tamis plan {pipeline}"), "init-then-plan"),
        (format!("tamis run {pipeline}"), "init-then-run"),
        (format!("tamis runs list {}", path("out")), "init-then-runs"),
    ]
}

fn human(dir: &Path, scaffold: &Scaffold, words: &Words) -> String {
    let folder = dir.display().to_string();
    let made = [("folder", (&folder).into()), ("n", (scaffold.files.len() as u64).into())];
    let mut out = format!("{}\n\n", words.tell("init-made", &made));
    let width = scaffold.files.iter().map(|f| f.path.len()).max().unwrap_or(0);
    for file in &scaffold.files {
        let _ = writeln!(out, "  {:width$}  {}", file.path, words.say(&format!("init-what-{}", file.what)));
    }
    if !scaffold.columns.is_empty() {
        let _ = writeln!(out, "\n{}", words.say("init-columns"));
        let width = scaffold.columns.iter().map(|c| c.name.chars().count()).max().unwrap_or(0);
        for column in &scaffold.columns {
            let end = if column.leaves {
                "init-leaves"
            } else if column.role.never_leaves() {
                "init-never"
            } else {
                "init-waits"
            };
            let mark = if column.undecided { "?" } else { " " };
            let _ = writeln!(out, "  {mark} {:width$}  {}", column.name, words.say(end));
        }
        if scaffold.columns.iter().any(|c| c.undecided) {
            let _ = writeln!(out, "  ? {}", words.say("init-undecided"));
        }
    }
    if !scaffold.has_records {
        let _ = writeln!(out, "\n{}", words.tell("init-put-files", &[("folder", (&folder).into())]));
    }
    let _ = writeln!(out, "\n{}", words.say("init-next"));
    let next = next(dir);
    let width = next.iter().map(|(command, _)| command.chars().count()).max().unwrap_or(0);
    for (command, what) in &next {
        let _ = writeln!(out, "  {command:width$}  # {}", words.say(what));
    }
    out
}

fn to_json(dir: &Path, scaffold: &Scaffold) -> Value {
    let column = |c: &scaffold::Column| json!({ "name": c.name, "role": c.role.as_str(), "undecided": c.undecided, "leaves": c.leaves });
    json!({
        "folder": dir.display().to_string(),
        "pipeline": scaffold.name,
        "files": scaffold.files.iter().map(|f| f.path.as_str()).collect::<Vec<_>>(),
        "columns": scaffold.columns.iter().map(column).collect::<Vec<_>>(),
        "has_records": scaffold.has_records,
        "next": next(dir).iter().map(|(command, _)| command.as_str()).collect::<Vec<_>>(),
    })
}
