#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::validate::Violation;
use crate::words::Lang;

const SCHEMA: &str = r#"{"name": "visites", "primaryKey": ["id"], "fields": [
    {"name": "id", "type": "integer", "constraints": {"unique": true, "minimum": 1}},
    {"name": "jour & <b>", "type": "date", "format": "%d/%m/%Y"},
    {"name": "sexe", "type": "string", "constraints": {"enum": ["F", "M"], "maxLength": 1, "required": true}}
  ], "tamis:rules": [{"name": "ordre", "sql": "id > 0", "description": "l'ordre des dates"}]}"#;

const RULES: [&str; 12] = [
    "type",
    "required",
    "enum",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "identifier",
    "jsonSchema",
];

fn schema() -> TableSchema {
    TableSchema::parse(SCHEMA, "visites").unwrap()
}

/// A finding of every kind, and some at several places.
fn findings() -> Findings {
    let mut findings = Findings::new(3);
    let at = |record: u64| Place { file: 0, record, line: if record == 0 { 1 } else { record + 1 } };
    findings.add(FindingKind::ExtraLabel, None, Some("column 4"), at(0));
    findings.add(FindingKind::ExtraCell, None, None, at(7));
    findings.add(FindingKind::MissingCell, Some("sexe"), None, at(9));
    for record in [5, 3, 8, 2] {
        let shape = || Some(Shape::mask("2025-12-31"));
        findings.add_cell(FindingKind::TypeError, Some("jour & <b>"), None, at(record), shape);
    }
    findings.add(FindingKind::ConstraintError, Some("sexe"), Some("enum"), at(5));
    findings.add(FindingKind::UniqueError, None, Some("id"), at(6));
    findings.add(FindingKind::RowConstraint, None, Some("ordre"), Place { line: 0, ..at(4) });
    findings
}

