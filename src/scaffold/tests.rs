#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;

use serde_json::json;

use super::*;

fn make_of(of: Of<'_>, subject: Option<&str>, lang: Lang) -> Result<Scaffold, ScaffoldError> {
    let place = Place { folder: Path::new("/srv/it's 100%/a"), program: Path::new("/usr/bin/tamis") };
    make(Wanted { of, subject, folder: "a", place, lang })
}

fn file(scaffold: &Scaffold, path: &str) -> String {
    let file = scaffold.files.iter().find(|f| f.path == path).unwrap_or_else(|| panic!("no {path}"));
    String::from_utf8(file.bytes.clone()).unwrap()
}

#[test]
fn both_languages_say_the_same_pipeline() {
    let keys = |lang| {
        let text = file(&make_of(Of::Sample, None, lang).unwrap(), "pipeline.toml");
        let code = text.lines().filter(|l| !l.starts_with('#') && !l.starts_with("why") && !l.starts_with("purpose"));
        code.map(|l| l.split('#').next().unwrap().trim_end().to_owned()).collect::<Vec<_>>()
    };
    assert!(keys(Lang::En).len() > 50);
    assert_eq!(keys(Lang::En), keys(Lang::Fr));
}

#[test]
fn what_nobody_decided_gets_a_role_under_which_it_stays_behind() {
    let schema = json!({ "name": "t", "fields": [
        { "name": "dossier", "type": "string" },
        { "name": "code", "type": "string", "constraints": { "enum": ["a", "b"] } },
        { "name": "score", "type": "integer" },
        { "name": "ddn", "type": "date", "tamis:role": "quasi-identifier" },
        { "name": "vu_le", "type": "date" },
        { "name": "dossier_no", "type": "integer", "constraints": { "unique": true } },
        { "name": "lat", "type": "number" },
        { "name": "GENDER", "type": "string", "constraints": { "enum": ["F", "M"] } },
    ]});
    assert!(matches!(
        make_of(Of::Schema(schema.clone()), None, Lang::En),
        Err(ScaffoldError::NoSubject { columns }) if columns.len() == 8
    ));
    let made = make_of(Of::Schema(schema.clone()), Some("dossier"), Lang::En).unwrap();
    let roles: Vec<(&str, &str, bool)> =
        made.columns.iter().map(|c| (c.name.as_str(), c.role.as_str(), c.leaves)).collect();
    assert_eq!(
        roles,
        [
            ("dossier", "subject-identifier", false),
            ("code", "sensitive", false),
            ("score", "sensitive", false),
            ("ddn", "quasi-identifier", true),
            ("vu_le", "quasi-identifier", true),
            ("dossier_no", "direct-identifier", false),
            ("lat", "direct-identifier", false),
            ("GENDER", "quasi-identifier", true),
        ]
    );
    let unknown = make_of(Of::Schema(schema), Some("dosier"), Lang::En).unwrap_err();
    assert!(matches!(unknown, ScaffoldError::UnknownColumn { .. }));
}

#[test]
fn an_undecided_text_can_never_leave() {
    let schema = json!({ "name": "t", "fields": [
        { "name": "id", "type": "string", "tamis:role": "subject-identifier" },
        { "name": "ville", "type": "string" },
        { "name": "sexe", "type": "string", "tamis:role": "quasi-identifier" },
    ]});
    let made = make_of(Of::Schema(schema), None, Lang::Fr).unwrap();
    assert!(made.columns[1].undecided && made.columns[1].role.never_leaves());
    let pipeline = file(&made, "pipeline.toml");
    assert!(!pipeline.contains("[[keep]]\ncolumn = \"ville\"") && pipeline.contains("\"ville\""), "{pipeline}");
}

#[test]
fn a_name_cannot_break_out_of_its_line() {
    let name = "sexe\"\n[[keep]]\ncolumn = \"x";
    let schema = json!({ "name": "t", "fields": [
        { "name": "id\n[limits]", "type": "string", "tamis:role": "subject-identifier" },
        { "name": name, "type": "integer" },
        { "name": "sexe", "type": "string", "tamis:role": "quasi-identifier" },
    ]});
    let made = make_of(Of::Schema(schema), None, Lang::En).unwrap();
    let pipeline = file(&made, "pipeline.toml");
    assert!(!pipeline.contains("\n[limits]") && pipeline.matches("\n[[keep]]").count() == 1, "{pipeline}");
    let parsed: ::toml::Table = pipeline.parse().unwrap();
    assert_eq!(parsed["subject"]["column"].as_str().unwrap(), "id\n[limits]");
}

#[test]
fn the_service_quotes_its_paths() {
    let made = make_of(Of::Sample, None, Lang::En).unwrap();
    let unit = file(&made, "systemd/a.service");
    let expected = r#"ExecStart="/usr/bin/tamis" run "/srv/it's 100%%/a/pipeline.toml" --since last --log json --operator systemd"#;
    assert!(unit.contains(expected), "{unit}");
    assert!(unit.contains("MemorySwapMax=0\n") && unit.contains("ReadWritePaths=\"/srv/it's 100%%/a/out\""));
}

#[test]
fn the_service_of_the_package_is_as_hardened() {
    let packaged = include_str!("../../packaging/systemd/tamis@.service");
    let lines: Vec<&str> = include_str!("hardening.conf").lines().filter(|line| line.contains('=')).collect();
    assert!(lines.len() > 25);
    // Pipelines of the package lie in no home.
    for line in lines.into_iter().filter(|line| !line.starts_with("ProtectHome=")) {
        assert!(packaged.lines().any(|other| other == line), "{line}");
    }
    assert!(packaged.contains("\nProtectHome=yes\n"));
}

#[test]
fn a_folder_of_any_name_names_a_pipeline() {
    for (folder, name) in [("demo", "demo"), ("Mes données", "Mes-donn-es"), ("..", "tamis"), ("été", "t")] {
        assert_eq!(name_of(folder), name);
    }
}
