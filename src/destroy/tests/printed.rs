//! The certificate as it is signed, checked and printed.

use std::fs;

use chrono::{DateTime, NaiveDate};
use serde_json::json;
use tempfile::TempDir;

use super::super::journal::Piece;
use super::journal::{begin, lead};
use super::{class_of, context, receipt, vault};
use crate::audit::Operator;
use crate::config::When;
use crate::destroy::*;
use crate::keys::{self, SignatureError, SigningKey, VerifierKey};
use crate::scan::{self, ColumnScan, Hit, Report, Searched};

pub fn key() -> (SigningKey, VerifierKey) {
    let (secret, public) = keys::generate_signing_key("crcdc-ara").unwrap();
    (SigningKey::new(&secret, &public).unwrap(), public)
}

pub fn evidence() -> Evidence {
    let key = |key, fingerprint: &str, holder: &str| SurvivingKey {
        key,
        fingerprint: fingerprint.into(),
        holder: holder.into(),
    };
    Evidence {
        operator: Some(Operator::new("Mme Rivière", 1000).unwrap()),
        files: vec![
            (0, FileEnd::of(Reason::Flash, 48_213_554)),
            (1, FileEnd::of(Reason::Flash, 1_200)),
            (2, FileEnd::of(Reason::HardLink, 310)),
        ],
        surviving_keys: vec![
            key(KeyKind::Root, "8f14e45fceea167a", "CRCDC ARA"),
            key(KeyKind::Recipient, "age1qqqq", "DGS"),
            key(KeyKind::Signing, "crcdc-ara+5c8a1f0e", "CRCDC ARA"),
        ],
        recipients: vec![RecipientCopy {
            recipient: "DGS".into(),
            use_until: NaiveDate::from_ymd_opt(2026, 12, 1).unwrap(),
        }],
        acknowledgements: vec![Acknowledged {
            recipient: "DGS".into(),
            manifest_sha256: "ef".repeat(32),
            at: DateTime::from_timestamp(1_772_100_000, 0).unwrap(),
        }],
        packages: vec![(0, FileEnd::of(Reason::Flash, 312_400))],
        scan: Some(json!({
            "outputs": searched(Vec::new()).to_json(),
            "working_directory_after": { "files": 12, "hits": 0 },
        })),
        checkpoint: Some(
            "crcdc-ara/l1411-8\n9\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\u{2014} crcdc-ara 8WMUc+RSZ6zo\n"
                .into(),
        ),
        memory_locked: Some(true),
        databases: 0,
        carried: None,
    }
}

/// A search of two outputs, as the room that searched reports it.
pub fn searched(hits: Vec<Hit>) -> Report {
    let column = |resource: &str, column: &str, searched_as, cells| ColumnScan {
        resource: resource.into(),
        column: column.into(),
        searched_as,
        cells,
        distinct: 3,
    };
    let stripped = |class, searched, too_short| Searched { class, searched, too_short };
    Report {
        columns: vec![
            column("consultations", "age", "codes", 2_673),
            column("consultations", "sexe", "codes", 2_673),
            column("consultations", "vaccins_a_jour", "not_searched", 2_673),
            column("par_departement", "departement", "codes", 213),
            column("par_departement", "persons", "not_searched", 213),
        ],
        stripped: vec![
            stripped(scan::Class::Identifier, 48_474, 0),
            stripped(scan::Class::Telephone, 10_792, 0),
            stripped(scan::Class::Name, 47_175, 943),
            stripped(scan::Class::Text, 0, 0),
        ],
        hits,
    }
}

/// A run that was closed after its acknowledgement.
pub fn closed() -> Certificate {
    let folder = TempDir::new().unwrap();
    let released: Vec<Released> = receipt(&folder).files().iter().map(Released::from).collect();
    let journals = TempDir::new().unwrap();
    let mut journal = begin(journals.path(), When::Acknowledged);
    for (file, end) in &evidence().files {
        journal.source_read(*file, Digest { bytes: end.bytes(), sha256: [7; 32] }).unwrap();
    }
    journal.vault_destroyed(vault()).unwrap();
    lead(&mut journal, State::KeysDestroyed);
    for (file, end) in evidence().files {
        journal.removed(Piece::Source(file), end).unwrap();
    }
    for (package, end) in evidence().packages {
        journal.removed(Piece::Package(package), end).unwrap();
    }
    let context = Context { evidence: evidence(), ..context() };
    let early = after_closing(&journal, released.clone(), &context);
    assert!(matches!(early, Err(DestroyError::TooEarly { state: State::KeysDestroyed })));
    lead(&mut journal, State::Scanned);
    after_closing(&journal, released, &context).unwrap()
}

