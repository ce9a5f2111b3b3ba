//! What is told of the lines of an output.

use serde_json::{Value as Json, json};

use super::Look;
use super::bins::{Column, Label};
use super::pictures::Pictures;
use super::rounded::{distance, known, listed, shares, step};
use super::seen::Met;
use super::spread::{Lines, Spread};
use crate::config::Pipeline;

/// Lines that are told, and where each line that was counted went.
struct Told {
    labels: Vec<Label>,
    of_line: Vec<usize>,
}

impl Told {
    /// All lines of a column that was counted before, whose lines were made for that. Else those of what left alone, few of
    /// which are put together.
    fn new(column: &Column, lines: &Lines, threshold: u64) -> Self {
        let is_range = matches!(column.labels.first(), Some(Label::Range(..)));
        let persons = persons(&lines.after);
        let all = column.has_before() || is_range;
        let keep = if all { vec![true; column.len()] } else { listed(&persons, threshold) };
        let values = column.len().saturating_sub(2);
        let mut labels: Vec<Label> = Vec::new();
        let mut of_line = vec![usize::MAX; column.len()];
        for line in (0..column.len()).filter(|&line| keep[line] && line != values) {
            of_line[line] = labels.len();
            labels.push(column.labels[line].clone());
        }
        let other = labels.len();
        of_line.iter_mut().filter(|line| **line == usize::MAX).for_each(|line| *line = other);
        labels.push(Label::Other);
        Self { labels, of_line }
    }

    fn gather(&self, counts: impl IntoIterator<Item = u128>) -> Vec<u128> {
        let mut sums = vec![0; self.labels.len()];
        counts.into_iter().zip(&self.of_line).for_each(|(count, &line)| sums[line] += count);
        sums
    }
}

fn persons(lines: &[Met]) -> Vec<u64> {
    lines.iter().map(|met| met.persons).collect()
}

/// The distributions of an output.
pub(super) fn output(pipeline: &Pipeline, look: &Look<'_>, spread: &Spread, pictures: &Pictures) -> Json {
    let threshold = look.persons.k.get();
    let kept = &pipeline.datasets[look.persons.dataset].kept;
    let columns = look.columns.iter().zip(&spread.columns).map(|(column, lines)| {
        let name = kept[column.kept].name.as_str();
        let published = pictures.margin(look.persons.dataset, column.kept).filter(|_| column.as_it_is);
        let told =
            if column.is_bare() { Err(column.why) } else { told(column, lines, published, (threshold, look.weighted)) };
        let mut document = json!({ "column": name, "is": column.is });
        let more = told.unwrap_or_else(|why| json!({ "before": null, "why": why, "lines": [] }));
        if let (Some(document), Json::Object(more)) = (document.as_object_mut(), more) {
            document.extend(more);
        }
        document
    });
    json!({
        "name": look.persons.name,
        "threshold": threshold,
        "columns": columns.collect::<Vec<_>>(),
        "pyramid": pyramid(pipeline, look, spread),
    })
}

