//! How a sealed release ends on both sides, told through the program: what it says, and the certificates it leaves.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;
#[path = "runs/workshop.rs"]
#[allow(dead_code)]
mod workshop;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use workshop::{Told, Workshop, told};

const PURPOSE: &str = "suivi de la prévention";

/// A sender and a recipient, each with keys; the sender's pipeline seals, and waits for the acknowledgement.
struct Pair {
    shop: Workshop,
}

impl Pair {
    fn new(destroy: &str, deliver: &str) -> Self {
        let pair = Self { shop: Workshop::new() };
        pair.shop.input("c.csv", Workshop::records(300));
        for words in [
            &["keys", "generate", "signing", "--to", "sender.key", "--name", "crcdc-ara"][..],
            &["keys", "generate", "recipient", "--to", "dgs.age"],
            &["keys", "generate", "signing", "--to", "dgs.key", "--name", "dgs"],
        ] {
            assert_eq!(pair.tamis(words).code, Some(0));
        }
        let public = |name: &str| fs::read_to_string(pair.shop.path(name)).unwrap().trim().to_owned();
        let more = format!(
            "[destroy]\nwhen = \"acknowledged\"\n{destroy}\n[sender]\nkey = \"{}\"\n[[recipient]]\nname = \"dgs\"\nage = \
             \"{}\"\nkey = \"{}\"\nuse_for = \"180 days\"\n{deliver}\n",
            public("sender.key.pub"),
            public("dgs.age.pub"),
            public("dgs.key.pub")
        );
        let path = pair.shop.pipeline("c.csv", "", &more);
        let text =
            fs::read_to_string(&path).unwrap().replace("purpose = \"essai\"", &format!("purpose = \"{PURPOSE}\""));
        fs::write(path, text).unwrap();
        pair
    }

    fn tamis(&self, words: &[&str]) -> Told {
        told(self.shop.command(words).output().unwrap())
    }

    /// A command that has to end well.
    fn well(&self, words: &[&str]) -> String {
        let told = self.tamis(words);
        assert_eq!((told.code, told.err.as_str()), (Some(0), ""), "{words:?}: {}", told.out);
        told.out
    }

    fn run(&self, more: &[&str]) -> String {
        let words = ["run", "pipeline.toml", "--signing-key", "sender.key", "--operator", "Mme Rivière"];
        self.well(&[&words[..], more].concat())
    }

    /// The run directory, as the program was told it.
    fn directory(&self) -> String {
        let [run] = self.shop.runs().try_into().unwrap();
        format!("out/{}", run.file_name().unwrap().to_str().unwrap())
    }

    fn dossier(&self, name: &str) -> PathBuf {
        self.shop.path(&self.directory()).join("dossier").join(name)
    }

    /// Opens and acknowledges; the folder of the reception.
    fn receive(&self) -> String {
        let sealed = self.shop.path(&self.directory()).join("sealed");
        let [package] = workshop_files(&sealed).try_into().unwrap();
        let package = package.to_str().unwrap();
        let words =
            ["open", package, "--key", "dgs.age", "--sender", "sender.key.pub", "--purpose", PURPOSE, "--to", "desk"];
        self.well(&words);
        let [reception] = workshop::run_directories(&self.shop.path("desk")).try_into().unwrap();
        let reception = format!("desk/{}", reception.file_name().unwrap().to_str().unwrap());
        self.well(&["acknowledge", &reception, "--key", "dgs.key", "--output", "ack.note"]);
        reception
    }

    fn close(&self, more: &[&str]) -> Told {
        let directory = self.directory();
        let words = ["destroy", &directory, "--acknowledgement", "ack.note", "--signing-key", "sender.key"];
        self.tamis(&[&words[..], &["--operator", "Mme Rivière"], more].concat())
    }
}

