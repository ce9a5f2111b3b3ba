//! Which tables are one system, and which totals they share.

use super::super::Pipeline;
use super::*;

/// The sound pipeline with wider bands beside the bands, a region beside the department, and these tables instead of its own.
fn with(tables: &str) -> (Folder, String) {
    let wider = "[[keep]]\ncolumn = \"BIRTHDATE\"\nas = \"age_large\"\ngeneralise = { to = \"band\", bounds = [18] }\n\
                 [[keep]]\ncolumn = \"BIRTHDATE\"\nas = \"age_autre\"\ngeneralise = { to = \"band\", bounds = [20] }\n\
                 [[keep]]\ncolumn = \"commune\"\nas = \"region\"\ngeneralise = \"region\"\n";
    let (before, rest) = GOOD.split_once("[[aggregate]]").unwrap();
    let after = &rest[rest.find("[export]").unwrap()..];
    let before = before.replace("[[keep]]\ncolumn = \"GENDER\"", &format!("{wider}[[keep]]\ncolumn = \"GENDER\""));
    let before = before.replace(
        "protect = { k = 11",
        "columns = [\"COST\", \"age\", \"GENDER\", \"departement\"]\nprotect = { k = 11",
    );
    (Folder::new(), format!("{before}{tables}{after}"))
}

fn table(name: &str, by: &str, more: &str) -> String {
    format!("[[aggregate]]\nname = \"{name}\"\nby = [{by}]\nmeasure = [{{ count = \"persons\" }}]\n{more}\n")
}

fn read(tables: &str) -> Pipeline {
    let (folder, text) = with(tables);
    folder.read(&text).unwrap_or_else(|errors| panic!("{errors:?}"))
}

/// Levels of all shapes of the only system, with who shows them.
fn shapes(pipeline: &Pipeline) -> Vec<(Vec<usize>, Vec<usize>)> {
    let systems = pipeline.linked();
    assert_eq!(systems.len(), 1);
    systems[0].shapes.iter().map(|shape| (shape.levels.to_vec(), shape.shown.clone())).collect()
}

#[test]
fn margins_take_off_the_finest_columns_one_after_the_other() {
    let pipeline = read(&table("t", "\"departement\", \"region\", \"GENDER\"", "margins = true"));
    let dimensions = &pipeline.linked()[0].dimensions;
    let names = |levels: &[usize]| -> Vec<String> {
        levels.iter().map(|at| pipeline.datasets[0].kept[*at].name.clone()).collect()
    };
    assert_eq!(names(&dimensions[0].levels), ["region", "departement"]);
    let all: Vec<Vec<usize>> = shapes(&pipeline).into_iter().map(|(levels, _)| levels).collect();
    assert_eq!(all, [[0, 0], [0, 1], [1, 0], [1, 1], [2, 0], [2, 1]]);
}

#[test]
fn margins_over_some_columns_are_totals_over_these_alone() {
    let pipeline = read(&table("t", "\"region\", \"departement\", \"GENDER\"", "margins = [\"departement\"]"));
    // The whole and the strata, by sex, are known, and shown by no table.
    assert_eq!(
        shapes(&pipeline),
        [(vec![0, 0], vec![]), (vec![0, 1], vec![]), (vec![1, 1], vec![0]), (vec![2, 1], vec![0])]
    );
    let coarse_alone = read(&table("t", "\"region\", \"departement\"", "margins = [\"region\"]"));
    assert_eq!(
        shapes(&coarse_alone),
        [(vec![0], vec![]), (vec![2], vec![0])],
        "a region cannot be taken off before its departments"
    );
}

#[test]
fn tables_meet_in_the_totals_that_both_add_up_to() {
    let tables = table("a", "\"departement\", \"GENDER\"", "") + &table("b", "\"region\", \"age\"", "");
    let pipeline = read(&tables);
    let found = shapes(&pipeline);
    // Region and department, sex, age: both tables add up to the regions.
    assert!(found.contains(&(vec![1, 0, 0], vec![])), "{found:?}");
    assert!(found.contains(&(vec![2, 1, 0], vec![0])) && found.contains(&(vec![1, 0, 1], vec![1])), "{found:?}");
    let system = &pipeline.linked()[0];
    let steps = system.steps();
    let regions = system.shape(&[1, 0, 0]).unwrap();
    assert_eq!(steps.iter().filter(|(coarse, _)| *coarse == regions).count(), 2);
}

#[test]
fn a_step_leads_over_no_other_shape() {
    let system =
        &read(&table("t", "\"region\", \"departement\", \"age_large\", \"age\"", "margins = true")).linked()[0];
    let levels = |at: usize| system.shapes[at].levels.iter().sum::<usize>();
    // Every combination of levels is shown, so each step takes off one level of one dimension.
    assert!(system.steps().iter().all(|(coarse, fine)| levels(*coarse) + 1 == levels(*fine)));
    assert_eq!((system.shapes.len(), system.steps().len()), (9, 12));
}

#[test]
fn bands_that_cut_each_other_are_refused_in_one_system_and_taken_in_two() {
    let (folder, text) = with(&(table("a", "\"age\"", "") + &table("b", "\"age_autre\", \"GENDER\"", "")));
    assert_eq!(found(&folder.read(&text).unwrap_err(), &text), [("not_nested".to_owned(), "\"b\"".to_owned())]);
    let (folder, text) = with(&(table("a", "\"age\"", "") + &table("b", "\"age_large\", \"GENDER\"", "")));
    assert!(folder.read(&text).is_ok());
}

#[test]
fn a_computed_column_beside_what_it_is_computed_from_is_refused() {
    let (folder, text) = with(&(table("a", "\"dear\"", "") + &table("b", "\"COST\", \"GENDER\"", "")));
    assert_eq!(found(&folder.read(&text).unwrap_err(), &text), [("not_nested".to_owned(), "\"b\"".to_owned())]);
    let (folder, text) = with(&(table("a", "\"dear\"", "") + &table("b", "\"GENDER\"", "")));
    assert!(folder.read(&text).is_ok());
}

#[test]
fn the_sizes_of_strata_are_known_where_a_table_shows_something_finer() {
    let tables = table("t", "\"departement\", \"GENDER\"", "");
    let known = |strata: &str| -> Vec<Vec<usize>> {
        let (folder, text) = with(&tables);
        let sampled = text.replace("strata = [\"GENDER\"]", &format!("strata = [{strata}]"));
        let system = folder.read(&sampled).unwrap_or_else(|e| panic!("{e:?}")).linked().remove(0);
        system.shapes.iter().filter(|shape| shape.known).map(|shape| shape.levels.to_vec()).collect()
    };
    assert_eq!(known("\"GENDER\""), [[0, 0], [0, 1]]);
    assert_eq!(known("\"departement\", \"GENDER\""), [[0, 0]], "each cell is a stratum");
}
