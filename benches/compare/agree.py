"""Holds a release of tamis against the tables of sieve.sql: agree.py RUN RUN_WITHOUT_SAMPLE DUCKDB. Fails where they differ.

Compared are counts that do not depend on keys: who is drawn differs, how many does not.
"""

import json
import sys
from pathlib import Path

import duckdb

run, everyone, out = (Path(p) for p in sys.argv[1:])
db = duckdb.connect()


def check(what, difference, compared):
    if difference:
        sys.exit(f"{what}: {difference} differ")
    print(f"- {what}: equal ({compared:,} compared)")


def one(sql):
    return db.execute(sql).fetchall()[0][0]


cells = run / "release" / "tables" / "consultations_par_departement.parquet"
columns = [row[0] for row in db.execute(f"DESCRIBE SELECT * FROM '{cells}'").fetchall()]
measures = columns[2:6]
db.execute(f"""CREATE TABLE cells AS
    SELECT t.*, d.personnes, d.enregistrements, d.pas_mmhg_moyenne AS mean, d.part_fumeurs AS share
    FROM (SELECT departement, mois, {', '.join(f'"{c}" AS m{i}' for i, c in enumerate(measures))} FROM '{cells}') t
    FULL JOIN '{out}/consultations_par_departement.parquet' d
    ON t.departement IS NOT DISTINCT FROM d.departement AND t.mois IS NOT DISTINCT FROM d.mois""")
published = one("SELECT count(*) FROM cells WHERE m0 IS NOT NULL")
check("distinct persons and records of published cells",
      one("SELECT count(*) FROM cells WHERE m0 IS NOT NULL AND (m0 IS DISTINCT FROM personnes OR m1 IS DISTINCT FROM enregistrements)"),
      published)
check("means and shares of published cells",
      one("SELECT count(*) FROM cells WHERE m0 IS NOT NULL AND (abs(m2 - mean) > 1e-6 OR abs(m3 - share) > 1e-6)"), published)
check("cells that tamis publishes and DuckDB does not", one("SELECT count(*) FROM cells WHERE m0 IS NOT NULL AND personnes IS NULL"), published)

# What the sender keeps: persons of every stratum and how many were drawn; strata of few persons are told together
sample = json.loads((run / "dossier" / "sample.json").read_text())
few = sample["strata_under_threshold"]
mine = {tuple(s["stratum"]): (s["frame"], s["drawn"]) for s in sample["strata"]}
theirs = {(region, sexe): (frame, drawn) for region, sexe, frame, drawn in db.execute(
    f"SELECT nullif(region, '~'), nullif(sexe, '~'), frame, drawn FROM '{out}/strata.parquet'").fetchall()}
small = {s: counts for s, counts in theirs.items() if counts[0] < few["threshold"]}
large = {s: counts for s, counts in theirs.items() if s not in small}
check("persons and sample of every stratum of eleven persons and more",
      sum(mine.get(s) != large.get(s) for s in mine.keys() | large.keys()), len(mine))
together = (len(small), sum(frame for frame, _ in small.values()), sum(drawn for _, drawn in small.values()))
check("smaller strata together: their number, persons and sample",
      together != (few["strata"], few["frame"], few["drawn"]), len(small))

classes = "age, sexe, region"
db.execute(f"""CREATE TABLE classes AS
    SELECT t.n AS mine, d.records AS theirs, d.persons
    FROM (SELECT {classes}, count(*) AS n FROM '{everyone}/release/data/consultations.parquet' GROUP BY ALL) t
    FULL JOIN '{out}/classes.parquet' d ON t.age IS NOT DISTINCT FROM d.age AND t.sexe IS NOT DISTINCT FROM d.sexe
    AND t.region IS NOT DISTINCT FROM d.region""")
check("records of every class of eleven persons and more, before sampling",
      one("SELECT count(*) FROM classes WHERE persons >= 11 AND mine IS DISTINCT FROM theirs"),
      one("SELECT count(*) FROM classes WHERE persons >= 11"))
check("classes of fewer than eleven persons that tamis released", one("SELECT count(*) FROM classes WHERE persons < 11 AND mine IS NOT NULL"),
      one("SELECT count(*) FROM classes WHERE persons < 11"))
