//! Changed sums and means, end to end: counted and attacked here without a line of the program's code.

use std::collections::BTreeMap;
use std::fs;

use crate::bench::{Bench, GROUPS, Place, place};
use crate::plain::Table;
use crate::ready::Desk;

const KEYED: &str = "{ method = \"cell_key\", max = 4, variance = \"2\", sums = [\
                     { column = \"activite_min_semaine\", weights = [\"0.5\", \"0.3\", \"0.1\"], spread = \"0.8\", small = \"1.1\", floor = \"60\" }, \
                     { column = \"poids_kg\", weights = [\"0.5\"], spread = \"0.8\", floor = \"50\", unit = \"0.1\" }] }";
const ROUNDED: &str = "{ method = \"rounding\", base = 5, sums = [\
                       { column = \"activite_min_semaine\", base = \"3000\" }, { column = \"poids_kg\", base = \"100\" }] }";

/// Two linked tables of sums and means.
fn two(perturb: &str) -> String {
    format!(
        r#"
[[aggregate]]
name    = "pcs"
by      = ["groupe", "pcs", "sexe"]
margins = true
measure = [{{ count = "persons" }}, {{ sum = "activite_min_semaine", as = "minutes" }}, {{ mean = "poids_kg", as = "poids" }}]
perturb = {perturb}
[[aggregate]]
name    = "groupes"
by      = ["sexe", "groupe"]
margins = true
measure = [{{ sum = "activite_min_semaine", as = "minutes" }}, {{ sum = "poids_kg", as = "kg" }}]
perturb = {perturb}
"#
    )
}

/// What a cell is made of: persons with a value and, of each, the sum of theirs.
type Truth = BTreeMap<Place, BTreeMap<String, f64>>;

/// By hand, for every cell that can stand in the two tables.
fn truth(bench: &Bench, column: &str) -> Truth {
    let records = bench.records();
    let mut cells = Truth::new();
    let shapes: [&[&str]; 6] = [&[], &["sexe"], &["groupe"], &["groupe", "sexe"], &["pcs"], &["pcs", "sexe"]];
    for row in &records.rows {
        let Ok(value) = row[records.at(column)].parse::<f64>() else { continue };
        let code = |column: &str| match column {
            "groupe" => row[records.at("pcs")].parse::<usize>().map_or(String::new(), |pcs| GROUPS[pcs - 1].to_owned()),
            column => row[records.at(column)].clone(),
        };
        for columns in shapes {
            let place: Place = columns.iter().map(|column| ((*column).to_owned(), code(column))).collect();
            let who = row[records.at("matricule_ins")].clone();
            *cells.entry(place).or_default().entry(who).or_default() += value;
        }
    }
    cells
}

/// The numbers of a column by their cells; empty ones are left out.
fn column(table: &Table, name: &str) -> BTreeMap<Place, f64> {
    let number = |row: &Vec<String>| Some((place(table, row), row[table.at(name)].parse().ok()?));
    table.rows.iter().filter_map(number).collect()
}

fn both(tables: &BTreeMap<String, Table>, name: &str) -> BTreeMap<Place, f64> {
    let mut all = column(&tables["pcs"], name);
    for (cell, number) in column(&tables["groupes"], name) {
        assert_eq!(*all.entry(cell.clone()).or_insert(number), number, "{cell:?} has two numbers");
    }
    all
}

/// Each mean is the quotient of what stands beside it: the sum in the other table, and the number of persons.
fn assert_means(tables: &BTreeMap<String, Table>) -> usize {
    let (sums, means) = (column(&tables["groupes"], "kg"), column(&tables["pcs"], "poids"));
    let divisors = column(&tables["pcs"], "poids_effectif");
    let mut compared = 0;
    for (cell, mean) in &means {
        assert!(divisors[cell] > 0.0);
        if let Some(sum) = sums.get(cell) {
            let quotient = sum / divisors[cell];
            assert!((mean - quotient).abs() <= 1e-6 * quotient.abs().max(1.0), "{cell:?}: {mean} for {quotient}");
            compared += 1;
        }
    }
    compared
}

