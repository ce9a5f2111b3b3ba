#!/usr/bin/env python3
"""Makes the test tables on which `tamis protect tables` is held against τ-ARGUS: always the same, from fixed seeds.

    python3 benches/tables/make.py [--to target/bench-data/tables] [--only a,b]

For every release a folder with the contributions (`NAME.csv`, or the cells of a table), SPEC for both objectives
(`value.toml`, `cells.toml`), and under `argus/` the contributions in columns of fixed width with their description and the
hierarchies, as τ-ARGUS reads them.
"""

import argparse
import csv
import itertools
import math
import os
import random
from dataclasses import dataclass, field
from pathlib import Path

from cells import ALL, aggregate

PROJECT = Path(__file__).resolve().parent.parent.parent
DATA = Path(os.environ.get("CARGO_TARGET_DIR", PROJECT / "target")).resolve() / "bench-data" / "tables"
RANGE = 10
"""Safety range in per cent, of sums whose rule gives no protection levels."""


@dataclass
class Dimension:
    """A classification: columns from the coarsest to the finest, and what lies above every code."""

    columns: list
    leaves: list
    above: dict = field(default_factory=dict)
    """Code → the code over it; `ALL` over those of the coarsest column."""

    @property
    def name(self):
        return self.columns[-1]

    def line(self, code):
        """The code and all above it, up to the whole."""
        line = [code]
        while line[-1] != ALL:
            line.append(self.above[line[-1]])
        return line

    def children(self):
        """Code that is a sum → its parts."""
        parts = {}
        for code, over in self.above.items():
            parts.setdefault(over, []).append(code)
        return parts


@dataclass
class Table:
    """One table of a release, with its rules."""

    name: str
    dimensions: list
    rules: dict
    """`threshold`, `dominance` (n, k), `p_percent`."""
    count: bool = False
    form: str = "microdata"


@dataclass
class Release:
    """Tables over one set of contributions."""

    name: str
    title: str
    dimensions: dict
    tables: list
    rows: list
    """(codes of the finest level by name of dimension, contribution)."""
    slow: bool = False
    """Too large for the exact method, and for more than a sample of the attack."""

    def table_dimensions(self, table):
        return [self.dimensions[name] for name in table.dimensions]

    def cells(self, table):
        """The cells of a table: codes → facts."""
        return aggregate(self.table_dimensions(table), self.rows, table.count)


def tree(columns, widths, prefix):
    """A classification of `widths[i]` codes under every code of the level above."""
    level, above = [""], {}
    for number, width in enumerate(widths):
        below = []
        for over in level:
            for at in range(1, width + 1):
                code = f"{over or prefix}{at:02d}" if number == 0 else f"{over}{at:02d}"
                above[code] = over or ALL
                below.append(code)
        level = below
    return Dimension(columns, level, above)


def contributions(seed, dimensions, mean, sigma, spread=0.7, large=3.0):
    """Contributors of every combination, log-normal in number and in what each contributes (whole numbers from 1)."""
    draw = random.Random(seed)
    weight = {d.name: {code: draw.gauss(0, spread) for code in d.leaves} for d in dimensions}
    rows = []
    for codes in itertools.product(*(d.leaves for d in dimensions)):
        expected = mean * math.exp(sum(weight[d.name][code] for d, code in zip(dimensions, codes)) + draw.gauss(0, spread))
        for _ in range(poisson(draw, expected)):
            amount = max(1, round(math.exp(draw.gauss(large, sigma))))
            rows.append(({d.name: code for d, code in zip(dimensions, codes)}, amount))
    return rows


def poisson(draw, mean):
    """A Poisson number; in parts, so that e⁻ᵐ does not vanish."""
    total = 0
    while mean > 30:
        total += poisson(draw, 30)
        mean -= 30
    limit, product = math.exp(-mean), draw.random()
    while product > limit:
        total += 1
        product *= draw.random()
    return total


