"""The equations of a step and their solution, against dense ones."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from svgai.engine.kernels.beziers import cut
from svgai.engine.kernels.equations import added_up, blossom, follow, least_squares, solve, solve_few

SLOTS = 16


def system(seed: int, pieces: int, columns: int) -> tuple:
    """Blocks of pieces that share pixels, and how their coordinates follow columns; whole as matrices, too."""
    random = np.random.default_rng(seed)
    seen = [sparse.random(40, 8, density=0.5, rng=random).toarray() for _ in range(pieces)]
    others = np.zeros(pieces, np.int32)
    other, shared = np.zeros((pieces, SLOTS), np.int32), np.zeros((pieces, SLOTS, 8, 8))
    whole = np.zeros((pieces, 8, pieces, 8))
    for one in range(pieces):
        whole[one, :, one] = seen[one].T @ seen[one]
        near = [two for two in range(one + 1, pieces) if random.random() < 0.3][:SLOTS]
        for slot, two in enumerate(near):
            other[one, slot], shared[one, slot] = two, 0.02 * seen[one].T @ seen[two]
            whole[one, :, two], whole[two, :, one] = shared[one, slot], shared[one, slot].T
        others[one] = len(near)
    own = np.array([whole[one, :, one] for one in range(pieces)])
    following = sparse.random_array((8 * pieces, columns), density=min(1, 3 / columns), rng=random, format="csr")
    slope = random.normal(size=(pieces, 8))
    blocks = (own, other, shared, others)
    return blocks, whole.reshape(8 * pieces, -1), slope, following


@pytest.mark.parametrize(("pieces", "columns"), [(1, 3), (4, 9), (12, 50), (40, 150), (100, 700)])
def test_a_step_solves_the_whole_system(pieces: int, columns: int) -> None:
    for seed in range(5):
        blocks, whole, slope, following = system(seed, pieces, columns)
        caution = np.random.default_rng(seed).uniform(1e-3, 1, columns)
        rows = (following.indptr.astype(np.int32), following.indices.astype(np.int32), following.data)
        step = least_squares(*blocks, slope, *rows, caution, 0.02)
        matrix = following.T @ whole @ following
        matrix += np.diag(caution * matrix.diagonal() + 0.02)
        expected = np.linalg.solve(matrix, -(following.T @ slope.ravel()))
        assert np.abs(step - expected).max() < 1e-6 * np.abs(expected).max()


def test_what_nothing_follows_does_not_move() -> None:
    blocks, _, slope, following = system(1, 5, 12)
    rows = (np.zeros_like(following.indptr, np.int32), np.zeros(0, np.int32), np.zeros(0))
    assert (least_squares(*blocks, slope, *rows, np.full(12, 0.1), 0.02) == 0).all()


def test_entries_at_one_place_are_added_up_and_rows_are_in_order() -> None:
    random = np.random.default_rng(3)
    rows, across = np.sort(random.integers(0, 20, (2, 500)), axis=0)[::-1].astype(np.int32)
    values = random.normal(size=500)
    start, column, value = added_up(rows, across, values, 500, 20)
    expected = sparse.csr_array((values, (rows, across)), shape=(20, 20)).toarray()
    assert sparse.csr_array((value, column, start), shape=(20, 20)).toarray() == pytest.approx(expected)
    assert all((np.diff(column[start[r] : start[r + 1]]) > 0).all() for r in range(20))


def test_what_hangs_together_across_blocks_is_solved_for_too() -> None:
    """A chain of a thousand, and two that lie side by side: each block knows the others only by turns."""
    random = np.random.default_rng(5)
    for coupled in (1, 500):
        chain = sparse.diags_array([np.full(1000, 2.01), np.full(1000 - coupled, -1.0)], offsets=[0, -coupled])
        lower = (chain + sparse.diags_array([np.full(999, -0.001)], offsets=[-1])).tocsr()
        lower.sort_indices()
        whole = lower + sparse.tril(lower, -1).T
        given = random.normal(size=1000)
        found = solve(lower.indptr.astype(np.int32), lower.indices.astype(np.int32), lower.data, given)
        assert np.abs(whole @ found - given).max() < 1e-4 * np.abs(given).max()


def test_the_part_of_a_cubic_follows_the_whole() -> None:
    random = np.random.default_rng(7)
    for begin, end in ((0.0, 1.0), (0.2, 0.9), (0.0, 0.5), (0.7, 1.0)):
        whole, part, weights = random.normal(size=(4, 2)), np.empty((4, 2)), np.empty((4, 4))
        cut(whole, begin, end, part)
        blossom(begin, end, weights)
        assert weights @ whole == pytest.approx(part)


def test_long_rows_find_room() -> None:
    """All coordinates of one piece follow a hundred columns each, which is more than room is made for at first."""
    many = 100
    row = np.repeat(np.arange(8, dtype=np.int32), many)
    column = np.tile(np.arange(many, dtype=np.int32), 8)
    value = np.random.default_rng(9).normal(size=8 * many)
    none = np.zeros(0, np.int32)
    start, found, values = follow(
        (row, column, value, 8 * many), (none, none, np.zeros(0), 0), np.zeros(1, np.int32), np.zeros(1), np.ones(1),
        1, np.ones(many, np.bool_),
    )  # fmt: skip
    assert start.tolist() == list(range(0, 8 * many + 1, many))
    assert (found == column).all()
    assert (values == value).all()


def test_few_equations_are_solved_in_place() -> None:
    random = np.random.default_rng(11)
    for size in range(1, 8):
        half = random.normal(size=(size + 3, size))
        matrix, given = half.T @ half, random.normal(size=size)
        expected = np.linalg.solve(matrix, given)
        solve_few(matrix, given)
        assert given == pytest.approx(expected)
