//! What became of each thing that the run held, item by item.

use serde::Serialize;

use super::certificate::{Context, Outcome};
use crate::export::Abandoned;
use crate::vault::Destroyed;

/// How far a thing is destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Nothing but ciphertext is left of it, and its key was overwritten; or it was itself such a key (NIST SP 800-88
    /// calls this *cryptographic erase*).
    KeyErased,
    /// Given back to the system without being overwritten: traces may last until the space is used again.
    UnlinkedOnly,
    /// Still there.
    NotDestroyed,
}

/// One thing, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Item {
    what: &'static str,
    class: Class,
    how: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
}

impl Item {
    /// What it was.
    #[must_use]
    pub fn what(&self) -> &'static str {
        self.what
    }

    /// How far it is destroyed.
    #[must_use]
    pub fn class(&self) -> Class {
        self.class
    }

    /// How it was done, or why it was not.
    #[must_use]
    pub fn how(&self) -> &'static str {
        self.how
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
}

/// Every item of a run, the vaults first.
pub(super) fn list(
    outcome: Outcome,
    vaults: &[Destroyed],
    context: &Context,
    abandoned: Option<&Abandoned>,
) -> Vec<Item> {
    let mut items: Vec<Item> = vaults.iter().flat_map(|vault| of_vault(vault).into_iter().flatten()).collect();
    if let Some(silent) = context.vaults_opened.checked_sub(vaults.len()).filter(|silent| *silent > 0) {
        items.push(Item {
            what: "vaults without a report",
            class: Class::NotDestroyed,
            how: "opened, and nothing is known of their destruction; their spill files are encrypted under keys held \
                  in memory only, which end with the process",
            count: Some(silent as u64),
            bytes: None,
        });
    }
    if context.run_keys_wiped > 0 {
        items.push(Item {
            what: "keys of the run",
            class: Class::KeyErased,
            how: "keys of pseudonyms and sampling, drawn in memory for this run: overwritten there, never stored",
            count: Some(context.run_keys_wiped as u64),
            bytes: None,
        });
    }
    items.extend(partial_release(outcome, abandoned));
    items.extend(what_stays(context));
    items
}

/// Keys, spill files and memory of one vault.
fn of_vault(vault: &Destroyed) -> [Option<Item>; 3] {
    let keys = Item {
        what: "keys of the vault",
        class: if vault.keys_wiped > 0 { Class::KeyErased } else { Class::NotDestroyed },
        how: if vault.keys_wiped > 0 {
            "held in memory only and overwritten there"
        } else {
            "the vault did not report that it overwrote a key"
        },
        count: Some(vault.keys_wiped as u64),
        bytes: None,
    };
    let spill = (vault.spill_files > 0).then_some(Item {
        what: "spilled buckets",
        class: if vault.keys_wiped > 0 { Class::KeyErased } else { Class::UnlinkedOnly },
        how: match (vault.keys_wiped > 0, vault.spill_unlinked_at_creation) {
            (true, true) => "encrypted on disk under a key that was erased; unlinked as they were made, then closed",
            (true, false) => "encrypted on disk under a key that was erased; unlinked",
            (false, _) => "encrypted on disk and unlinked, but it is not known that their key was erased",
        },
        count: Some(vault.spill_files as u64),
        bytes: Some(vault.spill_bytes),
    });
    let memory = (vault.memory_bytes > 0).then_some(Item {
        what: "buckets in memory",
        class: Class::UnlinkedOnly,
        how: "memory given back without being overwritten; the system clears pages before another process gets them, \
              but may have copied some to swap",
        count: Some(vault.buckets as u64),
        bytes: Some(vault.memory_bytes),
    });
    [Some(keys), spill, memory]
}

/// What was written of a release that was not published.
fn partial_release(outcome: Outcome, abandoned: Option<&Abandoned>) -> Option<Item> {
    match (outcome, abandoned) {
        (Outcome::Exported, _) => None,
        (_, Some(abandoned)) if abandoned.files() == 0 => None,
        (_, Some(abandoned)) => Some(Item {
            what: "partial release",
            class: Class::UnlinkedOnly,
            how: "protected data only; its files were removed, their blocks on disk were not overwritten",
            count: Some(abandoned.files()),
            bytes: Some(abandoned.bytes()),
        }),
        (_, None) => Some(Item {
            what: "partial release",
            class: Class::NotDestroyed,
            how: "not reported as removed: if a folder `release.partial` stands in the run directory, remove it; it \
                  holds protected data only",
            count: None,
            bytes: None,
        }),
    }
}

/// What a run leaves alone or cannot reach, said so that nobody takes it for destroyed.
fn what_stays(context: &Context) -> [Item; 3] {
    let stays = |what, how, count| Item { what, class: Class::NotDestroyed, how, count, bytes: None };
    [
        stays("source files", "read only, kept by the sender, who answers for them", Some(context.source_files)),
        stays(
            "dossier",
            "kept by the sender as proof: counts, names of columns and hashes, no value of a record",
            None,
        ),
        stays(
            "copies elsewhere",
            "backups, snapshots and copies of the source files, swap and crash dumps are out of reach of the program",
            None,
        ),
    ]
}
