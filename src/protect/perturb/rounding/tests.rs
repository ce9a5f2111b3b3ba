use proptest::prelude::*;

use super::super::keyed::WordKey;
use super::*;

fn base(base: u64) -> Base {
    Base::new(base).expect("a base")
}

#[test]
fn a_base_under_two_is_refused() {
    assert_eq!(Base::new(1), Err(RoundingError::Base));
    assert_eq!(Base::new(0), Err(RoundingError::Base));
    assert_eq!(base(2).get(), 2);
}

#[test]
fn the_nearest_multiple_of_three() {
    let rounded: Vec<_> = (0..=7).map(|count| nearest(count, base(3), Ties::Up).expect("small")).collect();
    assert_eq!(rounded, [0, 0, 3, 3, 3, 6, 6, 6]);
}

#[test]
fn ties_go_up_or_to_the_even_multiple() {
    let round = |count, ties| nearest(count, base(10), ties).expect("small");
    assert_eq!([5, 15, 25].map(|count| round(count, Ties::Up)), [10, 20, 30]);
    assert_eq!([5, 15, 25].map(|count| round(count, Ties::Even)), [0, 20, 20]);
}

#[test]
fn a_count_without_a_multiple_above_is_refused() {
    // 2⁶⁴ − 1 is 5 over a multiple of 10, and the next multiple is over 2⁶⁴.
    assert_eq!(nearest(u64::MAX, base(10), Ties::Up), Err(RoundingError::TooLarge));
    assert_eq!(random(u64::MAX, base(10), [0]), Err(RoundingError::TooLarge));
    assert_eq!(nearest(u64::MAX, base(16), Ties::Up), Err(RoundingError::TooLarge));
    assert_eq!(nearest(u64::MAX - 15, base(16), Ties::Up), Ok(u64::MAX - 15));
}

/// The probability of going up is the share of first words that say "up" at once, plus 2⁻⁶⁴ times the probability of
/// going up from the one word that does not decide. The function falls as the word grows, so the words at the border
/// tell the share.
#[test]
fn the_probability_of_rounding_up_is_exactly_the_rest_over_the_base() {
    for modulus in 2_u64..=40 {
        for rest in 1..modulus {
            let threshold = u128::from(rest) << 64;
            let sure = (threshold / u128::from(modulus)) as u64;
            let left = (threshold % u128::from(modulus)) as u64;
            assert_eq!(below(rest, modulus, [sure - 1]), Ok(true), "{rest}/{modulus}");
            if left == 0 {
                assert_eq!(below(rest, modulus, [sure]), Ok(false), "{rest}/{modulus}");
            } else {
                assert_eq!(below(rest, modulus, [sure]), Err(RoundingError::OutOfWords), "{rest}/{modulus}");
                assert_eq!(below(rest, modulus, [sure + 1]), Ok(false), "{rest}/{modulus}");
                // The second word asks the same question of `left`: (sure + left/modulus)/2⁶⁴ is rest/modulus.
                for word in [0, sure / 3, sure, u64::MAX / 2, u64::MAX] {
                    assert_eq!(below(rest, modulus, [sure, word, 9]), below(left, modulus, [word, 9]));
                }
                assert_eq!(u128::from(sure) * u128::from(modulus) + u128::from(left), threshold);
            }
        }
    }
}

#[test]
fn a_multiple_of_the_base_needs_no_words() {
    assert_eq!(random(15, base(5), []), Ok(15));
    assert_eq!(random(0, base(5), []), Ok(0));
    assert_eq!(random(16, base(5), []), Err(RoundingError::OutOfWords));
}

/// With the words of 60 000 cells, the share of roundings up stays within Bernstein's bound; false alarm under 1 in a
/// million for each rest, if the words are uniform (they are fixed: the test gives the same result at every run).
#[test]
fn keyed_words_round_up_as_often_as_they_should() {
    const CELLS: u32 = 60_000;
    let key = WordKey::new(&[3; 32], "random rounding");
    for rest in 1..5_u64 {
        let ups = (0..CELLS)
            .filter(|cell| random(rest, base(5), key.words(&cell.to_be_bytes())).expect("endless words") == 5)
            .count();
        let (n, p) = (f64::from(CELLS), rest as f64 / 5.0);
        let log = (2.0_f64 * 1e6).ln();
        let bound = (2.0 * n * p * (1.0 - p) * log).sqrt() + log / 3.0;
        assert!((ups as f64 - n * p).abs() < bound, "{rest}: {ups}");
        assert!((ups as f64 - n * (p + 0.02)).abs() > bound, "the test has no power");
    }
}

#[test]
fn the_same_cell_in_two_tables_is_rounded_alike() {
    let key = WordKey::new(&[3; 32], "random rounding");
    for age in 0..200_u32 {
        let age = age.to_string();
        let one = random(7, base(5), key.cell_words(&[("sex", "F"), ("age", &age)], 7));
        assert_eq!(one, random(7, base(5), key.cell_words(&[("age", &age), ("sex", "F")], 7)));
    }
}

/// Were the words those of the cell alone, whoever is rounded up at 7 would be at 8 too, and a value that stays would tell.
#[test]
fn a_count_that_changes_is_rounded_by_unrelated_words() {
    let key = WordKey::new(&[3; 32], "random rounding");
    let up = |cell: u32, count: u64| {
        let name = cell.to_string();
        random(count, base(5), key.cell_words(&[("cell", &name)], count)).expect("endless words") > count
    };
    // Up at 7 (2 in 5) and down at 8 (2 in 5): 4 in 25 of all.
    let crossed = (0..2_000).filter(|cell| up(*cell, 7) && !up(*cell, 8)).count();
    assert!((240..400).contains(&crossed), "{crossed} of 2000");
}

proptest! {
    #[test]
    fn rounding_moves_a_count_by_less_than_the_base(count in any::<u64>(), modulus in 2_u64..1000, word in any::<u64>()) {
        for rounded in [
            nearest(count, base(modulus), Ties::Up),
            nearest(count, base(modulus), Ties::Even),
            random(count, base(modulus), [word, 1]),
        ] {
            match rounded {
                Ok(rounded) => {
                    prop_assert_eq!(rounded % modulus, 0);
                    prop_assert!(rounded.abs_diff(count) < modulus);
                }
                Err(error) => {
                    prop_assert_eq!(error, RoundingError::TooLarge);
                    prop_assert!(count > u64::MAX - modulus);
                }
            }
        }
    }

    #[test]
    fn the_nearest_multiple_is_within_half_the_base(count in 0..u64::MAX / 2, modulus in 2_u64..1000) {
        let rounded = nearest(count, base(modulus), Ties::Even).expect("in range");
        prop_assert!(2 * rounded.abs_diff(count) <= modulus);
    }
}
