//! Statistics: what a pipeline over releases may say, and what it may not.

use super::cases::Case;

/// The columns of a release.
pub(super) const RELEASED: &str = r#"{
  "name": "released",
  "fields": [
    {"name": "pseudonyme", "type": "string", "tamis:role": "subject-identifier"},
    {"name": "age", "type": "string", "tamis:role": "quasi-identifier"},
    {"name": "ward", "type": "string", "constraints": {"enum": ["a", "b"]}, "tamis:role": "other"},
    {"name": "weight", "type": "number", "tamis:role": "other"}
  ]
}"#;

/// A sound pipeline of statistics; tests change one thing in it.
pub(super) const STATISTICS: &str = r#"[pipeline]
name = "statistics"
legal_basis = "décret, art. 1, 6°"
purpose = "steering"
policy = "1"

[[source]]
name = "visits"
schema = "released.json"
release = { from = "out/visits-*/release", verifier = "maker.pub", output = "visits", purpose = "follow-up", evidence = { smallest = 11 } }

[[keep]]
column = "age"

[[keep]]
column = "ward"

[[keep]]
column = "weight"

[[aggregate]]
name = "wards"
by = ["age"]
measure = [{ count = "persons" }, { sum = "weight" }]
over = "release"
protect = { threshold = 11 }

[export]
to = "out"
"#;

pub(super) const STATISTICS_CASES: &[Case] = &[
    Case {
        from: "release = { from = \"out/visits-*/release\", verifier = \"maker.pub\", output = \"visits\", purpose = \"follow-up\", evidence = { smallest = 11 } }",
        to: "files = [\"in/*.csv\"]",
        code: "raw_input",
        at: "[\"in/*.csv\"]",
    },
    Case {
        from: "[[keep]]\ncolumn = \"age\"",
        to: "[[source]]\nname = \"raw\"\nschema = \"visits.json\"\nfiles = [\"in/*.csv\"]\n[[keep]]\ncolumn = \"age\"",
        code: "raw_input",
        at: "[\"in/*.csv\"]",
    },
    Case { from: "\"décret, art. 1, 6°\"", to: "\"CSP L1411-8\"", code: "not_statistics", at: "\"CSP L1411-8\"" },
    Case { from: "release = {", to: "files = [\"a.csv\"]\nrelease = {", code: "conflict", at: "[\"a.csv\"]" },
    Case { from: "release = {", to: "subject = \"ward\"\nrelease = {", code: "conflict", at: "\"ward\"" },
    Case { from: "release = {", to: "encoding = \"utf-8\"\nrelease = {", code: "conflict", at: "\"utf-8\"" },
    Case { from: "from = \"out/visits-*/release\"", to: "from = \" \"", code: "blank", at: "\" \"" },
    Case { from: "from = \"out/visits-*/release\"", to: "from = \"a[\"", code: "bad_value", at: "\"a[\"" },
    Case { from: "output = \"visits\"", to: "output = \"../x\"", code: "bad_value", at: "\"../x\"" },
    Case { from: "smallest = 11", to: "smallest = 0", code: "bad_value", at: "0" },
    Case { from: "smallest = 11", to: "fewest = 11", code: "unknown_key", at: "fewest" },
    Case { from: "over = \"release\"", to: "over = \"population\"", code: "unknown_word", at: "\"population\"" },
    Case { from: "over = \"release\"", to: "over = \"sample\"", code: "unknown_word", at: "\"sample\"" },
    Case { from: "over = \"release\"", to: "over = \"release\"\nzeros = \"shown\"", code: "conflict", at: "\"shown\"" },
    Case {
        from: "[export]",
        to: "[subject]\ncolumn = \"pseudonyme\"\nkind = \"text\"\nlinkage = \"none\"\n[export]",
        code: "not_available",
        at: "[subject]",
    },
    Case {
        from: "[export]",
        to: "[sample]\ndesign = \"bernoulli\"\nrate = \"1/2\"\n[export]",
        code: "not_available",
        at: "[sample]",
    },
    Case {
        from: "[export]",
        to: "[[persons]]\nname = \"visits\"\nprotect = { k = 11, quasi_identifiers = [\"age\"] }\n[export]",
        code: "not_available",
        at: "[[persons]]",
    },
    Case {
        from: "[export]",
        to: "[[exclude]]\nregister = \"no.csv\"\ncolumn = \"nir\"\n[export]",
        code: "not_available",
        at: "[[exclude]]",
    },
    Case {
        from: "[export]",
        to: "[[join]]\nleft = \"visits\"\nright = \"visits\"\non = { left = \"age\", right = \"age\" }\n[export]",
        code: "not_available",
        at: "[[join]]",
    },
    Case {
        from: "[export]",
        to: "[destroy]\nsources = true\nroot = \"in\"\n[export]",
        code: "not_available",
        at: "true",
    },
    Case {
        from: "[[keep]]\ncolumn = \"age\"",
        to: "[[source]]\nname = \"again\"\nschema = \"released.json\"\nrelease = { from = \"out/visits-*/release\", verifier = \"other.pub\", output = \"visits\", purpose = \"follow-up\" }\n[[keep]]\ncolumn = \"age\"",
        code: "files_twice",
        at: "{ from = \"out/visits-*/release\", verifier = \"other.pub\", output = \"visits\", purpose = \"follow-up\" }",
    },
    Case { from: "column = \"ward\"", to: "column = \"pseudonyme\"", code: "identifier_leaves", at: "\"pseudonyme\"" },
];
