//! Why a file cannot be read.

use std::io::ErrorKind;

use crate::pipeline::{Container, IngestError};

/// What the system says, in French.
pub(in crate::cli) fn of_kind(kind: ErrorKind) -> String {
    let told = match kind {
        ErrorKind::NotFound => "introuvable",
        ErrorKind::PermissionDenied => "accès refusé",
        ErrorKind::AlreadyExists => "existe déjà",
        ErrorKind::IsADirectory => "c'est un dossier",
        ErrorKind::NotADirectory => "ce n'est pas un dossier",
        ErrorKind::DirectoryNotEmpty => "le dossier n'est pas vide",
        ErrorKind::ReadOnlyFilesystem => "le système de fichiers est en lecture seule",
        ErrorKind::StorageFull => "le disque est plein",
        ErrorKind::QuotaExceeded => "le quota est atteint",
        ErrorKind::FileTooLarge => "le fichier est trop grand",
        ErrorKind::InvalidInput | ErrorKind::InvalidData | ErrorKind::InvalidFilename => {
            "valeur refusée par le système"
        }
        ErrorKind::UnexpectedEof => "fin inattendue",
        ErrorKind::Interrupted => "interrompu",
        ErrorKind::OutOfMemory => "mémoire insuffisante",
        ErrorKind::BrokenPipe => "la lecture de l'autre côté a cessé",
        ErrorKind::TimedOut => "délai dépassé",
        ErrorKind::ConnectionRefused => "connexion refusée",
        ErrorKind::CrossesDevices => "sur un autre système de fichiers",
        ErrorKind::ResourceBusy => "occupé",
        ErrorKind::Unsupported => "non pris en charge",
        // A kind has a name of its own in the language of programs; what the system adds is not told.
        kind => return format!("erreur du système, {kind:?}"),
    };
    told.to_owned()
}

fn container(container: Container) -> &'static str {
    match container {
        Container::Plain => "texte",
        Container::Gzip => "gzip",
        Container::Zstd => "zstd",
        Container::Parquet => "Parquet",
        Container::Arrow => "Arrow",
        Container::Sheet => "de tableur",
        Container::Lines => "JSON par lignes",
    }
}

