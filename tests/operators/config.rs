//! `tamis config`: the form that editors are told is the one that pipelines have, and every value tells where it comes from.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::common;
use crate::machines::Machine;

/// What of a document does not fit a JSON Schema: the keywords that the schema of pipelines is made of, and none else.
fn misfits(root: &Value, schema: &Value, value: &Value, place: &str) -> Vec<String> {
    const KNOWN: [&str; 16] = [
        "$schema",
        "$defs",
        "$ref",
        "title",
        "description",
        "type",
        "format",
        "minimum",
        "default",
        "enum",
        "anyOf",
        "items",
        "properties",
        "required",
        "additionalProperties",
        "propertyNames",
    ];
    let Some(schema) = schema.as_object() else {
        return if schema == &Value::Bool(true) { Vec::new() } else { vec![format!("{place}: not allowed")] };
    };
    for key in schema.keys() {
        assert!(KNOWN.contains(&key.as_str()), "`{key}` is not checked");
    }
    let mut wrong = Vec::new();
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        wrong.extend(misfits(root, root.pointer(&name[1..]).unwrap(), value, place));
    }
    let kind = |kind: &str| match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        other => panic!("type {other}"),
    };
    let fits = match schema.get("type") {
        Some(Value::String(one)) => kind(one),
        Some(Value::Array(several)) => several.iter().any(|one| kind(one.as_str().unwrap())),
        _ => true,
    };
    if !fits {
        wrong.push(format!("{place}: wrong type"));
    }
    if schema.get("enum").is_some_and(|words| !words.as_array().unwrap().contains(value)) {
        wrong.push(format!("{place}: none of the words"));
    }
    if let Some(forms) = schema.get("anyOf").and_then(Value::as_array)
        && !forms.iter().any(|form| misfits(root, form, value, place).is_empty())
    {
        wrong.push(format!("{place}: none of the forms"));
    }
    if let (Some(items), Some(values)) = (schema.get("items"), value.as_array()) {
        wrong.extend(values.iter().enumerate().flat_map(|(i, v)| misfits(root, items, v, &format!("{place}[{i}]"))));
    }
    if let Some(object) = value.as_object() {
        let properties = schema.get("properties").and_then(Value::as_object);
        for (key, value) in object {
            let place = format!("{place}.{key}");
            match (properties.and_then(|p| p.get(key)), schema.get("additionalProperties")) {
                (Some(inner), _) | (None, Some(inner)) => wrong.extend(misfits(root, inner, value, &place)),
                (None, None) => {}
            }
        }
        for key in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
            if !object.contains_key(key.as_str().unwrap()) {
                wrong.push(format!("{place}: {key} is missing"));
            }
        }
    }
    wrong
}

fn document(text: &str) -> Value {
    serde_json::to_value(text.parse::<toml::Table>().unwrap()).unwrap()
}

fn schema(lang: &str) -> Value {
    Machine::new().tamis(&["config", "schema", "--lang", lang]).ends(0).json()
}

#[test]
fn every_pipeline_of_the_project_fits_the_schema_for_editors_and_slips_do_not() {
    let schema = schema("en");
    let machine = Machine::new();
    machine.tamis(&["init", "demo"]).ends(0);
    let folder = fs::read_dir(common::project().join("pipelines")).unwrap().map(|e| e.unwrap().path());
    let of_tests = common::project().join("tests/synthea/pipeline.toml");
    let all: Vec<_> = folder
        .chain([of_tests, machine.path("demo/pipeline.toml")])
        .filter(|p| p.extension().unwrap() == "toml")
        .collect();
    assert!(all.len() >= 5);
    for path in &all {
        let wrong = misfits(&schema, &schema, &document(&fs::read_to_string(path).unwrap()), "");
        assert!(wrong.is_empty(), "{}: {wrong:#?}", path.display());
    }
    let sound = machine.read("demo/pipeline.toml");
    for (from, to, expected) in [
        ("legal_basis", "legal_base", ".pipeline.legal_base: not allowed"),
        ("margins = true", "margins = \"true\"", ".aggregate[0].margins: none of the forms"),
        ("\"bernoulli\"", "\"bernouli\"", ".sample.design: none of the words"),
        ("k = 11", "k = \"11\"", ".persons[0].protect.k: wrong type"),
        ("[export]", "[exports]", ".exports: not allowed"),
        ("\"region\"\nwhy", "\"regio\"\nwhy", ".keep[2].generalise: none of the forms"),
    ] {
        assert!(sound.contains(from), "{from}");
        let wrong = misfits(&schema, &schema, &document(&sound.replacen(from, to, 1)), "");
        assert!(wrong.contains(&expected.to_owned()), "{expected}: {wrong:?}");
    }
}

