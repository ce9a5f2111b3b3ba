//! The certificate as a French *procès-verbal*, to print and to sign by hand. Spaces before `:` and `;` and in `« »` do
//! not break.

use super::certificate::{Certificate, Outcome};
use super::evidence::KeyKind;
use super::items::{Item, Thing};
use super::page::{NBSP, Page, Row, counted, grouped};
use super::search;
use chrono::{DateTime, Datelike, NaiveDate, Utc};

const MONTHS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

/// The whole document.
pub(super) fn text(certificate: &Certificate) -> String {
    let mut page = Page::default();
    page.title("PROCÈS-VERBAL DE DESTRUCTION");
    page.title("de données de santé");
    subject(&mut page, certificate);
    basis(&mut page, certificate);
    course(&mut page, certificate);
    items(&mut page, certificate);
    meanings(&mut page, certificate);
    keys(&mut page, certificate);
    copies(&mut page, certificate);
    acknowledgements(&mut page, certificate);
    scan(&mut page, certificate);
    log(&mut page, certificate);
    signature(&mut page);
    page.finish()
}

fn subject(page: &mut Page, certificate: &Certificate) {
    let Certificate { run, pipeline, tamis, .. } = certificate;
    let at = moment(certificate.destroyed_at);
    page.article("Objet");
    match &certificate.reception {
        None => page.paragraph(&format!(
            "Le présent procès-verbal, établi par tamis{NBSP}{tamis}, constate le sort des données de travail du \
             traitement «{NBSP}{pipeline}{NBSP}», exécuté le {}.",
            moment(certificate.started)
        )),
        Some(origin) => page.paragraph(&format!(
            "Le présent procès-verbal, établi par tamis{NBSP}{tamis} chez le destinataire «{NBSP}{}{NBSP}», constate le \
             sort des fichiers du traitement «{NBSP}{pipeline}{NBSP}», reçus de «{NBSP}{}{NBSP}» et ouverts le {}.",
            origin.recipient,
            origin.sender,
            moment(certificate.started)
        )),
    }
    page.paragraph(&format!("Le constat est fait le {at}. Il ne contient aucune donnée individuelle."));
    page.gap();
    let word = if certificate.reception.is_some() { "Référence de l'envoi" } else { "Référence de l'exécution" };
    page.point(&format!("{word}{NBSP}: {run}"));
}

fn basis(page: &mut Page, certificate: &Certificate) {
    page.article("Fondement et responsabilité");
    page.point(&format!("Base légale{NBSP}: {}", certificate.legal_basis));
    page.point(&format!("Finalité{NBSP}: {}", certificate.purpose));
    page.point(&format!("Version de la politique{NBSP}: {}", certificate.policy));
    page.point(&format!("Fichier du traitement{NBSP}: {}", certificate.pipeline_digest));
    if let Some(origin) = &certificate.reception {
        page.point(&format!("Manifeste de l'envoi{NBSP}: sha256:{}", origin.manifest_sha256));
        page.point(&format!("Fin d'utilisation{NBSP}: {}", date(origin.use_until)));
    }
    page.point(&match &certificate.operator {
        Some(operator) => format!("Opérateur{NBSP}: {} (compte n°{NBSP}{})", operator.name(), operator.uid()),
        None => format!("Opérateur{NBSP}: non désigné"),
    });
}

fn course(page: &mut Page, certificate: &Certificate) {
    page.article("Issue");
    let files = counted(certificate.released.len() as u64, "fichier", "fichiers");
    page.paragraph(&match certificate.outcome {
        Outcome::Exported => format!(
            "La livraison ({files}) a été écrite, relue sur le disque et trouvée conforme{NBSP}; ses empreintes figurent \
             au certificat."
        ),
        Outcome::Acknowledged => format!(
            "La livraison ({files}) a été écrite, relue sur le disque, trouvée conforme et remise{NBSP}; chaque \
             destinataire en a accusé réception. Ses empreintes figurent au certificat."
        ),
        Outcome::Failed { stage } => {
            format!("Le traitement a échoué à l'étape «{NBSP}{}{NBSP}»{NBSP}; rien n'a été publié.", step(stage))
        }
        Outcome::Interrupted => format!("Le traitement a été interrompu{NBSP}; rien n'a été publié."),
        Outcome::Used => "L'utilisation des fichiers reçus est terminée.".to_owned(),
    });
    page.paragraph(&verdict(certificate));
    counts(page, certificate);
}

