//! The states of a run from its plan to its certificate, and which may follow which.

use crate::config::When;

/// Where a run stands. Each is written down once it holds, save [`DestroyIntended`](State::DestroyIntended), which is
/// written before anything is destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// The pipeline was read and checked.
    Planned,
    /// Every source was read.
    Ingested,
    /// Sampled, counted and protected: what leaves is settled.
    Staged,
    /// The release is written.
    Exported,
    /// The release was read back and compared.
    ReadBack,
    /// Every recipient acknowledged.
    Acknowledged,
    /// From here there is no way back.
    DestroyIntended,
    /// Keys are overwritten.
    KeysDestroyed,
    /// Files are removed.
    FilesRemoved,
    /// What is left was searched for identifiers.
    Scanned,
    /// The certificate is written.
    Certified,
    /// A stage failed: nothing was published, sources are kept.
    Failed,
    /// The run was told to stop, or died: nothing was published, sources are kept.
    Interrupted,
}

/// Every state, in order; the two bad ends last.
pub(super) const ALL: [State; 13] = [
    State::Planned,
    State::Ingested,
    State::Staged,
    State::Exported,
    State::ReadBack,
    State::Acknowledged,
    State::DestroyIntended,
    State::KeysDestroyed,
    State::FilesRemoved,
    State::Scanned,
    State::Certified,
    State::Failed,
    State::Interrupted,
];

impl State {
    /// Its name, in the log as well.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Ingested => "ingested",
            Self::Staged => "staged",
            Self::Exported => "exported",
            Self::ReadBack => "read back",
            Self::Acknowledged => "acknowledged",
            Self::DestroyIntended => "destroy intended",
            Self::KeysDestroyed => "keys destroyed",
            Self::FilesRemoved => "files removed",
            Self::Scanned => "scanned",
            Self::Certified => "certified",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }

    /// Its name in French.
    #[must_use]
    pub fn french(self) -> &'static str {
        match self {
            Self::Planned => "planifié",
            Self::Ingested => "sources lues",
            Self::Staged => "livraison préparée",
            Self::Exported => "livraison écrite",
            Self::ReadBack => "livraison relue",
            Self::Acknowledged => "réception accusée",
            Self::DestroyIntended => "destruction engagée",
            Self::KeysDestroyed => "clés détruites",
            Self::FilesRemoved => "fichiers supprimés",
            Self::Scanned => "contrôlé",
            Self::Certified => "certifié",
            Self::Failed => "échoué",
            Self::Interrupted => "interrompu",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether the run is over: nothing follows.
    #[must_use]
    pub fn is_end(self) -> bool {
        matches!(self, Self::Certified | Self::Failed | Self::Interrupted)
    }

    /// Whether destruction is intended or done: the run can only go forward.
    #[must_use]
    pub fn is_past_intent(self) -> bool {
        matches!(
            self,
            Self::DestroyIntended | Self::KeysDestroyed | Self::FilesRemoved | Self::Scanned | Self::Certified
        )
    }

    /// Whether `next` may follow. `when` says whether the acknowledgement may be left out.
    #[must_use]
    pub fn may_become(self, next: Self, when: When) -> bool {
        match (self, next) {
            (from, Self::Failed | Self::Interrupted) => !from.is_end() && !from.is_past_intent(),
            (Self::ReadBack, Self::DestroyIntended) => when == When::Exported,
            (Self::Planned, Self::Ingested)
            | (Self::Ingested, Self::Staged)
            | (Self::Staged, Self::Exported)
            | (Self::Exported, Self::ReadBack)
            | (Self::ReadBack, Self::Acknowledged)
            | (Self::Acknowledged, Self::DestroyIntended)
            | (Self::DestroyIntended, Self::KeysDestroyed)
            | (Self::KeysDestroyed, Self::FilesRemoved)
            | (Self::FilesRemoved, Self::Scanned)
            | (Self::Scanned, Self::Certified) => true,
            _ => false,
        }
    }
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
