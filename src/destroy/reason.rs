//! Why a file counts as destroyed to a degree, in one word for the journal and a sentence for the reader.

use super::items::Class;

/// Why a file has its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Overwritten in place on a disk that turns.
    InPlace,
    /// Overwritten in memory, without swap.
    Memory,
    /// Overwritten in memory, but the machine has swap.
    Swap,
    /// The file system writes contents into its journal too.
    Journalled,
    /// The file system writes new bytes elsewhere.
    CopyOnWrite,
    /// The file system may share blocks between files.
    SharesBlocks,
    /// The file system has layers.
    Overlay,
    /// The file lies with another machine or behind a program.
    Network,
    /// Nothing is known of the file system.
    UnknownFileSystem,
    /// The device is flash.
    Flash,
    /// The device is virtual or made of others.
    VirtualDisk,
    /// Nothing is known of the device.
    UnknownDevice,
    /// Found gone by a resumed run that had begun with it.
    GoneAfterBegun,
    /// Found gone before it was begun with.
    Gone,
    /// Other names keep the content.
    HardLink,
    /// The content is not the one that was read.
    Changed,
    /// The path leads over a symbolic link.
    Link,
    /// The path leads out of the allowed folder.
    Outside,
    /// Not a file with content.
    NotRegular,
    /// Another file took the name.
    Replaced,
}

/// Every reason.
const ALL: [Reason; 20] = [
    Reason::InPlace,
    Reason::Memory,
    Reason::Swap,
    Reason::Journalled,
    Reason::CopyOnWrite,
    Reason::SharesBlocks,
    Reason::Overlay,
    Reason::Network,
    Reason::UnknownFileSystem,
    Reason::Flash,
    Reason::VirtualDisk,
    Reason::UnknownDevice,
    Reason::GoneAfterBegun,
    Reason::Gone,
    Reason::HardLink,
    Reason::Changed,
    Reason::Link,
    Reason::Outside,
    Reason::NotRegular,
    Reason::Replaced,
];

impl Reason {
    /// How far a file with this reason is destroyed.
    #[must_use]
    pub fn class(self) -> Class {
        match self {
            Self::InPlace | Self::Memory => Class::Overwritten,
            Self::Swap
            | Self::Journalled
            | Self::CopyOnWrite
            | Self::SharesBlocks
            | Self::Overlay
            | Self::Network
            | Self::UnknownFileSystem
            | Self::Flash
            | Self::VirtualDisk
            | Self::UnknownDevice
            | Self::GoneAfterBegun => Class::UnlinkedOnly,
            Self::Gone
            | Self::HardLink
            | Self::Changed
            | Self::Link
            | Self::Outside
            | Self::NotRegular
            | Self::Replaced => Class::NotDestroyed,
        }
    }

