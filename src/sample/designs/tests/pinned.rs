//! Samples of a fixed frame and stream. A change here means that a sample drawn before cannot be replayed: it needs a
//! new version of the design.

use super::*;

const SIZES: [u64; 24] =
    [31, 4, 15, 92, 65, 35, 89, 79, 32, 38, 46, 26, 43, 38, 32, 79, 50, 28, 84, 19, 71, 69, 39, 937];

fn units(selection: Result<Selection, DesignError>) -> Vec<u32> {
    selection.unwrap().units
}

#[test]
fn samples_that_were_drawn_once_are_drawn_again() {
    let u: Vec<u64> = (0..24).scan(stream(80), |stream, _| Some(stream.word())).collect();
    assert_eq!(units(poisson(&SIZES, 8, &u)), [0, 3, 4, 6, 10, 14, 15, 18, 21, 23]);
    assert_eq!(units(sequential_poisson(&SIZES, 8, &u)), [0, 6, 10, 14, 15, 18, 21, 23]);
    assert_eq!(units(pareto(&SIZES, 8, &u)), [0, 6, 10, 14, 15, 18, 21, 23]);
    assert_eq!(units(systematic(24, 7, &mut stream(81))), [1, 4, 8, 11, 14, 18, 21]);
    assert_eq!(units(systematic_pps(&SIZES, 8, &mut stream(82))), [3, 6, 8, 12, 16, 19, 21, 23]);
    assert_eq!(units(pivotal(&SIZES, 8, UnitOrder::Given, &mut stream(83))), [0, 4, 8, 13, 15, 17, 20, 23]);
    assert_eq!(units(pivotal(&SIZES, 8, UnitOrder::Random, &mut stream(84))), [4, 5, 6, 10, 11, 16, 17, 23]);
    assert_eq!(
        units(ConditionalPoisson::new(&SIZES, 8).unwrap().draw(&mut stream(85))),
        [7, 8, 14, 16, 17, 19, 22, 23]
    );
    assert_eq!(units(Sampford::new(&SIZES, 8).unwrap().draw(&mut stream(86))), [4, 9, 10, 12, 13, 16, 19, 23]);
    let shares = Proportional::new(&SIZES, 8).unwrap();
    let pi = SIZES.map(|size| shares.inclusion(size));
    let x: Vec<f64> = (0..24).flat_map(|unit| [pi[unit].value(), ((unit * unit) % 17) as f64]).collect();
    for (order, expected) in
        [(UnitOrder::Given, vec![5, 6, 7, 10, 15, 18, 22, 23]), (UnitOrder::Random, vec![3, 6, 7, 15, 19, 21, 22, 23])]
    {
        let balanced = cube(&pi, &x, 2, order, &mut stream(87)).unwrap();
        assert_eq!(balanced.selection.units, expected);
    }
}
