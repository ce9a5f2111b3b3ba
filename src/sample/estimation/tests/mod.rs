#![allow(clippy::unwrap_used)]

mod against_r;
mod domains;
mod exhaustive;
mod intervals;

use std::collections::HashMap;

use super::*;

/// Figures made by benches/r/estimation.R: value, standard error, degrees of freedom, limits.
fn reference(name: &str) -> [f64; 5] {
    let lines = include_str!("../../../../tests/vectors/sample/estimates.txt").lines();
    let mut fields = lines.map(str::split_whitespace).find(|fields| fields.clone().next() == Some(name)).unwrap();
    fields.next();
    let number = |field: &str| if field == "NA" { f64::NAN } else { field.parse().unwrap() };
    fields.map(number).collect::<Vec<f64>>().try_into().unwrap()
}

/// A table made by one of the scripts.
struct Table(HashMap<String, Vec<f64>>);

impl Table {
    fn read(text: &str) -> Self {
        let mut lines = text.lines().skip(1);
        let names: Vec<&str> = lines.next().unwrap().split(',').collect();
        let rows: Vec<Vec<f64>> =
            lines.map(|line| line.split(',').map(|field| field.parse().unwrap()).collect()).collect();
        let column = |at: usize| rows.iter().map(|row| row[at]).collect();
        Self(names.iter().enumerate().map(|(at, name)| ((*name).to_owned(), column(at))).collect())
    }

    fn len(&self) -> usize {
        self.0.values().next().unwrap().len()
    }

    fn column(&self, name: &str) -> &[f64] {
        &self.0[name]
    }

    fn code(&self, name: &str, row: usize) -> u32 {
        self.column(name)[row] as u32
    }

    /// The units that a condition picks, with values of a numerator and a denominator.
    fn domain(&self, picks: impl Fn(usize) -> bool, y: impl Fn(usize) -> f64, x: impl Fn(usize) -> f64) -> Vec<Entry> {
        let entry = |row: usize| Entry { unit: row as u32, y: y(row), x: x(row) };
        (0..self.len()).filter(|&row| picks(row)).map(entry).collect()
    }
}

fn apistrat() -> Table {
    Table::read(include_str!("../../../../tests/vectors/sample/apistrat.csv"))
}

fn apiclus1() -> Table {
    Table::read(include_str!("../../../../tests/vectors/sample/apiclus1.csv"))
}

fn apiclus2() -> Table {
    Table::read(include_str!("../../../../tests/vectors/sample/apiclus2.csv"))
}

/// Units of a stratified sample of schools: the size of a stratum over that of the frame.
fn stratified(table: &Table) -> Vec<Unit> {
    let drawn = |row| table.column("stype").iter().filter(|&&stype| stype == table.column("stype")[row]).count() as f64;
    (0..table.len())
        .map(|row| Unit::single(table.code("stype", row), row as u32, drawn(row) / table.column("fpc")[row]))
        .collect()
}

/// Fifteen districts of 757, whole. The weights of R's data are not the inverse of the rate.
fn clusters(table: &Table) -> Vec<Unit> {
    let unit = |row| Unit {
        stratum: 0,
        cluster: table.code("dnum", row),
        inclusion: 15.0 / table.column("fpc")[row],
        within: 1.0,
        weight: table.column("pw")[row],
    };
    (0..table.len()).map(unit).collect()
}

/// Forty districts of 757, and up to five schools of each.
fn two_stages(table: &Table) -> Vec<Unit> {
    let unit = |row| {
        let district = table.column("dnum")[row];
        let drawn = table.column("dnum").iter().filter(|&&number| number == district).count() as f64;
        let (inclusion, within) = (40.0 / table.column("fpc1")[row], drawn / table.column("fpc2")[row]);
        Unit { stratum: 0, cluster: district as u32, inclusion, within, weight: 1.0 / (inclusion * within) }
    };
    (0..table.len()).map(unit).collect()
}

fn assert_close(what: &str, found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-8 * expected.abs(), "{what}: {found} for {expected}");
}

/// Value, standard error, and if the reference has them degrees of freedom and limits.
fn assert_estimate(name: &str, estimate: Estimate, limits: Option<(f64, f64)>) {
    let [value, error, degrees, low, high] = reference(name);
    assert_close(name, estimate.value, value);
    assert_close(name, estimate.standard_error.unwrap(), error);
    if !degrees.is_nan() {
        let (found_low, found_high) = limits.unwrap();
        assert_eq!(estimate.degrees as f64, degrees, "{name}");
        assert_close(name, found_low, low);
        assert_close(name, found_high, high);
    }
}
