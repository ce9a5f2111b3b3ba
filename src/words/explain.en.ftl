### What is meant by every code (`tamis explain`), in English. Each message has its twin in explain.fr.ftl.

explain-cause = What happened
explain-matters = Why it matters
explain-do = What to do
explain-example = Example
explain-kind-pipeline = problem of a pipeline file
explain-kind-finding = finding of `tamis validate`
explain-kind-remark = remark of `tamis schema lint`
explain-kind-exit = exit code
explain-list-pipeline = Problems of a pipeline file
explain-list-finding = Findings of `tamis validate`
explain-list-remark = Remarks of `tamis schema lint`
explain-list-exit = Exit codes
explain-list-more = One of them in full: tamis explain CODE
explain-unknown = there is no code `{ $code }`; near to it: { $near }
explain-unknown-far = there is no code `{ $code }`; tamis explain lists them all

## Why it matters, by what a problem touches

explain-why-form = A pipeline is the arrêté in executable form. What is not understood is refused before any data are read, so that no rule is left out in silence.
explain-why-law = A release names its law, its purpose and its policy, and what it is for travels with it. Without them it is not lawful.
explain-why-source = What is read decides who is in the result. A source read twice, joined by the wrong key or of unknown persons makes wrong counts and thresholds that protect nobody.
explain-why-role = Roles say what can never leave. Where they are open nobody can say it, so nothing is read.
explain-why-sql = Expressions are judged one record at a time and before the data are read: they can neither carry one person's value to another nor fail in the middle of a run.
explain-why-leaves = The law lets out data that bear neither name nor detailed address, and only as fine as their purpose needs.
explain-why-sample = The sample is drawn by a declared rule that can be drawn again, and every person's chance is known; only then do weights and errors mean anything.
explain-why-outputs = Outputs lie beside each other on the recipient's table: what one hides, the difference to another must not tell.
explain-why-table = A threshold counts distinct persons. Each cell of fewer is hidden, and enough others that it cannot be computed.
explain-why-perturb = Changes hide a person only if every table over the same records is changed alike and nothing exact stands beside them.
explain-why-recipient = A release goes to named recipients, encrypted to each and to nobody else; reinforced fields only to those meant for them.
explain-why-secret = Whoever has a secret key can open or sign in somebody else's name. It stands in no file that is read, kept or passed on.
explain-why-structure = Where labels and cells do not fit the schema, values may stand under another column: an identifier could be taken for a code that leaves.
explain-why-content = A wrong value is left out with its record, and counted. Above the tolerance of the pipeline nothing is published.
explain-why-keys = Records are counted and joined by these values. Doubles count twice, and a reference to nothing loses its record.

## Problems of a pipeline file

explain-pipeline-unreadable = the file cannot be opened.
    .fix = Check path and rights: the account of the run has to be able to read it.
explain-pipeline-not_utf8 = the file is not text in UTF-8.
    .fix = Save it as UTF-8 in your editor.
explain-pipeline-not_a_pipeline = no line of the file begins a section of a pipeline; nothing of it is shown, for it could be a file of records.
    .fix = Name the file with [pipeline] and [[source]]; tamis init makes one.
explain-pipeline-not_tables = the file has no section of tables to protect.
    .fix = Name the file with [tables] and [[table]].
explain-pipeline-not_anonymise = the file has no section of persons to anonymise.
    .fix = Name the file with [anonymise] and [[quasi]].
explain-pipeline-syntax = the text is not TOML at this place.
    .fix = Close quotes and brackets; a section is [name], an entry of a list [[name]].
explain-pipeline-unknown_key = there is no such key or section.
    .fix = Correct the spelling; tamis config schema tells editors every key.
explain-pipeline-wrong_type = the key takes another kind of value: a number for a text, or one value for a list.
    .fix = Write the kind that the message names.
explain-pipeline-wrong_brackets = a section that stands once is written as a list, or a list as a single section.
    .fix = One bracket for [pipeline], two for each [[source]], [[keep]], [[persons]]…
explain-pipeline-missing_section = a section that every pipeline has is missing.
    .fix = Add it; the message says what belongs into it.
explain-pipeline-missing_key = a key without which the section means nothing is missing.
    .fix = Add it; the message says what for.
explain-pipeline-blank = the value has no visible character.
    .fix = Write it out: it is recorded in release and log.
explain-pipeline-unknown_word = the key takes one of a few words, and this is none of them.
    .fix = Choose one of those that the message lists.
explain-pipeline-bad_value = the value is of the right kind and cannot be used.
    .fix = Write it as the message says.
explain-pipeline-conflict = two keys exclude each other.
    .fix = Leave one of them out.
