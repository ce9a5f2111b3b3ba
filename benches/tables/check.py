#!/usr/bin/env python3
"""Checks the attack itself, on patterns whose answers are known: `python3 benches/tables/check.py`."""

import random

from attack import attack, known_to_contributors
from compare import Whole
import make

SQUARE = [(6, (0, 1, 2)), (7, (3, 4, 5)), (8, (0, 3)), (9, (1, 4)), (10, (2, 5)), (11, (6, 7)), (11, (8, 9, 10))]
"""A table of 2 × 3 with margins."""


def square(inner):
    a, b, c, d, e, f = inner
    return [*inner, a + b + c, d + e + f, a + d, b + e, c + f, sum(inner)]


def by_hand():
    values = square([5, 20, 30, 10, 40, 50])
    alone = attack(SQUARE, values, {0}, {0: (1, 1)})
    assert alone.exact == [0], alone
    # The rectangle of 5, 20, 10, 40: the first may be from 0 to 15.
    rectangle = {0, 1, 3, 4}
    fine = attack(SQUARE, values, rectangle, {0: (5, 10)})
    assert not fine.exact and not fine.narrow, fine
    close = attack(SQUARE, values, rectangle, {0: (5, 11)})
    assert [(cell, round(high)) for cell, _, high, _, _ in close.narrow] == [(0, 15)], close
    told = attack(SQUARE, values, rectangle, {0: (5, 10)}, bounds={3: (9, 12)})
    assert told.narrow, told
    assert attack(SQUARE, values, {1, 3, 4}, {0: (1, 1)}).shown == [0]
    # Who contributes 10 alone computes 5, as 5 + 10 is shown; nobody else is alone.
    assert known_to_contributors(SQUARE, rectangle, {0}, {3: "x"}) == [(0, 3, -1)]
    assert known_to_contributors(SQUARE, rectangle, {0}, {}) == []
    assert known_to_contributors(SQUARE, rectangle, {0}, {0: "x", 3: "x"}) == []
    # Over six suppressed cells nobody knows a difference.
    assert known_to_contributors(SQUARE, set(range(6)), {0}, {4: "x"}) == []
    # A cell, the totals of its row and column, and the whole all change together; three cells of a row alone do not change.
    assert known_to_contributors(SQUARE, {0, 6, 8, 11}, {0}, {}) == []
    assert known_to_contributors(SQUARE, {0, 1, 2}, {0}, {}) == [(0, 0, 0)]


def whole_numbers():
    """Sums that leave nothing but the truth."""
    sums, values = [(3, (0, 1)), (4, (1, 2)), (5, (0, 2))], [1, 0, 0, 1, 0, 1]
    assert attack(sums, values, {0, 1, 2}, {0: (0, 1)}, True).exact == [0]


def primaries_alone_leak():
    whole = Whole(make.RELEASES["b"]())
    found = attack(whole.sums, whole.values, set(whole.demanded), whole.demanded)
    assert found.exact and found.attacked == len(whole.demanded)
    derived = {cell for cell, _, ratio in known_to_contributors(whole.sums, set(whole.demanded), set(whole.demanded), {}) if ratio == 0}
    assert derived <= set(found.exact)


def random_patterns_agree():
    """What follows by equations alone is a point for the linear programs."""
    draw = random.Random(3)
    for _ in range(200):
        values = square([draw.randrange(1, 50) for _ in range(6)])
        hidden = {cell for cell in range(12) if draw.random() < 0.5}
        exact = set(attack(SQUARE, values, hidden, {cell: (1, 1) for cell in hidden}).exact)
        fixed = {cell for cell, _, ratio in known_to_contributors(SQUARE, hidden, hidden, {}) if ratio == 0}
        assert fixed == exact, (values, hidden, fixed, exact)


if __name__ == "__main__":
    for check in (by_hand, whole_numbers, primaries_alone_leak, random_patterns_agree):
        check()
        print("ok", check.__name__)
