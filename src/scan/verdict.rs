//! What was found in one column, and whether it is a leak.

use hashbrown::HashMap;

use super::candidates::Kind;
use super::chance;
use super::collect::Tally;
use super::report::Class;
use super::scanner::How;

/// Distinct texts from which a column can be told to be one of names.
const TELLING: u64 = 10;

/// Candidates and hits of one column.
#[derive(Default)]
pub(super) struct Found {
    /// Distinct candidates with digits, by their bits.
    numbers: HashMap<u8, u64>,
    bare_telephones: u64,
    /// Distinct whole cells.
    wholes: u64,
    identifiers: HashMap<u8, u64>,
    telephones: u64,
    bare_telephone_hits: u64,
    emails: u64,
    names: u64,
    whole_names: u64,
    texts: u64,
    /// The texts that hold them.
    full_names: Vec<u64>,
    addresses: Vec<u64>,
    /// Numbers with the form of a NIR: with the right key, with another.
    nir: (u64, u64),
}

impl Found {
    /// Counts a candidate that is new to the column.
    pub fn candidate(&mut self, kind: Kind, bits: u8, whole: bool) {
        match kind {
            Kind::Any => *self.numbers.entry(bits).or_default() += 1,
            Kind::BareTelephone => self.bare_telephones += 1,
            Kind::Words | Kind::Telephone => {}
        }
        self.wholes += u64::from(whole && kind != Kind::BareTelephone);
    }

    /// Counts a number that has the form of a NIR.
    pub fn nir(&mut self, key_is_right: bool) {
        let (right, wrong) = &mut self.nir;
        *if key_is_right { right } else { wrong } += 1;
    }

    /// Counts a stripped value.
    pub fn hit(&mut self, class: Class, kind: Kind, bits: u8, whole: bool, text: u64) {
        if !class.fits(kind) {
            return;
        }
        match class {
            Class::Identifier => *self.identifiers.entry(bits).or_default() += 1,
            Class::Telephone if kind == Kind::BareTelephone => self.bare_telephone_hits += 1,
            Class::Telephone => self.telephones += 1,
            Class::Email => self.emails += 1,
            Class::FullName => self.full_names.push(text),
            Class::Name => {
                self.names += 1;
                self.whole_names += u64::from(whole);
            }
            Class::Address => self.addresses.push(text),
            Class::Text => self.texts += u64::from(whole),
        }
    }

    /// Hits by class, and whether they are a leak. `shared` tells of a text whether so many persons have it that it is
    /// nobody's.
    pub fn judge(&self, how: How, tally: &Tally, shared: impl Fn(&u64) -> bool) -> Vec<(Class, u64, bool)> {
        let mut hits = Vec::new();
        let (leaked, by_chance) = self.identifiers(how, tally);
        hits.push((Class::Identifier, leaked, true));
        hits.push((Class::Identifier, by_chance, false));
        hits.push((Class::Telephone, self.telephones, true));
        let telephones = tally.searched[Class::Telephone as usize];
        let bits = super::normal::bits(9, 0);
        let told = chance::tells(self.bare_telephone_hits, self.bare_telephones, telephones, bits);
        hits.push((Class::Telephone, self.bare_telephone_hits, told));
        hits.push((Class::Email, self.emails, true));
        // Words stand in columns of text; codes and numbers that are somebody's name are none.
        if matches!(how, How::Text | How::Pseudonyms) {
            for (class, texts) in [(Class::FullName, &self.full_names), (Class::Address, &self.addresses)] {
                let common = texts.iter().filter(|t| shared(t)).count() as u64;
                hits.push((class, texts.len() as u64 - common, true));
                hits.push((class, common, false));
            }
            let column_of_names = self.wholes >= TELLING && self.whole_names * 5 >= self.wholes * 4;
            hits.push((Class::Name, self.names, column_of_names));
            hits.push((Class::Text, self.texts, false));
        }
        hits.retain(|(_, count, _)| *count > 0);
        hits
    }

    /// Identifiers that leaked, and those that stand there by chance. Of numbers with the form of a NIR one in 97 has the key
    /// by chance: where nearly all have another, the column holds numbers of another kind.
    fn identifiers(&self, how: How, tally: &Tally) -> (u64, u64) {
        let (mut leaked, mut by_chance) = (0, 0);
        for (&bits, &count) in &self.identifiers {
            let values = self.numbers.get(&bits).copied().unwrap_or(count).max(count);
            let stripped = tally.identifiers[usize::from(bits)];
            *if chance::tells(count, values, stripped, bits) { &mut leaked } else { &mut by_chance } += count;
        }
        let (right, wrong) = self.nir;
        let share = if matches!(how, How::Text | How::Pseudonyms) { 10 } else { 2 };
        // The same number may be among the stripped ones and have been counted.
        let told = right > 0 && right * share >= right + wrong;
        if told { (leaked.max(right), by_chance) } else { (leaked, by_chance.max(right)) }
    }
}

impl Class {
    /// Whether a candidate can be of this class.
    fn fits(self, kind: Kind) -> bool {
        match kind {
            Kind::Words | Kind::Any => self != Self::Telephone,
            Kind::Telephone | Kind::BareTelephone => self == Self::Telephone,
        }
    }
}