explain-pipeline-linked_differ = two tables of one dataset ask for different things where they are protected as one.
    .fix = Write the same value in all tables of the dataset.
explain-pipeline-decisions = the file of decisions on cells does not fit the table.
    .fix = A line for each cell: the columns of `by`, then `decision` or `cost`.
explain-pipeline-group = the column named in `group` says nothing about groups in this table.
    .fix = Name a column of `by`, or one that is counted as a share.
explain-pipeline-duplicate_name = two things of a kind have one name.
    .fix = Give each a name of its own.
explain-pipeline-same_sdmx_id = two columns or tables become one identifier in SDMX, which knows capitals and digits only.
    .fix = Rename one of them with `as`, or leave out `sdmx`.
explain-pipeline-other_word = the word is known elsewhere; this program has another for it.
    .fix = Write the word that the message gives.
explain-pipeline-quota = a quota sample was asked for; whoever fills quotas chooses, so that nobody's chance is known.
    .fix = Draw at random from the same cells: "stratified", or "cube" with the quotas as balance.
explain-pipeline-not_available = two things that are each possible do not work together.
    .fix = Follow what the message proposes instead.
explain-pipeline-schema = the schema of a source cannot be read as a Table Schema.
    .fix = tamis schema lint FILE shows every mistake with its place.
explain-pipeline-schema_without_role = fields of the schema have no role.
    .fix = Give each field "tamis:role"; tamis schema infer proposes them.
explain-pipeline-unknown_source = no source has this name.
    .fix = Name one of the [[source]] sections.
explain-pipeline-not_a_dataset = the source is looked up by a join, so nothing can be made of it alone.
    .fix = Name the left side of the join.
explain-pipeline-files_twice = two sources read the same files.
    .fix = Read them once, and make all outputs of that source.
explain-pipeline-raw_input = statistics under art. 1, 6° name raw files.
    .fix = Put a release that is certified anonymised in their place.
explain-pipeline-not_statistics = a release is read for another purpose than statistics under art. 1, 6°.
    .fix = Write legal_basis = "décret, art. 1, 6°", or read files.
explain-pipeline-join_twice = a source would look up two others.
    .fix = Join one; derive the rest before.
explain-pipeline-join_chain = a source that is looked up would look up another one.
    .fix = Join each to the source whose records are kept.
explain-pipeline-join_types = the two columns of a join hold different kinds of values.
    .fix = Join by columns of one kind; correct the type in a schema.
explain-pipeline-unknown_column = the schema has no such column.
    .fix = Correct the name; the nearest one is proposed.
explain-pipeline-subject_role = the column that should tell persons apart may leave by its role.
    .fix = Give it the role subject-identifier in the schema.
explain-pipeline-subject_by_name = several sources have a column of the name that [subject] gives, and here it is a direct identifier that may be of something other than the person.
    .fix = Say with `subject` in this [[source]] which column it is ("" for none), or give it the role subject-identifier.
explain-pipeline-no_subject = nothing in the source says whose a record is.
    .fix = Name the column with `subject` in this [[source]], or join a source that has it.
explain-pipeline-column_type = what is asked of the column does not go with its kind of value.
    .fix = Name another column, or correct its type in the schema.
explain-pipeline-sql = the SQL expression cannot be understood.
    .fix = One expression over the fields of the source, texts in single quotes.
explain-pipeline-sql_not_per_record = the expression looks at more than one record.
    .fix = No sums, counts, windows or subqueries: outputs count.
explain-pipeline-sql_type = the expression gives another kind of value than is needed here.
    .fix = Write a comparison where a condition is needed, a CAST where a type is.
explain-pipeline-schema_rule = a rule in the schema (tamis:rules) is no condition over its fields.
    .fix = Correct the rule in the schema.
explain-pipeline-identifier_leaves = a [[keep]] names a column that identifies persons.
    .fix = Take the entry out. Neither generalising nor computing with the column makes it leave.
explain-pipeline-sensitive_without_why = a sensitive column leaves and nobody says why.
    .fix = Add why = "…" with the purpose.
explain-pipeline-exact_birth_date = an exact date of birth would leave.
    .fix = Make it an age, a band or a year.
explain-pipeline-record_identifier = the column is different in every record and would leave as it is.
    .fix = Take it out: it points at each row of the source.
explain-pipeline-duplicate_column = two released columns would have one name.
    .fix = Rename one with `as`.
explain-pipeline-postcode = a department or region is asked of a postcode.
    .fix = Use the commune code: postcodes cross departments.
explain-pipeline-missing_at = an age is asked for, and nothing says at which date.
    .fix = Write event_date in the [[source]], or `at` in generalise.
