//! Every rule and every loss through the program; what leaves is judged by the papers' definitions, written here once more.

use std::collections::BTreeMap;

use crate::bench::{Bench, Plain, spec};

const QUASI: [&str; 3] = ["sex", "race", "marital-status"];
const DIAG: &str = "[[sensitive]]\ncolumn = \"occupation\"\nhierarchy = \"adult_hierarchy_occupation.csv\"\n";

/// A test of the sensitive shares of a class against those of the input.
type Definition = fn(&BTreeMap<String, f64>, &BTreeMap<String, f64>) -> bool;

fn sorted(shares: &BTreeMap<String, f64>) -> Vec<f64> {
    let mut all: Vec<f64> = shares.values().copied().collect();
    all.sort_by(|one, two| two.total_cmp(one));
    all
}

fn gains(class: &BTreeMap<String, f64>, whole: &BTreeMap<String, f64>) -> Vec<(f64, f64)> {
    class.iter().map(|(value, share)| ((share - whole[value]) / whole[value], whole[value])).collect()
}

const RULES: &[(&str, Definition)] = &[
    ("rule = \"l_diversity\"\nl = 6\n", |class, _| class.len() >= 6),
    ("rule = \"l_diversity\"\nkind = \"entropy\"\nl = 5.5\n", |class, _| {
        -class.values().map(|share| share * share.ln()).sum::<f64>() >= 5.5_f64.ln() - 1e-9
    }),
    ("rule = \"l_diversity\"\nkind = \"recursive\"\nc = 1.2\nl = 3\n", |class, _| {
        sorted(class)[0] < 1.2 * sorted(class).iter().skip(2).sum::<f64>() + 1e-12
    }),
    ("rule = \"t_closeness\"\nt = 0.25\n", |class, whole| {
        whole.iter().map(|(v, p)| (p - class.get(v).unwrap_or(&0.0)).abs()).sum::<f64>() / 2.0 <= 0.25 + 1e-9
    }),
    ("rule = \"beta_likeness\"\nbeta = 2\n", |class, whole| {
        gains(class, whole).iter().all(|(gain, _)| *gain <= 2.0 + 1e-9)
    }),
    ("rule = \"beta_likeness\"\nkind = \"enhanced\"\nbeta = 3\n", |class, whole| {
        gains(class, whole).iter().all(|(gain, before)| *gain <= 3.0_f64.min(-before.ln()) + 1e-9)
    }),
    ("rule = \"alpha_k\"\nalpha = 0.3\nk = 4\n", |class, _| sorted(class)[0] <= 0.3 + 1e-12),
    ("rule = \"alpha_k\"\nalpha = 0.15\nk = 4\nvalues = [\"Sales\"]\n", |class, _| {
        class.get("Sales").is_none_or(|share| *share <= 0.15 + 1e-12)
    }),
];

fn whole(input: &Plain, column: &str) -> BTreeMap<String, f64> {
    input.shares(&input.rows.iter().collect::<Vec<_>>(), column)
}

#[test]
fn every_rule_about_sensitive_values_holds_in_what_leaves_and_did_not_before() {
    let Some(bench) = Bench::adult(2_000) else { return };
    let input = bench.input();
    let before = whole(&input, "occupation");
    for (rule, definition) in RULES {
        let fails = |table: &Plain| {
            let classes = table.classes(&QUASI);
            classes.values().filter(|rows| !definition(&table.shares(rows, "occupation"), &before)).count()
        };
        assert!(fails(&input) > 0, "{rule} has nothing to do");
        for head in ["suppress = 0.1", "suppress = 0.1\nlocal = \"recode\"", ""] {
            let (left, report) = bench.anonymise(&spec(head, &QUASI, &format!("{DIAG}[[rule]]\n{rule}")));
            assert_eq!(fails(&left), 0, "{rule} {head}");
            assert!(left.rows.len() >= if head.is_empty() { 2_000 } else { 1_800 });
            assert_eq!(report["rules"].as_array().unwrap().len(), 1);
        }
    }
}

#[test]
fn closeness_by_order_and_by_hierarchy_is_that_of_the_paper() {
    let Some(bench) = Bench::adult(2_000) else { return };
    let input = bench.input();
    // By order: the ages of a class against all ages.
    let quasi = ["sex", "race", "workclass"];
    let rule = "[[sensitive]]\ncolumn = \"age\"\n[[rule]]\nrule = \"t_closeness\"\nt = 0.05\ndistance = \"ordered\"\n";
    let (left, _) = bench.anonymise(&spec("suppress = 0.2", &quasi, rule));
    let all = whole(&input, "age");
    let mut ages: Vec<u32> = all.keys().map(|age| age.parse().unwrap()).collect();
    ages.sort_unstable();
    for rows in left.classes(&quasi).values() {
        let class = left.shares(rows, "age");
        let (mut sum, mut total) = (0.0_f64, 0.0);
        for age in &ages {
            let age = age.to_string();
            sum += class.get(&age).unwrap_or(&0.0) - all[&age];
            total += sum.abs();
        }
        assert!(total / (ages.len() as f64 - 1.0) <= 0.05 + 1e-9);
    }
    // By hierarchy: what is too much and too little under each node, moved there at its height.
    let rule = format!("{DIAG}[[rule]]\nrule = \"t_closeness\"\nt = 0.12\ndistance = \"hierarchical\"\n");
    let (left, _) = bench.anonymise(&spec("suppress = 0.1", &QUASI, &rule));
    let (all, tree) = (whole(&input, "occupation"), bench.hierarchy("occupation"));
    let height = tree.values().next().unwrap().len() - 1;
    for rows in left.classes(&QUASI).values() {
        let class = left.shares(rows, "occupation");
        let mut at: BTreeMap<String, f64> =
            all.iter().map(|(value, p)| (value.clone(), class.get(value).unwrap_or(&0.0) - p)).collect();
        let mut moved = 0.0;
        for level in 1..=height {
            let mut above: BTreeMap<String, (f64, f64)> = BTreeMap::new();
            for (node, surplus) in &at {
                let path = tree.values().find(|path| path[level - 1] == *node).unwrap();
                let sums = above.entry(path[level].clone()).or_default();
                if *surplus > 0.0 { sums.0 += surplus } else { sums.1 -= surplus }
            }
            moved += above.values().map(|(more, less)| more.min(*less)).sum::<f64>() * level as f64 / height as f64;
            at = above.into_iter().map(|(node, (more, less))| (node, more - less)).collect();
        }
        assert!(moved <= 0.12 + 1e-9, "{moved}");
    }
}

