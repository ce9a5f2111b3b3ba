//! Contributions, added up by contributor in every cell: the order of rows does not matter.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::cells::Codes;
use super::decimal::ONE;
use super::nesting::Nesting;
use crate::protect::tables::rules::{
    Amount, CellFacts, Contributors, Holdings, RuleError, Sum, Tally, UnitFacts, Value, Weight,
};

/// Weight in 10⁻⁹, and holding; an empty one is the contributor's own.
type Person = (u64, String);

/// Rows, as they come.
#[derive(Default)]
pub(super) struct Reading {
    named: BTreeMap<String, (Person, BTreeMap<Codes, i128>)>,
    /// Rows of which each is a contributor.
    alone: Vec<(Codes, i128, Person)>,
}

impl Reading {
    /// Takes a row in. Sums beyond 128 bits cannot come of numbers of 18 digits.
    pub fn add(&mut self, codes: Codes, who: Option<&str>, units: i128, person: Person) {
        match who {
            None => self.alone.push((codes, units, person)),
            Some(who) => {
                let (_, parts) = self.named.entry(who.to_owned()).or_insert_with(|| (person, BTreeMap::new()));
                let sum = parts.entry(codes).or_default();
                *sum = sum.saturating_add(units);
            }
        }
    }

    /// All contributions, in an order that does not depend on that of the rows.
    pub fn finish(mut self, weighted: bool, held: bool, nesting: Nesting) -> Micro {
        self.alone.sort_unstable();
        let named = self.named.iter().map(|(_, (person, _))| person);
        let houses: BTreeSet<String> =
            named.chain(self.alone.iter().map(|(.., person)| person)).map(|(_, house)| house.clone()).collect();
        let houses: HashMap<String, u64> = houses.into_iter().filter(|house| !house.is_empty()).zip(1..).collect();
        let mut micro = Micro { weighted, held, nesting, ..Micro::default() };
        let own = houses.len() as u64 + 1;
        let mut add = |person: Person, name: Option<String>| -> u32 {
            let who = micro.people.len() as u32;
            let house = houses.get(&person.1).copied().unwrap_or(own + u64::from(who));
            micro.people.push(Somebody { weight: person.0, house, name });
            who
        };
        let mut parts = Vec::new();
        for (name, (person, of)) in self.named {
            let who = add(person, Some(name));
            parts.extend(of.into_iter().map(|(codes, units)| (codes, who, units)));
        }
        for (codes, units, person) in self.alone {
            let who = add(person, None);
            parts.push((codes, who, units));
        }
        parts.sort_unstable();
        micro.parts = parts;
        micro
    }
}

/// A contributor.
struct Somebody {
    weight: u64,
    house: u64,
    name: Option<String>,
}

/// Contributions to the finest cells.
#[derive(Default)]
pub(super) struct Micro {
    /// Whether contributors stand for others.
    pub weighted: bool,
    /// Whether holdings are told.
    pub held: bool,
    /// How codes lie under one another, of all columns that the file has.
    pub nesting: Nesting,
    people: Vec<Somebody>,
    /// Cell, contributor, units; each pair of the first two once, ascending.
    parts: Vec<(Codes, u32, i128)>,
}

/// What contributors contribute to one cell.
pub(super) type Gathered = BTreeMap<u32, i128>;

/// All cells of one shape.
pub(super) struct Shaped {
    pub cells: BTreeMap<Codes, Gathered>,
    /// For each contributor and each holding, whether it is in several cells.
    people_in_several: Vec<bool>,
    houses_in_several: BTreeSet<u64>,
}

impl Micro {
    /// Codes of the finest cells, ascending.
    pub fn finest(&self) -> BTreeSet<&Codes> {
        self.parts.iter().map(|(codes, ..)| codes).collect()
    }

    /// Writes the codes that follow from others into its cells.
    pub fn fill(&mut self, nesting: &Nesting, follows: &[(usize, usize)]) {
        self.parts.iter_mut().for_each(|(codes, ..)| nesting.fill(codes, follows));
        self.parts.sort_unstable();
    }

    /// Whether any contribution is negative.
    pub fn signed(&self) -> bool {
        self.parts.iter().any(|(_, _, units)| *units < 0)
    }

    /// Whether every contributor adds 1 to one cell and nothing to any other.
    pub fn counts_once(&self) -> bool {
        let mut met = vec![false; self.people.len()];
        let again = |who: u32| std::mem::replace(&mut met[who as usize], true);
        let mut again = again;
        self.parts.iter().all(|(_, who, units)| *units == ONE && !again(*who))
    }

