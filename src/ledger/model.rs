//! What the ledger says of a release.

use chrono::{DateTime, Utc};

/// A hash of a definition: the first 128 bits of SHA-256.
pub type Hash = [u8; 16];

/// What became of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It was about to become visible, and nothing was heard of it since: it counts as released.
    Pending,
    /// It became visible.
    Published,
    /// Its run failed before anything became visible.
    Withdrawn,
}

/// A release of tables.
#[derive(Debug, Clone, PartialEq)]
pub struct Release {
    /// Number of its last line in the ledger.
    pub line: u64,
    /// When it was written down.
    pub time: DateTime<Utc>,
    /// The run.
    pub run: String,
    /// Name of the pipeline.
    pub pipeline: String,
    /// What it can be compared with.
    pub universe: String,
    /// What became of it.
    pub state: State,
    /// Whether it was withdrawn by a line that no head counts: it counts all the same.
    pub doubted: bool,
    /// Its systems of tables.
    pub tables: Vec<Tables>,
}

/// A system of linked tables as it was released.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tables {
    /// Which dataset they count.
    pub dataset: Hash,
    /// Whether they count drawn units only.
    pub sample: bool,
    /// Whether what is shown are estimates, with no counts to subtract.
    pub estimates: bool,
    /// Whether these are no tables but rows of persons, counted by what tells them apart.
    pub rows: bool,
    /// How their numbers were changed before they were published; `None` where they are exact.
    pub changed: Option<Changed>,
    /// The columns that make cells.
    pub columns: Vec<Hash>,
    /// The codes of all columns, each once.
    pub codes: Vec<Hash>,
    /// The summed columns.
    pub sums: Vec<Hash>,
    /// The values of which shares are measured.
    pub shares: Vec<Hash>,
    /// At which columns cells stand.
    pub shapes: Vec<Shape>,
    /// The cells.
    pub cells: Vec<Cell>,
}

/// How numbers were changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed {
    /// The method.
    pub by: ChangedBy,
    /// The base of a rounding, the largest change of cell keys; 0 for noise, which has none.
    pub size: u64,
    /// A hash of method and parameters.
    pub parameters: Hash,
    /// A hash under the key that they were drawn by: the same draw shows the same counts as the same numbers.
    pub draw: Hash,
    /// Between which limits a count lies of which no table has a row; `None` where nothing is certain.
    pub absent: Option<(u64, u64)>,
}

/// Methods by which numbers are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangedBy {
    /// Rounding to the nearest multiple: nothing is drawn.
    Nearest,
    /// Rounding up or down by chance.
    Rounding,
    /// Small inner counts rounded, all totals added up anew.
    Controlled,
    /// Cell keys.
    CellKey,
    /// Noise under a privacy budget.
    Noise,
}

impl ChangedBy {
    /// All of them, by the numbers that stand for them in the file.
    pub(super) const ALL: [Self; 5] = [Self::Nearest, Self::Rounding, Self::Controlled, Self::CellKey, Self::Noise];

    /// The word of pipelines that names it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Nearest | Self::Rounding => "rounding",
            Self::Controlled => "controlled_rounding",
            Self::CellKey => "cell_key",
            Self::Noise => "noise",
        }
    }

    /// Whether two draws of one count, put together, tell more of it than either, and nothing bounds how much. Noise is paid for each time.
    #[must_use]
    pub fn can_be_averaged(self) -> bool {
        matches!(self, Self::Rounding | Self::Controlled | Self::CellKey)
    }
}

/// The columns of some cells, by their positions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shape {
    /// Those that define the cells: of each dimension the finest that is not totalled.
    pub finest: Vec<u32>,
    /// All whose code follows from those: the coarser ones too. Codes of cells go by this list.
    pub path: Vec<u32>,
    /// Whether a table shows them.
    pub shown: bool,
}

/// What became of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Published.
    Published,
    /// Suppressed for its own sake.
    Unsafe,
    /// Suppressed to protect others.
    Hidden,
    /// In no table; it ties others together.
    Tie,
    /// In no table, and taken to be known.
    Known,
}

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Position of its shape.
    pub shape: u32,
    /// Positions of its codes, as the path of its shape has the columns.
    pub codes: Box<[u32]>,
    /// What became of it.
    pub fate: Fate,
    /// Its counts, where it is published or known.
    pub counts: Option<Counts>,
    /// Between which limits its persons lie, by a changed number that was published.
    pub within: Option<(u64, u64)>,
    /// One for each summed column.
    pub sums: Box<[Told<Sum>]>,
    /// One for each measured share.
    pub shares: Box<[Told<Share>]>,
}

/// What a release says of a measure of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told<T> {
    /// No table shows it.
    Nothing,
    /// A table shows it, and it is suppressed.
    Withheld,
    /// Published.
    Shown(T),
}

/// Counts of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Records.
    pub records: u64,
    /// Distinct persons.
    pub persons: u64,
}

/// A sum, or the mean that goes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    /// Records with a value.
    pub records: u64,
    /// Persons with a value.
    pub persons: u64,
    /// The bits of the sum in floating point: only compared.
    pub bits: u64,
}

/// A share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Records with the value.
    pub records: u64,
    /// Persons with the value.
    pub persons: u64,
    /// Persons with another value.
    pub others: u64,
    /// Records with any value.
    pub of_records: u64,
    /// Persons with any value.
    pub of_persons: u64,
}

impl Release {
    /// Whether it has to be reckoned with: it became visible, or may have.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.state != State::Withdrawn
    }

    /// Number of cells that a table shows.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.tables.iter().map(|tables| tables.shown().count()).sum()
    }

    /// Number of shown cells of one fate.
    #[must_use]
    pub fn fates(&self, fate: Fate) -> usize {
        self.tables.iter().map(|tables| tables.shown().filter(|cell| cell.fate == fate).count()).sum()
    }
}

impl Tables {
    /// The cells that a table shows.
    pub fn shown(&self) -> impl Iterator<Item = &Cell> {
        self.cells.iter().filter(|cell| self.shapes[cell.shape as usize].shown)
    }
}
