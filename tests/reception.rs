//! The recipient's side from the command line.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;

use age::secrecy::ExposeSecret;
use serde_json::{Value, json};
use tamis::audit;
use tamis::config::{Recipient, UseUntil};
use tamis::keys::{SigningKey, VerifierKey, generate_signing_key};
use tamis::seal::{self, Acknowledgement, Challenge, DESCRIPTOR, Expected, ManifestParts, ReleaseParts, Sealer};
use tempfile::TempDir;

const PURPOSE: &str = "Évaluation du dépistage organisé";
const NAME: &str = "depistage-20260301T120000.000Z-dgs";
const CSV: &[u8] = b"pseudonyme,resultat\nPSEUDO-A,neg\nPSEUDO-B,pos\n";

/// A recipient's machine with its keys, and a package that arrived.
struct Machine {
    folder: TempDir,
    reader: VerifierKey,
    expected: Expected,
}

fn signer(name: &str) -> (String, VerifierKey) {
    let (secret, public) = generate_signing_key(name).unwrap();
    (secret.to_string(), public)
}

impl Machine {
    fn new() -> Self {
        Self::with_use_until("2999-12-31")
    }

    fn with_use_until(day: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let private = |name: &str, text: &str| {
            fs::write(path(name), format!("{text}\n")).unwrap();
            fs::set_permissions(path(name), fs::Permissions::from_mode(0o600)).unwrap();
        };
        let identity = age::x25519::Identity::generate();
        private("identity", identity.to_string().expose_secret());
        private("other", age::x25519::Identity::generate().to_string().expose_secret());
        let (reader_secret, reader) = signer("dgs");
        private("signing", &reader_secret);
        fs::write(path("signing.pub"), format!("{}\n", reader.as_str())).unwrap();
        let (secret, public) = signer("crcdc");
        fs::write(path("sender.pub"), format!("{}\n", public.as_str())).unwrap();
        fs::write(path("stranger.pub"), format!("{}\n", signer("crcdc").1.as_str())).unwrap();
        let recipient = Recipient {
            name: "dgs".into(),
            age: identity.to_public().to_string(),
            key: Some(reader.clone()),
            use_until: UseUntil::Date(day.parse().unwrap()),
            deliver: None,
            reinforced: false,
        };
        let expected = package(folder.path(), &recipient, &SigningKey::new(&secret, &public).unwrap());
        Self { folder, reader, expected }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn reception(&self) -> PathBuf {
        self.path("desk").join(NAME)
    }

    fn run(&self, words: &[&str]) -> Output {
        common::tamis().current_dir(self.folder.path()).args(words).output().unwrap()
    }

    fn open(&self, more: &[&str]) -> Output {
        let package = format!("{NAME}.tamis");
        let mut words = vec!["open", &package, "--key", "identity", "--sender", "sender.pub", "--to", "desk"];
        words.extend(["--purpose", PURPOSE]);
        // A word given twice: the last one counts.
        for pair in more.chunks(2) {
            match words.iter().position(|word| *word == pair[0]) {
                Some(at) => words[at + 1] = pair[1],
                None => words.extend(pair),
            }
        }
        self.run(&words)
    }
}

fn package(folder: &Path, recipient: &Recipient, signer: &SigningKey) -> Expected {
    let name = seal::package_name("depistage", "20260301T120000.000Z", "dgs").unwrap();
    let sealer = Sealer::create(folder, &name, recipient).unwrap();
    let mut data = sealer.entry("data/personnes.csv").unwrap();
    data.write_all(CSV).unwrap();
    let data = data.close().unwrap().with_rows(2);
    let challenge = Challenge::random().unwrap();
    let described = json!({
        "tamis:challenge": *challenge.to_hex(),
        "resources": [{
            "path": "data/personnes.csv",
            "bytes": CSV.len(),
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
    let sealed = sealer.finish(vec![data, descriptor.close().unwrap()], parts, signer).unwrap();
    let expected = sealed.expected().clone();
    sealed.read_back().unwrap();
    expected
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_recipient_opens_and_acknowledges_and_the_sender_believes_it() {
    let machine = Machine::new();
    let opened = machine.open(&["--who", "Mme Lefèvre"]);
    assert_eq!((opened.status.code(), text(&opened.stderr)), (Some(0), String::new()));
    let told = text(&opened.stdout);
    for word in [NAME, PURPOSE, "CSP L1411-8", "crcdc", "2999-12-31", "2 records", "desk/audit.jsonl"] {
        assert!(told.contains(word), "{word} is not in {told}");
    }
    assert!(!told.contains("PSEUDO-A"), "no cell is shown");
    assert_eq!(fs::read(machine.reception().join("release/data/personnes.csv")).unwrap(), CSV);
    for (path, mode) in [("", 0o700), ("release", 0o700), ("release/data/personnes.csv", 0o600)] {
        let found = fs::metadata(machine.reception().join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "{path}");
    }

    let reception = format!("desk/{NAME}");
    let said = machine.run(&["acknowledge", &reception, "--key", "signing", "--output", "ack"]);
    assert_eq!((said.status.code(), text(&said.stderr)), (Some(0), String::new()));
    let note = fs::read(machine.path("ack")).unwrap();
    assert!(Acknowledgement::read(&note, &machine.reader, &machine.expected).is_ok());

    let log = audit::read(&machine.path("desk/audit.jsonl")).unwrap();
    let events: Vec<_> = log.iter().map(|e| e.event.as_str()).collect();
    assert_eq!(events, ["opened", "acknowledged"]);
    assert_eq!(log[0].fields["who"]["name"], "Mme Lefèvre");
    assert_eq!(log[0].fields["who"]["uid"], rustix::process::getuid().as_raw());
}

#[test]
fn what_is_refused_ends_with_the_code_of_its_reason_and_opens_nothing() {
    let machine = Machine::new();
    for (words, code, reason) in [
        (["--sender", "stranger.pub"], 4, "not to be believed"),
        (["--key", "other"], 4, "sealed to another recipient"),
        (["--purpose", "Curiosité"], 4, "the purpose given is not the one"),
        (["--sender", "signing"], 5, "not a verifier key"),
        (["--sender", "missing"], 5, "could not be read"),
        (["--key", "sender.pub"], 5, "sender.pub"),
        (["--key", "AGE-SECRET-KEY-1QQQQ"], 2, "never an argument"),
        (["--who", "a\nb"], 2, "name"),
    ] {
        let refused = machine.open(&words);
        let told = text(&refused.stderr);
        assert_eq!(refused.status.code(), Some(code), "{words:?}: {told}");
        assert!(told.contains(reason), "{words:?}: {told}");
        assert!(!told.contains("QQQQ") && !told.contains("Curiosité"), "{told}");
        assert!(refused.stdout.is_empty());
        assert!(!machine.reception().exists());
    }
    let expired = Machine::with_use_until("2026-03-02");
    let refused = expired.open(&[]);
    assert_eq!(refused.status.code(), Some(4));
    assert!(text(&refused.stderr).contains("could be used until 2026-03-02"));
    assert!(!expired.reception().exists());
}

#[test]
fn a_package_is_opened_once_and_a_changed_release_is_not_acknowledged() {
    let machine = Machine::new();
    assert!(machine.open(&[]).status.success());
    let again = machine.open(&[]);
    assert_eq!(again.status.code(), Some(4));
    assert!(text(&again.stderr).contains("opened at this desk already"));
    fs::write(machine.reception().join("release/data/personnes.csv"), b"x").unwrap();
    let reception = format!("desk/{NAME}");
    let refused = machine.run(&["acknowledge", &reception, "--key", "signing", "--output", "ack"]);
    assert_eq!(refused.status.code(), Some(4));
    assert!(text(&refused.stderr).contains("changed since it was opened"));
    assert!(!machine.path("ack").exists());
}

#[test]
fn nothing_is_acknowledged_that_was_not_opened() {
    let machine = Machine::new();
    fs::create_dir_all(machine.reception()).unwrap();
    let reception = format!("desk/{NAME}");
    for key in ["signing", "identity"] {
        let refused = machine.run(&["acknowledge", &reception, "--key", key, "--output", "ack"]);
        assert!(matches!(refused.status.code(), Some(4 | 5)));
        assert!(!machine.path("ack").exists());
    }
}

#[test]
fn results_are_told_as_json_and_in_french_too() {
    let machine = Machine::new();
    let opened = machine.open(&["--format", "json"]);
    let told: Value = serde_json::from_slice(&opened.stdout).unwrap();
    assert_eq!(told["record"]["expected"]["content"], machine.expected.content.to_string());
    assert_eq!(told["record"]["files"][0]["rows"], 2);
    let machine = Machine::new();
    for (words, reason) in [
        (["--purpose", "Curiosité"], "la finalité donnée n'est pas celle de l'envoi"),
        (["--key", "other"], "scellé pour un autre destinataire"),
        (["--sender", "stranger.pub"], "n'est pas signé par la clé attendue"),
    ] {
        let refused = text(&machine.open(&[&words[..], &["--lang", "fr"]].concat()).stderr);
        assert!(refused.contains(reason) && refused.contains("rien n'a été ouvert"), "{refused}");
    }
    let told = text(&machine.open(&["--lang", "fr"]).stdout);
    for word in ["Ouvert :", "destinataire", "finalité", "utilisable jusqu'au", "détruisez"] {
        assert!(told.contains(word), "{word} is not in {told}");
    }
}

#[test]
fn no_command_takes_an_opened_release_and_writes_it_out_again() {
    let help = text(&common::tamis().arg("--help").output().unwrap().stdout);
    let commands: Vec<&str> = help
        .lines()
        .skip_while(|line| !line.starts_with("Commands:"))
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next())
        .collect();
    // Whoever adds a command looks here, and says what it does with a reception.
    let harmless = [
        "run",
        "plan",
        "validate",
        "synth",
        "deliver",
        "audit",
        "keys",
        "open",
        "acknowledge",
        "destroy",
        "resume",
        "certificate",
        // Passes of a run: they read streams, and what they write is sealed for the next pass, or a run's release.
        "worker",
        "cluster",
        // Reads ledgers alone: counts of published cells.
        "ledger",
        // Reads the dossier of a run, which a reception has not: counts and names of columns.
        "report",
        // Read dossiers of runs as well; `runs purge` removes what a sender released.
        "runs",
        // Reads schemas; `schema infer` refuses files that lie in a reception.
        "schema",
        // Looks at names, rights and sizes of files.
        "doctor",
        // Read pipelines alone, or nothing.
        "config",
        "explain",
        "completions",
        "man",
        // These refuse files that lie in a reception, the first two below.
        "sample",
        "init",
        "protect",
        "attack",
        "risk",
        "anonymise",
        "profile",
        "help",
    ];
    assert!(commands.contains(&"open"), "{help}");
    for command in commands {
        assert!(harmless.contains(&command), "`{command}`: does it write data of persons out of a reception (R12)?");
    }
    let machine = Machine::new();
    assert!(machine.open(&[]).status.success());
    let opened = format!("desk/{NAME}/release/data/personnes.csv");
    fs::write(machine.path("design.toml"), "[sample]\ndesign = \"bernoulli\"\nrate = \"1/1\"\n").unwrap();
    let drawn =
        machine.run(&["sample", "draw", &opened, "--design", "design.toml", "--id", "pseudonyme", "-o", "drawn.csv"]);
    assert_eq!(drawn.status.code(), Some(4), "{}", text(&drawn.stderr));
    assert!(!machine.path("drawn.csv").exists());
    let fitted = machine.run(&["init", "workshop", "--from", &opened]);
    assert_eq!(fitted.status.code(), Some(4), "{}", text(&fitted.stderr));
    assert!(!machine.path("workshop").exists());
    let inferred = machine.run(&["schema", "infer", &opened]);
    assert_eq!(inferred.status.code(), Some(4), "{}", text(&inferred.stderr));
    let profiled = machine.run(&["profile", &opened]);
    assert_eq!(profiled.status.code(), Some(4), "{}", text(&profiled.stderr));
    for command in ["deliver", "open", "export", "reseal"] {
        let refused = machine.run(&[command, &format!("desk/{NAME}/release/data/personnes.csv")]);
        assert_ne!(refused.status.code(), Some(0), "{command}");
    }
}
