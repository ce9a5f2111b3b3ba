//! Attacks on what is sealed, sent, acknowledged, destroyed and logged. The attacker has the transmission, or an opened release,
//! or write access to the dossier of a run; never a key that is not theirs.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::io::Read;

use serde_json::Value;
use sha2::{Digest, Sha256};
use tamis::keys::{self, Domain, KeySource, MasterKey, SigningKey, VerifierKey};
use tamis::seal::Package;

use super::{hmac, sha256};
use crate::bilans::{PERSONS, campaign, pipeline};
use crate::common;
use crate::machines::{self, EPOCH, Machine, OPERATOR, Run};
use crate::tables::Table;

const CONFIRM: [&str; 3] = ["--operator", OPERATOR, "--confirm"];

/// A run with lasting pseudonyms whose package has reached the recipient's inbox, and the rows of its source.
struct Scene {
    sender: Machine,
    recipient: Machine,
    run: Run,
    source: Table,
}

impl Scene {
    fn new() -> Self {
        let sender = machines::sender();
        let recipient = machines::recipient("dgs", &sender);
        let source = campaign(&sender, "in/2026.csv", 2_000, 0);
        let transmission = machines::transmission(&sender, &["dgs"], "use_for = \"30 days\"\n");
        let destroy = "[destroy]\nwhen = \"acknowledged\"\nsources = true\nroot = \"in\"\n";
        pipeline(&sender, "longitudinal", &[&transmission, PERSONS, destroy].concat());
        let run = machines::run(&sender, &["--root-key", "root.key"]);
        let package = run.package("dgs");
        recipient.fetch(&sender, format!("{}/sealed/{package}", run.directory), &format!("inbox/{package}"));
        Self { sender, recipient, run, source }
    }

    fn inbox(&self) -> std::path::PathBuf {
        self.recipient.path(format!("inbox/{}", self.run.package("dgs")))
    }

    fn opened(&self) -> Table {
        machines::open(&self.recipient, &self.run.package("dgs"), &[]).ends(0);
        Table::read(&self.recipient.path(self.run.reception("dgs")).join("release/data/personnes.csv"))
    }

    /// The manifest as it stands in the package: the last of its entries.
    fn manifest(&self) -> String {
        let mut archive = tar::Archive::new(fs::File::open(self.inbox()).unwrap());
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            if entry.path().unwrap().to_str() == Some("manifest") {
                let mut text = String::new();
                entry.read_to_string(&mut text).unwrap();
                return text;
            }
        }
        panic!("a package without a manifest");
    }

    fn document(&self) -> Value {
        serde_json::from_str(self.manifest().split_once("\n\n").unwrap().0).unwrap()
    }

    /// Nothing of the run is destroyed or certified.
    fn assert_nothing_is_destroyed(&self, what: &str) {
        assert_eq!(Table::read(&self.sender.path("in/2026.csv")).rows.len(), self.source.rows.len(), "{what}");
        let sealed = format!("{}/sealed/{}", self.run.directory, self.run.package("dgs"));
        assert!(self.sender.path(sealed).exists(), "{what}");
        assert!(!self.sender.path(self.run.dossier("certificate.json")).exists(), "{what}");
    }

    fn close(&self, names: &[&str]) -> machines::Told {
        let confirm = [&CONFIRM[..], &[&self.run.name]].concat();
        machines::close(&self.sender, &self.run, names, &confirm)
    }
}

fn signing_key(machine: &Machine, file: &str) -> SigningKey {
    keys::load_signing_key(&KeySource::File(machine.path(file)), &machine.verifier(&format!("{file}.pub"))).unwrap()
}

// --- The forger ---------------------------------------------------------------------------------------------------------