fn workshop_files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Items of a certificate: what, how far, how many.
fn items(certificate: &Value) -> Vec<(&str, &str, Option<u64>)> {
    certificate["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (item["what"].as_str().unwrap(), item["class"].as_str().unwrap(), item["count"].as_u64()))
        .collect()
}

#[test]
fn a_sealed_run_says_for_whom_it_sealed_what_and_what_it_waits_for_and_claims_no_certificate() {
    let pair = Pair::new("", "deliver = { to = \"depot\" }");
    let told = pair.run(&[]);
    let directory = pair.directory();
    for words in [
        &format!("Sealed release: {directory}/sealed"),
        "Sealed and signed for\n  dgs  essai-",
        "bytes, last day of use 20",
        &format!("Deliver with tamis deliver --pipeline pipeline.toml {directory}/sealed/*.tamis"),
        &format!(
            "No certificate yet: the run waits for the acknowledgement of dgs; then:\n    tamis destroy {directory} "
        ),
        "\nReport, audit log and findings: out/",
    ] {
        assert!(told.contains(words), "{words} is not in {told}");
    }
    assert!(!told.contains("certificate, audit log"), "{told}");
    assert!(!pair.dossier("certificate.json").exists());

    let pair = Pair::new("", "");
    let told = pair.run(&["--lang", "fr"]);
    for words in [
        "Données transmissibles, scellées : ",
        "Scellé et signé pour\n  dgs  essai-",
        "octets, utilisable jusqu'au 20",
        "Remettez chaque fichier à son destinataire",
        "Pas encore de certificat : l'exécution attend l'accusé de réception de dgs",
    ] {
        assert!(told.contains(words), "{words} is not in {told}");
    }

    let pair = Pair::new("", "");
    let told = json(&pair.run(&["--format", "json"]));
    assert_eq!(told["waiting"], json!({ "acknowledgements": ["dgs"] }));
    assert_eq!(told["sealed"][0]["recipient"], "dgs");
}

#[test]
fn the_senders_certificate_tells_of_the_sealed_packages_and_reads_in_sentences() {
    let pair = Pair::new("sources = true\nroot = \"in\"", "");
    pair.run(&[]);
    pair.receive();
    let reported = || fs::read_to_string(pair.dossier("report.html")).unwrap();
    assert!(reported().contains("Released; the run waits before it is closed"));
    let waits = pair.close(&[]);
    let run = pair.directory().trim_start_matches("out/essai-").to_owned();
    for words in [
        "waits for an operator to say",
        &format!("tamis destroy {} --signing-key KEY --operator NAME --confirm {run}  destroys them", pair.directory()),
    ] {
        assert!(waits.out.contains(words), "{words} is not in {}", waits.out);
    }
    assert!(pair.shop.path("in/c.csv").exists() && pair.shop.path(&pair.directory()).join("sealed").exists());

    let closed = pair.close(&["--confirm", &run]);
    assert_eq!((closed.code, closed.err.as_str()), (Some(0), ""));
    let note = format!("{}/dossier/certificate.note", pair.directory());
    assert!(closed.out.contains(&note) && closed.out.contains("proces-verbal.txt"), "{}", closed.out);
    assert!(reported().contains("Released, and the working data destroyed"), "the report tells how the run ended");
    assert!(!pair.shop.path("in/c.csv").exists() && !pair.shop.path(&pair.directory()).join("sealed").exists());

    let certificate = json(&fs::read_to_string(pair.dossier("certificate.json")).unwrap());
    let found = items(&certificate);
    let kinds: std::collections::BTreeSet<_> = found.iter().map(|(what, class, _)| (what, class)).collect();
    assert_eq!(kinds.len(), found.len(), "what ended alike is one item: {found:?}");
    let one = |what: &str| found.iter().find(|item| item.0 == what).unwrap();
    assert!(matches!(one("sealed package"), (_, "overwritten" | "unlinked-only", Some(1))), "{found:?}");
    assert!(matches!(one("source files"), (_, "overwritten" | "unlinked-only", Some(1))), "{found:?}");
    assert!(one("keys of the vault").2.unwrap() > 1, "every vault's key is counted");

    let printed = fs::read_to_string(pair.dossier("proces-verbal.txt")).unwrap().replace(['\u{a0}', '\u{202f}'], " ");
    let flowing = printed.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "Opérateur : Mme Rivière",
        "Avant remise, le contenu en clair de la livraison a été fouillé à la recherche des valeurs retirées : 1 tableau,",
        "identifiants",
        "Aucune de ces valeurs n'a été trouvée.",
        "a été fouillé à la recherche de numéros ayant la forme et la clé d'un numéro de sécurité sociale (NIR) ; aucun n'a",
        "envoi scellé",
    ] {
        assert!(flowing.contains(words), "{words} is not in {printed}");
    }
    assert!(printed.lines().count() < 190, "more than a few pages: {}", printed.lines().count());
    assert!(!printed.contains("searched_as") && !printed.contains("outputs"), "{printed}");
}

