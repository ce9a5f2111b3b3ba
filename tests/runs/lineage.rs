//! OpenLineage events, held against the published form, against what the run really released, and against what they must not say.

use std::fs;
use std::path::Path;

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

use crate::common;
use crate::tables::Table;
use crate::workshop::{Told, Workshop, told};

/// The published form, facet by facet: the specification's own check of an event looks into no facet.
struct Form {
    schemas: Schemas,
    event: SchemaIndex,
    compiler: Compiler,
}

impl Form {
    fn published() -> Self {
        let mut compiler = Compiler::new();
        compiler.enable_format_assertions();
        for (path, bytes) in common::files(&common::project().join("tests/vectors/openlineage")) {
            if path.extension().is_some_and(|ext| ext == "json") {
                let form: Value = serde_json::from_slice(&bytes).unwrap();
                compiler.add_resource(form["$id"].as_str().unwrap(), form.clone()).unwrap();
            }
        }
        let mut schemas = Schemas::new();
        let event = compiler.compile("https://openlineage.io/spec/2-0-2/OpenLineage.json", &mut schemas).unwrap();
        Self { schemas, event, compiler }
    }

    fn hold(&mut self, event: &Value) {
        if let Err(error) = self.schemas.validate(event, self.event) {
            panic!("{error:#}");
        }
        self.facets(event);
    }

    /// Every facet, wherever it stands, against the form that it says it has.
    fn facets(&mut self, value: &Value) {
        if let Some(form) = value["_schemaURL"].as_str() {
            let index = self.compiler.compile(form, &mut self.schemas).unwrap();
            if let Err(error) = self.schemas.validate(value, index) {
                panic!("{error:#}");
            }
        }
        match value {
            Value::Object(members) => members.values().for_each(|member| self.facets(member)),
            Value::Array(members) => members.iter().for_each(|member| self.facets(member)),
            _ => {}
        }
    }
}

fn tamis(shop: &Workshop, more: &[&str]) -> Told {
    let words = ["run", "pipeline.toml", "--openlineage", "events.jsonl"];
    told(shop.command(&[&words[..], more].concat()).output().unwrap())
}

fn events(file: &Path) -> Vec<Value> {
    fs::read_to_string(file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["eventType"].as_str().unwrap()).collect()
}

