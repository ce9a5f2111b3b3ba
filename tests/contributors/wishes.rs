//! What a table wishes of its suppression: decisions by hand, costs, cells of nobody, groups, marks.

use super::*;

/// Rows in which nobody of `est` has a `mammo`, and everybody of `sud` has nothing else.
fn uneven() -> Vec<Row> {
    let (mut rows, mut person) = (Vec::new(), 0);
    let counts = [[40, 25, 7, 30], [0, 0, 0, 60], [33, 28, 45, 0]];
    for (region, acts) in counts.iter().enumerate() {
        for (act, count) in acts.iter().enumerate() {
            for _ in 0..*count {
                rows.push((person, format!("C{}", person % 5), region, act, 10));
                person += 1;
            }
        }
    }
    rows
}

fn table(bench: &Bench, more: &str) -> Table {
    bench.tables(&format!("{ACTS_TABLE}{more}\n"), 2).0
}

const ACTS_TABLE: &str = "[[aggregate]]\nname = \"actes\"\nby = [\"region\", \"acte\"]\nmargins = true\nmeasure = [{ count = \"persons\" }]\n";

fn status<'t>(table: &'t Table, region: &str, act: &str) -> Option<&'t str> {
    let of = |row: &&Vec<String>| row[table.at("region")] == region && row[table.at("acte")] == act;
    table.rows.iter().find(of).map(|row| row[table.at("statut")].as_str())
}

fn shown<'t>(table: &'t Table, region: &str, act: &str) -> &'t str {
    let of = |row: &&Vec<String>| row[table.at("region")] == region && row[table.at("acte")] == act;
    table.rows.iter().find(of).map_or("-", |row| row[table.at("persons")].as_str())
}

#[test]
fn cells_of_nobody_are_shown_where_that_is_wished() {
    let bench = Bench::new(&uneven());
    let absent = table(&bench, "protect = { threshold = 11 }");
    assert_eq!(status(&absent, "est", "mammo"), None);
    let with = table(&bench, "zeros = \"shown\"\nprotect = { threshold = 11 }");
    assert_eq!(with.rows.len(), (3 + 1) * (4 + 1), "every combination of codes and totals");
    // The few of `nord` have a partner in their line; whoever hides is not said to be nobody.
    assert_eq!(status(&with, "nord", "frottis"), Some("supprime_seuil"));
    let zeros: Vec<&str> = [("sud", "bilan"), ("sud", "vaccin"), ("sud", "frottis"), ("est", "mammo")]
        .iter()
        .map(|(region, act)| shown(&with, region, act))
        .collect();
    assert!(zeros.contains(&"0") && zeros.iter().all(|zero| ["0", ""].contains(zero)), "{zeros:?}");
    for row in with.rows.iter().filter(|row| row[with.at("persons")].is_empty()) {
        assert_ne!(row[with.at("statut")], "supprime_zero", "that nobody is there would be told");
    }
}

#[test]
fn that_nobody_is_in_a_cell_is_not_told_where_it_must_not_be_known() {
    let bench = Bench::new(&uneven());
    let hidden = table(&bench, "zeros = \"unsafe\"\nprotect = { threshold = 11 }");
    for (region, act) in [("sud", "bilan"), ("sud", "vaccin"), ("sud", "frottis"), ("est", "mammo")] {
        assert_eq!(shown(&hidden, region, act), "", "{region} {act}");
        assert_ne!(status(&hidden, region, act), Some("publie"));
    }
    // In `sud` all are in one cell: published, it would say that the others are empty.
    assert_ne!(status(&hidden, "sud", "mammo"), Some("publie"));
}

#[test]
fn a_line_does_not_tell_that_everybody_in_it_is_alike() {
    let bench = Bench::new(&uneven());
    let plain = table(&bench, "zeros = \"shown\"\nprotect = { threshold = 11 }");
    assert_eq!(shown(&plain, "sud", "mammo"), "60", "without the rule it is told");
    let group = table(&bench, "zeros = \"shown\"\nprotect = { threshold = 11, group = [\"acte\"] }");
    assert_eq!(status(&group, "sud", "mammo"), Some("supprime_secondaire"));
    // With all zeros published the cell would be what is left of the total.
    let hidden = ["bilan", "vaccin", "frottis"].iter().filter(|act| shown(&group, "sud", act).is_empty()).count();
    assert!(hidden > 0 || shown(&group, "sud", "_T").is_empty());
    // A share of everybody tells the same.
    let share = |protect: &str| {
        let text = "[[aggregate]]\nname = \"actes\"\nby = [\"region\"]\n\
                    measure = [{ share = \"acte\", equals = \"mammo\", as = \"part\" }]\n";
        let table = bench.tables(&format!("{text}protect = {{ threshold = 11{protect} }}\n"), 2).0;
        let at = table.rows.iter().position(|row| row[table.at("region")] == "sud").unwrap();
        table.rows[at][table.at("part")].clone()
    };
    assert_eq!(share("").parse(), Ok(1.0));
    assert_eq!(share(", group = [\"acte\"]"), "");
}

