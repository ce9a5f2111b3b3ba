//! Where the value of a field stands in a JSON document (`tamis:path`): a subset of FHIRPath (HL7 FHIRPath N1), and the two functions that
//! *SQL on FHIR* v2 adds for keys.
//!
//! | written | meaning |
//! |---|---|
//! | `a.b` | the member `b` of every `a` |
//! | `a[0]`, `a.first()` | the first of several |
//! | `a.where(m='t')` | those whose member `m` is the text `t` |
//! | `extension('url')` | `extension.where(url='url')` |
//! | `value.ofType(Quantity)` | `valueQuantity`, as JSON has it |
//! | `getResourceKey()` | the id of the resource |
//! | `a.getReferenceKey(T)` | the id behind a reference `T/id`; nothing where it is to another type |
//!
//! A path may begin with the type of the resource, `Patient.birthDate`.

use std::fmt;

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathStep {
    /// The member of that name; of a list, that of each item.
    Member(String),
    /// The item at that position, from 0.
    Index(usize),
    /// The items whose member is that text.
    Where {
        /// The member.
        member: String,
        /// The text.
        equals: String,
    },
    /// The id behind a reference to a resource of that type, or of any.
    ReferenceKey(Option<String>),
}

/// A checked path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValuePath {
    written: String,
    resource: Option<String>,
    steps: Vec<PathStep>,
}

impl fmt::Display for ValuePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl ValuePath {
    /// Reads a path; `None` where it is none of the subset.
    #[must_use]
    pub fn parse(written: &str) -> Option<Self> {
        let mut parser = Parser { rest: written.trim() };
        let mut steps = Vec::new();
        let mut resource = None;
        loop {
            let name = parser.name()?;
            // Types begin with a capital letter, members never do.
            if steps.is_empty() && resource.is_none() && name.starts_with(|c: char| c.is_ascii_uppercase()) {
                resource = Some(name);
            } else {
                parser.step(name, &mut steps)?;
            }
            while parser.take("[") {
                steps.push(PathStep::Index(parser.number()?));
                parser.take("]").then_some(())?;
            }
            if parser.rest.is_empty() {
                break;
            }
            // Nothing can be asked of a key.
            (parser.take(".") && !matches!(steps.last(), Some(PathStep::ReferenceKey(_)))).then_some(())?;
        }
        let named = steps.iter().any(|step| matches!(step, PathStep::Member(_)));
        named.then(|| Self { written: written.trim().to_owned(), resource, steps })
    }

    /// The type of resource that the path begins with.
    #[must_use]
    pub fn resource(&self) -> Option<&str> {
        self.resource.as_deref()
    }

    /// The steps, in order; at least one is a member.
    #[must_use]
    pub fn steps(&self) -> &[PathStep] {
        &self.steps
    }
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn take(&mut self, text: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(text) else { return false };
        self.rest = rest;
        true
    }

    fn cut(&mut self, length: usize) -> Option<String> {
        let (head, rest) = self.rest.split_at(length);
        self.rest = rest;
        (!head.is_empty()).then(|| head.to_owned())
    }

    fn name(&mut self) -> Option<String> {
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        if self.rest.starts_with(|c: char| c.is_ascii_digit()) { None } else { self.cut(end) }
    }

