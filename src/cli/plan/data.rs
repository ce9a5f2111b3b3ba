//! `tamis plan --with-data`: what protection would do to each per-person output.

use std::fmt::Write as _;

use serde_json::Value;

use crate::cli::anonymise::{decimal, search, solutions};
use crate::cli::args::{Format, PlanArgs};
use crate::cli::keys;
use crate::cli::progress::Bars;
use crate::cli::risk::share;
use crate::cli::sample::in_reception;
use crate::cli::show::{self, Lang, number, records};
use crate::cli::signals::Signals;
use crate::cli::{Shell, french};
use crate::config::{Persons, Pipeline, Protection};
use crate::pipeline::{self, Exposure, ForeseeKeys, Foreseen, ForeseenOutput, ProtectionCost, RunError};

/// Tells the plan, and what would become of the outputs: exit 4 where one of them could not be released.
pub(in crate::cli) fn with_data(shell: &Shell, args: &PlanArgs, pipeline: &Pipeline) -> u8 {
    if let Some(code) = population_refused(shell, pipeline) {
        return code;
    }
    let kept = keys::for_draw(shell, args.root_key.as_deref(), args.epochs.as_deref(), pipeline);
    let keys::Kept { key, epoch, draw_key } = match kept {
        Ok(kept) => kept,
        Err(code) => return code,
    };
    let bars = Bars::new(shell.lang, Signals::listen());
    let outcome = pipeline::foresee(pipeline, ForeseeKeys { key, epoch, draw_key }, shell.threads, &bars);
    bars.clear();
    match outcome {
        Ok(foreseen) => {
            let printed = match shell.format {
                Format::Human => shell.print(&format!(
                    "{}\n{}",
                    super::human(shell.lang, pipeline),
                    human(shell.lang, pipeline, &foreseen)
                )),
                Format::Json => {
                    let mut plan = crate::config::plan::json(pipeline);
                    plan["with_data"] = foreseen.to_json();
                    shell.print_json(&plan)
                }
            };
            if printed == 0 { foreseen.exit_code() } else { printed }
        }
        Err(error) => {
            if let (RunError::Rejected { sources, .. }, Format::Human) = (&error, shell.format) {
                shell.print(&show::findings(shell.lang, sources, pipeline.limits.places.min(5)));
            }
            shell.complain(error.exit_code(), &french::of_run(shell.lang, &error))
        }
    }
}

/// Populations are compared with, and their figures leave: none may lie in an opened release. The exit code where one does.
pub(in crate::cli) fn population_refused(shell: &Shell, pipeline: &Pipeline) -> Option<u8> {
    let protections = pipeline.persons.iter().filter_map(|persons| persons.protection.as_ref());
    let file = protections.filter_map(Protection::population_file).find(|file| in_reception(file))?;
    let told = shell.lang.pick(
        "lies in an opened release: nothing of it is written out again (R12)",
        "se trouve dans une transmission ouverte : rien n'en est réécrit (R12)",
    );
    Some(shell.complain(4, &format!("{} {told}", file.display())))
}

/// What the records say, in words.
fn human(lang: Lang, pipeline: &Pipeline, foreseen: &Foreseen) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}", lang.pick("With the data", "Avec les données"));
    let (drawn, frame) = (number(lang, foreseen.drawn), number(lang, foreseen.frame));
    let _ = match (lang, foreseen.unit) {
        (Lang::En, "record") => writeln!(text, "  {drawn} of {frame} records drawn"),
        (Lang::En, _) => writeln!(text, "  {drawn} of {frame} persons drawn"),
        (Lang::Fr, "record") => writeln!(text, "  {drawn} enregistrements tirés sur {frame}"),
        (Lang::Fr, _) => writeln!(text, "  {drawn} personnes tirées sur {frame}"),
    };
    if !foreseen.same_draw {
        let told = lang.pick(
            "a run draws other units: the key of the draw is not kept, and figures will differ a little",
            "une exécution tire d'autres unités : la clé du tirage n'est pas conservée, les chiffres différeront un peu",
        );
        let _ = writeln!(text, "  {told}");
    }
    let rejected: u64 = foreseen.sources.iter().map(|source| source.rejected).sum();
    if rejected > 0 {
        let why = lang.pick("wrong by their schema, left out", "non conformes au schéma, écartés");
        let _ = writeln!(text, "  {} {why}", records(lang, rejected));
    }
    if foreseen.outputs.is_empty() {
        let told = lang.pick("there is no per-person output", "il n'y a pas de données individuelles");
        let _ = writeln!(text, "  {told}");
    }
    for (output, persons) in foreseen.outputs.iter().zip(&pipeline.persons) {
        one(lang, &mut text, output, persons);
    }
    let told = lang.pick("Nothing was released (--with-data).", "Rien n'a été transmis (--with-data).");
    let _ = writeln!(text, "\n{told}");
    text
}

