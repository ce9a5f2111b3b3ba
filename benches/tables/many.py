#!/usr/bin/env python3
"""Attacks the patterns of `tamis protect tables` on many small random tables; prints every one that gives something away.

    python3 benches/tables/many.py --tamis target/release/tamis [--tables 300] [--first 0]

Needs the environment that compare.py makes. One to three classifications, some of them trees, one table or two linked ones, sums
or counts, any of the rules; contributors may stand in several cells. A table that fails is written to `--keep`, and made smaller
as long as it fails.
"""

import argparse
import random
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import attack
import make
from cells import Cell, demand
from compare import Failed, Whole, interpreter, read_tamis, told_by_status


class Shared(Whole):
    """A release whose contributors may have several rows: those are added up before rules are applied."""

    def __init__(self, release, people):
        self.people = people
        super().__init__(release)
        contributions = [Counter() for _ in self.values]
        for (codes, amount), who in zip(release.rows, people):
            met = set()
            for table, numbers in zip(release.tables, self.numbers):
                keys = [()]
                for dimension in release.table_dimensions(table):
                    keys = [(*key, code) for key in keys for code in dimension.line(codes[dimension.name])]
                met |= {numbers[key] for key in keys}
            for number in met:
                contributions[number][who] += 1 if self.count else amount
        self.persons = contributions
        for number, by in enumerate(contributions):
            largest = [*sorted(by.values(), reverse=True), 0, 0]
            self.facts[number] = Cell(self.values[number], len(by), largest[0], largest[1])
        self.demanded, self.broken = {}, {}
        for number, cell in enumerate(self.facts):
            levels, broken = demand(cell, self.rules, self.count, make.RANGE)
            if broken:
                self.demanded[number], self.broken[number] = levels, broken


