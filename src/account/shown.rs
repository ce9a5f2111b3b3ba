//! Figures and words as the page shows them.

use maud::{Markup, html};
use serde_json::Value;

use super::papers::Papers;
use crate::words::{Lang, Words};

/// What every section is given.
#[derive(Clone, Copy)]
pub(super) struct Page<'a> {
    pub papers: &'a Papers,
    pub words: &'a Words,
}

impl Page<'_> {
    pub fn say(&self, key: &str) -> String {
        self.words.say(key)
    }

    /// A count.
    pub fn number(&self, count: u64) -> String {
        self.words.lang.number(count)
    }

    /// A count of persons or of their records; few are masked.
    pub fn few(&self, count: u64) -> String {
        let least = self.papers.least();
        if (1..least).contains(&count) { self.masked() } else { self.number(count) }
    }

    /// What stands in the place of a small count.
    pub fn masked(&self) -> String {
        format!("< {}", self.number(self.papers.least()))
    }

    /// A count that may be masked.
    pub fn maybe(&self, count: Option<u64>) -> String {
        count.map_or_else(|| self.masked(), |count| self.number(count))
    }

    /// A count that may be masked for the sake of another one, and then says nothing of itself.
    pub fn maybe_hidden(&self, count: Option<u64>) -> String {
        count.map_or_else(|| "–".to_owned(), |count| self.few(count))
    }

    /// A share from 0 to 1 as a percentage with two decimals.
    pub fn share(&self, share: f64) -> String {
        let shown = format!("{:.2}", share * 100.0);
        match self.words.lang {
            Lang::Fr => format!("{}\u{202f}%", shown.replace('.', ",")),
            Lang::En => format!("{shown}%"),
        }
    }

    /// A share as a whole percentage; what is left of a small one is said to be less than one.
    pub fn percent(&self, share: f64) -> String {
        let whole = (share * 100.0).round();
        let gap = self.words.lang.pick("", "\u{202f}");
        if share > 0.0 && whole < 1.0 { format!("< 1{gap}%") } else { format!("{whole}{gap}%") }
    }

    /// A whole percentage.
    pub fn whole(&self, share: u64) -> String {
        format!("{share}{}%", self.words.lang.pick("", "\u{202f}"))
    }

    /// A number with one decimal.
    pub fn decimal(&self, number: f64) -> String {
        let shown = format!("{number:.1}");
        if self.words.lang == Lang::Fr { shown.replace('.', ",") } else { shown }
    }

    /// A number with two decimals.
    pub fn hundredths(&self, number: f64) -> String {
        let shown = format!("{number:.2}");
        if self.words.lang == Lang::Fr { shown.replace('.', ",") } else { shown }
    }

    /// A share that a document may lack.
    pub fn told(&self, share: &Value) -> String {
        share.as_f64().map_or_else(|| "–".to_owned(), |share| self.share(share))
    }

    /// A section with its title; `id` is its name in both languages.
    pub fn section(&self, id: &str, body: &Markup) -> Markup {
        html! {
            section aria-labelledby=(format!("{id}-{}", self.words.lang.tag())) {
                h2 id=(format!("{id}-{}", self.words.lang.tag())) { (self.say(&format!("run-{id}"))) }
                (body)
            }
        }
    }

    /// A table whose first column names its rows; other columns are numbers where `numbers` says so.
    pub fn table(&self, caption: &str, heads: &[String], rows: &[Vec<Markup>], numbers: bool) -> Markup {
        let class = numbers.then_some("numbers");
        html! {
            div.wide tabindex="0" role="region" aria-label=(caption) {
                table class=[class] {
                    caption { (caption) }
                    thead { tr { @for head in heads { th scope="col" { (head) } } } }
                    tbody {
                        @for row in rows {
                            tr {
                                @for (at, cell) in row.iter().enumerate() {
                                    @if at == 0 { th scope="row" { (cell) } } @else { td { (cell) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A count of a document; none is 0.
pub(super) fn count(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

/// A word of a document.
pub(super) fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The elements of a list; of anything else, none.
pub(super) fn each(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// A bar of a share from 0 to 1, for the eye alone: the figure stands beside it.
pub(super) fn bar(share: f64, kind: &str) -> Markup {
    let width = format!("width:{:.2}%", share.clamp(0.0, 1.0) * 100.0);
    html! { div.track aria-hidden="true" { div class=(format!("bar {kind}")) style=(width) {} } }
}

/// A part of a whole; 0 of nothing.
pub(super) fn part(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