#[test]
fn sums_by_cell_key_are_near_never_exact_and_the_same_in_two_tables() {
    let bench = Bench::new(2_500, 900, 5);
    let tables = bench.tables(&two(KEYED), 3);
    let found = both(&tables, "minutes");
    let truth = truth(&bench, "activite_min_semaine");
    let mut compared = 0;
    for (cell, people) in &truth {
        let Some(shown) = found.get(cell) else { continue };
        let exact: f64 = people.values().sum();
        let mut sizes: Vec<f64> = people.values().copied().collect();
        sizes.sort_by(|a, b| b.total_cmp(a));
        let stretch = if people.len() < 11 { 1.1 } else { 1.0 };
        let parts = sizes.iter().zip([0.5, 0.3, 0.1]).enumerate();
        let most: f64 = parts.map(|(at, (size, m))| m * if at == 0 { size.max(60.0) } else { *size }).sum();
        assert!((shown - exact).abs() <= 1.8 * stretch * most + 1.0, "{cell:?}");
        assert_ne!(*shown, exact, "{cell:?}");
        compared += 1;
    }
    assert!(compared > 30, "{compared} cells");
    assert!(assert_means(&tables) >= 10);
    // Persons with a value are changed by no more than the p-table does.
    let divisors = column(&tables["pcs"], "poids_effectif");
    let with_weight = self::truth(&bench, "poids_kg");
    for (cell, shown) in &divisors {
        let exact = with_weight.get(cell).map_or(0, BTreeMap::len) as f64;
        assert!((shown - exact).abs() <= 4.0, "{cell:?}: {shown} for {exact}");
    }
    // Another key, other numbers; the same key, the same.
    assert_eq!(found, both(&bench.tables(&two(KEYED), 3), "minutes"));
    let other = both(&bench.tables(&two(KEYED), 4), "minutes");
    let differ = found.iter().filter(|(cell, number)| other.get(*cell).is_some_and(|other| other != *number)).count();
    assert!(differ > 30, "{differ}");
}

#[test]
fn sums_by_cell_key_are_right_on_average_over_keys() {
    let bench = Bench::new(300, 120, 5);
    let exact: f64 = truth(&bench, "activite_min_semaine")[&Place::new()].values().sum();
    let shown: Vec<f64> =
        (0..40).map(|key| both(&bench.tables(&two(KEYED), key), "minutes")[&Place::new()] - exact).collect();
    let (mean, n) = (shown.iter().sum::<f64>() / 40.0, 40.0_f64);
    let deviation = (shown.iter().map(|change| (change - mean).powi(2)).sum::<f64>() / n).sqrt();
    // Five standard errors: once in two million.
    assert!(mean.abs() < 5.0 * deviation / n.sqrt(), "{mean} with deviation {deviation}");
    assert!(shown.iter().any(|change| *change > 0.0) && shown.iter().any(|change| *change < 0.0));
}

#[test]
fn rounded_sums_are_multiples_within_the_base_and_the_same_in_two_tables() {
    let bench = Bench::new(2_500, 900, 5);
    let tables = bench.tables(&two(ROUNDED), 3);
    let found = both(&tables, "minutes");
    let mut moved = 0;
    for (cell, people) in truth(&bench, "activite_min_semaine") {
        let Some(shown) = found.get(&cell) else { continue };
        let exact: f64 = people.values().sum();
        assert!(shown % 3000.0 == 0.0 && (shown - exact).abs() < 3000.0, "{cell:?}: {shown} for {exact}");
        moved += u32::from(*shown != exact);
    }
    assert!(moved > 30, "{moved}");
    assert!(assert_means(&tables) >= 8);
}

#[test]
fn rounded_sums_that_show_one_contribution_are_refused() {
    let bench = Bench::new(2_500, 900, 5);
    let error = bench.run(&two(&ROUNDED.replace("\"3000\"", "\"10\"")), "out", 3).unwrap_err();
    assert_eq!(error.exit_code(), 4);
    assert!(error.to_string().contains("the sum of `activite_min_semaine` could be found within"), "{error}");
    assert!(!bench.path("out").join("tables").exists());
}

