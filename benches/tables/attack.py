"""What an outsider computes from a published pattern, by linear programming (HiGHS).

Suppressed cells are unknowns, never negative; every sum with a suppressed cell is an equation whose other cells are known. The
least and the largest value of an unknown under all equations are its feasibility interval. Written apart from the programs
that are compared.
"""

import math
import random
import time
from dataclasses import dataclass, field

import highspy
import numpy as np

PRIME = (1 << 61) - 1
INFINITE = float("inf")


@dataclass
class Finding:
    """Everything the attack found out about the unsafe cells of one pattern."""

    attacked: int = 0
    shown: list = field(default_factory=list)
    """Unsafe cells that are published."""
    exact: list = field(default_factory=list)
    """Cells whose interval is a point."""
    narrow: list = field(default_factory=list)
    """(cell, low, high, least demanded, most demanded), of those not exact."""
    contributors: list = field(default_factory=list)
    """(cell, cell of a sole contributor who, knowing his own contribution, computes the first exactly)."""
    skipped: int = 0


class Component:
    """Suppressed cells that hang together by equations."""

    def __init__(self, cells, equations, values, bounds):
        self.cells = sorted(cells)
        self.at = {cell: at for at, cell in enumerate(self.cells)}
        self.equations = equations
        self.truth = np.array([float(values[cell]) for cell in self.cells])
        self.low, self.high = self.truth.copy(), self.truth.copy()
        self.bounds = bounds
        self.solver = None

    def load(self):
        model, size = highspy.HighsLp(), len(self.cells)
        limits = [self.bounds.get(cell, (0.0, INFINITE)) for cell in self.cells]
        model.num_col_, model.num_row_ = size, len(self.equations)
        model.col_cost_ = np.zeros(size)
        model.col_lower_ = np.array([low for low, _ in limits])
        model.col_upper_ = np.array([high for _, high in limits])
        right, starts, index, value = [], [0], [], []
        for equation in self.equations:
            for cell, sign in equation:
                index.append(self.at[cell])
                value.append(float(sign))
            starts.append(len(index))
            right.append(sum(sign * self.truth[self.at[cell]] for cell, sign in equation))
        model.row_lower_ = model.row_upper_ = np.array(right)
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = np.array(starts), np.array(index), np.array(value)
        self.solver = highspy.Highs()
        for name, option in (("output_flag", False), ("primal_feasibility_tolerance", 1e-9), ("dual_feasibility_tolerance", 1e-9)):
            self.solver.setOptionValue(name, option)
        self.solver.passModel(model)

    def extreme(self, cell, most):
        """The largest or least value of a cell; every solution on the way widens what is known to be possible."""
        if self.solver is None:
            self.load()
        at = self.at[cell]
        self.solver.changeColCost(at, -1.0 if most else 1.0)
        self.solver.run()
        status = self.solver.getModelStatus()
        self.solver.changeColCost(at, 0.0)
        if status in (highspy.HighsModelStatus.kUnbounded, highspy.HighsModelStatus.kUnboundedOrInfeasible):
            return INFINITE if most else -INFINITE
        if status != highspy.HighsModelStatus.kOptimal:
            raise RuntimeError(f"HiGHS: {status}")
        solution = np.array(self.solver.getSolution().col_value)
        np.minimum(self.low, solution, out=self.low)
        np.maximum(self.high, solution, out=self.high)
        return float(solution[at])


def intervals(sums, values, hidden, cells, bounds=None):
    """cell → its feasibility interval, for the given ones."""
    wanted, found = set(cells), {}
    for component in components(sums, hidden, values, bounds or {}):
        for cell in component.cells:
            if cell in wanted:
                found[cell] = (component.extreme(cell, False), component.extreme(cell, True))
    return found


def equations(sums, hidden):
    """Every sum with unknowns, as ((cell, sign), …) of the unknowns alone; each once."""
    found = {}
    for total, parts in sums:
        terms = [(part, 1) for part in parts if part in hidden]
        if total in hidden:
            terms.append((total, -1))
        if terms:
            found[tuple(sorted(terms))] = None
    return list(found)


def components(sums, hidden, values, bounds):
    """The parts into which the unknowns fall."""
    rows = equations(sums, hidden)
    over = {cell: cell for cell in hidden}

    def root(cell):
        while over[cell] != cell:
            over[cell] = over[over[cell]]
            cell = over[cell]
        return cell

    for row in rows:
        first = root(row[0][0])
        for cell, _ in row[1:]:
            over[root(cell)] = first
            first = root(first)
    groups = {}
    for cell in hidden:
        groups.setdefault(root(cell), ([], []))[0].append(cell)
    for row in rows:
        groups[root(row[0][0])][1].append(row)
    return [Component(cells, lines, values, bounds) for cells, lines in groups.values()]


