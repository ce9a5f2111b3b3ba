### A new workshop (`tamis init`), in English. Each message has its twin in work.fr.ftl.

init-made = { $folder }: { $n ->
        [one] 1 file written
       *[other] { $n } files written
    }
init-what-pipeline = what leaves, and how it is protected
init-what-schema = what each column means
init-what-readme = what is where, and what to do before real records come
init-what-service = runs the pipeline unattended, hardened
init-what-timer = runs the service once a month
init-what-ignore = keeps records, results and keys out of version control
init-what-records = 3,000 synthetic records: nobody in them exists
init-next = Next:
init-then-doctor = is this machine fit for it?
init-then-validate = are the records right?
init-then-plan = what becomes of every column?
init-then-run = the run itself
init-then-report = the report of the run as figures; the page is report.html in its dossier
init-put-files = First put your files into { $folder }/inbox/.
init-columns = Columns:
init-leaves = leaves, made coarser
init-never = never leaves
init-waits = stays until [[keep]] names it
init-undecided = nobody and nothing decided its role: the strictest was given; look at it in schema.json
init-taken = { $path } exists already; nothing was written. Choose another folder: tamis init DIR
init-not-a-folder = { $path } is not a folder; choose another name: tamis init DIR
init-no-subject = no column tells persons apart; name it with --subject COLUMN, one of: { $columns }
init-unknown-column = there is no column `{ $column }`; there are: { $columns }
init-nothing-leaves = no column is known that could leave, even made coarser: give roles in a schema (tamis schema infer FILE -o schema.json), then tamis init --from schema.json
init-reception = { $path }: lies in a reception; what was opened is not read for a new pipeline
init-not-written = { $path } cannot be written: { $why }. What stands in the folder so far can be removed.
init-path = the path of { $path } is not text in UTF-8; rename it
init-toml-head = Made by `tamis init`. What is not named here does not leave. A column whose role is direct-identifier or subject-identifier cannot leave even if it is named: the program would refuse this file. `tamis plan` says what becomes of each column.
init-toml-purpose = epidemiological monitoring
init-toml-pipeline = Every release names the law that allows it, what it is for, and the version of the policy it carries out. Check all three.
init-toml-source = What comes in: files, and the schema that says what each column means. Ages are counted on the event date.
init-toml-exclude = Persons who objected are in no result: by a column of the records, or by a register of their identifiers.
init-toml-subject = Whose records they are. The identifier stays behind; a pseudonym under a key of this one run leaves in its place.
init-toml-keep = What leaves: each column by name, made as coarse as its use allows, and why. Replace the reasons by your own.
init-toml-waiting = These stay behind. To let one leave, take the marks away, write the reason, and name it in an output below.
init-toml-never = These can never leave:
init-toml-sample = One person in two is drawn.
init-toml-persons = A file of persons: combinations that fewer than eleven persons share do not leave.
init-toml-aggregate = A table over all persons: cells of fewer than eleven are hidden, and enough others that none can be computed.
init-toml-destroy = Working data are destroyed as soon as the files written were read back.
init-why-age = to follow by age
init-why-birth-year = to follow by generation
init-why-year = to follow from year to year
init-why-region = programmes are steered by region
init-why-sex = risks differ between women and men
init-unit-head = Copy to /etc/systemd/system/ and check with: systemd-analyze verify { $name }.service
init-unit-exec = Exit code 3 is a release of which some wrong input was left out. Before the hours of a run: ExecStartPre with `tamis doctor`.
init-unit-user = An account that owns nothing else, may read the sources and may write to out/.
init-unit-key = For sealed releases: add --signing-key credential:signing.key to ExecStart.
init-unit-out = This folder has to exist.
init-unit-when = Once a month, also when the machine was off at the time.
