//! What is wrong with a pipeline file, and what to do about it, problem by problem.

use crate::config::{DecisionsProblem, HierarchyProblem, Known, Problem};
use crate::schema::Role;
use crate::words::advice::in_french;
use crate::words::{Lang, Words};

use super::files::of_kind;

/// What is wrong, and what to do.
pub(super) fn of(problem: &Problem) -> (String, String) {
    let told = wrong(problem);
    let help = advised(problem).unwrap_or_else(|| {
        let code = miette::Diagnostic::code(problem).map(|code| code.to_string()).unwrap_or_default();
        let code = code.rsplit("::").next().unwrap_or_default();
        Words::new(Lang::Fr).part(&format!("explain-pipeline-{code}"), "fix")
    });
    (told, help)
}

/// A word of `config`; where it has no French, it stays as it is: these are names of keys and forms.
fn word(english: &str) -> &str {
    in_french(english).unwrap_or(english)
}

fn known(known: &Known) -> String {
    if let Some(nearest) = known.nearest() {
        return format!("Vouliez-vous dire « {nearest} » ?");
    }
    let (names, more) = known.shown();
    match names {
        [] => "Il n'y en a pas.".to_owned(),
        names => format!("Il y a : `{}`{}", names.join("`, `"), if more { "…" } else { "." }),
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Other => "autre (other)",
        Role::QuasiIdentifier => "quasi-identifiant (quasi-identifier)",
        Role::Sensitive => "sensible (sensitive)",
        Role::SubjectIdentifier => "identifiant de la personne (subject-identifier)",
        Role::DirectIdentifier => "identifiant direct (direct-identifier)",
    }
}

fn kind(kind: &str) -> &str {
    match kind {
        "text" => "un texte",
        "integer" => "un entier",
        "number" => "un nombre",
        "boolean" => "un booléen",
        "date" => "une date",
        "datetime" => "une date avec heure",
        other => other,
    }
}

/// What an error of the reader of TOML expected, as far as it is one of the usual kinds.
fn expected(message: &str) -> &'static str {
    let wanted = message.rsplit_once("expected ").map_or("", |(_, wanted)| wanted.trim_end_matches('.'));
    match wanted {
        "a string" => " : un texte entre guillemets est attendu",
        "a boolean" => " : true ou false est attendu",
        "a sequence" | "an array" => " : une liste entre crochets est attendue",
        "a map" | "a table" => " : une table est attendue",
        "u64" | "u32" | "usize" | "i64" | "an integer" => " : un entier est attendu",
        "f64" | "a number" => " : un nombre est attendu",
        _ => "",
    }
}