/// A column's lines with their shares; else why there are none.
fn told(
    column: &Column,
    lines: &Lines,
    published: Option<Vec<(&str, Option<f64>)>>,
    (threshold, weighted): (u64, bool),
) -> Result<Json, Option<&'static str>> {
    let told = Told::new(column, lines, threshold);
    let (left, all) = (persons(&lines.after), persons(&lines.before));
    let after = told.gather(left.iter().map(|persons| u128::from(*persons)));
    let weights = told.gather(lines.weights.iter().copied());
    // What left of each line is known; before is told as so many thresholds more.
    let before = all.iter().zip(&left).map(|(all, left)| u128::from(known(*all, *left, threshold)));
    let before = if column.has_before() { told.gather(before) } else { Vec::new() };
    let total = |counts: &[u128]| u64::try_from(counts.iter().sum::<u128>()).unwrap_or(u64::MAX);
    let counted: Vec<u64> = [total(&after), total(&before)].into_iter().filter(|total| *total > 0).collect();
    let step = counted.into_iter().map(|total| step(total, threshold)).min_by_key(|step| step.map_or(0, |s| 100 - s));
    let step = step.flatten().ok_or(Some("few"))?;
    let (after, weights) = (shares(&after, step), shares(&weights, step).filter(|_| weighted));
    let (before, from) = match (shares(&before, step), published) {
        (Some(before), _) => (Some(before), Some("counted")),
        (None, Some(margin)) => match of_table(&told, &margin).and_then(|counts| shares(&counts, step)) {
            Some(before) => (Some(before), Some("table")),
            None => (None, None),
        },
        (None, None) => (None, None),
    };
    let share = |shares: &Option<Vec<u64>>, line: usize| shares.as_ref().and_then(|shares| shares.get(line).copied());
    let mut shown = Vec::new();
    for (line, label) in told.labels.iter().enumerate() {
        let (before, after, weighted) = (share(&before, line), share(&after, line), share(&weights, line));
        let nobody = [before, after, weighted].into_iter().flatten().all(|share| share == 0);
        if nobody && matches!(label, Label::Other | Label::Missing) {
            continue;
        }
        let mut document = label.to_json();
        document["before"] = json!(before);
        document["after"] = json!(after);
        if weights.is_some() {
            document["weighted"] = json!(weighted);
        }
        shown.push(document);
    }
    if shown.iter().all(|line| line["is"] == "other") {
        return Err(Some("few"));
    }
    let apart = |one: &Option<Vec<u64>>| before.as_ref().zip(one.as_ref()).map(|(before, one)| distance(before, one));
    Ok(json!({
        "before": from,
        "why": column.why.filter(|_| from.is_none()),
        "step": step,
        "lines": shown,
        "distance": apart(&after),
        "distance_weighted": apart(&weights),
    }))
}

/// The published margin of a table on the lines of a column, in thousandths of a person; `None` where some of it is suppressed: the
/// others are then no shares of all.
fn of_table(told: &Told, margin: &[(&str, Option<f64>)]) -> Option<Vec<u128>> {
    let mut counts = vec![0; told.labels.len()];
    for (value, count) in margin {
        let is_it = |label: &Label| match label {
            Label::Value(text) => text == value,
            Label::Missing => value.is_empty(),
            _ => false,
        };
        let line = told.labels.iter().position(is_it).unwrap_or(told.labels.len() - 1);
        counts[line] += ((*count)?.max(0.0) * 1000.0).round() as u128;
    }
    Some(counts)
}

/// Shares of what left by age and sex.
fn pyramid(pipeline: &Pipeline, look: &Look<'_>, spread: &Spread) -> Json {
    let Some((age, sex)) = look.pyramid else { return Json::Null };
    let threshold = look.persons.k.get();
    let kept = &pipeline.datasets[look.persons.dataset].kept;
    let told = |at: usize| Told::new(&look.columns[at], &spread.columns[at], threshold);
    let (ages, sexes) = (told(age), told(sex));
    let width = look.columns[sex].len();
    let mut counts = vec![0_u128; ages.labels.len() * sexes.labels.len()];
    for (cell, met) in spread.pyramid.iter().enumerate() {
        let at = ages.of_line[cell / width] * sexes.labels.len() + sexes.of_line[cell % width];
        counts[at] += u128::from(met.persons);
    }
    let total = u64::try_from(counts.iter().sum::<u128>()).unwrap_or(u64::MAX);
    let Some((step, shares)) = step(total, threshold).and_then(|step| Some((step, shares(&counts, step)?))) else {
        return Json::Null;
    };
    let name = |at: usize| kept[look.columns[at].kept].name.as_str();
    let cells: Vec<Json> = shares
        .iter()
        .enumerate()
        .filter(|(_, share)| **share > 0)
        .map(|(at, share)| {
            let (age, sex) = (&ages.labels[at / sexes.labels.len()], &sexes.labels[at % sexes.labels.len()]);
            json!({ "age": age.to_json(), "sex": sex.to_json(), "share": share })
        })
        .collect();
    json!({ "age": name(age), "sex": name(sex), "step": step, "cells": cells })
}
