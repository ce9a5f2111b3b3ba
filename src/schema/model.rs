//! The checked form of a Table Schema: what a file should look like, and what each column means for privacy.

use std::fmt;

use super::path::ValuePath;

/// The part a column plays for privacy (`tamis:role`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Neither identifying nor sensitive.
    Other,
    /// Key variable: identifies in combination with others.
    QuasiIdentifier,
    /// Health data or other data whose disclosure harms.
    Sensitive,
    /// The identifier that tells which records are one person's; leaves only as a pseudonym.
    SubjectIdentifier,
    /// Name, first name, detailed address, national number…: can never leave.
    DirectIdentifier,
}

impl Role {
    /// Whether a column of this role can never leave, whatever a pipeline says (R05).
    #[must_use]
    pub fn never_leaves(self) -> bool {
        matches!(self, Role::DirectIdentifier | Role::SubjectIdentifier)
    }

    /// The word used in schema files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Other => "other",
            Role::QuasiIdentifier => "quasi-identifier",
            Role::Sensitive => "sensitive",
            Role::SubjectIdentifier => "subject-identifier",
            Role::DirectIdentifier => "direct-identifier",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The kind of value that a column holds once parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Logical {
    /// UTF-8 text; also every Table Schema type that has no arithmetic here (`time`, `list`, `object`…).
    Text,
    /// 64-bit signed integer; also `year`.
    Integer,
    /// 64-bit floating point.
    Number,
    /// True or false.
    Boolean,
    /// Days since 1970-01-01.
    Date,
    /// Microseconds since 1970-01-01T00:00:00Z.
    Datetime,
}

impl Logical {
    /// The type of Table Schema that says it.
    #[must_use]
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Datetime => "datetime",
        }
    }

    /// Its word in pipelines and messages.
    #[must_use]
    pub fn word(self) -> &'static str {
        if self == Self::Text { "text" } else { self.type_name() }
    }
}

/// A national identifier or code list that a cell is checked against (`tamis:identifier`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IdentifierKind {
    /// *Numéro d'inscription au répertoire*, 15 characters with key (also the INS number).
    Nir,
    /// Health professional, 11 digits, Luhn.
    Rpps,
    /// Health establishment, 9 characters, Luhn.
    Finess,
    /// Commune code (COG), 5 characters.
    Commune,
    /// Statistical block: commune and 4 digits.
    Iris,
    /// Postcode, 5 digits; not a department code.
    Postcode,
    /// Diagnosis, CIM-10.
    Cim10,
    /// Procedure, CCAM.
    Ccam,
    /// Laboratory code, LOINC.
    Loinc,
}

/// A Table Schema type with its format options.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldType {
    /// `string`, with `format`.
    String(StringFormat),
    /// `integer`.
    Integer {
        /// False where units or symbols may stand around the digits.
        bare_number: bool,
        /// Character between groups of digits.
        group_char: Option<char>,
    },
    /// `number`.
    Number {
        /// Decimal character, `.` unless told.
        decimal_char: char,
        /// Character between groups of digits.
        group_char: Option<char>,
        /// False where units or symbols may stand around the digits.
        bare_number: bool,
    },
    /// `boolean`, with the words for true and false.
    Boolean {
        /// Words for true.
        true_values: Vec<String>,
        /// Words for false.
        false_values: Vec<String>,
    },
    /// `date`.
    Date {
        /// How it is written.
        format: TemporalFormat,
        /// Month or day `00` are taken (`tamis:incompleteDates`): an unknown day counts as the 15th, an unknown
        /// month as 1 July, so that ages are right to half a year.
        incomplete: bool,
    },
    /// `datetime`.
    Datetime(TemporalFormat),
    /// `time`.
    Time(TemporalFormat),
    /// `year`.
    Year,
    /// `yearmonth`.
    Yearmonth,
    /// `duration` (ISO 8601).
    Duration,
    /// `geopoint`, as `longitude, latitude`.
    Geopoint,
    /// `geopoint` in the format `array`: `[longitude, latitude]`.
    GeopointArray,
    /// `geopoint` in the format `object`: `{"lon": …, "lat": …}`.
    GeopointObject,
    /// `object`: a JSON object.
    Object,
    /// `geojson` (RFC 7946).
    Geojson,
    /// `geojson` in the format `topojson`.
    Topojson,
    /// `array`: a JSON array.
    Array,
    /// `list`: items between a delimiter.
    List {
        /// Between items, `,` unless told.
        delimiter: String,
        /// Type of each item (`itemType`), a string unless told.
        item: Box<FieldType>,
    },
    /// `any`.
    Any,
}

/// The `format` of a `string` field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StringFormat {
    /// Any text.
    Default,
    /// An e-mail address.
    Email,
    /// A URI.
    Uri,
    /// Base64 text.
    Binary,
    /// A UUID.
    Uuid,
}

/// The `format` of a temporal field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemporalFormat {
    /// ISO 8601 as Table Schema has it.
    Default,
    /// Any form that can be read.
    Any,
    /// An strptime pattern.
    Pattern(String),
}

