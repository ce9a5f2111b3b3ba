//! What statistics are not made of. Each refusal publishes nothing and tells no value of a record.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use crate::bilans;
use crate::common;
use crate::machines::{self, Machine};
use crate::scene::{CERTIFIED, RECORDS, SCHEMA, Statistics, copy, made, nothing_made, persons, with_release};
use crate::tables::Table;

/// Changes one thing of a pipeline.
type Change = Box<dyn Fn(&mut Statistics)>;

/// A copy of a release to spoil.
fn copied(house: &Machine, release: &str, name: &str) -> (String, PathBuf) {
    let to = format!("copies/{name}");
    copy(&house.path(release), &house.path(&to));
    let path = house.path(&to);
    (to, path)
}

/// Nothing was made, and nothing that was said names a person of the release.
fn silent(house: &Machine, release: &str) {
    assert!(nothing_made(house));
    let rows = Table::read(&house.path(format!("{release}/data/personnes.csv")));
    let said: String = house.said().into_iter().map(|(_, said)| said).collect();
    assert!(rows.column("pseudonyme").iter().all(|pseudonym| !said.contains(pseudonym)));
    let left = common::files(&house.path("stats"));
    for (name, bytes) in &left {
        let text = String::from_utf8_lossy(bytes);
        assert!(rows.column("pseudonyme").iter().all(|p| !text.contains(p)), "a pseudonym in {}", name.display());
    }
}

#[test]
fn one_changed_byte_in_any_file_of_a_release_is_refused() {
    let (house, run) = with_release("release", CERTIFIED);
    let release = format!("{}/release", run.directory);
    let files = common::files(&house.path(&release));
    let names: Vec<&str> = files.keys().map(|name| name.to_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "data/anonymisation.json",
            "data/personnes.csv",
            "data/personnes.parquet",
            "datapackage.json",
            "statement.note"
        ]
    );
    for (number, (name, bytes)) in files.iter().enumerate() {
        for at in [0, bytes.len() / 2, bytes.len() - 1] {
            let (from, copy) = copied(&house, &release, &format!("{number}-{at}"));
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            fs::write(copy.join(name), changed).unwrap();
            Statistics::of(&from).run(&house, &[]).ends(4).says("nothing was published");
        }
        let (from, copy) = copied(&house, &release, &format!("{number}-longer"));
        fs::write(copy.join(name), [bytes.as_slice(), b"\n"].concat()).unwrap();
        Statistics::of(&from).run(&house, &[]).ends(4);
    }
    // A changed record with a descriptor that fits it is no better: the descriptor is signed for too.
    let (from, copy) = copied(&house, &release, "fitted");
    let (csv, descriptor) = (copy.join("data/personnes.csv"), copy.join("datapackage.json"));
    let old = tamis::seal::Hash::of(&fs::read(&csv).unwrap()).to_string();
    let text = fs::read_to_string(&csv).unwrap();
    fs::write(&csv, text.replacen(",F,", ",M,", 1)).unwrap();
    let new = tamis::seal::Hash::of(&fs::read(&csv).unwrap()).to_string();
    let described = fs::read_to_string(&descriptor).unwrap();
    assert!(described.contains(&old));
    fs::write(&descriptor, described.replace(&old, &new)).unwrap();
    Statistics::of(&from).run(&house, &[]).ends(4).says("changed after its maker signed for it");
    silent(&house, &release);
}

