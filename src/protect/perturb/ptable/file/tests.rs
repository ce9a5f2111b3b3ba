use super::super::{Parameters, VarianceRule};
use super::*;

const SMALL: &str = "\
i;j;p;v;p_int_ub
0;0;1.00000000; 0;1.00000000
1;0;0.36250000;-1;0.36250000
1;1;0.36250000; 0;0.72500000
1;2;0.18750000; 1;0.91250000
1;3;0.08750000; 2;1.00000000
2;0;0.05154609;-2;0.05154609
2;1;0.24381564;-1;0.29536173
2;2;0.40927654; 0;0.70463827
2;3;0.24381564; 1;0.94845391
2;4;0.05154609; 2;1.00000000
";

fn small() -> PTable {
    read(SMALL, 1e-6).expect("a table").0
}

#[test]
fn the_layout_of_the_r_package_is_read() {
    let (table, doubts) = read(SMALL, 1e-6).expect("a table");
    assert_eq!(doubts, []);
    assert_eq!(table.last(), 2);
    let stay = table.changes(1).find(|(v, _)| *v == 0).map(|(_, weight)| weight as f64 / WHOLE as f64);
    assert!((stay.expect("a change of zero") - 0.3625).abs() < 1e-15);
    let made = PTable::of_largest_entropy(&Parameters {
        deviation: 2,
        variance: 0.9,
        rule: VarianceRule::AtMost,
        blocked: 0,
        stay: None,
        monotone: true,
    });
    let made = made.expect("a table");
    for key in (0..1000).map(|key| key * (u64::MAX / 1000)) {
        assert_eq!(table.change(1, key), made.change(1, key));
        assert_eq!(table.change(7, key), made.change(7, key));
    }
}

#[test]
fn columns_separators_quotes_and_the_order_of_lines_do_not_matter() {
    let mut lines: Vec<String> = SMALL
        .lines()
        .map(|line| {
            let f: Vec<&str> = line.split(';').map(str::trim).collect();
            format!("\"{}\",{},{},{}", f[3], f[1], f[2], f[0])
        })
        .collect();
    lines[1..].reverse();
    let text = lines.join("\r\n");
    assert_eq!(read(&text, 1e-6).expect("a table").0, small());
}

#[test]
fn probabilities_are_read_exactly() {
    assert_eq!(weight("0.5"), Some(WHOLE / 2));
    assert_eq!(weight("1"), Some(WHOLE));
    assert_eq!(weight("1.0000000e+00"), Some(WHOLE));
    assert_eq!(weight("2.5e-1"), Some(WHOLE / 4));
    assert_eq!(weight("25E-2"), Some(WHOLE / 4));
    assert_eq!(weight("0.1"), Some(WHOLE / 10));
    assert_eq!(weight("1e-50"), Some(0));
    assert_eq!(
        weight("0.3333333333333333333333333333"),
        Some(333_333_333_333_333_333 * WHOLE / 1_000_000_000_000_000_000)
    );
    for text in ["", ".", "-0.1", "1.1", "1e1", "0,5", "nan", "0x1", "1e-100", "0.5.5"] {
        assert_eq!(weight(text), None, "{text}");
    }
}

#[test]
fn lines_that_are_not_understood_are_named() {
    assert_eq!(read("", 1e-6), Err(PTableError::Line { line: 1 }));
    assert_eq!(read("i;j;v\n0;0;0\n", 1e-6), Err(PTableError::Line { line: 1 }));
    for bad in ["1;2;0.1;2;0", "1;x;0.1;2;0", "1;2", "1;-1;0.1;-2;0", "1;2;-0.1;1;0"] {
        let text = format!("{SMALL}{bad}\n");
        assert_eq!(read(&text, 1e-6), Err(PTableError::Line { line: 12 }), "{bad}");
    }
}

#[test]
fn rows_that_do_not_add_up_or_say_twice_are_refused() {
    let text = SMALL.replace("0.40927654", "0.40937654");
    assert_eq!(read(&text, 1e-6), Err(PTableError::Row { count: 2 }));
    let text = format!("{SMALL}2;4;0.00000000;2;1\n");
    assert_eq!(read(&text, 1e-6), Err(PTableError::Row { count: 2 }));
}

#[test]
fn rows_that_are_missing_are_refused() {
    let text: String = SMALL.lines().filter(|line| !line.starts_with("1;")).map(|line| format!("{line}\n")).collect();
    assert_eq!(read(&text, 1e-6), Err(PTableError::Zero));
    let text = SMALL.replace("0;0;1.00000000; 0", "0;1;1.00000000; 1");
    assert_eq!(read(&text, 1e-6), Err(PTableError::Zero));
}

#[test]
fn a_biased_row_and_a_lopsided_last_row_are_told() {
    let text = SMALL.replace("1;0;0.36250000", "1;0;0.36240000").replace("1;1;0.36250000", "1;1;0.36260000");
    assert_eq!(read(&text, 1e-6).expect("a table").1, [Doubt::Biased { count: 1 }]);
    assert_eq!(read(&text, 1e-3).expect("a table").1, []);
    let cut: String = SMALL.lines().take(6).map(|line| format!("{line}\n")).collect();
    assert_eq!(read(&cut, 1e-6).expect("a table").1, [Doubt::NotSymmetric { count: 1 }]);
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(lines in proptest::collection::vec("[0-9;,. eE-]{0,24}", 0..12), pure in proptest::prelude::any::<String>()) {
        let text = format!("i;j;p;v\n{}", lines.join("\n"));
        let _ = read(&text, 1e-6);
        let _ = read(&pure, f64::NAN);
    }

    #[test]
    fn any_decimal_is_read_to_the_last_unit(digits in 1_u128..=1_000_000_000_000_000_000, exponent in 18_u32..=20) {
        let known = digits * WHOLE / 10_u128.pow(exponent);
        proptest::prop_assert_eq!(weight(&format!("{digits}e-{exponent}")), Some(known));
        proptest::prop_assert_eq!(weight(&format!("0.{digits:0>width$}", width = exponent as usize)), Some(known));
    }
}

#[test]
fn a_change_that_nothing_could_be_reckoned_with_is_refused() {
    let text = "i;j;p;v\n0;0;1;0\n1;0;0.999999999;-1\n1;4000000001;0.000000001;4000000000\n";
    assert_eq!(read(text, 10.0), Err(PTableError::Wide { count: 1 }));
}