pub fn reception() -> Reception {
    let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
    let sent = context();
    Reception {
        pipeline: sent.pipeline,
        pipeline_digest: sent.pipeline_digest,
        legal_basis: sent.legal_basis,
        purpose: sent.purpose,
        policy: sent.policy,
        run: sent.run,
        sender: "crcdc-ara".into(),
        recipient: "DGS".into(),
        manifest_sha256: "ef".repeat(32),
        opened: at(1_772_100_000),
        use_until: NaiveDate::from_ymd_opt(2026, 12, 1).unwrap(),
        destroyed: at(1_796_083_200),
        package: None,
        others: Vec::new(),
        evidence: Evidence {
            files: vec![(0, FileEnd::of(Reason::CopyOnWrite, 900)), (1, FileEnd::of(Reason::CopyOnWrite, 100))],
            ..Evidence::default()
        },
    }
}

#[test]
fn a_closed_run_says_what_became_of_every_source_and_who_keeps_which_key() {
    let document = serde_json::to_value(closed()).unwrap();
    assert_eq!((&document["version"], &document["outcome"]), (&json!(2), &json!({ "state": "acknowledged" })));
    assert_eq!(document["operator"], json!({ "name": "Mme Rivière", "uid": 1000 }));
    let sources: Vec<_> =
        document["items"].as_array().unwrap().iter().filter(|item| item["what"] == "source files").collect();
    assert_eq!(sources.len(), 2);
    assert_eq!((&sources[0]["class"], &sources[0]["files"]), (&json!("unlinked-only"), &json!([0, 1])));
    assert_eq!((&sources[0]["count"], &sources[0]["bytes"]), (&json!(2), &json!(48_214_754)));
    assert_eq!((&sources[1]["class"], &sources[1]["files"]), (&json!("not-destroyed"), &json!([2])));
    let classes: Vec<_> = document["methods"].as_array().unwrap().iter().map(|method| &method["class"]).collect();
    assert_eq!(classes, [&json!("key-erased"), &json!("unlinked-only"), &json!("not-destroyed")]);
    assert_eq!(document["surviving_keys"][0]["key"], "root");
    assert_eq!(document["surviving_keys"][1]["holder"], "DGS");
    assert_eq!(document["acknowledgements"][0]["manifest_sha256"], "ef".repeat(32));
    assert_eq!(document["copies_with_recipients"][0]["use_until"], "2026-12-01");
    assert_eq!(document["scan"]["working_directory_after"]["hits"], 0);
    let package = document["items"].as_array().unwrap().iter().find(|item| item["what"] == "sealed package").unwrap();
    assert_eq!((&package["class"], &package["count"]), (&json!("unlinked-only"), &json!(1)));
    assert_eq!(document["memory_locked"], true);
    assert!(document["audit_checkpoint"].as_str().unwrap().starts_with("crcdc-ara/l1411-8\n9\n"));
    assert_eq!(document["out_of_reach"].as_array().unwrap().len(), 5);
}

#[test]
fn a_killed_process_is_not_said_to_have_erased_its_keys() {
    let certificate = after_death(None, &context());
    assert_eq!(class_of(&certificate, "keys and vaults of an ended process"), Some(Class::UnlinkedOnly));
    assert!(certificate.items().iter().all(|item| item.class() != Class::KeyErased));
    assert_eq!(class_of(&certificate, "partial release"), Some(Class::NotDestroyed));
    assert!(certificate.proces_verbal().contains("programme tué"));
}

#[test]
fn a_recipients_certificate_counts_as_destroyed_only_if_every_opened_file_is_gone() {
    assert!(of_reception(&reception()).working_data_destroyed());
    let mut left = reception();
    left.evidence.files.push((2, FileEnd::of(Reason::Changed, 5)));
    assert!(!of_reception(&left).working_data_destroyed());
    let mut none = reception();
    none.evidence.files.clear();
    assert!(!of_reception(&none).working_data_destroyed());
    let mut added = reception();
    added.others.push((7, FileEnd::of(Reason::HardLink, 5)));
    assert!(!of_reception(&added).working_data_destroyed(), "nor if a file stands beside them");
    let document = serde_json::to_value(of_reception(&reception())).unwrap();
    assert_eq!(document["reception"]["use_until"], "2026-12-01");
    assert_eq!(class_of(&of_reception(&reception()), "sealed package"), Some(Class::NotDestroyed));
}

