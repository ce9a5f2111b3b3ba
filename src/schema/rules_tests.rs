//! The rules of the shipped schemas, run by the SQL engine that runs them in earnest: each passes what it should and
//! refuses what it should, and none trips over a missing value.
#![allow(clippy::unwrap_used)]
use std::path::Path;

use polars::prelude::*;
use polars::sql::SQLContext;

use super::{Field, Logical, TableSchema, Value};
use crate::validate::CellJudge;

fn table(name: &str) -> TableSchema {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(name).with_extension("json");
    TableSchema::read(&path).unwrap()
}

/// A column of one cell, read as the pipeline reads it.
fn column(field: &Field, table: &TableSchema, cell: Option<&str>) -> Column {
    let value = CellJudge::new(field, table).unwrap().judge(cell);
    let value = if cell.is_none() { None } else { value.unwrap_or_else(|v| panic!("{}: {v}", field.name)) };
    let any = match value {
        None => AnyValue::Null,
        Some(Value::Text(t)) => AnyValue::String(t),
        Some(Value::Integer(n)) => AnyValue::Int64(n),
        Some(Value::Number(x)) => AnyValue::Float64(x),
        Some(Value::Boolean(b)) => AnyValue::Boolean(b),
        Some(Value::Date(d)) => AnyValue::Date(d),
        Some(Value::Datetime(t)) => AnyValue::Datetime(t, TimeUnit::Microseconds, None),
    };
    let dtype = match field.logical() {
        Logical::Text => DataType::String,
        Logical::Integer => DataType::Int64,
        Logical::Number => DataType::Float64,
        Logical::Boolean => DataType::Boolean,
        Logical::Date => DataType::Date,
        Logical::Datetime => DataType::Datetime(TimeUnit::Microseconds, None),
    };
    Series::from_any_values_and_dtype(field.name.as_str().into(), &[any], &dtype, true).unwrap().into()
}

/// Names of the rules that are false for the record; cells that are not given are missing.
fn broken(table: &TableSchema, record: &[(&str, &str)]) -> Vec<String> {
    let cell = |f: &Field| record.iter().find(|(name, _)| *name == f.name).map(|(_, text)| *text);
    for (name, _) in record {
        assert!(table.position(name).is_some(), "{name}");
    }
    let columns: Vec<_> = table.fields.iter().map(|f| column(f, table, cell(f))).collect();
    let frame = DataFrame::new(1, columns).unwrap();
    let mut context = SQLContext::new();
    context.register("t", frame.lazy());
    let mut broken = Vec::new();
    for rule in &table.rules {
        let query = format!("SELECT ({}) AS kept FROM t", rule.sql);
        let result =
            context.execute(&query).and_then(LazyFrame::collect).unwrap_or_else(|e| panic!("{}: {e}", rule.name));
        let kept = result.column("kept").unwrap().bool().unwrap().get(0);
        if kept == Some(false) {
            broken.push(rule.name.clone());
        }
    }
    broken
}

/// Each case is the rules that a record breaks (none, one or several) and how the record departs from the base.
/// Every rule must be broken once.
fn check(name: &str, base: &[(&str, &str)], cases: &[(&str, &[(&str, &str)])]) {
    let table = table(name);
    assert_eq!(broken(&table, &[]), Vec::<String>::new(), "a record with nothing in it breaks no rule");
    assert_eq!(broken(&table, base), Vec::<String>::new(), "the base record breaks no rule");
    for (rules, changes) in cases {
        let kept = base.iter().filter(|(field, _)| !changes.iter().any(|(f, _)| f == field));
        // An empty text takes a cell of the base record away.
        let record: Vec<_> = kept.chain(changes.iter().filter(|(_, text)| !text.is_empty())).copied().collect();
        let wanted: Vec<&str> = rules.split_whitespace().collect();
        assert_eq!(broken(&table, &record), wanted, "{changes:?}");
    }
    for rule in &table.rules {
        assert!(
            cases.iter().any(|(names, _)| names.split_whitespace().any(|n| n == rule.name)),
            "no case breaks `{}`",
            rule.name
        );
    }
}

#[test]
fn consultations_of_children_impossible_pressures_and_late_information_are_refused() {
    let base = [
        ("date_naissance", "1979-03-14"),
        ("date_consultation", "2026-02-17"),
        ("date_information", "2026-02-17"),
        ("taille_cm", "168.5"),
        ("poids_kg", "64.2"),
        ("pas_mmhg", "128"),
        ("pad_mmhg", "79"),
    ];
    check(
        "consultation_prevention",
        &base,
        &[
            ("", &[("date_naissance", "2008-12-31")]),
            ("age_adulte", &[("date_naissance", "2009-01-01")]),
            ("naissance_avant_consultation age_adulte", &[("date_naissance", "2026-02-17"), ("date_information", "")]),
            ("naissance_avant_information", &[("date_information", "2000-01-01"), ("date_naissance", "2001-01-01")]),
            ("information_avant_consultation", &[("date_information", "2026-02-18")]),
            ("pad_inferieure_a_pas", &[("pad_mmhg", "128")]),
            ("corpulence_possible", &[("taille_cm", "64.2"), ("poids_kg", "168.5")]),
            ("", &[("taille_cm", "")]),
        ],
    );
}

