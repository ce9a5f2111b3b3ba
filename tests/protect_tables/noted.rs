//! Tables made elsewhere, one release after the other: somebody who kept the first subtracts.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use crate::bench::{Bench, Contribution, Done, cells, contributions, microdata};
use tamis::disk::faults::{Call, Fault, Plan, arm};

use crate::common;
use crate::plain::Table;

const LEDGER: &str = "[ledger]\nfile = \"registre\"\nuniverse = \"emploi-2026\"\n";

fn counted(file: &str, by: &str) -> String {
    format!(
        "{LEDGER}[[table]]\nname = \"t\"\nfile = \"{file}\"\nform = \"microdata\"\nby = [{by}]\nmargins = true\n\
         contributor = \"entreprise\"\nholding = \"groupe\"\n[table.protect]\nthreshold = 3\n"
    )
}

fn summed(file: &str) -> String {
    format!(
        "{LEDGER}[[table]]\nname = \"t\"\nfile = \"{file}\"\nform = \"cells\"\nby = [\"region\", \"departement\", \"secteur\"]\n\
         value = \"montant\"\ncontributors = \"n\"\nlargest = [\"x1\", \"x2\"]\n[table.protect]\nthreshold = 3\n"
    )
}

const FINE: &str = "\"region\", \"departement\", \"secteur\"";

fn without(spec: &str) -> String {
    spec.replace(LEDGER, "")
}

fn ledger(bench: &Bench) -> (i32, serde_json::Value) {
    let mut command = common::tamis();
    let done = command.args(["--format", "json", "ledger", "list"]).arg(bench.path("registre")).output().unwrap();
    (done.status.code().unwrap(), serde_json::from_slice(&done.stdout).unwrap_or_default())
}

fn begun() -> Bench {
    let bench = Bench::new();
    common::tamis().args(["ledger", "new"]).arg(bench.path("registre")).assert().success();
    bench
}

/// Published numbers by their codes.
fn published(table: &Table, by: &[&str], value: &str) -> BTreeMap<Vec<String>, i64> {
    let rows = table.rows.iter().filter(|row| row[table.at("statut")] == "publie");
    let codes = |row: &Vec<String>| by.iter().map(|column| row[table.at(column)].clone()).collect();
    rows.map(|row| (codes(row), row[table.at(value)].parse().unwrap())).collect()
}

/// Cells that two releases show, of which the second has fewer than three more.
fn few_more(one: &Done, two: &Done) -> usize {
    let by = ["region", "departement", "secteur"];
    let [old, new] = [one, two].map(|done| published(&done.table("t"), &by, "records"));
    new.iter().filter(|(codes, now)| old.get(*codes).is_some_and(|then| (1..3).contains(&(*now - then)))).count()
}

/// Of which cells of sums the difference of two releases is what one or two contributors brought.
fn brought_by_few(one: &Done, two: &Done, more: &[Contribution]) -> usize {
    let by = ["region", "departement", "secteur"];
    let [old, new] = [one, two].map(|done| published(&done.table("t"), &by, "montant"));
    let inside = |codes: &[String], who: &&Contribution| {
        codes.iter().zip(&who.place).all(|(code, own)| code == "_T" || code == own)
    };
    let told = new.iter().filter(|(codes, now)| {
        let came: Vec<&Contribution> = more.iter().filter(|who| inside(codes, who)).collect();
        let brought: u64 = came.iter().map(|who| who.amount).sum();
        old.get(*codes).is_some_and(|then| *now - then == brought as i64) && (1..3).contains(&came.len())
    });
    told.count()
}

#[test]
fn counts_of_two_campaigns_do_not_differ_by_few_with_a_ledger_and_do_without() {
    let all = contributions(240, 7);
    for noted in [false, true] {
        let bench = begun();
        let spec = counted("m.csv", FINE);
        let spec = if noted { spec } else { without(&spec) };
        bench.write("m.csv", &microdata(&all[..236]));
        let one = bench.protect_into(&spec, "one", &[]).ends(0);
        bench.write("m.csv", &microdata(&all));
        let two = bench.protect_into(&spec, "two", &[]).ends(0);
        assert_eq!(few_more(&one, &two) > 0, !noted);
        let cells = published(&two.table("t"), &["region", "departement", "secteur"], "records").len();
        assert!(cells > 10, "{cells} cells are left");
        if noted {
            let told = &two.report()["systems"][0];
            assert_eq!(told["earlier_releases"]["releases"].as_array().unwrap().len(), 1);
            assert!(told["earlier_releases"]["cells_suppressed"].as_u64().unwrap() > 0);
            let because = |cell: &&serde_json::Value| !cell["earlier_release"].is_null();
            assert!(told["intervals"].as_array().unwrap().iter().filter(because).count() > 0);
        }
    }
}