def release(name, title, seed, dimensions, tables, mean, sigma, slow=False):
    return Release(name, title, {d.name: d for d in dimensions}, tables,
                   contributions(seed, dimensions, mean, sigma), slow)


def plane():
    regions, sectors = tree(["region"], [10], "R"), tree(["secteur"], [12], "S")
    table = Table("plane", ["region", "secteur"], {"p_percent": 10}, form="cells")
    return release("a", "two dimensions, p % 10", 11, [regions, sectors], [table], 9, 1.5)


def one_tree():
    places, sectors = tree(["region", "departement"], [6, 7], "R"), tree(["secteur"], [9], "S")
    table = Table("one_tree", ["departement", "secteur"], {"threshold": 3, "dominance": (1, 85)})
    return release("b", "one hierarchy, (1, 85) and threshold 3", 12, [places, sectors], [table], 8, 1.5)


def three():
    places = tree(["region", "departement"], [4, 4], "R")
    sectors = tree(["section", "division"], [5, 4], "S")
    sizes = tree(["taille"], [8], "T")
    table = Table("three", ["departement", "division", "taille"], {"threshold": 3, "p_percent": 10})
    return release("c", "three dimensions, two hierarchies, p % 10 and threshold 3", 13, [places, sectors, sizes], [table], 8, 1.3)


def linked():
    places = tree(["region", "departement"], [5, 5], "R")
    sectors, sizes = tree(["secteur"], [10], "S"), tree(["taille"], [6], "T")
    rules = {"threshold": 3, "p_percent": 10}
    tables = [Table("by_sector", ["departement", "secteur"], rules), Table("by_size", ["departement", "taille"], rules)]
    return release("d", "two tables linked by a margin, p % 10 and threshold 3", 14, [places, sectors, sizes], tables, 1.0, 1.5)


def counts():
    places = tree(["region", "departement"], [8, 6], "R")
    ages, sexes = tree(["age"], [12], "A"), tree(["sexe"], [2], "X")
    table = Table("counts", ["departement", "age", "sexe"], {"threshold": 11}, count=True)
    return release("e", "counts, threshold 11", 15, [places, ages, sexes], [table], 25, 0.5)


def large():
    places = tree(["region", "departement"], [10, 5], "R")
    sectors = tree(["section", "division"], [8, 4], "S")
    sizes = tree(["taille"], [20], "T")
    table = Table("large", ["departement", "division", "taille"], {"threshold": 3, "p_percent": 10})
    return release("f", "three dimensions, two hierarchies, p % 10 and threshold 3", 16, [places, sectors, sizes], [table], 6, 1.3, True)


RELEASES = {"a": plane, "b": one_tree, "c": three, "d": linked, "e": counts, "f": large}


def columns_of(dimension, code):
    """The codes of all columns of a classification for one code, `ALL` below it."""
    line = [c for c in reversed(dimension.line(code)) if c != ALL]
    return line + [ALL] * (len(dimension.columns) - len(line))


