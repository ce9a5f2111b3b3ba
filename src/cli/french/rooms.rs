//! What samples, tables and files that leave refuse, in French.

use super::files::of_kind;
use crate::pipeline::refusals::{
    AllocationError, DesignError, ExportError, Mismatch, Operation, SampleError, SummariseError, SystemError,
    TableError, Unfit, VaultError,
};
use crate::pipeline::{Needed, ReadymadeError};
use crate::scan::{Class, Report, ScanError};
use crate::validate::SqlError;
use crate::words::advice::in_french;

/// Why no sample is drawn.
pub(super) fn sample(error: &SampleError) -> Option<String> {
    Some(match error {
        SampleError::UnknownStratum => {
            "une unité est dans une strate que le recensement n'a pas comptée : recensement et tirage ont vu \
            des données différentes"
                .to_owned()
        }
        SampleError::FrameChanged { census, draw } => format!(
            "le recensement a compté {census} unités dans une strate et le tirage {draw} : ils ont vu des données différentes"
        ),
        SampleError::Duplicates { units } => {
            format!("{units} personnes ont plusieurs enregistrements, et on_duplicate vaut \"error\"")
        }
        SampleError::Disagree { units } => format!(
            "les enregistrements de {units} personnes diffèrent sur une colonne que le tirage regarde : agrégez-les auparavant, prenez une \
             autre colonne, ou écrivez on_duplicate = \"latest\""
        ),
        SampleError::Conflicts { units } => format!(
            "les enregistrements de {units} personnes sont dans plusieurs strates, et on_stratum_conflict vaut \"error\" : écrivez \
             \"first\" ou \"exclude\", ou on_duplicate = \"latest\""
        ),
        SampleError::MissingStratum { units } => format!(
            "{units} unités n'ont pas de valeur dans une colonne des strates, et on_missing_stratum vaut \"error\" : écrivez \
             \"own_stratum\" ou \"exclude\""
        ),
        SampleError::BadSize { units } => format!(
            "{units} unités n'ont pas de taille, ou une taille négative ou supérieure à 10^13, dans la colonne de proportional_to"
        ),
        SampleError::BadNumber { units } => format!(
            "{units} unités n'ont pas de nombre, ou un nombre au-delà de ±10^12, dans une colonne avec laquelle le tirage calcule"
        ),
        SampleError::MissingCluster { units } => {
            format!("{units} unités n'ont pas de valeur dans la colonne des grappes")
        }
        SampleError::ClusterConflicts { clusters } => format!(
            "{clusters} grappes ont des unités de plusieurs strates : les strates de grappes se font de colonnes de la grappe"
        ),
        SampleError::SeveralClusters { units } => format!(
            "{units} personnes sont dans plusieurs grappes : \"two-stage\" ne peut les tirer ; \"clusters\" le peut, par partage des \
             poids, et on_duplicate = \"latest\" laisse à chacune une seule grappe"
        ),
        SampleError::ShortStrata { strata, lacking } => format!(
            "{strata} strates ont moins d'unités qu'il n'en faut tirer, {lacking} en tout, et on_short_stratum vaut \"error\" : écrivez \
             \"take_all\" ou \"redistribute\""
        ),
        SampleError::ShortFrame { lacking } => format!(
            "la base de sondage a {lacking} unités de moins qu'il n'en faut tirer : il n'y a rien à redistribuer"
        ),
        SampleError::EmptyStrata { strata } => format!(
            "{strata} strates que nomme [[sample.stratum]] n'ont aucune unité, et on_empty_stratum vaut \"error\" : écrivez \
             \"report_zero\""
        ),
        SampleError::Unsized { strata } => format!(
            "{strata} strates n'ont pas de taille : donnez à [sample] une taille ou un taux, ou nommez-les dans [[sample.stratum]]"
        ),
        SampleError::NoSpread { strata } => format!(
            "{strata} strates n'ont pas de dispersion : nommez chaque strate dans [[sample.stratum]], ou dans `of` la colonne dont la \
             dispersion compte"
        ),
        SampleError::Discloses { strata } => format!(
            "dans {strata} strates l'échantillon dit trop de la base (on tire plus que max_fraction, ou la strate a moins d'unités que \
             min_stratum)"
        ),
        SampleError::Design(error) => return design(error),
        SampleError::Allocation(error) => return allocation(error),
        SampleError::NegativeWeights { units } => format!(
            "les poids calés de {units} unités sont négatifs, et ni part ni erreur ne s'estime avec eux : écrivez method = \"raking\", ou \
             bornez les rapports de poids par \"truncated\" ou \"logit\""
        ),
        SampleError::UnknownCategory { margin } => {
            format!("la marge {} de [sample.calibrate] ne nomme pas toutes les valeurs de sa colonne", margin + 1)
        }
        SampleError::AbsentCategory { margin } => {
            format!("la marge {} de [sample.calibrate] nomme une valeur que personne dans la base n'a", margin + 1)
        }
        SampleError::Calibration { margin, problem } => format!(
            "les poids ne se calent pas sur la marge {} de [sample.calibrate] : {}",
            margin + 1,
            unfit(*problem)
        ),
        SampleError::TooMany => "une base de sondage tenue en mémoire a au plus 4 294 967 295 unités".to_owned(),
        // Of lists that this program itself makes.
        SampleError::Estimation(_) => return None,
    })
}

