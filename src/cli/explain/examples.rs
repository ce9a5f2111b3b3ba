//! An example for every code, and which reason it belongs to. Examples are invented.

/// Problems of a pipeline file: code, why it matters (`explain-why-`), an example of what to write.
pub(super) const PROBLEMS: &[(&str, &str, &str)] = &[
    ("unreadable", "form", "chmod u+r pipeline.toml"),
    ("not_utf8", "form", "iconv -f windows-1252 -t utf-8 old.toml > pipeline.toml"),
    ("not_a_pipeline", "form", "tamis run pipeline.toml          # not: tamis run records.csv"),
    ("not_tables", "form", "tamis protect tables tables.toml --out protected"),
    ("not_anonymise", "form", "tamis anonymise persons.toml"),
    ("syntax", "form", "files = [\"inbox/*.csv\"]           # not: files = [inbox/*.csv]"),
    ("unknown_key", "form", "files = [\"inbox/*.csv\"]           # not: fichiers = …"),
    ("wrong_type", "form", "margins = true                    # not: margins = \"true\""),
    ("wrong_brackets", "form", "[[source]]                        # not: [source]"),
    (
        "missing_section",
        "law",
        "[pipeline]\nname        = \"bilans\"\nlegal_basis = \"CSP L1411-8\"\npurpose     = \"suivi épidémiologique\"\npolicy      = \"2026-01\"",
    ),
    ("missing_key", "law", "legal_basis = \"CSP L1411-8\""),
    ("blank", "law", "purpose = \"suivi épidémiologique\"  # not: purpose = \" \""),
    ("unknown_word", "form", "linkage = \"release\"               # not: linkage = \"pseudonym\""),
    ("bad_value", "form", "reject_above = \"5%\"                # not: reject_above = \"a few\""),
    (
        "conflict",
        "form",
        "[[exclude]]\nregister = \"oppositions.csv\"\ncolumn   = \"matricule_ins\"        # and no `when` beside it",
    ),
    ("linked_differ", "table", "protect = { threshold = 11 }       # the same in every table of the source"),
    ("decisions", "table", "region,sexe,decision\n11,F,publish"),
    (
        "group",
        "table",
        "by      = [\"region\", \"diagnostic\"]\nprotect = { threshold = 11, group = [\"diagnostic\"] }",
    ),
    ("duplicate_name", "form", "name = \"bilans_par_age\"            # not twice: name = \"bilans\""),
    ("same_sdmx_id", "outputs", "column = \"age\"\nas     = \"tranche_age\"              # not: `Âge` beside `AGE`"),
    ("other_word", "form", "design = \"cube\"                    # not: design = \"balanced\""),
    ("quota", "sample", "[sample]\ndesign = \"stratified\"\nstrata = [\"region\", \"sexe\"]\nrate   = \"1/10\""),
    ("not_available", "form", "linkage = \"none\"\nmissing = \"alone\"                  # not beside pseudonyms"),
    ("schema", "role", "tamis schema lint schema.json"),
    (
        "schema_without_role",
        "role",
        "{ \"name\": \"nom\", \"type\": \"string\", \"tamis:role\": \"direct-identifier\" }",
    ),
    (
        "unknown_source",
        "source",
        "[[source]]\nname = \"bilans\"\n\n[[aggregate]]\nsource = \"bilans\"                  # not: \"bilan\"",
    ),
    (
        "not_a_dataset",
        "source",
        "[[join]]\nleft  = \"bilans\"                   # outputs name this one\nright = \"structures\"",
    ),
    (
        "files_twice",
        "source",
        "[[source]]\nname  = \"bilans\"\nfiles = [\"inbox/bilans-*.csv\"]     # in one [[source]] only",
    ),
    (
        "raw_input",
        "law",
        "[source.release]\nfrom     = \"../out/bilans-*/release\"\nverifier = \"../maison.sign.pub\"\noutput   = \"personnes\"\npurpose  = \"suivi épidémiologique\"",
    ),
    ("not_statistics", "law", "legal_basis = \"décret, art. 1, 6°\""),
    (
        "join_twice",
        "source",
        "[[join]]\nleft  = \"bilans\"\nright = \"structures\"               # one [[join]] for each left side",
    ),
    (
        "join_chain",
        "source",
        "[[join]]\nleft  = \"bilans\"                   # not a source that is a right side\nright = \"structures\"",
    ),
    ("join_types", "source", "on = { left = \"finess\", right = \"finess\" }   # both string in their schemas"),
    ("unknown_column", "leaves", "column = \"date_naissance\"          # not: \"date_naisance\""),
    (
        "subject_role",
        "role",
        "{ \"name\": \"matricule_ins\", \"type\": \"string\", \"tamis:role\": \"subject-identifier\" }",
    ),
    (
        "subject_by_name",
        "source",
        "[[source]]\nname     = \"mesures\"\nresource = \"Observation\"\nsubject  = \"ref_patient\"           # not its own `id`",
    ),
    (
        "no_subject",
        "source",
        "[[source]]\nname    = \"depistages\"\nsubject = \"nir_personne\"            # its name in this source",
    ),
    (
        "column_type",
        "leaves",
        "column     = \"date_naissance\"\ngeneralise = \"year\"                # asks for a date",
    ),
    ("sql", "sql", "when = \"opposition AND date_bilan >= DATE '2026-01-01'\""),
    ("sql_not_per_record", "sql", "sql = \"poids_kg * 10000 / (taille_cm * taille_cm)\"   # not: AVG(poids_kg)"),
    ("sql_type", "sql", "when = \"opposition = true\"          # not: when = \"poids_kg + 1\""),
    ("schema_rule", "sql", "\"tamis:rules\": [{ \"name\": \"ordre\", \"sql\": \"date_test >= date_invitation\" }]"),
    ("identifier_leaves", "leaves", "# take out: [[keep]] column = \"nom_naissance\""),
    (
        "sensitive_without_why",
        "leaves",
        "[[keep]]\ncolumn = \"tabac\"\nwhy    = \"le tabagisme est la première cause de décès évitable\"",
    ),
    (
        "exact_birth_date",
        "leaves",
        "[[keep]]\ncolumn     = \"date_naissance\"\nas         = \"age\"\ngeneralise = { to = \"band\", bounds = [18, 45, 70] }",
    ),
    ("record_identifier", "leaves", "# take out: [[keep]] column = \"id_enregistrement\""),
    ("duplicate_column", "leaves", "column = \"structures.region\"\nas     = \"region_structure\""),
    ("postcode", "leaves", "column     = \"commune_residence\"   # not: \"code_postal\"\ngeneralise = \"departement\""),
    ("missing_at", "leaves", "[[source]]\nname       = \"bilans\"\nevent_date = \"date_bilan\""),
    ("bounds", "leaves", "generalise = { to = \"band\", bounds = [18, 45, 70] }   # not: [45, 18, 70]"),
    (
        "stray_option",
        "leaves",
        "generalise = { to = \"clamp\", bottom = 90, top = 180 }   # `bounds` belongs to \"band\"",
    ),
    ("ledger", "outputs", "[ledger]\nfile = \"diffusions.jsonl\"\n\n[[aggregate]]\nname = \"bilans_par_region\""),
    ("hierarchy", "leaves", "code;famille;tout\nC50;C;_T\nC18;C;_T"),
    ("secret", "secret", "[sender]\nkey = \"crcdc+f1631473+AT1yDnEs8st7LpSr0…\"     # the public half, FILE.pub"),
    ("unknown_recipient", "recipient", "[[recipient]]\nname = \"dgs\"\n\n[[persons]]\nrecipient = \"dgs\""),
    ("which_recipient", "recipient", "[[aggregate]]\nname      = \"bilans_par_region\"\nrecipient = \"dgs\""),
    ("reinforced", "recipient", "[[recipient]]\nname       = \"dgs\"\nreinforced = true"),
    (
        "half_reinforced",
        "recipient",
        "[[keep]]\ncolumn     = \"violences_reperees\"\nas         = \"violences\"\nreinforced = true                  # in every entry of this column",
    ),
    ("nobody_acknowledges", "recipient", "[[recipient]]\nname = \"dgs\"\nkey  = \"dgs+8e96c300+ASvp…\""),
    (
        "lasting_pseudonyms",
        "recipient",
        "[subject]\nlinkage = \"release\"                # or a [[recipient]] beside \"longitudinal\"",
    ),
    ("not_kept", "leaves", "[[keep]]\ncolumn = \"sexe\"\n\n[[aggregate]]\nby = [\"sexe\"]"),
    ("which_dataset", "outputs", "[[aggregate]]\nname   = \"par_region\"\nsource = \"bilans\""),
    ("column_twice", "form", "by = [\"region\", \"sexe\"]             # not: [\"region\", \"region\"]"),
    (
        "quasi_identifier_left_out",
        "outputs",
        "columns = [\"age\", \"sexe\", \"resultat\"]\nprotect = { k = 11, quasi_identifiers = [\"age\", \"sexe\"] }",
    ),
    ("threshold", "table", "protect = { threshold = 11 }"),
    ("persons_twice", "outputs", "# one [[persons]] for each source"),
    ("tables_twice", "outputs", "over = \"population\"                # in every table of the source"),
    (
        "not_nested",
        "outputs",
        "bounds = [18, 45, 70]              # beside [18, 30, 45, 60, 70]: each bound is among these",
    ),
    (
        "table_of_released_rows",
        "outputs",
        "over = \"population\"                # not: over = \"sample\" beside all sampled rows",
    ),
    ("perturb_differs", "perturb", "perturb = { method = \"round\", base = 5 }   # word for word in every table"),
    ("perturb_measure", "perturb", "measure = [{ count = \"persons\" }]"),
    ("noise_beside_rows", "perturb", "# release the table with noise, or [[persons]], not both"),
    ("key_over_persons", "perturb", "\"primaryKey\": [\"matricule_ins\", \"id_enregistrement\"]"),
    ("join_over_persons", "perturb", "on = { left = \"matricule_ins\", right = \"matricule_ins\" }"),
    ("not_declared", "perturb", "\"constraints\": { \"enum\": [\"M\", \"F\", \"I\"] }"),
    ("measure", "table", "measure = [{ count = \"persons\" }, { mean = \"pas_mmhg\" }]"),
    ("share_value", "table", "measure = [{ share = \"resultat\", equals = \"pos\" }]"),
    (
        "no_output",
        "outputs",
        "[[aggregate]]\nname    = \"par_region\"\nby      = [\"region\"]\nmeasure = [{ count = \"persons\" }]\nprotect = { threshold = 11 }",
    ),
    ("record_unit", "sample", "[sample]\nunit = \"person\""),
];