#[test]
fn an_order_is_taken_from_the_file_where_values_are_no_numbers() {
    let bench = Bench::new();
    let mut text = "sexe,etat\n".to_owned();
    for (sexe, etat, n) in [("F", "bas", 6), ("F", "haut", 4), ("M", "bas", 4), ("M", "moyen", 4), ("M", "haut", 2)] {
        (0..n).for_each(|_| text.push_str(&format!("{sexe},{etat}\n")));
    }
    bench.write("in.csv", &text);
    let spec = |order: &str, t: f64| {
        format!(
            "[anonymise]\nfile = \"in.csv\"\noutput = \"out.csv\"\n[[quasi]]\ncolumn = \"sexe\"\n\
             [[sensitive]]\ncolumn = \"etat\"\norder = {order}\n\
             [[rule]]\nrule = \"t_closeness\"\ndistance = \"ordered\"\nt = {t}\n"
        )
    };
    // Of 20: bas 10, moyen 4, haut 6. F has 0.6, 0, 0.4 against 0.5, 0.2, 0.3: (0.1 + 0.1) / 2.
    let order = "[\"bas\", \"moyen\", \"haut\"]";
    let level = |t: f64| bench.anonymise(&spec(order, t)).1["plan"]["chosen"]["levels"]["sexe"].as_u64().unwrap();
    assert_eq!((level(0.101), level(0.099)), (0, 1));
    let after = bench.anonymise(&spec(order, 0.101)).1;
    let reached = after["risk"]["after"]["sensitive"]["etat"]["t_ordered"].as_f64().unwrap();
    assert!((reached - 0.1).abs() < 1e-12, "{reached}");
    bench.clear();
    let done = bench.run(&spec("[\"bas\", \"haut\"]", 0.1), &[]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("column `etat`: its values have no order"), "{}", done.err);
}

#[test]
fn several_sets_of_quasi_identifiers_hold_at_once() {
    let Some(bench) = Bench::adult(2_000) else { return };
    let quasi = ["sex", "age", "race", "marital-status"];
    let rules = "[[rule]]\nrule = \"k_anonymity\"\nk = 10\ncolumns = [\"sex\", \"age\"]\n\
                 [[rule]]\nrule = \"k_anonymity\"\nk = 4\ncolumns = [\"marital-status\", \"race\"]\n";
    for head in ["suppress = 0.05", "suppress = 0.05\nlocal = \"recode\""] {
        let (left, _) = bench.anonymise(&spec(head, &quasi, rules));
        assert!(left.classes(&["sex", "age"]).values().all(|rows| rows.len() >= 10), "{head}");
        assert!(left.classes(&["race", "marital-status"]).values().all(|rows| rows.len() >= 4), "{head}");
        assert!(left.classes(&quasi).values().any(|rows| rows.len() < 4), "nobody asked for all four");
    }
}

#[test]
fn every_loss_is_searched_and_weights_move_what_is_lost() {
    let Some(bench) = Bench::adult(1_500) else { return };
    let quasi = ["sex", "age", "race"];
    let rule = "[[rule]]\nrule = \"k_anonymity\"\nk = 8\n";
    for loss in [
        "measure = \"granularity\"\naggregate = \"geometric_mean\"\nbalance = 0.3",
        "measure = \"entropy\"\naggregate = \"maximum\"",
        "measure = \"entropy\"\nsuppression = false",
        "measure = \"discernibility\"",
        "measure = \"discernibility\"\nsuppression = false",
        "measure = \"class_size\"",
        "measure = \"precision\"\naggregate = \"sum\"",
        "measure = \"ambiguity\"",
    ] {
        let (left, report) = bench.anonymise(&spec("suppress = 0.05", &quasi, &format!("{rule}[loss]\n{loss}\n")));
        assert!(left.classes(&quasi).values().all(|rows| rows.len() >= 8), "{loss}");
        let plan = &report["plan"];
        let (one, two) = (&plan["chosen"]["loss"]["total"], &plan["runner_up"]["loss"]["total"]);
        assert!(one.as_f64().unwrap() <= two.as_f64().unwrap(), "{loss}");
        assert_eq!(plan["proof"], "optimal", "{loss}");
    }
    let level = |weight: &str| {
        let age = "hierarchy = \"adult_hierarchy_age.csv\"\n";
        let text = spec("suppress = 0.05", &quasi, rule).replace(age, &format!("{age}weight = {weight}\n"));
        bench.anonymise(&text).1["plan"]["chosen"]["levels"]["age"].as_u64().unwrap()
    };
    assert!(level("1000") < level("0.001"), "an important column keeps more");
}
