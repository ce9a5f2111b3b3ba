//! FHIR R4 bulk exports: invented resources under `tests/vectors/files/fhir`.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::{Desk, common, released};

fn desk() -> Desk {
    let desk = Desk::new();
    for entry in fs::read_dir(common::project().join("tests/vectors/files/fhir")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, desk.path(path.file_name().unwrap().to_str().unwrap())).unwrap();
    }
    desk
}

fn resources(name: &str) -> Vec<Value> {
    let path = common::project().join("tests/vectors/files/fhir").join(name);
    fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Changes the lines of a file.
fn change(desk: &Desk, name: &str, change: impl Fn(usize, String) -> String) {
    let text = fs::read_to_string(desk.path(name)).unwrap();
    let lines: Vec<String> = text.lines().enumerate().map(|(at, line)| change(at + 1, line.to_owned())).collect();
    desk.write(name, lines.join("\n") + "\n");
}

#[test]
fn observations_find_their_patients_through_references() {
    let desk = desk();
    let told = desk.tamis(&["run", "pipeline.toml"]);
    assert_eq!(told.code, Some(0), "{}{}", told.out, told.err);
    // The same sums, without the program.
    let sex: BTreeMap<String, String> = resources("Patient.ndjson")
        .iter()
        .map(|p| (format!("Patient/{}", p["id"].as_str().unwrap()), p["gender"].as_str().unwrap().to_owned()))
        .collect();
    let mut sums: BTreeMap<&str, f64> = BTreeMap::new();
    for observation in resources("Observation.ndjson") {
        let reference = observation["subject"]["reference"].as_str().unwrap();
        let patient = reference.split("/_history").next().unwrap();
        *sums.entry(&sex[patient]).or_default() += observation["valueQuantity"]["value"].as_f64().unwrap();
    }
    let run = &desk.runs()[0];
    let table = released(run, "par_sexe.csv");
    let mut seen = 0;
    for line in table.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let sum = sums[cells[0]];
        assert!(cells[1] == "20" && cells[2].parse::<f64>().unwrap() == sum, "{line}: {sum}");
        seen += 1;
    }
    assert_eq!(seen, 2, "{table}");
}

#[test]
fn what_is_no_record_or_not_one_value_is_a_finding_and_the_others_are_released() {
    let desk = desk();
    change(&desk, "Patient.ndjson", |line, text| match line {
        3 => text.replace("\"use\":\"usual\",\"family\"", "\"use\":\"official\",\"family\""),
        5 => text.replace("\"gender\":\"female\"", "\"gender\":\"female\",\"gender\":\"male\""),
        7 => "KANARI".to_owned(),
        9 => text.replace("\"resourceType\":\"Patient\"", "\"resourceType\":\"Practitioner\""),
        _ => text,
    });
    change(&desk, "Observation.ndjson", |line, text| match line {
        1 => text.replace("\"Patient/", "\"https://a.example/fhir/Patient/"),
        2 => text.replace("\"Patient/", "\"Group/"),
        _ => text,
    });
    let validated = desk.tamis(&["validate", "pipeline.toml", "--format", "jsonl"]);
    assert_eq!(validated.code, Some(1), "{}", validated.err);
    let found = validated.findings();
    let finding = |kind: &str, field: Option<&str>, line| (kind.to_owned(), field.map(str::to_owned), line);
    for expected in [
        finding("not-one-value", Some("nom"), 3),
        finding("not-an-object", None, 5),
        finding("not-an-object", None, 7),
        finding("other-resource", None, 9),
        finding("unresolved-reference", Some("ref_patient"), 1),
    ] {
        assert!(found.contains(&expected), "{expected:?} in {found:?}");
    }
    assert_eq!(found.len(), 5, "{found:?}");
    assert!(!validated.out.contains("KANARI") && !validated.out.contains("a.example"));

    let text = fs::read_to_string(desk.path("pipeline.toml")).unwrap();
    desk.write("pipeline.toml", text.replace("[export]", "[limits]\nreject_above = \"20 %\"\n[export]"));
    let run = desk.tamis(&["run", "pipeline.toml", "--format", "json"]);
    assert_eq!(run.code, Some(3), "{}{}", run.out, run.err);
    // Patients 3, 5, 7 and 9 are not there, and both measures of patient 1 lead to nobody: five women less.
    let table = released(&desk.runs()[0], "par_sexe.csv");
    let counts: Vec<&str> = table.lines().skip(1).map(|line| line.split(',').nth(1).unwrap()).collect();
    assert_eq!(counts, ["15", "20"], "{table}");
}

