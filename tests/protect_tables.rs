//! `tamis protect tables`, end to end: rules with known answers, linked tables, decisions by hand, bad input; and what is
//! written is attacked, by the program and by an elimination of this test's own.

#![allow(clippy::unwrap_used)]

#[path = "protect_tables/bench.rs"]
mod bench;
#[path = "common/mod.rs"]
mod common;
#[path = "protect_tables/methods.rs"]
mod methods;
#[path = "protect_tables/noted.rs"]
mod noted;
#[path = "common/tables.rs"]
mod plain;

use std::collections::{BTreeMap, BTreeSet};

use bench::{Bench, bytes, cells, contributions, derivable, microdata, reversed};
use plain::Table;

/// A table of one column, of cells with two largest contributions.
fn one(rules: &str) -> String {
    format!(
        "[[table]]\nname = \"t\"\nfile = \"t.csv\"\nform = \"cells\"\nby = [\"a\"]\nvalue = \"v\"\ncontributors = \"n\"\n\
         largest = [\"x1\", \"x2\"]\ndecision = \"d\"\n[table.protect]\n{rules}\n"
    )
}

const HEADER: &str = "a,v,n,x1,x2,d\n";
/// Three safe cells, and the total with the cell that is looked at.
const SAFE: &str = "b,400000,40,20000,20000,\nc,500000,50,20000,20000,\ne,600000,60,20000,20000,\n";

fn with_cell(cell: &str, total: u64, n: u64) -> String {
    format!("{HEADER}{cell}\n{SAFE}_T,{},{},52000,50000,\n", 1_500_000 + total, 150 + n)
}

#[test]
fn every_rule_gives_its_known_answer() {
    let bench = Bench::new();
    // The two largest of 110 000 contribute 52 000 and 50 000: 8 000 are left, more than 10 % of 52 000, but the two are 92.7 %.
    let two = with_cell("a,110000,10,52000,50000,", 110_000, 10);
    for (rules, status) in [
        ("p_percent = \"10\"", "publie"),
        ("p_percent = 16", "supprime_p_pour_cent"),
        ("dominance = [{ n = 2, k = \"90.9\" }]", "supprime_dominance"),
        ("dominance = [{ n = 2, k = \"92.8\" }]", "publie"),
        ("dominance = [{ n = 1, k = \"47\" }]", "supprime_dominance"),
        ("p_q = { p = \"10\", q = \"50\" }", "publie"),
        ("p_q = { p = \"10\", q = \"60\" }", "publie"),
        ("p_q = { p = \"8\", q = \"50\" }", "supprime_p_q"),
        ("threshold = 10", "publie"),
        ("threshold = 11", "supprime_seuil"),
        ("threshold = 11\np_percent = \"50\"", "supprime_seuil"),
    ] {
        let expected = match rules {
            // 50 % of 8 000 is less than 10 % of 52 000, and 60 % of it as well; 8 % of 52 000 is 4 160, just more.
            "p_q = { p = \"10\", q = \"50\" }" | "p_q = { p = \"10\", q = \"60\" }" => "supprime_p_q",
            _ => status,
        };
        let found = bench.statuses(&two, &one(rules));
        assert_eq!(found["a"], expected, "{rules}");
        let others = found.values().filter(|status| *status == "supprime_secondaire").count();
        assert_eq!(others > 0, expected != "publie", "{rules}: {found:?}");
        assert_eq!(found["_T"], "publie", "{rules}");
    }
}

