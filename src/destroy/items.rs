//! What became of each thing that a run held, item by item.

use serde::{Serialize, Serializer};

use super::carried::Carried;
use super::certificate::{Context, Outcome};
use super::evidence::Evidence;
use super::files::FileEnd;
use super::reason::Reason;
use crate::export::Abandoned;
use crate::vault::Destroyed;

/// How far a thing is destroyed, after NIST SP 800-88 Rev. 1 (2.5: *Clear*, *Purge*, cryptographic erase).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Nothing but ciphertext is left of it, and its key was overwritten; or it was itself such a key (cryptographic
    /// erase).
    KeyErased,
    /// Overwritten in place on a medium where that replaces the old bytes, then unlinked (*Clear*).
    Overwritten,
    /// Given back to the system; whether it was overwritten or not, traces may last until the space is used again.
    UnlinkedOnly,
    /// Still there, or nothing is known of it.
    NotDestroyed,
}

impl Class {
    /// The word in documents and journals.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::KeyErased => "key-erased",
            Self::Overwritten => "overwritten",
            Self::UnlinkedOnly => "unlinked-only",
            Self::NotDestroyed => "not-destroyed",
        }
    }

    /// What it means, in English and in French.
    #[must_use]
    pub fn meaning(self) -> (&'static str, &'static str) {
        match self {
            Self::KeyErased => (
                "a key overwritten in memory, or data of which only ciphertext under such a key is left (NIST SP 800-88 \
                 Rev. 1, cryptographic erase)",
                "clé écrasée en mémoire, ou données dont il ne reste que le chiffré sous une telle clé (NIST SP 800-88 \
                 rév. 1, effacement cryptographique)",
            ),
            Self::Overwritten => (
                "overwritten once with zeros where new bytes replace the old, flushed and unlinked (NIST SP 800-88 Rev. \
                 1, clear)",
                "réécriture unique par des zéros là où les nouveaux octets remplacent les anciens, puis suppression \
                 (NIST SP 800-88 rév. 1, « clear »)",
            ),
            Self::UnlinkedOnly => (
                "removed; whether overwritten or not, traces may last on the medium until their space is used again",
                "rendu au système, avec ou sans réécriture\u{a0}; des traces peuvent subsister sur le support jusqu'à réemploi \
                 de leur place",
            ),
            Self::NotDestroyed => ("still there, or its end is not known", "subsiste, ou son sort n'est pas connu"),
        }
    }

    /// The class behind a word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        let all = [Self::KeyErased, Self::Overwritten, Self::UnlinkedOnly, Self::NotDestroyed];
        all.into_iter().find(|class| class.as_str() == word)
    }

    /// The word in French.
    #[must_use]
    pub fn french(self) -> &'static str {
        match self {
            Self::KeyErased => "clé effacée",
            Self::Overwritten => "réécrit",
            Self::UnlinkedOnly => "supprimé seulement",
            Self::NotDestroyed => "non détruit",
        }
    }
}

/// A kind of thing that a run, or a recipient, holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    /// Keys of a vault.
    VaultKeys,
    /// Spill files of a vault.
    Spill,
    /// Buckets in memory.
    Memory,
    /// Vaults that did not report.
    SilentVaults,
    /// Keys and vaults of a process that ended before it reported on them.
    DeadProcess,
    /// Keys of pseudonyms and sampling.
    RunKeys,
    /// A release that was begun and not published.
    PartialRelease,
    /// Source files.
    Sources,
    /// Records in databases.
    Databases,
    /// The sender's documents.
    Dossier,
    /// Copies that cannot be reached.
    Copies,
    /// Files that a recipient opened.
    Opened,
    /// Files among them that were changed or added since.
    Others,
    /// Sealed packages.
    Package,
    /// Working data that an engine carried from machine to machine.
    Carried,
}

