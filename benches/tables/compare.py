#!/usr/bin/env python3
"""Holds `tamis protect tables` against τ-ARGUS' open engine (pytauargus) on the tables of make.py.

    cargo build --release
    python3 benches/tables/compare.py [--only a,b] [--seconds 60] [--write]

Makes what it needs under target/bench-data: the tables, and a virtual environment with pytauargus, NumPy and HiGHS (Python
3.11). Every pattern is attacked by linear programs of attack.py, which neither program knows of: which unsafe cells follow
exactly, and which are known closer than the rule allows. Prints Markdown; `--write` puts it into README.md beside this file.
"""

import argparse
import csv
import json
import math
import os
import platform
import re
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from cells import ALL, demand, sums
import make

PACKAGES = ["pytauargus==0.6.0", "numpy==2.4.6", "highspy==1.15.1"]
METHODS = ["OPT", "OPT alone", "OPT told", "MOD", "tamis"]
INFINITE = float("inf")
REASONS = {"supprime_seuil": "threshold", "supprime_dominance": "dominance", "supprime_p_pour_cent": "p %"}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(make.RELEASES), help="releases, separated by commas")
    parser.add_argument("--methods", default=",".join(METHODS), help="programs, separated by commas")
    parser.add_argument("--objectives", default="value,cells")
    parser.add_argument("--seconds", type=int, default=60, help="limit of every run of a program")
    parser.add_argument("--tamis", type=Path, default=make.DATA.parent.parent / "release" / "tamis", help="the program")
    parser.add_argument("--tamis-seconds", type=int, help="another limit for tamis, such as for an unoptimised build")
    parser.add_argument("--attack-seconds", type=int, default=120, help="limit of every attack")
    parser.add_argument("--debug", action="store_true", help="the program is an unoptimised build: its times say nothing")
    parser.add_argument("--gather", action="store_true", help="do not run anything: show what was found before")
    parser.add_argument("--write", action="store_true", help="put the tables into README.md")
    parser.add_argument("--keep", type=Path, default=make.DATA / "results", help="folder of patterns and findings")
    return parser.parse_args()


def interpreter():
    """Starts this script anew in an environment that has what it needs, unless it is in one."""
    try:
        import highspy, numpy, pytauargus  # noqa: F401, E401
        return
    except ImportError:
        pass
    folder = make.DATA.parent / "venv-tables"
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        (folder / "complete").touch()
    os.execv(python, [str(python), *sys.argv])


class Whole:
    """A release as one system: cells that several tables show are one."""

    def __init__(self, release):
        self.release, self.numbers, self.values, self.facts = release, [], [], []
        self.known = known = {}
        lines = {}
        for table in release.tables:
            dimensions, cells = release.table_dimensions(table), release.cells(table)
            numbers = {}
            for key in sorted(cells):
                named = frozenset((d.name, code) for d, code in zip(dimensions, key) if code != ALL)
                if named not in known:
                    known[named] = len(self.values)
                    self.values.append(cells[key].value)
                    self.facts.append(cells[key])
                numbers[key] = known[named]
            for total, parts in sums(dimensions, cells):
                lines[numbers[total], tuple(numbers[part] for part in parts)] = None
            self.numbers.append(numbers)
        self.sums = list(lines)
        self.rules, self.count = release.tables[0].rules, release.tables[0].count
        self.demanded, self.broken, self.clipped = {}, {}, None
        for number, cell in enumerate(self.facts):
            levels, broken = demand(cell, self.rules, self.count, make.RANGE)
            if broken:
                self.demanded[number], self.broken[number] = levels, broken

    def alone(self):
        """Unsafe cells of a single contributor, and who that is."""
        return {number: self.facts[number].last for number in self.demanded if self.facts[number].contributors == 1}

    def told(self, hidden=()):
        """What it tells of a count that it is suppressed for the threshold, or not for that. Zeros are never suppressed."""
        least = float(self.rules["threshold"])
        return {n: (1.0, least - 1) if n in self.demanded else (least, INFINITE) for n in hidden or range(len(self.values))}

    def within_told(self):
        """The demands on counts, without what reasons alone tell, whatever else is suppressed: of 3 = 1 + 2, all three below the
        threshold, everybody knows that the parts are smaller than the largest whole."""
        import attack
        if self.clipped is None:
            everything = set(range(len(self.values)))
            told = attack.attack(self.sums, self.values, everything, self.demanded, True, bounds=self.told())
            self.clipped = dict(self.demanded)
            for number in told.exact:
                self.clipped[number] = (0, 0)
            for number, low, high, least, most in told.narrow:
                self.clipped[number] = (self.values[number] - max(low, least), min(high, most) - self.values[number])
        return self.clipped

    def name(self, number):
        for table, numbers in zip(self.release.tables, self.numbers):
            for key, at in numbers.items():
                if at == number:
                    return f"{table.name}[{' × '.join(key)}]"
        raise KeyError(number)

    def job(self, folder, method, objective, minutes):
        """What argus.py needs to know."""
        tables = []
        for table, numbers in zip(self.release.tables, self.numbers):
            keys = {key: "|".join(key) for key in numbers}
            shared = {}
            for other, others in enumerate(self.numbers):
                back = {number: key for key, number in others.items()}
                if others is not numbers:
                    for key, number in numbers.items():
                        if number in back:
                            shared.setdefault(keys[key], []).append((other, "|".join(back[number])))
            demanded = self.within_told() if method == "OPT told" else self.demanded
            levels = {keys[k]: [float(x) for x in demanded[n]] for k, n in numbers.items() if n in self.demanded}
            tables.append({"dimensions": table.dimensions, "rules": argus_rules(table), "levels": levels, "shared": shared,
                           "cells": {keys[k]: n for k, n in numbers.items()}})
        bounds = self.told() if method == "OPT told" else {}
        bounds = {number: [low, min(high, max(self.values))] for number, (low, high) in bounds.items()}
        return {"bounds": bounds, "folder": str(folder / "argus"), "method": method, "cost": objective, "minutes": minutes, "tables": tables,
                "alone": self.alone(), "unsafe": sorted(self.demanded), "system": {"values": self.values, "sums": self.sums}}