#[test]
fn events_have_the_published_form_and_tell_what_was_released() {
    let shop = Workshop::new();
    shop.input("KANARIENVOGEL.csv", Workshop::records(400));
    let table = "[sample]\ndesign = \"stratified\"\nrate = \"1/2\"\n[[aggregate]]\nname = \"par_age\"\nby = [\"age\", \"sexe\"]\nmeasure = [{ count = \"persons\" }]\nprotect = { threshold = 11 }";
    shop.pipeline("*.csv", "", table);
    let done = tamis(&shop, &["--openlineage-namespace", "agence"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    let [run] = shop.runs().try_into().unwrap();
    let [begun, ended] = events(&shop.path("events.jsonl")).try_into().unwrap();
    let mut form = Form::published();
    for event in [&begun, &ended] {
        form.hold(event);
        assert_eq!((&event["job"]["namespace"], &event["job"]["name"]), (&"agence".into(), &"essai".into()));
        assert_eq!(event["inputs"][0]["name"], "essai/sources/consultations");
        assert_eq!(event["run"]["runId"], begun["run"]["runId"]);
    }
    assert_eq!((&begun["eventType"], &ended["eventType"]), (&"START".into(), &"COMPLETE".into()));
    assert!(begun["outputs"][0].get("outputFacets").is_none(), "nothing is told before it is known");
    assert!(begun["eventTime"].as_str() < ended["eventTime"].as_str());

    for (output, name, file) in [
        (&ended["outputs"][0], "essai/persons/personnes", "release/data/personnes.csv"),
        (&ended["outputs"][1], "essai/tables/par_age", "release/tables/par_age.csv"),
    ] {
        assert_eq!(output["name"], name);
        let released = Table::parse(&fs::read_to_string(run.join(file)).unwrap());
        assert_eq!(output["outputFacets"]["outputStatistics"]["rowCount"], released.rows.len());
        let fields = output["facets"]["schema"]["fields"].as_array().unwrap();
        let names: Vec<&str> = fields.iter().map(|field| field["name"].as_str().unwrap()).collect();
        assert_eq!(names, released.labels);
    }
    let why = ended["outputs"][0]["facets"]["schema"]["fields"].as_array().unwrap();
    assert!(
        why.iter().any(|field| field["name"] == "tabac" && field["description"] == "essai" && field["type"] == "text")
    );

    // Names of files may name persons, and where things lie is nobody's business.
    let text = fs::read_to_string(shop.path("events.jsonl")).unwrap();
    assert!(
        !text.contains("KANARIENVOGEL") && !text.contains(shop.path("").to_str().unwrap()) && !text.contains(".csv")
    );
}

#[test]
fn a_run_that_fails_begins_and_fails_at_the_end_of_the_same_file() {
    let shop = Workshop::new();
    shop.input("c.csv", Workshop::records(200)).pipeline("*.csv", "", "");
    assert_eq!(tamis(&shop, &[]).code, Some(0));
    assert_eq!(tamis(&shop, &[]).code, Some(2), "the same files are released from once");
    shop.input("c.csv", "KANARIENVOGEL;b\n1;2\n");
    assert_eq!(tamis(&shop, &[]).code, Some(1));
    fs::write(shop.path("pipeline.toml"), "KANARIENVOGEL = 1").unwrap();
    assert_eq!(tamis(&shop, &[]).code, Some(2));
    let events = events(&shop.path("events.jsonl"));
    assert_eq!(kinds(&events), ["START", "COMPLETE", "START", "FAIL", "START", "FAIL", "START", "FAIL"]);
    let mut form = Form::published();
    events.iter().for_each(|event| form.hold(event));
    let told = |event: &Value| event["run"]["facets"]["errorMessage"]["message"].clone();
    assert_eq!((told(&events[3]), told(&events[5])), ("exit code 2".into(), "exit code 1".into()));
    assert!(told(&events[1]).is_null() && told(&events[2]).is_null());
    assert_eq!(events[7]["job"]["name"], "pipeline", "a pipeline that cannot be read is called as its file");
    let mut ids: Vec<&str> = events.iter().map(|event| event["run"]["runId"].as_str().unwrap()).collect();
    ids.dedup();
    assert_eq!(ids.len(), 4, "each run has its number");
    assert!(!fs::read_to_string(shop.path("events.jsonl")).unwrap().contains("KANARIENVOGEL"));
}

#[test]
fn a_file_of_something_else_is_left_as_it_is() {
    let shop = Workshop::new();
    shop.input("c.csv", Workshop::records(200)).pipeline("*.csv", "", "");
    for held in ["{\"nom\": \"KANARIENVOGEL\"}\n", "a;b\n1;2\n"] {
        fs::write(shop.path("events.jsonl"), held).unwrap();
        let refused = tamis(&shop, &[]);
        assert_eq!(refused.code, Some(2), "{}", refused.err);
        assert!(refused.err.contains("name another file"), "{}", refused.err);
        assert!(tamis(&shop, &["--lang", "fr"]).err.contains("indiquez un autre fichier"));
        assert_eq!(fs::read_to_string(shop.path("events.jsonl")).unwrap(), held);
    }
    assert!(shop.runs().is_empty(), "it is refused before anything is read");
    // That events cannot be written is told, and changes nothing about the run.
    let words = ["run", "pipeline.toml", "--openlineage", "nowhere/events.jsonl"];
    let done = told(shop.command(&words).output().unwrap());
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(done.err.contains("not every event was written"), "{}", done.err);
}