fn noisy(whole: &str) -> String {
    format!(
        "{{ method = \"noise\", release = \"2026\", kind = \"laplace\", epsilon = \"1\", budget = {{ file = \"budget.json\", epsilon = \"{whole}\" }}, \
         sums = [{{ column = \"activite_min_semaine\", lowest = \"0\", highest = \"600\" }}, \
         {{ column = \"poids_kg\", lowest = \"30\", highest = \"150\", unit = \"0.5\" }}] }}"
    )
}

#[test]
fn noise_of_sums_is_scaled_to_their_bounds_and_paid_once_for_all() {
    let bench = Bench::new(2_500, 900, 5);
    let run = bench.run(&two(&noisy("1")), "out", 3).unwrap();
    let tables = crate::bench::published(&run.release);
    let budget: serde_json::Value = serde_json::from_slice(&fs::read(bench.path("budget.json")).unwrap()).unwrap();
    assert_eq!(budget["entries"][0]["loss"]["epsilon"], "1", "the whole loss, once");
    let package: serde_json::Value =
        serde_json::from_slice(&fs::read(run.release.join("datapackage.json")).unwrap()).unwrap();
    let told = &package["resources"][0]["tamis:protection"];
    // Persons, two sums, and persons with a weight: four layers of ε = 1/4 each, six shapes of cells.
    let cells = told["cells_per_person"].as_f64().unwrap();
    assert_eq!(told["layers"], 4, "{told}");
    assert_eq!(told["expected_error"]["scale"].as_f64().unwrap(), 4.0 * cells);
    let sums = told["expected_error"]["sums"].as_array().unwrap();
    assert_eq!(sums[0]["scale"].as_f64().unwrap(), 600.0 * 4.0 * cells);
    assert_eq!(sums[1]["scale"].as_f64().unwrap(), 150.0 * 4.0 * cells);
    let minutes = both(&tables, "minutes");
    assert!(minutes.values().all(|number| number.fract() == 0.0) && minutes.values().any(|number| *number < 0.0));
    let kg = column(&tables["groupes"], "kg");
    assert!(kg.values().all(|number| (number * 2.0).fract() == 0.0));
    assert!(assert_means(&tables) > 0);
    // Each declared cell has a sum.
    assert_eq!(tables["pcs"].rows.len(), column(&tables["pcs"], "minutes").len());
    // What a person adds is bounded, so one outlier more is none.
    let error = bench.run(&two(&noisy("1").replace("\"600\"", "\"700\"")), "again", 3).unwrap_err();
    assert_eq!(error.exit_code(), 4, "other bounds under one name: {error}");
}

/// Turnovers: each company of one sector and place, and one alone in its cell.
fn turnovers(desk: &Desk) -> Vec<(String, &'static str, &'static str, i64)> {
    let rows: Vec<(String, &str, &str, i64)> = (0..60_i64)
        .map(|at| {
            let (region, sector) = if at == 0 {
                ("sud", "mines")
            } else {
                (["nord", "sud"][at as usize % 2], ["bois", "eau"][at as usize / 2 % 2])
            };
            (format!("c{at}"), region, sector, 1_000 + at * at * 37 % 9_001)
        })
        .collect();
    let lines: String =
        rows.iter().map(|(who, region, sector, euros)| format!("{who},{region},{sector},{euros}\n")).collect();
    desk.write("t.csv", &("who,region,secteur,euros\n".to_owned() + &lines));
    rows
}

fn table(perturb: &str) -> String {
    format!(
        "[[table]]\nname = \"ca\"\nfile = \"t.csv\"\nform = \"microdata\"\nby = [\"region\", \"secteur\"]\nmargins = true\nvalue = \"euros\"\n\
         contributor = \"who\"\nperturb = {perturb}\n"
    )
}

const READY_KEYED: &str = "{ method = \"cell_key\", max = 1, variance = \"0.5\", key = \"root.key\", sums = [{ column = \"euros\", \
                           weights = [\"0.5\", \"0.2\"], spread = \"0.8\", floor = \"500\" }] }";

