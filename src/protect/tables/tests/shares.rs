//! Shares in tables with totals: what somebody finds out who subtracts numerators.

use super::*;

/// 2⁶¹ − 1.
const P: u128 = (1 << 61) - 1;

/// Whether a vector is a combination of others, by elimination over a prime field.
fn follows(known: &[Vec<i64>], wanted: &[i64]) -> bool {
    let lift = |vector: &[i64]| -> Vec<u128> { vector.iter().map(|x| x.rem_euclid(P as i64) as u128).collect() };
    let mut basis: Vec<(usize, Vec<u128>)> = Vec::new();
    let reduce = |basis: &[(usize, Vec<u128>)], mut vector: Vec<u128>| {
        for (at, row) in basis {
            let factor = P - vector[*at] % P;
            vector.iter_mut().zip(row).for_each(|(x, y)| *x = (*x + factor * y) % P);
        }
        vector
    };
    for vector in known {
        let vector = reduce(&basis, lift(vector));
        if let Some(at) = vector.iter().position(|x| *x != 0) {
            let inverse = power(vector[at], P - 2);
            basis.push((at, vector.iter().map(|x| x * inverse % P).collect()));
        }
    }
    reduce(&basis, lift(wanted)).iter().all(|x| *x == 0)
}

fn power(mut base: u128, mut exponent: u128) -> u128 {
    let mut result = 1;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result * base % P;
        }
        base = base * base % P;
        exponent >>= 1;
    }
    result
}

/// Cells, their sums, and the plan.
type Planned = (Vec<Cell>, Vec<(u32, Vec<u32>)>, SystemPlan);

/// Cells in two groups with their totals shown; of each cell the persons of three categories, of which two are measured.
fn plan_of(cells: &[(u64, [u64; 3])]) -> Planned {
    let cell = |of: &[u64; 3]| {
        let all = of.iter().sum();
        Cell { shares: [shares(all, &[(of[0], all - of[0]), (of[1], all - of[1])], of[2])].into(), ..apart(all) }
    };
    let inner: Vec<Cell> = cells.iter().map(|(_, of)| cell(of)).collect();
    let mut all = inner.clone();
    let mut relations = Vec::new();
    for group in [0, 1] {
        let parts: Vec<u32> = (0_u32..).zip(cells).filter(|(_, (g, _))| *g == group).map(|(at, _)| at).collect();
        if !parts.is_empty() {
            relations.push((all.len() as u32, parts.clone()));
            all.push(together(parts.iter().map(|at| &inner[*at as usize])));
        }
    }
    let totals: Vec<u32> = (inner.len() as u32..all.len() as u32).collect();
    relations.push((all.len() as u32, totals.clone()));
    all.push(together(totals.iter().map(|at| &all[*at as usize]).collect::<Vec<_>>().into_iter()));
    let shown = seen(&all);
    let described =
        |cell| TableCell { cell, left_over: None, shown: &shown, known: false, threshold: threshold(), before: None };
    let plan = plan(&all.iter().map(described).collect::<Vec<_>>(), relations.clone()).unwrap();
    (all, relations, plan)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn no_numerator_of_few_persons_is_a_combination_of_published_ones(
        cells in prop::collection::vec((0_u64..2, prop::array::uniform3(prop_oneof![0_u64..14, 11_u64..60])), 2..8)
    ) {
        let (all, relations, plan) = plan_of(&cells);
        // Unknowns are the categories of the inner cells; a total is the sum of those under it.
        let inner = cells.len();
        let under = |cell: usize| -> Vec<usize> {
            let mut leaves = vec![cell];
            while let Some(at) = leaves.iter().position(|leaf| *leaf >= inner) {
                let total = leaves.swap_remove(at);
                let parts = relations.iter().find(|(t, _)| *t as usize == total).map(|(_, parts)| parts.clone());
                leaves.extend(parts.unwrap().into_iter().map(|part| part as usize));
            }
            leaves
        };
        let vector = |cell: usize, categories: &[usize]| {
            let mut vector = vec![0; inner * 3];
            for leaf in under(cell) {
                categories.iter().for_each(|category| vector[leaf * 3 + category] = 1);
            }
            vector
        };
        let mut known = Vec::new();
        for cell in 0..all.len() {
            if plan.status(cell) == O {
                known.push(vector(cell, &[0, 1, 2]));
                let values = (0..2).filter(|value| plan.publishes(cell, Slot::Share { column: 0, value: *value }));
                known.extend(values.map(|value| vector(cell, &[value])));
            }
        }
        for (cell, facts) in all.iter().enumerate() {
            for (category, found) in facts.shares[0].categories.iter().enumerate() {
                if (1..T).contains(&found.persons) {
                    prop_assert!(!follows(&known, &vector(cell, &[category])), "{cell}, {category}: {cells:?}");
                }
                if (1..T).contains(&found.others) {
                    let others: Vec<usize> = (0..3).filter(|other| *other != category).collect();
                    prop_assert!(!follows(&known, &vector(cell, &others)), "{cell}, not {category}: {cells:?}");
                }
            }
        }
    }
}
