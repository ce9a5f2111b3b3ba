### What is told of judged files and schemas, in English. Each message has its twin in fr.ftl.

## Findings, by their name in the Frictionless framework

finding-blank-label = the label of the column is empty
finding-duplicate-label = the label stands in the header twice
finding-missing-label = the file has no column of this name
finding-extra-label = the column is not in the schema
finding-incorrect-label = another label stands in the place of this one
finding-blank-row = the record has nothing but empty cells
finding-missing-cell = the record ends before this column
finding-extra-cell = the record has more cells than the header has labels
finding-encoding-error = the record has bytes that are no text in the encoding of the file
finding-nul-byte = the record has a NUL byte
finding-not-an-object = the line is not a JSON object with every member once
finding-other-resource = the record is a FHIR resource of another type than the source's
finding-not-one-value = the path of this field finds several values, or an element with parts, where one value is due
finding-unresolved-reference = the reference does not say by type and id which record is meant
finding-type-error = the cell is not of the type of its column
finding-constraint-error = the cell breaks a rule of its column
finding-unique-error = the value stands in another record as well
finding-primary-key = the primary key is missing, or stands in another record as well
finding-foreign-key = the value does not stand in the table it refers to
finding-row-constraint = the record breaks a rule over several columns
finding-missing-subject = the record does not say whose it is

## Rules of a column

rule-type = the cell is not of the type of its column
rule-required = a value is missing where one must stand
rule-enum = the value is none of those allowed
rule-pattern = the text does not have the form that the schema asks for
rule-minLength = the text is too short
rule-maxLength = the text is too long
rule-minimum = the value is too low
rule-maximum = the value is too high
rule-exclusiveMinimum = the value is too low
rule-exclusiveMaximum = the value is too high
rule-identifier = the identifier is not well formed, or its key is wrong
rule-jsonSchema = the JSON does not keep to the schema given for it

## What is expected instead

expected-label = the label { $field }
expected-cells = as many cells as there are labels, each text with a delimiter inside between quotes
expected-utf8 = text in one encoding, UTF-8 or Windows-1252
expected-required = a value
expected-enum = one of { $values }
expected-enum-more = one of { $values } and { $more } others
expected-pattern = a text that matches { $pattern }
expected-minLength = { $n ->
        [one] at least 1 character
       *[other] at least { $n } characters
    }
expected-maxLength = { $n ->
        [one] at most 1 character
       *[other] at most { $n } characters
    }
expected-minimum = at least { $bound }
expected-maximum = at most { $bound }
expected-exclusiveMinimum = more than { $bound }
expected-exclusiveMaximum = less than { $bound }
expected-jsonSchema = JSON that keeps to `constraints.jsonSchema`
expected-unique = no two records with the same { $fields }
expected-key = every record with { $fields } of its own
expected-foreign-key = a value that stands in { $resource }
expected-foreign-key-own = a value that stands in the table itself
expected-rule = { $rule }

## Types and their formats

type-string = a text
type-email = an e-mail address
type-uri = a web address with its scheme, such as https://
type-binary = Base64 text
type-uuid = a UUID
type-integer = a whole number
type-integer-grouped = a whole number, with { $group } between groups of three digits
type-number = a number with { $decimal } before its decimals
type-number-grouped = a number with { $decimal } before its decimals and { $group } between groups of three digits
type-boolean = { $true } for true, { $false } for false
type-date = a date such as 2026-02-25
type-date-any = a date
type-date-pattern = a date such as { $example } ({ $pattern })
type-datetime = a date and time such as 2026-02-25T14:30:00Z
type-datetime-any = a date and time
type-datetime-pattern = a date and time such as { $example } ({ $pattern })
type-time = a time such as 14:30:00
type-time-any = a time
type-time-pattern = a time such as { $example } ({ $pattern })
type-year = a year such as 2026
type-yearmonth = a year and month such as 2026-02
type-duration = a duration such as P1Y2M or PT8H (ISO 8601)
type-geopoint = a longitude and a latitude, such as 4.835, 45.758
type-geopoint-array = a JSON array of longitude and latitude
type-geopoint-object = a JSON object with `lon` and `lat`
type-geojson = GeoJSON
type-topojson = TopoJSON
type-object = a JSON object
type-array = a JSON array
type-list = items between { $delimiter }, each { $item }
type-any = any value

## Identifiers

identifier-nir = a NIR of 15 characters with its key
identifier-rpps = an RPPS number of 11 digits with its check digit
identifier-finess = a FINESS number of 9 characters with its check digit
identifier-commune = a commune code (COG) of 5 characters
identifier-iris = an IRIS code of 9 characters
identifier-postcode = a postcode of 5 digits
identifier-cim10 = a CIM-10 code
identifier-ccam = a CCAM code
identifier-loinc = a LOINC code

## The report

report-title = Validation report
report-valid = No finding
report-nothing = nothing to report
report-records = { $n ->
        [one] { $count } record
       *[other] { $count } records
    }
report-source = { $records }, { $wrong } with findings
report-files = Files
report-structure = Structure
report-content = Content
report-warnings = Warnings
report-count = Found
report-expected = expected: { $expected }
report-expected-head = Expected
report-places = First places
report-header = header
report-place = record { $record } (line { $line })
report-place-record = record { $record }
report-form = form { $shape }
report-cut = Only the first { $shown } of { $total } findings are listed one by one; all are counted.
report-no-values = No value of a record stands here: letters are shown as a and A, digits as 9.
report-schema = Schema
report-check-structure = structure
report-check-keys = keys