fn unfit(problem: Unfit) -> &'static str {
    match problem {
        Unfit::Nobody => "personne dans l'échantillon n'a l'une de ses valeurs",
        Unfit::OutOfReach => "aucun poids entre les bornes n'atteint l'un de ses totaux ; élargissez les bornes",
        Unfit::Contradictory => "ses totaux contredisent ceux des marges précédentes : ont-ils la même somme ?",
        Unfit::BadTotal => "l'un de ses totaux n'est pas un nombre qui puisse être atteint",
        Unfit::NotConverged => "aucun poids n'a été trouvé ; élargissez les bornes, ou réunissez ses valeurs",
        Unfit::NoSample => "l'échantillon est vide, ou ses valeurs ne sont pas des nombres",
    }
}

fn design(error: &DesignError) -> Option<String> {
    Some(match error {
        DesignError::SampleTooLarge { asked, positive } => {
            format!("{asked} unités sont demandées, et {positive} seulement ont une taille supérieure à zéro")
        }
        DesignError::TooManyUnits => "la strate a plus de 4 294 967 295 unités".to_owned(),
        DesignError::TooCostly { cells, limit } => format!(
            "le plan demanderait {cells} pas, et {limit} au plus sont permis : choisissez un autre plan ou de plus petites strates"
        ),
        DesignError::NotConverged { iterations } => {
            format!("les paramètres du plan n'ont pas convergé en {iterations} itérations : choisissez un autre plan")
        }
        DesignError::Underflow => {
            "les probabilités du plan sont trop petites pour le calcul : choisissez un autre plan".to_owned()
        }
        _ => return None,
    })
}

fn allocation(error: &AllocationError) -> Option<String> {
    Some(match error {
        AllocationError::NoStratum => "il n'y a aucune strate à laquelle répartir l'échantillon".to_owned(),
        AllocationError::BadTotal => "le total à répartir est hors des bornes".to_owned(),
        AllocationError::CrossedBounds { stratum, lower, upper } => {
            format!("strate {stratum} : sa borne inférieure {lower} dépasse {upper}, le plus qu'on puisse y prendre")
        }
        AllocationError::LowerBoundsExceedTotal { needed, total } => {
            format!("les bornes inférieures des strates demandent {needed}, et le total est {total}")
        }
        AllocationError::UpperBoundsBelowTotal { room, total } => {
            format!("les bornes supérieures des strates laissent {room} en tout, et le total est {total}")
        }
        AllocationError::NoMeasure => {
            "la règle mesure toutes les strates à zéro (ni dispersion, ni importance, ni unités) : rien ne les \
            distingue"
                .to_owned()
        }
        AllocationError::MeasureExhausted { left } => {
            format!(
                "les strates que la règle distingue sont pleines ; il en reste {left} pour des strates mesurées à zéro"
            )
        }
        AllocationError::OutOfRange { .. } => return None,
    })
}