def write_microdata(release, file):
    dimensions = list(release.dimensions.values())
    with open(file, "w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["entreprise", *(c for d in dimensions for c in d.columns), "montant"])
        for number, (codes, amount) in enumerate(release.rows):
            writer.writerow([f"E{number:06d}", *(c for d in dimensions for c in columns_of(d, codes[d.name])), amount])


def write_cells(release, table, file):
    dimensions = release.table_dimensions(table)
    with open(file, "w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([*(c for d in dimensions for c in d.columns), "montant", "n", "x1", "x2"])
        for codes, cell in sorted(release.cells(table).items()):
            by = [c for d, code in zip(dimensions, codes) for c in columns_of(d, code)]
            writer.writerow([*by, cell.value, cell.contributors, cell.first, cell.second or ""])


def spec(release, objective):
    """SPEC of a release as text."""
    lines = ["[tables]", f'objective = "{objective}"', f'safety_range = "{RANGE}%"']
    for table in release.tables:
        by = [column for d in release.table_dimensions(table) for column in d.columns]
        file = f"{table.name}.csv" if table.form == "cells" else "contributions.csv"
        lines += ["", "[[table]]", f'name = "{table.name}"', f'file = "{file}"', f'form = "{table.form}"',
                  f"by = [{', '.join(f'{chr(34)}{column}{chr(34)}' for column in by)}]", f'total = "{ALL}"']
        if not table.count:
            lines.append('value = "montant"')
        lines.append(f'measure = "{"count" if table.count else "amount"}"')
        if table.form == "cells":
            lines += ['contributors = "n"', 'largest = ["x1", "x2"]']
        else:
            lines += ["margins = true", 'contributor = "entreprise"']
        lines += ["", "[table.protect]"]
        rules = table.rules
        if "threshold" in rules:
            lines.append(f"threshold = {rules['threshold']}")
        if "dominance" in rules:
            n, k = rules["dominance"]
            lines.append(f'dominance = [{{ n = {n}, k = "{k}" }}]')
        if "p_percent" in rules:
            lines.append(f'p_percent = "{rules["p_percent"]}"')
    return "\n".join(lines) + "\n"


def write_argus(release, folder):
    """Contributions in fixed width, their description, hierarchies. What counts contributes 1."""
    folder.mkdir(parents=True, exist_ok=True)
    dimensions = list(release.dimensions.values())
    counted = any(table.count for table in release.tables)
    amounts = [1 if counted else amount for _, amount in release.rows]
    widths = [max(len(code) for code in d.above) for d in dimensions] + [max(len(str(a)) for a in amounts)]
    lines = []
    for (codes, _), amount in zip(release.rows, amounts):
        texts = [codes[d.name] for d in dimensions] + [str(amount)]
        lines.append(" ".join(text.rjust(width) for text, width in zip(texts, widths)))
    (folder / "contributions.asc").write_text("\n".join(lines) + "\n", encoding="ascii")
    described, at = [], 1
    for dimension, width in zip(dimensions, widths):
        described += [f"{dimension.name} {at} {width}", "  <RECODEABLE>", f'  <TOTCODE> "{ALL}"']
        if len(dimension.columns) > 1:
            file = folder / f"{dimension.name}.hrc"
            file.write_text("\n".join(hierarchy(dimension, ALL, 0)) + "\n", encoding="ascii")
            described += ["  <HIERARCHICAL>", f'  <HIERCODELIST> "{file.name}"', '  <HIERLEADSTRING> "@"']
        at += width + 1
    described += [f"montant {at} {widths[-1]}", "  <NUMERIC>", "  <DECIMALS> 0"]
    (folder / "contributions.rda").write_text("\n".join(described) + "\n", encoding="ascii")


def hierarchy(dimension, over, depth):
    lines = []
    for code in dimension.children().get(over, []):
        lines += ["@" * depth + code, *hierarchy(dimension, code, depth + 1)]
    return lines


def write(release, to):
    """All files of a release."""
    folder = to / release.name
    folder.mkdir(parents=True, exist_ok=True)
    write_microdata(release, folder / "contributions.csv")
    for table in release.tables:
        if table.form == "cells":
            write_cells(release, table, folder / f"{table.name}.csv")
    for objective in ("value", "cells"):
        (folder / f"{objective}.toml").write_text(spec(release, objective), encoding="utf-8")
    write_argus(release, folder / "argus")
    return folder


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", type=Path, default=DATA)
    parser.add_argument("--only", default=",".join(RELEASES), help="releases, separated by commas")
    arguments = parser.parse_args()
    for name in arguments.only.split(","):
        made = RELEASES[name]()
        print(write(made, arguments.to), made.title, [len(made.cells(table)) for table in made.tables])


if __name__ == "__main__":
    main()
