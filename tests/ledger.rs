//! Releases over the same people, one after the other: what somebody who kept the first learns from the second.

#![allow(clippy::unwrap_used)]

#[path = "ledger/attacker.rs"]
mod attacker;
#[path = "ledger/bench.rs"]
mod bench;
#[path = "ledger/changed.rs"]
mod changed;
#[path = "common/mod.rs"]
mod common;
#[path = "ledger/estimates.rs"]
mod estimates;
#[path = "ledger/file.rs"]
mod file;
#[path = "ledger/levels.rs"]
mod levels;
#[path = "common/tables.rs"]
mod plain;
#[path = "ledger/rows.rs"]
mod rows;

use attacker::{Known, Seen, differences, opened, plain_differences};
use bench::{Bench, FINE, Person, people, table};
use tamis::pipeline::RunSummary;

const THRESHOLD: i64 = 11;

fn seen(summary: &RunSummary, names: &[&str]) -> Seen {
    Seen::new(&names.iter().map(|name| table(&summary.release, name)).collect::<Vec<_>>())
}

/// Both releases of the fine table, with a ledger or without.
fn campaigns(first: &[Person], second: &[Person], noted: bool) -> (Seen, Seen, RunSummary) {
    let bench = Bench::new();
    let more = if noted { bench::LEDGER } else { "" };
    let one = bench.release("out1", first, FINE, more);
    let two = bench.release("out2", second, FINE, more);
    (seen(&one, &["fine"]), seen(&two, &["fine"]), two)
}

#[test]
fn one_more_person_is_not_found_by_subtracting_two_campaigns_and_is_without_a_ledger() {
    let all = people(1_501, 1);
    for seed in 0..3 {
        let mut second = all.clone();
        second.swap(1_500, seed * 100);
        let first = &second[..1_500];
        let (old, new, _) = campaigns(first, &second, false);
        assert!(!plain_differences(&old, &new, 11).is_empty(), "the attack finds nothing to attack");
        let (old, new, summary) = campaigns(first, &second, true);
        assert_eq!(plain_differences(&old, &new, 11), []);
        let (old, new) = (Known { people: first, seen: &old }, Known { people: &second, seen: &new });
        assert_eq!(differences(&old, &new, THRESHOLD), []);
        let earlier = summary.earlier.unwrap();
        assert!(earlier.suppressed() > 0 && earlier.releases.len() == 1);
        assert_eq!(earlier.unprotected, 0);
        // What nobody came to is still shown.
        assert!(new.seen.published().count() > 40, "{}", new.seen.published().count());
    }
}

#[test]
fn many_more_persons_leave_no_small_difference_alone_or_together() {
    for seed in 1..5 {
        let all = people(1_600, seed);
        let first = &all[..1_500];
        let (old, new, summary) = campaigns(first, &all, true);
        let (old, new) = (Known { people: first, seen: &old }, Known { people: &all, seen: &new });
        assert_eq!(differences(&old, &new, THRESHOLD), [], "seed {seed}");
        assert_eq!(summary.earlier.unwrap().unprotected, 0);
        let (old, new, _) = campaigns(first, &all, false);
        let (old, new) = (Known { people: first, seen: &old }, Known { people: &all, seen: &new });
        assert!(!differences(&old, &new, THRESHOLD).is_empty(), "the attack finds nothing to attack");
    }
}

#[test]
fn the_same_data_released_twice_suppress_nothing_more() {
    let all = people(1_500, 4);
    let (old, new, summary) = campaigns(&all, &all, true);
    assert!(old.suppressed() > 3);
    let more: Vec<_> = new.cells.iter().filter(|(p, s)| *s != "publie" && old.cells[*p] == "publie").collect();
    assert!(more.is_empty(), "{more:?}");
    let both = Known { people: &all, seen: &old };
    assert_eq!(opened(&both, &[&old, &new], THRESHOLD), Vec::<attacker::Place>::new());
    let earlier = summary.earlier.unwrap();
    assert_eq!((earlier.known as usize, earlier.known_suppressed), (old.published().count(), 0));
}

