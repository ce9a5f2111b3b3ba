//! Files of budgets under several names, and several of them in one go.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use tamis::config::Pipeline;

use crate::bench::Bench;
use crate::budget::noise;
use crate::ready::{Desk, Done, micro};
use crate::{common, three};

fn entries(file: &Path) -> usize {
    let ledger: serde_json::Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    ledger["entries"].as_array().unwrap().len()
}

#[test]
fn a_budget_behind_a_link_is_the_file_that_the_link_leads_to() {
    let bench = Bench::new(300, 200, 5);
    fs::create_dir(bench.path("kept")).unwrap();
    let kept = bench.path("kept/b.json");
    let tables = |file: &str, release: &str| {
        three(&noise("laplace", "0.4", "1").replace("budget.json", file).replace("2026-S1", release))
    };
    // A link that leads nowhere could be made to lead anywhere.
    symlink(&kept, bench.path("link.json")).unwrap();
    let error = bench.run(&tables("link.json", "a"), "dangling", 3).unwrap_err();
    assert!(error.exit_code() == 6 && !kept.exists(), "{error}");
    bench.run(&tables("kept/b.json", "a"), "one", 3).unwrap();
    bench.run(&tables("link.json", "b"), "two", 3).unwrap();
    symlink(bench.path("kept"), bench.path("folder")).unwrap();
    let error = bench.run(&tables("folder/b.json", "c"), "three", 3).unwrap_err();
    assert!(error.to_string().contains("does not suffice"), "{error}");
    assert_eq!(entries(&kept), 2);
    assert!(fs::symlink_metadata(bench.path("link.json")).unwrap().is_symlink(), "the link stands");
    // The lock lies beside the file, where whoever names it otherwise looks for it too.
    assert!(bench.path("kept/.b.json.lock").exists() && !bench.path(".link.json.lock").exists());
}

#[test]
fn a_budget_of_two_names_is_refused() {
    let bench = Bench::new(300, 200, 5);
    let tables = |release: &str| three(&noise("laplace", "0.4", "1").replace("2026-S1", release));
    bench.run(&tables("a"), "one", 3).unwrap();
    fs::hard_link(bench.path("budget.json"), bench.path("other.json")).unwrap();
    let before = fs::read(bench.path("budget.json")).unwrap();
    let error = bench.run(&tables("b"), "two", 3).unwrap_err();
    assert!(error.exit_code() == 6 && error.to_string().contains("hard links"), "{error}");
    assert_eq!(fs::read(bench.path("budget.json")).unwrap(), before);
    fs::remove_file(bench.path("other.json")).unwrap();
    bench.run(&tables("b"), "three", 3).unwrap();
}

/// Two tables that nothing ties, each with noise of ε = 1, paid from these budgets.
fn two(desk: &Desk, budgets: [&str; 2], out: &str) -> Done {
    desk.write("r.csv", "region\nnord\nsud\n_T\n");
    desk.write("s.csv", "sexe\nF\nM\n_T\n");
    let table = |name: &str, by: &str, list: &str, budget: &str| {
        let perturb = format!(
            "{{ method = \"noise\", release = \"a\", kind = \"laplace\", epsilon = \"1\", cells = \"{list}\", key = \"root.key\", \
             budget = {budget} }}"
        );
        micro(name, by, &perturb)
    };
    let spec = table("t", "\"region\"", "r.csv", budgets[0]) + &table("u", "\"sexe\"", "s.csv", budgets[1]);
    desk.protect(&spec, out)
}