/// Exit codes, with what a script does about them.
pub(super) const EXITS: &[(&str, &str)] = &[
    ("0", "tamis run pipeline.toml && tamis deliver --pipeline pipeline.toml out/*/sealed/*.tamis"),
    ("1", "tamis validate --pipeline pipeline.toml --format html=findings.html"),
    ("2", "tamis config check pipeline.toml"),
    ("3", "tamis run pipeline.toml || test $? -eq 3"),
    ("4", "tamis plan pipeline.toml --with-data"),
    ("5", "tamis doctor pipeline.toml --key maison.sign"),
    ("6", "tamis doctor pipeline.toml"),
    ("7", "tamis resume out/bilans-20261122T204251.578Z"),
    ("11", "flock --wait 3600 /run/lock/bilans tamis run pipeline.toml"),
    ("70", "tamis run pipeline.toml 2> bug.txt"),
    ("130", "tamis resume out/bilans-20261122T204251.578Z"),
    ("143", "systemctl show -p TimeoutStartUSec bilans.service"),
];

/// What a finding is about: a key under `explain-why-`.
pub(super) fn why_of_finding(code: &str) -> &'static str {
    match code {
        "type-error" | "constraint-error" | "row-constraint" => "content",
        "unique-error" | "primary-key" | "foreign-key" | "missing-subject" => "keys",
        _ => "structure",
    }
}