/// Signing again with a key of the same name changes not one length: the archive stays as sound as it was.
#[test]
fn a_manifest_signed_again_with_a_key_of_the_same_name_is_believed_by_nobody() {
    let scene = Scene::new();
    scene.recipient.tamis(&["keys", "generate", "signing", "--name", "crcdc", "--to", "forger"]).ends(0);
    let forger = signing_key(&scene.recipient, "forger");
    let manifest = scene.manifest();
    let (document, _) = manifest.split_once("\n\n").unwrap();
    let whole = fs::read(scene.inbox()).unwrap();
    let at = whole.windows(manifest.len()).position(|w| w == manifest.as_bytes()).unwrap();
    let last = scene.document()["use_until"].as_str().unwrap().to_owned();
    for document in [document.to_owned(), document.replace(&last, "9999-12-31")] {
        let forged = forger.sign(&format!("{document}\n")).unwrap();
        assert_eq!(forged.len(), manifest.len());
        let package = [&whole[..at], forged.as_bytes(), &whole[at + manifest.len()..]].concat();
        fs::write(scene.inbox(), package).unwrap();
        machines::open(&scene.recipient, &scene.run.package("dgs"), &[]).ends(4).says("not to be believed");
        assert_eq!(scene.recipient.names("desk"), ["audit.jsonl"]);
        // The forgery is a sound package but for the hand that signed it.
        assert!(Package::verify(&scene.inbox(), forger.verifier()).is_ok());
    }
}

/// A recipient's public key is public: anybody can seal to it.
#[test]
fn a_package_that_somebody_else_sealed_to_the_recipient_is_not_opened() {
    let scene = Scene::new();
    let forger = machines::sender();
    forger.fetch(&scene.sender, "dgs.age", "dgs.age");
    forger.fetch(&scene.sender, "dgs.pub", "dgs.pub");
    campaign(&forger, "in/2026.csv", 2_000, 1);
    let transmission = machines::transmission(&forger, &["dgs"], "use_for = \"30 days\"\n");
    pipeline(&forger, "release", &[&transmission, PERSONS].concat());
    let run = machines::run(&forger, &[]);
    let package = run.package("dgs");
    scene.recipient.fetch(&forger, format!("{}/sealed/{package}", run.directory), &format!("inbox/{package}"));
    machines::open(&scene.recipient, &package, &[]).ends(4).says("not to be believed");
    assert_eq!(scene.recipient.names("desk"), ["audit.jsonl"]);
}

// --- The replayer -------------------------------------------------------------------------------------------------------

#[test]
fn an_old_package_is_opened_neither_twice_nor_again_after_it_was_destroyed() {
    let scene = Scene::new();
    scene.opened();
    let package = scene.run.package("dgs");
    let copy = fs::read(scene.inbox()).unwrap();
    machines::open(&scene.recipient, &package, &[]).ends(4).says("opened at this desk already");
    scene.recipient.tamis(&["destroy", &scene.run.reception("dgs")]).ends(0);
    // Under its own name and under another one.
    fs::write(scene.recipient.path("inbox/bilans-20270101T000000.000Z-dgs.tamis"), copy).unwrap();
    for name in [package.as_str(), "bilans-20270101T000000.000Z-dgs.tamis"] {
        machines::open(&scene.recipient, name, &[]).ends(4).says("destroyed after use");
    }
    assert!(!scene.recipient.path(scene.run.reception("dgs")).join("release").exists());
}

// --- The insider, and whoever holds the package on its way ------------------------------------------------------------------

#[test]
fn the_package_tells_nothing_by_which_a_guessed_content_could_be_confirmed() {
    let scene = Scene::new();
    let package = fs::read(scene.inbox()).unwrap();
    let manifest = scene.manifest();
    scene.opened();
    let release = scene.recipient.path(scene.run.reception("dgs")).join("release");
    let files = common::files(&release);
    assert!(files.len() >= 3, "{:?}", files.keys());
    for (name, bytes) in &files {
        let digest = Sha256::digest(bytes);
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(!manifest.contains(&hex), "the digest of {} is told", name.display());
        assert!(!package.windows(32).any(|w| w == digest.as_slice()), "the digest of {} is told", name.display());
    }
    // Nor the challenge, without which the digest of an acknowledgement cannot be formed.
    let described: Value = serde_json::from_slice(&files[std::path::Path::new("datapackage.json")]).unwrap();
    let challenge = described["tamis:challenge"].as_str().unwrap();
    assert!(challenge.len() == 64 && !manifest.contains(challenge));
    // What is told of an entry: name, size, hash of the ciphertext, kind, rows.
    let allowed: BTreeSet<&str> = ["name", "bytes", "sha256", "kind", "rows"].into();
    for entry in scene.document()["entries"].as_array().unwrap() {
        let told: BTreeSet<&str> = entry.as_object().unwrap().keys().map(String::as_str).collect();
        assert!(told.is_subset(&allowed), "{told:?}");
    }
    // Nothing of the sizes of strata or of how many values were stripped.
    let document = scene.document();
    assert!(!document["sample"].to_string().contains("frame") && !document["scan"].to_string().contains("count"));
}

