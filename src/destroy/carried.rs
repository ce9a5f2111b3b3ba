//! Working data that an engine carried from machine to machine: ciphertext under a key that lay in a file, on the machine that
//! began the run, and in the memory of the engine's processes.

use super::items::Class;

/// What became of the key, and with it of the ciphertext.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carried {
    /// Its file was overwritten and removed.
    KeyRemoved,
    /// It was a kept one, and lives on.
    KeyKept,
    /// Nobody said so far that its file was removed.
    KeyUnknown,
}

impl Carried {
    /// How far the ciphertext is destroyed. No end of the key makes it more than removed: copies of it were in memory that nobody
    /// here could overwrite.
    #[must_use]
    pub fn class(self) -> Class {
        match self {
            Self::KeyRemoved => Class::UnlinkedOnly,
            Self::KeyKept | Self::KeyUnknown => Class::NotDestroyed,
        }
    }

    /// Of the ciphertext, in English and in French.
    #[must_use]
    pub(super) fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::KeyRemoved => (
                "sealed by the workers under the key of the run before the engine took them; the file of that key was overwritten \
                 and removed. The engine removes its shuffle files, caches and work folders, and its processes end with their \
                 memory: that is not seen from here",
                "scellées par les exécutants sous la clé de l'exécution avant d'être confiées au moteur\u{a0}; le fichier de cette \
                 clé a été réécrit et supprimé. Le moteur supprime ses fichiers d'échange, caches et dossiers de travail, et la \
                 mémoire de ses programmes finit avec eux\u{a0}: cela n'est pas constaté d'ici",
            ),
            Self::KeyKept => (
                "sealed by the workers under the key of the run, which is a kept one: whoever holds it opens what the engine may \
                 have left of them",
                "scellées par les exécutants sous la clé de l'exécution, qui est conservée\u{a0}: qui la détient ouvre ce que le \
                 moteur a pu en laisser",
            ),
            Self::KeyUnknown => (
                "sealed by the workers under the key of the run; it is not known that the file of that key was removed: remove the \
                 folder of the run with `tamis cluster clear`",
                "scellées par les exécutants sous la clé de l'exécution\u{a0}; la suppression du fichier de cette clé n'est pas \
                 établie\u{a0}: supprimer le dossier de l'exécution par `tamis cluster clear`",
            ),
        }
    }

    /// Of the keys made of that key.
    pub(super) fn texts_of_keys() -> (&'static str, &'static str) {
        (
            "keys of pseudonyms and sampling, overwritten in this memory; the key that they are made of lay in a file, and in the \
             memory of workers and of the engine",
            "clés des pseudonymes et du tirage, écrasées dans cette mémoire\u{a0}; la clé dont elles sont dérivées était dans un \
             fichier, et dans la mémoire des exécutants et du moteur",
        )
    }
}