/// Every kind of thing.
const THINGS: [Thing; 15] = [
    Thing::VaultKeys,
    Thing::Spill,
    Thing::Memory,
    Thing::SilentVaults,
    Thing::DeadProcess,
    Thing::RunKeys,
    Thing::PartialRelease,
    Thing::Sources,
    Thing::Databases,
    Thing::Dossier,
    Thing::Copies,
    Thing::Opened,
    Thing::Others,
    Thing::Package,
    Thing::Carried,
];

impl Thing {
    /// The kind behind its English words, as a certificate has them.
    #[must_use]
    pub fn of_words(words: &str) -> Option<Self> {
        THINGS.into_iter().find(|thing| thing.texts().0 == words)
    }

    /// In English and in French.
    #[must_use]
    pub fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::VaultKeys => ("keys of the vault", "clés des coffres"),
            Self::Spill => ("spilled buckets", "casiers des coffres sur disque"),
            Self::Memory => ("buckets in memory", "casiers des coffres en mémoire"),
            Self::SilentVaults => ("vaults without a report", "coffres sans compte rendu"),
            Self::DeadProcess => ("keys and vaults of an ended process", "mémoire du programme arrêté"),
            Self::RunKeys => ("keys of the run", "clés de l'exécution"),
            Self::PartialRelease => ("partial release", "livraison commencée"),
            Self::Sources => ("source files", "fichiers sources"),
            Self::Databases => ("records in databases", "enregistrements en base"),
            Self::Dossier => ("dossier", "dossier de l'exécution"),
            Self::Copies => ("copies elsewhere", "copies ailleurs"),
            Self::Opened => ("opened files", "fichiers ouverts"),
            Self::Others => ("files changed or added", "fichiers modifiés ou ajoutés"),
            Self::Package => ("sealed package", "envoi scellé"),
            Self::Carried => ("working data on a cluster", "données de travail sur une grappe"),
        }
    }
}

/// How a thing ended, or why it did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    File(Reason),
    KeyWiped,
    KeyNotWiped,
    SpillNameless,
    SpillUnlinked,
    SpillKeyUnknown,
    MemoryGivenBack,
    VaultSilent,
    ProcessDied,
    ReportLost,
    RunKeysWiped,
    ReleaseRemoved,
    ReleaseLeft,
    SourcesKept,
    DatabaseKept,
    DossierKept,
    CopiesElsewhere,
    PackageKept,
    Carried(Carried),
    CarriedKeys,
}