#[test]
fn one_file_is_one_budget_however_it_and_its_amount_are_written() {
    let desk = Desk::new();
    let budgets = ["{ file = \"b.json\", epsilon = \"3\" }", "{ file = \"./b.json\", epsilon = \"3.0\" }"];
    let done = two(&desk, budgets, "out");
    assert_eq!(done.code, 0, "{}", done.err);
    let report: serde_json::Value =
        serde_json::from_slice(&fs::read(done.folder.join("rapport.json")).unwrap()).unwrap();
    for system in 0..2 {
        let budget = &report["systems"][system]["budget"];
        assert_eq!((&budget["releases"], &budget["left"]), (&2.into(), &"1".into()), "{report}");
    }
    assert_eq!(entries(&desk.path("b.json")), 2);
    // Another amount for the same file.
    let other = Desk::new();
    let done = two(&other, [budgets[0], "{ file = \"./b.json\", epsilon = \"4\" }"], "out");
    assert!(done.code == 4 && done.err.contains("another"), "{}", done.err);
    assert!(!other.path("b.json").exists() && !other.path("out").exists());
}

#[test]
fn nothing_is_spent_from_one_budget_where_another_one_refuses() {
    let desk = Desk::new();
    for (at, budgets) in [["9", "0.5"], ["0.5", "9"]].iter().enumerate() {
        let [a, b] = budgets;
        let of = |file: &str, whole: &str| format!("{{ file = \"{file}\", epsilon = \"{whole}\" }}");
        let (first, second) = (format!("a{at}.json"), format!("b{at}.json"));
        let done = two(&desk, [&of(&first, a), &of(&second, b)], "out");
        assert!(done.code == 4 && done.err.contains("does not suffice"), "{}", done.err);
        assert!(!desk.path(&first).exists() && !desk.path(&second).exists() && !desk.path("out").exists());
    }
}

#[test]
fn nothing_is_spent_where_a_rounded_table_beside_is_refused() {
    let desk = Desk::new();
    desk.write("c.csv", "a,n\nx,2\ny,2\nz,2\nw,2\n_T,8\n");
    desk.write("r.csv", "region\nnord\nsud\n_T\n");
    let rounded = "[[table]]\nname = \"rounded\"\nfile = \"c.csv\"\nform = \"cells\"\nmeasure = \"count\"\nby = [\"a\"]\nvalue = \"n\"\n\
                   perturb = { method = \"rounding\", base = 5, to = \"nearest\" }\n";
    let noisy = micro(
        "noisy",
        "\"region\"",
        "{ method = \"noise\", release = \"a\", kind = \"laplace\", epsilon = \"1\", cells = \"r.csv\", key = \"root.key\", \
         budget = { file = \"b.json\", epsilon = \"3\" } }",
    );
    for spec in [format!("{rounded}{noisy}"), format!("{noisy}{rounded}")] {
        let done = desk.protect(&spec, "out");
        assert!(done.code == 4 && done.err.contains("4 counts of few persons could be found"), "{}", done.err);
        assert!(!desk.path("b.json").exists() && !desk.path("out").exists());
    }
}

#[test]
fn a_run_whose_rounded_tables_are_refused_has_spent_nothing() {
    let bench = Bench::new(2_000, 2_000, 9);
    bench.write_few();
    let table = |source: &str, perturb: &str| {
        format!(
            "[[aggregate]]\nname = \"{source}\"\nsource = \"{source}\"\nby = [\"profession\"]\nmargins = true\n\
             measure = [{{ count = \"persons\" }}]\nperturb = {perturb}\n"
        )
    };
    let few = "[[source]]\nname = \"few\"\nschema = \"schema.json\"\nfiles = [\"few.csv\"]\n\
               [[keep]]\nsource = \"few\"\ncolumn = \"profession\"\nwhy = \"essai\"\n";
    let nearest = table("few", "{ method = \"rounding\", base = 5, to = \"nearest\" }");
    let path = bench
        .write_pipeline("c.csv", &(few.to_owned() + &table("consultations", &noise("laplace", "1", "3")) + &nearest));
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("[[keep]]\ncolumn", "[[keep]]\nsource = \"consultations\"\ncolumn")).unwrap();
    let pipeline = Pipeline::read(&path).unwrap_or_else(|errors| panic!("{errors:?}"));
    let error = common::run(&pipeline, &bench.path("out"), 1, common::key(3)).unwrap_err();
    assert!(error.exit_code() == 4 && error.to_string().contains("could be found"), "{error}");
    assert!(!bench.path("budget.json").exists());
}
