//! What makes a schema better though it can be read: roles, keys, limits on free text.

use super::model::{Field, FieldType, IdentifierKind, Role, StringFormat, TableSchema};
use super::remarks::{Remark, RemarkKind};

/// Parts of names that speak of something that identifies persons.
const IDENTIFYING: &[&str] = &[
    "nir",
    "ins",
    "nom",
    "noms",
    "prenom",
    "prenoms",
    "adresse",
    "telephone",
    "tel",
    "portable",
    "mail",
    "email",
    "courriel",
    "matricule",
    "ipp",
    "rpps",
];

/// What could be better in a schema.
#[must_use]
pub fn lint(schema: &TableSchema) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let fields = || schema.fields.iter().enumerate();
    // One remark for all fields of a kind: the first place, and how many.
    let mut of_fields = |kind, wrong: &dyn Fn(&Field) -> bool| {
        let found: Vec<(usize, &Field)> = fields().filter(|(_, f)| wrong(f)).collect();
        if let Some((i, first)) = found.first() {
            let place = format!("fields[{i}]");
            remarks.push(Remark { kind, place, name: first.name.clone(), count: found.len() as u64 });
        }
    };
    of_fields(RemarkKind::NoRole, &|f| f.role.is_none());
    of_fields(RemarkKind::Undescribed, &|f| f.title.is_none() && f.description.is_none());
    of_fields(RemarkKind::FreeText, &is_free_text);
    of_fields(RemarkKind::AnchoredPattern, &|f| {
        f.constraints
            .pattern
            .as_deref()
            .is_some_and(|p| p.starts_with('^') || (p.ends_with('$') && !p.ends_with("\\$")))
    });
    of_fields(RemarkKind::OneValue, &|f| f.constraints.allowed.as_ref().is_some_and(|a| a.len() == 1));
    for (i, field) in fields().filter(|(_, f)| speaks_of_a_person(f)) {
        remarks.push(Remark {
            kind: RemarkKind::LooksIdentifying,
            place: format!("fields[{i}].tamis:role"),
            name: field.name.clone(),
            count: 1,
        });
    }
    if schema.primary_key.is_empty() {
        remarks.push(Remark { kind: RemarkKind::NoKey, place: "primaryKey".into(), name: String::new(), count: 1 });
    }
    remarks
}

/// A text that nothing limits and that may leave: it can say who somebody is.
fn is_free_text(field: &Field) -> bool {
    let c = &field.constraints;
    let text = matches!(field.ty, FieldType::String(StringFormat::Default) | FieldType::Any);
    let may_leave = !field.role.is_some_and(Role::never_leaves);
    text && may_leave
        && field.identifier.is_none()
        && c.allowed.is_none()
        && c.pattern.is_none()
        && c.max_length.is_none_or(|n| n > 40)
}

/// A column whose name or kind speaks of something that identifies persons, with a role that lets it leave.
fn speaks_of_a_person(field: &Field) -> bool {
    let plain: String = field.name.to_lowercase().replace(['é', 'è', 'ê'], "e");
    let word = plain.split(|c: char| !c.is_alphanumeric()).any(|part| IDENTIFYING.contains(&part));
    // Of what a code list names, `nom` is the label and identifies nobody.
    let kind = matches!(field.identifier, Some(IdentifierKind::Nir));
    let coded = field.constraints.allowed.is_some()
        || matches!(field.ty, FieldType::Boolean { .. } | FieldType::Integer { .. })
        || field.identifier.is_some_and(|i| i != IdentifierKind::Nir && i != IdentifierKind::Rpps);
    (kind || (word && !coded)) && field.role.is_some_and(|role| !role.never_leaves())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    fn kinds(fields: &str, more: &str) -> Vec<(RemarkKind, String, u64)> {
        let schema = TableSchema::parse(&format!(r#"{{"fields": [{fields}]{more}}}"#), "t").unwrap();
        lint(&schema).into_iter().map(|r| (r.kind, r.name, r.count)).collect()
    }

    #[test]
    fn a_name_that_may_leave_is_told() {
        let key = r#", "primaryKey": ["a"]"#;
        let fields = r#"{"name": "a", "title": "A", "type": "integer", "tamis:role": "other"},
            {"name": "NOM_Naissance", "title": "N", "type": "string", "tamis:role": "other", "constraints": {"maxLength": 20}},
            {"name": "nom_commune", "title": "N", "type": "string", "tamis:role": "other", "tamis:identifier": "commune"},
            {"name": "prenom", "title": "P", "type": "string", "tamis:role": "direct-identifier"}"#;
        assert_eq!(kinds(fields, key), [(RemarkKind::LooksIdentifying, "NOM_Naissance".to_owned(), 1)]);
    }

    #[test]
    fn what_a_schema_leaves_open_is_counted() {
        let fields = r#"{"name": "a", "type": "string"}, {"name": "b", "type": "string", "constraints": {"pattern": "^x$"}},
            {"name": "c", "type": "string", "title": "C", "tamis:role": "other", "constraints": {"enum": ["x"]}}"#;
        let expected = [
            (RemarkKind::NoRole, "a", 2),
            (RemarkKind::Undescribed, "a", 2),
            (RemarkKind::FreeText, "a", 1),
            (RemarkKind::AnchoredPattern, "b", 1),
            (RemarkKind::OneValue, "c", 1),
            (RemarkKind::NoKey, "", 1),
        ];
        assert_eq!(kinds(fields, ""), expected.map(|(kind, name, n)| (kind, name.to_owned(), n)));
    }
}
