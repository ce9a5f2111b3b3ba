//! `perturb = { … }`: what is refused, and what becomes of what is sound.

use super::super::{CellKey, NoiseKind, Perturb, Probability, RoundTo};
use super::cases::{Case, case};
use super::*;

const NOISE: &str = "{ method = \"noise\", release = \"2026-S1\", kind = \"gaussian\", epsilon = \"1\", delta = \"1e-6\", budget = { file = \"b.json\", epsilon = \"3\", delta = \"1e-6\" } }";
const CELL_KEY: &str = "{ method = \"cell_key\", max = 5, variance = \"2\" }";
const ROUNDING: &str = "{ method = \"rounding\", base = 5 }";

/// A sound pipeline with tables alone, changed so.
fn with(perturb: &str) -> String {
    let (before, rest) = GOOD.split_once("[sample]").unwrap();
    let after = &rest[rest.find("[export]").unwrap()..];
    format!(
        "{before}[[aggregate]]\nname = \"ages\"\nby = [\"age\", \"GENDER\"]\nmargins = true\n\
         measure = [{{ count = \"persons\" }}]\nperturb = {perturb}\n{after}"
    )
}

const ROUNDING_CASES: &[Case] = &[
    case("method = \"rounding\", ", "", "missing_key", "{ base = 5 }"),
    case("\"rounding\"", "\"round\"", "unknown_word", "\"round\""),
    case(", base = 5", "", "missing_key", "{ method = \"rounding\" }"),
    case("base = 5", "base = 2", "bad_value", "2"),
    case("base = 5", "base = 1001", "bad_value", "1001"),
    case("base = 5", "base = 5, to = \"zero\"", "unknown_word", "\"zero\""),
    case("base = 5", "base = 5, max = 3", "stray_option", "3"),
    case("base = 5", "base = 5, epsilon = \"1\"", "stray_option", "\"1\""),
    case("base = 5", "base = 5, release = \"a\"", "stray_option", "\"a\""),
    case("base = 5", "base = 5, keys = 3", "unknown_key", "keys"),
    case("base = 5", "base = 5, key = \"root.key\"", "conflict", "\"root.key\""),
    case(
        "\"rounding\", base = 5",
        "\"controlled_rounding\", base = 5, to = \"nearest\"",
        "stray_option",
        "\"nearest\"",
    ),
    case("perturb = {", "protect = { threshold = 11 }\nperturb = {", "conflict", "{ threshold = 11 }"),
    case("{ count = \"persons\" }", "{ count = \"persons\" }, { mean = \"COST\" }", "perturb_measure", "\"ages\""),
    case("base = 5", "base = 5, sums = [{ column = \"COST\", base = \"100\" }]", "not_available", "\"ages\""),
    case(
        "\"rounding\", base = 5",
        "\"controlled_rounding\", base = 5, sums = [{ column = \"COST\", base = \"100\" }]",
        "conflict",
        "[{ column = \"COST\", base = \"100\" }]",
    ),
    case("{ count = \"persons\" }", "{ count = \"records\" }", "perturb_measure", "\"ages\""),
    case("name = \"ages\"", "name = \"ages\"\nover = \"sample\"", "not_available", "\"ages\""),
    case(
        "[export]",
        "[[aggregate]]\nname = \"more\"\nby = [\"GENDER\"]\nmeasure = [{ count = \"persons\" }]\n[export]",
        "perturb_differs",
        "\"more\"",
    ),
    case(
        "[export]",
        "[[aggregate]]\nname = \"more\"\nby = [\"GENDER\"]\nmeasure = [{ count = \"persons\" }]\nperturb = { method = \"rounding\", base = 10 }\n[export]",
        "perturb_differs",
        "\"more\"",
    ),
];

const SUMS: &str = "{ method = \"cell_key\", max = 5, variance = \"2\", sums = [{ column = \"COST\", weights = [\"0.5\", \"0.3\"], spread = \"0.8\", floor = \"100\" }] }";
const BOUNDED: &str = "{ method = \"noise\", release = \"2026-S1\", kind = \"laplace\", epsilon = \"1\", budget = { file = \"b.json\", epsilon = \"3\" }, sums = [{ column = \"COST\", lowest = \"0\", highest = \"1000\" }] }";

