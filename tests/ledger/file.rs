//! The file of the ledger: what stands in it, and what happens where it is not the one that was written.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use tamis::audit::AuditLog;
use tamis::clock::FixedClock;
use tamis::disk::faults::{Call, Fault, Plan, arm};
use tamis::ledger::{self, Ledger, LedgerError, State};
use tamis::pipeline::{self, Closed, Closing, RunError};

use crate::attacker::{Known, Seen, differences};
use crate::bench::{Bench, FINE, LEDGER, Person, people, table};
use crate::common;

fn clock() -> Arc<FixedClock> {
    Arc::new(FixedClock("2026-03-01T12:00:00Z".parse().unwrap()))
}

/// A second run over the people of the first.
fn again(bench: &Bench, out: &str) -> Result<tamis::pipeline::RunSummary, RunError> {
    let pipeline = bench.pipeline("actes.csv", FINE, LEDGER);
    common::run(&pipeline, &bench.path(out), 2, common::key(3))
}

#[test]
fn no_value_of_a_record_stands_in_the_ledger_and_no_count_under_the_threshold() {
    let mut all = people(600, 6);
    for (at, person) in all.iter_mut().enumerate() {
        person.id = format!("KANARI{at}");
        person.place[2] = format!("ZZcanari{}", person.place[2]);
    }
    let bench = Bench::new();
    let tables = FINE.replace("{ count = \"records\" }", "{ sum = \"cout\" }, { share = \"tabac\", equals = \"1\" }");
    bench.noted("out", &all, &tables);
    let text = fs::read_to_string(bench.path("ledger")).unwrap().to_lowercase();
    assert!(text.len() > 3_000 && !text.contains("canari") && !text.contains("kanari"), "{text}");
    let (releases, _) = ledger::read(&bench.path("ledger")).unwrap();
    let cells = &releases[0].tables[0].cells;
    assert!(cells.iter().any(|cell| cell.counts.is_none()) && cells.iter().any(|cell| cell.counts.is_some()));
    for cell in cells {
        assert!(cell.counts.is_none_or(|counts| counts.persons >= 11), "{cell:?}");
        for sum in &cell.sums {
            assert!(!matches!(sum, ledger::Told::Shown(sum) if (1..11).contains(&sum.persons)), "{cell:?}");
        }
        for share in &cell.shares {
            let few = |n: u64| (1..11).contains(&n);
            assert!(!matches!(share, ledger::Told::Shown(s) if few(s.persons) || few(s.others)), "{cell:?}");
        }
    }
}

#[test]
fn the_same_run_writes_the_same_ledger_whatever_the_threads_and_the_order_of_records() {
    let all = people(900, 2);
    let mut turned = all.clone();
    turned.reverse();
    let text = |people: &[Person], threads: usize| {
        let bench = Bench::new();
        bench.write("actes.csv", people);
        let pipeline = bench.pipeline("actes.csv", FINE, LEDGER);
        common::run(&pipeline, &bench.path("out1"), threads, common::key(3)).unwrap();
        let fewer: Vec<Person> = people.iter().filter(|person| person.id.as_str() < "p00890").cloned().collect();
        bench.write("actes.csv", &fewer);
        let two = common::run(&pipeline, &bench.path("out2"), threads, common::key(5)).unwrap();
        (fs::read(bench.path("ledger")).unwrap(), fs::read(two.release.join("tables/fine.csv")).unwrap())
    };
    let one = text(&all, 1);
    assert_eq!(one, text(&all, 4));
    assert_eq!(one, text(&turned, 3));
}

