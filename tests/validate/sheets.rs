//! Workbooks of several sheets, wherever a file of records is named.

use crate::Bench;

const SCHEMA: &str = r#"{"name": "consultations", "fields": [
    {"name": "matricule_ins", "type": "string", "tamis:role": "subject-identifier"},
    {"name": "sexe", "type": "string", "tamis:role": "other", "constraints": {"enum": ["1", "2"]}},
    {"name": "date_naissance", "type": "date", "tamis:role": "quasi-identifier"},
    {"name": "poids_kg", "type": "number", "tamis:role": "sensitive"},
    {"name": "vu_le", "type": "string", "tamis:role": "other"},
    {"name": "actif", "type": "boolean", "tamis:role": "other"},
    {"name": "note", "type": "string", "tamis:role": "direct-identifier"}
]}"#;
const OTHER: &str = r#"{"name": "plus", "fields": [{"name": "a", "type": "string", "tamis:role": "other"}]}"#;

fn bench() -> Bench {
    let bench = Bench::new(&[("s.json", SCHEMA), ("o.json", OTHER), ("c.csv", "a\n1\n")]);
    for name in ["deux-feuilles.xlsx", "consultations.ods"] {
        std::fs::copy(crate::common::project().join("tests/vectors/files").join(name), bench.path(name)).unwrap();
    }
    bench
}

#[test]
fn which_sheet_is_meant_is_asked_for_and_taken_by_its_name() {
    let bench = bench();
    let asked = bench.validate(&["deux-feuilles.xlsx", "--schema", "s.json"]);
    assert_eq!(asked.code, Some(1));
    assert!(asked.err.contains("of its 3 sheets, numbers 1, 3 hold something"), "{}", asked.err);
    assert!(asked.err.contains("--sheet NAME") && !asked.err.contains("plus"), "{}", asked.err);
    let told =
        bench.validate(&["deux-feuilles.xlsx", "--schema", "s.json", "--sheet", "consultations", "--format", "jsonl"]);
    assert_eq!(told.findings(), [(Some(4), None, "blank-row".to_owned())], "{} {}", told.out, told.err);
    let other = bench.validate(&["deux-feuilles.xlsx", "--schema", "o.json", "--sheet", "plus"]);
    assert_eq!(other.code, Some(0), "{}{}", other.out, other.err);
    for words in [
        ["profile", "deux-feuilles.xlsx", "--sheet", "consultations"],
        ["profile", "consultations.ods", "--sheet", "Sheet"],
    ] {
        let code = bench.tamis(&words).code;
        assert_eq!(code, Some(if words[1].ends_with("xlsx") { 0 } else { 6 }), "{words:?}");
    }
    let proposed = bench.tamis(&["schema", "infer", "deux-feuilles.xlsx", "--sheet", "consultations"]);
    assert!(proposed.code == Some(0) && proposed.out.contains("matricule_ins"), "{}", proposed.err);
}

#[test]
fn a_sheet_that_is_not_there_and_a_file_without_sheets_are_told() {
    let bench = bench();
    for (file, sheet, expected) in [
        ("deux-feuilles.xlsx", "Consultations", "none of its 3 sheets is named `Consultations`"),
        ("c.csv", "plus", "is no workbook (XLSX, ODS), so it has no sheets"),
    ] {
        let told = bench.validate(&[file, "--schema", "o.json", "--sheet", sheet]);
        assert_eq!((told.code, told.err.contains(expected)), (Some(1), true), "{}", told.err);
    }
    let pipeline = bench.tamis(&["validate", "p.toml", "--sheet", "plus", "--lang", "fr"]);
    assert_eq!((pipeline.code, pipeline.err.contains("sheet = \"NOM\"")), (Some(2), true), "{}", pipeline.err);
}

/// Two sheets of one workbook are two sources; the same one twice is refused.
#[test]
fn a_pipeline_names_the_sheet_of_each_source() {
    let bench = bench();
    let source = |name: &str, schema: &str, more: &str| {
        format!("[[source]]\nname = \"{name}\"\nschema = \"{schema}\"\nfiles = [\"deux-feuilles.xlsx\"]\n{more}\n")
    };
    let pipeline = |first: &str, second: &str| {
        let rest = "[subject]\ncolumn = \"matricule_ins\"\nkind = \"text\"\nlinkage = \"none\"\n\
            [[keep]]\ncolumn = \"sexe\"\nwhy = \"x\"\n[[persons]]\nname = \"p\"\nprotect = { k = 11, quasi_identifiers = [\"sexe\"] }\n[export]\nto = \"out\"\n";
        let head = "[pipeline]\nname = \"p\"\nlegal_basis = \"CSP L1411-8\"\npurpose = \"x\"\npolicy = \"1\"\n";
        format!("{head}{}{}{rest}", source("c", "s.json", first), second)
    };
    let check = |text: &str| {
        std::fs::write(bench.path("p.toml"), text).unwrap();
        bench.tamis(&["validate", "p.toml", "--format", "jsonl"])
    };
    let told = check(&pipeline("sheet = \"consultations\"", ""));
    assert_eq!(told.findings(), [(Some(4), None, "blank-row".to_owned())], "{}", told.err);
    let again = source("d", "s.json", "sheet = \"consultations\"");
    let twice = check(&pipeline("sheet = \"consultations\"", &again));
    assert_eq!((twice.code, twice.err.contains("files_twice")), (Some(2), true), "{}", twice.err);
    let csv = check(&pipeline("sheet = \"consultations\"\nformat = \"csv\"", ""));
    assert_eq!((csv.code, csv.err.contains("only a workbook")), (Some(2), true), "{}", csv.err);
}
