"""Cells of a table from contributions, the sums that tie them, and which of them rules call unsafe.

Written apart from the programs that are compared: nothing of either is used here.
"""

import itertools
from dataclasses import dataclass
from fractions import Fraction

ALL = "_T"
"""The code that stands for all codes together."""


@dataclass
class Cell:
    """What rules ask of a cell."""

    value: int = 0
    contributors: int = 0
    first: int = 0
    second: int = 0
    last: int = -1
    """Row of the contribution that came last: of the only one, where there is one."""

    def add(self, amount, count, at):
        self.value += 1 if count else amount
        self.contributors += 1
        self.last = at
        if amount > self.first:
            self.first, self.second = amount, self.first
        elif amount > self.second:
            self.second = amount


def aggregate(dimensions, rows, count):
    """Codes, one for each classification → cell. Combinations that nobody contributes to are left out."""
    lines = [{code: d.line(code) for code in d.leaves} for d in dimensions]
    names = [d.name for d in dimensions]
    cells = {}
    for at, (codes, amount) in enumerate(rows):
        for key in itertools.product(*(line[codes[name]] for line, name in zip(lines, names))):
            cell = cells.get(key)
            if cell is None:
                cell = cells[key] = Cell()
            cell.add(amount, count, at)
    return cells


def sums(dimensions, cells):
    """(total, parts) for every sum between cells of a table."""
    found = []
    for at, dimension in enumerate(dimensions):
        parts = dimension.children()
        for key in cells:
            below = [(*key[:at], code, *key[at + 1:]) for code in parts.get(key[at], [])]
            below = [part for part in below if part in cells]
            if below:
                found.append((key, below))
    return found


def demand(cell, rules, count, safety_range):
    """Distances down and up from the value that must stay possible, `None` for a safe cell; and the rules that it breaks."""
    levels, broken = [], []
    value = Fraction(cell.value)
    threshold = rules.get("threshold")
    if threshold and 0 < cell.contributors < threshold:
        broken.append("threshold")
        if count:
            levels.append((value - 1, threshold - 1 - value))
        else:
            levels.append((value * safety_range / 100,) * 2)
    if "dominance" in rules:
        n, k = rules["dominance"]
        top = cell.first if n == 1 else cell.first + cell.second
        if 100 * top > k * value:
            broken.append("dominance")
            levels.append((Fraction(100 * top, k) - value,) * 2)
    if "p_percent" in rules:
        p, rest = rules["p_percent"], value - cell.first - cell.second
        if 100 * rest < p * cell.first:
            broken.append("p %")
            levels.append((Fraction(p * cell.first, 100) - rest,) * 2)
    if not broken:
        return None, broken
    return (min(max(low for low, _ in levels), value), max(high for _, high in levels)), broken
