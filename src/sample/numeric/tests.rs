use proptest::prelude::*;

use super::*;

#[test]
fn a_small_term_survives_two_large_ones_that_cancel() {
    assert_eq!(sum([1.0, 1e100, 1.0, -1e100]), 2.0);
    assert_eq!(sum([f64::MAX, f64::MAX]), f64::INFINITY);
}

#[test]
fn a_row_names_its_columns_in_any_order_and_a_column_twice() {
    let mut rows = Rows::new(4);
    rows.push([(3, 1.0), (0, 2.0), (3, 0.5), (1, 0.0)]);
    rows.push([]);
    assert_eq!((rows.row(0), rows.row(1), rows.row(2)), (&[(0, 2.0), (3, 1.5)][..], &[][..], &[][..]));
    assert_eq!(Rows::from_dense(2, &[1.0, 0.0, 0.0, 3.0]).row(1), [(1, 3.0)]);
    rows.push([(4, 1.0)]);
    assert_eq!(rows.first_bad_row(), Some(2));
}

#[test]
fn two_margins_of_one_total_leave_one_column_aside() {
    let mut matrix = Symmetric::zero(4);
    for (sex, age) in [(0, 2), (0, 3), (1, 2), (1, 3), (1, 3)] {
        matrix.add(2.0, &[(sex, 1.0), (age, 1.0)]);
    }
    let factor = Factor::new(&matrix);
    assert_eq!(factor.aside(), [3]);
    assert!(factor.forward(&[40.0, 60.0, 35.0, 65.0])[3].abs() < 1e-9);
    assert!((factor.forward(&[40.0, 60.0, 35.0, 70.0])[3] - 5.0).abs() < 1e-9);
}

proptest! {
    #[test]
    fn a_solution_gives_back_the_right_hand_side(
        rows in prop::collection::vec(prop::array::uniform4(-9.0..9.0_f64), 6..12),
        b in prop::array::uniform4(-9.0..9.0_f64),
    ) {
        let mut matrix = Symmetric::zero(4);
        for row in Rows::from_dense(4, rows.as_flattened()).iter() {
            matrix.add(1.0, row);
        }
        for i in 0..4 {
            matrix.add(0.1, &[(i, 1.0)]);
        }
        let x = Factor::new(&matrix).solve(&b);
        for (i, b) in b.iter().enumerate() {
            let left: f64 = (0..4).map(|j| matrix.at(i, j) * x[j]).sum();
            prop_assert!((left - b).abs() < 1e-9);
        }
        let pairs = (0..4).flat_map(|i| (0..4).map(move |j| (i, j)));
        let square: f64 = pairs.map(|(i, j)| b[i] * matrix.at(i, j) * b[j]).sum();
        prop_assert!((matrix.quadratic(&b) - square).abs() < 1e-9 * square);
    }
}
