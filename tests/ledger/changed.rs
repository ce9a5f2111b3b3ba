//! Releases of which one is exact and another changed by rounding, cell keys or noise, or both are.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use tamis::ledger::{self, ChangedBy};
use tamis::pipeline::RunError;

use crate::attacker::{Place, count};
use crate::bench::{Bench, COLUMNS, FINE, LEDGER, Person, people, table};
use crate::common;

const COUNTS: &str = "[[aggregate]]\nname = \"fine\"\nby = [\"dept\", \"sexe\", \"groupe\"]\nmargins = true\nmeasure = [{ count = \"persons\" }]\n";

fn changed(how: &str) -> String {
    format!("{COUNTS}perturb = {how}\n")
}

const NEAREST: &str = "{ method = \"rounding\", base = 7, to = \"nearest\" }";
const RANDOM: &str = "{ method = \"rounding\", base = 5 }";
const CELL_KEY: &str = "{ method = \"cell_key\", max = 4, variance = \"2\" }";
const CONTROLLED: &str = "{ method = \"controlled_rounding\", base = 5 }";

/// A release of some people under a key of its own.
fn under(
    bench: &Bench,
    out: &str,
    all: &[Person],
    tables: &str,
    key: u8,
) -> Result<BTreeMap<Place, (String, String)>, RunError> {
    bench.write("actes.csv", all);
    let pipeline = bench.pipeline("actes.csv", tables, LEDGER);
    let done = common::run(&pipeline, &bench.path(out), 2, common::key(key))?;
    Ok(rows(&done.release))
}

/// The rows of the table by their places.
fn rows(release: &Path) -> BTreeMap<Place, (String, String)> {
    let table = table(release, "fine");
    let of = |row: &Vec<String>| {
        let place: Place = COLUMNS.map(|column| Some(row[table.at(column)].clone()).filter(|code| code != "_T"));
        (place, (row[table.at("persons")].clone(), row[table.at("statut")].clone()))
    };
    table.rows.iter().map(of).collect()
}

/// Limits of all counts by what somebody knows: tightened line by line, all cells of three columns being there.
fn tightened(mut limits: BTreeMap<Place, (i64, i64)>) -> BTreeMap<Place, (i64, i64)> {
    let places: Vec<Place> = limits.keys().cloned().collect();
    let mut lines: Vec<(Place, Vec<Place>)> = Vec::new();
    for total in &places {
        for column in (0..3).filter(|column| total[*column].is_none()) {
            let is_part = |place: &&Place| {
                place[column].is_some() && (0..3).all(|other| other == column || place[other] == total[other])
            };
            lines.push((total.clone(), places.iter().filter(is_part).cloned().collect()));
        }
    }
    for _ in 0..60 {
        for (total, parts) in &lines {
            let sum = |end: &dyn Fn(&(i64, i64)) -> i64| parts.iter().map(|part| end(&limits[part])).sum::<i64>();
            let (low, high) = (sum(&|limits| limits.0), sum(&|limits| limits.1.min(1 << 40)));
            if parts.is_empty() {
                continue;
            }
            let whole = limits.get_mut(total).unwrap();
            *whole = (whole.0.max(low), whole.1.min(high));
            let whole = *whole;
            for part in parts {
                let own = limits[part];
                let others = (low - own.0, high - own.1.min(1 << 40));
                limits.insert(part.clone(), (own.0.max(whole.0 - others.1), own.1.min(whole.1 - others.0)));
            }
        }
    }
    limits
}

/// What a release says of each cell: its number up to `by`, or what its status tells.
fn told(release: &BTreeMap<Place, (String, String)>, by: (i64, i64)) -> BTreeMap<Place, (i64, i64)> {
    let of = |(number, status): &(String, String)| match (number.parse::<i64>(), status.as_str()) {
        (Ok(number), "publie") => (number, number),
        (Ok(number), _) => (number - by.0, number + by.1),
        (_, "supprime_seuil") => (1, 10),
        (_, "supprime") => (1, 1 << 40),
        _ => (11, 1 << 40),
    };
    release.iter().map(|(place, row)| (place.clone(), of(row))).collect()
}

/// Limits of the cells of the exact release, by both.
fn both(
    exact: &BTreeMap<Place, (i64, i64)>,
    rounded: &BTreeMap<Place, (i64, i64)>,
    absent: i64,
) -> BTreeMap<Place, (i64, i64)> {
    let of = |(place, limits): (&Place, &(i64, i64))| {
        let also = rounded.get(place).copied().unwrap_or((0, absent));
        (place.clone(), (limits.0.max(also.0), limits.1.min(also.1)))
    };
    exact.iter().map(of).collect()
}

/// Every place that has somebody.
fn everywhere(all: &[Person]) -> BTreeSet<Place> {
    let of = |person: &Person| -> Vec<Place> {
        let mask =
            |bits: usize| std::array::from_fn(|at| Some(person.place[at].clone()).filter(|_| bits >> at & 1 == 1));
        (0..8).map(mask).collect()
    };
    all.iter().flat_map(of).collect()
}