#[test]
fn a_file_more_or_less_or_a_link_is_refused() {
    let (house, run) = with_release("release", CERTIFIED);
    let release = format!("{}/release", run.directory);
    let refused = |name: &str, word: &str, spoil: &dyn Fn(&PathBuf)| {
        let (from, copy) = copied(&house, &release, name);
        spoil(&copy);
        Statistics::of(&from).run(&house, &[]).ends(4).says(word);
    };
    refused("no-parquet", "it is missing", &|copy| fs::remove_file(copy.join("data/personnes.parquet")).unwrap());
    refused("no-rows", "it is missing", &|copy| fs::remove_file(copy.join("data/personnes.csv")).unwrap());
    refused("no-evidence", "it is missing", &|copy| fs::remove_file(copy.join("data/anonymisation.json")).unwrap());
    refused("no-statement", "nobody signed", &|copy| fs::remove_file(copy.join("statement.note")).unwrap());
    refused("more", "nobody signed for this file", &|copy| fs::write(copy.join("data/autre.csv"), "x\n").unwrap());
    refused("more-above", "nobody signed for this file", &|copy| fs::write(copy.join("lisezmoi"), "").unwrap());
    refused("folder", "not a plain file", &|copy| fs::create_dir(copy.join("annexes")).unwrap());
    let original = house.path(&release);
    refused("link", "not a plain file", &|copy| {
        fs::remove_file(copy.join("data/personnes.csv")).unwrap();
        symlink(original.join("data/personnes.csv"), copy.join("data/personnes.csv")).unwrap();
    });
    refused("linked-folder", "not a plain file", &|copy| {
        fs::remove_dir_all(copy.join("data")).unwrap();
        symlink(original.join("data"), copy.join("data")).unwrap();
    });
    refused("linked-statement", "not a plain file", &|copy| {
        fs::remove_file(copy.join("statement.note")).unwrap();
        symlink(original.join("statement.note"), copy.join("statement.note")).unwrap();
    });
    silent(&house, &release);
}

#[test]
fn a_file_of_another_release_of_the_same_maker_is_refused() {
    let (house, run) = with_release("release", CERTIFIED);
    bilans::campaign(&house, "in/bilans.csv", RECORDS, 1);
    let other = machines::run(&house, &[]);
    let [first, second] = [run, other].map(|run| format!("{}/release", run.directory));
    for name in ["data/personnes.csv", "data/anonymisation.json", "datapackage.json", "statement.note"] {
        let (from, copy) = copied(&house, &first, &name.replace('/', "-"));
        fs::copy(house.path(&second).join(name), copy.join(name)).unwrap();
        Statistics::of(&from).run(&house, &[]).ends(4).says("changed after its maker signed for it");
    }
    // Both are good by themselves; which one is meant has to be said.
    let both = Statistics::of("out/*/release");
    both.run(&house, &[]).ends(2).says("2 signed releases fit");
    silent(&house, &first);
    both.run(&house, &["--release", &format!("bilans={second}")]).ends(0);
    made(&house);
    both.run(&house, &["--release", "autre=out"]).ends(2).says("--release SOURCE=DIR");
}

#[test]
fn another_signer_purpose_or_demand_is_refused() {
    let (house, run) = with_release("release", CERTIFIED);
    let release = format!("{}/release", run.directory);
    house.tamis(&["keys", "generate", "signing", "--name", "crcdc", "--to", "stranger.key"]).ends(0);
    let cases: Vec<(u8, &str, Change)> = vec![
        (4, "not signed by the expected key", Box::new(|s| s.verifier = "stranger.key.pub".into())),
        (5, "cannot be used", Box::new(|s| s.verifier = "nobody.pub".into())),
        (4, "another purpose", Box::new(|s| s.purpose = "remboursement des soins".into())),
        (4, "limits of this pipeline: singling out", Box::new(|s| s.evidence = "{ smallest = 5000 }".into())),
        (4, "limits of this pipeline: linkability", Box::new(|s| s.evidence = "{ linkable = 0.000001 }".into())),
        (1, "has no per-person output `autres`", Box::new(|s| s.output = "autres".into())),
        (6, "there is no such release", Box::new(|s| s.from = "ailleurs/release".into())),
    ];
    for (code, word, change) in cases {
        let mut statistics = Statistics::of(&release);
        change(&mut statistics);
        statistics.run(&house, &[]).ends(i32::from(code)).says(word);
    }
    silent(&house, &release);
}