fn wrong(problem: &Problem) -> String {
    match problem {
        Problem::Unreadable { path, kind } => {
            format!("le fichier {} est illisible : {}", path.display(), of_kind(*kind))
        }
        Problem::NotUtf8 { path } => format!("le fichier {} n'est pas du texte UTF-8", path.display()),
        Problem::NotAPipeline => "ce n'est pas un pipeline : aucune ligne n'en ouvre une section".to_owned(),
        Problem::NotTables => {
            "ce n'est pas un fichier de tableaux à protéger : aucune ligne n'en ouvre une section".to_owned()
        }
        Problem::NotAnonymise => {
            "rien ici sur un fichier à anonymiser : aucune ligne n'en ouvre une section".to_owned()
        }
        Problem::Syntax { .. } => "ceci n'est pas du TOML".to_owned(),
        Problem::UnknownKey { key, .. } => format!("clé inconnue `{key}`"),
        Problem::WrongType { message } => format!("mauvaise sorte de valeur{}", expected(message)),
        Problem::WrongBrackets { section, list: true } => format!("`{section}` est une liste d'entrées"),
        Problem::WrongBrackets { section, list: false } => format!("`{section}` est une section unique"),
        Problem::MissingSection { section, .. } => format!("la section [{section}] manque"),
        Problem::MissingKey { section, key, .. } => format!("`{key}` manque dans {section}"),
        Problem::Blank { key } => format!("`{key}` est vide"),
        Problem::UnknownWord { key, word, .. } => format!("`{key}` ne peut être « {word} »"),
        Problem::BadValue { key, .. } => format!("`{key}` a une valeur inutilisable"),
        Problem::Conflict { key, other, .. } => format!("`{key}` et `{other}` ne vont pas ensemble"),
        Problem::LinkedDiffer { key, first, second } => {
            format!("les tableaux « {first} » et « {second} » ne disent pas la même chose de `{key}`")
        }
        Problem::Decisions { path, what } => {
            format!("le fichier de décisions {} est inutilisable : {}", path.display(), decisions(what))
        }
        Problem::Group { column, .. } => format!("« {column} » ne peut rien dire d'un groupe dans ce tableau"),
        Problem::DuplicateName { name, .. } => format!("le nom « {name} » sert deux fois"),
        Problem::SameSdmxId { first, second, id } => {
            format!("« {first} » et « {second} » ont un même identifiant en SDMX, {id}")
        }
        Problem::OtherWord { word, .. } => format!("il y a un autre mot pour « {word} »"),
        Problem::Quota { .. } => "un quota n'est pas un sondage aléatoire".to_owned(),
        Problem::NotAvailable { what, .. } => format!("ce n'est pas disponible : {}", word(what)),
        Problem::Schema { .. } => "le schéma est inutilisable".to_owned(),
        Problem::SchemaWithoutRole { path, fields } => {
            format!("le schéma {} ne donne aucun rôle à {}", path.display(), fields.join(", "))
        }
        Problem::UnknownSource { name, .. } => format!("il n'y a pas de source « {name} »"),
        Problem::NotADataset { name } => {
            format!("« {name} » est consultée par une jointure : ses enregistrements ne font pas un jeu de données")
        }
        Problem::FilesTwice => "les mêmes fichiers sont lus par deux sources".to_owned(),
        Problem::RawInput => "des fichiers bruts seraient lus pour des statistiques".to_owned(),
        Problem::NotStatistics => "une diffusion est lue, et la base légale n'est pas l'art. 1, 6°".to_owned(),
        Problem::JoinTwice { name } => format!("« {name} » est déjà le côté gauche d'une jointure"),
        Problem::JoinChain { name } => format!("« {name} » serait consultée en chaîne"),
        Problem::JoinTypes { left, left_kind, right, right_kind } => format!(
            "les clés de la jointure diffèrent de sorte : « {left} » est {}, « {right} » est {}",
            kind(left_kind),
            kind(right_kind)
        ),
        Problem::UnknownColumn { column, place, .. } => {
            format!("il n'y a pas de colonne « {column} » dans {}", within(place))
        }
        Problem::SubjectRole { column, place, role: of } => {
            format!("« {column} » de {place} a le rôle {} : elle ne peut dire à qui est l'enregistrement", role(*of))
        }
        Problem::SubjectByName { column, place } => format!(
            "[subject] column prend « {column} » de {place} par son seul nom, et d'autres sources ont une colonne de ce nom"
        ),
        Problem::NoSubject { place, column, .. } => {
            format!("« {place} » n'a pas de colonne qui dise à qui est l'enregistrement (« {column} » n'y est pas)")
        }
        Problem::ColumnType { column, kind: is, expected, .. } => {
            format!("« {column} » est {}, pas {}", kind(is), word(expected))
        }
        Problem::Sql { .. } => "cette expression SQL est inutilisable".to_owned(),
        Problem::SqlNotPerRecord => "cette expression SQL ne regarde pas un seul enregistrement".to_owned(),
        Problem::SqlType { found, expected, .. } => {
            format!("cette expression SQL donne {found}, pas {}", word(expected))
        }
        Problem::SchemaRule { path, rule, .. } => {
            format!("la règle « {rule} » du schéma {} n'est pas une condition sur ses champs", path.display())
        }
        _ => leaving(problem),
    }
}

