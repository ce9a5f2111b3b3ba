//! Commands in French: what they say has no English sentence in it.

use std::fs;

use crate::common;
use crate::machines::Machine;

/// Words of English that French has not; keys, paths and what is quoted may have them.
const ENGLISH: [&str; 12] = [
    " the ", " is ", " are ", " of ", " and ", " with ", " which ", " this ", " cannot ", " there ", " from ", "help:",
];

fn french(text: &str) {
    let text = text.replace('\n', " ");
    for word in ENGLISH {
        assert!(!text.contains(word), "`{word}` in {text}");
    }
}

#[test]
fn a_plan_is_told_in_french() {
    let machine = Machine::new();
    for name in ["l1411-8.toml", "certificats-enfant.toml", "art1-6.toml"] {
        let pipeline = common::project().join("pipelines").join(name);
        let told = machine.tamis(&["plan", pipeline.to_str().unwrap(), "--lang", "fr"]).ends(0);
        french(&told.out);
        for said in ["base légale", "Ce qui est lu", "Qui est écarté", "Où cela va et ce qui est détruit"] {
            assert!(told.out.contains(said), "{name}: {said}");
        }
        let english = machine.tamis(&["plan", pipeline.to_str().unwrap(), "--lang", "en"]).ends(0).out;
        assert!(english.contains("legal basis") && english.lines().count() > 30);
        // Neither language says less: names of columns are in both.
        for column in ["date_naissance", "nir", "matricule_ins"] {
            assert_eq!(told.out.contains(column), english.contains(column), "{name}: {column}");
        }
    }
}

#[test]
fn what_is_wrong_with_a_pipeline_file_is_told_in_french() {
    let machine = Machine::new();
    machine.tamis(&["init", "demo", "--lang", "fr"]).ends(0);
    let sound = machine.read("demo/pipeline.toml");
    let mistakes = [
        ("[pipeline]", "[pipelin]"),
        ("[pipeline]\n", "[pipeline]\nunknown = 1\n"),
        ("kind    = \"nir\"", "kind    = \"ni\""),
        ("column  = \"matricule_ins\"", "column  = \"matricule\""),
        ("[export]", "[[export]]"),
        ("[subject]", "[subject"),
    ];
    for (from, to) in mistakes {
        let text = sound.replacen(from, to, 1);
        assert_ne!(text, sound, "{from}");
        fs::write(machine.path("demo/pipeline.toml"), text).unwrap();
        for command in ["plan", "run"] {
            let told = machine.tamis(&[command, "demo/pipeline.toml", "--lang", "fr"]).ends(2);
            french(&told.err);
            assert!(told.err.contains("est inutilisable") && told.err.contains("aide : "), "{}", told.err);
        }
        let told = machine.tamis(&["plan", "demo/pipeline.toml", "--lang", "fr", "--format", "json"]).ends(2);
        french(&told.err);
        let json: serde_json::Value = serde_json::from_str(told.err.trim()).unwrap();
        assert!(json["problems"][0]["code"].as_str().unwrap().starts_with("tamis::pipeline::"));
    }
    french(&machine.tamis(&["plan", "nulle-part.toml", "--lang", "fr"]).ends(2).err);
}

#[test]
fn what_is_wrong_with_a_file_or_a_schema_is_told_in_french() {
    let machine = Machine::new();
    let schema = common::schema_path("consultation_prevention");
    let schema = schema.to_str().unwrap();
    fs::write(machine.path("vide.csv"), "").unwrap();
    fs::write(machine.path("large.csv"), [0xff, 0xfe, b'a', 0]).unwrap();
    fs::write(machine.path("coupe.csv.gz"), [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1]).unwrap();
    fs::create_dir(machine.path("dossier.csv")).unwrap();
    for file in ["absent.csv", "vide.csv", "large.csv", "coupe.csv.gz", "dossier.csv"] {
        for command in [&["validate", file, "--schema", schema][..], &["profile", file], &["schema", "infer", file]] {
            let told = machine.tamis(&[command, &["--lang", "fr"]].concat()).failed();
            french(&told.err);
            assert!(told.err.contains(file) && told.err.contains("erreur :"), "{command:?}: {}", told.err);
        }
    }
    fs::write(machine.path("s.json"), "{\"fields\": [{\"name\": \"a\", \"type\": \"nombre\"}, {}]}").unwrap();
    fs::write(machine.path("a.csv"), "a\n1\n").unwrap();
    for command in [&["validate", "a.csv", "--schema", "s.json"][..], &["schema", "lint", "s.json"]] {
        let told = machine.tamis(&[command, &["--lang", "fr"]].concat()).failed();
        french(&format!("{} {}", told.out, told.err));
    }
}