#[test]
fn a_schema_that_is_not_that_of_the_release_is_refused() {
    let (house, run) = with_release("release", CERTIFIED);
    let release = format!("{}/release", run.directory);
    let cases = [
        (
            "\"name\": \"tabac\", \"type\": \"string\"",
            "\"name\": \"tabac\", \"type\": \"integer\"",
            "is string in the release",
        ),
        ("\"name\": \"tabac\"", "\"name\": \"alcool\"", "column 4 is `tabac`"),
        ("\"tamis:role\": \"sensitive\"", "\"tamis:role\": \"other\"", "has the role sensitive in the release"),
        (
            ",\n    {\"name\": \"tabac\", \"type\": \"string\", \"tamis:role\": \"sensitive\"}",
            "",
            "the schema has no `tabac`",
        ),
    ];
    for (from, to, word) in cases {
        assert!(SCHEMA.contains(from));
        fs::write(house.path("personnes.json"), SCHEMA.replace(from, to)).unwrap();
        let mut text = Statistics::of(&release).text();
        if !SCHEMA.replace(from, to).contains("\"tabac\"") {
            text = text.replace("[[keep]]\ncolumn = \"tabac\"\nwhy = \"facteur de risque suivi\"\n", "");
            text = text.replace(", { share = \"tabac\", equals = \"2\", as = \"part\" }", "");
        }
        text = text.replace("equals = \"2\"", if to.contains("integer") { "equals = 2" } else { "equals = \"2\"" });
        fs::write(house.path("statistiques.toml"), text).unwrap();
        house.tamis(&["run", "statistiques.toml"]).ends(1).says(word);
    }
    // A schema that a record does not fit loses no record silently.
    let enumerated = SCHEMA.replace(
        "\"tamis:role\": \"sensitive\"",
        "\"constraints\": {\"enum\": [\"0\"]}, \"tamis:role\": \"sensitive\"",
    );
    fs::write(house.path("personnes.json"), enumerated).unwrap();
    let text = Statistics::of(&release).text().replace("equals = \"2\"", "equals = \"0\"");
    fs::write(house.path("statistiques.toml"), text).unwrap();
    house.tamis(&["run", "statistiques.toml"]).ends(1).says("none may be lost");
    silent(&house, &release);
}

#[test]
fn a_release_that_nobody_certified_is_refused() {
    for (protect, word) in [
        ("k = 11", "no evidence says that `personnes` is anonymised"),
        ("evidence = { smallest = 11 }", "its maker does not certify it"),
        ("evidence = { advantage = 0.9 }", "its maker does not certify it"),
    ] {
        let (house, run) = with_release("release", protect);
        let release = format!("{}/release", run.directory);
        Statistics::of(&release).run(&house, &[]).ends(4).says(word);
        silent(&house, &release);
    }
    // One that was made without a key.
    let (house, _) = with_release("release", CERTIFIED);
    fs::remove_dir_all(house.path("out")).unwrap();
    house.tamis(&["run", "pipeline.toml"]).ends(0);
    Statistics::of("out/*/release").run(&house, &[]).ends(4).says("nobody signed for this release");
}

#[test]
fn pseudonyms_that_last_are_never_certified_anonymised() {
    let sender = crate::scene::house();
    let recipient = machines::recipient("dgs", &sender);
    let to = machines::transmission(&sender, &["dgs"], "use_for = \"180 days\"\n");
    bilans::pipeline(&sender, "longitudinal", &(persons(CERTIFIED) + &to));
    let run = machines::run(&sender, &["--root-key", "root.key"]);
    machines::hand_over(&sender, &recipient, &run, "dgs").ends(0);
    recipient.fetch(&sender, "personnes.json", "personnes.json");
    let release = format!("{}/release", run.reception("dgs"));
    let statistics = Statistics { verifier: "crcdc.pub".to_owned(), ..Statistics::of(&release) };
    statistics.run(&recipient, &[]).ends(4).says("a pseudonymised release is not an anonymised one");
    silent(&recipient, &release);
}

#[test]
fn raw_files_are_refused_beside_a_release_and_without_one() {
    let (house, run) = with_release("release", CERTIFIED);
    let release = format!("{}/release", run.directory);
    let sound = Statistics::of(&release).text();
    let raw = format!(
        "[[source]]\nname = \"brut\"\nschema = \"{}\"\nfiles = [\"in/*.csv\"]\n[[keep]]",
        common::schema_path(bilans::SCHEMA).display()
    );
    let beside = sound.replacen("[[keep]]", &raw, 1);
    let at = sound.find("release = {").unwrap();
    let end = at + sound[at..].find('\n').unwrap();
    let alone = sound.replace(&sound[at..end], "files = [\"in/*.csv\"]");
    for text in [beside, alone] {
        fs::write(house.path("statistiques.toml"), text).unwrap();
        house.tamis(&["run", "statistiques.toml"]).ends(2).says("tamis::pipeline::raw_input");
        house.tamis(&["plan", "statistiques.toml"]).ends(2).says("tamis::pipeline::raw_input");
    }
    silent(&house, &release);
}
