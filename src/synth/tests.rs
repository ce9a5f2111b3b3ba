#![allow(clippy::unwrap_used)]

use std::collections::{HashMap, HashSet};

use super::*;
use crate::identifiers::{Nir, Sex, check, geo};
use crate::schema::{
    Constraints, Field, FieldType, FieldsMatch, IdentifierKind, StringFormat, TableSchema, TemporalFormat,
};

/// The schema files of the project, read as far as the generator looks at them.
fn schema(name: &str) -> TableSchema {
    let path = format!("{}/schemas/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let file: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let word = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let field = |json: &serde_json::Value| {
        let limits = &json["constraints"];
        Field {
            name: word(&json["name"]),
            title: None,
            description: None,
            example: None,
            ty: match json["type"].as_str().unwrap() {
                "integer" => FieldType::Integer { bare_number: true, group_char: None },
                "number" => FieldType::Number { decimal_char: '.', group_char: None, bare_number: true },
                "boolean" => {
                    FieldType::Boolean { true_values: vec!["true".into()], false_values: vec!["false".into()] }
                }
                "date" => FieldType::Date { format: TemporalFormat::Default, incomplete: true },
                "year" => FieldType::Year,
                _ => FieldType::String(StringFormat::Default),
            },
            constraints: Constraints {
                required: limits["required"] == true,
                max_length: limits["maxLength"].as_u64().map(|n| n as usize),
                minimum: limits.get("minimum").map(word),
                maximum: limits.get("maximum").map(word),
                pattern: limits.get("pattern").map(word),
                allowed: limits["enum"].as_array().map(|list| list.iter().map(word).collect()),
                ..Constraints::default()
            },
            role: None,
            identifier: match json["tamis:identifier"].as_str() {
                Some("nir") => Some(IdentifierKind::Nir),
                Some("rpps") => Some(IdentifierKind::Rpps),
                Some("finess") => Some(IdentifierKind::Finess),
                Some("commune") => Some(IdentifierKind::Commune),
                Some("iris") => Some(IdentifierKind::Iris),
                Some("postcode") => Some(IdentifierKind::Postcode),
                Some("cim10") => Some(IdentifierKind::Cim10),
                Some("ccam") => Some(IdentifierKind::Ccam),
                Some("loinc") => Some(IdentifierKind::Loinc),
                _ => None,
            },
            missing_values: None,
            path: None,
        }
    };
    TableSchema {
        name: word(&file["name"]),
        title: None,
        description: None,
        fields: file["fields"].as_array().unwrap().iter().map(field).collect(),
        missing_values: vec![String::new()],
        primary_key: file["primaryKey"].as_array().map(|keys| keys.iter().map(word).collect()).unwrap_or_default(),
        unique_keys: Vec::new(),
        foreign_keys: Vec::new(),
        fields_match: FieldsMatch::Equal,
        rules: Vec::new(),
    }
}

fn options(records: u64, seed: u64) -> SynthOptions {
    SynthOptions { records, seed, ..SynthOptions::default() }
}

fn written(name: &str, options: &SynthOptions) -> (Vec<u8>, SynthReport) {
    let mut out = Vec::new();
    let report = write(&schema(name), options, &mut out).unwrap();
    (out, report)
}

/// Reads CSV as RFC 4180 has it; an own reader, so that a slip in the writer is not read the same way.
fn parsed(bytes: &[u8], delimiter: char) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut characters = std::str::from_utf8(bytes).unwrap().chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' => quoted = !quoted,
            other if quoted => cell.push(other),
            '\n' => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            other if other == delimiter => row.push(std::mem::take(&mut cell)),
            other => cell.push(other),
        }
    }
    assert!(!quoted && row.is_empty() && cell.is_empty());
    rows
}

/// The records of a clean file as maps from field to text.
fn records(name: &str, options: &SynthOptions) -> Vec<HashMap<String, String>> {
    let rows = parsed(&written(name, options).0, ',');
    rows[1..].iter().map(|row| rows[0].iter().cloned().zip(row.iter().cloned()).collect()).collect()
}