#[test]
fn a_schema_has_to_say_where_each_value_stands() {
    let desk = desk();
    let schema = fs::read_to_string(desk.path("patients.json")).unwrap();
    let refused = |schema: &str, pipeline: &dyn Fn(String) -> String, expected: &str| {
        let desk = self::desk();
        let text = fs::read_to_string(desk.path("pipeline.toml")).unwrap();
        desk.write("patients.json", schema).write("pipeline.toml", pipeline(text));
        let told = desk.tamis(&["config", "check", "pipeline.toml"]);
        let flat = told.err.split_whitespace().filter(|w| *w != "│").collect::<Vec<_>>().join(" ");
        assert!(told.code == Some(2) && flat.contains(expected), "{expected}: {}{}", told.out, told.err);
    };
    let same = |text: String| text;
    let mut without: Value = serde_json::from_str(&schema).unwrap();
    without["fields"][3].as_object_mut().unwrap().remove("tamis:path");
    refused(&without.to_string(), &same, "the values of these fields stand: sexe");
    refused(
        &schema.replace("Patient.birthDate", "Person.birthDate"),
        &same,
        "another resource than Patient: naissance",
    );
    refused(&schema.replace("Patient.birthDate", "birthDate.count()"), &same, "a path such as");
    refused(&schema, &|text| text.replace("resource = \"Observation\"\n", ""), "resource = \"Patient\"");
    refused(
        &schema,
        &|text| text.replace("resource = \"Patient\"", "resource = \"patient\""),
        "a type of FHIR resources",
    );
    refused(&schema, &|text| text.replace("format = \"fhir\"", "format = \"csv\""), "one a line (NDJSON)");
    refused(
        &schema,
        &|text| text.replace("format = \"fhir\"", "format = \"fhir\"\nsheet = \"a\""),
        "FHIR resources have none",
    );
}

#[test]
fn files_of_resources_are_judged_against_a_schema_alone() {
    let desk = desk();
    for (file, schema, resource) in [
        ("Encounter.ndjson", "sejours.json", "Encounter"),
        ("Procedure.ndjson", "actes.json", "Procedure"),
        ("Patient.ndjson", "patients.json", "Patient"),
    ] {
        let told = desk.tamis(&["validate", file, "--schema", schema, "--resource", resource]);
        assert_eq!(told.code, Some(0), "{file}: {}{}", told.out, told.err);
    }
    let other = desk.tamis(&[
        "validate",
        "Encounter.ndjson",
        "--schema",
        "actes.json",
        "--resource",
        "Procedure",
        "--format",
        "json",
    ]);
    let report: Value = serde_json::from_str(&other.out).unwrap();
    assert_eq!(report["sources"][0]["findings"][0]["type"], "other-resource", "{}", other.out);
    assert_eq!(report["sources"][0]["records"]["rejected"], 80);
    for resource in ["procedure", "Patient/1", ""] {
        let told = desk.tamis(&["validate", "Procedure.ndjson", "--schema", "actes.json", "--resource", resource]);
        assert_eq!(told.code, Some(2), "{resource}: {}", told.err);
    }
    // Without a mapping the same lines are plain JSON, whose members no schema of paths names.
    let plain = desk.tamis(&["validate", "Procedure.ndjson", "--schema", "actes.json"]);
    assert_eq!(plain.code, Some(1), "{}", plain.out);
}
