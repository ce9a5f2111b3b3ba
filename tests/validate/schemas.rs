//! `tamis schema lint | infer | doc | diff`.

use std::fs;

use serde_json::Value;
use tamis::synth::SynthOptions;

use crate::{Bench, common};

const VISITS: &str = r#"{"name": "visites", "title": "Visites", "primaryKey": ["id"], "fields": [
    {"name": "id", "type": "integer", "title": "Numéro", "tamis:role": "other"},
    {"name": "sexe", "type": "string", "title": "Sexe", "tamis:role": "quasi-identifier", "constraints": {"enum": ["F", "M"]}}
]}"#;

#[test]
fn a_schema_is_judged_with_its_place_and_what_to_do() {
    let bench = Bench::new(&[
        ("good.json", VISITS),
        ("old.json", &VISITS.replace("[\"id\"]", "\"id\"")),
        ("bad.json", &VISITS.replace("integer", "entier")),
    ]);
    let good = bench.tamis(&["schema", "lint", "good.json", "--fail-on", "warning"]);
    assert_eq!(good.code, Some(0), "{}", good.out);
    let old = bench.tamis(&["schema", "lint", "old.json", "--lang", "fr"]);
    assert!(old.code == Some(0) && old.out.contains("version 1 de Table Schema"), "{}", old.out);
    assert_eq!(bench.tamis(&["schema", "lint", "old.json", "--fail-on", "warning"]).code, Some(1));
    let bad = bench.tamis(&["schema", "lint", "good.json", "bad.json", "--format", "json"]);
    assert_eq!(bad.code, Some(1));
    let json: Value = serde_json::from_str(&bad.out).unwrap();
    assert_eq!(json["schemas"][0]["errors"].as_array().unwrap().len(), 0);
    assert!(json["schemas"][1]["errors"][0].as_str().unwrap().contains("fields[0].type"));
    assert_eq!(bench.tamis(&["schema", "lint", "absent.json"]).code, Some(6));
}

#[test]
fn schemas_of_the_project_have_no_error_and_every_field_a_role() {
    let folder = common::project().join("schemas");
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "json") || tamis::schema::TableSchema::read(&path).is_err() {
            continue;
        }
        let told = Bench::new(&[]).tamis(&["schema", "lint", path.to_str().unwrap(), "--format", "json"]);
        assert_eq!(told.code, Some(0), "{}", told.out);
        let json: Value = serde_json::from_str(&told.out).unwrap();
        let codes = json["schemas"][0]["warnings"].as_array().unwrap().clone();
        assert!(codes.iter().all(|w| w["code"] != "no-role" && w["code"] != "looks-identifying"), "{codes:?}");
        seen += 1;
    }
    assert!(seen >= 3, "{seen}");
}

#[test]
fn what_is_proposed_for_a_file_finds_its_persons_and_judges_it_clean() {
    let bench = Bench::new(&[]);
    let file = bench.path("consultations.csv");
    common::synth(&file, "consultation_prevention", SynthOptions { records: 400, ..SynthOptions::default() });
    let told = bench.tamis(&["schema", "infer", "consultations.csv", "--output", "s.json", "--lang", "fr"]);
    assert_eq!(told.code, Some(0), "{}", told.err);
    assert!(told.out.contains("nir bien formés") && told.out.contains("rôle à décider"), "{}", told.out);
    let schema: Value = serde_json::from_str(&bench.read("s.json")).unwrap();
    let role = |name: &str| {
        let field = schema["fields"].as_array().unwrap().iter().find(|f| f["name"] == name).unwrap();
        field["tamis:role"].as_str().map(str::to_owned)
    };
    let written = tamis::schema::TableSchema::read(&common::schema_path("consultation_prevention")).unwrap();
    let mut found = 0;
    for field in &written.fields {
        let proposed = role(&field.name);
        if field.role.is_some_and(tamis::schema::Role::never_leaves) {
            found += usize::from(proposed.as_deref().is_some_and(|r| r.ends_with("t-identifier")));
        }
    }
    assert!(found >= 4, "{found}: {}", told.out);
    assert_eq!(role("matricule_ins").as_deref(), Some("subject-identifier"));
    assert_eq!(role("date_naissance").as_deref(), Some("quasi-identifier"));
    let judged = bench.validate(&["consultations.csv", "--schema", "s.json"]);
    assert_eq!(judged.code, Some(0), "{}", judged.out);

    // No value that few records have stands in the schema or in the reasons.
    let told = format!("{}{}", told.out, bench.read("s.json"));
    let reader = tamis::ingest::open_one(&file, None).unwrap();
    let labels = reader.files()[0].labels.clone();
    let mut seen = 0;
    for block in reader {
        let raw = block.unwrap().parse().unwrap();
        for (column, label) in labels.iter().enumerate() {
            if !["nom_naissance", "prenoms", "matricule_ins", "adresse_detaillee", "telephone"]
                .contains(&label.as_str())
            {
                continue;
            }
            for value in (0..raw.rows()).filter_map(|row| raw.cell(row, column)).filter(|v| !v.is_empty()) {
                assert!(!told.contains(&format!("\"{value}\"")), "{label}");
                seen += 1;
            }
        }
    }
    assert!(seen > 1000, "{seen}");
    let again = bench.tamis(&["schema", "infer", "consultations.csv", "--output", "s.json"]);
    assert_eq!(again.code, Some(2), "nothing is written over");
}