#[test]
fn an_intruder_who_knows_all_others_does_not_find_a_single_contributor_within_p() {
    let desk = Desk::new();
    let rows = turnovers(&desk);
    let found = desk.protect(&table(READY_KEYED), "one").numbers("ca");
    assert_eq!(found, desk.protect(&table(READY_KEYED), "two").numbers("ca"));
    let exact = |codes: &[String]| -> Vec<i64> {
        let is_in = |row: &&(String, &str, &str, i64)| {
            [row.1, row.2].iter().zip(codes).all(|(own, code)| code == "_T" || own == code)
        };
        let mut sizes: Vec<i64> = rows.iter().filter(is_in).map(|row| row.3).collect();
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        sizes
    };
    assert!(found.len() >= 10, "{} cells", found.len());
    for (codes, shown) in &found {
        let sizes = exact(codes);
        let (sum, first) = (sizes.iter().sum::<i64>(), sizes[0] as f64);
        assert_ne!(*shown, sum, "{codes:?}");
        // All others are known, what they are changed by, and the direction of the largest: which sizes of the largest stay possible?
        let others = (sum - sizes[0]) as f64;
        let of_second = sizes.get(1).map_or(0.0, |second| 0.2 * *second as f64);
        let mut widest = (f64::INFINITY, 0.0_f64);
        for second in [-1.8, -0.2, 0.2, 1.8] {
            for m in [0.1, 0.9, -0.1, -0.9] {
                let size = (*shown as f64 - others - second * of_second) / (1.0 + m);
                widest = (widest.0.min(size), widest.1.max(size));
            }
        }
        assert!(widest.0 <= first && first <= widest.1, "{codes:?}");
        assert!(widest.1 * 0.9 > widest.0 * 1.1, "{codes:?}: {widest:?}");
    }
    // The company that is alone in its cell: shown in it at least 10 % off, or the cell stands in no table.
    let alone = found.get(&["sud".to_owned(), "mines".to_owned()][..]);
    assert!(alone.is_none_or(|shown| (*shown - rows[0].3).abs() * 10 >= rows[0].3), "{alone:?}");
}

#[test]
fn sums_of_tables_made_elsewhere_are_rounded_where_that_hides_and_refused_where_not() {
    let desk = Desk::new();
    let rows = turnovers(&desk);
    let rounding = |base: &str| {
        table(&format!(
            "{{ method = \"rounding\", base = 3, key = \"root.key\", sums = [{{ column = \"euros\", base = \"{base}\" }}] }}"
        ))
    };
    let found = desk.protect(&rounding("5000"), "one").numbers("ca");
    let whole: i64 = rows.iter().map(|row| row.3).sum();
    assert!(found.values().all(|sum| sum % 5000 == 0));
    assert!((found[&["_T".to_owned(), "_T".to_owned()][..]] - whole).abs() < 5000);
    let refused = desk.protect(&rounding("20"), "two");
    let told = refused.err.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(refused.code == 4 && told.contains("could be found"), "{}: {}", refused.code, refused.err);
    assert!(!desk.path("two").exists());
    // Cells with their contributors: a total and its parts, of which one is one company's.
    desk.write(
        "cells.csv",
        "region,n,euros,x1,x2\nnord,30,90000,9000,8000\nsud,1,7000,7000,0\nest,40,95000,5000,4000\n_T,71,192000,9000,8000\n",
    );
    let cells = |to: &str, base: &str| {
        format!(
            "[[table]]\nname = \"ca\"\nfile = \"cells.csv\"\nform = \"cells\"\nby = [\"region\"]\nvalue = \"euros\"\ncontributors = \"n\"\n\
             largest = [\"x1\", \"x2\"]\nperturb = {{ method = \"rounding\", base = 3{to}, sums = [{{ column = \"euros\", base = \"{base}\" }}] }}\n"
        )
    };
    let nearest = ", to = \"nearest\"";
    // Of 7000, 5000 to 8999 stay possible where only it is looked at; 1 of base 3 becomes 0, so no row shows it.
    let done = desk.protect(&cells(nearest, "4000"), "three");
    let found = done.numbers("ca");
    assert_eq!(found.get(&["nord".to_owned()][..]), Some(&92000));
    assert_eq!(found.get(&["sud".to_owned()][..]), None, "nobody is seen there");
}

