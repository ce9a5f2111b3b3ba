#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use serde_json::json;

use super::super::super::perturbed::Counts;
use super::*;
use crate::config::RoundTo;
use crate::keys::{Domain, MasterKey, PerturbationKey};
use crate::protect::perturb::narrow::Sum;
use crate::protect::perturb::ptable::{PTable, Parameters, VarianceRule};
use crate::protect::perturb::rounding::{Base, Ties, nearest};

/// A table of two lines and three columns with all totals: 6 inner counts, 2 totals of lines, 3 of columns, the whole.
fn table(inner: [u64; 6]) -> Counts {
    let mut counts = inner.to_vec();
    counts.extend([inner[..3].iter().sum::<u64>(), inner[3..].iter().sum()]);
    counts.extend((0..3).map(|column| inner[column] + inner[column + 3]));
    counts.push(inner.iter().sum());
    let sum = |total: u32, parts: &[u32]| Sum { total, parts: parts.to_vec(), adds_up: true };
    let sums = vec![
        sum(6, &[0, 1, 2]),
        sum(7, &[3, 4, 5]),
        sum(8, &[0, 3]),
        sum(9, &[1, 4]),
        sum(10, &[2, 5]),
        sum(11, &[6, 7]),
        sum(11, &[8, 9, 10]),
    ];
    Counts {
        shown: vec![true; 12],
        known: (0..12).map(|cell| cell == 11).collect(),
        seen: vec![0; 12],
        names: vec![Vec::new(); 12],
        threshold: 11,
        sums,
        counts,
        ..Counts::default()
    }
}

/// All inner counts that agree with limits, one after the other: the least and the largest of each cell.
fn tried(limits: &[(u64, u64)], whole: u64) -> Vec<(u64, u64)> {
    let mut found = vec![(u64::MAX, 0); 12];
    let mut inner = [0; 6];
    fn all(at: usize, inner: &mut [u64; 6], limits: &[(u64, u64)], look: &mut dyn FnMut(&[u64; 6])) {
        if at == 6 {
            return look(inner);
        }
        for count in limits[at].0..=limits[at].1 {
            inner[at] = count;
            all(at + 1, inner, limits, look);
        }
    }
    all(0, &mut inner, limits, &mut |inner| {
        let counts = table(*inner).counts;
        let agrees = counts.iter().zip(limits).all(|(count, (low, high))| (low..=high).contains(&count));
        if agrees && counts[11] == whole {
            for (found, count) in found.iter_mut().zip(counts) {
                *found = (found.0.min(count), found.1.max(count));
            }
        }
    });
    found
}

fn rounded(counts: &Counts, base: u64) -> Vec<Option<i64>> {
    let base = Base::new(base).unwrap();
    counts.counts.iter().map(|count| Some(nearest(*count, base, Ties::Up).unwrap() as i64)).collect()
}

proptest! {
    #[test]
    fn programmes_leave_all_that_is_possible_and_no_more_than_one_sum_at_a_time(
        inner in proptest::array::uniform6(0_u64..7)
    ) {
        let counts = table(inner);
        let method = Method::Rounding(Base::new(3).unwrap(), RoundTo::Nearest);
        let limits = counts.limits(&method, &rounded(&counts, 3)).unwrap();
        let mut bounds: Vec<(u64, u64)> = (0..12).map(|cell| counts.known_of(cell, limits[cell])).collect();
        narrow(&mut bounds, &counts.sums);
        let before = bounds.clone();
        counts.by_programmes(&mut bounds, &(0..11).collect::<Vec<_>>()).unwrap();
        let possible = tried(&limits, counts.counts[11]);
        for cell in 0..11 {
            prop_assert!(bounds[cell].0 >= before[cell].0 && bounds[cell].1 <= before[cell].1);
            prop_assert!(bounds[cell].0 <= possible[cell].0 && bounds[cell].1 >= possible[cell].1, "cell {}", cell);
        }
    }
}

#[test]
fn programmes_find_what_no_sum_shows_by_itself() {
    // Of 4, 3 and 2 every two together are known.
    let sum = |total: u32, parts: &[u32]| Sum { total, parts: parts.to_vec(), adds_up: true };
    let counts = Counts {
        counts: vec![4, 3, 2, 7, 5, 6],
        shown: vec![true; 6],
        known: vec![false, false, false, true, true, true],
        seen: vec![0; 6],
        threshold: 11,
        sums: vec![sum(3, &[0, 1]), sum(4, &[1, 2]), sum(5, &[0, 2])],
        ..Counts::default()
    };
    let method = Method::Rounding(Base::new(11).unwrap(), RoundTo::Random);
    let limits = counts.limits(&method, &[Some(0), Some(0), Some(0), Some(11), Some(0), Some(11)]).unwrap();
    let mut bounds: Vec<(u64, u64)> = (0..6).map(|cell| counts.known_of(cell, limits[cell])).collect();
    narrow(&mut bounds, &counts.sums);
    assert!(bounds[..3].iter().all(|(low, high)| low < high), "one sum at a time finds it");
    assert!(matches!(counts.narrowest(&method, Some(&limits)), Err(PerturbError::Found { cells: 3 })));
}

#[test]
fn an_inner_count_that_controlled_rounding_changed_stays_open_unless_what_is_known_settles_it() {
    // 2 and 4 became 0 and 5; everything else is a multiple of the base.
    let mut counts = table([2, 10, 5, 4, 10, 10]);
    let shown = [0, 10, 5, 5, 10, 10, 15, 25, 5, 20, 15, 40].map(Some);
    let method = Method::Controlled(5);
    counts.known[11] = false;
    let limits = counts.limits(&method, &shown).unwrap();
    assert_eq!(&limits[..6], [(0, 4), (10, 10), (1, 5), (1, 5), (10, 10), (10, 10)]);
    assert_eq!(counts.narrowest(&method, Some(&limits)).unwrap(), Some(4));
    // Whoever knows that the first line has 17 persons and the third column 15 knows how many became 0.
    counts.known[6] = true;
    counts.known[10] = true;
    assert!(matches!(counts.narrowest(&method, Some(&limits)), Err(PerturbError::Found { cells: 1 })));
}

