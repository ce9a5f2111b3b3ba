//! Tables whose counts are changed: in every method, and where the budget refuses.

use super::{Aviary, CONSULTATIONS, Case, RUN, RUN_JSON, Setting, TOLERANT, common};

/// The columns that leave; the table comes behind them.
const KEPT: &str = r#"
[[keep]]
column = "date_naissance"
as = "age"
generalise = { to = "band", bounds = [18, 51] }
[[keep]]
column = "sexe"
[[keep]]
column = "commune_residence"
as = "departement"
generalise = "departement"
[[keep]]
column = "commune_residence"
as = "region"
generalise = "region"
"#;

const BARE: Case = Case { body: KEPT, ..CONSULTATIONS };

fn table(perturb: &str) -> String {
    format!(
        "[[aggregate]]\nname = \"par_age\"\nby = [\"region\", \"departement\", \"age\", \"sexe\"]\nmargins = true\n\
         measure = [{{ count = \"persons\" }}]\nperturb = {perturb}\n"
    )
}

#[test]
fn nothing_leaks_from_perturbed_tables_nor_where_a_budget_refuses() {
    let aviary = Aviary::new(&BARE);
    let noise = |whole: &str| {
        format!(
            "{{ method = \"noise\", release = \"2026\", kind = \"gaussian\", epsilon = \"1\", delta = \"1e-6\", \
             budget = {{ file = \"../out/budget.json\", epsilon = \"{whole}\", delta = \"1e-6\" }} }}"
        )
    };
    let methods = [
        ("{ method = \"rounding\", base = 5 }".to_owned(), 3),
        ("{ method = \"controlled_rounding\", base = 5 }".to_owned(), 3),
        ("{ method = \"cell_key\", max = 5, variance = \"2\" }".to_owned(), 3),
        (noise("3"), 3),
        (noise("0.5"), 4),
    ];
    let schema = std::fs::read_to_string(common::schema_path(BARE.schema)).unwrap();
    let schema = schema.replace("[\"id_enregistrement\"]", "[\"matricule_ins\", \"id_enregistrement\"]");
    for (perturb, code) in methods {
        let setting = Setting {
            what: "perturbed tables",
            file: "lot.csv".into(),
            bytes: aviary.dirty(),
            limits: TOLERANT,
            more: table(&perturb),
            schema: Some("s.json".into()),
            beside: vec![("s.json", schema.clone().into_bytes())],
            ..Setting::default()
        };
        aviary.attempt(&setting, if code == 3 { &RUN_JSON } else { &RUN }, code);
    }
}
