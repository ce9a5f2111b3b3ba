//! One page: no script, nothing from the network, for a phone and for a wide screen, light and dark.

use std::fmt::Write;

use super::{Judged, Report, expected, message, place};
use crate::validate::{Category, FindingKey, Found};
use crate::words::Words;

/// The look of pages. Colours follow the reader's choice of light or dark.
pub(super) const STYLE: &str = "
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--line:#d0d7de;--page:#fff;--card:#f6f8fa;--bad:#b42318;--good:#116329;--warn:#7a4d00}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9aa4af;--line:#30363d;--page:#0d1117;--card:#161b22;--bad:#ff8a80;--good:#7ee2a0;--warn:#e3b341}}
*{box-sizing:border-box}
body{margin:0;padding:1rem;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:60rem;margin:0 auto}
h1{font-size:1.6rem;margin:.5rem 0}
h2{font-size:1.25rem;margin:2rem 0 .25rem;overflow-wrap:anywhere}
h3{font-size:1rem;margin:1.5rem 0 .5rem;color:var(--soft);text-transform:uppercase;letter-spacing:.05em}
p{margin:.25rem 0}
.soft{color:var(--soft)}
.good{color:var(--good)}
.files{padding-left:1.25rem;margin:.25rem 0;overflow-wrap:anywhere}
.card{background:var(--card);border:1px solid var(--line);border-left:4px solid var(--bad);border-radius:6px;padding:.75rem 1rem;margin:.5rem 0;overflow-wrap:anywhere}
.card.warning{border-left-color:var(--warn)}
.head{display:flex;flex-wrap:wrap;gap:.25rem .75rem;align-items:baseline}
.count{font-weight:700;color:var(--bad);font-variant-numeric:tabular-nums}
.name{font-weight:600}
code{font:.9em/1.4 ui-monospace,monospace;overflow-wrap:anywhere}
ul.places{list-style:none;padding:0;margin:.5rem 0 0;display:flex;flex-wrap:wrap;gap:.25rem}
ul.places li{border:1px solid var(--line);border-radius:4px;padding:0 .5rem;font-size:.9rem}
table{border-collapse:collapse;width:100%}
th,td{border-bottom:1px solid var(--line);padding:.35rem .5rem;text-align:left;vertical-align:top}
td:nth-child(n+3),th:nth-child(n+3){min-width:9rem}
@media(max-width:40rem){table,tbody,tr,td{display:block}tr:first-child{display:none}td{border:0;padding:.1rem .5rem}td:first-child{border-top:1px solid var(--line);padding-top:.5rem;font-weight:600}}
.wide{overflow-x:auto}
@media print{body{padding:0}.card{break-inside:avoid}}
";

/// Text as HTML takes it, between tags and inside quotes.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Writes the report.
pub(super) fn write(report: &Report<'_>, words: &Words) -> String {
    let title = words.say("report-title");
    let mut out = format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>{}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{}</h1>\n",
        words.lang.tag(),
        escape(&title),
        escape(&title)
    );
    let _ = writeln!(out, "<p class=\"soft\">{}</p>", escape(&words.say("report-no-values")));
    let total = report.total();
    let listed: usize = report.listed().count();
    if (listed as u64) < total {
        let (shown, total) = (words.lang.number(listed as u64), words.lang.number(total));
        let cut = words.tell("report-cut", &[("shown", (&shown).into()), ("total", (&total).into())]);
        let _ = writeln!(out, "<p class=\"soft\">{}</p>", escape(&cut));
    }
    let mut left = report.most;
    for source in &report.sources {
        section(&mut out, report, source, words, &mut left);
    }
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

fn section(out: &mut String, report: &Report<'_>, source: &Judged<'_>, words: &Words, left: &mut usize) {
    let count = words.lang.number(source.read);
    let records = words.tell("report-records", &[("n", source.read.into()), ("count", (&count).into())]);
    let wrong = words.lang.number(source.rejected);
    let said = words.tell("report-source", &[("records", (&records).into()), ("wrong", (&wrong).into())]);
    let _ = writeln!(out, "<section>\n<h2>{}</h2>\n<p>{}</p>", escape(source.name), escape(&said));
    let schema = words.say("report-schema");
    let _ = writeln!(
        out,
        "<p class=\"soft\">{schema} <code>{}</code></p>\n<ol class=\"files\">",
        escape(&source.schema_path)
    );
    for file in source.files {
        let _ = writeln!(out, "<li><code>{}</code></li>", escape(&file.display().to_string()));
    }
    out.push_str("</ol>\n");
    for category in [Category::Structure, Category::Content] {
        let found: Vec<_> = source.findings.iter().filter(|(key, _)| key.kind.category() == category).collect();
        if !found.is_empty() {
            let _ = writeln!(out, "<h3>{}</h3>", escape(&words.say(&format!("report-{}", category.as_str()))));
        }
        for (key, found) in found {
            let shown = report.places.min(*left).min(found.places.len());
            *left -= shown;
            card(out, source, (key, found), shown, words);
        }
    }
    if source.findings.is_empty() {
        let _ = writeln!(out, "<p class=\"good\">✓ {}</p>", escape(&words.say("report-valid")));
    }
    if !source.warnings.is_empty() {
        let _ = writeln!(out, "<h3>{}</h3>", escape(&words.say("report-warnings")));
    }
    for warning in &source.warnings {
        let (message, advice) = (escape(&warning.message), escape(&warning.advice));
        let _ = writeln!(out, "<div class=\"card warning\"><p>{message}</p>\n<p class=\"soft\">{advice}</p></div>");
    }
    out.push_str("</section>\n");
}

fn card(out: &mut String, source: &Judged<'_>, (key, found): (&FindingKey, &Found), shown: usize, words: &Words) {
    let number = words.lang.number(found.count);
    let _ = write!(out, "<div class=\"card\">\n<div class=\"head\"><span class=\"count\">{number}</span>");
    if let Some(field) = source.field_of(key) {
        let _ = write!(out, "<span class=\"name\">{}</span>", escape(field));
    }
    let _ = write!(out, "<code>{}</code>", key.kind.as_str());
    if let Some(rule) = key.rule.as_deref().filter(|rule| source.field_of(key) != Some(*rule) && !rule.is_empty()) {
        let _ = write!(out, "<code>{}</code>", escape(rule));
    }
    let _ = writeln!(out, "</div>\n<p>{}</p>", escape(&message(words, key)));
    if let Some(expected) = expected(words, source.schema, key) {
        let said = words.tell("report-expected", &[("expected", (&expected).into())]);
        let _ = writeln!(out, "<p class=\"soft\">{}</p>", escape(&said));
    }
    if shown > 0 {
        out.push_str("<ul class=\"places\">");
        for (at, shape) in found.places[..shown].iter().zip(&found.shapes) {
            let form = shape.as_ref().map(|s| format!(" <code>{}</code>", escape(s.as_str()))).unwrap_or_default();
            let _ = write!(out, "<li>[{}] {}{form}</li>", at.file + 1, escape(&place(words, *at)));
        }
        if found.count > shown as u64 {
            out.push_str("<li>…</li>");
        }
        out.push_str("</ul>\n");
    }
    out.push_str("</div>\n");
}
