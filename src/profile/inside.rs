//! What seems to speak of a person within a text, such as a note that a nurse typed.

use crate::infer::{is_address, is_forename, is_surname, is_telephone};
use crate::scan::holds_nir;

/// Something that speaks of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Suspicion {
    /// A number with the form and the key of a NIR.
    Nir,
    /// A telephone number.
    Telephone,
    /// An e-mail address.
    Email,
    /// A number and a kind of street.
    Address,
    /// A forename beside a surname, or a title before a surname.
    Name,
    /// Words that come before a date of birth, and a number.
    Birth,
}

impl Suspicion {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Nir, Self::Telephone, Self::Email, Self::Address, Self::Name, Self::Birth];

    /// Its word in messages and for programs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Nir => "nir",
            Self::Telephone => "telephone",
            Self::Email => "email",
            Self::Address => "address",
            Self::Name => "name",
            Self::Birth => "birth",
        }
    }
}

/// Titles before a surname.
const TITLES: [&str; 8] = ["m", "mr", "mme", "mlle", "dr", "docteur", "monsieur", "madame"];
/// Words before a date of birth.
const BORN: [&str; 6] = ["né le", "née le", "né(e) le", "née en", "né en", "ddn"];

/// Whether each of [`Suspicion::ALL`] is in a text.
pub(super) fn look(text: &str) -> [bool; 6] {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    [
        digits >= 13 && holds_nir(text),
        digits >= 10 && telephone(text),
        text.contains('@') && text.split_whitespace().any(is_email),
        digits > 0 && text.len() >= 8 && address(text),
        name(text),
        digits > 0 && born(text),
    ]
}

/// A telephone number among the runs of characters that make one. What touches a letter is part of a code.
fn telephone(text: &str) -> bool {
    let makes = |c: char| c.is_ascii_digit() || " .-+()".contains(c);
    let mut touches = false;
    for piece in text.split_inclusive(|c: char| !makes(c)) {
        let end = piece.chars().next_back().filter(|c| !makes(*c));
        let run = piece.strip_suffix(|c: char| !makes(c)).unwrap_or(piece);
        let before = std::mem::replace(&mut touches, end.is_some_and(char::is_alphanumeric));
        let opens = before && run.starts_with(|c: char| c.is_ascii_digit());
        let closes = touches && run.ends_with(|c: char| c.is_ascii_digit());
        let run = run.trim_matches([' ', '.', '-', ')']);
        if opens || closes || run.len() < 10 {
            continue;
        }
        // A number may stand behind another, such as a date.
        if is_telephone(run) || run.match_indices(' ').any(|(at, _)| is_telephone(run[at..].trim_start())) {
            return true;
        }
    }
    false
}

fn is_email(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    let Some((local, domain)) = word.split_once('@') else { return false };
    let ends = domain.rsplit_once('.');
    !local.is_empty() && ends.is_some_and(|(name, end)| !name.is_empty() && end.chars().count() >= 2)
}

/// A number and a kind of street anywhere: at the beginning of what follows a word's end.
fn address(text: &str) -> bool {
    let starts = text.char_indices().filter(|(at, c)| {
        c.is_ascii_digit() && text[..*at].chars().next_back().is_none_or(|before| !before.is_alphanumeric())
    });
    starts.map(|(at, _)| at).any(|at| is_address(&text[at..]))
}

fn name(text: &str) -> bool {
    let words = || text.split(|c: char| c.is_whitespace() || ",;:/()".contains(c)).filter(|word| !word.is_empty());
    let is_capital = |word: &str| word.chars().next().is_some_and(char::is_uppercase) && word.chars().count() > 1;
    words().zip(words().skip(1)).any(|(first, second)| {
        let title = first.trim_end_matches('.').to_lowercase();
        let second = second.trim_end_matches(['.', '!', '?']);
        if !is_capital(second) {
            return false;
        }
        (TITLES.contains(&title.as_str()) && is_surname(second))
            || (is_capital(first)
                && ((is_forename(first) && is_surname(second)) || (is_surname(first) && is_forename(second))))
    })
}

fn born(text: &str) -> bool {
    let lower = text.to_lowercase();
    BORN.iter().any(|words| {
        lower.match_indices(words).any(|(at, _)| {
            let before = lower[..at].chars().next_back();
            let after = lower[at + words.len()..].chars().take(12);
            before.is_none_or(|c| !c.is_alphanumeric()) && after.into_iter().any(|c| c.is_ascii_digit())
        })
    })
}
