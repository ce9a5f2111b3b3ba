//! What a text could be.

use std::sync::LazyLock;

use super::people;
use crate::identifiers;
use crate::schema::{FieldType, IdentifierKind, Reader, StringFormat, TemporalFormat};

/// A form that a column is tried as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    /// A type with these properties.
    Typed(&'static str, &'static [(&'static str, &'static str)]),
    /// A national identifier or code.
    Identifier(IdentifierKindWord),
    /// A telephone number.
    Telephone,
    /// A forename that many have.
    Forename,
    /// A surname that many have.
    Surname,
    /// A number and a kind of street.
    Address,
}

/// An identifier by its word in schemas, so that kinds have an order.
pub(super) type IdentifierKindWord = &'static str;

const IDENTIFIERS: [(&str, IdentifierKind); 9] = [
    ("nir", IdentifierKind::Nir),
    ("rpps", IdentifierKind::Rpps),
    ("finess", IdentifierKind::Finess),
    ("commune", IdentifierKind::Commune),
    ("iris", IdentifierKind::Iris),
    ("postcode", IdentifierKind::Postcode),
    ("cim10", IdentifierKind::Cim10),
    ("ccam", IdentifierKind::Ccam),
    ("loinc", IdentifierKind::Loinc),
];

/// Types in the order in which they are proposed: the first that fits.
const TYPES: [(&str, &[(&str, &str)]); 20] = [
    ("integer", &[]),
    ("number", &[]),
    ("number", &[("decimalChar", ",")]),
    ("date", &[]),
    ("date", &[("format", "%d/%m/%Y")]),
    ("date", &[("format", "%d-%m-%Y")]),
    ("date", &[("format", "%d.%m.%Y")]),
    ("date", &[("format", "%Y%m%d")]),
    ("datetime", &[]),
    ("datetime", &[("format", "%Y-%m-%d %H:%M:%S")]),
    ("datetime", &[("format", "%d/%m/%Y %H:%M:%S")]),
    ("datetime", &[("format", "%d/%m/%Y %H:%M")]),
    ("time", &[]),
    ("yearmonth", &[]),
    ("boolean", &[]),
    ("boolean", &[("true", "oui"), ("false", "non")]),
    ("boolean", &[("true", "Oui"), ("false", "Non")]),
    ("string", &[("format", "email")]),
    ("string", &[("format", "uuid")]),
    ("string", &[("format", "uri")]),
];

fn field_type(ty: &str, options: &[(&str, &str)]) -> FieldType {
    let option = |key: &str| options.iter().find(|(k, _)| *k == key).map(|(_, v)| *v);
    let temporal = || option("format").map_or(TemporalFormat::Default, |p| TemporalFormat::Pattern(p.to_owned()));
    match ty {
        "integer" => FieldType::Integer { bare_number: true, group_char: None },
        "number" => {
            let decimal_char = option("decimalChar").and_then(|c| c.chars().next()).unwrap_or('.');
            FieldType::Number { decimal_char, group_char: None, bare_number: true }
        }
        "date" => FieldType::Date { format: temporal(), incomplete: false },
        "datetime" => FieldType::Datetime(temporal()),
        "time" => FieldType::Time(TemporalFormat::Default),
        "yearmonth" => FieldType::Yearmonth,
        "boolean" => FieldType::Boolean {
            true_values: vec![option("true").unwrap_or("true").to_owned()],
            false_values: vec![option("false").unwrap_or("false").to_owned()],
        },
        _ => FieldType::String(match option("format") {
            Some("email") => StringFormat::Email,
            Some("uuid") => StringFormat::Uuid,
            Some("uri") => StringFormat::Uri,
            _ => StringFormat::Default,
        }),
    }
}

/// All kinds with what recognises them. Made once.
pub(super) struct Kinds {
    typed: Vec<(Kind, Reader)>,
}

static SHARED: LazyLock<Kinds> = LazyLock::new(|| {
    let ready = |(ty, options): (&'static str, &'static [(&'static str, &'static str)])| {
        // The patterns above are sound; a test sees to it.
        Reader::new(&field_type(ty, options)).ok().map(|reader| (Kind::Typed(ty, options), reader))
    };
    Kinds { typed: TYPES.into_iter().filter_map(ready).collect() }
});

