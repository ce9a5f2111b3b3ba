//! Whose record it is, where several sources have a column of one name.

use super::{ColumnRef, Folder, GOOD, PERSONS, VISITS, found};

/// The pipeline without a word on the subject in its sources, and visits whose own number has the name of the person's.
fn same_name(role: &str) -> (Folder, String) {
    let folder = Folder::new();
    let number = format!("{{\"name\": \"Id\", \"type\": \"string\", \"tamis:role\": \"{role}\"}},");
    let visits = VISITS.replace("\"fields\": [", &format!("\"fields\": [{number}"));
    folder.write("visits.json", &visits);
    (folder, GOOD.replace("subject = \"PATIENT\"\n", ""))
}

#[test]
fn a_direct_identifier_of_the_same_name_is_not_taken_for_the_persons() {
    let (folder, text) = same_name("direct-identifier");
    let refused = found(&folder.read(&text).unwrap_err(), &text);
    assert_eq!(refused, [("subject_by_name".to_owned(), "\"visits\"".to_owned())]);
    // Each way out that the message names.
    let says = |subject: &str| {
        let text = text.replacen(
            "name = \"visits\"\nschema",
            &format!("name = \"visits\"\nsubject = \"{subject}\"\nschema"),
            1,
        );
        folder.read(&text).unwrap().datasets[0].subject
    };
    assert_eq!(says(""), Some(ColumnRef::Joined(0)));
    assert_eq!(says("Id"), Some(ColumnRef::Own(0)));
    assert_eq!(says("PATIENT"), Some(ColumnRef::Own(2)));
    let (folder, text) = same_name("subject-identifier");
    assert_eq!(folder.read(&text).unwrap().datasets[0].subject, Some(ColumnRef::Own(0)));
    // The role that is missing may be that of the person's own table.
    let (folder, text) = same_name("subject-identifier");
    folder.write("patients.json", &PERSONS.replace("subject-identifier", "direct-identifier"));
    let refused = found(&folder.read(&text).unwrap_err(), &text);
    assert_eq!(refused, [("subject_by_name".to_owned(), "\"patients\"".to_owned())]);
}

#[test]
fn a_name_that_one_source_has_or_a_number_that_is_judged_is_taken_without_asking() {
    // Here the visits have it alone.
    let folder = Folder::new();
    folder.write("visits.json", &VISITS.replace("subject-identifier", "direct-identifier"));
    folder.write("patients.json", &PERSONS.replace("subject-identifier", "direct-identifier"));
    let text = GOOD.replace("subject = \"PATIENT\"\n", "");
    assert_eq!(folder.read(&text).unwrap().datasets[0].subject, Some(ColumnRef::Joined(0)));
    // A visit's number is no NIR: its records would be refused.
    let (folder, text) = same_name("direct-identifier");
    let text = text.replace("kind = \"text\"", "kind = \"nir\"");
    assert_eq!(folder.read(&text).unwrap().datasets[0].subject, Some(ColumnRef::Own(0)));
}
