#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn a_percentage_is_exactly_what_is_written() {
    let read = |text: &str| text.parse::<Percent>().unwrap().units();
    assert_eq!(read("90.9"), BigInt::from(90_900_000_000_u64));
    assert_eq!(read("0.000000001"), BigInt::from(1));
    assert_eq!(read("007"), read("7.000000000"));
    assert_eq!(read("1000000"), BigInt::from(1_000_000_000_000_000_u64));
}

#[test]
fn what_is_no_plain_decimal_is_refused() {
    for text in ["", ".", "5.", ".5", "-5", "+5", " 5", "5 ", "5,5", "1e2", "5%", "1.2.3", "1.-2", "٥"] {
        assert_eq!(text.parse::<Percent>(), Err(PercentError::Malformed), "{text}");
    }
    assert_eq!("1.0000000000".parse::<Percent>(), Err(PercentError::TooFine));
    for text in ["1000000.1", "1000001", "99999999999999999999999"] {
        assert_eq!(text.parse::<Percent>(), Err(PercentError::TooLarge), "{text}");
    }
}

#[test]
fn a_percentage_is_written_as_it_is_read() {
    for text in ["0", "5", "90.9", "0.000000001", "1000000"] {
        assert_eq!(text.parse::<Percent>().unwrap().to_string(), text);
    }
}