/// A file as a finding meets it; what is wrong stands behind `←`.
pub(super) fn of_finding(code: &str) -> &'static str {
    match code {
        "blank-label" => "id,sexe,,resultat                 ← the third column has no label",
        "duplicate-label" => "id,sexe,sexe,resultat             ← `sexe` stands there twice",
        "missing-label" => "id,resultat                       ← the schema also has `sexe`",
        "extra-label" => "id,sexe,resultat,telephone        ← the schema has no `telephone`",
        "incorrect-label" => "id,resultat,sexe                  ← the schema has `sexe` before `resultat`",
        "blank-row" => "id,sexe,resultat\nA1,F,neg\n,,                                ← nothing but empty cells",
        "missing-cell" => "id,sexe,resultat\nA1,F                              ← ends before `resultat`",
        "extra-cell" => "id,sexe,resultat\nA1,F,neg, sans suite              ← a comma without quotes",
        "encoding-error" => "id,commune\nA1,Besan\\xE7on                    ← Windows-1252 in a file of UTF-8",
        "nul-byte" => "A1,F\\0,neg                        ← often a file in UTF-16",
        "not-an-object" => "{\"id\":\"A1\",\"sexe\":\"F\",\"sexe\":\"M\"}  ← `sexe` stands there twice",
        "other-resource" => "{\"resourceType\":\"Encounter\",…}   ← in a source with resource = \"Patient\"",
        "not-one-value" => "{…,\"name\":[{\"family\":\"A\"},{\"family\":\"B\"}]}  ← the path name.family finds two",
        "unresolved-reference" => "{…,\"subject\":{\"reference\":\"urn:uuid:…\"}}  ← not Patient/id",
        "type-error" => "date_test\n31/02/2026                        ← expected: a date such as 2026-02-25",
        "constraint-error" => "sexe\nfeminin                           ← expected: one of M, F, I",
        "unique-error" => "numero_kit\nK-100\nK-100                             ← stands there twice",
        "primary-key" => "id,resultat\nA1,neg\nA1,pos                            ← the key of another record",
        "foreign-key" => "finess\n999999999                         ← does not stand in `structures`",
        "row-constraint" => "date_invitation,date_test\n2026-03-01,2026-02-01             ← tested before invited",
        "missing-subject" => "matricule_ins,resultat\n,neg                              ← whose record is it?",
        _ => "",
    }
}

