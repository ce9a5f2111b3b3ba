//! What comes in: `[[source]]`, `[[join]]`, `[subject]`, `[[exclude]]`, and the datasets that they make.

use crate::config::spanned::Spanned;
use crate::schema::{Logical, Role, TableSchema};

use super::derive;
use super::form::{Document, Entry};
use super::model::{ColumnRef, Dataset, Exclude, Join, Linkage, MissingSubject, Source, Subject, SubjectKind};
use super::problem::{Known, Problem};
use super::raw::{RawExclude, RawJoin, RawSource, RawSubject};
use super::read::Reader;
use super::{inputs, query, release, settings, sql, words};

/// Everything that is known before it is said what leaves.
pub(super) struct Ground {
    pub sources: Vec<Source>,
    pub joins: Vec<Join>,
    pub excludes: Vec<Exclude>,
    pub subject: Subject,
    pub datasets: Vec<Dataset>,
    /// Per source: position of the date that ages are counted at unless told.
    pub event_dates: Vec<Option<usize>>,
    /// Names of released columns that were refused, by dataset: outputs that name them need no second message.
    pub refused: Vec<(usize, String)>,
}

impl Ground {
    /// The name of a dataset: its source's.
    pub fn name(&self, dataset: usize) -> &str {
        &self.sources[self.datasets[dataset].source].name
    }

    /// The dataset of that name.
    pub fn dataset(&self, name: &str) -> Option<usize> {
        (0..self.datasets.len()).find(|d| self.name(*d) == name)
    }

    /// Whether a dataset releases a column of that name, or would if its entry were right.
    pub fn releases(&self, dataset: usize, name: &str) -> bool {
        self.datasets[dataset].kept.iter().any(|k| k.name == name) || self.is_refused(dataset, name)
    }

    /// Whether the entry that would release a column of that name was refused.
    pub fn is_refused(&self, dataset: usize, name: &str) -> bool {
        self.refused.iter().any(|(d, n)| *d == dataset && n == name)
    }

    /// The names of all datasets.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        (0..self.datasets.len()).map(|d| self.name(d))
    }
}

/// Reads the sources and how they hang together. `None` where that cannot be known.
pub(super) fn ground(reader: &mut Reader<'_>, document: &Document) -> Option<Ground> {
    let before = reader.count();
    let of_releases = release::reads_releases(document);
    let subject = if of_releases { Some(release::subject()) } else { subject(reader, document) };
    let mut sources = Vec::new();
    let mut event_dates = Vec::new();
    for entry in &document.sources {
        if let Some((source, event_date)) = source(reader, entry, subject.as_ref()) {
            if sources.iter().any(|s: &Source| s.name == source.name) {
                let span = entry.raw.name.as_ref().map_or(entry.span.clone(), Spanned::span);
                reader.report(span, Problem::DuplicateName { what: "source", name: source.name });
                continue;
            }
            sources.push(source);
            event_dates.push(event_date);
        }
    }
    if document.sources.is_empty() {
        let why = "Add [[source]] with name, schema and files.";
        reader.report(reader.end(), Problem::MissingSection { section: "source", why });
    }
    by_name(reader, document, &sources, subject.as_ref());
    if reader.count() > before {
        return None;
    }
    inputs::files_once(reader, document, &sources);
    let joins = joins(reader, document, &sources);
    let subject = subject?;
    if let (MissingSubject::Alone, [_, ..], Some(entry)) = (subject.missing, joins.as_slice(), &document.subject) {
        let what = "missing = \"alone\" beside [[join]]".to_owned();
        let instead = "A joined record finds its person through the other source. Write missing = \"reject\".";
        let span = entry.raw.missing.as_ref().map_or(entry.span.clone(), Spanned::span);
        reader.report(span, Problem::NotAvailable { what, instead });
    }
    let datasets = datasets(reader, document, &sources, &joins, &subject);
    if reader.count() > before {
        return None;
    }
    let mut ground =
        Ground { sources, joins, excludes: Vec::new(), subject, datasets, event_dates, refused: Vec::new() };
    for entry in &document.excludes {
        let exclude = exclude(reader, entry, &ground);
        ground.excludes.extend(exclude);
    }
    // What can be kept depends on the derived columns: a bad one would only bring further messages.
    let before = reader.count();
    derive::derive(reader, &document.derives, &mut ground);
    (reader.count() == before).then_some(ground)
}

