//! The page itself: both languages in one file, of which the reader sees one.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::papers::Papers;
use super::shown::Page;
use super::{ending, privacy, records, utility, verdict};
use crate::words::{Lang, Words};

/// The look. Nothing is loaded: fonts are the reader's, and plots take these colours.
const STYLE: &str = include_str!("page.css");

/// Writes the report of a run; `first` is the language that is shown before the reader chooses.
#[must_use]
pub fn page(papers: &Papers, first: Lang) -> String {
    let languages = [Words::new(Lang::Fr), Words::new(Lang::En)];
    let title = format!("{} · {}", papers.pipeline(), papers.fact("run", "/run"));
    html! {
        (DOCTYPE)
        html lang=(first.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                @for words in &languages {
                    input.choice type="radio" name="language" id=(words.lang.tag()) checked[words.lang == first];
                    label.choice for=(words.lang.tag()) lang=(words.lang.tag()) { (words.say("run-language")) }
                }
                @for words in &languages {
                    main.said lang=(words.lang.tag()) { (told(&Page { papers, words })) }
                }
            }
        }
    }
    .into_string()
}

/// The report in one language.
fn told(page: &Page<'_>) -> Markup {
    html! {
        header {
            p.soft { (page.say("run-title")) }
            h1 { (page.papers.pipeline()) }
            (verdict::head(page))
        }
        (records::funnel(page))
        (privacy::risk(page))
        (utility::outputs(page))
        (privacy::tables(page))
        (privacy::sample(page))
        (records::columns(page))
        (records::inputs(page))
        (records::findings(page))
        (ending::scan(page))
        (ending::destruction(page))
        (ending::performance(page))
        footer { p.soft { (page.words.tell("run-footer", &[("least", (&page.number(page.papers.least())).into())])) } }
    }
}
