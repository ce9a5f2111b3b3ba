//! Mistakes: one change of the good pipeline each.

/// One change of the good pipeline, and the one problem that it brings: code, and the text that is pointed at.
pub struct Case {
    pub from: &'static str,
    pub to: &'static str,
    pub code: &'static str,
    pub at: &'static str,
}

pub const fn case(from: &'static str, to: &'static str, code: &'static str, at: &'static str) -> Case {
    Case { from, to, code, at }
}

pub const AGE: &str = "generalise = { to = \"band\", bounds = [0, 18, 65] }";
const DEPARTEMENT: &str = "column = \"commune\"\nas = \"departement\"\ngeneralise = \"departement\"";
const HIERARCHY: &str = "generalise = { to = \"hierarchy\", file = \"codes.csv\", level = 1 }\nwhy = \"needed\"";
pub const COST: &str = "[[keep]]\ncolumn = \"COST\"";
const PROTECT: &str = "protect = { k = 11, quasi_identifiers = [\"age\", \"GENDER\", \"departement\"] }";
const TABLE: &str =
    "by = [\"age\"]\nmeasure = [{ count = \"persons\" }, { mean = \"COST\" }]\nprotect = { threshold = 11 }";

pub const CASES: &[Case] = &[
    // The form of the file
    case("policy = \"1\"", "policy = 1", "wrong_type", "1"),
    case("policy = \"1\"", "policy = \"1\"\npolitics = \"x\"", "unknown_key", "politics"),
    case("[export]", "[receiver]\nname = \"x\"\n[export]", "unknown_key", "receiver"),
    case("[export]", "[recipient]\nname = \"x\"\n[export]", "wrong_brackets", "[recipient]"),
    case("policy = \"1\"", "policy = ", "syntax", "policy = "),
    case("[[persons]]", "[persons]", "wrong_brackets", "[persons]"),
    case("[export]", "[[export]]", "wrong_brackets", "[[export]]"),
    case("legal_basis = \"CSP L1411-8\"\n", "", "missing_key", "[pipeline]"),
    case("purpose = \"statistics\"", "purpose = \" \"", "blank", "\" \""),
    case("name = \"visits\"\nlegal", "name = \"../visits\"\nlegal", "bad_value", "\"../visits\""),
    case("[export]\nto = \"out\"\n", "", "missing_section", "\n"),
    case("to = \"out\"", "to = \"out\"\nformats = [\"csv\", \"xlsx\"]", "unknown_word", "\"xlsx\""),
    case("[export]", "[destroy]\nwhen = \"acknowledged\"\n[export]", "nobody_acknowledges", "\"acknowledged\""),
    case("[export]", "[limits]\nbuckets = 100\n[export]", "bad_value", "100"),
    case("[export]", "[limits]\nreject_above = \"5\"\n[export]", "bad_value", "\"5\""),
    // Sources
    case("schema = \"visits.json\"", "schema = \"absent.json\"", "schema", "\"absent.json\""),
    case("files = [\"patients.csv\"]", "files = [\"visits-*.csv\"]", "files_twice", "\"visits-*.csv\""),
    case("event_date = \"START\"", "event_date = \"COST\"", "column_type", "\"COST\""),
    case("event_date = \"START\"", "event_date = \"STRAT\"", "unknown_column", "\"STRAT\""),
    case("subject = \"PATIENT\"", "subject = \"ward\"", "subject_role", "\"ward\""),
    case("subject = \"PATIENT\"", "delimiter = \":\"", "unknown_word", "\":\""),
    case("subject = \"PATIENT\"", "filter = \"COST\"", "sql_type", "\"COST\""),
    case("subject = \"PATIENT\"", "filter = \"COTS > 1\"", "unknown_column", "\"COTS > 1\""),
    case("right = \"patients\"", "right = \"patient\"", "unknown_source", "\"patient\""),
    case("right = \"patients\"", "right = \"visits\"", "join_chain", "\"visits\""),
    case("right = \"Id\"", "right = \"HEIGHT\"", "join_types", "\"HEIGHT\""),
    case("kind = \"text\"", "kind = \"siren\"", "unknown_word", "\"siren\""),
    case("linkage = \"release\"", "linkage = \"longitudinal\"", "lasting_pseudonyms", "\"longitudinal\""),
    case("linkage = \"release\"", "linkage = \"release\"\nmissing = \"alone\"", "not_available", "\"alone\""),
    case("linkage = \"release\"", "linkage = \"none\"\nmissing = \"alone\"", "not_available", "\"alone\""),
    case("linkage = \"release\"", "linkage = \"none\"\nmissing = \"guess\"", "unknown_word", "\"guess\""),
    case("when = \"ward = 'b'\"", "when = \"ward =\"", "sql", "\"ward =\""),
    case(
        "when = \"ward = 'b'\"",
        "when = \"ward = 'b'\"\nregister = \"o.csv\"\ncolumn = \"nir\"",
        "conflict",
        "\"visits\"",
    ),
    // Derived columns
    case("sql = \"COST > 1000\"", "sql = \"PATIENT = 'x'\"", "identifier_leaves", "PATIENT"),
    case("sql = \"COST > 1000\"", "sql = \"MAX(COST) > 1000\"", "sql_not_per_record", "\"MAX(COST) > 1000\""),
    case("sql = \"COST > 1000\"", "sql = \"COST OVER (\"", "sql", "\"COST OVER (\""),
    case(
        "sql = \"COST > 1000\"",
        "sql = \"COLUMNS('^P.*$') = 'x'\"",
        "sql_not_per_record",
        "\"COLUMNS('^P.*$') = 'x'\"",
    ),
    case("type = \"boolean\"", "type = \"date\"", "sql_type", "\"date\""),
    case("name = \"dear\"", "name = \"ward\"", "duplicate_name", "\"ward\""),
    case(
        "source = \"visits\"\nname = \"dear\"",
        "source = \"patients\"\nname = \"dear\"",
        "not_a_dataset",
        "\"patients\"",
    ),
    // What leaves
    case(COST, "[[keep]]\ncolumn = \"LAST\"\n[[keep]]\ncolumn = \"COST\"", "identifier_leaves", "\"LAST\""),
    case(COST, "[[keep]]\ncolumn = \"PATIENT\"\n[[keep]]\ncolumn = \"COST\"", "identifier_leaves", "\"PATIENT\""),
    case(COST, "[[keep]]\ncolumn = \"HEIGHT\"\n[[keep]]\ncolumn = \"COST\"", "sensitive_without_why", "\"HEIGHT\""),
    case(COST, "[[keep]]\ncolumn = \"HEIGTH\"\n[[keep]]\ncolumn = \"COST\"", "unknown_column", "\"HEIGTH\""),
    case(COST, "[[keep]]\ncolumn = \"VISIT\"\n[[keep]]\ncolumn = \"COST\"", "record_identifier", "\"VISIT\""),
    case(COST, "[[keep]]\ncolumn = \"ward\"\nas = \"age\"\n[[keep]]\ncolumn = \"COST\"", "duplicate_column", "\"age\""),
    case("why = \"needed\"", "why = \"\"", "blank", "\"\""),
    case(
        "as = \"age\"\ngeneralise = { to = \"band\", bounds = [0, 18, 65] }",
        "as = \"age\"",
        "exact_birth_date",
        "\"BIRTHDATE\"",
    ),
    case("event_date = \"START\"\n", "", "missing_at", "\"band\""),
    case(AGE, "generalise = { to = \"band\", at = \"COST\", bounds = [0] }", "column_type", "\"COST\""),
    case(AGE, "generalise = { to = \"band\", bounds = [18, 0] }", "bounds", "[18, 0]"),
    case(AGE, "generalise = { to = \"band\", bounds = [0.5, 18] }", "bounds", "[0.5, 18]"),
    case(AGE, "generalise = { to = \"band\" }", "missing_key", "\"band\""),
    case(AGE, "generalise = { to = \"year\", top = 3 }", "stray_option", "3"),
    case(AGE, "generalise = \"decade\"", "unknown_word", "\"decade\""),
    case(AGE, "generalise = \"region\"", "column_type", "\"region\""),
    case(AGE, "generalise = { to = \"clamp\", top = 90 }", "column_type", "\"clamp\""),
    case(
        DEPARTEMENT,
        "column = \"code_postal\"\nas = \"departement\"\ngeneralise = \"departement\"",
        "postcode",
        "\"code_postal\"",
    ),
    case(DEPARTEMENT, "column = \"commune\"\nas = \"departement\"\ngeneralise = \"month\"", "column_type", "\"month\""),
    case(
        HIERARCHY,
        "why = \"needed\"\ngeneralise = { to = \"hierarchy\", file = \"codes.csv\", level = 2 }",
        "hierarchy",
        "2",
    ),
    case(
        HIERARCHY,
        "why = \"needed\"\ngeneralise = { to = \"hierarchy\", file = \"absent.csv\" }",
        "unreadable",
        "\"absent.csv\"",
    ),
    case(
        COST,
        "[[keep]]\ncolumn = \"ward\"\ngeneralise = { to = \"hierarchy\", file = \"codes.csv\" }\n[[keep]]\ncolumn = \"COST\"",
        "hierarchy",
        "\"codes.csv\"",
    ),
    case(COST, "[[keep]]\ncolumn = \"COST\"\ngeneralise = { to = \"clamp\", bottom = 5, top = 5 }", "bad_value", "5"),
    // Sample and outputs
    case("rate = \"1/10\"", "rate = \"0\"", "bad_value", "\"0\""),
    case("rate = \"1/10\"", "rate = \"1/10\"\nsize = 5", "conflict", "5"),
    case("rate = \"1/10\"", "rate = \"1/10\"\nunit = \"record\"", "record_unit", "\"record\""),
    case("design = \"stratified\"", "design = \"quota\"", "quota", "\"quota\""),
    case("design = \"stratified\"", "design = \"pps\"", "other_word", "\"pps\""),
    case("design = \"stratified\"", "design = \"stratifié\"", "unknown_word", "\"stratifié\""),
    case("design = \"stratified\"", "design = \"systematic\"\nbalance = [\"AGE\"]", "conflict", "[\"AGE\"]"),
    case("strata = [\"GENDER\"]", "strata = [\"ward\"]", "not_kept", "\"ward\""),
    case(
        PROTECT,
        "protect = { k = 11, quasi_identifiers = [\"age\", \"GENDER\"] }",
        "quasi_identifier_left_out",
        "[\"age\", \"GENDER\"]",
    ),
    case(PROTECT, "protect = { k = 1, quasi_identifiers = [\"age\", \"GENDER\", \"departement\"] }", "threshold", "1"),
    case(
        PROTECT,
        "columns = [\"age\"]\nprotect = { quasi_identifiers = [\"age\", \"GENDER\"] }",
        "not_kept",
        "\"GENDER\"",
    ),
    case("[[persons]]\nname = \"visits\"", "[[persons]]\nname = \"Visits 1\"", "bad_value", "\"Visits 1\""),
    case("name = \"costs\"", "name = \"visits\"", "duplicate_name", "\"visits\""),
    case(TABLE, "by = [\"agee\"]\nmeasure = [{ count = \"persons\" }]", "not_kept", "\"agee\""),
    case(TABLE, "by = [\"age\"]\nmeasure = [{ mean = \"GENDER\" }]", "column_type", "\"GENDER\""),
    case(
        TABLE,
        "by = [\"age\"]\nmeasure = [{ count = \"persons\", sum = \"COST\" }]",
        "measure",
        "{ count = \"persons\", sum = \"COST\" }",
    ),
    case(TABLE, "by = [\"age\"]\nmeasure = [{ share = \"GENDER\", equals = \"X\" }]", "share_value", "\"X\""),
    case(
        TABLE,
        "by = [\"age\"]\nmeasure = [{ count = \"persons\" }]\nmargins = [\"GENDER\"]",
        "not_kept",
        "\"GENDER\"",
    ),
    case(
        TABLE,
        "by = [\"age\"]\nmeasure = [{ count = \"persons\" }]\nover = \"sample\"",
        "table_of_released_rows",
        "\"costs\"",
    ),
    case("rate = \"1/10\"", "rate = \"100%\"", "table_of_released_rows", "\"costs\""),
    case(
        "[export]",
        "[[aggregate]]\nname = \"more\"\nby = [\"GENDER\"]\nmeasure = [{ count = \"records\" }]\nover = \"sample\"\n[export]",
        "tables_twice",
        "\"more\"",
    ),
    case(
        "[[aggregate]]",
        "[[persons]]\nname = \"again\"\ncolumns = [\"COST\"]\nprotect = { quasi_identifiers = [\"COST\"] }\n[[aggregate]]",
        "persons_twice",
        "\"again\"",
    ),
];