/// Three regions and acts; of the cells that can hide the one of seven persons six small ones form a ring, and any four in a
/// rectangle hold a `big` one, given as persons and as records of each.
fn ring(big: (usize, usize)) -> Vec<Row> {
    let (small, few) = ((40, 1), (7, 1));
    let cells = [[few, small, big], [big, small, small], [small, big, small]];
    let (mut rows, mut person) = (Vec::new(), 0);
    for (region, acts) in cells.iter().enumerate() {
        for (act, (persons, records)) in acts.iter().enumerate() {
            for _ in 0..*persons {
                rows.extend((0..*records).map(|_| (person, format!("C{}", person % 5), region, act, 10)));
                person += 1;
            }
        }
    }
    rows
}

#[test]
fn what_is_spared_is_what_the_table_says() {
    let suppressed = |rows: &[Row], cost: &str| {
        let bench = Bench::new(rows);
        let found = table(&bench, &format!("protect = {{ threshold = 11{cost} }}"));
        found.column("statut").iter().filter(|status| **status != "publie").count()
    };
    let many_persons = ring((300, 1));
    assert_eq!(suppressed(&many_persons, ""), 6, "persons are spared");
    assert_eq!(suppressed(&many_persons, ", cost = \"persons\""), 6);
    assert_eq!(suppressed(&many_persons, ", cost = \"cells\""), 4);
    assert_eq!(suppressed(&many_persons, ", cost = \"distance\""), 4, "the ring is further away");
    let many_records = ring((40, 8));
    assert_eq!(suppressed(&many_records, ""), 4);
    assert_eq!(suppressed(&many_records, ", cost = \"records\""), 6);
}

#[test]
fn decisions_by_hand_are_kept_to_and_those_without_a_cell_are_counted() {
    let bench = Bench::new(&uneven());
    let decide = |lines: &str, more: &str| {
        fs::write(bench.folder.path().join("d.csv"), format!("acte,region,decision,cost\n{lines}")).unwrap();
        table(&bench, &format!("decisions = \"d.csv\"\n{more}\nprotect = {{ threshold = 11 }}"))
    };
    let by_hand = decide("vaccin,est,unsafe,\n", "");
    assert_eq!(status(&by_hand, "est", "vaccin"), Some("supprime_manuel"));
    // A cell that is rather kept is not the one that hides another.
    let partner = |table: &Table| {
        ["bilan", "vaccin", "mammo"].into_iter().find(|act| status(table, "nord", act) == Some("supprime_secondaire"))
    };
    let first = partner(&decide("", "")).unwrap();
    let other = partner(&decide(&format!("{first},nord,prefer_publish,\n"), "")).unwrap();
    assert_ne!(first, other);
    let wished = other;
    let of_wished = |lines: String| decide(&lines, "");
    assert_eq!(status(&of_wished(String::new()), "nord", wished), Some("publie"));
    for line in ["prefer_suppress,", ",1"] {
        let table = of_wished(format!(
            "{wished},nord,{line}
"
        ));
        assert_eq!(status(&table, "nord", wished), Some("supprime_secondaire"), "{line}");
    }
    // Published by hand is no leave to publish few persons.
    assert_eq!(status(&decide("frottis,nord,publish,\n", ""), "nord", "frottis"), Some("supprime_seuil"));
    assert_eq!(status(&decide(&format!("{first},nord,publish,\n"), ""), "nord", first), Some("publie"));
    // A structural zero stands in no table; one that somebody is in is refused.
    let structural = decide("mammo,est,impossible,\n", "zeros = \"shown\"");
    assert_eq!(status(&structural, "est", "mammo"), None);
    assert!(status(&structural, "sud", "bilan").is_some());
    fs::write(bench.folder.path().join("d.csv"), "acte,region,decision\nmammo,nord,impossible\n").unwrap();
    for zeros in ["", "zeros = \"shown\"\n"] {
        let text = format!("{ACTS_TABLE}decisions = \"d.csv\"\n{zeros}");
        assert_eq!(bench.try_tables(&text, 1).unwrap_err().exit_code(), 4);
    }
    // Nobody is lost silently.
    fs::write(bench.folder.path().join("d.csv"), "acte,region,decision\nmamo,nord,unsafe\n").unwrap();
    let summary = bench.try_tables(&format!("{ACTS_TABLE}decisions = \"d.csv\"\n"), 1).unwrap();
    assert_eq!(summary.decisions_unmet, 1);
}