/// The same with sums and means.
fn with_sums(perturb: &str) -> String {
    with(perturb).replace("{ count = \"persons\" }", "{ sum = \"COST\" }, { mean = \"COST\" }")
}

const SUM_CASES: &[Case] = &[
    case(
        "column = \"COST\", ",
        "",
        "missing_key",
        "{ weights = [\"0.5\", \"0.3\"], spread = \"0.8\", floor = \"100\" }",
    ),
    case("weights = [\"0.5\", \"0.3\"]", "weights = [\"0.3\", \"0.5\"]", "bad_value", "[\"0.3\", \"0.5\"]"),
    case("weights = [\"0.5\", \"0.3\"]", "weights = []", "bad_value", "[]"),
    // Within 10 %: (1 + 0.5·1.3)/(1 + 0.5·0.7) = 1.1/0.9.
    case("spread = \"0.8\"", "spread = \"0.6\"", "bad_value", "[\"0.5\", \"0.3\"]"),
    case("spread = \"0.8\"", "spread = \"0.8\", p = \"20\"", "bad_value", "[\"0.5\", \"0.3\"]"),
    case("spread = \"0.8\"", "spread = \"0.8\", small = \"1.2\"", "bad_value", "[\"0.5\", \"0.3\"]"),
    case("spread = \"0.8\"", "spread = \"0.8\", small = \"0.9\"", "bad_value", "\"0.9\""),
    case("spread = \"0.8\"", "spread = \"1\"", "bad_value", "\"1\""),
    case("floor = \"100\"", "floor = \"0\"", "bad_value", "\"0\""),
    case("floor = \"100\"", "floor = \"100\", base = \"5\"", "stray_option", "\"5\""),
    case("floor = \"100\"", "floor = \"100\", keys = \"5\"", "unknown_key", "keys"),
    case(
        "[export]",
        "[ledger]\nfile = \"l\"\nuniverse = \"u\"\n[export]",
        "conflict",
        "[{ column = \"COST\", weights = [\"0.5\", \"0.3\"], spread = \"0.8\", floor = \"100\" }]",
    ),
    case(
        "{ mean = \"COST\" }",
        "{ mean = \"COST\" }, { count = \"persons\", as = \"mean_COST_effectif\" }",
        "duplicate_name",
        "\"ages\"",
    ),
];

const BOUNDED_CASES: &[Case] = &[
    case("highest = \"1000\"", "highest = \"0\"", "bad_value", "\"0\""),
    case("highest = \"1000\"", "highest = \"1000\", unit = \"300\"", "bad_value", "\"1000\""),
    case("lowest = \"0\", ", "", "missing_key", "{ column = \"COST\", highest = \"1000\" }"),
    case("lowest = \"0\"", "lowest = \"0\", p = \"5\"", "stray_option", "\"5\""),
];

const CELL_KEY_CASES: &[Case] = &[
    case("max = 5, ", "", "missing_key", "{ method = \"cell_key\", variance = \"2\" }"),
    case("max = 5", "max = 31", "bad_value", "31"),
    case("max = 5", "max = 5, blocked = 5", "bad_value", "5"),
    case("variance = \"2\"", "variance = \"0\"", "bad_value", "\"0\""),
    case("variance = \"2\"", "variance = \"2,5\"", "bad_value", "\"2,5\""),
    case(", variance = \"2\"", "", "missing_key", "{ method = \"cell_key\", max = 5 }"),
    case("variance = \"2\"", "variance = \"2\", stay = \"1\"", "bad_value", "\"1\""),
    case("variance = \"2\"", "variance = \"2\", stay = \"0.900000000001\"", "bad_value", "\"0.900000000001\""),
    case("max = 5, variance = \"2\"", "ptable = \"absent.csv\"", "unreadable", "\"absent.csv\""),
    case("max = 5, variance = \"2\"", "ptable = \"codes.csv\", max = 5", "conflict", "5"),
];

/// The same without a number of visits that is unique over all persons.
fn with_noise(perturb: &str) -> String {
    with(perturb).replace("schema = \"visits.json\"", "schema = \"by_person.json\"")
}