#[test]
fn results_of_one_screening_programme_are_refused_in_another() {
    let base = [
        ("date_naissance", "1963-09-21"),
        ("sexe", "F"),
        ("programme", "colorectal"),
        ("date_invitation", "2025-11-04"),
        ("date_test", "2025-12-09"),
        ("date_coloscopie", "2026-01-20"),
        ("resultat", "pos"),
        ("valeur_fit_ng_ml", "210.5"),
        ("coloscopie_conclusion", "cancer"),
        ("diagnostic_cim10", "C18.7"),
        ("stade", "I"),
        ("numero_kit", "K26-00012345"),
        ("remise_kit", "pharmacien"),
    ];
    let none = [("valeur_fit_ng_ml", ""), ("date_coloscopie", ""), ("coloscopie_conclusion", "")];
    let no_kit = [("numero_kit", ""), ("remise_kit", "")];
    let breast = [&[("programme", "sein")], none.as_slice(), no_kit.as_slice()].concat();
    let cervix = [&[("programme", "col")], none.as_slice()].concat();
    let with = |base: &[(&'static str, &'static str)], more: &[(&'static str, &'static str)]| [base, more].concat();
    check(
        "depistage_organise",
        &base,
        &[
            ("", &with(&breast, &[("acr_l1", "4"), ("acr_l2", "2"), ("bdi", "true")])),
            ("", &with(&cervix, &[("hpv", "16"), ("cytologie", "LSIL")])),
            (
                "",
                &[("resultat", "non_analysable"), ("motif_non_analysable", "delai_depasse"), ("valeur_fit_ng_ml", "")],
            ),
            ("acr_sein_seulement", &[("acr_l1", "2")]),
            ("acr_sein_seulement", &with(&cervix, &[("acr_l1", "0"), ("acr_l2", "0")])),
            ("seconde_lecture_apres_premiere", &with(&breast, &[("acr_l2", "2")])),
            ("bdi_sein_seulement", &[("bdi", "false")]),
            ("fit_colorectal_seulement", &with(&breast, &[("valeur_fit_ng_ml", "3")])),
            ("coloscopie_colorectal_seulement", &with(&breast, &[("date_coloscopie", "2026-01-20")])),
            ("conclusion_avec_coloscopie", &[("date_coloscopie", "")]),
            ("col_femmes_seulement", &[("hpv", "neg")]),
            ("col_femmes_seulement", &with(&cervix, &[("cytologie", "NILM"), ("sexe", "M")])),
            ("kit_sans_sein", &with(&breast, &[("remise_kit", "courrier")])),
            ("naissance_avant_invitation", &[("date_naissance", "2025-11-04")]),
            ("naissance_avant_test", &[("date_naissance", "2025-12-09"), ("date_invitation", "")]),
            (
                "naissance_avant_coloscopie",
                &[("date_naissance", "2026-01-20"), ("date_invitation", ""), ("date_test", ""), ("resultat", "")],
            ),
            ("invitation_avant_test", &[("date_invitation", "2025-12-10")]),
            ("test_avant_coloscopie", &[("date_test", "2026-01-21")]),
            ("invitation_avant_coloscopie", &[("date_test", ""), ("resultat", ""), ("date_invitation", "2026-01-21")]),
            ("resultat_avec_test", &[("date_test", "")]),
            ("motif_si_non_analysable", &[("motif_non_analysable", "delai_depasse")]),
            ("motif_si_non_analysable", &[("motif_non_analysable", "delai_depasse"), ("resultat", "")]),
            ("fit_si_analysable", &[("resultat", "non_analysable")]),
            ("stade_avec_diagnostic", &[("diagnostic_cim10", "")]),
        ],
    );
}

#[test]
fn certificates_fit_the_age_of_child_and_mother() {
    let base = [
        ("date_naissance_enfant", "2025-01-18"),
        ("date_naissance_mere", "1994-06-02"),
        ("poids_g", "3320"),
        ("type_certificat", "CS8"),
        ("annee", "2025"),
    ];
    check(
        "certificat_sante_enfant",
        &base,
        &[
            ("", &[("type_certificat", "CS24"), ("annee", "2027"), ("poids_g", "12000")]),
            ("age_de_la_mere", &[("date_naissance_mere", "2016-01-01")]),
            ("mere_avant_enfant age_de_la_mere", &[("date_naissance_mere", "2025-01-18")]),
            ("age_de_la_mere", &[("date_naissance_mere", "1959-12-31")]),
            ("annee_apres_naissance", &[("annee", "2024")]),
            ("annee_apres_naissance", &[("annee", "2029")]),
            ("poids_selon_examen", &[("poids_g", "7001")]),
            ("poids_selon_examen", &[("type_certificat", "CS9"), ("poids_g", "2999")]),
        ],
    );
}
