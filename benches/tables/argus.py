#!/usr/bin/env python3
"""One run of τ-ARGUS' open engine (pytauargus) on one release; started by compare.py in an interpreter that has it.

    python argus.py JOB.json RESULT.json

OPT: all tables of the release, linked ones together, are given to the exact method (Fischetti and Salazar-González) as one
system of sums, in the solver's own file format. MOD: the modular method (HiTaS) on one table after the other; what one
suppressed in cells that another shows too is unsafe there, in turns until nothing is added. “OPT alone”: OPT with what the
engine lacks, protection from sole contributors who know their own contribution. “OPT told”: of counts, where reasons are
published. Protection levels are those of
the job for both: the same as are demanded of everybody else.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from pytauargus import HiTaSCtrl
from pytauargus.batch import SafetyRule, SpecifyTable
from pytauargus.engine import Engine, SafetyRuleSet, parse_rda

UNSAFE = range(3, 10)
MANUAL, SECONDARY, EMPTY = 9, 11, (13, 14)
UNIT_COST = "-2"
TOP_COST = 10_000_000
"""Costs are whole numbers to the solver; beyond this they are scaled. The engine's own front end scales the largest to 20,000, so
that all small cells of a large table cost the same."""


class Loaded:
    """The release inside the engine: its tables computed, its rules applied."""

    def __init__(self, job):
        self.job, self.engine = job, Engine()
        os.chdir(job["folder"])
        rules = [SafetyRuleSet.from_rules([SafetyRule(kind, [str(a) for a in args]) for kind, args in t["rules"]]) for t in job["tables"]]
        cost = UNIT_COST if job["cost"] == "cells" else ""
        specified = [SpecifyTable(table["dimensions"], "montant", cost_var=cost) for table in job["tables"]]
        self.engine._tables = list(zip(specified, rules))
        description = parse_rda("contributions.rda")
        self.engine.open_microdata("contributions.asc", description)
        self.engine.read_microdata()
        self.tau = self.engine._tau
        self.numbers = [self.numbered(description, table) for table in job["tables"]]

    def numbered(self, description, table):
        """Codes of a cell → its number; the engine counts cells in the order of its code lists."""
        lists = []
        for name in table["dimensions"]:
            at = description.index_of(name)
            _, active = self.tau.get_var_number_of_codes(at)
            lists.append([self.tau.get_var_code(at, code)[2].strip() or "_T" for code in range(active)])
        keys = [""]
        for codes in lists:
            keys = [f"{key}|{code}" if key else code for key in keys for code in codes]
        return {key: number for number, key in enumerate(keys)}

    def status(self, table, key):
        return self.tau.get_table_cell_status(table, self.numbers[table][key])

    def found(self):
        """What the engine's own rules say: unsafe cells of every table and their protection levels."""
        every = []
        for table, numbers in enumerate(self.numbers):
            unsafe = {k: n for k, n in numbers.items() if self.tau.get_table_cell_status(table, n) in UNSAFE}
            every.append({k: self.tau.get_table_cell_protection_levels(table, n) for k, n in unsafe.items()})
        return every

    def demand(self):
        """Replaces the engine's protection levels by those of the job."""
        for table, described in enumerate(self.job["tables"]):
            for key, (low, high) in described["levels"].items():
                number = self.numbers[table][key]
                if self.tau.get_table_cell_status(table, number) in UNSAFE:
                    self.tau.set_table_cell_protection_levels(table, number, low, high)

    def suppressed(self):
        """Suppressed cells of every table, unsafe and secondary."""
        hidden = (*UNSAFE, SECONDARY)
        return [sorted(k for k, n in numbers.items() if self.tau.get_table_cell_status(table, n) in hidden)
                for table, numbers in enumerate(self.numbers)]


def modular(loaded, minutes):
    """HiTaS on every table, in turns until no shared cell is suppressed in one and shown in another."""
    while True:
        for table in range(len(loaded.numbers)):
            loaded.tau.undo_secondary_suppress(table)
            with tempfile.TemporaryDirectory() as folder:
                files = [os.path.join(folder, name) for name in ("parameters.txt", "files.txt")]
                if not loaded.tau.prepare_hitas(table, *files, folder + "/"):
                    raise RuntimeError("PrepareHITAS failed")
                control = HiTaSCtrl()
                code = control.a_hitas(pars_file=files[0], files_file=files[1], max_time=minutes,
                                       single_with_single=True, single_with_more=True, do_count_bounds=False)
                if code > 0:
                    raise RuntimeError(f"AHiTaS: {control.error_string(code)}")
                loaded.tau.set_secondary_hitas(table)
        patterns = loaded.suppressed()
        if not carry(loaded, patterns):
            return patterns, False


