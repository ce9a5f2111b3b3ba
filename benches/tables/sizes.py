#!/usr/bin/env python3
"""How long `tamis protect tables` takes for tables of counts that grow: places in departments in regions × ages in bands × sexes.

    python3 benches/tables/sizes.py [--program target/release/tamis] [--places 10,30,100] [--per-place 3000] [--method elimination] [--seconds 600]

Places differ in size (log-normal), ages are few at the end, so that every table has cells of one person, totals of few, and cells of
thousands. Every row is one person; every combination that somebody is in is a cell, with all margins. Says for each
table cells, unsafe cells, secondary cells, wall time and processor time, peak memory, and the exit code.

`--method rounding` rounds the counts instead, and sums of an amount beside them, which are held against all that follows from them; no cell
is suppressed then.
"""

import argparse
import bisect
import json
import os
import random
import resource
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
SPEC = """[tables]
hierarchy = [["commune", "departement", "region"], ["age", "tranche"]]
method    = "{method}"

[[table]]
name    = "t"
file    = "personnes.csv"
form    = "microdata"
total   = "_T"
margins = true
by      = ["commune", "departement", "region", "age", "tranche", "sexe"]
"""
SUPPRESSED = """measure = "count"

[table.protect]
threshold = 11
"""
ROUNDED = """value   = "montant"
contributor = "qui"
perturb = { method = "rounding", base = 5, key = "root.key", sums = [{ column = "montant", base = "10000" }] }
"""
AGES, BAND = 20, 5


def make(folder, places, persons, method):
    """Writes the persons and the SPEC, from a fixed seed."""
    chance, money = random.Random(places), random.Random(places + 1)
    departments = max(4, places // 10)
    regions = max(2, departments // 8)
    upto = []
    for _ in range(places):
        upto.append((upto[-1] if upto else 0.0) + chance.lognormvariate(0, 1.2))
    with open(folder / "personnes.csv", "w", encoding="utf-8") as file:
        file.write("commune,departement,region,age,tranche,sexe,montant,qui\n")
        for person in range(persons):
            place = min(bisect.bisect(upto, chance.random() * upto[-1]), places - 1)
            department = place * departments // places
            region = department * regions // departments
            age = min(AGES - 1, int(chance.triangular(0, AGES, 8)))
            sex = "F" if chance.random() < 0.53 else "M"
            amount = f"{min(9999, money.lognormvariate(4, 1)):.2f}"
            file.write(f"c{place:06},d{department:05},r{region:03},a{age:02},t{age // BAND},{sex},{amount},p{person}\n")
    if method == "rounding":
        spec = SPEC.format(method="elimination") + ROUNDED
    else:
        spec = SPEC.format(method=method) + SUPPRESSED
    (folder / "spec.toml").write_text(spec, encoding="utf-8")


def measure(program, folder, seconds):
    """One run: exit code (None if it was stopped), wall and processor seconds, MB."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    words = [program, "protect", "tables", "spec.toml", "--out", "out"]
    run = subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        code = run.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        run.kill()
        run.wait()
        code = None
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return code, time.monotonic() - start, after.ru_utime - before.ru_utime, after.ru_maxrss / 1024


def main():
    """All sizes in turn, as a table."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    target = Path(os.environ.get("CARGO_TARGET_DIR", PROJECT / "target"))
    words.add_argument("--program", default=str(target / "release" / "tamis"))
    words.add_argument("--places", default="10,30,100")
    words.add_argument("--per-place", type=int, default=3000)
    words.add_argument("--method", default="elimination")
    words.add_argument("--seconds", type=float, default=600)
    asked = words.parse_args()
    print("| places | persons | cells | unsafe | secondary | s | s of processor | MB | exit |")
    print("|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for places in (int(number) for number in asked.places.split(",")):
        folder = Path(tempfile.mkdtemp(prefix="tamis-sizes-"))
        try:
            persons = places * asked.per_place
            make(folder, places, persons, asked.method)
            if asked.method == "rounding":
                key = [asked.program, "keys", "generate", "root", "--to", "root.key"]
                subprocess.run(key, cwd=folder, stdout=subprocess.DEVNULL, check=True)
            code, wall, cpu, memory = measure(asked.program, folder, asked.seconds)
            found = ["", "", ""]
            report = folder / "out" / "rapport.json"
            if report.exists():
                table = json.loads(report.read_text(encoding="utf-8"))["systems"][0]["tables"][0]
                by_rule = table.get("suppressed", {})
                secondary = by_rule.get("supprime_secondaire", {}).get("cells", 0)
                unsafe = sum(entry["cells"] for entry in by_rule.values()) - secondary
                found = [f"{table['cells']:,}", f"{unsafe:,}", f"{secondary:,}"]
            shown = "stopped" if code is None else code
            print(
                f"| {places:,} | {persons:,} | {' | '.join(found)} | {wall:.1f} | {cpu:.1f} | {memory:.0f} | {shown} |",
                flush=True,
            )
        finally:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