explain-pipeline-bounds = the bounds of bands are not in ascending order.
    .fix = Write the lower bound of each band from low to high, each once.
explain-pipeline-stray_option = an option belongs to another generalisation.
    .fix = Take it out, or choose the one it belongs to.
explain-pipeline-ledger = a ledger is kept and nothing is released that could stand in it.
    .fix = Take [ledger] out, or add an output.
explain-pipeline-hierarchy = the file of a hierarchy cannot be used.
    .fix = A line for each code, `code;level 1;level 2`, all of one length.
explain-pipeline-secret = a secret key or password stands in the file; it is covered in every message.
    .fix = Take it out, and make a new one: whoever read the file has it. Name keys by file, credential: or fd:.
explain-pipeline-unknown_recipient = no recipient has this name.
    .fix = Name one of the [[recipient]] sections.
explain-pipeline-which_recipient = there are several recipients, and an output does not say to whom it goes.
    .fix = Add recipient = "…" to the output.
explain-pipeline-reinforced = a column under reinforced protection would go to somebody who is not meant for it.
    .fix = Release it in an output of its own, to a recipient with reinforced = true.
explain-pipeline-half_reinforced = a column that is reinforced in one entry leaves in another without it.
    .fix = Write reinforced = true in both.
explain-pipeline-nobody_acknowledges = destruction waits for acknowledgements that somebody named cannot sign.
    .fix = Give each [[recipient]] its public key, or write when = "exported".
explain-pipeline-lasting_pseudonyms = pseudonyms shall last, and there is no recipient they are made for.
    .fix = Add [[recipient]], or write linkage = "release".
explain-pipeline-not_kept = an output names a column that no [[keep]] lets out.
    .fix = Add a [[keep]] with its reason, or take the name out.
explain-pipeline-which_dataset = there are several sources, and an output does not say which it describes.
    .fix = Add source = "…".
explain-pipeline-column_twice = a list names a column twice.
    .fix = Name it once.
explain-pipeline-quasi_identifier_left_out = a quasi-identifier leaves in a file of persons and is not counted in its classes.
    .fix = Add it to quasi_identifiers, or leave it out of columns.
explain-pipeline-threshold = a threshold of one person was asked for.
    .fix = Write at least 2; 11 is usual for health data.
explain-pipeline-persons_twice = two files hold rows of the same persons.
    .fix = Make one of them.
explain-pipeline-tables_twice = one table counts everybody, another a sample of the same.
    .fix = Make all tables of a source over the same persons.
explain-pipeline-not_nested = two columns made of one cut each other's groups.
    .fix = Put the bounds of the coarser one among those of the finer.
explain-pipeline-table_of_released_rows = a table counts exactly the persons whose rows leave.
    .fix = Count over the population, or leave the table out: the rows tell it.
explain-pipeline-perturb_differs = tables over the same records are changed in different ways.
    .fix = Write the same `perturb` in all of them.
explain-pipeline-perturb_measure = a table whose numbers are changed measures something of which `perturb` says nothing.
    .fix = Count persons there, say in `sums` how sums are changed, or take `perturb` out.
explain-pipeline-noise_beside_rows = a table with noise stands beside exact rows of the same persons.
    .fix = Release one of the two.
explain-pipeline-key_over_persons = a key of the schema ties records of several persons, so that one could push out another's.
    .fix = Put the person's column into every key.
explain-pipeline-join_over_persons = records of persons are joined by another column than the person's.
    .fix = Join by the person's column.
explain-pipeline-not_declared = noise needs the list of a column's values, and nothing gives it.
    .fix = Put an enum into the schema, or make the column coarser.
explain-pipeline-measure = a measure is none of those there are.
    .fix = Write count, sum, mean or share.
explain-pipeline-share_value = a share asks for a value that the column never has.
    .fix = Write one of its codes, as the release writes it.
explain-pipeline-no_output = nothing would leave.
    .fix = Add [[persons]] or [[aggregate]].
explain-pipeline-record_unit = records are drawn, and the release ties those of one person together.
    .fix = Draw persons, or write linkage = "none".

## Findings of `tamis validate`: what to do

