#![allow(clippy::unwrap_used)]

use super::*;

fn of_file(text: &str) -> Result<Method, PerturbError> {
    Method::new(&Perturb::CellKey {
        counts: CellKey::File { path: "p.csv".into(), text: text.to_owned() },
        sums: Vec::new(),
    })
}

#[test]
fn the_deviation_that_is_told_is_that_of_the_row_which_changes_most() {
    // Of 1 the variance is 2, of all others 1.
    let text = "i;j;p;v\n0;0;1;0\n1;0;0.66666667;-1\n1;3;0.33333333;2\n2;1;0.5;-1\n2;3;0.5;1\n";
    let told = of_file(text).unwrap().expected_error((1, 1)).unwrap();
    assert_eq!(told["largest"], 2);
    assert!((told["standard_deviation_at_most"].as_f64().unwrap() - 2.0_f64.sqrt()).abs() < 1e-6, "{told}");
}
