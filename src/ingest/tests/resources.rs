//! FHIR resources, and what paths find in them.

use super::*;
use crate::ingest::Malformed;

/// A source of patients with a column `v` at this path.
fn patients(path: &Path, written: &str) -> Source {
    let fields = format!(
        r#"{{"name": "p", "fields": [{{"name": "id", "type": "string", "tamis:path": "getResourceKey()"}},
            {{"name": "v", "type": "string", "tamis:path": "{written}"}}]}}"#
    );
    let schema = TableSchema::parse(&fields, "p").unwrap();
    Source { schema, resource: Some("Patient".to_owned()), ..source(&[path]) }
}

/// What a path finds in one resource.
fn found(members: &str, path: &str) -> Result<Option<String>, Malformed> {
    let text = format!("{{\"resourceType\":\"Patient\",\"id\":\"p1\",{members}}}\n");
    let (_folder, file) = file_with("Patient.ndjson", text.as_bytes());
    let content = read_source(&patients(&file, path), 1 << 20).unwrap();
    assert_eq!(content.labels, ["id", "v"]);
    match (content.rows.as_slice(), content.malformed.as_slice()) {
        ([(1, 1, cells)], []) => Ok(cells[1].clone()),
        ([], [bad]) => Err(bad.what),
        _ => panic!("one line is one record"),
    }
}

const NAMES: &str =
    r#""name":[{"use":"official","family":"Martin","given":["Anne","Lou"]},{"use":"maiden","family":"Petit"}]"#;
const SEVERAL: Result<Option<String>, Malformed> = Err(Malformed::NotOneValue(1));

fn text(text: &str) -> Result<Option<String>, Malformed> {
    Ok(Some(text.to_owned()))
}

#[test]
fn a_path_finds_one_value_or_none_and_of_several_it_takes_none() {
    assert_eq!(found(NAMES, "name[0].family"), text("Martin"));
    assert_eq!(found(NAMES, "Patient.name.first().given[1]"), text("Lou"));
    assert_eq!(found(NAMES, "name.where(use='maiden').family"), text("Petit"));
    assert_eq!(found(NAMES, "name.where(use='old').family"), Ok(None));
    assert_eq!(found(NAMES, "name[2].family"), Ok(None));
    assert_eq!(found(NAMES, "name.family"), SEVERAL);
    assert_eq!(found(NAMES, "name[0].given"), SEVERAL);
    assert_eq!(found(NAMES, "name[0]"), SEVERAL, "an element with parts is no value");
    assert_eq!(found(r#""active":true"#, "active"), text("true"));
    assert_eq!(found(r#""x":7.5"#, "x"), text("7.5"));
    assert_eq!(found(r#""gender":null"#, "gender"), Ok(None));
    assert_eq!(found(r#""gender":"""#, "gender"), text(""));
    assert_eq!(found(r#""gender":"female""#, "gender.coding.code"), Ok(None));
    let extended = r#""extension":[{"url":"u","valueCode":"a"},{"url":"w","valueCode":"b"}]"#;
    assert_eq!(found(extended, "extension('w').value.ofType(code)"), text("b"));
}

#[test]
fn the_key_of_a_reference_is_the_id_of_a_resource_of_that_type() {
    let of = |reference: &str, path: &str| found(&format!(r#""subject":{reference}"#), path);
    let (patient, any) = ("subject.getReferenceKey(Patient)", "subject.getReferenceKey()");
    let reference = |to: &str| format!(r#"{{"reference":"{to}"}}"#);
    assert_eq!(of(&reference("Patient/a-1.b"), patient), text("a-1.b"));
    assert_eq!(of(&reference("Patient/1/_history/3"), patient), text("1"));
    assert_eq!(of(&reference("Group/7"), patient), Ok(None));
    assert_eq!(of(&reference("Group/7"), any), text("7"));
    assert_eq!(of(r#"{"identifier":{"value":"x"}}"#, patient), Ok(None));
    for to in [
        "https://a.example/fhir/Patient/1",
        "urn:uuid:0c6a",
        "#p",
        "Patient",
        "Patient/",
        "/1",
        "Patient/1 2",
        "patient/1",
        "",
    ] {
        assert_eq!(of(&reference(to), patient), Err(Malformed::Reference(1)), "{to}");
    }
    assert_eq!(of(r#"{"reference":7}"#, patient), Err(Malformed::Reference(1)));
    let two = r#"[{"reference":"Patient/1"},{"reference":"Patient/1"}]"#;
    assert_eq!(of(two, patient), SEVERAL);
}

#[test]
fn resources_of_another_type_bad_lines_and_empty_ones_are_told_each() {
    let lines = [
        r#"{"resourceType":"Patient","id":"a","gender":"male"}"#,
        r#"{"resourceType":"Observation","id":"b","gender":"male"}"#,
        r#"{"resourceType":"Patient","id":"c","gender":"male","gender":"female"}"#,
        "",
        r#"{"id":"e","gender":"male"}"#,
        r#"{"resourceType":"Patient","id":"f","name":[{"family":"x","family":"y"}]}"#,
        r#"{"resourceType":"Patient","id":"g","gender":"female","more":[1,{}]}"#,
    ];
    let (_folder, file) = file_with("p.ndjson", lines.join("\n").as_bytes());
    let content = read_source(&patients(&file, "gender"), 1 << 20).unwrap();
    assert_eq!(content.cells(), [["a", "male"], ["g", "female"]]);
    assert_eq!(content.positions(), [(1, 1), (7, 7)]);
    let expected = [
        (2, 2, Malformed::OtherResource),
        (3, 3, Malformed::NotAnObject),
        (4, 4, Malformed::Blank),
        (5, 5, Malformed::OtherResource),
        (6, 6, Malformed::NotAnObject),
    ];
    assert_eq!(content.faults(), expected);
}
