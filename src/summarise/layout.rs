//! What a table measures, and where each measure finds its counts.

use crate::config::Measure;

/// What is counted in every cell of a table besides records and persons.
///
/// Measures that look at one column share its counts: a sum and a mean have one tally, and the shares of several values
/// of a column are categories of one tally, because what they leave over can be found by subtraction and must be
/// protected with them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    amounts: Vec<usize>,
    shares: Vec<ShareColumn>,
    categories: usize,
    slots: Vec<Slot>,
    contributions: Option<Asked>,
    keyed: Option<u8>,
}

/// What is to be known of contributors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Asked {
    largest: u8,
    holding: Option<usize>,
}

/// A column of which shares are measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareColumn {
    /// Position among the columns that leave.
    pub column: usize,
    /// The values whose shares are measured, as they are written in the release. A record's category is the position of
    /// its value here, and the length of this list for every other value.
    pub values: Vec<String>,
}

/// Where a measure finds its counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// Records of the cell.
    Records,
    /// Distinct persons of the cell.
    Persons,
    /// The sum of the amount at this position.
    Sum(usize),
    /// The mean of the amount at this position.
    Mean(usize),
    /// A category of the share column at a position.
    Share {
        /// Position of the column in [`Layout::shares`].
        column: usize,
        /// Position of the value among the column's values.
        value: usize,
    },
}

impl Layout {
    /// The layout of a list of measures.
    #[must_use]
    pub fn new<'a>(measures: impl IntoIterator<Item = &'a Measure>) -> Self {
        let mut layout = Self::default();
        for measure in measures {
            let slot = match measure {
                Measure::Records => Slot::Records,
                Measure::Persons => Slot::Persons,
                Measure::Sum(column) => Slot::Sum(position_or_push(&mut layout.amounts, column)),
                Measure::Mean(column) => Slot::Mean(position_or_push(&mut layout.amounts, column)),
                Measure::Share { column, equals } => layout.share(*column, equals),
            };
            layout.slots.push(slot);
        }
        layout.categories = layout.shares.iter().map(|share| share.values.len() + 1).sum();
        layout
    }

    /// The same, and of every cell the `largest` contributions of persons to its records and to its sums, and where a column (a
    /// position among those that pass the sieve) names the `holding` of a record, what each holding contributes.
    #[must_use]
    pub fn with_contributions(self, largest: u8, holding: Option<usize>) -> Self {
        Self { contributions: Some(Asked { largest, holding }), ..self }
    }

    /// The same, and of every sum the `largest` contributions with the record keys of those who make them.
    #[must_use]
    pub fn with_keys(self, largest: u8) -> Self {
        Self { keyed: Some(largest), ..self }
    }

    /// How many of the largest contributions of a sum are to be kept with record keys; `None` where nobody asks for them.
    #[must_use]
    pub fn keyed(&self) -> Option<u8> {
        self.keyed
    }

    /// How many of the largest contributions of a cell are to be kept; `None` where nobody asks for contributions.
    #[must_use]
    pub fn largest(&self) -> Option<u8> {
        self.contributions.map(|asked| asked.largest)
    }

    /// The column that names the holding of a record.
    #[must_use]
    pub fn holding(&self) -> Option<usize> {
        self.contributions.and_then(|asked| asked.holding)
    }

    fn share(&mut self, column: usize, equals: &String) -> Slot {
        let at = self.shares.iter().position(|share| share.column == column).unwrap_or_else(|| {
            self.shares.push(ShareColumn { column, values: Vec::new() });
            self.shares.len() - 1
        });
        Slot::Share { column: at, value: position_or_push(&mut self.shares[at].values, equals) }
    }

    /// Columns that are summed (positions among the columns that leave), in the order of [`BucketCells::row`]'s amounts.
    ///
    /// [`BucketCells::row`]: super::BucketCells::row
    #[must_use]
    pub fn amounts(&self) -> &[usize] {
        &self.amounts
    }

    /// Columns of which shares are measured, in the order of [`BucketCells::row`]'s categories.
    ///
    /// [`BucketCells::row`]: super::BucketCells::row
    #[must_use]
    pub fn shares(&self) -> &[ShareColumn] {
        &self.shares
    }

    /// Categories of all share columns together: of each the measured values and one for all others.
    #[must_use]
    pub(super) fn categories(&self) -> usize {
        self.categories
    }

    /// Where each measure finds its counts, in the order of the measures.
    #[must_use]
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }
}

fn position_or_push<T: Clone + PartialEq>(list: &mut Vec<T>, item: &T) -> usize {
    list.iter().position(|known| known == item).unwrap_or_else(|| {
        list.push(item.clone());
        list.len() - 1
    })
}