/// Counts of few that are known.
fn found(all: &[Person], limits: &BTreeMap<Place, (i64, i64)>) -> usize {
    let is_few = |place: &Place| (1..11).contains(&count(all, place));
    limits
        .iter()
        .filter(|(place, (low, high))| low == high && is_few(place))
        .inspect(|(place, (low, _))| {
            assert_eq!(*low, count(all, place), "the attacker errs");
        })
        .count()
}

#[test]
fn an_exact_table_after_a_rounded_one_leaves_of_few_what_the_rounded_one_left() {
    let (mut with, mut without, mut suppressed) = (0, 0, 0);
    for seed in 1..5 {
        let all = people(900, seed);
        let bench = Bench::new();
        let rounded = told(&under(&bench, "out1", &all, &changed(NEAREST), 3).unwrap(), (3, 3));
        let mut alone = rounded.clone();
        everywhere(&all).into_iter().for_each(|place| {
            alone.entry(place).or_insert((0, 3));
        });
        assert_eq!(found(&all, &tightened(alone)), 0, "by itself it tells of nobody");
        let summary = bench.noted("out2", &all, COUNTS);
        let exact = rows(&summary.release);
        let lim = tightened(both(&told(&exact, (0, 0)), &rounded, 3));
        with += found(&all, &lim);
        suppressed += exact.values().filter(|(number, _)| number.is_empty()).count();
        // The same without the earlier one.
        let alone = Bench::new();
        let exact = under(&alone, "out", &all, COUNTS, 3).unwrap();
        without += found(&all, &tightened(both(&told(&exact, (0, 0)), &rounded, 3)));
    }
    assert!(without > 0, "the attack finds nothing to attack");
    assert_eq!(with, 0);
    assert!(suppressed > 4);
}

/// Limits of all counts by random roundings to the base 5, put together.
fn put_together(releases: &[BTreeMap<Place, (String, String)>], all: &[Person]) -> usize {
    let mut limits: BTreeMap<Place, (i64, i64)> = BTreeMap::new();
    for release in releases {
        for (place, own) in told(release, (4, 4)) {
            let known = limits.entry(place).or_insert((0, 1 << 40));
            *known = (known.0.max(own.0), known.1.min(own.1));
        }
    }
    // Up and down: of 7, between 5 and 10 both shown, 6 to 9 are left; with many, the mean tells the rest.
    limits.iter().filter(|(place, (low, high))| high - low < 8 && (1..11).contains(&count(all, place))).count()
}

#[test]
fn one_count_is_not_drawn_twice() {
    let all = people(700, 4);
    for how in [RANDOM, CELL_KEY, CONTROLLED] {
        let bench = Bench::new();
        let first = under(&bench, "out1", &all, &changed(how), 3).unwrap();
        // The same draw shows the same numbers.
        assert_eq!(under(&bench, "out2", &all, &changed(how), 3).unwrap(), first, "{how}");
        let refused = under(&bench, "out3", &all, &changed(how), 4).unwrap_err();
        assert_eq!(refused.exit_code(), 4, "{how}: {refused}");
        assert!(refused.to_string().contains("under another key"), "{refused}");
        // Another method, or other parameters, are another draw as well.
        for other in [RANDOM, CELL_KEY, CONTROLLED, "{ method = \"rounding\", base = 4 }"] {
            let done = under(&bench, &format!("{}{}", other.len(), how.len()), &all, &changed(other), 3);
            assert_eq!(done.is_ok(), other == how, "{how} and then {other}");
        }
        let (releases, _) = ledger::read(&bench.path("ledger")).unwrap();
        assert_eq!(
            releases.iter().filter(|release| release.counts()).count(),
            3,
            "what was refused is not in the ledger"
        );
    }
    let bench = Bench::new();
    let alone = LEDGER.replace("essai-2026", "autre");
    let drawn: Vec<_> = (3..9)
        .map(|key| {
            let more = alone.replace("autre", &format!("autre-{key}"));
            bench.write("actes.csv", &all);
            let pipeline = bench.pipeline("actes.csv", &changed(RANDOM), &more);
            let done = common::run(&pipeline, &bench.path(&format!("o{key}")), 2, common::key(key)).unwrap();
            rows(&done.release)
        })
        .collect();
    assert!(put_together(&drawn, &all) > 3, "the attack finds nothing to attack");
}