/// Place and name that a remark tells, and what to write instead.
pub(super) fn of_remark(code: &str) -> (&'static str, &'static str, &'static str) {
    match code {
        "table-name" => ("name", "Bilans 2026", "\"name\": \"bilans_2026\""),
        "nothing-missing" => ("missingValues", "", "\"missingValues\": [\"\"]"),
        "custom-property" => ("fields[3].nomenclature", "nomenclature", "\"snds:nomenclature\": \"IR_SEX_R\""),
        "old-form" => ("primaryKey", "", "\"primaryKey\": [\"id\"]"),
        "no-role" => {
            ("fields[3]", "tabac", "{ \"name\": \"tabac\", \"type\": \"string\", \"tamis:role\": \"sensitive\" }")
        }
        "undescribed" => {
            ("fields[3]", "tabac", "\"title\": \"Tabac\", \"description\": \"0 jamais, 1 ancien, 2 actuel\"")
        }
        "free-text" => (
            "fields[7]",
            "commentaire",
            "{ \"name\": \"commentaire\", \"type\": \"string\", \"tamis:role\": \"direct-identifier\" }",
        ),
        "anchored-pattern" => ("fields[2]", "code", "\"pattern\": \"[0-9]{5}\"             (not: \"^[0-9]{5}$\")"),
        "one-value" => ("fields[4]", "annee", "\"enum\": [\"2025\", \"2026\"]"),
        "looks-identifying" => (
            "fields[1].tamis:role",
            "nom_usage",
            "{ \"name\": \"nom_usage\", \"type\": \"string\", \"tamis:role\": \"direct-identifier\" }",
        ),
        "no-key" => ("primaryKey", "", "\"primaryKey\": [\"id_enregistrement\"]"),
        _ => ("", "", ""),
    }
}
