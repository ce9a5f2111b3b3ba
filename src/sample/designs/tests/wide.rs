use std::cmp::Ordering;

use proptest::prelude::*;

use super::super::wide::compare_products;

#[test]
fn products_of_384_bits_are_compared_to_the_last() {
    let max = u128::MAX;
    assert_eq!(compare_products(&[max, max, max], &[max, max, max - 1]), Ordering::Greater);
    assert_eq!(compare_products(&[], &[1]), Ordering::Equal);
    assert_eq!(compare_products(&[max, 0], &[1]), Ordering::Less);
    // (2¹²⁸ − 1)² = 2²⁵⁶ − 2¹²⁹ + 1 lies one above (2¹²⁸ − 2) · 2¹²⁸.
    assert_eq!(compare_products(&[max, max], &[max - 1, 1 << 127, 2]), Ordering::Greater);
    // 2⁶⁴ − 1 squared, and its factors 3 · 5 · 17 · 257 · 641 · 65537 · 6700417 squared.
    let parts = [3, 5, 17, 257, 641, 65_537, 6_700_417_u128].map(|factor| factor * factor);
    let whole = u128::from(u64::MAX);
    assert_eq!(compare_products(&[whole, whole], &parts), Ordering::Equal);
}

proptest! {
    #[test]
    fn a_common_factor_changes_no_comparison(left in any::<[u64; 2]>(), right in any::<[u64; 2]>(), factor in 1..u128::MAX) {
        let exact = |[a, b]: [u64; 2]| u128::from(a) * u128::from(b);
        let with = |[a, b]: [u64; 2]| [factor, a.into(), factor >> 3 | 1, b.into()];
        prop_assert_eq!(compare_products(&with(left)[1..2], &with(right)[1..2]), left[0].cmp(&right[0]));
        let same = |[a, b]: [u64; 2]| [a.into(), factor, b.into()];
        prop_assert_eq!(compare_products(&same(left), &same(right)), exact(left).cmp(&exact(right)));
        prop_assert_eq!(compare_products(&with(left), &with(right)), exact(left).cmp(&exact(right)));
    }
}