/// Whose records they are.
fn subject(reader: &mut Reader<'_>, document: &Document) -> Option<Subject> {
    let Some(entry) = &document.subject else {
        let why = "Add [subject] with column, kind and linkage: thresholds count persons, so it must be known whose record is whose.";
        reader.report(reader.end(), Problem::MissingSection { section: "subject", why });
        return None;
    };
    let RawSubject { column, kind, linkage, missing } = &entry.raw;
    let why = "Name the column with the person's identifier.";
    let column = reader.required_text(column, entry, ("[subject]", "column"), why);
    let why = "Write \"nir\" (checked and normalised) or \"text\".";
    reader.required(kind, entry, ("[subject]", "kind"), why);
    let kind = reader.word(kind, "kind", SubjectKind::Nir, &[("nir", SubjectKind::Nir), ("text", SubjectKind::Text)]);
    let why = "Write \"none\" (nothing ties two records of one person), \"release\" (a pseudonym for this release only) or \"longitudinal\" (one under a kept key).";
    reader.required(linkage, entry, ("[subject]", "linkage"), why);
    let words = [("none", Linkage::None), ("release", Linkage::Release), ("longitudinal", Linkage::Longitudinal)];
    let meaning = reader.word(linkage, "linkage", Linkage::None, &words);
    if let (Linkage::Longitudinal, Some(value), true) = (meaning, linkage, document.recipients.is_empty()) {
        reader.report(value.span(), Problem::LastingPseudonyms);
    }
    let words = [("reject", MissingSubject::Reject), ("alone", MissingSubject::Alone)];
    let without = reader.word(missing, "missing", MissingSubject::Reject, &words);
    if let (MissingSubject::Alone, Linkage::Release | Linkage::Longitudinal, Some(value)) = (without, meaning, missing)
    {
        let what = "missing = \"alone\" beside pseudonyms".to_owned();
        let instead = "A record without identifier has no pseudonym that means a person. Write linkage = \"none\", or missing = \"reject\".";
        reader.report(value.span(), Problem::NotAvailable { what, instead });
    }
    Some(Subject { column: column?.get_ref().clone(), kind, linkage: meaning, missing: without })
}

/// One source with its schema, and the position of its event date.
fn source(
    reader: &mut Reader<'_>,
    entry: &Entry<RawSource>,
    subject: Option<&Subject>,
) -> Option<(Source, Option<usize>)> {
    let raw = &entry.raw;
    let name = reader.required_text(&raw.name, entry, ("[[source]]", "name"), "Other sections name the source by it.");
    if let Some(name) = name
        && !words::is_source_name(name.get_ref())
    {
        let expected = "Write letters, digits, `-` or `_`.";
        reader.report(name.span(), Problem::BadValue { key: "name", expected });
    }
    let release = release::release(reader, entry);
    let query = query::query(reader, entry);
    let elsewhere = raw.release.is_some() || raw.query.is_some();
    let files = if elsewhere { Vec::new() } else { inputs::files(reader, entry) };
    let format = inputs::format(reader, &raw.format);
    let sheet = inputs::sheet(reader, entry, format);
    let encoding = settings::encoding(reader, &raw.encoding);
    let delimiter = settings::delimiter(reader, &raw.delimiter);
    let why = "Name the Table Schema that says what each column means.";
    let schema_path = reader.required_text(&raw.schema, entry, ("[[source]]", "schema"), why)?;
    let path = reader.path(schema_path.get_ref());
    let schema = schema(reader, schema_path, &path)?;
    let resource = inputs::resource(reader, entry, format, (schema_path, &schema));
    let name = name?.get_ref().clone();
    rules(reader, schema_path, &path, &schema);
    let event_date = raw.event_date.as_ref().and_then(|column| event_date(reader, column, &name, &schema));
    let position = match &release {
        Some(_) => release::pseudonym(&schema),
        None => subject_position(reader, entry, subject, &name, &schema),
    };
    if let Some(filter) = &raw.filter {
        condition(reader, filter, &name, &schema);
    }
    let filter = raw.filter.as_ref().map(|f| f.get_ref().clone());
    let source = Source {
        name,
        schema_path: path,
        schema,
        files,
        format,
        encoding,
        delimiter,
        sheet,
        resource,
        subject: position,
        filter,
        query,
        release,
    };
    Some((source, event_date))
}