/// Records and persons by what became of them, in the order of a run.
fn counts(page: &mut Page, certificate: &Certificate) {
    const WORDS: [(&str, &str); 6] = [
        ("records_read", "enregistrements lus"),
        ("records_rejected", "enregistrements rejetés, non conformes à leur schéma"),
        ("records_excluded", "enregistrements de personnes qui se sont opposées, écartés"),
        ("units_drawn", "unités tirées au sort"),
        ("records_released", "enregistrements transmis"),
        ("cells_suppressed", "cases de tableaux masquées"),
    ];
    let known = WORDS.iter().filter_map(|(key, word)| Some((word, certificate.counts.get(*key)?.as_u64()?)));
    for (at, (word, count)) in known.enumerate() {
        if at == 0 {
            page.gap();
        }
        page.point(&format!("{word}{NBSP}: {}", grouped(count)));
    }
}

/// A stage in French.
fn step(stage: &str) -> &str {
    match stage {
        "planned" => "préparation",
        "sieve" => "lecture et tamisage",
        "unique" => "unicité",
        "census" => "dénombrement",
        "draw" => "tirage",
        "summarise" => "comptage",
        "release" => "sélection",
        "export" => "écriture",
        "destroy" => "destruction",
        other => other,
    }
}

fn verdict(certificate: &Certificate) -> String {
    let vault = |item: &Item| matches!(item.thing(), Thing::VaultKeys | Thing::DeadProcess);
    match (certificate.working_data_destroyed, certificate.outcome) {
        (true, Outcome::Used) => {
            "Les fichiers ouverts sont détruits, dans la mesure dite à l'article suivant.".to_owned()
        }
        (true, _) if certificate.items.iter().any(vault) => {
            "Les données de travail sont détruites, dans la mesure dite à l'article suivant.".to_owned()
        }
        (true, _) => "Aucun coffre de travail n'avait été ouvert.".to_owned(),
        (false, _) => format!(
            "ATTENTION{NBSP}: la destruction des données n'est pas établie{NBSP}; une intervention est nécessaire."
        ),
    }
}

fn items(page: &mut Page, certificate: &Certificate) {
    page.article("Sort des données");
    if certificate.items.iter().any(|item| matches!(item.thing(), Thing::VaultKeys | Thing::DeadProcess)) {
        page.paragraph(
            "Un coffre est l'espace de travail d'une étape, divisé en casiers\u{a0}; ce qui en est écrit sur disque est \
             chiffré, sous une clé qui n'existe qu'en mémoire.",
        );
        page.gap();
    }
    let row = |item: &Item| Row {
        what: item.thing().texts().1,
        count: item.count(),
        bytes: item.bytes(),
        end: item.class().french(),
        how: item.how_french(),
    };
    let rows: Vec<Row<'_>> = certificate.items.iter().map(row).collect();
    page.table(&rows);
}

fn meanings(page: &mut Page, certificate: &Certificate) {
    page.article("Sens des termes");
    for method in &certificate.methods {
        page.point(&format!("«{NBSP}{}{NBSP}»{NBSP}: {}", method.class.french(), method.class.meaning().1));
    }
    if certificate.reception.is_some() {
        // No key is said to be erased.
        return;
    }
    page.gap();
    page.paragraph(match certificate.memory_locked {
        Some(true) => "Les clés étaient verrouillées en mémoire\u{a0}: le système ne les a pas copiées sur disque.",
        Some(false) => {
            "Toutes les clés n'ont pu être verrouillées en mémoire\u{a0}: le système a pu en copier dans l'espace d'échange."
        }
        None => "Le verrouillage des clés en mémoire n'est pas renseigné.",
    });
}

