//! Who a person is: the same for the same seed and number, in every dataset.

use super::date::{Date, month_length};
use super::draw::{Draw, Permutation, Purpose, mix, mix_below};
use super::names;
use super::places::{Commune, PLACES};
use super::row::Row;
use crate::identifiers::{Nir, finess_check_digit, rpps_check_digit};

/// Years of birth of adults: everybody of 18 to 75 within the period, and none a century apart from another.
const ADULT_YEARS: (i32, u64) = (1941, 67);
/// Years of birth of children.
const CHILD_YEARS: (i32, u64) = (2016, 10);
/// First and last day of the records. Ten years, longer than the prevention consultations have existed, so that
/// persons come into several age bands and several campaigns.
pub(super) const PERIOD: (Date, Date) = (Date::new(2016, 1, 1), Date::new(2025, 12, 31));

/// A birth date as it is known: real files hold `1950-00-00` and `1950-05-00`.
#[derive(Clone, Copy)]
pub(super) struct Birth {
    /// The day, or the one that stands for it where it is not known: the 15th of the month, 1 July of the year.
    pub(super) date: Date,
    month_known: bool,
    day_known: bool,
}

impl Birth {
    pub(super) fn write(&self, row: &mut Row) {
        row.put_padded(u64::from(self.date.year.unsigned_abs()), 4);
        row.put(b"-").put_padded(if self.month_known { u64::from(self.date.month) } else { 0 }, 2);
        row.put(b"-").put_padded(if self.day_known { u64::from(self.date.day) } else { 0 }, 2).close();
    }
}

/// What is known of a person without a single draw: enough to see whether there are records at all.
pub(super) struct Outline {
    pub(super) birth: Birth,
    pub(super) woman: bool,
    /// `I` in one of a thousand.
    pub(super) sexe: &'static str,
    pub(super) nir: Nir,
    born_in: Option<usize>,
}

impl Outline {
    /// Department rank of the birthplace; `None` abroad.
    pub(super) fn born_in(&self) -> Option<usize> {
        self.born_in
    }
}

/// The numbered populations of a seed.
pub(super) struct World {
    pub(super) seed: u64,
    adults: Permutation,
    children: Permutation,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let (all, french) = (PLACES.slots(), PLACES.french_slots());
        Self {
            seed,
            adults: PLACES.persons(all, ADULT_YEARS.1, seed, Purpose::Identity),
            children: PLACES.persons(french, CHILD_YEARS.1, seed, Purpose::Child),
        }
    }

    /// How many adults there are.
    pub(super) fn adults(&self) -> u64 {
        self.adults.size()
    }

    /// How many children there are.
    pub(super) fn children(&self) -> u64 {
        self.children.size()
    }

    /// `index` is below [`World::adults`].
    pub(super) fn adult(&self, index: u64) -> Option<Outline> {
        outline(self.adults.at(index), ADULT_YEARS, mix(self.seed ^ mix(index)))
    }

    /// `index` is below [`World::children`].
    pub(super) fn child(&self, index: u64) -> Option<Outline> {
        outline(self.children.at(index), CHILD_YEARS, mix(self.seed ^ mix(!index)))
    }
}

/// Takes a number apart into sex, month, year and birthplace. `chance` decides the day. Never `None`: a NIR built
/// from these parts is well formed.
fn outline(number: u64, (first_year, years): (i32, u64), chance: u64) -> Option<Outline> {
    let (sex, rest) = (number % 2, number / 2);
    let (month, rest) = ((rest % 12) as u8 + 1, rest / 12);
    let (year, slot) = (first_year + (rest % years) as i32, rest / years);
    let place = PLACES.birthplace(slot);
    let abroad = place.departement_rank.is_none();
    let day = 1 + mix_below(chance, u64::from(month_length(year, month))) as u8;
    // Of those born abroad, 2 % do not know the day and 1 % not even the month.
    let unknown = if abroad { mix_below(chance ^ 1, 100) } else { 100 };
    let birth = match unknown {
        0 => Birth { date: Date::new(year, 7, 1), month_known: false, day_known: false },
        1..3 => Birth { date: Date::new(year, month, 15), month_known: true, day_known: false },
        _ => Birth { date: Date::new(year, month, day), month_known: true, day_known: true },
    };
    // Codes 20–31 stand for the unknown month; they keep the numbers apart.
    let month_code = if birth.month_known { month } else { month + 19 };
    let mut code = place.code;
    if year < 1976 && code[0] == b'2' && !code[1].is_ascii_digit() {
        code[1] = b'0';
    }
    let woman = sex == 1;
    let mut body = [b'0'; 13];
    body[0] = if woman { b'2' } else { b'1' };
    put_digits(&mut body[1..3], year.unsigned_abs() as u64 % 100);
    put_digits(&mut body[3..5], u64::from(month_code));
    body[5..10].copy_from_slice(&code);
    put_digits(&mut body[10..13], place.order);
    let sexe = match (mix_below(chance ^ 2, 1_000), woman) {
        (0, _) => "I",
        (_, true) => "F",
        (_, false) => "M",
    };
    Some(Outline { birth, woman, sexe, nir: Nir::from_body(&body).ok()?, born_in: place.departement_rank })
}

