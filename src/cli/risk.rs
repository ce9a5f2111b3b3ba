//! `tamis risk`.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::args::Format;
use super::sample::in_reception;
use super::show::{Lang, number};
use super::{Shell, french};
use crate::pipeline::{self, Measured, RiskOptions};

/// Arguments of `tamis risk`.
#[derive(Debug, clap::Args)]
pub struct RiskArgs {
    /// The file, as CSV, Parquet or Arrow: one row per record.
    pub file: PathBuf,
    /// Sheet of FILE, where it is a workbook (XLSX, ODS) that holds more than one.
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
    /// Quasi-identifiers: columns that an outsider may know together.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', required = true)]
    pub quasi: Vec<String>,
    /// Sensitive columns: what an outsider would like to learn.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub sensitive: Vec<String>,
    /// Column of sampling weights.
    #[arg(long, value_name = "COLUMN")]
    pub weights: Option<String>,
    /// Column that tells persons apart; default: every record is somebody else.
    #[arg(long, value_name = "COLUMN")]
    pub person: Option<String>,
    /// Column of households or other groups of persons.
    #[arg(long, value_name = "COLUMN")]
    pub group: Option<String>,
    /// File of the whole population, one row per person, with the same quasi-identifiers.
    #[arg(long, value_name = "FILE")]
    pub population: Option<PathBuf>,
    /// Another release with the same quasi-identifiers: how many persons can be linked with it. With --person, a key that both have.
    #[arg(long, value_name = "FILE")]
    pub other: Option<PathBuf>,
    /// Fewest persons of a class that is not small.
    #[arg(long, value_name = "PERSONS", default_value_t = 11)]
    pub threshold: u64,
    /// Share of the population that is in the file, for estimates of the population's uniques.
    #[arg(long, value_name = "SHARE")]
    pub fraction: Option<f64>,
    /// Look for special uniques (SUDA2), in sets of up to N columns; default: all but one.
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "30")]
    pub suda: Option<usize>,
}

/// Measures a file.
pub(super) fn risk(shell: &Shell, args: &RiskArgs) -> u8 {
    if let Some(file) =
        std::iter::once(&args.file).chain(&args.population).chain(&args.other).find(|file| in_reception(file))
    {
        let told = shell.lang.pick(
            "lies in an opened release: nothing of it is written out again (R12)",
            "se trouve dans une transmission ouverte : rien n'en est réécrit (R12)",
        );
        return shell.complain(4, &format!("{} {told}", file.display()));
    }
    let options = RiskOptions {
        file: args.file.clone(),
        sheet: args.sheet.clone(),
        quasi: args.quasi.clone(),
        sensitive: args.sensitive.clone(),
        weights: args.weights.clone(),
        person: args.person.clone(),
        group: args.group.clone(),
        population: args.population.clone(),
        other: args.other.clone(),
        threshold: args.threshold,
        fraction: args.fraction,
        suda: args.suda,
    };
    match pipeline::measure_risk(&options) {
        Err(error) => shell.complain(error.exit_code(), &french::of_run(shell.lang, &error)),
        Ok(found) => match shell.format {
            Format::Json => shell.print_json(&found.json(&options.quasi)),
            Format::Human => shell.print(&told(shell.lang, &options.quasi, &found)),
        },
    }
}

/// A line: what, how much, and what it means.
fn line(text: &mut String, name: &str, value: &str, note: &str) {
    let _ = writeln!(text, "{}", format!("  {name:<38} {value:>14}   {note}").trim_end());
}

/// A share as a percentage.
pub(super) fn share(lang: Lang, share: f64) -> String {
    let shown = format!("{:.2}", share * 100.0);
    if lang == Lang::Fr { format!("{}\u{202f}%", shown.replace('.', ",")) } else { format!("{shown}%") }
}

fn decimal(lang: Lang, number: f64) -> String {
    let shown = format!("{number:.4}");
    if lang == Lang::Fr { shown.replace('.', ",") } else { shown }
}

