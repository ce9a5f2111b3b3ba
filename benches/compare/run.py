#!/usr/bin/env python3
"""Times `tamis run` beside a DuckDB script that does the same work, on the same file in the same minutes.

    cargo build --release
    python3 benches/compare/run.py [--records 1000000] [--rounds 5] [--memory "1 GiB"]

Makes what it needs under target/bench-data: the records (`tamis synth`) and virtual environments with the pinned peers. The
programs take turns; wall time, processor time and peak memory are those of the whole process. Prints Markdown tables and
says whether the results agree; `--write` puts them into benches/README.md, between the marks of the comparison.

After the whole run come the floors: the steps alone that no such program can do without (`benches/limits`), beside one thread of
it. Then the parts that others do as well: judging a file (frictionless; DuckDB with CHECKs), and measuring
risk (pyCANON). A peer that cannot be installed is named and left out.
"""

import argparse
import contextlib
import io
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
FRICTIONLESS = "frictionless==5.19.0"
PYCANON = "pycanon==1.3.6"
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
    parser.add_argument("--only", help="programs to time, separated by commas: tamis, against, hash, hmac; no parts then")
    parser.add_argument("--parts", type=int, default=100_000, help="records for the parts that others do as well; 0: none")
    parser.add_argument("--write", action="store_true", help="write the tables into benches/README.md")
    return parser.parse_args()


def python_with(package):
    """The interpreter of a virtual environment with a pinned package; None, and a line that says so, where it cannot be had."""
    folder = DATA / f"venv-{package}"
    interpreter = folder / "bin" / "python"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        if subprocess.run([interpreter, "-m", "pip", "install", "--quiet", package]).returncode != 0:
            print(f"Left out: {package} cannot be installed.\n")
            return None
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


def in_turns(programs, count):
    """What each program took in each round, and what it printed last; every other round goes backwards."""
    rounds, printed = [], {}
    for number in range(count):
        order = list(programs) if number % 2 == 0 else list(programs)[::-1]
        done = {}
        for name in order:
            done[name], printed[name] = programs[name]()
        rounds.append({name: done[name] for name in programs})
    return rounds, printed


def judging(options):
    """A clean file judged by its schema."""
    file = records(options.tamis, options.parts)
    schema = PROJECT / "schemas" / "consultation_prevention.json"
    threads = str(options.threads)
    programs = {"tamis validate": lambda: timed([options.tamis, "validate", file, "--schema", schema, "--threads", threads])}
    if duckdb := python_with(DUCKDB):
        programs["DuckDB, CHECKs"] = lambda: timed([duckdb, HERE / "judge.py", "duckdb", file, schema, threads])
    if frictionless := python_with(FRICTIONLESS):
        programs["frictionless"] = lambda: timed([frictionless, HERE / "judge.py", "frictionless", file, schema])
    rounds, printed = in_turns(programs, min(options.rounds, 3))
    print(f"\n**Judging** {options.parts:,} records × 33 columns, all of them good; rules between fields by `tamis` alone.\n")
    print(table(rounds, "tamis validate"))
    said = {name: json.loads(printed[name]) for name in programs if name != "tamis validate"}
    assert all(peer == {"records": options.parts, "wrong": 0} for peer in said.values()), said


def risk(options):
    """Class sizes of a million rows."""
    interpreter = python_with(PYCANON)
    if interpreter is None:
        return
    rows = 1_000_000
    file = DATA / "risk.csv"
    if not file.exists():
        subprocess.run([interpreter, HERE / "classes.py", "make", file, str(rows)], check=True)
    quasi = "age,sexe,departement,diplome"
    words = [options.tamis, "risk", file, "--quasi", quasi, "--sensitive", "maladie", "--format", "json"]
    programs = {
        "tamis risk": lambda: timed([*words, "--threads", str(options.threads)]),
        "pyCANON": lambda: timed([interpreter, HERE / "classes.py", "measure", file, quasi, "maladie"]),
    }
    rounds, printed = in_turns(programs, min(options.rounds, 3))
    print(f"\n**Risk**: smallest class and fewest distinct sensitive values over {rows:,} rows, four quasi-identifiers.\n")
    print(table(rounds, "tamis risk"))
    ours, theirs = (json.loads(printed[name]) for name in programs)
    print(f"\nk and l of pyCANON: {theirs['k']}, {theirs['l']}.")
    agreed(ours, theirs)


