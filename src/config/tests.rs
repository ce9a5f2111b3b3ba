//! Bad pipelines, each with the code and the place that its reader is shown; good ones, with what they become.
#![allow(clippy::unwrap_used)]

mod cases;
mod linked;
pub(crate) mod mistakes;
mod perturb;
mod release;
mod sealed;
mod subject;

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use cases::{AGE, CASES, COST, Case};
use release::{RELEASED, STATISTICS, STATISTICS_CASES};
use sealed::{SEALED, SEALED_CASES};

use super::model::*;
use super::{ConfigErrors, Problem};
use crate::schema::{Logical, Role};

const PERSONS: &str = r#"{
  "name": "patients",
  "primaryKey": ["Id"],
  "fields": [
    {"name": "Id", "type": "string", "tamis:role": "subject-identifier"},
    {"name": "BIRTHDATE", "type": "date", "tamis:role": "quasi-identifier"},
    {"name": "LAST", "type": "string", "tamis:role": "direct-identifier"},
    {"name": "GENDER", "type": "string", "constraints": {"enum": ["M", "F"]}, "tamis:role": "quasi-identifier"},
    {"name": "HEIGHT", "type": "number", "tamis:role": "sensitive"}
  ]
}"#;

const VISITS: &str = r#"{
  "name": "visits",
  "fields": [
    {"name": "VISIT", "type": "integer", "constraints": {"unique": true}, "tamis:role": "other"},
    {"name": "PATIENT", "type": "string", "tamis:role": "subject-identifier"},
    {"name": "START", "type": "date", "tamis:role": "quasi-identifier"},
    {"name": "COST", "type": "number", "tamis:role": "other"},
    {"name": "ward", "type": "string", "constraints": {"enum": ["a", "b"]}, "tamis:role": "other"},
    {"name": "code_postal", "type": "string", "tamis:identifier": "postcode", "tamis:role": "quasi-identifier"},
    {"name": "commune", "type": "string", "tamis:identifier": "commune", "tamis:role": "quasi-identifier"},
    {"name": "diagnosis", "type": "string", "tamis:role": "sensitive"}
  ],
  "tamis:rules": [{"name": "cost_is_positive", "sql": "COST >= 0"}]
}"#;

/// A sound pipeline of two joined sources; tests change one thing in it.
const GOOD: &str = r#"[pipeline]
name = "visits"
legal_basis = "CSP L1411-8"
purpose = "statistics"
policy = "1"

[[source]]
name = "visits"
schema = "visits.json"
files = ["visits-*.csv"]
event_date = "START"
subject = "PATIENT"

[[source]]
name = "patients"
schema = "patients.json"
files = ["patients.csv"]

[[join]]
left = "visits"
right = "patients"
on = { left = "PATIENT", right = "Id" }

[[exclude]]
source = "visits"
when = "ward = 'b'"

[subject]
column = "Id"
kind = "text"
linkage = "release"

[[derive]]
source = "visits"
name = "dear"
sql = "COST > 1000"
type = "boolean"

[[keep]]
column = "BIRTHDATE"
as = "age"
generalise = { to = "band", bounds = [0, 18, 65] }

[[keep]]
column = "GENDER"

[[keep]]
column = "commune"
as = "departement"
generalise = "departement"

[[keep]]
column = "COST"

[[keep]]
column = "dear"

[[keep]]
column = "diagnosis"
generalise = { to = "hierarchy", file = "codes.csv", level = 1 }
why = "needed"

[sample]
design = "stratified"
strata = ["GENDER"]
rate = "1/10"

[[persons]]
name = "visits"
protect = { k = 11, quasi_identifiers = ["age", "GENDER", "departement"] }

[[aggregate]]
name = "costs"
by = ["age"]
measure = [{ count = "persons" }, { mean = "COST" }]
protect = { threshold = 11 }

[export]
to = "out"
"#;

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("patients.json", PERSONS);
        folder.write("visits.json", VISITS);
        folder.write("by_person.json", &VISITS.replace("\"constraints\": {\"unique\": true}, ", ""));
        folder.write(
            "numbered.json",
            &PERSONS.replace("[\"Id\"]", "[\"Id\"], \"uniqueKeys\": [[\"Id\", \"LAST\"], [\"LAST\"]]"),
        );
        folder.write("released.json", RELEASED);
        folder.write("codes.csv", "J00;respiratory\nI10;heart\n");
        folder
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn read(&self, pipeline: &str) -> Result<Pipeline, ConfigErrors> {
        Pipeline::read(&self.write("pipeline.toml", pipeline))
    }
}