#[test]
fn an_identifier_that_was_left_in_the_folder_of_the_run_is_found_and_certificate_and_proces_verbal_say_so() {
    let pair = Pair::new("", "");
    pair.run(&[]);
    pair.receive();
    let nir = "2 84 05 88 321 025 32";
    fs::write(pair.dossier("notes.txt"), format!("rappeler {nir}\n")).unwrap();
    let closed = pair.close(&[]);
    assert_eq!(closed.code, Some(0), "{}", closed.err);
    assert!(closed.out.contains("1 number with the form of a NIR is left"), "{}", closed.out);
    let certificate = fs::read_to_string(pair.dossier("certificate.json")).unwrap();
    assert_eq!(json(&certificate)["scan"]["working_directory_after"]["hits"], 1);
    let printed = fs::read_to_string(pair.dossier("proces-verbal.txt")).unwrap();
    let flowing = printed.replace(['\u{a0}', '\u{202f}'], " ").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flowing.contains("recherche de numéros ayant la forme et la clé d'un numéro de sécurité sociale"),
        "{printed}"
    );
    assert!(!flowing.contains("(NIR) ; aucun n'a"), "{printed}");
    for told in [&certificate, &printed, &closed.out] {
        assert!(!told.contains("321 025") && !told.contains("284058832102532"), "the number is not repeated: {told}");
    }
}

#[test]
fn a_certificate_is_verified_by_the_key_of_its_maker_and_by_no_other() {
    let pair = Pair::new("", "");
    pair.run(&[]);
    pair.receive();
    assert_eq!(pair.close(&[]).code, Some(0));
    let (note, plain) = (pair.dossier("certificate.note"), pair.dossier("certificate.json"));
    let (note, plain) = (note.to_str().unwrap(), plain.to_str().unwrap());

    let told = pair.well(&["certificate", "verify", note, "--key", "sender.key.pub"]);
    for words in ["unchanged, and signed by crcdc-ara", "release acknowledged", "Mme Rivière", "sealed package"] {
        assert!(told.contains(words), "{words} is not in {told}");
    }
    let told = pair.well(&["certificate", "verify", note, "--key", "sender.key.pub", "--lang", "fr"]);
    for words in
        ["intact, et signé par crcdc-ara", "réception accusée", "clé effacée", "envoi scellé", "clés des coffres"]
    {
        assert!(told.contains(words), "{words} is not in {told}");
    }
    let told = json(&pair.well(&["certificate", "verify", note, "--key", "sender.key.pub", "--format", "json"]));
    assert_eq!((&told["signed_by"], &told["working_data_destroyed"]), (&json!("crcdc-ara"), &json!(true)));
    assert_eq!(told["certificate"], json(&fs::read_to_string(plain).unwrap()));
    assert!(pair.well(&["certificate", "verify", plain]).starts_with("This certificate is not signed"));

    let changed = pair.shop.path("changed.note");
    fs::write(&changed, fs::read_to_string(note).unwrap().replace("Mme Rivière", "M. Durand")).unwrap();
    for (file, key, code, reason) in [
        (changed.to_str().unwrap(), Some("sender.key.pub"), 4, "not to be believed"),
        (note, Some("dgs.key.pub"), 4, "not to be believed"),
        (note, None, 4, "name the verifier key"),
        (plain, Some("sender.key.pub"), 4, "not signed"),
        ("pipeline.toml", None, 4, "not a certificate"),
        ("missing", None, 6, "could not read"),
        (note, Some("sender.key"), 5, "not a verifier key"),
    ] {
        let words = ["certificate", "verify", file].into_iter().chain(key.into_iter().flat_map(|key| ["--key", key]));
        let refused = pair.tamis(&words.collect::<Vec<_>>());
        assert_eq!((refused.code, refused.out.as_str()), (Some(code), ""), "{file} {key:?}");
        assert!(refused.err.contains(reason), "{file} {key:?}: {}", refused.err);
        assert!(!refused.err.contains("PRIVATE"), "no key is repeated");
    }
}

