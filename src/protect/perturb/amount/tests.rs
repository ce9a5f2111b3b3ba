use proptest::prelude::*;

use super::*;

fn amount(text: &str) -> Amount {
    text.parse().expect("an amount")
}

#[test]
fn amounts_are_read_to_the_last_digit() {
    assert_eq!(amount("0.1").units(), 100_000_000_000);
    assert_eq!(amount("12.000000000001").units(), 12_000_000_000_001);
    assert_eq!(amount("3").units(), 3 * UNIT);
    assert_eq!(amount("007.50000000000000").to_string(), "7.5");
}

#[test]
fn one_tenth_ten_times_is_one() {
    let sum = (0..10).try_fold(Amount::ZERO, |sum, _| sum.checked_add(amount("0.1")));
    assert_eq!(sum, Some(amount("1")));
    assert_eq!(amount("1").checked_sub(amount("1.000000000001")), None);
}

#[test]
fn what_is_not_an_amount_is_refused() {
    for text in ["", ".", "1.", ".5", "-1", "+1", "1e3", "0,5", " 1", "1.2.3", "NaN", "٣"] {
        assert_eq!(text.parse::<Amount>(), Err(AmountError::NotADecimal), "{text}");
    }
    assert_eq!("0.0000000000001".parse::<Amount>(), Err(AmountError::TooFine));
    assert_eq!("18446745".parse::<Amount>(), Err(AmountError::TooLarge));
    assert_eq!("99999999999999999999999".parse::<Amount>(), Err(AmountError::TooLarge));
}

#[test]
fn json_holds_amounts_as_text() {
    assert_eq!(serde_json::to_string(&amount("0.30")).expect("text"), "\"0.3\"");
    assert!(serde_json::from_str::<Amount>("0.3").is_err());
    assert!(serde_json::from_str::<Amount>("\"-0.3\"").is_err());
}

proptest! {
    #[test]
    fn writing_and_reading_gives_the_amount_back(units in any::<u64>()) {
        let written = Amount::from_units(units).to_string();
        prop_assert_eq!(written.parse(), Ok(Amount::from_units(units)));
    }
}
