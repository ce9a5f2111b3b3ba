### The report of a run, in English. Each message has its twin in run.fr.ftl.

run-language = English
run-title = Report of a run
run-verdict-released = Released, and the working data destroyed
run-verdict-waiting = Released; the run waits before it is closed
run-verdict-not-closed = Released, but the end of the working data is not certified
run-verdict-nothing = Nothing was released; the working data are destroyed
run-verdict-uncertain = Nothing was released; what became of the working data is not certain
run-legal-basis = Legal basis
run-purpose = Purpose
run-policy = Policy
run-run = Run
run-started = Started
run-operator = Operator

## Gates

run-passed = passed
run-failed = not passed
run-look = passed; something to look at
run-not-asked = not asked, or not reached
run-gate-input = Input
run-gate-input-told = Records read: { $read }; left out as wrong: { $rejected }.
run-gate-classes = Size of classes
run-gate-classes-told = Smallest class released: { $smallest } persons; asked: { $k }.
run-gate-evidence = Evidence of anonymisation
run-gate-evidence-told = Outputs with limits: { $outputs }; limits not met: { $failed }.
run-gate-tables = Protection of tables
run-gate-tables-told = Cells: { $cells }; told by what outsiders know anyway: { $known }.
run-gate-scan = Search for what was stripped
run-gate-scan-told = Cells searched before they left: { $cells }.
run-gate-read-back = Reading back
run-gate-read-back-told = Files compared with what was to be written: { $files }.
run-gate-destroyed = Destruction
run-gate-destroyed-told = Stores destroyed, their keys wiped: { $stores }.

## Records

run-funnel = From reading to release
run-funnel-told = Bars are shares of the records read. Records of few persons are not counted out.
run-funnel-read = read
run-funnel-rejected = wrong by their schema
run-funnel-filtered = outside the filter
run-funnel-excluded = of persons who objected
run-funnel-kept = in the frame
run-funnel-drawn = drawn, over all outputs
run-funnel-suppressed = in classes of too few
run-funnel-released = released, over all outputs
run-inputs = Inputs
run-source = Source
run-left-out = { $files ->
    [one] One file was left out
   *[other] { $files } files were left out
}: earlier runs released from them (--since last)
run-files = Files
run-records-read = Records read
run-records-rejected = Left out as wrong
run-share-rejected = Share left out
run-limit = The run stops where more than { $share } of the records of a source are wrong.
run-findings = What is wrong with the records
run-findings-none = Nothing was found.
run-heat = Findings by rule and column: { $source }
run-rule = Rule
run-whole-record = (record)
run-trend = Share left out, run by run
run-trend-none = There is no earlier run of this pipeline beside this one to compare with.
run-as-table = The same as a table

## Columns

run-columns = What became of every column
run-column = Column
run-leaves-as = Leaves as
run-role = Role
run-why = Why
run-leave = Columns of { $source } that may leave
run-stay = Columns that stay:
run-dropped-identifier = tells who somebody is
run-dropped-unnamed = not named by the pipeline
run-how-keep = as it is
run-how-age = age in years
run-how-band = in bands
run-how-year = year
run-how-quarter = quarter
run-how-month = month
run-how-departement = department
run-how-region = region
run-how-clamp = capped
run-how-hierarchy = grouped by a hierarchy
run-role-other = other
run-role-quasi-identifier = quasi-identifier
run-role-sensitive = sensitive
run-role-subject-identifier = tells persons apart
run-role-direct-identifier = identifying

## Sample

run-sample = Sample
run-design = Design
run-target = Rate asked
run-in-frame = In the frame
run-drawn = Drawn
run-obtained = Rate obtained
run-weight = Weight
run-strata = Strata
run-weights-told = A weight is how many of the frame a drawn one stands for.

## Risk

