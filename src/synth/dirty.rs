//! Records made bad on purpose, one defect each, so that what finds defects can be counted against what was put in.

use super::SynthError;
use super::draw::Draw;
use super::row::Row;
use crate::identifiers::Nir;
use crate::schema::{Field, FieldType, IdentifierKind, TableSchema, TemporalFormat};

/// A defect of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DirtyKind {
    /// The key of the NIR belongs to another number.
    WrongNirKey,
    /// A word that its code list lacks.
    InvalidEnum,
    /// A day that no calendar has.
    ImpossibleDate,
    /// A number above its maximum.
    OutOfBounds,
    /// A required cell is empty.
    MissingRequired,
    /// One cell more than there are fields.
    ExtraCell,
    /// The last cell is not there.
    MissingCell,
    /// Every cell is empty.
    BlankRow,
    /// Every cell is right for itself, but two contradict each other.
    RuleBroken,
    /// Text longer than its field allows.
    TooLong,
    /// The primary key of the record before.
    DuplicateKey,
    /// The NIR in groups with spaces between; legal, it must count as the same person.
    SpacedNir,
    /// The letter of a Corsican NIR in lower case; legal, it must count as the same person.
    LowerCaseNir,
}

impl DirtyKind {
    /// All kinds, in the order of their rotation.
    pub const ALL: [Self; 13] = [
        Self::WrongNirKey,
        Self::InvalidEnum,
        Self::ImpossibleDate,
        Self::OutOfBounds,
        Self::MissingRequired,
        Self::ExtraCell,
        Self::MissingCell,
        Self::BlankRow,
        Self::RuleBroken,
        Self::TooLong,
        Self::DuplicateKey,
        Self::SpacedNir,
        Self::LowerCaseNir,
    ];

    /// Whether such a record is right nevertheless and must pass validation.
    #[must_use]
    pub fn is_legal(self) -> bool {
        matches!(self, Self::SpacedNir | Self::LowerCaseNir)
    }

    /// One word for reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WrongNirKey => "wrong-nir-key",
            Self::InvalidEnum => "invalid-enum",
            Self::ImpossibleDate => "impossible-date",
            Self::OutOfBounds => "out-of-bounds",
            Self::MissingRequired => "missing-required",
            Self::ExtraCell => "extra-cell",
            Self::MissingCell => "missing-cell",
            Self::BlankRow => "blank-row",
            Self::RuleBroken => "rule-broken",
            Self::TooLong => "too-long",
            Self::DuplicateKey => "duplicate-key",
            Self::SpacedNir => "spaced-nir",
            Self::LowerCaseNir => "lower-case-nir",
        }
    }
}

/// Where each kind of dirt can go, found once in the schema. Cells are counted as the dataset writes them.
pub(super) struct Layout {
    /// The cell that stands at each place of the file.
    pub(super) order: Vec<usize>,
    nir: Option<usize>,
    key: Option<usize>,
    codes: Vec<usize>,
    dates: Vec<usize>,
    bounded: Vec<(usize, String)>,
    required: Vec<usize>,
    limited: Vec<(usize, usize)>,
}

