//! Methods, hierarchies that are told, and what the report says of both.

use std::collections::{BTreeMap, BTreeSet};

use super::bench::{Bench, bytes, contributions, derivable, microdata};
use super::plain::Table;

const BY: [&str; 3] = ["region", "departement", "secteur"];

fn spec(head: &str, rules: &str) -> String {
    format!(
        "[tables]\n{head}\n[[table]]\nname = \"emploi\"\nfile = \"micro.csv\"\nform = \"microdata\"\nvalue = \"montant\"\n\
         by = [\"region\", \"departement\", \"secteur\"]\nmargins = true\ncontributor = \"entreprise\"\n[table.protect]\n{rules}\n"
    )
}

fn kinds(table: &Table) -> BTreeSet<BTreeMap<String, String>> {
    let finest = table.rows.iter().filter(|row| row[..3].iter().all(|code| code != "_T"));
    finest.map(|row| BY.iter().map(|column| (*column).to_owned()).zip(row.iter().cloned()).collect()).collect()
}

fn methods() -> Vec<&'static str> {
    let optimal = cfg!(feature = "optimal").then_some("method = \"optimal\"\nseconds = 30");
    ["method = \"elimination\"", "method = \"modular\""].into_iter().chain(optimal).collect()
}

#[test]
fn nothing_follows_from_what_is_published_whatever_the_method() {
    for (seed, rules) in [(5, "threshold = 3\np_percent = \"10\""), (8, "dominance = [{ n = 1, k = \"80\" }]")] {
        let bench = Bench::new();
        bench.write("micro.csv", &microdata(&contributions(160, seed)));
        for (at, method) in methods().into_iter().enumerate() {
            let done = bench.protect_into(&spec(method, rules), &format!("out{at}"), &[]).ends(0);
            let table = done.table("emploi");
            assert_eq!(derivable(&[(&table, &BY)], &kinds(&table)), BTreeSet::new(), "{method}");
            let (code, found) = done.attack(&["emploi"], "region,departement,secteur", "montant");
            assert_eq!((code, found["fallen"].as_u64()), (0, Some(0)), "{method}");
            let report = done.report();
            assert!(method.contains(report["method"].as_str().unwrap()), "{method}: {}", report["method"]);
            assert!(report["systems"][0]["worst_margin"].as_f64().unwrap() >= 0.0, "{method}");
            let again = bench.protect_into(&spec(method, rules), &format!("again{at}"), &[]).ends(0);
            assert_eq!(
                bytes(&again.folder).into_values().collect::<Vec<_>>(),
                bytes(&done.folder).into_values().collect::<Vec<_>>()
            );
        }
    }
}

#[cfg(feature = "optimal")]
#[test]
fn the_optimal_method_tells_how_far_it_is_from_the_least_cost() {
    let bench = Bench::new();
    bench.write("micro.csv", &microdata(&contributions(160, 5)));
    let done = bench.protect(&spec("method = \"optimal\"\nseconds = 60", "threshold = 3")).ends(0);
    let system = &done.report()["systems"][0];
    let (cost, least) = (system["cost"].as_f64().unwrap(), system["least_cost"].as_f64().unwrap());
    assert!(0.0 < least && least <= cost + 1e-3);
    assert!((system["excess_over_least"].as_f64().unwrap() - (cost / least - 1.0)).abs() < 1e-9);
}

#[cfg(not(feature = "optimal"))]
#[test]
fn the_optimal_method_says_how_its_solver_is_had() {
    let bench = Bench::new();
    bench.write("micro.csv", &microdata(&contributions(40, 5)));
    let done = bench.protect(&spec("method = \"optimal\"", "threshold = 3")).ends(2);
    assert!(done.err.contains("a solver that is not built in") && done.err.contains("cmake"), "{}", done.err);
}

#[test]
fn mistakes_about_methods_and_hierarchies_are_shown_at_their_place() {
    let bench = Bench::new();
    bench.write("micro.csv", &microdata(&contributions(40, 5)));
    for (head, says) in [
        ("method = \"modulair\"", "Did you mean `modular`?"),
        ("seconds = 20", "only method = \"optimal\""),
        ("method = \"modular\"\nseconds = 20", "only method = \"optimal\""),
        ("method = \"optimal\"\nseconds = 0", "from 1 to 86400"),
        ("hierarchy = true", "the finest column first"),
        ("hierarchy = [[\"departement\"]]", "the finest column first"),
        ("hierarchy = [[\"departement\", \"pays\"]]", "`pays`"),
        ("hierarchy = [[\"departement\", \"region\"], [\"secteur\", \"region\"]]", "`region`"),
        ("hierarchy = \"region\"", "list of lists"),
    ] {
        let done = bench.protect(&spec(head, "threshold = 3")).ends(2);
        let told = done.err.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert!(told.contains(says), "{head}\n{}", done.err);
    }
}

/// Two columns of which each code of the second stands beside one code of the first, by chance.
const BY_CHANCE: &str = "a,b,montant\np,x,9\np,x,8\np,x,7\np,y,6\np,y,5\np,y,9\nq,z,4\nq,z,5\nq,z,6\nq,z,7\n";

