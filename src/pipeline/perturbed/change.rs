//! Changes the counts of linked tables, wherever they come from.

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::amounts::{Amounts, ChangedSums};
use super::error::PerturbError;
use super::method::{Method, loss, loss_json, mechanism};
use crate::config::RoundTo;
use crate::keys::PerturbationKey;
use crate::ledger;
use crate::pipeline::earlier::{Before, Limits, Recorded};
use crate::protect::perturb::budget::Entry;
use crate::protect::perturb::cell_key::KeyedCount;
use crate::protect::perturb::controlled::{self, Published};
use crate::protect::perturb::deviation;
use crate::protect::perturb::keyed::{WordKey, Words};
use crate::protect::perturb::narrow::Sum;
use crate::protect::perturb::rounding::{self, Ties};
use crate::protect::tables::System;

/// Cells of linked tables. All lists but the sums go by the cells, in canonical order.
#[derive(Default)]
pub(in crate::pipeline) struct Counts {
    /// What tables they are, for the names of releases and the digests of noise.
    pub label: String,
    pub counts: Vec<u64>,
    /// Sums of record keys; empty where cells have none.
    pub keys: Vec<u64>,
    /// Columns and codes of each cell, without those that are totalled.
    pub names: Vec<Vec<(String, String)>>,
    /// Whether some table shows it.
    pub shown: Vec<bool>,
    /// Whether outsiders know it anyway.
    pub known: Vec<bool>,
    /// As many persons of it are seen otherwise, in rows.
    pub seen: Vec<u64>,
    /// Cells that are totals of others.
    pub sums: Vec<Sum>,
    /// In how many shown cells a person can be, at most: one of each shape, or as many as somebody answers for.
    pub shapes: u32,
    /// Counts under it are of few persons.
    pub threshold: u64,
    /// Between which limits everybody knows counts to lie by earlier releases; empty where there are none.
    pub before: Vec<(u64, u64)>,
    /// Whether the counts themselves are in no table: only sums are.
    pub hidden: bool,
    /// Sums of columns.
    pub amounts: Vec<Amounts>,
}

/// What becomes of them.
pub(in crate::pipeline) struct Changed {
    /// For each cell what is published of it; `None` where it stands in no table.
    pub values: Vec<Option<i64>>,
    /// For each published cell between which limits its number leaves the count.
    pub limits: Vec<Option<(u64, u64)>>,
    /// What becomes of the sums, in their order.
    pub sums: Vec<ChangedSums>,
    /// How good they are, for the sender alone.
    pub effect: Value,
}

impl Counts {
    /// What names these counts under a method: other counts, cells or parameters have another name.
    pub fn digest(&self, perturb: &Value) -> [u8; 32] {
        let mut hash = Sha256::new();
        let mut field = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        field(self.label.as_bytes());
        field(perturb.to_string().as_bytes());
        // How wide the noise is follows from them.
        field(&self.shapes.to_be_bytes());
        for (cell, names) in self.names.iter().enumerate() {
            field(&[u8::from(self.shown[cell])]);
            field(&(names.len() as u64).to_be_bytes());
            for (column, code) in names {
                field(column.as_bytes());
                field(code.as_bytes());
            }
            field(&self.counts[cell].to_be_bytes());
            for amounts in &self.amounts {
                field(&amounts.cells[cell].sum.to_be_bytes());
                field(&amounts.persons.as_ref().map_or(0, |persons| persons.counts[cell]).to_be_bytes());
            }
        }
        hash.finalize().into()
    }

    /// What a release of these counts with noise costs, under its name, with a digest that no other counts, parameters or key give.
    pub fn entry(&self, method: &Method, (perturb, key): (&Value, &PerturbationKey)) -> Result<Entry, PerturbError> {
        let Method::Noise(noise) = method else { return Err(PerturbError::NoLoss) };
        let loss = loss(noise)?;
        let release = format!("{}/{}", self.label, noise.release);
        let counts = format!("{:032x}", key.release(&self.digest(perturb)));
        let mechanism = format!(
            "{} over {} cells per person: {}",
            perturb["kind"].as_str().unwrap_or("noise"),
            self.shapes,
            loss_json(loss)
        );
        Ok(Entry { release, counts, mechanism, loss })
    }

    /// Takes in what earlier releases tell of these counts.
    ///
    /// # Errors
    /// [`PerturbError::DrawnAgain`] where they changed the same counts by another draw.
    pub fn after(
        &mut self,
        before: &Before,
        recorded: &Recorded,
        relations: &[(u32, Vec<u32>)],
        changed: &ledger::Changed,
    ) -> Result<(), PerturbError> {
        let limits = Limits::of_all(before, recorded, relations, (&self.counts, &self.shown, changed));
        if limits.drawn_again > 0 {
            return Err(PerturbError::DrawnAgain { cells: limits.drawn_again });
        }
        self.before = limits.within;
        Ok(())
    }

    /// Moves the sums of record keys all together: each is as uniform as it was, and changes its count by another draw.
    pub fn draw_again(&mut self, key: &PerturbationKey) {
        let by = key.record(b"all cells");
        let of_values = self.amounts.iter_mut().filter_map(|amounts| amounts.persons.as_mut());
        for keys in of_values.map(|persons| &mut persons.keys).chain([&mut self.keys]) {
            keys.iter_mut().for_each(|sum| *sum = sum.wrapping_add(by));
        }
    }

