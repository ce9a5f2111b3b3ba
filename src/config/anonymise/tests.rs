//! Files to anonymise by: each mistake with the code and the place that its reader is shown; a good one, with what it becomes.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;

use super::*;

const GOOD: &str = r#"
[anonymise]
file = "in.csv"
output = "out.csv"
person = "id"
population = "pop.csv"
keep = ["poids"]
suppress = 0.04

[[quasi]]
column = "age"
bands = [5, 10]
weight = 2

[[quasi]]
column = "commune"
prefixes = [3, 2]
overseas = true

[[quasi]]
column = "entree"
dates = ["month", "year"]

[[quasi]]
column = "sexe"
hierarchy = "sexe.csv"

[[sensitive]]
column = "diag"
hierarchy = "diag.csv"

[[rule]]
rule = "k_anonymity"
k = 5

[[rule]]
rule = "t_closeness"
t = 0.2
distance = "hierarchical"
columns = ["age", "sexe"]

[[change]]
method = "cap"
columns = ["poids"]
top = 90

[loss]
measure = "entropy"
suppression = false

[search]
method = "bounded"
checks = 100

[evidence]
smallest = 5
"#;

fn read(text: &str) -> Result<Anonymise, ConfigErrors> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("sexe.csv"), "F;*\nM;*\n").unwrap();
    fs::write(folder.path().join("diag.csv"), "I10;I;*\nE11;E;*\n").unwrap();
    fs::write(folder.path().join("spec.toml"), text).unwrap();
    Anonymise::read(&folder.path().join("spec.toml"))
}

/// One change of the good file, the code of the one problem that it brings, and the text that is pointed at.
const CASES: &[(&str, &str, &str, &str)] = &[
    ("[anonymise]", "[anonymize]", "unknown_key", "anonymize"),
    ("suppress = 0.04", "supress = 0.04", "unknown_key", "supress"),
    ("suppress = 0.04", "suppress = 4", "bad_value", "4"),
    ("suppress = 0.04", "suppress = \"4\"", "wrong_type", "\"4\""),
    ("[[quasi]]\ncolumn = \"age\"", "[quasi]\ncolumn = \"age\"", "syntax", ""),
    ("file = \"in.csv\"\n", "", "missing_key", ""),
    ("output = \"out.csv\"", "output = \"in.csv\"", "conflict", "\"in.csv\""),
    ("person = \"id\"", "person = \"age\"", "column_twice", "\"age\""),
    ("keep = [\"poids\"]", "keep = [\"poids\", \"age\"]", "column_twice", "\"age\""),
    ("bands = [5, 10]", "bands = [5, 12]", "bad_value", "[5, 12]"),
    ("bands = [5, 10]", "bands = [1]", "bad_value", "[1]"),
    ("bands = [5, 10]", "bands = [5]\nprefixes = [1]", "conflict", "[1]"),
    ("prefixes = [3, 2]", "prefixes = [2, 3]", "bad_value", "[2, 3]"),
    ("bands = [5, 10]", "bands = [5, 10]\noverseas = true", "stray_option", "true"),
    ("[\"month\", \"year\"]", "[\"year\", \"month\"]", "bad_value", "[\"year\", \"month\"]"),
    ("[\"month\", \"year\"]", "[\"month\", \"century\"]", "unknown_word", "\"century\""),
    ("weight = 2", "weight = 0", "bad_value", "0"),
    ("weight = 2", "level = 2", "conflict", "2"),
    ("\"sexe.csv\"", "\"absent.csv\"", "unreadable", "\"absent.csv\""),
    ("rule = \"k_anonymity\"", "rule = \"k-anonymity\"", "unknown_word", "\"k-anonymity\""),
    ("k = 5\n", "k = 0\n", "bad_value", "0"),
    ("k = 5\n", "", "missing_key", "[[rule]]"),
    ("k = 5\n", "k = 5\nl = 2\n", "stray_option", "2"),
    ("t = 0.2", "t = 1.2", "bad_value", "1.2"),
    ("columns = [\"age\", \"sexe\"]", "columns = [\"age\", \"sex\"]", "unknown_column", "\"sex\""),
    ("columns = [\"age\", \"sexe\"]", "columns = [\"age\", \"age\"]", "column_twice", "\"age\""),
    ("t = 0.2", "t = 0.2\nsensitive = \"age\"", "unknown_column", "\"age\""),
    ("hierarchy = \"diag.csv\"\n", "", "missing_key", "[[rule]]"),
    ("population = \"pop.csv\"\n", "", "missing_key", "[[rule]]"),
    ("method = \"cap\"", "method = \"caps\"", "unknown_word", "\"caps\""),
    ("columns = [\"poids\"]\ntop", "columns = [\"id\"]\ntop", "unknown_column", "\"id\""),
    ("columns = [\"poids\"]\ntop", "columns = [\"age\"]\ntop", "conflict", "\"age\""),
    ("top = 90", "top = 90\nbottom = 91", "bad_value", "90"),
    ("top = 90", "top = 90\nat_least = 3", "conflict", "3"),
    ("top = 90\n", "", "missing_key", "[[change]]"),
    ("top = 90", "top = 90\nshare = 0.1", "stray_option", "0.1"),
    ("measure = \"entropy\"\nsuppression = false", "measure = \"ambiguity\"\nbalance = 0.3", "stray_option", "0.3"),
    ("measure = \"entropy\"", "measure = \"granularity\"", "stray_option", "false"),
    ("method = \"bounded\"", "method = \"exact\"", "stray_option", "100"),
    ("smallest = 5", "smallest = 5\nlinkable = 2", "bad_value", "2"),
    ("suppress = 0.04", "local = \"recode\"\nmissing = \"any\"", "stray_option", "\"any\""),
    ("suppress = 0.04", "local = \"suppress\"", "conflict", "\"suppress\""),
    ("suppress = 0.04", "suppress = 0.04\nkey = \"fd:x\"", "bad_value", "\"fd:x\""),
];