#[test]
fn marks_and_the_report_tell_the_rule() {
    let bench = Bench::new();
    bench.write("t.csv", &with_cell("a,110000,10,52000,50000,", 110_000, 10));
    let done = bench.protect(&one("dominance = [{ n = 2, k = \"90.9\" }]")).ends(0);
    let table = done.table("t");
    assert_eq!(table.labels, ["a", "v", "statut", "marque"]);
    let marks: BTreeMap<&str, &str> = table.column("a").into_iter().zip(table.column("marque")).collect();
    assert_eq!((marks["a"], marks["_T"]), ("C", "V"));
    assert!(marks.values().any(|mark| *mark == "D"));
    for (value, status) in table.column("v").into_iter().zip(table.column("statut")) {
        assert_eq!(value.is_empty(), status != "publie");
    }
    let report = done.report();
    let system = &report["systems"][0];
    let dominated = &system["tables"][0]["suppressed"]["supprime_dominance"];
    assert_eq!((dominated["cells"].as_u64(), dominated["value"].as_f64()), (Some(1), Some(110_000.0)));
    let interval = system["intervals"].as_array().unwrap().iter().find(|i| i["cell"]["a"] == "a").unwrap();
    // (100 / 90.9) · 102 000 − 110 000 to both sides.
    let level = 102_000.0 * 100.0 / 90.9 - 110_000.0;
    let end = |at: usize| interval["demanded"][at].as_f64().unwrap();
    assert!((end(1) - 110_000.0 - level).abs() < 1e-6 && (110_000.0 - end(0) - level).abs() < 1e-6);
    assert!(interval["low"].as_f64().unwrap() <= end(0) && interval["high"].as_f64().unwrap() >= end(1));
    assert!(system["worst_margin"].as_f64().unwrap() >= 0.0);
}

#[test]
fn what_is_spared_is_what_the_objective_says() {
    let bench = Bench::new();
    // Six small cells form a ring with the unsafe one; any four in a rectangle hold one of a thousand.
    let cells = [[2, 20, 1_000], [1_000, 20, 20], [20, 1_000, 20]];
    let mut rows = "a,b,v\n".to_owned();
    for (a, line) in cells.iter().enumerate() {
        rows.extend(line.iter().enumerate().map(|(b, value)| format!("a{a},b{b},{value}\n")));
        rows += &format!("a{a},_T,{}\n", line.iter().sum::<u32>());
        rows += &format!("_T,b{a},{}\n", cells.iter().map(|line| line[a]).sum::<u32>());
    }
    rows += &format!("_T,_T,{}\n", cells.iter().flatten().sum::<u32>());
    bench.write("t.csv", &rows);
    let table = "[[table]]\nname = \"t\"\nfile = \"t.csv\"\nform = \"cells\"\nby = [\"a\", \"b\"]\nvalue = \"v\"\n\
                 contributors = \"v\"\n[table.protect]\nthreshold = 3\n";
    for (objective, cells) in [("value", 6), ("cells", 4), ("distance", 4)] {
        let out = format!("by-{objective}");
        let spec = format!("[tables]\nobjective = \"{objective}\"\n{table}");
        let done = bench.protect_into(&spec, &out, &[]).ends(0);
        let suppressed = done.table("t").column("statut").iter().filter(|status| **status != "publie").count();
        assert_eq!(suppressed, cells, "{objective}");
        assert_eq!(done.report()["objective"], objective);
    }
}

#[test]
fn decisions_are_obeyed() {
    let bench = Bench::new();
    let few = |decision: &str| with_cell(&format!("a,110000,2,60000,50000,{decision}"), 110_000, 2);
    let rules = one("threshold = 3");
    assert_eq!(bench.statuses(&few(""), &rules)["a"], "supprime_seuil");
    let published = bench.statuses(&few("publish"), &rules);
    assert!(published.values().all(|status| status == "publie"), "{published:?}");
    let by_hand = with_cell("a,110000,9,60000,40000,unsafe", 110_000, 9);
    assert_eq!(bench.statuses(&by_hand, &rules)["a"], "supprime_manuel");
    // The cheapest complement is b; unless it is rather published, or another rather not.
    let secondary = |cells: String| -> Vec<String> {
        let found = bench.statuses(&cells, &rules);
        found.into_iter().filter(|(_, status)| status == "supprime_secondaire").map(|(code, _)| code).collect()
    };
    assert_eq!(secondary(few("")), ["b"]);
    assert_eq!(secondary(few("").replace("b,400000,40,20000,20000,", "b,400000,40,20000,20000,prefer_publish")), ["c"]);
    assert_eq!(
        secondary(few("").replace("e,600000,60,20000,20000,", "e,600000,60,20000,20000,prefer_suppress")),
        ["e"]
    );
    assert_eq!(secondary(few("").replace("b,400000,40,20000,20000,", "b,400000,40,20000,20000,publish")), ["c"]);
}

