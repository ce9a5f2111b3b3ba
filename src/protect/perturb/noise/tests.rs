use std::collections::BTreeMap;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;

fn amount(text: &str) -> Amount {
    text.parse().expect("an amount")
}

fn cells(cells: u32) -> Sensitivity {
    Sensitivity::of_counts(cells, Neighbours::AddOrRemove).expect("some cells")
}

fn stream(seed: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([seed; 32])
}

#[test]
fn the_scale_of_the_laplace_is_the_sensitivity_over_epsilon() {
    let noise = Noise::laplace(amount("0.3"), cells(4)).expect("a loss");
    let (numerator, denominator) = noise.scale();
    assert_eq!(numerator * 3, denominator * 40);
    assert_eq!(noise.loss(), Loss::Epsilon(amount("0.3")));
}

#[test]
fn the_gaussian_loses_at_most_rho_and_hardly_less() {
    for rho in ["0.000000000001", "0.001", "0.1", "0.5", "2", "18446744"] {
        for touched in [1, 2, 7, 1000, u32::MAX] {
            let noise = Noise::gaussian(amount(rho), cells(touched)).expect("a loss");
            let (n, d) = noise.scale();
            // Δ²/(2σ²) ≤ ρ, exactly, in integers: Δ²·d²·10¹² ≤ 2·units·n²; and a smaller n would break it.
            let left = BigInt::from(touched) * d * d * UNIT;
            let right = |n: u128| BigInt::from(2_u8) * amount(rho).units() * n * n;
            assert!(left <= right(n), "{rho} {touched}");
            assert!(left > right(n - 1), "{rho} {touched}");
        }
    }
    assert_eq!(Noise::gaussian(amount("0.5"), cells(1)).expect("a loss").scale(), (GRID.into(), GRID.into()));
}

#[test]
fn replacing_a_person_touches_twice_as_many_cells() {
    let sensitivity = Sensitivity::of_counts(5, Neighbours::Substitute).expect("some cells");
    assert_eq!((sensitivity.l1(), sensitivity.l2_squared()), (10, 10));
}

#[test]
fn no_loss_and_no_cells_are_refused() {
    assert_eq!(Noise::laplace(Amount::ZERO, cells(1)), Err(NoiseError::NoLoss));
    assert_eq!(Noise::gaussian(Amount::ZERO, cells(1)), Err(NoiseError::NoLoss));
    assert_eq!(Sensitivity::of_counts(0, Neighbours::Substitute), Err(NoiseError::NoSensitivity));
}

#[test]
fn the_same_stream_gives_the_same_noise_and_another_does_not() {
    let noise = Noise::gaussian(amount("0.01"), cells(3)).expect("a loss");
    let counts: Vec<u64> = (0..50).collect();
    let one = noise.perturb(&counts, &mut stream(1)).expect("in range");
    assert_eq!(one, noise.perturb(&counts, &mut stream(1)).expect("in range"));
    assert_ne!(one, noise.perturb(&counts, &mut stream(2)).expect("in range"));
}

/// Fixed values: a new version of the sampler that draws otherwise would break the replay of earlier runs, and shows
/// here.
#[test]
fn the_draws_of_a_known_stream_are_the_known_ones() {
    let laplace = Noise::laplace(amount("0.25"), cells(1)).expect("a loss");
    assert_eq!(laplace.perturb(&[0; 8], &mut stream(42)).expect("in range"), LAPLACE);
    let gaussian = Noise::gaussian(amount("0.02"), cells(1)).expect("a loss");
    assert_eq!(gaussian.perturb(&[0; 8], &mut stream(42)).expect("in range"), GAUSSIAN);
}

#[test]
fn a_count_out_of_range_is_refused() {
    let noise = Noise::laplace(amount("1"), cells(1)).expect("a loss");
    assert_eq!(noise.perturb(&[u64::MAX], &mut stream(1)), Err(NoiseError::OutOfRange));
}

/// False alarms of one comparison below.
const FALSE_ALARM: f64 = 1e-6;

/// Whether draws agree with a distribution: every value's frequency, both tails, within Bernstein's bound, which holds
/// for every number of draws; by the union bound a right sampler fails with probability under [`FALSE_ALARM`].
fn agrees(draws: &[i64], weight: impl Fn(f64) -> f64, reach: i64) -> bool {
    let n = draws.len() as f64;
    let total: f64 = (-20_000..=20_000).map(|x| weight(f64::from(x))).sum();
    let mut seen = BTreeMap::<i64, f64>::new();
    for draw in draws {
        *seen.entry((*draw).clamp(-reach - 1, reach + 1)).or_default() += 1.0;
    }
    let log = (2.0 * (2 * reach + 3) as f64 / FALSE_ALARM).ln();
    (-reach - 1..=reach + 1).all(|x| {
        let p = if x.abs() <= reach {
            weight(x as f64) / total
        } else {
            (reach + 1..20_000).map(|x| weight(x as f64)).sum::<f64>() / total
        };
        let bound = (2.0 * n * p * (1.0 - p) * log).sqrt() + log / 3.0;
        (seen.get(&x).copied().unwrap_or(0.0) - n * p).abs() <= bound
    })
}

#[test]
fn laplace_draws_have_the_stated_distribution() {
    let noise = Noise::laplace(amount("0.75"), cells(2)).expect("a loss");
    let draws = noise.perturb(&[0; 40_000], &mut stream(3)).expect("in range");
    let weight = |scale: f64| move |x: f64| (-x.abs() / scale).exp();
    assert!(agrees(&draws, weight(2.0 / 0.75), 12));
    assert!(!agrees(&draws, weight(2.0 / 0.75 * 1.15), 12), "the test has no power");
}

#[test]
fn gaussian_draws_have_the_stated_distribution() {
    let noise = Noise::gaussian(amount("0.125"), cells(2)).expect("a loss");
    let draws = noise.perturb(&[0; 40_000], &mut stream(4)).expect("in range");
    let sigma = noise.scale().0 as f64 / noise.scale().1 as f64;
    assert!((sigma - 8.0_f64.sqrt()).abs() < 1e-4);
    let weight = |sigma: f64| move |x: f64| (-x * x / (2.0 * sigma * sigma)).exp();
    assert!(agrees(&draws, weight(sigma), 9));
    assert!(!agrees(&draws, weight(sigma * 1.1), 9), "the test has no power");
}

#[test]
fn noise_does_not_depend_on_the_count() {
    let noise = Noise::laplace(amount("0.5"), cells(1)).expect("a loss");
    let zero = noise.perturb(&[0; 20], &mut stream(5)).expect("in range");
    let hundred = noise.perturb(&[100; 20], &mut stream(5)).expect("in range");
    assert!(zero.iter().zip(&hundred).all(|(zero, hundred)| zero + 100 == *hundred));
}

const LAPLACE: [i64; 8] = [0, 7, -6, -4, -11, -4, 4, -7];
const GAUSSIAN: [i64; 8] = [0, 5, 3, 0, 6, -2, 4, 5];