#[test]
fn every_two_of_three_campaigns_leave_no_small_difference() {
    let all = people(1_580, 9);
    let parts = [&all[..1_500], &all[..1_540], &all[..]];
    let bench = Bench::new();
    let releases: Vec<Seen> =
        (0..3).map(|at| seen(&bench.noted(&format!("out{at}"), parts[at], FINE), &["fine"])).collect();
    for (first, second) in [(0, 1), (1, 2), (0, 2)] {
        let old = Known { people: parts[first], seen: &releases[first] };
        let new = Known { people: parts[second], seen: &releases[second] };
        assert_eq!(differences(&old, &new, THRESHOLD), [], "{first} and {second}");
    }
}

#[test]
fn a_campaign_after_one_of_a_single_person_shows_again_what_that_one_hid() {
    let all = people(2_100, 9);
    let bench = Bench::new();
    let counts = [1_500, 1_501, 2_100];
    let [_, second, third] = [0, 1, 2].map(|at: usize| {
        let summary = bench.noted(&format!("out{at}"), &all[..counts[at]], FINE);
        seen(&summary, &["fine"])
    });
    let whole = [None, None, None];
    assert_eq!((second.cells[&whole].as_str(), third.cells[&whole].as_str()), ("supprime_secondaire", "publie"));
    let hidden = second.cells.iter().filter(|(_, status)| *status == "supprime_secondaire").map(|(place, _)| place);
    let again = hidden.clone().filter(|place| third.cells[*place] == "publie").count();
    assert!(again * 2 > hidden.count(), "{again} are shown again");
}

#[test]
fn people_who_left_are_protected_like_people_who_came() {
    let all = people(1_500, 2);
    let second: Vec<Person> = all.iter().enumerate().filter(|(at, _)| at % 40 != 0).map(|(_, p)| p.clone()).collect();
    let (old, new, _) = campaigns(&all, &second, true);
    let (old, new) = (Known { people: &all, seen: &old }, Known { people: &second, seen: &new });
    assert_eq!(differences(&old, &new, THRESHOLD), []);
}

/// A population, and a file of a sample of it in which some cells are whole but for a few.
#[test]
fn a_population_and_then_a_sample_of_it_leave_no_few_between_them() {
    let all = people(1_500, 5);
    let mut chance = bench::Chance(99);
    let is_drawn = |person: &Person, by_chance: bool| by_chance || person.place[0] == "02" || person.place[2] == "a";
    let drawn: Vec<Person> = (all.iter().filter(|p| p.id != "p00007"))
        .filter(|person| is_drawn(person, chance.under(10) < 8))
        .cloned()
        .collect();
    for (first, second) in [(&all, &drawn), (&drawn, &all)] {
        let (old, new, _) = campaigns(first, second, false);
        assert!(!plain_differences(&old, &new, 11).is_empty(), "the attack finds nothing to attack");
        let (old, new, _) = campaigns(first, second, true);
        let (old, new) = (Known { people: first, seen: &old }, Known { people: second, seen: &new });
        assert_eq!(differences(&old, &new, THRESHOLD), []);
    }
}

const BY_SEX: &str = "[[aggregate]]\nname = \"sexe\"\nby = [\"dept\", \"sexe\"]\nmeasure = [{ count = \"persons\" }]\n";
const BY_GROUP: &str = "[[aggregate]]\nname = \"groupe\"\nby = [\"dept\", \"groupe\"]\nmargins = true\nmeasure = [{ count = \"persons\" }]\n";

/// People of whom two departments have few women: so many together that nothing else has to be suppressed for them.
fn with_a_rare_cell() -> Vec<Person> {
    let mut all = people(800, 8);
    all.retain(|person| person.place[0].as_str() < "04");
    for (dept, women) in [("08", 7), ("09", 6)] {
        for at in 0..60 {
            let sexe = if at < women { "F" } else { "M" };
            let groupe = ["a", "b", "c", "d"][at % 4];
            let place = [dept, sexe, groupe].map(str::to_owned);
            all.push(Person { id: format!("q{dept}{at}"), place, tabac: "0", cout: 20 });
        }
    }
    all
}

