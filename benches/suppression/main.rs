//! How the suppression of made-up tables grows with their cells and their hierarchies.
//!
//! `cargo bench --bench suppression -- [cells] [flat2|tree2|cube3|tree3|linked] [zeros forced: yes|no] [bend] [compare]`: elimination,
//! check of its proof, attack by elimination, audit of intervals; with `compare` also Langsrud's forward method (small tables only).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

mod greedy;
mod tables;

use std::time::Instant;

use tables::build;
use tamis::protect::tables::System;
use tamis::protect::tables::audit::{self, Demand, Problem};
use tamis::protect::tables::gauss::{Cell, Options, Role, Status, Suppressor, derivable_within};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let get = |at: usize, default: &str| arguments.get(at).cloned().unwrap_or_else(|| default.to_owned());
    let size: usize = get(0, "10000").parse().expect("a number");
    let forced = get(2, "no") == "yes";
    let bend: f64 = get(3, "0.5").parse().expect("a number");
    let builder = build(&get(1, "tree3"), size, bend);
    let system = System::new(builder.count.len(), builder.relations).expect("a sound system");
    let cells: Vec<Cell> = builder
        .count
        .iter()
        .zip(&builder.person)
        .map(|(count, person)| {
            let role = match count {
                0 if forced => Role::Forced,
                1..=4 => Role::Primary,
                _ => Role::Free,
            };
            Cell { role, cost: count + 1, singleton: *person }
        })
        .collect();
    let alone = cells.iter().filter(|cell| cell.singleton.is_some()).count();
    let start = Instant::now();
    let suppressor = Suppressor::new(&system, &cells, Options::default()).expect("sound cells");
    let taken = start.elapsed();
    let outcome = suppressor.finish();
    let start = Instant::now();
    let verdict = outcome.proof.verify(&system, &outcome.statuses, &outcome.unprotected);
    let verified = start.elapsed();
    let s = outcome.statistics;
    println!(
        "{} {}: {} cells, {} sums, {} primary ({:.0} %), {alone} singletons; {:.2} s; {} secondary, {} returned, \
         {} undecided, {} unprotected, {} exposed; {} searches, {:.0} steps each; proof {verdict:?} in {:.2} s",
        get(1, "tree3"),
        size,
        system.cells(),
        system.relations(),
        s.primary,
        100.0 * s.primary as f64 / system.cells() as f64,
        taken.as_secs_f64(),
        s.secondary,
        s.returned,
        s.undecided,
        outcome.unprotected.len(),
        outcome.exposed.len(),
        s.searches,
        s.steps as f64 / s.searches.max(1) as f64,
        verified.as_secs_f64()
    );
    let start = Instant::now();
    let suppressed: Vec<bool> = outcome.statuses.iter().map(|status| *status != Status::Published).collect();
    let findings = derivable_within(&system, &suppressed, 1_000_000).expect("a flag per cell");
    println!(
        "  attack: {} derivable, {} undecided in {:.2} s",
        findings.derivable.len(),
        findings.undecided.len(),
        start.elapsed().as_secs_f64()
    );
    let start = Instant::now();
    let values: Vec<f64> = builder.count.iter().map(|count| *count as f64).collect();
    let published = suppressed.iter().map(|hidden| !hidden).collect();
    let problem = Problem::new(&system, values.clone(), published).expect("a value per cell");
    let primary = (0_u32..).zip(&cells).filter(|(_, cell)| cell.role == Role::Primary);
    let demand = |(cell, _): (u32, &Cell)| Demand { cell, low: 1.0_f64.min(values[cell as usize]), high: 4.0 };
    let demands: Vec<Demand> = primary.map(demand).collect();
    let quick = audit::Options { exact: false, ..audit::Options::default() };
    let verdicts = audit::audit(&problem, &demands, &quick).expect("a sound problem");
    let safe = verdicts.verdicts.iter().filter(|verdict| verdict.is_safe()).count();
    let taken = start.elapsed().as_secs_f64();
    println!("  audit: of {} intervals that must hold 1 to 4, {safe} do, in {taken:.2} s", demands.len());
    if get(4, "no") == "compare" {
        let bare: Vec<Cell> = cells.iter().map(|cell| Cell { singleton: None, ..*cell }).collect();
        let ours = Suppressor::new(&system, &bare, Options::default()).expect("sound cells").statistics();
        let theirs = greedy::forward(&system, &bare);
        let cost: u64 = theirs.iter().map(|cell| cells[*cell as usize].cost).sum();
        println!(
            "  without singletons: {} secondary of cost {}; forward greedy: {} of cost {cost}",
            ours.secondary,
            ours.cost,
            theirs.len()
        );
    }
}
