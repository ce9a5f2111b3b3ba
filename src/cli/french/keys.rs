//! What is wrong with a key, in French.

use super::files::of_kind;
use crate::keys::{KeyError, LedgerProblem, Refusal};

/// Why a key is not used.
pub(super) fn key(error: &KeyError) -> String {
    match error {
        KeyError::NoRandomness(_) => "le système n'a pas donné d'octets aléatoires pour une clé".to_owned(),
        KeyError::OneByteRepeated => {
            "la clé est un seul octet répété ; une clé est faite de 32 octets aléatoires".to_owned()
        }
        KeyError::Dumps(kind) => {
            format!("le système ne permet pas de couper les images mémoire : {}", of_kind(*kind))
        }
        KeyError::Refused { place, refusal: why } => format!("{place} : {}", refusal(why)),
        KeyError::Exists { place } => {
            format!("{place} existe déjà, et une clé n'est jamais écrasée ; donnez un autre nom")
        }
        KeyError::Write { place, kind } => {
            format!("{place} : la clé n'a pu être écrite ({}), et rien n'en est gardé", of_kind(*kind))
        }
        KeyError::Name => {
            "le nom d'une clé de signature est un mot sans blanc et sans `+`, comme `crcdc-ara`".to_owned()
        }
        KeyError::Ledger { place, problem } => format!("{place} : {}", epochs(problem)),
        KeyError::KeyNeeded => "ce traitement relie les enregistrements d'une diffusion à l'autre (linkage = \"longitudinal\"), ce qui demande \
            une clé gardée ; donnez --root-key FICHIER, fait par `tamis keys generate root`"
            .to_owned(),
        KeyError::DrawKeyNeeded => {
            "l'échantillon de ce traitement est tiré sous une clé gardée : nommez la clé racine par --root-key".to_owned()
        }
        KeyError::EpochNeeded => "ce traitement relie les enregistrements d'une diffusion à l'autre (linkage = \"longitudinal\"), ce qui \
            demande une période ; ouvrez-en une par `tamis keys rotate`"
            .to_owned(),
        KeyError::OtherLedger => "la période vient du registre d'une autre clé".to_owned(),
        KeyError::NotLasting => "ce traitement ne garde pas de clé (son linkage n'est pas \"longitudinal\") : il n'a ni périodes ni \
            correspondance"
            .to_owned(),
    }
}

fn refusal(why: &Refusal) -> String {
    match why {
        Refusal::Io(kind) => format!("la clé ne peut être lue : {}", of_kind(*kind)),
        Refusal::Link => {
            "c'est un lien, dont qui peut le changer fait une autre clé ; nommez le fichier lui-même".to_owned()
        }
        Refusal::Kind(_) => "ce n'est pas un fichier ordinaire qui contient une clé".to_owned(),
        Refusal::Owner { owner, user } => format!(
            "la clé appartient à l'utilisateur {owner}, qui peut la changer ; elle doit appartenir à l'utilisateur {user} ou à root"
        ),
        Refusal::Mode { mode } => {
            format!("d'autres peuvent lire ou changer la clé (mode {mode:04o}) ; retirez-leur ce droit : chmod 600")
        }
        Refusal::TooShort { bytes } => {
            format!("{bytes} octets sont trop peu pour une clé racine, qui en a exactement 32")
        }
        Refusal::TooLong => {
            "c'est trop long pour une clé racine, qui a exactement 32 octets, sans fin de ligne ni codage".to_owned()
        }
        Refusal::OneByteRepeated => {
            "la clé est un seul octet répété ; faites-en une par `tamis keys generate root`".to_owned()
        }
        Refusal::NotARoot => "c'est une clé de signature ou une identité age, et non une clé racine".to_owned(),
        Refusal::NotASigningKey => "ce n'est pas une clé de signature (`PRIVATE+KEY+nom+…`, une ligne)".to_owned(),
        Refusal::NotAnIdentity => {
            "ce n'est pas une identité age (une ligne `AGE-SECRET-KEY-1…`, outre les remarques)".to_owned()
        }
        Refusal::NotALine => {
            "ce n'est pas une ligne de texte d'au plus 2 000 caractères, comme l'est l'adresse d'une base".to_owned()
        }
        Refusal::OtherKey { public } => format!("la clé n'est pas celle de la clé publique {public}"),
        Refusal::NoPublicHalf => {
            "la moitié publique manque ; elle est à côté de la clé, dans un fichier de même nom suivi de `.pub`"
                .to_owned()
        }
        Refusal::NoCredentials => {
            "aucun secret n'a été remis ($CREDENTIALS_DIRECTORY n'est pas un chemin absolu) ; voyez LoadCredential= \
            de systemd"
                .to_owned()
        }
        Refusal::NotAKey => {
            "ce n'est ni une clé racine (exactement 32 octets), ni une clé de signature, ni une identité age".to_owned()
        }
    }
}

fn epochs(problem: &LedgerProblem) -> String {
    match problem {
        LedgerProblem::NoEpoch => {
            "aucune période n'a été ouverte ; ouvrez-en une par `tamis keys rotate CLÉ --epoch NOM`".to_owned()
        }
        LedgerProblem::Io(kind) => format!("le registre des périodes est inutilisable : {}", of_kind(*kind)),
        LedgerProblem::Line { line } => format!(
            "la ligne {line} n'est pas une période ; le registre a été modifié à la main ou endommagé : reprenez-en une copie"
        ),
        LedgerProblem::OtherKey { line } => {
            format!("la ligne {line} est d'une autre clé : ce n'est pas le registre de la clé donnée")
        }
        LedgerProblem::Twice { name } => {
            format!("la période `{name}` a déjà été ouverte ; une période s'ouvre une seule fois")
        }
        LedgerProblem::Name => {
            "une période se nomme par des lettres sans accent, des chiffres, `-` et `.`, 64 au plus, et non `run`"
                .to_owned()
        }
        LedgerProblem::Unknown { name, known } => {
            format!("la période `{name}` n'a jamais été ouverte ; sont connues : {known}")
        }
        LedgerProblem::Current { name } => {
            format!("`{name}` est la période en cours ; une correspondance y mène depuis une période antérieure")
        }
        LedgerProblem::Nowhere => {
            "la clé n'est pas un fichier, il faut donc nommer son registre : --epochs FICHIER".to_owned()
        }
    }
}