def carry(loaded, patterns):
    """Whether a cell that is suppressed in one table was shown in another; there it becomes unsafe."""
    changed = False
    for table, pattern in enumerate(patterns):
        for key in pattern:
            shared = loaded.job["tables"][table]["shared"].get(key, [])
            for other, name in shared:
                if loaded.status(other, name) not in (*UNSAFE, SECONDARY):
                    number = loaded.numbers[other][name]
                    loaded.tau.set_table_cell_status_cell(other, number, MANUAL)
                    loaded.tau.set_table_cell_protection_levels(other, number, 1.0, 1.0)
                    changed = True
    return changed


def optimal(loaded, minutes, extra=()):
    """The exact method on the system of all tables. `extra`: further unknowns, (cell, other, ratio) for cell − ratio · other."""
    system, tables = loaded.job["system"], loaded.job["tables"]
    found = loaded.found()
    unsafe = {tables[t]["cells"][key]: tables[t]["levels"].get(key, (1.0, 1.0)) for t in range(len(tables)) for key in found[t]}
    values = system["values"]
    top = max(values)
    scale = min(1, TOP_COST / top)
    lines = []
    for number, value in enumerate(values):
        cost = 1 if loaded.job["cost"] == "cells" else max(1, round(value * scale))
        low, high = unsafe.get(number, (0, 0))
        least, most = loaded.job["bounds"].get(str(number), (0, top))
        lines.append(f"{number} {value} {cost} {'u' if number in unsafe else 's'} {least} {min(most, top)} {low:.9f} {high:.9f} 0")
    sums = [f"0 {len(parts) + 1} : {total} (-1) {' '.join(f'{part} (1)' for part in parts)} " for total, parts in system["sums"]]
    for at, (cell, other, ratio) in enumerate(extra, len(values)):
        lines.append(f"{at} {values[cell] - ratio * values[other]} 1 u {-10 * top} {10 * top} 0 1 0")
        sums.append(f"0 3 : {at} (-1) {cell} (1) {other} ({-ratio}) ")
    with tempfile.TemporaryDirectory() as folder:
        given, result = os.path.join(folder, "JJ.IN"), os.path.join(folder, "JJ.OUT")
        Path(given).write_text("\n".join(["0", str(len(lines)), *lines, str(len(sums)), *sums]) + "\n", encoding="ascii")
        control = HiTaSCtrl()
        started = time.monotonic()
        code = control.full_jj(in_file_jj=given, out_file=result, max_time=minutes)
        stopped = time.monotonic() - started > 59 * minutes
        if code > 1:
            raise RuntimeError(f"FullJJ: {code} {control.error_string(code)}")
        suppressed = {int(line.split()[0]) for line in Path(result).read_text(encoding="ascii").splitlines()}
    hidden = {number for number in suppressed | set(unsafe) if number < len(values)}
    return [sorted(key for key, number in table["cells"].items() if number in hidden) for table in tables], stopped, hidden


def alone(loaded, minutes):
    """The exact method again and again, until no sole contributor of an unsafe cell computes another one from his own.

    Each time, what was fixed between the two becomes an unknown that must be able to change. All these are necessary, so the last
    pattern is the best of those that protect from sole contributors too.
    """
    from attack import known_to_contributors
    sums = [(total, tuple(parts)) for total, parts in loaded.job["system"]["sums"]]
    who = {int(cell): by for cell, by in loaded.job["alone"].items()}
    unsafe, extra, until = set(loaded.job["unsafe"]), [], time.monotonic() + 60 * minutes
    while True:
        patterns, stopped, hidden = optimal(loaded, minutes, extra)
        known = {(cell, other, ratio) for cell, other, ratio in known_to_contributors(sums, hidden, unsafe, who) if ratio}
        known -= set(extra)
        if not known or stopped or time.monotonic() > until:
            return patterns, stopped or bool(known)
        extra += sorted(known)


def main():
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    to = Path(sys.argv[2]).resolve()
    started = time.perf_counter()
    loaded = Loaded(job)
    found = loaded.found()
    loaded.demand()
    read = time.perf_counter()
    patterns, stopped = {"OPT": optimal, "OPT told": optimal, "OPT alone": alone, "MOD": modular}[job["method"]](loaded, job["minutes"])[:2]
    seconds = time.perf_counter() - read
    to.write_text(json.dumps({"found": found, "patterns": patterns, "seconds": seconds, "reading": read - started, "stopped": stopped}))


if __name__ == "__main__":
    main()
