//! What is wrong with a schema.

use std::path::Path;

use super::files::of_kind;
use crate::schema::{Fault, SchemaError};
use crate::words::advice::in_french;

pub(super) fn schema(error: &SchemaError) -> String {
    match error {
        SchemaError::Unreadable { path, kind } => {
            format!("{} : le schéma est illisible ({}) ; vérifiez chemin et droits", path.display(), of_kind(*kind))
        }
        SchemaError::Invalid { path, problems } => invalid(path, problems),
        SchemaError::Json { line, column, .. } => {
            format!("ligne {line}, colonne {column} : ce n'est pas du JSON ; un schéma est un objet JSON")
        }
        SchemaError::At { place, fault: of } => format!("{place} : {}", fault(of)),
    }
}

fn invalid(path: &Path, problems: &[SchemaError]) -> String {
    let told: Vec<String> = problems.iter().map(schema).collect();
    match told.as_slice() {
        [one] => format!("{} : {one}", path.display()),
        _ => format!("{} : {} problèmes\n  {}", path.display(), told.len(), told.join("\n  ")),
    }
}

fn fault(fault: &Fault) -> String {
    let word = |english: &'static str| in_french(english).unwrap_or("autre chose");
    match fault {
        Fault::Expected { expected } => format!("il faut ici {}", word(expected)),
        Fault::Absent { expected } => format!("la propriété manque ; ajoutez {}", word(expected)),
        Fault::Empty { expected } => {
            format!("rien n'est écrit ici ; écrivez {} ou retirez la propriété", word(expected))
        }
        Fault::UnknownWord { found, known } => format!("« {found} » est inconnu ici ; écrivez l'un de : {known}"),
        Fault::UnknownConstraint { known } => {
            format!("il n'y a pas de contrainte de ce nom ; écrivez l'une de : {known}")
        }
        Fault::OutsideConstraints => "une contrainte n'a aucun effet ici ; mettez-la dans `constraints`".to_owned(),
        Fault::UnknownProperty { known } => format!("`tamis` n'a pas cette propriété ici ; écrivez l'une de : {known}"),
        Fault::BadJsonSchema => "ce n'est pas un JSON Schema utilisable ; corrigez-le, et intégrez-y les renvois à d'autres documents : ils \
            ne sont pas suivis"
            .to_owned(),
        Fault::Duplicate { name, first } => format!("« {name} » figure déjà en {first} ; les noms doivent différer"),
        Fault::UnknownFormat { found, ty, known } => {
            format!("« {found} » n'est pas un format du type `{ty}` ; écrivez {known}")
        }
        Fault::BadDatePattern { found } => {
            format!("« {found} » a une directive que strptime n'a pas ; voyez les formats de date de Table Schema")
        }
        Fault::BadRegex { .. } => {
            "l'expression régulière ne se compile pas ; corrigez-la, sans regard avant ou arrière ni renvoi".to_owned()
        }
        Fault::AbsentField { name } => format!("il n'y a pas de champ « {name} » ; prenez des noms de `fields`"),
        Fault::NotOfType { value, ty } => {
            format!(
                "« {value} » ne se lit pas comme `{ty}` dans le format du champ ; écrivez-le comme dans les fichiers"
            )
        }
        Fault::NoOrder { ty } => {
            format!("les valeurs de type `{ty}` n'ont pas d'ordre ; retirez la borne ou changez le type")
        }
        Fault::Crossed { low, high } => {
            format!("aucune valeur n'est à la fois dans `{low}` et `{high}` ; corrigez l'une")
        }
        Fault::Misplaced { wanted, ty } => {
            format!("la propriété n'est que pour les champs de type {wanted} ; celui-ci est de type `{ty}`")
        }
        Fault::TwoMeanings { text } => format!("« {text} » a deux sens dans ce champ ; choisissez-en un autre"),
        Fault::NotACategory { value } => {
            format!("« {value} » n'est pas dans `categories` du champ ; ajoutez-le ou retirez-le")
        }
    }
}
