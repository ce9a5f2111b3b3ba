//! Canaries through everything that happens to a sealed release, on both sides, and through every mistake in which somebody names
//! a file of records where another one belongs.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{Aviary, CONSULTATIONS, Case, SCREENINGS, Setting, TOLERANT};
use crate::common;
use crate::machines::{self, Machine, OPERATOR, READER, Run};

const KEYS: [&str; 2] = ["--root-key", "root.key"];
const DATA: &str = "in/lot.csv";

/// A sender whose pipeline lets records with canaries pass as far as it can, and its recipient.
fn parties(aviary: &Aviary) -> (Machine, Machine) {
    let sender = machines::sender();
    let recipient = machines::recipient("dgs", &sender);
    fs::write(sender.path(DATA), aviary.dirty()).unwrap();
    let register = ["matricule_ins\n".to_owned(), aviary.persons[..5].join("\n")].concat();
    fs::write(sender.path("in/oppositions.csv"), register).unwrap();
    let exclude = "[[exclude]]\nregister = \"in/oppositions.csv\"\ncolumn = \"matricule_ins\"\n";
    let destroy = "[destroy]\nwhen = \"acknowledged\"\nsources = true\nroot = \"in\"\n";
    let transmission = machines::transmission(&sender, &["dgs"], "use_for = \"30 days\"\n");
    let setting = Setting {
        file: DATA.into(),
        limits: TOLERANT,
        more: [&transmission, exclude, destroy].concat(),
        ..Setting::default()
    };
    let text = aviary.pipeline(&setting).replace("linkage = \"release\"", "linkage = \"longitudinal\"");
    let text = text
        .replace("to = \"unused\"", "to = \"out\"")
        .replace("purpose = \"essai\"", &format!("purpose = \"{}\"", machines::PURPOSE));
    fs::write(sender.path("pipeline.toml"), text).unwrap();
    (sender, recipient)
}

/// Nothing that must not be seen was said on a machine, or stands there outside of the sender's own input.
fn assert_clean(aviary: &Aviary, machine: &Machine) {
    for (words, said) in machine.said() {
        let found = aviary.searcher.stream("said", said.as_bytes());
        assert!(found.is_empty(), "by `{words}`: {:?}", &found[..found.len().min(5)]);
    }
    let left = aviary.searcher.folder(machine.folder());
    // What the sender wrote: the pipeline has numbers of its own.
    let own = |hit: &&String| hit.starts_with("in/") || hit.starts_with("pipeline.toml:");
    let left: Vec<&String> = left.iter().filter(|hit| !own(hit)).take(10).collect();
    assert!(left.is_empty(), "{left:#?}");
}

/// Shows both logs in every form.
fn show_logs(sender: &Machine, recipient: &Machine, run: &Run) {
    for form in [&["--format", "json"][..], &["--lang", "fr"], &["--lang", "en"]] {
        sender.tamis(&[&["audit", "show", &run.dossier("audit.jsonl")], form].concat()).ends(0);
        recipient.tamis(&[&["audit", "show", "desk/audit.jsonl"], form].concat()).ends(0);
    }
}

fn nothing_leaks_from_a_sealed_release(case: &'static Case) {
    let aviary = Aviary::new(case);
    let (sender, recipient) = parties(&aviary);
    sender.tamis(&["run", "pipeline.toml", "--signing-key", "signing.key"]).ends(5);
    let run = machines::run_ending(&sender, &KEYS, 3);
    let sealed = format!("{}/sealed/{}", run.directory, run.package("dgs"));

    // Delivery that fails, and delivery.
    fs::rename(sender.path("drop"), sender.path("away")).unwrap();
    sender.tamis(&["deliver", "--pipeline", "pipeline.toml", &sealed, "--attempts", "1"]).ends(6);
    fs::rename(sender.path("away"), sender.path("drop")).unwrap();
    machines::hand_over(&sender, &recipient, &run, "dgs").ends(0);
    let released = common::files(&recipient.path(run.reception("dgs")));
    let rows = &released[Path::new("release/data").join(format!("{}.csv", output(case))).as_path()];
    assert!(rows.iter().filter(|byte| **byte == b'\n').count() > 800, "too little was released for a leak to show");
    assert_clean(&aviary, &recipient);

    machines::acknowledge(&sender, &recipient, &run, "dgs");
    show_logs(&sender, &recipient, &run);
    machines::close(&sender, &run, &["dgs"], &["--confirm", &run.name, "--operator", OPERATOR, "--lang", "fr"]).ends(0);
    recipient.tamis(&["destroy", &run.reception("dgs"), "--operator", READER, "--format", "json"]).ends(0);
    show_logs(&sender, &recipient, &run);
    assert_eq!(sender.names("in"), ["oppositions.csv"], "the source file is gone, the register is not");
    assert_clean(&aviary, &sender);
    assert_clean(&aviary, &recipient);
}

