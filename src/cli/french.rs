//! Refusals that people at a desk or at the end of a run meet, in French. Each names the file and the rule, as the English
//! one does, and never a value. What has no words here is told in those of its room.

mod admission;
mod database;
mod files;
mod keys;
mod perturb;
mod pipeline_errors;
mod problems;
mod rooms;
mod schema;
#[cfg(test)]
mod tests;

use std::io::ErrorKind;

pub(super) use pipeline_errors::InFrench;

use super::show::{Lang, with_causes};
use crate::config::ConfigErrors;
use crate::deliver::DeliverError;
use crate::destroy::{DestroyError, JournalError};
use crate::infer::InferError;
use crate::keys::{KeyError, SignatureError};
use crate::pipeline::{ClusterError, PersonsError, Rejection, RunError};
use crate::reception::ReceptionError;
use crate::schema::SchemaError;
use crate::seal::SealError;
use crate::validate::ValidateError;
use crate::words::advice::in_french;

/// Why something was not opened, acknowledged or destroyed at a desk.
pub(super) fn of_reception(lang: Lang, error: &ReceptionError) -> String {
    Some(error).filter(|_| lang == Lang::Fr).and_then(reception).unwrap_or_else(|| with_causes(error))
}

/// Why a run was not closed.
pub(super) fn of_run(lang: Lang, error: &RunError) -> String {
    Some(error).filter(|_| lang == Lang::Fr).and_then(run).unwrap_or_else(|| with_causes(error))
}

/// Why a key is not used.
pub(super) fn of_key(lang: Lang, error: &KeyError) -> String {
    if lang == Lang::Fr { keys::key(error) } else { with_causes(error) }
}

/// Why a package was not delivered.
pub(super) fn of_delivery(lang: Lang, error: &DeliverError) -> String {
    Some(error).filter(|_| lang == Lang::Fr).and_then(delivery).unwrap_or_else(|| with_causes(error))
}

/// Why no schema or profile was made of files.
pub(super) fn of_inference(lang: Lang, error: &InferError) -> String {
    if lang == Lang::En {
        return with_causes(error);
    }
    match error {
        InferError::Ingest(error) => files::ingest(error),
        InferError::OtherHeader { file, first } => format!(
            "{} : son en-tête n'est pas celui de {} ; un schéma se propose pour des fichiers de même forme",
            file.display(),
            first.display()
        ),
        InferError::NoHeader { file } => format!(
            "{} : sa première ligne semble être un enregistrement et non un en-tête ; donnez-lui un en-tête : ses valeurs passeraient pour \
             des étiquettes",
            file.display()
        ),
        InferError::Label { file, column } => format!(
            "{} : la colonne {column} n'a pas d'étiquette, ou une qui y figure deux fois ; donnez à chaque colonne son nom",
            file.display()
        ),
    }
}

/// Why a schema cannot be used.
pub(super) fn of_schema(lang: Lang, error: &SchemaError) -> String {
    if lang == Lang::Fr { schema::schema(error) } else { with_causes(error) }
}

/// The problems of a pipeline file, each in a sentence.
pub(super) fn problems(lang: Lang, errors: ConfigErrors) -> Vec<String> {
    match lang {
        Lang::En => errors.errors().iter().map(ToString::to_string).collect(),
        Lang::Fr => InFrench::new(errors).problems().iter().map(|problem| problem.message.clone()).collect(),
    }
}

/// What the system says of a file.
pub(super) fn of_kind(lang: Lang, kind: ErrorKind) -> String {
    if lang == Lang::Fr { files::of_kind(kind) } else { kind.to_string() }
}