#[test]
fn whoever_did_not_decrypt_cannot_make_an_acknowledgement_that_the_sender_believes() {
    let scene = Scene::new();
    let package = fs::read(scene.inbox()).unwrap();
    let manifest = scene.manifest();
    let reader = signing_key(&scene.recipient, "reader.key");
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (told, ciphertext) = (hex(&Sha256::digest(&manifest)), hex(&Sha256::digest(&package)));
    // Even with the right key of the recipient, and all that can be read of the package.
    for content in ["00".repeat(32), told.clone(), ciphertext] {
        let text = format!(
            "tamis acknowledgement 1\nrun {}\nrecipient dgs\nmanifest sha256:{told}\ncontent sha256:{content}\nopened 2026-11-22T03:29:41.304Z\n",
            scene.run.name
        );
        fs::write(scene.sender.path(format!("{}-dgs.note", scene.run.name)), reader.sign(&text).unwrap()).unwrap();
        scene.close(&["dgs"]).ends(4);
        scene.assert_nothing_is_destroyed(&content);
    }
}

#[test]
fn a_dictionary_of_all_nirs_gives_no_lasting_pseudonym_without_the_senders_key() {
    let scene = Scene::new();
    let rows = scene.opened();
    let published: HashSet<&str> = rows.column("pseudonyme").into_iter().collect();
    let numbers: HashSet<u128> = published.iter().map(|p| u128::from_str_radix(p, 16).unwrap()).collect();
    assert!(published.len() > 200);
    let nirs: BTreeSet<&str> = scene.source.column("matricule_ins").into_iter().collect();

    // Everything that travels with the release, and the usual secrets, as keys.
    let document = scene.document();
    let mut words: Vec<String> =
        ["", "tamis", "secret", "sel", "nir", "dgs", "crcdc", "bilans", "personnes", EPOCH].map(str::to_owned).into();
    fn texts(value: &Value, into: &mut Vec<String>) {
        match value {
            Value::String(text) => into.push(text.clone()),
            Value::Array(values) => values.iter().for_each(|v| texts(v, into)),
            Value::Object(values) => values.values().for_each(|v| texts(v, into)),
            _ => {}
        }
    }
    for told in ["run", "pipeline_digest", "sender", "recipient", "policy", "legal_basis", "made"] {
        texts(&document[told], &mut words);
    }
    words.push(scene.recipient.read("crcdc.pub").trim().to_owned());
    words.push(fs::read_to_string(scene.recipient.path("identity")).unwrap());
    let fingerprint = scene.sender.tamis(&["keys", "fingerprint", "root.key"]).ends(0).out;
    words.push(fingerprint.trim().to_owned());
    let keys: Vec<Vec<u8>> =
        words.iter().flat_map(|w| [w.as_bytes().to_vec(), sha256(&[w.as_bytes()]).to_vec()]).collect();
    let hit = |digest: [u8; 32]| {
        let half = |bytes: &[u8]| u128::from_be_bytes(bytes.try_into().unwrap());
        numbers.contains(&half(&digest[..16])) || numbers.contains(&half(&digest[16..]))
    };
    for nir in &nirs {
        for text in [nir, &nir[..13.min(nir.len())]].map(str::as_bytes) {
            assert!(!hit(sha256(&[text])));
            for key in &keys {
                assert!(!hit(hmac(key, text)) && !hit(sha256(&[key, text])) && !hit(sha256(&[text, key])));
            }
        }
    }
    // The program's own derivation, under a guessed root and under the true one: the attack is the right one.
    let told = |root: &MasterKey, epoch: &str, recipient: &str| {
        let domain = |epoch| Domain { epoch, recipient, dataset: "bilans", identifier: "nir" };
        // A person's number inside of a run belongs to no epoch, no recipient and no pipeline.
        let subjects = root.subject_key(&Domain { recipient: "", dataset: "", ..domain("") });
        let names = root.pseudonym_key(&domain(epoch), "personnes");
        nirs.iter()
            .map(|nir| format!("{:032x}", names.pseudonym(subjects.subject(nir.as_bytes()))))
            .filter(|p| published.contains(p.as_str()))
            .count()
    };
    for key in &keys {
        let Ok(root) = <[u8; 32]>::try_from(key.as_slice()) else { continue };
        if let Ok(root) = MasterKey::from_bytes(root) {
            assert_eq!(told(&root, EPOCH, "dgs"), 0);
        }
    }
    let root = MasterKey::from_bytes(fs::read(scene.sender.path("root.key")).unwrap().try_into().unwrap()).unwrap();
    assert_eq!(told(&root, EPOCH, "dgs"), published.len());
    // Under the same key another epoch and another recipient have none of them.
    assert_eq!((told(&root, "2027", "dgs"), told(&root, EPOCH, "registre")), (0, 0));
}

