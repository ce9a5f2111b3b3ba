//! Sums and shares of earlier cells that no table of their release showed, and that follow from those it showed: the ledger has none of
//! them, whoever kept the release adds them up.

use crate::protect::tables::{EarlierAmount, EarlierCell, EarlierMeasure, EarlierShare};

/// Gives each cell from `first` on the measures that its parts add up to. `relations` are total and parts.
pub(super) fn measures(cells: &mut [EarlierCell], first: usize, relations: &[(u32, Vec<u32>)]) {
    let mut done: Vec<bool> = (0..cells.len()).map(|cell| cell < first).collect();
    let mut moved = true;
    while moved {
        moved = false;
        for (total, parts) in relations {
            let at = *total as usize;
            if at < first || !parts.iter().all(|part| done[*part as usize]) {
                continue;
            }
            let Some((part, rest)) = parts.split_first() else { continue };
            let (mut amounts, mut shares) = {
                let part = &cells[*part as usize];
                (part.amounts.clone(), part.shares.clone())
            };
            for part in rest {
                let part = &cells[*part as usize];
                amounts.iter_mut().zip(&part.amounts).for_each(|(sum, part)| *sum = both(*sum, *part, amount));
                let theirs = part.shares.iter().flatten();
                shares.iter_mut().flatten().zip(theirs).for_each(|(sum, part)| *sum = both(*sum, *part, share));
            }
            let total = &mut cells[at];
            moved |= !std::mem::replace(&mut done[at], true);
            for (told, sum) in total.amounts.iter_mut().zip(amounts) {
                moved |= learn(told, sum);
            }
            for (told, sum) in total.shares.iter_mut().flatten().zip(shares.into_iter().flatten()) {
                moved |= learn(told, sum);
            }
        }
    }
}

/// Of parts of which one is withheld so is the sum, unless it follows from other parts.
fn both<T>(one: EarlierMeasure<T>, other: EarlierMeasure<T>, add: impl Fn(T, T) -> T) -> EarlierMeasure<T> {
    use EarlierMeasure::{Nothing, Shown, Withheld};
    match (one, other) {
        (Withheld, _) | (_, Withheld) => Withheld,
        (Nothing, _) | (_, Nothing) => Nothing,
        (Shown(one), Shown(other)) => Shown(add(one, other)),
    }
}

/// Takes what tells more; whether that is something new.
fn learn<T>(told: &mut EarlierMeasure<T>, found: EarlierMeasure<T>) -> bool {
    let rank = |measure: &EarlierMeasure<T>| match measure {
        EarlierMeasure::Nothing => 0,
        EarlierMeasure::Withheld => 1,
        EarlierMeasure::Shown(_) => 2,
    };
    let more = rank(&found) > rank(told);
    if more {
        *told = found;
    }
    more
}

fn amount(one: EarlierAmount, other: EarlierAmount) -> EarlierAmount {
    let sum = one.sum + other.sum;
    // Each of the three numbers is off by half a unit in its last place at most.
    let rounded = (one.sum.abs() + other.sum.abs() + sum.abs()) * f64::EPSILON;
    EarlierAmount {
        records: one.records.saturating_add(other.records),
        persons: one.persons.and(other.persons),
        sum,
        error: one.error + other.error + rounded,
    }
}

fn share(one: EarlierShare, other: EarlierShare) -> EarlierShare {
    EarlierShare {
        records: one.records.saturating_add(other.records),
        persons: one.persons.and(other.persons),
        others: one.others.and(other.others),
        of_records: one.of_records.saturating_add(other.of_records),
        of_persons: one.of_persons.and(other.of_persons),
    }
}
