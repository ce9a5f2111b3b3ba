//! Why counts and sums are not perturbed, in French.

use super::files::of_kind;
use super::rooms::TOO_MANY_CELLS;
use crate::pipeline::PerturbError;
use crate::pipeline::refusals::{BudgetError, ControlledError, NoiseError, PTableError, RoundingError, SystemError};

/// Of lists that this program itself makes.
const UNSOUND: &str = "les sommes des tableaux ne tiennent pas ensemble";

/// Why counts are not perturbed.
pub(super) fn told(error: &PerturbError) -> Option<String> {
    let nothing = |text: String| Some(format!("{text} ; rien n'a été écrit"));
    match error {
        PerturbError::PTable(why) => Some(format!("la table de perturbation est inutilisable : {}", p_table(why))),
        PerturbError::Biased { count } => Some(format!(
            "la table de perturbation est inutilisable : le changement moyen du compte {count} n'est pas nul, et les sommes de beaucoup de \
             cases dériveraient"
        )),
        PerturbError::Weak { count } => Some(format!(
            "la table de perturbation est inutilisable : le compte {count} reste tel quel avec une probabilité de plus de 0,9, ce qui ne \
             cache presque personne : prenez une variance plus grande ou un `stay` plus petit, ou un autre fichier"
        )),
        PerturbError::TooManyCells { most } => Some(format!(
            "les valeurs déclarées font plus de {most} cases : prenez moins de colonnes, ou de plus grossières"
        )),
        PerturbError::NoLoss => {
            Some("aucun bruit ne tient cet epsilon et ce delta : donnez un delta plus grand".to_owned())
        }
        PerturbError::Found { cells } => nothing(format!(
            "{cells} comptes de peu de personnes se retrouveraient par les comptes perturbés et leurs totaux : prenez une base plus grande ou \
             une table de perturbation plus large, to = \"random\" au lieu de \"nearest\", ou moins de totaux ; sous une autre clé, d'autres \
             comptes sont tirés"
        )),
        PerturbError::SumFound { column, cells } => nothing(format!(
            "dans {cells} cases, ce qu'un contributeur ajoute à la somme de `{column}` se retrouverait à `p` pour cent près par les sommes \
             arrondies et leurs totaux : prenez une base plus grande, to = \"random\" au lieu de \"nearest\", moins de totaux ou de colonnes, \
             ou method = \"cell_key\""
        )),
        PerturbError::DrawnAgain { cells } => nothing(format!(
            "{cells} cases ont déjà été publiées avec des comptes changés sous une autre clé, par une autre méthode ou avec d'autres \
             paramètres : ensemble ils disent plus que chacun ; diffusez-les sous la clé et avec les paramètres d'alors (linkage = \
             \"longitudinal\" garde la clé d'un traitement)"
        )),
        PerturbError::KeyNeeded => {
            Some("la méthode tire selon une clé : nommez son fichier par key = \"…\" dans [table.perturb]".to_owned())
        }
        PerturbError::Budget { file, problem } => nothing(format!("{} : {}", file.display(), budget(*problem))),
        PerturbError::OtherCounts { file, release } => nothing(format!(
            "{} : une diffusion nommée `{release}` a été payée avec d'autres comptes, paramètres ou clés : donnez à celle-ci son propre nom \
             par `release`, et elle est payée aussi",
            file.display()
        )),
        PerturbError::OtherBudget { file } => {
            nothing(format!("{} : le budget de ce fichier n'est pas celui du traitement", file.display()))
        }
        PerturbError::BudgetLinked { file } => nothing(format!(
            "{} : le fichier d'un budget de confidentialité est un fichier ordinaire d'un seul nom, car il est remplacé en entier ; celui-ci \
             en a plusieurs (liens) ou est autre chose",
            file.display()
        )),
        PerturbError::DamagedBudget { file } => nothing(format!(
            "{} : ce n'est pas un budget de confidentialité, ou il a été modifié à la main",
            file.display()
        )),
        PerturbError::BudgetFile { file, kind } => {
            nothing(format!("{} : le budget de confidentialité ne peut être tenu : {}", file.display(), of_kind(*kind)))
        }
        PerturbError::Rounding(why) => Some(match why {
            RoundingError::Base => "la base d'un arrondi est de 2 au moins".to_owned(),
            RoundingError::TooLarge => "un nombre est trop grand pour être arrondi".to_owned(),
            RoundingError::OutOfWords => "les mots aléatoires d'une case sont épuisés".to_owned(),
        }),
        PerturbError::Controlled(why) => Some(match why {
            ControlledError::NoCommonFinest { cell } => format!(
                "les sommes de la case {cell} mènent à des cases élémentaires différentes : il faut aux tableaux un même tableau le plus fin"
            ),
            ControlledError::Base => "la base de l'arrondi des petits comptes est entre 2 et 1000".to_owned(),
            ControlledError::TooLarge => {
                "les tableaux sont trop grands pour l'arrondi des petits comptes".to_owned()
            }
            ControlledError::Circular { cell } => format!("la case {cell} est une partie d'elle-même"),
            ControlledError::Length | ControlledError::Malformed => UNSOUND.to_owned(),
        }),
        PerturbError::System(SystemError::TooLarge) => Some(TOO_MANY_CELLS.to_owned()),
        PerturbError::System(_) => Some(UNSOUND.to_owned()),
        PerturbError::Audit(_) => nothing(
            "ce que les nombres publiés laissent ouvert ne peut être établi, car les sommes des tableaux ne concordent pas".to_owned(),
        ),
        PerturbError::Noise(why) => Some(match why {
            NoiseError::NoLoss => "une perte de confidentialité nulle ne permet aucune diffusion".to_owned(),
            NoiseError::NoSensitivity => "personne ne peut figurer dans une case de ces tableaux".to_owned(),
            NoiseError::OutOfRange => "le bruit sort de ce qui se calcule".to_owned(),
        }),
    }
}

fn p_table(error: &PTableError) -> String {
    match error {
        PTableError::Deviation => {
            "le plus grand changement est au-dessus des comptes exclus, et de 30 au plus".to_owned()
        }
        PTableError::Variance => "la variance est un nombre au-dessus de 0".to_owned(),
        PTableError::Stay => "la probabilité de ne pas changer est entre 0 et 1".to_owned(),
        PTableError::NoSolution { count } => format!("aucune loi ne remplit les conditions pour le compte {count}"),
        PTableError::Row { count } => format!("la ligne du compte {count} n'est pas une loi de probabilité"),
        PTableError::Wide { count } => format!("la ligne du compte {count} le change de plus de 1000"),
        PTableError::Zero => "il y a une ligne pour chaque compte à partir de 0, et 0 reste 0".to_owned(),
        PTableError::Line { line } => format!("sa ligne {line} n'est pas comprise"),
    }
}

fn budget(error: BudgetError) -> &'static str {
    match error {
        BudgetError::Overdraft => "le budget de confidentialité ne suffit pas",
        BudgetError::Repeated => "cette diffusion figure déjà au registre du budget de confidentialité",
        BudgetError::Measure => "un budget de pertes pures ne peut payer un bruit gaussien",
        BudgetError::Zero => "une perte de confidentialité nulle n'en est pas une",
    }
}
