//! What of a cell could be a stripped value: the whole, its words, runs of words, groups of digits, telephone numbers.

use super::normal::{bits, canonical, fold, push, telephone};

/// Words that are put side by side: compound names and particles are several words here.
const RUN: usize = 6;
/// The same where the run starts with a number (an address, a number in groups) or holds an `@`.
const LONG_RUN: usize = 12;
/// Longest normal form of a run, in bytes.
const LONGEST: usize = 128;
/// Longest gap within a run of words, in characters: `, `.
const GAP: u32 = 3;

/// Something that may be a stripped value.
pub(super) struct Candidate<'a> {
    /// Normal form; of a telephone number, country code and number.
    pub normal: &'a [u8],
    /// Bits by which it differs from others of its shape.
    pub bits: u8,
    /// Whether it is the whole cell.
    pub whole: bool,
    pub kind: Kind,
}

/// What a candidate is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// All but telephone numbers; neither a digit nor an `@`, so words only.
    Words,
    /// All but telephone numbers.
    Any,
    /// Telephone numbers: it is written as one.
    Telephone,
    /// Telephone numbers, though any number could look so.
    BareTelephone,
}

/// What stands before a word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Gap {
    /// Characters.
    length: u32,
    last: char,
}

impl Gap {
    /// One of the characters that stand within a number.
    fn joins_digits(self) -> bool {
        self.length == 1 && matches!(self.last, ' ' | '.' | '-' | '/' | '_')
    }
}

#[derive(Clone, Copy)]
struct Token {
    start: usize,
    end: usize,
    digits: u32,
    letters: u32,
    gap: Gap,
}

impl Token {
    fn is_number(&self) -> bool {
        self.letters == 0
    }
}

/// Memory for cutting texts. No `Debug`.
#[derive(Default)]
pub(super) struct Cutter {
    /// Letters and digits of the text, one behind the other: its normal form.
    packed: Vec<u8>,
    tokens: Vec<Token>,
    /// Whether it holds an `@`.
    at: bool,
}

impl Cutter {
    /// Cuts a text. Afterwards the candidates of [`Cutter::words`] and [`Cutter::whole`] are those of this text.
    pub fn cut(&mut self, text: &str) {
        let Self { packed, tokens, at } = self;
        *at = text.contains('@');
        packed.clear();
        tokens.clear();
        let mut gap = Gap::default();
        let mut inside = false;
        for c in text.chars() {
            fold(c, |c| {
                if !c.is_alphanumeric() {
                    gap = Gap { length: if inside { 1 } else { gap.length + 1 }, last: c };
                    inside = false;
                    return;
                }
                if !inside {
                    inside = true;
                    tokens.push(Token { start: packed.len(), end: 0, digits: 0, letters: 0, gap });
                }
                push(packed, c);
                if let Some(token) = tokens.last_mut() {
                    token.end = packed.len();
                    *if c.is_ascii_digit() { &mut token.digits } else { &mut token.letters } += 1;
                }
            });
        }
    }