fn reception(error: &ReceptionError) -> Option<String> {
    Some(match error {
        ReceptionError::Seal(error) => return seal(error),
        ReceptionError::Destroy(error) => return destruction(error),
        ReceptionError::AlreadyOpened { name } => {
            format!("« {name} » est déjà ouvert à ce bureau ; un envoi s'ouvre une seule fois")
        }
        ReceptionError::Destroyed { name } => format!(
            "« {name} » a été ouvert à ce bureau et détruit après usage : rien n'en subsiste, et il n'est pas rouvert"
        ),
        ReceptionError::NotAReception { path } => {
            format!("{} n'est pas une réception : donnez le dossier créé par `tamis open`", path.display())
        }
        ReceptionError::Changed { path } => format!(
            "{} manque ou a été modifié depuis l'ouverture : ce qui n'est pas entier ne peut faire l'objet d'un accusé",
            path.display()
        ),
        ReceptionError::Left { files } => {
            let files = files.iter().map(|(path, reason)| format!("{} : {}", path.display(), reason.french()));
            format!("non détruit, à reprendre : {}", files.collect::<Vec<_>>().join(" ; "))
        }
        _ => return None,
    })
}

fn run(error: &RunError) -> Option<String> {
    Some(match error {
        RunError::Ingest(error) => files::ingest(error),
        RunError::Rejected { reason, .. } => format!("les données sont rejetées : {} ; rien n'a été publié", rejection(reason)),
        RunError::Register { path, problem } => format!(
            "registre {path} : {} de ses identifiants sont illisibles, le premier à la ligne {} : une opposition serait ignorée, \
             l'exécution s'arrête ; corrigez le registre",
            problem.count, problem.first_line
        ),
        RunError::Validate(ValidateError::Schema { source_name, problem }) => {
            format!("le schéma de la source « {source_name} » est inutilisable : {}", schema::schema(problem))
        }
        RunError::Persons(error) => return persons(error),
        RunError::Validate(ValidateError::Sql(error)) => rooms::sql(error),
        RunError::Sample(error) => return rooms::sample(error),
        RunError::Perturb(error) => return perturb::told(error),
        RunError::Readymade(error) => return rooms::readymade(error),
        RunError::Tables(error) => return rooms::tables(error),
        RunError::Summarise(error) => return rooms::summarise(error),
        RunError::Leak(report) => rooms::leak(report),
        RunError::Scan(error) => return rooms::scan(error),
        RunError::Vault(error) => return rooms::vault(error),
        RunError::Export(error) => return rooms::export(error),
        RunError::Admission(error) => return admission::admission(error),
        RunError::Key(error) => keys::key(error),
        RunError::Journal(error) => return journal(error),
        RunError::Signature(error) => format!("signature{}", signature(*error)),
        RunError::FrameRecord { line } => format!(
            "la ligne {line} de la base de sondage est illisible : corrigez-la ; l'omettre serait une autre base"
        ),
        RunError::FrameRows { rows } => format!(
            "{rows} lignes de la base de sondage n'ont pas d'identifiant, ou une valeur d'une autre sorte que les autres de sa colonne"
        ),
        RunError::FrameUnit => {
            "chaque ligne d'une base de sondage est une unité par son identifiant : retirez unit = \"record\" de [sample]".to_owned()
        }
        RunError::NoReplay => "ce n'est pas le compte rendu d'un tirage qui se répète : nommez le sample.json du dossier d'une exécution \
            avec [sample] key = \"kept\""
            .to_owned(),
        RunError::ManyCells { most } => format!(
            "des tableaux qui montrent les cases vides auraient plus de {most} cases ; retirez des colonnes, ou écrivez zeros = \"absent\""
        ),
        RunError::Impossible => "une case que les décisions disent impossible a des enregistrements ; voyez le fichier de décisions ; \
            rien n'a été publié"
            .to_owned(),
        RunError::Interrupted { signal } => {
            format!("interrompu par le signal {signal} ; rien n'a été publié, le coffre est détruit")
        }
        RunError::NotClosed { problem } => format!(
            "les données sont publiées et le coffre est détruit, mais l'exécution n'a pu être close : {} ; continuez par `tamis resume`",
            of_run(Lang::Fr, problem)
        ),
        RunError::Resume { path, kind } => format!("{} : {}", path.display(), files::of_kind(*kind)),
        RunError::NotDestroyed => {
            "les données sont publiées, mais tous les dépôts de l'exécution n'ont pas rendu compte de leur destruction".to_owned()
        }
        RunError::Threads => "aucun fil d'exécution n'a pu démarrer ; donnez un plus petit --threads".to_owned(),
        RunError::Ledger(error) => {
            format!("{} ; rien n'a été publié", super::ledger::in_words(Lang::Fr, "le registre des diffusions", error))
        }
        RunError::Acknowledgement(error) => format!("l'accusé de réception est refusé : {}", seal(error)?),
        RunError::Again { run } => format!(
            "le même traitement a déjà transmis des données tirées de ces fichiers, dans {run} : recommencer serait un autre tirage \
             parmi les mêmes personnes. Donnez --since last pour ne lire que ce qui est nouveau, ou --again si c'est voulu"
        ),
        RunError::SinceOfQuery { source_name } => format!(
            "--since last laisse de côté des fichiers déjà lus, or la source « {source_name} » est le résultat d'une requête : omettez-le, \
             et que la requête dise ce qui est nouveau"
        ),
        RunError::Database(error) => format!("{} ; rien n'a été publié", database::told(error)),
        RunError::NotOver { run } => {
            format!(
                "{run} : aucun certificat ne dit que les données de travail de cette exécution n'existent plus ; rien n'a été supprimé"
            )
        }
        RunError::NothingNew { files } => {
            format!(
                "rien de nouveau : chaque fichier ({files}) a été lu par une exécution précédente ; rien n'a été fait"
            )
        }
        RunError::NotAwaited => {
            "aucun accusé de réception n'est attendu : le traitement ne nomme la clé d'aucun destinataire".to_owned()
        }
        RunError::Unacknowledged { path } => format!(
            "{} : le journal dit qu'il a été reçu, et il n'est pas là ; rien n'est détruit sans lui",
            path.display()
        ),
        RunError::Rewritten { path } => format!(
            "{} : ce n'est pas le journal signé avec l'envoi scellé ; rien n'est détruit sur sa foi",
            path.display()
        ),
        RunError::Altered { path } => {
            format!("{} : modifié après que l'exécution l'a écrit ; elle n'est pas close sur sa foi", path.display())
        }
        RunError::NeverBegan { path } => format!(
            "{} : l'exécution a été arrêtée avant d'avoir rien lu ni publié ; son dossier peut être supprimé",
            path.display()
        ),
        RunError::SigningKeyNeeded => "une livraison scellée est signée : nommez la clé par --signing-key".to_owned(),
        RunError::OtherSigningKey => {
            "cette clé de signature n'est pas celle de [sender] ; les destinataires refuseraient l'envoi".to_owned()
        }
        RunError::UseIsOver { recipient } => {
            format!("destinataire « {recipient} » : sa date use_until est passée ; rien n'a été lu")
        }
        RunError::Locked { folder } => {
            format!(
                "une autre exécution de ce traitement écrit dans {folder} ; attendez-en la fin, ou donnez un autre --out"
            )
        }
        RunError::Destroy(error) => return destruction(error),
        RunError::Cluster(error) => return Some(cluster(error)),
        _ => return None,
    })
}

