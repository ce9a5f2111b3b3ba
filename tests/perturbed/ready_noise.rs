//! `tamis protect tables` with noise: how often one contributor counts, and what that costs.

use std::fs;

use crate::ready::{Desk, Done, micro};

/// Noise over the cells of `list.csv`, paid from `b.json`, which has ε = 9.
fn noise(epsilon: &str) -> String {
    format!(
        "{{ method = \"noise\", release = \"2026\", kind = \"laplace\", epsilon = \"{epsilon}\", cells = \"list.csv\", key = \"root.key\", \
         budget = {{ file = \"b.json\", epsilon = \"9\" }} }}"
    )
}

/// A desk with a list of regions and sexes, totals among them.
fn desk() -> Desk {
    let desk = Desk::new();
    let list =
        ["nord", "sud", "_T"].iter().flat_map(|region| ["F", "M", "_T"].map(|sexe| format!("{region},{sexe}\n")));
    desk.write("list.csv", &("region,sexe\n".to_owned() + &list.collect::<String>()));
    desk
}

/// What was said, without line breaks and frames.
fn told(done: &Done) -> String {
    done.err.split_whitespace().collect::<Vec<_>>().join(" ").replace("│ ", "")
}

fn refused(desk: &Desk, spec: &str, says: &str) {
    let done = desk.protect(spec, "refused");
    assert!(done.code == 2 && told(&done).contains(says), "{}: {}", done.code, done.err);
    assert!(!desk.path("refused").exists() && !desk.path("b.json").exists());
}

/// The scale of the noise and the cells of one contributor, as they are reported.
fn scale(done: &Done) -> (f64, u64) {
    assert_eq!(done.code, 0, "{}", done.err);
    let report: serde_json::Value =
        serde_json::from_slice(&fs::read(done.folder.join("rapport.json")).unwrap()).unwrap();
    let told = &report["systems"][0]["perturbation"];
    (told["expected_error"]["scale"].as_f64().unwrap(), told["cells_per_person"].as_u64().unwrap())
}

const BY: &str = "\"region\", \"sexe\"";

#[test]
fn noise_over_microdata_needs_to_know_whose_row_each_is() {
    let desk = desk();
    let sound = micro("t", BY, &noise("1"));
    refused(&desk, &sound.replace("contributor = \"who\"\n", ""), "`contributor` is missing in [[table]]");
    let per = sound.replace("margins = true", "margins = true\ncells_per_contributor = 4");
    refused(&desk, &per, "`cells_per_contributor` and `form` do not go together");
    // Each row without a name would be a person of its own, whoever it is of.
    let text = fs::read_to_string(desk.path("m.csv")).unwrap();
    desk.write("m.csv", &(text + ",nord,d1,F\n"));
    refused(&desk, &sound, "a row names no contributor");
}

#[test]
fn a_person_of_two_linked_files_is_in_one_cell_of_each_kind() {
    let desk = desk();
    desk.write("ages.csv", "sexe,age\nF,a\nF,b\nM,a\nM,b\n_T,a\n_T,b\nF,_T\nM,_T\n_T,_T\n");
    let second = micro("u", "\"sexe\", \"age\"", &noise("1").replace("list.csv", "ages.csv"));
    let spec = micro("t", BY, &noise("1")) + &second.replace("m.csv", "n.csv");
    // The same persons with their ages: p0 is a woman in the first file.
    let first = fs::read_to_string(desk.path("m.csv")).unwrap();
    let ages = |woman: &str| {
        let row = |(at, line): (usize, &str)| {
            let (who, sexe) = (line.split(',').next().unwrap(), line.rsplit(',').next().unwrap());
            format!("{who},{},{}\n", if at == 0 { woman } else { sexe }, ["a", "b"][at % 2])
        };
        "who,sexe,age\n".to_owned() + &first.lines().skip(1).enumerate().map(row).collect::<String>()
    };
    desk.write("n.csv", &ages("M").replace("\np3,F", "\np3,M").replace("\np1,M", "\np1,F").replace("\np2,M", "\np2,F"));
    refused(&desk, &spec, "n.csv: in a table that is perturbed every contributor counts once");
    desk.write("n.csv", &ages("F"));
    // Both have the totals by sex and the whole.
    assert_eq!(scale(&desk.protect(&spec, "out")), (6.0, 6));
}

/// One column with the codes of three levels: whoever is in a department is in a region and in France too.
#[test]
fn noise_over_cells_is_scaled_to_the_cells_that_somebody_answers_for() {
    let desk = desk();
    desk.write("c.csv", "zone,n\nFR,40\nR11,25\nR84,15\nD75,25\nD69,15\n");
    desk.write("list.csv", "zone\nFR\nR11\nR84\nD75\nD69\n");
    let bare = format!(
        "[[table]]\nname = \"t\"\nfile = \"c.csv\"\nform = \"cells\"\nmeasure = \"count\"\nby = [\"zone\"]\nvalue = \"n\"\n\
         perturb = {}\n",
        noise("1")
    );
    refused(&desk, &bare, "`contributors` is missing in [[table]]");
    let named = bare.replace("value = \"n\"", "value = \"n\"\ncontributors = \"n\"");
    refused(&desk, &named, "`cells_per_contributor` is missing in [[table]]");
    let with = |cells: &str| {
        named.replace("contributors = \"n\"", &format!("contributors = \"n\"\ncells_per_contributor = {cells}"))
    };
    refused(&desk, &with("0"), "Write in how many cells of the table one contributor counts");
    let rounding = with("3").replace(&noise("1"), "{ method = \"rounding\", base = 5, to = \"nearest\" }");
    refused(&desk, &rounding, "`cells_per_contributor` and `perturb` do not go together");
    let protect = with("3").replace(&format!("perturb = {}", noise("1")), "protect = { threshold = 3 }");
    refused(&desk, &protect, "`cells_per_contributor` and `protect` do not go together");
    assert_eq!(scale(&desk.protect(&with("3"), "out")), (3.0, 3));
    let spent = fs::read_to_string(desk.path("b.json")).unwrap();
    assert!(spent.contains("3 cells per person"), "{spent}");
}

#[test]
fn a_contributor_is_in_as_many_cells_as_there_are_kinds_of_them() {
    let desk = desk();
    desk.write("c.csv", "region,sexe,n\nnord,F,9\nsud,F,8\n_T,F,17\nnord,_T,9\nsud,_T,8\n_T,_T,17\n");
    let spec = |cells: u64| {
        format!(
            "[[table]]\nname = \"t\"\nfile = \"c.csv\"\nform = \"cells\"\nmeasure = \"count\"\nby = [{BY}]\nvalue = \"n\"\n\
             contributors = \"n\"\ncells_per_contributor = {cells}\nperturb = {}\n",
            noise("1")
        )
    };
    refused(&desk, &spec(3), "more kinds of cells");
    assert_eq!(scale(&desk.protect(&spec(4), "out")), (4.0, 4));
    // Wider noise of the same draw would tell the draw: it is another release.
    let done = desk.protect(&spec(7), "more");
    assert!(done.code == 4 && told(&done).contains("a name of its own"), "{}", done.err);
    assert_eq!(scale(&desk.protect(&spec(7).replace("\"2026\"", "\"2026.b\""), "more")), (7.0, 7));
}
