//! Plots of shares and counts: bars side by side, histograms, a pyramid.

use maud::{Markup, html};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::chart::{Area, Drawn, INK, SERIES, SIZE, SOFT, plot, scale, text};
use super::shown::Page;

/// A row of a plot: its name, and a number for each series that has one.
pub(super) struct Row {
    pub name: String,
    pub numbers: Vec<Option<f64>>,
}

/// Most bars that a plot has; others stand in its table.
const MOST: usize = 30;
/// Most characters of a name in a plot.
const LONGEST: usize = 20;
const LETTER: i32 = 7;
const THICK: i32 = 13;

fn short(name: &str) -> String {
    if name.chars().count() <= LONGEST {
        return name.to_owned();
    }
    name.chars().take(LONGEST - 1).chain(['…']).collect()
}

fn most(rows: &[Row]) -> f64 {
    rows.iter().flat_map(|row| &row.numbers).flatten().copied().fold(0.0, f64::max)
}

/// Bars from left to right, row by row; `colours` has one for each series, `shown` writes its number.
pub(super) fn across(told: &str, rows: &[Row], colours: &[usize], shown: &dyn Fn(f64) -> String) -> Markup {
    let rows = &rows[..rows.len().min(MOST)];
    let (most, series) = (most(rows), colours.len() as i32);
    if most <= 0.0 || series == 0 {
        return html! {};
    }
    let names: Vec<String> = rows.iter().map(|row| short(&row.name)).collect();
    let longest = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(1) as i32 * LETTER;
    let left = longest(&mut names.iter().map(|name| name.chars().count())) + 12;
    let numbers = rows.iter().flat_map(|row| &row.numbers).flatten();
    let right = longest(&mut numbers.map(|number| shown(*number).chars().count())) + 8;
    let tall = series * THICK + 8;
    let size = (SIZE.0, (rows.len() as i32 * tall + 8) as u32);
    let wide = f64::from(SIZE.0 as i32 - left - right);
    plot(told, size, |area| {
        for (at, (row, name)) in rows.iter().zip(&names).enumerate() {
            let top = at as i32 * tall + 6;
            area.draw_text(name, &text(13, HPos::Right, VPos::Center), (left - 8, top + series * THICK / 2))?;
            for ((number, colour), line) in row.numbers.iter().zip(colours).zip(0..) {
                let Some(number) = number else { continue };
                let (y, long) = (top + line * THICK, (number / most * wide).round() as i32);
                let bar = [(left, y + 1), (left + long.max(1), y + THICK - 1)];
                area.draw(&Rectangle::new(bar, SERIES[*colour].filled()))?;
                let at = (left + long.max(1) + 5, y + THICK / 2);
                area.draw_text(&shown(*number), &text(12, HPos::Left, VPos::Center), at)?;
            }
        }
        line(area, (left, 0), (left, size.1 as i32))
    })
}

fn line(area: &Area<'_>, from: (i32, i32), to: (i32, i32)) -> Drawn {
    area.draw(&PathElement::new([from, to], SOFT.stroke_width(1)))
}

/// Shares of ranges side by side; `edges` are what stands between them.
pub(super) fn histogram(page: &Page<'_>, told: &str, rows: &[Row], edges: &[String], colours: &[usize]) -> Markup {
    let (most, bins, series) = (most(rows), rows.len(), colours.len() as f64);
    if most <= 0.0 || colours.is_empty() {
        return html! {};
    }
    plot(told, SIZE, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .x_label_area_size(28)
            .y_label_area_size(44)
            .build_cartesian_2d(0.0..bins as f64, 0.0..most / 100.0 * 1.1)?;
        scale(&mut chart, &|share| page.percent(*share))?;
        for ((series_at, colour), number) in colours.iter().enumerate().zip(0..) {
            let bar = |(at, row): (usize, &Row)| {
                let share = row.numbers.get(number).copied().flatten().unwrap_or(0.0) / 100.0;
                let x = at as f64 + 0.06 + 0.88 * series_at as f64 / series;
                Rectangle::new([(x, 0.0), (x + 0.88 / series, share)], SERIES[*colour].filled())
            };
            chart.draw_series(rows.iter().enumerate().map(bar))?;
        }
        // As many edges are named as there is room for.
        let longest =
            edges.iter().map(|edge| edge.chars().count()).max().unwrap_or(1) as f64 * f64::from(LETTER) + 10.0;
        let room = f64::from(SIZE.0 as i32 - 60) / bins as f64;
        let every = (longest / room).ceil().max(1.0) as usize;
        let plane = chart.plotting_area().clone();
        for (at, edge) in edges.iter().enumerate().step_by(every) {
            let (x, y) = plane.map_coordinate(&(at as f64 + 1.0, 0.0));
            line(area, (x, y), (x, y + 5))?;
            area.draw_text(edge, &text(13, HPos::Center, VPos::Top), (x, y + 8))?;
        }
        Ok(())
    })
}

/// Two sides of a pyramid, from the last row at its foot to the first at its top reversed: ages rise.
pub(super) fn pyramid(told: &str, rows: &[Row], shown: &dyn Fn(f64) -> String) -> Markup {
    let most = most(rows);
    if most <= 0.0 {
        return html! {};
    }
    let names: Vec<String> = rows.iter().map(|row| short(&row.name)).collect();
    let middle = names.iter().map(|name| name.chars().count()).max().unwrap_or(1) as i32 * LETTER + 16;
    let numbers = rows.iter().flat_map(|row| &row.numbers).flatten();
    let room = numbers.map(|number| shown(*number).chars().count()).max().unwrap_or(1) as i32 * LETTER + 8;
    let tall = 20;
    let size = (SIZE.0, (rows.len() as i32 * tall + 8) as u32);
    let half = SIZE.0 as i32 / 2;
    let wide = f64::from(half - middle / 2 - room);
    plot(told, size, |area| {
        for (at, (row, name)) in rows.iter().rev().zip(names.iter().rev()).enumerate() {
            let top = at as i32 * tall + 4;
            area.draw_text(name, &text(13, HPos::Center, VPos::Center), (half, top + tall / 2))?;
            for (side, number) in row.numbers.iter().enumerate() {
                let Some(number) = number else { continue };
                let long = (number / most * wide).round() as i32;
                let sign = if side == 0 { -1 } else { 1 };
                let from = half + sign * middle / 2;
                let to = from + sign * long;
                let bar = [(from.min(to), top + 2), (from.max(to).max(from.min(to) + 1), top + tall - 2)];
                area.draw(&Rectangle::new(bar, SERIES[side].filled()))?;
                let held = if side == 0 { HPos::Right } else { HPos::Left };
                area.draw_text(&shown(*number), &text(12, held, VPos::Center), (to + sign * 5, top + tall / 2))?;
            }
        }
        area.draw(&PathElement::new([(0, size.1 as i32 - 1), (size.0 as i32, size.1 as i32 - 1)], INK.mix(0.0)))
    })
}
