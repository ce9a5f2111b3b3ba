//! Why a database gave no rows, in French.

use super::files::of_kind;
use crate::database::{DatabaseError, DriverFile, Problem};

/// Why a query gave no rows.
pub(super) fn told(error: &DatabaseError) -> String {
    let position = |at: &Option<u32>| at.map(|at| format!(", à son caractère {at}")).unwrap_or_default();
    let told = match &error.problem {
        Problem::NotBuilt => "ce programme est construit sans bases de données ; exportez les enregistrements dans un fichier".to_owned(),
        Problem::Address => "son secret n'est pas l'adresse d'une base PostgreSQL ; écrivez-y \
            postgresql://UTILISATEUR:MOT_DE_PASSE@HÔTE/BASE, ou pour une autre base adbc:/CHEMIN/DU/PILOTE.so URI"
            .to_owned(),
        Problem::DriverNotBuilt => "ce programme est construit sans pilotes d'autres bases que PostgreSQL ; exportez les \
            enregistrements dans un fichier"
            .to_owned(),
        Problem::DriverAddress => "son secret commence par `adbc:` et ne nomme pas un pilote et une base ; écrivez-y, sur une ligne, \
            adbc:/CHEMIN/DU/PILOTE.so URI, avec le chemin entier et un URI sans blancs"
            .to_owned(),
        Problem::Driver(why) => {
            let why = match why {
                DriverFile::Unreadable(kind) => format!("le fichier ne peut être lu ({})", of_kind(*kind)),
                DriverFile::NotAFile => "ce n'est pas un fichier régulier".to_owned(),
                DriverFile::Writable => "d'autres que root et le compte de cette exécution peuvent modifier le fichier, ou un dossier \
                    au-dessus ; donnez-les à root (chown) et retirez ces droits (chmod go-w)"
                    .to_owned(),
                DriverFile::NotADriver => {
                    "ce n'est pas une bibliothèque à l'interface ADBC, ou elle est pour une autre machine".to_owned()
                }
                DriverFile::Broken => {
                    "il a donné des lignes qui enfreignent les règles d'Arrow ; rien n'en est utilisé".to_owned()
                }
            };
            format!("le pilote que nomme son secret n'est pas utilisé : {why}")
        }
        Problem::DriverCa => "`ca` est pour PostgreSQL ; un pilote a sa propre façon de se fier à un serveur : retirez-le".to_owned(),
        Problem::DriverQuery(code) => format!(
            "le pilote ne donne pas de lignes de la requête (SQLSTATE {code}) ; ce qu'il en dit n'est pas montré, il pourrait \
             citer des enregistrements : essayez SELECT * FROM (la requête) x dans un client de la base"
        ),
        Problem::Semicolon => "la requête contient un point-virgule ; un pilote ne reçoit qu'une instruction : retirez-le, et dans un \
            texte écrivez ce caractère par son numéro"
            .to_owned(),
        Problem::NoPassword => "le serveur demande un mot de passe, et l'adresse n'en a pas".to_owned(),
        Problem::Unencrypted => "son serveur est sur une autre machine et l'adresse dit sslmode=disable : enregistrements et mot de passe \
            passeraient en clair sur le réseau ; retirez-le"
            .to_owned(),
        Problem::Authorities(path) => {
            format!("{} : aucun certificat d'autorité en PEM n'y est lisible ; corrigez `ca`", path.display())
        }
        Problem::NoAuthorities => {
            "ce système n'a pas de certificats d'autorités ; nommez dans `ca` ceux de l'autorité du serveur".to_owned()
        }
        Problem::Tls => "pas de connexion chiffrée : le serveur n'en offre pas, ou son certificat n'est pas pour cet hôte ou d'une autorité \
            reconnue ; nommez dans `ca` les certificats de l'autorité"
            .to_owned(),
        Problem::Unreachable(why) => {
            format!("le serveur est injoignable ({}) ; vérifiez l'adresse et qu'il tourne", of_kind(*why))
        }
        Problem::Refused(code) => {
            format!("le serveur refuse l'utilisateur, le mot de passe ou la base (SQLSTATE {code}) ; corrigez l'adresse")
        }
        Problem::Query { code, position: at } => format!(
            "le serveur refuse la requête (SQLSTATE {code}{}) ; ce qu'il en dit n'est pas montré, il pourrait citer des \
             enregistrements : essayez-la dans psql",
            position(at)
        ),
        Problem::Parameters => "la requête a des paramètres ($1) ; écrivez-y leurs valeurs".to_owned(),
        Problem::NoColumns => "la requête ne donne pas de colonnes ; écrivez un SELECT".to_owned(),
        Problem::Ended(code) => {
            format!("le serveur a mis fin à la requête avant la dernière ligne (SQLSTATE {code}) ; rien n'en est utilisé")
        }
        Problem::Lost => "la connexion au serveur a pris fin avant la dernière ligne ; rien n'en est utilisé".to_owned(),
        Problem::Stopped => "l'exécution a été priée de s'arrêter".to_owned(),
        Problem::System(why) => format!("le système ne donne pas de connexion ({})", of_kind(*why)),
    };
    format!("source « {} » : {told}", error.source_name)
}