run-risk = Risk, and what protection took
run-released = Released
run-suppressed = In classes of too few
run-nobody-drawn = Nobody was drawn.
run-measure = Measure
run-before = before
run-after = after
run-risk-of = Risk before and after: { $output }
run-risk-persons = persons
run-risk-smallest = smallest class
run-risk-alone = persons alone in a class
run-risk-highest = prosecutor risk, highest
run-risk-average = prosecutor risk, average
run-risk-under = persons in classes under the threshold
run-risk-journalist = journalist risk, highest
run-risk-individual = individual risk with weights, highest
run-risk-groups = risk of a household or group, highest
run-risk-suda = special uniques (DIS-SUDA), highest
run-risk-population = uniques of the population, estimated
run-classes-told = Share of persons by the size of the smallest class that they stand in. Sizes that few persons have are left out (…), with as many others as it takes.
run-cost = What protection took
run-cost-told = Detail lost of each column: nothing where every value left as it was, everything where none did.
run-evidence = Evidence for the criteria of the Article 29 Working Party
run-evidence-singling = singling out: smallest class
run-evidence-link = linkability: persons linked rightly
run-evidence-inference = inference of { $column }: advantage
run-criterion = Criterion
run-found = Found
run-limit-asked = Limit

## Tables

run-tables = Tables
run-table = Table
run-cells = Cells
run-published = Published
run-primary = Under a rule
run-secondary = To protect others
run-share-suppressed = Suppressed
run-known = { $n ->
    [one] One suppressed cell is told by what outsiders know anyway, whatever is suppressed.
   *[other] { $count } suppressed cells are told by what outsiders know anyway, whatever is suppressed.
 }
run-method = Method:

## The end

run-scan = Search for what was stripped
run-scan-clean = Nothing of what was stripped was found in what left.
run-scan-leaks = Something of what was stripped was found. Nothing was released.
run-scan-for = Searched for:
run-output = Output
run-cells-searched = Cells searched
run-stripped-identifier = identifiers
run-stripped-telephone = telephone numbers
run-stripped-email = e-mail addresses
run-stripped-full-name = full names
run-stripped-name = names
run-stripped-address = addresses
run-stripped-text = other texts
run-destruction = Destruction
run-not-certified = Not certified yet.
run-destroyed-at = Destroyed at { $at }.
run-item = What
run-class = What became of it
run-count = Number
run-how = How
run-class-key-erased = key erased
run-class-unlinked-only = removed
run-class-not-destroyed = still there
run-sweep = Files left in the run's folder and searched for national numbers: { $files }; found: { $hits }.
run-certificate = The certificate, its log and the procès-verbal lie beside this page.
run-performance = Performance
run-seconds = Time
run-rate = Records a second
run-spilled = Spilled, encrypted
run-stores = Stores
run-stages = Stage by stage
run-stage-sieve = read, judge, sieve
run-stage-unique = look for what must be unique
run-stage-census = count the frame
run-stage-draw = draw
run-stage-summarise = count cells and classes
run-stage-release = select what leaves
run-stage-export = write and read back
run-stage-destroy = destroy
run-footer = Counts of fewer than { $least } are masked here, as in the release. Values stand here only where they are written in the pipeline or the release, or where at least as many persons have them as its threshold asks; never one of a single record.

## Utility

run-utility = Utility: distributions before and after
run-utility-told = Persons are counted, each once for each value. Shares are rounded to a step that is never fewer persons than the threshold, and add up to 100%; values that few persons have stand together. Before: every record that was valid and that nobody objected to. After: what left; with weights, the frame as the sample estimates it.
run-utility-of = How far the distributions of { $output } moved
run-utility-from = Before
run-distance = Distance
run-distance-weighted = Distance, weighted
run-step = Step
run-from-counted = counted
run-from-table = published by a table
run-why-table = not told: tables show it, and none publishes it in full
run-why-levels = not counted at the levels at which it leaves
run-why-many = too many different values
run-why-few = too few persons
run-weighted = after, weighted
run-line = Value
run-line-other = other values
run-line-missing = no value
run-line-true = yes
run-line-false = no
run-distribution-of = Share of persons by { $column }, in the order of the legend.
run-pyramid = { $age } by { $sex }
run-pictures = What released tables show
run-pictures-told = Published numbers only.
run-places = { $measure } by { $column }
run-cell-suppressed = suppressed
run-places-suppressed = { $n ->
    [one] One value is suppressed.
   *[other] { $count } values are suppressed.
 }
run-trends = Findings, run by run