#[test]
fn zeros_are_published_or_hidden_as_asked_and_never_named() {
    let bench = Bench::new();
    let zero = |decision: &str| with_cell(&format!("a,0,0,,,{decision}"), 0, 0);
    let safe = bench.statuses(&zero(""), &one("threshold = 3"));
    assert!(safe.values().all(|status| status == "publie"));
    let hidden = bench.statuses(&zero(""), &one("threshold = 3\nzeros = \"unsafe\""));
    // That a cell is suppressed for being a zero would be its number.
    assert_eq!(hidden["a"], "supprime");
    assert!(hidden.values().filter(|status| *status == "supprime").count() > 1);
    let structural = bench.statuses(&zero("impossible"), &one("threshold = 3\nzeros = \"unsafe\""));
    assert!(structural.values().all(|status| status == "publie"));
}

#[test]
fn a_line_of_counts_does_not_tell_that_everybody_in_it_is_alike() {
    // Everybody tested in x is positive, all but two in y; nobody of w is known by that.
    let mut cells = String::from("lieu,resultat,n\n");
    let counts = [("x", [40, 0]), ("y", [38, 2]), ("z", [18, 22]), ("v", [21, 30]), ("w", [15, 30])];
    for (place, [positive, negative]) in counts {
        cells += &format!("{place},pos,{positive}\n{place},neg,{negative}\n{place},_T,{}\n", positive + negative);
    }
    cells += "_T,pos,132\n_T,neg,84\n_T,_T,216\n";
    let spec = |more: &str| {
        format!(
            "[[table]]\nname = \"t\"\nfile = \"t.csv\"\nvalue = \"n\"\nmeasure = \"count\"\nform = \"cells\"\n\
             by = [\"lieu\", \"resultat\"]\n[table.protect]\nthreshold = 3\n{more}\n"
        )
    };
    let protect = |spec: &str| {
        let bench = Bench::new();
        bench.write("t.csv", &cells);
        (bench.protect(spec), bench)
    };
    let status = |more: &str| {
        let table = protect(&spec(more)).0.ends(0).table("t");
        move |place: &str, result: &str| {
            let row =
                table.rows.iter().find(|row| row[table.at("lieu")] == place && row[table.at("resultat")] == result);
            row.unwrap()[table.at("statut")].clone()
        }
    };
    let (without, with) = (status(""), status("group = [\"resultat\"]"));
    assert_eq!((without("x", "pos"), without("x", "neg")), ("publie".to_owned(), "publie".to_owned()));
    assert_ne!(with("x", "pos"), "publie");
    assert_ne!(with("x", "neg"), "publie", "the total would tell");
    assert_ne!(with("y", "pos"), "publie", "all but two of y");
    assert_eq!(with("z", "_T"), "publie");
    let refused = protect(&spec("group = [\"resultats\"]")).0.ends(2);
    assert!(refused.err.contains("resultat"), "{}", refused.err);
    let amount = spec("group = [\"resultat\"]").replace("measure = \"count\"", "measure = \"amount\"");
    assert!(protect(&amount).0.ends(2).err.contains("counts alone"));
}

#[test]
fn a_cell_that_cannot_be_protected_stops_everything() {
    let bench = Bench::new();
    let cells = "a,v,n,x1,x2,d\na,10,1,10,,\nb,100,10,10,10,publish\n_T,110,11,10,10,publish\n";
    bench.write("t.csv", cells);
    let done = bench.protect(&one("threshold = 3")).ends(4);
    assert!(!done.folder.exists() && done.err.contains("a=a"), "{}", done.err);
    assert_eq!(std::fs::read_dir(done.folder.parent().unwrap()).unwrap().count(), 2, "something is left");
}

fn spec(name: &str, form: &str, rules: &str) -> String {
    format!(
        "[[table]]\nname = \"{name}\"\nvalue = \"montant\"\nby = [\"region\", \"departement\", \"secteur\"]\n{form}\n\
         [table.protect]\n{rules}\n"
    )
}

