#!/usr/bin/env python3
"""5-anonymity of UCI Adult, nine columns, by `tamis anonymise` and by ARX, in turn, on the same files.

    javac -cp ARX -d target/bench-data/arx benches/arx/Adult.java
    python3 benches/arx/compare.py --arx ARX:target/bench-data/arx [--rounds 5] [--warm 6] [--data ../shared/data/arx]

ARX is the class path of ARX's core (its jar, or its sources compiled, with the libraries that it comes with). In every round one
process of each: `tamis` from start to end, with report and output written; a Java machine that does the same `--warm` times, of which the
first is what a user waits for, and the last is what a server that runs all day needs. Both must find the same loss.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
COLUMNS = [
    "sex",
    "age",
    "race",
    "marital-status",
    "education",
    "native-country",
    "workclass",
    "occupation",
    "salary-class",
]


def spec():
    """The same task in words of `tamis anonymise`."""
    head = '[anonymise]\nfile = "adult.csv"\noutput = "out.csv"\nsuppress = 0.04\n'
    quasi = "".join(f'[[quasi]]\ncolumn = "{name}"\nhierarchy = "adult_hierarchy_{name}.csv"\n' for name in COLUMNS)
    rule = '[[rule]]\nrule = "k_anonymity"\nk = 5\n'
    return f'{head}{quasi}{rule}[loss]\nmeasure = "entropy"\nsuppression = false\nbalance = 0.1\n'


def tamis(program, data):
    """Seconds of a whole process, and its loss."""
    folder = Path(tempfile.mkdtemp(prefix="tamis-arx-"))
    try:
        for file in data.glob("adult*.csv"):
            shutil.copy(file, folder)
        (folder / "spec.toml").write_text(spec(), encoding="utf-8")
        start = time.monotonic()
        subprocess.run([program, "anonymise", "spec.toml"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        seconds = time.monotonic() - start
        report = json.loads((folder / "out.rapport.json").read_text(encoding="utf-8"))
        return seconds, report["plan"]["chosen"]["loss"]["total"]
    finally:
        shutil.rmtree(folder)


def arx(path, data, warm):
    """Seconds of the first process, and of its last repetition: all of it, and the search alone; and the loss."""
    run = subprocess.run(
        ["java", "-cp", path, "Adult", str(data), str(warm)], check=True, capture_output=True, text=True
    )
    lines = [line.split(",") for line in run.stdout.splitlines()]
    first, last = lines[0], lines[-1]
    return float(first[1]) / 1e3, float(last[1]) / 1e3, float(last[0]) / 1e3, float(last[2])


def main():
    """All rounds, then medians and ratios."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    target = Path(os.environ.get("CARGO_TARGET_DIR", PROJECT / "target"))
    words.add_argument("--arx", required=True)
    words.add_argument("--program", default=str(target / "release" / "tamis"))
    words.add_argument("--data", type=Path, default=PROJECT.parent / "shared" / "data" / "arx")
    words.add_argument("--rounds", type=int, default=5)
    words.add_argument("--warm", type=int, default=6)
    asked = words.parse_args()
    ours, first, last, search = [], [], [], []
    for _ in range(asked.rounds):
        seconds, loss = tamis(asked.program, asked.data)
        theirs = arx(asked.arx, asked.data, asked.warm)
        assert abs(loss - theirs[3]) < 1e-9 * loss, f"losses differ: {loss} and {theirs[3]}"
        for list_of, value in zip((ours, first, last, search), (seconds, *theirs[:3])):
            list_of.append(value)
    mine = statistics.median(ours)
    print("| | median, s | range, s | ÷ tamis |")
    print("|---|--:|--:|--:|")
    names = [
        "tamis anonymise, whole process",
        "ARX, first in its process",
        f"ARX, repetition {asked.warm}, all",
        f"ARX, repetition {asked.warm}, search alone",
    ]
    for name, seconds in zip(names, (ours, first, last, search)):
        middle = statistics.median(seconds)
        print(f"| {name} | {middle:.2f} | {min(seconds):.2f}–{max(seconds):.2f} | {middle / mine:.1f} |")


if __name__ == "__main__":
    main()