#[test]
fn a_recipient_ends_a_use_with_a_signed_certificate_and_a_proces_verbal() {
    let pair = Pair::new("", "");
    pair.run(&[]);
    let reception = pair.receive();
    let wrong = pair.tamis(&["destroy", &reception, "--keep-sources"]);
    assert_eq!(wrong.code, Some(2));
    assert!(pair.shop.path(&reception).join("release").exists(), "a word that belongs to a run stops it");
    assert!(pair.well(&["destroy", "--expired", "desk"]).contains("Nothing is past"));

    let words = ["destroy", &reception, "--signing-key", "dgs.key", "--operator", "M. Martin", "--lang", "fr"];
    let told = pair.well(&words);
    let note = format!("{reception}/certificate.note");
    assert!(told.contains("fichiers ouverts détruits") && told.contains(&note), "{told}");
    assert!(!pair.shop.path(&reception).join("release").exists());
    let told = pair.well(&["certificate", "verify", &note, "--key", "dgs.key.pub"]);
    for words in ["signed by dgs", "use has ended", "M. Martin", "opened files"] {
        assert!(told.contains(words), "{words} is not in {told}");
    }
    let printed = fs::read_to_string(pair.shop.path(&reception).join("proces-verbal.txt")).unwrap();
    let flowing = printed.replace('\u{a0}', " ").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flowing.contains("chez le destinataire « dgs », constate le sort des fichiers"), "{printed}");
    assert!(flowing.contains("Opérateur : M. Martin"), "{printed}");
    let again = pair.tamis(&["destroy", &reception]);
    assert_eq!(again.code, Some(4));
}

#[test]
fn an_opened_file_with_another_name_ends_with_seven_and_says_which() {
    let pair = Pair::new("", "");
    pair.run(&[]);
    let reception = pair.receive();
    let data = pair.shop.path(&reception).join("release/data/personnes.csv");
    fs::hard_link(&data, pair.shop.path("kept")).unwrap();
    let told = pair.tamis(&["destroy", &reception, "--format", "json"]);
    assert_eq!(told.code, Some(7));
    assert!(told.err.contains("personnes.csv") && told.err.contains("hard links"), "{}", told.err);
    assert_eq!(json(&told.out)["failed"].as_array().unwrap().len(), 1);
    fs::remove_file(pair.shop.path("kept")).unwrap();
    let done = json(&pair.well(&["destroy", &reception, "--format", "json"]));
    assert_eq!(done["destroyed"][0]["destroyed"], true);
    assert!(!data.exists());
}

#[test]
fn what_is_in_an_opened_package_is_told_in_columns() {
    let pair = Pair::new("", "");
    let text = fs::read_to_string(pair.shop.path("pipeline.toml")).unwrap();
    let long = "personnes_de_la_consultation_de_prevention";
    fs::write(pair.shop.path("pipeline.toml"), text.replace("name = \"personnes\"", &format!("name = \"{long}\"")))
        .unwrap();
    pair.run(&[]);
    let [package] = workshop_files(&pair.shop.path(&pair.directory()).join("sealed")).try_into().unwrap();
    let words = ["--key", "dgs.age", "--sender", "sender.key.pub", "--purpose", PURPOSE, "--to", "desk"];
    let told = pair.well(&[&["open", package.to_str().unwrap()], &words[..]].concat());
    let line = told.lines().find(|line| line.contains(long) && line.contains(".csv")).unwrap();
    assert!(line.contains(".csv  "), "{line}");
    let column = |word: &str, value: &str| {
        let line = told.lines().find(|line| line.contains(word)).unwrap();
        line.find(value).unwrap()
    };
    let rows =
        line.find(".csv").unwrap() + line[line.find(".csv").unwrap()..].find(|c: char| c.is_ascii_digit()).unwrap();
    assert_eq!(column("sent by", "crcdc-ara"), rows);
    assert_eq!(column("purpose", PURPOSE), rows);
}
