#![allow(clippy::unwrap_used)]

use super::*;
use crate::protect::tables::rules::tests::{cell, percent};
use crate::protect::tables::rules::{Amount, RuleError};

const PLAIN: Signs = Signs::NonNegative;

fn with_request(asking: i64, others: &[i64]) -> Contributors {
    let mut cell = cell(others);
    cell.offer_asking(Amount::from_i64(asking)).unwrap();
    cell
}

#[test]
fn a_dominant_contributor_who_has_not_asked_is_published() {
    let rule = Request::new(percent("70"), 0).unwrap();
    assert!(!rule.sensitive(&cell(&[90, 10]), PLAIN));
    assert!(rule.sensitive(&with_request(90, &[10]), PLAIN));
}

#[test]
fn exactly_the_limit_is_safe() {
    let rule = Request::new(percent("70"), 0).unwrap();
    assert!(!rule.sensitive(&with_request(70, &[20, 10]), PLAIN));
    assert!(rule.sensitive(&with_request(71, &[20, 9]), PLAIN));
}

#[test]
fn a_small_one_who_has_asked_is_protected_among_few() {
    let rule = Request::new(percent("70"), 3).unwrap();
    assert!(rule.sensitive(&with_request(1, &[99]), PLAIN));
    assert!(!rule.sensitive(&with_request(1, &[99, 99]), PLAIN));
    assert!(!rule.sensitive(&cell(&[99]), PLAIN));
}

#[test]
fn parameters_without_sense_are_refused() {
    for k in ["0", "100"] {
        assert_eq!(Request::new(percent(k), 0), Err(RuleError::Parameter));
    }
}