// --- The steward, with write access to the dossier ------------------------------------------------------------------------

/// Writes a log anew after a change, every line following from the one before as the program writes them.
fn rechained(log: &str, change: impl Fn(&mut Vec<Value>)) -> String {
    let mut events: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    change(&mut events);
    let mut out = String::new();
    let mut before = "0".repeat(64);
    for (number, event) in events.iter().enumerate() {
        let part = |key: &str| event[key].to_string();
        let line = format!(
            "{{\"seq\":{},\"time\":{},\"run\":{},\"event\":{},\"fields\":{},\"prev\":\"{before}\"}}",
            number + 1,
            part("time"),
            part("run"),
            part("event"),
            part("fields"),
        );
        before = sha256(&[line.as_bytes()]).iter().map(|byte| format!("{byte:02x}")).collect();
        out += &line;
        out.push('\n');
    }
    out
}

#[test]
fn a_document_of_the_run_that_somebody_edited_closes_nothing() {
    let scene = Scene::new();
    let path = scene.sender.path(scene.run.dossier("pending.json"));
    let sound = fs::read_to_string(&path).unwrap();
    let pending: Value = serde_json::from_str(&sound).unwrap();
    let edit = |change: fn(&mut Value)| {
        let mut edited = pending.clone();
        change(&mut edited);
        assert_ne!(edited, pending);
        serde_json::to_string_pretty(&edited).unwrap()
    };
    let edits = [
        ("nobody to acknowledge", edit(|p| p["packages"] = Value::Array(Vec::new()))),
        ("another file to destroy", edit(|p| p["sources"][0] = "/etc/hostname".into())),
        ("another folder", edit(|p| p["sources_beneath"] = "/".into())),
        ("another law", edit(|p| p["legal_basis"] = "aucune".into())),
        ("not a document", String::new()),
    ];
    for (what, text) in edits {
        fs::write(&path, text).unwrap();
        scene.close(&[]).ends(4).says("changed after the run wrote it");
        scene.assert_nothing_is_destroyed(what);
    }
    fs::write(&path, sound).unwrap();
    scene.close(&[]).ends(0).says("waits for the acknowledgement of dgs");
}

