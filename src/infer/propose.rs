//! Counts of columns → fields, with the reasons.

use serde_json::{Map, Value, json};

use super::column::Column;
use super::kinds::{Kind, Kinds};
use super::{Proposal, Proposed, SHOWN};

/// Values of a column that must be of a type for it to be proposed: a few slips do not hide what a column is.
const MOST: f64 = 0.98;
/// Values that must be names for a column of names: lists of names never hold all.
const NAMES: f64 = 0.5;
/// Years that dates of birth of a population span at least.
const LIVES: i32 = 45;
/// Distinct values of a column of codes, at most one for so many values.
const REPEATED: u64 = 5;

/// Why something is proposed: a key of the messages, with its numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// What: `type`, `nir`, `birth`, `codes`…
    pub what: &'static str,
    /// A word that the message names: a type, an identifier.
    pub word: String,
    /// Values that are so.
    pub so: u64,
    /// Values there are.
    pub of: u64,
}

/// The schema of the columns.
pub(super) fn propose(name: &str, labels: &[String], columns: &[Column], records: u64) -> Proposal {
    let mut fields = Vec::new();
    let mut proposed = Vec::new();
    let mut key = None;
    let mut subject = false;
    for (label, column) in labels.iter().zip(columns) {
        let mut draft = Draft::new(label, column);
        draft.find_type();
        draft.find_role(&mut subject);
        draft.find_constraints();
        if draft.unique && key.is_none() && column.missing == 0 {
            key = Some(label.clone());
        }
        let (field, told) = draft.finish();
        fields.push(field);
        proposed.push(told);
    }
    let mut schema = json!({ "name": name, "fields": fields, "missingValues": [""] });
    if let (Some(key), Some(schema)) = (key, schema.as_object_mut()) {
        schema.insert("primaryKey".into(), json!([key]));
    }
    Proposal { schema, columns: proposed, records }
}

/// A field that is being proposed.
struct Draft<'a> {
    label: &'a str,
    words: Vec<String>,
    column: &'a Column,
    ty: &'static str,
    options: &'static [(&'static str, &'static str)],
    role: Option<&'static str>,
    identifier: Option<&'static str>,
    constraints: Map<String, Value>,
    reasons: Vec<Reason>,
    unique: bool,
}

impl<'a> Draft<'a> {
    fn new(label: &'a str, column: &'a Column) -> Self {
        let plain = label.to_lowercase().replace(['é', 'è', 'ê'], "e");
        let words = plain.split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect();
        let unique = column.distinct.as_ref().is_some_and(|d| d.len() as u64 == column.values && column.values > 1);
        Self {
            label,
            words,
            column,
            ty: "string",
            options: &[],
            role: None,
            identifier: None,
            constraints: Map::new(),
            reasons: Vec::new(),
            unique,
        }
    }

    /// Number of values of a kind.
    fn count(&self, kind: Kind) -> u64 {
        let number = (0..Kinds::len()).find(|&i| Kinds::kind(i) == Some(kind));
        number.and_then(|i| self.column.kinds.get(i)).copied().unwrap_or(0)
    }

    fn share(&self, kind: Kind) -> f64 {
        if self.column.values == 0 { 0.0 } else { self.count(kind) as f64 / self.column.values as f64 }
    }

    fn says(&self, words: &[&str]) -> bool {
        self.words.iter().any(|w| words.contains(&w.as_str()))
    }

    fn because(&mut self, what: &'static str, word: &str, so: u64) {
        self.reasons.push(Reason { what, word: word.to_owned(), so, of: self.column.values });
    }

