//! A schema → the pipeline that fits it: the person, what leaves made coarser, and what waits for somebody to allow it.

use serde_json::Value;

use super::toml::{Lines, list, quoted};
use super::{INBOX, PipelineText, ScaffoldError, roles};
use crate::schema::{Field, IdentifierKind, Logical, Role, TableSchema};
use crate::words::Words;

/// What became of a column of a foreign file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its role.
    pub role: Role,
    /// Whether nobody has decided its role: it was given the strictest.
    pub undecided: bool,
    /// Whether it leaves, made coarser or as it is.
    pub leaves: bool,
}

/// One column that leaves.
struct Leaving {
    column: String,
    name: String,
    generalise: Option<String>,
    /// A key of the messages.
    why: &'static str,
}

/// The text of the pipeline and of the schema, and what became of each column.
pub(super) fn derive(
    mut schema: Value,
    subject: Option<&str>,
    name: &str,
    file: Option<(&str, Option<&str>)>,
    words: &Words,
) -> Result<(PipelineText, String, Vec<Column>), ScaffoldError> {
    if let Some(column) = subject {
        roles::name_subject(&mut schema, column)?;
    }
    let undecided = roles::settle(&mut schema);
    let written = format!("{schema:#}\n");
    let table = super::parse(&written)?;
    let columns = || table.fields.iter().map(|f| f.name.clone()).collect();
    let person = table.fields.iter().find(|f| f.role == Some(Role::SubjectIdentifier));
    let person = person.ok_or_else(|| ScaffoldError::NoSubject { columns: columns() })?;
    let event = table.fields.iter().find(|f| is_event(f));
    let leaving = leaving(&table, event);
    if leaving.is_empty() {
        return Err(ScaffoldError::NothingLeaves);
    }
    let text = pipeline(name, &table, person, event, &leaving, file, words);
    let column = |f: &Field| Column {
        name: f.name.clone(),
        role: f.role.unwrap_or(Role::DirectIdentifier),
        undecided: undecided.contains(&f.name),
        leaves: leaving.iter().any(|l| l.column == f.name),
    };
    let columns = table.fields.iter().map(column).collect();
    Ok((PipelineText { text, elsewhere: file.is_some() }, written, columns))
}

fn is_date(field: &Field) -> bool {
    matches!(field.logical(), Logical::Date | Logical::Datetime)
}

/// The words of a column's name, in small letters without accents.
fn parts(field: &Field) -> Vec<String> {
    let plain = field.name.to_lowercase().replace(['é', 'è', 'ê'], "e");
    plain.split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect()
}

fn says(field: &Field, words: &[&str]) -> bool {
    parts(field).iter().any(|part| words.contains(&part.as_str()))
}

fn is_birth(field: &Field) -> bool {
    is_date(field) && says(field, &["naissance", "naiss", "nais", "ddn", "birth", "birthdate", "dob", "ne", "nee"])
}

/// The date of the record: the first that is no date of birth or death and may leave made coarser.
fn is_event(field: &Field) -> bool {
    is_date(field)
        && field.role == Some(Role::QuasiIdentifier)
        && !is_birth(field)
        && !says(field, &["deces", "death", "deathdate", "dod"])
}

/// What may leave without anybody having allowed it by name: age, sex, region and year, which tables of public health are
/// made of. All else waits as a remark.
fn leaving(table: &TableSchema, event: Option<&Field>) -> Vec<Leaving> {
    let mut leaving: Vec<Leaving> = Vec::new();
    for field in table.fields.iter().filter(|f| f.role == Some(Role::QuasiIdentifier)) {
        let found = if is_birth(field) && event.is_some() {
            let bands = "{ to = \"band\", bounds = [0, 18, 30, 45, 60, 75] }";
            Some(("age", Some(bands.to_owned()), "init-why-age"))
        } else if is_birth(field) {
            Some(("annee_naissance", Some("\"year\"".to_owned()), "init-why-birth-year"))
        } else if event.is_some_and(|event| event.name == field.name) {
            Some(("annee", Some("\"year\"".to_owned()), "init-why-year"))
        } else if field.identifier == Some(IdentifierKind::Commune) {
            Some(("region", Some("\"region\"".to_owned()), "init-why-region"))
        } else if says(field, &roles::SEX) {
            Some((field.name.as_str(), None, "init-why-sex"))
        } else {
            None
        };
        if let Some((name, generalise, why)) = found
            && !leaving.iter().any(|l| l.name == name)
        {
            leaving.push(Leaving { column: field.name.clone(), name: name.to_owned(), generalise, why });
        }
    }
    leaving
}

