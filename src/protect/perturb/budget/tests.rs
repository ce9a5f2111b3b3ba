use proptest::prelude::*;

use super::*;

fn amount(text: &str) -> Amount {
    text.parse().expect("an amount")
}

fn entry(release: &str, loss: Loss) -> Entry {
    Entry { release: release.into(), counts: String::new(), mechanism: "test".into(), loss }
}

fn epsilon(release: &str, epsilon: &str) -> Entry {
    entry(release, Loss::Epsilon(amount(epsilon)))
}

#[test]
fn a_budget_of_one_pays_ten_tenths_and_no_more() {
    let mut ledger = Ledger::new(Measure::Pure, amount("1"));
    for release in 0..10 {
        ledger.spend(epsilon(&release.to_string(), "0.1")).expect("within the budget");
    }
    assert_eq!((ledger.spent(), ledger.left()), (amount("1"), Amount::ZERO));
    assert_eq!(ledger.spend(epsilon("last", "0.000000000001")), Err(BudgetError::Overdraft));
    assert_eq!(ledger.entries().len(), 10);
}

#[test]
fn an_overdraft_leaves_the_ledger_as_it_was() {
    let mut ledger = Ledger::new(Measure::Pure, amount("1"));
    assert_eq!(ledger.spend(epsilon("a", "0.7")), Ok(amount("0.3")));
    let before = ledger.clone();
    assert_eq!(ledger.spend(epsilon("b", "0.31")), Err(BudgetError::Overdraft));
    assert_eq!(ledger, before);
    assert_eq!(ledger.spend(epsilon("b", "0.3")), Ok(Amount::ZERO));
}

#[test]
fn a_release_spends_once() {
    let mut ledger = Ledger::new(Measure::Pure, amount("1"));
    ledger.spend(epsilon("a", "0.1")).expect("within the budget");
    assert_eq!(ledger.spend(epsilon("a", "0.1")), Err(BudgetError::Repeated));
    assert_eq!(ledger.spend(epsilon("b", "0")), Err(BudgetError::Zero));
}

#[test]
fn a_pure_loss_costs_half_its_square_in_zcdp() {
    assert_eq!(Loss::Epsilon(amount("1")).cost(Measure::Zcdp), Ok(amount("0.5")));
    assert_eq!(Loss::Epsilon(amount("0.1")).cost(Measure::Zcdp), Ok(amount("0.005")));
    // 0.000001² / 2 is half of the smallest unit: it counts as one.
    assert_eq!(Loss::Epsilon(amount("0.000001")).cost(Measure::Zcdp), Ok(amount("0.000000000001")));
    assert_eq!(Loss::Epsilon(amount("18446744")).cost(Measure::Zcdp), Err(BudgetError::Overdraft));
}

#[test]
fn a_pure_budget_does_not_pay_for_gaussian_noise() {
    let mut ledger = Ledger::new(Measure::Pure, amount("1"));
    assert_eq!(ledger.spend(entry("a", Loss::Rho(amount("0.1")))), Err(BudgetError::Measure));
    let mut ledger = Ledger::new(Measure::Zcdp, amount("1"));
    assert_eq!(ledger.spend(entry("a", Loss::Rho(amount("0.1")))), Ok(amount("0.9")));
    assert_eq!(ledger.spend(entry("b", Loss::Epsilon(amount("1")))), Ok(amount("0.4")));
}

#[test]
fn a_ledger_survives_being_written_and_read() {
    let mut ledger = Ledger::new(Measure::Zcdp, amount("1"));
    ledger.spend(entry("a", Loss::Rho(amount("0.1")))).expect("within the budget");
    let written = serde_json::to_string(&ledger).expect("text");
    assert_eq!(
        written,
        r#"{"measure":"zcdp","total":"1","entries":[{"release":"a","mechanism":"test","loss":{"rho":"0.1"}}]}"#
    );
    assert_eq!(serde_json::from_str::<Ledger>(&written).expect("a ledger"), ledger);
}