impl Kinds {
    /// The kinds that are tried.
    pub fn shared() -> &'static Self {
        &SHARED
    }

    /// Number of kinds.
    pub fn len() -> usize {
        TYPES.len() + IDENTIFIERS.len() + 4
    }

    /// The kind of a number below [`Kinds::len`].
    pub fn kind(number: usize) -> Option<Kind> {
        let after = number.checked_sub(TYPES.len());
        match (after, after.and_then(|n| n.checked_sub(IDENTIFIERS.len()))) {
            (None, _) => TYPES.get(number).map(|(ty, options)| Kind::Typed(ty, options)),
            (Some(n), None) => IDENTIFIERS.get(n).map(|(word, _)| Kind::Identifier(word)),
            (_, Some(n)) => [Kind::Telephone, Kind::Forename, Kind::Surname, Kind::Address].get(n).copied(),
        }
    }

    /// Tells the numbers of all kinds that a text is of.
    pub fn each(&self, text: &str, mut is: impl FnMut(usize)) {
        for (i, (_, reader)) in self.typed.iter().enumerate() {
            if reader.read(text).is_some() {
                is(i);
            }
        }
        for (i, (_, kind)) in IDENTIFIERS.iter().enumerate() {
            if identifiers::check(*kind, text).is_ok() {
                is(TYPES.len() + i);
            }
        }
        let people =
            [people::is_telephone(text), people::is_forename(text), people::is_surname(text), people::is_address(text)];
        for (i, _) in people.iter().enumerate().filter(|(_, yes)| **yes) {
            is(TYPES.len() + IDENTIFIERS.len() + i);
        }
    }
}

/// Whether a label is what no header holds and many a record does: a NIR, a day, a telephone number, an e-mail address.
pub(super) fn is_of_a_record(label: &str) -> bool {
    let mut is = false;
    Kinds::shared().each(label, |number| {
        is |= match Kinds::kind(number) {
            Some(Kind::Typed("date" | "datetime", _) | Kind::Identifier("nir") | Kind::Telephone) => true,
            Some(Kind::Typed(_, options)) => options.contains(&("format", "email")),
            _ => false,
        };
    });
    is
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    fn of(text: &str) -> Vec<Kind> {
        let mut found = Vec::new();
        Kinds::shared().each(text, |i| found.push(Kinds::kind(i).unwrap()));
        found
    }

    #[test]
    fn a_record_is_told_from_a_header() {
        for value in ["284058832102532", "1984-05-12", "12/05/1984", "06 39 98 12 34", "jeanne@exemple.fr"] {
            assert!(is_of_a_record(value), "{value}");
        }
        for label in ["matricule_ins", "sexe", "2025", "taux_2025", "Né(e) le", "n° tél.", ""] {
            assert!(!is_of_a_record(label), "{label}");
        }
    }

    #[test]
    fn every_form_can_be_tried_and_has_a_number() {
        assert_eq!(Kinds::shared().typed.len(), TYPES.len());
        let all: Vec<Kind> = (0..Kinds::len()).map(|i| Kinds::kind(i).unwrap()).collect();
        assert!(Kinds::kind(Kinds::len()).is_none());
        assert!((0..all.len()).all(|i| !all[..i].contains(&all[i])));
    }

    #[test]
    fn texts_are_of_the_kinds_that_they_look_like() {
        assert!(of("25/02/2026").contains(&Kind::Typed("date", &[("format", "%d/%m/%Y")])));
        assert!(of("12,5").contains(&Kind::Typed("number", &[("decimalChar", ",")])));
        assert!(of("255069900500188").contains(&Kind::Typed("integer", &[])));
        assert!(of("06 39 98 12 34").contains(&Kind::Telephone));
        assert!(of("Marie").contains(&Kind::Forename) && of("MARTIN").contains(&Kind::Surname));
        assert!(of("12 bis rue des Lilas").contains(&Kind::Address));
        assert_eq!(of("ni l'un ni l'autre"), []);
    }
}
