//! What was searched for identifiers, told in French sentences. The reports come as the rooms that searched wrote them;
//! whole, they stand in the certificate.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use super::page::{NBSP, counted, enumerated};

/// How a column is marked that cannot hold what was stripped.
const NOT_SEARCHED: &str = "not_searched";

/// The parts of the reports that the sentences need.
#[derive(Debug, Deserialize)]
struct Searches {
    outputs: Option<Outputs>,
    working_directory_after: Option<After>,
}

/// The search of every output for what was stripped, before anything was handed over.
#[derive(Debug, Deserialize)]
struct Outputs {
    columns: Vec<Column>,
    stripped: Vec<Stripped>,
    hits: Vec<Hit>,
}

#[derive(Debug, Deserialize)]
struct Column {
    resource: String,
    searched_as: String,
    cells: u64,
}

#[derive(Debug, Deserialize)]
struct Stripped {
    class: String,
    searched: u64,
    too_short: u64,
}

#[derive(Debug, Deserialize)]
struct Hit {
    resource: String,
    column: String,
    class: String,
    count: u64,
}

/// The search of what is left for numbers with the form of a NIR.
#[derive(Debug, Deserialize)]
struct After {
    files: u64,
    hits: u64,
}

/// The paragraphs about both searches.
pub(super) fn sentences(scan: Option<&Value>) -> Vec<String> {
    let Some(scan) = scan else { return vec!["Aucune n'est rapportée.".to_owned()] };
    let Ok(searches) = Searches::deserialize(scan) else {
        return vec!["Le compte rendu de la recherche figure au certificat.".to_owned()];
    };
    let mut told = Vec::new();
    match &searches.outputs {
        Some(outputs) => told.extend(before(outputs)),
        None => told.push("Avant remise, aucune recherche n'est rapportée.".to_owned()),
    }
    told.push(match &searches.working_directory_after {
        Some(after) => after_destruction(after),
        None => "Après la destruction, aucune recherche n'est rapportée.".to_owned(),
    });
    told
}

fn before(outputs: &Outputs) -> Vec<String> {
    let resources: BTreeSet<&str> = outputs.columns.iter().map(|column| column.resource.as_str()).collect();
    let (left, searched): (Vec<&Column>, Vec<&Column>) =
        outputs.columns.iter().partition(|column| column.searched_as == NOT_SEARCHED);
    let cells = searched.iter().map(|column| column.cells).sum();
    let mut scope = format!(
        "Avant remise, le contenu en clair de la livraison a été fouillé à la recherche des valeurs retirées{NBSP}: {}, {}, \
         {}.",
        counted(resources.len() as u64, "tableau", "tableaux"),
        counted(searched.len() as u64, "colonne", "colonnes"),
        counted(cells, "cellule", "cellules"),
    );
    if !left.is_empty() {
        scope.push_str(&format!(
            " {} de dates, de valeurs vrai ou faux, d'effectifs ou de moyennes {} pas été, faute de pouvoir en contenir.",
            counted(left.len() as u64, "autre colonne", "autres colonnes"),
            if left.len() == 1 { "ne l'a" } else { "ne l'ont" },
        ));
    }
    let sought: Vec<String> = outputs.stripped.iter().filter(|s| s.searched > 0).map(of_class).collect();
    let sought = if sought.is_empty() {
        "Aucune valeur n'avait été retirée.".to_owned()
    } else {
        format!(
            "Ont été recherchés, y compris sans espaces, sans accents et en toute casse{NBSP}: {}.",
            enumerated(&sought)
        )
    };
    let short: Vec<String> = outputs.stripped.iter().filter(|s| s.too_short > 0).map(too_short).collect();
    let short = if short.is_empty() {
        String::new()
    } else {
        format!(" Trop courts pour l'être sans erreur{NBSP}: {}.", enumerated(&short))
    };
    vec![scope, format!("{sought}{short}"), found(&outputs.hits)]
}

/// A release in which a stripped value is certain to stand is never written: what is left to tell is likeness.
fn found(hits: &[Hit]) -> String {
    if hits.is_empty() {
        return "Aucune de ces valeurs n'a été trouvée.".to_owned();
    }
    let hits: Vec<String> = hits.iter().map(of_hit).collect();
    format!(
        "Des valeurs semblables ont été trouvées, et laissées comme mots courants ou comme nombres fortuits{NBSP}: {}.",
        enumerated(&hits)
    )
}

fn of_class(stripped: &Stripped) -> String {
    let (one, many) = words(&stripped.class);
    counted(stripped.searched, one, many)
}

fn too_short(stripped: &Stripped) -> String {
    let (one, many) = words(&stripped.class);
    counted(stripped.too_short, one, many)
}

fn of_hit(hit: &Hit) -> String {
    let (one, many) = words(&hit.class);
    format!(
        "{} dans la colonne «{NBSP}{}{NBSP}» de «{NBSP}{}{NBSP}»",
        counted(hit.count, one, many),
        hit.column,
        hit.resource
    )
}

fn after_destruction(after: &After) -> String {
    let files = counted(after.files, "fichier", "fichiers");
    let sought = format!(
        "Après la destruction, ce qui reste dans le dossier de l'exécution ({files}, journal compris) a été fouillé à la \
         recherche de numéros ayant la forme et la clé d'un numéro de sécurité sociale (NIR)"
    );
    match after.hits {
        0 => format!("{sought}{NBSP}; aucun n'a été trouvé."),
        hits => format!(
            "{sought}. ATTENTION{NBSP}: {}{NBSP}; les fichiers sont à examiner.",
            counted(hits, "numéro de cette forme a été trouvé", "numéros de cette forme ont été trouvés")
        ),
    }
}

/// What a stripped value is called, one and several.
fn words(class: &str) -> (&str, &str) {
    match class {
        "identifier" => ("identifiant", "identifiants"),
        "telephone" => ("numéro de téléphone", "numéros de téléphone"),
        "email" => ("adresse électronique", "adresses électroniques"),
        "full_name" => ("nom complet", "noms complets"),
        "name" => ("nom ou prénom", "noms ou prénoms"),
        "address" => ("adresse postale", "adresses postales"),
        "text" => ("texte libre", "textes libres"),
        other => (other, other),
    }
}