/// Of what leaves, and to whom.
fn leaving(problem: &Problem) -> String {
    match problem {
        Problem::IdentifierLeaves { column, role: of } => {
            format!("« {column} » a le rôle {} et ne peut jamais sortir", role(*of))
        }
        Problem::SensitiveWithoutWhy { column } => format!("« {column} » est sensible et sort sans raison"),
        Problem::ExactBirthDate { column } => format!("« {column} » est une date de naissance exacte"),
        Problem::RecordIdentifier { column } => {
            format!("« {column} » diffère dans chaque enregistrement : gardée telle quelle, elle désigne chacun d'eux")
        }
        Problem::DuplicateColumn { dataset, name } => format!("deux colonnes de {dataset} s'appelleraient « {name} »"),
        Problem::Postcode { column } => {
            format!("« {column} » est un code postal : ce n'est pas un code de département")
        }
        Problem::MissingAt { column, .. } => format!("l'âge à quelle date ? « {column} » est une date de naissance"),
        Problem::Bounds => "les bornes ne vont pas en croissant, ou il n'y en a pas".to_owned(),
        Problem::StrayOption { key, to } => format!("`{key}` ne veut rien dire pour « {} »", word(to)),
        Problem::LedgerWithoutTables => {
            "un registre se tient des tableaux et lignes diffusés, et ce pipeline n'en diffuse pas".to_owned()
        }
        Problem::Hierarchy { path, what } => format!("la hiérarchie {} : {}", path.display(), hierarchy(what)),
        Problem::Secret => "un secret figure dans ce fichier".to_owned(),
        Problem::UnknownRecipient { name, .. } => format!("il n'y a pas de destinataire « {name} »"),
        Problem::WhichRecipient { .. } => "à qui va cette sortie ? Il y a plusieurs destinataires".to_owned(),
        Problem::Reinforced { column, whom } => {
            format!("« {column} » est sous protection renforcée et ne peut aller à ceci : {}", within(whom))
        }
        Problem::HalfReinforced { column } => {
            format!("« {column} » dit un champ qu'une autre entrée met sous protection renforcée")
        }
        Problem::NobodyAcknowledges => "quelqu'un de nommé ici ne peut accuser réception".to_owned(),
        Problem::LastingPseudonyms => {
            "des pseudonymes durables se font pour un destinataire, et il n'y en a pas".to_owned()
        }
        Problem::NotKept { column, dataset, .. } => {
            format!("« {column} » n'est pas une colonne transmise de {}", within(dataset))
        }
        Problem::WhichDataset { name, .. } => format!("quel jeu de données « {name} » décrit-il ?"),
        Problem::ColumnTwice { column } => format!("« {column} » est nommée deux fois"),
        Problem::QuasiIdentifierLeftOut { column } => {
            format!("« {column} » est un quasi-identifiant de cette sortie, et n'est pas dans quasi_identifiers")
        }
        Problem::ThresholdTooLow { key } => format!("`{key}` est sous 2"),
        Problem::PersonsTwice { first, second } => {
            format!("« {first} » et « {second} » sont deux fichiers de lignes des mêmes personnes")
        }
        Problem::TablesTwice { first, second } => {
            format!("« {first} » et « {second} » sont des tableaux de tout le monde et d'un échantillon d'entre eux")
        }
        Problem::NotNested { first, second } => {
            format!(
                "« {first} » et « {second} » sont faites d'une même colonne et coupent l'une les groupes de l'autre"
            )
        }
        Problem::TableOfReleasedRows { table, persons, .. } => {
            format!("« {table} » compte exactement les personnes dont « {persons} » diffuse les lignes")
        }
        Problem::PerturbDiffers { first, second } => {
            format!("« {first} » et « {second} » comptent les mêmes enregistrements et ne sont pas changés de même")
        }
        Problem::PerturbMeasure { table } => {
            format!("« {table} » est perturbé et mesure autre chose que des personnes")
        }
        Problem::NoiseBesideRows { table, persons } => {
            format!("« {table} » reçoit du bruit à côté des lignes de « {persons} »")
        }
        Problem::KeyOverPersons { table, source_name, key, .. } => format!(
            "« {table} » reçoit du bruit, et une clé de « {source_name} » relie des enregistrements de plusieurs personnes : {key}"
        ),
        Problem::JoinOverPersons { table, source_name, key } => format!(
            "« {table} » reçoit du bruit, et les enregistrements de personnes de « {source_name} » sont joints par « {key} »"
        ),
        Problem::NotDeclared { column } => {
            format!("rien n'énumère les valeurs de « {column} », et le bruit demande une telle liste")
        }
        Problem::Measure => "une mesure est count, sum, mean ou share".to_owned(),
        Problem::ShareValue { column, value, .. } => format!("« {column} » n'a jamais la valeur « {value} »"),
        Problem::NoOutput => "rien ne sortirait : il n'y a ni [[persons]] ni [[aggregate]]".to_owned(),
        Problem::RecordUnit => {
            "des enregistrements sont tirés alors que la diffusion relie ceux d'une personne".to_owned()
        }
        // Each of the others is told above.
        _ => String::new(),
    }
}