fn rejection(reason: &Rejection) -> String {
    match reason {
        Rejection::Columns => "les colonnes d'un fichier ne sont pas celles de son schéma".to_owned(),
        Rejection::Release { wrong, name } => {
            format!(
                "{wrong} enregistrements de la diffusion « {name} » ne répondent pas au schéma, et aucun ne doit se perdre"
            )
        }
        Rejection::Share { wrong, read, name, limit } => format!(
            "{wrong} des {read} enregistrements de la source « {name} » sont faux, plus que les {} % que permet [limits] reject_above",
            format!("{:.1}", limit * 100.0).replace('.', ",")
        ),
    }
}

/// Why a file of persons cannot be measured or anonymised.
fn persons(error: &PersonsError) -> Option<String> {
    Some(match error {
        PersonsError::NoRecord { file } => format!("{} : il n'y a aucun enregistrement", file.display()),
        PersonsError::Malformed { file, line } => {
            format!(
                "{} : la ligne {line} est illisible : corrigez-la ; l'omettre serait une autre table",
                file.display()
            )
        }
        PersonsError::NoPerson { file, line, column } => format!(
            "{} : ligne {line}, colonne « {column} » : l'enregistrement ne nomme personne, or on compte des personnes",
            file.display()
        ),
        PersonsError::Differs { file, line, column } => format!(
            "{} : ligne {line}, colonne « {column} » : ce n'est pas comme dans un autre enregistrement de la personne",
            file.display()
        ),
        PersonsError::Number { file, line, column, needed } => {
            format!("{} : ligne {line}, colonne « {column} » : il faut ici {}", file.display(), in_french(needed)?)
        }
        PersonsError::Twice { column } => {
            format!("la colonne « {column} » est nommée deux fois : chacune est une seule chose")
        }
        PersonsError::Parameter { name, expected } => format!("{name} : valeur attendue : {}", in_french(expected)?),
        PersonsError::Levels { column } => {
            format!("colonne « {column} » : chaque niveau doit réunir des groupes entiers du précédent")
        }
        PersonsError::Unreachable { proven } => {
            let far = if *proven { "" } else { ", aussi loin qu'on a cherché" };
            format!(
                "aucune généralisation ne satisfait les règles dans la limite de suppression{far} ; rien n'a été écrit"
            )
        }
        PersonsError::Evidence { failed } => {
            format!(
                "ce qui sortirait n'atteint pas les seuils de [evidence] : {} ; rien n'a été écrit",
                failed.join(", ")
            )
        }
        _ => return None,
    })
}

