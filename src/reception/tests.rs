#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::audit::{self, Operator};
use crate::clock::{Clock, FixedClock};
use crate::config::{self, UseUntil};
use crate::destroy::{Certificate, Class, Reason, Thing, verify_certificate};
use crate::keys::{SigningKey, generate_signing_key};
use crate::seal::{
    self, Acknowledgement, Challenge, DESCRIPTOR, Expected, ManifestParts, ReleaseParts, SealError, Sealer,
};

const NAME: &str = "depistage-20260301T120000.000Z-dgs";
const PURPOSE: &str = "Évaluation du dépistage organisé";
const CSV: &[u8] = b"pseudonyme,resultat\n0a,neg\n0b,pos\n";

/// What is left of a reception after its destruction.
const LEFT: [&str; 4] = ["certificate.json", "manifest", "proces-verbal.txt", "reception.json"];

struct Shop {
    folder: TempDir,
    identity: age::x25519::Identity,
    sender: SigningKey,
    reader: SigningKey,
    package: PathBuf,
    expected: Expected,
}

fn signer(name: &str) -> SigningKey {
    let (secret, public) = generate_signing_key(name).unwrap();
    SigningKey::new(&secret, &public).unwrap()
}

fn clock(day: &str) -> Arc<dyn Clock> {
    Arc::new(FixedClock(format!("{day}T09:00:00Z").parse().unwrap()))
}

fn who() -> Operator {
    Operator::new("M. Martin", 1000).unwrap()
}

impl Shop {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (identity, sender) = (age::x25519::Identity::generate(), signer("crcdc"));
        let recipient = config::Recipient {
            name: "dgs".into(),
            age: identity.to_public().to_string(),
            key: None,
            use_until: UseUntil::Days(30),
            deliver: None,
            reinforced: false,
        };
        let name = seal::package_name("depistage", "20260301T120000.000Z", "dgs").unwrap();
        let sealer = Sealer::create(folder.path(), &name, &recipient).unwrap();
        let mut data = sealer.entry("data/personnes.csv").unwrap();
        data.write_all(CSV).unwrap();
        let data = data.close().unwrap().with_rows(2);
        let challenge = Challenge::random().unwrap();
        let described = json!({
            "tamis:challenge": *challenge.to_hex(),
            "resources": [{
                "path": "data/personnes.csv",
                "bytes": data.plain_bytes(),
                "hash": format!("sha256:{}", data.plain_sha256()),
                "tamis:rows": 2,
            }],
        });
        let mut descriptor = sealer.entry(DESCRIPTOR).unwrap();
        descriptor.write_all(described.to_string().as_bytes()).unwrap();
        let parts = ManifestParts {
            release: ReleaseParts {
                run: "20260301T120000.000Z".into(),
                pipeline: "depistage".into(),
                pipeline_digest: "00".repeat(32),
                made: "2026-03-01T12:00:00Z".parse().unwrap(),
                legal_basis: "CSP L1411-8".into(),
                purpose: PURPOSE.into(),
                policy: "2026-1".into(),
            },
            sample: json!({}),
            protection: json!({}),
            scan: json!({}),
            pseudonyms: true,
            audit_checkpoint: String::new(),
            challenge,
        };
        let sealed = sealer.finish(vec![data, descriptor.close().unwrap()], parts, &sender).unwrap();
        let expected = sealed.expected().clone();
        let package = sealed.read_back().unwrap().path().to_path_buf();
        Self { folder, identity, sender, reader: signer("dgs"), package, expected }
    }

    fn desk(&self) -> PathBuf {
        self.folder.path().join("desk")
    }

    fn reception(&self) -> PathBuf {
        self.desk().join(NAME)
    }

    fn open_on(&self, day: &str, purpose: &str, stop: &dyn Fn() -> bool) -> Result<Reception, ReceptionError> {
        let age = self.identity.to_public().to_string();
        let request = OpenRequest {
            package: &self.package,
            sender: self.sender.verifier(),
            identity: &self.identity,
            age: &age,
            purpose,
            who: &who(),
            stop,
        };
        Desk::enter(&self.desk(), clock(day))?.open(&request)
    }

    fn open(&self) -> Result<Reception, ReceptionError> {
        self.open_on("2026-03-02", PURPOSE, &|| false)
    }

    fn acknowledge(&self) -> Result<Vec<u8>, ReceptionError> {
        let output = self.folder.path().join("ack");
        acknowledge(&self.reception(), &self.reader, &who(), &output, &clock("2026-03-03"))?;
        Ok(fs::read(output).unwrap())
    }

    fn destroy(&self, day: &str, which: &Which) -> Result<Report, ReceptionError> {
        destroy(&self.desk(), which, &who(), &clock(day))
    }

    fn events(&self) -> Vec<audit::Entry> {
        audit::read(&self.desk().join("audit.jsonl")).unwrap()
    }

    fn words(&self) -> Vec<String> {
        self.events().into_iter().map(|entry| entry.event).collect()
    }
}

