//! Where people live and where they were born.

use std::sync::LazyLock;

use super::draw::{Draw, Permutation, Purpose};
use crate::identifiers::geo;

const COMMUNES: &str = include_str!("../../data/communes.csv");

/// Inhabitants behind one running number of births in a month; sets how many persons with different NIRs there are.
const INHABITANTS_PER_SLOT: u64 = 300;
/// Running numbers of a commune, a month and a sex: 001–999.
const ORDERS: u64 = 999;

/// Countries of birth (COG codes 99xxx without their 99) and their running numbers, roughly as Insee counts
/// immigrants in France.
const COUNTRIES: [(&str, u64); 34] = [
    ("352", 999),
    ("350", 960),
    ("139", 690),
    ("351", 500),
    ("127", 330),
    ("208", 300),
    ("134", 290),
    ("132", 170),
    ("109", 150),
    ("131", 170),
    ("341", 160),
    ("335", 130),
    ("326", 170),
    ("322", 130),
    ("324", 110),
    ("312", 120),
    ("333", 180),
    ("397", 90),
    ("243", 90),
    ("234", 80),
    ("216", 150),
    ("122", 110),
    ("114", 180),
    ("410", 140),
    ("416", 80),
    ("235", 70),
    ("223", 70),
    ("205", 60),
    ("140", 60),
    ("123", 100),
    ("121", 80),
    ("390", 60),
    ("330", 70),
    ("213", 60),
];

/// A commune that people live in.
pub(super) struct Commune {
    /// COG code, five characters.
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) postcode: &'static str,
    pub(super) departement: &'static str,
    /// Place of the department among those that occur.
    pub(super) departement_rank: usize,
}

/// Where a NIR says that its holder was born, and the running number there.
pub(super) struct Birthplace {
    /// Five characters: commune, or `99` and the country.
    pub(super) code: [u8; 5],
    /// 1 … 999.
    pub(super) order: u64,
    /// Department rank; `None` abroad.
    pub(super) departement_rank: Option<usize>,
}

/// All places, with running sums to draw from.
pub(super) struct Places {
    communes: Vec<Commune>,
    /// Inhabitants of a commune and of all before it.
    inhabitants: Vec<u64>,
    /// Running numbers of a commune and of all before it.
    slots: Vec<u64>,
    /// First commune of each department, and the end.
    departements: Vec<usize>,
}

/// The places of the embedded table.
pub(super) static PLACES: LazyLock<Places> = LazyLock::new(Places::read);

impl Places {
    fn read() -> Self {
        let mut places =
            Self { communes: Vec::new(), inhabitants: Vec::new(), slots: Vec::new(), departements: Vec::new() };
        let (mut inhabitants, mut slots) = (0, 0);
        for line in COMMUNES.lines().skip(1) {
            let mut cells = line.split(',');
            let mut cell = || cells.next().unwrap_or_default();
            let (code, name, postcode, population) = (cell(), cell(), cell(), cell());
            let (Some(departement), Ok(population)) = (geo::departement_of_commune(code), population.parse::<u64>())
            else {
                continue;
            };
            // The table is sorted by code, so the communes of a department stand together.
            if places.communes.last().is_none_or(|last: &Commune| last.departement != departement) {
                places.departements.push(places.communes.len());
            }
            inhabitants += population;
            slots += (population / INHABITANTS_PER_SLOT).clamp(1, ORDERS);
            let departement_rank = places.departements.len() - 1;
            places.communes.push(Commune { code, name, postcode, departement, departement_rank });
            places.inhabitants.push(inhabitants);
            places.slots.push(slots);
        }
        places.departements.push(places.communes.len());
        places
    }

    /// Running numbers of births in France.
    pub(super) fn french_slots(&self) -> u64 {
        self.slots.last().copied().unwrap_or_default()
    }

    /// Running numbers of births in France and abroad.
    pub(super) fn slots(&self) -> u64 {
        self.french_slots() + COUNTRIES.iter().map(|(_, orders)| orders).sum::<u64>()
    }

    /// The birthplace of a slot, below [`Places::slots`].
    pub(super) fn birthplace(&self, slot: u64) -> Birthplace {
        if slot < self.french_slots() {
            let place = self.slots.partition_point(|&end| end <= slot);
            let before = if place == 0 { 0 } else { self.slots[place - 1] };
            let mut code = [b'0'; 5];
            code.copy_from_slice(self.communes[place].code.as_bytes());
            let departement_rank = Some(self.communes[place].departement_rank);
            return Birthplace { code, order: slot - before + 1, departement_rank };
        }
        let mut left = slot - self.french_slots();
        let mut code = *b"99999";
        for (country, orders) in COUNTRIES {
            if left < orders {
                code[2..].copy_from_slice(country.as_bytes());
                break;
            }
            left -= orders;
        }
        Birthplace { code, order: left + 1, departement_rank: None }
    }

    /// A commune of residence by population: mostly in the department of birth, where there is one.
    pub(super) fn residence(&self, born: Option<usize>, draw: &mut Draw) -> &Commune {
        let (first, end) = match born {
            Some(rank) if draw.chance(7_200) => (self.departements[rank], self.departements[rank + 1]),
            _ => (0, self.communes.len()),
        };
        let before = if first == 0 { 0 } else { self.inhabitants[first - 1] };
        let inhabitant = before + draw.below(self.inhabitants[end - 1] - before);
        &self.communes[self.inhabitants.partition_point(|&sum| sum <= inhabitant)]
    }

    /// Numbers for persons with sexes, months and this many years of birth, every one another NIR.
    pub(super) fn persons(&self, slots: u64, years: u64, seed: u64, purpose: Purpose) -> Permutation {
        Permutation::new(2 * 12 * years * slots, seed, purpose)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_department_has_somewhere_to_live_and_the_three_cities_are_their_districts() {
        let with: HashSet<_> = PLACES.communes.iter().map(|commune| commune.departement).collect();
        let missing: Vec<_> = geo::departement_codes()
            .filter(|code| geo::region_of_departement(code).is_some() && !with.contains(code))
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
        assert!(PLACES.communes.iter().all(|commune| !["75056", "69123", "13055"].contains(&commune.code)));
        let districts = PLACES.communes.iter().filter(|commune| geo::commune_of_district(commune.code).is_some());
        assert_eq!(districts.count(), 20 + 9 + 16);
    }

    #[test]
    fn every_slot_is_another_place_and_number() {
        let mut seen = HashSet::new();
        for slot in 0..PLACES.slots() {
            let place = PLACES.birthplace(slot);
            assert!((1..=999).contains(&place.order));
            assert_ne!(&place.code, b"99999");
            assert!(seen.insert((place.code, place.order)));
        }
    }

    #[test]
    fn people_live_where_many_live() {
        let mut draw = Draw::new(5, Purpose::Order, 0);
        let mut overseas = 0;
        for _ in 0..20_000 {
            overseas += u32::from(PLACES.residence(None, &mut draw).departement.len() == 3);
        }
        // 2.2 million of the 53 million inhabitants in the table
        assert!((600..1_200).contains(&overseas), "{overseas}");
    }
}