#[test]
fn a_signed_certificate_is_believed_unchanged_and_from_its_maker_only() {
    let (signing, public) = key();
    let note = closed().sign(&signing).unwrap();
    let checked = Certificate::verify(note.as_bytes(), &public).unwrap();
    assert_eq!((checked.run(), checked.signer()), (Some("r1"), Some("crcdc-ara")));
    assert_eq!(checked.document(), &serde_json::to_value(closed()).unwrap());
    // One bit of every byte, another from byte to byte.
    for at in 0..note.len() {
        let mut changed = note.clone().into_bytes();
        changed[at] ^= 1 << (at % 8);
        assert!(Certificate::verify(&changed, &public).is_err(), "byte {at}");
    }
    let (_, other) = key();
    let refused = Certificate::verify(note.as_bytes(), &other);
    assert_eq!(refused, Err(CertificateError::Signature(SignatureError::OtherKey)));
}

#[test]
fn a_file_is_checked_with_a_key_if_it_is_signed_and_never_passes_for_signed_if_it_is_not() {
    let (signing, public) = key();
    let folder = TempDir::new().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let signed = write("signed", &closed().sign(&signing).unwrap());
    let plain = write("plain", &closed().text().unwrap());
    let old = write("old", &closed().text().unwrap().replace("\"version\": 2", "\"version\": 1"));
    let other = write("other", "{\"document\": \"invoice\"}");
    let note = write("note", &signing.sign("{\"document\": \"invoice\"}\n").unwrap());

    assert_eq!(verify_certificate(&signed, Some(&public)).unwrap().signer(), Some("crcdc-ara"));
    assert_eq!(verify_certificate(&signed, None), Err(CertificateError::KeyNeeded));
    assert_eq!(verify_certificate(&plain, None).unwrap().signer(), None);
    assert_eq!(verify_certificate(&plain, Some(&public)), Err(CertificateError::Unsigned));
    assert_eq!(verify_certificate(&old, None), Err(CertificateError::Version { found: 1 }));
    assert_eq!(verify_certificate(&other, None), Err(CertificateError::NotACertificate));
    assert_eq!(verify_certificate(&note, Some(&public)), Err(CertificateError::NotACertificate));
    let missing = verify_certificate(&folder.path().join("missing"), None);
    assert!(matches!(missing, Err(CertificateError::Io { .. })));
}

/// Unbreakable blanks as plain ones, so that the text can be read here.
pub fn plain(text: &str) -> String {
    text.replace(['\u{a0}', '\u{202f}'], " ").replace(env!("CARGO_PKG_VERSION"), "(version)")
}

