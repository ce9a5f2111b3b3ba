//! Rows by column: what the vault holds. Missing values are sentinels, so that no bitmap is carried along.

/// Rows do not have the columns that they should have: a bug, never the data's fault.
#[derive(Debug, thiserror::Error)]
#[error("rows do not have the expected columns")]
pub struct LayoutError;

/// Missing in a column of codes.
pub const MISSING_CODE: u32 = u32::MAX;
/// Missing in a column of integers, dates or booleans. `validate` lets no cell have this value.
pub const MISSING_INTEGER: i64 = i64::MIN;

/// The kind of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Codes of a dictionary that is held beside the vault.
    Code,
    /// Integers; also dates (days), date-times (microseconds) and booleans (0, 1).
    Integer,
    /// Numbers.
    Number,
    /// Record numbers and digests of records.
    Word,
    /// Digests of persons.
    Digest,
}

/// The values of one column. No `Debug`: they are health data.
#[derive(Clone)]
pub enum Values {
    /// See [`Kind::Code`].
    Code(Vec<u32>),
    /// See [`Kind::Integer`].
    Integer(Vec<i64>),
    /// See [`Kind::Number`].
    Number(Vec<f64>),
    /// See [`Kind::Word`].
    Word(Vec<u64>),
    /// See [`Kind::Digest`].
    Digest(Vec<u128>),
}

macro_rules! on_values {
    ($self:expr, $v:ident => $body:expr) => {
        match $self {
            Values::Code($v) => $body,
            Values::Integer($v) => $body,
            Values::Number($v) => $body,
            Values::Word($v) => $body,
            Values::Digest($v) => $body,
        }
    };
}

impl Values {
    /// No values of that kind.
    #[must_use]
    pub fn empty(kind: Kind) -> Self {
        match kind {
            Kind::Code => Self::Code(Vec::new()),
            Kind::Integer => Self::Integer(Vec::new()),
            Kind::Number => Self::Number(Vec::new()),
            Kind::Word => Self::Word(Vec::new()),
            Kind::Digest => Self::Digest(Vec::new()),
        }
    }

    /// Number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        on_values!(self, v => v.len())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of one value.
    pub(crate) fn width(&self) -> usize {
        match self {
            Self::Code(_) => 4,
            Self::Integer(_) | Self::Number(_) | Self::Word(_) => 8,
            Self::Digest(_) => 16,
        }
    }

    /// The values at these places.
    pub(crate) fn gather(&self, places: &[u32]) -> Self {
        match self {
            Self::Code(v) => Self::Code(pick(v, places)),
            Self::Integer(v) => Self::Integer(pick(v, places)),
            Self::Number(v) => Self::Number(pick(v, places)),
            Self::Word(v) => Self::Word(pick(v, places)),
            Self::Digest(v) => Self::Digest(pick(v, places)),
        }
    }

    /// Appends the values of `other` at these places.
    pub(crate) fn extend_from(&mut self, other: &Self, places: &[u32]) -> Result<(), LayoutError> {
        match (self, other) {
            (Self::Code(a), Self::Code(b)) => a.extend(places.iter().map(|&p| b[p as usize])),
            (Self::Integer(a), Self::Integer(b)) => a.extend(places.iter().map(|&p| b[p as usize])),
            (Self::Number(a), Self::Number(b)) => a.extend(places.iter().map(|&p| b[p as usize])),
            (Self::Word(a), Self::Word(b)) => a.extend(places.iter().map(|&p| b[p as usize])),
            (Self::Digest(a), Self::Digest(b)) => a.extend(places.iter().map(|&p| b[p as usize])),
            _ => return Err(LayoutError),
        }
        Ok(())
    }

    /// Appends all values of `other`.
    fn append(&mut self, other: &Self) -> Result<(), LayoutError> {
        match (self, other) {
            (Self::Code(a), Self::Code(b)) => a.extend_from_slice(b),
            (Self::Integer(a), Self::Integer(b)) => a.extend_from_slice(b),
            (Self::Number(a), Self::Number(b)) => a.extend_from_slice(b),
            (Self::Word(a), Self::Word(b)) => a.extend_from_slice(b),
            (Self::Digest(a), Self::Digest(b)) => a.extend_from_slice(b),
            _ => return Err(LayoutError),
        }
        Ok(())
    }

    fn clear(&mut self) {
        on_values!(self, v => v.clear());
    }
}

fn pick<T: Copy>(values: &[T], places: &[u32]) -> Vec<T> {
    places.iter().map(|&p| values[p as usize]).collect()
}

/// Rows under a key of 128 bits.
#[derive(Clone)]
pub struct Rows {
    /// The key of each row: rows of one key lie in one bucket.
    pub key: Vec<u128>,
    /// The columns, each as long as the key.
    pub columns: Vec<Values>,
}

impl Rows {
    /// No rows, with columns of these kinds.
    #[must_use]
    pub fn empty(kinds: &[Kind]) -> Self {
        Self { key: Vec::new(), columns: kinds.iter().map(|&k| Values::empty(k)).collect() }
    }

    /// No rows, and memory for so many.
    pub(crate) fn with_room(kinds: &[Kind], rows: usize) -> Self {
        let mut empty = Self { key: Vec::with_capacity(rows), ..Self::empty(kinds) };
        empty.columns.iter_mut().for_each(|column| on_values!(column, v => v.reserve_exact(rows)));
        empty
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.key.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.key.is_empty()
    }

    /// Bytes of one row.
    pub(crate) fn width(&self) -> usize {
        16 + self.columns.iter().map(Values::width).sum::<usize>()
    }

    /// Codes of a column; empty where it is of another kind.
    #[must_use]
    pub fn codes(&self, column: usize) -> &[u32] {
        match self.columns.get(column) {
            Some(Values::Code(v)) => v,
            _ => &[],
        }
    }

    /// Words of a column; empty where it is of another kind.
    #[must_use]
    pub fn words(&self, column: usize) -> &[u64] {
        match self.columns.get(column) {
            Some(Values::Word(v)) => v,
            _ => &[],
        }
    }

    /// Digests of a column; empty where it is of another kind.
    #[must_use]
    pub fn digests(&self, column: usize) -> &[u128] {
        match self.columns.get(column) {
            Some(Values::Digest(v)) => v,
            _ => &[],
        }
    }

    /// The rows at these places.
    pub(crate) fn gather(&self, places: &[u32]) -> Self {
        Self { key: pick(&self.key, places), columns: self.columns.iter().map(|c| c.gather(places)).collect() }
    }

    pub(crate) fn extend_from(&mut self, other: &Self, places: &[u32]) -> Result<(), LayoutError> {
        self.key.extend(places.iter().map(|&p| other.key[p as usize]));
        for (mine, theirs) in self.columns.iter_mut().zip(&other.columns) {
            mine.extend_from(theirs, places)?;
        }
        Ok(())
    }

    /// Appends all rows of `other`.
    pub(crate) fn append(&mut self, other: &Self) -> Result<(), LayoutError> {
        self.key.extend_from_slice(&other.key);
        for (mine, theirs) in self.columns.iter_mut().zip(&other.columns) {
            mine.append(theirs)?;
        }
        Ok(())
    }

    /// No rows any more; their memory is kept for others.
    pub(crate) fn clear(&mut self) {
        self.key.clear();
        self.columns.iter_mut().for_each(Values::clear);
    }

    /// Places of the rows in ascending order of their keys; rows of one key keep their order.
    #[must_use]
    pub(crate) fn order(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.key.len() as u32).collect();
        order.sort_by_key(|&p| self.key[p as usize]);
        order
    }
}