    /// Changes every shown count. What a method draws depends on the key, and for roundings on the cell and its own count, so that
    /// an unchanged count stays as it is whatever the table and whatever else changed; for cell keys on who is in it; for noise
    /// on the release and all counts.
    ///
    /// # Errors
    /// [`PerturbError`]; [`PerturbError::Found`] where counts of few persons would follow.
    pub fn change(
        &self,
        method: &Method,
        perturb: &Value,
        key: Option<&PerturbationKey>,
    ) -> Result<Changed, PerturbError> {
        let kept = || key.ok_or(PerturbError::KeyNeeded);
        let words = |purpose: &str| kept().map(|key| WordKey::new(&key.words(purpose), "cells"));
        let cells = 0..self.counts.len();
        let mut noisy_sums = None;
        let published: Vec<Option<i64>> = match method {
            Method::Rounding(base, RoundTo::Nearest) => {
                let nearest = |cell: usize| rounding::nearest(self.counts[cell], *base, Ties::Up);
                self.each(|cell| Ok(nearest(cell)?))?
            }
            Method::Rounding(base, RoundTo::Random) => {
                let words = words("random rounding")?;
                self.each(|cell| Ok(rounding::random(self.counts[cell], *base, self.words(&words, cell))?))?
            }
            Method::Controlled(base) => {
                let words = words("controlled rounding")?;
                self.controlled(*base, |cell| self.words(&words, cell).word())?
            }
            Method::CellKey(table) => {
                if self.keys.len() != self.counts.len() {
                    return Err(PerturbError::KeyNeeded);
                }
                self.each(|cell| Ok(KeyedCount::new(self.counts[cell], self.keys[cell]).perturbed(table)))?
            }
            Method::Noise(noise) => {
                let mut stream = ChaCha20Rng::from_seed(*kept()?.seed("noise", &self.digest(perturb)));
                let shown: Vec<usize> = cells.clone().filter(|cell| self.shown[*cell]).collect();
                let exact: Vec<u64> = shown.iter().map(|cell| self.counts[*cell]).collect();
                // Numbers that no table shows are not drawn: nothing is lost by them.
                let noisy = match self.hidden {
                    true => vec![0; exact.len()],
                    false => mechanism(noise, (self.shapes, self.layers()))?.perturb(&exact, &mut stream)?,
                };
                noisy_sums = Some(self.noise_of_sums(noise, &mut stream)?);
                let mut values = vec![None; self.counts.len()];
                shown.into_iter().zip(noisy).for_each(|(cell, value)| values[cell] = Some(value));
                values
            }
        };
        let limits = self.limits(method, &published);
        // Numbers that no table shows tell no more than that somebody is there.
        let narrowest = self.narrowest(method, limits.as_deref().filter(|_| !self.hidden))?;
        let shown = || cells.clone().filter(|cell| self.shown[*cell]);
        let exact: Vec<u64> = shown().map(|cell| self.counts[cell]).collect();
        let after: Vec<i64> = shown().map(|cell| published[cell].unwrap_or(0)).collect();
        let report = deviation(&exact, &after);
        // Nobody in a cell and a count that became 0 look the same; noise shows every cell.
        let is_noise = matches!(method, Method::Noise(_));
        let values: Vec<Option<i64>> =
            published.into_iter().map(|value| value.filter(|value| is_noise || *value != 0)).collect();
        let stands: Vec<bool> = values.iter().map(Option::is_some).collect();
        let sums = match noisy_sums {
            Some(sums) => sums,
            None => self.change_sums(method, perturb, (key, &stands))?,
        };
        let told = |cell: usize| limits.as_ref().map_or((0, u64::MAX), |limits| limits[cell]);
        let limits = values.iter().enumerate().map(|(cell, value)| value.map(|_| told(cell))).collect();
        let mut effect = json!({
            "cells": report.cells,
            "changed": report.changed,
            "mean_absolute_change": report.mean(),
            "largest_absolute_change": report.most,
            "hellinger_utility": report.hellinger_utility,
            "narrowest_interval_of_a_count_of_few": narrowest,
        });
        if !sums.is_empty() {
            effect["sums"] = sums.iter().map(|sums| sums.effect.clone()).collect();
        }
        Ok(Changed { values, limits, sums, effect })
    }

    /// The words of a cell and its count.
    fn words(&self, key: &WordKey, cell: usize) -> Words {
        let pairs: Vec<(&str, &str)> =
            self.names[cell].iter().map(|(column, code)| (column.as_str(), code.as_str())).collect();
        key.cell_words(&pairs, self.counts[cell])
    }

    /// Changes every shown cell by itself.
    fn each(&self, value: impl Fn(usize) -> Result<u64, PerturbError>) -> Result<Vec<Option<i64>>, PerturbError> {
        let one = |cell: usize| if self.shown[cell] { signed(value(cell)?).map(Some) } else { Ok(None) };
        (0..self.counts.len()).map(one).collect()
    }

    fn controlled(&self, base: u64, tie: impl Fn(usize) -> u64) -> Result<Vec<Option<i64>>, PerturbError> {
        let relations = self.sums.iter().map(|sum| (sum.total, sum.parts.clone()));
        let system = System::new(self.counts.len(), relations)?;
        let (published, inner, shown) = Published::of_system(&system, |cell| self.shown[cell as usize])?;
        let counts: Vec<u64> = inner.iter().map(|cell| self.counts[*cell as usize]).collect();
        let ties: Vec<u64> = inner.iter().map(|cell| tie(*cell as usize)).collect();
        let rounded = controlled::round(&counts, &published, base, &ties)?;
        let mut values = vec![None; self.counts.len()];
        for (cell, value) in shown.iter().zip(&rounded.published) {
            if self.shown[*cell as usize] {
                values[*cell as usize] = Some(signed(*value)?);
            }
        }
        Ok(values)
    }
}

fn signed(value: u64) -> Result<i64, PerturbError> {
    i64::try_from(value).map_err(|_| rounding::RoundingError::TooLarge.into())
}
