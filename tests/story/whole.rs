//! The whole story.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use tamis::audit::{self, Operator};
use tamis::clock::{Clock, FixedClock};
use tamis::destroy::verify_certificate;
use tamis::reception::{self, Which};

use super::searcher;
use crate::bilans::{PERSONS, campaign, pipeline};
use crate::common;
use crate::machines::{self, Machine, OPERATOR, READER, Run};
use crate::search::Searcher;
use crate::tables::Table;

const RECORDS: u64 = 6_000;
const KEYS: [&str; 2] = ["--root-key", "root.key"];

/// `[[recipient]]`, outputs and destruction, as the sender writes them.
fn agreed(sender: &Machine) {
    let table = "[[aggregate]]\nname = \"tableau\"\nby = [\"sexe\"]\nmeasure = [{ count = \"persons\" }]\n";
    let sample = "[sample]\ndesign = \"bernoulli\"\nrate = \"9/10\"\n";
    let destroy = "[destroy]\nwhen = \"acknowledged\"\nsources = true\nroot = \"in\"\n";
    let transmission = machines::transmission(sender, &["dgs"], "use_for = \"180 days\"\n");
    pipeline(sender, "longitudinal", &[&transmission, sample, PERSONS, table, destroy].concat());
}

/// Nothing stands in the clear at the sender's but the source files, and of the release only what is sealed.
fn only_sealed(sender: &Machine, run: &Run, searcher: &Searcher) {
    let names = sender.names(&run.directory);
    let sealed = format!("sealed/{}", run.package("dgs"));
    assert!(names.contains(&sealed), "{names:?}");
    assert!(names.iter().all(|name| *name == sealed || name.starts_with("dossier/")), "{names:?}");
    assert_eq!(searcher.folder(&sender.path("out")), [""; 0]);
}

fn pseudonyms(recipient: &Machine, run: &Run) -> BTreeSet<String> {
    let table = Table::read(&recipient.path(run.reception("dgs")).join("release/data/personnes.csv"));
    assert!(table.rows.len() > 800, "{} rows", table.rows.len());
    let column: BTreeSet<String> = table.column("pseudonyme").into_iter().map(str::to_owned).collect();
    assert!(column.iter().all(|p| p.len() == 32 && p.bytes().all(|b| b.is_ascii_hexdigit())));
    column
}

/// The signed certificate says what was destroyed, for whom it was sent and by whom, and holds where the log stood.
fn certificate_is_right(sender: &Machine, run: &Run) {
    let key = sender.verifier("signing.key.pub");
    let checked = verify_certificate(&sender.path(run.dossier("certificate.note")), Some(&key)).unwrap();
    assert_eq!((checked.run(), checked.signer()), (Some(run.name.as_str()), Some("crcdc")));
    assert!(checked.working_data_destroyed());
    let document = checked.document();
    assert_eq!(document["version"], 2);
    assert_eq!(
        (&document["outcome"]["state"], &document["operator"]["name"]),
        (&"acknowledged".into(), &OPERATOR.into())
    );
    let text = document.to_string();
    for word in ["CSP L1411-8", "dgs", "root", "signing", "recipient"] {
        assert!(text.contains(word), "{word} is not in {text}");
    }
    let printed = sender.read(run.dossier("proces-verbal.txt"));
    for word in [run.name.as_str(), "CSP L1411-8", OPERATOR] {
        assert!(printed.contains(word), "{word} is not in {printed}");
    }
}

/// Both logs verify: the sender's against the certificate and against the copy in the recipient's manifest.
fn logs_are_sound(sender: &Machine, recipient: &Machine, run: &Run) {
    let auditor = Machine::new();
    auditor.fetch(sender, run.dossier("audit.jsonl"), "sender.jsonl");
    auditor.fetch(sender, run.dossier("certificate.note"), "certificate.note");
    auditor.fetch(sender, run.dossier("audit.checkpoint"), "checkpoint");
    auditor.fetch(sender, "signing.key.pub", "crcdc.pub");
    auditor.fetch(recipient, format!("{}/manifest", run.reception("dgs")), "manifest");
    auditor.fetch(recipient, "desk/audit.jsonl", "desk.jsonl");
    for checkpoint in ["certificate.note", "manifest", "checkpoint"] {
        let words = ["audit", "verify", "sender.jsonl", "--checkpoint", checkpoint, "--key", "crcdc.pub"];
        let said = auditor.tamis(&[&words[..], &["--format", "json"]].concat()).ends(0).json();
        assert_eq!(said["checkpoint"]["signed_by"], "crcdc", "{checkpoint}");
        assert!(said["checkpoint"]["events"].as_u64().unwrap() > 2, "{checkpoint}");
    }
    auditor.tamis(&["audit", "verify", "desk.jsonl"]).ends(0);
}

