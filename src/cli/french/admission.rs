//! Why a release is not let in as a source, in French.

use super::files::of_kind;
use crate::pipeline::refusals::AdmissionError;

/// Why a release is not let in.
pub(super) fn admission(error: &AdmissionError) -> Option<String> {
    let nothing = |text: String| Some(format!("{text} ; rien n'a été publié"));
    match error {
        AdmissionError::NoRelease { from } => nothing(format!(
            "{from} : cette diffusion n'existe pas ; exécutez d'abord le traitement qui la fait, ou nommez son dossier par --release \
             SOURCE=DOSSIER"
        )),
        AdmissionError::SeveralReleases { from, found } => nothing(format!(
            "{from} : {found} diffusions signées conviennent, et il faut en choisir une : nommez-la par --release SOURCE=DOSSIER"
        )),
        AdmissionError::Verifier { path, .. } => {
            nothing(format!("{} : la clé publique de qui a fait la diffusion est inutilisable", path.display()))
        }
        AdmissionError::Io { path, kind } => nothing(format!("{} : {}", path.display(), of_kind(*kind))),
        AdmissionError::NotSigned { folder } => nothing(format!(
            "{} : personne n'a signé cette diffusion, rien n'en est digne de foi : qu'elle soit faite avec --signing-key",
            folder.display()
        )),
        AdmissionError::NotBelieved { folder, .. } => {
            nothing(format!("{} : la déclaration sur la diffusion n'est pas digne de foi", folder.display()))
        }
        AdmissionError::Purpose { folder } => nothing(format!(
            "{} : cette diffusion a été faite pour une autre finalité que celle que nomme la source ; les données d'une finalité ne \
             servent pas à une autre",
            folder.display()
        )),
        AdmissionError::UseIsOver { folder, until } => nothing(format!(
            "{} : l'usage de cette diffusion a pris fin le {until} ; détruisez-la par `tamis destroy`",
            folder.display()
        )),
        AdmissionError::NotAFile { path } => {
            nothing(format!("{} : ce n'est pas un fichier ordinaire de la diffusion", path.display()))
        }
        AdmissionError::Missing { path } => nothing(format!("{} : ce fichier est signé, et il manque", path.display())),
        AdmissionError::Extra { path } => {
            nothing(format!("{} : personne n'a signé ce fichier ; il n'appartient pas à la diffusion", path.display()))
        }
        AdmissionError::Changed { path } => {
            nothing(format!("{} : il a été modifié après sa signature", path.display()))
        }
        AdmissionError::Document { path } => {
            nothing(format!("{} : il n'est pas écrit comme le sont les diffusions de ce programme", path.display()))
        }
        AdmissionError::NoOutput { folder, output } => {
            nothing(format!("{} : la diffusion n'a pas de sortie par personne `{output}` en CSV", folder.display()))
        }
        AdmissionError::Columns { folder, output, source_name, .. } => nothing(format!(
            "{} : les colonnes de `{output}` ne sont pas celles du schéma de la source `{source_name}`",
            folder.display()
        )),
        AdmissionError::Guarded { folder, output, cells } => nothing(format!(
            "{} : {cells} textes de `{output}` ont été changés pour qu'aucun tableur ne les exécute ; leurs valeurs ne sont plus celles qui \
             ont été comptées",
            folder.display()
        )),
        AdmissionError::NoEvidence { folder, output } => nothing(format!(
            "{} : rien ne prouve que `{output}` est anonymisé ; écrivez evidence = {{ smallest = 11, advantage = … }} dans son `protect` là où \
             il est fait",
            folder.display()
        )),
        AdmissionError::NotCertified { folder, output, .. } => {
            nothing(format!("{} : `{output}` n'est pas certifié anonymisé", folder.display()))
        }
        AdmissionError::Evidence { folder, output, limit, .. } => {
            nothing(format!("{} : la preuve pour `{output}` n'atteint pas {limit}", folder.display()))
        }
        AdmissionError::Twice { first, second } => nothing(format!(
            "les sources `{first}` et `{second}` sont les mêmes enregistrements ; leurs tableaux pourraient être soustraits l'un de l'autre"
        )),
    }
}
