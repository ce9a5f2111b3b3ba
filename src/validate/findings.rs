//! Findings: what is wrong, where, how often; never the value.

use std::collections::BTreeMap;

use serde::Serialize;

use super::shape::Shape;

/// The kind of a finding, by its name in the Frictionless framework where it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// A label of the header is empty.
    BlankLabel,
    /// A label occurs twice.
    DuplicateLabel,
    /// A field of the schema has no column.
    MissingLabel,
    /// A column is not in the schema.
    ExtraLabel,
    /// Labels stand in another order than the fields.
    IncorrectLabel,
    /// A record has only empty cells.
    BlankRow,
    /// A record has too few cells.
    MissingCell,
    /// A record has too many cells.
    ExtraCell,
    /// A record has bytes that are not text in the file's encoding.
    EncodingError,
    /// A record has a NUL byte.
    NulByte,
    /// A line is not a JSON object with every member once.
    NotAnObject,
    /// A record is a FHIR resource of another type.
    OtherResource,
    /// A path finds several values, or an element with parts.
    NotOneValue,
    /// A reference does not say which resource is meant.
    UnresolvedReference,
    /// A cell is not of the field's type.
    TypeError,
    /// A cell breaks a constraint.
    ConstraintError,
    /// A value occurs twice in a column whose values are unique.
    UniqueError,
    /// The primary key is missing or occurs twice.
    PrimaryKey,
    /// A record finds no partner in a joined source.
    ForeignKey,
    /// A rule over several fields is broken.
    RowConstraint,
    /// A record says not whose it is.
    MissingSubject,
}

impl FindingKind {
    /// Every kind.
    pub const ALL: [Self; 21] = [
        Self::BlankLabel,
        Self::DuplicateLabel,
        Self::MissingLabel,
        Self::ExtraLabel,
        Self::IncorrectLabel,
        Self::BlankRow,
        Self::MissingCell,
        Self::ExtraCell,
        Self::EncodingError,
        Self::NulByte,
        Self::NotAnObject,
        Self::OtherResource,
        Self::NotOneValue,
        Self::UnresolvedReference,
        Self::TypeError,
        Self::ConstraintError,
        Self::UniqueError,
        Self::PrimaryKey,
        Self::ForeignKey,
        Self::RowConstraint,
        Self::MissingSubject,
    ];

    /// The kind of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Whether it concerns the form of the file or what stands in it.
    #[must_use]
    pub fn category(self) -> Category {
        match self {
            Self::TypeError
            | Self::ConstraintError
            | Self::UniqueError
            | Self::PrimaryKey
            | Self::ForeignKey
            | Self::RowConstraint
            | Self::MissingSubject => Category::Content,
            _ => Category::Structure,
        }
    }

    /// Whether it concerns the header, and with it the whole file.
    #[must_use]
    pub fn is_of_header(self) -> bool {
        matches!(
            self,
            Self::BlankLabel | Self::DuplicateLabel | Self::MissingLabel | Self::ExtraLabel | Self::IncorrectLabel
        )
    }

    /// The name in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BlankLabel => "blank-label",
            Self::DuplicateLabel => "duplicate-label",
            Self::MissingLabel => "missing-label",
            Self::ExtraLabel => "extra-label",
            Self::IncorrectLabel => "incorrect-label",
            Self::BlankRow => "blank-row",
            Self::MissingCell => "missing-cell",
            Self::ExtraCell => "extra-cell",
            Self::EncodingError => "encoding-error",
            Self::NulByte => "nul-byte",
            Self::NotAnObject => "not-an-object",
            Self::OtherResource => "other-resource",
            Self::NotOneValue => "not-one-value",
            Self::UnresolvedReference => "unresolved-reference",
            Self::TypeError => "type-error",
            Self::ConstraintError => "constraint-error",
            Self::UniqueError => "unique-error",
            Self::PrimaryKey => "primary-key",
            Self::ForeignKey => "foreign-key",
            Self::RowConstraint => "row-constraint",
            Self::MissingSubject => "missing-subject",
        }
    }
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// How the file is cut into labels, records and cells.
    Structure,
    /// What stands in the cells.
    Content,
}

impl Category {
    /// The word in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Structure => "structure",
            Self::Content => "content",
        }
    }
}

