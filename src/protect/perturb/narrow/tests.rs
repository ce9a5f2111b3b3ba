use proptest::prelude::*;

use super::*;

fn total_of(parts: u32, adds_up: bool) -> Sum {
    Sum { total: parts, parts: (0..parts).collect(), adds_up }
}

#[test]
fn four_parts_rounded_to_nothing_under_a_total_rounded_up_are_found() {
    let mut bounds = vec![(0, 2), (0, 2), (0, 2), (0, 2), (8, 12)];
    narrow(&mut bounds, &[total_of(4, true)]);
    assert_eq!(bounds, [(2, 2), (2, 2), (2, 2), (2, 2), (8, 8)]);
}

#[test]
fn a_total_that_lies_between_what_its_parts_allow_tells_nothing() {
    let before = vec![(0, 4), (0, 4), (1, 9), (1, 9)];
    let mut bounds = before.clone();
    narrow(&mut bounds, &[total_of(3, true)]);
    assert_eq!(bounds, before);
}

#[test]
fn a_part_is_no_larger_than_its_total_even_where_persons_are_in_several_parts() {
    let mut bounds = vec![(0, 9), (6, 9), (0, 7)];
    narrow(&mut bounds, &[total_of(2, false)]);
    assert_eq!(bounds, [(0, 7), (6, 7), (6, 7)], "the parts may overlap: the first can still be 7");
    narrow(&mut bounds, &[total_of(2, true)]);
    assert_eq!(bounds, [(0, 1), (6, 7), (6, 7)]);
}

#[test]
fn sums_narrow_one_another_until_nothing_moves() {
    // a + b = t, t + c = u.
    let sums = [Sum { total: 2, parts: vec![0, 1], adds_up: true }, Sum { total: 4, parts: vec![2, 3], adds_up: true }];
    let mut bounds = vec![(0, 4), (3, 3), (0, 100), (5, 5), (8, 8)];
    narrow(&mut bounds, &sums);
    assert_eq!(bounds, [(0, 0), (3, 3), (3, 3), (5, 5), (8, 8)]);
}

#[test]
fn what_contradicts_itself_is_left_as_it_is() {
    let mut bounds = vec![(0, 1), (0, 1), (9, 9)];
    narrow(&mut bounds, &[total_of(2, true)]);
    assert_eq!(bounds[2], (9, 9));
}

proptest! {
    /// The true counts are never cut off, and in one sum every end that is left can be reached: found by trying all.
    #[test]
    fn bounds_hold_the_truth_and_are_tight_in_one_sum(
        parts in prop::collection::vec((0_u64..5, 0_u64..4, 0_u64..4), 1..4),
        (under, over) in (0_u64..4, 0_u64..4),
    ) {
        let truth: Vec<u64> = parts.iter().map(|(count, ..)| *count).collect();
        let total: u64 = truth.iter().sum();
        let mut bounds: Vec<(u64, u64)> =
            parts.iter().map(|(count, under, over)| (count.saturating_sub(*under), count + over)).collect();
        bounds.push((total.saturating_sub(under), total + over));
        let given = bounds.clone();
        narrow(&mut bounds, &[total_of(truth.len() as u32, true)]);
        let mut ends = vec![(u64::MAX, 0); bounds.len()];
        let mut counts: Vec<u64> = given[..truth.len()].iter().map(|(low, _)| *low).collect();
        loop {
            let sum: u64 = counts.iter().sum();
            if (given[truth.len()].0..=given[truth.len()].1).contains(&sum) {
                for (end, count) in ends.iter_mut().zip(counts.iter().chain([&sum])) {
                    *end = (end.0.min(*count), end.1.max(*count));
                }
            }
            let Some(next) = (0..counts.len()).find(|at| counts[*at] < given[*at].1) else { break };
            (0..next).for_each(|at| counts[at] = given[at].0);
            counts[next] += 1;
        }
        prop_assert_eq!(bounds, ends);
    }
}

#[test]
fn sums_of_any_sign_are_narrowed_and_a_part_without_limit_narrows_no_other() {
    let none = (-UNBOUNDED, UNBOUNDED);
    let mut bounds = vec![(-5, 5), (10, 20), none, (0, 3)];
    narrow_sums(&mut bounds, &[total_of(3, true)]);
    assert_eq!(bounds, [(-5, 5), (10, 20), (-25, -2), (0, 3)]);
    let mut bounds = vec![none, (10, 20), none, (0, 3)];
    narrow_sums(&mut bounds, &[total_of(3, true)]);
    assert_eq!(bounds, [none, (10, 20), none, (0, 3)]);
}