## Warnings

warning-foreign-key = the foreign key { $fields } is not checked: no file is named for { $resource }
advice-foreign-key = name its file with --reference { $resource }=FILE
remark-table-name = { $place }: the name `{ $name }` has capitals or signs
advice-table-name = it is taken as it is; version 1 of Table Schema, and programs that keep to it, want small letters
remark-nothing-missing = { $place }: no text means "missing", so an empty cell is a value
advice-nothing-missing = write "missingValues": [""] if empty cells are missing values
remark-custom-property = { $place }: `{ $name }` is no property of Table Schema
advice-custom-property = it is left alone; give properties of your own a prefix, such as `snds:{ $name }`
remark-old-form = { $place }: a form of version 1 of Table Schema
advice-old-form = it is read; version 2 writes a list, and leaves out the resource of a table that refers to itself

## Mistakes on the command line

error-needs-schema = give --schema FILE with the files, or one pipeline file (.toml)
error-both = give either --pipeline or --schema, and files with --schema alone
error-sheet-of-pipeline = --sheet names a sheet of files; a pipeline says it itself: sheet = "NAME" in [[source]]
error-reference = --reference { $name }: the schema has no foreign key to a table of this name
error-two-outputs = only one format can go to the terminal; write the others as FORMAT=FILE
error-reception = { $path }: lies in a reception; what was opened is not read for a schema

## Advice on schemas

remark-no-role = { $place }: `{ $name }` has no role
advice-no-role = say in `tamis:role` what the column means for privacy; a pipeline refuses a schema that leaves it open
remark-undescribed = { $place }: `{ $name }` has neither title nor description
advice-undescribed = say what stands in it, for those who fill in the files
remark-free-text = { $place }: `{ $name }` is free text that may leave
advice-free-text = free text can name a person: limit it by enum, pattern or maxLength, or give it the role direct-identifier
remark-anchored-pattern = { $place }: the pattern of `{ $name }` has anchors
advice-anchored-pattern = leave `^` and `$` out: a pattern always has to match the whole text
remark-one-value = { $place }: `{ $name }` allows a single value
advice-one-value = a column that always says the same tells nothing; add the other values, or leave it out
remark-looks-identifying = { $place }: `{ $name }` looks like something that identifies a person, and its role lets it leave
advice-looks-identifying = give it the role direct-identifier or subject-identifier if it does
remark-no-key = { $place }: the table has no primary key
advice-no-key = name the fields that tell records apart, so that a record sent twice is found

## Pages about schemas

doc-fields = Fields
doc-rules = Rules over several fields
doc-name = Field
doc-meaning = Meaning
doc-form = Written as
doc-limits = Limits
doc-role = Privacy
doc-key = Primary key
doc-unique = Unique together
doc-foreign = Refers to
doc-missing = Texts that mean "missing"
doc-none = none
doc-example = for example
doc-required = must be filled in
doc-alone = no two records with the same
role-other = neither identifying nor sensitive
role-quasi-identifier = identifies in combination
role-sensitive = sensitive
role-subject-identifier = tells persons apart, never leaves as it is
role-direct-identifier = identifies a person, never leaves

## Differences between schemas

diff-none = No difference that counts.
diff-narrower = Files that were right may be found wrong:
diff-wider = Files that were wrong may be found right:
diff-neither = Files are judged as before:
diff-untouched = { $pipeline }: does not have this schema
diff-works = { $pipeline }: goes on working
diff-broken = { $pipeline }: is broken by the change
change-added = added
change-removed = removed
change-moved = moved

## Reasons of a proposed schema

infer-no-role = role to be decided
reason-empty = no record has a value
reason-type = { $so } of { $of } values can be read as { $word }
reason-text = the values have no form in common
reason-zeros = whole numbers that begin with 0, or are too long for numbers: a code, so a text
reason-identifier = { $so } of { $of } values are well-formed { $word }
reason-telephone = { $so } of { $of } values are French telephone numbers
reason-email = { $so } of { $of } values are e-mail addresses
reason-address = { $so } of { $of } values begin with a number and a kind of street
reason-forename = { $so } of { $of } values are forenames that many have
reason-surname = { $so } of { $of } values are surnames that many have
reason-birth = dates that span the lives of a population, or a label that says so
reason-sex = a few codes under a label that speaks of sex
reason-required = no value is missing
reason-unique = no two of { $of } values are the same
reason-codes = { $word } codes, each in at least 11 records
reason-positive = no value is negative
reason-length = every value has { $word } characters

## Profiles

profile-head = { $files }: { $records } records, { $columns } columns
profile-malformed = { $n ->
    [one] 1 record is
   *[other] { $count } records are
} blank, too short, too long or no text: nothing else is told of them
profile-values = { $missing } missing, { $distinct } different
profile-distinct-more = more than { $most }
profile-direct = direct identifier: nothing but counts is told
profile-quantiles = spread:
profile-frequent = frequent:
profile-suspicion = { $cells ->
    [one] 1 text
   *[other] { $count } texts
} may hold { $what }: { $places }
profile-nir = a NIR
profile-telephone = a telephone number
profile-email = an e-mail address
profile-address = an address
profile-name = the name of a person
profile-birth = a date of birth
profile-place = record { $record }
profile-place-line = record { $record } (line { $line })
profile-place-file = { $file }, { $place }
profile-advice = Texts in which persons may be named cannot leave: leave the column out of [[keep]], or correct the file.