/// As the English says it, file and line first.
pub(super) fn ingest(error: &IngestError) -> String {
    match error {
        IngestError::BadPattern { pattern } => format!(
            "« {pattern} » n'est pas un motif de fichiers : `*`, `?`, `[…]` et `**` entre barres ont un sens ; corrigez-le"
        ),
        IngestError::NoFiles { source_name } => {
            format!(
                "la source « {source_name} » ne nomme aucun fichier ; donnez au moins un chemin ou un motif dans `files`"
            )
        }
        IngestError::NoMatch { pattern } => {
            format!("aucun fichier ne répond à « {pattern} » ; vérifiez le dossier et le motif")
        }
        IngestError::NotFound { file } => format!("{} : introuvable ; vérifiez le chemin", file.display()),
        IngestError::IsDirectory { file } => {
            format!("{} : c'est un dossier ; nommez ses fichiers, par exemple par `*.csv`", file.display())
        }
        IngestError::NotAFile { file } => format!(
            "{} : ce n'est pas un fichier ordinaire, et un fichier est ouvert plusieurs fois ; copiez-le d'abord dans un fichier",
            file.display()
        ),
        IngestError::PermissionDenied { file } => {
            format!("{} : lecture non autorisée ; demandez le droit de lire", file.display())
        }
        IngestError::Io { file, kind } => format!(
            "{} : illisible ({}) ; vérifiez le disque ou le dossier réseau, puis recommencez",
            file.display(),
            of_kind(*kind)
        ),
        IngestError::Empty { file } => {
            format!("{} : vide, sans même un en-tête ; omettez-le ou redemandez-le", file.display())
        }
        IngestError::NoLabels { file } => {
            format!("{} : la première ligne n'a aucune étiquette de colonne ; mettez-les là", file.display())
        }
        IngestError::Utf16 { file } => format!("{} : en UTF-16 ou UTF-32 ; enregistrez-le en UTF-8", file.display()),
        IngestError::NotText { file } => format!(
            "{} : l'en-tête contient des octets nuls, ce n'est donc du texte ni UTF-8 ni Windows-1252 ; convertissez-le ou corrigez `format`",
            file.display()
        ),
        IngestError::HeaderEncoding { file } => format!(
            "{} : l'en-tête n'est pas de l'UTF-8 valide ; déclarez `encoding = \"windows-1252\"` ou convertissez le fichier",
            file.display()
        ),
        IngestError::BareCarriageReturn { file } => format!(
            "{} : un retour chariot se trouve dans l'en-tête ; terminez les lignes par LF ou CR LF",
            file.display()
        ),
        IngestError::Delimiter { file } => format!(
            "{} : le séparateur déclaré se confond avec guillemets, fins de ligne ou lettres ; prenez `,` `;` la tabulation ou `|`",
            file.display()
        ),
        IngestError::Changed { file } => {
            format!("{} : modifié pendant sa lecture ; rien n'en est utilisé", file.display())
        }
        IngestError::Stream { .. } => {
            "les lignes lues se sont interrompues avant la fin ; rien n'en est utilisé".to_owned()
        }
        IngestError::CutShort { file, container: of } => format!(
            "{} : les données {} s'arrêtent trop tôt ; le fichier est coupé, redemandez-le",
            file.display(),
            container(*of)
        ),
        IngestError::Corrupt { file, container: of } => format!(
            "{} : ce ne sont pas des données {} saines ; redemandez-le, ou corrigez `format`",
            file.display(),
            container(*of)
        ),
        IngestError::UnsupportedCompression { file, container: of } => {
            let allowed = match of {
                Container::Parquet => "sans compression, ou avec snappy ou zstd",
                _ => "sans compression",
            };
            let of = container(*of);
            format!("{} : cette compression dans un fichier {of} n'est pas lue ; écrivez-le {allowed}", file.display())
        }
        IngestError::Sheets { file, filled, of } => {
            let filled = filled.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            format!(
                "{} : de ses {of} feuilles, les numéros {filled} contiennent quelque chose, et rien ne dit laquelle est la table ; nommez-la : \
                 `sheet = \"NOM\"` dans [[source]], ou --sheet NOM",
                file.display()
            )
        }
        IngestError::NoSheet { file, sheet, of } => format!(
            "{} : aucune de ses {of} feuilles ne se nomme « {sheet} » ; écrivez le nom comme sur son onglet, lettre pour lettre",
            file.display()
        ),
        IngestError::NotAWorkbook { file } => format!(
            "{} : ce n'est pas un classeur (XLSX, ODS), il n'a donc pas de feuilles ; omettez `sheet`, ou nommez le classeur",
            file.display()
        ),
        IngestError::NotAnObject { file, line } => format!(
            "{}, ligne {line} : ce n'est pas un objet JSON aux membres uniques, et aucune autre ligne ne dit les étiquettes ; chaque ligne est \
             un enregistrement, comme {{\"sexe\": \"1\"}}",
            file.display()
        ),
        IngestError::UnknownMember { file, line } => format!(
            "{}, ligne {line} : un membre qu'aucun des 8 192 premiers enregistrements n'a ; donnez à tous les mêmes membres, null sans valeur",
            file.display()
        ),
        IngestError::UnterminatedQuote { file, line } => format!(
            "{}, ligne {line} : un guillemet ouvre une cellule et n'est jamais fermé ; fermez-le, ou doublez-le si c'est du texte",
            file.display()
        ),
        IngestError::RecordTooLong { file, line } => format!(
            "{}, ligne {line} : l'enregistrement dépasse 64 Mio ; vérifiez séparateur, fins de ligne et format",
            file.display()
        ),
        IngestError::UnsupportedType { file, column, type_name } => format!(
            "{}, colonne « {column} » : les valeurs de type {type_name} ne sont pas lues ; écrivez-les en texte, nombres, dates ou booléens",
            file.display()
        ),
        IngestError::NoColumn { file, column } => {
            format!("{} : pas de colonne « {column} » ; corrigez `column` ou l'en-tête", file.display())
        }
        IngestError::RepeatedColumn { file, column } => {
            format!("{} : plusieurs colonnes s'appellent « {column} » ; n'en laissez qu'une", file.display())
        }
        IngestError::RegisterRecord { file, line } => format!(
            "{}, ligne {line} : cette ligne du registre est illisible ; corrigez le nombre de cellules et l'encodage",
            file.display()
        ),
    }
}