fn cluster(error: &ClusterError) -> String {
    match error {
        ClusterError::Refused { what } => {
            format!("ce traitement ne peut pas encore être exécuté sur une grappe : il comporte {what} ; utilisez `tamis run` sur une machine")
        }
        ClusterError::NotOurs(_) => {
            "une partie des données de travail n'a pas été scellée par cette exécution pour cette place, ou a été modifiée ; \
             toutes les étapes prennent le même fichier de traitement et la même clé"
                .to_owned()
        }
        ClusterError::Damaged => "une partie des données de travail n'est pas celle qu'attend cette étape : toutes les \
                                  étapes demandent la même version de tamis"
            .to_owned(),
        ClusterError::Missing { pass } => format!(
            "le plan de l'étape `{}` n'est pas dans le dossier : `tamis cluster merge` le fait de ce qu'ont rendu les exécutants",
            pass.word()
        ),
        ClusterError::NoSource { name } => format!("le traitement n'a pas de source `{name}`"),
        ClusterError::Columns { name, problem } => {
            format!("source `{name}` : les colonnes ne sont pas celles du schéma : {problem}")
        }
        ClusterError::BadRecords { name, count, problem } => format!(
            "source `{name}` : {count} enregistrements incorrects, à commencer par {problem}, et [limits] reject_above n'en \
             laisse passer aucun"
        ),
        ClusterError::Lost { expected, found } => format!(
            "entre deux étapes, des lignes ont été perdues ou sont venues deux fois : {found} sur {expected} ; rien n'en est diffusé"
        ),
        ClusterError::Pipe { kind } => format!("un flux de données de travail a échoué : {}", files::of_kind(*kind)),
        ClusterError::CutShort => {
            "un flux de données de travail s'arrête avant sa fin : ce qui l'écrivait a échoué".to_owned()
        }
        ClusterError::NoParts => "ce flux n'est pas fait de données de travail : ses colonnes sont kind (texte), bucket \
                                  (entier de 32 bits) et data (octets)"
            .to_owned(),
        ClusterError::File { path, kind } => format!("{} : {}", path.display(), files::of_kind(*kind)),
    }
}

