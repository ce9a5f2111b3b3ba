#![allow(clippy::unwrap_used)]

use std::io::Write;

use super::inside::look;
use super::*;

fn of(text: &str) -> Vec<&'static str> {
    Suspicion::ALL.into_iter().zip(look(text)).filter(|(_, found)| *found).map(|(what, _)| what.word()).collect()
}

#[test]
fn persons_are_suspected_within_texts_and_not_everywhere() {
    assert_eq!(of("patient 2 84 05 88 321 025 32 revu"), ["nir"]);
    assert_eq!(of("rappeler au 06 39 98 12 34 demain"), ["telephone"]);
    assert_eq!(of("le 12 03 2026 0639981234"), ["telephone"]);
    assert_eq!(of("écrire à (jeanne@exemple.fr)."), ["email"]);
    assert_eq!(of("habite 12 bis rue des Lilas, 3e"), ["address"]);
    assert_eq!(of("vue avec Marie MARTIN."), ["name"]);
    assert_eq!(of("adressé par le Dr Martin"), ["name"]);
    assert_eq!(of("née le 12/05/1961"), ["birth"]);
    for harmless in [
        "tension 12/8, revoir dans 3 mois",
        "2 84 05 88 321 025 33",
        "marie son traitement à un régime",
        "arobase @ seule, a@b",
        "dossier C0639981234, puis 0639981234X",
        "poids 81 kg, 12 séances",
        "",
    ] {
        assert!(of(harmless).is_empty(), "{harmless}: {:?}", of(harmless));
    }
}

fn file(rows: impl Iterator<Item = String>) -> tempfile::NamedTempFile {
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    writeln!(file, "mesure;jour;note;code").unwrap();
    rows.for_each(|row| writeln!(file, "{row}").unwrap());
    file
}

#[test]
fn what_is_told_is_shared_by_eleven_records_and_does_not_depend_on_how_they_are_cut() {
    let day = |n: u64| NaiveDateText(n).to_string();
    let row = |n: u64| {
        let note = if n == 777 { "appeler le 0639981234" } else { "rien" };
        format!("{};{};{note};{}", 100_000 + n * 7, day(n), if n.is_multiple_of(100) { "rare" } else { "B" })
    };
    let all = file((0..1_000).map(row));
    let profile = super::profile(&[all.path().to_path_buf()], None).unwrap();
    let [measure, date, note, code] = &profile.columns[..] else { unreachable!() };
    assert_eq!((profile.records, measure.values, measure.missing, measure.distinct), (1_000, 1_000, 0, Some(1_000)));
    // Of 1,000 different numbers none is told as it is; 103,500 is in the middle.
    assert!(measure.frequent.is_empty());
    let median = measure.quantiles.iter().find(|q| q.percent == 50).unwrap();
    assert!(median.is_rounded && ["103500", "104000", "103000"].contains(&median.text.as_str()), "{median:?}");
    assert!(date.quantiles.iter().all(|q| q.is_rounded && q.text.len() == 7), "{:?}", date.quantiles);
    // Ten records are too few to tell their value.
    assert_eq!(code.frequent, [("B".to_owned(), 990)]);
    assert_eq!(note.suspicions.len(), 1);
    let (what, cells, places) = &note.suspicions[0];
    assert_eq!((what.word(), *cells, places[0].record, places[0].line), ("telephone", 1, 778, 779));

    // Two files are one table.
    let parts = [file((0..400).map(row)), file((400..1_000).map(row))];
    let paths: Vec<std::path::PathBuf> = parts.iter().map(|part| part.path().to_path_buf()).collect();
    let both = super::profile(&paths, None).unwrap();
    for (one, two) in profile.columns.iter().zip(&both.columns) {
        assert_eq!((&one.quantiles, &one.frequent, one.distinct), (&two.quantiles, &two.frequent, two.distinct));
    }
}

/// A day of 2025 and after.
struct NaiveDateText(u64);

impl std::fmt::Display for NaiveDateText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let day = chrono::NaiveDate::from_ymd_opt(2025, 1, 1).unwrap() + chrono::Days::new(self.0);
        write!(f, "{}", day.format("%Y-%m-%d"))
    }
}

#[test]
fn many_different_numbers_are_counted_by_their_logarithms_and_stay_near() {
    let mut numbers = spread::Numbers::default();
    let mut parts = spread::Numbers::default();
    for n in 0..200_000_u64 {
        let number = (n * 7_919 % 200_000) as f64 + 0.5;
        if n.is_multiple_of(2) { numbers.take(number, 1) } else { parts.take(number, 1) }
    }
    numbers.merge(parts);
    let ty = FieldType::Number { decimal_char: '.', group_char: None, bare_number: true };
    for quantile in spread::quantiles(&numbers, &ty, SHOWN) {
        let (found, expected) = (quantile.text.parse::<f64>().unwrap(), f64::from(quantile.percent) * 2_000.0);
        assert!((found / expected - 1.0).abs() < 0.02 && quantile.is_rounded, "{quantile:?}");
    }
}

#[test]
fn of_direct_identifiers_only_counts_are_told() {
    let rows = (0..200_u64).map(|n| {
        format!("{};2025-01-01;Marie;1", if n.is_multiple_of(2) { "284058832102532" } else { "155069900500156" })
    });
    let profile = super::profile(&[file(rows).path().to_path_buf()], None).unwrap();
    let number = &profile.columns[0];
    assert_eq!(number.proposed.role, Some("subject-identifier"));
    assert!(number.is_direct() && number.frequent.is_empty() && number.quantiles.is_empty(), "{number:?}");
    assert_eq!(number.distinct, Some(2));
}