fn one(lang: Lang, text: &mut String, output: &ForeseenOutput, persons: &Persons) {
    let drawn = records(lang, output.sampled);
    let _ = match lang {
        Lang::En => writeln!(text, "\n{}: {drawn} drawn", output.name),
        Lang::Fr => writeln!(text, "\n{} : {drawn} tirés", output.name),
    };
    let quasi = persons.protection.iter().flat_map(|protection| &protection.quasi);
    let columns: Vec<&str> = quasi.map(|quasi| quasi.column.as_str()).collect();
    let report = &output.report;
    search(lang, text, &report["plan"]);
    solutions(lang, text, &columns, &report["plan"]);
    unreachable(lang, text, &columns, output);
    if let Some(before) = &output.before {
        let after = output.protection.as_ref().and_then(|protection| protection.after.as_ref());
        risk(lang, text, before, after);
    }
    if let Some(protection) = &output.protection {
        let _ = writeln!(text, "  {}", cost(lang, &protection.cost));
    }
    evidence(lang, text, &report["evidence"]);
    for unmet in output.unmet.iter().filter_map(|unmet| unmet.strip_prefix("evidence: ")) {
        let told = lang.pick("not met, a run would end with 4:", "non respecté, une exécution finirait avec 4 :");
        let _ = writeln!(text, "  {told} {unmet}");
    }
}

/// Nothing meets the rules: what would, if more records could be left out.
fn unreachable(lang: Lang, text: &mut String, columns: &[&str], output: &ForeseenOutput) {
    if !output.unmet.iter().any(|unmet| unmet == "rules") {
        return;
    }
    let told = match output.report["proven"].as_bool() {
        Some(true) => lang.pick(
            "no generalisation meets the rules within the limit of suppression; a run would end with 4",
            "aucune généralisation ne respecte les règles dans la limite de suppression ; une exécution finirait avec 4",
        ),
        _ => lang.pick(
            "none of the generalisations counted meets the rules within the limit; a run would end with 4",
            "aucune des généralisations comptées ne respecte les règles dans la limite ; une exécution finirait avec 4",
        ),
    };
    let _ = writeln!(text, "  {told}");
    let free = &output.report["without_limit_of_suppression"];
    if free["chosen"].is_object() {
        let told = lang.pick("without that limit:", "sans cette limite :");
        let _ = writeln!(text, "  {told}");
        solutions(lang, text, columns, free);
    }
}

