//! Step 3 for designs that look at all units of a stratum together.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;

use crate::config::{Design, Sample, SampleSize, UnequalMethod};
use crate::keys::Prn;

use super::designs::{
    self, Balanced, ConditionalPoisson, Imbalance, Inclusion, Proportional, Sampford, Selection, Stream, UnitOrder,
};
use super::estimation::Phase;
use super::places::{PlaceRows, Places};
use super::plan::{Cut, SamplePlan, Taken};
use super::sizes::Sizes;
use super::{Chance, Chances, Listing, Names, SampleError, StratumKey, Trait, clusters};

/// How far a balanced sample is from balance, one number for each variable, by stratum.
pub type Balances = Vec<(StratumKey, Vec<Imbalance>)>;

/// Draws by a design that looks at all units of a stratum together. Also tells, for a balanced sample, how far it is from the
/// balance in each stratum.
///
/// # Errors
/// [`SampleError`] where the design cannot be drawn from these units.
pub fn draw_listed(
    sample: &Sample,
    listing: &Listing,
    sizes: &Sizes,
    names: &dyn Names,
    chances: &dyn Chances,
) -> Result<(SamplePlan, Balances), SampleError> {
    if let Design::Clusters { clusters: count, within, .. } = &sample.design {
        return Ok((clusters::draw(listing, *count, *within, sizes, chances)?, Vec::new()));
    }
    let mut strata = HashMap::new();
    let mut drawn: Vec<(Prn, Chance)> = Vec::new();
    let mut balances = Vec::new();
    let mut places = Places::Single;
    for (key, units) in listing.by_stratum() {
        let (size, frame) = sizes.get(&key).ok_or(SampleError::UnknownStratum)?;
        if units.len() as u64 != frame {
            return Err(SampleError::FrameChanged { census: frame, draw: units.len() as u64 });
        }
        let stratum = OneStratum { listing, units: &units, size, name: names.stratum(&key), chances };
        let Drawn { selection, balance, places: here } = stratum.draw(&sample.design)?;
        let taken = Taken { frame, drawn: selection.units.len() as u64, cut: Cut::Nobody, overlap: None };
        for (position, inclusion) in selection.units.iter().zip(&selection.inclusion) {
            drawn.push((stratum.number(*position), Chance::of(*inclusion)));
        }
        let numbers: Vec<Prn> = selection.units.iter().map(|position| stratum.number(*position)).collect();
        places.add(&numbers, here);
        let key = StratumKey::from(key);
        if let Some(balance) = balance {
            balances.push((key.clone(), balance));
        }
        strata.insert(key, taken);
    }
    Ok((SamplePlan::listed(strata, drawn, places), balances))
}

struct OneStratum<'a> {
    listing: &'a Listing,
    /// Positions in the listing, in canonical order.
    units: &'a [u32],
    size: u64,
    name: Vec<Option<String>>,
    chances: &'a dyn Chances,
}

struct Drawn {
    selection: Selection,
    balance: Option<Vec<Imbalance>>,
    places: PlaceRows,
}

