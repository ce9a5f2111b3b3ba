//! Releases over the same people, one after the other: what somebody who kept the first learns from the second.

#![allow(clippy::unwrap_used)]

#[path = "ledger/attacker.rs"]
mod attacker;
#[path = "ledger/bench.rs"]
mod bench;
#[path = "common/mod.rs"]
mod common;
#[path = "common/tables.rs"]
mod plain;

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