#[test]
fn a_ledger_that_was_changed_cut_or_taken_away_stops_the_run_before_it_reads_anything() {
    let all = people(300, 1);
    let bench = Bench::new();
    bench.noted("out", &all, FINE);
    let (file, head) = (bench.path("ledger"), bench.path("ledger.head"));
    let (sound, top) = (fs::read(&file).unwrap(), fs::read(&head).unwrap());
    let lines: Vec<usize> = (0..sound.len()).filter(|at| sound[*at] == b'\n').collect();
    let refused = |what: &str| {
        let error = again(&bench, "late").err().unwrap_or_else(|| panic!("{what}: it was taken"));
        assert_eq!(error.exit_code(), 4, "{what}: {error}");
        assert!(
            !bench.path("late").exists()
                || common::files(&bench.path("late")).keys().all(|p| p.starts_with(".essai.lock"))
        );
        assert!(ledger::read(&file).is_err(), "{what}");
    };
    for at in (0..sound.len()).step_by(sound.len() / 12) {
        let mut changed = sound.clone();
        changed[at] = if changed[at] == b'7' { b'8' } else { b'7' };
        if changed != sound {
            fs::write(&file, changed).unwrap();
            refused(&format!("byte {at} changed"));
        }
    }
    for at in lines.iter().take(lines.len() - 1) {
        fs::write(&file, &sound[..=*at]).unwrap();
        refused("lines cut off");
        fs::write(&file, &sound[..at - 3]).unwrap();
        refused("cut within a line");
    }
    let without = [&sound[..=lines[0]], &sound[lines[1] + 1..]].concat();
    fs::write(&file, without).unwrap();
    refused("a line taken out");
    fs::remove_file(&file).unwrap();
    refused("the ledger taken away");
    fs::write(&file, &sound).unwrap();
    fs::remove_file(&head).unwrap();
    refused("the head taken away");
    fs::write(&head, &top).unwrap();
    again(&bench, "sound").unwrap();
}

#[test]
fn nobody_withdraws_a_release_by_adding_a_line() {
    let all = people(400, 1);
    let bench = Bench::new();
    let file = bench.path("ledger");
    bench.noted("out", &all[..395], FINE);
    let (sound, top) = (fs::read(&file).unwrap(), fs::read(bench.path("ledger.head")).unwrap());
    let add = |run: &str| {
        let mut log = AuditLog::open(&file, clock()).unwrap();
        log.for_run(run);
        log.event("withdrawn", &[]).unwrap();
    };
    // What is settled stays so.
    let run = ledger::read(&file).unwrap().0[0].run.clone();
    add(&run);
    assert!(matches!(ledger::read(&file), Err(LedgerError::NotALedger { .. })));
    assert_eq!(again(&bench, "late").err().unwrap().exit_code(), 4);
    // A release whose run was killed counts, now and when later heads have counted that line.
    fs::write(&file, &sound).unwrap();
    fs::write(bench.path("ledger.head"), &top).unwrap();
    let pipeline = bench.pipeline("actes.csv", FINE, LEDGER);
    let of = pipeline.ledger.clone().unwrap();
    let (releases, _) = ledger::read(&file).unwrap();
    let stopped = "20260302T000000.000Z";
    Ledger::open(&of.file, clock())
        .unwrap()
        .announce(&of, tamis::audit::Name::from(&pipeline), stopped, &releases[0].tables)
        .unwrap();
    add(stopped);
    let (releases, lines) = ledger::read(&file).unwrap();
    assert_eq!((releases[1].state, lines.after_head), (State::Pending, 1));
    for out in ["next", "last"] {
        let earlier = again(&bench, out).unwrap().earlier.unwrap();
        assert!(earlier.releases.iter().any(|release| release.run == stopped), "{out}");
    }
    assert_eq!(ledger::read(&file).unwrap().0[1].state, State::Pending);
}

#[test]
fn nobody_begins_a_ledger_in_passing() {
    let bench = Bench::new();
    bench.write("actes.csv", &people(300, 1));
    for file in ["ledger", "ledger.head"] {
        fs::remove_file(bench.path(file)).unwrap();
    }
    let error = again(&bench, "out").err().unwrap();
    assert!(matches!(&error, RunError::Ledger(LedgerError::Absent { .. })));
    assert_eq!(error.exit_code(), 4);
    let new = || common::tamis().args(["ledger", "new"]).arg(bench.path("ledger")).output().unwrap().status.code();
    assert_eq!((new(), new()), (Some(0), Some(4)));
    // Its universe is a new one, and the summary says so.
    let earlier = again(&bench, "out").unwrap().earlier.unwrap();
    assert_eq!((earlier.releases.len(), earlier.universe.as_str()), (0, "essai-2026"));
    let other = LEDGER.replace("essai-2026", "Essai-2026");
    let pipeline = bench.pipeline("actes.csv", FINE, &other);
    let earlier = common::run(&pipeline, &bench.path("other"), 2, common::key(3)).unwrap().earlier.unwrap();
    assert_eq!((earlier.releases.len(), earlier.others), (0, vec!["essai-2026".to_owned()]));
}

