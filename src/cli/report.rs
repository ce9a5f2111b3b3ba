//! `tamis report`, and the report that every run leaves in its dossier.

use std::path::{Path, PathBuf};

use super::args::Format;
use super::{Shell, french};
use crate::account::{AccountError, Papers, page};
use crate::disk;
use crate::words::Lang;

/// Arguments of `tamis report`.
#[derive(Debug, clap::Args)]
pub struct ReportArgs {
    /// The directory of a run.
    pub run: PathBuf,
    /// File to write the page to, which must not exist yet; default: report.html in the run's dossier, made anew.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// The report's name in a dossier.
const REPORT: &str = "report.html";

/// Writes the report of a run anew: as a page, or with `--format json` as figures to standard output.
pub(super) fn report(shell: &Shell, args: &ReportArgs) -> u8 {
    let papers = match Papers::read(&args.run) {
        Ok(papers) => papers,
        Err(error) => return shell.complain(code_of(&error), &told(shell.lang, &error)),
    };
    if shell.format == Format::Json {
        return shell.print_json(&papers.to_json());
    }
    let page = page(&papers, shell.lang);
    if let Some(file) = &args.output {
        return match shell.write_new(file, &page) {
            0 => shell.print(&format!("{}\n", file.display())),
            code => code,
        };
    }
    // The dossier's own is this command's work and no other's.
    let to = args.run.join("dossier").join(REPORT);
    match disk::replace(&to, page.as_bytes()) {
        Ok(()) => shell.print(&format!("{}\n", to.display())),
        Err(error) => shell.complain(6, &format!("{}: {}", to.display(), french::of_kind(shell.lang, error.kind()))),
    }
}

/// Leaves the report of a run in its dossier, as it stands now. The run is what it is without: a report that cannot be written
/// is told, and made again by `tamis report`.
pub(super) fn leave(shell: &Shell, run: &Path) -> Option<PathBuf> {
    let to = run.join("dossier").join(REPORT);
    let problem = match Papers::read(run) {
        Ok(papers) => disk::replace(&to, page(&papers, shell.lang).as_bytes())
            .err()
            .map(|error| format!("{}: {}", to.display(), french::of_kind(shell.lang, error.kind()))),
        Err(error) => Some(told(shell.lang, &error)),
    };
    match problem {
        None => Some(to),
        Some(problem) => {
            let text = shell.lang.pick("no report was written", "aucun compte rendu n'a été écrit");
            shell.warn(&format!("{text}: {problem}"));
            None
        }
    }
}

pub(super) fn code_of(error: &AccountError) -> u8 {
    match error {
        AccountError::NoRun { .. } | AccountError::NotJson { .. } => 2,
        AccountError::Unreadable { .. } => 6,
    }
}

pub(super) fn told(lang: Lang, error: &AccountError) -> String {
    if lang == Lang::En {
        return error.to_string();
    }
    match error {
        AccountError::NoRun { path } => format!(
            "{} n'est pas le dossier d'une exécution : il n'a ni plan, ni résumé, ni certificat",
            path.display()
        ),
        AccountError::Unreadable { path, kind } => {
            format!("{} n'a pu être lu : {}", path.display(), french::of_kind(Lang::Fr, *kind))
        }
        AccountError::NotJson { path } => format!("{} n'est pas le JSON qu'écrit une exécution", path.display()),
    }
}