def draw_release(seed):
    """A small release, and who contributes each row."""
    draw = random.Random(seed)
    dimensions = []
    for at in range(draw.choice([1, 2, 2, 2, 3])):
        depth = draw.choice([1, 1, 2])
        columns = [f"d{at}{'ab'[level]}" for level in range(depth)]
        dimensions.append(make.tree(columns, [draw.randint(2, 4) for _ in columns], "PQR"[at]))
    count = draw.random() < 0.35
    if count:
        rules = {"threshold": draw.choice([3, 5, 11])}
    else:
        rules = draw.choice([{"threshold": 3}, {"p_percent": 10}, {"dominance": (1, 85)}, {"threshold": 3, "dominance": (2, 90)},
                             {"threshold": 3, "p_percent": 25}])
    names = [d.name for d in dimensions]
    tables = [make.Table("one", names, rules, count)]
    if len(names) == 3 and draw.random() < 0.6:
        tables = [make.Table("one", names[:2], rules, count), make.Table("two", names[1:], rules, count)]
    rows = make.contributions(seed, dimensions, draw.choice([1, 2, 4, 8]), draw.choice([0.5, 1.5, 2.5]))
    release = make.Release(f"many{seed}", "", {d.name: d for d in dimensions}, tables, rows)
    crowd = len(rows) if count or draw.random() < 0.5 else max(2, len(rows) // 3)
    people = list(range(len(rows))) if crowd == len(rows) else [draw.randrange(crowd) for _ in rows]
    return release, people


def by_chance(release):
    """Whether a column of one classification seems to lie over one of another, in the rows that there are."""
    columns = [(d.name, at, [make.columns_of(d, codes[d.name])[at] for codes, _ in release.rows])
               for d in release.dimensions.values() for at in range(len(d.columns))]
    return any(one != other and len(set(zip(upper, lower))) == len(set(lower))
               for one, _, upper in columns for other, _, lower in columns)


def write(release, people, folder):
    folder.mkdir(parents=True, exist_ok=True)
    make.write_microdata(release, folder / "contributions.csv")
    lines = (folder / "contributions.csv").read_text(encoding="utf-8").splitlines()
    named = [f"E{who:06d},{line.split(',', 1)[1]}" for line, who in zip(lines[1:], people)]
    (folder / "contributions.csv").write_text("\n".join([lines[0], *named]) + "\n", encoding="utf-8")
    (folder / "spec.toml").write_text(make.spec(release, "value"), encoding="utf-8")


def failures(tamis, release, people, folder):
    """What is wrong with the pattern of a release, as lines; the kind of run."""
    if not release.rows:
        return [], "empty"
    if by_chance(release):
        return [], "a hierarchy by chance"
    write(release, people, folder)
    whole, out = Shared(release, people), folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    done = subprocess.run([str(tamis), "protect", "tables", str(folder / "spec.toml"), "--out", str(out)], capture_output=True, text=True, timeout=120)
    if done.returncode == 4:
        return [], "cannot be protected: " + (done.stderr.strip().splitlines() or [""])[0][:100]
    if done.returncode:
        return [f"exit {done.returncode}: {done.stderr.strip()[:300]}"], "error"
    found, statuses = [], {}
    for table, numbers in zip(release.tables, whole.numbers):
        for key, value, status in read_tamis(release, table, out / f"{table.name}.csv"):
            number = numbers.get(key)
            if number is None:
                if status != "publie":
                    found.append(f"empty cell suppressed: {key}")
                continue
            if (status == "publie") != (value != "") or value and float(value) != whole.values[number]:
                found.append(f"{whole.name(number)} = {whole.values[number]} is shown as {value!r}, {status}")
            if statuses.setdefault(number, status) != status and "publie" in (status, statuses[number]):
                found.append(f"{whole.name(number)}: {status} and {statuses[number]}")
    missing = set(range(len(whole.values))) - set(statuses)
    found += [f"{whole.name(n)} is missing" for n in missing]
    hidden = {n for n, status in statuses.items() if status != "publie"}
    if missing:
        return found, "missing"
    found += attacked(whole, hidden, statuses)
    return found, "secondary" if hidden - set(whole.demanded) else "primary only" if hidden else "nothing unsafe"


def attacked(whole, hidden, statuses):
    unsafe, found = set(whole.demanded), []
    result = attack.attack(whole.sums, whole.values, hidden, whole.demanded, whole.count)
    found += [f"unsafe and shown: {whole.name(n)}" for n in result.shown]
    found += [f"derivable: {whole.name(n)} = {whole.values[n]}" for n in result.exact]
    found += [f"too narrow: {whole.name(n)} = {whole.values[n]}: [{low:.6g}, {high:.6g}] of [{least:.6g}, {most:.6g}]"
              for n, low, high, least, most in result.narrow]
    if whole.count:
        # A cell that statuses call unsafe and one they do not call so: the clipped demands know the rules' own cells.
        told = attack.attack(whole.sums, whole.values, hidden, whole.within_told(), True, bounds=told_by_status(whole, {"statuses": statuses}))
        found += [f"derivable with statuses: {whole.name(n)} = {whole.values[n]}" for n in told.exact if whole.clipped[n] != (0, 0)]
        found += [f"too narrow with statuses: {whole.name(n)} = {whole.values[n]}: [{low:.6g}, {high:.6g}] of [{least:.6g}, {most:.6g}]"
                  for n, low, high, least, most in told.narrow]
    alone = {}
    for number in hidden:
        if len(whole.persons[number]) == 1:
            alone.setdefault(next(iter(whole.persons[number])), set()).add(number)
    for who, own in sorted(alone.items()):
        left = hidden - own
        # A cell of his own that another's hangs on is known; cells in which he is not alone are not.
        for cell, _, ratio in attack.known_to_contributors(whole.sums, left, unsafe & left, {}):
            if ratio == 0 and set(whole.persons[cell]) != {who}:
                found.append(f"by a sole contributor: {whole.name(cell)} = {whole.values[cell]} to E{who:06d}, alone in {sorted(map(whole.name, own))}")
    return found


def smaller(tamis, release, people, folder):
    """The release with fewer rows, as long as it fails in the same way."""
    kind = failures(tamis, release, people, folder)[0][0].split(":")[0]
    step = max(1, len(release.rows) // 2)
    while step:
        at = 0
        while at < len(release.rows):
            rows, who = release.rows[:at] + release.rows[at + step:], people[:at] + people[at + step:]
            fewer = make.Release(release.name, release.title, release.dimensions, release.tables, rows)
            try:
                found = failures(tamis, fewer, who, folder)[0] if rows else []
            except (Failed, subprocess.TimeoutExpired):
                found = []
            if any(line.startswith(kind) for line in found):
                release, people = fewer, who
            else:
                at += step
        step //= 2
    return release, people


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tamis", type=Path, default=make.DATA.parent.parent / "release" / "tamis")
    parser.add_argument("--tables", type=int, default=300)
    parser.add_argument("--first", type=int, default=0, help="seed of the first")
    parser.add_argument("--keep", type=Path, default=make.DATA / "many")
    interpreter()
    options, kinds, failed = parser.parse_args(), Counter(), 0
    for seed in range(options.first, options.first + options.tables):
        release, people = draw_release(seed)
        folder = options.keep / str(seed)
        found, kind = failures(options.tamis, release, people, folder)
        kinds[kind] += 1
        if found:
            failed += 1
            print(f"{seed}: {len(found)}: {found[0]}", flush=True)
            release, people = smaller(options.tamis, release, people, folder)
            for line in failures(options.tamis, release, people, folder)[0]:
                print(f"    with {len(release.rows)} rows: {line}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"{options.tables} releases, {failed} fail; {dict(kinds)}")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
