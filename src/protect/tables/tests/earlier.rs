//! A release after another one: what both tell together.

use super::*;
use crate::protect::tables::gauss::derivable;

/// Totals and their parts.
type Sums = Vec<(u32, Vec<u32>)>;

/// Parts in groups, totals of the groups, and the whole; all are shown. A part of nobody stays in the table, with no more to it.
#[derive(Debug)]
struct Two {
    groups: Vec<Vec<(u64, u64)>>,
}

impl Two {
    /// Cells of the first release (0) or the second (1), parts first; parts of nobody are left out.
    fn cells(&self, release: usize) -> (Vec<Cell>, Vec<(u32, Vec<u32>)>) {
        let number = |part: &(u64, u64)| if release == 0 { part.0 } else { part.1 };
        let (mut cells, mut sums) = (Vec::new(), Vec::new());
        for group in &self.groups {
            let first = cells.len() as u32;
            cells.extend(group.iter().map(|part| apart(number(part))));
            sums.push((0, (first..cells.len() as u32).collect::<Vec<u32>>()));
        }
        let totals = cells.len() as u32;
        for (at, sum) in (totals..).zip(&mut sums) {
            sum.0 = at;
            cells.push(together(sum.1.iter().map(|part| &cells[*part as usize]).collect::<Vec<_>>().into_iter()));
        }
        let all = (totals..cells.len() as u32).collect::<Vec<u32>>();
        cells.push(together(cells[totals as usize..].to_vec().iter()));
        sums.push((cells.len() as u32 - 1, all));
        (cells, sums)
    }

    /// Plans the first release by itself, the second after it.
    fn plans(&self) -> (SystemPlan, SystemPlan) {
        let shown = Shown { cell: true, ..Shown::default() };
        let cell = |cell| TableCell::new(cell, &shown, threshold());
        let ((then, sums), (now, _)) = (self.cells(0), self.cells(1));
        let first = plan(&then.iter().map(cell).collect::<Vec<_>>(), sums.clone()).unwrap();
        let earlier = Earlier {
            certain: true,
            cells: then.iter().enumerate().map(|(at, cell)| told(at, cell, &first)).collect(),
            relations: sums.clone(),
            absent: vec![false; now.len()],
            gone: Vec::new(),
        };
        let mut cells: Vec<TableCell<'_>> = now.iter().map(cell).collect();
        let ahead = Ahead::new(&cells, &sums, &[earlier]).unwrap();
        for (at, cell) in cells.iter_mut().enumerate() {
            cell.before = ahead.before(at);
        }
        let second = plan_after(&cells, sums.clone(), &ahead, Method::Elimination).unwrap();
        assert_eq!(report(&cells, sums, &second, &ahead).unwrap().earlier, 0);
        (first, second)
    }

    /// Which cells are known to somebody who knows what a plan publishes, and the changes of what he knows in both.
    fn found(&self, plans: [&SystemPlan; 2]) -> (Vec<Option<i64>>, Sums) {
        let ((then, sums), (now, _)) = (self.cells(0), self.cells(1));
        let system = System::new(then.len(), sums.clone()).unwrap();
        let known = |plan: &SystemPlan| {
            let hidden: Vec<bool> = (0..then.len()).map(|at| plan.status(at) != O).collect();
            let found = derivable(&system, &hidden).unwrap();
            (0_u32..).zip(hidden).map(|(at, hidden)| !hidden || found.contains(&at)).collect::<Vec<bool>>()
        };
        let both = known(plans[0]).into_iter().zip(known(plans[1])).zip(then.iter().zip(&now));
        let change = |((then_known, now_known), (then, now)): ((bool, bool), (&Cell, &Cell))| {
            (then_known && now_known).then(|| now.persons as i64 - then.persons as i64)
        };
        (both.map(change).collect(), sums)
    }
}

fn told(at: usize, cell: &Cell, plan: &SystemPlan) -> EarlierCell {
    let fate = match plan.status(at) {
        O => EarlierFate::Known(cell.records, cell.persons),
        Status::Primary(_) => EarlierFate::Unsafe,
        S => EarlierFate::Hidden,
    };
    EarlierCell { same: Some(at as u32), fate, perhaps: [].into(), amounts: [].into(), shares: [].into() }
}

fn is_few(change: i64) -> bool {
    (1..T as i64).contains(&change.abs())
}