const NOISE_CASES: &[Case] = &[
    case("by_person.json", "visits.json", "key_over_persons", "\"ages\""),
    case("\"patients.json\"", "\"numbered.json\"", "key_over_persons", "\"ages\""),
    case(
        "on = { left = \"PATIENT\", right = \"Id\" }",
        "on = { left = \"diagnosis\", right = \"LAST\" }",
        "join_over_persons",
        "\"ages\"",
    ),
    case(
        "[export]",
        "[sample]\ndesign = \"stratified\"\nstrata = [\"GENDER\"]\nrate = \"1/10\"\n[export]",
        "not_available",
        "\"ages\"",
    ),
    case("kind = \"gaussian\"", "kind = \"cauchy\"", "unknown_word", "\"cauchy\""),
    case("\"gaussian\", epsilon = \"1\"", "\"gaussian\", epsilon = \"0\"", "bad_value", "\"0\""),
    case(
        "\"gaussian\", epsilon = \"1\"",
        "\"gaussian\", epsilon = \"0.0000000000001\"",
        "bad_value",
        "\"0.0000000000001\"",
    ),
    case("epsilon = \"1\", delta = \"1e-6\"", "epsilon = \"1\", delta = \"0.01\"", "bad_value", "\"0.01\""),
    case("kind = \"gaussian\"", "kind = \"laplace\"", "conflict", "\"1e-6\""),
    case(
        "epsilon = \"3\", delta = \"1e-6\"",
        "epsilon = \"3\"",
        "missing_key",
        "{ file = \"b.json\", epsilon = \"3\" }",
    ),
    case("release = \"2026-S1\"", "release = \"2026/S1\"", "bad_value", "\"2026/S1\""),
    case("file = \"b.json\", ", "", "missing_key", "{ epsilon = \"3\", delta = \"1e-6\" }"),
    case("epsilon = \"3\"", "epsilon = \"101\"", "bad_value", "\"101\""),
    case("[\"age\", \"GENDER\"]\nmargins = true", "[\"age\", \"COST\"]", "not_declared", "\"ages\""),
    case(
        "[[aggregate]]",
        "[[persons]]\nname = \"visits\"\nprotect = { k = 11, quasi_identifiers = [\"age\", \"GENDER\", \"departement\"] }\n\
         [sample]\ndesign = \"stratified\"\nstrata = [\"GENDER\"]\nrate = \"1/10\"\n[[aggregate]]",
        "noise_beside_rows",
        "\"ages\"",
    ),
];

#[test]
fn every_mistake_about_perturbation_is_shown_alone_at_its_place() {
    shown_alone(&with(ROUNDING), ROUNDING_CASES);
    shown_alone(&with(CELL_KEY), CELL_KEY_CASES);
    shown_alone(&with_noise(NOISE), NOISE_CASES);
    shown_alone(&with_sums(SUMS), SUM_CASES);
    shown_alone(&with_sums(BOUNDED).replace("schema = \"visits.json\"", "schema = \"by_person.json\""), BOUNDED_CASES);
}

#[test]
fn beside_noise_whoever_a_record_is_of_follows_from_every_key() {
    let folder = Folder::new();
    let without = with_noise(NOISE).replace("subject = \"PATIENT\"\n", "");
    // The person is the partner's: records of one join key are of one person.
    assert!(folder.read(&without).is_ok());
    let of = |text: &str| found(&folder.read(text).unwrap_err(), text);
    let told = |code: &str| vec![(code.to_owned(), "\"ages\"".to_owned())];
    let by_name = without.replace("right = \"Id\"", "right = \"LAST\"");
    assert_eq!(of(&by_name), told("join_over_persons"), "two persons of one name");
    // A source whose condition leaves persons out is held against its keys too.
    let excluding = with_noise(NOISE)
        .replace("[[exclude]]\nsource = \"visits\"\nwhen = \"ward = 'b'\"", "[[exclude]]\nsource = \"refusals\"\nwhen = \"ward = 'b'\"")
        .replace("[[join]]", "[[source]]\nname = \"refusals\"\nschema = \"visits.json\"\nfiles = [\"r.csv\"]\nsubject = \"PATIENT\"\n[[join]]");
    assert_eq!(of(&excluding), told("key_over_persons"));
    assert!(folder.read(&excluding.replace("\"visits.json\"", "\"by_person.json\"")).is_ok());
    // What is known of places counts as fixed, whatever its keys.
    let places =
        PERSONS.replace("Id", "place").replace("subject-identifier", "other").replace("direct-identifier", "other");
    folder.write("places.json", &places);
    let of_places = with_noise(NOISE)
        .replace("schema = \"patients.json\"", "schema = \"places.json\"")
        .replace("left = \"PATIENT\", right = \"Id\"", "left = \"ward\", right = \"place\"");
    assert!(folder.read(&of_places).is_ok(), "{:?}", folder.read(&of_places));
}

