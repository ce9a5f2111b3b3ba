#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use super::*;

#[test]
fn words_are_stable_and_lead_back() {
    let words: Vec<&str> = RuleName::ALL.iter().map(|name| name.word()).collect();
    let expected = [
        "manual",
        "threshold",
        "dominance",
        "p_percent",
        "p_q",
        "request",
        "zero",
        "group",
        "share",
        "left_over",
        "secondary",
    ];
    assert_eq!(words, expected);
    assert!(RuleName::ALL.into_iter().all(|name| RuleName::from_word(name.word()) == Some(name)));
    assert_eq!(RuleName::from_word("Threshold"), None);
    assert!(RuleName::ALL.is_sorted());
    assert_eq!(RuleName::PPercent.to_string(), "p_percent");
}

#[test]
fn marks_are_those_of_official_statistics() {
    assert_eq!(RuleName::Threshold.mark(0).letter(), 'A');
    assert_eq!(RuleName::Dominance.mark(1).letter(), 'B');
    assert_eq!(RuleName::Dominance.mark(2).letter(), 'C');
    assert_eq!(RuleName::PPercent.mark(2).letter(), 'F');
    assert_eq!(RuleName::PQ.mark(2).letter(), 'F');
    for name in [RuleName::Manual, RuleName::Request, RuleName::Zero, RuleName::Group, RuleName::Share] {
        assert_eq!(name.mark(8).letter(), 'B');
    }
    for name in [RuleName::LeftOver, RuleName::Secondary] {
        assert_eq!(name.mark(1).letter(), 'D');
    }
    assert_eq!(Mark::V.letter(), 'V');
}

#[test]
fn every_mark_has_a_letter_of_its_own() {
    let all = [Mark::A, Mark::B, Mark::C, Mark::D, Mark::F, Mark::V];
    assert_eq!(all.iter().map(|mark| mark.letter()).collect::<BTreeSet<_>>().len(), all.len());
}