#[test]
fn a_ledger_that_was_overdrawn_by_hand_is_refused() {
    let entries = r#"[{"release":"a","mechanism":"m","loss":{"epsilon":"0.6"}},{"release":"b","mechanism":"m","loss":{"epsilon":"0.6"}}]"#;
    let written = |total| format!(r#"{{"measure":"pure","total":"{total}","entries":{entries}}}"#);
    assert!(serde_json::from_str::<Ledger>(&written("1")).is_err());
    assert!(serde_json::from_str::<Ledger>(&written("1.2")).is_ok());
}

#[test]
fn the_conversion_to_epsilon_and_delta_has_the_known_values() {
    // ρ = 0.5, δ = 10⁻⁶: 0.5 + 2·√(0.5 · 13.8155…) = 5.7564…
    let epsilon = epsilon_of_rho(amount("0.5"), 1e-6).expect("in range");
    assert!((epsilon - (0.5 + 2.0 * (0.5 * 1e6_f64.ln()).sqrt())).abs() < 1e-9);
    assert_eq!(epsilon_of_rho(amount("0.5"), 0.0), None);
    assert_eq!(epsilon_of_rho(amount("0.5"), f64::NAN), None);
}

#[test]
fn the_tight_delta_is_under_the_simple_one_and_over_the_exact_one_of_the_gaussian() {
    for rho in ["0.01", "0.1", "0.5", "2"] {
        for delta in [1e-4, 1e-6, 1e-9] {
            let epsilon = epsilon_of_rho(amount(rho), delta).expect("in range");
            let tight = delta_of_rho(amount(rho), epsilon).expect("in range");
            assert!(tight < delta && tight > delta * 1e-3, "{rho} {delta} {tight}");
            assert!(tight >= gaussian_delta(rho.parse().expect("a number"), epsilon), "{rho} {delta}");
        }
    }
}

/// δ of the continuous Gaussian mechanism, exactly (Balle and Wang 2018, theorem 8), with *ρ = 1/(2σ²)*.
fn gaussian_delta(rho: f64, epsilon: f64) -> f64 {
    let normal = |x: f64| libm::erfc(-x / std::f64::consts::SQRT_2) / 2.0;
    let inverse = (2.0 * rho).sqrt();
    normal(inverse / 2.0 - epsilon / inverse) - epsilon.exp() * normal(-inverse / 2.0 - epsilon / inverse)
}

proptest! {
    #[test]
    fn spent_and_left_add_up_to_the_total(total in 0_u64..1000, losses in prop::collection::vec(1_u64..100, 0..40)) {
        let mut ledger = Ledger::new(Measure::Pure, Amount::from_units(total));
        let mut sum = 0;
        for (at, loss) in losses.into_iter().enumerate() {
            let accepted = ledger.spend(entry(&at.to_string(), Loss::Epsilon(Amount::from_units(loss)))).is_ok();
            prop_assert_eq!(accepted, sum + loss <= total);
            sum += if accepted { loss } else { 0 };
            prop_assert_eq!(ledger.spent().units(), sum);
            prop_assert_eq!(ledger.left().units(), total - sum);
        }
    }

    #[test]
    fn a_converted_loss_is_never_under_the_exact_one(units in 1_u64..1_000_000_000_000_000) {
        let cost = Loss::Epsilon(Amount::from_units(units)).cost(Measure::Zcdp).expect("in range").units();
        let exact = u128::from(units) * u128::from(units);
        let twice = 2 * u128::from(UNIT);
        prop_assert!(u128::from(cost) * twice >= exact && (u128::from(cost) - 1) * twice < exact);
    }
}

#[test]
fn the_largest_rho_for_epsilon_and_delta_keeps_both_and_one_step_more_does_not() {
    for (epsilon, delta) in [("1", 1e-6), ("0.1", 1e-9), ("3", 1e-5), ("100", 1e-3)] {
        let rho = rho_of_delta(amount(epsilon), delta).expect("some loss");
        let least = |units| delta_of_rho(Amount::from_units(units), amount(epsilon).to_f64()).expect("a loss");
        assert!(least(rho.units()) <= delta, "{epsilon} {delta}");
        assert!(least(rho.units() + 1 + rho.units() / 1_000_000) > delta, "{epsilon} {delta}");
    }
}