#[test]
fn a_release_is_sealed_sent_opened_acknowledged_and_destroyed_on_both_sides_with_proof() {
    let sender = machines::sender();
    let recipient = machines::recipient("dgs", &sender);
    let first = campaign(&sender, "in/2026.csv", RECORDS, 0);
    fs::write(sender.path("in/bystander.txt"), "not a source").unwrap();
    agreed(&sender);
    sender.tamis(&["plan", "pipeline.toml"]).ends(0);

    // Without its keys there is no run.
    sender.tamis(&["run", "pipeline.toml", "--signing-key", "signing.key"]).ends(5);
    sender.tamis(&["run", "pipeline.toml", "--root-key", "root.key"]).ends(5).says("--signing-key");
    assert_eq!(sender.names("out"), [""; 0]);

    let search = searcher(&[&first]);
    let run = machines::run(&sender, &KEYS);
    only_sealed(&sender, &run, &search);
    let log = run.dossier("audit.jsonl");
    let states =
        |machine: &Machine| machine.events(&log).into_iter().filter(|e| e != "source read").collect::<Vec<_>>();
    assert_eq!(states(&sender)[..6], ["planned", "ingested", "draw", "staged", "exported", "read back"]);

    // Nobody has acknowledged: nothing is destroyed, whoever confirms.
    let confirm = ["--confirm", &run.name, "--operator", OPERATOR];
    machines::close(&sender, &run, &[], &confirm).ends(0).says("waits for the acknowledgement of dgs");
    assert_eq!(Table::read(&sender.path("in/2026.csv")).rows, first.rows);

    machines::hand_over(&sender, &recipient, &run, "dgs").ends(0);
    sender
        .tamis(&["deliver", "--pipeline", "pipeline.toml", &format!("{}/sealed/{}", run.directory, run.package("dgs"))])
        .ends(0)
        .says("already there");
    let people = pseudonyms(&recipient, &run);
    machines::acknowledge(&sender, &recipient, &run, "dgs");

    // Acknowledged; now an operator has to say that the source files go, and name the run.
    machines::close(&sender, &run, &["dgs"], &[]).ends(0).says("waits for an operator");
    machines::close(&sender, &run, &["dgs"], &["--confirm", "another", "--operator", OPERATOR]).ends(7);
    assert!(
        sender.path("in/2026.csv").exists() && sender.names(&run.directory).iter().any(|n| n.starts_with("sealed/"))
    );
    machines::close(&sender, &run, &["dgs"], &confirm).ends(0).says("certified");
    assert_eq!(sender.names("in"), ["bystander.txt"]);
    assert!(sender.names(&run.directory).iter().all(|name| name.starts_with("dossier/")));
    let end = [
        "acknowledged",
        "destroy intended",
        "keys destroyed",
        "removing",
        "removed",
        "removing package",
        "package removed",
        "files removed",
        "scanned",
        "certified",
    ];
    assert_eq!(states(&sender)[states(&sender).len() - end.len()..], end);
    certificate_is_right(&sender, &run);
    logs_are_sound(&sender, &recipient, &run);
    // Closed is closed.
    machines::close(&sender, &run, &[], &[]).ends(0).says("certified");

    // The next campaign of the epoch: whoever is in both has one pseudonym for this recipient.
    let second = campaign(&sender, "in/2027.csv", RECORDS, 1);
    let next = machines::run(&sender, &KEYS);
    machines::hand_over(&sender, &recipient, &next, "dgs").ends(0);
    let again = pseudonyms(&recipient, &next);
    assert!(people.intersection(&again).count() > 300, "persons of both campaigns are recognised");
    assert!(again.difference(&people).count() > 100, "and others are in one alone");

    // The recipient is done with the first; the second runs out.
    let today = recipient.tamis(&["destroy", "--expired", "desk", "--operator", READER]).ends(0);
    today.says("Nothing is past its last day of use");
    recipient.tamis(&["destroy", &run.reception("dgs"), "--operator", READER]).ends(0);
    assert!(!recipient.path(run.reception("dgs")).join("release").exists());
    assert!(recipient.path(next.reception("dgs")).join("release").exists());
    machines::open(&recipient, &run.package("dgs"), &[]).ends(4).says("destroyed after use");
    expire(&recipient, &next);
    desk_tells_all(&recipient);
    recipient.tamis(&["audit", "verify", "desk/audit.jsonl"]).ends(0);

    nothing_is_left(&sender, &recipient, &searcher(&[&first, &second]), &people);
}

