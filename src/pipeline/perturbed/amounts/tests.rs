//! What rounded sums leave open, held against an intruder who tries all tables.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::config::Perturb;
use crate::keys::{Domain, MasterKey};
use crate::protect::perturb::narrow::Sum;

/// Three cells and their total, of these contributions.
fn counts(parts: &[Vec<i64>; 3], change: SumChange) -> Counts {
    let whole: Vec<i64> = parts.iter().flatten().copied().collect();
    let cell = |people: &Vec<i64>| {
        let mut largest: Vec<(i128, u64)> = people.iter().map(|size| (i128::from(*size) * ONE, 0)).collect();
        largest.sort_by(|a, b| b.cmp(a));
        let sum = largest.iter().map(|(size, _)| size).sum();
        AmountCell { sum, contributors: people.len() as u64, largest, ..AmountCell::default() }
    };
    let cells: Vec<AmountCell> = parts.iter().chain([&whole]).map(cell).collect();
    Counts {
        counts: cells.iter().map(|cell| cell.contributors).collect(),
        names: ["a", "b", "c"].iter().map(|code| vec![("x".to_owned(), (*code).to_owned())]).chain([vec![]]).collect(),
        shown: vec![true; 4],
        known: vec![false; 4],
        seen: vec![0; 4],
        sums: vec![Sum { total: 3, parts: vec![0, 1, 2], adds_up: true }],
        threshold: 4,
        hidden: true,
        amounts: vec![Amounts { change, cells, persons: None }],
        ..Counts::default()
    }
}

fn rounding(base: u64, to: &str) -> Perturb {
    let text = format!(
        "[[table]]\nname = \"t\"\nfile = \"t.csv\"\nform = \"microdata\"\nby = [\"x\"]\nvalue = \"v\"\ncontributor = \"w\"\n\
         perturb = {{ method = \"rounding\", base = 3, to = \"{to}\", key = \"k\", sums = [{{ column = \"v\", base = \"{base}\" }}] }}\n"
    );
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("spec.toml"), text).unwrap();
    let spec = crate::config::ReadyTables::read(&folder.path().join("spec.toml")).unwrap();
    spec.tables[0].perturb.clone().unwrap().how
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    /// Whatever passes leaves every small sum, and every one in which one contributor dominates, an interval too wide to name that
    /// contributor within 10 %: by trying all whole numbers that the published ones allow.
    #[test]
    fn what_passes_hides_every_largest_contributor_from_who_tries_all_tables(
        parts in prop::array::uniform3(prop::collection::vec(0_i64..60, 0..6)),
        base in 4_u64..30,
        to_nearest in any::<bool>(),
        secret in any::<u8>(),
        shows in prop::array::uniform4(prop::bool::weighted(0.8)),
    ) {
        let perturb = rounding(base, if to_nearest { "nearest" } else { "random" });
        let method = Method::new(&perturb).unwrap();
        let counts = counts(&parts, perturb.sums()[0].clone());
        let key = MasterKey::from_bytes(std::array::from_fn(|at| at as u8 ^ secret)).unwrap();
        let key = key.perturbation_key(&Domain { epoch: "", recipient: "", dataset: "", identifier: "nir" });
        let Ok(changed) = counts.change_sums(&method, &perturb.to_json(), (Some(&key), &shows)) else { return Ok(()) };
        let values: Vec<Option<i64>> =
            changed[0].values.iter().map(|value| value.map(|value| (value / ONE) as i64)).collect();
        let base = base as i64;
        let may = |cell: usize, sum: i64| match values[cell] {
            None => true,
            Some(shown) if to_nearest => 2 * (sum - shown) < base && 2 * (shown - sum) <= base,
            Some(shown) => (sum - shown).abs() < base,
        };
        // No part is above 5 · 59.
        let most = 300;
        let mut found = [(i64::MAX, i64::MIN); 4];
        for a in (0..most).filter(|a| may(0, *a)) {
            for b in (0..most).filter(|b| may(1, *b)) {
                // Of the third, the ends of what it and the total allow.
                let allowed: Vec<i64> = (0..most).filter(|c| may(2, *c) && may(3, a + b + c)).collect();
                if let (Some(first), Some(last)) = (allowed.first(), allowed.last()) {
                    for (at, low, high) in [(0, a, a), (1, b, b), (2, *first, *last), (3, a + b + first, a + b + last)] {
                        found[at] = (found[at].0.min(low), found[at].1.max(high));
                    }
                }
            }
        }
        for (cell, (low, high)) in found.into_iter().enumerate() {
            let made = &counts.amounts[0].cells[cell];
            let size = |at: usize| made.largest.get(at).map_or(0, |(size, _)| (size / ONE) as i64);
            let sum = (made.sum / ONE) as i64;
            prop_assert!(low <= sum && sum <= high, "the truth is possible");
            let others = sum - size(0) - size(1);
            let hidden_by_others = made.contributors >= 4 && others > 0 && 10 * others >= size(0);
            if made.contributors > 0 && !hidden_by_others {
                prop_assert!(10 * (high - low) > 2 * size(0), "{cell}: {low} to {high} with {}", size(0));
            }
        }
    }
}