#[test]
fn a_sum_does_not_tell_what_few_newcomers_brought() {
    let all = contributions(200, 3);
    let (first, more) = all.split_at(197);
    for noted in [false, true] {
        let bench = begun();
        let spec = if noted { summed("c.csv") } else { without(&summed("c.csv")) };
        bench.write("c.csv", &cells(first));
        let one = bench.protect_into(&spec, "one", &[]).ends(0);
        bench.write("c.csv", &cells(&all));
        let two = bench.protect_into(&spec, "two", &[]).ends(0);
        assert_eq!(brought_by_few(&one, &two, more) > 0, !noted);
    }
}

#[test]
fn one_corrected_contribution_is_told_by_no_sum() {
    let first = contributions(200, 3);
    let mut second = contributions(200, 3);
    second[20].amount += 5_000;
    let changed = |noted: bool| {
        let bench = begun();
        let spec = if noted { summed("c.csv") } else { without(&summed("c.csv")) };
        bench.write("c.csv", &cells(&first));
        let one = bench.protect_into(&spec, "one", &[]).ends(0);
        bench.write("c.csv", &cells(&second));
        let two = bench.protect_into(&spec, "two", &[]).ends(0);
        let [old, new] =
            [one, two].map(|done| published(&done.table("t"), &["region", "departement", "secteur"], "montant"));
        new.iter().filter(|(codes, now)| old.get(*codes).is_some_and(|then| then != *now)).count()
    };
    assert!(changed(false) > 0, "the attack finds nothing to attack");
    assert_eq!(changed(true), 0);
}

#[test]
fn few_who_were_drawn_anew_are_not_found_between_two_weighted_tables() {
    let all = contributions(240, 7);
    // Everybody stands for two.
    let weighted = |all: &[Contribution]| {
        let text = microdata(all);
        let mut lines = text.lines();
        let head = lines.next().unwrap_or_default();
        lines.fold(format!("{head},poids\n"), |text, line| text + line + ",2\n")
    };
    for noted in [false, true] {
        let bench = begun();
        let spec = counted("m.csv", FINE).replace("holding = \"groupe\"", "weight = \"poids\"");
        let spec = if noted { spec } else { without(&spec) };
        bench.write("m.csv", &weighted(&all[..236]));
        let one = bench.protect_into(&spec, "one", &[]).ends(0);
        bench.write("m.csv", &weighted(&all));
        let two = bench.protect_into(&spec, "two", &[]).ends(0);
        let by = ["region", "departement", "secteur"];
        let [old, new] = [&one, &two].map(|done| published(&done.table("t"), &by, "records"));
        let few = new.iter().filter(|(codes, now)| old.get(*codes).is_some_and(|then| [2, 4].contains(&(*now - then))));
        assert_eq!(few.count() > 0, !noted);
        assert!(new.len() > 10, "{} cells are left", new.len());
    }
}

#[test]
fn the_same_tables_released_twice_suppress_nothing_more() {
    let bench = begun();
    bench.write("m.csv", &microdata(&contributions(240, 7)));
    let spec = counted("m.csv", FINE);
    let one = bench.protect_into(&spec, "one", &[]).ends(0);
    let two = bench.protect_into(&spec, "two", &[]).ends(0);
    let by = ["region", "departement", "secteur"];
    let [old, new] = [&one, &two].map(|done| published(&done.table("t"), &by, "records"));
    assert!(old.keys().all(|codes| new.contains_key(codes)), "what was published stays published");
    let told = two.report()["systems"][0]["earlier_releases"].clone();
    assert!(told["cells_known_from_before"].as_u64().unwrap() > 10);
    assert_eq!(told["cells_suppressed"], 0);
}

