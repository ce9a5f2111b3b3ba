//! Plots as SVG. What draws them knows numbers as colours and nothing else: each of ours is a mark there, and a variable of the page's
//! style in what it drew, so that light, dark and paper have their own.

use maud::{Markup, PreEscaped, html};
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use serde_json::Value;

use super::masked::masked;
use super::shown::{Page, count, each, part};

const BEFORE: RGBColor = RGBColor(1, 1, 1);
const AFTER: RGBColor = RGBColor(2, 2, 2);
pub(super) const INK: RGBColor = RGBColor(3, 3, 3);
pub(super) const SOFT: RGBColor = RGBColor(4, 4, 4);

const WEIGHTED: RGBColor = RGBColor(5, 5, 5);

/// What each mark is called in the page's style.
const COLOURS: [(&str, &str); 5] = [
    ("#010101", "var(--before)"),
    ("#020202", "var(--after)"),
    ("#030303", "var(--ink)"),
    ("#040404", "var(--line)"),
    ("#050505", "var(--weighted)"),
];

/// Before, after, and after with weights.
pub(super) const SERIES: [RGBColor; 3] = [BEFORE, AFTER, WEIGHTED];

/// About as wide as a phone: texts keep a size that can be read there.
pub(super) const SIZE: (u32, u32) = (400, 230);

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(super) type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;
pub(super) type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// A drawing with its text for those who do not see it. One that fails is left out: its figures stand in a table as well.
pub(super) fn plot(told: &str, size: (u32, u32), draw: impl FnOnce(&Area<'_>) -> Drawn) -> Markup {
    let mut svg = String::new();
    let drawn = {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        draw(&area).and_then(|()| area.present())
    };
    let Some(at) = svg.find("<svg").filter(|_| drawn.is_ok()) else { return html! {} };
    let mut body = svg[at..].to_owned();
    for (mark, variable) in COLOURS {
        body = body.replace(mark, variable);
    }
    // Its size is that of the page; the drawing keeps its proportions.
    let (width, height) = size;
    body =
        body.replacen(&format!("width=\"{width}\" height=\"{height}\""), "aria-hidden=\"true\" focusable=\"false\"", 1);
    html! { div.plot role="img" aria-label=(told) { (PreEscaped(body)) } }
}

/// A text of some size, held at a point of it.
pub(super) fn text(size: u32, across: HPos, along: VPos) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&INK).pos(Pos::new(across, along))
}

/// Lines and shares along the upright axis; the other has none.
pub(super) fn scale(chart: &mut Chart<'_, '_>, told: &dyn Fn(&f64) -> String) -> Drawn {
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(SOFT)
        .axis_style(SOFT)
        .label_style(("sans-serif", 14).into_font().color(&INK))
        .x_labels(0)
        .y_labels(5)
        .y_label_formatter(told)
        .draw()
}

/// Persons by the size of their class, before and after, as shares of each.
pub(super) fn classes(page: &Page<'_>, before: &Value, after: &Value) -> Markup {
    // Bands of few persons have no bar.
    let shares = |bands: &Value| -> Vec<Option<f64>> {
        let persons: Vec<u64> = each(bands).map(|band| count(&band["persons"])).collect();
        let all = persons.iter().sum();
        masked(&persons, page.papers.least()).into_iter().map(|persons| persons.map(|n| part(n, all))).collect()
    };
    if each(before).next().is_none() {
        return html! {};
    }
    let names: Vec<String> = each(before)
        .map(|band| match (count(&band["from"]), band["to"].as_u64()) {
            (from, Some(to)) if from == to => page.number(from),
            (from, Some(to)) => format!("{}–{}", page.number(from), page.number(to)),
            (from, None) => format!("≥ {}", page.number(from)),
        })
        .collect();
    let (before, after) = (shares(before), shares(after));
    let spoken: Vec<String> = names
        .iter()
        .enumerate()
        .map(|(at, name)| {
            let share = |shares: &[Option<f64>]| match shares.get(at) {
                Some(None) => "…".to_owned(),
                share => page.percent(share.copied().flatten().unwrap_or(0.0)),
            };
            format!("{name}: {} → {}", share(&before), share(&after))
        })
        .collect();
    let told = format!("{} {}", page.say("run-classes-told"), spoken.join("; "));
    let most = before.iter().chain(&after).flatten().copied().fold(0.01, f64::max) * 1.15;
    let bars = names.len();
    let drawing = plot(&told, SIZE, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(12)
            .x_label_area_size(34)
            .y_label_area_size(52)
            .build_cartesian_2d(0.0..bars as f64, 0.0..most)?;
        scale(&mut chart, &|share| page.percent(*share))?;
        let series = [(&before, BEFORE, 0.12), (&after, AFTER, 0.5)];
        for (shares, colour, left) in series {
            let bar = |(at, share): (usize, &Option<f64>)| {
                let x = at as f64 + left;
                Rectangle::new([(x, 0.0), (x + 0.36, share.unwrap_or(0.0))], colour.filled())
            };
            chart.draw_series(shares.iter().enumerate().map(bar))?;
        }
        let style = text(14, HPos::Center, VPos::Top);
        let plane = chart.plotting_area().clone();
        for (at, name) in names.iter().enumerate() {
            let (x, y) = plane.map_coordinate(&(at as f64 + 0.49, 0.0));
            area.draw_text(name, &style, (x, y + 10))?;
        }
        Ok(())
    });
    html! {
        (drawing)
        p.legend {
            span.swatch.before aria-hidden="true" {} " " (page.say("run-before")) " "
            span.swatch.after aria-hidden="true" {} " " (page.say("run-after"))
        }
    }
}

/// The share of records rejected, run by run.
pub(super) fn trend(page: &Page<'_>, shares: &[(String, f64)]) -> Markup {
    let spoken: Vec<String> = shares.iter().map(|(_, share)| page.share(*share)).collect();
    let told = format!("{}: {}", page.say("run-trend"), spoken.join(", "));
    let most = shares.iter().map(|(_, share)| *share).fold(0.001, f64::max) * 1.2;
    plot(&told, SIZE, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(12)
            .x_label_area_size(8)
            .y_label_area_size(64)
            .build_cartesian_2d(-0.5..shares.len() as f64 - 0.5, 0.0..most)?;
        scale(&mut chart, &|share| page.share(*share))?;
        let points: Vec<(f64, f64)> = shares.iter().enumerate().map(|(at, (_, share))| (at as f64, *share)).collect();
        chart.draw_series(LineSeries::new(points.clone(), AFTER.stroke_width(3)))?;
        chart.draw_series(points.into_iter().map(|point| Circle::new(point, 5, AFTER.filled())))?;
        Ok(())
    })
}
