//! Comparing products that need more than 128 bits.

use std::cmp::Ordering;

/// Six 64-bit digits, least significant first: 384 bits.
type Digits = [u64; 6];

/// Compares the products of two lists of factors, exactly. A product has at most 384 bits.
pub(super) fn compare_products(left: &[u128], right: &[u128]) -> Ordering {
    product(left).iter().rev().cmp(product(right).iter().rev())
}

fn product(factors: &[u128]) -> Digits {
    factors.iter().fold([1, 0, 0, 0, 0, 0], |digits, &factor| {
        let low = times(&digits, factor as u64);
        let mut high = times(&digits, (factor >> 64) as u64);
        // The high half of the factor counts 2⁶⁴ times; what it pushes out is zero by the bound on the product.
        high.rotate_right(1);
        sum(&low, &high)
    })
}

fn times(digits: &Digits, factor: u64) -> Digits {
    let mut carry = 0;
    digits.map(|digit| {
        let part = u128::from(digit) * u128::from(factor) + carry;
        carry = part >> 64;
        part as u64
    })
}

fn sum(left: &Digits, right: &Digits) -> Digits {
    let mut digits = *left;
    let mut carry = 0;
    for (digit, other) in digits.iter_mut().zip(right) {
        let part = u128::from(*digit) + u128::from(*other) + carry;
        *digit = part as u64;
        carry = part >> 64;
    }
    digits
}