fn by_chance(head: &str) -> String {
    format!(
        "[tables]\n{head}\n[[table]]\nname = \"t\"\nfile = \"t.csv\"\nform = \"microdata\"\nvalue = \"montant\"\nby = [\"a\", \"b\"]\n\
         margins = true\n[table.protect]\nthreshold = 2\n"
    )
}

#[test]
fn columns_that_nest_by_chance_can_be_told_apart() {
    let bench = Bench::new();
    bench.write("t.csv", BY_CHANCE);
    let found = bench.protect_into(&by_chance(""), "found", &[]).ends(0);
    let apart = bench.protect_into(&by_chance("hierarchy = false"), "apart", &[]).ends(0);
    let rows = |done: &super::bench::Done| {
        let table = done.table("t");
        let codes = table.column("a").into_iter().zip(table.column("b"));
        codes.map(|(a, b)| format!("{a}{b}")).collect::<BTreeSet<String>>()
    };
    let total_of_x = "_Tx".to_owned();
    assert!(!rows(&found).contains(&total_of_x) && rows(&apart).contains(&total_of_x));
    let told = |done: &super::bench::Done| done.report()["systems"][0]["hierarchies"].clone();
    assert_eq!(told(&found), serde_json::json!({ "used": [["b", "a"]], "found": [["b", "a"]] }));
    assert_eq!(told(&apart), serde_json::json!({ "used": [], "found": [["b", "a"]] }));
}

#[test]
fn a_hierarchy_that_is_told_must_be_one() {
    let bench = Bench::new();
    bench.write("t.csv", &format!("{BY_CHANCE}q,x,3\n"));
    let done = bench.protect(&by_chance("hierarchy = [[\"b\", \"a\"]]")).ends(2);
    assert!(done.err.contains("`b` is not a level under `a`"), "{}", done.err);
    bench.write("t.csv", BY_CHANCE);
    let told = bench.protect_into(&by_chance("hierarchy = [[\"b\", \"a\"]]"), "told", &[]).ends(0);
    let found = bench.protect_into(&by_chance(""), "found", &[]).ends(0);
    assert_eq!(
        bytes(&told.folder).into_values().collect::<Vec<_>>(),
        bytes(&found.folder).into_values().collect::<Vec<_>>()
    );
}

#[test]
fn a_second_largest_of_zero_beside_one_contributor_is_no_contradiction() {
    let bench = Bench::new();
    let cells = |second: &str| {
        format!("a,v,n,x1,x2,d\na,70,1,70,{second},\nb,400,40,20,20,\nc,500,50,20,20,\n_T,970,91,70,20,\n")
    };
    let statuses = bench.statuses(&cells("0"), &super::one("p_percent = \"10\""));
    assert_eq!(statuses, bench.statuses(&cells(""), &super::one("p_percent = \"10\"")));
    assert_eq!(statuses["a"], "supprime_p_pour_cent");
    bench.write("t.csv", &cells("1"));
    bench.protect(&super::one("p_percent = \"10\"")).ends(2);
}

#[test]
fn what_statuses_alone_tell_is_not_asked_and_the_report_agrees_with_the_exit() {
    // 3 + 6 = 9, all below 11: their statuses say that the total is 2 at least and no part more than 9.
    let bench = Bench::new();
    let mut rows = "a,b\n".to_owned();
    for (a, b, count) in [("p", "x", 3), ("p", "y", 6), ("q", "x", 40), ("q", "y", 50), ("r", "x", 30), ("r", "y", 70)]
    {
        rows += &format!("{a},{b}\n").repeat(count);
    }
    bench.write("t.csv", &rows);
    let spec = "[[table]]\nname = \"t\"\nfile = \"t.csv\"\nform = \"microdata\"\nby = [\"a\", \"b\"]\nmargins = true\n\
                [table.protect]\nthreshold = 11\n";
    let done = bench.protect(spec).ends(0);
    let report = done.report();
    let system = &report["systems"][0];
    assert!(system["worst_margin"].as_f64().unwrap() >= 0.0, "{system}");
    let of = |b: &str| {
        let mut all = system["intervals"].as_array().unwrap().iter();
        all.find(|i| super::cell(i, "a") == "p" && super::cell(i, "b") == b).cloned().unwrap()
    };
    if report["systems"][0]["reasons_told"] == true {
        assert_eq!(of("x")["demanded"], serde_json::json!([1.0, 10.0]));
        assert_eq!(of("x")["asked"], serde_json::json!([1.0, 9.0]));
    }
    for cell in ["x", "y", "_T"].map(of) {
        let (low, high) = (cell["low"].as_f64().unwrap(), cell["high"].as_f64().unwrap_or(f64::INFINITY));
        let asked = cell["asked"].as_array().unwrap().iter().map(|end| end.as_f64().unwrap()).collect::<Vec<_>>();
        assert!(low <= asked[0] + 1e-6 && high >= asked[1] - 1e-6, "{cell}");
    }
}