const CELLS: &str = "form = \"cells\"\nfile = \"cells.csv\"\ncontributors = \"n\"\nlargest = [\"x1\", \"x2\"]";
const MICRO: &str = "form = \"microdata\"\nfile = \"micro.csv\"\nmargins = true";
const RULES: &str = "threshold = 3\ndominance = [{ n = 1, k = \"85\" }]\np_percent = \"10\"";

/// The codes of the finest cells.
fn finest(table: &Table) -> BTreeSet<BTreeMap<String, String>> {
    let by = ["region", "departement", "secteur"];
    let codes = table.rows.iter().map(|row| by.map(|column| (column.to_owned(), row[table.at(column)].clone())));
    codes.filter(|codes| codes.iter().all(|(_, code)| code != "_T")).map(BTreeMap::from).collect()
}

#[test]
fn cells_and_microdata_give_the_same_tables_whatever_the_order_of_rows() {
    let bench = Bench::new();
    let all = contributions(160, 7);
    bench.write("cells.csv", &cells(&all)).write("micro.csv", &microdata(&all));
    let of_cells = bench.protect_into(&spec("t", CELLS, RULES), "cells", &[]).ends(0);
    let micro = bench.protect_into(&spec("t", MICRO, RULES), "micro", &[]).ends(0);
    assert_eq!(bytes(&of_cells.folder), bytes(&micro.folder));
    let table = of_cells.table("t");
    let suppressed = table.column("statut").iter().filter(|status| **status != "publie").count();
    assert!(suppressed > 10 && suppressed < table.rows.len() - 10, "{suppressed} of {}", table.rows.len());
    bench.write("cells.csv", &reversed(&cells(&all))).write("micro.csv", &reversed(&microdata(&all)));
    for (form, out) in [(CELLS, "again"), (MICRO, "anew")] {
        let again = bench.protect_into(&spec("t", form, RULES), out, &[]).ends(0);
        assert_eq!(bytes(&of_cells.folder), bytes(&again.folder), "{out}");
    }
    let named = format!("{MICRO}\ncontributor = \"entreprise\"");
    let named = bench.protect_into(&spec("t", &named, RULES), "named", &[]).ends(0);
    assert_eq!(bytes(&of_cells.folder), bytes(&named.folder), "every contributor has one row");
}

#[test]
fn what_is_published_is_right_and_nothing_follows_from_it() {
    for seed in 1..=8 {
        let bench = Bench::new();
        let all = contributions(160, seed);
        bench.write("micro.csv", &microdata(&all));
        let done = bench.protect(&spec("t", MICRO, RULES)).ends(0);
        let table = done.table("t");
        for row in table.rows.iter().filter(|row| row[table.at("statut")] == "publie") {
            let inside =
                |place: &[String; 3]| place.iter().zip(row).all(|(code, shown)| shown == "_T" || shown == code);
            let amounts: Vec<u64> = all.iter().filter(|c| inside(&c.place)).map(|c| c.amount).collect();
            assert_eq!(row[3], amounts.iter().sum::<u64>().to_string());
            let largest = *amounts.iter().max().unwrap();
            assert!(amounts.len() >= 3 && largest * 100 <= 85 * amounts.iter().sum::<u64>(), "{row:?}");
        }
        let by: &[&str] = &["region", "departement", "secteur"];
        assert_eq!(derivable(&[(&table, by)], &finest(&table)), BTreeSet::new());
        let (code, found) = done.attack(&["t"], "region,departement,secteur", "montant");
        assert_eq!((code, found["fallen"].as_u64()), (0, Some(0)));
        // What the program says that an intruder is left with is what its attack leaves him with.
        let told: BTreeMap<String, (Option<f64>, Option<f64>)> = intervals(&done.report()["systems"][0]["intervals"]);
        let attacked = intervals(&found["intervals"]);
        assert_eq!(told.len(), attacked.len());
        for (place, (low, high)) in &attacked {
            let near = |a: &Option<f64>, b: &Option<f64>| (a.unwrap_or(-1.0) - b.unwrap_or(-1.0)).abs() < 1e-2;
            assert!(
                near(low, &told[place].0) && near(high, &told[place].1),
                "{place}: {low:?} {high:?} {:?}",
                told[place]
            );
        }
    }
}