fn delivery(error: &DeliverError) -> Option<String> {
    Some(match error {
        DeliverError::Seal(error) => return seal(error),
        DeliverError::Unlisted { path } => {
            format!("{} : il est scellé pour quelqu'un qui ne figure pas dans le traitement", path.display())
        }
        DeliverError::OtherPipeline { path } => {
            format!("{} : ce n'est pas un envoi de ce traitement, sous le nom reçu lors du scellement", path.display())
        }
        DeliverError::NoSender => {
            "le traitement n'a pas de [sender] : il ne scelle rien qui puisse être remis".to_owned()
        }
        DeliverError::NoPlace { recipient } => format!(
            "destinataire « {recipient} » : le traitement ne dit pas où transmettre ; ajoutez `deliver` au [[recipient]]"
        ),
        DeliverError::NoFolder { place } => {
            format!("{place} : le dossier n'existe pas ; créez-le ou montez-le, puis recommencez")
        }
        DeliverError::Occupied { place } => {
            format!("{place} : un autre fichier porte déjà ce nom ; rien n'a été remplacé")
        }
        DeliverError::Differs { place } => {
            format!("{place} : ce qui est arrivé n'est pas ce qui a été envoyé ; l'exemplaire a été retiré")
        }
        _ => return None,
    })
}

fn destruction(error: &DestroyError) -> Option<String> {
    Some(match error {
        DestroyError::Refused { file, reason } => format!("{} : {}", file.display(), reason.french()),
        DestroyError::NotAsked => {
            "le traitement ne demande pas la destruction des fichiers sources ([destroy] sources = true)".to_owned()
        }
        DestroyError::NotConfirmed { run } => {
            format!("les fichiers sources ne sont détruits que si l'exécution est confirmée par son nom, `{run}`")
        }
        DestroyError::Journal(error) => return journal(error),
        _ => return None,
    })
}

fn journal(error: &JournalError) -> Option<String> {
    Some(match error {
        JournalError::NotAcknowledged => {
            "les destinataires n'ont pas accusé réception : rien n'est détruit avant cela".to_owned()
        }
        JournalError::Order { path, line } => {
            format!("{} : la ligne {line} du journal ne peut suivre celles qui la précèdent", path.display())
        }
        JournalError::NoPlan { path } => format!(
            "{} : ce journal ne commence pas par un plan, ce n'est donc pas celui d'une exécution",
            path.display()
        ),
        _ => return None,
    })
}

fn seal(error: &SealError) -> Option<String> {
    let nothing = |text: String| Some(format!("{text} ; rien n'a été ouvert"));
    match error {
        SealError::NotAPackage { path, .. } => nothing(format!("{} n'est pas un envoi scellé", path.display())),
        SealError::Signature { path, why } => {
            nothing(format!("le manifeste de {} n'est pas digne de foi{}", path.display(), signature(*why)))
        }
        SealError::Changed { path } => {
            nothing(format!("le contenu de {} n'est pas celui pour lequel le manifeste a été signé", path.display()))
        }
        SealError::Manifest { path, .. } => {
            nothing(format!("le manifeste de {} vient d'une autre version de ce programme", path.display()))
        }
        SealError::OtherRecipient => nothing("l'envoi est scellé pour un autre destinataire".to_owned()),
        SealError::Algorithm { .. } => nothing("l'envoi emploie un algorithme faible ou inconnu".to_owned()),
        SealError::Purpose => {
            nothing("la finalité donnée n'est pas celle de l'envoi (son manifeste la nomme)".to_owned())
        }
        SealError::Expired { until } => nothing(format!("l'envoi était utilisable jusqu'au {until}")),
        SealError::NotDecrypted { name } => {
            nothing(format!("« {} » ne se déchiffre pas avec cette clé", name.as_str()))
        }
        SealError::Interrupted => nothing("interrompu".to_owned()),
        SealError::AcknowledgementSignature(why) => Some(format!("il n'est pas digne de foi{}", signature(*why))),
        SealError::NotAnAcknowledgement => Some("ce n'est pas un accusé de réception".to_owned()),
        SealError::OtherRelease { .. } => {
            Some("il concerne une autre exécution, un autre destinataire ou un autre contenu".to_owned())
        }
        _ => None,
    }
}

fn signature(why: SignatureError) -> &'static str {
    match why {
        SignatureError::OtherKey => " : il n'est pas signé par la clé attendue",
        SignatureError::Forged => " : il a été modifié après sa signature",
        SignatureError::NotANote => " : ce n'est pas une note signée",
        _ => "",
    }
}