#[test]
fn two_processes_cannot_overlook_each_other() {
    let bench = Bench::new();
    bench.noted("out", &people(300, 1), FINE);
    let held = Ledger::open(&bench.path("ledger"), clock()).unwrap();
    let error = again(&bench, "late").err().unwrap();
    assert!(matches!(&error, RunError::Ledger(error) if error.is_locked()));
    assert_eq!(error.exit_code(), 11);
    drop(held);
    again(&bench, "late").unwrap();
}

#[test]
fn a_run_that_fails_after_its_entry_is_withdrawn_and_one_of_which_nothing_was_heard_counts() {
    let all = people(400, 1);
    let bench = Bench::new();
    bench.noted("out", &all, FINE);
    let (releases, _) = ledger::read(&bench.path("ledger")).unwrap();
    let pipeline = bench.pipeline("actes.csv", FINE, LEDGER);
    let of = pipeline.ledger.clone().unwrap();
    for settled in [Some(false), None] {
        let mut book = Ledger::open(&of.file, clock()).unwrap();
        book.announce(&of, tamis::audit::Name::from(&pipeline), "20260302T000000.000Z", &releases[0].tables).unwrap();
        if let Some(published) = settled {
            book.settle(published).unwrap();
        }
    }
    let (releases, _) = ledger::read(&bench.path("ledger")).unwrap();
    let states: Vec<State> = releases.iter().map(|release| release.state).collect();
    assert_eq!(states, [State::Published, State::Withdrawn, State::Pending]);
    let earlier = again(&bench, "late").unwrap().earlier.unwrap();
    let certain: Vec<bool> = earlier.releases.iter().map(|release| release.certain).collect();
    assert_eq!(certain, [true, false]);
}

const SMALL: &str = "[[aggregate]]\nname = \"small\"\nby = [\"dept\", \"sexe\"]\nmargins = true\n\
                     measure = [{ count = \"persons\" }]\n";

/// Tells a process that it is to be killed, at which flush, and in which folder.
const DOOMED: &str = "TAMIS_TEST_LEDGER";

/// What `tamis resume` does.
fn resume(run: &std::path::Path) -> Result<Closed, RunError> {
    let closing = Closing {
        acknowledgements: Vec::new(),
        signer: None,
        operator: None,
        confirm: None,
        keep_sources: true,
        clock: clock(),
    };
    pipeline::close(run, &closing)
}

/// The bench of a folder that another process made.
fn second_run(folder: &str, out: &str) {
    let path = PathBuf::from(folder);
    let pipeline = tamis::config::Pipeline::read(&path.join("pipeline.toml")).unwrap();
    let _ = common::run(&pipeline, &path.join(out), 1, common::key(3));
}

#[test]
fn a_run_killed_at_any_flush_leaves_no_release_that_the_ledger_does_not_have() {
    const NAME: &str = "file::a_run_killed_at_any_flush_leaves_no_release_that_the_ledger_does_not_have";
    if let Ok(told) = std::env::var(DOOMED) {
        let (nth, folder) = told.split_once(' ').unwrap();
        let plan = Plan { call: Some(Call::Sync), nth: nth.parse().unwrap(), for_ever: false, fault: Fault::Kill };
        arm(plan);
        second_run(folder, "killed");
        return;
    }
    let all = people(330, 1);
    let (first, mut visible, mut killed, mut resumed) = (Bench::new(), 0, 0, 0);
    first.noted("out", &all[..300], SMALL);
    for nth in 1.. {
        let bench = Bench::new();
        for file in ["ledger", "ledger.head", "pipeline.toml"] {
            fs::copy(first.path(file), bench.path(file)).unwrap();
        }
        bench.write("actes.csv", &all);
        let told = format!("{nth} {}", bench.folder.path().display());
        let mut process = Command::new(std::env::current_exe().unwrap());
        let done = process.args(["--exact", NAME, "--nocapture"]).env(DOOMED, told).output().unwrap();
        if done.status.success() {
            break;
        }
        killed += 1;
        // Whatever the operator does next: what becomes visible by it is in the ledger.
        for run in fs::read_dir(bench.path("killed")).into_iter().flatten().map(|entry| entry.unwrap().path()) {
            if run.is_dir() {
                resumed +=
                    usize::from(resume(&run).is_ok_and(|closed| closed.state == tamis::destroy::State::Certified));
            }
        }
        let released: Vec<PathBuf> = common::files(&bench.path("killed")).into_keys().collect();
        let released = released.iter().find(|p| p.ends_with("release/tables/small.csv"));
        let counted = Ledger::open(&bench.path("ledger"), clock()).unwrap().of_universe("essai-2026").count();
        if let Some(released) = released {
            visible += 1;
            assert_eq!(counted, 2, "killed at flush {nth}: released and not in the ledger");
            let left = plain_of(&bench.path("killed").join(released));
            // What comes next is held against it.
            let next = bench.noted("next", &all[..329], SMALL);
            let next = Seen::new(&[table(&next.release, "small")]);
            let (old, new) = (Known { people: &all, seen: &left }, Known { people: &all[..329], seen: &next });
            assert_eq!(differences(&old, &new, 11), []);
        } else if nth % 4 == 0 {
            bench.noted("next", &all, SMALL);
        }
    }
    assert!(visible > 3 && resumed > 3 && killed > visible + 5, "{killed} kills, {visible} releases seen");
}