fn with_report<R>(most: usize, look: impl FnOnce(&Report<'_>) -> R) -> R {
    let (schema, findings) = (schema(), findings());
    let files = [PathBuf::from("in/visites d'été.csv")];
    let warning = Warning { code: "table-name".into(), message: "m & <i>".into(), advice: "a".into() };
    let judged = Judged {
        name: "visites",
        schema: &schema,
        schema_path: "schemas/visites.json".into(),
        files: &files,
        columns: &[3],
        read: 1234,
        rejected: 8,
        filtered: 0,
        findings: &findings,
        warnings: vec![warning],
    };
    look(&Report { sources: vec![judged], places: 3, most })
}

#[test]
fn every_kind_of_finding_and_every_rule_has_a_message_in_both_languages() {
    for words in [Words::new(Lang::En), Words::new(Lang::Fr)] {
        for kind in FindingKind::ALL {
            assert!(words.has(&format!("finding-{}", kind.as_str())), "{kind:?}");
        }
        for rule in RULES {
            assert!(words.has(&format!("rule-{rule}")), "{rule}");
        }
        for kind in crate::schema::RemarkKind::ALL {
            assert!(words.has(&format!("remark-{}", kind.as_str())) && words.has(&format!("advice-{}", kind.as_str())));
        }
    }
    let broken = [
        Violation::Type,
        Violation::Required,
        Violation::Enum,
        Violation::Pattern,
        Violation::MinLength,
        Violation::MaxLength,
        Violation::Minimum,
        Violation::Maximum,
        Violation::ExclusiveMinimum,
        Violation::ExclusiveMaximum,
        Violation::Identifier,
    ];
    assert!(broken.iter().all(|v| RULES.contains(&v.rule())));
}

#[test]
fn what_is_expected_is_said_by_the_schema_in_either_language() {
    let schema = schema();
    let key = |kind, field: Option<&str>, rule: Option<&str>| FindingKey {
        kind,
        field: field.map(str::to_owned),
        rule: rule.map(str::to_owned),
    };
    let cases = [
        (FindingKind::TypeError, Some("jour & <b>"), None, "une date telle que `25/02/2026` (`%d/%m/%Y`)"),
        (FindingKind::ConstraintError, Some("sexe"), Some("enum"), "une valeur parmi `F`, `M`"),
        (FindingKind::ConstraintError, Some("sexe"), Some("maxLength"), "au plus 1 caractère"),
        (FindingKind::ConstraintError, Some("id"), Some("minimum"), "au moins 1"),
        (FindingKind::RowConstraint, None, Some("ordre"), "l'ordre des dates"),
        (FindingKind::PrimaryKey, None, Some("id"), "pour chaque enregistrement, id qui lui est propre"),
    ];
    for (kind, field, rule, text) in cases {
        assert_eq!(expected(&Words::new(Lang::Fr), &schema, &key(kind, field, rule)).as_deref(), Some(text));
        assert!(expected(&Words::new(Lang::En), &schema, &key(kind, field, rule)).is_some());
    }
}

#[test]
fn findings_are_listed_in_the_order_of_rows_and_columns_up_to_the_number_asked_for() {
    with_report(4, |report| {
        let text = report.write(Form::Jsonl, &Words::new(Lang::En));
        let lines: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        let of = |kind: &str| lines.iter().filter(|l| l["kind"] == kind).cloned().collect::<Vec<_>>();
        let listed: Vec<_> =
            of("finding").iter().map(|l| (l["row"].clone(), l["column"].clone(), l["type"].clone())).collect();
        let expected = [
            (Value::Null, 4.into(), "extra-label".into()),
            (3.into(), 2.into(), "type-error".into()),
            (4.into(), 2.into(), "type-error".into()),
            (5.into(), Value::Null, "row-constraint".into()),
        ];
        assert_eq!(listed, expected);
        assert_eq!(of("finding")[1]["shape"], "9999-99-99");
        let counts: u64 = of("count").iter().map(|l| l["count"].as_u64().unwrap()).sum();
        assert_eq!(counts, 10, "all are counted, listed or not");
        assert_eq!(of("warning").len(), 1);
    });
}

#[test]
fn sarif_has_the_properties_that_the_standard_requires() {
    with_report(100, |report| {
        let log: Value = serde_json::from_str(&report.write(Form::Sarif, &Words::new(Lang::Fr))).unwrap();
        assert_eq!(log["version"], "2.1.0");
        let run = &log["runs"][0];
        assert_eq!(run["tool"]["driver"]["name"], "tamis");
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        let ids: BTreeSet<&str> = rules.iter().map(|r| r["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), rules.len(), "no rule twice");
        let results = run["results"].as_array().unwrap();
        assert_eq!(results.len(), 10);
        for result in results {
            assert!(!result["message"]["text"].as_str().unwrap().is_empty());
            assert!(["none", "note", "warning", "error"].contains(&result["level"].as_str().unwrap()));
            if let Some(index) = result["ruleIndex"].as_u64() {
                assert_eq!(rules[index as usize]["id"], result["ruleId"]);
            }
            let place = &result["locations"][0]["physicalLocation"];
            let uri = place["artifactLocation"]["uri"].as_str().unwrap();
            assert!(uri.is_ascii() && !uri.contains([' ', '\'']), "{uri}");
            if let Some(region) = place.get("region") {
                assert!(region["startLine"].as_u64().unwrap() >= 1);
            }
        }
        assert!(results.iter().any(|r| r["locations"][0]["physicalLocation"].get("region").is_none()), "no line 0");
        assert_eq!(run["language"], "fr");
    });
}

#[test]
fn junit_is_sound_xml_whose_counts_are_those_of_its_cases() {
    use quick_xml::events::Event;
    with_report(100, |report| {
        let text = report.write(Form::Junit, &Words::new(Lang::En));
        let mut reader = quick_xml::Reader::from_str(&text);
        let (mut cases, mut failures, mut told) = (0, 0, String::new());
        loop {
            match reader.read_event().unwrap() {
                Event::Start(e) | Event::Empty(e) => match e.name().as_ref() {
                    b"testcase" => cases += 1,
                    b"failure" => failures += 1,
                    b"testsuites" | b"testsuite" => {
                        for attribute in e.attributes() {
                            attribute.unwrap();
                        }
                        told.push_str(&String::from_utf8_lossy(&e));
                    }
                    _ => {}
                },
                Event::Eof => break,
                _ => {}
            }
        }
        // Structure, three fields, a rule, the keys.
        assert_eq!((cases, failures), (6, 5));
        assert_eq!(told.matches("tests=\"6\" failures=\"5\"").count(), 2, "{told}");
    });
}

#[test]
fn the_page_needs_no_script_and_no_network_and_shows_names_as_text() {
    with_report(100, |report| {
        for lang in [Lang::En, Lang::Fr] {
            let page = report.write(Form::Html, &Words::new(lang));
            assert!(page.starts_with("<!doctype html>") && page.contains("name=\"viewport\""));
            assert!(page.contains(&format!("<html lang=\"{}\">", lang.tag())) && page.contains("prefers-color-scheme"));
            for word in ["<script", "http:", "https:", "@import", "url(", " src=", "<link", " onclick"] {
                assert!(!page.contains(word), "{word}");
            }
            assert!(page.contains("jour &amp; &lt;b&gt;") && !page.contains("<b>") && !page.contains("<i>"));
            for tag in ["main", "section", "ul", "ol", "p", "div", "li", "code", "span"] {
                let open = page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
                assert_eq!(open, page.matches(&format!("</{tag}>")).count(), "{tag}");
            }
        }
    });
}

#[test]
fn readers_are_told_structure_and_content_apart() {
    with_report(100, |report| {
        let text = report.write(Form::Human, &Words::new(Lang::Fr));
        let (structure, content) = (text.find("Structure").unwrap(), text.find("Contenu").unwrap());
        assert!(structure < text.find("extra-cell").unwrap() && text.find("extra-cell").unwrap() < content);
        assert!(content < text.find("type-error").unwrap());
        assert!(text.contains("1\u{202f}234 enregistrements, dont 8 avec constats"), "{text}");
        assert!(text.contains("[1] enr. 2 (ligne 3) 9999-99-99"), "{text}");
    });
}