/// Why tables made elsewhere are not used.
pub(super) fn readymade(error: &ReadymadeError) -> Option<String> {
    let at = |file: &std::path::Path, line: &u64| format!("{} : ligne {line}", file.display());
    Some(match error {
        ReadymadeError::CellTwice { file, line } => {
            format!("{} : une ligne précédente du tableau a déjà cette case", at(file, line))
        }
        ReadymadeError::NotANumber { file, line, column } => {
            format!("{}, colonne `{column}` : ce n'est pas un nombre ; une case masquée reste vide", at(file, line))
        }
        ReadymadeError::NumberNeeded { file, line, column, of } => {
            let of = match of {
                Needed::Any => "un nombre",
                Needed::Whole => "un nombre entier",
                Needed::NonNegative => "un nombre positif ou nul",
            };
            format!("{}, colonne `{column}` : il faut ici {of}", at(file, line))
        }
        ReadymadeError::Decision { file, line, column } => format!(
            "{}, colonne `{column}` : n'écrivez rien, ou `publish`, `unsafe`, `prefer_publish`, `prefer_suppress`, ou `impossible` pour une \
             case de 0",
            at(file, line)
        ),
        ReadymadeError::Decisions { file, line } => {
            format!("{} : il en est décidé autrement de cette case ailleurs", at(file, line))
        }
        ReadymadeError::Differs { file, line, column } => {
            format!("{}, colonne `{column}` : ce n'est pas comme dans une autre ligne du contributeur", at(file, line))
        }
        ReadymadeError::TotalCode { file, line, column } => format!(
            "{}, colonne `{column}` : le code des totaux figure dans des microdonnées ; nommez-en un autre par `total`",
            at(file, line)
        ),
        ReadymadeError::Contributions { file, line } => format!(
            "{} : contributeurs, plus grandes contributions et nombre de la case se contredisent",
            at(file, line)
        ),
        ReadymadeError::NotNested { fine, coarse } => format!(
            "`{fine}` n'est pas un niveau sous `{coarse}` : un de ses codes est sous deux codes de `{coarse}`, ou à côté de son total ; \
             corrigez `hierarchy`"
        ),
        ReadymadeError::AddUp { file, line, column } => {
            format!("{}, colonne `{column}` : les cases sous ce total ne font pas sa somme", at(file, line))
        }
        ReadymadeError::TwoNumbers { file, line, column } => {
            format!("{}, colonne `{column}` : un autre tableau a un autre nombre pour cette case", at(file, line))
        }
        ReadymadeError::CountsTwice { file } => format!(
            "{} : dans un tableau perturbé chaque contributeur compte une fois : une ligne de microdonnées pour chacun, avec les mêmes codes \
             dans tous les fichiers liés, et dans les cases autant de contributeurs que dit le nombre",
            file.display()
        ),
        ReadymadeError::NoContributor { file } => {
            format!(
                "{} : une ligne ne nomme aucun contributeur, et la méthode demande qui est dans une case",
                file.display()
            )
        }
        ReadymadeError::FewCells { file } => format!(
            "{} : selon les colonnes sans total, la liste a plus de sortes de cases que ne dit `cells_per_contributor` : qui est dans une case \
             est aussi dans ses totaux",
            file.display()
        ),
        ReadymadeError::NotListed { file } => {
            format!("{} : il manque à la liste une case du tableau, ou une de ses sortes de totaux", file.display())
        }
        ReadymadeError::Contradiction => {
            "les tableaux se contredisent : les nombres publiés d'une case ne peuvent être tous justes".to_owned()
        }
        ReadymadeError::NoCells => "nommez les colonnes qui font les cases par --by".to_owned(),
        ReadymadeError::NoColumn { column } => format!("aucun tableau n'a de colonne `{column}`"),
        ReadymadeError::NoValue => {
            "nommez la colonne des nombres par --value : les tableaux n'ont en commun ni `records` ni `persons`"
                .to_owned()
        }
        ReadymadeError::TooLarge => TOO_MANY_CELLS.to_owned(),
    })
}

pub(super) const TOO_MANY_CELLS: &str = "les tableaux ont trop de cases";

/// Why tables are not protected.
pub(super) fn tables(error: &TableError) -> Option<String> {
    match error {
        TableError::Proof => {
            Some("la preuve qu'aucune case masquée ne se déduit des cases publiées ne tient pas".to_owned())
        }
        TableError::NoSolver => Some(
            "ce programme est construit sans le solveur de la méthode optimale : `cargo build --features optimal`"
                .to_owned(),
        ),
        TableError::Solver => Some("le solveur de la méthode optimale n'a pas trouvé de réponse".to_owned()),
        TableError::System(SystemError::TooLarge) => Some(TOO_MANY_CELLS.to_owned()),
        _ => None,
    }
}

/// Why nothing is counted.
pub(super) fn summarise(error: &SummariseError) -> Option<String> {
    match error {
        SummariseError::TooLarge => {
            Some("une valeur ou une somme n'est pas un nombre, ou est trop grande pour une somme exacte".to_owned())
        }
        SummariseError::Levels => Some(
            "une valeur d'une colonne est sous deux valeurs d'une colonne plus grossière faite de la même".to_owned(),
        ),
        _ => None,
    }
}