impl Layout {
    /// Holds the schema against the fields that a dataset has.
    pub(super) fn new(schema: &TableSchema, fields: &[&'static str]) -> Result<Self, SynthError> {
        let order: Vec<usize> =
            schema.fields.iter().filter_map(|field| fields.iter().position(|name| *name == field.name)).collect();
        let surplus: Vec<String> = schema
            .fields
            .iter()
            .filter(|field| !fields.contains(&field.name.as_str()))
            .map(|field| field.name.clone())
            .collect();
        let missing: Vec<&'static str> =
            fields.iter().copied().filter(|name| schema.position(name).is_none()).collect();
        if !surplus.is_empty() || !missing.is_empty() {
            return Err(SynthError::Fields { schema: schema.name.clone(), missing, surplus });
        }
        let cells = || schema.fields.iter().zip(&order).map(|(field, &cell)| (cell, field));
        let where_ =
            |test: fn(&Field) -> bool| cells().filter(|(_, f)| test(f)).map(|(cell, _)| cell).collect::<Vec<_>>();
        Ok(Self {
            nir: where_(|field| field.identifier == Some(IdentifierKind::Nir)).first().copied(),
            key: match schema.primary_key.as_slice() {
                [name] => cells().find(|(_, field)| field.name == *name).map(|(cell, _)| cell),
                _ => None,
            },
            codes: where_(|field| field.constraints.allowed.is_some()),
            dates: where_(|field| matches!(field.ty, FieldType::Date { format: TemporalFormat::Default, .. })),
            bounded: cells().filter_map(|(cell, field)| Some((cell, above_maximum(field)?))).collect(),
            required: where_(|field| field.constraints.required),
            limited: cells().filter_map(|(cell, field)| Some((cell, room(field)?))).collect(),
            order,
        })
    }

    /// The cell of the primary key, where it is one field.
    pub(super) fn key(&self) -> Option<usize> {
        self.key
    }
}

/// A whole number above the field's maximum.
fn above_maximum(field: &Field) -> Option<String> {
    let number = matches!(field.ty, FieldType::Integer { .. } | FieldType::Number { .. } | FieldType::Year);
    let maximum: i64 = field.constraints.maximum.as_ref().filter(|_| number)?.parse().ok()?;
    Some(maximum.checked_add(1)?.to_string())
}

/// The longest length of a field that nothing but its length restricts.
fn room(field: &Field) -> Option<usize> {
    let free = field.constraints.pattern.is_none() && field.constraints.allowed.is_none() && field.identifier.is_none();
    field.constraints.max_length.filter(|_| free)
}

/// The outward form of a record.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Whole,
    ExtraCell,
    MissingCell,
    Blank,
}

/// Makes the record bad in one way. `None`, and the record untouched, where it cannot be bad in that way.
/// `before` is the key of the record before this one.
pub(super) fn apply(
    kind: DirtyKind,
    row: &mut Row,
    layout: &Layout,
    before: Option<&[u8]>,
    break_rule: impl FnOnce(&mut Row, &mut Draw),
    draw: &mut Draw,
) -> Option<Shape> {
    let mut shape = Shape::Whole;
    match kind {
        DirtyKind::WrongNirKey | DirtyKind::SpacedNir | DirtyKind::LowerCaseNir => respell(kind, row, layout.nir?)?,
        DirtyKind::InvalidEnum => row.replace(one_of(&layout.codes, draw)?, b"zz?"),
        DirtyKind::ImpossibleDate => {
            let impossible = draw.pick(&["2025-02-30", "2024-13-01", "31/04/2025", "2023-02-29"]);
            row.replace(one_of(&layout.dates, draw)?, impossible.as_bytes());
        }
        DirtyKind::OutOfBounds => {
            let (cell, text) = one_of(&layout.bounded, draw)?;
            row.replace(cell, text.as_bytes());
        }
        DirtyKind::MissingRequired => row.replace(one_of(&layout.required, draw)?, b""),
        DirtyKind::ExtraCell => shape = Shape::ExtraCell,
        DirtyKind::MissingCell => shape = Shape::MissingCell,
        DirtyKind::BlankRow => shape = Shape::Blank,
        DirtyKind::RuleBroken => break_rule(row, draw),
        DirtyKind::TooLong => {
            let (cell, longest) = one_of(&layout.limited, draw)?;
            row.replace(cell, "é".repeat(longest + 1).as_bytes());
        }
        DirtyKind::DuplicateKey => row.replace(layout.key?, before?),
    }
    Some(shape)
}

fn one_of<T: Clone>(cells: &[T], draw: &mut Draw) -> Option<T> {
    if cells.is_empty() { None } else { Some(cells[draw.below(cells.len() as u64) as usize].clone()) }
}

/// Another spelling of the NIR, or another key.
fn respell(kind: DirtyKind, row: &mut Row, cell: usize) -> Option<()> {
    let nir = Nir::parse(std::str::from_utf8(row.get(cell)).ok()?).ok()?;
    let text = nir.as_str();
    let spelt = match kind {
        DirtyKind::SpacedNir => {
            let groups = [0..1, 1..3, 3..5, 5..7, 7..10, 10..13, 13..15];
            groups.map(|group| &text[group]).join(" ")
        }
        DirtyKind::LowerCaseNir => {
            let lower = text.to_ascii_lowercase();
            (lower != text).then_some(lower)?
        }
        // The next key of 1 … 97
        _ => format!("{}{:02}", &text[..13], nir.key() % 97 + 1),
    };
    row.replace(cell, spelt.as_bytes());
    Some(())
}
