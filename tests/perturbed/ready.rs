//! `tamis protect tables` with `[table.perturb]`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::common;
use crate::plain::Table;

pub struct Desk {
    folder: tempfile::TempDir,
}

pub struct Done {
    pub code: i32,
    pub out: String,
    pub err: String,
    pub folder: PathBuf,
}

/// Region, department and sex of contributor `at`: small and large cells, and one department of one.
fn contributor(at: u64) -> (&'static str, String, &'static str) {
    let departement = match at {
        0 => 9,
        at => (at * at % 31) % 8,
    };
    let region = if departement < 4 { "nord" } else { "sud" };
    (region, format!("d{departement}"), if at.is_multiple_of(3) { "F" } else { "M" })
}

const PEOPLE: u64 = 150;

impl Desk {
    pub fn new() -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap() };
        let rows = (0..PEOPLE).map(|at| {
            let (region, departement, sexe) = contributor(at);
            format!("p{at},{region},{departement},{sexe}\n")
        });
        desk.write("m.csv", &("who,region,departement,sexe\n".to_owned() + &rows.collect::<String>()));
        common::write_root_key(&desk.path("root.key"), 1, Some("e"));
        desk
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub fn protect(&self, spec: &str, out: &str) -> Done {
        self.write("spec.toml", spec);
        let folder = self.path(out);
        let mut command = common::tamis();
        command.arg("protect").arg("tables").arg(self.path("spec.toml")).arg("--out").arg(&folder);
        let done = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Done { code: done.status.code().unwrap(), out: text(done.stdout), err: text(done.stderr), folder }
    }
}

impl Done {
    /// Numbers of a table by their codes.
    pub fn numbers(&self, name: &str) -> BTreeMap<Vec<String>, i64> {
        assert_eq!(self.code, 0, "{}", self.err);
        let table = Table::read(&self.folder.join(format!("{name}.csv")));
        let value = table.labels.len() - 2;
        assert_eq!(table.labels[value + 1], "statut");
        table.rows.iter().map(|row| (row[..value].to_vec(), row[value].parse().unwrap())).collect()
    }
}

/// A table of the contributors.
pub fn micro(name: &str, by: &str, perturb: &str) -> String {
    format!(
        "[[table]]\nname = \"{name}\"\nfile = \"m.csv\"\nform = \"microdata\"\nby = [{by}]\nmargins = true\ncontributor = \"who\"\n\
         perturb = {perturb}\n"
    )
}

/// How many contributors have these codes of region, department and sex.
fn truth(codes: &[&str]) -> i64 {
    let is_in = |at: &u64| {
        let (region, departement, sexe) = contributor(*at);
        [region, &departement, sexe].iter().zip(codes).all(|(own, code)| *code == "_T" || own == code)
    };
    (0..PEOPLE).filter(is_in).count() as i64
}

const BY: &str = "\"region\", \"departement\", \"sexe\"";