#[test]
fn the_schema_knows_the_sections_that_are_read_and_describes_each_in_both_languages() {
    let (en, fr) = (schema("en"), schema("fr"));
    let names: BTreeSet<&str> = en["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, tamis::config::sections().iter().copied().collect());
    for name in names {
        let told = |schema: &Value| schema["properties"][name]["description"].as_str().unwrap_or_default().to_owned();
        assert!(told(&en).len() > 15 && told(&fr).len() > 15 && told(&en) != told(&fr), "{name}");
    }
    assert!(!en.to_string().contains("\"null\""));
    let machine = Machine::new();
    machine.tamis(&["init", "demo", "--lang", "fr"]).ends(0);
    let beside: Value = serde_json::from_str(&machine.read("demo/pipeline.schema.json")).unwrap();
    assert_eq!(beside, fr);
    assert!(machine.read("demo/pipeline.toml").starts_with("#:schema ./pipeline.schema.json\n"));
}

#[test]
fn check_tells_all_problems_with_their_places_as_run_does() {
    let machine = Machine::new();
    machine.tamis(&["init", "demo"]).ends(0);
    machine.tamis(&["config", "check", "demo/pipeline.toml", "--lang", "fr"]).ends(0).says("rien à redire");
    let wrong =
        machine.read("demo/pipeline.toml").replace("\"sexe\"\nwhy", "\"sex\"\nwhy").replace("\"1/2\"", "\"2/1\"");
    fs::write(machine.path("demo/wrong.toml"), wrong).unwrap();
    let told = machine.tamis(&["config", "check", "demo/pipeline.toml", "demo/wrong.toml"]).ends(2);
    let ran = machine.tamis(&["run", "demo/wrong.toml"]).ends(2);
    assert_eq!(told.err, ran.err);
    assert!(told.err.contains("unknown_column") && told.err.contains("bad_value"), "{}", told.err);
    assert!(told.out.contains("demo/pipeline.toml: nothing wrong"), "{}", told.out);
}

#[test]
fn show_tells_for_every_value_its_line_or_that_it_is_a_default() {
    let machine = Machine::new();
    machine.tamis(&["init", "demo"]).ends(0);
    let shown = machine.tamis(&["config", "show", "demo/pipeline.toml", "--format", "json"]).ends(0).json();
    let values = shown["values"].as_array().unwrap();
    let value = |key: &str| {
        let mut found = values.iter().filter(|v| v["key"] == key);
        let one = found.next().unwrap_or_else(|| panic!("no {key} in {shown:#}"));
        assert!(found.next().is_none(), "{key} stands there twice");
        one
    };
    let text = machine.read("demo/pipeline.toml");
    let line = |start: &str| text.lines().position(|l| l.starts_with(start)).unwrap() + 1;
    assert_eq!((&value("sample.rate")["value"], &value("sample.rate")["line"]), (&"1/2".into(), &line("rate ").into()));
    let bands = value("keep[1].generalise.bounds");
    assert_eq!((&bands["value"][0], &bands["line"]), (&18.into(), &line("generalise").into()));
    for (key, expected) in [
        ("limits.memory", Value::from("256 MiB")),
        ("sample.unit", "person".into()),
        ("sample.on_missing_stratum", "error".into()),
        ("subject.missing", "reject".into()),
        ("aggregate[1].zeros", "absent".into()),
        ("destroy.sources", false.into()),
    ] {
        assert_eq!((&value(key)["value"], &value(key)["line"]), (&expected, &Value::Null), "{key}");
    }
    // What the file says is no default: every line of it with a key is shown, and no value twice.
    let keys: BTreeSet<&str> = values.iter().map(|v| v["key"].as_str().unwrap()).collect();
    assert_eq!(keys.len(), values.len());
    machine.tamis(&["config", "show", "demo/pipeline.toml", "--lang", "fr"]).ends(0).says("défaut");
}