#[test]
fn the_proces_verbal_of_a_closed_run_reads_as_a_french_document() {
    insta::assert_snapshot!(plain(&closed().proces_verbal()), @r#"
                             PROCÈS-VERBAL DE DESTRUCTION
                                 de données de santé

    Article 1 — Objet

       Le présent procès-verbal, établi par tamis (version), constate le sort des
       données de travail du traitement « l1411-8 », exécuté le 25 février 2026
       à 06:13:20 (UTC).
       Le constat est fait le 25 février 2026 à 06:14:20 (UTC). Il ne contient
       aucune donnée individuelle.

       – Référence de l'exécution : r1

    Article 2 — Fondement et responsabilité

       – Base légale : CSP L1411-8
       – Finalité : suivi épidémiologique
       – Version de la politique : 2026-01
       – Fichier du traitement :
         sha256:abababababababababababababababababababababababababababababababab
       – Opérateur : Mme Rivière (compte n° 1000)

    Article 3 — Issue

       La livraison (2 fichiers) a été écrite, relue sur le disque, trouvée
       conforme et remise ; chaque destinataire en a accusé réception. Ses
       empreintes figurent au certificat.
       Les données de travail sont détruites, dans la mesure dite à l'article
       suivant.

       – enregistrements lus : 120
       – enregistrements transmis : 12

    Article 4 — Sort des données

       Un coffre est l'espace de travail d'une étape, divisé en casiers ; ce qui
       en est écrit sur disque est chiffré, sous une clé qui n'existe qu'en
       mémoire.

       N°  Élément                         Nombre       Octets  Sort
       ───────────────────────────────────────────────────────────────────────────
       1   clés des coffres                     1            —  clé effacée
           en mémoire seulement, écrasées sur place
       ───────────────────────────────────────────────────────────────────────────
       2   casiers des coffres sur disque       4        4 096  clé effacée
           chiffrés sous une clé effacée, donc illisibles ; sans nom dès leur
           création, puis fermés
       ───────────────────────────────────────────────────────────────────────────
       3   casiers des coffres en mémoire      64    1 048 576  supprimé seulement
           mémoire rendue sans réécriture ; le système efface les pages avant de
           les donner à un autre programme, mais a pu en copier dans l'espace
           d'échange
       ───────────────────────────────────────────────────────────────────────────
       4   clés de l'exécution                  2            —  clé effacée
           clés des pseudonymes et du tirage, en mémoire pour cette exécution :
           écrasées sur place, jamais conservées
       ───────────────────────────────────────────────────────────────────────────
       5   envoi scellé                         1      312 400  supprimé seulement
           réécriture et suppression, mais la mémoire flash écrit ailleurs et
           garde d'anciennes cellules
       ───────────────────────────────────────────────────────────────────────────
       6   fichiers sources                     2   48 214 754  supprimé seulement
           réécriture et suppression, mais la mémoire flash écrit ailleurs et
           garde d'anciennes cellules
       ───────────────────────────────────────────────────────────────────────────
       7   fichiers sources                     1          310  non détruit
           aucune action : d'autres noms (liens physiques) désignent le même
           contenu, et la réécriture aurait détruit ce qui se trouve sous ces
           noms, ce que personne n'a demandé
       ───────────────────────────────────────────────────────────────────────────
       8   dossier de l'exécution               —            —  non détruit
           conservé comme preuve : nombres, noms de colonnes et empreintes, aucune
           donnée individuelle
       ───────────────────────────────────────────────────────────────────────────
       9   copies ailleurs                      —            —  non détruit
           sauvegardes, instantanés, espace d'échange, vidages et copies en
           d'autres mains : hors d'atteinte du programme
       ───────────────────────────────────────────────────────────────────────────

    Article 5 — Sens des termes

       – « clé effacée » : clé écrasée en mémoire, ou données dont il ne reste que
         le chiffré sous une telle clé (NIST SP 800-88 rév. 1, effacement
         cryptographique)
       – « supprimé seulement » : rendu au système, avec ou sans réécriture ; des
         traces peuvent subsister sur le support jusqu'à réemploi de leur place
       – « non détruit » : subsiste, ou son sort n'est pas connu

       Les clés étaient verrouillées en mémoire : le système ne les a pas copiées
       sur disque.

    Article 6 — Clés qui subsistent

       – clé racine (pseudonymes, tirage), empreinte 8f14e45fceea167a, détenue par
         « CRCDC ARA »
       – clé de déchiffrement de la livraison, partie publique age1qqqq, détenue
         par « DGS »
       – clé de signature, partie publique crcdc-ara+5c8a1f0e, détenue par « CRCDC
         ARA »

    Article 7 — Copies hors d'atteinte

       Le programme n'atteint pas, et le présent procès-verbal ne couvre pas :
       – les sauvegardes des fichiers et dossiers cités ;
       – les instantanés de systèmes de fichiers et de disques, et les anciens
         blocs des supports à copie sur écriture ou à mémoire flash ;
       – la mémoire copiée par le système dans l'espace d'échange, les images de
         veille prolongée, les vidages sur incident ;
       – les fichiers propres de l'expéditeur, dont les sources sont tirées ou
         dont elles sont des copies ;
       – la livraison, détenue par ses destinataires jusqu'à la fin d'utilisation,
         et les exemplaires scellés au lieu de remise ;
       – la copie de « DGS », utilisable jusqu'au 1er décembre 2026 ;
       – toute copie faite par d'autres moyens que tamis.

    Article 8 — Accusés de réception

       – « DGS », ouvert le 26 février 2026 à 10:00:00 (UTC), manifeste
         sha256:efefefefefefefefefefefefefefefefefefefefefefefefefefefefefefefef

    Article 9 — Recherche d'identifiants

       Avant remise, le contenu en clair de la livraison a été fouillé à la
       recherche des valeurs retirées : 2 tableaux, 3 colonnes, 5 559 cellules.
       2 autres colonnes de dates, de valeurs vrai ou faux, d'effectifs ou de
       moyennes ne l'ont pas été, faute de pouvoir en contenir.
       Ont été recherchés, y compris sans espaces, sans accents et en toute
       casse : 48 474 identifiants, 10 792 numéros de téléphone et 47 175 noms ou
       prénoms. Trop courts pour l'être sans erreur : 943 noms ou prénoms.
       Aucune de ces valeurs n'a été trouvée.
       Après la destruction, ce qui reste dans le dossier de l'exécution
       (12 fichiers, journal compris) a été fouillé à la recherche de numéros
       ayant la forme et la clé d'un numéro de sécurité sociale (NIR) ; aucun n'a
       été trouvé.

    Article 10 — Journal de l'exécution

       Le journal « crcdc-ara/l1411-8 » comptait 9 événements au moment du
       constat. Leur empreinte (racine de l'arbre de Merkle) :
       CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
       Le point de contrôle complet (C2SP tlog-checkpoint) figure au certificat ;
       il permet de constater toute réécriture ou troncature du journal jusque-là.

    Article 11 — Signature

       Fait à ____________________________________________________________________

       Le ________________________________________________________________________

       Nom et qualité ____________________________________________________________

       Signature _________________________________________________________________
    "#);
}

#[test]
fn the_proces_verbal_of_a_recipient_speaks_of_what_was_received() {
    insta::assert_snapshot!(plain(&of_reception(&reception()).proces_verbal()), @r#"
                             PROCÈS-VERBAL DE DESTRUCTION
                                 de données de santé

    Article 1 — Objet

       Le présent procès-verbal, établi par tamis (version) chez le destinataire
       « DGS », constate le sort des fichiers du traitement « l1411-8 », reçus de
       « crcdc-ara » et ouverts le 26 février 2026 à 10:00:00 (UTC).
       Le constat est fait le 1er décembre 2026 à 00:00:00 (UTC). Il ne contient
       aucune donnée individuelle.

       – Référence de l'envoi : r1

    Article 2 — Fondement et responsabilité

       – Base légale : CSP L1411-8
       – Finalité : suivi épidémiologique
       – Version de la politique : 2026-01
       – Fichier du traitement :
         sha256:abababababababababababababababababababababababababababababababab
       – Manifeste de l'envoi :
         sha256:efefefefefefefefefefefefefefefefefefefefefefefefefefefefefefefef
       – Fin d'utilisation : 1er décembre 2026
       – Opérateur : non désigné

    Article 3 — Issue

       L'utilisation des fichiers reçus est terminée.
       Les fichiers ouverts sont détruits, dans la mesure dite à l'article
       suivant.

    Article 4 — Sort des données

       N°  Élément                         Nombre       Octets  Sort
       ───────────────────────────────────────────────────────────────────────────
       1   fichiers ouverts                     2        1 000  supprimé seulement
           réécriture et suppression, mais le système de fichiers écrit les
           nouveaux octets ailleurs : les anciens restent jusqu'à réemploi de leur
           place, et plus longtemps dans un instantané
       ───────────────────────────────────────────────────────────────────────────
       2   envoi scellé                         —            —  non détruit
           non détruit ici : chiffré pour la clé du destinataire, qui le rouvre
           tant que l'un et l'autre existent
       ───────────────────────────────────────────────────────────────────────────
       3   copies ailleurs                      —            —  non détruit
           sauvegardes, instantanés, espace d'échange, vidages et copies en
           d'autres mains : hors d'atteinte du programme
       ───────────────────────────────────────────────────────────────────────────

    Article 5 — Sens des termes

       – « supprimé seulement » : rendu au système, avec ou sans réécriture ; des
         traces peuvent subsister sur le support jusqu'à réemploi de leur place
       – « non détruit » : subsiste, ou son sort n'est pas connu

    Article 6 — Clés qui subsistent

       Aucune n'est déclarée.

    Article 7 — Copies hors d'atteinte

       Le programme n'atteint pas, et le présent procès-verbal ne couvre pas :
       – les sauvegardes des fichiers et dossiers cités ;
       – les instantanés de systèmes de fichiers et de disques, et les anciens
         blocs des supports à copie sur écriture ou à mémoire flash ;
       – la mémoire copiée par le système dans l'espace d'échange, les images de
         veille prolongée, les vidages sur incident ;
       – l'envoi scellé et tout ce que l'expéditeur conserve ;
       – toute copie faite par d'autres moyens que tamis.

    Article 8 — Journal du bureau

       Non rapporté.

    Article 9 — Signature

       Fait à ____________________________________________________________________

       Le ________________________________________________________________________

       Nom et qualité ____________________________________________________________

       Signature _________________________________________________________________
    "#);
}