/// Constraints of a field. Bounds are kept as written and read with the field's own type.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Constraints {
    /// A missing value is an error.
    pub required: bool,
    /// No two records have the same value.
    pub unique: bool,
    /// Shortest length, in characters.
    pub min_length: Option<usize>,
    /// Longest length, in characters.
    pub max_length: Option<usize>,
    /// Lowest value.
    pub minimum: Option<String>,
    /// Highest value.
    pub maximum: Option<String>,
    /// Values lie above.
    pub exclusive_minimum: Option<String>,
    /// Values lie below.
    pub exclusive_maximum: Option<String>,
    /// Regular expression that the whole text must match: applied as `^(?:p)$`.
    pub pattern: Option<String>,
    /// The allowed values, as written.
    pub allowed: Option<Vec<String>>,
    /// JSON Schema that a JSON value keeps to.
    pub json_schema: Option<serde_json::Value>,
}

/// One column.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Name, as in the header of the file.
    pub name: String,
    /// Short French title.
    pub title: Option<String>,
    /// French description.
    pub description: Option<String>,
    /// An invented example.
    pub example: Option<String>,
    /// Type and format.
    pub ty: FieldType,
    /// Constraints.
    pub constraints: Constraints,
    /// Privacy role; `None` where the schema does not say (a pipeline then refuses the schema).
    pub role: Option<Role>,
    /// Identifier that the text is checked as.
    pub identifier: Option<IdentifierKind>,
    /// Texts that mean "missing", where they differ from the table's.
    pub missing_values: Option<Vec<String>>,
    /// Where the value stands in a document, for sources of FHIR resources (`tamis:path`).
    pub path: Option<ValuePath>,
}

impl Field {
    /// The kind of value that the field holds once parsed.
    #[must_use]
    pub fn logical(&self) -> Logical {
        match self.ty {
            FieldType::Integer { .. } | FieldType::Year => Logical::Integer,
            FieldType::Number { .. } => Logical::Number,
            FieldType::Boolean { .. } => Logical::Boolean,
            FieldType::Date { .. } => Logical::Date,
            FieldType::Datetime(_) => Logical::Datetime,
            _ => Logical::Text,
        }
    }
}

/// A rule over several fields of a record (`tamis:rules`): an SQL expression that must not be false.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Short name, used in findings.
    pub name: String,
    /// SQL expression over fields of the table. True and NULL pass, as in an SQL `CHECK`.
    pub sql: String,
    /// French sentence for readers.
    pub description: Option<String>,
}

/// Values that must stand in another table, or elsewhere in the same one (`foreignKeys`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// Fields of this table.
    pub fields: Vec<String>,
    /// Name of the table in which the values are looked up; empty for this table itself.
    pub resource: String,
    /// Fields of that table, in the order of `fields`.
    pub reference: Vec<String>,
}

/// How the labels of a file relate to the fields of the schema (`fieldsMatch`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FieldsMatch {
    /// Same labels, same order.
    #[default]
    Exact,
    /// Same labels, any order.
    Equal,
    /// The file has all fields of the schema and may have more.
    Subset,
    /// The file has only fields of the schema and may lack some.
    Superset,
    /// At least one label in common.
    Partial,
}

/// A checked Table Schema.
#[derive(Debug, Clone, PartialEq)]
pub struct TableSchema {
    /// Name of the dataset.
    pub name: String,
    /// French title.
    pub title: Option<String>,
    /// French description.
    pub description: Option<String>,
    /// The columns, in order; names are unique.
    pub fields: Vec<Field>,
    /// Texts that mean "missing".
    pub missing_values: Vec<String>,
    /// Fields of the primary key; empty where there is none.
    pub primary_key: Vec<String>,
    /// Further sets of fields whose values are unique together.
    pub unique_keys: Vec<Vec<String>>,
    /// Values that are looked up in a table.
    pub foreign_keys: Vec<ForeignKey>,
    /// How labels and fields relate.
    pub fields_match: FieldsMatch,
    /// Rules over several fields.
    pub rules: Vec<Rule>,
}

impl TableSchema {
    /// Whether every field says where its value stands in a FHIR resource of that type.
    ///
    /// # Errors
    /// In a sentence: the fields that do not.
    pub fn paths_into(&self, resource: &str) -> Result<(), String> {
        let names = |which: &dyn Fn(&Field) -> bool| {
            let names: Vec<&str> = self.fields.iter().filter(|f| which(f)).map(|f| f.name.as_str()).collect();
            names.join(", ")
        };
        let without = names(&|field| field.path.is_none());
        if !without.is_empty() {
            return Err(format!(
                "`tamis:path` does not say where in a FHIR resource the values of these fields stand: {without}"
            ));
        }
        let other = names(&|f| f.path.as_ref().and_then(ValuePath::resource).is_some_and(|of| of != resource));
        if other.is_empty() {
            Ok(())
        } else {
            Err(format!("`tamis:path` leads into another resource than {resource}: {other}"))
        }
    }

    /// The position of a field.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|f| f.name == name)
    }

    /// The field of that name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|f| f.name == name)
    }
}