fn pipeline(
    name: &str,
    table: &TableSchema,
    person: &Field,
    event: Option<&Field>,
    leaving: &[Leaving],
    file: Option<(&str, Option<&str>)>,
    words: &Words,
) -> String {
    let mut out = Lines::default();
    let source = source_name(&table.name);
    out.remark(&words.say("init-toml-head")).line("");
    let text = |key: &str| quoted(&words.say(key));
    let head = [
        ("name", quoted(name)),
        ("legal_basis", quoted("CSP L1411-8")),
        ("purpose", text("init-toml-purpose")),
        ("policy", quoted("2026-01")),
    ];
    out.remark(&words.say("init-toml-pipeline")).section("[pipeline]", &head, false);

    out.remark(&words.say("init-toml-source"));
    let files = file.map_or_else(|| format!("{INBOX}/*.csv"), |(path, _)| glob::Pattern::escape(path));
    let mut keys =
        vec![("name", quoted(&source)), ("schema", quoted("schema.json")), ("files", list(&[files.as_str()]))];
    keys.extend(file.and_then(|(_, sheet)| sheet).map(|sheet| ("sheet", quoted(sheet))));
    keys.extend(event.map(|event| ("event_date", quoted(&event.name))));
    out.section("[[source]]", &keys, false);

    objections(&mut out, table, person, &source, words);

    let kind = if person.identifier == Some(IdentifierKind::Nir) { "nir" } else { "text" };
    let keys = [("column", quoted(&person.name)), ("kind", quoted(kind)), ("linkage", quoted("release"))];
    out.remark(&words.say("init-toml-subject")).section("[subject]", &keys, false);

    out.remark(&words.say("init-toml-keep")).line("");
    for Leaving { column, name, generalise, why } in leaving {
        let mut keys = vec![("column", quoted(column))];
        keys.extend((name != column).then(|| ("as", quoted(name))));
        keys.extend(generalise.clone().map(|form| ("generalise", form)));
        keys.push(("why", text(why)));
        out.section("[[keep]]", &keys, false);
    }
    waiting(&mut out, table, leaving, words);

    let keys = [("design", quoted("bernoulli")), ("rate", quoted("1/2"))];
    out.remark(&words.say("init-toml-sample")).section("[sample]", &keys, false);

    // Few columns, or hardly anybody shares them with ten others.
    let names: Vec<&str> = leaving.iter().map(|l| l.name.as_str()).collect();
    let first = ["age", "annee_naissance", "annee", "region"];
    let near = |name: &&&str| first.iter().take(2).any(|f| f == *name) || !first.contains(*name);
    let of_persons: Vec<&str> = names.iter().filter(near).copied().collect();
    let of_persons = if of_persons.is_empty() { names.clone() } else { of_persons };
    let protect = format!("{{ k = 11, quasi_identifiers = {} }}", list(&of_persons));
    let keys = [("name", quoted("personnes")), ("columns", list(&of_persons)), ("protect", protect)];
    out.remark(&words.say("init-toml-persons")).section("[[persons]]", &keys, false);

    let by: Vec<&str> = names.iter().rev().take(3).rev().copied().collect();
    let keys = [
        ("name", quoted("effectifs")),
        ("by", list(&by)),
        ("margins", "true".to_owned()),
        ("measure", "[{ count = \"persons\" }, { count = \"records\" }]".to_owned()),
        ("over", quoted("population")),
        ("protect", "{ threshold = 11 }".to_owned()),
    ];
    out.remark(&words.say("init-toml-aggregate")).section("[[aggregate]]", &keys, false);

    let keys = [("to", quoted("out")), ("formats", list(&["csv", "parquet"]))];
    out.section("[export]", &keys, false);
    out.remark(&words.say("init-toml-destroy")).section("[destroy]", &[("when", quoted("exported"))], false);
    out.0.truncate(out.0.trim_end().len());
    out.0.push('\n');
    out.0
}

/// Persons who objected: by a column that says so, else a register as a remark.
fn objections(out: &mut Lines, table: &TableSchema, person: &Field, source: &str, words: &Words) {
    out.remark(&words.say("init-toml-exclude"));
    let objects = |f: &&Field| f.logical() == Logical::Boolean && says(f, &["opposition", "objection", "oppose"]);
    match table.fields.iter().find(objects).filter(|f| is_plain(&f.name)) {
        Some(field) => {
            let keys = [("source", quoted(source)), ("when", quoted(&field.name))];
            out.section("[[exclude]]", &keys, false);
        }
        None => {
            let keys = [("register", quoted("oppositions.csv")), ("column", quoted(&person.name))];
            out.section("[[exclude]]", &keys, true);
        }
    }
}

/// What could leave if somebody allows it, as remarks; and the names of what never can.
fn waiting(out: &mut Lines, table: &TableSchema, leaving: &[Leaving], words: &Words) {
    let waits = |f: &&Field| {
        matches!(f.role, Some(Role::Sensitive | Role::QuasiIdentifier | Role::Other))
            && !leaving.iter().any(|l| l.column == f.name)
    };
    let waiting: Vec<&Field> = table.fields.iter().filter(waits).collect();
    if !waiting.is_empty() {
        out.remark(&words.say("init-toml-waiting")).line("#");
        for field in waiting {
            let role = words.say(&format!("role-{}", field.role.unwrap_or(Role::DirectIdentifier)));
            let keys = [("column", format!("{}   # {role}", quoted(&field.name))), ("why", quoted(""))];
            out.section("[[keep]]", &keys, true);
        }
    }
    let never = table.fields.iter().filter(|f| f.role.is_some_and(Role::never_leaves));
    let never: Vec<String> = never.map(|f| quoted(&f.name)).collect();
    out.remark(&format!("{} {}", words.say("init-toml-never"), never.join(", "))).line("");
}

/// Whether a name is one in SQL without marks around it.
fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A name for the source: a dot would be taken for `source.column`.
fn source_name(table: &str) -> String {
    let name: String =
        table.chars().map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_') { c } else { '_' }).take(60).collect();
    if name.is_empty() { "records".to_owned() } else { name }
}