#[test]
fn roundings_to_the_nearest_of_several_bases_do_not_pin_a_count_of_few() {
    let all = people(700, 4);
    let bases = [4, 5, 7, 9, 11];
    let nearest = |base: i64| changed(&format!("{{ method = \"rounding\", base = {base}, to = \"nearest\" }}"));
    let attack = |noted: bool| {
        let (mut limits, mut refused): (BTreeMap<Place, (i64, i64)>, usize) = (BTreeMap::new(), 0);
        let bench = Bench::new();
        for base in bases {
            let other = Bench::new();
            let release = under(if noted { &bench } else { &other }, &format!("out{base}"), &all, &nearest(base), 3);
            let Ok(release) = release else {
                refused += 1;
                continue;
            };
            let told = told(&release, (base / 2, (base - 1) / 2));
            for place in everywhere(&all) {
                // A count that became 0 stands in no table.
                let own = told.get(&place).copied().unwrap_or((0, (base - 1) / 2));
                let known = limits.entry(place).or_insert((0, 1 << 40));
                *known = (known.0.max(own.0), known.1.min(own.1));
            }
        }
        (found(&all, &tightened(limits)), refused)
    };
    let (without, refused) = attack(false);
    assert!(without > 0, "the attack finds nothing to attack");
    let (with, refused_with) = attack(true);
    assert_eq!(with, 0);
    assert!(refused_with > refused && refused_with < bases.len());
}

#[test]
fn a_rounded_table_after_an_exact_one_is_refused_where_both_would_tell_a_count_of_few() {
    // 3 and 18 become 5 and 20, so are 3 and 18 at least; whoever knows that they are 21 together knows both.
    let mut all: Vec<Person> = Vec::new();
    for (dept, women, men) in [(1, 3, 13), (2, 18, 40), (3, 22, 40), (4, 22, 40), (5, 22, 40), (6, 23, 41)] {
        for (sexe, of) in [("F", women), ("M", men)] {
            for _ in 0..of {
                let place = [format!("{dept:02}"), sexe.to_owned(), "a".to_owned()];
                all.push(Person { id: format!("p{:04}", all.len()), place, tabac: "0", cout: 1 });
            }
        }
    }
    let run = |bench: &Bench, out: &str, tables: &str| {
        bench.write("actes.csv", &all);
        let pipeline = bench.pipeline("actes.csv", &tables.replace(", \"groupe\"", ""), LEDGER);
        common::run(&pipeline, &bench.path(out), 2, common::key(3))
    };
    let rounded = changed("{ method = \"rounding\", base = 5, to = \"nearest\" }");
    run(&Bench::new(), "out", &rounded).unwrap();
    let bench = Bench::new();
    run(&bench, "out1", COUNTS).unwrap();
    let refused = run(&bench, "out2", &rounded).unwrap_err();
    assert!(refused.exit_code() == 4 && refused.to_string().contains("could be found"), "{refused}");
}

#[test]
fn what_stands_in_the_ledger_of_changed_tables_is_how_and_no_count() {
    let all = people(700, 4);
    for (how, by, size) in [
        (NEAREST, ChangedBy::Nearest, 7),
        (RANDOM, ChangedBy::Rounding, 5),
        (CELL_KEY, ChangedBy::CellKey, 4),
        (CONTROLLED, ChangedBy::Controlled, 5),
    ] {
        let bench = Bench::new();
        let release = under(&bench, "out", &all, &changed(how), 3).unwrap();
        let (releases, _) = ledger::read(&bench.path("ledger")).unwrap();
        let tables = &releases[0].tables[0];
        let changed = tables.changed.unwrap();
        assert_eq!((changed.by, changed.size), (by, size), "{how}");
        assert_eq!(tables.shown().count(), release.len(), "a cell that no table shows stands in it, or one is missing");
        let wide = tables.cells.iter().all(|cell| {
            let open = cell.within.is_some_and(|(low, high)| low < high || low >= size);
            cell.counts.is_none() && open
        });
        assert!(wide, "{how}: a count stands in the ledger");
    }
}

#[test]
fn noise_is_written_down_without_its_cells_and_is_paid_each_time() {
    // The fields of noise need declared values.
    let bench = Bench::new();
    let schema = std::fs::read_to_string(bench.path("actes.json")).unwrap();
    let with = |schema: String, field: &str, values: &str| {
        let plain = format!("{{\"name\": \"{field}\", \"type\": \"string\",");
        schema.replace(&plain, &format!("{plain} \"constraints\": {{\"enum\": [{values}]}},"))
    };
    let schema = with(schema, "sexe", "\"F\", \"M\"");
    std::fs::write(bench.path("actes.json"), with(schema, "groupe", "\"a\", \"b\", \"c\", \"d\"")).unwrap();
    let noise = |name: &str| {
        let how = format!(
            "{{ method = \"noise\", release = \"{name}\", kind = \"laplace\", epsilon = \"1\", budget = {{ file = \"budget.json\", epsilon = \"3\" }} }}"
        );
        changed(&how).replace("\"dept\", ", "")
    };
    let all = people(700, 4);
    bench.release("out1", &all, &noise("un"), LEDGER);
    bench.release("out2", &all, &noise("deux"), LEDGER);
    let (releases, _) = ledger::read(&bench.path("ledger")).unwrap();
    for release in &releases {
        let tables = &release.tables[0];
        assert_eq!(tables.changed.unwrap().by, ChangedBy::Noise);
        assert!(tables.cells.is_empty() && tables.codes.is_empty(), "which cells have anybody in them");
    }
    // An exact release knows nothing of it.
    assert_eq!(bench.noted("out3", &all, FINE).earlier.unwrap().releases.len(), 2);
}