fn keys(page: &mut Page, certificate: &Certificate) {
    page.article("Clés qui subsistent");
    if certificate.surviving_keys.is_empty() {
        page.paragraph("Aucune n'est déclarée.");
    }
    for key in &certificate.surviving_keys {
        let kind = match key.key {
            KeyKind::Root => "clé racine (pseudonymes, tirage), empreinte",
            KeyKind::Recipient => "clé de déchiffrement de la livraison, partie publique",
            KeyKind::Signing => "clé de signature, partie publique",
        };
        page.point(&format!("{kind} {}, détenue par «{NBSP}{}{NBSP}»", key.fingerprint, key.holder));
    }
}

fn copies(page: &mut Page, certificate: &Certificate) {
    page.article("Copies hors d'atteinte");
    page.paragraph("Le programme n'atteint pas, et le présent procès-verbal ne couvre pas\u{a0}:");
    for copies in &certificate.out_of_reach {
        page.point(&format!("{}{NBSP};", copies.texts().1));
    }
    for copy in &certificate.copies_with_recipients {
        page.point(&format!(
            "la copie de «{NBSP}{}{NBSP}», utilisable jusqu'au {}{NBSP};",
            copy.recipient,
            date(copy.use_until)
        ));
    }
    page.point("toute copie faite par d'autres moyens que tamis.");
}

fn acknowledgements(page: &mut Page, certificate: &Certificate) {
    if certificate.reception.is_some() {
        return;
    }
    page.article("Accusés de réception");
    if certificate.acknowledgements.is_empty() {
        page.paragraph("Aucun.");
    }
    for acknowledged in &certificate.acknowledgements {
        page.point(&format!(
            "«{NBSP}{}{NBSP}», ouvert le {}, manifeste sha256:{}",
            acknowledged.recipient,
            moment(acknowledged.at),
            acknowledged.manifest_sha256
        ));
    }
}

fn scan(page: &mut Page, certificate: &Certificate) {
    if certificate.reception.is_some() && certificate.scan.is_none() {
        // What a recipient opened never held what was stripped.
        return;
    }
    page.article("Recherche d'identifiants");
    for sentence in search::sentences(certificate.scan.as_ref()) {
        page.paragraph(&sentence);
    }
}

/// Where the log ended. The checkpoint itself is for programs; it stands in the certificate.
fn log(page: &mut Page, certificate: &Certificate) {
    let desk = certificate.reception.is_some();
    page.article(if desk { "Journal du bureau" } else { "Journal de l'exécution" });
    let Some(checkpoint) = &certificate.audit_checkpoint else { return page.paragraph("Non rapporté.") };
    let mut lines = checkpoint.lines();
    let (origin, events, root) = (lines.next(), lines.next().and_then(|n| n.parse().ok()), lines.next());
    if let (Some(origin), Some(events), Some(root)) = (origin, events, root) {
        page.paragraph(&format!(
            "Le journal «{NBSP}{origin}{NBSP}» comptait {} au moment du constat. Leur empreinte (racine de l'arbre de \
             Merkle){NBSP}:",
            counted(events, "événement", "événements")
        ));
        page.verbatim(root);
    }
    page.paragraph(
        "Le point de contrôle complet (C2SP tlog-checkpoint) figure au certificat\u{a0}; il permet de constater toute \
         réécriture ou troncature du journal jusque-là.",
    );
}

fn signature(page: &mut Page) {
    page.article("Signature");
    for label in ["Fait à", "Le", "Nom et qualité", "Signature"] {
        page.blank(label);
        page.gap();
    }
}

/// `25 février 2026`; the first of a month is `1er`.
fn date(date: NaiveDate) -> String {
    let day = if date.day() == 1 { "1er".to_owned() } else { date.day().to_string() };
    format!("{day}{NBSP}{} {}", MONTHS[date.month0() as usize], date.year())
}

/// `25 février 2026 à 06:14:20 (UTC)`.
fn moment(time: DateTime<Utc>) -> String {
    format!("{} à{NBSP}{}{NBSP}(UTC)", date(time.date_naive()), time.format("%H:%M:%S"))
}
