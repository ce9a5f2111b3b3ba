//! What a reader sees, in English and French.

mod sealed;

use std::error::Error;
use std::fmt::Write;
use std::path::Path;

use super::risk::share;
use crate::config::Pipeline;
use crate::pipeline::{EarlierSummary, Exposure, ProtectionSummary, RunSummary, SourceSummary, Stage};
use crate::scan::{self, Class};
use crate::synth::{DirtyKind, SynthReport};
use crate::validate::{FindingKey, Found};
pub use crate::words::Lang;

/// The word before an error.
pub fn error_word(lang: Lang) -> &'static str {
    lang.pick("error:", "erreur :")
}

/// The name of a stage on a progress bar.
pub fn stage_word(lang: Lang, stage: Stage) -> &'static str {
    match stage {
        Stage::Sieve => lang.pick("read, sieve", "lecture"),
        Stage::Unique => lang.pick("unique", "unicité"),
        Stage::Census => lang.pick("census", "base"),
        Stage::Draw => lang.pick("draw", "tirage"),
        Stage::Summarise => lang.pick("count", "comptage"),
        Stage::Release => lang.pick("release", "sélection"),
        Stage::Export => lang.pick("export", "écriture"),
        Stage::Destroy => lang.pick("destroy", "destruction"),
    }
}

/// `1,234 records`, `1 234 lignes`.
pub fn records(lang: Lang, n: u64) -> String {
    format!("{} {}", number(lang, n), lang.pick("records", "enregistrements"))
}

/// A number with its digits in groups of three.
pub fn number(lang: Lang, n: u64) -> String {
    lang.number(n)
}

/// A path as a reader would write it: without detours, and from the working directory where it lies below.
pub(super) fn place(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let here = std::env::current_dir().unwrap_or_default();
    whole.strip_prefix(&here).unwrap_or(&whole).display().to_string()
}

/// An error with what caused it, on one line.
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            let _ = write!(text, ": {more}");
        }
        cause = error.source();
    }
    text
}

/// A line of a summary: a name, a number right-aligned, and what it means.
fn line(out: &mut String, name: &str, value: &str, note: &str) {
    let note = if note.is_empty() { String::new() } else { format!("   {note}") };
    let pad = 26usize.saturating_sub(name.chars().count());
    let gap = 12usize.saturating_sub(value.chars().count());
    let _ = writeln!(out, "  {name}{}{}{value}{note}", " ".repeat(pad), " ".repeat(gap));
}

/// What earlier releases made of the tables.
pub(super) fn held(lang: Lang, earlier: &EarlierSummary, out: &mut String) {
    if earlier.releases.is_empty() {
        let first = lang.pick("held against nothing", "sans comparaison");
        let mut why = match lang {
            Lang::En => format!("the ledger has no earlier release of `{}`", earlier.universe),
            Lang::Fr => format!("le registre n'a aucune diffusion antérieure de « {} »", earlier.universe),
        };
        if !earlier.others.is_empty() {
            let _ = write!(why, " ({} {})", lang.pick("it has", "il a"), earlier.others.join(", "));
        }
        return line(out, first, "", &why);
    }
    let releases = number(lang, earlier.releases.len() as u64);
    let why = match lang {
        Lang::En => format!("of them for the sake of {releases} earlier releases"),
        Lang::Fr => format!("dont au titre de {releases} diffusions antérieures"),
    };
    line(out, lang.pick("  held against the ledger", "  au vu du registre"), &number(lang, earlier.suppressed()), &why);
    if earlier.known_suppressed > 0 {
        let why = lang.pick("suppressed, with a number that was published before", "masquées, mais déjà publiées");
        line(out, lang.pick("  known from before", "  déjà connues"), &number(lang, earlier.known_suppressed), why);
    }
    if earlier.unprotected > 0 {
        let why = lang.pick("small changes that what is known tells", "petits écarts que révèle ce qui est connu");
        line(out, lang.pick("  told since then", "  devinables depuis"), &number(lang, earlier.unprotected), why);
    }
}

