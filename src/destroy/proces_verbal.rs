//! The certificate as a paragraph for French readers. Spaces before `:` and `;` and in `« »` do not break.

use super::certificate::{Certificate, Outcome};
use super::items::Class;

/// The whole text.
pub(super) fn text(certificate: &Certificate) -> String {
    let (pipeline, legal_basis, purpose) = certificate.pipeline();
    let at = certificate.destroyed_at().format("%d/%m/%Y à %H:%M:%S UTC");
    let mut sentences = vec![format!(
        "Procès-verbal de destruction établi par tamis le {at}, pour l'exécution «\u{a0}{run}\u{a0}» du traitement \
         «\u{a0}{pipeline}\u{a0}» (base légale\u{a0}: {legal_basis}\u{a0}; finalité\u{a0}: {purpose}).",
        run = certificate.run(),
    )];
    sentences.push(end(certificate));
    sentences.push(verdict(certificate).to_owned());
    sentences.extend(vault(certificate));
    let (run_keys, _) = certificate.sum("keys of the run", Class::KeyErased);
    if run_keys > 0 {
        sentences.push(format!(
            "{} (pseudonymes, tirage), en mémoire seulement pour cette exécution, {}.",
            counted(run_keys, "clé", "clés"),
            agree(run_keys, "a été écrasée", "ont été écrasées")
        ));
    }
    let (files, _) = certificate.sum("partial release", Class::UnlinkedOnly);
    if files > 0 {
        sentences.push(format!(
            "La livraison commencée ({}) a été supprimée sans réécriture du disque\u{a0}; elle ne contenait que des \
             données protégées.",
            counted(files, "fichier", "fichiers")
        ));
    }
    let (sources, _) = certificate.sum("source files", Class::NotDestroyed);
    sentences.push(format!(
        "Ne sont pas détruits\u{a0}: les fichiers sources ({}), conservés par l'expéditeur sous sa responsabilité\u{a0}; \
         le dossier de l'exécution, qui ne contient aucune donnée individuelle\u{a0}; les sauvegardes, instantanés et \
         copies hors d'atteinte du programme.",
        counted(sources, "fichier", "fichiers")
    ));
    sentences.join(" ")
}

/// How the run ended.
fn end(certificate: &Certificate) -> String {
    match certificate.outcome() {
        Outcome::Exported => format!(
            "La livraison ({}) a été écrite, relue et comparée à l'original\u{a0}; les empreintes figurent au présent \
             document.",
            counted(certificate.released().len() as u64, "fichier", "fichiers")
        ),
        Outcome::Failed { stage } => {
            format!("Le traitement a échoué à l'étape «\u{a0}{stage}\u{a0}»\u{a0}; rien n'a été publié.")
        }
        Outcome::Interrupted => "Le traitement a été interrompu\u{a0}; rien n'a été publié.".to_owned(),
    }
}

fn verdict(certificate: &Certificate) -> &'static str {
    let vault = certificate.items().iter().any(|item| item.what() == "keys of the vault");
    match (certificate.working_data_destroyed(), vault) {
        (true, true) => "Les données de travail sont détruites.",
        (true, false) => "Aucun coffre de travail n'avait été ouvert.",
        (false, _) => {
            "ATTENTION\u{a0}: la destruction des données de travail n'est pas établie\u{a0}; une intervention est \
             nécessaire."
        }
    }
}

/// What became of the vaults.
fn vault(certificate: &Certificate) -> Option<String> {
    let (keys, _) = certificate.sum("keys of the vault", Class::KeyErased);
    if keys == 0 {
        return None;
    }
    let wiped = agree(keys, "écrasée", "écrasées");
    let keys = counted(keys, "clé", "clés");
    let mut sentence = format!("Chiffrement du coffre\u{a0}: {keys}, en mémoire seulement, {wiped} sur place");
    let (files, bytes) = certificate.sum("spilled buckets", Class::KeyErased);
    if files > 0 {
        sentence += &format!(
            "\u{a0}; {} sur disque ({}) sans clé, donc {}",
            counted(files, "fichier chiffré", "fichiers chiffrés"),
            counted(bytes, "octet", "octets"),
            agree(files, "illisible, et supprimé", "illisibles, et supprimés")
        );
    }
    let (_, memory) = certificate.sum("buckets in memory", Class::UnlinkedOnly);
    if memory > 0 {
        sentence += &format!(
            "\u{a0}; {} de mémoire vive {} au système sans réécriture",
            counted(memory, "octet", "octets"),
            agree(memory, "rendu", "rendus")
        );
    }
    Some(sentence + ".")
}

/// `1 fichier`, `12 fichiers`, `1 234 octets`; zero takes the singular in French.
fn counted(count: u64, one: &str, many: &str) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    format!("{grouped}\u{a0}{}", agree(count, one, many))
}

fn agree<'a>(count: u64, one: &'a str, many: &'a str) -> &'a str {
    if count < 2 { one } else { many }
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn counts_are_grouped_by_three_and_zero_is_singular() {
        assert_eq!(counted(0, "clé", "clés"), "0\u{a0}clé");
        assert_eq!(counted(2, "clé", "clés"), "2\u{a0}clés");
        assert_eq!(counted(1_234_567, "octet", "octets"), "1\u{202f}234\u{202f}567\u{a0}octets");
    }
}