/// Everything under a folder but its log.
fn names(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            found.extend(names(&path).into_iter().map(|inner| format!("{name}/{inner}")));
        } else if name != "audit.jsonl" {
            found.push(name);
        }
    }
    found.sort();
    found
}

#[test]
fn what_is_opened_stands_in_a_folder_of_its_own_and_in_the_log() {
    let shop = Shop::new();
    let reception = shop.open().unwrap();
    assert_eq!(reception.path, shop.reception());
    assert_eq!(
        names(&reception.path),
        ["manifest", "reception.json", "release/data/personnes.csv", "release/datapackage.json"]
    );
    assert_eq!(fs::read(reception.release().join("data/personnes.csv")).unwrap(), CSV);
    assert_eq!(Record::read(&reception.path).unwrap(), reception.record);

    let [event] = shop.events().try_into().unwrap();
    assert_eq!((event.event.as_str(), event.run.as_deref()), ("opened", Some("20260301T120000.000Z")));
    assert_eq!(event.fields["who"], json!({ "name": "M. Martin", "uid": 1000 }));
    assert_eq!(event.fields["purpose"], PURPOSE);
    assert_eq!(event.fields["resources"], json!(["data/personnes.csv", "datapackage.json"]));
    assert_eq!(event.fields["rows"], 2);
    assert_eq!(event.fields["use_until"], "2026-03-31");
    assert_eq!(event.fields["content"], shop.expected.content.to_string());
}

#[test]
fn a_refusal_opens_nothing_and_stands_in_the_log_with_its_rule_and_without_the_words_given() {
    let shop = Shop::new();
    let refused = |outcome: Result<Reception, ReceptionError>| outcome.unwrap_err();
    let error = refused(shop.open_on("2026-03-02", "Un autre usage", &|| false));
    assert_eq!((&error, error.exit_code()), (&ReceptionError::Seal(SealError::Purpose), 4));
    refused(shop.open_on("2026-04-01", PURPOSE, &|| false));
    refused(shop.open_on("2026-03-02", PURPOSE, &|| true));
    let mut bytes = fs::read(&shop.package).unwrap();
    bytes[600] ^= 1;
    fs::write(&shop.package, bytes).unwrap();
    refused(shop.open());
    assert!(names(&shop.desk()).is_empty());
    let why: Vec<_> = shop.events().iter().map(|e| (e.event.clone(), e.fields["why"].clone())).collect();
    let told = ["purpose", "expired", "interrupted", "changed"].map(|why| ("refused".to_owned(), json!(why)));
    assert_eq!(why, told);
    assert!(!fs::read_to_string(shop.desk().join("audit.jsonl")).unwrap().contains("autre usage"));
}

#[test]
fn a_package_is_opened_once_and_never_again_after_its_destruction() {
    let shop = Shop::new();
    shop.open().unwrap();
    assert_eq!(shop.open(), Err(ReceptionError::AlreadyOpened { name: NAME.into() }));
    shop.destroy("2026-03-05", &Which::Named(NAME.into())).unwrap();
    assert_eq!(shop.open(), Err(ReceptionError::Destroyed { name: NAME.into() }));
    assert_eq!(names(&shop.reception()), LEFT);
    let words = shop.words();
    assert_eq!(words[..3], ["opened", "refused", "destroy intended"]);
    assert_eq!(words[words.len() - 2..], ["destroyed", "refused"]);
}

#[test]
fn what_an_opening_that_was_killed_left_in_the_clear_is_erased_as_the_desk_is_entered_next() {
    let shop = Shop::new();
    let left = shop.desk().join(format!(".{NAME}.opening/release/data"));
    fs::create_dir_all(&left).unwrap();
    fs::write(left.join("personnes.csv"), CSV).unwrap();
    shop.open().unwrap();
    assert!(!left.exists());
    assert_eq!(shop.words(), ["swept", "opened"]);
}

#[test]
fn an_acknowledgement_made_at_the_desk_is_the_one_that_the_sender_expects() {
    let shop = Shop::new();
    shop.open().unwrap();
    let note = shop.acknowledge().unwrap();
    let read = Acknowledgement::read(&note, shop.reader.verifier(), &shop.expected).unwrap();
    assert_eq!(read.opened().to_rfc3339(), "2026-03-02T09:00:00+00:00");
    assert_eq!(shop.words(), ["opened", "acknowledged"]);
    assert!(matches!(shop.acknowledge(), Err(ReceptionError::Io { .. })), "it writes over nothing");
}

