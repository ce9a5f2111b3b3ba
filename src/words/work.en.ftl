### A new workshop (`tamis init`), in English. Each message has its twin in work.fr.ftl.

init-made = { $folder }: { $n ->
        [one] 1 file written
       *[other] { $n } files written
    }
init-what-pipeline = what leaves, and how it is protected
init-what-schema = what each column means
init-what-form = tells editors every key of a pipeline
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
init-then-runs = what was run, and where; the report is report.html in its dossier
init-put-files = First put your files into { $folder }/inbox/.
init-columns = Columns:
init-leaves = leaves, as coarse as its [[keep]] says
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

## The machine before a run (`tamis doctor`)

doctor-fine = ok
doctor-note = note
doctor-warning = warning
doctor-error = error
doctor-summary = errors: { $errors }, warnings: { $warnings }
doctor-all-fine = Nothing to mend.
doctor-swap-none = swap: none
doctor-swap-encrypted = swap: encrypted, or in memory
doctor-swap-forbidden = swap: forbidden to this service
doctor-swap-open = swap: { $path } is not encrypted, as far as can be told: records could be written to that disk
doctor-swap-open-fix = swapoff { $path }, encrypt it (/etc/crypttab with `swap`), or run as a service with MemorySwapMax=0
doctor-dumps-off = core dumps: off; the program switches its own off
doctor-dumps-on = core dumps: the system did not let the program switch them off
doctor-dumps-on-fix = run with `ulimit -c 0`; in a service LimitCORE=0
doctor-clock-fine = clock: { $now }
doctor-clock-early = clock: { $now } is before this program was made
doctor-clock-early-fix = set the clock (timedatectl set-ntp true): last days of use and certificates depend on it
doctor-clock-behind = clock: it is { $now }, and { $path } was written at { $last }
doctor-clock-behind-fix = set the clock (timedatectl set-ntp true); if it was wrong before, the certificate of that run bears a wrong date
doctor-user-fine = account: not root
doctor-user-root = account: root, who may read and write everything
doctor-user-root-fix = make an account that may read the sources and write to the output folder, and run as it
doctor-temporary-memory = temporary files: { $path }, in memory
doctor-temporary-disk = temporary files: { $path }, on a disk; what is spilled there is encrypted under a key in memory
doctor-temporary-disk-fix = nothing has to be done; a tmpfs under [limits] spill keeps even the ciphertext off disks, and takes memory
doctor-temporary-closed = temporary files: { $path } is no folder that can be written to
doctor-temporary-closed-fix = set TMPDIR or [limits] spill to a folder of your own: mkdir -m 700 DIR
doctor-service-none = service: run by hand, not by systemd
doctor-service-hardened = service: hardened
doctor-service-open = service: systemd does not set { $missing }
doctor-service-open-fix = put these lines under [Service]; `tamis init` writes a unit that has them all
doctor-pipeline-wrong = pipeline: { $path } cannot be used; problems: { $n }
doctor-pipeline-wrong-fix = tamis config check { $path }
doctor-files-found = sources: { $size } in { $n } { $n ->
        [one] file
       *[other] files
    }