impl How {
    fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::File(reason) => (reason.english(), reason.french()),
            Self::Carried(carried) => carried.texts(),
            Self::CarriedKeys => Carried::texts_of_keys(),
            Self::KeyWiped => ("held in memory only and overwritten there", "en mémoire seulement, écrasées sur place"),
            Self::KeyNotWiped => {
                ("the vault did not report that it overwrote a key", "l'écrasement de la clé n'a pas été constaté")
            }
            Self::SpillNameless => (
                "encrypted on disk under a key that was erased; unlinked as they were made, then closed",
                "chiffrés sous une clé effacée, donc illisibles\u{a0}; sans nom dès leur création, puis fermés",
            ),
            Self::SpillUnlinked => (
                "encrypted on disk under a key that was erased; unlinked",
                "chiffrés sous une clé effacée, donc illisibles, et supprimés",
            ),
            Self::SpillKeyUnknown => (
                "encrypted on disk and unlinked, but it is not known that their key was erased",
                "chiffrés et supprimés, mais l'effacement de leur clé n'est pas établi",
            ),
            Self::MemoryGivenBack => (
                "memory given back without being overwritten; the system clears pages before another process gets \
                 them, but may have copied some to swap",
                "mémoire rendue sans réécriture\u{a0}; le système efface les pages avant de les donner à un autre \
                 programme, mais a pu en copier dans l'espace d'échange",
            ),
            Self::VaultSilent => (
                "opened, and nothing is known of their destruction; their spill files are encrypted under keys held in \
                 memory only, which end with the process",
                "ouverts, et rien n'est connu de leur destruction\u{a0}; leurs fichiers sont chiffrés sous des clés tenues \
                 en mémoire seulement, qui finissent avec le programme",
            ),
            Self::ProcessDied => (
                "the process was killed: its memory was given back without being overwritten; spill files have no name \
                 and end with the process, encrypted under keys that were held in that memory only",
                "programme tué\u{a0}: sa mémoire a été rendue sans réécriture\u{a0}; les fichiers des coffres, sans nom, \
                 finissent avec lui, chiffrés sous des clés tenues dans cette seule mémoire",
            ),
            Self::ReportLost => (
                "their process ended before it could report on them: its memory was given back, overwritten or not; spill \
                 files have no name and end with the process, encrypted under keys that were held in that memory only",
                "programme arrêté avant d'en avoir rendu compte\u{a0}: sa mémoire a été rendue, réécrite ou non\u{a0}; les \
                 fichiers des coffres, sans nom, finissent avec lui, chiffrés sous des clés tenues dans cette seule mémoire",
            ),
            Self::RunKeysWiped => (
                "keys of pseudonyms and sampling, drawn in memory for this run: overwritten there, never stored",
                "clés des pseudonymes et du tirage, en mémoire pour cette exécution\u{a0}: écrasées sur place, jamais \
                 conservées",
            ),
            Self::ReleaseRemoved => (
                "protected data only; its files were removed, their blocks on disk were not overwritten",
                "données protégées seulement\u{a0}; fichiers supprimés, sans réécriture du disque",
            ),
            Self::ReleaseLeft => (
                "not reported as removed: if a folder `release.partial` stands in the run directory, remove it; it holds \
                 protected data only",
                "suppression non constatée\u{a0}: si un dossier «\u{a0}release.partial\u{a0}» subsiste, le supprimer\u{a0}; il \
                 ne contient que des données protégées",
            ),
            Self::SourcesKept => (
                "read only, kept by the sender, who answers for them",
                "lus seulement, conservés par l'expéditeur sous sa responsabilité",
            ),
            Self::DatabaseKept => (
                "read only, by a query; the program destroys nothing in a database: they stay with its keeper",
                "lus seulement, par une requête\u{a0}; le programme ne détruit rien dans une base\u{a0}: ils restent à qui la \
                 tient",
            ),
            Self::DossierKept => (
                "kept by the sender as proof: counts, names of columns and hashes, no value of a record",
                "conservé comme preuve\u{a0}: nombres, noms de colonnes et empreintes, aucune donnée individuelle",
            ),
            Self::CopiesElsewhere => (
                "backups, snapshots, swap, crash dumps and copies in other hands are out of reach of the program",
                "sauvegardes, instantanés, espace d'échange, vidages et copies en d'autres mains\u{a0}: hors d'atteinte du \
                 programme",
            ),
            Self::PackageKept => (
                "not destroyed here: encrypted to the recipient's key, which opens it again as long as both exist",
                "non détruit ici\u{a0}: chiffré pour la clé du destinataire, qui le rouvre tant que l'un et l'autre \
                 existent",
            ),
        }
    }
}

/// One thing, or several of a kind that ended alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Item {
    #[serde(rename = "what", serialize_with = "english_thing")]
    thing: Thing,
    class: Class,
    #[serde(serialize_with = "english_how")]
    how: How,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    /// Numbers of the files, as the journal has them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<u32>,
}

fn english_thing<S: Serializer>(thing: &Thing, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(thing.texts().0)
}

fn english_how<S: Serializer>(how: &How, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(how.texts().0)
}

impl Item {
    fn new(thing: Thing, class: Class, how: How, count: Option<u64>, bytes: Option<u64>) -> Self {
        Self { thing, class, how, count, bytes, files: Vec::new() }
    }

    /// What it was.
    #[must_use]
    pub fn thing(&self) -> Thing {
        self.thing
    }