fn compare(found: &BTreeMap<Vec<String>, i64>, most: u64) -> u64 {
    let mut moved = 0;
    for (codes, number) in found {
        let truth = truth(&codes.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(*number > 0 && number.abs_diff(truth) <= most, "{codes:?}: {number} for {truth}");
        moved += u64::from(*number != truth);
    }
    moved
}

#[test]
fn microdata_are_rounded_by_chance_under_a_key_and_the_same_again() {
    let desk = Desk::new();
    let spec = micro("t", BY, "{ method = \"rounding\", base = 5, key = \"root.key\" }");
    let done = desk.protect(&spec, "one");
    let found = done.numbers("t");
    assert!(compare(&found, 4) > 5 && found.values().all(|number| number % 5 == 0));
    assert!(done.out.contains("all perturbed"), "{}", done.out);
    assert_eq!(found, desk.protect(&spec, "two").numbers("t"));
    let statuses = Table::read(&done.folder.join("t.csv"));
    assert!(statuses.column("statut").iter().all(|status| *status == "arrondi"));
    let report: serde_json::Value =
        serde_json::from_slice(&fs::read(done.folder.join("rapport.json")).unwrap()).unwrap();
    assert_eq!(report["systems"][0]["perturbation"]["base"], 5);
    assert!(report["systems"][0]["effect"]["largest_absolute_change"].as_u64().unwrap() > 0);
}

/// Were all cells drawn anew at every change of the data, whoever gets many releases could average those whose counts stay.
#[test]
fn a_count_that_stays_is_rounded_as_before_and_one_that_changes_is_drawn_anew() {
    let desk = Desk::new();
    let perturb = "{ method = \"rounding\", base = 5, key = \"root.key\" }";
    let spec = micro("t", BY, perturb);
    let text = fs::read_to_string(desk.path("m.csv")).unwrap();
    let mut before = desk.protect(&spec, "out-0").numbers("t");
    let (mut stayed, mut crossed) = (0, 0);
    for more in 1..40_i64 {
        let others = (0..more).map(|at| format!("q{at},nord,d1,F\n")).collect::<String>();
        desk.write("m.csv", &(text.clone() + &others));
        let after = desk.protect(&spec, &format!("out-{more}")).numbers("t");
        for (codes, number) in &after {
            let is_in = ["nord", "d1", "F"].iter().zip(codes).all(|(own, code)| code == "_T" || own == code);
            if !is_in {
                assert_eq!(before.get(codes), Some(number), "{codes:?} with {more} more");
                stayed += 1;
            } else if before.get(codes).is_some_and(|before| number < before) {
                // One more contributor, and a smaller number: other words.
                crossed += 1;
            }
        }
        before = after;
    }
    assert!(stayed > 300 && crossed > 10, "{stayed} stayed, {crossed} fell");
    // Another table under another name has the same numbers where it has the same cells.
    let other = desk.protect(&micro("renamed", "\"sexe\", \"region\"", perturb), "renamed").numbers("renamed");
    assert!(other.len() > 6);
    for (codes, number) in other {
        let [sexe, region] = codes.as_slice() else { panic!("two codes") };
        assert_eq!(before.get(&vec![region.clone(), "_T".to_owned(), sexe.clone()]), Some(&number), "{codes:?}");
    }
}

#[test]
fn cells_are_rounded_to_the_nearest_without_a_key() {
    let desk = Desk::new();
    desk.write("c.csv", "a,n\nx,13\ny,0\nz,2\nw,29\n");
    let spec = "[[table]]\nname = \"t\"\nfile = \"c.csv\"\nform = \"cells\"\nmeasure = \"count\"\nby = [\"a\"]\nvalue = \"n\"\n\
                perturb = { method = \"rounding\", base = 5, to = \"nearest\" }\n";
    let found = desk.protect(spec, "out").numbers("t");
    let expected = [("w", 30), ("x", 15)].map(|(code, number)| (vec![code.to_owned()], number));
    assert_eq!(found, BTreeMap::from(expected), "what becomes 0 is gone, like what was 0");
}

#[test]
fn cells_whose_rounded_totals_give_them_away_are_refused() {
    let desk = Desk::new();
    let spec = "[[table]]\nname = \"t\"\nfile = \"c.csv\"\nform = \"cells\"\nmeasure = \"count\"\nby = [\"a\"]\nvalue = \"n\"\n\
                perturb = { method = \"rounding\", base = 5, to = \"nearest\" }\n";
    // Whoever knows the whole needs no row that shows it.
    for total in ["_T,8\n", ""] {
        desk.write("c.csv", &format!("a,n\nx,2\ny,2\nz,2\nw,2\n{total}"));
        let done = desk.protect(spec, "out");
        assert_eq!(done.code, 4, "{}", done.out);
        assert!(done.err.contains("4 counts of few persons could be found"), "{}", done.err);
        assert!(!desk.path("out").exists());
    }
    // A whole that leaves room pins nothing, and stands in no table that does not show it.
    desk.write("c.csv", "a,n\nx,2\ny,1\nz,2\nw,7\n");
    let found = desk.protect(spec, "out").numbers("t");
    assert_eq!(found, BTreeMap::from([(vec!["w".to_owned()], 5)]));
}

#[test]
fn the_whole_is_known_of_microdata_too() {
    let desk = Desk::new();
    let rows = (0..8).map(|at| format!("p{at},nord,d{},F\n", at / 2)).collect::<String>();
    desk.write("m.csv", &("who,region,departement,sexe\n".to_owned() + &rows));
    let nearest = "{ method = \"rounding\", base = 5, to = \"nearest\" }";
    let spec = micro("t", "\"departement\"", nearest).replace("margins = true", "margins = false");
    let done = desk.protect(&spec, "out");
    assert!(done.code == 4 && done.err.contains("4 counts of few persons could be found"), "{}", done.err);
}

#[test]
fn controlled_rounding_adds_up_over_linked_tables() {
    let desk = Desk::new();
    let perturb = "{ method = \"controlled_rounding\", base = 5, key = \"root.key\" }";
    let spec = micro("t", BY, perturb) + &micro("u", "\"region\", \"sexe\"", perturb);
    let done = desk.protect(&spec, "out");
    let (fine, coarse) = (done.numbers("t"), done.numbers("u"));
    assert!(fine.values().all(|number| *number >= 5));
    let mut compared = 0;
    for (codes, number) in &coarse {
        let [region, sexe] = codes.as_slice() else { panic!("two codes") };
        assert_eq!(fine.get(&vec![region.clone(), "_T".to_owned(), sexe.clone()]), Some(number), "{codes:?}");
        let parts = fine
            .iter()
            .filter(|(codes, _)| codes[1] != "_T" && (region == "_T" || codes[0] == *region) && codes[2] == *sexe);
        assert_eq!(parts.map(|(_, number)| number).sum::<i64>(), *number, "{codes:?}");
        compared += 1;
    }
    assert!(compared > 6);
    let of_one = ["sud", "d9", "F"].map(str::to_owned);
    assert!(matches!(fine.get(of_one.as_slice()), None | Some(5)), "one contributor is none or the base");
}

#[test]
fn controlled_rounding_needs_a_table_of_the_finest_cells_that_all_have_in_common() {
    let desk = Desk::new();
    let perturb = "{ method = \"controlled_rounding\", base = 5, key = \"root.key\" }";
    let two = micro("t", "\"departement\", \"region\"", perturb) + &micro("u", "\"region\", \"sexe\"", perturb);
    let done = desk.protect(&two, "two");
    assert!(done.code == 4 && done.err.contains("the tables need a common finest one"), "{}", done.err);
    assert!(!desk.path("two").exists());
    assert_eq!(desk.protect(&(two + &micro("v", BY, perturb)), "three").code, 0);
}

#[test]
fn cell_keys_are_the_same_in_two_tables_and_in_two_files_of_rows() {
    let desk = Desk::new();
    let perturb = "{ method = \"cell_key\", max = 3, variance = \"1.5\", key = \"root.key\" }";
    let found = desk.protect(&micro("t", BY, perturb), "one").numbers("t");
    assert!(compare(&found, 3) > 5);
    let text = fs::read_to_string(desk.path("m.csv")).unwrap();
    let mut rows: Vec<&str> = text.lines().skip(1).collect();
    rows.reverse();
    desk.write("m.csv", &format!("who,region,departement,sexe\n{}\n", rows.join("\n")));
    let again = desk.protect(&micro("u", "\"sexe\", \"departement\"", perturb), "two").numbers("u");
    let mut compared = 0;
    for (codes, number) in again.iter().filter(|(codes, _)| codes[1] == "_T") {
        assert_eq!(found.get(&vec!["_T".to_owned(), "_T".to_owned(), codes[0].clone()]), Some(number), "{codes:?}");
        compared += 1;
    }
    assert_eq!(compared, 3);
    for (codes, number) in found.iter().filter(|(codes, _)| codes[1] != "_T") {
        assert_eq!(again.get(&vec![codes[2].clone(), codes[1].clone()]), Some(number), "{codes:?}");
    }
}

#[test]
fn noise_is_over_the_listed_cells_alone_and_paid_from_the_budget() {
    let desk = Desk::new();
    let list = ["nord", "sud", "est", "_T"]
        .iter()
        .flat_map(|region| ["F", "M", "I", "_T"].map(|sexe| format!("{region},{sexe}\n")));
    desk.write("list.csv", &("region,sexe\n".to_owned() + &list.collect::<String>()));
    let budget = "budget = { file = \"b.json\", epsilon = \"2\" }";
    let perturb = format!(
        "{{ method = \"noise\", release = \"2026\", kind = \"laplace\", epsilon = \"1.5\", cells = \"list.csv\", key = \"root.key\", {budget} }}"
    );
    let spec = micro("t", "\"region\", \"sexe\"", &perturb);
    let first = desk.protect(&spec, "one").numbers("t");
    assert_eq!(first.len(), 16, "cells of nobody too");
    assert_eq!(first, desk.protect(&spec, "two").numbers("t"), "made again, paid once");
    let spent = fs::read_to_string(desk.path("b.json")).unwrap();
    assert!(spent.contains("\"1.5\"") && spent.contains("4 cells per person"), "{spent}");
    // Another table of the same people: more than is left.
    let done = desk.protect(&micro("u", "\"region\", \"sexe\"", &perturb), "three");
    assert_eq!(done.code, 4, "{}", done.out);
    assert!(done.err.contains("does not suffice") && !desk.path("three").exists(), "{}", done.err);
    assert_eq!(fs::read_to_string(desk.path("b.json")).unwrap(), spent);
    // A list that lacks a cell.
    desk.write("list.csv", "region,sexe\nnord,F\nsud,F\n_T,F\nnord,_T\nsud,_T\n_T,_T\n");
    let done = desk.protect(&spec, "four");
    assert!(done.code == 2 && done.err.contains("the list of cells lacks"), "{}", done.err);
}

#[test]
fn what_cannot_be_perturbed_is_refused_with_advice() {
    let desk = Desk::new();
    let refused = |spec: &str, code: i32, says: &str| {
        let done = desk.protect(spec, "refused");
        let told = done.err.split_whitespace().collect::<Vec<_>>().join(" ").replace("│ ", "");
        assert!(done.code == code && told.contains(says), "{}: {}", done.code, done.err);
        assert!(!desk.path("refused").exists());
    };
    let rounding = "{ method = \"rounding\", base = 5, key = \"root.key\" }";
    let sound = micro("t", BY, rounding);
    refused(&sound.replace(", key = \"root.key\"", ""), 2, "`key` is missing in [table.perturb]");
    refused(&sound.replace("root.key", "absent.key"), 5, "absent.key");
    refused(&(sound.clone() + "[table.protect]\nthreshold = 3\n"), 2, "`protect` and `perturb` do not go together");
    refused(&sound.replace("by = [", "value = \"sexe\"\nby = ["), 2, "`perturb` and `measure` do not go together");
    refused(&sound.replace("by = [", "weight = \"w\"\nby = ["), 2, "`weight` and `perturb` do not go together");
    refused(
        &(sound.clone() + &micro("u", "\"sexe\"", &rounding.replace('5', "10"))),
        2,
        "are not changed in the same way",
    );
    let cells = "[[table]]\nname = \"t\"\nfile = \"m.csv\"\nform = \"cells\"\nmeasure = \"count\"\nby = [\"sexe\"]\nvalue = \"n\"\n";
    let cell_key = "perturb = { method = \"cell_key\", max = 3, variance = \"1\", key = \"root.key\" }\n";
    refused(&format!("{cells}{cell_key}"), 2, "`cell_key` and `form` do not go together");
    let noise = "{ method = \"noise\", release = \"2026\", kind = \"laplace\", epsilon = \"1\", key = \"root.key\", budget = { file = \"b\", epsilon = \"1\" } }";
    refused(&micro("t", BY, noise), 2, "`cells` is missing in [table.perturb]");
    // Somebody with two rows.
    let text = fs::read_to_string(desk.path("m.csv")).unwrap();
    desk.write("m.csv", &(text.clone() + "p7,nord,d1,F\n"));
    refused(&sound, 2, "every contributor counts once");
    desk.write("m.csv", &(text + ",nord,d1,F\n"));
    let cell_key = micro("t", BY, "{ method = \"cell_key\", max = 3, variance = \"1\", key = \"root.key\" }");
    refused(&cell_key, 2, "names no contributor");
}

/// With a ledger beside the tables.
fn noted(desk: &Desk, spec: &str) -> String {
    if !desk.path("registre").exists() {
        common::tamis().args(["ledger", "new"]).arg(desk.path("registre")).assert().success();
    }
    format!("[ledger]\nfile = \"registre\"\nuniverse = \"essai\"\n{spec}")
}

#[test]
fn one_count_is_not_drawn_twice_with_a_ledger() {
    let desk = Desk::new();
    common::write_root_key(&desk.path("other.key"), 2, Some("e"));
    for how in [
        "{ method = \"rounding\", base = 5, key = \"root.key\" }",
        "{ method = \"cell_key\", max = 4, variance = \"2\", key = \"root.key\" }",
    ] {
        let _ = fs::remove_file(desk.path("registre"));
        let _ = fs::remove_file(desk.path("registre.head"));
        let spec = noted(&desk, &micro("t", BY, how));
        let name = |at: usize| format!("{}{at}", how.len());
        let first = desk.protect(&spec, &name(1)).numbers("t");
        assert_eq!(desk.protect(&spec, &name(2)).numbers("t"), first);
        let refused = desk.protect(&spec.replace("root.key", "other.key"), &name(3));
        assert_eq!(refused.code, 4, "{}", refused.err);
        assert!(!refused.folder.exists() && refused.err.contains("under another key"), "{}", refused.err);
        let refused = desk.protect(&spec.replace("base = 5", "base = 4").replace("max = 4", "max = 3"), &name(4));
        assert_eq!(refused.code, 4, "{}", refused.err);
        let (releases, _) = tamis::ledger::read(&desk.path("registre")).unwrap();
        assert_eq!(releases.len(), 2);
        assert!(releases.iter().flat_map(|release| &release.tables).all(|tables| tables.changed.is_some()));
    }
}

#[test]
fn exact_tables_after_rounded_ones_reckon_with_their_limits() {
    let desk = Desk::new();
    let rounded = noted(&desk, &micro("t", BY, "{ method = \"rounding\", base = 7, to = \"nearest\" }"));
    let numbers = desk.protect(&rounded, "one").numbers("t");
    let exact = micro("t", BY, "x").replace("perturb = x\n", "[table.protect]\nthreshold = 11\n");
    let done = desk.protect(&noted(&desk, &exact), "two");
    assert_eq!(done.code, 0, "{}", done.err);
    let report: serde_json::Value =
        serde_json::from_slice(&fs::read(done.folder.join("rapport.json")).unwrap()).unwrap();
    let mut narrowed = 0;
    for interval in report["systems"][0]["intervals"].as_array().unwrap() {
        let code = |column: &str| interval["cell"][column].as_str().unwrap().to_owned();
        let codes = ["region", "departement", "sexe"].map(code).to_vec();
        let Some(number) = numbers.get(&codes) else { continue };
        let (low, high) = (interval["low"].as_f64().unwrap(), interval["high"].as_f64().unwrap_or(f64::INFINITY));
        assert!(low >= (*number - 3) as f64 && high <= (*number + 3) as f64, "{interval} for {number}");
        narrowed += 1;
    }
    assert!(narrowed > 2);
}