/// What to do, where the problem says more than its code does; its code's advice stands in for what has no French.
fn advised(problem: &Problem) -> Option<String> {
    Some(match problem {
        Problem::MissingSection { why, .. } | Problem::MissingKey { why, .. } | Problem::Quota { why } => {
            in_french(why)?.to_owned()
        }
        Problem::BadValue { expected, .. } => in_french(expected)?.to_owned(),
        Problem::Group { advice, .. } | Problem::ColumnType { advice, .. } | Problem::SqlType { advice, .. } => {
            in_french(advice)?.to_owned()
        }
        Problem::OtherWord { instead, .. } | Problem::NotAvailable { instead, .. } => in_french(instead)?.to_owned(),
        Problem::TableOfReleasedRows { advice, .. } => format!(
            "{} Qui soustrait du tableau les lignes diffusées trouve les classes supprimées.",
            in_french(advice)?
        ),
        Problem::Conflict { why, .. } => format!("Omettez l'une des deux : {}", in_french(why)?),
        Problem::UnknownKey { known: names, .. } => format!(
            "{} Une clé qui n'est pas comprise est refusée, pour qu'aucune règle ne soit omise en silence.",
            known(names)
        ),
        Problem::UnknownWord { known: names, .. }
        | Problem::UnknownSource { known: names, .. }
        | Problem::UnknownColumn { known: names, .. }
        | Problem::ShareValue { known: names, .. } => known(names),
        Problem::NoSubject { known: names, .. } => format!(
            "Nommez la colonne par `subject` de cette source, ou joignez-la à une source qui l'a. {}",
            known(names)
        ),
        Problem::UnknownRecipient { known: names, .. } => format!("Nommez l'un des [[recipient]]. {}", known(names)),
        Problem::WhichRecipient { known: names } => format!("Ajoutez recipient = \"…\". {}", known(names)),
        Problem::NotKept { known: names, .. } => {
            format!("Nommez les colonnes comme [[keep]] les transmet. {}", known(names))
        }
        Problem::WhichDataset { known: names, .. } => format!("Ajoutez source = \"…\". {}", known(names)),
        Problem::KeyOverPersons { person, .. } => format!(
            "De plusieurs enregistrements d'une même clé un seul reste : celui de l'un pourrait évincer celui d'un autre. Mettez « {person} » \
             dans chaque clé du schéma, comme dans \"primaryKey\": [\"{person}\", …], et retirez `unique` d'autres champs."
        ),
        _ => return None,
    })
}

/// A place as `config` writes it: the name of a source between marks, or a word.
fn within(place: &str) -> String {
    match place {
        "this table's `by`" => "`by` de ce tableau".to_owned(),
        "`by` of any table" => "`by` d'aucun tableau".to_owned(),
        "the strata of the sample" => "les strates de l'échantillon".to_owned(),
        "the columns of this output" => "les colonnes de cette sortie".to_owned(),
        "an open file" => "un fichier en clair".to_owned(),
        "the columns that leave" => "les colonnes qui sortent".to_owned(),
        place => place.strip_prefix("the output ").map_or_else(|| place.to_owned(), |name| format!("la sortie {name}")),
    }
}

fn decisions(problem: &DecisionsProblem) -> String {
    match problem {
        DecisionsProblem::Lacks { column } => format!("sa première ligne n'a pas la colonne « {column} »"),
        DecisionsProblem::Ragged { line } => format!("la ligne {line} n'a pas autant de cellules que la première"),
        DecisionsProblem::Quote { line } => format!("la ligne {line} a un guillemet qui n'est pas fermé"),
        DecisionsProblem::Decision { line } => format!(
            "la ligne {line} n'a pas de mot connu dans `decision` ; écrivez publish, unsafe, prefer_publish, prefer_suppress ou impossible"
        ),
        DecisionsProblem::Cost { line } => format!("la ligne {line} n'a pas d'entier dans `cost`"),
        DecisionsProblem::Twice { line } => format!("la ligne {line} décide d'une case d'une ligne précédente"),
    }
}

fn hierarchy(problem: &HierarchyProblem) -> String {
    match problem {
        HierarchyProblem::Empty => "le fichier est vide".to_owned(),
        HierarchyProblem::Ragged { line, found, expected } => {
            format!("la ligne {line} a {found} niveaux, les lignes précédentes en ont {expected}")
        }
        HierarchyProblem::NoSuchLevel { levels, asked } => {
            format!("elle a {levels} niveaux, il n'y a donc pas de niveau {asked}")
        }
        HierarchyProblem::Contradiction { line } => {
            format!("la ligne {line} donne un autre sens à un code d'une ligne précédente")
        }
        HierarchyProblem::Quote { line } => format!("la ligne {line} a un guillemet qui n'est pas fermé"),
        HierarchyProblem::Lacks { code } => format!("il y manque le code « {code} », que le schéma permet"),
    }
}