/// Every step of the recipient stands in its log, and each file that went, before and after.
fn desk_tells_all(recipient: &Machine) {
    let (files, steps): (Vec<String>, Vec<String>) = recipient
        .events("desk/audit.jsonl")
        .into_iter()
        .partition(|event| event == "opened removed" || event == "removing opened");
    assert!(files.len() >= 2 * 2 * 2, "two receptions of two tables or more: {files:?}");
    assert!(files.chunks(2).all(|pair| pair == ["removing opened", "opened removed"]), "{files:?}");
    let [opened, destroying, destroyed] = ["opened", "destroy intended", "destroyed"];
    assert_eq!(steps, [opened, "acknowledged", opened, destroying, destroyed, "refused", destroying, destroyed]);
}

/// What a timer does on the day after the last day of use.
fn expire(recipient: &Machine, run: &Run) {
    let record: Value = serde_json::from_str(&recipient.read(run.reception("dgs") + "/reception.json")).unwrap();
    let last: chrono::NaiveDate = record["use_until"].as_str().unwrap().parse().unwrap();
    let at = |day: chrono::NaiveDate| -> Arc<dyn Clock> {
        Arc::new(FixedClock(day.and_hms_opt(12, 0, 0).unwrap().and_utc()))
    };
    let who = Operator::new("timer", 0).unwrap();
    let destroy = |day| reception::destroy(&recipient.path("desk"), &Which::Expired, &who, &at(day)).unwrap();
    assert_eq!(destroy(last).destroyed.len(), 0, "the last day is a day of use");
    assert_eq!(destroy(last.succ_opt().unwrap()).destroyed.len(), 1);
    assert!(!recipient.path(run.reception("dgs")).join("release").exists());
}

/// No value of a record was said or stands anywhere but in the source of a run that is still open; no pseudonym stands at the
/// recipient's.
fn nothing_is_left(sender: &Machine, recipient: &Machine, search: &Searcher, people: &BTreeSet<String>) {
    for machine in [sender, recipient] {
        for (words, said) in machine.said() {
            assert_eq!(search.stream("said", said.as_bytes()), [""; 0], "by {words}");
        }
    }
    let everywhere = |machine: &Machine, but: &[&str]| -> Vec<String> {
        let found = search.folder(machine.folder());
        found.into_iter().filter(|hit| !but.iter().any(|name| hit.starts_with(name))).take(10).collect()
    };
    assert_eq!(everywhere(sender, &["in/2027.csv"]), [""; 0]);
    assert_eq!(everywhere(recipient, &[]), [""; 0]);
    for (name, bytes) in common::files(recipient.folder()) {
        let text = String::from_utf8_lossy(&bytes);
        assert!(people.iter().all(|p| !text.contains(p.as_str())), "a pseudonym in {}", name.display());
    }
    let sealed = common::files(sender.folder()).into_keys().filter(|name| ends_with(name, ".tamis")).count();
    assert_eq!(sealed, 3, "two in the drop, and one that nobody has acknowledged");
    assert!(audit::verify(&recipient.path("desk/audit.jsonl")).is_ok());
}

fn ends_with(name: &Path, ending: &str) -> bool {
    name.to_string_lossy().ends_with(ending)
}