    /// The word in the journal.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::InPlace => "in-place",
            Self::Memory => "memory",
            Self::Swap => "swap",
            Self::Journalled => "journalled",
            Self::CopyOnWrite => "copy-on-write",
            Self::SharesBlocks => "shares-blocks",
            Self::Overlay => "overlay",
            Self::Network => "network",
            Self::UnknownFileSystem => "unknown-file-system",
            Self::Flash => "flash",
            Self::VirtualDisk => "virtual-disk",
            Self::UnknownDevice => "unknown-device",
            Self::GoneAfterBegun => "gone-after-begun",
            Self::Gone => "gone",
            Self::HardLink => "hard-link",
            Self::Changed => "changed",
            Self::Link => "link",
            Self::Outside => "outside",
            Self::NotRegular => "not-regular",
            Self::Replaced => "replaced",
        }
    }

    /// The reason behind a word of the journal.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        ALL.into_iter().find(|reason| reason.word() == word)
    }

    /// In English.
    #[must_use]
    pub fn english(self) -> &'static str {
        match self {
            Self::InPlace => "overwritten once with zeros in place, flushed to a disk that turns, and unlinked",
            Self::Memory => "in memory only: overwritten there and unlinked; the machine has no swap",
            Self::Swap => "in memory: overwritten there and unlinked, but the system may have copied it to swap",
            Self::Journalled => {
                "overwritten and unlinked, but the file system keeps contents in its journal for a time"
            }
            Self::CopyOnWrite => {
                "overwritten and unlinked, but the file system writes new bytes elsewhere: the old ones stay until \
                 their space is used again, longer in a snapshot"
            }
            Self::SharesBlocks => {
                "overwritten and unlinked, but the file system (XFS) may share blocks between files, and then new \
                 bytes go elsewhere"
            }
            Self::Overlay => "overwritten and unlinked in the uppermost layer; a lower layer may keep the whole file",
            Self::Network => "overwritten and unlinked, on a server whose disks and copies are out of sight",
            Self::UnknownFileSystem => "overwritten and unlinked on a file system of which nothing is known",
            Self::Flash => "overwritten and unlinked, but flash writes elsewhere and keeps old cells",
            Self::VirtualDisk => {
                "overwritten and unlinked, but the disk is virtual or made of others: where bytes go is decided there"
            }
            Self::UnknownDevice => "overwritten and unlinked on a device of which nothing is known",
            Self::GoneAfterBegun => {
                "begun by a run that was stopped, found unlinked by the next: whether it was overwritten is not known"
            }
            Self::Gone => "no longer there: removed or moved by somebody else; nothing is known of its content",
            Self::HardLink => {
                "left alone: it has other names (hard links), and overwriting would have destroyed what stands under \
                 them, which nobody asked for"
            }
            Self::Changed => "left alone: its content is not the one that was read",
            Self::Link => "left alone: its path leads over a symbolic link",
            Self::Outside => "left alone: its path leads out of the allowed folder",
            Self::NotRegular => "left alone: not a file with content",
            Self::Replaced => "another file took its name meanwhile, and was left alone",
        }
    }

    /// In French, without a subject: it stands beneath one thing or several.
    #[must_use]
    pub fn french(self) -> &'static str {
        match self {
            Self::InPlace => "réécriture unique par des zéros, sur place, sur un disque à plateaux, puis suppression",
            Self::Memory => {
                "en mémoire vive seulement\u{a0}: réécriture sur place, puis suppression\u{a0}; la machine n'a pas \
                 d'espace d'échange"
            }
            Self::Swap => {
                "en mémoire vive\u{a0}: réécriture sur place, puis suppression, mais le système a pu en copier une part \
                 dans l'espace d'échange"
            }
            Self::Journalled => {
                "réécriture et suppression, mais le système de fichiers garde un temps les contenus dans son journal"
            }
            Self::CopyOnWrite => {
                "réécriture et suppression, mais le système de fichiers écrit les nouveaux octets ailleurs\u{a0}: les \
                 anciens restent jusqu'à réemploi de leur place, et plus longtemps dans un instantané"
            }
            Self::SharesBlocks => {
                "réécriture et suppression, mais le système de fichiers (XFS) peut partager des blocs entre \
                 fichiers\u{a0}; les nouveaux octets vont alors ailleurs"
            }
            Self::Overlay => {
                "réécriture et suppression dans la couche supérieure\u{a0}; une couche inférieure peut garder le contenu \
                 entier"
            }
            Self::Network => {
                "réécriture et suppression, sur un serveur dont les disques et les copies échappent au programme"
            }
            Self::UnknownFileSystem => "réécriture et suppression, sur un système de fichiers dont rien n'est connu",
            Self::Flash => {
                "réécriture et suppression, mais la mémoire flash écrit ailleurs et garde d'anciennes cellules"
            }
            Self::VirtualDisk => {
                "réécriture et suppression, mais le disque est virtuel ou composé d'autres, où se décide la place des \
                 octets"
            }
            Self::UnknownDevice => "réécriture et suppression, sur un support dont rien n'est connu",
            Self::GoneAfterBegun => {
                "suppression commencée par une exécution arrêtée, constatée par la suivante\u{a0}: on ignore s'il y a eu \
                 réécriture"
            }
            Self::Gone => {
                "absence constatée\u{a0}: suppression ou déplacement par un tiers\u{a0}; rien n'est connu du contenu"
            }
            Self::HardLink => {
                "aucune action\u{a0}: d'autres noms (liens physiques) désignent le même contenu, et la réécriture aurait \
                 détruit ce qui se trouve sous ces noms, ce que personne n'a demandé"
            }
            Self::Changed => "aucune action\u{a0}: le contenu n'est pas celui qui a été lu",
            Self::Link => "aucune action\u{a0}: le chemin passe par un lien symbolique",
            Self::Outside => "aucune action\u{a0}: le chemin sort du dossier autorisé",
            Self::NotRegular => "aucune action\u{a0}: ce n'est pas un fichier de données",
            Self::Replaced => "un autre fichier a pris le nom entre-temps\u{a0}; il n'a pas été touché",
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_reason_comes_back_from_its_word_and_no_two_share_one() {
        for reason in ALL {
            assert_eq!(Reason::of_word(reason.word()), Some(reason));
            assert!(!reason.english().contains('\u{a0}') && reason.french() != reason.english());
        }
        assert_eq!(Reason::of_word("erased"), None);
    }
}
