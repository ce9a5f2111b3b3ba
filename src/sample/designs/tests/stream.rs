use super::*;

#[test]
fn the_words_are_the_key_stream_of_rfc_8439() {
    // RFC 8439, appendix A.1, test vector 1: key, nonce and counter 0.
    let mut zero = Stream::new([0; 32]);
    let words: Vec<u64> = (0..4).map(|_| zero.word()).collect();
    assert_eq!(words, [0x903d_f1a0_ade0_b876, 0x28bd_8653_e56a_5d40, 0x1aed_8da0_b819_d2bd, 0xc70d_778b_ccef_36a8]);
}

#[test]
fn bounded_draws_permutations_and_fractions_are_pinned() {
    let mut pinned = stream(1);
    let below: Vec<u64> = [10, 1000, u64::MAX, 1 << 63, 1].map(|bound| pinned.below(bound)).into();
    let wide: Vec<u128> = [7, 1 << 64, u128::MAX, (1 << 64) + 1].map(|bound| pinned.below_wide(bound)).into();
    let unit = pinned.unit();
    let mut order = [0, 1, 2, 3, 4, 5, 6, 7];
    pinned.shuffle(&mut order);
    // From an independent implementation of RFC 8439 and of the three draws, with integers of any length.
    assert_eq!(below, [7, 479, 13897684187523984856, 7568580009011314572, 0]);
    assert_eq!(wide, [2, 12925600677792564910, 318838906202157178468786688388638820345, 8830586692046538288]);
    assert_eq!(unit.to_bits(), 4598599718741696346);
    assert_eq!(order, [4, 5, 1, 7, 3, 6, 0, 2]);
}

#[test]
fn a_bound_of_zero_or_one_leaves_nothing_to_chance() {
    assert_eq!([stream(0).below(0), stream(0).below(1)], [0, 0]);
    assert_eq!([stream(0).below_wide(0), stream(0).below_wide(1)], [0, 0]);
}

#[test]
fn every_number_under_a_bound_is_equally_likely() {
    // 3·2⁶² needs rejection of a quarter of the words: without it the multiples of 3 would get half of the draws.
    let mut stream = stream(2);
    let (narrow, wide) = (3_u64 << 62, 3_u128 << 100);
    let (mut low, mut low_wide) = (0, 0);
    for _ in 0..20_000 {
        low += u64::from(stream.below(narrow).is_multiple_of(3));
        let drawn = stream.below_wide(wide);
        assert!(drawn < wide);
        low_wide += u64::from(drawn < 1 << 100);
    }
    assert!(plausible(low, 20_000, 1.0 / 3.0), "{low}");
    assert!(plausible(low_wide, 20_000, 1.0 / 3.0), "{low_wide}");
}

#[test]
fn all_orders_are_equally_likely() {
    let mut stream = stream(3);
    let mut counts = std::collections::BTreeMap::new();
    for _ in 0..24_000 {
        let mut list = [0, 1, 2, 3];
        stream.shuffle(&mut list);
        *counts.entry(list).or_insert(0) += 1;
    }
    assert_eq!(counts.len(), 24);
    assert!(counts.values().all(|&count| plausible(count, 24_000, 1.0 / 24.0)), "{counts:?}");
}
