#![allow(clippy::unwrap_used)]

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
    let texts = ["-1", "0", "4.5", "5", "9", "10", ""];
    let numbers = [Some(-1), Some(0), Some(4), Some(5), Some(9), Some(10), None];
    let made = bands(&texts, &numbers, &[5, 10]).unwrap();
    let tree = &made.hierarchy;
    assert_eq!(tree.levels(), 4);
    assert_eq!(tree.map(1), Some(&[0, 1, 1, 2, 2, 3, 4][..]));
    assert_eq!(tree.map(2), Some(&[0, 1, 1, 1, 1, 2, 3][..]));
    assert_eq!(tree.groups(3), 1);
    let labels = |level: usize| (0..4).map(|group| made.label(level, group).unwrap()).collect::<Vec<_>>();
    assert_eq!(labels(1), ["-5--1", "0-4", "5-9", "10-14"]);
    assert_eq!((labels(2)[0], labels(2)[3]), ("-10--1", ""));
    assert_eq!((made.label(3, 0), made.code("4.5")), (Some("*"), Some(2)));
    assert!(matches!(
        bands(&["2", "3", "4"], &[Some(2), Some(3), Some(4)], &[2, 3]),
        Err(HierarchyFault::Splits { .. })
    ));
    assert!(bands(&["1"], &[Some(i64::MAX)], &[u32::MAX]).is_ok());
    assert!(matches!(bands(&["1"], &[], &[2]), Err(HierarchyFault::Length { .. })));
}

#[test]
fn prefixes_make_departments() {
    let texts = ["97105", "97209", "2A004", "75056", ""];
    let communes = prefixes(&texts, &[2], true).unwrap();
    assert_eq!(communes.hierarchy.groups(1), 5, "Guadeloupe is not Martinique");
    assert_eq!((communes.label(1, 0), communes.label(1, 2)), (Some("971"), Some("2A")));
    let plain = prefixes(&texts, &[2], false).unwrap();
    assert_eq!(plain.hierarchy.groups(1), 4);
    assert!(matches!(prefixes(&["97105", "98000"], &[1, 2], false), Err(HierarchyFault::Splits { .. })));
}

#[test]
fn dates_become_months_years_and_decades() {
    let texts = ["2019-12-31", "2024-01-31", "2024-02-01", "2024-02-29T08:00", "2025-02-01", ""];
    let made = dates(&texts, &[Part::Month, Part::Year, Part::Decade]).unwrap().unwrap();
    let groups: Vec<usize> = (0..5).map(|level| made.hierarchy.groups(level)).collect();
    assert_eq!(groups, [6, 5, 4, 3, 1]);
    assert_eq!(
        (made.label(1, 2), made.label(2, 1), made.label(3, 0)),
        (Some("2024-02"), Some("2024"), Some("2010-2019"))
    );
    for bad in ["2024", "31/01/2024", "2024-1-31", "é024-01-31"] {
        assert_eq!(dates(&[bad], &[Part::Year]), Ok(None));
    }
    assert!(dates(&texts, &[Part::Year, Part::Month]).is_err());
}

#[test]
fn without_levels_there_are_the_values_and_everything() {
    let made = all(&["F", "M"]).unwrap();
    assert_eq!((made.hierarchy.levels(), made.hierarchy.groups(0), made.hierarchy.groups(1)), (2, 2, 1));
    assert_eq!(all::<&str>(&[]), Err(HierarchyFault::Empty));
    let made = same(&["F", "M"]).unwrap();
    assert_eq!((made.hierarchy.levels(), made.label(0, 1), made.code("M")), (1, Some("M"), Some(1)));
}

#[test]
fn a_top_is_added_only_where_there_is_none() {
    assert_eq!(Hierarchy::identity(3).with_top().levels(), 2);
    assert_eq!(Hierarchy::identity(3).with_top().with_top().levels(), 2);
    assert_eq!(Hierarchy::identity(1).with_top().levels(), 1);
}