/// A table by department and sector that hides two cells, and one by department and holding's kind that would open them: the sum of what it
/// shows is the total that the first has hidden.
#[test]
fn another_table_over_the_same_contributors_does_not_open_cells_of_the_first() {
    let mut text = "departement,secteur,forme,entreprise\n".to_owned();
    let mut who = 0;
    for (departement, secteurs) in [("D1", [2, 30]), ("D2", [2, 30]), ("D3", [20, 20])] {
        for (secteur, count) in ["S1", "S2"].iter().zip(secteurs) {
            for at in 0..count {
                who += 1;
                let forme = if at % 2 == 0 { "sa" } else { "sarl" };
                text += &format!("{departement},{secteur},{forme},E{who}\n");
            }
        }
    }
    // Without margins the first shows S1 and S2 of each department alone.
    let first = "[[table]]\nname = \"t\"\nfile = \"m.csv\"\nform = \"microdata\"\nby = [\"departement\", \"secteur\"]\n\
                 contributor = \"entreprise\"\n[table.protect]\nthreshold = 3\n";
    let second = first.replace("\"secteur\"]", "\"forme\"]\nmargins = [\"forme\"]");
    let opened = |ledger: &str| {
        let bench = begun();
        bench.write("m.csv", &text);
        let one = bench.protect_into(&format!("{ledger}{first}"), "one", &[]).ends(0);
        let two = bench.protect_into(&format!("{ledger}{second}"), "two", &[]).ends(0);
        let cells = published(&one.table("t"), &["departement", "secteur"], "records");
        let wholes = published(&two.table("t"), &["departement", "forme"], "records");
        let parts = |departement: &str| -> Option<i64> {
            let part = |forme: &str| wholes.get(&vec![departement.to_owned(), forme.to_owned()]).copied();
            part("_T").or_else(|| Some(part("sa")? + part("sarl")?))
        };
        let found = ["D1", "D2"].iter().filter(|departement| {
            let cell = |secteur: &str| cells.contains_key(&vec![(**departement).to_owned(), secteur.to_owned()]);
            !cell("S1") && cell("S2") && parts(departement).is_some()
        });
        (found.count(), wholes.len())
    };
    assert!(opened("").0 > 0, "the attack finds nothing to attack");
    let (found, left) = opened(LEDGER);
    assert_eq!(found, 0);
    assert!(left > 0);
}

#[test]
fn no_code_and_no_small_number_stands_in_the_ledger() {
    let mut all = contributions(240, 7);
    for who in &mut all {
        who.place[2] = format!("KANARI{}", who.place[2]);
        who.who = format!("ZZCANARI{}", who.who);
    }
    let bench = begun();
    bench.write("m.csv", &microdata(&all));
    bench.protect_into(&counted("m.csv", FINE), "one", &[]).ends(0);
    let text = fs::read_to_string(bench.path("registre")).unwrap().to_lowercase();
    assert!(text.len() > 2_000 && !text.contains("kanari") && !text.contains("canari"));
    let (releases, _) = tamis::ledger::read(&bench.path("registre")).unwrap();
    let cells = &releases[0].tables[0].cells;
    assert!(cells.iter().any(|cell| cell.counts.is_none()));
    assert!(cells.iter().all(|cell| cell.counts.is_none_or(|counts| counts.persons >= 3)));
    assert_eq!(releases[0].state, tamis::ledger::State::Published);
    assert_eq!(releases[0].pipeline, "protect-tables");
}

#[test]
fn another_universe_number_or_column_is_not_compared() {
    let all = contributions(240, 7);
    let bench = begun();
    bench.write("m.csv", &microdata(&all[..236]));
    let spec = counted("m.csv", FINE);
    let one = bench.protect_into(&spec, "one", &[]).ends(0);
    bench.write("m.csv", &microdata(&all));
    let two = bench.protect_into(&spec.replace("emploi-2026", "emploi-2027"), "two", &[]).ends(0);
    assert!(few_more(&one, &two) > 0);
}

#[test]
fn what_cannot_be_written_down_is_not_written_at_all() {
    let all = contributions(240, 7);
    let bench = begun();
    bench.write("m.csv", &microdata(&all));
    let spec = counted("m.csv", FINE);
    bench.protect_into(&spec, "one", &[]).ends(0);
    let sound = fs::read(bench.path("registre")).unwrap();
    let mut changed = sound.clone();
    let at = changed.len() / 2;
    changed[at] = if changed[at] == b'7' { b'8' } else { b'7' };
    fs::write(bench.path("registre"), &changed).unwrap();
    let refused = bench.protect_into(&spec, "two", &[]).ends(4);
    assert!(!refused.folder.exists());
    fs::remove_file(bench.path("registre")).unwrap();
    let refused = bench.protect_into(&spec, "two", &[]).ends(4);
    assert!(!refused.folder.exists() && refused.err.contains("registre"), "{}", refused.err);
    fs::write(bench.path("registre"), &sound).unwrap();
    // Another process has it open.
    let clock = tamis::clock::FixedClock("2026-01-01T00:00:00Z".parse().unwrap());
    let open = tamis::ledger::Ledger::open(&bench.path("registre"), std::sync::Arc::new(clock)).unwrap();
    let refused = bench.protect_into(&spec, "two", &[]).ends(11);
    assert!(!refused.folder.exists());
    drop(open);
    bench.protect_into(&spec, "two", &[]).ends(0);
    assert_eq!(ledger(&bench).1.as_array().unwrap().len(), 2);
}