/// Reads a schema and refuses one that leaves the role of a field open.
fn schema(reader: &mut Reader<'_>, written: &Spanned<String>, path: &std::path::Path) -> Option<TableSchema> {
    let schema = match TableSchema::read(reader.schema_at(path)) {
        Ok(schema) => schema,
        Err(error) => {
            let message = error.to_string();
            reader.report(written.span(), Problem::Schema { message });
            return None;
        }
    };
    let without: Vec<String> = schema.fields.iter().filter(|f| f.role.is_none()).map(|f| f.name.clone()).collect();
    if !without.is_empty() {
        reader.report(written.span(), Problem::SchemaWithoutRole { path: path.to_owned(), fields: without });
        return None;
    }
    Some(schema)
}

/// Every rule of a schema must be a condition over its own fields.
fn rules(reader: &mut Reader<'_>, written: &Spanned<String>, path: &std::path::Path, schema: &TableSchema) {
    for rule in &schema.rules {
        let message = match sql::check(&rule.sql, schema) {
            Ok(checked) if checked.kind == Some(Logical::Boolean) => continue,
            Ok(checked) => format!("it gives {}, not true or false", checked.engine_kind),
            Err(problem) => problem.to_string(),
        };
        let problem = Problem::SchemaRule { path: path.to_owned(), rule: rule.name.clone(), message };
        reader.report(written.span(), problem);
    }
}

fn event_date(reader: &mut Reader<'_>, column: &Spanned<String>, source: &str, schema: &TableSchema) -> Option<usize> {
    let position = position(reader, column, source, schema)?;
    let field = &schema.fields[position];
    if !matches!(field.logical(), Logical::Date | Logical::Datetime) {
        let problem = Problem::ColumnType {
            column: field.name.clone(),
            kind: field.logical().word(),
            expected: "a date",
            advice: "Name a date of the record, such as the date of the consultation.",
        };
        reader.report(column.span(), problem);
        return None;
    }
    Some(position)
}

/// The position of a field, or a message with the nearest name.
fn position(reader: &mut Reader<'_>, column: &Spanned<String>, source: &str, schema: &TableSchema) -> Option<usize> {
    let found = schema.position(column.get_ref());
    if found.is_none() {
        let known = Known::new(column.get_ref(), schema.fields.iter().map(|f| f.name.as_str()));
        let place = format!("`{source}`");
        reader.report(column.span(), Problem::UnknownColumn { column: column.get_ref().clone(), place, known });
    }
    found
}

/// Where the subject's identifier stands in a source, if it has it.
fn subject_position(
    reader: &mut Reader<'_>,
    entry: &Entry<RawSource>,
    subject: Option<&Subject>,
    source: &str,
    schema: &TableSchema,
) -> Option<usize> {
    let subject = subject?;
    let (found, span) = match &entry.raw.subject {
        // No column of this source: it is joined to one that has it.
        Some(column) if column.get_ref().is_empty() => return None,
        Some(column) => (position(reader, column, source, schema)?, column.span()),
        None => (schema.position(&subject.column)?, entry.span.clone()),
    };
    let field = &schema.fields[found];
    let role = field.role.unwrap_or(Role::Other);
    let column = field.name.clone();
    if !role.never_leaves() {
        let place = format!("`{source}`");
        reader.report(span, Problem::SubjectRole { column, place, role });
    } else if subject.kind == SubjectKind::Nir && field.logical() != Logical::Text {
        let kind = field.logical().word();
        let advice = "A NIR holds letters (2A, 2B): declare the field as string in the schema.";
        reader.report(span, Problem::ColumnType { column, kind, expected: "text", advice });
    }
    Some(found)
}