#[test]
fn what_is_missing_or_changed_is_not_acknowledged() {
    let changes: [fn(&Path); 6] = [
        |r| fs::write(r.join("release/data/personnes.csv"), "x").unwrap(),
        |r| fs::remove_file(r.join("release/data/personnes.csv")).unwrap(),
        |r| fs::remove_file(r.join("release/datapackage.json")).unwrap(),
        |r| fs::write(r.join("release/datapackage.json"), "{}").unwrap(),
        |r| {
            let path = r.join("release/datapackage.json");
            fs::write(&path, fs::read_to_string(&path).unwrap() + "\n").unwrap();
        },
        |r| fs::write(r.join("manifest"), "x").unwrap(),
    ];
    for (n, change) in changes.into_iter().enumerate() {
        let shop = Shop::new();
        shop.open().unwrap();
        change(&shop.reception());
        assert!(matches!(shop.acknowledge(), Err(ReceptionError::Changed { .. })), "{n}");
        assert_eq!(shop.words(), ["opened"]);
    }
}

#[test]
fn what_was_never_opened_or_is_destroyed_cannot_be_acknowledged() {
    let shop = Shop::new();
    fs::create_dir_all(shop.reception()).unwrap();
    assert!(matches!(shop.acknowledge(), Err(ReceptionError::NotAReception { .. })));
    fs::remove_dir(shop.reception()).unwrap();
    shop.open().unwrap();
    shop.destroy("2026-03-05", &Which::Named(NAME.into())).unwrap();
    assert_eq!(shop.acknowledge(), Err(ReceptionError::Destroyed { name: NAME.into() }));
}

#[test]
fn a_timer_destroys_what_is_past_its_last_day_and_nothing_before() {
    let shop = Shop::new();
    shop.open().unwrap();
    assert_eq!(shop.destroy("2026-03-31", &Which::Expired).unwrap(), Report::default(), "the last day of use");
    let report = shop.destroy("2026-04-01", &Which::Expired).unwrap();
    let [done] = report.destroyed.try_into().unwrap();
    assert!(done.certificate.working_data_destroyed());
    assert_eq!(opened(&done.certificate), [(Some(2), false)]);
    assert_eq!(shop.destroy("2026-04-02", &Which::Expired).unwrap(), Report::default(), "once is enough");
}

/// How many opened files ended alike, and whether they stand or nothing is known of them.
fn opened(certificate: &Certificate) -> Vec<(Option<u64>, bool)> {
    let items = certificate.items().iter().filter(|item| item.thing() == Thing::Opened);
    items.map(|item| (item.count(), item.class() == Class::NotDestroyed)).collect()
}

#[test]
fn the_certificate_of_a_reception_says_who_ended_which_use_and_is_signed_where_there_is_a_key() {
    let shop = Shop::new();
    shop.open().unwrap();
    let clock = clock("2026-03-05");
    let hand = Hand { who: &who(), signer: Some(&shop.reader) };
    destroy(&shop.desk(), &Which::Named(NAME.into()), hand, &clock).unwrap();
    let mut left = LEFT.to_vec();
    left.insert(1, "certificate.note");
    assert_eq!(names(&shop.reception()), left);

    let note = shop.reception().join("certificate.note");
    let checked = verify_certificate(&note, Some(shop.reader.verifier())).unwrap();
    assert!(checked.working_data_destroyed());
    assert_eq!((checked.run(), checked.signer()), (Some("20260301T120000.000Z"), Some("dgs")));
    let document = checked.document();
    assert_eq!(document["operator"]["name"], "M. Martin");
    assert_eq!(document["reception"]["sender"], "crcdc");
    assert_eq!(document["reception"]["manifest_sha256"], shop.expected.manifest_sha256.to_string());
    assert_eq!((&document["policy"], &document["purpose"]), (&json!("2026-1"), &json!(PURPOSE)));
    assert_eq!(document["pipeline_digest"], format!("sha256:{}", "00".repeat(32)));
    // The key that could open the package again lives on, and so does the package.
    assert_eq!(document["surviving_keys"][0]["fingerprint"], shop.identity.to_public().to_string());
    assert_eq!(document["surviving_keys"][1]["key"], "signing");
    let checkpoint = checked.audit_checkpoint().unwrap().to_owned();
    let log = shop.desk().join("audit.jsonl");
    audit::verify_checkpoint(&log, &checkpoint, Some(shop.reader.verifier())).unwrap();

    let plain = fs::read_to_string(shop.reception().join("certificate.json")).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&plain).unwrap(), *document);
    let printed = fs::read_to_string(shop.reception().join("proces-verbal.txt")).unwrap();
    assert!(printed.contains("Les fichiers ouverts sont détruits") && printed.contains("M. Martin"), "{printed}");
}

