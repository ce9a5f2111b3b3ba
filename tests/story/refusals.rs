//! What each side refuses of the other, and that its log says so.

use std::fs;

use tamis::audit::Entry;

use crate::bilans::{PERSONS, campaign, pipeline};
use crate::machines::{self, Machine, Run};
use crate::tables::Table;

const DESTROY: &str = "[destroy]\nwhen = \"acknowledged\"\nsources = true\nroot = \"in\"\n";

/// A sender and its recipient `dgs`, who knows of another one as well.
fn parties() -> (Machine, Machine) {
    let sender = machines::sender();
    let recipient = machines::recipient("dgs", &sender);
    machines::recipient("autre", &sender);
    campaign(&sender, "in/2026.csv", 600, 0);
    write(&sender, &["dgs"]);
    (sender, recipient)
}

fn write(sender: &Machine, names: &[&str]) {
    let transmission = machines::transmission(sender, names, "use_for = \"30 days\"\n");
    let persons = PERSONS.replacen("columns", &format!("recipient = \"{}\"\ncolumns", names[0]), 1);
    pipeline(sender, "release", &[&transmission, &persons, DESTROY].concat());
}

fn log(machine: &Machine, run: &Run) -> Vec<Entry> {
    tamis::audit::read(&machine.path(run.dossier("audit.jsonl"))).unwrap()
}

/// Nothing of a run is destroyed: source, sealed file and journal stand as they stood.
fn stands(sender: &Machine, run: &Run, rows: usize, what: &str) {
    assert_eq!(Table::read(&sender.path("in/2026.csv")).rows.len(), rows, "{what}");
    assert!(sender.path(format!("{}/sealed/{}", run.directory, run.package("dgs"))).exists(), "{what}");
    assert!(!sender.path(run.dossier("certificate.json")).exists(), "{what}");
    let states = log(sender, run);
    assert!(states.iter().all(|e| e.event != "acknowledged" && e.event != "destroy intended"), "{what}");
}

#[test]
fn a_package_for_somebody_who_is_not_listed_is_not_delivered() {
    let (sender, _) = parties();
    let run = machines::run(&sender, &[]);
    let sealed = format!("{}/sealed/{}", run.directory, run.package("dgs"));
    let deliver = ["deliver", "--pipeline", "pipeline.toml", &sealed, "--attempts", "1"];

    write(&sender, &["autre"]);
    sender.tamis(&deliver).ends(4).says("does not stand in the pipeline");
    // Of the same name and with another key, it is somebody else.
    write(&sender, &["dgs"]);
    let text = sender.read("pipeline.toml").replace(sender.read("dgs.age").trim(), sender.read("autre.age").trim());
    fs::write(sender.path("pipeline.toml"), text).unwrap();
    sender.tamis(&deliver).ends(4).says("does not stand in the pipeline");
    assert_eq!(sender.names("drop"), [""; 0]);

    // An output for somebody who is not listed is no pipeline at all.
    write(&sender, &["dgs"]);
    let text = sender.read("pipeline.toml").replace("recipient = \"dgs\"", "recipient = \"inconnu\"");
    fs::write(sender.path("pipeline.toml"), text).unwrap();
    sender.tamis(&["run", "pipeline.toml", "--signing-key", "signing.key"]).ends(2).says("unknown_recipient");
    write(&sender, &["dgs"]);
    sender.tamis(&deliver).ends(0);
    assert_eq!(sender.names("drop"), [run.package("dgs")]);
}