fn intervals(list: &serde_json::Value) -> BTreeMap<String, (Option<f64>, Option<f64>)> {
    let place = |interval: &serde_json::Value| {
        let codes = interval["cell"].as_object().unwrap().values();
        codes.map(|code| code.as_str().unwrap_or("_T").to_owned()).collect::<Vec<_>>().join("·")
    };
    let of = |interval: &serde_json::Value| (place(interval), (interval["low"].as_f64(), interval["high"].as_f64()));
    list.as_array().unwrap().iter().map(of).collect()
}

#[test]
fn linked_tables_are_protected_together() {
    let bench = Bench::new();
    let all = contributions(160, 5);
    bench.write("micro.csv", &microdata(&all));
    let table = |name: &str, by: &str| {
        format!(
            "[[table]]\nname = \"{name}\"\nfile = \"micro.csv\"\nform = \"microdata\"\nvalue = \"montant\"\nby = [{by}]\n\
             margins = true\n[table.protect]\nthreshold = 3\n"
        )
    };
    let spec = table("regions", "\"region\", \"secteur\"") + &table("departements", "\"departement\", \"secteur\"");
    let done = bench.protect(&spec).ends(0);
    let (regions, departments) = (done.table("regions"), done.table("departements"));
    // Whoever has a map knows which departments make a region.
    let kinds: BTreeSet<BTreeMap<String, String>> = (departments.rows.iter())
        .filter(|row| row[0] != "_T" && row[1] != "_T")
        .map(|row| {
            let number: u64 = row[0][1..].parse().unwrap();
            let region = format!("R{}", number / 3);
            let codes = [("region", region), ("departement", row[0].clone()), ("secteur", row[1].clone())];
            codes.map(|(column, code)| (column.to_owned(), code)).into()
        })
        .collect();
    let both: [(&Table, &[&str]); 2] =
        [(&regions, &["region", "secteur"]), (&departments, &["departement", "secteur"])];
    let common: BTreeMap<&str, &str> = totals(&regions);
    assert_eq!(common, totals(&departments), "a cell of both tables is shown by both or by none");
    assert_eq!(derivable(&both, &kinds), BTreeSet::new());
    let (code, found) = done.attack(&["regions", "departements"], "region,departement,secteur", "montant");
    assert_eq!((code, found["fallen"].as_u64()), (0, Some(0)));
}

#[test]
fn a_total_that_no_table_shows_is_known_where_its_parts_are() {
    let bench = Bench::new();
    // By place all is published, so that everybody knows the total; by sector, what s and t add up to follows from it.
    let places = "place,v,n,x1\np,5000,50,300\nq,5100,51,300\n";
    let sectors = "secteur,v,n,x1\ns,100,10,96\nt,110,10,104\nu,4800,40,300\nw,5090,41,300\n";
    bench.write("places.csv", places).write("sectors.csv", sectors).write("both.csv", "place,secteur,v,n,x1\n");
    let table = |name: &str, by: &str| {
        format!(
            "[[table]]\nname = \"{name}\"\nfile = \"{name}.csv\"\nform = \"cells\"\nby = [{by}]\nvalue = \"v\"\n\
             contributors = \"n\"\nlargest = [\"x1\"]\n[table.protect]\nthreshold = 21\n"
        )
    };
    let spec =
        table("places", "\"place\"") + &table("sectors", "\"secteur\"") + &table("both", "\"place\", \"secteur\"");
    let done = bench.protect(&spec).ends(0);
    let statuses = done.table("sectors").column("statut").join(" ");
    assert_eq!(statuses, "supprime_seuil supprime_seuil supprime_secondaire publie");
    assert!(done.table("places").column("statut").iter().all(|status| *status == "publie"));
}

/// Statuses of the sectors in all places.
fn totals(table: &Table) -> BTreeMap<&str, &str> {
    let rows = table.rows.iter().filter(|row| row[0] == "_T");
    rows.map(|row| (row[1].as_str(), row[table.at("statut")].as_str())).collect()
}