    /// What it was, in words.
    #[must_use]
    pub fn what(&self) -> &'static str {
        self.thing.texts().0
    }

    /// How far it is destroyed.
    #[must_use]
    pub fn class(&self) -> Class {
        self.class
    }

    /// How it was done, or why it was not.
    #[must_use]
    pub fn how(&self) -> &'static str {
        self.how.texts().0
    }

    /// How it was done, or why it was not, in French.
    #[must_use]
    pub fn how_french(&self) -> &'static str {
        self.how.texts().1
    }

    /// How many there were, where they were counted.
    #[must_use]
    pub fn count(&self) -> Option<u64> {
        self.count
    }

    /// Their length together in bytes, where it was measured.
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        self.bytes
    }

    /// Numbers of the files, as the journal has them.
    #[must_use]
    pub fn files(&self) -> &[u32] {
        &self.files
    }
}

/// Every item of a run, the vaults first.
pub(super) fn of_run(
    outcome: Outcome,
    vaults: &[Destroyed],
    context: &Context,
    abandoned: Option<&Abandoned>,
) -> Vec<Item> {
    let mut items = merged(vaults.iter().flat_map(of_vault));
    if let Some(silent) = context.vaults_opened.checked_sub(vaults.len()).filter(|silent| *silent > 0) {
        let count = Some(silent as u64);
        items.push(Item::new(Thing::SilentVaults, Class::NotDestroyed, How::VaultSilent, count, None));
    }
    if context.run_keys_wiped > 0 {
        let count = Some(context.run_keys_wiped as u64);
        let (class, how) = match context.evidence.carried {
            None => (Class::KeyErased, How::RunKeysWiped),
            Some(_) => (Class::UnlinkedOnly, How::CarriedKeys),
        };
        items.push(Item::new(Thing::RunKeys, class, how, count, None));
    }
    if let Some(carried) = context.evidence.carried {
        items.push(Item::new(Thing::Carried, carried.class(), How::Carried(carried), None, None));
    }
    items.extend(partial_release(outcome, abandoned));
    items.extend(packages(&context.evidence));
    items.extend(of_files(Thing::Sources, &context.evidence.files));
    let kept = context.source_files.saturating_sub(context.evidence.files.len() as u64);
    let databases = context.evidence.databases;
    if databases > 0 {
        items.push(Item::new(Thing::Databases, Class::NotDestroyed, How::DatabaseKept, Some(databases), None));
    }
    if kept > 0 || (context.evidence.files.is_empty() && databases == 0) {
        items.push(Item::new(Thing::Sources, Class::NotDestroyed, How::SourcesKept, Some(kept), None));
    }
    items.push(Item::new(Thing::Dossier, Class::NotDestroyed, How::DossierKept, None, None));
    items.push(Item::new(Thing::Copies, Class::NotDestroyed, How::CopiesElsewhere, None, None));
    items
}

/// The sealed packages: those that were removed after their acknowledgement, and those that the sender keeps.
fn packages(evidence: &Evidence) -> Vec<Item> {
    let mut items = of_files(Thing::Package, &evidence.packages);
    let kept = evidence.recipients.len().saturating_sub(evidence.packages.len()) as u64;
    if kept > 0 {
        items.push(Item::new(Thing::Package, Class::NotDestroyed, How::PackageKept, Some(kept), None));
    }
    items
}

/// Keys and vaults of a process that was killed before its release stood.
pub(super) fn of_dead_process() -> Item {
    Item::new(Thing::DeadProcess, Class::UnlinkedOnly, How::ProcessDied, None, None)
}

/// So many vaults, and perhaps keys of the run, of a process that ended before it had reported on them.
pub(super) fn of_lost_reports(vaults: u64) -> Item {
    Item::new(Thing::DeadProcess, Class::UnlinkedOnly, How::ReportLost, Some(vaults), None)
}

