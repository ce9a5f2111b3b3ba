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
    /// Cells by their codes, numbered as they come.
    cells: HashMap<Codes, u32>,
    named: BTreeMap<String, (Person, BTreeMap<u32, i128>)>,
    /// Rows of which each is a contributor.
    alone: Vec<(u32, i128, Person)>,
}

impl Reading {
    /// Takes a row in. Sums beyond 128 bits cannot come of numbers of 18 digits.
    pub fn add(&mut self, codes: Codes, who: Option<&str>, units: i128, person: Person) {
        let next = self.cells.len() as u32;
        let cell = *self.cells.entry(codes).or_insert(next);
        match who {
            None => self.alone.push((cell, units, person)),
            Some(who) => {
                let (_, parts) = self.named.entry(who.to_owned()).or_insert_with(|| (person, BTreeMap::new()));
                let sum = parts.entry(cell).or_default();
                *sum = sum.saturating_add(units);
            }
        }
    }

    /// All contributions, in an order that does not depend on that of the rows.
    pub fn finish(mut self, weighted: bool, held: bool, nesting: Nesting) -> Micro {
        let mut cells: Vec<(Codes, u32)> = std::mem::take(&mut self.cells).into_iter().collect();
        cells.sort_unstable();
        let mut rank = vec![0_u32; cells.len()];
        for (at, (_, cell)) in (0_u32..).zip(&cells) {
            rank[*cell as usize] = at;
        }
        self.alone.iter_mut().for_each(|(cell, ..)| *cell = rank[*cell as usize]);
        self.alone.sort_unstable();
        let named = self.named.iter().map(|(_, (person, _))| person);
        let houses: BTreeSet<String> =
            named.chain(self.alone.iter().map(|(.., person)| person)).map(|(_, house)| house.clone()).collect();
        let houses: HashMap<String, u64> = houses.into_iter().filter(|house| !house.is_empty()).zip(1..).collect();
        let codes = cells.into_iter().map(|(codes, _)| codes).collect();
        let mut micro = Micro { weighted, held, nesting, codes, ..Micro::default() };
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
            parts.extend(of.into_iter().map(|(cell, units)| (rank[cell as usize], who, units)));
        }
        for (cell, units, person) in self.alone {
            let who = add(person, None);
            parts.push((cell, who, units));
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
    /// Codes of the finest cells, ascending.
    codes: Vec<Codes>,
    /// Cell, contributor, units; each pair of the first two once, ascending.
    parts: Vec<(u32, u32, i128)>,
}

/// What contributors contribute to one cell, each once, ascending.
pub(super) type Gathered = Vec<(u32, i128)>;

/// All cells of one shape.
pub(super) struct Shaped {
    pub cells: BTreeMap<Codes, Gathered>,
    /// For each contributor and each holding, whether it is in several cells.
    people_in_several: Vec<bool>,
    houses_in_several: BTreeSet<u64>,
}

impl Micro {
    /// Codes of the finest cells.
    pub fn finest(&self) -> &[Codes] {
        &self.codes
    }

    /// Writes the codes that follow from others into its cells.
    pub fn fill(&mut self, nesting: &Nesting, follows: &[(usize, usize)]) {
        self.codes.iter_mut().for_each(|codes| nesting.fill(codes, follows));
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

    /// Whether every contributor adds to one cell and nothing to any other.
    pub fn adds_once(&self) -> bool {
        let mut met = vec![false; self.people.len()];
        self.parts.iter().all(|(_, who, _)| !std::mem::replace(&mut met[*who as usize], true))
    }

    /// The names of the contributors with their codes; `None` for the name where a row has none.
    pub fn named(&self) -> impl Iterator<Item = (Option<&str>, &Codes)> {
        self.parts.iter().map(|(cell, who, _)| (self.name(*who), &self.codes[*cell as usize]))
    }

    /// The name of a contributor, where it has one.
    pub fn name(&self, who: u32) -> Option<&str> {
        self.people[who as usize].name.as_deref()
    }

    /// Adds contributions up over all columns but these.
    pub fn gather(&self, columns: &[usize]) -> Shaped {
        let key = |codes: &Codes| -> Codes {
            (0..codes.len()).map(|at| codes[at].clone().filter(|_| columns.contains(&at))).collect()
        };
        let keys: Vec<Codes> = self.codes.iter().map(key).collect();
        let number: BTreeMap<&Codes, u32> = keys.iter().collect::<BTreeSet<_>>().into_iter().zip(0..).collect();
        let coarse: Vec<u32> = keys.iter().map(|key| number[key]).collect();
        let mut parts: Vec<(u32, u32, i128)> =
            self.parts.iter().map(|(cell, who, units)| (coarse[*cell as usize], *who, *units)).collect();
        parts.sort_unstable_by_key(|(cell, who, _)| (*cell, *who));
        let mut gathered: Vec<Gathered> = vec![Gathered::new(); number.len()];
        for (cell, who, units) in parts {
            let people = &mut gathered[cell as usize];
            match people.last_mut().filter(|(last, _)| *last == who) {
                Some((_, sum)) => *sum = sum.saturating_add(units),
                None => people.push((who, units)),
            }
        }
        let mut people_in = vec![0_u32; self.people.len()];
        gathered.iter().flatten().for_each(|(who, _)| people_in[*who as usize] += 1);
        let people_in_several = people_in.into_iter().map(|cells| cells > 1).collect();
        let houses_in_several = if self.held { self.houses_in_several(&gathered) } else { BTreeSet::new() };
        let cells = number.into_keys().cloned().zip(gathered).collect();
        Shaped { cells, people_in_several, houses_in_several }
    }

    fn houses_in_several(&self, gathered: &[Gathered]) -> BTreeSet<u64> {
        let (mut houses, mut several) = (BTreeSet::new(), BTreeSet::new());
        for people in gathered {
            let mut here: Vec<u64> = people.iter().map(|(who, _)| self.people[*who as usize].house).collect();
            here.sort_unstable();
            here.dedup();
            several.extend(here.into_iter().filter(|house| !houses.insert(*house)));
        }
        several
    }

    /// The number of a cell, in units of 10⁻⁹; an estimate is cut off there.
    pub fn value(&self, people: &Gathered) -> Result<i128, RuleError> {
        if !self.weighted {
            let sum = people.iter().try_fold(0_i128, |sum, (_, units)| sum.checked_add(*units));
            return sum.ok_or(RuleError::TooLarge);
        }
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
        let people: Vec<(u32, i128)> = people.iter().filter(|(_, units)| !counted || *units != 0).copied().collect();
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
