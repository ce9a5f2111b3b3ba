#![allow(clippy::unwrap_used)]
use std::path::{Path, PathBuf};

use super::*;

/// Problems of a descriptor, as a reader sees them.
fn problems(json: &str) -> Vec<String> {
    TableSchema::parse(json, "t").unwrap_err().iter().map(ToString::to_string).collect()
}

/// Problems of a descriptor with this one field.
fn field_problems(field: &str) -> Vec<String> {
    problems(&format!(r#"{{"fields": [{field}]}}"#))
}

fn assert_one(found: &[String], start: &str) {
    assert!(found.len() == 1 && found[0].starts_with(start), "expected one problem `{start}…`, found {found:#?}");
}

#[test]
fn the_forms_of_version_1_and_2_give_the_same_table() {
    let fields = r#""fields": [{"name": "a", "type": "string"}, {"name": "b", "type": "string"}]"#;
    let one = TableSchema::parse(&format!(r#"{{"primaryKey": "a", {fields}}}"#), "t").unwrap();
    let two =
        format!(r#"{{"name": "t", "primaryKey": ["a"], "fieldsMatch": ["exact"], "missingValues": [""], {fields}}}"#);
    assert_eq!(one, TableSchema::parse(&two, "other").unwrap());
    assert_eq!((one.name.as_str(), one.primary_key.as_slice()), ("t", ["a".to_owned()].as_slice()));
    assert_eq!(one.missing_values, [""]);
}

#[test]
fn everything_that_a_descriptor_says_is_kept() {
    let json = r#"{"name": "t", "title": "Titre", "description": "D", "fieldsMatch": "subset", "missingValues": ["", "NA"],
        "uniqueKeys": [["a", "n"]], "custom": 1,
        "fields": [
          {"name": "a", "title": "A", "description": "DA", "example": "x", "type": "string", "format": "email", "custom": {},
           "constraints": {"required": true, "unique": true, "minLength": 1, "maxLength": 9, "pattern": ".+", "enum": ["a@b.fr"]},
           "tamis:role": "direct-identifier", "missingValues": ["-"]},
          {"name": "n", "type": "number", "decimalChar": ",", "groupChar": " ", "bareNumber": false, "example": 1.5,
           "constraints": {"minimum": 0.5, "exclusiveMaximum": "10"}, "tamis:role": "quasi-identifier"},
          {"name": "d", "type": "date", "format": "%d/%m/%Y", "tamis:incompleteDates": true, "tamis:role": "sensitive"},
          {"name": "i", "type": "string", "tamis:identifier": "finess", "tamis:role": "other"},
          {"name": "s", "type": "string", "tamis:role": "subject-identifier"}],
        "tamis:rules": [{"name": "r", "sql": "n > 1", "description": "DR"}]}"#;
    let table = TableSchema::parse(json, "other").unwrap();
    assert_eq!(
        (table.name.as_str(), table.title.as_deref(), table.description.as_deref()),
        ("t", Some("Titre"), Some("D"))
    );
    assert_eq!(table.fields_match, FieldsMatch::Subset);
    assert_eq!(table.missing_values, ["", "NA"]);
    assert_eq!(table.unique_keys, [["a", "n"]]);
    assert_eq!(table.rules, [Rule { name: "r".into(), sql: "n > 1".into(), description: Some("DR".into()) }]);
    let a = &table.fields[0];
    assert_eq!(
        (a.title.as_deref(), a.description.as_deref(), a.example.as_deref()),
        (Some("A"), Some("DA"), Some("x"))
    );
    assert_eq!(a.ty, FieldType::String(StringFormat::Email));
    assert_eq!(a.missing_values.as_deref(), Some(["-".to_owned()].as_slice()));
    let wanted = Constraints {
        required: true,
        unique: true,
        min_length: Some(1),
        max_length: Some(9),
        pattern: Some(".+".into()),
        allowed: Some(vec!["a@b.fr".into()]),
        ..Constraints::default()
    };
    assert_eq!(a.constraints, wanted);
    let n = &table.fields[1];
    assert_eq!(n.ty, FieldType::Number { decimal_char: ',', group_char: Some(' '), bare_number: false });
    // JSON numbers are kept as the file would write them.
    assert_eq!((n.example.as_deref(), n.constraints.minimum.as_deref()), (Some("1,5"), Some("0,5")));
    assert_eq!(n.constraints.exclusive_maximum.as_deref(), Some("10"));
    let pattern = TemporalFormat::Pattern("%d/%m/%Y".into());
    assert_eq!(table.fields[2].ty, FieldType::Date { format: pattern, incomplete: true });
    assert_eq!(table.fields[3].identifier, Some(IdentifierKind::Finess));
    let roles: Vec<_> = table.fields.iter().map(|f| f.role.unwrap()).collect();
    use Role::{DirectIdentifier, Other, QuasiIdentifier, Sensitive, SubjectIdentifier};
    assert_eq!(roles, [DirectIdentifier, QuasiIdentifier, Sensitive, Other, SubjectIdentifier]);
}

#[test]
fn all_problems_are_told_at_once_each_with_its_place() {
    let found = problems(
        r#"{"primaryKey": "id", "fieldsMatch": "loose", "tamis:rule": [],
            "fields": [{"name": "a", "type": "text"},
                       {"name": "b", "type": "string", "constraints": {"pattern": "(", "minLenght": 2}},
                       {"type": "string"}],
            "tamis:rules": [{"name": "r"}]}"#,
    );
    let starts = [
        "tamis:rule: there is no such property",
        "fieldsMatch: `loose`",
        "fields[0].type: `text` is not known here; use one of: string, ",
        "fields[1].constraints.minLenght: there is no constraint of this name; use one of: required",
        "fields[1].constraints.pattern: the regular expression does not compile (unclosed group)",
        "fields[2].name: the property is absent",
        "tamis:rules[0].sql: the property is absent",
    ];
    assert_eq!(found.len(), starts.len(), "{found:#?}");
    for (found, start) in found.iter().zip(starts) {
        assert!(found.starts_with(start), "{found}");
    }
}

#[test]
fn keys_name_fields_that_exist() {
    let fields = r#""fields": [{"name": "a"}]"#;
    assert_one(&problems(&format!(r#"{{"primaryKey": "b", {fields}}}"#)), "primaryKey: there is no field `b`");
    assert_one(
        &problems(&format!(r#"{{"uniqueKeys": [["a", "b"]], {fields}}}"#)),
        "uniqueKeys[0]: there is no field `b`",
    );
    assert_one(&problems(&format!(r#"{{"primaryKey": ["a", "a"], {fields}}}"#)), "primaryKey: `a` stands at");
    assert_one(&problems(&format!(r#"{{"uniqueKeys": [[]], {fields}}}"#)), "uniqueKeys[0]: a list of names");
}

#[test]
fn two_fields_or_two_rules_of_one_name_are_refused() {
    let found = problems(r#"{"fields": [{"name": "a"}, {"name": "b"}, {"name": "a"}]}"#);
    assert_one(&found, "fields[2].name: `a` stands at fields[0] already");
    let rule = r#"{"name": "r", "sql": "a > 1"}"#;
    let found = problems(&format!(r#"{{"fields": [{{"name": "a"}}], "tamis:rules": [{rule}, {rule}]}}"#));
    assert_one(&found, "tamis:rules[1].name: `r` stands at tamis:rules[0] already");
}

#[test]
fn bounds_must_be_values_of_the_type_and_leave_room() {
    let place = "fields[0].constraints.";
    for (field, start) in [
        (
            r#"{"name": "a", "type": "integer", "constraints": {"minimum": "x"}}"#,
            "minimum: `x` cannot be read as `integer`",
        ),
        (r#"{"name": "a", "type": "date", "constraints": {"maximum": "2024-02-30"}}"#, "maximum: `2024-02-30` cannot"),
        (r#"{"name": "a", "type": "string", "constraints": {"minimum": "a"}}"#, "minimum: values of type `string`"),
        (r#"{"name": "a", "type": "boolean", "constraints": {"minimum": true}}"#, "minimum: values of type `boolean`"),
        (r#"{"name": "a", "type": "integer", "constraints": {"minimum": 3, "maximum": 2}}"#, "minimum: no value can"),
        (
            r#"{"name": "a", "type": "date", "constraints": {"minimum": "2024-01-01", "exclusiveMaximum": "2024-01-01"}}"#,
            "minimum: no value can be within both `minimum` and `exclusiveMaximum`",
        ),
        (
            r#"{"name": "a", "type": "string", "constraints": {"minLength": 3, "maxLength": 2}}"#,
            "minLength: no value can",
        ),
        (r#"{"name": "a", "type": "string", "constraints": {"minLength": -1}}"#, "minLength: a whole number"),
        (r#"{"name": "a", "type": "integer", "constraints": {"enum": [1, "x"]}}"#, "enum[1]: `x` cannot be read"),
        (r#"{"name": "a", "type": "integer", "constraints": {"enum": [1, null]}}"#, "enum[1]: a value of the"),
        (r#"{"name": "a", "type": "integer", "constraints": {"enum": []}}"#, "enum: nothing stands here"),
        (r#"{"name": "a", "type": "string", "constraints": {"required": "yes"}}"#, "required: true or false"),
        (
            r#"{"name": "a", "type": "object", "constraints": {"jsonSchema": {"type": "nombre"}}}"#,
            "jsonSchema: this is no JSON Schema",
        ),
        (
            r#"{"name": "a", "type": "string", "constraints": {"jsonSchema": {}}}"#,
            "jsonSchema: the property is only for fields of type `object` or `array`",
        ),
    ] {
        assert_one(&field_problems(field), &format!("{place}{start}"));
    }
    let equal = r#"{"fields": [{"name": "a", "type": "integer", "constraints": {"minimum": 2, "maximum": 2}}]}"#;
    assert!(TableSchema::parse(equal, "t").is_ok());
}

#[test]
fn a_pattern_that_would_escape_its_brackets_is_refused() {
    let found = field_problems(r#"{"name": "a", "type": "string", "constraints": {"pattern": "a)|(b"}}"#);
    assert_one(&found, "fields[0].constraints.pattern: the regular expression does not compile (unopened group)");
}

#[test]
fn options_of_a_type_are_checked() {
    for (field, start) in [
        (r#"{"name": "a", "type": "string", "format": "mail"}"#, "format: `mail` is not a format of the type `string`"),
        (r#"{"name": "a", "type": "date", "format": "DD/MM/YYYY"}"#, "format: `DD/MM/YYYY` is not a format"),
        (r#"{"name": "a", "type": "date", "format": "%d/%Q"}"#, "format: `%d/%Q` has a directive"),
        (r#"{"name": "a", "type": "year", "format": "any"}"#, "format: `any` is not a format of the type `year`"),
        (r#"{"name": "a", "type": "number", "decimalChar": ",", "groupChar": ","}"#, "groupChar: `,` has two meanings"),
        (r#"{"name": "a", "type": "number", "groupChar": "ab"}"#, "groupChar: one character"),
        (r#"{"name": "a", "type": "integer", "groupChar": "0"}"#, "groupChar: one character"),
        (r#"{"name": "a", "type": "boolean", "trueValues": ["0"]}"#, "falseValues: `0` has two meanings"),
        (r#"{"name": "a", "type": "list", "delimiter": ""}"#, "delimiter: nothing stands here"),
        (r#"{"name": "a", "type": "list", "itemType": "list"}"#, "itemType: `list` is not known"),
        (
            r#"{"name": "a", "type": "string", "tamis:role": "direct"}"#,
            "tamis:role: `direct` is not known here; use one of: other, ",
        ),
        (r#"{"name": "a", "type": "string", "tamis:rôle": "other"}"#, "tamis:rôle: there is no such property"),
        (
            r#"{"name": "a", "type": "integer", "tamis:identifier": "nir"}"#,
            "tamis:identifier: the property is only for",
        ),
        (r#"{"name": "a", "type": "string", "tamis:identifier": "ssn"}"#, "tamis:identifier: `ssn` is not known"),
        (
            r#"{"name": "a", "type": "year", "tamis:incompleteDates": true}"#,
            "tamis:incompleteDates: the property is only",
        ),
        (r#"{"name": "a", "type": "string", "required": true}"#, "required: a constraint has no effect here"),
        (r#"{"name": "a", "type": "integer", "categories": [1, "x"]}"#, "categories[1]: `x` cannot be read"),
        (
            r#"{"name": "a", "type": "string", "categories": ["x"], "constraints": {"enum": ["x", "y"]}}"#,
            "constraints.enum[1]: `y` is not among",
        ),
    ] {
        assert_one(&field_problems(field), &format!("fields[0].{start}"));
    }
}

#[test]
fn a_remark_among_the_constraints_is_no_constraint() {
    let json = r#"{"fields": [{"name": "a", "constraints": {"description": "unicité fausse"}}]}"#;
    assert!(TableSchema::parse(json, "t").is_ok());
}

#[test]
fn what_is_not_a_schema_is_told_so() {
    assert_one(&problems("{'name': 1}"), "line 1, column 2: not JSON");
    assert_one(&problems("[]"), "schema: a JSON object is expected here");
    assert_one(&problems("{}"), "fields: the property is absent");
    assert_one(&problems(r#"{"fields": []}"#), "fields: nothing stands here");
    assert_one(&problems(r#"{"fields": {}}"#), "fields: a list is expected here");
    assert_one(&problems(r#"{"fields": ["a"]}"#), "fields[0]: a JSON object is expected here");
    let absent = TableSchema::read(Path::new("no/such/schema.json")).unwrap_err();
    assert!(matches!(absent, SchemaError::Unreadable { kind: std::io::ErrorKind::NotFound, .. }));
}

/// The schema files of the project.
fn shipped() -> Vec<(PathBuf, TableSchema)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    // The schema of pipeline files is a JSON Schema, not a Table Schema.
    paths.retain(|p| !p.to_string_lossy().ends_with(".schema.json"));
    paths.sort();
    let read = |p: PathBuf| {
        let table = TableSchema::read(&p).unwrap_or_else(|e| panic!("{e}"));
        (p, table)
    };
    paths.into_iter().map(read).collect()
}

#[test]
fn every_shipped_schema_is_whole_and_its_examples_pass_its_own_constraints() {
    let shipped = shipped();
    assert!(shipped.len() >= 3);
    for (path, table) in &shipped {
        assert_eq!(Some(table.name.as_str()), path.file_stem().and_then(|s| s.to_str()));
        assert!(table.title.is_some() && table.description.is_some(), "{}", table.name);
        for field in &table.fields {
            let at = format!("{}.{}", table.name, field.name);
            assert!(field.role.is_some() && field.title.is_some() && field.description.is_some(), "{at}");
            let judge = crate::validate::CellJudge::new(field, table).unwrap();
            let example = field.example.as_deref();
            assert!(matches!(judge.judge(example), Ok(Some(_))), "{at}: {:?}", judge.judge(example));
        }
        for rule in &table.rules {
            assert!(rule.description.is_some(), "{}.{}", table.name, rule.name);
        }
    }
}

#[test]
fn the_shipped_schemas_have_the_fields_and_roles_of_the_record_layouts() {
    // Direct identifiers, then quasi-identifiers, sensitive and other fields; the subject identifier counts among the first.
    let counts = [
        ("certificat_sante_enfant", [5, 8, 10, 3]),
        ("consultation_prevention", [8, 6, 11, 8]),
        ("depistage_organise", [6, 7, 11, 10]),
    ];
    let shipped = shipped();
    for (name, wanted) in counts {
        let (_, table) = shipped.iter().find(|(_, t)| t.name == name).unwrap();
        let group = |f: &Field| match f.role.unwrap() {
            Role::DirectIdentifier | Role::SubjectIdentifier => 0,
            Role::QuasiIdentifier => 1,
            Role::Sensitive => 2,
            Role::Other => 3,
        };
        let groups: Vec<usize> = table.fields.iter().map(group).collect();
        assert!(groups.is_sorted(), "{name}");
        assert_eq!([0, 1, 2, 3].map(|g| groups.iter().filter(|&&h| h == g).count()), wanted, "{name}");
        assert_eq!(table.fields.iter().filter(|f| f.role == Some(Role::SubjectIdentifier)).count(), 1, "{name}");
    }
}

#[test]
fn a_schema_of_the_national_health_data_system_is_read() {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/table-schema/snds/IR_BEN_R.json"));
    if !path.exists() {
        #[allow(clippy::print_stderr)]
        {
            eprintln!("skipped: {} is absent", path.display());
        }
        return;
    }
    let table = TableSchema::read(path).unwrap();
    assert_eq!(table.primary_key, ["BEN_NIR_PSA", "BEN_RNG_GEM"]);
    assert_eq!(table.field("BEN_NIR_PSA").unwrap().constraints.min_length, Some(17));
    let expected = path.parent().unwrap().join("../data/schema-invalid.json");
    let error = TableSchema::read(&expected).unwrap_err().to_string();
    assert!(
        error.ends_with("fields[0].required: a constraint has no effect here; move it into `constraints`"),
        "{error}"
    );
}