#[test]
fn marks_are_the_letters_of_official_statistics() {
    let rows = rows(900);
    let bench = Bench::new(&rows);
    let text = "[[aggregate]]\nname = \"actes\"\nby = [\"region\", \"acte\"]\nmargins = true\nmarks = true\n\
                measure = [{ count = \"records\" }]\n\
                protect = { threshold = 5, holding = \"centre\", dominance = [{ n = 1, k = \"80\" }] }\n";
    let (table, _) = bench.tables(text, 2);
    for row in &table.rows {
        let expected = match row[table.at("statut")].as_str() {
            "publie" => "V",
            "supprime_seuil" => "A",
            "supprime_dominance" => "B",
            "supprime_secondaire" => "D",
            _ => "",
        };
        assert_eq!(row[table.at("marque")], expected);
    }
    assert!(table.column("marque").contains(&"B") && table.column("marque").contains(&"D"));
}

#[test]
fn what_cannot_be_wished_is_refused() {
    let bench = Bench::new(&rows(20));
    let refused =
        |more: &str| format!("{:?}", Pipeline::read(&bench.write(&format!("{ACTS_TABLE}{more}\n"))).unwrap_err());
    assert!(refused("decisions = \"none.csv\"").contains("Unreadable"));
    fs::write(bench.folder.path().join("d.csv"), "acte,decision\nbilan,unsafe\n").unwrap();
    assert!(refused("decisions = \"d.csv\"").contains("Lacks"));
    assert!(refused("zeros = \"maybe\"").contains("zeros"));
    assert!(refused("protect = { cost = \"money\" }").contains("cost"));
    assert!(refused("protect = { group = [\"acte\"] }").contains("Group"), "absent cells tell as much");
    assert!(refused("zeros = \"shown\"\nprotect = { group = [\"montant\"] }").contains("Group"));
    let two = "[[aggregate]]\nname = \"b\"\nby = [\"acte\"]\nzeros = \"shown\"\nmeasure = [{ count = \"records\" }]\n";
    assert!(refused(two).contains("LinkedDiffer"));
}

#[test]
fn a_table_leaves_as_sdmx_csv_beside_its_own_form() {
    let bench = Bench::new(&uneven());
    let text = format!(
        "{}sdmx = \"ARS.IDF:ACTES(1.0)\"\nprotect = {{ threshold = 11 }}\n",
        ACTS_TABLE.replace("{ count = \"persons\" }", "{ count = \"persons\" }, { mean = \"montant\" }")
    );
    let (table, _) = bench.tables(&text, 2);
    let release = bench.try_tables(&text, 2).unwrap().release;
    let sdmx = Table::read(&release.join("tables").join("actes-sdmx.csv"));
    let header =
        ["STRUCTURE", "STRUCTURE_ID", "ACTION", "REGION", "ACTE", "MEASURE", "OBS_VALUE", "OBS_STATUS", "CONF_STATUS"];
    assert_eq!(sdmx.labels, header);
    assert_eq!(sdmx.rows.len(), 2 * table.rows.len(), "a row for each cell and measure");
    for row in &table.rows {
        let cell = |measure: &str| {
            let is = |other: &&Vec<String>| {
                (&other[3], &other[4], other[5].as_str()) == (&row[table.at("region")], &row[table.at("acte")], measure)
            };
            sdmx.rows.iter().find(is).unwrap()
        };
        let (own, persons) = (&row[table.at("persons")], cell("PERSONS"));
        assert_eq!(
            (persons[0].as_str(), persons[1].as_str(), persons[2].as_str()),
            ("dataflow", "ARS.IDF:ACTES(1.0)", "I")
        );
        assert_eq!(persons[6].parse::<f64>().ok(), own.parse().ok());
        let expected = match row[table.at("statut")].as_str() {
            "publie" => ("A", "F"),
            "supprime_seuil" => ("Q", "A"),
            "supprime_secondaire" => ("Q", "D"),
            _ => ("Q", "N"),
        };
        assert_eq!((persons[7].as_str(), persons[8].as_str()), expected);
    }
    assert!(sdmx.column("CONF_STATUS").contains(&"D") && sdmx.column("CONF_STATUS").contains(&"A"));
    let refused = |text: &str| format!("{:?}", Pipeline::read(&bench.write(text)).unwrap_err());
    assert!(refused(&format!("{ACTS_TABLE}sdmx = \"actes\"\n")).contains("sdmx"));
    // Two names that SDMX cannot tell apart.
    let twice = "{ count = \"records\", as = \"déjà\" }, { count = \"persons\", as = \"DEJA\" }";
    let one_id = ACTS_TABLE.replace("{ count = \"persons\" }", twice);
    assert_ne!(one_id, ACTS_TABLE);
    assert!(refused(&format!("{one_id}sdmx = \"ARS:ACTES(1.0)\"\n")).contains("SameSdmxId"));
    assert!(Pipeline::read(&bench.write(&one_id)).is_ok());
}