#[test]
fn an_acknowledgement_of_another_run_or_by_another_hand_destroys_nothing_and_the_journal_says_so() {
    let (sender, recipient) = parties();
    let rows = Table::read(&sender.path("in/2026.csv")).rows.len();
    let (first, second) = (machines::run(&sender, &[]), machines::run(&sender, &[]));
    for run in [&first, &second] {
        machines::hand_over(&sender, &recipient, run, "dgs").ends(0);
    }
    machines::acknowledge(&sender, &recipient, &first, "dgs");
    let confirm = ["--confirm", &second.name, "--operator", machines::OPERATOR];

    // The first run's, for the second; as it is, and with the run's name changed.
    let note = sender.read(format!("{}-dgs.note", first.name));
    let renamed = note.replace(&first.name, &second.name);
    // Somebody else's key of the same name, over the right words.
    let stranger = machines::recipient("dgs", &machines::sender());
    let reception = second.reception("dgs");
    recipient.fetch(&stranger, "reader.key", "stranger.key");
    recipient.fetch(&stranger, "reader.key.pub", "stranger.key.pub");
    let words = ["acknowledge", &reception, "--key", "stranger.key", "--output", "forged.note"];
    recipient.tamis(&words).ends(0);
    let forged = recipient.read("forged.note");
    for (what, text) in [("replayed", note), ("renamed", renamed), ("forged", forged), ("empty", String::new())] {
        fs::write(sender.path(format!("{}-dgs.note", second.name)), text).unwrap();
        let before = log(&sender, &second).len();
        machines::close(&sender, &second, &["dgs"], &confirm).ends(4);
        let entries = log(&sender, &second);
        assert_eq!(entries.len(), before + 1, "{what}");
        assert_eq!(entries[before].event, "acknowledgement refused", "{what}");
        stands(&sender, &second, rows, what);
    }
    // The first run's own is good, for the first run alone.
    machines::close(&sender, &first, &["dgs"], &["--keep-sources"]).ends(0).says("certified");
    stands(&sender, &second, rows, "closing another run");
}

#[test]
fn a_package_is_opened_by_its_recipient_from_its_sender_and_for_its_purpose_alone_and_refusals_are_logged() {
    let (sender, recipient) = parties();
    let run = machines::run(&sender, &[]);
    let package = run.package("dgs");
    recipient.fetch(&sender, format!("{}/sealed/{package}", run.directory), &format!("inbox/{package}"));
    recipient.tamis(&["keys", "generate", "recipient", "--to", "other"]).ends(0);
    recipient.tamis(&["keys", "generate", "signing", "--name", "crcdc", "--to", "stranger"]).ends(0);
    let refused = [
        (["--purpose", "CURIOSITE"], "purpose"),
        (["--purpose", ""], "purpose"),
        (["--key", "other"], "another recipient"),
        (["--sender", "stranger.pub"], "not to be believed"),
    ];
    for (words, why) in refused {
        let said = machines::open(&recipient, &package, &words).ends(4).says(why);
        assert!(!said.err.contains("CURIOSITE"), "{}", said.err);
    }
    assert_eq!(recipient.names("desk"), ["audit.jsonl"], "nothing was written but the log");
    let shown =
        recipient.tamis(&["audit", "show", "desk/audit.jsonl", "--what", "refused", "--format", "json"]).ends(0);
    let events: Vec<serde_json::Value> = shown.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.len(), refused.len());
    assert!(events.iter().all(|e| e["fields"]["who"]["name"] == machines::READER));
    assert!(!shown.out.contains("CURIOSITE"), "a purpose that somebody typed may say anything");

    // A byte changed on the way, anywhere.
    let whole = fs::read(recipient.path(format!("inbox/{package}"))).unwrap();
    for at in [0, 600, whole.len() / 2, whole.len() - 1500, whole.len() - 1] {
        let mut bent = whole.clone();
        bent[at] ^= 1;
        fs::write(recipient.path(format!("inbox/{package}")), bent).unwrap();
        machines::open(&recipient, &package, &[]).ends(4);
        assert_eq!(recipient.names("desk"), ["audit.jsonl"], "byte {at}");
    }
    fs::write(recipient.path(format!("inbox/{package}")), whole).unwrap();
    machines::open(&recipient, &package, &[]).ends(0);
}

#[test]
fn a_release_whose_time_of_use_is_past_is_not_made() {
    let (sender, _) = parties();
    let text = sender.read("pipeline.toml").replace("use_for = \"30 days\"", "use_until = \"2026-01-01\"");
    fs::write(sender.path("pipeline.toml"), text).unwrap();
    sender.tamis(&["run", "pipeline.toml", "--signing-key", "signing.key"]).ends(2).says("use_until is past");
    assert_eq!(sender.names("out"), [""; 0]);
}
