#!/usr/bin/env python3
"""Times `tamis run` beside a DuckDB script that does the same work, on the same file in the same minutes.

    cargo build --release
    python3 benches/compare/run.py [--records 1000000] [--rounds 5] [--memory "1 GiB"]

Makes what it needs under target/bench-data: the records (`tamis synth`) and a virtual environment with DuckDB. The
programs take turns; wall time, processor time and peak memory are those of the whole process. Prints a Markdown table and
says whether the results agree.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
import venv
from pathlib import Path

DUCKDB = "duckdb==2.0.0"
HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", PROJECT / "target")).resolve()
DATA = TARGET / "bench-data"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5, help="times that each program runs")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", help="[limits] memory of the pipeline, such as \"64 MiB\"")
    parser.add_argument("--tamis", type=Path, default=TARGET / "release" / "tamis", help="the program")
    parser.add_argument("--against", type=Path, help="another build of the program, timed too")
    parser.add_argument("--only", help="programs to time, separated by commas: tamis, against, hash, hmac")
    return parser.parse_args()


def python_with_duckdb():
    """The interpreter of a virtual environment with the pinned DuckDB."""
    folder = DATA / f"venv-{DUCKDB}"
    interpreter = folder / "bin" / "python"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        subprocess.run([interpreter, "-m", "pip", "install", "--quiet", DUCKDB], check=True)
        (folder / "complete").touch()
    return interpreter


def records(tamis, count):
    """A file of synthetic consultations, made once."""
    file = DATA / f"consultation_prevention-{count}.csv"
    if not file.exists():
        partial = file.with_suffix(".partial")
        partial.unlink(missing_ok=True)
        schema = PROJECT / "schemas" / "consultation_prevention.json"
        subprocess.run([tamis, "synth", "--schema", schema, "--records", str(count), "--seed", "1", "--output", partial],
                       check=True, stdout=sys.stderr)
        partial.rename(file)
    return file


def pipeline(name, file, out, memory, everyone=False):
    """A copy of pipeline.toml for this file."""
    text = (HERE / "pipeline.toml").read_text(encoding="utf-8")
    schema = PROJECT / "schemas" / "consultation_prevention.json"
    values = {"schema": str(schema), "files": [str(file)], "to": str(out)}
    if memory:
        values["memory"] = memory
    for key, value in values.items():
        text, found = re.subn(rf"(?m)^{key}( *)=.*$", lambda m: f"{key}{m[1]}= {json.dumps(value)}", text)
        assert found == 1, key
    if everyone:
        # Beside the rows of everyone, the table is refused: it would tell what was suppressed.
        text = re.sub(r"(?s)\[sample\].*?\n\n|\[\[aggregate\]\].*?\n\n", "", text)
    path = DATA / "compare" / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def timed(command):
    """Runs a command: wall seconds, processor seconds, peak memory in MiB, what it printed."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command[0]} ended with {process.returncode}")
    return (wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024), printed


def table(rounds, against):
    """Medians, spread, and the ratios within each round to the program `against`."""
    lines = ["| program | wall, s | from – to | processor, s | peak memory, MiB | wall ratio | processor ratio | memory ratio |",
             "|---|--:|--:|--:|--:|--:|--:|--:|"]
    for name in rounds[0]:
        runs = [r[name] for r in rounds]
        wall, processor, memory = (statistics.median(run[i] for run in runs) for i in range(3))
        ratios = [statistics.median(r[name][i] / r[against][i] for r in rounds) for i in range(3)]
        lines.append(f"| {name} | {wall:.2f} | {min(r[0] for r in runs):.2f} – {max(r[0] for r in runs):.2f} | {processor:.2f} "
                     f"| {memory:.0f} | " + " | ".join(f"{ratio:.2f}" for ratio in ratios) + " |")
    return "\n".join(lines)


def main():
    options = arguments()
    work = DATA / "compare"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    interpreter = python_with_duckdb()
    file = records(options.tamis, options.records)
    file.open("rb").read(1)
    shutil.copyfile(file, os.devnull)  # every program finds the file in the cache of the system
    sampled = pipeline("sampled", file, work / "out", options.memory)
    departements = PROJECT / "data" / "departements.csv"

    def tamis(program):
        return lambda: timed([program, "run", sampled, "--threads", str(options.threads), "--format", "json"])

    def duckdb(pseudonym):
        out = work / pseudonym
        out.mkdir(exist_ok=True)
        return lambda: timed([interpreter, HERE / "sieve.py", file, out, departements, pseudonym, str(options.threads)])

    programs = {"tamis": tamis(options.tamis), "DuckDB, plain hash": duckdb("hash"), "DuckDB, keyed hash": duckdb("hmac")}
    if options.against:
        programs["tamis, other build"] = tamis(options.against)
    if options.only:
        words = {"tamis": "tamis", "against": "tamis, other build", "hash": "DuckDB, plain hash", "hmac": "DuckDB, keyed hash"}
        programs = {words[w]: programs[words[w]] for w in options.only.split(",")}

    rounds, printed = [], {}
    for number in range(options.rounds):
        order = list(programs) if number % 2 == 0 else list(programs)[::-1]
        done = {}
        for name in order:
            done[name], printed[name] = programs[name]()
        rounds.append({name: done[name] for name in programs})
    against = "DuckDB, plain hash" if "DuckDB, plain hash" in programs else list(programs)[-1]
    print(f"{options.records:,} records, {file.stat().st_size / 2**20:,.0f} MiB, {options.rounds} rounds, "
          f"{options.threads} threads; ratios: median over the rounds, to “{against}”.\n")
    print(table(rounds, against))
    if "tamis" in printed:
        summary = json.loads(printed["tamis"])
        print(f"\ntamis spilled {summary['vault']['spilled_bytes'] / 2**20:,.0f} MiB, encrypted.")

    if "DuckDB, keyed hash" in programs and "tamis" in programs:
        # Once more, untimed and without a sample, to hold classes against each other that a sample does not show.
        everyone = pipeline("everyone", file, work / "everyone", options.memory, everyone=True)
        subprocess.run([options.tamis, "run", everyone, "--format", "json"], check=True, stdout=subprocess.DEVNULL)
        newest = lambda folder: max(p for p in folder.iterdir() if p.is_dir())  # noqa: E731
        keyed = [interpreter, HERE / "sieve.py", file, work / "hmac", departements, "hmac", str(options.threads), "--tables"]
        subprocess.run(keyed, check=True, stdout=subprocess.DEVNULL)
        print()
        subprocess.run([interpreter, HERE / "agree.py", newest(work / "out"), newest(work / "everyone"), work / "hmac"], check=True)


if __name__ == "__main__":
    main()