#[test]
fn files_that_one_schema_cannot_describe_are_refused() {
    let bench = Bench::new(&[("a.csv", "a;b\n1;2\n"), ("b.csv", "a;c\n1;2\n"), ("c.csv", "a;a\n1;2\n")]);
    for (words, code, part) in [
        (&["a.csv", "b.csv"][..], 1, "its header is not that of a.csv"),
        (&["c.csv"][..], 1, "column 2"),
        (&["no.csv"][..], 6, "not found"),
    ] {
        let told = bench.tamis(&[&["schema", "infer"], words].concat());
        assert_eq!(told.code, Some(code), "{}", told.err);
        assert!(told.err.contains(part), "{}", told.err);
    }
}

#[test]
fn a_page_is_written_in_markdown_and_in_html() {
    let bench = Bench::new(&[("s.json", VISITS)]);
    let markdown = bench.tamis(&["schema", "doc", "s.json", "--lang", "fr"]);
    assert_eq!(markdown.code, Some(0), "{}", markdown.err);
    for part in ["# Visites", "| `sexe` | Sexe |", "F · M", "identifie par recoupement", "Clé primaire"] {
        assert!(markdown.out.contains(part), "{part}: {}", markdown.out);
    }
    let told = bench.tamis(&["schema", "doc", "s.json", "--output", "s.html"]);
    assert_eq!(told.code, Some(0), "{}", told.err);
    let page = bench.read("s.html");
    assert!(page.starts_with("<!doctype html>") && page.contains("<td>Sexe</td>") && page.contains("viewport"));
    for word in ["<script", "http:", "https:", "url(", " src="] {
        assert!(!page.contains(word), "{word}");
    }
    for tag in ["table", "tr", "td", "th", "ul", "li", "div", "main"] {
        let open = page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
        assert_eq!(open, page.matches(&format!("</{tag}>")).count(), "{tag}");
    }
}

#[test]
fn a_change_is_held_against_the_pipelines_that_have_the_schema() {
    let schema = fs::read_to_string(common::schema_path("consultation_prevention")).unwrap();
    let mut without: Value = serde_json::from_str(&schema).unwrap();
    without["fields"].as_array_mut().unwrap().retain(|f| f["name"] != "date_naissance");
    let mut stricter: Value = serde_json::from_str(&schema).unwrap();
    let fields = stricter["fields"].as_array_mut().unwrap();
    let sex = fields.iter_mut().find(|f| f["name"] == "sexe").unwrap();
    sex["title"] = "Autre titre".into();
    let bench = Bench::new(&[("without.json", &without.to_string()), ("titled.json", &stricter.to_string())]);
    let old = common::schema_path("consultation_prevention").display().to_string();
    let pipeline = |name: &str| common::project().join(format!("pipelines/{name}.toml")).display().to_string();
    let (uses, other) = (pipeline("l1411-8"), pipeline("certificats-enfant"));
    let words =
        |new: &'static str| ["schema", "diff", &old, new, "--pipeline", &uses, "--pipeline", &other].map(str::to_owned);
    let run = |new: &'static str, more: &[&str]| {
        let words = words(new);
        bench.tamis(&[words.iter().map(String::as_str).collect::<Vec<_>>().as_slice(), more].concat())
    };
    let broken = run("without.json", &["--format", "json"]);
    assert_eq!(broken.code, Some(1), "{}", broken.err);
    let json: Value = serde_json::from_str(&broken.out).unwrap();
    let removed = json["changes"].as_array().unwrap().iter().find(|c| c["what"] == "removed").unwrap();
    assert_eq!((removed["field"].as_str(), removed["effect"].as_str()), (Some("date_naissance"), Some("narrower")));
    assert_eq!((&json["pipelines"][0]["uses"], &json["pipelines"][0]["breaks"]), (&true.into(), &true.into()));
    assert!(json["pipelines"][0]["problems"].to_string().contains("date_naissance"));
    assert_eq!((&json["pipelines"][1]["uses"], &json["pipelines"][1]["breaks"]), (&false.into(), &false.into()));

    let works = run("titled.json", &["--lang", "fr"]);
    assert_eq!(works.code, Some(0), "{}", works.out);
    assert!(
        works.out.contains("continue de fonctionner") && works.out.contains("n'emploie pas ce schéma"),
        "{}",
        works.out
    );
    assert!(works.out.contains("jugés comme avant") && !works.out.contains("ne plus l'être"), "{}", works.out);
    assert_eq!(bench.tamis(&["schema", "diff", &old, "absent.json"]).code, Some(2));
}
