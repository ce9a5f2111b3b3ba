//! The masked form of a cell: how it is written, without what it says.

use std::fmt;

use crate::schema::{Field, FieldType, Role, StringFormat};

use super::Violation;

/// Characters that are shown, at most.
const LONGEST: usize = 20;
/// Letters of a word that are shown: how long a name is tells something of it.
const LETTERS: usize = 3;

/// The form of a cell, such as `99/99/9999`: every digit a 9, every letter an `a` or `A`. It never holds a character of
/// the cell but spaces and the punctuation of numbers and dates.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shape(Box<str>);

impl Shape {
    /// The form of a cell that breaks a rule; `None` where it would not explain the finding, and for free text of a column
    /// that identifies persons, where even the form may tell something.
    #[must_use]
    pub fn of(field: &Field, violation: Violation, text: &str) -> Option<Self> {
        let explains =
            matches!(violation, Violation::Type | Violation::Pattern | Violation::Enum | Violation::Identifier);
        let free_text = field.identifier.is_none() && matches!(field.ty, FieldType::String(StringFormat::Default));
        let identifies = matches!(field.role, Some(Role::DirectIdentifier | Role::SubjectIdentifier));
        (explains && !(free_text && identifies)).then(|| Self::mask(text))
    }

    /// Masks a text.
    #[must_use]
    pub fn mask(text: &str) -> Self {
        let mut shape = String::new();
        let mut word = 0;
        for (i, c) in text.chars().enumerate() {
            if i == LONGEST {
                if !shape.ends_with('…') {
                    shape.push('…');
                }
                break;
            }
            word = if c.is_alphabetic() { word + 1 } else { 0 };
            match c {
                _ if c.is_alphabetic() && word == LETTERS + 1 => shape.push('…'),
                _ if c.is_alphabetic() && word > LETTERS => {}
                _ if c.is_uppercase() => shape.push('A'),
                _ if c.is_alphabetic() => shape.push('a'),
                _ if c.is_numeric() => shape.push('9'),
                ' ' | '-' | '/' | '.' | ':' | ',' | '+' | '(' | ')' | '@' | '_' | '\'' => shape.push(c),
                _ => shape.push('·'),
            }
        }
        Self(shape.into_boxed_str())
    }

    /// The masked text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use proptest::prelude::*;

    use super::*;
    use crate::schema::TableSchema;

    #[test]
    fn a_form_shows_how_a_cell_is_written() {
        for (text, shape) in [
            ("31/12/2025", "99/99/9999"),
            ("2 84 05 88 102 532 12", "9 99 99 99 999 999 9…"),
            ("Lefèvre", "Aaa…"),
            ("abcdefghijklmnopqrstuvwxyz", "aaa…"),
            ("12,5 kg", "99,9 aa"),
            ("N/A", "A/A"),
            ("<b>\u{0}", "·a··"),
            ("", ""),
        ] {
            assert_eq!(Shape::mask(text).as_str(), shape);
        }
    }

    #[test]
    fn the_form_of_a_name_is_not_shown_and_that_of_its_identifier_is() {
        let json = r#"{"fields": [
            {"name": "nom", "tamis:role": "direct-identifier", "constraints": {"pattern": "[A-Z]+"}},
            {"name": "nir", "type": "string", "tamis:role": "subject-identifier", "tamis:identifier": "nir"},
            {"name": "jour", "type": "date"}
        ]}"#;
        let json = json.replace(r#""nom","#, r#""nom", "type": "string","#);
        let schema = TableSchema::parse(&json, "t").unwrap();
        assert_eq!(Shape::of(&schema.fields[0], Violation::Pattern, "Ab"), None);
        assert_eq!(Shape::of(&schema.fields[1], Violation::Identifier, "12A"), Some(Shape::mask("12A")));
        assert_eq!(Shape::of(&schema.fields[2], Violation::Type, "x"), Some(Shape::mask("x")));
        assert_eq!(Shape::of(&schema.fields[2], Violation::Minimum, "2020-01-01"), None);
    }

    proptest! {
        #[test]
        fn no_letter_or_digit_of_a_cell_is_in_its_form(text in "\\PC{0,40}") {
            let shape = Shape::mask(&text);
            prop_assert!(shape.as_str().chars().count() <= LONGEST + 1);
            for c in shape.as_str().chars().filter(|c| c.is_alphanumeric()) {
                prop_assert!("9aA".contains(c), "{c}");
            }
        }
    }
}