/// Groups of three cells with one contributor each, and the sum of every two of them: what all three sums tell together, none of them
/// tells by itself.
fn triangles(many: u32, size: i64, change: SumChange) -> Counts {
    let lone = |size: i64| AmountCell {
        sum: i128::from(size) * ONE,
        contributors: 1,
        largest: vec![(i128::from(size) * ONE, 0)],
        ..AmountCell::default()
    };
    let both = |first: i64, second: i64| AmountCell {
        sum: i128::from(first + second) * ONE,
        contributors: 40,
        largest: vec![(ONE, 0), (ONE, 0)],
        ..AmountCell::default()
    };
    let one = |_| [lone(size), lone(size), lone(size), both(size, size), both(size, size), both(size, size)];
    let cells: Vec<AmountCell> = (0..many).flat_map(one).collect();
    let sums = (0..many).flat_map(|at| {
        let first = 6 * at;
        let sum = |total: u32, parts: [u32; 2]| Sum {
            total: first + total,
            parts: parts.map(|part| first + part).to_vec(),
            adds_up: true,
        };
        [sum(3, [0, 1]), sum(4, [1, 2]), sum(5, [0, 2])]
    });
    Counts {
        counts: cells.iter().map(|cell| cell.contributors).collect(),
        names: (0..cells.len()).map(|cell| vec![("x".to_owned(), cell.to_string())]).collect(),
        shown: vec![true; cells.len()],
        known: vec![false; cells.len()],
        seen: vec![0; cells.len()],
        sums: sums.collect(),
        threshold: 4,
        hidden: true,
        amounts: vec![Amounts { change, cells, persons: None }],
        ..Counts::default()
    }
}

#[test]
fn of_however_many_sums_all_are_held_against_all_tables() {
    let perturb = rounding(20, "nearest");
    let method = Method::new(&perturb).unwrap();
    // A few sums, and thousands.
    for many in [3, 900] {
        let changed = |size: i64, shows: [bool; 6]| {
            let counts = triangles(many, size, perturb.sums()[0].clone());
            let shows: Vec<bool> = (0..counts.counts.len()).map(|cell| shows[cell % 6]).collect();
            counts.change_sums(&method, &perturb.to_json(), (None, &shows)).map(drop)
        };
        // Published as 100 each and 180 by pairs: 90 to 109 by itself, 90 to 99 by one sum.
        let found = changed(90, [true; 6]);
        assert!(
            matches!(found, Err(PerturbError::SumFound { cells, .. }) if cells == u64::from(3 * many)),
            "{found:?}"
        );
        // Without their own numbers one sum leaves each 0 to 189, and three together leave half their error on each side.
        assert!(changed(90, [false, false, false, true, true, true]).is_ok());
        assert!(changed(150, [false, false, false, true, true, true]).is_err());
        assert!(changed(30, [true; 6]).is_ok());
    }
}