#[test]
fn methods_are_read_as_they_are_written() {
    let folder = Folder::new();
    let perturb = |text: &str| folder.read(&with_noise(text)).unwrap().aggregates[0].perturb.clone().unwrap();
    assert_eq!(perturb(ROUNDING), Perturb::Rounding { base: 5, to: RoundTo::Random, sums: Vec::new() });
    let nearest = perturb("{ method = \"rounding\", base = 10, to = \"nearest\" }");
    assert_eq!(nearest, Perturb::Rounding { base: 10, to: RoundTo::Nearest, sums: Vec::new() });
    let Perturb::CellKey { counts: CellKey::Made { max, variance, blocked, .. }, .. } = perturb(CELL_KEY) else {
        panic!("cell keys")
    };
    assert_eq!((max, variance.units(), blocked), (5, 2_000_000_000_000, 0));
    let Perturb::Noise(noise) = perturb(NOISE) else { panic!("noise") };
    assert_eq!((noise.kind, noise.epsilon.units()), (NoiseKind::Gaussian, 1_000_000_000_000));
    assert_eq!(noise.delta.as_ref().map(Probability::value), Some(1e-6));
    assert_eq!(noise.budget.file, folder.0.path().join("b.json"));
    assert_eq!(noise.budget.delta.as_ref().map(Probability::as_str), Some("1e-6"));
    let tiny = NOISE.replace("epsilon = \"1\"", "epsilon = \"0.25\"");
    let Perturb::Noise(noise) = perturb(&tiny) else { panic!("noise") };
    assert_eq!((noise.epsilon.units(), noise.epsilon.as_str()), (250_000_000_000, "0.25"));
}

#[test]
fn noise_without_the_name_of_its_release_is_refused() {
    let folder = Folder::new();
    let text = with_noise(&NOISE.replace("release = \"2026-S1\", ", ""));
    let errors = folder.read(&text).unwrap_err();
    assert_eq!(found(&errors, &text).iter().map(|(code, _)| code.as_str()).collect::<Vec<_>>(), ["missing_key"]);
    assert!(errors.errors()[0].to_string().contains("`release`"), "{errors:?}");
}

#[test]
fn a_method_can_be_written_as_a_section_too() {
    let inline = with(CELL_KEY);
    let section = inline.replace(
        &format!("perturb = {CELL_KEY}\n"),
        "[aggregate.perturb]\nmethod = \"cell_key\"\nmax = 5\nvariance = \"2\"\n",
    );
    assert_ne!(inline, section);
    let folder = Folder::new();
    let read = |text: &str| folder.read(text).unwrap().aggregates[0].perturb.clone();
    assert_eq!(read(&inline), read(&section));
}

#[test]
fn tables_of_one_dataset_without_a_common_finest_shape_get_one_where_their_rounding_is_controlled() {
    let two = |perturb: &str| {
        with(perturb).replace(
            "[export]",
            &format!("[[aggregate]]\nname = \"more\"\nby = [\"departement\", \"GENDER\"]\nmeasure = [{{ count = \"persons\" }}]\nperturb = {perturb}\n[export]"),
        )
    };
    let finest = |text: &str| {
        let pipeline = Folder::new().read(text).unwrap_or_else(|errors| panic!("{errors:?}"));
        let linked = pipeline.linked().remove(0);
        linked.shapes.iter().filter(|shape| shape.levels.iter().all(|level| *level > 0)).count()
    };
    assert_eq!(finest(&two(ROUNDING)), 0);
    assert_eq!(finest(&two("{ method = \"controlled_rounding\", base = 5 }")), 1);
}
