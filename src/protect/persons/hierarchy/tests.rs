use super::*;

#[test]
fn levels_that_split_what_was_joined_are_refused_by_position() {
    let fault = Hierarchy::new(&[vec![0, 1, 2], vec![5, 5, 6], vec![1, 2, 2]]).unwrap_err();
    assert_eq!(fault, HierarchyFault::Splits { level: 1, one: 0, two: 1 });
    assert_eq!(fault.to_string(), "values 0 and 1 are together at level 1, but apart at level 2");
    assert_eq!(Hierarchy::new(&[]), Err(HierarchyFault::Empty));
    let fault = Hierarchy::new(&[vec![0, 1], vec![0]]).unwrap_err();
    assert_eq!(fault, HierarchyFault::Length { level: 1, expected: 2, found: 1 });
}

#[test]
fn groups_are_dense_and_lift_from_any_finer_level() {
    let tree = Hierarchy::new(&[vec![9, 8, 7, 6], vec![4, 4, 2, 9], vec![1, 1, 1, 0], vec![3; 4]]).unwrap();
    assert_eq!((tree.levels(), tree.domain()), (4, 4));
    assert_eq!(tree.map(1), Some(&[0, 0, 1, 2][..]));
    assert_eq!(tree.leaves(2), [3, 1]);
    assert_eq!(tree.lift(1, 2), Some(&[0, 0, 1][..]));
    assert_eq!(tree.lift(0, 3), Some(&[0, 0, 0, 0][..]));
    assert_eq!(tree.lift(2, 1), None);
    for (from, to) in [(0, 1), (1, 2), (1, 3), (2, 2)] {
        for code in 0..4 {
            let group = tree.map(from).unwrap()[code] as usize;
            assert_eq!(tree.lift(from, to).unwrap()[group], tree.map(to).unwrap()[code]);
        }
    }
}

#[test]
fn a_file_of_arx_becomes_codes_and_labels() {
    let read = read("\u{feff}1;0-4;*\r\n\n2;0-4;*\n5;\"5;9\";*\n\"a \"\"b\"\"\";x;*", ';').unwrap();
    assert_eq!((read.code("2"), read.code("a \"b\""), read.code("7")), (Some(1), Some(3), None));
    assert_eq!(read.hierarchy.map(1), Some(&[0, 0, 1, 2][..]));
    assert_eq!((read.label(1, 1), read.label(2, 0), read.label(2, 1)), (Some("5;9"), Some("*"), None));
}

#[test]
fn errors_of_a_file_name_lines_and_no_value() {
    let cases = [
        ("", ReadFault::Empty),
        ("\n \n", ReadFault::Empty),
        ("secret;*\nhidden", ReadFault::Ragged { line: 2, expected: 2, found: 1 }),
        ("a;*\n\nsecret;*\nsecret;*", ReadFault::Repeated { line: 4, first: 3 }),
        ("\"secret;*", ReadFault::Quote { line: 1 }),
        ("a;*\n\"secret\"x;*", ReadFault::Quote { line: 2 }),
        ("a;g;x\n\nsecret;g;y", ReadFault::Splits { level: 1, one: 1, two: 3 }),
    ];
    for (text, fault) in cases {
        let found = read(text, ';').unwrap_err();
        assert_eq!(found, fault);
        assert!(!found.to_string().contains("secret") && !found.to_string().contains("hidden"));
    }
}

#[test]
fn bands_begin_at_multiples_below_zero_too() {
    let tree = bands(&[-1, 0, 4, 5, 9, 10], &[5, 10]).unwrap();
    assert_eq!(tree.levels(), 4);
    assert_eq!(tree.map(1), Some(&[0, 1, 1, 2, 2, 3][..]));
    assert_eq!(tree.map(2), Some(&[0, 1, 1, 1, 1, 2][..]));
    assert_eq!(tree.groups(3), 1);
    assert!(matches!(bands(&[2, 3, 4], &[2, 3]), Err(HierarchyFault::Splits { .. })));
}

#[test]
fn prefixes_make_months_years_and_departments() {
    let dates = prefixes(&["2024-01-31", "2024-02-01", "2024-02-29", "2025-02-01"], &[7, 4], false).unwrap();
    assert_eq!((dates.groups(0), dates.groups(1), dates.groups(2), dates.groups(3)), (4, 3, 2, 1));
    let communes = prefixes(&["97105", "97209", "2A004", "75056"], &[2], true).unwrap();
    assert_eq!(communes.groups(1), 4, "Guadeloupe is not Martinique");
    let plain = prefixes(&["97105", "97209", "2A004", "75056"], &[2], false).unwrap();
    assert_eq!(plain.groups(1), 3);
}

#[test]
fn a_top_is_added_only_where_there_is_none() {
    assert_eq!(Hierarchy::identity(3).with_top().levels(), 2);
    assert_eq!(Hierarchy::identity(3).with_top().with_top().levels(), 2);
    assert_eq!(Hierarchy::identity(1).with_top().levels(), 1);
}