/// The figures in words.
pub(super) fn told(lang: Lang, quasi: &[String], found: &Measured) -> String {
    let mut text = String::new();
    let count = |n: u64| number(lang, n);
    line(&mut text, lang.pick("records", "enregistrements"), &count(found.records), "");
    line(&mut text, lang.pick("persons", "personnes"), &count(found.persons), "");
    line(&mut text, "classes", &count(found.classes), &quasi.join(" × "));
    line(
        &mut text,
        lang.pick("persons alone in a class", "personnes seules dans une classe"),
        &count(found.uniques),
        &share(lang, found.uniques as f64 / found.persons as f64),
    );
    let k = lang.pick("smallest class (k)", "plus petite classe (k)");
    line(&mut text, k, &count(found.smallest), "");
    let average = lang.pick("persons per class, average", "personnes par classe, en moyenne");
    line(&mut text, average, &decimal(lang, found.average_class), "");
    small(lang, &mut text, found);
    attacks(lang, &mut text, found);
    population(lang, &mut text, found);
    more(lang, &mut text, quasi, found);
    sensitive(lang, &mut text, found);
    linked(lang, &mut text, found);
    text
}

/// What ties persons to those of another release.
fn linked(lang: Lang, text: &mut String, found: &Measured) {
    let Some(linked) = &found.linked else { return };
    let title = lang.pick("Linkage with the other release", "Rapprochement avec l'autre diffusion");
    let persons = lang.pick("persons there", "personnes là-bas");
    let _ = writeln!(text, "\n{title} ({} {persons})", number(lang, linked.other));
    if let Some(shared) = linked.shared {
        let note = if shared == 0 {
            lang.pick(
                "no key in common: pseudonyms of distinct domains, or nobody in both",
                "aucune clé commune : pseudonymes de domaines distincts, ou personne dans les deux",
            )
        } else {
            lang.pick(
                "whoever has both files knows them by that key",
                "qui a les deux fichiers les reconnaît par cette clé",
            )
        };
        line(text, lang.pick("persons with one key in both", "personnes de même clé"), &number(lang, shared), note);
    }
    if let Some(rightly) = linked.rightly {
        let name = lang.pick("linked rightly without it, expected", "bien reliées sans elle, espérance");
        line(text, name, &share(lang, rightly), "");
    }
    let name = lang.pick("alone on both sides", "seules des deux côtés");
    line(text, name, &share(lang, linked.one_to_one), lang.pick("matched uniquely", "appariées sans ambiguïté"));
    line(text, lang.pick("with any candidate", "avec un candidat"), &share(lang, linked.candidates), "");
}

fn small(lang: Lang, text: &mut String, found: &Measured) {
    let small = &found.small;
    let _ = match lang {
        Lang::En => writeln!(text, "\nClasses under {} persons", small.threshold),
        Lang::Fr => writeln!(text, "\nClasses de moins de {} personnes", small.threshold),
    };
    line(text, "classes", &number(lang, small.classes), "");
    let records = number(lang, small.records);
    line(text, lang.pick("records", "enregistrements"), &records, &share(lang, per(small.records, found.records)));
    let persons = number(lang, small.persons);
    line(text, lang.pick("persons", "personnes"), &persons, &share(lang, per(small.persons, found.persons)));
}

