//! Single sentences of the printed certificate.

use serde_json::json;

use super::super::search::sentences;
use super::printed::*;
use super::{context, vault};
use crate::destroy::*;
use crate::scan::{self, Hit};

#[test]
fn a_package_that_the_sender_keeps_is_told_as_kept() {
    let mut kept = evidence();
    kept.packages.clear();
    let items =
        super::super::items::of_run(Outcome::Exported, &[vault()], &Context { evidence: kept, ..context() }, None);
    let package = items.iter().find(|item| item.thing() == Thing::Package).unwrap();
    assert_eq!((package.class(), package.count()), (Class::NotDestroyed, Some(1)));
}

#[test]
fn what_was_searched_and_found_is_told_in_sentences_that_name_no_value() {
    let told = |scan: Option<serde_json::Value>| plain(&sentences(scan.as_ref()).join("\n"));
    let hit = |class, count| Hit { resource: "c".into(), column: "orientation".into(), class, count, leak: false };
    let found = searched(vec![hit(scan::Class::Name, 2), hit(scan::Class::Identifier, 1)]).to_json();
    let after = json!({ "files": 1, "hits": 2 });
    let text = told(Some(json!({ "outputs": found, "working_directory_after": after })));
    assert!(text.contains("2 tableaux, 3 colonnes, 5 559 cellules. 2 autres colonnes"), "{text}");
    assert!(text.contains("48 474 identifiants, 10 792 numéros de téléphone et 47 175 noms ou prénoms."), "{text}");
    assert!(text.contains("Trop courts pour l'être sans erreur : 943 noms ou prénoms."), "{text}");
    let hits = "2 noms ou prénoms dans la colonne « orientation » de « c » et 1 identifiant dans la colonne";
    assert!(text.contains(hits), "{text}");
    assert!(text.contains("ATTENTION : 2 numéros de cette forme ont été trouvés"), "{text}");
    assert!(!text.contains("Aucune de ces valeurs"), "{text}");

    let text = told(Some(json!({ "outputs": searched(Vec::new()).to_json() })));
    assert!(
        text.contains(
            "Aucune de ces valeurs n'a été trouvée.\nAprès la destruction, aucune recherche n'est rapportée."
        )
    );
    assert_eq!(told(None), "Aucune n'est rapportée.");
    assert_eq!(told(Some(json!({ "outputs": 3 }))), "Le compte rendu de la recherche figure au certificat.");
}

#[test]
fn no_line_of_the_proces_verbal_is_longer_than_a_printed_page_is_wide() {
    let text = closed().proces_verbal();
    for line in text.lines() {
        assert!(line.chars().count() <= 78, "{line}");
    }
}

#[test]
fn every_class_and_every_thing_comes_back_from_the_words_of_a_certificate() {
    for item in closed().items().iter().chain(of_reception(&reception()).items()) {
        assert_eq!(Class::of_word(item.class().as_str()), Some(item.class()));
        assert_eq!(Thing::of_words(item.what()), Some(item.thing()));
    }
    assert_eq!((Class::of_word("erased"), Thing::of_words("")), (None, None));
}