/// Where several sources have a column of the name that `[subject]` gives, a direct identifier among them may be that of a
/// visit or a measurement, and thresholds would count those instead of persons. A number that has to be a NIR is no such thing.
fn by_name(reader: &mut Reader<'_>, document: &Document, sources: &[Source], subject: Option<&Subject>) {
    let Some(subject) = subject.filter(|subject| subject.kind == SubjectKind::Text) else { return };
    let entry = |source: &Source| {
        let named = |entry: &&Entry<RawSource>| entry.raw.name.as_ref().is_some_and(|n| *n.get_ref() == source.name);
        document.sources.iter().find(named).filter(|entry| entry.raw.subject.is_none())
    };
    let taken: Vec<_> = sources
        .iter()
        .filter_map(|source| Some((source, entry(source)?, source.schema.fields.get(source.subject?)?)))
        .collect();
    for (source, entry, field) in taken.iter().filter(|_| taken.len() > 1) {
        if field.role == Some(Role::DirectIdentifier) {
            let span = entry.raw.name.as_ref().map_or(entry.span.clone(), Spanned::span);
            let (column, place) = (subject.column.clone(), format!("`{}`", source.name));
            reader.report(span, Problem::SubjectByName { column, place });
        }
    }
}

/// Checks an SQL condition over the fields of a source.
pub(super) fn condition(reader: &mut Reader<'_>, written: &Spanned<String>, source: &str, schema: &TableSchema) {
    match sql::check(written.get_ref(), schema) {
        Ok(checked) if checked.kind == Some(Logical::Boolean) => {}
        Ok(checked) => {
            let advice = "Write a condition, such as opposition or date_test >= DATE '2026-01-01'.";
            let problem = Problem::SqlType { found: checked.engine_kind, expected: "true or false", advice };
            reader.report(written.span(), problem);
        }
        Err(problem) => reader.report(written.span(), problem.into_problem(source, schema)),
    }
}

fn joins(reader: &mut Reader<'_>, document: &Document, sources: &[Source]) -> Vec<Join> {
    let mut joins: Vec<Join> = Vec::new();
    let mut rights = Vec::new();
    for entry in &document.joins {
        if let Some(join) = join(reader, entry, sources, &joins) {
            joins.push(join);
            rights.extend(&entry.raw.right);
        }
    }
    for (join, right) in joins.iter().zip(rights) {
        if joins.iter().any(|j| j.left == join.right) {
            reader.report(right.span(), Problem::JoinChain { name: right.get_ref().clone() });
        }
    }
    joins
}

fn join(reader: &mut Reader<'_>, entry: &Entry<RawJoin>, sources: &[Source], earlier: &[Join]) -> Option<Join> {
    let raw = &entry.raw;
    let why = "Name the source whose records are kept.";
    let left_name = reader.required_text(&raw.left, entry, ("[[join]]", "left"), why);
    let why = "Name the source that is looked up.";
    let right_name = reader.required_text(&raw.right, entry, ("[[join]]", "right"), why);
    let why = "Name the keys: on = { left = \"column\", right = \"column\" }.";
    let on = reader.required(&raw.on, entry, ("[[join]]", "on"), why);
    let left = left_name.and_then(|name| source_position(reader, name, sources));
    let right = right_name.and_then(|name| source_position(reader, name, sources));
    let (left, right, on) = (left?, right?, on?.get_ref());
    if left == right {
        reader.report(right_name?.span(), Problem::JoinChain { name: sources[right].name.clone() });
        return None;
    }
    if earlier.iter().any(|j| j.left == left) {
        reader.report(left_name?.span(), Problem::JoinTwice { name: sources[left].name.clone() });
    }
    let left_column = reader.required_text(&on.left, entry, ("[[join]] on", "left"), why)?;
    let right_column = reader.required_text(&on.right, entry, ("[[join]] on", "right"), why)?;
    let left_key = position(reader, left_column, &sources[left].name, &sources[left].schema);
    let right_key = position(reader, right_column, &sources[right].name, &sources[right].schema);
    let (left_key, right_key) = (left_key?, right_key?);
    let (a, b) = (&sources[left].schema.fields[left_key], &sources[right].schema.fields[right_key]);
    if a.logical() != b.logical() {
        let problem = Problem::JoinTypes {
            left: a.name.clone(),
            left_kind: a.logical().word(),
            right: b.name.clone(),
            right_kind: b.logical().word(),
        };
        reader.report(right_column.span(), problem);
    }
    Some(Join { left, right, left_key, right_key })
}