/// What is wrong with a cell, as far as type, bounds, lists and identifiers go. Patterns are left to the schema room.
fn fault(field: &Field, cell: &str) -> Option<&'static str> {
    let limits = &field.constraints;
    if cell.is_empty() {
        return limits.required.then_some("required");
    }
    let number: Option<f64> = match field.ty {
        FieldType::Integer { .. } | FieldType::Year => Some(cell.parse::<i64>().ok().map_or(f64::NAN, |n| n as f64)),
        FieldType::Number { .. } => Some(cell.parse().unwrap_or(f64::NAN)),
        _ => None,
    };
    let beyond = |bound: &Option<String>, over: fn(f64, f64) -> bool| {
        number.zip(bound.as_ref().and_then(|bound| bound.parse().ok())).is_some_and(|(n, bound)| over(n, bound))
    };
    if number.is_some_and(f64::is_nan) {
        return Some("number");
    }
    if matches!(field.ty, FieldType::Boolean { .. }) && !["true", "false"].contains(&cell) {
        return Some("boolean");
    }
    if matches!(field.ty, FieldType::Date { .. }) && day(cell).is_none() {
        return Some("date");
    }
    if beyond(&limits.minimum, |n, bound| n < bound) || beyond(&limits.maximum, |n, bound| n > bound) {
        return Some("bounds");
    }
    if limits.allowed.as_ref().is_some_and(|allowed| !allowed.iter().any(|word| word == cell)) {
        return Some("enum");
    }
    if limits.max_length.is_some_and(|most| cell.chars().count() > most) {
        return Some("length");
    }
    field.identifier.filter(|&kind| check(kind, cell).is_err()).map(|_| "identifier")
}

/// A date, incomplete ones as the schema takes them.
fn day(text: &str) -> Option<date::Date> {
    let whole = text.replace("-00-00", "-07-01").replace("-00", "-15");
    let parts: Vec<_> = whole.split('-').map(|part| part.parse::<i32>().ok()).collect::<Option<_>>()?;
    let [year, month, day] = parts[..] else { return None };
    let right = (1..=12).contains(&month) && (1..=i32::from(date::month_length(year, month as u8))).contains(&day);
    right.then(|| date::Date::new(year, month as u8, day as u8))
}