fn per(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn attacks(lang: Lang, text: &mut String, found: &Measured) {
    let _ = writeln!(text, "\n{}", lang.pick("Risk of being found again", "Risque de ré-identification"));
    let names = [
        lang.pick("highest", "maximal"),
        lang.pick("average", "moyen"),
        lang.pick("persons over the threshold", "personnes au-dessus du seuil"),
    ];
    let attacks = [
        (lang.pick("prosecutor", "procureur"), Some(&found.prosecutor)),
        (lang.pick("journalist", "journaliste"), found.journalist.as_ref()),
    ];
    for (name, risk) in attacks {
        let Some(risk) = risk else {
            let without = lang.pick("needs --population", "demande --population");
            line(text, name, "–", without);
            continue;
        };
        for (what, number) in names.iter().zip([risk.highest, risk.average, risk.over]) {
            line(text, &format!("{name}, {what}"), &share(lang, number), "");
        }
    }
    let name = lang.pick("marketer, average", "marketeur, moyen");
    line(text, name, &share(lang, found.marketer), "");
}

fn population(lang: Lang, text: &mut String, found: &Measured) {
    let Some(estimates) = &found.population else { return };
    let title = lang.pick("Uniques of the population, estimated", "Uniques de la population, estimées");
    let _ = writeln!(text, "\n{title} ({})", number(lang, estimates.population));
    let shown = |estimate: Option<f64>| estimate.map_or("–".to_owned(), |n| number(lang, n.round() as u64));
    line(text, "Pitman", &shown(estimates.pitman), "");
    line(text, "Zayatz", &shown(estimates.zayatz), "");
    let slide = lang.pick("slide negative binomial", "binomiale négative décalée");
    line(text, slide, &shown(estimates.slide_negative_binomial), "");
    let chosen = estimates.dankar.as_ref();
    let model = chosen.map_or("", |estimate| pipeline::choice_word(estimate.choice));
    let name = lang.pick("Dankar's choice", "choix de Dankar");
    line(text, name, &shown(chosen.map(|estimate| estimate.uniques)), model);
}

/// Weights, groups, special uniques.
fn more(lang: Lang, text: &mut String, quasi: &[String], found: &Measured) {
    let (highest, average) = (lang.pick("highest", "maximal"), lang.pick("average", "moyen"));
    if let Some(risk) = &found.individual {
        let title = lang.pick("Individual risk with weights", "Risque individuel avec pondération");
        let _ = writeln!(text, "\n{title} (Benedetti–Franconi)");
        line(text, highest, &share(lang, risk.highest), "");
        line(text, average, &share(lang, risk.average), "");
        line(text, lang.pick("records over the threshold", "enregistrements au-dessus"), &share(lang, risk.over), "");
        let expected = lang.pick("records expected to be found", "enregistrements retrouvés, espérance");
        line(text, expected, &decimal(lang, risk.expected), "");
    }
    if let Some(groups) = &found.groups {
        let title = lang.pick("Risk that one of a group is found", "Risque qu'un membre d'un groupe soit retrouvé");
        let _ = writeln!(text, "\n{title} ({})", number(lang, groups.groups));
        line(text, highest, &share(lang, groups.highest), "");
        line(text, average, &share(lang, groups.average), "");
    }
    if let Some(special) = &found.special {
        let title = lang.pick("Special uniques", "Uniques particulières");
        let _ = writeln!(text, "\n{title} (SUDA2, DIS {})", decimal(lang, special.measure));
        for (size, count) in special.minimal.iter().enumerate() {
            let name = format!("{} {}", lang.pick("minimal, columns:", "minimales, colonnes :"), size + 1);
            line(text, &name, &number(lang, *count), "");
        }
        line(text, highest, &share(lang, special.highest), "");
        line(text, average, &share(lang, special.average), "");
        for (column, part) in quasi.iter().zip(&special.contributions) {
            line(text, column, &share(lang, *part), lang.pick("of the scores", "des scores"));
        }
    }
}

fn sensitive(lang: Lang, text: &mut String, found: &Measured) {
    for (column, reached) in &found.sensitive {
        let _ = writeln!(text, "\n{} {column}", lang.pick("Sensitive column", "Colonne sensible"));
        let l = lang.pick("l, distinct values", "l, valeurs distinctes");
        line(text, l, &number(lang, reached.distinct as u64), "");
        line(text, lang.pick("l, entropy", "l, entropie"), &decimal(lang, reached.entropy), "");
        line(
            text,
            lang.pick("largest share of a value", "plus grande part d'une valeur"),
            &share(lang, reached.share),
            "",
        );
        line(text, lang.pick("t, equal distance", "t, distance égale"), &decimal(lang, reached.equal), "");
        if let Some(ordered) = reached.ordered {
            line(text, lang.pick("t, ordered distance", "t, distance ordonnée"), &decimal(lang, ordered), "");
        }
        line(text, "β", &decimal(lang, reached.likeness), "");
    }
}