/// What findings are counted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FindingKey {
    /// Kind.
    pub kind: FindingKind,
    /// Field of the schema; `None` for a whole record. For a surplus column its label is *not* kept: a file without
    /// header has values there.
    pub field: Option<String>,
    /// Constraint or rule, by its name in the schema.
    pub rule: Option<String>,
}

impl FindingKey {
    /// The column that a finding about a label names, from 1.
    #[must_use]
    pub fn column(&self) -> Option<usize> {
        self.rule.as_deref()?.strip_prefix(COLUMN)?.parse().ok()
    }
}

/// What stands before the number of a column where a label has no field.
pub(super) const COLUMN: &str = "column ";

/// A place in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// Position of the file among the files of the source.
    pub file: u32,
    /// Record number, from 1, without the header; 0 for the header.
    pub record: u64,
    /// Line, from 1.
    pub line: u64,
}

/// Count and first places of one kind of finding.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Found {
    /// How often.
    pub count: u64,
    /// The first places, in order of file and record.
    pub places: Vec<Place>,
    /// For each place the masked form of the cell, where it was asked for and may be shown.
    #[serde(skip)]
    pub shapes: Vec<Option<Shape>>,
}

/// Findings of a source, counted per key, with the first places kept: their size does not grow with the input.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    found: BTreeMap<FindingKey, Found>,
    most_places: usize,
}

impl Findings {
    /// No findings; at most so many places will be kept per key.
    #[must_use]
    pub fn new(most_places: usize) -> Self {
        Self { found: BTreeMap::new(), most_places }
    }

    /// Counts a finding.
    pub fn add(&mut self, kind: FindingKind, field: Option<&str>, rule: Option<&str>, place: Place) {
        self.add_cell(kind, field, rule, place, || None);
    }

    /// Counts a finding about a cell, whose masked form is asked for only where the place is kept.
    pub fn add_cell(
        &mut self,
        kind: FindingKind,
        field: Option<&str>,
        rule: Option<&str>,
        place: Place,
        shape: impl FnOnce() -> Option<Shape>,
    ) {
        let key = FindingKey { kind, field: field.map(str::to_owned), rule: rule.map(str::to_owned) };
        let most = self.most_places;
        let found = self.found.entry(key).or_default();
        found.count += 1;
        found.insert(place, most, shape);
    }

    /// Counts findings whose places are not known: records that came through a pipe.
    pub fn count(&mut self, key: FindingKey, count: u64) {
        self.found.entry(key).or_default().count += count;
    }

    /// Adds the findings of another part of the source; the order of merging does not matter.
    pub fn merge(&mut self, other: Self) {
        let most = self.most_places.max(other.most_places);
        self.most_places = most;
        for (key, theirs) in other.found {
            let mine = self.found.entry(key).or_default();
            mine.count += theirs.count;
            for (place, shape) in theirs.places.into_iter().zip(theirs.shapes) {
                mine.insert(place, most, || shape);
            }
        }
    }

    /// All findings in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = (&FindingKey, &Found)> {
        self.found.iter()
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Number of findings.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.found.values().map(|f| f.count).sum()
    }
}

impl Found {
    fn insert(&mut self, place: Place, most: usize, shape: impl FnOnce() -> Option<Shape>) {
        if let Err(at) = self.places.binary_search(&place)
            && at < most
        {
            self.places.insert(at, place);
            self.shapes.insert(at, shape());
            self.places.truncate(most);
            self.shapes.truncate(most);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_counted_and_the_first_places_kept_whatever_the_order() {
        let place = |record| Place { file: 0, record, line: record + 1 };
        let mut a = Findings::new(2);
        let mut b = Findings::new(2);
        for record in [9, 4, 7] {
            a.add(FindingKind::TypeError, Some("poids_kg"), None, place(record));
        }
        for record in [1, 8] {
            b.add(FindingKind::TypeError, Some("poids_kg"), None, place(record));
        }
        let mut ab = a.clone();
        ab.merge(b.clone());
        b.merge(a);
        assert_eq!(ab, b);
        let (_, found) = ab.iter().next().expect("one key");
        assert_eq!(found.count, 5);
        assert_eq!(found.places, [place(1), place(4)]);
    }
}