fn risk(lang: Lang, text: &mut String, before: &Exposure, after: Option<&Exposure>) {
    let _ = writeln!(text, "  {:<44} {:>12} {:>12}", "", lang.pick("before", "avant"), lang.pick("after", "après"));
    let mut line = |name: &str, of: &dyn Fn(&Exposure) -> String| {
        let after = after.map_or_else(|| "–".to_owned(), of);
        let _ = writeln!(text, "  {name:<44} {:>12} {after:>12}", of(before));
    };
    line(lang.pick("smallest class (k)", "plus petite classe (k)"), &|one| number(lang, one.smallest));
    let alone = lang.pick("persons alone in a class", "personnes seules dans une classe");
    line(alone, &|one| number(lang, one.uniques));
    line(lang.pick("prosecutor risk, highest", "risque procureur, maximal"), &|one| share(lang, one.highest));
    line(lang.pick("prosecutor risk, average", "risque procureur, moyen"), &|one| share(lang, one.average));
    let under = match lang {
        Lang::En => format!("persons in classes under {}", before.threshold),
        Lang::Fr => format!("personnes dans des classes de moins de {}", before.threshold),
    };
    line(&under, &|one| share(lang, one.over));
    type Figure = (&'static str, &'static str, fn(&Exposure) -> Option<(f64, f64)>);
    let figures: [Figure; 4] = [
        ("journalist risk", "risque journaliste", |one| one.journalist),
        ("individual risk with weights", "risque individuel, pondéré", |one| one.individual),
        ("risk of a group", "risque d'un groupe", |one| one.groups),
        ("special uniques (DIS-SUDA)", "uniques particulières (DIS-SUDA)", |one| one.special),
    ];
    let shown = |found: Option<f64>| found.map_or_else(|| "–".to_owned(), |found| share(lang, found));
    for (english, french, of) in figures {
        if [Some(before), after].into_iter().flatten().any(|one| of(one).is_some()) {
            let (highest, average) = (lang.pick(", highest", ", maximal"), lang.pick(", average", ", moyen"));
            line(&format!("{}{highest}", lang.pick(english, french)), &|one| shown(of(one).map(|found| found.0)));
            line(&format!("{}{average}", lang.pick(english, french)), &|one| shown(of(one).map(|found| found.1)));
        }
    }
    if before.population_uniques.is_some() {
        let name = lang.pick("uniques of the population, estimated", "uniques de la population, estimées");
        line(name, &|one| {
            one.population_uniques.map_or_else(|| "–".to_owned(), |found| number(lang, found.round() as u64))
        });
    }
}

/// What protection took, on one line.
pub(in crate::cli) fn cost(lang: Lang, cost: &ProtectionCost) -> String {
    let columns: Vec<String> =
        cost.columns.iter().map(|(name, lost)| format!("{name} {}", share(lang, *lost))).collect();
    let out = format!("{} {} {}", number(lang, cost.left_out), lang.pick("of", "sur"), number(lang, cost.records));
    let lost = share(lang, cost.loss());
    let columns = if columns.is_empty() { String::new() } else { format!(" ({})", columns.join(", ")) };
    match lang {
        Lang::En => format!("cost: {out} records left out, {lost} of the detail lost{columns}"),
        Lang::Fr => format!("coût : {out} enregistrements omis, {lost} du détail perdu{columns}"),
    }
}

/// The evidence beside its thresholds.
fn evidence(lang: Lang, text: &mut String, evidence: &Value) {
    let thresholds = &evidence["thresholds"];
    if !thresholds.is_object() {
        return;
    }
    let (least, most) = (lang.pick("at least", "au moins"), lang.pick("at most", "au plus"));
    let mut line = |name: &str, found: String, limit: Option<String>| {
        let limit = limit.map(|limit| format!("   ({limit})")).unwrap_or_default();
        let _ = writeln!(text, "  {name:<44} {:>12} {found:>12}{limit}", "");
    };
    let smallest = number(lang, evidence["singling_out"]["smallest_class"].as_u64().unwrap_or_default());
    let limit = thresholds["smallest"].as_u64().map(|limit| format!("{least} {}", number(lang, limit)));
    line(lang.pick("singling out: smallest class", "individualisation : plus petite classe"), smallest, limit);
    let linked = share(lang, evidence["linkability"]["expected_share"].as_f64().unwrap_or_default());
    let limit = thresholds["linkable"].as_f64().map(|limit| format!("{most} {}", share(lang, limit)));
    line(lang.pick("linkability: persons linked rightly", "corrélation : personnes bien reliées"), linked, limit);
    for (column, found) in evidence["inference"].as_object().into_iter().flatten() {
        let name = format!("{} {column}", lang.pick("inference advantage:", "inférence, avantage :"));
        let limit = thresholds["advantage"].as_f64().map(|limit| format!("{most} {}", decimal(lang, limit)));
        line(&name, decimal(lang, found["advantage"].as_f64().unwrap_or_default()), limit);
    }
}