explain-finding-blank-label = Write the name of the field over the column, or remove the column.
explain-finding-duplicate-label = Rename or remove one of the two columns.
explain-finding-missing-label = Add the column, with empty cells where a value is unknown.
explain-finding-extra-label = Remove the column before sending: what no schema names is not asked for.
explain-finding-incorrect-label = Put the columns in the order of the schema, under its names.
explain-finding-blank-row = Remove the empty line.
explain-finding-missing-cell = Look for a missing delimiter, or a line break inside a cell without quotes.
explain-finding-extra-cell = Put texts that hold the delimiter between quotes.
explain-finding-encoding-error = Export the file as UTF-8, or name its encoding.
explain-finding-nul-byte = Export again as text: the file was damaged or is UTF-16.
explain-finding-not-an-object = Write one whole object on each line, each member once; a member that stands there twice has two values.
explain-finding-other-resource = Give each source the files of one type of resource, as bulk exports write them.
explain-finding-not-one-value = Say in `tamis:path` which value is meant: `name[0]`, `name.where(use='official')`; or lead the path on to a value.
explain-finding-unresolved-reference = Export references as `Type/id`; an address of a server, a contained resource or a UUID names no record of the export.
explain-finding-type-error = Write the value in the form that is expected.
explain-finding-constraint-error = Correct the value, or the schema where the rule is too narrow.
explain-finding-unique-error = Remove the double, or correct the value.
explain-finding-primary-key = Give each record its own key; remove records sent twice.
explain-finding-foreign-key = Correct the value, or add it to the table it refers to.
explain-finding-row-constraint = Correct the one of the columns that is wrong; the rule says how they hang together.
explain-finding-missing-subject = Fill in the identifier of the person; without it nobody knows whose record it is.

## Remarks of `tamis schema lint`: why they matter

explain-remark-table-name = Other programs refuse such a name, and it becomes part of the names of files.
explain-remark-nothing-missing = Empty cells are then judged as values, and break types and codes.
explain-remark-custom-property = A slip in the name of a property would pass in silence.
explain-remark-old-form = Programs that know version 2 alone refuse it.
explain-remark-no-role = Without a role nobody can say whether the column may leave: no pipeline takes the schema.
explain-remark-undescribed = Whoever fills in the file guesses, and guesses differ.
explain-remark-free-text = People write names, addresses and telephone numbers into free text.
explain-remark-anchored-pattern = Readers take anchors for a sign that patterns match parts, which they do not.
explain-remark-one-value = Such a column costs space and tells nothing, or its list is not finished.
explain-remark-looks-identifying = A name that leaves is the worst that can happen here.
explain-remark-no-key = A file sent twice would count everybody twice.

## Exit codes

explain-exit-0 = done; warnings may have been told.
    .why = A timer or a script may go on.
    .fix = Nothing has to be done.
explain-exit-1 = the data were judged and rejected; nothing was published.
    .why = Above the tolerance of the pipeline a release would describe the errors and not the persons.
    .fix = Read the findings, have the files corrected at their source, run again.
explain-exit-2 = a word of the command line, the pipeline or a schema is wrong; or the same files were released from before. Nothing was published.
    .why = What is not understood is refused, so that no rule is left out in silence.
    .fix = Follow the message; tamis config check shows all problems of a pipeline at once. --since last reads only new files, --again the same ones.
explain-exit-3 = published; some input was left out as wrong.
    .why = Whoever reads the figures has to know that records are missing, and how many.
    .fix = Look at the findings in the dossier. In a service: SuccessExitStatus=3.
explain-exit-4 = a requirement of privacy is not met, or a signature, log or acknowledgement is not to be believed; nothing was published.
    .why = What leaves cannot be called back.
    .fix = Read which requirement; make outputs coarser, or find out who changed the file.
explain-exit-5 = a key is missing, is another one, or can be read by others.
    .why = A key that somebody else has protects nothing.
    .fix = tamis doctor PIPELINE --key KEY says what is wrong with it.
explain-exit-6 = a file or folder could not be read or written.
    .why = Half a release is none: what was written of it was removed.
    .fix = Check path, rights and free space: tamis doctor PIPELINE.
explain-exit-7 = published, but not destroyed or not certified.
    .why = The law asks for destruction, and for proof of it.
    .fix = tamis resume RUN goes on from where it stopped.
explain-exit-11 = another run of the pipeline, or another process at its log, holds the lock.
    .why = Two runs at once would be two drawings of one sample.
    .fix = Wait for the other; its lock ends with its process.
explain-exit-70 = a bug in the program.
    .why = What it did last cannot be relied on; nothing it holds outlives its process.
    .fix = Report the line it printed: it names a place in the program and no value.
explain-exit-130 = interrupted from the keyboard; the vault was destroyed and nothing published.
    .why = An interrupted run leaves nothing readable behind.
    .fix = Run again; tamis resume RUN closes what is open.
explain-exit-143 = stopped by the system (SIGTERM); the vault was destroyed and nothing published.
    .why = A stopped run leaves nothing readable behind.
    .fix = Run again; in a service look at its time limit (TimeoutStartSec=).