#[test]
fn whoever_sees_that_amounts_are_whole_numbers_knows_that_sums_are() {
    let desk = Desk::new();
    let spec = "[[table]]\nname = \"ca\"\nfile = \"c.csv\"\nform = \"cells\"\nby = [\"region\"]\nvalue = \"euros\"\ncontributors = \"n\"\n\
                largest = [\"x1\", \"x2\"]\nperturb = { method = \"rounding\", base = 3, to = \"nearest\", \
                sums = [{ column = \"euros\", base = \"6\" }] }\n";
    // 26 is shown as 24: as whole numbers 21 to 26, within 10 per cent of 23.5; as any numbers, up to 27.
    desk.write("c.csv", "region,n,euros,x1,x2\nnord,2,19,19,0\nsud,2,26,26,0\nest,2,9,9,0\n");
    let refused = desk.protect(spec, "whole");
    assert!(refused.code == 4 && refused.err.contains("what one contributor adds"), "{}", refused.err);
    assert!(!desk.path("whole").exists());
    desk.write("c.csv", "region,n,euros,x1,x2\nnord,2,19,19,0\nsud,2,26,26,0\nest,2,9.01,9.01,0\n");
    assert_eq!(desk.protect(spec, "cents").numbers("ca")[&["sud".to_owned()][..]], 24);
}

#[test]
fn what_cannot_be_summed_safely_is_refused_with_advice() {
    let desk = Desk::new();
    turnovers(&desk);
    let sound = table(READY_KEYED);
    for (from, to, says) in [
        ("column = \"euros\"", "column = \"francs\"", "Say how its sums are changed"),
        ("contributor = \"who\"\n", "", "name microdata with the column"),
        ("value = \"euros\"", "value = \"euros\"\nmeasure = \"count\"", "the table counts"),
        ("contributor = \"who\"\n", "contributor = \"who\"\nweight = \"euros\"\n", "every contributor counts once"),
        ("[[table]]", "[ledger]\nfile = \"l\"\nuniverse = \"u\"\n[[table]]", "none of changed sums"),
        ("\"0.8\"", "\"0.2\"", "do not hide what one contributor adds"),
    ] {
        let done = desk.protect(&sound.replacen(from, to, 1), "refused");
        let told = done.err.split_whitespace().collect::<Vec<_>>().join(" ").replace("│ ", "");
        assert!(done.code == 2 && told.contains(says), "{to}: {}: {}", done.code, done.err);
        assert!(!desk.path("refused").exists());
    }
}

#[test]
fn noise_over_sums_made_elsewhere_bounds_each_contributor() {
    let desk = Desk::new();
    let rows = turnovers(&desk);
    let list: String = ["nord", "sud", "_T"]
        .iter()
        .flat_map(|region| ["bois", "eau", "mines", "_T"].map(|sector| format!("{region},{sector}\n")))
        .collect();
    desk.write("list.csv", &("region,secteur\n".to_owned() + &list));
    let noise = "{ method = \"noise\", release = \"2026\", kind = \"laplace\", epsilon = \"100\", cells = \"list.csv\", key = \"root.key\", \
                 budget = { file = \"b.json\", epsilon = \"100\" }, sums = [{ column = \"euros\", lowest = \"0\", highest = \"2000\" }] }";
    let done = desk.protect(&table(noise), "one");
    let found = done.numbers("ca");
    assert_eq!(found.len(), 12);
    // Four kinds of cells, ε = 100: the scale is 80, and twenty times that is seen once in 10⁸ cells.
    for (codes, shown) in &found {
        let is_in = |row: &&(String, &str, &str, i64)| {
            [row.1, row.2].iter().zip(codes).all(|(own, code)| code == "_T" || *own == code)
        };
        let bounded: i64 = rows.iter().filter(is_in).map(|row| row.3.min(2000)).sum();
        assert!((shown - bounded).abs() < 20 * 80, "{codes:?}: {shown} for {bounded}");
    }
    let budget = fs::read_to_string(desk.path("b.json")).unwrap();
    assert!(budget.contains("\"epsilon\": \"100\""), "{budget}");
    // A contributor in two cells adds twice what the bounds say.
    let text = fs::read_to_string(desk.path("t.csv")).unwrap();
    desk.write("t.csv", &(text + "c0,nord,eau,5\n"));
    assert_eq!(desk.protect(&table(noise), "two").code, 2);
}