def attack(sums, values, hidden, demanded, whole=False, bounds=None, only=None, seconds=None):
    """Feasibility intervals of the unsafe cells against what is demanded of them.

    `demanded`: cell → (down, up) from its value. `whole`: values are whole numbers. `bounds`: cell → what is known of it
    beforehand. `only`: cells to look at instead of all unsafe ones. `seconds`: after these, the rest is skipped.
    """
    finding, until = Finding(), time.monotonic() + (seconds or 1e9)
    finding.shown = sorted(cell for cell in demanded if cell not in hidden)
    wanted = set(demanded if only is None else only) & set(hidden)
    for component in components(sums, hidden, values, bounds or {}):
        for cell in component.cells:
            if cell not in wanted:
                continue
            if time.monotonic() > until:
                finding.skipped += 1
                continue
            finding.attacked += 1
            look(component, cell, demanded[cell], whole, finding)
    return finding


def look(component, cell, levels, whole, finding):
    value, at = float(component.truth[component.at[cell]]), component.at[cell]
    least, most = value - float(levels[0]), value + float(levels[1])
    slack = 1e-6 * max(1.0, abs(value))
    low, high = component.low[at], component.high[at]
    if low > least + slack:
        low = component.extreme(cell, False)
    if high < most - slack:
        high = component.extreme(cell, True)
    if whole:
        low, high = (math.ceil(low - slack) if low > -INFINITE else low), (math.floor(high + slack) if high < INFINITE else high)
    if low <= least + slack and high >= most - slack and not (levels[0] == levels[1] == 0):
        return
    if high - low <= 2 * slack:
        # One side may have been left out because nothing was demanded of it.
        low, high = component.extreme(cell, False), component.extreme(cell, True)
    if high - low <= 2 * slack:
        finding.exact.append(cell)
    elif low > least + slack or high < most - slack:
        finding.narrow.append((cell, low, high, least, most))


def known_to_contributors(sums, hidden, unsafe, alone, seed=1):
    """(cell, cell of a sole contributor, ratio): the second fixes the first, for cell − ratio · second is fixed.

    `alone`: cell → its only contributor. By the equations alone, in the integers modulo a prime: a cell is fixed by another where
    both change in one proportion in every solution, and by nothing where it does not change (ratio 0). Random solutions decide
    this, wrongly once in 10¹⁸. The ratio is a whole number, or `None` where it is not between −9 and 9.
    """
    draw, found = random.Random(seed), []
    pivots = {}
    for row in sorted(equations(sums, hidden), key=len):
        reduced = reduce({cell: sign % PRIME for cell, sign in row}, pivots)
        if reduced:
            pivot = min(reduced)
            inverse = pow(reduced[pivot], PRIME - 2, PRIME)
            pivots[pivot] = {cell: factor * inverse % PRIME for cell, factor in reduced.items() if cell != pivot}
    first, second = (solution(hidden, pivots, draw) for _ in range(2))
    groups = {}
    for cell in sorted(alone):
        if cell in hidden and first[cell]:
            groups.setdefault(divided(second[cell], first[cell]), []).append(cell)
    for cell in sorted(unsafe):
        if cell not in hidden:
            continue
        if first[cell] == 0 and second[cell] == 0:
            found.append((cell, cell, 0))
            continue
        for other in groups.get(divided(second[cell], first[cell]), []):
            if alone.get(cell) != alone[other]:
                ratio = divided(first[cell], first[other])
                ratio = ratio if ratio < PRIME // 2 else ratio - PRIME
                found.append((cell, other, ratio if abs(ratio) < 10 else None))
                break
    return found


def divided(value, by):
    return value * pow(by, PRIME - 2, PRIME) % PRIME


def reduce(row, pivots):
    """A row without the pivots of the rows before it."""
    work = [cell for cell in row if cell in pivots]
    while work:
        cell = work.pop()
        factor = row.pop(cell, 0)
        if not factor:
            continue
        for other, by in pivots[cell].items():
            value = (row.get(other, 0) - factor * by) % PRIME
            if value:
                row[other] = value
                if other in pivots:
                    work.append(other)
            else:
                row.pop(other, None)
    return row


def solution(hidden, pivots, draw):
    """One random solution of the equations with 0 on the right."""
    value = {cell: draw.randrange(PRIME) for cell in sorted(hidden) if cell not in pivots}
    # A pivot's row holds no pivot of an earlier row, but may hold later ones.
    for pivot in reversed(list(pivots)):
        value[pivot] = -sum(factor * value[cell] for cell, factor in pivots[pivot].items()) % PRIME
    return value