/// What leaks, in one line.
pub(super) fn leak(report: &Report) -> String {
    let hits = report.hits.iter().filter(|hit| hit.leak).map(|hit| {
        let (one, many) = match hit.class {
            Class::Identifier => ("identifiant", "identifiants"),
            Class::Telephone => ("numéro de téléphone", "numéros de téléphone"),
            Class::Email => ("adresse électronique", "adresses électroniques"),
            Class::FullName => ("nom complet", "noms complets"),
            Class::Name => ("nom", "noms"),
            Class::Address => ("adresse", "adresses"),
            Class::Text => ("texte", "textes"),
        };
        let what = if hit.count == 1 { one } else { many };
        format!("{} {what} dans la colonne `{}` de `{}`", hit.count, hit.column, hit.resource)
    });
    let hits = hits.collect::<Vec<_>>().join(" ; ");
    format!("des valeurs retirées figurent dans ce qui sortirait : {hits} ; rien n'a été publié")
}

/// Why the outputs could not be searched.
pub(super) fn scan(error: &ScanError) -> Option<String> {
    Some(match error {
        ScanError::Random => {
            "le système n'a pas donné d'octets aléatoires pour la clé de la recherche de fuites".to_owned()
        }
        ScanError::Vault(error) => return vault(error),
        ScanError::Unreadable { resource, column } => {
            format!("la colonne `{column}` de `{resource}` ne peut être fouillée")
        }
        ScanError::Io { path, kind } => {
            format!("{} n'a pu être fouillé à la recherche d'identifiants : {}", path.display(), of_kind(*kind))
        }
    })
}

/// Why the vault holds nothing.
pub(super) fn vault(error: &VaultError) -> Option<String> {
    Some(match error {
        VaultError::Random => "le système n'a pas donné d'octets aléatoires pour la clé du coffre".to_owned(),
        VaultError::Seal => "une partie du coffre n'a pu être chiffrée".to_owned(),
        VaultError::Damaged => {
            "une partie du coffre a été modifiée sur le disque : l'exécution ne peut continuer".to_owned()
        }
        VaultError::Spill { kind } => format!(
            "le fichier de débordement du coffre a échoué : {} ; choisissez un autre dossier par [limits] spill, ou donnez plus de mémoire",
            of_kind(*kind)
        ),
        VaultError::Layout => return None,
    })
}

/// Why nothing is written.
pub(super) fn export(error: &ExportError) -> Option<String> {
    Some(match error {
        ExportError::Io { path, operation, kind } => {
            let done = match operation {
                Operation::Create => "créé",
                Operation::Write => "écrit",
                Operation::Sync => "écrit jusqu'au disque",
                Operation::Read => "lu",
                Operation::Rename => "renommé",
                Operation::Remove => "supprimé",
            };
            format!("{} n'a pu être {done} : {}", path.display(), of_kind(*kind))
        }
        ExportError::Name { name } => format!(
            "`{name}` ne peut nommer un fichier : prenez des lettres, des chiffres, `-`, `_` et `.`, en commençant par une lettre ou un \
             chiffre"
        ),
        ExportError::Duplicate { name } => {
            format!("deux ressources de l'envoi se nomment `{name}` : renommez une sortie dans le traitement")
        }
        ExportError::Seal(error) => return super::seal(error),
        ExportError::Unknown { file } => format!("`{file}` n'est pas le fichier qui a été consigné"),
        ExportError::NoSigningKey => "un envoi scellé est signé, et il n'y a pas de clé de signature".to_owned(),
        ExportError::UnlistedRecipient { resource } => format!(
            "`{resource}` n'a pas de destinataire dans le traitement : rien n'est envoyé à qui n'y est pas nommé"
        ),
        ExportError::NoFormat { resource } => {
            format!("`{resource}` n'a pas de format : nommez-en un dans `[export] formats`")
        }
        ExportError::Encode { path } => format!("{} n'a pu être encodé", path.display()),
        ExportError::ReadBack { file, what } => {
            let what = match what {
                Mismatch::Length => "une autre longueur",
                Mismatch::Content => "d'autres octets",
                Mismatch::Rows => "un autre nombre de lignes",
            };
            format!("relu, {file} a {what} : rien n'a été publié ; vérifiez le disque, puis recommencez")
        }
        ExportError::Stray { file } => format!(
            "{file} se trouve parmi les fichiers de l'envoi sans avoir été écrit par cette exécution : rien n'a été publié"
        ),
        ExportError::OtherResource { .. } | ExportError::Unclosed { .. } => return None,
    })
}

/// Why an expression of the pipeline is not evaluated; what is wrong within it is told by its engine, in English.
pub(super) fn sql(error: &SqlError) -> String {
    match error {
        SqlError::Invalid { sql, reason } => {
            format!("l'expression SQL `{sql}` est inutilisable : {}", in_french(reason).unwrap_or(reason))
        }
        SqlError::Failed { sql } => format!("l'expression SQL `{sql}` a échoué sur les données"),
    }
}