fn output(case: &Case) -> &'static str {
    if case.schema == CONSULTATIONS.schema { "consultations" } else { "depistages" }
}

#[test]
fn nothing_leaks_from_a_sealed_release_of_consultations_on_either_side() {
    nothing_leaks_from_a_sealed_release(&CONSULTATIONS);
}

#[test]
fn nothing_leaks_from_a_sealed_release_of_screenings_on_either_side() {
    nothing_leaks_from_a_sealed_release(&SCREENINGS);
}

/// The slip of the hand that is easiest to make: a completed path that is the wrong one.
#[test]
fn a_file_of_records_named_in_the_place_of_any_other_file_is_refused_and_not_quoted() {
    let aviary = Aviary::new(&CONSULTATIONS);
    let (sender, recipient) = parties(&aviary);
    // Of good records, which are text: what is no text is refused before anybody could quote it.
    fs::write(sender.path(DATA), aviary.good()).unwrap();
    let run = machines::run(&sender, &KEYS);
    machines::hand_over(&sender, &recipient, &run, "dgs").ends(0);
    let package = format!("{}/sealed/{}", run.directory, run.package("dgs"));
    let log = run.dossier("audit.jsonl");
    let slips: &[&[&str]] = &[
        &["run", DATA],
        &["plan", DATA],
        &["validate", DATA, "--schema", DATA],
        &["synth", "--schema", DATA],
        &["run", "pipeline.toml", "--signing-key", DATA, "--root-key", "root.key"],
        &["run", "pipeline.toml", "--signing-key", "signing.key", "--root-key", DATA],
        &["run", "pipeline.toml", "--signing-key", "signing.key", "--root-key", "root.key", "--epochs", DATA],
        &["deliver", "--pipeline", DATA, &package],
        &["deliver", "--pipeline", "pipeline.toml", DATA, "--attempts", "1"],
        &["resume", DATA],
        &["resume", &run.directory, "--signing-key", DATA],
        &["destroy", DATA],
        &["destroy", "in"],
        &["destroy", &run.directory, "--signing-key", "signing.key", "--acknowledgement", DATA],
        &["audit", "verify", DATA],
        &["audit", "verify", &log, "--checkpoint", DATA],
        &["audit", "verify", &log, "--checkpoint", DATA, "--key", DATA],
        &["audit", "show", DATA],
        &["open", DATA, "--key", "root.key", "--sender", "signing.key.pub", "--purpose", "x", "--to", "desk"],
        &["open", &package, "--key", DATA, "--sender", "signing.key.pub", "--purpose", "x", "--to", "desk"],
        &["open", &package, "--key", "root.key", "--sender", DATA, "--purpose", "x", "--to", "desk"],
        &["acknowledge", "in", "--key", "signing.key", "--output", "note"],
        &["acknowledge", DATA, "--key", DATA, "--output", "note"],
        &["keys", "status", DATA],
        &["keys", "status", "root.key", "--epochs", DATA],
        &["keys", "fingerprint", DATA],
        &["keys", "rotate", DATA, "--epoch", "2027"],
        &["keys", "rotate", "root.key", "--epoch", "2027", "--epochs", DATA],
    ];
    let before = fs::read(sender.path(DATA)).unwrap();
    // Open to others, as files of records should not be, and closed, as keys are.
    for (mode, form) in [(0o644, ["--lang", "fr"]), (0o600, ["--lang", "en"]), (0o600, ["--format", "json"])] {
        fs::set_permissions(sender.path(DATA), fs::Permissions::from_mode(mode)).unwrap();
        for words in slips {
            let told = sender.tamis(&[words, &form[..]].concat());
            assert!(matches!(told.code, Some(1 | 2 | 4 | 5 | 6)), "{words:?}: {told:?}");
        }
    }
    assert_eq!(fs::read(sender.path(DATA)).unwrap(), before, "the records are as they were");
    assert_clean(&aviary, &sender);
}