def argus_rules(table):
    """The rules in the engine's words. A count is a sum of ones."""
    rules = []
    if "threshold" in table.rules:
        rules.append(("FREQ", [table.rules["threshold"], make.RANGE]))
    if "dominance" in table.rules:
        rules.append(("NK", list(table.rules["dominance"])))
    if "p_percent" in table.rules:
        rules.append(("P", [table.rules["p_percent"], 1]))
    return rules


class Failed(Exception):
    """A run that gave no pattern, and why."""


def run(command, seconds, out):
    """Runs a program; its wall time."""
    started = time.perf_counter()
    try:
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        raise Failed(f"> {seconds} s") from None
    out.write_text(done.stdout + done.stderr, encoding="utf-8")
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[-1]
        raise Failed(f"exit {done.returncode}: {last[:120]}")
    return time.perf_counter() - started


def run_argus(whole, folder, method, objective, options, to):
    job, result = to / "job.json", to / "result.json"
    result.unlink(missing_ok=True)
    # The exact method stops by itself, a little late, with the best pattern so far.
    minutes, late = max(1, options.seconds // 60), 60 if method.startswith("OPT") else 0
    job.write_text(json.dumps(whole.job(folder, method, objective, minutes)), encoding="utf-8")
    seconds = run([sys.executable, HERE / "argus.py", job, result], options.seconds + late, to / "messages.txt")
    given = json.loads(result.read_text(encoding="utf-8"))
    hidden, primary, levels = set(), set(), {}
    for numbers, found, pattern in zip(whole.numbers, given["found"], given["patterns"]):
        hidden |= {numbers[tuple(key.split("|"))] for key in pattern}
        for key, level in found.items():
            number = numbers[tuple(key.split("|"))]
            primary.add(number)
            levels[number] = level
    return {"hidden": hidden, "primary": primary, "levels": levels, "seconds": seconds,
            "stopped": given["stopped"], "told": method == "OPT told"}


def run_tamis(whole, folder, objective, options, to):
    out = to / "out"
    shutil.rmtree(out, ignore_errors=True)
    command = [options.tamis, "protect", "tables", folder / f"{objective}.toml", "--out", out]
    seconds = run(command, options.tamis_seconds or options.seconds, to / "messages.txt")
    hidden, primary, statuses = set(), set(), {}
    for table, numbers in zip(whole.release.tables, whole.numbers):
        for key, value, status in read_tamis(whole.release, table, out / f"{table.name}.csv"):
            number = numbers.get(key)
            if number is None:
                # Nobody contributes: shown as 0 or not at all. Suppressed, it would be an unknown that the attack does not have.
                if status != "publie":
                    raise Failed(f"an empty cell is suppressed: {table.name} {key}")
                continue
            if status == "publie":
                if float(value) != whole.values[number]:
                    raise Failed(f"{whole.name(number)} is published as {value}, and is {whole.values[number]}")
            else:
                if value != "":
                    raise Failed(f"{whole.name(number)} is suppressed and shown")
                hidden.add(number)
            if statuses.setdefault(number, status) != status and "publie" in (status, statuses[number]):
                raise Failed(f"{whole.name(number)} is published in one table and suppressed in another")
            if status in REASONS:
                primary.add(number)
        missing = set(numbers) - {key for key, _, _ in read_tamis(whole.release, table, out / f"{table.name}.csv")}
        if missing:
            raise Failed(f"{len(missing)} cells of {table.name} are missing, such as {min(missing)}")
    return {"hidden": hidden, "primary": primary, "levels": {}, "seconds": seconds, "statuses": statuses, "told": True,
            "report": json.loads((out / "rapport.json").read_text(encoding="utf-8"))}


def read_tamis(release, table, file):
    """(codes, value, status) of every cell of a written table."""
    dimensions = release.table_dimensions(table)
    by = [column for d in dimensions for column in d.columns]
    with open(file, newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            rest = [column for column in row if column not in (*by, "statut", "marque")]
            key = []
            for dimension in dimensions:
                codes = [row[column] for column in dimension.columns if row[column] != ALL]
                key.append(codes[-1] if codes else ALL)
            yield tuple(key), row[rest[0]], row["statut"]


def told_by_status(whole, given):
    """What statuses tell of the counts of suppressed cells."""
    if "statuses" not in given:
        return whole.told(given["hidden"])
    threshold, bounds = whole.rules["threshold"], {}
    for number, status in given["statuses"].items():
        if status == "supprime_seuil":
            bounds[number] = (1.0, threshold - 1.0)
        elif status == "supprime_secondaire":
            # Zeros are not suppressed, so what is not below the threshold reaches it.
            bounds[number] = (min(float(threshold), whole.values[number]), INFINITE)
        elif status != "publie":
            bounds[number] = (1.0, INFINITE)
    return bounds


def report_differences(whole, given):
    """Where the intervals of the report are not those of the attack, or what it says is demanded is not what rules ask for."""
    import attack
    lines, said = [], {}
    for system in given["report"]["systems"]:
        for entry in system["intervals"]:
            named = {}
            for dimension in whole.release.dimensions.values():
                codes = [entry["cell"][c] for c in dimension.columns if entry["cell"].get(c, ALL) != ALL]
                if codes:
                    named[dimension.name] = codes[-1]
            number = whole.known.get(frozenset(named.items()))
            if number is None:
                lines.append(f"report: no such cell {entry['cell']}")
            else:
                said[number] = entry
    for number in sorted(given["hidden"] - set(said)):
        lines.append(f"report: {whole.name(number)} is missing")
    for number, entry in said.items():
        asked = whole.demanded.get(number)
        expected = asked and [float(whole.values[number] - asked[0]), float(whole.values[number] + asked[1])]
        stated = entry["demanded"]
        if (expected is None) != (stated is None) or expected and max(abs(a - b) for a, b in zip(expected, stated)) > 1e-6:
            lines.append(f"report: {whole.name(number)} demands {stated}, the rule {expected}")
    some = sorted(said)[::max(1, len(said) // 200)]
    bounds = told_by_status(whole, given) if whole.count else {}
    for number, (low, high) in attack.intervals(whole.sums, whole.values, given["hidden"], some, bounds).items():
        stated = [INFINITE if bound is None else bound for bound in (said[number]["low"], said[number]["high"])]
        if whole.count:
            low, high = math.ceil(low - 1e-6), math.floor(high + 1e-6) if high < INFINITE else high
        if any(a != b and abs(a - b) > 1e-5 * max(1, abs(a)) for a, b in zip((low, high), stated)):
            lines.append(f"report: {whole.name(number)} in {stated}, by the attack [{low:.6g}, {high:.6g}]")
    return lines


def superfluous(whole, hidden, contributors):
    """Secondary cells that may be shown, the dearest first, with nothing that the attack would find; `None` for large patterns.
    With `contributors`, the attack of sole contributors too."""
    import attack
    unsafe, alone = set(whole.demanded), whole.alone() if contributors else {}
    if whole.count or len(hidden) > 300:
        return None
    left, shown = set(hidden), []
    for number in sorted(hidden - unsafe, key=lambda n: (-whole.values[n], n)):
        fewer = left - {number}
        finding = attack.attack(whole.sums, whole.values, fewer, whole.demanded)
        if not (finding.exact or finding.narrow or attack.known_to_contributors(whole.sums, fewer, unsafe, alone)):
            left, shown = fewer, [*shown, number]
    return shown


def judge(whole, given, options):
    """Counts of a pattern and what the attack found."""
    import attack
    hidden, unsafe = given["hidden"], set(whole.demanded)
    secondary = hidden - unsafe
    result = {"primary": len(hidden & unsafe), "secondary": len(secondary), "value": sum(whole.values[n] for n in secondary),
              "seconds": given["seconds"], "stopped": given.get("stopped", False), "demanded": len(unsafe)}
    limit = options.attack_seconds
    finding = attack.attack(whole.sums, whole.values, hidden, whole.demanded, whole.count, seconds=limit)
    result |= {"attacked": finding.attacked, "skipped": finding.skipped, "shown": finding.shown, "exact": finding.exact,
               "narrow": finding.narrow}
    alone = whole.alone()
    result["alone"] = attack.known_to_contributors(whole.sums, hidden, unsafe, alone) if not whole.release.slow else None
    if whole.count and given["told"]:
        told = attack.attack(whole.sums, whole.values, hidden, whole.within_told(), True, bounds=told_by_status(whole, given), seconds=limit)
        # What cannot be otherwise by the reasons alone is no fault of the pattern.
        result["told_exact"] = [number for number in told.exact if whole.clipped[number] != (0, 0)]
        result["told_narrow"] = told.narrow
        result["reasons"] = [number for number in whole.demanded if whole.clipped[number] != whole.demanded[number]]
    result["superfluous"] = superfluous(whole, hidden, result["alone"] == [])
    return result


def differences(whole, given):
    """Where a program's own unsafe cells, or levels, are not those that the rules ask for."""
    lines, unsafe = [], set(whole.demanded)
    for title, cells in (("not unsafe by the program", unsafe - given["primary"]), ("unsafe by the program alone", given["primary"] - unsafe)):
        for number in sorted(cells):
            lines.append(f"{title}: {whole.name(number)} {whole.facts[number]} {whole.broken.get(number, '')}")
    for number, (low, high) in given["levels"].items():
        if number in whole.demanded:
            asked = [float(level) for level in whole.demanded[number]]
            if abs(low - asked[0]) > 1e-6 * max(1, low) or abs(high - asked[1]) > 1e-6 * max(1, high):
                lines.append(f"levels: {whole.name(number)} {whole.facts[number]} {whole.broken[number]} asked {asked}, program {low, high}")
    return lines


def details(whole, result):
    """Cells that failed, in words."""
    lines = [f"unsafe cell shown: {whole.name(n)}" for n in result["shown"]]
    lines += [f"exactly derivable: {whole.name(n)} = {whole.values[n]}" for n in result["exact"]]
    lines += [f"too narrow: {whole.name(n)} = {whole.values[n]}: [{low:.6g}, {high:.6g}] of [{least:.6g}, {most:.6g}]"
              for n, low, high, least, most in result["narrow"]]
    lines += [f"by a sole contributor: {whole.name(n)} = {whole.values[n]} from {whole.name(by)} = {whole.values[by]}" for n, by, _ in result["alone"] or []]
    lines += [f"exactly derivable with statuses: {whole.name(n)} = {whole.values[n]}" for n in result.get("told_exact", [])]
    lines += [f"too narrow with statuses: {whole.name(n)} = {whole.values[n]}: [{low:.6g}, {high:.6g}] of [{least:.6g}, {most:.6g}]"
              for n, low, high, least, most in result.get("told_narrow", [])]
    if result.get("reasons"):
        lines.append(f"by the reasons alone, whatever is suppressed: {len(result['reasons'])} intervals do not hold all that is asked for")
    lines += [f"superfluous: {whole.name(n)} = {whole.values[n]}" for n in result["superfluous"] or []]
    return lines


HEAD = """| table | cost | program | primary | secondary | value of secondary | ÷ OPT: cells | value | ÷ OPT alone / told: cells | value | superfluous | derivable | too narrow | by a sole contributor | s |
|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"""


def row(name, objective, method, results, options):
    result = results[method]
    if isinstance(result, str):
        return f"| {name} | {objective} | {method} |{' – |' * 11} {result} |"

    def ratio(base, what):
        best = results.get(base)
        # What was stopped before it protected from sole contributors is nothing to measure by.
        if not isinstance(best, dict) or method == base or (base == "OPT alone" and best["alone"]):
            return ""
        return f"{result[what] / best[what]:.2f}" if best[what] else "–"

    other = "OPT told" if "OPT told" in results else "OPT alone"
    ratios = " | ".join(ratio(base, what) for base in ("OPT", other) for what in ("secondary", "value"))
    narrow = f"{len(result['narrow'])}" + (f" of {result['attacked']}" if result["skipped"] else "")
    if result.get("told_narrow") is not None:
        narrow += f" ({len(result['told_narrow'])})"
    exact = f"{len(result['exact']) + len(result['shown'])}"
    if result.get("told_exact") is not None:
        exact += f" ({len(result['told_exact'])})"
    spare = "" if result["superfluous"] is None else len(result["superfluous"])
    alone = "" if result["alone"] is None else len(result["alone"])
    seconds = "debug" if options.debug and method == "tamis" else f"{result['seconds']:.1f}{' (stopped)' if result['stopped'] else ''}"
    return (f"| {name} | {objective} | {method} | {result['primary']} | {result['secondary']} | {result['value']:,} "
            f"| {ratios} | {spare} | {exact} | {narrow} | {alone} | {seconds} |")


def versions(options):
    from importlib.metadata import version
    from pytauargus import engine_meta
    try:
        tamis = subprocess.run([str(options.tamis), "--version"], capture_output=True, text=True).stdout.strip()
    except OSError:
        tamis = "tamis –"
    meta = engine_meta()
    return (f"{tamis or 'tamis'}{' (unoptimised build)' if options.debug else ''}; pytauargus {version('pytauargus')} "
            f"(engine {meta['engine_sha'][:7]}, HiGHS {meta['highs_version']}); attack: highspy {version('highspy')}, "
            f"NumPy {version('numpy')}; Python {platform.python_version()}")


def compare(release, options, lines, remarks):
    whole, folder = Whole(release), make.write(release, make.DATA)
    title = f"{release.name} ({len(whole.values):,})"
    print(f"{release.name}: {release.title}; {len(whole.values)} cells, {len(whole.sums)} sums, {len(whole.demanded)} unsafe", file=sys.stderr)
    objectives = options.objectives.split(",")
    for objective in objectives[:1] if release.slow else objectives:
        results = {}
        for method in options.methods.split(","):
            to = options.keep / release.name / f"{method}-{objective}"
            to.mkdir(parents=True, exist_ok=True)
            try:
                before = results.get("OPT")
                if method == "OPT told" and not whole.count:
                    continue
                if method.startswith("OPT") and (release.slow or method == "OPT alone" and (not isinstance(before, dict) or before["stopped"])):
                    raise Failed("not tried")
                given = run_tamis(whole, folder, objective, options, to) if method == "tamis" else run_argus(whole, folder, method, objective, options, to)
                results[method] = judge(whole, given, options)
                (to / "hidden.json").write_text(json.dumps(sorted(given["hidden"])))
                found = differences(whole, given) + details(whole, results[method])
                if "report" in given and not release.slow:
                    found += report_differences(whole, given)
            except Failed as failure:
                results[method], found = str(failure), [str(failure)]
            (to / "findings.txt").write_text("\n".join(found) + "\n", encoding="utf-8")
            print(f"  {objective} {method}: {found[:3]} … {len(found)}", file=sys.stderr)
            remarks += [f"{release.name} {objective} {method}: {line}" for line in found]
        lines += [row(title, objective, method, results, options) for method in sorted(results, key=METHODS.index)]
    (options.keep / release.name / "rows.json").write_text(json.dumps({"versions": versions(options), "rows": lines, "remarks": remarks}))


def main():
    interpreter()
    options = arguments()
    head, lines, remarks = [], [HEAD], []
    for name in options.only.split(","):
        if not options.gather:
            compare(make.RELEASES[name](), options, [], [])
        found = json.loads((options.keep / name / "rows.json").read_text(encoding="utf-8"))
        lines += found["rows"]
        remarks += found["remarks"]
        if found["versions"] not in head:
            head.append(found["versions"])
    shown = "\n".join([*head, "", *lines])
    print(shown)
    (options.keep / "remarks.txt").write_text("\n".join(remarks) + "\n", encoding="utf-8")
    if options.write:
        file = HERE / "README.md"
        text = file.read_text(encoding="utf-8")
        block = f"<!-- results -->\n{shown}\n<!-- end of results -->"
        file.write_text(re.sub(r"(?s)<!-- results -->.*<!-- end of results -->", lambda _: block, text), encoding="utf-8")


if __name__ == "__main__":
    main()
