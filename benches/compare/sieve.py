"""Runs sieve.sql in DuckDB: sieve.py DATA OUT DEPARTEMENTS hash|hmac [THREADS] [--tables]. Prints the seconds inside, as JSON."""

import hashlib
import json
import secrets
import sys
import time
from pathlib import Path

started = time.perf_counter()
import duckdb  # noqa: E402  (its import is timed)

data, out, departements, pseudonym, *threads = sys.argv[1:]
if pseudonym == "hash":
    # What such scripts do, and must not: eleven digits of a NIR are guessed in hours.
    expression = "sha256(nir(matricule_ins))[1:32]"
else:
    # HMAC-SHA-256 (RFC 2104) from two plain hashes; the key of 32 bytes is padded to a block of 64.
    key = secrets.token_bytes(32).ljust(64, b"\0")
    blob = lambda mask: "'" + "".join(f"\\x{b ^ mask:02X}" for b in key) + "'::BLOB"  # noqa: E731
    inner = f"sha256({blob(0x36)} || nir(matricule_ins)::BLOB)"
    expression = f"sha256({blob(0x5C)} || unhex({inner}))[1:32]"
    made = duckdb.sql(f"SELECT {expression} FROM (SELECT '284058832102532' AS matricule_ins)".replace(
        "nir(matricule_ins)", "matricule_ins")).limit(1).fetchall()[0][0]
    pad = lambda mask: bytes(b ^ mask for b in key)  # noqa: E731
    known = hashlib.sha256(pad(0x5C) + hashlib.sha256(pad(0x36) + b"284058832102532").digest()).hexdigest()[:32]
    assert made == known, "the keyed hash is not HMAC-SHA-256"

script = (Path(__file__).parent / "sieve.sql").read_text(encoding="utf-8")
for name, value in dict(data=data, out=out, departements=departements, pseudonym=expression).items():
    script = script.replace("{" + name + "}", value)
connection = duckdb.connect(":memory:")
if threads:
    connection.execute(f"SET threads = {int(threads[0])}")
imported = time.perf_counter() - started
connection.execute(script)
worked = time.perf_counter() - started - imported
# For agree.py, not timed
for name, query in {
    "strata": "SELECT stratum.region AS region, stratum.sexe AS sexe, any_value(frame) AS frame, count(*) AS drawn FROM drawn GROUP BY ALL",
    "classes": "SELECT age, sexe, region, count(*) AS records, count(DISTINCT pseudonyme) AS persons FROM sieved GROUP BY ALL",
}.items() if pseudonym == "hmac" and "--tables" in sys.argv else ():
    connection.execute(f"COPY ({query}) TO '{out}/{name}.parquet' (FORMAT parquet)")
print(json.dumps({"import": imported, "work": worked}))