#[test]
fn another_table_over_the_same_data_does_not_open_cells_of_the_first() {
    let all = with_a_rare_cell();
    let attack = |more: &str| {
        let bench = Bench::new();
        let one = seen(&bench.release("out1", &all, BY_SEX, more), &["sexe"]);
        let summary = bench.release("out2", &all, BY_GROUP, more);
        let two = seen(&summary, &["groupe"]);
        let told = std::fs::read_to_string(summary.dossier.join("tables.json")).unwrap();
        let told: serde_json::Value = serde_json::from_str(&told).unwrap();
        (opened(&Known { people: &all, seen: &one }, &[&one, &two], THRESHOLD), two, told)
    };
    let (found, ..) = attack("");
    assert!(!found.is_empty(), "the attack finds nothing to attack");
    let (found, two, told) = attack(bench::LEDGER);
    assert!(found.is_empty(), "{found:?}");
    assert!(two.published().count() > 10);
    assert_eq!(told[0]["cells_of_earlier_releases_derivable"], 0);
    assert_eq!(told[0]["earlier_releases"]["releases"].as_array().unwrap().len(), 1);
}

const SUMS: &str = "[[aggregate]]\nname = \"couts\"\nby = [\"dept\", \"sexe\"]\nmargins = true\n\
                    measure = [{ count = \"persons\" }, { mean = \"cout\" }, { share = \"tabac\", equals = \"1\", as = \"un\" }]\n";

#[test]
fn the_correction_of_one_value_is_told_by_no_sum_and_by_no_share() {
    let first = people(900, 3);
    let mut second = first.clone();
    (second[100].cout, second[100].tabac) = (5_000, if first[100].tabac == "1" { "2" } else { "1" });
    let told = |noted: &str| {
        let bench = Bench::new();
        let tables = [("out1", &first), ("out2", &second)]
            .map(|(out, people)| table(&bench.release(out, people, SUMS, noted).release, "couts"));
        let changed = |column: &str| {
            let [old, new] = [0, 1].map(|at: usize| tables[at].column(column));
            old.iter().zip(&new).filter(|(old, new)| !old.is_empty() && !new.is_empty() && old != new).count()
        };
        assert_eq!(tables[0].column("persons"), tables[1].column("persons"));
        (changed("mean_cout"), changed("un"))
    };
    let (means, shares) = told("");
    assert!(means > 0 && shares > 0, "the attack finds nothing to attack");
    assert_eq!(told(bench::LEDGER), (0, 0));
}

#[test]
fn releases_of_another_universe_are_not_looked_at() {
    let all = people(1_501, 1);
    let bench = Bench::new();
    let one = bench.noted("out1", &all[..1_500], FINE);
    let other = bench::LEDGER.replace("essai-2026", "essai-2027");
    let two = bench.release("out2", &all, FINE, &other);
    assert!(!plain_differences(&seen(&one, &["fine"]), &seen(&two, &["fine"]), 11).is_empty());
    assert_eq!(two.earlier.unwrap().releases, []);
}

/// Half of the people, with estimates for all; rows of them beside a table of everybody.
const HALF: &str = "[sample]\ndesign = \"bernoulli\"\nrate = \"1/2\"\n";
const ROWS: &str = "[[persons]]\nname = \"lignes\"\ncolumns = [\"sexe\", \"groupe\"]\n\
                    protect = { quasi_identifiers = [\"sexe\", \"groupe\"] }\n";

#[test]
fn a_table_beside_rows_is_held_against_an_earlier_one_as_well() {
    let all = people(1_600, 7);
    let bench = Bench::new();
    let tables = format!("{FINE}{ROWS}");
    let more = format!("{}{HALF}", bench::LEDGER);
    let [old, new] = [("out1", &all[..1_200]), ("out2", &all[..])]
        .map(|(out, people)| seen(&bench.release(out, people, &tables, &more), &["fine"]));
    let (old, new) = (Known { people: &all[..1_200], seen: &old }, Known { people: &all, seen: &new });
    assert!(old.seen.published().count() > 20 && new.seen.published().next().is_some());
    assert_eq!(differences(&old, &new, THRESHOLD), []);
}