doctor-files-missing = source { $name }: no file fits { $path }
doctor-files-missing-fix = put the files there, or correct `files` in the pipeline
doctor-file-unreadable = source: { $path } cannot be read by this account
doctor-file-unreadable-fix = give the account the right to read: setfacl -m u:ACCOUNT:r { $path }
doctor-register-missing = register of objections: { $path } is absent or cannot be read; without it no run begins
doctor-register-missing-fix = put the register there; one without objections has its header alone
doctor-release-missing = source { $name }: no release fits { $path }
doctor-release-missing-fix = name its folder with tamis run --release { $name }=DIR, or correct `from`
doctor-sources-open = source: everybody on this machine may read { $path } (mode { $mode })
doctor-sources-open-fix = chmod o-rwx { $path }
doctor-out-fine = output: { $path } can be written to
doctor-out-closed = output: { $path } cannot be written to by this account
doctor-out-closed-fix = make the folder, and give it to the account: install -d -m 700 -o ACCOUNT { $path }
doctor-space-fine = room: { $free } free at { $path }
doctor-space-short = room: { $free } free at { $path }, and up to { $needed } may be needed
doctor-space-short-fix = free some, or set [export] to or [limits] spill to a larger disk; a run whose disk is full publishes nothing
doctor-database-fine = database: the credential { $name } is there, and owner and rights are right
doctor-database-refused = database: the credential { $name }: { $why }
doctor-database-refused-fix = hand the address over by LoadCredential={ $name }:FILE, or name its file: --credential { $name }=FILE
doctor-key-fine = key: { $path } ({ $kind }): owner and rights are right
doctor-key-refused = key: { $why }
doctor-key-refused-fix = correct what is said, or make a new one: tamis keys generate
doctor-key-other = key: { $path } is not the one of [sender]
doctor-key-other-fix = name the signing key whose public half stands in the pipeline: tamis keys fingerprint { $path }
doctor-key-unnamed = key: the pipeline is signed, and no key was named to look at
doctor-key-unnamed-fix = tamis doctor PIPELINE --key FILE (or credential:NAME), as `tamis run` will be given it
doctor-secret-missing = delivery to { $name }: { $path } is absent or cannot be read
doctor-secret-missing-fix = put the key of the drop there, with mode 0600
doctor-secret-open = delivery: others may read { $path } (mode { $mode }), or it belongs to somebody else
doctor-secret-open-fix = chown to the account of the run, and chmod 600 { $path }
doctor-verifier-missing = public key: { $path } is absent or cannot be read; a release is believed under it alone
doctor-verifier-missing-fix = ask the maker of the release for its public key, by a way of its own
doctor-recipients-fine = recipients: their keys can be used ({ $n })
doctor-recipient-over = recipient { $name }: its last day of use was { $day }
doctor-recipient-over-fix = agree on a later day, and write it under use_until
doctor-drop-closed = delivery to { $name }: { $path } is no folder that can be written to
doctor-drop-closed-fix = mount it or make it; `tamis deliver` tries again at any time
doctor-runs-fine = earlier runs: all at their end ({ $n })
doctor-run-dead = earlier run: { $path } was not closed (state: { $state })
doctor-run-dead-fix = tamis resume { $path }
doctor-run-waits = earlier run: { $path } waits for acknowledgements
doctor-run-waits-fix = tamis destroy { $path } --acknowledgement FILE
doctor-run-halfway = earlier run: the destruction of { $path } was begun and not finished (state: { $state })
doctor-run-halfway-fix = tamis resume { $path }
doctor-run-unread = earlier run: the log of { $path } cannot be read
doctor-run-unread-fix = tamis audit verify { $path }/dossier/audit.jsonl
doctor-run-empty = earlier run: { $path } has no log: it died before it read anything
doctor-run-empty-fix = look into the folder; if it holds nothing of yours, remove it: rm -r { $path }
doctor-locked = lock: another run holds { $path }
doctor-locked-fix = wait until it is done; the lock ends with its process

## Pipeline files (`tamis config`)

config-sound = { $path }: nothing wrong
config-line = line { $line }
config-default = default
section-pipeline = Name, law, purpose and policy: what every release bears.
section-limits = What share of wrong records stops a run, and how much memory its vault takes.
section-sender = The public half of the key that signs.
section-recipient = To whom a release is sealed, until when it is used, and where it is left.
section-source = Files, or a release, with the schema that says what each column means.
section-join = Attaches the columns of one source to another by a key.
section-exclude = Persons who objected: a register of identifiers, or a condition.
section-subject = Which column tells persons apart, and whether records of one person may be tied together.
section-derive = A column computed in SQL, one record at a time.
section-keep = A column that leaves, how coarse, and why. What is not named stays.
section-sample = How persons or records are drawn.
section-persons = A file of rows, with its protection.
section-aggregate = A table, with its protection.
section-ledger = Remembers what was released, so that a later release tells nothing by difference.
section-export = Where runs are written, in which formats.
section-destroy = When working data are destroyed, and whether sources are.