fn twice() -> impl Strategy<Value = Two> {
    let change = prop_oneof![3 => Just(0_i64), 2 => -4..5_i64, 2 => 5..30_i64];
    let part = (1..60_u64, change).prop_map(|(then, change)| (then, then.saturating_add_signed(change).max(1)));
    prop::collection::vec(prop::collection::vec(part, 1..6), 1..5).prop_map(|groups| Two { groups })
}

proptest! {
    #[test]
    fn nobody_who_kept_the_first_release_finds_few_who_came_or_left(two in twice()) {
        let (first, second) = two.plans();
        let (changes, sums) = two.found([&first, &second]);
        prop_assert!(!changes.iter().flatten().any(|change| is_few(*change)), "{:?}", changes);
        // Parts of a line that are not known in both, of which the sum is.
        for (total, parts) in sums {
            let known: Option<i64> = changes[total as usize];
            let open = parts.iter().any(|part| changes[*part as usize].is_none());
            let told: i64 = parts.iter().filter_map(|part| changes[*part as usize]).sum();
            if let (Some(known), true, 0) = (known, open, second.earlier_unprotected()) {
                prop_assert!(!is_few(known - told), "{} of {}", known - told, known);
            }
        }
    }

    #[test]
    fn the_same_numbers_again_open_nothing_and_suppress_nothing_more(two in twice()) {
        let same = Two { groups: two.groups.iter().map(|g| g.iter().map(|(then, _)| (*then, *then)).collect()).collect() };
        let (first, second) = same.plans();
        let (cells, sums) = same.cells(0);
        let system = System::new(cells.len(), sums).unwrap();
        let hidden: Vec<bool> =
            (0..cells.len()).map(|at| first.status(at) != O && second.status(at) != O).collect();
        prop_assert!((0..cells.len()).all(|at| second.status(at) == O || first.status(at) != O));
        let found = derivable(&system, &hidden).unwrap();
        prop_assert!(found.iter().all(|cell| first.status(*cell as usize) != P));
        prop_assert_eq!(second.earlier_unprotected(), 0);
    }
}

#[test]
fn a_group_to_which_three_came_is_suppressed_with_its_part_and_another_stays() {
    let two = Two { groups: vec![vec![(20, 23), (30, 30), (40, 40)], vec![(50, 50), (60, 90)]] };
    let (first, second) = two.plans();
    assert_eq!(counts(&(0..8).map(|at| first.status(at)).collect::<Vec<_>>()), [8, 0, 0]);
    let status: Vec<Status> = (0..8).map(|at| second.status(at)).collect();
    // The part and its total are known from before; the whole is not left with three beside a total of thirty.
    assert_eq!(status[..3], [S, O, O]);
    assert_eq!((status[3], status[5]), (O, S));
}

#[test]
fn a_cell_that_grew_with_all_around_it_is_shown_and_one_around_which_nothing_moved_is_not() {
    // Three and twelve are suppressed at first, with all of forty known.
    let grown = Two { groups: vec![vec![(3, 30), (12, 40), (25, 40)], vec![(50, 80)]] };
    let (first, second) = grown.plans();
    assert_eq!((first.status(0), second.status(0)), (P, O));
    let still = Two { groups: vec![vec![(3, 3), (12, 12), (25, 25)], vec![(50, 80)]] };
    let (first, second) = still.plans();
    assert!(first.status(0) == P && (0..3).all(|at| (first.status(at) == O) == (second.status(at) == O)));
}

#[test]
fn a_total_that_changed_over_hidden_parts_is_not_counted_as_unprotected() {
    // Both totals changed by 5 and are unsafe. Their parts were hidden then and are now: that they hold the same would give the totals of
    // then, which these are no more.
    let two = Two { groups: vec![vec![(5, 10), (95, 95)], vec![(7, 12), (88, 88)], vec![(500, 520), (300, 300)]] };
    let (_, second) = two.plans();
    let hidden: Vec<bool> = (0..10).map(|at| second.status(at) != O).collect();
    assert_eq!(hidden[6..8], [true, true], "the changed totals");
    assert_eq!(second.unprotected(), 0);
    // Nothing of the new tables tells them.
    let (now, sums) = two.cells(1);
    let system = System::new(now.len(), sums).unwrap();
    assert_eq!(derivable(&system, &hidden).unwrap(), Vec::<u32>::new());
}