    /// The cell as a whole, for columns of codes.
    pub fn whole(&self, emit: &mut impl FnMut(Candidate<'_>)) {
        let (digits, letters) = self.tokens.iter().fold((0, 0), |(d, l), t| (d + t.digits, l + t.letters));
        let kind = if digits == 0 && !self.at { Kind::Words } else { Kind::Any };
        if self.packed.len() >= 4 {
            emit(Candidate { normal: &self.packed, bits: bits(digits, letters), whole: true, kind });
        }
        if letters == 0 && digits > 0 {
            self.telephones_from(0, true, emit);
        }
    }

    /// Everything in the cell, for columns of text.
    pub fn words(&self, emit: &mut impl FnMut(Candidate<'_>)) {
        self.whole(emit);
        for first in 0..self.tokens.len() {
            self.runs_from(first, emit);
            if self.tokens[first].is_number() {
                self.telephones_from(first, false, emit);
            }
            self.pieces(self.tokens[first], emit);
        }
    }

    fn runs_from(&self, first: usize, emit: &mut impl FnMut(Candidate<'_>)) {
        let tokens = &self.tokens[first..];
        let start = tokens[0].start;
        let mut limit = if tokens[0].digits > 0 { LONG_RUN } else { RUN };
        let (mut digits, mut letters, mut numbers) = (0, 0, true);
        for (i, token) in tokens.iter().enumerate() {
            if i > 0 {
                if token.gap.last == '@' {
                    limit = LONG_RUN;
                }
                let apart = token.gap.length > GAP || (numbers && token.is_number() && !token.gap.joins_digits());
                if i >= limit || apart {
                    break;
                }
            }
            numbers &= token.is_number();
            digits += token.digits;
            letters += token.letters;
            let normal = &self.packed[start..token.end];
            if normal.len() > LONGEST {
                break;
            }
            let kind = if digits == 0 { Kind::Words } else { Kind::Any };
            let whole = normal.len() == self.packed.len();
            if !whole && normal.len() >= if digits == 0 { 4 } else { 6 } {
                emit(Candidate { normal, bits: bits(digits, letters), whole, kind });
            }
        }
    }

    /// Letters and digits that are glued together, apart: `tel0639986255`.
    fn pieces(&self, token: Token, emit: &mut impl FnMut(Candidate<'_>)) {
        if token.digits == 0 || token.letters == 0 {
            return;
        }
        let text = &self.packed[token.start..token.end];
        for piece in text.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit()) {
            let length = piece.len() as u32;
            if !piece[0].is_ascii_digit() {
                if piece.len() >= 4 {
                    emit(Candidate { normal: piece, bits: bits(0, length), whole: false, kind: Kind::Words });
                }
            } else if piece.len() >= 6 {
                emit(Candidate { normal: piece, bits: bits(length, 0), whole: false, kind: Kind::Any });
                emit_telephone(piece, false, false, emit);
            }
        }
    }

    /// Telephone numbers that start with a word. Written with `+` or `00`, groups may be any; else they are pairs, or all
    /// the groups that stand together with one separator.
    fn telephones_from(&self, first: usize, bare: bool, emit: &mut impl FnMut(Candidate<'_>)) {
        let tokens = &self.tokens[first..];
        let start = tokens[0].start;
        let plus = tokens[0].gap.last == '+';
        let abroad = plus || self.packed[start..].starts_with(b"00");
        let separator = tokens.get(1).map(|t| t.gap);
        let joined = |t: &Token| {
            t.is_number() && if abroad { t.gap.length <= 2 } else { t.gap.joins_digits() && Some(t.gap) == separator }
        };
        let mut pairs = true;
        for (i, token) in tokens.iter().enumerate() {
            if i > 0 && !joined(token) {
                break;
            }
            pairs &= token.end - token.start == 2;
            let digits = &self.packed[start..token.end];
            if digits.len() > 17 {
                break;
            }
            let follows = tokens.get(i + 1).is_some_and(joined);
            let precedes = first > 0 && i > 0 && self.tokens[first - 1].is_number() && Some(tokens[0].gap) == separator;
            if abroad || pairs || i == 0 || (!follows && !precedes) {
                emit_telephone(digits, plus, bare && !follows, emit);
            }
        }
    }
}

/// A number as telephone number, if it reads as one. `bare`: also without a sign of it.
fn emit_telephone(digits: &[u8], plus: bool, bare: bool, emit: &mut impl FnMut(Candidate<'_>)) {
    let mut number = [0; 17];
    if let Some(normal) = telephone(digits, plus, &mut number) {
        emit(Candidate { normal, bits: bits(normal.len() as u32, 0), whole: false, kind: Kind::Telephone });
    } else if bare {
        bare_telephone(digits, emit);
    }
}

/// A number that lost its nought or its `+`.
fn bare_telephone(digits: &[u8], emit: &mut impl FnMut(Candidate<'_>)) {
    let mut number = [0; 17];
    let normal = match digits {
        [b'3', b'3', rest @ ..] if rest.len() == 9 => canonical(b"33", rest, &mut number),
        rest if rest.len() == 9 => canonical(b"33", rest, &mut number),
        _ => None,
    };
    if let Some(normal) = normal {
        emit(Candidate { normal, bits: bits(9, 0), whole: true, kind: Kind::BareTelephone });
    }
}

/// Candidates of a number in a typed column, by its digits.
pub(super) fn of_number(digits: &[u8], emit: &mut impl FnMut(Candidate<'_>)) {
    emit(Candidate { normal: digits, bits: bits(digits.len() as u32, 0), whole: true, kind: Kind::Any });
    bare_telephone(digits, emit);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, kinds: &[Kind]) -> Vec<String> {
        let mut cutter = Cutter::default();
        cutter.cut(text);
        let mut found = Vec::new();
        cutter.words(&mut |c| {
            if kinds.contains(&c.kind) {
                found.push(String::from_utf8_lossy(c.normal).into_owned());
            }
        });
        found
    }

    #[test]
    fn a_sentence_gives_its_words_and_runs_of_words() {
        let found = of("Revu Mme DUPONT, Marie-Ève hier.", &[Kind::Words, Kind::Any]);
        for expected in ["dupont", "dupontmarieeve", "marieeve", "hier"] {
            assert!(found.iter().any(|f| f == expected), "{expected}");
        }
    }

    #[test]
    fn digits_are_joined_across_one_separator_and_not_across_two() {
        let found = of("n° 997 032 115-05, 12", &[Kind::Any]);
        assert!(found.iter().any(|f| f == "99703211505"));
        assert!(!found.iter().any(|f| f == "9970321150512"));
        assert!(of("tel0639986255", &[Kind::Any]).iter().any(|f| f == "0639986255"));
    }

    #[test]
    fn telephone_numbers_are_read_in_pairs_alone_and_with_a_country_code() {
        for text in [
            "joindre au 06 39 98 62 55 le soir",
            "06.39.98.62.55",
            "chambre 12 06 39 98 62 55",
            "tel0639986255",
            "+33 6 39 98 62 55",
            "tél. +33 6 39 98 62 55",
            "+33 (0)6 39 98 62 55",
            "0033 639 986 255",
            "06-399-862-55",
        ] {
            assert!(
                of(text, &[Kind::Telephone]).iter().any(|f| f == "33639986255"),
                "{text}: {:?}",
                of(text, &[Kind::Telephone])
            );
        }
    }

    #[test]
    fn dates_and_measures_are_no_telephone_numbers() {
        for text in ["05/03/2026 12", "le 05/03/2026, 12 g", "639986255", "0 639 986"] {
            assert!(of(text, &[Kind::Telephone]).is_empty(), "{text}");
        }
    }

    #[test]
    fn an_address_of_a_mail_box_is_one_run() {
        let found = of("écrire à Jean-Marie.de-la-tour75@mail.example.co.fr svp", &[Kind::Any]);
        assert!(found.iter().any(|f| f == "jeanmariedelatour75mailexamplecofr"));
    }
}