fn put_digits(to: &mut [u8], mut value: u64) {
    for byte in to.iter_mut().rev() {
        *byte = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

/// A person with a name and an address.
pub(super) struct Person {
    pub(super) outline: Outline,
    pub(super) surname: String,
    pub(super) forenames: String,
    pub(super) address: String,
    pub(super) home: &'static Commune,
    pub(super) iris: u64,
    pub(super) telephone: Option<String>,
    pub(super) email: Option<String>,
    /// Their doctor's number in the department.
    pub(super) doctor: u64,
    /// Socio-professional group, `1` … `8`.
    pub(super) pcs: Option<u8>,
}

impl Person {
    pub(super) fn new(outline: Outline, seed: u64, index: u64) -> Self {
        let draw = &mut Draw::new(seed, Purpose::Identity, index);
        let year = outline.birth.date.year;
        let mut surname = names::surname(draw);
        // Half of the files write surnames in capitals.
        if draw.chance(5_000) {
            surname = surname.to_uppercase();
        }
        let forenames = names::forenames(outline.woman, year, draw);
        let home = PLACES.residence(outline.born_in, draw);
        let address = names::address(home, draw);
        let telephone = draw.chance(9_000).then(|| names::telephone(draw));
        let email = draw.chance(8_500).then(|| names::email(&forenames, &surname, draw));
        // One block for about 2,000 inhabitants would need their number; four codes a commune are enough here.
        let iris = 101 + draw.below(4);
        let doctor = draw.below(400);
        let group = draw.weighted(&[(1, 2), (2, 7), (3, 19), (4, 25), (5, 26), (6, 19), (8, 12)]);
        let pcs = draw.chance(9_700).then_some(group);
        Self { outline, surname, forenames, address, home, iris, telephone, email, doctor, pcs }
    }

    pub(super) fn write_iris(&self, row: &mut Row) {
        row.put(self.home.code.as_bytes()).put_padded(self.iris, 4).close();
    }
}

/// Writes the number of a professional of a department, in the test range 997.
pub(super) fn write_rpps(row: &mut Row, commune: &Commune, number: u64) {
    let mut body = *b"9970000000";
    put_digits(&mut body[3..6], commune.departement_rank as u64);
    put_digits(&mut body[6..], number);
    // Digits have a check digit.
    let digit = rpps_check_digit(&body).unwrap_or_default();
    row.put(&body).put_padded(u64::from(digit), 1).close();
}

/// Writes the number of an establishment of a department: department, 99 (overseas the third digit and 9), number.
pub(super) fn write_finess(row: &mut Row, commune: &Commune, number: u64) {
    let mut body = *b"00990000";
    let departement = commune.departement.as_bytes();
    body[..departement.len()].copy_from_slice(departement);
    put_digits(&mut body[4..], number);
    let mut digits = body;
    // The letter of Corsica counts as nothing here; no source lays down what it counts for.
    if digits[1].is_ascii_uppercase() {
        digits[1] = b'0';
    }
    let digit = finess_check_digit(&digits).unwrap_or_default();
    row.put(&body).put_padded(u64::from(digit), 1).close();
}

/// Writes an opaque record number: a keyed permutation of person and record, so that neither the person nor the
/// place in the file can be read from it.
pub(super) fn write_key(row: &mut Row, prefix: &[u8], ids: &Permutation, index: u64, record: u8) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let value = ids.at(index * 8 + u64::from(record));
    let mut digits = [0; 11];
    for (place, digit) in digits.iter_mut().rev().enumerate() {
        *digit = HEX[((value >> (4 * place)) & 15) as usize];
    }
    row.put(prefix).put(&digits).close();
}

/// Record numbers: 42 bits, for 2³⁹ persons of 8 records.
pub(super) fn record_ids(seed: u64, purpose: Purpose) -> Permutation {
    Permutation::new(1 << 42, seed, purpose)
}
