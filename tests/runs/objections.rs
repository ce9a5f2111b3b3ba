//! Persons who objected: none of their records leaves, whichever way the objection came and however it was written.

use std::collections::BTreeMap;
use std::fs;

use crate::tables::Table;
use crate::workshop::Workshop;

const SEX: &str = "sexe";

/// Released records by sex. The women of the input are those who object below.
fn released(more: &str, register: Option<&str>) -> BTreeMap<String, usize> {
    let shop = Workshop::new();
    shop.input("c.csv", Workshop::records(400)).pipeline("c.csv", "", more);
    if let Some(register) = register {
        shop.input("register.csv", register);
    }
    let told = shop.run();
    assert_eq!(told.code, Some(0), "{}", told.err);
    let [run] = shop.runs().try_into().unwrap();
    let table = Table::read(&run.join("release/data/personnes.csv"));
    table.column(SEX).into_iter().fold(BTreeMap::new(), |mut counts, sex| {
        *counts.entry(sex.to_owned()).or_default() += 1;
        counts
    })
}

/// Everybody of one sex, as a clerk could have typed it: in groups, in small letters.
fn women() -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("c.csv");
    fs::write(&file, Workshop::records(400)).unwrap();
    let table = Table::read(&file);
    let mut register = "matricule_ins\n".to_owned();
    for (nir, sex) in table.column("matricule_ins").into_iter().zip(table.column(SEX)) {
        if sex == "F" {
            register += &format!("{} {} {}\n", &nir[..1], &nir[1..5], nir[5..].to_lowercase());
        }
    }
    register
}

#[test]
fn no_record_of_whoever_objected_leaves_however_the_register_writes_them() {
    let everybody = released("", None);
    assert!(everybody["F"] > 50 && everybody["M"] > 50, "{everybody:?}");
    let by_register = "[[exclude]]\nregister = \"in/register.csv\"\ncolumn = \"matricule_ins\"";
    let by_record = "[[exclude]]\nsource = \"consultations\"\nwhen = \"sexe = 'F'\"";
    for (more, register) in [(by_register, Some(women())), (by_record, None)] {
        let left = released(more, register.as_deref());
        assert_eq!(left.get("F"), None, "{left:?}");
        assert_eq!(left["M"], everybody["M"], "nobody else stays behind");
    }
}