/// The codes of all problems with the text that each points at.
fn found(errors: &ConfigErrors, text: &str) -> Vec<(String, String)> {
    let place = |span: Option<std::ops::Range<usize>>| span.map_or(String::new(), |s| text[s].to_owned());
    errors.errors().iter().map(|e| (e.code().replace("tamis::pipeline::", ""), place(e.span()))).collect()
}

/// The sound pipeline, sealed to two recipients.
fn sealed() -> String {
    GOOD.replace("[[persons]]\nname = \"visits\"\n", "[[persons]]\nname = \"visits\"\nrecipient = \"dgs\"\n")
        .replace("[[aggregate]]\nname = \"costs\"\n", "[[aggregate]]\nname = \"costs\"\nrecipient = \"dgs\"\n")
        .replace("[export]", SEALED)
}

#[test]
fn every_mistake_is_shown_alone_at_its_place() {
    shown_alone(GOOD, CASES);
}

#[test]
fn every_mistake_about_transmission_is_shown_alone_at_its_place() {
    shown_alone(&sealed(), SEALED_CASES);
}

#[test]
fn every_mistake_about_releases_is_shown_alone_at_its_place() {
    shown_alone(STATISTICS, STATISTICS_CASES);
}

#[test]
fn a_source_that_is_a_release_is_read_as_it_is_written() {
    let folder = Folder::new();
    let mut pipeline = folder.read(STATISTICS).unwrap();
    let release = pipeline.sources[0].release.clone().unwrap();
    assert_eq!((release.output.as_str(), release.purpose.as_str()), ("visits", "follow-up"));
    assert_eq!(release.verifier, super::Verifier::File(folder.0.path().join("maker.pub")));
    assert_eq!((release.evidence.smallest, release.evidence.advantage), (Some(11), None));
    assert_eq!(pipeline.datasets[0].subject, Some(ColumnRef::Own(0)));
    assert_eq!((pipeline.subject.linkage, pipeline.over_word(&pipeline.aggregates[0])), (Linkage::None, "release"));
    assert!(
        pipeline.take_release_from("visits", Path::new("a[1]")) && !pipeline.take_release_from("x", Path::new("a"))
    );
    assert_eq!(pipeline.sources[0].release.as_ref().unwrap().from, "a[[]1[]]");
    // Without a pseudonym each record is somebody else's, and noise has nobody to hide.
    folder.write("released.json", &RELEASED.replace("subject-identifier", "other"));
    assert_eq!(folder.read(STATISTICS).unwrap().datasets[0].subject, None);
    let text = STATISTICS.replace("protect = { threshold = 11 }", NOISE);
    let errors = folder.read(&text.replace(", { sum = \"weight\" }", "")).unwrap_err();
    assert!(errors.errors().iter().any(|e| e.to_string().contains("a release without pseudonyms")), "{errors:?}");
}

const NOISE: &str = "perturb = { method = \"noise\", kind = \"laplace\", epsilon = \"0.5\", release = \"2026-S1\", budget = { file = \"budget.json\", epsilon = \"3\" } }";