/// What a run did, for the end of `tamis run`.
pub fn summary(lang: Lang, run: &RunSummary, pipeline: &Pipeline, file: &Path) -> String {
    let n = |value| number(lang, value);
    let mut out = String::new();
    let title = if run.packages.is_empty() {
        lang.pick("Release:", "Données transmissibles :")
    } else {
        lang.pick("Sealed release:", "Données transmissibles, scellées :")
    };
    let _ = writeln!(out, "{title} {}", place(&run.release));
    let _ = writeln!(out);
    let filtered: u64 = run.sources.iter().map(|s| s.filtered).sum();
    let suppressed: u64 = run.persons.iter().map(|p| p.suppressed).sum();
    line(&mut out, lang.pick("records read", "enregistrements lus"), &n(run.read()), "");
    let why = lang.pick("wrong by their schema, left out", "non conformes au schéma, écartés");
    line(&mut out, lang.pick("  rejected", "  rejetés"), &n(run.rejected()), why);
    if filtered > 0 {
        let why = lang.pick("left out by a filter of the pipeline", "écartés par un filtre du traitement");
        line(&mut out, lang.pick("  filtered", "  filtrés"), &n(filtered), why);
    }
    let why = lang.pick("of persons who objected", "de personnes qui se sont opposées");
    line(&mut out, lang.pick("  excluded", "  exclus"), &n(run.excluded()), why);
    let (unit, unit_fr) = if run.unit == "record" { ("records", "enregistrements") } else { ("persons", "personnes") };
    let of = format!("{} {} {}", lang.pick("of", "sur"), n(run.frame), lang.pick(unit, unit_fr));
    let drawn = if run.unit == "record" { "enregistrements tirés" } else { "personnes tirées" };
    line(&mut out, lang.pick(&format!("{unit} sampled"), drawn), &n(run.drawn), &of);
    if run.stratum_conflicts > 0 {
        let why = lang.pick("persons with records in several strata", "personnes présentes dans plusieurs strates");
        line(&mut out, lang.pick("  in doubt", "  ambiguës"), &n(run.stratum_conflicts), why);
    }
    if run.left_out_of_frame > 0 {
        let why =
            lang.pick("left out of the frame, as the pipeline says", "hors de la base de sondage, selon le traitement");
        line(&mut out, lang.pick("  left out", "  écartées"), &n(run.left_out_of_frame), why);
    }
    if let Some(overlap) = run.overlap {
        let why = lang.pick("drawn in the campaign before as well", "tirées aussi à la campagne précédente");
        line(&mut out, lang.pick("  overlap", "  communes"), &n(overlap), why);
    }
    if run.telling_strata > 0 {
        let why = lang.pick("strata beyond [sample] disclosure", "strates au-delà de [sample] disclosure");
        line(&mut out, lang.pick("  telling", "  révélatrices"), &n(run.telling_strata), why);
    }
    line(&mut out, lang.pick("records released", "enregistrements transmis"), &n(run.released()), "");
    let why = lang.pick("in classes of too few persons", "dans des classes trop peu nombreuses");
    line(&mut out, lang.pick("  suppressed", "  supprimés"), &n(suppressed), why);
    let cells: u64 = run.tables.iter().map(|t| t.cells).sum();
    let primary: u64 = run.tables.iter().map(|t| t.primary).sum();
    let of = match lang {
        Lang::En => format!(
            "of {}: {} under the threshold, {} to protect them",
            n(cells),
            n(primary),
            n(run.cells_suppressed() - primary)
        ),
        Lang::Fr => format!(
            "sur {} : {} sous le seuil, {} pour les protéger",
            n(cells),
            n(primary),
            n(run.cells_suppressed() - primary)
        ),
    };
    line(&mut out, lang.pick("cells suppressed", "cases masquées"), &n(run.cells_suppressed()), &of);
    if run.unprotected > 0 {
        let what = lang.pick("  of them told", "  dont devinables");
        let why = lang.pick(
            "by what outsiders know anyway, whatever is suppressed",
            "par ce qui est connu par ailleurs, quoi qu'on masque",
        );
        line(&mut out, what, &n(run.unprotected), why);
    }
    if run.decisions_unmet > 0 {
        let why = lang.pick("about cells that no table has", "sur des cases qu'aucun tableau ne contient");
        line(&mut out, lang.pick("decisions unmet", "décisions sans objet"), &n(run.decisions_unmet), why);
    }
    if let Some(earlier) = &run.earlier {
        held(lang, earlier, &mut out);
    }
    if let Some(scan) = &run.scan {
        let why =
            lang.pick("for what was stripped: nothing leaked", "à la recherche de ce qui a été retiré : aucune fuite");
        line(&mut out, lang.pick("cells searched", "cellules fouillées"), &n(scan.cells()), why);
    }
    let _ = writeln!(out);
    let names = run.persons.iter().map(|o| &o.name).chain(run.tables.iter().map(|t| &t.name));
    let names = names.chain(run.bridges.iter().map(|b| &b.name));
    let width = names.map(|name| name.chars().count()).max().unwrap_or(0).max(38);
    for output in &run.persons {
        let smallest = output.smallest_class.map_or_else(String::new, |k| {
            format!("  {} {}", lang.pick("smallest class:", "plus petite classe :"), n(k))
        });
        let _ = writeln!(out, "  {:<width$} {}{smallest}", output.name, records(lang, output.released));
        if let Some(protection) = &output.protection {
            let _ = writeln!(out, "    {}", exposed(lang, protection));
            let _ = writeln!(out, "    {}", super::plan::cost(lang, &protection.cost));
        }
    }
    for table in &run.tables {
        let shown = table.cells - table.primary - table.secondary;
        let _ = writeln!(out, "  {:<width$} {} {}", table.name, n(shown), lang.pick("cells", "cases"));
    }
    for bridge in &run.bridges {
        let _ = writeln!(out, "  {:<width$} {} {}", bridge.name, n(bridge.persons), lang.pick("persons", "personnes"));
    }
    sealed::told(lang, run, pipeline, file, &mut out);
    let _ = writeln!(out);
    let spilled = if run.spilled > 0 {
        format!(" ({} MiB {})", n(run.spilled / (1 << 20)), lang.pick("spilled, encrypted", "écrits chiffrés"))
    } else {
        String::new()
    };
    let _ = match lang {
        Lang::En => {
            writeln!(out, "The vault was destroyed: {} stores, their keys wiped{spilled}.", run.stores_destroyed)
        }
        Lang::Fr => {
            writeln!(out, "Le coffre a été détruit : {} réserves, clés effacées{spilled}.", run.stores_destroyed)
        }
    };
    let what = if run.waiting.is_some() {
        lang.pick("Report, audit log and findings:", "Compte rendu, journal et constats :")
    } else {
        lang.pick("Report, certificate, audit log and findings:", "Compte rendu, certificat, journal et constats :")
    };
    let _ = writeln!(out, "{what} {}", place(&run.dossier));
    sealed::waiting(lang, run, &mut out);
    for hit in run.scan.iter().flat_map(scan::Report::warnings) {
        let (count, column, class) = (n(hit.count), &hit.column, leak_word(lang, hit.class));
        let _ = match lang {
            Lang::En => writeln!(
                out,
                "warning: {count} values of `{column}` ({}) equal a stripped {class}, as a word or by chance",
                hit.resource
            ),
            Lang::Fr => writeln!(
                out,
                "attention : {count} valeurs de « {column} » ({}) égalent {class} parmi ce qui a été retiré, comme mot \
                 courant ou par hasard",
                hit.resource
            ),
        };
    }
    for (column, count) in run.sources.iter().flat_map(|s| &s.not_in_hierarchy) {
        let _ = match lang {
            Lang::En => writeln!(
                out,
                "warning: {} values of `{column}` are not in its hierarchy file and left as missing",
                n(*count)
            ),
            Lang::Fr => writeln!(
                out,
                "attention : {} valeurs de « {column} » absentes de la hiérarchie sortent vides",
                n(*count)
            ),
        };
    }
    out
}