fn plain_of(file: &std::path::Path) -> Seen {
    Seen::new(&[crate::plain::Table::read(file)])
}

#[test]
fn the_commands_tell_what_stands_in_a_ledger_and_refuse_a_changed_one() {
    let bench = Bench::new();
    let all = people(400, 1);
    bench.noted("out1", &all[..390], FINE);
    bench.noted("out2", &all, FINE);
    let file = bench.path("ledger");
    let run = |words: &[&str]| {
        let done = common::tamis().args(["ledger"]).args(words).arg(&file).output().unwrap();
        (done.status.code().unwrap(), String::from_utf8(done.stdout).unwrap())
    };
    let (code, list) = run(&["list"]);
    assert!(
        code == 0 && list.lines().count() == 2 && list.contains("essai-2026") && list.contains("published"),
        "{list}"
    );
    let (code, text) = run(&["--format", "json", "show"]);
    let told: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &told["release"], &told["state"]), (0, &2.into(), &"published".into()));
    let system = &told["systems"][0];
    let number = |key: &str| system[key].as_u64().unwrap();
    assert_eq!(number("published") + number("unsafe") + number("hidden"), number("cells"));
    assert_eq!(run(&["verify"]).0, 0);
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] = if bytes[middle] == b'1' { b'2' } else { b'1' };
    fs::write(&file, bytes).unwrap();
    assert_eq!((run(&["verify"]).0, run(&["list"]).0), (4, 4));
    assert!(matches!(ledger::read(&file), Err(LedgerError::Log(_))));
}

#[test]
fn the_plan_and_the_summary_speak_of_the_ledger() {
    let bench = Bench::new();
    let all = people(400, 1);
    bench.noted("out1", &all[..390], FINE);
    let two = bench.noted("out2", &all, FINE);
    let plan = tamis::cli::plan::human(tamis::words::Lang::En, &bench.pipeline("actes.csv", FINE, LEDGER));
    assert!(plan.contains("essai-2026") && plan.contains("ledger"), "{plan}");
    let told = two.to_json();
    let earlier = &told["earlier_releases"];
    assert!(earlier["cells_suppressed"].as_u64().unwrap() > 0, "{earlier}");
    assert_eq!(earlier["releases"][0]["published"], "yes");
    let dossier = fs::read_to_string(two.dossier.join("tables.json")).unwrap();
    assert!(dossier.contains("differs from its number by few"));
}

#[test]
fn a_section_that_says_too_little_or_too_much_is_refused() {
    let bench = Bench::new();
    let refused = |more: &str, tables: &str| {
        fs::write(bench.path("p.toml"), bench.text("actes.csv", tables, more)).unwrap();
        let errors = tamis::config::Pipeline::read(&bench.path("p.toml")).unwrap_err();
        errors.errors().iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    };
    assert!(refused("[ledger]\nuniverse = \"u\"\n", FINE).contains("file"));
    assert!(refused("[ledger]\nfile = \"l\"\n", FINE).contains("universe"));
    assert!(refused("[ledger]\nfile = \"l\"\nuniverse = \"a b\"\n", FINE).contains("universe"));
    assert!(refused("[ledger]\nfile = \"l\"\nuniverse = \"u\"\nkey = 1\n", FINE).contains("key"));
    assert!(refused(LEDGER, "").contains("releases none"));
}
