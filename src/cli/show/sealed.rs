//! What a run tells of its sealed files, and of what it waits for.

use std::fmt::Write;
use std::path::Path;

use super::{Lang, number, place};
use crate::cli::close;
use crate::config::Pipeline;
use crate::pipeline::RunSummary;

/// The sealed file of each recipient, and how it gets there.
pub(super) fn told(lang: Lang, run: &RunSummary, pipeline: &Pipeline, file: &Path, out: &mut String) {
    if run.packages.is_empty() {
        return;
    }
    // A String takes everything that is written to it.
    let _ = writeln!(out, "\n{}", lang.pick("Sealed and signed for", "Scellé et signé pour"));
    let width = run.packages.iter().map(|p| p.expected.recipient.chars().count()).max().unwrap_or(0);
    for package in &run.packages {
        let _ = writeln!(out, "  {:<width$}  {}", package.expected.recipient, package.file);
        let (bytes, day) = (number(lang, package.bytes), package.use_until);
        let _ = match lang {
            Lang::En => writeln!(out, "  {:<width$}  {bytes} bytes, last day of use {day}", ""),
            Lang::Fr => writeln!(out, "  {:<width$}  {bytes} octets, utilisable jusqu'au {day}", ""),
        };
    }
    let places = pipeline.recipients.iter().all(|recipient| recipient.deliver.is_some());
    let _ = match (places, lang) {
        (true, _) => writeln!(
            out,
            "{} tamis deliver --pipeline {} {}",
            lang.pick("Deliver with", "À remettre par"),
            file.display(),
            Path::new(&place(&run.release)).join("*.tamis").display()
        ),
        (false, Lang::En) => writeln!(
            out,
            "Hand each file to its recipient; with `deliver` in its [[recipient]], `tamis deliver` does it."
        ),
        (false, Lang::Fr) => writeln!(
            out,
            "Remettez chaque fichier à son destinataire ; avec `deliver` dans son [[recipient]], `tamis deliver` s'en charge."
        ),
    };
}

/// What the run waits for before its certificate, and what to do then.
pub(super) fn waiting(lang: Lang, run: &RunSummary, out: &mut String) {
    let Some(waiting) = &run.waiting else { return };
    let directory = place(run.dossier.parent().unwrap_or(&run.dossier));
    let told = close::waiting(lang, waiting, &run.run, Path::new(&directory));
    let _ = writeln!(
        out,
        "\n{} {told}",
        lang.pick("No certificate yet: the run", "Pas encore de certificat : l'exécution")
    );
}