    /// The names of the contributors with their codes; `None` for the name where a row has none.
    pub fn named(&self) -> impl Iterator<Item = (Option<&str>, &Codes)> {
        self.parts.iter().map(|(codes, who, _)| (self.name(*who), codes))
    }

    /// The name of a contributor, where it has one.
    pub fn name(&self, who: u32) -> Option<&str> {
        self.people[who as usize].name.as_deref()
    }

    /// Adds contributions up over all columns but these.
    pub fn gather(&self, columns: &[usize]) -> Shaped {
        let mut cells: BTreeMap<Codes, Gathered> = BTreeMap::new();
        for (codes, who, units) in &self.parts {
            let key = (0..codes.len()).map(|at| codes[at].clone().filter(|_| columns.contains(&at))).collect();
            let sum = cells.entry(key).or_default().entry(*who).or_default();
            *sum = sum.saturating_add(*units);
        }
        let mut people_in = vec![0_u32; self.people.len()];
        let (mut houses, mut houses_in_several) = (BTreeSet::new(), BTreeSet::new());
        for people in cells.values() {
            let mut here: Vec<u64> = people.keys().map(|who| self.people[*who as usize].house).collect();
            people.keys().for_each(|who| people_in[*who as usize] += 1);
            here.sort_unstable();
            here.dedup();
            houses_in_several.extend(here.into_iter().filter(|house| !houses.insert(*house)));
        }
        let people_in_several = people_in.into_iter().map(|cells| cells > 1).collect();
        Shaped { cells, people_in_several, houses_in_several }
    }

    /// The number of a cell, in units of 10⁻⁹; an estimate is cut off there.
    pub fn value(&self, people: &Gathered) -> Result<i128, RuleError> {
        let total = people.iter().try_fold(Sum::default(), |sum, (who, units)| {
            sum.plus(Sum::product(Amount::from_units(*units), self.weight(*who))?)
        })?;
        Ok(total.floor().units())
    }

    /// What rules have to know of a cell. `keep` is how many of the largest contributors they look at, and `counted` tells
    /// whether the cell is a whole number of contributors' own.
    pub fn facts(&self, shaped: &Shaped, people: &Gathered, keep: u8, counted: bool) -> Result<CellFacts, RuleError> {
        let units = self.value(people)?;
        let value = match counted {
            true => Value::Count(u64::try_from(units / ONE).map_err(|_| RuleError::TooLarge)?),
            false => Value::Amount(Amount::from_units(units)),
        };
        // Who adds nothing to a count is not in it.
        let people: Vec<(u32, i128)> =
            people.iter().filter(|(_, units)| !counted || **units != 0).map(|(who, units)| (*who, *units)).collect();
        let exclusive = people.iter().filter(|(who, _)| !shaped.people_in_several[*who as usize]).count() as u64;
        let contributions = (keep > 0).then(|| self.contributors(&people, keep)).transpose()?;
        let tally = Tally::new(people.len() as u64, exclusive)?;
        let population = people.iter().map(|(who, _)| u128::from(self.people[*who as usize].weight)).sum();
        let persons = UnitFacts { tally, population, contributions };
        let holdings = self.held.then(|| self.holdings(shaped, &people, keep)).transpose()?;
        Ok(CellFacts { value, possible: true, persons: Some(persons), holdings, manual: None })
    }

    fn weight(&self, who: u32) -> Weight {
        Weight::from_units(self.people[who as usize].weight)
    }

    fn contributors(&self, people: &[(u32, i128)], keep: u8) -> Result<Contributors, RuleError> {
        let mut all = Contributors::new(keep)?;
        for (who, units) in people {
            all.offer_sampled(Amount::from_units(*units), self.weight(*who))?;
        }
        Ok(all)
    }

    fn holdings(&self, shaped: &Shaped, people: &[(u32, i128)], keep: u8) -> Result<UnitFacts, RuleError> {
        let mut holdings = Holdings::default();
        let mut houses = BTreeSet::new();
        for (who, units) in people {
            let house = self.people[*who as usize].house;
            holdings.add(house, Amount::from_units(*units))?;
            houses.insert(house);
        }
        let exclusive = houses.iter().filter(|house| !shaped.houses_in_several.contains(house)).count() as u64;
        let count = holdings.count();
        let contributions = (keep > 0 && !self.weighted).then(|| holdings.top(keep)).transpose()?;
        let population = u128::from(count) * ONE.unsigned_abs();
        Ok(UnitFacts { tally: Tally::new(count, exclusive)?, population, contributions })
    }
}