#[test]
fn every_mistake_is_shown_alone_at_its_place() {
    for (from, to, code, at) in CASES {
        let good = if from.contains("population") { GOOD.replacen("k_anonymity", "k_map", 1) } else { GOOD.to_owned() };
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good, "{from}");
        let errors = read(&text).err().unwrap_or_else(|| panic!("{from} → {to} is let by"));
        let codes: Vec<String> = errors.errors().iter().map(|error| error.code()).collect();
        // A section that is called otherwise is missing too, and one in the wrong brackets is a fault of syntax.
        assert_eq!(
            codes.first().map(String::as_str),
            Some(format!("tamis::pipeline::{code}").as_str()),
            "{to}: {codes:?}"
        );
        assert!(codes.len() == 1 || *code == "syntax", "{from} → {to}: {codes:?}");
        let span = errors.errors()[0].span().unwrap();
        assert!(text[span.clone()].starts_with(at), "{from} → {to}: {}", &text[span]);
    }
}

#[test]
fn whatever_is_no_such_file_is_not_quoted() {
    for text in ["id,age\nCANARI,3\n", "[pipeline]\nname = \"x\"\n"] {
        let errors = read(text).err().unwrap();
        assert_eq!(errors.errors()[0].code(), "tamis::pipeline::not_anonymise");
        assert!(!format!("{errors:?}").contains("CANARI"));
    }
}

#[test]
fn a_good_file_says_what_it_says() {
    let found = read(GOOD).unwrap();
    assert_eq!(
        (found.protection.suppress, found.protection.threshold, found.protection.local),
        (0.04, 11, Local::Global)
    );
    assert_eq!(found.protection.quasi.iter().map(|q| q.weight).collect::<Vec<_>>(), [2.0, 1.0, 1.0, 1.0]);
    assert_eq!(found.protection.quasi[0].levels, Levels::Bands(vec![5, 10]));
    assert_eq!(found.protection.quasi[1].levels, Levels::Prefixes { lengths: vec![3, 2], overseas: true });
    assert_eq!(found.protection.quasi[2].levels, Levels::Dates(vec![DatePart::Month, DatePart::Year]));
    assert!(matches!(&found.protection.quasi[3].levels, Levels::File { text, .. } if text == "F;*\nM;*\n"));
    assert_eq!(found.protection.rules[0], Rule { model: RuleModel::KAnonymity { k: 5 }, columns: vec![0, 1, 2, 3] });
    let closeness = RuleModel::Closeness { t: 0.2, distance: RuleDistance::Hierarchical, sensitive: 0 };
    assert_eq!(found.protection.rules[1], Rule { model: closeness, columns: vec![0, 3] });
    assert_eq!(found.protection.search, Search { whole: Some(false), checks: 100 });
    assert_eq!((found.protection.loss.measure, found.protection.loss.suppression), (LossMeasure::Entropy, false));
    assert_eq!(found.protection.evidence, EvidenceLimits { smallest: Some(5), ..EvidenceLimits::default() });
    let suppress = "[anonymise]\nfile = \"a\"\noutput = \"b\"\nlocal = \"suppress\"\nmissing = \"any\"\n\
                    [[quasi]]\ncolumn = \"x\"\nlevel = 1\n[[rule]]\nrule = \"k_anonymity\"\nk = 3\n";
    assert_eq!(read(suppress).unwrap().protection.local, Local::Suppress { any: true });
}

#[test]
fn sets_of_columns_are_counted_as_binomials_add_up_and_bounded() {
    use super::special_sets;
    // All but the whole of them: 2^n - 2; a single column is a set all the same.
    assert_eq!(special_sets(1, 1), Some(1));
    assert_eq!(special_sets(5, 3), Some(5 + 10 + 10));
    assert_eq!(special_sets(5, 99), Some(30));
    assert_eq!(special_sets(16, 15), Some((1 << 16) - 2));
    // 17 columns have more than 65,536 sets, 30 have 31,930 of at most four, and 31 are refused whatever is asked of them.
    assert_eq!(special_sets(17, 16), None);
    assert_eq!(special_sets(30, 4), Some(30 + 435 + 4_060 + 27_405));
    assert_eq!(special_sets(30, 5), None);
    assert_eq!(special_sets(31, 1), None);
    assert_eq!(special_sets(5, 0), None);
}