/// How likely somebody is found, before and after, on one line.
fn exposed(lang: Lang, protection: &ProtectionSummary) -> String {
    let arrow = |of: &dyn Fn(&Exposure) -> String| {
        let after = protection.after.as_ref().map_or_else(|| "–".to_owned(), of);
        format!("{} → {after}", of(&protection.before))
    };
    let highest = arrow(&|one| share(lang, one.highest));
    let average = arrow(&|one| share(lang, one.average));
    let alone = arrow(&|one| number(lang, one.uniques));
    match lang {
        Lang::En => format!("risk: highest {highest}, average {average}, persons alone {alone}"),
        Lang::Fr => format!("risque : maximal {highest}, moyen {average}, personnes seules {alone}"),
    }
}

/// What a stripped value is called.
fn leak_word(lang: Lang, class: Class) -> &'static str {
    match lang {
        Lang::En => class.as_str(),
        Lang::Fr => match class {
            Class::Identifier => "un identifiant",
            Class::Telephone => "un numéro de téléphone",
            Class::Email => "une adresse électronique",
            Class::FullName => "un nom complet",
            Class::Name => "un nom ou prénom",
            Class::Address => "une adresse",
            Class::Text => "un texte",
        },
    }
}

/// Findings per source: a line for each field and rule, with the first places.
pub fn findings(lang: Lang, sources: &[SourceSummary], places: usize) -> String {
    let n = |value| number(lang, value);
    let mut out = String::new();
    for source in sources {
        let bad = match lang {
            Lang::En => {
                format!("{}: {}, {} with findings", source.name, records(lang, source.read), n(source.rejected))
            }
            Lang::Fr => {
                format!("{} : {}, dont {} avec constats", source.name, records(lang, source.read), n(source.rejected))
            }
        };
        let _ = writeln!(out, "{bad}");
        for (i, file) in source.files.iter().enumerate() {
            let _ = writeln!(out, "  [{}] {}", i + 1, place(file));
        }
        for (key, found) in source.findings.iter() {
            let _ = writeln!(out, "  {:>10}  {}", n(found.count), what(lang, key, found, places));
        }
        if source.findings.is_empty() {
            let _ = writeln!(out, "  {}", lang.pick("nothing to report", "rien à signaler"));
        }
    }
    out
}