#[test]
fn contributors_and_holdings_are_added_up_before_they_are_judged() {
    let bench = Bench::new();
    let safe = (0..40).map(|at| format!("{},e{at},h{at},10\n", ["b", "c"][at % 2])).collect::<String>();
    // Three rows of two enterprises of one house.
    let micro = format!("a,qui,groupe,v\na,x,g,10\na,x,g,10\na,y,g,10\n{safe}");
    let spec = |more: &str, rules: &str| {
        format!(
            "[[table]]\nname = \"t\"\nfile = \"t.csv\"\nform = \"microdata\"\nby = [\"a\"]\nvalue = \"v\"\nmargins = true\n{more}\n\
             [table.protect]\n{rules}\n"
        )
    };
    let who = "contributor = \"qui\"";
    let both = "contributor = \"qui\"\nholding = \"groupe\"";
    for (more, rules, status) in [
        ("", "threshold = 3", "publie"),
        (who, "threshold = 2", "publie"),
        (who, "threshold = 3", "supprime_seuil"),
        (both, "holdings = 2", "supprime_seuil"),
        (who, "dominance = [{ n = 1, k = \"70\" }]", "publie"),
        (who, "dominance = [{ n = 1, k = \"66\" }]", "supprime_dominance"),
        (both, "dominance = [{ n = 1, k = \"70\" }]", "supprime_dominance"),
    ] {
        assert_eq!(bench.statuses(&micro, &spec(more, rules))["a"], status, "{more} {rules}");
    }
}

#[test]
fn weights_multiply_and_contributors_stay_whole() {
    let bench = Bench::new();
    let safe = (0..40).map(|at| format!("{},10,1\n", ["b", "c"][at % 2])).collect::<String>();
    let spec = |rules: &str| {
        format!(
            "[[table]]\nname = \"t\"\nfile = \"t.csv\"\nform = \"microdata\"\nby = [\"a\"]\nvalue = \"v\"\nmargins = true\n\
             weight = \"w\"\n[table.protect]\n{rules}\n"
        )
    };
    bench.write("t.csv", &format!("a,v,w\na,100,4\na,10,7\n{safe}"));
    let done = bench.protect(&spec("p_percent = \"10\"")).ends(0);
    // 100 stands for four, so that the two largest are 200 of 470.
    assert_eq!(done.table("t").rows[0], ["a", "470", "publie", "V"]);
    let found =
        bench.statuses(&format!("a,v,w\na,100,1.5\na,10,1\n{safe}"), &spec("dominance = [{ n = 1, k = \"60\" }]"));
    assert_eq!(found["a"], "supprime_dominance");
}

#[test]
fn counts_are_hidden_as_the_statuses_have_it() {
    let bench = Bench::new();
    let spec = "[[table]]\nname = \"t\"\nfile = \"t.csv\"\nform = \"microdata\"\nby = [\"a\", \"b\"]\nmargins = true\n\
                [table.protect]\nthreshold = 5\n";
    let mut micro = "a,b\n".to_owned();
    for (a, row) in [("p", [2, 20, 30]), ("q", [25, 15, 3]), ("r", [40, 12, 18])] {
        for (b, count) in ["x", "y", "z"].into_iter().zip(row) {
            micro += &format!("{a},{b}\n").repeat(count);
        }
    }
    bench.write("t.csv", &micro);
    let done = bench.protect(spec).ends(0);
    assert_eq!(done.table("t").labels, ["a", "b", "records", "statut", "marque"]);
    let files = [done.folder.join("t.csv")];
    let mut attack = common::tamis();
    attack.args(["--format", "json", "attack", "--threshold", "5", "--by", "a,b"]).args(files);
    let told = attack.output().unwrap();
    let found: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!((told.status.code(), found["fallen"].as_u64()), (Some(0), Some(0)));
    let few = found["intervals"].as_array().unwrap().iter();
    let few = few.filter(|i| [("p", "x"), ("q", "z")].contains(&(cell(i, "a"), cell(i, "b"))));
    // From one to four: no more than the status tells.
    let ends: Vec<(f64, f64)> = few.map(|i| (i["low"].as_f64().unwrap(), i["high"].as_f64().unwrap())).collect();
    assert!(
        ends.len() == 2 && ends.iter().all(|(low, high)| (low - 1.0).abs() < 1e-6 && (high - 4.0).abs() < 1e-6),
        "{ends:?}"
    );
}