#[test]
fn tables_that_are_refused_leave_no_entry() {
    let bench = begun();
    // A total of two cells of which one has few: no other cell can hide it.
    bench.write("t.csv", "a,n\nA1,2\nA2,0\n_T,2\nB,\n");
    let spec = format!(
        "{LEDGER}[[table]]\nname = \"t\"\nfile = \"t.csv\"\nform = \"cells\"\nby = [\"a\"]\nvalue = \"n\"\nmeasure = \"count\"\n\
         [table.protect]\nthreshold = 3\n"
    );
    let refused = bench.protect_into(&spec, "one", &[]).ends(2);
    assert!(!refused.folder.exists());
    assert_eq!(ledger(&bench).1.as_array().unwrap().len(), 0);
}

#[test]
fn a_ledger_asks_for_what_is_needed_to_compare() {
    let bench = begun();
    bench.write("c.csv", &cells(&contributions(50, 1)));
    for (take, give, says) in [
        ("contributors = \"n\"\n", "", "contributors"),
        ("threshold = 3", "p_percent = \"10\"", "threshold"),
        ("universe = \"emploi-2026\"", "", "universe"),
        ("universe = \"emploi-2026\"", "universe = \"é é\"", "universe"),
        ("file = \"registre\"\n", "", "file"),
    ] {
        let refused = bench.protect_into(&summed("c.csv").replace(take, give), "one", &[]).ends(2);
        assert!(refused.err.contains(says), "{says}: {}", refused.err);
    }
    // It is begun by hand.
    let bench = Bench::new();
    bench.write("c.csv", &cells(&contributions(50, 1)));
    let refused = bench.protect_into(&summed("c.csv"), "one", &[]).ends(4);
    assert!(refused.err.contains("tamis ledger new"), "{}", refused.err);
}

#[test]
fn a_reader_sees_what_the_ledger_made_of_tables() {
    let bench = begun();
    bench.write("m.csv", &microdata(&contributions(240, 7)));
    let spec = counted("m.csv", FINE);
    let first = bench.protect_into(&spec, "one", &["--lang", "en"]).ends(0);
    assert!(first.out.contains("ledger"), "{}", first.out);
    let json = bench.protect_into(&spec, "two", &["--format", "json"]).ends(0);
    let told: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(told["earlier_releases"]["releases"][0]["pipeline"], "protect-tables");
    let mut command = Command::new(common::tamis().get_program());
    let shown = command.args(["ledger", "show"]).arg(bench.path("registre")).output().unwrap();
    assert!(shown.status.success());
}

const DOOMED: &str = "TAMIS_TEST_DOOMED_TABLES";

#[test]
fn a_command_killed_at_any_flush_leaves_no_tables_that_the_ledger_does_not_have() {
    const NAME: &str = "noted::a_command_killed_at_any_flush_leaves_no_tables_that_the_ledger_does_not_have";
    if let Ok(told) = std::env::var(DOOMED) {
        let (nth, folder) = told.split_once(' ').unwrap();
        arm(Plan { call: Some(Call::Sync), nth: nth.parse().unwrap(), for_ever: false, fault: Fault::Kill });
        let folder = std::path::Path::new(folder);
        let spec = tamis::config::ReadyTables::read(&folder.join("spec.toml")).unwrap();
        let clock: std::sync::Arc<dyn tamis::clock::Clock> = std::sync::Arc::new(tamis::clock::SystemClock);
        tamis::pipeline::release_ready(&spec, &folder.join("out"), &clock).unwrap();
        return;
    }
    let (mut killed, mut visible, mut without) = (0, 0, 0);
    for nth in 1.. {
        let bench = begun();
        bench.write("m.csv", &microdata(&contributions(60, 7)));
        bench.write("spec.toml", &counted("m.csv", "\"departement\", \"secteur\""));
        let mut process = Command::new(std::env::current_exe().unwrap());
        let told = format!("{nth} {}", bench.path("").display());
        let done = process.args(["--exact", NAME, "--nocapture"]).env(DOOMED, told).output().unwrap();
        if done.status.success() {
            break;
        }
        killed += 1;
        let (releases, _) = tamis::ledger::read(&bench.path("registre")).unwrap();
        let counts = releases.iter().filter(|release| release.counts()).count();
        assert!(!bench.path("out").exists() || counts == 1, "flush {nth}: tables without an entry");
        visible += usize::from(bench.path("out").exists());
        without += usize::from(counts == 0);
    }
    assert!(killed > 4 && visible > 0 && without > 0, "{killed} {visible} {without}");
}