    /// The first type that nearly all values are of; texts of digits that begin with a nought stay texts.
    fn find_type(&mut self) {
        if self.column.values == 0 {
            self.because("empty", "", 0);
            return;
        }
        let types = (0..Kinds::len()).filter_map(Kinds::kind);
        let fitting = types.filter_map(|kind| match kind {
            Kind::Typed(ty, options) if self.share(kind) >= MOST => Some((kind, ty, options)),
            _ => None,
        });
        // Eight digits are a date before they are a number, where all are dates of the last two centuries.
        let mut fitting: Vec<_> = fitting.collect();
        let recent = self.column.years.is_some_and(|(low, high)| low >= 1880 && high <= 2100);
        let compact = |options: &[(&str, &str)]| options.contains(&("format", "%Y%m%d"));
        fitting.retain(|(_, _, options)| !compact(options) || recent);
        if let Some(date) = fitting.iter().position(|(_, _, options)| compact(options)) {
            fitting.swap(0, date);
        }
        let numeric = |ty: &str| matches!(ty, "integer" | "number");
        fitting.retain(|(_, ty, _)| !(numeric(ty) && self.column.keeps_zeros));
        match fitting.first() {
            Some((kind, ty, options)) => {
                (self.ty, self.options) = (ty, options);
                let written = options.iter().map(|(_, v)| format!(" {v}")).collect::<String>();
                self.because("type", &format!("{ty}{written}"), self.count(*kind));
            }
            None if self.column.keeps_zeros => self.because("zeros", "", self.column.values),
            None => self.because("text", "", self.column.values),
        }
    }

    fn find_role(&mut self, subject: &mut bool) {
        let codes_of = |kind: Kind| self.share(kind) >= MOST;
        let identifier = |word: &'static str| codes_of(Kind::Identifier(word));
        if identifier("nir") {
            let role = if *subject { "direct-identifier" } else { "subject-identifier" };
            *subject = true;
            return self.take_identifier("nir", role);
        }
        // Numbers with one check digit: one number in ten passes by chance, all of a column do not.
        for word in ["rpps", "finess"] {
            if identifier(word) && self.column.values >= 5 {
                let role = if word == "rpps" { "direct-identifier" } else { "quasi-identifier" };
                return self.take_identifier(word, role);
            }
        }
        let people = [
            (Kind::Telephone, "telephone", MOST),
            (Kind::Address, "address", NAMES),
            (Kind::Typed("string", &[("format", "email")]), "email", MOST),
        ];
        for (kind, what, least) in people {
            if self.share(kind) >= least {
                self.as_text_unless("email", what);
                return self.take_role("direct-identifier", what, self.count(kind));
            }
        }
        let (forenames, surnames) = (self.share(Kind::Forename), self.share(Kind::Surname));
        // A short list of codes that happen to be names is none of names.
        let many = self.column.codes.is_none() || self.says(&["nom", "noms", "prenom", "prenoms", "name"]);
        if self.ty == "string" && forenames.max(surnames) >= NAMES && many {
            let (what, kind) =
                if forenames >= surnames { ("forename", Kind::Forename) } else { ("surname", Kind::Surname) };
            return self.take_role("direct-identifier", what, self.count(kind));
        }
        if self.ty == "date" && self.birth() {
            return self.take_role("quasi-identifier", "birth", self.column.values);
        }
        self.find_code_role();
    }

    /// Telephone numbers are no numbers, whatever they look like.
    fn as_text_unless(&mut self, keeps: &str, what: &str) {
        if what != keeps {
            (self.ty, self.options) = ("string", &[]);
        }
    }

    fn birth(&self) -> bool {
        let span = self.column.years.map_or(0, |(low, high)| high - low);
        let named = self.says(&["naissance", "naiss", "nai", "ddn", "birth", "ne", "nee"]);
        named || (self.column.values >= SHOWN && span >= LIVES)
    }

    /// Codes of places, diagnoses and acts; five digits are told apart by the label.
    fn find_code_role(&mut self) {
        if self.ty == "date" || self.ty == "datetime" || self.column.values == 0 {
            return;
        }
        let is = |word: &'static str| self.share(Kind::Identifier(word)) >= MOST;
        let place = self.says(&["commune", "insee", "com", "cog"]);
        let post = self.says(&["postal", "postale", "cp", "poste"]);
        let found = [
            (is("commune") && place, "commune", "quasi-identifier"),
            (is("postcode") && post, "postcode", "quasi-identifier"),
            (is("iris") && self.says(&["iris"]), "iris", "quasi-identifier"),
            (is("loinc"), "loinc", "sensitive"),
            (is("ccam"), "ccam", "sensitive"),
            // A letter and two digits may be much: the label has to agree.
            (
                is("cim10") && self.says(&["cim", "cim10", "diag", "diagnostic", "dp", "dr", "das"]),
                "cim10",
                "sensitive",
            ),
        ];
        if let Some((_, word, role)) = found.into_iter().find(|(yes, _, _)| *yes) {
            return self.take_identifier(word, role);
        }
        let few = self.column.codes.as_ref().is_some_and(|c| (2..=4).contains(&c.len()));
        if few && self.says(&["sexe", "sex", "genre"]) {
            self.take_role("quasi-identifier", "sex", self.column.values);
        }
    }