impl OneStratum<'_> {
    fn number(&self, position: u32) -> Prn {
        self.listing.numbers[self.units[position as usize] as usize]
    }

    fn draw(&self, design: &Design) -> Result<Drawn, SampleError> {
        let selection = match design {
            Design::Systematic { .. } => {
                let size = u32::try_from(self.size).map_err(|_| SampleError::TooMany)?;
                designs::systematic(self.units.len() as u32, size, &mut self.stream("systematic"))?
            }
            Design::Unequal { method, .. } => self.unequal(*method)?,
            Design::Balanced { proportional_to, .. } => return self.balanced(proportional_to.is_some()),
            Design::TwoPhase { first, second, .. } => return Ok(self.two_phases(*first, *second)),
            _ => Selection { units: Vec::new(), inclusion: Vec::new() },
        };
        Ok(Drawn { selection, balance: None, places: PlaceRows::Single })
    }

    fn stream(&self, purpose: &str) -> Stream {
        Stream::new(*self.chances.seed(purpose, &self.name))
    }

    fn sizes(&self) -> Vec<u64> {
        self.units.iter().map(|unit| self.listing.sizes[*unit as usize]).collect()
    }

    fn unequal(&self, method: UnequalMethod) -> Result<Selection, SampleError> {
        let sizes = self.sizes();
        let numbers = || self.units.iter().map(|unit| self.listing.numbers[*unit as usize].u()).collect::<Vec<u64>>();
        let mut stream = self.stream(method.keyword());
        Ok(match method {
            UnequalMethod::Poisson => designs::poisson(&sizes, self.size, &numbers())?,
            UnequalMethod::SequentialPoisson => designs::sequential_poisson(&sizes, self.size, &numbers())?,
            UnequalMethod::Pareto => designs::pareto(&sizes, self.size, &numbers())?,
            UnequalMethod::Systematic => designs::systematic_pps(&sizes, self.size, &mut stream)?,
            UnequalMethod::ConditionalPoisson => ConditionalPoisson::new(&sizes, self.size)?.draw(&mut stream)?,
            UnequalMethod::Sampford => Sampford::new(&sizes, self.size)?.draw(&mut stream)?,
            UnequalMethod::Pivotal => designs::pivotal(&sizes, self.size, UnitOrder::Random, &mut stream)?,
        })
    }

    /// The cube method. The inclusion probabilities are the first variable, so that the size is fixed; a column that is no
    /// number is balanced by each of its values.
    fn balanced(&self, by_size: bool) -> Result<Drawn, SampleError> {
        let sizes = if by_size { self.sizes() } else { vec![1; self.units.len()] };
        let shares = Proportional::new(&sizes, self.size)?;
        let inclusion: Vec<Inclusion> = sizes.iter().map(|size| shares.inclusion(*size)).collect();
        let columns = self.listing.balance.width();
        let rows = || self.units.iter().map(|unit| self.listing.balance.row(*unit as usize));
        let mut values: Vec<BTreeSet<u64>> = vec![BTreeSet::new(); columns];
        for row in rows() {
            for (seen, value) in values.iter_mut().zip(row) {
                if let Trait::Value(value) = value {
                    seen.insert(*value);
                }
            }
        }
        let width = 1 + values.iter().map(|seen| seen.len().max(1)).sum::<usize>();
        let mut x = Vec::with_capacity(width * self.units.len());
        for (row, inclusion) in rows().zip(&inclusion) {
            x.push(inclusion.value());
            for (seen, value) in values.iter().zip(row) {
                match value {
                    Trait::Number(number) => x.push(*number),
                    Trait::Value(value) => x.extend(seen.iter().map(|one| f64::from(u8::from(one == value)))),
                }
            }
        }
        let Balanced { selection, imbalance: balance, .. } =
            designs::cube(&inclusion, &x, width, UnitOrder::Random, &mut self.stream("cube"))?;
        let row = |unit: &u32| {
            let row = x.get(*unit as usize * width..).unwrap_or_default().iter().take(width);
            (0u32..).zip(row.copied()).filter(|(_, value)| *value != 0.0).collect()
        };
        let rows = selection.units.iter().map(row).collect();
        let places = PlaceRows::Balanced { width: width as u32, rows };
        Ok(Drawn { selection, balance: Some(balance), places })
    }

    /// The units with the lowest numbers, and of these, in each stratum of the second phase, those with the lowest second
    /// numbers. The conditional probabilities multiply.
    fn two_phases(&self, first: SampleSize, second: SampleSize) -> Drawn {
        let size_of = |size: SampleSize, frame: u64| match size {
            SampleSize::Rate(rate) => rate.ceil_of(frame),
            SampleSize::Size(units) => units.min(frame),
        };
        let frame = self.units.len() as u64;
        let taken = size_of(first, frame);
        // Units come in the order of their numbers.
        let of_first = &self.units[..taken as usize];
        let mut groups: BTreeMap<&[u64], Vec<(Prn, u32)>> = BTreeMap::new();
        for (position, unit) in of_first.iter().enumerate() {
            let number = self.chances.second(&self.listing.numbers[*unit as usize]);
            groups.entry(self.listing.second.row(*unit as usize)).or_default().push((number, position as u32));
        }
        let mut drawn: Vec<(u32, Inclusion, u32)> = Vec::new();
        let mut phases = Vec::with_capacity(groups.len());
        for (number, mut group) in (0u32..).zip(groups.into_values()) {
            group.sort_unstable();
            let (inside, size) = (group.len() as u64, size_of(second, group.len() as u64));
            let inclusion = Inclusion::of_product((taken, frame), (size, inside));
            phases.push(Phase { drawn: size, of: inside });
            drawn.extend(group.iter().take(size as usize).map(|(_, position)| (*position, inclusion, number)));
        }
        drawn.sort_unstable_by_key(|(position, ..)| *position);
        let of = drawn.iter().map(|(.., group)| *group).collect();
        let (units, inclusion) = drawn.into_iter().map(|(position, inclusion, _)| (position, inclusion)).unzip();
        let places = PlaceRows::Phases { first: Phase { drawn: taken, of: frame }, second: phases, of };
        Drawn { selection: Selection { units, inclusion }, balance: None, places }
    }
}
