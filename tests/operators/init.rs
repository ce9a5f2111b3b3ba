//! `tamis init`, as somebody goes through it who has never seen the program.

use std::fs;
use std::process::Command;

use tamis::synth::SynthOptions;

use crate::common;
use crate::machines::Machine;

/// The commands that `init` printed, as words.
fn printed(out: &str) -> Vec<Vec<String>> {
    let lines = out.lines().filter_map(|line| line.strip_prefix("  tamis "));
    let words = |line: &str| line.split('#').next().unwrap().split_whitespace().map(str::to_owned).collect();
    lines.map(words).collect()
}

#[test]
fn what_init_prints_works_from_the_first_command_to_the_report() {
    for lang in ["en", "fr"] {
        let machine = Machine::new();
        let made = machine.tamis(&["init", "demo", "--lang", lang]).ends(0);
        let next = printed(&made.out);
        let verbs: Vec<&str> = next.iter().map(|words| words[0].as_str()).collect();
        assert_eq!(verbs, ["doctor", "validate", "plan", "run", "runs"], "{}", made.out);
        for words in next.iter().filter(|words| words[0] != "doctor") {
            let words: Vec<&str> = words.iter().map(String::as_str).chain(["--lang", lang]).collect();
            machine.tamis(&words).ends(0);
        }
        let names = machine.names("demo/out");
        assert!(names.iter().any(|n| n.ends_with("release/data/personnes.csv")), "{names:?}");
        assert!(names.iter().any(|n| n.ends_with("dossier/report.html")), "{names:?}");
        let table = names.iter().find(|n| n.ends_with("release/tables/par_region.csv")).unwrap();
        assert!(machine.read(format!("demo/out/{table}")).lines().count() > 10);
    }
}

#[test]
fn nothing_is_written_where_one_name_is_taken() {
    let machine = Machine::new();
    fs::create_dir(machine.path("demo")).unwrap();
    fs::write(machine.path("demo/README.md"), "mine").unwrap();
    machine.tamis(&["init", "demo"]).ends(2).says("demo/README.md exists already; nothing was written");
    assert_eq!(machine.names("demo"), ["README.md"]);
    assert_eq!(machine.read("demo/README.md"), "mine");
    fs::write(machine.path("file"), "").unwrap();
    machine.tamis(&["init", "file", "--lang", "fr"]).ends(2).says("n'est pas un dossier");
}

#[test]
fn a_pipeline_that_fits_a_file_of_records_keeps_nobody_s_name() {
    let machine = Machine::new();
    fs::create_dir(machine.path("données")).unwrap();
    let file = machine.path("données/bilans [1].csv");
    common::synth(&file, "consultation_prevention", SynthOptions { records: 2_000, ..SynthOptions::default() });
    let made = machine.tamis(&["init", "a", "--from", "données/bilans [1].csv", "--format", "json"]).ends(0).json();
    let column = |name: &str| {
        let mut columns = made["columns"].as_array().unwrap().iter();
        columns.find(|c| c["name"] == name).unwrap_or_else(|| panic!("no {name}")).clone()
    };
    for name in
        ["matricule_ins", "nom_naissance", "prenoms", "adresse_detaillee", "telephone", "courriel", "rpps_effecteur"]
    {
        let column = column(name);
        assert!(column["leaves"] == false && column["role"].as_str().unwrap().ends_with("identifier"), "{column}");
        assert_ne!(column["role"], "quasi-identifier");
    }
    for name in ["date_naissance", "sexe", "commune_residence"] {
        assert_eq!(column(name)["leaves"], true, "{name}");
    }
    assert!(!machine.names("a").iter().any(|n| n.ends_with(".csv")), "records are not copied");
    // One of the synthetic dates of birth has no day: rare enough that the proposal leaves it to be found.
    machine.tamis(&["validate", "--pipeline", "a/pipeline.toml"]).ends(1).says("2,000 records, 1 with findings");
    machine.tamis(&["run", "a/pipeline.toml"]).ends(3);
    let names = machine.names("a/out");
    let persons = names.iter().find(|n| n.ends_with("release/data/personnes.csv")).unwrap();
    let header = machine.read(format!("a/out/{persons}")).lines().next().unwrap().to_owned();
    assert_eq!(header, "pseudonyme,age,sexe,proba_inclusion,poids_sondage");
}

#[test]
fn a_schema_makes_a_pipeline_that_waits_for_its_files() {
    let machine = Machine::new();
    let schema = common::schema_path("depistage_organise");
    let made = machine.tamis(&["init", "a", "--from", schema.to_str().unwrap(), "--lang", "fr"]).ends(0);
    made.says("enregistrements synthétiques").says("ne sort jamais");
    machine.tamis(&["run", "a/pipeline.toml"]).ends(0);

    fs::write(machine.path("patients.csv"), "id,nom,ville\na1,x,y\n").unwrap();
    machine.tamis(&["init", "b", "--from", "patients.csv"]).ends(2).says("--subject COLUMN, one of: id, nom, ville");
    machine.tamis(&["init", "b", "--from", "patients.csv", "--subject", "id"]).ends(2).says("give roles in a schema");
    assert!(!machine.path("b").exists());
}

#[test]
fn the_units_that_init_writes_are_taken_by_systemd() {
    let runs = Command::new("systemd-analyze").arg("--version").output().is_ok_and(|o| o.status.success());
    if !runs {
        eprintln!("skipped: no systemd-analyze is installed");
        return;
    }
    let machine = Machine::new();
    machine.tamis(&["init", "demo"]).ends(0);
    let units = ["demo/systemd/demo.service", "demo/systemd/demo.timer"].map(|unit| machine.path(unit));
    let mut units = units.to_vec();
    // Those of the package, as an instance; the program stands elsewhere here.
    for unit in ["tamis@.service", "tamis@.timer", "tamis@.service.d/sealed.conf", "tamis@.service.d/database.conf"] {
        let text = fs::read_to_string(common::project().join("packaging/systemd").join(unit)).unwrap();
        let text = text.replace("/usr/bin/tamis", env!("CARGO_BIN_EXE_tamis"));
        let instance = machine.path("units").join(unit.replace('@', "@demo"));
        fs::create_dir_all(instance.parent().unwrap()).unwrap();
        fs::write(&instance, text).unwrap();
        if !unit.contains(".d/") {
            units.push(instance);
        }
    }
    let done = Command::new("systemd-analyze").args(["verify", "--man=no"]).args(&units).output().unwrap();
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    // It also judges units of the machine; ours are told by their names.
    let ours: Vec<&str> = told.lines().filter(|line| line.contains("demo.")).collect();
    assert!(ours.is_empty(), "{ours:#?}");
}