#[test]
fn a_single_contributor_finds_nobody_by_what_he_knows() {
    let bench = Bench::new();
    // Two cells of one contributor each in one line: together they would be enough to hide from everybody but each other.
    let mut micro = "a,b,qui,v\n".to_owned();
    for (a, row) in [("p", [1, 1, 9, 12]), ("q", [9, 8, 11, 15]), ("r", [14, 10, 8, 9])] {
        for (b, count) in ["w", "x", "y", "z"].into_iter().zip(row) {
            micro += &(0..count).map(|at| format!("{a},{b},{a}{b}{at},{}\n", 100 + at)).collect::<String>();
        }
    }
    let spec = "[[table]]\nname = \"t\"\nfile = \"t.csv\"\nform = \"microdata\"\nby = [\"a\", \"b\"]\nvalue = \"v\"\n\
                contributor = \"qui\"\nmargins = true\n[table.protect]\nthreshold = 2\n";
    bench.write("t.csv", &micro);
    let done = bench.protect(spec).ends(0);
    let table = done.table("t");
    let kinds = (table.rows.iter().filter(|row| row[0] != "_T" && row[1] != "_T"))
        .map(|row| BTreeMap::from([("a".to_owned(), row[0].clone()), ("b".to_owned(), row[1].clone())]));
    let kinds: BTreeSet<_> = kinds.collect();
    for own in ["w", "x"] {
        // To him his own cell is published.
        let mut seen = table.clone();
        for row in seen.rows.iter_mut().filter(|row| row[0] == "p" && row[1] == own) {
            row[3] = "publie".to_owned();
        }
        let found = derivable(&[(&seen, &["a", "b"])], &kinds);
        assert!(found.iter().all(|row| row[3] == "supprime_secondaire"), "{found:?}");
    }
}

fn cell<'j>(interval: &'j serde_json::Value, column: &str) -> &'j str {
    interval["cell"][column].as_str().unwrap_or("_T")
}

#[test]
fn negative_contributions_are_judged_by_their_sizes() {
    let bench = Bench::new();
    let safe = (0..40).map(|at| format!("{},{}\n", ["b", "c"][at % 2], 10 + at)).collect::<String>();
    let spec = "[[table]]\nname = \"t\"\nfile = \"t.csv\"\nform = \"microdata\"\nby = [\"a\"]\nvalue = \"v\"\nmargins = true\n\
                [table.protect]\np_percent = \"10\"\n";
    // 100, −90 and 5: nothing is left of a total of 15 for anybody else.
    assert_eq!(bench.statuses(&format!("a,v\na,100\na,-90\na,5\n{safe}"), spec)["a"], "supprime_p_pour_cent");
}

#[test]
fn bad_input_is_told_by_its_place_and_never_by_its_value() {
    let bench = Bench::new();
    let rules = one("threshold = 3");
    let good = with_cell("a,110000,10,52000,50000,", 110_000, 10);
    let second = "a,110000,10,52000,50000,";
    for (bad, says) in [
        ("a,,10,52000,50000,", "column `v`"),
        ("a,7391x,10,52000,50000,", "column `v`"),
        ("a,110000,7391.5,52000,50000,", "column `n`"),
        ("a,110000,-7391,52000,50000,", "column `n`"),
        ("a,110000,10,52000,7391x,", "column `x2`"),
        ("a,110000,10,50000,52000,", "contradict"),
        ("a,110000,10,7391,7390,", "contradict"),
        ("a,110000,2,52000,50000,", "contradict"),
        ("a,110000,10,52000,50000,7391", "column `d`"),
        ("a,110000,10,52000,50000,impossible", "column `d`"),
    ] {
        bench.write("t.csv", &good.replace(second, bad));
        let done = bench.protect(&rules).ends(2);
        assert!(done.err.contains("t.csv: line 2") && done.err.contains(says), "{bad}: {}", done.err);
        assert!(!done.err.contains("739") && !done.err.contains("52000"), "{bad}: {}", done.err);
        assert!(!done.folder.exists());
    }
    for (cells, line, says) in [
        (format!("{good}b,1,1,1,,\n"), "line 7", "an earlier line"),
        (good.replace("_T,1610000", "_T,1610007"), "line 6", "do not add up"),
    ] {
        bench.write("t.csv", &cells);
        let done = bench.protect(&rules).ends(2);
        assert!(done.err.contains(line) && done.err.contains(says), "{}", done.err);
        assert!(!done.err.contains("16100"), "{}", done.err);
    }
    bench.write("t.csv", &good.replace(",x2,", ",x3,"));
    bench.protect(&rules).ends(1);
    std::fs::remove_file(bench.path("t.csv")).unwrap();
    bench.protect(&rules).ends(6);
}