fn what(lang: Lang, key: &FindingKey, found: &Found, places: usize) -> String {
    let mut text = key.kind.as_str().to_owned();
    for part in [&key.field, &key.rule].into_iter().flatten() {
        let _ = write!(text, "  {part}");
    }
    let place = |p: &crate::validate::Place| match (p.record, p.line) {
        (0, _) => format!("[{}] {}", p.file + 1, lang.pick("header", "en-tête")),
        (record, 0) => format!("[{}] {} {record}", p.file + 1, lang.pick("record", "enr.")),
        (record, line) => {
            format!("[{}] {} {record} ({} {line})", p.file + 1, lang.pick("record", "enr."), lang.pick("line", "ligne"))
        }
    };
    let shown: Vec<String> = found.places.iter().take(places).map(place).collect();
    let more = if found.count > shown.len() as u64 { ", …" } else { "" };
    if !shown.is_empty() {
        let _ = write!(text, "  {} {}{more}", lang.pick("at", "en"), shown.join(", "));
    }
    text
}

/// What `tamis synth` wrote.
pub fn synthetic(lang: Lang, report: &SynthReport) -> String {
    let n = |value| number(lang, value);
    let mut out = match lang {
        Lang::En => format!(
            "{} of {} persons, {} of them invalid\n",
            records(lang, report.records()),
            n(report.persons()),
            n(report.invalid())
        ),
        Lang::Fr => format!(
            "{} de {} personnes, dont {} non conformes\n",
            records(lang, report.records()),
            n(report.persons()),
            n(report.invalid())
        ),
    };
    for kind in DirtyKind::ALL.into_iter().filter(|k| report.dirty(*k) > 0) {
        let _ = writeln!(out, "  {:>10}  {}", n(report.dirty(kind)), kind.as_str());
    }
    out
}