    fn number(&mut self) -> Option<usize> {
        let end = self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len());
        self.cut(end)?.parse().ok()
    }

    /// A text in single quotes, `\` before a quote or another `\` that is part of it.
    fn text(&mut self) -> Option<String> {
        self.take("'").then_some(())?;
        let mut text = String::new();
        loop {
            let end = self.rest.find(['\'', '\\'])?;
            text.push_str(&self.rest[..end]);
            self.rest = &self.rest[end..];
            if self.take("'") {
                return Some(text);
            }
            self.take("\\");
            text.push(match self.rest.chars().next()? {
                c @ ('\'' | '\\') => c,
                _ => return None,
            });
            self.rest = &self.rest[1..];
        }
    }

    /// The member or function of that name.
    fn step(&mut self, name: String, steps: &mut Vec<PathStep>) -> Option<()> {
        if !self.take("(") {
            steps.push(PathStep::Member(name));
            return Some(());
        }
        match name.as_str() {
            "first" if !steps.is_empty() => steps.push(PathStep::Index(0)),
            "where" if !steps.is_empty() => {
                let member = self.name()?;
                self.rest = self.rest.trim_start();
                self.take("=").then_some(())?;
                self.rest = self.rest.trim_start();
                let equals = self.text()?;
                steps.push(PathStep::Where { member, equals });
            }
            "extension" => {
                let equals = self.text()?;
                steps.push(PathStep::Member("extension".to_owned()));
                steps.push(PathStep::Where { member: "url".to_owned(), equals });
            }
            "ofType" => {
                let kind = self.name()?;
                let Some(PathStep::Member(member)) = steps.last_mut() else { return None };
                let (first, rest) = kind.split_at(1);
                member.extend([first.to_ascii_uppercase().as_str(), rest]);
            }
            "getResourceKey" if steps.is_empty() => steps.push(PathStep::Member("id".to_owned())),
            "getReferenceKey" if !steps.is_empty() => {
                let kind = if self.rest.starts_with(')') { None } else { Some(self.name()?) };
                steps.push(PathStep::ReferenceKey(kind));
            }
            _ => return None,
        }
        self.take(")").then_some(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn steps(path: &str) -> Vec<PathStep> {
        ValuePath::parse(path).unwrap().steps
    }

    #[test]
    fn paths_of_the_subset_are_read() {
        let member = |name: &str| PathStep::Member(name.to_owned());
        let system = |equals: &str| PathStep::Where { member: "system".to_owned(), equals: equals.to_owned() };
        assert_eq!(steps("name[0].family"), [member("name"), PathStep::Index(0), member("family")]);
        assert_eq!(steps("name.first().family"), steps("name[0].family"));
        assert_eq!(steps("Patient.birthDate"), [member("birthDate")]);
        assert_eq!(ValuePath::parse("Patient.birthDate").unwrap().resource(), Some("Patient"));
        assert_eq!(
            steps("identifier.where(system='urn:oid:1.2').value"),
            [member("identifier"), system("urn:oid:1.2"), member("value")]
        );
        assert_eq!(steps(r"a.where(system = 'l\'é\\').b"), [member("a"), system("l'é\\"), member("b")]);
        assert_eq!(steps("value.ofType(Quantity).value"), [member("valueQuantity"), member("value")]);
        assert_eq!(steps("value.ofType(string)"), [member("valueString")]);
        assert_eq!(steps("getResourceKey()"), [member("id")]);
        let patient = PathStep::ReferenceKey(Some("Patient".to_owned()));
        assert_eq!(steps("subject.getReferenceKey(Patient)"), [member("subject"), patient]);
        assert_eq!(steps("subject.getReferenceKey()"), [member("subject"), PathStep::ReferenceKey(None)]);
        let url = PathStep::Where { member: "url".to_owned(), equals: "u".to_owned() };
        assert_eq!(steps("extension('u').valueCode"), [member("extension"), url, member("valueCode")]);
    }

    #[test]
    fn what_is_no_path_of_the_subset_is_refused() {
        for path in [
            "",
            ".",
            "a.",
            ".a",
            "a b",
            "a[",
            "a[x]",
            "a[0",
            "Patient",
            "Patient.",
            "a.where(b)",
            "a.where(b='c",
            "a.where(b=c)",
            "where(b='c')",
            "first()",
            "a.count()",
            "a | b",
            "a.subject.getReferenceKey(Patient).x",
            "getReferenceKey(Patient)",
            "a.getResourceKey()",
            "$this",
            "%resource.a",
            "a.where(b='\\n')",
            "0a",
            "a.ofType()",
            "ofType(Quantity)",
            "é",
        ] {
            assert_eq!(ValuePath::parse(path), None, "{path}");
        }
    }
}