    fn take_identifier(&mut self, word: &'static str, role: &'static str) {
        (self.ty, self.options) = ("string", &[]);
        self.identifier = Some(word);
        self.role = Some(role);
        // The type that the digits look like is no reason for a text.
        self.reasons.clear();
        self.because("identifier", word, self.count(Kind::Identifier(word)));
    }

    fn take_role(&mut self, role: &'static str, what: &'static str, so: u64) {
        self.role = Some(role);
        self.because(what, "", so);
    }

    fn find_constraints(&mut self) {
        let column = self.column;
        if column.values == 0 {
            return;
        }
        if column.missing == 0 {
            self.constraints.insert("required".into(), true.into());
            self.because("required", "", column.values);
        }
        if self.unique && column.values >= SHOWN {
            self.constraints.insert("unique".into(), true.into());
            self.because("unique", "", column.values);
        }
        let identifies = matches!(self.role, Some("direct-identifier" | "subject-identifier"));
        if !identifies && self.identifier.is_none() && matches!(self.ty, "string" | "integer") {
            self.find_codes();
        }
        if matches!(self.ty, "integer" | "number") && !column.negative && !self.constraints.contains_key("enum") {
            self.constraints.insert("minimum".into(), 0.into());
            self.because("positive", "", column.values);
        }
        let fixed = column.lengths.filter(|(low, high)| low == high && *low > 1);
        if let (Some((length, _)), "string", [], None) = (fixed, self.ty, self.options, self.identifier)
            && !self.constraints.contains_key("enum")
            && column.values >= SHOWN
        {
            self.constraints.insert("minLength".into(), length.into());
            self.constraints.insert("maxLength".into(), length.into());
            self.because("length", &length.to_string(), column.values);
        }
    }

    /// Few codes, each of which many records have: a rare one would tell of few persons, and stays out.
    fn find_codes(&mut self) {
        let Some(codes) = &self.column.codes else { return };
        let repeated = codes.len() as u64 * REPEATED <= self.column.values;
        if codes.len() < 2 || !repeated || codes.values().any(|n| *n < SHOWN) {
            return;
        }
        let values: Vec<Value> = codes
            .keys()
            .map(|text| match (self.ty, text.parse::<i64>()) {
                ("integer", Ok(n)) => n.into(),
                _ => text.as_str().into(),
            })
            .collect();
        let number = values.len().to_string();
        self.constraints.insert("enum".into(), Value::Array(values));
        self.because("codes", &number, self.column.values);
    }

    fn finish(self) -> (Value, Proposed) {
        let mut field = Map::new();
        field.insert("name".into(), self.label.into());
        field.insert("type".into(), self.ty.into());
        for (key, value) in self.options {
            match *key {
                "true" => field.insert("trueValues".into(), json!([value])),
                "false" => field.insert("falseValues".into(), json!([value])),
                key => field.insert(key.into(), (*value).into()),
            };
        }
        if let Some(role) = self.role {
            field.insert("tamis:role".into(), role.into());
        }
        if let Some(word) = self.identifier {
            field.insert("tamis:identifier".into(), word.into());
        }
        if !self.constraints.is_empty() {
            field.insert("constraints".into(), Value::Object(self.constraints));
        }
        let name = self.label.to_owned();
        (Value::Object(field), Proposed { name, ty: self.ty.to_owned(), role: self.role, reasons: self.reasons })
    }
}
