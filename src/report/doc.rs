//! A page about a schema, for those who fill in its files: Markdown, or HTML that needs neither script nor network.

use std::fmt::Write;

use super::expected::{constraint, form};
use super::html::{STYLE, escape};
use super::then;
use crate::schema::{Constraints, Field, TableSchema};
use crate::words::Words;

/// The page as Markdown.
#[must_use]
pub fn markdown(schema: &TableSchema, words: &Words) -> String {
    let mut out = format!("# {}\n\n", md(schema.title.as_deref().unwrap_or(&schema.name)));
    let _ = writeln!(out, "`{}`\n", schema.name);
    if let Some(text) = &schema.description {
        let _ = writeln!(out, "{text}\n");
    }
    for (head, text) in facts(schema, words) {
        let _ = writeln!(out, "- **{head}**{}{}", words.lang.pick(": ", "\u{a0}: "), md(&text));
    }
    let heads = heads(words);
    let _ = writeln!(out, "\n## {}\n", words.say("doc-fields"));
    let _ = writeln!(out, "| {} |\n|{}", heads.join(" | "), "---|".repeat(heads.len()));
    for field in &schema.fields {
        let cells = row(field, words).map(|cell| md(&cell).replace('|', "\\|").replace('\n', " "));
        let _ = writeln!(out, "| `{}` | {} |", field.name, cells.join(" | "));
    }
    if !schema.rules.is_empty() {
        let _ = writeln!(out, "\n## {}\n", words.say("doc-rules"));
        for rule in &schema.rules {
            let said = rule.description.as_deref().unwrap_or("");
            let _ = writeln!(out, "- **{}** {}  \n  `{}`", md(&rule.name), md(said), rule.sql.replace('\n', " "));
        }
    }
    out
}

/// The page as HTML.
#[must_use]
pub fn html(schema: &TableSchema, words: &Words) -> String {
    let title = escape(schema.title.as_deref().unwrap_or(&schema.name));
    let mut out = format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n<p><code>{}</code></p>\n",
        words.lang.tag(),
        escape(&schema.name)
    );
    if let Some(text) = &schema.description {
        let _ = writeln!(out, "<p>{}</p>", escape(text));
    }
    out.push_str("<ul>\n");
    for (head, text) in facts(schema, words) {
        let _ = writeln!(out, "<li><strong>{}</strong> {}</li>", escape(&head), escape(&text));
    }
    let _ = writeln!(out, "</ul>\n<h2>{}</h2>\n<div class=\"wide\"><table>\n<tr>", escape(&words.say("doc-fields")));
    for head in heads(words) {
        let _ = write!(out, "<th>{}</th>", escape(&head));
    }
    out.push_str("</tr>\n");
    for field in &schema.fields {
        let _ = write!(out, "<tr><td><code>{}</code></td>", escape(&field.name));
        for cell in row(field, words) {
            let _ = write!(out, "<td>{}</td>", escape(&cell));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</table></div>\n");
    if !schema.rules.is_empty() {
        let _ = writeln!(out, "<h2>{}</h2>\n<ul>", escape(&words.say("doc-rules")));
        for rule in &schema.rules {
            let said = escape(rule.description.as_deref().unwrap_or(""));
            let _ = writeln!(
                out,
                "<li><strong>{}</strong> {said}<br><code>{}</code></li>",
                escape(&rule.name),
                escape(&rule.sql)
            );
        }
        out.push_str("</ul>\n");
    }
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

/// Signs of a text that Markdown would take for its own.
fn md(text: &str) -> String {
    text.replace('\\', "\\\\").replace('*', "\\*").replace('_', "\\_").replace('<', "&lt;").replace('`', "\\`")
}

fn heads(words: &Words) -> [String; 5] {
    ["doc-name", "doc-meaning", "doc-form", "doc-limits", "doc-role"].map(|key| words.say(key))
}

/// What holds for the table.
fn facts(schema: &TableSchema, words: &Words) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    if !schema.primary_key.is_empty() {
        facts.push((words.say("doc-key"), schema.primary_key.join(", ")));
    }
    for key in &schema.unique_keys {
        facts.push((words.say("doc-unique"), key.join(", ")));
    }
    for key in &schema.foreign_keys {
        let to = if key.resource.is_empty() { &schema.name } else { &key.resource };
        let text = format!("{} → {to} ({})", key.fields.join(", "), key.reference.join(", "));
        facts.push((words.say("doc-foreign"), text));
    }
    let missing: Vec<String> = schema.missing_values.iter().map(|m| format!("\"{m}\"")).collect();
    if missing.is_empty() {
        facts.push((words.say("doc-missing"), words.say("doc-none")));
    } else {
        facts.push((words.say("doc-missing"), missing.join(", ")));
    }
    facts
}

/// What stands of a field behind its name.
fn row(field: &Field, words: &Words) -> [String; 4] {
    let title = field.title.iter().chain(&field.description).cloned().collect::<Vec<_>>();
    let mut meaning = title.join(". ");
    if let Some(example) = &field.example {
        let _ = write!(meaning, " ({} {example})", words.say("doc-example"));
    }
    let role = field.role.map(|role| words.say(&format!("role-{role}"))).unwrap_or_default();
    [meaning, form(words, &field.ty).replace('`', ""), limits(field, words), role]
}

fn limits(field: &Field, words: &Words) -> String {
    let c = &field.constraints;
    let set = |rule: &'static str, is: bool| is.then_some(rule);
    let Constraints { required, unique, .. } = *c;
    let rules = [
        set("required", required),
        set("enum", c.allowed.is_some()),
        set("pattern", c.pattern.is_some()),
        set("minLength", c.min_length.is_some()),
        set("maxLength", c.max_length.is_some()),
        set("minimum", c.minimum.is_some()),
        set("maximum", c.maximum.is_some()),
        set("exclusiveMinimum", c.exclusive_minimum.is_some()),
        set("exclusiveMaximum", c.exclusive_maximum.is_some()),
        set("jsonSchema", c.json_schema.is_some()),
        set("identifier", field.identifier.is_some()),
    ];
    let mut told: Vec<String> = Vec::new();
    for rule in rules.into_iter().flatten() {
        let said = match rule {
            "required" => Some(words.say("doc-required")),
            "enum" => c.allowed.as_ref().map(|all| all.join(" · ")),
            rule => constraint(words, field, rule),
        };
        told.extend(said.map(|s| s.replace('`', "")));
    }
    if unique {
        told.push(words.say("doc-alone"));
    }
    told.join(then(words))
}