#[test]
fn a_journal_that_somebody_edited_destroys_nothing_without_an_acknowledgement() {
    let scene = Scene::new();
    let path = scene.sender.path(scene.run.dossier("audit.jsonl"));
    let sound = fs::read_to_string(&path).unwrap();
    let added = |names: &'static [&'static str]| {
        rechained(&sound, move |events| {
            for name in names {
                let mut event = events.last().unwrap().clone();
                event["event"] = (*name).into();
                event["fields"] = serde_json::json!({});
                if *name == "destroy intended" {
                    event["fields"] = serde_json::json!({ "who": { "name": "x", "uid": 0 }, "sources": "destroyed" });
                }
                events.push(event);
            }
        })
    };
    assert_eq!(rechained(&sound, |_| ()), sound, "the forger writes lines as the program does");
    let edits = [
        ("a word changed", sound.replacen("_when\":\"acknowledged\"", "_when\":\"exported\"", 1)),
        ("a line taken out", sound.lines().filter(|l| !l.contains("\"staged\"")).map(|l| format!("{l}\n")).collect()),
        (
            "nobody to wait for, by a chain that fits",
            rechained(&sound, |events| events[0]["fields"]["destroy_when"] = "exported".into()),
        ),
        ("acknowledged, by a chain that fits", added(&["acknowledged"])),
        ("intended, by a chain that fits", added(&["acknowledged", "destroy intended"])),
        ("keys destroyed, by a chain that fits", added(&["acknowledged", "destroy intended", "keys destroyed"])),
        ("intended without a state between", added(&["destroy intended"])),
    ];
    for (what, text) in edits {
        assert_ne!(text, sound, "{what}");
        fs::write(&path, text).unwrap();
        let told = scene.close(&[]);
        assert!(matches!(told.code, Some(4 | 6)), "{what}: {told:?}");
        scene.assert_nothing_is_destroyed(what);
        // Without an operator's word it may also just go on waiting.
        let resumed = scene.sender.tamis(&["resume", &scene.run.directory, "--signing-key", "signing.key"]);
        assert!(matches!(resumed.code, Some(0 | 4 | 6)), "{what}: {resumed:?}");
        scene.assert_nothing_is_destroyed(what);
    }
}

/// The chain alone shows no such thing: the copies that others hold do.
#[test]
fn a_log_cut_back_or_written_anew_is_found_against_the_copies_that_others_hold() {
    let scene = Scene::new();
    scene.opened();
    machines::acknowledge(&scene.sender, &scene.recipient, &scene.run, "dgs");
    scene.close(&["dgs"]).ends(0);
    let (sender, recipient, run) = (&scene.sender, &scene.recipient, &scene.run);
    let auditor = Machine::new();
    auditor.fetch(recipient, format!("{}/manifest", run.reception("dgs")), "manifest");
    auditor.fetch(sender, run.dossier("certificate.note"), "certificate");
    auditor.fetch(sender, "signing.key.pub", "crcdc.pub");
    let sound = sender.read(run.dossier("audit.jsonl"));
    let verify = |log: &str, checkpoint: &str| {
        fs::write(auditor.path("log"), log).unwrap();
        // Whole in itself
        auditor.tamis(&["audit", "verify", "log"]).ends(0);
        auditor.tamis(&["audit", "verify", "log", "--checkpoint", checkpoint, "--key", "crcdc.pub"])
    };
    for checkpoint in ["manifest", "certificate"] {
        verify(&sound, checkpoint).ends(0);
    }
    let cut = |lines: usize| sound.lines().take(lines).map(|line| format!("{line}\n")).collect::<String>();
    // Back to before anything was destroyed; and to before the release was made.
    verify(&cut(6), "certificate").ends(4).says("cut off");
    verify(&cut(2), "manifest").ends(4).says("cut off");
    let anew = rechained(&sound, |events| events[0]["fields"]["columns"] = serde_json::json!(["age"]));
    for checkpoint in ["manifest", "certificate"] {
        verify(&anew, checkpoint).ends(4).says("rewritten");
    }
    let later = rechained(&sound, |events| {
        let at = events.iter().position(|e| e["event"] == "removed").unwrap();
        events.remove(at);
    });
    verify(&later, "certificate").ends(4);
    // A checkpoint over the new log, under a key of the same name, is nobody's.
    auditor.tamis(&["keys", "generate", "signing", "--name", "crcdc", "--to", "forger"]).ends(0);
    let forger: VerifierKey = auditor.verifier("forger.pub");
    fs::write(auditor.path("log"), &sound).unwrap();
    fs::write(auditor.path("forger.vkey"), forger.as_str()).unwrap();
    let words = ["audit", "verify", "log", "--checkpoint", "certificate", "--key", "forger.vkey"];
    auditor.tamis(&words).ends(4).says("not signed by the expected key");
}