#[test]
fn under_a_published_total_of_0_inner_counts_are_small_though_nobody_shows_them() {
    let mut counts = table([1, 2, 1, 30, 30, 30]);
    counts.shown[..3].fill(false);
    let mut shown = [None, None, None, Some(30), Some(30), Some(30), Some(0), Some(90), None, None, None, None];
    let limits = counts.limits(&Method::Controlled(5), &shown).unwrap();
    assert_eq!(limits[..3], [(0, 4); 3]);
    shown[6] = Some(5);
    assert_eq!(counts.limits(&Method::Controlled(5), &shown).unwrap()[0], (0, u64::MAX));
}

#[test]
fn a_count_that_was_published_before_is_found_again_whatever_its_rounding_says() {
    let mut counts = table([4, 20, 20, 20, 20, 20]);
    let method = Method::Rounding(Base::new(5).unwrap(), RoundTo::Random);
    let shown: Vec<Option<i64>> = counts.counts.iter().map(|count| Some(*count as i64 / 5 * 5)).collect();
    let limits = counts.limits(&method, &shown).unwrap();
    assert!(counts.narrowest(&method, Some(&limits)).unwrap() > Some(0));
    // An earlier release had all but this one.
    counts.before = counts.counts.iter().map(|count| (*count, *count)).collect();
    counts.before[0] = (1, u64::MAX);
    assert!(matches!(counts.narrowest(&method, Some(&limits)), Err(PerturbError::Found { cells: 1 })));
}

/// Departments within regions, by age and sex, with all totals, of `persons` persons laid out by `word`.
fn hierarchy(regions: &[u32], persons: u64, mut word: impl FnMut() -> u64) -> Counts {
    let departments: u32 = regions.iter().sum();
    // Places of a dimension: its inner ones first, then totals; and which places each total is made of.
    let mut places: Vec<(u32, Vec<u32>)> = Vec::new();
    let mut first = 0;
    for (region, size) in regions.iter().enumerate() {
        places.push((departments + region as u32, (first..first + size).collect()));
        first += size;
    }
    let whole = departments + regions.len() as u32;
    places.push((whole, (departments..whole).collect()));
    let dimensions =
        [(whole + 1, departments, places), (4, 3, vec![(3, vec![0, 1, 2])]), (3, 2, vec![(2, vec![0, 1])])];
    let at = |place: [u32; 3]| (place[0] * 4 + place[1]) * 3 + place[2];
    let mut counts = vec![0_u64; (dimensions[0].0 * 12) as usize];
    for _ in 0..persons {
        let place = [0, 1, 2].map(|d| (word() % u64::from(dimensions[d].1)) as u32);
        counts[at(place) as usize] += 1;
    }
    let mut sums = Vec::new();
    for d in 0..3 {
        let others: Vec<usize> = (0..3).filter(|o| *o != d).collect();
        for (total, parts) in &dimensions[d].2 {
            for a in 0..dimensions[others[0]].0 {
                for b in 0..dimensions[others[1]].0 {
                    let cell = |own: u32| {
                        let mut place = [own; 3];
                        (place[others[0]], place[others[1]]) = (a, b);
                        at(place)
                    };
                    let sum =
                        Sum { total: cell(*total), parts: parts.iter().map(|p| cell(*p)).collect(), adds_up: true };
                    sums.push(sum);
                }
            }
        }
    }
    // Dimension after dimension, so that what a total is made of stands before it.
    for sum in &sums {
        let value: u64 = sum.parts.iter().map(|part| counts[*part as usize]).sum();
        counts[sum.total as usize] = counts[sum.total as usize].max(value);
    }
    let cells = counts.len();
    Counts {
        names: (0..cells).map(|cell| vec![("cell".to_owned(), cell.to_string())]).collect(),
        keys: (0..cells).map(|_| word()).collect(),
        shown: vec![true; cells],
        known: vec![false; cells],
        seen: vec![0; cells],
        threshold: 11,
        sums,
        counts,
        ..Counts::default()
    }
}

#[test]
fn another_draw_changes_other_counts_and_the_same_draw_the_same() {
    let key = MasterKey::from_bytes(std::array::from_fn(|at| at as u8 * 7 + 1)).unwrap();
    let key = key.perturbation_key(&Domain { epoch: "", recipient: "", dataset: "", identifier: "nir" });
    let parameters =
        Parameters { deviation: 5, variance: 2.0, rule: VarianceRule::AtMost, blocked: 0, stay: None, monotone: false };
    let table = PTable::of_largest_entropy(&parameters).unwrap();
    let counts = || {
        let mut word = ChaCha20Rng::seed_from_u64(7);
        hierarchy(&[1, 2, 4, 3, 5], 250, || word.next_u64())
    };
    for method in [Method::CellKey(table), Method::Rounding(Base::new(5).unwrap(), RoundTo::Random)] {
        let changed =
            |counts: &Counts, key: &PerturbationKey| counts.change(&method, &json!({}), Some(key)).unwrap().values;
        let first = changed(&counts(), &key);
        assert_eq!(first, changed(&counts(), &key));
        let again = key.again(1);
        let mut moved = counts();
        moved.draw_again(&again);
        let second = changed(&moved, &again);
        let differ = first.iter().zip(&second).filter(|(first, second)| first != second).count();
        assert!(differ * 4 > first.len(), "{differ} of {} differ", first.len());
    }
}