fn shown_alone(sound: &str, cases: &[Case]) {
    let folder = Folder::new();
    assert!(folder.read(sound).is_ok(), "the pipeline that is changed is sound: {:?}", folder.read(sound).err());
    let mut wrong = Vec::new();
    for Case { from, to, code, at } in cases {
        assert_eq!(sound.matches(from).count(), 1, "the change is at one place: {from}");
        let text = sound.replace(from, to);
        match folder.read(&text) {
            Ok(_) => wrong.push(format!("{code} was expected, this was taken: {to}")),
            Err(errors) => {
                let found = found(&errors, &text);
                if found != [((*code).to_owned(), (*at).to_owned())] {
                    wrong.push(format!("{code} at {at} was expected for {to}, not {found:?}: {errors:?}"));
                }
                assert!(!errors.errors()[0].help().is_empty(), "{code} says what to do");
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_sealed_pipeline_is_read_as_it_is_written() {
    let folder = Folder::new();
    let pipeline = folder.read(&sealed()).unwrap();
    let [dgs, registre] = pipeline.recipients.as_slice() else { panic!("two recipients") };
    assert_eq!((dgs.name.as_str(), dgs.reinforced, registre.reinforced), ("dgs", false, true));
    assert_eq!(dgs.use_until, UseUntil::Days(180));
    assert_eq!(registre.use_until, UseUntil::Date("2027-06-30".parse().unwrap()));
    assert_eq!(dgs.deliver, Some(Delivery::Folder(folder.0.path().join("drop"))));
    let Some(Delivery::Sftp(sftp)) = &registre.deliver else { panic!("an SFTP drop") };
    let told = (sftp.user.as_str(), sftp.host.as_str(), sftp.port, sftp.folder.as_str());
    assert_eq!(told, ("depot", "sftp.example.org", 2222, "entrant"));
    let to: Vec<_> = pipeline.persons.iter().map(|p| p.recipient).collect();
    assert_eq!((to, pipeline.aggregates[0].recipient), (vec![Some(0), Some(1)], Some(0)));
    let beneath = Some(folder.0.path().join("inbox"));
    assert_eq!(pipeline.destroy, Destroy { when: When::Acknowledged, sources_beneath: beneath });
    // What is reinforced leaves only where it is named.
    let kept = &pipeline.datasets[0].kept;
    let reinforced = |p: &Persons| p.columns.iter().any(|c| kept[*c].reinforced);
    assert_eq!(pipeline.persons.iter().map(reinforced).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn a_secret_key_in_a_pipeline_is_refused_and_quoted_by_no_message() {
    let folder = Folder::new();
    let secrets = [
        "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX",
        "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz",
    ];
    for secret in secrets {
        // As a value, as a key, in a comment, in something that is no TOML, beside other mistakes.
        let texts = [
            sealed().replace(sealed::DGS_AGE, &format!("age = \"{secret}\"")),
            sealed().replace(sealed::DGS_AGE, &format!("age = [\"{secret}\"]")),
            sealed().replace(sealed::DGS_AGE, &format!("{secret} = 3\nagee = 3")),
            format!("# {secret}\n{GOOD}"),
            format!("{GOOD}\n{secret}"),
        ];
        for text in texts {
            let errors = folder.read(&text).unwrap_err();
            let codes: Vec<String> = found(&errors, &text).into_iter().map(|(code, _)| code).collect();
            assert_eq!(codes, ["secret"]);
            let mut shown = format!("{errors:?}");
            miette::GraphicalReportHandler::new().render_report(&mut shown, &errors).unwrap();
            let inner = &secret[20..];
            assert!(!shown.contains(inner) && !format!("{:?}", miette::Report::new(errors)).contains(inner), "{shown}");
        }
    }
}

#[test]
fn all_mistakes_are_shown_together() {
    let folder = Folder::new();
    let text = GOOD
        .replace("policy = \"1\"", "policy = 1\ncolour = \"blue\"")
        .replace("kind = \"text\"", "kind = \"text\"\nsort = 3")
        .replace("bounds = [0, 18, 65]", "bounds = [0, \"x\"]");
    let codes: Vec<_> = found(&folder.read(&text).unwrap_err(), &text).into_iter().collect();
    let expected = [("wrong_type", "1"), ("unknown_key", "colour"), ("unknown_key", "sort"), ("wrong_type", "\"x\"")];
    assert_eq!(codes, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));

    let text = GOOD
        .replace("purpose = \"statistics\"\n", "")
        .replace(COST, "[[keep]]\ncolumn = \"LAST\"\n[[keep]]\ncolumn = \"HEIGHT\"\n[[keep]]\ncolumn = \"COST\"");
    let codes: Vec<_> = found(&folder.read(&text).unwrap_err(), &text).into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, ["missing_key", "identifier_leaves", "sensitive_without_why"]);
}

#[test]
fn a_schema_that_leaves_a_role_open_or_has_a_bad_rule_is_refused() {
    let folder = Folder::new();
    folder.write(
        "visits.json",
        &VISITS.replace("\"type\": \"number\", \"tamis:role\": \"other\"", "\"type\": \"number\""),
    );
    let errors = folder.read(GOOD).unwrap_err();
    assert_eq!(found(&errors, GOOD), [("schema_without_role".to_owned(), "\"visits.json\"".to_owned())]);
    assert!(errors.errors()[0].to_string().contains("COST"));

    folder.write("visits.json", &VISITS.replace("COST >= 0", "PRICE >= 0"));
    let errors = folder.read(GOOD).unwrap_err();
    assert_eq!(found(&errors, GOOD), [("schema_rule".to_owned(), "\"visits.json\"".to_owned())]);
    assert!(errors.errors()[0].to_string().contains("cost_is_positive"), "{errors}");
}

#[test]
fn joined_columns_are_found_by_name_and_own_columns_come_first() {
    let folder = Folder::new();
    let pipeline = folder.read(GOOD).unwrap();
    assert_eq!(pipeline.datasets.len(), 1, "a looked-up source makes no dataset of its own");
    let dataset = &pipeline.datasets[0];
    assert_eq!(dataset.subject, Some(ColumnRef::Own(1)), "the source's own identifier, not the looked-up one");
    let age = &dataset.kept[0];
    assert_eq!(
        (age.name.as_str(), age.from, age.from_name.as_str()),
        ("age", ColumnRef::Joined(1), "patients.BIRTHDATE")
    );
    assert_eq!((age.logical, age.role), (Logical::Text, Role::QuasiIdentifier));
    let Generalise::AgeBand { at, bounds } = &age.generalise else { panic!("a band of ages") };
    assert_eq!((*at, bounds.as_slice()), (ColumnRef::Own(2), &[0, 18, 65][..]));
    assert_eq!(dataset.derived[0].role, Role::Other);
    let dropped: Vec<_> = dataset.dropped.iter().map(|d| d.name.as_str()).collect();
    let expected =
        ["VISIT", "PATIENT", "START", "ward", "code_postal", "patients.Id", "patients.LAST", "patients.HEIGHT"];
    assert_eq!(dropped, expected);
}

#[test]
fn a_subject_that_only_the_looked_up_source_has_is_taken_from_there() {
    let folder = Folder::new();
    let text = GOOD.replace("subject = \"PATIENT\"\n", "");
    let pipeline = folder.read(&text).unwrap();
    assert_eq!(pipeline.datasets[0].subject, Some(ColumnRef::Joined(0)));
    let alone = text.replace(
        "[[join]]\nleft = \"visits\"\nright = \"patients\"\non = { left = \"PATIENT\", right = \"Id\" }\n",
        "",
    );
    let codes: Vec<_> = found(&folder.read(&alone).unwrap_err(), &alone);
    assert_eq!(codes, [("no_subject".to_owned(), "\"visits\"".to_owned())]);
}

#[test]
fn a_derived_date_does_not_carry_a_birth_date_out() {
    let folder = Folder::new();
    folder.write("visits.json", &VISITS.replace("\"START\"", "\"date_naissance\""));
    let text = GOOD
        .replace("event_date = \"START\"\n", "")
        .replace(AGE, "generalise = \"year\"")
        .replace("sql = \"COST > 1000\"\ntype = \"boolean\"", "sql = \"date_naissance\"\ntype = \"date\"")
        .replace("quasi_identifiers = [", "quasi_identifiers = [\"dear\", ");
    let codes = found(&folder.read(&text).unwrap_err(), &text);
    assert_eq!(codes, [("exact_birth_date".to_owned(), "\"dear\"".to_owned())]);
}

#[test]
fn a_derived_column_is_as_grave_as_the_gravest_column_in_it() {
    let folder = Folder::new();
    let text = GOOD.replace("sql = \"COST > 1000\"", "sql = \"COST > 1000 AND diagnosis = 'J00'\"");
    let codes = found(&folder.read(&text).unwrap_err(), &text);
    assert_eq!(codes, [("sensitive_without_why".to_owned(), "\"dear\"".to_owned())]);
}

#[test]
fn what_is_not_said_has_the_cautious_default() {
    let folder = Folder::new();
    let pipeline = folder.read(&GOOD.replace("k = 11, ", "").replace("protect = { threshold = 11 }\n", "")).unwrap();
    assert_eq!((pipeline.persons[0].k, pipeline.aggregates[0].threshold), (Threshold::DEFAULT, Threshold::DEFAULT));
    assert_eq!(pipeline.destroy, Destroy { when: When::Exported, sources_beneath: None });
    assert_eq!(pipeline.limits.reject_above, Share::new(0.05).unwrap());
    assert_eq!((pipeline.limits.memory, pipeline.limits.buckets), (256 << 20, None));
    assert_eq!(pipeline.export.formats, [ExportFormat::Csv, ExportFormat::Parquet]);
    assert_eq!(pipeline.aggregates[0].measures[1], ("mean_COST".to_owned(), Measure::Mean(3)));
    let sample = pipeline.sample.unwrap();
    assert!(matches!(sample.design, Design::Stratified { at_least: 0, .. }) && sample.unit == SampleUnit::Person);
    assert_eq!((sample.frame, sample.key), (FramePolicy::default(), DrawKey::Run));
}

#[test]
fn paths_are_relative_to_the_pipeline_and_brackets_in_its_folder_are_no_pattern() {
    let folder = Folder::new();
    let odd = folder.0.path().join("a[1]");
    fs::create_dir(&odd).unwrap();
    for name in ["patients.json", "visits.json", "codes.csv"] {
        fs::copy(folder.0.path().join(name), odd.join(name)).unwrap();
    }
    fs::write(odd.join("pipeline.toml"), GOOD).unwrap();
    fs::write(odd.join("visits-1.csv"), "").unwrap();
    let pipeline = Pipeline::read(&odd.join("pipeline.toml")).unwrap();
    let matches: Vec<_> = glob::glob(&pipeline.sources[0].files[0]).unwrap().map(Result::unwrap).collect();
    assert_eq!(matches, [odd.join("visits-1.csv")]);
    assert_eq!(pipeline.export.to, odd.join("out"));
}

#[test]
fn a_pipeline_that_is_not_there_or_not_text_is_told_without_a_place() {
    let folder = Folder::new();
    let errors = Pipeline::read(&folder.0.path().join("absent.toml")).unwrap_err();
    assert!(matches!(errors.errors()[0].problem(), Problem::Unreadable { .. }));
    let path = folder.0.path().join("latin.toml");
    fs::write(&path, b"[pipeline]\nname = \"\xe9\"\n").unwrap();
    let errors = Pipeline::read(&path).unwrap_err();
    assert!(matches!(errors.errors()[0].problem(), Problem::NotUtf8 { .. }));
}

#[test]
fn a_file_of_records_in_the_place_of_a_pipeline_is_not_quoted() {
    let folder = Folder::new();
    for text in ["nir,nom\n284058832102532,CANARI\n", "{\"nom\": \"CANARI\"}", "CANARI", "nom = CANARI\n[CANARI]\n"] {
        let errors = folder.read(text).unwrap_err();
        assert_eq!(found(&errors, text), [("not_a_pipeline".to_owned(), String::new())], "{text}");
        assert!(!format!("{:?}", miette::Report::new(errors)).contains("CANARI"));
    }
    // What begins like a pipeline is shown its mistakes.
    let text = "[pipeline]\nname = \n";
    assert_eq!(found(&folder.read(text).unwrap_err(), text), [("syntax".to_owned(), "name = ".to_owned())]);
}

#[test]
fn data_files_and_registers_are_not_opened() {
    // None of the data files exists in the test's folder, and the pipeline is sound all the same.
    let folder = Folder::new();
    let text =
        GOOD.replace("source = \"visits\"\nwhen = \"ward = 'b'\"", "register = \"absent.csv\"\ncolumn = \"nir\"");
    let pipeline = folder.read(&text).unwrap();
    assert!(matches!(&pipeline.excludes[0], Exclude::Register { column, .. } if column == "nir"));
}

#[test]
fn every_pipeline_of_the_project_is_sound() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "toml") {
            let read = Pipeline::read(&path);
            assert!(read.is_ok(), "{:?}", miette::Report::new(read.unwrap_err()));
            count += 1;
        }
    }
    assert!(count >= 2, "the project has its two pipelines");
}

#[test]
fn the_message_quotes_the_place_and_says_what_to_do() {
    let folder = Folder::new();
    let text = GOOD.replace(COST, "[[keep]]\ncolumn = \"LAST\"\n[[keep]]\ncolumn = \"COST\"");
    let errors = folder.read(&text).unwrap_err();
    let mut shown = String::new();
    let theme = miette::GraphicalTheme::unicode_nocolor();
    let handler = miette::GraphicalReportHandler::new_themed(theme).with_width(100).with_links(false);
    handler.render_report(&mut shown, &errors).unwrap();
    let shown = shown.replace(&folder.0.path().display().to_string(), "FOLDER");
    insta::assert_snapshot!(shown, @r#"
    tamis::pipeline

      × the pipeline `FOLDER/pipeline.toml` cannot be used: 1 problem
      help: No data was read. Correct the places shown; `tamis explain CODE` says why.

    Error: tamis::pipeline::identifier_leaves

      × `LAST` is a direct-identifier and can never leave
        ╭─[FOLDER/pipeline.toml:53:10]
     52 │ [[keep]]
     53 │ column = "LAST"
        ·          ───┬──
        ·             ╰── here
     54 │ [[keep]]
        ╰────
      help: Take this entry out. Neither generalising nor computing with it makes it leave; records of
            one person are tied by a pseudonym where [subject] linkage allows it.
    "#);
}