#[test]
fn a_file_that_another_name_keeps_is_told_and_its_reception_ends_once_that_name_is_gone() {
    let shop = Shop::new();
    shop.open().unwrap();
    let (data, kept) = (shop.reception().join("release/data/personnes.csv"), shop.folder.path().join("kept"));
    fs::hard_link(&data, &kept).unwrap();
    let report = shop.destroy("2026-03-05", &Which::Named(NAME.into())).unwrap();
    let error = ReceptionError::Left { files: vec![(data.clone(), Reason::HardLink)] };
    assert_eq!((report.destroyed.len(), error.exit_code()), (0, 7));
    assert_eq!(report.failed, [Failed { path: shop.reception(), error }]);
    assert_eq!(fs::read(&kept).unwrap(), CSV);
    assert!(!shop.reception().join("certificate.json").exists(), "nothing is certified before it holds");
    assert!(shop.words().contains(&"not destroyed".to_owned()));

    fs::remove_file(&kept).unwrap();
    let report = shop.destroy("2026-03-06", &Which::Named(NAME.into())).unwrap();
    assert_eq!(opened(&report.destroyed[0].certificate), [(Some(2), false)]);
    assert_eq!(names(&shop.reception()), LEFT);
}

#[test]
fn what_somebody_else_removed_is_not_said_to_be_destroyed() {
    let shop = Shop::new();
    shop.open().unwrap();
    fs::remove_dir_all(shop.reception().join("release/data")).unwrap();
    let report = shop.destroy("2026-03-05", &Which::Named(NAME.into())).unwrap();
    let certificate = &report.destroyed[0].certificate;
    assert_eq!(opened(certificate), [(Some(1), false), (Some(1), true)]);
    assert!(!certificate.working_data_destroyed());
    assert_eq!(names(&shop.reception()), LEFT);
}

#[test]
fn a_destruction_that_was_killed_before_its_certificate_is_certified_by_the_next_call() {
    let shop = Shop::new();
    shop.open().unwrap();
    shop.destroy("2026-03-05", &Which::Named(NAME.into())).unwrap();
    let first = fs::read_to_string(shop.reception().join("certificate.json")).unwrap();
    fs::remove_file(shop.reception().join("certificate.json")).unwrap();
    let report = shop.destroy("2026-03-06", &Which::Expired).unwrap();
    assert!(report.destroyed.is_empty(), "its last day of use is not past");
    let report = shop.destroy("2026-04-06", &Which::Expired).unwrap();
    assert_eq!(opened(&report.destroyed[0].certificate), [(Some(2), false)]);
    let items = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap()["items"].clone();
    let again = fs::read_to_string(shop.reception().join("certificate.json")).unwrap();
    assert_eq!(items(&again), items(&first), "the log remembers how each file ended");
}

#[test]
fn one_reception_that_cannot_be_read_is_told_and_does_not_keep_the_others() {
    let shop = Shop::new();
    shop.open().unwrap();
    let other = shop.desk().join("autre");
    fs::create_dir_all(other.join("release")).unwrap();
    fs::write(other.join("reception.json"), "{}").unwrap();
    let report = shop.destroy("2026-04-01", &Which::Expired).unwrap();
    assert_eq!(report.destroyed.len(), 1);
    let error = ReceptionError::NotAReception { path: other.clone() };
    assert_eq!(report.failed, [Failed { path: other, error }]);
    assert!(shop.words().contains(&"not destroyed".to_owned()));
}

#[test]
fn only_a_reception_of_the_desk_is_destroyed() {
    let shop = Shop::new();
    shop.open().unwrap();
    let elsewhere = shop.folder.path().join("ailleurs");
    fs::create_dir_all(&elsewhere).unwrap();
    fs::copy(shop.reception().join("reception.json"), elsewhere.join("reception.json")).unwrap();
    for name in ["", ".", "..", "../ailleurs", "/", &elsewhere.display().to_string(), &format!("{NAME}/."), "autre"] {
        let refused = shop.destroy("2026-03-05", &Which::Named(name.into()));
        assert!(matches!(refused, Err(ReceptionError::NotAReception { .. })), "{name:?}");
    }
    assert!(shop.reception().join("release/data/personnes.csv").exists());
    let nowhere = destroy(&shop.folder.path().join("no"), &Which::Expired, &who(), &clock("2026-03-05"));
    assert!(matches!(nowhere, Err(ReceptionError::NotAReception { .. })));
}

#[test]
fn a_desk_whose_log_was_changed_opens_nothing_more() {
    let shop = Shop::new();
    shop.open_on("2026-03-02", "autre", &|| false).unwrap_err();
    shop.open_on("2026-03-02", "autre", &|| false).unwrap_err();
    let path = shop.desk().join("audit.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("Martin", "Durand", 1)).unwrap();
    assert!(matches!(shop.open(), Err(ReceptionError::Audit(_))));
    assert!(names(&shop.desk()).is_empty());
}