#[test]
fn bad_microdata_are_told_by_their_place() {
    let bench = Bench::new();
    let spec = "[[table]]\nname = \"t\"\nfile = \"t.csv\"\nform = \"microdata\"\nby = [\"a\"]\nvalue = \"v\"\n\
                contributor = \"qui\"\nweight = \"w\"\n[table.protect]\nthreshold = 3\n";
    for (row, says) in [("_T,1,x,1", "`a`"), ("b,,x,1", "`v`"), ("b,1,x,-1", "`w`"), ("b,1,x,2", "another row")] {
        bench.write("t.csv", &format!("a,v,qui,w\na,1,x,1\n{row}\n"));
        let done = bench.protect(spec).ends(2);
        assert!(done.err.contains("line 3") && done.err.contains(says), "{}", done.err);
    }
}

#[test]
fn a_mistake_in_the_file_is_shown_at_its_place() {
    let bench = Bench::new();
    bench.write("t.csv", &with_cell("a,110000,10,52000,50000,", 110_000, 10));
    for (spec, says) in [
        (one("threshold = 1"), "tamis::pipeline::threshold"),
        (one("treshold = 3"), "Did you mean `threshold`?"),
        (one(""), "Say which cells are unsafe"),
        (one("dominance = [{ n = 3, k = \"85\" }]"), "`largest`"),
        (one("dominance = [{ n = 1, k = \"100\" }]"), "below 100"),
        (one("p_q = { p = \"50\", q = \"10\" }"), "0 < p < q"),
        (one("holdings = 3"), "`holding`"),
        (one("threshold = 3").replace("form = \"cells\"", "form = \"cell\""), "cannot be `cell`"),
        (one("threshold = 3").replace("value = \"v\"\n", ""), "`value` is missing"),
        (one("threshold = 3").replace("contributors = \"n\"\n", ""), "`contributors`"),
        (one("threshold = 3").replace("form = \"cells\"", "form = \"cells\"\nmargins = true"), "read, not made"),
        (one("threshold = 3").replace("name = \"t\"", "name = \"T t\""), "name of a file"),
        (one("p_percent = \"10\"").replace("value =", "measure = \"count\"\nvalue ="), "`measure`"),
        (format!("[tables]\nobjective = \"price\"\n{}", one("threshold = 3")), "cannot be `price`"),
        (format!("[tables]\nsafety_range = \"0\"\n{}", one("threshold = 3")), "safety_range"),
        (one("threshold = 3") + &one("threshold = 3"), "used twice"),
        ("[pipeline]\nname = \"x\"\n".to_owned(), "[[table]]"),
    ] {
        let done = bench.protect(&spec).ends(2);
        let told = done.err.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert!(told.contains(says), "{spec}\n{}", done.err);
    }
}

#[test]
fn nothing_is_overwritten_and_the_summary_is_told_in_both_languages() {
    let bench = Bench::new();
    bench.write("t.csv", &with_cell("a,110000,2,60000,50000,", 110_000, 2));
    let spec = one("threshold = 3");
    let json = bench.protect_into(&spec, "one", &["--format", "json"]).ends(0);
    let told: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((told["tables"][0]["cells"].as_u64(), told["tables"][0]["primary"].as_u64()), (Some(5), Some(1)));
    assert!(bench.protect_into(&spec, "two", &[]).ends(0).out.contains("suppressed by the rules"));
    assert!(bench.protect_into(&spec, "trois", &["--lang", "fr"]).ends(0).out.contains("masquées par les règles"));
    bench.protect_into(&spec, "one", &[]).ends(2);
}
