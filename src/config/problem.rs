//! The problems themselves: one variant each, with message, stable code and advice.

use std::path::PathBuf;

use miette::Diagnostic;

pub use super::known::Known;
use crate::schema::Role;

/// What is wrong at a place of a pipeline. Texts in it come from the pipeline or from a schema, never from data.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[allow(missing_docs)] // the message of each variant says what it and its fields are
pub enum Problem {
    // The form of the file
    #[error("the file `{}` cannot be read: {kind}", .path.display())]
    #[diagnostic(code(tamis::pipeline::unreadable), help("Check the path and the permission to read it."))]
    Unreadable { path: PathBuf, kind: std::io::ErrorKind },
    #[error("the file `{}` is not UTF-8 text", .path.display())]
    #[diagnostic(code(tamis::pipeline::not_utf8), help("Save it as UTF-8."))]
    NotUtf8 { path: PathBuf },
    #[error("this is not a pipeline: no line begins one of its sections")]
    #[diagnostic(
        code(tamis::pipeline::not_a_pipeline),
        help(
            "Name the pipeline file, whose sections are [pipeline], [[source]] and others. Nothing of this one is shown."
        )
    )]
    NotAPipeline,
    #[error("this is no file of tables to protect: no line begins one of its sections")]
    #[diagnostic(
        code(tamis::pipeline::not_tables),
        help("Name the file whose sections are [tables] and [[table]]. Nothing of this one is shown.")
    )]
    NotTables,
    #[error("this says nothing of a file to anonymise: no line begins one of its sections")]
    #[diagnostic(
        code(tamis::pipeline::not_anonymise),
        help("Name the file whose sections are [anonymise], [[quasi]] and others. Nothing of this one is shown.")
    )]
    NotAnonymise,
    #[error("this is not TOML: {message}")]
    #[diagnostic(
        code(tamis::pipeline::syntax),
        help("Texts stand in double quotes; a table starts with [name], an entry of a list with [[name]].")
    )]
    Syntax { message: String },
    #[error("unknown key `{key}`")]
    #[diagnostic(
        code(tamis::pipeline::unknown_key),
        help("{known} A key that is not understood is refused, so that no rule is silently left out.")
    )]
    UnknownKey { key: String, known: Known },
    #[error("wrong kind of value: {message}")]
    #[diagnostic(code(tamis::pipeline::wrong_type), help("Write the kind of value that is expected here."))]
    WrongType { message: String },
    #[error("`{section}` is {}", if *.list { "a list of entries" } else { "a single section" })]
    #[diagnostic(code(tamis::pipeline::wrong_brackets), help("Write {}.", if *.list { format!("[[{section}]], with two brackets, once for each entry") } else { format!("[{section}], with one bracket, once") }))]
    WrongBrackets { section: &'static str, list: bool },
    #[error("the section [{section}] is missing")]
    #[diagnostic(code(tamis::pipeline::missing_section), help("{why}"))]
    MissingSection { section: &'static str, why: &'static str },
    #[error("`{key}` is missing in {section}")]
    #[diagnostic(code(tamis::pipeline::missing_key), help("{why}"))]
    MissingKey { section: &'static str, key: &'static str, why: &'static str },
    #[error("`{key}` is blank")]
    #[diagnostic(code(tamis::pipeline::blank), help("Write it out: it is recorded in the release and in the log."))]
    Blank { key: &'static str },
    #[error("`{key}` cannot be `{word}`")]
    #[diagnostic(code(tamis::pipeline::unknown_word), help("{known}"))]
    UnknownWord { key: &'static str, word: String, known: Known },
    #[error("`{key}` has a value that cannot be used")]
    #[diagnostic(code(tamis::pipeline::bad_value), help("{expected}"))]
    BadValue { key: &'static str, expected: &'static str },
    #[error("`{key}` and `{other}` do not go together")]
    #[diagnostic(code(tamis::pipeline::conflict), help("Leave one of them out: {why}"))]
    Conflict { key: &'static str, other: &'static str, why: &'static str },
    #[error("the tables `{first}` and `{second}` say different things of `{key}`")]
    #[diagnostic(
        code(tamis::pipeline::linked_differ),
        help("Tables of one dataset are protected together, as one: write the same `{key}` in all of them.")
    )]
    LinkedDiffer { key: &'static str, first: String, second: String },
    #[error("the file of decisions {} cannot be used: {what}", path.display())]
    #[diagnostic(
        code(tamis::pipeline::decisions),
        help("Write a line for each cell: the columns of `by`, then `decision` or `cost` or both.")
    )]
    Decisions { path: PathBuf, what: super::wishes::DecisionsProblem },
    #[error("`{column}` cannot tell about a group in this table")]
    #[diagnostic(code(tamis::pipeline::group), help("{advice}"))]
    Group { column: String, advice: &'static str },
    #[error("the name `{name}` is used twice")]
    #[diagnostic(code(tamis::pipeline::duplicate_name), help("Give each {what} a name of its own."))]
    DuplicateName { what: &'static str, name: String },
    #[error("`{first}` and `{second}` have one identifier in SDMX, {id}")]
    #[diagnostic(code(tamis::pipeline::same_sdmx_id), help("Rename one of them, or leave out `sdmx`."))]
    SameSdmxId { first: String, second: String, id: String },
    #[error("there is another word for `{word}`")]
    #[diagnostic(code(tamis::pipeline::other_word), help("{instead}"))]
    OtherWord { key: &'static str, word: String, instead: &'static str },
    #[error("a quota is no random sample")]
    #[diagnostic(code(tamis::pipeline::quota), help("{why}"))]
    Quota { why: &'static str },
    #[error("{what} is not available")]
    #[diagnostic(code(tamis::pipeline::not_available), help("{instead}"))]
    NotAvailable { what: String, instead: &'static str },

    // Sources
    #[error("the schema cannot be used: {message}")]
    #[diagnostic(code(tamis::pipeline::schema), help("Correct the schema, or name another one."))]
    Schema { message: String },
    #[error("the schema `{}` gives no role to {}", .path.display(), .fields.join(", "))]
    #[diagnostic(
        code(tamis::pipeline::schema_without_role),
        help(
            "Add \"tamis:role\" to every field (direct-identifier, subject-identifier, quasi-identifier, sensitive, other): without it nobody can say what may leave."
        )
    )]
    SchemaWithoutRole { path: PathBuf, fields: Vec<String> },
    #[error("there is no source `{name}`")]
    #[diagnostic(code(tamis::pipeline::unknown_source), help("{known}"))]
    UnknownSource { name: String, known: Known },
    #[error("`{name}` is looked up by a join: its records make no dataset of their own")]
    #[diagnostic(
        code(tamis::pipeline::not_a_dataset),
        help("Name the left side of the join: the looked-up columns can be used there.")
    )]
    NotADataset { name: String },
    #[error("the same files are read by two sources")]
    #[diagnostic(
        code(tamis::pipeline::files_twice),
        help(
            "Read them once: tables over the same persons can be subtracted from each other, and rows of the same persons matched."
        )
    )]
    FilesTwice,
    #[error("raw files would be read for statistics")]
    #[diagnostic(
        code(tamis::pipeline::raw_input),
        help(
            "Art. 1, 6° takes data that were anonymised beforehand, and nothing else: write release = {{ from, verifier, output, purpose }} in place of `files`."
        )
    )]
    RawInput,
    #[error("a release is read, and the legal basis is not art. 1, 6°")]
    #[diagnostic(
        code(tamis::pipeline::not_statistics),
        help("Only statistics read releases: write legal_basis = \"décret, art. 1, 6°\", or read files.")
    )]
    NotStatistics,
    #[error("`{name}` is already the left side of a join")]
    #[diagnostic(code(tamis::pipeline::join_twice), help("A source can look up one other source."))]
    JoinTwice { name: String },
    #[error("`{name}` would be looked up in a chain")]
    #[diagnostic(
        code(tamis::pipeline::join_chain),
        help("A source that is looked up cannot look up another one, nor itself.")
    )]
    JoinChain { name: String },
    #[error("the keys of the join are of different kinds: `{left}` is {left_kind}, `{right}` is {right_kind}")]
    #[diagnostic(code(tamis::pipeline::join_types), help("Join on columns that hold the same kind of value."))]
    JoinTypes { left: String, left_kind: &'static str, right: String, right_kind: &'static str },

    // Columns
    #[error("there is no column `{column}` in {place}")]
    #[diagnostic(code(tamis::pipeline::unknown_column), help("{known}"))]
    UnknownColumn { column: String, place: String, known: Known },
    #[error("`{column}` of {place} has the role {role}: it cannot tell whose record it is")]
    #[diagnostic(
        code(tamis::pipeline::subject_role),
        help(
            "Give it the role subject-identifier in the schema, so that it can never leave as it is, or name another column."
        )
    )]
    SubjectRole { column: String, place: String, role: Role },
    #[error(
        "[subject] column takes `{column}` of {place} by its name alone, and other sources have a column of that name"
    )]
    #[diagnostic(
        code(tamis::pipeline::subject_by_name),
        help(
            "It is a direct identifier, perhaps of something other than the person. Write in this source which of its columns tells whose record it is: subject = \"{column}\", another one, or \"\" where none does; or give it the role subject-identifier in the schema."
        )
    )]
    SubjectByName { column: String, place: String },
    #[error("`{place}` has no column that tells whose record it is (`{column}` is not in it)")]
    #[diagnostic(
        code(tamis::pipeline::no_subject),
        help("Name the column in `subject` of this source, or join the source to one that has it. {known}")
    )]
    NoSubject { place: String, column: String, known: Known },
    #[error("`{column}` is {kind}, not {expected}")]
    #[diagnostic(code(tamis::pipeline::column_type), help("{advice}"))]
    ColumnType { column: String, kind: &'static str, expected: &'static str, advice: &'static str },

    // SQL
    #[error("this SQL expression cannot be used: {message}")]
    #[diagnostic(
        code(tamis::pipeline::sql),
        help(
            "Write one SQL expression over the fields of {place}; texts in single quotes, dates as DATE '2026-01-31'."
        )
    )]
    Sql { place: String, message: String },
    #[error("this SQL expression does not look at one record alone")]
    #[diagnostic(
        code(tamis::pipeline::sql_not_per_record),
        help(
            "Use fields, literals, operators, CASE and functions of one value; no sums, counts, windows, subqueries or `*`."
        )
    )]
    SqlNotPerRecord,
    #[error("this SQL expression gives {found}, not {expected}")]
    #[diagnostic(code(tamis::pipeline::sql_type), help("{advice}"))]
    SqlType { found: String, expected: &'static str, advice: &'static str },
    #[error("rule `{rule}` of the schema `{}`: {message}", .path.display())]
    #[diagnostic(
        code(tamis::pipeline::schema_rule),
        help(
            "Correct the rule in the schema: a true-or-false SQL expression over its own fields, one record at a time."
        )
    )]
    SchemaRule { path: PathBuf, rule: String, message: String },

    // What leaves
    #[error("`{column}` is a {role} and can never leave")]
    #[diagnostic(
        code(tamis::pipeline::identifier_leaves),
        help(
            "Take this entry out. Neither generalising nor computing with it makes it leave; records of one person are tied by a pseudonym where [subject] linkage allows it."
        )
    )]
    IdentifierLeaves { column: String, role: Role },
    #[error("`{column}` is sensitive and leaves without a reason")]
    #[diagnostic(
        code(tamis::pipeline::sensitive_without_why),
        help("Add why = \"…\": the law lets only *some* health data leave, each for a purpose that can be named.")
    )]
    SensitiveWithoutWhy { column: String },
    #[error("`{column}` is an exact birth date")]
    #[diagnostic(
        code(tamis::pipeline::exact_birth_date),
        help(
            "Make it coarser: generalise = {{ to = \"band\", bounds = [18, 45, 70] }}, or \"age\", \"year\", \"quarter\", \"month\"."
        )
    )]
    ExactBirthDate { column: String },
    #[error("`{column}` is different in every record: kept as it is, it points at each of them")]
    #[diagnostic(
        code(tamis::pipeline::record_identifier),
        help("Take this entry out. Whoever holds the source file could find the person behind each released row.")
    )]
    RecordIdentifier { column: String },
    #[error("two columns of {dataset} would be named `{name}`")]
    #[diagnostic(code(tamis::pipeline::duplicate_column), help("Give one of them another name with `as`."))]
    DuplicateColumn { dataset: String, name: String },
    #[error("`{column}` is a postcode: a postcode is not a department code")]
    #[diagnostic(
        code(tamis::pipeline::postcode),
        help(
            "Postcodes cross departments (20xxx is 2A or 2B, and some lie beside their department). Use the commune code instead."
        )
    )]
    Postcode { column: String },
    #[error("the age at which date? `{column}` is a birth date")]
    #[diagnostic(
        code(tamis::pipeline::missing_at),
        help("Add at = \"the date of the event\", or event_date to the source `{dataset}`.")
    )]
    MissingAt { column: String, dataset: String },
    #[error("the bounds are not in ascending order, or there are none")]
    #[diagnostic(
        code(tamis::pipeline::bounds),
        help("Write the lower bound of every band from low to high, each once; whole numbers for ages and integers.")
    )]
    Bounds,
    #[error("`{key}` means nothing for `{to}`")]
    #[diagnostic(
        code(tamis::pipeline::stray_option),
        help("Take it out, or choose the generalisation that it belongs to.")
    )]
    StrayOption { key: &'static str, to: &'static str },
    #[error("a ledger is kept of released tables and rows, and this pipeline releases none")]
    #[diagnostic(code(tamis::pipeline::ledger), help("Take [ledger] out, or add an [[aggregate]] or [[persons]]."))]
    LedgerWithoutTables,
    #[error("the hierarchy `{}`: {what}", .path.display())]
    #[diagnostic(
        code(tamis::pipeline::hierarchy),
        help(
            "A line for each code, `code;level 1;level 2;…`, UTF-8, every code once and every line of the same length."
        )
    )]
    Hierarchy { path: PathBuf, what: super::hierarchy::HierarchyProblem },

    // Recipients
    #[error("a secret stands in this file")]
    #[diagnostic(
        code(tamis::pipeline::secret),
        help(
            "Take it out and make another one: whoever has read this file can use it. A pipeline holds public keys only (`age1…`, `name+hash+key`); secret keys and passwords stay in files of their own."
        )
    )]
    Secret,
    #[error("there is no recipient `{name}`")]
    #[diagnostic(code(tamis::pipeline::unknown_recipient), help("Name one of [[recipient]]. {known}"))]
    UnknownRecipient { name: String, known: Known },
    #[error("to whom does this output go? There are several recipients")]
    #[diagnostic(code(tamis::pipeline::which_recipient), help("Add recipient = \"…\". {known}"))]
    WhichRecipient { known: Known },
    #[error("`{column}` is under reinforced protection and may not go to {whom}")]
    #[diagnostic(
        code(tamis::pipeline::reinforced),
        help(
            "Take it out of this output, and release it in one of its own to a [[recipient]] with reinforced = true (R162-1-10 b)."
        )
    )]
    Reinforced { column: String, whom: String },
    #[error("`{column}` tells a field that another entry puts under reinforced protection")]
    #[diagnostic(
        code(tamis::pipeline::half_reinforced),
        help("Add reinforced = true here too: it is the field that is protected, under whatever name (R162-1-10 b).")
    )]
    HalfReinforced { column: String },
    #[error("somebody named here cannot acknowledge")]
    #[diagnostic(
        code(tamis::pipeline::nobody_acknowledges),
        help(
            "Give every [[recipient]] key = \"name+hash+key\", the public key of its acknowledgements, or write when = \"exported\"."
        )
    )]
    NobodyAcknowledges,
    #[error("pseudonyms that last are made for one recipient, and there is none")]
    #[diagnostic(
        code(tamis::pipeline::lasting_pseudonyms),
        help("Add [[recipient]]: the key of the pseudonyms is derived for it alone. Or write linkage = \"release\".")
    )]
    LastingPseudonyms,

    // Outputs
    #[error("`{column}` is not a released column of {dataset}")]
    #[diagnostic(code(tamis::pipeline::not_kept), help("Name columns as [[keep]] releases them. {known}"))]
    NotKept { column: String, dataset: String, known: Known },
    #[error("which dataset does `{name}` describe?")]
    #[diagnostic(code(tamis::pipeline::which_dataset), help("Add source = \"…\". {known}"))]
    WhichDataset { name: String, known: Known },
    #[error("`{column}` is named twice")]
    #[diagnostic(code(tamis::pipeline::column_twice), help("Name it once."))]
    ColumnTwice { column: String },
    #[error("`{column}` is a quasi-identifier of this output, but not among quasi_identifiers")]
    #[diagnostic(
        code(tamis::pipeline::quasi_identifier_left_out),
        help(
            "Add it to quasi_identifiers, or leave it out of columns: counted without it, k says nothing about the rows that leave."
        )
    )]
    QuasiIdentifierLeftOut { column: String },
    #[error("`{key}` is under 2")]
    #[diagnostic(
        code(tamis::pipeline::threshold),
        help("A group of one person protects nobody. The default is 11 distinct persons.")
    )]
    ThresholdTooLow { key: &'static str },
    #[error("`{first}` and `{second}` are two files of rows of the same persons")]
    #[diagnostic(
        code(tamis::pipeline::persons_twice),
        help("Make one of them: their rows can be matched on the columns they share, and then k holds for neither.")
    )]
    PersonsTwice { first: String, second: String },
    #[error("`{first}` and `{second}` are tables over everybody and over a sample of them")]
    #[diagnostic(
        code(tamis::pipeline::tables_twice),
        help(
            "Make one of them. Whoever subtracts what the sample says from what everybody says finds the few who were not drawn."
        )
    )]
    TablesTwice { first: String, second: String },
    #[error("`{first}` and `{second}` are made of one column, and cut each other's groups")]
    #[diagnostic(
        code(tamis::pipeline::not_nested),
        help(
            "Make every group of one of them a union of groups of the other (such as bands whose bounds are among the other's bounds), or use one of them only: where two groups overlap, subtracting tables tells the few between."
        )
    )]
    NotNested { first: String, second: String },
    #[error("`{table}` counts exactly the persons whose rows `{persons}` releases")]
    #[diagnostic(
        code(tamis::pipeline::table_of_released_rows),
        help("{advice} Whoever subtracts the released rows from the table finds the classes that were suppressed.")
    )]
    TableOfReleasedRows { table: String, persons: String, advice: &'static str },
    #[error("`{first}` and `{second}` count the same records, and are not changed in the same way")]
    #[diagnostic(
        code(tamis::pipeline::perturb_differs),
        help(
            "Give all tables of a dataset the same `perturb`, word for word, or none: whoever holds one of them against the other would learn what each hides."
        )
    )]
    PerturbDiffers { first: String, second: String },
    #[error("`{table}` is perturbed and measures something whose change is not said")]
    #[diagnostic(
        code(tamis::pipeline::perturb_measure),
        help(
            "Count persons, or say in `perturb` how each column is changed that is summed: sums = [{{ column = \"montant\", … }}]. Numbers of records and shares cannot be perturbed: what a person adds to them has no bound, so that no small change hides it."
        )
    )]
    PerturbMeasure { table: String },
    #[error("`{table}` gets noise beside the rows of `{persons}`")]
    #[diagnostic(
        code(tamis::pipeline::noise_beside_rows),
        help(
            "Release one of the two. Rows are exact: what the noise promises about every person would not hold for those in them."
        )
    )]
    NoiseBesideRows { table: String, persons: String },
    #[error("`{table}` gets noise, and a key of `{source_name}` ties records of several persons: {key}")]
    #[diagnostic(
        code(tamis::pipeline::key_over_persons),
        help(
            "Of records with one key one stays: somebody's record could push out another person's, and noise hides one person alone. Put `{person}` into every key of the schema, as in \"primaryKey\": [\"{person}\", …], and take `unique` off other fields."
        )
    )]
    KeyOverPersons { table: String, source_name: String, key: String, person: String },
    #[error("`{table}` gets noise, and the records of persons in `{source_name}` are joined by `{key}`")]
    #[diagnostic(
        code(tamis::pipeline::join_over_persons),
        help(
            "Join a source about persons by the person's own column: by any other one a person's record could change those of others, and noise hides one person alone. A source without identifiers of persons may be joined by any column, and counts as fixed."
        )
    )]
    JoinOverPersons { table: String, source_name: String, key: String },
    #[error("nothing lists the values of `{column}`, and noise needs such a list")]
    #[diagnostic(
        code(tamis::pipeline::not_declared),
        help(
            "Which cells a table has must not depend on the records. Put an `enum` (or categories) into the schema, or make the column coarser: \"band\", \"departement\", \"region\" or \"hierarchy\". Dates have no such list."
        )
    )]
    NotDeclared { column: String },
    #[error("a measure is one of count, sum, mean, share")]
    #[diagnostic(
        code(tamis::pipeline::measure),
        help(
            "Write {{ count = \"persons\" }}, {{ count = \"records\" }}, {{ sum = \"column\" }}, {{ mean = \"column\" }} or {{ share = \"column\", equals = \"value\" }}."
        )
    )]
    Measure,
    #[error("`{column}` never has the value `{value}`")]
    #[diagnostic(code(tamis::pipeline::share_value), help("{known}"))]
    ShareValue { column: String, value: String, known: Known },
    #[error("nothing would leave: there is neither [[persons]] nor [[aggregate]]")]
    #[diagnostic(code(tamis::pipeline::no_output), help("Name at least one output."))]
    NoOutput,
    #[error("records are drawn although the release ties records of one person together")]
    #[diagnostic(
        code(tamis::pipeline::record_unit),
        help("Draw persons (unit = \"person\"), or write linkage = \"none\" in [subject].")
    )]
    RecordUnit,
}