/// The position of a source, or a message with the nearest name.
pub(super) fn source_position(reader: &mut Reader<'_>, name: &Spanned<String>, sources: &[Source]) -> Option<usize> {
    let found = sources.iter().position(|s| s.name == *name.get_ref());
    if found.is_none() {
        let known = Known::new(name.get_ref(), sources.iter().map(|s| s.name.as_str()));
        reader.report(name.span(), Problem::UnknownSource { name: name.get_ref().clone(), known });
    }
    found
}

/// Every source that is not looked up makes a dataset; each must tell whose records they are.
fn datasets(
    reader: &mut Reader<'_>,
    document: &Document,
    sources: &[Source],
    joins: &[Join],
    subject: &Subject,
) -> Vec<Dataset> {
    let mut datasets = Vec::new();
    for (position, source) in sources.iter().enumerate() {
        if joins.iter().any(|j| j.right == position) {
            continue;
        }
        let join = joins.iter().position(|j| j.left == position);
        let joined = join.and_then(|j| sources[joins[j].right].subject).map(ColumnRef::Joined);
        let found = source.subject.map(ColumnRef::Own).or(joined);
        if found.is_none() && source.release.is_none() {
            let identifiers = source.schema.fields.iter().filter(|f| f.role.is_some_and(Role::never_leaves));
            let known = Known::new(&subject.column, identifiers.map(|f| f.name.as_str()));
            let entry = &document.sources[position];
            let span = entry.raw.name.as_ref().map_or(entry.span.clone(), Spanned::span);
            let (place, column) = (source.name.clone(), subject.column.clone());
            reader.report(span, Problem::NoSubject { place, column, known });
            continue;
        }
        let dataset = Dataset {
            source: position,
            join,
            subject: found,
            derived: Vec::new(),
            kept: Vec::new(),
            dropped: Vec::new(),
        };
        datasets.push(dataset);
    }
    datasets
}

/// Persons who are left out: by a register, or by a condition on their records.
fn exclude(reader: &mut Reader<'_>, entry: &Entry<RawExclude>, ground: &Ground) -> Option<Exclude> {
    let raw = &entry.raw;
    let encoding = settings::encoding(reader, &raw.encoding);
    let delimiter = settings::delimiter(reader, &raw.delimiter);
    if let Some(register) = &raw.register {
        for (key, other) in [("source", &raw.source), ("when", &raw.when)] {
            if let Some(stray) = other {
                let why = "an entry is either a register or a condition.";
                reader.report(stray.span(), Problem::Conflict { key, other: "register", why });
                return None;
            }
        }
        let why = "Name the column of the register that holds the identifiers.";
        let column = reader.required_text(&raw.column, entry, ("[[exclude]]", "column"), why)?;
        if register.get_ref().trim().is_empty() {
            reader.report(register.span(), Problem::Blank { key: "register" });
            return None;
        }
        let path = reader.path(register.get_ref());
        return Some(Exclude::Register { path, column: column.get_ref().clone(), encoding, delimiter });
    }
    for (key, other) in [("column", &raw.column), ("encoding", &raw.encoding), ("delimiter", &raw.delimiter)] {
        if let Some(stray) = other {
            let why = "it belongs to a register.";
            reader.report(stray.span(), Problem::Conflict { key, other: "when", why });
        }
    }
    let why = "Write either register and column, or source and when.";
    let name = reader.required_text(&raw.source, entry, ("[[exclude]]", "source"), why);
    let when = reader.required_text(&raw.when, entry, ("[[exclude]]", "when"), why);
    let (name, when) = (name?, when?);
    let source = source_position(reader, name, &ground.sources)?;
    condition(reader, when, &ground.sources[source].name, &ground.sources[source].schema);
    if ground.sources[source].subject.is_none() && !ground.datasets.iter().any(|d| d.source == source) {
        let (place, column) = (name.get_ref().clone(), ground.subject.column.clone());
        let known = Known::new(&column, std::iter::empty());
        reader.report(name.span(), Problem::NoSubject { place, column, known });
    }
    Some(Exclude::When { source, sql: when.get_ref().clone() })
}