#[test]
fn a_clean_file_has_no_cell_that_its_schema_refuses() {
    for name in known() {
        let schema = schema(name);
        let rows = parsed(&written(name, &options(12_000, 3)).0, ',');
        assert_eq!(rows.len(), 12_001);
        assert!(rows[0].iter().eq(schema.fields.iter().map(|field| &field.name)));
        for row in &rows[1..] {
            assert_eq!(row.len(), schema.fields.len());
            for (field, cell) in schema.fields.iter().zip(row) {
                assert_eq!(fault(field, cell), None, "{name} {}", field.name);
            }
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_with_one_thread_and_with_three_and_another_seed_others() {
    for name in known() {
        let options = SynthOptions { records: 15_000, dirty: 0.1, ..options(0, 11) };
        let with = |threads: usize| {
            rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| written(name, &options))
        };
        let (one, three) = (with(1), with(3));
        assert!(one == three, "{name}");
        assert!(written(name, &SynthOptions { seed: 12, ..options }).0 != one.0);
    }
}

#[test]
fn a_longer_file_begins_with_the_shorter_one() {
    for name in known() {
        let (short, _) = written(name, &options(3_000, 5));
        assert!(written(name, &options(9_000, 5)).0.starts_with(&short), "{name}");
    }
}

#[test]
fn every_nir_fits_sex_birth_date_and_a_real_department() {
    let mut abroad = 0;
    let people = records("consultation_prevention", &options(12_000, 2));
    for person in &people {
        let nir = Nir::parse(&person["matricule_ins"]).unwrap();
        match person["sexe"].as_str() {
            "F" => assert_eq!(nir.sex(), Sex::Female),
            "M" => assert_eq!(nir.sex(), Sex::Male),
            other => assert_eq!(other, "I"),
        }
        let birth = &person["date_naissance"];
        assert_eq!(format!("{:02}", nir.year()), birth[2..4]);
        assert_eq!(nir.month().map_or("00".to_owned(), |month| format!("{month:02}")), birth[5..7]);
        if nir.department() == "99" {
            abroad += 1;
        } else {
            let departement = geo::departement_of_commune(nir.birthplace()).unwrap();
            // Corsica was one department until 1976.
            assert_eq!(departement == "20", nir.department() == "20");
            assert!(departement != "20" || &birth[..4] < "1976");
            assert!(!departement.starts_with("2A") && !departement.starts_with("2B") || &birth[..4] >= "1976");
        }
    }
    assert!((240..900).contains(&abroad), "{abroad}");
}

#[test]
fn a_person_has_at_most_one_consultation_in_a_band_and_it_is_in_the_band() {
    let mut seen = HashSet::new();
    let mut persons = HashSet::new();
    for person in records("consultation_prevention", &options(20_000, 2)) {
        let age = day(&person["date_naissance"]).unwrap().age_on(day(&person["date_consultation"]).unwrap());
        let band = consultation::BANDS.iter().position(|(first, last)| (first..=last).contains(&&age));
        assert!(band.is_some(), "age {age}");
        assert!(seen.insert((person["matricule_ins"].clone(), band)));
        persons.insert(person["matricule_ins"].clone());
    }
    assert!(persons.len() < 19_900, "nobody came again: {}", persons.len());
}

#[test]
fn one_nir_is_one_person_in_every_file_of_a_seed_and_the_files_join() {
    let mut known: HashMap<String, [String; 4]> = HashMap::new();
    let mut joined = 0;
    for name in ["consultation_prevention", "depistage_organise"] {
        let before: HashSet<String> = known.keys().cloned().collect();
        for person in records(name, &options(10_000, 4)) {
            let who =
                ["nom_naissance", "prenoms", "date_naissance", "commune_residence"].map(|field| person[field].clone());
            joined += u32::from(before.contains(&person["matricule_ins"]));
            assert_eq!(known.entry(person["matricule_ins"].clone()).or_insert_with(|| who.clone()), &who);
        }
    }
    assert!(joined > 3_000, "{joined}");
}

#[test]
fn the_rules_of_screening_hold() {
    let (mut positive, mut read, mut most) = (0u32, 0u32, HashMap::new());
    for event in records("depistage_organise", &options(20_000, 6)) {
        let (of, empty) = (|field: &str| day(&event[field]), |field: &str| event[field].is_empty());
        let (programme, woman) = (event["programme"].as_str(), event["sexe"] == "F");
        assert!(programme == "sein" || (empty("acr_l1") && empty("acr_l2") && empty("bdi")));
        assert!(programme == "colorectal" || (empty("valeur_fit_ng_ml") && empty("date_coloscopie")));
        assert!((programme == "col" && woman) || (empty("hpv") && empty("cytologie")));
        assert!(empty("date_coloscopie") || event["resultat"] == "pos");
        assert_eq!(empty("date_coloscopie"), empty("coloscopie_conclusion"));
        assert!(empty("stade") || !empty("diagnostic_cim10"));
        assert_eq!(!empty("motif_non_analysable"), event["resultat"] == "non_analysable");
        let dates: Vec<_> =
            ["date_naissance", "date_invitation", "date_test", "date_coloscopie"].into_iter().filter_map(of).collect();
        assert!(dates.is_sorted());
        let age = dates[0].age_on(dates[1]);
        let ages = if programme == "col" { 25..=65 } else { 50..=74 };
        assert!(ages.contains(&age) && (programme == "colorectal" || woman), "{programme} {age}");
        if let Ok(value) = event["valeur_fit_ng_ml"].parse::<f64>() {
            assert_eq!(value >= 150.0, event["resultat"] == "pos");
            read += 1;
            positive += u32::from(event["resultat"] == "pos");
        }
        *most.entry(event["matricule_ins"].clone()).or_insert(0u32) += 1;
    }
    // 3.3 % of about 3,100 tests, within four standard errors
    assert!((0.020..0.047).contains(&(f64::from(positive) / f64::from(read))), "{positive} of {read}");
    assert_eq!(most.values().max(), Some(&4));
}

#[test]
fn the_rules_of_certificates_and_consultations_hold() {
    for child in records("certificat_sante_enfant", &options(12_000, 6)) {
        let born = day(&child["date_naissance_enfant"]).unwrap();
        if let Some(mother) = day(&child["date_naissance_mere"]) {
            assert!((14..=50).contains(&mother.age_on(born)));
        }
        assert!((0..=3).contains(&(child["annee"].parse::<i32>().unwrap() - born.year)));
        if let Ok(weight) = child["poids_g"].parse::<u32>() {
            assert_eq!(child["type_certificat"] == "CS8", weight < 5_700, "{weight} g");
        }
        assert_eq!(geo::departement_of_commune(&child["commune"]), Some(child["departement_emetteur"].as_str()));
    }
    for person in records("consultation_prevention", &options(12_000, 6)) {
        if let (Ok(high), Ok(low)) = (person["pas_mmhg"].parse::<u32>(), person["pad_mmhg"].parse::<u32>()) {
            assert!(low < high);
        }
        assert!(day(&person["date_information"]) <= day(&person["date_consultation"]));
    }
}

#[test]
fn pressure_rises_with_age_and_free_text_holds_what_breaks_careless_readers() {
    let people = records("consultation_prevention", &options(12_000, 8));
    let mean = |of: fn(&str) -> bool| {
        let values: Vec<f64> =
            people.iter().filter(|p| of(&p["date_naissance"])).filter_map(|p| p["pas_mmhg"].parse().ok()).collect();
        values.iter().sum::<f64>() / values.len() as f64
    };
    assert!(mean(|birth| birth < "1955") > mean(|birth| birth > "1990") + 15.0);
    for mark in [",", "\"", "\n", ";"] {
        assert!(people.iter().any(|person| person["commentaire_libre"].contains(mark)), "{mark:?}");
    }
}

#[test]
fn dirt_of_every_kind_is_there_and_counted() {
    let (name, options) = ("consultation_prevention", SynthOptions { dirty: 0.2, ..options(20_000, 9) });
    let (bytes, report) = written(name, &options);
    let schema = schema(name);
    let place = |name: &str| schema.position(name).unwrap();
    let (mut found, mut keys) = (HashMap::<&str, u64>::new(), HashSet::new());
    let rows = parsed(&bytes, ',');
    for row in &rows[1..] {
        let fault = if row.len() != schema.fields.len() {
            Some(if row.len() > schema.fields.len() { "extra-cell" } else { "missing-cell" })
        } else if row.iter().all(String::is_empty) {
            Some("blank-row")
        } else if let Some(fault) = schema.fields.iter().zip(row).find_map(|(field, cell)| fault(field, cell)) {
            Some(fault)
        } else if !keys.insert(row[place("id_enregistrement")].clone()) {
            Some("duplicate-key")
        } else {
            let number = |name| row[place(name)].parse::<u32>().ok();
            let broken = number("pad_mmhg").zip(number("pas_mmhg")).is_some_and(|(low, high)| low >= high);
            let nir = &row[place("matricule_ins")];
            let legal = if nir.contains(' ') { Some("spaced") } else { nir.contains(['a', 'b']).then_some("lower") };
            if broken { Some("rule") } else { legal }
        };
        if let Some(fault) = fault {
            *found.entry(fault).or_default() += 1;
        }
    }
    for (kind, fault) in [
        (DirtyKind::WrongNirKey, "identifier"),
        (DirtyKind::InvalidEnum, "enum"),
        (DirtyKind::ImpossibleDate, "date"),
        (DirtyKind::OutOfBounds, "bounds"),
        (DirtyKind::MissingRequired, "required"),
        (DirtyKind::ExtraCell, "extra-cell"),
        (DirtyKind::MissingCell, "missing-cell"),
        (DirtyKind::BlankRow, "blank-row"),
        (DirtyKind::RuleBroken, "rule"),
        (DirtyKind::TooLong, "length"),
        (DirtyKind::DuplicateKey, "duplicate-key"),
        (DirtyKind::SpacedNir, "spaced"),
        (DirtyKind::LowerCaseNir, "lower"),
    ] {
        assert!(report.dirty(kind) > 0, "{kind:?}");
        assert_eq!(found.get(fault), Some(&report.dirty(kind)), "{kind:?}");
    }
    let share = (report.invalid() + report.dirty(DirtyKind::SpacedNir) + report.dirty(DirtyKind::LowerCaseNir)) as f64;
    assert!((0.18..0.22).contains(&(share / 20_000.0)));
}

#[test]
fn dirt_comes_in_the_other_datasets_too_as_far_as_they_have_a_place_for_it() {
    for name in known() {
        let (_, report) = written(name, &SynthOptions { dirty: 1.0, ..options(3_000, 9) });
        assert!(report.dirty(DirtyKind::RuleBroken) > 100 && report.dirty(DirtyKind::WrongNirKey) > 100, "{name}");
        assert_eq!(DirtyKind::ALL.iter().map(|&kind| report.dirty(kind)).sum::<u64>(), 3_000);
    }
    let (_, report) = written("certificat_sante_enfant", &SynthOptions { dirty: 0.5, ..options(3_000, 9) });
    assert_eq!(report.dirty(DirtyKind::DuplicateKey), 0);
}

#[test]
fn a_small_population_ends_the_file_early_and_is_counted() {
    let (bytes, report) =
        written("depistage_organise", &SynthOptions { population: Some(500), ..options(1_000_000, 1) });
    let rows = parsed(&bytes, ',');
    let persons: HashSet<_> = rows[1..].iter().map(|row| row[0].clone()).collect();
    assert_eq!(report.records(), rows.len() as u64 - 1);
    assert_eq!(report.persons(), persons.len() as u64);
    assert!(persons.len() <= 500 && report.records() > report.persons());
}

#[test]
fn other_delimiters_are_quoted_where_they_stand_in_text() {
    let (bytes, _) = written("consultation_prevention", &SynthOptions { delimiter: b';', ..options(4_000, 1) });
    let rows = parsed(&bytes, ';');
    assert!(rows.iter().all(|row| row.len() == 33));
    assert!(rows.iter().any(|row| row[7].contains(';')));
}

#[test]
fn an_unknown_schema_is_refused_with_the_names_of_the_known_ones() {
    let mut other = schema("depistage_organise");
    other.name = "autre".to_owned();
    let error = write(&other, &SynthOptions::default(), Vec::new()).unwrap_err().to_string();
    assert!(known().iter().all(|name| error.contains(name)), "{error}");
}

#[test]
fn a_schema_with_another_field_is_refused_and_one_in_another_order_is_followed() {
    let mut turned = schema("certificat_sante_enfant");
    turned.fields.reverse();
    let mut out = Vec::new();
    write(&turned, &options(50, 1), &mut out).unwrap();
    let rows = parsed(&out, ',');
    assert_eq!(rows[0].last().unwrap(), "nom_enfant");
    for row in &rows[1..] {
        assert!(turned.fields.iter().zip(row).all(|(field, cell)| fault(field, cell).is_none()));
    }
    turned.fields[3].name = "surprise".to_owned();
    let error = write(&turned, &options(50, 1), Vec::new()).unwrap_err();
    assert!(
        matches!(error, SynthError::Fields { missing, surplus, .. } if missing.len() == 1 && surplus == ["surprise"])
    );
}

#[test]
fn shares_and_delimiters_outside_their_range_are_refused() {
    let schema = schema("depistage_organise");
    for dirty in [-0.1, 1.1, f64::NAN] {
        let wrong = SynthOptions { dirty, ..SynthOptions::default() };
        assert!(matches!(write(&schema, &wrong, Vec::new()), Err(SynthError::Dirty)));
    }
    for delimiter in [b'"', b'\n', b'1', b'-', 0xe9] {
        let wrong = SynthOptions { delimiter, ..SynthOptions::default() };
        assert!(matches!(write(&schema, &wrong, Vec::new()), Err(SynthError::Delimiter)));
    }
}