def floors(options):
    """One thread of the whole run beside the steps that no such program can do without; two threads beside one."""
    target = TARGET / "limits"
    build = ["cargo", "build", "--quiet", "--release", "--locked", "--manifest-path", HERE.parent / "limits" / "Cargo.toml"]
    if subprocess.run(build, env={**os.environ, "CARGO_TARGET_DIR": target}).returncode != 0:
        print("\nLeft out: the floors (`benches/limits`) cannot be built.")
        return
    file = records(options.tamis, options.records)
    sampled = pipeline("sampled", file, DATA / "compare" / "out", options.memory)
    steps = []

    def limits():
        measured, printed = timed([target / "release" / "tamis-limits", file, "1"])
        steps.append(json.loads(printed)["seconds"])
        return measured, printed

    def tamis(threads):
        return lambda: timed([options.tamis, "run", sampled, "--threads", threads, "--format", "json", "--again"])

    rounds, _ = in_turns({"floors": limits, "one": tamis("1"), "two": tamis("2")}, options.rounds)
    print("\n**Floors**: each step alone, on one thread; medians of processor time.\n")
    print("| " + " | ".join(steps[0]) + " | together |\n" + "|--:" * (len(steps[0]) + 1) + "|")
    medians = [statistics.median(step[name] for step in steps) for name in steps[0]]
    print("| " + " | ".join(f"{seconds:.2f}" for seconds in [*medians, sum(medians)]) + " |")
    ratio = statistics.median(r["one"][1] / sum(step.values()) for r, step in zip(rounds, steps))
    faster = statistics.median(r["one"][0] / r["two"][0] for r in rounds)
    print(f"\n`tamis run` on one thread takes {ratio:.1f} times the processor time of the floors together; "
          f"on two threads it is {faster:.2f} times as fast as on one.")


def agreed(ours, theirs):
    """Ends where `tamis risk` and pyCANON do not find the same smallest class."""
    found = []

    def walk(value):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
            found.append((key, inner))
            walk(inner)

    walk(ours)
    smallest = [value for key, value in found if key in ("k", "smallest", "smallest_class")]
    assert theirs["k"] in smallest, (theirs, smallest)


def main():
    options = arguments()
    told = io.StringIO()
    with contextlib.redirect_stdout(Both(sys.stdout, told)):
        compare(options)
        if not options.only and options.parts:
            floors(options)
            judging(options)
            risk(options)
    if options.write:
        readme = HERE.parent / "README.md"
        text = readme.read_text(encoding="utf-8")
        begin, end = "<!-- comparison -->\n", "<!-- /comparison -->"
        before, rest = text.split(begin, 1)
        readme.write_text(f"{before}{begin}\n{told.getvalue().strip()}\n\n{end}{rest.split(end, 1)[1]}", encoding="utf-8")


class Both(io.TextIOBase):
    """Writes to two streams."""

    def __init__(self, *streams):
        self.streams = streams

    def write(self, text):
        for stream in self.streams:
            stream.write(text)
            stream.flush()
        return len(text)


def compare(options):
    work = DATA / "compare"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    interpreter = python_with(DUCKDB)
    if interpreter is None:
        sys.exit("there is nothing to compare with")
    file = records(options.tamis, options.records)
    file.open("rb").read(1)
    shutil.copyfile(file, os.devnull)  # every program finds the file in the cache of the system
    sampled = pipeline("sampled", file, work / "out", options.memory)
    departements = PROJECT / "data" / "departements.csv"

    def tamis(program):
        return lambda: timed([program, "run", sampled, "--threads", str(options.threads), "--format", "json", "--again"])

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

    rounds, printed = in_turns(programs, options.rounds)
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
        agree = [interpreter, HERE / "agree.py", newest(work / "out"), newest(work / "everyone"), work / "hmac"]
        print(subprocess.run(agree, check=True, stdout=subprocess.PIPE, text=True).stdout.strip())


if __name__ == "__main__":
    main()