/// Every item of a recipient: what was opened, what was changed or added since, the package, copies.
pub(super) fn of_reception(files: &[(u32, FileEnd)], others: &[(u32, FileEnd)], package: Option<FileEnd>) -> Vec<Item> {
    let mut items = of_files(Thing::Opened, files);
    items.extend(of_files(Thing::Others, others));
    items.push(match package {
        Some(end) => Item::new(Thing::Package, end.class(), How::File(end.reason()), Some(1), Some(end.bytes())),
        None => Item::new(Thing::Package, Class::NotDestroyed, How::PackageKept, None, None),
    });
    items.push(Item::new(Thing::Copies, Class::NotDestroyed, How::CopiesElsewhere, None, None));
    items
}

/// Files by how they ended, the best end first.
fn of_files(thing: Thing, files: &[(u32, FileEnd)]) -> Vec<Item> {
    let one = |(number, end): &(u32, FileEnd)| {
        let item = Item::new(thing, end.class(), How::File(end.reason()), Some(1), Some(end.bytes()));
        Item { files: vec![*number], ..item }
    };
    let mut items = merged(files.iter().map(one));
    items.sort_by_key(Item::class);
    items
}

/// Things of a kind that ended alike become one item, their counts and bytes together. What each vault reported stands in
/// the log.
fn merged(items: impl Iterator<Item = Item>) -> Vec<Item> {
    let sum = |a: Option<u64>, b: Option<u64>| a.zip(b).map(|(a, b)| a.saturating_add(b)).or(a).or(b);
    let mut all: Vec<Item> = Vec::new();
    for item in items {
        let alike = |known: &&mut Item| (known.thing, known.class, known.how) == (item.thing, item.class, item.how);
        match all.iter_mut().find(alike) {
            Some(known) => {
                known.count = sum(known.count, item.count);
                known.bytes = sum(known.bytes, item.bytes);
                known.files.extend(item.files);
            }
            None => all.push(item),
        }
    }
    all
}

/// Keys, spill files and memory of one vault.
fn of_vault(vault: &Destroyed) -> Vec<Item> {
    let wiped = vault.keys_wiped > 0;
    let (class, how) = if wiped { (Class::KeyErased, How::KeyWiped) } else { (Class::NotDestroyed, How::KeyNotWiped) };
    let mut items = vec![Item::new(Thing::VaultKeys, class, how, Some(vault.keys_wiped as u64), None)];
    if vault.spill_files > 0 {
        let (class, how) = match (wiped, vault.spill_unlinked_at_creation) {
            (true, true) => (Class::KeyErased, How::SpillNameless),
            (true, false) => (Class::KeyErased, How::SpillUnlinked),
            (false, _) => (Class::UnlinkedOnly, How::SpillKeyUnknown),
        };
        let (files, bytes) = (Some(vault.spill_files as u64), Some(vault.spill_bytes));
        items.push(Item::new(Thing::Spill, class, how, files, bytes));
    }
    if vault.memory_bytes > 0 {
        let (buckets, bytes) = (Some(vault.buckets as u64), Some(vault.memory_bytes));
        items.push(Item::new(Thing::Memory, Class::UnlinkedOnly, How::MemoryGivenBack, buckets, bytes));
    }
    items
}

/// What was written of a release that was not published.
fn partial_release(outcome: Outcome, abandoned: Option<&Abandoned>) -> Option<Item> {
    let thing = Thing::PartialRelease;
    match (outcome, abandoned) {
        (Outcome::Failed { .. } | Outcome::Interrupted, Some(abandoned)) => (abandoned.files() > 0).then(|| {
            let (files, bytes) = (Some(abandoned.files()), Some(abandoned.bytes()));
            Item::new(thing, Class::UnlinkedOnly, How::ReleaseRemoved, files, bytes)
        }),
        (Outcome::Failed { .. } | Outcome::Interrupted, None) => {
            Some(Item::new(thing, Class::NotDestroyed, How::ReleaseLeft, None, None))
        }
        _ => None,
    }
}
