//! `tamis doctor` on this machine: whatever the machine is like, what a test breaks is found, with its fix.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::machines::{Machine, Told};

fn ready() -> Machine {
    let machine = Machine::new();
    machine.tamis(&["init", "demo"]).ends(0);
    machine
}

fn doctor(machine: &Machine, more: &[&str]) -> Told {
    let words = ["doctor", "demo/pipeline.toml", "--format", "json"];
    machine.tamis(&words.into_iter().chain(more.iter().copied()).collect::<Vec<_>>())
}

fn finding(told: &Told, name: &str) -> Value {
    let json = told.json();
    let found = json["findings"].as_array().unwrap().iter().find(|f| f["finding"] == name).cloned();
    found.unwrap_or_else(|| panic!("no {name} in {json:#}"))
}

#[test]
fn a_new_workshop_has_no_error_and_each_thing_that_is_broken_is_told_with_its_code_and_its_fix() {
    let machine = ready();
    let sound = doctor(&machine, &[]).ends(0);
    assert_eq!(finding(&sound, "files-found")["parts"]["n"], "1");
    assert_eq!(finding(&sound, "runs-fine")["fix"], Value::Null);

    machine.tamis(&["keys", "generate", "signing", "--to", "k.sign", "--name", "k"]).ends(0);
    doctor(&machine, &["--key", "k.sign"]).ends(0).says("key-fine");
    fs::set_permissions(machine.path("k.sign"), fs::Permissions::from_mode(0o640)).unwrap();
    let open = doctor(&machine, &["--key", "k.sign"]).ends(5);
    assert!(finding(&open, "key-refused")["message"].as_str().unwrap().contains("chmod 600"));

    let records = machine.path("demo/inbox/records.csv");
    fs::set_permissions(&records, fs::Permissions::from_mode(0o644)).unwrap();
    let fix = finding(&doctor(&machine, &[]).ends(0), "sources-open")["fix"].clone();
    assert!(fix.as_str().unwrap().starts_with("chmod o-rwx "), "{fix}");
    doctor(&machine, &["--fail-on", "warning"]).ends(1);

    fs::remove_file(&records).unwrap();
    doctor(&machine, &[]).ends(6).says("files-missing");
    let human = machine.tamis(&["doctor", "demo/pipeline.toml", "--lang", "fr"]).ends(6);
    assert!(human.out.contains("  erreur") && human.out.contains("→ y déposer les fichiers"), "{}", human.out);

    fs::write(machine.path("demo/pipeline.toml"), "[pipeline]\nname = 1\n").unwrap();
    doctor(&machine, &[]).ends(2).says("tamis config check demo/pipeline.toml");
}

#[test]
fn what_a_dead_run_left_and_a_lock_that_is_held_are_found() {
    let machine = ready();
    machine.tamis(&["run", "demo/pipeline.toml"]).ends(0);
    assert_eq!(finding(&doctor(&machine, &[]).ends(0), "runs-fine")["parts"]["n"], "1");

    let lock = tamis::disk::open_lock(&machine.path("demo/out/.demo.lock")).unwrap();
    assert!(lock.try_lock().unwrap());
    doctor(&machine, &[]).ends(11).says("\"locked\"");
    drop(lock);

    // A run that died before it had a log.
    let empty = "demo/out/demo-20260101T000000.000Z";
    fs::create_dir(machine.path(empty)).unwrap();
    assert_eq!(finding(&doctor(&machine, &[]).ends(0), "run-empty")["parts"]["path"], empty);
    fs::remove_dir_all(machine.path(empty)).unwrap();

    // The log as a run left it that was killed before it had written its release.
    let names = machine.names("demo/out");
    let log = names.iter().find(|name| name.ends_with("audit.jsonl")).unwrap();
    let text = machine.read(format!("demo/out/{log}"));
    let end = text.find("\"event\":\"exported\"").unwrap();
    let lines = text[..end].rfind('\n').unwrap() + 1;
    fs::write(machine.path(format!("demo/out/{log}")), &text[..lines]).unwrap();
    let dead = finding(&doctor(&machine, &[]).ends(0), "run-dead");
    assert_eq!(dead["parts"]["state"], "staged");
    assert!(dead["fix"].as_str().unwrap().starts_with("tamis resume demo/out/demo-"), "{dead}");
}

#[test]
fn without_a_pipeline_the_machine_alone_is_looked_at_and_a_key_is_no_argument() {
    let machine = Machine::new();
    let told = machine.tamis(&["doctor", "--format", "json"]).ends(0);
    finding(&told, "dumps-off");
    let secret = "PRIVATE+KEY+k+f1631473+AT1yDnEs8st7LpSr0";
    let refused = machine.tamis(&["doctor", "--key", secret]).ends(2);
    assert!(!refused.err.contains("AT1y"), "{}", refused.err);
}
